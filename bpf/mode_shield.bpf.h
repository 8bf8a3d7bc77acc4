/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mode_shield.bpf.h - nothing is sent on: what is sound goes to the server on this host, what is malformed goes no further. */
#ifndef SIPXDP_MODE_SHIELD_BPF_H
#define SIPXDP_MODE_SHIELD_BPF_H

#include "count.bpf.h"
#include "sip_check.h"

/* Schemes, hops and extensions are the server's to judge and to answer. */
port_inline int shield_end(const struct work *w)
{
	int rc = w->msg.kind == SIP_KIND_RESPONSE ? sip_check_response(&w->msg)
						  : sip_check_request(&w->msg, DS_MODE_SHIELD);

	if (rc != REASON_none)
		return exit_drop(w->listener, rc);
	count(w->listener, VERDICT_pass, REASON_shielded);
	return XDP_PASS;
}

/* Ends with what is no SIP: keepalives and STUN may be the server's to see. */
port_inline int shield_unsorted(const struct work *w, __u32 mode, __u32 reason)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);

	if (mode != DS_MODE_SHIELD || reason == REASON_not_sip || !l || !l->half[w->half & 1].guard.keepalives)
		return exit_drop(w->listener, reason);
	count(w->listener, VERDICT_pass, reason);
	return XDP_PASS;
}

#endif
