// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_token.c - the words of the file. What is taken is less than libconfuse takes, so that both always agree: a string
 * ends in its line, and what is outside quotes is plain.
 */
#include "conf_inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct conf_place conf_token_place(const struct conf_scan *s, const char *at)
{
	return (struct conf_place){ s->line, (unsigned int)(at - s->row) + 1 };
}

static struct conf_token conf_token_bad(struct conf_scan *s, const char *at, const char *what)
{
	struct conf_token t = { .at = at, .place = conf_token_place(s, at) };

	diag_add(s->d, DIAG_ERROR, t.place.line, t.place.column, "%s", what);
	s->broken = true;
	return t;
}

static void conf_token_blank(const struct conf_scan *s, const char *from)
{
	for (; from < s->p; from++)
		if (*from != '\n')
			s->text[from - s->start] = ' ';
}

static bool conf_token_is(const struct conf_scan *s, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(s->end - s->p) >= len && !memcmp(s->p, what, len);
}

/* Goes on by one octet. */
static void conf_token_step(struct conf_scan *s)
{
	if (*s->p++ != '\n')
		return;
	s->line++;
	s->row = s->p;
}

/* Skips blanks and comments. Returns false where a comment has no end. */
static bool conf_token_skip(struct conf_scan *s)
{
	struct conf_scan begin;
	const char *from;

	while (s->p < s->end) {
		from = s->p;
		if (strchr(" \t\r\n", *s->p)) {
			conf_token_step(s);
			continue;
		}
		if (*s->p == '#' || conf_token_is(s, "//")) {
			while (s->p < s->end && *s->p != '\n')
				s->p++;
		} else if (conf_token_is(s, "/*")) {
			begin = *s;
			for (s->p += 2; s->p < s->end && !conf_token_is(s, "*/");)
				conf_token_step(s);
			if (s->p == s->end) {
				*s = begin;
				conf_token_bad(s, s->p, "comment without an end, expected */");
				return false;
			}
			s->p += 2;
		} else {
			break;
		}
		conf_token_blank(s, from);
	}
	return true;
}

static struct conf_token conf_token_string(struct conf_scan *s)
{
	struct conf_token t = { CONF_TOKEN_STRING, s->p, 0, conf_token_place(s, s->p) };
	char quote = *s->p;

	for (s->p++; s->p < s->end && *s->p != quote && *s->p != '\n'; s->p++) {
		if (quote == '"' && conf_token_is(s, "${"))
			return conf_token_bad(
				s, s->p,
				"${...} in double quotes, expected no such thing: the environment is not looked "
				"at; write it in single quotes, or as \\${...}");
		if (*s->p != '\\' || s->p + 1 == s->end)
			continue;
		s->p++;
		if (*s->p == '\n' || (quote == '"' && isalnum((unsigned char)*s->p)))
			return conf_token_bad(s, s->p - 1,
					      "escape that is not known, expected one of \\\\ \\\" \\' \\$");
	}
	if (s->p == s->end || *s->p == '\n')
		return conf_token_bad(s, t.at, "string without an end, expected the same quote again in this line");
	s->p++;
	t.len = (size_t)(s->p - t.at);
	return t;
}

/* What may stand outside quotes; all else means something to libconfuse, or nothing to anybody. */
static bool conf_token_is_plain(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("._-:/@[]%", c));
}

static struct conf_token conf_token_word(struct conf_scan *s)
{
	struct conf_token t = { CONF_TOKEN_WORD, s->p, 0, conf_token_place(s, s->p) };

	while (s->p < s->end && conf_token_is_plain(*s->p) && !conf_token_is(s, "//") && !conf_token_is(s, "/*"))
		s->p++;
	t.len = (size_t)(s->p - t.at);
	if (t.len && !conf_token_is(s, "//") && !conf_token_is(s, "/*"))
		return t;
	return conf_token_bad(
		s, s->p, "character that has no meaning outside quotes, expected values that hold it in double quotes");
}

struct conf_token conf_token(struct conf_scan *s)
{
	static const struct {
		const char *text;
		enum conf_token_kind kind;
	} marks[] = { { "=", CONF_TOKEN_SET },	 { "+=", CONF_TOKEN_APPEND }, { "{", CONF_TOKEN_OPEN },
		      { "}", CONF_TOKEN_CLOSE }, { ",", CONF_TOKEN_COMMA },   { "(", CONF_TOKEN_ROUND },
		      { ")", CONF_TOKEN_ROUND } };
	struct conf_token t = { .kind = CONF_TOKEN_END };
	size_t i;

	if (!conf_token_skip(s))
		t.kind = CONF_TOKEN_BAD;
	t.at = s->p;
	t.place = conf_token_place(s, s->p);
	if (t.kind == CONF_TOKEN_BAD || s->p == s->end)
		return t;
	if (*s->p == '"' || *s->p == '\'')
		return conf_token_string(s);
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (!conf_token_is(s, marks[i].text))
			continue;
		t.kind = marks[i].kind;
		t.len = strlen(marks[i].text);
		s->p += t.len;
		return t;
	}
	return conf_token_word(s);
}

char *conf_token_text(const struct conf_token *t)
{
	const char *p = t->at, *end = p + t->len;
	char *text = malloc(t->len + 1), *to = text;

	if (!text)
		return NULL;
	if (t->kind == CONF_TOKEN_STRING) {
		p++;
		end--;
	}
	for (; p < end; p++) {
		if (*p == '\\' && (*t->at == '"' || p[1] == '\\' || p[1] == '\''))
			p++;
		*to++ = *p;
	}
	*to = '\0';
	return text;
}
