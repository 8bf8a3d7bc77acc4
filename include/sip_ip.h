/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_ip.h - IP addresses as text in a message (RFC 3261 25.1 IPv4address, IPv6address; RFC 4291 2.2; RFC 5118 4).
 *
 * An address is 16 octets in network byte order, IPv4 as ::ffff:a.b.c.d (struct ds_addr), so that all that says the
 * same address is equal octet by octet. Nothing here loops over octets: a part is a word.
 */
#ifndef SIPXDP_SIP_IP_H
#define SIPXDP_SIP_IP_H

#include "abi.h"
#include "sip_value.h"

#define SIP_IP4_TEXT_MIN 7
#define SIP_IP4_TEXT_MAX 15
#define SIP_IP6_TEXT_MIN 2
#define SIP_IP6_TEXT_MAX 46 /* eight parts of which two are IPv4, and the colon too many of RFC 5118 4.6 */
#define SIP_IP6_PARTS 8
#define SIP_IP4_NONE (1ull << 32) /* no IPv4 address is that large */

/* Whether the address is IPv4. */
port_inline int sip_ip_is4(const struct ds_addr *a)
{
	return !(a->w[0] | a->w[1] | (a->w[2] ^ port_be32(0xffff)));
}

port_inline int sip_ip_equal(const struct ds_addr *a, const struct ds_addr *b)
{
	return !((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) | (a->w[2] ^ b->w[2]) | (a->w[3] ^ b->w[3]));
}

/* Bit 7 set in every octet that is no decimal digit, of octets that were compared (XOR) with '0'. */
port_inline __u64 sip_ip_no_digit(__u64 x)
{
	return (((x & ~SIP_HIGH) + SIP_SPLAT(0x80 - 10)) | x) & SIP_HIGH;
}

/*
 * The len octets at off as IPv4 address in host byte order: four times 1 to 3 digits, leading zeros legal, never octal
 * (RFC 3261 25.1). SIP_IP4_NONE where it is none. Branches only at the end.
 */
port_inline __u64 sip_ip4_value(const struct sip_buf *b, __u64 off, __u64 len)
{
	__u64 lo, hi, n, t, part, used = 0, ip = 0, bad = 0;
	int i;

	if (len < SIP_IP4_TEXT_MIN || len > SIP_IP4_TEXT_MAX)
		return SIP_IP4_NONE;
	lo = sip_load8(b, off);
	hi = sip_load8(b, off + 8);
	/* a full stop behind the last part too; lo has one behind len 7 */
	if (len == 7)
		lo = (lo & SIP_MASK(7)) | (__u64)'.' << 56;
	else
		hi = (hi & ~(~0ull << ((8 * (len - 8)) & 63))) | (__u64)'.' << ((8 * (len - 8)) & 63);
	for (i = 0; i < 4; i++) {
		n = sip_lowest(sip_zero_lowest(lo ^ SIP_SPLAT('.')));
		/* the sign bit: n is not 1 to 3 */
		bad |= ((n - 1) | (3 - n)) & 1ull << 63;
		n &= 3;
		t = (lo ^ SIP_SPLAT('0')) << ((64 - 8 * n) & 63);
		bad |= sip_ip_no_digit(t);
		part = (t >> 56) + 10 * (t >> 48 & 0xff) + 100 * (t >> 40 & 0xff);
		bad |= (255 - part) & 1ull << 63;
		ip = ip << 8 | (part & 0xff);
		used += ++n;
		lo = lo >> (8 * n) | hi << (64 - 8 * n);
		hi >>= 8 * n;
	}
	return bad || used != len + 1 ? SIP_IP4_NONE : ip;
}

/* The 1 to 4 hexadecimal digits in the upper n octets of t, lower ones zero, as a number; sets *bad if not. */
port_inline __u64 sip_ip6_part(__u64 t, __u64 n, __u64 *bad)
{
	__u64 top = SIP_HIGH << ((64 - 8 * n) & 63);
	__u64 letter = (t | SIP_FOLD) ^ SIP_SPLAT(0x60), low = letter & ~SIP_HIGH;
	/* no letter: below 1 or above 6 */
	__u64 none = ~(low + SIP_SPLAT(0x7f)) | (low + SIP_SPLAT(0x80 - 7)) | letter;

	*bad |= none & sip_ip_no_digit(t ^ SIP_SPLAT('0')) & top;
	t = (t & SIP_SPLAT(0x0f)) + 9 * (t >> 6 & SIP_ONES);
	return (t >> 56) | (t >> 48 & 0xf) << 4 | (t >> 40 & 0xf) << 8 | (t >> 32 & 0xf) << 12;
}

/* 128 bits that parts are shifted into. */
struct sip_ip6 {
	__u64 hi;
	__u64 lo;
	__u64 parts;
};

port_inline void sip_ip6_shift(struct sip_ip6 *a, __u64 bits, __u64 part)
{
	a->hi = a->hi << bits | a->lo >> (64 - bits);
	a->lo = a->lo << bits | part;
}

/* What stood before "::" moved up to where it belongs: parts is 0 to 7. */
port_inline void sip_ip6_head(struct sip_ip6 *a)
{
	__u64 up = 16 * (SIP_IP6_PARTS - a->parts);

	if (up >= 64) {
		a->hi = a->lo << (up & 63);
		a->lo = 0;
	} else {
		a->hi = a->hi << up | a->lo >> ((64 - up) & 63);
		a->lo <<= up;
	}
}

/*
 * IPv6 text in [off, lim), without brackets, into *out. "::" once, an IPv4 address as the last two parts, and the
 * ":::" before it that RFC 3261's own grammar produces (RFC 5118 4.6). 0, or 1 where it is none.
 */
port_global int sip_ip6_parse(struct sip_ctx *c, __u64 off, __u64 lim, struct ds_addr *out)
{
	SIP_OPEN(c);
	struct sip_ip6 a = { 0 }, head = { 0 };
	__u64 w, dot, n, ip, gap = 0, three = 0, bad = 0;
	int i;

	if (!out || lim < off + SIP_IP6_TEXT_MIN || lim > off + SIP_IP6_TEXT_MAX)
		return 1;
	w = sip_load8(b, off);
	if ((__u8)w == ':') {
		if ((__u8)(w >> 8) != ':')
			return 1;
		off++;
	}
	for (i = 0; i <= SIP_IP6_PARTS; i++) {
		off = port_forget(off, b->zero);
		a.parts = port_forget(a.parts, b->zero);
		gap = port_forget(gap, b->zero);
		three = port_forget(three, b->zero);
		bad = port_forget(bad, b->zero);
		port_join();
		if (off >= lim)
			break;
		w = sip_load8(b, off);
		n = lim - off;
		if (n < 8)
			w = (w & ~(~0ull << (8 * n & 63))) | SIP_SPLAT(':') << (8 * n & 63);
		if ((__u8)w == ':') {
			if (gap)
				return 1;
			gap = 1;
			head = a;
			a.hi = a.lo = a.parts = 0;
			off++;
			if (off < lim && (__u8)(w >> 8) == ':') {
				three = 1;
				off++;
			}
			continue;
		}
		dot = sip_zero_lowest(w ^ SIP_SPLAT('.'));
		n = sip_lowest(sip_zero_lowest(w ^ SIP_SPLAT(':')));
		if (dot && (!n || sip_lowest(dot) < n)) {
			ip = sip_ip4_value(b, off, lim - off);
			if (ip == SIP_IP4_NONE || (three && a.parts))
				return 1;
			sip_ip6_shift(&a, 32, ip);
			a.parts += 2;
			three = 0;
			off = lim;
			break;
		}
		if (!n || n > 4)
			return 1;
		sip_ip6_shift(&a, 16, sip_ip6_part(w << ((64 - 8 * n) & 63), n, &bad));
		a.parts++;
		off += n;
		if (off >= lim)
			break;
		off++;
		/* a colon at the very end is none of "::" */
		if (off >= lim)
			return 1;
	}
	n = a.parts + head.parts;
	if (off < lim || bad || three || (gap ? n >= SIP_IP6_PARTS : n != SIP_IP6_PARTS))
		return 1;
	if (gap) {
		sip_ip6_head(&head);
		a.hi |= head.hi;
		a.lo |= head.lo;
	}
	out->w[0] = port_be32((__u32)(a.hi >> 32));
	out->w[1] = port_be32((__u32)a.hi);
	out->w[2] = port_be32((__u32)(a.lo >> 32));
	out->w[3] = port_be32((__u32)a.lo);
	return 0;
}

/*
 * The address that the span s of the datagram spells, into *out. is_ip6: s stood in brackets, which it does not
 * include. Else it is IPv4, or what a received parameter may hold: IPv6 with or without brackets (RFC 5118 4.5).
 * 0, or 1 where it is no address (a name).
 */
port_inline int sip_ip_parse(const struct sip_buf *b, struct sip_span s, int is_ip6, struct ds_addr *out)
{
	__u64 off = s.off, lim = off + s.len, ip;

	if (!is_ip6) {
		ip = sip_ip4_value(b, off, s.len);
		if (port_likely(ip != SIP_IP4_NONE)) {
			out->w[0] = out->w[1] = 0;
			out->w[2] = port_be32(0xffff);
			out->w[3] = port_be32((__u32)ip);
			return 0;
		}
		if (sip_load1(b, off) == '[') {
			if (sip_load1(b, lim - 1) != ']')
				return 1;
			off++;
			lim--;
		}
	}
	return sip_ip6_parse(b->c, off, lim, out);
}

#endif
