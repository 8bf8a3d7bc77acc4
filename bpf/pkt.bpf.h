/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pkt.bpf.h - Ethernet to UDP: reads the headers of a frame into struct work_pkt. Owns all bounds checks below SIP.
 */
#ifndef SIPXDP_PKT_BPF_H
#define SIPXDP_PKT_BPF_H

#include "csum.bpf.h"
#include "ds_place.h"
#include "maps.bpf.h"

enum pkt_kind {
	PKT_OTHER = 0, /* no UDP datagram */
	PKT_UDP,
	PKT_FRAGMENT, /* first fragment of one: the ports are there */
	PKT_OPTIONS,  /* IPv4 options or IPv6 extension headers before UDP */
	PKT_LENGTH,   /* lengths do not agree: a GSO super-frame, several buffers, or a broken packet */
};

#define PKT_VLAN_8021Q bpf_htons(0x8100)
#define PKT_VLAN_8021AD bpf_htons(0x88a8)

struct pkt_vlan {
	__be16 tci;
	__be16 proto;
};

/* The cursor of the header parser: every step checks the frame's end. */
struct pkt_cursor {
	const __u8 *pos;
	const __u8 *end;
};

/* len octets at the cursor, which moves past them; NULL beyond the end. */
port_inline const void *pkt_take(struct pkt_cursor *c, __u32 len)
{
	const __u8 *p = c->pos;
	const __u8 *end = c->end;

	port_barrier(end);
	if (p + len > end)
		return NULL;
	c->pos = p + len;
	return p;
}

port_inline void pkt_ip4(struct ds_addr *a, __be32 ip)
{
	a->w[0] = 0;
	a->w[1] = 0;
	a->w[2] = bpf_htonl(0xffff);
	a->w[3] = ip;
}

/* IPv4 header: sets l4, addresses and lengths; returns enum pkt_kind. */
port_inline int pkt_parse_ip4(struct pkt_cursor *c, struct work_pkt *k, __u32 *ip_end)
{
	const struct iphdr *ip = pkt_take(c, sizeof(*ip));
	int kind = PKT_UDP;

	if (!ip || ip->version != 4 || ip->ihl < 5 || ip->protocol != IPPROTO_UDP)
		return PKT_OTHER;
	if (ip->frag_off & bpf_htons(0x1fff))
		return PKT_OTHER;
	if (ip->frag_off & bpf_htons(0x2000))
		kind = PKT_FRAGMENT;
	else if (ip->ihl > 5)
		kind = PKT_OPTIONS;
	pkt_ip4(&k->src.ip, ip->saddr);
	pkt_ip4(&k->dst.ip, ip->daddr);
	k->tos = ip->tos;
	k->ttl = ip->ttl;
	k->ip_id = ip->id;
	k->ip_df = ip->frag_off & bpf_htons(0x4000);
	k->is_ip6 = 0;
	*ip_end = bpf_ntohs(ip->tot_len);
	if (ip->ihl > 5 && !pkt_take(c, (ip->ihl - 5) * 4))
		return PKT_OTHER;
	return kind;
}

struct pkt_ip6_ext {
	__u8 next;
	__u8 len;
	__be16 frag;
	__be32 id;
};

/* IPv6 header and at most one extension header, which makes it PKT_OPTIONS or PKT_FRAGMENT. */
port_inline int pkt_parse_ip6(struct pkt_cursor *c, struct work_pkt *k, __u32 *ip_end)
{
	const struct ipv6hdr *ip = pkt_take(c, sizeof(*ip));
	const struct pkt_ip6_ext *ext;
	int kind = PKT_UDP;
	__u8 next;

	if (!ip || ip->version != 6)
		return PKT_OTHER;
	__builtin_memcpy(&k->src.ip, &ip->saddr, 16);
	__builtin_memcpy(&k->dst.ip, &ip->daddr, 16);
	k->tos = (bpf_ntohl(*(const __be32 *)ip) >> 20) & 0xff;
	k->ttl = ip->hop_limit;
	k->is_ip6 = 1;
	*ip_end = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	next = ip->nexthdr;
	if (next == IPPROTO_FRAGMENT || next == IPPROTO_HOPOPTS || next == IPPROTO_DSTOPTS || next == IPPROTO_ROUTING) {
		ext = pkt_take(c, sizeof(*ext));
		if (!ext)
			return PKT_OTHER;
		if (next == IPPROTO_FRAGMENT) {
			if (ext->frag & bpf_htons(0xfff8))
				return PKT_OTHER;
			kind = PKT_FRAGMENT;
		} else {
			kind = PKT_OPTIONS;
			if (ext->len && !pkt_take(c, ext->len * 8))
				return PKT_OTHER;
		}
		next = ext->next;
	}
	return next == IPPROTO_UDP ? kind : PKT_OTHER;
}

/* What the UDP checksum is worth: from a local socket over a virtual link it holds only the pseudo header's sum. */
port_inline void pkt_sum_kind(struct work_pkt *k, const struct udphdr *udp)
{
	__u64 pseudo = csum_pseudo(&k->src.ip, &k->dst.ip, k->is_ip6, bpf_ntohs(udp->len));

	k->check = udp->check;
	k->sum = WORK_SUM_VALID;
	if (!udp->check)
		k->sum = WORK_SUM_NONE;
	else if (udp->check == csum_fold(pseudo))
		k->sum = WORK_SUM_PARTIAL;
}

/* Reads the frame's headers into k; returns enum pkt_kind. k is complete for all kinds but PKT_OTHER. */
port_inline int pkt_parse(struct xdp_md *ctx, struct work_pkt *k)
{
	struct pkt_cursor c = { port_data(ctx), port_data_end(ctx) };
	const __u8 *start = c.pos;
	const struct ethhdr *eth = pkt_take(&c, sizeof(*eth));
	const struct pkt_vlan *tag;
	const struct udphdr *udp;
	__u32 ip_end, frame;
	__be16 proto;
	int i, kind;

	if (!eth)
		return PKT_OTHER;
	proto = eth->h_proto;
	k->tags = 0;
	k->vlan[0] = k->vlan[1] = 0;
	for (i = 0; i < 2; i++) {
		if (proto != PKT_VLAN_8021Q && proto != PKT_VLAN_8021AD)
			break;
		tag = pkt_take(&c, sizeof(*tag));
		if (!tag)
			return PKT_OTHER;
		k->vlan[i] = (bpf_ntohs(tag->tci) & 0xfff) | (proto == PKT_VLAN_8021AD ? DS_VLAN_SERVICE : 0);
		k->tags = i + 1;
		proto = tag->proto;
	}
	k->l3 = port_len(start, c.pos);
	if (proto == bpf_htons(ETH_P_IP))
		kind = pkt_parse_ip4(&c, k, &ip_end);
	else if (proto == bpf_htons(ETH_P_IPV6))
		kind = pkt_parse_ip6(&c, k, &ip_end);
	else
		return PKT_OTHER;
	if (kind == PKT_OTHER)
		return PKT_OTHER;
	k->l4 = port_len(start, c.pos);
	udp = pkt_take(&c, sizeof(*udp));
	if (!udp)
		return PKT_OTHER;
	k->payload = k->l4 + sizeof(*udp);
	k->src.port_be = udp->source;
	k->dst.port_be = udp->dest;
	k->src.pad = k->dst.pad = 0;
	pkt_sum_kind(k, udp);
	k->end = k->l4 + bpf_ntohs(udp->len);
	frame = port_len(start, c.end);
	if (kind == PKT_UDP && (k->end != k->l3 + ip_end || k->end > frame || k->end < k->payload))
		return PKT_LENGTH;
	return kind;
}

#endif
