// SPDX-License-Identifier: GPL-2.0-or-later
/* Which route a request matches: rules to tables and keys (ctl/routes.c), and the decision that reads them. */
#include "test.h"

#include <arpa/inet.h>

#include "decide.h"
#include "model.h"
#include "routes.h"
#include "uri.h"

#define ROUTES 4

/* A listener with rules, on its own. */
struct lab {
	struct decide_env env;
	struct ds_listener listener;
	struct ds_route_table table;
	struct routes_keys keys;
	struct ds_route routes[ROUTES];
	__u64 rr[DS_ROUTES_MAX];
};

static struct decision d;

static struct ds_endpoint place(const char *text, int port)
{
	struct ds_endpoint e = { .port_be = htons((__u16)port) };

	assert_int_equal(uri_address(text, &e.ip), 0);
	return e;
}

static __u32 lab_find(void *ctx, const struct ds_endpoint *at)
{
	(void)ctx;
	(void)at;
	return 0;
}

static __u64 lab_exact(void *ctx, const struct ds_route_exact *key)
{
	const struct lab *lab = ctx;

	return routes_exact(&lab->keys, key);
}

static __u64 lab_prefix(void *ctx, const struct ds_route_prefix *key)
{
	const struct lab *lab = ctx;

	return routes_prefix(&lab->keys, key);
}

static bool is_active(const void *ctx, const struct ds_dest *dest, const struct ds_member *member)
{
	(void)ctx;
	(void)dest;
	(void)member;
	return true;
}

struct row {
	const char *name;
	struct route_rule rule[ROUTES]; /* reply with 600 and so on, in order; from_set 0 means none here */
	const char *from;
	const char *line;   /* method and Request-URI */
	const char *to_tag; /* with its semicolon */
	int route;	    /* -1: none */
};

#define ANY                              \
	{                                \
		.action = DS_ACTION_DROP \
	}

static const struct row rows[] = {
	{ "no criterion", { ANY }, "192.0.2.20", "OPTIONS sip:a@b", "", 0 },
	{ "the first of two", { ANY, ANY }, "192.0.2.20", "OPTIONS sip:a@b", "", 0 },
	{ "no rule", { { .methods = 1u << DS_ROUTE_METHOD_INVITE } }, "192.0.2.20", "OPTIONS sip:a@b", "", -1 },
	{ "method", { { .methods = 1u << DS_ROUTE_METHOD_INVITE }, ANY }, "192.0.2.20", "OPTIONS sip:a@b", "", 1 },
	{ "ACK as INVITE", { { .methods = 1u << DS_ROUTE_METHOD_INVITE }, ANY }, "192.0.2.20", "ACK sip:a@b", "", 0 },
	{ "CANCEL as INVITE",
	  { { .methods = 1u << DS_ROUTE_METHOD_INVITE }, ANY },
	  "192.0.2.20",
	  "CANCEL sip:a@b",
	  "",
	  0 },
	{ "ACK that is named",
	  { { .methods = 1u << DS_ROUTE_METHOD_INVITE }, { .methods = 1u << DS_ROUTE_METHOD_ACK } },
	  "192.0.2.20",
	  "ACK sip:a@b",
	  "",
	  1 },
	{ "SUBSCRIBE", { { .methods = 1u << DS_ROUTE_METHOD_SUBSCRIBE } }, "192.0.2.20", "SUBSCRIBE sip:a@b", "", 0 },
	{ "no SUBSCRIBE",
	  { { .methods = 1u << DS_ROUTE_METHOD_SUBSCRIBE } },
	  "192.0.2.20",
	  "SUBSCRIBER sip:a@b",
	  "",
	  -1 },
	{ "INFO", { { .methods = 1u << DS_ROUTE_METHOD_INFO } }, "192.0.2.20", "INFO sip:a@b", "", 0 },
	{ "INFORM is other", { { .methods = 1u << DS_ROUTE_METHOD_other } }, "192.0.2.20", "INFORM sip:a@b", "", 0 },
	{ "in a dialog",
	  { { .dialog = ROUTE_DIALOG_OUTSIDE }, { .dialog = ROUTE_DIALOG_INSIDE } },
	  "192.0.2.20",
	  "BYE sip:a@b",
	  ";tag=x",
	  1 },
	{ "outside",
	  { { .dialog = ROUTE_DIALOG_INSIDE }, { .dialog = ROUTE_DIALOG_OUTSIDE } },
	  "192.0.2.20",
	  "BYE sip:a@b",
	  "",
	  1 },
	{ "user", { { .n_users = 1, .user = { "49" } }, ANY }, "192.0.2.20", "INVITE sip:4930@b", "", 0 },
	{ "other user", { { .n_users = 1, .user = { "49" } }, ANY }, "192.0.2.20", "INVITE sip:4@b", "", 1 },
	{ "no user", { { .n_users = 1, .user = { "49" } }, ANY }, "192.0.2.20", "INVITE sip:b", "", 1 },
	{ "the shorter of two prefixes comes first",
	  { { .n_users = 1, .user = { "49" } }, { .n_users = 1, .user = { "4930" } } },
	  "192.0.2.20",
	  "INVITE sip:49301@b",
	  "",
	  0 },
	{ "the longer one comes first",
	  { { .n_users = 1, .user = { "4930" } }, { .n_users = 1, .user = { "49" } } },
	  "192.0.2.20",
	  "INVITE sip:49401@b",
	  "",
	  1 },
	{ "sixteen octets",
	  { { .n_users = 1, .user = { "1234567890123456" } }, ANY },
	  "192.0.2.20",
	  "INVITE sip:12345678901234567@b",
	  "",
	  0 },
	{ "host in any case",
	  { { .n_hosts = 1, .host = { "Example.ORG" } }, ANY },
	  "192.0.2.20",
	  "INVITE sip:a@example.org:5070",
	  "",
	  0 },
	{ "host with the root's full stop",
	  { { .n_hosts = 1, .host = { "example.org" } }, ANY },
	  "192.0.2.20",
	  "INVITE sip:a@example.org.",
	  "",
	  0 },
	{ "other host",
	  { { .n_hosts = 1, .host = { "example.org" } }, ANY },
	  "192.0.2.20",
	  "INVITE sip:a@b.example.org",
	  "",
	  1 },
	{ "IPv6 host by value",
	  { { .n_hosts = 1, .host = { "[2001:db8::1]" } }, ANY },
	  "192.0.2.20",
	  "INVITE sip:a@[2001:DB8:0::1]",
	  "",
	  0 },
	{ "two criteria",
	  { { .n_users = 1, .user = { "49" }, .n_hosts = 1, .host = { "b" } }, ANY },
	  "192.0.2.20",
	  "INVITE sip:49@c",
	  "",
	  1 },
};

static void match(void **state)
{
	const struct row *row = *state;
	struct ds_endpoint src = place(row->from, 5060);
	struct routes_of of = { .n = 0 };
	struct route_rule rule[ROUTES];
	struct lab lab = { .listener = { .at = place("192.0.2.1", 5060) } };
	const char *space = strchr(row->line, ' ');
	char text[1024];
	int i, n;

	memcpy(rule, row->rule, sizeof(rule));
	for (i = 0; i < ROUTES; i++) {
		if (!memcmp(&rule[i], &(struct route_rule){ 0 }, sizeof(rule[i])))
			break;
		rule[i].from_set = -1;
		rule[i].action = DS_ACTION_DROP;
		of.rule[of.n++] = &rule[i];
		lab.routes[i] = routes_record(&rule[i], 0, false);
	}
	lab.env = (struct decide_env){ .key = { 1, 2 },
				       .listener = &lab.listener,
				       .mode = DS_MODE_PROXY,
				       .table = &lab.table,
				       .routes = lab.routes,
				       .exact = lab_exact,
				       .prefix = lab_prefix,
				       .find = lab_find,
				       .rr = lab.rr,
				       .ctx = &lab };
	assert_int_equal(routes_make(&of, NULL, lab.env.key, is_active, NULL, &lab.table, &lab.keys), 0);
	n = snprintf(text, sizeof(text),
		     "%s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bKa\r\nFrom: <sip:x@y>;tag=1\r\n"
		     "To: <sip:a@b>%s\r\nCall-ID: c\r\nCSeq: 1 %.*s\r\nContent-Length: 0\r\n\r\n",
		     row->line, row->to_tag, (int)(space - row->line), row->line);
	decide(&lab.env, &src, (const unsigned char *)text, (size_t)n, &d);
	routes_free(&lab.keys);
	check_int("route", d.route, row->route);
	check_int("reason", d.reason, row->route < 0 ? REASON_no_action : REASON_routed_drop);
}

/* The lowest bit of any word, as the kernel finds it without counting zeros. */
static void first(void **state)
{
	__u32 i, j;

	(void)state;
	for (i = 0; i < DS_ROUTES_MAX; i++)
		for (j = i; j < DS_ROUTES_MAX; j++)
			check_int("first", ds_route_first(1ull << i | 1ull << j), i);
}

static void reply_text(void **state)
{
	struct route_rule rule = { .action = DS_ACTION_REPLY,
				   .code = 404,
				   .reason = "Not Here",
				   .n_headers = 2,
				   .header = { "Retry-After: 60", "Server: x" } };
	struct ds_route r = routes_record(&rule, 0, false);

	(void)state;
	check_int("line", r.line_len, 22);
	assert_memory_equal(r.line, "SIP/2.0 404 Not Here\r\n", 22);
	check_int("headers", r.headers_len, 28);
	assert_memory_equal(r.headers, "Retry-After: 60\r\nServer: x\r\n", 28);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "route", match, rows);
	test_add(&tests, "the lowest bit", first, NULL);
	test_add(&tests, "text of a reply", reply_text, NULL);
	return _cmocka_run_group_tests("routes", tests.test, tests.n, NULL, NULL);
}
