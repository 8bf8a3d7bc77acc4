/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_line.h - one line of the list.
 */
#ifndef SIPXDP_CTL_SOURCE_LINE_H
#define SIPXDP_CTL_SOURCE_LINE_H

#include "diag.h"
#include "model.h"

/*
 * Parses one line, its end excluded (a CR before it is a blank), by the grammar of kamailio.md 1.1. *dest is a new
 * destination without members, or NULL for a comment, a blank line and a line with errors, which are in d.
 * Returns 0 or -ENOMEM.
 */
int source_line_parse(const char *text, size_t len, unsigned int line, struct ds_dest **dest, struct diag_list *d);

#endif
