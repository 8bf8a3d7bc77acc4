// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench.bpf.c - what the bench measures beside the datapath: the floor, the parser alone, and the undo.
 *
 * A test run does not restore the packet between repeats. bench_undo puts the frame back as it was and goes on in the
 * program under test by a tail call; bench_none is where it goes on when the undo itself is measured.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../lib/bench.h"
#include "sip_parse.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BENCH_FRAMES);
	__type(key, __u32);
	__type(value, struct bench_frame);
} frames SEC(".maps");

/* How many of them are used, less one: a power of two less one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} mask SEC(".maps");

/* The next one. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} turn SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sip_msg);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

/* Ethernet, IPv4, UDP; swap the MAC addresses; transmit. */
SEC("xdp.frags")
int bench_floor(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct udphdr *udp = (void *)(ip + 1);
	__u8 mac[6];

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(5060))
		return XDP_PASS;
	__builtin_memcpy(mac, eth->h_dest, 6);
	__builtin_memcpy(eth->h_dest, eth->h_source, 6);
	__builtin_memcpy(eth->h_source, mac, 6);
	return XDP_TX;
}

/* The head of the message. */
SEC("xdp.frags")
int bench_parse(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct sip_msg *m = bpf_map_lookup_elem(&scratch, &zero);
	struct sip_buf b = sip_buf(ctx);

	if (!m)
		return XDP_ABORTED;
	sip_parse(&b, m, BENCH_PAYLOAD);
	return m->beyond || m->reason ? XDP_DROP : XDP_TX;
}

SEC("xdp.frags")
int bench_none(struct xdp_md *ctx)
{
	return ctx->rx_queue_index ? XDP_DROP : XDP_TX;
}

SEC("xdp.frags")
int bench_undo(struct xdp_md *ctx)
{
	__u32 zero = 0, at, len, *m = bpf_map_lookup_elem(&mask, &zero), *t = bpf_map_lookup_elem(&turn, &zero);
	struct bench_frame *f;
	__s64 grown;

	if (!m || !t)
		return XDP_ABORTED;
	at = (*t)++ & *m;
	f = bpf_map_lookup_elem(&frames, &at);
	if (!f)
		return XDP_ABORTED;
	len = f->len;
	grown = (__s64)port_len(port_data(ctx), port_data_end(ctx)) - len;
	if (grown && bpf_xdp_adjust_head(ctx, (int)grown))
		return XDP_ABORTED;
	/* the verifier of 6.1 takes no length from comparisons with 0 and BENCH_FRAME_MAX: it might be 0 */
	len--;
	asm volatile("" : "+r"(len));
	len = (len & (sizeof(f->data) - 1)) + 1;
	if (bpf_xdp_store_bytes(ctx, 0, f->data, len))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &next, 0);
	return XDP_ABORTED;
}

/* Two adjust_heads there and back: half of what it takes less bench_none is one. */
SEC("xdp.frags")
int bench_adjust(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, -96) || bpf_xdp_adjust_head(ctx, 96))
		return XDP_ABORTED;
	return XDP_TX;
}
