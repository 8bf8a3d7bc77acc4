// SPDX-License-Identifier: GPL-2.0-or-later
/* route_test.c - Route values: our own removed, the next one followed; what destinations send goes where they say. */
#include "test.h"

#include <arpa/inet.h>

#include "prog.h"

#define URI "sip:bob@example.com"
#define START(uri) "INVITE " uri " SIP/2.0\r\n"
#define VIA "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n"
#define OUT "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n"
#define REST                                                                                               \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1@example.com\r\n" \
	"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"

static char text[PROG_TEXT_MAX];

/* The pick is the first destination, so that the second is one that a Route has named. */
static void scene(void)
{
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	prog_set(1, PROG_L4, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 0), 1);
	prog_set(2, PROG_L6, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L6, 0), 1);
}

struct client_row {
	const char *name;
	const char *in;
	const char *out;
	unsigned int dest;
	const char *reason;
};

/* The blanks behind the colon go with the first value of a row. */
static const struct client_row client_rows[] = {
	{ "no Route", START(URI) VIA REST, START(URI) OUT REST, 0, "request" },
	{ "ours alone", START(URI) VIA "Route: <sip:%L;lr>\r\n" REST, START(URI) OUT REST, 0, "request" },
	{ "ours before the Via", START(URI) "Route: <sip:%L;lr>\r\n" VIA REST, START(URI) OUT REST, 0, "request" },
	{ "ours between others", START(URI) VIA "X: y\r\nRoute: <sip:%L;lr>\r\nZ: y\r\n" REST,
	  START(URI) OUT "X: y\r\nZ: y\r\n" REST, 0, "request" },
	{ "ours with a user part, by the default port", START(URI) VIA "Route: <sip:x@%l;lr>\r\n" REST,
	  START(URI) OUT REST, 0, "request" },
	{ "ours twice, two rows", START(URI) VIA "Route: <sip:%L;lr>\r\nRoute: <sip:%L;lr;r2=on>\r\n" REST,
	  START(URI) OUT REST, 0, "request" },
	{ "ours twice, one row", START(URI) VIA "Route: <sip:%L;lr>, <sip:%L;lr;r2=on>\r\n" REST, START(URI) OUT REST,
	  0, "request" },
	{ "ours twice, two rows apart", START(URI) VIA "Route: <sip:%L;lr>\r\nX: y\r\nRoute: <sip:%L;lr>\r\n" REST,
	  START(URI) OUT "X: y\r\n" REST, 0, "request" },
	{ "a member", START(URI) VIA "Route: <sip:%E;lr>\r\n" REST, START(URI) OUT "Route: <sip:%E;lr>\r\n" REST, 1,
	  "request_route" },
	{ "ours, then a member in another row", START(URI) VIA "Route: <sip:%L;lr>\r\nRoute: <sip:%E;lr>\r\n" REST,
	  START(URI) OUT "Route: <sip:%E;lr>\r\n" REST, 1, "request_route" },
	{ "ours, then a member in the same row", START(URI) VIA "Route: <sip:%L;lr>,<sip:%E;lr>\r\n" REST,
	  START(URI) OUT "Route:<sip:%E;lr>\r\n" REST, 1, "request_route" },
	{ "ours twice, then a member, all in a row",
	  START(URI) VIA "Route: <sip:%L;lr>,<sip:%L;lr>,<sip:%E;lr>\r\n" REST,
	  START(URI) OUT "Route:<sip:%E;lr>\r\n" REST, 1, "request_route" },
	{ "ours twice and a member over two rows",
	  START(URI) VIA "Route: <sip:%L;lr>\r\nRoute: <sip:%L;lr>,<sip:%E;lr>\r\n" REST,
	  START(URI) OUT "Route:<sip:%E;lr>\r\n" REST, 1, "request_route" },
	{ "display names with commas and brackets",
	  START(URI) VIA "Route: \"a, <b\\\"\" <sip:%L;lr>,\"c, d\" <sip:%E;lr>\r\n" REST,
	  START(URI) OUT "Route:\"c, d\" <sip:%E;lr>\r\n" REST, 1, "request_route" },
	{ "no member: the pick, and the Route stays", START(URI) VIA "Route: <sip:%L;lr>,<sip:203.0.113.9;lr>\r\n" REST,
	  START(URI) OUT "Route:<sip:203.0.113.9;lr>\r\n" REST, 0, "request" },
	{ "a name: the pick, and the Route stays", START(URI) VIA "Route: <sip:proxy.example.com;lr>\r\n" REST,
	  START(URI) OUT "Route: <sip:proxy.example.com;lr>\r\n" REST, 0, "request" },
	{ "ours on another port is not ours", START(URI) VIA "Route: <sip:%l:5061;lr>\r\n" REST,
	  START(URI) OUT "Route: <sip:%l:5061;lr>\r\n" REST, 0, "request" },
	{ "a Record-Route is none", START(URI) VIA "Record-Route: <sip:%E;lr>\r\n" REST,
	  START(URI) OUT "Record-Route: <sip:%E;lr>\r\n" REST, 0, "request" },
	{ "a Route in the body is none",
	  START(URI) VIA "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\n"
			 "CSeq: 1 INVITE\r\n\r\nRoute: <sip:%E;lr>\r\n",
	  START(URI) OUT
	  "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\nRoute: <sip:%E;lr>\r\n",
	  0, "request" },
};

static void from_client(void **state)
{
	static const enum pkt_sum sums[] = { PKT_SUM_VALID, PKT_SUM_PARTIAL };
	const struct client_row *row = *state;
	struct ds_endpoint to;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 4; i++) {
		scene();
		p = prog_from_client(i & 1);
		p.len = prog_text(text, row->in, i & 1);
		p.payload = text;
		p.sum = sums[i >> 1];
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", row->reason);
		prog_check_out(&r, &v, PKT_SUM_VALID);
		to = prog_dest_at(i & 1, row->dest);
		prog_check_endpoint("destination", &v.dst, &to);
		prog_check_text("payload", v.payload, v.len, row->out, i & 1);
	}
}

struct dest_row {
	const char *name;
	const char *uri;
	const char *route; /* rows */
	const char *verdict;
	const char *reason;
	const char *to[2]; /* address and port of where it goes, "" where it does not */
	unsigned int port;
	const char *left; /* of the Route rows */
};

#define SENT "forward", "request_outward"
#define SLOW(reason) "needs_slow_path", reason, { "", "" }, 0, ""

static const struct dest_row dest_rows[] = {
	{ "Request-URI", "sip:alice@%C", "", SENT, { "192.0.2.20", "2001:db8:1::20" }, 5062, "" },
	{ "Route before an address in Request-URI",
	  "sip:alice@203.0.113.9",
	  "Route: <sip:%C;lr>\r\n",
	  SENT,
	  { "192.0.2.20", "2001:db8:1::20" },
	  5062,
	  "Route: <sip:%C;lr>\r\n" },
	{ "Request-URI with parameters",
	  "sip:alice@%C;transport=UDP;ob",
	  "",
	  SENT,
	  { "192.0.2.20", "2001:db8:1::20" },
	  5062,
	  "" },
	{ "ours, then Request-URI",
	  "sip:alice@%C",
	  "Route: <sip:%L;lr>\r\n",
	  SENT,
	  { "192.0.2.20", "2001:db8:1::20" },
	  5062,
	  "" },
	{ "Route before Request-URI",
	  "sip:alice@example.com",
	  "Route: <sip:%L;lr>, <sip:%C;lr>\r\n",
	  SENT,
	  { "192.0.2.20", "2001:db8:1::20" },
	  5062,
	  "Route: <sip:%C;lr>\r\n" },
	{ "another destination", "sip:bob@%E", "", SENT, { "198.51.100.12", "2001:db8:2::12" }, 5070, "" },
	{ "a name", "sip:alice@example.com", "", SLOW("slow_name") },
	{ "a name in a Route", "sip:alice@%C", "Route: <sip:edge.example.com;lr>\r\n", SLOW("slow_name") },
	{ "a telephone number", "tel:+123", "", SLOW("slow_name") },
	{ "another transport", "sip:alice@%C;transport=tcp", "", SLOW("slow_name") },
	{ "secure", "sips:alice@%C", "", SLOW("slow_name") },
	{ "a strict router", "sip:alice@%C", "Route: <sip:%C>\r\n", SLOW("slow_strict") },
	{ "no route", "sip:alice@203.0.113.9", "", SLOW("slow_no_route") },
	{ "no neighbour", "sip:alice@%n", "", SLOW("slow_neighbour") },
	{ "multicast", "sip:alice@224.0.1.75", "", "drop", "bad_next_hop", { "", "" }, 0, "" },
	{ "0.0.0.0 in a Route",
	  "sip:alice@%C",
	  "Route: <sip:0.0.0.0;lr>\r\n",
	  "drop",
	  "bad_next_hop",
	  { "", "" },
	  0,
	  "" },
};

static void from_dest(void **state)
{
	const struct dest_row *row = *state;
	char message[PROG_TEXT_MAX], want[PROG_TEXT_MAX];
	struct ds_endpoint to;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i, same_link;

	for (i = 0; i < 2; i++) {
		scene();
		snprintf(message, sizeof(message),
			 "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %%D;branch=z9hG4bKd1\r\n%s" REST, row->uri, row->route);
		p = prog_from_dest(i, 0);
		p.len = prog_text(text, message, i);
		p.payload = text;
		prog_packet(&r, PROG_OUT, &p);
		same_link = *row->to[0] == '1' && row->to[0][2] == '8';
		prog_check(&r, !*row->to[0] ? XDP_DROP : same_link ? XDP_TX : XDP_REDIRECT, row->verdict, row->reason);
		if (!*row->to[0]) {
			prog_check_untouched(&r, &p);
			continue;
		}
		prog_check_out(&r, &v, PKT_SUM_VALID);
		to = pkt_endpoint(row->to[i], row->port);
		prog_check_endpoint("destination", &v.dst, &to);
		prog_check_endpoint("source", &v.src, &p.dst);
		snprintf(want, sizeof(want),
			 "INVITE %s SIP/2.0\r\n%%VMax-Forwards: 70\r\nVia: SIP/2.0/UDP %%D;branch=z9hG4bKd1\r\n%s" REST,
			 row->uri, row->left);
		prog_check_text("payload", v.payload, v.len, want, i);
	}
}

/* The client's answer to a destination's request goes back to that destination. */
static void answered(void **state)
{
	char answer[PROG_TEXT_MAX];
	struct ds_endpoint to;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene();
		p = prog_from_dest(i, 2);
		p.len = prog_text(
			text, START("sip:alice@%C") "Via: SIP/2.0/UDP dest.example.com:5070;branch=z9hG4bKd1\r\n" REST,
			i);
		p.payload = text;
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request_outward");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		p = prog_from_client(i);
		p.len = prog_answer(answer, v.payload, v.len, "200 OK");
		p.payload = answer;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		to = prog_dest_at(i, 2);
		prog_check_endpoint("destination", &v.dst, &to);
	}
}

/*
 * A client that the kernel has no neighbour for is answered at the link address that its request came from, on that
 * link alone.
 */
static void learned(void **state)
{
	static const unsigned char client[6] = { 2, 0, 0, 0, 0, 0x77 };
	char answer[PROG_TEXT_MAX];
	struct pkt p, back;
	struct prog_run r;
	struct pkt_view v;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene();
		p = prog_from_client(i);
		p.src = pkt_endpoint(i ? "2001:db8:1::77" : "192.0.2.77", 5062);
		memcpy(p.smac, client, 6);
		p.len = prog_text(text, START(URI) VIA REST, i);
		p.payload = text;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		back = prog_from_dest(i, 0);
		back.len = prog_answer(answer, v.payload, v.len, "200 OK");
		back.payload = answer;
		prog_packet(&r, PROG_OUT, &back);
		prog_check(&r, XDP_REDIRECT, "forward", "response");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_mem("destination MAC address", v.dmac, 6, client, 6);
		check_mem("source MAC address", v.smac, 6, p.dmac, 6);
		/* its next request comes in on the other link, where no route to it leads */
		prog_packet(&r, PROG_OUT, &p);
		prog_packet(&r, PROG_OUT, &back);
		prog_check(&r, XDP_DROP, "needs_slow_path", "slow_neighbour");
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "from a client", from_client, client_rows);
	test_rows(&tests, "from a destination", from_dest, dest_rows);
	test_add(&tests, "the answer to a destination's request", answered, NULL);
	test_add(&tests, "a client's link address is learned", learned, NULL);
	failed = test_run(&tests, "route");
	prog_close();
	return failed;
}
