// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_attach.c - puts the dispatcher on interfaces, from the command line alone.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "exit.h"
#include "key.h"
#include "options.h"
#include "output.h"
#include "preflight.h"
#include "publish.h"

static const char cmd_attach_help[] =
	"Usage: dispatchctl attach IFACE[,IFACE...] --listen ADDR:PORT... --file LIST [OPTION...]\n"
	"Publish a list and put the dispatcher on interfaces: on all of them or on none.\n"
	"Everything is pinned: the command returns and traffic goes on.\n"
	"\n"
	"      --listen ADDR:PORT       what to answer for; an IPv6 address stands in brackets. May be\n"
	"                               repeated; each takes the next nine options, which before the\n"
	"                               first one are the defaults of all\n"
	"      --set N                  set of the list (default: the only one)\n"
	"      --algorithm NAME|NUMBER  call-id or 0 (default), and others (dispatchctl.conf(5))\n"
	"      --hash-key NAME[,NAME]   what to hash, the first that a message has; for algorithm 7\n"
	"      --user-only              of a URI that is hashed the user alone\n"
	"      --per-cpu                turns of each CPU by itself\n"
	"      --slot-rule consistent|kamailio  how a hash becomes a destination (default consistent)\n"
	"      --mode proxy|nat|dsr|ipip|shield\n"
	"                               how to send on (default proxy); dispatchctl(8) tells them apart\n"
	"      --affinity calls|hash    remember calls (default), or trust the hash alone\n"
	"      --record-route           proxy: requests inside dialogs come by here, to the same destination\n"
	"      --path                   proxy: phones are reached the way they registered (RFC 3327)\n"
	"      --tunnel-source ADDR[,ADDR]  where tunnels of ipip start: an address of this host, not\n"
	"                               the listener's, or one of each family\n"
	"      --allow NET[,NET...]     sources that are let in without a limit: ADDR or ADDR/LENGTH\n"
	"      --deny NET[,NET...]      sources that are not let in; the longest prefix decides\n"
	"      --rate N                 packets a second of one source (default 0: no limit)\n"
	"      --burst N                packets at once (default: those of a second)\n"
	"      --keepalives             of shield: leave keepalives and STUN to the server\n"
	"  -f, --file LIST              the list of destinations; shield needs none\n"
	"      --xdp auto|native|generic  how to attach (default auto: native, else generic)\n"
	"      --spread CPUS            hand packets to these CPUs by Call-ID, as in 1-3,5 (default: to none)\n"
	"      --key-file F             cluster key: 32 hex digits or 16 octets (default: random)\n"
	"      --table-size N           entries of a pick table, a prime (default 65537)\n"
	"      --drain-timeout S        longest life of a removed destination (default 3600)\n"
	"      --calls N                calls to remember (default 229376)\n"
	"      --instance NAME          default `default`\n"
	"      --bpffs DIR              default /sys/fs/bpf\n"
	"      --json                   result as JSON on standard output\n"
	"  -h, --help                   this text\n"
	"\n"
	"Exit code: 0 attached, 1 failed at run time, 2 wrong usage, 3 the list or the key file has errors.\n";

static int cmd_attach_interfaces(struct record *r, const char *names)
{
	size_t len;

	for (;; names += len + 1) {
		len = strcspn(names, ",");
		if (!len || len >= sizeof(r->interface->name)) {
			output_error("interface '%.*s' is no name", (int)len, names);
			return -EINVAL;
		}
		if (r->n_interfaces == RECORD_INTERFACES_MAX) {
			output_error("more than %d interfaces", RECORD_INTERFACES_MAX);
			return -EINVAL;
		}
		snprintf(r->interface[r->n_interfaces++].name, sizeof(r->interface->name), "%.*s", (int)len, names);
		if (!names[len])
			return 0;
	}
}

static int cmd_attach_record(struct record *r, const struct options *o)
{
	size_t i;

	snprintf(r->version, sizeof(r->version), "%s", SIPXDP_VERSION);
	if (!realpath(o->file, r->file)) {
		output_error("cannot read %s: %s", o->file, strerror(errno));
		return EXIT_INPUT;
	}
	if (o->key_file && !realpath(o->key_file, r->key_from)) {
		output_error("cannot read %s: %s", o->key_file, strerror(errno));
		return EXIT_INPUT;
	}
	r->netns = record_netns();
	snprintf(r->spread, sizeof(r->spread), "%s", o->spread);
	r->table_size = o->table_size;
	r->drain_timeout_s = o->drain_timeout_s;
	r->attached_s = output_clock(CLOCK_REALTIME) / 1000000000;
	r->n_listeners = o->n_listeners;
	memcpy(r->listener, o->listener, sizeof(r->listener));
	for (i = 0; i < r->n_interfaces; i++)
		r->interface[i].mode = o->xdp;
	return EXIT_OK;
}

static int cmd_attach_report(const struct publish *p, bool json)
{
	json_t *out;
	size_t i;

	if (json) {
		out = publish_json(p);
		json_object_set_new(out, "attached", record_json(&p->rec));
		return output_json(out) ? EXIT_FAILED : EXIT_OK;
	}
	for (i = 0; i < p->rec.n_interfaces; i++)
		printf("%s: attached, %s mode\n", p->rec.interface[i].name, record_xdp_name(p->rec.interface[i].mode));
	if (!*p->rec.key_from)
		printf("cluster key: random; other directors need the same --key-file to agree with this one\n");
	publish_print(p);
	return EXIT_OK;
}

static void cmd_attach_admit(struct publish *p, const struct options *o)
{
	size_t i;

	for (i = 0; i < o->n_listeners; i++)
		p->admit[i] = &o->admit[i];
}

int cmd_attach(int argc, char **argv)
{
	struct publish p;
	struct options o;
	__u64 key[2];
	int code = options_attach(argc, argv, cmd_attach_help, &o);

	if (code)
		return -1 - code;
	publish_init(&p);
	cmd_attach_admit(&p, &o);
	if (instance_init(&p.inst, o.bpffs, o.instance))
		return output_usage("instance '%s' is no name: letters, digits, '-' and '_', %d at most", o.instance,
				    INSTANCE_NAME_MAX);
	if (cmd_attach_interfaces(&p.rec, o.interfaces))
		return EXIT_USAGE;
	if (preflight_host(o.bpffs))
		return EXIT_FAILED;
	code = cmd_attach_record(&p.rec, &o);
	if (!code)
		code = key_read(o.key_file, key);
	if (!code)
		code = publish_read(&p, false);
	if (!code && preflight_record(&p.rec))
		code = EXIT_FAILED;
	publish_hold_signals(true);
	if (!code)
		code = attach_make(&p, o.calls, key);
	if (!code)
		code = cmd_attach_report(&p, o.json);
	publish_end(&p);
	options_free(&o);
	code = output_end(code);
	publish_hold_signals(false);
	return code;
}
