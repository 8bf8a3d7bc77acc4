// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options.c - parses arguments; acting on them is the commands' part.
 */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "model.h"
#include "output.h"
#include "source.h"
#include "table.h"
#include "uri.h"

#define OPTIONS_CALLS_MAX (DS_CALLS_WAYS << 22)

static const struct option options_attach_list[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "file", required_argument, NULL, 'f' },
	{ "set", required_argument, NULL, 's' },
	{ "algorithm", required_argument, NULL, 'A' },
	{ "hash-key", required_argument, NULL, 'H' },
	{ "user-only", no_argument, NULL, 'u' },
	{ "per-cpu", no_argument, NULL, 'P' },
	{ "slot-rule", required_argument, NULL, 'K' },
	{ "mode", required_argument, NULL, 'm' },
	{ "affinity", required_argument, NULL, 'y' },
	{ "tunnel-source", required_argument, NULL, 'U' },
	{ "allow", required_argument, NULL, 'o' },
	{ "deny", required_argument, NULL, 'n' },
	{ "rate", required_argument, NULL, 'r' },
	{ "burst", required_argument, NULL, 'B' },
	{ "keepalives", no_argument, NULL, 'v' },
	{ "xdp", required_argument, NULL, 'x' },
	{ "key-file", required_argument, NULL, 'k' },
	{ "instance", required_argument, NULL, 'I' },
	{ "bpffs", required_argument, NULL, 'b' },
	{ "table-size", required_argument, NULL, 't' },
	{ "drain-timeout", required_argument, NULL, 'd' },
	{ "calls", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

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

static int options_listen(struct options *o, const char *text, const struct record_listener *defaults,
			  const struct admit *guard)
{
	struct record_listener *l;
	size_t i;

	if (o->n_listeners == DS_LISTENERS_MAX) {
		output_error("more than %d listeners", DS_LISTENERS_MAX);
		return -EINVAL;
	}
	l = &o->listener[o->n_listeners];
	*l = *defaults;
	if (options_endpoint("--listen", text, &l->at))
		return -EINVAL;
	for (i = 0; i < o->n_listeners; i++) {
		if (memcmp(&o->listener[i].at, &l->at, sizeof(l->at)))
			continue;
		output_error("--listen '%s' twice: one address and port cannot serve two listeners", text);
		return -EINVAL;
	}
	return admit_copy(&o->admit[o->n_listeners++], guard);
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

static int options_one(struct options *o, int option, const char *text)
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

static void options_defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->bpffs = INSTANCE_BPFFS;
	o->instance = INSTANCE_DEFAULT;
	o->table_size = DS_TABLE_SIZE;
	o->drain_timeout_s = 3600;
	o->calls = DS_CALLS_BUCKETS * DS_CALLS_WAYS;
	o->interval_s = 1;
	o->call_state = -1;
	o->idle_max_s = UINT_MAX;
	o->limit = 1000;
}

static int options_unknown(char **argv, const struct option *list, int c)
{
	if (c == ':')
		return -1 - output_usage("option %s needs a value", argv[optind - 1]);
	output_error("option %s is unknown or ambiguous; there are:", argv[optind - 1]);
	for (; list->name; list++)
		fprintf(stderr, " --%s", list->name);
	fputc('\n', stderr);
	return -1 - EXIT_USAGE;
}

static int options_check_tunnel(const struct record_listener *l)
{
	static const struct ds_addr none;
	char at[URI_ENDPOINT_SIZE];

	uri_endpoint_text(&l->at, at);
	if (!memcmp(&l->tunnel[0], &none, sizeof(none)) && !memcmp(&l->tunnel[1], &none, sizeof(none)))
		return output_usage("listener %s: no --tunnel-source, expected the address of this host that its "
				    "tunnels start at",
				    at);
	if (memcmp(&l->tunnel[!uri_is_ip4(&l->at.ip)], &l->at.ip, sizeof(l->at.ip)))
		return 0;
	return output_usage("listener %s: its own address is no --tunnel-source, as the destinations hold it, too", at);
}

/* Networks, separated by commas. */
static int options_nets(struct admit *a, enum ds_guard_word word, const char *text)
{
	const char *what = word == DS_GUARD_ALLOW ? "--allow" : "--deny", *why;
	char one[ADMIT_TEXT_SIZE];
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		snprintf(one, sizeof(one), "%.*s", (int)(len < sizeof(one) ? len : 0), text);
		if (admit_add(a, word, one, &why)) {
			output_error("%s '%.*s': %s", what, (int)len, text, why);
			return -EINVAL;
		}
		if (!text[len])
			return 0;
	}
}

static int options_of_guard(struct admit *a, int option, const char *text)
{
	switch (option) {
	case 'o':
		return options_nets(a, DS_GUARD_ALLOW, text);
	case 'n':
		return options_nets(a, DS_GUARD_DENY, text);
	case 'v':
		a->keepalives = true;
		return 0;
	case 'r':
		return options_number("--rate", text, 0, ADMIT_RATE_MAX, &a->rate);
	}
	return options_number("--burst", text, 0, ADMIT_RATE_MAX, &a->burst);
}

static int options_check_guard(struct options *o, size_t i)
{
	const char *fault = admit_fault(&o->admit[i]);
	char at[URI_ENDPOINT_SIZE];

	admit_settle(&o->admit[i], &o->listener[i].guard);
	if (!fault)
		return 0;
	return output_usage("listener %s: --burst %u with --rate %u, %s", uri_endpoint_text(&o->listener[i].at, at),
			    o->admit[i].burst, o->admit[i].rate, fault);
}

/* What the options of a listener ask of each other. */
static int options_check_listeners(struct options *o)
{
	bool list = false;
	int code;
	size_t i;

	for (i = 0; i < o->n_listeners; i++) {
		list |= o->listener[i].mode != DS_MODE_SHIELD;
		code = o->listener[i].mode == DS_MODE_IPIP ? options_check_tunnel(&o->listener[i]) : 0;
		if (!code)
			code = options_check_guard(o, i);
		if (!code && options_check_keys(&o->listener[i]))
			code = EXIT_USAGE;
		if (code)
			return -1 - code;
		if (o->listener[i].mode == DS_MODE_SHIELD && o->listener[i].set != OPTIONS_SET_NONE)
			return -1 - output_usage("--set with --mode shield, which sends to no destination");
		if (o->listener[i].mode != DS_MODE_SHIELD && o->admit[i].keepalives)
			return -1 - output_usage("--keepalives is for --mode shield");
	}
	if (!o->file && list)
		return -1 - output_usage("no list, expected --file LIST");
	if (!o->file)
		o->file = SOURCE_NONE;
	return 0;
}

/* Takes the options in their order; what stands before the first listener is in *first and *guard. */
static int options_take_attach(int argc, char **argv, const char *help, struct options *o,
			       struct record_listener *first, struct admit *guard)
{
	struct record_listener *l;
	int c, err;

	optind = 0;
	opterr = 0;
	/* '-': in order, since options belong to the --listen before them */
	while ((c = getopt_long(argc, argv, "-:hf:", options_attach_list, NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return -1 - output_end(EXIT_OK);
		}
		if (c == '?' || c == ':')
			return options_unknown(argv, options_attach_list, c);
		if (c == 1 && o->interfaces)
			return -1 - output_usage("argument '%s' is one too many; interfaces are separated by commas",
						 optarg);
		l = o->n_listeners ? &o->listener[o->n_listeners - 1] : first;
		err = 0;
		if (c == 1)
			o->interfaces = optarg;
		else if (c == 'l')
			err = options_listen(o, optarg, first, guard);
		else if (strchr("sAHuKPmyU", c))
			err = options_of_listener(l, c, optarg);
		else if (strchr("onrBv", c))
			err = options_of_guard(o->n_listeners ? &o->admit[o->n_listeners - 1] : guard, c, optarg);
		else
			err = options_one(o, c, optarg);
		if (err)
			return -1 - EXIT_USAGE;
	}
	if (optind < argc)
		return -1 - output_usage("argument '%s' is one too many", argv[optind]);
	if (!o->interfaces)
		return -1 - output_usage("no interface, expected IFACE[,IFACE...]");
	if (!o->n_listeners)
		return -1 - output_usage("no listener, expected --listen ADDR:PORT");
	return options_check_listeners(o);
}

int options_attach(int argc, char **argv, const char *help, struct options *o)
{
	struct record_listener first = { .set = OPTIONS_SET_NONE, .mode = DS_MODE_PROXY };
	struct admit guard = { 0 };
	int code;

	options_defaults(o);
	code = options_take_attach(argc, argv, help, o, &first, &guard);
	admit_free(&guard);
	return code;
}

void options_free(struct options *o)
{
	size_t i;

	for (i = 0; i < o->n_listeners; i++)
		admit_free(&o->admit[i]);
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
