/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_run.h - packets for the bench, and what a program takes for one by BPF_PROG_TEST_RUN. Failures end the program. */
#ifndef SIPXDP_BENCH_RUN_H
#define SIPXDP_BENCH_RUN_H

#include "bench.h"
#include "bench_lab.h"

#define BENCH_ROUNDS 5
#define BENCH_NUMBER "aaaaaaaapppppppp" /* in the branch of a request: number 0 of bench_live.h */

/* Runs of a program in one measurement. */
extern unsigned int bench_repeat;

struct bench_packet {
	__u8 data[BENCH_FRAME_MAX];
	__u32 len;
	const char *iface;
};

/* An INVITE of size octets from a client; call: its Call-ID's number. */
void bench_request(struct bench_packet *p, unsigned int size, unsigned int call);

/* Makes the checksums right after a change. */
void bench_seal(struct bench_packet *p);

/* The 200 that the destination gives to the request as it was forwarded. Returns 0 or -1. */
int bench_response(struct bench_packet *p, const struct bench_packet *forwarded, unsigned int size);

/* Runs a program; ns per run, the XDP action in *action, the packet that came out in *out where that is not NULL. */
int bench_run(const struct lab *lab, const char *prog, const struct bench_packet *in, unsigned int repeat,
	      __u32 *action, struct bench_packet *out);

/* Says what the datapath counted, where a run did not end as it should. */
void bench_say_reasons(const struct lab *lab);

/* Median of BENCH_ROUNDS of what a program takes that sends its packet. */
int bench_measure(const struct lab *lab, const char *prog, const struct bench_packet *p);

/*
 * ns of `prog` on packets that it edits, by turns one of the n, a power of two up to BENCH_FRAMES, of one length: the
 * undo before each run is measured alone and subtracted. grows: the packet does.
 */
int bench_measure_undone(const struct lab *lab, const char *prog, const struct bench_packet *p, unsigned int n,
			 int grows);

/*
 * The same on CPUs 0 and 1 at the same time: the mean of both, less the undo as it is on one. n = 0: the program is run
 * on the packet itself, as bench_measure() does.
 */
int bench_measure_two(const struct lab *lab, const char *prog, const struct bench_packet *p, unsigned int n, int grows);

#endif
