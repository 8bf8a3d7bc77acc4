// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_parse_addr_test.c - From, To and Call-ID (sip-rules C30 to C32, D40, D41).
 */
#include "sip_text.h"

static const struct addr_row {
	const char *name;
	const char *value; /* what stands behind the name and the colon, without CRLF */
	const char *uri;   /* NULL: malformed */
	const char *tag;
	const char *end; /* what stands behind the place where a tag is appended */
} addrs[] = {
	{ "brackets", "<sip:a@b>", "sip:a@b", NULL, "" },
	{ "brackets and tag", "<sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "display name", "Alice Smith <sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "quoted display name", "\"Alice\" <sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "32 display name touches <", "\"Alice\"<sip:a@b>", "sip:a@b", NULL, "" },
	{ "32 token touches <", "caller<sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "32 parameter inside brackets is the URI's", "<sip:a@b;tag=x>", "sip:a@b;tag=x", NULL, "" },
	{ "32 parameter without brackets is the header's", "sip:a@b;tag=x", "sip:a@b", "x", "" },
	{ "32 both", "<sip:a@b;tag=x>;tag=y", "sip:a@b;tag=x", "y", "" },
	{ "32 addr-spec", "sip:a@b", "sip:a@b", NULL, "" },
	{ "32 addr-spec with blanks", "   sip:a@b \t ;tag=1  ", "sip:a@b", "1", "  " },
	{ "27 folded everywhere", "\r\n <sip:a@b>\r\n ;\r\n tag\r\n =\r\n 1\r\n ", "sip:a@b", "1", "\r\n " },
	{ "26 no blank behind the colon", "sip:a@b", "sip:a@b", NULL, "" },
	{ "31 < in a display name", "\"a <sip:x@y>;tag=2\" <sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "31 escaped quote", "\"a \\\" <sip:x@y>;tag=2\" <sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "31 escaped backslash ends no escape", "\"a \\\\\" <sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "31 escape at every place of a word", "\"1\\\"34\\\"678\\\"0123\\\"567\" <sip:a@b>;tag=1", "sip:a@b", "1",
	  "" },
	{ "31 comma, @ and semicolon quoted", "\"a, b@c; d\" <sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "31 empty quotes", "\"\" <sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "30 comma inside brackets", "<sip:a,b@c>;tag=1", "sip:a,b@c", "1", "" },
	{ "33 TAG", "<sip:a@b>;TAG=1", "sip:a@b", "1", "" },
	{ "33 tag among others", "<sip:a@b>;x;tagx=3;y=\"tag=4;\";tag=1;z=2", "sip:a@b", "1", "" },
	{ "33 parameter without a value", "<sip:a@b>;x", "sip:a@b", NULL, "" },
	{ "41 tel", "<tel:+12015550123>;tag=1", "tel:+12015550123", "1", "" },
	{ "41 odd schemes", "isbn:2983792873", "isbn:2983792873", NULL, "" },
	{ "41 http", "<http://www.example.com>;tag=1", "http://www.example.com", "1", "" },
	{ "41 IPv6", "<sip:a@[2001:db8::1]:5060>;tag=1", "sip:a@[2001:db8::1]:5060", "1", "" },
	{ "41 long tag", "<sip:a@b>;tag=0123456789012345678901234567890123456789", "sip:a@b",
	  "0123456789012345678901234567890123456789", "" },
	{ "41 comma in a bare display name", "Bell, Alexander <sip:a@b>;tag=1", "sip:a@b", "1", "" },
	{ "31 quote not closed", "\"Mr. J. User <sip:a@b>", NULL, NULL, NULL },
	{ "31 quote closed by an escaped one alone", "\"a\\\" <sip:a@b>", NULL, NULL, NULL },
	{ "31 escape at the end", "\"a\\", NULL, NULL, NULL },
	{ "41 quote in front of an addr-spec", "\"a\" sip:a@b", NULL, NULL, NULL },
	{ "41 bracket not closed", "<sip:a@b;tag=1", NULL, NULL, NULL },
	{ "41 empty brackets", "<>;tag=1", NULL, NULL, NULL },
	{ "41 empty", "", NULL, NULL, NULL },
	{ "41 blanks", " \t ", NULL, NULL, NULL },
	{ "41 bracket in brackets", "<sip:<a@b>;tag=1", NULL, NULL, NULL },
	{ "41 text behind brackets", "<sip:a@b> x;tag=1", NULL, NULL, NULL },
	{ "41 two values", "<sip:a@b>, <sip:c@d>", NULL, NULL, NULL },
	{ "41 two values, one with a tag", "<sip:a@b>;tag=1, <sip:c@d>", NULL, NULL, NULL },
	{ "30 comma in a bare addr-spec", "sip:a,b@c;tag=1", NULL, NULL, NULL },
	{ "33 tag twice", "<sip:a@b>;tag=1;tag=2", NULL, NULL, NULL },
	{ "33 tag twice in other case", "<sip:a@b>;tag=1;Tag=1", NULL, NULL, NULL },
	{ "33 tag without a value", "<sip:a@b>;tag", NULL, NULL, NULL },
	{ "33 tag empty", "<sip:a@b>;tag=", NULL, NULL, NULL },
	{ "33 empty parameter", "<sip:a@b>;;tag=1", NULL, NULL, NULL },
	{ "33 semicolon at the end", "<sip:a@b>;", NULL, NULL, NULL },
	{ "41 parameter alone", ";tag=1", NULL, NULL, NULL },
};

static void check_addr(const struct sip_case *s, const struct sip_addr *a, unsigned int hdr, const struct addr_row *row)
{
	const struct sip_row *at = sip_first_row(&s->m, hdr);

	check_span(s, "URI", a->uri, row->uri);
	check_span(s, "tag", a->tag, row->tag);
	check_mem("behind the end", s->g.data + a->end, at->end - a->end, row->end, strlen(row->end));
}

static void parses_from(void **state)
{
	const struct addr_row *row = *state;
	struct sip_parts p = { 0 };
	char text[256];
	struct sip_case s;

	snprintf(text, sizeof(text), "From:%s\r\n", row->value);
	p.from = text;
	sip_open_parts(&s, &p);
	check_reason(&s, row->uri ? REASON_none : REASON_bad_from);
	check_invariant(&s);
	if (row->uri)
		check_addr(&s, &s.m.from, SIP_HDR_FROM, row);
	sip_close(&s);
}

static void parses_to(void **state)
{
	const struct addr_row *row = *state;
	struct sip_parts p = { .start = RINGING };
	char text[256];
	struct sip_case s;

	snprintf(text, sizeof(text), "t :%s\r\n", row->value);
	p.to = text;
	sip_open_parts(&s, &p);
	check_reason(&s, row->uri ? REASON_none : REASON_bad_to);
	check_int("as a response", sip_check_response(&s.m), REASON_none);
	check_invariant(&s);
	if (row->uri)
		check_addr(&s, &s.m.to, SIP_HDR_TO, row);
	sip_close(&s);
}

static const struct call_id_row {
	const char *name;
	const char *row;
	const char *call_id; /* NULL: malformed */
} call_ids[] = {
	{ "word", "Call-ID: x\r\n", "x" },
	{ "word@word", "Call-ID: f81d4fae-7dec@foo.bar.com\r\n", "f81d4fae-7dec@foo.bar.com" },
	{ "40 compact", "i:x\r\n", "x" },
	{ "40 folded", "CALL-ID  :\r\n x\r\n", "x" },
	{ "40 blanks at both ends", "Call-ID: \t  x@y \t \r\n", "x@y" },
	{ "40 folded behind", "Call-ID: x\r\n \r\n", "x" },
	{ "40 case is kept", "Call-ID: aBc@EXAMPLE\r\n", "aBc@EXAMPLE" },
	{ "40 quotes and brackets are octets", "Call-ID: (<>:\\\"/[]?{})@<>\r\n", "(<>:\\\"/[]?{})@<>" },
	{ "40 odd token characters", "Call-ID: -.!%*_+`'~\r\n", "-.!%*_+`'~" },
	{ "40 semicolon", "Call-ID: a;b=c\r\n", "a;b=c" },
	{ "40 empty", "Call-ID:\r\n", NULL },
	{ "40 blanks alone", "Call-ID: \t \r\n", NULL },
	{ "40 folded and empty", "Call-ID:\r\n \r\n", NULL },
	{ "40 two words", "Call-ID: a b\r\n", NULL },
	{ "40 two words by HTAB", "Call-ID: a\tb\r\n", NULL },
	{ "40 two words, folded", "Call-ID: a\r\n b\r\n", NULL },
	{ "40 two values", "Call-ID: a,b\r\n", NULL },
};

static void parses_call_id(void **state)
{
	const struct call_id_row *row = *state;
	struct sip_parts p = { .call_id = row->row };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->call_id ? REASON_none : REASON_bad_call_id);
	if (row->call_id)
		check_span(&s, "Call-ID", s.m.call_id, row->call_id);
	sip_close(&s);
}

/* D40: of any length that a datagram holds, and with the page behind the buffer right behind its last octet. */
static void parses_long_call_id(void **state)
{
	static char text[60100];
	struct sip_parts p = { .call_id = text };
	struct sip_case s;

	(void)state;
	strcpy(text, "Call-ID: ");
	memset(text + 9, 'c', 60000);
	strcat(text, "\r\n");
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_int("Call-ID", s.m.call_id.len, 60000);
	sip_close(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "From", parses_from, addrs);
	test_add_rows(&tests, "To", parses_to, addrs, TEST_COUNT(addrs), sizeof(addrs[0]));
	test_rows(&tests, "Call-ID", parses_call_id, call_ids);
	test_add(&tests, "Call-ID: 40 of 60,000 octets", parses_long_call_id, NULL);
	return test_run(&tests, "sip_parse_addr");
}
