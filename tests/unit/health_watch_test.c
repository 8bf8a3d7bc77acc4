// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * health_watch_test.c - what windows of traffic say of a member, and how long it is held down by them.
 */
#include "test.h"

#include "health.h"

#define SECOND 1000000000ull
#define WINDOW (10 * SECOND)
#define ID 0x1234567890abcdefull

/* Totals at the end of a window that began at {100, 90, 80, 5}; 3 requests conclude, 50 percent is failing. */
static const struct window_row {
	const char *name;
	struct health_traffic end;
	enum ds_health health;
	enum health_cause cause; /* of that health */
	bool learnt;		 /* at the end of the window, or half a window later */
	enum health_cause want;
} windows[] = {
	{ "nothing", { 100, 90, 80, 5 }, DS_HEALTH_UP, 0, false, 0 },
	{ "silent", { 103, 90, 80, 5 }, DS_HEALTH_UP, 0, true, HEALTH_SILENT },
	{ "silent while unknown", { 103, 90, 80, 5 }, DS_HEALTH_UNKNOWN, 0, true, HEALTH_SILENT },
	{ "silent, too few", { 102, 90, 80, 5 }, DS_HEALTH_UP, 0, false, 0 },
	{ "one provisional", { 103, 91, 80, 5 }, DS_HEALTH_UP, 0, false, 0 },
	{ "half fail", { 104, 94, 84, 7 }, DS_HEALTH_UP, 0, true, HEALTH_FAILING },
	{ "less than half", { 105, 95, 85, 7 }, DS_HEALTH_UP, 0, false, 0 },
	{ "fail, too few", { 102, 92, 82, 7 }, DS_HEALTH_UP, 0, false, 0 },
	{ "all fail", { 103, 93, 83, 8 }, DS_HEALTH_TRYING, HEALTH_FAILING, true, HEALTH_FAILING },
	{ "good again after silence", { 103, 93, 83, 5 }, DS_HEALTH_TRYING, HEALTH_SILENT, true, HEALTH_TRAFFIC_OK },
	{ "good again after failures", { 105, 95, 85, 7 }, DS_HEALTH_TRYING, HEALTH_FAILING, true, HEALTH_TRAFFIC_OK },
	{ "good again, too few", { 102, 92, 82, 5 }, DS_HEALTH_TRYING, HEALTH_SILENT, false, 0 },
	{ "good, but pings failed", { 103, 93, 83, 5 }, DS_HEALTH_TRYING, HEALTH_PING_TIMEOUT, false, 0 },
	{ "good and up", { 103, 93, 83, 5 }, DS_HEALTH_UP, 0, false, 0 },
	{ "silent while down", { 200, 90, 80, 5 }, DS_HEALTH_DOWN, HEALTH_SILENT, false, 0 },
	{ "good while down", { 200, 190, 180, 5 }, DS_HEALTH_DOWN, HEALTH_SILENT, false, 0 },
	{ "requests went back", { 3, 90, 80, 5 }, DS_HEALTH_UP, 0, false, 0 },
	{ "responses went back", { 200, 10, 80, 5 }, DS_HEALTH_UP, 0, false, 0 },
	{ "finals went back", { 200, 190, 10, 5 }, DS_HEALTH_UP, 0, false, 0 },
	{ "failures went back", { 200, 190, 180, 0 }, DS_HEALTH_TRYING, HEALTH_SILENT, false, 0 },
};

static const struct health_traffic window_start = { 100, 90, 80, 5 };
static const struct health_conf passive = {
	.rise = 1, .fall = 3, .passive_requests = 3, .passive_window_ms = 10000, .passive_fail_percent = 50
};

/* A record whose window begins at now. */
static struct ds_runtime begin_window(enum ds_health health, enum health_cause cause, uint64_t now)
{
	struct ds_runtime r = { .id = ID, .health = DS_HEALTH_UP };
	enum health_cause learnt;

	check_true("first look", !health_watch(&r, &passive, &window_start, now, &learnt));
	r.health = health;
	r.cause = cause;
	return r;
}

static void window_is_judged(void **state)
{
	const struct window_row *row = *state;
	struct ds_runtime r = begin_window(row->health, row->cause, SECOND);
	enum health_cause cause = HEALTH_CAUSES;
	uint64_t end = SECOND + WINDOW;
	bool learnt;

	check_true("before its end", !health_watch(&r, &passive, &window_start, end - 1, &cause));
	learnt = health_watch(&r, &passive, &row->end, end, &cause);
	if (row->want == HEALTH_SILENT) {
		check_true("silence is given more time", !learnt);
		check_true("all of it", !health_watch(&r, &passive, &row->end, end + WINDOW / 2 - 1, &cause));
		end += WINDOW / 2;
		learnt = health_watch(&r, &passive, &row->end, end, &cause);
	}
	check_int("learnt", learnt, row->learnt);
	if (learnt)
		check_int("cause", cause, row->want);
	check_int("next window", r.window_ns, end);
	check_int("next window's requests", r.window_requests, row->end.requests);
	check_int("next window's failures", r.window_failures, row->end.failures);
	check_int("at rest", r.seq & 1, 0);
}

static void late_answers_break_the_silence(void **state)
{
	struct ds_runtime r = begin_window(DS_HEALTH_UP, 0, SECOND);
	struct health_traffic t = { 110, 90, 80, 5 };
	enum health_cause cause;

	(void)state;
	check_true("end", !health_watch(&r, &passive, &t, SECOND + WINDOW, &cause));
	t.responses++;
	check_true("one answer", !health_watch(&r, &passive, &t, SECOND + WINDOW + 1, &cause));
	check_int("next window", r.window_ns, SECOND + WINDOW + 1);
}

static void clock_may_go_back(void **state)
{
	struct ds_runtime r = begin_window(DS_HEALTH_UP, 0, 100 * SECOND);
	struct health_traffic t = { 110, 90, 80, 5 };
	enum health_cause cause;

	(void)state;
	check_true("before it began", !health_watch(&r, &passive, &t, SECOND, &cause));
	check_int("begins anew", r.window_ns, SECOND);
	t.requests += 10;
	check_true("end", !health_watch(&r, &passive, &t, SECOND + WINDOW, &cause));
	check_true("back within the extra time", !health_watch(&r, &passive, &t, 2 * SECOND, &cause));
	check_int("begins anew again", r.window_ns, 2 * SECOND);
	check_int("not late any more", r.window_late_ns, 0);
}

static void doubt_breaks_the_run(void **state)
{
	struct ds_runtime r = begin_window(DS_HEALTH_UP, 0, SECOND);
	struct health_traffic t = { 110, 100, 90, 15 };
	enum health_cause cause;
	enum ds_health was;

	(void)state;
	check_true("failing", health_watch(&r, &passive, &t, SECOND + WINDOW, &cause));
	check_true("trying", health_learn(&r, &passive, cause, 0, SECOND + WINDOW, &was));
	check_true("a ping does not lift it", !health_learn(&r, &passive, HEALTH_PING_OK, 200, 12 * SECOND, &was));
	check_true("no traffic", !health_watch(&r, &passive, &t, SECOND + 2 * WINDOW, &cause));
	check_true("now a ping lifts it", health_learn(&r, &passive, HEALTH_PING_OK, 200, 22 * SECOND, &was));
	check_int("up", r.health, DS_HEALTH_UP);
}

static void turned_off_forgets(void **state)
{
	const struct health_conf off = { .rise = 1, .fall = 3 };
	struct ds_runtime r = begin_window(DS_HEALTH_UP, 0, SECOND);
	struct health_traffic t = { 200, 90, 80, 5 };
	enum health_cause cause;
	enum ds_health was;

	(void)state;
	check_true("trying", health_learn(&r, &passive, HEALTH_SILENT, 0, 2 * SECOND, &was));
	check_true("off", !health_watch(&r, &off, &t, SECOND + 3 * WINDOW, &cause));
	check_true("a ping lifts it", health_learn(&r, &off, HEALTH_PING_OK, 200, 40 * SECOND, &was));
	check_true("on again: first look", !health_watch(&r, &passive, &t, SECOND + 5 * WINDOW, &cause));
}

/* Down by two windows at the time that is given, after it was picked from. Returns what became of it. */
static enum ds_health fail_by_traffic(struct ds_runtime *r, const struct health_conf *c, uint64_t now)
{
	enum ds_health was;

	check_true("a bad window", health_learn(r, c, HEALTH_SILENT, 0, now - SECOND, &was));
	check_true("a second one", health_learn(r, c, HEALTH_SILENT, 0, now, &was));
	return r->health;
}

static void held_down(void **state)
{
	static const struct health_conf c = {
		.rise = 2, .fall = 2, .passive_requests = 3, .passive_window_ms = 10000, .passive_hold_ms = 4000
	};
	static const unsigned int holds[] = { 4, 8, 16, 32, 64, 64, 64 };
	struct ds_runtime r = { .id = ID, .health = DS_HEALTH_UP };
	const struct health_conf off = { .rise = 2, .fall = 2, .passive_hold_ms = 4000 };
	struct health_traffic t = { 10, 10, 10, 0 };
	enum health_cause cause;
	uint64_t now = 100 * SECOND, end;
	enum ds_health was;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(holds) / sizeof(*holds); i++, now = end + SECOND) {
		check_int("down", fail_by_traffic(&r, &c, now), DS_HEALTH_DOWN);
		end = now + holds[i] * SECOND;
		check_int("held until", health_held_ns(&r, &c), end);
		check_true("one ping", !health_learn(&r, &c, HEALTH_PING_OK, 200, now + 1, &was));
		check_true("a second one", !health_learn(&r, &c, HEALTH_PING_OK, 200, end - 1, &was));
		if (i == 1)
			check_true("not once it is off", health_held_ns(&r, &off) == 0);
		check_true("the next one", health_learn(&r, &c, HEALTH_PING_OK, 200, end, &was));
		check_int("up", r.health, DS_HEALTH_UP);
		check_int("not held", health_held_ns(&r, &c), 0);
	}
	r.holds = 2;
	for (i = 0; i < 4; i++) {
		health_watch(&r, &c, &t, now += WINDOW, &cause);
		t = (struct health_traffic){ t.requests + 10, t.responses + 10, t.finals + 10, t.failures };
	}
	check_int("good windows make up for it", r.holds, 0);
	check_int("down again", fail_by_traffic(&r, &c, now), DS_HEALTH_DOWN);
	check_int("held as at first", health_held_ns(&r, &c), now + 4 * SECOND);
	check_true("an operator", health_set(&r, DS_HEALTH_UP, HEALTH_OPERATOR, now, &was));
	check_int("forgets", r.holds, 0);
}

static void pings_hold_nobody(void **state)
{
	static const struct health_conf c = { .rise = 1, .fall = 1, .passive_requests = 3, .passive_hold_ms = 4000 };
	struct ds_runtime r = { .id = ID, .health = DS_HEALTH_UP };
	enum ds_health was;

	(void)state;
	check_true("down", health_learn(&r, &c, HEALTH_PING_TIMEOUT, 0, SECOND, &was));
	check_true("up", health_learn(&r, &c, HEALTH_PING_OK, 200, SECOND + 1, &was));
}

static void share_of_nothing_is_not_judged(void **state)
{
	struct health_conf c = passive;
	struct ds_runtime r = begin_window(DS_HEALTH_UP, 0, SECOND);
	struct health_traffic t = { 110, 100, 90, 15 };
	enum health_cause cause;

	(void)state;
	c.passive_fail_percent = 0;
	check_true("failures", !health_watch(&r, &c, &t, SECOND + WINDOW, &cause));
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "window", window_is_judged, windows);
	test_add(&tests, "window: late answers break the silence", late_answers_break_the_silence, NULL);
	test_add(&tests, "window: the clock may go back", clock_may_go_back, NULL);
	test_add(&tests, "window: doubt breaks the run", doubt_breaks_the_run, NULL);
	test_add(&tests, "window: turned off forgets", turned_off_forgets, NULL);
	test_add(&tests, "window: no share, no judgement", share_of_nothing_is_not_judged, NULL);
	test_add(&tests, "held down", held_down, NULL);
	test_add(&tests, "pings hold nobody", pings_hold_nobody, NULL);
	return test_run(&tests, "health_watch");
}
