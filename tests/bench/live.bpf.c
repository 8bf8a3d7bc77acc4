// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.bpf.c - what stands around the director while live frames go through it: the sender, the two ends that count,
 * an answerer, and a floor that looks a route up.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "../lib/bench.h"
#include "../lib/bench_live.h"

#define AF_INET 2

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BENCH_FRAMES);
	__type(key, __u32);
	__type(value, struct bench_frame);
} frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct live_state);
} live SEC(".maps");

static __always_inline struct live_state *live_state(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&live, &zero);
}

static __always_inline void number_make(__u8 *out, __u32 n)
{
	int i;

#pragma unroll
	for (i = 0; i < LIVE_NUMBER / 2; i++) {
		out[i] = 'a' + (n >> 4 * i & 15);
		out[i + LIVE_NUMBER / 2] = 'p' - (n >> 4 * i & 15);
	}
}

/* Not due yet: the frame is dropped, which is how this sender waits. */
SEC("xdp")
int live_send(struct xdp_md *ctx)
{
	struct live_state *l = live_state();
	__u64 now = bpf_ktime_get_ns(), stamp[2] = { now, ~now };
	__u8 number[LIVE_NUMBER];
	struct bench_frame *f;
	__u32 at, len;

	if (!l || (l->interval_ns && now < l->next_ns))
		return XDP_DROP;
	l->next_ns = now - l->next_ns > LIVE_ARREARS_NS ? now + l->interval_ns : l->next_ns + l->interval_ns;
	at = (__u32)l->sent & l->mask;
	f = bpf_map_lookup_elem(&frames, &at);
	if (!f)
		return XDP_DROP;
	len = f->len;
	asm volatile("" : "+r"(len));
	if (len <= LIVE_STAMP || len > BENCH_FRAME_MAX)
		return XDP_DROP;
	/* a page that comes back from who shortened it has its length made right only where this program changes it */
	if (bpf_xdp_adjust_tail(ctx, -LIVE_TAIL))
		return XDP_DROP;
	if (bpf_xdp_store_bytes(ctx, 0, f->data, len) || bpf_xdp_store_bytes(ctx, len - LIVE_STAMP, stamp, LIVE_STAMP))
		return XDP_DROP;
	number_make(number, (__u32)l->number++);
	if (l->number_at && bpf_xdp_store_bytes(ctx, l->number_at, number, LIVE_NUMBER))
		return XDP_DROP;
	if (!l->sent++)
		l->first_ns = now;
	l->last_ns = now;
	return bpf_redirect(l->ifindex, 0);
}

static __always_inline void arrive(struct live_state *l, const __u64 *stamp)
{
	__u64 ns = bpf_ktime_get_ns() - stamp[0];
	__u32 shift = 0, at;
	int i;

	if (stamp[1] != ~stamp[0])
		return;
	for (i = 0; i < 32 && ns >> shift >= 2 * LIVE_STEPS; i++)
		shift++;
	at = (shift << LIVE_STEPS_SHIFT) + (__u32)(ns >> shift);
	if (at < LIVE_BUCKETS)
		__sync_fetch_and_add(&l->bucket[at], 1);
}

static __always_inline void count_xdp(struct xdp_md *ctx)
{
	struct live_state *l = live_state();
	__u64 stamp[2];
	__u32 len = (__u32)(ctx->data_end - ctx->data);

	if (!l || len < BENCH_PAYLOAD + LIVE_STAMP || ctx->ingress_ifindex != l->counted)
		return;
	__sync_fetch_and_add(&l->received, 1);
	if (l->latency && !bpf_xdp_load_bytes(ctx, len - LIVE_STAMP, stamp, sizeof(stamp)))
		arrive(l, stamp);
}

SEC("xdp.frags")
int live_sink(struct xdp_md *ctx)
{
	count_xdp(ctx);
	return XDP_DROP;
}

/* The same for what the kernel's own stack sends, which need not become an XDP frame for it. */
SEC("tc")
int live_sink_tc(struct __sk_buff *skb)
{
	struct live_state *l = live_state();
	__u64 stamp[2];

	if (!l || skb->len < BENCH_PAYLOAD + LIVE_STAMP || skb->ifindex != l->counted)
		return TC_ACT_SHOT;
	__sync_fetch_and_add(&l->received, 1);
	if (l->latency && !bpf_skb_load_bytes(skb, skb->len - LIVE_STAMP, stamp, sizeof(stamp)))
		arrive(l, stamp);
	return TC_ACT_SHOT;
}

/* Consumes without counting: answers on their way to the caller. */
SEC("tc")
int live_drop_tc(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_SHOT;
}

/* A destination: counts the request and sends it back as its 200, with a reason phrase that fills the request line. */
SEC("xdp.frags")
int live_answer(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct udphdr *udp = (void *)(ip + 1);
	__u8 *text = (void *)(udp + 1), mac[6];
	__be32 addr;
	__be16 port;

	if ((void *)(text + LIVE_LINE) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP)
		return XDP_DROP;
	count_xdp(ctx);
	__builtin_memcpy(mac, eth->h_dest, 6);
	__builtin_memcpy(eth->h_dest, eth->h_source, 6);
	__builtin_memcpy(eth->h_source, mac, 6);
	addr = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = addr;
	port = udp->source;
	udp->source = udp->dest;
	udp->dest = port;
	udp->check = 0;
	__builtin_memcpy(text, "SIP/2.0 200 OK, as long as a request line ", LIVE_LINE);
	return XDP_TX;
}

/* The floor of everything that goes on to another interface: Ethernet, IPv4, UDP; a route look-up; redirect. */
SEC("xdp.frags")
int live_route(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct bpf_fib_lookup fib = { .family = AF_INET, .l4_protocol = IPPROTO_UDP };
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	fib.ifindex = ctx->ingress_ifindex;
	fib.tot_len = bpf_ntohs(ip->tot_len);
	fib.ipv4_src = ip->saddr;
	fib.ipv4_dst = ip->daddr;
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return XDP_PASS;
	__builtin_memcpy(eth->h_dest, fib.dmac, 6);
	__builtin_memcpy(eth->h_source, fib.smac, 6);
	return bpf_redirect(fib.ifindex, 0);
}
