/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key.bpf.h - the hash of what a request's set has for a key in place of the Call-ID. */
#ifndef SIPXDP_KEY_BPF_H
#define SIPXDP_KEY_BPF_H

#include "maps.bpf.h"
#include "sip_key.h"

/* The set's key that is looked for now, and by which rule and secret; NULL where none is left. */
port_inline struct ds_key *key_now(struct work *w, struct sip_keyed *keyed)
{
	struct ds_state *s = DS_LOOKUP(state, 0);
	struct ds_set_rec *set;
	struct ds_key *k;

	if (!s || w->key_at >= DS_KEYS_MAX)
		return NULL;
	set = DS_LOOKUP(sets, w->set);
	if (!set)
		return NULL;
	k = &set->key[w->key_at & (DS_KEYS_MAX - 1)];
	if (k->kind == DS_KEY_CALL_ID && set->pick != DS_PICK_MODULO)
		k = NULL;
	if (w->key_at)
		w->picked = REASON_request_other_key;
	keyed->slot = set->pick == DS_PICK_MODULO ? DS_SLOT_KAMAILIO : DS_SLOT_CONSISTENT;
	keyed->key[0] = s->key[0];
	keyed->key[1] = s->key[1];
	keyed->hash = 0;
	return k;
}

/* Notes what came of looking for a key: enum sip_key_found. */
port_inline void key_note(struct work *w, const struct sip_keyed *keyed, int found)
{
	w->key_at++;
	w->keyed = found == SIP_KEY_OK;
	w->pick_hash = keyed->hash;
}

#endif
