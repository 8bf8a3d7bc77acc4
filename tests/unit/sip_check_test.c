// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_check_test.c - what becomes of a message with a fault: the order of RFC 3261 16.3 and the table of malformed input
 * (sip-rules E47 to E52, P).
 */
#include "sip_text.h"

#define DROP 0
#define PASS (-1)

/* One line of table P: what a request gets (status code, DROP or PASS), and whether a response passes. */
static const struct fault_row {
	const char *name;
	struct sip_parts p;
	int request;
	int response; /* DROP or PASS */
} faults[] = {
	{ "P nothing wrong", { NULL }, PASS, PASS },
	{ "P missing Via", { .via = "" }, DROP, DROP },
	{ "P broken Via", { .via = "Via: rubbish\r\n" }, DROP, DROP },
	{ "P broken parameters of the Via", { .via = "Via: SIP/2.0/UDP a;;\r\n" }, 400, DROP },
	{ "P missing From", { .from = "" }, 400, PASS },
	{ "P From twice", { .more = FROM }, 400, PASS },
	{ "P broken From", { .from = "From: \"a <sip:a@b>\r\n" }, 400, PASS },
	{ "P missing To", { .to = "" }, 400, PASS },
	{ "P To twice", { .more = TO }, 400, PASS },
	{ "P missing Call-ID", { .call_id = "" }, 400, PASS },
	{ "P Call-ID twice", { .more = CALL_ID }, 400, PASS },
	{ "P broken Call-ID", { .call_id = "Call-ID: a b\r\n" }, 400, PASS },
	{ "P missing CSeq", { .cseq = "" }, 400, PASS },
	{ "P CSeq twice", { .more = CSEQ }, 400, PASS },
	{ "P CSeq out of range", { .cseq = "CSeq: 9292394834772304023312 INVITE\r\n" }, 400, DROP },
	{ "P CSeq of another method", { .cseq = "CSeq: 1 OPTIONS\r\n" }, 400, PASS },
	{ "48 Max-Forwards 0", { .max_forwards = "Max-Forwards: 0\r\n" }, 483, PASS },
	{ "48 Max-Forwards 000", { .max_forwards = "Max-Forwards: 000\r\n" }, 483, PASS },
	{ "P Max-Forwards junk", { .max_forwards = "Max-Forwards: x\r\n" }, 400, PASS },
	{ "P Max-Forwards 256", { .max_forwards = "Max-Forwards: 256\r\n" }, 400, PASS },
	{ "48 Max-Forwards absent", { .max_forwards = "" }, PASS, PASS },
	{ "50 Proxy-Require", { .more = "Proxy-Require: foo\r\n" }, 420, PASS },
	{ "50 Require", { .more = "Require: foo\r\n" }, PASS, PASS },
	{ "P Content-Length above the datagram", { .length = "Content-Length: 5\r\n" }, 400, DROP },
	{ "P Content-Length negative", { .length = "Content-Length: -1\r\n" }, 400, DROP },
	{ "P Content-Length junk", { .length = "Content-Length: x\r\n" }, 400, DROP },
	{ "P Content-Length conflicting", { .more = "l: 3\r\n" }, 400, DROP },
	{ "P octets behind the body", { .body = BODY "noise" }, PASS, PASS },
	{ "P no end of headers", { .length = "", .blank = "", .body = "" }, 400, DROP },
	{ "P bare LF", { .more = "X: y\nZ: z\r\n" }, 400, DROP },
	{ "P bare CR", { .more = "X: y\rZ: z\r\n" }, 400, DROP },
	{ "P NUL outside quotes", { .more = "X: y" NUL "\r\n" }, 400, DROP },
	{ "P fault in any other header", { .more = "Date: \"\r\nContact: <<<\r\n" }, PASS, PASS },
	{ "P fault in the body", { .body = "rub" NUL }, PASS, PASS },
};

static const struct start_row {
	const char *name;
	const char *start;
	int request; /* DROP also where it is a response */
	const char *cseq;
} starts[] = {
	{ "P not SIP", "hello\r\n", DROP, NULL },
	{ "P version 7.0", "INVITE sip:a@b SIP/7.0\r\n", 505, NULL },
	{ "P response of version 7.0", "SIP/7.0 200 OK\r\n", DROP, NULL },
	{ "P status 99", "SIP/2.0 099 x\r\n", DROP, NULL },
	{ "P status 700", "SIP/2.0 700 x\r\n", DROP, NULL },
	{ "P many SP", "INVITE  sip:a@b  SIP/2.0\r\n", 400, NULL },
	{ "P trailing SP", "INVITE sip:a@b SIP/2.0 \r\n", 400, NULL },
	{ "P Request-URI in brackets", "INVITE <sip:a@b> SIP/2.0\r\n", 400, NULL },
	{ "P Request-URI with SP", "INVITE sip:a@b; lr SIP/2.0\r\n", 400, NULL },
	{ "P Request-URI with unbracketed IPv6", "INVITE sip:2001:db8::1 SIP/2.0\r\n", 400, NULL },
	{ "P unknown scheme", "INVITE foo:bar SIP/2.0\r\n", 416, NULL },
	{ "P unknown method", "FOO sip:a@b SIP/2.0\r\n", PASS, "CSeq: 1 FOO\r\n" },
};

/* The code that a request gets in proxy mode; PASS or DROP. */
static int outcome(const struct sip_case *s)
{
	int reason = s->m.kind == SIP_KIND_RESPONSE ? sip_check_response(&s->m)
						    : sip_check_request(&s->m, DS_MODE_PROXY);

	if (reason == REASON_none)
		return PASS;
	return s->m.kind == SIP_KIND_RESPONSE ? DROP : (int)sip_reason_code((unsigned int)reason);
}

static void follows_table(void **state)
{
	const struct fault_row *row = *state;
	struct sip_parts p = row->p;
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_int("request", outcome(&s), row->request);
	sip_close(&s);
	p.start = RINGING;
	sip_open_parts(&s, &p);
	check_int("response", outcome(&s), row->response);
	sip_close(&s);
}

static void follows_table_of_starts(void **state)
{
	const struct start_row *row = *state;
	struct sip_parts p = { .start = row->start, .cseq = row->cseq };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_int("outcome", outcome(&s), row->request);
	sip_close(&s);
}

/* E47: with several faults the first of this order counts: syntax, scheme, Max-Forwards, Proxy-Require. */
static void order_is_kept(void **state)
{
	static const char scheme[] = "INVITE foo:bar SIP/2.0\r\n";
	struct sip_parts p = {
		.start = scheme, .max_forwards = "Max-Forwards: 0\r\n", .more = "Proxy-Require: foo\r\n", .call_id = ""
	};
	struct sip_case s;

	(void)state;
	sip_open_parts(&s, &p);
	check_int("syntax first", outcome(&s), 400);
	sip_close(&s);
	p.call_id = NULL;
	sip_open_parts(&s, &p);
	check_int("then the scheme", outcome(&s), 416);
	sip_close(&s);
	p.start = NULL;
	sip_open_parts(&s, &p);
	check_int("then Max-Forwards", outcome(&s), 483);
	sip_close(&s);
	p.max_forwards = NULL;
	sip_open_parts(&s, &p);
	check_int("then Proxy-Require", outcome(&s), 420);
	sip_close(&s);
}

/* E50: Proxy-Require is ignored in ACK and CANCEL. */
static void ignores_extension(void **state)
{
	static const struct sip_parts parts[] = {
		{ .start = "ACK sip:a@b SIP/2.0\r\n", .cseq = "CSeq: 1 ACK\r\n", .more = "Proxy-Require: foo\r\n" },
		{ .start = "CANCEL sip:a@b SIP/2.0\r\n",
		  .cseq = "CSeq: 1 CANCEL\r\n",
		  .more = "Proxy-Require: foo\r\n" },
	};
	struct sip_case s;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(parts); i++) {
		sip_open_parts(&s, &parts[i]);
		check_int("outcome", outcome(&s), PASS);
		sip_close(&s);
	}
}

/* Nat mode forwards what it does not rewrite: scheme, hops and extensions are the destination's to judge; syntax is not. */
static void nat_leaves_to_the_destination(void **state)
{
	static const struct {
		const char *name;
		struct sip_parts p;
		int reason;
	} rows[] = {
		{ "scheme", { .start = "INVITE foo:bar SIP/2.0\r\n" }, REASON_none },
		{ "Max-Forwards 0", { .max_forwards = "Max-Forwards: 0\r\n" }, REASON_none },
		{ "Proxy-Require", { .more = "Proxy-Require: foo\r\n" }, REASON_none },
		{ "Call-ID missing", { .call_id = "" }, REASON_bad_call_id },
		{ "scheme and CSeq missing", { .start = "INVITE foo:bar SIP/2.0\r\n", .cseq = "" }, REASON_bad_cseq },
	};
	struct sip_case s;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(rows); i++) {
		sip_open_parts(&s, &rows[i].p);
		check_int(rows[i].name, sip_check_request(&s.m, DS_MODE_NAT), rows[i].reason);
		sip_close(&s);
	}
}

/* E51: the same Call-ID, From tag and CSeq under another branch is no fault. */
static void merged_is_no_fault(void **state)
{
	struct sip_parts p = { .via = "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKother\r\n" };
	struct sip_case s;

	(void)state;
	sip_open_parts(&s, &p);
	check_int("outcome", outcome(&s), PASS);
	sip_close(&s);
}

/* I80: whatever a destination says is sent on, 408 and late ones too. */
static void every_status_passes(void **state)
{
	char start[32];
	struct sip_parts p = { .start = start };
	unsigned int status;
	struct sip_case s;

	(void)state;
	for (status = 100; status < 700; status++) {
		snprintf(start, sizeof(start), "SIP/2.0 %u \r\n", status);
		sip_open_parts(&s, &p);
		check_int("outcome", outcome(&s), PASS);
		check_int("status", s.m.status, status);
		sip_close(&s);
	}
}

/* L101: every code that is answered is one of rule 101, and what is no fault of a request has none. */
static void codes_are_known(void **state)
{
	static const unsigned int codes[] = { 0, 400, 403, 404, 408, 416, 420, 483, 503, 505 };
	unsigned int reason;
	size_t i;

	(void)state;
	for (reason = 0; reason < REASON_MAX; reason++) {
		for (i = 0; i < TEST_COUNT(codes) && codes[i] != sip_reason_code(reason); i++)
			;
		check_true(sip_reason_name(reason), i < TEST_COUNT(codes));
	}
	check_int("none", sip_reason_code(REASON_none), 0);
	check_int("past the last", sip_reason_code(REASON_MAX), 0);
	check_int("503", sip_reason_code(REASON_no_destination), 503);
	check_int("ACK", sip_reason_code(REASON_ack_no_call), 0);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "table", follows_table, faults);
	test_rows(&tests, "table", follows_table_of_starts, starts);
	test_add(&tests, "47 order of the faults", order_is_kept, NULL);
	test_add(&tests, "50 Proxy-Require in ACK and CANCEL", ignores_extension, NULL);
	test_add(&tests, "65 nat mode leaves to the destination", nat_leaves_to_the_destination, NULL);
	test_add(&tests, "51 merged request", merged_is_no_fault, NULL);
	test_add(&tests, "80 every status", every_status_passes, NULL);
	test_add(&tests, "101 codes", codes_are_known, NULL);
	return test_run(&tests, "sip_check");
}
