// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call_list.c - walks the calls table without a lock, as packets do.
 */
#include "call_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ds_calls.h"

const char *call_state_name(unsigned int state)
{
	static const char *const names[DS_CALL_STATES] = {
		[DS_CALL_NEW] = "new",	     [DS_CALL_RINGING] = "ringing", [DS_CALL_CONFIRMED] = "confirmed",
		[DS_CALL_ENDING] = "ending", [DS_CALL_OVER] = "over",
	};

	return state < DS_CALL_STATES ? names[state] : NULL;
}

/* Seconds since the entry's last news; one that a packet has written just now is no older than that. */
static __u32 call_idle(__u64 val, __u32 now)
{
	__u32 ticks = (now - DS_CALL_SECONDS(val)) & 0xffffff;

	return ticks == 0xffffff ? 0 : (__u32)(((__u64)ticks << DS_TICK_SHIFT) / 1000000000);
}

/* Whether an entry is a living call with a destination that is still the same, and asked for. */
static bool call_is_wanted(const struct bpf_inst *b, const struct call_filter *f, __u64 val, __u32 now, __u32 *idle)
{
	__u32 slot = DS_CALL_DEST(val), state = DS_CALL_STATE(val);

	if (!ds_call_alive(val, now, b->state->call_idle_s) || slot >= b->entries[BPF_MAP_dests] ||
	    (b->dests[slot].serial & 0xff) != DS_CALL_SERIAL(val) || !f->dest[slot])
		return false;
	*idle = call_idle(val, now);
	return (f->state == CALL_LIST_ANY || (int)state == f->state) &&
	       (f->listener == CALL_LIST_ANY || (int)b->dests[slot].listener == f->listener) &&
	       *idle >= f->idle_min_s && *idle <= f->idle_max_s;
}

/* Room grows by halves: a limit says nothing about how many there are. */
static int call_list_keep(struct call_list *l, size_t *room, const struct call_row *row)
{
	struct call_row *more;

	if (l->n == *room) {
		*room += *room / 2 + 64;
		more = reallocarray(l->row, *room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		l->row = more;
	}
	l->row[l->n++] = *row;
	return 0;
}

int call_list_read(struct call_list *l, const struct bpf_inst *b, const struct call_filter *f, __u32 now, size_t limit)
{
	struct call_row row;
	size_t room = 0;
	__u32 i, w;

	memset(l, 0, sizeof(*l));
	l->dest = calloc(b->entries[BPF_MAP_dests], sizeof(*l->dest));
	if (!l->dest)
		return -ENOMEM;
	for (i = 0; i < b->entries[BPF_MAP_calls]; i++)
		for (w = 0; w < DS_CALLS_WAYS; w++) {
			row.key = __atomic_load_n(&b->calls[i].way[w].key, __ATOMIC_ACQUIRE);
			row.val = __atomic_load_n(&b->calls[i].way[w].val, __ATOMIC_RELAXED);
			if (!call_is_wanted(b, f, row.val, now, &row.idle_s))
				continue;
			l->matched++;
			l->state[DS_CALL_STATE(row.val)]++;
			l->dest[DS_CALL_DEST(row.val)]++;
			if (l->n < limit && call_list_keep(l, &room, &row))
				return -ENOMEM;
		}
	return 0;
}

void call_list_free(struct call_list *l)
{
	free(l->row);
	free(l->dest);
	memset(l, 0, sizeof(*l));
}
