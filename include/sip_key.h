/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_key.h - what of a message a hash algorithm hashes, other than its Call-ID: a URI, its user, the user of the
 * credentials, any header, the source. In canonical form: however a message is spelled, its key is the same.
 *
 * A URI's key is its user, escapes resolved and a password left out, its host in lower case or as an address by value,
 * and its port with the default filled in (RFC 3261 19.1.4, with what is equal for a dispatcher); a telephone number's
 * is the number without visual separators (RFC 3966 5.1.1). The same URI gives the same key wherever it stands.
 */
#ifndef SIPXDP_SIP_KEY_H
#define SIPXDP_SIP_KEY_H

#include "sip_branch.h"
#include "sip_key_row.h"
#include "sip_slot.h"

/* A hash, by which rule and keyed by what, as one argument. */
struct sip_keyed {
	__u64 key[2];
	__u64 slot; /* enum ds_slot_rule; that of Kamailio needs no key */
	__u64 hash;
};

/* The user of a URI without its password. */
port_inline int sip_hash_user(struct sip_hash *h, const struct sip_buf *b, const struct sip_uri *u)
{
	__u64 off = u->user.off, end = off + u->user.len;
	__u32 how = SIP_OCTETS_ESCAPED;

	if (u->scheme == SIP_SCHEME_TEL) {
		how |= SIP_OCTETS_SEPARATED;
		end = port_forget(end, b->zero);
		if (sip_before(b, sip_find(b, off, end, SIP_SET('-', '.', '(', ')')), end))
			return sip_hash_octets(h, b, off, end, how);
	} else {
		end = sip_find(b, off, end, SIP_SET(':', ':', ':', ':'));
		if (sip_is_far(end, 0, 0))
			return SIP_KEY_FAR;
	}
	return sip_hash_text(h, b, off, end, SIP_SET('%', '%', '%', '%'), how);
}

/* The host of a URI, an address by value, and its port. */
port_inline int sip_hash_host(struct sip_hash *h, const struct sip_buf *b, const struct sip_uri *u)
{
	struct sip_span host = u->host;
	struct ds_addr ip;

	sip_hash_word(h, u->port ? u->port : sip_default_port(u));
	if (!sip_ip_parse(b, host, u->is_ip6, &ip)) {
		sip_hash_word(h, (__u64)ip.w[0] << 32 | ip.w[1]);
		sip_hash_word(h, (__u64)ip.w[2] << 32 | ip.w[3]);
		return SIP_KEY_OK;
	}
	/* a name may end with the root's full stop */
	if (host.len > 1 && sip_load1(b, (__u64)host.off + host.len - 1) == '.')
		host.len--;
	return sip_hash_span(h, b, host, 1) ? SIP_KEY_FAR : SIP_KEY_OK;
}

/* The same by Kamailio's rule. A URI that it does not know has no key. */
port_inline int sip_slot_uri(const struct sip_buf *b, const struct sip_uri *u, __u64 lim, __u32 user_only,
			     struct sip_keyed *out)
{
	__u64 sum = 0, user = u->user.off, end = user + u->user.len, is_phone = 0;

	if (u->scheme == SIP_SCHEME_OTHER)
		return SIP_KEY_ABSENT;
	if (u->scheme != SIP_SCHEME_TEL) {
		is_phone = sip_slot_is_phone(b->c, u->params, lim);
		/* of a telephone number's user what is a parameter there counts no more than a password */
		end = sip_find(b, user, end, is_phone ? SIP_SET(':', ';', ':', ';') : SIP_SET(':', ':', ':', ':'));
	}
	if (sip_is_far(end, is_phone, 0) || sip_slot_add(&sum, b, user, end))
		return SIP_KEY_FAR;
	if (!user_only && u->scheme != SIP_SCHEME_TEL) {
		end = sip_slot_host_end(b, u, is_phone, lim);
		if (sip_is_far(end, 0, 0) || sip_slot_add(&sum, b, (__u64)u->host.off - u->is_ip6, end))
			return SIP_KEY_FAR;
	}
	out->hash = sip_slot_mix(sum);
	return SIP_KEY_OK;
}

/* The key of the URI in [off, lim), of its user alone where user_only is set. Returns enum sip_key_found, out->hash if OK. */
port_inline int sip_key_uri(const struct sip_buf *b, __u64 off, __u64 lim, __u32 user_only, struct sip_keyed *out)
{
	struct sip_uri u = { .port = 0 };
	struct sip_hash h;
	int rc;

	rc = sip_uri_parse(b->c, off, lim, &u);
	if (rc != SIP_VALUE_OK)
		return rc == SIP_VALUE_FAR ? SIP_KEY_FAR : SIP_KEY_ABSENT;
	if (out->slot == DS_SLOT_KAMAILIO)
		return sip_slot_uri(b, &u, lim, user_only, out);
	sip_hash_begin(&h, out->key, SIP_HASH_KEY);
	if (u.scheme == SIP_SCHEME_OTHER) {
		rc = sip_hash_span(&h, b, sip_span(off, lim), 0) ? SIP_KEY_FAR : SIP_KEY_OK;
	} else {
		if (user_only && !u.user.len)
			return SIP_KEY_ABSENT;
		rc = sip_hash_user(&h, b, &u);
		if (rc == SIP_KEY_OK && !user_only && u.scheme != SIP_SCHEME_TEL)
			rc = sip_hash_host(&h, b, &u);
	}
	out->hash = sip_hash_end(&h);
	return rc;
}

/* Whether [off, end) has other blanks than one SP at a time; 1 too where that is beyond the bound of a scan. */
port_inline int sip_has_blank_run(const struct sip_buf *b, __u64 off, __u64 end)
{
	__u64 w, hit;
	int i;

	for (i = 0; i < PORT_FIND_STEPS; i++) {
		off = port_forget(off, b->zero);
		port_join();
		if (!sip_before(b, off, end))
			return 0;
		w = sip_load8(b, off);
		hit = sip_zero_lowest((w ^ SIP_SPLAT(' ')) | (sip_load8(b, off + 1) ^ SIP_SPLAT(' '))) |
		      sip_zero_lowest(w ^ SIP_SPLAT('\t')) | sip_zero_lowest(w ^ SIP_SPLAT('\r')) |
		      sip_zero_lowest(w ^ SIP_SPLAT('\n'));
		if (hit)
			return sip_before(b, off + sip_lowest(hit), end);
		off += 8;
	}
	return 1;
}

/* A whole header value: each run of blanks in it is as one. */
port_inline int sip_hash_value(struct sip_hash *h, const struct sip_buf *b, const struct sip_key_row *row)
{
	if (sip_has_blank_run(b, row->off, row->end))
		return sip_hash_octets(h, b, row->off, row->end, SIP_OCTETS_BLANKS);
	return sip_hash_span(h, b, sip_span(row->off, row->end), 0) ? SIP_KEY_FAR : SIP_KEY_OK;
}

/* A text by Kamailio's rule. */
port_inline int sip_slot_text(const struct sip_buf *b, __u64 off, __u64 end, struct sip_keyed *out)
{
	__u64 sum = 0;

	if (sip_slot_add(&sum, b, off, end))
		return SIP_KEY_FAR;
	out->hash = sip_slot_mix(sum);
	return SIP_KEY_OK;
}

/*
 * A user name by that rule: one of three octets or more counts from behind a first colon and up to '@', as of a URI, and
 * in quotes ends at the first one, escaped or not.
 */
port_inline int sip_slot_username(const struct sip_buf *b, __u64 off, __u64 end, struct sip_keyed *out)
{
	__u64 e;

	if (!sip_before(b, off + 2, end))
		return sip_slot_text(b, off, end, out);
	e = sip_find(b, off, end, SIP_SET(':', '@', '"', '"'));
	if (sip_before(b, e, end) && sip_load1(b, e) == ':') {
		off = e + 1;
		e = sip_find(b, off, end, SIP_SET('@', '"', '@', '"'));
	}
	if (sip_is_far(e, 0, 0))
		return SIP_KEY_FAR;
	return sip_before(b, off, e) ? sip_slot_text(b, off, e, out) : SIP_KEY_ABSENT;
}

/* The key of a row that k names, or of the credentials in it. */
port_inline int sip_key_of_row(const struct sip_buf *b, const struct sip_msg *m, const struct ds_key *k,
			       struct sip_keyed *out)
{
	struct sip_key_row row = { 0 };
	struct sip_hash h;
	int rc = sip_key_row(b->c, m, k, &row);

	if (rc == SIP_KEY_OK && k->kind == DS_KEY_CREDENTIALS)
		rc = sip_username(b->c, row.off, row.end, &row);
	if (rc != SIP_KEY_OK)
		return rc;
	if (out->slot == DS_SLOT_KAMAILIO)
		return k->kind == DS_KEY_CREDENTIALS ? sip_slot_username(b, row.off, row.end, out)
						     : sip_slot_text(b, row.off, row.end, out);
	sip_hash_begin(&h, out->key, SIP_HASH_KEY);
	if (k->kind == DS_KEY_CREDENTIALS)
		rc = sip_hash_text(&h, b, row.off, row.end, SIP_SET('\\', '\\', '\\', '\\'), SIP_OCTETS_QUOTED);
	else
		rc = sip_hash_value(&h, b, &row);
	out->hash = sip_hash_end(&h);
	return rc;
}

/* The key of a parameter's value, which is compared whatever its case and escapes (RFC 3261 19.1.4). */
port_inline int sip_key_of_parameter(const struct sip_buf *b, const struct sip_msg *m, const struct ds_key *k,
				     struct sip_keyed *out)
{
	struct sip_key_row value = { 0 };
	struct sip_hash h;
	int rc = sip_key_parameter(b->c, m, k, &value);

	if (rc != SIP_KEY_OK)
		return rc;
	if (out->slot == DS_SLOT_KAMAILIO)
		return sip_slot_text(b, value.off, value.end, out);
	sip_hash_begin(&h, out->key, SIP_HASH_KEY);
	rc = sip_hash_text(&h, b, value.off, value.end, SIP_SET('%', '%', '%', '%'),
			   SIP_OCTETS_ESCAPED | SIP_OCTETS_FOLDED);
	out->hash = sip_hash_end(&h);
	return rc;
}

port_inline int sip_key_source(const struct ds_endpoint *src, int port, struct sip_keyed *out)
{
	struct sip_hash h;

	sip_hash_begin(&h, out->key, SIP_HASH_KEY);
	sip_hash_word(&h, (__u64)src->ip.w[0] << 32 | src->ip.w[1]);
	sip_hash_word(&h, (__u64)src->ip.w[2] << 32 | src->ip.w[3]);
	if (port)
		sip_hash_word(&h, src->port_be);
	out->hash = sip_hash_end(&h);
	return SIP_KEY_OK;
}

port_inline int sip_key_is_of_row(const struct ds_key *k)
{
	return k->kind == DS_KEY_HEADER || k->kind == DS_KEY_CREDENTIALS;
}

/* Any other key: of what the parser has found already. */
port_inline int sip_key_of_parsed(const struct sip_buf *b, const struct sip_msg *m, const struct ds_endpoint *src,
				  const struct ds_key *k, struct sip_keyed *out)
{
	const struct sip_span *uri = &m->uri.all;
	__u32 user_only = k->kind == DS_KEY_FROM_USER || k->kind == DS_KEY_TO_USER || k->kind == DS_KEY_REQUEST_USER;

	switch (k->kind) {
	case DS_KEY_CALL_ID:
		return sip_slot_text(b, m->call_id.off, (__u64)m->call_id.off + m->call_id.len, out);
	case DS_KEY_SOURCE_IP:
	case DS_KEY_SOURCE:
		return sip_key_source(src, k->kind == DS_KEY_SOURCE, out);
	case DS_KEY_PARAMETER:
		return sip_key_of_parameter(b, m, k, out);
	case DS_KEY_FROM_URI:
	case DS_KEY_FROM_USER:
		uri = &m->from.uri;
		break;
	case DS_KEY_TO_URI:
	case DS_KEY_TO_USER:
		uri = &m->to.uri;
		break;
	case DS_KEY_REQUEST_URI:
	case DS_KEY_REQUEST_USER:
		break;
	default:
		return SIP_KEY_ABSENT;
	}
	return sip_key_uri(b, uri->off, (__u64)uri->off + uri->len, user_only, out);
}

/*
 * The key that k asks for, of a sound request m that came from src: enum sip_key_found, out->hash if OK. out->key is
 * what it is keyed by and out->slot the rule. The Call-ID is asked for by Kamailio's rule only: by the other its hash is
 * there already.
 */
port_inline int sip_key(const struct sip_buf *b, const struct sip_msg *m, const struct ds_endpoint *src,
			const struct ds_key *k, struct sip_keyed *out)
{
	return sip_key_is_of_row(k) ? sip_key_of_row(b, m, k, out) : sip_key_of_parsed(b, m, src, k, out);
}

#endif
