/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hop.bpf.h - where a packet leaves: device, tags and link addresses into w->hop, for w->hop.to. From what the daemon or
 * this CPU remembers where that is fresh, else by the kernel's tables. It is settled before the first edit.
 */
#ifndef SIPXDP_HOP_BPF_H
#define SIPXDP_HOP_BPF_H

#include "count.bpf.h"
#include "known.bpf.h"
#include "pkt.bpf.h"

#ifndef AF_INET
#define AF_INET 2
#define AF_INET6 10
#endif

/* By two words: clang 14 makes a call of memcmp. */
port_inline int hop_is_same(const struct ds_mac *x, const struct ds_mac *y)
{
	const __u64 *a = (const __u64 *)x, *b = (const __u64 *)y;

	return !((a[0] ^ b[0]) | (a[1] ^ b[1]));
}

/* Remembers which link address a client's request came from; a write only where it is news. Returns 0. */
port_global int hop_learn(struct xdp_md *ctx, struct work *w)
{
	struct pkt_cursor c = { port_data(ctx), port_data_end(ctx) };
	const struct ethhdr *eth = pkt_take(&c, sizeof(*eth));
	struct ds_mac new __attribute__((aligned(8)));
	struct known_flow *f;
	struct ds_addr client;
	struct ds_mac *old;

	if (!eth || !w)
		return 0;
	new.ifindex = w->pkt.fib_ifindex;
	__builtin_memcpy(new.client, eth->h_source, 6);
	__builtin_memcpy(new.own, eth->h_dest, 6);
	f = known_flow(w);
	if (f && hop_is_same(&f->learned, &new))
		return 0;
	/* a copy: a pointer into what a global function was given is no key to 6.1 */
	client = w->pkt.src.ip;
	old = bpf_map_lookup_elem(&macs, &client);
	if (!old || !hop_is_same(old, &new))
		bpf_map_update_elem(&macs, &client, &new, BPF_ANY);
	if (f)
		f->learned = new;
	return 0;
}

/* The next hop of a client on the link that the kernel has no neighbour for; 0 where it was never seen there. */
port_inline int hop_learned(struct work *w, __u32 ifindex)
{
	struct ds_addr client = w->hop.to.ip; /* a copy, as in hop_learn() */
	struct ds_mac *m = bpf_map_lookup_elem(&macs, &client);

	if (!m || m->ifindex != ifindex)
		return 0;
	__builtin_memcpy(w->hop.dmac, m->client, 6);
	__builtin_memcpy(w->hop.smac, m->own, 6);
	return 1;
}

/* Out the way it came, of VLANs that the kernel has no device for: the tags stay. */
port_inline void hop_keep_tags(struct xdp_md *ctx, struct work *w)
{
	if (w->hop.phys != ctx->ingress_ifindex)
		return;
	w->hop.tags = w->pkt.tags;
	w->hop.vlan[0] = w->pkt.vlan[0];
	w->hop.vlan[1] = w->pkt.vlan[1];
}

/* Whether a look-up has led to another place than asked for. */
port_inline int hop_is_via(const struct bpf_fib_lookup *fib, const struct ds_addr *to, __u32 is_ip6)
{
	const __be32 *got = fib->ipv6_dst;

	if (fib->family != (is_ip6 ? AF_INET6 : AF_INET))
		return 1;
	if (!is_ip6)
		return fib->ipv4_dst != to->w[3];
	return got[0] != to->w[0] || got[1] != to->w[1] || got[2] != to->w[2] || got[3] != to->w[3];
}

/*
 * Next hop for a packet of ip_len octets (IP header on) from an address to w->hop.to, by the kernel's tables (
 * bpf_fib_lookup(), net/core/filter.c). proto: IPPROTO_UDP from the port that the packet came to, or one without ports.
 */
port_inline int hop_look_up(struct xdp_md *ctx, struct work *w, __u32 ip_len, const struct ds_addr *from, __u32 is_ip6,
			    __u8 proto)
{
	struct bpf_fib_lookup fib = { 0 };
	struct ds_endpoint *to = &w->hop.to;
	struct ds_link *link;
	long rc;

	fib.l4_protocol = proto;
	fib.ifindex = w->pkt.fib_ifindex;
	fib.tot_len = ip_len;
	if (proto == IPPROTO_UDP) {
		fib.sport = w->pkt.dst.port_be;
		fib.dport = to->port_be;
	}
	if (is_ip6) {
		/* a v4-mapped address is none of IPv6's: a default route would lead it nowhere */
		if (sip_ip_is4(&to->ip))
			return REASON_slow_no_route;
		fib.family = AF_INET6;
		__builtin_memcpy(fib.ipv6_src, from, 16);
		__builtin_memcpy(fib.ipv6_dst, &to->ip, 16);
	} else {
		if (to->ip.w[2] != bpf_htonl(0xffff))
			return REASON_slow_no_route;
		fib.family = AF_INET;
		fib.tos = w->pkt.tos & 0x1c;
		fib.ipv4_src = from->w[3];
		fib.ipv4_dst = to->ip.w[3];
	}
	rc = bpf_fib_lookup(ctx, &fib, sizeof(fib), 0);
	if (rc == BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return REASON_slow_mtu;
	w->hop.learned = rc == BPF_FIB_LKUP_RET_NO_NEIGH;
	if (rc == BPF_FIB_LKUP_RET_SUCCESS) {
		__builtin_memcpy(w->hop.dmac, fib.dmac, 6);
		__builtin_memcpy(w->hop.smac, fib.smac, 6);
	} else if (rc != BPF_FIB_LKUP_RET_NO_NEIGH) {
		return REASON_slow_no_route;
	} else if (!hop_learned(w, fib.ifindex)) {
		return REASON_slow_neighbour;
	}
	w->hop.gateway = hop_is_via(&fib, &to->ip, is_ip6);
	w->hop.phys = fib.ifindex;
	w->hop.tags = 0;
	w->hop.vlan[0] = w->hop.vlan[1] = 0;
	link = DS_LOOKUP(links, fib.ifindex);
	if (link && link->tags) {
		w->hop.phys = link->phys;
		w->hop.tags = link->tags;
		w->hop.vlan[0] = link->vlan[0];
		w->hop.vlan[1] = link->vlan[1];
	} else {
		hop_keep_tags(ctx, w);
	}
	return REASON_none;
}

/*
 * Next hop for a datagram from the place that it came to, to w->hop.to. Returns a reason, REASON_none when w->hop is
 * complete. A STALE neighbour is good; forwarding must be on for the ingress interface.
 */
port_global int hop_next(struct xdp_md *ctx, struct work *w, __u32 ip_len)
{
	struct ds_endpoint ends[2] __attribute__((aligned(8)));
	struct known_hop *known;
	int rc;

	if (!w)
		return REASON_slow_no_route;
	ends[0] = w->hop.to;
	ends[1] = w->pkt.dst;
	known = known_hop(w, (const __u64 *)ends);
	if (known && known_hop_is_fresh(known, w, (const __u64 *)ends, ip_len))
		return REASON_none;
	rc = hop_look_up(ctx, w, ip_len, &w->pkt.dst.ip, w->pkt.is_ip6, IPPROTO_UDP);
	if (rc == REASON_none && known && !w->hop.learned)
		known_hop_enter(known, w, (const __u64 *)ends, ip_len);
	return rc;
}

/* The same for a packet in an outer header from w->outer, whatever family is inside. */
port_global int hop_outer(struct xdp_md *ctx, struct work *w, __u32 ip_len)
{
	if (!w)
		return REASON_slow_no_route;
	return hop_look_up(ctx, w, ip_len, &w->outer, !sip_ip_is4(&w->hop.to.ip),
			   w->pkt.is_ip6 ? IPPROTO_IPV6 : IPPROTO_IPIP);
}

/* The next hop that the daemon has found for w->dest, into w->hop; 0 where the kernel is to be asked. */
port_inline int hop_cached(struct xdp_md *ctx, struct work *w, __u32 ip_len)
{
	struct ds_dest_rec *d = DS_LOOKUP(dests, w->dest);
	struct ds_next_hop *n = DS_LOOKUP(next_hops, w->dest);
	struct ds_state *s = DS_LOOKUP(state, 0);
	__u32 seq;

	if (!d || !n || !s || !state_is_fresh(s, w->now_ns))
		return 0;
	seq = *(volatile __u32 *)&n->seq;
	if (!n->valid || n->serial != d->serial || ip_len > n->mtu)
		return 0;
	w->hop.phys = n->ifindex;
	w->hop.gateway = n->valid == DS_NEXT_HOP_GATEWAY;
	w->hop.tags = n->tags;
	__builtin_memcpy(w->hop.vlan, n->vlan, sizeof(n->vlan));
	__builtin_memcpy(w->hop.dmac, n->dmac, sizeof(n->dmac));
	__builtin_memcpy(w->hop.smac, n->smac, sizeof(n->smac));
	barrier();
	if (seq & 1 || *(volatile __u32 *)&n->seq != seq)
		return 0;
	if (!w->hop.tags)
		hop_keep_tags(ctx, w);
	return 1;
}

/* Next hop for a packet to w->dest at w->hop.to, which may be cached; otherwise as hop_next(). */
port_inline int hop_dest(struct xdp_md *ctx, struct work *w, __u32 ip_len)
{
	if (hop_cached(ctx, w, ip_len))
		return REASON_none;
	return hop_next(ctx, w, ip_len);
}

/* Back to where the frame came from, MAC addresses swapped. */
port_inline int hop_back(struct xdp_md *ctx, struct work *w)
{
	struct pkt_cursor c = { port_data(ctx), port_data_end(ctx) };
	const struct ethhdr *eth = pkt_take(&c, sizeof(*eth));

	if (!eth)
		return -1;
	__builtin_memcpy(w->hop.dmac, eth->h_source, 6);
	__builtin_memcpy(w->hop.smac, eth->h_dest, 6);
	w->hop.phys = ctx->ingress_ifindex;
	w->hop.tags = w->pkt.tags;
	w->hop.vlan[0] = w->pkt.vlan[0];
	w->hop.vlan[1] = w->pkt.vlan[1];
	return 0;
}

#endif
