// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_worst.c - how long it takes at most until pings show that a destination died, or lives again.
 *
 * Pings are planned I apart (ping.c): one leaves up to J * I before or after its planned time. With the interval's next
 * time past when a ping ends, that time is left out, so S, from one planned time to the next, is I where a ping planned
 * as late as can be and unanswered ends before the next planned time, J * I + T < I, and else as many I as it takes.
 *
 * dead:  it dies right after it answered a ping that left early; the next one is planned I later and leaves late; fall - 1
 *        more are planned S apart each; the last one needs its time-out T.
 *
 *        I + 2 * J * I + (fall - 1) * S + T
 *
 * alive: it lives again right after a ping was lost, with the longest interval M. If that one left early, the next is
 *        planned M later and leaves late, 2 * J * M after that; if it left so late that a time is left out, the next is
 *        planned 2 * M later, but it itself left T before M was over at the earliest. L is the worse of both: T where
 *        J * M + T >= M and T > J * M, and else J * M. It is answered within T. Then the interval is I again: the next one
 *        is planned at most I after that, rise - 2 more are planned S apart each, the last one leaves late and is answered
 *        within T.
 *
 *        M + J * M + L + T, and where rise > 1: + (rise - 1) * S + J * I + T
 *
 * To each time-out comes what timers are late by, PING_TICK_NS for sending and as much for the end.
 */
#include "conf_inner.h"
#include "ping_inner.h"

#define CONF_PERCENT 100

static __u64 conf_worst_timeout_ms(const struct conf_ping *p)
{
	return p->timeout_ms + 2 * PING_TICK_NS / PING_MS;
}

static __u64 conf_worst_jitter_ms(const struct conf_ping *p, __u64 interval_ms)
{
	return (interval_ms * p->jitter_percent + CONF_PERCENT - 1) / CONF_PERCENT;
}

static __u64 conf_worst_step_ms(const struct conf_ping *p)
{
	__u64 late = conf_worst_jitter_ms(p, p->interval_ms) + conf_worst_timeout_ms(p);

	return p->interval_ms * (late / p->interval_ms + 1);
}

__u64 conf_worst_down_ms(const struct conf_ping *p)
{
	if (p->probe != CONF_PROBE_ALL && p->probe != CONF_PROBE_FLAGGED)
		return 0;
	return p->interval_ms + 2 * conf_worst_jitter_ms(p, p->interval_ms) +
	       (p->health.fall - 1) * conf_worst_step_ms(p) + conf_worst_timeout_ms(p);
}

__u64 conf_worst_up_ms(const struct conf_ping *p)
{
	__u64 jitter = conf_worst_jitter_ms(p, p->interval_max_ms), timeout = conf_worst_timeout_ms(p);
	bool skips = jitter + timeout >= p->interval_max_ms && timeout > jitter;
	__u64 first = p->interval_max_ms + jitter + (skips ? timeout : jitter) + timeout;

	/* longer than the longest interval: it ends up to T after M, and the next is planned as many M later as it takes */
	if (timeout >= p->interval_max_ms)
		first = p->interval_max_ms * ((jitter + timeout) / p->interval_max_ms + 1) + 2 * jitter + timeout;

	if (p->health.rise == 1)
		return first;
	return first + (p->health.rise - 1) * conf_worst_step_ms(p) + conf_worst_jitter_ms(p, p->interval_ms) + timeout;
}
