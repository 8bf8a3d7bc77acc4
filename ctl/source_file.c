// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source_file.c - reads a list line by line, drops doubles, resolves names, and makes a model of what is clean.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source_line.h"

/* Slot 0 of the kernel's arrays means none. */
#define SOURCE_DESTS_MAX (DS_DESTS_MAX - 1)
#define SOURCE_SETS_MAX (DS_SETS_MAX - 1)

#define SOURCE_READ_STEP 65536u

/* The destinations of a list before they are in a model, in the order of its lines. */
struct source_list {
	struct ds_dest **dest;
	size_t n;
	size_t room;
};

static int source_list_add(struct source_list *list, struct ds_dest *dest)
{
	size_t room = list->room ? 2 * list->room : 64;
	struct ds_dest **bigger = list->dest;

	if (list->n == list->room) {
		bigger = realloc(list->dest, room * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		list->room = room;
	}
	list->dest = bigger;
	list->dest[list->n++] = dest;
	return 0;
}

static void source_list_free(struct source_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		model_free_dest(list->dest[i]);
	free(list->dest);
}

static size_t source_skip_bom(const char *text, size_t len, struct diag_list *d)
{
	if (len < 3 || memcmp(text, "\xef\xbb\xbf", 3))
		return 0;
	diag_add(d, DIAG_WARNING, 1, 1,
		 "byte order mark, expected plain text; skipped, where Kamailio takes it for a URI in set 0");
	return 3;
}

/* What is over the limit is parsed for its errors but not kept, so that memory stays bounded. */
static int source_parse_lines(const char *text, size_t len, struct source_list *list, struct diag_list *d)
{
	const char *p = text + source_skip_bom(text, len, d), *end = text + len, *eol;
	unsigned int line;
	struct ds_dest *dest;
	bool full = false;
	int err = 0;

	for (line = 1; p < end && !err; line++, p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		err = source_line_parse(p, (size_t)(eol - p), line, &dest, d);
		if (err || !dest)
			continue;
		if (list->n < SOURCE_DESTS_MAX) {
			err = source_list_add(list, dest);
			if (!err)
				continue;
		} else if (!full) {
			diag_add(d, DIAG_ERROR, line, 1, "too many destinations, expected at most %u",
				 SOURCE_DESTS_MAX);
			full = true;
		}
		model_free_dest(dest);
	}
	return err;
}

static int source_compare(const void *a, const void *b)
{
	const struct ds_dest *x = *(struct ds_dest *const *)a, *y = *(struct ds_dest *const *)b;
	int diff = model_compare_dests(x, y);

	return diff ? diff : (x->conf.line > y->conf.line) - (x->conf.line < y->conf.line);
}

static int source_compare_lines(const void *a, const void *b)
{
	const struct ds_dest *x = *(struct ds_dest *const *)a, *y = *(struct ds_dest *const *)b;

	return (x->conf.line > y->conf.line) - (x->conf.line < y->conf.line);
}

/* Two members of one identity cannot be told apart by pings, counters and calls, so the first line counts alone. */
static void source_drop_doubles(struct source_list *list, struct diag_list *d)
{
	size_t i, n = 0;

	if (!list->n)
		return;
	qsort(list->dest, list->n, sizeof(*list->dest), source_compare);
	for (i = 0; i < list->n; i++) {
		struct ds_dest *dest = list->dest[i];

		if (n && !model_compare_dests(list->dest[n - 1], dest)) {
			diag_add(
				d, DIAG_WARNING, dest->conf.line, dest->conf.column,
				"set %d has this destination already in line %u, expected it once; this line is ignored, where "
				"Kamailio keeps both",
				dest->conf.set, list->dest[n - 1]->conf.line);
			model_free_dest(dest);
			continue;
		}
		list->dest[n++] = dest;
	}
	list->n = n;
	qsort(list->dest, list->n, sizeof(*list->dest), source_compare_lines);
}

/* Moves the destinations into the model, up to the first that is over a limit of the kernel's tables. */
static int source_fill(struct source_list *list, struct model *m, struct diag_list *d)
{
	const struct ds_config *c;
	size_t i;
	int err = 0;

	for (i = 0; i < list->n && !err; i++) {
		c = &list->dest[i]->conf;
		if (m->n_members + list->dest[i]->n_members > SOURCE_DESTS_MAX) {
			diag_add(d, DIAG_ERROR, c->line, c->column, "too many addresses in all, expected at most %u",
				 SOURCE_DESTS_MAX);
			return 0;
		}
		if (m->n_sets == SOURCE_SETS_MAX && !model_find_set(m, c->set)) {
			diag_add(d, DIAG_ERROR, c->line, 1, "too many sets, expected at most %u", SOURCE_SETS_MAX);
			return 0;
		}
		err = model_add(m, list->dest[i]);
		if (!err)
			list->dest[i] = NULL;
	}
	return err;
}

int source_file_parse(const char *text, size_t len, const struct resolver *r, struct model **model, struct diag_list *d)
{
	struct source_list list = { 0 };
	struct model *m = model_new();
	int err = m ? 0 : -ENOMEM;

	*model = NULL;
	err = err ? err : source_parse_lines(text, len, &list, d);
	source_drop_doubles(&list, d);
	err = err ? err : resolve_dests(list.dest, list.n, r, d);
	err = err ? err : source_fill(&list, m, d);
	if (err)
		diag_add(d, DIAG_ERROR, 0, 0, "cannot load the list: %s", strerror(-err));
	else if (d->count[DIAG_ERROR])
		err = -EINVAL;
	else if (!m->n_dests)
		err = -ENODATA;
	diag_sort(d);
	source_list_free(&list);
	if (!err || err == -ENODATA)
		*model = m;
	else
		model_free(m);
	return err;
}

/* Opens without waiting: a FIFO with no writer would hold a reload for ever. */
static int source_open(const char *path, struct diag_list *d)
{
	const char *what = NULL;
	struct stat st;
	int fd, err;

	if (!strcmp(path, "-"))
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
		diag_add(d, DIAG_ERROR, 0, 0, "cannot open: %s, expected a file that can be read", strerror(-err));
		if (fd >= 0)
			close(fd);
		return err;
	}
	if (S_ISDIR(st.st_mode))
		what = "is a directory, expected a file";
	else if (S_ISFIFO(st.st_mode))
		what = "is a FIFO, expected a file; to read a stream use - and redirect standard input";
	else if (!S_ISREG(st.st_mode) && strcmp(path, SOURCE_NONE) != 0)
		what = "is no regular file, expected one";
	if (!what)
		return fd;
	diag_add(d, DIAG_ERROR, 0, 0, "%s", what);
	close(fd);
	return S_ISDIR(st.st_mode) ? -EISDIR : -EBADF;
}

/* Reads to the end or the limit. Returns 0 or -errno; *text is to be freed in any case. */
static int source_read(int fd, char **text, size_t *len, struct diag_list *d)
{
	size_t room = 0;
	char *bigger;
	ssize_t n;

	for (;;) {
		if (*len == room) {
			room = room ? 2 * room : SOURCE_READ_STEP;
			bigger = realloc(*text, room);
			if (!bigger)
				return -ENOMEM;
			*text = bigger;
		}
		n = read(fd, *text + *len, room - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		*len += (size_t)n;
		if (*len > SOURCE_FILE_MAX) {
			diag_add(d, DIAG_ERROR, 0, 0, "is too large, expected at most %u MiB", SOURCE_FILE_MAX >> 20);
			return -EFBIG;
		}
	}
}

int source_file_load(const char *path, const struct resolver *r, struct model **model, struct diag_list *d)
{
	char *text = NULL;
	size_t len = 0;
	int fd, err;

	*model = NULL;
	fd = source_open(path, d);
	if (fd < 0)
		return fd;
	err = source_read(fd, &text, &len, d);
	if (err && err != -EFBIG)
		diag_add(d, DIAG_ERROR, 0, 0, "cannot read: %s", strerror(-err));
	if (!err)
		err = source_file_parse(text, len, r, model, d);
	if (fd != STDIN_FILENO)
		close(fd);
	free(text);
	return err;
}
