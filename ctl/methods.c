// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods.c - our own methods that change no destination, and the table of all.
 */
#include "methods.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>

#include "control.h"
#include "exit.h"
#include "methods_param.h"

#define METHODS_SELECTOR                                                   \
	{                                                                  \
		.name = "selector", .type = METHODS_TEXT, .required = true \
	}
#define METHODS_DRY_RUN                                 \
	{                                               \
		.name = "dry_run", .type = METHODS_BOOL \
	}
#define METHODS_READ(call, params, param, value) \
	methods_param_read(call, params, param, sizeof(param) / sizeof(*(param)), value)

int methods_error(int code)
{
	return code == EXIT_INPUT     ? RPC_INPUT
	       : code == EXIT_NOTHING ? RPC_NOTHING
	       : code == EXIT_USAGE   ? RPC_PARAMS
				      : RPC_FAILED;
}

struct json_t *methods_calls(const struct json_t *list)
{
	json_t *named = json_array(), *one;
	json_int_t calls = 0, n;
	size_t i;

	json_array_foreach (json_object_get(list, "destinations"), i, one) {
		n = json_integer_value(json_object_get(one, "calls"));
		calls += n;
		if (n)
			json_array_append_new(named, json_pack("{s:O, s:O, s:O, s:I}", "id", json_object_get(one, "id"),
							       "set", json_object_get(one, "set"), "uri",
							       json_object_get(one, "uri"), "calls", n));
	}
	return json_pack("{s:I, s:o}", "calls", calls, "destinations", named);
}

bool methods_selector(struct rpc_call *call, const char *text)
{
	struct selection s = { 0 };
	const char *why = NULL;
	int err = select_parse(text, &s, &why);

	if (err == -EINVAL)
		rpc_fail(call, RPC_PARAMS, NULL, "parameter 'selector' is '%s': %s", text, why);
	else if (err)
		rpc_reply(call, NULL);
	else
		select_free(&s);
	return !err;
}

/* Answers with the list, or that nothing matched. */
static json_t *methods_matching(struct methods *m, struct rpc_call *call, const char *selector, bool allow_none)
{
	json_t *list;

	if (selector && !methods_selector(call, selector))
		return NULL;
	list = live_list(m->live, selector);
	if (!list) {
		rpc_reply(call, NULL);
	} else if (selector && !allow_none && !json_array_size(json_object_get(list, "destinations"))) {
		rpc_fail(call, RPC_NOTHING, NULL, "nothing matches '%s'; remedy: `list` shows what there is", selector);
		json_decref(list);
		list = NULL;
	}
	return list;
}

static void methods_list(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { { .name = "selector", .type = METHODS_TEXT } };
	struct methods_value v[1];
	json_t *list;

	if (!METHODS_READ(call, params, param, v))
		return;
	list = methods_matching(ctx, call, v[0].text, false);
	if (list)
		rpc_reply(call, list);
}

static void methods_drain_status(void *ctx, struct rpc_call *call, struct json_t *params)
{
	/* whoever waits for a drain finds nothing any more once the destination is gone */
	static const struct methods_param param[] = { METHODS_SELECTOR,
						      { .name = "allow_none", .type = METHODS_BOOL } };
	struct methods_value v[2];
	json_t *list;

	if (!METHODS_READ(call, params, param, v))
		return;
	list = methods_matching(ctx, call, v[0].text, v[1].yes);
	if (list)
		rpc_reply(call, methods_calls(list));
	json_decref(list);
}

static void methods_ping_now(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { METHODS_SELECTOR };
	struct methods_value v[1];
	struct methods *m = ctx;
	const char *why = NULL;
	int n;

	if (!METHODS_READ(call, params, param, v) || !methods_selector(call, v[0].text))
		return;
	n = live_ping_now(m->live, v[0].text, &why);
	if (n < 0)
		rpc_fail(call, methods_error(-n), NULL, "%s", why);
	else
		rpc_reply(call, json_pack("{s:i}", "pings", n));
}

/* Events after number since, with the number to go on from. */
static json_t *methods_events(const struct methods *m, __u64 since)
{
	return json_pack("{s:I, s:o}", "seq", (json_int_t)live_newest(m->live), "events", live_history(m->live, since));
}

static const struct methods_param methods_since[] = { { .name = "since", .type = METHODS_NUMBER, .max = LLONG_MAX } };

static void methods_history(void *ctx, struct rpc_call *call, struct json_t *params)
{
	struct methods_value v[1];

	if (METHODS_READ(call, params, methods_since, v))
		rpc_reply(call, methods_events(ctx, v[0].number));
}

/* What was since then is in the answer, what comes is sent: nothing in between, as nothing happens meanwhile. */
static void methods_watch(void *ctx, struct rpc_call *call, struct json_t *params)
{
	struct methods *m = ctx;
	struct methods_value v[1];
	json_t *answer;

	if (!METHODS_READ(call, params, methods_since, v))
		return;
	answer = methods_events(m, v[0].given ? (__u64)v[0].number : live_newest(m->live));
	if (answer)
		control_watch(m->control, call);
	rpc_reply(call, answer);
}

static void methods_stats(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { { .name = "all", .type = METHODS_BOOL } };
	struct methods *m = ctx;
	struct methods_value v[1];

	if (METHODS_READ(call, params, param, v))
		rpc_reply(call, live_stats(m->live, v[0].yes));
}

static void methods_config(void *ctx, struct rpc_call *call, struct json_t *params)
{
	struct methods *m = ctx;

	if (methods_param_read(call, params, NULL, 0, NULL))
		rpc_reply(call, live_config(m->live));
}

static void methods_version(void *ctx, struct rpc_call *call, struct json_t *params)
{
	struct methods *m = ctx;

	if (methods_param_read(call, params, NULL, 0, NULL))
		rpc_reply(call, live_version(m->live));
}

const struct rpc_method methods[] = {
	{ "list", methods_list },
	{ "add", methods_change_add },
	{ "remove", methods_change_remove },
	{ "modify", methods_change_modify },
	{ "set-state", methods_change_set_state },
	{ "drain", methods_change_drain },
	{ "drain-status", methods_drain_status },
	{ "ping-now", methods_ping_now },
	{ "reload", methods_change_reload },
	{ "history", methods_history },
	{ "watch", methods_watch },
	{ "stats", methods_stats },
	{ "config", methods_config },
	{ "version", methods_version },
	{ "dispatcher.list", methods_kamailio_list },
	{ "dispatcher.reload", methods_kamailio_reload },
	{ "dispatcher.set_state", methods_kamailio_set_state },
	{ "dispatcher.set_duid_state", methods_kamailio_set_duid_state },
	{ "dispatcher.ping_active", methods_kamailio_ping_active },
	{ "dispatcher.add", methods_kamailio_add },
	{ "dispatcher.remove", methods_kamailio_remove },
	{ "dispatcher.hash", methods_kamailio_hash },
};

const size_t methods_count = sizeof(methods) / sizeof(*methods);
