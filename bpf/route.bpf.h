/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route.bpf.h - map look-ups around ds_route.h: which of its listener's routes a request matches, and what that asks for. */
#ifndef SIPXDP_ROUTE_BPF_H
#define SIPXDP_ROUTE_BPF_H

#include "pick.bpf.h"
#include "reply.bpf.h"
#include "sip_rewrite.h"

/* Routes that a key of route_exact stands for. */
port_inline __u64 route_exactly(const struct ds_route_exact *key)
{
	__u64 *match = bpf_map_lookup_elem(&route_exact, key);

	return match ? *match : 0;
}

port_inline __u64 route_prefixed(const struct ds_route_prefix *key)
{
	__u64 *match = bpf_map_lookup_elem(&route_prefixes, key);

	return match ? *match : 0;
}

port_inline __u64 route_by_member(const struct work *w, __u32 table)
{
	struct ds_route_exact key = ds_route_member(table, &w->pkt.src, w->pkt.src.port_be);
	__u64 match = route_exactly(&key);

	key.port_be = 0;
	return match | route_exactly(&key);
}

port_inline __u64 route_by_source(const struct work *w, __u32 table)
{
	struct ds_route_prefix key = { .bits = DS_ROUTE_PREFIX_ALL, .table = table, .kind = DS_ROUTE_KIND_SOURCE };

	__builtin_memcpy(key.text, &w->pkt.src.ip, sizeof(key.text));
	return route_prefixed(&key);
}

port_inline __u64 route_by_user(const struct sip_buf *b, const struct work *w, __u32 table)
{
	struct ds_route_prefix key = { .table = table };

	ds_route_user(b, &w->msg.uri.user, &key);
	return route_prefixed(&key);
}

port_inline __u64 route_by_host(const struct sip_buf *b, const struct work *w, __u32 table)
{
	struct ds_route_exact key = { .table = table };
	struct ds_state *s = DS_LOOKUP(state, 0);

	if (!s || ds_route_host(b, w->msg.uri.host, w->msg.uri.is_ip6, s->key, &key))
		return 0;
	return route_exactly(&key);
}

/* The routes that a request matches, as a word. */
port_inline __u64 route_match(const struct sip_buf *b, struct work *w, const struct ds_route_table *t)
{
	__u32 method = ds_route_method(b, &w->msg);
	__u64 match = ds_route_begin(t, method, w->msg.to.tag.len != 0, w->from != 0);

	if (match && t->uses & DS_ROUTE_BY_SET)
		match &= t->any_set | route_by_member(w, t->id);
	if (match && t->uses & DS_ROUTE_BY_SOURCE)
		match &= t->any_source | route_by_source(w, t->id);
	if (match && t->uses & DS_ROUTE_BY_USER)
		match &= t->any_user | route_by_user(b, w, t->id);
	if (match && t->uses & DS_ROUTE_BY_HOST)
		match &= t->any_host | route_by_host(b, w, t->id);
	return match;
}

/* Whether this is the ACK to a reply of ours. */
port_inline int route_acknowledged(const struct sip_buf *b, struct work *w)
{
	struct ds_state *s = DS_LOOKUP(state, 0);

	return s && reply_acknowledged(b, w, s->key);
}

/* What becomes of an ACK or CANCEL at a route that answers, and of any other request: a reason. */
port_inline int route_answer(const struct sip_buf *b, struct work *w, const struct ds_route *r)
{
	if (w->msg.method == SIP_METHOD_ACK)
		return route_acknowledged(b, w) ? REASON_ack_own_reply : REASON_ack_no_call;
	if (w->msg.method == SIP_METHOD_CANCEL && !(r->flags & DS_ROUTE_CANCEL))
		return REASON_cancel_no_call;
	return REASON_routed_reply;
}

/* Takes a request on to its route's next set, all of the one before being full; 0 where there is none. */
port_inline int route_go_on(struct work *w)
{
	struct ds_route *r = w->routed ? DS_LOOKUP(routes, w->route_at) : NULL;
	__u64 n = w->next;

	port_barrier(n);
	if (!r || n >= DS_ROUTE_NEXT || !r->next[n])
		return 0;
	w->set = r->next[n];
	w->next = n + 1;
	w->keyed = 0;
	w->key_at = 0;
	w->picked = REASON_request;
	return 1;
}

/* Whether the set that a request is picked from now is hashed by another key than the Call-ID. */
port_inline int route_is_keyed(const struct work *w)
{
	struct ds_route *r = w->routed ? DS_LOOKUP(routes, w->route_at) : NULL;

	if (!r)
		return 0;
	return w->next ? r->next_keyed >> ((w->next - 1) & 31) & 1 : (r->flags & DS_ROUTE_KEYED) != 0;
}

/*
 * The first route that a sound request matches, with w->routed and what belongs to it. REASON_none where the request goes
 * on by w->action and the listener's mode: to w->set, to the one place that the route names, or, from a destination that no
 * route names, as if there were none. REASON_routed_reply: w->route_at says with what. Else a reason to refuse it.
 */
port_inline int route_choose(const struct sip_buf *b, struct work *w, __u32 mode)
{
	struct ds_route_table *t = DS_LOOKUP(route_tables, ds_route_table_at(w->half, w->listener));
	struct ds_route *r;
	__u64 match;
	int rc;

	if (!t)
		return REASON_no_action;
	w->from = mode == DS_MODE_PROXY ? pick_by_endpoint(&w->pkt.src, w->listener) : 0;
	match = route_match(b, w, t);
	if (!match && !w->from)
		return route_acknowledged(b, w) ? REASON_ack_own_reply : REASON_no_action;
	if (!match)
		return REASON_none;
	w->route_no = ds_route_first(match);
	w->route_at = ds_route_at(w->half, w->listener, w->route_no);
	r = DS_LOOKUP(routes, w->route_at);
	if (!r)
		return REASON_no_action;
	w->routed = 1;
	w->action = r->action;
	w->set = r->set;
	w->rewrite = (r->flags & DS_ROUTE_REWRITE ? SIP_REWRITE_HOST : 0) |
		     (r->flags & DS_ROUTE_ATTRS ? SIP_REWRITE_USER : 0);
	switch (r->action) {
	case DS_ACTION_FORWARD:
	case DS_ACTION_HOST:
		return REASON_none;
	case DS_ACTION_PASS:
		return REASON_routed_pass;
	case DS_ACTION_REPLY:
		return route_answer(b, w, r);
	case DS_ACTION_REDIRECT:
		rc = route_answer(b, w, r);
		return rc == REASON_routed_reply ? REASON_none : rc;
	}
	return REASON_routed_drop;
}

#endif
