// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ds_calls_test.c - the calls table: states, expiry, eviction, full buckets, and races (DESIGN.md section 6).
 */
#include <pthread.h>

#include "test.h"

#include "ds_calls.h"

#define IDLE 14400u
#define NOW 1000u

static struct ds_call_bucket bucket;

static __u64 val(__u32 dest, __u32 state, __u32 since)
{
	return DS_CALL_VAL(dest, 5, state, since);
}

static void empty(void)
{
	memset(&bucket, 0, sizeof(bucket));
}

/* The destination that the table has for the key; 0: none. */
static __u32 found(__u64 key, __u32 now)
{
	__u64 v = 0;

	return ds_call_find(&bucket, key, now, IDLE, &v) ? DS_CALL_DEST(v) : 0;
}

/* Fills way i with a call of key 100 + i and destination 200 + i. */
static void fill(unsigned int i, __u32 state, __u32 since)
{
	bucket.way[i].key = 100 + i;
	bucket.way[i].val = val(200 + i, state, since);
}

static const struct life_row {
	const char *name;
	__u32 state;
	__u32 life; /* ticks that the call is there; 0: it never is */
} lives[] = {
	{ "free", DS_CALL_FREE, 0 },	     { "new", DS_CALL_NEW, 32 },
	{ "ringing", DS_CALL_RINGING, 200 }, { "confirmed", DS_CALL_CONFIRMED, IDLE },
	{ "ending", DS_CALL_ENDING, 32 },    { "over", DS_CALL_OVER, 32 },
};

/* Also where the 24 bits of the clock turn over between. */
static void expires(void **state)
{
	static const __u32 sinces[] = { 0, 1, NOW, 0xffffff, 0xfffff0 };
	const struct life_row *row = *state;
	size_t i;

	for (i = 0; i < TEST_COUNT(sinces); i++) {
		empty();
		fill(3, row->state, sinces[i]);
		if (!row->life) {
			check_int("free entry", found(103, sinces[i]), 0);
			check_int("free entry a tick before", found(103, sinces[i] - 1), 0);
			continue;
		}
		check_int("at once", found(103, sinces[i]), 203);
		check_int("last tick", found(103, sinces[i] + row->life - 1), 203);
		check_int("expired", found(103, sinces[i] + row->life), 0);
		/* another CPU has read the clock a tick later and refreshed the entry */
		check_int("a tick before", found(103, sinces[i] - 1), 203);
	}
}

static void parts_of_a_value(void **state)
{
	__u64 v = DS_CALL_VAL(0x3456, 0x178, DS_CALL_RINGING, 0x1abcdef);

	(void)state;
	check_int("destination", DS_CALL_DEST(v), 0x3456);
	check_int("serial", DS_CALL_SERIAL(v), 0x78);
	check_int("state", DS_CALL_STATE(v), DS_CALL_RINGING);
	check_int("ticks", DS_CALL_SECONDS(v), 0xabcdef);
}

static void enters_and_finds(void **state)
{
	__u64 v = val(7, DS_CALL_NEW, NOW), seen;
	unsigned int i;

	(void)state;
	empty();
	for (i = 0; i < DS_CALLS_WAYS; i++) {
		check_int("not there", found(i + 1, NOW), 0);
		check_int("entered", ds_call_insert(&bucket, i + 1, v + i, NOW, IDLE).val, v + i);
		check_int("lock", bucket.lock, 0);
	}
	for (i = 0; i < DS_CALLS_WAYS; i++)
		check_int("there", found(i + 1, NOW), 7 + i);
	check_true("its entry", ds_call_find(&bucket, 3, NOW, IDLE, &seen) == &bucket.way[2]);
	check_int("its value", seen, v + 2);
}

static void first_entry_counts(void **state)
{
	(void)state;
	empty();
	ds_call_insert(&bucket, 9, val(1, DS_CALL_NEW, NOW), NOW, IDLE);
	check_int("the winner's", DS_CALL_DEST(ds_call_insert(&bucket, 9, val(2, DS_CALL_NEW, NOW), NOW, IDLE).val), 1);
	check_int("kept", found(9, NOW), 1);
	check_int("expired one does not count",
		  DS_CALL_DEST(ds_call_insert(&bucket, 9, val(2, DS_CALL_NEW, NOW + 40), NOW + 40, IDLE).val), 2);
	check_int("the new one", found(9, NOW + 40), 2);
}

/* Which of the seven a new call takes: `states` are their states, `since` when; `taken` is 7 where there is no room. */
static const struct evict_row {
	const char *name;
	__u32 states[DS_CALLS_WAYS];
	__u32 ages[DS_CALLS_WAYS];
	unsigned int taken;
} evictions[] = {
	{ "free one", { 3, 3, 1, 4, 0, 1, 2 }, { 0, 0, 0, 0, 0, 0, 0 }, 4 },
	{ "expired new one before new ones", { 3, 1, 1, 1, 1, 1, 2 }, { 0, 0, 0, 0, 0, 32, 0 }, 5 },
	{ "expired ringing one", { 3, 1, 2, 2, 1, 1, 2 }, { 0, 0, 199, 200, 0, 0, 0 }, 3 },
	{ "expired ending one", { 3, 1, 2, 2, 1, 1, 4 }, { 0, 0, 0, 0, 0, 0, 32 }, 6 },
	{ "confirmed and idle too long", { 3, 3, 3, 3, 3, 3, 3 }, { 0, 0, 0, 0, IDLE, 0, 0 }, 4 },
	{ "new one before ringing ones", { 3, 2, 2, 2, 1, 2, 2 }, { 0, 0, 0, 0, 0, 0, 0 }, 4 },
	{ "ending one before ringing ones", { 3, 2, 2, 2, 3, 4, 2 }, { 0, 0, 0, 0, 0, 0, 0 }, 5 },
	{ "ringing one before confirmed ones", { 3, 3, 3, 2, 3, 3, 3 }, { 0, 0, 0, 0, 0, 0, 0 }, 3 },
	{ "never a confirmed one", { 3, 3, 3, 3, 3, 3, 3 }, { 0, 1, 31, 32, 200, 5000, IDLE - 1 }, DS_CALLS_WAYS },
};

static void evicts(void **state)
{
	const struct evict_row *row = *state;
	__u32 now = 100000;
	unsigned int i;
	__u64 v;

	empty();
	for (i = 0; i < DS_CALLS_WAYS; i++)
		fill(i, row->states[i], now - row->ages[i]);
	v = ds_call_insert(&bucket, 9, val(1, DS_CALL_NEW, now), now, IDLE).val;
	check_int("entered", v != 0, row->taken < DS_CALLS_WAYS);
	check_int("there", found(9, now), row->taken < DS_CALLS_WAYS);
	for (i = 0; i < DS_CALLS_WAYS; i++)
		check_int("key", bucket.way[i].key, i == row->taken ? 9 : 100 + i);
	check_int("lock", bucket.lock, 0);
}

/* A CPU whose clock was read just before the tick takes nobody's entry that another has refreshed just after it. */
static void tick_between_cpus_evicts_none(void **state)
{
	unsigned int i;

	(void)state;
	empty();
	for (i = 0; i < DS_CALLS_WAYS; i++)
		fill(i, DS_CALL_CONFIRMED, NOW + 1);
	check_int("no room", ds_call_insert(&bucket, 9, val(1, DS_CALL_NEW, NOW), NOW, IDLE).val, 0);
	check_int("winner's entry", DS_CALL_DEST(ds_call_insert(&bucket, 104, val(1, DS_CALL_NEW, NOW), NOW, IDLE).val),
		  204);
}

/* A flood of invented Call-IDs, each answered as one likes short of a 2xx, evicts no confirmed call. */
static void flood_evicts_none(void **state)
{
	__u64 v, key;
	struct ds_call *call;

	(void)state;
	empty();
	fill(2, DS_CALL_CONFIRMED, NOW);
	fill(5, DS_CALL_CONFIRMED, NOW);
	for (key = 1000; key < 11000; key++) {
		ds_call_insert(&bucket, key, val(1, DS_CALL_NEW, NOW), NOW, IDLE);
		call = ds_call_find(&bucket, key, NOW, IDLE, &v);
		if (call)
			ds_call_swap(call, v, ds_call_val(v, key % 2 ? DS_CALL_RINGING : DS_CALL_ENDING, NOW));
	}
	check_int("first", found(102, NOW), 202);
	check_int("second", found(105, NOW), 205);
}

static void held_lock_is_not_waited_for(void **state)
{
	(void)state;
	empty();
	bucket.lock = 1;
	check_int("not entered", ds_call_insert(&bucket, 9, val(1, DS_CALL_NEW, NOW), NOW, IDLE).val, 0);
	check_int("lock stays the other's", bucket.lock, 1);
	fill(0, DS_CALL_NEW, NOW);
	check_int("finding needs none", found(100, NOW), 200);
}

static void swap_changes_what_was_seen(void **state)
{
	struct ds_call *call = &bucket.way[1];

	(void)state;
	empty();
	fill(1, DS_CALL_NEW, NOW);
	check_int("won", ds_call_swap(call, call->val, ds_call_val(call->val, DS_CALL_RINGING, NOW + 3)), 1);
	check_int("moved", call->val, val(201, DS_CALL_RINGING, NOW + 3));
	check_int("lost", ds_call_swap(call, val(201, DS_CALL_NEW, NOW), val(201, DS_CALL_CONFIRMED, NOW + 4)), 0);
	check_int("not what was seen: as it was", call->val, val(201, DS_CALL_RINGING, NOW + 3));
}

/* state x (method, status) -> state */
static const struct next_row {
	const char *name;
	__u32 state;
	__u32 method;
	__u32 status;
	__u32 want;
} nexts[] = {
	{ "100 to INVITE", DS_CALL_NEW, SIP_METHOD_INVITE, 100, DS_CALL_NEW },
	{ "180 to INVITE", DS_CALL_NEW, SIP_METHOD_INVITE, 180, DS_CALL_RINGING },
	{ "183 to INVITE", DS_CALL_RINGING, SIP_METHOD_INVITE, 183, DS_CALL_RINGING },
	{ "200 to INVITE", DS_CALL_RINGING, SIP_METHOD_INVITE, 200, DS_CALL_CONFIRMED },
	{ "200 to INVITE at once", DS_CALL_NEW, SIP_METHOD_INVITE, 200, DS_CALL_CONFIRMED },
	{ "486 to INVITE", DS_CALL_RINGING, SIP_METHOD_INVITE, 486, DS_CALL_ENDING },
	{ "300 to INVITE", DS_CALL_NEW, SIP_METHOD_INVITE, 300, DS_CALL_ENDING },
	{ "407 to INVITE", DS_CALL_NEW, SIP_METHOD_INVITE, 407, DS_CALL_ENDING },
	{ "180 that comes after a 486", DS_CALL_ENDING, SIP_METHOD_INVITE, 180, DS_CALL_ENDING },
	{ "200 after a 407 and a new INVITE", DS_CALL_ENDING, SIP_METHOD_INVITE, 200, DS_CALL_CONFIRMED },
	{ "200 to PRACK while it rings", DS_CALL_RINGING, SIP_METHOD_OTHER, 200, DS_CALL_RINGING },
	{ "200 to CANCEL while it rings", DS_CALL_RINGING, SIP_METHOD_CANCEL, 200, DS_CALL_RINGING },
	{ "200 to CANCEL after a 100", DS_CALL_NEW, SIP_METHOD_CANCEL, 200, DS_CALL_ENDING },
	{ "200 to INVITE that crossed a CANCEL", DS_CALL_ENDING, SIP_METHOD_INVITE, 200, DS_CALL_CONFIRMED },
	{ "488 to re-INVITE", DS_CALL_CONFIRMED, SIP_METHOD_INVITE, 488, DS_CALL_CONFIRMED },
	{ "180 to re-INVITE", DS_CALL_CONFIRMED, SIP_METHOD_INVITE, 180, DS_CALL_CONFIRMED },
	{ "200 to INFO in a call", DS_CALL_CONFIRMED, SIP_METHOD_OTHER, 200, DS_CALL_CONFIRMED },
	{ "500 to OPTIONS in a call", DS_CALL_CONFIRMED, SIP_METHOD_OPTIONS, 500, DS_CALL_CONFIRMED },
	{ "200 to BYE", DS_CALL_CONFIRMED, SIP_METHOD_BYE, 200, DS_CALL_OVER },
	{ "481 to BYE", DS_CALL_CONFIRMED, SIP_METHOD_BYE, 481, DS_CALL_OVER },
	{ "100 to BYE", DS_CALL_CONFIRMED, SIP_METHOD_BYE, 100, DS_CALL_CONFIRMED },
	{ "200 to INVITE that comes again after the BYE", DS_CALL_OVER, SIP_METHOD_INVITE, 200, DS_CALL_OVER },
	{ "200 to REGISTER", DS_CALL_NEW, SIP_METHOD_REGISTER, 200, DS_CALL_ENDING },
	{ "401 to REGISTER", DS_CALL_NEW, SIP_METHOD_REGISTER, 401, DS_CALL_ENDING },
	{ "100 to REGISTER", DS_CALL_NEW, SIP_METHOD_REGISTER, 100, DS_CALL_NEW },
	{ "200 to OPTIONS", DS_CALL_NEW, SIP_METHOD_OPTIONS, 200, DS_CALL_ENDING },
	{ "no method known", DS_CALL_NEW, SIP_METHOD_INVALID, 180, DS_CALL_NEW },
};

static void follows_responses(void **state)
{
	const struct next_row *row = *state;

	check_int("state", ds_call_next(row->state, row->method, row->status), row->want);
}

static void keys_differ_by_listener(void **state)
{
	__u32 i, k;

	(void)state;
	for (i = 0; i < DS_LISTENERS_MAX; i++)
		for (k = 0; k < i; k++)
			check_true("other key", ds_call_key(12345, i) != ds_call_key(12345, k));
	check_true("other Call-ID, other key", ds_call_key(12345, 0) != ds_call_key(12346, 0));
	check_true("0 is no key", ds_call_key(0 - 0x9e3779b97f4a7c15ull, 0) != 0);
}

#define RACE_BUCKETS 2000
#define RACE_KEYS 9 /* more than a bucket holds */

static struct ds_call_bucket race[RACE_BUCKETS];
static pthread_barrier_t race_start;

struct racer {
	__u32 dest;
	__u64 got[RACE_BUCKETS][RACE_KEYS];
};

static void *insert_all(void *arg)
{
	struct racer *r = arg;
	unsigned int i, k;

	for (i = 0; i < RACE_BUCKETS; i++) {
		if (i % 100 == 0)
			pthread_barrier_wait(&race_start);
		for (k = 0; k < RACE_KEYS; k++) {
			/* confirmed, so that no call evicts another's */
			do
				r->got[i][k] =
					ds_call_insert(&race[i], k + 1, val(r->dest, DS_CALL_CONFIRMED, NOW), NOW, IDLE)
						.val;
			while (!r->got[i][k] && *(volatile __u64 *)&race[i].lock);
		}
	}
	return NULL;
}

/* Two threads enter the same calls: both are told the same destination, and no call is in the table twice. */
static void race_has_one_winner(void **state)
{
	static struct racer racers[2] = { { .dest = 1 }, { .dest = 2 } };
	unsigned int i, k, n, same = 0;
	pthread_t thread;
	__u64 v;

	(void)state;
	pthread_barrier_init(&race_start, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, insert_all, &racers[1]), 0);
	insert_all(&racers[0]);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&race_start);
	for (i = 0; i < RACE_BUCKETS; i++) {
		check_int("lock", race[i].lock, 0);
		for (k = 0; k < RACE_KEYS; k++) {
			__u64 key = k + 1;
			unsigned int copies = 0;

			for (n = 0; n < DS_CALLS_WAYS; n++)
				copies += race[i].way[n].key == key;
			check_true("one entry at most", copies <= 1);
			for (n = 0; n < 2; n++) {
				v = racers[n].got[i][k];
				if (!v)
					continue;
				check_int("entries", copies, 1);
				check_true("found", ds_call_find(&race[i], key, NOW, IDLE, &v) != NULL);
				check_int("the one that counts", racers[n].got[i][k], v);
			}
			same += racers[0].got[i][k] && racers[0].got[i][k] == racers[1].got[i][k];
		}
	}
	check_true("calls that both entered", same > RACE_BUCKETS);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "life", expires, lives);
	test_rows(&tests, "evicts", evicts, evictions);
	test_rows(&tests, "next", follows_responses, nexts);
	test_add(&tests, "parts of a value", parts_of_a_value, NULL);
	test_add(&tests, "enters and finds", enters_and_finds, NULL);
	test_add(&tests, "first entry counts", first_entry_counts, NULL);
	test_add(&tests, "a tick between CPUs evicts none", tick_between_cpus_evicts_none, NULL);
	test_add(&tests, "a flood evicts none", flood_evicts_none, NULL);
	test_add(&tests, "a held lock is not waited for", held_lock_is_not_waited_for, NULL);
	test_add(&tests, "a swap changes what was seen", swap_changes_what_was_seen, NULL);
	test_add(&tests, "keys differ by listener", keys_differ_by_listener, NULL);
	test_add(&tests, "two threads, one winner", race_has_one_winner, NULL);
	return test_run(&tests, "ds_calls");
}
