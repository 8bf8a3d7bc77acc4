// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_upgrade.c - replaces the programs of an instance while traffic flows, or takes that back.
 */
#include "cmd.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "options.h"
#include "output.h"
#include "publish.h"
#include "upgrade.h"

static const char cmd_upgrade_help[] =
	"Usage: dispatchctl upgrade [OPTION...]\n"
	"Replace the programs of an instance while traffic flows: each interface changes from the old\n"
	"chain to the new one between two packets. Tables, calls and counters stay. All interfaces\n"
	"change or none. The version before is kept until the next upgrade.\n"
	"\n"
	"      --object FILE    programs of this object file (default: those built in here)\n"
	"      --rollback       back to the version before; a second time goes forth again\n"
	"      --xdp native|generic  refuse unless attached so: an upgrade cannot change it\n"
	"      --dry-run        load and check the new programs, change nothing\n"
	"      --instance NAME  default `default`\n"
	"      --bpffs DIR      default /sys/fs/bpf\n"
	"      --json           result as JSON on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 upgraded, 1 failed at run time, 2 wrong usage, 3 the object does not fit,\n"
	"4 not attached, or no version to go back to.\n";

static const struct option cmd_upgrade_options[] = {
	{ "object", required_argument, NULL, 'o' },
	{ "rollback", no_argument, NULL, 'R' },
	{ "xdp", required_argument, NULL, 'x' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "instance", required_argument, NULL, 'I' },
	{ "bpffs", required_argument, NULL, 'b' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct cmd_upgrade {
	struct options o; /* instance, bpffs, json, dry_run, xdp */
	const char *object;
	bool rollback;
};

static int cmd_upgrade_option(struct cmd_upgrade *c, int option, const char *text)
{
	static const char *const xdp[] = { "native", "generic" };
	int i;

	switch (option) {
	case 'o':
		c->object = text;
		break;
	case 'R':
		c->rollback = true;
		break;
	case 'x':
		i = output_word("xdp mode", text, xdp, 2);
		if (i < 0)
			return -1 - EXIT_USAGE;
		c->o.xdp = i ? BPF_XDP_GENERIC : BPF_XDP_NATIVE;
		break;
	case 'n':
		c->o.dry_run = true;
		break;
	case 'I':
		c->o.instance = text;
		break;
	case 'b':
		c->o.bpffs = text;
		break;
	case 'j':
		c->o.json = true;
		break;
	}
	return 0;
}

/* Returns 0, or minus an exit code less one. */
static int cmd_upgrade_parse(int argc, char **argv, struct cmd_upgrade *c)
{
	int option, err;

	memset(c, 0, sizeof(*c));
	c->o.bpffs = INSTANCE_BPFFS;
	c->o.instance = INSTANCE_DEFAULT;
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", cmd_upgrade_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(cmd_upgrade_help, stdout);
			return -1 - output_end(EXIT_OK);
		}
		if (option == ':')
			return -1 - output_usage("option %s needs a value", argv[optind - 1]);
		if (option == '?')
			return -1 - output_usage("option %s is unknown or ambiguous", argv[optind - 1]);
		err = cmd_upgrade_option(c, option, optarg);
		if (err)
			return err;
	}
	if (optind < argc)
		return -1 - output_usage("argument '%s' is one too many", argv[optind]);
	if (c->object && c->rollback)
		return -1 - output_usage("--rollback goes back to what is kept; it takes no --object");
	return 0;
}

/* A link has its mode for life. */
static int cmd_upgrade_check_mode(const struct record *r, enum bpf_xdp_mode asked)
{
	size_t i;

	for (i = 0; asked && i < r->n_interfaces; i++) {
		if (r->interface[i].mode == asked)
			continue;
		output_error("%s is attached in %s mode, which an upgrade cannot change; remedy: dispatchctl detach, "
			     "then attach --xdp %s",
			     r->interface[i].name, record_xdp_name(r->interface[i].mode), record_xdp_name(asked));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

static void cmd_upgrade_print(const struct upgrade *u, const struct bpf_prog_about *was,
			      const struct bpf_prog_about *now, bool dry_run)
{
	size_t i;

	if (dry_run)
		printf("dry run, nothing is changed\n");
	for (i = 0; i < u->n_links; i++)
		printf("%s: %s\n", u->link[i].name, u->link[i].gone ? "gone, not upgraded" : "upgraded");
	printf("version %s, %s -> version %s, %s\n", u->p->rec.version, u->p->rec.program, u->about.version,
	       u->about.program);
	for (i = 0; i < BPF_PROGS; i++) {
		if (!*now[i].name)
			continue;
		printf("%-13s %u (%s) -> %u (%s)", now[i].name, was[i].id, was[i].tag, now[i].id, now[i].tag);
		if (now[i].verified)
			printf(", %u instructions verified", now[i].verified);
		putchar('\n');
	}
}

static json_t *cmd_upgrade_json_programs(const struct bpf_prog_about *was, const struct bpf_prog_about *now)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < BPF_PROGS; i++)
		if (*now[i].name)
			json_array_append_new(list, json_pack("{s:s, s:{s:I, s:s}, s:{s:I, s:s, s:I}}", "name",
							      now[i].name, "was", "id", (json_int_t)was[i].id, "tag",
							      was[i].tag, "now", "id", (json_int_t)now[i].id, "tag",
							      now[i].tag, "verified", (json_int_t)now[i].verified));
	return list;
}

static int cmd_upgrade_print_json(const struct upgrade *u, const struct bpf_prog_about *was,
				  const struct bpf_prog_about *now, bool dry_run)
{
	json_t *links = json_array();
	size_t i;

	for (i = 0; i < u->n_links; i++)
		json_array_append_new(links,
				      json_pack("{s:s, s:b}", "name", u->link[i].name, "upgraded", u->link[i].done));
	return output_json(json_pack("{s:s, s:b, s:b, s:{s:s, s:s}, s:{s:s, s:s}, s:o, s:o}", "instance",
				     u->p->inst.name, "dry_run", dry_run, "rollback", u->rollback, "was", "version",
				     u->p->rec.version, "program", u->p->rec.program, "now", "version",
				     u->about.version, "program", u->about.program, "interfaces", links, "programs",
				     cmd_upgrade_json_programs(was, now)));
}

static int cmd_upgrade_report(const struct upgrade *u, const struct options *o)
{
	struct bpf_prog_about was[BPF_PROGS], now[BPF_PROGS];
	int err = bpf_version_about(&u->p->bpf.version, was);

	if (!err)
		err = bpf_version_about(&u->next, now);
	if (err) {
		output_error("cannot read the programs: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (o->json)
		return cmd_upgrade_print_json(u, was, now, o->dry_run) ? EXIT_FAILED : EXIT_OK;
	cmd_upgrade_print(u, was, now, o->dry_run);
	return EXIT_OK;
}

int cmd_upgrade(int argc, char **argv)
{
	struct cmd_upgrade c;
	struct publish p;
	struct upgrade u;
	int code = cmd_upgrade_parse(argc, argv, &c);

	if (code)
		return -1 - code;
	publish_init(&p);
	upgrade_init(&u, &p);
	code = publish_open(&p, &c.o, true);
	if (!code)
		code = cmd_upgrade_check_mode(&p.rec, c.o.xdp);
	if (!code)
		code = c.rollback ? upgrade_open_old(&u) : upgrade_load(&u, c.object);
	publish_hold_signals(true);
	if (!code && !c.o.dry_run)
		code = upgrade_apply(&u);
	if (!code)
		code = cmd_upgrade_report(&u, &c.o);
	upgrade_free(&u);
	publish_end(&p);
	code = output_end(code);
	publish_hold_signals(false);
	return code;
}
