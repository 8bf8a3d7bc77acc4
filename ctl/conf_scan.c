// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_scan.c - goes over the file by the tables of options, before libconfuse does.
 */
#include "conf_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONF_ROOM_FIRST 64

/* What of a word is quoted in a message. */
#define CONF_QUOTE_MAX 40

/* More than all tables of the kernel have room for; each is compared with those before it. */
#define CONF_TITLES_MAX (2 * (DS_SETS_MAX + DS_LISTENERS_MAX * CONF_ROUTES_MAX))

struct conf_title {
	const struct conf_option *option;
	struct conf_place at;
	char *text;
	bool taken;
};

/* One section while it is read. */
struct conf_body {
	const struct conf_option *options;
	struct conf_place opened; /* line 0: the file itself */
	struct conf_place first[CONF_OPTIONS_MAX];
	size_t n_titles; /* before it */
};

static bool conf_scan_body(struct conf_scan *s, struct conf_body *b);

/* Nothing can be read from here on. */
static bool conf_scan_fail(struct conf_scan *s, const struct conf_token *t, const char *what, const char *name)
{
	/* else the token itself was bad and said so */
	if (t->kind == CONF_TOKEN_END)
		diag_add(s->d, DIAG_ERROR, t->place.line, t->place.column, "end of the file, expected %s%s", what,
			 name);
	else if (t->kind != CONF_TOKEN_BAD)
		diag_add(s->d, DIAG_ERROR, t->place.line, t->place.column, "%.*s here, expected %s%s",
			 t->len < CONF_QUOTE_MAX ? (int)t->len : CONF_QUOTE_MAX, t->at, what, name);
	s->broken = true;
	return false;
}

/* An array that grows by doubling. Returns 0 or -ENOMEM. */
static int conf_scan_room(void **array, size_t n, size_t size)
{
	void *bigger;

	if (n && (n < CONF_ROOM_FIRST || (n & (n - 1))))
		return 0;
	bigger = realloc(*array, (n ? 2 * n : CONF_ROOM_FIRST) * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	return 0;
}

static bool conf_scan_value(struct conf_scan *s, const struct conf_token *t, const char *name)
{
	if (t->kind != CONF_TOKEN_WORD && t->kind != CONF_TOKEN_STRING)
		return conf_scan_fail(s, t, "a value of ", name);
	if (conf_scan_room((void **)&s->value, s->n_values, sizeof(*s->value))) {
		s->no_memory = true;
		return false;
	}
	s->value[s->n_values++] = t->place;
	return true;
}

/* The values of a list, behind its brace. */
static bool conf_scan_list(struct conf_scan *s, const char *name)
{
	struct conf_token t = conf_token(s);

	while (t.kind != CONF_TOKEN_CLOSE) {
		if (!conf_scan_value(s, &t, name))
			return false;
		t = conf_token(s);
		if (t.kind == CONF_TOKEN_COMMA)
			t = conf_token(s);
		else if (t.kind != CONF_TOKEN_CLOSE)
			return conf_scan_fail(s, &t, "',' or '}' in the list of ", name);
	}
	return true;
}

/* Says so where something is there for the second time. */
static void conf_scan_once(struct conf_scan *s, struct conf_place *first, const struct conf_token *t, const char *name)
{
	if (!first->line)
		*first = t->place;
	else
		diag_add(s->d, DIAG_ERROR, t->place.line, t->place.column,
			 "%s again, expected it once; it is in line %u", name, first->line);
}

static bool conf_scan_option(struct conf_scan *s, struct conf_body *b, const struct conf_option *o,
			     const struct conf_token *name)
{
	struct conf_token t = conf_token(s);

	if (t.kind != CONF_TOKEN_SET && (t.kind != CONF_TOKEN_APPEND || !o->type->is_list))
		return conf_scan_fail(s, &t, "'=' after ", o->name);
	if (t.kind == CONF_TOKEN_SET)
		conf_scan_once(s, &b->first[o - b->options], name, o->name);
	t = conf_token(s);
	if (t.kind == CONF_TOKEN_OPEN && o->type->is_list)
		return conf_scan_list(s, o->name);
	return conf_scan_value(s, &t, o->name);
}

/* Enters a title. *twice says whether the section has one of that title already. */
static bool conf_scan_enter(struct conf_scan *s, const struct conf_body *b, const struct conf_option *o,
			    const struct conf_token *t, bool *twice)
{
	struct conf_title *new;
	size_t i;

	if (s->n_titles == CONF_TITLES_MAX)
		return conf_scan_fail(s, t, "no more sections: there is no room for so many; remedy: fewer of ",
				      o->name);
	if (conf_scan_room((void **)&s->title, s->n_titles, sizeof(*s->title)))
		s->no_memory = true;
	if (s->no_memory)
		return false;
	new = &s->title[s->n_titles];
	*new = (struct conf_title){ .option = o, .at = t->place, .text = conf_token_text(t) };
	if (!new->text) {
		s->no_memory = true;
		return false;
	}
	s->n_titles++;
	for (i = b->n_titles; i < s->n_titles - 1; i++) {
		if (s->title[i].option != o || strcmp(s->title[i].text, new->text) != 0)
			continue;
		diag_add(s->d, DIAG_ERROR, t->place.line, t->place.column,
			 "%s \"%s\" again, expected it once; it is in line %u", o->name, new->text,
			 s->title[i].at.line);
		*twice = true;
		return true;
	}
	return true;
}

static void conf_scan_forget(struct conf_scan *s, size_t n_titles, size_t n_values)
{
	while (s->n_titles > n_titles)
		free(s->title[--s->n_titles].text);
	s->n_values = n_values;
}

/* libconfuse is not to see what stands between from and here. */
static void conf_scan_blank(struct conf_scan *s, const struct conf_token *from)
{
	char *p;

	for (p = s->text + (from->at - s->start); p < s->text + (s->p - s->start); p++)
		if (*p != '\n')
			*p = ' ';
}

static bool conf_scan_section(struct conf_scan *s, struct conf_body *b, const struct conf_option *o,
			      const struct conf_token *name)
{
	struct conf_body body = { .options = o->sub, .opened = name->place };
	size_t n_titles = s->n_titles, n_values = s->n_values;
	struct conf_token t = conf_token(s);
	bool twice = false;

	if (o->many) {
		if (t.kind != CONF_TOKEN_WORD && t.kind != CONF_TOKEN_STRING)
			return conf_scan_fail(s, &t, "which one, as a word or in quotes, after ", o->name);
		if (!conf_scan_enter(s, b, o, &t, &twice))
			return false;
		t = conf_token(s);
	} else {
		conf_scan_once(s, &b->first[o - b->options], name, o->name);
	}
	if (t.kind != CONF_TOKEN_OPEN)
		return conf_scan_fail(s, &t, "'{' after ", o->name);
	body.n_titles = s->n_titles;
	if (!conf_scan_body(s, &body))
		return false;
	/* libconfuse would throw the first one away */
	if (twice) {
		conf_scan_blank(s, name);
		conf_scan_forget(s, n_titles, n_values);
	}
	return true;
}

/* Goes to the end of what has a name that is not known: "= value", "= { ... }", "title { ... }", "( ... )". */
static bool conf_scan_skip(struct conf_scan *s, const char *name)
{
	struct conf_token t = conf_token(s);
	unsigned int depth;

	if (t.kind == CONF_TOKEN_SET || t.kind == CONF_TOKEN_APPEND) {
		t = conf_token(s);
		if (t.kind == CONF_TOKEN_WORD || t.kind == CONF_TOKEN_STRING)
			return true;
	}
	if (t.kind == CONF_TOKEN_WORD || t.kind == CONF_TOKEN_STRING)
		t = conf_token(s);
	if (t.kind != CONF_TOKEN_OPEN && t.kind != CONF_TOKEN_ROUND)
		return conf_scan_fail(s, &t, "'=' or '{' after ", name);
	for (depth = 1; depth;) {
		t = conf_token(s);
		if (t.kind == CONF_TOKEN_BAD || t.kind == CONF_TOKEN_END)
			return conf_scan_fail(s, &t, "'}' of ", name);
		depth += t.kind == CONF_TOKEN_OPEN;
		depth -= t.kind == CONF_TOKEN_CLOSE || t.kind == CONF_TOKEN_ROUND;
	}
	return true;
}

static bool conf_scan_unknown(struct conf_scan *s, const struct conf_body *b, const struct conf_token *name)
{
	char hint[128], *text = conf_token_text(name);
	bool ok;

	if (!text) {
		s->no_memory = true;
		return false;
	}
	diag_add(s->d, DIAG_ERROR, name->place.line, name->place.column, "option %.100s is unknown%s", text,
		 conf_suggest(b->options, text, hint, sizeof(hint)));
	free(text);
	ok = conf_scan_skip(s, "an unknown option");
	if (ok)
		conf_scan_blank(s, name);
	return ok;
}

static bool conf_scan_statement(struct conf_scan *s, struct conf_body *b, const struct conf_token *name)
{
	const struct conf_option *o;

	if (name->kind != CONF_TOKEN_WORD)
		return conf_scan_fail(s, name, "the name of an option", "");
	for (o = b->options; o->name; o++)
		if (strlen(o->name) == name->len && !memcmp(o->name, name->at, name->len))
			break;
	if (!o->name)
		return conf_scan_unknown(s, b, name);
	return o->type ? conf_scan_option(s, b, o, name) : conf_scan_section(s, b, o, name);
}

/* Reads to the brace that closes it, or to the end of the file. */
static bool conf_scan_body(struct conf_scan *s, struct conf_body *b)
{
	struct conf_token t;

	for (;;) {
		t = conf_token(s);
		if (t.kind == (b->opened.line ? CONF_TOKEN_CLOSE : CONF_TOKEN_END))
			return true;
		if (!conf_scan_statement(s, b, &t)) {
			/* of sections in sections the innermost comes first: what was sound before it is read */
			if (!s->cut)
				s->text[t.at - s->start] = '\0';
			s->cut = true;
			return false;
		}
	}
}

int conf_scan(const char *text, size_t len, struct conf_scan *s, struct diag_list *d)
{
	struct conf_body body = { .options = conf_root };

	memset(s, 0, sizeof(*s));
	s->text = malloc(len + 1);
	if (!s->text)
		return -ENOMEM;
	memcpy(s->text, text, len);
	s->text[len] = '\0';
	s->start = s->p = s->row = text;
	s->end = text + len;
	s->line = 1;
	s->d = d;
	conf_scan_body(s, &body);
	if (!s->no_memory)
		return 0;
	conf_scan_free(s);
	return -ENOMEM;
}

void conf_scan_free(struct conf_scan *s)
{
	conf_scan_forget(s, 0, 0);
	free(s->title);
	free(s->value);
	free(s->text);
	s->title = NULL;
	s->value = NULL;
	s->text = NULL;
}

struct conf_place conf_scan_title(struct conf_scan *s, const struct conf_option *o)
{
	size_t i;

	for (i = 0; i < s->n_titles; i++) {
		if (s->title[i].option != o || s->title[i].taken)
			continue;
		s->title[i].taken = true;
		return s->title[i].at;
	}
	return (struct conf_place){ 0 };
}
