// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * latency_test.c - round trips against a reference that keeps every one of them.
 */
#include "test.h"

#include <math.h>

#include "latency.h"

#define SAMPLES_MAX 1000

struct reference {
	uint32_t sample[SAMPLES_MAX];
	size_t n;
};

static double reference_avg(const struct reference *r)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < r->n; i++)
		sum += r->sample[i];
	return sum / (double)r->n;
}

static double reference_variance(const struct reference *r)
{
	double avg = reference_avg(r), sum = 0;
	size_t i;

	for (i = 0; i < r->n; i++)
		sum += (r->sample[i] - avg) * (r->sample[i] - avg);
	return sum / (double)(r->n - 1);
}

static double reference_ewma(const struct reference *r)
{
	double ewma = r->sample[0];
	size_t i;

	for (i = 1; i < r->n; i++)
		ewma = (1 - LATENCY_ALPHA) * ewma + LATENCY_ALPHA * r->sample[i];
	return ewma;
}

static void is_near(const char *what, double got, double want)
{
	if (fabs(got - want) > 1e-6 * (1 + fabs(want)))
		print_error("%s: got %f, want %f\n", what, got, want);
	check_true(what, fabs(got - want) <= 1e-6 * (1 + fabs(want)));
}

/* Samples by a step that visits all residues, so low and high ones alternate. */
static const struct row {
	const char *name;
	size_t n;
	uint32_t base;
	uint32_t step;
	uint32_t modulus;
} rows[] = {
	{ "two", 2, 100, 50, 1000 },
	{ "all alike", 100, 2300000, 0, 1 },
	{ "spread", SAMPLES_MAX, 150, 7919, 104729 },
	{ "hours, where a sum of squares would lose all digits", SAMPLES_MAX, 4000000000u, 7919, 10007 },
	{ "zeros among them", 500, 0, 3, 11 },
};

static void follows_reference(void **state)
{
	const struct row *row = *state;
	struct reference ref = { .n = row->n };
	struct latency l = { 0 };
	uint32_t min = UINT32_MAX, max = 0;
	size_t i;

	for (i = 0; i < row->n; i++) {
		ref.sample[i] = row->base + (uint32_t)((i + 1) * row->step % row->modulus);
		min = ref.sample[i] < min ? ref.sample[i] : min;
		max = ref.sample[i] > max ? ref.sample[i] : max;
		latency_add(&l, ref.sample[i]);
	}
	check_int("count", l.count, row->n);
	check_int("last", l.last_us, ref.sample[row->n - 1]);
	check_int("min", l.min_us, min);
	check_int("max", l.max_us, max);
	is_near("avg", l.avg_us, reference_avg(&ref));
	is_near("stddev, squared", latency_stddev_us(&l) * latency_stddev_us(&l), reference_variance(&ref));
	is_near("ewma", l.ewma_us, reference_ewma(&ref));
}

static void begins_with_nothing(void **state)
{
	struct latency l = { 0 };

	(void)state;
	check_true("stddev of none", latency_stddev_us(&l) == 0);
	latency_add(&l, 70);
	check_true("stddev of one", latency_stddev_us(&l) == 0);
	check_true("ewma of one", l.ewma_us == 70);
	check_int("min of one", l.min_us, 70);
}

static void timeout_is_no_round_trip(void **state)
{
	struct latency l = { 0 }, before;

	(void)state;
	latency_add(&l, 70);
	latency_add(&l, 90);
	before = l;
	latency_timeout(&l);
	check_int("timeouts", l.timeouts, 1);
	l.timeouts = 0;
	check_mem("all else", &l, sizeof(l), &before, sizeof(before));
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "reference", follows_reference, rows);
	test_add(&tests, "nothing and one", begins_with_nothing, NULL);
	test_add(&tests, "a time-out is no round trip", timeout_is_no_round_trip, NULL);
	return test_run(&tests, "latency");
}
