// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping.c - what the pinger is told from outside: targets, orders, pauses. See ping_inner.h for how the parts fit.
 */
#include "ping_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "output.h"

int ping_new(struct event_base *base, const __u64 key[2], const struct ping_hooks *hooks, struct ping **ping)
{
	struct ping *p = calloc(1, sizeof(*p));

	*ping = NULL;
	if (!p)
		return -ENOMEM;
	p->base = base;
	memcpy(p->key, key, sizeof(p->key));
	p->hooks = *hooks;
	p->probe[0] = p->probe[1] = -1;
	p->timer = evtimer_new(base, ping_run, p);
	p->list = ping_list_new(p, NULL, 0);
	if (!p->timer || !p->list || getrandom(&p->start, sizeof(p->start), 0) != sizeof(p->start)) {
		ping_free(p);
		return -ENOMEM;
	}
	*ping = p;
	return 0;
}

void ping_free(struct ping *p)
{
	struct ping_socket *s;
	int i;

	if (!p)
		return;
	for (s = p->sockets; s; s = s->next)
		s->wanted = false;
	ping_send_close(p);
	for (i = 0; i < 2; i++)
		if (p->probe[i] >= 0)
			close(p->probe[i]);
	if (p->timer)
		event_free(p->timer);
	ping_list_free(p->list);
	free(p);
}

/* What goes on of a target that stays: its place in the interval, and the ping under way if its socket stays too. */
static void ping_keep(struct ping *p, struct ping_one *one, const struct ping_one *old, __u64 now)
{
	const struct conf_ping *conf = one->target.conf;

	one->asked = old->asked;
	one->flight = old->flight;
	one->base_ns = old->base_ns;
	one->due_ns = old->due_ns;
	if (one->target.runtime->health == DS_HEALTH_DOWN && old->interval_ms > conf->interval_ms &&
	    old->interval_ms <= conf->interval_max_ms)
		one->interval_ms = old->interval_ms;
	if (one->socket == old->socket) {
		one->local = old->local;
		one->local_pings = old->local_pings;
		if (one->flight.on)
			return;
	}
	one->flight.on = false;
	if (one->asked)
		return;
	/* the interval may have become shorter, or the socket another */
	if (old->flight.on || one->base_ns > now + one->interval_ms * PING_MS)
		ping_spread(p, one, now);
}

static int ping_join(struct ping *p, struct ping_list *list, const struct ping_target *target)
{
	const struct ping_one *old;
	struct ping_one *one;
	__u64 now = output_clock(CLOCK_MONOTONIC);
	size_t i;

	for (i = 0; i < list->n; i++) {
		one = &list->one[i];
		one->socket_err = ping_send_socket(p, &target[i], &one->socket);
		if (one->socket_err == -ENOMEM)
			return -ENOMEM;
		old = ping_list_find(p->list, one->target.slot);
		if (old && old->target.id == one->target.id)
			ping_keep(p, one, old, now);
		else
			ping_spread(p, one, now);
	}
	return 0;
}

int ping_set_targets(struct ping *p, const struct ping_target *target, size_t n)
{
	struct ping_list *list;
	struct ping_socket *s;
	size_t i;

	if (p->busy)
		return -EBUSY;
	list = ping_list_new(p, target, n);
	if (!list || ping_join(p, list, target)) {
		ping_list_free(list);
		return -ENOMEM;
	}
	ping_list_free(p->list);
	p->list = list;
	ping_list_order(list);
	for (s = p->sockets; s; s = s->next)
		s->wanted = false;
	p->totals.in_flight = 0;
	for (i = 0; i < n; i++) {
		p->totals.in_flight += list->one[i].flight.on;
		if (list->one[i].socket)
			list->one[i].socket->wanted = true;
	}
	ping_send_close(p);
	ping_arm(p);
	return 0;
}

int ping_now(struct ping *p, __u32 slot)
{
	struct ping_one *one = ping_list_find(p->list, slot);

	if (!one)
		return -ENOENT;
	if (p->paused)
		return -EAGAIN;
	if (one->flight.on)
		return 0;
	one->asked = p->asked = true;
	one->due_ns = output_clock(CLOCK_MONOTONIC);
	ping_list_move(p->list, one);
	if (!p->busy)
		ping_arm(p);
	return 0;
}

void ping_pause(struct ping *p, bool paused)
{
	__u64 now = output_clock(CLOCK_MONOTONIC);
	size_t i;

	if (paused == p->paused)
		return;
	p->paused = paused;
	p->out.n = 0;
	for (i = 0; i < p->list->n; i++) {
		ping_land(p, &p->list->one[i]);
		p->list->one[i].asked = false;
		/* what was learnt before is old by then */
		p->list->one[i].interval_ms = p->list->one[i].target.conf->interval_ms;
		ping_spread(p, &p->list->one[i], now);
	}
	ping_list_order(p->list);
	if (!p->busy)
		ping_arm(p);
}

void ping_totals(const struct ping *p, struct ping_totals *t)
{
	*t = p->totals;
}
