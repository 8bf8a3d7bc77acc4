// SPDX-License-Identifier: GPL-2.0-or-later
/* calls_test.c - a call stays with its destination, whatever the algorithm and whatever changes; the calls table. */
#include "test.h"

#include <arpa/inet.h>
#include <time.h>

#include "ds_calls.h"
#include "prog.h"

static char answer[PROG_TEXT_MAX];
static struct prog_run run;  /* of the last request */
static struct prog_run back; /* of the last answer */
static struct pkt_view view;

/* A request of call `call`; returns the index of the destination that it went to, -1 where it was not forwarded. */
static int send_request(const char *method, unsigned int cseq, const char *call, const char *branch, const char *to_tag)
{
	struct pkt p = prog_from_client(0);
	char text[PROG_TEXT_MAX];
	struct ds_endpoint at;
	int i;

	p.len = (size_t)snprintf(
		text, sizeof(text),
		"%s sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK%s\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>%s%s\r\n"
		"Call-ID: %s\r\nCSeq: %u %s\r\nContent-Length: 0\r\n\r\n",
		method, branch, *to_tag ? ";tag=" : "", to_tag, call, cseq, method);
	p.payload = text;
	prog_packet(&run, PROG_IN, &p);
	if (strcmp(run.verdict, "forward"))
		return -1;
	prog_check(&run, XDP_REDIRECT, "forward", "request");
	prog_check_out(&run, &view, PKT_SUM_VALID);
	for (i = 0; i < PROG_DESTS; i++) {
		at = prog_dest_at(0, (unsigned int)i);
		if (pkt_same_endpoint(&at, &view.dst))
			return i;
	}
	fail_msg("sent to somebody who is no destination");
	return -1;
}

/* The destination answers what was sent last. */
static void send_answer(const char *status)
{
	struct pkt p = prog_from_dest(0, 0);

	p.src = view.dst;
	p.payload = answer;
	p.len = prog_answer(answer, view.payload, view.len, status);
	prog_packet(&back, PROG_OUT, &p);
	prog_check(&back, XDP_REDIRECT, "forward", "response");
}

/* Our branch and sx of what was sent last. */
static void keep_via(char via[64])
{
	const char *at = memmem(view.payload, view.len, "z9hG4bK", 7);

	assert_non_null(at);
	memcpy(via, at, 43);
	via[43] = '\0';
}

/* Publishes a list in which the destinations stand in another order, and one alone takes all new calls. */
static void reload(void)
{
	prog_set(3, PROG_L6, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 2), 1);
	prog.listeners[PROG_L4].half[1] = prog.listeners[PROG_L4].half[0];
	prog.listeners[PROG_L4].half[1].set = 3;
	prog.state->generation++;
}

struct flow_row {
	const char *name;
	enum ds_algorithm algorithm;
	enum ds_affinity affinity;
	int reload;
};

static const struct flow_row flow_rows[] = {
	{ "hash, table of calls", DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS, 0 },
	{ "hash, table of calls, reload", DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS, 1 },
	{ "hash, no table", DS_ALGORITHM_CALL_ID, DS_AFFINITY_HASH, 0 },
	{ "round robin, table of calls", DS_ALGORITHM_ROUND_ROBIN, DS_AFFINITY_CALLS, 0 },
	{ "round robin, table of calls, reload", DS_ALGORITHM_ROUND_ROBIN, DS_AFFINITY_CALLS, 1 },
};

/* INVITE, its retransmission, CANCEL and the ACK to a failure carry one branch to one destination. */
static void failed_call(void **state)
{
	const struct flow_row *row = *state;
	char via[64], again[64], call[16];
	int i, dest;

	prog_scene(DS_MODE_PROXY, row->algorithm, row->affinity);
	for (i = 0; i < 10; i++) {
		snprintf(call, sizeof(call), "f%d", i);
		dest = send_request("INVITE", 1, call, "i1", "");
		check_true("destination of the INVITE", dest >= 0);
		keep_via(via);
		send_answer("180 Ringing");
		if (row->reload)
			reload();
		check_int("destination of the retransmission", send_request("INVITE", 1, call, "i1", ""), dest);
		keep_via(again);
		check_str("Via of the retransmission", again, via);
		check_int("destination of the CANCEL", send_request("CANCEL", 1, call, "i1", ""), dest);
		keep_via(again);
		check_str("Via of the CANCEL", again, via);
		check_int("destination of the ACK", send_request("ACK", 1, call, "i1", "uas"), dest);
		keep_via(again);
		check_str("Via of the ACK", again, via);
		if (row->reload)
			prog_scene(DS_MODE_PROXY, row->algorithm, row->affinity);
	}
}

/* The ACK to a 2xx, a re-INVITE, INFO and BYE have branches of their own and follow the call. */
static void answered_call(void **state)
{
	const struct flow_row *row = *state;
	char via[64], again[64], call[16];
	int i, dest;

	prog_scene(DS_MODE_PROXY, row->algorithm, row->affinity);
	for (i = 0; i < 10; i++) {
		snprintf(call, sizeof(call), "g%d", i);
		dest = send_request("INVITE", 1, call, "j1", "");
		keep_via(via);
		send_answer("200 OK");
		if (row->reload)
			reload();
		check_int("destination of the ACK", send_request("ACK", 1, call, "j2", "uas"), dest);
		keep_via(again);
		check_true("the ACK to a 2xx has a branch of its own", strcmp(via, again) != 0);
		check_int("destination of a re-INVITE", send_request("INVITE", 2, call, "j3", "uas"), dest);
		check_int("destination of INFO", send_request("INFO", 3, call, "j4", "uas"), dest);
		check_int("destination of BYE", send_request("BYE", 4, call, "j5", "uas"), dest);
		send_answer("200 OK");
		check_int("destination of its retransmission", send_request("BYE", 4, call, "j5", "uas"), dest);
		if (row->reload)
			prog_scene(DS_MODE_PROXY, row->algorithm, row->affinity);
	}
}

struct step {
	const char *what; /* a method, or the status of an answer to the last */
	const char *to_tag;
	unsigned int state;
};

struct state_row {
	const char *name;
	struct step step[8];
};

static const struct state_row state_rows[] = {
	{ "answered and hung up",
	  { { "INVITE", "", DS_CALL_NEW },
	    { "100 Trying", "", DS_CALL_NEW },
	    { "180 Ringing", "", DS_CALL_RINGING },
	    { "200 OK", "", DS_CALL_CONFIRMED },
	    { "ACK", "uas", DS_CALL_CONFIRMED },
	    { "BYE", "uas", DS_CALL_OVER },
	    { "200 OK", "", DS_CALL_OVER } } },
	{ "answered at once", { { "INVITE", "", DS_CALL_NEW }, { "200 OK", "", DS_CALL_CONFIRMED } } },
	{ "busy",
	  { { "INVITE", "", DS_CALL_NEW },
	    { "183 Progress", "", DS_CALL_RINGING },
	    { "486 Busy", "", DS_CALL_ENDING } } },
	{ "re-INVITE refused: the call goes on",
	  { { "INVITE", "", DS_CALL_NEW },
	    { "200 OK", "", DS_CALL_CONFIRMED },
	    { "INVITE", "uas", DS_CALL_CONFIRMED },
	    { "183 Progress", "", DS_CALL_CONFIRMED },
	    { "488 No", "", DS_CALL_CONFIRMED },
	    { "INFO", "uas", DS_CALL_CONFIRMED },
	    { "200 OK", "", DS_CALL_CONFIRMED } } },
	{ "BYE refused",
	  { { "INVITE", "", DS_CALL_NEW },
	    { "200 OK", "", DS_CALL_CONFIRMED },
	    { "BYE", "uas", DS_CALL_OVER },
	    { "481 No", "", DS_CALL_OVER } } },
	{ "BYE not answered",
	  { { "INVITE", "", DS_CALL_NEW },
	    { "200 OK", "", DS_CALL_CONFIRMED },
	    { "BYE", "uas", DS_CALL_OVER },
	    { "100 Trying", "", DS_CALL_OVER } } },
	{ "OPTIONS", { { "OPTIONS", "", DS_CALL_NEW }, { "200 OK", "", DS_CALL_ENDING } } },
	{ "REGISTER challenged",
	  { { "REGISTER", "", DS_CALL_NEW },
	    { "401 Unauthorized", "", DS_CALL_ENDING },
	    { "REGISTER", "", DS_CALL_ENDING },
	    { "200 OK", "", DS_CALL_ENDING } } },
};

static void states(void **state)
{
	const struct state_row *row = *state;
	const struct step *step;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	for (step = row->step; step->what; step++) {
		if (*step->what >= '0' && *step->what <= '9')
			send_answer(step->what);
		else
			check_true(step->what, send_request(step->what, 1, "s1", step->what, step->to_tag) >= 0);
		if (DS_CALL_STATE(prog_call()) != step->state)
			print_error("after %s:\n", step->what);
		check_int("state (1 new, 2 ringing, 3 confirmed, 4 ending, 5 over)", DS_CALL_STATE(prog_call()),
			  step->state);
	}
}

/* Somebody else who has seen our Via cannot end a call. */
static void only_destinations_move(void **state)
{
	struct pkt p = prog_from_dest(0, 0);

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	send_request("INVITE", 1, "o1", "o1", "");
	p.src = pkt_endpoint("198.51.100.77", 5070);
	p.payload = answer;
	p.len = prog_answer(answer, view.payload, view.len, "486 Busy");
	prog_packet(&back, PROG_OUT, &p);
	check_int("state", DS_CALL_STATE(prog_call()), DS_CALL_NEW);
	send_answer("486 Busy");
	check_int("state", DS_CALL_STATE(prog_call()), DS_CALL_ENDING);
}

static __u32 now_ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (__u32)(((__u64)t.tv_sec * 1000000000 + (__u64)t.tv_nsec) >> DS_TICK_SHIFT);
}

/* Where the calls table keeps this call. */
static struct ds_call *entry_of(const char *call, struct ds_call_bucket **bucket)
{
	int i, way;

	memset(prog.calls, 0, PROG_CALLS_BUCKETS * sizeof(*prog.calls));
	check_true("forwarded", send_request("INVITE", 1, call, "e1", "") >= 0);
	for (i = 0; i < PROG_CALLS_BUCKETS; i++) {
		for (way = 0; way < DS_CALLS_WAYS; way++) {
			if (!prog.calls[i].way[way].val)
				continue;
			*bucket = &prog.calls[i];
			return &prog.calls[i].way[way];
		}
	}
	fail_msg("no entry");
	return NULL;
}

struct room_row {
	const char *name;
	__u8 states[DS_CALLS_WAYS];
	__u8 ages[DS_CALLS_WAYS]; /* ticks since the last news, of 200 */
	int taken;		  /* which way the new call takes, -1: none */
};

static const struct room_row room_rows[] = {
	{ "all confirmed", { 3, 3, 3, 3, 3, 3, 3 }, { 0 }, -1 },
	{ "confirmed and new", { 3, 3, 1, 3, 3, 3, 3 }, { 0 }, 2 },
	{ "confirmed and ending", { 3, 3, 3, 3, 3, 4, 3 }, { 0 }, 5 },
	{ "confirmed and ringing", { 3, 3, 3, 2, 3, 3, 3 }, { 0 }, 3 },
	{ "ringing and new: the new one", { 2, 2, 2, 2, 1, 2, 3 }, { 0 }, 4 },
	{ "expired before new", { 1, 1, 1, 1, 1, 1, 1 }, { 0, 0, 0, 0, 0, 0, 40 }, 6 },
	{ "ringing lasts longer than new", { 2, 2, 1, 2, 2, 2, 2 }, { 40, 40, 40, 40, 40, 40, 40 }, 2 },
	{ "confirmed outlasts all", { 3, 3, 3, 3, 3, 3, 2 }, { 200, 200, 200, 200, 200, 200, 201 }, 6 },
};

static void room(void **state)
{
	const struct room_row *row = *state;
	struct ds_call_bucket *bucket, full;
	int i, dest;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	entry_of("r1", &bucket);
	for (i = 0; i < DS_CALLS_WAYS; i++) {
		bucket->way[i].key = 0x5000u + (unsigned int)i;
		bucket->way[i].val = DS_CALL_VAL(1, 7, row->states[i], now_ticks() - row->ages[i]);
	}
	full = *bucket;
	dest = send_request("INVITE", 1, "r1", "r1", "");
	check_true("forwarded, room or not", dest >= 0);
	for (i = 0; i < DS_CALLS_WAYS; i++)
		check_int("key is the one that was there", bucket->way[i].key == full.way[i].key, i != row->taken);
	check_int("lock", bucket->lock, 0);
	/* without an entry it is the hash that keeps them together */
	check_int("destination of the retransmission", send_request("INVITE", 1, "r1", "r1", ""), dest);
	check_int("destination of the CANCEL", send_request("CANCEL", 1, "r1", "r1", ""), dest);
}

/* A flood of Call-IDs in a small table leaves what is confirmed. */
static void flood(void **state)
{
	struct ds_call_bucket *bucket;
	struct ds_call *call;
	char id[32];
	__u64 val;
	int i;

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_ROUND_ROBIN, DS_AFFINITY_CALLS);
	call = entry_of("kept", &bucket);
	send_answer("200 OK");
	val = call->val;
	check_int("state", DS_CALL_STATE(val), DS_CALL_CONFIRMED);
	for (i = 0; i < 3000; i++) {
		snprintf(id, sizeof(id), "flood-%d", i);
		check_true("forwarded", send_request("INVITE", 1, id, "x", "") >= 0);
	}
	check_int("the confirmed call", call->val == val, 1);
}

struct stale_row {
	const char *name;
	__u32 dest;   /* in the entry: slot, */
	__u8 serial;  /* serial number, */
	__u8 state;   /* state */
	__u32 age;    /* and ticks since the last news */
	int followed; /* whether the entry counts */
};

static const struct stale_row stale_rows[] = {
	{ "alive", PROG_DEST(PROG_L4, 1), 7, DS_CALL_CONFIRMED, 100, 1 },
	{ "draining", PROG_DEST(PROG_L4, 2), 7, DS_CALL_CONFIRMED, 100, 1 },
	{ "expired", PROG_DEST(PROG_L4, 1), 7, DS_CALL_NEW, 33, 0 },
	{ "idle for too long", PROG_DEST(PROG_L4, 1), 7, DS_CALL_CONFIRMED, DS_CALL_IDLE_S + 1, 0 },
	{ "slot given to another destination", PROG_DEST(PROG_L4, 1), 6, DS_CALL_CONFIRMED, 100, 0 },
	{ "slot free", 30, 7, DS_CALL_CONFIRMED, 100, 0 },
};

/* An entry counts as long as it lives and its destination is the one that it was made for. */
static void stale(void **state)
{
	const struct stale_row *row = *state;
	struct ds_call_bucket *bucket;
	struct ds_call *call;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	/* the pick is always the first, so that the others come from the entry */
	prog_set(1, PROG_L4, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 0), 1);
	prog.dests[PROG_DEST(PROG_L4, 2)].flags |= DS_DEST_DRAINING;
	call = entry_of("t1", &bucket);
	call->val = DS_CALL_VAL(row->dest, row->serial, row->state, now_ticks() - row->age);
	check_int("destination", send_request("INVITE", 1, "t1", "t1", ""),
		  row->followed ? (int)(row->dest - PROG_DEST(PROG_L4, 0)) : 0);
	check_int("destination kept", DS_CALL_DEST(call->val), row->followed ? row->dest : PROG_DEST(PROG_L4, 0));
	check_true("the entry is fresh", now_ticks() - DS_CALL_SECONDS(call->val) <= 1);
}

/* ACK and CANCEL of no known call have no destination under round robin. */
static void no_call(void **state)
{
	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_ROUND_ROBIN, DS_AFFINITY_CALLS);
	check_int("ACK forwarded", send_request("ACK", 1, "n1", "n1", "uas"), -1);
	prog_check(&run, XDP_DROP, "drop", "ack_no_call");
	check_int("CANCEL forwarded", send_request("CANCEL", 1, "n1", "n1", ""), -1);
	prog_check(&run, XDP_DROP, "drop", "cancel_no_call");
	check_int("state of any entry", DS_CALL_STATE(prog_call()), DS_CALL_FREE);
	/* the hash finds the INVITE's destination, though its INVITE came before the table was there */
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	check_true("ACK forwarded", send_request("ACK", 1, "n1", "n1", "uas") >= 0);
	check_int("state of any entry", DS_CALL_STATE(prog_call()), DS_CALL_FREE);
}

static void round_robin_is_even(void **state)
{
	int count[PROG_DESTS] = { 0 }, i, dest, last = -1;
	char id[32];

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_ROUND_ROBIN, DS_AFFINITY_CALLS);
	for (i = 0; i < 30; i++) {
		snprintf(id, sizeof(id), "rr-%d", i);
		dest = send_request("INVITE", 1, id, "x", "");
		check_true("forwarded", dest >= 0);
		if (last >= 0)
			check_int("the next one's turn", dest, (last + 1) % PROG_DESTS);
		last = dest;
		count[dest]++;
	}
	for (i = 0; i < PROG_DESTS; i++)
		check_int("share", count[i], 10);
}

/* The hash alone writes nothing. */
static void hash_needs_no_table(void **state)
{
	int i, dest, seen = 0;
	char id[32];

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_HASH);
	for (i = 0; i < 50; i++) {
		snprintf(id, sizeof(id), "h-%d", i);
		dest = send_request("INVITE", 1, id, "x", "");
		check_int("destination of BYE", send_request("BYE", 2, id, "y", "uas"), dest);
		seen |= 1 << dest;
	}
	check_int("destinations used", seen, (1 << PROG_DESTS) - 1);
	for (i = 0; i < PROG_CALLS_BUCKETS * (int)sizeof(*prog.calls); i++)
		check_int("octet of the calls table", ((const char *)prog.calls)[i], 0);
}

/* What a destination answers is counted by class. */
static void responses_counted(void **state)
{
	struct ds_dest_stats before, after;
	__u32 slot;

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	slot = PROG_DEST(PROG_L4, (__u32)send_request("INVITE", 1, "c1", "c1", ""));
	before = prog_dest_stats(slot);
	send_answer("180 Ringing");
	send_answer("486 Busy");
	after = prog_dest_stats(slot);
	check_int("1xx", after.responses[1] - before.responses[1], 1);
	check_int("4xx", after.responses[4] - before.responses[4], 1);
	check_int("2xx", after.responses[2] - before.responses[2], 0);
	check_true("octets from it", after.octets_from - before.octets_from > strlen(answer));
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "failed call", failed_call, flow_rows);
	test_rows(&tests, "answered call", answered_call, flow_rows);
	test_rows(&tests, "state", states, state_rows);
	test_add(&tests, "only a destination moves a call's state", only_destinations_move, NULL);
	test_rows(&tests, "room", room, room_rows);
	test_add(&tests, "a flood leaves what is confirmed", flood, NULL);
	test_rows(&tests, "entry", stale, stale_rows);
	test_add(&tests, "ACK and CANCEL of no call", no_call, NULL);
	test_add(&tests, "round robin is even", round_robin_is_even, NULL);
	test_add(&tests, "the hash alone needs no table", hash_needs_no_table, NULL);
	test_add(&tests, "responses are counted by class", responses_counted, NULL);
	failed = test_run(&tests, "calls");
	prog_close();
	return failed;
}
