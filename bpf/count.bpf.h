/* SPDX-License-Identifier: GPL-2.0-or-later */
/* count.bpf.h - the single exit: every datagram that is ours is counted once by verdict and once by reason. */
#ifndef SIPXDP_COUNT_BPF_H
#define SIPXDP_COUNT_BPF_H

#include "maps.bpf.h"

port_inline void count(__u32 listener, __u32 verdict, __u32 reason)
{
	struct ds_counters *c = DS_LOOKUP(counters, listener);
	__u64 why = reason;

	if (!c)
		return;
	/*
	 * clang checks one register and indexes by another (an octet widened twice, or half of one): "outside of the
	 * allowed range", to 6.1 "unbounded memory access"
	 */
	port_barrier(why);
	if (verdict < VERDICT_MAX)
		c->verdict[verdict]++;
	if (why < REASON_MAX)
		c->reason[why]++;
}

/* Counts a packet that is handed to another CPU. */
port_inline void count_handed(__u32 listener)
{
	struct ds_counters *c = DS_LOOKUP(counters, listener);

	if (c)
		c->handed++;
}

/* Counts it there. */
port_inline void count_taken(__u32 listener)
{
	struct ds_counters *c = DS_LOOKUP(counters, listener);

	if (c)
		c->taken++;
}

/* Ends with a drop. */
port_inline int exit_drop(__u32 listener, __u32 reason)
{
	count(listener, VERDICT_drop, reason);
	return XDP_DROP;
}

/* Ends with a drop for want of a slow path that could take it. */
port_inline int exit_no_slow(__u32 listener, __u32 reason)
{
	count(listener, VERDICT_needs_slow_path, reason);
	return XDP_DROP;
}

/* Whether the daemon has written within DS_HEARTBEAT_FRESH_MS. The coarse clock may be a tick behind what it wrote. */
port_inline int state_is_fresh(const struct ds_state *s, __u64 now_ns)
{
	const __u64 fresh_ns = DS_HEARTBEAT_FRESH_MS * 1000000ull;

	return now_ns - *(volatile __u64 *)&s->heartbeat_ns + fresh_ns < 2 * fresh_ns;
}

/* Whether somebody takes what is passed to a listener: a daemon that died has closed its sockets. */
port_global int slow_is_there(void)
{
	struct ds_state *s = DS_LOOKUP(state, 0);

	return s && *(volatile __u32 *)&s->slow_path && state_is_fresh(s, bpf_ktime_get_coarse_ns());
}

/*
 * Whether a socket is bound where the packet is going. The heartbeat of a daemon that was killed is fresh for a while,
 * but its sockets are gone at once.
 */
port_global int slow_is_bound(struct xdp_md *ctx, const struct work *w)
{
	struct bpf_sock_tuple t = { 0 };
	struct bpf_sock *sk;

	if (!w)
		return 0;
	if (w->pkt.is_ip6) {
		__builtin_memcpy(t.ipv6.saddr, &w->pkt.src.ip, 16);
		__builtin_memcpy(t.ipv6.daddr, &w->pkt.dst.ip, 16);
		t.ipv6.sport = w->pkt.src.port_be;
		t.ipv6.dport = w->pkt.dst.port_be;
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	} else {
		t.ipv4.saddr = w->pkt.src.ip.w[3];
		t.ipv4.daddr = w->pkt.dst.ip.w[3];
		t.ipv4.sport = w->pkt.src.port_be;
		t.ipv4.dport = w->pkt.dst.port_be;
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	}
	if (!sk)
		return 0;
	bpf_sk_release(sk);
	return 1;
}

/*
 * Ends with the untouched packet in the slow path's hands; with nobody there it is dropped, since a pass to a port
 * that nobody holds makes the kernel answer ICMP unreachable, which phones take for a final failure.
 */
port_inline int exit_slow(struct xdp_md *ctx, const struct work *w, __u32 reason)
{
	if (!slow_is_there() || !slow_is_bound(ctx, w))
		return exit_no_slow(w->listener, reason);
	count(w->listener, VERDICT_slow, reason);
	return XDP_PASS;
}

/*
 * Ends with the untouched packet as its listener's mode has it: a shield leaves it to the server behind it, and what the
 * server shall get whole, with the client's address, no socket of ours could send.
 */
port_inline int exit_beyond(struct xdp_md *ctx, const struct work *w, __u32 mode, __u32 reason)
{
	if (mode == DS_MODE_SHIELD) {
		count(w->listener, VERDICT_pass, reason);
		return XDP_PASS;
	}
	if (mode != DS_MODE_DSR && mode != DS_MODE_IPIP)
		return exit_slow(ctx, w, reason);
	return exit_no_slow(w->listener, reason);
}

/* Whether a reason asks for the slow path. */
port_inline int reason_is_slow(__u32 reason)
{
	return reason >= REASON_slow_fragment && reason < REASON_MAX;
}

/* Counts a request sent to a destination. */
port_inline void count_request(struct work *w, __u32 dest)
{
	struct ds_dest_stats *d = DS_LOOKUP(dest_stats, dest);

	if (!d)
		return;
	d->requests[w->msg.method & 7]++;
	d->octets_to += w->pkt.end - w->pkt.payload;
	d->last_to_ns = w->now_ns;
}

/* A destination that has not answered in time is as one that has answered 408 (RFC 3261 16.8). */
port_inline void count_timeout(__u32 dest)
{
	struct ds_dest_stats *d = DS_LOOKUP(dest_stats, dest);

	if (!d)
		return;
	d->responses[4]++;
	d->timeouts++;
}

/* Counts a response that a destination sent. */
port_inline void count_response(struct work *w, __u32 dest)
{
	struct ds_dest_stats *d = DS_LOOKUP(dest_stats, dest);

	if (!d)
		return;
	d->responses[(w->msg.status / 100) & 7]++;
	d->timeouts += w->msg.status == 408;
	d->octets_from += w->pkt.end - w->pkt.payload;
	d->last_from_ns = w->now_ns;
}

#endif
