/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diag.h - what is wrong with one input file: a list of errors and warnings, each with its place.
 */
#ifndef SIPXDP_CTL_DIAG_H
#define SIPXDP_CTL_DIAG_H

#include <stddef.h>
#include <stdio.h>

struct json_t;

/* Kept of each severity, so that a flood of warnings cannot hide an error; the rest is only counted. */
#define DIAG_KEEP_MAX 1000

enum diag_severity {
	DIAG_ERROR,
	DIAG_WARNING,
	DIAG_SEVERITIES,
};

struct diag {
	unsigned int line;   /* from 1; 0: the whole file */
	unsigned int column; /* in octets, from 1; 0: the whole line */
	enum diag_severity severity;
	char *message; /* printable UTF-8: "what is wrong, what was expected" */
};

struct diag_list {
	const char *file; /* borrowed */
	struct diag *diag;
	size_t n;
	size_t room;
	size_t kept[DIAG_SEVERITIES];
	size_t count[DIAG_SEVERITIES]; /* those not kept included */
};

void diag_init(struct diag_list *d, const char *file);
void diag_free(struct diag_list *d);

/* Adds one diagnostic; octets of the message that are not printable UTF-8 become \xNN. Counts it even out of memory. */
void diag_add(struct diag_list *d, enum diag_severity severity, unsigned int line, unsigned int column, const char *fmt,
	      ...) __attribute__((format(printf, 5, 6)));

/* Orders by line, then column; those of one place stay in the order in which they were found. */
void diag_sort(struct diag_list *d);

/* Prints "file:line:column: error: message" lines, then how many were not kept. Warnings only if asked for. */
void diag_print(const struct diag_list *d, FILE *out, int warnings);

/* Returns a new JSON array of {line, column, severity, message}, NULL out of memory. */
struct json_t *diag_json(const struct diag_list *d);

const char *diag_severity_name(enum diag_severity severity);

/* Returns a new copy of the text in which whatever is not printable UTF-8 is \xNN; NULL out of memory. */
char *diag_printable(const char *text);

#endif
