/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nexthop_route.h - asks the kernel where packets to a place leave, and tells what only a look-up for the packet itself
 * can answer.
 */
#ifndef SIPXDP_CTL_NEXTHOP_ROUTE_H
#define SIPXDP_CTL_NEXTHOP_ROUTE_H

#include "netmon.h"

struct nexthop_route {
	struct neigh hop;
	__u32 mtu; /* of the route or what was learned of the path, 0: the interface's */
};

/*
 * Finds the route from one address of this host to another host's, by two questions on a socket of netlink_open(): the
 * entry of the table, as bpf_fib_lookup() takes it, and what the stack makes of it. Returns 0; -ENOENT where there is
 * none, where it leads to no other host, or where it depends on more than the addresses (several paths, tunnels, TOS,
 * router advertisements); or -errno.
 */
int nexthop_route(int fd, const struct ds_addr *from, const struct ds_addr *to, struct nexthop_route *r);

/*
 * Whether more than the addresses of a packet may choose its route in that family: rules that look at marks,
 * interfaces, ports or TOS, or routes with a TOS. Returns 1, 0 or -errno.
 */
int nexthop_is_policy(int fd, int family);

/* The neighbour at n->at as it is now; one that the kernel does not know is not usable. Returns 0 or -errno. */
int nexthop_neigh(int fd, struct netmon_neigh *n);

#endif
