// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sums.c - reads per-CPU values and sums them.
 */
#include "sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *sums_method_name(unsigned int method)
{
	static const char *const names[SIP_METHOD_MAX] = {
		[SIP_METHOD_INVITE] = "INVITE", [SIP_METHOD_ACK] = "ACK",	    [SIP_METHOD_BYE] = "BYE",
		[SIP_METHOD_CANCEL] = "CANCEL", [SIP_METHOD_REGISTER] = "REGISTER", [SIP_METHOD_OPTIONS] = "OPTIONS",
		[SIP_METHOD_OTHER] = "other",
	};

	return method < SIP_METHOD_MAX ? names[method] : NULL;
}

void sums_add_counters(struct ds_counters *to, const struct ds_counters *from)
{
	size_t i;

	for (i = 0; i < VERDICT_MAX; i++)
		to->verdict[i] += from->verdict[i];
	for (i = 0; i < REASON_MAX; i++)
		to->reason[i] += from->reason[i];
	to->handed += from->handed;
	to->taken += from->taken;
}

void sums_add_dest(struct ds_dest_stats *to, const struct ds_dest_stats *from)
{
	size_t i;

	for (i = 0; i < sizeof(to->requests) / sizeof(*to->requests); i++) {
		to->requests[i] += from->requests[i];
		to->responses[i] += from->responses[i];
	}
	to->timeouts += from->timeouts;
	to->octets_to += from->octets_to;
	to->octets_from += from->octets_from;
	to->last_to_ns = to->last_to_ns > from->last_to_ns ? to->last_to_ns : from->last_to_ns;
	to->last_from_ns = to->last_from_ns > from->last_from_ns ? to->last_from_ns : from->last_from_ns;
}

/* Reads the values of all CPUs into a new array; *cpus says how many. */
static int sums_read(const struct bpf_inst *b, enum bpf_map_index map, __u32 slot, size_t size, void **values,
		     int *cpus)
{
	int err;

	*cpus = bpf_cpus();
	if (*cpus < 0)
		return *cpus;
	*values = calloc(*cpus, size);
	if (!*values)
		return -ENOMEM;
	err = bpf_get(b, map, &slot, *values);
	if (err)
		free(*values);
	return err;
}

int sums_listener(const struct bpf_inst *b, __u32 slot, struct ds_counters *sum)
{
	void *values;
	int i, cpus, err;

	memset(sum, 0, sizeof(*sum));
	err = sums_read(b, BPF_MAP_counters, slot, sizeof(*sum), &values, &cpus);
	if (err)
		return err;
	for (i = 0; i < cpus; i++)
		sums_add_counters(sum, &((struct ds_counters *)values)[i]);
	free(values);
	return 0;
}

int sums_dest(const struct bpf_inst *b, __u32 slot, struct ds_dest_stats *sum)
{
	void *values;
	int i, cpus, err;

	memset(sum, 0, sizeof(*sum));
	err = sums_read(b, BPF_MAP_dest_stats, slot, sizeof(*sum), &values, &cpus);
	if (err)
		return err;
	for (i = 0; i < cpus; i++)
		sums_add_dest(sum, &((struct ds_dest_stats *)values)[i]);
	free(values);
	return 0;
}
