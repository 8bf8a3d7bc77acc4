// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_list.c - shows listeners, sets and destinations as they are published.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd_control.h"
#include "exit.h"
#include "options.h"
#include "output.h"
#include "publish.h"
#include "show.h"

static const char cmd_list_help[] =
	"Usage: dispatchctl list [OPTION...] [SELECTOR]\n"
	"Show listeners and destinations with their state, share of keys, calls and traffic, and what a\n"
	"daemon knows of their health. Reads what is pinned: no daemon need run.\n"
	"State is Kamailio's two letters: A active, T trying, I inactive, D disabled or draining; P pinged,\n"
	"N never pinged, X not now. `draining`: gets no new call, keeps those that it has. `overlay`: what an\n"
	"operator changed over the list.\n" CMD_CONTROL_SELECTOR "\n"
	"      --control PATH   ask the daemon that listens there, instead of reading the kernel's maps\n"
	"      --instance NAME  default `default`\n"
	"      --bpffs DIR      default /sys/fs/bpf\n"
	"      --json           as JSON on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 done, 1 failed at run time, 2 wrong usage, 4 not attached, or nothing matched.\n";

static void cmd_list_print_answer(const struct json_t *list)
{
	struct show_text text = { 0 };
	const json_t *one;
	size_t i;

	show_print_head(list);
	json_array_foreach (json_object_get(list, "destinations"), i, one)
		show_print_row(&text, one);
}

static int cmd_list_ask(const struct options *o)
{
	json_t *params = NULL, *list;
	int code;

	if (o->n_args) {
		params = json_pack("{s:s}", "selector", o->arg[0]);
		if (!params)
			return output_usage("an argument is no UTF-8 text");
	}
	code = cmd_control_ask(o, "list", params, &list);
	return code ? code : cmd_control_show(o, list, cmd_list_print_answer);
}

/* Row by row: all of a long list at once would take a lot of room. */
static int cmd_list_print(const struct show *s)
{
	struct show_text text = { 0 };
	json_t *json = show_head(s);
	size_t i;

	if (json)
		show_print_head(json);
	for (i = 0; json && i < show_count(s); i++) {
		json_decref(json);
		json = show_row(s, i);
		if (json)
			show_print_row(&text, json);
	}
	json_decref(json);
	return json ? 0 : -ENOMEM;
}

static int cmd_list_show(const struct show_input *in, const struct options *o)
{
	struct show *s;
	int err = show_open(in, &s);

	if (!err && in->select && !show_count(s)) {
		output_error("nothing matches '%s'", o->arg[0]);
		show_free(s);
		return EXIT_NOTHING;
	}
	if (!err)
		err = o->json ? output_json(show_json(s)) : cmd_list_print(s);
	if (err)
		output_error("cannot read the maps: %s", strerror(-err));
	show_free(s);
	return err ? EXIT_FAILED : EXIT_OK;
}

static int cmd_list_look(const struct options *o, const struct selection *select)
{
	struct publish p;
	struct slow_stats slow = { .listener = NULL };
	struct show_input in = { .bpf = &p.bpf, .rec = &p.rec, .slow = &slow, .select = select };
	char pin[PATH_MAX];
	const void *mem = NULL;
	size_t mem_size = 0;
	int err, code;

	publish_init(&p);
	code = publish_open(&p, o, false);
	if (!code) {
		in.instance = p.inst.name;
		err = bpf_shared_peek(instance_pin(&p.inst, "maps", SHOW_RUNTIME, pin), sizeof(*in.runtime),
				      p.bpf.entries[BPF_MAP_dests], &mem, &mem_size);
		if (err && err != -ENOENT)
			output_warn("cannot read the health of destinations: %s",
				    err == -EPROTO ? "it is of another version" : strerror(-err));
		in.runtime = mem;
		slow_stats_peek(&slow, &p.inst, p.bpf.entries[BPF_MAP_dests]);
		code = cmd_list_show(&in, o);
		slow_stats_close(&slow);
		bpf_shared_close(mem, mem_size);
	}
	publish_end(&p);
	return code;
}

int cmd_list(int argc, char **argv)
{
	struct selection select = { 0 };
	const char *why = NULL;
	struct options o;
	int code = options_args(argc, argv, cmd_list_help, "C", "[SELECTOR]", &o);

	if (code)
		return -1 - code;
	code = o.n_args ? cmd_control_selector(o.arg[0]) : EXIT_OK;
	if (code)
		return code;
	if (o.control)
		return cmd_list_ask(&o);
	if (o.n_args && select_parse(o.arg[0], &select, &why)) {
		output_error("out of memory");
		return EXIT_FAILED;
	}
	code = cmd_list_look(&o, o.n_args ? &select : NULL);
	select_free(&select);
	return output_end(code);
}
