/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * csum.bpf.h - Internet checksums (RFC 1071, RFC 1624). Sums are kept in 64 bits in network byte order and folded at
 * the end; subtracting is adding the complement.
 */
#ifndef SIPXDP_CSUM_BPF_H
#define SIPXDP_CSUM_BPF_H

#include "work.bpf.h"

/* The halves of eight octets, or of a sum, added: no more than 33 bits. */
port_inline __u64 csum_word(__u64 w)
{
	return (w & 0xffffffff) + (w >> 32);
}

/* 16 bits of a sum, not inverted. */
port_inline __u16 csum_fold(__u64 s)
{
	s = csum_word(s);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return s;
}

port_inline __u64 csum_sub(__u64 s, __u64 minus)
{
	return s + (__u16)~csum_fold(minus);
}

/* The sum of octets that move from an even to an odd offset or back. */
port_inline __u64 csum_swap(__u64 s)
{
	__u16 f = csum_fold(s);

	return (__u16)(f << 8 | f >> 8);
}

/* Pseudo header of UDP over IPv4 or IPv6; len: octets of UDP header and payload. */
port_inline __u64 csum_pseudo(const struct ds_addr *src, const struct ds_addr *dst, __u32 is_ip6, __u32 len)
{
	__u64 s = bpf_htons(IPPROTO_UDP);

	s += bpf_htons(len);
	s += src->w[3];
	s += dst->w[3];
	if (is_ip6) {
		s += src->w[0];
		s += src->w[1];
		s += src->w[2];
		s += dst->w[0];
		s += dst->w[1];
		s += dst->w[2];
	}
	return s;
}

/* Octets that are summed at a time. */
#define CSUM_BLOCK 32

#define CSUM_STEPS ((WORK_HEAD_MAX + CSUM_BLOCK - 1) / CSUM_BLOCK)

/* As many zero octets at p as csum_octets() may read behind what it sums. */
port_inline void csum_end(__u8 *p)
{
	*(__u64 *)p = 0;
	*(__u64 *)(p + 8) = 0;
	*(__u64 *)(p + 16) = 0;
	*(__u64 *)(p + 24) = 0;
}

/*
 * Sum of len octets at p, which is inside a map value and has csum_end() behind them; len at most WORK_HEAD_MAX. zero:
 * see port_forget.
 */
port_inline __u64 csum_octets(const __u8 *p, __u64 len, __u64 zero)
{
	const __u8 *q;
	__u64 s = 0;
	__u32 i;

	s = port_forget(s, zero);
	for (i = 0; i < CSUM_STEPS; i++, s = port_forget(s, zero)) {
		if (i * CSUM_BLOCK >= len)
			break;
		q = p + i * CSUM_BLOCK;
		s += csum_word(*(const __u64 *)q) + csum_word(*(const __u64 *)(q + 8));
		s += csum_word(*(const __u64 *)(q + 16)) + csum_word(*(const __u64 *)(q + 24));
	}
	return s;
}

#endif
