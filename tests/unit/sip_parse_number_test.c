// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_parse_number_test.c - CSeq, Max-Forwards, Content-Length (sip-rules A2 to A4, D42, D43).
 */
#include "sip_text.h"

#define BAD (-1)

static const struct number_row {
	const char *name;
	const char *row;
	long long want; /* BAD: malformed */
} cseqs[] = {
	{ "usual", "CSeq: 1 INVITE\r\n", 1 },
	{ "42 zero", "CSeq: 0 INVITE\r\n", 0 },
	{ "42 leading zeros", "CSeq: 0009 INVITE\r\n", 9 },
	{ "42 2^31", "CSeq: 2147483648 INVITE\r\n", 2147483648 },
	{ "42 2^32 - 2", "CSeq: 4294967294 INVITE\r\n", 4294967294 },
	/* 8.1.1.5 has less than 2^31; this one is SIP_FAR */
	{ "42 2^32 - 1", "CSeq: 4294967295 INVITE\r\n", BAD },
	{ "42 folded", "CSeq:\r\n 1\r\n \r\n INVITE\r\n \r\n", 1 },
	{ "42 blanks", "CSeq: \t 1 \t  INVITE \t\r\n", 1 },
	{ "42 HTAB between", "CSeq: 1\tINVITE\r\n", 1 },
	{ "42 2^32", "CSeq: 4294967296 INVITE\r\n", BAD },
	{ "42 36893488147419103232", "CSeq: 36893488147419103232 INVITE\r\n", BAD },
	{ "42 signed", "CSeq: -1 INVITE\r\n", BAD },
	{ "42 plus sign", "CSeq: +1 INVITE\r\n", BAD },
	{ "42 hexadecimal", "CSeq: 0x1 INVITE\r\n", BAD },
	{ "42 no number", "CSeq: INVITE\r\n", BAD },
	{ "42 no method", "CSeq: 1\r\n", BAD },
	{ "42 no method but blanks", "CSeq: 1   \r\n", BAD },
	{ "42 no blank", "CSeq: 1INVITE\r\n", BAD },
	{ "42 empty", "CSeq:\r\n", BAD },
	{ "42 other digits", "CSeq: \xd9\xa1 INVITE\r\n", BAD },
};

static void parses_cseq(void **state)
{
	const struct number_row *row = *state;
	struct sip_parts p = { .cseq = row->row };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->want == BAD ? REASON_bad_cseq : REASON_none);
	if (row->want != BAD)
		check_int("CSeq", s.m.cseq, row->want);
	check_int("code", sip_reason_code(s.m.reason), row->want == BAD ? 400 : 0);
	sip_close(&s);
	p.start = RINGING;
	sip_open_parts(&s, &p);
	check_int("as a response", sip_check_response(&s.m), row->want == BAD ? REASON_bad_cseq : REASON_none);
	sip_close(&s);
}

static const struct method_row {
	const char *name;
	const char *start;
	const char *cseq;
	unsigned int reason;
} methods[] = {
	{ "42 other method", INVITE, "CSeq: 1 OPTIONS\r\n", REASON_bad_cseq_method },
	{ "42 same method in lower case", INVITE, "CSeq: 1 invite\r\n", REASON_bad_cseq_method },
	{ "42 method and more", INVITE, "CSeq: 1 INVITEE\r\n", REASON_bad_cseq_method },
	{ "42 method cut short", INVITE, "CSeq: 1 INVIT\r\n", REASON_bad_cseq_method },
	{ "42 method and a word", INVITE, "CSeq: 1 INVITE x\r\n", REASON_bad_cseq_method },
	{ "42 unknown method and another", "NEWMETHOD sip:a@b SIP/2.0\r\n", "CSeq: 1 INVITE\r\n",
	  REASON_bad_cseq_method },
	{ "42 two unknown methods of one length", "NEWMETHOD sip:a@b SIP/2.0\r\n", "CSeq: 1 NEWMETHOX\r\n",
	  REASON_bad_cseq_method },
	{ "42 unknown method", "NEWMETHOD sip:a@b SIP/2.0\r\n", "CSeq: 1 NEWMETHOD\r\n", REASON_none },
	{ "42 unknown method of 30 octets", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCD sip:a@b SIP/2.0\r\n",
	  "CSeq: 1 ABCDEFGHIJKLMNOPQRSTUVWXYZABCD\r\n", REASON_none },
	{ "42 unknown methods that differ in octet 30", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCD sip:a@b SIP/2.0\r\n",
	  "CSeq: 1 ABCDEFGHIJKLMNOPQRSTUVWXYZABCE\r\n", REASON_bad_cseq_method },
	{ "42 response to any method", RINGING, "CSeq: 1 NEWMETHOD\r\n", REASON_none },
};

static void compares_methods(void **state)
{
	const struct method_row *row = *state;
	struct sip_parts p = { .start = row->start, .cseq = row->cseq };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->reason);
	sip_close(&s);
}

#define ABSENT (-2)

static const struct number_row hops[] = {
	{ "usual", "Max-Forwards: 70\r\n", 70 },
	{ "43 zero", "Max-Forwards: 0\r\n", 0 },
	{ "43 255", "Max-Forwards: 255\r\n", 255 },
	{ "43 leading zeros", "Max-Forwards: 0068\r\n", 68 },
	{ "43 blanks", "Max-Forwards : \t 7 \r\n", 7 },
	{ "43 folded", "Max-Forwards:\r\n 7\r\n \r\n", 7 },
	{ "43 absent", "", ABSENT },
	{ "43 256", "Max-Forwards: 256\r\n", BAD },
	{ "43 300", "Max-Forwards: 300\r\n", BAD },
	{ "43 2^32", "Max-Forwards: 4294967296\r\n", BAD },
	{ "43 2^64 + 7", "Max-Forwards: 18446744073709551623\r\n", BAD },
	{ "43 signed", "Max-Forwards: -1\r\n", BAD },
	{ "43 letters", "Max-Forwards: many\r\n", BAD },
	{ "43 number and word", "Max-Forwards: 7 x\r\n", BAD },
	{ "43 two numbers", "Max-Forwards: 7,8\r\n", BAD },
	{ "43 empty", "Max-Forwards:\r\n", BAD },
	{ "43 fraction", "Max-Forwards: 7.0\r\n", BAD },
};

static void parses_max_forwards(void **state)
{
	const struct number_row *row = *state;
	struct sip_parts p = { .max_forwards = row->row };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, row->want == BAD ? REASON_bad_max_forwards : REASON_none);
	check_int("absent", s.m.no_max_forwards, row->want == ABSENT);
	if (row->want >= 0) {
		check_int("Max-Forwards", s.m.max_forwards, row->want);
		check_int("digits",
			  sip_number(&s.b, s.m.max_forwards_digits.off,
				     s.m.max_forwards_digits.off + s.m.max_forwards_digits.len),
			  row->want);
	}
	check_int("check", sip_check_request(&s.m, DS_MODE_PROXY),
		  row->want == 0 ? REASON_too_many_hops : (int)s.m.reason);
	sip_close(&s);
	p.start = RINGING;
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	sip_close(&s);
}

/* want: octets of the body that counts. The body is "0123456789". */
static const struct number_row lengths[] = {
	{ "exact", "Content-Length: 10\r\n", 10 },
	{ "1 noise behind the body", "Content-Length: 4\r\n", 4 },
	{ "1 all of it noise", "Content-Length: 0\r\n", 0 },
	{ "3 absent", "", 10 },
	{ "4 leading zeros", "l: 0000010\r\n", 10 },
	{ "4 blanks and folds", "Content-Length  :\r\n \t10 \r\n \r\n", 10 },
	{ "2 one too large", "Content-Length: 11\r\n", BAD },
	{ "2 9999", "Content-Length: 9999\r\n", BAD },
	{ "4 2^16 + 10", "Content-Length: 65546\r\n", BAD },
	{ "4 2^31", "Content-Length: 2147483648\r\n", BAD },
	{ "4 2^32 + 10", "Content-Length: 4294967306\r\n", BAD },
	{ "4 2^64 + 10", "Content-Length: 18446744073709551626\r\n", BAD },
	{ "4 negative", "Content-Length: -999\r\n", BAD },
	{ "4 plus sign", "Content-Length: +10\r\n", BAD },
	{ "4 hexadecimal", "Content-Length: 0xa\r\n", BAD },
	{ "4 letters", "Content-Length: ten\r\n", BAD },
	{ "4 empty", "Content-Length:\r\n", BAD },
	{ "4 two numbers", "Content-Length: 1 0\r\n", BAD },
	{ "4 different copies", "Content-Length: 10\r\nContent-Length: 5\r\n", BAD },
	{ "4 equal copies", "Content-Length: 10\r\nContent-Length: 10\r\n", BAD },
	{ "4 equal copies, one compact", "Content-Length: 10\r\nl: 10\r\n", BAD },
};

static void parses_length(void **state)
{
	static const char *const starts[] = { INVITE, RINGING };
	const struct number_row *row = *state;
	struct sip_parts p = { .length = row->row, .body = "0123456789" };
	struct sip_case s;
	size_t i;

	for (i = 0; i < TEST_COUNT(starts); i++) {
		p.start = starts[i];
		sip_open_parts(&s, &p);
		check_reason(&s, row->want == BAD ? REASON_bad_content_length : REASON_none);
		check_int("response dies of it too", sip_check_response(&s.m), s.m.reason);
		check_invariant(&s);
		if (row->want != BAD)
			check_int("octets of the body", s.m.end - s.m.body, row->want);
		sip_close(&s);
	}
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "CSeq", parses_cseq, cseqs);
	test_rows(&tests, "CSeq method", compares_methods, methods);
	test_rows(&tests, "Max-Forwards", parses_max_forwards, hops);
	test_rows(&tests, "Content-Length", parses_length, lengths);
	return test_run(&tests, "sip_parse_number");
}
