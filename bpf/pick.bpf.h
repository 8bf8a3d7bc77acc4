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

/* Adds to the calls of a destination, unless its slot was taken by another since. */
port_inline void pick_count(__u64 val, int n)
{
	struct ds_dest_rec *d = n ? DS_LOOKUP(dests, DS_CALL_DEST(val)) : NULL;
	struct ds_load *load;

	if (!d || (d->serial & 0xff) != DS_CALL_SERIAL(val))
		return;
	load = DS_LOOKUP(loads, DS_CALL_DEST(val));
	if (load)
		__sync_fetch_and_add(&load->calls, n);
}

/* Moves an entry; who wins counts. */
port_inline void pick_swap(struct ds_call *call, __u64 seen, __u64 val)
{
	if (ds_call_swap(call, seen, val))
		pick_count(seen, ds_call_gain(seen, val));
}

/* Whether a request forms a dialog that is a call. */
port_inline int pick_is_call(const struct work *w)
{
	return w->msg.method == SIP_METHOD_INVITE && !w->msg.to.tag.len;
}

/*
 * Whether a destination that a call is known with is none of the set that a route has for the request. Who asks in a
 * dialog is not asked by a route where it goes on.
 */
port_inline int pick_is_of_other_set(struct work *w, const struct ds_dest_rec *d)
{
	struct ds_set_rec *set;
	struct ds_route *r;

	if (!w->routed || w->msg.kind != SIP_KIND_REQUEST || w->msg.to.tag.len || w->msg.method == SIP_METHOD_ACK ||
	    w->msg.method == SIP_METHOD_CANCEL)
		return 0;
	set = DS_LOOKUP(sets, w->set);
	r = DS_LOOKUP(routes, w->route_at);
	if (!set || !r || set->id == d->set)
		return 0;
	return r->also[0] != d->set && r->also[1] != d->set && r->also[2] != d->set && r->also[3] != d->set;
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
	w->other_set = pick_is_of_other_set(w, d);
	if (w->other_set)
		return 0;
	if (refresh)
		pick_swap(call, val, ds_call_requested(val, pick_is_call(w), w->msg.cseq, w->now));
	return DS_CALL_DEST(val);
}

/*
 * Enters the call with the picked destination; the destination that counts, 0 where there was no room. counted: the
 * pick has counted the call already, and it is taken back where the entry is not ours.
 */
port_inline __u32 pick_enter(struct work *w, __u32 dest, int counted)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val;
	struct ds_call_bucket *bucket = pick_bucket(key);
	struct ds_dest_rec *d = pick_dest(dest);
	struct ds_call_entered e;

	if (!bucket || !d)
		return 0;
	val = ds_call_new(dest, d->serial, pick_is_call(w), w->msg.cseq, w->now);
	e = ds_call_insert(bucket, key, val, w->now, pick_idle());
	pick_count(val, (e.won ? ds_call_gain(0, val) : 0) - counted);
	pick_count(e.gone, ds_call_gain(e.gone, 0));
	return DS_CALL_DEST(e.val);
}

/* A destination's response moves its call's state. tag: of To, folded. */
port_inline void pick_move(struct work *w, __u32 tag)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val = 0;
	struct ds_call_answer a = { w->msg.method, w->msg.status, w->msg.cseq, tag };
	struct ds_call_bucket *bucket = pick_bucket(key);
	struct ds_call *call;

	if (!bucket)
		return;
	call = ds_call_find(bucket, key, w->now, pick_idle(), &val);
	if (call)
		pick_swap(call, val, ds_call_answered(val, &a, w->now));
}

/* A BYE ends its call: whoever sends it is done with the dialog (RFC 3261 15.1.1). tag: of the destination's side, folded. */
port_inline void pick_hang_up(struct work *w, __u32 tag)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val = 0;
	struct ds_call_bucket *bucket = pick_bucket(key);
	struct ds_call *call;

	if (!bucket)
		return;
	call = ds_call_find(bucket, key, w->now, pick_idle(), &val);
	if (call && DS_CALL_STATE(val) != DS_CALL_OVER)
		pick_swap(call, val, ds_call_hung_up(val, tag, w->now));
}

/* How often one packet looks where other CPUs take the last places. */
#define PICK_LEAST_TRIES 4

/* The search for the least loaded member. */
struct pick_least {
	__s64 calls;
	__u32 members;
	__u32 active;
	__u32 start;
	__u32 dest; /* the best so far, 0: none */
	__u32 is_call;
	__u32 pad;
};

static long pick_least_one(__u32 i, struct pick_least *p)
{
	__u32 dest = pick_slot(ds_pick_nth(p->members, p->active, p->start, i));
	struct ds_load *load = dest ? DS_LOOKUP(loads, dest) : NULL;
	__s64 has;

	if (!load)
		return 0;
	has = *(volatile __s64 *)&load->calls;
	if (!ds_pick_is_less(has, load->max, p->is_call, p->calls))
		return 0;
	p->calls = has < 0 ? 0 : has;
	p->dest = dest;
	return p->calls == 0;
}

/* Counts a call for a destination; 0 where others have filled it since it was looked at. */
port_inline int pick_reserve(__u32 dest)
{
	struct ds_load *load = DS_LOOKUP(loads, dest);

	if (!load)
		return 0;
	if (__sync_fetch_and_add(&load->calls, 1) < load->max || !load->max)
		return 1;
	__sync_fetch_and_add(&load->calls, -1);
	return 0;
}

/*
 * The member with the fewest calls, from the counter's next place on, so that equal ones take turns: REASON_request with
 * w->dest, or why there is none. reserve: the call is counted for it at once, so that no two CPUs fill one place.
 */
port_inline int pick_least(struct work *w, struct ds_set_rec *set, __u64 turn, int reserve)
{
	struct pick_least p = {
		.members = set->members,
		.active = set->active,
		.is_call = pick_is_call(w),
	};
	int i;

	w->dest = 0;
	if (!p.active)
		return REASON_no_destination;
	p.start = (__u32)turn % p.active;
	for (i = 0; i < PICK_LEAST_TRIES; i++) {
		p.calls = 0x7fffffffffffffff;
		p.dest = 0;
		bpf_loop(p.active < DS_LEAST_MAX ? p.active : DS_LEAST_MAX, pick_least_one, &p, 0);
		if (!p.dest)
			break;
		if (reserve && !pick_reserve(p.dest))
			continue;
		w->dest = p.dest;
		return REASON_request;
	}
	return REASON_destinations_full;
}

/* The next turn of a route, or of this CPU, which nobody else counts on. */
port_inline __u64 pick_turn(struct ds_listener *l, const struct ds_set_rec *set, const struct work *w)
{
	__u64 route = w->route_no & (DS_ROUTES_MAX - 1);
	struct ds_turn *own;

	own = set->per_cpu ? DS_LOOKUP(turns, w->listener * DS_ROUTES_MAX + (__u32)route) : NULL;
	port_barrier(route);
	return own ? own->next++ : __sync_fetch_and_add(&l->rr[route & (DS_ROUTES_MAX - 1)], 1);
}

/* A client's request moves its call's state, where destinations answer behind our back. */
port_inline void pick_move_unseen(struct work *w)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val = 0;
	struct ds_call_bucket *bucket = pick_bucket(key);
	struct ds_call *call;

	if (!bucket)
		return;
	call = ds_call_find(bucket, key, w->now, pick_idle(), &val);
	if (call)
		pick_swap(call, val, ds_call_unseen(val, w->msg.method, w->now));
}

/* Whether a request goes to all destinations of its set, which the slow path sees to. */
port_inline int pick_is_for_all(const struct work *w)
{
	struct ds_set_rec *set = w->msg.to.tag.len ? NULL : DS_LOOKUP(sets, w->set);

	return set && set->pick == DS_PICK_ALL && slow_is_there();
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
	__u32 dest = 0, entered, follows, counted = 0;
	__u64 hash;
	int rc;

	if (!w)
		return REASON_no_destination;
	l = DS_LOOKUP(listeners, w->listener);
	if (!l)
		return REASON_no_destination;
	half = &l->half[w->half & 1];
	if (half->forks && pick_is_for_all(w))
		return REASON_slow_fork;
	w->other_set = 0;
	follows = w->msg.method == SIP_METHOD_ACK || w->msg.method == SIP_METHOD_CANCEL;
	if (half->affinity == DS_AFFINITY_CALLS)
		dest = pick_call(w, !follows);
	if (dest) {
		w->dest = dest;
		w->picked = REASON_request;
		return REASON_request;
	}
	set = DS_LOOKUP(sets, w->set);
	if (!set)
		return REASON_no_destination;
	hash = w->keyed ? w->pick_hash : w->key_hash;
	if (set->pick >= DS_PICK_TURN) {
		if (follows && half->affinity == DS_AFFINITY_CALLS)
			return w->msg.method == SIP_METHOD_ACK ? REASON_ack_no_call : REASON_cancel_no_call;
		if (set->pick == DS_PICK_LEAST) {
			counted = half->affinity == DS_AFFINITY_CALLS && !w->other_set && pick_is_call(w);
			rc = pick_least(w, set, pick_turn(l, set, w), counted);
			if (rc != REASON_request)
				return rc;
			dest = w->dest;
		} else {
			dest = pick_slot(set->pick == DS_PICK_RANDOM ? ds_pick_random(set, bpf_get_prandom_u32())
								     : ds_pick_turn(set, pick_turn(l, set, w)));
		}
	} else {
		dest = pick_slot(ds_pick_hash(set, hash));
	}
	if (!dest)
		return REASON_no_destination;
	if (w->other_set) {
		/* the entry stays the other's; the hash finds the same destination for retransmissions */
		dest = pick_slot(ds_pick_hash(set, hash));
	} else if (half->affinity == DS_AFFINITY_CALLS && !follows) {
		entered = pick_enter(w, dest, counted);
		/* no room: the hash, so that retransmissions find the same destination */
		dest = entered ? entered : pick_slot(ds_pick_hash(set, hash));
	}
	w->dest = dest;
	return dest ? REASON_request : REASON_no_destination;
}

#endif
