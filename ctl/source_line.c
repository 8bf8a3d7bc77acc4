// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source_line.c - reads a line as Kamailio's ds_load_list() does, and says where that is hardly what was meant.
 */
#include "source_line.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Kamailio reads with a buffer of 1024 octets and takes what is left for the next line. */
#define SOURCE_LINE_KAMAILIO 1023

/* What of a field is quoted in a message. */
#define SOURCE_LINE_QUOTE 40

struct source_line {
	const char *start;
	const char *p;
	const char *end;
	unsigned int line;
	struct diag_list *diag;
};

#define source_line_say(l, severity, at, ...) \
	diag_add((l)->diag, severity, (l)->line, (unsigned int)((at) - (l)->start) + 1, __VA_ARGS__)

static bool source_line_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void source_line_skip_blanks(struct source_line *l)
{
	while (l->p < l->end && source_line_is_blank(*l->p))
		l->p++;
}

static bool source_line_at_end(const struct source_line *l)
{
	return l->p == l->end || *l->p == '#';
}

static bool source_line_at_gap(const struct source_line *l)
{
	return source_line_at_end(l) || source_line_is_blank(*l->p);
}

/* Length of the text up to the next blank, for a message. */
static int source_line_word(const struct source_line *l, const char *from)
{
	int n = 0;

	while (n < SOURCE_LINE_QUOTE && from + n < l->end && !source_line_is_blank(from[n]))
		n++;
	return n;
}

/* Reads a run of digits; saturates above INT_MAX, which every caller refuses. */
static unsigned long source_line_digits(struct source_line *l, unsigned int base)
{
	unsigned long n = 0;
	unsigned int digit;
	char c;

	for (; l->p < l->end && isxdigit((unsigned char)*l->p); l->p++) {
		c = (char)tolower((unsigned char)*l->p);
		digit = (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
		if (digit >= base)
			break;
		if (n <= INT_MAX)
			n = n * base + digit;
	}
	return n;
}

static void source_line_refuse_large(struct source_line *l, const char *at, unsigned long n, const char *what)
{
	if (n > INT_MAX)
		source_line_say(l, DIAG_ERROR, at, "%s %.*s too large, expected 0 to %d; Kamailio wraps it around",
				what, source_line_word(l, at), at, INT_MAX);
}

static void source_line_read_set(struct source_line *l, struct ds_config *c)
{
	const char *at = l->p;
	unsigned long n;

	if (!isdigit((unsigned char)*l->p)) {
		source_line_say(l, DIAG_WARNING, at,
				"no set number before \"%.*s\", expected digits; read as set 0, as Kamailio does",
				source_line_word(l, at), at);
		return;
	}
	n = source_line_digits(l, 10);
	source_line_refuse_large(l, at, n, "set number");
	if (!source_line_at_gap(l))
		source_line_say(l, DIAG_WARNING, l->p,
				"no blank after set number %lu, expected one; read as there was, as Kamailio does", n);
	c->set = n > INT_MAX ? 0 : (int)n;
}

static int source_line_read_uri(struct source_line *l, struct ds_config *c)
{
	struct uri_error why;
	const char *at;
	int err;

	source_line_skip_blanks(l);
	at = l->p;
	if (source_line_at_end(l)) {
		source_line_say(l, DIAG_ERROR, at,
				"no URI, expected one after the set number; Kamailio refuses the whole list");
		return 0;
	}
	while (!source_line_at_gap(l))
		l->p++;
	c->line = l->line;
	c->column = (unsigned int)(at - l->start) + 1;
	err = uri_parse(at, (size_t)(l->p - at), &c->uri, &why);
	if (err == -EINVAL)
		source_line_say(l, DIAG_ERROR, at + why.at, "%s", why.what);
	if (err)
		return err == -EINVAL ? 0 : err;
	if (c->uri.prefixed)
		source_line_say(l, DIAG_WARNING, at,
				"no scheme, expected sip: or sips:; read as %.100s, as Kamailio does", c->uri.text);
	if (c->uri.has_maddr)
		source_line_say(l, DIAG_WARNING, at, "maddr is not followed, expected the address as the host");
	return 0;
}

/*
 * One number of those between URI and attributes. Returns false when the attributes begin here, as what is no number
 * is one for Kamailio, whatever field it stands in.
 */
static bool source_line_read_number(struct source_line *l, const char *what, bool hex, unsigned int *value)
{
	const char *at;
	unsigned long n;

	source_line_skip_blanks(l);
	if (source_line_at_end(l))
		return false;
	at = l->p;
	if (l->end - at >= 2 && at[0] == '-' && isdigit((unsigned char)at[1])) {
		l->p++;
		source_line_digits(l, 10);
		source_line_say(l, DIAG_ERROR, at,
				"negative %s, expected 0 or more; Kamailio takes it for the attributes", what);
		return true;
	}
	if (hex && l->end - at >= 2 && at[0] == '0' && at[1] == 'x') {
		l->p += 2;
		n = source_line_digits(l, 16);
	} else {
		n = source_line_digits(l, 10);
	}
	source_line_refuse_large(l, at, n, what);
	*value = n > INT_MAX ? 0 : (unsigned int)n;
	if (source_line_at_gap(l))
		return true;
	source_line_say(
		l, DIAG_WARNING, l->p,
		"text \"%.*s\" where the %s should be, expected a number; read as %s %u and the attributes, as Kamailio "
		"does",
		source_line_word(l, l->p), l->p, what, what, *value);
	return false;
}

static void source_line_read_flags(struct source_line *l, struct ds_config *c, bool *more)
{
	const char *at;

	source_line_skip_blanks(l);
	at = l->p;
	*more = source_line_read_number(l, "flags", true, &c->flags);
	if (c->flags & ~DS_LIST_ALL)
		source_line_say(l, DIAG_WARNING, at,
				"flags %u have bits without a meaning, expected at most %u; those are ignored",
				c->flags, DS_LIST_ALL);
	c->flags &= DS_LIST_ALL;
}

static int source_line_read_attrs(struct source_line *l, struct ds_config *c)
{
	const char *at;
	int err;

	source_line_skip_blanks(l);
	at = l->p;
	if (!source_line_at_end(l))
		while (l->p < l->end && !source_line_is_blank(*l->p))
			l->p++;
	err = attrs_parse(at, (size_t)(l->p - at), &c->attrs, l->diag, l->line, (unsigned int)(at - l->start) + 1);
	source_line_skip_blanks(l);
	if (!source_line_at_end(l))
		source_line_say(
			l, DIAG_WARNING, l->p,
			"text after the attributes, expected the end of the line; a blank ends them, the rest is ignored, "
			"as in Kamailio");
	return err == -EINVAL ? 0 : err;
}

static int source_line_read(struct source_line *l, struct ds_config *c)
{
	unsigned int priority = 0;
	bool more;
	int err;

	source_line_read_set(l, c);
	err = source_line_read_uri(l, c);
	if (err)
		return err;
	source_line_read_flags(l, c, &more);
	if (more)
		source_line_read_number(l, "priority", false, &priority);
	c->priority = (int)priority;
	return source_line_read_attrs(l, c);
}

int source_line_parse(const char *text, size_t len, unsigned int line, struct ds_dest **dest, struct diag_list *d)
{
	struct source_line l = { text, text, text + len, line, d };
	size_t errors = d->count[DIAG_ERROR];
	const char *nul = memchr(text, '\0', len);
	int err;

	*dest = NULL;
	if (nul) {
		source_line_say(&l, DIAG_ERROR, nul, "zero octet, expected text");
		return 0;
	}
	source_line_skip_blanks(&l);
	if (l.p == l.end)
		return 0;
	if (len > SOURCE_LINE_KAMAILIO)
		source_line_say(
			&l, DIAG_WARNING, text + SOURCE_LINE_KAMAILIO,
			"line of %zu octets, expected at most %d; read in full, where Kamailio takes the rest from here for "
			"a line of its own",
			len, SOURCE_LINE_KAMAILIO);
	if (*l.p == '#')
		return 0;
	*dest = calloc(1, sizeof(**dest));
	if (!*dest)
		return -ENOMEM;
	err = source_line_read(&l, &(*dest)->conf);
	if (err || d->count[DIAG_ERROR] > errors) {
		model_free_dest(*dest);
		*dest = NULL;
	}
	return err;
}
