/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - where destinations come from: a list in Kamailio's dispatcher.list format.
 */
#ifndef SIPXDP_CTL_SOURCE_H
#define SIPXDP_CTL_SOURCE_H

#include <stddef.h>

#include "diag.h"
#include "model.h"
#include "resolve.h"

/* Larger files are refused: no list of DS_DESTS_MAX destinations comes near. */
#define SOURCE_FILE_MAX (16u << 20)

/* The list of who sends to no destination: the one file that need not be a regular one. */
#define SOURCE_NONE "/dev/null"

/*
 * Reads the list at path ("-": standard input) into a new model. Everything wrong with it is in d, sorted by place.
 * Returns
 *   0          *model is whole; there may be warnings
 *   -ENODATA   the list holds no destination: a running dispatcher keeps what it has unless forced. *model is empty
 *   -EINVAL    the list has errors, *model is NULL
 *   -errno     the file cannot be read, or no memory; said in d too, *model is NULL
 */
int source_file_load(const char *path, const struct resolver *r, struct model **model, struct diag_list *d);

/* The same from memory. */
int source_file_parse(const char *text, size_t len, const struct resolver *r, struct model **model,
		      struct diag_list *d);

#endif
