/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_token.h - what the URI of our Record-Route and Path carries in its user part, so that requests come back to where
 * they belong without a table, at any node with the key (RFC 3261 16.6 step 4, RFC 3327, RFC 5626 5.2).
 *
 *	sx IIIIIIIIIIIIIIII [ AAAAAAAA PPPP MMMMMMMMMMMMMMMM ]
 *
 * in lower-case hexadecimal digits: the stable id of a destination (struct ds_dest_rec), 0 for none; and where a client
 * is reached that its own words do not lead to, its flow: address (8 digits, or 32 of IPv6), port, and a keyed hash of
 * all that and the listener, so that nobody can make one up.
 */
#ifndef SIPXDP_SIP_TOKEN_H
#define SIPXDP_SIP_TOKEN_H

#include "sip_branch.h"

#define SIP_TOKEN_ID_LEN (2 + 16)
#define SIP_TOKEN_FLOW4_LEN (SIP_TOKEN_ID_LEN + 8 + 4 + 16)
#define SIP_TOKEN_FLOW6_LEN (SIP_TOKEN_ID_LEN + 32 + 4 + 16)

struct sip_token {
	__u64 id;		 /* of a destination, 0: none */
	__u64 mac;		 /* of a flow */
	struct ds_endpoint flow; /* where has_flow is set */
	__u32 has_flow;
};

/* Whether a user part has the looks of a token. */
port_inline int sip_token_is(const struct sip_buf *b, struct sip_span user)
{
	if (user.len != SIP_TOKEN_ID_LEN && user.len != SIP_TOKEN_FLOW4_LEN && user.len != SIP_TOKEN_FLOW6_LEN)
		return 0;
	return (sip_load8(b, user.off) & 0xffff) == SIP_W2('s', 'x');
}

/* The hash that a flow is known by as ours. */
port_inline __u64 sip_token_mac(const __u64 *key, const struct ds_endpoint *listener, const struct sip_token *t)
{
	struct sip_hash h;

	sip_hash_begin(&h, key, SIP_HASH_FLOW);
	sip_hash_word(&h, t->id);
	sip_hash_endpoint(&h, listener);
	sip_hash_endpoint(&h, &t->flow);
	return sip_hash_end(&h);
}

/* The place that names a destination by its id among the keys of dest_ids: no destination has port 0. */
port_inline struct ds_endpoint sip_token_place(__u64 id)
{
	struct ds_endpoint e = { .ip = { { (__u32)(id >> 32), (__u32)id, 0, 0 } } };

	return e;
}

/* Eight hexadecimal digits at off as a number; *bad is set where they are none of ours. */
port_inline __u64 sip_token_word(const struct sip_buf *b, __u64 off, __u64 *bad)
{
	__u64 w = sip_load8(b, off), n = sip_unhex8(w);

	*bad |= sip_hex8(n) ^ w;
	return n;
}

/*
 * Reads the token in a user part that sip_token_is() of, at the listener. Returns REASON_none, or REASON_route_forged
 * where its flow is not one that we gave away. Digits that are none make an id that nobody has.
 */
port_inline int sip_token_read(const struct sip_buf *b, struct sip_span user, const __u64 *key,
			       const struct ds_endpoint *listener, struct sip_token *t)
{
	__u64 off = (__u64)user.off + 2, bad = 0;

	t->has_flow = 0;
	t->id = sip_token_word(b, off, &bad) << 32;
	t->id |= sip_token_word(b, off + 8, &bad);
	t->id &= -(__u64)!bad;
	if (user.len == SIP_TOKEN_ID_LEN)
		return REASON_none;
	off += 16;
	t->flow.pad = 0;
	t->flow.ip.w[0] = t->flow.ip.w[1] = 0;
	t->flow.ip.w[2] = port_be32(0xffff);
	if (user.len == SIP_TOKEN_FLOW6_LEN) {
		t->flow.ip.w[0] = port_be32((__u32)sip_token_word(b, off, &bad));
		t->flow.ip.w[1] = port_be32((__u32)sip_token_word(b, off + 8, &bad));
		t->flow.ip.w[2] = port_be32((__u32)sip_token_word(b, off + 16, &bad));
		off += 24;
	}
	t->flow.ip.w[3] = port_be32((__u32)sip_token_word(b, off, &bad));
	/* four digits of the port and the first four of the hash */
	t->flow.port_be = port_be16((__u16)(sip_token_word(b, off + 8, &bad) >> 16));
	t->has_flow = 1;
	t->mac = sip_token_mac(key, listener, t);
	if (bad || !sip_is_hex16(b, off + 12, t->mac))
		return REASON_route_forged;
	return REASON_none;
}

/* How many octets a token is as text. */
port_inline __u64 sip_token_len(const struct sip_token *t)
{
	if (!t->has_flow)
		return SIP_TOKEN_ID_LEN;
	return sip_ip_is4(&t->flow.ip) ? SIP_TOKEN_FLOW4_LEN : SIP_TOKEN_FLOW6_LEN;
}

#endif
