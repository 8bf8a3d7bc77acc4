// SPDX-License-Identifier: GPL-2.0-or-later
/* actions_test.c - what a route does with the requests that it matches, octet by octet. */
#include "test.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>

#include "hash_key.h"
#include "prog_routes.h"

#define URI "sip:bob@example.com"
#define START(method) method " " URI " SIP/2.0\r\n"
#define VIA "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\n"
#define FROM "From: <sip:alice@example.com>;tag=a1\r\n"
#define TO "To: <sip:bob@example.com>\r\n"
#define ID(method) "Call-ID: c1@example.com\r\nCSeq: 1 " method "\r\n"
#define MAX "Max-Forwards: 70\r\n"
#define REST                                                                                       \
	"User-Agent: a client whose name is long enough to make room for the headers of a reply, " \
	"all four of them\r\nContent-Length: 5\r\n\r\nbody."
#define REQUEST(method) START(method) VIA MAX FROM TO ID(method) REST
#define INSIDE(method) START(method) VIA MAX FROM "To: <sip:bob@example.com>;tag=uas\r\n" ID(method) REST
/* What a reply has of it. */
#define VIA_BACK "Via: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P\r\n"
#define TO_BACK "To: <sip:bob@example.com>;tag=%T\r\n"
#define BACK(method) VIA_BACK FROM TO_BACK ID(method)
#define NO_BODY "Content-Length: 0\r\n\r\n"

#define GONE "action = reply code = 410 reason = \"Moved Away\" "
#define TEAPOT                                                                                                                 \
	"action = reply code = 418 reason = Teapot headers = {\"Retry-After: 60\", \"X-A: b\", \"Warning: 399 x \\\"y\\\"\", " \
	"\"Allow: INVITE\"}"

static char text[PROG_TEXT_MAX];

/* Both listeners with these routes. Sets 3 and 4: the second destination of each. */
static void scene(enum ds_mode mode, enum ds_affinity affinity, const char *const *route)
{
	size_t n;

	prog_scene(mode, DS_ALGORITHM_CALL_ID, affinity);
	for (n = 0; route[n]; n++)
		;
	prog_routes(PROG_L4, route, n, "5 sip:192.0.2.30\n5 sip:[2001:db8:1::30]\n");
	prog_routes(PROG_L6, route, n, "5 sip:192.0.2.30\n5 sip:[2001:db8:1::30]\n");
}

static struct pkt from_client(const char *message, int is_ip6)
{
	struct pkt p = prog_from_client(is_ip6);

	p.len = prog_text(text, message, is_ip6);
	p.payload = text;
	return p;
}

struct reply_row {
	const char *name;
	const char *route[3];
	const char *in;
	const char *reason;
	const char *out;
};

static const struct reply_row reply_rows[] = {
	{ "a code with its own phrase",
	  { GONE },
	  REQUEST("INVITE"),
	  "routed_reply",
	  "SIP/2.0 410 Moved Away\r\n" BACK("INVITE") NO_BODY },
	{ "the usual phrase",
	  { "action = reply code = 404" },
	  REQUEST("OPTIONS"),
	  "routed_reply",
	  "SIP/2.0 404 Not Found\r\n" BACK("OPTIONS") NO_BODY },
	{ "200",
	  { "action = reply code = 200" },
	  REQUEST("OPTIONS"),
	  "routed_reply",
	  "SIP/2.0 200 OK\r\n" BACK("OPTIONS") NO_BODY },
	{ "699",
	  { "action = reply code = 699 reason = x" },
	  REQUEST("REGISTER"),
	  "routed_reply",
	  "SIP/2.0 699 x\r\n" BACK("REGISTER") NO_BODY },
	{ "four headers",
	  { TEAPOT },
	  REQUEST("INVITE"),
	  "routed_reply",
	  "SIP/2.0 418 Teapot\r\n" BACK(
		  "INVITE") "Retry-After: 60\r\nX-A: b\r\nWarning: 399 x \"y\"\r\nAllow: INVITE\r\n" NO_BODY },
	{ "in a dialog: the tag is kept",
	  { GONE },
	  INSIDE("BYE"),
	  "routed_reply",
	  "SIP/2.0 410 Moved Away\r\n" VIA_BACK FROM "To: <sip:bob@example.com>;tag=uas\r\n" ID("BYE") NO_BODY },
	{ "a CANCEL that it names",
	  { GONE "method = {CANCEL}" },
	  REQUEST("CANCEL"),
	  "routed_reply",
	  "SIP/2.0 410 Moved Away\r\n" BACK("CANCEL") NO_BODY },
	{ "no route: 404",
	  { "method = {INVITE} action = drop" },
	  REQUEST("OPTIONS"),
	  "no_action",
	  "SIP/2.0 404 Not Found\r\n" BACK("OPTIONS") NO_BODY },
	{ "a fault comes before routes",
	  { GONE },
	  START("INVITE") VIA MAX TO ID("INVITE") REST,
	  "bad_from",
	  "SIP/2.0 400 Bad Request\r\n" VIA_BACK TO_BACK ID("INVITE") NO_BODY },
};

/* Both families, all checksums, in every mode that has routes. */
static void replies(void **state)
{
	static const enum ds_mode modes[] = { DS_MODE_PROXY, DS_MODE_NAT, DS_MODE_DSR };
	const struct reply_row *row = *state;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i, sum;

	for (i = 0; i < 18; i++) {
		sum = i % 6 / 2;
		if (i & 1 && sum == PKT_SUM_NONE)
			continue;
		scene(modes[i / 6], DS_AFFINITY_CALLS, row->route);
		p = from_client(row->in, i & 1);
		p.sum = (enum pkt_sum)sum;
		p.tags = (unsigned int)sum;
		p.vlan[0] = 100;
		p.vlan[1] = 200;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_TX, "reply", row->reason);
		prog_check_out(&r, &v, sum == PKT_SUM_NONE ? PKT_SUM_NONE : PKT_SUM_VALID);
		prog_check_endpoint("source", &v.src, &p.dst);
		prog_check_endpoint("destination", &v.dst, &p.src);
		prog_check_text("reply", v.payload, v.len, row->out, i & 1);
	}
}

struct end_row {
	const char *name;
	const char *route[3];
	const char *in;
	__u32 action;
	const char *verdict;
	const char *reason;
};

static const struct end_row end_rows[] = {
	{ "drop", { "action = drop" }, REQUEST("INVITE"), XDP_DROP, "drop", "routed_drop" },
	{ "drop: an ACK, too", { "action = drop" }, INSIDE("ACK"), XDP_DROP, "drop", "routed_drop" },
	{ "pass", { "action = pass" }, REQUEST("INVITE"), XDP_PASS, "pass", "routed_pass" },
	{ "pass: an ACK, too", { "method = {INVITE} action = pass" }, INSIDE("ACK"), XDP_PASS, "pass", "routed_pass" },
	{ "reply: an ACK of somebody else", { GONE }, INSIDE("ACK"), XDP_DROP, "drop", "ack_no_call" },
	{ "reply: a CANCEL that it does not name", { GONE }, REQUEST("CANCEL"), XDP_DROP, "drop", "cancel_no_call" },
	{ "reply: an ACK that it names", { GONE "method = {ACK}" }, INSIDE("ACK"), XDP_DROP, "drop", "ack_no_call" },
	{ "reply longer than the request",
	  { TEAPOT },
	  "OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK1\r\nf:<sip:a>;tag=1\r\nt:<sip:b>\r\ni:1\r\n"
	  "CSeq:1 OPTIONS\r\nMax-Forwards:9\r\n\r\n",
	  XDP_DROP,
	  "needs_slow_path",
	  "slow_reply" },
	{ "no route: an ACK", { "method = {OPTIONS} action = pass" }, INSIDE("ACK"), XDP_DROP, "drop", "no_action" },
};

static void ends(void **state)
{
	static const enum ds_mode modes[] = { DS_MODE_PROXY, DS_MODE_NAT, DS_MODE_DSR };
	const struct end_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 6; i++) {
		scene(modes[i / 2], DS_AFFINITY_CALLS, row->route);
		p = from_client(row->in, i & 1);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, row->action, row->verdict, row->reason);
		prog_check_untouched(&r, &p);
	}
}

/* The To tag of the reply to a request. */
static void tag_of(const char *message, int is_ip6, char tag[32])
{
	struct pkt p = from_client(message, is_ip6);
	struct prog_run r;
	struct pkt_view v;
	const char *at;

	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_TX, "reply", "routed_reply");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	at = memmem(v.payload, v.len, ">;tag=sx", 8);
	assert_non_null(at);
	snprintf(tag, 32, "%.18s", at + 6);
}

/* A retransmission gets the same tag, after a change of the routes, too; another request another one; the ACK ends here. */
static void tags(void **state)
{
	static const char *const route[] = { GONE, NULL }, *const other[] = { "action = drop", GONE, NULL };
	char first[32], again[32];
	struct prog_run r;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_PROXY, DS_AFFINITY_CALLS, route);
		tag_of(REQUEST("INVITE"), i, first);
		tag_of(REQUEST("INVITE"), i, again);
		check_str("tag of the retransmission", again, first);
		tag_of(START("INVITE") VIA MAX FROM TO "Call-ID: c2\r\nCSeq: 1 INVITE\r\n" REST, i, again);
		check_true("tag of another request", strcmp(again, first) != 0);
		prog.state->generation++;
		prog_routes(i ? PROG_L6 : PROG_L4, other + 1, 1, NULL);
		tag_of(REQUEST("INVITE"), i, again);
		check_str("tag after a reload", again, first);
		p = from_client(INSIDE("ACK"), i);
		prog_replace(text, ";tag=uas", ";tag=0123456789abcdef01", i);
		p.len = strlen(text);
		memcpy(strstr(text, ";tag=0123") + 5, first, 18);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "drop", "ack_own_reply");
	}
}

/* To the one place, as a proxy sends: a Via of ours, a hop less. */
static void to_host(void **state)
{
	static const char *const route[] = { "method = {INVITE}", "method = {OPTIONS}", NULL };
	struct ds_endpoint to;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		scene(DS_MODE_PROXY, i & 2 ? DS_AFFINITY_CALLS : DS_AFFINITY_HASH, route);
		p = from_client(REQUEST("OPTIONS"), i & 1);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request_host");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		to = pkt_endpoint(i & 1 ? PROG_ROUTE_IP6 : PROG_ROUTE_IP4, PROG_ROUTE_PORT(1));
		prog_check_endpoint("destination", &v.dst, &to);
		prog_check_endpoint("source", &v.src, &p.dst);
		prog_check_text("request", v.payload, v.len,
				START("OPTIONS") "%V" VIA_BACK "Max-Forwards: 69\r\n" FROM TO ID("OPTIONS") REST,
				i & 1);
	}
}

/* The destination of a request with that method, Call-ID and user of To. */
static int sent_to(int is_ip6, const char *method, unsigned int call, const char *to, const char *tag)
{
	char message[PROG_TEXT_MAX];
	struct ds_endpoint at;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	snprintf(message, sizeof(message),
		 "%s " URI " SIP/2.0\r\n%s" MAX FROM
		 "To: <sip:%s@example.com>%s\r\nCall-ID: call-%u\r\nCSeq: 1 %s\r\n" REST,
		 method, VIA, to, tag, call, method);
	p = from_client(message, is_ip6);
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_REDIRECT, "forward", "request");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	for (i = 0; i < PROG_DESTS; i++) {
		at = prog_dest_at(is_ip6, (unsigned int)i);
		if (pkt_same_endpoint(&at, &v.dst))
			return i;
	}
	fail_msg("sent to somebody who is no destination");
	return -1;
}

/* Set 3 is for the first two destinations, by turns; set 4 for all, by the To URI. */
static void sets(enum ds_affinity affinity)
{
	static const char *const route[] = { "method = {INVITE, BYE} set = 3 algorithm = round-robin",
					     "method = {REGISTER} set = 4 algorithm = to-uri",
					     "method = {OPTIONS} set = 3 algorithm = round-robin", NULL };
	size_t n;

	scene(DS_MODE_PROXY, affinity, route);
	prog_set(3, PROG_L4, DS_ALGORITHM_ROUND_ROBIN, PROG_DEST(PROG_L4, 0), 2);
	prog_set(4, PROG_L4, DS_ALGORITHM_TO_URI, PROG_DEST(PROG_L4, 0), PROG_DESTS);
	prog_set(1, PROG_L4, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 2), 1);
	prog.sets[3].id = 3;
	prog.sets[4].id = 4;
	check_int("keys", hash_key_list(prog.sets[4].key, &n, "to-uri"), 0);
}

static void to_sets(void **state)
{
	int seen[PROG_DESTS] = { 0 }, first;
	char user[16];
	unsigned int i;

	(void)state;
	sets(DS_AFFINITY_HASH);
	for (i = 0; i < 6; i++) {
		check_int("turn of INVITE", sent_to(0, "INVITE", i, "bob", ""), i % 2);
		/* each route has turns of its own */
		if (i < 2)
			check_int("turn of OPTIONS", sent_to(0, "OPTIONS", i, "bob", ""), i % 2);
	}
	for (i = 0; i < 20; i++) {
		snprintf(user, sizeof(user), "user-%u", i);
		first = sent_to(0, "REGISTER", 100 + i, user, "");
		check_int("by the To URI", sent_to(0, "REGISTER", 200 + i, user, ""), first);
		seen[first]++;
	}
	for (i = 0; i < PROG_DESTS; i++)
		check_true("every destination has some", seen[i] > 0);
}

/* A call stays where it is; what begins another dialog with its Call-ID goes to the set of its route. */
static void calls(void **state)
{
	int i, dest, other;

	(void)state;
	for (i = 0; i < 8; i++) {
		sets(DS_AFFINITY_CALLS);
		prog.dests[PROG_DEST(PROG_L4, 0)].set = prog.dests[PROG_DEST(PROG_L4, 1)].set = 3;
		prog.dests[PROG_DEST(PROG_L4, 2)].set = 4;
		dest = sent_to(0, "INVITE", (unsigned int)i, "bob", "");
		check_int("CANCEL", sent_to(0, "CANCEL", (unsigned int)i, "bob", ""), dest);
		check_int("ACK", sent_to(0, "ACK", (unsigned int)i, "bob", ";tag=uas"), dest);
		check_int("in the dialog", sent_to(0, "BYE", (unsigned int)i, "bob", ";tag=uas"), dest);
		other = sent_to(0, "REGISTER", (unsigned int)i, "bob", "");
		check_int("another method, again", sent_to(0, "REGISTER", (unsigned int)i, "bob", ""), other);
		check_int("in the dialog still", sent_to(0, "BYE", (unsigned int)i, "bob", ";tag=uas"), dest);
	}
}

/* Where all of the set are full the next one is picked from, and a call that went there stays. */
static void next_set(void **state)
{
	static const char *const route[] = { "set = 3 algorithm = call-load", NULL };
	struct ds_route r;
	__u32 half, at;
	int dest;

	(void)state;
	scene(DS_MODE_PROXY, DS_AFFINITY_CALLS, route);
	prog_set(3, PROG_L4, DS_ALGORITHM_CALL_LOAD, PROG_DEST(PROG_L4, 0), 1);
	prog.sets[3].pick = DS_PICK_LEAST;
	prog_set(4, PROG_L4, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 1), 2);
	prog_set(1, PROG_L4, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 0), PROG_DESTS);
	prog.sets[3].id = prog.dests[PROG_DEST(PROG_L4, 0)].set = 3;
	prog.sets[4].id = prog.dests[PROG_DEST(PROG_L4, 1)].set = prog.dests[PROG_DEST(PROG_L4, 2)].set = 4;
	prog.loads[PROG_DEST(PROG_L4, 0)].max = 1;
	half = prog.state->generation & 1;
	at = ds_route_at(half, PROG_L4, 0);
	check_int("route", bpf_map_lookup_elem(prog_map("routes"), &at, &r), 0);
	r.next[0] = 4;
	r.also[0] = 4;
	prog_put("routes", &at, &r);
	check_int("the first", sent_to(0, "INVITE", 1, "bob", ""), 0);
	dest = sent_to(0, "INVITE", 2, "bob", "");
	check_true("the next set", dest != 0);
	check_int("again", sent_to(0, "INVITE", 2, "bob", ""), dest);
	check_int("the first again", sent_to(0, "INVITE", 1, "bob", ""), 0);
}

/* From a destination: a route that names where it comes from acts; without one the request goes where it says. */
static void from_dests(void **state)
{
	static const char *const named[] = { "source = {198.51.100.0/24, \"2001:db8:2::/48\"} " GONE, NULL };
	static const char *const unnamed[] = { GONE, NULL };
	const char *message =
		"INVITE sip:alice@%C SIP/2.0\r\nVia: SIP/2.0/UDP %D;branch=z9hG4bKd1;rport\r\n" MAX FROM TO ID("INVITE")
			REST;
	struct ds_endpoint client;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_PROXY, DS_AFFINITY_CALLS, named);
		p = prog_from_dest(i, 0);
		p.len = prog_text(text, message, i);
		p.payload = text;
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_TX, "reply", "routed_reply");
		scene(DS_MODE_PROXY, DS_AFFINITY_CALLS, unnamed);
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request_outward");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		client = prog_from_client(i).src;
		prog_check_endpoint("destination", &v.dst, &client);
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "reply", replies, reply_rows);
	test_rows(&tests, "end", ends, end_rows);
	test_add(&tests, "To tags", tags, NULL);
	test_add(&tests, "one place", to_host, NULL);
	test_add(&tests, "sets", to_sets, NULL);
	test_add(&tests, "calls", calls, NULL);
	test_add(&tests, "next set", next_set, NULL);
	test_add(&tests, "from destinations", from_dests, NULL);
	failed = test_run(&tests, "actions");
	prog_close();
	return failed;
}
