// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nexthop_on.c - what the kernel says, and which destinations it makes doubtful.
 */
#include <event2/event.h>
#include <string.h>

#include "nexthop_inner.h"

/* Changes come in bursts: the rest of one is waited for. */
#define NEXTHOP_SETTLE_MS 20

void nexthop_wake(struct nexthop *nh, long ms)
{
	struct timeval in = { .tv_usec = ms * 1000 };

	if (!evtimer_pending(nh->settled, NULL))
		evtimer_add(nh->settled, &in);
}

void nexthop_open(struct nexthop *nh, struct nexthop_dest *d, bool doubtful)
{
	nh->n_open += !d->open;
	d->open = true;
	if (doubtful) {
		d->doubtful = true;
		nexthop_take_out(nh, d->slot);
	}
	nexthop_wake(nh, NEXTHOP_SETTLE_MS);
}

void nexthop_open_all(struct nexthop *nh, bool doubtful)
{
	size_t i;

	for (i = 0; i < nh->n; i++)
		nexthop_open(nh, nh->dest[i], doubtful);
	nexthop_wake(nh, NEXTHOP_SETTLE_MS);
}

static void nexthop_on_neighbour(void *ctx, const struct netmon_neigh *n)
{
	struct nexthop *nh = ctx;
	struct nexthop_hop *hop = nexthop_hop_find(nh, &n->at);
	const struct nexthop_dest *d;

	bpf_changed(nh->bpf);
	if (!hop)
		return;
	hop->neigh = *n;
	for (d = hop->first; d; d = d->next)
		nexthop_show(nh, d);
}

/* Compares as many bits of two addresses. */
static int nexthop_compare_bits(const struct ds_addr *a, const struct ds_addr *b, unsigned int bits)
{
	const __u8 *x = (const __u8 *)a, *y = (const __u8 *)b;
	int differs = memcmp(x, y, bits / 8);
	__u8 mask = (__u8)(0xff00 >> bits % 8);

	if (differs || !(bits % 8))
		return differs;
	return (x[bits / 8] & mask) - (y[bits / 8] & mask);
}

/* The first destination that is not before what the bits name. */
static size_t nexthop_search(const struct nexthop *nh, const struct ds_addr *to, unsigned int bits)
{
	size_t low = 0, high = nh->n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (nexthop_compare_bits(&nh->dest[middle]->to, to, bits) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void nexthop_on_route(void *ctx, const struct netmon_route *r)
{
	struct nexthop *nh = ctx;
	size_t i;

	bpf_changed(nh->bpf);
	if (r->tos) {
		nh->policy_open = true;
		nexthop_open_all(nh, true);
		return;
	}
	for (i = nexthop_search(nh, &r->to, r->bits);
	     i < nh->n && !nexthop_compare_bits(&nh->dest[i]->to, &r->to, r->bits); i++)
		nexthop_open(nh, nh->dest[i], true);
}

/* Whether frames of an interface enter or leave by one that the program is on. */
static bool nexthop_is_attached(const struct nexthop *nh, __u32 ifindex)
{
	const struct links_device *device = links_find(&nh->links, ifindex);
	struct ds_link link;
	size_t i;

	if (!device || links_resolve(&nh->links, device, &link))
		return false;
	for (i = 0; i < nh->rec->n_interfaces && nh->rec->interface[i].ifindex != link.phys; i++)
		;
	return i < nh->rec->n_interfaces;
}

/*
 * What leaves by the interface is doubtful. The rest may have reason to leave by it now, as it has a carrier again;
 * interfaces that we have no part in, of containers that come and go, are no reason to look.
 */
static void nexthop_on_link(void *ctx, __u32 ifindex)
{
	struct nexthop *nh = ctx;
	bool attached = nexthop_is_attached(nh, ifindex), through;
	size_t i;

	bpf_changed(nh->bpf);
	nh->links_open = true;
	nexthop_wake(nh, NEXTHOP_SETTLE_MS);
	for (i = 0; i < nh->n; i++) {
		through = nh->dest[i]->oif == ifindex || nh->dest[i]->entry.ifindex == ifindex;
		if (through || attached)
			nexthop_open(nh, nh->dest[i], through);
	}
}

static void nexthop_on_rules(void *ctx)
{
	struct nexthop *nh = ctx;

	bpf_changed(nh->bpf);
	nh->policy_open = true;
	nexthop_open_all(nh, true);
}

/* IPv4 routes from an address that has gone go without a word. What a new one brings is told as routes. */
static void nexthop_on_addresses(void *ctx, bool gone)
{
	struct nexthop *nh = ctx;

	bpf_changed(nh->bpf);
	if (gone)
		nexthop_open_all(nh, true);
}

/* Neighbours are asked for again as their destinations are looked at. */
static void nexthop_on_lost(void *ctx)
{
	struct nexthop *nh = ctx;
	size_t i;

	bpf_changed(nh->bpf);
	for (i = 0; i < nh->n; i++)
		nexthop_leave(nh, nh->dest[i]);
	nh->links_open = nh->policy_open = true;
	nexthop_open_all(nh, true);
}

void nexthop_listen(struct nexthop *nh)
{
	nh->listener = (struct netmon_listener){
		.neighbour = nexthop_on_neighbour,
		.route = nexthop_on_route,
		.link = nexthop_on_link,
		.rules = nexthop_on_rules,
		.addresses = nexthop_on_addresses,
		.lost = nexthop_on_lost,
		.ctx = nh,
	};
	netmon_add(nh->monitor, &nh->listener);
}
