// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source_file_fuzz.c - any octets as a list: no crash, and what is said agrees with what is returned.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names of even length have two addresses, others none. */
static int fuzz_lookup(void *ctx, const char *name, struct resolve_answer *answer)
{
	struct ds_addr ip = { .w = { 0, 0, htonl(0xffff), htonl(0xc0000202) } };
	size_t n = 0;

	(void)ctx;
	while (name[n])
		n++;
	if (n % 2)
		return -ENOENT;
	if (resolve_answer_add(answer, &ip))
		return -ENOMEM;
	ip.w[3] = htonl(0x7f000001);
	return resolve_answer_add(answer, &ip);
}

static bool fuzz_is_local(void *ctx, const struct ds_addr *ip)
{
	(void)ctx;
	return uri_is_ip4(ip) && ntohl(ip->w[3]) >> 24 == 127;
}

static void fuzz_must(bool holds)
{
	if (!holds)
		abort();
}

static void fuzz_check_model(const struct model *m)
{
	const struct ds_dest *dest;
	size_t s, i;

	for (s = 0; s < m->n_sets; s++) {
		fuzz_must(m->set[s].n_dests > 0);
		fuzz_must(!s || m->set[s - 1].id < m->set[s].id);
		for (i = 0; i < m->set[s].n_dests; i++) {
			dest = m->set[s].dest[i];
			fuzz_must(dest->conf.set == m->set[s].id && dest->n_members > 0 && dest->conf.uri.port);
			fuzz_must(!i || m->set[s].dest[i - 1]->conf.line < dest->conf.line);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct resolver r = { fuzz_lookup, fuzz_is_local, NULL };
	struct diag_list d;
	struct model *m;
	int ret;

	diag_init(&d, "fuzz");
	ret = source_file_parse((const char *)data, size, &r, &m, &d);
	fuzz_must(ret == 0 || ret == -EINVAL || ret == -ENODATA);
	fuzz_must((ret == -EINVAL) == (d.count[DIAG_ERROR] > 0) && (ret == -EINVAL) == !m);
	if (m)
		fuzz_check_model(m);
	model_free(m);
	diag_free(&d);
	return 0;
}
