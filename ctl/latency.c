// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * latency.c - mean and deviation in one pass (Welford, Technometrics 4(3), 1962): no sum that outgrows its type.
 */
#include "latency.h"

/* By Newton's method: one root is no reason to link everything with libm. */
static double latency_root(double x)
{
	double root = x > 1 ? x : 1, next = (root + x / root) / 2;

	/* from above it falls until rounding stops it */
	while (next < root) {
		root = next;
		next = (root + x / root) / 2;
	}
	return root;
}

void latency_add(struct latency *l, uint32_t us)
{
	double delta = us - l->avg_us;

	l->last_us = us;
	if (!l->count || us < l->min_us)
		l->min_us = us;
	if (us > l->max_us)
		l->max_us = us;
	/* the first one is all that is known: starting from 0 would take dozens of answers to forget */
	l->ewma_us = l->count ? l->ewma_us + LATENCY_ALPHA * (us - l->ewma_us) : us;
	l->count++;
	l->avg_us += delta / (double)l->count;
	l->m2 += delta * (us - l->avg_us);
}

void latency_timeout(struct latency *l)
{
	l->timeouts++;
}

double latency_stddev_us(const struct latency *l)
{
	return l->m2 > 0 ? latency_root(l->m2 / (double)(l->count - 1)) : 0;
}
