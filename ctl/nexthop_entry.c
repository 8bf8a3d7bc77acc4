// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nexthop_entry.c - the entries of next_hops[], and the neighbours that they are made from.
 */
#include <stdlib.h>
#include <string.h>

#include "nexthop_inner.h"
#include "nexthop_route.h"

/* Packets read without a lock: seq, the rest, seq again. */
static void nexthop_write(const struct nexthop *nh, __u32 slot, const struct ds_next_hop *value)
{
	struct ds_next_hop *n = &nh->bpf->next_hops[slot], new = *value;
	__u32 seq = n->seq;

	/* a daemon that was killed while it wrote has left it odd */
	seq += seq & 1;
	new.seq = seq + 1;
	__atomic_store_n(&n->seq, new.seq, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*n = new;
	__atomic_store_n(&n->seq, seq + 2, __ATOMIC_RELEASE);
}

void nexthop_take_out(const struct nexthop *nh, __u32 slot)
{
	static const struct ds_next_hop none;

	if (nh->bpf->next_hops[slot].valid)
		nexthop_write(nh, slot, &none);
}

void nexthop_show(const struct nexthop *nh, const struct nexthop_dest *d)
{
	const struct ds_next_hop *now = &nh->bpf->next_hops[d->slot];
	struct ds_next_hop n = d->entry;

	if (d->doubtful || !d->hop || !d->hop->neigh.usable) {
		nexthop_take_out(nh, d->slot);
		return;
	}
	memcpy(n.dmac, d->hop->neigh.mac, sizeof(n.dmac));
	n.seq = now->seq;
	if (memcmp(&n, now, sizeof(n)) != 0)
		nexthop_write(nh, d->slot, &n);
}

static size_t nexthop_bucket(const struct neigh *at)
{
	__u32 h = at->ifindex * 0x9e3779b1u;
	size_t i;

	for (i = 0; i < 4; i++)
		h = (h ^ at->ip.w[i]) * 0x9e3779b1u;
	return (h >> 16) % NEXTHOP_BUCKETS;
}

struct nexthop_hop *nexthop_hop_find(const struct nexthop *nh, const struct neigh *at)
{
	struct nexthop_hop *hop = nh->hop[nexthop_bucket(at)];

	while (hop && memcmp(&hop->neigh.at, at, sizeof(*at)) != 0)
		hop = hop->next;
	return hop;
}

struct nexthop_hop *nexthop_hop_get(struct nexthop *nh, const struct neigh *at)
{
	struct nexthop_hop *hop = nexthop_hop_find(nh, at), **bucket;

	if (hop)
		return hop;
	hop = calloc(1, sizeof(*hop));
	if (!hop)
		return NULL;
	hop->neigh.at = *at;
	if (nexthop_neigh(nh->fd, &hop->neigh)) {
		free(hop);
		return NULL;
	}
	bucket = &nh->hop[nexthop_bucket(at)];
	hop->next = *bucket;
	*bucket = hop;
	return hop;
}

static void nexthop_hop_drop(struct nexthop *nh, struct nexthop_hop *hop)
{
	struct nexthop_hop **at = &nh->hop[nexthop_bucket(&hop->neigh.at)];

	while (*at != hop)
		at = &(*at)->next;
	*at = hop->next;
	free(hop);
}

void nexthop_leave(struct nexthop *nh, struct nexthop_dest *d)
{
	struct nexthop_dest **at;

	if (!d->hop)
		return;
	for (at = &d->hop->first; *at != d; at = &(*at)->next)
		;
	*at = d->next;
	if (!d->hop->first)
		nexthop_hop_drop(nh, d->hop);
	d->hop = NULL;
	d->next = NULL;
}

void nexthop_join(struct nexthop_dest *d, struct nexthop_hop *hop)
{
	d->hop = hop;
	d->next = hop->first;
	hop->first = d;
}
