// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_flight.c - when something is due for a target, and what becomes of a ping from its first packet to its end.
 */
#include "ping_inner.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "output.h"

/* The next ping of a target is due with base_ns, a little earlier or later. */
static void ping_plan(struct ping_one *one)
{
	__u64 span = one->interval_ms * PING_MS / 100 * one->target.conf->jitter_percent;

	one->due_ns = one->base_ns - span + one->flight.ids.jitter % (2 * span + 1);
}

void ping_spread(struct ping *p, struct ping_one *one, __u64 now)
{
	ping_message_ids(p->key, p->start, one->target.slot, one->target.id, ++p->count, &one->flight.ids);
	one->base_ns = now + one->flight.ids.jitter % (one->interval_ms * PING_MS);
	one->due_ns = one->base_ns;
}

/* Goes on by one interval, by more where that is past already: pings that were missed are not made up for. */
static void ping_advance(struct ping_one *one, __u64 now)
{
	__u64 interval = one->interval_ms * PING_MS;

	one->base_ns += interval;
	if (one->base_ns <= now)
		one->base_ns += ((now - one->base_ns) / interval + 1) * interval;
}

void ping_arm(struct ping *p)
{
	__u64 due, us, now = output_clock(CLOCK_MONOTONIC);
	struct timeval wait = { 0 };

	if (!p->heard && (p->paused || !p->list->n)) {
		evtimer_del(p->timer);
		return;
	}
	due = p->heard ? now : p->list->heap[0].due_ns;
	if (!p->asked && due < p->ran_ns + PING_TICK_NS)
		due = p->ran_ns + PING_TICK_NS;
	if (due > now) {
		/* rounded up: woken early, nothing would be due, and the next look only a tick later */
		us = (due - now + 999) / 1000;
		wait.tv_sec = (time_t)(us / 1000000);
		wait.tv_usec = (suseconds_t)(us % 1000000);
	}
	evtimer_add(p->timer, &wait);
}

static __u64 ping_flight_due(const struct ping_flight *f)
{
	return f->again_ns < f->end_ns ? f->again_ns : f->end_ns;
}

static void ping_wait(struct ping *p, struct ping_one *one)
{
	one->due_ns = ping_flight_due(&one->flight);
	ping_list_move(p->list, one);
}

/* Plans the next ping, farther off the longer the target is down. */
static void ping_next(struct ping *p, struct ping_one *one, bool backs_off)
{
	const struct conf_ping *conf = one->target.conf;
	__u64 longer = 2ull * one->interval_ms, now = output_clock(CLOCK_MONOTONIC);

	if (!backs_off)
		one->interval_ms = conf->interval_ms;
	else if (one->interval_ms < conf->interval_max_ms)
		one->interval_ms = longer < conf->interval_max_ms ? (__u32)longer : conf->interval_max_ms;
	/* one that was asked for in between does not move the others */
	if (one->flight.planned || one->base_ns <= now)
		ping_advance(one, now);
	ping_plan(one);
	ping_list_move(p->list, one);
}

void ping_land(struct ping *p, struct ping_one *one)
{
	if (one->flight.on)
		p->totals.in_flight--;
	one->flight.on = false;
}

void ping_end(struct ping *p, struct ping_one *one, enum health_cause cause, __u16 detail)
{
	struct ds_runtime *r = one->target.runtime;

	ping_land(p, one);
	health_write_begin(r);
	r->last_cause = cause;
	if (cause == HEALTH_PING_TIMEOUT)
		latency_timeout(&r->latency);
	health_write_end(r);
	/* maybe the routes are others now */
	if (cause == HEALTH_PING_TIMEOUT || cause == HEALTH_PING_SEND)
		one->local_pings = 0;
	p->hooks.result(p->hooks.ctx, one->target.slot, cause, detail);
	ping_next(p, one, r->health == DS_HEALTH_DOWN && cause != HEALTH_PING_OK);
}

void ping_provisional(struct ping *p, struct ping_one *one)
{
	one->flight.again_ns = PING_NEVER;
	ping_wait(p, one);
}

void ping_sent(struct ping *p, struct ping_one *one, __u64 now_ns, __u64 real_ns)
{
	struct ds_runtime *r = one->target.runtime;
	struct ping_flight *f = &one->flight;

	p->totals.packets++;
	health_write_begin(r);
	r->packets++;
	if (!f->sent) {
		f->sent = true;
		f->sent_ns = now_ns;
		f->sent_real_ns = real_ns;
		f->end_ns = now_ns + one->target.conf->timeout_ms * PING_MS;
		p->totals.pings++;
		r->pings++;
		r->sent_ns = output_clock(CLOCK_BOOTTIME);
	}
	health_write_end(r);
	/* one that is dead costs no more packets than one that lives */
	f->again_ns = r->health == DS_HEALTH_DOWN ? PING_NEVER : now_ns + f->gap_ns;
	f->gap_ns = 2 * f->gap_ns < PING_T2_NS ? 2 * f->gap_ns : PING_T2_NS;
	ping_wait(p, one);
}

/* What this host is short of says nothing of the target. */
static bool ping_is_shortage(int err)
{
	return err == EAGAIN || err == ENOBUFS || err == ENOMEM || err == EMFILE || err == ENFILE;
}

void ping_refused(struct ping *p, struct ping_one *one, int err)
{
	/* IPv6 learns the size of packets that way; the next one is cut to it */
	if (err == EMSGSIZE && one->flight.sent)
		return;
	p->totals.send_errors++;
	if (!ping_is_shortage(err)) {
		ping_end(p, one, HEALTH_PING_SEND, (__u16)err);
		return;
	}
	one->flight.again_ns = output_clock(CLOCK_MONOTONIC) + PING_TICK_NS;
	ping_wait(p, one);
}

/* Sends the first packet, or another. */
static void ping_go(struct ping *p, struct ping_one *one)
{
	int err = one->flight.sent ? 0 : ping_send_prepare(p, one);

	if (!err)
		err = ping_send(p, one);
	if (err)
		ping_refused(p, one, -err);
}

static void ping_begin(struct ping *p, struct ping_one *one, __u64 now, bool planned)
{
	struct ping_flight *f = &one->flight;

	*f = (struct ping_flight){ .on = true, .planned = planned, .again_ns = PING_NEVER, .gap_ns = PING_T1_NS };
	f->end_ns = now + one->target.conf->timeout_ms * PING_MS;
	memcpy(f->method, one->target.conf->method, sizeof(f->method));
	ping_message_ids(p->key, p->start, one->target.slot, one->target.id, ++p->count, &f->ids);
	p->totals.in_flight++;
	ping_wait(p, one);
	ping_go(p, one);
}

/* Something is due for a target: its next ping, the next packet, or the end. */
static void ping_due(struct ping *p, struct ping_one *one, __u64 now)
{
	struct ping_flight *f = &one->flight;
	bool asked = one->asked;

	if (f->on && now < f->end_ns) {
		f->again_ns = PING_NEVER;
		ping_wait(p, one);
		ping_go(p, one);
	} else if (f->on && f->sent) {
		ping_end(p, one, HEALTH_PING_TIMEOUT, 0);
	} else if (f->on) {
		/* never left this host: nothing was learnt */
		ping_land(p, one);
		ping_next(p, one, false);
	} else {
		one->asked = false;
		if (asked || p->hooks.wanted(p->hooks.ctx, one->target.slot)) {
			ping_begin(p, one, now, !asked);
		} else {
			f->planned = true;
			ping_next(p, one, false);
		}
	}
}

/* Waits for a socket again. Where that fails it is read with every run all the same. */
static void ping_listen(struct ping_socket *s)
{
	if (s->fd >= 0 && !s->listening)
		s->listening = !event_add(s->event, NULL);
}

void ping_run(evutil_socket_t fd, short what, void *arg)
{
	struct ping *p = arg;
	struct ping_socket *s;
	__u64 now;

	(void)fd;
	(void)what;
	p->busy = true;
	p->asked = p->heard = false;
	/* before anything ends for want of an answer, what has come meanwhile is read */
	for (s = p->sockets; s; s = s->next)
		if (s->fd >= 0)
			ping_receive(p, s);
	now = output_clock(CLOCK_MONOTONIC);
	p->ran_ns = now;
	while (!p->paused && p->list->n && p->list->heap[0].due_ns <= now)
		ping_due(p, ping_list_first(p->list), now);
	ping_send_flush(p);
	/* where the next run comes soon anyway, it need not be woken for */
	if (p->paused || !p->list->n || p->list->heap[0].due_ns > now + PING_TICK_NS)
		for (s = p->sockets; s; s = s->next)
			ping_listen(s);
	p->busy = false;
	ping_arm(p);
}

void ping_readable(evutil_socket_t fd, short what, void *socket)
{
	struct ping_socket *s = socket;

	(void)fd;
	(void)what;
	/* the event is gone by now, or it would come again and again until the next run */
	s->listening = false;
	s->ping->heard = true;
	ping_arm(s->ping);
}
