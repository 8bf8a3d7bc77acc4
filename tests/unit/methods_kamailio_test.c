// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods_kamailio_test.c - Kamailio's methods: fields, texts and numbers as Kamailio 5.6.3 answers them over JSON-RPC.
 */
#include "methods_scene.h"

#define OK_STATE "\"Ok. Dispatcher state updated.\""
#define A "1/sip:192.0.2.30:5060"

static const struct good {
	const char *name;
	const char *method;
	const char *params;
	const char *log;
	const char *result;
} goods[] = {
	{ "reload", "dispatcher.reload", "[]", "reload;;", "\"Ok. Dispatcher successfully reloaded.\"" },
	{ "reload without params", "dispatcher.reload", NULL, "reload;;", "\"Ok. Dispatcher successfully reloaded.\"" },
	{ "active", "dispatcher.set_state", "[\"a\",1,\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " up 0;;", OK_STATE },
	{ "active, probing", "dispatcher.set_state", "[\"ap\",1,\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " up 1;;", OK_STATE },
	{ "inactive", "dispatcher.set_state", "[\"i\",1,\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " down 0;;", OK_STATE },
	{ "inactive, probing", "dispatcher.set_state", "[\"ip\",\"1\",\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " down 1;;", OK_STATE },
	{ "upper case, other order", "dispatcher.set_state", "[\"PI\",1,\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " down 1;;", OK_STATE },
	{ "trying", "dispatcher.set_state", "[\"tp\",1,\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " trying 1;;", OK_STATE },
	{ "disabled", "dispatcher.set_state", "[\"d\",1,\"sip:192.0.2.30:5060\"]", "admin " A " disabled;;", OK_STATE },
	{ "disabled, probing", "dispatcher.set_state", "[\"dp\",1,\"sip:192.0.2.30:5060\"]", "admin " A " disabled;;",
	  OK_STATE },
	{ "by number 0", "dispatcher.set_state", "[0,1,\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " down 0;;", OK_STATE },
	{ "by number 1", "dispatcher.set_state", "[\"1\",1,\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " up 0;;", OK_STATE },
	{ "by number 2", "dispatcher.set_state", "[2,1,\"sip:192.0.2.30:5060\"]", "admin " A " disabled;;", OK_STATE },
	{ "by number 3", "dispatcher.set_state", "[\"3\",1,\"sip:192.0.2.30:5060\"]",
	  "admin " A " active;;health " A " trying 0;;", OK_STATE },
	{ "all of a set", "dispatcher.set_state", "[\"d\",1,\"all\"]", "admin set=1 disabled;;", OK_STATE },
	{ "without scheme", "dispatcher.set_state", "[\"d\",1,\"192.0.2.30:5060\"]", "admin " A " disabled;;",
	  OK_STATE },
	{ "IPv6", "dispatcher.set_state", "[\"d\",1,\"sip:[2001:db8::1]:5060\"]",
	  "admin 1/sip:[2001:db8::1]:5060 disabled;;", OK_STATE },
	{ "by names", "dispatcher.set_state", "{\"state\":\"d\",\"group\":1,\"address\":\"sip:192.0.2.30:5060\"}",
	  "admin " A " disabled;;", OK_STATE },
	{ "by duid", "dispatcher.set_duid_state", "[\"ip\",1,\"gw-a\"]",
	  "admin 1/duid=gw-a active;;health 1/duid=gw-a down 1;;", OK_STATE },
	{ "by a duid that is a number", "dispatcher.set_duid_state", "[\"d\",1,42]", "admin 1/duid=42 disabled;;",
	  OK_STATE },
	{ "add", "dispatcher.add", "[1,\"sip:192.0.2.30:5060\"]", "add 1 sip:192.0.2.30:5060 0 0 '';;",
	  "\"Ok. Dispatcher destination added.\"" },
	{ "add with all", "dispatcher.add", "[1,\"sip:192.0.2.30:5060\",8,5,\"duid=a;weight=3\"]",
	  "add 1 sip:192.0.2.30:5060 8 5 'duid=a;weight=3';;", "\"Ok. Dispatcher destination added.\"" },
	{ "add with numbers as texts", "dispatcher.add", "[\"1\",\"sip:192.0.2.30:5060\",\"8\",\"-5\",null]",
	  "add 1 sip:192.0.2.30:5060 8 -5 '';;", "\"Ok. Dispatcher destination added.\"" },
	{ "remove", "dispatcher.remove", "[1,\"sip:192.0.2.30:5060\"]", "remove " A ";;",
	  "\"Ok. Dispatcher destination removed.\"" },
	{ "pings: query", "dispatcher.ping_active", "[]", "", "{\"OldPingState\":1}" },
	{ "pings: query without params", "dispatcher.ping_active", NULL, "", "{\"OldPingState\":1}" },
	{ "pings: off", "dispatcher.ping_active", "[0]", "", "{\"NewPingState\":0,\"OldPingState\":1}" },
	{ "pings: on", "dispatcher.ping_active", "[\"1\"]", "", "{\"NewPingState\":1,\"OldPingState\":1}" },
	{ "hash", "dispatcher.hash", "[3,\"alice\",\"atlanta.com\"]", "", "{\"hashid\":1053853112,\"slot\":2}" },
	{ "hash of one", "dispatcher.hash", "[3,\"1-2345@10.0.0.1\"]", "", "{\"hashid\":2688001237,\"slot\":1}" },
	{ "hash, slots as text", "dispatcher.hash", "[\"3\",\"abc\"]", "", "{\"hashid\":7167810,\"slot\":0}" },
	{ "hash of a number", "dispatcher.hash", "[3,15551234]", "", "{\"hashid\":1849245698,\"slot\":2}" },
	{ "hash for no slots", "dispatcher.hash", "[0,\"abc\"]", "", "{\"hashid\":7167810,\"slot\":0}" },
};

static void does(void **state)
{
	const struct good *row = *state;
	struct scene s;

	scene_init(&s);
	s.live.ping_active = true;
	scene_ask(&s, row->method, row->params);
	check_str("asked", s.live.log, row->log);
	scene_check_result(&s, row->result);
	scene_end(&s);
}

static const struct bad {
	const char *name;
	const char *method;
	const char *params;
	const char *says;
} bads[] = {
	{ "state: letter", "dispatcher.set_state", "[\"x\",1,\"sip:a\"]", "Unknown State Value" },
	{ "state: two", "dispatcher.set_state", "[\"ai\",1,\"sip:a\"]", "Unknown State Value" },
	{ "state: p alone", "dispatcher.set_state", "[\"p\",1,\"sip:a\"]", "Unknown State Value" },
	{ "state: none", "dispatcher.set_state", "[\"\",1,\"sip:a\"]", "Unknown State Value" },
	{ "state: too few", "dispatcher.set_state", "[\"ip\",1]",
	  "Invalid Parameters: parameter 'address' is missing" },
	{ "state: group", "dispatcher.set_state", "[\"ip\",\"x\",\"sip:a\"]",
	  "Invalid Parameters: parameter 'group' is a string, expected an integer" },
	{ "state: group with a rest", "dispatcher.set_state", "[\"ip\",\"1x\",\"sip:a\"]", "'group' is a string" },
	{ "state: group below 0", "dispatcher.set_state", "[\"ip\",-1,\"sip:a\"]", "'group' is out of range" },
	{ "state: unknown", "dispatcher.set_state", "{\"state\":\"i\",\"group\":1,\"address\":\"sip:a\",\"x\":1}",
	  "Invalid Parameters: parameter 'x' is unknown; there are: state, group, address" },
	{ "duid: too few", "dispatcher.set_duid_state", "[\"ip\",1]", "'duid' is missing" },
	{ "duid: type", "dispatcher.set_duid_state", "[\"ip\",1,{}]", "'duid' is an object" },
	{ "duid: letter", "dispatcher.set_duid_state", "[\"z\",1,\"a\"]", "Unknown State Value" },
	{ "duid: unknown", "dispatcher.set_duid_state", "{\"uri\":\"sip:a\"}", "'uri' is unknown" },
	{ "list: type", "dispatcher.list", "[true]", "'mode' is true" },
	{ "list: unknown", "dispatcher.list", "{\"group\":1}", "'group' is unknown" },
	{ "reload: params", "dispatcher.reload", "[1]", "Invalid Parameters: 1 parameters" },
	{ "pings: type", "dispatcher.ping_active", "[\"x\"]", "'state' is a string, expected an integer from 0 to 1" },
	{ "pings: range", "dispatcher.ping_active", "[2]", "'state' is out of range" },
	{ "pings: unknown", "dispatcher.ping_active", "{\"x\":1}", "'x' is unknown" },
	{ "add: too few", "dispatcher.add", "[1]", "Invalid Parameters: parameter 'address' is missing" },
	{ "add: type", "dispatcher.add", "[1,\"sip:a\",\"AX\"]", "'flags' is a string" },
	{ "add: unknown", "dispatcher.add", "{\"uri\":\"sip:a\"}", "'uri' is unknown" },
	{ "remove: too few", "dispatcher.remove", "[]", "Invalid Parameters: parameter 'group' is missing" },
	{ "remove: type", "dispatcher.remove", "[1,[]]", "'address' is an array" },
	{ "remove: unknown", "dispatcher.remove", "{\"uri\":\"sip:a\"}", "'uri' is unknown" },
	{ "hash: too few", "dispatcher.hash", "[3]", "Invalid Parameters: parameter 'v1' is missing" },
	{ "hash: type", "dispatcher.hash", "[\"many\",\"a\"]", "'nslots' is a string" },
	{ "hash: too many", "dispatcher.hash", "[3,\"a\",\"b\",\"c\"]", "4 parameters, expected 3 at most" },
	{ "hash: unknown", "dispatcher.hash", "{\"slots\":3}", "'slots' is unknown" },
};

static void refuses(void **state)
{
	const struct bad *row = *state;
	struct scene s;

	scene_init(&s);
	scene_ask(&s, row->method, row->params);
	check_str("asked", s.live.log, "");
	scene_check_error(&s, 500, row->says);
	scene_end(&s);
}

/* What the dispatcher does not do; its reason follows Kamailio's words. */
static const struct fault {
	const char *name;
	const char *method;
	const char *params;
	const char *says;
} faults[] = {
	{ "reload", "dispatcher.reload", "[]", "Reload Failed: refused" },
	{ "state", "dispatcher.set_state", "[\"ip\",1,\"sip:a\"]", "State Update Failed: refused" },
	{ "all of no set", "dispatcher.set_state", "[\"d\",9,\"all\"]", "State Update Failed: refused" },
	{ "duid", "dispatcher.set_duid_state", "[\"d\",1,\"zz\"]", "State Update Failed: refused" },
	{ "add", "dispatcher.add", "[1,\"bad uri\"]", "Adding dispatcher dst failed: refused" },
	{ "remove", "dispatcher.remove", "[1,\"sip:a\"]", "Removing dispatcher dst failed: refused" },
};

static void fails(void **state)
{
	const struct fault *row = *state;
	struct scene s;

	scene_init(&s);
	s.live.code = EXIT_NOTHING;
	scene_ask(&s, row->method, row->params);
	scene_check_error(&s, 500, row->says);
	scene_end(&s);
}

static void pauses_pings(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.live.ping_active = true;
	scene_ask(&s, "dispatcher.ping_active", "[0]");
	check_true("paused", !s.live.ping_active);
	scene_ask(&s, "dispatcher.ping_active", "[1]");
	scene_check_result(&s, "{\"NewPingState\":1,\"OldPingState\":0}");
	check_true("goes on", s.live.ping_active);
	scene_end(&s);
}

/* In the order of live_list(): by set, then line. The fourth was removed and has calls left; the fifth is drained. */
static const char destinations[] =
	"[{\"set\":1,\"uri\":\"sip:127.0.0.1:5070\",\"attrs\":\"duid=a;weight=50;socket=udp:127.0.0.1:25060;foo=bar\","
	"\"address\":\"127.0.0.1:5070\",\"state\":\"AP\",\"draining\":false,\"priority\":5,\"calls\":4,"
	"\"admin\":\"active\",\"latency\":{\"avg_us\":1500.0,\"stddev_us\":250.0,\"ewma_us\":2000.0,\"max_us\":2300000,"
	"\"timeouts\":3}},"
	"{\"set\":1,\"uri\":\"sip:127.0.0.2:5070\",\"attrs\":\"\",\"address\":\"127.0.0.2:5070\",\"state\":\"IX\","
	"\"draining\":false,\"priority\":0,\"calls\":0},"
	"{\"set\":2,\"uri\":\"sip:[2001:db8::3]:5070;transport=tcp\",\"attrs\":\"maxload=3\","
	"\"address\":\"[2001:db8::3]:5070\",\"state\":\"TX\",\"draining\":false,\"priority\":-1,\"calls\":0},"
	"{\"set\":2,\"uri\":\"sip:127.0.0.4:5070\",\"attrs\":\"\",\"address\":\"127.0.0.4:5070\",\"state\":\"AX\","
	"\"draining\":true,\"priority\":0,\"calls\":9,\"admin\":\"active\"},"
	"{\"set\":3,\"uri\":\"sip:127.0.0.5:5070\",\"attrs\":\"\",\"address\":\"127.0.0.5:5070\",\"state\":\"DX\","
	"\"draining\":true,\"priority\":0,\"calls\":1,\"admin\":\"draining\"}]";

#define DEST_1 "\"URI\":\"sip:127.0.0.1:5070\",\"FLAGS\":\"AP\",\"PRIORITY\":5"
#define DEST_2 "\"URI\":\"sip:127.0.0.2:5070\",\"FLAGS\":\"IX\",\"PRIORITY\":0"
#define DEST_3 "\"URI\":\"sip:[2001:db8::3]:5070;transport=tcp\",\"FLAGS\":\"TX\",\"PRIORITY\":-1"
#define DEST_5 "\"URI\":\"sip:127.0.0.5:5070\",\"FLAGS\":\"DX\",\"PRIORITY\":0"
#define ATTRS_1                                                                                           \
	",\"ATTRS\":{\"BODY\":\"duid=a;weight=50;socket=udp:127.0.0.1:25060;foo=bar\",\"DUID\":\"a\","    \
	"\"MAXLOAD\":0,\"WEIGHT\":50,\"RWEIGHT\":0,\"SOCKET\":\"udp:127.0.0.1:25060\",\"SOCKNAME\":null," \
	"\"OBPROXY\":null}"
#define ATTRS_3                                                                                                      \
	",\"ATTRS\":{\"BODY\":\"maxload=3\",\"DUID\":null,\"MAXLOAD\":3,\"WEIGHT\":0,\"RWEIGHT\":0,\"SOCKET\":null," \
	"\"SOCKNAME\":null,\"OBPROXY\":null}"
#define FULL(host, port, proto) ",\"HOST\":\"" host "\",\"IPADDR\":\"" host "\",\"PORT\":" #port ",\"PROTOID\":" #proto
#define LATENCY ",\"LATENCY\":{\"AVG\":1.5,\"STD\":0.25,\"EST\":2.0,\"MAX\":2300.0,\"TIMEOUT\":3}"
#define LOAD(n) ",\"RUNTIME\":{\"DLGLOAD\":" #n "}"
#define LIST(full1, full2, full3, full5, attrs1, attrs3)                                                           \
	"{\"NRSETS\":3,\"RECORDS\":[{\"SET\":{\"ID\":1,\"TARGETS\":[{\"DEST\":{" DEST_1 full1 attrs1 LATENCY LOAD( \
		4) "}},{\"DEST\":{" DEST_2 full2                                                                   \
		LOAD(0) "}}]}},{\"SET\":{\"ID\":2,\"TARGETS\":[{\"DEST\":{" DEST_3 full3 attrs3 LOAD(              \
			0) "}}]}},{\"SET\":{\"ID\":3,\"TARGETS\":[{\"DEST\":{" DEST_5 full5 LOAD(1) "}}]}}]}"

static const struct list {
	const char *name;
	const char *params;
	const char *result;
} lists[] = {
	{ "usual", NULL, LIST("", "", "", "", ATTRS_1, ATTRS_3) },
	{ "short", "[\"short\"]", LIST("", "", "", "", "", "") },
	{ "full", "[\"full\"]",
	  LIST(FULL("127.0.0.1", 5070, 1), FULL("127.0.0.2", 5070, 1), FULL("2001:db8::3", 5070, 2),
	       FULL("127.0.0.5", 5070, 1), ATTRS_1, ATTRS_3) },
};

static void lists_as_kamailio(void **state)
{
	const struct list *row = *state;
	struct scene s;

	scene_init(&s);
	s.live.list = destinations;
	scene_ask(&s, "dispatcher.list", row->params);
	scene_check_result(&s, row->result);
	scene_end(&s);
}

static void lists_nothing(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	scene_ask(&s, "dispatcher.list", "[]");
	scene_check_error(&s, 500, "No Destination Sets");
	scene_end(&s);
}

/* From Kamailio 5.6.3 on x86. */
static const struct hash {
	const char *name;
	const char *one;
	const char *two;
	__u32 hash;
} hashes[] = {
	{ "three octets", "abc", "", 7167810 },
	{ "a word", "abcd", "", 1834959896 },
	{ "nothing", "", "", 1 },
	{ "bob", "bob", "", 7222211 },
	{ "two words", "abcdEFGH", "", 3143238043 },
	{ "two words, turned", "EFGHabcd", "", 3143238043 },
	{ "Call-ID", "1-2345@10.0.0.1", "", 2688001237 },
	{ "Call-ID of RFC 3261", "a84b4c76e66710@pc33.atlanta.com", "", 2175018094 },
	{ "user and host", "alice", "atlanta.com", 1053853112 },
	{ "user and host with port", "alice", "atlanta.com:5080", 3776158421 },
	{ "user", "alice", "", 1834153949 },
	{ "host", "", "atlanta.com", 3517288411 },
	{ "case counts", "alice", "ATLANTA.com", 4277553226 },
	{ "telephone number", "+15551234", "", 1644000819 },
	{ "another user and host", "bob", "server.com", 3883463682 },
	{ "octets above 127 are below 0", "caf\xe9", "", 1864279109 },
	{ "UTF-8", "caf\xc3\xa9", "", 1327080584 },
	{ "UTF-8 in a whole word",
	  "\xc3\xa9"
	  "caf\xc3\xa9",
	  "", 3683128230 },
};

static void hashes_as_kamailio(void **state)
{
	const struct hash *row = *state;

	check_int("hash", methods_hash(row->one, strlen(row->one), row->two, strlen(row->two)), row->hash);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "does", does, goods);
	test_rows(&tests, "refuses", refuses, bads);
	test_rows(&tests, "fails", fails, faults);
	test_rows(&tests, "lists", lists_as_kamailio, lists);
	test_rows(&tests, "hash", hashes_as_kamailio, hashes);
	test_add(&tests, "lists nothing", lists_nothing, NULL);
	test_add(&tests, "pauses pings", pauses_pings, NULL);
	return test_run(&tests, "methods_kamailio");
}
