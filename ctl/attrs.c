// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * attrs.c - parses the attributes of a destination. One table names them; the rest is kept unread.
 */
#include "attrs.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ds_dest_uri.h"

#define ATTRS_PERCENT 100

/* What of a name or value is quoted in a message. */
#define ATTRS_QUOTE_MAX 40

struct attrs_cursor {
	const char *start;
	const char *p;
	const char *end;
	struct ds_attrs *attrs;
	struct diag_list *diag;
	unsigned int line;
	unsigned int column;
	unsigned int seen; /* bit n: row n of attrs_rows */
};

/* One name=value as found. */
struct attrs_item {
	const char *name;
	size_t name_len;
	const char *value; /* NULL: no '=' */
	size_t value_len;
};

enum attrs_kind {
	ATTRS_TEXT,
	ATTRS_NUMBER,
	ATTRS_USER, /* text that can stand in a user */
};

/* min, max: what a number may be; outside it counts as 0, as in Kamailio. max of a user: its octets. */
static const struct attrs_row {
	const char *name;
	enum attrs_kind kind;
	size_t offset;
	int min;
	int max;
} attrs_rows[] = {
	{ "duid", ATTRS_TEXT, offsetof(struct ds_attrs, duid), 0, 0 },
	{ "socket", ATTRS_TEXT, offsetof(struct ds_attrs, socket), 0, 0 },
	{ "sockname", ATTRS_TEXT, offsetof(struct ds_attrs, sockname), 0, 0 },
	{ "ping_socket", ATTRS_TEXT, offsetof(struct ds_attrs, ping_socket), 0, 0 },
	{ "ping_from", ATTRS_TEXT, offsetof(struct ds_attrs, ping_from), 0, 0 },
	{ "obproxy", ATTRS_TEXT, offsetof(struct ds_attrs, obproxy), 0, 0 },
	{ "ping_reply_codes", ATTRS_TEXT, offsetof(struct ds_attrs, ping_reply_codes), 0, 0 },
	{ "prefix", ATTRS_USER, offsetof(struct ds_attrs, prefix), 0, DS_DEST_PREFIX_MAX },
	{ "strip", ATTRS_NUMBER, offsetof(struct ds_attrs, strip), 0, 255 },
	{ "maxload", ATTRS_NUMBER, offsetof(struct ds_attrs, maxload), -INT_MAX, INT_MAX },
	{ "weight", ATTRS_NUMBER, offsetof(struct ds_attrs, weight), 1, 100 },
	{ "rweight", ATTRS_NUMBER, offsetof(struct ds_attrs, rweight), 1, 100 },
	{ "cc", ATTRS_NUMBER, offsetof(struct ds_attrs, cc), 0, 1 },
	{ "latency", ATTRS_NUMBER, offsetof(struct ds_attrs, latency_ms), 0, INT_MAX },
	{ "ocmin", ATTRS_NUMBER, offsetof(struct ds_attrs, ocmin), 0, ATTRS_PERCENT },
	{ "ocmax", ATTRS_NUMBER, offsetof(struct ds_attrs, ocmax), 0, ATTRS_PERCENT },
	{ "ocrate", ATTRS_NUMBER, offsetof(struct ds_attrs, ocrate), 0, ATTRS_PERCENT },
};

#define ATTRS_ROWS (sizeof(attrs_rows) / sizeof(attrs_rows[0]))

#define attrs_say(c, severity, at, ...) \
	diag_add((c)->diag, severity, (c)->line, (c)->column + (unsigned int)((at) - (c)->start), __VA_ARGS__)

static int attrs_quote(size_t len)
{
	return len < ATTRS_QUOTE_MAX ? (int)len : ATTRS_QUOTE_MAX;
}

static int attrs_keep(char **text, const char *value, size_t len)
{
	*text = strndup(value, len);
	return *text ? 0 : -ENOMEM;
}

static int attrs_read_quoted(struct attrs_cursor *c, struct attrs_item *item)
{
	const char *quote = c->p++;
	const char *close = memchr(c->p, *quote, (size_t)(c->end - c->p));

	if (!close) {
		attrs_say(c, DIAG_ERROR, quote,
			  "quote without its end, expected %c before the next blank; Kamailio drops the destination",
			  *quote);
		return -EINVAL;
	}
	item->value = c->p;
	item->value_len = (size_t)(close - c->p);
	c->p = close + 1;
	if (c->p < c->end && *c->p != ';' && *c->p != ',') {
		attrs_say(c, DIAG_ERROR, c->p,
			  "text after a quoted value, expected ';'; Kamailio drops the destination");
		return -EINVAL;
	}
	return 0;
}

static int attrs_read_item(struct attrs_cursor *c, struct attrs_item *item)
{
	item->name = c->p;
	while (c->p < c->end && !strchr("=;,", *c->p))
		c->p++;
	item->name_len = (size_t)(c->p - item->name);
	item->value = NULL;
	item->value_len = 0;
	if (c->p == c->end || *c->p != '=')
		return 0;
	item->value = ++c->p;
	if (c->p < c->end && (*c->p == '"' || *c->p == '\''))
		return attrs_read_quoted(c, item);
	while (c->p < c->end && *c->p != ';' && *c->p != ',')
		c->p++;
	item->value_len = (size_t)(c->p - item->value);
	if (item->value_len)
		return 0;
	attrs_say(c, DIAG_ERROR, item->name,
		  "attribute %.*s= without a value, expected one or no '='; Kamailio drops "
		  "the destination",
		  attrs_quote(item->name_len), item->name);
	return -EINVAL;
}

/* Reads as Kamailio does: a sign, then digits up to the first other character. */
static void attrs_set_number(struct attrs_cursor *c, const struct attrs_row *row, const struct attrs_item *item)
{
	const char *p = item->value, *end = p + item->value_len;
	int *field = (int *)((char *)c->attrs + row->offset);
	bool negative = p < end && *p == '-';
	long long n = 0;
	const char *digits;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (digits = p; p < end && isdigit((unsigned char)*p); p++)
		if (n <= INT_MAX)
			n = 10 * n + (*p - '0');
	n = negative ? -n : n;
	if (p == digits || n < row->min || n > row->max) {
		if (row->max == INT_MAX)
			attrs_say(c, DIAG_WARNING, item->value, "%s=%.*s, expected a number from %d; read as 0",
				  row->name, attrs_quote(item->value_len), item->value, row->min);
		else
			attrs_say(c, DIAG_WARNING, item->value, "%s=%.*s, expected a number from %d to %d; read as 0",
				  row->name, attrs_quote(item->value_len), item->value, row->min, row->max);
		return;
	}
	if (p < end)
		attrs_say(c, DIAG_WARNING, p,
			  "text after the number of %s, expected ';'; read as %lld, as Kamailio does", row->name, n);
	*field = (int)n;
}

/* Whether a text can stand in a user as it is (RFC 3261 25.1 user). */
static bool attrs_is_user(struct attrs_cursor *c, const struct attrs_row *row, const struct attrs_item *item)
{
	size_t i;

	if (item->value_len > (size_t)row->max) {
		attrs_say(c, DIAG_WARNING, item->value, "%s of %zu octets, expected at most %d; ignored", row->name,
			  item->value_len, row->max);
		return false;
	}
	for (i = 0; i < item->value_len; i++) {
		if (isalnum((unsigned char)item->value[i]) || strchr("-_.!~*'()%&=+$;?/", item->value[i]))
			continue;
		attrs_say(c, DIAG_WARNING, item->value + i,
			  "octet in %s that no user has, expected digits or the like; ignored", row->name);
		return false;
	}
	return true;
}

static int attrs_set_known(struct attrs_cursor *c, unsigned int n, const struct attrs_item *item)
{
	const struct attrs_row *row = &attrs_rows[n];

	if (c->seen & 1u << n) {
		attrs_say(c, DIAG_WARNING, item->name, "second %s, expected one; the first counts, as in Kamailio",
			  row->name);
		return 0;
	}
	c->seen |= 1u << n;
	if (!item->value) {
		attrs_say(c, DIAG_WARNING, item->name, "%s without a value, expected %s=value; ignored, as in Kamailio",
			  row->name, row->name);
		return 0;
	}
	if (row->kind == ATTRS_USER && !attrs_is_user(c, row, item))
		return 0;
	if (row->kind != ATTRS_NUMBER)
		return attrs_keep((char **)((char *)c->attrs + row->offset), item->value, item->value_len);
	attrs_set_number(c, row, item);
	return 0;
}

static int attrs_add_other(struct ds_attrs *attrs, const struct attrs_item *item)
{
	struct ds_attr *bigger = realloc(attrs->other, (attrs->n_other + 1) * sizeof(*bigger));
	struct ds_attr *new;
	int err;

	if (!bigger)
		return -ENOMEM;
	attrs->other = bigger;
	new = &bigger[attrs->n_other++];
	new->value = NULL;
	err = attrs_keep(&new->name, item->name, item->name_len);
	if (!err && item->value)
		err = attrs_keep(&new->value, item->value, item->value_len);
	return err;
}

static int attrs_set(struct attrs_cursor *c, const struct attrs_item *item)
{
	unsigned int n;

	if (!item->name_len) {
		if (item->value)
			attrs_say(c, DIAG_WARNING, item->name,
				  "attribute without a name, expected name=value; ignored, as in Kamailio");
		return 0;
	}
	for (n = 0; n < ATTRS_ROWS; n++)
		if (strlen(attrs_rows[n].name) == item->name_len &&
		    !strncasecmp(attrs_rows[n].name, item->name, item->name_len))
			return attrs_set_known(c, n, item);
	return attrs_add_other(c->attrs, item);
}

/* The bounds of overload control depend on each other; Kamailio settles them in this order without a word. */
static void attrs_settle_overload(struct attrs_cursor *c)
{
	struct ds_attrs *a = c->attrs;

	if (!a->ocmax)
		a->ocmax = ATTRS_PERCENT;
	if (a->ocmin > a->ocmax) {
		attrs_say(c, DIAG_WARNING, c->start,
			  "ocmin=%d is above ocmax=%d, expected less; read as 0, as in Kamailio", a->ocmin, a->ocmax);
		a->ocmin = 0;
	}
	if (a->ocrate < a->ocmin)
		a->ocrate = a->ocmin;
	if (a->ocrate > a->ocmax)
		a->ocrate = a->ocmax;
}

static void attrs_check_octets(struct attrs_cursor *c)
{
	const char *p;

	for (p = c->start; p < c->end; p++)
		if (iscntrl((unsigned char)*p)) {
			attrs_say(c, DIAG_WARNING, p, "control character in the attributes, expected text; kept");
			return;
		}
}

int attrs_parse(const char *text, size_t len, struct ds_attrs *attrs, struct diag_list *d, unsigned int line,
		unsigned int column)
{
	struct attrs_cursor c = { text, text, text + len, attrs, d, line, column, 0 };
	struct attrs_item item;
	int err = 0;

	memset(attrs, 0, sizeof(*attrs));
	if (len) {
		err = attrs_keep(&attrs->text, text, text[len - 1] == ';' ? len - 1 : len);
		attrs_check_octets(&c);
	}
	while (!err && c.p < c.end) {
		err = attrs_read_item(&c, &item);
		if (!err)
			err = attrs_set(&c, &item);
		if (!err && c.p < c.end && *c.p == ',') {
			attrs_say(&c, DIAG_WARNING, c.p,
				  "',' between attributes, expected ';'; Kamailio ignores the rest, and so do we");
			break;
		}
		if (c.p < c.end)
			c.p++;
	}
	if (!err)
		attrs_settle_overload(&c);
	return err;
}

void attrs_free(struct ds_attrs *attrs)
{
	size_t i;

	for (i = 0; i < ATTRS_ROWS; i++)
		if (attrs_rows[i].kind != ATTRS_NUMBER)
			free(*(char **)((char *)attrs + attrs_rows[i].offset));
	for (i = 0; i < attrs->n_other; i++) {
		free(attrs->other[i].name);
		free(attrs->other[i].value);
	}
	free(attrs->other);
	free(attrs->text);
	memset(attrs, 0, sizeof(*attrs));
}

bool attrs_equal(const struct ds_attrs *a, const struct ds_attrs *b)
{
	return !strcmp(a->text ? a->text : "", b->text ? b->text : "");
}
