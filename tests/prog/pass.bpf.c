// SPDX-License-Identifier: GPL-2.0-or-later
/* The lab's stub: a veth accepts what XDP sends to it only with a program on. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
