// SPDX-License-Identifier: GPL-2.0-or-later
/* ds_store_test.c - the word of a stored request: destinations tried, what they answered, what follows from it. */
#include "test.h"

#include "ds_store.h"

#define MS 1000000ull
#define F (DS_STORED_FINAL)
#define T (DS_STORED_TRYING)
#define R (DS_STORED_RINGING)
#define C (DS_STORED_CANCELLED)

static const struct ds_failover conf = {
	.code = { 500, 503 }, .timeout = 1, .timeout_ms = 2000, .timeout_100_ms = 10000, .tries = 3
};

/* With the destinations 5, then 6, then 7. */
static __u64 tried(int n)
{
	__u64 val = 5;

	return n == 1 ? val : n == 2 ? ds_stored_moved(val, 6) : ds_stored_moved(ds_stored_moved(val, 6), 7);
}

static void destinations(void **state)
{
	__u64 val = 0;
	__u32 i;

	(void)state;
	for (i = 0; i < DS_FAILOVER_TRIES; i++) {
		check_int("tries", ds_stored_tries(val), i);
		val = ds_stored_moved(val | DS_STORED_TRYING, 0x7fff - i);
		check_int("last", ds_stored_last(val), 0x7fff - i);
		check_int("flags", (val & DS_STORED_FLAGS) != 0, 0);
	}
	for (i = 0; i < DS_FAILOVER_TRIES; i++)
		check_int("tried", ds_stored_tried(val, 0x7fff - i), 1);
	check_int("not tried", ds_stored_tried(val, 3), 0);
	check_int("full", ds_stored_open(val, DS_FAILOVER_TRIES), 0);
}

struct answer_row {
	const char *name;
	int tries;
	__u64 flags;
	__u32 method;
	__u32 dest;
	__u32 status;
	int want;
	__u64 flags_after;
};

static const struct answer_row answer_rows[] = {
	{ "100", 1, 0, SIP_METHOD_INVITE, 5, 100, DS_STORED_PASS, T },
	{ "180", 1, T, SIP_METHOD_INVITE, 5, 180, DS_STORED_PASS, T | R },
	{ "200", 1, T | R, SIP_METHOD_INVITE, 5, 200, DS_STORED_PASS, F },
	{ "500", 1, 0, SIP_METHOD_INVITE, 5, 500, DS_STORED_FAILED, 0 },
	{ "503 while it rings", 2, R, SIP_METHOD_INVITE, 6, 503, DS_STORED_FAILED, R },
	{ "486, which is not listed", 1, 0, SIP_METHOD_INVITE, 5, 486, DS_STORED_PASS, F },
	{ "500 of the last", 3, 0, SIP_METHOD_INVITE, 7, 500, DS_STORED_PASS, F },
	{ "500 after CANCEL", 1, C, SIP_METHOD_INVITE, 5, 500, DS_STORED_PASS, C | F },
	{ "500 again", 1, F, SIP_METHOD_INVITE, 5, 500, DS_STORED_PASS, F },
	{ "500 from who knows where", 1, 0, SIP_METHOD_INVITE, 0, 500, DS_STORED_FAILED, 0 },
	{ "late 500", 2, 0, SIP_METHOD_INVITE, 5, 500, DS_STORED_LATE, 0 },
	{ "late 486", 2, F, SIP_METHOD_INVITE, 5, 486, DS_STORED_LATE, F },
	{ "late 100", 2, 0, SIP_METHOD_INVITE, 5, 100, DS_STORED_PASS, 0 },
	{ "late 200", 2, T, SIP_METHOD_INVITE, 5, 200, DS_STORED_ANSWERED, F },
	{ "487 after our 408", 2, F | T, SIP_METHOD_INVITE, 6, 487, DS_STORED_LATE, F | T },
	{ "200 after our 408", 2, F | T, SIP_METHOD_INVITE, 6, 200, DS_STORED_ANSWERED, F },
	{ "200 to the client's CANCEL", 2, C, SIP_METHOD_CANCEL, 6, 200, DS_STORED_PASS, C },
	{ "200 to our CANCEL", 2, 0, SIP_METHOD_CANCEL, 5, 200, DS_STORED_LATE, 0 },
};

static void answers(void **state)
{
	const struct answer_row *row = *state;
	__u64 val = tried(row->tries) | row->flags;

	check_int("what it is", ds_stored_response(&conf, &val, row->method, SIP_METHOD_INVITE, row->dest, row->status),
		  row->want);
	check_int("flags", val >> 60, row->flags_after >> 60);
	check_int("destinations", (val & ~DS_STORED_FLAGS) == tried(row->tries), 1);
}

struct silence_row {
	const char *name;
	__u64 flags;
	__u64 sent_ms;
	__u64 heard_ms;
	int want;
};

/* At 100,000 ms. */
static const struct silence_row silence_rows[] = {
	{ "just sent", 0, 100000, 100000, 0 }, { "in the time", 0, 98001, 0, 0 },
	{ "silent", 0, 98000, 0, 1 },	       { "by a clock that is behind", 0, 100001, 0, 0 },
	{ "tries", T, 91000, 90001, 0 },       { "tries for too long", T, 89000, 90000, 1 },
	{ "rings", T | R, 10, 10, 0 },	       { "answered", F, 10, 10, 0 },
	{ "cancelled", C, 10, 10, 0 },
};

static void silence(void **state)
{
	const struct silence_row *row = *state;
	struct ds_failover quiet = conf;

	check_int("silent",
		  ds_stored_silent(&conf, tried(1) | row->flags, row->sent_ms * MS, row->heard_ms * MS, 100000 * MS),
		  row->want);
	quiet.timeout = 0;
	check_int("where it does not count",
		  ds_stored_silent(&quiet, tried(1) | row->flags, row->sent_ms * MS, row->heard_ms * MS, 100000 * MS),
		  0);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "destinations", destinations, NULL);
	test_rows(&tests, "answer", answers, answer_rows);
	test_rows(&tests, "silence", silence, silence_rows);
	return test_run(&tests, "ds_store");
}
