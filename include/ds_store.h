/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ds_store.h - the stored requests of listeners with failover (DESIGN.md section 7): which destinations each was sent to
 * and what they said. The same functions work on the kernel's map and on its memory mapping in user space.
 *
 * All that changes is in one word, so that whoever moves a request to its next destination does so once: the destinations
 * tried, 15 bits each, first ones lowest, and the flags above them.
 */
#ifndef SIPXDP_DS_STORE_H
#define SIPXDP_DS_STORE_H

#include "abi.h"
#include "sip_msg.h"

#define DS_STORED_BUSY 1 /* the key of an entry that is being written */

#define DS_STORED_TRYING (1ull << 60)	 /* the last one tried has answered 100 */
#define DS_STORED_RINGING (1ull << 61)	 /* or another provisional response */
#define DS_STORED_FINAL (1ull << 62)	 /* the client has a final answer */
#define DS_STORED_CANCELLED (1ull << 63) /* the client wants none */
#define DS_STORED_FLAGS (0xfull << 60)
/* With FINAL: the answer was built here, and all destinations are given up. */
#define DS_STORED_OWN (DS_STORED_FINAL | DS_STORED_TRYING)

/* Not one that is tried after the other, but all at once: the daemon (fork.h) sees to everything. */
#define DS_STORED_FORKED DS_STORED_FLAGS

/* The i-th destination tried, 0: none. */
port_inline __u32 ds_stored_dest(__u64 val, __u32 i)
{
	return (__u32)(val >> (i * 15)) & 0x7fff;
}

port_inline __u32 ds_stored_tries(__u64 val)
{
	return !!ds_stored_dest(val, 0) + !!ds_stored_dest(val, 1) + !!ds_stored_dest(val, 2) +
	       !!ds_stored_dest(val, 3);
}

/* The one that has it now. */
port_inline __u32 ds_stored_last(__u64 val)
{
	__u32 n = ds_stored_tries(val);

	return n ? ds_stored_dest(val, (n - 1) & 3) : 0;
}

port_inline int ds_stored_tried(__u64 val, __u32 dest)
{
	return ds_stored_dest(val, 0) == dest || ds_stored_dest(val, 1) == dest || ds_stored_dest(val, 2) == dest ||
	       ds_stored_dest(val, 3) == dest;
}

/* The word once the request is with another destination; there is room for it. */
port_inline __u64 ds_stored_moved(__u64 val, __u32 dest)
{
	return (val & ~DS_STORED_FLAGS) | (__u64)(dest & 0x7fff) << ((ds_stored_tries(val) & 3) * 15);
}

port_inline int ds_stored_is_own(__u64 val)
{
	return (val & DS_STORED_OWN) == DS_STORED_OWN;
}

/* The word once the client has the destination's final answer. */
port_inline __u64 ds_stored_final(__u64 val)
{
	return (val & ~(DS_STORED_TRYING | DS_STORED_RINGING)) | DS_STORED_FINAL;
}

/* Whether a destination has been given up: another has the request, or nobody has any more. */
port_inline int ds_stored_given_up(__u64 val, __u32 dest)
{
	return dest && (ds_stored_is_own(val) || dest != ds_stored_last(val)) && ds_stored_tried(val, dest);
}

/* Whether the request may go to another destination. */
port_inline int ds_stored_open(__u64 val, __u32 tries)
{
	return !(val & (DS_STORED_FINAL | DS_STORED_CANCELLED)) && ds_stored_tries(val) < tries;
}

/* Whether the one that has it has been silent for too long; one that rings is waited for. */
port_inline int ds_stored_silent(const struct ds_failover *f, __u64 val, __u64 sent_ns, __u64 heard_ns, __u64 now_ns)
{
	__u64 limit_ms = val & DS_STORED_TRYING ? f->timeout_100_ms : f->timeout_ms;
	__u64 since_ns = val & DS_STORED_TRYING ? heard_ns : sent_ns;

	if (!f->timeout || val & (DS_STORED_RINGING | DS_STORED_FINAL | DS_STORED_CANCELLED))
		return 0;
	return (__s64)(now_ns - since_ns) >= (__s64)(limit_ms * 1000000);
}

port_inline int ds_failover_lists(const struct ds_failover *f, __u32 status)
{
	int i;

	for (i = 0; i < DS_FAILOVER_CODES; i++)
		if (f->code[i] && f->code[i] == status)
			return 1;
	return 0;
}

/* What a response to a stored request is. */
enum ds_stored_answer {
	DS_STORED_PASS = 0, /* sent on as ever */
	DS_STORED_ANSWERED, /* sent on, and the call is with who sent it */
	DS_STORED_FAILED, /* for the daemon: a failure that the client is not to see yet, if there is another destination */
	DS_STORED_LATE, /* for the daemon: of a destination that was given up, or of one of many */
};

/* A response: *val becomes the word after it. method: of CSeq; dest: who sent it, 0 where that is none of ours. */
port_inline int ds_stored_response(const struct ds_failover *f, __u64 *val, __u32 method, __u32 of, __u32 dest,
				   __u32 status)
{
	int given_up = ds_stored_given_up(*val, dest);

	if (*val == DS_STORED_FORKED)
		return DS_STORED_LATE;
	if (method != of)
		return method == SIP_METHOD_CANCEL && given_up ? DS_STORED_LATE : DS_STORED_PASS;
	if (status < 200) {
		if (!given_up && !(*val & DS_STORED_FINAL))
			*val |= status == 100 ? DS_STORED_TRYING : DS_STORED_RINGING;
		return DS_STORED_PASS;
	}
	if (given_up && status >= 300)
		return DS_STORED_LATE;
	if (ds_failover_lists(f, status) && ds_stored_open(*val, f->tries))
		return DS_STORED_FAILED;
	*val = ds_stored_final(*val);
	return given_up ? DS_STORED_ANSWERED : DS_STORED_PASS;
}

/* First of the entries that a branch may be in. */
port_inline __u32 ds_stored_row(__u64 branch, __u32 mask)
{
	return ((__u32)(branch >> 32) & mask) * DS_STORED_WAYS;
}

port_inline __u64 ds_stored_key(__u64 branch)
{
	return branch <= DS_STORED_BUSY ? DS_STORED_BUSY + 1 : branch;
}

port_inline int ds_stored_swap(struct ds_stored *e, __u64 seen, __u64 val)
{
	return __sync_val_compare_and_swap(&e->val, seen, val) == seen;
}

#endif
