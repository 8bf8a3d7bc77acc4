// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_check_conf.c - reads a configuration and the list that it names, as `run` would, and prints what is in effect.
 */
#include "cmd_check.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "conf.h"
#include "exit.h"
#include "output.h"

/* A configuration and its list, as far as they could be read. */
struct cmd_check_both {
	struct conf *conf;
	struct model *model;
	struct diag_list conf_said;
	struct diag_list list_said;
};

/* Calls fn for every set of either, ascending. */
static void cmd_check_each_set(const struct cmd_check_both *b,
			       void (*fn)(void *ctx, int set, const struct conf_ping *p), void *ctx)
{
	size_t i = 0, j = 0, n = b->model ? b->model->n_sets : 0;
	int id;

	while (i < b->conf->n_sets || j < n) {
		if (j == n || (i < b->conf->n_sets && b->conf->set[i].id <= b->model->set[j].id))
			id = b->conf->set[i].id;
		else
			id = b->model->set[j].id;
		i += i < b->conf->n_sets && b->conf->set[i].id == id;
		j += j < n && b->model->set[j].id == id;
		fn(ctx, id, conf_ping_of(b->conf, id));
	}
}

/* Tenths of a second, upwards: it is a promise. */
static double cmd_check_seconds(__u64 ms)
{
	return (double)((ms + 99) / 100) / 10;
}

static void cmd_check_print_detection(void *ctx, int set, const struct conf_ping *p)
{
	__u64 down = conf_worst_down_ms(p);

	(void)ctx;
	if (down)
		printf("# set %d: a dead destination is out within %.1f s,", set, cmd_check_seconds(down));
	else
		printf("# set %d: a dead destination is out by its traffic alone, as pings leave out those that are up;",
		       set);
	printf(" one that lives again is back within %.1f s\n", cmd_check_seconds(conf_worst_up_ms(p)));
	if (p->health.passive_requests && p->health.passive_hold_ms)
		printf("# set %d: one whose calls failed stays out for %.1f s at least, %.1f s where that goes on\n",
		       set, cmd_check_seconds(p->health.passive_hold_ms),
		       cmd_check_seconds((__u64)HEALTH_HOLDS_MAX * p->health.passive_hold_ms));
}

static void cmd_check_add_detection(void *array, int set, const struct conf_ping *p)
{
	__u64 down = conf_worst_down_ms(p);

	json_array_append_new(array, json_pack("{s:i, s:o, s:I, s:I}", "set", set, "down_ms",
					       down ? json_integer((json_int_t)down) : json_null(), "up_ms",
					       (json_int_t)conf_worst_up_ms(p), "hold_ms",
					       p->health.passive_requests ? (json_int_t)p->health.passive_hold_ms : 0));
}

/* The configuration as text, a JSON string; null where it has errors. */
static json_t *cmd_check_effective(const struct conf *c)
{
	json_t *json = NULL;
	char *text = NULL;
	size_t size;
	FILE *f;

	if (!c)
		return json_null();
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	conf_print(c, f);
	if (!fclose(f))
		json = json_string(text);
	free(text);
	return json;
}

static json_t *cmd_check_both_json(const struct cmd_check_both *b)
{
	const struct diag_list *d = &b->conf_said;
	json_t *detection = json_array();

	if (b->conf)
		cmd_check_each_set(b, cmd_check_add_detection, detection);
	return json_pack("{s:o, s:b, s:i, s:i, s:o, s:o, s:o, s:o}", "file", output_text(d->file), "ok",
			 !d->count[DIAG_ERROR], "errors", (int)d->count[DIAG_ERROR], "warnings",
			 (int)d->count[DIAG_WARNING], "diagnostics", diag_json(d), "config",
			 cmd_check_effective(b->conf), "detection", detection, "list",
			 b->conf ? cmd_check_list_json(b->model, &b->list_said) : json_null());
}

static void cmd_check_both_print(const struct cmd_check_both *b, bool quiet)
{
	diag_print(&b->conf_said, stderr, !quiet);
	if (!b->conf)
		return;
	diag_print(&b->list_said, stderr, !quiet);
	if (quiet)
		return;
	conf_print(b->conf, stdout);
	printf("\n");
	cmd_check_each_set(b, cmd_check_print_detection, NULL);
	cmd_check_list_print("# ", b->model, &b->list_said);
}

/* Reads what there is to read. Returns an exit code. */
static int cmd_check_both_read(struct cmd_check_both *b, const char *path, const struct resolver *r)
{
	int code, err;

	diag_init(&b->conf_said, path);
	diag_init(&b->list_said, "");
	err = conf_read(path, &b->conf, &b->conf_said);
	if (err)
		return err == -EINVAL ? EXIT_INPUT : EXIT_FAILED;
	b->list_said.file = b->conf->list;
	code = cmd_check_load(b->conf->list, r, &b->model, &b->list_said);
	if (b->model)
		conf_check_list(b->conf, b->model, &b->list_said);
	diag_sort(&b->list_said);
	return code || !b->list_said.count[DIAG_ERROR] ? code : EXIT_INPUT;
}

int cmd_check_conf(const struct resolver *r, const struct cmd_check_options *o)
{
	struct cmd_check_both b = { 0 };
	int code = cmd_check_both_read(&b, o->conf, r);

	if (!o->json)
		cmd_check_both_print(&b, o->quiet);
	else if (output_json(cmd_check_both_json(&b)))
		code = EXIT_FAILED;
	model_free(b.model);
	diag_free(&b.conf_said);
	diag_free(&b.list_said);
	conf_free(b.conf);
	return code;
}
