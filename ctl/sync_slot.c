// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_slot.c - a set as Kamailio's dispatcher 5.6 has it in memory, for the slot rule `kamailio` (kamailio.md 1.4, 3.3,
 * 3.4): by priority from the highest, equal ones from the last line to the first, the default destination left out; who
 * is not active has a slot, and what falls on it goes to the next one that is.
 */
#include "sync.h"

#include <errno.h>
#include <stdlib.h>

#define SLOT_NONE 0xffffffffu
#define SLOT_WEIGHTS 100 /* Kamailio's array of weights */

/* A destination's place. Of a name with several addresses Kamailio knows the first. */
struct slot {
	const struct ds_dest *dest;
	const struct ds_member *member;
	enum sync_use use;
	__u32 line;  /* index in the list */
	__u32 index; /* among the members that are picked from, SLOT_NONE: it is not */
};

static int slot_compare(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	if (x->dest->conf.priority != y->dest->conf.priority)
		return x->dest->conf.priority > y->dest->conf.priority ? -1 : 1;
	return x->line > y->line ? -1 : x->line < y->line;
}

/* Lists all but the default destination, or all. Returns how many. */
static __u32 slot_list(struct slot *slot, const struct record_listener *l, const struct ds_set *from,
		       const struct sync_input *in, bool all)
{
	__u32 i, n = 0, kept = 0;

	for (i = 0; i < from->n_dests; i++) {
		slot[n] = (struct slot){ from->dest[i], &from->dest[i]->member[0], SYNC_USE_NONE, i, SLOT_NONE };
		if (sync_reaches(l, &slot[n].member->at.ip))
			slot[n].use = sync_use(in, slot[n].dest, slot[n].member);
		n++;
	}
	qsort(slot, n, sizeof(*slot), slot_compare);
	for (i = 0; i < n; i++)
		if (all || slot[i].use != SYNC_USE_DEFAULT)
			slot[kept++] = slot[i];
	return kept;
}

/* The slot that a hash of slot i leads to, SLOT_NONE where nobody is picked from. */
static __u32 slot_walk(const struct slot *slot, __u32 n, __u32 i)
{
	__u32 steps;

	for (steps = 0; steps < n; steps++, i = (i + 1) % n)
		if (slot[i].index != SLOT_NONE)
			return i;
	return SLOT_NONE;
}

/* The weights that 100 slots come to: what is beyond them goes without, what is left of them goes to the last. */
static void slot_weigh(struct algorithm_member *m, const struct slot *slot, __u32 n)
{
	__u32 i, copies, left = SLOT_WEIGHTS;

	for (i = 0; i < n; i++) {
		copies = (__u32)slot[i].dest->conf.attrs.weight;
		copies = copies > left || i == n - 1 ? left : copies;
		left -= copies;
		m[slot[slot_walk(slot, n, i)].index].weight += copies;
	}
}

/* Enters those that are picked from, in the order of their slots: the active ones, else those that are a last resort. */
static void slot_enter(const struct sync *s, struct sync_set *set, const struct record_listener *l, struct slot *slot,
		       __u32 n, const struct sync_input *in, enum sync_use use, struct algorithm_member *m)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		if (slot[i].use != use)
			continue;
		slot[i].index = set->n;
		sync_enter(s, set, l, in, slot[i].dest, slot[i].member, m);
	}
}

int sync_list_kamailio(const struct sync *s, struct sync_set *set, const struct record_listener *l,
		       const struct ds_set *from, const struct sync_input *in, struct algorithm_member *m)
{
	struct slot *slot = calloc(from->n_dests + 1, sizeof(*slot));
	__u32 i, n;

	set->slots = calloc(from->n_dests + 1, sizeof(*set->slots));
	if (!slot || !set->slots) {
		free(slot);
		return -ENOMEM;
	}
	n = slot_list(slot, l, from, in, false);
	slot_enter(s, set, l, slot, n, in, SYNC_USE_FULL, m);
	if (!set->n)
		slot_enter(s, set, l, slot, n, in, SYNC_USE_LAST, m);
	if (!set->n) {
		n = slot_list(slot, l, from, in, true);
		slot_enter(s, set, l, slot, n, in, SYNC_USE_DEFAULT, m);
	}
	set->n_slots = set->n ? n : 0;
	for (i = 0; i < set->n_slots; i++)
		set->slots[i] = slot[slot_walk(slot, n, i)].index;
	if (algorithm_pick(l->algorithm, l->slot_rule) == DS_PICK_MODULO)
		for (i = 0; i < set->n; i++)
			m[i].weight = 1;
	/* where the first member has no weight Kamailio has all go to it, which is a defect */
	else if (set->n && l->algorithm == DS_ALGORITHM_WEIGHT && slot[0].dest->conf.attrs.weight)
		slot_weigh(m, slot, n);
	else
		algorithm_weigh(l->algorithm, m, set->n);
	free(slot);
	return 0;
}
