// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * output.c - messages of one form, from every command.
 */
#include "output.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diag.h"
#include "exit.h"

static const char *output_name = "";

void output_command(const char *name)
{
	output_name = name;
}

static void (*output_to)(void *ctx, bool is_error, const char *text);
static void *output_to_ctx;

void output_sink(void (*fn)(void *ctx, bool is_error, const char *text), void *ctx)
{
	output_to = fn;
	output_to_ctx = ctx;
}

static void output_line(bool is_error, const char *fmt, va_list args)
{
	char text[2048];

	if (output_to) {
		vsnprintf(text, sizeof(text), fmt, args);
		output_to(output_to_ctx, is_error, text);
		return;
	}
	fflush(stdout);
	fprintf(stderr, "dispatchctl%s%s: %s", *output_name ? " " : "", output_name, is_error ? "" : "warning: ");
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void output_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	output_line(true, fmt, args);
	va_end(args);
}

void output_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	output_line(false, fmt, args);
	va_end(args);
}

int output_usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	output_line(true, fmt, args);
	va_end(args);
	fprintf(stderr, "`dispatchctl help%s%s` lists what there is\n", *output_name ? " " : "", output_name);
	return EXIT_USAGE;
}

int output_json(struct json_t *json)
{
	int err;

	if (!json) {
		output_error("out of memory, or text that is no UTF-8");
		return -ENOMEM;
	}
	err = json_dumpf(json, stdout, JSON_COMPACT) || putchar('\n') == EOF ? -EIO : 0;
	json_decref(json);
	return err;
}

struct json_t *output_text(const char *text)
{
	char *printable = diag_printable(text);
	json_t *json = printable ? json_string(printable) : NULL;

	free(printable);
	return json;
}

int output_end(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	output_error("cannot write: %s", strerror(errno));
	return EXIT_FAILED;
}

const char *output_age(__u64 now_ns, __u64 then_ns, char buf[OUTPUT_AGE_SIZE])
{
	__u64 s = now_ns > then_ns ? (now_ns - then_ns) / 1000000000 : 0;

	if (!then_ns)
		snprintf(buf, OUTPUT_AGE_SIZE, "-");
	else if (s < 120)
		snprintf(buf, OUTPUT_AGE_SIZE, "%llu s", s);
	else if (s < 7200)
		snprintf(buf, OUTPUT_AGE_SIZE, "%llu min", s / 60);
	else if (s < 172800)
		snprintf(buf, OUTPUT_AGE_SIZE, "%llu h", s / 3600);
	else
		snprintf(buf, OUTPUT_AGE_SIZE, "%llu d", s / 86400);
	return buf;
}

__u64 output_clock(int clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (__u64)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void output_words(const char *what, const char *word, const char *why, const char *const *words, size_t n)
{
	size_t i;

	fflush(stdout);
	fprintf(stderr, "dispatchctl%s%s: %s '%s' %s; there are:", *output_name ? " " : "", output_name, what, word,
		why);
	for (i = 0; i < n; i++)
		fprintf(stderr, " %s", words[i]);
	fputc('\n', stderr);
}

int output_word(const char *what, const char *word, const char *const *words, size_t n)
{
	size_t i, len = strlen(word);
	int found = -1;

	for (i = 0; i < n; i++) {
		if (!len || strncmp(word, words[i], len) != 0)
			continue;
		if (!words[i][len])
			return i;
		if (found >= 0) {
			output_words(what, word, "is ambiguous", words, n);
			return -1;
		}
		found = i;
	}
	if (found < 0)
		output_words(what, word, "is unknown", words, n);
	return found;
}
