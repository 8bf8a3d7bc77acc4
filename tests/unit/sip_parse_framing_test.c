// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_parse_framing_test.c - where a message ends, and that the parser is a total function: every truncation and every
 * flipped octet of valid messages (sip-rules A1 to A7, O118, Q127).
 */
#include "sip_text.h"

/* Messages of which each has a Content-Length that is exact, so that any prefix is incomplete. */
static const struct whole_row {
	const char *name;
	const char *text;
} wholes[] = {
	{ "INVITE", INVITE VIA FROM TO CALL_ID CSEQ MAX_FORWARDS LENGTH "\r\n" BODY },
	{ "180", RINGING OUR_VIA VIA FROM TO CALL_ID CSEQ LENGTH "\r\n" BODY },
	{ "compact",
	  "BYE sip:c@d SIP/2.0\r\nv:SIP/2.0/UDP [2001:db8::1]:5060;rport;branch=z9hG4bKx\r\nf:<sip:a@b>;tag=1\r\n"
	  "t:\"q \\\" ,;\" <sip:c@d;x>;tag=2\r\ni:x@y\r\nCSeq:1 BYE\r\nl:1\r\n\r\nx" },
	{ "folded",
	  "\r\n\r\nINVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\nTO :\r\n sip:v@example.com ;   tag    "
	  "= 1918181833n\r\nfrom   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n"
	  "MaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\nContent-Length   : 1\r\ncseq: 0009\r\n  INVITE\r\n"
	  "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\nRoute:\r\n <sip:services.example.com;lr>\r\n"
	  "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  "
	  "192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n\r\nx" },
	{ "comma row",
	  "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK0123456789abcdef;sx=fedcba9876543210 , "
	  "SIP/2.0/UDP a;oc-algo=\"loss,A\";branch=z9hG4bKx\r\n" FROM TO CALL_ID CSEQ LENGTH "\r\n" BODY },
};

static void whole_is_ok(void **state)
{
	const struct whole_row *row = *state;
	struct sip_case s;

	sip_open(&s, row->text, strlen(row->text));
	check_reason(&s, REASON_none);
	check_invariant(&s);
	check_int("end", s.m.end, strlen(row->text));
	sip_close(&s);
}

/* A5, A6, Q127: no prefix of a message is taken for a whole one. */
static void no_prefix_is_ok(void **state)
{
	const struct whole_row *row = *state;
	size_t n, len = strlen(row->text);
	struct sip_case s;

	for (n = 0; n < len; n++) {
		sip_open(&s, row->text, n);
		if (s.m.reason == REASON_none || s.m.beyond || sip_invariant_broken(&s.m, n))
			fail_msg("the first %zu of %zu octets", n, len);
		if (s.m.kind == SIP_KIND_RESPONSE && sip_check_response(&s.m) == REASON_none)
			fail_msg("response of the first %zu of %zu octets", n, len);
		sip_close(&s);
	}
}

/* O118: whatever one octet is changed to, the result holds together and does not depend on what was parsed before. */
static void any_octet_may_change(void **state)
{
	const struct whole_row *row = *state;
	size_t at, len = strlen(row->text);
	unsigned int octet, reason;
	struct sip_case s;

	sip_open(&s, row->text, len);
	for (at = 0; at < len; at++) {
		for (octet = 0; octet < 256; octet++) {
			s.g.data[at] = (unsigned char)octet;
			sip_again(&s, 0);
			reason = s.m.reason;
			sip_again(&s, 0xa5);
			if (sip_invariant_broken(&s.m, len) || s.m.beyond)
				fail_msg("octet %zu changed to 0x%02x: %s", at, octet, sip_invariant_broken(&s.m, len));
			if (s.m.reason != reason)
				fail_msg("octet %zu changed to 0x%02x: depends on the message before", at, octet);
		}
		s.g.data[at] = (unsigned char)row->text[at];
	}
	sip_close(&s);
}

/* The end is before the octets behind it, and they change nothing that is read. */
static void noise_is_not_read(void **state)
{
	static const char *const noise[] = { "x", "\r\n", "\r\nVia: SIP/2.0/UDP evil\r\n\r\n",
					     INVITE VIA FROM TO CALL_ID CSEQ };
	const struct whole_row *row = *state;
	size_t i, len = strlen(row->text);
	char text[4096];
	struct sip_case s, t;

	sip_open(&t, row->text, len);
	for (i = 0; i < TEST_COUNT(noise); i++) {
		snprintf(text, sizeof(text), "%s%s", row->text, noise[i]);
		sip_open(&s, text, strlen(text));
		check_reason(&s, REASON_none);
		check_int("end", s.m.end, len);
		check_int("rows", s.m.rows, t.m.rows);
		check_int("Vias", s.m.first[SIP_HDR_VIA], t.m.first[SIP_HDR_VIA]);
		sip_close(&s);
	}
	sip_close(&t);
}

static const struct blank_row {
	const char *name;
	struct sip_parts p;
	unsigned int reason;
	unsigned int response;
} blanks[] = {
	{ "5 ends at the first empty line", { .body = "\r\n\r\n" }, REASON_none, REASON_none },
	{ "5 no body and no length", { .length = "", .body = "" }, REASON_none, REASON_none },
	{ "6 no empty line", { .length = "", .blank = "", .body = "" }, REASON_no_header_end, REASON_no_header_end },
	{ "6 half an empty line", { .length = "", .blank = "\r", .body = "" }, REASON_bad_line, REASON_bad_line },
	{ "6 no empty line behind a row cut short",
	  { .length = "", .more = "Call-ID", .blank = "", .body = "" },
	  REASON_no_header_end,
	  REASON_no_header_end },
	{ "5 line of SP is no end",
	  { .length = "", .blank = " \r\n", .body = "" },
	  REASON_no_header_end,
	  REASON_no_header_end },
	{ "5 line of HTAB is no end",
	  { .length = "", .blank = "\t\r\n", .body = "" },
	  REASON_no_header_end,
	  REASON_no_header_end },
	{ "2 body longer than the datagram", { .body = "v=" }, REASON_bad_content_length, REASON_bad_content_length },
};

static void finds_end(void **state)
{
	const struct blank_row *row = *state;
	struct sip_parts p = row->p;
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->reason);
	check_int("code", sip_reason_code(s.m.reason), row->reason ? 400 : 0);
	sip_close(&s);
	p.start = RINGING;
	sip_open_parts(&s, &p);
	check_int("as a response", sip_check_response(&s.m), row->response);
	sip_close(&s);
}

/* A10: the largest datagram that UDP carries, full of one octet or of the octets that scans stop at. */
static void largest_datagram(void **state)
{
	static const char fill[] = "x\r\n \t\"\\<>,;:=@\0\xff";
	static char text[65507];
	struct sip_case s;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(fill) - 1; i++) {
		memset(text, fill[i], sizeof(text));
		sip_open(&s, text, sizeof(text));
		check_true("fault", s.m.reason != REASON_none && !sip_invariant_broken(&s.m, sizeof(text)));
		sip_close(&s);
		n = strlen(wholes[0].text) - 6;
		memcpy(text, wholes[0].text, n);
		sip_open(&s, text, sizeof(text));
		check_true("invariants", !sip_invariant_broken(&s.m, sizeof(text)));
		sip_close(&s);
		n = strlen(INVITE "Via: SIP/2.0/UDP a;x=");
		memcpy(text, INVITE "Via: SIP/2.0/UDP a;x=", n);
		sip_open(&s, text, sizeof(text));
		check_true("fault", s.m.reason != REASON_none && !sip_invariant_broken(&s.m, sizeof(text)));
		sip_close(&s);
	}
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "whole", whole_is_ok, wholes);
	test_add_rows(&tests, "5 6 127 every prefix", no_prefix_is_ok, wholes, TEST_COUNT(wholes), sizeof(wholes[0]));
	test_add_rows(&tests, "118 127 every octet", any_octet_may_change, wholes, TEST_COUNT(wholes),
		      sizeof(wholes[0]));
	test_add_rows(&tests, "1 noise", noise_is_not_read, wholes, TEST_COUNT(wholes), sizeof(wholes[0]));
	test_rows(&tests, "framing", finds_end, blanks);
	test_add(&tests, "10 largest datagram", largest_datagram, NULL);
	return test_run(&tests, "sip_parse_framing");
}
