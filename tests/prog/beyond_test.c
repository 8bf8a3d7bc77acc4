// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * beyond_test.c - good messages whose spelling is beyond the fast path's bounds: for the slow path, never refused and
 * never guessed at (DESIGN.md section 3). User space reads each of them without a fault, which is tested here too.
 */
#include "test.h"

#include "prog.h"
#include "sip_check.h"

#define START "INVITE sip:bob@example.com SIP/2.0\r\n"
#define VIA "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\n"
#define FROM "From: <sip:alice@example.com>;tag=a1\r\n"
#define TO "To: <sip:bob@example.com>\r\n"
#define CALL_ID "Call-ID: c1\r\n"
#define CSEQ "CSeq: 1 INVITE\r\n"
#define HOPS "Max-Forwards: 70\r\n"
#define LENGTH "Content-Length: 0\r\n"

/* The part that is not the usual one, in which each octet 1 stands for `n` times `fill`. */
static const struct beyond_row {
	const char *name;
	const char *part[9];
	const char *fill;
	unsigned int n;
} rows[] = {
	{ "line ends before the start line", { "\1" START }, "\r\n", 9 },
	{ "many line ends before the start line", { "\1" START }, "\r\n", 300 },
	{ "Request-URI", { "INVITE sip:\1@example.com SIP/2.0\r\n" }, "b", 500 },
	{ "parameters of the Request-URI", { "INVITE sip:bob@example.com\1 SIP/2.0\r\n" }, ";a=b", 100 },
	{ "zeros of CSeq",
	  { [5] = "CSeq: \1"
		  "1 INVITE\r\n" },
	  "0",
	  30 },
	{ "blanks before the number of CSeq",
	  { [5] = "CSeq:\1"
		  "1 INVITE\r\n" },
	  " ",
	  300 },
	{ "blanks behind the number of CSeq", { [5] = "CSeq: 1\1INVITE\r\n" }, " ", 300 },
	{ "blanks behind CSeq", { [5] = "CSeq: 1 INVITE\1\r\n" }, " ", 300 },
	{ "zeros of Max-Forwards",
	  { [6] = "Max-Forwards: \1"
		  "70\r\n" },
	  "0",
	  30 },
	{ "blanks before Max-Forwards",
	  { [6] = "Max-Forwards: \1"
		  "70\r\n" },
	  " ",
	  300 },
	{ "blanks behind Max-Forwards", { [6] = "Max-Forwards: 70\1\r\n" }, " ", 300 },
	{ "zeros of Content-Length", { [7] = "Content-Length: \1\r\n" }, "0", 30 },
	{ "blanks before Content-Length",
	  { [7] = "Content-Length: \1"
		  "0\r\n" },
	  " ",
	  300 },
	{ "blanks before a colon", { [4] = "Call-ID\1: c1\r\n" }, " ", 50 },
	{ "blanks before Call-ID", { [4] = "Call-ID:\1c1\r\n" }, " ", 300 },
	{ "blanks behind Call-ID", { [4] = "Call-ID: c1\1\r\n" }, " ", 300 },
	{ "Call-ID", { [4] = "Call-ID: \1\r\n" }, "c", 600 },
	{ "zeros of a Via's port",
	  { [1] = "Via: SIP/2.0/UDP h:\1"
		  "5060;branch=z9hG4bKx1;rport\r\n" },
	  "0",
	  30 },
	{ "zeros of rport",
	  { [1] = "Via: SIP/2.0/UDP h;branch=z9hG4bKx1;rport=\1"
		  "1\r\n" },
	  "0",
	  30 },
	{ "blanks before a Via", { [1] = "Via:\1SIP/2.0/UDP h;branch=z9hG4bKx1\r\n" }, " ", 300 },
	{ "blanks before a Via's slash", { [1] = "Via: SIP\1/2.0/UDP h;branch=z9hG4bKx1\r\n" }, " ", 300 },
	{ "blanks behind a Via's slash",
	  { [1] = "Via: SIP/\1"
		  "2.0/UDP h;branch=z9hG4bKx1\r\n" },
	  " ",
	  300 },
	{ "blanks before a Via's second slash", { [1] = "Via: SIP/2.0\1/UDP h;branch=z9hG4bKx1\r\n" }, " ", 300 },
	{ "blanks behind a Via's second slash", { [1] = "Via: SIP/2.0/\1UDP h;branch=z9hG4bKx1\r\n" }, " ", 300 },
	{ "blanks before a Via's host", { [1] = "Via: SIP/2.0/UDP\1h;branch=z9hG4bKx1\r\n" }, " ", 300 },
	{ "blanks before a Via's colon", { [1] = "Via: SIP/2.0/UDP h\1:5060;branch=z9hG4bKx1\r\n" }, " ", 300 },
	{ "blanks behind a Via's colon",
	  { [1] = "Via: SIP/2.0/UDP h:\1"
		  "5060;branch=z9hG4bKx1\r\n" },
	  " ",
	  300 },
	{ "blanks before a Via's parameter", { [1] = "Via: SIP/2.0/UDP h\1;branch=z9hG4bKx1\r\n" }, " ", 300 },
	{ "blanks before a Via's equals sign", { [1] = "Via: SIP/2.0/UDP h;branch\1=z9hG4bKx1\r\n" }, " ", 300 },
	{ "blanks behind a Via's equals sign", { [1] = "Via: SIP/2.0/UDP h;branch=\1z9hG4bKx1\r\n" }, " ", 300 },
	{ "a Via's host", { [1] = "Via: SIP/2.0/UDP \1;branch=z9hG4bKx1\r\n" }, "h", 500 },
	{ "a Via's branch", { [1] = "Via: SIP/2.0/UDP h;branch=z9hG4bK\1\r\n" }, "x", 500 },
	{ "a Via's parameters", { [1] = "Via: SIP/2.0/UDP h\1;branch=z9hG4bKx1\r\n" }, ";a=b", 50 },
	{ "a Via's quoted parameter", { [1] = "Via: SIP/2.0/UDP h;a=\"\1\";branch=z9hG4bKx1\r\n" }, "x", 500 },
	{ "a Via's transport", { [1] = "Via: SIP/2.0/\1 h;branch=z9hG4bKx1\r\n" }, "X", 500 },
	{ "Via rows", { [1] = VIA "\1" }, "v: SIP/2.0/UDP h\r\n", 40 },
	{ "display name of From", { [2] = "From: \"\1\" <sip:a@b>;tag=a1\r\n" }, "x", 500 },
	{ "escapes in the display name of From", { [2] = "From: \"\1\" <sip:a@b>;tag=a1\r\n" }, "\\x", 80 },
	{ "bare display name of From", { [2] = "From: \1 <sip:a@b>;tag=a1\r\n" }, "x", 500 },
	{ "bare display name of From with a comma", { [2] = "From: a, \1 <sip:a@b>;tag=a1\r\n" }, "x", 500 },
	{ "blanks before From", { [2] = "From:\1<sip:a@b>;tag=a1\r\n" }, " ", 300 },
	{ "blanks behind From", { [2] = "From: <sip:a@b>;tag=a1\1\r\n" }, " ", 300 },
	{ "blanks before the < of From", { [2] = "From: \"a\"\1<sip:a@b>;tag=a1\r\n" }, " ", 300 },
	{ "blanks behind the > of From", { [2] = "From: <sip:a@b>\1;tag=a1\r\n" }, " ", 300 },
	{ "URI of From", { [2] = "From: <sip:\1@b>;tag=a1\r\n" }, "a", 500 },
	{ "bare URI of From", { [2] = "From: sip:\1@b;tag=a1\r\n" }, "a", 500 },
	{ "parameters of From", { [2] = "From: <sip:a@b>\1;tag=a1\r\n" }, ";a=b", 50 },
	{ "tag of From", { [2] = "From: <sip:a@b>;tag=\1\r\n" }, "a", 500 },
	{ "display name of To", { [3] = "To: \"\1\" <sip:a@b>;tag=a1\r\n" }, "x", 500 },
	{ "display name of a Route", { [8] = "Route: \"\1\" <sip:h;lr>\r\n" }, "x", 500 },
	{ "escapes in the display name of a Route", { [8] = "Route: \"\1\" <sip:h;lr>\r\n" }, "\\x", 80 },
	{ "URI of a Route", { [8] = "Route: <sip:\1@h;lr>\r\n" }, "x", 500 },
	{ "parameters of a Route's URI", { [8] = "Route: <sip:h\1;lr>\r\n" }, ";a=b", 100 },
	{ "parameters of a Route", { [8] = "Route: <sip:h;lr>\1\r\n" }, ";a=b", 100 },
	{ "Route rows", { [8] = "\1" }, "Route: <sip:h;lr>\r\n", 40 },
	{ "a row that is not read", { [8] = "Subject: \1\r\n" }, "x", 3000 },
};

static const char *const usual[] = { START, VIA, FROM, TO, CALL_ID, CSEQ, HOPS, LENGTH, "" };

static size_t build(char *text, const struct beyond_row *row, int is_ip6)
{
	static char plain[PROG_TEXT_MAX];
	size_t i, n = 0;
	unsigned int k;
	const char *p;

	for (i = 0; i < TEST_COUNT(usual); i++) {
		for (p = row->part[i] ? row->part[i] : usual[i]; *p; p++) {
			for (k = 0; *p == 1 && k < row->n; k++)
				n += (size_t)snprintf(plain + n, sizeof(plain) - n, "%s", row->fill);
			if (*p != 1)
				plain[n++] = *p;
		}
	}
	memcpy(plain + n, "\r\n", 3);
	return prog_text(text, plain, is_ip6);
}

/* Sent on where the bounds suffice after all, else for the slow path. */
static void is_not_refused(void **state)
{
	static char text[PROG_TEXT_MAX];
	const struct beyond_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
		p = prog_from_client(i);
		p.payload = text;
		p.len = build(text, row, i);
		prog_packet(&r, PROG_IN, &p);
		if (strcmp(r.verdict, "forward"))
			prog_check(&r, XDP_DROP, "needs_slow_path", p.len > 1400 ? "slow_mtu" : "slow_too_long");
	}
}

/* The same core with the bounds of user space finds no fault. */
static void is_good(void **state)
{
	static char text[PROG_TEXT_MAX];
	static struct sip_msg m;
	const struct beyond_row *row = *state;
	size_t len = build(text, row, 0);
	struct sip_ctx c = { (const __u8 *)text, (const __u8 *)text + len };
	struct sip_buf b = sip_buf(&c);

	sip_parse(&b, &m, 0);
	check_int("beyond", m.beyond, 0);
	check_int("fault", sip_check_request(&m, DS_MODE_PROXY), REASON_none);
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "not refused", is_not_refused, rows);
	test_add_rows(&tests, "good in user space", is_good, rows, TEST_COUNT(rows), sizeof(rows[0]));
	failed = test_run(&tests, "beyond");
	prog_close();
	return failed;
}
