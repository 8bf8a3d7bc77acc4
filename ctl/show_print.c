// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * show_print.c - the list as text, from its JSON: so it is the same whoever looked.
 */
#include "show.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "route_show.h"

/* The longest column of latencies: five times in ms. */
#define SHOW_LATENCY_SIZE 80

static const char *show_get_text(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

static json_int_t show_get_int(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static double show_get_ms(const json_t *json, const char *key)
{
	return json_number_value(json_object_get(json, key)) / 1e3;
}

static const char *show_get_age(const json_t *json, const char *key, char buf[OUTPUT_AGE_SIZE])
{
	const json_t *seconds = json_object_get(json, key);

	/* one nanosecond after the epoch, as 0 is never */
	return output_age((__u64)(json_number_value(seconds) * 1e9) + 1, json_is_number(seconds), buf);
}

static void show_print_listener(const json_t *l)
{
	const json_t *routes = json_object_get(l, "routes"), *one;
	size_t i;

	printf("listener %s: ", show_get_text(l, "listen"));
	if (json_array_size(routes))
		printf("%zu route%s, %s", json_array_size(routes), json_array_size(routes) > 1 ? "s" : "",
		       show_get_text(l, "mode"));
	else
		printf("set %lld, %s, %s", show_get_int(l, "set"), show_get_text(l, "mode"),
		       show_get_text(l, "algorithm"));
	printf(", affinity %s%s%s\n", show_get_text(l, "affinity"),
	       json_is_true(json_object_get(l, "record_route")) ? ", record-route" : "",
	       json_is_true(json_object_get(l, "path")) ? ", path" : "");
	json_array_foreach (routes, i, one) {
		printf("  route ");
		route_show_print(one);
		printf("\n");
	}
}

void show_print_head(const struct json_t *head)
{
	const json_t *attached = json_object_get(head, "attached"), *one;
	size_t i;

	json_array_foreach (json_object_get(attached, "interfaces"), i, one)
		printf("interface %s: %s%s\n", show_get_text(one, "name"), show_get_text(one, "xdp"),
		       json_is_true(json_object_get(one, "gone")) ? ", gone" : "");
	if (*show_get_text(attached, "spread"))
		printf("packets are spread over CPUs %s\n", show_get_text(attached, "spread"));
	json_array_foreach (json_object_get(attached, "listeners"), i, one)
		show_print_listener(one);
	printf("list %s\n", show_get_text(attached, "file"));
}

/* Columns of health are there once a daemon ran. */
static void show_print_set(const json_t *row, bool health)
{
	printf("\nset %lld\n%-16s %-11s ", show_get_int(row, "set"), "id", "state");
	if (health)
		printf("%-7s %-12s %7s %-29s ", "health", "cause", "ping", "min/avg/ewma/max/stddev ms");
	printf("%4s %4s %7s %6s %9s %9s %7s %-21s %s\n", "prio", "wght", "share", "calls", "requests", "responses",
	       "seen", "address", "uri");
}

static void show_print_health(const json_t *row)
{
	const json_t *l = json_object_get(row, "latency");
	char ping[OUTPUT_AGE_SIZE], latency[SHOW_LATENCY_SIZE] = "-";

	if (show_get_int(l, "count"))
		snprintf(latency, sizeof(latency), "%.2f/%.2f/%.2f/%.2f/%.2f", show_get_ms(l, "min_us"),
			 show_get_ms(l, "avg_us"), show_get_ms(l, "ewma_us"), show_get_ms(l, "max_us"),
			 show_get_ms(l, "stddev_us"));
	printf("%-7s %-12s %7s %-29s ", show_get_text(row, "health"), show_get_text(row, "cause"),
	       show_get_age(row, "last_ping_s", ping), latency);
}

void show_print_row(struct show_text *t, const struct json_t *row)
{
	const char *slow = show_get_text(row, "slow_path"), *overlay = show_get_text(row, "overlay"),
		   *label = show_get_text(row, "label");
	bool health = json_object_get(row, "health");
	char state[32], seen[OUTPUT_AGE_SIZE];
	int set = show_get_int(row, "set");

	if (!t->in_set || t->set != set)
		show_print_set(row, health);
	t->in_set = true;
	t->set = set;
	snprintf(state, sizeof(state), "%s%s", show_get_text(row, "state"),
		 json_is_true(json_object_get(row, "draining")) ? " draining" : "");
	printf("%-16s %-11s ", show_get_text(row, "id"), state);
	if (health)
		show_print_health(row);
	printf("%4lld %4lld %6.2f%% %6lld %9lld %9lld %7s %-21s %s%s%s%s%s%s%s\n", show_get_int(row, "priority"),
	       show_get_int(row, "weight"), json_number_value(json_object_get(row, "share")) * 100,
	       show_get_int(row, "calls"), show_get_int(row, "requests"), show_get_int(row, "responses"),
	       show_get_age(row, "last_seen_s", seen), show_get_text(row, "address"), show_get_text(row, "uri"),
	       *label ? "  label: " : "", label, *slow ? "  slow path: " : "", slow, *overlay ? "  overlay: " : "",
	       overlay);
}
