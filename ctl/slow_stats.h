/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slow_stats.h - the counters of the slow path: the fast path's list, kept by the daemon in memory that outlives it.
 */
#ifndef SIPXDP_CTL_SLOW_STATS_H
#define SIPXDP_CTL_SLOW_STATS_H

#include <stddef.h>

#include "abi.h"

struct instance;

struct slow_stats {
	struct ds_counters *listener; /* by slot of listeners[]; NULL: there has been no slow path */
	struct ds_dest_stats *dest;   /* by slot of dests[] */
	__u32 dests;
	size_t listener_size;
	size_t dest_size;
};

/* Opens them, or makes them zeroed, for a number of slots of dests[]. Returns 0 or -errno; all zero is not open. */
int slow_stats_open(struct slow_stats *s, const struct instance *i, __u32 dests);

/* Opens them to be read; where there are none, *s is all zero. */
void slow_stats_peek(struct slow_stats *s, const struct instance *i, __u32 dests);

void slow_stats_close(struct slow_stats *s);

/* Those of one listener or destination are added to what is there; nothing where s is NULL or not open. */
void slow_stats_add_listener(const struct slow_stats *s, __u32 slot, struct ds_counters *to);
void slow_stats_add_dest(const struct slow_stats *s, __u32 slot, struct ds_dest_stats *to);

#endif
