/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call_list.h - the entries of the calls table that somebody asks for. A walk over the mapped table: what it holds of its
 * own are the matches up to the limit and one counter for each destination, however long the table is.
 */
#ifndef SIPXDP_CTL_CALL_LIST_H
#define SIPXDP_CTL_CALL_LIST_H

#include "options.h"
#include "show.h"

enum call_list_by {
	CALL_LIST_BY_DESTINATION,
	CALL_LIST_BY_STATE,
	CALL_LIST_BY_SET,
	CALL_LIST_BY_LISTENER,
};

#define CALL_LIST_ANY (-1)

/* Which entries; all of it must hold. */
struct call_filter {
	const bool *dest; /* by slot of dests[] */
	int state;	  /* enum ds_call_state, or CALL_LIST_ANY */
	int listener;	  /* its slot, or CALL_LIST_ANY */
	__u32 idle_min_s; /* without news for that long at least */
	__u32 idle_max_s; /* and at most */
};

/* One entry as it was read. */
struct call_row {
	__u64 key;
	__u64 val;
	__u32 idle_s;
};

/* What came of a walk. */
struct call_list {
	struct call_row *row; /* the first ones in the table's order */
	size_t n;
	__u64 matched;
	__u64 state[DS_CALL_STATES]; /* matches by state */
	__u64 *dest;		     /* by slot of dests[] */
};

/* "new", "ringing" ...; NULL for what is no state of an entry in use. */
const char *call_state_name(unsigned int state);

/* Keeps up to limit matches. Returns 0 or -ENOMEM; call_list_free() is due in either case. */
int call_list_read(struct call_list *l, const struct bpf_inst *b, const struct call_filter *f, __u32 now_ticks,
		   size_t limit);
void call_list_free(struct call_list *l);

#endif
