// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * diag.c - collects, orders and prints diagnostics.
 */
#include "diag.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const diag_severity_names[DIAG_SEVERITIES] = { "error", "warning" };

const char *diag_severity_name(enum diag_severity severity)
{
	return diag_severity_names[severity];
}

void diag_init(struct diag_list *d, const char *file)
{
	memset(d, 0, sizeof(*d));
	d->file = file;
}

void diag_free(struct diag_list *d)
{
	size_t i;

	if (!d)
		return;
	for (i = 0; i < d->n; i++)
		free(d->diag[i].message);
	free(d->diag);
	diag_init(d, d->file);
}

/*
 * Octets of the character at s, 0 where there is no printable one: RFC 3629 without overlong forms, surrogates and
 * controls (C1 included: terminals obey them).
 */
static size_t diag_utf8(const unsigned char *s)
{
	unsigned int c = s[0];
	size_t n, i;
	unsigned int low;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	if (c >= 0xc2 && c <= 0xdf) {
		n = 2;
		low = c == 0xc2 ? 0xa0 : 0x80;
	} else if (c >= 0xe0 && c <= 0xef) {
		n = 3;
		low = c == 0xe0 ? 0xa0 : 0x80;
	} else if (c >= 0xf0 && c <= 0xf4) {
		n = 4;
		low = c == 0xf0 ? 0x90 : 0x80;
	} else {
		return 0;
	}
	if (s[1] < low || (c == 0xed && s[1] > 0x9f) || (c == 0xf4 && s[1] > 0x8f))
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

char *diag_printable(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	char *copy = malloc(4 * strlen(text) + 1);
	char *p = copy;
	size_t n;

	if (!copy)
		return NULL;
	while (*s) {
		n = diag_utf8(s);
		if (n) {
			memcpy(p, s, n);
			p += n;
			s += n;
		} else {
			p += sprintf(p, "\\x%02x", *s++);
		}
	}
	*p = '\0';
	return copy;
}

static struct diag *diag_slot(struct diag_list *d)
{
	size_t room = d->room ? 2 * d->room : 16;
	struct diag *bigger;

	if (d->n < d->room)
		return &d->diag[d->n];
	bigger = realloc(d->diag, room * sizeof(*bigger));
	if (!bigger)
		return NULL;
	d->diag = bigger;
	d->room = room;
	return &d->diag[d->n];
}

void diag_add(struct diag_list *d, enum diag_severity severity, unsigned int line, unsigned int column, const char *fmt,
	      ...)
{
	char text[512];
	struct diag *new;
	va_list ap;

	d->count[severity]++;
	if (d->kept[severity] >= DIAG_KEEP_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	new = diag_slot(d);
	if (!new)
		return;
	new->message = diag_printable(text);
	if (!new->message)
		return;
	new->line = line;
	new->column = column;
	new->severity = severity;
	d->kept[severity]++;
	d->n++;
}

static int diag_before(const struct diag *a, const struct diag *b)
{
	return a->line != b->line ? a->line < b->line : a->column <= b->column;
}

/* A merge sort, as qsort does not keep the order of equals. */
static void diag_merge(struct diag *d, struct diag *tmp, size_t n)
{
	size_t half = n / 2, i = 0, j = half, k;

	if (n < 2)
		return;
	diag_merge(d, tmp, half);
	diag_merge(d + half, tmp, n - half);
	for (k = 0; k < n; k++)
		tmp[k] = j == n || (i < half && diag_before(&d[i], &d[j])) ? d[i++] : d[j++];
	memcpy(d, tmp, n * sizeof(*d));
}

void diag_sort(struct diag_list *d)
{
	struct diag *tmp = d->n ? malloc(d->n * sizeof(*tmp)) : NULL;

	if (tmp)
		diag_merge(d->diag, tmp, d->n);
	free(tmp);
}

static void diag_print_one(const struct diag_list *d, const struct diag *one, FILE *out)
{
	char *file = diag_printable(d->file);

	fputs(file ? file : "?", out);
	if (one->line)
		fprintf(out, ":%u", one->line);
	if (one->column)
		fprintf(out, ":%u", one->column);
	fprintf(out, ": %s: %s\n", diag_severity_name(one->severity), one->message);
	free(file);
}

void diag_print(const struct diag_list *d, FILE *out, int warnings)
{
	size_t i, more;
	int s;

	for (i = 0; i < d->n; i++)
		if (warnings || d->diag[i].severity == DIAG_ERROR)
			diag_print_one(d, &d->diag[i], out);
	for (s = 0; s < DIAG_SEVERITIES; s++) {
		more = d->count[s] - d->kept[s];
		if (more && (warnings || s == DIAG_ERROR))
			fprintf(out, "and %zu more %s%s\n", more, diag_severity_name(s), more > 1 ? "s" : "");
	}
}

struct json_t *diag_json(const struct diag_list *d)
{
	json_t *array = json_array(), *one;
	size_t i;

	for (i = 0; array && i < d->n; i++) {
		one = json_pack("{s:i, s:i, s:s, s:s}", "line", (int)d->diag[i].line, "column", (int)d->diag[i].column,
				"severity", diag_severity_name(d->diag[i].severity), "message", d->diag[i].message);
		if (json_array_append_new(array, one)) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}
