// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpc_line_fuzz.c - any octets as lines from two peers: each answer is a line of JSON-RPC, there are no more answers than
 * were asked for, and none for a peer that is gone.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rpc.h"

#define FUZZ_PEERS 2
#define FUZZ_KEPT 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_peer {
	size_t lines_in;
	size_t lines_out;
	bool gone;
};

static struct rpc_call *fuzz_kept[FUZZ_KEPT];
static size_t fuzz_n_kept;

static void fuzz_must(bool holds)
{
	if (!holds)
		abort();
}

static void fuzz_check_answer(const json_t *answer)
{
	const json_t *id = json_object_get(answer, "id"), *error = json_object_get(answer, "error");
	const char *version = json_string_value(json_object_get(answer, "jsonrpc"));

	fuzz_must(version && !strcmp(version, "2.0") && json_object_size(answer) == 3);
	fuzz_must(json_is_string(id) || json_is_number(id) || json_is_null(id));
	fuzz_must(!error == !!json_object_get(answer, "result"));
	fuzz_must(!error || (json_is_integer(json_object_get(error, "code")) &&
			     json_is_string(json_object_get(error, "message"))));
}

static void fuzz_write(void *peer, const char *text, size_t len)
{
	json_t *answer = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *each;
	struct fuzz_peer *p = peer;
	size_t i;

	fuzz_must(!p->gone && answer && memchr(text, '\n', len) == text + len - 1);
	fuzz_must(!json_is_array(answer) || json_array_size(answer));
	json_array_foreach (answer, i, each)
		fuzz_check_answer(each);
	if (json_is_object(answer))
		fuzz_check_answer(answer);
	json_decref(answer);
	p->lines_out++;
	fuzz_must(p->lines_out <= p->lines_in);
}

static void fuzz_echo(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	rpc_reply(call, params ? json_incref(params) : json_null());
}

static void fuzz_fail(void *ctx, struct rpc_call *call, json_t *params)
{
	const char *text = json_string_value(rpc_param(params, "text", 0));

	(void)ctx;
	rpc_fail(call, RPC_INPUT, json_incref(params), "%s", text ? text : "\xff\n");
}

static void fuzz_keep(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	(void)params;
	if (fuzz_n_kept == FUZZ_KEPT)
		rpc_reply(call, json_true());
	else
		fuzz_kept[fuzz_n_kept++] = call;
}

/* Answers what was kept last, of whichever peer, then itself: so calls end in any order. */
static void fuzz_end(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	if (fuzz_n_kept)
		rpc_reply(fuzz_kept[--fuzz_n_kept], json_integer((json_int_t)json_array_size(params)));
	rpc_reply(call, json_false());
}

static void fuzz_drop(void *ctx, struct rpc_call *call, json_t *params)
{
	struct fuzz_peer *p = rpc_peer(call);

	(void)ctx;
	(void)params;
	rpc_drop(p);
	if (p)
		p->gone = true;
	rpc_reply(call, json_null());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rpc_method methods[] = {
		{ "e", fuzz_echo }, { "f", fuzz_fail }, { "k", fuzz_keep }, { "n", fuzz_end }, { "d", fuzz_drop },
	};
	const struct rpc_table table = { methods, sizeof(methods) / sizeof(methods[0]), NULL };
	const char *at = (const char *)data, *end = at + size, *eol;
	struct fuzz_peer peer[FUZZ_PEERS] = { 0 };
	size_t i;

	for (i = 0; at < end; i = (i + 1) % FUZZ_PEERS, at = eol + 1) {
		eol = memchr(at, '\n', (size_t)(end - at));
		eol = eol ? eol : end;
		if (peer[i].gone)
			continue;
		peer[i].lines_in++;
		rpc_line(&table, at, (size_t)(eol - at), fuzz_write, &peer[i]);
	}
	rpc_drop(&peer[0]);
	peer[0].gone = true;
	while (fuzz_n_kept)
		rpc_reply(fuzz_kept[--fuzz_n_kept], json_true());
	for (i = 0; i < FUZZ_PEERS; i++) {
		fuzz_must(!rpc_open(&peer[i]));
		rpc_drop(&peer[i]);
	}
	return 0;
}
