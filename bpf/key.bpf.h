/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key.bpf.h - the hash of what a listener's set has for a key in place of the Call-ID. */
#ifndef SIPXDP_KEY_BPF_H
#define SIPXDP_KEY_BPF_H

#include "maps.bpf.h"
#include "sip_key.h"

/*
 * Looks for the next of the set's keys in a sound request: SIP_KEY_OK where w->pick_hash is set, or no key is left;
 * SIP_KEY_ABSENT where the one after it is to be looked for; SIP_KEY_FAR where the slow path has to.
 */
port_inline int key_hash(struct xdp_md *ctx, struct work *w)
{
	struct ds_listener *l = DS_LOOKUP(listeners, w->listener);
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct sip_buf b = sip_buf(ctx);
	struct sip_keyed keyed;
	struct ds_set_rec *set;
	struct ds_key *k;
	int rc;

	if (!l || !s || w->key_at >= DS_KEYS_MAX)
		return SIP_KEY_OK;
	set = DS_LOOKUP(sets, l->half[w->half & 1].set);
	if (!set)
		return SIP_KEY_OK;
	k = &set->key[w->key_at & (DS_KEYS_MAX - 1)];
	if (w->key_at++)
		w->picked = REASON_request_other_key;
	if (k->kind == DS_KEY_CALL_ID && set->pick != DS_PICK_MODULO)
		return SIP_KEY_OK;
	keyed.slot = set->pick == DS_PICK_MODULO ? DS_SLOT_KAMAILIO : DS_SLOT_CONSISTENT;
	keyed.key[0] = s->key[0];
	keyed.key[1] = s->key[1];
	keyed.hash = 0;
	rc = sip_key(&b, &w->msg, &w->pkt.src, k, &keyed);
	w->keyed = rc == SIP_KEY_OK;
	w->pick_hash = keyed.hash;
	return rc;
}

#endif
