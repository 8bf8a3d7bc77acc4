/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ds_pick.h - choosing a destination from a set: pure functions of the set's record, a key and a counter. The tables
 * that make them O(1) are built in user space (ctl/table.c); the caller looks the returned entry up in slots[].
 */
#ifndef SIPXDP_DS_PICK_H
#define SIPXDP_DS_PICK_H

#include "abi.h"

#define DS_PICK_NONE 0xffffffffu

/* The part of a 64-bit hash that spreads over n: its upper half scaled, no division. */
port_inline __u32 ds_scale(__u64 hash, __u32 n)
{
	return ((hash >> 32) * n) >> 32;
}

/* Entry of slots[] for a hash; DS_PICK_NONE where nothing is active. */
port_inline __u32 ds_pick_hash(const struct ds_set_rec *set, __u64 hash)
{
	if (!set->table_size)
		return DS_PICK_NONE;
	if (set->pick == DS_PICK_MODULO)
		return set->table + (__u32)hash % set->table_size;
	return set->table + ds_scale(hash, set->table_size);
}

/* Entry of slots[] for the counter's next value (Kamailio's algorithm 4, without its race). */
port_inline __u32 ds_pick_turn(const struct ds_set_rec *set, __u64 counter)
{
	if (!set->active)
		return DS_PICK_NONE;
	return set->members + (__u32)counter % set->active;
}

/* Whether a member that has so many calls is better than the best so far, with `least`. is_call: maxload matters. */
port_inline int ds_pick_is_less(__s64 has, __s32 max, int is_call, __s64 least)
{
	if (is_call && max && has >= max)
		return 0;
	return (has < 0 ? 0 : has) < least;
}

/* Entry of slots[] of the i-th member that is looked at from `start` on, which is below set->active. */
port_inline __u32 ds_pick_nth(__u32 members, __u32 active, __u32 start, __u32 i)
{
	__u32 at = start + i;

	return members + (at < active ? at : at - active);
}

/*
 * Entry of slots[] of the i-th member that failover looks at: those that are picked from, from `start` on, which is below
 * active, then the spare ones.
 */
port_inline __u32 ds_pick_other(__u32 members, __u32 active, __u32 start, __u32 i)
{
	return i < active ? ds_pick_nth(members, active, start, i) : members + i;
}

/* Entry of slots[] for 32 random bits. */
port_inline __u32 ds_pick_random(const struct ds_set_rec *set, __u32 random)
{
	if (!set->active)
		return DS_PICK_NONE;
	return set->members + (__u32)((__u64)random * set->active >> 32);
}

#endif
