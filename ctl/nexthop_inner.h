/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nexthop_inner.h - what the files behind nexthop.c share.
 */
#ifndef SIPXDP_CTL_NEXTHOP_INNER_H
#define SIPXDP_CTL_NEXTHOP_INNER_H

#include "links.h"
#include "nexthop.h"

#define NEXTHOP_BUCKETS 4096

struct event;

/* A neighbour that destinations are reached by. */
struct nexthop_hop {
	struct netmon_neigh neigh;
	struct nexthop_dest *first;
	struct nexthop_hop *next; /* of its bucket */
};

struct nexthop_dest {
	__u32 slot;
	struct ds_addr from;
	struct ds_addr to;
	bool open;     /* to be looked at */
	bool doubtful; /* not to be trusted before */
	struct nexthop_hop *hop;
	struct nexthop_dest *next; /* of its hop */
	__u32 oif;		   /* as routes name it: the VLAN device where there is one */
	struct ds_next_hop entry;  /* but for what its hop tells */
};

struct nexthop {
	struct netmon *monitor;
	struct netmon_listener listener;
	const struct bpf_inst *bpf;
	const struct record *rec;
	int fd;
	struct event *settled;
	struct event *again;
	struct links_list links;
	bool links_open;   /* interfaces have changed since they were read */
	bool policy_open;  /* rules have, or routes by TOS */
	bool is_policy[2]; /* IPv4, IPv6: nothing can be told from addresses alone */
	struct nexthop_dest **by_slot;
	struct nexthop_dest **dest; /* by address, so that what a route leads to lies together */
	size_t n;
	size_t n_open;
	size_t cursor; /* where the next turn goes on */
	struct nexthop_hop *hop[NEXTHOP_BUCKETS];
};

/* Takes the entry of a slot out, so that packets ask the kernel. */
void nexthop_take_out(const struct nexthop *nh, __u32 slot);

/* Writes what is known of a destination now. */
void nexthop_show(const struct nexthop *nh, const struct nexthop_dest *d);

/* NULL where nobody is reached by that neighbour. */
struct nexthop_hop *nexthop_hop_find(const struct nexthop *nh, const struct neigh *at);

/* The hop of that neighbour, which is asked for where it is new; NULL out of memory or where that fails. */
struct nexthop_hop *nexthop_hop_get(struct nexthop *nh, const struct neigh *at);

void nexthop_join(struct nexthop_dest *d, struct nexthop_hop *hop);

/* Takes a destination from its hop, where it has one; a hop that nobody needs is forgotten. */
void nexthop_leave(struct nexthop *nh, struct nexthop_dest *d);

/* Has open destinations looked at, in ms or earlier. */
void nexthop_wake(struct nexthop *nh, long ms);

/* Has a destination, or all, looked at again soon. doubtful: what is known of it may be wrong. */
void nexthop_open(struct nexthop *nh, struct nexthop_dest *d, bool doubtful);
void nexthop_open_all(struct nexthop *nh, bool doubtful);

/* Begins to hear what the kernel says. */
void nexthop_listen(struct nexthop *nh);

#endif
