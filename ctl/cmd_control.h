/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_control.h - what the commands that ask the daemon have in common.
 */
#ifndef SIPXDP_CTL_CMD_CONTROL_H
#define SIPXDP_CTL_CMD_CONTROL_H

#include <stdbool.h>

#include "options.h"

struct json_t;

/* How long an answer may take: a reload looks names up and waits for next hops. */
#define CMD_CONTROL_TIMEOUT_MS 60000

/* The help of options that all of them have. */
#define CMD_CONTROL_HELP                                                                   \
	"      --control PATH   the daemon's socket (default /run/sipxdp/INSTANCE.sock)\n" \
	"      --instance NAME  default `default`\n"                                       \
	"      --json           as JSON on standard output\n"                              \
	"  -h, --help           this text\n"                                               \
	"\n"

#define CMD_CONTROL_SELECTOR                                                                                \
	"SELECTOR is the id of a destination, duid=NAME, set=N, a URI, or a pattern of URIs with *, ? or\n" \
	"[...]; N/ before it keeps it within set N.\n"

/* Whether an argument is a selector. Returns an exit code, after saying what is wrong. */
int cmd_control_selector(const char *text);

/* Connects to the daemon. Returns a descriptor, or minus an exit code after saying why. */
int cmd_control_open(const struct options *o);

/* The same where there may be none: -EXIT_NOTHING is not said. */
int cmd_control_try(const struct options *o);

/* Says that no daemon runs; returns the exit code for it. */
int cmd_control_say_none(const struct options *o);

/* Connects, asks, takes params over. Returns an exit code, *result is new where it is EXIT_OK. */
int cmd_control_ask(const struct options *o, const char *method, struct json_t *params, struct json_t **result);

/* Prints an answer, taken over: as JSON, or by print. Returns what the command returns. */
int cmd_control_show(const struct options *o, struct json_t *result, void (*print)(const struct json_t *result));

/* Asks for a change, with what the options say of it added to params, and prints what became of it. */
int cmd_control_change(const struct options *o, const char *method, struct json_t *params);

/* What changed, in the words of `dispatchctl reload`. */
void cmd_control_print_change(const struct json_t *result);

/* One event on a line. */
void cmd_control_print_event(const struct json_t *event);

#endif
