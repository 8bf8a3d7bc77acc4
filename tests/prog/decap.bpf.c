// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decap.bpf.c - the far end of a tunnel, for kernels without ipip, sit and ip6tnl devices: takes an outer IPv4 or IPv6
 * header off what comes in an untagged frame and passes the rest.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* Octets of outer header, and what protocol is inside; 0 where there is none. */
static __always_inline int outer_of(struct xdp_md *ctx, __u8 *proto)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct ipv6hdr *ip6 = data + sizeof(*eth);
	struct iphdr *ip4 = data + sizeof(*eth);

	/* an IPv6 header fits before any that is inside */
	if ((void *)(ip6 + 1) > end)
		return 0;
	if (eth->h_proto == bpf_htons(ETH_P_IP) && ip4->ihl == 5) {
		*proto = ip4->protocol;
		return sizeof(*ip4);
	}
	*proto = ip6->nexthdr;
	return eth->h_proto == bpf_htons(ETH_P_IPV6) ? sizeof(*ip6) : 0;
}

SEC("xdp")
int decap(struct xdp_md *ctx)
{
	struct ethhdr old, *eth;
	void *data, *end;
	__u8 proto = 0;
	int outer = outer_of(ctx, &proto);

	if (!outer || (proto != IPPROTO_IPIP && proto != IPPROTO_IPV6))
		return XDP_PASS;
	if (bpf_xdp_load_bytes(ctx, 0, &old, sizeof(old)) || bpf_xdp_adjust_head(ctx, outer))
		return XDP_DROP;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	eth = data;
	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	*eth = old;
	eth->h_proto = proto == IPPROTO_IPV6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP);
	return XDP_PASS;
}
