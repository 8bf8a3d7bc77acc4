// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_list.c - shows listeners, sets and destinations as they are published, with or without a daemon.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "options.h"
#include "output.h"
#include "publish.h"
#include "show.h"

static const char cmd_list_help[] =
	"Usage: dispatchctl list [OPTION...]\n"
	"Show listeners and destinations with their state, share of keys, calls and traffic, and what a\n"
	"daemon knows of their health. Reads what is pinned: no daemon need run.\n"
	"State is Kamailio's two letters: A active, T trying, I inactive, D disabled or draining; P pinged,\n"
	"N never pinged, X not now. `draining`: gets no new call, keeps those that it has.\n"
	"\n"
	"      --instance NAME  default `default`\n"
	"      --bpffs DIR      default /sys/fs/bpf\n"
	"      --json           as JSON on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 done, 1 failed at run time, 2 wrong usage, 4 not attached.\n";

static int cmd_list_print(const struct show_input *in, bool json)
{
	struct show_text text = { 0 };
	struct show *s = NULL;
	json_t *row;
	size_t i;
	int err;

	if (json)
		return output_json(show_list(in));
	err = show_open(in, &s);
	if (err)
		return err;
	row = show_head(s);
	if (row)
		show_print_head(row);
	json_decref(row);
	for (i = 0; i < show_count(s); i++) {
		row = show_row(s, i);
		if (row)
			show_print_row(&text, row);
		json_decref(row);
	}
	show_free(s);
	return 0;
}

/* What a daemon keeps is shown where there is such a thing. */
static int cmd_list_show(const struct publish *p, bool json)
{
	struct show_input in = { .instance = p->inst.name, .bpf = &p->bpf, .rec = &p->rec };
	const void *runtime = NULL;
	char pin[PATH_MAX];
	size_t size = 0;
	int err;

	err = bpf_shared_peek(instance_pin(&p->inst, "maps", SHOW_RUNTIME, pin), sizeof(*in.runtime),
			      p->bpf.entries[BPF_MAP_dests], &runtime, &size);
	if (err && err != -ENOENT)
		output_warn("what the daemon knows cannot be read: %s", strerror(-err));
	in.runtime = runtime;
	err = cmd_list_print(&in, json);
	bpf_shared_close(runtime, size);
	return err;
}

int cmd_list(int argc, char **argv)
{
	struct publish p;
	struct options o;
	int err, code = options_common(argc, argv, cmd_list_help, "", &o);

	if (code)
		return -1 - code;
	publish_init(&p);
	code = publish_open(&p, &o, false);
	if (!code) {
		err = cmd_list_show(&p, o.json);
		if (err)
			output_error("cannot read the maps: %s", strerror(-err));
		code = err ? EXIT_FAILED : EXIT_OK;
	}
	publish_end(&p);
	return output_end(code);
}
