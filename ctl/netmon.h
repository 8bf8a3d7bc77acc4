/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netmon.h - what the kernel says of its own accord: neighbours, routes, interfaces and addresses that change. One
 * socket for everybody who listens, read in the order in which the kernel wrote.
 */
#ifndef SIPXDP_CTL_NETMON_H
#define SIPXDP_CTL_NETMON_H

#include <linux/netlink.h>
#include <stdbool.h>

#include "neigh.h"

struct event_base;
struct netmon;

/* A neighbour as it is now. */
struct netmon_neigh {
	struct neigh at;
	bool usable; /* packets can be sent to mac: what bpf_fib_lookup() takes, NUD_VALID of include/net/neighbour.h */
	__u8 mac[6];
};

/* A route that has come or gone: what it leads to. */
struct netmon_route {
	struct ds_addr to;
	unsigned int bits; /* of `to` that count, 128 at most: those that map IPv4 are among them */
	__u8 tos;
};

/*
 * Whom to tell; what is NULL is not told. They are called while the socket is read, and may add no listener and take
 * none away.
 */
struct netmon_listener {
	void (*neighbour)(void *ctx, const struct netmon_neigh *n);
	void (*route)(void *ctx, const struct netmon_route *r);
	void (*link)(void *ctx, __u32 ifindex);
	void (*rules)(void *ctx); /* of routing, or next hop objects */
	/* of this host, once after each burst; gone: one or more are no longer there */
	void (*addresses)(void *ctx, bool gone);
	/* something was lost: all of the above may have changed; addresses() is not called as well */
	void (*lost)(void *ctx);
	void *ctx;
	struct netmon_listener *next; /* netmon's own */
};

/* Begins to listen on base's loop, in the current network namespace. Returns 0 or -errno. */
int netmon_new(struct event_base *base, struct netmon **m);
void netmon_free(struct netmon *m);

/* l stays the caller's, and has to stay until it is removed. */
void netmon_add(struct netmon *m, struct netmon_listener *l);
void netmon_remove(struct netmon *m, struct netmon_listener *l);

/* Tells everything that the kernel has said up to now, without waiting for the loop. */
void netmon_read(struct netmon *m);

/* Reads a message about a neighbour of IPv4 or IPv6; -EINVAL for any other. */
int netmon_neigh_read(const struct nlmsghdr *h, struct netmon_neigh *n);

#endif
