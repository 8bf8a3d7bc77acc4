// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lists.c - helpers for the tests of destination lists.
 */
#include "lists.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int lists_lookup(void *ctx, const char *name, struct resolve_answer *answer)
{
	static const struct {
		const char *name;
		const char *ip;
	} zone[] = {
		{ "one.test", "192.0.2.1" },   { "many.test", "2001:db8::2" }, { "many.test", "192.0.2.9" },
		{ "many.test", "192.0.2.10" }, { "many.test", "192.0.2.9" },   { "half.test", "192.0.2.1" },
		{ "half.test", "127.0.0.1" },  { "localhost", "127.0.0.1" },
	};
	struct ds_addr ip;
	size_t i;

	if (ctx)
		++*(int *)ctx;
	if (!strncmp(name, "silent", 6)) {
		answer->why = "no server";
		return -EAGAIN;
	}
	for (i = 0; i < sizeof(zone) / sizeof(zone[0]); i++) {
		if (strcmp(zone[i].name, name))
			continue;
		assert_int_equal(uri_address(zone[i].ip, &ip), 0);
		assert_int_equal(resolve_answer_add(answer, &ip), 0);
	}
	return answer->n ? 0 : -ENOENT;
}

static bool lists_is_local(void *ctx, const struct ds_addr *ip)
{
	(void)ctx;
	return uri_is_ip4(ip) && (__builtin_bswap32(ip->w[3]) >> 24) == 127;
}

const struct resolver lists_resolver = { lists_lookup, lists_is_local, NULL };

int lists_parse(const char *text, size_t len, struct model **m, struct diag_list *d)
{
	/* A copy of just that size: the sanitizer sees any read past it. */
	char *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, text, len);
	diag_init(d, "list");
	ret = source_file_parse(copy, len, &lists_resolver, m, d);
	free(copy);
	return ret;
}

bool lists_has_diag(const struct diag_list *d, enum diag_severity severity, unsigned int line, unsigned int column,
		    const char *what)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->diag[i].severity == severity && d->diag[i].line == line && d->diag[i].column == column &&
		    strstr(d->diag[i].message, what))
			return true;
	return false;
}
