// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record.c - the record to JSON and back.
 */
#include "record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "algorithm.h"
#include "uri.h"

#define RECORD_ABOUT "about"

const char *record_mode_name(enum ds_mode mode)
{
	static const char *const names[] = { [DS_MODE_PROXY] = "proxy",
					     [DS_MODE_NAT] = "nat",
					     [DS_MODE_DSR] = "dsr",
					     [DS_MODE_IPIP] = "ipip",
					     [DS_MODE_SHIELD] = "shield" };

	return (size_t)mode < sizeof(names) / sizeof(*names) ? names[mode] : NULL;
}

const char *record_slot_rule_name(enum ds_slot_rule rule)
{
	return rule == DS_SLOT_CONSISTENT ? "consistent" : rule == DS_SLOT_KAMAILIO ? "kamailio" : NULL;
}

const char *record_affinity_name(enum ds_affinity affinity)
{
	return affinity == DS_AFFINITY_CALLS ? "calls" : affinity == DS_AFFINITY_HASH ? "hash" : NULL;
}

const char *record_xdp_name(enum bpf_xdp_mode mode)
{
	static const char *const names[] = { "auto", "native", "generic", "off" };

	return (size_t)mode < sizeof(names) / sizeof(*names) ? names[mode] : NULL;
}

bool record_dispatches(const struct record *r)
{
	size_t i;

	for (i = 0; i < r->n_listeners && r->listener[i].mode == DS_MODE_SHIELD; i++)
		;
	return i < r->n_listeners;
}

__u64 record_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

/* What a tunnel may start at; an empty list where the mode has none. */
static json_t *record_tunnel_json(const struct record_listener *l)
{
	static const struct ds_addr none;
	json_t *list = json_array();
	char ip[INET6_ADDRSTRLEN];
	size_t i;

	for (i = 0; i < 2; i++)
		if (memcmp(&l->tunnel[i], &none, sizeof(none)))
			json_array_append_new(list, json_string(inet_ntop(AF_INET6, &l->tunnel[i], ip, sizeof(ip))));
	return list;
}

static json_t *record_guard_json(const struct ds_guard *g)
{
	return json_pack("{s:b, s:I, s:I, s:I}", "keepalives", (int)g->keepalives, "acl", (json_int_t)g->acl,
			 "interval_ns", (json_int_t)g->interval_ns, "burst_ns", (json_int_t)g->burst_ns);
}

static json_t *record_failover_json(const struct ds_failover *f)
{
	json_t *codes = json_array();
	size_t i;

	for (i = 0; i < DS_FAILOVER_CODES && f->code[i]; i++)
		json_array_append_new(codes, json_integer(f->code[i]));
	return json_pack("{s:o, s:b, s:i, s:i, s:i}", "codes", codes, "timeout", (int)f->timeout, "timeout_ms",
			 (int)f->timeout_ms, "timeout_100_ms", (int)f->timeout_100_ms, "tries", (int)f->tries);
}

static json_t *record_listener_json(const struct record_listener *l)
{
	char ip[INET6_ADDRSTRLEN], at[URI_ENDPOINT_SIZE];

	inet_ntop(AF_INET6, &l->at.ip, ip, sizeof(ip));
	return json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:i, s:s, s:b, s:s, s:b, s:o, s:o, s:o, s:b, s:b, s:i}",
			 "listen", uri_endpoint_text(&l->at, at), "ip", ip, "port", ntohs(l->at.port_be), "set", l->set,
			 "mode", record_mode_name(l->mode), "algorithm", algorithm_name(l->algorithm), "affinity",
			 record_affinity_name(l->affinity), "table_size", (int)l->table_size, "hash_key", l->hash_key,
			 "user_only", l->user_only, "slot_rule", record_slot_rule_name(l->slot_rule), "per_cpu",
			 l->per_cpu, "tunnel_source", record_tunnel_json(l), "guard", record_guard_json(&l->guard),
			 "failover", record_failover_json(&l->failover), "record_route", l->record_route, "path",
			 l->path, "routes", (int)l->routes);
}

json_t *record_json(const struct record *r)
{
	json_t *interfaces = json_array(), *listeners = json_array();
	size_t i;

	for (i = 0; i < r->n_interfaces; i++)
		json_array_append_new(
			interfaces, json_pack("{s:I, s:s, s:s}", "ifindex", (json_int_t)r->interface[i].ifindex, "name",
					      r->interface[i].name, "xdp", record_xdp_name(r->interface[i].mode)));
	for (i = 0; i < r->n_listeners; i++)
		json_array_append_new(listeners, record_listener_json(&r->listener[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "version", r->version,
			 "program", *r->program ? r->program : RECORD_BUILT_IN, "file", r->file, "key_file",
			 r->key_from, "spread", r->spread, "netns", (json_int_t)r->netns, "table_size",
			 (json_int_t)r->table_size, "drain_timeout_s", (json_int_t)r->drain_timeout_s, "attached_s",
			 (json_int_t)r->attached_s, "published_ns", (json_int_t)r->published_ns, "loaded_s",
			 (json_int_t)r->loaded_s, "interfaces", interfaces, "listeners", listeners);
}

/* A map that holds JSON, which is released. Returns a descriptor or -errno. */
static int record_map(const char *name, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int fd = text ? bpf_text_create(name, text, strlen(text)) : -ENOMEM;

	json_decref(json);
	free(text);
	return fd;
}

int record_store(const struct record *r, const struct instance *i)
{
	char pin[PATH_MAX], next[PATH_MAX];
	int err, fd = record_map("record", record_json(r));

	if (fd < 0)
		return fd;
	instance_pin(i, "maps", "record", pin);
	instance_pin(i, "maps", "record_next", next);
	unlink(next);
	err = bpf_fd_pin(fd, next);
	close(fd);
	if (!err && rename(next, pin))
		err = -errno;
	return err;
}

int record_store_program(const struct record *r, const struct instance *i, const char *sub)
{
	char pin[PATH_MAX];
	int err, fd = record_map("about", json_pack("{s:s, s:s}", "version", r->version, "program", r->program));

	if (fd < 0)
		return fd;
	err = bpf_fd_pin(fd, instance_pin(i, sub, RECORD_ABOUT, pin));
	close(fd);
	return err;
}

/* Copies a text member into a field. */
static int record_text(char *field, size_t size, const char *text)
{
	return text && snprintf(field, size, "%s", text) < (int)size ? 0 : -EPROTO;
}

/* Finds a word among names 0 to last. */
static int record_word(const char *word, int last, const char *(*name)(int value))
{
	int i;

	for (i = 0; i <= last; i++)
		if (name(i) && word && !strcmp(name(i), word))
			return i;
	return -EPROTO;
}

static const char *record_mode_int(int v)
{
	return record_mode_name(v);
}

static const char *record_slot_rule_int(int v)
{
	return record_slot_rule_name(v);
}

static const char *record_affinity_int(int v)
{
	return record_affinity_name(v);
}

static const char *record_xdp_int(int v)
{
	return record_xdp_name(v);
}

static int record_read_interface(struct record_interface *f, json_t *json)
{
	const char *name, *xdp;
	json_int_t ifindex;
	int mode;

	if (json_unpack(json, "{s:I, s:s, s:s}", "ifindex", &ifindex, "name", &name, "xdp", &xdp))
		return -EPROTO;
	mode = record_word(xdp, BPF_XDP_OFF, record_xdp_int);
	f->ifindex = ifindex;
	f->mode = mode;
	return mode < 0 ? mode : record_text(f->name, sizeof(f->name), name);
}

static int record_read_tunnel(struct record_listener *l, json_t *list)
{
	struct ds_addr ip;
	json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		if (!json_is_string(one) || inet_pton(AF_INET6, json_string_value(one), &ip) != 1)
			return -EPROTO;
		l->tunnel[!uri_is_ip4(&ip)] = ip;
	}
	return 0;
}

static int record_read_guard(struct ds_guard *g, json_t *json)
{
	json_int_t acl = 0, interval = 0, burst = 0;
	int keepalives = 0;

	if (json && json_unpack(json, "{s:b, s:I, s:I, s:I}", "keepalives", &keepalives, "acl", &acl, "interval_ns",
				&interval, "burst_ns", &burst))
		return -EPROTO;
	*g = (struct ds_guard){ .acl = acl, .keepalives = keepalives, .interval_ns = interval, .burst_ns = burst };
	return 0;
}

static int record_read_failover(struct ds_failover *f, json_t *json)
{
	int timeout, timeout_ms, timeout_100_ms, tries;
	json_t *codes, *one;
	size_t i;

	memset(f, 0, sizeof(*f));
	if (!json)
		return 0;
	if (json_unpack(json, "{s:o, s:b, s:i, s:i, s:i}", "codes", &codes, "timeout", &timeout, "timeout_ms",
			&timeout_ms, "timeout_100_ms", &timeout_100_ms, "tries", &tries) ||
	    json_array_size(codes) > DS_FAILOVER_CODES)
		return -EPROTO;
	json_array_foreach (codes, i, one)
		f->code[i] = (__u16)json_integer_value(one);
	f->timeout = timeout != 0;
	f->timeout_ms = timeout_ms;
	f->timeout_100_ms = timeout_100_ms;
	f->tries = tries;
	return 0;
}

static int record_read_listener(struct record_listener *l, json_t *json)
{
	const char *ip, *mode, *algorithm, *affinity, *key = "", *rule = "consistent";
	int port, m, f, r, table = 0, user_only = 0, per_cpu = 0, record_route = 0, path = 0;
	json_t *tunnel = NULL, *guard = NULL, *failover = NULL;

	if (json_unpack(json, "{s:s, s:i, s:i, s:s, s:s, s:s, s?i, s?s, s?b, s?s, s?b, s?o, s?o, s?o, s?b, s?b, s?i}",
			"ip", &ip, "port", &port, "set", &l->set, "mode", &mode, "algorithm", &algorithm, "affinity",
			&affinity, "table_size", &table, "hash_key", &key, "user_only", &user_only, "slot_rule", &rule,
			"per_cpu", &per_cpu, "tunnel_source", &tunnel, "guard", &guard, "failover", &failover,
			"record_route", &record_route, "path", &path, "routes", &l->routes) ||
	    inet_pton(AF_INET6, ip, &l->at.ip) != 1)
		return -EPROTO;
	m = record_word(mode, DS_MODE_SHIELD, record_mode_int);
	f = record_word(affinity, DS_AFFINITY_HASH, record_affinity_int);
	l->at.port_be = htons(port);
	l->mode = m;
	l->affinity = f;
	l->table_size = table;
	l->user_only = user_only;
	l->per_cpu = per_cpu;
	l->record_route = record_route;
	l->path = path;
	r = record_word(rule, DS_SLOT_KAMAILIO, record_slot_rule_int);
	l->slot_rule = r;
	if (m < 0 || f < 0 || r < 0 || algorithm_find(algorithm, &l->algorithm) ||
	    record_read_guard(&l->guard, guard) || record_read_failover(&l->failover, failover) ||
	    record_read_tunnel(l, tunnel))
		return -EPROTO;
	return record_text(l->hash_key, sizeof(l->hash_key), key);
}

static int record_read(struct record *r, json_t *json)
{
	json_int_t netns, table, drain, attached, published, loaded;
	json_t *interfaces, *listeners, *one;
	const char *version, *file, *key, *spread;
	int err = 0;
	size_t i;

	if (json_unpack(json, "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "version", &version,
			"file", &file, "key_file", &key, "spread", &spread, "netns", &netns, "table_size", &table,
			"drain_timeout_s", &drain, "attached_s", &attached, "published_ns", &published, "loaded_s",
			&loaded, "interfaces", &interfaces, "listeners", &listeners))
		return -EPROTO;
	r->netns = netns;
	r->table_size = table;
	r->drain_timeout_s = drain;
	r->attached_s = attached;
	r->published_ns = published;
	r->loaded_s = loaded;
	r->n_interfaces = json_array_size(interfaces);
	r->n_listeners = json_array_size(listeners);
	if (r->n_interfaces > RECORD_INTERFACES_MAX || r->n_listeners > DS_LISTENERS_MAX ||
	    record_text(r->version, sizeof(r->version), version) || record_text(r->file, sizeof(r->file), file) ||
	    record_text(r->key_from, sizeof(r->key_from), key) || record_text(r->spread, sizeof(r->spread), spread))
		return -EPROTO;
	json_array_foreach (interfaces, i, one)
		err = err ? err : record_read_interface(&r->interface[i], one);
	json_array_foreach (listeners, i, one)
		err = err ? err : record_read_listener(&r->listener[i], one);
	return err;
}

/* Reads JSON out of a map by its pin. */
static int record_read_map(const char *pin, json_t **json)
{
	json_error_t why;
	char *text = NULL;
	int err = bpf_text_read(pin, &text);

	if (err)
		return err;
	*json = json_loads(text, 0, &why);
	free(text);
	return *json ? 0 : -EPROTO;
}

int record_load_program(struct record *r, const struct instance *i, const char *sub)
{
	const char *version, *program;
	char pin[PATH_MAX];
	json_t *json;
	int err;

	err = record_read_map(instance_pin(i, sub, RECORD_ABOUT, pin), &json);
	if (err)
		return err;
	if (json_unpack(json, "{s:s, s:s}", "version", &version, "program", &program) ||
	    record_text(r->version, sizeof(r->version), version) ||
	    record_text(r->program, sizeof(r->program), program))
		err = -EPROTO;
	json_decref(json);
	return err;
}

int record_load(struct record *r, const struct instance *i)
{
	char pin[PATH_MAX];
	json_t *json;
	int err;

	memset(r, 0, sizeof(*r));
	snprintf(r->program, sizeof(r->program), "%s", RECORD_BUILT_IN);
	err = record_read_map(instance_pin(i, "maps", "record", pin), &json);
	if (err)
		return err;
	err = record_read(r, json);
	json_decref(json);
	if (!err)
		err = record_load_program(r, i, INSTANCE_PROGS);
	return err == -ENOENT ? 0 : err;
}
