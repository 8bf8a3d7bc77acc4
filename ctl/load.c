// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load.c - walks the calls table for what it says about the load of destinations.
 */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ds_calls.h"

int load_watch_open(struct load_watch *w, const struct bpf_inst *b)
{
	w->bpf = b;
	w->one = calloc(b->entries[BPF_MAP_dests], sizeof(*w->one));
	return w->one ? 0 : -ENOMEM;
}

void load_watch_close(struct load_watch *w)
{
	free(w->one);
	memset(w, 0, sizeof(*w));
}

static __s64 load_get(const struct load_watch *w, __u32 slot)
{
	return __atomic_load_n(&w->bpf->loads[slot].calls, __ATOMIC_RELAXED);
}

/* An entry that counts: for the truth, or no longer. */
static void load_look(struct load_watch *w, struct ds_call *call, __u64 val, __u32 now)
{
	__u32 slot = DS_CALL_DEST(val);
	bool is_own;

	if (!(val & DS_CALL_COUNTED) || slot >= w->bpf->entries[BPF_MAP_dests])
		return;
	is_own = (w->bpf->dests[slot].serial & 0xff) == DS_CALL_SERIAL(val);
	if (is_own && ds_call_alive(val, now, w->bpf->state->call_idle_s))
		w->one[slot].truth++;
	else if (ds_call_forget(call, val) && is_own)
		__atomic_sub_fetch(&w->bpf->loads[slot].calls, 1, __ATOMIC_RELAXED);
}

static bool load_settle(struct load_watch *w, __u32 slot)
{
	struct load_one *one = &w->one[slot];
	__s64 off = load_get(w, slot) == one->before ? one->truth - one->before : 0;
	bool again = off && off == one->off;

	one->off = again ? 0 : off;
	if (again)
		__atomic_add_fetch(&w->bpf->loads[slot].calls, off, __ATOMIC_RELAXED);
	return again;
}

unsigned int load_watch_walk(struct load_watch *w, __u32 now)
{
	__u32 i, way, slots = w->bpf->entries[BPF_MAP_dests];
	struct ds_call *call;
	unsigned int n = 0;

	for (i = 0; i < slots; i++) {
		w->one[i].before = load_get(w, i);
		w->one[i].truth = 0;
	}
	for (i = 0; i < w->bpf->entries[BPF_MAP_calls]; i++)
		for (way = 0; way < DS_CALLS_WAYS; way++) {
			call = &w->bpf->calls[i].way[way];
			load_look(w, call, __atomic_load_n(&call->val, __ATOMIC_RELAXED), now);
		}
	for (i = 1; i < slots; i++)
		n += load_settle(w, i);
	return n;
}
