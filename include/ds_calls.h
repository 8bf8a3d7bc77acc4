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
	case DS_CALL_OVER:
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
	case DS_CALL_OVER:
		return 2;
	case DS_CALL_RINGING:
		return 1;
	}
	return 0;
}

/* What came of entering a call. */
struct ds_call_entered {
	__u64 val;  /* the one that counts: as given, or that of an entry which another CPU made first; 0: no room */
	__u64 gone; /* what gave way to it */
	__u32 won;  /* it is ours */
};

/* Enters a call with value val where there is room and the lock is to be had. */
port_inline struct ds_call_entered ds_call_insert(struct ds_call_bucket *bucket, __u64 key, __u64 val, __u32 now,
						  __u32 idle)
{
	struct ds_call_entered e = { 0, 0, 0 };
	__u64 rank, best = 0, way = 0, v, zero;
	struct ds_call *call;
	int i;

	for (i = 0; i < DS_CALL_LOCK_TRIES; i++)
		if (__sync_val_compare_and_swap(&bucket->lock, 0, 1) == 0)
			break;
	if (i == DS_CALL_LOCK_TRIES)
		return e;
	for (i = 0; i < DS_CALLS_WAYS; i++) {
		port_join();
		v = *(volatile __u64 *)&bucket->way[i].val;
		if (bucket->way[i].key == key && ds_call_alive(v, now, idle)) {
			e.val = v;
			break;
		}
		rank = ds_call_rank(v, now, idle);
		if (rank > best) {
			best = rank;
			way = i;
		}
		/* forgotten: known, the verifier walks the rest for each way and rank (193 k instructions, 6.18, clang 14) */
		zero = port_zero((const void *)(long)v);
		best = port_forget(best, zero);
		way = port_forget(way, zero);
	}
	if (!e.val && best) {
		call = &bucket->way[way < DS_CALLS_WAYS ? way : 0];
		/* no reader may pair the new key with the old value */
		e.gone = __sync_lock_test_and_set(&call->val, 0);
		call->key = key;
		__sync_lock_test_and_set(&call->val, val);
		e.val = val;
		e.won = 1;
	}
	__sync_lock_test_and_set(&bucket->lock, 0);
	return e;
}

/* Replaces the value seen by another; 0 where a race was lost and nothing is changed, or both are the same. */
port_inline int ds_call_swap(struct ds_call *call, __u64 seen, __u64 val)
{
	return val != seen && __sync_val_compare_and_swap(&call->val, seen, val) == seen;
}

/* The value in another state, with news of now. */
port_inline __u64 ds_call_val(__u64 val, __u32 phase, __u32 now)
{
	val &= ~((__u64)0xf << 32 | (__u64)0xffffff << 40);
	return val | (__u64)phase << 32 | (__u64)(now & 0xffffff) << 40;
}

/* The call with another destination. */
port_inline __u64 ds_call_moved(__u64 val, __u32 dest, __u32 serial)
{
	return (val & ~(0xffffull | 0xffull << 24)) | (dest & 0xffff) | (__u64)(serial & 0xff) << 24;
}

/* What the step from one value to another adds to the calls of the destination: -1, 0 or 1. */
port_inline int ds_call_gain(__u64 seen, __u64 val)
{
	return (int)(!!(val & DS_CALL_COUNTED)) - (int)(!!(seen & DS_CALL_COUNTED));
}

/*
 * The state after a destination's response: method is CSeq's. Provisional responses other than 100 to INVITE ring, a
 * 2xx to INVITE confirms, any final answer to BYE ends, as the BYE itself has (ds_call_hung_up()); a failed request inside a confirmed call changes nothing. A 2xx
 * may cross a CANCEL, so it moves an ending call too. Others (PRACK, UPDATE, CANCEL) end no call that rings.
 */
port_inline __u32 ds_call_next(__u32 phase, __u32 method, __u32 status)
{
	if (phase == DS_CALL_OVER)
		return phase;
	if (method == SIP_METHOD_BYE)
		return status >= 200 ? DS_CALL_OVER : phase;
	if (phase == DS_CALL_CONFIRMED)
		return phase;
	if (method == SIP_METHOD_INVITE) {
		if (status < 200)
			return status > 100 && phase != DS_CALL_ENDING ? DS_CALL_RINGING : phase;
		return status < 300 ? DS_CALL_CONFIRMED : DS_CALL_ENDING;
	}
	return status >= 200 && phase == DS_CALL_NEW ? DS_CALL_ENDING : phase;
}

/* A new call's entry. invite: it is one that forms a dialog, and counts. */
port_inline __u64 ds_call_new(__u32 dest, __u32 serial, int invite, __u32 cseq, __u32 now)
{
	__u64 val = DS_CALL_VAL(dest, serial, DS_CALL_NEW, now);

	return invite ? val | DS_CALL_COUNTED | (__u64)(cseq & 7) << 37 : val;
}

/*
 * The entry after a request from a client. An INVITE that forms a dialog and is another than the last (its CSeq is, after
 * a 401 say) tries again; one that was sent again changes nothing.
 */
port_inline __u64 ds_call_requested(__u64 val, int invite, __u32 cseq, __u32 now)
{
	__u32 phase = DS_CALL_STATE(val);

	if (!invite || phase == DS_CALL_CONFIRMED ||
	    (DS_CALL_TRY(val) == (cseq & 7) && (phase != DS_CALL_NEW || val & DS_CALL_COUNTED)))
		return ds_call_val(val, phase, now);
	if (val & DS_CALL_COUNTED)
		return ds_call_val((val & ~(7ull << 37)) | (__u64)(cseq & 7) << 37, phase, now);
	return ds_call_new(DS_CALL_DEST(val), DS_CALL_SERIAL(val), 1, cseq, now);
}

/* The entry after the end of the dialog with that tag of the destination's. */
port_inline __u64 ds_call_hung_up(__u64 val, __u32 tag, __u32 now)
{
	__u64 is_other = DS_CALL_TAG(val) == tag ? 0 : DS_CALL_OTHER;

	if (DS_CALL_STATE(val) != DS_CALL_CONFIRMED)
		return ds_call_val(val, DS_CALL_OVER, now) & ~DS_CALL_COUNTED;
	if (val & DS_CALL_FORKED)
		return ds_call_val((val & ~DS_CALL_FORKED) | (is_other ? 0 : DS_CALL_OTHER), DS_CALL_CONFIRMED, now);
	if ((val & DS_CALL_OTHER) != is_other)
		return ds_call_val(val, DS_CALL_CONFIRMED, now);
	return ds_call_val(val, DS_CALL_OVER, now) & ~DS_CALL_COUNTED;
}

/* The entry after a 2xx to INVITE with that To tag: a call, and a second dialog of it where the tag is another. */
port_inline __u64 ds_call_confirmed(__u64 val, __u32 tag, __u32 now)
{
	if (DS_CALL_STATE(val) == DS_CALL_OVER)
		return ds_call_val(val, DS_CALL_OVER, now);
	if (DS_CALL_STATE(val) != DS_CALL_CONFIRMED)
		val = (val & ~DS_CALL_DIALOG) | (__u64)(tag & 0x3f) << 16;
	else if (DS_CALL_TAG(val) != tag && !(val & DS_CALL_OTHER))
		val |= DS_CALL_FORKED;
	return ds_call_val(val | DS_CALL_COUNTED, DS_CALL_CONFIRMED, now);
}

/* A response as the table reads it. tag: of To, folded by sip_tag_fold(). */
struct ds_call_answer {
	__u32 method;
	__u32 status;
	__u32 cseq;
	__u32 tag;
};

/* The entry after a destination's response. */
port_inline __u64 ds_call_answered(__u64 val, const struct ds_call_answer *a, __u32 now)
{
	__u32 phase = DS_CALL_STATE(val), next = ds_call_next(phase, a->method, a->status);

	if (a->method == SIP_METHOD_BYE && next == DS_CALL_OVER && phase != DS_CALL_OVER)
		return ds_call_hung_up(val, a->tag, now);
	if (a->method == SIP_METHOD_INVITE && a->status >= 200 && a->status < 300)
		return ds_call_confirmed(val, a->tag, now);
	if (next == DS_CALL_ENDING && val & DS_CALL_COUNTED) {
		/* no other request ends an INVITE, nor does the failure of one before it that comes again */
		if (a->method != SIP_METHOD_INVITE || DS_CALL_TRY(val) != (a->cseq & 7))
			return ds_call_val(val, phase, now);
		val &= ~DS_CALL_COUNTED;
	}
	return ds_call_val(val, next, now);
}

/*
 * The entry after a client's request where the destinations answer behind our back (dsr, ipip). An INVITE may ring for
 * its whole life, since no provisional response is seen. The ACK confirms: that of a failure too, which looks alike, so
 * calls that failed are kept, and count, until the idle limit, unless they were cancelled. BYE ends, from the client; of
 * a destination's BYE the client's answer is seen, see ds_call_answered().
 */
port_inline __u64 ds_call_unseen(__u64 val, __u32 method, __u32 now)
{
	__u32 phase = DS_CALL_STATE(val);

	if (phase == DS_CALL_OVER)
		return val;
	if (method == SIP_METHOD_BYE)
		return ds_call_val(val & ~DS_CALL_COUNTED, DS_CALL_OVER, now);
	if (phase == DS_CALL_CONFIRMED)
		return val;
	switch (method) {
	case SIP_METHOD_INVITE:
		return phase == DS_CALL_RINGING ? val : ds_call_val(val, DS_CALL_RINGING, now);
	case SIP_METHOD_CANCEL:
		return phase == DS_CALL_ENDING ? val : ds_call_val(val & ~DS_CALL_COUNTED, DS_CALL_ENDING, now);
	case SIP_METHOD_ACK:
		return phase == DS_CALL_RINGING ? ds_call_val(val, DS_CALL_CONFIRMED, now) : val;
	}
	return val;
}

/* Frees an entry whose destination is not there any more; left in place it would keep the call from its new one. */
port_inline int ds_call_forget(struct ds_call *call, __u64 seen)
{
	return ds_call_swap(call, seen, 0);
}

/* The calls table's key for a Call-ID's hash at one listener; the hash is keyed, so a bijection of it is as good. */
port_inline __u64 ds_call_key(__u64 call_id_hash, __u32 listener)
{
	__u64 key = call_id_hash + (listener + 1) * 0x9e3779b97f4a7c15ull;

	return key ? key : 1;
}

#endif
