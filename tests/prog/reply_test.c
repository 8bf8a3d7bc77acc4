// SPDX-License-Identifier: GPL-2.0-or-later
/* reply_test.c - replies that are built here: which, to whom, their octets, and the ACK that follows them. */
#include "test.h"

#include <arpa/inet.h>

#include "prog.h"

#define URI "sip:bob@example.com"
#define LINE(method, uri, version) method " " uri " " version "\r\n"
#define START LINE("INVITE", URI, "SIP/2.0")
#define VIA "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\n"
#define FROM "From: <sip:alice@example.com>;tag=a1\r\n"
#define TO "To: <sip:bob@example.com>\r\n"
#define ID "Call-ID: c1@example.com\r\nCSeq: 1 INVITE\r\n"
#define MAX "Max-Forwards: 70\r\n"
#define REST "Contact: <sip:alice@%C>\r\nContent-Length: 5\r\n\r\nbody."
/* What they become. */
#define VIA_BACK "Via: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P\r\n"
#define TO_BACK "To: <sip:bob@example.com>;tag=%T\r\n"
#define BACK VIA_BACK FROM TO_BACK ID "Content-Length: 0\r\n\r\n"

static char text[PROG_TEXT_MAX];

static void scene(void)
{
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
}

static struct pkt from_client(const char *message, int is_ip6)
{
	struct pkt p = prog_from_client(is_ip6);

	p.len = prog_text(text, message, is_ip6);
	p.payload = text;
	return p;
}

/* Nobody there, for both families. */
static void empty_sets(struct pkt *p)
{
	(void)p;
	prog_set(1, PROG_L4, DS_ALGORITHM_CALL_ID, 0, 0);
	prog_set(2, PROG_L6, DS_ALGORITHM_CALL_ID, 0, 0);
}

static void slow_dests(struct pkt *p)
{
	unsigned int i;

	(void)p;
	for (i = 0; i < 2 * PROG_DESTS; i++)
		prog.dests[1 + i].flags |= DS_DEST_SLOW;
}

/* Sent by a destination. */
static void from_dest(struct pkt *p)
{
	p->src = prog_dest_at(p->src.ip.w[2] != htonl(0xffff), 0);
}

struct code_row {
	const char *name;
	const char *in;
	const char *reason;
	const char *out;
	void (*change)(struct pkt *p);
};

static const struct code_row code_rows[] = {
	{ "400: no From", START VIA TO ID MAX REST, "bad_from",
	  "SIP/2.0 400 Bad Request\r\n" VIA_BACK TO_BACK ID "Content-Length: 0\r\n\r\n", NULL },
	{ "400: two Call-IDs", START VIA FROM TO ID "i: c2\r\n" MAX REST, "bad_call_id",
	  "SIP/2.0 400 Bad Request\r\n" VIA_BACK FROM TO_BACK ID "i: c2\r\nContent-Length: 0\r\n\r\n", NULL },
	{ "400: CSeq of another method", START VIA FROM TO "Call-ID: c1\r\nCSeq: 1 BYE\r\n" MAX REST, "bad_cseq_method",
	  "SIP/2.0 400 Bad Request\r\n" VIA_BACK FROM TO_BACK "Call-ID: c1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
	  NULL },
	{ "400: Max-Forwards of junk", START VIA FROM TO ID "Max-Forwards: x\r\n" REST, "bad_max_forwards",
	  "SIP/2.0 400 Bad Request\r\n" BACK, NULL },
	{ "400: Max-Forwards of 256", START VIA FROM TO ID "Max-Forwards: 256\r\n" REST, "bad_max_forwards",
	  "SIP/2.0 400 Bad Request\r\n" BACK, NULL },
	{ "400: Content-Length beyond the datagram",
	  START VIA FROM TO ID MAX "Contact: <sip:alice@%C>\r\nl: 6\r\n\r\nbody.", "bad_content_length",
	  "SIP/2.0 400 Bad Request\r\n" BACK, NULL },
	{ "400: Content-Length below 0", START VIA FROM TO ID MAX "Contact: <sip:alice@%C>\r\nl: -1\r\n\r\nbody.",
	  "bad_content_length", "SIP/2.0 400 Bad Request\r\n" BACK, NULL },
	{ "400: blanks in the request line", LINE("INVITE", URI " ", "SIP/2.0") VIA FROM TO ID MAX REST,
	  "bad_start_line", "SIP/2.0 400 Bad Request\r\n" BACK, NULL },
	{ "400: Request-URI in brackets", LINE("INVITE", "<" URI ">", "SIP/2.0") VIA FROM TO ID MAX REST, "bad_uri",
	  "SIP/2.0 400 Bad Request\r\n" BACK, NULL },
	{ "400: a Route that cannot be read", START VIA "Route: <sip:x\r\n" FROM TO ID MAX REST, "bad_route",
	  "SIP/2.0 400 Bad Request\r\n" BACK, NULL },
	{ "403: a place that cannot be read", START VIA "Route: <sip:>\r\n" FROM TO ID MAX REST, "route_foreign",
	  "SIP/2.0 403 Forbidden\r\nVia: SIP/2.0/UDP %C;received=%d;branch=z9hG4bKx1;rport=5070\r\n" FROM TO_BACK ID
	  "Content-Length: 0\r\n\r\n",
	  from_dest },
	{ "404: a destination's request to the listener", LINE("INVITE", "sip:%L", "SIP/2.0") VIA FROM TO ID MAX REST,
	  "no_action",
	  "SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP %C;received=%d;branch=z9hG4bKx1;rport=5070\r\n" FROM TO_BACK ID
	  "Content-Length: 0\r\n\r\n",
	  from_dest },
	{ "416: scheme", LINE("INVITE", "http://example.com/", "SIP/2.0") VIA FROM TO ID MAX REST, "bad_uri_scheme",
	  "SIP/2.0 416 Unsupported URI Scheme\r\n" BACK, NULL },
	{ "420: extensions", START VIA "Proxy-Require: foo, bar\r\n" FROM TO ID MAX REST, "bad_extension",
	  "SIP/2.0 420 Bad Extension\r\n" VIA_BACK "Unsupported: foo, bar\r\n" FROM TO_BACK ID
	  "Content-Length: 0\r\n\r\n",
	  NULL },
	{ "483: hops", START VIA FROM TO ID "Max-Forwards: 0\r\n" REST, "too_many_hops",
	  "SIP/2.0 483 Too Many Hops\r\n" BACK, NULL },
	{ "503: nobody active", START VIA FROM TO ID MAX REST, "no_destination",
	  "SIP/2.0 503 Service Unavailable\r\n" BACK, empty_sets },
	{ "503: destination of the slow path", START VIA FROM TO ID MAX REST, "destination_slow",
	  "SIP/2.0 503 Service Unavailable\r\n" BACK, slow_dests },
	{ "505: version", LINE("INVITE", URI, "SIP/7.0") VIA FROM TO ID MAX REST, "bad_version",
	  "SIP/2.0 505 Version Not Supported\r\n" BACK, NULL },
	{ "the faults' order: hops before extensions",
	  START VIA "Proxy-Require: foo\r\n" FROM TO ID "Max-Forwards: 0\r\n" REST, "too_many_hops",
	  "SIP/2.0 483 Too Many Hops\r\n" BACK, NULL },
	{ "every Via is copied, in order",
	  START VIA "Via: SIP/2.0/TCP a.example.com;branch=z9hG4bKx0, SIP/2.0/UDP b\r\n" FROM
		    "v: SIP/2.0/UDP c\r\n" TO ID "Max-Forwards: 0\r\n" REST,
	  "too_many_hops",
	  "SIP/2.0 483 Too Many Hops\r\n" VIA_BACK
	  "Via: SIP/2.0/TCP a.example.com;branch=z9hG4bKx0, SIP/2.0/UDP b\r\n" FROM "v: SIP/2.0/UDP c\r\n" TO_BACK ID
	  "Content-Length: 0\r\n\r\n",
	  NULL },
	{ "a To tag is kept", START VIA FROM "To: <sip:bob@example.com>;tag=theirs\r\n" ID "Max-Forwards: 0\r\n" REST,
	  "too_many_hops",
	  "SIP/2.0 483 Too Many Hops\r\n" VIA_BACK FROM "To: <sip:bob@example.com>;tag=theirs\r\n" ID
	  "Content-Length: 0\r\n\r\n",
	  NULL },
	{ "a To with parameters and without brackets",
	  START VIA FROM "t: sip:bob@example.com;x=y \r\n" ID "Max-Forwards: 0\r\n" REST, "too_many_hops",
	  "SIP/2.0 483 Too Many Hops\r\n" VIA_BACK FROM "t: sip:bob@example.com;x=y;tag=%T \r\n" ID
	  "Content-Length: 0\r\n\r\n",
	  NULL },
	{ "rows that a reply does not have are left out",
	  START "Subject: x\r\n" VIA "Route: <sip:%L;lr>\r\nSupported: y\r\n" FROM "Record-Route: <sip:z>\r\n" TO ID
		"Max-Forwards: 0\r\nRequire: w\r\n" REST,
	  "too_many_hops", "SIP/2.0 483 Too Many Hops\r\n" BACK, NULL },
};

/* Both families, all checksums, tags kept: back the way that it came. */
static void codes(void **state)
{
	static const unsigned char client[6] = { 2, 0, 0, 0, 0, 0x20 }, own[6] = { 2, 0, 0, 0, 0, 1 };
	const struct code_row *row = *state;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i, sum;

	for (i = 0; i < 6; i++) {
		sum = i >> 1;
		if (i & 1 && sum == PKT_SUM_NONE)
			continue;
		scene();
		p = from_client(row->in, i & 1);
		if (row->change)
			row->change(&p);
		p.sum = (enum pkt_sum)sum;
		p.tags = (unsigned int)sum;
		p.vlan[0] = 100;
		p.vlan[1] = 200;
		p.tos = 0x68;
		p.pad = 2;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_TX, "reply", row->reason);
		prog_check_out(&r, &v, sum == PKT_SUM_NONE ? PKT_SUM_NONE : PKT_SUM_VALID);
		check_mem("source MAC address", v.smac, 6, own, 6);
		check_mem("destination MAC address", v.dmac, 6, client, 6);
		check_int("VLAN tags", v.tags, p.tags);
		check_int("outer VLAN", v.vlan[0], p.tags ? 100 : 0);
		check_int("TTL", v.ttl, 64);
		check_int("DSCP", v.tos, 0x68);
		prog_check_endpoint("source", &v.src, &p.dst);
		prog_check_endpoint("destination", &v.dst, &p.src);
		prog_check_text("reply", v.payload, v.len, row->out, i & 1);
		check_true("no longer than the request", v.len <= p.len);
	}
}

struct port_row {
	const char *name;
	const char *via;
	unsigned int port;
};

static const struct port_row port_rows[] = {
	{ "rport: the source port", "%C;branch=z9hG4bKx1;rport", 40000 },
	{ "no rport: sent-by's port", "%C;branch=z9hG4bKx1", 5062 },
	{ "no rport, no port: 5060", "phone.example.com;branch=z9hG4bKx1", 5060 },
};

/* To the source address always, to the port that RFC 3581 or RFC 3261 18.2.2 says. */
static void ports(void **state)
{
	const struct port_row *row = *state;
	char message[PROG_TEXT_MAX];
	struct ds_endpoint to;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene();
		snprintf(message, sizeof(message), START "Via: SIP/2.0/UDP %s\r\n" FROM TO ID "Max-Forwards: 0\r\n%s",
			 row->via, REST);
		p = from_client(message, i);
		p.src.port_be = htons(40000);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_TX, "reply", "too_many_hops");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		to = p.src;
		to.port_be = htons((__u16)row->port);
		prog_check_endpoint("destination", &v.dst, &to);
	}
}

struct silent_row {
	const char *name;
	const char *in;
	const char *verdict;
	const char *reason;
};

#define ACK_ID "Call-ID: c1@example.com\r\nCSeq: 1 ACK\r\n"

static const struct silent_row silent_rows[] = {
	{ "ACK with no hops left", LINE("ACK", URI, "SIP/2.0") VIA FROM TO ACK_ID "Max-Forwards: 0\r\n" REST, "drop",
	  "too_many_hops" },
	{ "ACK without From", LINE("ACK", URI, "SIP/2.0") VIA TO ACK_ID MAX REST, "drop", "bad_from" },
	{ "ACK of another version", LINE("ACK", URI, "SIP/3.0") VIA FROM TO ACK_ID MAX REST, "drop", "bad_version" },
	{ "ACK of a wrong length", LINE("ACK", URI, "SIP/2.0") VIA FROM TO ACK_ID MAX "l: 9\r\n\r\n", "drop",
	  "bad_content_length" },
	{ "no Via", START FROM TO ID MAX REST, "drop", "bad_via" },
	{ "a Via without sent-by", START "Via: SIP/2.0/UDP ;branch=z9hG4bKx1\r\n" FROM TO ID "Max-Forwards: 0\r\n" REST,
	  "drop", "bad_via" },
	{ "a reply longer than the request",
	  "A sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;rport\r\nf:a\r\nt:b\r\ni:1\r\nCSeq:1 A\r\nMax-Forwards:0\r\n\r\n",
	  "needs_slow_path", "slow_reply" },
	{ "a response with faults", "SIP/2.0 200 OK\r\n" VIA FROM TO "CSeq: x\r\n\r\n", "drop", "bad_cseq" },
	{ "no SIP at all", "hello world\r\n\r\n", "drop", "not_sip" },
};

static void silent(void **state)
{
	const struct silent_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene();
		p = from_client(row->in, i);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, row->verdict, row->reason);
		prog_check_untouched(&r, &p);
	}
}

/* The To tag of the reply to a request, into tag[]. */
static void tag_of(const char *message, int is_ip6, char tag[32])
{
	const char *at;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p = from_client(message, is_ip6);

	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_TX, "reply", "too_many_hops");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	at = memmem(v.payload, v.len, ">;tag=sx", 8);
	assert_non_null(at);
	memcpy(tag, at + 6, 18);
	tag[18] = '\0';
}

#define HOPLESS(via, id) START via FROM TO id "Max-Forwards: 0\r\n" REST

/* A retransmission gets the same tag, another request another one, of either family. */
static void tags(void **state)
{
	static const char *const others[] = {
		HOPLESS(VIA, "Call-ID: c2\r\nCSeq: 1 INVITE\r\n"),
		HOPLESS(VIA, "Call-ID: c1@example.com\r\nCSeq: 2 INVITE\r\n"),
		HOPLESS("Via: SIP/2.0/UDP %C;branch=z9hG4bKx2;rport\r\n", ID),
	};
	char first[32], again[32];
	size_t i;

	(void)state;
	scene();
	tag_of(HOPLESS(VIA, ID), 0, first);
	prog.state->generation++;
	tag_of(HOPLESS(VIA, ID), 0, again);
	check_str("tag of the retransmission", again, first);
	for (i = 0; i < TEST_COUNT(others); i++) {
		tag_of(others[i], 0, again);
		check_true("tag of another request", strcmp(again, first) != 0);
	}
}

/* The ACK to a reply of ours ends here; one with another tag is the call's. */
static void acknowledged(void **state)
{
	char tag[32];
	struct prog_run r;
	struct pkt p;
	int i, mode;

	(void)state;
	for (i = 0; i < 4; i++) {
		mode = i >> 1 ? DS_MODE_NAT : DS_MODE_PROXY;
		scene();
		tag_of(HOPLESS(VIA, ID), i & 1, tag);
		prog_scene((enum ds_mode)mode, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
		p = from_client(LINE("ACK", URI, "SIP/2.0") VIA FROM
				"To: <sip:bob@example.com>;tag=@\r\n" ACK_ID MAX REST,
				i & 1);
		prog_replace(text, ";tag=@", ";tag=sx0000000000000000", i & 1);
		p.len = strlen(text);
		prog_packet(&r, PROG_IN, &p);
		check_str("verdict of an ACK with another tag", r.verdict, "forward");
		memcpy(strstr(text, ";tag=sx") + 5, tag, 18);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "drop", "ack_own_reply");
	}
}

int main(void)
{
	struct test_list list = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&list, "code", codes, code_rows);
	test_rows(&list, "port", ports, port_rows);
	test_rows(&list, "never answered", silent, silent_rows);
	test_add(&list, "To tags", tags, NULL);
	test_add(&list, "the ACK to a reply is absorbed", acknowledged, NULL);
	failed = test_run(&list, "reply");
	prog_close();
	return failed;
}
