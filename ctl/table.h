/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - pick tables: Maglev (Eisenbud et al., NSDI 2016, section 3.4) with weights. Pure.
 */
#ifndef SIPXDP_CTL_TABLE_H
#define SIPXDP_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"

#define TABLE_SIZE_MAX 1048573u /* the largest prime below 2^20 */
#define TABLE_WEIGHT_MAX 65535u

struct table_member {
	__u64 id;
	__u32 weight; /* 1 to TABLE_WEIGHT_MAX; equal ones give equal shares */
};

/* Whether n may be the size of a table: a prime up to TABLE_SIZE_MAX, so that every permutation visits every entry. */
bool table_size_valid(__u32 n);

/*
 * Fills entry[0..size) with indexes into member[]. Equal key, ids, weights and size give equal tables whatever the order
 * of the members. n is at least 1, ids differ. Returns 0, -EINVAL (size, weights) or -ENOMEM.
 */
int table_build(const __u64 key[2], const struct table_member *member, size_t n, __u32 *entry, __u32 size);

/*
 * Fills entry[0..max) with indexes into member[] for picking in turns: each as often as its weight says, spread evenly.
 * Where that takes more than max entries, each gets its share of max by largest remainder, but one at least. n is 1 to
 * max. Returns the number of entries, -EINVAL or -ENOMEM.
 */
int table_turns(const struct table_member *member, size_t n, __u32 *entry, __u32 max);

/* The largest share that a member has, relative to what its weight asks for: 1.0 is perfect. */
double table_imbalance(const struct table_member *member, size_t n, const __u32 *entry, __u32 size);

/* One side of a comparison: whom each entry belongs to. NULL entries or size 0: nobody. */
struct table_view {
	const __u32 *entry;
	__u32 size;
	/* Returns the id of what an entry holds. */
	__u64 (*id)(const void *ctx, __u32 value);
	const void *ctx;
};

/* The share of all keys, 0 to 1, that the two tables give to different members; sizes may differ. */
double table_moved(const struct table_view *a, const struct table_view *b);

/* The same where a key's entry is the rest of its hash; of many entries, of the first 2^20 hashes. */
double table_moved_modulo(const struct table_view *a, const struct table_view *b);

#endif
