/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ds_calls.h - the calls table: which destination a call is with (DESIGN.md section 6, affinity). The same functions
 * work on the kernel's map and on its memory mapping in user space. now is CLOCK_MONOTONIC in ticks (DS_TICK_SHIFT);
 * only 24 bits of it are kept, compared modulo 2^24.
 */
#ifndef SIPXDP_DS_CALLS_H
#define SIPXDP_DS_CALLS_H

#include "abi.h"
#include "sip_msg.h"

#define DS_CALL_LOCK_TRIES 32

/* How long a state lasts without news, in ticks, and one tick more, see ds_call_alive(); 0: not at all. */
port_inline __u32 ds_call_life(__u32 phase, __u32 idle)
{
	switch (phase) {
	case DS_CALL_RINGING:
		return DS_CALL_RINGING_S + 1;
	case DS_CALL_CONFIRMED:
		return idle + 1;
	case DS_CALL_NEW:
	case DS_CALL_ENDING:
		return DS_CALL_NEW_S + 1;
	}
	return 0;
}

/*
 * Ages count from one tick before the entry's: a CPU that read the clock right before a tick meets entries that
 * another has refreshed right after it, and they are not 2^24 ticks old.
 */
port_inline int ds_call_alive(__u64 val, __u32 now, __u32 idle)
{
	return ((now - DS_CALL_SECONDS(val) + 1) & 0xffffff) < ds_call_life(DS_CALL_STATE(val), idle);
}

/* The entry of a living call, NULL where there is none. *val is its value as read. */
port_inline struct ds_call *ds_call_find(struct ds_call_bucket *bucket, __u64 key, __u32 now, __u32 idle, __u64 *val)
{
	struct ds_call *call;
	__u64 v;
	int i;

	for (i = 0; i < DS_CALLS_WAYS; i++) {
		call = &bucket->way[i];
		if (*(volatile __u64 *)&call->key != key)
			continue;
		v = *(volatile __u64 *)&call->val;
		if (*(volatile __u64 *)&call->key != key || !ds_call_alive(v, now, idle))
			continue;
		*val = v;
		return call;
	}
	return NULL;
}

/* Which entry a new call may take: free and expired ones first, then new and ending, then ringing; never confirmed. */
port_inline int ds_call_rank(__u64 val, __u32 now, __u32 idle)
{
	if (!ds_call_alive(val, now, idle))
		return 3;
	switch (DS_CALL_STATE(val)) {
	case DS_CALL_NEW:
	case DS_CALL_ENDING:
		return 2;
	case DS_CALL_RINGING:
		return 1;
	}
	return 0;
}

/*
 * Enters a call with value val. Returns the value that counts: val, or that of an entry which another CPU made first;
 * 0 where there is no room or the lock was not to be had.
 */
port_inline __u64 ds_call_insert(struct ds_call_bucket *bucket, __u64 key, __u64 val, __u32 now, __u32 idle)
{
	struct ds_call *call;
	int i, rank, best = 0;
	__u32 way = 0;
	__u64 found = 0;

	for (i = 0; i < DS_CALL_LOCK_TRIES; i++)
		if (__sync_val_compare_and_swap(&bucket->lock, 0, 1) == 0)
			break;
	if (i == DS_CALL_LOCK_TRIES)
		return 0;
	for (i = 0; i < DS_CALLS_WAYS; i++) {
		__u64 v = *(volatile __u64 *)&bucket->way[i].val;

		if (bucket->way[i].key == key && ds_call_alive(v, now, idle)) {
			found = v;
			break;
		}
		rank = ds_call_rank(v, now, idle);
		if (rank > best) {
			best = rank;
			way = i;
		}
	}
	if (!found && best) {
		call = &bucket->way[way < DS_CALLS_WAYS ? way : 0];
		/* no reader may pair the new key with the old value */
		__sync_lock_test_and_set(&call->val, 0);
		call->key = key;
		__sync_lock_test_and_set(&call->val, val);
		found = val;
	}
	__sync_lock_test_and_set(&bucket->lock, 0);
	return found;
}

/* Moves an entry from the value seen to another state, or just refreshes its time; a lost race changes nothing. */
port_inline void ds_call_move(struct ds_call *call, __u64 seen, __u32 phase, __u32 now)
{
	__u64 val = DS_CALL_VAL(DS_CALL_DEST(seen), DS_CALL_SERIAL(seen), phase, now);

	if (val != seen)
		__sync_val_compare_and_swap(&call->val, seen, val);
}

/* Frees an entry whose destination is not there any more; left in place it would keep the call from its new one. */
port_inline void ds_call_forget(struct ds_call *call, __u64 seen)
{
	__sync_val_compare_and_swap(&call->val, seen, 0);
}

/*
 * The state after a destination's response: method is CSeq's. Provisional responses other than 100 to INVITE ring, a
 * 2xx to INVITE confirms, any final answer to BYE ends; a failed request inside a confirmed call changes nothing. An
 * INVITE moves an ending call too: it may have been sent again after a 401 or 407, and its 2xx may cross a CANCEL.
 * Others (PRACK, UPDATE, CANCEL) end no call that rings.
 */
port_inline __u32 ds_call_next(__u32 phase, __u32 method, __u32 status)
{
	if (method == SIP_METHOD_BYE)
		return status >= 200 ? DS_CALL_ENDING : phase;
	if (phase == DS_CALL_CONFIRMED)
		return phase;
	if (method == SIP_METHOD_INVITE) {
		if (status < 200)
			return status > 100 ? DS_CALL_RINGING : phase;
		return status < 300 ? DS_CALL_CONFIRMED : DS_CALL_ENDING;
	}
	return status >= 200 && phase == DS_CALL_NEW ? DS_CALL_ENDING : phase;
}

/*
 * The state after a client's request where the destinations answer behind our back (dsr, ipip). An INVITE may ring for
 * its whole life, since no provisional response is seen. The ACK confirms: that of a failure too, which looks alike, so
 * calls that failed are kept until the idle limit, unless they were cancelled. BYE ends, from the client; of a
 * destination's BYE the client's answer is seen, see ds_call_next().
 */
port_inline __u32 ds_call_unseen(__u32 phase, __u32 method)
{
	if (method == SIP_METHOD_BYE)
		return DS_CALL_ENDING;
	if (phase == DS_CALL_CONFIRMED)
		return phase;
	switch (method) {
	case SIP_METHOD_INVITE:
		return DS_CALL_RINGING;
	case SIP_METHOD_CANCEL:
		return DS_CALL_ENDING;
	case SIP_METHOD_ACK:
		return phase == DS_CALL_RINGING ? DS_CALL_CONFIRMED : phase;
	}
	return phase;
}

/* The calls table's key for a Call-ID's hash at one listener; the hash is keyed, so a bijection of it is as good. */
port_inline __u64 ds_call_key(__u64 call_id_hash, __u32 listener)
{
	__u64 key = call_id_hash + (listener + 1) * 0x9e3779b97f4a7c15ull;

	return key ? key : 1;
}

#endif
