// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_branch_test.c - branch, sx, own To tag and where responses go (sip-rules F57, F58, I73, I77, J81 to J84, L98, Q120,
 * Q121).
 */
#include "sip_text.h"

static const __u64 key[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };

#define MAGIC(sent_by) "Via: SIP/2.0/UDP " sent_by ";branch=z9hG4bK776asdhds\r\n"
#define OLD(sent_by) "Via: SIP/2.0/UDP " sent_by "\r\n"
#define TAGGED "To: Bob <sip:bob@example.com>;tag=a6c85cf\r\n"

/* Two messages of one transaction, or not. */
static const struct pair_row {
	const char *name;
	struct sip_parts a;
	struct sip_parts b;
	int same;
} pairs[] = {
	{ "57 retransmission", { NULL }, { NULL }, 1 },
	{ "83 CANCEL",
	  { NULL },
	  { .start = "CANCEL sip:bob@example.com SIP/2.0\r\n", .cseq = "CSeq: 986759 CANCEL\r\n" },
	  1 },
	{ "81 ACK to a failure",
	  { NULL },
	  { .start = "ACK sip:bob@example.com SIP/2.0\r\n", .cseq = "CSeq: 986759 ACK\r\n", .to = TAGGED },
	  1 },
	{ "82 ACK to a 2xx is its own",
	  { NULL },
	  { .start = "ACK sip:bob@192.0.2.4 SIP/2.0\r\n",
	    .cseq = "CSeq: 986759 ACK\r\n",
	    .to = TAGGED,
	    .via = "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK776asdhdt\r\n" },
	  0 },
	{ "57 Max-Forwards, other rows and body do not matter",
	  { NULL },
	  { .max_forwards = "Max-Forwards: 3\r\n", .more = "Subject: x\r\n", .length = "", .body = "other" },
	  1 },
	{ "120 retransmission of a 2543 client", { .via = OLD("192.0.2.20") }, { .via = OLD("192.0.2.20") }, 1 },
	{ "120 CANCEL of a 2543 client",
	  { .via = OLD("192.0.2.20") },
	  { .via = OLD("192.0.2.20"),
	    .start = "CANCEL sip:bob@example.com SIP/2.0\r\n",
	    .cseq = "CSeq: 986759 CANCEL\r\n" },
	  1 },
	{ "120 ACK of a 2543 client",
	  { .via = OLD("192.0.2.20") },
	  { .via = OLD("192.0.2.20"),
	    .start = "ACK sip:bob@example.com SIP/2.0\r\n",
	    .cseq = "CSeq: 986759 ACK\r\n",
	    .to = TAGGED },
	  1 },
	{ "120 2543 client without a From tag",
	  { .via = OLD("a"), .from = "From: sip:alice@example.net\r\n" },
	  { .via = OLD("a"), .from = "f: \"Alice\" <sip:alice@example.net>\r\n", .to = TAGGED },
	  1 },
	{ "57 leading zeros of a CSeq",
	  { .via = OLD("a") },
	  { .via = OLD("a"), .cseq = "CSeq: 000986759 INVITE\r\n" },
	  1 },
	{ "57 next request of a 2543 client",
	  { .via = OLD("192.0.2.20") },
	  { .via = OLD("192.0.2.20"), .cseq = "CSeq: 986760 INVITE\r\n" },
	  0 },
	{ "57 other call of a 2543 client",
	  { .via = OLD("192.0.2.20") },
	  { .via = OLD("192.0.2.20"), .call_id = "Call-ID: other\r\n" },
	  0 },
	{ "57 other From tag of a 2543 client",
	  { .via = OLD("192.0.2.20") },
	  { .via = OLD("192.0.2.20"), .from = "From: <sip:alice@example.net>;tag=other\r\n" },
	  0 },
	{ "39 branch that is nothing but the cookie",
	  { .via = "Via: SIP/2.0/UDP a;branch=z9hG4bK\r\n" },
	  { .via = "Via: SIP/2.0/UDP a;branch=z9hG4bK\r\n", .cseq = "CSeq: 986760 INVITE\r\n" },
	  0 },
	{ "39 branch without the cookie counts for nothing",
	  { .via = "Via: SIP/2.0/UDP a;branch=1\r\n" },
	  { .via = "Via: SIP/2.0/UDP a;branch=2\r\n" },
	  1 },
	{ "38 host in other case", { .via = MAGIC("PC33.Example.NET") }, { .via = MAGIC("pc33.example.net") }, 1 },
	{ "38 default port", { .via = MAGIC("pc33.example.net:5060") }, { .via = MAGIC("pc33.example.net") }, 1 },
	{ "38 port with zeros", { .via = MAGIC("a:05060") }, { .via = MAGIC("a") }, 1 },
	{ "38 blanks about the port", { .via = MAGIC("a : 5060") }, { .via = MAGIC("a") }, 1 },
	{ "38 IPv6 spelled otherwise",
	  { .via = MAGIC("[2001:DB8:0:0::1]") },
	  { .via = MAGIC("[2001:db8::1]:5060") },
	  1 },
	{ "38 IPv6 with an IPv4 part",
	  { .via = MAGIC("[::ffff:192.0.2.1]") },
	  { .via = MAGIC("[::FFFF:c000:0201]") },
	  1 },
	{ "57 received and rport were stamped",
	  { NULL },
	  { .via = "Via: SIP/2.0/UDP 192.0.2.20:5062;received=203.0.113.7;rport=1024;branch=z9hG4bK776asdhds\r\n" },
	  1 },
	{ "57 Via written anew",
	  { NULL },
	  { .via = "v : SIP / 2.0 / UDP 192.0.2.20 : 5062\r\n ;branch = z9hG4bK776asdhds;x=\"y\"\r\n" },
	  1 },
	{ "57 values below", { NULL }, { .more = "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKother\r\n" }, 1 },
	{ "121 two clients with one branch", { .via = MAGIC("192.0.2.20") }, { .via = MAGIC("192.0.2.21") }, 0 },
	{ "121 two ports of one client with one branch", { .via = MAGIC("a:5061") }, { .via = MAGIC("a:5062") }, 0 },
	{ "121 two IPv6 clients with one branch",
	  { .via = MAGIC("[2001:db8::1]") },
	  { .via = MAGIC("[2001:db8::2]") },
	  0 },
	{ "39 branch in other case is another",
	  { .via = "Via: SIP/2.0/UDP a;branch=z9hG4bKabc\r\n" },
	  { .via = "Via: SIP/2.0/UDP a;branch=z9hG4bKABC\r\n" },
	  0 },
};

static __u64 branch_of(const struct sip_parts *p, const __u64 *k)
{
	struct sip_case s;
	__u64 branch;

	sip_open_parts(&s, p);
	check_reason(&s, REASON_none);
	check_int("within the bound", sip_branch(&s.b, &s.m, &s.m.via, k, &branch), 0);
	sip_close(&s);
	return branch;
}

static void branches_agree(void **state)
{
	static const __u64 other[2] = { 1, 2 };
	const struct pair_row *row = *state;

	check_int("one branch", branch_of(&row->a, key) == branch_of(&row->b, key), row->same);
	check_true("other key, other branch", branch_of(&row->a, key) != branch_of(&row->a, other));
}

/* I77: what the response's second Via says is the branch that was given to the request. */
static void branch_returns(void **state)
{
	const struct pair_row *row = *state;
	struct sip_parts p = row->a;
	char more[256];
	struct sip_case s;
	__u64 branch;

	snprintf(more, sizeof(more), "%s", p.via ? p.via : VIA);
	p.start = RINGING;
	p.via = OUR_VIA;
	p.to = TAGGED;
	p.more = more;
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_int("within the bound", sip_branch(&s.b, &s.m, &s.m.via2, key, &branch), 0);
	check_int("branch", branch, branch_of(&row->a, key));
	sip_close(&s);
}

static struct ds_endpoint ip4(unsigned int ip, unsigned int port)
{
	struct ds_endpoint e = { .ip.w = { 0, 0, port_be32(0xffff), port_be32(ip) },
				 .port_be = port_be16((__u16)port) };

	return e;
}

/* I77: sx changes with every thing it vouches for; two places or listeners never share one. */
static void sx_vouches(void **state)
{
	static const __u64 other[2] = { 1, 2 };
	struct ds_endpoint l = ip4(0xc0000201, 5060), to = ip4(0xc0000214, 5062), x;
	__u64 sx = sip_sx(key, 7, &l, &to), seen[8];
	size_t n = 0, i;

	(void)state;
	check_int("same", sip_sx(key, 7, &l, &to), sx);
	seen[n++] = sip_sx(key, 8, &l, &to);
	seen[n++] = sip_sx(other, 7, &l, &to);
	x = ip4(0xc0000202, 5060);
	seen[n++] = sip_sx(key, 7, &x, &to);
	x = ip4(0xc0000201, 5061);
	seen[n++] = sip_sx(key, 7, &x, &to);
	x = ip4(0xc0000215, 5062);
	seen[n++] = sip_sx(key, 7, &l, &x);
	x = ip4(0xc0000214, 5063);
	seen[n++] = sip_sx(key, 7, &l, &x);
	seen[n++] = sip_sx(key, 7, &to, &l);
	x = to;
	x.ip.w[0] = port_be32(0x20010db8);
	seen[n++] = sip_sx(key, 7, &l, &x);
	for (i = 0; i < n; i++)
		check_true("other sx", seen[i] != sx);
	x = to;
	x.pad = 9;
	check_int("the pad of a map key is no place", sip_sx(key, 7, &l, &x), sx);
}

/* L98: the To tag of our replies: the same for a retransmission and the ACK, another for another request. */
static const struct pair_row tags[] = {
	{ "98 retransmission", { NULL }, { NULL }, 1 },
	{ "99 ACK",
	  { NULL },
	  { .start = "ACK sip:bob@example.com SIP/2.0\r\n", .cseq = "CSeq: 986759 ACK\r\n", .to = TAGGED },
	  1 },
	{ "98 other CSeq", { NULL }, { .cseq = "CSeq: 986760 INVITE\r\n" }, 0 },
	{ "98 other Call-ID", { NULL }, { .call_id = "Call-ID: x\r\n" }, 0 },
	{ "98 other From tag", { NULL }, { .from = "From: <sip:alice@example.net>;tag=x\r\n" }, 0 },
	{ "98 other branch", { NULL }, { .via = "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKx\r\n" }, 0 },
};

static void tags_agree(void **state)
{
	const struct pair_row *row = *state;
	struct sip_case s, t;
	__u64 a, b;

	sip_open_parts(&s, &row->a);
	check_int("within the bound", sip_own_tag(&s.b, &s.m, key, &a), 0);
	sip_close(&s);
	sip_open_parts(&t, &row->b);
	check_int("within the bound", sip_own_tag(&t.b, &t.m, key, &b), 0);
	sip_close(&t);
	check_int("one tag", a == b, row->same);
}

/* L99: our tag is known again, and no other is taken for it. */
static const struct own_row {
	const char *name;
	const char *before;
	const char *behind;
	int upper;
	int own;
} owns[] = {
	{ "99 brackets", "To: <sip:b@c>;tag=sx", "\r\n", 0, 1 },
	{ "99 no brackets", "To: sip:b@c;tag=sx", "\r\n", 0, 1 },
	{ "99 compact", "t:<sip:b@c>;x;TAG = sx", " ;y\r\n", 0, 1 },
	{ "99 first letters in upper case", "To: <sip:b@c>;tag=SX", "\r\n", 0, 0 },
	{ "99 digits in upper case", "To: <sip:b@c>;tag=sx", "\r\n", 1, 0 },
	{ "99 digits alone", "To: <sip:b@c>;tag=", "\r\n", 0, 0 },
	{ "99 a digit more", "To: <sip:b@c>;tag=sx", "0\r\n", 0, 0 },
	{ "99 a digit before", "To: <sip:b@c>;tag=sx0", "\r\n", 0, 0 },
	{ "99 inside the URI", "To: <sip:b@c;tag=sx", ">\r\n", 0, 0 },
};

static void own_tag_is_known(void **state)
{
	const struct own_row *row = *state;
	struct sip_parts p = { .start = "ACK sip:b@c SIP/2.0\r\n", .cseq = "CSeq: 986759 ACK\r\n" };
	char to[64], digits[17];
	struct sip_case s;
	__u64 tag;

	sip_open_parts(&s, &p);
	sip_own_tag(&s.b, &s.m, key, &tag);
	sip_close(&s);
	if (row->upper)
		snprintf(digits, sizeof(digits), "%016llX", (unsigned long long)tag);
	else
		snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)tag);
	check_true("there are letters in it", strpbrk(digits, "abcdefABCDEF"));
	snprintf(to, sizeof(to), "%s%s%s", row->before, digits, row->behind);
	p.to = to;
	sip_open_parts(&s, &p);
	check_int("own", sip_is_own_tag(&s.b, &s.m, tag), row->own);
	check_int("another's in the first digit", sip_is_own_tag(&s.b, &s.m, tag ^ 1ull << 63), 0);
	check_int("another's in the last digit", sip_is_own_tag(&s.b, &s.m, tag ^ 1), 0);
	sip_close(&s);
}

static void hex_is_as_printed(void **state)
{
	static const __u32 numbers[] = { 0, 9, 10, 15, 16, 0x12345678, 0x9abcdef0, 0xffffffff, 0x0000000a, 0xa0000000 };
	char text[9];
	__u64 w;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(numbers); i++) {
		snprintf(text, sizeof(text), "%08x", numbers[i]);
		w = port_le64(sip_hex8(numbers[i]));
		check_mem("digits", &w, 8, text, 8);
	}
}

/* Where the response goes, as known from the request and as the stamped Via says: the same (I73, I74). */
static const struct place_row {
	const char *name;
	const char *sent; /* as the client 203.0.113.7:1024 sent it */
	const char *stamped;
	unsigned int ip, port;
} places[] = {
	{ "73 rport", "Via: SIP/2.0/UDP 192.0.2.20:5062;rport\r\n",
	  "Via: SIP/2.0/UDP 192.0.2.20:5062;received=203.0.113.7;rport=1024\r\n", 0xcb007107, 1024 },
	{ "73 no rport: the port of sent-by", "Via: SIP/2.0/UDP 192.0.2.20:5062\r\n",
	  "Via: SIP/2.0/UDP 192.0.2.20:5062;received=203.0.113.7\r\n", 0xcb007107, 5062 },
	{ "73 no rport and no port", "Via: SIP/2.0/UDP pc33.example.net\r\n",
	  "Via: SIP/2.0/UDP pc33.example.net;received=203.0.113.7\r\n", 0xcb007107, 5060 },
	{ "73 sent-by is the source", "Via: SIP/2.0/UDP 203.0.113.7:1024\r\n", "Via: SIP/2.0/UDP 203.0.113.7:1024\r\n",
	  0xcb007107, 1024 },
	{ "68 what the sender supplied is not believed", "Via: SIP/2.0/UDP a;received=192.0.2.66;rport=9\r\n",
	  "Via: SIP/2.0/UDP a;received=203.0.113.7;rport=1024\r\n", 0xcb007107, 1024 },
};

static void places_agree(void **state)
{
	const struct place_row *row = *state;
	struct sip_parts p = { .via = row->sent };
	struct ds_endpoint src = ip4(0xcb007107, 1024), e, want = ip4(row->ip, row->port);
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	e = sip_response_place(&s.m.via, &src);
	check_mem("by the request", &e, sizeof(e), &want, sizeof(want));
	sip_close(&s);
	p.via = row->stamped;
	sip_open_parts(&s, &p);
	memset(&e, 0xa5, sizeof(e));
	check_int("is an address", sip_via_place(&s.b, &s.m.via, &e), 0);
	check_mem("by the Via", &e, sizeof(e), &want, sizeof(want));
	sip_close(&s);
}

static void name_is_no_place(void **state)
{
	struct sip_parts p = { .via = "Via: SIP/2.0/UDP pc33.example.net:5062;rport=7\r\n" };
	struct ds_endpoint e;
	struct sip_case s;

	(void)state;
	sip_open_parts(&s, &p);
	check_int("is a name", sip_via_place(&s.b, &s.m.via, &e), 1);
	sip_close(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "branch", branches_agree, pairs);
	test_add_rows(&tests, "77 branch from the response", branch_returns, pairs, TEST_COUNT(pairs),
		      sizeof(pairs[0]));
	test_add(&tests, "77 sx vouches for branch, listener and place", sx_vouches, NULL);
	test_rows(&tests, "To tag", tags_agree, tags);
	test_rows(&tests, "own To tag", own_tag_is_known, owns);
	test_add(&tests, "hexadecimal digits", hex_is_as_printed, NULL);
	test_rows(&tests, "place", places_agree, places);
	test_add(&tests, "113 a name is no place", name_is_no_place, NULL);
	return test_run(&tests, "sip_branch");
}
