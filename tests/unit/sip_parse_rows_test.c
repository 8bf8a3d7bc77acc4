// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_parse_rows_test.c - header rows: names, compact forms, blanks, folding, order, what stands twice (sip-rules C).
 */
#include "sip_text.h"

/* Which field a row is taken for: the row stands behind a whole message of which that field is left out. */
static const struct name_row {
	const char *name;
	const char *row;
	unsigned int hdr; /* SIP_HDR_OTHER: none of ours */
	const char *value;
} names[] = {
	{ "Via", "Via: x\r\n", SIP_HDR_VIA, " x" },
	{ "25 v", "v: x\r\n", SIP_HDR_VIA, " x" },
	{ "25 V", "V: x\r\n", SIP_HDR_VIA, " x" },
	{ "24 VIA", "VIA: x\r\n", SIP_HDR_VIA, " x" },
	{ "From", "From: x\r\n", SIP_HDR_FROM, " x" },
	{ "25 f", "f: x\r\n", SIP_HDR_FROM, " x" },
	{ "25 F", "F: x\r\n", SIP_HDR_FROM, " x" },
	{ "24 fROM", "fROM: x\r\n", SIP_HDR_FROM, " x" },
	{ "To", "To: x\r\n", SIP_HDR_TO, " x" },
	{ "25 t", "t: x\r\n", SIP_HDR_TO, " x" },
	{ "24 tO", "tO: x\r\n", SIP_HDR_TO, " x" },
	{ "Call-ID", "Call-ID: x\r\n", SIP_HDR_CALL_ID, " x" },
	{ "25 i", "i: x\r\n", SIP_HDR_CALL_ID, " x" },
	{ "24 CALL-ID", "CALL-ID: x\r\n", SIP_HDR_CALL_ID, " x" },
	{ "CSeq", "CSeq: x\r\n", SIP_HDR_CSEQ, " x" },
	{ "24 cseq", "cseq: x\r\n", SIP_HDR_CSEQ, " x" },
	{ "Max-Forwards", "Max-Forwards: x\r\n", SIP_HDR_MAX_FORWARDS, " x" },
	{ "24 MaX-fOrWaRdS", "MaX-fOrWaRdS: x\r\n", SIP_HDR_MAX_FORWARDS, " x" },
	{ "Content-Length", "Content-Length: x\r\n", SIP_HDR_CONTENT_LENGTH, " x" },
	{ "25 l", "l: x\r\n", SIP_HDR_CONTENT_LENGTH, " x" },
	{ "24 CONTENT-LENGTH", "CONTENT-LENGTH: x\r\n", SIP_HDR_CONTENT_LENGTH, " x" },
	{ "Route", "Route: x\r\n", SIP_HDR_ROUTE, " x" },
	{ "24 ROUTE", "ROUTE: x\r\n", SIP_HDR_ROUTE, " x" },
	{ "Proxy-Require", "Proxy-Require: x\r\n", SIP_HDR_PROXY_REQUIRE, " x" },
	{ "24 proxy-require", "proxy-require: x\r\n", SIP_HDR_PROXY_REQUIRE, " x" },
	{ "26 SP before the colon", "Via :x\r\n", SIP_HDR_VIA, "x" },
	{ "26 HTAB before the colon", "Via\t:x\r\n", SIP_HDR_VIA, "x" },
	{ "26 many blanks before the colon", "Call-ID \t  \t       \t\t      :x\r\n", SIP_HDR_CALL_ID, "x" },
	{ "26 SP before the colon of a compact form", "v :x\r\n", SIP_HDR_VIA, "x" },
	{ "26 HTAB before the colon of a compact form", "i\t:x\r\n", SIP_HDR_CALL_ID, "x" },
	{ "26 nothing behind the colon", "To:x\r\n", SIP_HDR_TO, "x" },
	{ "26 line break before the colon", "Via\r\n : x\r\n", SIP_HDR_OTHER, NULL },
	{ "27 folded once", "Via:\r\n x\r\n", SIP_HDR_VIA, "\r\n x" },
	{ "27 folded with HTAB", "Via: x\r\n\ty\r\n", SIP_HDR_VIA, " x\r\n\ty" },
	{ "27 folded thrice", "Via: x\r\n y\r\n  z\r\n\tw\r\n", SIP_HDR_VIA, " x\r\n y\r\n  z\r\n\tw" },
	{ "5 line of blanks goes on", "Via: x\r\n \t\r\n y\r\n", SIP_HDR_VIA, " x\r\n \t\r\n y" },
	{ "24 Call-Info", "Call-Info: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Call-IDs", "Call-IDs: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Call-I", "Call-I: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 CallID", "CallID: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Contact", "Contact: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Content-Type", "Content-Type: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Content-Lengths", "Content-Lengths: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Content-Lengt", "Content-Lengt: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Vi", "Vi: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Viaa", "Viaa: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Via-x", "Via-x: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Toto", "Toto: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Fro", "Fro: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 From-x", "From-x: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 _i", "_i: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 ii", "ii: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 CSeq-x", "CSeq-x: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 CSe", "CSe: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Max-Forward", "Max-Forward: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Max-Forwardss", "Max-Forwardss: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Max_Forwards", "Max_Forwards: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Record-Route", "Record-Route: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Routes", "Routes: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Proxy-Authorization", "Proxy-Authorization: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Proxy-Requires", "Proxy-Requires: x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 Require", "Require: x\r\n", SIP_HDR_OTHER, NULL },
	{ "25 m is Contact", "m: x\r\n", SIP_HDR_OTHER, NULL },
	{ "25 c is Content-Type", "c: x\r\n", SIP_HDR_OTHER, NULL },
	{ "25 r is Refer-To", "r: x\r\n", SIP_HDR_OTHER, NULL },
	{ "25 e, s, k, o, u, b, x, y, n are others", "e:x\r\ns:x\r\nk:x\r\no:x\r\nu:x\r\nb:x\r\nx:x\r\ny:x\r\nn:x\r\n",
	  SIP_HDR_OTHER, NULL },
	{ "24 colon first", ": x\r\n", SIP_HDR_OTHER, NULL },
	{ "35 row without a colon", "Via x\r\n", SIP_HDR_OTHER, NULL },
	{ "24 letters with bit 7", "\xf6ia: x\r\n", SIP_HDR_OTHER, NULL },
};

static void finds_field(void **state)
{
	const struct name_row *row = *state;
	struct sip_parts p = { .via = "",
			       .from = "",
			       .to = "",
			       .call_id = "",
			       .cseq = "",
			       .max_forwards = "",
			       .length = "",
			       .more = row->row };
	const struct sip_row *found;
	struct sip_case s;

	sip_open_parts(&s, &p);
	if (row->hdr == SIP_HDR_OTHER) {
		check_int("rows", s.m.rows, 1);
		check_int("seen", s.m.seen, 0);
	} else {
		check_int("rows", s.m.rows, 2);
		check_int("seen", s.m.seen, 1u << row->hdr);
		check_int("first", s.m.first[row->hdr], 1);
		found = &s.m.row[1];
		check_int("field", found->hdr, row->hdr);
		check_int("at", found->at, s.m.line);
		check_int("end", found->end, s.m.line + strlen(row->row) - 2);
		check_mem("value", s.g.data + found->value, found->end - found->value, row->value, strlen(row->value));
	}
	sip_close(&s);
}

static const struct fault_row {
	const char *name;
	struct sip_parts p;
	unsigned int reason;
} faults[] = {
	{ "the usual message", { NULL }, REASON_none },
	{ "5 body that looks like a header", { .length = "", .call_id = "", .body = CALL_ID }, REASON_bad_call_id },
	{ "5 body with another Via", { .length = "", .body = VIA "\r\n" CALL_ID }, REASON_none },
	{ "8 LF alone hides no Call-ID", { .call_id = "Subject: x\nCall-ID: y\r\n" }, REASON_bad_line },
	{ "8 CR alone hides no Call-ID", { .call_id = "Subject: x\rCall-ID: y\r\n" }, REASON_bad_line },
	{ "8 LF alone behind a row", { .more = "Subject: x\n" }, REASON_bad_line },
	{ "8 CR CR LF", { .more = "Subject: x\r\r\n" }, REASON_bad_line },
	{ "8 LF CR", { .more = "Subject: x\n\r" }, REASON_bad_line },
	{ "8 empty line of LF", { .blank = "\n" }, REASON_bad_line },
	{ "8 CR in a quoted pair", { .from = "From: \"a\\\rb\" <sip:a@b>;tag=1\r\n" }, REASON_bad_line },
	{ "9 NUL in a value", { .more = "Subject: a" NUL "b\r\n" }, REASON_bad_line },
	{ "9 NUL in a name", { .more = "Sub" NUL "ject: a\r\n" }, REASON_bad_line },
	{ "9 NUL in a quoted pair", { .from = "From: \"a\\" NUL "b\" <sip:a@b>;tag=1\r\n" }, REASON_none },
	{ "9 NUL in the body", { .body = "v" NUL "0\n" }, REASON_none },
	{ "9 UTF-8 display name", { .from = "From: \"\xd0\x98\xd0\xb2\" <sip:a@b>;tag=1\r\n" }, REASON_none },
	{ "9 octets of 0x80 to 0xff", { .more = "Subject: \x80\x8d\x8a\xff\xfe\r\n" }, REASON_none },
	{ "9 HTAB in a value", { .more = "Subject: a\tb\t\r\n" }, REASON_none },
	{ "9 other control octets", { .more = "Subject: \x02\x07\x0b\x0c\x0e\x1f\x7f\r\n" }, REASON_none },
	{ "24 what folding case would take for a hyphen", { .call_id = "Call\rID: x\r\n" }, REASON_bad_line },
	{ "28 Via last", { .via = "", .more = VIA }, REASON_none },
	{ "28 From last", { .from = "", .more = FROM }, REASON_none },
	{ "34 From twice", { .more = FROM }, REASON_bad_from },
	{ "34 From long and compact", { .more = "f: <sip:x@y>;tag=1\r\n" }, REASON_bad_from },
	{ "34 To twice", { .more = TO }, REASON_bad_to },
	{ "34 To long and compact", { .more = "t: <sip:x@y>\r\n" }, REASON_bad_to },
	{ "34 Call-ID twice", { .more = CALL_ID }, REASON_bad_call_id },
	{ "34 Call-ID long and compact", { .more = "i: x\r\n" }, REASON_bad_call_id },
	{ "34 CSeq twice", { .more = CSEQ }, REASON_bad_cseq },
	{ "34 Max-Forwards twice", { .more = MAX_FORWARDS }, REASON_bad_max_forwards },
	{ "52 From missing", { .from = "" }, REASON_bad_from },
	{ "52 To missing", { .to = "" }, REASON_bad_to },
	{ "52 Call-ID missing", { .call_id = "" }, REASON_bad_call_id },
	{ "52 CSeq missing", { .cseq = "" }, REASON_bad_cseq },
	{ "52 all but Via missing", { .from = "", .to = "", .call_id = "", .cseq = "" }, REASON_bad_cseq },
	{ "37 Via missing", { .via = "" }, REASON_bad_via },
	{ "35 Date, Contact, Accept are not judged",
	  { .more = "Date: Fri, 01 Jan 2010 16:00:00 EST\r\nContact: \"a <<>;;,,\r\nAccept: ;;;\r\n" },
	  REASON_none },
	{ "35 unknown rows are not judged", { .more = "Odd: ;;,,;\r\n%x: \"\r\nnothing\r\n: :\r\n" }, REASON_none },
	{ "35 unknown scheme of Authorization", { .more = "Authorization: Nobody opaque=\"data\r\n" }, REASON_none },
};

static void finds_fault(void **state)
{
	const struct fault_row *row = *state;
	struct sip_case s;

	sip_open_parts(&s, &row->p);
	check_reason(&s, row->reason);
	check_invariant(&s);
	sip_close(&s);
}

/* C25: a message of compact forms alone, and one that mixes them. */
static void reads_compact_forms(void **state)
{
	static const struct sip_parts mixed = {
		.via = "v:SIP/2.0/UDP 192.0.2.20;branch=z9hG4bKx\r\n",
		.from = "F: <sip:a@b>;tag=1\r\n",
		.to = "t:<sip:c@d>;tag=2\r\n",
		.call_id = "i:x@y\r\n",
		.length = "L: 4\r\n",
		.more = "m:<sip:a@b>\r\nc:application/sdp\r\nVia: SIP/2.0/UDP 192.0.2.21\r\n",
	};
	struct sip_case s;

	(void)state;
	sip_open_parts(&s, &mixed);
	check_reason(&s, REASON_none);
	check_span(&s, "Via host", s.m.via.host, "192.0.2.20");
	check_span(&s, "From tag", s.m.from.tag, "1");
	check_span(&s, "To tag", s.m.to.tag, "2");
	check_span(&s, "Call-ID", s.m.call_id, "x@y");
	check_span(&s, "Content-Length", s.m.content_length, "4");
	check_int("Via twice", s.m.twice, SIP_SEEN(VIA));
	check_int("first Via", s.m.first[SIP_HDR_VIA], 1);
	check_invariant(&s);
	sip_close(&s);
}

/* C28: the order of different rows means nothing: every rotation of them yields the same spans' text. */
static void order_of_rows_means_nothing(void **state)
{
	static const char *const rows[] = { VIA, FROM, TO, CALL_ID, CSEQ, MAX_FORWARDS, LENGTH };
	const struct sip_parts none = {
		.via = "", .from = "", .to = "", .call_id = "", .cseq = "", .max_forwards = "", .length = ""
	};
	char more[1024];
	size_t turn, i;

	(void)state;
	for (turn = 0; turn < TEST_COUNT(rows); turn++) {
		struct sip_parts p = none;
		struct sip_case s;

		more[0] = '\0';
		for (i = 0; i < TEST_COUNT(rows); i++)
			strcat(more, rows[(i + turn) % TEST_COUNT(rows)]);
		p.more = more;
		sip_open_parts(&s, &p);
		check_reason(&s, REASON_none);
		check_span(&s, "branch", s.m.via.branch, "z9hG4bK776asdhds");
		check_span(&s, "From tag", s.m.from.tag, "88sja8x");
		check_span(&s, "Call-ID", s.m.call_id, "987asjd97y7atg@pc33.example.net");
		check_int("CSeq", s.m.cseq, 986759);
		check_int("Max-Forwards", s.m.max_forwards, 70);
		check_invariant(&s);
		sip_close(&s);
	}
}

/* C36: rows that a parse does not keep cost nothing, however many; too many of ours are beyond it, never a guess. */
static void bounds_the_rows(void **state)
{
	static char more[60000];
	struct sip_parts p = { .more = more };
	struct sip_case s;
	size_t n;

	(void)state;
	for (n = 0; n + 6 < sizeof(more); n += 5)
		memcpy(more + n, "X:y\r\n", 6);
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_int("rows", s.m.rows, 8);
	sip_close(&s);
	for (n = 0; n < PORT_ROWS_MAX; n++)
		memcpy(more + 5 * n, "v:y\r\n", 6);
	sip_open_parts(&s, &p);
	check_int("beyond", s.m.beyond, 1);
	sip_close(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "name", finds_field, names);
	test_rows(&tests, "rows", finds_fault, faults);
	test_add(&tests, "rows: 25 compact forms mixed with long ones", reads_compact_forms, NULL);
	test_add(&tests, "rows: 28 any order", order_of_rows_means_nothing, NULL);
	test_add(&tests, "rows: 36 too many", bounds_the_rows, NULL);
	return test_run(&tests, "sip_parse_rows");
}
