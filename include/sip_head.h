/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_head.h - splits the head of a message into rows and finds the ones that the core reads (RFC 3261 7.3).
 *
 * One pass in steps of 32 octets. A step without an octet below 0x0e costs four loads and a few operations; only one
 * that holds a CR, LF, NUL or HTAB is looked at closely. reference: DESIGN.md section 10.
 */
#ifndef SIPXDP_SIP_HEAD_H
#define SIPXDP_SIP_HEAD_H

#include "counters.h"
#include "sip_buf.h"
#include "sip_msg.h"

#define SIP_FOLD SIP_SPLAT(0x20)

/* Up to eight octets of text as the little-endian word that sip_load8 would yield; the rest zero. */
#define SIP_W1(a) ((__u64)(a))
#define SIP_W2(a, b) (SIP_W1(a) | (__u64)(b) << 8)
#define SIP_W3(a, b, c) (SIP_W2(a, b) | (__u64)(c) << 16)
#define SIP_W4(a, b, c, d) (SIP_W3(a, b, c) | (__u64)(d) << 24)
#define SIP_W5(a, b, c, d, e) (SIP_W4(a, b, c, d) | (__u64)(e) << 32)
#define SIP_W6(a, b, c, d, e, f) (SIP_W5(a, b, c, d, e) | (__u64)(f) << 40)
#define SIP_W7(a, b, c, d, e, f, g) (SIP_W6(a, b, c, d, e, f) | (__u64)(g) << 48)
#define SIP_W8(a, b, c, d, e, f, g, h) (SIP_W7(a, b, c, d, e, f, g) | (__u64)(h) << 56)

#define SIP_MASK(n) (~0ull >> (64 - 8 * (n)))

/* A field name is not one of ours. */
#define SIP_NAME_NONE 0

/*
 * Which field starts with this word, case folded (only letters are compared, so OR 0x20 is exact), and how long its
 * name is: enum sip_hdr | length << 8. Names longer than eight octets are compared to the end by sip_name_rest.
 */
port_inline __u32 sip_name(__u64 raw)
{
	__u64 w = raw | SIP_FOLD;
	__u8 second = raw >> 8;

	if (second == ':' || second == ' ' || second == '\t') {
		switch ((__u8)w) {
		case 'v':
			return SIP_HDR_VIA | 1 << 8;
		case 'f':
			return SIP_HDR_FROM | 1 << 8;
		case 't':
			return SIP_HDR_TO | 1 << 8;
		case 'i':
			return SIP_HDR_CALL_ID | 1 << 8;
		case 'l':
			return SIP_HDR_CONTENT_LENGTH | 1 << 8;
		}
		return SIP_NAME_NONE;
	}
	if ((w & SIP_MASK(3)) == SIP_W3('v', 'i', 'a'))
		return SIP_HDR_VIA | 3 << 8;
	if ((w & SIP_MASK(2)) == SIP_W2('t', 'o'))
		return SIP_HDR_TO | 2 << 8;
	if ((w & SIP_MASK(4)) == SIP_W4('f', 'r', 'o', 'm'))
		return SIP_HDR_FROM | 4 << 8;
	if ((w & SIP_MASK(4)) == SIP_W4('c', 's', 'e', 'q'))
		return SIP_HDR_CSEQ | 4 << 8;
	if ((w & SIP_MASK(7)) == SIP_W7('c', 'a', 'l', 'l', '-', 'i', 'd'))
		return SIP_HDR_CALL_ID | 7 << 8;
	if (w == SIP_W8('c', 'o', 'n', 't', 'e', 'n', 't', '-'))
		return SIP_HDR_CONTENT_LENGTH | 14 << 8;
	if (w == SIP_W8('m', 'a', 'x', '-', 'f', 'o', 'r', 'w'))
		return SIP_HDR_MAX_FORWARDS | 12 << 8;
	if ((w & SIP_MASK(5)) == SIP_W5('r', 'o', 'u', 't', 'e'))
		return SIP_HDR_ROUTE | 5 << 8;
	if (w == SIP_W8('p', 'r', 'o', 'x', 'y', '-', 'r', 'e'))
		return SIP_HDR_PROXY_REQUIRE | 13 << 8;
	return SIP_NAME_NONE;
}

/* Whether the rest of a long name, from its ninth octet on, is what its first eight promised. */
port_inline int sip_name_rest(__u32 hdr, __u64 raw)
{
	__u64 w = raw | SIP_FOLD;

	switch (hdr) {
	case SIP_HDR_CONTENT_LENGTH:
		return (w & SIP_MASK(6)) == SIP_W6('l', 'e', 'n', 'g', 't', 'h');
	case SIP_HDR_MAX_FORWARDS:
		return (w & SIP_MASK(4)) == SIP_W4('a', 'r', 'd', 's');
	case SIP_HDR_PROXY_REQUIRE:
		return (w & SIP_MASK(5)) == SIP_W5('q', 'u', 'i', 'r', 'e');
	}
	return 0;
}

/*
 * Offset of the first octet below 0x0e in the 32 at off, or off + 32. Octets from the end of the datagram on count
 * as NUL.
 */
port_inline __u64 sip_next_control(const struct sip_buf *b, __u64 off)
{
	const __u8 *end = b->end;
	const __u8 *p;
	__u64 w0, w1, w2, w3, k = SIP_SPLAT(0x0e);

	p = b->data + (off & PORT_OFF_MASK);
	port_barrier(end);
	if (port_likely(p + 32 <= end)) {
		w0 = port_le64(port_read64(p));
		w1 = port_le64(port_read64(p + 8));
		w2 = port_le64(port_read64(p + 16));
		w3 = port_le64(port_read64(p + 24));
	} else {
		w0 = sip_load8(b, off);
		w1 = sip_load8(b, off + 8);
		w2 = sip_load8(b, off + 16);
		w3 = sip_load8(b, off + 24);
	}
	/* Octets from 0x8e on are false hits here; the exact masks below sort them out. */
	if (port_likely(!(((w0 - k) | (w1 - k) | (w2 - k) | (w3 - k)) & SIP_HIGH)))
		return off + 32;
	w0 = (w0 - k) & ~w0 & SIP_HIGH;
	if (w0)
		return off + sip_lowest(w0);
	w1 = (w1 - k) & ~w1 & SIP_HIGH;
	if (w1)
		return off + 8 + sip_lowest(w1);
	w2 = (w2 - k) & ~w2 & SIP_HIGH;
	if (w2)
		return off + 16 + sip_lowest(w2);
	w3 = (w3 - k) & ~w3 & SIP_HIGH;
	if (w3)
		return off + 24 + sip_lowest(w3);
	return off + 32;
}

/* The first fault wins. */
port_inline void sip_fault(struct sip_msg *m, int reason)
{
	if (m->reason == REASON_none)
		m->reason = reason;
}

/* Past the SP and HTAB that may stand before a colon (never a line end: RFC 3261 25.1 HCOLON). SIP_FAR at the bound. */
port_inline __u64 sip_skip_to_colon(const struct sip_buf *b, __u64 off)
{
	__u64 w, other;
	int i;

	for (i = 0; i < PORT_COLON_STEPS; i++) {
		w = sip_load8(b, off);
		other = ~(sip_zero_octets(w ^ SIP_SPLAT(' ')) | sip_zero_octets(w ^ SIP_SPLAT('\t'))) & SIP_HIGH;
		if (other)
			return off + sip_lowest(other);
		off += 8;
	}
	return SIP_FAR;
}

/* Notes the row that starts at off if it is one the core reads; returns its index in m->row, 0 for any other. */
port_inline __u32 sip_row_open(const struct sip_buf *b, struct sip_msg *m, __u64 off)
{
	/* forgotten, so that the verifier goes on with one state and not with one per name */
	__u64 name = port_forget(sip_name(sip_load8(b, off)), b->zero);
	__u64 hdr = name & (SIP_HDR_MAX - 1), len = name >> 8 & 0xff, n;
	__u64 colon = off + len;
	struct sip_row *row;
	__u8 d;

	if (hdr == SIP_HDR_OTHER)
		return 0;
	if (len > 8 && !sip_name_rest(hdr, sip_load8(b, off + 8)))
		return 0;
	d = sip_load1(b, colon);
	if (d == ' ' || d == '\t') {
		colon = sip_skip_to_colon(b, colon);
		if (colon == SIP_FAR) {
			m->beyond = 1;
			return 0;
		}
		d = sip_load1(b, colon);
	}
	if (d != ':')
		return 0;
	n = m->rows;
	if (n >= PORT_ROWS_MAX) {
		m->beyond = 1;
		return 0;
	}
	row = &m->row[n & (PORT_ROWS_MAX - 1)];
	row->at = off;
	row->value = colon + 1;
	row->hdr = hdr;
	m->rows = n + 1;
	if (m->seen & 1u << hdr) {
		m->twice |= 1u << hdr;
	} else {
		m->seen |= 1u << hdr;
		m->first[hdr & (SIP_HDR_MAX - 1)] = n;
	}
	return n;
}

/*
 * Walks the rows from m->line to the empty line. Sets m->row[], first, seen, twice, blank and body; m->reason to
 * bad_line or no_header_end; m->beyond where a bound was hit. A row's end excludes its CRLF, folded lines included.
 */
port_global int sip_head_scan(struct sip_ctx *c, struct sip_msg *m)
{
	SIP_OPEN(c);
	__u64 off, w;
	__u32 cur = 0;
	int i;

	if (!m)
		return -1;
	off = m->line;
	if (sip_load1(b, off) == '\r') {
		/* an empty head: the empty line follows the start line at once */
		if (sip_load1(b, off + 1) != '\n') {
			sip_fault(m, REASON_bad_line);
			return 0;
		}
		m->blank = off;
		m->body = off + 2;
		return 0;
	}
	cur = sip_row_open(b, m, off);
	for (i = 0; i < PORT_HEAD_STEPS; i++) {
		off = port_forget(off, b->zero);
		cur = port_forget(cur, b->zero);
		w = sip_next_control(b, off);
		if (w == off + 32) {
			off = w;
			continue;
		}
		off = w;
		w = sip_load8(b, off);
		if ((w & 0xffff) != SIP_W2('\r', '\n')) {
			if (off >= b->len) {
				sip_fault(m, REASON_no_header_end);
				return 0;
			}
			if ((__u8)w == '\r' || (__u8)w == '\n' ||
			    ((__u8)w == 0 && sip_load1(b, off - 1) != '\\')) {
				sip_fault(m, REASON_bad_line);
				return 0;
			}
			off++;
			continue;
		}
		off += 2;
		w >>= 16;
		if ((__u8)w == ' ' || (__u8)w == '\t')
			continue;
		m->row[cur & (PORT_ROWS_MAX - 1)].end = off - 2;
		if ((w & 0xffff) == SIP_W2('\r', '\n')) {
			m->blank = off;
			m->body = off + 2;
			return 0;
		}
		cur = sip_row_open(b, m, off);
	}
	m->beyond = 1;
	return 0;
}

#endif
