/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip_key_row.h - where the value stands that a key names: of a header, of credentials, of a parameter. */
#ifndef SIPXDP_SIP_KEY_ROW_H
#define SIPXDP_SIP_KEY_ROW_H

#include "ds_key.h"
#include "sip_octets.h"
#include "sip_parse.h"

/* The value of the first row with that name, blanks around it left out. */
struct sip_key_row {
	__u64 off;
	__u64 end;
};

/* Whether a row with that name stands at off; *value is past its colon then. */
port_inline int sip_key_is_row(const struct sip_buf *b, __u64 off, __u64 lim, const struct ds_key *k, __u64 *value)
{
	__u64 w = sip_lower(sip_load8(b, off)), len = k->len, other;
	__u8 second = w >> 8;

	if (k->compact && (__u8)w == k->compact && (second == ':' || sip_is_blank(second))) {
		len = 1;
	} else {
		other = (w ^ k->name[0]) & k->mask[0];
		other |= (sip_lower(sip_load8(b, off + 8)) ^ k->name[1]) & k->mask[1];
		other |= (sip_lower(sip_load8(b, off + 16)) ^ k->name[2]) & k->mask[2];
		if (other)
			return 0;
	}
	off = sip_skip_blanks(b, off + len, lim);
	*value = off + 1;
	return sip_before(b, off, lim) && sip_load1(b, off) == ':';
}

/*
 * The first row of m whose name is k's, folded lines included: SIP_KEY_OK with *row, _ABSENT or _FAR. One pass over the
 * rows, which the parser has found sound.
 */
port_global int sip_key_row(struct sip_ctx *c, const struct sip_msg *m, const struct ds_key *k, struct sip_key_row *row)
{
	SIP_OPEN(c);
	__u64 off, lim, starts, value, found = 0;
	int i;

	if (!m || !k || !row)
		return SIP_KEY_ABSENT;
	off = port_forget(m->line - 2, b->zero);
	lim = port_forget(m->blank, b->zero);
	/* one more than the scan, to see the end */
	for (i = 0; i <= PORT_HEAD_STEPS; i++, off = port_forget(off, b->zero)) {
		found = port_forget(found, b->zero);
		port_join();
		if (!sip_before(b, off, lim))
			return SIP_KEY_ABSENT;
		off = sip_row_step(b, off, &starts);
		if (!starts)
			continue;
		if (found) {
			row->off = sip_skip_blanks(b, found, off);
			row->end = sip_trim(b, row->off, off);
			if (sip_is_far(row->off, row->end, 0))
				return SIP_KEY_FAR;
			return sip_before(b, row->off, row->end) ? SIP_KEY_OK : SIP_KEY_ABSENT;
		}
		if (sip_key_is_row(b, off, lim, k, &value))
			found = value;
	}
	return SIP_KEY_FAR;
}

/*
 * The user name of the credentials in [off, lim), RFC 3261 25.1 credentials: a comma list of name=value behind the
 * scheme. Returns enum sip_key_found, *user if OK, its quotes left out.
 */
port_global int sip_username(struct sip_ctx *c, __u64 off, __u64 lim, struct sip_key_row *user)
{
	SIP_OPEN(c);
	__u64 e, start, end, is_user;
	int i;

	if (!user)
		return SIP_KEY_ABSENT;
	off = sip_find(b, off, lim, SIP_SET(' ', '\t', '\r', '\n'));
	for (i = 0; i < PORT_PARAM_STEPS; i++) {
		off = port_forget(off, b->zero);
		port_join();
		off = sip_skip_blanks(b, off, lim);
		e = sip_find(b, off, lim, SIP_SET('=', ',', '"', '='));
		if (sip_is_far(off, e, 0))
			return SIP_KEY_FAR;
		if (!sip_before(b, e, lim) || sip_load1(b, e) != '=')
			return SIP_KEY_ABSENT;
		is_user = sip_lower(sip_load8(b, off)) == SIP_W8('u', 's', 'e', 'r', 'n', 'a', 'm', 'e') &&
			  sip_trim(b, off, e) == off + 8;
		start = sip_skip_blanks(b, e + 1, lim);
		if (sip_load1(b, start) == '"') {
			end = sip_skip_quoted(b->c, ++start, lim) - 1;
			e = end + 1;
		} else {
			e = sip_find(b, start, lim, SIP_SET(',', ',', ',', ','));
			end = sip_trim(b, start, e);
		}
		if (sip_is_far(start, end, e))
			return SIP_KEY_FAR;
		if (sip_before(b, lim, e))
			return SIP_KEY_ABSENT;
		if (is_user) {
			user->off = start;
			user->end = end;
			return sip_before(b, start, end) ? SIP_KEY_OK : SIP_KEY_ABSENT;
		}
		e = sip_find(b, e, lim, SIP_SET(',', ',', ',', ','));
		if (sip_is_far(e, 0, 0))
			return SIP_KEY_FAR;
		off = e + 1;
	}
	return SIP_KEY_FAR;
}

/* Whether octets [off, off + n) are k's name in any case. */
port_inline int sip_key_is_named(const struct sip_buf *b, __u64 off, __u64 n, const struct ds_key *k)
{
	__u64 other = n ^ k->len;

	other |= (sip_lower(sip_load8(b, off)) ^ k->name[0]) & k->mask[0];
	other |= (sip_lower(sip_load8(b, off + 8)) ^ k->name[1]) & k->mask[1];
	other |= (sip_lower(sip_load8(b, off + 16)) ^ k->name[2]) & k->mask[2];
	return !other;
}

/* The value of the Request-URI's parameter that k names (RFC 3261 19.1.1), as sip_key_row(). One without a value is absent. */
port_global int sip_key_parameter(struct sip_ctx *c, const struct sip_msg *m, const struct ds_key *k,
				  struct sip_key_row *row)
{
	SIP_OPEN(c);
	__u64 off, lim, e, start, named;
	int i;

	if (!m || !k || !row)
		return SIP_KEY_ABSENT;
	off = m->uri.params;
	lim = port_forget((__u64)m->uri.all.off + m->uri.all.len, b->zero);
	for (i = 0; i < PORT_PARAM_STEPS; i++) {
		off = port_forget(off, b->zero);
		port_join();
		if (!sip_before(b, off, lim) || sip_load1(b, off) != ';')
			return SIP_KEY_ABSENT;
		off++;
		e = sip_find(b, off, lim, SIP_SET(';', '=', ';', '='));
		if (sip_is_far(e, 0, 0))
			return SIP_KEY_FAR;
		named = sip_key_is_named(b, off, e - off, k);
		start = e;
		if (sip_before(b, e, lim) && sip_load1(b, e) == '=') {
			start = e + 1;
			e = sip_find(b, start, lim, SIP_SET(';', ';', ';', ';'));
			if (sip_is_far(e, 0, 0))
				return SIP_KEY_FAR;
		}
		if (named) {
			row->off = start;
			row->end = e;
			return sip_before(b, start, e) ? SIP_KEY_OK : SIP_KEY_ABSENT;
		}
		off = e;
	}
	return SIP_KEY_FAR;
}

#endif
