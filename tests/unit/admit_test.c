// SPDX-License-Identifier: GPL-2.0-or-later
/* admit_test.c - lists and limits of a guard: how networks are read and printed, and what packets read of them. */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "admit.h"
#include "uri.h"

struct net_row {
	const char *name;
	int err;
	const char *printed;
};

static const struct net_row net_rows[] = {
	{ "192.0.2.1", 0, "192.0.2.1/32" },
	{ "192.0.2.0/24", 0, "192.0.2.0/24" },
	{ "192.0.2.1/32", 0, "192.0.2.1/32" },
	{ "0.0.0.0/0", 0, "0.0.0.0/0" },
	{ "2001:db8::1", 0, "2001:db8::1/128" },
	{ "2001:DB8::/32", 0, "2001:db8::/32" },
	{ "::/0", 0, "::/0" },
	{ "192.0.2.1/24", -EINVAL, "no bits behind" },
	{ "2001:db8::1/64", -EINVAL, "no bits behind" },
	{ "192.0.2.0/33", -EINVAL, "ADDR/LENGTH" },
	{ "2001:db8::/129", -EINVAL, "ADDR/LENGTH" },
	{ "192.0.2.0/", -EINVAL, "ADDR/LENGTH" },
	{ "192.0.2.0/x", -EINVAL, "ADDR/LENGTH" },
	{ "192.0.2.0/1 ", -EINVAL, "ADDR/LENGTH" },
	{ "192.0.2.0/0000", -EINVAL, "ADDR/LENGTH" },
	{ "192.0.2", -EINVAL, "ADDR/LENGTH" },
	{ "", -EINVAL, "ADDR/LENGTH" },
	{ "/24", -EINVAL, "ADDR/LENGTH" },
	{ "example.com", -EINVAL, "ADDR/LENGTH" },
	{ "2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8::/8", -EINVAL, "ADDR/LENGTH" },
};

static void nets(void **state)
{
	const struct net_row *row = *state;
	char text[ADMIT_TEXT_SIZE];
	struct admit a = { 0 };
	const char *why = "";

	check_int(row->name, admit_add(&a, DS_GUARD_DENY, row->name, &why), row->err);
	if (row->err) {
		check_true(why, strstr(why, row->printed) != NULL);
		check_int("networks", a.n, 0);
	} else {
		check_str("printed", admit_net_text(&a.net[0], text), row->printed);
	}
	admit_free(&a);
}

static void add(struct admit *a, enum ds_guard_word word, const char *text)
{
	const char *why;

	check_int(text, admit_add(a, word, text, &why), 0);
}

static void twice(void **state)
{
	struct admit a = { 0 };
	const char *why;

	(void)state;
	add(&a, DS_GUARD_DENY, "192.0.2.0/24");
	add(&a, DS_GUARD_ALLOW, "192.0.2.0/25");
	check_int("again", admit_add(&a, DS_GUARD_DENY, "192.0.2.0/24", &why), -EEXIST);
	check_int("otherwise", admit_add(&a, DS_GUARD_ALLOW, "192.0.2.0/24", &why), -EEXIST);
	admit_clear(&a, DS_GUARD_DENY);
	check_int("left", a.n, 1);
	check_int("the allowed one", a.net[0].word, DS_GUARD_ALLOW);
	admit_free(&a);
}

static void too_many(void **state)
{
	struct admit a = { 0 };
	char text[32];
	const char *why;
	int i;

	(void)state;
	for (i = 0; i < ADMIT_NETS_MAX; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
		add(&a, DS_GUARD_DENY, text);
	}
	check_int("one more", admit_add(&a, DS_GUARD_DENY, "192.0.2.1", &why), -ENOSPC);
	admit_free(&a);
}

/* The number that packets find lists by is made of what they say. */
static void numbers(void **state)
{
	struct admit a = { 0 }, b = { 0 }, c;
	struct ds_guard g, h;

	(void)state;
	admit_settle(&a, &g);
	check_int("no list", g.acl, 0);
	add(&a, DS_GUARD_DENY, "192.0.2.0/24");
	add(&a, DS_GUARD_ALLOW, "2001:db8::/32");
	add(&b, DS_GUARD_ALLOW, "2001:db8::/32");
	add(&b, DS_GUARD_DENY, "192.0.2.0/24");
	admit_settle(&a, &g);
	admit_settle(&b, &h);
	check_true("a list", g.acl != 0);
	check_true("the same in another order", g.acl == h.acl);
	assert_int_equal(admit_copy(&c, &a), 0);
	admit_settle(&c, &h);
	check_true("a copy", g.acl == h.acl);
	admit_clear(&c, DS_GUARD_DENY);
	add(&c, DS_GUARD_ALLOW, "192.0.2.0/24");
	admit_settle(&c, &h);
	check_true("the other word", g.acl != h.acl);
	admit_free(&a);
	admit_free(&b);
	admit_free(&c);
}

struct limit_row {
	const char *name;
	unsigned int rate, burst;
	__u64 interval_ns, burst_ns;
	int bad;
};

static const struct limit_row limit_rows[] = {
	{ "none", 0, 0, 0, 0, 0 },
	{ "rate", 100, 0, 10000000, 1000000000, 0 },
	{ "rate and burst", 100, 5, 10000000, 50000000, 0 },
	{ "one a second", 1, 0, 1000000000, 1000000000, 0 },
	{ "a burst that the clock leaves out", 1000, 19, 0, 0, 1 },
	{ "a burst that it does not", 1000, 20, 1000000, 20000000, 0 },
	{ "a burst without a rate", 0, 5, 0, 0, 1 },
};

static void limits(void **state)
{
	const struct limit_row *row = *state;
	struct admit a = { .rate = row->rate, .burst = row->burst };
	struct ds_guard g;

	check_int("fault", admit_fault(&a) != NULL, row->bad);
	if (row->bad)
		return;
	admit_settle(&a, &g);
	check_int("interval", g.interval_ns, row->interval_ns);
	check_int("burst", g.burst_ns, row->burst_ns);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "network", nets, net_rows);
	test_add(&tests, "the same twice", twice, NULL);
	test_add(&tests, "too many", too_many, NULL);
	test_add(&tests, "numbers", numbers, NULL);
	test_rows(&tests, "limits", limits, limit_rows);
	return test_run(&tests, "admit");
}
