/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_route.h - what the files of `dispatchctl route` share. */
#ifndef SIPXDP_CTL_CMD_ROUTE_H
#define SIPXDP_CTL_CMD_ROUTE_H

#include <stdbool.h>

#include "conf.h"
#include "route_print.h"
#include "route_tables.h"

struct cmd_route {
	const char *config;
	const char *list;
	const char *key_file;
	const char *bpffs;
	const char *instance;
	bool live;
	bool in_kernel;
	bool json;
	bool has_from;
	bool has_listen;
	bool of_list; /* an option that only a list can have was given */
	struct ds_endpoint from;
	struct record_listener listener;
	struct route_emit emit;
	struct conf *conf;		/* of --config, or of the daemon of a live instance; else NULL */
	const struct conf_listener *of; /* the listener there */
	struct route_tables tables;
	struct decide_env env;
};

/* ---- cmd_route_open.c */

/* Makes or opens the tables that the options name. Returns an exit code after saying why. */
int cmd_route_open(struct cmd_route *c);

/* Says that a step failed. Returns EXIT_FAILED. */
int cmd_route_fail(const char *what, int err);

/* ---- cmd_route_message.c */

/* One message. Returns 0, or -errno after saying why. */
int cmd_route_message(struct cmd_route *c, const char *file);

#endif
