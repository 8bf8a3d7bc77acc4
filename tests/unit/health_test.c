// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * health_test.c - the state machine of a member: every transition, records left by others.
 */
#include "test.h"

#include <errno.h>
#include <math.h>

#include "health.h"
#include "model.h"

#define SECOND 1000000000ull
#define ID 0x1234567890abcdefull

/*
 * What happens: o ping answered, c code, t time-out, s send error; S silent, F failing, T traffic answered; l list, p
 * operator as a cause. What health is after each: k unknown, u up, t trying, d down.
 */
static const struct row {
	const char *name;
	unsigned int flags;
	uint16_t rise;
	uint16_t fall;
	const char *events;
	const char *want;
} rows[] = {
	{ "unknown, answered", 0, 1, 3, "o", "u" },
	{ "unknown, fall 1", 0, 1, 1, "t", "d" },
	{ "unknown, fall 3", 0, 1, 3, "ttt", "ttd" },
	{ "unknown, fall 2, each kind", 0, 1, 2, "cs", "td" },
	{ "up, fall 1", 0, 1, 1, "oc", "ud" },
	{ "up, fall 3", 0, 1, 3, "ottt", "uttd" },
	{ "trying ends with one answer", 0, 2, 3, "otto", "uttu" },
	{ "failures are counted in a row", 0, 1, 3,
	  "otto"
	  "tto"
	  "ttt",
	  "uttu"
	  "ttu"
	  "ttd" },
	{ "down, rise 1", 0, 1, 1, "to", "du" },
	{ "down, rise 2", 0, 2, 1, "too", "ddu" },
	{ "down, rise 3, answers in a row", 0, 3, 1,
	  "too"
	  "t"
	  "ooo",
	  "ddd"
	  "d"
	  "ddu" },
	{ "answers before it was down do not count", 0, 2, 1, "ooootoo", "uuuuddu" },
	{ "down stays down", 0, 1, 2, "ttttt", "tdddd" },
	{ "up again, the next failure is the first", 0, 1, 3, "tttot", "ttdut" },
	{ "list: inactive", DS_LIST_INACTIVE, 2, 1, "oo", "du" },
	{ "list: inactive, failing", DS_LIST_INACTIVE, 1, 3, "tto", "ddu" },
	{ "list: inactive wins over trying", DS_LIST_INACTIVE | DS_LIST_TRYING, 2, 3, "o", "d" },
	{ "list: trying, answered", DS_LIST_TRYING, 2, 3, "o", "u" },
	{ "list: trying, fall 3", DS_LIST_TRYING, 1, 3, "ttt", "ttd" },
	{ "list: other flags say nothing", DS_LIST_PROBING | DS_LIST_NOPING | DS_LIST_DISABLED, 1, 2, "t", "t" },
	{ "silent, fall 1", 0, 1, 1, "oS", "ud" },
	{ "failing, fall 3", 0, 1, 3, "oFFF", "uttd" },
	{ "answered pings do not hide bad windows", 0, 1, 3, "oFoFoF", "uttttd" },
	{ "pings and windows add up", 0, 1, 3, "otSt", "uttd" },
	{ "traffic answered ends the windows' run", 0, 1, 3, "oSSTSS", "uttutt" },
	{ "traffic answered does not end the pings' run", 0, 1, 3,
	  "ottT"
	  "t",
	  "uttt"
	  "d" },
	{ "traffic answered and then a ping", 0, 1, 3, "otSTo", "utttu" },
	{ "traffic does not bring it back", 0, 1, 1, "STTTo", "ddddu" },
	{ "down by traffic, rise 2, no window remembered", 0, 2, 2, "SSooF", "tddut" },
	{ "unknown, traffic answered", 0, 1, 3, "T", "u" },
	{ "causes that are orders are not learnt", 0, 1, 1, "lp", "kk" },
};

static enum health_cause cause_of(char event)
{
	static const char events[] = "octsSFTlp";

	return strchr(events, event) - events;
}

static enum ds_health health_of(char letter)
{
	static const char letters[] = "kutd";

	return strchr(letters, letter) - letters;
}

static enum ds_health initial_of(unsigned int flags)
{
	if (flags & DS_LIST_INACTIVE)
		return DS_HEALTH_DOWN;
	return flags & DS_LIST_TRYING ? DS_HEALTH_TRYING : DS_HEALTH_UNKNOWN;
}

static void goes_from_state_to_state(void **state)
{
	const struct row *row = *state;
	const struct health_conf c = { .rise = row->rise, .fall = row->fall };
	enum ds_health before, was = DS_HEALTHS;
	struct ds_runtime r;
	uint64_t now = 5;
	bool changed;
	size_t i;

	memset(&r, 0xff, sizeof(r));
	health_init(&r, ID, row->flags, now);
	check_int("first health", r.health, initial_of(row->flags));
	check_int("first cause", r.cause, HEALTH_LIST);
	check_int("first since", r.since_ns, now);
	for (i = 0; row->events[i]; i++) {
		before = r.health;
		now += SECOND;
		changed = health_learn(&r, &c, cause_of(row->events[i]), 400 + i, now, &was);
		if (r.health != health_of(row->want[i]))
			print_error("event %zu: %s\n", i, health_name(r.health));
		check_int("health", r.health, health_of(row->want[i]));
		check_int("former health", was, before);
		check_int("changed", changed, r.health != before);
		check_int("at rest", r.seq & 1, 0);
		if (changed) {
			check_int("since", r.since_ns, now);
			check_int("cause", r.cause, cause_of(row->events[i]));
			check_int("detail", r.detail, 400 + i);
		} else {
			check_true("not since now", r.since_ns < now);
		}
	}
	check_int("id", r.id, ID);
}

static void set_has_no_thresholds(void **state)
{
	const struct health_conf c = { .rise = 2, .fall = 3 };
	enum ds_health was;
	struct ds_runtime r = { 0 };

	(void)state;
	health_init(&r, ID, 0, 1);
	health_learn(&r, &c, HEALTH_PING_TIMEOUT, 0, 2, &was);
	health_learn(&r, &c, HEALTH_FAILING, 0, 3, &was);
	check_true("changed", health_set(&r, DS_HEALTH_UP, HEALTH_OPERATOR, 4, &was));
	check_int("was", was, DS_HEALTH_TRYING);
	check_int("cause", r.cause, HEALTH_OPERATOR);
	check_int("since", r.since_ns, 4);
	check_true("same again", !health_set(&r, DS_HEALTH_UP, HEALTH_LIST, 5, &was));
	check_int("cause stays", r.cause, HEALTH_OPERATOR);
	check_int("since stays", r.since_ns, 4);
	/* both runs began anew: two more are not enough */
	health_learn(&r, &c, HEALTH_PING_TIMEOUT, 0, 6, &was);
	health_learn(&r, &c, HEALTH_FAILING, 0, 7, &was);
	check_int("health", r.health, DS_HEALTH_TRYING);
	check_true("down", health_set(&r, DS_HEALTH_DOWN, HEALTH_OPERATOR, 8, &was));
	health_learn(&r, &c, HEALTH_PING_OK, 200, 9, &was);
	check_int("not up yet", r.health, DS_HEALTH_DOWN);
	check_true("up by pings", health_learn(&r, &c, HEALTH_PING_OK, 200, 10, &was));
	check_int("detail", r.detail, 200);
}

static void init_clears(void **state)
{
	struct ds_runtime r, want = { .id = ID, .health = DS_HEALTH_DOWN, .cause = HEALTH_LIST, .since_ns = 77 };

	(void)state;
	memset(&r, 0xff, sizeof(r));
	health_init(&r, ID, DS_LIST_INACTIVE, 77);
	check_int("at rest", r.seq & 1, 0);
	want.seq = r.seq;
	check_mem("record", &r, sizeof(r), &want, sizeof(want));
}

static void writers_are_seen(void **state)
{
	struct ds_runtime r = { .id = ID }, copy;

	(void)state;
	check_true("at rest", health_read(&r, &copy));
	check_mem("copy", &copy, sizeof(copy), &r, sizeof(r));
	health_write_begin(&r);
	check_true("being written", !health_read(&r, &copy));
	health_write_end(&r);
	check_true("written", health_read(&r, &copy));
	/* killed while it wrote: the next writer leaves it at rest all the same */
	health_write_begin(&r);
	health_write_begin(&r);
	health_write_end(&r);
	check_true("written by another", health_read(&r, &copy));
}

static void record_is_adopted(void **state)
{
	struct ds_runtime r = { .id = ID, .health = DS_HEALTH_DOWN, .good = 1, .bad = 7, .window_ns = 5 };

	(void)state;
	latency_add(&r.latency, 70);
	check_true("another member's", !health_adopt(&r, ID + 1));
	check_true("its own", health_adopt(&r, ID));
	check_int("health", r.health, DS_HEALTH_DOWN);
	check_int("bad", r.bad, 7);
	check_int("latency", r.latency.count, 1);
	check_int("window", r.window_ns, 0);
	r.latency.m2 = NAN;
	check_true("no number", health_adopt(&r, ID));
	check_int("latency anew", r.latency.count, 0);
	latency_add(&r.latency, 70);
	r.seq = 7;
	check_true("torn", health_adopt(&r, ID));
	check_int("latency of a torn one", r.latency.count, 0);
	check_int("at rest", r.seq & 1, 0);
	r.health = DS_HEALTHS;
	check_true("no such health", !health_adopt(&r, ID));
	r.health = DS_HEALTH_UP;
	r.cause = HEALTH_CAUSES;
	check_true("no such cause", !health_adopt(&r, ID));
}

static const struct letters_row {
	const char *name;
	enum ds_health health;
	enum ds_admin admin;
	bool pinged;
	bool noping;
	bool usable;
	const char *want;
} letters[] = {
	{ "up", DS_HEALTH_UP, DS_ADMIN_ACTIVE, false, false, true, "AX" },
	{ "up, pinged", DS_HEALTH_UP, DS_ADMIN_ACTIVE, true, false, true, "AP" },
	{ "up, never pinged", DS_HEALTH_UP, DS_ADMIN_ACTIVE, false, true, true, "AN" },
	{ "unknown", DS_HEALTH_UNKNOWN, DS_ADMIN_ACTIVE, true, false, true, "AP" },
	{ "trying", DS_HEALTH_TRYING, DS_ADMIN_ACTIVE, true, false, true, "TP" },
	{ "down", DS_HEALTH_DOWN, DS_ADMIN_ACTIVE, false, false, false, "IX" },
	{ "down, pinged", DS_HEALTH_DOWN, DS_ADMIN_ACTIVE, true, false, false, "IP" },
	{ "disabled", DS_HEALTH_UP, DS_ADMIN_DISABLED, false, false, false, "DX" },
	{ "disabled and down", DS_HEALTH_DOWN, DS_ADMIN_DISABLED, false, false, false, "DX" },
	{ "draining", DS_HEALTH_UP, DS_ADMIN_DRAINING, true, false, false, "DP" },
};

static void letters_are_right(void **state)
{
	const struct letters_row *row = *state;
	char text[3];

	health_letters(row->health, row->admin, row->pinged, row->noping, text);
	check_str("letters", text, row->want);
	check_int("usable", health_is_usable(row->health, row->admin), row->usable);
}

static void names_are_there(void **state)
{
	unsigned int i;
	char text[100];

	(void)state;
	for (i = 0; i < DS_HEALTHS; i++)
		check_true("health", *health_name(i));
	for (i = 0; i < DS_ADMINS; i++)
		check_true("admin", *health_admin_name(i));
	for (i = 0; i < HEALTH_CAUSES; i++) {
		check_true("cause", *health_cause_name(i));
		health_cause_text(i, 0, text, sizeof(text));
		check_true("text", *text);
	}
	check_str("silent", health_cause_name(HEALTH_SILENT), "silent");
	check_str("operator", health_cause_name(HEALTH_OPERATOR), "operator");
	health_cause_text(HEALTH_PING_CODE, 503, text, sizeof(text));
	check_str("code", text, "answered the ping with 503");
	health_cause_text(HEALTH_PING_OK, 200, text, sizeof(text));
	check_str("ok", text, "answered the ping with 200");
	health_cause_text(HEALTH_PING_SEND, ECONNREFUSED, text, sizeof(text));
	check_str("errno", text, "cannot be reached: Connection refused");
	health_cause_text(HEALTH_PING_TIMEOUT, 0, text, 9);
	check_str("cut", text, "no answe");
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "states", goes_from_state_to_state, rows);
	test_add(&tests, "set has no thresholds", set_has_no_thresholds, NULL);
	test_add(&tests, "record: init clears", init_clears, NULL);
	test_add(&tests, "record: writers are seen", writers_are_seen, NULL);
	test_add(&tests, "record: adopted", record_is_adopted, NULL);
	test_rows(&tests, "letters", letters_are_right, letters);
	test_add(&tests, "names", names_are_there, NULL);
	return test_run(&tests, "health");
}
