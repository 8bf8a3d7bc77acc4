// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_target.c - what is picked from: sets of listeners and of their routes.
 */
#include "record.h"

#include "algorithm.h"

size_t record_targets(const struct record *r)
{
	return r->n_listeners + r->n_further;
}

const struct record_listener *record_target(const struct record *r, size_t i)
{
	return i < r->n_listeners ? &r->listener[i] : &r->further[i - r->n_listeners];
}

size_t record_target_of(const struct record *r, size_t i)
{
	return i < r->n_listeners ? i : r->further[i - r->n_listeners].of;
}

bool record_forks(const struct record *r, size_t listener)
{
	const struct record_listener *l;
	size_t i;

	for (i = 0; i < record_targets(r); i++) {
		l = record_target(r, i);
		if (record_target_of(r, i) == listener && l->mode == DS_MODE_PROXY &&
		    algorithm_pick(l->algorithm, l->slot_rule) == DS_PICK_ALL)
			return true;
	}
	return false;
}
