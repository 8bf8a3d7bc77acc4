/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_start_line.h - Request-Line and Status-Line (RFC 3261 7.1, 7.2). Each parser takes the offset of the line, sets
 * m->line past it, and returns a reason, or -1 where the line is beyond the bounds of this parser.
 */
#ifndef SIPXDP_SIP_START_LINE_H
#define SIPXDP_SIP_START_LINE_H

#include "sip_value.h"

/* The method that the token of len octets at off names; case matters (RFC 3261 7.1). */
port_inline __u32 sip_method(const struct sip_buf *b, __u64 off, __u64 len)
{
	__u64 w = sip_load8(b, off);

	if (len == 3 && (w & SIP_MASK(3)) == SIP_W3('A', 'C', 'K'))
		return SIP_METHOD_ACK;
	if (len == 3 && (w & SIP_MASK(3)) == SIP_W3('B', 'Y', 'E'))
		return SIP_METHOD_BYE;
	if (len == 6 && (w & SIP_MASK(6)) == SIP_W6('I', 'N', 'V', 'I', 'T', 'E'))
		return SIP_METHOD_INVITE;
	if (len == 6 && (w & SIP_MASK(6)) == SIP_W6('C', 'A', 'N', 'C', 'E', 'L'))
		return SIP_METHOD_CANCEL;
	if (len == 7 && (w & SIP_MASK(7)) == SIP_W7('O', 'P', 'T', 'I', 'O', 'N', 'S'))
		return SIP_METHOD_OPTIONS;
	if (len == 8 && w == SIP_W8('R', 'E', 'G', 'I', 'S', 'T', 'E', 'R'))
		return SIP_METHOD_REGISTER;
	return SIP_METHOD_OTHER;
}

/*
 * A start line that is no Request-Line: bad_start_line (or bad_version) where it ends in "SIP/d.d", so that the rows
 * below can be read and answered; not_sip otherwise.
 */
port_inline int sip_start_line_fault(const struct sip_buf *b, struct sip_msg *m, __u64 off)
{
	__u64 cr = sip_find(b, off, b->len, SIP_SET('\r', '\n', '\0', '\r')), end, w;

	end = sip_trim_blanks(b->c, off, cr);
	if (cr == SIP_FAR || end == SIP_FAR)
		return -1;
	if ((sip_load8(b, cr) & 0xffff) != SIP_W2('\r', '\n') || end < off + 8)
		return REASON_not_sip;
	w = sip_load8(b, end - 8) | SIP_W4(0x20, 0x20, 0x20, 0x20);
	if ((w & SIP_MASK(5)) != SIP_W5(' ', 's', 'i', 'p', '/'))
		return REASON_not_sip;
	m->line = cr + 2;
	/* the only fault is the version where one SP stands before it and none after */
	w = sip_load8(b, m->uri.all.off + m->uri.all.len);
	if (end == cr && m->uri.all.off + m->uri.all.len == end - 8 && (w >> 40) != SIP_W3('2', '.', '0'))
		return REASON_bad_version;
	return REASON_bad_start_line;
}

/* Request-Line (RFC 3261 7.1) from m->head: single SPs, no other blanks, no brackets. Sets m->line. */
port_inline int sip_request_line(const struct sip_buf *b, struct sip_msg *m, __u64 off)
{
	__u64 e, v, w;
	int rc;

	m->kind = SIP_KIND_REQUEST;
	e = sip_find(b, off, b->len, SIP_SET(' ', '\r', '\t', '\0'));
	if (e == SIP_FAR)
		return -1;
	if (e == off || e >= b->len || sip_load1(b, e) != ' ')
		return REASON_not_sip;
	m->method_name = sip_span(off, e);
	m->method = sip_method(b, off, e - off);
	off = e + 1;
	/* nearly every URI ends in an SP and holds neither brackets, quotes nor controls: one scan tells all of it */
	e = v = sip_find_or_below(b, off, b->len, SIP_SET(' ', '"', '<', '>'), '\r' + 1);
	if (port_unlikely(sip_load1(b, v) != ' ')) {
		v = sip_find(b, off, b->len, SIP_SET(' ', '\r', '\t', '\0'));
		e = sip_find(b, off, v, SIP_SET('<', '>', '"', '\n'));
	}
	e = port_forget(e, b->zero);
	v = port_forget(v, b->zero);
	port_join();
	m->uri.all = sip_span(off, v);
	if (v == SIP_FAR)
		return -1;
	w = sip_load8(b, v + 1) | SIP_W3(0x20, 0x20, 0x20);
	if (v == off || sip_load1(b, v) != ' ' || w != SIP_W8('s', 'i', 'p', '/', '2', '.', '0', '\r') ||
	    sip_load1(b, v + 9) != '\n')
		return sip_start_line_fault(b, m, m->head);
	m->line = v + 10;
	rc = sip_uri_parse(b->c, off, v, &m->uri);
	if (e == SIP_FAR || rc == SIP_VALUE_FAR)
		return -1;
	return e < v || rc != SIP_VALUE_OK || m->uri.has_headers ? REASON_bad_uri : REASON_none;
}

/* Status-Line (RFC 3261 7.2): the reason phrase may be empty, its SP not. Sets m->line. */
port_inline int sip_status_line(const struct sip_buf *b, struct sip_msg *m, __u64 off)
{
	__u64 w = sip_load8(b, off + 8), e;
	__u8 c0 = w, c1 = w >> 8, c2 = w >> 16;

	if ((sip_load8(b, off) >> 56) != ' ')
		return REASON_bad_version;
	if ((__u8)(c0 - '1') > 5 || (__u8)(c1 - '0') > 9 || (__u8)(c2 - '0') > 9 || (__u8)(w >> 24) != ' ')
		return REASON_bad_status;
	m->status = (c0 - '0') * 100 + (c1 - '0') * 10 + (c2 - '0');
	e = sip_find(b, off + 11, b->len, SIP_SET('\r', '\n', '\0', '\r'));
	if (e == SIP_FAR)
		return -1;
	if ((sip_load8(b, e) & 0xffff) != SIP_W2('\r', '\n'))
		return REASON_bad_start_line;
	m->line = e + 2;
	return REASON_none;
}

#endif
