// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * redirect_test.c - requests that a route answers with a destination's place, or sends on with a Request-URI for it, octet
 * by octet, in the kernel and in user space. sip-rules 104 to 108.
 */
#include "test.h"

#include <arpa/inet.h>

#include "prog_routes.h"

#define VIA "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\n"
#define VIA_BACK "Via: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P\r\n"
#define FROM "From: <sip:alice@example.com>;tag=a1\r\n"
#define TO "To: <sip:bob@example.com>\r\n"
#define TO_BACK "To: <sip:bob@example.com>;tag=%T\r\n"
#define ID(method) "Call-ID: c1@example.com\r\nCSeq: 1 " method "\r\n"
#define MAX "Max-Forwards: 70\r\n"
#define REST \
	"User-Agent: a client whose name is long enough to make room for what a reply has more\r\nContent-Length: 0\r\n\r\n"
#define START(method, uri) method " " uri " SIP/2.0\r\n"
#define REQUEST(method, uri) START(method, uri) VIA MAX FROM TO ID(method) REST
#define INSIDE(method, uri) START(method, uri) VIA MAX FROM "To: <sip:bob@example.com>;tag=uas\r\n" ID(method) REST
#define MOVED "SIP/2.0 302 Moved Temporarily\r\n" VIA_BACK FROM TO_BACK
#define NO_BODY "Content-Length: 0\r\n\r\n"

#define REDIRECT "set = 3 action = redirect"
#define BOB "sip:bob@example.com"

static char text[PROG_TEXT_MAX];

/* Set 3 is the second destination of the listener, known as `host`, with strip=2 and prefix=+49. */
static void scene(enum ds_mode mode, int is_ip6, const char *const *route, const char *host)
{
	__u32 l = is_ip6 ? PROG_L6 : PROG_L4, dest = PROG_DEST(l, 1), half, at;
	struct ds_dest_uri uri = { .strip = 2, .prefix = "+49", .prefix_len = 3 };
	size_t n;

	for (n = 0; route[n]; n++)
		;
	prog_scene(mode, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	prog_routes(l, route, n, NULL);
	prog_set(3, l, DS_ALGORITHM_CALL_ID, dest, 1);
	prog_set(l == PROG_L6 ? 2 : 1, l, DS_ALGORITHM_CALL_ID, PROG_DEST(l, 0), PROG_DESTS);
	prog.sets[3].id = prog.dests[dest].set = 3;
	uri.all_len = (__u8)strlen(host);
	uri.host_len = (__u8)strcspn(host, ";");
	memcpy(uri.host, host, uri.all_len);
	for (half = 0; half < 2; half++) {
		at = ds_dest_uri_at(half, dest);
		prog_put("dest_uris", &at, &uri);
	}
}

/* User space does the same: verdict, reason and, where both have any, octets. */
static void check_same(const struct prog_run *r, const struct pkt_view *v, int is_ip6, const struct pkt *p)
{
	static const char *const verdicts[] = {
#define X(name, help) #name,
		VERDICT_LIST(X)
#undef X
	};
	static const char *const reasons[] = {
#define X(name, code, help) #name,
		REASON_LIST(X)
#undef X
	};
	const struct decision *d;

	/* as if the call had not been there before */
	memset(prog.calls, 0, PROG_CALLS_BUCKETS * sizeof(*prog.calls));
	d = prog_decide(is_ip6 ? PROG_L6 : PROG_L4, p);
	check_str("verdict in user space", verdicts[d->verdict], r->verdict);
	check_str("reason in user space", reasons[d->reason], r->reason);
	if (v)
		check_mem("octets in user space", d->out, d->out_len, v->payload, v->len);
}

struct redirect_row {
	const char *name;
	const char *route[3];
	const char *host;
	const char *in;
	const char *reason;
	const char *out; /* NULL: dropped */
};

static const struct redirect_row redirect_rows[] = {
	{ "104 302 to the destination",
	  { REDIRECT },
	  "a.example:5070",
	  REQUEST("INVITE", BOB),
	  "routed_redirect",
	  MOVED ID("INVITE") "Contact: <sip:bob@a.example:5070>\r\n" NO_BODY },
	{ "104 301, its own phrase and a header",
	  { REDIRECT " code = 301 reason = \"Gone For Good\" headers = {\"Expires: 60\"}" },
	  "192.0.2.77",
	  REQUEST("INVITE", BOB),
	  "routed_redirect",
	  "SIP/2.0 301 Gone For Good\r\n" VIA_BACK FROM TO_BACK ID(
		  "INVITE") "Contact: <sip:bob@192.0.2.77>\r\nExpires: 60\r\n" NO_BODY },
	{ "104 another transport",
	  { REDIRECT },
	  "a.example;transport=tcp",
	  REQUEST("INVITE", BOB),
	  "routed_redirect",
	  MOVED ID("INVITE") "Contact: <sip:bob@a.example;transport=tcp>\r\n" NO_BODY },
	{ "104 attributes",
	  { REDIRECT " apply-attributes = yes" },
	  "a.example",
	  REQUEST("INVITE", "sip:0030123@x"),
	  "routed_redirect",
	  MOVED ID("INVITE") "Contact: <sip:+4930123@a.example>\r\n" NO_BODY },
	{ "104 sips",
	  { REDIRECT },
	  "a.example",
	  REQUEST("INVITE", "sips:bob@example.com"),
	  "routed_redirect",
	  MOVED ID("INVITE") "Contact: <sips:bob@a.example>\r\n" NO_BODY },
	{ "105 to the Request-URI itself",
	  { REDIRECT },
	  "example.com",
	  REQUEST("INVITE", BOB),
	  "redirect_loop",
	  "SIP/2.0 404 Not Found\r\n" VIA_BACK FROM TO_BACK ID("INVITE") NO_BODY },
	{ "106 an unknown method",
	  { REDIRECT },
	  "a.example",
	  REQUEST("FOO", BOB),
	  "routed_redirect",
	  MOVED ID("FOO") "Contact: <sip:bob@a.example>\r\n" NO_BODY },
	{ "106 no hop left and an extension",
	  { REDIRECT },
	  "a.example",
	  START("INVITE", BOB) VIA "Max-Forwards: 0\r\nProxy-Require: foo\r\nRequire: bar\r\n" FROM TO ID("INVITE")
		  REST,
	  "routed_redirect",
	  MOVED ID("INVITE") "Contact: <sip:bob@a.example>\r\n" NO_BODY },
	{ "107 an ACK", { REDIRECT }, "a.example", REQUEST("ACK", BOB), "ack_no_call", NULL },
	{ "107 a CANCEL", { REDIRECT }, "a.example", REQUEST("CANCEL", BOB), "cancel_no_call", NULL },
	{ "107 in a dialog",
	  { REDIRECT },
	  "a.example",
	  INSIDE("INFO", BOB),
	  "no_action",
	  "SIP/2.0 404 Not Found\r\n" VIA_BACK FROM "To: <sip:bob@example.com>;tag=uas\r\n" ID("INFO") NO_BODY },
	{ "a fault",
	  { REDIRECT },
	  "a.example",
	  START("INVITE", BOB) VIA MAX TO ID("INVITE") REST,
	  "bad_from",
	  "SIP/2.0 400 Bad Request\r\n" VIA_BACK TO_BACK ID("INVITE") NO_BODY },
};

/* Both families, in every mode that has routes; 108: sent again, the same. */
static void redirects(void **state)
{
	static const enum ds_mode modes[] = { DS_MODE_PROXY, DS_MODE_NAT, DS_MODE_DSR };
	const struct redirect_row *row = *state;
	int is_redirect = !strcmp(row->reason, "routed_redirect"), i, k;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;

	for (i = 0; i < 6; i++) {
		scene(modes[i / 2], i & 1, row->route, row->host);
		p = prog_from_client(i & 1);
		p.len = prog_text(text, row->in, i & 1);
		p.payload = text;
		for (k = 0; k < 2; k++) {
			prog_packet(&r, PROG_IN, &p);
			prog_check(&r, row->out ? XDP_TX : XDP_DROP,
				   is_redirect ? "redirect"
				   : row->out  ? "reply"
					       : "drop",
				   row->reason);
			if (!row->out)
				continue;
			prog_check_out(&r, &v, PKT_SUM_VALID);
			prog_check_endpoint("destination", &v.dst, &p.src);
			prog_check_text("reply", v.payload, v.len, row->out, i & 1);
		}
		check_same(&r, row->out ? &v : NULL, i & 1, &p);
	}
}

/* The ACK to a redirect has a To tag: the route does not match it, and it ends here nevertheless. */
static void acknowledged(void **state)
{
	static const char *const route[] = { REDIRECT, NULL };
	struct pkt p = prog_from_client(0);
	struct prog_run r;
	struct pkt_view v;
	char tag[32];

	(void)state;
	scene(DS_MODE_PROXY, 0, route, "a.example");
	p.len = prog_text(text, REQUEST("INVITE", BOB), 0);
	p.payload = text;
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_TX, "redirect", "routed_redirect");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	snprintf(tag, sizeof(tag), "%.18s", (const char *)memmem(v.payload, v.len, ">;tag=sx", 8) + 6);
	p.len = prog_text(text, INSIDE("ACK", BOB), 0);
	prog_replace(text, ";tag=uas", ";tag=0123456789abcdef01", 0);
	p.len = strlen(text);
	memcpy(strstr(text, ";tag=0123") + 5, tag, 18);
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_DROP, "drop", "ack_own_reply");
}

/* 105: never to the listener itself, whatever its name. */
static void to_ourselves(void **state)
{
	static const char *const route[] = { REDIRECT, NULL };
	struct pkt p = prog_from_client(0);
	struct prog_run r;

	(void)state;
	scene(DS_MODE_PROXY, 0, route, "a.example");
	prog.dests[PROG_DEST(PROG_L4, 1)].at = p.dst;
	p.len = prog_text(text, REQUEST("INVITE", BOB), 0);
	p.payload = text;
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_TX, "reply", "redirect_loop");
}

struct rewrite_row {
	const char *name;
	const char *route[3];
	const char *in;
	const char *uri; /* what it leaves with */
};

#define HOST "set = 3 rewrite-host = yes"
#define USER "set = 3 apply-attributes = yes"

static const struct rewrite_row rewrite_rows[] = {
	{ "the host",
	  { HOST },
	  REQUEST("INVITE", "sip:bob@example.com:5099;user=phone"),
	  "sip:bob@a.example:5070;user=phone" },
	{ "the user", { USER }, REQUEST("INVITE", "sip:0030123@example.com"), "sip:+4930123@example.com" },
	{ "both",
	  { HOST " apply-attributes = yes" },
	  REQUEST("INVITE", "sip:0030123@example.com"),
	  "sip:+4930123@a.example:5070" },
	{ "neither", { "set = 3" }, REQUEST("INVITE", "sip:0030123@example.com"), "sip:0030123@example.com" },
	{ "a CANCEL as its INVITE", { HOST }, REQUEST("CANCEL", BOB), "sip:bob@a.example:5070" },
	{ "in a dialog it is the other side's", { HOST }, INSIDE("BYE", BOB), BOB },
	{ "REGISTER", { HOST }, REQUEST("REGISTER", "sip:example.com"), "sip:a.example:5070" },
};

/* What the message says of its URI, in the place of that of the row. */
static void with_uri(char *want, size_t size, const char *in, const char *uri)
{
	const char *line = strstr(in, "\r\n"), *rest = line + 2 + strlen(VIA MAX);
	size_t method = strcspn(in, " ");

	snprintf(want, size, "%.*s %s SIP/2.0\r\n%s%s", (int)method, in, uri, "%V" VIA_BACK "Max-Forwards: 69\r\n",
		 rest);
}

static void rewrites(void **state)
{
	const struct rewrite_row *row = *state;
	char want[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i, sum;

	with_uri(want, sizeof(want), row->in, row->uri);
	for (i = 0; i < 6; i++) {
		sum = i / 2;
		if (i & 1 && sum == PKT_SUM_NONE)
			continue;
		scene(DS_MODE_PROXY, i & 1, row->route, "a.example:5070;transport=udp");
		p = prog_from_client(i & 1);
		p.len = prog_text(text, row->in, i & 1);
		p.payload = text;
		p.sum = (enum pkt_sum)sum;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, sum == PKT_SUM_NONE ? PKT_SUM_NONE : PKT_SUM_VALID);
		prog_check_text("request", v.payload, v.len, want, i & 1);
		check_same(&r, &v, i & 1, &p);
	}
}

/* To one place: its address in the Request-URI. */
static void rewrites_for_one(void **state)
{
	static const char *const routes[2][2] = {
		{ "action = host to = \"198.51.100.14:6000\" rewrite-host = yes", NULL },
		{ "action = host to = \"[2001:db8:2::14]:6000\" rewrite-host = yes", NULL },
	};
	static const char *const uris[] = { "sip:bob@198.51.100.14:6000", "sip:bob@[2001:db8:2::14]:6000" };
	char want[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_PROXY, i, routes[i], "a.example");
		p = prog_from_client(i);
		p.len = prog_text(text, REQUEST("INVITE", BOB), i);
		p.payload = text;
		with_uri(want, sizeof(want), REQUEST("INVITE", BOB), uris[i]);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request_host");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		prog_check_text("request", v.payload, v.len, want, i);
		check_same(&r, &v, i, &p);
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "redirect", redirects, redirect_rows);
	test_add(&tests, "108 acknowledged", acknowledged, NULL);
	test_add(&tests, "105 to ourselves", to_ourselves, NULL);
	test_rows(&tests, "rewrite", rewrites, rewrite_rows);
	test_add(&tests, "rewrite for one place", rewrites_for_one, NULL);
	failed = test_run(&tests, "redirect");
	prog_close();
	return failed;
}
