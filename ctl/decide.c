// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide.c - see decide.h. A function here has its like in bpf/: decide_nat() in mode_nat.bpf.h, decide_direct() in
 * mode_direct.bpf.h, decide_shield() in mode_shield.bpf.h, decide() in dispatch.bpf.c; as in decide_proxy.c, decide_pick.c
 * (pick.bpf.h) and decide_failover.c (store.bpf.h).
 */
#include "decide_inner.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ds_calls.h"
#include "ds_pick.h"
#include "ds_place.h"
#include "plan_apply.h"
#include "sip_branch.h"
#include "sip_check.h"
#include "sip_proxy.h"
#include "sip_sort.h"

/* The core reads eight octets at a time: shorter datagrams are looked at with this many zeros before them. */
#define DECIDE_SHORT 8

static void decide_end(struct decide_work *w, __u32 verdict, __u32 reason)
{
	w->d->verdict = verdict;
	w->d->reason = reason;
}

static bool decide_is_direct(const struct decide_work *w)
{
	return w->env->mode == DS_MODE_DSR || w->env->mode == DS_MODE_IPIP;
}

/* Ends with what the fast path does not do, as the mode has it: see exit_beyond() in count.bpf.h. */
static void decide_beyond(struct decide_work *w, __u32 reason)
{
	if (w->env->mode == DS_MODE_SHIELD)
		decide_end(w, VERDICT_pass, reason);
	else
		decide_end(w, decide_is_direct(w) ? VERDICT_needs_slow_path : VERDICT_slow, reason);
}

__u32 decide_reach(struct decide_work *w, __u32 reason)
{
	const struct ds_dest_rec *dest = decide_dest(w->env, w->d->dest);
	bool local = w->env->slow && w->env->mode == DS_MODE_PROXY;

	if (!dest)
		return REASON_no_destination;
	if (dest->flags & DS_DEST_SLOW && (dest->flags & DS_DEST_FOREIGN || !local))
		return REASON_destination_slow;
	w->d->to = dest->at;
	/* from whom it comes: there is nobody else to send it to */
	if (w->env->mode == DS_MODE_PROXY && w->d->dest == w->d->from)
		return REASON_no_action;
	return reason;
}

__u32 decide_begin(struct decide_work *w)
{
	struct sip_msg *m = &w->d->msg;
	int far = sip_own_tag(w->b, m, w->env->key, &w->tag);

	if (m->method == SIP_METHOD_ACK && m->reason == REASON_none && sip_is_own_tag(w->b, m, w->tag))
		return REASON_ack_own_reply;
	far |= sip_call_id_hash(w->b, m, w->env->key, &w->call_id_hash);
	return far ? REASON_slow_too_long : REASON_none;
}

/* A request at a nat listener; as decide_proxy(). */
static __u32 decide_nat(struct decide_work *w)
{
	__u32 reason = decide_begin(w);

	if (reason == REASON_none)
		reason = sip_check_request(&w->d->msg, DS_MODE_NAT);
	if (reason == REASON_none)
		reason = decide_pick(w);
	if (reason == REASON_request)
		reason = decide_reach(w, reason);
	sip_plan_begin(&w->d->plan, w->len);
	return reason;
}

/* A request at a dsr or ipip listener; as decide_proxy(). */
static __u32 decide_direct(struct decide_work *w)
{
	__u32 reason = decide_nat(w);

	if (reason == REASON_request)
		decide_move_unseen(w->env, ds_call_key(w->call_id_hash, w->env->slot), &w->d->msg);
	return reason;
}

/* Whether packets can leave for a place: by the listener's family, or in a tunnel over that of the place. */
static bool decide_is_reached(const struct decide_work *w)
{
	static const struct ds_addr none;
	const struct ds_listener *l = w->env->listener;
	int is_ip4 = sip_ip_is4(&w->d->to.ip);

	if (w->env->mode == DS_MODE_IPIP)
		return memcmp(&l->tunnel[!is_ip4], &none, sizeof(none)) != 0;
	return is_ip4 == sip_ip_is4(&l->at.ip);
}

/* Builds the output by the plan and ends with it. */
static void decide_forward(struct decide_work *w, __u32 reason)
{
	ssize_t n;

	if (w->d->plan.too_many) {
		decide_end(w, VERDICT_slow, REASON_slow_plan);
		return;
	}
	if (!decide_is_reached(w)) {
		decide_beyond(w, REASON_slow_no_route);
		return;
	}
	n = plan_apply(&w->d->plan, w->payload, w->len, w->d->out, sizeof(w->d->out));
	if (n < 0) {
		decide_end(w, VERDICT_slow, n == -ENOSPC ? REASON_slow_mtu : REASON_slow_plan);
		return;
	}
	w->d->out_len = n;
	decide_end(w, VERDICT_forward, reason);
}

/* Whether sip_reply_build() built a reply that is only too long for the kernel, which cannot lengthen a frame's tail. */
static int decide_is_long_reply(const struct decision *d, int rc)
{
	return rc == REASON_slow_reply && d->reply.pieces && !d->reply.too_many && !d->plan.too_many;
}

/* The status line that is asked for, as sip_reply_take() does it with a route's. */
static void decide_take_line(struct sip_plan *p, struct sip_reply *r, const char *line)
{
	r->line_len = (__u16)strlen(line);
	memcpy(p->text, line, r->line_len);
	r->code = (__u16)strtoul(line + sizeof("SIP/2.0"), NULL, 10);
}

/* The reply that the reason asks for, or a drop where none is due. */
static void decide_reply(struct decide_work *w, __u32 reason)
{
	const struct ds_dest_uri *to = NULL;
	struct decision *d = w->d;
	ssize_t n;
	int rc;

	if (sip_own_tag(w->b, &d->msg, w->env->key, &w->tag)) {
		decide_end(w, VERDICT_slow, REASON_slow_reply);
		return;
	}
	d->reply.reason = reason;
	d->reply.tag = w->env->answer_tag ? w->env->answer_tag : w->tag;
	if (reason == REASON_routed_reply || reason == REASON_routed_redirect)
		sip_reply_take(&d->plan, &d->reply, w->routed);
	if (reason == w->env->answer && w->env->answer_line)
		decide_take_line(&d->plan, &d->reply, w->env->answer_line);
	if (reason == REASON_routed_redirect)
		to = &w->env->uris[d->dest];
	d->reply.how = decide_how(w) & SIP_REWRITE_USER;
	rc = sip_reply_build(w->b->c, &d->msg, w->src, &d->plan, &d->reply, to);
	if (rc == REASON_unanswerable) {
		decide_end(w, VERDICT_drop, reason);
		return;
	}
	if (rc != REASON_none && !decide_is_long_reply(d, rc)) {
		decide_end(w, VERDICT_slow, rc);
		return;
	}
	n = plan_apply_reply(&d->reply, &d->plan, w->payload, w->len, d->out, sizeof(d->out));
	if (n < 0) {
		decide_end(w, VERDICT_slow, REASON_slow_reply);
		return;
	}
	d->out_len = n;
	d->to = sip_response_place(&d->msg.via, w->src);
	d->code = d->reply.code;
	decide_end(w, to ? VERDICT_redirect : VERDICT_reply, reason);
}

/* Where a request goes by its set and the mode of its listener, or its route's redirect. */
static __u32 decide_set(struct decide_work *w)
{
	__u32 reason = decide_key(w);

	if (reason != REASON_none)
		return reason;
	if (w->routed && w->routed->action == DS_ACTION_REDIRECT)
		return decide_redirect(w);
	if (decide_is_direct(w))
		return decide_direct(w);
	return w->env->mode == DS_MODE_NAT ? decide_nat(w) : decide_proxy(w);
}

static void decide_request(struct decide_work *w)
{
	__u32 reason = decide_route(w), next = 0;

	if (reason == REASON_none)
		reason = decide_set(w);
	for (; reason == REASON_destinations_full && w->routed && next < DS_ROUTE_NEXT && w->routed->next[next];
	     next++) {
		w->set = &w->env->sets[w->routed->next[next]];
		w->hash_key = NULL;
		w->picked = REASON_request;
		reason = decide_set(w);
	}
	if (reason == REASON_request)
		decide_forward(w, w->picked);
	else if (decide_is_sent_on(reason))
		decide_forward(w, reason);
	else if (reason == REASON_routed_pass)
		decide_end(w, VERDICT_pass, reason);
	else if (reason == REASON_routed_reply || reason == REASON_routed_redirect || reason == REASON_fork_answered)
		decide_reply(w, reason);
	else if (reason >= REASON_slow_fragment)
		decide_beyond(w, reason);
	else if (w->d->msg.method == SIP_METHOD_ACK || !sip_reason_code(reason))
		decide_end(w, VERDICT_drop, reason);
	else
		decide_reply(w, reason);
	if (w->d->verdict == VERDICT_forward && !decide_is_direct(w) && w->d->msg.method == SIP_METHOD_BYE)
		decide_hang_up(w);
}

/*
 * The place of a response at a nat listener, which answers what a destination has sent: the destination that sent-by of
 * its top Via names, else the call's. A reason, REASON_response with d->to.
 */
static __u32 decide_answer(struct decide_work *w)
{
	const struct sip_via *via = &w->d->msg.via;
	struct ds_endpoint e = { .port_be = port_be16(via->port ? via->port : SIP_PORT) };

	if (!sip_ip_parse(w->b, via->host, via->is_ip6, &e.ip))
		w->d->dest = w->env->find(w->env->ctx, &e);
	if (!w->d->dest && w->d->msg.call_id.len && !sip_call_id_hash(w->b, &w->d->msg, w->env->key, &w->call_id_hash))
		w->d->dest = decide_call(w->env, ds_call_key(w->call_id_hash, w->env->slot), NULL);
	if (!w->d->dest)
		return REASON_via_not_ours;
	return decide_reach(w, REASON_response);
}

/* The same at a dsr or ipip listener, where the hash of the Call-ID does for a table that is not kept. */
static __u32 decide_answer_direct(struct decide_work *w)
{
	const struct decide_env *env = w->env;
	__u32 reason = decide_answer(w);

	if (reason == REASON_via_not_ours && env->affinity == DS_AFFINITY_HASH && env->set &&
	    env->set->algorithm == DS_ALGORITHM_CALL_ID && env->set->pick == DS_PICK_HASH && w->d->msg.call_id.len) {
		w->d->dest = decide_entry(env, ds_pick_hash(env->set, w->call_id_hash));
		if (decide_reach(w, REASON_response) == REASON_response)
			return REASON_response;
		w->d->dest = 0;
	}
	if (reason == REASON_response && w->d->msg.method == SIP_METHOD_BYE && w->d->msg.call_id.len &&
	    !sip_call_id_hash(w->b, &w->d->msg, env->key, &w->call_id_hash))
		decide_move(w, ds_call_key(w->call_id_hash, env->slot), 0);
	return reason;
}

static void decide_response(struct decide_work *w)
{
	struct sip_msg *m = &w->d->msg;
	__u32 reason = sip_check_response(m);
	bool has_call;

	if (reason == REASON_none && decide_is_direct(w))
		reason = decide_answer_direct(w);
	else if (reason == REASON_none)
		reason = w->env->mode == DS_MODE_NAT ? decide_answer(w) : decide_verify(w);
	if (reason != REASON_response && reason >= REASON_slow_fragment) {
		decide_beyond(w, reason);
		return;
	}
	if (reason != REASON_response) {
		decide_end(w, VERDICT_drop, reason);
		return;
	}
	if (w->env->mode != DS_MODE_PROXY) {
		sip_plan_begin(&w->d->plan, w->len);
		decide_forward(w, reason);
		return;
	}
	sip_proxy_response(w->b, m, &w->d->plan);
	decide_forward(w, reason);
	if (w->d->verdict != VERDICT_forward)
		return;
	w->d->from = w->env->find(w->env->ctx, w->src);
	has_call = w->d->from && m->call_id.len && !sip_call_id_hash(w->b, m, w->env->key, &w->call_id_hash);
	if (w->env->failover || w->env->forks)
		reason = decide_failover_response(w);
	if (reason != REASON_response) {
		w->d->out_len = 0;
		decide_end(w, VERDICT_slow, reason);
		return;
	}
	if (has_call && w->env->settle)
		decide_settle(w);
	if (has_call)
		decide_move(w, ds_call_key(w->call_id_hash, w->env->slot), sip_tag_fold(w->b, m->to.tag));
}

/* A message for the server on this host: passed, or dropped where it is malformed. */
static void decide_shield(struct decide_work *w)
{
	const struct sip_msg *m = &w->d->msg;
	__u32 reason = m->kind == SIP_KIND_RESPONSE ? (__u32)sip_check_response(m)
						    : (__u32)sip_check_request(m, DS_MODE_SHIELD);

	if (reason == REASON_none)
		decide_end(w, VERDICT_pass, REASON_shielded);
	else
		decide_end(w, VERDICT_drop, reason);
}

/* What the octets are: kind and reason in d->msg. A datagram too short for the core is no whole message. */
static void decide_parse(struct decide_work *w)
{
	unsigned char padded[2 * DECIDE_SHORT] = { 0 };
	struct sip_ctx c = { w->payload, w->payload + w->len };
	__u64 base = 0;
	struct sip_buf b;
	int rc;

	if (w->len < DECIDE_SHORT) {
		memcpy(padded + DECIDE_SHORT, w->payload, w->len);
		base = DECIDE_SHORT;
		c.data = padded;
		c.data_end = padded + DECIDE_SHORT + w->len;
	}
	b = sip_buf(&c);
	rc = sip_sort(sip_load8(&b, base), w->len);
	if (rc == REASON_none)
		sip_parse(&b, &w->d->msg, base);
	else
		w->d->msg.reason = rc;
}

void decide(struct decide_env *env, const struct ds_endpoint *src, const unsigned char *payload, size_t len,
	    struct decision *d)
{
	struct sip_ctx c = { payload, payload + len };
	struct sip_buf b = sip_buf(&c);
	struct decide_work w = { .env = env,
				 .set = env->set,
				 .src = src,
				 .payload = payload,
				 .len = len,
				 .b = &b,
				 .d = d,
				 .picked = REASON_request };
	struct sip_msg *m = &d->msg;

	memset(d, 0, offsetof(struct decision, out));
	d->route = -1;
	if (env->listed && env->listed(env->ctx, &src->ip) == DS_GUARD_DENY && !env->find(env->ctx, src)) {
		decide_end(&w, VERDICT_drop, REASON_guard_denied);
		return;
	}
	if (ds_place_unfit(src)) {
		decide_end(&w, VERDICT_drop, REASON_bad_source);
		return;
	}
	decide_parse(&w);
	if (m->beyond)
		decide_beyond(&w, REASON_slow_too_long);
	else if (m->line && m->kind != SIP_KIND_INVALID && env->mode == DS_MODE_SHIELD)
		decide_shield(&w);
	else if (m->line && m->kind == SIP_KIND_RESPONSE)
		decide_response(&w);
	else if (m->line && m->kind == SIP_KIND_REQUEST)
		decide_request(&w);
	else if (env->mode == DS_MODE_SHIELD && env->keepalives &&
		 (m->reason == REASON_keepalive || m->reason == REASON_stun))
		decide_end(&w, VERDICT_pass, m->reason);
	else
		decide_end(&w, VERDICT_drop, m->reason ? m->reason : REASON_via_not_ours);
	free(w.changed);
}
