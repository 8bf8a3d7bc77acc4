/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known.bpf.h - what this CPU found out lately, so that the next packet of the same two ends need not ask again: to whom
 * it is addressed, who sent it, and by what next hop the last one left. A look-up in a hash table costs as much as a
 * hundred instructions where the CPU's mitigations are on, one of a route three times that.
 *
 * Nothing is believed for longer than a second, nor after ds_state.changes has: who changes what is looked up here adds
 * to it afterwards. It is read before the first look-up, so what was found before the change does not outlive it.
 */
#ifndef SIPXDP_KNOWN_BPF_H
#define SIPXDP_KNOWN_BPF_H

#include "count.bpf.h"
#include "pick.bpf.h"

#define KNOWN_FRESH_NS 1000000000ull

_Static_assert(__builtin_offsetof(struct work_pkt, dst) == sizeof(struct ds_endpoint), "two ends without a hole");
_Static_assert(sizeof(struct work_hop) == sizeof(struct ds_endpoint) + KNOWN_HOP_SIZE, "no hole");
_Static_assert(__builtin_offsetof(struct work, pkt) % 8 == 0, "ends are read by words");

/* A row for two ends, which are five words. */
port_inline __u32 known_row(const __u64 *ends)
{
	__u64 h = ends[0] + ends[1] * 3 + ends[2] * 5 + ends[3] * 7 + ends[4] * 11;

	return (h ^ h >> 32) * 0x9e3779b97f4a7c15ull >> 32 & (KNOWN_ROWS - 1);
}

port_inline int known_is(const __u64 *row, const __u64 *ends)
{
	return !((row[0] ^ ends[0]) | (row[1] ^ ends[1]) | (row[2] ^ ends[2]) | (row[3] ^ ends[3]) |
		 (row[4] ^ ends[4]));
}

port_inline void known_ends(__u64 *row, const __u64 *ends)
{
	row[0] = ends[0];
	row[1] = ends[1];
	row[2] = ends[2];
	row[3] = ends[3];
	row[4] = ends[4];
}

/* Of the packet's two ends; its row stays theirs until the packet is done with. */
port_inline struct known_flow *known_flow(struct work *w)
{
	return DS_LOOKUP(known_flows, w->flow);
}

/* Whether a slot of dests[] is still held by who had it. */
port_inline int known_holds(__u32 slot, __u32 serial)
{
	struct ds_dest_rec *d = pick_dest(slot);

	return d && d->serial == serial;
}

/* The coarse monotonic clock, which goes on with the jiffies: asked once for all packets of one, since its helper costs more than any look-up in an array. */
port_inline __u64 known_now(struct work *w)
{
	__u64 tick = bpf_jiffies64();

	if (w->tick != tick) {
		w->tick = tick;
		w->tick_ns = bpf_ktime_get_coarse_ns();
	}
	return w->tick_ns;
}

/* Whether the row tells of the packet's ends what is so now; sets w->now_ns where it may. */
port_inline int known_flow_is_fresh(struct known_flow *f, struct work *w)
{
	if (!known_is(f->ends, (const __u64 *)&w->pkt.src) || f->changes != w->changes)
		return 0;
	w->now_ns = known_now(w);
	return w->now_ns - f->at_ns < KNOWN_FRESH_NS && (!f->from || known_holds(f->from, f->serial));
}

/* Makes the row that of the packet's ends; who is at the source is not known yet, but for a destination in nat mode. */
port_inline void known_flow_enter(struct known_flow *f, struct work *w)
{
	struct ds_dest_rec *d = pick_dest(w->from);

	known_ends(f->ends, (const __u64 *)&w->pkt.src);
	f->at_ns = w->now_ns;
	f->changes = w->changes;
	f->listener = w->listener;
	f->from = w->from;
	f->sender = KNOWN_NOBODY_ASKED;
	f->serial = d ? d->serial : 0;
	f->learned.ifindex = 0;
}

/* The listener's destination that the packet comes from, 0 where it comes from none. */
port_inline __u32 known_sender(struct work *w)
{
	struct known_flow *f = known_flow(w);
	struct ds_dest_rec *d;
	__u32 slot;

	if (f && (!f->sender || (f->sender != KNOWN_NOBODY_ASKED && known_holds(f->sender, f->serial))))
		return f->sender;
	slot = pick_by_endpoint(&w->pkt.src, w->listener);
	d = pick_dest(slot);
	if (f) {
		f->sender = slot;
		f->serial = d ? d->serial : 0;
	}
	return slot;
}

/*
 * The row of two ends, where the packet goes and the listener; NULL where the kernel has to be asked: without a daemon
 * nobody says that routes have changed, and tags that stay are those of the packet.
 */
port_inline struct known_hop *known_hop(struct work *w, const __u64 *ends)
{
	struct ds_state *s = DS_LOOKUP(state, 0);

	if (!s || !state_is_fresh(s, w->now_ns) || w->pkt.tags)
		return NULL;
	return DS_LOOKUP(known_hops, known_row(ends));
}

/* Whether the row has the next hop of a packet of ip_len octets, which is in w->hop then. */
port_inline int known_hop_is_fresh(const struct known_hop *h, struct work *w, const __u64 *ends, __u32 ip_len)
{
	if (!known_is(h->ends, ends) || h->changes != w->changes || w->now_ns - h->at_ns >= KNOWN_FRESH_NS ||
	    h->fib_ifindex != w->pkt.fib_ifindex || h->tos != w->pkt.tos || ip_len > h->ip_len)
		return 0;
	__builtin_memcpy((__u8 *)&w->hop + sizeof(w->hop.to), h->hop, sizeof(h->hop));
	return 1;
}

/* Keeps w->hop for packets of up to ip_len octets. */
port_inline void known_hop_enter(struct known_hop *h, const struct work *w, const __u64 *ends, __u32 ip_len)
{
	known_ends(h->ends, ends);
	h->at_ns = w->now_ns;
	h->changes = w->changes;
	h->fib_ifindex = w->pkt.fib_ifindex;
	h->ip_len = ip_len;
	h->tos = w->pkt.tos;
	__builtin_memcpy(h->hop, (const __u8 *)&w->hop + sizeof(w->hop.to), sizeof(h->hop));
}

#endif
