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

/* Whom to ping, and how. Texts are copied. */
struct ping_target {
	__u32 slot; /* of dests[]; unique */
	__u64 id;   /* another id in the same slot is another target */
	struct ds_endpoint at;
	const char *uri;	/* Request-URI and To */
	const char *from;	/* URI; NULL: conf's */
	const char *socket;	/* "udp:ADDR:PORT" or "ADDR"; NULL: conf's */
	const struct codes *codes; /* own ones; NULL: conf's. Copied */
	const struct conf_ping *conf; /* lives until the next ping_set_targets() */
	struct ds_runtime *runtime;
};

struct ping_hooks {
	/* Whether a target is to be pinged now; asked each time it is due. */
	bool (*wanted)(void *ctx, __u32 slot);
	/* A ping ended, in ping_ok, ping_code, ping_timeout or ping_send; counters and latency in runtime are done already. */
	void (*result)(void *ctx, __u32 slot, enum health_cause cause, __u16 detail);
	void *ctx;
};

/* key: of the cluster, for branches and tags. Returns 0 or -errno. */
int ping_new(struct event_base *base, const __u64 key[2], const struct ping_hooks *hooks, struct ping **ping);
void ping_free(struct ping *p);

/*
 * Takes a new list of targets. Those that stay (slot and id) keep their place in the interval and the ping in flight;
 * results of those that go are discarded. Returns 0 or -ENOMEM: the old list goes on.
 */
int ping_set_targets(struct ping *p, const struct ping_target *target, size_t n);

/* Pings a target at once, unless one is in flight. Returns 0 or -ENOENT. */
int ping_now(struct ping *p, __u32 slot);

/* Pauses all pings (standby) or goes on. Nothing in flight is counted as failed when paused. */
void ping_pause(struct ping *p, bool paused);

struct ping_totals {
	__u64 pings;
	__u64 packets;
	__u64 answers;
	__u64 unmatched;
	__u64 send_errors;
	__u64 in_flight;
};

void ping_totals(const struct ping *p, struct ping_totals *t);

#endif
