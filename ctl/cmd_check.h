/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_check.h - what the two files of `check` share: lists by themselves, and a configuration with its list.
 */
#ifndef SIPXDP_CTL_CMD_CHECK_H
#define SIPXDP_CTL_CMD_CHECK_H

#include <stdbool.h>

#include "diag.h"
#include "model.h"
#include "resolve.h"

struct json_t;

struct cmd_check_options {
	const char *conf; /* NULL: lists are checked */
	bool json;
	bool no_dns;
	bool quiet;
};

/*
 * Reads a list. Everything wrong with it is in d; *m is NULL where it has errors, empty where it has no destination, to be
 * freed. Returns an exit code.
 */
int cmd_check_load(const char *path, const struct resolver *r, struct model **m, struct diag_list *d);

/* Returns a new JSON object about a list, NULL out of memory. */
struct json_t *cmd_check_list_json(const struct model *m, const struct diag_list *d);

/* Prints a list's figures, every line after prefix. */
void cmd_check_list_print(const char *prefix, const struct model *m, const struct diag_list *d);

/* Checks a configuration and the list that it names. Returns an exit code. */
int cmd_check_conf(const struct resolver *r, const struct cmd_check_options *o);

#endif
