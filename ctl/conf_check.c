// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_check.c - what is wrong with values that are right each by itself, and what is missing.
 */
#include "conf_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "algorithm.h"
#include "client.h"
#include "model.h"
#include "ping_socket.h"
#include "record.h"
#include "source.h"
#include "uri.h"

#define CONF_LIST "dispatcher.list"
#define CONF_STATE_DIR "/var/lib/sipxdp"

/* Where the first of two options is in the file, else the second, else `at`. */
struct conf_place conf_place_of(cfg_t *cfg, const char *name, const char *other, const struct conf_place *at)
{
	const struct conf_value *v = conf_value_of(cfg, name);

	if (!v)
		v = conf_value_of(cfg, other);
	return v ? v->at : *at;
}

void conf_check_ping(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section)
{
	const struct conf_ping *p = section;
	struct conf_place place;
	cfg_t *passive;

	if (p->timeout_ms >= p->interval_ms) {
		place = conf_place_of(cfg, "timeout", "interval", at);
		conf_warn(
			r, &place,
			"timeout of %u ms with an interval of %u ms, expected a shorter one: a destination has one ping in "
			"flight at most, so one that is slow or dead is pinged less often",
			p->timeout_ms, p->interval_ms);
	}
	if (p->interval_max_ms < p->interval_ms) {
		place = conf_place_of(cfg, "interval-max", "interval", at);
		conf_say(r, &place, "interval-max of %u ms with an interval of %u ms, expected no less than that",
			 p->interval_max_ms, p->interval_ms);
	}
	if (!p->health.passive_requests && p->probe != CONF_PROBE_ALL && p->probe != CONF_PROBE_FLAGGED) {
		passive = cfg_size(cfg, "passive") ? cfg_getsec(cfg, "passive") : NULL;
		place = conf_place_of(passive, "requests", "requests", at);
		place = conf_place_of(cfg, "probe", "probe", &place);
		conf_warn(
			r, &place,
			"nothing finds out that a destination died, expected probe = all or flagged, or requests in passive");
	}
}

void conf_check_set(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section)
{
	const struct conf_set *set = section;
	const struct conf_value *uri = conf_value_of(cfg, "default-destination");
	struct conf_place place = conf_place_of(cfg, "all-down", "default-destination", at);
	bool wanted = set->all_down == CONF_ALL_DOWN_DEFAULT;

	/* one that was refused is no missing one */
	if (wanted && !r->scan->broken && (!uri || !*uri->text))
		conf_say(r, &place,
			 "all-down = default-destination without one, expected default-destination = \"sip:...\" too");
	if (!wanted && *set->default_uri)
		conf_warn(r, &place, "default-destination is never used, expected all-down = default-destination too");
}

/* cfg: a route. */
void conf_check_keys(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
		     const struct conf_route *route)
{
	const struct conf_place place = conf_place_of(cfg, "hash-key", "algorithm", at);
	const struct conf_value *given = conf_value_of(cfg, "hash-key");
	struct ds_key key[DS_KEYS_MAX];
	int err;

	/* one that was refused is no missing one */
	if (given && *given->text && !*route->hash_key)
		return;
	err = algorithm_keys(route->algorithm, route->slot_rule, route->hash_key, route->user_only, key);
	if (err == -ENOSPC)
		conf_say(r, &place, "hash-key with too many keys, expected %d at most; auth-user is two", DS_KEYS_MAX);
	else if (err == -EOPNOTSUPP)
		conf_say(r, &place, "hash-key with the slot rule kamailio, expected none of source and source-ip");
	else if (err && *route->hash_key)
		conf_say(r, &place, "hash-key with the algorithm %s, expected one that hashes a key",
			 algorithm_name(route->algorithm));
	else if (err)
		conf_say(r, &place, "algorithm key without a key, expected hash-key = \"...\" too");
}

/* The destinations hold the listener's address: what came from it would be taken for their own and thrown away. */
static void conf_check_tunnel(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
			      const struct conf_listener *l)
{
	const struct ds_addr *same = &l->tunnel[!uri_is_ip4(&l->at.ip)];
	struct conf_place place = conf_place_of(cfg, "tunnel-source", "mode", at);

	if (!r->scan->broken && !conf_is_address(&l->tunnel[0]) && !conf_is_address(&l->tunnel[1]))
		conf_say(r, &place,
			 "ipip without tunnel-source, expected an address of this host that tunnels start at");
	if (!memcmp(same, &l->at.ip, sizeof(*same)))
		conf_say(r, &place, "tunnel-source is the listener's address, expected another of this host");
}

static bool conf_route_has(const struct conf_route *route, enum ds_algorithm algorithm)
{
	size_t i;

	for (i = 0; i < route->n_next; i++)
		if (route->next[i].algorithm == algorithm)
			return true;
	return route->algorithm == algorithm;
}

/* What counts in the table of calls, or keeps by it what a call is with. */
static void conf_check_calls(const struct conf_reader *r, const struct conf_place *at, const struct conf_listener *l,
			     const struct conf_route *route)
{
	if (conf_route_has(route, DS_ALGORITHM_CALL_LOAD) && l->affinity != DS_AFFINITY_CALLS)
		conf_say(r, at,
			 "algorithm call-load without the table of calls that it counts in, expected affinity = calls");
	if (!conf_route_has(route, DS_ALGORITHM_PARALLEL))
		return;
	if (l->affinity != DS_AFFINITY_CALLS)
		conf_say(
			r, at,
			"algorithm parallel without the table of calls, by which a call stays with who answered, expected "
			"affinity = calls");
	if (l->mode != DS_MODE_PROXY)
		conf_say(r, at, "algorithm parallel in another mode than proxy, expected mode = proxy");
	if (conf_failover_of(l).tries)
		conf_say(r, at, "algorithm parallel with failover, expected one of them: all have been tried");
	if (route->rule.action != DS_ACTION_FORWARD)
		conf_say(r, at, "algorithm parallel with another action than forward, expected another algorithm");
}

void conf_check_listener(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section)
{
	const struct conf_listener *l = section;
	struct conf_place place;
	size_t i;

	conf_check_failover(r, cfg, at, l);
	if (conf_failover_of(l).tries && (l->n_routes > 1 || (l->n_routes && !conf_route_is_plain(&l->route[0]))))
		conf_say(r, at, "failover with routes that differ, expected one route that forwards all");
	if (l->mode == DS_MODE_SHIELD) {
		if (cfg_size(cfg, "route"))
			conf_say(r, at,
				 "shield with a route, expected none: what is sound is for a server on this host");
		return;
	}
	if (l->mode != DS_MODE_PROXY && (l->record_route || l->path)) {
		place = conf_place_of(cfg, l->record_route ? "record-route" : "path", "mode", at);
		conf_say(r, &place, "%s without mode = proxy, which alone changes messages",
			 l->record_route ? "record-route" : "path");
	}
	if (l->admit.keepalives)
		conf_say(r, at, "guard with keepalives, expected that with mode = shield only");
	if (l->mode == DS_MODE_IPIP)
		conf_check_tunnel(r, cfg, at, l);
	for (i = 0; i < l->n_routes; i++)
		conf_check_changes(r, at, l, &l->route[i]);
	for (i = 0; i < l->n_routes; i++)
		conf_check_calls(r, at, l, &l->route[i]);
	if (!r->scan->broken && !cfg_size(cfg, "route"))
		conf_say(r, at, "listener without a route, expected route \"default\" { set = NUMBER } in it");
}

void conf_check_guard(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section)
{
	const struct admit *a = section;
	const struct conf_place place = conf_place_of(cfg, "burst", "rate", at);
	const char *fault = admit_fault(a);

	if (fault)
		conf_say(r, &place, "burst of %u with a rate of %u, %s", a->burst, a->rate, fault);
}

void conf_check_control(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section)
{
	const struct conf_control *c = section;
	const struct conf_place place = conf_place_of(cfg, "mode", "path", at);

	if (c->mode & 06)
		conf_warn(r, &place,
			  "control socket with mode %04o, expected none for others: everybody may command then",
			  c->mode);
}

/* Whether what is sent from that place looks like what a listener sends, so that its answers are taken for traffic. */
static bool conf_is_listener(const struct conf *c, const struct ds_endpoint *at)
{
	size_t i;

	for (i = 0; i < c->n_listeners; i++)
		if (c->listener[i].at.port_be == at->port_be &&
		    (ping_socket_is_any(&at->ip) || !memcmp(&c->listener[i].at.ip, &at->ip, sizeof(at->ip))))
			return true;
	return false;
}

/* cfg: the file or a set. */
static void conf_check_socket(const struct conf_reader *r, cfg_t *cfg)
{
	const struct conf_value *v = cfg_size(cfg, "ping") ? conf_value_of(cfg_getsec(cfg, "ping"), "socket") : NULL;
	struct ds_endpoint to = { 0 }, from;

	if (!v || !*v->text || ping_socket_parse(v->text, &to, &from) == -EINVAL || !conf_is_listener(r->conf, &from))
		return;
	conf_say(
		r, &v->at,
		"socket '%.60s' is a listener's place, expected another port: answers to pings would be taken for its traffic",
		v->text);
}

static int conf_compare_sets(const void *a, const void *b)
{
	const struct conf_set *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Whether any listener sends to destinations. */
static bool conf_needs_list(const struct conf *c)
{
	size_t i;

	for (i = 0; i < c->n_listeners && c->listener[i].mode == DS_MODE_SHIELD; i++)
		;
	return i < c->n_listeners || !i;
}

static void conf_settle_paths(const struct conf_reader *r, cfg_t *cfg)
{
	const struct conf_value *path = cfg_size(cfg, "control") ? conf_value_of(cfg_getsec(cfg, "control"), "path")
								 : NULL;
	static const struct conf_place nowhere;
	struct conf *c = r->conf;
	struct sockaddr_un name;

	if (!conf_value_of(cfg, "list") && !conf_needs_list(c))
		snprintf(c->list, sizeof(c->list), SOURCE_NONE);
	else if (!conf_value_of(cfg, "list") &&
		 (size_t)snprintf(c->list, sizeof(c->list), "%s%s", r->dir, CONF_LIST) >= sizeof(c->list))
		conf_say(r, &nowhere, "list %s%s has too long a path, expected it in a directory less deep", r->dir,
			 CONF_LIST);
	if (!conf_value_of(cfg, "state-file"))
		snprintf(c->state_file, sizeof(c->state_file), "%s/%s.json", CONF_STATE_DIR, c->instance);
	if (!path)
		client_path(c->instance, c->control.path, sizeof(c->control.path));
	else if (strlen(c->control.path) >= sizeof(name.sun_path))
		conf_say(r, &path->at, "path of the control socket has %zu octets, expected at most %zu",
			 strlen(c->control.path), sizeof(name.sun_path) - 1);
}

void conf_settle(const struct conf_reader *r, cfg_t *cfg)
{
	static const struct conf_place nowhere;
	struct conf *c = r->conf;
	struct instance instance;
	size_t routes = 0, j;
	unsigned int i;

	if (c->n_sets)
		qsort(c->set, c->n_sets, sizeof(*c->set), conf_compare_sets);
	c->any = (struct conf_set){ .id = -1, .ping = c->ping };
	conf_settle_paths(r, cfg);
	if (instance_init(&instance, c->bpffs, c->instance)) {
		const struct conf_place at = conf_place_of(cfg, "instance", "bpffs", &nowhere);

		conf_say(r, &at, "instance '%s' in %s, expected letters, digits, '-' and '_', and a shorter path",
			 c->instance, c->bpffs);
	}
	conf_check_socket(r, cfg);
	for (i = 0; i < cfg_size(cfg, "set"); i++)
		conf_check_socket(r, cfg_getnsec(cfg, "set", i));
	for (i = 0; i < c->n_listeners; i++)
		for (j = 0; j < c->listener[i].n_routes; j++)
			routes += 1 + c->listener[i].route[j].n_next;
	if (routes > RECORD_FURTHER_MAX)
		conf_say(r, &nowhere, "%zu routes and next sets of all listeners, expected at most %d", routes,
			 RECORD_FURTHER_MAX);
	/* the rest of the file may have had them */
	if (r->scan->broken)
		return;
	if (!cfg_size(cfg, "interfaces"))
		conf_say(r, &nowhere, "no interface, expected interfaces = {\"eth0\", ...}");
	if (!cfg_size(cfg, "listen"))
		conf_say(r, &nowhere,
			 "no listener, expected listen \"ADDR:PORT\" { route \"default\" { set = NUMBER } }");
}

const struct conf_set *conf_find_set(const struct conf *c, int id)
{
	const struct conf_set key = { .id = id };
	const struct conf_set *set = c->n_sets ? bsearch(&key, c->set, c->n_sets, sizeof(key), conf_compare_sets)
					       : NULL;

	return set ? set : &c->any;
}

const struct conf_ping *conf_ping_of(const struct conf *c, int set)
{
	return &conf_find_set(c, set)->ping;
}

/* The attributes of one destination that are about pings. */
static void conf_check_dest(const struct conf *c, const struct ds_config *dest, struct diag_list *d)
{
	struct ds_endpoint to = { 0 }, from;
	struct uri_error error;
	struct codes codes;
	struct ds_uri uri;
	const char *why;
	size_t at;

	if (dest->attrs.ping_reply_codes && codes_parse(dest->attrs.ping_reply_codes, &codes, &at, &why))
		diag_add(d, DIAG_ERROR, dest->line, dest->column, "ping_reply_codes '%.60s': %s",
			 dest->attrs.ping_reply_codes, why);
	if (dest->attrs.ping_from && !uri_parse(dest->attrs.ping_from, strlen(dest->attrs.ping_from), &uri, &error))
		uri_free(&uri);
	else if (dest->attrs.ping_from)
		diag_add(d, DIAG_ERROR, dest->line, dest->column, "ping_from '%.60s': %s", dest->attrs.ping_from,
			 error.what);
	if (!dest->attrs.ping_socket)
		return;
	if (ping_socket_parse(dest->attrs.ping_socket, &to, &from) == -EINVAL)
		diag_add(d, DIAG_ERROR, dest->line, dest->column,
			 "ping_socket '%.60s', expected ADDR, ADDR:PORT or udp:ADDR:PORT", dest->attrs.ping_socket);
	else if (conf_is_listener(c, &from))
		diag_add(
			d, DIAG_ERROR, dest->line, dest->column,
			"ping_socket '%.60s' is a listener's place, expected another port: answers to pings would be taken "
			"for its traffic",
			dest->attrs.ping_socket);
}

static void conf_check_set_there(const struct model *m, int set, const struct ds_endpoint *at, struct diag_list *d)
{
	char text[URI_ENDPOINT_SIZE];

	if (!model_find_set(m, set))
		diag_add(d, DIAG_ERROR, 0, 0, "no destination of set %d, expected one: listener %s sends there", set,
			 uri_endpoint_text(at, text));
}

void conf_check_list(const struct conf *c, const struct model *m, struct diag_list *d)
{
	size_t i, j, k;

	for (i = 0; i < c->n_listeners; i++) {
		const struct conf_listener *l = &c->listener[i];

		for (j = 0; j < l->n_routes; j++) {
			if (!routes_picks(&l->route[j].rule))
				continue;
			conf_check_set_there(m, l->route[j].set, &l->at, d);
			for (k = 0; k < l->route[j].n_next; k++)
				conf_check_set_there(m, l->route[j].next[k].set, &l->at, d);
		}
	}
	for (i = 0; i < c->n_sets; i++)
		if (!model_find_set(m, c->set[i].id))
			diag_add(d, DIAG_WARNING, 0, 0,
				 "no destination of set %d, expected one: the configuration has options for it",
				 c->set[i].id);
	for (i = 0; i < m->n_sets; i++)
		for (j = 0; j < m->set[i].n_dests; j++)
			conf_check_dest(c, &m->set[i].dest[j]->conf, d);
}
