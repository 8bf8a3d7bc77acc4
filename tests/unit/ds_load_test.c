// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ds_load_test.c - when a call counts for its destination: what passes the box, one message after the other, and the
 * calls that the destination has after each.
 */
#include "test.h"

#include "ds_calls.h"
#include "ds_pick.h"

#define NOW 1000u
#define A 11u /* tags, folded, of the dialogs of a call that forks */
#define B 22u

enum step_kind { END = 0, REQUEST, RESPONSE, HANG_UP };

struct step {
	enum step_kind kind;
	__u32 method; /* of a request INVITE: one that forms a dialog; OTHER: any other */
	__u32 cseq;
	__u32 status;
	__u32 tag;
	int load; /* after it */
};

#define ASK(cseq, load)                                      \
	{                                                    \
		REQUEST, SIP_METHOD_INVITE, cseq, 0, 0, load \
	}
#define ASK_OTHER(load)                                  \
	{                                                \
		REQUEST, SIP_METHOD_OTHER, 9, 0, 0, load \
	}
#define ANSWER(method, cseq, status, tag, load)                        \
	{                                                              \
		RESPONSE, SIP_METHOD_##method, cseq, status, tag, load \
	}
#define BYE_BACK(tag, load)                              \
	{                                                \
		HANG_UP, SIP_METHOD_BYE, 1, 0, tag, load \
	}

#define UP ASK(1, 1), ANSWER(INVITE, 1, 180, A, 1), ANSWER(INVITE, 1, 200, A, 1)

static const struct flow_row {
	const char *name;
	__u32 state; /* at the end */
	struct step step[10];
} flows[] = {
	{ "caller hangs up", DS_CALL_OVER, { UP, ANSWER(BYE, 2, 200, A, 0) } },
	{ "callee hangs up", DS_CALL_OVER, { UP, BYE_BACK(A, 0) } },
	{ "both at once", DS_CALL_OVER, { UP, BYE_BACK(A, 0), ANSWER(BYE, 2, 200, A, 0), BYE_BACK(A, 0) } },
	{ "BYE to somebody who knows no call", DS_CALL_OVER, { UP, ANSWER(BYE, 2, 481, A, 0) } },
	{ "everything twice",
	  DS_CALL_OVER,
	  { ASK(1, 1), ASK(1, 1), ANSWER(INVITE, 1, 200, A, 1), ANSWER(INVITE, 1, 200, A, 1), ASK(1, 1),
	    ANSWER(BYE, 2, 200, A, 0), ANSWER(BYE, 2, 200, A, 0) } },
	{ "200 again after the BYE", DS_CALL_OVER, { UP, ANSWER(BYE, 2, 200, A, 0), ANSWER(INVITE, 1, 200, A, 0) } },
	{ "INVITE again after the BYE", DS_CALL_OVER, { UP, BYE_BACK(A, 0), ASK(1, 0) } },
	{ "busy", DS_CALL_ENDING, { ASK(1, 1), ANSWER(INVITE, 1, 180, A, 1), ANSWER(INVITE, 1, 486, A, 0) } },
	{ "busy, all again",
	  DS_CALL_ENDING,
	  { ASK(1, 1), ANSWER(INVITE, 1, 486, A, 0), ASK(1, 0), ANSWER(INVITE, 1, 486, A, 0),
	    ANSWER(INVITE, 1, 180, A, 0) } },
	{ "cancelled",
	  DS_CALL_ENDING,
	  { ASK(1, 1), ANSWER(INVITE, 1, 180, A, 1), ANSWER(CANCEL, 1, 200, A, 1), ANSWER(INVITE, 1, 487, A, 0) } },
	{ "cancelled before it rings",
	  DS_CALL_ENDING,
	  { ASK(1, 1), ANSWER(INVITE, 1, 100, 0, 1), ANSWER(CANCEL, 1, 200, A, 1), ANSWER(INVITE, 1, 487, A, 0) } },
	{ "200 crosses the CANCEL",
	  DS_CALL_OVER,
	  { ASK(1, 1), ANSWER(CANCEL, 1, 200, A, 1), ANSWER(INVITE, 1, 200, A, 1), ANSWER(BYE, 2, 200, A, 0) } },
	{ "401, then with credentials",
	  DS_CALL_CONFIRMED,
	  { ASK(1, 1), ANSWER(INVITE, 1, 401, A, 0), ASK(2, 1), ANSWER(INVITE, 2, 180, A, 1),
	    ANSWER(INVITE, 2, 200, A, 1) } },
	{ "the 401 comes again after the second INVITE",
	  DS_CALL_CONFIRMED,
	  { ASK(1, 1), ANSWER(INVITE, 1, 401, A, 0), ASK(2, 1), ANSWER(INVITE, 1, 401, A, 1),
	    ANSWER(INVITE, 2, 200, A, 1) } },
	{ "the second INVITE before the 401 was seen",
	  DS_CALL_ENDING,
	  { ASK(1, 1), ASK(2, 1), ANSWER(INVITE, 1, 401, A, 1), ANSWER(INVITE, 2, 403, A, 0) } },
	{ "re-INVITE refused", DS_CALL_CONFIRMED, { UP, ASK_OTHER(1), ANSWER(INVITE, 2, 488, A, 1) } },
	{ "PRACK, UPDATE, INFO", DS_CALL_CONFIRMED, { UP, ASK_OTHER(1), ANSWER(OTHER, 9, 200, A, 1) } },
	{ "fork: the second is hung up",
	  DS_CALL_OVER,
	  { UP, ANSWER(INVITE, 1, 200, B, 1), ANSWER(BYE, 2, 200, B, 1), ANSWER(BYE, 2, 200, B, 1),
	    ANSWER(INVITE, 1, 200, A, 1), ANSWER(BYE, 3, 200, A, 0) } },
	{ "fork: the first is hung up",
	  DS_CALL_OVER,
	  { UP, ANSWER(INVITE, 1, 200, B, 1), ANSWER(INVITE, 1, 200, A, 1), ANSWER(BYE, 2, 200, A, 1), BYE_BACK(A, 1),
	    ANSWER(BYE, 3, 200, B, 0) } },
	{ "fork: callees hang up", DS_CALL_OVER, { UP, ANSWER(INVITE, 1, 200, B, 1), BYE_BACK(B, 1), BYE_BACK(A, 0) } },
	{ "no call", DS_CALL_ENDING, { ASK_OTHER(0), ANSWER(OPTIONS, 9, 200, A, 0) } },
	{ "INVITE with the Call-ID of an OPTIONS", DS_CALL_NEW, { ASK_OTHER(0), ASK(1, 1) } },
	{ "a call that was up before us",
	  DS_CALL_OVER,
	  { ASK_OTHER(0), ANSWER(INVITE, 5, 200, A, 1), ANSWER(BYE, 6, 200, A, 0) } },
	{ "BYE of a call that is not known", DS_CALL_OVER, { ASK_OTHER(0), ANSWER(BYE, 6, 200, A, 0) } },
};

static __u64 step(__u64 val, const struct step *s, __u32 now)
{
	struct ds_call_answer a = { s->method, s->status, s->cseq, s->tag };
	int invite = s->method == SIP_METHOD_INVITE;

	if (s->kind == RESPONSE)
		return ds_call_answered(val, &a, now);
	if (s->kind == HANG_UP)
		return DS_CALL_STATE(val) == DS_CALL_OVER ? val : ds_call_hung_up(val, s->tag, now);
	return val ? ds_call_requested(val, invite, s->cseq, now) : ds_call_new(77, 5, invite, s->cseq, now);
}

static void counts(void **state)
{
	const struct flow_row *row = *state;
	__u64 val = 0, next;
	int i, load = 0;
	char name[32];

	for (i = 0; i < (int)TEST_COUNT(row->step) && row->step[i].kind != END; i++) {
		next = step(val, &row->step[i], NOW + (__u32)i);
		load += ds_call_gain(val, next);
		val = next;
		snprintf(name, sizeof(name), "calls after step %d", i);
		check_int(name, load, row->step[i].load);
		check_int("destination", DS_CALL_DEST(val), 77);
		check_int("serial", DS_CALL_SERIAL(val), 5);
	}
	check_int("state", DS_CALL_STATE(val), row->state);
}

/* An entry that gives way takes its count with it. */
static void what_gives_way_is_told(void **state)
{
	struct ds_call_bucket bucket = { 0 };
	struct ds_call_entered e = { 0 };
	unsigned int i;
	int load = 0;

	(void)state;
	for (i = 0; i < 3 * DS_CALLS_WAYS; i++) {
		e = ds_call_insert(&bucket, i + 1, ds_call_new(77, 5, 1, 1, NOW), NOW, 100);
		load += ds_call_gain(e.gone, e.val);
		check_int("ours", e.won, 1);
		check_int("calls", load, i < DS_CALLS_WAYS ? i + 1 : DS_CALLS_WAYS);
	}
	e = ds_call_insert(&bucket, i, ds_call_new(78, 5, 1, 1, NOW), NOW, 100);
	check_int("who was first", e.won, 0);
	check_int("its destination", DS_CALL_DEST(e.val), 77);
	check_int("nothing gave way", e.gone, 0);
}

static const struct less_row {
	const char *name;
	__s64 has;
	__s32 max;
	int is_call;
	__s64 least;
	int want;
} lesses[] = {
	{ "fewer", 3, 0, 1, 4, 1 },
	{ "as many", 4, 0, 1, 4, 0 },
	{ "more", 5, 0, 1, 4, 0 },
	{ "one place left", 3, 4, 1, 9, 1 },
	{ "full", 4, 4, 1, 9, 0 },
	{ "full, but no call", 4, 4, 0, 9, 1 },
	{ "gets no call", 0, -1, 1, 9, 0 },
	{ "below 0 is none", -2, 0, 1, 1, 1 },
	{ "below 0 is not better than none", -2, 0, 1, 0, 0 },
};

static void compares(void **state)
{
	const struct less_row *row = *state;

	check_int("less", ds_pick_is_less(row->has, row->max, row->is_call, row->least), row->want);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "counts", counts, flows);
	test_rows(&tests, "less", compares, lesses);
	test_add(&tests, "what gives way is told", what_gives_way_is_told, NULL);
	return test_run(&tests, "ds_load");
}
