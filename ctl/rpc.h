/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rpc.h - JSON-RPC 2.0 (jsonrpc.org): one request, notification or batch a line in, one line out. No I/O of its own.
 */
#ifndef SIPXDP_CTL_RPC_H
#define SIPXDP_CTL_RPC_H

#include <stdbool.h>
#include <stddef.h>

struct json_t;

#define RPC_LINE_MAX (1u << 20) /* octets of one line */
#define RPC_BATCH_MAX 100
#define RPC_BATCH_OUT_MAX (16u << 20) /* octets of answers to a batch; what is left of it then is refused */
#define RPC_OPEN_MAX 1000	      /* calls of one peer that wait for their answer */
#define RPC_ID_MAX 256		      /* octets of an id: it is kept as long as its call */

/* Error codes: those of the specification, then ours. */
enum rpc_error {
	RPC_PARSE = -32700,
	RPC_REQUEST = -32600,
	RPC_METHOD = -32601,
	RPC_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_FAILED = 1,	 /* the operation failed at run time: as exit code 1 */
	RPC_INPUT = 3,	 /* the list or a value has errors: as exit code 3 */
	RPC_NOTHING = 4, /* nothing matched: as exit code 4 */
};

/* One request being worked on. It is answered exactly once, by rpc_reply() or rpc_fail(), at once or later. */
struct rpc_call;

struct rpc_method {
	const char *name;
	/* params: borrowed until run returns, an object or an array, NULL where the request has none. */
	void (*run)(void *ctx, struct rpc_call *call, struct json_t *params);
};

struct rpc_table {
	const struct rpc_method *method;
	size_t n;
	void *ctx;
};

/*
 * Takes one line (no line end), runs what it asks for and calls write(peer, text, len) with its answer, a line with its
 * end: once, at once or later, or never where nothing is to be answered. Whatever the line holds, nothing else happens.
 * peer must live until rpc_drop(peer), which write may call.
 */
void rpc_line(const struct rpc_table *table, const char *line, size_t len,
	      void (*write)(void *peer, const char *text, size_t len), void *peer);

/* The peer is gone: answers to its calls still open are thrown away. */
void rpc_drop(void *peer);

/* How many requests of the peer are to be answered yet; notifications are not. */
size_t rpc_open(const void *peer);

/* Answers with result, which is taken over; NULL is answered as "out of memory". */
void rpc_reply(struct rpc_call *call, struct json_t *result);

/* Answers with an error; data (taken over, may be NULL) says more, such as the list of diagnostics. */
void rpc_fail(struct rpc_call *call, int code, struct json_t *data, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Who asks, as handed to rpc_line(); NULL once it is gone. */
void *rpc_peer(const struct rpc_call *call);

/* Returns a value as a line with its end, to be freed, *len octets without a NUL; NULL out of memory. */
char *rpc_text(const struct json_t *json, size_t *len);

/* One parameter by name, or by its place (from 0) where params is an array; NULL: not there. Borrowed. */
struct json_t *rpc_param(struct json_t *params, const char *name, size_t place);

#endif
