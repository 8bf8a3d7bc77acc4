/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.bpf.h - who may send to a listener, and how much, before anything is parsed. */
#ifndef SIPXDP_GUARD_BPF_H
#define SIPXDP_GUARD_BPF_H

#include "ds_guard.h"
#include "pick.bpf.h"

/* What the lists of a listener say of a source: DS_GUARD_*, 0: nothing. */
port_inline __u32 guard_listed(const struct ds_guard *g, const struct ds_addr *ip)
{
	struct ds_guard_net net = { .bits = 32 + 128, .acl = g->acl, .ip = *ip };
	__u32 *found = bpf_map_lookup_elem(&guard_acl, &net);

	return found ? *found : 0;
}

/* Whether the bucket of a source holds a packet more. */
port_inline int guard_has_token(const struct work *w, const struct ds_guard *g)
{
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct ds_guard_row *row;
	__u64 key;

	if (!s)
		return 1;
	key = ds_guard_key(s->key, &w->pkt.src.ip, w->listener);
	row = DS_LOOKUP(guard_sources, (__u32)(key >> 32) % DS_GUARD_ROWS);
	return !row || ds_guard_admit(row, key, w->now_ns, g);
}

/*
 * REASON_none where a packet is let in, else why it is not. Whom the list allows has no limit; neither have the
 * listener's destinations, which are looked up only where a packet would be refused.
 */
port_global int guard_check(struct work *w)
{
	struct ds_listener *l;
	struct ds_guard *g;
	__u32 listed = 0;

	if (!w)
		return REASON_none;
	l = DS_LOOKUP(listeners, w->listener);
	if (!l)
		return REASON_none;
	g = &l->half[w->half & 1].guard;
	if (g->acl)
		listed = guard_listed(g, &w->pkt.src.ip);
	if (listed == DS_GUARD_ALLOW)
		return REASON_none;
	if (listed != DS_GUARD_DENY && (!g->interval_ns || guard_has_token(w, g)))
		return REASON_none;
	if (pick_by_endpoint(&w->pkt.src, w->listener))
		return REASON_none;
	return listed == DS_GUARD_DENY ? REASON_guard_denied : REASON_guard_rate;
}

#endif
