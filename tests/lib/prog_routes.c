// SPDX-License-Identifier: GPL-2.0-or-later
/* See prog_routes.h. */
#include "prog_routes.h"

#include "test.h"

#include <bpf/bpf.h>

#include "conf.h"
#include "source.h"

static bool is_active(const void *ctx, const struct ds_dest *dest, const struct ds_member *member)
{
	(void)ctx;
	(void)member;
	return !(dest->conf.flags & DS_LIST_DISABLED);
}

/* The file with these routes; those that say nothing else go to a port of their own. */
static struct conf *read_routes(int is_ip6, const char *const *route, size_t n)
{
	struct conf *conf = NULL;
	struct diag_list d;
	char *text;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fprintf(f, "interfaces = {lo}\nlisten \"%s:5060\" {\n", is_ip6 ? "[2001:db8:1::1]" : "192.0.2.1");
	for (i = 0; i < n; i++) {
		fprintf(f, "route \"%zu\" { %s", i, route[i]);
		if (strncmp(route[i], "set = ", 6) && !strstr(route[i], " set = ") && !strstr(route[i], "action = "))
			fprintf(f, is_ip6 ? " action = host to = \"[%s]:%u\"" : " action = host to = \"%s:%u\"",
				is_ip6 ? PROG_ROUTE_IP6 : PROG_ROUTE_IP4, PROG_ROUTE_PORT((unsigned int)i));
		fprintf(f, " }\n");
	}
	fprintf(f, "}\n");
	fclose(f);
	diag_init(&d, "routes");
	if (conf_parse("/routes", text, size, &conf, &d))
		diag_print(&d, stderr, 0);
	diag_free(&d);
	free(text);
	assert_non_null(conf);
	return conf;
}

static struct model *read_list(const char *list)
{
	static const struct resolver nobody;
	struct model *m = NULL;
	struct diag_list d;

	if (!list)
		return NULL;
	diag_init(&d, "list");
	assert_int_equal(source_file_parse(list, strlen(list), &nobody, &m, &d), 0);
	diag_free(&d);
	return m;
}

static void put_keys(const struct routes_keys *keys)
{
	size_t i;

	for (i = 0; i < keys->n_exact; i++)
		prog_put("route_exact", &keys->exact[i], &keys->exact_routes[i]);
	for (i = 0; i < keys->n_prefix; i++)
		prog_put("route_prefixes", &keys->prefix[i], &keys->prefix_routes[i]);
}

void prog_routes(__u32 listener, const char *const *route, size_t n, const char *list)
{
	__u32 half = prog.state->generation & 1, at;
	struct conf *conf = read_routes(prog.listeners[listener].is_ip6, route, n);
	const struct conf_route *cr = conf->listener[0].route;
	struct model *m = read_list(list);
	struct routes_of of = { .n = n };
	struct ds_route_table table;
	struct routes_keys keys;
	struct ds_route r;
	size_t i;

	check_int("routes", conf->listener[0].n_routes, n);
	for (i = 0; i < n; i++)
		of.rule[i] = &cr[i].rule;
	check_int("routes_make", routes_make(&of, m, prog.state->key, is_active, NULL, &table, &keys), 0);
	put_keys(&keys);
	at = ds_route_table_at(half, listener);
	prog_put("route_tables", &at, &table);
	for (i = 0; i < n; i++) {
		r = routes_record(&cr[i].rule, cr[i].set,
				  cr[i].algorithm != DS_ALGORITHM_CALL_ID &&
					  cr[i].algorithm != DS_ALGORITHM_ROUND_ROBIN);
		at = ds_route_at(half, listener, (__u32)i);
		prog_put("routes", &at, &r);
	}
	prog.listeners[listener].half[half].routes = (__u32)n;
	routes_free(&keys);
	model_free(m);
	conf_free(conf);
}

static __u64 exact(void *ctx, const struct ds_route_exact *key)
{
	__u64 routes = 0;

	(void)ctx;
	return bpf_map_lookup_elem(prog_map("route_exact"), key, &routes) ? 0 : routes;
}

static __u64 prefix(void *ctx, const struct ds_route_prefix *key)
{
	__u64 routes = 0;

	(void)ctx;
	return bpf_map_lookup_elem(prog_map("route_prefixes"), key, &routes) ? 0 : routes;
}

static __u32 find(void *ctx, const struct ds_endpoint *at)
{
	struct ds_endpoint key = *at;
	__u32 slot = 0;

	key.pad = (__u16) * (const __u32 *)ctx;
	return bpf_map_lookup_elem(prog_map("dest_ids"), &key, &slot) ? 0 : slot;
}

const struct decision *prog_decide(__u32 listener, const struct pkt *p)
{
	static struct ds_dest_uri uris[PROG_MAX_DESTS];
	static struct ds_route routes[DS_ROUTES_MAX];
	static struct decision d;
	__u32 half = prog.state->generation & 1, at = ds_route_table_at(half, listener), i;
	const struct ds_listener *l = &prog.listeners[listener];
	struct ds_route_table table;
	__u64 rr[DS_ROUTES_MAX] = { 0 };
	struct decide_env env = {
		.key = { prog.state->key[0], prog.state->key[1] },
		.listener = l,
		.slot = listener,
		.mode = l->half[half].mode,
		.affinity = l->half[half].affinity,
		.set = &prog.sets[l->half[half].set],
		.sets = prog.sets,
		.table = &table,
		.routes = routes,
		.exact = exact,
		.prefix = prefix,
		.find = find,
		.ctx = &listener,
		.uris = uris,
		.slots = prog.slots->dest,
		.calls = prog.calls,
		.calls_mask = prog.state->calls_mask,
		.call_idle = DS_CALL_IDLE_S,
		.dests = prog.dests,
		.n_dests = PROG_MAX_DESTS,
		.rr = rr,
	};

	check_int("table", bpf_map_lookup_elem(prog_map("route_tables"), &at, &table), 0);
	for (i = 0; i < l->half[half].routes; i++) {
		at = ds_route_at(half, listener, i);
		check_int("route", bpf_map_lookup_elem(prog_map("routes"), &at, &routes[i]), 0);
	}
	for (i = 0; i < PROG_MAX_DESTS; i++) {
		at = ds_dest_uri_at(half, i);
		check_int("uri", bpf_map_lookup_elem(prog_map("dest_uris"), &at, &uris[i]), 0);
	}
	decide(&env, &p->src, p->payload, p->len, &d);
	return &d;
}

int prog_routes_decide(__u32 listener, const struct pkt *p)
{
	const struct decision *d = prog_decide(listener, p);

	check_int("reason in user space", d->reason, d->route < 0 ? REASON_no_action : REASON_request_host);
	return d->route;
}
