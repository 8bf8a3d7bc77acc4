// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_due_test.c - when pings are due: intervals, back-off, targets that change, pauses.
 */
#include "ping_scene.h"

#include "ping_inner.h"

static const struct ping_one *one_of(const struct scene *s, __u32 slot)
{
	const struct ping_one *one = ping_list_find(s->ping->list, slot);

	assert_non_null(one);
	return one;
}

static void comes_again_and_again(void **state)
{
	struct scene *s = scene_new("127.0.0.1");
	__u64 begun = scene_ms();

	(void)state;
	s->conf.interval_ms = s->conf.interval_max_ms = 100;
	s->conf.jitter_percent = 50;
	scene_targets(s, 2);
	scene_await(s, s->runtime[1].pings >= 5 && s->runtime[2].pings >= 5);
	check_true("no more than one per interval", s->runtime[1].pings <= (scene_ms() - begun) / 100 + 2);
	check_int("all answered", scene_totals(s).answers, s->results);
	check_true("asked each time", s->asked >= 10);
	scene_free(s);
}

static void slow_answers_do_not_overlap(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	s->conf.interval_ms = s->conf.interval_max_ms = 200;
	s->peer[0].delay_ms = 300;
	scene_targets(s, 1);
	scene_await(s, s->results >= 4);
	check_int("in time", s->runtime[1].latency.timeouts, 0);
	check_int("one at a time", s->peer[0].overlapping, 0);
	check_int("each its own answer", scene_totals(s).unmatched, 0);
	check_true("round trips", s->runtime[1].latency.min_us > 250000);
	check_true("no sum of two", s->runtime[1].latency.min_us < 10 * 300000);
	scene_free(s);
}

static void unwanted_is_not_pinged(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	s->conf.interval_ms = s->conf.interval_max_ms = 50;
	s->unwanted = true;
	scene_targets(s, 1);
	scene_await(s, s->asked >= 5);
	check_int("pings", s->runtime[1].pings, 0);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	check_int("one by order", s->runtime[1].pings, 1);
	s->unwanted = false;
	scene_await(s, s->runtime[1].pings >= 3);
	scene_free(s);
}

static void down_backs_off(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	s->conf.interval_ms = 20;
	s->conf.interval_max_ms = 150;
	s->conf.timeout_ms = 20;
	s->conf.health.fall = 2;
	s->conf.health.rise = 2;
	s->peer[0].code = 0;
	scene_targets(s, 1);
	scene_await(s, s->results == 1);
	check_int("trying: plain", one_of(s, 1)->interval_ms, 20);
	scene_await(s, s->results == 2);
	check_int("down: twice", one_of(s, 1)->interval_ms, 40);
	scene_await(s, s->results == 4);
	check_int("no more than the most", one_of(s, 1)->interval_ms, 150);
	scene_targets(s, 1);
	check_int("a reload keeps it", one_of(s, 1)->interval_ms, 150);
	check_int("no packet twice", s->runtime[1].packets, s->runtime[1].pings);
	s->conf.timeout_ms = 15000;
	s->peer[0].code = 200;
	scene_await(s, s->runtime[1].last_cause == HEALTH_PING_OK);
	check_int("the first answer ends it", one_of(s, 1)->interval_ms, 20);
	scene_await(s, s->runtime[1].health == DS_HEALTH_UP);
	scene_free(s);
}

static void asked_does_not_move_the_others(void **state)
{
	struct scene *s = scene_new("127.0.0.1");
	__u64 base;

	(void)state;
	scene_targets(s, 1);
	base = one_of(s, 1)->base_ns;
	scene_ask(s);
	check_true("base", one_of(s, 1)->base_ns == base);
	check_int("no such slot", ping_now(s->ping, 7), -ENOENT);
	check_int("nor that", ping_now(s->ping, 0xffffffff), -ENOENT);
	scene_free(s);
}

/* A ping is under way that is answered after the change. */
static struct scene *under_way(void)
{
	struct scene *s = scene_new("127.0.0.1");

	s->peer[0].delay_ms = 300;
	scene_targets(s, 2);
	check_int("asked", ping_now(s->ping, 1), 0);
	scene_await(s, s->peer[0].requests == 1);
	check_int("in flight", scene_totals(s).in_flight, 1);
	return s;
}

static void replaced_is_forgotten(void **state)
{
	struct scene *s = under_way();

	(void)state;
	s->target[1].id++;
	scene_targets(s, 2);
	check_int("in flight", scene_totals(s).in_flight, 0);
	scene_await(s, scene_totals(s).unmatched >= 1);
	check_int("results", s->results, 0);
	check_int("latency", s->runtime[1].latency.count, 0);
	s->peer[0].delay_ms = 0;
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	scene_free(s);
}

static void removed_is_forgotten(void **state)
{
	struct scene *s = under_way();
	struct ping_target second = s->target[2];

	(void)state;
	check_int("targets", ping_set_targets(s->ping, &second, 1), 0);
	scene_await(s, scene_totals(s).unmatched >= 1);
	check_int("results", s->results, 0);
	check_int("not there", ping_now(s->ping, 1), -ENOENT);
	check_int("none", ping_set_targets(s->ping, NULL, 0), 0);
	check_int("nobody there", ping_now(s->ping, 2), -ENOENT);
	check_true("no socket is left", s->ping->sockets == NULL);
	scene_linger(s, 50);
	scene_free(s);
}

/* An answer to what it was asked before must not count for what it is asked now. */
static void comes_back_with_another_branch(void **state)
{
	struct scene *s = under_way();
	struct ping_target second = s->target[2];
	char first[SCENE_REQUEST_MAX];

	(void)state;
	memcpy(first, s->peer[0].request, sizeof(first));
	check_int("gone", ping_set_targets(s->ping, &second, 1), 0);
	scene_targets(s, 2);
	check_int("asked", ping_now(s->ping, 1), 0);
	scene_await(s, s->peer[0].requests == 2);
	check_true("another ping", strcmp(first, s->peer[0].request) != 0);
	scene_await(s, scene_totals(s).unmatched == 1 && s->results == 1);
	scene_free(s);
}

static void kept_goes_on(void **state)
{
	struct scene *s = under_way();
	struct ping_target other_order[] = { s->target[2], s->target[3], s->target[1] };
	__u64 base = one_of(s, 2)->base_ns;

	(void)state;
	check_int("targets", ping_set_targets(s->ping, other_order, 3), 0);
	check_int("in flight", scene_totals(s).in_flight, 1);
	check_true("same place in the interval", one_of(s, 2)->base_ns == base);
	scene_await(s, s->results == 1);
	scene_last_is(s, HEALTH_PING_OK, 200);
	check_int("pings", s->runtime[1].pings, 1);
	check_int("unmatched", scene_totals(s).unmatched, 0);
	scene_free(s);
}

static void other_source_begins_anew(void **state)
{
	struct scene *s = under_way();

	(void)state;
	s->target[1].socket = s->target[2].socket = "127.0.0.2";
	scene_targets(s, 2);
	check_int("in flight", scene_totals(s).in_flight, 0);
	s->peer[0].delay_ms = 0;
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	scene_free(s);
}

static void shorter_interval_holds_at_once(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	scene_targets(s, 1);
	s->conf.interval_ms = s->conf.interval_max_ms = 50;
	scene_targets(s, 1);
	scene_await(s, s->results >= 2);
	scene_free(s);
}

static void pause_has_no_results(void **state)
{
	struct scene *s = under_way();
	__u64 packets = scene_totals(s).packets;

	(void)state;
	s->conf.timeout_ms = 100;
	ping_pause(s->ping, true);
	ping_pause(s->ping, true);
	check_int("in flight", scene_totals(s).in_flight, 0);
	check_int("refused", ping_now(s->ping, 1), -EAGAIN);
	scene_await(s, scene_totals(s).unmatched >= 1);
	scene_linger(s, 200);
	check_int("results", s->results, 0);
	check_int("packets", scene_totals(s).packets, packets);
	scene_targets(s, 2);
	s->conf.interval_ms = s->conf.interval_max_ms = 50;
	s->conf.timeout_ms = 15000;
	s->peer[0].delay_ms = 0;
	ping_pause(s->ping, false);
	scene_await(s, s->runtime[1].pings >= 3 && s->runtime[2].pings >= 2);
	scene_free(s);
}

static void change_in_hook(struct scene *s)
{
	check_int("not here", ping_set_targets(s->ping, s->target + 1, 1), -EBUSY);
	check_int("that may be", ping_now(s->ping, 2), 0);
	s->on_result = NULL;
}

static void pause_in_hook(struct scene *s)
{
	ping_pause(s->ping, true);
}

static void hooks_may_call_back(void **state)
{
	struct scene *s = scene_new("127.0.0.1");
	__u32 slot;

	(void)state;
	s->on_result = change_in_hook;
	scene_targets(s, 2);
	scene_ask(s);
	scene_await(s, s->runtime[2].last_code == 200);
	/* the first of many that fail while they are sent pauses the rest */
	s->target[3].socket = "example.com";
	scene_targets(s, 7);
	s->on_result = pause_in_hook;
	for (slot = 1; slot < SCENE_TARGETS; slot++)
		check_int("asked", ping_now(s->ping, slot), 0);
	scene_await(s, s->ping->paused);
	scene_linger(s, 100);
	check_int("in flight", scene_totals(s).in_flight, 0);
	s->on_result = NULL;
	ping_pause(s->ping, false);
	scene_ask(s);
	scene_free(s);
}

/* As many as a large installation has, in one set of targets: all are pinged once within the interval. */
static void many_are_spread(void **state)
{
	const size_t n = 10000, tenths = 10;
	struct scene *s = scene_new("127.0.0.1");
	struct ping_target *many = calloc(n, sizeof(*many));
	struct ds_runtime *runtime = calloc(n, sizeof(*runtime));
	size_t i, first = 0, in_tenth[10] = { 0 };
	__u64 begun, at;

	(void)state;
	assert_non_null(many);
	assert_non_null(runtime);
	for (i = 0; i < n; i++) {
		many[i] = s->target[1];
		many[i].slot = 20000 - (__u32)i;
		many[i].id = 0x9e3779b97f4a7c15ull * i;
		many[i].runtime = &runtime[i];
	}
	begun = scene_ms();
	check_int("set", ping_set_targets(s->ping, many, n), 0);
	check_int("again", ping_set_targets(s->ping, many, n), 0);
	for (i = 0; i < n; i++) {
		at = one_of(s, many[i].slot)->due_ns / PING_MS;
		check_true("within the interval", at >= begun && at <= scene_ms() + s->conf.interval_ms);
		first = (size_t)((at - begun) * tenths / (s->conf.interval_ms + 1 + scene_ms() - begun));
		in_tenth[first]++;
	}
	for (i = 0; i < tenths; i++)
		check_true("a tenth in each tenth", in_tenth[i] > n / tenths / 2 && in_tenth[i] < n / tenths * 2);
	for (i = 0; i < n; i++)
		check_true("first", ping_list_first(s->ping->list)->due_ns <= one_of(s, many[i].slot)->due_ns);
	check_int("none is left", ping_set_targets(s->ping, NULL, 0), 0);
	free(many);
	free(runtime);
	scene_free(s);
}

static void full_batches_leave(void **state)
{
	enum { N = 3 * PING_BATCH + 1 };
	static struct ds_runtime runtime[N];
	static struct ping_target many[N];
	struct scene *s = scene_new("127.0.0.1");
	size_t i;

	(void)state;
	for (i = 0; i < N; i++) {
		many[i] = s->target[1 + i % 2];
		many[i].slot = 50 + (__u32)i;
		many[i].runtime = &runtime[i];
		/* two sockets, in turns of one and of many */
		many[i].socket = i % 50 == 7 ? "127.0.0.2" : NULL;
	}
	check_int("set", ping_set_targets(s->ping, many, N), 0);
	for (i = 0; i < N; i++)
		check_int("asked", ping_now(s->ping, many[i].slot), 0);
	scene_await(s, s->results == N);
	check_int("answers", scene_totals(s).answers, N);
	for (i = 0; i < N; i++)
		check_int("each", runtime[i].last_code, 200);
	check_int("none is left", ping_set_targets(s->ping, NULL, 0), 0);
	scene_free(s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "comes again and again", comes_again_and_again, NULL);
	test_add(&tests, "slow answers do not overlap", slow_answers_do_not_overlap, NULL);
	test_add(&tests, "the unwanted is not pinged", unwanted_is_not_pinged, NULL);
	test_add(&tests, "down backs off", down_backs_off, NULL);
	test_add(&tests, "asked does not move the others", asked_does_not_move_the_others, NULL);
	test_add(&tests, "replaced is forgotten", replaced_is_forgotten, NULL);
	test_add(&tests, "removed is forgotten", removed_is_forgotten, NULL);
	test_add(&tests, "comes back with another branch", comes_back_with_another_branch, NULL);
	test_add(&tests, "kept goes on", kept_goes_on, NULL);
	test_add(&tests, "another source begins anew", other_source_begins_anew, NULL);
	test_add(&tests, "a shorter interval holds at once", shorter_interval_holds_at_once, NULL);
	test_add(&tests, "a pause has no results", pause_has_no_results, NULL);
	test_add(&tests, "hooks may call back", hooks_may_call_back, NULL);
	test_add(&tests, "many are spread", many_are_spread, NULL);
	test_add(&tests, "full batches leave", full_batches_leave, NULL);
	return test_run(&tests, "ping_due");
}
