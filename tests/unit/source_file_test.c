// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source_file_test.c - whole lists: the talk's sample, bad input, doubles, names, limits, files.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lists.h"

/* Word for word from the talk. */
static const char sample[] = "# setid(int) destination(sip uri) flags(int,opt) priority(int,opt) attributes(str,opt)\n"
			     "# proxies\n"
			     "2 sip:127.0.0.1:5080 0 0 class=abc;strip=1;prefix=123\n"
			     "2 sip:127.0.0.1:5082;transport=tcp 0 0 class=xyz;strip=2;prefix=456\n"
			     "# gateways\n"
			     "1 sip:127.0.0.1:7070 0 1\n"
			     "1 sip:127.0.0.1:7072;transport=sctp;px=3 0 1\n"
			     "1 sip:127.0.0.1:7074 0 2\n";

static void test_sample_of_the_talk(void **state)
{
	const struct ds_set *set;
	struct diag_list d;
	struct model *m;

	(void)state;
	assert_int_equal(lists_parse(sample, strlen(sample), &m, &d), 0);
	assert_int_equal(m->n_sets, 2);
	assert_int_equal(m->n_dests, 5);
	set = model_find_set(m, 2);
	assert_int_equal(set->n_dests, 2);
	assert_string_equal(set->dest[0]->conf.attrs.text, "class=abc;strip=1;prefix=123");
	assert_int_equal(set->dest[0]->conf.attrs.n_other, 1);
	assert_int_equal(set->dest[0]->conf.attrs.strip, 1);
	assert_string_equal(set->dest[0]->conf.attrs.prefix, "123");
	assert_int_equal(set->dest[0]->conf.line, 3);
	assert_int_equal(set->dest[0]->member[0].slow, DS_SLOW_LOCAL);
	assert_int_equal(set->dest[1]->conf.uri.transport, DS_TRANSPORT_TCP);
	assert_int_equal(set->dest[1]->member[0].slow, DS_SLOW_TRANSPORT);
	set = model_find_set(m, 1);
	assert_int_equal(set->n_dests, 3);
	assert_int_equal(set->dest[1]->conf.uri.transport, DS_TRANSPORT_SCTP);
	assert_string_equal(set->dest[1]->conf.uri.text, "sip:127.0.0.1:7072;transport=sctp;px=3");
	assert_int_equal(set->dest[2]->conf.priority, 2);
	assert_int_equal(d.count[DIAG_ERROR], 0);
	assert_int_equal(d.count[DIAG_WARNING], 5);
	assert_true(lists_has_diag(&d, DIAG_WARNING, 7, 3, "transport sctp"));
	assert_true(lists_has_diag(&d, DIAG_WARNING, 8, 3, "slow path"));
	model_free(m);
	diag_free(&d);
}

static void test_every_cut_of_the_sample(void **state)
{
	struct diag_list d;
	struct model *m;
	size_t n;
	int ret;

	(void)state;
	for (n = 0; n <= strlen(sample); n++) {
		ret = lists_parse(sample, n, &m, &d);
		assert_true(ret == 0 || ret == -EINVAL || ret == -ENODATA);
		assert_int_equal(ret == -EINVAL, d.count[DIAG_ERROR] > 0);
		model_free(m);
		diag_free(&d);
	}
}

static void test_empty_is_told_apart(void **state)
{
	static const char *const texts[] = { "", "\n", "# a comment\n\n  \t\r\n#", "\xef\xbb\xbf",
					     "   # 1 sip:192.0.2.1" };
	struct diag_list d;
	struct model *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(lists_parse(texts[i], strlen(texts[i]), &m, &d), -ENODATA);
		assert_non_null(m);
		assert_int_equal(m->n_sets, 0);
		model_free(m);
		diag_free(&d);
	}
}

static void test_all_errors_in_one_run(void **state)
{
	static const char text[] = "1 sip:192.0.2.1 0 -1\n"
				   "# fine\n"
				   "2\n"
				   "1 sip:nobody.test\n"
				   "1 sip:192.0.2.2:0 0 -1 duid='x\r\n"
				   "1 sip:192.0.2.3";
	struct diag_list d;
	struct model *m;

	(void)state;
	assert_int_equal(lists_parse(text, strlen(text), &m, &d), -EINVAL);
	assert_null(m);
	assert_true(lists_has_diag(&d, DIAG_ERROR, 1, 19, "negative"));
	assert_true(lists_has_diag(&d, DIAG_ERROR, 3, 2, "no URI"));
	assert_true(lists_has_diag(&d, DIAG_ERROR, 4, 3, "cannot resolve"));
	assert_true(lists_has_diag(&d, DIAG_ERROR, 5, 17, "bad port"));
	assert_true(lists_has_diag(&d, DIAG_ERROR, 5, 21, "negative"));
	assert_true(lists_has_diag(&d, DIAG_ERROR, 5, 29, "quote"));
	assert_int_equal(d.count[DIAG_ERROR], 6);
	diag_free(&d);
}

static void test_byte_order_mark(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "3 sip:192.0.2.1 x";
	struct diag_list d;
	struct model *m;

	(void)state;
	assert_int_equal(lists_parse(text, strlen(text), &m, &d), 0);
	assert_int_equal(m->set[0].id, 3);
	assert_true(lists_has_diag(&d, DIAG_WARNING, 1, 1, "byte order mark"));
	assert_true(lists_has_diag(&d, DIAG_WARNING, 1, 17, "text \"x\""));
	model_free(m);
	diag_free(&d);
}

static void test_zero_octet(void **state)
{
	static const char text[] = "1 sip:192.0.2.1\n# comment \0 more\n1 sip:192.0\0.2.1\n";
	struct diag_list d;
	struct model *m;

	(void)state;
	assert_int_equal(lists_parse(text, sizeof(text) - 1, &m, &d), -EINVAL);
	assert_true(lists_has_diag(&d, DIAG_ERROR, 2, 11, "zero octet"));
	assert_true(lists_has_diag(&d, DIAG_ERROR, 3, 12, "zero octet"));
	diag_free(&d);
}

/* Kamailio's buffer holds 1023 octets of a line. */
static void test_long_lines(void **state)
{
	static const char start[] = "1 sip:192.0.2.1 0 0 a=";
	char line[1100];
	struct diag_list d;
	struct model *m;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, start, strlen(start));
	assert_int_equal(lists_parse(line, 1023, &m, &d), 0);
	assert_int_equal(d.count[DIAG_WARNING], 0);
	model_free(m);
	diag_free(&d);
	assert_int_equal(lists_parse(line, 1024, &m, &d), 0);
	assert_true(lists_has_diag(&d, DIAG_WARNING, 1, 1024, "line of 1024 octets"));
	assert_int_equal(strlen(m->set[0].dest[0]->conf.attrs.other[0].value), 1024 - strlen(start));
	model_free(m);
	diag_free(&d);

	line[0] = '#';
	assert_int_equal(lists_parse(line, sizeof(line), &m, &d), -ENODATA);
	assert_true(lists_has_diag(&d, DIAG_WARNING, 1, 1024, "a line of its own"));
	model_free(m);
	diag_free(&d);

	memset(line, ' ', sizeof(line));
	assert_int_equal(lists_parse(line, sizeof(line), &m, &d), -ENODATA);
	assert_int_equal(d.count[DIAG_WARNING], 0);
	model_free(m);
	diag_free(&d);
}

static void test_doubles(void **state)
{
	static const char text[] = "1 sip:192.0.2.1 0 1\n"
				   "2 sip:192.0.2.1\n"
				   "1 SIP:192.0.2.1:5060 0 2\n"
				   "1 sip:192.0.2.1 0 0 socket=udp:192.0.2.9:5060\n"
				   "1 sip:[2001:db8::1]\n"
				   "1 sip:[2001:DB8:0::1]\n"
				   "1 sip:192.0.2.1 0 3\n";
	struct diag_list d;
	struct model *m;

	(void)state;
	assert_int_equal(lists_parse(text, strlen(text), &m, &d), 0);
	assert_int_equal(m->n_dests, 4);
	assert_int_equal(model_find_set(m, 1)->n_dests, 3);
	assert_int_equal(model_find_set(m, 1)->dest[0]->conf.priority, 1);
	assert_int_equal(d.count[DIAG_WARNING], 3);
	assert_true(lists_has_diag(&d, DIAG_WARNING, 3, 3, "already in line 1"));
	assert_true(lists_has_diag(&d, DIAG_WARNING, 6, 3, "already in line 5"));
	assert_true(lists_has_diag(&d, DIAG_WARNING, 7, 3, "already in line 1"));
	model_free(m);
	diag_free(&d);
}

static void test_names_spread_to_members(void **state)
{
	static const char text[] = "1 sip:many.test:5080\n"
				   "1 sip:MANY.test\n"
				   "1 sip:half.test\n"
				   "1 sip:many.test;transport=tcp\n"
				   "1 sip:many.test:5090 16\n";
	char at[URI_ENDPOINT_SIZE];
	const struct ds_set *set;
	struct resolver counted = lists_resolver;
	struct diag_list d;
	struct model *m;
	int lookups = 0;

	(void)state;
	counted.ctx = &lookups;
	diag_init(&d, "list");
	assert_int_equal(source_file_parse(text, strlen(text), &counted, &m, &d), 0);
	assert_int_equal(lookups, 2);
	assert_int_equal(m->n_members, 12);
	set = model_find_set(m, 1);
	assert_int_equal(set->dest[0]->n_members, 3);
	assert_string_equal(uri_endpoint_text(&set->dest[0]->member[0].at, at), "192.0.2.9:5080");
	assert_string_equal(uri_endpoint_text(&set->dest[0]->member[1].at, at), "192.0.2.10:5080");
	assert_string_equal(uri_endpoint_text(&set->dest[0]->member[2].at, at), "[2001:db8::2]:5080");
	assert_string_equal(uri_endpoint_text(&set->dest[1]->member[0].at, at), "192.0.2.9:5060");
	assert_int_equal(set->dest[0]->member[0].slow, DS_SLOW_NONE);
	assert_int_equal(model_slow(set->dest[0]), DS_SLOW_NONE);
	assert_int_equal(set->dest[2]->member[0].slow, DS_SLOW_LOCAL);
	assert_int_equal(set->dest[2]->member[1].slow, DS_SLOW_NONE);
	assert_int_equal(model_slow(set->dest[2]), DS_SLOW_LOCAL);
	assert_int_equal(set->dest[3]->member[2].slow, DS_SLOW_TRANSPORT);
	assert_int_equal(set->dest[4]->n_members, 1);
	assert_int_equal(set->dest[4]->member[0].slow, DS_SLOW_NAME);
	model_free(m);
	diag_free(&d);
}

static void test_without_lookups(void **state)
{
	static const char text[] = "1 sip:nobody.test\n1 sip:192.0.2.1\n";
	const struct resolver deaf = { NULL, NULL, NULL };
	struct diag_list d;
	struct model *m;

	(void)state;
	diag_init(&d, "list");
	assert_int_equal(source_file_parse(text, strlen(text), &deaf, &m, &d), 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(m->set[0].dest[0]->member[0].slow, DS_SLOW_NAME);
	assert_int_equal(m->set[0].dest[1]->member[0].slow, DS_SLOW_NONE);
	model_free(m);
	diag_free(&d);
}

/* A dead name server must not cost a time-out per name. */
static void test_silent_name_server(void **state)
{
	struct resolver counted = lists_resolver;
	char text[2000];
	struct diag_list d;
	struct model *m;
	int i, n = 0, lookups = 0;

	(void)state;
	counted.ctx = &lookups;
	for (i = 0; i < 50; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "1 sip:silent%d.test\n", i);
	diag_init(&d, "list");
	assert_int_equal(source_file_parse(text, (size_t)n, &counted, &m, &d), -EINVAL);
	assert_int_equal(d.count[DIAG_ERROR], 50);
	assert_int_equal(lookups, 3);
	diag_free(&d);
}

static void test_large_lists(void **state)
{
	const size_t room = 4u << 20;
	char *text = malloc(room);
	struct diag_list d;
	struct model *m;
	size_t n = 0;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		n += (size_t)snprintf(text + n, room - n, "%d sip:10.%d.%d.1\n", (i * 7919) % 1000, i / 200, i % 200);
	assert_int_equal(lists_parse(text, n, &m, &d), 0);
	assert_int_equal(m->n_sets, 1000);
	assert_int_equal(m->n_dests, 10000);
	assert_int_equal(d.n, 0);
	model_free(m);
	diag_free(&d);

	for (n = 0, i = 0; i < DS_DESTS_MAX + 9; i++)
		n += (size_t)snprintf(text + n, room - n, "1 sip:10.%d.%d.1\n", i / 200, i % 200);
	assert_int_equal(lists_parse(text, n, &m, &d), -EINVAL);
	assert_int_equal(d.count[DIAG_ERROR], 1);
	assert_true(lists_has_diag(&d, DIAG_ERROR, DS_DESTS_MAX, 1, "too many destinations, expected at most 32767"));
	diag_free(&d);

	for (n = 0, i = DS_SETS_MAX; i > 0; i--)
		n += (size_t)snprintf(text + n, room - n, "%d sip:192.0.2.1\n", i);
	assert_int_equal(lists_parse(text, n, &m, &d), -EINVAL);
	assert_true(lists_has_diag(&d, DIAG_ERROR, DS_SETS_MAX, 1, "too many sets"));
	diag_free(&d);
	free(text);
}

static void test_binary_rubbish(void **state)
{
	unsigned int seed = 1, round, i;
	unsigned char text[4096];
	struct diag_list d;
	struct model *m;

	(void)state;
	for (round = 0; round < 200; round++) {
		for (i = 0; i < sizeof(text); i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = (unsigned char)(seed >> 16);
			if (round & 1)
				text[i] = (unsigned char)"01 \n\t;=,'\"#sip:[]@.-x"[text[i] % 22];
		}
		assert_int_equal(lists_parse((const char *)text, sizeof(text), &m, &d), -EINVAL);
		assert_true(d.n <= 2 * DIAG_KEEP_MAX);
		diag_free(&d);
	}
}

static int load(const char *path, struct diag_list *d)
{
	struct model *m;
	int ret;

	diag_init(d, path);
	ret = source_file_load(path, &lists_resolver, &m, d);
	model_free(m);
	return ret;
}

static void test_files(void **state)
{
	char dir[] = "/tmp/source_file_test.XXXXXX", path[64];
	struct diag_list d;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/list", dir);
	assert_int_equal(load(path, &d), -ENOENT);
	assert_true(lists_has_diag(&d, DIAG_ERROR, 0, 0, "cannot open: No such file"));
	diag_free(&d);

	assert_int_equal(load(dir, &d), -EISDIR);
	assert_true(lists_has_diag(&d, DIAG_ERROR, 0, 0, "is a directory"));
	diag_free(&d);

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(path, &d), -EBADF);
	assert_true(lists_has_diag(&d, DIAG_ERROR, 0, 0, "is a FIFO"));
	diag_free(&d);
	unlink(path);

	assert_int_equal(load("/dev/zero", &d), -EBADF);
	assert_true(lists_has_diag(&d, DIAG_ERROR, 0, 0, "no regular file"));
	diag_free(&d);

	f = fopen(path, "w");
	fputs(sample, f);
	fclose(f);
	assert_int_equal(load(path, &d), 0);
	assert_int_equal(d.count[DIAG_WARNING], 5);
	diag_free(&d);

	assert_int_equal(truncate(path, SOURCE_FILE_MAX + 1), 0);
	assert_int_equal(load(path, &d), -EFBIG);
	assert_true(lists_has_diag(&d, DIAG_ERROR, 0, 0, "too large"));
	diag_free(&d);
	unlink(path);
	rmdir(dir);
}

static void test_addresses_of_this_host(void **state)
{
	struct ds_addr ip;
	struct resolver r;

	(void)state;
	assert_int_equal(resolve_host(&r, true), 0);
	assert_non_null(r.lookup);
	assert_int_equal(uri_address("127.9.9.9", &ip), 0);
	assert_true(r.is_local(r.ctx, &ip));
	assert_int_equal(uri_address("::1", &ip), 0);
	assert_true(r.is_local(r.ctx, &ip));
	assert_int_equal(uri_address("192.0.2.77", &ip), 0);
	assert_false(r.is_local(r.ctx, &ip));
	resolve_host_free(&r);
	assert_int_equal(resolve_host(&r, false), 0);
	assert_null(r.lookup);
	resolve_host_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample_of_the_talk),
		cmocka_unit_test(test_every_cut_of_the_sample),
		cmocka_unit_test(test_empty_is_told_apart),
		cmocka_unit_test(test_all_errors_in_one_run),
		cmocka_unit_test(test_byte_order_mark),
		cmocka_unit_test(test_zero_octet),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_names_spread_to_members),
		cmocka_unit_test(test_without_lookups),
		cmocka_unit_test(test_silent_name_server),
		cmocka_unit_test(test_large_lists),
		cmocka_unit_test(test_binary_rubbish),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_addresses_of_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
