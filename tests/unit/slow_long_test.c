// SPDX-License-Identifier: GPL-2.0-or-later
/* slow_long_test.c - long stored requests: kept once, found by key and length, the oldest gives way. */
#include "test.h"

#include "slow_long.h"

static struct slow_longs longs;

static void keeps(void **state)
{
	static unsigned char text[] = "INVITE sip:b@h SIP/2.0";
	const unsigned char *found;

	(void)state;
	check_true("nothing yet", !slow_long_find(&longs, 7, sizeof(text)));
	slow_long_keep(&longs, 7, text, sizeof(text));
	found = slow_long_find(&longs, 7, sizeof(text));
	check_true("a copy", found && found != text);
	check_mem("octets", found, sizeof(text), text, sizeof(text));
	check_true("another key", !slow_long_find(&longs, 8, sizeof(text)));
	check_true("another length", !slow_long_find(&longs, 7, sizeof(text) - 1));
	slow_long_keep(&longs, 7, text, sizeof(text));
	check_true("kept once", slow_long_find(&longs, 7, sizeof(text)) == found && longs.next == 1);
	slow_long_free(&longs);
	check_true("forgotten", !slow_long_find(&longs, 7, sizeof(text)));
}

static void oldest_gives_way(void **state)
{
	static const unsigned char text[] = "x";
	__u64 key;

	(void)state;
	for (key = 1; key <= SLOW_LONG_MAX + 2; key++)
		slow_long_keep(&longs, key, text, 1);
	for (key = 1; key <= SLOW_LONG_MAX + 2; key++)
		check_int("kept", slow_long_find(&longs, key, 1) != NULL, key > 2);
	slow_long_free(&longs);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "keeps", keeps, NULL);
	test_add(&tests, "the oldest gives way", oldest_gives_way, NULL);
	return test_run(&tests, "slow long");
}
