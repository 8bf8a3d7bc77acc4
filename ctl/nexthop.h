/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nexthop.h - keeps next_hops[] true: where packets to each published destination leave and at which link addresses, as
 * the kernel would answer the packet's own look-up. What may have changed is taken out at once and found again a moment
 * later; meanwhile, and for whatever depends on more than addresses, packets ask the kernel. They do so too once
 * nexthop_beat() has not been called for DS_HEARTBEAT_FRESH_MS.
 */
#ifndef SIPXDP_CTL_NEXTHOP_H
#define SIPXDP_CTL_NEXTHOP_H

#include "netmon.h"
#include "record.h"

struct nexthop;

/*
 * Takes out what an earlier daemon has left, and begins to find the next hops of what is published, on base's loop.
 * Keeps the maps links and vlan_ids true as well. m, bpf and rec are borrowed until nexthop_free(). Returns 0 or
 * -errno.
 */
int nexthop_new(struct event_base *base, struct netmon *m, const struct bpf_inst *bpf, const struct record *rec,
		struct nexthop **nh);

/* Has every packet ask the kernel from now on. */
void nexthop_free(struct nexthop *nh);

/* After each publication: destinations have come and gone. Returns 0, or -ENOMEM: new ones are left to the kernel. */
int nexthop_refresh(struct nexthop *nh);

/*
 * Before anybody is told that the daemon is ready, then every DS_HEARTBEAT_MS, by the loop that has to be alive: takes in
 * what the kernel has said, then says that it did.
 */
void nexthop_beat(struct nexthop *nh);

struct nexthop_totals {
	size_t dests; /* that packets may be sent to */
	size_t valid; /* of them, those whose next hop is in next_hops[] */
	size_t open;  /* to be looked at yet */
};

void nexthop_totals(const struct nexthop *nh, struct nexthop_totals *t);

#endif
