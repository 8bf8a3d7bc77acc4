// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_history.c - shows what happened to destinations and to the dispatcher.
 */
#include "cmd.h"

#include <jansson.h>

#include "cmd_control.h"

static const char cmd_history_help[] =
	"Usage: dispatchctl history [OPTION...]\n"
	"Show the last events of the running dispatcher: number, time, what happened and why. They outlive\n"
	"the daemon.\n"
	"\n"
	"      --since N        those after number N\n" CMD_CONTROL_HELP
	"Exit code: 0 done, 1 failed at run time, 2 wrong usage, 4 no daemon.\n";

static void cmd_history_print(const struct json_t *result)
{
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(result, "events"), i, one)
		cmd_control_print_event(one);
}

int cmd_history(int argc, char **argv)
{
	json_t *result;
	struct options o;
	int code = options_common(argc, argv, cmd_history_help, "CS", &o);

	if (code)
		return -1 - code;
	code = cmd_control_ask(&o, "history", json_pack("{s:I}", "since", (json_int_t)o.since), &result);
	return code ? code : cmd_control_show(&o, result, cmd_history_print);
}
