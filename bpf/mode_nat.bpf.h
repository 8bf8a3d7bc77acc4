/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mode_nat.bpf.h - addresses and ports rewritten, SIP octets untouched. Towards a destination the listener's address
 * becomes the destination's; what a destination sends gets the listener's address back, by its address:port alone.
 */
#ifndef SIPXDP_MODE_NAT_BPF_H
#define SIPXDP_MODE_NAT_BPF_H

#include "pick.bpf.h"
#include "reply.bpf.h"
#include "send.bpf.h"
#include "sip_branch.h"
#include "sip_check.h"

/* An empty plan: all of the payload stays. */
port_inline void nat_plan(struct work *w)
{
	w->plan.edits = 0;
	w->plan.grow = 0;
	w->plan.end = w->pkt.end;
}

port_inline __u32 nat_ip_len(const struct work *w)
{
	return w->pkt.end - w->pkt.l3;
}

/*
 * Decides about a client's response, which answers what a destination has sent through here: it is for the destination
 * that sent-by of its top Via names (received and rport tell what the client saw, the listener), else for the call's.
 */
port_inline int nat_answer(const struct sip_buf *b, struct work *w, const __u64 *key)
{
	const struct sip_via *via = &w->msg.via;
	struct ds_dest_rec *d;
	int rc = sip_check_response(&w->msg);

	if (rc != REASON_none)
		return rc;
	w->key_hash = 0;
	if (!sip_ip_parse(b, via->host, via->is_ip6, &w->back.ip)) {
		w->back.port_be = port_be16(via->port ? via->port : SIP_PORT);
		w->dest = pick_by_endpoint(&w->back, w->listener);
	}
	if (!w->dest && w->msg.call_id.len && !sip_call_id_hash(b, &w->msg, key, &w->key_hash))
		w->dest = pick_call(w, 0);
	d = pick_dest(w->dest);
	if (!d)
		return REASON_via_not_ours;
	if (d->flags & DS_DEST_SLOW)
		return REASON_destination_slow;
	w->hop.to = d->at;
	return REASON_response;
}

/*
 * Decides about a message that goes to a destination with its octets untouched; a reason, REASON_request or
 * REASON_response with w->hop.to set.
 */
port_inline int nat_choose(struct xdp_md *ctx, struct work *w)
{
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);
	struct ds_dest_rec *d;
	int rc;

	if (!s)
		return REASON_no_destination;
	if (w->msg.kind == SIP_KIND_RESPONSE)
		return nat_answer(&b, w, s->key);
	if (reply_acknowledged(&b, w, s->key))
		return REASON_ack_own_reply;
	if (sip_call_id_hash(&b, &w->msg, s->key, &w->key_hash))
		return REASON_slow_too_long;
	rc = sip_check_request(&w->msg, DS_MODE_NAT);
	if (rc != REASON_none)
		return rc;
	hop_learn(ctx, w);
	rc = pick_request(w);
	if (rc != REASON_request)
		return rc;
	d = pick_dest(w->dest);
	if (!d)
		return REASON_no_destination;
	if (d->flags & DS_DEST_SLOW)
		return REASON_destination_slow;
	w->hop.to = d->at;
	return REASON_request;
}

/* Decides about a message to a nat listener; as nat_choose(). */
port_inline int nat_decide(struct xdp_md *ctx, struct work *w)
{
	return w->pkt.ttl <= 1 ? REASON_ttl_expired : nat_choose(ctx, w);
}

/* Sends a message decided upon, for that reason: only the destination address changes. */
port_inline int nat_forward(struct xdp_md *ctx, struct work *w, __u32 reason)
{
	struct sip_buf b = sip_buf(ctx);
	int rc = hop_dest(ctx, w, nat_ip_len(w));

	if (rc != REASON_none)
		return exit_slow(ctx, w, rc);
	if (reason == REASON_request && w->msg.method == SIP_METHOD_BYE)
		pick_hang_up(w, sip_tag_fold(&b, w->msg.to.tag));
	nat_plan(w);
	rc = send_plan(ctx, w, &w->pkt.src, w->pkt.ttl - 1);
	if (rc < 0)
		return exit_slow(ctx, w, -rc);
	if (reason == REASON_request) {
		count_request(w, w->dest);
		reason = w->picked;
	}
	count(w->listener, VERDICT_forward, reason);
	return rc;
}

/*
 * What a destination of a nat listener sends to anybody but the director or another destination: the source becomes
 * the listener. w->msg is parsed as far as it goes, for counters and the calls table; nothing is judged. What cannot be
 * sent is dropped: passed, the kernel would forward it from the wrong address.
 */
port_inline int nat_return(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);
	int rc;

	if (!l || !s)
		return exit_drop(w->listener, REASON_shutdown);
	if (w->pkt.ttl <= 1)
		return exit_drop(w->listener, REASON_ttl_expired);
	w->hop.to = w->pkt.dst;
	rc = hop_next(ctx, w, nat_ip_len(w));
	/* the director itself, or no way there: the kernel's business, as before we came */
	if (rc == REASON_slow_no_route) {
		count(w->listener, VERDICT_pass, REASON_not_ours);
		return XDP_PASS;
	}
	if (rc != REASON_none)
		return exit_no_slow(w->listener, rc);
	if (!w->msg.beyond && w->msg.kind == SIP_KIND_RESPONSE) {
		count_response(w, w->from);
		if (w->msg.call_id.len && !sip_call_id_hash(&b, &w->msg, s->key, &w->key_hash))
			pick_move(w, sip_tag_fold(&b, w->msg.to.tag));
	}
	if (!w->msg.beyond && w->msg.kind == SIP_KIND_REQUEST && w->msg.method == SIP_METHOD_BYE &&
	    w->msg.call_id.len && !sip_call_id_hash(&b, &w->msg, s->key, &w->key_hash))
		pick_hang_up(w, sip_tag_fold(&b, w->msg.from.tag));
	nat_plan(w);
	rc = send_plan(ctx, w, &l->at, w->pkt.ttl - 1);
	if (rc < 0)
		return exit_no_slow(w->listener, -rc);
	count(w->listener, VERDICT_forward, REASON_response_nat);
	return rc;
}

#endif
