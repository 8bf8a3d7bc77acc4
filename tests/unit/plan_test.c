// SPDX-License-Identifier: GPL-2.0-or-later
/* plan_test.c - building and applying edit plans. */
#include <errno.h>

#include "plan_cases.h"

#include "sip_hash.h"

/* A pen on paper of no message. */
static struct sip_pen take_pen(struct sip_plan *p, __u64 end)
{
	static const unsigned char nothing[8];
	struct sip_ctx c = { .data = nothing, .data_end = nothing + sizeof(nothing) };
	struct sip_buf b = sip_buf(&c);

	return sip_plan_pen(&b, p, end);
}

static void put_text(struct sip_pen *pen, const char *text)
{
	__u64 w;
	size_t n;

	for (; *text; text += n) {
		n = strnlen(text, 8);
		w = 0;
		memcpy(&w, text, n);
		sip_plan_word(pen, port_le64(w), n);
	}
}

static void edit(struct sip_pen *pen, __u64 at, __u64 cut, const char *text)
{
	struct sip_edit *e = sip_plan_open(pen, at, cut);

	put_text(pen, text);
	sip_plan_close(pen, e);
	sip_plan_end(pen);
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
	struct sip_pen pen;

	(void)state;
	pen = take_pen(&p, strlen(in));
	check_applied(&p, in, in);
	edit(&pen, 0, 0, "zero ");
	edit(&pen, 4, 4, "");
	edit(&pen, 8, 5, "3");
	edit(&pen, 18, 0, " five");
	plan_check(&p);
	check_int("grow", p.grow, 5 - 4 + 1 - 5 + 5);
	check_applied(&p, in, "zero one 3 four five");
}

static void trims(void **state)
{
	static const char in[] = "keep this, not that";
	struct sip_plan p;
	struct sip_pen pen;

	(void)state;
	pen = take_pen(&p, 9);
	edit(&pen, 9, 0, ".");
	check_applied(&p, in, "keep this.");
}

static void sorts(void **state)
{
	static const char in[] = "0123456789";
	/* a permutation of eight */
	static const unsigned char order[] = { 5, 2, 7, 0, 6, 1, 4, 3 };
	struct sip_plan p;
	struct sip_pen pen;
	unsigned int n, i;
	char text[2] = "";

	(void)state;
	for (n = 0; n <= TEST_COUNT(order); n++) {
		char want[32] = "";

		pen = take_pen(&p, strlen(in));
		for (i = 0; i < n; i++) {
			text[0] = (char)('a' + order[i]);
			edit(&pen, order[i], 0, text);
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
	struct sip_pen pen;
	char want[8];
	unsigned int n;

	(void)state;
	for (n = 0; n < 65536; n++) {
		pen = take_pen(&p, 0);
		sip_plan_number(&pen, n);
		sip_plan_end(&pen);
		snprintf(want, sizeof(want), "%u", n);
		check_mem("number", p.text, p.text_len, want, strlen(want));
	}
}

static void hex(void **state)
{
	__u64 x = 1;
	struct sip_plan p;
	struct sip_pen pen;
	char want[24];
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		pen = take_pen(&p, 0);
		sip_plan_hex16(&pen, x);
		sip_plan_end(&pen);
		snprintf(want, sizeof(want), "%016llx", (unsigned long long)x);
		check_mem("digits", p.text, p.text_len, want, strlen(want));
		x = x * 6364136223846793005ull + 1442695040888963407ull;
	}
}

static void too_many_edits(void **state)
{
	unsigned char out[64];
	struct sip_plan p;
	struct sip_pen pen;
	int i;

	(void)state;
	pen = take_pen(&p, 10);
	for (i = 0; i < SIP_PLAN_EDITS; i++)
		edit(&pen, i, 1, "x");
	plan_check(&p);
	check_int("eight apply", plan_apply(&p, (const unsigned char *)"0123456789", 10, out, sizeof(out)), 10);
	edit(&pen, 9, 1, "x");
	check_int("nine are too many", p.too_many, 1);
	check_int("not applied", plan_apply(&p, (const unsigned char *)"0123456789", 10, out, sizeof(out)), -EINVAL);
}

static void too_much_text(void **state)
{
	struct sip_edit *e;
	struct sip_plan p;
	struct sip_pen pen;
	int i;

	(void)state;
	pen = take_pen(&p, 10);
	e = sip_plan_open(&pen, 0, 0);
	for (i = 0; i < SIP_PLAN_TEXT / 8; i++)
		sip_plan_word(&pen, 0x4141414141414141ull, 8);
	sip_plan_close(&pen, e);
	sip_plan_end(&pen);
	check_int("as much as fits", p.too_many, 0);
	plan_check(&p);
	/* far enough to go round */
	for (i = 0; i < SIP_PLAN_TEXT / 4; i++) {
		sip_plan_word(&pen, 0x4242424242424242ull, 7);
		sip_plan_end(&pen);
		check_int("too many", p.too_many, 1);
	}
}

static void refuses(void **state)
{
	unsigned char out[8];
	struct sip_plan p;
	struct sip_pen pen;

	(void)state;
	pen = take_pen(&p, 5);
	check_int("room enough", plan_apply(&p, (const unsigned char *)"01234", 5, out, 5), 5);
	check_int("no room", plan_apply(&p, (const unsigned char *)"01234", 5, out, 4), -ENOSPC);
	check_int("message too short", plan_apply(&p, (const unsigned char *)"0123", 4, out, 5), -EINVAL);
	edit(&pen, 4, 2, "");
	check_int("cut beyond the end", plan_apply(&p, (const unsigned char *)"01234", 5, out, 5), -EINVAL);
	pen = take_pen(&p, 5);
	edit(&pen, 3, 1, "");
	edit(&pen, 1, 1, "");
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
