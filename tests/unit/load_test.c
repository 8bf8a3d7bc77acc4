// SPDX-License-Identifier: GPL-2.0-or-later
/* load_test.c - the walk that keeps counts of calls true to the table. */
#include "load.h"

#include "ds_calls.h"
#include "test.h"

#define NOW 5000u
#define DESTS 4

static struct ds_call_bucket buckets[2];
static struct ds_dest_rec dests[DESTS];
static struct ds_load loads[DESTS];
static struct ds_state ds;
static struct bpf_inst inst;
static struct load_watch watch;

static void begin(void)
{
	__u32 i;

	memset(buckets, 0, sizeof(buckets));
	memset(loads, 0, sizeof(loads));
	memset(&inst, 0, sizeof(inst));
	for (i = 0; i < DESTS; i++)
		dests[i] = (struct ds_dest_rec){ .serial = 5, .flags = DS_DEST_USED };
	ds.call_idle_s = 100;
	inst.state = &ds;
	inst.dests = dests;
	inst.calls = buckets;
	inst.loads = loads;
	inst.entries[BPF_MAP_dests] = DESTS;
	inst.entries[BPF_MAP_calls] = 2;
	check_int("open", load_watch_open(&watch, &inst), 0);
}

static void put(unsigned int way, __u32 dest, __u32 serial, __u32 age)
{
	buckets[way & 1].way[way / 2].key = way + 1;
	buckets[way & 1].way[way / 2].val = ds_call_new(dest, serial, 1, 1, NOW - age);
}

static void right_counts_stay(void **state)
{
	(void)state;
	begin();
	put(0, 1, 5, 0);
	put(1, 1, 5, 31);
	loads[1].calls = 2;
	check_int("put right", load_watch_walk(&watch, NOW) + load_watch_walk(&watch, NOW), 0);
	check_int("calls", loads[1].calls, 2);
	load_watch_close(&watch);
}

/* Nobody sends anything to a bucket: its calls expire all the same, each once. */
static void expired_calls_go(void **state)
{
	(void)state;
	begin();
	put(0, 1, 5, 33);
	put(1, 1, 5, 10);
	put(2, 2, 5, 40);
	loads[1].calls = 2;
	loads[2].calls = 1;
	load_watch_walk(&watch, NOW);
	load_watch_walk(&watch, NOW);
	check_int("one left", loads[1].calls, 1);
	check_int("none left", loads[2].calls, 0);
	check_int("its entry", buckets[0].way[0].val, 0);
	load_watch_close(&watch);
}

/* The slot has another destination now: its count is not touched by what the one before left. */
static void other_destination_keeps_its_count(void **state)
{
	(void)state;
	begin();
	put(0, 1, 4, 0);
	put(1, 1, 5, 0);
	loads[1].calls = 1;
	load_watch_walk(&watch, NOW);
	load_watch_walk(&watch, NOW);
	check_int("calls", loads[1].calls, 1);
	check_int("entry of the one before", buckets[0].way[0].val, 0);
	load_watch_close(&watch);
}

static const struct off_row {
	const char *name;
	__s64 was;
	__s64 changed; /* between two walks */
	unsigned int right;
	__s64 want;
} offs[] = {
	{ "too many", 7, 0, 1, 2 },
	{ "below 0", -3, 0, 1, 2 },
	{ "a call comes meanwhile, its entry not yet", 2, 1, 0, 3 },
};

/* Only what two walks find is put right. */
static void wrong_counts_are_put_right(void **state)
{
	const struct off_row *row = *state;

	begin();
	put(0, 3, 5, 0);
	put(1, 3, 5, 0);
	loads[3].calls = row->was;
	check_int("at once", load_watch_walk(&watch, NOW), 0);
	check_int("as it was", loads[3].calls, row->was);
	loads[3].calls += row->changed;
	check_int("the second time", load_watch_walk(&watch, NOW), row->right);
	check_int("calls", loads[3].calls, row->want);
	load_watch_close(&watch);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "right counts stay", right_counts_stay, NULL);
	test_add(&tests, "expired calls go", expired_calls_go, NULL);
	test_add(&tests, "another destination keeps its count", other_destination_keeps_its_count, NULL);
	test_rows(&tests, "wrong counts are put right", wrong_counts_are_put_right, offs);
	return test_run(&tests, "load");
}
