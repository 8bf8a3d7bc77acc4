// SPDX-License-Identifier: GPL-2.0-or-later
/* plan_test.c - building and applying edit plans. */
#include <errno.h>

#include "plan_cases.h"

#include "sip_hash.h"

static void put_text(struct sip_plan *p, const char *text)
{
	__u64 w;
	size_t n;

	for (; *text; text += n) {
		n = strnlen(text, 8);
		w = 0;
		memcpy(&w, text, n);
		sip_plan_word(p, port_le64(w), n);
	}
}

static void edit(struct sip_plan *p, __u64 at, __u64 cut, const char *text)
{
	sip_plan_open(p, at, cut);
	put_text(p, text);
	sip_plan_close(p);
}

static void check_applied(const struct sip_plan *p, const char *in, const char *want)
{
	unsigned char out[256];
	ssize_t n = plan_apply(p, (const unsigned char *)in, strlen(in), out, sizeof(out));

	check_true("applied", n >= 0);
	check_mem("output", out, (size_t)n, want, strlen(want));
}

static void applies(void **state)
{
	static const char in[] = "one two three four";
	struct sip_plan p;

	(void)state;
	sip_plan_begin(&p, strlen(in));
	check_applied(&p, in, in);
	edit(&p, 0, 0, "zero ");
	edit(&p, 4, 4, "");
	edit(&p, 8, 5, "3");
	edit(&p, 18, 0, " five");
	plan_check(&p);
	check_int("grow", p.grow, 5 - 4 + 1 - 5 + 5);
	check_applied(&p, in, "zero one 3 four five");
}

static void trims(void **state)
{
	static const char in[] = "keep this, not that";
	struct sip_plan p;

	(void)state;
	sip_plan_begin(&p, 9);
	edit(&p, 9, 0, ".");
	check_applied(&p, in, "keep this.");
}

static void sorts(void **state)
{
	static const char in[] = "0123456789";
	/* a permutation of eight */
	static const unsigned char order[] = { 5, 2, 7, 0, 6, 1, 4, 3 };
	struct sip_plan p;
	unsigned int n, i;
	char text[2] = "";

	(void)state;
	for (n = 0; n <= TEST_COUNT(order); n++) {
		char want[32] = "";

		sip_plan_begin(&p, strlen(in));
		for (i = 0; i < n; i++) {
			text[0] = (char)('a' + order[i]);
			edit(&p, order[i], 0, text);
		}
		sip_plan_sort(&p);
		plan_check(&p);
		for (i = 0; i < 10; i++) {
			unsigned int k;

			for (k = 0; k < n; k++)
				if (order[k] == i)
					sprintf(want + strlen(want), "%c", 'a' + i);
			sprintf(want + strlen(want), "%u", i);
		}
		check_applied(&p, in, want);
	}
}

static void numbers(void **state)
{
	struct sip_plan p;
	char want[8];
	unsigned int n;

	(void)state;
	for (n = 0; n < 65536; n++) {
		sip_plan_begin(&p, 0);
		sip_plan_number(&p, n);
		snprintf(want, sizeof(want), "%u", n);
		check_mem("number", p.text, p.text_len, want, strlen(want));
	}
}

static void hex(void **state)
{
	__u64 x = 1;
	struct sip_plan p;
	char want[24];
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		sip_plan_begin(&p, 0);
		sip_plan_hex16(&p, x);
		snprintf(want, sizeof(want), "%016llx", (unsigned long long)x);
		check_mem("digits", p.text, p.text_len, want, strlen(want));
		x = x * 6364136223846793005ull + 1442695040888963407ull;
	}
}

static void too_many_edits(void **state)
{
	unsigned char out[64];
	struct sip_plan p;
	int i;

	(void)state;
	sip_plan_begin(&p, 10);
	for (i = 0; i < SIP_PLAN_EDITS; i++)
		edit(&p, i, 1, "x");
	plan_check(&p);
	check_int("eight apply", plan_apply(&p, (const unsigned char *)"0123456789", 10, out, sizeof(out)), 10);
	edit(&p, 9, 1, "x");
	check_int("nine are too many", p.too_many, 1);
	check_int("not applied", plan_apply(&p, (const unsigned char *)"0123456789", 10, out, sizeof(out)), -EINVAL);
}

static void too_much_text(void **state)
{
	struct sip_plan p;
	int i;

	(void)state;
	sip_plan_begin(&p, 10);
	sip_plan_open(&p, 0, 0);
	for (i = 0; i < 2 * SIP_PLAN_TEXT / 8; i++)
		sip_plan_word(&p, 0x4141414141414141ull, 8);
	sip_plan_close(&p);
	check_int("too many", p.too_many, 1);
	check_true("text stays inside", p.text_len <= SIP_PLAN_TEXT);
}

static void refuses(void **state)
{
	unsigned char out[8];
	struct sip_plan p;

	(void)state;
	sip_plan_begin(&p, 5);
	check_int("room enough", plan_apply(&p, (const unsigned char *)"01234", 5, out, 5), 5);
	check_int("no room", plan_apply(&p, (const unsigned char *)"01234", 5, out, 4), -ENOSPC);
	check_int("message too short", plan_apply(&p, (const unsigned char *)"0123", 4, out, 5), -EINVAL);
	edit(&p, 4, 2, "");
	check_int("cut beyond the end", plan_apply(&p, (const unsigned char *)"01234", 5, out, 5), -EINVAL);
	sip_plan_begin(&p, 5);
	edit(&p, 3, 1, "");
	edit(&p, 1, 1, "");
	check_int("out of order", plan_apply(&p, (const unsigned char *)"01234", 5, out, 5), -EINVAL);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "edits apply in order", applies, NULL);
	test_add(&tests, "octets behind the end are left out", trims, NULL);
	test_add(&tests, "edits of rows in any order are sorted", sorts, NULL);
	test_add(&tests, "every port in decimal", numbers, NULL);
	test_add(&tests, "16 hexadecimal digits", hex, NULL);
	test_add(&tests, "more edits than fit", too_many_edits, NULL);
	test_add(&tests, "more text than fits", too_much_text, NULL);
	test_add(&tests, "what does not fit is refused", refuses, NULL);
	return test_run(&tests, "plan");
}
