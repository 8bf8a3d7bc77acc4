// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ds_pick_test.c - choosing an entry of slots[] by a hash and by a counter (sip-rules F53).
 */
#include "test.h"

#include "ds_pick.h"

static const struct scale_row {
	const char *name;
	__u64 hash;
	__u32 n;
	__u32 want;
} scales[] = {
	{ "least hash", 0, 65537, 0 },
	{ "greatest hash", ~0ull, 65537, 65536 },
	{ "half", 1ull << 63, 65536, 32768 },
	{ "lower half of the hash does not count", 0xffffffffull, 65537, 0 },
	{ "one entry", ~0ull, 1, 0 },
	{ "two entries, below the middle", 0x7fffffffffffffffull, 2, 0 },
	{ "two entries, above the middle", 0x8000000000000000ull, 2, 1 },
	{ "greatest table", ~0ull, DS_SLOTS_MAX, DS_SLOTS_MAX - 1 },
};

static void scales_hash(void **state)
{
	const struct scale_row *row = *state;
	struct ds_set_rec set = { .table = 1000, .table_size = row->n, .members = 7, .active = 3 };

	check_int("scaled", ds_scale(row->hash, row->n), row->want);
	check_int("entry", ds_pick_hash(&set, row->hash), 1000 + row->want);
}

/* Every entry of a table is picked, in order of the hash, by equal shares. */
static void hash_covers_table(void **state)
{
	struct ds_set_rec set = { .table = 5, .table_size = 251 };
	unsigned int hits[251] = { 0 }, i, n = 251 * 1000;
	__u32 entry, last = 5;

	(void)state;
	for (i = 0; i < n; i++) {
		entry = ds_pick_hash(&set, (__u64)i * (~0ull / n));
		check_true("in the table, in order", entry >= last && entry < 5 + 251);
		last = entry;
		hits[entry - 5]++;
	}
	for (i = 0; i < 251; i++)
		check_true("share", hits[i] >= 999 && hits[i] <= 1001);
}

/* Kamailio's rule: the rest of a hash of 32 bits. */
static void modulo_is_the_rest(void **state)
{
	struct ds_set_rec set = { .table = 5, .table_size = 7, .pick = DS_PICK_MODULO };

	(void)state;
	check_int("rest", ds_pick_hash(&set, 7167810), 5 + 7167810 % 7);
	check_int("of the lower half", ds_pick_hash(&set, 0xffffffff00000003ull), 5 + 3);
	set.table_size = 0;
	check_int("nothing active", ds_pick_hash(&set, 1), DS_PICK_NONE);
}

static void random_covers_members(void **state)
{
	struct ds_set_rec set = { .members = 40, .active = 3 };

	(void)state;
	check_int("least", ds_pick_random(&set, 0), 40);
	check_int("below a third", ds_pick_random(&set, 0x55555555), 40);
	check_int("a third", ds_pick_random(&set, 0x55555556), 41);
	check_int("greatest", ds_pick_random(&set, ~0u), 42);
	set.active = 0;
	check_int("nothing active", ds_pick_random(&set, 1), DS_PICK_NONE);
}

static void round_robin_takes_turns(void **state)
{
	struct ds_set_rec set = { .table = 5, .table_size = 251, .members = 40, .active = 3 };
	__u64 i;

	(void)state;
	for (i = 0; i < 10; i++)
		check_int("entry", ds_pick_turn(&set, i), 40 + i % 3);
	check_int("last before the counter's lower half turns", ds_pick_turn(&set, 0xffffffffull),
		  40 + 0xffffffffull % 3);
	check_int("after it", ds_pick_turn(&set, 1ull << 32), 40);
}

static void nothing_active(void **state)
{
	struct ds_set_rec set = { .table = 5, .members = 40 };

	(void)state;
	check_int("hash", ds_pick_hash(&set, 12345), DS_PICK_NONE);
	check_int("round robin", ds_pick_turn(&set, 12345), DS_PICK_NONE);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "53 hash", scales_hash, scales);
	test_add(&tests, "53 hash covers the table evenly", hash_covers_table, NULL);
	test_add(&tests, "modulo is the rest", modulo_is_the_rest, NULL);
	test_add(&tests, "random covers members", random_covers_members, NULL);
	test_add(&tests, "round robin takes turns", round_robin_takes_turns, NULL);
	test_add(&tests, "nothing active", nothing_active, NULL);
	return test_run(&tests, "ds_pick");
}
