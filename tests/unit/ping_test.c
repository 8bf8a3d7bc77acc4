// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_test.c - the pinger against real UDP peers on loopback: answers of all kinds, and when pings are due.
 */
#include "ping_scene.h"

static void answered(void **state)
{
	struct scene *s = scene_new("127.0.0.1");
	struct ping_totals t;

	(void)state;
	scene_targets(s, 2);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	check_int("slot", s->result[0].slot, 1);
	check_int("health", s->runtime[1].health, DS_HEALTH_UP);
	check_int("pings", s->runtime[1].pings, 1);
	check_int("packets", s->runtime[1].packets, s->peer[0].requests);
	check_int("last code", s->runtime[1].last_code, 200);
	check_int("last cause", s->runtime[1].last_cause, HEALTH_PING_OK);
	check_true("times", s->runtime[1].sent_ns && s->runtime[1].heard_ns >= s->runtime[1].sent_ns);
	check_int("latency", s->runtime[1].latency.count, 1);
	check_int("at rest", s->runtime[1].seq & 1, 0);
	check_int("the other", s->runtime[2].pings, 0);
	check_int("nobody was asked", s->asked, 0);
	t = scene_totals(s);
	check_int("total pings", t.pings, 1);
	check_int("total answers", t.answers, 1);
	check_int("in flight", t.in_flight, 0);
	check_int("unmatched", t.unmatched, 0);
	check_int("errors", t.send_errors, 0);
	check_true("method and URI", !strncmp(s->peer[0].request, "OPTIONS sip:127.0.0.1 SIP/2.0\r\n", 31));
	scene_free(s);
}

static void codes_decide(void **state)
{
	static const struct codes only_404 = { .bit = { [404 / 64] = 1ull << (404 % 64) } };
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	scene_targets(s, 1);
	s->peer[0].code = 404;
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_CODE, 404);
	check_int("it is a round trip all the same", s->runtime[1].latency.count, 1);
	s->conf.codes.bit[404 / 64] |= 1ull << (404 % 64);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 404);
	s->target[1].codes = &only_404;
	scene_targets(s, 1);
	s->peer[0].code = 200;
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_CODE, 200);
	s->peer[0].code = 404;
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 404);
	scene_free(s);
}

static void silence_is_retransmitted_to(void **state)
{
	struct scene *s = scene_new("127.0.0.1");
	__u32 before;

	(void)state;
	s->peer[0].code = 0;
	s->conf.timeout_ms = 3000;
	scene_targets(s, 1);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_TIMEOUT, 0);
	/* at 0, 0.5 and 1.5 s; the next would be at 3.5 s */
	check_true("packets", s->runtime[1].packets > 1 && s->runtime[1].packets <= 3);
	check_int("pings", s->runtime[1].pings, 1);
	check_int("requests", s->peer[0].requests, s->runtime[1].packets);
	check_int("one branch", s->peer[0].overlapping, 0);
	check_int("time-outs", s->runtime[1].latency.timeouts, 1);
	check_int("no round trip", s->runtime[1].latency.count, 0);
	check_int("health", s->runtime[1].health, DS_HEALTH_DOWN);
	/* down: one packet and no more */
	before = s->runtime[1].packets;
	scene_ask(s);
	check_int("pings while down", s->runtime[1].pings, 2);
	check_int("requests while down", s->peer[0].requests, s->runtime[1].packets);
	check_int("packets while down", s->runtime[1].packets, before + 1);
	scene_free(s);
}

static void late_answer_is_nobodys(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	s->conf.timeout_ms = 100;
	s->peer[0].delay_ms = 300;
	scene_targets(s, 1);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_TIMEOUT, 0);
	s->conf.timeout_ms = 15000;
	s->peer[0].delay_ms = 0;
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	scene_await(s, scene_totals(s).unmatched == 1);
	check_int("of the target", s->runtime[1].unmatched, 1);
	check_int("results", s->results, 2);
	check_int("latency", s->runtime[1].latency.count, 1);
	scene_free(s);
}

static const struct wrong_row {
	const char *name;
	struct peer peer;
} wrongs[] = {
	{ "branch", { .wrong_branch = true } },
	{ "source port", { .elsewhere = true } },
	{ "CSeq method", { .wrong_method = true } },
	{ "two Vias", { .two_vias = true } },
};

static void wrong_answer_does_not_count(void **state)
{
	const struct wrong_row *row = *state;
	struct scene *s = scene_new("127.0.0.1");

	s->conf.timeout_ms = 400;
	s->peer[0].wrong_branch = row->peer.wrong_branch;
	s->peer[0].elsewhere = row->peer.elsewhere;
	s->peer[0].wrong_method = row->peer.wrong_method;
	s->peer[0].two_vias = row->peer.two_vias;
	scene_targets(s, 1);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_TIMEOUT, 0);
	scene_await(s, scene_totals(s).unmatched == 1);
	check_int("unmatched", s->runtime[1].unmatched, 1);
	check_int("answers", scene_totals(s).answers, 0);
	check_int("never heard of", s->runtime[1].heard_ns, 0);
	scene_free(s);
}

static void rubbish_harms_nobody(void **state)
{
	static const char *const rubbish[] = { "", "x", "\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n",
					       "\0\0\0\0\0\0\0\0\0\0\0\0" };
	struct scene *s = scene_new("127.0.0.1");
	struct sockaddr_storage name;
	socklen_t len;
	size_t i;

	(void)state;
	scene_targets(s, 1);
	scene_ask(s);
	len = ping_socket_name(&s->peer[0].from, &name);
	for (i = 0; i < TEST_COUNT(rubbish); i++)
		sendto(s->peer[0].fd, rubbish[i], i == 4 ? 12 : strlen(rubbish[i]), 0, (struct sockaddr *)&name, len);
	scene_await(s, scene_totals(s).unmatched == TEST_COUNT(rubbish));
	check_int("of no target", s->runtime[1].unmatched, 0);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	scene_free(s);
}

static void one_of_three_copies_counts(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	s->peer[0].copies = 3;
	scene_targets(s, 1);
	scene_ask(s);
	scene_await(s, scene_totals(s).unmatched == 2);
	check_int("results", s->results, 1);
	check_int("answers", scene_totals(s).answers, 1);
	scene_free(s);
}

static void provisional_ends_retransmission(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	s->peer[0].provisional = true;
	s->peer[0].delay_ms = 2000;
	scene_targets(s, 1);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	/* without the 100 there would be three by now */
	check_true("packets", s->runtime[1].packets < 3);
	check_true("the final one is timed", s->runtime[1].latency.last_us > 1500000);
	scene_free(s);
}

static void closed_port_fails_at_once(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	peer_close(&s->peer[0]);
	/* two members of one address */
	s->target[3].slot = 3;
	scene_targets(s, 3);
	check_int("asked", ping_now(s->ping, 3), 0);
	scene_ask(s);
	scene_await(s, s->results == 2);
	check_int("first", s->result[0].cause, HEALTH_PING_SEND);
	check_int("errno", s->result[0].detail, ECONNREFUSED);
	scene_last_is(s, HEALTH_PING_SEND, ECONNREFUSED);
	check_true("both", s->result[0].slot != s->result[1].slot);
	check_int("errors", scene_totals(s).send_errors, 2);
	/* nor does it hit anybody else */
	check_int("asked", ping_now(s->ping, 1), 0);
	check_int("asked", ping_now(s->ping, 2), 0);
	scene_await(s, s->results == 4);
	check_int("the other", s->runtime[2].health, DS_HEALTH_UP);
	check_int("latency", s->runtime[1].latency.count, 0);
	scene_free(s);
}

static const struct source_row {
	const char *name;
	const char *of_target;
	const char *of_all;
	__u16 want;
} sources[] = {
	{ "of the target", "127.0.0.2", "", 0 },
	{ "of all", NULL, "udp:127.0.0.2:0", 0 },
	{ "the target's own first", "127.0.0.2", "127.0.0.3", 0 },
	{ "not of this host", "192.0.2.77", "", EADDRNOTAVAIL },
	{ "of another family", "[::1]:0", "", EAFNOSUPPORT },
	{ "not to be read", NULL, "example.com", EINVAL },
};

static void source_is_as_told(void **state)
{
	const struct source_row *row = *state;
	struct scene *s = scene_new("127.0.0.1");
	char place[URI_ENDPOINT_SIZE];

	strcpy(s->conf.socket, row->of_all);
	s->target[1].socket = row->of_target;
	scene_targets(s, 1);
	scene_ask(s);
	if (row->want) {
		scene_last_is(s, HEALTH_PING_SEND, row->want);
		check_int("nothing was sent", s->runtime[1].packets, 0);
		check_int("in flight", scene_totals(s).in_flight, 0);
	} else {
		scene_last_is(s, HEALTH_PING_OK, 200);
		uri_endpoint_text(&s->peer[0].from, place);
		check_true("source", !strncmp(place, "127.0.0.2:", 10));
	}
	scene_free(s);
}

static void ip6_works(void **state)
{
	struct ds_endpoint at = { .ip.w[3] = htonl(1) };
	int fd = ping_socket_open(&at);
	struct scene *s;

	(void)state;
	if (fd < 0)
		test_skip("no IPv6 on this host");
	close(fd);
	s = scene_new("::1");
	scene_targets(s, 1);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	check_true("brackets", strstr(s->peer[0].request, "Via: SIP/2.0/UDP [::1]:") != NULL);
	peer_close(&s->peer[0]);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_SEND, ECONNREFUSED);
	scene_free(s);
}

static void busy_loop_lengthens_nothing(void **state)
{
	struct scene *s = scene_new("127.0.0.1");

	(void)state;
	/* the answer lies in the socket when its time is over, and is none too late */
	s->peer[0].busy_ms = 1500;
	s->conf.timeout_ms = 1000;
	scene_targets(s, 1);
	scene_ask(s);
	scene_last_is(s, HEALTH_PING_OK, 200);
	check_true("round trip", s->runtime[1].latency.last_us < 1000000);
	scene_free(s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "answered", answered, NULL);
	test_add(&tests, "codes decide", codes_decide, NULL);
	test_add(&tests, "silence is retransmitted to", silence_is_retransmitted_to, NULL);
	test_add(&tests, "a late answer is nobody's", late_answer_is_nobodys, NULL);
	test_rows(&tests, "wrong answer", wrong_answer_does_not_count, wrongs);
	test_add(&tests, "rubbish harms nobody", rubbish_harms_nobody, NULL);
	test_add(&tests, "one of three copies counts", one_of_three_copies_counts, NULL);
	test_add(&tests, "a provisional answer ends retransmission", provisional_ends_retransmission, NULL);
	test_add(&tests, "a closed port fails at once", closed_port_fails_at_once, NULL);
	test_rows(&tests, "source", source_is_as_told, sources);
	test_add(&tests, "IPv6", ip6_works, NULL);
	test_add(&tests, "a busy loop lengthens nothing", busy_loop_lengthens_nothing, NULL);
	return test_run(&tests, "ping");
}
