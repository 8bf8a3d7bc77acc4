// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_suggest.c - which option may have been meant.
 */
#include "conf_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer words are nobody's slip of the finger. */
#define CONF_WORD_MAX 32

/* Letters that must be put in, left out or exchanged to make b of a (Levenshtein). */
static size_t conf_distance(const char *a, const char *b)
{
	size_t row[CONF_WORD_MAX + 1], i, j, above, left, best, n = strlen(b);

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		above = row[0];
		row[0] = i;
		for (j = 1; j <= n; j++) {
			left = row[j - 1] + 1;
			best = above + (a[i - 1] != b[j - 1]);
			above = row[j];
			if (above + 1 < best)
				best = above + 1;
			row[j] = left < best ? left : best;
		}
	}
	return row[n];
}

/* The name of the section that has it, NULL: none. */
static const char *conf_suggest_section(const struct conf_option *options, const char *word, const char *name)
{
	const struct conf_option *o;
	const char *found = NULL;

	for (o = options; o->name && !found; o++)
		if (!strcmp(o->name, word))
			found = name;
	for (o = options; o->name && !found; o++)
		if (o->sub)
			found = conf_suggest_section(o->sub, word, o->name);
	return found;
}

const char *conf_suggest(const struct conf_option *options, const char *word, char *buf, size_t size)
{
	size_t len = strlen(word), least = len / 3 + 2, d;
	const struct conf_option *o;
	const char *where;

	*buf = '\0';
	if (!strcmp(word, "include")) {
		snprintf(buf, size, ", expected all options in this one file");
		return buf;
	}
	where = conf_suggest_section(conf_root, word, "the file, outside all sections");
	if (where) {
		snprintf(buf, size, " here, expected it in %s", where);
		return buf;
	}
	for (o = options; o->name && len <= CONF_WORD_MAX; o++) {
		d = conf_distance(word, o->name);
		if (d >= least)
			continue;
		least = d;
		snprintf(buf, size, ", did you mean %s?", o->name);
	}
	return buf;
}
