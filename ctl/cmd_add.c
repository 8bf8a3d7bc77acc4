// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_add.c - adds a destination to a set at run time.
 */
#include "cmd.h"

#include <jansson.h>
#include <limits.h>

#include "cmd_control.h"
#include "exit.h"

static const char cmd_add_help[] =
	"Usage: dispatchctl add [OPTION...] SET URI\n"
	"Add a destination to a set of the running dispatcher. The list stays as it is: what is added here\n"
	"survives reload and restart, until it is removed again, `reload --reset-state`, or the list has it.\n"
	"\n"
	"      --flags N        Kamailio's flags, default 0\n"
	"      --priority N     default 0\n"
	"      --attrs TEXT     attributes as in the list: \"duid=a;maxload=10\"\n"
	"      --weight N       1 to 100, as the attribute\n"
	"      --dry-run        say what would change and which share of keys would move\n" CMD_CONTROL_HELP
	"Exit code: 0 published, 1 failed at run time, 2 wrong usage, 3 no such destination can be, 4 no\n"
	"daemon.\n";

int cmd_add(int argc, char **argv)
{
	struct options o;
	__u32 set;
	int code = options_args(argc, argv, cmd_add_help, "CnGpBg", "SET URI", &o);

	if (code)
		return -1 - code;
	if (options_number("SET", o.arg[0], 0, INT_MAX, &set))
		return EXIT_USAGE;
	return cmd_control_change(&o, "add", json_pack("{s:i, s:s}", "set", (int)set, "uri", o.arg[1]));
}
