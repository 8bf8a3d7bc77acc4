// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_control.c - asks the daemon and prints its answers.
 */
#include "cmd_control.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "exit.h"
#include "output.h"
#include "select.h"

int cmd_control_selector(const char *text)
{
	const char *why = NULL;
	struct selection s;
	int err = select_parse(text, &s, &why);

	if (err)
		return output_usage("SELECTOR '%s': %s", text, err == -EINVAL ? why : strerror(-err));
	select_free(&s);
	return EXIT_OK;
}

int cmd_control_say_none(const struct options *o)
{
	if (o->control)
		output_error("no daemon listens at %s; remedy: dispatchctl run -c FILE", o->control);
	else
		output_error("no daemon runs for instance %s; remedy: dispatchctl run -c FILE", o->instance);
	return EXIT_NOTHING;
}

int cmd_control_try(const struct options *o)
{
	char path[PATH_MAX];
	struct instance i;
	int fd;

	if (instance_init(&i, o->bpffs, o->instance))
		return -output_usage("instance '%s' is no name: letters, digits, '-' and '_', %d at most", o->instance,
				     INSTANCE_NAME_MAX);
	fd = client_open(o->control ? o->control : client_path(o->instance, path, sizeof(path)));
	if (fd >= 0)
		return fd;
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		return -EXIT_NOTHING;
	output_error("cannot connect to %s: %s%s", o->control ? o->control : path, strerror(-fd),
		     fd == -EACCES || fd == -EPERM ? "; remedy: run this as root, or as the group of the socket" : "");
	return -EXIT_FAILED;
}

int cmd_control_open(const struct options *o)
{
	int fd = cmd_control_try(o);

	return fd == -EXIT_NOTHING ? -cmd_control_say_none(o) : fd;
}

int cmd_control_ask(const struct options *o, const char *method, struct json_t *params, struct json_t **result)
{
	int code, fd = cmd_control_open(o);

	*result = NULL;
	if (fd < 0) {
		json_decref(params);
		return -fd;
	}
	code = client_call(fd, method, params, CMD_CONTROL_TIMEOUT_MS, result);
	close(fd);
	return code;
}

int cmd_control_show(const struct options *o, struct json_t *result, void (*print)(const struct json_t *result))
{
	if (o->json)
		return output_end(output_json(result) ? EXIT_FAILED : EXIT_OK);
	print(result);
	json_decref(result);
	return output_end(EXIT_OK);
}

/* Non-zero: out of memory, or a text that is no UTF-8. */
static int cmd_control_add_options(const struct options *o, json_t *params)
{
	int err = !params;

	if (o->given & OPTIONS_HAS_WEIGHT)
		err |= json_object_set_new(params, "weight", json_integer(o->weight));
	if (o->given & OPTIONS_HAS_PRIORITY)
		err |= json_object_set_new(params, "priority", json_integer(o->priority));
	if (o->given & OPTIONS_HAS_FLAGS)
		err |= json_object_set_new(params, "flags", json_integer(o->flags));
	if (o->attrs)
		err |= json_object_set_new(params, "attrs", json_string(o->attrs));
	if (o->dry_run)
		err |= json_object_set_new(params, "dry_run", json_true());
	return err;
}

int cmd_control_change(const struct options *o, const char *method, struct json_t *params)
{
	json_t *result;
	int code;

	if (cmd_control_add_options(o, params)) {
		json_decref(params);
		return output_usage("an argument is no UTF-8 text");
	}
	code = cmd_control_ask(o, method, params, &result);
	return code ? code : cmd_control_show(o, result, cmd_control_print_change);
}

static const char *cmd_control_text(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

static json_int_t cmd_control_int(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

void cmd_control_print_change(const struct json_t *result)
{
	const json_t *one;
	size_t i;

	if (json_is_true(json_object_get(result, "dry_run")))
		printf("dry run, nothing is changed\n");
	if (json_object_get(result, "file"))
		printf("%s: added %lld, removed %lld, changed %lld, kept %lld; draining %lld, freed %lld\n",
		       cmd_control_text(result, "file"), cmd_control_int(result, "added"),
		       cmd_control_int(result, "removed"), cmd_control_int(result, "changed"),
		       cmd_control_int(result, "kept"), cmd_control_int(result, "draining"),
		       cmd_control_int(result, "freed"));
	json_array_foreach (json_object_get(result, "changes"), i, one)
		printf("  %-8s %s set %lld %s\n", cmd_control_text(one, "change"), cmd_control_text(one, "id"),
		       cmd_control_int(one, "set"), cmd_control_text(one, "uri"));
	json_array_foreach (json_object_get(result, "listeners"), i, one)
		printf("listener %s: set %lld, %lld active, %.2f %% of all keys moved\n",
		       cmd_control_text(one, "listen"), cmd_control_int(one, "set"), cmd_control_int(one, "active"),
		       json_number_value(json_object_get(one, "moved")) * 100);
}

void cmd_control_print_event(const struct json_t *event)
{
	time_t t = (time_t)json_number_value(json_object_get(event, "time"));
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%6lld  %s  %s\n", cmd_control_int(event, "seq"), when, cmd_control_text(event, "text"));
}
