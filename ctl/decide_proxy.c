// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide_proxy.c - where a proxy listener's requests and responses go, and what they gain; a function here has its like
 * in bpf/mode_proxy.bpf.h.
 */
#include "decide_inner.h"

#include <errno.h>

#include "ds_place.h"
#include "sip_branch.h"
#include "sip_check.h"
#include "sip_path.h"
#include "sip_proxy.h"
#include "sip_route.h"

/* The place that a URI names by a host name; a reason, REASON_none with d->to. */
static __u32 decide_name(struct decide_work *w, const struct sip_uri *uri)
{
	int err;

	if (!w->env->lookup || uri->scheme != SIP_SCHEME_SIP ||
	    !(sip_uri_params(w->b, uri, uri->all.off + uri->all.len) & SIP_URI_UDP))
		return REASON_slow_name;
	err = w->env->lookup(w->env->ctx, w->payload + uri->host.off, uri->host.len, uri->port, &w->d->to);
	w->d->waits = err == -EAGAIN;
	return err ? REASON_slow_name : REASON_none;
}

/* The same of the Request-URI, or of the first Route value that is not ours. */
static __u32 decide_named(struct decide_work *w, const struct sip_route *route)
{
	struct sip_uri uri = { .port = 0 };

	if (route->place == SIP_PLACE_NONE)
		return decide_name(w, &w->d->msg.uri);
	if (decide_route_uri(w, route->own, &uri) != SIP_VALUE_OK)
		return REASON_slow_name;
	return decide_name(w, &uri);
}

/* A strict router is next: what the slow path alone sees to. REASON_none where it does. */
static __u32 decide_is_strict(struct decide_work *w, const struct sip_route *route)
{
	if (route->next.params & SIP_URI_LR)
		return REASON_none;
	w->strict = w->env->slow;
	return w->strict ? REASON_none : REASON_slow_strict;
}

/* Whether d->to is a place to send to, for the reason given. */
static __u32 decide_outside(struct decide_work *w, __u32 reason)
{
	if (sip_same_place(&w->d->to, &w->env->listener->at))
		return REASON_no_action;
	if (ds_place_unfit(&w->d->to))
		return REASON_bad_next_hop;
	w->d->dest = w->env->find(w->env->ctx, &w->d->to);
	return reason;
}

/* Where a request from a destination goes: by Route, else by Request-URI, and never by the pick (RFC 3261 16.12). */
static __u32 decide_outward(struct decide_work *w, struct sip_route *route)
{
	const struct sip_span *uri = &w->d->msg.uri.all;
	__u32 place = route->place;

	if (place == SIP_PLACE_NONE)
		place = sip_uri_place(w->b->c, uri->off, uri->off + uri->len, &route->next);
	w->d->to = route->next.at;
	if (place == SIP_PLACE_SLOW && decide_named(w, route) != REASON_none)
		return REASON_slow_name;
	if (place != SIP_PLACE_UDP && place != SIP_PLACE_SLOW)
		return REASON_route_foreign;
	if (route->place != SIP_PLACE_NONE && decide_is_strict(w, route) != REASON_none)
		return REASON_slow_strict;
	return decide_outside(w, REASON_request_outward);
}

/*
 * Where a request from a client goes: the destination whose id our own Route carries, else the one that a Route names,
 * else the calls table, else the pick.
 */
static __u32 decide_inward(struct decide_work *w, const struct sip_route *route)
{
	struct ds_endpoint named = sip_token_place(w->ours.token.id);
	__u32 reason = REASON_request_route;

	if (w->env->answer)
		return REASON_request;
	if (w->env->forced) {
		w->d->dest = w->env->forced;
		w->picked = w->env->forced_as;
		return decide_reach(w, REASON_request);
	}
	if (w->ours.token.id)
		w->d->dest = w->env->find(w->env->ctx, &named);
	if (!w->d->dest && w->routed && w->routed->action == DS_ACTION_HOST) {
		w->d->to = w->routed->to;
		return REASON_request_host;
	}
	if (!w->d->dest && route->place == SIP_PLACE_UDP) {
		w->d->dest = w->env->find(w->env->ctx, &route->next.at);
		if (w->d->dest && decide_is_strict(w, route) != REASON_none)
			return REASON_slow_strict;
	}
	if (!w->d->dest)
		reason = decide_pick(w);
	if (reason != REASON_request && reason != REASON_request_route)
		return reason;
	return decide_reach(w, reason);
}

/* Reads what our own Route values say: REASON_none with w->ours.cut_routes and .token. */
static __u32 decide_own_routes(struct decide_work *w, struct sip_route *route)
{
	const struct ds_endpoint *at = &w->env->listener->at;
	struct sip_msg *m = &w->d->msg;
	struct sip_span token = { 0 };
	__u32 reason = sip_route_parse(w->b->c, m, at, route);

	if (reason != REASON_none)
		return reason;
	if (m->seen & SIP_SEEN(ROUTE) && sip_token_is(w->b, m->uri.user)) {
		if (!w->env->slow)
			return REASON_slow_strict;
		reason = sip_token_read(w->b, m->uri.user, w->env->key, at, &w->ours.token);
		if (reason == REASON_none)
			reason = decide_strict_before(w);
		if (reason == REASON_none)
			reason = sip_route_parse(w->b->c, m, at, route);
		if (reason != REASON_none)
			return reason;
	}
	w->ours.cut_routes = route->own;
	token = route->token;
	return token.len ? sip_token_read(w->b, token, w->env->key, at, &w->ours.token) : REASON_none;
}

/* The row of ours that the request gets, for the reason that it was decided with. REASON_none, or why it is not told. */
static __u32 decide_own_row(struct decide_work *w, __u32 reason, const struct ds_endpoint *back)
{
	const struct ds_dest_rec *dest = decide_dest(w->env, w->d->from ? w->d->from : w->d->dest);
	const struct ds_endpoint *at = &w->env->listener->at;
	const struct sip_msg *m = &w->d->msg;
	struct sip_ours *o = &w->ours;
	__u32 wanted;

	if (w->env->path && m->method == SIP_METHOD_REGISTER && !w->d->from) {
		wanted = sip_path_wanted(w->b->c, m);
		if (wanted & SIP_PATH_FAR)
			return REASON_slow_too_long;
		o->row = sip_path_own_row(m, wanted);
		o->token.id = 0;
		sip_own_flow(w->env->key, at, back, &o->token);
	}
	if (!w->env->record_route || !sip_makes_dialog(m))
		return REASON_none;
	o->row = SIP_OWN_RECORD_ROUTE;
	o->token.id = dest ? dest->id : 0;
	o->token.has_flow = 0;
	if (reason == REASON_request_flow)
		sip_own_flow(w->env->key, at, &w->d->to, &o->token);
	else if (!w->d->from && sip_is_hidden(w->b, &m->via, back))
		sip_own_flow(w->env->key, at, back, &o->token);
	return REASON_none;
}

/* Where a request at a proxy listener goes: a reason, with d->dest and d->to where it is sent on. */
static __u32 decide_way(struct decide_work *w, struct sip_route *route, const struct ds_endpoint *back)
{
	const struct sip_token *token = &w->ours.token;
	__u32 reason = REASON_no_action;

	w->d->from = w->env->find(w->env->ctx, w->src);
	if (token->has_flow && (w->d->from || !sip_same_place(&token->flow, back))) {
		w->d->to = token->flow;
		return decide_outside(w, REASON_request_flow);
	}
	if (w->d->from && (!w->routed || w->d->msg.to.tag.len))
		reason = decide_outward(w, route);
	if (!w->d->from || (w->routed && reason == REASON_no_action))
		reason = decide_inward(w, route);
	return reason;
}

bool decide_is_sent_on(__u32 reason)
{
	return reason == REASON_request || reason == REASON_request_route || reason == REASON_request_outward ||
	       reason == REASON_request_flow || reason == REASON_request_host;
}

__u32 decide_proxy(struct decide_work *w)
{
	const struct ds_listener *l = w->env->listener;
	struct sip_msg *m = &w->d->msg;
	struct sip_route route = { 0 };
	struct ds_endpoint back;
	__u32 reason = decide_begin(w), fault;
	const struct ds_dest_uri *to;

	if (reason == REASON_none)
		reason = sip_check_request(m, DS_MODE_PROXY);
	if (reason == REASON_none)
		reason = decide_own_routes(w, &route);
	if (reason != REASON_none)
		return reason;
	back = sip_response_place(&m->via, w->src);
	reason = decide_way(w, &route, &back);
	if (!decide_is_sent_on(reason) && reason != REASON_slow_fork)
		return reason;
	if (sip_branch(w->b, m, &m->via, w->env->key, &w->ours.branch))
		return REASON_slow_too_long;
	w->d->branch = w->ours.branch;
	if (w->env->answer)
		return w->env->answer;
	if (reason == REASON_slow_fork)
		return reason;
	if ((w->env->failover || w->env->forks) && w->d->dest && !w->d->from && reason != REASON_request_flow) {
		fault = decide_failover_request(w);
		if (fault != REASON_none)
			return fault;
	}
	w->ours.sx = sip_sx(w->env->key, w->ours.branch, &l->at, &back);
	fault = decide_own_row(w, reason, &back);
	if (fault == REASON_none && w->strict)
		fault = decide_strict_behind(w);
	if (fault != REASON_none)
		return fault;
	to = decide_rewrite_for(w, reason);
	sip_proxy_request(w->b, m, w->src, l, &w->ours, to, to ? decide_how(w) : 0, &w->d->plan);
	return reason;
}

__u32 decide_verify(struct decide_work *w)
{
	const struct ds_listener *l = w->env->listener;
	struct sip_msg *m = &w->d->msg;
	struct ds_endpoint top = { 0 };

	if (sip_ip_parse(w->b, m->via.host, m->via.is_ip6, &top.ip))
		return REASON_via_not_ours;
	top.port_be = port_be16(m->via.port ? m->via.port : SIP_PORT);
	if (!sip_same_place(&top, &l->at))
		return REASON_via_not_ours;
	if (m->via.branch.len != 23 || m->via.sx.len != 16)
		return REASON_via_forged;
	if (!m->via2.at)
		return REASON_via_last;
	if (sip_branch(w->b, m, &m->via2, w->env->key, &w->ours.branch))
		return REASON_slow_too_long;
	if (!sip_is_hex16(w->b, m->via.branch.off + 7, w->ours.branch))
		return REASON_via_forged;
	if (sip_via_place(w->b, &m->via2, &w->d->to))
		return REASON_slow_name;
	if (!sip_is_hex16(w->b, m->via.sx.off, sip_sx(w->env->key, w->ours.branch, &l->at, &w->d->to)))
		return REASON_via_forged;
	if (ds_place_unfit(&w->d->to) || sip_same_place(&w->d->to, &l->at))
		return REASON_bad_next_hop;
	w->d->branch = w->ours.branch;
	return REASON_response;
}
