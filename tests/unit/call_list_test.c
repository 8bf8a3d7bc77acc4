// SPDX-License-Identifier: GPL-2.0-or-later
/* Which entries of the calls table are listed and counted, by one filter at a time and by all of them. */
#include "call_list.h"

#include <string.h>

#include "test.h"

#define NOW 5000u
#define IDLE 1000u
#define BUCKETS 4
#define DESTS 5

static struct ds_call_bucket buckets[BUCKETS];
static struct ds_dest_rec dests[DESTS];
static struct ds_state ds;
static struct bpf_inst inst;

static void put(unsigned int bucket, unsigned int way, __u32 dest, __u32 state, __u32 age)
{
	buckets[bucket].way[way].key = 100 * bucket + way + 1;
	buckets[bucket].way[way].val = DS_CALL_VAL(dest, dests[dest].serial, state, NOW - age);
}

/* Destinations 1 and 2 are of listener 0, 3 and 4 of listener 1; four calls live. */
static void fill(void)
{
	__u32 i;

	memset(buckets, 0, sizeof(buckets));
	for (i = 1; i < DESTS; i++)
		dests[i] = (struct ds_dest_rec){ .serial = 7 + i, .listener = i / 3, .flags = DS_DEST_USED };
	ds.call_idle_s = IDLE;
	inst.state = &ds;
	inst.dests = dests;
	inst.calls = buckets;
	inst.entries[BPF_MAP_dests] = DESTS;
	inst.entries[BPF_MAP_calls] = BUCKETS;
	put(0, 0, 1, DS_CALL_NEW, 1);
	put(0, 6, 1, DS_CALL_CONFIRMED, 500);
	put(2, 3, 3, DS_CALL_RINGING, 100);
	put(3, 6, 4, DS_CALL_ENDING, 10);
	/* over, and of a destination that had the slot before */
	put(1, 0, 2, DS_CALL_NEW, 40);
	put(1, 1, 2, DS_CALL_CONFIRMED, 1);
	buckets[1].way[1].val = DS_CALL_VAL(2, 1, DS_CALL_CONFIRMED, NOW);
}

static const struct filter_row {
	const char *name;
	int state;
	int listener;
	__u32 idle_min_s;
	__u32 idle_max_s;
	unsigned int dests; /* a bit for each that is asked for */
	size_t limit;
	__u64 matched;
	size_t n;
	__u64 first; /* key of the first that is listed */
} filters[] = {
	{ "all", -1, -1, 0, ~0u, 0x1f, 100, 4, 4, 1 },
	{ "no more than the limit, all counted", -1, -1, 0, ~0u, 0x1f, 2, 4, 2, 1 },
	{ "only counted", -1, -1, 0, ~0u, 0x1f, 0, 4, 0, 0 },
	{ "ringing ones", DS_CALL_RINGING, -1, 0, ~0u, 0x1f, 100, 1, 1, 204 },
	{ "of the second listener", -1, 1, 0, ~0u, 0x1f, 100, 2, 2, 204 },
	{ "of a listener without calls", -1, 7, 0, ~0u, 0x1f, 100, 0, 0, 0 },
	{ "of one destination", -1, -1, 0, ~0u, 1 << 4, 100, 1, 1, 307 },
	{ "whose slot has another destination now", -1, -1, 0, ~0u, 1 << 2, 100, 0, 0, 0 },
	{ "long not heard of", -1, -1, 120, ~0u, 0x1f, 100, 1, 1, 7 },
	{ "heard of lately", -1, -1, 0, 20, 0x1f, 100, 2, 2, 1 },
	{ "all of it together", DS_CALL_RINGING, 1, 100, 110, 1 << 3, 100, 1, 1, 204 },
};

static void filters_calls(void **state)
{
	const struct filter_row *row = *state;
	struct call_filter f = { .state = row->state,
				 .listener = row->listener,
				 .idle_min_s = row->idle_min_s,
				 .idle_max_s = row->idle_max_s };
	bool wanted[DESTS];
	struct call_list l;
	unsigned int i;
	__u64 sum = 0;

	fill();
	for (i = 0; i < DESTS; i++)
		wanted[i] = row->dests >> i & 1;
	f.dest = wanted;
	check_int("read", call_list_read(&l, &inst, &f, NOW, row->limit), 0);
	check_int("matched", l.matched, row->matched);
	check_int("listed", l.n, row->n);
	if (row->n)
		check_int("first", l.row[0].key, row->first);
	for (i = 0; i < DESTS; i++)
		sum += l.dest[i];
	check_int("by destination", sum, row->matched);
	for (i = 0, sum = 0; i < DS_CALL_STATES; i++)
		sum += l.state[i];
	check_int("by state", sum, row->matched);
	call_list_free(&l);
}

/* What a packet writes while the table is read may be of the next tick. */
static void news_of_the_next_tick_are_young(void **state)
{
	struct call_filter f = { .state = CALL_LIST_ANY, .listener = CALL_LIST_ANY, .idle_max_s = ~0u };
	bool wanted[DESTS] = { false, true };
	struct call_list l;

	(void)state;
	fill();
	put(0, 0, 1, DS_CALL_NEW, (__u32)-1);
	f.dest = wanted;
	check_int("read", call_list_read(&l, &inst, &f, NOW, 1), 0);
	check_int("idle", l.row[0].idle_s, 0);
	call_list_free(&l);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "lists", filters_calls, filters);
	test_add(&tests, "news of the next tick are young", news_of_the_next_tick_are_young, NULL);
	return test_run(&tests, "call_list");
}
