// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * oracle_compare.c - what two dispatchers made of the same messages, as oracle.c kept it.
 *
 *	oracle_compare THEIRS OURS LISTENER
 *
 * prints a line per difference: FILE, KIND, theirs, ours, by tabs. Rows are compared in order; only the Via that each
 * pushed is taken out before, its form and its place are compared by themselves.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SIZE 70000
#define MAX_ROWS 512
#define TEXT 160

struct span {
	const char *at;
	size_t len;
};

struct message {
	char data[SIZE];
	size_t len;
	struct span head, start, row[MAX_ROWS], body;
	unsigned int rows;
	unsigned int blank; /* lines before the start line */
	int via;	    /* so many rows stand before the own Via, Max-Forwards not counted, or -1 */
};

static const char *file;

static int same(struct span a, struct span b)
{
	return a.len == b.len && !memcmp(a.at, b.at, a.len);
}

static void text(char *buf, struct span s)
{
	size_t i, n = 0;

	for (i = 0; i < s.len && n < TEXT - 5; i++)
		n += (size_t)sprintf(buf + n, isprint((unsigned char)s.at[i]) ? "%c" : "\\%02x",
				     (unsigned char)s.at[i]);
	buf[n] = 0;
}

static void differ(const char *kind, struct span theirs, struct span ours)
{
	char a[TEXT], b[TEXT];

	text(a, theirs);
	text(b, ours);
	printf("%s\t%s\t%s\t%s\n", file, kind, a, b);
}

/* One line; with fold, what is folded to it too. The line's end belongs to it. */
static struct span line(struct span *rest, int fold)
{
	struct span l = { rest->at, 0 };

	do {
		while (rest->len && *rest->at != '\n') {
			rest->at++;
			rest->len--;
		}
		if (rest->len) {
			rest->at++;
			rest->len--;
		}
	} while (fold && rest->len && (*rest->at == ' ' || *rest->at == '\t'));
	l.len = (size_t)(rest->at - l.at);
	return l;
}

static int is_empty(struct span row)
{
	return !row.len || row.at[0] == '\n' || (row.len > 1 && row.at[0] == '\r' && row.at[1] == '\n');
}

static int is_named(struct span row, const char *name)
{
	size_t n = strlen(name);

	if (row.len <= n || strncasecmp(row.at, name, n) != 0)
		return 0;
	while (n < row.len && (row.at[n] == ' ' || row.at[n] == '\t'))
		n++;
	return n < row.len && row.at[n] == ':';
}

static int is_via(struct span row)
{
	return is_named(row, "via") || is_named(row, "v");
}

static void split(struct message *m)
{
	struct span rest = { m->data, m->len }, row;

	m->head = line(&rest, 0);
	m->start = line(&rest, 0);
	for (m->blank = 0; is_empty(m->start) && rest.len; m->blank++)
		m->start = line(&rest, 0);
	m->rows = 0;
	m->via = -1;
	while (rest.len && m->rows < MAX_ROWS) {
		row = line(&rest, 1);
		if (is_empty(row))
			break;
		m->row[m->rows++] = row;
	}
	m->body = rest;
}

/* Without blanks around the value. */
static struct span value(struct span row)
{
	const char *colon = memchr(row.at, ':', row.len);
	struct span v = { colon + 1, row.len - (size_t)(colon + 1 - row.at) };

	while (v.len && isspace((unsigned char)*v.at)) {
		v.at++;
		v.len--;
	}
	while (v.len && isspace((unsigned char)v.at[v.len - 1]))
		v.len--;
	return v;
}

/* Takes out the first row of a Via whose value begins so; blanks before the value are not told apart. */
static struct span take_via(struct message *m, const char *begins)
{
	struct span found = { "", 0 }, v = found;
	unsigned int i;
	int place = 0;

	for (i = 0; i < m->rows; i++) {
		if (is_via(m->row[i]))
			v = value(m->row[i]);
		if (v.len > strlen(begins) && !memcmp(v.at, begins, strlen(begins)))
			break;
		place += !is_named(m->row[i], "max-forwards");
	}
	if (i == m->rows)
		return found;
	m->via = place;
	found = m->row[i];
	for (m->rows--; i < m->rows; i++)
		m->row[i] = m->row[i + 1];
	return found;
}

static size_t hex(struct span s, size_t at)
{
	size_t n = 0;

	while (at + n < s.len && isxdigit((unsigned char)s.at[at + n]) && !isupper((unsigned char)s.at[at + n]))
		n++;
	return n;
}

/* Ours: `branch=z9hG4bK` and 16 digits, `;sx=` and 16 digits. Theirs begins as RFC 3261 says, the rest is Kamailio's. */
static void compare_via(struct message *theirs, struct message *ours, const char *listener)
{
	char begins[128];
	struct span a, b, v;
	size_t n;

	snprintf(begins, sizeof(begins), "SIP/2.0/UDP %s;branch=z9hG4bK", listener);
	a = take_via(theirs, begins);
	snprintf(begins, sizeof(begins), "SIP/2.0/UDP %s:5060;branch=z9hG4bK", listener);
	b = take_via(ours, begins);
	if (theirs->via < 0 || ours->via < 0) {
		differ("own-via-missing", a, b);
		return;
	}
	v = value(b);
	n = strlen(begins);
	if (v.len != n + 36 || hex(v, n) != 16 || memcmp(v.at + n + 16, ";sx=", 4) != 0 || hex(v, n + 20) != 16)
		differ("own-via-form", a, b);
	else
		differ("own-via", a, b);
	if (theirs->via != ours->via)
		differ("own-via-place", a, b);
}

/* A copy without `;received=` and its value, which is in cut. */
static struct span without_received(struct span row, char *buf, struct span *cut)
{
	static const char name[] = ";received=";
	const char *at = memmem(row.at, row.len, name, strlen(name)), *end = at;
	struct span out = { buf, row.len };

	cut->len = 0;
	if (!at || row.len > SIZE)
		return row;
	do
		end++;
	while (end < row.at + row.len && !strchr(";, \t\r\n", *end));
	*cut = (struct span){ at, (size_t)(end - at) };
	memcpy(buf, row.at, (size_t)(at - row.at));
	memcpy(buf + (at - row.at), end, row.len - (size_t)(end - row.at));
	out.len -= cut->len;
	return out;
}

static const char *via_kind(struct span a, struct span b)
{
	static char theirs[SIZE], ours[SIZE];
	struct span received_a, received_b;
	int alike = same(without_received(a, theirs, &received_a), without_received(b, ours, &received_b));

	if (alike && received_a.len && received_b.len && same(received_a, received_b))
		return "via-received-place";
	return alike && !received_a.len ? "via-received-ours" : "via";
}

static const char *row_kind(struct span a, struct span b)
{
	if (is_named(a, "max-forwards") && is_named(b, "max-forwards"))
		return same(value(a), value(b)) ? "max-forwards-blanks" : "max-forwards-value";
	if (is_via(a) && is_via(b))
		return via_kind(a, b);
	if (is_named(a, "to") && is_named(b, "to") && !strcmp(strrchr(file, '.'), ".reply"))
		return "reply-to-tag";
	return "row";
}

static void compare_rows(const struct message *theirs, const struct message *ours)
{
	static const struct span none = { "", 0 };
	unsigned int i = 0, j = 0;

	while (i < theirs->rows || j < ours->rows) {
		struct span a = i < theirs->rows ? theirs->row[i] : none, b = j < ours->rows ? ours->row[j] : none;

		if (same(a, b)) {
			i++;
			j++;
		} else if (!b.len || (i + 1 < theirs->rows && same(theirs->row[i + 1], b))) {
			differ(is_named(a, "max-forwards") ? "max-forwards-added" : "row-theirs", a, none);
			i++;
		} else if (!a.len || (j + 1 < ours->rows && same(a, ours->row[j + 1]))) {
			differ(is_named(b, "max-forwards") ? "max-forwards-added" : "row-ours", none, b);
			j++;
		} else {
			differ(row_kind(a, b), a, b);
			i++;
			j++;
		}
	}
}

static int load(struct message *m, const char *dir, const char *name)
{
	char path[1024];
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = fopen(path, "r");
	if (!in)
		return -1;
	m->len = fread(m->data, 1, sizeof(m->data), in);
	fclose(in);
	split(m);
	return 0;
}

static int has(char **dir, int which, const char *name, const char *suffix)
{
	static struct message m;
	char other[512];

	snprintf(other, sizeof(other), "%.*s%s", (int)(strrchr(name, '.') - name), name, suffix);
	return !load(&m, dir[which], other) ? atoi(m.start.at + strlen("SIP/2.0 ")) : -1;
}

/* What only one of them let through. What follows of it (no answer to what was not forwarded) is not told again. */
static void only_one(char **dir, int which, const struct message *m, const char *name)
{
	const struct span none = { "", 0 };
	const char *suffix = strrchr(name, '.');
	int refused = has(dir, !which, name, ".reply");
	char kind[64];

	if (!strcmp(suffix, ".response") && has(dir, !which, name, ".request") < 0)
		return;
	if (!strcmp(suffix, ".reply") && has(dir, !which, name, ".request") >= 0)
		return;
	if (!strcmp(suffix, ".request") && refused > 0)
		snprintf(kind, sizeof(kind), "refused-by-%s-%d", which ? "theirs" : "ours", refused);
	else
		snprintf(kind, sizeof(kind), "only-%s%s", which ? "ours" : "theirs", suffix);
	differ(kind, which ? none : m->start, which ? m->start : none);
}

/* Nothing is missing of ours but what lies behind Content-Length. */
static int cut_at_length(const struct message *theirs, const struct message *ours)
{
	unsigned int i;

	for (i = 0; i < ours->rows; i++)
		if (is_named(ours->row[i], "content-length") || is_named(ours->row[i], "l"))
			return strtoul(value(ours->row[i]).at, NULL, 10) == ours->body.len &&
			       ours->body.len < theirs->body.len &&
			       !memcmp(ours->body.at, theirs->body.at, ours->body.len);
	return 0;
}

static void compare(char **dir, const char *listener, const char *name)
{
	static struct message theirs, ours;
	const char *suffix = strrchr(name, '.');

	file = name;
	if (load(&theirs, dir[0], name)) {
		load(&ours, dir[1], name);
		only_one(dir, 1, &ours, name);
		return;
	}
	if (load(&ours, dir[1], name)) {
		only_one(dir, 0, &theirs, name);
		return;
	}
	if (!same(theirs.head, ours.head))
		differ(!strcmp(suffix, ".request") ? "destination" : "port", theirs.head, ours.head);
	if (!same(theirs.start, ours.start))
		differ("start-line", theirs.start, ours.start);
	if (theirs.blank != ours.blank)
		differ(theirs.blank > ours.blank ? "blank-lines-theirs" : "blank-lines-ours", theirs.start, ours.start);
	if (!strcmp(suffix, ".request"))
		compare_via(&theirs, &ours, listener);
	compare_rows(&theirs, &ours);
	if (!same(theirs.body, ours.body))
		differ(cut_at_length(&theirs, &ours) ? "body-beyond-length" : "body", theirs.body, ours.body);
}

int main(int argc, char **argv)
{
	struct dirent **list;
	char path[1024];
	int which, i, n;

	if (argc != 4) {
		fprintf(stderr, "usage: oracle_compare THEIRS OURS LISTENER\n");
		return 2;
	}
	for (which = 0; which < 2; which++) {
		n = scandir(argv[1 + which], &list, NULL, alphasort);
		for (i = 0; i < n; i++) {
			/* what both have is compared once */
			snprintf(path, sizeof(path), "%s/%s", argv[1], list[i]->d_name);
			if (list[i]->d_name[0] != '.' && (!which || access(path, F_OK) != 0))
				compare(argv + 1, argv[3], list[i]->d_name);
		}
		if (n < 0)
			return 2;
	}
	return 0;
}
