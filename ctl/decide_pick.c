// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide_pick.c - the destination of a request, as bpf/key.bpf.h and bpf/pick.bpf.h find it, and what its messages tell of
 * a call.
 */
#include "decide_inner.h"

#include <stdint.h>

#include "ds_calls.h"
#include "ds_pick.h"
#include "sip_branch.h"
#include "sip_key.h"

const struct ds_dest_rec *decide_dest(const struct decide_env *env, __u32 slot)
{
	if (!slot || slot >= env->n_dests || !(env->dests[slot].flags & DS_DEST_USED))
		return NULL;
	return &env->dests[slot];
}

__u32 decide_entry(const struct decide_env *env, __u32 entry)
{
	return entry == DS_PICK_NONE ? 0 : env->slots[entry];
}

static struct ds_call_bucket *decide_bucket(const struct decide_env *env, __u64 key)
{
	if (env->affinity != DS_AFFINITY_CALLS || !env->calls)
		return NULL;
	return &env->calls[(__u32)(key >> 32) & env->calls_mask];
}

/* Adds to the calls of a destination, unless its slot was taken by another since. */
static void decide_count(const struct decide_env *env, __u64 val, int n)
{
	const struct ds_dest_rec *dest = decide_dest(env, DS_CALL_DEST(val));

	if (n && env->loads && dest && (dest->serial & 0xff) == DS_CALL_SERIAL(val))
		__atomic_add_fetch(&env->loads[DS_CALL_DEST(val)].calls, n, __ATOMIC_RELAXED);
}

static void decide_swap(const struct decide_env *env, struct ds_call *call, __u64 seen, __u64 val)
{
	if (ds_call_swap(call, seen, val))
		decide_count(env, seen, ds_call_gain(seen, val));
}

/* Whether a request forms a dialog that is a call. */
static int decide_is_call(const struct sip_msg *m)
{
	return m->method == SIP_METHOD_INVITE && !m->to.tag.len;
}

__u32 decide_call(const struct decide_env *env, __u64 key, const struct sip_msg *m)
{
	struct ds_call_bucket *bucket = decide_bucket(env, key);
	const struct ds_dest_rec *dest;
	struct ds_call *call;
	__u64 val = 0;

	call = bucket ? ds_call_find(bucket, key, env->now, env->call_idle, &val) : NULL;
	if (!call)
		return 0;
	dest = decide_dest(env, DS_CALL_DEST(val));
	if (!dest || (dest->serial & 0xff) != DS_CALL_SERIAL(val)) {
		ds_call_forget(call, val);
		return 0;
	}
	if (m)
		decide_swap(env, call, val, ds_call_requested(val, decide_is_call(m), m->cseq, env->now));
	return DS_CALL_DEST(val);
}

/* Whether a call is known with a destination of another set than a route has for the request. */
static bool decide_is_of_other_set(const struct decide_work *w, const struct ds_dest_rec *dest)
{
	const struct sip_msg *m = &w->d->msg;
	int i;

	if (!w->routed || !w->set || m->to.tag.len || m->method == SIP_METHOD_ACK || m->method == SIP_METHOD_CANCEL)
		return false;
	for (i = 0; i < DS_ROUTE_NEXT; i++)
		if (w->routed->also[i] == dest->set)
			return false;
	return w->set->id != dest->set;
}

/* The same for a request, which may have a set of its own. */
__u32 decide_call_of(struct decide_work *w, __u64 key, const struct sip_msg *m)
{
	const struct ds_dest_rec *dest = decide_dest(w->env, decide_call(w->env, key, NULL));

	w->other_set = dest && decide_is_of_other_set(w, dest);
	return w->other_set ? 0 : decide_call(w->env, key, m);
}

/* Enters a call with a destination; the destination that counts, 0 where there was no room. */
static __u32 decide_enter(const struct decide_env *env, __u64 key, __u32 slot, int is_call, __u32 cseq)
{
	struct ds_call_bucket *bucket = decide_bucket(env, key);
	const struct ds_dest_rec *dest = decide_dest(env, slot);
	struct ds_call_entered e;
	__u64 val;

	if (!bucket || !dest)
		return 0;
	val = ds_call_new(slot, dest->serial, is_call, cseq, env->now);
	e = ds_call_insert(bucket, key, val, env->now, env->call_idle);
	decide_count(env, val, e.won ? ds_call_gain(0, val) : 0);
	decide_count(env, e.gone, ds_call_gain(e.gone, 0));
	return DS_CALL_DEST(e.val);
}

void decide_move(const struct decide_work *w, __u64 key, __u32 tag)
{
	struct ds_call_bucket *bucket = decide_bucket(w->env, key);
	const struct sip_msg *m = &w->d->msg;
	struct ds_call_answer a = { m->method, m->status, m->cseq, tag };
	struct ds_call *call;
	__u64 val = 0;

	call = bucket ? ds_call_find(bucket, key, w->env->now, w->env->call_idle, &val) : NULL;
	if (call)
		decide_swap(w->env, call, val, ds_call_answered(val, &a, w->env->now));
}

void decide_move_call(const struct decide_work *w, __u32 slot)
{
	__u64 key = ds_call_key(w->call_id_hash, w->env->slot), val = 0, moved;
	struct ds_call_bucket *bucket = decide_bucket(w->env, key);
	const struct ds_dest_rec *dest = decide_dest(w->env, slot);
	struct ds_call *call;

	call = bucket && dest ? ds_call_find(bucket, key, w->env->now, w->env->call_idle, &val) : NULL;
	if (!call)
		return;
	moved = ds_call_moved(val, slot, dest->serial);
	if (!ds_call_swap(call, val, moved))
		return;
	decide_count(w->env, val, ds_call_gain(val, 0));
	decide_count(w->env, moved, ds_call_gain(0, moved));
}

void decide_settle(const struct decide_work *w)
{
	__u64 key = ds_call_key(w->call_id_hash, w->env->slot);

	decide_enter(w->env, key, w->d->from, w->d->msg.method == SIP_METHOD_INVITE, w->d->msg.cseq);
	if (decide_call(w->env, key, NULL) != w->d->from)
		decide_move_call(w, w->d->from);
}

/* The next turn of a route. */
static __u64 decide_next(const struct decide_work *w)
{
	return w->env->rr[w->d->route < 0 ? 0 : w->d->route]++;
}

/* The member with the fewest calls, from the counter's next place on: a reason, REASON_request with *dest. */
static __u32 decide_least(struct decide_work *w, const struct sip_msg *m, __u32 *dest)
{
	const struct decide_env *env = w->env;
	const struct ds_set_rec *set = w->set;
	struct ds_load load = { 0 };
	__s64 least = INT64_MAX;
	__u32 i, slot, start;

	*dest = 0;
	if (!set->active)
		return REASON_no_destination;
	start = (__u32)decide_next(w) % set->active;
	for (i = 0; i < set->active && i < DS_LEAST_MAX && least; i++) {
		slot = env->slots[ds_pick_nth(set->members, set->active, start, i)];
		if (env->loads)
			load = env->loads[slot];
		if (!ds_pick_is_less(load.calls, load.max, decide_is_call(m), least))
			continue;
		least = load.calls < 0 ? 0 : load.calls;
		*dest = slot;
	}
	return *dest ? REASON_request : REASON_destinations_full;
}

/* The member whose turn it is, by what the set says: a reason, REASON_request with *dest. */
static __u32 decide_turn(struct decide_work *w, __u32 *dest)
{
	struct decide_env *env = w->env;
	__u32 method = w->d->msg.method;

	if (env->affinity == DS_AFFINITY_CALLS && method == SIP_METHOD_ACK)
		return REASON_ack_no_call;
	if (env->affinity == DS_AFFINITY_CALLS && method == SIP_METHOD_CANCEL)
		return REASON_cancel_no_call;
	if (w->set->pick == DS_PICK_LEAST)
		return decide_least(w, &w->d->msg, dest);
	*dest = decide_entry(env, w->set->pick == DS_PICK_RANDOM ? ds_pick_random(w->set, env->random)
								 : ds_pick_turn(w->set, decide_next(w)));
	return REASON_request;
}

void decide_hang_up(struct decide_work *w)
{
	__u32 tag = sip_tag_fold(w->b, w->d->from ? w->d->msg.from.tag : w->d->msg.to.tag);
	__u64 key = ds_call_key(w->call_id_hash, w->env->slot), val = 0;
	struct ds_call_bucket *bucket = decide_bucket(w->env, key);
	struct ds_call *call;

	call = bucket ? ds_call_find(bucket, key, w->env->now, w->env->call_idle, &val) : NULL;
	if (call && DS_CALL_STATE(val) != DS_CALL_OVER)
		decide_swap(w->env, call, val, ds_call_hung_up(val, tag, w->env->now));
}

void decide_move_unseen(const struct decide_env *env, __u64 key, const struct sip_msg *m)
{
	struct ds_call_bucket *bucket = decide_bucket(env, key);
	struct ds_call *call;
	__u64 val = 0;

	call = bucket ? ds_call_find(bucket, key, env->now, env->call_idle, &val) : NULL;
	if (call)
		decide_swap(env, call, val, ds_call_unseen(val, m->method, env->now));
}

__u32 decide_pick(struct decide_work *w)
{
	__u32 method = w->d->msg.method, follows = method == SIP_METHOD_ACK || method == SIP_METHOD_CANCEL;
	__u64 key = ds_call_key(w->call_id_hash, w->env->slot);
	struct decide_env *env = w->env;
	__u64 hash = w->hash_key ? w->pick_hash : w->call_id_hash;
	__u32 dest, entered, reason = REASON_request;

	if (env->forks && !w->d->msg.to.tag.len && w->set && w->set->pick == DS_PICK_ALL) {
		w->d->set = w->set;
		return REASON_slow_fork;
	}
	dest = decide_call_of(w, key, follows ? NULL : &w->d->msg);
	w->d->dest = dest;
	if (dest)
		return REASON_request;
	if (env->shed && !follows && !w->d->msg.to.tag.len)
		return REASON_overload;
	if (!w->set)
		return REASON_no_destination;
	if (w->set->pick >= DS_PICK_TURN)
		reason = decide_turn(w, &dest);
	else
		dest = decide_entry(env, ds_pick_hash(w->set, hash));
	if (reason != REASON_request || !dest)
		return reason != REASON_request ? reason : REASON_no_destination;
	if (w->other_set) {
		dest = decide_entry(env, ds_pick_hash(w->set, hash));
	} else if (env->affinity == DS_AFFINITY_CALLS && env->calls && !follows) {
		entered = decide_enter(env, key, dest, decide_is_call(&w->d->msg), w->d->msg.cseq);
		dest = entered ? entered : decide_entry(env, ds_pick_hash(w->set, hash));
	}
	w->d->dest = dest;
	w->picked = w->other_key ? REASON_request_other_key : REASON_request;
	w->d->hash_key = w->hash_key;
	return dest ? REASON_request : REASON_no_destination;
}

__u32 decide_key(struct decide_work *w)
{
	struct sip_keyed keyed = { .key = { w->env->key[0], w->env->key[1] } };
	const struct ds_set_rec *set = w->set;
	int i, rc;

	if (!set || w->d->msg.reason != REASON_none)
		return REASON_none;
	keyed.slot = set->pick == DS_PICK_MODULO ? DS_SLOT_KAMAILIO : DS_SLOT_CONSISTENT;
	for (i = 0; i < DS_KEYS_MAX; i++) {
		if (set->key[i].kind == DS_KEY_CALL_ID && keyed.slot != DS_SLOT_KAMAILIO)
			break;
		rc = sip_key(w->b, &w->d->msg, w->src, &set->key[i], &keyed);
		if (rc == SIP_KEY_FAR)
			return REASON_slow_too_long;
		if (rc != SIP_KEY_OK)
			continue;
		w->hash_key = &set->key[i];
		w->pick_hash = keyed.hash;
		break;
	}
	w->other_key = i > 0;
	return REASON_none;
}
