// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table_test.c - pick tables: balance, disruption, order, weights, comparison.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table.h"

#define SIZE 65537u
#define MEMBERS 50

static const __u64 key[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };

struct table {
	struct table_member member[MEMBERS];
	size_t n;
	__u32 entry[SIZE];
	__u32 size;
};

static __u64 id_of(const void *ctx, __u32 index)
{
	return ((const struct table_member *)ctx)[index].id;
}

static struct table *make_table(size_t n, __u32 size)
{
	struct table *t = calloc(1, sizeof(*t));
	size_t i;

	assert_non_null(t);
	t->n = n;
	t->size = size;
	for (i = 0; i < n; i++)
		t->member[i] = (struct table_member){ .id = 0x9e3779b97f4a7c15ull * (i + 1), .weight = 1 };
	return t;
}

static void build(struct table *t)
{
	assert_int_equal(table_build(key, t->member, t->n, t->entry, t->size), 0);
}

static double moved(const struct table *a, const struct table *b)
{
	struct table_view x = { .entry = a->entry, .size = a->size, .id = id_of, .ctx = a->member };
	struct table_view y = { .entry = b->entry, .size = b->size, .id = id_of, .ctx = b->member };

	return table_moved(&x, &y);
}

static double share(const struct table *t, size_t member)
{
	__u32 i, n = 0;

	for (i = 0; i < t->size; i++)
		n += t->entry[i] == member;
	return (double)n / t->size;
}

static void test_sizes(void **state)
{
	static const struct {
		__u32 n;
		bool valid;
	} cases[] = {
		{ 0, false },
		{ 1, false },
		{ 2, true },
		{ 3, true },
		{ 4, false },
		{ 1021, true },
		{ 65536, false },
		{ 65537, true },
		{ 65539, true },
		{ 65541, false },
		{ 262139, true },
		{ TABLE_SIZE_MAX, true },
		{ TABLE_SIZE_MAX + 4, false },
		{ 4294967291u, false },
		{ 0xffffffffu, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(table_size_valid(cases[i].n), cases[i].valid);
}

static void test_refuses(void **state)
{
	struct table *t = make_table(3, SIZE);

	(void)state;
	assert_int_equal(table_build(key, t->member, 0, t->entry, SIZE), -EINVAL);
	assert_int_equal(table_build(key, t->member, 3, t->entry, SIZE - 1), -EINVAL);
	t->member[1].weight = 0;
	assert_int_equal(table_build(key, t->member, 3, t->entry, SIZE), -EINVAL);
	t->member[1].weight = TABLE_WEIGHT_MAX + 1;
	assert_int_equal(table_build(key, t->member, 3, t->entry, SIZE), -EINVAL);
	free(t);
}

static void test_balance(void **state)
{
	struct table *t = make_table(MEMBERS, SIZE);
	size_t i;

	(void)state;
	build(t);
	for (i = 0; i < t->n; i++)
		assert_in_range(share(t, i) * SIZE, SIZE / MEMBERS, SIZE / MEMBERS + 1);
	assert_true(table_imbalance(t->member, t->n, t->entry, t->size) < 1.001);
	free(t);
}

static void test_one_member(void **state)
{
	struct table *t = make_table(1, 1021);

	(void)state;
	build(t);
	assert_true(share(t, 0) == 1.0);
	free(t);
}

/* Every member gets one entry before any gets two, so the rest is what nobody can help. */
static void test_more_members_than_entries(void **state)
{
	struct table *t = make_table(MEMBERS, 13);
	__u32 i, k;

	(void)state;
	build(t);
	for (i = 0; i < t->size; i++) {
		assert_in_range(t->entry[i], 0, MEMBERS - 1);
		for (k = 0; k < i; k++)
			assert_int_not_equal(t->entry[i], t->entry[k]);
	}
	free(t);
}

static void test_order_does_not_matter(void **state)
{
	struct table *a = make_table(MEMBERS, SIZE), *b = make_table(MEMBERS, SIZE);
	size_t i;

	(void)state;
	for (i = 0; i < MEMBERS; i++) {
		a->member[i].weight = 1 + i % 3;
		b->member[(i * 7 + 3) % MEMBERS] = a->member[i];
	}
	build(a);
	build(b);
	assert_true(moved(a, b) == 0);
	free(a);
	free(b);
}

static void test_key_matters(void **state)
{
	static const __u64 other[2] = { 1, 2 };
	struct table *a = make_table(10, SIZE), *b = make_table(10, SIZE);
	double share_moved;

	(void)state;
	build(a);
	assert_int_equal(table_build(other, b->member, b->n, b->entry, b->size), 0);
	share_moved = moved(a, b);
	assert_true(share_moved > 0.85 && share_moved < 0.95);
	free(a);
	free(b);
}

/* Who leaves gives up its share; hardly anyone else moves, and all the others get of it. */
static void test_member_leaves(void **state)
{
	struct table *a = make_table(10, SIZE), *b = make_table(10, SIZE);
	double share_moved;
	size_t i;

	(void)state;
	build(a);
	b->member[4] = b->member[9];
	b->n = 9;
	build(b);
	share_moved = moved(a, b);
	assert_true(share_moved >= 0.0999 && share_moved < 0.14);
	for (i = 0; i < b->n; i++)
		assert_true(share(b, i) > 0.11 && share(b, i) < 0.112);
	free(a);
	free(b);
}

static void test_member_joins(void **state)
{
	struct table *a = make_table(10, SIZE), *b = make_table(11, SIZE);
	double share_moved;

	(void)state;
	build(a);
	build(b);
	share_moved = moved(a, b);
	assert_true(share_moved >= 0.09 && share_moved < 0.13);
	free(a);
	free(b);
}

static void test_weights(void **state)
{
	struct table *t = make_table(4, SIZE);
	static const __u32 weight[] = { 1, 2, 10, 87 };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		t->member[i].weight = weight[i];
	build(t);
	for (i = 0; i < 4; i++)
		assert_true(fabs(share(t, i) - weight[i] / 100.0) < 0.001);
	assert_true(table_imbalance(t->member, t->n, t->entry, t->size) < 1.02);
	free(t);
}

static void test_equal_weights_are_no_weights(void **state)
{
	struct table *a = make_table(7, SIZE), *b = make_table(7, SIZE);
	size_t i;

	(void)state;
	for (i = 0; i < 7; i++)
		b->member[i].weight = 100;
	build(a);
	build(b);
	assert_true(moved(a, b) == 0);
	free(a);
	free(b);
}

static void test_heavier_member_takes_little(void **state)
{
	struct table *a = make_table(10, SIZE), *b = make_table(10, SIZE);
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++)
		a->member[i].weight = b->member[i].weight = 10;
	b->member[0].weight = 12;
	build(a);
	build(b);
	assert_true(moved(a, b) < 0.12);
	free(a);
	free(b);
}

static void test_moved_between_sizes(void **state)
{
	static const struct table_member member[] = { { .id = 1 }, { .id = 2 }, { .id = 3 } };
	static const __u32 two[] = { 0, 1 }, three[] = { 0, 1, 1 }, other[] = { 2, 2, 2 };
	struct table_view a = { .entry = two, .size = 2, .id = id_of, .ctx = member };
	struct table_view b = { .entry = three, .size = 3, .id = id_of, .ctx = member };
	struct table_view none = { .id = id_of, .ctx = member };

	(void)state;
	/* [0, 1/2) is member 1 in one, [0, 1/3) in the other */
	assert_true(fabs(table_moved(&a, &b) - 1.0 / 6) < 1e-9);
	assert_true(fabs(table_moved(&b, &a) - 1.0 / 6) < 1e-9);
	b.entry = other;
	assert_true(table_moved(&a, &b) == 1.0);
	assert_true(table_moved(&a, &none) == 1.0);
	assert_true(table_moved(&none, &a) == 1.0);
	assert_true(table_moved(&none, &none) == 0);
}

/* How often each stands in the list, and whether its turns are spread: no gap is more than twice the mean. */
static void check_turns(const __u32 *entry, int n, const __u32 *want, size_t members)
{
	size_t m;
	int i, last, first, seen, gap;

	for (m = 0; m < members; m++) {
		seen = 0;
		first = last = -1;
		gap = 0;
		for (i = 0; i < n; i++) {
			if (entry[i] != m)
				continue;
			if (last >= 0 && i - last > gap)
				gap = i - last;
			first = first < 0 ? i : first;
			last = i;
			seen++;
		}
		assert_int_equal(seen, want[m]);
		if (seen > 1 && first + n - last > gap)
			gap = first + n - last;
		assert_true(seen < 2 || gap <= 2 * ((n + seen - 1) / seen));
	}
}

static const struct turns_row {
	__u32 weight[4];
	size_t n;
	__u32 max;
	int total;
	__u32 want[4];
} turns_rows[] = {
	{ { 1, 1, 1, 1 }, 4, 100, 4, { 1, 1, 1, 1 } },
	{ { 50, 50, 50 }, 3, 100, 3, { 1, 1, 1 } },
	{ { 50, 25, 25 }, 3, 100, 4, { 2, 1, 1 } },
	{ { 100, 99 }, 2, 1000, 199, { 100, 99 } },
	{ { 60, 20, 20, 1 }, 4, 1000, 101, { 60, 20, 20, 1 } },
	{ { 7 }, 1, 1, 1, { 1 } },
	/* more than there is room for: 10 * 3/6 = 5, 10 * 2/6 = 3.33, 10 * 1/6 = 1.67 */
	{ { 3000, 2000, 1001 }, 3, 10, 10, { 5, 3, 2 } },
	/* nobody goes without */
	{ { 65535, 1, 1, 1 }, 4, 10, 10, { 7, 1, 1, 1 } },
	{ { 65535, 65534, 1, 2 }, 4, 4, 4, { 1, 1, 1, 1 } },
};

static void test_turns(void **state)
{
	struct table_member m[4];
	const struct turns_row *row;
	__u32 entry[1000];
	size_t i;
	int n;

	(void)state;
	for (row = turns_rows; row < turns_rows + sizeof(turns_rows) / sizeof(*turns_rows); row++) {
		for (i = 0; i < row->n; i++)
			m[i] = (struct table_member){ .id = i + 1, .weight = row->weight[i] };
		n = table_turns(m, row->n, entry, row->max);
		assert_int_equal(n, row->total);
		check_turns(entry, n, row->want, row->n);
	}
	m[0].weight = 0;
	assert_int_equal(table_turns(m, 1, entry, 1000), -EINVAL);
	assert_int_equal(table_turns(m, 0, entry, 1000), -EINVAL);
	assert_int_equal(table_turns(m, 4, entry, 3), -EINVAL);
}

/* Kamailio's 100 slots give 51 equal members one each and 49 to the last. */
static void test_turns_of_many(void **state)
{
	struct table_member m[51];
	__u32 entry[1000], count[51] = { 0 };
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < 51; i++)
		m[i] = (struct table_member){ .id = i + 1, .weight = 50 };
	n = table_turns(m, 51, entry, 1000);
	assert_int_equal(n, 51);
	for (i = 0; i < (size_t)n; i++)
		count[entry[i]]++;
	for (i = 0; i < 51; i++)
		assert_int_equal(count[i], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_one_member),
		cmocka_unit_test(test_more_members_than_entries),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_key_matters),
		cmocka_unit_test(test_member_leaves),
		cmocka_unit_test(test_member_joins),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_equal_weights_are_no_weights),
		cmocka_unit_test(test_heavier_member_takes_little),
		cmocka_unit_test(test_moved_between_sizes),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_turns_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
