/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_live.h - what live.bpf.c and live_wire.c share. */
#ifndef SIPXDP_BENCH_LIVE_H
#define SIPXDP_BENCH_LIVE_H

#include <linux/types.h>

/* At the end of every message: the time it was sent, and its complement, so that no checksum changes. */
#define LIVE_STAMP 16
/* In the branch of every message: a letter for each four bits of the packet's number, then their complement likewise. */
#define LIVE_NUMBER 16

#define LIVE_TAIL 4  /* octets that the sender takes off a frame */
#define LIVE_LINE 41 /* octets of a request line that becomes a status line */

#define LIVE_ARREARS_NS 50000 /* who is later than this leaves out what it did not send */

/* Latencies: exact below 32 ns, then 32 steps to each doubling. */
#define LIVE_STEPS_SHIFT 5
#define LIVE_STEPS (1 << LIVE_STEPS_SHIFT)
#define LIVE_BUCKETS (LIVE_STEPS * 32)

/* The one value of the map live. */
struct live_state {
	__u64 interval_ns; /* between packets, 0: as fast as it goes */
	__u64 next_ns;
	__u64 first_ns; /* when the first and the last was sent */
	__u64 last_ns;
	__u64 sent;
	__u64 number;	 /* of the next packet: goes on from one measurement to the next, as transactions do */
	__u64 received;	 /* one CPU writes it */
	__u32 ifindex;	 /* the end that sends */
	__u32 counted;	 /* the end that counts: replies at the other one are no deliveries */
	__u32 mask;	 /* frames less one */
	__u32 number_at; /* offset of the number in a frame, 0: none */
	__u32 latency;	 /* 1: received packets are stamped */
	__u64 bucket[LIVE_BUCKETS];
};

#endif
