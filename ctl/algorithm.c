// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * algorithm.c - one function that weighs, and one row of the table, for each algorithm.
 */
#include "algorithm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash_key.h"

struct algorithm {
	const char *name;
	enum ds_pick_kind pick;
	const char *key; /* NULL: of hash algorithms the Call-ID */
	void (*weigh)(struct algorithm_member *m, size_t n);
};

/* A destination that says no weight has this one, so that a weight that was forgotten takes nobody out. */
#define ALGORITHM_WEIGHT 1u

static void weigh_by_weight(struct algorithm_member *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		m[i].weight = m[i].conf->attrs.weight > 0 ? (__u32)m[i].conf->attrs.weight : ALGORITHM_WEIGHT;
}

static void weigh_by_rweight(struct algorithm_member *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		m[i].weight = m[i].conf->attrs.rweight > 0 ? (__u32)m[i].conf->attrs.rweight : ALGORITHM_WEIGHT;
}

static void weigh_equal(struct algorithm_member *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		m[i].weight = 1;
}

/* The first of the highest priority alone. */
static void weigh_serial(struct algorithm_member *m, size_t n)
{
	size_t i, best = 0;

	for (i = 0; i < n; i++) {
		m[i].weight = 0;
		if (m[i].conf->priority > m[best].conf->priority)
			best = i;
	}
	m[best].weight = 1;
}

/* In turns where all have one priority above 0, else serial. */
static void weigh_turns_or_serial(struct algorithm_member *m, size_t n)
{
	size_t i;

	for (i = 0; i < n && m[i].conf->priority > 0 && m[i].conf->priority == m[0].conf->priority; i++)
		;
	if (i == n)
		weigh_equal(m, n);
	else
		weigh_serial(m, n);
}

/* By weight among those of the lowest priority (RFC 2782). */
static void weigh_srv(struct algorithm_member *m, size_t n)
{
	int lowest = m[0].conf->priority;
	size_t i;

	for (i = 1; i < n; i++)
		if (m[i].conf->priority < lowest)
			lowest = m[i].conf->priority;
	weigh_by_weight(m, n);
	for (i = 0; i < n; i++)
		if (m[i].conf->priority != lowest)
			m[i].weight = 0;
}

/* The priority less what the latency takes from it, as Kamailio has it; in congestion control what exceeds the average. */
static long algorithm_latency_priority(const struct algorithm_member *m)
{
	long priority = m->conf->priority, ms = m->conf->attrs.cc == 1 ? m->latency_over_ms : m->latency_ms;

	if (priority <= 0 || ms <= priority)
		return priority;
	priority -= ms / priority;
	return priority < 1 ? 1 : priority;
}

/* In turns among those with the highest priority that is left. */
static void weigh_by_latency(struct algorithm_member *m, size_t n)
{
	long best = algorithm_latency_priority(&m[0]), one;
	size_t i;

	for (i = 1; i < n; i++) {
		one = algorithm_latency_priority(&m[i]);
		best = one > best ? one : best;
	}
	for (i = 0; i < n; i++)
		m[i].weight = algorithm_latency_priority(&m[i]) == best;
}

/* In turns, less ocrate percent; all equal where everybody takes nothing more. */
static void weigh_by_overload(struct algorithm_member *m, size_t n)
{
	__u32 sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		m[i].weight = 100 - (__u32)m[i].conf->attrs.ocrate;
		sum += m[i].weight;
	}
	if (!sum)
		weigh_equal(m, n);
}

static const struct algorithm algorithms[DS_ALGORITHM_MAX + 1] = {
	[DS_ALGORITHM_CALL_ID] = { "call-id", DS_PICK_HASH, NULL, weigh_by_weight },
	[DS_ALGORITHM_FROM_URI] = { "from-uri", DS_PICK_HASH, "from-uri", weigh_by_weight },
	[DS_ALGORITHM_TO_URI] = { "to-uri", DS_PICK_HASH, "to-uri", weigh_by_weight },
	[DS_ALGORITHM_REQUEST_URI] = { "request-uri", DS_PICK_HASH, "request-uri", weigh_by_weight },
	[DS_ALGORITHM_ROUND_ROBIN] = { "round-robin", DS_PICK_TURN, NULL, weigh_equal },
	[DS_ALGORITHM_AUTH_USER] = { "auth-user", DS_PICK_HASH, "auth-user", weigh_by_weight },
	[DS_ALGORITHM_RANDOM] = { "random", DS_PICK_RANDOM, NULL, weigh_equal },
	[DS_ALGORITHM_KEY] = { "key", DS_PICK_HASH, "", weigh_by_weight },
	[DS_ALGORITHM_SERIAL] = { "serial", DS_PICK_TURN, NULL, weigh_serial },
	[DS_ALGORITHM_WEIGHT] = { "weight", DS_PICK_TURN, NULL, weigh_by_weight },
	[DS_ALGORITHM_CALL_LOAD] = { "call-load", DS_PICK_LEAST, NULL, weigh_equal },
	[DS_ALGORITHM_RELATIVE_WEIGHT] = { "relative-weight", DS_PICK_TURN, NULL, weigh_by_rweight },
	[DS_ALGORITHM_PARALLEL] = { "parallel", DS_PICK_ALL, NULL, weigh_equal },
	[DS_ALGORITHM_LATENCY] = { "latency", DS_PICK_TURN, NULL, weigh_by_latency },
	[DS_ALGORITHM_ROUND_ROBIN_OR_SERIAL] = { "round-robin-or-serial", DS_PICK_TURN, NULL, weigh_turns_or_serial },
	[DS_ALGORITHM_SRV] = { "srv", DS_PICK_TURN, NULL, weigh_srv },
	[DS_ALGORITHM_OVERLOAD_RATE] = { "overload-rate", DS_PICK_TURN, NULL, weigh_by_overload },
};

const char *algorithm_name(enum ds_algorithm algorithm)
{
	return (unsigned int)algorithm <= DS_ALGORITHM_MAX ? algorithms[algorithm].name : NULL;
}

int algorithm_find(const char *text, enum ds_algorithm *algorithm)
{
	char number[12];
	int i;

	for (i = 0; i <= DS_ALGORITHM_MAX; i++) {
		snprintf(number, sizeof(number), "%d", i);
		if (!algorithms[i].name || (strcmp(text, algorithms[i].name) != 0 && strcmp(text, number) != 0))
			continue;
		*algorithm = i;
		return 0;
	}
	return -EINVAL;
}

enum ds_pick_kind algorithm_pick(enum ds_algorithm algorithm, enum ds_slot_rule rule)
{
	if (algorithms[algorithm].pick == DS_PICK_HASH && rule == DS_SLOT_KAMAILIO)
		return DS_PICK_MODULO;
	return algorithms[algorithm].pick;
}

int algorithm_keys(enum ds_algorithm algorithm, enum ds_slot_rule rule, const char *hash_key, bool user_only,
		   struct ds_key *key)
{
	const struct algorithm *a = &algorithms[algorithm];
	struct ds_key more[DS_KEYS_MAX] = { 0 };
	size_t n = 0, n_more = 0;
	int err = 0;

	memset(key, 0, DS_KEYS_MAX * sizeof(*key));
	if (a->key && *a->key)
		err = hash_key_add(key, &n, a->key);
	if (!err && hash_key && *hash_key)
		err = a->key ? hash_key_list(more, &n_more, hash_key) : -EINVAL;
	else if (a->key && !*a->key)
		err = -EINVAL;
	if (err)
		return err;
	if (n + n_more > DS_KEYS_MAX)
		return -ENOSPC;
	memcpy(key + n, more, n_more * sizeof(*more));
	n += n_more;
	if (user_only)
		hash_key_user_only(key, n);
	while (n-- && rule == DS_SLOT_KAMAILIO)
		if (key[n].kind == DS_KEY_SOURCE || key[n].kind == DS_KEY_SOURCE_IP)
			return -EOPNOTSUPP;
	return 0;
}

void algorithm_weigh(enum ds_algorithm algorithm, struct algorithm_member *m, size_t n)
{
	if (n)
		algorithms[algorithm].weigh(m, n);
}
