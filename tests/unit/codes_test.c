// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * codes_test.c - sets of status codes, read and written.
 */
#include "test.h"

#include <errno.h>

#include "codes.h"

static const struct good {
	const char *name;
	const char *in;
	const char *out;
} good[] = {
	{ "one", "404", "404" },
	{ "range", "200-299", "200-299" },
	{ "range of one", "486-486", "486" },
	{ "several", "200-299,404,405", "200-299,404-405" },
	{ "any order, overlapping", "405,404,403-404", "403-405" },
	{ "blanks", "  200 - 204\t, 404 ", "200-204,404" },
	{ "first and last", "100,699", "100,699" },
	{ "all", "100-699", "100-699" },
	{ "Kamailio's code", "code=404", "200-299,404" },
	{ "Kamailio's class", "class=5", "200-299,500-599" },
	{ "Kamailio's list", "code=404;class=6;code=300;", "200-300,404,600-699" },
};

static const struct wrong {
	const char *name;
	const char *in;
	size_t at;
	const char *why;
} wrong[] = {
	{ "nothing", "", 0, "no status code" },
	{ "blanks", "  ", 2, "no status code" },
	{ "a word", "ok", 0, "no status code" },
	{ "two digits", "99", 0, "no status code" },
	{ "four digits", "2000", 0, "no status code" },
	{ "below", "099", 0, "no status code" },
	{ "above", "700", 0, "no status code" },
	{ "open range", "200-", 4, "no status code after '-'" },
	{ "range to above", "200-700", 4, "no status code after '-'" },
	{ "range backwards", "200-199", 4, "range that ends before it begins" },
	{ "comma at the end", "200,", 4, "no status code" },
	{ "semicolon", "200;404", 3, "text behind a code, expected ','" },
	{ "text behind", "200 404", 4, "text behind a code, expected ','" },
	{ "no code", "code=", 5, "no status code, expected one of 100 to 699 after code=" },
	{ "class 0", "class=0", 6, "no class of status codes" },
	{ "class 44", "class=44", 7, "text behind a code or class" },
	{ "mixed", "code=404;500", 9, "neither code= nor class=" },
	{ "comma with Kamailio's", "code=404,code=405", 8, "text behind a code or class, expected ';'" },
	{ "neither", "cod=404", 0, "neither code= nor class=" },
};

static void reads(void **state)
{
	const struct good *row = *state;
	char text[CODES_TEXT_MAX];
	struct codes c, again;
	const char *why;
	size_t at;

	check_int("result", codes_parse(row->in, &c, &at, &why), 0);
	check_true("no reason", !why);
	check_str("text", codes_text(&c, text), row->out);
	check_int("again", codes_parse(text, &again, &at, &why), 0);
	check_mem("the same", &again, sizeof(again), &c, sizeof(c));
}

static void refuses(void **state)
{
	const struct wrong *row = *state;
	const char *why = NULL;
	struct codes c;
	size_t at = 0;

	check_int("result", codes_parse(row->in, &c, &at, &why), -EINVAL);
	check_int("place", at, row->at);
	check_true(why, !strncmp(why, row->why, strlen(row->why)));
	check_true("what was expected", strstr(why, "expected"));
}

static void has(void **state)
{
	struct codes c;
	const char *why;
	unsigned int i;
	size_t at;

	(void)state;
	check_int("result", codes_parse("100,200-299,699", &c, &at, &why), 0);
	for (i = 0; i < 2000; i++)
		check_int("in it", codes_has(&c, i), i == 100 || (i >= 200 && i <= 299) || i == 699);
	check_true("far outside", !codes_has(&c, 0xffffffff));
	memset(&c, 0xff, sizeof(c));
	check_true("no code at all", !codes_has(&c, 700) && !codes_has(&c, 99));
}

/* No set has a longer text than two of every three. */
static void longest(void **state)
{
	char in[2 * CODES_TEXT_MAX] = "", text[CODES_TEXT_MAX], empty[CODES_TEXT_MAX];
	struct codes c, again, none = { 0 };
	const char *why;
	size_t at, len = 0;
	unsigned int i;

	(void)state;
	for (i = 100; i < 700; i += 3)
		len += (size_t)snprintf(in + len, sizeof(in) - len, "%s%u-%u", len ? "," : "", i, i + 1);
	check_int("result", codes_parse(in, &c, &at, &why), 0);
	check_str("text", codes_text(&c, text), in);
	check_int("again", codes_parse(text, &again, &at, &why), 0);
	check_mem("the same", &again, sizeof(again), &c, sizeof(c));
	check_str("nothing", codes_text(&none, empty), "");
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "reads", reads, good);
	test_rows(&tests, "refuses", refuses, wrong);
	test_add(&tests, "has", has, NULL);
	test_add(&tests, "longest", longest, NULL);
	return test_run(&tests, "codes");
}
