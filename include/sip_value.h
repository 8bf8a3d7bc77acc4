/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_value.h - the values of the fields that the core reads: parameters, URIs, Via, From and To, numbers.
 * Each parser takes the value's bounds, writes spans, and returns enum sip_value. Blanks may be folded lines throughout.
 */
#ifndef SIPXDP_SIP_VALUE_H
#define SIPXDP_SIP_VALUE_H

#include "sip_head.h"

enum sip_value {
	SIP_VALUE_OK = 0,
	SIP_VALUE_BAD,
	SIP_VALUE_FAR, /* beyond the bounds of this parser */
};

/* One ";name=value": spans and where it ends. */
struct sip_param {
	__u64 name;	/* first octet of the name */
	__u64 name_end; /* past it, blanks excluded */
	__u64 value;	/* first octet of the value, 0 where there is no '=' */
	__u64 value_end;
	__u64 next; /* the ';' or ',' that follows, or the limit */
};

port_inline struct sip_span sip_span(__u64 off, __u64 end)
{
	struct sip_span s = { off, end - off };

	return s;
}

/* The value after the '=' at e: sets value, value_end and next. */
port_inline int sip_param_value(const struct sip_buf *b, __u64 e, __u64 lim, struct sip_param *p)
{
	__u64 start = sip_skip_blanks(b, e + 1, lim), end, next;
	__u8 d;

	if (port_unlikely(sip_load1(b, start) == '"')) {
		end = sip_skip_quoted(b->c, start + 1, lim);
		next = sip_skip_blanks(b, end, lim);
	} else {
		next = sip_find(b, start, lim, SIP_SET(';', ',', '"', ';'));
		end = sip_trim(b, start, next);
	}
	p->value = port_forget(start, b->zero);
	p->value_end = end = port_forget(end, b->zero);
	p->next = next = port_forget(next, b->zero);
	port_join();
	if (sip_is_far(start, end, next))
		return SIP_VALUE_FAR;
	/* an unclosed quote ends past lim */
	if (sip_before(b, lim, end) || !sip_before(b, start, end))
		return SIP_VALUE_BAD;
	d = sip_load1(b, next);
	return !sip_before(b, next, lim) || d == ';' || d == ',' ? SIP_VALUE_OK : SIP_VALUE_BAD;
}

/* Reads the parameter after the ';' at off - 1. A comma outside quotes ends the list (RFC 3261 7.3.1). */
port_inline int sip_param_next(const struct sip_buf *b, __u64 off, __u64 lim, struct sip_param *p)
{
	__u64 name = sip_skip_blanks(b, off, lim);
	__u64 e = sip_find(b, name, lim, SIP_SET(';', '=', ',', '"'));
	__u64 end = sip_trim(b, name, e);
	__u8 d = sip_load1(b, e);

	p->name = name;
	p->name_end = end;
	p->value = port_forget(0, b->zero);
	p->value_end = port_forget(0, b->zero);
	p->next = e;
	if (sip_is_far(name, end, e))
		return SIP_VALUE_FAR;
	if (!sip_before(b, name, end))
		return SIP_VALUE_BAD;
	if (!sip_before(b, e, lim))
		return SIP_VALUE_OK;
	if (d == '=')
		return sip_param_value(b, e, lim, p);
	return d == '"' ? SIP_VALUE_BAD : SIP_VALUE_OK;
}

/*
 * The digits from off to exactly end as a number up to 2^32 - 2; SIP_FAR where they are none, or more than
 * PORT_DIGIT_STEPS: then the message may be good and is beyond this parser. Leading zeros are legal (RFC 3261 25.1
 * 1*DIGIT).
 */
port_inline __u64 sip_number(const struct sip_buf *b, __u64 off, __u64 end)
{
	__u64 n = 0;
	__u8 d;
	int i;

	if (end <= off)
		return SIP_FAR;
	off = port_forget(off, b->zero);
	for (i = 0; i < PORT_DIGIT_STEPS; i++, off = port_forget(off + 1, b->zero)) {
		if (off >= end)
			return n;
		d = sip_load1(b, off);
		if (d < '0' || d > '9')
			return SIP_FAR;
		n = port_forget(n * 10 + (d - '0'), b->zero);
		if (n > 0xffffffffull)
			return SIP_FAR;
	}
	return off >= end ? n : SIP_FAR;
}

port_inline __u32 sip_scheme(__u64 raw, __u32 *len)
{
	__u64 w = raw | SIP_FOLD;

	/* '\x1a' folds to ':' but is found by the raw comparison */
	if ((w & SIP_MASK(3)) == SIP_W3('s', 'i', 'p')) {
		*len = 4;
		if ((__u8)(raw >> 24) == ':')
			return SIP_SCHEME_SIP;
		*len = 5;
		if ((__u8)(w >> 24) == 's' && (__u8)(raw >> 32) == ':')
			return SIP_SCHEME_SIPS;
	}
	*len = 4;
	if ((w & SIP_MASK(3)) == SIP_W3('t', 'e', 'l') && (__u8)(raw >> 24) == ':')
		return SIP_SCHEME_TEL;
	return SIP_SCHEME_OTHER;
}

/*
 * host[:port] from off: an IPv6 reference in brackets, or octets up to one of ": ; ?" or lim. Sets host, is_ip6, port
 * and *end past it. Blanks may stand around the colon only where the caller's grammar has them (Via's sent-by).
 */
port_inline int sip_host_port(const struct sip_buf *b, __u64 off, __u64 lim, struct sip_uri *u)
{
	__u64 e, end, n, bracket = sip_load1(b, off) == '[';

	if (bracket) {
		e = sip_find(b, off, lim, SIP_SET(']', ';', ',', '?'));
		if (sip_load1(b, e) != ']' || !sip_before(b, e, lim))
			return sip_is_far(e, 0, 0) ? SIP_VALUE_FAR : SIP_VALUE_BAD;
		off++;
		end = e;
		e++;
	} else {
		e = sip_find(b, off, lim, SIP_SET(':', ';', '?', ','));
		end = sip_trim(b, off, e);
	}
	off = port_forget(off, b->zero);
	end = port_forget(end, b->zero);
	e = port_forget(e, b->zero);
	port_join();
	if (sip_is_far(e, end, 0))
		return SIP_VALUE_FAR;
	if (!sip_before(b, off, end))
		return SIP_VALUE_BAD;
	u->host = sip_span(off, end);
	u->is_ip6 = bracket;
	u->params = end + bracket;
	if (sip_is_blank(sip_load1(b, e)))
		e = sip_skip_blanks(b, e, lim);
	if (!sip_before(b, e, lim) || sip_load1(b, e) != ':')
		return SIP_VALUE_OK;
	off = sip_skip_blanks(b, e + 1, lim);
	e = sip_find(b, off, lim, SIP_SET(';', '?', ',', ' '));
	e = sip_trim(b, off, e);
	if (sip_is_far(off, e, 0))
		return SIP_VALUE_FAR;
	n = sip_number(b, off, e);
	if (n > 0xffff)
		return e - off > PORT_DIGIT_STEPS ? SIP_VALUE_FAR : SIP_VALUE_BAD;
	u->port = n;
	u->has_port = 1;
	u->params = e;
	return SIP_VALUE_OK;
}

/* The URI in [off, lim), RFC 3261 19.1: the host starts after the "@", which is looked for before any ";" or ":". */
port_global int sip_uri_parse(struct sip_ctx *c, __u64 off, __u64 lim, struct sip_uri *u)
{
	SIP_OPEN(c);
	__u64 at, e;
	__u32 len;
	int rc;

	if (!u)
		return SIP_VALUE_BAD;
	u->all = sip_span(off, lim);
	u->user = sip_span(off, off);
	u->host = u->user;
	u->port = 0;
	u->params = lim;
	u->is_ip6 = 0;
	u->has_port = 0;
	u->has_headers = 0;
	u->scheme = sip_scheme(sip_load8(b, off), &len);
	if (u->scheme == SIP_SCHEME_OTHER)
		return SIP_VALUE_OK;
	off += len;
	if (!sip_before(b, off, lim))
		return SIP_VALUE_BAD;
	if (u->scheme == SIP_SCHEME_TEL) {
		e = sip_find(b, off, lim, SIP_SET(';', ';', ';', ';'));
		if (e == SIP_FAR)
			return SIP_VALUE_FAR;
		u->user = sip_span(off, e);
		u->params = e;
		return e == off ? SIP_VALUE_BAD : SIP_VALUE_OK;
	}
	at = sip_find(b, off, lim, SIP_SET('@', '@', '@', '@'));
	if (at == SIP_FAR)
		return SIP_VALUE_FAR;
	if (sip_before(b, at, lim)) {
		if (!sip_before(b, off, at))
			return SIP_VALUE_BAD;
		u->user = sip_span(off, at);
		off = at + 1;
	}
	rc = sip_host_port(b, off, lim, u);
	if (rc != SIP_VALUE_OK)
		return rc;
	e = u->params;
	if (sip_before(b, e, lim) && sip_load1(b, e) == ';')
		e = sip_find(b, e, lim, SIP_SET('?', '?', '?', '?'));
	if (e == SIP_FAR)
		return SIP_VALUE_FAR;
	if (sip_before(b, e, lim)) {
		if (sip_load1(b, e) != '?')
			return SIP_VALUE_BAD;
		u->has_headers = 1;
	}
	return SIP_VALUE_OK;
}

#endif
