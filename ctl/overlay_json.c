// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlay_json.c - overlays as the text of the state file.
 *
 *   {
 *    "version": 1,
 *    "changes": [
 *     {"change": "add", "set": 1, "uri": "sip:192.0.2.9", "time": "2024-05-01T12:00:00Z", "flags": 0, "priority": 0,
 *      "attrs": "weight=50"},
 *     {"change": "remove", "set": 1, "uri": "sip:192.0.2.1:5060", "socket": "udp:192.0.2.250:5060", "time": "..."},
 *     {"change": "modify", "set": 1, "uri": "sip:192.0.2.2:5060", "time": "...", "priority": 5, "weight": 10},
 *     {"change": "state", "set": 1, "uri": "sip:192.0.2.3:5060", "time": "...", "state": "draining"}
 *    ]
 *   }
 *
 * People may edit it while no daemon runs, so what is not understood is refused, never passed over.
 */
#include "overlay_inner.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output.h"

#define OVERLAY_VERSION 1

#define OVERLAY_TIME "%Y-%m-%dT%H:%M:%SZ"
#define OVERLAY_TIME_MAX 253402300799ull /* the last second of the year 9999 */
#define OVERLAY_TIME_SIZE sizeof("9999-12-31T23:59:59Z")

/* The members of an entry besides "change", and by which kinds they are needed or allowed (bit n: enum overlay_kind n). */
enum overlay_member {
	OVERLAY_MEMBER_SET,
	OVERLAY_MEMBER_URI,
	OVERLAY_MEMBER_SOCKET,
	OVERLAY_MEMBER_TIME,
	OVERLAY_MEMBER_FLAGS,
	OVERLAY_MEMBER_PRIORITY,
	OVERLAY_MEMBER_ATTRS,
	OVERLAY_MEMBER_WEIGHT,
	OVERLAY_MEMBER_STATE,
	OVERLAY_MEMBERS,
};

#define OVERLAY_OF(kind) (1u << (kind))
#define OVERLAY_OF_ALL (OVERLAY_OF(OVERLAY_KINDS) - 1)
#define OVERLAY_OF_CHANGING (OVERLAY_OF(OVERLAY_ADD) | OVERLAY_OF(OVERLAY_MODIFY))

static const struct {
	const char *name;
	unsigned int needed;
	unsigned int allowed;
} overlay_members[OVERLAY_MEMBERS] = {
	[OVERLAY_MEMBER_SET] = { "set", OVERLAY_OF_ALL, OVERLAY_OF_ALL },
	[OVERLAY_MEMBER_URI] = { "uri", OVERLAY_OF_ALL, OVERLAY_OF_ALL },
	[OVERLAY_MEMBER_SOCKET] = { "socket", 0, OVERLAY_OF_ALL & ~OVERLAY_OF(OVERLAY_ADD) },
	[OVERLAY_MEMBER_TIME] = { "time", OVERLAY_OF_ALL, OVERLAY_OF_ALL },
	[OVERLAY_MEMBER_FLAGS] = { "flags", 0, OVERLAY_OF_CHANGING },
	[OVERLAY_MEMBER_PRIORITY] = { "priority", 0, OVERLAY_OF_CHANGING },
	[OVERLAY_MEMBER_ATTRS] = { "attrs", 0, OVERLAY_OF_CHANGING },
	[OVERLAY_MEMBER_WEIGHT] = { "weight", 0, OVERLAY_OF_CHANGING },
	[OVERLAY_MEMBER_STATE] = { "state", OVERLAY_OF(OVERLAY_STATE), OVERLAY_OF(OVERLAY_STATE) },
};

/* ---- writing */

static json_t *overlay_json_time(__u64 time_s)
{
	time_t t = (time_t)(time_s < OVERLAY_TIME_MAX ? time_s : OVERLAY_TIME_MAX);
	char text[OVERLAY_TIME_SIZE];
	struct tm tm;

	strftime(text, sizeof(text), OVERLAY_TIME, gmtime_r(&t, &tm));
	return json_string(text);
}

static int overlay_json_fields(json_t *json, const struct overlay_entry *e)
{
	return (e->has & OVERLAY_HAS_FLAGS && json_object_set_new(json, "flags", json_integer(e->flags))) ||
	       (e->has & OVERLAY_HAS_PRIORITY && json_object_set_new(json, "priority", json_integer(e->priority))) ||
	       (e->has & OVERLAY_HAS_ATTRS &&
		json_object_set_new(json, "attrs", output_text(e->attrs ? e->attrs : ""))) ||
	       (e->has & OVERLAY_HAS_WEIGHT && json_object_set_new(json, "weight", json_integer(e->weight)));
}

/* Returns a new object, NULL out of memory. */
static json_t *overlay_json_entry(const struct overlay_entry *e)
{
	json_t *json = json_pack("{s:s, s:i, s:o}", "change", overlay_kind_name(e->kind), "set", e->set, "uri",
				 output_text(e->kind == OVERLAY_ADD ? e->uri : e->canonical));
	int err = !json;

	if (!err && e->socket && e->kind != OVERLAY_ADD)
		err = json_object_set_new(json, "socket", output_text(e->socket));
	if (!err)
		err = json_object_set_new(json, "time", overlay_json_time(e->time_s));
	if (!err && OVERLAY_OF(e->kind) & OVERLAY_OF_CHANGING)
		err = overlay_json_fields(json, e);
	if (!err && e->kind == OVERLAY_STATE)
		err = json_object_set_new(json, "state", json_string(health_admin_name(e->admin)));
	if (!err)
		return json;
	json_decref(json);
	return NULL;
}

char *overlay_text(const struct overlay *o)
{
	json_t *changes = json_array(), *json;
	char *text = NULL;
	int err = 0;
	size_t i;

	for (i = 0; i < o->n && !err; i++)
		err = json_array_append_new(changes, overlay_json_entry(o->entry[i]));
	json = json_pack("{s:i, s:o}", "version", OVERLAY_VERSION, "changes", changes);
	if (!err && json)
		text = json_dumps(json, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(json);
	return text;
}

/* ---- reading: each returns NULL, or static text why not */

static const char *overlay_read_number(const json_t *json, int *number)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0 || json_integer_value(json) > INT_MAX)
		return "expected a number from 0";
	*number = (int)json_integer_value(json);
	return NULL;
}

/* Borrows the text of the value. */
static const char *overlay_read_text(json_t *json, char **text)
{
	union {
		const char *in;
		char *out;
	} value = { .in = json_string_value(json) };

	*text = value.out;
	return value.in ? NULL : "expected a text";
}

static const char *overlay_read_time(json_t *json, __u64 *time_s)
{
	const char *text = json_string_value(json), *end;
	struct tm tm = { 0 };
	time_t t;

	end = text ? strptime(text, OVERLAY_TIME, &tm) : NULL;
	if (!end || *end)
		return "expected a time as in 2024-05-01T12:00:00Z";
	t = timegm(&tm);
	if (t < 0 || (__u64)t > OVERLAY_TIME_MAX)
		return "expected a time from 1970 to 9999";
	*time_s = (__u64)t;
	return NULL;
}

static const char *overlay_read_state(json_t *json, enum ds_admin *admin)
{
	const char *text = json_string_value(json);
	unsigned int i;

	for (i = 0; text && i < DS_ADMINS; i++)
		if (!strcmp(text, health_admin_name((enum ds_admin)i))) {
			*admin = (enum ds_admin)i;
			return NULL;
		}
	return "expected active, draining or disabled";
}

static const char *overlay_read_member(json_t *json, enum overlay_member member, struct overlay_entry *e)
{
	const char *wrong;
	int number = 0;

	switch (member) {
	case OVERLAY_MEMBER_SET:
		return overlay_read_number(json, &e->set);
	case OVERLAY_MEMBER_URI:
		return overlay_read_text(json, &e->uri);
	case OVERLAY_MEMBER_SOCKET:
		return overlay_read_text(json, &e->socket);
	case OVERLAY_MEMBER_TIME:
		return overlay_read_time(json, &e->time_s);
	case OVERLAY_MEMBER_FLAGS:
		e->has |= OVERLAY_HAS_FLAGS;
		wrong = overlay_read_number(json, &number);
		e->flags = (unsigned int)number;
		return wrong;
	case OVERLAY_MEMBER_PRIORITY:
		e->has |= OVERLAY_HAS_PRIORITY;
		return overlay_read_number(json, &e->priority);
	case OVERLAY_MEMBER_ATTRS:
		e->has |= OVERLAY_HAS_ATTRS;
		return overlay_read_text(json, &e->attrs);
	case OVERLAY_MEMBER_WEIGHT:
		e->has |= OVERLAY_HAS_WEIGHT;
		return overlay_read_number(json, &e->weight);
	default:
		return overlay_read_state(json, &e->admin);
	}
}

static const char *overlay_read_kind(json_t *json, enum overlay_kind *kind)
{
	const char *text = json_string_value(json);
	unsigned int i;

	for (i = 0; text && i < OVERLAY_KINDS; i++)
		if (!strcmp(text, overlay_kind_name((enum overlay_kind)i))) {
			*kind = (enum overlay_kind)i;
			return NULL;
		}
	return "expected add, remove, modify or state";
}

/* Reads one entry; its texts are borrowed. What is wrong is in why, after the name of the member. */
static bool overlay_read_entry(json_t *json, struct overlay_entry *e, char *why, size_t size)
{
	const char *name = "change", *wrong = overlay_read_kind(json_object_get(json, name), &e->kind);
	size_t members = 1;
	json_t *value;
	int m;

	for (m = 0; m < OVERLAY_MEMBERS && !wrong; m++) {
		name = overlay_members[m].name;
		value = json_object_get(json, name);
		members += !!value;
		if (value && !(overlay_members[m].allowed & OVERLAY_OF(e->kind)))
			wrong = "does not belong here";
		else if (value)
			wrong = overlay_read_member(value, (enum overlay_member)m, e);
		else if (overlay_members[m].needed & OVERLAY_OF(e->kind))
			wrong = "is missing";
	}
	if (wrong) {
		snprintf(why, size, "\"%s\": %s", name, wrong);
		return false;
	}
	wrong = overlay_wrong(e);
	if (!wrong && members < json_object_size(json))
		wrong = "a member of a name that is not known";
	if (!wrong && e->kind == OVERLAY_MODIFY && !e->has)
		wrong = "nothing is modified, expected flags, priority, attrs or weight";
	if (wrong)
		snprintf(why, size, "%s", wrong);
	return !wrong;
}

static int overlay_read_changes(struct overlay *o, const json_t *changes, char *why, size_t size)
{
	struct overlay_entry e;
	char wrong[160];
	json_t *json;
	size_t i;
	int err;

	json_array_foreach (changes, i, json) {
		memset(&e, 0, sizeof(e));
		if (!overlay_read_entry(json, &e, wrong, sizeof(wrong))) {
			snprintf(why, size, "change %zu: %s", i + 1, wrong);
			return -EPROTO;
		}
		err = overlay_put(o, &e);
		if (err)
			return err;
	}
	return 0;
}

static int overlay_read(struct overlay *o, const json_t *json, char *why, size_t size)
{
	const json_t *version = json_object_get(json, "version"), *changes = json_object_get(json, "changes");

	if (!json_is_integer(version))
		snprintf(why, size, "no \"version\", expected a state file of dispatchctl");
	else if (json_integer_value(version) != OVERLAY_VERSION)
		snprintf(why, size, "version %lld, expected %d; a later dispatchctl wrote it",
			 (long long)json_integer_value(version), OVERLAY_VERSION);
	else if (!json_is_array(changes) || json_object_size(json) != 2)
		snprintf(why, size, "expected \"version\" and \"changes\", a list");
	else
		return overlay_read_changes(o, changes, why, size);
	return -EPROTO;
}

int overlay_parse(struct overlay *o, const char *text, size_t len, char *why, size_t size)
{
	json_error_t error;
	json_t *json;
	int err;

	snprintf(why, size, "%s", "");
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json) {
		if (json_error_code(&error) == json_error_out_of_memory)
			return -ENOMEM;
		snprintf(why, size, "line %d, column %d: %s", error.line, error.column, error.text);
		return -EPROTO;
	}
	err = overlay_read(o, json, why, size);
	json_decref(json);
	if (err)
		overlay_free(o);
	return err;
}
