// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * routes.c - what packets read of the routes that are asked for.
 */
#include "routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dest_uri.h"

const char *routes_method_name(unsigned int method)
{
	static const char *const name[] = {
#define X(name) [DS_ROUTE_METHOD_##name] = #name,
		DS_ROUTE_METHOD_LIST(X)
#undef X
	};

	return method && method < DS_ROUTE_METHODS ? name[method] : NULL;
}

bool routes_picks(const struct route_rule *rule)
{
	return rule->action == DS_ACTION_FORWARD || rule->action == DS_ACTION_REDIRECT;
}

size_t routes_headers_len(const struct route_rule *rule)
{
	size_t i, len = 0;

	for (i = 0; i < rule->n_headers; i++)
		len += strlen(rule->header[i]) + 2;
	return len;
}

struct ds_route routes_record(const struct route_rule *rule, __u32 set, bool keyed)
{
	struct ds_route r = {
		.action = (__u8)rule->action, .also = { -1, -1, -1, -1 }, .set = set, .to = rule->to, .code = rule->code
	};
	char text[DS_ROUTE_HEADERS_MAX + 1] = "";
	size_t i, len = 0;

	if (keyed)
		r.flags |= DS_ROUTE_KEYED;
	if (rule->methods >> DS_ROUTE_METHOD_CANCEL & 1)
		r.flags |= DS_ROUTE_CANCEL;
	if (rule->rewrite_host)
		r.flags |= DS_ROUTE_REWRITE;
	if (rule->apply_attributes)
		r.flags |= DS_ROUTE_ATTRS;
	if (rule->action == DS_ACTION_HOST)
		r.uri = dest_uri_of(&rule->to);
	if (rule->action != DS_ACTION_REPLY && rule->action != DS_ACTION_REDIRECT)
		return r;
	r.line_len = (__u8)snprintf(text, sizeof(text), "SIP/2.0 %u %s\r\n", rule->code, rule->reason);
	memcpy(r.line, text, r.line_len);
	for (i = 0; i < rule->n_headers; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\r\n", rule->header[i]);
	r.headers_len = (__u8)len;
	memcpy(r.headers, text, len);
	return r;
}

/* Room for one more key in each array. */
static int routes_room(struct routes_keys *k)
{
	void *exact, *routes;

	exact = realloc(k->exact, (k->n_exact + 1) * sizeof(*k->exact));
	if (exact)
		k->exact = exact;
	routes = realloc(k->exact_routes, (k->n_exact + 1) * sizeof(*k->exact_routes));
	if (routes)
		k->exact_routes = routes;
	return exact && routes ? 0 : -ENOMEM;
}

static int routes_add_exact(struct routes_keys *k, const struct ds_route_exact *key, __u64 bit)
{
	size_t i;

	for (i = 0; i < k->n_exact; i++)
		if (!memcmp(&k->exact[i], key, sizeof(*key))) {
			k->exact_routes[i] |= bit;
			return 0;
		}
	if (routes_room(k))
		return -ENOMEM;
	k->exact[k->n_exact] = *key;
	k->exact_routes[k->n_exact++] = bit;
	return 0;
}

static int routes_add_prefix(struct routes_keys *k, const struct ds_route_prefix *key, __u64 bit)
{
	void *prefix = realloc(k->prefix, (k->n_prefix + 1) * sizeof(*k->prefix)), *routes;

	if (prefix)
		k->prefix = prefix;
	routes = realloc(k->prefix_routes, (k->n_prefix + 1) * sizeof(*k->prefix_routes));
	if (routes)
		k->prefix_routes = routes;
	if (!prefix || !routes)
		return -ENOMEM;
	k->prefix[k->n_prefix] = *key;
	k->prefix_routes[k->n_prefix++] = bit;
	return 0;
}

/* Whether a prefix is one of another's: all its bits are the same. */
static bool routes_covers(const struct ds_route_prefix *a, const struct ds_route_prefix *b)
{
	__u32 bits = a->bits - DS_ROUTE_PREFIX_BASE;
	const __u8 *x = (const __u8 *)a->text, *y = (const __u8 *)b->text;

	if (a->kind != b->kind || a->bits > b->bits || memcmp(x, y, bits / 8) != 0)
		return false;
	return !(bits % 8) || !((x[bits / 8] ^ y[bits / 8]) >> (8 - bits % 8));
}

__u64 routes_exact(const struct routes_keys *k, const struct ds_route_exact *key)
{
	size_t i;

	for (i = 0; i < k->n_exact; i++)
		if (!memcmp(&k->exact[i], key, sizeof(*key)))
			return k->exact_routes[i];
	return 0;
}

__u64 routes_prefix(const struct routes_keys *k, const struct ds_route_prefix *key)
{
	__u32 best = 0;
	__u64 routes = 0;
	size_t i;

	for (i = 0; i < k->n_prefix; i++) {
		if (k->prefix[i].bits < best || !routes_covers(&k->prefix[i], key))
			continue;
		best = k->prefix[i].bits;
		routes = k->prefix_routes[i];
	}
	return routes;
}

/* The longest prefix alone is found: it stands for the routes of all that cover it. */
static int routes_spread(struct routes_keys *k)
{
	__u64 *all = calloc(k->n_prefix + 1, sizeof(*all));
	size_t i, j;

	if (!all)
		return -ENOMEM;
	for (i = 0; i < k->n_prefix; i++)
		for (j = 0; j < k->n_prefix; j++)
			if (routes_covers(&k->prefix[j], &k->prefix[i]))
				all[i] |= k->prefix_routes[j];
	free(k->prefix_routes);
	k->prefix_routes = all;
	return 0;
}

static int routes_add_members(struct routes_keys *k, const struct route_rule *rule, const struct ds_set *set,
			      routes_is_active is_active, const void *ctx, __u64 bit)
{
	const struct ds_member *member;
	struct ds_route_exact key;
	size_t i, j;
	int err = 0;

	for (i = 0; set && i < set->n_dests; i++)
		for (j = 0; j < set->dest[i]->n_members && !err; j++) {
			member = &set->dest[i]->member[j];
			if (rule->only_active && !is_active(ctx, set->dest[i], member))
				continue;
			/* what comes here comes by UDP */
			if (member->slow == DS_SLOW_TRANSPORT && !rule->any_transport)
				continue;
			key = ds_route_member(0, &member->at, rule->any_port ? 0 : member->at.port_be);
			err = routes_add_exact(k, &key, bit);
		}
	return err;
}

static int routes_add_host(struct routes_keys *k, const char *host, const __u64 key[2], __u64 bit)
{
	/* the core reads eight octets at a time */
	unsigned char text[ROUTES_HOST_MAX + 8] = { 0 };
	struct sip_ctx c = { text, text + sizeof(text) };
	struct ds_route_exact exact = { 0 };
	struct sip_buf b = sip_buf(&c);
	size_t len = strlen(host), bracket = *host == '[';
	struct sip_span span = { .off = 0, .len = (__u16)(len - 2 * bracket) };

	memcpy(text, host + bracket, span.len);
	ds_route_host(&b, span, (int)bracket, key, &exact);
	return routes_add_exact(k, &exact, bit);
}

static int routes_add_texts(struct routes_keys *k, const struct route_rule *rule, const __u64 key[2], __u64 bit)
{
	struct ds_route_prefix p;
	size_t i;
	int err = 0;

	for (i = 0; i < rule->n_sources && !err; i++) {
		p = (struct ds_route_prefix){ .bits = DS_ROUTE_PREFIX_BASE + rule->source[i].bits,
					      .kind = DS_ROUTE_KIND_SOURCE };
		memcpy(p.text, &rule->source[i].ip, sizeof(p.text));
		err = routes_add_prefix(k, &p, bit);
	}
	for (i = 0; i < rule->n_users && !err; i++) {
		p = (struct ds_route_prefix){ .bits = DS_ROUTE_PREFIX_BASE + 8 * (__u32)strlen(rule->user[i]),
					      .kind = DS_ROUTE_KIND_USER };
		memcpy(p.text, rule->user[i], strlen(rule->user[i]));
		err = routes_add_prefix(k, &p, bit);
	}
	for (i = 0; i < rule->n_hosts && !err; i++)
		err = routes_add_host(k, rule->host[i], key, bit);
	return err;
}

/* The bits of a route in its listener's words. ACK and CANCEL match as INVITE unless a route names them. */
static void routes_mark(struct ds_route_table *t, const struct route_rule *rule, __u32 named, __u64 bit)
{
	__u32 methods = rule->methods, follow = 1u << DS_ROUTE_METHOD_ACK | 1u << DS_ROUTE_METHOD_CANCEL;
	unsigned int i;

	if (!methods)
		methods = ~(named & follow);
	else if (methods >> DS_ROUTE_METHOD_INVITE & 1)
		methods |= follow & ~named;
	/* what comes here comes by UDP */
	if (rule->transport != DS_TRANSPORT_INVALID && rule->transport != DS_TRANSPORT_UDP)
		methods = 0;
	for (i = 1; i < DS_ROUTE_METHODS; i++)
		t->method[i] |= methods >> i & 1 ? bit : 0;
	t->dialog[0] |= rule->dialog != ROUTE_DIALOG_INSIDE ? bit : 0;
	/* who has a dialog has no use for a redirect */
	t->dialog[1] |= rule->dialog != ROUTE_DIALOG_OUTSIDE && rule->action != DS_ACTION_REDIRECT ? bit : 0;
	t->inner |= rule->from_set >= 0 || rule->n_sources ? bit : 0;
	t->any_set |= rule->from_set < 0 ? bit : 0;
	t->any_source |= !rule->n_sources ? bit : 0;
	t->any_user |= !rule->n_users ? bit : 0;
	t->any_host |= !rule->n_hosts ? bit : 0;
	t->uses |= rule->from_set >= 0 ? DS_ROUTE_BY_SET : 0;
	t->uses |= rule->n_sources ? DS_ROUTE_BY_SOURCE : 0;
	t->uses |= rule->n_users ? DS_ROUTE_BY_USER : 0;
	t->uses |= rule->n_hosts ? DS_ROUTE_BY_HOST : 0;
}

/* The number of what is looked up: the same keys have the same, whoever asks for them. */
static __u32 routes_number(const struct routes_keys *k)
{
	static const __u64 key[2];
	struct sip_hash h;
	__u32 number;
	size_t i;

	sip_hash_begin(&h, key, SIP_HASH_ROUTE);
	for (i = 0; i < k->n_exact; i++) {
		sip_hash_word(&h, (__u64)k->exact[i].kind << 16 | k->exact[i].port_be);
		sip_hash_word(&h, k->exact[i].a);
		sip_hash_word(&h, k->exact[i].b);
		sip_hash_word(&h, k->exact_routes[i]);
	}
	for (i = 0; i < k->n_prefix; i++) {
		sip_hash_word(&h, (__u64)k->prefix[i].kind << 32 | k->prefix[i].bits);
		sip_hash_word(&h, k->prefix[i].text[0]);
		sip_hash_word(&h, k->prefix[i].text[1]);
		sip_hash_word(&h, k->prefix_routes[i]);
	}
	number = (__u32)sip_hash_end(&h);
	return number ? number : 1;
}

int routes_make(const struct routes_of *of, const struct model *m, const __u64 key[2], routes_is_active is_active,
		const void *ctx, struct ds_route_table *t, struct routes_keys *keys)
{
	const struct route_rule *rule;
	__u32 named = 0;
	size_t i;
	int err = 0;

	memset(t, 0, sizeof(*t));
	memset(keys, 0, sizeof(*keys));
	for (i = 0; i < of->n; i++)
		named |= of->rule[i]->methods;
	for (i = 0; i < of->n && !err; i++) {
		rule = of->rule[i];
		routes_mark(t, rule, named, 1ull << i);
		if (rule->from_set >= 0)
			err = routes_add_members(keys, rule, model_find_set(m, rule->from_set), is_active, ctx,
						 1ull << i);
		if (!err)
			err = routes_add_texts(keys, rule, key, 1ull << i);
	}
	if (!err)
		err = routes_spread(keys);
	if (err)
		return err;
	t->id = routes_number(keys);
	for (i = 0; i < keys->n_exact; i++)
		keys->exact[i].table = t->id;
	for (i = 0; i < keys->n_prefix; i++)
		keys->prefix[i].table = t->id;
	return 0;
}

void routes_free(struct routes_keys *keys)
{
	free(keys->exact);
	free(keys->exact_routes);
	free(keys->prefix);
	free(keys->prefix_routes);
	memset(keys, 0, sizeof(*keys));
}
