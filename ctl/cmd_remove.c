// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_remove.c - takes destinations out at run time.
 */
#include "cmd.h"

#include <jansson.h>

#include "cmd_control.h"

static const char cmd_remove_help[] =
	"Usage: dispatchctl remove [OPTION...] SELECTOR\n"
	"Take destinations out of the running dispatcher: they drain, which is to say that they keep the\n"
	"calls they have. The list stays as it is; this survives reload and restart, until they are added\n"
	"again, `reload --reset-state`, or the list does not have them any more.\n" CMD_CONTROL_SELECTOR "\n"
	"      --dry-run        say what would change and which share of keys would move\n" CMD_CONTROL_HELP
	"Exit code: 0 published, 1 failed at run time, 2 wrong usage, 4 nothing matched, or no daemon.\n";

int cmd_remove(int argc, char **argv)
{
	struct options o;
	int code = options_args(argc, argv, cmd_remove_help, "Cn", "SELECTOR", &o);

	if (code)
		return -1 - code;
	code = cmd_control_selector(o.arg[0]);
	return code ? code : cmd_control_change(&o, "remove", json_pack("{s:s}", "selector", o.arg[0]));
}
