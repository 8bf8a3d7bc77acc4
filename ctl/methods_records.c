// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods_records.c - destinations in the fields of Kamailio's dispatcher.list. Where a name has several addresses, each
 * is a DEST of its own, as each has its own state.
 */
#include "methods.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static json_t *methods_records_text(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *methods_records_attrs(const char *text)
{
	struct ds_attrs attrs = { 0 };
	struct diag_list d;
	json_t *json;

	diag_init(&d, "");
	/* what is wrong with them was said when the list was read */
	attrs_parse(text, strlen(text), &attrs, &d, 0, 0);
	json = json_pack("{s:s, s:o, s:i, s:i, s:i, s:o, s:o, s:o}", "BODY", text, "DUID",
			 methods_records_text(attrs.duid), "MAXLOAD", attrs.maxload, "WEIGHT", attrs.weight, "RWEIGHT",
			 attrs.rweight, "SOCKET", methods_records_text(attrs.socket), "SOCKNAME",
			 methods_records_text(attrs.sockname), "OBPROXY", methods_records_text(attrs.obproxy));
	attrs_free(&attrs);
	diag_free(&d);
	return json;
}

/* In ms, as Kamailio; the fractions are more than it can tell. */
static json_t *methods_records_latency(const json_t *l)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:I}", "AVG", json_number_value(json_object_get(l, "avg_us")) / 1e3,
			 "STD", json_number_value(json_object_get(l, "stddev_us")) / 1e3, "EST",
			 json_number_value(json_object_get(l, "ewma_us")) / 1e3, "MAX",
			 json_number_value(json_object_get(l, "max_us")) / 1e3, "TIMEOUT",
			 json_integer_value(json_object_get(l, "timeouts")));
}

/* Splits "192.0.2.1:5060" or "[2001:db8::1]:5060". */
static void methods_records_place(json_t *dest, const char *uri_text, const char *address)
{
	const char *colon = strrchr(address, ':');
	bool bracket = *address == '[';
	struct uri_error why;
	struct ds_uri uri;

	if (uri_parse(uri_text, strlen(uri_text), &uri, &why))
		return;
	json_object_set_new(dest, "HOST", json_string(uri.host));
	json_object_set_new(dest, "IPADDR",
			    json_stringn(address + bracket, colon ? (size_t)(colon - address) - 2 * bracket : 0));
	json_object_set_new(dest, "PORT", json_integer(uri.port));
	json_object_set_new(dest, "PROTOID", json_integer(uri.transport));
	uri_free(&uri);
}

static json_t *methods_records_dest(const json_t *row, bool full, bool brief)
{
	const char *attrs = json_string_value(json_object_get(row, "attrs"));
	const json_t *latency = json_object_get(row, "latency");
	json_t *dest;

	dest = json_pack("{s:O, s:O, s:O}", "URI", json_object_get(row, "uri"), "FLAGS", json_object_get(row, "state"),
			 "PRIORITY", json_object_get(row, "priority"));
	if (full)
		methods_records_place(dest, json_string_value(json_object_get(row, "uri")),
				      json_string_value(json_object_get(row, "address")));
	if (!brief && attrs && *attrs)
		json_object_set_new(dest, "ATTRS", methods_records_attrs(attrs));
	if (latency)
		json_object_set_new(dest, "LATENCY", methods_records_latency(latency));
	json_object_set_new(dest, "RUNTIME", json_pack("{s:O}", "DLGLOAD", json_object_get(row, "calls")));
	return json_pack("{s:o}", "DEST", dest);
}

/* Taken out of the list, and there only until its calls have ended. */
static bool methods_records_is_removed(const json_t *row)
{
	const char *admin = json_string_value(json_object_get(row, "admin"));

	return json_is_true(json_object_get(row, "draining")) &&
	       (!admin || strcmp(admin, health_admin_name(DS_ADMIN_DRAINING)) != 0);
}

struct json_t *methods_records(const struct json_t *list, bool full, bool brief)
{
	json_t *records = json_array(), *targets = NULL, *row;
	json_int_t set = 0;
	size_t i;

	json_array_foreach (json_object_get(list, "destinations"), i, row) {
		if (methods_records_is_removed(row))
			continue;
		if (!targets || set != json_integer_value(json_object_get(row, "set"))) {
			set = json_integer_value(json_object_get(row, "set"));
			targets = json_array();
			json_array_append_new(records,
					      json_pack("{s:{s:I, s:o}}", "SET", "ID", set, "TARGETS", targets));
		}
		json_array_append_new(targets, methods_records_dest(row, full, brief));
	}
	return json_pack("{s:I, s:o}", "NRSETS", (json_int_t)json_array_size(records), "RECORDS", records);
}
