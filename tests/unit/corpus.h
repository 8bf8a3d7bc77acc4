/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * corpus.h - reads the folder of messages that nobody here wrote: its tables, and its messages as this core sees them.
 */
#ifndef SIPXDP_TEST_CORPUS_H
#define SIPXDP_TEST_CORPUS_H

#include "sip_text.h"

#include "sip_sort.h"

#define CORPUS_COLUMNS 9

/* A table of tab-separated lines, the first of which names the columns. Cells are never NULL. */
struct corpus_table {
	char *text;
	const char *(*cell)[CORPUS_COLUMNS];
	size_t rows;
};

static inline const char *corpus_path(char *path, size_t room, const char *dir, const char *file)
{
	snprintf(path, room, "%s/%s", dir, file);
	return path;
}

/* 0 if the table is there, else -1. Free with corpus_table_free(). */
static inline int corpus_table_read(struct corpus_table *t, const char *path)
{
	size_t len, column;
	char *line, *rest;

	memset(t, 0, sizeof(*t));
	t->text = (char *)test_read_file(path, &len);
	if (!t->text)
		return -1;
	rest = t->text;
	strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n"))) {
		if (!*line || *line == '#')
			continue;
		t->cell = realloc(t->cell, (t->rows + 1) * sizeof(*t->cell));
		assert_non_null(t->cell);
		for (column = 0; column < CORPUS_COLUMNS; column++) {
			t->cell[t->rows][column] = line ? line : "";
			strsep(&line, "\t");
		}
		t->rows++;
	}
	return 0;
}

static inline void corpus_table_free(struct corpus_table *t)
{
	free(t->cell);
	free(t->text);
	memset(t, 0, sizeof(*t));
}

/* How the datagram is sorted. A word of one shorter than a word can only be loaded where something stands before it. */
static inline int corpus_sort(const struct sip_case *s)
{
	__u64 w = sip_load8(&s->b, 0);
	size_t i;

	for (i = 0; s->g.len < 8 && i < s->g.len; i++)
		w |= (__u64)s->g.data[i] << (8 * i);
	return sip_sort(w, s->g.len);
}

/* The verdict of a proxy listener on a parsed message, next hops aside: enum reason. */
static inline unsigned int corpus_verdict(const struct sip_case *s)
{
	int reason = corpus_sort(s);

	if (reason != REASON_none)
		return (unsigned int)reason;
	if (s->m.beyond)
		return REASON_slow_too_long;
	if (s->m.kind == SIP_KIND_RESPONSE)
		return (unsigned int)sip_check_response(&s->m);
	return (unsigned int)sip_check_request(&s->m, DS_MODE_PROXY);
}

/* What is wrong with the message by its syntax alone. */
static inline unsigned int corpus_syntax(const struct sip_case *s)
{
	int reason = corpus_sort(s);

	if (reason != REASON_none)
		return (unsigned int)reason;
	return s->m.beyond ? REASON_slow_too_long : s->m.reason;
}

#endif
