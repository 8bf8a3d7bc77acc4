/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send.bpf.h - applies a plan and sends the packet. The next hop is settled before (hop.bpf.h), so a packet that cannot
 * be sent is still the packet that came.
 */
#ifndef SIPXDP_SEND_BPF_H
#define SIPXDP_SEND_BPF_H

#include "edit.bpf.h"
#include "hop.bpf.h"

/* New packets of ours start with this many hops (RFC 1700 default TTL). */
#define SEND_TTL 64

/* On another CPU than the one that a packet came in on there is no XDP_TX (kernel/bpf/cpumap.c). */
port_inline int send_out(struct xdp_md *ctx, struct work *w)
{
	if (w->hop.phys == ctx->ingress_ifindex && !is_spread)
		return XDP_TX;
	return bpf_redirect(w->hop.phys, 0);
}

/* Sum of the UDP payload as it came, from its checksum: only for WORK_SUM_VALID. */
port_inline __u64 send_old_payload_sum(const struct work *w)
{
	__u64 s = (__u16)~w->pkt.check;
	__u32 len = w->pkt.end - w->pkt.l4;

	s = csum_sub(s, csum_pseudo(&w->pkt.src.ip, &w->pkt.dst.ip, w->pkt.is_ip6, len));
	s = csum_sub(s, w->pkt.src.port_be);
	s = csum_sub(s, w->pkt.dst.port_be);
	return csum_sub(s, bpf_htons(len));
}

/* Sum of n octets of the frame at off, counted from an even offset. Uses w->old from its start. */
port_inline __u64 send_frame_sum(struct xdp_md *ctx, struct work *w, __u64 off, __u64 n, __u64 zero)
{
	if (n > WORK_HEAD_MAX - 8 || edit_load(ctx, off, w->old, n))
		return 0;
	csum_end(w->old + WORK_AT(n));
	return csum_octets(w->old, n, zero);
}

/*
 * Sum of the new payload, before the in-place edits: the new front, and the tail that stays. The tail's part of a valid
 * checksum is the whole less the old front and what is trimmed, so damage on the way stays visible to the receiver; a
 * partial one is summed in full.
 */
port_global __u64 send_payload_sum(struct xdp_md *ctx, struct work *w, const struct edit_span *s)
{
	struct sip_buf b = sip_buf(ctx);
	__u64 tail, front, n, trim;

	if (!w || !s)
		return 0;
	front = csum_octets(w->out + WORK_L2_MAX, s->new_len, b.zero);
	trim = w->plan.end < w->pkt.end ? w->pkt.end - w->plan.end : 0;
	n = s->old_end - w->pkt.payload;
	if (w->pkt.sum == WORK_SUM_PARTIAL) {
		tail = send_frame_sum(ctx, w, s->old_end, w->pkt.end - trim - s->old_end, b.zero);
	} else {
		tail = csum_sub(send_old_payload_sum(w), csum_octets(w->old, n, b.zero));
		if (trim) {
			trim = send_frame_sum(ctx, w, w->plan.end, trim, b.zero);
			if ((w->plan.end - w->pkt.payload) & 1)
				trim = csum_swap(trim);
			tail = csum_sub(tail, trim);
		}
		/* tail is as seen from the payload's start; from its own start below */
		if (n & 1)
			tail = csum_swap(tail);
	}
	if (s->new_len & 1)
		tail = csum_swap(tail);
	return front + csum_fold(tail);
}

/*
 * Replaces the octets of the frame at `at` that mask names, a word as sip_load8 yields it; returns what was there. In the
 * frame's last octets by helpers, which take ten times as long.
 */
port_inline __u64 send_replace(struct xdp_md *ctx, __u64 at, __u64 len, __u64 mask, __u64 new, __u64 *failed)
{
	__u8 *p = (__u8 *)(long)ctx->data + (at & PORT_OFF_MASK);
	const __u8 *end = port_data_end(ctx);
	__u64 old = 0;

	port_barrier(end);
	if (port_likely(at <= PORT_OFF_MASK && p + 8 <= end)) {
		old = port_le64(port_read64(p));
		port_write64(p, port_le64((old & ~mask) | new));
		return old & mask;
	}
	new = port_le64(new);
	if (bpf_xdp_load_bytes(ctx, at, &old, len) || bpf_xdp_store_bytes(ctx, at, &new, len))
		*failed = 1;
	return port_le64(old);
}

/* Stores the edits behind the front where they stand now; returns what they change the payload's sum by. */
port_inline __u64 send_in_place(struct xdp_md *ctx, struct work *w, __u32 first, __s64 delta, __u64 *failed)
{
	__u64 old, new, at, len, s = 0, mask, zero = port_zero(port_data(ctx));
	__u32 i;

	for (i = 0; i < SIP_PLAN_EDITS; i++) {
		if (i < first || i >= w->plan.edits)
			continue;
		len = w->plan.edit[i].len;
		at = w->plan.edit[i].at + delta;
		if (!edit_is_some(&len, EDIT_IN_PLACE))
			continue;
		mask = ~0ull >> (64 - 8 * len);
		new = port_le64(*(const __u64 *)(w->plan.text + (w->plan.edit[i].text & (SIP_PLAN_TEXT - 1)))) & mask;
		old = port_forget(port_le64(send_replace(ctx, at, len, mask, new, failed)), zero);
		*failed = port_forget(*failed, zero);
		port_join();
		new = port_le64(new);
		new = csum_sub(csum_word(new), csum_word(old));
		/* parity as in the new payload */
		if ((at - w->pkt.payload) & 1)
			new = csum_swap(new);
		s += csum_fold(new);
	}
	return s;
}

/* Fills in the UDP checksum of the headers in w->out: sum is the payload's. IPv4 without one stays without. */
port_inline void send_checksum(struct work *w, __u64 sum, const struct ds_endpoint *src, __u32 payload_len)
{
	struct udphdr *udp = (struct udphdr *)(w->out + WORK_L2_MAX - sizeof(*udp));
	__u64 pseudo = csum_pseudo(&src->ip, &w->hop.to.ip, w->pkt.is_ip6, payload_len + sizeof(*udp));
	__u16 check;

	if (w->pkt.sum == WORK_SUM_NONE)
		return;
	if (w->generic && w->pkt.sum == WORK_SUM_PARTIAL) {
		/* the stack or the device finishes it */
		udp->check = csum_fold(pseudo);
		return;
	}
	check = ~csum_fold(csum_fold(sum) + pseudo + udp->source + udp->dest + udp->len);
	udp->check = check ? check : 0xffff;
}

/* The UDP checksum, in full, of a packet that stays as it is; sum is its payload's. */
port_inline __u16 send_whole_checksum(const struct work *w, __u64 sum)
{
	__u32 len = w->pkt.end - w->pkt.l4;
	__u64 s = csum_pseudo(&w->pkt.src.ip, &w->pkt.dst.ip, w->pkt.is_ip6, len);
	__u16 check = ~csum_fold(csum_fold(sum) + s + w->pkt.src.port_be + w->pkt.dst.port_be + bpf_htons(len));

	return check ? check : 0xffff;
}

/*
 * Stores n octets of w->out, headers of hdr octets first, at the frame's start. In blocks, see EDIT_BLOCK, the last of
 * which covers what it has to of the one before. 0, or -1 where they do not fit.
 */
port_inline int send_store(struct xdp_md *ctx, struct work *w, __u64 hdr, __u64 n)
{
	struct sip_buf b = sip_buf(ctx);
	__u64 i = port_forget(0, b.zero), last, at, more;
	__u8 *p;
	__u32 k;

	/* a link layer's header alone */
	if (n < EDIT_BLOCK)
		return edit_is_some(&n, EDIT_BLOCK)
			       ? bpf_xdp_store_bytes(ctx, 0, w->out + WORK_AT(WORK_L2_MAX - hdr), n)
			       : -1;
	for (k = 0; k < WORK_HEAD_MAX / EDIT_BLOCK; k++, i = port_forget(i + EDIT_BLOCK, b.zero)) {
		last = n - EDIT_BLOCK;
		more = port_forget(sip_before(&b, i, last), b.zero);
		at = port_forget(more ? i : last, b.zero);
		port_join();
		p = (__u8 *)b.data + (at & PORT_OFF_MASK);
		port_barrier(b.end);
		if (p + EDIT_BLOCK > b.end)
			return -1;
		edit_block(p, w->out + WORK_AT(WORK_L2_MAX - hdr + at));
		if (!more)
			return 0;
	}
	return -1;
}

/* Whether more octets would have to be summed anew than w->old holds: a partial sum's tail, or noise that is cut. */
port_inline int send_is_long(const struct work *w, const struct edit_span *s)
{
	__u32 n = w->pkt.sum == WORK_SUM_PARTIAL ? w->plan.end - s->old_end : w->pkt.end - w->plan.end;

	return w->pkt.sum != WORK_SUM_NONE && n > WORK_HEAD_MAX - 8;
}

/*
 * Applies w->plan and sends the packet from src to w->hop.to. Verdict and reason are the caller's to count: returns an
 * XDP action, or -reason with the packet untouched.
 */
port_inline int send_plan(struct xdp_md *ctx, struct work *w, const struct ds_endpoint *src, __u8 ttl)
{
	struct edit_span s = { 0 };
	__u64 sum, failed = 0;
	__u32 len, hdr;
	__s64 delta;

	s.old_end = w->pkt.payload;
	if (w->plan.edits && edit_build(ctx, w, &s))
		return -REASON_slow_plan;
	if (send_is_long(w, &s))
		return -REASON_slow_too_long;
	len = w->plan.end - w->pkt.payload + w->plan.grow;
	hdr = edit_headers(w, src, &w->hop.to, ttl, len);
	delta = (__s64)(hdr + s.new_len) - s.old_end;
	if (w->generic && w->pkt.sum == WORK_SUM_PARTIAL && (delta || w->plan.end != w->pkt.end))
		return -REASON_slow_partial;
	if (!w->plan.edits && w->pkt.sum == WORK_SUM_VALID && w->plan.end == w->pkt.end)
		sum = send_old_payload_sum(w);
	else
		sum = send_payload_sum(ctx, w, &s);
	if (delta && bpf_xdp_adjust_head(ctx, -delta))
		return -REASON_slow_head_room;
	if (w->plan.end < w->pkt.end && bpf_xdp_adjust_tail(ctx, (int)w->plan.end - (int)w->pkt.end))
		return XDP_ABORTED;
	sum += send_in_place(ctx, w, s.head_edits, delta, &failed);
	send_checksum(w, sum, src, len);
	if (send_store(ctx, w, hdr, hdr + s.new_len) || failed)
		return XDP_ABORTED;
	return send_out(ctx, w);
}

/*
 * Sends the IP packet as it came, behind an outer header of outer_len octets where that is not 0. A partial checksum is
 * finished, since the packet leaves for good; in generic mode that is left to who takes the packet on, and nothing may
 * move. As send_plan().
 */
port_inline int send_whole(struct xdp_md *ctx, struct work *w, __u32 outer_len)
{
	struct edit_span s = { .old_end = w->pkt.payload };
	__u32 hdr = edit_whole(w, outer_len), partial = w->pkt.sum == WORK_SUM_PARTIAL;
	__s64 delta = (__s64)hdr - w->pkt.l3;
	__u16 check = 0;

	if (partial && w->generic && delta)
		return -REASON_slow_partial;
	partial &= !w->generic;
	w->plan.edits = 0;
	w->plan.grow = 0;
	w->plan.end = w->pkt.end;
	if (partial && send_is_long(w, &s))
		return -REASON_slow_too_long;
	if (partial)
		check = send_whole_checksum(w, send_payload_sum(ctx, w, &s));
	if (delta && bpf_xdp_adjust_head(ctx, -delta))
		return -REASON_slow_head_room;
	if (partial && bpf_xdp_store_bytes(ctx, w->pkt.l4 + delta + offsetof(struct udphdr, check), &check, 2))
		return XDP_ABORTED;
	if (send_store(ctx, w, hdr, hdr))
		return XDP_ABORTED;
	return send_out(ctx, w);
}

#endif
