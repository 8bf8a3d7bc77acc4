// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide_route.c - which of its listener's routes a request matches, as bpf/route.bpf.h finds it.
 */
#include <string.h>

#include "decide_inner.h"
#include "sip_branch.h"

static __u64 decide_by_member(const struct decide_work *w, __u32 table)
{
	struct ds_route_exact key = ds_route_member(table, w->src, w->src->port_be);
	__u64 match = w->env->exact(w->env->ctx, &key);

	key.port_be = 0;
	return match | w->env->exact(w->env->ctx, &key);
}

static __u64 decide_by_source(const struct decide_work *w, __u32 table)
{
	struct ds_route_prefix key = { .bits = DS_ROUTE_PREFIX_ALL, .table = table, .kind = DS_ROUTE_KIND_SOURCE };

	memcpy(key.text, &w->src->ip, sizeof(key.text));
	return w->env->prefix(w->env->ctx, &key);
}

static __u64 decide_by_user(const struct decide_work *w, __u32 table)
{
	struct ds_route_prefix key = { .table = table };

	ds_route_user(w->b, &w->d->msg.uri.user, &key);
	return w->env->prefix(w->env->ctx, &key);
}

static __u64 decide_by_host(const struct decide_work *w, __u32 table)
{
	const struct sip_uri *uri = &w->d->msg.uri;
	struct ds_route_exact key = { .table = table };

	if (ds_route_host(w->b, uri->host, uri->is_ip6, w->env->key, &key))
		return 0;
	return w->env->exact(w->env->ctx, &key);
}

static __u64 decide_match(const struct decide_work *w, int inner)
{
	const struct ds_route_table *t = w->env->table;
	const struct sip_msg *m = &w->d->msg;
	__u64 match = ds_route_begin(t, ds_route_method(w->b, m), m->to.tag.len != 0, inner);

	if (match && t->uses & DS_ROUTE_BY_SET)
		match &= t->any_set | decide_by_member(w, t->id);
	if (match && t->uses & DS_ROUTE_BY_SOURCE)
		match &= t->any_source | decide_by_source(w, t->id);
	if (match && t->uses & DS_ROUTE_BY_USER)
		match &= t->any_user | decide_by_user(w, t->id);
	if (match && t->uses & DS_ROUTE_BY_HOST)
		match &= t->any_host | decide_by_host(w, t->id);
	return match;
}

/* Whether this is the ACK to a reply of ours. */
static bool decide_acknowledged(struct decide_work *w)
{
	const struct sip_msg *m = &w->d->msg;

	return m->method == SIP_METHOD_ACK && !sip_own_tag(w->b, m, w->env->key, &w->tag) &&
	       sip_is_own_tag(w->b, m, w->tag);
}

static __u32 decide_answered(struct decide_work *w)
{
	const struct sip_msg *m = &w->d->msg;
	int far = sip_own_tag(w->b, m, w->env->key, &w->tag);

	if (m->method == SIP_METHOD_ACK)
		return decide_acknowledged(w) ? REASON_ack_own_reply : REASON_ack_no_call;
	if (m->method == SIP_METHOD_CANCEL && !(w->routed->flags & DS_ROUTE_CANCEL))
		return REASON_cancel_no_call;
	return far ? REASON_slow_reply : REASON_routed_reply;
}

__u32 decide_route(struct decide_work *w)
{
	const struct decide_env *env = w->env;
	int inner = env->mode == DS_MODE_PROXY && env->find(env->ctx, w->src) != 0;
	__u64 match;
	__u32 reason;

	if (!env->table || w->d->msg.reason != REASON_none)
		return REASON_none;
	match = decide_match(w, inner);
	if (!match && inner)
		return REASON_none;
	if (!match)
		return decide_acknowledged(w) ? REASON_ack_own_reply : REASON_no_action;
	w->d->route = (int)ds_route_first(match);
	w->routed = &env->routes[w->d->route];
	w->set = w->routed->set ? &env->sets[w->routed->set] : NULL;
	switch (w->routed->action) {
	case DS_ACTION_FORWARD:
	case DS_ACTION_HOST:
		return REASON_none;
	case DS_ACTION_PASS:
		return REASON_routed_pass;
	case DS_ACTION_REPLY:
		return decide_answered(w);
	case DS_ACTION_REDIRECT:
		reason = decide_answered(w);
		return reason == REASON_routed_reply ? REASON_none : reason;
	}
	return REASON_routed_drop;
}

__u32 decide_how(const struct decide_work *w)
{
	__u32 flags = w->routed ? w->routed->flags : 0;

	return (flags & DS_ROUTE_REWRITE ? SIP_REWRITE_HOST : 0) | (flags & DS_ROUTE_ATTRS ? SIP_REWRITE_USER : 0);
}

const struct ds_dest_uri *decide_rewrite_for(const struct decide_work *w, __u32 reason)
{
	if (!decide_how(w) || w->d->msg.to.tag.len)
		return NULL;
	if (reason == REASON_request_host)
		return &w->routed->uri;
	return reason == REASON_request ? &w->env->uris[w->d->dest] : NULL;
}

__u32 decide_redirect(struct decide_work *w)
{
	const struct ds_dest_rec *dest;
	struct sip_msg *m = &w->d->msg;
	__u32 reason;

	if (sip_call_id_hash(w->b, m, w->env->key, &w->call_id_hash))
		return REASON_slow_too_long;
	reason = sip_check_request(m, DS_MODE_NAT);
	if (reason == REASON_none)
		reason = decide_pick(w);
	if (reason != REASON_request)
		return reason;
	dest = decide_dest(w->env, w->d->dest);
	if (!dest)
		return REASON_no_destination;
	if (sip_same_place(&dest->at, &w->env->listener->at) ||
	    sip_is_redirect_loop(w->b->c, m, &w->env->uris[w->d->dest], decide_how(w) & SIP_REWRITE_USER))
		return REASON_redirect_loop;
	return REASON_routed_redirect;
}
