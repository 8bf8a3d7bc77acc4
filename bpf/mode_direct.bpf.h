/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mode_direct.bpf.h - dsr and ipip: the IP packet goes to a destination as it came, by its link address or in an outer
 * header. Destinations hold the listener's address and answer clients directly, so only what clients send is seen.
 */
#ifndef SIPXDP_MODE_DIRECT_BPF_H
#define SIPXDP_MODE_DIRECT_BPF_H

#include "mode_nat.bpf.h"

/*
 * Decides as nat_choose(). A destination's own request bears the listener's address, so its answer names no destination
 * and only its Call-ID is left; where no table keeps that, the hash of it does what it did for the call.
 */
port_inline int direct_choose(struct xdp_md *ctx, struct work *w, const struct ds_listener *l)
{
	const struct ds_listener_half *half = &l->half[w->half & 1];
	int rc = nat_choose(ctx, w);
	struct ds_dest_rec *d;
	struct ds_set_rec *set;

	if (rc != REASON_via_not_ours || half->affinity != DS_AFFINITY_HASH || !w->key_hash)
		return rc;
	set = DS_LOOKUP(sets, half->set);
	if (!set || set->algorithm != DS_ALGORITHM_CALL_ID || set->pick != DS_PICK_HASH)
		return rc;
	w->dest = pick_slot(ds_pick_hash(set, w->key_hash));
	d = pick_dest(w->dest);
	if (!d || d->flags & DS_DEST_SLOW)
		return rc;
	w->hop.to = d->at;
	return REASON_response;
}

/* Octets of outer header towards w->hop.to, with w->outer set; 0 where the listener has no address to tunnel from. */
port_inline __u32 direct_outer(struct work *w, const struct ds_listener *l)
{
	__u32 is_ip6 = !sip_ip_is4(&w->hop.to.ip);

	__builtin_memcpy(&w->outer, is_ip6 ? &l->tunnel[1] : &l->tunnel[0], sizeof(w->outer));
	if (!(w->outer.w[0] | w->outer.w[3]))
		return 0;
	return is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

/* Sends to w->hop.to by its link address; as send_plan(), or -REASON_destination_far. */
port_inline int direct_link(struct xdp_md *ctx, struct work *w)
{
	int rc = hop_dest(ctx, w, nat_ip_len(w));

	if (rc != REASON_none)
		return -rc;
	/* a router would bring the packet back to whom it is addressed to: us */
	if (w->hop.gateway)
		return -REASON_destination_far;
	return send_whole(ctx, w, 0);
}

/* Sends to w->hop.to in an outer header; as send_plan(). */
port_inline int direct_tunnel(struct xdp_md *ctx, struct work *w, const struct ds_listener *l)
{
	__u32 outer_len = direct_outer(w, l), len = nat_ip_len(w) + outer_len;
	int rc;

	if (!outer_len)
		return -REASON_slow_no_route;
	if (!hop_cached(ctx, w, len)) {
		rc = hop_outer(ctx, w, len);
		if (rc != REASON_none)
			return -rc;
	}
	return send_whole(ctx, w, outer_len);
}

/* What a message sent tells of its call: a request, or a client's answer to a destination's BYE. */
port_inline void direct_follow(struct work *w)
{
	if (w->msg.kind == SIP_KIND_REQUEST)
		pick_move_unseen(w);
	else if (w->msg.method == SIP_METHOD_BYE && w->key_hash)
		pick_move(w, 0); /* no 2xx has told a tag */
}

/* Sends a message decided upon, for that reason; an XDP action, counted, or -reason with the packet untouched. */
port_inline int direct_forward(struct xdp_md *ctx, struct work *w, const struct ds_listener *l, __u32 reason)
{
	int rc = l->half[w->half & 1].mode == DS_MODE_DSR ? direct_link(ctx, w) : direct_tunnel(ctx, w, l);

	if (rc < 0)
		return rc;
	if (reason == REASON_request) {
		count_request(w, w->dest);
		reason = w->picked;
	}
	count(w->listener, VERDICT_forward, reason);
	return rc;
}

#endif
