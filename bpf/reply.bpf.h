/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reply.bpf.h - puts a built reply together and sends it back the way the request came. */
#ifndef SIPXDP_REPLY_BPF_H
#define SIPXDP_REPLY_BPF_H

#include "send.bpf.h"
#include "sip_branch.h"
#include "sip_check.h"

/* Whether this is the ACK to a reply of ours: its To tag is one that only we can have made. */
port_inline int reply_acknowledged(const struct sip_buf *b, struct work *w, const __u64 *key)
{
	/* tags of 18 octets are few: all others cost no hash */
	if (w->msg.method != SIP_METHOD_ACK || w->msg.reason != REASON_none || w->msg.to.tag.len != 18)
		return 0;
	return !sip_own_tag(b, &w->msg, key, &w->tag) && sip_is_own_tag(b, &w->msg, w->tag);
}

/* The reply's octets into w->out from WORK_L2_MAX on, csum_end() behind. 0, or -1 where they do not fit. */
port_global int reply_compose(struct xdp_md *ctx, struct work *w)
{
	struct sip_buf b = sip_buf(ctx);
	__u64 pos = WORK_L2_MAX, off, len;
	__u32 i;

	if (!w)
		return -1;
	pos = port_forget(pos, b.zero);
	for (i = 0; i < SIP_REPLY_PIECES; i++) {
		if (i >= w->reply.pieces)
			break;
		off = w->reply.piece[i].off;
		len = w->reply.piece[i].len;
		if (pos + len > WORK_HEAD_MAX - 8)
			return -1;
		if (w->reply.piece[i].is_text)
			edit_text(w, pos, off, len);
		else if (edit_load(ctx, off, w->out + WORK_AT(pos), len))
			return -1;
		pos = port_forget(pos + len, b.zero);
		port_join();
	}
	csum_end(w->out + WORK_AT(pos));
	return 0;
}

/* The reply with w->reason's code; every exit counted. */
port_inline int reply_send(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);
	struct ds_dest_uri *to = NULL;
	__u32 hdr, frame;
	__u64 sum;
	int rc;

	if (!l || !s)
		return exit_drop(w->listener, REASON_shutdown);
	if (sip_own_tag(&b, &w->msg, s->key, &w->tag))
		return exit_slow(ctx, w, REASON_slow_reply);
	w->reply.reason = w->reason;
	w->reply.tag = w->tag;
	w->reply.line_len = 0;
	if (w->reason == REASON_routed_reply || w->reason == REASON_routed_redirect)
		sip_reply_take(&w->plan, &w->reply, DS_LOOKUP(routes, w->route_at));
	if (w->reason == REASON_routed_redirect)
		to = DS_LOOKUP(dest_uris, ds_dest_uri_at(w->half, w->dest));
	w->reply.how = w->rewrite & SIP_REWRITE_USER;
	rc = sip_reply_build(ctx, &w->msg, &w->pkt.src, &w->plan, &w->reply, to);
	if (rc == REASON_unanswerable)
		return exit_drop(w->listener, w->reason);
	if (rc != REASON_none)
		return exit_slow(ctx, w, rc);
	if (reply_compose(ctx, w))
		return exit_slow(ctx, w, REASON_slow_reply);
	if (w->generic && w->pkt.sum == WORK_SUM_PARTIAL)
		return exit_slow(ctx, w, REASON_slow_partial);
	w->hop.to = sip_response_place(&w->msg.via, &w->pkt.src);
	if (hop_back(ctx, w))
		return exit_drop(w->listener, w->reason);
	hdr = edit_headers(w, &l->at, &w->hop.to, SEND_TTL, w->reply.len);
	sum = csum_octets(w->out + WORK_L2_MAX, w->reply.len, b.zero);
	send_checksum(w, sum, &l->at, w->reply.len);
	frame = hdr + w->reply.len;
	if (bpf_xdp_adjust_tail(ctx, (int)frame - (int)w->pkt.end) || send_store(ctx, w, hdr, frame)) {
		count(w->listener, VERDICT_drop, w->reason);
		return XDP_DROP;
	}
	count(w->listener, to ? VERDICT_redirect : VERDICT_reply, w->reason);
	return send_out(ctx, w);
}

#endif
