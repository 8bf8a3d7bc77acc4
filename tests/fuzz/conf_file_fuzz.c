// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_file_fuzz.c - any octets as a configuration: no crash, what is said agrees with what is returned, and what is taken
 * is taken again as it is printed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_must(bool holds)
{
	if (!holds)
		abort();
}

static struct conf *fuzz_parse(const char *text, size_t size)
{
	struct diag_list d;
	struct conf *c;
	int ret;

	diag_init(&d, "fuzz");
	ret = conf_parse("/fuzz/fuzz.conf", text, size, &c, &d);
	fuzz_must(ret == 0 || ret == -EINVAL);
	fuzz_must((ret == -EINVAL) == (d.count[DIAG_ERROR] > 0) && (ret == -EINVAL) == !c);
	diag_free(&d);
	return c;
}

static char *fuzz_print(const struct conf *c, size_t *size)
{
	char *text;
	FILE *f = open_memstream(&text, size);

	conf_print(c, f);
	fclose(f);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *c = fuzz_parse((const char *)data, size), *again;
	char *text, *text_again;
	size_t len, len_again;

	if (!c)
		return 0;
	text = fuzz_print(c, &len);
	again = fuzz_parse(text, len);
	fuzz_must(again);
	text_again = fuzz_print(again, &len_again);
	fuzz_must(len == len_again && !memcmp(text, text_again, len));
	conf_free(c);
	conf_free(again);
	free(text);
	free(text_again);
	return 0;
}
