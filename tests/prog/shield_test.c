// SPDX-License-Identifier: GPL-2.0-or-later
/* shield_test.c - what is sound reaches the server on this very host as it came; what is malformed does not. */
#include "test.h"

#include "prog.h"

#define ROWS \
	"Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: s1\r\n"
#define INVITE "INVITE sip:b@example.com SIP/2.0\r\n"

static void scene(void)
{
	prog_scene(DS_MODE_SHIELD, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	prog.listeners[PROG_L4].half[0].set = prog.listeners[PROG_L6].half[0].set = 0;
}

struct row {
	const char *name;
	const char *message;
	__u32 action;
	const char *reason;
};

#define PASS XDP_PASS, "shielded"

static const struct row rows[] = {
	{ "INVITE", INVITE ROWS "CSeq: 1 INVITE\r\n\r\n", PASS },
	{ "ACK", "ACK sip:b@example.com SIP/2.0\r\n" ROWS "CSeq: 1 ACK\r\n\r\n", PASS },
	{ "unknown method", "HELLO sip:b@example.com SIP/2.0\r\n" ROWS "CSeq: 1 HELLO\r\n\r\n", PASS },
	{ "no hops left", INVITE ROWS "Max-Forwards: 0\r\nCSeq: 1 INVITE\r\n\r\n", PASS },
	{ "extensions", INVITE ROWS "Proxy-Require: x\r\nCSeq: 1 INVITE\r\n\r\n", PASS },
	{ "scheme", "INVITE urn:service:sos SIP/2.0\r\n" ROWS "CSeq: 1 INVITE\r\n\r\n", PASS },
	{ "response", "SIP/2.0 200 OK\r\n" ROWS "CSeq: 1 INVITE\r\n\r\n", PASS },
	{ "two Call-IDs", INVITE ROWS "Call-ID: s2\r\nCSeq: 1 INVITE\r\n\r\n", XDP_DROP, "bad_call_id" },
	{ "no From", INVITE "Via: SIP/2.0/UDP %C\r\nTo: <sip:b@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n", XDP_DROP,
	  "bad_from" },
	{ "another method in CSeq", INVITE ROWS "CSeq: 1 BYE\r\n\r\n", XDP_DROP, "bad_cseq_method" },
	{ "no end", INVITE ROWS "CSeq: 1 INVITE\r\n", XDP_DROP, "no_header_end" },
	{ "a body that is cut off", INVITE ROWS "CSeq: 1 INVITE\r\nContent-Length: 9\r\n\r\nx", XDP_DROP,
	  "bad_content_length" },
	{ "version", "INVITE sip:b@example.com SIP/3.0\r\n" ROWS "CSeq: 1 INVITE\r\n\r\n", XDP_DROP, "bad_version" },
	{ "status", "SIP/2.0 999 No\r\n" ROWS "CSeq: 1 INVITE\r\n\r\n", XDP_DROP, "bad_status" },
	{ "HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", XDP_DROP, "not_sip" },
	{ "text", "hello", XDP_DROP, "not_sip" },
	{ "CRLF CRLF", "\r\n\r\n", XDP_DROP, "keepalive" },
	{ "STUN", "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", XDP_DROP, "stun" },
	{ "octets", "\xff\xfe\x80\x81\x82\x83\x84\x85\x86", XDP_DROP, "not_sip" },
};

static void message(void **state)
{
	static char text[PROG_TEXT_MAX];
	const struct row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 12; i++) {
		scene();
		p = prog_from_client(i & 1);
		p.len = prog_text(text, row->message, i & 1);
		p.payload = text;
		p.tags = (unsigned int)i / 2 % 3;
		p.vlan[0] = 100;
		p.vlan[1] = 200;
		p.sum = i < 6 ? PKT_SUM_VALID : PKT_SUM_PARTIAL;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, row->action, row->action == XDP_PASS ? "pass" : "drop", row->reason);
		prog_check_untouched(&r, &p);
	}
}

/* Keepalives and STUN are the server's where the listener says so; what is no SIP at all never is. */
static void keepalives(void **state)
{
	static const struct row passed[] = {
		{ "CRLF CRLF", "\r\n\r\n", XDP_PASS, "keepalive" },
		{ "STUN", "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", XDP_PASS, "stun" },
		{ "octets", "\xff\xfe\x80\x81\x82\x83\x84\x85\x86", XDP_DROP, "not_sip" },
	};
	struct prog_run r;
	struct pkt p;
	size_t k;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (k = 0; k < TEST_COUNT(passed); k++) {
			scene();
			prog.listeners[i].half[0].guard.keepalives = 1;
			p = prog_from_client(i);
			p.payload = passed[k].message;
			p.len = strlen(passed[k].message);
			prog_packet(&r, PROG_IN, &p);
			prog_check(&r, passed[k].action, passed[k].action == XDP_PASS ? "pass" : "drop",
				   passed[k].reason);
			prog_check_untouched(&r, &p);
		}
	}
}

/* What we cannot look at is the server's: the kernel puts it together and hands it over. */
static void beyond(void **state)
{
	static char text[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt p;
	size_t n;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene();
		p = prog_from_client(i);
		p.len = prog_text(text, INVITE ROWS "CSeq: 1 INVITE\r\n\r\n", i);
		p.payload = text;
		p.frag = i ? 1 : 0x2000;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_PASS, "pass", "slow_fragment");
		p.frag = 0;
		p.ext = i ? 60 : 1;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_PASS, "pass", "slow_ip_options");
		p.ext = 0;
		/* a value longer than the fast path reads */
		n = prog_text(text, INVITE "Via: SIP/2.0/UDP %C;branch=", i);
		memset(text + n, 'x', 600);
		n += 600;
		n += prog_text(text + n, "\r\n" ROWS "CSeq: 1 INVITE\r\n\r\n", i);
		p.len = n;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_PASS, "pass", "slow_too_long");
		prog_check_untouched(&r, &p);
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "message", message, rows);
	test_add(&tests, "keepalives by policy", keepalives, NULL);
	test_add(&tests, "beyond the fast path", beyond, NULL);
	failed = test_run(&tests, "shield");
	prog_close();
	return failed;
}
