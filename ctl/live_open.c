// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_open.c - attaches an instance as the configuration says, or adopts the one that is there.
 */
#include "live_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "exit.h"
#include "journal.h"
#include "key.h"
#include "neigh.h"
#include "output.h"
#include "preflight.h"

/* What a listener has for its own set: what its first route forwards to; NULL: none does. */
static const struct conf_route *live_first_target(const struct conf_listener *l)
{
	size_t i;

	for (i = 0; i < l->n_routes; i++)
		if (routes_picks(&l->route[i].rule))
			return &l->route[i];
	return NULL;
}

static void live_enter_target(struct record_listener *l, const struct conf *c, const struct conf_route *route)
{
	const struct conf_set *set = conf_find_set(c, route ? route->set : -1);

	l->set = route ? route->set : -1;
	l->algorithm = route ? route->algorithm : DS_ALGORITHM_CALL_ID;
	l->user_only = route && route->user_only;
	l->per_cpu = route && route->per_cpu;
	l->slot_rule = route ? route->slot_rule : DS_SLOT_CONSISTENT;
	strcpy(l->hash_key, route ? route->hash_key : "");
	l->table_size = set ? set->table_size : 0;
}

/* Enters one more target of a listener; returns which it is. */
static size_t live_enter_further(struct record *r, const struct conf *c, size_t at, const struct conf_route *route)
{
	struct record_listener *target = &r->further[r->n_further];

	*target = r->listener[at];
	target->of = at;
	live_enter_target(target, c, route);
	return r->n_listeners + r->n_further++;
}

/* A route as if its next set were the one that it picks from. */
static struct conf_route live_next_of(const struct conf_route *route, size_t n)
{
	struct conf_route next = *route;

	next.set = route->next[n].set;
	next.algorithm = route->next[n].algorithm;
	if (next.algorithm != route->algorithm)
		next.hash_key[0] = 0;
	return next;
}

/* Enters a listener's routes, and a target for each that forwards to a set; the first such is the listener itself. */
static void live_enter_listener_routes(struct record *r, const struct conf *c, size_t at, struct routes_of *of)
{
	const struct conf_listener *l = &c->listener[at];
	const struct conf_route *first = live_first_target(l);
	struct conf_route next;
	size_t i, k;

	r->listener[at].routes = 0;
	of->n = 0;
	if (!l->n_routes || (l->n_routes == 1 && conf_route_is_plain(&l->route[0])))
		return;
	for (i = 0; i < l->n_routes; i++) {
		of->rule[i] = &l->route[i].rule;
		of->target[i] = at;
		of->n_next[i] = 0;
		if (!routes_picks(&l->route[i].rule))
			continue;
		if (&l->route[i] != first)
			of->target[i] = live_enter_further(r, c, at, &l->route[i]);
		of->next[i] = record_targets(r);
		of->n_next[i] = l->route[i].n_next;
		for (k = 0; k < l->route[i].n_next; k++) {
			next = live_next_of(&l->route[i], k);
			live_enter_further(r, c, at, &next);
		}
	}
	of->n = l->n_routes;
	r->listener[at].routes = (unsigned int)l->n_routes;
}

void live_enter_routes(struct record *r, const struct conf *c, struct routes *routes)
{
	size_t i;

	snprintf(r->file, sizeof(r->file), "%s", c->list);
	r->table_size = c->table_size;
	r->drain_timeout_s = c->drain_timeout_s;
	r->n_further = 0;
	for (i = 0; i < r->n_listeners; i++) {
		live_enter_target(&r->listener[i], c, live_first_target(&c->listener[i]));
		r->listener[i].affinity = c->listener[i].affinity;
		r->listener[i].record_route = c->listener[i].record_route;
		r->listener[i].path = c->listener[i].path;
		admit_settle(&c->listener[i].admit, &r->listener[i].guard);
		r->listener[i].failover = conf_failover_of(&c->listener[i]);
		live_enter_listener_routes(r, c, i, &routes->of[i]);
	}
}

void live_enter_record(struct record *r, const struct conf *c, struct routes *routes)
{
	size_t i;

	memset(r, 0, sizeof(*r));
	snprintf(r->version, sizeof(r->version), "%s", SIPXDP_VERSION);
	snprintf(r->key_from, sizeof(r->key_from), "%s", c->key_file);
	snprintf(r->spread, sizeof(r->spread), "%s", c->spread);
	r->netns = record_netns();
	r->attached_s = output_clock(CLOCK_REALTIME) / 1000000000;
	for (i = 0; i < c->n_interfaces; i++) {
		snprintf(r->interface[i].name, sizeof(r->interface[i].name), "%s", c->interface[i]);
		r->interface[i].mode = c->xdp;
	}
	r->n_interfaces = c->n_interfaces;
	for (i = 0; i < c->n_listeners; i++) {
		r->listener[i].at = c->listener[i].at;
		r->listener[i].mode = c->listener[i].mode;
		memcpy(r->listener[i].tunnel, c->listener[i].tunnel, sizeof(r->listener[i].tunnel));
	}
	r->n_listeners = c->n_listeners;
	live_enter_routes(r, c, routes);
}

static bool live_has_interface(const struct conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n_interfaces; i++)
		if (!strcmp(c->interface[i], name))
			return true;
	return false;
}

/* What stands in the way of running an instance by a configuration; NULL: nothing. */
static const char *live_conflict(const struct record *r, const struct conf *c)
{
	size_t i;

	if (r->n_interfaces != c->n_interfaces)
		return "interfaces";
	for (i = 0; i < r->n_interfaces; i++) {
		if (!live_has_interface(c, r->interface[i].name))
			return "interfaces";
		if (c->xdp != BPF_XDP_AUTO && r->interface[i].mode != c->xdp)
			return "xdp";
		if (c->xdp == BPF_XDP_AUTO && r->interface[i].mode == BPF_XDP_OFF)
			return "xdp";
	}
	if (r->n_listeners != c->n_listeners)
		return "listen";
	for (i = 0; i < r->n_listeners; i++)
		if (memcmp(&r->listener[i].at, &c->listener[i].at, sizeof(r->listener[i].at)) ||
		    r->listener[i].mode != c->listener[i].mode ||
		    memcmp(r->listener[i].tunnel, c->listener[i].tunnel, sizeof(r->listener[i].tunnel)))
			return "listen";
	if (strcmp(r->spread, c->spread) != 0)
		return "spread";
	return strcmp(r->key_from, c->key_file) ? "key-file" : NULL;
}

int live_check_record(const struct live *l, const struct conf *c)
{
	const char *what = live_conflict(&l->p.rec, c);

	if (!what)
		return EXIT_OK;
	output_error("%s: `%s` is another than that of the attached instance %s; remedy: dispatchctl detach, then run",
		     c->path, what, l->p.inst.name);
	return EXIT_INPUT;
}

void live_enter_admits(struct live *l)
{
	size_t i;

	for (i = 0; i < DS_LISTENERS_MAX; i++)
		l->p.admit[i] = i < l->conf->n_listeners ? &l->conf->listener[i].admit : NULL;
}

void live_apply_record(struct live *l)
{
	live_enter_admits(l);
	live_enter_routes(&l->p.rec, l->conf, &l->p.routes);
	l->p.conf = l->conf;
}

/* The list as it is, or, where it is broken and an instance is to be kept going, as it was last good. */
static int live_read_list(struct live *l, const struct resolver *host)
{
	const char *path = l->conf->list;
	char kept[PATH_MAX + 8];
	struct diag_list d;
	int err, again;

	diag_init(&d, path);
	err = live_read_file(path, &l->list, &l->list_len);
	if (!err)
		err = live_build(l->list, l->list_len, &l->overlay, host->lookup, host->ctx, &l->p.model, &d);
	else
		output_error("cannot read %s: %s", path, strerror(-err));
	if (err == -ENODATA && !record_dispatches(&l->p.rec))
		err = 0;
	if (!err)
		conf_check_list(l->conf, l->p.model, &d);
	if (!err && d.count[DIAG_ERROR])
		err = -EINVAL;
	diag_print(&d, stderr, 1);
	diag_free(&d);
	if (!err)
		return EXIT_OK;
	if (err == -ENODATA)
		output_error("%s: no destination, expected at least one", path);
	model_free(l->p.model);
	l->p.model = NULL;
	free(l->list);
	l->list = NULL;
	if (!l->adopted)
		return EXIT_INPUT;
	snprintf(kept, sizeof(kept), "%s.list", l->conf->state_file);
	diag_init(&d, kept);
	again = live_read_file(kept, &l->list, &l->list_len);
	if (!again)
		again = live_build(l->list, l->list_len, &l->overlay, host->lookup, host->ctx, &l->p.model, &d);
	diag_free(&d);
	if (again) {
		output_error("nor is there a good copy of it at %s; the programs go on with what they have", kept);
		return EXIT_INPUT;
	}
	output_warn("going on with the list as it was last good, %s", kept);
	return EXIT_OK;
}

static int live_load_overlays(struct live *l)
{
	char why[256] = "";
	int err = overlay_load(&l->overlay, l->conf->state_file, why, sizeof(why));

	if (!err)
		return EXIT_OK;
	output_error("cannot read the state file %s: %s; remedy: repair it, or move it away", l->conf->state_file,
		     *why ? why : strerror(-err));
	return EXIT_INPUT;
}

static int live_read_model(struct live *l)
{
	struct resolver host;
	int code, err = resolve_host(&host, true);

	if (err) {
		output_error("cannot read the addresses of this host: %s", strerror(-err));
		return EXIT_FAILED;
	}
	code = live_read_list(l, &host);
	resolve_host_free(&host);
	return code;
}

/* Publishes the list with an instance that is there already. */
static int live_adopt(struct live *l)
{
	char pin[PATH_MAX];
	int code = live_check_record(l, l->conf);

	if (code)
		return code;
	if (l->p.rec.netns != record_netns()) {
		output_error("instance %s was attached in another network namespace; remedy: run the daemon there",
			     l->p.inst.name);
		return EXIT_FAILED;
	}
	l->p.keys = bpf_keys_open(instance_pin(&l->p.inst, "maps", "neighbours", pin), sizeof(struct neigh));
	if (l->p.keys < 0) {
		output_error("cannot open %s: %s", pin, strerror(-l->p.keys));
		return EXIT_FAILED;
	}
	live_apply_record(l);
	code = live_read_model(l);
	if (!code)
		code = publish_plan(&l->p, true);
	if (!code)
		code = publish_apply(&l->p);
	return code ? code : publish_store(&l->p);
}

static int live_attach(struct live *l)
{
	__u64 key[2];
	int code;

	live_enter_record(&l->p.rec, l->conf, &l->p.routes);
	l->p.conf = l->conf;
	live_enter_admits(l);
	code = key_read(*l->conf->key_file ? l->conf->key_file : NULL, key);
	if (!code)
		code = live_read_model(l);
	if (!code && preflight_record(&l->p.rec))
		code = EXIT_FAILED;
	return code ? code : attach_make(&l->p, l->conf->calls, key);
}

/* One daemon an instance: its lock is on the directory of the maps, which lives as long as the instance. */
static int live_guard(struct live *l)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/maps", l->p.inst.dir);
	l->guard = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->guard >= 0 && !flock(l->guard, LOCK_EX | LOCK_NB))
		return EXIT_OK;
	if (l->guard >= 0 && errno == EWOULDBLOCK)
		output_error("a daemon runs for instance %s already; remedy: stop it, or another `instance`",
			     l->p.inst.name);
	else
		output_error("cannot lock %s: %s", path, strerror(errno));
	return EXIT_FAILED;
}

/* What the last daemon knew of members counts where it is whole. */
static void live_adopt_health(struct live *l)
{
	__u32 slot;

	for (slot = 1; slot < l->p.bpf.entries[BPF_MAP_dests]; slot++)
		if (!health_adopt(&l->runtime[slot], l->p.bpf.dests[slot].id))
			l->runtime[slot] = (struct ds_runtime){ .seq = 0 };
}

/* Health and history: what the last daemon knew. */
static int live_open_memory(struct live *l)
{
	char pin[PATH_MAX];
	void *mem;
	int err;

	err = bpf_shared_open("runtime", instance_pin(&l->p.inst, "maps", "runtime", pin), sizeof(*l->runtime),
			      l->p.bpf.entries[BPF_MAP_dests], &mem, &l->runtime_size);
	if (!err) {
		l->runtime = mem;
		err = bpf_shared_open("history", instance_pin(&l->p.inst, "maps", "history", pin), sizeof(*l->ring), 1,
				      &mem, &l->ring_size);
	}
	if (!err)
		l->ring = mem;
	if (!err)
		l->place = calloc(l->p.bpf.entries[BPF_MAP_dests], sizeof(*l->place));
	if (!err)
		err = load_watch_open(&l->load, &l->p.bpf);
	if (!err && l->place)
		return EXIT_OK;
	output_error("cannot keep health and history: %s", err ? strerror(-err) : "out of memory");
	return EXIT_FAILED;
}

static int live_open_instance(struct live *l)
{
	int err = instance_lock(&l->p.inst);

	if (!err)
		err = record_load(&l->p.rec, &l->p.inst);
	if (!err)
		err = bpf_inst_open(&l->p.bpf, l->p.inst.dir);
	l->adopted = !err;
	if (err && err != -ENOENT) {
		output_error("instance %s cannot be adopted: %s; remedy: %s", l->p.inst.name, strerror(-err),
			     err == -EPROTO ? "dispatchctl detach, then run: it is of another version"
					    : "dispatchctl detach, then run");
		return EXIT_FAILED;
	}
	if (err)
		instance_unlock(&l->p.inst);
	return EXIT_OK;
}

int live_open(struct live *l)
{
	const struct conf *c = l->conf;
	int code;

	if (instance_init(&l->p.inst, c->bpffs, c->instance)) {
		output_error("%s: instance '%s' is no name", c->path, c->instance);
		return EXIT_INPUT;
	}
	if (preflight_host(c->bpffs))
		return EXIT_FAILED;
	code = live_load_overlays(l);
	if (!code)
		code = live_open_instance(l);
	/* nothing of a running daemon's instance is touched */
	if (!code && l->adopted)
		code = live_guard(l);
	/* health decides what is picked from, so it is there before the first publication of an adopted instance */
	if (!code && l->adopted)
		code = live_open_memory(l);
	if (!code && l->adopted)
		live_adopt_health(l);
	if (!code)
		code = l->adopted ? live_adopt(l) : live_attach(l);
	if (!code && !l->adopted)
		code = live_guard(l);
	if (!code && !l->adopted)
		code = live_open_memory(l);
	if (code)
		return code;
	if (dns_new(l->base, &l->dns)) {
		output_error("cannot read the name servers' configuration");
		return EXIT_FAILED;
	}
	return EXIT_OK;
}
