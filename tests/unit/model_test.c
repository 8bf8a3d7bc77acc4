// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model_test.c - sets, identities, differences, diagnostics.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "model.h"

static struct ds_dest *make_dest(int set, const char *uri, int priority, const char *attrs)
{
	struct ds_dest *dest = calloc(1, sizeof(*dest));
	struct uri_error why;
	struct diag_list d;
	struct ds_endpoint at;

	assert_non_null(dest);
	diag_init(&d, "test");
	dest->conf.set = set;
	dest->conf.priority = priority;
	assert_int_equal(uri_parse(uri, strlen(uri), &dest->conf.uri, &why), 0);
	assert_int_equal(attrs_parse(attrs, strlen(attrs), &dest->conf.attrs, &d, 1, 1), 0);
	at = (struct ds_endpoint){ .ip = dest->conf.uri.ip, .port_be = __builtin_bswap16(dest->conf.uri.port) };
	assert_int_equal(model_add_member(dest, &at, DS_SLOW_NONE), 0);
	diag_free(&d);
	return dest;
}

static void put(struct model *m, int set, const char *uri, int priority, const char *attrs)
{
	assert_int_equal(model_add(m, make_dest(set, uri, priority, attrs)), 0);
}

/* An identity good enough to tell the test's destinations apart. */
static __u64 id_of_text(void *ctx, const struct ds_dest *dest, const struct ds_member *member)
{
	const char *p;
	__u64 h = member->at.ip.w[3];

	(void)ctx;
	for (p = dest->conf.uri.canonical; *p; p++)
		h = h * 31 + (unsigned char)*p;
	return h;
}

static __u64 id_always_7(void *ctx, const struct ds_dest *dest, const struct ds_member *member)
{
	(void)ctx;
	(void)dest;
	(void)member;
	return 7;
}

static void test_sets_are_sorted_and_found(void **state)
{
	static const int order[] = { 7, 2147483647, 0, 3, 7, 1 };
	struct model *m = model_new();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		put(m, order[i], "sip:192.0.2.1", 0, "");
	assert_int_equal(m->n_sets, 5);
	assert_int_equal(m->n_dests, 6);
	assert_int_equal(m->n_members, 6);
	for (i = 1; i < m->n_sets; i++)
		assert_true(m->set[i - 1].id < m->set[i].id);
	assert_int_equal(model_find_set(m, 7)->n_dests, 2);
	assert_int_equal(model_find_set(m, 2147483647)->n_dests, 1);
	assert_null(model_find_set(m, 2));
	assert_null(model_find_set(m, -1));
	model_free(m);
	model_free(NULL);
}

static void test_a_set_keeps_the_order_of_the_list(void **state)
{
	static const char *const uris[] = { "sip:192.0.2.3", "sip:192.0.2.1", "sip:192.0.2.2" };
	struct model *m = model_new();
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		put(m, 1, uris[i], 0, "");
	for (i = 0; i < 3; i++)
		assert_string_equal(m->set[0].dest[i]->conf.uri.text, uris[i]);
	model_free(m);
}

static void test_equal_ids_in_one_set_clash(void **state)
{
	struct model *m = model_new();
	struct model_ref clash[2] = { { NULL, NULL }, { NULL, NULL } };

	(void)state;
	put(m, 1, "sip:192.0.2.1", 0, "");
	put(m, 2, "sip:192.0.2.2", 0, "");
	assert_int_equal(model_set_ids(m, id_always_7, NULL, clash), 0);
	assert_int_equal(m->set[1].dest[0]->member[0].id, 7);
	put(m, 2, "sip:192.0.2.3", 0, "");
	assert_int_equal(model_set_ids(m, id_always_7, NULL, clash), -EEXIST);
	assert_int_equal(clash[0].dest->conf.set, 2);
	assert_int_equal(clash[1].dest->conf.set, 2);
	assert_ptr_not_equal(clash[0].dest, clash[1].dest);
	model_free(m);
}

/* What a diff said: how many members of each change, and the URI of the last one. */
struct seen {
	int count[4];
	char last[4][64];
	int stop_after;
};

static int note(void *ctx, enum model_change change, const struct model_ref *was, const struct model_ref *now)
{
	struct seen *seen = ctx;
	const struct model_ref *any = change == MODEL_REMOVED ? was : now;

	assert_int_equal(change == MODEL_ADDED, was->dest == NULL);
	assert_int_equal(change == MODEL_REMOVED, now->dest == NULL);
	seen->count[change]++;
	strcpy(seen->last[change], any->dest->conf.uri.text);
	return --seen->stop_after ? 0 : -ECANCELED;
}

static void test_diff(void **state)
{
	struct model *a = model_new(), *b = model_new();
	struct model_ref clash[2];
	struct seen seen = { .stop_after = 100 };

	(void)state;
	put(a, 1, "sip:192.0.2.1", 0, "");
	put(a, 1, "sip:192.0.2.2", 0, "weight=10");
	put(a, 1, "sip:192.0.2.3", 0, "");
	put(b, 1, "sip:192.0.2.4", 0, "");
	put(b, 1, "sip:192.0.2.2", 0, "weight=20");
	put(b, 1, "sip:192.0.2.1", 0, "");
	assert_int_equal(model_set_ids(a, id_of_text, NULL, clash), 0);
	assert_int_equal(model_set_ids(b, id_of_text, NULL, clash), 0);
	assert_int_equal(model_diff(a, b, note, &seen), 0);
	assert_int_equal(seen.count[MODEL_KEPT], 1);
	assert_string_equal(seen.last[MODEL_KEPT], "sip:192.0.2.1");
	assert_int_equal(seen.count[MODEL_CHANGED], 1);
	assert_string_equal(seen.last[MODEL_CHANGED], "sip:192.0.2.2");
	assert_int_equal(seen.count[MODEL_ADDED], 1);
	assert_string_equal(seen.last[MODEL_ADDED], "sip:192.0.2.4");
	assert_int_equal(seen.count[MODEL_REMOVED], 1);
	assert_string_equal(seen.last[MODEL_REMOVED], "sip:192.0.2.3");

	memset(&seen, 0, sizeof(seen));
	seen.stop_after = 2;
	assert_int_equal(model_diff(a, b, note, &seen), -ECANCELED);
	model_free(a);
	model_free(b);
}

static void test_diff_with_nothing(void **state)
{
	struct model *a = model_new(), *none = model_new();
	struct seen seen = { .stop_after = 100 };

	(void)state;
	put(a, 5, "sip:192.0.2.1", 0, "");
	put(a, 4, "sip:192.0.2.1", 0, "");
	assert_int_equal(model_diff(NULL, a, note, &seen), 0);
	assert_int_equal(seen.count[MODEL_ADDED], 2);
	assert_int_equal(model_diff(a, none, note, &seen), 0);
	assert_int_equal(seen.count[MODEL_REMOVED], 2);
	assert_int_equal(model_diff(none, none, note, &seen), 0);
	assert_int_equal(model_diff(a, a, note, &seen), 0);
	assert_int_equal(seen.count[MODEL_KEPT], 2);
	model_free(a);
	model_free(none);
}

static void test_one_uri_in_two_sets_is_two(void **state)
{
	struct ds_dest *a = make_dest(1, "sip:192.0.2.1", 0, "");
	struct ds_dest *b = make_dest(2, "sip:192.0.2.1", 0, "");
	struct ds_dest *c = make_dest(1, "SIP:192.0.2.1:5060", 3, "");
	struct ds_dest *d = make_dest(1, "sip:192.0.2.1", 0, "socket=udp:192.0.2.9:5060");

	(void)state;
	assert_true(model_compare_dests(a, b) < 0);
	assert_int_equal(model_compare_dests(a, c), 0);
	assert_int_not_equal(model_compare_dests(a, d), 0);
	model_free_dest(a);
	model_free_dest(b);
	model_free_dest(c);
	model_free_dest(d);
	model_free_dest(NULL);
}

static void test_diagnostics_sort_and_cap(void **state)
{
	struct diag_list d;
	unsigned int i;

	(void)state;
	diag_init(&d, "f");
	for (i = 0; i < DIAG_KEEP_MAX + 5; i++)
		diag_add(&d, DIAG_WARNING, DIAG_KEEP_MAX + 5 - i, 1, "w");
	diag_add(&d, DIAG_ERROR, 500, 1, "an error after a flood of warnings");
	diag_add(&d, DIAG_ERROR, 500, 1, "another of the same place");
	diag_sort(&d);
	assert_int_equal(d.count[DIAG_WARNING], DIAG_KEEP_MAX + 5);
	assert_int_equal(d.count[DIAG_ERROR], 2);
	assert_int_equal(d.n, DIAG_KEEP_MAX + 2);
	for (i = 1; i < d.n; i++)
		assert_true(d.diag[i - 1].line <= d.diag[i].line);
	for (i = 0; d.diag[i].severity != DIAG_ERROR; i++)
		;
	assert_string_equal(d.diag[i].message, "an error after a flood of warnings");
	assert_string_equal(d.diag[i + 1].message, "another of the same place");
	diag_free(&d);
	diag_free(NULL);
}

static void test_printable(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "a\x1b[2Jb\x7f", "a\\x1b[2Jb\\x7f" },
		{ "caf\xe9", "caf\\xe9" },			/* Latin-1 */
		{ "\xc3", "\\xc3" },				/* cut short */
		{ "\xc0\xaf", "\\xc0\\xaf" },			/* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
		{ "\xc2\x9b", "\\xc2\\x9b" },			/* C1 control */
	};
	size_t i;
	char *out;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out = diag_printable(cases[i].in);
		assert_string_equal(out, cases[i].out);
		free(out);
	}
}

static void test_print_format(void **state)
{
	struct diag_list d;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	diag_init(&d, "li\nst");
	diag_add(&d, DIAG_WARNING, 3, 9, "w%d", 1);
	diag_add(&d, DIAG_ERROR, 0, 0, "e");
	diag_print(&d, out, 1);
	fputs("--\n", out);
	diag_print(&d, out, 0);
	fclose(out);
	assert_string_equal(text, "li\\x0ast:3:9: warning: w1\nli\\x0ast: error: e\n--\nli\\x0ast: error: e\n");
	free(text);
	diag_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets_are_sorted_and_found),
		cmocka_unit_test(test_a_set_keeps_the_order_of_the_list),
		cmocka_unit_test(test_equal_ids_in_one_set_clash),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_with_nothing),
		cmocka_unit_test(test_one_uri_in_two_sets_is_two),
		cmocka_unit_test(test_diagnostics_sort_and_cap),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_print_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
