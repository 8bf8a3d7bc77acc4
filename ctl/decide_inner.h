/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decide_inner.h - what the parts of decide() share: one datagram, and how its destination is found. */
#ifndef SIPXDP_CTL_DECIDE_INNER_H
#define SIPXDP_CTL_DECIDE_INNER_H

#include <stdbool.h>

#include "decide.h"
#include "sip_proxy.h"

/* One datagram on its way. */
struct decide_work {
	struct decide_env *env;
	const struct ds_set_rec *set;  /* what is picked from, NULL: nothing */
	const struct ds_route *routed; /* the route that it matched, else NULL */
	bool other_set;		       /* the call is known with a destination of another set */
	const struct ds_endpoint *src;
	const unsigned char *payload;
	size_t len;
	struct sip_buf *b;
	struct decision *d;
	__u64 tag;
	__u64 call_id_hash;
	__u64 pick_hash;	       /* of the key that the set hashes */
	const struct ds_key *hash_key; /* NULL: pick_hash is not set, the Call-ID is hashed */
	bool other_key;		       /* not the set's first */
	__u32 picked;		       /* REASON_request, or with another key */
	struct sip_ours ours;	       /* what a proxy gives the request */
	bool strict;		       /* the next hop is a strict router */
	unsigned char *changed;	       /* payload is this, and not what came; NULL: it is what came */
};

/* ---- decide_failover.c */

/* A request that is about to go to one of the destinations; as store_on_request() in store.bpf.h. */
__u32 decide_failover_request(struct decide_work *w);

/* A verified response: REASON_response, or REASON_slow_failover where failover is to act on it. */
__u32 decide_failover_response(struct decide_work *w);

/* A call that is with another destination from now on. */
void decide_move_call(const struct decide_work *w, __u32 dest);

/* The same of a call that may not be known yet, by the response that says so. */
void decide_settle(const struct decide_work *w);

/* ---- decide.c */

/* The place of the destination picked, where it can be reached. */
__u32 decide_reach(struct decide_work *w, __u32 reason);

/* What both modes look at before the request is judged: the tag of our replies and the Call-ID. */
__u32 decide_begin(struct decide_work *w);

/* ---- decide_proxy.c */

/* Whether a reason is one of those to send a request on by. */
bool decide_is_sent_on(__u32 reason);

/* A request at a proxy listener: a reason, with d->dest, d->to and the plan where it is one of REASON_request*. */
__u32 decide_proxy(struct decide_work *w);

/* The place of a response by its second Via, our branch and sx verified against it: d->to; a reason. */
__u32 decide_verify(struct decide_work *w);

/* ---- decide_pick.c */

/* The record of a destination that is there, else NULL. */
const struct ds_dest_rec *decide_dest(const struct decide_env *env, __u32 slot);

/* The slot in dests[] that an entry of slots[] holds, 0 for DS_PICK_NONE. */
__u32 decide_entry(const struct decide_env *env, __u32 entry);

/* The destination of a living call, its entry refreshed where m, the request, is given; 0 where there is none. */
__u32 decide_call(const struct decide_env *env, __u64 key, const struct sip_msg *m);
__u32 decide_call_of(struct decide_work *w, __u64 key, const struct sip_msg *m);

/* ---- decide_route.c */

/* The first route that a sound request matches, as route_choose() in route.bpf.h. */
__u32 decide_route(struct decide_work *w);

/* How the request's URI is rewritten by its route: SIP_REWRITE_*. */
__u32 decide_how(const struct decide_work *w);

/* What it is rewritten for, as proxy_rewrite_for() in mode_proxy.bpf.h; NULL: it stays. */
const struct ds_dest_uri *decide_rewrite_for(const struct decide_work *w, __u32 reason);

/* Whom a request is redirected to, as redirect_choose() in mode_redirect.bpf.h: REASON_routed_redirect with d->dest. */
__u32 decide_redirect(struct decide_work *w);

/* A destination's response moves its call's state. tag: of To, folded. */
void decide_move(const struct decide_work *w, __u64 key, __u32 tag);

/* A BYE ends its call. */
void decide_hang_up(struct decide_work *w);

/* A client's request moves its call's state, where destinations answer behind our back. */
void decide_move_unseen(const struct decide_env *env, __u64 key, const struct sip_msg *m);

/* The destination of a request from a client: the calls table, then the pick. A reason, REASON_request with d->dest. */
__u32 decide_pick(struct decide_work *w);

/* The hash of the first of the set's keys that a request has: REASON_none, or why it cannot be told. */
__u32 decide_key(struct decide_work *w);

/* ---- decide_strict.c */

/* The URI of the Route value number n, counted from 0; SIP_VALUE_OK with *uri. */
int decide_route_uri(const struct decide_work *w, __u32 n, struct sip_uri *uri);

/*
 * Takes back what a strict router (RFC 3261 16.4) has done: the last Route value becomes the Request-URI again. REASON_none with
 * w->payload, w->b and d->msg anew.
 */
__u32 decide_strict_before(struct decide_work *w);

/*
 * Does for a strict router what it expects: the first Route value that is not ours becomes the Request-URI, which goes
 * behind the last one; ours are gone. As decide_strict_before().
 */
__u32 decide_strict_behind(struct decide_work *w);

#endif
