// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods_param.c - checks parameters against their table.
 */
#include "methods_param.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#define METHODS_PARAM_FAULT 500

/* One request being read. */
struct methods_param_read {
	struct rpc_call *call;
	const struct methods_param *param;
	size_t n;
	bool loose;
};

static void methods_param_fail(const struct methods_param_read *r, const char *why)
{
	if (r->loose)
		rpc_fail(r->call, METHODS_PARAM_FAULT, NULL, "Invalid Parameters: %s", why);
	else
		rpc_fail(r->call, RPC_PARAMS, NULL, "%s", why);
}

static void methods_param_expected(const struct methods_param *p, char *buf, size_t size)
{
	if (p->type == METHODS_TEXT)
		snprintf(buf, size, "a string");
	else if (p->type == METHODS_BOOL)
		snprintf(buf, size, "true or false");
	else
		snprintf(buf, size, "an integer from %lld to %lld", p->min, p->max);
}

static const char *methods_param_kind(const json_t *json)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",	 [JSON_ARRAY] = "an array",  [JSON_STRING] = "a string",
		[JSON_INTEGER] = "out of range", [JSON_REAL] = "no integer", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",		 [JSON_NULL] = "null",
	};

	return names[json_typeof(json)];
}

static void methods_param_fail_type(const struct methods_param_read *r, const struct methods_param *p,
				    const json_t *json)
{
	const char *is = !json						      ? "missing"
			 : json_is_integer(json) && p->type != METHODS_NUMBER ? "a number"
									      : methods_param_kind(json);
	char expected[64], why[192];

	methods_param_expected(p, expected, sizeof(expected));
	snprintf(why, sizeof(why), "parameter '%s' is %s, expected %s", p->name, is, expected);
	methods_param_fail(r, why);
}

/* Says what is unknown, and what there is. */
static void methods_param_fail_unknown(const struct methods_param_read *r, const char *what)
{
	char why[512];
	size_t i, len;

	len = snprintf(why, sizeof(why), "%s; there are:", what);
	for (i = 0; i < r->n && len < sizeof(why); i++)
		len += snprintf(why + len, sizeof(why) - len, "%s %s", i ? "," : "", r->param[i].name);
	if (!r->n)
		snprintf(why + len, sizeof(why) - len, " none");
	methods_param_fail(r, why);
}

static bool methods_param_is_known(const struct methods_param_read *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!strcmp(name, r->param[i].name))
			return true;
	return false;
}

/* Whether all that is there is known. */
static bool methods_param_check(const struct methods_param_read *r, json_t *params)
{
	char what[128], *printable;
	const char *name;
	json_t *one;

	if (json_is_array(params) && json_array_size(params) > r->n) {
		snprintf(what, sizeof(what), "%zu parameters, expected %zu at most", json_array_size(params), r->n);
		methods_param_fail_unknown(r, what);
		return false;
	}
	json_object_foreach (params, name, one) {
		if (methods_param_is_known(r, name))
			continue;
		printable = diag_printable(name);
		snprintf(what, sizeof(what), "parameter '%.64s' is unknown", printable ? printable : "");
		free(printable);
		methods_param_fail_unknown(r, what);
		return false;
	}
	return true;
}

static bool methods_param_number(const struct methods_param *p, const json_t *json, bool loose, long long *n)
{
	const char *text = json_string_value(json);
	char *end;

	if (json_is_integer(json)) {
		*n = json_integer_value(json);
	} else if (loose && text && *text) {
		errno = 0;
		*n = strtoll(text, &end, 10);
		if (errno || *end)
			return false;
	} else {
		return false;
	}
	return *n >= p->min && *n <= p->max;
}

static bool methods_param_one(const struct methods_param *p, const json_t *json, bool loose, struct methods_value *v)
{
	v->given = true;
	switch (p->type) {
	case METHODS_TEXT:
		v->text = json_string_value(json);
		if (v->text)
			return true;
		snprintf(v->digits, sizeof(v->digits), "%lld", json_integer_value(json));
		v->text = v->digits;
		return loose && json_is_integer(json);
	case METHODS_NUMBER:
		return methods_param_number(p, json, loose, &v->number);
	case METHODS_BOOL:
		v->yes = json_is_true(json);
		return json_is_boolean(json);
	}
	return false;
}

static bool methods_param_all(const struct methods_param_read *r, json_t *params, struct methods_value *value)
{
	json_t *json;
	size_t i;

	if (!methods_param_check(r, params))
		return false;
	for (i = 0; i < r->n; i++) {
		memset(&value[i], 0, sizeof(value[i]));
		json = rpc_param(params, r->param[i].name, i);
		if (r->loose && json_is_null(json))
			json = NULL;
		if (json ? methods_param_one(&r->param[i], json, r->loose, &value[i]) : !r->param[i].required)
			continue;
		methods_param_fail_type(r, &r->param[i], json);
		return false;
	}
	return true;
}

bool methods_param_read(struct rpc_call *call, struct json_t *params, const struct methods_param *param, size_t n,
			struct methods_value *value)
{
	struct methods_param_read r = { .call = call, .param = param, .n = n };

	return methods_param_all(&r, params, value);
}

bool methods_param_read_loose(struct rpc_call *call, struct json_t *params, const struct methods_param *param, size_t n,
			      struct methods_value *value)
{
	struct methods_param_read r = { .call = call, .param = param, .n = n, .loose = true };

	return methods_param_all(&r, params, value);
}
