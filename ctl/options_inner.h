/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options_inner.h - what options.c does for the arguments of attach too. */
#ifndef SIPXDP_CTL_OPTIONS_INNER_H
#define SIPXDP_CTL_OPTIONS_INNER_H

#include "options.h"

struct option;

void options_defaults(struct options *o);

/* Takes an option that is not a listener's. Returns 0, or -EINVAL after saying what is wrong. */
int options_one(struct options *o, int option, const char *text);

/* Says which options there are; c is what getopt_long() returned. Returns minus an exit code less one. */
int options_unknown(char **argv, const struct option *list, int c);

#endif
