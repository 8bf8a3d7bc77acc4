// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rpc.c - a line becomes a job of one call or, for a batch, of several; the job's answer goes out with its last call.
 *
 * Answers are kept as text, not as values: a list of all destinations takes far less room that way.
 */
#include "rpc.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "output.h"

/* Who asked, while jobs of his are open. */
struct rpc_asker {
	LIST_ENTRY(rpc_asker) link;
	void (*write)(void *peer, const char *text, size_t len);
	void *peer; /* NULL: gone */
	size_t jobs;
	size_t calls;
	size_t unanswered; /* calls without the notifications */
};

/* What one line asks for. Held by each of its calls and by rpc_line(). */
struct rpc_job {
	struct rpc_asker *asker;
	size_t holds;
	bool is_batch;
	bool no_memory;
	FILE *out; /* the answers so far, from the first one on */
	char *text;
	size_t len;
};

struct rpc_call {
	struct rpc_job *job;
	json_t *id; /* NULL: a notification */
};

static LIST_HEAD(rpc_asker_list, rpc_asker) rpc_askers = LIST_HEAD_INITIALIZER(rpc_askers);

static const char rpc_no_memory[] =
	"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603,\"message\":\"out of memory\"},\"id\":null}\n";

static struct rpc_asker *rpc_asker_find(const void *peer)
{
	struct rpc_asker *a;

	LIST_FOREACH (a, &rpc_askers, link)
		if (a->peer == peer)
			return a;
	return NULL;
}

static struct rpc_asker *rpc_asker_get(void (*write)(void *peer, const char *text, size_t len), void *peer)
{
	struct rpc_asker *a = rpc_asker_find(peer);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->write = write;
	a->peer = peer;
	LIST_INSERT_HEAD(&rpc_askers, a, link);
	return a;
}

static void rpc_asker_release(struct rpc_asker *a)
{
	if (--a->jobs)
		return;
	if (a->peer)
		LIST_REMOVE(a, link);
	free(a);
}

static struct rpc_job *rpc_job_new(void (*write)(void *peer, const char *text, size_t len), void *peer)
{
	struct rpc_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->asker = rpc_asker_get(write, peer);
	if (!job->asker) {
		free(job);
		return NULL;
	}
	job->asker->jobs++;
	job->holds = 1;
	return job;
}

static void rpc_job_write(struct rpc_job *job)
{
	if (job->out) {
		fputs(job->is_batch ? "]\n" : "\n", job->out);
		/* a stream of memory fails for want of memory alone */
		job->no_memory |= ferror(job->out) != 0;
		job->no_memory |= fclose(job->out) != 0;
	}
	if (!job->asker->peer)
		return;
	if (job->no_memory)
		job->asker->write(job->asker->peer, rpc_no_memory, sizeof(rpc_no_memory) - 1);
	else if (job->out)
		job->asker->write(job->asker->peer, job->text, job->len);
}

static void rpc_job_release(struct rpc_job *job)
{
	if (--job->holds)
		return;
	rpc_job_write(job);
	rpc_asker_release(job->asker);
	free(job->text);
	free(job);
}

static void rpc_job_add(struct rpc_job *job, const json_t *answer)
{
	bool first = !job->out;

	if (first)
		job->out = open_memstream(&job->text, &job->len);
	if (!job->out || !answer) {
		job->no_memory = true;
		return;
	}
	if (job->is_batch)
		fputc(first ? '[' : ',', job->out);
	if (json_dumpf(answer, job->out, JSON_COMPACT))
		job->no_memory = true;
}

static bool rpc_job_is_full(const struct rpc_job *job)
{
	return job->out && ftell(job->out) > (long)RPC_BATCH_OUT_MAX;
}

/* id is borrowed; NULL: a notification. */
static struct rpc_call *rpc_call_new(struct rpc_job *job, json_t *id)
{
	struct rpc_call *call = calloc(1, sizeof(*call));

	if (!call) {
		job->no_memory |= id != NULL;
		return NULL;
	}
	call->job = job;
	call->id = json_incref(id);
	job->holds++;
	job->asker->calls++;
	job->asker->unanswered += id != NULL;
	return call;
}

/* Answers with value, taken over, as the member called key. */
static void rpc_call_end(struct rpc_call *call, const char *key, json_t *value)
{
	struct rpc_job *job = call->job;
	json_t *answer = NULL;
	int err;

	if (call->id && job->asker->peer) {
		answer = json_object();
		err = json_object_set_new(answer, "jsonrpc", json_string("2.0"));
		err |= json_object_set(answer, key, value);
		err |= json_object_set(answer, "id", call->id);
		rpc_job_add(job, err ? NULL : answer);
	}
	json_decref(answer);
	json_decref(value);
	job->asker->calls--;
	job->asker->unanswered -= call->id != NULL;
	json_decref(call->id);
	free(call);
	rpc_job_release(job);
}

void rpc_reply(struct rpc_call *call, struct json_t *result)
{
	if (result)
		rpc_call_end(call, "result", result);
	else
		rpc_fail(call, RPC_INTERNAL, NULL, "out of memory");
}

void rpc_fail(struct rpc_call *call, int code, struct json_t *data, const char *fmt, ...)
{
	json_t *error = json_object();
	char *text = NULL;
	va_list args;
	int err;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	err = json_object_set_new(error, "code", json_integer(code));
	err |= json_object_set_new(error, "message", text ? output_text(text) : NULL);
	if (data)
		err |= json_object_set_new(error, "data", data);
	free(text);
	if (err) {
		json_decref(error);
		error = NULL;
	}
	rpc_call_end(call, "error", error);
}

/* An answer to what is no call. id: borrowed, NULL where there is none that could be told. */
static void rpc_refuse(struct rpc_job *job, json_t *id, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void rpc_refuse(struct rpc_job *job, json_t *id, int code, const char *fmt, ...)
{
	char why[JSON_ERROR_TEXT_LENGTH + 64];
	struct rpc_call *call = rpc_call_new(job, id ? id : json_null());
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	if (call)
		rpc_fail(call, code, NULL, "%s", why);
}

static bool rpc_is_id(const json_t *id)
{
	return json_is_number(id) || json_is_null(id) || (json_is_string(id) && json_string_length(id) <= RPC_ID_MAX);
}

/* What a request has to be, section 4 of the specification. Returns NULL or what is wrong. */
static const char *rpc_request_wrong(const json_t *request)
{
	const json_t *id = json_object_get(request, "id"), *params = json_object_get(request, "params");
	const char *version = json_string_value(json_object_get(request, "jsonrpc"));

	if (!json_is_object(request))
		return "a request is an object";
	if (!version || strcmp(version, "2.0") != 0)
		return "jsonrpc is not \"2.0\"";
	if (!json_is_string(json_object_get(request, "method")))
		return "method is not a string";
	if (params && !json_is_object(params) && !json_is_array(params))
		return "params is neither an object nor an array";
	if (id && !rpc_is_id(id))
		return "id is not a number, null or a short string";
	return NULL;
}

static const struct rpc_method *rpc_find(const struct rpc_table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (!strcmp(table->method[i].name, name))
			return &table->method[i];
	return NULL;
}

static void rpc_request(struct rpc_job *job, const struct rpc_table *table, json_t *request)
{
	const char *wrong = rpc_request_wrong(request), *name;
	json_t *id = json_object_get(request, "id");
	const struct rpc_method *method;
	struct rpc_call *call;

	if (wrong) {
		rpc_refuse(job, id && rpc_is_id(id) ? id : NULL, RPC_REQUEST, "%s", wrong);
		return;
	}
	call = rpc_call_new(job, id);
	if (!call)
		return;
	name = json_string_value(json_object_get(request, "method"));
	method = rpc_find(table, name);
	if (!method)
		rpc_fail(call, RPC_METHOD, NULL, "there is no method '%.64s'", name);
	else if (job->asker->calls > RPC_OPEN_MAX)
		rpc_fail(call, RPC_FAILED, NULL, "%d calls are open already; remedy: wait for their answers",
			 RPC_OPEN_MAX);
	else if (rpc_job_is_full(job))
		rpc_fail(call, RPC_FAILED, NULL,
			 "the answers to this batch are too long; remedy: ask for less at a time");
	else
		method->run(table->ctx, call, json_object_get(request, "params"));
}

static void rpc_batch(struct rpc_job *job, const struct rpc_table *table, json_t *batch)
{
	json_t *request;
	size_t i;

	if (!json_array_size(batch)) {
		rpc_refuse(job, NULL, RPC_REQUEST, "a batch without a request");
		return;
	}
	if (json_array_size(batch) > RPC_BATCH_MAX) {
		rpc_refuse(job, NULL, RPC_REQUEST, "a batch of %zu requests, at most %d; remedy: several batches",
			   json_array_size(batch), RPC_BATCH_MAX);
		return;
	}
	job->is_batch = true;
	json_array_foreach (batch, i, request)
		rpc_request(job, table, request);
}

void rpc_line(const struct rpc_table *table, const char *line, size_t len,
	      void (*write)(void *peer, const char *text, size_t len), void *peer)
{
	struct rpc_job *job = rpc_job_new(write, peer);
	json_t *root = NULL;
	json_error_t err;

	if (!job) {
		write(peer, rpc_no_memory, sizeof(rpc_no_memory) - 1);
		return;
	}
	if (len > RPC_LINE_MAX) {
		rpc_refuse(job, NULL, RPC_PARSE, "a line of %zu octets, at most %u; remedy: ask for less at a time",
			   len, RPC_LINE_MAX);
		goto out;
	}
	/* the parser itself refuses what nests deeper than its JSON_PARSER_MAX_DEPTH, 2048, octets of 0 and no UTF-8 */
	root = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &err);
	if (!root)
		rpc_refuse(job, NULL, RPC_PARSE, "not JSON, octet %d: %s", err.position, err.text);
	else if (json_is_array(root))
		rpc_batch(job, table, root);
	else
		rpc_request(job, table, root);
out:
	json_decref(root);
	rpc_job_release(job);
}

void rpc_drop(void *peer)
{
	struct rpc_asker *a = rpc_asker_find(peer);

	if (!a)
		return;
	LIST_REMOVE(a, link);
	a->peer = NULL;
}

size_t rpc_open(const void *peer)
{
	const struct rpc_asker *a = rpc_asker_find(peer);

	return a ? a->unanswered : 0;
}

void *rpc_peer(const struct rpc_call *call)
{
	return call->job->asker->peer;
}

struct json_t *rpc_param(struct json_t *params, const char *name, size_t place)
{
	return json_is_array(params) ? json_array_get(params, place) : json_object_get(params, name);
}

char *rpc_text(const struct json_t *json, size_t *len)
{
	char *text;

	*len = json_dumpb(json, NULL, 0, JSON_COMPACT) + 1;
	text = malloc(*len);
	if (!text)
		return NULL;
	json_dumpb(json, text, *len, JSON_COMPACT);
	text[*len - 1] = '\n';
	return text;
}
