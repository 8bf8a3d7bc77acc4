/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_proxy.h - the edit plans of a stateless proxy (RFC 3261 16.6, 16.7, 16.11, 18.2.1; RFC 3581): what a request
 * gains and what a response loses.
 */
#ifndef SIPXDP_SIP_PROXY_H
#define SIPXDP_SIP_PROXY_H

#include "sip_branch.h"
#include "sip_plan.h"
#include "sip_rewrite.h"
#include "sip_route.h"
#include "sip_token.h"

/* RFC 3261 16.6 step 3: what a request without Max-Forwards gets. */
#define SIP_MAX_FORWARDS 70

/* The row with a URI of ours that a request gets, so that others come by us. */
enum sip_own_row {
	SIP_OWN_NONE = 0,
	SIP_OWN_RECORD_ROUTE,
	SIP_OWN_PATH,
	SIP_OWN_PATH_OB, /* of a first hop whose client asked for its flow to be kept (RFC 5626 5.1) */
};

/* What of ours a request gets and loses. */
struct sip_ours {
	__u64 branch;
	__u64 sx;
	__u32 cut_routes; /* Route values, see sip_route.h */
	__u32 row;	  /* enum sip_own_row */
	struct sip_token token;
};

/* Whether the top Via is to be stamped: sent-by is a name or another address, or received or rport is there. */
port_inline int sip_needs_stamp(const struct sip_buf *b, const struct sip_via *v, const struct ds_endpoint *src)
{
	struct ds_addr ip;

	if (v->has_received || v->has_rport)
		return 1;
	return sip_ip_parse(b, v->host, v->is_ip6, &ip) || !sip_ip_equal(&ip, &src->ip);
}

/* received: what the sender supplied is replaced, never doubled; else it goes right behind sent-by. */
port_inline void sip_stamp_received(struct sip_pen *pen, const struct sip_via *v, const struct ds_endpoint *src)
{
	struct sip_edit *e;

	if (v->has_received) {
		e = sip_plan_open(pen, v->received.off, v->received.len);
	} else {
		e = sip_plan_open(pen, v->sent_by_end, 0);
		sip_plan_word(pen, SIP_W8(';', 'r', 'e', 'c', 'e', 'i', 'v', 'e'), 8);
		sip_plan_word(pen, SIP_W2('d', '='), 2);
	}
	sip_plan_ip(pen, &src->ip);
	sip_plan_close(pen, e);
}

/* rport: filled only where the client asked. */
port_inline void sip_stamp_rport(struct sip_pen *pen, const struct sip_via *v, const struct ds_endpoint *src)
{
	struct sip_edit *e;

	if (!v->has_rport)
		return;
	e = sip_plan_open(pen, v->rport.off, v->rport.len);
	if (!v->rport.len)
		sip_plan_word(pen, '=', 1);
	sip_plan_number(pen, port_be16(src->port_be));
	sip_plan_close(pen, e);
}

/* Stamps the client's top Via with where the request came from (RFC 3261 18.2.1, RFC 3581 4). */
port_inline void sip_stamp_via(const struct sip_buf *b, struct sip_pen *pen, const struct sip_via *v,
			       const struct ds_endpoint *src)
{
	if (!sip_needs_stamp(b, v, src))
		return;
	/* where rport comes first the edits are sorted in the end, as rows in an unusual order are */
	sip_stamp_received(pen, v, src);
	sip_stamp_rport(pen, v, src);
}

/*
 * Max-Forwards less one, in place with its number of digits kept: "10" becomes "09", which is legal and moves nothing.
 * The digits are one to three significant ones behind any zeros; only the last three can change.
 */
port_inline void sip_plan_max_forwards(const struct sip_msg *m, struct sip_pen *pen)
{
	__u64 n = m->max_forwards - 1, len = m->max_forwards_digits.len, q1, q2, digits;
	struct sip_edit *e;
	__u64 w;

	q1 = (n * 52429) >> 19;
	q2 = (q1 * 52429) >> 19;
	w = SIP_W3(q2, q1 - q2 * 10, n - q1 * 10) + (SIP_SPLAT('0') & SIP_MASK(3));
	digits = len < 3 ? len : 3;
	e = sip_plan_open(pen, m->max_forwards_digits.off + len - digits, digits);
	sip_plan_word(pen, w >> (8 * (3 - digits)), digits);
	sip_plan_close(pen, e);
}

/*
 * Cuts the first `own` Route values (1 or 2): the whole row where nothing is left in it, else up to the first value
 * that stays. Returns 0.
 */
port_global int sip_plan_routes(struct sip_ctx *c, const struct sip_msg *m, __u32 own, struct sip_plan *p)
{
	SIP_OPEN(c);
	struct sip_route_uri u = { 0 };
	__u64 row, off, lim, start;
	__u32 i;

	if (!m || !p)
		return 0;
	row = m->first[SIP_HDR_ROUTE];
	start = off = m->row[row & (PORT_ROWS_MAX - 1)].value;
	lim = m->row[row & (PORT_ROWS_MAX - 1)].end;
	for (i = 0; i < SIP_ROUTE_VALUES - 1; i++) {
		if (i >= own)
			break;
		off = sip_route_value(b->c, off, lim, &u);
		if (sip_before(b, off, lim))
			continue;
		off = m->row[row & (PORT_ROWS_MAX - 1)].at;
		sip_plan_cut(p, off, lim + 2 - off);
		row = sip_route_row(b, m, row);
		if (row >= m->rows)
			return 0;
		start = off = m->row[row & (PORT_ROWS_MAX - 1)].value;
		lim = m->row[row & (PORT_ROWS_MAX - 1)].end;
	}
	if (sip_before(b, start, off))
		sip_plan_cut(p, start, off - start);
	return 0;
}

/* The listener as it stands in our Via and URIs. */
port_inline void sip_plan_sent_by(struct sip_pen *pen, const struct ds_listener *l)
{
	__u64 i;

	for (i = 0; i < DS_SENT_BY_MAX; i += 8)
		sip_plan_word(pen, port_le64(port_read64(l->sent_by + i)), 8);
	pen->len += (__u64)l->sent_by_len - DS_SENT_BY_MAX;
}

/* "sx" and the digits of a token, see sip_token.h. */
port_inline void sip_plan_token(struct sip_pen *pen, const struct sip_token *t)
{
	sip_plan_word(pen, SIP_W2('s', 'x'), 2);
	sip_plan_hex16(pen, t->id);
	if (!t->has_flow)
		return;
	if (!sip_ip_is4(&t->flow.ip)) {
		sip_plan_word(pen, sip_hex8(port_be32(t->flow.ip.w[0])), 8);
		sip_plan_word(pen, sip_hex8(port_be32(t->flow.ip.w[1])), 8);
		sip_plan_word(pen, sip_hex8(port_be32(t->flow.ip.w[2])), 8);
	}
	sip_plan_word(pen, sip_hex8(port_be32(t->flow.ip.w[3])), 8);
	sip_plan_word(pen, sip_hex8((__u32)port_be16(t->flow.port_be) << 16), 4);
	sip_plan_hex16(pen, t->mac);
}

/* How long the row is that sip_plan_own_row() writes. */
port_inline __u64 sip_own_row_len(const struct ds_listener *l, const struct sip_ours *o)
{
	__u64 n = 5 + sip_token_len(&o->token) + 1 + l->sent_by_len + 6;

	if (o->row == SIP_OWN_NONE)
		return 0;
	return n + (o->row == SIP_OWN_RECORD_ROUTE ? 14 : 6) + (o->row == SIP_OWN_PATH_OB ? 3 : 0);
}

/* "Record-Route: <sip:TOKEN@LISTENER;lr>" or the like of Path, which is on top of all others where it stands. Returns 0. */
port_global int sip_plan_own_row(struct sip_plan *p, const struct ds_listener *l, const struct sip_ours *o, __u64 len)
{
	struct sip_pen pen = { .p = p, .len = len };

	if (!p || !l || !o)
		return 0;
	if (o->row == SIP_OWN_RECORD_ROUTE) {
		sip_plan_word(&pen, SIP_W8('R', 'e', 'c', 'o', 'r', 'd', '-', 'R'), 8);
		sip_plan_word(&pen, SIP_W6('o', 'u', 't', 'e', ':', ' '), 6);
	} else {
		sip_plan_word(&pen, SIP_W6('P', 'a', 't', 'h', ':', ' '), 6);
	}
	sip_plan_word(&pen, SIP_W5('<', 's', 'i', 'p', ':'), 5);
	sip_plan_token(&pen, &o->token);
	sip_plan_word(&pen, '@', 1);
	sip_plan_sent_by(&pen, l);
	sip_plan_word(&pen, SIP_W3(';', 'l', 'r'), 3);
	if (o->row == SIP_OWN_PATH_OB)
		sip_plan_word(&pen, SIP_W3(';', 'o', 'b'), 3);
	sip_plan_word(&pen, SIP_W3('>', '\r', '\n'), 3);
	return 0;
}

/* Our Via row, its length made even in sum with what the other edits add: an odd shift flips the checksum's octets. */
port_inline void sip_plan_via(struct sip_pen *pen, const struct sip_msg *m, const struct ds_listener *l,
			      const struct sip_ours *o, __u64 at)
{
	struct sip_edit *e = &pen->p->edit[0];
	__u64 row = sip_own_row_len(l, o), len = 17 + l->sent_by_len + 15 + 16 + 4 + 16 + 2 + row;

	pen->from = pen->len;
	e->at = at;
	e->cut = 0;
	e->text = pen->len;
	sip_plan_word(pen, SIP_W5('V', 'i', 'a', ':', ' '), 4 + ((len + pen->p->grow) & 1));
	sip_plan_word(pen, SIP_W8(' ', 'S', 'I', 'P', '/', '2', '.', '0'), 8);
	sip_plan_word(pen, SIP_W5('/', 'U', 'D', 'P', ' '), 5);
	sip_plan_sent_by(pen, l);
	sip_plan_word(pen, SIP_W8(';', 'b', 'r', 'a', 'n', 'c', 'h', '='), 8);
	sip_plan_word(pen, SIP_W7('z', '9', 'h', 'G', '4', 'b', 'K'), 7);
	sip_plan_hex16(pen, o->branch);
	sip_plan_word(pen, SIP_W4(';', 's', 'x', '='), 4);
	sip_plan_hex16(pen, o->sx);
	sip_plan_word(pen, SIP_W2('\r', '\n'), 2);
	if (m->no_max_forwards) {
		/* 18 octets: even */
		sip_plan_word(pen, SIP_W8('M', 'a', 'x', '-', 'F', 'o', 'r', 'w'), 8);
		sip_plan_word(pen, SIP_W8('a', 'r', 'd', 's', ':', ' ', '0' + SIP_MAX_FORWARDS / 10, '0'), 8);
		sip_plan_word(pen, SIP_W2('\r', '\n'), 2);
	}
	if (row) {
		sip_plan_own_row(pen->p, l, o, pen->len);
		pen->len += row;
	}
	sip_plan_close(pen, e);
}

/* Cuts the line ends before the start line, which are a keepalive at most (RFC 3261 7.5). Their number is even. */
port_inline void sip_plan_lead(const struct sip_msg *m, struct sip_plan *p)
{
	if (port_unlikely(m->head != m->base))
		sip_plan_cut(p, m->base, m->head - m->base);
}

/* Whether the edits stand in ascending order. Differences below zero tell, since branches would double the states. */
port_inline int sip_plan_sorted(const struct sip_plan *p)
{
	__u64 i, edits = p->edits, wrong = 0;

	for (i = 0; i + 1 < SIP_PLAN_EDITS; i++)
		wrong |= ((__u64)p->edit[i + 1].at - p->edit[i].at) & (i + 1 - edits);
	return !(wrong >> 63);
}

/*
 * The plan of a request that src sent to listener l: our Via pushed, and with it the row that o asks for, the client's
 * stamped, Max-Forwards counted down or added, our own Route values cut, noise behind the body trimmed, the Request-URI
 * rewritten for `to` as `how` says (SIP_REWRITE_*, 0: not at all). p->grow is even.
 */
port_inline void sip_proxy_request(const struct sip_buf *b, const struct sip_msg *m, const struct ds_endpoint *src,
				   const struct ds_listener *l, const struct sip_ours *o, const struct ds_dest_uri *to,
				   __u32 how, struct sip_plan *p)
{
	struct sip_pen pen = sip_plan_pen(b, p, m->end);

	/* the first edit is our Via, made last because its length depends on the others */
	p->edits = 1;
	sip_plan_lead(m, p);
	sip_stamp_via(b, &pen, &m->via, src);
	if (o->cut_routes)
		sip_plan_routes(b->c, m, o->cut_routes, p);
	if (!m->no_max_forwards)
		sip_plan_max_forwards(m, &pen);
	if (how)
		pen.len = sip_plan_rewrite(m, to, how, p, pen.len);
	/* a row of ours has to stand before all of its kind, which may stand before Via */
	sip_plan_via(&pen, m, l, o, o->row ? m->line : m->row[m->first[SIP_HDR_VIA] & (PORT_ROWS_MAX - 1)].at);
	sip_plan_end(&pen);
	if (!sip_plan_sorted(p))
		sip_plan_sort(p);
}

/* The plan of a response: the top Via value cut, with its comma or with its row. */
port_inline void sip_proxy_response(const struct sip_buf *b, const struct sip_msg *m, struct sip_plan *p)
{
	const struct sip_row *row = &m->row[m->first[SIP_HDR_VIA] & (PORT_ROWS_MAX - 1)];
	__u64 next;

	sip_plan_begin(p, m->end);
	sip_plan_lead(m, p);
	next = m->via.next;
	if (next) {
		next = sip_skip_blanks(b, next, row->end);
		sip_plan_cut(p, m->via.at, next - m->via.at);
	} else {
		sip_plan_cut(p, row->at, row->end + 2 - row->at);
	}
}

#endif
