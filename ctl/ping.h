/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ping.h - asks destinations whether they are alive: SIP OPTIONS from user space, on the daemon's event loop.
 *
 * One ping in flight per target. A reply counts if its branch and source are those of the ping in flight; what else
 * comes is counted as unmatched. Times are taken by the kernel (SO_TIMESTAMPNS), so a busy loop does not lengthen them.
 */
#ifndef SIPXDP_CTL_PING_H
#define SIPXDP_CTL_PING_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "conf.h"
#include "health.h"

struct event_base;
struct ping;

/*
 * Whom to ping, and how. Texts are copied. conf and runtime are borrowed until the next ping_set_targets() has
 * returned; conf->interval_ms and timeout_ms are not 0.
 */
struct ping_target {
	__u32 slot; /* of dests[]; unique */
	__u64 id;   /* another id in the same slot is another target */
	struct ds_endpoint at;
	const char *uri;	   /* Request-URI and To */
	const char *from;	   /* URI; NULL: conf's */
	const char *socket;	   /* "udp:ADDR:PORT" or "ADDR"; NULL: conf's */
	const struct codes *codes; /* own ones; NULL: conf's. Copied */
	const struct conf_ping *conf;
	struct ds_runtime *runtime;
};

/* In a hook all functions but ping_set_targets() and ping_free() may be called. */
struct ping_hooks {
	/* Whether a target is to be pinged now; asked each time it is due. */
	bool (*wanted)(void *ctx, __u32 slot);
	/*
	 * A ping ended: HEALTH_PING_OK or _CODE (detail: the status code), _TIMEOUT, _SEND (detail: errno). Counters
	 * and latency in runtime are done already; health is to be learnt here, as the next ping is due by it: while it
	 * is down, later and later up to conf->interval_max_ms, and nothing is retransmitted.
	 */
	void (*result)(void *ctx, __u32 slot, enum health_cause cause, __u16 detail);
	void *ctx;
};

/* key: of the cluster, for branches and tags; copied, as hooks is. Returns 0 or -ENOMEM. */
int ping_new(struct event_base *base, const __u64 key[2], const struct ping_hooks *hooks, struct ping **ping);
void ping_free(struct ping *p);

/*
 * Takes a new list of targets. Those that stay (slot and id) keep their place in the interval and the ping in flight;
 * results of those that go are discarded. Sockets are opened with the first ping that needs them; one that cannot be is
 * the errno of that ping. Returns 0, -ENOMEM or, in a hook, -EBUSY: the old list goes on.
 */
int ping_set_targets(struct ping *p, const struct ping_target *target, size_t n);

/*
 * Pings a target once, as soon as the loop runs, whether it is wanted or not; nothing is done where a ping is in
 * flight. Returns 0, -ENOENT, or -EAGAIN while paused.
 */
int ping_now(struct ping *p, __u32 slot);

/*
 * Pauses all pings (standby) or goes on, spread over the interval anew. What is in flight when paused has no result;
 * its answers count as unmatched.
 */
void ping_pause(struct ping *p, bool paused);

struct ping_totals {
	__u64 pings;   /* sent */
	__u64 packets; /* of them, retransmissions included */
	__u64 answers; /* final ones that count */
	__u64 unmatched;
	__u64 send_errors; /* refused by the kernel, or unreachable by ICMP */
	__u64 in_flight;   /* now */
};

void ping_totals(const struct ping *p, struct ping_totals *t);

#endif
