// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - begins and ends the running dispatcher, and keeps its parts together.
 */
#include "live_inner.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exit.h"
#include "journal.h"
#include "output.h"

#define LIVE_HOST_MS 1000
#define LIVE_LOAD_MS 2000
#define LIVE_WAIT_MS 100
#define LIVE_FLUSH_MS 5

/* Everything that is said goes to the journal; the first error is kept for whoever asked for the change. */
static void live_say(void *ctx, bool is_error, const char *text)
{
	struct live *l = ctx;

	journal(is_error ? LOG_ERR : LOG_WARNING, "%s", text);
	if (is_error && !*l->said)
		snprintf(l->said, sizeof(l->said), "%s", text);
}

void live_event(struct live *l, struct history_event *e)
{
	char text[600];
	json_t *json;

	e->time_ns = output_clock(CLOCK_REALTIME);
	history_add(l->ring, e);
	history_text(e, text, sizeof(text));
	journal(e->kind == HISTORY_HEALTH && e->now == DS_HEALTH_DOWN ? LOG_WARNING : LOG_NOTICE, "%s", text);
	json = history_json(e);
	if (l->control && json)
		control_notify(l->control, "event", json);
	json_decref(json);
	if (l->hooks && e->kind == HISTORY_HEALTH && (e->now == DS_HEALTH_DOWN || e->was == DS_HEALTH_DOWN))
		hooks_run(l->hooks, &l->conf->events, e->now != DS_HEALTH_DOWN, e);
}

void live_event_text(struct live *l, enum history_kind kind, const char *fmt, ...)
{
	struct history_event e = { .kind = kind };
	va_list args;

	va_start(args, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, args);
	va_end(args);
	live_event(l, &e);
}

static void live_on_beat(evutil_socket_t fd, short what, void *ctx)
{
	struct live *l = ctx;

	(void)fd;
	(void)what;
	if (l->nexthop)
		nexthop_beat(l->nexthop);
}

static void live_on_passive(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	live_passive(ctx);
}

static void live_on_host(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	live_look_around(ctx);
}

static void live_on_flush(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	live_republish(ctx);
}

static void live_on_load(evutil_socket_t fd, short what, void *ctx)
{
	struct live *l = ctx;
	unsigned int n;

	(void)fd;
	(void)what;
	n = l->standby ? 0 : load_watch_walk(&l->load, output_clock(CLOCK_MONOTONIC) >> DS_TICK_SHIFT);
	if (n)
		output_warn("the number of calls was wrong at %u destinations, and is right again", n);
}

static void live_on_next(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	live_change_next(ctx);
}

static const struct {
	event_callback_fn fn;
	unsigned int ms; /* 0: not by itself */
} live_timers[LIVE_TIMERS] = {
	[LIVE_TIMER_BEAT] = { live_on_beat, DS_HEARTBEAT_MS },
	[LIVE_TIMER_PASSIVE] = { live_on_passive, LIVE_PASSIVE_MS },
	[LIVE_TIMER_HOST] = { live_on_host, LIVE_HOST_MS },
	[LIVE_TIMER_LOAD] = { live_on_load, LIVE_LOAD_MS },
	[LIVE_TIMER_NEXT] = { live_on_next, 0 },
	[LIVE_TIMER_FLUSH] = { live_on_flush, 0 },
};

static void live_arm(struct live *l, enum live_timer t, unsigned int ms)
{
	struct timeval after = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_add(l->timer[t], &after);
}

void live_flush_soon(struct live *l)
{
	if (!event_pending(l->timer[LIVE_TIMER_FLUSH], EV_TIMEOUT, NULL))
		live_arm(l, LIVE_TIMER_FLUSH, LIVE_FLUSH_MS);
}

void live_next_soon(struct live *l)
{
	live_arm(l, LIVE_TIMER_NEXT, 0);
}

static int live_start_timers(struct live *l)
{
	size_t i;

	for (i = 0; i < LIVE_TIMERS; i++) {
		l->timer[i] = event_new(l->base, -1, live_timers[i].ms ? EV_PERSIST : 0, live_timers[i].fn, l);
		if (!l->timer[i])
			return -ENOMEM;
		if (live_timers[i].ms)
			live_arm(l, i, live_timers[i].ms);
	}
	return 0;
}

/* The parts that work on the event loop. The control socket comes last: whoever asks finds all of it. */
static int live_start(struct live *l)
{
	struct ping_hooks hooks = { .wanted = live_ping_wanted, .result = live_ping_result, .ctx = l };
	const char *what = "the commands on events";
	int err = hooks_new(l->base, &l->hooks);

	if (!err) {
		what = "the pings";
		err = ping_new(l->base, l->p.bpf.state->key, &hooks, &l->ping);
	}
	if (!err) {
		what = "the cache of next hops";
		err = netmon_new(l->base, &l->netmon);
	}
	if (!err) {
		err = nexthop_new(l->base, l->netmon, &l->p.bpf, &l->p.rec, &l->nexthop);
	}
	if (!err) {
		what = "the timers";
		err = live_start_timers(l);
	}
	if (err)
		output_error("cannot start %s: %s", what, strerror(-err));
	return err ? EXIT_FAILED : EXIT_OK;
}

/* What of the listeners sockets alone cannot do; NULL: nothing. */
static const char *live_needs_xdp(const struct live *l)
{
	const struct record_listener *one;

	for (one = l->p.rec.listener; one < l->p.rec.listener + l->p.rec.n_listeners; one++) {
		if (one->mode == DS_MODE_NAT)
			return "a listener in nat mode needs XDP: what its destinations send comes to no socket of this host";
		if (one->mode != DS_MODE_PROXY)
			return "a listener in the mode dsr, ipip or shield needs XDP: packets go on as they came";
		if (one->guard.acl || one->guard.interval_ns)
			return "a guard needs XDP: it is asked before there is a socket";
	}
	return NULL;
}

/* Without it the fast path goes on as before; it is said why. */
static int live_start_slow(struct live *l)
{
	struct ds_endpoint at = { .port_be = 0 };
	char text[URI_ENDPOINT_SIZE];
	const char *why = l->conf->xdp == BPF_XDP_OFF ? live_needs_xdp(l) : NULL;
	int err;

	if (why) {
		output_error("%s; remedy: mode = proxy without a guard, or another xdp than off", why);
		return EXIT_INPUT;
	}
	err = slow_stats_open(&l->slow_stats, &l->p.inst, l->p.bpf.entries[BPF_MAP_dests]);

	if (err) {
		output_error("cannot keep the slow path's counters: %s", strerror(-err));
		return EXIT_FAILED;
	}
	err = slow_new(l->base, &l->p.bpf, &l->p.rec, &l->slow_stats, &l->slow, &at);
	if (err && l->conf->xdp == BPF_XDP_OFF)
		output_error("cannot open a socket at %s: %s", uri_endpoint_text(&at, text), strerror(-err));
	else if (err)
		output_warn("no slow path: a socket at %s: %s; what needs it is dropped and counted",
			    uri_endpoint_text(&at, text), strerror(-err));
	return err && l->conf->xdp == BPF_XDP_OFF ? EXIT_FAILED : EXIT_OK;
}

static int live_start_control(struct live *l)
{
	const char *path = l->conf->control.path;
	int err;

	l->table = (struct rpc_table){ methods, methods_count, &l->methods };
	err = control_new(l->base, &l->conf->control, &l->table, &l->control);

	l->methods = (struct methods){ .live = l, .control = l->control };
	if (!err)
		return EXIT_OK;
	if (err == -EADDRINUSE)
		output_error("%s: another daemon listens there; remedy: stop it, or another control path", path);
	else if (err == -EEXIST)
		output_error("%s is there and is no socket; remedy: another control path", path);
	else
		output_error("cannot listen at %s: %s", path, strerror(-err));
	return EXIT_FAILED;
}

int live_new(struct event_base *base, struct conf *conf, struct live **live)
{
	struct live *l = calloc(1, sizeof(*l));
	int code;

	*live = l;
	if (!l) {
		conf_free(conf);
		output_error("out of memory");
		return EXIT_FAILED;
	}
	l->base = base;
	l->conf = conf;
	l->last = &l->first;
	l->guard = -1;
	l->rules = (struct sync_rules){ .begin = live_bind, .use = live_use, .latency = live_latency, .ctx = l };
	publish_init(&l->p);
	l->p.rules = &l->rules;
	overlay_init(&l->overlay);
	l->view = &l->overlay;
	output_sink(live_say, l);
	code = live_open(l);
	if (!code)
		code = live_start(l);
	if (!code)
		code = live_start_slow(l);
	if (!code)
		code = live_settle(l, false);
	instance_unlock(&l->p.inst);
	/* the loop runs from now on: pings time out */
	l->p.wait_ms = LIVE_WAIT_MS;
	/* the programs hand nothing to a slow path that has not said that it lives: whoever is answered finds it usable */
	if (!code)
		nexthop_beat(l->nexthop);
	if (!code)
		code = live_start_control(l);
	if (!code && live_keep_list(l))
		output_warn("no copy of the list can be kept beside %s", l->conf->state_file);
	if (!code)
		live_event_text(l, HISTORY_DAEMON, "daemon %d of version %s %s instance %s, %zu destinations", getpid(),
				SIPXDP_VERSION, l->adopted ? "adopted" : "attached", l->p.inst.name, l->model->n_dests);
	return code;
}

void live_free(struct live *l)
{
	size_t i;

	if (!l)
		return;
	if (l->ring && l->control)
		live_event_text(l, HISTORY_DAEMON, "daemon %d stops; the programs stay", getpid());
	control_free(l->control);
	for (i = 0; i < LIVE_TIMERS; i++)
		if (l->timer[i])
			event_free(l->timer[i]);
	slow_free(l->slow);
	ping_free(l->ping);
	dns_free(l->dns);
	hooks_free(l->hooks);
	nexthop_free(l->nexthop);
	netmon_free(l->netmon);
	live_drop_changes(l);
	publish_end(&l->p);
	bpf_shared_close(l->runtime, l->runtime_size);
	bpf_shared_close(l->ring, l->ring_size);
	slow_stats_close(&l->slow_stats);
	model_free(l->model);
	overlay_free(&l->overlay);
	conf_free(l->conf);
	free(l->place);
	load_watch_close(&l->load);
	free(l->list);
	if (l->guard >= 0)
		close(l->guard);
	output_sink(NULL, NULL);
	journal_flush();
	free(l);
}
