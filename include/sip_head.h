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
 * Which field the row at off is, case folded (only letters are compared, so OR 0x20 is exact), and how long its name
 * is: enum sip_hdr | length << 8. What follows the name is not looked at.
 */
port_inline __u32 sip_name(const struct sip_buf *b, __u64 off)
{
	__u64 raw = sip_load8(b, off), w = raw | SIP_FOLD;
	__u8 second = raw >> 8;
	__u64 rest, mask;
	__u32 name;

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
	if ((w & SIP_MASK(5)) == SIP_W5('r', 'o', 'u', 't', 'e'))
		return SIP_HDR_ROUTE | 5 << 8;
	if (w == SIP_W8('c', 'o', 'n', 't', 'e', 'n', 't', '-'))
		name = SIP_HDR_CONTENT_LENGTH | 14 << 8, rest = SIP_W6('l', 'e', 'n', 'g', 't', 'h'),
		mask = SIP_MASK(6);
	else if (w == SIP_W8('m', 'a', 'x', '-', 'f', 'o', 'r', 'w'))
		name = SIP_HDR_MAX_FORWARDS | 12 << 8, rest = SIP_W4('a', 'r', 'd', 's'), mask = SIP_MASK(4);
	else if (w == SIP_W8('p', 'r', 'o', 'x', 'y', '-', 'r', 'e'))
		name = SIP_HDR_PROXY_REQUIRE | 13 << 8, rest = SIP_W5('q', 'u', 'i', 'r', 'e'), mask = SIP_MASK(5);
	else
		return SIP_NAME_NONE;
	return ((sip_load8(b, off + 8) | SIP_FOLD) & mask) == rest ? name : SIP_NAME_NONE;
}

/*
 * Looks at the 32 octets at off (8 where fewer are left): the offset of the first below 0x0e, or the end of the step
 * with *none set. Octets from the end of the datagram on count as NUL.
 */
port_inline __u64 sip_next_control(const struct sip_buf *b, __u64 off, __u64 *none)
{
	const __u8 *end = b->end;
	const __u8 *p;
	__u64 w0, w1 = SIP_SPLAT(' '), w2 = w1, w3 = w1, k = SIP_SPLAT(0x0e), step = 8;

	p = b->data + (off & PORT_OFF_MASK);
	port_barrier(end);
	if (port_likely(p + 32 <= end)) {
		w0 = port_le64(port_read64(p));
		w1 = port_le64(port_read64(p + 8));
		w2 = port_le64(port_read64(p + 16));
		w3 = port_le64(port_read64(p + 24));
		step = 32;
	} else {
		w0 = sip_load8(b, off);
	}
	*none = 0;
	/* Octets from 0x8e on are false hits here; the exact masks below sort them out. */
	if (port_unlikely(((w0 - k) | (w1 - k) | (w2 - k) | (w3 - k)) & SIP_HIGH)) {
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
	}
	*none = 1;
	return off + step;
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
	__u64 name = port_forget(sip_name(b, off), b->zero);
	__u64 hdr = name & (SIP_HDR_MAX - 1), len = name >> 8 & 0xff, n;
	__u64 colon = off + len;
	struct sip_row *row;
	__u8 d;

	port_join();
	if (hdr == SIP_HDR_OTHER)
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
	/* no end yet: where the head breaks off, the value is empty and not the message before's */
	row->end = 0;
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

/* A control octet that ends no line: 1 where it is a fault, 0 where it may stand there (HTAB, quoted pairs). */
port_inline int sip_head_fault(const struct sip_buf *b, struct sip_msg *m, __u64 off, __u8 octet)
{
	if (off >= port_forget(b->len, b->zero))
		sip_fault(m, REASON_no_header_end);
	else if (octet == '\r' || octet == '\n' || (octet == 0 && sip_load1(b, off - 1) != '\\'))
		sip_fault(m, REASON_bad_line);
	else
		return 0;
	return 1;
}

/*
 * Walks the rows from m->line to the empty line. Sets m->row[], first, seen, twice, blank and body; m->reason to
 * bad_line or no_header_end; m->beyond where a bound was hit. A row's end excludes its CRLF, folded lines included.
 * Begins with the CRLF of the start line, so that the first row is no special case. Returns 0.
 */
port_global int sip_head_scan(struct sip_ctx *c, struct sip_msg *m)
{
	SIP_OPEN(c);
	__u64 off, w, none, end, cur = port_forget(0, b->zero);
	int i;

	if (!m)
		return 0;
	off = port_forget(m->line - 2, b->zero);
	for (i = 0; i < PORT_HEAD_STEPS; i++, off = port_forget(off, b->zero)) {
		port_join();
		off = port_forget(sip_next_control(b, off, &none), b->zero);
		if (none)
			continue;
		w = sip_load8(b, off);
		if (port_unlikely((w & 0xffff) != SIP_W2('\r', '\n'))) {
			if (sip_head_fault(b, m, off, w)) {
				/* a row without an end has no value; what stands there is of another message */
				m->row[cur & (PORT_ROWS_MAX - 1)].end = m->row[cur & (PORT_ROWS_MAX - 1)].value;
				return 0;
			}
			off++;
			continue;
		}
		end = off;
		off = port_forget(off + 2, b->zero);
		w >>= 16;
		if ((__u8)w == ' ' || (__u8)w == '\t')
			continue;
		m->row[cur & (PORT_ROWS_MAX - 1)].end = end;
		if ((w & 0xffff) == SIP_W2('\r', '\n')) {
			m->blank = off;
			m->body = off + 2;
			return 0;
		}
		cur = port_forget(sip_row_open(b, m, off), b->zero);
	}
	m->beyond = 1;
	return 0;
}

/*
 * One step of a walk over the rows of a message whose head is sound, which begins with the CRLF of its start line: the
 * offset that the walk goes on from; *starts is set where a row starts there, and the one before has ended two octets
 * earlier. The steps are those of sip_head_scan(), so that no walk ends before that does.
 */
port_inline __u64 sip_row_step(const struct sip_buf *b, __u64 off, __u64 *starts)
{
	__u64 none, w;

	*starts = 0;
	off = port_forget(sip_next_control(b, off, &none), b->zero);
	if (none)
		return off;
	w = sip_load8(b, off);
	if ((w & 0xffff) != SIP_W2('\r', '\n'))
		return off + 1;
	w = w >> 16 & 0xff;
	*starts = w != ' ' && w != '\t';
	return off + 2;
}

#endif
