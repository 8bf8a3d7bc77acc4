// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control_test.c - clients of the control socket that misbehave in every way known, beside one that does not.
 */
#include "control_scene.h"

#include <sys/resource.h>

#define UNDER_VALGRIND "UNDER_VALGRIND" /* as scripts/valgrind.sh sets it */
#define SHORT_MS 100			/* in place of CONTROL_IDLE_S, for who is to be ended */
#define FLOOD 100000000

static void several(void **state)
{
	struct scene *s = scene_begin();
	struct peer *a = scene_peer(s), *b = scene_peer(s);
	const char *c;

	(void)state;
	peer_say(s, a,
		 "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1}\n{\"jsonrpc\":\"2.0\",\"method\":\"echo\","
		 "\"id\":2}\r\n{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":3}\n");
	for (c = "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":4}\n"; *c; c++)
		peer_say(s, b, (char[]){ *c, '\0' });
	peer_answered(s, a, 1);
	peer_answered(s, a, 2);
	peer_answered(s, a, 3);
	peer_answered(s, b, 4);
	check_int("clients", control_clients(s->control), 3);
	peer_free(a);
	peer_free(b);
	scene_clients(s, 1);
	scene_end(s);
}

static void rubbish(void **state)
{
	struct scene *s = scene_begin();
	struct peer *p = scene_peer(s);
	unsigned int seed = 1, i;
	char octets[4096];
	int lines = 0;

	(void)state;
	for (i = 0; i < sizeof(octets); i++) {
		seed = seed * 1103515245 + 12345;
		octets[i] = i % 64 == 63 ? '\n' : (char)(seed >> 16);
		lines += octets[i] == '\n';
	}
	check_int("taken", peer_push(p, octets, sizeof(octets)), sizeof(octets));
	scene_good(s);
	while (lines--)
		peer_refused(s, p, RPC_PARSE);
	peer_ask(s, p, "echo", 7);
	peer_answered(s, p, 7);
	peer_free(p);
	scene_end(s);
}

static void half_a_line(void **state)
{
	struct scene *s = scene_begin();
	struct peer *half, *silent, *both;

	(void)state;
	control_set_idle(s->control, SHORT_MS);
	half = scene_peer(s);
	silent = scene_peer(s);
	both = scene_peer(s);
	peer_say(s, both, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1}\n{\"json");
	peer_say(s, half, "{\"jsonrpc\":\"2.0\",");
	peer_answered(s, both, 1);
	peer_refused(s, half, RPC_REQUEST);
	peer_ended(s, half);
	peer_refused(s, both, RPC_REQUEST);
	peer_ended(s, both);
	scene_clients(s, 2);
	peer_ask(s, silent, "echo", 2);
	peer_answered(s, silent, 2);
	peer_free(half);
	peer_free(silent);
	peer_free(both);
	scene_end(s);
}

static void no_line_end(void **state)
{
	struct scene *s = scene_begin();
	struct peer *p = scene_peer(s);
	char *octets = malloc(1 << 20);
	size_t sent = 0;
	ssize_t n = 0;

	(void)state;
	assert_non_null(octets);
	memset(octets, ' ', 1 << 20);
	while (n >= 0 && sent < FLOOD) {
		n = peer_push(p, octets, 1 << 20);
		sent += n > 0 ? (size_t)n : 0;
		scene_good(s);
	}
	check_true("ended in the middle", sent < FLOOD);
	peer_refused(s, p, RPC_REQUEST);
	peer_ended(s, p);
	scene_clients(s, 1);
	peer_free(p);
	free(octets);
	scene_end(s);
}

/* What one line may be at most is answered; an octet more ends. */
static void longest_line(void **state)
{
	struct scene *s = scene_begin();
	struct peer *p = scene_peer(s);
	char *line = malloc(RPC_LINE_MAX + 3);

	(void)state;
	assert_non_null(line);
	memset(line, ' ', RPC_LINE_MAX + 1);
	memcpy(line, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1}", 40);
	strcpy(line + RPC_LINE_MAX, "\n");
	peer_say(s, p, line);
	peer_answered(s, p, 1);
	strcpy(line + RPC_LINE_MAX, " \n");
	peer_say(s, p, line);
	peer_refused(s, p, RPC_REQUEST);
	peer_ended(s, p);
	peer_free(p);
	free(line);
	scene_end(s);
}

/* More than can be taken in is asked for: all of it waits, and the loop does not turn round and round meanwhile. */
static void asks_and_asks(void **state)
{
	static const char big[] = "{\"jsonrpc\":\"2.0\",\"method\":\"big\",\"id\":1}\n";
	size_t sent = 0, len = sizeof(big) - 1;
	struct scene *s = scene_begin();
	struct peer *p = scene_peer(s);
	unsigned int full = 0;
	ssize_t n;

	(void)state;
	for (full = 0; full < 1000 && sent < FLOOD; full = n ? 0 : full + 1) {
		n = peer_push(p, big + sent % len, len - sent % len);
		check_true("taken", n >= 0);
		sent += (size_t)n;
		if (!n)
			scene_turn(s);
	}
	check_true("not taken in", sent < FLOOD);
	check_int("answers made", s->n_big, 1);
	scene_rests(s);
	scene_good(s);
	peer_answered(s, p, 1);
	peer_answered(s, p, 1);
	peer_free(p);
	scene_clients(s, 1);
	scene_end(s);
}

/* 1 GB is asked for. Nothing of it is made as long as the first of it lies there. */
static void never_reads(void **state)
{
	struct scene *s;
	struct peer *p;
	size_t i;

	(void)state;
	if (getenv(UNDER_VALGRIND))
		test_skip("valgrind is too slow for a peer that waits so shortly");
	s = scene_begin();
	control_set_idle(s->control, 5 * SHORT_MS);
	p = scene_peer(s);
	for (i = 0; i < 1000000000 / SCENE_BIG; i++) {
		peer_ask(s, p, "big", (int)i);
		scene_good(s);
	}
	check_int("answers made", s->n_big, 1);
	scene_clients(s, 1);
	check_int("answers made", s->n_big, 1);
	peer_free(p);
	scene_end(s);
}

static void reads_in_the_end(void **state)
{
	struct scene *s = scene_begin();
	struct peer *p = scene_peer(s);
	int i;

	(void)state;
	for (i = 0; i < 12; i++)
		peer_ask(s, p, "big", i);
	for (i = 0; i < 12; i++) {
		scene_good(s);
		peer_answered(s, p, i);
	}
	check_int("answers made", s->n_big, 12);
	peer_free(p);
	scene_end(s);
}

/* What was asked for before cannot be held back: then there is an end to it. */
static void reads_nothing_of_many(void **state)
{
	struct scene *s = scene_begin();
	struct peer *p = scene_peer(s);
	size_t i, n = CONTROL_OUT_MAX / SCENE_BIG + 2;

	(void)state;
	for (i = 0; i < n; i++)
		peer_ask(s, p, "later", (int)i);
	scene_good(s);
	check_int("open", s->n_kept, n);
	while (s->n_kept > 1) {
		rpc_reply(s->kept[--s->n_kept], scene_big_text());
		scene_good(s);
	}
	scene_clients(s, 1);
	check_true("its last call", !rpc_peer(s->kept[0]));
	rpc_reply(s->kept[--s->n_kept], scene_big_text());
	peer_free(p);
	scene_end(s);
}

static void many_clients(void **state)
{
	struct peer *p[CONTROL_CLIENTS_MAX + 36];
	struct scene *s = scene_begin();
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(p); i++) {
		p[i] = scene_peer(s);
		scene_good(s);
	}
	check_int("clients", control_clients(s->control), CONTROL_CLIENTS_MAX);
	for (i = 0; i < TEST_COUNT(p); i++) {
		if (i < CONTROL_CLIENTS_MAX - 1) {
			peer_ask(s, p[i], "echo", (int)i);
			peer_answered(s, p[i], (int)i);
		} else {
			peer_refused(s, p[i], RPC_FAILED);
			peer_ended(s, p[i]);
		}
		scene_good(s);
	}
	for (i = 0; i < TEST_COUNT(p); i++)
		peer_free(p[i]);
	scene_clients(s, 1);
	scene_end(s);
}

/* Connections that somebody forgot do not keep others out; what waits for something is not among them. */
static void forgotten_clients(void **state)
{
	struct peer *p[CONTROL_CLIENTS_MAX - 1], *watch, *later, *new;
	struct scene *s = scene_begin();
	size_t i;

	(void)state;
	p[0] = watch = scene_peer(s);
	p[1] = later = scene_peer(s);
	peer_ask(s, watch, "watch", 1);
	peer_answered(s, watch, 1);
	peer_ask(s, later, "later", 1);
	for (i = 2; i < TEST_COUNT(p); i++)
		p[i] = scene_peer(s);
	scene_clients(s, CONTROL_CLIENTS_MAX);
	poll(NULL, 0, SHORT_MS);
	scene_good(s);
	control_set_idle(s->control, SHORT_MS);
	new = scene_peer(s);
	peer_ask(s, new, "echo", 2);
	peer_answered(s, new, 2);
	check_int("clients", control_clients(s->control), CONTROL_CLIENTS_MAX);
	peer_ended(s, p[2]);
	peer_ask(s, p[3], "echo", 3);
	peer_answered(s, p[3], 3);
	rpc_reply(s->kept[--s->n_kept], json_true());
	peer_answered(s, later, 1);
	for (i = 0; i < TEST_COUNT(p); i++)
		peer_free(p[i]);
	peer_free(new);
	scene_clients(s, 1);
	scene_end(s);
}

/* Notifications in order, from n on. Returns the number after the last one that came. */
static int count_events(struct scene *s, struct peer *p, int n)
{
	json_t *json, *params;

	while (peer_read(p) || (p->len && memchr(p->text, '\n', p->len))) {
		json = peer_json(s, p);
		params = json_object_get(json, "params");
		check_str("method", json_string_value(json_object_get(json, "method")), "event");
		check_int("number", json_integer_value(json_object_get(params, "n")), n++);
		json_decref(json);
	}
	return n;
}

static void watchers(void **state)
{
	struct scene *s = scene_begin();
	struct peer *reads = scene_peer(s), *rests = scene_peer(s);
	char text[4097];
	json_t *params;
	int n, seen = 0;

	(void)state;
	peer_ask(s, reads, "watch", 1);
	peer_answered(s, reads, 1);
	peer_ask(s, rests, "watch", 1);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (n = 0; n < (int)(8 * CONTROL_WATCH_MAX / sizeof(text)); n++) {
		params = json_pack("{s:i, s:s}", "n", n, "text", text);
		control_notify(s->control, "event", params);
		json_decref(params);
		scene_good(s);
		seen = count_events(s, reads, seen);
	}
	scene_clients(s, 2);
	while (seen < n) {
		scene_turn(s);
		seen = count_events(s, reads, seen);
		check_true("goes on", !reads->ended);
	}
	check_int("who watches nothing is told nothing", s->good->len, 0);
	peer_free(reads);
	peer_free(rests);
	scene_end(s);
}

/* A long answer that waits to be read is no backlog of notifications. */
static void watches_and_asks(void **state)
{
	struct scene *s = scene_begin();
	struct peer *p = scene_peer(s);
	json_t *params = json_pack("{s:i}", "n", 0);

	(void)state;
	peer_ask(s, p, "watch", 1);
	peer_answered(s, p, 1);
	peer_ask(s, p, "big", 2);
	scene_good(s);
	check_int("answers made", s->n_big, 1);
	control_notify(s->control, "event", params);
	scene_good(s);
	check_int("clients", control_clients(s->control), 2);
	peer_answered(s, p, 2);
	check_int("events", count_events(s, p, 0), 1);
	json_decref(params);
	peer_free(p);
	scene_end(s);
}

static void goes_in_the_middle(void **state)
{
	static const char *const said[] = { "",
					    "{\"jso",
					    "{\"jsonrpc\":\"2.0\",\"method\":\"big\",\"id\":1}\n",
					    "{\"jsonrpc\":\"2.0\",\"method\":\"later\",\"id\":1}\n",
					    "{\"jsonrpc\":\"2.0\",\"method\":\"later\"}\n",
					    "{\"jsonrpc\":\"2.0\",\"method\":\"watch\",\"id\":1}\n\n\n\n{" };
	struct scene *s = scene_begin();
	struct peer *p;
	size_t i;

	(void)state;
	for (i = 0; i < 3 * TEST_COUNT(said); i++) {
		p = scene_peer(s);
		/* before it is accepted, before it is read, and after */
		if (i / TEST_COUNT(said) > 0)
			scene_good(s);
		check_true("taken", peer_push(p, said[i % TEST_COUNT(said)], strlen(said[i % TEST_COUNT(said)])) >= 0);
		if (i / TEST_COUNT(said) > 1)
			scene_good(s);
		peer_free(p);
		scene_good(s);
	}
	while (s->n_kept)
		rpc_reply(s->kept[--s->n_kept], scene_big_text());
	scene_clients(s, 1);
	scene_end(s);
}

/* A script that says all it has to say and then waits for the answers. */
static void says_no_more(void **state)
{
	struct scene *s = scene_begin();
	struct peer *p = scene_peer(s);

	(void)state;
	peer_say(s, p,
		 "{\"jsonrpc\":\"2.0\",\"method\":\"later\",\"id\":1}\n{\"jsonrpc\":\"2.0\",\"method\":\"big\","
		 "\"id\":2}\n{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":3}");
	shutdown(p->fd, SHUT_WR);
	peer_answered(s, p, 2);
	peer_answered(s, p, 3);
	scene_good(s);
	check_int("clients", control_clients(s->control), 2);
	rpc_reply(s->kept[--s->n_kept], json_true());
	peer_answered(s, p, 1);
	peer_ended(s, p);
	scene_clients(s, 1);
	peer_free(p);
	scene_end(s);
}

static size_t lines_logged(const struct scene *s)
{
	static char log[1 << 20];
	ssize_t n = pread(s->log, log, sizeof(log), 0);
	size_t lines = 0;
	ssize_t i;

	for (i = 0; i < n; i++)
		lines += log[i] == '\n';
	return lines;
}

/* The loop is not kept busy by a connection that cannot be accepted, and that one is served in the end. */
static void no_descriptors(void **state)
{
	time_t begin = time(NULL);
	struct rlimit was, none;
	size_t before, i;
	struct scene *s;
	struct peer *p;
	int next;

	(void)state;
	if (getenv(UNDER_VALGRIND))
		test_skip("valgrind keeps descriptors of its own");
	s = scene_begin();
	p = scene_peer(s);
	next = dup(0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = (rlim_t)next;
	before = lines_logged(s);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (i = 0; i < 100; i++)
		scene_good(s);
	scene_rests(s);
	check_int("clients", control_clients(s->control), 1);
	check_true("tried", lines_logged(s) > before);
	check_true("tried now and then", lines_logged(s) - before <= (size_t)(time(NULL) - begin) + 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	peer_ask(s, p, "echo", 1);
	peer_answered(s, p, 1);
	peer_free(p);
	scene_end(s);
}

/* What is open when all ends. */
static void ends_with_clients(void **state)
{
	struct scene *s = scene_begin();
	struct peer *watch = scene_peer(s), *later = scene_peer(s), *half = scene_peer(s), *big = scene_peer(s);

	(void)state;
	peer_ask(s, watch, "watch", 1);
	peer_ask(s, later, "later", 1);
	peer_ask(s, big, "big", 1);
	peer_say(s, half, "{");
	scene_good(s);
	scene_end(s);
	peer_free(watch);
	peer_free(later);
	peer_free(half);
	peer_free(big);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "several clients, several lines", several, NULL);
	test_add(&tests, "rubbish", rubbish, NULL);
	test_add(&tests, "half a line, then silence", half_a_line, NULL);
	test_add(&tests, "100 MB without a line end", no_line_end, NULL);
	test_add(&tests, "the longest line", longest_line, NULL);
	test_add(&tests, "asks for more than can be taken in", asks_and_asks, NULL);
	test_add(&tests, "never reads what it asks for", never_reads, NULL);
	test_add(&tests, "reads in the end", reads_in_the_end, NULL);
	test_add(&tests, "reads nothing of many answers", reads_nothing_of_many, NULL);
	test_add(&tests, "100 clients", many_clients, NULL);
	test_add(&tests, "forgotten clients give way", forgotten_clients, NULL);
	test_add(&tests, "watchers, one does not read", watchers, NULL);
	test_add(&tests, "watches and asks", watches_and_asks, NULL);
	test_add(&tests, "goes in the middle", goes_in_the_middle, NULL);
	test_add(&tests, "says no more, reads on", says_no_more, NULL);
	test_add(&tests, "no descriptors are left", no_descriptors, NULL);
	test_add(&tests, "ends with clients", ends_with_clients, NULL);
	return test_run(&tests, "control");
}
