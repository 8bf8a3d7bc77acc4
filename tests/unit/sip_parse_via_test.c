// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_parse_via_test.c - the top Via and, of a response, the value after it (sip-rules C29, C30, C33, D37 to D39).
 */
#include "sip_text.h"

#define UDP "SIP/2.0/UDP "

static const struct via_row {
	const char *name;
	const char *via;
	const char *host;
	unsigned int port;
	unsigned int is_ip6;
	const char *branch;
	const char *received;
	int rport; /* -1: none; 0: without a value */
	const char *maddr;
	unsigned int magic;
	unsigned int udp;
} good[] = {
	{ "name", "Via: " UDP "pc33.example.net;branch=z9hG4bKx\r\n", "pc33.example.net", 0, 0, "z9hG4bKx", NULL, -1,
	  NULL, 1, 1 },
	{ "IPv4 and port", "Via: " UDP "192.0.2.20:5062;branch=z9hG4bKx\r\n", "192.0.2.20", 5062, 0, "z9hG4bKx", NULL,
	  -1, NULL, 1, 1 },
	{ "38 IPv6", "Via: " UDP "[2001:db8::9:1];branch=z9hG4bKx\r\n", "2001:db8::9:1", 0, 1, "z9hG4bKx", NULL, -1,
	  NULL, 1, 1 },
	{ "38 IPv6 and port", "Via: " UDP "[::ffff:192.0.2.10]:19823;branch=z9hG4bKx\r\n", "::ffff:192.0.2.10", 19823,
	  1, "z9hG4bKx", NULL, -1, NULL, 1, 1 },
	{ "38 port with zeros", "Via: " UDP "a:0005060\r\n", "a", 5060, 0, NULL, NULL, -1, NULL, 0, 1 },
	{ "no parameters", "Via: " UDP "192.0.2.20\r\n", "192.0.2.20", 0, 0, NULL, NULL, -1, NULL, 0, 1 },
	{ "rport without a value", "Via: " UDP "a;rport;branch=z9hG4bKx\r\n", "a", 0, 0, "z9hG4bKx", NULL, 0, NULL, 1,
	  1 },
	{ "rport last", "Via: " UDP "a;branch=z9hG4bKx;rport\r\n", "a", 0, 0, "z9hG4bKx", NULL, 0, NULL, 1, 1 },
	{ "rport with a value", "Via: " UDP "a;rport=9988;received=192.0.2.1\r\n", "a", 0, 0, NULL, "192.0.2.1", 9988,
	  NULL, 0, 1 },
	{ "69 received IPv6 without brackets",
	  "Via: " UDP "[2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKx\r\n", "2001:db8::9:1", 0, 1, "z9hG4bKx",
	  "2001:db8::9:255", -1, NULL, 1, 1 },
	{ "69 received IPv6 in brackets", "Via: " UDP "[2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKx\r\n",
	  "2001:db8::9:1", 0, 1, "z9hG4bKx", "[2001:db8::9:255]", -1, NULL, 1, 1 },
	{ "maddr and ttl", "Via: " UDP "a;maddr=224.2.0.1;ttl=16\r\n", "a", 0, 0, NULL, NULL, -1, "224.2.0.1", 0, 1 },
	{ "37 blanks around the slashes", "Via: SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n",
	  "192.0.2.2", 0, 0, "390skdjuw", NULL, -1, NULL, 0, 1 },
	{ "37 blank behind the last slash", "Via: SIP/2.0/ UDP a\r\n", "a", 0, 0, NULL, NULL, -1, NULL, 0, 1 },
	{ "37 HTAB after the transport", "Via: SIP/2.0/UDP\ta\r\n", "a", 0, 0, NULL, NULL, -1, NULL, 0, 1 },
	{ "37 fold after the transport", "Via: SIP/2.0/UDP\r\n a\r\n", "a", 0, 0, NULL, NULL, -1, NULL, 0, 1 },
	{ "37 many blanks", "Via:            \t            SIP/2.0/UDP                         a\r\n", "a", 0, 0, NULL,
	  NULL, -1, NULL, 0, 1 },
	{ "37 blanks around the colon", "Via: " UDP "first.example.com: 4000;ttl=16\r\n", "first.example.com", 4000, 0,
	  NULL, NULL, -1, NULL, 0, 1 },
	{ "37 fold around the colon", "Via: " UDP "a\r\n :\r\n 4000\r\n", "a", 4000, 0, NULL, NULL, -1, NULL, 0, 1 },
	{ "37 blanks around ; and =", "Via: " UDP "a ; branch  =\r\n z9hG4bKx ;\r\n\trport = 5 \r\n", "a", 0, 0,
	  "z9hG4bKx", NULL, 5, NULL, 1, 1 },
	{ "33 names of parameters in upper case", "Via: " UDP "a;BRANCH=z9hG4bKx;RPort;RECEIVED=192.0.2.1\r\n", "a", 0,
	  0, "z9hG4bKx", "192.0.2.1", 0, NULL, 1, 1 },
	{ "33 unknown parameters", "Via: " UDP "a;alias;x=y;branchx=1;rportx;receivedx=2;branch=z9hG4bKx;keep\r\n", "a",
	  0, 0, "z9hG4bKx", NULL, -1, NULL, 1, 1 },
	{ "30 quoted parameter", "Via: " UDP "a;oc;oc-algo=\"loss,A;branch=no\";branch=z9hG4bKx\r\n", "a", 0, 0,
	  "z9hG4bKx", NULL, -1, NULL, 1, 1 },
	{ "31 escaped quote in a parameter", "Via: " UDP "a;q=\"x\\\",;y\";branch=z9hG4bKx\r\n", "a", 0, 0, "z9hG4bKx",
	  NULL, -1, NULL, 1, 1 },
	{ "39 magic cookie in other case", "Via: " UDP "a;branch=Z9HG4BKx\r\n", "a", 0, 0, "Z9HG4BKx", NULL, -1, NULL,
	  1, 1 },
	{ "39 nothing but the magic cookie", "Via: " UDP "a;branch=z9hG4bK\r\n", "a", 0, 0, "z9hG4bK", NULL, -1, NULL,
	  0, 1 },
	{ "39 no magic cookie", "Via: " UDP "a;branch=1\r\n", "a", 0, 0, "1", NULL, -1, NULL, 0, 1 },
	{ "39 magic cookie not in front", "Via: " UDP "a;branch=xz9hG4bKx\r\n", "a", 0, 0, "xz9hG4bKx", NULL, -1, NULL,
	  0, 1 },
	{ "37 TCP", "Via: SIP/2.0/TCP a;branch=z9hG4bKx\r\n", "a", 0, 0, "z9hG4bKx", NULL, -1, NULL, 1, 0 },
	{ "37 unknown transport", "Via: SIP/2.0/UNKNOWN a\r\n", "a", 0, 0, NULL, NULL, -1, NULL, 0, 0 },
	{ "37 transport that begins like UDP", "Via: SIP/2.0/UDPLITE a\r\n", "a", 0, 0, NULL, NULL, -1, NULL, 0, 0 },
	{ "37 lower case", "Via: sip/2.0/udp a\r\n", "a", 0, 0, NULL, NULL, -1, NULL, 0, 1 },
	{ "29 first of a comma row", "Via: " UDP "a:1;branch=z9hG4bKx , SIP/2.0/TCP b;branch=z9hG4bKy\r\n", "a", 1, 0,
	  "z9hG4bKx", NULL, -1, NULL, 1, 1 },
	{ "29 first of two rows", "Via: " UDP "a\r\nVia: " UDP "b\r\n", "a", 0, 0, NULL, NULL, -1, NULL, 0, 1 },
	{ "37 lower values are opaque", "Via: " UDP "a\r\nVia: rubbish,;;\r\n", "a", 0, 0, NULL, NULL, -1, NULL, 0, 1 },
};

static void check_via(const struct sip_case *s, const struct sip_via *v, const struct via_row *row)
{
	char number[8];

	check_span(s, "host", v->host, row->host);
	check_int("port", v->port, row->port);
	check_int("is IPv6", v->is_ip6, row->is_ip6);
	check_span(s, "branch", v->branch, row->branch);
	check_span(s, "received", v->received, row->received);
	check_int("has received", v->has_received, row->received != NULL);
	check_span(s, "maddr", v->maddr, row->maddr);
	check_int("has rport", v->has_rport, row->rport >= 0);
	snprintf(number, sizeof(number), "%d", row->rport);
	check_span(s, "rport", v->rport, row->rport > 0 ? number : NULL);
	check_int("magic", v->magic, row->magic);
	check_int("is UDP", v->is_udp, row->udp);
}

static void parses_top_via(void **state)
{
	const struct via_row *row = *state;
	struct sip_parts p = { .via = row->via };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_invariant(&s);
	check_via(&s, &s.m.via, row);
	sip_close(&s);
}

/* The same values behind one of ours, in a row of their own. */
static void parses_second_via(void **state)
{
	const struct via_row *row = *state;
	struct sip_parts p = { .start = RINGING, .via = OUR_VIA, .more = row->via };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_invariant(&s);
	check_span(&s, "our branch", s.m.via.branch, "z9hG4bK0123456789abcdef");
	check_span(&s, "our sx", s.m.via.sx, "fedcba9876543210");
	check_via(&s, &s.m.via2, row);
	sip_close(&s);
}

static const struct bad_row {
	const char *name;
	const char *via;
	unsigned int reason;
} bad[] = {
	{ "37 empty", "Via: \r\n", REASON_bad_via },
	{ "37 empty and folded", "Via:\r\n \r\n", REASON_bad_via },
	{ "37 no transport", "Via: SIP/2.0 a\r\n", REASON_bad_via },
	{ "37 empty transport", "Via: SIP/2.0/ ;a\r\n", REASON_bad_via },
	{ "37 other protocol", "Via: HTTP/2.0/UDP a\r\n", REASON_bad_via },
	{ "37 other version", "Via: SIP/3.0/UDP a\r\n", REASON_bad_via },
	{ "37 no sent-by", "Via: SIP/2.0/UDP\r\n", REASON_bad_via },
	{ "37 no sent-by but blanks", "Via: SIP/2.0/UDP \r\n", REASON_bad_via },
	{ "37 parameter for sent-by", "Via: SIP/2.0/UDP ;branch=z9hG4bKx\r\n", REASON_bad_via },
	{ "37 parameter at once", "Via: SIP/2.0/UDP;branch=z9hG4bKx\r\n", REASON_bad_via },
	{ "38 port without digits", "Via: " UDP "a:\r\n", REASON_bad_via },
	{ "38 port of letters", "Via: " UDP "a:b\r\n", REASON_bad_via },
	{ "38 port 65536", "Via: " UDP "a:65536\r\n", REASON_bad_via },
	{ "38 negative port", "Via: " UDP "a:-1\r\n", REASON_bad_via },
	{ "38 IPv6 without brackets", "Via: " UDP "2001:db8::1\r\n", REASON_bad_via },
	{ "38 bracket not closed", "Via: " UDP "[2001:db8::1;branch=z9hG4bKx\r\n", REASON_bad_via },
	{ "38 empty brackets", "Via: " UDP "[];branch=z9hG4bKx\r\n", REASON_bad_via },
	{ "37 text behind the bracket", "Via: " UDP "[::1]x;branch=z9hG4bKx\r\n", REASON_bad_via_params },
	{ "37 empty parameter", "Via: " UDP "192.0.2.15;;,;,,\r\n", REASON_bad_via_params },
	{ "37 semicolon at the end", "Via: " UDP "a;\r\n", REASON_bad_via_params },
	{ "37 text behind the port", "Via: " UDP "a:5060 x\r\n", REASON_bad_via_params },
	{ "31 quote not closed", "Via: " UDP "a;x=\"y;branch=z9hG4bKx\r\n", REASON_bad_via_params },
	{ "31 text behind a quote", "Via: " UDP "a;x=\"y\"z;branch=z9hG4bKx\r\n", REASON_bad_via_params },
	{ "31 escape at the end", "Via: " UDP "a;x=\"y\\\r\n", REASON_bad_via_params },
	{ "33 branch twice", "Via: " UDP "a;branch=z9hG4bKx;branch=z9hG4bKy\r\n", REASON_bad_via_params },
	{ "33 branch twice in other case", "Via: " UDP "a;branch=z9hG4bKx;Branch=z9hG4bKx\r\n", REASON_bad_via_params },
	{ "33 rport twice", "Via: " UDP "a;rport;rport=5\r\n", REASON_bad_via_params },
	{ "33 received twice", "Via: " UDP "a;received=192.0.2.1;received=192.0.2.2\r\n", REASON_bad_via_params },
	{ "33 maddr twice", "Via: " UDP "a;maddr=192.0.2.1;maddr=192.0.2.2\r\n", REASON_bad_via_params },
	{ "37 rport of letters", "Via: " UDP "a;rport=x\r\n", REASON_bad_via_params },
	{ "37 rport 65536", "Via: " UDP "a;rport=65536\r\n", REASON_bad_via_params },
	{ "37 received without a value", "Via: " UDP "a;received\r\n", REASON_bad_via_params },
	{ "37 received empty", "Via: " UDP "a;received=\r\n", REASON_bad_via_params },
	{ "37 branch empty", "Via: " UDP "a;branch=\r\n", REASON_bad_via_params },
};

static void refuses_top_via(void **state)
{
	const struct bad_row *row = *state;
	struct sip_parts p = { .via = row->via };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->reason);
	sip_close(&s);
}

/* I78: a response whose next Via cannot be read goes nowhere. */
static void refuses_second_via(void **state)
{
	const struct bad_row *row = *state;
	struct sip_parts p = { .start = RINGING, .via = OUR_VIA, .more = row->via };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, REASON_bad_via);
	check_int("as a response", sip_check_response(&s.m), REASON_bad_via);
	sip_close(&s);
}

/* I79: our value first of a comma row, folds between; where each value begins and ends. */
static const struct row_row {
	const char *name;
	const char *via;
	const char *first;  /* the value, as [at, end) */
	const char *behind; /* from next on to the end of the row; NULL: nothing */
	const char *second; /* host of the value after it; NULL: none */
} rows[] = {
	{ "one value", "Via: " UDP "a;rport\r\n", UDP "a;rport", NULL, NULL },
	{ "two rows", "Via: " UDP "a;rport\r\nVia: " UDP "b\r\n", UDP "a;rport", NULL, "b" },
	{ "comma row", "v:" UDP "a;rport," UDP "b\r\n", UDP "a;rport", UDP "b", "b" },
	{ "comma row with blanks", "Via:  " UDP "a;rport , " UDP "b\r\n", UDP "a;rport ", " " UDP "b", "b" },
	{ "comma row, folded", "Via: " UDP "a,\r\n " UDP "b\r\n", UDP "a", "\r\n " UDP "b", "b" },
	{ "three values in two rows", "Via: " UDP "a, " UDP "b\r\nVia: " UDP "c\r\n", UDP "a", " " UDP "b", "b" },
	{ "other rows between", "Via: " UDP "a\r\nRoute: <sip:x>\r\nSubject: y\r\nv: " UDP "b\r\n", UDP "a", NULL,
	  "b" },
	{ "blanks at the end", "Via: " UDP "a;branch=z9hG4bKx \t\r\nVia: " UDP "b\r\n", UDP "a;branch=z9hG4bKx \t",
	  NULL, "b" },
};

static void bounds_values(void **state)
{
	const struct row_row *row = *state;
	struct sip_parts p = { .start = RINGING, .via = row->via };
	const struct sip_via *v;
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_invariant(&s);
	v = &s.m.via;
	check_mem("value", s.g.data + v->at, v->end - v->at, row->first, strlen(row->first));
	check_int("next in the row", v->next != 0, row->behind != NULL);
	if (row->behind)
		check_mem("behind", s.g.data + v->next, s.m.row[1].end - v->next, row->behind, strlen(row->behind));
	check_int("second value", s.m.via2.at != 0, row->second != NULL);
	if (row->second)
		check_span(&s, "second host", s.m.via2.host, row->second);
	sip_close(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "top Via", parses_top_via, good);
	test_add_rows(&tests, "second Via", parses_second_via, good, TEST_COUNT(good), sizeof(good[0]));
	test_rows(&tests, "bad top Via", refuses_top_via, bad);
	test_rows(&tests, "bad second Via", refuses_second_via, bad);
	test_rows(&tests, "Via row", bounds_values, rows);
	return test_run(&tests, "sip_parse_via");
}
