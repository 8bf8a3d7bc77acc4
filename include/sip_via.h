/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip_via.h - one Via value (RFC 3261 20.42, 25.1; RFC 3581 rport; RFC 5118 4.5 received). */
#ifndef SIPXDP_SIP_VIA_H
#define SIPXDP_SIP_VIA_H

#include "sip_value.h"

enum sip_via_fault {
	SIP_VIA_OK = 0,
	SIP_VIA_BAD,	    /* sent-protocol or sent-by cannot be read */
	SIP_VIA_BAD_PARAMS, /* sent-by is good, something after it is not */
	SIP_VIA_FAR,
};

/* A token followed by an optional blank run, a slash and another: "SIP / 2.0 /". Past the slash; 0, or SIP_FAR. */
port_global __u64 sip_via_slash(struct sip_ctx *c, __u64 off, __u64 lim, __u64 token, __u64 len)
{
	SIP_OPEN(c);
	__u64 mask = SIP_MASK(len);

	if (((sip_load8(b, off) | (SIP_FOLD & mask)) & mask) != token)
		return 0;
	off = sip_skip_blanks(b, off + len, lim);
	if (off >= lim || sip_load1(b, off) != '/')
		return off == SIP_FAR ? SIP_FAR : 0;
	return sip_skip_blanks(b, off + 1, lim);
}

/* sent-protocol from off; past it and the blanks that must follow, 0 where it is none. */
port_inline __u64 sip_via_protocol(const struct sip_buf *b, __u64 off, __u64 lim, struct sip_via *v)
{
	__u64 w = sip_load8(b, off) | SIP_W3(0x20, 0x20, 0x20), start;

	if (w == SIP_W8('s', 'i', 'p', '/', '2', '.', '0', '/')) {
		off += 8;
		/* blanks after the slash go the tolerant way */
		w = sip_load8(b, off);
		if ((w & SIP_MASK(4)) == SIP_W4('U', 'D', 'P', ' ')) {
			v->is_udp = 1;
			off += 4;
			if (!sip_is_blank(w >> 32 & 0xff))
				return off < lim ? off : 0;
			return sip_skip_blanks(b, off, lim);
		}
		off = sip_skip_blanks(b, off, lim);
	} else {
		off = sip_via_slash(b->c, off, lim, SIP_W3('s', 'i', 'p'), 3);
		if (!off || off >= lim)
			return off == SIP_FAR ? SIP_FAR : 0;
		/* OR 0x20 leaves digits and the full stop as they are */
		off = sip_via_slash(b->c, off, lim, SIP_W3('2', '.', '0'), 3);
	}
	if (!off || off >= lim)
		return off == SIP_FAR ? SIP_FAR : 0;
	start = off;
	w = sip_load8(b, off) | SIP_W3(0x20, 0x20, 0x20);
	v->is_udp = (w & SIP_MASK(3)) == SIP_W3('u', 'd', 'p') && sip_is_blank(w >> 24 & 0xff);
	off = sip_find(b, off, lim, SIP_SET(' ', '\t', '\r', ';'));
	if (off >= lim || off == start || sip_load1(b, off) == ';')
		return off == SIP_FAR ? SIP_FAR : 0;
	return sip_skip_blanks(b, off, lim);
}

/*
 * Takes one parameter into v if it is one of ours. SIP_VIA_OK; SIP_VIA_BAD_PARAMS where its value is malformed or it
 * stands twice; SIP_VIA_FAR where the value is beyond this parser.
 */
port_inline int sip_via_param(const struct sip_buf *b, struct sip_via *v, const struct sip_param *p)
{
	__u64 w = sip_load8(b, p->name) | SIP_FOLD, w2;
	__u64 len = p->name_end - p->name;
	struct sip_span value = { p->value, p->value_end - p->value };

	if (len == 6 && (w & SIP_MASK(6)) == SIP_W6('b', 'r', 'a', 'n', 'c', 'h')) {
		if (v->branch.len || !p->value)
			return v->branch.len ? SIP_VIA_BAD_PARAMS : SIP_VIA_OK;
		v->branch = value;
		w2 = sip_load8(b, p->value) | SIP_FOLD;
		v->magic = value.len > 7 && (w2 & SIP_MASK(7)) == SIP_W7('z', '9', 'h', 'g', '4', 'b', 'k');
	} else if (len == 5 && (w & SIP_MASK(5)) == SIP_W5('r', 'p', 'o', 'r', 't')) {
		if (v->has_rport)
			return SIP_VIA_BAD_PARAMS;
		v->has_rport = 1;
		v->rport.off = p->value ? p->value : p->name_end;
		v->rport.len = value.len;
		if (p->value && sip_number(b, p->value, p->value_end) > 0xffff)
			return p->value_end - p->value > PORT_DIGIT_STEPS ? SIP_VIA_FAR : SIP_VIA_BAD_PARAMS;
	} else if (len == 8 && w == SIP_W8('r', 'e', 'c', 'e', 'i', 'v', 'e', 'd')) {
		if (v->has_received || !p->value)
			return SIP_VIA_BAD_PARAMS;
		v->has_received = 1;
		v->received = value;
	} else if (len == 5 && (w & SIP_MASK(5)) == SIP_W5('m', 'a', 'd', 'd', 'r')) {
		if (v->maddr.len || !p->value)
			return SIP_VIA_BAD_PARAMS;
		v->maddr = value;
	} else if (len == 2 && (w & SIP_MASK(2)) == SIP_W2('s', 'x') && p->value) {
		v->sx = value;
	}
	return SIP_VIA_OK;
}

/*
 * The first value in [off, lim): lim is the end of its row. Sets all of v; v->next is the next value's first octet,
 * or 0. Returns enum sip_via_fault.
 */
port_global int sip_via_parse(struct sip_ctx *c, __u64 off, __u64 lim, struct sip_via *v)
{
	SIP_OPEN(c);
	struct sip_uri host = { .port = 0 };
	struct sip_param p = { 0 };
	__u64 e;
	int i, rc;

	if (!v)
		return SIP_VIA_BAD;
	v->next = v->end = v->sent_by_end = 0;
	v->branch = v->received = v->rport = v->maddr = v->sx = sip_span(0, 0);
	v->has_rport = v->has_received = v->magic = v->is_udp = 0;
	off = sip_skip_blanks(b, off, lim);
	if (off == SIP_FAR)
		return SIP_VIA_FAR;
	v->at = off;
	off = sip_via_protocol(b, off, lim, v);
	if (off == SIP_FAR)
		return SIP_VIA_FAR;
	if (!off || off >= lim)
		return SIP_VIA_BAD;
	rc = sip_host_port(b, off, lim, &host);
	if (rc != SIP_VALUE_OK)
		return rc == SIP_VALUE_FAR ? SIP_VIA_FAR : SIP_VIA_BAD;
	v->host = host.host;
	v->port = host.port;
	v->is_ip6 = host.is_ip6;
	v->sent_by_end = host.params;
	e = sip_skip_blanks(b, host.params, lim);
	e = port_forget(e, b->zero);
	for (i = 0; i < PORT_PARAM_STEPS; i++, e = port_forget(p.next, b->zero)) {
		port_join();
		if (sip_is_far(e, 0, 0))
			return SIP_VIA_FAR;
		if (!sip_before(b, e, lim) || sip_load1(b, e) == ',') {
			v->end = e;
			if (sip_before(b, e, lim))
				v->next = e + 1;
			return SIP_VIA_OK;
		}
		if (sip_load1(b, e) != ';')
			return SIP_VIA_BAD_PARAMS;
		rc = sip_param_next(b, e + 1, lim, &p);
		if (rc != SIP_VALUE_OK)
			return rc == SIP_VALUE_FAR ? SIP_VIA_FAR : SIP_VIA_BAD_PARAMS;
		rc = sip_via_param(b, v, &p);
		if (rc != SIP_VIA_OK)
			return rc;
	}
	return SIP_VIA_FAR;
}

#endif
