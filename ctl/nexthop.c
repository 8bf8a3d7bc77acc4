// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nexthop.c - three tables that lead to each other: destinations, the neighbours that they are reached by, interfaces.
 * A neighbour's change is written through at once. All else makes destinations doubtful: their entries are taken out
 * and they are looked at anew, a few at a time, so that no number of them keeps the loop from its other work.
 */
#include "nexthop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netlink.h"
#include "nexthop_inner.h"
#include "nexthop_route.h"
#include "uri.h"

/* Destinations that are looked at in one turn of the loop: some milliseconds. */
#define NEXTHOP_BATCH 200
/* What the kernel does not tell of its own accord, the learned MTU of a path, is asked for that often. */
#define NEXTHOP_AGAIN_S 60
#define NEXTHOP_MTU_MAX 65535

/* All of the entry but what the neighbour tells. Returns 0, -ENOENT where the kernel has to be asked, or -errno. */
static int nexthop_fill(const struct nexthop *nh, struct nexthop_dest *d, struct neigh *hop)
{
	const struct links_device *device;
	struct nexthop_route route;
	struct ds_link link;
	__u32 mtu;
	int err;

	if (nh->is_policy[!uri_is_ip4(&d->to)])
		return -ENOENT;
	err = nexthop_route(nh->fd, &d->from, &d->to, &route);
	if (err)
		return err;
	device = links_find(&nh->links, route.hop.ifindex);
	if (!device || !device->ethernet || links_resolve(&nh->links, device, &link))
		return -ENOENT;
	d->oif = route.hop.ifindex;
	d->entry.ifindex = link.phys;
	d->entry.tags = link.tags;
	memcpy(d->entry.vlan, link.vlan, sizeof(d->entry.vlan));
	memcpy(d->entry.smac, device->mac, sizeof(d->entry.smac));
	mtu = route.mtu && route.mtu < device->mtu ? route.mtu : device->mtu;
	d->entry.mtu = (__u16)(mtu < NEXTHOP_MTU_MAX ? mtu : NEXTHOP_MTU_MAX);
	d->entry.valid = memcmp(&route.hop.ip, &d->to, sizeof(d->to)) ? DS_NEXT_HOP_GATEWAY : DS_NEXT_HOP_ON_LINK;
	*hop = route.hop;
	return 0;
}

static void nexthop_look(struct nexthop *nh, struct nexthop_dest *d)
{
	struct nexthop_hop *hop;
	struct neigh at;

	nh->n_open -= d->open;
	d->open = d->doubtful = false;
	if (nexthop_fill(nh, d, &at)) {
		nexthop_leave(nh, d);
		d->oif = d->entry.ifindex = 0;
	} else if (!d->hop || memcmp(&d->hop->neigh.at, &at, sizeof(at)) != 0) {
		nexthop_leave(nh, d);
		hop = nexthop_hop_get(nh, &at);
		if (hop)
			nexthop_join(d, hop);
	}
	nexthop_show(nh, d);
}

static void nexthop_read_links(struct nexthop *nh)
{
	__u32 attached[RECORD_INTERFACES_MAX];
	size_t i;

	for (i = 0; i < nh->rec->n_interfaces; i++)
		attached[i] = nh->rec->interface[i].ifindex;
	links_free(&nh->links);
	/* an interface that is not known leaves its destinations to the kernel: no need to give up */
	if (links_read(&nh->links)) {
		links_free(&nh->links);
		return;
	}
	nh->links_open = links_publish(nh->bpf, &nh->links, attached, nh->rec->n_interfaces) != 0;
	bpf_changed(nh->bpf);
}

static void nexthop_read_policy(struct nexthop *nh)
{
	nh->is_policy[0] = nexthop_is_policy(nh->fd, AF_INET) != 0;
	nh->is_policy[1] = nexthop_is_policy(nh->fd, AF_INET6) != 0;
	nh->policy_open = false;
}

/* One turn of the loop's worth of looking. */
static void nexthop_settled(evutil_socket_t fd, short what, void *ctx)
{
	struct nexthop *nh = ctx;
	size_t i, done = 0;

	(void)fd;
	(void)what;
	if (nh->links_open)
		nexthop_read_links(nh);
	if (nh->policy_open)
		nexthop_read_policy(nh);
	for (i = 0; i < nh->n && nh->n_open && done < NEXTHOP_BATCH; i++) {
		nh->cursor = (nh->cursor + 1) % nh->n;
		if (!nh->dest[nh->cursor]->open)
			continue;
		nexthop_look(nh, nh->dest[nh->cursor]);
		done++;
	}
	if (nh->n_open)
		nexthop_wake(nh, 0);
}

static void nexthop_again(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	nexthop_open_all(ctx, false);
}

void nexthop_beat(struct nexthop *nh)
{
	struct timespec now;

	netmon_read(nh->monitor);
	clock_gettime(CLOCK_MONOTONIC, &now);
	__atomic_store_n(&nh->bpf->state->heartbeat_ns, (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec,
			 __ATOMIC_RELEASE);
}

static void nexthop_drop(struct nexthop *nh, __u32 slot)
{
	struct nexthop_dest *d = nh->by_slot[slot];

	nexthop_take_out(nh, slot);
	nh->n_open -= d->open;
	nexthop_leave(nh, d);
	nh->by_slot[slot] = NULL;
	free(d);
}

static bool nexthop_is_tunnel(const struct ds_listener *l)
{
	return l->half[0].mode == DS_MODE_IPIP || l->half[1].mode == DS_MODE_IPIP;
}

/* Whether a slot holds a destination that packets are sent to; where it is and what they come from. */
static bool nexthop_is_wanted(const struct nexthop *nh, __u32 slot, struct ds_addr *from, struct ds_addr *to)
{
	const struct ds_dest_rec *r = &nh->bpf->dests[slot];
	const struct ds_listener *l;

	if ((r->flags & (DS_DEST_USED | DS_DEST_SLOW)) != DS_DEST_USED || r->listener >= DS_LISTENERS_MAX)
		return false;
	l = &nh->bpf->listeners[r->listener];
	*to = r->at.ip;
	*from = nexthop_is_tunnel(l) ? l->tunnel[!uri_is_ip4(to)] : l->at.ip;
	return true;
}

/* Makes by_slot say what is published. Returns 0 or -ENOMEM. */
static int nexthop_take_over(struct nexthop *nh)
{
	struct ds_addr from, to;
	struct nexthop_dest *d;
	__u32 slot, serial;
	bool wanted;

	for (slot = 1; slot < nh->bpf->entries[BPF_MAP_dests]; slot++) {
		wanted = nexthop_is_wanted(nh, slot, &from, &to);
		serial = nh->bpf->dests[slot].serial;
		d = nh->by_slot[slot];
		if (d && (!wanted || d->entry.serial != serial || memcmp(&d->from, &from, sizeof(from)) != 0 ||
			  memcmp(&d->to, &to, sizeof(to)) != 0)) {
			nexthop_drop(nh, slot);
			d = NULL;
		}
		if (d || !wanted)
			continue;
		d = calloc(1, sizeof(*d));
		if (!d)
			return -ENOMEM;
		*d = (struct nexthop_dest){ .slot = slot, .from = from, .to = to, .entry.serial = serial };
		nh->by_slot[slot] = d;
		nexthop_open(nh, d, false);
	}
	return 0;
}

static int nexthop_compare(const void *a, const void *b)
{
	const struct nexthop_dest *const *x = a, *const *y = b;

	return memcmp(&(*x)->to, &(*y)->to, sizeof((*x)->to));
}

int nexthop_refresh(struct nexthop *nh)
{
	int err = nexthop_take_over(nh);
	__u32 slot;

	nh->n = 0;
	for (slot = 1; slot < nh->bpf->entries[BPF_MAP_dests]; slot++)
		if (nh->by_slot[slot])
			nh->dest[nh->n++] = nh->by_slot[slot];
	qsort(nh->dest, nh->n, sizeof(*nh->dest), nexthop_compare);
	return err;
}

void nexthop_totals(const struct nexthop *nh, struct nexthop_totals *t)
{
	size_t i;

	*t = (struct nexthop_totals){ .dests = nh->n, .open = nh->n_open };
	for (i = 0; i < nh->n; i++)
		t->valid += nh->bpf->next_hops[nh->dest[i]->slot].valid != 0;
}

static int nexthop_open_events(struct nexthop *nh, struct event_base *base)
{
	struct timeval again = { .tv_sec = NEXTHOP_AGAIN_S };

	nh->settled = evtimer_new(base, nexthop_settled, nh);
	nh->again = event_new(base, -1, EV_PERSIST, nexthop_again, nh);
	return nh->settled && nh->again && !evtimer_add(nh->again, &again) ? 0 : -ENOMEM;
}

int nexthop_new(struct event_base *base, struct netmon *m, const struct bpf_inst *bpf, const struct record *rec,
		struct nexthop **next)
{
	struct nexthop *nh = calloc(1, sizeof(*nh));
	__u32 slot, slots = bpf->entries[BPF_MAP_dests];
	int err;

	if (!nh)
		return -ENOMEM;
	*nh = (struct nexthop){ .bpf = bpf, .rec = rec, .links_open = true, .policy_open = true };
	nh->by_slot = calloc(slots, sizeof(*nh->by_slot));
	nh->dest = calloc(slots, sizeof(*nh->dest));
	nh->fd = netlink_open();
	err = nh->fd < 0 ? nh->fd : !nh->by_slot || !nh->dest ? -ENOMEM : nexthop_open_events(nh, base);
	if (err)
		goto fail;
	for (slot = 0; slot < slots; slot++)
		nexthop_take_out(nh, slot);
	nh->monitor = m;
	nexthop_listen(nh);
	err = nexthop_refresh(nh);
	if (err)
		goto fail;
	*next = nh;
	return 0;
fail:
	nexthop_free(nh);
	return err;
}

void nexthop_free(struct nexthop *nh)
{
	__u32 slot;

	if (!nh)
		return;
	__atomic_store_n(&nh->bpf->state->heartbeat_ns, 0, __ATOMIC_RELEASE);
	if (nh->monitor)
		netmon_remove(nh->monitor, &nh->listener);
	for (slot = 0; nh->by_slot && slot < nh->bpf->entries[BPF_MAP_dests]; slot++)
		if (nh->by_slot[slot])
			nexthop_drop(nh, slot);
	if (nh->settled)
		event_free(nh->settled);
	if (nh->again)
		event_free(nh->again);
	if (nh->fd >= 0)
		close(nh->fd);
	links_free(&nh->links);
	free(nh->by_slot);
	free(nh->dest);
	free(nh);
}
