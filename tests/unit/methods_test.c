// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods_test.c - our own methods: what they ask of the dispatcher, what they answer, what they refuse.
 */
#include "methods_scene.h"

#define DEST(id, calls) "{\"id\":\"" id "\",\"set\":1,\"uri\":\"sip:" id "\",\"calls\":" #calls ",\"share\":0.5}"
#define CHANGED "{\"added\":1,\"dry_run\":false}"
#define EVENT "{\"seq\":7,\"time\":0,\"text\":\"seven\"}"
#define PARAMS RPC_PARAMS

/* A call that the dispatcher does. log: what it is asked; result: what is answered. */
static const struct good {
	const char *name;
	const char *method;
	const char *params;
	const char *log;
	const char *result;
} goods[] = {
	{ "list", "list", NULL, "list -;", "{\"destinations\":[" DEST("a", 2) "," DEST("b", 0) "]}" },
	{ "list of some", "list", "{\"selector\":\"set=1\"}", "list set=1;",
	  "{\"destinations\":[" DEST("a", 2) "," DEST("b", 0) "]}" },
	{ "list by place", "list", "[\"duid=x\"]", "list duid=x;",
	  "{\"destinations\":[" DEST("a", 2) "," DEST("b", 0) "]}" },
	{ "add", "add", "{\"set\":1,\"uri\":\"sip:a\"}", "add 1 sip:a 0 0 '';;", CHANGED },
	{ "add with all", "add",
	  "{\"set\":2,\"uri\":\"sip:a\",\"flags\":8,\"priority\":-3,\"attrs\":\"duid=a\",\"weight\":50,\"dry_run\":true}",
	  "add 2 sip:a 8 -3 'weight=50;duid=a'; dry;", "{\"added\":1,\"dry_run\":true}" },
	{ "add with a weight alone", "add", "[1,\"sip:a\",0,0,\"\",7]", "add 1 sip:a 0 0 'weight=7';;", CHANGED },
	{ "remove", "remove", "{\"selector\":\"1/sip:a\"}", "remove 1/sip:a;;", CHANGED },
	{ "remove, dry", "remove", "[\"set=1\",true]", "remove set=1; dry;", "{\"added\":1,\"dry_run\":true}" },
	{ "modify weight", "modify", "{\"selector\":\"set=1\",\"weight\":9}",
	  "modify set=1 has=8 weight=9 priority=0 flags=0 attrs='';;", CHANGED },
	{ "modify all", "modify",
	  "{\"selector\":\"set=1\",\"weight\":9,\"priority\":-1,\"flags\":4,\"attrs\":\"a=b\",\"dry_run\":true}",
	  "modify set=1 has=15 weight=9 priority=-1 flags=4 attrs='a=b'; dry;", "{\"added\":1,\"dry_run\":true}" },
	{ "modify to none", "modify", "{\"selector\":\"set=1\",\"attrs\":\"\",\"flags\":0}",
	  "modify set=1 has=5 weight=0 priority=0 flags=0 attrs='';;", CHANGED },
	{ "set-state active", "set-state", "[\"set=1\",\"active\"]", "admin set=1 active;;", CHANGED },
	{ "set-state draining", "set-state", "[\"set=1\",\"draining\"]", "admin set=1 draining;;", CHANGED },
	{ "set-state disabled", "set-state", "[\"set=1\",\"disabled\",true]", "admin set=1 disabled; dry;",
	  "{\"added\":1,\"dry_run\":true}" },
	{ "set-state up", "set-state", "{\"selector\":\"set=1\",\"state\":\"up\"}", "health set=1 up -1;;", CHANGED },
	{ "set-state down", "set-state", "{\"selector\":\"set=1\",\"state\":\"down\"}", "health set=1 down -1;;",
	  CHANGED },
	{ "drain", "drain", "{\"selector\":\"set=1\"}", "admin set=1 draining;;list set=1;",
	  "{\"added\":1,\"dry_run\":false,\"calls\":2,\"destinations\":[{\"id\":\"a\",\"set\":1,\"uri\":\"sip:a\","
	  "\"calls\":2}]}" },
	{ "drain-status", "drain-status", "[\"set=1\"]", "list set=1;",
	  "{\"calls\":2,\"destinations\":[{\"id\":\"a\",\"set\":1,\"uri\":\"sip:a\",\"calls\":2}]}" },
	{ "ping-now", "ping-now", "[\"set=1\"]", "ping set=1;", "{\"pings\":2}" },
	{ "reload", "reload", NULL, "reload;;", CHANGED },
	{ "reload with nothing said", "reload", "{}", "reload;;", CHANGED },
	{ "reload with all", "reload", "{\"force\":true,\"dry_run\":true,\"reset_state\":true}",
	  "reload; dry force reset;", "{\"added\":1,\"dry_run\":true}" },
	{ "history", "history", NULL, "history 0;", "{\"seq\":7,\"events\":[" EVENT "]}" },
	{ "history since", "history", "{\"since\":5}", "history 5;", "{\"seq\":7,\"events\":[" EVENT "]}" },
	{ "watch from now", "watch", NULL, "history 7;watch;", "{\"seq\":7,\"events\":[" EVENT "]}" },
	{ "watch since", "watch", "[3]", "history 3;watch;", "{\"seq\":7,\"events\":[" EVENT "]}" },
	{ "stats", "stats", NULL, "stats 0;", "{\"stats\":1}" },
	{ "stats, all", "stats", "{\"all\":true}", "stats 1;", "{\"stats\":1}" },
	{ "config", "config", NULL, "config;", "{\"path\":\"x\",\"text\":\"y\"}" },
	{ "version", "version", "[]", "version;", "{\"version\":\"1\"}" },
};

static void does(void **state)
{
	const struct good *row = *state;
	struct scene s;

	scene_init(&s);
	s.live.result = "{\"added\":1}";
	s.live.list = "[" DEST("a", 2) "," DEST("b", 0) "]";
	s.live.pings = 2;
	scene_ask(&s, row->method, row->params);
	check_str("asked", s.live.log, row->log);
	scene_check_result(&s, row->result);
	scene_end(&s);
}

/* What never gets as far as the dispatcher. */
static const struct bad {
	const char *name;
	const char *method;
	const char *params;
	int code;
	const char *says;
} bads[] = {
	{ "list: type", "list", "{\"selector\":1}", PARAMS, "'selector' is a number, expected a string" },
	{ "list: unknown", "list", "{\"x\":1}", PARAMS, "'x' is unknown; there are: selector" },
	{ "list: null", "list", "[null]", PARAMS, "'selector' is null, expected a string" },
	{ "list: selector", "list", "[\"set=x\"]", PARAMS, "'selector' is 'set=x': bad set" },
	{ "list: too many", "list", "[\"set=1\",2]", PARAMS, "2 parameters, expected 1 at most; there are: selector" },
	{ "add: nothing", "add", NULL, PARAMS, "'set' is missing, expected an integer from 0 to 2147483647" },
	{ "add: no URI", "add", "[1]", PARAMS, "'uri' is missing, expected a string" },
	{ "add: type", "add", "[\"1\",\"sip:a\"]", PARAMS, "'set' is a string, expected an integer" },
	{ "add: range", "add", "[-1,\"sip:a\"]", PARAMS, "'set' is out of range, expected an integer" },
	{ "add: fraction", "add", "[1.5,\"sip:a\"]", PARAMS, "'set' is no integer, expected an integer" },
	{ "add: flags", "add", "[1,\"sip:a\",64]", PARAMS,
	  "'flags' is out of range, expected an integer from 0 to 63" },
	{ "add: weight", "add", "{\"set\":1,\"uri\":\"sip:a\",\"weight\":101}", PARAMS,
	  "'weight' is out of range, expected an integer from 1 to 100" },
	{ "add: unknown", "add", "{\"set\":1,\"uri\":\"sip:a\",\"group\":1}", PARAMS,
	  "'group' is unknown; there are: set, uri, flags, priority, attrs, weight, dry_run" },
	{ "remove: nothing", "remove", "{}", PARAMS, "'selector' is missing" },
	{ "remove: type", "remove", "[{}]", PARAMS, "'selector' is an object" },
	{ "remove: selector", "remove", "[\"\"]", PARAMS, "nothing is named" },
	{ "remove: unknown", "remove", "{\"selector\":\"set=1\",\"force\":true}", PARAMS, "'force' is unknown" },
	{ "remove: dry_run", "remove", "[\"set=1\",1]", PARAMS, "'dry_run' is a number, expected true or false" },
	{ "modify: nothing", "modify", "[\"set=1\"]", PARAMS, "nothing to change" },
	{ "modify: type", "modify", "{\"selector\":\"set=1\",\"weight\":\"9\"}", PARAMS, "'weight' is a string" },
	{ "modify: unknown", "modify", "{\"selector\":\"set=1\",\"prio\":1}", PARAMS, "'prio' is unknown" },
	{ "modify: selector", "modify", "[\"1/set=2\",1]", PARAMS, "two sets" },
	{ "set-state: state", "set-state", "[\"set=1\",\"sideways\"]", PARAMS,
	  "'state' is 'sideways', expected active, draining, disabled, up or down" },
	{ "set-state: health that none can order", "set-state", "[\"set=1\",\"trying\"]", PARAMS, "'trying'" },
	{ "set-state: missing", "set-state", "[\"set=1\"]", PARAMS, "'state' is missing" },
	{ "set-state: type", "set-state", "[\"set=1\",true]", PARAMS, "'state' is true" },
	{ "set-state: unknown", "set-state", "{\"selector\":\"set=1\",\"state\":\"up\",\"p\":1}", PARAMS,
	  "'p' is unknown" },
	{ "set-state: selector", "set-state", "[\"set=\",\"up\"]", PARAMS, "bad set" },
	{ "drain: type", "drain", "[1]", PARAMS, "'selector' is a number" },
	{ "drain: unknown", "drain", "{\"selector\":\"set=1\",\"wait\":true}", PARAMS, "'wait' is unknown" },
	{ "drain: selector", "drain", "[\"duid=\"]", PARAMS, "no label" },
	{ "drain-status: type", "drain-status", "[[]]", PARAMS, "'selector' is an array" },
	{ "drain-status: unknown", "drain-status", "{\"selector\":\"set=1\",\"wait\":true}", PARAMS,
	  "'wait' is unknown" },
	{ "ping-now: missing", "ping-now", NULL, PARAMS, "'selector' is missing" },
	{ "ping-now: type", "ping-now", "[false]", PARAMS, "'selector' is false" },
	{ "ping-now: unknown", "ping-now", "{\"id\":\"x\"}", PARAMS, "'id' is unknown" },
	{ "ping-now: selector", "ping-now", "[\"sip:\"]", PARAMS, "'selector' is 'sip:'" },
	{ "reload: type", "reload", "{\"force\":\"yes\"}", PARAMS, "'force' is a string, expected true or false" },
	{ "reload: unknown", "reload", "{\"file\":\"x\"}", PARAMS, "'file' is unknown" },
	{ "history: type", "history", "[\"x\"]", PARAMS, "'since' is a string" },
	{ "history: range", "history", "[-1]", PARAMS, "'since' is out of range" },
	{ "history: unknown", "history", "{\"from\":1}", PARAMS, "'from' is unknown" },
	{ "watch: type", "watch", "[true]", PARAMS, "'since' is true" },
	{ "watch: unknown", "watch", "{\"from\":1}", PARAMS, "'from' is unknown" },
	{ "stats: type", "stats", "[1]", PARAMS, "'all' is a number" },
	{ "stats: unknown", "stats", "{\"watch\":true}", PARAMS, "'watch' is unknown" },
	{ "config: unknown", "config", "{\"x\":1}", PARAMS, "'x' is unknown; there are: none" },
	{ "version: too many", "version", "[1]", PARAMS, "1 parameters, expected 0 at most" },
	{ "a name that is not for terminals", "list", "{\"\\u0007\":1}", PARAMS, "'\\x07' is unknown" },
	{ "no such method", "dispatcher.oclist", "[1]", RPC_METHOD, "dispatcher.oclist" },
};

static void refuses(void **state)
{
	const struct bad *row = *state;
	struct scene s;

	scene_init(&s);
	scene_ask(&s, row->method, row->params);
	check_str("asked", s.live.log, "");
	scene_check_error(&s, row->code, row->says);
	scene_end(&s);
}

/* Every method that names destinations says so where there are none. */
static const struct none {
	const char *name;
	const char *params;
} nones[] = {
	{ "list", "[\"set=9\"]" },
	{ "remove", "[\"set=9\"]" },
	{ "modify", "[\"set=9\",5]" },
	{ "set-state", "[\"set=9\",\"disabled\"]" },
	{ "set-state", "[\"set=9\",\"down\"]" },
	{ "drain", "[\"set=9\"]" },
	{ "drain-status", "[\"set=9\"]" },
	{ "ping-now", "[\"set=9\"]" },
};

static void matches_nothing(void **state)
{
	const struct none *row = *state;
	struct scene s;

	scene_init(&s);
	s.live.code = EXIT_NOTHING;
	s.live.message = "nothing matches 'set=9'";
	s.live.pings = -EXIT_NOTHING;
	scene_ask(&s, row->name, row->params);
	scene_check_error(&s, RPC_NOTHING, "nothing matches");
	scene_end(&s);
}

static const struct code {
	const char *name;
	int exit;
	int rpc;
} codes[] = {
	{ "failed", EXIT_FAILED, RPC_FAILED },
	{ "usage", EXIT_USAGE, RPC_PARAMS },
	{ "input", EXIT_INPUT, RPC_INPUT },
	{ "nothing", EXIT_NOTHING, RPC_NOTHING },
};

static void passes_errors_on(void **state)
{
	const struct code *row = *state;
	struct scene s;
	json_t *error;

	scene_init(&s);
	s.live.code = row->exit;
	s.live.result = "{\"diagnostics\":[{\"line\":3}]}";
	scene_ask(&s, "reload", NULL);
	scene_check_error(&s, row->rpc, "refused");
	error = scene_get(&s, "error");
	check_int("line",
		  json_integer_value(json_object_get(
			  json_array_get(json_object_get(json_object_get(error, "data"), "diagnostics"), 0), "line")),
		  3);
	json_decref(error);
	scene_end(&s);
}

static void answers_later(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.live.later = true;
	scene_ask(&s, "reload", NULL);
	check_true("no answer yet", !s.answer);
	scene_finish(&s.live);
	scene_check_result(&s, "{\"dry_run\":false}");
	scene_end(&s);
}

static void asker_goes(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	s.live.later = true;
	s.live.list = "[" DEST("a", 2) "]";
	scene_ask(&s, "drain", "[\"set=1\"]");
	rpc_drop(&s);
	scene_finish(&s.live);
	check_true("no answer", !s.answer);
	scene_end(&s);
}

static void drained_and_gone(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s);
	scene_ask(&s, "drain-status", "{\"selector\":\"set=1\",\"allow_none\":true}");
	scene_check_result(&s, "{\"calls\":0,\"destinations\":[]}");
	scene_end(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "does", does, goods);
	test_rows(&tests, "refuses", refuses, bads);
	test_rows(&tests, "matches nothing", matches_nothing, nones);
	test_rows(&tests, "passes errors on", passes_errors_on, codes);
	test_add(&tests, "answers later", answers_later, NULL);
	test_add(&tests, "the asker goes before the answer", asker_goes, NULL);
	test_add(&tests, "what has drained may be gone", drained_and_gone, NULL);
	return test_run(&tests, "methods");
}
