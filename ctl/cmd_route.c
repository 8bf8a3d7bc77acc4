// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_route.c - says for messages in files what the dispatcher would do with them, and why. Sends nothing.
 */
#include "cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cmd_route.h"
#include "exit.h"
#include "instance.h"
#include "options.h"
#include "output.h"
#include "route_kernel.h"

static const char cmd_route_help[] =
	"Usage: dispatchctl route [OPTION...] MESSAGE...\n"
	"Say for each SIP message what the dispatcher would do with it, and why. Sends nothing and\n"
	"changes nothing. A MESSAGE is a file with the payload of one datagram; - is standard input.\n"
	"\n"
	"Of a listener with routes, it says which one the request matches and what that does.\n"
	"\n"
	"Without --config, --list and --live: one destination, 192.0.2.30:5060\n"
	"([2001:db8::30]:5060 for IPv6).\n"
	"\n"
	"  -c, --config CONF            as `run` would do by this configuration and its list\n"
	"      --list LIST              destinations from this file\n"
	"      --set N                  set of the list (default: the only one)\n"
	"      --algorithm NAME|NUMBER  call-id or 0 (default), and others (dispatchctl.conf(5))\n"
	"      --hash-key NAME[,NAME]   what to hash, the first that a message has; for algorithm 7\n"
	"      --user-only              of a URI that is hashed the user alone\n"
	"      --slot-rule consistent|kamailio  how a hash becomes a destination (default consistent)\n"
	"      --mode proxy|nat|dsr|ipip|shield  default proxy\n"
	"      --tunnel-source ADDR[,ADDR]  of ipip: to destinations of those families\n"
	"      --affinity calls|hash    remember calls from message to message (default), or trust the\n"
	"                               hash alone\n"
	"      --key-file F             cluster key: 32 hex digits or 16 octets (default: all zero)\n"
	"      --live                   tables, calls and key of the running instance (root)\n"
	"      --instance NAME          which one (default `default`)\n"
	"      --bpffs DIR              default /sys/fs/bpf\n"
	"      --path user|kernel       decide in user space (default; needs no root, has no bounds on\n"
	"                               the message), or by test run of the kernel program in a network\n"
	"                               namespace of its own, where all links have an MTU of 1500\n"
	"                               (not for dsr and ipip)\n"
	"      --from ADDR:PORT         where the messages come from (default 192.0.2.20:5062 or\n"
	"                               [2001:db8::20]:5062)\n"
	"      --listen ADDR:PORT       the listener they arrive at (default 192.0.2.1:5060 or\n"
	"                               [2001:db8::1]:5060; with --config and --live the first one)\n"
	"      --emit DIR               write what would be sent to DIR/MESSAGE.out; names that are\n"
	"                               taken get a number\n"
	"      --json                   one JSON object a message\n"
	"  -h, --help                   this text\n"
	"\n"
	"Exit code: 0 all messages were read, 1 not all, 2 wrong usage, 3 the configuration, the list or\n"
	"the key file has errors, 4 no such instance or listener.\n";

static const struct option cmd_route_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "list", required_argument, NULL, 'f' },
	{ "set", required_argument, NULL, 's' },
	{ "algorithm", required_argument, NULL, 'A' },
	{ "hash-key", required_argument, NULL, 'H' },
	{ "user-only", no_argument, NULL, 'u' },
	{ "slot-rule", required_argument, NULL, 'K' },
	{ "mode", required_argument, NULL, 'm' },
	{ "affinity", required_argument, NULL, 'y' },
	{ "tunnel-source", required_argument, NULL, 'U' },
	{ "key-file", required_argument, NULL, 'k' },
	{ "live", no_argument, NULL, 'L' },
	{ "instance", required_argument, NULL, 'I' },
	{ "bpffs", required_argument, NULL, 'b' },
	{ "path", required_argument, NULL, 'p' },
	{ "from", required_argument, NULL, 'r' },
	{ "listen", required_argument, NULL, 'l' },
	{ "emit", required_argument, NULL, 'e' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int cmd_route_one(struct cmd_route *c, int option, const char *text)
{
	static const char *const paths[] = { "user", "kernel" };
	int path, err = 0;

	switch (option) {
	case 'c':
		c->config = text;
		break;
	case 'f':
		c->list = text;
		break;
	case 's':
	case 'A':
	case 'H':
	case 'u':
	case 'K':
	case 'm':
	case 'y':
	case 'U':
		c->of_list = true;
		return options_of_listener(&c->listener, option, text);
	case 'k':
		c->key_file = text;
		break;
	case 'L':
		c->live = true;
		break;
	case 'I':
		c->instance = text;
		break;
	case 'b':
		c->bpffs = text;
		break;
	case 'p':
		path = output_word("path", text, paths, 2);
		c->in_kernel = path == 1;
		err = path < 0 ? -EINVAL : 0;
		break;
	case 'r':
		c->has_from = true;
		return options_endpoint("--from", text, &c->from);
	case 'l':
		c->has_listen = true;
		return options_endpoint("--listen", text, &c->listener.at);
	case 'e':
		c->emit.dir = text;
		break;
	case 'j':
		c->json = true;
		break;
	}
	return err;
}

/* Returns the index of the first message, or minus an exit code less one. */
static int cmd_route_parse(struct cmd_route *c, int argc, char **argv)
{
	int option;

	optind = 0; /* glibc: start over, whatever the caller parsed */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:h", cmd_route_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(cmd_route_help, stdout);
			return -1 - EXIT_OK;
		}
		if (option == '?')
			return -1 - output_usage("option %s is unknown, or lacks its value", argv[optind - 1]);
		if (cmd_route_one(c, option, optarg))
			return -1 - EXIT_USAGE;
	}
	if (c->live && (c->list || c->key_file || c->of_list))
		return -1 -
		       output_usage("--live has its list, key, set, algorithm, mode and affinity from the instance");
	if (c->config && (c->live || c->list || c->of_list))
		return -1 - output_usage("--config has its list, set, algorithm, mode and affinity from the "
					 "configuration; --key-file and --listen may be given");
	if (!c->list && c->listener.set != OPTIONS_SET_NONE)
		return -1 - output_usage("--set needs --list");
	if (options_check_keys(&c->listener))
		return -1 - EXIT_USAGE;
	if (optind == argc)
		return -1 - output_usage("no MESSAGE, expected at least one file, or - for standard input");
	return optind;
}

/* What has to be there before the first message. Returns an exit code. */
static int cmd_route_start(struct cmd_route *c)
{
	int err, code = cmd_route_open(c);
	const char *what;

	if (code)
		return code;
	if (c->in_kernel && (c->env.mode == DS_MODE_DSR || c->env.mode == DS_MODE_IPIP))
		return output_usage("--path kernel with mode %s, expected --path user: where a packet goes that stays "
				    "whole depends on the links of this host",
				    record_mode_name(c->env.mode));
	if (c->emit.dir && mkdir(c->emit.dir, 0777) && errno != EEXIST)
		return cmd_route_fail("make the folder of --emit", -errno);
	err = c->in_kernel ? route_kernel_enter(ROUTE_MTU, &what) : 0;
	return err ? cmd_route_fail(what, err) : EXIT_OK;
}

int cmd_route(int argc, char **argv)
{
	struct cmd_route c = {
		.bpffs = INSTANCE_BPFFS,
		.instance = INSTANCE_DEFAULT,
		.listener = { .set = OPTIONS_SET_NONE, .mode = DS_MODE_PROXY },
	};
	int code, file = cmd_route_parse(&c, argc, argv);

	if (file < 0)
		return output_end(-1 - file);
	bpf_inst_init(&c.tables.inst);
	code = cmd_route_start(&c);
	if (!code)
		for (; file < argc; file++)
			if (cmd_route_message(&c, argv[file]))
				code = EXIT_FAILED;
	route_emit_free(&c.emit);
	route_tables_free(&c.tables);
	conf_free(c.conf);
	return output_end(code);
}
