/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_buf.h - bounded reads of a datagram, eight octets at a time. Every bounds check of the SIP core is in this file.
 *
 * A read beyond the end yields zero octets: NUL is no legal octet of any value that the core reads, so a scan that
 * runs off the end stops there by itself. Words are little endian: the octet at the lower offset is the lower one.
 */
#ifndef SIPXDP_SIP_BUF_H
#define SIPXDP_SIP_BUF_H

#include "port.h"

struct sip_buf {
	struct sip_ctx *c;
	const __u8 *data; /* offset 0: of the frame in the kernel, of the UDP payload in user space */
	const __u8 *end;  /* past the last octet of the UDP payload */
	__u64 len;	  /* end - data */
	__u64 zero;	  /* 0, unknown to the verifier: see port_forget */
};

/* Returned by scans that hit their bound: no offset in a datagram is that large. */
#define SIP_FAR 0xffffffffull

#define SIP_ONES 0x0101010101010101ull
#define SIP_HIGH 0x8080808080808080ull
#define SIP_SPLAT(c) (SIP_ONES * (__u8)(c))

/* Four octets that a scan stops at; name one twice to look for fewer. */
#define SIP_SET(a, b, c, d) ((__u32)(__u8)(a) | (__u32)(__u8)(b) << 8 | (__u32)(__u8)(c) << 16 | (__u32)(__u8)(d) << 24)

port_inline struct sip_buf sip_buf(struct sip_ctx *c)
{
	struct sip_buf b = { .c = c, .data = port_data(c), .end = port_data_end(c) };

	b.len = port_len(b.data, b.end);
	b.zero = port_zero(b.data);
	return b;
}

/* The view b of the datagram c, for functions that the kernel calls with its context alone. */
#define SIP_OPEN(c) const struct sip_buf view = sip_buf(c), *b = &view

/* Bit 7 set in every octet that is zero; exact for all eight. */
port_inline __u64 sip_zero_octets(__u64 w)
{
	__u64 low = ~SIP_HIGH;

	return ~(((w & low) + low) | w | low);
}

/* As above with one operation less, but octets above the lowest hit may be false hits. */
port_inline __u64 sip_zero_lowest(__u64 w)
{
	return (w - SIP_ONES) & ~w & SIP_HIGH;
}

/* Index of the lowest octet marked in a mask of bits 7; the mask must not be 0. BPF has no count of trailing zeros. */
port_inline __u64 sip_lowest(__u64 mask)
{
	return (((mask & -mask) >> 7) * 0x0001020304050607ull) >> 56;
}

/* As sip_load8, for the last octets of the datagram: the word that ends at the end is shifted down. */
port_global __u64 sip_load8_tail(struct sip_ctx *c, __u64 off)
{
	const __u8 *data = port_data(c), *end = port_data_end(c), *p;
	__u64 len = port_len(data, end), over = off + 8 - len;

	p = data + ((len - 8) & PORT_OFF_MASK);
	port_barrier(end);
	if (over >= 8 || len < 8 || p + 8 > end)
		return 0;
	return port_le64(port_read64(p)) >> (over * 8);
}

/*
 * The eight octets at off, zeros from the end of the datagram on (which must hold eight octets at least, else all are
 * zero).
 */
port_inline __u64 sip_load8(const struct sip_buf *b, __u64 off)
{
	const __u8 *end = b->end;
	const __u8 *p;
	__u64 w;

	off &= PORT_OFF_MASK;
	p = b->data + off;
	port_barrier(end);
	if (port_likely(p + 8 <= end))
		w = port_le64(port_read64(p));
	else
		w = sip_load8_tail(b->c, off);
	port_join();
	return w;
}

port_inline __u8 sip_load1(const struct sip_buf *b, __u64 off)
{
	const __u8 *end = b->end;
	const __u8 *p;

	p = b->data + (off & PORT_OFF_MASK);
	port_barrier(end);
	return p + 1 <= end ? *p : 0;
}

/*
 * x < y. Compared as copies: a comparison narrows what the verifier knows of both sides, and where the narrowed ones
 * live on, states that could have met stay apart.
 */
port_inline int sip_before(const struct sip_buf *b, __u64 x, __u64 y)
{
	return port_forget(x, b->zero) < port_forget(y, b->zero);
}

/* Whether one comparison finds both octets: they are the same, or differ in one bit. */
port_inline int sip_joins(__u8 x, __u8 y)
{
	return ((x ^ y) & ((x ^ y) - 1)) == 0;
}

/* Marks the lowest octet of w that is x or y, as sip_zero_lowest does; x and y are known when this is compiled. */
port_inline __u64 sip_either(__u64 w, __u8 x, __u8 y)
{
	if (x == y)
		return sip_zero_lowest(w ^ SIP_SPLAT(x));
	if (sip_joins(x, y))
		return sip_zero_lowest((w | SIP_SPLAT(x ^ y)) ^ SIP_SPLAT(x | y));
	return sip_zero_lowest(w ^ SIP_SPLAT(x)) | sip_zero_lowest(w ^ SIP_SPLAT(y));
}

/* The same for a set of four, in as few comparisons as there are. */
port_inline __u64 sip_any(__u64 w, __u32 set)
{
	__u8 x = set, y = set >> 8, u = set >> 16, v = set >> 24;
	int xy = sip_joins(x, y) + sip_joins(u, v), xu = sip_joins(x, u) + sip_joins(y, v);
	int xv = sip_joins(x, v) + sip_joins(y, u);

	if (xy >= xu && xy >= xv)
		return sip_either(w, x, y) | sip_either(w, u, v);
	if (xu >= xv)
		return sip_either(w, x, u) | sip_either(w, y, v);
	return sip_either(w, x, v) | sip_either(w, y, u);
}

/* As sip_find() for octets below `below`, too; 0: for none. set and below are known when this is compiled. */
port_inline __u64 sip_find_or_below(const struct sip_buf *b, __u64 off, __u64 lim, __u32 set, __u8 below)
{
	__u64 hit = 0, w;
	int i;

	off = port_forget(off, b->zero);
	/* a copy: comparing narrows what the verifier knows of both sides, and lim is the caller's */
	lim = port_forget(lim, b->zero);
	for (i = 0; i < PORT_FIND_STEPS; i++, off = port_forget(off + 8, b->zero)) {
		if (off >= lim)
			break;
		w = sip_load8(b, off);
		hit = sip_any(w, set) | (below ? (w - SIP_SPLAT(below)) & ~w & SIP_HIGH : 0);
		if (hit)
			break;
	}
	hit = port_forget(hit, b->zero);
	off = port_forget(off, b->zero);
	lim = port_forget(lim, b->zero);
	port_join();
	/* neither found nor at the limit: the steps ran out (i itself would keep the exits apart) */
	if (!sip_before(b, off, lim))
		off = lim;
	else if (!hit)
		off = SIP_FAR;
	off = port_forget(off + sip_lowest(hit), b->zero);
	if (off != SIP_FAR && off > lim)
		off = lim;
	off = port_forget(off, b->zero);
	port_join();
	return off;
}

/*
 * The first offset in [off, lim) that holds an octet of the set, lim where there is none, SIP_FAR where the bound of
 * a scan was hit first.
 */
port_inline __u64 sip_find(const struct sip_buf *b, __u64 off, __u64 lim, __u32 set)
{
	return sip_find_or_below(b, off, lim, set, 0);
}

/* Marks every octet of w that is a blank: SP, HTAB, or the CR and LF of a folded line. */
port_inline __u64 sip_blank_octets(__u64 w)
{
	return sip_zero_octets(w ^ SIP_SPLAT(' ')) | sip_zero_octets(w ^ SIP_SPLAT('\t')) |
	       sip_zero_octets(w ^ SIP_SPLAT('\r')) | sip_zero_octets(w ^ SIP_SPLAT('\n'));
}

/* 1 where c is a blank, else 0; without a branch. */
port_inline __u64 sip_is_blank(__u64 c)
{
	__u64 set = 1ull << ' ' | 1ull << '\t' | 1ull << '\r' | 1ull << '\n';

	return (set >> (c & 63)) & ((c - 64) >> 63);
}

/* As sip_skip_blanks, for runs of any length. */
port_global __u64 sip_skip_blank_run(struct sip_ctx *c, __u64 off, __u64 lim)
{
	SIP_OPEN(c);
	__u64 other;
	int i;

	off = port_forget(off, b->zero);
	lim = port_forget(lim, b->zero);
	for (i = 0; i < PORT_LIST_STEPS; i++, off = port_forget(off + 8, b->zero)) {
		if (off >= lim)
			return lim;
		other = ~sip_blank_octets(sip_load8(b, off)) & SIP_HIGH;
		if (other) {
			off += sip_lowest(other);
			return off < lim ? off : lim;
		}
	}
	return SIP_FAR;
}

/*
 * The first offset in [off, lim] that is no blank; SIP_FAR where the bound was hit. None and one blank, which is what
 * nearly all messages have, cost no call: a return takes 10 ns and more where the CPU's mitigations are on.
 */
port_inline __u64 sip_skip_blanks(const struct sip_buf *b, __u64 off, __u64 lim)
{
	__u64 c = sip_load1(b, off);

	if (c == ' ') {
		off++;
		c = sip_load1(b, off);
	}
	c = port_forget(c, b->zero);
	off = port_forget(off, b->zero);
	port_join();
	/* no octet above SP is a blank; what is, the run tells */
	if (port_unlikely(c <= ' '))
		off = sip_skip_blank_run(b->c, off, lim);
	else if (sip_before(b, lim, off))
		off = lim;
	off = port_forget(off, b->zero);
	port_join();
	return off;
}

/* The least end in [off, end] so that no blank stands before it; SIP_FAR where the bound was hit. */
port_global __u64 sip_trim_blanks(struct sip_ctx *c, __u64 off, __u64 end)
{
	SIP_OPEN(c);
	int i;

	end = port_forget(end, b->zero);
	for (i = 0; i < PORT_FIND_STEPS; i++, end = port_forget(end - 1, b->zero)) {
		if (end <= off || !sip_is_blank(sip_load1(b, end - 1)))
			return end;
	}
	return SIP_FAR;
}

/* As sip_trim_blanks, which is called only where there is something to trim. */
port_inline __u64 sip_trim(const struct sip_buf *b, __u64 off, __u64 end)
{
	if (port_unlikely(sip_load1(b, end - 1) <= ' '))
		end = sip_trim_blanks(b->c, off, end);
	end = port_forget(end, b->zero);
	port_join();
	return end;
}

/* Whether one of up to three results of scans is SIP_FAR. */
port_inline int sip_is_far(__u64 x, __u64 y, __u64 z)
{
	return ((x | y | z) & ~0xffffull) != 0;
}

/*
 * Past the closing quote of a quoted-string whose first octet after the opening one is at off (RFC 3261 25.1: a
 * backslash escapes any octet); lim + 1 where it is not closed before lim; SIP_FAR where the bound was hit.
 */
port_global __u64 sip_skip_quoted(struct sip_ctx *c, __u64 off, __u64 lim)
{
	SIP_OPEN(c);
	__u64 w, hit;
	int i;

	off = port_forget(off, b->zero);
	for (i = 0; i < PORT_FIND_STEPS; i++, off = port_forget(off, b->zero)) {
		if (off >= lim)
			return lim + 1;
		w = sip_load8(b, off);
		hit = sip_zero_lowest(w ^ SIP_SPLAT('"')) | sip_zero_lowest(w ^ SIP_SPLAT('\\'));
		if (!hit) {
			off += 8;
			continue;
		}
		off += sip_lowest(hit);
		if (off >= lim)
			return lim + 1;
		if (sip_load1(b, off) == '"')
			return off + 1;
		off += 2;
	}
	return SIP_FAR;
}

/* Eight lower-case hexadecimal digits of x, the most significant first, as the word that sip_load8 would yield. */
port_inline __u64 sip_hex8(__u32 x)
{
	__u64 n = port_be32(x), letter;

	/* spread nibbles: octet k of the word is nibble k of the text */
	n = (n & 0x0000ffffull) | (n & 0xffff0000ull) << 16;
	n = (n & 0x000000ff000000ffull) | (n & 0x0000ff000000ff00ull) << 8;
	n = (n & 0x000f000f000f000full) << 8 | (n & 0x00f000f000f000f0ull) >> 4;
	letter = ((n + SIP_SPLAT(6)) >> 4) & SIP_ONES;
	return n + SIP_SPLAT('0') + letter * ('a' - '0' - 10);
}

/* The number that eight such digits say, as the word that sip_load8 yields; other octets make some number. */
port_inline __u32 sip_unhex8(__u64 w)
{
	__u64 n = (w & SIP_SPLAT(0x0f)) + (w >> 6 & SIP_ONES) * 9;

	n = ((n & 0x000f000f000f000full) << 4) | (n >> 8 & 0x000f000f000f000full);
	return (__u32)((n & 0xff) << 24 | (n >> 16 & 0xff) << 16 | (n >> 32 & 0xff) << 8 | (n >> 48 & 0xff));
}

#endif
