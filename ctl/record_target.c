// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_target.c - what is picked from: sets of listeners and of their routes.
 */
#include "record.h"

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
