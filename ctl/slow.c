// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow.c - opens the slow path, reads its sockets in batches, and looks after their queues.
 *
 * The receive queues are the only ones: bounded, and what fills them is shed by kind. From SLOW_SHED_PERCENT on, requests
 * that begin something are dropped, so that there is room for what belongs to calls that stand.
 */
#include "slow_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "journal.h"
#include "uri.h"

#define SLOW_SHED_PERCENT 50
/* Batches of one listener before others, and the rest of the daemon, have their turn. */
#define SLOW_TURNS 4
#define SLOW_PERIOD_S 10

void slow_shed(struct slow *s)
{
	if (!s->said)
		journal(LOG_WARNING, "the slow path cannot keep up: new requests are shed");
	s->said = true;
	s->shed++;
}

/* Datagrams that no queue took count as shed: nobody can tell what they were. */
static bool slow_is_overloaded(struct slow_listener *l)
{
	struct slow *s = l->slow;
	__u32 lost, news;
	unsigned int percent = slow_socket_backlog(l->fd, &lost);

	for (news = lost - l->lost; news; news--) {
		slow_count(s, l->slot, VERDICT_drop, REASON_overload);
		slow_shed(s);
	}
	l->lost = lost;
	return percent >= SLOW_SHED_PERCENT;
}

static void slow_on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct slow_listener *l = ctx;
	struct slow *s = l->slow;
	int turn, i, n = SLOW_BATCH;
	bool shed;

	(void)what;
	for (turn = 0; turn < SLOW_TURNS && n == SLOW_BATCH; turn++) {
		shed = slow_is_overloaded(l);
		n = slow_socket_receive(fd, s->batch, s->in);
		for (i = 0; i < n; i++)
			slow_take(s, l, &s->in[i], shed);
		slow_flush(s);
	}
}

static void slow_on_tick(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	slow_failover_tick(ctx);
	slow_fork_tick(ctx);
}

static void slow_on_period(evutil_socket_t fd, short what, void *ctx)
{
	struct slow *s = ctx;

	(void)fd;
	(void)what;
	if (s->shed)
		journal(LOG_WARNING, "the slow path cannot keep up: %llu new requests shed in the last %d s", s->shed,
			SLOW_PERIOD_S);
	s->said = s->shed != 0;
	s->shed = 0;
}

/* From the loop, not from a batch: what is sent is sent at once. */
static void slow_on_name(void *ctx, __u32 listener, const struct slow_datagram *g)
{
	struct slow *s = ctx;

	slow_take(s, &s->listener[listener], g, false);
	slow_flush(s);
}

static int slow_open_listener(struct slow *s, struct event_base *base, __u32 slot, const struct ds_endpoint *at,
			      bool is_nat)
{
	struct slow_listener *l = &s->listener[slot];
	int *spoof = &s->spoof[!uri_is_ip4(&at->ip)];

	*l = (struct slow_listener){ .slow = s, .slot = slot, .fd = slow_socket_open(at) };
	s->n++;
	if (l->fd < 0)
		return l->fd;
	if (is_nat && *spoof < 0)
		*spoof = slow_socket_open_spoof(uri_is_ip4(&at->ip));
	if (is_nat && *spoof < 0)
		return *spoof;
	l->readable = event_new(base, l->fd, EV_READ | EV_PERSIST, slow_on_readable, l);
	return l->readable && !event_add(l->readable, NULL) ? 0 : -ENOMEM;
}

int slow_new(struct event_base *base, const struct bpf_inst *bpf, const struct record *rec, struct slow_stats *stats,
	     struct slow **slow, struct ds_endpoint *at)
{
	const struct timeval period = { .tv_sec = SLOW_PERIOD_S };
	const struct timeval tick = { .tv_usec = SLOW_FAILOVER_MS * 1000 };
	struct slow *s = calloc(1, sizeof(*s));
	int err = 0;
	__u32 i;

	if (!s)
		return -ENOMEM;
	s->bpf = bpf;
	s->stats = stats;
	s->spoof[0] = s->spoof[1] = -1;
	s->batch = slow_batch_new();
	s->job = calloc(SLOW_BATCH, sizeof(*s->job));
	s->period = event_new(base, -1, EV_PERSIST, slow_on_period, s);
	s->tick = event_new(base, -1, EV_PERSIST, slow_on_tick, s);
	if (!s->batch || !s->job || !s->period || !s->tick || event_add(s->period, &period) ||
	    event_add(s->tick, &tick))
		err = -ENOMEM;
	if (!err)
		err = slow_names_new(base, NULL, slow_on_name, s, &s->names);
	for (i = 0; i < rec->n_listeners && !err; i++) {
		/* what goes on as it came, to the server of this host too, is not for us */
		if (rec->listener[i].mode != DS_MODE_PROXY && rec->listener[i].mode != DS_MODE_NAT) {
			s->listener[s->n++].fd = -1;
			continue;
		}
		*at = rec->listener[i].at;
		err = slow_open_listener(s, base, i, at, rec->listener[i].mode == DS_MODE_NAT);
	}
	if (err) {
		slow_free(s);
		return err;
	}
	__atomic_store_n(&bpf->state->slow_path, 1, __ATOMIC_RELEASE);
	*slow = s;
	return 0;
}

void slow_free(struct slow *s)
{
	size_t i;

	if (!s)
		return;
	__atomic_store_n(&s->bpf->state->slow_path, 0, __ATOMIC_RELEASE);
	for (i = 0; i < s->n; i++) {
		if (s->listener[i].readable)
			event_free(s->listener[i].readable);
		if (s->listener[i].fd >= 0)
			close(s->listener[i].fd);
	}
	for (i = 0; i < 2; i++)
		if (s->spoof[i] >= 0)
			close(s->spoof[i]);
	if (s->period)
		event_free(s->period);
	if (s->tick)
		event_free(s->tick);
	slow_names_free(s->names);
	slow_long_free(&s->longs);
	slow_fork_free(s);
	slow_batch_free(s->batch);
	free(s->job);
	free(s);
}
