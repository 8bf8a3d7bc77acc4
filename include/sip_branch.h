/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_branch.h - what a stateless proxy writes into its Via and checks when the response returns (RFC 3261 16.11).
 *
 * branch: keyed hash of the client's canonical sent-by and branch octets; of sent-by, From tag, Call-ID and CSeq number
 * where the branch has no magic cookie. No method, no source port, nothing random or timed, never the Via's raw octets:
 * INVITE, its retransmissions, CANCEL and the ACK to a failure carry one branch on any CPU and any node with the key.
 * sx: keyed hash of that branch, the listener and the place that the response will be sent to, so that nobody who has
 * seen a Via of ours can aim responses. tag: To tag of replies built here.
 */
#ifndef SIPXDP_SIP_BRANCH_H
#define SIPXDP_SIP_BRANCH_H

#include "abi.h"
#include "sip_hash.h"
#include "sip_ip.h"
#include "sip_parse.h"

/* Whether the 16 octets at off are x in lower-case hexadecimal digits. */
port_inline int sip_is_hex16(const struct sip_buf *b, __u64 off, __u64 x)
{
	return sip_load8(b, off) == sip_hex8(x >> 32) && sip_load8(b, off + 8) == sip_hex8(x);
}

port_inline void sip_hash_endpoint(struct sip_hash *h, const struct ds_endpoint *e)
{
	sip_hash_word(h, (__u64)e->ip.w[0] << 32 | e->ip.w[1]);
	sip_hash_word(h, (__u64)e->ip.w[2] << 32 | e->ip.w[3]);
	sip_hash_word(h, e->port_be);
}

/* The sent-by in canonical form: an IPv6 address by value, anything else in lower case; the port with its default. */
port_inline int sip_hash_sent_by(struct sip_hash *h, const struct sip_buf *b, const struct sip_via *v)
{
	struct ds_addr ip;

	sip_hash_word(h, v->port ? v->port : SIP_PORT);
	if (!v->is_ip6)
		return sip_hash_span(h, b, v->host, 1);
	if (sip_ip_parse(b, v->host, 1, &ip))
		return sip_hash_span(h, b, v->host, 1);
	sip_hash_word(h, (__u64)ip.w[0] << 32 | ip.w[1]);
	sip_hash_word(h, (__u64)ip.w[2] << 32 | ip.w[3]);
	return 0;
}

/* Branch for a message whose Via of the client is v (the top one of a request, the second of a response). 0: *out set. */
port_inline int sip_branch(const struct sip_buf *b, const struct sip_msg *m, const struct sip_via *v, const __u64 *key,
			   __u64 *out)
{
	struct sip_hash h;
	int far;

	sip_hash_begin(&h, key, SIP_HASH_BRANCH);
	far = sip_hash_sent_by(&h, b, v);
	if (v->magic) {
		far |= sip_hash_span(&h, b, v->branch, 0);
	} else {
		far |= sip_hash_span(&h, b, m->from.tag, 0);
		far |= sip_hash_span(&h, b, m->call_id, 0);
		sip_hash_word(&h, m->cseq);
	}
	*out = sip_hash_end(&h);
	return far;
}

port_inline __u64 sip_sx(const __u64 *key, __u64 branch, const struct ds_endpoint *listener,
			 const struct ds_endpoint *to)
{
	struct sip_hash h;

	sip_hash_begin(&h, key, SIP_HASH_SX);
	sip_hash_word(&h, branch);
	sip_hash_endpoint(&h, listener);
	sip_hash_endpoint(&h, to);
	return sip_hash_end(&h);
}

/* To tag of our own replies: the same for each retransmission and for the ACK, other for other requests (8.2.7). */
port_inline int sip_own_tag(const struct sip_buf *b, const struct sip_msg *m, const __u64 *key, __u64 *out)
{
	struct sip_hash h;
	int far;

	sip_hash_begin(&h, key, SIP_HASH_TAG);
	sip_hash_word(&h, m->cseq);
	far = sip_hash_span(&h, b, m->call_id, 0);
	far |= sip_hash_span(&h, b, m->from.tag, 0);
	far |= sip_hash_span(&h, b, m->via.branch, 0);
	*out = sip_hash_end(&h);
	return far;
}

/* Six bits of a tag, to tell the dialogs of one call apart: of its last octets, which are random in most. */
port_inline __u32 sip_tag_fold(const struct sip_buf *b, struct sip_span tag)
{
	__u64 w;

	if (!tag.len)
		return 0;
	if (tag.len >= 8)
		w = sip_load8(b, (__u64)tag.off + tag.len - 8);
	else
		w = sip_load8(b, tag.off) & ((1ull << 8 * (tag.len & 7)) - 1);
	return (w * 0x9e3779b97f4a7c15ull) >> 58;
}

/* Whether the To tag is the one that a reply of ours to this request carried: "sx" and the digits of tag. */
port_inline int sip_is_own_tag(const struct sip_buf *b, const struct sip_msg *m, __u64 tag)
{
	return m->to.tag.len == 18 && (sip_load8(b, m->to.tag.off) & 0xffff) == SIP_W2('s', 'x') &&
	       sip_is_hex16(b, m->to.tag.off + 2, tag);
}

port_inline int sip_call_id_hash(const struct sip_buf *b, const struct sip_msg *m, const __u64 *key, __u64 *out)
{
	struct sip_hash h;
	int far;

	sip_hash_begin(&h, key, SIP_HASH_KEY);
	far = sip_hash_span(&h, b, m->call_id, 0);
	*out = sip_hash_end(&h);
	return far;
}

/*
 * Where the response to a request from src will go (RFC 3261 18.2.2, RFC 3581): the source address, since sent-by is
 * either equal to it or stamped with it; the source port where rport asked for it, else sent-by's.
 */
port_inline struct ds_endpoint sip_response_place(const struct sip_via *v, const struct ds_endpoint *src)
{
	struct ds_endpoint e = *src;

	if (!v->has_rport)
		e.port_be = port_be16(v->port ? v->port : SIP_PORT);
	return e;
}

/* Where a response goes by the Via value v: received, else sent-by; rport, else sent-by's port. 1 where it is a name. */
port_inline int sip_via_place(const struct sip_buf *b, const struct sip_via *v, struct ds_endpoint *e)
{
	struct sip_span host = v->has_received ? v->received : v->host;
	__u64 port = v->port ? v->port : SIP_PORT;

	if (v->has_rport && v->rport.len)
		port = sip_number(b, v->rport.off, v->rport.off + v->rport.len);
	e->port_be = port_be16(port);
	e->pad = 0;
	return sip_ip_parse(b, host, v->is_ip6 && !v->has_received, &e->ip);
}

#endif
