// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * algorithm_test.c - whom each algorithm picks from and how often, by hand-worked tables; names, numbers and keys.
 */
#include "test.h"

#include <errno.h>

#include "algorithm.h"
#include "hash_key.h"

#define MEMBERS 4

/* What is known of a member. */
enum { PRIORITY, WEIGHT, RWEIGHT, OCRATE, CC, LATENCY_MS, LATENCY_OVER_MS, WEIGH_COLUMNS };

/* Four members and the weights they get. */
static const struct weigh_row {
	const char *name;
	enum ds_algorithm algorithm;
	int m[MEMBERS][WEIGH_COLUMNS];
	__u32 want[MEMBERS];
} weigh_rows[] = {
	{ "call-id by weight", DS_ALGORITHM_CALL_ID, { { 0, 50 }, { 0, 25 }, { 0, 25 }, { 0 } }, { 50, 25, 25, 1 } },
	{ "from-uri without weights", DS_ALGORITHM_FROM_URI, { { 0 } }, { 1, 1, 1, 1 } },
	{ "round-robin ignores weights", DS_ALGORITHM_ROUND_ROBIN, { { 9, 50 }, { 0, 25 } }, { 1, 1, 1, 1 } },
	{ "random ignores weights", DS_ALGORITHM_RANDOM, { { 0, 50 }, { 0, 25 } }, { 1, 1, 1, 1 } },
	{ "serial: first of the highest", DS_ALGORITHM_SERIAL, { { 1 }, { 7 }, { 7 }, { 2 } }, { 0, 1, 0, 0 } },
	{ "serial: all alike", DS_ALGORITHM_SERIAL, { { 0 } }, { 1, 0, 0, 0 } },
	{ "serial: negative", DS_ALGORITHM_SERIAL, { { -3 }, { -2 }, { -5 }, { -2 } }, { 0, 1, 0, 0 } },
	{ "weight", DS_ALGORITHM_WEIGHT, { { 0, 100 }, { 0, 1 }, { 0, 33 }, { 0 } }, { 100, 1, 33, 1 } },
	{ "relative-weight",
	  DS_ALGORITHM_RELATIVE_WEIGHT,
	  { { 0, 9, 60 }, { 0, 9, 20 }, { 0, 9, 20 }, { 0, 9 } },
	  { 60, 20, 20, 1 } },
	{ "latency: all known",
	  DS_ALGORITHM_LATENCY,
	  { { 10, 0, 0, 0, 0, 20 }, { 10, 0, 0, 0, 0, 5 }, { 10, 0, 0, 0, 0, 90 }, { 9, 0, 0, 0, 0, 1 } },
	  { 0, 1, 0, 0 } },
	{ "latency: within the priority costs nothing",
	  DS_ALGORITHM_LATENCY,
	  { { 10, 0, 0, 0, 0, 10 }, { 10, 0, 0, 0, 0, 3 }, { 10, 0, 0, 0, 0, 11 }, { 8 } },
	  { 1, 1, 0, 0 } },
	{ "latency: no priority", DS_ALGORITHM_LATENCY, { { 0, 0, 0, 0, 0, 500 }, { 0 } }, { 1, 1, 1, 1 } },
	{ "latency: never below 1",
	  DS_ALGORITHM_LATENCY,
	  { { 2, 0, 0, 0, 0, 999 }, { 1 }, { 1 }, { 0 } },
	  { 1, 1, 1, 0 } },
	{ "latency: congestion",
	  DS_ALGORITHM_LATENCY,
	  { { 10, 0, 0, 0, 1, 900, 0 }, { 10, 0, 0, 0, 1, 60, 50 }, { 10, 0, 0, 0, 0, 60, 0 }, { 1 } },
	  { 1, 0, 0, 0 } },
	{ "turns or serial: turns", DS_ALGORITHM_ROUND_ROBIN_OR_SERIAL, { { 3 }, { 3 }, { 3 }, { 3 } }, { 1, 1, 1, 1 } },
	{ "turns or serial: priority 0", DS_ALGORITHM_ROUND_ROBIN_OR_SERIAL, { { 0 } }, { 1, 0, 0, 0 } },
	{ "turns or serial: serial",
	  DS_ALGORITHM_ROUND_ROBIN_OR_SERIAL,
	  { { 3 }, { 3 }, { 4 }, { 3 } },
	  { 0, 0, 1, 0 } },
	{ "srv: lowest priority by weight",
	  DS_ALGORITHM_SRV,
	  { { 1, 60 }, { 1, 40 }, { 2, 90 }, { 1 } },
	  { 60, 40, 0, 1 } },
	{ "srv: lowest comes last", DS_ALGORITHM_SRV, { { 9, 60 }, { 9, 40 }, { 9, 90 }, { 3 } }, { 0, 0, 0, 1 } },
	{ "overload-rate",
	  DS_ALGORITHM_OVERLOAD_RATE,
	  { { 0, 0, 0, 25 }, { 0, 0, 0, 100 }, { 0 }, { 0, 0, 0, 1 } },
	  { 75, 0, 100, 99 } },
	{ "overload-rate: everybody full",
	  DS_ALGORITHM_OVERLOAD_RATE,
	  { { 0, 0, 0, 100 }, { 0, 0, 0, 100 }, { 0, 0, 0, 100 }, { 0, 0, 0, 100 } },
	  { 1, 1, 1, 1 } },
};

static void weights_are(void **state)
{
	const struct weigh_row *row = *state;
	struct algorithm_member m[MEMBERS] = { 0 };
	struct ds_config conf[MEMBERS] = { 0 };
	size_t i;

	for (i = 0; i < MEMBERS; i++) {
		conf[i].priority = row->m[i][PRIORITY];
		conf[i].attrs.weight = row->m[i][WEIGHT];
		conf[i].attrs.rweight = row->m[i][RWEIGHT];
		conf[i].attrs.ocrate = row->m[i][OCRATE];
		conf[i].attrs.cc = row->m[i][CC];
		m[i] = (struct algorithm_member){ &conf[i], (__u32)row->m[i][LATENCY_MS],
						  (__u32)row->m[i][LATENCY_OVER_MS], 77 };
	}
	algorithm_weigh(row->algorithm, m, MEMBERS);
	for (i = 0; i < MEMBERS; i++)
		check_int("weight", m[i].weight, row->want[i]);
	algorithm_weigh(row->algorithm, m, 0);
}

/* Whoever is alone is picked from, whatever its attributes. */
static void alone_is_picked(void **state)
{
	struct ds_config conf = { .priority = -1, .attrs.ocrate = 100 };
	struct algorithm_member m = { &conf, 5000, 4000, 0 };
	int i;

	(void)state;
	for (i = 0; i <= DS_ALGORITHM_MAX; i++) {
		if (!algorithm_name(i))
			continue;
		algorithm_weigh(i, &m, 1);
		check_true(algorithm_name(i), m.weight > 0);
	}
}

static const struct name_row {
	const char *text;
	int number; /* -1: none */
} name_rows[] = {
	{ "call-id", 0 },
	{ "0", 0 },
	{ "from-uri", 1 },
	{ "to-uri", 2 },
	{ "request-uri", 3 },
	{ "round-robin", 4 },
	{ "auth-user", 5 },
	{ "random", 6 },
	{ "key", 7 },
	{ "serial", 8 },
	{ "weight", 9 },
	{ "relative-weight", 11 },
	{ "latency", 13 },
	{ "14", 14 },
	{ "round-robin-or-serial", 14 },
	{ "srv", 15 },
	{ "overload-rate", 64 },
	{ "64", 64 },
	{ "10", 10 },
	{ "call-load", 10 },
	{ "parallel", 12 },
	{ "16", -1 },
	{ "65", -1 },
	{ "-1", -1 },
	{ "", -1 },
	{ "Call-ID", -1 },
	{ "04", -1 },
};

static void names_are_found(void **state)
{
	enum ds_algorithm a = DS_ALGORITHM_CALL_ID;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < TEST_COUNT(name_rows); i++) {
		err = algorithm_find(name_rows[i].text, &a);
		check_int(name_rows[i].text, err ? -1 : (int)a, name_rows[i].number);
	}
	check_int("kamailio's rule", algorithm_pick(DS_ALGORITHM_FROM_URI, DS_SLOT_KAMAILIO), DS_PICK_MODULO);
	check_int("turns by it", algorithm_pick(DS_ALGORITHM_ROUND_ROBIN, DS_SLOT_KAMAILIO), DS_PICK_TURN);
	assert_null(algorithm_name(16));
	assert_null(algorithm_name(65));
}

/* An algorithm, a list of keys, and the kinds that come of it. */
static const struct key_row {
	const char *name;
	enum ds_algorithm algorithm;
	const char *list;
	int user_only;
	int err;
	__u8 kind[DS_KEYS_MAX];
} key_rows[] = {
	{ "call-id", DS_ALGORITHM_CALL_ID, "", 0, 0, { 0 } },
	{ "call-id with a key", DS_ALGORITHM_CALL_ID, "source", 0, -EINVAL, { 0 } },
	{ "from-uri", DS_ALGORITHM_FROM_URI, "", 0, 0, { DS_KEY_FROM_URI } },
	{ "from-uri, user only", DS_ALGORITHM_FROM_URI, "", 1, 0, { DS_KEY_FROM_USER } },
	{ "auth-user", DS_ALGORITHM_AUTH_USER, "", 0, 0, { DS_KEY_CREDENTIALS, DS_KEY_CREDENTIALS } },
	{ "with another after it",
	  DS_ALGORITHM_AUTH_USER,
	  "from-user,source",
	  0,
	  0,
	  { DS_KEY_CREDENTIALS, DS_KEY_CREDENTIALS, DS_KEY_FROM_USER, DS_KEY_SOURCE } },
	{ "one too many", DS_ALGORITHM_AUTH_USER, "from-user,source,to-uri", 0, -ENOSPC, { 0 } },
	{ "five", DS_ALGORITHM_KEY, "from-user,source,to-uri,to-user,request-uri", 0, -ENOSPC, { 0 } },
	{ "key without one", DS_ALGORITHM_KEY, "", 0, -EINVAL, { 0 } },
	{ "key",
	  DS_ALGORITHM_KEY,
	  "header:X-Account,to-uri,source-ip",
	  1,
	  0,
	  { DS_KEY_HEADER, DS_KEY_TO_USER, DS_KEY_SOURCE_IP } },
	{ "empty name", DS_ALGORITHM_KEY, "source,", 0, -EINVAL, { 0 } },
	{ "unknown name", DS_ALGORITHM_KEY, "destination", 0, -EINVAL, { 0 } },
	{ "header without a name", DS_ALGORITHM_KEY, "header:", 0, -EINVAL, { 0 } },
	{ "header with a blank", DS_ALGORITHM_KEY, "header:X Account", 0, -EINVAL, { 0 } },
	{ "header of 24", DS_ALGORITHM_KEY, "header:X-Abcdefghijklmnopqrstuv", 0, 0, { DS_KEY_HEADER } },
	{ "parameter", DS_ALGORITHM_KEY, "parameter:X-Acct,source", 0, 0, { DS_KEY_PARAMETER, DS_KEY_SOURCE } },
	{ "parameter without a name", DS_ALGORITHM_KEY, "parameter:", 0, -EINVAL, { 0 } },
	{ "header of 25", DS_ALGORITHM_KEY, "header:X-Abcdefghijklmnopqrstuvw", 0, -EINVAL, { 0 } },
	{ "a name far too long",
	  DS_ALGORITHM_KEY,
	  "header:X-Abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz,source",
	  0,
	  -EINVAL,
	  { 0 } },
	{ "turns hash nothing", DS_ALGORITHM_ROUND_ROBIN, "source", 0, -EINVAL, { 0 } },
	{ "turns", DS_ALGORITHM_ROUND_ROBIN, "", 0, 0, { 0 } },
};

static void keys_are(void **state)
{
	const struct key_row *row = *state;
	struct ds_key key[DS_KEYS_MAX];
	int i;

	memset(key, 0xee, sizeof(key));
	check_int("algorithm_keys", algorithm_keys(row->algorithm, DS_SLOT_CONSISTENT, row->list, row->user_only, key),
		  row->err);
	for (i = 0; !row->err && i < DS_KEYS_MAX; i++)
		check_int("kind", key[i].kind, row->kind[i]);
}

static void names_come_back(void **state)
{
	static const char *const names[] = { "call-id",
					     "from-uri",
					     "from-user",
					     "to-uri",
					     "to-user",
					     "request-uri",
					     "request-user",
					     "source-ip",
					     "source",
					     "header:x-account",
					     "header:abcdefghijklmnopqrstuvwx",
					     "parameter:abcdefghijklmnopqrstuvwx",
					     "auth-user" };
	char buf[HASH_KEY_NAME_SIZE];
	struct ds_key key[DS_KEYS_MAX];
	size_t i, n;

	(void)state;
	for (i = 0; i < TEST_COUNT(names); i++) {
		check_int(names[i], hash_key_list(key, &n, names[i]), 0);
		check_str(names[i], hash_key_name(key, buf), names[i]);
	}
	check_int("upper case", hash_key_list(key, &n, "header:Contact"), 0);
	check_str("upper case", hash_key_name(key, buf), "header:contact");
	check_int("compact form", key->compact, 'm');
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "weigh", weights_are, weigh_rows);
	test_rows(&tests, "keys", keys_are, key_rows);
	test_add(&tests, "alone is picked", alone_is_picked, NULL);
	test_add(&tests, "names are found", names_are_found, NULL);
	test_add(&tests, "names come back", names_come_back, NULL);
	return test_run(&tests, "algorithm");
}
