// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dispatch.bpf.c - the fast path: a SIP/UDP dispatcher in XDP.
 *
 * Pass until it is ours; from then on every exit is a counted verdict. Ours is what is addressed to a listener, or
 * comes from a destination of a nat listener. The chain: [xdp_spread ->] xdp_dispatch (headers, head of the message) ->
 * xdp_values (values) -> xdp_request -> xdp_forward, or xdp_response, or xdp_nat, or xdp_direct, or xdp_shield, or
 * xdp_redirect, or xdp_reply; before xdp_request, xdp_nat and xdp_direct comes xdp_route where the listener has routes,
 * and xdp_key where not the Call-ID is hashed.
 */
#include "work.bpf.h"

#include "key.bpf.h"
#include "listener.bpf.h"
#include "maps.bpf.h"
#include "mode_direct.bpf.h"
#include "mode_nat.bpf.h"
#include "mode_proxy.bpf.h"
#include "mode_redirect.bpf.h"
#include "mode_shield.bpf.h"
#include "reply.bpf.h"
#include "route.bpf.h"
#include "sip_sort.h"
#include "spread.bpf.h"

char LICENSE[] SEC("license") = "GPL";

port_inline struct work *work_get(void)
{
	return DS_LOOKUP(scratch, 0);
}

/* Goes on in the next program of the chain; comes back only where it is not there. */
#define CHAIN(ctx, w, name)                                  \
	({                                                   \
		bpf_tail_call(ctx, &chain, DS_CHAIN_##name); \
		exit_drop((w)->listener, REASON_shutdown);   \
	})

/*
 * In place of xdp_dispatch on interfaces with fewer receive queues than there are CPUs: what is ours goes on in
 * xdp_dispatch on the CPU that its Call-ID is for. Queues keep the order, so a call's messages keep theirs.
 */
SEC("xdp.frags")
int xdp_spread(struct xdp_md *ctx)
{
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct work *w = work_get();
	__u32 mode;
	int kind, rc;

	if (!w || !s)
		return XDP_PASS;
	kind = packet_open(ctx, w, s, &mode);
	if (kind == PKT_OTHER)
		return XDP_PASS;
	rc = packet_guard(w);
	if (rc != REASON_none)
		return exit_drop(w->listener, rc);
	if (spread_finish_sum(ctx, w, kind))
		return exit_slow(ctx, w, REASON_slow_too_long);
	if (bpf_redirect_map(&cpus, spread_cpu(ctx, w, s), XDP_DROP) != XDP_REDIRECT)
		return exit_drop(w->listener, REASON_no_cpu);
	count_handed(w->listener);
	return XDP_REDIRECT;
}

SEC("xdp.frags")
int xdp_dispatch(struct xdp_md *ctx)
{
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct work *w = work_get();
	struct sip_buf b;
	__u32 mode;
	int kind, rc;

	if (!w || !s)
		return XDP_PASS;
	kind = packet_open(ctx, w, s, &mode);
	if (kind == PKT_OTHER)
		return XDP_PASS;
	/* where packets are spread, the guard was asked before that */
	if (is_spread) {
		count_taken(w->listener);
	} else {
		rc = packet_guard(w);
		if (rc != REASON_none)
			return exit_drop(w->listener, rc);
	}
	rc = datagram_fault(w, kind);
	/* to a client, not to a listener: no socket would get it */
	if (w->from && reason_is_slow(rc))
		return exit_no_slow(w->listener, rc);
	if (reason_is_slow(rc)) {
		/* what comes back may come by here */
		fib_device(ctx, w);
		hop_learn(ctx, w);
		return exit_beyond(ctx, w, mode, rc);
	}
	if (rc != REASON_none || trim_padding(ctx, w))
		return exit_drop(w->listener, rc);
	w->now = w->now_ns >> DS_TICK_SHIFT;
	w->dest = 0;
	w->routed = 0;
	w->rewrite = 0;
	w->next = 0;
	w->route_no = 0;
	w->keyed = 0;
	w->key_at = 0;
	w->picked = REASON_request;
	fib_device(ctx, w);
	b = sip_buf(ctx);
	rc = sip_sort(sip_load8(&b, w->pkt.payload), w->pkt.end - w->pkt.payload);
	if (rc != REASON_none && !w->from)
		return shield_unsorted(w, mode, rc);
	sip_parse_head(&b, &w->msg, w->pkt.payload);
	return CHAIN(ctx, w, values);
}

SEC("xdp.frags")
int xdp_values(struct xdp_md *ctx)
{
	struct ds_listener *l;
	struct work *w = work_get();
	struct sip_buf b = sip_buf(ctx);
	__u32 mode;

	if (!w)
		return XDP_DROP;
	if (w->msg.line && !w->msg.beyond)
		sip_parse_values(&b, &w->msg);
	l = DS_LOOKUP(listeners, w->listener);
	if (!l)
		return exit_drop(w->listener, REASON_shutdown);
	if (w->from)
		return CHAIN(ctx, w, nat);
	mode = l->half[w->half & 1].mode;
	w->set = l->half[w->half & 1].set;
	if (w->msg.beyond)
		return exit_beyond(ctx, w, mode, REASON_slow_too_long);
	/* a fault in the start line that leaves no rows to read */
	if (!w->msg.line || w->msg.kind == SIP_KIND_INVALID)
		return exit_drop(w->listener, w->msg.reason ? w->msg.reason : REASON_via_not_ours);
	if (l->half[w->half & 1].routes && w->msg.kind == SIP_KIND_REQUEST && w->msg.reason == REASON_none)
		return CHAIN(ctx, w, route);
	if (l->half[w->half & 1].keyed && w->msg.kind == SIP_KIND_REQUEST && w->msg.reason == REASON_none)
		return CHAIN(ctx, w, key);
	if (mode == DS_MODE_NAT)
		return CHAIN(ctx, w, nat);
	if (mode == DS_MODE_DSR || mode == DS_MODE_IPIP)
		return CHAIN(ctx, w, direct);
	if (mode == DS_MODE_SHIELD)
		return CHAIN(ctx, w, shield);
	if (w->msg.kind == SIP_KIND_RESPONSE)
		return CHAIN(ctx, w, response);
	return CHAIN(ctx, w, request);
}

/*
 * A request that is not sent on: to its route's next set, to the slow path, answered, or dropped; an ACK is never
 * answered.
 */
#define REQUEST_REFUSED(ctx, w, why)                                            \
	({                                                                      \
		if (reason_is_slow(why))                                        \
			return exit_slow(ctx, w, why);                          \
		if ((why) == REASON_destinations_full && route_go_on(w))        \
			CHAIN(ctx, w, route);                                   \
		if ((w)->msg.method == SIP_METHOD_ACK || !sip_reason_code(why)) \
			return exit_drop((w)->listener, why);                   \
		(w)->reason = why;                                              \
		CHAIN(ctx, w, reply);                                           \
	})

SEC("xdp.frags")
int xdp_route(struct xdp_md *ctx)
{
	struct sip_buf b = sip_buf(ctx);
	struct work *w = work_get();
	struct ds_listener *l;
	__u32 mode;
	int rc;

	if (!w)
		return XDP_DROP;
	l = DS_LOOKUP(listeners, w->listener);
	if (!l)
		return exit_drop(w->listener, REASON_shutdown);
	mode = l->half[w->half & 1].mode;
	rc = w->next ? REASON_none : route_choose(&b, w, mode);
	if (rc == REASON_routed_pass) {
		count(w->listener, VERDICT_pass, rc);
		return XDP_PASS;
	}
	if (rc == REASON_routed_reply) {
		w->reason = rc;
		return CHAIN(ctx, w, reply);
	}
	if (rc != REASON_none)
		return REQUEST_REFUSED(ctx, w, rc);
	if (route_is_keyed(w))
		return CHAIN(ctx, w, key);
	if (w->routed && w->action == DS_ACTION_REDIRECT)
		return CHAIN(ctx, w, redirect);
	if (mode == DS_MODE_NAT)
		return CHAIN(ctx, w, nat);
	if (mode == DS_MODE_PROXY)
		return CHAIN(ctx, w, request);
	return CHAIN(ctx, w, direct);
}

/* On to the next of the set's keys, or with the request. */
#define KEY_LOOKED_FOR(ctx, w, found)                                                                                    \
	({                                                                                                               \
		struct ds_listener *key_l = DS_LOOKUP(listeners, (w)->listener);                                         \
		__u32 key_mode = key_l ? key_l->half[(w)->half & 1].mode : DS_MODE_PROXY;                                \
		(found) == SIP_KEY_FAR				   ? exit_beyond(ctx, w, key_mode, REASON_slow_too_long) \
		: (found) == SIP_KEY_ABSENT			   ? CHAIN(ctx, w, key)                                  \
		: (w)->routed && (w)->action == DS_ACTION_REDIRECT ? CHAIN(ctx, w, redirect)                             \
		: key_mode == DS_MODE_PROXY			   ? CHAIN(ctx, w, request)                              \
		: key_mode == DS_MODE_NAT			   ? CHAIN(ctx, w, nat)                                  \
								   : CHAIN(ctx, w, direct);                                                       \
	})

SEC("xdp.frags")
int xdp_key(struct xdp_md *ctx)
{
	struct sip_buf b = sip_buf(ctx);
	struct work *w = work_get();
	struct sip_keyed keyed;
	struct ds_key *k;
	int rc = SIP_KEY_OK;

	if (!w)
		return XDP_DROP;
	k = key_now(w, &keyed);
	if (k && sip_key_is_of_row(k))
		return CHAIN(ctx, w, key_row);
	if (k) {
		rc = sip_key_of_parsed(&b, &w->msg, &w->pkt.src, k, &keyed);
		key_note(w, &keyed, rc);
	}
	return KEY_LOOKED_FOR(ctx, w, rc);
}

SEC("xdp.frags")
int xdp_key_row(struct xdp_md *ctx)
{
	struct sip_buf b = sip_buf(ctx);
	struct work *w = work_get();
	struct sip_keyed keyed;
	struct ds_key *k;
	int rc;

	if (!w)
		return XDP_DROP;
	k = key_now(w, &keyed);
	if (!k)
		return exit_drop(w->listener, REASON_shutdown);
	rc = sip_key_of_row(&b, &w->msg, k, &keyed);
	key_note(w, &keyed, rc);
	return KEY_LOOKED_FOR(ctx, w, rc);
}

SEC("xdp.frags")
int xdp_request(struct xdp_md *ctx)
{
	struct work *w = work_get();
	int rc;

	if (!w)
		return XDP_DROP;
	rc = proxy_decide(ctx, w);
	w->reason = rc == REASON_request ? w->picked : rc;
	if (!proxy_is_sent_on(rc))
		return REQUEST_REFUSED(ctx, w, rc);
	if (proxy_may_want_path(w))
		return CHAIN(ctx, w, path);
	return CHAIN(ctx, w, forward);
}

SEC("xdp.frags")
int xdp_path(struct xdp_md *ctx)
{
	struct work *w = work_get();
	int rc;

	if (!w)
		return XDP_DROP;
	rc = proxy_path(ctx, w);
	if (rc != REASON_none)
		return exit_slow(ctx, w, rc);
	return CHAIN(ctx, w, forward);
}

SEC("xdp.frags")
int xdp_forward(struct xdp_md *ctx)
{
	struct work *w = work_get();

	return w ? proxy_forward(ctx, w) : XDP_DROP;
}

SEC("xdp.frags")
int xdp_response(struct xdp_md *ctx)
{
	struct work *w = work_get();

	return w ? proxy_response(ctx, w) : XDP_DROP;
}

SEC("xdp.frags")
int xdp_nat(struct xdp_md *ctx)
{
	struct work *w = work_get();
	int rc;

	if (!w)
		return XDP_DROP;
	if (w->from)
		return nat_return(ctx, w);
	rc = nat_decide(ctx, w);
	if (rc == REASON_request || rc == REASON_response)
		return nat_forward(ctx, w, rc);
	if (w->msg.kind == SIP_KIND_RESPONSE)
		return reason_is_slow(rc) ? exit_slow(ctx, w, rc) : exit_drop(w->listener, rc);
	return REQUEST_REFUSED(ctx, w, rc);
}

SEC("xdp.frags")
int xdp_direct(struct xdp_md *ctx)
{
	struct work *w = work_get();
	struct ds_listener *l;
	int rc, sent;

	if (!w)
		return XDP_DROP;
	l = DS_LOOKUP(listeners, w->listener);
	if (!l)
		return exit_drop(w->listener, REASON_shutdown);
	rc = direct_choose(ctx, w, l);
	if (rc == REASON_request || rc == REASON_response) {
		direct_follow(w);
		sent = direct_forward(ctx, w, l, rc);
		if (sent >= 0)
			return sent;
		rc = -sent;
	}
	if (reason_is_slow(rc))
		return exit_beyond(ctx, w, l->half[w->half & 1].mode, rc);
	if (w->msg.kind == SIP_KIND_RESPONSE)
		return exit_drop(w->listener, rc);
	return REQUEST_REFUSED(ctx, w, rc);
}

SEC("xdp.frags")
int xdp_shield(struct xdp_md *ctx)
{
	struct work *w = work_get();

	(void)ctx;
	return w ? shield_end(w) : XDP_DROP;
}

SEC("xdp.frags")
int xdp_redirect(struct xdp_md *ctx)
{
	struct work *w = work_get();
	int rc;

	if (!w)
		return XDP_DROP;
	rc = redirect_choose(ctx, w);
	if (rc != REASON_routed_redirect)
		return REQUEST_REFUSED(ctx, w, rc);
	w->reason = rc;
	return CHAIN(ctx, w, reply);
}

SEC("xdp.frags")
int xdp_reply(struct xdp_md *ctx)
{
	struct work *w = work_get();

	return w ? reply_send(ctx, w) : XDP_DROP;
}
