/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * port.h - the only header that knows which world it is in: the kernel program (__bpf__) or user space.
 *
 * What differs: how eight octets are read, how far a scan may go, and two hints that only the verifier needs.
 */
#ifndef SIPXDP_PORT_H
#define SIPXDP_PORT_H

#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define port_le64(x) (x)
#define port_be64(x) __builtin_bswap64(x)
#define port_be32(x) __builtin_bswap32(x)
#define port_be16(x) __builtin_bswap16(x)
#else
#define port_le64(x) __builtin_bswap64(x)
#define port_be64(x) (x)
#define port_be32(x) (x)
#define port_be16(x) (x)
#endif

#define port_likely(x) __builtin_expect(!!(x), 1)
#define port_unlikely(x) __builtin_expect(!!(x), 0)
#define port_inline static inline __attribute__((always_inline))

#ifdef __bpf__

#ifndef NULL
#define NULL ((void *)0)
#endif

#include <linux/bpf.h>

/* What the core reads a datagram from: the frame itself. Offsets count from the first octet of the frame. */
#define sip_ctx xdp_md
#define port_data(c) ((const __u8 *)(long)(c)->data)
#define port_data_end(c) ((const __u8 *)(long)(c)->data_end)

/*
 * A global function: verified once, for any arguments, not once per call. With static functions and the same code the
 * whole parser takes over 1 M instructions (6.18, clang 14 and 19).
 */
#define port_global __attribute__((noinline))
#define port_memcpy __builtin_memcpy

/*
 * How far one scan of a value may go, in steps of eight octets, and how many steps of 32 octets the head may take.
 * Past them the message is "beyond me": the verifier counts every step.
 */
#define PORT_FIND_STEPS 32
#ifndef PORT_HEAD_STEPS
#define PORT_HEAD_STEPS 128
#endif
#define PORT_LIST_STEPS 24
#define PORT_COLON_STEPS 2
#define PORT_LEAD_STEPS 4
#define PORT_PARAM_STEPS 12
#ifndef PORT_TAG_STEPS
#define PORT_TAG_STEPS 8
#endif
#define PORT_DIGIT_STEPS 16
#define PORT_HASH_STEPS 32
/* None: a loop over single octets takes 0.7 to over 1 M instructions (6.18, clang 14 and 19), and is seldom needed. */
#define PORT_OCTET_STEPS 0

/* Offsets into a datagram are masked with this before they meet a packet pointer; the fast path reads no further. */
#define PORT_OFF_MASK 0x0fffu

/* Header rows of interest that a parse keeps; a power of two. */
#define PORT_ROWS_MAX 32u

/*
 * An empty asm that the compiler must believe changes x. clang 19 deletes bounds checks that another pointer implies
 * but the verifier (6.1 to 6.18) still needs; clang 14 hoists them out of order.
 */
#define port_barrier(x) asm volatile("" : "+r"(x))

/*
 * Make a scalar unknown to the verifier at the cost of one addition: `zero` comes from port_zero(), the difference of
 * a packet pointer with itself, of which the verifier (all kernels) knows nothing. Every offset that a loop carries is
 * forgotten right before the turn ends: else each turn has its own ranges and links, no state is pruned and 1 M
 * instructions do not suffice (6.18, clang 14 and 19). Volatile, so that the addition stays where it is written.
 */
port_inline __u64 port_forget(__u64 x, __u64 zero)
{
	asm volatile("%0 += %1" : "+r"(x) : "r"(zero));
	return x;
}

/*
 * Where paths meet and the verifier should compare states. It saves a state to compare with only after two jumps and
 * eight instructions since the last one (is_state_visited(), 6.1 to 6.18), so short paths that meet are walked on
 * separately and multiply. These jumps to the next instruction satisfy it; the verifier then removes them
 * (opt_remove_nops()), so they cost nothing at run time.
 */
#define port_join()                                                                                  \
	asm volatile("goto +0\n\tgoto +0\n\tgoto +0\n\tgoto +0\n\tgoto +0\n\tgoto +0\n\tgoto +0\n\t" \
		     "goto +0\n\tgoto +0")

port_inline __u64 port_zero(const void *data)
{
	__u64 z;

	asm volatile("%0 = %1\n\t%0 -= %1" : "=&r"(z) : "r"(data));
	return z;
}

port_inline __u64 port_len(const void *data, const void *end)
{
	__u64 n;

	asm volatile("%0 = %2\n\t%0 -= %1" : "=&r"(n) : "r"(data), "r"(end));
	return n;
}

port_inline __u64 port_read64(const __u8 *p)
{
	return *(const __u64 *)p;
}

port_inline void port_write64(__u8 *p, __u64 w)
{
	*(__u64 *)p = w;
}

#else

#include <stddef.h>
#include <string.h>

struct sip_ctx {
	const __u8 *data;
	const __u8 *data_end;
};

#define port_data(c) ((c)->data)
#define port_data_end(c) ((c)->data_end)
#define port_global static __attribute__((unused))
#define port_memcpy memcpy

#define PORT_FIND_STEPS 8192
#define PORT_HEAD_STEPS 70000
#define PORT_LIST_STEPS 8192
#define PORT_COLON_STEPS 8192
#define PORT_LEAD_STEPS 70000
#define PORT_PARAM_STEPS 70000
#define PORT_TAG_STEPS 70000
#define PORT_DIGIT_STEPS 70000
#define PORT_HASH_STEPS 8192
#define PORT_OCTET_STEPS 70000
#define PORT_OFF_MASK 0xffffu
#define PORT_ROWS_MAX 1024u

#define port_barrier(x) ((void)0)
#define port_join() ((void)0)

/* Here it is the compiler that forgets: gcc 12 -O2 takes what a scan returns at its bound for an offset into an array. */
port_inline __u64 port_forget(__u64 x, __u64 zero)
{
	(void)zero;
	__asm__ volatile("" : "+r"(x));
	return x;
}

port_inline __u64 port_zero(const void *data)
{
	(void)data;
	return 0;
}

port_inline __u64 port_len(const void *data, const void *end)
{
	return (__u64)((const __u8 *)end - (const __u8 *)data);
}

port_inline __u64 port_read64(const __u8 *p)
{
	__u64 w;

	memcpy(&w, p, sizeof(w));
	return w;
}

port_inline void port_write64(__u8 *p, __u64 w)
{
	memcpy(p, &w, sizeof(w));
}

#endif /* __bpf__ */

#endif
