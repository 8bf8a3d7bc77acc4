// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failover_test.c - failover in the kernel: requests are stored as they came, failures are left to the daemon where there
 * is one, and a request that is sent again while its destination is silent goes on to the next.
 */
#include "test.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "ds_calls.h"
#include "ds_store.h"
#include "prog.h"

static struct prog_run run;
static struct prog_run back;
static struct pkt_view view;
static char text[PROG_TEXT_MAX];
static size_t text_len;

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
}

static void scene(void)
{
	const struct ds_failover f = {
		.code = { 500 }, .timeout = 1, .timeout_ms = 2000, .timeout_100_ms = 10000, .tries = 3
	};
	int i, half;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	for (i = PROG_L4; i <= PROG_L6; i++)
		for (half = 0; half < 2; half++)
			prog.listeners[i].half[half].failover = f;
}

/* A socket on the IPv4 listener, as the daemon has one. */
static void bind_listener(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(5060) };
	static int fd = -1;

	if (fd < 0)
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bind(fd, (const void *)&any, sizeof(any));
}

/* From now on there is a daemon. */
static void daemon_runs(void)
{
	bind_listener();
	prog.state->slow_path = 1;
	prog.state->heartbeat_ns = now_ns();
}

/* A request of a call; the index of the destination that it went to, -1 where it was not forwarded. */
static int ask(int is_ip6, const char *method, const char *call, const char *to_tag, const char *reason)
{
	char format[PROG_TEXT_MAX];
	struct pkt p = prog_from_client(is_ip6);
	struct ds_endpoint at;
	int i;

	snprintf(format, sizeof(format),
		 "%s sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %%C;branch=z9hG4bK%s%s\r\n"
		 "Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>%s\r\n"
		 "Call-ID: %s\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
		 method, call, strcmp(method, "BYE") ? "i" : "b", to_tag, call, method);
	text_len = prog_text(text, format, is_ip6);
	p.payload = text;
	p.len = text_len;
	prog_packet(&run, PROG_IN, &p);
	if (strcmp(run.verdict, "forward") != 0)
		return -1;
	check_str("reason", run.reason, reason);
	prog_check_out(&run, &view, PKT_SUM_VALID);
	for (i = 0; i < PROG_DESTS; i++) {
		at = prog_dest_at(is_ip6, (unsigned int)i);
		if (pkt_same_endpoint(&at, &view.dst))
			return i;
	}
	return -1;
}

/* What destination n answers to what was sent last. */
static void reply(int is_ip6, int n, const char *status, const char *verdict, const char *reason)
{
	struct pkt p = prog_from_dest(is_ip6, (unsigned int)n);
	char answer[PROG_TEXT_MAX];

	p.payload = answer;
	p.len = prog_answer(answer, view.payload, view.len, status);
	prog_packet(&back, PROG_OUT, &p);
	prog_check(&back, !strcmp(verdict, "forward") ? XDP_REDIRECT : XDP_PASS, verdict, reason);
	if (strcmp(verdict, "forward") != 0)
		prog_check_untouched(&back, &p);
}

static struct ds_stored *stored(size_t *n)
{
	struct ds_stored *e = NULL;
	size_t i;

	for (i = 0, *n = 0; i < PROG_STORED; i++) {
		if (!prog.stored[i].key)
			continue;
		e = &prog.stored[i];
		(*n)++;
	}
	return e;
}

/* It is stored as it came, once, and what is no new request is not. */
static void stores(void **state)
{
	struct ds_endpoint client;
	struct ds_stored *e;
	int dest, is_ip6;
	size_t n;

	(void)state;
	for (is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		scene();
		ask(is_ip6, "ACK", "s1", "", "request");
		ask(is_ip6, "CANCEL", "s1", "", "request");
		ask(is_ip6, "BYE", "s1", ";tag=b", "request");
		stored(&n);
		check_int("no new ones", n, 0);
		dest = ask(is_ip6, "INVITE", "s1", "", "request");
		check_int("again", ask(is_ip6, "INVITE", "s1", "", "request"), dest);
		e = stored(&n);
		check_int("stored", n, 1);
		check_mem("octets", e->octets, e->len, text, text_len);
		check_int("destination", e->val, PROG_DEST(is_ip6 ? PROG_L6 : PROG_L4, (unsigned int)dest));
		client = prog_from_client(is_ip6).src;
		prog_check_endpoint("client", &e->client, &client);
		check_int("method", e->method, SIP_METHOD_INVITE);
		check_int("listener", e->listener, is_ip6 ? PROG_L6 : PROG_L4);
	}
}

static void not_without_failover(void **state)
{
	size_t n;

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	ask(0, "INVITE", "n1", "", "request");
	stored(&n);
	check_int("stored", n, 0);
	daemon_runs();
	reply(0, 0, "500 No", "forward", "response");
}

/* The store is full: the oldest of a row gives way, and all go on. */
static void full(void **state)
{
	char call[16];
	size_t n, i;

	(void)state;
	scene();
	for (i = 0; i < 20 * PROG_STORED; i++) {
		snprintf(call, sizeof(call), "f%zu", i);
		check_int("sent on", ask(0, "OPTIONS", call, "", "request") >= 0, 1);
	}
	stored(&n);
	check_int("stored", n, PROG_STORED);
}

/* The destination is silent: what is sent again goes on, at most to all of them, with its CANCEL and its ACK. */
static void goes_on(void **state)
{
	int is_ip6, first, second, third;
	struct ds_stored *e;
	size_t n;

	(void)state;
	for (is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		scene();
		first = ask(is_ip6, "INVITE", "g1", "", "request");
		e = stored(&n);
		check_int("too early", ask(is_ip6, "INVITE", "g1", "", "request"), first);
		e->sent_ns -= 2000000000;
		second = ask(is_ip6, "INVITE", "g1", "", "request_failover");
		check_int("another", second != first && second >= 0, 1);
		check_int("and stays", ask(is_ip6, "INVITE", "g1", "", "request"), second);
		check_int("the call too", DS_CALL_DEST(prog_call()),
			  PROG_DEST(is_ip6 ? PROG_L6 : PROG_L4, (unsigned int)second));
		check_int("counted",
			  prog_dest_stats(PROG_DEST(is_ip6 ? PROG_L6 : PROG_L4, (unsigned int)first)).timeouts, 1);
		e->sent_ns -= 2000000000;
		third = ask(is_ip6, "INVITE", "g1", "", "request_failover");
		check_int("the third", third != first && third != second && third >= 0, 1);
		e->sent_ns -= 2000000000;
		check_int("there is no fourth", ask(is_ip6, "INVITE", "g1", "", "request"), third);
		check_int("ACK", ask(is_ip6, "ACK", "g1", ";tag=b", "request"), third);
		check_int("CANCEL", ask(is_ip6, "CANCEL", "g1", "", "request"), third);
	}
}

struct stop_row {
	const char *name;
	const char *status; /* NULL: CANCEL */
};

static const struct stop_row stop_rows[] = { { "rings", "180 Ringing" },
					     { "tries", "100 Trying" },
					     { "answers", "200 OK" },
					     { "fails by another code", "486 Busy Here" },
					     { "cancelled", NULL } };

/* What keeps it where it is. */
static void stops(void **state)
{
	const struct stop_row *row = *state;
	struct ds_stored *e;
	size_t n;
	int dest;

	scene();
	dest = ask(0, "INVITE", "p1", "", "request");
	if (row->status)
		reply(0, dest, row->status, "forward", "response");
	else
		check_int("CANCEL", ask(0, "CANCEL", "p1", "", "request"), dest);
	e = stored(&n);
	e->sent_ns -= 60000000000;
	check_int(row->name, ask(0, "INVITE", "p1", "", "request"), dest);
}

/* A listed failure is the daemon's where there is one; anything else goes to the client. */
static void failures(void **state)
{
	int dest;

	(void)state;
	scene();
	dest = ask(0, "INVITE", "d1", "", "request");
	daemon_runs();
	reply(0, dest, "100 Trying", "forward", "response");
	reply(0, dest, "500 No", "slow", "slow_failover");
	reply(0, dest, "500 No", "slow", "slow_failover");
	prog.state->slow_path = 0;
	reply(0, dest, "500 No", "forward", "response");
	daemon_runs();
	reply(0, dest, "500 No", "forward", "response");
	dest = ask(0, "INVITE", "d2", "", "request");
	reply(0, dest, "503 No", "forward", "response");
	dest = ask(0, "INVITE", "d3", "", "request");
	check_int("CANCEL", ask(0, "CANCEL", "d3", "", "request"), dest);
	check_int("INVITE", ask(0, "INVITE", "d3", "", "request"), dest);
	reply(0, dest, "500 No", "forward", "response");
}

/* Of a destination that was given up: failures are the daemon's, an answer is the client's and takes the call. */
static void late(void **state)
{
	struct ds_stored *e;
	int first, second;
	size_t n;

	(void)state;
	scene();
	first = ask(0, "INVITE", "l1", "", "request");
	e = stored(&n);
	e->sent_ns -= 2000000000;
	second = ask(0, "INVITE", "l1", "", "request_failover");
	daemon_runs();
	reply(0, first, "486 Busy Here", "slow", "slow_failover");
	reply(0, first, "180 Ringing", "forward", "response");
	check_int("whoever has it does not ring", (e->val & DS_STORED_RINGING) != 0, 0);
	reply(0, first, "200 OK", "forward", "response");
	check_int("has the call", DS_CALL_DEST(prog_call()), PROG_DEST(PROG_L4, (unsigned int)first));
	check_int("answered", (e->val & DS_STORED_FINAL) != 0, 1);
	check_int("was with", ds_stored_last(e->val), PROG_DEST(PROG_L4, (unsigned int)second));
}

/* Marks the request that was sent last as one that all destinations have got: its branch is in what they got. */
static struct ds_stored *forked_entry(void)
{
	const char *branch = strstr((const char *)view.payload, "z9hG4bK");
	__u64 key = branch ? strtoull(branch + 7, NULL, 16) : 0;
	struct ds_stored *e = &prog.stored[ds_stored_row(key, prog.state->stored_mask)];

	e->key = ds_stored_key(key);
	e->val = DS_STORED_FORKED;
	return e;
}

/* What all destinations get is the daemon's; where there is none, the hash finds one. */
static void for_all(void **state)
{
	struct ds_stored *e;
	int half, dest;
	size_t n;

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	for (half = 0; half < 2; half++)
		prog.listeners[PROG_L4].half[half].forks = 1;
	prog.sets[prog.listeners[PROG_L4].half[prog.state->generation & 1].set].pick = DS_PICK_ALL;
	dest = ask(0, "INVITE", "a1", "", "request");
	check_int("again", ask(0, "INVITE", "a1", "", "request"), dest);
	stored(&n);
	check_int("nothing is stored", n, 0);
	daemon_runs();
	check_int("to all", ask(0, "INVITE", "a1", "", ""), -1);
	prog_check(&run, XDP_PASS, "slow", "slow_fork");
	check_int("CANCEL", ask(0, "CANCEL", "a1", "", ""), -1);
	prog_check(&run, XDP_PASS, "slow", "slow_fork");
	check_int("in a dialog", ask(0, "BYE", "a1", ";tag=b", "request"), dest);
	prog.state->slow_path = 0;
	check_int("again", ask(0, "INVITE", "a1", "", "request"), dest);
	daemon_runs();
	reply(0, dest, "486 Busy", "forward", "response");
	e = forked_entry();
	reply(0, dest, "486 Busy", "slow", "slow_failover");
	reply(0, dest, "180 Ringing", "slow", "slow_failover");
	prog.state->slow_path = 0;
	reply(0, dest, "486 Busy", "forward", "response");
	daemon_runs();
	check_int("ACK to a failure", ask(0, "ACK", "a1", ";tag=b", ""), -1);
	prog_check(&run, XDP_PASS, "slow", "slow_fork");
	check_int("unchanged", e->val == DS_STORED_FORKED, 1);
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_add(&tests, "stores", stores, NULL);
	test_add(&tests, "not without failover", not_without_failover, NULL);
	test_add(&tests, "full", full, NULL);
	test_add(&tests, "goes on", goes_on, NULL);
	test_rows(&tests, "stops", stops, stop_rows);
	test_add(&tests, "failures", failures, NULL);
	test_add(&tests, "late", late, NULL);
	test_add(&tests, "for all", for_all, NULL);
	failed = test_run(&tests, "failover");
	prog_close();
	return failed;
}
