/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_parse.h - the one parser: the kernel's, the slow path's, dispatchctl route's and the fuzzers'.
 *
 * sip_parse(b, m, base) is total: for every input m->beyond is 1 (go to the slow path), or m->reason names the first fault,
 * or the message is good as far as a dispatcher needs it (reference: DESIGN.md section 3).
 */
#ifndef SIPXDP_SIP_PARSE_H
#define SIPXDP_SIP_PARSE_H

#include "sip_addr.h"
#include "sip_start_line.h"
#include "sip_via.h"

#define SIP_SEEN(h) (1u << SIP_HDR_##h)

/* A number alone in its row; SIP_FAR where it is none. *digits is where it stands. */
port_inline __u64 sip_row_number(const struct sip_buf *b, const struct sip_row *row, struct sip_span *digits)
{
	__u64 end = row->end, off = sip_skip_blanks(b, row->value, end);

	if (off < end)
		end = sip_trim(b, off, end);
	*digits = sip_span(off, end);
	if (off == SIP_FAR || end == SIP_FAR)
		return SIP_FAR;
	return sip_number(b, off, end);
}

/* Whether a number that could not be read may be one of many zeros: 1*DIGIT has no bound. */
port_inline __u8 sip_too_many_digits(const struct sip_span *digits)
{
	__u32 len = digits->len;

	return len > PORT_DIGIT_STEPS;
}

/* CSeq: 1*DIGIT LWS Method (RFC 3261 20.16). In a request the method must be the request's. */
port_inline int sip_cseq_parse(const struct sip_buf *b, struct sip_msg *m, const struct sip_row *row)
{
	__u64 end = row->end, off = sip_skip_blanks(b, row->value, end), e, n;
	__u64 name, len, i;

	end = sip_trim(b, off, end);
	e = sip_find(b, off, end, SIP_SET(' ', '\t', '\r', ' '));
	n = sip_number(b, off, e);
	name = sip_skip_blanks(b, e, end);
	if (n == SIP_FAR || name >= end || end == SIP_FAR) {
		m->beyond |= sip_is_far(off | end, e, name) | (e - off > PORT_DIGIT_STEPS);
		return REASON_bad_cseq;
	}
	m->cseq = n;
	len = end - name;
	if (m->kind == SIP_KIND_RESPONSE) {
		m->method = sip_method(b, name, len);
		return REASON_none;
	}
	if (len != m->method_name.len)
		return REASON_bad_cseq_method;
	if (m->method != SIP_METHOD_OTHER)
		return sip_method(b, name, len) == m->method ? REASON_none : REASON_bad_cseq_method;
	for (i = 0; i < PORT_FIND_STEPS * 8; i += 8) {
		__u64 diff;

		if (i >= len)
			return REASON_none;
		diff = sip_load8(b, name + i) ^ sip_load8(b, m->method_name.off + i);
		if (len - i < 8)
			diff &= SIP_MASK(len - i);
		if (diff)
			return REASON_bad_cseq_method;
	}
	return REASON_bad_cseq;
}

/* Call-ID: one word without blanks, compared octet by octet (RFC 3261 20.8). */
port_inline int sip_call_id_parse(const struct sip_buf *b, struct sip_msg *m, const struct sip_row *row)
{
	__u64 end = row->end, off = sip_skip_blanks(b, row->value, end), e;

	if (off < end)
		end = sip_trim(b, off, end);
	e = sip_find(b, off, end, SIP_SET(' ', '\t', '\r', ','));
	if (off == SIP_FAR || end == SIP_FAR || e == SIP_FAR)
		return -1;
	m->call_id = sip_span(off, end);
	return off >= end || e < end ? REASON_bad_call_id : REASON_none;
}

/* Content-Length against the datagram (RFC 3261 18.3, 20.14): sets m->end. */
port_inline int sip_length_parse(const struct sip_buf *b, struct sip_msg *m)
{
	__u64 n;

	m->end = b->len;
	if (!(m->seen & SIP_SEEN(CONTENT_LENGTH)))
		return REASON_none;
	if (m->twice & SIP_SEEN(CONTENT_LENGTH))
		return REASON_bad_content_length;
	n = sip_row_number(b, &m->row[m->first[SIP_HDR_CONTENT_LENGTH] & (PORT_ROWS_MAX - 1)], &m->content_length);
	if (n == SIP_FAR || n > b->len - m->body) {
		m->beyond |= sip_too_many_digits(&m->content_length);
		return REASON_bad_content_length;
	}
	m->end = m->body + n;
	return REASON_none;
}

port_inline const struct sip_row *sip_first_row(const struct sip_msg *m, __u32 hdr)
{
	return &m->row[m->first[hdr] & (PORT_ROWS_MAX - 1)];
}

/* The top Via, and of a response the value after it. */
port_inline void sip_vias_parse(const struct sip_buf *b, struct sip_msg *m)
{
	const struct sip_row *row = sip_first_row(m, SIP_HDR_VIA);
	__u64 off = row->value, end = row->end;
	__u32 i;
	int rc;

	if (!(m->seen & SIP_SEEN(VIA))) {
		sip_fault(m, REASON_bad_via);
		return;
	}
	rc = sip_via_parse(b->c, off, end, &m->via);
	if (rc == SIP_VIA_FAR)
		m->beyond = 1;
	else if (rc != SIP_VIA_OK)
		sip_fault(m, rc == SIP_VIA_BAD ? REASON_bad_via : REASON_bad_via_params);
	if (m->kind != SIP_KIND_RESPONSE || rc != SIP_VIA_OK)
		return;
	off = m->via.next;
	if (!off) {
		/* rows are in the order of the message: the next Via row comes after the first one */
		for (i = 0; i < PORT_ROWS_MAX - 1; i++) {
			row = &m->row[(m->first[SIP_HDR_VIA] + 1 + i) & (PORT_ROWS_MAX - 1)];
			if (m->first[SIP_HDR_VIA] + 1 + i >= m->rows)
				return;
			if (row->hdr == SIP_HDR_VIA)
				break;
		}
		off = row->value;
		end = row->end;
	}
	rc = sip_via_parse(b->c, off, end, &m->via2);
	if (rc == SIP_VIA_FAR)
		m->beyond = 1;
	else if (rc != SIP_VIA_OK)
		sip_fault(m, REASON_bad_via);
}

/* From, To, Call-ID, CSeq: all needed, each once (RFC 3261 8.1.1, 16.3.1). */
port_inline void sip_needed_parse(const struct sip_buf *b, struct sip_msg *m)
{
	__u32 once = m->seen & ~m->twice;
	const struct sip_row *row;
	int rc = REASON_bad_cseq;

	if (once & SIP_SEEN(CSEQ))
		rc = sip_cseq_parse(b, m, sip_first_row(m, SIP_HDR_CSEQ));
	if (rc)
		sip_fault(m, rc);
	row = sip_first_row(m, SIP_HDR_FROM);
	rc = SIP_VALUE_BAD;
	if (once & SIP_SEEN(FROM))
		rc = sip_addr_parse(b->c, row->value, row->end, &m->from);
	if (rc == SIP_VALUE_FAR)
		m->beyond = 1;
	else if (rc != SIP_VALUE_OK)
		sip_fault(m, REASON_bad_from);
	row = sip_first_row(m, SIP_HDR_TO);
	rc = SIP_VALUE_BAD;
	if (once & SIP_SEEN(TO))
		rc = sip_addr_parse(b->c, row->value, row->end, &m->to);
	if (rc == SIP_VALUE_FAR)
		m->beyond = 1;
	else if (rc != SIP_VALUE_OK)
		sip_fault(m, REASON_bad_to);
	rc = REASON_bad_call_id;
	if (once & SIP_SEEN(CALL_ID))
		rc = sip_call_id_parse(b, m, sip_first_row(m, SIP_HDR_CALL_ID));
	if (rc < 0)
		m->beyond = 1;
	else if (rc)
		sip_fault(m, rc);
}

/* Max-Forwards (RFC 3261 20.22): 0 to 255, leading zeros legal, absent is legal too. Responses: ignored. */
port_inline void sip_max_forwards_parse(const struct sip_buf *b, struct sip_msg *m)
{
	__u64 n;

	m->no_max_forwards = !(m->seen & SIP_SEEN(MAX_FORWARDS));
	m->max_forwards = 0;
	if (m->no_max_forwards || m->kind != SIP_KIND_REQUEST)
		return;
	n = sip_row_number(b, sip_first_row(m, SIP_HDR_MAX_FORWARDS), &m->max_forwards_digits);
	if (n > 255 || m->twice & SIP_SEEN(MAX_FORWARDS)) {
		m->beyond |= sip_too_many_digits(&m->max_forwards_digits);
		sip_fault(m, REASON_bad_max_forwards);
	}
	m->max_forwards = n;
}

/* Start line and rows: all that is needed to know where things are. base is the payload's first octet. */
port_inline void sip_parse_head(const struct sip_buf *b, struct sip_msg *m, __u64 base)
{
	__u64 off = base, w;
	int i;

	m->base = base;
	m->len = b->len;
	m->blank = m->body = m->line = m->status = 0;
	m->end = b->len;
	m->kind = SIP_KIND_INVALID;
	m->method = SIP_METHOD_INVALID;
	m->reason = REASON_none;
	m->beyond = 0;
	m->seen = m->twice = 0;
	m->rows = 1;
	/* nothing of the message before may show through where a value is missing or cannot be read */
	m->via.sent_by_end = m->via.end = m->via2.at = m->to.end = 0;
	m->cseq = 0;
	m->call_id = m->from.tag = m->to.tag = m->via.branch = sip_span(0, 0);
	/* RFC 3261 7.5: CRLFs before the start line; real phones send them over UDP too */
	for (i = 0; i < PORT_LEAD_STEPS; i++) {
		if ((sip_load8(b, off) & 0xffff) != SIP_W2('\r', '\n'))
			break;
		off += 2;
	}
	m->beyond = i == PORT_LEAD_STEPS;
	off = port_forget(off, b->zero);
	m->head = off;
	w = sip_load8(b, off) | SIP_W3(0x20, 0x20, 0x20);
	m->kind = SIP_KIND_RESPONSE;
	/* "SIP/..." is a response of some version; a method cannot hold a slash */
	if ((w & SIP_MASK(4)) == SIP_W4('s', 'i', 'p', '/'))
		i = (w & SIP_MASK(7)) == SIP_W7('s', 'i', 'p', '/', '2', '.', '0') ? sip_status_line(b, m, off)
										   : REASON_bad_version;
	else
		i = sip_request_line(b, m, off);
	if (i < 0)
		m->beyond = 1;
	else
		m->reason = i;
	if (!m->line || m->beyond)
		return;
	/* a line that goes on the start line, which is one line (RFC 3261 7.3.1) */
	w = sip_load1(b, m->line);
	if (w == ' ' || w == '\t')
		sip_fault(m, REASON_bad_line);
	sip_head_scan(b->c, m);
}

/*
 * The values of the rows that sip_parse_head found. The faults that a response dies of come first: the first fault is
 * the one that is kept.
 */
port_inline void sip_parse_values(const struct sip_buf *b, struct sip_msg *m)
{
	int rc;

	sip_vias_parse(b, m);
	rc = m->blank ? sip_length_parse(b, m) : REASON_none;
	if (rc)
		sip_fault(m, rc);
	sip_needed_parse(b, m);
	sip_max_forwards_parse(b, m);
	/* after all syntax (RFC 3261 16.3): in nat mode it is no fault, and must not have hidden one */
	if (m->kind == SIP_KIND_REQUEST && m->uri.scheme == SIP_SCHEME_OTHER)
		sip_fault(m, REASON_bad_uri_scheme);
}

/* See the top of this file. */
port_inline void sip_parse(const struct sip_buf *b, struct sip_msg *m, __u64 base)
{
	sip_parse_head(b, m, base);
	if (m->line && !m->beyond)
		sip_parse_values(b, m);
}

#endif
