// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * routes_test.c - which of a listener's routes a request matches in the kernel: every criterion, and the first one among
 * many. Each route forwards to a port of its own, so that the frame says which it was. User space finds the same one.
 */
#include "test.h"

#include <arpa/inet.h>

#include "prog_routes.h"

#define RULES 4
#define CLIENT "192.0.2.20 5062"
#define CLIENT6 "2001:db8:1::20 5062"
#define PEER "192.0.2.30 5060"
#define DEST "198.51.100.11 5070"
#define DEST6 "2001:db8:2::11 5070"
#define OPTIONS "OPTIONS sip:bob@example.com"
#define ANY ""

/* Set 5 of the rows: two peers, a destination of each listener, one that is disabled, one by another transport. */
static const char list[] = "5 sip:192.0.2.30\n5 sip:[2001:db8:1::30]:5080\n5 sip:198.51.100.11:5070\n"
			   "5 sip:[2001:db8:2::11]:5070\n5 sip:192.0.2.31 4\n5 sip:192.0.2.32;transport=tcp\n"
			   "6 sip:192.0.2.33\n";

static char text[PROG_TEXT_MAX];

/* A request, from "ADDRESS PORT", by its method and Request-URI. */
static struct pkt request(const char *from, const char *line, const char *to_tag)
{
	const char *blank = strchr(from, ' ');
	int is_ip6 = strchr(from, ':') != NULL;
	struct pkt p = prog_from_client(is_ip6);
	char ip[64];

	snprintf(ip, sizeof(ip), "%.*s", (int)(blank - from), from);
	p.src = pkt_endpoint(ip, (unsigned int)atoi(blank));
	p.len = (size_t)snprintf(text, sizeof(text),
				 "%s SIP/2.0\r\nVia: SIP/2.0/UDP %s%s%s:%s;branch=z9hG4bKx1;rport\r\n"
				 "Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a1\r\n"
				 "To: <sip:bob@example.com>%s\r\nCall-ID: c1@example.com\r\nCSeq: 1 %.*s\r\n"
				 "User-Agent: long enough to leave room for what an answer has more\r\n"
				 "Content-Length: 0\r\n\r\n",
				 line, is_ip6 ? "[" : "", ip, is_ip6 ? "]" : "", blank + 1, to_tag,
				 (int)strcspn(line, " "), line);
	p.payload = text;
	return p;
}

static void scene(const char *const *route, size_t n)
{
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_HASH);
	prog_routes(PROG_L4, route, n, list);
	prog_routes(PROG_L6, route, n, list);
}

/* The route by the port that it sends to, -1: none. */
static int matched(const struct pkt *p)
{
	int from_dest = p->src.ip.w[2] != htonl(0xffff) ? p->src.ip.w[1] == htonl(0x20000)
							: (ntohl(p->src.ip.w[3]) >> 24) == 198;
	struct prog_run r;
	struct pkt_view v;

	prog_packet(&r, from_dest ? PROG_OUT : PROG_IN, p);
	if (!strcmp(r.reason, "no_action"))
		return -1;
	if (r.action != XDP_REDIRECT && r.action != XDP_TX)
		prog_check(&r, XDP_REDIRECT, "forward", "request_host");
	check_str("reason", r.reason, "request_host");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	return (int)(ntohs(v.dst.port_be) - PROG_ROUTE_PORT(0));
}

static size_t count_rules(const char *const *rule)
{
	size_t n = 0;

	while (n < RULES && rule[n])
		n++;
	return n;
}

struct row {
	const char *name;
	const char *rule[RULES];
	const char *from;
	const char *line;
	const char *to_tag;
	int route; /* -1: none */
};

static const struct row method_rows[] = {
	{ "the one that is named", { "method = {BYE, OPTIONS}", ANY }, CLIENT, OPTIONS, "", 0 },
	{ "one that is not", { "method = {BYE, INVITE}", ANY }, CLIENT, OPTIONS, "", 1 },
	{ "none left", { "method = {BYE, INVITE}" }, CLIENT, OPTIONS, "", -1 },
	{ "ACK as INVITE", { "method = {INVITE}", ANY }, CLIENT, "ACK sip:bob@example.com", ";tag=u", 0 },
	{ "CANCEL as INVITE", { "method = {INVITE}", ANY }, CLIENT, "CANCEL sip:bob@example.com", "", 0 },
	{ "ACK that another names",
	  { "method = {INVITE}", ANY, "method = {ACK}" },
	  CLIENT,
	  "ACK sip:bob@example.com",
	  ";tag=u",
	  2 },
	{ "CANCEL that another names",
	  { "method = {INVITE}", "method = {CANCEL}", ANY },
	  CLIENT,
	  "CANCEL sip:bob@example.com",
	  "",
	  1 },
	{ "ACK is named, CANCEL still as INVITE",
	  { "method = {ACK}", "method = {INVITE}", ANY },
	  CLIENT,
	  "CANCEL sip:bob@example.com",
	  "",
	  1 },
	{ "ACK where INVITE has no route", { "method = {OPTIONS}" }, CLIENT, "ACK sip:bob@example.com", ";tag=u", -1 },
	{ "REGISTER", { "method = {REGISTER}", ANY }, CLIENT, "REGISTER sip:example.com", "", 0 },
	{ "SUBSCRIBE", { "method = {SUBSCRIBE}", ANY }, CLIENT, "SUBSCRIBE sip:b@example.com", "", 0 },
	{ "SUBSCRIBX is other", { "method = {SUBSCRIBE}", "method = {other}" }, CLIENT, "SUBSCRIBX sip:b@b", "", 1 },
	{ "NOTIFY", { "method = {NOTIFY}", ANY }, CLIENT, "NOTIFY sip:b@example.com", "", 0 },
	{ "PUBLISH", { "method = {PUBLISH}", ANY }, CLIENT, "PUBLISH sip:b@example.com", "", 0 },
	{ "MESSAGE", { "method = {MESSAGE}", ANY }, CLIENT, "MESSAGE sip:b@example.com", "", 0 },
	{ "INFO", { "method = {INFO}", ANY }, CLIENT, "INFO sip:b@example.com", "", 0 },
	{ "UPDATE", { "method = {UPDATE}", ANY }, CLIENT, "UPDATE sip:b@example.com", "", 0 },
	{ "PRACK", { "method = {PRACK}", ANY }, CLIENT, "PRACK sip:b@example.com", "", 0 },
	{ "REFER", { "method = {REFER}", ANY }, CLIENT, "REFER sip:b@example.com", "", 0 },
	{ "methods are case-sensitive", { "method = {INFO}", "method = {other}" }, CLIENT, "info sip:b@b", "", 1 },
	{ "other is none of those named", { "method = {other}", ANY }, CLIENT, "REFER sip:b@b", "", 1 },
	{ "a method of one letter", { "method = {other}", ANY }, CLIENT, "X sip:b@b", "", 0 },
	{ "a method of sixteen letters", { "method = {other}", ANY }, CLIENT, "ABCDEFGHIJKLMNOP sip:b@b", "", 0 },
};

static const struct row dialog_rows[] = {
	{ "inside", { "dialog = inside", ANY }, CLIENT, "BYE sip:bob@example.com", ";tag=u", 0 },
	{ "not inside", { "dialog = inside", ANY }, CLIENT, "BYE sip:bob@example.com", "", 1 },
	{ "outside", { "dialog = outside", ANY }, CLIENT, OPTIONS, "", 0 },
	{ "not outside", { "dialog = outside", ANY }, CLIENT, OPTIONS, ";tag=u", 1 },
	{ "any", { "dialog = any", ANY }, CLIENT, OPTIONS, ";tag=u", 0 },
	{ "a tag of the URI is none", { "dialog = inside", ANY }, CLIENT, "OPTIONS sip:bob@example.com;tag=u", "", 1 },
};

#define SET "from-set = 5"

static const struct row set_rows[] = {
	{ "a member", { SET, ANY }, PEER, OPTIONS, "", 0 },
	{ "a member's other port", { SET, ANY }, "192.0.2.30 5061", OPTIONS, "", 1 },
	{ "whatever its port", { SET " from-any-port = yes", ANY }, "192.0.2.30 5061", OPTIONS, "", 0 },
	{ "no member", { SET " from-any-port = yes", ANY }, CLIENT, OPTIONS, "", 1 },
	{ "a member of another set", { SET, "from-set = 6", ANY }, "192.0.2.33 5060", OPTIONS, "", 1 },
	{ "a set that is not there", { "from-set = 7", ANY }, PEER, OPTIONS, "", 1 },
	{ "none: from anywhere", { "from-set = none", ANY }, PEER, OPTIONS, "", 0 },
	{ "IPv6", { SET, ANY }, "2001:db8:1::30 5080", OPTIONS, "", 0 },
	{ "IPv6, its other port", { SET, ANY }, "2001:db8:1::30 5060", OPTIONS, "", 1 },
	{ "IPv6, whatever its port", { SET " from-any-port = yes", ANY }, "2001:db8:1::30 5060", OPTIONS, "", 0 },
	{ "one that is not active", { SET, ANY }, "192.0.2.31 5060", OPTIONS, "", 0 },
	{ "only active ones", { SET " from-active = yes", ANY }, "192.0.2.31 5060", OPTIONS, "", 1 },
	{ "only active ones, and it is", { SET " from-active = yes", ANY }, PEER, OPTIONS, "", 0 },
	{ "a member by TCP", { SET, ANY }, "192.0.2.32 5060", OPTIONS, "", 1 },
	{ "whatever the transport", { SET " from-any-transport = yes", ANY }, "192.0.2.32 5060", OPTIONS, "", 0 },
	{ "a destination of the listener", { ANY, SET }, DEST, OPTIONS, "", 1 },
	{ "a destination over IPv6", { ANY, SET }, DEST6, OPTIONS, "", 1 },
};

static const struct row source_rows[] = {
	{ "a network", { "source = {192.0.2.0/24}", ANY }, CLIENT, OPTIONS, "", 0 },
	{ "another network", { "source = {192.0.3.0/24}", ANY }, CLIENT, OPTIONS, "", 1 },
	{ "an address", { "source = {192.0.2.20}", ANY }, CLIENT, OPTIONS, "", 0 },
	{ "the address beside it", { "source = {192.0.2.21}", ANY }, CLIENT, OPTIONS, "", 1 },
	{ "bits that are no octets: the last inside",
	  { "source = {192.0.2.16/29}", ANY },
	  "192.0.2.23 1",
	  OPTIONS,
	  "",
	  0 },
	{ "bits that are no octets: the first outside",
	  { "source = {192.0.2.16/29}", ANY },
	  "192.0.2.24 1",
	  OPTIONS,
	  "",
	  1 },
	{ "of two networks the second",
	  { "source = {\"203.0.113.0/24\", \"192.0.2.20/32\"}", ANY },
	  CLIENT,
	  OPTIONS,
	  "",
	  0 },
	{ "the wide one comes first",
	  { "source = {192.0.0.0/16}", "source = {192.0.2.0/24}", "source = {192.0.2.20}" },
	  CLIENT,
	  OPTIONS,
	  "",
	  0 },
	{ "the narrow one comes first, but is another",
	  { "source = {192.0.2.21}", "source = {192.0.2.0/24}" },
	  CLIENT,
	  OPTIONS,
	  "",
	  1 },
	{ "all of IPv4", { "source = {0.0.0.0/0}", ANY }, CLIENT, OPTIONS, "", 0 },
	{ "all of IPv4 and IPv6", { "source = {0.0.0.0/0}", ANY }, CLIENT6, OPTIONS, "", 1 },
	{ "all of both", { "source = {\"::/0\"}", ANY }, CLIENT, OPTIONS, "", 0 },
	{ "a network of IPv6", { "source = {\"2001:db8:1::/48\"}", ANY }, CLIENT6, OPTIONS, "", 0 },
	{ "an address of IPv6", { "source = {\"2001:db8:1::20\"}", ANY }, CLIENT6, OPTIONS, "", 0 },
	{ "the address of IPv6 beside it", { "source = {\"2001:db8:1::21\"}", ANY }, CLIENT6, OPTIONS, "", 1 },
	{ "a destination of the listener", { ANY, "source = {198.51.100.0/24}" }, DEST, OPTIONS, "", 1 },
};

#define USER(n) "user = {\"" n "\"}"

static const struct row user_rows[] = {
	{ "its first octets", { USER("49"), ANY }, CLIENT, "INVITE sip:4930@b", "", 0 },
	{ "all of it", { USER("4930"), ANY }, CLIENT, "INVITE sip:4930@b", "", 0 },
	{ "shorter than the prefix", { USER("4930"), ANY }, CLIENT, "INVITE sip:493@b", "", 1 },
	{ "another one", { USER("49"), ANY }, CLIENT, "INVITE sip:439@b", "", 1 },
	{ "no user", { USER("b"), ANY }, CLIENT, "INVITE sip:b", "", 1 },
	{ "eight octets", { USER("12345678"), ANY }, CLIENT, "INVITE sip:12345678@b", "", 0 },
	{ "eight octets of nine", { USER("12345678"), ANY }, CLIENT, "INVITE sip:123456789@b", "", 0 },
	{ "nine octets of eight", { USER("123456789"), ANY }, CLIENT, "INVITE sip:12345678@b", "", 1 },
	{ "sixteen octets", { USER("1234567890123456"), ANY }, CLIENT, "INVITE sip:1234567890123456@b", "", 0 },
	{ "sixteen octets of many",
	  { USER("1234567890123456"), ANY },
	  CLIENT,
	  "INVITE sip:12345678901234567890123456789012345678901234567890@b",
	  "",
	  0 },
	{ "the sixteenth differs", { USER("1234567890123456"), ANY }, CLIENT, "INVITE sip:1234567890123457@b", "", 1 },
	{ "a plus is an octet", { USER("+49"), ANY }, CLIENT, "INVITE sip:+4930;phone-context=x@b", "", 0 },
	{ "case counts", { USER("Bob"), ANY }, CLIENT, "INVITE sip:bob@b", "", 1 },
	{ "escapes as they stand", { USER("%34"), ANY }, CLIENT, "INVITE sip:%349@b", "", 0 },
	{ "escapes are not undone", { USER("49"), ANY }, CLIENT, "INVITE sip:%349@b", "", 1 },
	{ "a user with a password", { USER("bob"), ANY }, CLIENT, "INVITE sip:bob:secret@b", "", 0 },
	{ "of many the last", { "user = {1, 2, 3, 4, 5, 6, 7, 8}", ANY }, CLIENT, "INVITE sip:8@b", "", 0 },
	{ "the shorter comes first", { USER("49"), USER("4930"), ANY }, CLIENT, "INVITE sip:4930@b", "", 0 },
	{ "the longer comes first", { USER("4930"), USER("49"), ANY }, CLIENT, "INVITE sip:4930@b", "", 0 },
	{ "the longer comes first, but is another",
	  { USER("4931"), USER("49"), ANY },
	  CLIENT,
	  "INVITE sip:4930@b",
	  "",
	  1 },
	{ "over IPv6", { USER("49"), ANY }, CLIENT6, "INVITE sip:4930@b", "", 0 },
};

#define HOST(h) "host = {\"" h "\"}"

static const struct row host_rows[] = {
	{ "a name", { HOST("example.org"), ANY }, CLIENT, "INVITE sip:a@example.org", "", 0 },
	{ "in another case", { HOST("Example.org"), ANY }, CLIENT, "INVITE sip:a@eXAMPLE.ORG:5070", "", 0 },
	{ "with the root's full stop", { HOST("example.org"), ANY }, CLIENT, "INVITE sip:a@example.org.", "", 0 },
	{ "with the root's full stop in the file",
	  { HOST("example.org."), ANY },
	  CLIENT,
	  "INVITE sip:a@example.org",
	  "",
	  0 },
	{ "without a user", { HOST("example.org"), ANY }, CLIENT, "REGISTER sip:example.org", "", 0 },
	{ "with parameters", { HOST("example.org"), ANY }, CLIENT, "INVITE sip:a@example.org;transport=udp", "", 0 },
	{ "a longer name", { HOST("example.org"), ANY }, CLIENT, "INVITE sip:a@b.example.org", "", 1 },
	{ "a shorter name", { HOST("example.org"), ANY }, CLIENT, "INVITE sip:a@xample.org", "", 1 },
	{ "one that differs by the eighth bit", { HOST("example.org"), ANY }, CLIENT, "INVITE sip:a@example-org", "", 1 },
	{ "of two the second", { "host = {a.example, b.example}", ANY }, CLIENT, "INVITE sip:x@b.example", "", 0 },
	{ "IPv4", { HOST("192.0.2.9"), ANY }, CLIENT, "INVITE sip:a@192.0.2.9:5099", "", 0 },
	{ "another IPv4", { HOST("192.0.2.9"), ANY }, CLIENT, "INVITE sip:a@192.0.2.90", "", 1 },
	{ "IPv6 by value", { HOST("[2001:db8::1]"), ANY }, CLIENT, "INVITE sip:a@[2001:DB8:0::0:1]", "", 0 },
	{ "another IPv6", { HOST("[2001:db8::1]"), ANY }, CLIENT, "INVITE sip:a@[2001:db8::2]", "", 1 },
	{ "a telephone number has none", { HOST("b"), ANY }, CLIENT, "INVITE tel:+4930", "", 1 },
	{ "over IPv6", { HOST("example.org"), ANY }, CLIENT6, "INVITE sip:a@example.org", "", 0 },
};

static const struct row all_rows[] = {
	{ "all but the host",
	  { "method = {INVITE} dialog = outside source = {192.0.2.0/24} user = {49} host = {b}", ANY },
	  CLIENT,
	  "INVITE sip:49@c",
	  "",
	  1 },
	{ "all but the user",
	  { "method = {INVITE} dialog = outside source = {192.0.2.0/24} user = {49} host = {b}", ANY },
	  CLIENT,
	  "INVITE sip:48@b",
	  "",
	  1 },
	{ "all but the source",
	  { "method = {INVITE} dialog = outside source = {192.0.3.0/24} user = {49} host = {b}", ANY },
	  CLIENT,
	  "INVITE sip:49@b",
	  "",
	  1 },
	{ "all but the set",
	  { SET " source = {192.0.2.0/24} user = {49} host = {b}", ANY },
	  CLIENT,
	  "INVITE sip:49@b",
	  "",
	  1 },
	{ "all five", { SET " source = {192.0.2.0/24} user = {49} host = {b}", ANY }, PEER, "INVITE sip:49@b", "", 0 },
	{ "each by a route of its own, the first",
	  { "host = {b}", "user = {49}", "source = {192.0.2.0/24}", SET },
	  PEER,
	  "INVITE sip:49@b",
	  "",
	  0 },
	{ "each by a route of its own, the last",
	  { "host = {c}", "user = {48}", "source = {192.0.3.0/24}", SET },
	  PEER,
	  "INVITE sip:49@b",
	  "",
	  3 },
	{ "a destination whose address no route names", { ANY, "user = {49}" }, DEST, "INVITE sip:49@192.0.2.1", "", -1 },
};

static void match(void **state)
{
	const struct row *row = *state;
	struct pkt p = request(row->from, row->line, row->to_tag);

	scene(row->rule, count_rules(row->rule));
	check_int("route", matched(&p), row->route);
	check_int("route in user space", prog_routes_decide(p.src.ip.w[2] == htonl(0xffff) ? PROG_L4 : PROG_L6, &p),
		  row->route);
}

/* As many as there can be: each of 64 is found, and of two that match the first. */
static void many(void **state)
{
	static char rule[DS_ROUTES_MAX][64];
	const char *rules[DS_ROUTES_MAX];
	struct pkt p;
	char line[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < DS_ROUTES_MAX; i++) {
		if (i % 3)
			snprintf(rule[i], sizeof(rule[i]), "user = {\"%u-\"}", 100 + i);
		else
			snprintf(rule[i], sizeof(rule[i]), "host = {\"h%u\"}", 100 + i);
		rules[i] = rule[i];
	}
	rules[DS_ROUTES_MAX - 1] = ANY;
	scene(rules, DS_ROUTES_MAX);
	for (i = 0; i < DS_ROUTES_MAX; i++) {
		snprintf(line, sizeof(line), "INVITE sip:%u-x@h%u", 100 + i, 100 + i);
		p = request(i & 1 ? CLIENT : CLIENT6, line, "");
		check_int("route", matched(&p), i);
		snprintf(line, sizeof(line), "INVITE sip:%u-x@h%u", 100 + (i | 1), 100 + (i - i % 3));
		p = request(CLIENT, line, "");
		if ((i | 1) % 3 && (i | 1) < DS_ROUTES_MAX - 1)
			check_int("first of two", matched(&p), (i - i % 3) < (i | 1) ? (i - i % 3) : (i | 1));
	}
}

/* The routes of one listener are not those of another one, nor those of the generation before. */
static void apart(void **state)
{
	static const char *const one[] = { "user = {49}", ANY }, *const other[] = { ANY, "user = {49}" };
	struct pkt p = request(CLIENT, "INVITE sip:49@b", "");

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_HASH);
	prog_routes(PROG_L4, other, 2, NULL);
	prog.state->generation++;
	prog_routes(PROG_L4, one, 1, NULL);
	prog_routes(PROG_L6, other, 2, NULL);
	check_int("route", matched(&p), 0);
	p = request(CLIENT, "INVITE sip:48@b", "");
	check_int("no route", matched(&p), -1);
	prog.state->generation++;
	check_int("route of the other half", matched(&p), 0);
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "method", match, method_rows);
	test_rows(&tests, "dialog", match, dialog_rows);
	test_rows(&tests, "from-set", match, set_rows);
	test_rows(&tests, "source", match, source_rows);
	test_rows(&tests, "user", match, user_rows);
	test_rows(&tests, "host", match, host_rows);
	test_rows(&tests, "several criteria", match, all_rows);
	test_add(&tests, "64 routes", many, NULL);
	test_add(&tests, "listeners and generations", apart, NULL);
	failed = test_run(&tests, "routes");
	prog_close();
	return failed;
}
