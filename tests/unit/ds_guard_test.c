// SPDX-License-Identifier: GPL-2.0-or-later
/* ds_guard_test.c - token buckets of sources: rates, bursts, and who is forgotten when there is no more room. */
#include "test.h"

#include <arpa/inet.h>

#include "ds_guard.h"

#define MS 1000000ull
#define S (1000 * MS)

static struct ds_guard limit(unsigned int rate, unsigned int burst)
{
	return (struct ds_guard){ .interval_ns = S / rate, .burst_ns = S / rate * burst };
}

struct rate_row {
	const char *name;
	unsigned int rate, burst;
	__u64 step_ns;
	unsigned int packets;
	unsigned int admitted;
};

static const struct rate_row rate_rows[] = {
	{ "within the rate", 10, 1, 100 * MS, 50, 50 },
	{ "twice the rate", 10, 1, 50 * MS, 100, 50 },
	{ "a burst", 10, 20, 0, 100, 20 },
	{ "a burst, then the rate", 10, 20, 10 * MS, 1000, 20 + 99 },
	{ "a coarse clock", 1000, 20, 0, 100, 20 },
	{ "one a second", 1, 1, 250 * MS, 41, 11 },
};

static void rates(void **state)
{
	const struct rate_row *row = *state;
	struct ds_guard g = limit(row->rate, row->burst);
	struct ds_guard_row r = { 0 };
	__u64 now = 1000 * S;
	unsigned int i, n = 0;

	for (i = 0; i < row->packets; i++, now += row->step_ns)
		n += (unsigned int)ds_guard_admit(&r, 7, now, &g);
	check_int(row->name, n, row->admitted);
}

/* A flood of sources that send once each leaves alone who was known, and takes from nobody new the first packet. */
static void forged(void **state)
{
	struct ds_guard g = limit(1, 2);
	struct ds_guard_row r = { 0 };
	__u64 now = 1000 * S, key;
	unsigned int refused = 0;

	(void)state;
	for (key = 1; key <= 3; key++) {
		assert_int_equal(ds_guard_admit(&r, key, now, &g), 1);
		assert_int_equal(ds_guard_admit(&r, key, now + 4 * S, &g), 1);
	}
	now += 60 * S;
	for (key = 100; key < 100100; key++, now += MS / 100)
		refused += !ds_guard_admit(&r, key, now, &g);
	check_int("new sources refused", refused, 0);
	for (key = 1; key <= 3; key++)
		check_int("first_s of who is known", r.way[key - 1].first_s, (1000 * S) >> DS_GUARD_NS_SHIFT);
	assert_int_equal(ds_guard_admit(&r, 2, now, &g), 1);
	assert_int_equal(ds_guard_admit(&r, 2, now, &g), 1);
	assert_int_equal(ds_guard_admit(&r, 2, now, &g), 0);
}

/* Nor does it wash out the bucket of who floods. */
static void flooder(void **state)
{
	struct ds_guard g = limit(10, 10);
	struct ds_guard_row r = { 0 };
	__u64 now = 1000 * S, key;
	unsigned int n = 0, i;

	(void)state;
	for (key = 100, i = 0; i < 10000; i++, now += MS) {
		n += (unsigned int)ds_guard_admit(&r, 1, now, &g);
		ds_guard_admit(&r, key++, now, &g);
		ds_guard_admit(&r, key++, now, &g);
	}
	check_true("10 at once and 10 a second for 10 s", n >= 108 && n <= 110);
}

/* Where all of a row are known, the rest share one bucket; silence frees. */
static void full(void **state)
{
	struct ds_guard g = limit(10, 2);
	struct ds_guard_row r = { 0 };
	__u64 now = 1000 * S, key;

	(void)state;
	for (key = 1; key <= DS_GUARD_WAYS; key++) {
		ds_guard_admit(&r, key, now, &g);
		ds_guard_admit(&r, key, now + 4 * S, &g);
	}
	now += 5 * S;
	assert_int_equal(ds_guard_admit(&r, 100, now, &g), 1);
	assert_int_equal(ds_guard_admit(&r, 101, now, &g), 1);
	assert_int_equal(ds_guard_admit(&r, 102, now, &g), 0);
	for (key = 1; key <= DS_GUARD_WAYS; key++)
		assert_int_equal(ds_guard_admit(&r, key, now, &g), 1);
	now += (DS_GUARD_KEEP_S + 1ull) << DS_GUARD_NS_SHIFT;
	for (key = 200; key < 210; key++)
		assert_int_equal(ds_guard_admit(&r, key, now, &g), 1);
}

/* Limits that shrink while a bucket is drawn on do not shut its source out for longer than they say. */
static void changed(void **state)
{
	struct ds_guard old = limit(1, 1000), new = limit(10, 10);
	struct ds_guard_row r = { 0 };
	__u64 now = 1000 * S;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_int_equal(ds_guard_admit(&r, 1, now, &old), 1);
	assert_int_equal(ds_guard_admit(&r, 1, now, &new), 0);
	assert_int_equal(ds_guard_admit(&r, 1, now + 101 * MS, &new), 1);
	assert_int_equal(ds_guard_admit(&r, 1, now + 102 * MS, &new), 0);
}

static struct ds_addr ip(const char *text)
{
	struct ds_addr a = { { 0, 0, htonl(0xffff), 0 } };

	if (inet_pton(AF_INET, text, &a.w[3]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static __u64 key_of(const char *text, __u32 listener)
{
	static const __u64 key[2] = { 1, 2 };
	struct ds_addr a = ip(text);

	return ds_guard_key(key, &a, listener);
}

static void keys(void **state)
{
	(void)state;
	assert_true(key_of("192.0.2.1", 0) != key_of("192.0.2.2", 0));
	assert_true(key_of("192.0.2.1", 0) != key_of("192.0.2.1", 1));
	assert_true(key_of("2001:db8::1", 0) == key_of("2001:db8::ffff:1", 0));
	assert_true(key_of("2001:db8::1", 0) != key_of("2001:db8:0:1::1", 0));
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "rate", rates, rate_rows);
	test_add(&tests, "forged sources", forged, NULL);
	test_add(&tests, "a source that floods among forged ones", flooder, NULL);
	test_add(&tests, "no room", full, NULL);
	test_add(&tests, "limits that change", changed, NULL);
	test_add(&tests, "keys", keys, NULL);
	return test_run(&tests, "ds_guard");
}
