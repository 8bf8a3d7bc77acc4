// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * history_test.c - events: numbers, the ring, writers killed at any moment, what other versions wrote, words and JSON.
 */
#include "test.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>

#include "history.h"

#define SECOND 1000000000ull
#define RACE_EVENTS (2000 * HISTORY_ROOM)
#define URI "sip:192.0.2.11:5060"

static struct history_ring *new_ring(void)
{
	struct history_ring *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	return r;
}

static struct history_event of_kind(enum history_kind kind, const char *text)
{
	struct history_event e = { .kind = kind };

	snprintf(e.text, sizeof(e.text), "%s", text);
	return e;
}

static void add(struct history_ring *r, size_t n)
{
	struct history_event e;

	while (n--) {
		e = of_kind(HISTORY_RELOAD, "reloaded");
		history_add(r, &e);
	}
}

struct seen {
	size_t n;
	uint64_t first;
	uint64_t last;
	bool gap;
	struct history_event newest;
};

static void see(void *ctx, const struct history_event *e)
{
	struct seen *s = ctx;

	s->gap |= s->n && e->seq != s->last + 1;
	s->first = s->n ? s->first : e->seq;
	s->last = e->seq;
	s->newest = *e;
	s->n++;
}

static void check_seen(const char *what, const struct history_ring *r, uint64_t since, size_t n, uint64_t first)
{
	struct seen s = { 0 };

	history_each(r, since, see, &s);
	check_int(what, s.n, n);
	check_int("first", s.first, first);
	check_true(what, !s.gap);
	if (n)
		check_int("last", s.last, history_newest(r));
}

static void numbers(void **state)
{
	struct history_event e = of_kind(HISTORY_DAEMON, "started");
	struct history_ring *r = new_ring();

	(void)state;
	check_int("newest of none", history_newest(r), 0);
	check_seen("none", r, 0, 0, 0);
	check_int("first number", history_add(r, &e), 1);
	check_int("number in the event", e.seq, 1);
	check_int("second number", history_add(r, &e), 2);
	check_int("newest", history_newest(r), 2);
	check_seen("all", r, 0, 2, 1);
	check_seen("after the first", r, 1, 1, 2);
	check_seen("after the last", r, 2, 0, 0);
	check_seen("from the future", r, UINT64_MAX, 0, 0);
	free(r);
}

static void keeps_the_last(void **state)
{
	struct history_ring *r = new_ring();

	(void)state;
	add(r, HISTORY_MAX);
	check_seen("full", r, 0, HISTORY_MAX, 1);
	add(r, 1);
	check_seen("one more", r, 0, HISTORY_MAX, 2);
	add(r, 3 * HISTORY_ROOM);
	check_seen("around the ring", r, 0, HISTORY_MAX, 3 * HISTORY_ROOM + 2);
	check_seen("part of it", r, history_newest(r) - 5, 5, history_newest(r) - 4);
	free(r);
}

/* The moments of history_add() at which its process can be killed. */
static void writer_killed(void **state)
{
	struct history_ring *r = new_ring();
	struct history_event e = of_kind(HISTORY_DAEMON, "adopted");
	struct seen s = { 0 };

	(void)state;
	add(r, HISTORY_ROOM + 10);
	/* the slot of the next is cleared, half of it is written */
	r->event[(HISTORY_ROOM + 11) % HISTORY_ROOM].seq = 0;
	memset(r->event[(HISTORY_ROOM + 11) % HISTORY_ROOM].uri, 'x', DS_URI_MAX);
	check_int("newest, torn", history_newest(r), HISTORY_ROOM + 10);
	check_seen("torn", r, HISTORY_ROOM, 10, HISTORY_ROOM + 1);
	check_int("the number is used", history_add(r, &e), HISTORY_ROOM + 11);
	check_seen("whole again", r, HISTORY_ROOM, 11, HISTORY_ROOM + 1);
	/* all is written but `last` */
	r->last--;
	check_int("newest, without last", history_newest(r), HISTORY_ROOM + 11);
	check_seen("without last", r, HISTORY_ROOM, 11, HISTORY_ROOM + 1);
	check_int("the next number", history_add(r, &e), HISTORY_ROOM + 12);
	check_int("last is mended", r->last, HISTORY_ROOM + 12);
	/* killed twice in a row at the same place */
	r->event[5].seq = 0;
	history_each(r, 0, see, &s);
	check_int("a hole is passed over", s.n, HISTORY_MAX - 1);
	free(r);
}

static void other_versions(void **state)
{
	static const struct {
		uint8_t kind, was, now, cause;
	} bad[] = {
		{ HISTORY_NONE, 0, 0, 0 },
		{ HISTORY_KINDS, 0, 0, 0 },
		{ 255, 0, 0, 0 },
		{ HISTORY_HEALTH, DS_HEALTHS, 0, 0 },
		{ HISTORY_HEALTH, 0, DS_HEALTHS, 0 },
		{ HISTORY_HEALTH, 0, 0, HEALTH_CAUSES },
		{ HISTORY_ADMIN, DS_ADMINS, 0, 0 },
		{ HISTORY_ADMIN, 0, DS_ADMINS, 0 },
		{ HISTORY_ADMIN, 0, 0, 255 },
	};
	struct history_ring *r = new_ring();
	struct history_event e;
	struct seen s = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(bad); i++) {
		e = (struct history_event){
			.kind = bad[i].kind, .was = bad[i].was, .now = bad[i].now, .cause = bad[i].cause
		};
		history_add(r, &e);
	}
	history_each(r, 0, see, &s);
	check_int("passed over", s.n, 0);
	e = of_kind(HISTORY_ADDED, "");
	history_add(r, &e);
	memset(r->event[r->last].uri, 'u', sizeof(e.uri));
	memset(r->event[r->last].text, 't', sizeof(e.text));
	history_each(r, 0, see, &s);
	check_int("kept", s.n, 1);
	check_int("uri ends", strlen(s.newest.uri), sizeof(e.uri) - 1);
	check_int("text ends", strlen(s.newest.text), sizeof(e.text) - 1);
	free(r);
}

struct race {
	struct history_ring *ring;
	bool stop;
	size_t seen;
	size_t torn;
};

/* An event whose every part tells its number. */
static void *write_on(void *ctx)
{
	struct race *race = ctx;
	struct history_event e;
	uint64_t seq;

	while (!__atomic_load_n(&race->stop, __ATOMIC_RELAXED)) {
		seq = history_newest(race->ring) + 1;
		e = (struct history_event){ .kind = HISTORY_DAEMON, .time_ns = seq, .id = seq };
		memset(e.uri, 'a' + (int)(seq % 26), sizeof(e.uri) - 1);
		memset(e.text, 'a' + (int)(seq % 26), sizeof(e.text) - 1);
		history_add(race->ring, &e);
	}
	return NULL;
}

static void look(void *ctx, const struct history_event *e)
{
	struct race *race = ctx;
	char want = (char)('a' + e->seq % 26);

	race->seen++;
	race->torn += e->time_ns != e->seq || e->id != e->seq || e->uri[0] != want ||
		      e->uri[sizeof(e->uri) - 2] != want || e->text[sizeof(e->text) - 2] != want;
}

static void read_while_written(void **state)
{
	struct race race = { .ring = new_ring() };
	pthread_t writer;

	(void)state;
	check_int("thread", pthread_create(&writer, NULL, write_on, &race), 0);
	while (history_newest(race.ring) < RACE_EVENTS)
		history_each(race.ring, 0, look, &race);
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	check_true("events were seen", race.seen > 0);
	check_int("torn events", race.torn, 0);
	free(race.ring);
}

static const struct text_row {
	const char *name;
	struct history_event e;
	const char *want;
} text_rows[] = {
	{ "down",
	  { .kind = HISTORY_HEALTH,
	    .set = 1,
	    .uri = URI,
	    .was = DS_HEALTH_TRYING,
	    .now = DS_HEALTH_DOWN,
	    .cause = HEALTH_PING_TIMEOUT,
	    .lasted_ns = 3 * 3600 * SECOND },
	  "set 1 " URI " trying -> down after 3 h: no answer to the ping in time (ping-timeout)" },
	{ "up",
	  { .kind = HISTORY_HEALTH,
	    .set = 1,
	    .uri = URI,
	    .was = DS_HEALTH_DOWN,
	    .now = DS_HEALTH_UP,
	    .cause = HEALTH_PING_OK,
	    .detail = 200,
	    .lasted_ns = 300 * SECOND / 1000 },
	  "set 1 " URI " down -> up after 0.3 s: answered the ping with 200 (ping-ok)" },
	{ "no time known",
	  { .kind = HISTORY_HEALTH,
	    .uri = URI,
	    .now = DS_HEALTH_TRYING,
	    .cause = HEALTH_PING_SEND,
	    .detail = ECONNREFUSED },
	  "set 0 " URI " unknown -> trying: cannot be reached: Connection refused (ping-send)" },
	{ "ten seconds",
	  { .kind = HISTORY_HEALTH, .uri = URI, .now = DS_HEALTH_UP, .cause = HEALTH_LIST, .lasted_ns = 10 * SECOND },
	  "set 0 " URI " unknown -> up after 10 s: flags in the list (list)" },
	{ "admin",
	  { .kind = HISTORY_ADMIN, .set = 7, .uri = URI, .now = DS_ADMIN_DRAINING, .cause = HEALTH_OPERATOR },
	  "set 7 " URI " active -> draining: set by an operator (operator)" },
	{ "with text",
	  { .kind = HISTORY_ADMIN,
	    .uri = URI,
	    .was = DS_ADMIN_DRAINING,
	    .now = DS_ADMIN_ACTIVE,
	    .cause = HEALTH_OPERATOR,
	    .text = "by root" },
	  "set 0 " URI " draining -> active: set by an operator (operator): by root" },
	{ "added", { .kind = HISTORY_ADDED, .set = 2, .uri = URI }, "set 2 " URI " added" },
	{ "removed", { .kind = HISTORY_REMOVED, .set = 2, .uri = URI }, "set 2 " URI " removed" },
	{ "changed",
	  { .kind = HISTORY_CHANGED, .set = 2, .uri = URI, .text = "weight 1 to 3" },
	  "set 2 " URI " changed: weight 1 to 3" },
	{ "reload", { .kind = HISTORY_RELOAD, .text = "reloaded: 3 added" }, "reloaded: 3 added" },
	{ "daemon without text", { .kind = HISTORY_DAEMON }, "daemon" },
	{ "controls and rubbish",
	  { .kind = HISTORY_ADDED, .set = 1, .uri = "sip:a\r\nb\x1b[2J\xff", .text = "caf\xc3\xa9\n" },
	  "set 1 sip:a\\x0d\\x0ab\\x1b[2J\\xff added: caf\xc3\xa9\\x0a" },
};

static void texts(void **state)
{
	const struct text_row *row = *state;
	char buf[1024], cut[20];

	history_text(&row->e, buf, sizeof(buf));
	check_str("text", buf, row->want);
	history_text(&row->e, cut, sizeof(cut));
	check_true("cut text is its beginning", !strncmp(buf, cut, strlen(cut)));
}

static json_t *json_of(const struct history_event *e)
{
	json_t *json = history_json(e);

	assert_non_null(json);
	return json;
}

static void json_of_change(void **state)
{
	struct history_event e = text_rows[0].e;
	json_t *json;

	(void)state;
	e.seq = 42;
	e.id = 0x12ab;
	e.time_ns = 1700000000 * SECOND + SECOND / 2;
	json = json_of(&e);
	check_int("seq", json_integer_value(json_object_get(json, "seq")), 42);
	check_true("time", json_real_value(json_object_get(json, "time")) == 1700000000.5);
	check_str("kind", json_string_value(json_object_get(json, "kind")), "health");
	check_int("set", json_integer_value(json_object_get(json, "set")), 1);
	check_str("id", json_string_value(json_object_get(json, "id")), "00000000000012ab");
	check_str("uri", json_string_value(json_object_get(json, "uri")), URI);
	check_str("was", json_string_value(json_object_get(json, "was")), "trying");
	check_str("now", json_string_value(json_object_get(json, "now")), "down");
	check_str("cause", json_string_value(json_object_get(json, "cause")), "ping-timeout");
	check_str("reason", json_string_value(json_object_get(json, "reason")), "no answer to the ping in time");
	check_int("detail", json_integer_value(json_object_get(json, "detail")), 0);
	check_true("lasted", json_real_value(json_object_get(json, "lasted_s")) == 10800.0);
	check_str("text", json_string_value(json_object_get(json, "text")), text_rows[0].want);
	json_decref(json);
}

static void json_of_others(void **state)
{
	struct history_event e = of_kind(HISTORY_RELOAD, "broken \x80 text");
	json_t *json = json_of(&e);

	(void)state;
	check_int("members of a reload", json_object_size(json), 4);
	check_str("text", json_string_value(json_object_get(json, "text")), "broken \\x80 text");
	json_decref(json);
	e = of_kind(HISTORY_ADDED, "");
	snprintf(e.uri, sizeof(e.uri), "sip:\x80");
	json = json_of(&e);
	check_int("members of an addition", json_object_size(json), 7);
	check_str("uri", json_string_value(json_object_get(json, "uri")), "sip:\\x80");
	json_decref(json);
}

static void kinds_have_names(void **state)
{
	int a, b;

	(void)state;
	for (a = 0; a < HISTORY_KINDS; a++)
		for (b = 0; b < a; b++)
			check_true("names differ", strcmp(history_kind_name(a), history_kind_name(b)));
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "numbers without gaps", numbers, NULL);
	test_add(&tests, "keeps the last", keeps_the_last, NULL);
	test_add(&tests, "writer killed", writer_killed, NULL);
	test_add(&tests, "other versions", other_versions, NULL);
	test_add(&tests, "read while written", read_while_written, NULL);
	test_rows(&tests, "text", texts, text_rows);
	test_add(&tests, "json of a change", json_of_change, NULL);
	test_add(&tests, "json of others", json_of_others, NULL);
	test_add(&tests, "kinds have names", kinds_have_names, NULL);
	return test_run(&tests, "history");
}
