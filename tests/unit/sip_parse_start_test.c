// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_parse_start_test.c - Request-Line, Status-Line and Request-URI (sip-rules B).
 */
#include "sip_text.h"

#define REQUEST(uri) "INVITE " uri " SIP/2.0\r\n"

static const struct line_row {
	const char *name;
	const char *start;
	unsigned int reason;
	unsigned int method;
	const char *method_name;
	const char *cseq;
} request_lines[] = {
	{ "INVITE", INVITE, REASON_none, SIP_METHOD_INVITE, "INVITE", NULL },
	{ "ACK", "ACK sip:b@c SIP/2.0\r\n", REASON_none, SIP_METHOD_ACK, "ACK", "CSeq: 1 ACK\r\n" },
	{ "BYE", "BYE sip:b@c SIP/2.0\r\n", REASON_none, SIP_METHOD_BYE, "BYE", "CSeq: 1 BYE\r\n" },
	{ "CANCEL", "CANCEL sip:b@c SIP/2.0\r\n", REASON_none, SIP_METHOD_CANCEL, "CANCEL", "CSeq: 1 CANCEL\r\n" },
	{ "REGISTER", "REGISTER sip:c SIP/2.0\r\n", REASON_none, SIP_METHOD_REGISTER, "REGISTER",
	  "CSeq: 1 REGISTER\r\n" },
	{ "OPTIONS", "OPTIONS sip:c SIP/2.0\r\n", REASON_none, SIP_METHOD_OPTIONS, "OPTIONS", "CSeq: 1 OPTIONS\r\n" },
	{ "17 unknown method", "SUBSCRIBE sip:b@c SIP/2.0\r\n", REASON_none, SIP_METHOD_OTHER, "SUBSCRIBE",
	  "CSeq: 1 SUBSCRIBE\r\n" },
	{ "17 full token alphabet", "!Odd0.-_*+`'~% sip:b@c SIP/2.0\r\n", REASON_none, SIP_METHOD_OTHER,
	  "!Odd0.-_*+`'~%", "CSeq: 1 !Odd0.-_*+`'~%\r\n" },
	{ "17 method in lower case is another", "invite sip:b@c SIP/2.0\r\n", REASON_none, SIP_METHOD_OTHER, "invite",
	  "CSeq: 1 invite\r\n" },
	{ "17 escaped method is another", "RE%47IST%45R sip:c SIP/2.0\r\n", REASON_none, SIP_METHOD_OTHER,
	  "RE%47IST%45R", "CSeq: 1 RE%47IST%45R\r\n" },
	{ "17 method that begins like another", "INVITED sip:c SIP/2.0\r\n", REASON_none, SIP_METHOD_OTHER, "INVITED",
	  "CSeq: 1 INVITED\r\n" },
	{ "17 REGISTER and more", "REGISTERS sip:c SIP/2.0\r\n", REASON_none, SIP_METHOD_OTHER, "REGISTERS",
	  "CSeq: 1 REGISTERS\r\n" },
	{ "16 version in lower case", "INVITE sip:b@c sip/2.0\r\n", REASON_none, SIP_METHOD_INVITE, "INVITE", NULL },
	{ "16 version in mixed case", "INVITE sip:b@c SiP/2.0\r\n", REASON_none, SIP_METHOD_INVITE, "INVITE", NULL },
	{ "16 version 7.0", "INVITE sip:b@c SIP/7.0\r\n", REASON_bad_version, SIP_METHOD_INVITE, "INVITE", NULL },
	{ "16 version 2.1", "INVITE sip:b@c SIP/2.1\r\n", REASON_bad_version, SIP_METHOD_INVITE, "INVITE", NULL },
	{ "16 not SIP at all", "GET /index.html HTTP/1.1\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "16 version without digits", "INVITE sip:b@c SIP/\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "16 no version", "INVITE sip:b@c\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "14 two SP after the method", "INVITE  sip:b@c SIP/2.0\r\n", REASON_bad_start_line, 0, NULL, NULL },
	{ "14 two SP before the version", "INVITE sip:b@c  SIP/2.0\r\n", REASON_bad_start_line, 0, NULL, NULL },
	{ "14 SP behind the version", "INVITE sip:b@c SIP/2.0 \r\n", REASON_bad_start_line, 0, NULL, NULL },
	{ "14 HTAB behind the version", "INVITE sip:b@c SIP/2.0\t\r\n", REASON_bad_start_line, 0, NULL, NULL },
	{ "14 SP in the Request-URI", "INVITE sip:b@c; lr SIP/2.0\r\n", REASON_bad_start_line, 0, NULL, NULL },
	{ "14 HTAB in the Request-URI", "INVITE sip:b@c;\tlr SIP/2.0\r\n", REASON_bad_start_line, 0, NULL, NULL },
	{ "14 HTAB after the method", "INVITE\tsip:b@c SIP/2.0\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "14 SP before the method", " INVITE sip:b@c SIP/2.0\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "27 fold in the Request-Line", "INVITE sip:b@c\r\n SIP/2.0\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "27 fold behind the Request-Line", "INVITE sip:b@c SIP/2.0\r\n Subject: x\r\n", REASON_bad_line, 0, NULL,
	  NULL },
	{ "27 HTAB behind the Request-Line", "INVITE sip:b@c SIP/2.0\r\n\tSubject: x\r\n", REASON_bad_line, 0, NULL,
	  NULL },
	{ "8 LF alone ends the line", "INVITE sip:b@c SIP/2.0\n", REASON_not_sip, 0, NULL, NULL },
	{ "8 CR alone ends the line", "INVITE sip:b@c SIP/2.0\r", REASON_not_sip, 0, NULL, NULL },
	{ "8 LF in the Request-URI", "INVITE sip:b@c\nd SIP/2.0\r\n", REASON_bad_uri, 0, NULL, NULL },
	{ "8 CR in the Request-URI", "INVITE sip:b@c\rVia:x SIP/2.0\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "9 NUL in the Request-URI", "INVITE sip:b" NUL "@c SIP/2.0\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "9 NUL in the method", "INV" NUL "ITE sip:b@c SIP/2.0\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "7 CRLF before the line", "\r\n" INVITE, REASON_none, SIP_METHOD_INVITE, "INVITE", NULL },
	{ "7 four CRLF before the line", "\r\n\r\n\r\n\r\n" INVITE, REASON_none, SIP_METHOD_INVITE, "INVITE", NULL },
	{ "7 LF before the line", "\n" INVITE, REASON_bad_cseq_method, 0, NULL, NULL },
	{ "12 nothing but CRLF", "\r\n\r\n\r\n", REASON_not_sip, 0, NULL, NULL },
	{ "12 hello", "hello", REASON_not_sip, 0, NULL, NULL },
};

static void parses_request_line(void **state)
{
	const struct line_row *row = *state;
	struct sip_parts p = { .start = row->start, .cseq = row->cseq };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->reason);
	check_int("kind", s.m.kind, SIP_KIND_REQUEST);
	check_invariant(&s);
	if (row->reason == REASON_none) {
		check_int("head", s.m.head, strspn(row->start, "\r\n"));
		check_int("line", s.m.line, strlen(row->start));
	}
	if (row->method_name) {
		check_int("method", s.m.method, row->method);
		check_span(&s, "method name", s.m.method_name, row->method_name);
	}
	sip_close(&s);
}

static const struct status_row {
	const char *name;
	const char *start;
	unsigned int reason;
	unsigned int status;
} status_lines[] = {
	{ "100", "SIP/2.0 100 Trying\r\n", REASON_none, 100 },
	{ "18 699", "SIP/2.0 699 Odd\r\n", REASON_none, 699 },
	{ "18 empty reason phrase", "SIP/2.0 100 \r\n", REASON_none, 100 },
	{ "18 UTF-8 reason phrase", "SIP/2.0 200 \xd0\x9f\xd1\x80\xd0\xbe\r\n", REASON_none, 200 },
	{ "16 version in lower case", "sip/2.0 200 OK\r\n", REASON_none, 200 },
	{ "7 CRLF before the line", "\r\n\r\nSIP/2.0 200 OK\r\n", REASON_none, 200 },
	{ "18 no SP behind the code", "SIP/2.0 100\r\n", REASON_bad_status, 0 },
	{ "18 status 099", "SIP/2.0 099 Odd\r\n", REASON_bad_status, 0 },
	{ "18 status 700", "SIP/2.0 700 Odd\r\n", REASON_bad_status, 0 },
	{ "18 four digits", "SIP/2.0 4294967301 better\r\n", REASON_bad_status, 0 },
	{ "18 two digits", "SIP/2.0 20 OK\r\n", REASON_bad_status, 0 },
	{ "18 signed", "SIP/2.0 -20 OK\r\n", REASON_bad_status, 0 },
	{ "14 two SP before the code", "SIP/2.0  200 OK\r\n", REASON_bad_status, 0 },
	{ "16 version 3.0", "SIP/3.0 200 OK\r\n", REASON_bad_version, 0 },
	{ "16 version 2.00", "SIP/2.00 200 OK\r\n", REASON_bad_version, 0 },
	{ "8 LF in the reason phrase", "SIP/2.0 200 O\nK\r\n", REASON_bad_start_line, 0 },
	{ "8 CR in the reason phrase", "SIP/2.0 200 O\rK\r\n", REASON_bad_start_line, 0 },
	{ "9 NUL in the reason phrase", "SIP/2.0 200 O" NUL "K\r\n", REASON_bad_start_line, 0 },
	{ "27 fold behind the Status-Line", "SIP/2.0 200 OK\r\n Subject: x\r\n", REASON_bad_line, 0 },
};

static void parses_status_line(void **state)
{
	const struct status_row *row = *state;
	struct sip_parts p = { .start = row->start };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->reason);
	check_int("kind", s.m.kind, SIP_KIND_RESPONSE);
	check_invariant(&s);
	if (row->reason == REASON_none) {
		check_int("status", s.m.status, row->status);
		check_int("method of the CSeq", s.m.method, SIP_METHOD_INVITE);
	}
	sip_close(&s);
}

static const struct uri_row {
	const char *name;
	const char *start;
	unsigned int reason;
	unsigned int scheme;
	const char *user;
	const char *host;
	unsigned int port;
	unsigned int is_ip6;
} uris[] = {
	{ "user and host", REQUEST("sip:bob@example.com"), REASON_none, SIP_SCHEME_SIP, "bob", "example.com", 0, 0 },
	{ "host alone", REQUEST("sip:example.com"), REASON_none, SIP_SCHEME_SIP, NULL, "example.com", 0, 0 },
	{ "port", REQUEST("sip:bob@192.0.2.4:5070"), REASON_none, SIP_SCHEME_SIP, "bob", "192.0.2.4", 5070, 0 },
	{ "parameters", REQUEST("sip:bob@c:5070;transport=udp;lr"), REASON_none, SIP_SCHEME_SIP, "bob", "c", 5070, 0 },
	{ "sips", REQUEST("sips:bob@c"), REASON_none, SIP_SCHEME_SIPS, "bob", "c", 0, 0 },
	{ "scheme in upper case", REQUEST("SIP:bob@c"), REASON_none, SIP_SCHEME_SIP, "bob", "c", 0, 0 },
	{ "19 tel", REQUEST("tel:+1-201-555-0123;phone-context=x"), REASON_none, SIP_SCHEME_TEL, "+1-201-555-0123",
	  NULL, 0, 0 },
	{ "19 unknown scheme", REQUEST("nobodyKnowsThisScheme:totallyopaquecontent"), REASON_bad_uri_scheme,
	  SIP_SCHEME_OTHER, NULL, NULL, 0, 0 },
	{ "19 known scheme that is not SIP", REQUEST("soap.beep://192.0.2.103:3002"), REASON_bad_uri_scheme,
	  SIP_SCHEME_OTHER, NULL, NULL, 0, 0 },
	{ "19 sip without a colon", REQUEST("sipx"), REASON_bad_uri_scheme, SIP_SCHEME_OTHER, NULL, NULL, 0, 0 },
	{ "21 semicolon in the user part", REQUEST("sip:user;par=u%40example.net@example.com"), REASON_none,
	  SIP_SCHEME_SIP, "user;par=u%40example.net", "example.com", 0, 0 },
	{ "21 question mark in the user part", REQUEST("sip:a?b=c&d@example.com"), REASON_none, SIP_SCHEME_SIP,
	  "a?b=c&d", "example.com", 0, 0 },
	{ "21 slash, plus and dollar in the user part", REQUEST("sip:/+$,=@example.com"), REASON_none, SIP_SCHEME_SIP,
	  "/+$,=", "example.com", 0, 0 },
	{ "21 colon in the user part", REQUEST("sip:bob:secret@example.com"), REASON_none, SIP_SCHEME_SIP, "bob:secret",
	  "example.com", 0, 0 },
	{ "21 escapes stay", REQUEST("sip:sips%3Auser%40example.com@example.net"), REASON_none, SIP_SCHEME_SIP,
	  "sips%3Auser%40example.com", "example.net", 0, 0 },
	{ "21 escaped NUL", REQUEST("sip:null-%00-null@example.com"), REASON_none, SIP_SCHEME_SIP, "null-%00-null",
	  "example.com", 0, 0 },
	{ "22 IPv6", REQUEST("sip:bob@[2001:db8::10]"), REASON_none, SIP_SCHEME_SIP, "bob", "2001:db8::10", 0, 1 },
	{ "22 IPv6 and port", REQUEST("sip:[2001:db8::10]:5070"), REASON_none, SIP_SCHEME_SIP, NULL, "2001:db8::10",
	  5070, 1 },
	{ "22 what looks like a port is in the address", REQUEST("sip:[2001:db8::10:5070]"), REASON_none,
	  SIP_SCHEME_SIP, NULL, "2001:db8::10:5070", 0, 1 },
	{ "22 three colons", REQUEST("sip:bob@[2001:db8:::192.0.2.1]"), REASON_none, SIP_SCHEME_SIP, "bob",
	  "2001:db8:::192.0.2.1", 0, 1 },
	{ "22 IPv6 without brackets", REQUEST("sip:2001:db8::10"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "22 bracket not closed", REQUEST("sip:[2001:db8::10"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "22 text behind the bracket", REQUEST("sip:[2001:db8::10]x"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "15 angle brackets", REQUEST("<sip:bob@example.com>"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "15 angle bracket at the end", REQUEST("sip:bob@example.com>"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "15 quote", REQUEST("sip:\"bob\"@example.com"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "20 headers", REQUEST("sip:bob@example.com?Route=%3Csip:evil%3E"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "20 headers behind parameters", REQUEST("sip:bob@example.com;lr?Route=x"), REASON_bad_uri, 0, NULL, NULL, 0,
	  0 },
	{ "21 empty user part", REQUEST("sip:@example.com"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "21 empty host", REQUEST("sip:bob@"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "21 nothing behind the scheme", REQUEST("sip:"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "19 tel without a number", REQUEST("tel:"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "21 port without digits", REQUEST("sip:bob@c:"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "21 port with a letter", REQUEST("sip:bob@c:50a"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "21 port 65536", REQUEST("sip:bob@c:65536"), REASON_bad_uri, 0, NULL, NULL, 0, 0 },
	{ "21 port with zeros", REQUEST("sip:bob@c:0005060"), REASON_none, SIP_SCHEME_SIP, "bob", "c", 5060, 0 },
};

static void parses_request_uri(void **state)
{
	const struct uri_row *row = *state;
	struct sip_parts p = { .start = row->start };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->reason);
	if (row->scheme)
		check_int("scheme", s.m.uri.scheme, row->scheme);
	if (row->reason == REASON_none) {
		check_span(&s, "user", s.m.uri.user, row->user);
		check_span(&s, "host", s.m.uri.host, row->host);
		check_int("port", s.m.uri.port, row->port);
		check_int("has port", s.m.uri.has_port, row->port != 0);
		check_int("is IPv6", s.m.uri.is_ip6, row->is_ip6);
	}
	sip_close(&s);
}

/* B23: a Request-URI of any length that a datagram holds is parsed, never cut. */
static void parses_long_request_uri(void **state)
{
	static char start[60100];
	struct sip_parts p = { .start = start };
	struct sip_case s;

	(void)state;
	strcpy(start, "INVITE sip:");
	memset(start + strlen(start), 'u', 60000);
	strcat(start, "@example.com SIP/2.0\r\n");
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_int("user", s.m.uri.user.len, 60000);
	check_span(&s, "host", s.m.uri.host, "example.com");
	sip_close(&s);
}

/* E47, E52: an unknown scheme does not hide a fault of the rows; nothing may be picked by a Call-ID that is not there. */
static void scheme_comes_after_syntax(void **state)
{
	struct sip_parts p = { .start = REQUEST("foo:bar"), .call_id = "" };
	struct sip_case s;

	(void)state;
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_bad_call_id);
	check_int("nat mode", sip_check_request(&s.m, DS_MODE_NAT), REASON_bad_call_id);
	sip_close(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "request line", parses_request_line, request_lines);
	test_rows(&tests, "status line", parses_status_line, status_lines);
	test_rows(&tests, "Request-URI", parses_request_uri, uris);
	test_add(&tests, "Request-URI: 23 of 60,000 octets", parses_long_request_uri, NULL);
	test_add(&tests, "Request-URI: 19 fault of the rows first", scheme_comes_after_syntax, NULL);
	return test_run(&tests, "sip_parse_start");
}
