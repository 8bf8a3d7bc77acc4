/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spell.h - splits a message into rows by the grammar alone, not by the core under test, and puts texts together.
 */
#ifndef SIPXDP_TEST_SPELL_H
#define SIPXDP_TEST_SPELL_H

#include <strings.h>

#include "test.h"

#define SPELL_ROWS_MAX 512

struct spell_text {
	char octets[1 << 17];
	size_t len;
};

/* One row as it stands: the name without blanks, and what stands behind the colon. colon 0: a row without one. */
struct spell_row {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
	int colon;
	int is_via;
};

struct spell_message {
	const char *start;
	size_t start_len; /* leading CRLFs and the start line, with its CRLF */
	struct spell_row row[SPELL_ROWS_MAX];
	size_t rows;
	const char *rest; /* from the empty line on */
	size_t rest_len;
};

static inline void spell_put(struct spell_text *t, const void *octets, size_t n)
{
	assert_true(t->len + n <= sizeof(t->octets));
	memcpy(t->octets + t->len, octets, n);
	t->len += n;
}

static inline void spell_puts(struct spell_text *t, const char *s)
{
	spell_put(t, s, strlen(s));
}

static inline int spell_same_name(const char *name, size_t len, const char *other)
{
	return len == strlen(other) && !strncasecmp(name, other, len);
}

/* Splits the head by the grammar alone: a row ends at a CRLF that no blank follows. */
static inline void spell_split(struct spell_message *m, const char *text, size_t len)
{
	const char *at = text, *end, *lim = text + len, *colon;
	struct spell_row *row;

	memset(m, 0, sizeof(*m));
	while (lim - at >= 2 && !memcmp(at, "\r\n", 2))
		at += 2;
	at = (const char *)memmem(at, (size_t)(lim - at), "\r\n", 2) + 2;
	m->start = text;
	m->start_len = (size_t)(at - text);
	while (memcmp(at, "\r\n", 2)) {
		end = at;
		do
			end = (const char *)memmem(end, (size_t)(lim - end), "\r\n", 2) + 2;
		while (*end == ' ' || *end == '\t');
		assert_true(m->rows < SPELL_ROWS_MAX);
		row = &m->row[m->rows++];
		colon = memchr(at, ':', (size_t)(end - at));
		row->colon = colon != NULL;
		row->name = at;
		row->name_len = (size_t)((colon ? colon : end - 2) - at);
		while (row->colon && row->name_len && strchr(" \t", at[row->name_len - 1]))
			row->name_len--;
		row->value = colon ? colon + 1 : end - 2;
		row->value_len = (size_t)(end - 2 - row->value);
		row->is_via = spell_same_name(row->name, row->name_len, "Via") ||
			      spell_same_name(row->name, row->name_len, "v");
		at = end;
	}
	m->rest = at;
	m->rest_len = (size_t)(lim - at);
}

#endif
