// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_reload.c - reads the list again and publishes what changed, while traffic flows.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "cmd_control.h"
#include "exit.h"
#include "live.h"
#include "options.h"
#include "output.h"
#include "publish.h"
#include "show.h"

static const char cmd_reload_help[] =
	"Usage: dispatchctl reload [OPTION...]\n"
	"Read the list again and publish what changed. Members that stay keep their calls and\n"
	"counters; removed ones drain: they keep the calls they have and get no new ones. A list with\n"
	"an error changes nothing. Of two reloads at once the second waits for the first. Where a daemon\n"
	"runs, it is asked to do this, and reads the list that its configuration names.\n"
	"\n"
	"  -f, --file LIST      another list, from now on (default: the one of the last load)\n"
	"      --dry-run        say what would change, change nothing\n"
	"      --force          publish even an empty list, one without a listener's set, or what the list\n"
	"                       alone says where the daemon of the instance does not run\n"
	"      --reset-state    forget first what operators changed over the list (daemon)\n"
	"      --control PATH   the daemon's socket (default /run/sipxdp/INSTANCE.sock)\n"
	"      --instance NAME  default `default`\n"
	"      --bpffs DIR      default /sys/fs/bpf\n"
	"      --json           result as JSON on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 published (also where nothing changed), 1 failed at run time, 2 wrong usage,\n"
	"3 the list has errors, 4 not attached, or no daemon where one is needed.\n";

static int cmd_reload_file(struct publish *p, const char *file)
{
	char path[PATH_MAX];

	if (!realpath(file ? file : p->rec.file, path)) {
		output_error("cannot read %s: %s", file ? file : p->rec.file, strerror(errno));
		return EXIT_INPUT;
	}
	snprintf(p->rec.file, sizeof(p->rec.file), "%s", path);
	return EXIT_OK;
}

static int cmd_reload_report(const struct publish *p, const struct options *o)
{
	json_t *out;

	if (!o->json) {
		if (o->dry_run)
			printf("dry run, nothing is changed\n");
		publish_print(p);
		return EXIT_OK;
	}
	out = publish_json(p);
	json_object_set_new(out, "dry_run", json_boolean(o->dry_run));
	return output_json(out) ? EXIT_FAILED : EXIT_OK;
}

/* Has the daemon do it. */
static int cmd_reload_ask(int fd, const struct options *o)
{
	json_t *params, *result;
	int code;

	if (o->file)
		return output_usage("--file is not for an instance with a daemon; remedy: name the list in its "
				    "configuration, then reload");
	params = json_pack("{s:b, s:b, s:b}", "force", (int)o->force, "dry_run", (int)o->dry_run, "reset_state",
			   (int)o->reset_state);
	code = client_call(fd, "reload", params, CMD_CONTROL_TIMEOUT_MS, &result);
	return code ? code : cmd_control_show(o, result, cmd_control_print_change);
}

/* Published behind a daemon's back, the list would lose what operators said and pings found; also while it is down. */
static int cmd_reload_check_alone(const struct publish *p, bool force)
{
	char pin[PATH_MAX];
	__u64 now_ns = output_clock(CLOCK_MONOTONIC), beat_ns = p->bpf.state->heartbeat_ns;

	if (beat_ns && now_ns - beat_ns <= DS_HEARTBEAT_FRESH_MS * 1000000ull) {
		output_error("a daemon has instance %s, but it listens elsewhere or has only just gone; remedy: "
			     "--control PATH, the path in its configuration, or wait %d s",
			     p->inst.name, DS_HEARTBEAT_FRESH_MS / 1000);
		return EXIT_FAILED;
	}
	if (force || access(instance_pin(&p->inst, "maps", SHOW_RUNTIME, pin), F_OK))
		return EXIT_OK;
	output_error("instance %s has a daemon that does not run now; remedy: dispatchctl run -c FILE, or --force to "
		     "publish what the list alone says, whatever is down",
		     p->inst.name);
	return EXIT_FAILED;
}

/* The routes that the last daemon published, and its sets' options; nothing where there was none. */
static int cmd_reload_conf(struct publish *p, struct conf **conf)
{
	char file[PATH_MAX];
	int err = record_load_conf(&p->inst, conf);

	if (err == -ENOENT)
		return EXIT_OK;
	if (err || (*conf)->n_listeners != p->rec.n_listeners) {
		output_error("cannot read the configuration that instance %s was published by: %s; remedy: dispatchctl "
			     "run -c FILE",
			     p->inst.name, err ? strerror(-err) : "its listeners are others");
		return EXIT_FAILED;
	}
	/* the list may be another one since */
	strcpy(file, p->rec.file);
	live_enter_routes(&p->rec, *conf, &p->routes);
	strcpy(p->rec.file, file);
	return EXIT_OK;
}

/* What the configuration says of the list, as a daemon would look. */
static int cmd_reload_check_list(const struct publish *p, const struct conf *conf, bool force)
{
	struct diag_list d;
	int code;

	if (!conf)
		return EXIT_OK;
	diag_init(&d, p->rec.file);
	conf_check_list(conf, p->model, &d);
	diag_print(&d, stderr, 1);
	code = d.count[DIAG_ERROR] && !force ? EXIT_INPUT : EXIT_OK;
	diag_free(&d);
	return code;
}

static int cmd_reload_alone(const struct options *o)
{
	struct conf *conf = NULL;
	struct publish p;
	int code;

	publish_init(&p);
	code = publish_open(&p, o, true);
	if (!code)
		code = cmd_reload_check_alone(&p, o->force);
	if (!code)
		code = cmd_reload_conf(&p, &conf);
	if (!code)
		code = cmd_reload_file(&p, o->file);
	if (!code)
		code = publish_read(&p, o->force);
	if (!code)
		code = cmd_reload_check_list(&p, conf, o->force);
	if (!code)
		code = publish_plan(&p, o->force);
	publish_hold_signals(true);
	if (!code && !o->dry_run)
		code = publish_apply(&p);
	if (!code && !o->dry_run)
		code = publish_store(&p);
	if (!code)
		code = cmd_reload_report(&p, o);
	else if (code == EXIT_INPUT)
		output_error("nothing is changed");
	publish_end(&p);
	conf_free(conf);
	code = output_end(code);
	publish_hold_signals(false);
	return code;
}

int cmd_reload(int argc, char **argv)
{
	struct options o;
	int fd, code = options_common(argc, argv, cmd_reload_help, "fnFRC", &o);

	if (code)
		return -1 - code;
	/* the socket of an instance's name belongs to the usual mount */
	fd = o.control || !strcmp(o.bpffs, INSTANCE_BPFFS) ? cmd_control_try(&o) : -EXIT_NOTHING;
	if (fd >= 0) {
		code = cmd_reload_ask(fd, &o);
		close(fd);
		return code;
	}
	if (fd != -EXIT_NOTHING)
		return -fd;
	return o.control || o.reset_state ? cmd_control_say_none(&o) : cmd_reload_alone(&o);
}
