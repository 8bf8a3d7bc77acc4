/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mode_proxy.bpf.h - a stateless SIP proxy (RFC 3261 16.11): requests get our Via and go to a destination, responses
 * lose it and go by the next one. DESIGN.md section 5.
 */
#ifndef SIPXDP_MODE_PROXY_BPF_H
#define SIPXDP_MODE_PROXY_BPF_H

#include "pick.bpf.h"
#include "reply.bpf.h"
#include "send.bpf.h"
#include "sip_check.h"
#include "sip_proxy.h"
#include "sip_route.h"

/* Where a request from a destination goes: by Route, else by Request-URI, and never by the pick (RFC 3261 16.12). */
port_inline int proxy_outward(struct xdp_md *ctx, struct work *w, const struct ds_endpoint *at)
{
	__u32 place = w->route.place;

	w->hop.to = w->route.next;
	if (place == SIP_PLACE_NONE)
		place = sip_uri_place(ctx, w->msg.uri.all.off, w->msg.uri.all.off + w->msg.uri.all.len, &w->hop.to);
	if (place == SIP_PLACE_SLOW)
		return REASON_slow_name;
	if (place != SIP_PLACE_UDP)
		return REASON_route_foreign;
	if (sip_same_place(&w->hop.to, at))
		return REASON_no_action;
	if (ds_place_unfit(&w->hop.to))
		return REASON_bad_next_hop;
	w->dest = pick_by_endpoint(&w->hop.to, w->listener);
	return REASON_request_outward;
}

/* Where a request from a client goes: the destination that a Route names, else the calls table, else the pick. */
port_inline int proxy_inward(struct xdp_md *ctx, struct work *w)
{
	struct ds_dest_rec *d;
	int rc = REASON_request_route;

	send_learn(ctx, w);
	if (w->route.place == SIP_PLACE_UDP)
		w->dest = pick_by_endpoint(&w->route.next, w->listener);
	if (!w->dest)
		rc = pick_request(w);
	if (rc != REASON_request && rc != REASON_request_route)
		return rc;
	d = pick_dest(w->dest);
	if (!d)
		return REASON_no_destination;
	if (d->flags & DS_DEST_SLOW)
		return d->flags & DS_DEST_FOREIGN || !slow_is_there() ? REASON_destination_slow : REASON_slow_no_route;
	w->hop.to = d->at;
	return rc;
}

/* Decides about a request: sets w->dest, w->hop.to, w->cut_routes, w->branch, w->sx; returns a reason. */
port_inline int proxy_decide(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);
	int rc;

	if (!l || !s)
		return REASON_no_destination;
	if (reply_acknowledged(&b, w, s->key))
		return REASON_ack_own_reply;
	if (sip_call_id_hash(&b, &w->msg, s->key, &w->key_hash))
		return REASON_slow_too_long;
	rc = sip_check_request(&w->msg, DS_MODE_PROXY);
	if (rc != REASON_none)
		return rc;
	rc = sip_route_parse(ctx, &w->msg, &l->at, &w->route);
	if (rc != REASON_none)
		return rc;
	w->cut_routes = w->route.own;
	w->from = pick_by_endpoint(&w->pkt.src, w->listener);
	if (w->from)
		rc = proxy_outward(ctx, w, &l->at);
	else
		rc = proxy_inward(ctx, w);
	if (rc != REASON_request && rc != REASON_request_route && rc != REASON_request_outward)
		return rc;
	if (sip_branch(&b, &w->msg, &w->msg.via, s->key, &w->branch))
		return REASON_slow_too_long;
	w->back = sip_response_place(&w->msg.via, &w->pkt.src);
	w->sx = sip_sx(s->key, w->branch, &l->at, &w->back);
	return rc;
}

/* Plans and sends a request decided upon; counts it. */
port_inline int proxy_forward(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct sip_buf b = sip_buf(ctx);
	__u32 ip_len;
	int rc;

	if (!l)
		return exit_drop(w->listener, REASON_shutdown);
	sip_proxy_request(&b, &w->msg, &w->pkt.src, l, w->branch, w->sx, w->cut_routes, &w->plan);
	if (w->plan.too_many)
		return exit_slow(w->listener, REASON_slow_plan);
	ip_len = w->plan.end - w->pkt.payload + w->plan.grow + sizeof(struct udphdr) +
		 (w->pkt.is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	rc = send_dest_hop(ctx, w, ip_len);
	if (rc != REASON_none)
		return exit_slow(w->listener, rc);
	if (w->from && w->msg.method == SIP_METHOD_BYE)
		pick_hang_up(w, sip_tag_fold(&b, w->msg.from.tag));
	rc = send_plan(ctx, w, &l->at, SEND_TTL);
	if (rc < 0)
		return exit_slow(w->listener, -rc);
	if (w->dest)
		count_request(w, w->dest);
	count(w->listener, VERDICT_forward, w->reason);
	return rc;
}

/*
 * The place of a response by its second Via, our branch and sx verified against it. Returns a reason: REASON_response
 * with w->hop.to set.
 */
port_inline int proxy_verify(struct xdp_md *ctx, struct work *w, const struct ds_listener *l, const __u64 *key)
{
	const struct sip_via *via = &w->msg.via;
	struct sip_buf b = sip_buf(ctx);
	__u64 branch, sx;
	int rc;

	if (sip_ip_parse(&b, via->host, via->is_ip6, &w->back.ip))
		return REASON_via_not_ours;
	w->back.port_be = port_be16(via->port ? via->port : SIP_PORT);
	if (!sip_same_place(&w->back, &l->at))
		return REASON_via_not_ours;
	if (via->branch.len != 23 || via->sx.len != 16)
		return REASON_via_forged;
	if (!w->msg.via2.at)
		return REASON_via_last;
	rc = sip_branch(&b, &w->msg, &w->msg.via2, key, &branch);
	if (rc)
		return REASON_slow_too_long;
	if (!sip_is_hex16(&b, via->branch.off + 7, branch))
		return REASON_via_forged;
	if (sip_via_place(&b, &w->msg.via2, &w->hop.to))
		return REASON_slow_name;
	sx = sip_sx(key, branch, &l->at, &w->hop.to);
	if (!sip_is_hex16(&b, via->sx.off, sx))
		return REASON_via_forged;
	if (ds_place_unfit(&w->hop.to) || sip_same_place(&w->hop.to, &l->at))
		return REASON_bad_next_hop;
	return REASON_response;
}

/* A response at a proxy listener: verified, its call moved, our Via popped, sent on. */
port_inline int proxy_response(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);
	__u32 ip_len, tag;
	int rc;

	if (!l || !s)
		return exit_drop(w->listener, REASON_shutdown);
	rc = sip_check_response(&w->msg);
	if (rc != REASON_none)
		return exit_drop(w->listener, rc);
	rc = proxy_verify(ctx, w, l, s->key);
	if (rc == REASON_slow_name || rc == REASON_slow_too_long)
		return exit_slow(w->listener, rc);
	if (rc != REASON_response)
		return exit_drop(w->listener, rc);
	sip_proxy_response(&b, &w->msg, &w->plan);
	if (w->plan.too_many)
		return exit_slow(w->listener, REASON_slow_plan);
	ip_len = w->plan.end - w->pkt.payload + w->plan.grow + sizeof(struct udphdr) +
		 (w->pkt.is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	rc = send_next_hop(ctx, w, ip_len);
	if (rc != REASON_none)
		return exit_slow(w->listener, rc);
	w->from = pick_by_endpoint(&w->pkt.src, w->listener);
	w->key_hash = 0;
	if (w->from && w->msg.call_id.len && sip_call_id_hash(&b, &w->msg, s->key, &w->key_hash))
		w->key_hash = 0;
	tag = sip_tag_fold(&b, w->msg.to.tag);
	rc = send_plan(ctx, w, &l->at, SEND_TTL);
	if (rc < 0)
		return exit_slow(w->listener, -rc);
	/* by whom it is sent: what is left to the slow path is counted and moves its call there */
	if (w->from)
		count_response(w, w->from);
	if (w->key_hash)
		pick_move(w, tag);
	count(w->listener, VERDICT_forward, REASON_response);
	return rc;
}

#endif
