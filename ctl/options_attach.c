// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options_attach.c - the arguments of attach: options that belong to a --listen, and what of them does not fit together.
 */
#include "options_inner.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "algorithm.h"
#include "exit.h"
#include "output.h"
#include "source.h"
#include "uri.h"

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
	{ "record-route", no_argument, NULL, 'Q' },
	{ "path", no_argument, NULL, 'q' },
	{ "tunnel-source", required_argument, NULL, 'U' },
	{ "allow", required_argument, NULL, 'o' },
	{ "deny", required_argument, NULL, 'n' },
	{ "rate", required_argument, NULL, 'r' },
	{ "burst", required_argument, NULL, 'B' },
	{ "keepalives", no_argument, NULL, 'v' },
	{ "xdp", required_argument, NULL, 'x' },
	{ "spread", required_argument, NULL, 'D' },
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
		else if (strchr("sAHuKPmyUQq", c))
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
