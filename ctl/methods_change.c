// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods_change.c - our own methods that change something: answered once it is published, or why it is not.
 */
#include "methods.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "methods_param.h"

/* A change under way. */
struct methods_change {
	struct methods *m;
	struct rpc_call *call;
	bool dry_run;
	char *selector; /* of a drain: whose calls are to be counted; else NULL */
};

static void methods_change_free(struct methods_change *j)
{
	if (j)
		free(j->selector);
	free(j);
}

/* Returns NULL after answering the call. */
static struct methods_change *methods_change_new(struct methods *m, struct rpc_call *call, bool dry_run,
						 const char *selector)
{
	struct methods_change *j = calloc(1, sizeof(*j));

	if (j && selector)
		j->selector = strdup(selector);
	if (!j || (selector && !j->selector)) {
		methods_change_free(j);
		rpc_reply(call, NULL);
		return NULL;
	}
	j->m = m;
	j->call = call;
	j->dry_run = dry_run;
	return j;
}

static void methods_change_done(void *ctx, int code, const char *message, struct json_t *result)
{
	struct methods_change *j = ctx;
	json_t *answer, *list;

	if (code != EXIT_OK) {
		rpc_fail(j->call, methods_error(code), json_incref(result), "%s", message);
		methods_change_free(j);
		return;
	}
	answer = result ? json_copy(result) : json_object();
	json_object_set_new(answer, "dry_run", json_boolean(j->dry_run));
	if (j->selector) {
		list = live_list(j->m->live, j->selector);
		json_object_update_new(answer, methods_calls(list));
		json_decref(list);
	}
	rpc_reply(j->call, answer);
	methods_change_free(j);
}

/* A weight is an attribute; the first of two of a name counts. */
static char *methods_change_attrs(const struct methods_value *attrs, const struct methods_value *weight)
{
	char *text = NULL;
	int n = -1;

	if (weight->given)
		n = asprintf(&text, "weight=%lld%s%s", weight->number, attrs->given && *attrs->text ? ";" : "",
			     attrs->given ? attrs->text : "");
	else
		n = asprintf(&text, "%s", attrs->given ? attrs->text : "");
	return n < 0 ? NULL : text;
}

void methods_change_add(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = {
		{ .name = "set", .type = METHODS_NUMBER, .required = true, .max = INT_MAX },
		{ .name = "uri", .type = METHODS_TEXT, .required = true },
		{ .name = "flags", .type = METHODS_NUMBER, .max = DS_LIST_ALL },
		{ .name = "priority", .type = METHODS_NUMBER, .min = INT_MIN, .max = INT_MAX },
		{ .name = "attrs", .type = METHODS_TEXT },
		{ .name = "weight", .type = METHODS_NUMBER, .min = 1, .max = 100 },
		METHODS_DRY_RUN,
	};
	struct methods_value v[sizeof(param) / sizeof(*param)];
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_change *j;
	char *attrs;

	if (!METHODS_READ(call, params, param, v))
		return;
	o.dry_run = v[6].yes;
	attrs = methods_change_attrs(&v[4], &v[5]);
	if (!attrs) {
		rpc_reply(call, NULL);
		return;
	}
	j = methods_change_new(m, call, o.dry_run, NULL);
	if (j)
		live_add(m->live, v[0].number, v[1].text, v[2].number, v[3].number, attrs, &o, methods_change_done, j);
	free(attrs);
}

void methods_change_remove(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { METHODS_SELECTOR, METHODS_DRY_RUN };
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_value v[2];
	struct methods_change *j;

	if (!METHODS_READ(call, params, param, v) || !methods_selector(call, v[0].text))
		return;
	o.dry_run = v[1].yes;
	j = methods_change_new(m, call, o.dry_run, NULL);
	if (j)
		live_remove(m->live, v[0].text, &o, methods_change_done, j);
}

void methods_change_modify(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = {
		METHODS_SELECTOR,
		{ .name = "weight", .type = METHODS_NUMBER, .min = 1, .max = 100 },
		{ .name = "priority", .type = METHODS_NUMBER, .min = INT_MIN, .max = INT_MAX },
		{ .name = "flags", .type = METHODS_NUMBER, .max = DS_LIST_ALL },
		{ .name = "attrs", .type = METHODS_TEXT },
		METHODS_DRY_RUN,
	};
	struct methods_value v[sizeof(param) / sizeof(*param)];
	struct overlay_entry change = { .kind = OVERLAY_MODIFY };
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_change *j;

	if (!METHODS_READ(call, params, param, v) || !methods_selector(call, v[0].text))
		return;
	change.has = (v[1].given ? OVERLAY_HAS_WEIGHT : 0) | (v[2].given ? OVERLAY_HAS_PRIORITY : 0) |
		     (v[3].given ? OVERLAY_HAS_FLAGS : 0) | (v[4].given ? OVERLAY_HAS_ATTRS : 0);
	if (!change.has) {
		rpc_fail(call, RPC_PARAMS, NULL, "nothing to change, expected weight, priority, flags or attrs");
		return;
	}
	change.weight = v[1].number;
	change.priority = v[2].number;
	change.flags = v[3].number;
	o.dry_run = v[5].yes;
	change.attrs = strdup(v[4].given ? v[4].text : "");
	if (!change.attrs) {
		rpc_reply(call, NULL);
		return;
	}
	j = methods_change_new(m, call, o.dry_run, NULL);
	if (j)
		live_modify(m->live, v[0].text, &change, &o, methods_change_done, j);
	free(change.attrs);
}

void methods_change_set_state(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = {
		METHODS_SELECTOR,
		{ .name = "state", .type = METHODS_TEXT, .required = true },
		METHODS_DRY_RUN,
	};
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_value v[3];
	struct methods_change *j;
	int i;

	if (!METHODS_READ(call, params, param, v) || !methods_selector(call, v[0].text))
		return;
	o.dry_run = v[2].yes;
	for (i = 0; i < DS_ADMINS && strcmp(v[1].text, health_admin_name(i)) != 0; i++)
		;
	if (i == DS_ADMINS && strcmp(v[1].text, health_name(DS_HEALTH_UP)) != 0 &&
	    strcmp(v[1].text, health_name(DS_HEALTH_DOWN)) != 0) {
		rpc_fail(call, RPC_PARAMS, NULL,
			 "parameter 'state' is '%s', expected active, draining, disabled, up or down", v[1].text);
		return;
	}
	j = methods_change_new(m, call, o.dry_run, NULL);
	if (j && i < DS_ADMINS)
		live_set_admin(m->live, v[0].text, i, &o, methods_change_done, j);
	else if (j)
		live_set_health(m->live, v[0].text,
				strcmp(v[1].text, health_name(DS_HEALTH_UP)) ? DS_HEALTH_DOWN : DS_HEALTH_UP, -1, &o,
				methods_change_done, j);
}

void methods_change_drain(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { METHODS_SELECTOR, METHODS_DRY_RUN };
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_value v[2];
	struct methods_change *j;

	if (!METHODS_READ(call, params, param, v) || !methods_selector(call, v[0].text))
		return;
	o.dry_run = v[1].yes;
	j = methods_change_new(m, call, o.dry_run, v[0].text);
	if (j)
		live_set_admin(m->live, v[0].text, DS_ADMIN_DRAINING, &o, methods_change_done, j);
}

void methods_change_reload(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = {
		{ .name = "force", .type = METHODS_BOOL },
		METHODS_DRY_RUN,
		{ .name = "reset_state", .type = METHODS_BOOL },
	};
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_value v[3];
	struct methods_change *j;

	if (!METHODS_READ(call, params, param, v))
		return;
	o.force = v[0].yes;
	o.dry_run = v[1].yes;
	o.reset_state = v[2].yes;
	j = methods_change_new(m, call, o.dry_run, NULL);
	if (j)
		live_reload(m->live, &o, methods_change_done, j);
}
