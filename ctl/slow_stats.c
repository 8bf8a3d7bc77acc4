// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_stats.c - see slow_stats.h.
 */
#include "slow_stats.h"

#include <string.h>

#include "bpf.h"
#include "instance.h"
#include "sums.h"

#define SLOW_STATS_LISTENERS "slow_counters"
#define SLOW_STATS_DESTS "slow_dests"

int slow_stats_open(struct slow_stats *s, const struct instance *i, __u32 dests)
{
	char pin[PATH_MAX];
	void *mem;
	int err;

	*s = (struct slow_stats){ .dests = dests };
	err = bpf_shared_open(SLOW_STATS_LISTENERS, instance_pin(i, "maps", SLOW_STATS_LISTENERS, pin),
			      sizeof(*s->listener), DS_LISTENERS_MAX, &mem, &s->listener_size);
	if (err)
		return err;
	s->listener = mem;
	err = bpf_shared_open(SLOW_STATS_DESTS, instance_pin(i, "maps", SLOW_STATS_DESTS, pin), sizeof(*s->dest), dests,
			      &mem, &s->dest_size);
	if (err)
		slow_stats_close(s);
	else
		s->dest = mem;
	return err;
}

/* What bpf_shared_peek() maps is read-only; it is one struct for both, as its readers never write. */
void slow_stats_peek(struct slow_stats *s, const struct instance *i, __u32 dests)
{
	union {
		const void *in;
		void *out;
	} counters = { .in = NULL }, stats = { .in = NULL };
	char pin[PATH_MAX];

	*s = (struct slow_stats){ .dests = dests };
	bpf_shared_peek(instance_pin(i, "maps", SLOW_STATS_LISTENERS, pin), sizeof(*s->listener), DS_LISTENERS_MAX,
			&counters.in, &s->listener_size);
	bpf_shared_peek(instance_pin(i, "maps", SLOW_STATS_DESTS, pin), sizeof(*s->dest), dests, &stats.in,
			&s->dest_size);
	s->listener = counters.out;
	s->dest = stats.out;
}

void slow_stats_close(struct slow_stats *s)
{
	bpf_shared_close(s->listener, s->listener_size);
	bpf_shared_close(s->dest, s->dest_size);
	*s = (struct slow_stats){ .listener = NULL };
}

void slow_stats_add_listener(const struct slow_stats *s, __u32 slot, struct ds_counters *to)
{
	if (s && s->listener && slot < DS_LISTENERS_MAX)
		sums_add_counters(to, &s->listener[slot]);
}

void slow_stats_add_dest(const struct slow_stats *s, __u32 slot, struct ds_dest_stats *to)
{
	if (s && s->dest && slot < s->dests)
		sums_add_dest(to, &s->dest[slot]);
}
