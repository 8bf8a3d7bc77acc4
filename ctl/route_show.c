// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * route_show.c - see route_show.h. What is published has no names; who has the configuration adds them.
 */
#include "route_show.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "algorithm.h"
#include "uri.h"

static const char *const route_show_actions[] = {
	[DS_ACTION_FORWARD] = "forward",   [DS_ACTION_HOST] = "host", [DS_ACTION_REPLY] = "reply",
	[DS_ACTION_REDIRECT] = "redirect", [DS_ACTION_DROP] = "drop", [DS_ACTION_PASS] = "pass"
};

/* Whether a route takes every method, but for ACK and CANCEL, which another one may have named. */
static int route_show_any_method(const struct ds_route_table *t, __u64 bit)
{
	unsigned int i;

	for (i = 1; i < DS_ROUTE_METHODS; i++)
		if (i != DS_ROUTE_METHOD_ACK && i != DS_ROUTE_METHOD_CANCEL && !(t->method[i] & bit))
			return 0;
	return 1;
}

static struct json_t *route_show_criteria(const struct ds_route_table *t, unsigned int n)
{
	__u64 bit = 1ull << (n & (DS_ROUTES_MAX - 1));
	json_t *by = json_array();

	if (!route_show_any_method(t, bit))
		json_array_append_new(by, json_string("method"));
	if (!(t->dialog[0] & t->dialog[1] & bit))
		json_array_append_new(by, json_string("dialog"));
	if (!(t->any_set & bit))
		json_array_append_new(by, json_string("from-set"));
	if (!(t->any_source & bit))
		json_array_append_new(by, json_string("source"));
	if (!(t->any_user & bit))
		json_array_append_new(by, json_string("user"));
	if (!(t->any_host & bit))
		json_array_append_new(by, json_string("host"));
	return by;
}

struct json_t *route_show_json(const struct ds_route_table *t, const struct ds_route *r, const struct ds_set_rec *sets,
			       unsigned int n)
{
	json_t *json = json_pack("{s:i, s:o, s:s}", "number", (int)n + 1, "by", route_show_criteria(t, n), "action",
				 r->action < DS_ACTIONS ? route_show_actions[r->action] : "?");
	char text[URI_ENDPOINT_SIZE];

	if ((r->action == DS_ACTION_FORWARD || r->action == DS_ACTION_REDIRECT) && r->set) {
		json_object_set_new(json, "set", json_integer(sets[r->set].id));
		json_object_set_new(json, "algorithm", json_string(algorithm_name(sets[r->set].algorithm)));
	}
	if (r->action == DS_ACTION_HOST)
		json_object_set_new(json, "to", json_string(uri_endpoint_text(&r->to, text)));
	if (r->action == DS_ACTION_REPLY || r->action == DS_ACTION_REDIRECT)
		json_object_set_new(json, "code", json_integer(r->code));
	return json;
}

void route_show_print(const struct json_t *route)
{
	const char *name = json_string_value(json_object_get(route, "name")), *before = " by ";
	const json_t *set = json_object_get(route, "set"), *code = json_object_get(route, "code"), *one;
	const char *to = json_string_value(json_object_get(route, "to"));
	size_t i;

	printf("%lld", (long long)json_integer_value(json_object_get(route, "number")));
	if (name)
		printf(" \"%s\"", name);
	json_array_foreach (json_object_get(route, "by"), i, one) {
		printf("%s%s", before, json_string_value(one));
		before = ", ";
	}
	printf(": %s", json_string_value(json_object_get(route, "action")));
	if (code)
		printf(" %lld", (long long)json_integer_value(code));
	if (set)
		printf(" to set %lld, %s", (long long)json_integer_value(set),
		       json_string_value(json_object_get(route, "algorithm")));
	if (to)
		printf(" %s", to);
}
