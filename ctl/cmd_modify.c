// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_modify.c - changes weight, priority, flags or attributes of destinations at run time.
 */
#include "cmd.h"

#include <jansson.h>

#include "cmd_control.h"
#include "output.h"

static const char cmd_modify_help[] =
	"Usage: dispatchctl modify [OPTION...] SELECTOR\n"
	"Change destinations of the running dispatcher. The list stays as it is; this survives reload and\n"
	"restart, until `reload --reset-state`, or the list says the same.\n" CMD_CONTROL_SELECTOR "\n"
	"      --weight N       1 to 100: the attribute alone\n"
	"      --priority N     higher is better\n"
	"      --flags N        Kamailio's flags\n"
	"      --attrs TEXT     all attributes, in place of those of the list\n"
	"      --dry-run        say what would change and which share of keys would move\n" CMD_CONTROL_HELP
	"Exit code: 0 published, 1 failed at run time, 2 wrong usage, 3 it cannot be so, 4 nothing matched,\n"
	"or no daemon.\n";

int cmd_modify(int argc, char **argv)
{
	struct options o;
	int code = options_args(argc, argv, cmd_modify_help, "CngpGB", "SELECTOR", &o);

	if (code)
		return -1 - code;
	if (!o.given && !o.attrs)
		return output_usage("nothing to change, expected --weight, --priority, --flags or --attrs");
	code = cmd_control_selector(o.arg[0]);
	return code ? code : cmd_control_change(&o, "modify", json_pack("{s:s}", "selector", o.arg[0]));
}
