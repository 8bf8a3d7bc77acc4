/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench.h - what bench.bpf.c and bench.c share. */
#ifndef SIPXDP_BENCH_H
#define SIPXDP_BENCH_H

#include <linux/types.h>

#define BENCH_FRAME_MAX 2000
#define BENCH_PAYLOAD 42 /* Ethernet, IPv4, UDP */

#define BENCH_FRAMES 1024 /* a power of two */

struct bench_frame {
	__u32 len;
	__u8 data[BENCH_FRAME_MAX + 48];
};

#endif
