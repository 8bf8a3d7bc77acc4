// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods_kamailio.c - the methods of Kamailio's dispatcher module: its arguments and texts on our own operations. Where
 * it answers "Ok" to what it did not do, this is an error with the reason.
 */
#include "methods.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exit.h"
#include "methods_param.h"

/* The one code that its faults have. */
#define METHODS_KAMAILIO_FAULT 500

#define METHODS_KAMAILIO_GROUP                                                            \
	{                                                                                 \
		.name = "group", .type = METHODS_NUMBER, .required = true, .max = INT_MAX \
	}
#define METHODS_KAMAILIO_ADDRESS                                          \
	{                                                                 \
		.name = "address", .type = METHODS_TEXT, .required = true \
	}
#define METHODS_KAMAILIO_STATE                                          \
	{                                                               \
		.name = "state", .type = METHODS_TEXT, .required = true \
	}
#define METHODS_KAMAILIO_READ(call, params, param, value) \
	methods_param_read_loose(call, params, param, sizeof(param) / sizeof(*(param)), value)

/* A change under way. */
struct methods_kamailio_job {
	struct methods *m;
	struct rpc_call *call;
	const char *good; /* the answers */
	const char *bad;
	char *selector;
	enum ds_health health; /* of a state that is set, once the member is active */
	bool probing;
};

static void methods_kamailio_job_free(struct methods_kamailio_job *j)
{
	if (j)
		free(j->selector);
	free(j);
}

static struct methods_kamailio_job *methods_kamailio_job_new(struct methods *m, struct rpc_call *call, char *selector,
							     const char *good, const char *bad)
{
	struct methods_kamailio_job *j = calloc(1, sizeof(*j));

	if (!j) {
		free(selector);
		rpc_reply(call, NULL);
		return NULL;
	}
	j->m = m;
	j->call = call;
	j->selector = selector;
	j->good = good;
	j->bad = bad;
	return j;
}

static void methods_kamailio_done(void *ctx, int code, const char *message, struct json_t *result)
{
	struct methods_kamailio_job *j = ctx;

	if (code == EXIT_OK)
		rpc_reply(j->call, json_string(j->good));
	else
		rpc_fail(j->call, METHODS_KAMAILIO_FAULT, json_incref(result), "%s: %s", j->bad, message);
	methods_kamailio_job_free(j);
}

/* The destination that its arguments name; a URI without scheme is one of sip, as in the list. NULL out of memory. */
static char *methods_kamailio_selector(long long group, const char *address)
{
	bool scheme = !strncasecmp(address, "sip:", 4) || !strncasecmp(address, "sips:", 5);
	char *text;

	return asprintf(&text, "%lld/%s%s", group, scheme ? "" : "sip:", address) < 0 ? NULL : text;
}

void methods_kamailio_list(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { { .name = "mode", .type = METHODS_TEXT } };
	struct methods *m = ctx;
	struct methods_value v[1];
	json_t *list, *records;

	if (!METHODS_KAMAILIO_READ(call, params, param, v))
		return;
	list = live_list(m->live, NULL);
	records = !list ? NULL
			: methods_records(list, v[0].given && !strcmp(v[0].text, "full"),
					  v[0].given && !strcmp(v[0].text, "short"));
	json_decref(list);
	if (records && !json_integer_value(json_object_get(records, "NRSETS"))) {
		rpc_fail(call, METHODS_KAMAILIO_FAULT, NULL, "No Destination Sets");
		json_decref(records);
	} else {
		rpc_reply(call, records);
	}
}

void methods_kamailio_reload(void *ctx, struct rpc_call *call, struct json_t *params)
{
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_kamailio_job *j;

	if (!methods_param_read_loose(call, params, NULL, 0, NULL))
		return;
	j = methods_kamailio_job_new(m, call, NULL, "Ok. Dispatcher successfully reloaded.", "Reload Failed");
	if (j)
		live_reload(m->live, &o, methods_kamailio_done, j);
}

/* What letters of a state ask for. */
struct methods_kamailio_state {
	bool disable;
	enum ds_health health;
	bool probing;
};

/* One of a, i, d, t or their numbers, and p beside it. */
static bool methods_kamailio_letters(const char *text, struct methods_kamailio_state *s)
{
	static const char letters[] = "aidt", numbers[] = "1023";
	static const enum ds_health health[] = { DS_HEALTH_UP, DS_HEALTH_DOWN, DS_HEALTH_UNKNOWN, DS_HEALTH_TRYING };
	const char *at;
	size_t states = 0;

	memset(s, 0, sizeof(*s));
	for (; *text; text++) {
		if (tolower((unsigned char)*text) == 'p') {
			s->probing = true;
			continue;
		}
		at = strchr(letters, tolower((unsigned char)*text));
		if (!at && strchr(numbers, *text))
			at = letters + (strchr(numbers, *text) - numbers);
		if (!at)
			return false;
		s->disable = *at == 'd';
		s->health = health[at - letters];
		states++;
	}
	return states == 1;
}

/* It is taken in again; now its health. */
static void methods_kamailio_active(void *ctx, int code, const char *message, struct json_t *result)
{
	struct methods_kamailio_job *j = ctx;
	struct live_options o = { 0 };

	if (code == EXIT_OK)
		live_set_health(j->m->live, j->selector, j->health, j->probing, &o, methods_kamailio_done, j);
	else
		methods_kamailio_done(j, code, message, result);
}

/* Takes the selector over. Its states are one word: what is not disabled is active. */
static void methods_kamailio_change_state(struct methods *m, struct rpc_call *call, const char *letters, char *selector)
{
	struct methods_kamailio_state s;
	struct live_options o = { 0 };
	struct methods_kamailio_job *j;

	if (!selector) {
		rpc_reply(call, NULL);
		return;
	}
	if (!methods_kamailio_letters(letters, &s)) {
		rpc_fail(call, METHODS_KAMAILIO_FAULT, NULL,
			 "Unknown State Value: '%s', expected a, i, d or t (1, 0, 2, 3), and p beside it", letters);
		free(selector);
		return;
	}
	j = methods_kamailio_job_new(m, call, selector, "Ok. Dispatcher state updated.", "State Update Failed");
	if (!j)
		return;
	j->health = s.health;
	j->probing = s.probing;
	if (s.disable)
		live_set_admin(m->live, selector, DS_ADMIN_DISABLED, &o, methods_kamailio_done, j);
	else
		live_set_admin(m->live, selector, DS_ADMIN_ACTIVE, &o, methods_kamailio_active, j);
}

void methods_kamailio_set_state(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { METHODS_KAMAILIO_STATE, METHODS_KAMAILIO_GROUP,
						      METHODS_KAMAILIO_ADDRESS };
	struct methods_value v[3];
	char *selector;

	if (!METHODS_KAMAILIO_READ(call, params, param, v))
		return;
	if (!strcmp(v[2].text, "all")) {
		if (asprintf(&selector, "set=%lld", v[1].number) < 0)
			selector = NULL;
	} else {
		selector = methods_kamailio_selector(v[1].number, v[2].text);
	}
	methods_kamailio_change_state(ctx, call, v[0].text, selector);
}

void methods_kamailio_set_duid_state(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { METHODS_KAMAILIO_STATE,
						      METHODS_KAMAILIO_GROUP,
						      { .name = "duid", .type = METHODS_TEXT, .required = true } };
	struct methods_value v[3];
	char *selector;

	if (!METHODS_KAMAILIO_READ(call, params, param, v))
		return;
	if (asprintf(&selector, "%lld/duid=%s", v[1].number, v[2].text) < 0)
		selector = NULL;
	methods_kamailio_change_state(ctx, call, v[0].text, selector);
}

void methods_kamailio_ping_active(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { { .name = "state", .type = METHODS_NUMBER, .max = 1 } };
	struct methods *m = ctx;
	struct methods_value v[1];
	bool was;

	if (!METHODS_KAMAILIO_READ(call, params, param, v))
		return;
	was = live_is_ping_active(m->live);
	if (v[0].given) {
		live_ping_active(m->live, v[0].number);
		rpc_reply(call, json_pack("{s:i, s:i}", "NewPingState", (int)v[0].number, "OldPingState", (int)was));
	} else {
		rpc_reply(call, json_pack("{s:i}", "OldPingState", (int)was));
	}
}

void methods_kamailio_add(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = {
		METHODS_KAMAILIO_GROUP,
		METHODS_KAMAILIO_ADDRESS,
		{ .name = "flags", .type = METHODS_NUMBER, .max = DS_LIST_ALL },
		{ .name = "priority", .type = METHODS_NUMBER, .min = INT_MIN, .max = INT_MAX },
		{ .name = "attrs", .type = METHODS_TEXT },
	};
	struct methods_value v[sizeof(param) / sizeof(*param)];
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_kamailio_job *j;

	if (!METHODS_KAMAILIO_READ(call, params, param, v))
		return;
	j = methods_kamailio_job_new(m, call, NULL, "Ok. Dispatcher destination added.",
				     "Adding dispatcher dst failed");
	if (j)
		live_add(m->live, v[0].number, v[1].text, v[2].number, v[3].number, v[4].given ? v[4].text : "", &o,
			 methods_kamailio_done, j);
}

void methods_kamailio_remove(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = { METHODS_KAMAILIO_GROUP, METHODS_KAMAILIO_ADDRESS };
	struct live_options o = { 0 };
	struct methods *m = ctx;
	struct methods_kamailio_job *j;
	struct methods_value v[2];
	char *selector;

	if (!METHODS_KAMAILIO_READ(call, params, param, v))
		return;
	selector = methods_kamailio_selector(v[0].number, v[1].text);
	if (!selector) {
		rpc_reply(call, NULL);
		return;
	}
	j = methods_kamailio_job_new(m, call, selector, "Ok. Dispatcher destination removed.",
				     "Removing dispatcher dst failed");
	if (j)
		live_remove(m->live, selector, &o, methods_kamailio_done, j);
}

/* The number is unsigned, as its JSON-RPC prints it in 5.6 and later (kamcmd of 5.6 shows it signed). */
void methods_kamailio_hash(void *ctx, struct rpc_call *call, struct json_t *params)
{
	static const struct methods_param param[] = {
		{ .name = "nslots", .type = METHODS_NUMBER, .required = true, .min = 0, .max = INT_MAX },
		{ .name = "v1", .type = METHODS_TEXT, .required = true },
		{ .name = "v2", .type = METHODS_TEXT },
	};
	struct methods_value v[3];
	__u32 hash;

	(void)ctx;
	if (!METHODS_KAMAILIO_READ(call, params, param, v))
		return;
	hash = methods_hash(v[1].text, strlen(v[1].text), v[2].given ? v[2].text : "",
			    v[2].given ? strlen(v[2].text) : 0);
	rpc_reply(call, json_pack("{s:I, s:I}", "hashid", (json_int_t)hash, "slot",
				  (json_int_t)(v[0].number ? hash % v[0].number : 0)));
}
