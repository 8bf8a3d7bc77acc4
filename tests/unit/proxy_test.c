// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * proxy_test.c - what a request gains and a response loses: message in, message out. sip-rules 1, 7, 25 to 33, 59 to
 * 61, 66 to 70, 72, 79, 87.
 */
#include "plan_cases.h"

#include "sip_proxy.h"

#define V4 "192.0.2.20:5062"
#define V6 "[2001:db8::20]:5062"
#define SENT_BY4 "192.0.2.1:5060"
#define SENT_BY6 "[2001:db8::1]:5060"
#define REST FROM TO CALL_ID CSEQ "\r\n"
#define B ";branch=z9hG4bKx"

/* Rows before the rest of an INVITE, and what becomes of them. */
struct proxy_row {
	const char *name;
	const char *in;
	const char *want;
	const char *src; /* NULL: V4 */
	unsigned int cut_routes;
};

#define MF69 "Max-Forwards: 69\r\n"
#define STAMPED ";received=192.0.2.20"

static const struct proxy_row via_rows[] = {
	{ "sent-by is the source", "Via: SIP/2.0/UDP " V4 B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 B "\r\n" MF69, NULL, 0 },
	{ "sent-by is the source but for the port", "Via: SIP/2.0/UDP 192.0.2.20" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP 192.0.2.20" B "\r\n" MF69, NULL, 0 },
	{ "sent-by with leading zeros", "Via: SIP/2.0/UDP 192.000.002.020" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP 192.000.002.020" B "\r\n" MF69, NULL, 0 },
	{ "sent-by is another address", "Via: SIP/2.0/UDP 10.1.1.1:5060" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP 10.1.1.1:5060" STAMPED B "\r\n" MF69, NULL, 0 },
	{ "sent-by is a longer address", "Via: SIP/2.0/UDP 192.0.2.201" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP 192.0.2.201" STAMPED B "\r\n" MF69, NULL, 0 },
	{ "sent-by is a name", "Via: SIP/2.0/UDP pc33.example.net" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP pc33.example.net" STAMPED B "\r\n" MF69, NULL, 0 },
	{ "sent-by alone", "Via: SIP/2.0/UDP pc33.example.net:5070\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP pc33.example.net:5070" STAMPED "\r\n" MF69, NULL, 0 },
	{ "blanks around the colon of sent-by", "Via: SIP/2.0/UDP pc33 : 5070 ;branch=z9hG4bKx\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP pc33 : 5070" STAMPED " ;branch=z9hG4bKx\r\n" MF69, NULL, 0 },
	{ "rport", "Via: SIP/2.0/UDP " V4 ";rport" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 STAMPED ";rport=5062" B "\r\n" MF69, NULL, 0 },
	{ "rport last", "Via: SIP/2.0/UDP " V4 B ";rport\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 STAMPED B ";rport=5062\r\n" MF69, NULL, 0 },
	{ "rport in capitals", "Via: SIP/2.0/UDP " V4 B ";RPORT\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 STAMPED B ";RPORT=5062\r\n" MF69, NULL, 0 },
	{ "rport with a blank behind", "Via: SIP/2.0/UDP " V4 ";rport " B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 STAMPED ";rport=5062 " B "\r\n" MF69, NULL, 0 },
	{ "rport with a wrong number", "Via: SIP/2.0/UDP " V4 ";rport=1" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 STAMPED ";rport=5062" B "\r\n" MF69, NULL, 0 },
	{ "rport, a longer number and blanks", "Via: SIP/2.0/UDP " V4 "; rport = 050601" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 STAMPED "; rport = 5062" B "\r\n" MF69, NULL, 0 },
	{ "wrong received supplied", "Via: SIP/2.0/UDP " V4 ";received=10.9.9.9" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 STAMPED B "\r\n" MF69, NULL, 0 },
	{ "right received supplied", "Via: SIP/2.0/UDP " V4 B ";received=192.0.2.20\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 B STAMPED "\r\n" MF69, NULL, 0 },
	{ "received quoted", "Via: SIP/2.0/UDP " V4 ";received=\"10.9;9,9\"" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP " V4 STAMPED B "\r\n" MF69, NULL, 0 },
	{ "received, rport, branch", "Via: SIP/2.0/UDP h;received=10.9.9.9;rport=1" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h" STAMPED ";rport=5062" B "\r\n" MF69, NULL, 0 },
	{ "received, branch, rport", "Via: SIP/2.0/UDP h;received=10.9.9.9" B ";rport\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h" STAMPED B ";rport=5062\r\n" MF69, NULL, 0 },
	{ "rport, received, branch", "Via: SIP/2.0/UDP h;rport;received=10.9.9.9" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h;rport=5062" STAMPED B "\r\n" MF69, NULL, 0 },
	{ "rport, branch, received", "Via: SIP/2.0/UDP h;rport=99" B ";received=10.9.9.9\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h;rport=5062" B STAMPED "\r\n" MF69, NULL, 0 },
	{ "branch, rport, received", "Via: SIP/2.0/UDP h" B ";rport;received=::1\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h" B ";rport=5062" STAMPED "\r\n" MF69, NULL, 0 },
	{ "branch, received, rport", "Via: SIP/2.0/UDP h" B ";received=1.1.1.1;rport\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h" B STAMPED ";rport=5062\r\n" MF69, NULL, 0 },
	{ "quoted parameter", "Via: SIP/2.0/UDP h;oc-algo=\"loss,A;rport\";rport" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h" STAMPED ";oc-algo=\"loss,A;rport\";rport=5062" B "\r\n" MF69, NULL, 0 },
	{ "comma row", "Via: SIP/2.0/UDP h" B ";rport, SIP/2.0/UDP g;rport\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h" STAMPED B ";rport=5062, SIP/2.0/UDP g;rport\r\n" MF69, NULL, 0 },
	{ "two rows", "Via: SIP/2.0/UDP h" B "\r\nVia: SIP/2.0/UDP g" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h" STAMPED B "\r\nVia: SIP/2.0/UDP g" B "\r\n" MF69, NULL, 0 },
	{ "compact", "v:SIP/2.0/UDP h;rport" B "\r\n" MAX_FORWARDS,
	  PUSHED "v:SIP/2.0/UDP h" STAMPED ";rport=5062" B "\r\n" MF69, NULL, 0 },
	{ "folded", "VIA :\r\n SIP / 2.0 /\tUDP\r\n  h\r\n ;rport\r\n\t" B "\r\n" MAX_FORWARDS,
	  PUSHED "VIA :\r\n SIP / 2.0 /\tUDP\r\n  h" STAMPED "\r\n ;rport=5062\r\n\t" B "\r\n" MF69, NULL, 0 },
	{ "IPv6 sent-by is the source", "Via: SIP/2.0/UDP [2001:DB8:0::0020]:5062" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP [2001:DB8:0::0020]:5062" B "\r\n" MF69, V6, 0 },
	{ "IPv6 sent-by is another", "Via: SIP/2.0/UDP [2001:db8::21]:5062" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP [2001:db8::21]:5062;received=2001:db8::20" B "\r\n" MF69, V6, 0 },
	{ "IPv6 with rport", "Via: SIP/2.0/UDP [2001:db8::20];rport" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP [2001:db8::20];received=2001:db8::20;rport=5062" B "\r\n" MF69, V6, 0 },
	{ "IPv6 received in brackets supplied", "Via: SIP/2.0/UDP h;received=[2001:db8::9]" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h;received=2001:db8::20" B "\r\n" MF69, V6, 0 },
	{ "IPv4 as IPv6 sent-by is the source", "Via: SIP/2.0/UDP [::ffff:192.0.2.20]" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP [::ffff:192.0.2.20]" B "\r\n" MF69, NULL, 0 },
	{ "the longest source", "Via: SIP/2.0/UDP h;rport" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h;received=2001:db8:1111:2222:3333:4444:5555:6666;rport=65535" B "\r\n" MF69,
	  "[2001:db8:1111:2222:3333:4444:5555:6666]:65535", 0 },
	{ "the shortest source", "Via: SIP/2.0/UDP h;rport" B "\r\n" MAX_FORWARDS,
	  PUSHED "Via: SIP/2.0/UDP h;received=1.2.3.4;rport=1" B "\r\n" MF69, "1.2.3.4:1", 0 },
};

#define VIA_IN "Via: SIP/2.0/UDP " V4 B "\r\n"
#define MAX(digits) VIA_IN "Max-Forwards: " digits "\r\n"
#define LESS(digits) PUSHED VIA_IN "Max-Forwards: " digits "\r\n"

static const struct proxy_row hops_rows[] = {
	{ "1", MAX("1"), LESS("0"), NULL, 0 },
	{ "9", MAX("9"), LESS("8"), NULL, 0 },
	{ "10", MAX("10"), LESS("09"), NULL, 0 },
	{ "70", MAX("70"), LESS("69"), NULL, 0 },
	{ "99", MAX("99"), LESS("98"), NULL, 0 },
	{ "100", MAX("100"), LESS("099"), NULL, 0 },
	{ "101", MAX("101"), LESS("100"), NULL, 0 },
	{ "200", MAX("200"), LESS("199"), NULL, 0 },
	{ "255", MAX("255"), LESS("254"), NULL, 0 },
	{ "01", MAX("01"), LESS("00"), NULL, 0 },
	{ "0068", MAX("0068"), LESS("0067"), NULL, 0 },
	{ "0000000100", MAX("0000000100"), LESS("0000000099"), NULL, 0 },
	{ "absent", VIA_IN, PUSHED "Max-Forwards: 70\r\n" VIA_IN, NULL, 0 },
	{ "absent, a value stamped", "v: SIP/2.0/UDP h;rport\r\n",
	  PUSHED "Max-Forwards: 70\r\nv: SIP/2.0/UDP h" STAMPED ";rport=5062\r\n", NULL, 0 },
	{ "blanks and capitals", VIA_IN "MAX-FORWARDS \t: \t70 \r\n", PUSHED VIA_IN "MAX-FORWARDS \t: \t69 \r\n", NULL,
	  0 },
	{ "folded", VIA_IN "Max-Forwards:\r\n 70\r\n", PUSHED VIA_IN "Max-Forwards:\r\n 69\r\n", NULL, 0 },
	{ "before Via", "Max-Forwards: 10\r\n" VIA_IN, "Max-Forwards: 09\r\n" PUSHED VIA_IN, NULL, 0 },
	{ "before Via, which is stamped", "Max-Forwards: 10\r\nFoo: bar\r\nv:SIP/2.0/UDP h;received=1;rport\r\n",
	  "Max-Forwards: 09\r\nFoo: bar\r\n" PUSHED "v:SIP/2.0/UDP h" STAMPED ";rport=5062\r\n", NULL, 0 },
};

#define OWN "<sip:192.0.2.1;lr>"
#define OWN2 "\"Doe, \\\" <John>\" <sip:a,b@192.0.2.1:5060;lr>;x=\"y,z\""
#define NEXT "<sip:192.0.2.50;lr>"
#define TOP PUSHED VIA_IN MF69
#define IN VIA_IN MAX_FORWARDS

static const struct proxy_row route_rows[] = {
	{ "one row", IN "Route: " OWN "\r\nFoo: bar\r\n", TOP "Foo: bar\r\n", NULL, 1 },
	{ "none is ours", IN "Route: " NEXT "\r\n", TOP "Route: " NEXT "\r\n", NULL, 0 },
	{ "first of two in a row", IN "Route: " OWN ", " NEXT "\r\n", TOP "Route: " NEXT "\r\n", NULL, 1 },
	{ "first of two without blanks", IN "Route:" OWN "," NEXT "\r\n", TOP "Route:" NEXT "\r\n", NULL, 1 },
	{ "first of two, quotes and commas", IN "Route: " OWN2 " , " NEXT "\r\n", TOP "Route: " NEXT "\r\n", NULL, 1 },
	{ "first of two, folded", IN "Route: " OWN ",\r\n " NEXT "\r\n", TOP "Route:\r\n " NEXT "\r\n", NULL, 1 },
	{ "first row of two", IN "Route: " OWN "\r\nRoute: " NEXT "\r\n", TOP "Route: " NEXT "\r\n", NULL, 1 },
	{ "both of a row", IN "Route: " OWN ", " OWN2 "\r\nFoo: bar\r\n", TOP "Foo: bar\r\n", NULL, 2 },
	{ "two of three in a row", IN "Route: " OWN2 "," OWN ", " NEXT "\r\n", TOP "Route: " NEXT "\r\n", NULL, 2 },
	{ "two rows", IN "Route: " OWN "\r\nRoute: " OWN2 "\r\nFoo: bar\r\n", TOP "Foo: bar\r\n", NULL, 2 },
	{ "a row and the first of the next", IN "Route: " OWN "\r\nFoo: bar\r\nROUTE :" OWN2 "," NEXT "\r\n",
	  TOP "Foo: bar\r\nROUTE :" NEXT "\r\n", NULL, 2 },
	{ "two rows, others between", "Route: " OWN "\r\n" VIA_IN "Route: " OWN "\r\nMax-Forwards: 70\r\n",
	  PUSHED VIA_IN MF69, NULL, 2 },
	{ "before Via", "Route: " OWN ", " NEXT "\r\nMax-Forwards: 70\r\nVia: SIP/2.0/UDP h;rport\r\n",
	  "Route: " NEXT "\r\n" MF69 PUSHED "Via: SIP/2.0/UDP h" STAMPED ";rport=5062\r\n", NULL, 1 },
	{ "every edit there is",
	  "Route: " OWN "\r\nVia: SIP/2.0/UDP h;rport;received=1\r\nRoute: " OWN ", " NEXT "\r\nMax-Forwards: 70\r\n",
	  PUSHED "Via: SIP/2.0/UDP h;rport=5062" STAMPED "\r\nRoute: " NEXT "\r\n" MF69, NULL, 2 },
};

/* Plans the request `in` from src and compares with `want`, whose end is expected at in_len. */
static void check_request(const char *in, size_t in_len, size_t noise, const char *want, const char *src_text,
			  unsigned int cut_routes)
{
	const char *sent_by = src_text && src_text[0] == '[' ? SENT_BY6 : SENT_BY4;
	struct ds_endpoint src = plan_place(src_text ? src_text : V4);
	struct ds_listener l = plan_listener(sent_by);
	struct sip_ours ours = { .branch = PLAN_BRANCH, .sx = PLAN_SX, .cut_routes = cut_routes };
	unsigned char out[4096];
	char expected[4096];
	struct sip_plan p = { 0 };
	struct sip_case s;
	size_t len;
	ssize_t n;

	sip_open(&s, in, in_len + noise);
	check_reason(&s, REASON_none);
	memset(&p, 0xa5, sizeof(p));
	sip_proxy_request(&s.b, &s.m, &src, &l, &ours, NULL, 0, &p);
	plan_check(&p);
	len = plan_expand(expected, sizeof(expected), want, sent_by, 1);
	if ((len - in_len) & 1)
		len = plan_expand(expected, sizeof(expected), want, sent_by, 2);
	n = plan_apply(&p, s.g.data, s.g.len, out, sizeof(out));
	check_true("applied", n >= 0);
	check_mem("output", out, (size_t)n, expected, len);
	check_int("parity", p.grow & 1, 0);
	sip_close(&s);
	/* what went out is a good message with our Via on top */
	sip_open(&s, out, (size_t)n);
	check_reason(&s, REASON_none);
	check_span(&s, "branch", s.m.via.branch, "z9hG4bK0123456789abcdef");
	check_span(&s, "sx", s.m.via.sx, "fedcba9876543210");
	sip_close(&s);
}

static void requests(void **state)
{
	const struct proxy_row *row = *state;
	char in[2048], want[2048];

	snprintf(in, sizeof(in), INVITE "%s" REST, row->in);
	snprintf(want, sizeof(want), INVITE "%s" REST, row->want);
	check_request(in, strlen(in), 0, want, row->src, row->cut_routes);
}

/* The needed rows first, Via and Max-Forwards at the end of the head. */
static void via_last(void **state)
{
	const struct proxy_row *row = *state;
	char in[2048], want[2048];

	snprintf(in, sizeof(in), INVITE FROM TO CALL_ID CSEQ "%s\r\n", row->in);
	snprintf(want, sizeof(want), INVITE FROM TO CALL_ID CSEQ "%s\r\n", row->want);
	check_request(in, strlen(in), 0, want, row->src, row->cut_routes);
}

static void noise(void **state)
{
	static const char head[] = INVITE VIA_IN MAX_FORWARDS FROM TO CALL_ID CSEQ LENGTH "\r\n";
	char in[2048];

	(void)state;
	snprintf(in, sizeof(in), "%sv=0\nINVITE sip:second SIP/2.0\r\n\r\n", head);
	check_request(in, strlen(head) + 4, strlen(in) - strlen(head) - 4,
		      INVITE PUSHED VIA_IN MF69 FROM TO CALL_ID CSEQ LENGTH "\r\nv=0\n", NULL, 0);
}

static void body(void **state)
{
	char in[1024];

	(void)state;
	snprintf(in, sizeof(in), INVITE VIA_IN MAX_FORWARDS REST "Via: x\r\nMax-Forwards: 3\r\n\r\nRoute: y");
	check_request(in, strlen(in), 0, INVITE PUSHED VIA_IN MF69 REST "Via: x\r\nMax-Forwards: 3\r\n\r\nRoute: y",
		      NULL, 0);
}

static void leading_lines(void **state)
{
	static const char in[] = "\r\n\r\n" INVITE VIA_IN MAX_FORWARDS REST;

	(void)state;
	check_request(in, strlen(in), 0, INVITE PUSHED VIA_IN MF69 REST, NULL, 0);
}

static void no_length(void **state)
{
	char in[1024];

	(void)state;
	snprintf(in, sizeof(in), INVITE VIA_IN MAX_FORWARDS REST "body to the end\r\n\r\nof the datagram");
	check_request(in, strlen(in), 0, INVITE PUSHED VIA_IN MF69 REST "body to the end\r\n\r\nof the datagram", NULL,
		      0);
}

#define NEXT_VIA "SIP/2.0/UDP 192.0.2.20:5062;rport=5062;branch=z9hG4bKx"
#define OURS "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK0123456789abcdef;sx=fedcba9876543210"

static const struct proxy_row response_rows[] = {
	{ "own row", "Via: " OURS "\r\nVia: " NEXT_VIA "\r\n", "Via: " NEXT_VIA "\r\n", NULL, 0 },
	{ "two blanks", "Via:  " OURS "\r\nVia: " NEXT_VIA "\r\n", "Via: " NEXT_VIA "\r\n", NULL, 0 },
	{ "first of a row", "Via: " OURS ", " NEXT_VIA "\r\n", "Via: " NEXT_VIA "\r\n", NULL, 0 },
	{ "first of three", "Via: " OURS "," NEXT_VIA " , " NEXT_VIA "\r\n", "Via: " NEXT_VIA " , " NEXT_VIA "\r\n",
	  NULL, 0 },
	{ "without blanks", "v:" OURS "," NEXT_VIA "\r\n", "v:" NEXT_VIA "\r\n", NULL, 0 },
	{ "compact", "v: " OURS "\r\nv: " NEXT_VIA "\r\n", "v: " NEXT_VIA "\r\n", NULL, 0 },
	{ "folded row", "Via:\r\n " OURS "\r\n\t;x=y\r\nVia: " NEXT_VIA "\r\n", "Via: " NEXT_VIA "\r\n", NULL, 0 },
	{ "folded after the comma", "Via: " OURS ",\r\n\t" NEXT_VIA "\r\n", "Via: " NEXT_VIA "\r\n", NULL, 0 },
	{ "folded before the comma", "Via: " OURS "\r\n , " NEXT_VIA "\r\n", "Via: " NEXT_VIA "\r\n", NULL, 0 },
	{ "others between", "Foo: bar\r\nVia: " OURS "\r\nBar: foo\r\nvia : " NEXT_VIA "\r\n",
	  "Foo: bar\r\nBar: foo\r\nvia : " NEXT_VIA "\r\n", NULL, 0 },
	{ "quoted parameter", "Via: " OURS ";x=\"a,b\\\"\",  " NEXT_VIA "\r\n", "Via: " NEXT_VIA "\r\n", NULL, 0 },
	{ "only one", "Via: " OURS "\r\n", "", NULL, 0 },
};

static void check_response(const char *in, size_t in_len, const char *want)
{
	unsigned char out[4096];
	struct sip_plan p = { 0 };
	struct sip_case s;
	ssize_t n;

	sip_open(&s, in, in_len);
	check_reason(&s, REASON_none);
	memset(&p, 0xa5, sizeof(p));
	sip_proxy_response(&s.b, &s.m, &p);
	plan_check(&p);
	n = plan_apply(&p, s.g.data, s.g.len, out, sizeof(out));
	check_true("applied", n >= 0);
	check_mem("output", out, (size_t)n, want, strlen(want));
	sip_close(&s);
}

static void responses(void **state)
{
	const struct proxy_row *row = *state;
	char in[2048], want[2048];

	snprintf(in, sizeof(in), RINGING "%s" FROM TO CALL_ID CSEQ LENGTH "\r\nv=0\nnoise", row->in);
	snprintf(want, sizeof(want), RINGING "%s" FROM TO CALL_ID CSEQ LENGTH "\r\nv=0\n", row->want);
	check_response(in, strlen(in), want);
	snprintf(in, sizeof(in), RINGING FROM TO CALL_ID CSEQ "%s\r\nbody", row->in);
	snprintf(want, sizeof(want), RINGING FROM TO CALL_ID CSEQ "%s\r\nbody", row->want);
	check_response(in, strlen(in), want);
}

static void response_leading_lines(void **state)
{
	static const char in[] = "\r\n" RINGING "Via: " OURS "\r\nVia: " NEXT_VIA "\r\n" REST;

	(void)state;
	check_response(in, strlen(in), RINGING "Via: " NEXT_VIA "\r\n" REST);
}

#define TOKEN "sx0123456789abcdef"
#define ROW4(name, more) name ": <sip:" TOKEN more "@" SENT_BY4

/* K90, K93, K94: the rows of ours, on top of what is there. */
static const struct own_row {
	const char *name;
	unsigned int row;
	const char *flow; /* NULL: none */
	const char *sent_by;
	const char *want;
} own_rows[] = {
	{ "90 Record-Route", SIP_OWN_RECORD_ROUTE, NULL, SENT_BY4, ROW4("Record-Route", "") ";lr>\r\n" },
	{ "90 Record-Route over IPv6", SIP_OWN_RECORD_ROUTE, NULL, SENT_BY6,
	  "Record-Route: <sip:" TOKEN "@" SENT_BY6 ";lr>\r\n" },
	{ "90 Record-Route with a flow", SIP_OWN_RECORD_ROUTE, "192.0.2.20:5062", SENT_BY4,
	  ROW4("Record-Route", "c000021413c6fedcba9876543210") ";lr>\r\n" },
	{ "90 Record-Route with a flow over IPv6", SIP_OWN_RECORD_ROUTE, "[2001:db8::20]:65535", SENT_BY6,
	  "Record-Route: <sip:" TOKEN "20010db8000000000000000000000020fffffedcba9876543210@" SENT_BY6 ";lr>\r\n" },
	{ "93 Path", SIP_OWN_PATH, "192.0.2.20:1", SENT_BY4, ROW4("Path", "c00002140001fedcba9876543210") ";lr>\r\n" },
	{ "94 Path with ob", SIP_OWN_PATH_OB, "192.0.2.20:5062", SENT_BY4,
	  ROW4("Path", "c000021413c6fedcba9876543210") ";lr;ob>\r\n" },
};

static void own_row(void **state)
{
	static const char more[] = "Record-Route: <sip:192.0.2.9;lr>\r\nPath: <sip:192.0.2.9;lr>\r\n";
	const struct own_row *row = *state;
	struct sip_ours ours = { .branch = PLAN_BRANCH, .sx = PLAN_SX, .row = row->row };
	struct ds_listener l = plan_listener(row->sent_by);
	struct ds_endpoint src = plan_place(V4);
	char in[1024], want[1024], text[1024];
	unsigned char out[2048];
	struct sip_plan p = { 0 };
	struct sip_case s;
	size_t len;
	ssize_t n;

	ours.token = (struct sip_token){ .id = 0x0123456789abcdef, .mac = 0xfedcba9876543210 };
	if (row->flow) {
		ours.token.has_flow = 1;
		ours.token.flow = plan_place(row->flow);
	}
	snprintf(in, sizeof(in), INVITE "%s" VIA_IN REST, more);
	sip_open(&s, in, strlen(in));
	sip_proxy_request(&s.b, &s.m, &src, &l, &ours, NULL, 0, &p);
	plan_check(&p);
	n = plan_apply(&p, s.g.data, s.g.len, out, sizeof(out));
	snprintf(text, sizeof(text), INVITE PUSHED "Max-Forwards: 70\r\n%s%s" VIA_IN REST, row->want, more);
	len = plan_expand(want, sizeof(want), text, row->sent_by, 1);
	if ((len - strlen(in)) & 1)
		len = plan_expand(want, sizeof(want), text, row->sent_by, 2);
	check_mem("output", out, (size_t)n, want, len);
	sip_close(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "Via", requests, via_rows);
	test_rows(&tests, "Via last", via_last, via_rows);
	test_rows(&tests, "Max-Forwards", requests, hops_rows);
	test_rows(&tests, "Max-Forwards last", via_last, hops_rows);
	test_rows(&tests, "Route", requests, route_rows);
	test_rows(&tests, "Route last", via_last, route_rows);
	test_add(&tests, "octets behind the body are cut", noise, NULL);
	test_add(&tests, "the body is left alone", body, NULL);
	test_add(&tests, "a body without Content-Length", no_length, NULL);
	test_add(&tests, "line ends before the start line are cut", leading_lines, NULL);
	test_rows(&tests, "row of ours", own_row, own_rows);
	test_rows(&tests, "response", responses, response_rows);
	test_add(&tests, "line ends before the status line are cut", response_leading_lines, NULL);
	return test_run(&tests, "proxy");
}
