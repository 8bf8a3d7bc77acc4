// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * select_test.c - what operators write to name destinations, against a list.
 */
#include "test.h"

#include <errno.h>

#include "lists.h"
#include "select.h"

static const char list[] = "1 sip:192.0.2.1 0 0 duid=Alpha\n"
			   "1 sip:192.0.2.2:5080 0 0 duid=beta\n"
			   "1 SIP:Bob@Many.test\n"
			   "2 sip:192.0.2.1:5060 0 0 duid=ALPHA\n"
			   "2 sip:[2001:db8::1]:5070\n"
			   "2 sip:[2001:db8::2]:5070;transport=tcp\n"
			   "30 sip:192.0.2.1 0 0 socket=udp:192.0.2.9:5060\n";

/* Identities by number: 0x1000 and up, in the order of the list. */
static __u64 count_up(void *ctx, const struct ds_dest *dest, const struct ds_member *member)
{
	(void)dest;
	(void)member;
	return (*(__u64 *)ctx)++;
}

static struct model *make_model(void)
{
	struct model_ref clash[2];
	struct diag_list d;
	struct model *m;
	__u64 next = 0x1000;

	assert_int_equal(lists_parse(list, strlen(list), &m, &d), 0);
	assert_int_equal(model_set_ids(m, count_up, &next, clash), 0);
	diag_free(&d);
	return m;
}

/* Lines of the list that are meant, each once as its last digit, "3" thrice where a name has three addresses. */
static const struct row {
	const char *name;
	const char *text;
	const char *lines;
} rows[] = {
	{ "id", "0000000000001000", "1" },
	{ "id of one address of several", "0000000000001003", "3" },
	{ "id that nobody has", "00000000000010ff", "" },
	{ "id in a set", "2/0000000000001005", "4" },
	{ "id in another set", "1/0000000000001005", "" },
	{ "duid in any case", "duid=alpha", "14" },
	{ "duid in a set", "2/duid=alpha", "4" },
	{ "duid whole", "duid=alph", "" },
	{ "set", "set=2", "456" },
	{ "set that is not there", "set=3", "" },
	{ "set of two digits", "set=30", "7" },
	{ "canonical URI", "sip:192.0.2.1:5060", "147" },
	{ "URI without port", "sip:192.0.2.1", "147" },
	{ "URI without scheme", "192.0.2.2:5080", "2" },
	{ "URI of another port", "sip:192.0.2.2", "" },
	{ "URI in a set", "1/sip:192.0.2.1", "1" },
	{ "host in any case", "sip:Bob@MANY.TEST", "333" },
	{ "user in its own case", "sip:bob@many.test", "" },
	{ "IPv6 by value", "sip:[2001:DB8:0::1]:5070", "5" },
	{ "transport matters", "sip:[2001:db8::2]:5070", "" },
	{ "transport", "sip:[2001:db8::2]:5070;transport=TCP", "6" },
	{ "all", "*", "123334567" },
	{ "pattern", "sip:192.0.2.*", "1247" },
	{ "pattern without scheme", "192.0.2.?", "17" },
	{ "pattern in any case", "SIP:bob@*", "333" },
	{ "pattern in a set", "1/sip:192.*", "12" },
	{ "pattern with a range", "sip:192.0.2.[1-2]*", "1247" },
	{ "range alone", "sip:192.0.2.[13]", "17" },
	{ "pattern with a class", "sip:[[:digit:]]*", "1247" },
	{ "pattern in an IPv6 address", "sip:[2001:db8::*]:5070", "5" },
	{ "pattern after an IPv6 address", "[2001:db8::2]*", "6" },
	{ "pattern after IPv6 with scheme", "sip:[2001:db8::2]*", "6" },
	{ "pattern of a port", "*:5070*", "56" },
	{ "pattern on the text, not the canonical form", "*:5060", "4" },
};

static int note(void *ctx, struct ds_dest *dest, struct ds_member *member)
{
	char *lines = ctx;

	assert_true(member >= dest->member && member < dest->member + dest->n_members);
	sprintf(lines + strlen(lines), "%u", dest->conf.line);
	return 0;
}

static void finds(void **state)
{
	const struct row *row = *state;
	struct model *m = make_model();
	struct selection s;
	const char *why;
	char lines[64] = "";

	check_int("parse", select_parse(row->text, &s, &why), 0);
	check_int("number", select_each(&s, m, note, lines), strlen(row->lines));
	check_str("lines", lines, row->lines);
	select_free(&s);
	model_free(m);
}

static const struct bad_row {
	const char *name;
	const char *text;
	const char *why;
} bad_rows[] = {
	{ "nothing", "", "nothing is named" },
	{ "nothing in a set", "5/", "nothing is named" },
	{ "set without number", "set=", "bad set" },
	{ "set of letters", "set=x", "bad set" },
	{ "set with more", "set=1x", "bad set" },
	{ "set below 0", "set=-1", "bad set" },
	{ "set too large", "set=2147483648", "bad set" },
	{ "set far too large", "set=99999999999999999999999999", "bad set" },
	{ "set before / too large", "99999999999/sip:192.0.2.1", "bad set" },
	{ "two sets", "1/set=2", "two sets" },
	{ "label without a name", "duid=", "no label" },
	{ "no URI", "sip:", "no host" },
	{ "another scheme", "tel:12345678", "bad port" },
	{ "15 digits", "000000000000100", "bad IPv4 address" },
	{ "URI with a blank", "sip:192.0.2.1 0", "character not allowed" },
};

static void refuses(void **state)
{
	const struct bad_row *row = *state;
	struct selection s;
	const char *why = "";

	check_int("parse", select_parse(row->text, &s, &why), -EINVAL);
	check_true("why", strstr(why, row->why));
	select_free(&s);
}

static void largest_set(void **state)
{
	struct selection s;
	const char *why;

	(void)state;
	assert_int_equal(select_parse("set=2147483647", &s, &why), 0);
	assert_int_equal(s.set, 2147483647);
	select_free(&s);
	select_free(NULL);
}

static int stop_at_second(void *ctx, struct ds_dest *dest, struct ds_member *member)
{
	(void)dest;
	(void)member;
	return ++*(int *)ctx == 2 ? -ECANCELED : 0;
}

static void stops_when_told(void **state)
{
	struct model *m = make_model();
	struct selection s;
	const char *why;
	int calls = 0;

	(void)state;
	assert_int_equal(select_parse("*", &s, &why), 0);
	check_int("returned", select_each(&s, m, stop_at_second, &calls), -ECANCELED);
	check_int("calls", calls, 2);
	select_free(&s);
	model_free(m);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "select", finds, rows);
	test_rows(&tests, "refuse", refuses, bad_rows);
	test_add(&tests, "the largest set", largest_set, NULL);
	test_add(&tests, "stops when told", stops_when_told, NULL);
	return test_run(&tests, "select");
}
