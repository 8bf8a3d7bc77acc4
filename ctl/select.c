// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * select.c - reads what an operator wrote to name destinations, and finds them.
 */
#include "select.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SELECT_ID_DIGITS 16

/* Reads the set number text[0..len). */
static int select_read_set(const char *text, size_t len, int *set)
{
	unsigned long n = 0;
	size_t i;

	for (i = 0; i < len && isdigit((unsigned char)text[i]) && n <= INT_MAX; i++)
		n = 10 * n + (unsigned long)(text[i] - '0');
	if (!len || i < len || n > INT_MAX)
		return -EINVAL;
	*set = (int)n;
	return 0;
}

static bool select_is_id(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF") == SELECT_ID_DIGITS && !text[SELECT_ID_DIGITS];
}

/* Returns the length of the bracketed text that can only be meant for an IPv6 address, or 0. */
static size_t select_ip6(const char *open)
{
	size_t len = 1 + strspn(open + 1, "0123456789abcdefABCDEF:.*?");

	return open[len] == ']' && memchr(open, ':', len) ? len + 1 : 0;
}

/* Brackets of addresses are escaped, so that fnmatch() takes them for themselves. */
static int select_read_pattern(const char *text, struct selection *s)
{
	bool whole = strchr("*?\\", *text) || (*text == '[' && !select_ip6(text)) || !strncasecmp(text, "sip:", 4) ||
		     !strncasecmp(text, "sips:", 5);
	char *to = malloc(2 * strlen(text) + sizeof("sip:"));
	size_t n;

	if (!to)
		return -ENOMEM;
	s->kind = SELECT_PATTERN;
	s->text = to;
	to = stpcpy(to, whole ? "" : "sip:");
	while (*text) {
		n = *text == '[' ? select_ip6(text) : 0;
		if (!n) {
			*to++ = *text++;
			continue;
		}
		*to++ = '\\';
		to = stpncpy(to, text, n - 1);
		to = stpcpy(to, "\\]");
		text += n;
	}
	*to = '\0';
	return 0;
}

/* What holds a bracket alone may be a URI with an IPv6 address. */
static int select_read_uri(const char *text, struct selection *s, const char **why)
{
	struct uri_error error;
	struct ds_uri uri;
	int err;

	if (strpbrk(text, "*?"))
		return select_read_pattern(text, s);
	err = uri_parse(text, strlen(text), &uri, &error);
	if (err == -EINVAL && strchr(text, '['))
		return select_read_pattern(text, s);
	if (err) {
		*why = error.what;
		return err;
	}
	s->kind = SELECT_URI;
	s->text = uri.canonical;
	uri.canonical = NULL;
	uri_free(&uri);
	return 0;
}

static int select_read(const char *text, struct selection *s, const char **why)
{
	if (!*text) {
		*why = "nothing is named, expected an id, duid=NAME, set=N, a URI or a pattern";
		return -EINVAL;
	}
	if (select_is_id(text)) {
		s->kind = SELECT_ID;
		s->id = strtoull(text, NULL, 16);
		return 0;
	}
	if (!strncmp(text, "duid=", 5)) {
		*why = "no label, expected duid=NAME";
		s->kind = SELECT_DUID;
		s->text = text[5] ? strdup(text + 5) : NULL;
		return s->text ? 0 : text[5] ? -ENOMEM : -EINVAL;
	}
	return select_read_uri(text, s, why);
}

int select_parse(const char *text, struct selection *s, const char **why)
{
	const char *rest = text + strspn(text, "0123456789");

	memset(s, 0, sizeof(*s));
	*why = "bad set, expected 0 to 2147483647";
	if (!strncmp(text, "set=", 4)) {
		s->kind = SELECT_SET;
		s->in_set = true;
		return select_read_set(text + 4, strlen(text + 4), &s->set);
	}
	if (rest == text || *rest != '/')
		return select_read(text, s, why);
	s->in_set = true;
	if (select_read_set(text, (size_t)(rest - text), &s->set))
		return -EINVAL;
	if (!strncmp(rest + 1, "set=", 4)) {
		*why = "two sets, expected one";
		return -EINVAL;
	}
	return select_read(rest + 1, s, why);
}

void select_free(struct selection *s)
{
	if (!s)
		return;
	free(s->text);
	memset(s, 0, sizeof(*s));
}

bool select_is(const struct selection *s, const struct ds_dest *dest, const struct ds_member *member)
{
	const struct ds_config *c = &dest->conf;

	if (s->in_set && c->set != s->set)
		return false;
	switch (s->kind) {
	case SELECT_ID:
		return member->id == s->id;
	case SELECT_DUID:
		return c->attrs.duid && !strcasecmp(c->attrs.duid, s->text);
	case SELECT_URI:
		return !strcmp(c->uri.canonical, s->text);
	case SELECT_PATTERN:
		return !fnmatch(s->text, c->uri.text, FNM_CASEFOLD);
	default:
		return true;
	}
}

int select_each(const struct selection *s, const struct model *m,
		int (*fn)(void *ctx, struct ds_dest *dest, struct ds_member *member), void *ctx)
{
	struct ds_dest *dest;
	int ret, n = 0;
	size_t i, d, k;

	for (i = 0; i < m->n_sets; i++)
		for (d = 0; d < m->set[i].n_dests; d++) {
			dest = m->set[i].dest[d];
			for (k = 0; k < dest->n_members; k++) {
				if (!select_is(s, dest, &dest->member[k]))
					continue;
				ret = fn(ctx, dest, &dest->member[k]);
				if (ret)
					return ret;
				n++;
			}
		}
	return n;
}
