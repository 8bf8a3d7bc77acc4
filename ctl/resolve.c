// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve.c - looks names up, sorts what comes back, and marks what the fast path cannot reach.
 */
#include "resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * After so many names without an answer from any server the rest is not asked for: each costs some ten seconds, and a
 * reload of a long list would hang for hours.
 */
#define RESOLVE_SILENCE_MAX 3

int resolve_answer_add(struct resolve_answer *a, const struct ds_addr *ip)
{
	struct ds_addr *bigger = realloc(a->ip, (a->n + 1) * sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	a->ip = bigger;
	bigger[a->n++] = *ip;
	return 0;
}

static int resolve_compare_ip(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ds_addr));
}

/* v4-mapped addresses sort before global IPv6 ones, as they begin with zeros. */
static void resolve_sort(struct resolve_answer *a)
{
	size_t i, n = 0;

	if (!a->n)
		return;
	qsort(a->ip, a->n, sizeof(*a->ip), resolve_compare_ip);
	for (i = 0; i < a->n; i++)
		if (!i || resolve_compare_ip(&a->ip[i], &a->ip[n - 1]))
			a->ip[n++] = a->ip[i];
	a->n = n;
}

static int resolve_compare_hosts(const void *a, const void *b)
{
	const struct ds_dest *x = *(struct ds_dest *const *)a, *y = *(struct ds_dest *const *)b;
	int diff = strcmp(x->conf.uri.host, y->conf.uri.host);

	return diff ? diff : (x->conf.line > y->conf.line) - (x->conf.line < y->conf.line);
}

static int resolve_add_member(struct ds_dest *dest, const struct ds_addr *ip, const struct resolver *r)
{
	struct ds_endpoint at = { .ip = *ip, .port_be = htons(dest->conf.uri.port) };
	enum ds_slow slow = DS_SLOW_NONE;

	if (dest->conf.uri.transport != DS_TRANSPORT_UDP)
		slow = DS_SLOW_TRANSPORT;
	else if (r->is_local && r->is_local(r->ctx, ip))
		slow = DS_SLOW_LOCAL;
	return model_add_member(dest, &at, slow);
}

/* A member without an address still takes its share of the set, and answers for it by the slow path. */
static int resolve_add_nameless(struct ds_dest *dest)
{
	struct ds_endpoint at = { .port_be = htons(dest->conf.uri.port) };

	return model_add_member(dest, &at, DS_SLOW_NAME);
}

static void resolve_warn_slow(const struct ds_dest *dest, struct diag_list *d)
{
	const struct ds_config *c = &dest->conf;
	char text[URI_ENDPOINT_SIZE];
	size_t i;

	if (c->uri.transport != DS_TRANSPORT_UDP) {
		diag_add(d, DIAG_WARNING, c->line, c->column, "%stransport %s, expected udp; it is on the slow path",
			 c->uri.scheme == DS_SCHEME_SIPS ? "sips and " : "", uri_transport_name(c->uri.transport));
		return;
	}
	for (i = 0; i < dest->n_members; i++)
		if (dest->member[i].slow == DS_SLOW_LOCAL)
			diag_add(d, DIAG_WARNING, c->line, c->column,
				 "%s is this host itself, expected another host; it is on the slow path",
				 uri_endpoint_text(&dest->member[i].at, text));
}

static int resolve_spread(struct ds_dest *dest, const struct resolve_answer *a, const struct resolver *r,
			  struct diag_list *d)
{
	size_t i;
	int err = 0;

	for (i = 0; i < a->n && !err; i++)
		err = resolve_add_member(dest, &a->ip[i], r);
	if (!err)
		resolve_warn_slow(dest, d);
	return err;
}

static int resolve_name(const char *name, struct resolve_answer *a, const struct resolver *r, unsigned int *silent)
{
	int err = -EAGAIN;

	if (*silent < RESOLVE_SILENCE_MAX)
		err = r->lookup(r->ctx, name, a);
	else
		a->why = "not asked for, as no name server answered before";
	if (err == -EAGAIN && *silent < RESOLVE_SILENCE_MAX)
		(*silent)++;
	else if (err != -EAGAIN)
		*silent = 0;
	resolve_sort(a);
	return err ? err : a->n ? 0 : -ENOENT;
}

static bool resolve_wanted(const struct ds_dest *dest, const struct resolver *r)
{
	return r->lookup && !(dest->conf.flags & DS_LIST_NODNSARES);
}

/* Destinations dest[0..n) have one name, which is looked up if one of them wants it. */
static int resolve_group(struct ds_dest **dest, size_t n, const struct resolver *r, unsigned int *silent,
			 struct diag_list *d)
{
	struct resolve_answer a = { 0 };
	bool asked = false;
	int err = 0, found = 0;
	size_t i;

	for (i = 0; i < n && !err; i++) {
		const struct ds_config *c = &dest[i]->conf;

		if (!resolve_wanted(dest[i], r)) {
			if (c->flags & DS_LIST_NODNSARES)
				diag_add(
					d, DIAG_WARNING, c->line, c->column,
					"flag 16 forbids to look up %.100s, expected an address; it is on the slow path",
					c->uri.host);
			err = resolve_add_nameless(dest[i]);
			continue;
		}
		if (!asked)
			found = resolve_name(c->uri.host, &a, r, silent);
		asked = true;
		if (found == -ENOMEM)
			err = found;
		else if (found)
			diag_add(d, DIAG_ERROR, c->line, c->column,
				 "cannot resolve %.100s, expected a name in the DNS: %s", c->uri.host,
				 a.why ? a.why : "it has no address");
		else
			err = resolve_spread(dest[i], &a, r, d);
	}
	free(a.ip);
	return err;
}

int resolve_dests(struct ds_dest **dest, size_t n, const struct resolver *r, struct diag_list *d)
{
	struct ds_dest **name = malloc((n + 1) * sizeof(*name));
	unsigned int silent = 0;
	size_t i, from, names = 0;
	int err = name ? 0 : -ENOMEM;

	for (i = 0; i < n && !err; i++) {
		if (dest[i]->conf.uri.numeric)
			err = resolve_spread(dest[i], &(struct resolve_answer){ .ip = &dest[i]->conf.uri.ip, .n = 1 },
					     r, d);
		else
			name[names++] = dest[i];
	}
	if (name)
		qsort(name, names, sizeof(*name), resolve_compare_hosts);
	for (from = 0; from < names && !err; from = i) {
		for (i = from + 1; i < names && !strcmp(name[i]->conf.uri.host, name[from]->conf.uri.host); i++)
			;
		err = resolve_group(&name[from], i - from, r, &silent, d);
	}
	free(name);
	return err;
}
