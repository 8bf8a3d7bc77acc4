// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpu_list_test.c - lists of CPUs. CPU 0 is online everywhere; CPU 1022 nowhere that these tests run.
 */
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include "cpu_list.h"

static const struct wrong {
	const char *name;
	const char *in;
	int err;
	const char *why;
} wrong[] = {
	{ "a word", "all", -EINVAL, "expected CPUs" },
	{ "a blank", " 0", -EINVAL, "expected CPUs" },
	{ "open range", "0-", -EINVAL, "expected CPUs" },
	{ "range backwards", "2-1", -EINVAL, "expected CPUs" },
	{ "comma at the end", "0,", -EINVAL, "expected CPUs" },
	{ "comma alone", ",", -EINVAL, "expected CPUs" },
	{ "text behind", "0x", -EINVAL, "expected CPUs" },
	{ "below", "-1", -EINVAL, "expected CPUs" },
	{ "no such number", "1024", -EINVAL, "expected CPUs" },
	{ "beyond all numbers", "99999999999999999999999", -EINVAL, "expected CPUs" },
	{ "too many", "0-64", -E2BIG, "at most 64" },
};

static void refuses(void **state)
{
	const struct wrong *row = *state;
	struct cpu_list l;
	const char *why;

	check_int(row->in, cpu_list_read(row->in, &l, &why), row->err);
	check_true("why", why && strstr(why, row->why));
}

static void reads(void **state)
{
	struct cpu_list l;
	const char *why;
	char all[32];
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	check_int("none", cpu_list_read("", &l, &why), 0);
	check_int("of none", l.n, 0);
	check_int("one", cpu_list_read("0", &l, &why), 0);
	check_int("of one", l.n, 1);
	check_int("it", l.cpu[0], 0);
	check_int("one twice", cpu_list_read("0,0-0", &l, &why), 0);
	check_int("of one twice", l.n, 1);
	check_int("all online", cpu_list_offline(&l), -1);
	check_int("none of this machine", cpu_list_read("0,1022,1023", &l, &why), 0);
	check_int("of three", l.n, 3);
	check_int("the first that is not online", cpu_list_offline(&l), 1022);
	if (n < 2 || n > DS_SPREAD_MAX)
		test_skip("%ld CPUs", n);
	snprintf(all, sizeof(all), "1-%ld,0", n - 1);
	check_int(all, cpu_list_read(all, &l, &why), 0);
	check_int("of all", l.n, n);
	check_int("first", l.cpu[0], 0);
	check_int("last", l.cpu[n - 1], n - 1);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "lists", reads, NULL);
	test_rows(&tests, "refused", refuses, wrong);
	return test_run(&tests, "CPU lists");
}
