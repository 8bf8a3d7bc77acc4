/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_hash.h - the one hash: SipHash-1-3 (Aumasson, Bernstein: SipHash, 2012) keyed by the cluster key, for keys,
 * branches, tags, identities and tables. Unkeyed or additive hashes let an attacker aim.
 *
 * What is hashed is a sequence of words and spans. A span goes in as its octets, eight at a time, the last word padded
 * with zeros, then a word with its length: so no two sequences of the same shape share an input.
 */
#ifndef SIPXDP_SIP_HASH_H
#define SIPXDP_SIP_HASH_H

#include "sip_buf.h"
#include "sip_msg.h"

struct sip_hash {
	__u64 v0, v1, v2, v3;
};

/* What a hash is for: hashes of different purposes never meet. */
enum sip_hash_use {
	SIP_HASH_KEY = 1, /* Call-ID */
	SIP_HASH_CALL,	  /* listener and Call-ID: key of the calls table */
	SIP_HASH_BRANCH,
	SIP_HASH_SX,
	SIP_HASH_TAG,
	SIP_HASH_ID,	/* destination */
	SIP_HASH_TABLE, /* Maglev permutation */
	SIP_HASH_GUARD, /* source at a listener */
	SIP_HASH_FLOW,	/* flow of a client in a token */
	SIP_HASH_HOST,	/* that routes name */
	SIP_HASH_ROUTE, /* number of a table of routes */
};

#define SIP_ROTL(x, n) (((x) << (n)) | ((x) >> (64 - (n))))

port_inline void sip_hash_round(struct sip_hash *h)
{
	h->v0 += h->v1;
	h->v2 += h->v3;
	h->v1 = SIP_ROTL(h->v1, 13) ^ h->v0;
	h->v3 = SIP_ROTL(h->v3, 16) ^ h->v2;
	h->v0 = SIP_ROTL(h->v0, 32);
	h->v2 += h->v1;
	h->v0 += h->v3;
	h->v1 = SIP_ROTL(h->v1, 17) ^ h->v2;
	h->v3 = SIP_ROTL(h->v3, 21) ^ h->v0;
	h->v2 = SIP_ROTL(h->v2, 32);
}

port_inline void sip_hash_word(struct sip_hash *h, __u64 w)
{
	h->v3 ^= w;
	sip_hash_round(h);
	h->v0 ^= w;
}

/* Starts a hash under key[0], key[1] for one enum sip_hash_use. */
port_inline void sip_hash_begin(struct sip_hash *h, const __u64 *key, __u64 use)
{
	h->v0 = 0x736f6d6570736575ull ^ key[0];
	h->v1 = 0x646f72616e646f6dull ^ key[1];
	h->v2 = 0x6c7967656e657261ull ^ key[0];
	h->v3 = 0x7465646279746573ull ^ key[1];
	sip_hash_word(h, use);
}

port_inline __u64 sip_hash_end(struct sip_hash *h)
{
	h->v2 ^= 0xff;
	sip_hash_round(h);
	sip_hash_round(h);
	sip_hash_round(h);
	return h->v0 ^ h->v1 ^ h->v2 ^ h->v3;
}

/* ASCII letters of w in lower case; other octets as they are. */
port_inline __u64 sip_lower(__u64 w)
{
	__u64 low = w & ~SIP_HIGH;
	/* bit 7 of each octet: 'A' <= octet, octet <= 'Z' */
	__u64 ge_a = low + SIP_SPLAT(0x80 - 'A');
	__u64 gt_z = low + SIP_SPLAT(0x7f - 'Z');

	return w | ((ge_a & ~gt_z & ~w & SIP_HIGH) >> 2);
}

/* The span of the datagram, in lower case where fold is set. 0, or 1 where it is beyond the bound of a scan. */
port_inline int sip_hash_span(struct sip_hash *h, const struct sip_buf *b, struct sip_span s, int fold)
{
	__u64 off = port_forget(s.off, b->zero), end = port_forget((__u64)s.off + s.len, b->zero), w;
	__s64 over, mask;
	int i;

	for (i = 0; i < PORT_HASH_STEPS; i++, off = port_forget(off + 8, b->zero)) {
		port_join();
		if (!sip_before(b, off, end)) {
			sip_hash_word(h, s.len);
			return 0;
		}
		/* octets of this word behind the span, without a branch */
		over = (__s64)(off + 8 - end);
		mask = over >> 63;
		port_barrier(mask);
		over &= ~mask;
		w = sip_load8(b, off) & ~0ull >> ((over * 8) & 63);
		sip_hash_word(h, fold ? sip_lower(w) : w);
	}
	return 1;
}

#endif
