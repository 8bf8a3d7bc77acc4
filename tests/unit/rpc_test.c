// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpc_test.c - lines of JSON-RPC: the specification's examples, rubbish, answers that come later, peers that go.
 */
#include "test.h"

#include <jansson.h>
#include <stdbool.h>

#include "rpc.h"

#define CALLS 8

/* Who asks: what was written to him, and whether he goes as soon as something is. */
struct peer {
	char *text;
	size_t len;
	unsigned int lines;
	bool goes;
};

static struct rpc_call *kept[CALLS];
static size_t n_kept, n_run;

static void write_to(void *ctx, const char *text, size_t len)
{
	struct peer *p = ctx;

	p->text = realloc(p->text, p->len + len + 1);
	assert_non_null(p->text);
	memcpy(p->text + p->len, text, len);
	p->len += len;
	p->text[p->len] = '\0';
	p->lines++;
	if (p->goes)
		rpc_drop(p);
}

static void forget(struct peer *p)
{
	rpc_drop(p);
	free(p->text);
	memset(p, 0, sizeof(*p));
}

static void subtract(void *ctx, struct rpc_call *call, json_t *params)
{
	const json_t *a = rpc_param(params, "minuend", 0), *b = rpc_param(params, "subtrahend", 1);

	(void)ctx;
	if (json_is_integer(a) && json_is_integer(b))
		rpc_reply(call, json_integer(json_integer_value(a) - json_integer_value(b)));
	else
		rpc_fail(call, RPC_PARAMS, NULL, "minuend and subtrahend are integers");
}

static void sum(void *ctx, struct rpc_call *call, json_t *params)
{
	json_int_t total = 0;
	json_t *value;
	size_t i;

	(void)ctx;
	json_array_foreach (params, i, value)
		total += json_integer_value(value);
	rpc_reply(call, json_integer(total));
}

static void data(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	(void)params;
	n_run++;
	rpc_reply(call, json_pack("[s, i]", "hello", 5));
}

static void echo(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	rpc_reply(call, params ? json_incref(params) : json_null());
}

static void refuse(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	(void)params;
	rpc_fail(call, RPC_NOTHING, json_pack("{s:i}", "sets", 2), "nothing is called '%s'", "\x1b\xff");
}

static void no_memory(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	(void)params;
	rpc_reply(call, NULL);
}

static void later(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)params;
	assert_ptr_equal(ctx, kept);
	assert_true(n_kept < CALLS);
	kept[n_kept++] = call;
}

static void huge(void *ctx, struct rpc_call *call, json_t *params)
{
	size_t len = RPC_BATCH_OUT_MAX / 2;
	char *text = malloc(len);

	(void)ctx;
	(void)params;
	n_run++;
	assert_non_null(text);
	memset(text, 'x', len);
	rpc_reply(call, json_stringn(text, len));
	free(text);
}

static const struct rpc_method methods[] = {
	{ "subtract", subtract },   { "sum", sum },	{ "get_data", data }, { "echo", echo }, { "fail", refuse },
	{ "no_memory", no_memory }, { "later", later }, { "huge", huge },
};
static const struct rpc_table table = { methods, TEST_COUNT(methods), kept };

static void ask(struct peer *p, const char *line)
{
	rpc_line(&table, line, strlen(line), write_to, p);
}

/* Messages are for people: they have to be there, what they say is not compared. */
static void drop_message(json_t *answer)
{
	json_t *error = json_object_get(answer, "error"), *message = json_object_get(error, "message");

	if (!error)
		return;
	check_true("an error has a message", json_string_length(message));
	json_object_del(error, "message");
}

/* The only line, its messages taken out, in jansson's order of keys; to be freed. */
static char *only_line(const struct peer *p)
{
	json_t *answer, *each;
	char *text;
	size_t i;

	check_int("lines", p->lines, 1);
	check_int("line end", p->text[p->len - 1], '\n');
	check_true("one line end", memchr(p->text, '\n', p->len) == p->text + p->len - 1);
	answer = json_loadb(p->text, p->len, JSON_REJECT_DUPLICATES, NULL);
	check_true("JSON", answer);
	drop_message(answer);
	json_array_foreach (answer, i, each)
		drop_message(each);
	text = json_dumps(answer, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(answer);
	return text;
}

static char *sorted(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	char *again;

	check_true("JSON", json);
	again = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	return again;
}

static void check_answer(struct peer *p, const char *want)
{
	char *line, *text;

	if (!want) {
		check_int("lines", p->lines, 0);
		return;
	}
	line = only_line(p);
	text = sorted(want);
	check_str("answer", line, text);
	free(text);
	free(line);
}

#define OK(result, id) "{\"jsonrpc\":\"2.0\",\"result\":" result ",\"id\":" id "}"
#define NO(code, id) "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":" code "},\"id\":" id "}"
#define ASK(rest) "{\"jsonrpc\":\"2.0\"," rest "}"

static const struct line_row {
	const char *name;
	const char *line;
	const char *want; /* NULL: no answer */
} line_rows[] = {
	/* section 7 of the specification, in meaning */
	{ "by place", ASK("\"method\":\"subtract\",\"params\":[42,23],\"id\":1"), OK("19", "1") },
	{ "by place, the other way", ASK("\"method\":\"subtract\",\"params\":[23,42],\"id\":2"), OK("-19", "2") },
	{ "by name", ASK("\"method\":\"subtract\",\"params\":{\"subtrahend\":23,\"minuend\":42},\"id\":3"),
	  OK("19", "3") },
	{ "by name, the other way",
	  ASK("\"method\":\"subtract\",\"params\":{\"minuend\":42,\"subtrahend\":23},\"id\":4"), OK("19", "4") },
	{ "notification", ASK("\"method\":\"sum\",\"params\":[1,2,3,4,5]"), NULL },
	{ "notification of no method", ASK("\"method\":\"foobar\""), NULL },
	{ "no method", ASK("\"method\":\"foobar\",\"id\":\"1\""), NO("-32601", "\"1\"") },
	{ "not JSON", "{\"jsonrpc\":\"2.0\",\"method\":\"foobar,\"params\":\"bar\",\"baz]", NO("-32700", "null") },
	{ "not a request", ASK("\"method\":1,\"params\":\"bar\""), NO("-32600", "null") },
	{ "batch, not JSON", "[" ASK("\"method\":\"sum\",\"id\":1") ",{\"jsonrpc\":\"2.0\",\"method\"]",
	  NO("-32700", "null") },
	{ "batch, empty", "[]", NO("-32600", "null") },
	{ "batch, not a request", "[1]", "[" NO("-32600", "null") "]" },
	{ "batch, not requests", "[1,2,3]",
	  "[" NO("-32600", "null") "," NO("-32600", "null") "," NO("-32600", "null") "]" },
	{ "batch",
	  "[" ASK("\"method\":\"sum\",\"params\":[1,2,4],\"id\":\"1\"") "," ASK("\"method\":\"echo\",\"params\":[7]") "," ASK("\"method\":\"subtract\",\"params\":[42,23],\"id\":\"2\"") ",{\"foo\":\"boo\"}," ASK(
		  "\"method\":\"foo.get\",\"params\":{\"name\":\"myself\"},\"id\":\"5\"") "," ASK("\"method\":\"get_data\",\"id\":\"9\"") "]",
	  "[" OK("7", "\"1\"") "," OK("19", "\"2\"") "," NO("-32600", "null") "," NO("-32601", "\"5\"") "," OK(
		  "[\"hello\",5]", "\"9\"") "]" },
	{ "batch of notifications", "[" ASK("\"method\":\"sum\",\"params\":[1]") "," ASK("\"method\":\"echo\"") "]",
	  NULL },
	/* what it says besides */
	{ "id null", ASK("\"method\":\"echo\",\"id\":null"), OK("null", "null") },
	{ "id with a fraction", ASK("\"method\":\"echo\",\"id\":1.5"), OK("null", "1.5") },
	{ "id negative", ASK("\"method\":\"echo\",\"id\":-9223372036854775808"), OK("null", "-9223372036854775808") },
	{ "id too large", ASK("\"method\":\"echo\",\"id\":9223372036854775808"), NO("-32700", "null") },
	{ "id in UTF-8", ASK("\"method\":\"echo\",\"id\":\"\xc3\xa9\\u20ac\\n\""),
	  OK("null", "\"\xc3\xa9\\u20ac\\n\"") },
	{ "id an object", ASK("\"method\":\"echo\",\"id\":{}"), NO("-32600", "null") },
	{ "id an array", ASK("\"method\":\"echo\",\"id\":[1]"), NO("-32600", "null") },
	{ "id true", ASK("\"method\":\"echo\",\"id\":true"), NO("-32600", "null") },
	{ "not a request, with its id", ASK("\"method\":1,\"id\":7"), NO("-32600", "7") },
	{ "version missing", "{\"method\":\"echo\",\"id\":7}", NO("-32600", "7") },
	{ "version 1.0", "{\"jsonrpc\":\"1.0\",\"method\":\"echo\",\"id\":7}", NO("-32600", "7") },
	{ "version a number", "{\"jsonrpc\":2.0,\"method\":\"echo\",\"id\":7}", NO("-32600", "7") },
	{ "method missing", ASK("\"id\":7"), NO("-32600", "7") },
	{ "params a string", ASK("\"method\":\"echo\",\"params\":\"x\",\"id\":7"), NO("-32600", "7") },
	{ "params null", ASK("\"method\":\"echo\",\"params\":null,\"id\":7"), NO("-32600", "7") },
	{ "params wrong", ASK("\"method\":\"subtract\",\"params\":[1],\"id\":7"), NO("-32602", "7") },
	{ "params wrong, notification", ASK("\"method\":\"subtract\",\"params\":[1]"), NULL },
	{ "params empty", ASK("\"method\":\"echo\",\"params\":{},\"id\":7"), OK("{}", "7") },
	{ "error with data", ASK("\"method\":\"fail\",\"id\":7"),
	  "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":4,\"data\":{\"sets\":2}},\"id\":7}" },
	{ "error of a notification", ASK("\"method\":\"fail\""), NULL },
	{ "out of memory", ASK("\"method\":\"no_memory\",\"id\":7"), NO("-32603", "7") },
	{ "blanks around", " \t" ASK("\"method\" : \"echo\" , \"id\" : 7") " \r", OK("null", "7") },
	{ "unknown member", ASK("\"method\":\"echo\",\"id\":7,\"trace\":1"), OK("null", "7") },
	{ "answer instead of a request", OK("1", "7"), NO("-32600", "7") },
	{ "batch in a batch", "[[" ASK("\"method\":\"echo\",\"id\":7") "]]", "[" NO("-32600", "null") "]" },
	{ "method with a long name",
	  ASK("\"method\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "\xe2\x82\xac\",\"id\":7"),
	  NO("-32601", "7") },
	/* rubbish */
	{ "nothing", "", NO("-32700", "null") },
	{ "blanks", " \r", NO("-32700", "null") },
	{ "a number", "1", NO("-32600", "null") },
	{ "a string", "\"list\"", NO("-32600", "null") },
	{ "HTTP", "GET / HTTP/1.1\r", NO("-32700", "null") },
	{ "two requests", ASK("\"method\":\"echo\",\"id\":7") ASK("\"method\":\"echo\",\"id\":8"),
	  NO("-32700", "null") },
	{ "a member twice", ASK("\"method\":\"echo\",\"id\":7,\"id\":8"), NO("-32700", "null") },
	{ "no UTF-8", ASK("\"method\":\"\xff\",\"id\":7"), NO("-32700", "null") },
	{ "overlong UTF-8", ASK("\"method\":\"\xc0\xaf\",\"id\":7"), NO("-32700", "null") },
	{ "UTF-8 surrogate", ASK("\"method\":\"\xed\xa0\x80\",\"id\":7"), NO("-32700", "null") },
	{ "escaped NUL", ASK("\"method\":\"echo\\u0000\",\"id\":7"), NO("-32700", "null") },
	{ "half a surrogate", ASK("\"method\":\"\\ud800\",\"id\":7"), NO("-32700", "null") },
	{ "number too large", ASK("\"method\":\"echo\",\"params\":[1e999],\"id\":7"), NO("-32700", "null") },
};

static void lines(void **state)
{
	const struct line_row *row = *state;
	struct peer p = { 0 };

	ask(&p, row->line);
	check_answer(&p, row->want);
	check_int("open", rpc_open(&p), 0);
	forget(&p);
}

static void octets_of_zero(void **state)
{
	static const char in[] = ASK("\"method\":\"echo\",\"id\":7") "\0";
	struct peer p = { 0 };
	size_t i;

	(void)state;
	for (i = 1; i < sizeof(in); i++) {
		char line[sizeof(in)];

		memcpy(line, in, sizeof(in));
		line[i] = '\0';
		rpc_line(&table, line, i + 1, write_to, &p);
		check_answer(&p, NO("-32700", "null"));
		forget(&p);
	}
}

/* What is before and behind `text` n times, as params. */
static void nested(const char *before, const char *behind, size_t n, const char *want)
{
	char *line = calloc(1, n * (strlen(before) + strlen(behind)) + 128), *at;
	struct peer p = { 0 };
	size_t i;

	assert_non_null(line);
	at = stpcpy(line, "{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"id\":7,\"params\":");
	for (i = 0; i < n; i++)
		at = stpcpy(at, before);
	for (i = 0; i < n; i++)
		at = stpcpy(at, behind);
	strcpy(at, "}");
	ask(&p, line);
	check_answer(&p, want);
	forget(&p);
	free(line);
}

static void nesting(void **state)
{
	(void)state;
	nested("[", "]", 1000, OK("0", "7"));
	nested("[", "]", 100000, NO("-32700", "null"));
	nested("[", "", 1000000, NO("-32700", "null"));
	nested("{\"a\":", "", 150000, NO("-32700", "null"));
	nested("[", "]", 600000, NO("-32700", "null"));
}

static void long_lines(void **state)
{
	static const char ask_it[] = ASK("\"method\":\"echo\",\"id\":7");
	char *line = malloc(RPC_LINE_MAX + 1);
	struct peer p = { 0 };

	(void)state;
	assert_non_null(line);
	memset(line, ' ', RPC_LINE_MAX + 1);
	memcpy(line, ask_it, strlen(ask_it));
	rpc_line(&table, line, RPC_LINE_MAX, write_to, &p);
	check_answer(&p, OK("null", "7"));
	forget(&p);
	rpc_line(&table, line, RPC_LINE_MAX + 1, write_to, &p);
	check_answer(&p, NO("-32700", "null"));
	forget(&p);
	free(line);
}

static void long_id(void **state)
{
	char line[RPC_ID_MAX + 128], id[RPC_ID_MAX + 4];
	struct peer p = { 0 };

	(void)state;
	memset(id, 'x', sizeof(id));
	id[0] = id[RPC_ID_MAX + 1] = '"';
	id[RPC_ID_MAX + 2] = '\0';
	snprintf(line, sizeof(line), ASK("\"method\":\"echo\",\"id\":%s"), id);
	ask(&p, line);
	check_true("taken", strstr(p.text, "\"result\""));
	forget(&p);
	id[RPC_ID_MAX + 1] = 'x';
	strcpy(id + RPC_ID_MAX + 2, "\"");
	snprintf(line, sizeof(line), ASK("\"method\":\"echo\",\"id\":%s"), id);
	ask(&p, line);
	check_answer(&p, NO("-32600", "null"));
	forget(&p);
}

/* A batch of n requests `one`, which holds a %zu for the id. */
static void ask_batch(struct peer *p, const char *one, size_t n)
{
	char request[128], *line = calloc(n + 1, sizeof(request));
	size_t i;

	assert_non_null(line);
	strcpy(line, "[");
	for (i = 0; i < n; i++) {
		snprintf(request, sizeof(request), "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":%zu}", one, i);
		strcat(strcat(line, i ? "," : ""), request);
	}
	ask(p, strcat(line, "]"));
	free(line);
}

static void long_batches(void **state)
{
	struct peer p = { 0 };
	json_t *answer;

	(void)state;
	n_run = 0;
	ask_batch(&p, "get_data", RPC_BATCH_MAX);
	answer = json_loads(p.text, 0, NULL);
	check_int("answers", json_array_size(answer), RPC_BATCH_MAX);
	check_int("run", n_run, RPC_BATCH_MAX);
	json_decref(answer);
	forget(&p);
	n_run = 0;
	ask_batch(&p, "get_data", RPC_BATCH_MAX + 1);
	check_answer(&p, NO("-32600", "null"));
	check_int("run", n_run, 0);
	forget(&p);
}

static void long_answers(void **state)
{
	struct peer p = { 0 };
	json_t *answer;
	size_t i;

	(void)state;
	n_run = 0;
	ask_batch(&p, "huge", 10);
	check_int("run, the last one beyond what may be", n_run, 2);
	answer = json_loadb(p.text, p.len, 0, NULL);
	check_int("answers", json_array_size(answer), 10);
	for (i = 0; i < 10; i++)
		check_true("refused", !json_object_get(json_array_get(answer, i), "error") == (i < n_run));
	json_decref(answer);
	forget(&p);
}

static struct rpc_call *take(void)
{
	assert_true(n_kept > 0);
	return kept[--n_kept];
}

static void answered_later(void **state)
{
	struct peer p = { 0 };

	(void)state;
	ask(&p, ASK("\"method\":\"later\",\"id\":1"));
	ask(&p, ASK("\"method\":\"echo\",\"id\":2"));
	check_answer(&p, OK("null", "2"));
	check_int("open", rpc_open(&p), 1);
	check_true("its peer", rpc_peer(kept[0]) == &p);
	free(p.text);
	memset(&p, 0, sizeof(p));
	rpc_reply(take(), json_true());
	check_answer(&p, OK("true", "1"));
	check_int("open", rpc_open(&p), 0);
	forget(&p);
}

static void notified_later(void **state)
{
	struct peer p = { 0 };

	(void)state;
	ask(&p, ASK("\"method\":\"later\""));
	ask(&p, "[" ASK("\"method\":\"later\"") "," ASK("\"method\":\"later\"") "]");
	check_int("open", rpc_open(&p), 0);
	check_true("its peer", rpc_peer(kept[2]) == &p);
	rpc_reply(take(), json_true());
	rpc_fail(take(), RPC_FAILED, json_array(), "no");
	rpc_reply(take(), NULL);
	check_int("lines", p.lines, 0);
	forget(&p);
}

static void batch_later(void **state)
{
	struct peer p = { 0 };

	(void)state;
	ask(&p, "[" ASK("\"method\":\"later\",\"id\":1") "," ASK("\"method\":\"echo\",\"id\":2") ",7," ASK(
			"\"method\":\"later\",\"id\":3") "," ASK("\"method\":\"later\"") "]");
	check_int("lines", p.lines, 0);
	check_int("open", rpc_open(&p), 2);
	rpc_reply(take(), json_true());
	rpc_fail(take(), RPC_FAILED, NULL, "no");
	check_int("lines", p.lines, 0);
	rpc_reply(take(), json_integer(5));
	check_answer(&p, "[" OK("null", "2") "," NO("-32600", "null") "," NO("1", "3") "," OK("5", "1") "]");
	forget(&p);
}

static void dropped(void **state)
{
	struct peer p = { 0 }, other = { 0 };

	(void)state;
	ask(&p, ASK("\"method\":\"later\",\"id\":1"));
	ask(&other, ASK("\"method\":\"later\",\"id\":1"));
	ask(&p, "[" ASK("\"method\":\"later\",\"id\":2") "," ASK("\"method\":\"echo\",\"id\":3") "]");
	rpc_drop(&p);
	rpc_drop(&p);
	check_int("open", rpc_open(&p), 0);
	check_int("open, of another", rpc_open(&other), 1);
	check_true("gone", !rpc_peer(kept[0]) && !rpc_peer(kept[2]));
	/* another in the same place is another peer */
	ask(&p, ASK("\"method\":\"echo\",\"id\":4"));
	check_answer(&p, OK("null", "4"));
	rpc_reply(take(), json_true());
	rpc_reply(take(), json_false());
	check_answer(&other, OK("false", "1"));
	rpc_fail(take(), RPC_FAILED, json_array(), "late");
	check_int("lines", p.lines, 1);
	forget(&p);
	forget(&other);
}

static void goes_when_written_to(void **state)
{
	struct peer p = { .goes = true };

	(void)state;
	ask(&p, ASK("\"method\":\"echo\",\"id\":1"));
	ask(&p, ASK("\"method\":\"later\",\"id\":2"));
	ask(&p, ASK("\"method\":\"echo\",\"id\":3"));
	check_int("lines", p.lines, 2);
	rpc_reply(take(), json_true());
	check_int("lines", p.lines, 2);
	forget(&p);
}

static struct rpc_call *many[RPC_OPEN_MAX + 1];
static size_t n_many;

static void keep_many(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	(void)params;
	assert_true(n_many <= RPC_OPEN_MAX);
	many[n_many++] = call;
}

static void too_many_open(void **state)
{
	static const struct rpc_method method = { "keep", keep_many };
	static const struct rpc_table keeps = { &method, 1, NULL };
	static const char line[] = ASK("\"method\":\"keep\",\"id\":1");
	struct peer p = { 0 }, other = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < RPC_OPEN_MAX; i++)
		rpc_line(&keeps, line, strlen(line), write_to, &p);
	check_int("lines", p.lines, 0);
	rpc_line(&keeps, line, strlen(line), write_to, &p);
	check_answer(&p, NO("1", "1"));
	check_int("open", rpc_open(&p), RPC_OPEN_MAX);
	rpc_line(&keeps, line, strlen(line), write_to, &other);
	check_int("lines of another", other.lines, 0);
	for (i = 0; i < n_many; i++)
		rpc_reply(many[i], json_null());
	check_int("lines", p.lines, RPC_OPEN_MAX + 1);
	check_int("open", rpc_open(&p), 0);
	forget(&p);
	forget(&other);
}

static void parameters(void **state)
{
	json_t *named = json_pack("{s:i}", "set", 3), *placed = json_pack("[i, i]", 4, 5);

	(void)state;
	check_int("by name", json_integer_value(rpc_param(named, "set", 1)), 3);
	check_true("no such name", !rpc_param(named, "sets", 0));
	check_int("by place", json_integer_value(rpc_param(placed, "set", 1)), 5);
	check_true("no such place", !rpc_param(placed, "set", 2));
	check_true("no params", !rpc_param(NULL, "set", 0));
	json_decref(named);
	json_decref(placed);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "line", lines, line_rows);
	test_add(&tests, "an octet of zero in any place", octets_of_zero, NULL);
	test_add(&tests, "nesting", nesting, NULL);
	test_add(&tests, "a line too long", long_lines, NULL);
	test_add(&tests, "an id too long", long_id, NULL);
	test_add(&tests, "a batch too long", long_batches, NULL);
	test_add(&tests, "answers too long", long_answers, NULL);
	test_add(&tests, "answered later", answered_later, NULL);
	test_add(&tests, "notifications that take time", notified_later, NULL);
	test_add(&tests, "a batch answered later", batch_later, NULL);
	test_add(&tests, "a peer that is gone", dropped, NULL);
	test_add(&tests, "a peer that goes when it is written to", goes_when_written_to, NULL);
	test_add(&tests, "too many calls open", too_many_open, NULL);
	test_add(&tests, "parameters by name and place", parameters, NULL);
	return test_run(&tests, "rpc");
}
