/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_path.h - which row of ours a request gets: Record-Route where it may begin a dialog (RFC 3261 16.6 step 4), Path
 * where it registers and its client knows what that is (RFC 3327 5.2, RFC 5626 5.1).
 */
#ifndef SIPXDP_SIP_PATH_H
#define SIPXDP_SIP_PATH_H

#include "sip_proxy.h"

/* What sip_path_wanted() finds. */
#define SIP_PATH_SUPPORTED (1u << 0) /* the option tag path */
#define SIP_PATH_REG_ID (1u << 1)    /* reg-id in a Contact: the client keeps its flow alive */
#define SIP_PATH_FAR (1u << 31)	     /* beyond the bounds of this parser */

/* A row that it looks into. */
#define SIP_PATH_ROW_SUPPORTED 1
#define SIP_PATH_ROW_CONTACT 2

/* Whether a request may begin a dialog, or be a method that we do not know and that may. */
port_inline int sip_makes_dialog(const struct sip_msg *m)
{
	return m->method == SIP_METHOD_INVITE || m->method == SIP_METHOD_OTHER;
}

/*
 * Whether a client is not where its sent-by says, so that its Contact will not do either. back: where the response to
 * its request goes.
 */
port_inline int sip_is_hidden(const struct sip_buf *b, const struct sip_via *v, const struct ds_endpoint *back)
{
	struct ds_addr ip;

	if (sip_ip_parse(b, v->host, v->is_ip6, &ip) || !sip_ip_equal(&ip, &back->ip))
		return 1;
	return port_be16(back->port_be) != (v->port ? v->port : SIP_PORT);
}

/* The flow of a client into the token, vouched for. */
port_inline void sip_own_flow(const __u64 *key, const struct ds_endpoint *listener, const struct ds_endpoint *flow,
			      struct sip_token *t)
{
	t->flow = *flow;
	t->flow.pad = 0;
	t->has_flow = 1;
	t->mac = sip_token_mac(key, listener, t);
}

/* Which of the rows it is that starts at off, 0 for any other; *value is past its colon then. */
port_inline __u64 sip_path_row(const struct sip_buf *b, __u64 off, __u64 lim, __u64 *value)
{
	__u64 raw = sip_load8(b, off), w = raw | SIP_FOLD, row = 0, len = 1;
	__u8 second = raw >> 8;

	if (second == ':' || second == ' ' || second == '\t') {
		row = (__u8)w == 'k' ? SIP_PATH_ROW_SUPPORTED : (__u8)w == 'm' ? SIP_PATH_ROW_CONTACT : 0;
	} else if (w == SIP_W8('s', 'u', 'p', 'p', 'o', 'r', 't', 'e')) {
		row = (sip_load1(b, off + 8) | 0x20) == 'd' ? SIP_PATH_ROW_SUPPORTED : 0;
		len = 9;
	} else if ((w & SIP_MASK(7)) == SIP_W7('c', 'o', 'n', 't', 'a', 'c', 't')) {
		row = SIP_PATH_ROW_CONTACT;
		len = 7;
	}
	if (!row)
		return 0;
	off = sip_skip_blanks(b, off + len, lim);
	*value = off + 1;
	return sip_before(b, off, lim) && sip_load1(b, off) == ':' ? row : 0;
}

/* Whether the list of option tags in [off, lim) has path: SIP_PATH_SUPPORTED, 0, or SIP_PATH_FAR. */
port_global __u32 sip_path_tag(struct sip_ctx *c, __u64 off, __u64 lim)
{
	SIP_OPEN(c);
	__u64 e, end;
	int i;

	for (i = 0; i < PORT_PARAM_STEPS; i++) {
		off = port_forget(off, b->zero);
		port_join();
		off = sip_skip_blanks(b, off, lim);
		e = sip_find(b, off, lim, SIP_SET(',', ',', ',', ','));
		end = sip_trim(b, off, e);
		if (sip_is_far(off, e, end))
			return SIP_PATH_FAR;
		if (end - off == 4 && ((sip_load8(b, off) | SIP_FOLD) & SIP_MASK(4)) == SIP_W4('p', 'a', 't', 'h'))
			return SIP_PATH_SUPPORTED;
		if (!sip_before(b, e, lim))
			return 0;
		off = e + 1;
	}
	return SIP_PATH_FAR;
}

/* Whether the first Contact value in [off, lim) has the parameter reg-id: SIP_PATH_REG_ID, 0, or SIP_PATH_FAR. */
port_global __u32 sip_path_reg_id(struct sip_ctx *c, __u64 off, __u64 lim)
{
	SIP_OPEN(c);
	struct sip_param p = { 0 };
	__u64 e = sip_find(b, off, lim, SIP_SET('<', '"', ';', ','));
	__u64 w;
	int i, rc;

	if (sip_before(b, e, lim) && sip_load1(b, e) == '"') {
		e = sip_skip_quoted(b->c, e + 1, lim);
		e = sip_find(b, e, lim, SIP_SET('<', ',', '<', '<'));
	}
	if (sip_before(b, e, lim) && sip_load1(b, e) == '<') {
		e = sip_find(b, e, lim, SIP_SET('>', '>', '>', '>'));
		e = sip_skip_blanks(b, e + 1, lim);
	}
	for (i = 0; i < PORT_PARAM_STEPS; i++, e = p.next) {
		e = port_forget(e, b->zero);
		port_join();
		if (sip_is_far(e, 0, 0))
			return SIP_PATH_FAR;
		if (!sip_before(b, e, lim) || sip_load1(b, e) != ';')
			return 0;
		rc = sip_param_next(b, e + 1, lim, &p);
		if (rc != SIP_VALUE_OK)
			return rc == SIP_VALUE_FAR ? SIP_PATH_FAR : 0;
		w = sip_load8(b, p.name) | SIP_FOLD;
		/* '-' has the bit of lower case already */
		if (p.name_end - p.name == 6 && (w & SIP_MASK(6)) == SIP_W6('r', 'e', 'g', '-', 'i', 'd'))
			return SIP_PATH_REG_ID;
	}
	return SIP_PATH_FAR;
}

/* SIP_PATH_* of the rows of m, a sound request, in one pass. */
port_global __u32 sip_path_wanted(struct sip_ctx *c, const struct sip_msg *m)
{
	SIP_OPEN(c);
	__u64 off, lim, starts, row = 0, value = 0, wanted = 0;
	int i;

	if (!m)
		return SIP_PATH_FAR;
	off = port_forget(m->line - 2, b->zero);
	lim = port_forget(m->blank, b->zero);
	/* one more than the scan, to see the end */
	for (i = 0; i <= PORT_HEAD_STEPS; i++, off = port_forget(off, b->zero)) {
		wanted = port_forget(wanted, b->zero);
		value = port_forget(value, b->zero);
		row = port_forget(row, b->zero);
		port_join();
		if (!sip_before(b, off, lim))
			return wanted;
		off = sip_row_step(b, off, &starts);
		if (!starts)
			continue;
		/* the row that ends here, without its line end */
		if (row == SIP_PATH_ROW_SUPPORTED)
			wanted |= sip_path_tag(c, value, off - 2);
		else if (row == SIP_PATH_ROW_CONTACT)
			wanted |= sip_path_reg_id(c, value, off - 2);
		row = sip_path_row(b, off, lim, &value);
	}
	return SIP_PATH_FAR;
}

/* The row that a REGISTER gets, by what was found in it: RFC 5626 5.1 asks for ob only at the first hop. */
port_inline __u32 sip_path_own_row(const struct sip_msg *m, __u32 wanted)
{
	int first_hop = !m->via.next && !(m->twice & SIP_SEEN(VIA));

	if (!(wanted & SIP_PATH_SUPPORTED))
		return SIP_OWN_NONE;
	return wanted & SIP_PATH_REG_ID && first_hop ? SIP_OWN_PATH_OB : SIP_OWN_PATH;
}

#endif
