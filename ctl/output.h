/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - what all commands say alike: errors and warnings on standard error, JSON and ages on standard output.
 */
#ifndef SIPXDP_CTL_OUTPUT_H
#define SIPXDP_CTL_OUTPUT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct json_t;

/* Names the command whose messages follow. */
void output_command(const char *name);

/* "dispatchctl COMMAND: message". */
void output_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void output_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Where errors and warnings go instead of standard error: fn gets the message alone. NULL: to standard error again. The
 * daemon has a journal.
 */
void output_sink(void (*fn)(void *ctx, bool is_error, const char *text), void *ctx);

/* Says what is wrong with the usage and where help is; returns the exit code for it. */
int output_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints one JSON value on a line and releases it; NULL is "out of memory". Returns 0 or -errno. */
int output_json(struct json_t *json);

/* Returns text of any octets as a new JSON string: what is not printable UTF-8 is \\xNN. NULL out of memory. */
struct json_t *output_text(const char *text);

/* Flushes standard output; returns code, or EXIT_FAILED where it could not be written. */
int output_end(int code);

#define OUTPUT_AGE_SIZE 24

/* "5 s", "3 min", "2 h", "4 d", or "-" for 0: then never. Returns buf. */
const char *output_age(__u64 now_ns, __u64 then_ns, char buf[OUTPUT_AGE_SIZE]);

/* Nanoseconds of a clock. */
__u64 output_clock(int clock);

/*
 * Finds word among n words, in full or by a unique prefix. Returns its index, or -1 after saying which words there are:
 * what names the kind of word.
 */
int output_word(const char *what, const char *word, const char *const *words, size_t n);

#endif
