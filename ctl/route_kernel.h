/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route_kernel.h - runs the kernel program on a datagram by test run, in a network namespace of its own where every
 * address has a way: nothing is sent, and nothing of this host's network is seen or touched.
 */
#ifndef SIPXDP_CTL_ROUTE_KERNEL_H
#define SIPXDP_CTL_ROUTE_KERNEL_H

#include <stddef.h>

#include "bpf.h"

/* Ethernet, IPv6, UDP and the longest payload, and what that can grow by; the kernel takes no longer frame. */
#define ROUTE_FRAME_MAX 67584

/* Of Ethernet; and the most that a veth device can have. */
#define ROUTE_MTU 1500
#define ROUTE_MTU_MAX 65535

/* What became of one datagram. */
struct route_run {
	__u32 verdict;		  /* enum verdict; needs_slow_path is slow */
	__u32 reason;		  /* enum reason */
	struct ds_endpoint to;	  /* where it is sent */
	const unsigned char *out; /* the payload to be sent, NULL where there is none; until the next run */
	size_t out_len;
	const unsigned char *frame; /* the whole frame around it */
	size_t frame_len;
};

/*
 * Moves this process to a new network namespace for good and builds it. Returns 0 or -errno, with *what (static text)
 * what could not be done.
 */
int route_kernel_enter(__u32 mtu, const char **what);

/*
 * Runs one datagram from src through an instance made for it (its counters of that listener slot are set to 0 first).
 * Returns 0, -EPROTO where not exactly one verdict and one reason were counted, or -errno.
 */
int route_kernel_run(const struct bpf_inst *b, __u32 slot, const struct ds_endpoint *src, const unsigned char *payload,
		     size_t len, struct route_run *r);

#endif
