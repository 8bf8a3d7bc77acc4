/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip_addr.h - one From or To value (RFC 3261 20.10, 20.20, 20.39). */
#ifndef SIPXDP_SIP_ADDR_H
#define SIPXDP_SIP_ADDR_H

#include "sip_value.h"

/*
 * The URI of a From or To value: off at its first octet. Sets a->uri; returns the offset where parameters may start,
 * SIP_FAR at a bound, 0 where there is no URI (no value starts at offset 0).
 */
port_inline __u64 sip_addr_uri(const struct sip_buf *b, __u64 off, __u64 lim, struct sip_addr *a)
{
	__u8 d = sip_load1(b, off);
	__u64 e = off;

	/* most begin with one of these */
	if (d != '<' && d != '"') {
		e = sip_find(b, off, lim, SIP_SET('"', '<', ';', ','));
		d = sip_load1(b, e);
	}
	e = port_forget(e, b->zero);
	port_join();
	if (sip_before(b, e, lim) && d == '"') {
		e = sip_skip_quoted(b->c, e + 1, lim);
		if (sip_before(b, lim, e))
			return e == SIP_FAR ? SIP_FAR : 0;
		e = sip_skip_blanks(b, e, lim);
		d = sip_load1(b, e);
		if (sip_is_far(e, 0, 0) || d != '<')
			return e == SIP_FAR ? SIP_FAR : 0;
	} else if (sip_before(b, e, lim) && d == ',') {
		/* a comma in an unquoted display name: tolerated, the brackets decide */
		e = sip_find(b, e, lim, SIP_SET('<', '<', '<', '"'));
		d = sip_load1(b, e);
		if (sip_is_far(e, 0, 0) || d != '<')
			return e == SIP_FAR ? SIP_FAR : 0;
	}
	e = port_forget(e, b->zero);
	port_join();
	if (sip_before(b, e, lim) && d == '<') {
		off = e + 1;
		e = sip_find(b, off, lim, SIP_SET('>', '<', '"', '>'));
		if (sip_is_far(e, 0, 0))
			return SIP_FAR;
		if (!sip_before(b, e, lim) || !sip_before(b, off, e) || sip_load1(b, e) != '>')
			return 0;
		a->uri = sip_span(off, e);
		return sip_skip_blanks(b, e + 1, lim);
	}
	/* addr-spec: everything from the first ';' on is a header parameter */
	lim = sip_trim(b, off, e);
	if (sip_is_far(e, lim, 0))
		return SIP_FAR;
	a->uri = sip_span(off, lim);
	return sip_before(b, off, lim) ? e : 0;
}

/* From or To in [off, lim): name-addr or addr-spec, then parameters (RFC 3261 20.10, 20.20, 20.39). */
port_global int sip_addr_parse(struct sip_ctx *c, __u64 off, __u64 lim, struct sip_addr *a)
{
	SIP_OPEN(c);
	struct sip_param p = { 0 };
	__u64 e, w;
	int i, rc;

	if (!a)
		return SIP_VALUE_BAD;
	a->tag = sip_span(0, 0);
	a->end = 0;
	off = sip_skip_blanks(b, off, lim);
	lim = sip_trim(b, off, lim);
	if (sip_is_far(off, lim, 0))
		return SIP_VALUE_FAR;
	e = port_forget(sip_addr_uri(b, off, lim, a), b->zero);
	port_join();
	if (!e)
		return SIP_VALUE_BAD;
	for (i = 0; i < PORT_TAG_STEPS; i++, e = port_forget(p.next, b->zero)) {
		port_join();
		if (sip_is_far(e, 0, 0))
			return SIP_VALUE_FAR;
		if (!sip_before(b, e, lim)) {
			a->end = lim;
			return SIP_VALUE_OK;
		}
		if (sip_load1(b, e) != ';')
			return SIP_VALUE_BAD;
		rc = sip_param_next(b, e + 1, lim, &p);
		if (rc != SIP_VALUE_OK)
			return rc;
		w = sip_load8(b, p.name) | SIP_FOLD;
		if (p.name_end - p.name == 3 && (w & SIP_MASK(3)) == SIP_W3('t', 'a', 'g')) {
			if (a->tag.len || !p.value)
				return SIP_VALUE_BAD;
			a->tag = sip_span(p.value, p.value_end);
		}
	}
	return SIP_VALUE_FAR;
}

#endif
