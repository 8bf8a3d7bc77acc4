// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_config.c - shows the configuration that the daemon works by.
 */
#include "cmd.h"

#include <jansson.h>
#include <stdio.h>

#include "cmd_control.h"

static const char cmd_config_help[] =
	"Usage: dispatchctl config [OPTION...]\n"
	"Print the configuration that the daemon works by, with all defaults, in the form of\n"
	"dispatchctl.conf(5).\n"
	"\n" CMD_CONTROL_HELP "Exit code: 0 done, 1 failed at run time, 2 wrong usage, 4 no daemon.\n";

static void cmd_config_print(const struct json_t *result)
{
	const char *text = json_string_value(json_object_get(result, "text"));

	fputs(text ? text : "", stdout);
}

int cmd_config(int argc, char **argv)
{
	json_t *result;
	struct options o;
	int code = options_common(argc, argv, cmd_config_help, "C", &o);

	if (code)
		return -1 - code;
	code = cmd_control_ask(&o, "config", NULL, &result);
	return code ? code : cmd_control_show(&o, result, cmd_config_print);
}
