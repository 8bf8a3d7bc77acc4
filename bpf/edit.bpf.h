/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * edit.bpf.h - applies an edit plan to a packet. All that changes in length lies in front of some offset: the front is
 * put together anew in w->out, the frame grows into its head room (never the tail, which has 14 to 38 octets on veth),
 * and one store writes it. Nothing of the packet is touched before everything that can fail has been done.
 */
#ifndef SIPXDP_EDIT_BPF_H
#define SIPXDP_EDIT_BPF_H

#include "pkt.bpf.h"

/* Edits of equal length and up to this many octets, behind all others, are stored where they stand. */
#define EDIT_IN_PLACE 8

#define EDIT_TEXT_STEPS 10

/* Hops that an outer header starts with. */
#define EDIT_OUTER_TTL 64

/*
 * Whether *n is 1 to max. To 6.1 a number that was found not to be 0 may still be 0 ("invalid access to memory, size=0"),
 * so one less is bounded, and one added; the asm keeps it a 64-bit number (clang 14).
 */
port_inline int edit_is_some(__u64 *n, __u64 max)
{
	__u64 less = *n - 1;

	port_barrier(less);
	if (less >= max)
		return 0;
	*n = less + 1;
	return 1;
}

/* n octets of the frame at off to `to`; n may be 0. */
port_inline int edit_load(struct xdp_md *ctx, __u64 off, __u8 *to, __u64 n)
{
	if (n == 0)
		return 0;
	return edit_is_some(&n, WORK_HEAD_MAX) ? bpf_xdp_load_bytes(ctx, off, to, n) : -1;
}

/*
 * Octets that are copied at a time, with one check of the frame's end. The helpers that load and store octets of a frame
 * take 45 ns where the CPU's mitigations are on, which is a few hundred octets in blocks.
 */
#define EDIT_BLOCK 32

port_inline void edit_block(__u8 *to, const __u8 *from)
{
	__u64 w0 = *(const __u64 *)from, w1 = *(const __u64 *)(from + 8);
	__u64 w2 = *(const __u64 *)(from + 16), w3 = *(const __u64 *)(from + 24);

	*(__u64 *)to = w0;
	*(__u64 *)(to + 8) = w1;
	*(__u64 *)(to + 16) = w2;
	*(__u64 *)(to + 24) = w3;
}

/* n octets of the frame at off to the start of w->old, and less than a block of what follows; n may be 0. 0, or -1. */
port_inline int edit_load_old(const struct sip_buf *b, struct work *w, __u64 off, __u64 n)
{
	__u64 i = port_forget(0, b->zero);
	const __u8 *end = b->end, *p;
	__u32 k;

	for (k = 0; k < WORK_HEAD_MAX / EDIT_BLOCK; k++, i = port_forget(i + EDIT_BLOCK, b->zero)) {
		port_join();
		if (!sip_before(b, i, n))
			return 0;
		p = b->data + ((off + i) & PORT_OFF_MASK);
		port_barrier(end);
		if (p + EDIT_BLOCK > end)
			break;
		edit_block(w->old + WORK_AT(i), p);
	}
	/* in the frame's last octets */
	return edit_load(b->c, off, w->old, n);
}

/* Text of a plan into w->out at pos; stores run up to a block less one octet over. */
port_inline void edit_text(struct work *w, __u64 pos, __u64 text, __u64 len)
{
	__u32 i;

	for (i = 0; i < EDIT_TEXT_STEPS; i++) {
		if (i * EDIT_BLOCK >= len)
			break;
		edit_block(w->out + WORK_AT((pos + i * EDIT_BLOCK)),
			   w->plan.text + ((text + i * EDIT_BLOCK) & (SIP_PLAN_TEXT - 1)));
	}
	port_join();
}

#define EDIT_COPY_STEPS (WORK_HEAD_MAX / EDIT_BLOCK)

/* n octets of the old front at `from` into w->out at pos; stores run over as above. zero: see port_forget. */
port_inline void edit_keep(struct work *w, __u64 pos, __u64 from, __u64 n, __u64 zero)
{
	__u64 i;

	i = port_forget(0, zero);
	for (__u32 k = 0; k < EDIT_COPY_STEPS; k++, i = port_forget(i + EDIT_BLOCK, zero)) {
		if (i >= n)
			break;
		edit_block(w->out + WORK_AT((pos + i)), w->old + WORK_AT((from + i)));
	}
	port_join();
}

struct edit_span {
	__u32 head_edits; /* edits of the front */
	__u32 old_end;	  /* past the front in the frame as it came */
	__u32 new_len;	  /* octets of payload in the new front */
};

/* How many of the plan's edits make the front: up to the last that changes lengths or is long. */
port_inline __u32 edit_front(const struct work *w, __u64 zero)
{
	__u64 last = 0;
	__u32 i;

	for (i = 0; i < SIP_PLAN_EDITS; i++) {
		if (i < w->plan.edits &&
		    (w->plan.edit[i].cut != w->plan.edit[i].len || w->plan.edit[i].len > EDIT_IN_PLACE))
			last = i + 1;
		last = port_forget(last, zero);
		port_join();
	}
	return last;
}

/*
 * Copies the payload's old front to w->old and builds the new one in w->out from WORK_L2_MAX on, both with
 * csum_end() behind. 0, or -1 where it is too long.
 */
port_global int edit_build(struct xdp_md *ctx, struct work *w, struct edit_span *s)
{
	struct sip_buf b = sip_buf(ctx);
	__u64 pos = WORK_L2_MAX, off = 0, n, at;
	__u32 i;

	if (!w || !s)
		return -1;
	s->head_edits = edit_front(w, b.zero);
	i = (s->head_edits - 1) & (SIP_PLAN_EDITS - 1);
	s->old_end = s->head_edits ? w->plan.edit[i].at + w->plan.edit[i].cut : w->pkt.payload;
	n = s->old_end - w->pkt.payload;
	if (n > WORK_HEAD_MAX - 512 || edit_load_old(&b, w, w->pkt.payload, n))
		return -1;
	csum_end(w->old + WORK_AT(n));
	pos = port_forget(pos, b.zero);
	for (i = 0; i < SIP_PLAN_EDITS; i++) {
		if (i >= s->head_edits)
			break;
		at = w->plan.edit[i].at - w->pkt.payload;
		n = at - off;
		if (pos > WORK_L2_MAX + WORK_HEAD_MAX - 512 || n > WORK_HEAD_MAX - 512)
			return -1;
		edit_keep(w, pos, off, n, b.zero);
		pos += n;
		edit_text(w, pos, w->plan.edit[i].text, w->plan.edit[i].len);
		pos += w->plan.edit[i].len;
		off = at + w->plan.edit[i].cut;
		pos = port_forget(pos, b.zero);
		off = port_forget(off, b.zero);
		port_join();
	}
	port_join();
	s->new_len = pos - WORK_L2_MAX;
	if (pos > WORK_HEAD_MAX - 8)
		return -1;
	csum_end(w->out + WORK_AT(pos));
	return 0;
}

/* Writes one tag; vlan as in struct ds_link. */
port_inline void edit_tag(__u8 *l2, __u16 vlan)
{
	*(__be16 *)l2 = vlan & DS_VLAN_SERVICE ? PKT_VLAN_8021AD : PKT_VLAN_8021Q;
	*(__be16 *)(l2 + 2) = bpf_htons(vlan & 0xfff);
}

/* Writes Ethernet and VLAN tags, as w->hop has them, in front of l3; where they begin. */
port_inline __u8 *edit_link(struct work *w, __u8 *l3, __be16 proto)
{
	__u8 *l2 = l3 - 2;

	*(__be16 *)l2 = proto;
	if (w->hop.tags > 1) {
		l2 -= 4;
		edit_tag(l2, w->hop.vlan[1]);
	}
	if (w->hop.tags) {
		l2 -= 4;
		edit_tag(l2, w->hop.vlan[0]);
	}
	l2 -= 12;
	__builtin_memcpy(l2, w->hop.dmac, 6);
	__builtin_memcpy(l2 + 6, w->hop.smac, 6);
	return l2;
}

/* The checksum of an IPv4 header without options, whose own field is 0. */
port_inline __u16 edit_ip4_sum(const struct iphdr *ip)
{
	__u64 s = *(const __be16 *)ip;

	s += ip->tot_len;
	s += ip->id;
	s += ip->frag_off;
	s += bpf_htons((__u16)ip->ttl << 8 | ip->protocol);
	s += ip->saddr;
	s += ip->daddr;
	return ~csum_fold(s);
}

/* Writes Ethernet to UDP in front of w->out's payload. src: what the packet leaves as; returns the headers' length. */
port_inline __u32 edit_headers(struct work *w, const struct ds_endpoint *src, const struct ds_endpoint *dst, __u8 ttl,
			       __u32 payload_len)
{
	__u8 *l4 = w->out + WORK_L2_MAX - sizeof(struct udphdr), *l3, *l2;
	struct udphdr *udp = (struct udphdr *)l4;
	__be16 proto;

	udp->source = src->port_be;
	udp->dest = dst->port_be;
	udp->len = bpf_htons(payload_len + sizeof(*udp));
	udp->check = 0;
	if (w->pkt.is_ip6) {
		struct ipv6hdr *ip = (struct ipv6hdr *)(l4 - sizeof(*ip));

		l3 = (__u8 *)ip;
		proto = bpf_htons(ETH_P_IPV6);
		*(__be32 *)ip = bpf_htonl(6u << 28 | (__u32)w->pkt.tos << 20);
		ip->payload_len = udp->len;
		ip->nexthdr = IPPROTO_UDP;
		ip->hop_limit = ttl;
		__builtin_memcpy(&ip->saddr, &src->ip, 16);
		__builtin_memcpy(&ip->daddr, &dst->ip, 16);
	} else {
		struct iphdr *ip = (struct iphdr *)(l4 - sizeof(*ip));

		l3 = (__u8 *)ip;
		proto = bpf_htons(ETH_P_IP);
		*(__be16 *)ip = bpf_htons(0x4500 | w->pkt.tos);
		ip->tot_len = bpf_htons(payload_len + sizeof(*udp) + sizeof(*ip));
		ip->id = w->pkt.ip_id;
		ip->frag_off = w->pkt.ip_df;
		ip->ttl = ttl;
		ip->protocol = IPPROTO_UDP;
		ip->check = 0;
		ip->saddr = src->ip.w[3];
		ip->daddr = dst->ip.w[3];
		ip->check = edit_ip4_sum(ip);
	}
	l2 = edit_link(w, l3, proto);
	return w->out + WORK_L2_MAX - l2;
}

/* The outer IPv4 header of a packet of len octets. What may be broken up inside may be broken up outside. */
port_inline void edit_outer4(struct work *w, struct iphdr *ip, __u32 len)
{
	*(__be16 *)ip = bpf_htons(0x4500 | w->pkt.tos);
	ip->tot_len = bpf_htons(len + sizeof(*ip));
	ip->frag_off = w->pkt.is_ip6 ? 0 : w->pkt.ip_df;
	ip->id = ip->frag_off ? w->pkt.ip_id : (__u16)bpf_get_prandom_u32();
	ip->ttl = EDIT_OUTER_TTL;
	ip->protocol = w->pkt.is_ip6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	ip->check = 0;
	ip->saddr = w->outer.w[3];
	ip->daddr = w->hop.to.ip.w[3];
	ip->check = edit_ip4_sum(ip);
}

/* The outer IPv6 header. Its flow label tells clients apart (RFC 6438), for who spreads by it. */
port_inline void edit_outer6(struct work *w, struct ipv6hdr *ip, __u32 len)
{
	__u32 flow = (w->pkt.src.ip.w[2] ^ w->pkt.src.ip.w[3] ^ w->pkt.src.port_be) * 0x9e3779b1u >> 12;

	*(__be32 *)ip = bpf_htonl(6u << 28 | (__u32)w->pkt.tos << 20 | flow);
	ip->payload_len = bpf_htons(len);
	ip->nexthdr = w->pkt.is_ip6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	ip->hop_limit = EDIT_OUTER_TTL;
	__builtin_memcpy(&ip->saddr, &w->outer, 16);
	__builtin_memcpy(&ip->daddr, &w->hop.to.ip, 16);
}

/*
 * Writes what comes before the IP packet, which stays as it is, into w->out up to WORK_L2_MAX: Ethernet, and an outer
 * header of outer_len octets where there is one. Returns the length of all that.
 */
port_inline __u32 edit_whole(struct work *w, __u32 outer_len)
{
	__u8 *end = w->out + WORK_L2_MAX, *l2;
	__u32 len = w->pkt.end - w->pkt.l3;

	if (outer_len == sizeof(struct ipv6hdr)) {
		edit_outer6(w, (struct ipv6hdr *)(end - sizeof(struct ipv6hdr)), len);
		l2 = edit_link(w, end - sizeof(struct ipv6hdr), bpf_htons(ETH_P_IPV6));
	} else if (outer_len) {
		edit_outer4(w, (struct iphdr *)(end - sizeof(struct iphdr)), len);
		l2 = edit_link(w, end - sizeof(struct iphdr), bpf_htons(ETH_P_IP));
	} else {
		l2 = edit_link(w, end, w->pkt.is_ip6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP));
	}
	return end - l2;
}

#endif
