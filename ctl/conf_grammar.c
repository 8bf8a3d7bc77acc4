// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_grammar.c - which options there are, where their values go, their bounds and defaults. dispatchctl.conf.5 lists them.
 */
#include "conf_inner.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "algorithm.h"
#include "record.h"
#include "table.h"
#include "uri.h"

#define CONF_CALLS_MAX (DS_CALLS_WAYS << 22)
#define CONF_YEAR_S (365 * 86400)
#define CONF_DAY_MS 86400000u
#define CONF_JOBS_MAX 64
/* Three transmissions of a request, at 0, 500 and 1500 ms, are in it (RFC 3261 17.1.1.2). */
#define CONF_FAILOVER_MS 2000
#define CONF_FAILOVER_100_MS 10000
#define CONF_FAILOVER_TRIES 3

/* A field in the struct of its section, with its place and size. */
#define CONF_AT(of, field) .offset = offsetof(struct of, field), .size = sizeof(((struct of *)0)->field)

static const char *conf_name_of_mode(int v)
{
	return record_mode_name((enum ds_mode)v);
}

static const char *conf_name_of_affinity(int v)
{
	return record_affinity_name((enum ds_affinity)v);
}

static const char *conf_name_of_algorithm(int v)
{
	return algorithm_name((enum ds_algorithm)v);
}

static const char *conf_name_of_slot_rule(int v)
{
	return record_slot_rule_name((enum ds_slot_rule)v);
}

static const char *conf_name_of_xdp(int v)
{
	return record_xdp_name((enum bpf_xdp_mode)v);
}

static const char *conf_name_of_probe(int v)
{
	static const char *const name[] = { "none", "all", "inactive", "flagged" };

	return name[v];
}

static const char *conf_name_of_all_down(int v)
{
	static const char *const name[] = { "reject", "serve-all", "default-destination" };

	return name[v];
}

static const char *conf_name_of_dialog(int v)
{
	static const char *const name[] = { "any", "outside", "inside" };

	return name[v];
}

static const char *conf_name_of_action(int v)
{
	static const char *const name[DS_ACTIONS] = {
		[DS_ACTION_FORWARD] = "forward",   [DS_ACTION_HOST] = "host", [DS_ACTION_REPLY] = "reply",
		[DS_ACTION_REDIRECT] = "redirect", [DS_ACTION_DROP] = "drop", [DS_ACTION_PASS] = "pass",
	};

	return name[v];
}

static const char *conf_name_of_transport(int v)
{
	return v == DS_TRANSPORT_INVALID ? "any" : uri_transport_name((enum ds_transport)v);
}

static const struct conf_words conf_transports = { conf_name_of_transport, DS_TRANSPORT_MAX - 1, false,
						   "any, udp, tcp, tls, sctp, ws or wss" };
static const struct conf_words conf_dialogs = { conf_name_of_dialog, ROUTE_DIALOG_INSIDE, false,
						"any, outside or inside" };
static const struct conf_words conf_actions = { conf_name_of_action, DS_ACTION_PASS, false,
						"forward, host, reply, redirect, drop or pass" };
static const struct conf_words conf_modes = { conf_name_of_mode, DS_MODE_SHIELD, false,
					      "proxy, nat, dsr, ipip or shield" };
static const struct conf_words conf_affinities = { conf_name_of_affinity, DS_AFFINITY_HASH, false, "calls or hash" };
static const struct conf_words conf_algorithms = { conf_name_of_algorithm, DS_ALGORITHM_MAX, true,
						   "one of " ALGORITHM_NAMES };
static const struct conf_words conf_slot_rules = { conf_name_of_slot_rule, DS_SLOT_KAMAILIO, false,
						   "consistent or kamailio" };
static const struct conf_words conf_xdp_modes = { conf_name_of_xdp, BPF_XDP_OFF, false,
						  "auto, native, generic or off" };
static const struct conf_words conf_probes = { conf_name_of_probe, CONF_PROBE_FLAGGED, true,
					       "none (0), all (1), inactive (2) or flagged (3)" };
static const struct conf_words conf_all_downs = { conf_name_of_all_down, CONF_ALL_DOWN_DEFAULT, false,
						  "reject, serve-all or default-destination" };

/* Room behind n elements of an array that grows by doubling. Returns it, or NULL after saying that there is none. */
static void *conf_one_more(const struct conf_reader *r, const struct conf_place *at, void **array, size_t n,
			   size_t size)
{
	void *bigger = *array;

	if (!(n & (n - 1)))
		bigger = realloc(*array, (n ? 2 * n : 1) * size);
	if (!bigger) {
		conf_say(r, at, "out of memory");
		return NULL;
	}
	*array = bigger;
	return (char *)bigger + n * size;
}

static void *conf_add_listener(const struct conf_reader *r, void *parent, const struct conf_place *at,
			       const char *title)
{
	struct conf *c = parent;
	struct conf_listener *listener;
	struct ds_endpoint place;
	size_t i;

	if (conf_endpoint(r, at, title, &place))
		return NULL;
	for (i = 0; i < c->n_listeners; i++) {
		if (memcmp(&c->listener[i].at, &place, sizeof(place)) != 0)
			continue;
		conf_say(r, at, "listen \"%s\" again, expected each address and port once", title);
		return NULL;
	}
	if (c->n_listeners == DS_LISTENERS_MAX) {
		conf_say(r, at, "one listener too many, expected at most %d", DS_LISTENERS_MAX);
		return NULL;
	}
	listener = conf_one_more(r, at, (void **)&c->listener, c->n_listeners, sizeof(*listener));
	if (!listener)
		return NULL;
	c->n_listeners++;
	*listener = (struct conf_listener){ .at = place,
					    .mode = DS_MODE_PROXY,
					    .failover = { .timeout_ms = CONF_FAILOVER_MS,
							  .timeout_100_ms = CONF_FAILOVER_100_MS },
					    .failover_tries = CONF_FAILOVER_TRIES };
	return listener;
}

static const void *conf_get_listener(const void *parent, size_t i)
{
	const struct conf *c = parent;

	return i < c->n_listeners ? &c->listener[i] : NULL;
}

static void conf_title_listener(const void *one, char *buf, size_t size)
{
	const struct conf_listener *l = one;
	char text[URI_ENDPOINT_SIZE];

	snprintf(buf, size, "%s", uri_endpoint_text(&l->at, text));
}

static void *conf_add_route(const struct conf_reader *r, void *parent, const struct conf_place *at, const char *title)
{
	struct conf_listener *l = parent;
	struct conf_route *route = &l->route[l->n_routes];
	const char *p;

	for (p = title; isalnum((unsigned char)*p) || *p == '-' || *p == '_' || *p == '.'; p++)
		;
	if (*p || p == title || (size_t)(p - title) >= sizeof(route->name)) {
		conf_say(r, at, "route \"%.60s\", expected a name of 1 to %zu letters, digits, '-', '_' and '.'", title,
			 sizeof(route->name) - 1);
		return NULL;
	}
	if (l->n_routes == CONF_ROUTES_MAX) {
		conf_say(r, at, "one route too many, expected at most %d", CONF_ROUTES_MAX);
		return NULL;
	}
	l->n_routes++;
	memset(route, 0, sizeof(*route));
	strcpy(route->name, title);
	route->rule.from_set = -1;
	return route;
}

static const void *conf_get_route(const void *parent, size_t i)
{
	const struct conf_listener *l = parent;

	return i < l->n_routes ? &l->route[i] : NULL;
}

static void conf_title_route(const void *one, char *buf, size_t size)
{
	const struct conf_route *route = one;

	snprintf(buf, size, "%s", route->name);
}

static void *conf_add_set(const struct conf_reader *r, void *parent, const struct conf_place *at, const char *title)
{
	struct conf *c = parent;
	size_t i, digits = strspn(title, "0123456789");
	unsigned long id = digits && digits < 11 && !title[digits] ? strtoul(title, NULL, 10) : ULONG_MAX;
	struct conf_set *set;

	if (id > INT_MAX) {
		conf_say(r, at, "set \"%.60s\", expected a number from 0 to %d", title, INT_MAX);
		return NULL;
	}
	for (i = 0; i < c->n_sets; i++) {
		if (c->set[i].id != (int)id)
			continue;
		conf_say(r, at, "set %lu again, expected it once", id);
		return NULL;
	}
	/* slot 0 of the kernel's table is never used */
	if (c->n_sets == DS_SETS_MAX - 1) {
		conf_say(r, at, "one set too many, expected at most %d", DS_SETS_MAX - 1);
		return NULL;
	}
	set = conf_one_more(r, at, (void **)&c->set, c->n_sets, sizeof(*set));
	if (!set)
		return NULL;
	c->n_sets++;
	*set = (struct conf_set){ .id = (int)id, .ping = c->ping };
	return set;
}

static const void *conf_get_set(const void *parent, size_t i)
{
	const struct conf *c = parent;

	return i < c->n_sets ? &c->set[i] : NULL;
}

static void conf_title_set(const void *one, char *buf, size_t size)
{
	const struct conf_set *set = one;

	snprintf(buf, size, "%d", set->id);
}

static const struct conf_many conf_listeners = { conf_add_listener, conf_get_listener, conf_title_listener };
static const struct conf_many conf_routes = { conf_add_route, conf_get_route, conf_title_route };
static const struct conf_many conf_sets = { conf_add_set, conf_get_set, conf_title_set };

static const struct conf_option conf_passive_options[] = {
	{ "requests", &conf_number, CONF_AT(conf_ping, health.passive_requests), .min = 0, .max = 1000000 },
	{ "window", &conf_ms, CONF_AT(conf_ping, health.passive_window_ms), .min = 100, .max = 3600000 },
	{ "fail-percent", &conf_number, CONF_AT(conf_ping, health.passive_fail_percent), .min = 1, .max = 100 },
	{ "hold", &conf_ms, CONF_AT(conf_ping, health.passive_hold_ms), .min = 0, .max = 3600000 },
	{ 0 },
};

static const struct conf_option conf_ping_options[] = {
	{ "probe", &conf_word, CONF_AT(conf_ping, probe), .words = &conf_probes },
	{ "interval", &conf_ms, CONF_AT(conf_ping, interval_ms), .min = 10, .max = CONF_DAY_MS },
	{ "interval-max", &conf_ms, CONF_AT(conf_ping, interval_max_ms), .min = 10, .max = CONF_DAY_MS },
	{ "timeout", &conf_ms, CONF_AT(conf_ping, timeout_ms), .min = 5, .max = CONF_DAY_MS },
	{ "jitter", &conf_number, CONF_AT(conf_ping, jitter_percent), .min = 0, .max = 50 },
	{ "rise", &conf_small, CONF_AT(conf_ping, health.rise), .min = 1, .max = 1000 },
	{ "fall", &conf_small, CONF_AT(conf_ping, health.fall), .min = 1, .max = 1000 },
	{ "codes", &conf_codes, CONF_AT(conf_ping, codes) },
	{ "method", &conf_method, CONF_AT(conf_ping, method), .min = 1 },
	{ "from", &conf_uri, CONF_AT(conf_ping, from) },
	{ "socket", &conf_socket, CONF_AT(conf_ping, socket) },
	{ "headers", .type = &conf_headers },
	{ "passive", .sub = conf_passive_options },
	{ 0 },
};

static const struct conf_option conf_route_options[] = {
	{ "method", &conf_methods, CONF_AT(conf_route, rule) },
	{ "dialog", &conf_word, CONF_AT(conf_route, rule.dialog), .words = &conf_dialogs },
	{ "from-set", &conf_from, CONF_AT(conf_route, rule.from_set) },
	{ "from-any-port", &conf_bool, CONF_AT(conf_route, rule.any_port) },
	{ "from-any-transport", &conf_bool, CONF_AT(conf_route, rule.any_transport) },
	{ "from-active", &conf_bool, CONF_AT(conf_route, rule.only_active) },
	{ "source", &conf_sources, CONF_AT(conf_route, rule) },
	{ "user", &conf_users, CONF_AT(conf_route, rule) },
	{ "host", &conf_hosts, CONF_AT(conf_route, rule) },
	{ "transport", &conf_word, CONF_AT(conf_route, rule.transport), .words = &conf_transports },
	{ "action", &conf_word, CONF_AT(conf_route, rule.action), .words = &conf_actions },
	{ "to", &conf_to, CONF_AT(conf_route, rule.to) },
	{ "rewrite-host", &conf_bool, CONF_AT(conf_route, rule.rewrite_host) },
	{ "apply-attributes", &conf_bool, CONF_AT(conf_route, rule.apply_attributes) },
	{ "code", &conf_number, CONF_AT(conf_route, rule.code), .min = 0, .max = 699 },
	{ "reason", &conf_text, CONF_AT(conf_route, rule.reason) },
	{ "headers", &conf_rows, CONF_AT(conf_route, rule) },
	{ "set", &conf_number, CONF_AT(conf_route, set), .min = 0, .max = INT_MAX },
	{ "algorithm", &conf_word, CONF_AT(conf_route, algorithm), .words = &conf_algorithms },
	{ "hash-key", &conf_hash_key, CONF_AT(conf_route, hash_key) },
	{ "user-only", &conf_bool, CONF_AT(conf_route, user_only) },
	{ "per-cpu", &conf_bool, CONF_AT(conf_route, per_cpu) },
	{ "slot-rule", &conf_word, CONF_AT(conf_route, slot_rule), .words = &conf_slot_rules },
	{ "next", .type = &conf_nexts },
	{ 0 },
};

static const struct conf_option conf_guard_options[] = {
	{ "allow", .type = &conf_allow },
	{ "deny", .type = &conf_deny },
	{ "rate", &conf_number, CONF_AT(admit, rate), .min = 0, .max = ADMIT_RATE_MAX },
	{ "burst", &conf_number, CONF_AT(admit, burst), .min = 0, .max = ADMIT_RATE_MAX },
	{ "keepalives", &conf_bool, CONF_AT(admit, keepalives) },
	{ 0 },
};

static const struct conf_option conf_listener_options[] = {
	{ "mode", &conf_word, CONF_AT(conf_listener, mode), .words = &conf_modes },
	{ "affinity", &conf_word, CONF_AT(conf_listener, affinity), .words = &conf_affinities },
	{ "record-route", &conf_bool, CONF_AT(conf_listener, record_route) },
	{ "path", &conf_bool, CONF_AT(conf_listener, path) },
	{ "tunnel-source", .type = &conf_tunnels },
	{ "failover", .type = &conf_failover },
	{ "failover-timeout", &conf_ms, CONF_AT(conf_listener, failover.timeout_ms), .min = 100, .max = 180000 },
	{ "failover-timeout-100", &conf_ms, CONF_AT(conf_listener, failover.timeout_100_ms), .min = 100,
	  .max = 180000 },
	{ "failover-tries", &conf_number, CONF_AT(conf_listener, failover_tries), .min = 2, .max = DS_FAILOVER_TRIES },
	{ "guard", CONF_AT(conf_listener, admit), .sub = conf_guard_options, .check = conf_check_guard },
	{ "route", .sub = conf_route_options, .many = &conf_routes, .check = conf_check_route },
	{ 0 },
};

static const struct conf_option conf_set_options[] = {
	{ "table-size", &conf_prime, CONF_AT(conf_set, table_size), .min = 0, .max = TABLE_SIZE_MAX },
	{ "all-down", &conf_word, CONF_AT(conf_set, all_down), .words = &conf_all_downs },
	{ "default-destination", &conf_canonical, CONF_AT(conf_set, default_uri) },
	{ "ping", CONF_AT(conf_set, ping), .sub = conf_ping_options, .check = conf_check_ping },
	{ 0 },
};

static const struct conf_option conf_control_options[] = {
	{ "path", &conf_path, CONF_AT(conf_control, path), .min = 1 },
	{ "mode", &conf_octal, CONF_AT(conf_control, mode), .max = 0777 },
	{ "group", &conf_text, CONF_AT(conf_control, group) },
	{ 0 },
};

static const struct conf_option conf_events_options[] = {
	{ "on-down", &conf_text, CONF_AT(conf_events, on_down) },
	{ "on-up", &conf_text, CONF_AT(conf_events, on_up) },
	{ "jobs", &conf_number, CONF_AT(conf_events, jobs_max), .min = 1, .max = CONF_JOBS_MAX },
	{ "timeout", &conf_ms, CONF_AT(conf_events, timeout_ms), .min = 100, .max = 3600000 },
	{ 0 },
};

const struct conf_option conf_root[] = {
	{ "instance", &conf_text, CONF_AT(conf, instance), .min = 1 },
	{ "bpffs", &conf_path, CONF_AT(conf, bpffs), .min = 1 },
	{ "interfaces", .type = &conf_interfaces },
	{ "xdp", &conf_word, CONF_AT(conf, xdp), .words = &conf_xdp_modes },
	{ "spread", &conf_cpus, CONF_AT(conf, spread) },
	{ "list", &conf_path, CONF_AT(conf, list), .min = 1 },
	{ "key-file", &conf_path, CONF_AT(conf, key_file) },
	{ "state-file", &conf_path, CONF_AT(conf, state_file), .min = 1 },
	{ "watch-list", &conf_bool, CONF_AT(conf, watch_list) },
	{ "calls", &conf_number, CONF_AT(conf, calls), .min = 1, .max = CONF_CALLS_MAX },
	{ "table-size", &conf_prime, CONF_AT(conf, table_size), .min = 2, .max = TABLE_SIZE_MAX },
	{ "drain-timeout", &conf_seconds, CONF_AT(conf, drain_timeout_s), .min = 0, .max = CONF_YEAR_S },
	{ "listen", .sub = conf_listener_options, .many = &conf_listeners, .check = conf_check_listener },
	{ "ping", CONF_AT(conf, ping), .sub = conf_ping_options, .check = conf_check_ping },
	{ "set", .sub = conf_set_options, .many = &conf_sets, .check = conf_check_set },
	{ "control", CONF_AT(conf, control), .sub = conf_control_options, .check = conf_check_control },
	{ "events", CONF_AT(conf, events), .sub = conf_events_options },
	{ 0 },
};

void conf_defaults(struct conf *c)
{
	struct conf_ping *p = &c->ping;
	const char *why;
	size_t at;

	strcpy(c->instance, INSTANCE_DEFAULT);
	strcpy(c->bpffs, INSTANCE_BPFFS);
	c->xdp = BPF_XDP_AUTO;
	c->calls = DS_CALLS_BUCKETS * DS_CALLS_WAYS;
	c->table_size = DS_TABLE_SIZE;
	c->drain_timeout_s = 3600;
	p->probe = CONF_PROBE_ALL;
	p->interval_ms = 10000;
	p->interval_max_ms = 60000;
	p->timeout_ms = 1000;
	p->jitter_percent = 10;
	p->health = (struct health_conf){ .rise = 2,
					  .fall = 3,
					  .passive_requests = 20,
					  .passive_window_ms = 5000,
					  .passive_fail_percent = 50,
					  .passive_hold_ms = 30000 };
	codes_parse("200-299", &p->codes, &at, &why);
	strcpy(p->method, "OPTIONS");
	c->control.mode = 0600;
	c->events.jobs_max = 4;
	c->events.timeout_ms = 10000;
}
