// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_watch.c - shows events as they happen.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "cmd_control.h"
#include "exit.h"
#include "output.h"

static const char cmd_watch_help[] =
	"Usage: dispatchctl watch [OPTION...]\n"
	"Show events of the running dispatcher as they happen, one a line, until a signal or the end of the\n"
	"daemon. Numbers have no gaps: who begins again with --since misses none of the last 200.\n"
	"\n"
	"      --since N        first those after number N\n" CMD_CONTROL_HELP
	"Exit code: 1 the daemon has gone, or failed at run time, 2 wrong usage, 4 no daemon.\n";

/* Whoever reads line by line shall not wait for more. Returns an exit code. */
static int cmd_watch_event(const struct options *o, json_t *event)
{
	if (o->json)
		output_json(json_incref(event));
	else
		cmd_control_print_event(event);
	return output_end(EXIT_OK);
}

static int cmd_watch_notified(void *ctx, const char *method, struct json_t *params)
{
	(void)method;
	return cmd_watch_event(ctx, params);
}

int cmd_watch(int argc, char **argv)
{
	json_t *result = NULL, *one;
	struct options o;
	int fd, code = options_common(argc, argv, cmd_watch_help, "CS", &o);
	size_t i;

	if (code)
		return -1 - code;
	fd = cmd_control_open(&o);
	if (fd < 0)
		return -fd;
	code = client_call(fd, "watch",
			   o.given & OPTIONS_HAS_SINCE ? json_pack("{s:I}", "since", (json_int_t)o.since) : NULL,
			   CMD_CONTROL_TIMEOUT_MS, &result);
	json_array_foreach (json_object_get(result, "events"), i, one)
		code = code ? code : cmd_watch_event(&o, one);
	json_decref(result);
	if (!code)
		code = client_watch(fd, cmd_watch_notified, &o);
	close(fd);
	return code;
}
