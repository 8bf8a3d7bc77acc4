/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lists.h - what the tests of destination lists share: a name service of their own, and questions to diagnostics.
 */
#ifndef SIPXDP_TESTS_LISTS_H
#define SIPXDP_TESTS_LISTS_H

#include "source.h"

/* Knows a few names in .test, never answers for "silent...", finds 127/8 local. ctx: int that counts look-ups. */
extern const struct resolver lists_resolver;

/* source_file_parse() of a copy that ends where the text ends. */
int lists_parse(const char *text, size_t len, struct model **m, struct diag_list *d);

/* Whether there is a diagnostic at that place whose message holds `what`. */
bool lists_has_diag(const struct diag_list *d, enum diag_severity severity, unsigned int line, unsigned int column,
		    const char *what);

#endif
