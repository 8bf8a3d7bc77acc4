// SPDX-License-Identifier: GPL-2.0-or-later
/* reply_test.c - replies built to a request: message in, reply out. sip-rules 6, 50, 52, 66 to 70, 85, 96 to 103. */
#include "plan_cases.h"

#include "sip_reply.h"

#define V4 "192.0.2.20:5062"
#define B ";branch=z9hG4bKx"
#define TAG ";tag=sx0123456789abcdef"
#define TO_TAGGED "To: Bob <sip:bob@example.com>" TAG "\r\n"
#define END "Content-Length: 0\r\n\r\n"
#define LINE_400 "SIP/2.0 400 Bad Request\r\n"
#define LINE_483 "SIP/2.0 483 Too Many Hops\r\n"
#define LINE_420 "SIP/2.0 420 Bad Extension\r\n"
/* Room for the reply: rows that it does not have. */
#define LONG "Subject: this row makes the request long enough for the reply to fit into the datagram that came\r\n"

/* A request and the whole reply; want NULL: none, `verdict` says why. */
struct reply_row {
	const char *name;
	struct sip_parts in;
	const char *want;
	unsigned int reason; /* given to the builder; REASON_none: the parser's own */
	unsigned int verdict;
	const char *src; /* NULL: V4 */
};

/* clang-format off */
static const struct reply_row rows[] = {
	{ "400", { .more = LONG }, LINE_400 VIA FROM TO_TAGGED CALL_ID CSEQ END, REASON_bad_route, 0, NULL },
	{ "403", { .more = LONG }, "SIP/2.0 403 Forbidden\r\n" VIA FROM TO_TAGGED CALL_ID CSEQ END, REASON_route_foreign,
	  0, NULL },
	{ "404", { .more = LONG }, "SIP/2.0 404 Not Found\r\n" VIA FROM TO_TAGGED CALL_ID CSEQ END, REASON_no_action, 0,
	  NULL },
	{ "416", { .start = "INVITE nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n", .more = LONG },
	  "SIP/2.0 416 Unsupported URI Scheme\r\n" VIA FROM TO_TAGGED CALL_ID CSEQ END, 0, 0, NULL },
	{ "483", { .max_forwards = "Max-Forwards: 0\r\n", .more = LONG },
	  LINE_483 VIA FROM TO_TAGGED CALL_ID CSEQ END, REASON_too_many_hops, 0, NULL },
	{ "503", { .more = LONG }, "SIP/2.0 503 Service Unavailable\r\n" VIA FROM TO_TAGGED CALL_ID CSEQ END,
	  REASON_no_destination, 0, NULL },
	{ "505", { .start = "INVITE sip:bob@example.com SIP/7.0\r\n", .more = LONG },
	  "SIP/2.0 505 Version Not Supported\r\n" VIA FROM TO_TAGGED CALL_ID CSEQ END, 0, 0, NULL },
	{ "420", { .more = "Proxy-Require: nothingSupportsThis, nothingSupportsThisEither\r\n" LONG },
	  LINE_420 VIA FROM TO_TAGGED CALL_ID CSEQ "Unsupported: nothingSupportsThis, nothingSupportsThisEither\r\n" END,
	  REASON_bad_extension, 0, NULL },
	{ "420 of two rows, one folded", { .via = "proxy-require :a,\r\n b\r\n" VIA, .more = "Proxy-Require: c\r\n" LONG },
	  LINE_420 "Unsupported:a,\r\n b\r\n" VIA FROM TO_TAGGED CALL_ID CSEQ "Unsupported: c\r\n" END,
	  REASON_bad_extension, 0, NULL },
	{ "Proxy-Require is of no matter to others", { .more = "Proxy-Require: c\r\n" LONG },
	  LINE_483 VIA FROM TO_TAGGED CALL_ID CSEQ END, REASON_too_many_hops, 0, NULL },
	{ "rows in another order", { .via = "", .from = TO, .to = CSEQ, .call_id = LONG FROM, .cseq = VIA CALL_ID },
	  LINE_483 TO_TAGGED CSEQ FROM VIA CALL_ID END, REASON_too_many_hops, 0, NULL },
	{ "body and noise are left out", { .more = LONG, .body = "v=0\nFrom: x\r\nVia: y\r\n\r\n" },
	  LINE_483 VIA FROM TO_TAGGED CALL_ID CSEQ END, REASON_too_many_hops, 0, NULL },
	{ "line ends before the start line", { .start = "\r\n\r\n" INVITE, .more = LONG },
	  LINE_483 VIA FROM TO_TAGGED CALL_ID CSEQ END, REASON_too_many_hops, 0, NULL },
	{ "a To tag is kept", { .to = "To: <sip:bob@example.com>;tag=1928301774\r\n", .more = LONG },
	  LINE_483 VIA FROM "To: <sip:bob@example.com>;tag=1928301774\r\n" CALL_ID CSEQ END, REASON_too_many_hops, 0,
	  NULL },
	{ "a tag inside the brackets is none", { .to = "t: <sip:bob@example.com;tag=x>\r\n", .more = LONG },
	  LINE_483 VIA FROM "t: <sip:bob@example.com;tag=x>" TAG "\r\n" CALL_ID CSEQ END, REASON_too_many_hops, 0, NULL },
	{ "tag behind parameters of a bare URI", { .to = "To: sip:bob@example.com;x=y \t\r\n", .more = LONG },
	  LINE_483 VIA FROM "To: sip:bob@example.com;x=y" TAG " \t\r\n" CALL_ID CSEQ END, REASON_too_many_hops, 0, NULL },
	{ "tag on a folded To", { .to = "To:\r\n \"Bob\"\r\n <sip:bob@example.com>\r\n ;x=y\r\n", .more = LONG },
	  LINE_483 VIA FROM "To:\r\n \"Bob\"\r\n <sip:bob@example.com>\r\n ;x=y" TAG "\r\n" CALL_ID CSEQ END,
	  REASON_too_many_hops, 0, NULL },
	{ "compact and folded rows",
	  { .via = "v:SIP/2.0/UDP " V4 "\r\n\t" B "\r\n", .from = "f\t:sip:a@b;tag=1\r\n", .to = "t:sip:c@d\r\n",
	    .call_id = "i:x\r\n", .more = LONG },
	  LINE_483 "v:SIP/2.0/UDP " V4 "\r\n\t" B "\r\nf\t:sip:a@b;tag=1\r\nt:sip:c@d" TAG "\r\ni:x\r\n" CSEQ END,
	  REASON_too_many_hops, 0, NULL },
	{ "name stamped", { .via = "Via: SIP/2.0/UDP h" B "\r\n", .more = LONG },
	  LINE_483 "Via: SIP/2.0/UDP h;received=192.0.2.20" B "\r\n" FROM TO_TAGGED CALL_ID CSEQ END,
	  REASON_too_many_hops, 0, NULL },
	{ "received before rport", { .via = "Via: SIP/2.0/UDP h;received=9;rport=9" B "\r\n", .more = LONG },
	  LINE_483 "Via: SIP/2.0/UDP h;received=192.0.2.20;rport=5062" B "\r\n" FROM TO_TAGGED CALL_ID CSEQ END,
	  REASON_too_many_hops, 0, NULL },
	{ "rport before received", { .via = "Via: SIP/2.0/UDP h;rport" B ";received=9\r\n", .more = LONG },
	  LINE_483 "Via: SIP/2.0/UDP h;rport=5062" B ";received=192.0.2.20\r\n" FROM TO_TAGGED CALL_ID CSEQ END,
	  REASON_too_many_hops, 0, NULL },
	{ "To before a stamped Via", { .via = TO, .to = "Via: SIP/2.0/UDP h;rport" B "\r\n", .more = LONG },
	  LINE_483 TO_TAGGED FROM "Via: SIP/2.0/UDP h;received=192.0.2.20;rport=5062" B "\r\n" CALL_ID CSEQ END,
	  REASON_too_many_hops, 0, NULL },
	{ "IPv6 stamped", { .via = "Via: SIP/2.0/UDP [2001:db8::1];rport" B "\r\n", .more = LONG },
	  LINE_483 "Via: SIP/2.0/UDP [2001:db8::1];received=2001:db8::20;rport=5062" B "\r\n" FROM TO_TAGGED CALL_ID
	  CSEQ END, REASON_too_many_hops, 0, "[2001:db8::20]:5062" },
	{ "only the top value is stamped",
	  { .via = "Via: SIP/2.0/UDP h;rport, SIP/2.0/UDP g;rport\r\nFoo: bar\r\nVia: SIP/2.0/UDP f;rport\r\n",
	    .more = LONG },
	  LINE_483 "Via: SIP/2.0/UDP h;received=192.0.2.20;rport=5062, SIP/2.0/UDP g;rport\r\n"
	  "Via: SIP/2.0/UDP f;rport\r\n" FROM TO_TAGGED CALL_ID CSEQ END, REASON_too_many_hops, 0, NULL },
	{ "malformed Via parameters are not stamped", { .via = "Via: SIP/2.0/UDP h;rport;rport=x" B "\r\n", .more = LONG },
	  LINE_400 "Via: SIP/2.0/UDP h;rport;rport=x" B "\r\n" FROM TO_TAGGED CALL_ID CSEQ END, 0, 0, NULL },
	{ "nor behind an earlier fault",
	  { .start = "INVITE  sip:bob@example.com SIP/2.0\r\n", .via = "Via: SIP/2.0/UDP h;rport=x" B "\r\n",
	    .more = LONG },
	  LINE_400 "Via: SIP/2.0/UDP h;rport=x" B "\r\n" FROM TO_TAGGED CALL_ID CSEQ END, 0, 0, NULL },
	{ "start line with two blanks", { .start = "INVITE  sip:bob@example.com SIP/2.0\r\n", .more = LONG },
	  LINE_400 VIA FROM TO_TAGGED CALL_ID CSEQ END, 0, 0, NULL },
	{ "no To", { .to = "", .more = LONG }, LINE_400 VIA FROM CALL_ID CSEQ END, 0, 0, NULL },
	{ "two To", { .to = TO TO, .more = LONG LONG }, LINE_400 VIA FROM TO TO CALL_ID CSEQ END, 0, 0, NULL },
	{ "no From", { .from = "", .more = LONG }, LINE_400 VIA TO_TAGGED CALL_ID CSEQ END, 0, 0, NULL },
	{ "two Call-ID, one compact", { .call_id = CALL_ID "i: 2\r\n", .more = LONG },
	  LINE_400 VIA FROM TO_TAGGED CALL_ID "i: 2\r\n" CSEQ END, 0, 0, NULL },
	{ "nothing but Via", { .from = "", .to = "", .call_id = "", .cseq = "", .more = LONG }, LINE_400 VIA END, 0, 0,
	  NULL },
	{ "CSeq of another method", { .cseq = "CSeq: 1 BYE\r\n", .more = LONG },
	  LINE_400 VIA FROM TO_TAGGED CALL_ID "CSeq: 1 BYE\r\n" END, 0, 0, NULL },
	{ "a quote that is not closed", { .to = "To: \"Bob <sip:bob@example.com>\r\n", .more = LONG },
	  LINE_400 VIA FROM "To: \"Bob <sip:bob@example.com>\r\n" CALL_ID CSEQ END, 0, 0, NULL },
	{ "a bare LF behind all that is needed", { .more = "Foo: bar\nFoo: foo\r\n" LONG },
	  LINE_400 VIA FROM TO_TAGGED CALL_ID CSEQ END, 0, 0, NULL },
	{ "no end of the head", { .more = LONG, .blank = "", .body = "" },
	  LINE_400 VIA FROM TO_TAGGED CALL_ID CSEQ END, 0, 0, NULL },
	{ "the head ends inside the last row needed",
	  { .max_forwards = MAX_FORWARDS LONG, .length = "", .cseq = "", .more = "CSeq: 1 INV", .blank = "", .body = "" },
	  LINE_400 VIA FROM TO_TAGGED CALL_ID END, 0, 0, NULL },
	{ "ACK", { .start = "ACK sip:bob@example.com SIP/2.0\r\n", .cseq = "CSeq: 1 ACK\r\n", .more = LONG }, NULL,
	  REASON_too_many_hops, REASON_unanswerable, NULL },
	{ "malformed ACK", { .start = "ACK  sip:bob@example.com SIP/2.0\r\n", .cseq = "CSeq: 1 ACK\r\n", .more = LONG },
	  NULL, 0, REASON_unanswerable, NULL },
	{ "response", { .start = "SIP/2.0 200 OK\r\n", .more = LONG }, NULL, REASON_bad_from, REASON_unanswerable, NULL },
	{ "no Via", { .via = "", .more = LONG }, NULL, REASON_bad_to, REASON_unanswerable, NULL },
	{ "broken Via", { .via = "Via: SIP/2.0/UDP\r\n", .more = LONG }, NULL, 0, REASON_unanswerable, NULL },
	{ "broken Via behind an earlier fault",
	  { .start = "INVITE  sip:bob@example.com SIP/2.0\r\n", .via = "Via: SIP/2.0/UDP [h\r\n", .more = LONG }, NULL,
	  0, REASON_unanswerable, NULL },
	{ "the head ends inside Via",
	  { .via = "", .max_forwards = MAX_FORWARDS LONG, .length = "", .more = "Via: SIP/2.0/UDP h", .blank = "",
	    .body = "" }, NULL, 0, REASON_unanswerable, NULL },
	{ "a reason without a reply", { .more = LONG }, NULL, REASON_via_forged, REASON_unanswerable, NULL },
	{ "the reply would be longer", { .max_forwards = "", .length = "", .body = "" }, NULL, REASON_too_many_hops,
	  REASON_slow_reply, NULL },
};
/* clang-format on */

static void replies(void **state)
{
	const struct reply_row *row = *state;
	struct ds_endpoint src = plan_place(row->src ? row->src : V4);
	unsigned char out[4096];
	struct sip_reply r;
	struct sip_plan p = { 0 };
	struct sip_case s;
	ssize_t n;
	int rc;

	sip_open_parts(&s, &row->in);
	memset(&p, 0xa5, sizeof(p));
	memset(&r, 0xa5, sizeof(r));
	r.line_len = 0;
	r.reason = row->reason ? row->reason : s.m.reason;
	r.tag = PLAN_BRANCH;
	rc = sip_reply_build(&s.c, &s.m, &src, &p, &r, NULL);
	check_int("verdict", rc, row->verdict);
	if (row->want) {
		n = plan_apply_reply(&r, &p, s.g.data, s.g.len, out, sizeof(out));
		check_true("applied", n >= 0);
		check_mem("reply", out, (size_t)n, row->want, strlen(row->want));
		check_int("length", r.len, n);
		check_true("no longer than the request", (size_t)n <= s.g.len);
	}
	sip_close(&s);
}

/* The reply to a good request is a good response whose next hop is the source. */
static void reparses(void **state)
{
	struct sip_parts in = { .via = "Via: SIP/2.0/UDP h:5070;rport" B "\r\n", .more = LONG };
	struct ds_endpoint src = plan_place(V4), back;
	unsigned char out[4096];
	struct sip_reply r = { .reason = REASON_no_action, .tag = PLAN_SX };
	struct sip_plan p = { 0 };
	struct sip_case s;
	ssize_t n;

	(void)state;
	sip_open_parts(&s, &in);
	check_int("verdict", sip_reply_build(&s.c, &s.m, &src, &p, &r, NULL), REASON_none);
	n = plan_apply_reply(&r, &p, s.g.data, s.g.len, out, sizeof(out));
	sip_close(&s);
	sip_open(&s, out, (size_t)n);
	check_reason(&s, REASON_none);
	check_int("status", s.m.status, 404);
	check_true("own tag", sip_is_own_tag(&s.b, &s.m, PLAN_SX));
	check_int("place", sip_via_place(&s.b, &s.m.via, &back), 0);
	check_mem("place", &back, sizeof(back), &src, sizeof(src));
	check_int("body", s.m.end - s.m.body, 0);
	sip_close(&s);
}

/* n Via rows with another between each two, so that none join: at most pieces that fit, never half a reply. */
static void many_rows(void **state)
{
	char via[8192], want[8192];
	struct sip_parts in = { .via = via, .more = LONG };
	struct ds_endpoint src = plan_place(V4);
	unsigned char out[16384];
	struct sip_reply r = { .reason = REASON_too_many_hops, .tag = PLAN_BRANCH };
	struct sip_plan p = { 0 };
	struct sip_case s;
	unsigned int rows_n, answered = 0, refused = 0;
	ssize_t n;
	int rc;

	(void)state;
	for (rows_n = 1; rows_n < 2 * SIP_REPLY_PIECES; rows_n++) {
		unsigned int i;
		size_t v = 0, w = 0;

		w += (size_t)sprintf(want, LINE_483);
		for (i = 0; i < rows_n; i++) {
			v += (size_t)sprintf(via + v, "Via: SIP/2.0/UDP " V4 ";n=%u\r\nFoo: bar\r\n", i);
			w += (size_t)sprintf(want + w, "Via: SIP/2.0/UDP " V4 ";n=%u\r\n", i);
		}
		sprintf(want + w, FROM TO_TAGGED CALL_ID CSEQ END);
		sip_open_parts(&s, &in);
		rc = sip_reply_build(&s.c, &s.m, &src, &p, &r, NULL);
		if (rc == REASON_none) {
			n = plan_apply_reply(&r, &p, s.g.data, s.g.len, out, sizeof(out));
			check_mem("reply", out, (size_t)n, want, strlen(want));
			answered++;
		} else {
			check_int("verdict", rc, REASON_slow_reply);
			refused++;
		}
		sip_close(&s);
	}
	check_int("answered", answered, SIP_REPLY_PIECES - 6 + 1);
	check_true("refused", refused > 0);
}

/* A reply is a whole message: one head, no body, a Via that can be read. */
static void check_whole(const unsigned char *out, size_t n)
{
	struct sip_case s;

	check_true("begins as a response", n > 12 && !memcmp(out, "SIP/2.0 4", 9));
	check_true("ends as one", n > strlen(END) && !memcmp(out + n - strlen(END), END, strlen(END)));
	sip_open(&s, out, n);
	check_true("one head and no body", s.m.kind == SIP_KIND_RESPONSE && s.m.blank && s.m.body == n);
	check_true("Via can be read", s.m.seen & SIP_SEEN(VIA) && s.m.reason != REASON_bad_via);
	sip_close(&s);
}

/* Each beginning of a request, over what different messages may have left behind: a whole reply or none. */
static void truncated(void **state)
{
	struct sip_parts in = { .via = "v: SIP/2.0/UDP\r\n h;rport;received=9" B "\r\nVia: SIP/2.0/UDP g\r\n",
				.max_forwards = MAX_FORWARDS LONG,
				.more = "Proxy-Require: x\r\n" LONG LONG };
	static const int dirt[] = { 0x00, 0x01, 0x20, 0xa5, 0xff };
	struct ds_endpoint src = plan_place(V4);
	unsigned char out[4096];
	unsigned int answered = 0;
	size_t len, cut, i;
	char text[4096];
	ssize_t n;

	(void)state;
	len = sip_join(text, sizeof(text), &in);
	for (cut = 0; cut <= len; cut++) {
		for (i = 0; i < TEST_COUNT(dirt); i++) {
			struct sip_reply r = { .tag = PLAN_BRANCH };
			struct sip_plan p = { 0 };
			struct sip_case s;

			sip_open(&s, text, cut);
			sip_again(&s, dirt[i]);
			r.reason = s.m.reason ? s.m.reason : REASON_bad_extension;
			memset(&p, dirt[i], sizeof(p));
			if (sip_reply_build(&s.c, &s.m, &src, &p, &r, NULL) == REASON_none) {
				n = plan_apply_reply(&r, &p, s.g.data, s.g.len, out, sizeof(out));
				check_true("applied", n >= 0 && (size_t)n == r.len && (size_t)n <= cut);
				check_whole(out, (size_t)n);
				answered++;
			}
			sip_close(&s);
		}
	}
	check_true("some were answered", answered > 100);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "reply", replies, rows);
	test_add(&tests, "a reply is a response to where the request came from", reparses, NULL);
	test_add(&tests, "many rows", many_rows, NULL);
	test_add(&tests, "requests cut off anywhere", truncated, NULL);
	return test_run(&tests, "reply");
}
