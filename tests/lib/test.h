/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test.h - cmocka with its includes in the right order, tables whose every row is a test of its own, checks that name
 * what they check, and the files that tests read.
 *
 *	static const struct row { const char *name; const char *in; int want; } rows[] = { ... };
 *
 *	static void parses(void **state)
 *	{
 *		const struct row *row = *state;
 *
 *		check_int("return value", parse(row->in), row->want);
 *	}
 *
 *	int main(void)
 *	{
 *		struct test_list tests = { 0 };
 *
 *		test_rows(&tests, "parse", parses, rows);
 *		test_add(&tests, "anything else", anything_else, NULL);
 *		return test_run(&tests, "parse");
 *	}
 */
#ifndef SIPXDP_TEST_TEST_H
#define SIPXDP_TEST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define TEST_COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct test_list {
	struct CMUnitTest *test;
	size_t n;
};

/* Add one test; what `row` points to is the test's *state and must outlive test_run. The name is copied. */
static inline void test_add(struct test_list *l, const char *name, CMUnitTestFunction fn, const void *row)
{
	struct CMUnitTest *test = realloc(l->test, (l->n + 1) * sizeof(*test));
	union {
		const void *in;
		void *out;
	} state = { .in = row };

	if (!test)
		abort();
	l->test = test;
	test[l->n] = (struct CMUnitTest){ .name = strdup(name), .test_func = fn, .initial_state = state.out };
	l->n++;
}

/* One test "prefix: name" per row of n rows of `size` octets, each of which begins with its name, a const char *. */
static inline void test_add_rows(struct test_list *l, const char *prefix, CMUnitTestFunction fn, const void *rows,
				 size_t n, size_t size)
{
	const char *row = rows;
	char name[256];
	size_t i;

	for (i = 0; i < n; i++, row += size) {
		const char *own;

		memcpy(&own, row, sizeof(own));
		snprintf(name, sizeof(name), "%s: %s", prefix, own);
		test_add(l, name, fn, row);
	}
}

#define test_rows(list, prefix, fn, rows) \
	test_add_rows(list, prefix, fn, rows, TEST_COUNT(rows) + 0 * sizeof((rows)[0].name[0]), sizeof((rows)[0]))

/* Run them all and free the list; returns the number of failures, for main to return. */
static inline int test_run(struct test_list *l, const char *group)
{
	int failed = _cmocka_run_group_tests(group, l->test, l->n, NULL, NULL);
	union {
		const char *in;
		char *out;
	} name;
	size_t i;

	for (i = 0; i < l->n; i++) {
		name.in = l->test[i].name;
		free(name.out);
	}
	free(l->test);
	memset(l, 0, sizeof(*l));
	return failed;
}

/* Say why, then skip: a skip without a reason helps nobody. */
#define test_skip(...)                      \
	do {                                \
		print_message(__VA_ARGS__); \
		print_message("\n");        \
		skip();                     \
	} while (0)

static inline void test_check_int(const char *what, long long got, long long want, const char *file, int line)
{
	if (got == want)
		return;
	print_error("%s: got %lld (0x%llx), want %lld (0x%llx)\n", what, got, (unsigned long long)got, want,
		    (unsigned long long)want);
	_fail(file, line);
}

static inline void test_print_octets(const char *label, const unsigned char *p, size_t n, size_t at)
{
	size_t from = at > 24 ? at - 24 : 0;
	size_t i;

	print_error("  %s, from %zu:", label, from);
	for (i = from; i < n && i < at + 24; i++)
		print_error(p[i] > 0x20 && p[i] < 0x7f ? " %c" : " \\x%02x", p[i]);
	print_error("\n");
}

static inline void test_check_mem(const char *what, const void *got, size_t got_len, const void *want, size_t want_len,
				  const char *file, int line)
{
	const unsigned char *g = got, *w = want;
	size_t n = got_len < want_len ? got_len : want_len;
	size_t i;

	for (i = 0; i < n && g[i] == w[i]; i++)
		;
	if (i == n && got_len == want_len)
		return;
	print_error("%s: %zu octets, want %zu, first difference at %zu\n", what, got_len, want_len, i);
	test_print_octets("got ", g, got_len, i);
	test_print_octets("want", w, want_len, i);
	_fail(file, line);
}

static inline void test_check_true(const char *what, int ok, const char *condition, const char *file, int line)
{
	if (ok)
		return;
	print_error("%s: not so: %s\n", what, condition);
	_fail(file, line);
}

/* `what` names the thing that is wrong when they fail; all end the test. */
#define check_int(what, got, want) test_check_int(what, (long long)(got), (long long)(want), __FILE__, __LINE__)
#define check_mem(what, got, got_len, want, want_len) \
	test_check_mem(what, got, got_len, want, want_len, __FILE__, __LINE__)
#define check_str(what, got, want) check_mem(what, got, strlen(got), want, strlen(want))
#define check_true(what, condition) test_check_true(what, !!(condition), #condition, __FILE__, __LINE__)

/* The folder of SIP messages that nobody here wrote, or NULL: then test_skip(). Tests run in the top folder. */
static inline const char *test_corpus(void)
{
	const char *dir = getenv("SIPXDP_CORPUS");
	struct stat st;

	if (!dir || !*dir)
		dir = "../shared/corpus";
	return !stat(dir, &st) && S_ISDIR(st.st_mode) ? dir : NULL;
}

/* The whole file, to be freed, with a NUL behind its *len octets; NULL if it cannot be read. */
static inline unsigned char *test_read_file(const char *path, size_t *len)
{
	unsigned char *data = NULL;
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (!f)
		return NULL;
	if (!fstat(fileno(f), &st) && S_ISREG(st.st_mode)) {
		*len = (size_t)st.st_size;
		data = malloc(*len + 1);
	}
	if (data && fread(data, 1, *len, f) != *len) {
		free(data);
		data = NULL;
	}
	if (data)
		data[*len] = '\0';
	fclose(f);
	return data;
}

#endif
