// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_drain.c - lets destinations run out of calls, and waits for it.
 */
#include "cmd.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "cmd_control.h"
#include "exit.h"
#include "output.h"

#define CMD_DRAIN_LOOK_US 500000

static const char cmd_drain_help[] =
	"Usage: dispatchctl drain [OPTION...] SELECTOR\n"
	"Set destinations of the running dispatcher to draining: they keep the calls they have and get no\n"
	"new ones. `set-state SELECTOR active` takes them in again.\n" CMD_CONTROL_SELECTOR "\n"
	"      --wait           return when no call is left; how many there are goes to standard error\n"
	"      --timeout S      wait no longer than that (default: for ever)\n"
	"      --dry-run        say what would change and which share of keys would move\n" CMD_CONTROL_HELP
	"Exit code: 0 done (with --wait: no call is left), 1 failed at run time, or calls are left, 2 wrong\n"
	"usage, 4 nothing matched, or no daemon.\n";

static json_int_t cmd_drain_calls(const json_t *json)
{
	return json_integer_value(json_object_get(json, "calls"));
}

static void cmd_drain_print(const struct json_t *result)
{
	cmd_control_print_change(result);
	printf("calls left: %lld\n", cmd_drain_calls(result));
}

static void cmd_drain_print_left(const struct json_t *result)
{
	printf("calls left: %lld\n", cmd_drain_calls(result));
}

/* Looks again and again. *status: the last look, new. */
static int cmd_drain_wait(int fd, const struct options *o, json_t **status)
{
	__u64 end_ns = output_clock(CLOCK_MONOTONIC) + o->timeout_s * 1000000000ull;
	json_int_t calls, said = -1;
	int code;

	for (;;) {
		json_decref(*status);
		*status = NULL;
		code = client_call(fd, "drain-status", json_pack("{s:s, s:b}", "selector", o->arg[0], "allow_none", 1),
				   CMD_CONTROL_TIMEOUT_MS, status);
		if (code)
			return code;
		calls = cmd_drain_calls(*status);
		if (!calls)
			return EXIT_OK;
		if (calls != said)
			fprintf(stderr, "calls left: %lld\n", calls);
		said = calls;
		if (o->timeout_s && output_clock(CLOCK_MONOTONIC) >= end_ns) {
			output_error("%lld calls are left after %u s; remedy: wait longer, or go on without them",
				     calls, o->timeout_s);
			return EXIT_FAILED;
		}
		usleep(CMD_DRAIN_LOOK_US);
	}
}

int cmd_drain(int argc, char **argv)
{
	json_t *result = NULL, *params;
	struct options o;
	int fd, code = options_args(argc, argv, cmd_drain_help, "CnWT", "SELECTOR", &o);

	if (code)
		return -1 - code;
	if (o.timeout_s && !o.wait)
		return output_usage("--timeout belongs to --wait");
	if (o.dry_run && o.wait)
		return output_usage("after --dry-run there is nothing to --wait for");
	code = cmd_control_selector(o.arg[0]);
	if (code)
		return code;
	params = json_pack("{s:s, s:b}", "selector", o.arg[0], "dry_run", (int)o.dry_run);
	if (!params)
		return output_usage("an argument is no UTF-8 text");
	fd = cmd_control_open(&o);
	if (fd < 0) {
		json_decref(params);
		return -fd;
	}
	code = client_call(fd, "drain", params, CMD_CONTROL_TIMEOUT_MS, &result);
	if (!code && o.wait) {
		if (!o.json)
			cmd_control_print_change(result);
		code = cmd_drain_wait(fd, &o, &result);
	}
	close(fd);
	if (result)
		cmd_control_show(&o, result, o.wait ? cmd_drain_print_left : cmd_drain_print);
	return output_end(code);
}
