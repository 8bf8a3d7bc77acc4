// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options.c - parses arguments; acting on them is the commands' part.
 */
#include "options_inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "source.h"
#include "table.h"

#define OPTIONS_CALLS_MAX (DS_CALLS_WAYS << 22)

static const struct option options_common_list[] = {
	{ "instance", required_argument, NULL, 'I' }, { "bpffs", required_argument, NULL, 'b' },
	{ "json", no_argument, NULL, 'j' },	      { "help", no_argument, NULL, 'h' },
	{ "file", required_argument, NULL, 'f' },     { "dry-run", no_argument, NULL, 'n' },
	{ "force", no_argument, NULL, 'F' },	      { "all", no_argument, NULL, 'a' },
	{ "watch", no_argument, NULL, 'w' },	      { "interval", required_argument, NULL, 'i' },
	{ "run-time", required_argument, NULL, 'r' }, { "control", required_argument, NULL, 'C' },
	{ "wait", no_argument, NULL, 'W' },	      { "timeout", required_argument, NULL, 'T' },
	{ "since", required_argument, NULL, 'S' },    { "weight", required_argument, NULL, 'g' },
	{ "priority", required_argument, NULL, 'p' }, { "flags", required_argument, NULL, 'G' },
	{ "attrs", required_argument, NULL, 'B' },    { "reset-state", no_argument, NULL, 'R' },
	{ "count", no_argument, NULL, 'N' },	      { "by", required_argument, NULL, 'Y' },
	{ "state", required_argument, NULL, 'Z' },    { "listener", required_argument, NULL, 'L' },
	{ "idle-min", required_argument, NULL, 'o' }, { "idle-max", required_argument, NULL, 'O' },
	{ "limit", required_argument, NULL, 'M' },    { 0 },
};

int options_number(const char *name, const char *text, unsigned long min, unsigned long max, __u32 *n)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || v < min || v > max) {
		output_error("%s '%s' is no number from %lu to %lu", name, text, min, max);
		return -EINVAL;
	}
	*n = v;
	return 0;
}

int options_endpoint(const char *option, const char *text, struct ds_endpoint *at)
{
	const char *colon = strrchr(text, ':'), *unfit;
	char host[64], name[32];
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool bracket = *text == '[';
	__u32 port;

	if (len < 1 || len >= sizeof(host) || (bracket && text[len - 1] != ']') ||
	    (!bracket && memchr(text, ':', len))) {
		output_error("%s '%s' is no ADDR:PORT; an IPv6 address stands in brackets: [2001:db8::1]:5060", option,
			     text);
		return -EINVAL;
	}
	memset(at, 0, sizeof(*at));
	snprintf(host, sizeof(host), "%.*s", (int)(len - 2 * bracket), text + bracket);
	if (uri_address(host, &at->ip) || uri_is_ip4(&at->ip) == bracket) {
		output_error("%s '%s': '%s' is no IP address", option, text, host);
		return -EINVAL;
	}
	unfit = uri_unfit(&at->ip);
	if (unfit) {
		output_error("%s '%s': nothing is sent to this address: %s", option, text, unfit);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "port of %s", option);
	if (options_number(name, colon + 1, 1, 65535, &port))
		return -EINVAL;
	at->port_be = htons(port);
	return 0;
}

int options_choice(const char *what, const char *text, const char *const *words, size_t n, int *found)
{
	*found = output_word(what, text, words, n);
	return *found < 0 ? -EINVAL : 0;
}

static int options_table_size(const char *text, __u32 *size)
{
	if (options_number("--table-size", text, 2, TABLE_SIZE_MAX, size))
		return -EINVAL;
	if (table_size_valid(*size))
		return 0;
	output_error("--table-size %s is no prime; 1021, 4093, 16381, %u, 262139 and %u are", text, DS_TABLE_SIZE,
		     TABLE_SIZE_MAX);
	return -EINVAL;
}

/* One that may be negative. */
static int options_signed(const char *name, const char *text, int *n)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (errno || !*text || *end || v < INT_MIN || v > INT_MAX) {
		output_error("%s '%s' is no number from %d to %d", name, text, INT_MIN, INT_MAX);
		return -EINVAL;
	}
	*n = v;
	return 0;
}

static int options_of_change(struct options *o, int option, const char *text)
{
	switch (option) {
	case 'g':
		o->given |= OPTIONS_HAS_WEIGHT;
		return options_number("--weight", text, 1, 100, &o->weight);
	case 'p':
		o->given |= OPTIONS_HAS_PRIORITY;
		return options_signed("--priority", text, &o->priority);
	case 'G':
		o->given |= OPTIONS_HAS_FLAGS;
		return options_number("--flags", text, 0, DS_LIST_ALL, &o->flags);
	case 'B':
		o->attrs = text;
		break;
	case 'n':
		o->dry_run = true;
		break;
	case 'F':
		o->force = true;
		break;
	case 'R':
		o->reset_state = true;
		break;
	}
	return 0;
}

static int options_of_look(struct options *o, int option, const char *text)
{
	switch (option) {
	case 'i':
		return options_number("--interval", text, 1, 3600, &o->interval_s);
	case 'r':
		return options_number("--run-time", text, 1, 3600, &o->run_time_s);
	case 'T':
		return options_number("--timeout", text, 0, UINT_MAX / 1000, &o->timeout_s);
	case 'S':
		o->given |= OPTIONS_HAS_SINCE;
		return options_number("--since", text, 0, UINT_MAX, &o->since);
	case 'j':
		o->json = true;
		break;
	case 'a':
		o->all = true;
		break;
	case 'w':
		o->watch = true;
		break;
	case 'W':
		o->wait = true;
		break;
	}
	return 0;
}

static int options_of_calls(struct options *o, int option, const char *text)
{
	static const char *const states[] = { "new", "ringing", "confirmed", "ending", "over" };
	static const char *const by[] = { "destination", "state", "set", "listener" };
	int err;

	switch (option) {
	case 'Y':
		o->given |= OPTIONS_HAS_BY;
		return options_choice("--by", text, by, 4, &o->count_by);
	case 'Z':
		err = options_choice("state", text, states, 5, &o->call_state);
		o->call_state += DS_CALL_NEW;
		return err;
	case 'L':
		o->n_listeners = 1;
		return options_endpoint("--listener", text, &o->listener[0].at);
	case 'o':
		return options_number("--idle-min", text, 0, UINT_MAX, &o->idle_min_s);
	case 'O':
		return options_number("--idle-max", text, 0, UINT_MAX, &o->idle_max_s);
	case 'M':
		return options_number("--limit", text, 0, UINT_MAX, &o->limit);
	case 'N':
		o->count = true;
		break;
	}
	return 0;
}

static int options_cpus(const char *text)
{
	struct cpu_list cpus;
	const char *why;

	if (!cpu_list_read(text, &cpus, &why))
		return 0;
	output_error("--spread '%s', %s", text, why);
	return -EINVAL;
}

static int options_of_attach(struct options *o, int option, const char *text)
{
	static const char *const xdp[] = { "auto", "native", "generic" };
	int i, err = 0;

	switch (option) {
	case 'k':
		o->key_file = text;
		break;
	case 'x':
		err = options_choice("xdp mode", text, xdp, 3, &i);
		o->xdp = i;
		break;
	case 'D':
		o->spread = text;
		err = options_cpus(text);
		break;
	case 't':
		err = options_table_size(text, &o->table_size);
		break;
	case 'd':
		err = options_number("--drain-timeout", text, 0, 31536000, &o->drain_timeout_s);
		break;
	case 'c':
		err = options_number("--calls", text, 1, OPTIONS_CALLS_MAX, &o->calls);
		break;
	}
	return err;
}

int options_one(struct options *o, int option, const char *text)
{
	if (option == 'I')
		o->instance = text;
	else if (option == 'b')
		o->bpffs = text;
	else if (option == 'C')
		o->control = text;
	else if (option == 'f')
		o->file = text;
	else if (strchr("gpGBnFR", option))
		return options_of_change(o, option, text);
	else if (strchr("NYZLoOM", option))
		return options_of_calls(o, option, text);
	else if (strchr("irTSjawW", option))
		return options_of_look(o, option, text);
	else
		return options_of_attach(o, option, text);
	return 0;
}

void options_defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->bpffs = INSTANCE_BPFFS;
	o->instance = INSTANCE_DEFAULT;
	o->spread = "";
	o->table_size = DS_TABLE_SIZE;
	o->drain_timeout_s = 3600;
	o->calls = DS_CALLS_BUCKETS * DS_CALLS_WAYS;
	o->interval_s = 1;
	o->call_state = -1;
	o->idle_max_s = UINT_MAX;
	o->limit = 1000;
}

int options_unknown(char **argv, const struct option *list, int c)
{
	if (c == ':')
		return -1 - output_usage("option %s needs a value", argv[optind - 1]);
	output_error("option %s is unknown or ambiguous; there are:", argv[optind - 1]);
	for (; list->name; list++)
		fprintf(stderr, " --%s", list->name);
	fputc('\n', stderr);
	return -1 - EXIT_USAGE;
}

int options_common(int argc, char **argv, const char *help, const char *also, struct options *o)
{
	return options_args(argc, argv, help, also, "", o);
}

/* Takes what is left of the command line, as the words in args say. */
static int options_take_args(int argc, char **argv, const char *args, struct options *o)
{
	const char *word;
	int len;

	for (word = args; *word; word += len + (word[len] == ' ')) {
		len = strcspn(word, " ");
		if (optind < argc)
			o->arg[o->n_args++] = argv[optind++];
		else if (*word != '[')
			return -1 - output_usage("no %.*s, expected %s", len, word, args);
	}
	if (optind < argc)
		return -1 - output_usage("argument '%s' is one too many", argv[optind]);
	return 0;
}

int options_args(int argc, char **argv, const char *help, const char *also, const char *args, struct options *o)
{
	struct option list[sizeof(options_common_list) / sizeof(*options_common_list)] = { 0 };
	size_t i, n = 0;
	int c;

	for (i = 0; options_common_list[i].name; i++)
		if (strchr("Ibjh", options_common_list[i].val) || strchr(also, options_common_list[i].val))
			list[n++] = options_common_list[i];
	options_defaults(o);
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, strchr(also, 'f') ? ":hf:" : ":h", list, NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return -1 - output_end(EXIT_OK);
		}
		if (c == '?' || c == ':')
			return options_unknown(argv, list, c);
		if (options_one(o, c, optarg))
			return -1 - EXIT_USAGE;
	}
	return options_take_args(argc, argv, args, o);
}
