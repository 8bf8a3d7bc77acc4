// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codes.c - reads and writes sets of status codes.
 */
#include "codes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CODES_MIN 100
#define CODES_MAX 699
#define CODES_DIGITS 3

static void codes_add(struct codes *c, unsigned int from, unsigned int to)
{
	for (; from <= to; from++)
		c->bit[from / 64] |= 1ull << from % 64;
}

bool codes_has(const struct codes *c, unsigned int code)
{
	return code >= CODES_MIN && code <= CODES_MAX && c->bit[code / 64] >> code % 64 & 1;
}

static const char *codes_skip(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* Reads exactly three digits. Returns what stands behind them, NULL where it is no code. */
static const char *codes_read(const char *p, unsigned int *code)
{
	int i;

	*code = 0;
	for (i = 0; i < CODES_DIGITS; i++) {
		if (p[i] < '0' || p[i] > '9')
			return NULL;
		*code = 10 * *code + (unsigned int)(p[i] - '0');
	}
	return (p[i] < '0' || p[i] > '9') && *code >= CODES_MIN && *code <= CODES_MAX ? p + i : NULL;
}

/* Reads "404" or "200-299" at *p, which goes on behind it or stays at the fault. Returns NULL, or why not. */
static const char *codes_parse_range(const char **p, struct codes *c)
{
	unsigned int from, to;
	const char *next = codes_read(*p, &from);

	if (!next)
		return "no status code, expected one of 100 to 699, or a range such as 200-299";
	to = from;
	*p = codes_skip(next);
	if (**p == '-') {
		*p = codes_skip(*p + 1);
		next = codes_read(*p, &to);
		if (!next)
			return "no status code after '-', expected one of 100 to 699";
		if (to < from)
			return "range that ends before it begins, expected the smaller code first";
		*p = codes_skip(next);
	}
	codes_add(c, from, to);
	return NULL;
}

/* Reads "code=404" or "class=4". */
static const char *codes_parse_named(const char **p, struct codes *c)
{
	unsigned int code;
	const char *next;

	if (!strncmp(*p, "code=", 5)) {
		*p += 5;
		next = codes_read(*p, &code);
		if (!next)
			return "no status code, expected one of 100 to 699 after code=";
		codes_add(c, code, code);
	} else if (!strncmp(*p, "class=", 6)) {
		*p += 6;
		if (**p < '1' || **p > '6')
			return "no class of status codes, expected 1 to 6 after class=";
		code = 100 * (unsigned int)(**p - '0');
		codes_add(c, code, code + 99);
		next = *p + 1;
	} else {
		return "neither code= nor class=, expected one of them";
	}
	*p = codes_skip(next);
	return NULL;
}

int codes_parse(const char *text, struct codes *c, size_t *at, const char **why)
{
	const char *p = codes_skip(text);
	bool named = *p == 'c';
	char separator = named ? ';' : ',';

	memset(c, 0, sizeof(*c));
	/* there every 2xx counts, whatever else does */
	if (named)
		codes_add(c, 200, 299);
	for (;;) {
		*why = named ? codes_parse_named(&p, c) : codes_parse_range(&p, c);
		if (*why || !*p)
			break;
		if (*p != separator) {
			*why = named ? "text behind a code or class, expected ';' before the next"
				     : "text behind a code, expected ',' before the next";
			break;
		}
		p = codes_skip(p + 1);
		/* Kamailio takes a ';' at the end */
		if (named && !*p)
			break;
	}
	*at = (size_t)(p - text);
	return *why ? -EINVAL : 0;
}

const char *codes_text(const struct codes *c, char buf[CODES_TEXT_MAX])
{
	unsigned int from, to;
	size_t len = 0;

	buf[0] = '\0';
	for (from = CODES_MIN; from <= CODES_MAX; from = to + 1) {
		to = from;
		if (!codes_has(c, from))
			continue;
		while (codes_has(c, to + 1))
			to++;
		len += (size_t)snprintf(buf + len, CODES_TEXT_MAX - len, to > from ? "%s%u-%u" : "%s%u", len ? "," : "",
					from, to);
	}
	return buf;
}
