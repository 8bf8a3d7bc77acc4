/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.bpf.h - failover (DESIGN.md section 7) as far as packets do it: requests are stored as they came, responses noted
 * by them, and one that is sent again goes on to the next destination where the one before is silent.
 */
#ifndef SIPXDP_STORE_BPF_H
#define SIPXDP_STORE_BPF_H

#include "ds_store.h"
#include "edit.bpf.h"
#include "pick.bpf.h"

/* How often a word is changed where other CPUs change it, too. */
#define STORE_RACES 4
/* Members that are looked at for the next destination; those with a weight are there several times. */
#define STORE_WALK 256

/* The entry of a branch, NULL where there is none. *oldest: the entry that a new one may take. */
port_inline struct ds_stored *store_find(__u64 branch, struct ds_stored **oldest)
{
	struct ds_state *s = DS_LOOKUP(state, 0);
	__u64 key = ds_stored_key(branch), born_ns = ~0ull;
	struct ds_stored *e;
	__u32 row, i;

	*oldest = NULL;
	if (!s)
		return NULL;
	row = ds_stored_row(branch, s->stored_mask);
	for (i = 0; i < DS_STORED_WAYS; i++) {
		e = DS_LOOKUP(stored, row + i);
		if (!e)
			return NULL;
		if (*(volatile __u64 *)&e->key == key)
			return e;
		if (e->key != DS_STORED_BUSY && e->born_ns < born_ns) {
			born_ns = e->born_ns;
			*oldest = e;
		}
	}
	return NULL;
}

/* Stores a request that goes to w->dest, as it came; the oldest of its row gives way. */
port_inline void store_request(struct xdp_md *ctx, struct work *w, struct ds_stored *e)
{
	__u64 key = *(volatile __u64 *)&e->key, len = w->pkt.end - w->pkt.payload;

	if (!edit_is_some(&len, DS_STORED_OCTETS) || key == DS_STORED_BUSY)
		return;
	if (__sync_val_compare_and_swap(&e->key, key, DS_STORED_BUSY) != key)
		return;
	e->val = w->dest & 0x7fff;
	e->born_ns = w->now_ns;
	e->sent_ns = w->now_ns;
	e->heard_ns = w->now_ns;
	e->client = w->pkt.src;
	e->listener = w->listener;
	e->len = len;
	e->method = w->msg.method;
	e->tos = w->pkt.tos;
	e->cseq = w->msg.cseq;
	key = ds_stored_key(w->ours.branch);
	if (bpf_xdp_load_bytes(ctx, w->pkt.payload, e->octets, len))
		key = 0;
	__sync_lock_test_and_set(&e->key, key);
}

/* The search for a member that has not been tried. */
struct store_next {
	__u64 val;
	__u32 members;
	__u32 active;
	__u32 start;
	__u32 dest; /* 0: none yet */
};

static long store_next_one(__u32 i, struct store_next *n)
{
	__u32 dest = pick_slot(ds_pick_other(n->members, n->active, n->start, i));
	struct ds_dest_rec *d = pick_dest(dest);

	/* what the slow path has to send to is left to it */
	if (!d || d->flags & DS_DEST_SLOW || ds_stored_tried(n->val, dest))
		return 0;
	n->dest = dest;
	return 1;
}

/* A call that is with another destination from now on. */
port_inline void store_move_call(struct work *w, __u32 dest)
{
	__u64 key = ds_call_key(w->key_hash, w->listener), val = 0, moved;
	struct ds_call_bucket *bucket = pick_bucket(key);
	struct ds_dest_rec *d = pick_dest(dest);
	struct ds_call *call;

	if (!bucket || !d)
		return;
	call = ds_call_find(bucket, key, w->now, pick_idle(), &val);
	moved = ds_call_moved(val, dest, d->serial);
	if (!call || !ds_call_swap(call, val, moved))
		return;
	pick_count(val, ds_call_gain(val, 0));
	pick_count(moved, ds_call_gain(0, moved));
}

/* Takes a stored request on to the next destination, where there is one: w->dest and w->hop.to. */
port_inline void store_next(struct work *w, struct ds_stored *e, __u64 val, __u32 set_slot)
{
	struct ds_set_rec *set = DS_LOOKUP(sets, set_slot);
	struct store_next n = { .val = val };
	struct ds_dest_rec *d;
	__u32 all;

	if (!set || !set->active)
		return;
	n.members = set->members;
	n.active = set->active;
	n.start = (__u32)w->ours.branch % set->active;
	all = set->active + set->spare;
	bpf_loop(all < STORE_WALK ? all : STORE_WALK, store_next_one, &n, 0);
	d = pick_dest(n.dest);
	if (!d)
		return;
	e->sent_ns = w->now_ns;
	if (!ds_stored_swap(e, val, ds_stored_moved(val, n.dest)))
		return;
	count_timeout(ds_stored_last(val));
	store_move_call(w, n.dest);
	w->dest = n.dest;
	w->hop.to = d->at;
	w->reason = REASON_request_failover;
}

/* What belongs to a stored request goes where that is: itself again, its CANCEL, the ACK to its failure. */
port_inline void store_follow(struct work *w, struct ds_stored *e, const struct ds_listener_half *half)
{
	__u64 val = *(volatile __u64 *)&e->val;
	struct ds_dest_rec *d = pick_dest(ds_stored_last(val));
	int i;

	for (i = 0; i < STORE_RACES && w->msg.method == SIP_METHOD_CANCEL; i++) {
		if (ds_stored_swap(e, val, val | DS_STORED_CANCELLED))
			break;
		val = *(volatile __u64 *)&e->val;
	}
	if (d) {
		w->dest = ds_stored_last(val);
		w->hop.to = d->at;
	}
	if (w->msg.method == e->method && ds_stored_open(val, half->failover.tries) && !(val & DS_STORED_TRYING) &&
	    ds_stored_silent(&half->failover, val, e->sent_ns, e->heard_ns, w->now_ns))
		store_next(w, e, val, half->set);
}

/*
 * A request that a listener with failover, or with sets that all get a request of, is about to send to one of its
 * destinations: REASON_none, or why it is not sent.
 */
port_inline int store_on_request(struct xdp_md *ctx, struct work *w, const struct ds_listener_half *half)
{
	struct ds_stored *oldest, *e = store_find(w->ours.branch, &oldest);
	__u32 method = w->msg.method;

	if (e && *(volatile __u64 *)&e->val == DS_STORED_FORKED)
		return slow_is_there() ? REASON_slow_fork : REASON_none;
	if (!half->failover.tries)
		return REASON_none;
	if (e)
		store_follow(w, e, half);
	else if (oldest && !w->msg.to.tag.len && method != SIP_METHOD_ACK && method != SIP_METHOD_CANCEL)
		store_request(ctx, w, oldest);
	return REASON_none;
}

/* A verified response: REASON_response, or REASON_slow_failover where the daemon is to act on it. */
port_inline int store_on_response(struct xdp_md *ctx, struct work *w, const struct ds_listener_half *half)
{
	struct ds_stored *oldest, *e = store_find(w->ours.branch, &oldest);
	int i, what = DS_STORED_PASS;
	__u64 seen, val;

	if (!e)
		return REASON_response;
	for (i = 0; i < STORE_RACES; i++) {
		seen = val = *(volatile __u64 *)&e->val;
		what = ds_stored_response(&half->failover, &val, w->msg.method, e->method, w->from, w->msg.status);
		if (what != DS_STORED_PASS && what != DS_STORED_ANSWERED && slow_is_there() && slow_is_bound(ctx, w))
			return REASON_slow_failover;
		/* with nobody to act on it, the client has it */
		if (what == DS_STORED_FAILED)
			val = ds_stored_final(val);
		if (val != seen && !ds_stored_swap(e, seen, val))
			continue;
		break;
	}
	e->heard_ns = w->now_ns;
	if (what == DS_STORED_ANSWERED && w->key_hash)
		store_move_call(w, w->from);
	return REASON_response;
}

#endif
