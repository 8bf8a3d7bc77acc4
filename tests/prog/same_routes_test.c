// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * same_routes_test.c - as same_test.c, with routes: the kernel's programs and the decision in user space by every action,
 * criterion and key that a configuration can have. SAME_SEED and SAME_COUNT (mutations) override what is below.
 */
#include "same.h"

#include "test.h"

#include "route_kernel.h"
#include "uri.h"

#define SAME_SEED 20251123
#define SAME_COUNT 2000

#define LIST4                                                                                                    \
	"1 sip:192.0.2.30 0 0 strip=1;prefix=+49\n1 sip:192.0.2.31 0 0 prefix=0\n1 sip:192.0.2.32:5070\n"        \
	"2 sip:192.0.2.33:5060\n2 sip:192.0.2.34;transport=tcp\n3 sip:192.0.2.35 4\n3 sip:192.0.2.36:5061 0 9\n" \
	"4 sip:192.0.2.30 4\n"
#define LIST6 "1 sip:[2001:db8::30] 0 0 strip=2\n1 sip:[2001:db8::31]:5070\n2 sip:[2001:db8::33]\n"
#define CONF4(more, routes) "interfaces = {lo}\nlisten \"192.0.2.1:5060\" {\n" more routes "}\n"
#define CONF6(more, routes) "interfaces = {lo}\nlisten \"[2001:db8::1]:5060\" {\n" more routes "}\n"
#define HASH "affinity = hash\n"

static const struct scene {
	const char *name;
	bool is_ip6;
	const char *list;
	const char *conf;
} scenes[] = {
	{ "replies", false, LIST4,
	  CONF4("",
		"route \"a\" { method = {\"REGISTER\"} action = reply code = 403 reason = \"Go Away\" "
		"headers = {\"Retry-After: 60\", \"X-A: b\"} }\n"
		"route \"b\" { method = {\"OPTIONS\", \"other\"} action = reply code = 501 reason = \"Not Implemented\" }\n"
		"route \"c\" { dialog = inside set = 1 }\n"
		"route \"d\" { user = {\"u\", \"+\", \"12\"} action = reply code = 604 reason = \"Does Not Exist Anywhere\" headers = {\"X: y\"} }\n"
		"route \"e\" { method = {\"INVITE\"} action = reply code = 486 }\n") },
	{ "redirects", false, LIST4,
	  CONF4("",
		"route \"a\" { method = {\"INVITE\"} user = {\"u\", \"b\", \"a\"} action = redirect code = 301 set = 1 "
		"algorithm = round-robin apply-attributes = yes }\n"
		"route \"b\" { method = {\"INVITE\", \"REGISTER\"} action = redirect set = 2 algorithm = to-uri "
		"user-only = yes headers = {\"X-A: b\"} }\n"
		"route \"c\" { action = redirect set = 3 next = {\"2 call-id\"} }\n") },
	{ "rewritten", false, LIST4,
	  CONF4(HASH,
		"route \"a\" { method = {\"REGISTER\"} action = host to = \"192.0.2.99:5099\" rewrite-host = yes }\n"
		"route \"b\" { method = {\"INVITE\", \"OPTIONS\"} set = 1 rewrite-host = yes apply-attributes = yes "
		"algorithm = request-uri }\n"
		"route \"c\" { set = 1 apply-attributes = yes algorithm = round-robin }\n") },
	{ "further sets", false, LIST4,
	  CONF4("", "route \"a\" { method = {\"INVITE\"} set = 4 next = {\"3 serial\", \"1 round-robin\"} }\n"
		    "route \"b\" { method = {\"REGISTER\"} set = 4 next = {\"2 to-uri\"} rewrite-host = yes }\n"
		    "route \"c\" { set = 4 }\n") },
	{ "keys", false, LIST4,
	  CONF4(HASH,
		"route \"a\" { method = {\"INVITE\"} set = 1 algorithm = key "
		"hash-key = \"parameter:user,parameter:transport,header:Subject,source-ip\" }\n"
		"route \"b\" { method = {\"REGISTER\"} set = 1 algorithm = key hash-key = \"auth-user,header:Contact,to-user\" }\n"
		"route \"c\" { method = {\"OPTIONS\"} set = 1 algorithm = key hash-key = \"request-user,parameter:lr,from-uri\" }\n"
		"route \"d\" { method = {\"SUBSCRIBE\", \"NOTIFY\", \"MESSAGE\", \"other\"} set = 1 algorithm = key "
		"hash-key = \"parameter:ttl,source\" }\n"
		"route \"e\" { set = 1 algorithm = from-uri user-only = yes hash-key = \"to-uri,call-id\" }\n") },
	{ "criteria", false, LIST4,
	  CONF4("",
		"route \"a\" { from-set = 2 method = {\"REGISTER\", \"INVITE\"} action = host to = \"192.0.2.99:6000\" }\n"
		"route \"b\" { from-set = 2 from-any-port = yes host = {\"example.com\", \"192.0.2.4\"} "
		"action = host to = \"192.0.2.99:6001\" }\n"
		"route \"c\" { source = {\"192.0.2.16/28\"} host = {\"example.com\", \"biloxi.com\", \"192.0.2.4\"} "
		"action = host to = \"192.0.2.99:6002\" }\n"
		"route \"d\" { transport = tcp action = drop }\n"
		"route \"e\" { transport = udp method = {\"INVITE\", \"CANCEL\"} user = {\"bob\", \"%\"} "
		"action = host to = \"192.0.2.99:6004\" }\n"
		"route \"f\" { dialog = inside method = {\"ACK\"} action = drop }\n"
		"route \"g\" { method = {\"OPTIONS\"} action = pass }\n"
		"route \"h\" { dialog = outside method = {\"INVITE\", \"BYE\"} action = drop }\n"
		"route \"i\" { from-set = none set = 1 }\n") },
	{ "NAT", false, LIST4,
	  CONF4("mode = nat\n", "route \"a\" { method = {\"INVITE\"} set = 1 algorithm = round-robin }\n"
				"route \"b\" { method = {\"REGISTER\"} set = 2 algorithm = to-uri }\n"
				"route \"c\" { dialog = inside set = 1 }\n"
				"route \"d\" { action = reply code = 404 }\n") },
	{ "IPv6", true, LIST6,
	  CONF6("", "route \"a\" { method = {\"INVITE\"} set = 1 rewrite-host = yes apply-attributes = yes }\n"
		    "route \"b\" { method = {\"REGISTER\"} action = redirect set = 2 }\n"
		    "route \"c\" { source = {\"2001:db8::/64\"} method = {\"OPTIONS\"} action = reply code = 480 }\n"
		    "route \"d\" { set = 1 algorithm = to-uri }\n") },
};

static struct same_side sides[TEST_COUNT(scenes)];
static struct mutate_messages corpus;
static size_t compared, beyond;

static int same_setup(void **state)
{
	const char *what;
	int err = route_kernel_enter(ROUTE_MTU_MAX, &what);

	(void)state;
	if (err) {
		print_error("cannot %s: %s\n", what, strerror(-err));
		return -1;
	}
	if (test_corpus())
		same_messages_corpus(&corpus, test_corpus());
	return 0;
}

static int same_teardown(void **state)
{
	(void)state;
	same_messages_free(&corpus);
	print_message("%zu compared, %zu of them beyond the kernel program's bounds\n", compared, beyond);
	return 0;
}

/* Senders: a client, a client of another network, and a destination. */
static const struct ds_endpoint *same_source(bool is_ip6, size_t n)
{
	static const char *const ip[2][3] = { { "192.0.2.20", "192.0.2.200", "192.0.2.33" },
					      { "2001:db8::20", "2001:db8:0:1::20", "2001:db8::30" } };
	static struct ds_endpoint e;

	memset(&e, 0, sizeof(e));
	assert_int_equal(uri_address(ip[is_ip6][n], &e.ip), 0);
	e.port_be = port_be16(n == 1 ? 5062 : 5060);
	return &e;
}

static const struct decision *same_one(size_t scene, size_t source, const unsigned char *data, size_t len)
{
	compared++;
	return same_side_run(&sides[scene], same_source(scenes[scene].is_ip6, source), data, len, &beyond);
}

/* The corpus, then mutations of it, by every kind of sender; each route acted on some. */
static void same_scene(void **state)
{
	static unsigned char out[DECIDE_PAYLOAD_MAX];
	const struct scene *scene = *state;
	size_t k = scene - scenes, i, n, acted[DS_ROUTES_MAX + 1] = { 0 };
	const char *count = getenv("SAME_COUNT");
	size_t mutations = count ? strtoul(count, NULL, 0) : SAME_COUNT;

	if (!test_corpus())
		test_skip("no corpus; SIPXDP_CORPUS says where it is");
	print_message("SAME_SEED=%llu\n", (unsigned long long)mutate_seed);
	same_side_make(&sides[k], scene->name, scene->list, scene->conf);
	for (i = 0; i < corpus.n; i++)
		for (n = 0; n < 3; n++)
			acted[1 + same_one(k, n, corpus.m[i].data, corpus.m[i].len)->route]++;
	for (i = 0; i < mutations; i++) {
		n = mutate_kinds[mutate_random(MUTATE_KINDS)].mutate(&corpus, out);
		same_one(k, mutate_random(3), out, n);
	}
	for (i = 0; i < sides[k].kernel.inst.listeners[0].half[1].routes; i++)
		print_message("route %zu: %zu of the corpus\n", i + 1, acted[i + 1]);
	same_side_free(&sides[k]);
}

int main(void)
{
	const char *given = getenv("SAME_SEED");
	struct test_list tests = { 0 };

	mutate_seed = given ? strtoull(given, NULL, 0) : SAME_SEED;
	test_rows(&tests, "routes", same_scene, scenes);
	return _cmocka_run_group_tests("same_routes", tests.test, tests.n, same_setup, same_teardown);
}
