// SPDX-License-Identifier: GPL-2.0-or-later
/* load_test.c - call load (algorithm 10): calls are counted by what passes, and the least loaded member is picked. */
#include "test.h"

#include "ds_calls.h"
#include "prog.h"

static struct prog_run run;
static struct prog_run back;
static struct pkt_view view;
static char answer[PROG_TEXT_MAX];

/* A request of a call; the index of the destination that it went to, -1 where it was not forwarded. */
static int ask(const char *method, const char *call, unsigned int cseq, const char *to_tag)
{
	struct pkt p = prog_from_client(0);
	char text[PROG_TEXT_MAX];
	struct ds_endpoint at;
	int i;

	p.len = (size_t)snprintf(
		text, sizeof(text),
		"%s sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK%s%u%s\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>%s%s\r\n"
		"Call-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:alice@192.0.2.20:5062>\r\n"
		"Subject: room for a reply that is built in the place of the request, with its tag and reason\r\n"
		"Content-Length: 0\r\n\r\n",
		method, call, cseq, strcmp(method, "BYE") ? "i" : "b", *to_tag ? ";tag=" : "", to_tag, call, cseq,
		method);
	p.payload = text;
	prog_packet(&run, PROG_IN, &p);
	if (strcmp(run.verdict, "forward") != 0)
		return -1;
	prog_check_out(&run, &view, PKT_SUM_VALID);
	for (i = 0; i < PROG_DESTS; i++) {
		at = prog_dest_at(0, (unsigned int)i);
		if (pkt_same_endpoint(&at, &view.dst))
			return i;
	}
	return -1;
}

static void reply(const char *status)
{
	struct pkt p = prog_from_dest(0, 0);

	p.src = view.dst;
	p.payload = answer;
	p.len = prog_answer(answer, view.payload, view.len, status);
	prog_packet(&back, PROG_OUT, &p);
	prog_check(&back, XDP_REDIRECT, "forward", "response");
}

static __s64 load(int n)
{
	return prog.loads[PROG_DEST(PROG_L4, n)].calls;
}

static void check_loads(const char *what, __s64 a, __s64 b, __s64 c)
{
	check_int(what, load(0), a);
	check_int(what, load(1), b);
	check_int(what, load(2), c);
}

static void begin(void)
{
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_LOAD, DS_AFFINITY_CALLS);
}

/* Members with equal loads take turns; who has fewer gets the next. */
static void least_is_picked(void **state)
{
	int i, to[PROG_DESTS] = { 0 };
	char call[16];

	(void)state;
	begin();
	for (i = 0; i < 9; i++) {
		snprintf(call, sizeof(call), "l%d", i);
		to[ask("INVITE", call, 1, "")]++;
		check_int("called again", ask("INVITE", call, 1, "") >= 0, 1);
	}
	check_int("first", to[0], 3);
	check_int("second", to[1], 3);
	check_loads("calls", 3, 3, 3);
	prog.loads[PROG_DEST(PROG_L4, 1)].calls = 1;
	check_int("the one with fewest", ask("INVITE", "m1", 1, ""), 1);
	check_int("and again", ask("INVITE", "m2", 1, ""), 1);
	check_loads("calls then", 3, 3, 3);
}

/* One call from its INVITE on; every message twice. */
static void a_call_counts_once(void **state)
{
	int dest;

	(void)state;
	begin();
	dest = ask("INVITE", "c1", 1, "");
	reply("180 Ringing");
	reply("180 Ringing");
	check_int("ringing", load(dest), 1);
	check_int("INVITE again", ask("INVITE", "c1", 1, ""), dest);
	reply("200 OK");
	reply("200 OK");
	check_int("up", load(dest), 1);
	check_int("ACK", ask("ACK", "c1", 1, "uas"), dest);
	check_int("re-INVITE", ask("INVITE", "c1", 2, "uas"), dest);
	reply("488 Not Acceptable Here");
	check_int("still up", load(dest), 1);
	check_int("BYE", ask("BYE", "c1", 3, "uas"), dest);
	check_loads("over, whether it is answered or not", 0, 0, 0);
	check_int("BYE again", ask("BYE", "c1", 3, "uas"), dest);
	reply("200 OK");
	reply("200 OK");
	check_loads("over", 0, 0, 0);
	check_int("late INVITE", ask("INVITE", "c1", 1, ""), dest);
	check_loads("no call", 0, 0, 0);
}

static void failures_end_calls(void **state)
{
	int dest;

	(void)state;
	begin();
	dest = ask("INVITE", "f1", 1, "");
	reply("486 Busy Here");
	check_loads("busy", 0, 0, 0);
	dest = ask("INVITE", "f2", 1, "");
	reply("407 Proxy Authentication Required");
	check_loads("asked for credentials", 0, 0, 0);
	check_int("with credentials", ask("INVITE", "f2", 2, ""), dest);
	check_int("counts again", load(dest), 1);
	reply("180 Ringing");
	check_int("CANCEL", ask("CANCEL", "f2", 2, ""), dest);
	reply("200 OK");
	check_int("not by its answer", load(dest), 1);
	ask("INVITE", "f2", 2, "");
	reply("487 Request Terminated");
	check_loads("cancelled", 0, 0, 0);
}

/* The callee's BYE goes out by the Request-URI and ends the call as it passes. */
static void callee_hangs_up(void **state)
{
	static const char bye[] =
		"BYE sip:alice@192.0.2.20:5062 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.11:5070;branch=z9hG4bKcb\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:bob@example.com>;tag=%s\r\nTo: <sip:alice@example.com>;tag=a1\r\n"
		"Call-ID: b1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n";
	struct pkt p = prog_from_dest(0, 0);
	char text[PROG_TEXT_MAX], tag[32] = "";
	const char *at;
	int dest;

	(void)state;
	begin();
	dest = ask("INVITE", "b1", 1, "");
	reply("200 OK");
	check_int("up", load(dest), 1);
	at = strstr(answer, "To: ");
	assert_non_null(at);
	at = strstr(at, ";tag=");
	assert_non_null(at);
	snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(at + 5, ";\r"), at + 5);
	p.src = view.dst;
	p.payload = text;
	p.len = (size_t)snprintf(text, sizeof(text), bye, tag);
	prog_packet(&back, PROG_OUT, &p);
	prog_check(&back, XDP_REDIRECT, "forward", "request_outward");
	check_loads("over", 0, 0, 0);
}

static void no_calls_do_not_count(void **state)
{
	(void)state;
	begin();
	check_true("OPTIONS", ask("OPTIONS", "o1", 1, "") >= 0);
	reply("200 OK");
	check_true("REGISTER", ask("REGISTER", "o2", 1, "") >= 0);
	check_loads("calls", 0, 0, 0);
}

static void maxload_is_kept(void **state)
{
	int i, n = 0;
	char call[16];

	(void)state;
	begin();
	prog.loads[PROG_DEST(PROG_L4, 0)].max = 2;
	prog.loads[PROG_DEST(PROG_L4, 1)].max = -1;
	prog.loads[PROG_DEST(PROG_L4, 2)].max = 3;
	for (i = 0; i < 8; i++) {
		snprintf(call, sizeof(call), "x%d", i);
		n += ask("INVITE", call, 1, "") >= 0;
	}
	check_int("calls that found a place", n, 5);
	check_loads("calls", 2, 0, 3);
	prog_check(&run, XDP_TX, "reply", "destinations_full");
	check_true("what is no call finds one", ask("OPTIONS", "o1", 1, "") >= 0);
}

/* An entry that expired, and one of a flood, take their counts with them where others come. */
static void what_gives_way_counts_no_more(void **state)
{
	char call[16];
	__s64 sum = 0, entries = 0;
	int i, way;

	(void)state;
	begin();
	prog.state->calls_mask = 0;
	for (i = 0; i < 30; i++) {
		snprintf(call, sizeof(call), "e%d", i);
		ask("INVITE", call, 1, "");
	}
	for (i = 0; i < PROG_DESTS; i++)
		sum += load(i);
	for (way = 0; way < DS_CALLS_WAYS; way++)
		entries += !!(prog.calls[0].way[way].val & DS_CALL_COUNTED);
	check_int("entries", entries, DS_CALLS_WAYS);
	check_int("calls", sum, entries);
}

/* No room in the table: the call is sent by its hash, and is not counted. */
static void no_room_counts_nothing(void **state)
{
	__u64 val;
	int way;

	(void)state;
	begin();
	prog.state->calls_mask = 0;
	ask("OPTIONS", "o1", 1, "");
	val = ds_call_val(prog_call(), DS_CALL_CONFIRMED, DS_CALL_SECONDS(prog_call()));
	for (way = 0; way < DS_CALLS_WAYS; way++)
		prog.calls[0].way[way] = (struct ds_call){ 1000 + (__u64)way, val };
	check_true("sent", ask("INVITE", "n1", 1, "") >= 0);
	check_loads("calls", 0, 0, 0);
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_add(&tests, "the least loaded is picked, equal ones in turns", least_is_picked, NULL);
	test_add(&tests, "a call counts once", a_call_counts_once, NULL);
	test_add(&tests, "failures end calls", failures_end_calls, NULL);
	test_add(&tests, "the callee hangs up", callee_hangs_up, NULL);
	test_add(&tests, "what is no call does not count", no_calls_do_not_count, NULL);
	test_add(&tests, "maxload is kept", maxload_is_kept, NULL);
	test_add(&tests, "what gives way counts no more", what_gives_way_counts_no_more, NULL);
	test_add(&tests, "no room counts nothing", no_room_counts_nothing, NULL);
	failed = test_run(&tests, "load");
	prog_close();
	return failed;
}
