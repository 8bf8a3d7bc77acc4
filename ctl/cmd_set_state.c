// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_set_state.c - says by hand what state destinations are in.
 */
#include "cmd.h"

#include <jansson.h>

#include "cmd_control.h"
#include "exit.h"
#include "output.h"

static const char cmd_set_state_help[] =
	"Usage: dispatchctl set-state [OPTION...] SELECTOR STATE\n"
	"Set the state of destinations of the running dispatcher.\n" CMD_CONTROL_SELECTOR "STATE is\n"
	"  active      picked from while it is healthy\n"
	"  draining    keeps the calls it has, gets no new ones\n"
	"  disabled    not picked from\n"
	"  up, down    healthy or not, until pings or traffic say otherwise\n"
	"The first three survive reload and restart, until `reload --reset-state`, or the list says the same.\n"
	"\n"
	"      --dry-run        say what would change and which share of keys would move\n" CMD_CONTROL_HELP
	"Exit code: 0 published, 1 failed at run time, 2 wrong usage, 4 nothing matched, or no daemon.\n";

int cmd_set_state(int argc, char **argv)
{
	static const char *const states[] = { "active", "draining", "disabled", "up", "down" };
	struct options o;
	int state, code = options_args(argc, argv, cmd_set_state_help, "Cn", "SELECTOR STATE", &o);

	if (code)
		return -1 - code;
	code = cmd_control_selector(o.arg[0]);
	if (code)
		return code;
	state = output_word("state", o.arg[1], states, sizeof(states) / sizeof(*states));
	if (state < 0)
		return EXIT_USAGE;
	return cmd_control_change(&o, "set-state",
				  json_pack("{s:s, s:s}", "selector", o.arg[0], "state", states[state]));
}
