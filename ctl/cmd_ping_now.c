// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_ping_now.c - pings destinations without waiting for their turn.
 */
#include "cmd.h"

#include <jansson.h>
#include <stdio.h>

#include "cmd_control.h"
#include "output.h"

static const char cmd_ping_now_help[] =
	"Usage: dispatchctl ping-now [OPTION...] SELECTOR\n"
	"Ping destinations at once, those too that are not pinged otherwise. `list` and `history` show what\n"
	"came of it.\n" CMD_CONTROL_SELECTOR "\n" CMD_CONTROL_HELP
	"Exit code: 0 sent, 1 failed at run time, 2 wrong usage, 4 nothing matched, or no daemon.\n";

static void cmd_ping_now_print(const struct json_t *result)
{
	printf("pings: %lld\n", json_integer_value(json_object_get(result, "pings")));
}

int cmd_ping_now(int argc, char **argv)
{
	json_t *result, *params;
	struct options o;
	int code = options_args(argc, argv, cmd_ping_now_help, "C", "SELECTOR", &o);

	if (code)
		return -1 - code;
	code = cmd_control_selector(o.arg[0]);
	if (code)
		return code;
	params = json_pack("{s:s}", "selector", o.arg[0]);
	if (!params)
		return output_usage("an argument is no UTF-8 text");
	code = cmd_control_ask(&o, "ping-now", params, &result);
	return code ? code : cmd_control_show(&o, result, cmd_ping_now_print);
}
