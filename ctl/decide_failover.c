// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide_failover.c - the stored requests of a listener with failover; a function here has its like in bpf/store.bpf.h.
 * Going on to the next destination where a request is sent again is not here: the daemon's clock does it
 * (slow_failover.c).
 */
#include "decide_inner.h"

#include <string.h>

#include "ds_calls.h"
#include "ds_store.h"

#define DECIDE_RACES 4

struct ds_stored *decide_stored(const struct decide_env *env, __u64 branch, struct ds_stored **oldest)
{
	struct ds_stored *row = &env->stored[ds_stored_row(branch, env->stored_mask)];
	__u64 key = ds_stored_key(branch), born_ns = ~0ull;
	size_t i;

	*oldest = NULL;
	for (i = 0; i < DS_STORED_WAYS; i++) {
		if (__atomic_load_n(&row[i].key, __ATOMIC_ACQUIRE) == key)
			return &row[i];
		if (row[i].key != DS_STORED_BUSY && row[i].born_ns < born_ns) {
			born_ns = row[i].born_ns;
			*oldest = &row[i];
		}
	}
	return NULL;
}

/* The octets of what is longer than an entry are for whoever asks to keep. */
static void decide_store(const struct decide_work *w, struct ds_stored *e)
{
	__u64 key = __atomic_load_n(&e->key, __ATOMIC_RELAXED);

	if (key == DS_STORED_BUSY || !__sync_bool_compare_and_swap(&e->key, key, DS_STORED_BUSY))
		return;
	e->val = w->d->dest & 0x7fff;
	e->born_ns = e->sent_ns = e->heard_ns = w->env->now_ns;
	e->client = *w->src;
	e->listener = w->env->slot;
	e->len = (__u16)w->len;
	e->method = w->d->msg.method;
	e->tos = w->env->tos;
	e->cseq = w->d->msg.cseq;
	if (w->len <= DS_STORED_OCTETS)
		memcpy(e->octets, w->payload, w->len);
	w->d->stored = e;
	__atomic_store_n(&e->key, ds_stored_key(w->ours.branch), __ATOMIC_RELEASE);
}

static void decide_follow(const struct decide_work *w, struct ds_stored *e)
{
	__u64 val = __atomic_load_n(&e->val, __ATOMIC_ACQUIRE);
	const struct ds_dest_rec *dest = decide_dest(w->env, ds_stored_last(val));
	int i;

	for (i = 0; i < DECIDE_RACES && w->d->msg.method == SIP_METHOD_CANCEL; i++) {
		if (ds_stored_swap(e, val, val | DS_STORED_CANCELLED))
			break;
		val = __atomic_load_n(&e->val, __ATOMIC_ACQUIRE);
	}
	if (!dest)
		return;
	w->d->dest = ds_stored_last(val);
	w->d->to = dest->at;
}

__u32 decide_failover_request(struct decide_work *w)
{
	__u32 method = w->d->msg.method;
	struct ds_stored *oldest;

	if (w->env->forced) {
		decide_move_call(w, w->env->forced);
		return REASON_none;
	}
	w->d->stored = decide_stored(w->env, w->ours.branch, &oldest);
	if (w->d->stored && __atomic_load_n(&w->d->stored->val, __ATOMIC_RELAXED) == DS_STORED_FORKED)
		return w->env->forks ? REASON_slow_fork : REASON_none;
	if (!w->env->failover)
		return REASON_none;
	if (w->d->stored)
		decide_follow(w, w->d->stored);
	else if (oldest && !w->d->msg.to.tag.len && method != SIP_METHOD_ACK && method != SIP_METHOD_CANCEL)
		decide_store(w, oldest);
	return REASON_none;
}

__u32 decide_failover_response(struct decide_work *w)
{
	struct ds_stored *oldest, *e = decide_stored(w->env, w->ours.branch, &oldest);
	const struct sip_msg *m = &w->d->msg;
	int i, what = DS_STORED_PASS;
	__u64 seen, val;

	w->d->stored = e;
	if (!e)
		return REASON_response;
	for (i = 0; i < DECIDE_RACES; i++) {
		seen = val = __atomic_load_n(&e->val, __ATOMIC_ACQUIRE);
		what = ds_stored_response(w->env->failover, &val, m->method, e->method, w->d->from, m->status);
		if (what == DS_STORED_LATE || what == DS_STORED_FAILED)
			return REASON_slow_failover;
		if (val == seen || ds_stored_swap(e, seen, val))
			break;
	}
	e->heard_ns = w->env->now_ns;
	if (what == DS_STORED_ANSWERED && w->call_id_hash)
		decide_move_call(w, w->d->from);
	return REASON_response;
}
