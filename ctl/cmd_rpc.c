// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_rpc.c - one call of any method, for scripts.
 */
#include "cmd.h"

#include <jansson.h>
#include <stdio.h>

#include "cmd_control.h"
#include "exit.h"
#include "output.h"

static const char cmd_rpc_help[] =
	"Usage: dispatchctl rpc [OPTION...] METHOD [PARAMS]\n"
	"Call a method of the running dispatcher and print the result as JSON. PARAMS is a JSON object or\n"
	"array. dispatchctl(8) lists the methods; Kamailio's have its arguments:\n"
	"    dispatchctl rpc dispatcher.set_state '[\"ip\", 1, \"sip:192.0.2.30:5060\"]'\n"
	"\n" CMD_CONTROL_HELP
	"Exit code: 0 done, 1 failed at run time or refused, 2 wrong usage, 3 the input has errors, 4 nothing\n"
	"matched, or no daemon.\n";

int cmd_rpc(int argc, char **argv)
{
	json_t *result, *params = NULL;
	json_error_t why;
	struct options o;
	int err, code = options_args(argc, argv, cmd_rpc_help, "C", "METHOD [PARAMS]", &o);

	if (code)
		return -1 - code;
	if (o.n_args > 1) {
		params = json_loads(o.arg[1], JSON_REJECT_DUPLICATES, &why);
		if (!params)
			return output_usage("PARAMS '%s' is no JSON object or array: %s at octet %d", o.arg[1],
					    why.text, why.position);
	}
	code = cmd_control_ask(&o, o.arg[0], params, &result);
	if (code)
		return code;
	/* a result may be a mere text */
	err = json_dumpf(result, stdout, JSON_COMPACT | JSON_ENCODE_ANY) || putchar('\n') == EOF;
	json_decref(result);
	return output_end(err ? EXIT_FAILED : EXIT_OK);
}
