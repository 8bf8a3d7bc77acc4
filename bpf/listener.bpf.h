/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listener.bpf.h - whose packet it is: the listener's that it came to, or a nat destination's; and whether it is fit to
 * be read.
 */
#ifndef SIPXDP_LISTENER_BPF_H
#define SIPXDP_LISTENER_BPF_H

#include "count.bpf.h"
#include "guard.bpf.h"
#include "known.bpf.h"
#include "pick.bpf.h"
#include "pkt.bpf.h"

/* The listener in slot `slot` that this packet's generation has; NULL where it has none. */
port_inline struct ds_listener *listener_get(struct work *w, __u32 slot)
{
	struct ds_listener *l = DS_LOOKUP(listeners, slot);

	w->listener = slot;
	w->guarded = l && l->half[w->half & 1].guarded;
	return l && l->half[w->half & 1].mode ? l : NULL;
}

/* As listener_of(), by the maps. */
port_inline int listener_look_up(struct work *w, __u32 has_nat)
{
	struct ds_listener *l = NULL;
	struct ds_dest_rec *d;
	__u32 *slot;

	w->from = 0;
	slot = bpf_map_lookup_elem(&listener_ids, &w->pkt.dst);
	if (slot)
		l = listener_get(w, *slot);
	if (l)
		return l->half[w->half & 1].mode;
	if (!has_nat)
		return 0;
	w->from = pick_by_endpoint(&w->pkt.src, DS_PAD_NAT);
	d = pick_dest(w->from);
	if (!d || pick_by_endpoint(&w->pkt.dst, DS_PAD_NAT))
		return 0;
	l = listener_get(w, d->listener);
	return l ? l->half[w->half & 1].mode : 0;
}

/*
 * Whose datagram it is: the mode of the listener, with w->listener, w->now_ns and, from a nat destination, w->from; 0:
 * not ours.
 */
port_inline int listener_of(struct work *w, __u32 has_nat)
{
	struct known_flow *f;
	struct ds_listener *l;
	int mode;

	w->flow = known_row((const __u64 *)&w->pkt.src);
	f = known_flow(w);
	if (!f)
		return 0;
	if (known_flow_is_fresh(f, w)) {
		w->from = f->from;
		l = listener_get(w, f->listener);
		return l ? l->half[w->half & 1].mode : 0;
	}
	mode = listener_look_up(w, has_nat);
	if (!mode)
		return 0;
	w->now_ns = known_now(w);
	known_flow_enter(f, w);
	return mode;
}

/* Cuts what the link layer has put behind the IP packet, so that the frame ends where the payload does. */
port_inline int trim_padding(struct xdp_md *ctx, const struct work *w)
{
	__u64 frame = port_len(port_data(ctx), port_data_end(ctx));

	if (frame <= w->pkt.end)
		return 0;
	return bpf_xdp_adjust_tail(ctx, (int)w->pkt.end - (int)frame);
}

/* Which device's routes apply: the VLAN device that the tags name, where the kernel has one. */
port_inline void fib_device(struct xdp_md *ctx, struct work *w)
{
	struct ds_vlan_key key = { .phys = ctx->ingress_ifindex };
	__u32 *ifindex;

	w->pkt.fib_ifindex = ctx->ingress_ifindex;
	if (!w->pkt.tags)
		return;
	key.vlan[0] = w->pkt.vlan[0];
	key.vlan[1] = w->pkt.vlan[1];
	ifindex = bpf_map_lookup_elem(&vlan_ids, &key);
	if (ifindex)
		w->pkt.fib_ifindex = *ifindex;
}

/* What is wrong with a datagram that is ours before its octets are looked at: a reason, REASON_none for nothing. */
port_inline int datagram_fault(const struct work *w, int kind)
{
	if (kind == PKT_FRAGMENT)
		return REASON_slow_fragment;
	if (kind == PKT_OPTIONS)
		return REASON_slow_ip_options;
	if (kind == PKT_LENGTH)
		return REASON_slow_length;
	if (w->pkt.is_ip6 && w->pkt.sum == WORK_SUM_NONE)
		return REASON_bad_checksum;
	if (ds_place_unfit(&w->pkt.src))
		return REASON_bad_source;
	return REASON_none;
}

/* Reads the headers: enum pkt_kind, with *mode of the listener whose packet it is; PKT_OTHER, counted: nobody's. */
port_inline int packet_open(struct xdp_md *ctx, struct work *w, const struct ds_state *s, __u32 *mode)
{
	__u32 generation = *(volatile __u32 *)&s->generation;
	int kind;

	if (!generation)
		return PKT_OTHER;
	w->half = generation & 1;
	w->changes = *(volatile __u32 *)&s->changes;
	w->generic = s->generic;
	kind = pkt_parse(ctx, &w->pkt);
	if (kind == PKT_OTHER)
		return PKT_OTHER;
	*mode = listener_of(w, s->has_nat);
	if (*mode)
		return kind;
	count(DS_LISTENERS_MAX, VERDICT_pass, REASON_not_ours);
	return PKT_OTHER;
}

/* What the guard of the listener says of a client's packet: a reason, REASON_none to let it in. */
port_inline int packet_guard(struct work *w)
{
	return w->guarded && !w->from ? guard_check(w) : REASON_none;
}

#endif
