/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_reply.h - replies that are built here to a request (RFC 3261 8.2.6, 8.2.7, 16.3): a list of pieces to keep.
 *
 * A reply is a status line, the request's own rows (Via, From, To, Call-ID, CSeq) as they came and in their order, and
 * an end. Pieces are spans of the message or of the text of a plan. It is never longer than the request: the kernel
 * cannot lengthen a packet at its tail, and what answers strangers shall not amplify.
 */
#ifndef SIPXDP_SIP_REPLY_H
#define SIPXDP_SIP_REPLY_H

#include "ds_route.h"
#include "sip_check.h"
#include "sip_proxy.h"
#include "sip_rewrite.h"

#define SIP_REPLY_PIECES 32 /* a power of two */
/* Edits of the rows kept: received, rport, To tag. */
#define SIP_REPLY_EDITS 3
#define SIP_REPLY_ROWS_AT 320 /* where in the text the rows of a route stand */
#define SIP_REPLY_LINE 40     /* room for a status line, whole words */

struct sip_piece {
	__u16 off; /* in the message as in struct sip_msg, or in the plan's text */
	__u16 len;
	__u16 is_text;
	__u16 pad;
};

struct sip_reply {
	__u64 tag;    /* given: the To tag's number, see sip_own_tag */
	__u16 reason; /* given: enum reason */
	__u16 line_len; /* given: 0, or what a route answers with is in the plan's text, code included: sip_reply_take() */
	__u16 rows_len;
	__u16 code;
	__u16 pieces;
	__u8 too_many; /* 1: more pieces than a reply holds */
	__u8 edits;    /* of the plan, that are among the pieces */
	__u32 len;     /* octets of all pieces */
	__u32 how;     /* given for a redirect: SIP_REWRITE_USER or 0 */
	struct sip_piece piece[SIP_REPLY_PIECES];
};

/* X(code, reason phrase): what sip_reason_code() can return. RFC 3261 21. */
#define SIP_REPLY_LIST(X)                \
	X(400, "Bad Request")            \
	X(403, "Forbidden")              \
	X(404, "Not Found")              \
	X(408, "Request Timeout")        \
	X(416, "Unsupported URI Scheme") \
	X(420, "Bad Extension")          \
	X(483, "Too Many Hops")          \
	X(503, "Service Unavailable")    \
	X(505, "Version Not Supported")

struct sip_reply_line {
	__u8 text[SIP_REPLY_LINE];
	__u32 code;
	__u32 len;
};

static const struct sip_reply_line sip_reply_lines[] = {
#define X(code, phrase) { "SIP/2.0 " #code " " phrase "\r\n", code, sizeof("SIP/2.0 " #code " " phrase "\r\n") - 1 },
	SIP_REPLY_LIST(X)
#undef X
};

#define SIP_REPLY_LINES (sizeof(sip_reply_lines) / sizeof(sip_reply_lines[0]))

/* Adds a piece; one that goes on where the last ended becomes part of it. */
port_inline void sip_reply_piece(struct sip_reply *r, __u64 off, __u64 len, __u32 is_text)
{
	__u64 n = r->pieces, at = (n - 1) & (SIP_REPLY_PIECES - 1);
	struct sip_piece *piece;

	port_barrier(at);
	piece = &r->piece[at];
	r->len += len;
	if (n && piece->is_text == is_text && piece->off + piece->len == off) {
		piece->len += len;
	} else if (n >= SIP_REPLY_PIECES) {
		r->too_many = 1;
	} else {
		at = n & (SIP_REPLY_PIECES - 1);
		port_barrier(at);
		piece = &r->piece[at];
		piece->off = off;
		piece->len = len;
		piece->is_text = is_text;
		r->pieces = n + 1;
	}
	port_join();
}

/*
 * Puts what a route answers into the plan's text, for sip_reply_build(): the status line at its beginning, the rows where
 * no other text of a reply comes to stand. A function of its own for the sake of the kernel's small stack. Returns 0.
 */
port_global int sip_reply_take(struct sip_plan *p, struct sip_reply *r, const struct ds_route *route)
{
	__u32 i;

	if (!p || !r || !route)
		return 0;
	for (i = 0; i < DS_ROUTE_LINE_MAX; i += 8)
		port_write64(p->text + i, port_read64(route->line + i));
	for (i = 0; i < DS_ROUTE_HEADERS_MAX; i += 8)
		port_write64(p->text + SIP_REPLY_ROWS_AT + i, port_read64(route->headers + i));
	r->code = route->code;
	r->line_len = route->line_len;
	r->rows_len = route->headers_len;
	return 0;
}

/*
 * The Contact of a redirect of m to a destination (RFC 3261 8.3): the scheme and user of the Request-URI as they stand,
 * the destination's host, port and parameters. A tel URI's number becomes a user, parameters and all (19.1.6). p's text
 * is len octets so far; returns how long it is then.
 */
port_global __u64 sip_reply_contact(const struct sip_msg *m, const struct ds_dest_uri *to, struct sip_reply *r,
				    struct sip_plan *p, __u64 len)
{
	struct sip_pen pen = { .p = p, .len = len };
	__u64 cut = 0, user, end;
	__u32 all = 0;

	if (!m || !to || !r || !p)
		return len;
	user = m->uri.user.off;
	end = m->uri.scheme == SIP_SCHEME_TEL ? (__u64)m->uri.all.off + m->uri.all.len : user + m->uri.user.len;
	sip_plan_word(&pen, SIP_W8('C', 'o', 'n', 't', 'a', 'c', 't', ':'), 8);
	sip_plan_word(&pen, SIP_W6(' ', '<', 's', 'i', 'p', 's'), m->uri.scheme == SIP_SCHEME_SIPS ? 6 : 5);
	sip_plan_word(&pen, ':', 1);
	if (sip_rewrites_user(&m->uri, to, r->how)) {
		cut = sip_strip(&m->uri, to, &all);
		sip_plan_prefix(&pen, to);
	}
	sip_reply_piece(r, len, pen.len - len, 1);
	len = pen.len;
	if (m->uri.user.len && !all) {
		sip_reply_piece(r, user + cut, end - user - cut, 0);
		sip_plan_word(&pen, '@', 1);
	}
	sip_plan_place(&pen, to, to->all_len);
	if (m->uri.scheme == SIP_SCHEME_TEL) {
		sip_plan_word(&pen, SIP_W8(';', 'u', 's', 'e', 'r', '=', 'p', 'h'), 8);
		sip_plan_word(&pen, SIP_W3('o', 'n', 'e'), 3);
	}
	sip_plan_word(&pen, SIP_W3('>', '\r', '\n'), 3);
	sip_reply_piece(r, len, pen.len - len, 1);
	return pen.len;
}

/* The status line of r->code: the first text of the plan. */
port_inline void sip_reply_status(const struct sip_buf *b, struct sip_reply *r, struct sip_pen *pen)
{
	const struct sip_reply_line *line;
	__u64 i, at = 0;

	for (i = 0; i < SIP_REPLY_LINES; i++)
		at = sip_reply_lines[i].code == r->code ? i : at;
	at = port_forget(at, b->zero);
	port_join();
	if (at >= SIP_REPLY_LINES)
		return;
	port_barrier(at);
	line = &sip_reply_lines[at];
	for (i = 0; i < SIP_REPLY_LINE; i += 8)
		port_write64(pen->p->text + i, port_read64(line->text + i));
	pen->len = port_forget(line->len, b->zero);
	sip_reply_piece(r, 0, line->len, 1);
}

/*
 * The edits of the rows that are kept, in order: the top Via stamped, unless its parameters are malformed, and a To tag
 * where there is none (RFC 3261 8.2.6.2). A To that could not be read, or stands twice, has no place for it.
 */
port_inline void sip_reply_edits(const struct sip_buf *b, const struct sip_msg *m, const struct ds_endpoint *src,
				 struct sip_pen *pen, __u64 tag, int stamp)
{
	struct sip_edit *e;

	if (stamp)
		sip_stamp_via(b, pen, &m->via, src);
	if (m->to.end && !m->to.tag.len) {
		e = sip_plan_open(pen, m->to.end, 0);
		sip_plan_word(pen, SIP_W7(';', 't', 'a', 'g', '=', 's', 'x'), 7);
		sip_plan_hex16(pen, tag);
		sip_plan_close(pen, e);
	}
	if (!sip_plan_sorted(pen->p))
		sip_plan_sort(pen->p);
	pen->len = port_forget(pen->len, b->zero);
	port_join();
}

/* Keeps the octets from off to lim with the edits that stand there, r->edits being done already. Returns 0. */
port_global int sip_reply_span(struct sip_reply *r, const struct sip_plan *p, __u64 off, __u64 lim)
{
	const struct sip_edit *edit;
	__u64 n;
	int i;

	if (!r || !p)
		return 0;
	for (i = 0; i < SIP_REPLY_EDITS; i++) {
		n = r->edits & (SIP_PLAN_EDITS - 1);
		port_barrier(n);
		edit = &p->edit[n];
		if (r->edits >= p->edits || edit->at >= lim)
			break;
		sip_reply_piece(r, off, edit->at - off, 0);
		sip_reply_piece(r, edit->text, edit->len, 1);
		off = edit->at + edit->cut;
		r->edits++;
		port_join();
	}
	sip_reply_piece(r, off, lim - off, 0);
	return 0;
}

/* Keeps the rows that a reply has. rows: how many of m->row are whole. */
port_inline void sip_reply_rows(struct sip_reply *r, const struct sip_msg *m, struct sip_pen *pen, __u32 rows)
{
	__u32 keep = SIP_SEEN(VIA) | SIP_SEEN(FROM) | SIP_SEEN(TO) | SIP_SEEN(CALL_ID) | SIP_SEEN(CSEQ);
	__u64 off, unsupported = pen->len;
	const struct sip_row *row;
	__u32 i;

	sip_plan_word(pen, SIP_W8('U', 'n', 's', 'u', 'p', 'p', 'o', 'r'), 8);
	sip_plan_word(pen, SIP_W4('t', 'e', 'd', ':'), 4);
	for (i = 1; i < PORT_ROWS_MAX; i++) {
		port_join();
		if (i >= rows)
			break;
		row = &m->row[i];
		off = row->at;
		if (r->code == 420 && row->hdr == SIP_HDR_PROXY_REQUIRE) {
			sip_reply_piece(r, unsupported, 12, 1);
			off = row->value;
		} else if (!(keep >> (row->hdr & (SIP_HDR_MAX - 1)) & 1)) {
			continue;
		}
		sip_reply_span(r, pen->p, off, row->end + 2);
	}
}

/*
 * Builds the reply to m, which came from src, for r->reason, with r->tag as To tag; texts go to p, which is used up. to:
 * the destination of a redirect, NULL: it is none.
 * Returns REASON_none, REASON_unanswerable (ACK, response, no Via that an answer could be sent by: RFC 3261 8.2.6,
 * 17.1.1.3; no reply is due) or REASON_slow_reply (longer than the request, or of more pieces than fit).
 */
port_inline int sip_reply_build(struct sip_ctx *c, struct sip_msg *m, const struct ds_endpoint *src, struct sip_plan *p,
				struct sip_reply *r, const struct ds_dest_uri *to)
{
	SIP_OPEN(c);
	const struct sip_row *row;
	struct sip_pen pen;
	__u32 rows;
	int rc;

	if (!m || !src || !p || !r)
		return REASON_unanswerable;
	if (!r->line_len)
		r->code = sip_reason_code(r->reason);
	r->pieces = 0;
	r->len = 0;
	r->too_many = 0;
	r->edits = 0;
	/* where no empty line ends the head, the last row found may have no end */
	rows = m->rows - !m->blank;
	if (!r->code || m->kind != SIP_KIND_REQUEST || m->method == SIP_METHOD_ACK || !(m->seen & SIP_SEEN(VIA)) ||
	    m->first[SIP_HDR_VIA] >= rows)
		return REASON_unanswerable;
	/* once more: an earlier fault may have hidden one of the Via's */
	row = sip_first_row(m, SIP_HDR_VIA);
	rc = sip_via_parse(c, row->value, row->end, &m->via);
	if (rc == SIP_VIA_BAD)
		return REASON_unanswerable;
	if (rc == SIP_VIA_FAR)
		return REASON_slow_reply;
	pen = sip_plan_pen(b, p, m->end);
	if (r->line_len) {
		pen.len = port_forget(r->line_len, b->zero);
		sip_reply_piece(r, 0, r->line_len, 1);
	} else {
		sip_reply_status(b, r, &pen);
	}
	sip_reply_edits(b, m, src, &pen, r->tag, rc == SIP_VIA_OK);
	sip_reply_rows(r, m, &pen, rows);
	if (to)
		pen.len = sip_reply_contact(m, to, r, p, pen.len);
	if (r->line_len && r->rows_len)
		sip_reply_piece(r, SIP_REPLY_ROWS_AT, r->rows_len, 1);
	pen.from = pen.len;
	sip_plan_word(&pen, SIP_W8('C', 'o', 'n', 't', 'e', 'n', 't', '-'), 8);
	sip_plan_word(&pen, SIP_W8('L', 'e', 'n', 'g', 't', 'h', ':', ' '), 8);
	sip_plan_word(&pen, SIP_W5('0', '\r', '\n', '\r', '\n'), 5);
	sip_reply_piece(r, pen.from, pen.len - pen.from, 1);
	sip_plan_end(&pen);
	return r->too_many || p->too_many || r->len > (__u32)(m->len - m->base) ? REASON_slow_reply : REASON_none;
}

#endif
