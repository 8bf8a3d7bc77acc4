/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mode_redirect.bpf.h - whom a request is redirected to (RFC 3261 8.3, 21.3): the destination that a proxy listener would
 * send it to, so that mixed farms agree and a request sent again gets the same answer.
 */
#ifndef SIPXDP_MODE_REDIRECT_BPF_H
#define SIPXDP_MODE_REDIRECT_BPF_H

#include "maps.bpf.h"
#include "pick.bpf.h"
#include "sip_check.h"
#include "sip_rewrite.h"

/* What of the picked destination's URI goes into the message. */
port_inline struct ds_dest_uri *redirect_uri(const struct work *w)
{
	return w->dest ? DS_LOOKUP(dest_uris, ds_dest_uri_at(w->half, w->dest)) : NULL;
}

/* Picks: REASON_routed_redirect with w->dest, or why there is nobody to redirect to. */
port_inline int redirect_choose(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);
	struct ds_dest_rec *d;
	struct ds_dest_uri *to;
	int rc;

	if (!l || !s)
		return REASON_no_destination;
	if (sip_call_id_hash(&b, &w->msg, s->key, &w->key_hash))
		return REASON_slow_too_long;
	/* a redirect server is a UAS: Max-Forwards and Proxy-Require are not its business */
	rc = sip_check_request(&w->msg, DS_MODE_NAT);
	if (rc == REASON_none)
		rc = pick_request(w);
	if (rc != REASON_request)
		return rc;
	to = redirect_uri(w);
	d = pick_dest(w->dest);
	if (!to || !d)
		return REASON_no_destination;
	if (sip_same_place(&d->at, &l->at) || sip_is_redirect_loop(ctx, &w->msg, to, w->rewrite & SIP_REWRITE_USER))
		return REASON_redirect_loop;
	return REASON_routed_redirect;
}

#endif
