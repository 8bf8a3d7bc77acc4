// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_health.c - what pings and traffic say of members, and what follows from it.
 */
#include "live_inner.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exit.h"
#include "journal.h"
#include "output.h"
#include "sums.h"

/* Slots of removed members, and who is picked from by latency, are looked at each so many times that the host is. */
#define LIVE_REPUBLISH_TURNS 5

void live_health_changed(struct live *l, __u32 slot, enum ds_health was, enum health_cause cause, __u16 detail,
			 __u64 lasted_ns)
{
	const struct ds_runtime *r = &l->runtime[slot];
	struct history_event e = { .kind = HISTORY_HEALTH,
				   .id = r->id,
				   .set = l->p.bpf.dests[slot].set,
				   .was = was,
				   .now = r->health,
				   .cause = cause,
				   .detail = detail,
				   .lasted_ns = lasted_ns };

	snprintf(e.uri, sizeof(e.uri), "%s", l->p.bpf.info[slot].uri);
	if (health_is_usable(was, DS_ADMIN_ACTIVE) != health_is_usable(r->health, DS_ADMIN_ACTIVE))
		live_flush_soon(l);
	live_event(l, &e);
}

static void live_learn(struct live *l, __u32 slot, enum health_cause cause, __u16 detail)
{
	const struct conf_ping *conf = conf_ping_of(l->conf, l->place[slot].dest->conf.set);
	struct ds_runtime *r = &l->runtime[slot];
	__u64 now_ns = output_clock(CLOCK_BOOTTIME), since = r->since_ns;
	enum ds_health was;

	if (health_learn(r, &conf->health, cause, detail, now_ns, &was))
		live_health_changed(l, slot, was, cause, detail, now_ns - since);
}

void live_ping_result(void *ctx, __u32 slot, enum health_cause cause, __u16 detail)
{
	struct live *l = ctx;

	if (l->place[slot].dest)
		live_learn(l, slot, cause, detail);
}

/* Kamailio's ds_probing_mode; its mode 0 never asks again after a first failure, ours goes on until the answer. */
static bool live_is_probed(const struct live *l, const struct ds_dest *dest, enum ds_health health)
{
	bool flagged = dest->conf.flags & DS_LIST_PROBING;

	if (dest->conf.flags & DS_LIST_NOPING)
		return false;
	switch (conf_ping_of(l->conf, dest->conf.set)->probe) {
	case CONF_PROBE_NONE:
		return health == DS_HEALTH_DOWN || health == DS_HEALTH_TRYING ||
		       (flagged && health == DS_HEALTH_UNKNOWN);
	case CONF_PROBE_ALL:
		return true;
	case CONF_PROBE_INACTIVE:
		return health == DS_HEALTH_DOWN || health == DS_HEALTH_TRYING;
	case CONF_PROBE_FLAGGED:
		return flagged;
	}
	return false;
}

bool live_ping_wanted(void *ctx, __u32 slot)
{
	struct live *l = ctx;
	struct ds_runtime *r = &l->runtime[slot];

	r->probing = l->place[slot].dest && r->admin != DS_ADMIN_DISABLED &&
		     live_is_probed(l, l->place[slot].dest, r->health);
	return r->probing;
}

/* Pings go to what is reached by UDP and has an address. */
static bool live_is_target(const struct live_place *p)
{
	return p->dest && p->dest->conf.uri.transport == DS_TRANSPORT_UDP && p->member->slow != DS_SLOW_NAME &&
	       p->member->slow != DS_SLOW_TRANSPORT;
}

int live_set_targets(struct live *l)
{
	__u32 slot, slots = l->p.bpf.entries[BPF_MAP_dests];
	struct ping_target *t = calloc(slots, sizeof(*t));
	struct codes *codes = calloc(slots, sizeof(*codes));
	const struct live_place *p;
	const char *why;
	size_t n = 0, at;
	int err = t && codes ? 0 : -ENOMEM;

	for (slot = 1; slot < slots && !err; slot++) {
		p = &l->place[slot];
		if (!live_is_target(p))
			continue;
		t[n] = (struct ping_target){ .slot = slot,
					     .id = p->member->id,
					     .at = p->member->at,
					     .uri = p->dest->conf.uri.text,
					     .from = p->dest->conf.attrs.ping_from,
					     .socket = p->dest->conf.attrs.ping_socket,
					     .conf = conf_ping_of(l->conf, p->dest->conf.set),
					     .runtime = &l->runtime[slot] };
		if (p->dest->conf.attrs.ping_reply_codes &&
		    !codes_parse(p->dest->conf.attrs.ping_reply_codes, &codes[n], &at, &why))
			t[n].codes = &codes[n];
		n++;
	}
	if (!err)
		err = ping_set_targets(l->ping, t, n);
	free(codes);
	free(t);
	return err;
}

/* ---- traffic */

static void live_watch_one(struct live *l, __u32 slot, __u64 now_ns)
{
	const struct conf_ping *conf = conf_ping_of(l->conf, l->place[slot].dest->conf.set);
	struct health_traffic t = { 0 };
	struct ds_dest_stats stats;
	enum health_cause cause;
	size_t i;

	if (!conf->health.passive_requests || sums_dest(&l->p.bpf, slot, &stats))
		return;
	slow_stats_add_dest(&l->slow_stats, slot, &stats);
	for (i = 0; i < sizeof(stats.requests) / sizeof(*stats.requests); i++)
		t.requests += i == SIP_METHOD_ACK ? 0 : stats.requests[i];
	for (i = 1; i < sizeof(stats.responses) / sizeof(*stats.responses); i++) {
		t.responses += stats.responses[i];
		t.finals += i >= 2 ? stats.responses[i] : 0;
	}
	t.failures = stats.responses[5] + stats.timeouts;
	if (health_watch(&l->runtime[slot], &conf->health, &t, now_ns, &cause))
		live_learn(l, slot, cause, 0);
}

/* The shortest window of all sets. */
static __u32 live_window_ms(const struct conf *c)
{
	__u32 shortest = c->ping.health.passive_window_ms;
	size_t i;

	for (i = 0; i < c->n_sets; i++)
		if (c->set[i].ping.health.passive_window_ms < shortest)
			shortest = c->set[i].ping.health.passive_window_ms;
	return shortest ? shortest : 1000;
}

/* Each turn looks at some members, so that each is looked at four times a window. */
void live_passive(struct live *l)
{
	__u64 now_ns = output_clock(CLOCK_BOOTTIME);
	__u32 slots = l->p.bpf.entries[BPF_MAP_dests], slot, i;
	__u32 window_ms = live_window_ms(l->conf);
	__u32 some = 4 * l->model->n_members * LIVE_PASSIVE_MS / window_ms + 1;

	if (l->standby)
		return;
	for (i = 1; i < slots && some; i++) {
		slot = l->passive_next % (slots - 1) + 1;
		l->passive_next = slot;
		if (!l->place[slot].dest)
			continue;
		live_watch_one(l, slot, now_ns);
		some--;
	}
}

/* ---- publication */

int live_lock(struct live *l)
{
	struct record was = l->p.rec;
	int err = instance_lock(&l->p.inst);

	if (!err)
		err = bpf_inst_reopen(&l->p.bpf, l->p.inst.dir);
	if (err) {
		output_error("cannot lock instance %s: %s", l->p.inst.name, strerror(-err));
		return EXIT_FAILED;
	}
	if (!record_load_program(&l->p.rec, &l->p.inst, INSTANCE_PROGS) && strcmp(was.version, l->p.rec.version) != 0)
		live_event_text(l, HISTORY_DAEMON, "programs of version %s took over from %s", l->p.rec.version,
				was.version);
	return EXIT_OK;
}

int live_republish(struct live *l)
{
	int code = live_lock(l);
	bool freed;

	if (code)
		return code;
	l->p.model = l->model;
	code = publish_plan(&l->p, true);
	freed = !code && l->p.sync.count[SYNC_FREED];
	if (!code && (l->p.sync.flip || freed)) {
		code = publish_tables(&l->p);
		if (!code)
			code = publish_store(&l->p);
	}
	if (!code && freed)
		live_settle(l, false);
	l->p.model = NULL;
	publish_forget(&l->p);
	instance_unlock(&l->p.inst);
	return code;
}

/* ---- the host around us */

static void live_pause(struct live *l)
{
	ping_pause(l->ping, l->standby || l->pings_off);
}

static void live_look_at_addresses(struct live *l)
{
	struct resolver host;
	bool here = false;
	size_t i;

	if (resolve_host(&host, false))
		return;
	for (i = 0; i < l->p.rec.n_listeners; i++)
		here |= host.is_local(host.ctx, &l->p.rec.listener[i].at.ip);
	resolve_host_free(&host);
	if (here != l->standby)
		return;
	l->standby = !here;
	live_pause(l);
	live_event_text(l, HISTORY_DAEMON,
			here ? "a listener's address is on this host: pings go on"
			     : "no listener's address is on this host (standby): pings pause");
}

void live_ping_active(struct live *l, bool active)
{
	if (l->pings_off != active)
		return;
	l->pings_off = !active;
	live_pause(l);
	live_event_text(l, HISTORY_DAEMON, active ? "an operator had pings go on" : "an operator paused all pings");
}

bool live_is_ping_active(const struct live *l)
{
	return !l->pings_off;
}

static void live_reloaded(void *ctx, int code, const char *message, json_t *result)
{
	(void)ctx;
	(void)code;
	(void)message;
	(void)result;
}

/* What a file looks like from outside; 0: it is not there. */
static __u64 live_look_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return 0;
	return st.st_mtim.tv_sec * 1000000007ull + st.st_mtim.tv_nsec * 31ull + st.st_size * 17ull + st.st_ino + 1;
}

void live_list_is_read(struct live *l)
{
	l->list_read = l->list_seen = live_look_of(l->conf->list);
}

/* A file that is being written looks different each second: it is read when it has stopped to. */
static void live_look_at_list(struct live *l)
{
	const struct live_options none = { 0 };
	__u64 look = live_look_of(l->conf->list);

	if (l->conf->watch_list && look && look != l->list_read && look == l->list_seen)
		live_reload(l, &none, live_reloaded, NULL);
	l->list_seen = look;
}

/* Whether what pings measure decides who is picked from. */
static bool live_is_by_latency(const struct live *l)
{
	size_t i;

	for (i = 0; i < l->p.rec.n_listeners; i++)
		if (l->p.rec.listener[i].algorithm == DS_ALGORITHM_LATENCY)
			return true;
	return false;
}

void live_look_around(struct live *l)
{
	char pin[PATH_MAX];

	if (access(instance_pin(&l->p.inst, "maps", "record", pin), F_OK)) {
		journal(LOG_WARNING, "instance %s was detached: nothing is left to do", l->p.inst.name);
		event_base_loopbreak(l->base);
		return;
	}
	live_look_at_addresses(l);
	live_look_at_list(l);
	if (++l->turn % JOURNAL_PERIOD_S == 0)
		journal_flush();
	if ((l->draining || live_is_by_latency(l)) && l->turn % LIVE_REPUBLISH_TURNS == 0)
		live_flush_soon(l);
}
