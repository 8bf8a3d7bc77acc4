// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rewrite_test.c - a Request-URI with a destination's host and another user, and redirects: message in, message out.
 * sip-rules 104, 105, 107.
 */
#include "plan_cases.h"

#include "dest_uri.h"
#include "sip_proxy.h"
#include "sip_reply.h"

#define SRC "192.0.2.20:5062"
#define SENT_BY "192.0.2.1:5060"
#define LINE "SIP/2.0 302 Moved Temporarily\r\n"
#define VIA_SRC "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKx\r\n"
#define REST FROM TO CALL_ID CSEQ "\r\n"

struct rewrite_row {
	const char *name;
	const char *uri;
	const char *want; /* Request-URI, or Contact; NULL: the redirect would be a loop */
	const char *host;
	unsigned int how; /* SIP_REWRITE_* */
	unsigned int strip;
	const char *prefix;
};

#define HOST SIP_REWRITE_HOST
#define USER SIP_REWRITE_USER

static const struct rewrite_row request_rows[] = {
	{ "nothing", "sip:bob@example.com", "sip:bob@example.com", "10.0.0.1:5070", 0, 1, "2" },
	{ "host", "sip:bob@example.com", "sip:bob@10.0.0.1:5070", "10.0.0.1:5070", HOST, 1, "2" },
	{ "host and port", "sip:bob@example.com:5099", "sip:bob@10.0.0.1", "10.0.0.1", HOST, 0, "" },
	{ "parameters stay", "sip:bob@example.com:5099;user=phone;x", "sip:bob@10.0.0.1;user=phone;x", "10.0.0.1", HOST,
	  0, "" },
	{ "those of the destination do not come", "sip:bob@h;lr", "sip:bob@a.example;lr", "a.example;transport=udp",
	  HOST, 0, "" },
	{ "IPv6 to name", "sip:bob@[2001:db8::9]:5062", "sip:bob@a.example:5062", "a.example:5062", HOST, 0, "" },
	{ "name to IPv6", "sip:bob@h", "sip:bob@[2001:db8::9]:5062", "[2001:db8::9]:5062", HOST, 0, "" },
	{ "no user", "sip:example.com", "sip:10.0.0.1", "10.0.0.1", HOST | USER, 1, "2" },
	{ "sips", "sips:bob@example.com", "sips:bob@10.0.0.1", "10.0.0.1", HOST, 0, "" },
	{ "tel has no host", "tel:+4930123", "tel:+4930123", "10.0.0.1", HOST, 0, "" },
	{ "strip", "sip:0049123@h", "sip:49123@h", "10.0.0.1", USER, 2, "" },
	{ "prefix", "sip:123@h", "sip:0049123@h", "10.0.0.1", USER, 0, "0049" },
	{ "strip and prefix", "sip:0049123@h", "sip:+49123@h", "10.0.0.1", USER, 4, "+49" },
	{ "strip, prefix and host", "sip:0049123@h;x", "sip:+49123@10.0.0.1:5070;x", "10.0.0.1:5070", HOST | USER, 4,
	  "+49" },
	{ "a user that goes takes its @ along", "sip:12@h", "sip:h", "10.0.0.1", USER, 9, "" },
	{ "the same with another host", "sip:12@h", "sip:10.0.0.1", "10.0.0.1", HOST | USER, 2, "" },
	{ "the same with a prefix", "sip:12@h", "sip:7@10.0.0.1", "10.0.0.1", HOST | USER, 9, "7" },
	{ "escapes stay", "sip:%41%42c@h", "sip:x%42c@h", "10.0.0.1", USER, 3, "x" },
	{ "tel number", "tel:0049123;ext=1", "tel:+49123;ext=1", "10.0.0.1", HOST | USER, 4, "+49" },
	{ "a tel number stays where nothing would be left", "tel:12", "tel:12", "10.0.0.1", USER, 2, "" },
	{ "the longest host and prefix", "sip:1@h",
	  "sip:012345678901234567890123456789011@x01234567890123456789012345678901234567890123456789.example:5062",
	  "x01234567890123456789012345678901234567890123456789.example:5062", HOST | USER, 0,
	  "01234567890123456789012345678901" },
};

static struct ds_dest_uri uri_of(const struct rewrite_row *row)
{
	struct ds_member member = { .at = plan_place("10.9.9.9:5060") };
	struct ds_dest dest = { .conf = { .attrs = { .strip = (int)row->strip } } };
	char text[256], prefix[64];

	if (row->prefix)
		dest.conf.attrs.prefix = strcpy(prefix, row->prefix);
	snprintf(text, sizeof(text), "sip:%s", row->host);
	dest.conf.uri.text = text;
	return dest_uri(&dest, &member);
}

static void requests(void **state)
{
	const struct rewrite_row *row = *state;
	struct ds_dest_uri to = uri_of(row);
	struct sip_ours ours = { .branch = PLAN_BRANCH, .sx = PLAN_SX };
	struct ds_listener l = plan_listener(SENT_BY);
	struct ds_endpoint src = plan_place(SRC);
	char in[1024], want[1024], text[1024];
	unsigned char out[2048];
	struct sip_plan p = { 0 };
	struct sip_case s;
	size_t len;
	ssize_t n;

	snprintf(in, sizeof(in), "INVITE %s SIP/2.0\r\n" VIA_SRC MAX_FORWARDS REST, row->uri);
	sip_open(&s, in, strlen(in));
	check_reason(&s, REASON_none);
	sip_proxy_request(&s.b, &s.m, &src, &l, &ours, row->how ? &to : NULL, row->how, &p);
	check_int("too many", p.too_many, 0);
	check_int("growth is even", p.grow & 1, 0);
	n = plan_apply(&p, s.g.data, s.g.len, out, sizeof(out));
	snprintf(text, sizeof(text), "INVITE %s SIP/2.0\r\n" PUSHED VIA_SRC "Max-Forwards: 69\r\n" REST, row->want);
	len = plan_expand(want, sizeof(want), text, SENT_BY, 1);
	if ((len - strlen(in)) & 1)
		len = plan_expand(want, sizeof(want), text, SENT_BY, 2);
	check_mem("output", out, (size_t)n, want, len);
	sip_close(&s);
}

static const struct rewrite_row contact_rows[] = {
	{ "104 user and place", "sip:bob@example.com", "sip:bob@10.0.0.1:5070", "10.0.0.1:5070", 0, 1, "2" },
	{ "104 parameters of the Request-URI stay behind", "sip:bob@example.com:5099;maddr=1.2.3.4;method=INVITE",
	  "sip:bob@10.0.0.1", "10.0.0.1", 0, 0, "" },
	{ "104 those of the destination come", "sip:bob@h", "sip:bob@a.example:5061;transport=tcp",
	  "a.example:5061;transport=tcp", 0, 0, "" },
	{ "104 escapes, commas and semicolons of the user", "sip:%42ob;x,y?z@h", "sip:%42ob;x,y?z@10.0.0.1", "10.0.0.1",
	  0, 0, "" },
	{ "104 sips stays sips", "sips:bob@h", "sips:bob@10.0.0.1", "10.0.0.1", 0, 0, "" },
	{ "104 no user", "sip:h", "sip:[2001:db8::9]:5062", "[2001:db8::9]:5062", 0, 0, "" },
	{ "104 password", "sip:bob:secret@h", "sip:bob:secret@10.0.0.1", "10.0.0.1", 0, 0, "" },
	{ "104 tel", "tel:+4930-123;ext=1", "sip:+4930-123;ext=1@10.0.0.1;user=phone", "10.0.0.1", 0, 0, "" },
	{ "104 attributes", "sip:0049123@h", "sip:+49123@10.0.0.1", "10.0.0.1", USER, 4, "+49" },
	{ "104 a user that goes", "sip:12@h", "sip:10.0.0.1", "10.0.0.1", USER, 2, "" },
	{ "105 the same place", "sip:bob@10.0.0.1:5060", NULL, "10.0.0.1:5060", 0, 0, "" },
	{ "105 in other letters", "sip:bob@A.Example", NULL, "a.eXAMPLE", 0, 0, "" },
	{ "105 port 5060 and none are two", "sip:bob@10.0.0.1", "sip:bob@10.0.0.1:5060", "10.0.0.1:5060", 0, 0, "" },
	{ "105 a longer host", "sip:bob@a.example.org", "sip:bob@a.example", "a.example", 0, 0, "" },
	{ "105 one letter off", "sip:bob@b.example.org", "sip:bob@a.example.org", "a.example.org", 0, 0, "" },
	{ "105 another user", "sip:bob@a.example", "sip:9bob@a.example", "a.example", USER, 0, "9" },
	{ "105 attributes that are not applied", "sip:bob@a.example", NULL, "a.example", 0, 0, "9" },
	{ "105 the last octet of a long host",
	  "sip:bob@0123456789012345678901234567890123456789012345678901234567890123",
	  "sip:bob@012345678901234567890123456789012345678901234567890123456789012x",
	  "012345678901234567890123456789012345678901234567890123456789012x", 0, 0, "" },
};

/* The reply that the kernel builds, its frame being long enough. */
static void contacts(void **state)
{
	static const char more[] =
		"Subject: something that gives the answer the room that it takes, as all phones do\r\n";
	const struct rewrite_row *row = *state;
	struct ds_route route = { .code = 302, .line = LINE, .line_len = sizeof(LINE) - 1 };
	struct ds_dest_uri to = uri_of(row);
	struct sip_reply r = { .reason = REASON_routed_redirect, .tag = PLAN_BRANCH, .how = row->how };
	struct ds_endpoint src = plan_place(SRC);
	char in[1024], want[1024];
	unsigned char out[2048];
	struct sip_plan p = { 0 };
	struct sip_case s;
	ssize_t n;

	snprintf(in, sizeof(in), "INVITE %s SIP/2.0\r\n" VIA_SRC FROM TO CALL_ID CSEQ "%s%s\r\n", row->uri, more, more);
	sip_open(&s, in, strlen(in));
	check_reason(&s, REASON_none);
	check_int("loop", sip_is_redirect_loop(&s.c, &s.m, &to, row->how), !row->want);
	if (row->want) {
		sip_reply_take(&p, &r, &route);
		check_int("verdict", sip_reply_build(&s.c, &s.m, &src, &p, &r, &to), REASON_none);
		n = plan_apply_reply(&r, &p, s.g.data, s.g.len, out, sizeof(out));
		snprintf(want, sizeof(want),
			 LINE VIA_SRC FROM "To: Bob <sip:bob@example.com>;tag=sx0123456789abcdef\r\n" CALL_ID CSEQ
					   "Contact: <%s>\r\nContent-Length: 0\r\n\r\n",
			 row->want);
		check_mem("reply", out, (size_t)n, want, strlen(want));
	}
	sip_close(&s);
}

/* A host too long for the record gives way to the address, parameters that are to nothing. */
static void too_long(void **state)
{
	struct rewrite_row row = { .prefix = NULL };
	struct ds_dest_uri u;

	(void)state;
	row.host = "a01234567890123456789012345678901234567890123456789.example:5062;transport=udp";
	u = uri_of(&row);
	check_int("host", u.host_len, strlen(row.host) - 14);
	check_int("all", u.all_len, u.host_len);
	row.host = "aa01234567890123456789012345678901234567890123456789.example:5062";
	u = uri_of(&row);
	check_mem("address", u.host, u.host_len, "10.9.9.9:5060", 13);
	check_int("all", u.all_len, 13);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "Request-URI", requests, request_rows);
	test_rows(&tests, "Contact", contacts, contact_rows);
	test_add(&tests, "long hosts", too_long, NULL);
	return test_run(&tests, "rewrite");
}
