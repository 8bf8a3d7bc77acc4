/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay_inner.h - what the files of the overlays share.
 */
#ifndef SIPXDP_CTL_OVERLAY_INNER_H
#define SIPXDP_CTL_OVERLAY_INNER_H

#include "overlay.h"

void overlay_free_entry(struct overlay_entry *e);

/* Why an entry makes no sense whatever the list says: static text "what is wrong, what was expected"; NULL: it does. */
const char *overlay_wrong(const struct overlay_entry *e);

/* Orders entries by destination. 0: they are of one. */
int overlay_compare(const struct overlay_entry *a, const struct overlay_entry *b);

/* "add", "remove", "modify", "state". */
const char *overlay_kind_name(enum overlay_kind kind);

/*
 * Returns a new copy of the attributes text (NULL: none; no quote without its end) in which the first weight, the one that
 * counts, is this; where there is none it comes last. NULL out of memory.
 */
char *overlay_weigh(const char *text, int weight);

#endif
