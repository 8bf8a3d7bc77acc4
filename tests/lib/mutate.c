// SPDX-License-Identifier: GPL-2.0-or-later
/* See mutate.h. */
#include "mutate.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

__u64 mutate_seed = 1;

/* xorshift64* (Vigna). */
size_t mutate_random(size_t below)
{
	mutate_seed ^= mutate_seed >> 12;
	mutate_seed ^= mutate_seed << 25;
	mutate_seed ^= mutate_seed >> 27;
	return below ? (size_t)((mutate_seed * 0x2545f4914f6cdd1dull) >> 33) % below : 0;
}

static const struct mutate_message *mutate_any(const struct mutate_messages *from)
{
	return &from->m[mutate_random(from->n)];
}

static size_t mutate_truncate(const struct mutate_messages *from, unsigned char *out)
{
	const struct mutate_message *m = mutate_any(from);
	size_t len = mutate_random(m->len + 1);

	memcpy(out, m->data, len);
	return len;
}

static size_t mutate_flip(const struct mutate_messages *from, unsigned char *out)
{
	static const char likely[] = "\r\n\t \":;,<>@[]=\\/?.0z\x80";
	const struct mutate_message *m = mutate_any(from);
	size_t n = 1 + mutate_random(4);

	memcpy(out, m->data, m->len);
	for (; n; n--)
		out[mutate_random(m->len)] = mutate_random(2) ? (unsigned char)likely[mutate_random(sizeof(likely))]
							      : (unsigned char)mutate_random(256);
	return m->len;
}

static size_t mutate_splice(const struct mutate_messages *from, unsigned char *out)
{
	const struct mutate_message *a = mutate_any(from), *b = mutate_any(from);
	size_t n = mutate_random(a->len + 1), at = mutate_random(b->len + 1), rest = b->len - at;

	if (n + rest > MUTATE_MAX)
		rest = MUTATE_MAX - n;
	memcpy(out, a->data, n);
	memcpy(out + n, b->data + at, rest);
	return n + rest;
}

/* ---- lines */

/* The first octet of the line that the octet at `at` is in. */
static size_t mutate_line(const struct mutate_message *m, size_t at)
{
	while (at && m->data[at - 1] != '\n')
		at--;
	return at;
}

/* Behind the last octet of the line that begins at `at`. */
static size_t mutate_line_end(const struct mutate_message *m, size_t at)
{
	const unsigned char *lf = memchr(m->data + at, '\n', m->len - at);

	return lf ? (size_t)(lf + 1 - m->data) : m->len;
}

static size_t mutate_duplicate(const struct mutate_messages *from, unsigned char *out)
{
	const struct mutate_message *m = mutate_any(from);
	size_t at = mutate_line(m, mutate_random(m->len)), to = mutate_line(m, mutate_random(m->len));
	size_t n = mutate_line_end(m, at) - at;

	if (m->len + n > MUTATE_MAX)
		n = 0;
	memcpy(out, m->data, to);
	memcpy(out + to, m->data + at, n);
	memcpy(out + to + n, m->data + to, m->len - to);
	return m->len + n;
}

/* Two lines change places. */
static size_t mutate_reorder(const struct mutate_messages *from, unsigned char *out)
{
	const struct mutate_message *m = mutate_any(from);
	size_t a = mutate_line(m, mutate_random(m->len)), b = mutate_line(m, mutate_random(m->len)), swap, n = 0;
	size_t a_end, b_end;

	if (a > b) {
		swap = a;
		a = b;
		b = swap;
	}
	a_end = mutate_line_end(m, a);
	b_end = mutate_line_end(m, b);
	memcpy(out, m->data, m->len);
	if (a == b)
		return m->len;
	n = a;
	memcpy(out + n, m->data + b, b_end - b);
	n += b_end - b;
	memcpy(out + n, m->data + a_end, b - a_end);
	n += b - a_end;
	memcpy(out + n, m->data + a, a_end - a);
	return m->len;
}

/* ---- other spellings */

static const struct {
	const char *full;
	char compact;
} mutate_forms[] = {
	{ "Via", 'v' },	    { "From", 'f' },	       { "To", 't' },	     { "Call-ID", 'i' },
	{ "Contact", 'm' }, { "Content-Length", 'l' }, { "Supported", 'k' }, { "Refer-To", 'r' },
};

#define MUTATE_FORMS (sizeof(mutate_forms) / sizeof(mutate_forms[0]))
#define MUTATE_ROW_MORE 32 /* octets that a row may grow by */

/* The name of a row in another form, or in other letters. */
static size_t mutate_name(const char *name, size_t len, char *out)
{
	size_t i, how = mutate_random(3), n = 0;

	for (i = 0; i < MUTATE_FORMS && how == 0; i++) {
		if (len == 1 && tolower((unsigned char)*name) == mutate_forms[i].compact) {
			strcpy(out, mutate_forms[i].full);
			return strlen(out);
		}
		if (len == strlen(mutate_forms[i].full) && !strncasecmp(name, mutate_forms[i].full, len)) {
			out[0] = mutate_forms[i].compact;
			return 1;
		}
	}
	for (n = 0; n < len; n++)
		out[n] = how == 1 ? (char)toupper((unsigned char)name[n]) : (char)tolower((unsigned char)name[n]);
	return n;
}

/* One row, its name and what stands about its colon spelled otherwise; what is no row stays. */
static size_t mutate_row(const char *row, size_t len, char *out)
{
	static const char *const colons[] = { ":", " :", ": ", "\t : \t", ":\r\n ", " :  " };
	const char *colon = memchr(row, ':', len), *put = colons[mutate_random(sizeof(colons) / sizeof(colons[0]))];
	size_t name = colon ? (size_t)(colon - row) : 0, n;

	if (!colon || !name || name > 24 || memchr(row, ' ', name)) {
		memcpy(out, row, len);
		return len;
	}
	n = mutate_name(row, name, out);
	memcpy(out + n, put, strlen(put));
	n += strlen(put);
	memcpy(out + n, colon + 1, len - name - 1);
	return n + len - name - 1;
}

/* The start line stays, and so does what stands behind the first empty line. */
static size_t mutate_respell(const struct mutate_messages *from, unsigned char *out)
{
	const struct mutate_message *m = mutate_any(from);
	size_t at = mutate_line_end(m, 0), n = at, end;

	memcpy(out, m->data, at);
	for (; at < m->len; at = end) {
		end = mutate_line_end(m, at);
		if (end - at <= 2 || m->len - at + n + MUTATE_ROW_MORE > MUTATE_MAX)
			break;
		if (mutate_random(3))
			n += mutate_row((const char *)m->data + at, end - at, (char *)out + n);
		else {
			memcpy(out + n, m->data + at, end - at);
			n += end - at;
		}
	}
	memcpy(out + n, m->data + at, m->len - at);
	return n + m->len - at;
}

const struct mutate_kind mutate_kinds[MUTATE_KINDS] = {
	{ "truncate", mutate_truncate },    { "flip octets", mutate_flip },
	{ "splice", mutate_splice },	    { "duplicate rows", mutate_duplicate },
	{ "reorder rows", mutate_reorder }, { "spell otherwise", mutate_respell },
};
