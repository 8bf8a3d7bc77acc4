// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keys_test.c - the keys that a set can hash, by packets: what means the same goes to the same destination, whatever the
 * Call-ID; what does not is spread.
 */
#include "test.h"

#include "hash_key.h"
#include "prog.h"

#define KEYS_N 16
#define FROM "From: <sip:alice@example.com>;tag=a1\r\n"
#define TO "To: <sip:bob@example.com>\r\n"
#define USUAL                    \
	{                        \
		FROM TO, FROM TO \
	}
#define BOB "sip:bob"
#define PARAMETER "parameter:X-Acct"
#define ACCOUNT "sip:a@b;X-Acct=v#"

static struct prog_run run;

/* What becomes of the second of two requests. */
enum keys_want {
	KEYS_SAME,
	KEYS_OTHER,
	KEYS_NONE,     /* the first key is missing: it goes by its Call-ID */
	KEYS_FALLBACK, /* the first key is missing, the second says the same */
	KEYS_SLOW,     /* the slow path reads octet by octet, sip_key_test.c says what */
};

/* Key, and two Request-URIs: # stands for a letter, so that there are several values. */
static const struct keys_row {
	const char *name;
	const char *keys;
	const char *uri[2];
	enum keys_want want;
	const char *more[2]; /* From and To, and more */
} rows[] = {
	{ "parameter", PARAMETER, { ACCOUNT, ACCOUNT }, KEYS_SAME, USUAL },
	{ "parameter: case", PARAMETER, { ACCOUNT, "sip:a@b;x-aCCt=V#" }, KEYS_SAME, USUAL },
	{ "parameter: escapes", PARAMETER, { ACCOUNT, "sip:a@b;X-Acct=%76#" }, KEYS_SLOW, USUAL },
	{ "parameter: another URI", PARAMETER, { ACCOUNT, "sip:c@d:5070;lr;x-acct=v#;z=1" }, KEYS_SAME, USUAL },
	{ "parameter: first of two", PARAMETER, { ACCOUNT, ACCOUNT ";x-acct=1" }, KEYS_SAME, USUAL },
	{ "parameter: of tel", PARAMETER, { ACCOUNT, "tel:+4930;x-acct=v#" }, KEYS_SAME, USUAL },
	{ "parameter: other value", PARAMETER, { ACCOUNT, "sip:a@b;X-Acct=w#z" }, KEYS_OTHER, USUAL },
	{ "parameter: longer name", PARAMETER, { ACCOUNT, "sip:a@b;X-Accts=v#" }, KEYS_NONE, USUAL },
	{ "parameter: no value", PARAMETER, { ACCOUNT, "sip:a@b;X-Acct" }, KEYS_NONE, USUAL },
	{ "parameter: empty", PARAMETER, { ACCOUNT, "sip:a@b;X-Acct=;lr" }, KEYS_NONE, USUAL },
	{ "parameter: of the user", PARAMETER, { ACCOUNT, "sip:a;X-Acct=v#@b" }, KEYS_NONE, USUAL },
	{ "parameter: none", PARAMETER, { ACCOUNT, "sip:a@b" }, KEYS_NONE, USUAL },
	{ "two keys",
	  PARAMETER ",header:X-A",
	  { ACCOUNT, "sip:a@b" },
	  KEYS_FALLBACK,
	  { FROM TO, FROM TO "X-A: v#\r\n" } },
	{ "Request-URI", "request-uri", { BOB "#@h.org:5060", BOB "#@H.org;lr" }, KEYS_SAME, USUAL },
	{ "Request-URI: escapes", "request-uri", { BOB "#@h.org", "sip:%62ob#@h.org" }, KEYS_SLOW, USUAL },
	{ "Request-URI: other user", "request-uri", { BOB "#@h.org", "sip:Bob#@h.org" }, KEYS_OTHER, USUAL },
	{ "Request-URI: other port", "request-uri", { BOB "#@h.org", BOB "#@h.org:5061" }, KEYS_OTHER, USUAL },
	{ "request user", "request-user", { BOB "#@h.org", BOB "#:secret@i:5070" }, KEYS_SAME, USUAL },
	{ "From",
	  "from-uri",
	  { BOB "@h", BOB "@h" },
	  KEYS_SAME,
	  { "From: <sip:a#@h.org>;tag=a\r\n" TO, "f: \"A\" <sip:a#@H.Org:5060;x>;tag=b\r\n" TO } },
	{ "user of From",
	  "from-user",
	  { BOB "@h", BOB "@h" },
	  KEYS_SAME,
	  { "From: <sip:a#@h.org>;tag=a\r\n" TO, "FROM : sip:a#@other;tag=b\r\n" TO } },
	{ "To",
	  "to-uri",
	  { BOB "@h", BOB "@h" },
	  KEYS_SAME,
	  { FROM "To: <sip:b#@h.org>\r\n", "t:\r\n\tB <sip:b#@H.org>;x=y\r\n" FROM } },
	{ "user of To",
	  "to-user",
	  { BOB "@h", BOB "@h" },
	  KEYS_SAME,
	  { FROM "To: <sip:b#@h.org>\r\n", FROM "To: \"<sip:x@y>\" <sip:b#@i>\r\n" } },
	{ "credentials",
	  "auth-user",
	  { BOB "@h", BOB "@h" },
	  KEYS_SAME,
	  { FROM TO "Proxy-Authorization: Digest username=\"u#\", realm=\"r\"\r\n",
	    FROM TO "proxy-authorization :digest realm=\"r,username=x\" ,  USERNAME = \"u#\"\r\n" } },
	{ "header",
	  "header:Subject",
	  { BOB "@h", BOB "@h" },
	  KEYS_SAME,
	  { FROM TO "Subject: s#\r\n", FROM "s :\r\n s# \r\n" TO } },
	{ "source", "source-ip", { BOB "#@h", "sip:c#@d" }, KEYS_SAME, USUAL },
};

static const char *const reasons[] = { "request", "request", "request_other_key", "request_other_key",
				       "slow_too_long" };

static int keys_send(const struct keys_row *row, int which, unsigned int i)
{
	static struct pkt_view view;
	struct pkt p = prog_from_client(0);
	char text[PROG_TEXT_MAX], *c;
	struct ds_endpoint at;
	int n;

	snprintf(text, sizeof(text),
		 "OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKk\r\nMax-Forwards: 70\r\n%s"
		 "Call-ID: %d-%u\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		 row->uri[which], row->more[which], which, i);
	for (c = text; *c; c++)
		if (*c == '#')
			*c = (char)('a' + i);
	p.payload = text;
	p.len = strlen(text);
	prog_packet(&run, PROG_IN, &p);
	if (which && row->want == KEYS_SLOW) {
		prog_check(&run, XDP_DROP, "needs_slow_path", reasons[row->want]);
		return -1;
	}
	prog_check(&run, XDP_REDIRECT, "forward", reasons[which ? row->want : KEYS_SAME]);
	prog_check_out(&run, &view, PKT_SUM_VALID);
	for (n = 0; n < PROG_DESTS; n++) {
		at = prog_dest_at(0, (unsigned int)n);
		if (pkt_same_endpoint(&at, &view.dst))
			return n;
	}
	fail_msg("sent to somebody who is no destination");
	return -1;
}

static void keys_compare(void **state)
{
	const struct keys_row *row = *state;
	unsigned int i, same = 0, hits[PROG_DESTS] = { 0 };
	int first;
	size_t n;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_KEY, DS_AFFINITY_HASH);
	check_int("keys", hash_key_list(prog.sets[1].key, &n, row->keys), 0);
	prog.listeners[PROG_L4].half[0].keyed = prog.listeners[PROG_L4].half[1].keyed = 1;
	for (i = 0; i < KEYS_N; i++) {
		first = keys_send(row, 0, i);
		hits[first]++;
		same += keys_send(row, 1, i) == first;
	}
	check_int("all the same", same == KEYS_N, row->want == KEYS_SAME || row->want == KEYS_FALLBACK);
	/* what has letters in it is spread; a source has none */
	for (i = 0; i < PROG_DESTS && strncmp(row->keys, "source", 6); i++)
		check_true("not all to one", hits[i] < KEYS_N);
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "46 key", keys_compare, rows);
	failed = test_run(&tests, "keys");
	prog_close();
	return failed;
}
