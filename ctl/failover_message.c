// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * failover_message.c - see failover_message.h.
 */
#include "failover_message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A header row with what is folded into it. */
struct failover_row {
	const char *at;
	size_t len; /* with its CRLF */
};

struct failover_out {
	char *at;
	size_t len;
	size_t cap;
	bool full;
};

static void failover_put(struct failover_out *o, const char *text, size_t len)
{
	if (o->full || len > o->cap - o->len) {
		o->full = true;
		return;
	}
	memcpy(o->at + o->len, text, len);
	o->len += len;
}

/* The end of the line at p, behind its LF. */
static const char *failover_line(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf ? lf + 1 : end;
}

/* The next row from *p on; false at the blank line. */
static bool failover_next(const char **p, const char *end, struct failover_row *row)
{
	row->at = *p;
	if (*p == end || **p == '\r' || **p == '\n')
		return false;
	do
		*p = failover_line(*p, end);
	while (*p < end && (**p == ' ' || **p == '\t'));
	row->len = (size_t)(*p - row->at);
	return true;
}

static bool failover_is(const struct failover_row *row, const char *name, char compact)
{
	size_t len = strlen(name), i;

	if (row->len > len && !strncasecmp(row->at, name, len))
		i = len;
	else if (compact && (row->at[0] | 0x20) == compact)
		i = 1;
	else
		return false;
	while (i < row->len && (row->at[i] == ' ' || row->at[i] == '\t'))
		i++;
	return i < row->len && row->at[i] == ':';
}

/* Past the CRLFs that may stand before a message, and its start line. */
static const char *failover_rows(const char *p, const char *end, const char **start)
{
	while (p < end && (*p == '\r' || *p == '\n'))
		p++;
	*start = p;
	return failover_line(p, end);
}

static bool failover_put_to(struct failover_out *o, const char *p, const char *end)
{
	struct failover_row row;
	const char *start;

	p = failover_rows(p, end, &start);
	while (failover_next(&p, end, &row))
		if (failover_is(&row, "To", 't')) {
			failover_put(o, row.at, row.len);
			return true;
		}
	return false;
}

static bool failover_put_cseq(struct failover_out *o, const struct failover_row *row, const char *method)
{
	const char *p = memchr(row->at, ':', row->len), *end = row->at + row->len;
	char text[64];
	int n = 0;

	for (p++; p < end && (*p < '0' || *p > '9'); p++)
		;
	while (p + n < end && p[n] >= '0' && p[n] <= '9')
		n++;
	failover_put(o, text, (size_t)snprintf(text, sizeof(text), "CSeq: %.*s %s\r\n", n < 10 ? n : 10, p, method));
	return n > 0;
}

ssize_t failover_message(const char *method, const unsigned char *request, size_t len, const unsigned char *to,
			 size_t to_len, unsigned char *out, size_t cap)
{
	static const char tail[] = "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
	const char *end = (const char *)request + len, *start, *p = failover_rows((const char *)request, end, &start);
	const char *uri = memchr(start, ' ', (size_t)(p - start));
	struct failover_out o = { .at = (char *)out, .cap = cap };
	bool via = false, from = false, call_id = false, cseq = false;
	struct failover_row row;

	if (!uri)
		return -EINVAL;
	failover_put(&o, method, strlen(method));
	failover_put(&o, uri, (size_t)(p - uri));
	while (failover_next(&p, end, &row)) {
		if (failover_is(&row, "Via", 'v')) {
			if (!via)
				failover_put(&o, row.at, row.len);
			via = true;
		} else if (failover_is(&row, "From", 'f')) {
			from = true;
			failover_put(&o, row.at, row.len);
		} else if (failover_is(&row, "Call-ID", 'i')) {
			call_id = true;
			failover_put(&o, row.at, row.len);
		} else if (failover_is(&row, "Route", 0)) {
			failover_put(&o, row.at, row.len);
		} else if (failover_is(&row, "CSeq", 0)) {
			cseq = failover_put_cseq(&o, &row, method);
		}
	}
	if (!via || !from || !call_id || !cseq || !failover_put_to(&o, (const char *)to, (const char *)to + to_len))
		return -EINVAL;
	failover_put(&o, tail, sizeof(tail) - 1);
	return o.full ? -ENOSPC : (ssize_t)o.len;
}

ssize_t failover_challenges(const unsigned char *best, size_t len, const unsigned char *other, size_t other_len,
			    unsigned char *out, size_t cap)
{
	const char *end = (const char *)best + len, *start, *p = failover_rows((const char *)best, end, &start);
	struct failover_out o = { .at = (char *)out, .cap = cap };
	struct failover_row row;

	while (failover_next(&p, end, &row))
		;
	failover_put(&o, (const char *)best, (size_t)(p - (const char *)best));
	best = (const unsigned char *)p;
	p = failover_rows((const char *)other, (const char *)other + other_len, &start);
	while (failover_next(&p, (const char *)other + other_len, &row))
		if (failover_is(&row, "WWW-Authenticate", 0) || failover_is(&row, "Proxy-Authenticate", 0))
			failover_put(&o, row.at, row.len);
	failover_put(&o, (const char *)best, (size_t)(end - (const char *)best));
	return o.full ? -ENOSPC : (ssize_t)o.len;
}
