// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - the table of commands; help is printed from it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "exit.h"
#include "output.h"

static int main_help(int argc, char **argv);
static int main_version(int argc, char **argv);

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} main_commands[] = {
	{ "add", cmd_add, "add a destination to those of the list" },
	{ "attach", cmd_attach, "load the program, publish a list, put it on interfaces" },
	{ "calls", cmd_calls, "list, count and filter the calls that the table holds" },
	{ "check", cmd_check, "say what is wrong with lists or a configuration; touches nothing" },
	{ "config", cmd_config, "show the configuration that the daemon goes by" },
	{ "detach", cmd_detach, "take everything of an instance out of the kernel" },
	{ "drain", cmd_drain, "let destinations run out of calls, and wait for it" },
	{ "help", main_help, "this list, or the options of one command" },
	{ "history", cmd_history, "show what changed, when and why" },
	{ "list", cmd_list, "show listeners, sets and destinations" },
	{ "modify", cmd_modify, "change weight, priority, flags or attributes of destinations" },
	{ "ping-now", cmd_ping_now, "ping destinations at once" },
	{ "reload", cmd_reload, "read the list again and publish what changed" },
	{ "remove", cmd_remove, "take destinations of the list out" },
	{ "route", cmd_route, "say what would become of messages, and why; sends nothing" },
	{ "rpc", cmd_rpc, "call a method of the control socket" },
	{ "run", cmd_run, "the daemon: attach or adopt, ping, take changes" },
	{ "set-state", cmd_set_state, "set destinations active, draining, disabled, up or down" },
	{ "stats", cmd_stats, "show counters: verdicts, reasons, methods, run time" },
	{ "upgrade", cmd_upgrade, "replace the programs under traffic, or go back" },
	{ "version", main_version, "print the version" },
	{ "watch", cmd_watch, "show changes as they come" },
};

#define MAIN_COMMANDS (sizeof(main_commands) / sizeof(*main_commands))

static int main_find(const char *word)
{
	const char *names[MAIN_COMMANDS];
	size_t i;

	for (i = 0; i < MAIN_COMMANDS; i++)
		names[i] = main_commands[i].name;
	return output_word("command", word, names, MAIN_COMMANDS);
}

static int main_run(int command, int argc, char **argv)
{
	char name[16];

	snprintf(name, sizeof(name), "%s", main_commands[command].name);
	argv[0] = name;
	output_command(main_commands[command].name);
	return main_commands[command].run(argc, argv);
}

static int main_help(int argc, char **argv)
{
	char help[] = "--help", *args[] = { NULL, help, NULL };
	size_t i;
	int found;

	if (argc > 1 && strcmp(argv[1], "--help") != 0) {
		found = main_find(argv[1]);
		if (found < 0)
			return EXIT_USAGE;
		if (main_commands[found].run != main_help && main_commands[found].run != main_version)
			return main_run(found, 2, args);
	}
	printf("Usage: dispatchctl COMMAND [OPTION...]\n"
	       "An in-kernel SIP dispatcher. Unique prefixes of commands and options do; without a command: list.\n\n");
	for (i = 0; i < MAIN_COMMANDS; i++)
		printf("  %-9s %s\n", main_commands[i].name, main_commands[i].summary);
	printf("\nExit code: 0 done, 1 failed at run time, 2 wrong usage, 3 the input has errors, 4 nothing there.\n");
	return output_end(EXIT_OK);
}

static int main_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("dispatchctl %s\n", SIPXDP_VERSION);
	return output_end(EXIT_OK);
}

int main(int argc, char **argv)
{
	char list[] = "list", *none[] = { list, NULL };
	int command;

	/* a reader that goes away is an error of writing, and nothing is left half done by it */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		command = main_find("list");
	else if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		command = main_find("help");
	else if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		command = main_find("version");
	else
		command = main_find(argv[1]);
	if (command < 0)
		return EXIT_USAGE;
	return argc < 2 ? main_run(command, 1, none) : main_run(command, argc - 1, argv + 1);
}
