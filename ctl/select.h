/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * select.h - which destinations an operator means.
 *
 *   0123456789abcdef   the id of a member            duid=NAME   the label, in any case
 *   set=N              all of a set                  sip:...     the URI, compared by its canonical form
 *   sip:10.0.*         a pattern (fnmatch, any case) on the URI as in the list, where it holds *, ? or [
 *   N/...              any of these, within set N
 *
 * URIs and patterns may leave out sip:, as in a list; a pattern that begins with *, ? or [ is taken as it is. Brackets
 * around what can be an IPv6 address, as in sip:[2001:db8::*]*, are no range of characters.
 */
#ifndef SIPXDP_CTL_SELECT_H
#define SIPXDP_CTL_SELECT_H

#include "model.h"

enum select_kind {
	SELECT_ID,
	SELECT_DUID,
	SELECT_SET,
	SELECT_URI,
	SELECT_PATTERN,
};

struct selection {
	enum select_kind kind;
	bool in_set; /* only what is in set `set` */
	int set;
	__u64 id;
	char *text; /* of duid, canonical URI, pattern */
};

/* Returns 0, -EINVAL with *why (static text "what is wrong, what was expected"), or -ENOMEM. On failure nothing is held. */
int select_parse(const char *text, struct selection *s, const char **why);
void select_free(struct selection *s);

/* Whether it means this member. */
bool select_is(const struct selection *s, const struct ds_dest *dest, const struct ds_member *member);

/*
 * Calls fn for every member that it means, those of one destination one after the other; stops at the first non-zero.
 * Returns that, or the number of members.
 */
int select_each(const struct selection *s, const struct model *m,
		int (*fn)(void *ctx, struct ds_dest *dest, struct ds_member *member), void *ctx);

#endif
