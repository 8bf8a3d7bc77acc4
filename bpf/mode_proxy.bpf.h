/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mode_proxy.bpf.h - a stateless SIP proxy (RFC 3261 16.11): requests get our Via and go to a destination, responses
 * lose it and go by the next one. DESIGN.md section 5.
 */
#ifndef SIPXDP_MODE_PROXY_BPF_H
#define SIPXDP_MODE_PROXY_BPF_H

#include "known.bpf.h"
#include "pick.bpf.h"
#include "reply.bpf.h"
#include "send.bpf.h"
#include "sip_check.h"
#include "sip_path.h"
#include "sip_proxy.h"
#include "sip_route.h"
#include "store.bpf.h"

/* Whether a reason that a request was decided with is one of those to send it on. */
port_inline int proxy_is_sent_on(int rc)
{
	return rc == REASON_request || rc == REASON_request_route || rc == REASON_request_outward ||
	       rc == REASON_request_flow || rc == REASON_request_host;
}

/* Whether w->hop.to is a place to send to, for the reason given. */
port_inline int proxy_outside(struct work *w, const struct ds_endpoint *at, int rc)
{
	if (sip_same_place(&w->hop.to, at))
		return REASON_no_action;
	if (ds_place_unfit(&w->hop.to))
		return REASON_bad_next_hop;
	w->dest = pick_by_endpoint(&w->hop.to, w->listener);
	return rc;
}

/* Where a request from a destination goes: by Route, else by Request-URI, and never by the pick (RFC 3261 16.12). */
port_inline int proxy_outward(struct xdp_md *ctx, struct work *w, const struct ds_endpoint *at)
{
	__u32 place = w->route.place;

	if (place == SIP_PLACE_NONE)
		place = sip_uri_place(ctx, w->msg.uri.all.off, w->msg.uri.all.off + w->msg.uri.all.len, &w->route.next);
	if (place == SIP_PLACE_SLOW)
		return REASON_slow_name;
	if (place != SIP_PLACE_UDP)
		return REASON_route_foreign;
	if (w->route.place != SIP_PLACE_NONE && !(w->route.next.params & SIP_URI_LR))
		return REASON_slow_strict;
	w->hop.to = w->route.next.at;
	return proxy_outside(w, at, REASON_request_outward);
}

/* The one place that a route sends requests to. */
port_inline int proxy_host(struct work *w)
{
	struct ds_route *r = DS_LOOKUP(routes, w->route_at);

	if (!r)
		return REASON_no_destination;
	w->hop.to = r->to;
	w->dest = 0;
	return REASON_request_host;
}

/*
 * Where a request from a client goes: the destination whose id our own Route carries, else the one that a Route names,
 * else the calls table, else the pick.
 */
port_inline int proxy_inward(struct xdp_md *ctx, struct work *w)
{
	struct ds_endpoint named = sip_token_place(w->ours.token.id);
	struct ds_dest_rec *d;
	int rc = REASON_request_route;

	hop_learn(ctx, w);
	if (w->ours.token.id)
		w->dest = pick_by_endpoint(&named, w->listener);
	if (!w->dest && w->routed && w->action == DS_ACTION_HOST)
		return proxy_host(w);
	if (!w->dest && w->route.place == SIP_PLACE_UDP) {
		w->dest = pick_by_endpoint(&w->route.next.at, w->listener);
		if (w->dest && !(w->route.next.params & SIP_URI_LR))
			return REASON_slow_strict;
	}
	if (!w->dest)
		rc = pick_request(w);
	if (rc != REASON_request && rc != REASON_request_route)
		return rc;
	d = pick_dest(w->dest);
	if (!d)
		return REASON_no_destination;
	/* from whom it comes: there is nobody else to send it to */
	if (w->dest == w->from)
		return REASON_no_action;
	if (d->flags & DS_DEST_SLOW)
		return d->flags & DS_DEST_FOREIGN || !slow_is_there() ? REASON_destination_slow : REASON_slow_no_route;
	w->hop.to = d->at;
	return rc;
}

/* Reads what our own Route values say. REASON_none with w->ours.cut_routes and .token. */
port_inline int proxy_own_routes(struct xdp_md *ctx, struct work *w, const struct ds_listener *l, const __u64 *key)
{
	struct sip_buf b = sip_buf(ctx);
	int rc;

	w->ours.token.id = 0;
	w->ours.token.has_flow = 0;
	w->ours.row = SIP_OWN_NONE;
	rc = sip_route_parse(ctx, &w->msg, &l->at, &w->route);
	if (rc != REASON_none)
		return rc;
	w->ours.cut_routes = w->route.own;
	/* a strict router has put our URI where the Request-URI was, which is now the last Route (RFC 3261 16.4) */
	if (w->msg.seen & SIP_SEEN(ROUTE) && sip_token_is(&b, w->msg.uri.user))
		return REASON_slow_strict;
	return w->route.token.len ? sip_token_read(&b, w->route.token, key, &l->at, &w->ours.token) : REASON_none;
}

/* Decides about a request: sets w->dest, w->hop.to, w->back, of w->ours all but branch and sx; returns a reason. */
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
	rc = proxy_own_routes(ctx, w, l, s->key);
	if (rc != REASON_none)
		return rc;
	w->back = sip_response_place(&w->msg.via, &w->pkt.src);
	w->from = known_sender(w);
	if (w->ours.token.has_flow && (w->from || !sip_same_place(&w->ours.token.flow, &w->back))) {
		w->hop.to = w->ours.token.flow;
		rc = proxy_outside(w, &l->at, REASON_request_flow);
	} else {
		rc = REASON_no_action;
		/* a route for what comes from destinations is for what they begin, and for what is addressed to us */
		if (w->from && (!w->routed || w->msg.to.tag.len))
			rc = proxy_outward(ctx, w, &l->at);
		if (!w->from || (w->routed && rc == REASON_no_action))
			rc = proxy_inward(ctx, w);
	}
	return rc;
}

/* Whether a request decided upon is one that our Path may be for. */
port_inline int proxy_may_want_path(const struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);

	return w->msg.method == SIP_METHOD_REGISTER && !w->from && l && l->half[w->half & 1].path;
}

/* Gives a REGISTER our Path where its client knows what that is. REASON_none, or why it cannot be told. */
port_inline int proxy_path(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct ds_state *s = DS_LOOKUP(state, 0);
	__u32 wanted = sip_path_wanted(ctx, &w->msg);

	if (wanted & SIP_PATH_FAR || !l || !s)
		return REASON_slow_too_long;
	w->ours.row = sip_path_own_row(&w->msg, wanted);
	w->ours.token.id = 0;
	sip_own_flow(s->key, &l->at, &w->back, &w->ours.token);
	return REASON_none;
}

/* Gives what may begin a dialog our Record-Route: the destination that it is with, and how its client is reached. */
port_inline void proxy_record_route(struct xdp_md *ctx, struct work *w, const struct ds_listener *l)
{
	struct ds_dest_rec *d = pick_dest(w->from ? w->from : w->dest);
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);

	if (!l->half[w->half & 1].record_route || !sip_makes_dialog(&w->msg) || !s)
		return;
	w->ours.row = SIP_OWN_RECORD_ROUTE;
	w->ours.token.id = d ? d->id : 0;
	w->ours.token.has_flow = 0;
	if (w->reason == REASON_request_flow)
		sip_own_flow(s->key, &l->at, &w->hop.to, &w->ours.token);
	else if (!w->from && sip_is_hidden(&b, &w->msg.via, &w->back))
		sip_own_flow(s->key, &l->at, &w->back, &w->ours.token);
}

/*
 * What a request's URI is rewritten for, as w->rewrite says; NULL: it stays. Only what begins something is: in a dialog
 * the Request-URI is the other side's Contact, and one that a Route sends on is not ours to change.
 */
port_inline struct ds_dest_uri *proxy_rewrite_for(struct work *w)
{
	struct ds_route *r;

	if (!w->rewrite || w->msg.to.tag.len)
		return NULL;
	if (w->reason == REASON_request_host) {
		r = DS_LOOKUP(routes, w->route_at);
		return r ? &r->uri : NULL;
	}
	if (w->reason != REASON_request && w->reason != REASON_request_other_key &&
	    w->reason != REASON_request_failover)
		return NULL;
	return DS_LOOKUP(dest_uris, ds_dest_uri_at(w->half, w->dest));
}

/* Whether requests of a listener may be stored: one by one for failover, or those that all destinations get. */
port_inline int proxy_is_stored(const struct ds_listener_half *half)
{
	return half->failover.tries || half->forks;
}

/* Plans and sends a request decided upon; counts it. */
port_inline int proxy_forward(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);
	struct ds_dest_uri *to;
	__u32 ip_len;
	int rc;

	if (!l || !s)
		return exit_drop(w->listener, REASON_shutdown);
	if (sip_branch(&b, &w->msg, &w->msg.via, s->key, &w->ours.branch))
		return exit_slow(ctx, w, REASON_slow_too_long);
	w->ours.sx = sip_sx(s->key, w->ours.branch, &l->at, &w->back);
	if (proxy_is_stored(&l->half[w->half & 1]) && w->dest && !w->from && w->reason != REASON_request_flow) {
		rc = store_on_request(ctx, w, &l->half[w->half & 1]);
		if (rc != REASON_none)
			return exit_slow(ctx, w, rc);
	}
	proxy_record_route(ctx, w, l);
	to = proxy_rewrite_for(w);
	sip_proxy_request(&b, &w->msg, &w->pkt.src, l, &w->ours, to, to ? w->rewrite : 0, &w->plan);
	if (w->plan.too_many)
		return exit_slow(ctx, w, REASON_slow_plan);
	ip_len = w->plan.end - w->pkt.payload + w->plan.grow + sizeof(struct udphdr) +
		 (w->pkt.is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	rc = hop_dest(ctx, w, ip_len);
	if (rc != REASON_none)
		return exit_slow(ctx, w, rc);
	if (w->msg.method == SIP_METHOD_BYE)
		pick_hang_up(w, sip_tag_fold(&b, w->from ? w->msg.from.tag : w->msg.to.tag));
	rc = send_plan(ctx, w, &l->at, SEND_TTL);
	if (rc < 0)
		return exit_slow(ctx, w, -rc);
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
	w->ours.branch = branch;
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
		return exit_slow(ctx, w, rc);
	if (rc != REASON_response)
		return exit_drop(w->listener, rc);
	sip_proxy_response(&b, &w->msg, &w->plan);
	if (w->plan.too_many)
		return exit_slow(ctx, w, REASON_slow_plan);
	ip_len = w->plan.end - w->pkt.payload + w->plan.grow + sizeof(struct udphdr) +
		 (w->pkt.is_ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	rc = hop_next(ctx, w, ip_len);
	if (rc != REASON_none)
		return exit_slow(ctx, w, rc);
	w->from = known_sender(w);
	w->key_hash = 0;
	if (w->from && w->msg.call_id.len && sip_call_id_hash(&b, &w->msg, s->key, &w->key_hash))
		w->key_hash = 0;
	if (proxy_is_stored(&l->half[w->half & 1])) {
		rc = store_on_response(ctx, w, &l->half[w->half & 1]);
		if (rc != REASON_response)
			return exit_slow(ctx, w, rc);
	}
	tag = sip_tag_fold(&b, w->msg.to.tag);
	rc = send_plan(ctx, w, &l->at, SEND_TTL);
	if (rc < 0)
		return exit_slow(ctx, w, -rc);
	/* by whom it is sent: what is left to the slow path is counted and moves its call there */
	if (w->from)
		count_response(w, w->from);
	if (w->key_hash)
		pick_move(w, tag);
	count(w->listener, VERDICT_forward, REASON_response);
	return rc;
}

#endif
