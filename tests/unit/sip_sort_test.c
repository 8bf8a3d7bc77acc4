// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_sort_test.c - a datagram sorted by its first octets: keepalives, STUN, SigComp, SIP (sip-rules A11, A12, J86).
 */
#include "sip_text.h"

#include "sip_sort.h"

static const struct sort_row {
	const char *name;
	const char *text;
	size_t len;
	int reason;
} rows[] = {
	{ "12 nothing", "", 0, REASON_keepalive },
	{ "12 CRLF", "\r\n", 2, REASON_keepalive },
	{ "86 CRLFCRLF", "\r\n\r\n", 4, REASON_keepalive },
	{ "12 one NUL", "\0", 1, REASON_keepalive },
	{ "12 four NULs", "\0\0\0\0", 4, REASON_keepalive },
	{ "12 eight NULs", "\0\0\0\0\0\0\0\0", 8, REASON_keepalive },
	{ "12 blanks", "     ", 5, REASON_keepalive },
	{ "12 HTAB", "\t", 1, REASON_keepalive },
	{ "12 LF", "\n", 1, REASON_keepalive },
	{ "86 STUN Binding request", "\x00\x01\x00\x00\x21\x12\xa4\x42tttttttttttt", 20, REASON_stun },
	{ "86 STUN Binding response", "\x01\x01\x00\x0c\x21\x12\xa4\x42ttttttttttttaaaaaaaaaaaa", 32, REASON_stun },
	{ "11 STUN of RFC 3489, no cookie", "\x01\x01\x00\x00tttttttttttttttt", 20, REASON_stun },
	{ "11 first octet 2", "\x02xxxxxxxxxxxxxxxxxxx", 20, REASON_stun },
	{ "11 first octet 3", "\x03xxxxxxxxxxxxxxxxxxx", 20, REASON_stun },
	{ "86 STUN cut short is none", "\x00\x01\x00\x00\x21\x12\xa4\x42tttttttttt", 18, REASON_keepalive },
	{ "11 first octet 4", "\x04xxxxxxxx", 9, REASON_not_sip },
	{ "11 first octet 0x1f", "\x1fxxxxxxxx", 9, REASON_not_sip },
	{ "11 first octet 0x7f", "\x7fxxxxxxxx", 9, REASON_not_sip },
	{ "11 RTP", "\x80\x08xxxxxxxxxx", 12, REASON_not_sip },
	{ "11 SigComp, least", "\xf8xxxxxxxx", 9, REASON_not_sip },
	{ "11 SigComp, greatest", "\xffxxxxxxxx", 9, REASON_not_sip },
	{ "11 request", "INVITE sip:b@c SIP/2.0\r\n", 24, REASON_none },
	{ "11 response", "SIP/2.0 200 OK\r\n", 16, REASON_none },
	{ "11 odd token", "!Odd sip:b@c SIP/2.0\r\n", 22, REASON_none },
	{ "7 CRLF and a request", "\r\n\r\nINVITE sip:b@c SIP/2.0\r\n", 28, REASON_none },
	{ "12 hello is for the parser", "hello", 5, REASON_none },
};

static void sorts(void **state)
{
	const struct sort_row *row = *state;
	char frame[64] = "headers ";
	struct sip_case s;

	/* as in a frame: something stands before it, so that a word can be loaded of the shortest datagram */
	memcpy(frame + 8, row->text, row->len);
	sip_open(&s, frame, 8 + row->len);
	check_int("reason", sip_sort(sip_load8(&s.b, 8), row->len), row->reason);
	sip_close(&s);
}

/* Every first octet, alone and with 31 behind it: sorted to one reason, and no message of SIP starts with the others. */
static void sorts_any_first_octet(void **state)
{
	char text[32];
	struct sip_case s;
	unsigned int octet;
	int reason;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (octet = 0; octet < 256; octet++) {
		text[0] = (char)octet;
		sip_open(&s, text, sizeof(text));
		reason = sip_sort(sip_load8(&s.b, 0), s.g.len);
		if (reason == REASON_none)
			check_true("may begin a message",
				   octet == '\r' || octet == '\n' || (octet > 0x20 && octet < 0x7f));
		else
			check_true("begins none", octet <= 0x20 || octet >= 0x7f);
		sip_close(&s);
	}
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "sort", sorts, rows);
	test_add(&tests, "sort: 11 any first octet", sorts_any_first_octet, NULL);
	return test_run(&tests, "sip_sort");
}
