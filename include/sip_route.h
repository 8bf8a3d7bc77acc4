/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_route.h - the Route values that decide where a request goes (RFC 3261 16.4, 16.12; RFC 5658): how many of ours
 * stand on top and are to be removed, and the place that the next one, or the Request-URI, names.
 */
#ifndef SIPXDP_SIP_ROUTE_H
#define SIPXDP_SIP_ROUTE_H

#include "sip_token.h"

/* Values looked at: two of ours (double Record-Route) and the one after them. */
#define SIP_ROUTE_VALUES 3
/* Quoted parameters of one value. */
#define SIP_ROUTE_QUOTES 4

enum sip_place {
	SIP_PLACE_NONE = 0, /* nothing names one */
	SIP_PLACE_UDP,	    /* a numeric address to be reached by UDP */
	SIP_PLACE_SLOW,	    /* a name, another transport, sips or tel: for the slow path */
	SIP_PLACE_BAD,	    /* malformed */
};

/* What a URI names, where it is SIP_PLACE_UDP, and what else a Route value is looked at for. */
struct sip_named {
	struct ds_endpoint at;
	struct sip_span user;
	__u32 params; /* SIP_URI_*; 0 where they were not looked at */
};

#define SIP_URI_UDP (1u << 0) /* transport=udp, or none */
#define SIP_URI_LR (1u << 1)  /* a loose router (RFC 3261 19.1.1): lr, whatever its value */

struct sip_route {
	struct sip_named next; /* by the first Route value that is not ours */
	struct sip_span token; /* user part of ours that is a token; empty where none is */
	__u32 own;	       /* values of ours on top, at most 2 */
	__u32 place;	       /* enum sip_place of next */
};

/* SIP_URI_* of the parameters from u->params to lim. */
port_inline __u32 sip_uri_params(const struct sip_buf *b, const struct sip_uri *u, __u64 lim)
{
	struct sip_param p = { 0 };
	__u64 e = u->params, w, len, params = SIP_URI_UDP;
	int i;

	e = port_forget(e, b->zero);
	for (i = 0; i < PORT_TAG_STEPS; i++, e = port_forget(p.next, b->zero)) {
		params = port_forget(params, b->zero);
		port_join();
		if (e >= port_forget(lim, b->zero) || sip_load1(b, e) != ';')
			return params;
		if (sip_param_next(b, e + 1, lim, &p) != SIP_VALUE_OK)
			return 0;
		w = sip_load8(b, p.name) | SIP_FOLD;
		len = p.name_end - p.name;
		if (len == 2 && (w & SIP_MASK(2)) == SIP_W2('l', 'r'))
			params |= SIP_URI_LR;
		if (len != 9 || w != SIP_W8('t', 'r', 'a', 'n', 's', 'p', 'o', 'r'))
			continue;
		w = sip_load8(b, p.value) | SIP_FOLD;
		if (p.value_end - p.value != 3 || (w & SIP_MASK(3)) != SIP_W3('u', 'd', 'p'))
			params &= SIP_URI_LR;
	}
	return 0;
}

/* The place that the SIP URI in [off, lim) names; enum sip_place. */
port_global int sip_uri_place(struct sip_ctx *c, __u64 off, __u64 lim, struct sip_named *n)
{
	SIP_OPEN(c);
	struct sip_uri u = { .port = 0 };
	int rc;

	if (!n)
		return SIP_PLACE_BAD;
	n->params = 0;
	rc = sip_uri_parse(b->c, off, lim, &u);
	n->user = u.user;
	if (rc != SIP_VALUE_OK)
		return rc == SIP_VALUE_FAR ? SIP_PLACE_SLOW : SIP_PLACE_BAD;
	n->params = sip_uri_params(b, &u, lim);
	if (u.scheme != SIP_SCHEME_SIP || sip_ip_parse(b, u.host, u.is_ip6, &n->at.ip) || !(n->params & SIP_URI_UDP))
		return SIP_PLACE_SLOW;
	n->at.port_be = port_be16(u.port ? u.port : SIP_PORT);
	n->at.pad = 0;
	return SIP_PLACE_UDP;
}

port_inline int sip_same_place(const struct ds_endpoint *x, const struct ds_endpoint *y)
{
	return x->ip.w[0] == y->ip.w[0] && x->ip.w[1] == y->ip.w[1] && x->ip.w[2] == y->ip.w[2] &&
	       x->ip.w[3] == y->ip.w[3] && x->port_be == y->port_be;
}

struct sip_route_uri {
	__u64 start;
	__u64 end;
};

/* Past the comma that ends a value, from e in its parameters on; quoted ones may hold commas. lim, or SIP_FAR. */
port_inline __u64 sip_route_next(const struct sip_buf *b, __u64 e, __u64 lim)
{
	int i;

	e = port_forget(e, b->zero);
	for (i = 0; i < SIP_ROUTE_QUOTES; i++, e = port_forget(e, b->zero)) {
		port_join();
		e = sip_find(b, e, lim, SIP_SET(',', '"', ',', ','));
		if (sip_is_far(e, 0, 0))
			return SIP_FAR;
		if (!sip_before(b, e, lim))
			return lim;
		if (sip_load1(b, e) == ',')
			return e + 1;
		e = sip_skip_quoted(b->c, e + 1, lim);
	}
	return SIP_FAR;
}

/*
 * One name-addr value from off in a row that ends at lim: its URI's bounds. Returns the offset of the next value in the
 * row, lim where there is none, 0 where the value is malformed (none stands at offset 0), SIP_FAR at a bound.
 */
port_global __u64 sip_route_value(struct sip_ctx *c, __u64 off, __u64 lim, struct sip_route_uri *u)
{
	SIP_OPEN(c);
	__u64 e = sip_find(b, off, lim, SIP_SET('<', '"', ',', '<'));
	__u8 d = sip_load1(b, e);

	if (!u)
		return SIP_FAR;
	if (e < lim && d == '"') {
		e = sip_skip_quoted(b->c, e + 1, lim);
		if (e != SIP_FAR)
			e = sip_find(b, e, lim, SIP_SET('<', ',', '<', '<'));
		d = sip_load1(b, e);
	}
	if (e >= lim || d != '<')
		return e == SIP_FAR ? SIP_FAR : 0;
	u->start = e + 1;
	e = sip_find(b, e, lim, SIP_SET('>', '>', '>', '>'));
	u->end = e;
	if (e >= lim)
		return e == SIP_FAR ? SIP_FAR : 0;
	return sip_route_next(b, e, lim);
}

/* The first Route row behind row[row]; m->rows where there is none. Rows are in the order of the message. */
port_inline __u64 sip_route_row(const struct sip_buf *b, const struct sip_msg *m, __u64 row)
{
	__u32 i;

	row = port_forget(row + 1, b->zero);
	for (i = 0; i < PORT_ROWS_MAX; i++, row = port_forget(row + 1, b->zero))
		if (row >= m->rows || m->row[row & (PORT_ROWS_MAX - 1)].hdr == SIP_HDR_ROUTE)
			break;
	row = port_forget(row, b->zero);
	port_join();
	return row;
}

/* Reads the Route rows of m for the listener `at`. REASON_none, _bad_route or, at a bound, _slow_too_long. */
port_inline int sip_route_parse(struct sip_ctx *c, const struct sip_msg *m, const struct ds_endpoint *at,
				struct sip_route *r)
{
	SIP_OPEN(c);
	struct sip_route_uri u = { 0 };
	__u64 off, lim, row;
	__u32 i;
	int place;

	if (!m || !at || !r)
		return REASON_bad_route;
	r->own = 0;
	r->place = SIP_PLACE_NONE;
	r->token = sip_span(0, 0);
	row = m->first[SIP_HDR_ROUTE];
	if (!(m->seen & SIP_SEEN(ROUTE)))
		return 0;
	off = m->row[row & (PORT_ROWS_MAX - 1)].value;
	lim = m->row[row & (PORT_ROWS_MAX - 1)].end;
	for (i = 0; i < SIP_ROUTE_VALUES; i++) {
		off = sip_route_value(b->c, off, lim, &u);
		if (!off || off == SIP_FAR)
			return off ? REASON_slow_too_long : REASON_bad_route;
		place = sip_uri_place(b->c, u.start, u.end, &r->next);
		if (place != SIP_PLACE_UDP || !sip_same_place(&r->next.at, at) || i == SIP_ROUTE_VALUES - 1) {
			r->place = place;
			return 0;
		}
		r->own++;
		if (!r->token.len && sip_token_is(b, r->next.user))
			r->token = r->next.user;
		if (off < lim)
			continue;
		row = sip_route_row(b, m, row);
		if (row >= m->rows)
			return 0;
		off = m->row[row & (PORT_ROWS_MAX - 1)].value;
		lim = m->row[row & (PORT_ROWS_MAX - 1)].end;
	}
	return 0;
}

#endif
