// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_key_test.c - what is hashed other than the Call-ID: spellings of one thing give one key, other things another.
 */
#include "sip_text.h"

#include <ctype.h>

#include "sip_key.h"

static const __u64 cluster[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };

static struct ds_key key_named(unsigned int kind, const char *name, char compact)
{
	struct ds_key k = { .kind = kind, .compact = compact };
	size_t i;

	for (i = 0; name && name[i]; i++) {
		k.name[i / 8] |= (__u64)tolower((unsigned char)name[i]) << (8 * (i % 8));
		k.mask[i / 8] |= 0xffull << (8 * (i % 8));
		k.len++;
	}
	return k;
}

/* The key of the message; what it found in *rc. */
static __u64 key_of(const struct sip_parts *p, const struct ds_key *k, const char *from, int *rc)
{
	struct ds_endpoint src = { .port_be = port_be16(5060) };
	struct sip_keyed out = { .key = { cluster[0], cluster[1] } };
	struct sip_case s;

	sip_open_parts(&s, p);
	check_reason(&s, REASON_none);
	if (from) {
		src.ip.w[2] = port_be32(0xffff);
		src.ip.w[3] = port_be32((__u32)strtoul(from, NULL, 16));
		src.port_be = port_be16((__u16)strtoul(strchr(from, ':') + 1, NULL, 10));
	}
	*rc = sip_key(&s.b, &s.m, &src, k, &out);
	sip_close(&s);
	return out.hash;
}

/* Two URIs that stand in From, in To and in the Request-URI: whether their keys are the same. */
static const struct uri_row {
	const char *name;
	const char *one;
	const char *other;
	int same;
	int same_user;
} uri_rows[] = {
	{ "the same", "sip:bob@example.com", "sip:bob@example.com", 1, 1 },
	{ "host in upper case", "sip:bob@example.com", "sip:bob@EXAMPLE.Com", 1, 1 },
	{ "user in upper case", "sip:bob@example.com", "sip:Bob@example.com", 0, 0 },
	{ "default port", "sip:bob@example.com", "sip:bob@example.com:5060", 1, 1 },
	{ "another port", "sip:bob@example.com", "sip:bob@example.com:5061", 0, 1 },
	{ "default port of sips", "sips:bob@example.com", "sips:bob@example.com:5061", 1, 1 },
	{ "parameters", "sip:bob@example.com", "sip:bob@example.com;transport=tcp;lr", 1, 1 },
	{ "scheme in upper case", "sip:bob@example.com", "SIP:bob@example.com", 1, 1 },
	{ "password", "sip:bob@example.com", "sip:bob:secret@example.com", 1, 1 },
	{ "password and escapes", "sip:bob@example.com", "sip:b%6Fb:s%40@example.com", 1, 1 },
	{ "escapes", "sip:bob@example.com", "sip:%62%6f%62@example.com", 1, 1 },
	{ "escaped at eight octets", "sip:abcdefgh@example.com", "sip:abcdefg%68@example.com", 1, 1 },
	{ "escaped at nine octets", "sip:abcdefghi@example.com", "sip:abcdefgh%69@example.com", 1, 1 },
	{ "escape in two cases", "sip:a%2Fb@example.com", "sip:a%2fb@example.com", 1, 1 },
	{ "no escape", "sip:50%zz@example.com", "sip:50%25zz@example.com", 1, 1 },
	{ "escape cut off", "sip:bob%4@example.com", "sip:bob%254@example.com", 1, 1 },
	{ "another user", "sip:bob@example.com", "sip:carol@example.com", 0, 0 },
	{ "another host", "sip:bob@example.com", "sip:bob@example.net", 0, 1 },
	{ "root's full stop", "sip:bob@example.com", "sip:bob@example.com.", 1, 1 },
	{ "octets moved from user to host", "sip:ab@c.example", "sip:a@bc.example", 0, 0 },
	{ "no user", "sip:example.com", "sip:EXAMPLE.com:5060", 1, 1 },
	{ "IPv4 with zeros", "sip:bob@192.0.2.1", "sip:bob@192.000.002.001", 1, 1 },
	{ "IPv6 by value", "sip:bob@[2001:db8::1]", "sip:bob@[2001:DB8:0:0:0:0:0:1]", 1, 1 },
	{ "another IPv6", "sip:bob@[2001:db8::1]", "sip:bob@[2001:db8::2]", 0, 1 },
	{ "tel with separators", "tel:+1-201-555-0123", "tel:+1(201)555.0123", 1, 1 },
	{ "tel with parameters", "tel:+12015550123", "tel:+12015550123;isub=7", 1, 1 },
	{ "another number", "tel:+12015550123", "tel:+12015550124", 0, 0 },
	{ "tel and sip user", "tel:+12015550123", "sip:+12015550123@example.com", 0, 1 },
};

static void uri_parts(struct sip_parts *p, char text[3][256], const char *uri)
{
	snprintf(text[0], 256, "INVITE %s SIP/2.0\r\n", uri);
	snprintf(text[1], 256, "From: \"B\" <%s>;tag=1\r\n", uri);
	snprintf(text[2], 256, "t:<%s>\r\n", uri);
	*p = (struct sip_parts){ .start = text[0], .from = text[1], .to = text[2] };
}

static void uris_compare(void **state)
{
	static const unsigned int kinds[] = { DS_KEY_REQUEST_URI, DS_KEY_FROM_URI, DS_KEY_TO_URI };
	static const unsigned int users[] = { DS_KEY_REQUEST_USER, DS_KEY_FROM_USER, DS_KEY_TO_USER };
	const struct uri_row *row = *state;
	struct sip_parts one, other;
	char text[2][3][256];
	struct ds_key k;
	__u64 a, b, first = 0;
	int rc_a, rc_b;
	size_t i;

	uri_parts(&one, text[0], row->one);
	uri_parts(&other, text[1], row->other);
	for (i = 0; i < TEST_COUNT(kinds); i++) {
		k = key_named(kinds[i], NULL, 0);
		a = key_of(&one, &k, NULL, &rc_a);
		b = key_of(&other, &k, NULL, &rc_b);
		check_int("found", rc_a, SIP_KEY_OK);
		check_int("found too", rc_b, SIP_KEY_OK);
		check_int("same", a == b, row->same);
		check_true("wherever it stands", !i || a == first);
		first = a;
	}
	for (i = 0; i < TEST_COUNT(users); i++) {
		k = key_named(users[i], NULL, 0);
		a = key_of(&one, &k, NULL, &rc_a);
		b = key_of(&other, &k, NULL, &rc_b);
		check_int("user found", rc_a,
			  strchr(row->one, '@') || row->one[0] == 't' ? SIP_KEY_OK : SIP_KEY_ABSENT);
		if (rc_a == SIP_KEY_OK)
			check_int("same user", a == b, row->same_user);
	}
}

/* Rows that make a header's or a user's key, and others: whether it is found, and whether it is the same. */
static const struct more_row {
	const char *name;
	const char *header; /* NULL: the user of the credentials */
	char compact;
	const char *one;
	const char *other;
	int found; /* enum sip_key_found of the other */
	int same;
} more_rows[] = {
	{ "header", "X-Account", 0, "X-Account: 42\r\n", "Subject: hi\r\nx-account :\t42  \r\n", SIP_KEY_OK, 1 },
	{ "another value", "X-Account", 0, "X-Account: 42\r\n", "X-Account: 43\r\n", SIP_KEY_OK, 0 },
	{ "case of the value", "X-Account", 0, "X-Account: a\r\n", "X-Account: A\r\n", SIP_KEY_OK, 0 },
	{ "absent", "X-Account", 0, "X-Account: 42\r\n", "", SIP_KEY_ABSENT, 0 },
	{ "empty", "X-Account", 0, "X-Account: 42\r\n", "X-Account:  \r\n", SIP_KEY_ABSENT, 0 },
	{ "longer name", "X-Account", 0, "X-Account: 42\r\n", "X-Accounts: 42\r\n", SIP_KEY_ABSENT, 0 },
	{ "shorter name", "X-Account", 0, "X-Account: 42\r\n", "X-Accoun: 42\r\n", SIP_KEY_ABSENT, 0 },
	{ "first of two", "X-Account", 0, "X-Account: 42\r\n", "X-Account: 42\r\nX-Account: 43\r\n", SIP_KEY_OK, 1 },
	{ "folded", "X-Account", 0, "X-Account: a b\r\n", "X-Account:\r\n a\r\n\t b\r\n", SIP_KEY_OK, 1 },
	{ "in a folded line", "X-Account", 0, "X-Account: 42\r\n", "Subject: a\r\n X-Account: 43\r\nX-Account: 42\r\n",
	  SIP_KEY_OK, 1 },
	{ "behind other control octets", "X-Account", 0, "X-Account: 42\r\n",
	  "Subject: a\tb \002\v \\\001 \x8e\xff X-Account: 43\tX-Account: 44\r\nX-Account: 42\r\n", SIP_KEY_OK, 1 },
	{ "compact form", "Contact", 'm', "Contact: <sip:a@b>\r\n", "M: <sip:a@b>\r\n", SIP_KEY_OK, 1 },
	{ "no compact form", "Contact", 0, "Contact: <sip:a@b>\r\n", "m: <sip:a@b>\r\n", SIP_KEY_ABSENT, 0 },
	{ "compact letter begins another", "Contact", 'm', "Contact: x\r\n", "MIME-Version: 1.0\r\n", SIP_KEY_ABSENT,
	  0 },
	{ "name of 24 octets", "X-Abcdefghijklmnopqrstuv", 0, "X-Abcdefghijklmnopqrstuv: 1\r\n",
	  "X-ABCDEFGHIJKLMNOPQRSTUV: 1\r\n", SIP_KEY_OK, 1 },
	{ "last octet of 24 differs", "X-Abcdefghijklmnopqrstuv", 0, "X-Abcdefghijklmnopqrstuv: 1\r\n",
	  "X-Abcdefghijklmnopqrstuw: 1\r\n", SIP_KEY_ABSENT, 0 },
	{ "letter and caret", "X^", 0, "X^: 1\r\n", "X~: 1\r\n", SIP_KEY_ABSENT, 0 },

	{ "user name", NULL, 0, "Authorization: Digest username=\"bob\", realm=\"x\"\r\n",
	  "Proxy-Authorization:Digest realm=\"a,\\\"b\" , USERNAME = \"bob\"\r\n", SIP_KEY_OK, 1 },
	{ "quoted pair", NULL, 0, "Authorization: Digest username=\"bob\"\r\n",
	  "Authorization: Digest username=\"b\\ob\"\r\n", SIP_KEY_OK, 1 },
	{ "another user name", NULL, 0, "Authorization: Digest username=\"bob\"\r\n",
	  "Authorization: Digest username=\"rob\"\r\n", SIP_KEY_OK, 0 },
	{ "unquoted", NULL, 0, "Authorization: Digest username=\"bob\"\r\n",
	  "Authorization: Digest realm=x, username=bob ,nonce=\"1\"\r\n", SIP_KEY_OK, 1 },
	{ "Proxy-Authorization first", NULL, 0, "Authorization: Digest username=\"bob\"\r\n",
	  "Authorization: Digest username=\"rob\"\r\nProxy-Authorization: Digest username=\"bob\"\r\n", SIP_KEY_OK, 1 },
	{ "folded credentials", NULL, 0, "Authorization: Digest username=\"bob\"\r\n",
	  "Authorization: Digest realm=\"x\",\r\n username=\"bob\"\r\n", SIP_KEY_OK, 1 },
	{ "no user name", NULL, 0, "Authorization: Digest username=\"bob\"\r\n",
	  "Authorization: Digest realm=\"username=\"\r\n", SIP_KEY_ABSENT, 0 },
	{ "usernames", NULL, 0, "Authorization: Digest username=\"bob\"\r\n",
	  "Authorization: Digest usernames=\"bob\"\r\n", SIP_KEY_ABSENT, 0 },
	{ "quote not closed", NULL, 0, "Authorization: Digest username=\"bob\"\r\n",
	  "Authorization: Digest username=\"bob\r\n", SIP_KEY_ABSENT, 0 },
	{ "another scheme", NULL, 0, "Authorization: Digest username=\"bob\"\r\n", "Authorization: Bearer abc\r\n",
	  SIP_KEY_ABSENT, 0 },
	{ "no credentials", NULL, 0, "Authorization: Digest username=\"bob\"\r\n", "", SIP_KEY_ABSENT, 0 },
};

/* The first of the keys that the message has. */
static __u64 key_of_row(const struct more_row *row, const struct sip_parts *p, int *rc)
{
	struct ds_key k[2] = { key_named(DS_KEY_CREDENTIALS, "Proxy-Authorization", 0),
			       key_named(DS_KEY_CREDENTIALS, "Authorization", 0) };
	__u64 hash;

	if (row->header)
		k[0] = key_named(DS_KEY_HEADER, row->header, row->compact);
	hash = key_of(p, &k[0], NULL, rc);
	return *rc == SIP_KEY_ABSENT && !row->header ? key_of(p, &k[1], NULL, rc) : hash;
}

static void rows_compare(void **state)
{
	const struct more_row *row = *state;
	struct sip_parts one = { .more = row->one }, other = { .more = row->other };
	int rc_a, rc_b;
	__u64 a, b;

	a = key_of_row(row, &one, &rc_a);
	b = key_of_row(row, &other, &rc_b);
	check_int("found", rc_a, SIP_KEY_OK);
	check_int("the other", rc_b, row->found);
	if (rc_b == SIP_KEY_OK)
		check_int("same", a == b, row->same);
}

/* The Request-URI's parameter X-Acct of "sip:a@b;X-Acct=abcdefgh", and that of others. */
static const struct parameter_row {
	const char *name;
	const char *uri;
	int found;
	int same;
} parameter_rows[] = {
	{ "the same", "sip:a@b;X-Acct=abcdefgh", SIP_KEY_OK, 1 },
	{ "case of name and value", "sip:a@b;x-acCT=ABCdefgh", SIP_KEY_OK, 1 },
	{ "escapes", "sip:a@b;X-Acct=%61bcdefg%48", SIP_KEY_OK, 1 },
	{ "among others", "sip:c@d:5070;transport=udp;lr;x-acct=abcdefgh;foo=bar", SIP_KEY_OK, 1 },
	{ "first of two", "sip:a@b;X-Acct=abcdefgh;X-Acct=1", SIP_KEY_OK, 1 },
	{ "another value", "sip:a@b;X-Acct=abcdefgi", SIP_KEY_OK, 0 },
	{ "a longer value", "sip:a@b;X-Acct=abcdefgh1", SIP_KEY_OK, 0 },
	{ "none", "sip:a@b", SIP_KEY_ABSENT, 0 },
	{ "a longer name", "sip:a@b;X-Accts=abcdefgh", SIP_KEY_ABSENT, 0 },
	{ "a shorter name", "sip:a@b;X-Acc=abcdefgh", SIP_KEY_ABSENT, 0 },
	{ "no value", "sip:a@b;X-Acct", SIP_KEY_ABSENT, 0 },
	{ "an empty value", "sip:a@b;X-Acct=;lr", SIP_KEY_ABSENT, 0 },
	{ "of the user", "sip:a;X-Acct=abcdefgh@b", SIP_KEY_ABSENT, 0 },
	{ "of a telephone number", "tel:+4930;x-acct=abcdefgh", SIP_KEY_OK, 1 },
};

static void parameters_compare(void **state)
{
	const struct parameter_row *row = *state;
	struct ds_key k = key_named(DS_KEY_PARAMETER, "X-Acct", 0);
	struct sip_parts one = { .start = "INVITE sip:a@b;X-Acct=abcdefgh SIP/2.0\r\n" }, other = { 0 };
	char start[256];
	__u64 a, b;
	int rc;

	snprintf(start, sizeof(start), "INVITE %s SIP/2.0\r\n", row->uri);
	other.start = start;
	a = key_of(&one, &k, NULL, &rc);
	check_int("found", rc, SIP_KEY_OK);
	b = key_of(&other, &k, NULL, &rc);
	check_int("the other", rc, row->found);
	if (rc == SIP_KEY_OK)
		check_int("same", a == b, row->same);
}

static void sources_compare(void **state)
{
	struct ds_key ip = key_named(DS_KEY_SOURCE_IP, NULL, 0), all = key_named(DS_KEY_SOURCE, NULL, 0);
	struct sip_parts p = { 0 };
	int rc;

	(void)state;
	check_true("port does not count",
		   key_of(&p, &ip, "c0000201:5060", &rc) == key_of(&p, &ip, "c0000201:5070", &rc));
	check_true("address does", key_of(&p, &ip, "c0000201:5060", &rc) != key_of(&p, &ip, "c0000202:5060", &rc));
	check_true("port counts", key_of(&p, &all, "c0000201:5060", &rc) != key_of(&p, &all, "c0000201:5070", &rc));
	check_int("found", rc, SIP_KEY_OK);
}

/* What Kamailio 5.6.3 answers to dispatcher.hash, and what it picked by URIs of these messages. */
static const struct slot_row {
	const char *name;
	unsigned int kind;
	const char *text; /* Call-ID, URI of From, or X-Account */
	__u32 want;
} slot_rows[] = {
	{ "three octets", DS_KEY_CALL_ID, "abc", 7167810 },
	{ "four octets", DS_KEY_CALL_ID, "abcd", 1834959896 },
	{ "bob", DS_KEY_CALL_ID, "bob", 7222211 },
	{ "words in order", DS_KEY_CALL_ID, "abcdEFGH", 3143238043 },
	{ "words in another order", DS_KEY_CALL_ID, "EFGHabcd", 3143238043 },
	{ "Call-ID", DS_KEY_CALL_ID, "1-2345@10.0.0.1", 2688001237 },
	{ "longer Call-ID", DS_KEY_CALL_ID, "a84b4c76e66710@pc33.atlanta.com", 2175018094 },
	{ "signed octets", DS_KEY_HEADER, "caf\xe9", 1864279109 },
	{ "user and host", DS_KEY_FROM_URI, "sip:alice@atlanta.com", 1053853112 },
	{ "parameters", DS_KEY_FROM_URI, "sip:alice@atlanta.com;transport=udp", 1053853112 },
	{ "password", DS_KEY_FROM_URI, "sip:alice:secret@atlanta.com", 1053853112 },
	{ "default port", DS_KEY_FROM_URI, "sip:alice@atlanta.com:5060", 1053853112 },
	{ "default port of sips", DS_KEY_FROM_URI, "sips:alice@atlanta.com:5061", 1053853112 },
	{ "default port of a phone's sips", DS_KEY_FROM_URI, "sips:alice@atlanta.com:5060;user=phone", 1053853112 },
	{ "another port", DS_KEY_FROM_URI, "sip:alice@atlanta.com:5080", 3776158421 },
	{ "parameters of a phone's user", DS_KEY_FROM_URI, "sip:alice;x=y@atlanta.com;lr;User=PHONE", 1053853112 },
	{ "user alone", DS_KEY_FROM_USER, "sip:alice@atlanta.com:5080", 1834153949 },
	{ "no user", DS_KEY_FROM_URI, "sip:atlanta.com", 3517288411 },
	{ "no user, user alone", DS_KEY_FROM_USER, "sip:atlanta.com", 1 },
	{ "case of the host", DS_KEY_FROM_URI, "sip:alice@ATLANTA.com", 4277553226 },
	{ "telephone number", DS_KEY_FROM_URI, "tel:+15551234", 1644000819 },
};

static void slots_are(void **state)
{
	const struct slot_row *row = *state;
	struct sip_keyed out = { .slot = DS_SLOT_KAMAILIO };
	struct ds_endpoint src = { .port_be = port_be16(5060) };
	struct ds_key k = key_named(row->kind, row->kind == DS_KEY_HEADER ? "X-Account" : NULL, 0);
	struct sip_parts p = { 0 };
	struct sip_case s;
	char text[256];

	if (row->kind == DS_KEY_CALL_ID)
		p.call_id = text;
	else if (row->kind == DS_KEY_HEADER)
		p.more = text;
	else
		p.from = text;
	snprintf(text, sizeof(text),
		 p.call_id ? "Call-ID: %s\r\n"
		 : p.more  ? "X-Account: %s\r\n"
			   : "From: <%s>;tag=1\r\n",
		 row->text);
	sip_open_parts(&s, &p);
	check_int("found", sip_key(&s.b, &s.m, &src, &k, &out), SIP_KEY_OK);
	check_int("hash", out.hash, row->want);
	sip_close(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "URI", uris_compare, uri_rows);
	test_rows(&tests, "row", rows_compare, more_rows);
	test_rows(&tests, "parameter", parameters_compare, parameter_rows);
	test_rows(&tests, "slot", slots_are, slot_rows);
	test_add(&tests, "source", sources_compare, NULL);
	return test_run(&tests, "sip_key");
}
