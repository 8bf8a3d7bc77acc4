// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_run.c - the daemon: one process, one thread, one event loop.
 */
#include "cmd.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "journal.h"
#include "live.h"
#include "output.h"
#include "record.h"

#define RUN_CONF "/etc/sipxdp/dispatchctl.conf"

static const char cmd_run_help[] =
	"Usage: dispatchctl run [-c FILE] [--xdp MODE]\n"
	"Attach as the configuration says, or adopt what is attached, and keep it true: ping the\n"
	"destinations, take those out that do not answer, listen at the control socket. Runs until\n"
	"SIGTERM or SIGINT; the programs stay attached then, and traffic goes on. SIGHUP reads the\n"
	"configuration and the list again.\n"
	"\n"
	"  -c, --config FILE    default " RUN_CONF "\n"
	"      --xdp MODE       auto, native, generic or off, instead of `xdp` of the configuration; off:\n"
	"                       attach nothing, dispatch from sockets alone\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 stopped, or the instance was detached, 1 failed at run time, 2 wrong usage,\n"
	"3 the configuration or the list has errors.\n";

struct run {
	struct event_base *base;
	struct live *live;
	const char *path;
	int xdp; /* enum bpf_xdp_mode that the command line has, -1: as in the configuration */
};

/* Returns enum bpf_xdp_mode, -1 where it is none. */
static int cmd_run_xdp(const char *name)
{
	int mode = BPF_XDP_OFF;

	while (mode >= 0 && strcmp(record_xdp_name(mode), name) != 0)
		mode--;
	return mode;
}

static int cmd_run_options(int argc, char **argv, struct run *r)
{
	static const struct option list[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "xdp", required_argument, NULL, 'x' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	r->path = RUN_CONF;
	r->xdp = -1;
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":c:h", list, NULL)) != -1) {
		if (c == 'h') {
			fputs(cmd_run_help, stdout);
			return -1 - output_end(EXIT_OK);
		}
		if (c == ':')
			return -1 - output_usage("option %s needs a value", argv[optind - 1]);
		if (c == '?')
			return -1 - output_usage("option %s is unknown", argv[optind - 1]);
		if (c == 'c') {
			r->path = optarg;
			continue;
		}
		r->xdp = cmd_run_xdp(optarg);
		if (r->xdp < 0)
			return -1 - output_usage("xdp mode '%s', expected auto, native, generic or off", optarg);
	}
	if (optind < argc)
		return -1 - output_usage("argument '%s' is one too many", argv[optind]);
	return 0;
}

static struct conf *cmd_run_read(const struct run *r, int *code)
{
	const char *path = r->path;
	struct diag_list d;
	struct conf *conf;
	int err;

	diag_init(&d, path);
	err = conf_read(path, &conf, &d);
	diag_print(&d, stderr, 1);
	if (err && !d.count[DIAG_ERROR])
		output_error("cannot read %s: %s", path, strerror(-err));
	diag_free(&d);
	if (!err && r->xdp >= 0)
		conf->xdp = r->xdp;
	*code = !err ? EXIT_OK : err == -ENOMEM ? EXIT_FAILED : EXIT_INPUT;
	return conf;
}

static void cmd_run_stop(evutil_socket_t sig, short what, void *ctx)
{
	struct run *r = ctx;

	(void)what;
	journal(LOG_NOTICE, "stopped by %s", sig == SIGINT ? "SIGINT" : "SIGTERM");
	journal_notify("STOPPING=1");
	event_base_loopbreak(r->base);
}

static void cmd_run_reloaded(void *ctx, int code, const char *message, json_t *result)
{
	(void)ctx;
	(void)message;
	(void)result;
	if (code)
		journal(LOG_ERR, "what ran goes on as before");
	journal_notify("READY=1");
}

static void cmd_run_reload(evutil_socket_t sig, short what, void *ctx)
{
	const struct live_options none = { 0 };
	struct run *r = ctx;
	struct conf *conf;
	int code;

	(void)sig;
	(void)what;
	journal_notify("RELOADING=1");
	conf = cmd_run_read(r, &code);
	if (!code)
		code = live_configure(r->live, conf, &none, cmd_run_reloaded, r);
	if (code)
		cmd_run_reloaded(r, code, "", NULL);
}

static int cmd_run_loop(struct run *r)
{
	struct event *on[3] = {
		evsignal_new(r->base, SIGTERM, cmd_run_stop, r),
		evsignal_new(r->base, SIGINT, cmd_run_stop, r),
		evsignal_new(r->base, SIGHUP, cmd_run_reload, r),
	};
	int code = EXIT_OK;
	size_t i;

	for (i = 0; i < 3; i++)
		if (!on[i] || event_add(on[i], NULL))
			code = EXIT_FAILED;
	if (code) {
		output_error("cannot take signals");
	} else {
		journal_notify("READY=1");
		if (event_base_dispatch(r->base) < 0)
			code = EXIT_FAILED;
	}
	for (i = 0; i < 3; i++)
		if (on[i])
			event_free(on[i]);
	return code;
}

int cmd_run(int argc, char **argv)
{
	struct run r = { 0 };
	struct conf *conf;
	int code = cmd_run_options(argc, argv, &r);

	if (code)
		return -1 - code;
	conf = cmd_run_read(&r, &code);
	if (code)
		return code;
	r.base = event_base_new();
	if (!r.base) {
		conf_free(conf);
		output_error("cannot make an event loop");
		return EXIT_FAILED;
	}
	code = live_new(r.base, conf, &r.live);
	if (!code)
		code = cmd_run_loop(&r);
	live_free(r.live);
	event_base_free(r.base);
	return code;
}
