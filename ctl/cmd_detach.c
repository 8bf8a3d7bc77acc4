// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_detach.c - takes an instance out of the kernel: links, neighbours, programs, maps, pins.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "options.h"
#include "output.h"
#include "preflight.h"
#include "publish.h"

static const char cmd_detach_help[] =
	"Usage: dispatchctl detach [OPTION...]\n"
	"Take everything of an instance out of the kernel: links, programs, maps, pins, and the\n"
	"neighbours it had the kernel manage. Calls and counters are gone.\n"
	"\n"
	"      --instance NAME  default `default`\n"
	"      --force          also from another network namespace; neighbours there stay managed\n"
	"      --bpffs DIR      default /sys/fs/bpf\n"
	"      --json           result as JSON on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 detached, 1 failed at run time, 2 wrong usage, 4 not attached.\n";

static int cmd_detach_print(const struct publish *p, bool json)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < p->rec.n_interfaces; i++) {
		if (!json)
			printf("%s: detached\n", p->rec.interface[i].name);
		json_array_append_new(names, json_string(p->rec.interface[i].name));
	}
	if (!json) {
		json_decref(names);
		return EXIT_OK;
	}
	return output_json(json_pack("{s:s, s:o}", "instance", p->inst.name, "detached", names)) ? EXIT_FAILED
												 : EXIT_OK;
}

static int cmd_detach_remove(struct publish *p, bool force)
{
	int err = record_load(&p->rec, &p->inst);
	bool here = err || p->rec.netns == record_netns();

	if (here || force)
		return publish_remove(p, here);
	output_error(
		"instance %s was attached in another network namespace; remedy: run this there (nsenter --net, ip netns "
		"exec), or --force where it is gone",
		p->inst.name);
	return EXIT_FAILED;
}

int cmd_detach(int argc, char **argv)
{
	struct publish p;
	struct options o;
	char names[512];
	int err, code = options_common(argc, argv, cmd_detach_help, "F", &o);

	if (code)
		return -1 - code;
	publish_init(&p);
	if (instance_init(&p.inst, o.bpffs, o.instance))
		return output_usage("instance '%s' is no name: letters, digits, '-' and '_', %d at most", o.instance,
				    INSTANCE_NAME_MAX);
	if (preflight_host(o.bpffs))
		return EXIT_FAILED;
	err = instance_lock(&p.inst);
	if (err == -ENOENT) {
		instance_names(&p.inst, names, sizeof(names));
		output_error("instance %s is not attached%s%s", p.inst.name, *names ? "; attached: " : "", names);
		return EXIT_NOTHING;
	}
	if (err) {
		output_error("cannot lock %s: %s", p.inst.dir, strerror(-err));
		return EXIT_FAILED;
	}
	publish_hold_signals(true);
	code = cmd_detach_remove(&p, o.force);
	if (!code)
		code = cmd_detach_print(&p, o.json);
	publish_end(&p);
	code = output_end(code);
	publish_hold_signals(false);
	return code;
}
