/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * latency.h - round trips of one destination, in microseconds. Pure.
 */
#ifndef SIPXDP_CTL_LATENCY_H
#define SIPXDP_CTL_LATENCY_H

#include <stdint.h>

struct latency {
	uint64_t count; /* answers */
	uint64_t timeouts;
	uint32_t last_us;
	uint32_t min_us;
	uint32_t max_us;
	uint32_t pad;
	double avg_us;	/* Welford's running mean */
	double m2;	/* sum of squared differences from it */
	double ewma_us; /* LATENCY_ALPHA of the newest; the first answer as it is */
};

#define LATENCY_ALPHA 0.1

/* Counts one answer that took us microseconds. */
void latency_add(struct latency *l, uint32_t us);

/* Counts one that never came; it is no round trip, so nothing else moves. */
void latency_timeout(struct latency *l);

/* Returns the sample's standard deviation in microseconds, 0 below two answers. */
double latency_stddev_us(const struct latency *l);

#endif
