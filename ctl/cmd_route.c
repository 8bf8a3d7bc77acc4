// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_route.c - says for messages in files what the dispatcher would do with them, and why. Sends nothing.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "instance.h"
#include "key.h"
#include "options.h"
#include "output.h"
#include "route_kernel.h"
#include "route_print.h"
#include "route_tables.h"
#include "source.h"

static const char cmd_route_help[] =
	"Usage: dispatchctl route [OPTION...] MESSAGE...\n"
	"Say for each SIP message what the dispatcher would do with it, and why. Sends nothing and\n"
	"changes nothing. A MESSAGE is a file with the payload of one datagram; - is standard input.\n"
	"\n"
	"Without --list and --live: one destination, 192.0.2.30:5060 ([2001:db8::30]:5060 for IPv6).\n"
	"\n"
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
	"                               [2001:db8::1]:5060; with --live the first one)\n"
	"      --emit DIR               write what would be sent to DIR/MESSAGE.out; names that are\n"
	"                               taken get a number\n"
	"      --json                   one JSON object a message\n"
	"  -h, --help                   this text\n"
	"\n"
	"Exit code: 0 all messages were read, 1 not all, 2 wrong usage, 3 the list or the key file has\n"
	"errors, 4 no such instance or listener.\n";

struct cmd_route {
	const char *list;
	const char *key_file;
	const char *bpffs;
	const char *instance;
	bool live;
	bool in_kernel;
	bool json;
	bool has_from;
	bool has_listen;
	bool of_list; /* an option that only a list can have was given */
	struct ds_endpoint from;
	struct record_listener listener;
	struct route_emit emit;
	struct route_tables tables;
	struct decide_env env;
};

static const struct option cmd_route_options[] = {
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

static void cmd_route_default(struct ds_endpoint *at, bool is_ip4, const char *ip4, const char *ip6, __u16 port)
{
	uri_address(is_ip4 ? ip4 : ip6, &at->ip);
	at->port_be = port_be16(port);
}

/* Places that were not given, by the family of the one that was. Those of a live listener come later. */
static int cmd_route_places(struct cmd_route *c)
{
	if (!c->has_listen && !c->live)
		cmd_route_default(&c->listener.at, !c->has_from || uri_is_ip4(&c->from.ip), "192.0.2.1", "2001:db8::1",
				  5060);
	if (!c->has_from)
		cmd_route_default(&c->from, uri_is_ip4(&c->listener.at.ip), "192.0.2.20", "2001:db8::20", 5062);
	if (uri_is_ip4(&c->from.ip) == uri_is_ip4(&c->listener.at.ip))
		return EXIT_OK;
	return output_usage("--from and the listener are of different address families");
}

/* Returns the index of the first message, or minus an exit code less one. */
static int cmd_route_parse(struct cmd_route *c, int argc, char **argv)
{
	int option;

	optind = 0; /* glibc: start over, whatever the caller parsed */
	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", cmd_route_options, NULL)) != -1) {
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
	if (!c->list && c->listener.set != OPTIONS_SET_NONE)
		return -1 - output_usage("--set needs --list");
	if (options_check_keys(&c->listener))
		return -1 - EXIT_USAGE;
	if (optind == argc)
		return -1 - output_usage("no MESSAGE, expected at least one file, or - for standard input");
	return optind;
}

static int cmd_route_fail(const char *what, int err)
{
	const char *log = bpf_log();

	if (err == -EPERM || err == -EACCES)
		output_error("cannot %s: %s; remedy: run as root", what, strerror(-err));
	else
		output_error("cannot %s: %s%s%s", what, strerror(-err), *log ? "\n" : "", log);
	return EXIT_FAILED;
}

/* Reads the list, or makes the one that is there without. Returns an exit code. */
static int cmd_route_model(struct cmd_route *c, struct model **m)
{
	const char *text = uri_is_ip4(&c->listener.at.ip) ? "0 sip:192.0.2.30:5060" : "0 sip:[2001:db8::30]:5060";
	struct resolver host, nobody = { 0 };
	struct diag_list d;
	int err;

	*m = NULL;
	diag_init(&d, c->list && strcmp(c->list, "-") ? c->list : "<stdin>");
	if (!c->list) {
		err = source_file_parse(text, strlen(text), &nobody, m, &d);
	} else {
		err = resolve_host(&host, true);
		if (err)
			return cmd_route_fail("read the addresses of this host", err);
		err = source_file_load(c->list, &host, m, &d);
		resolve_host_free(&host);
	}
	if (err == -ENODATA)
		diag_add(&d, DIAG_ERROR, 0, 0, "no destination, expected at least one");
	diag_print(&d, stderr, 0);
	diag_free(&d);
	return err ? EXIT_INPUT : EXIT_OK;
}

/* The set to use. Returns an exit code. */
static int cmd_route_set(struct cmd_route *c, const struct model *m)
{
	if (c->listener.set == OPTIONS_SET_NONE) {
		if (m->n_sets != 1) {
			output_error("%s has %zu sets, expected --set with the number of one", c->list, m->n_sets);
			return EXIT_USAGE;
		}
		c->listener.set = m->set[0].id;
	}
	if (model_find_set(m, c->listener.set))
		return EXIT_OK;
	output_error("set %d is not in %s", c->listener.set, c->list);
	return EXIT_INPUT;
}

/* Tables from the list. Returns an exit code. */
static int cmd_route_from_list(struct cmd_route *c)
{
	__u64 key[2] = { 0, 0 };
	struct model *m = NULL;
	char why[256] = "";
	int err, code = c->key_file ? key_read(c->key_file, key) : EXIT_OK;

	if (!code)
		code = cmd_route_places(c);
	if (!code)
		code = cmd_route_model(c, &m);
	if (!code)
		code = cmd_route_set(c, m);
	if (code)
		goto out;
	err = route_tables_make(&c->tables, m, &c->listener, key, c->in_kernel, why, sizeof(why));
	if (err && *why) {
		output_error("%s: %s", c->list, why);
		code = EXIT_INPUT;
	} else if (err) {
		code = cmd_route_fail("load the tables", err);
	}
out:
	model_free(m);
	return code;
}

/* Tables of the running instance. Returns an exit code. */
static int cmd_route_from_live(struct cmd_route *c)
{
	struct instance i;
	int err = instance_init(&i, c->bpffs, c->instance);

	if (err)
		return output_usage("instance '%s' is no name", c->instance);
	err = route_tables_open(&c->tables, i.dir, c->has_listen ? &c->listener.at : NULL, c->in_kernel);
	if (err == -ENOENT || err == -ESRCH) {
		output_error(err == -ENOENT ? "instance '%s' is not attached" : "instance '%s' has no such listener",
			     c->instance);
		return EXIT_NOTHING;
	}
	if (err)
		return cmd_route_fail("open the instance", err);
	c->listener.at = c->tables.inst.listeners[c->tables.slot].at;
	return cmd_route_places(c);
}

/* Reads a file to its end; a FIFO without a writer is empty. NULL, or why it holds no message. */
static const char *cmd_route_read(const char *path, unsigned char *data, size_t *len)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : dup(STDIN_FILENO);
	const char *why = NULL;
	ssize_t n = 1;

	if (fd < 0)
		return strerror(errno);
	if (strcmp(path, "-"))
		fcntl(fd, F_SETFL, 0);
	for (*len = 0; !why && n && *len <= DECIDE_PAYLOAD_MAX; *len += n > 0 ? n : 0) {
		n = read(fd, data + *len, DECIDE_PAYLOAD_MAX + 1 - *len);
		if (n < 0 && errno != EINTR)
			why = strerror(errno);
	}
	close(fd);
	if (!why && !*len)
		why = "is empty, expected the payload of a datagram";
	if (!why && *len > DECIDE_PAYLOAD_MAX)
		why = "is too long for a datagram, expected at most 65507 octets";
	return why;
}

static __u64 cmd_route_id(const struct cmd_route *c, __u32 slot)
{
	return slot && slot < c->env.n_dests ? c->env.dests[slot].id : 0;
}

/* What the kernel program does, over what user space says of the message. Returns 0 or -errno. */
static int cmd_route_in_kernel(struct cmd_route *c, const unsigned char *data, size_t len, struct route_result *r)
{
	struct route_run run;
	int err = route_kernel_run(&c->tables.inst, c->tables.slot, &c->from, data, len, &run);

	if (err)
		return err;
	r->verdict = run.verdict;
	r->reason = run.reason;
	r->code = run.verdict == VERDICT_reply || run.verdict == VERDICT_redirect ? sip_reason_code(run.reason) : 0;
	r->to = run.to;
	r->out = run.out;
	r->out_len = run.out_len;
	r->id = 0;
	if (run.verdict == VERDICT_forward && run.reason != REASON_response)
		r->id = cmd_route_id(c, route_tables_find(&c->tables, &run.to));
	return 0;
}

/* One message. Returns 0, or -errno after saying why. */
static int cmd_route_message(struct cmd_route *c, const char *file)
{
	static unsigned char data[DECIDE_PAYLOAD_MAX + 1];
	static struct decision d;
	char hash_key[HASH_KEY_NAME_SIZE] = "";
	struct route_result r;
	const char *why;
	size_t len = 0;
	int err = 0;

	why = cmd_route_read(file, data, &len);
	if (why) {
		route_print_error(file, why, c->json);
		return -EINVAL;
	}
	if (getrandom(&c->env.random, sizeof(c->env.random), 0) != sizeof(c->env.random))
		c->env.random = 0;
	decide(&c->env, &c->from, data, len, &d);
	if (d.hash_key && d.hash_key->kind != DS_KEY_CALL_ID)
		hash_key_name(d.hash_key, hash_key);
	r = (struct route_result){ .file = file,
				   .payload = data,
				   .msg = &d.msg,
				   .verdict = d.verdict,
				   .reason = d.reason,
				   .code = d.code,
				   .to = d.to,
				   .id = d.verdict == VERDICT_forward ? cmd_route_id(c, d.dest) : 0,
				   .hash_key = hash_key,
				   .out = d.out,
				   .out_len = d.out_len };
	if (c->in_kernel)
		err = cmd_route_in_kernel(c, data, len, &r);
	if (!err && c->emit.dir && r.out_len)
		err = route_emit(&c->emit, &r);
	if (err) {
		route_print_error(file, strerror(-err), c->json);
		return err;
	}
	return c->json ? route_print_json(&r) : route_print_text(&r);
}

/* What has to be there before the first message. Returns an exit code. */
static int cmd_route_start(struct cmd_route *c)
{
	int err, code = c->live ? cmd_route_from_live(c) : cmd_route_from_list(c);
	const char *what;

	if (code)
		return code;
	route_tables_env(&c->tables, &c->env);
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
	return output_end(code);
}
