/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pick.bpf.h - map look-ups around ds_pick.h and ds_calls.h: which destination a request goes to. */
#ifndef SIPXDP_PICK_BPF_H
#define SIPXDP_PICK_BPF_H

#include "count.bpf.h"
#include "ds_calls.h"
#include "ds_pick.h"

/* The destination in an entry of slots[]; 0 where there is none. */
port_inline __u32 pick_slot(__u32 entry)
{
	struct ds_slots *group;

	if (entry == DS_PICK_NONE)
		return 0;
	group = DS_LOOKUP(slots, entry / DS_SLOTS_GROUP);
	return group ? group->dest[entry % DS_SLOTS_GROUP] : 0;
}

port_inline struct ds_dest_rec *pick_dest(__u32 slot)
{
	struct ds_dest_rec *d = slot ? DS_LOOKUP(dests, slot) : NULL;

	return d && d->flags & DS_DEST_USED ? d : NULL;
}

/* The listener's destination at an address:port; 0 where it is none. pad: the listener's slot, or DS_PAD_NAT. */
port_inline __u32 pick_by_endpoint(const struct ds_endpoint *e, __u16 pad)
{
	struct ds_endpoint key = *e;
	__u32 *slot;

	key.pad = pad;
	slot = bpf_map_lookup_elem(&dest_ids, &key);
	return slot && pick_dest(*slot) ? *slot : 0;
}

port_inline struct ds_call_bucket *pick_bucket(__u64 key)
{
	struct ds_state *s = DS_LOOKUP(state, 0);

	return s ? DS_LOOKUP(calls, (__u32)(key >> 32) & s->calls_mask) : NULL;
}

port_inline __u32 pick_idle(void)
{
	struct ds_state *s = DS_LOOKUP(state, 0);

	return s ? s->call_idle_s : DS_CALL_IDLE_S;
}

/* The destination of a living call, its entry refreshed where `refresh` is set; 0 where there is none. */
port_inline __u32 pick_call(struct work *w, int refresh)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val = 0;
	struct ds_call_bucket *bucket = pick_bucket(key);
	__u32 idle = pick_idle();
	struct ds_dest_rec *d;
	struct ds_call *call;

	if (!bucket)
		return 0;
	call = ds_call_find(bucket, key, w->now, idle, &val);
	if (!call)
		return 0;
	d = pick_dest(DS_CALL_DEST(val));
	if (!d || (d->serial & 0xff) != DS_CALL_SERIAL(val)) {
		ds_call_forget(call, val);
		return 0;
	}
	if (refresh)
		ds_call_move(call, val, DS_CALL_STATE(val), w->now);
	return DS_CALL_DEST(val);
}

/* Enters the call with the picked destination; the destination that counts, 0 where there was no room. */
port_inline __u32 pick_enter(struct work *w, __u32 dest)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val;
	struct ds_call_bucket *bucket = pick_bucket(key);
	struct ds_dest_rec *d = pick_dest(dest);

	if (!bucket || !d)
		return 0;
	val = ds_call_insert(bucket, key, DS_CALL_VAL(dest, d->serial, DS_CALL_NEW, w->now), w->now, pick_idle());
	return DS_CALL_DEST(val);
}

/* A destination's response moves its call's state. */
port_inline void pick_move(struct work *w)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val = 0;
	struct ds_call_bucket *bucket = pick_bucket(key);
	struct ds_call *call;
	__u32 next;

	if (!bucket)
		return;
	call = ds_call_find(bucket, key, w->now, pick_idle(), &val);
	if (!call)
		return;
	next = ds_call_next(DS_CALL_STATE(val), w->msg.method, w->msg.status);
	ds_call_move(call, val, next, w->now);
}

/* The next turn of a listener, or of this CPU, which nobody else counts on. */
port_inline __u64 pick_turn(struct ds_listener *l, const struct ds_set_rec *set, __u32 listener)
{
	struct ds_turn *own = set->per_cpu ? DS_LOOKUP(turns, listener) : NULL;

	return own ? own->next++ : __sync_fetch_and_add(&l->rr, 1);
}

/* A client's request moves its call's state, where destinations answer behind our back. */
port_inline void pick_move_unseen(struct work *w)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val = 0;
	struct ds_call_bucket *bucket = pick_bucket(key);
	struct ds_call *call;
	__u32 next;

	if (!bucket)
		return;
	call = ds_call_find(bucket, key, w->now, pick_idle(), &val);
	if (!call)
		return;
	next = ds_call_unseen(DS_CALL_STATE(val), w->msg.method);
	if (next != DS_CALL_STATE(val))
		ds_call_move(call, val, next, w->now);
}

/*
 * The destination of a request from a client (DESIGN.md section 6: the calls table, then the pick), in w->dest.
 * Returns a reason: REASON_request, or why there is none.
 */
port_global int pick_request(struct work *w)
{
	struct ds_listener_half *half;
	struct ds_listener *l;
	struct ds_set_rec *set;
	__u32 dest = 0, entered, follows;
	__u64 hash;

	if (!w)
		return REASON_no_destination;
	l = DS_LOOKUP(listeners, w->listener);
	if (!l)
		return REASON_no_destination;
	half = &l->half[w->half & 1];
	follows = w->msg.method == SIP_METHOD_ACK || w->msg.method == SIP_METHOD_CANCEL;
	if (half->affinity == DS_AFFINITY_CALLS)
		dest = pick_call(w, !follows);
	if (dest) {
		w->dest = dest;
		w->picked = REASON_request;
		return REASON_request;
	}
	set = DS_LOOKUP(sets, half->set);
	if (!set)
		return REASON_no_destination;
	hash = w->keyed ? w->pick_hash : w->key_hash;
	if (set->pick >= DS_PICK_TURN) {
		if (follows && half->affinity == DS_AFFINITY_CALLS)
			return w->msg.method == SIP_METHOD_ACK ? REASON_ack_no_call : REASON_cancel_no_call;
		dest = pick_slot(set->pick == DS_PICK_RANDOM ? ds_pick_random(set, bpf_get_prandom_u32())
							     : ds_pick_turn(set, pick_turn(l, set, w->listener)));
	} else {
		dest = pick_slot(ds_pick_hash(set, hash));
	}
	if (!dest)
		return REASON_no_destination;
	if (half->affinity == DS_AFFINITY_CALLS && !follows) {
		entered = pick_enter(w, dest);
		/* no room: the hash, so that retransmissions find the same destination */
		dest = entered ? entered : pick_slot(ds_pick_hash(set, hash));
	}
	w->dest = dest;
	return dest ? REASON_request : REASON_no_destination;
}

#endif
