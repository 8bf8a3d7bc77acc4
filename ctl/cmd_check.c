// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_check.c - reads lists as attach and reload would and reports what is wrong. Never touches the kernel's tables.
 */
#include "cmd_check.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "exit.h"
#include "output.h"
#include "source.h"

static const char cmd_check_help[] =
	"Usage: dispatchctl check [--json] [--no-dns] [-q] FILE...\n"
	"       dispatchctl check [--json] [--no-dns] [-q] -c CONF\n"
	"Read destination lists, or a configuration and the list that it names, and report\n"
	"every error and warning as FILE:LINE:COLUMN. Needs no root and changes nothing.\n"
	"FILE - is standard input. Of a configuration, print what is in effect, as `run`\n"
	"would take it, and how long it takes at most to notice a dead destination and one\n"
	"that is back.\n"
	"\n"
	"  -c, --config CONF  a configuration, see dispatchctl.conf(5)\n"
	"  --json             one JSON object per file on standard output\n"
	"  --no-dns           do not look up names\n"
	"  -q, --quiet        print errors only\n"
	"  -h, --help         this text\n"
	"\n"
	"Exit code: 0 all clean (warnings allowed), 1 a file cannot be read, 2 wrong usage,\n"
	"3 a file has errors or no destination.\n";

/* JSON has no way to carry octets that are no text; they become \xNN. NULL becomes null. */
static json_t *cmd_check_text(const char *text)
{
	char *printable = text ? diag_printable(text) : NULL;
	json_t *json = printable ? json_string(printable) : text ? NULL : json_null();

	free(printable);
	return json;
}

static json_t *cmd_check_addresses(const struct ds_dest *dest)
{
	json_t *array = json_array();
	char text[URI_ENDPOINT_SIZE];
	size_t i;

	for (i = 0; i < dest->n_members; i++)
		if (dest->member[i].slow != DS_SLOW_NAME)
			json_array_append_new(array, json_string(uri_endpoint_text(&dest->member[i].at, text)));
	return array;
}

static json_t *cmd_check_dest(const struct ds_dest *dest)
{
	const struct ds_config *c = &dest->conf;

	return json_pack("{s:o, s:i, s:i, s:i, s:o, s:o, s:o}", "uri", cmd_check_text(c->uri.text), "line",
			 (int)c->line, "flags", (int)c->flags, "priority", c->priority, "attrs",
			 cmd_check_text(c->attrs.text), "addresses", cmd_check_addresses(dest), "slow_path",
			 cmd_check_text(model_slow_name(model_slow(dest))));
}

static json_t *cmd_check_sets(const struct model *m)
{
	json_t *sets = json_array(), *dests;
	size_t s, i;

	for (s = 0; m && s < m->n_sets; s++) {
		dests = json_array();
		for (i = 0; i < m->set[s].n_dests; i++)
			json_array_append_new(dests, cmd_check_dest(m->set[s].dest[i]));
		json_array_append_new(sets, json_pack("{s:i, s:o}", "id", m->set[s].id, "destinations", dests));
	}
	return sets;
}

json_t *cmd_check_list_json(const struct model *m, const struct diag_list *d)
{
	return json_pack("{s:o, s:b, s:i, s:i, s:o, s:o}", "file", cmd_check_text(d->file), "ok", !d->count[DIAG_ERROR],
			 "errors", (int)d->count[DIAG_ERROR], "warnings", (int)d->count[DIAG_WARNING], "diagnostics",
			 diag_json(d), "sets", cmd_check_sets(m));
}

/* "5", "1-9", or "-" where nothing was seen. */
static const char *cmd_check_range(int min, int max, char buf[32])
{
	if (min > max)
		snprintf(buf, 32, "-");
	else if (min == max)
		snprintf(buf, 32, "%d", min);
	else
		snprintf(buf, 32, "%d-%d", min, max);
	return buf;
}

static void cmd_check_print_set(const char *prefix, const struct ds_set *set)
{
	int prio_min = INT_MAX, prio_max = INT_MIN, weight_min = INT_MAX, weight_max = INT_MIN;
	size_t i, addresses = 0, slow = 0;
	char prio[32], weight[32];

	for (i = 0; i < set->n_dests; i++) {
		const struct ds_config *c = &set->dest[i]->conf;

		addresses += set->dest[i]->n_members;
		slow += model_slow(set->dest[i]) != DS_SLOW_NONE;
		prio_min = c->priority < prio_min ? c->priority : prio_min;
		prio_max = c->priority > prio_max ? c->priority : prio_max;
		if (c->attrs.weight) {
			weight_min = c->attrs.weight < weight_min ? c->attrs.weight : weight_min;
			weight_max = c->attrs.weight > weight_max ? c->attrs.weight : weight_max;
		}
	}
	printf("%s%10d %12zu %9zu %10s %7s %9zu\n", prefix, set->id, set->n_dests, addresses,
	       cmd_check_range(prio_min, prio_max, prio), cmd_check_range(weight_min, weight_max, weight), slow);
}

void cmd_check_list_print(const char *prefix, const struct model *m, const struct diag_list *d)
{
	char *file = diag_printable(d->file);
	size_t s;

	printf("%s%s: errors %zu, warnings %zu", prefix, file ? file : "?", d->count[DIAG_ERROR],
	       d->count[DIAG_WARNING]);
	free(file);
	if (!m || !m->n_sets) {
		printf("\n");
		return;
	}
	printf(", sets %zu, destinations %zu\n", m->n_sets, m->n_dests);
	printf("%s%10s %12s %9s %10s %7s %9s\n", prefix, "set", "destinations", "addresses", "priorities", "weights",
	       "slow path");
	for (s = 0; s < m->n_sets; s++)
		cmd_check_print_set(prefix, &m->set[s]);
}

int cmd_check_load(const char *path, const struct resolver *r, struct model **m, struct diag_list *d)
{
	int ret = source_file_load(path, r, m, d);

	if (ret == -ENODATA)
		diag_add(d, DIAG_ERROR, 0, 0,
			 "no destination, expected at least one; a reload changes nothing unless forced");
	if (!ret)
		return EXIT_OK;
	return ret == -ENODATA || ret == -EINVAL ? EXIT_INPUT : EXIT_FAILED;
}

/* Whether a file that is no list was meant as a configuration, by its name. */
static bool cmd_check_is_conf(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && !strcmp(path + len - 5, ".conf");
}

static int cmd_check_file(const char *path, const struct resolver *r, const struct cmd_check_options *o)
{
	struct model *m = NULL;
	struct diag_list d;
	int code;

	diag_init(&d, strcmp(path, "-") ? path : "<stdin>");
	code = cmd_check_load(path, r, &m, &d);
	if (code == EXIT_INPUT && cmd_check_is_conf(path))
		diag_add(&d, DIAG_ERROR, 0, 0,
			 "read as a list of destinations; remedy, if it is a configuration: dispatchctl check -c FILE");
	if (!o->json)
		diag_print(&d, stderr, !o->quiet);
	if (o->json && output_json(cmd_check_list_json(m, &d)))
		code = EXIT_FAILED;
	if (!o->json && !o->quiet)
		cmd_check_list_print("", m, &d);
	model_free(m);
	diag_free(&d);
	return code;
}

/* Returns the index of the first list, or minus an exit code less one. */
static int cmd_check_parse(int argc, char **argv, struct cmd_check_options *o)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' }, { "json", no_argument, NULL, 'j' },
		{ "no-dns", no_argument, NULL, 'n' },	    { "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },	    { 0 },
	};
	int c;

	optind = 0; /* glibc: start over, whatever the caller parsed */
	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:qh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->conf = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'n':
			o->no_dns = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'h':
			fputs(cmd_check_help, stdout);
			return -1 - EXIT_OK;
		default:
			fprintf(stderr, "dispatchctl check: unknown option %s, or one without its value\n%s",
				argv[optind - 1], cmd_check_help);
			return -1 - EXIT_USAGE;
		}
	}
	if ((optind < argc) != !!o->conf)
		return optind;
	fprintf(stderr, "dispatchctl check: %s\n%s",
		o->conf ? "a list beside a configuration, which names its own; expected one of them"
			: "no file, expected at least one",
		cmd_check_help);
	return -1 - EXIT_USAGE;
}

int cmd_check(int argc, char **argv)
{
	struct cmd_check_options o = { 0 };
	int file = cmd_check_parse(argc, argv, &o);
	int err, one, code = EXIT_OK;
	struct resolver r;

	if (file < 0)
		return -1 - file;
	err = resolve_host(&r, !o.no_dns);
	if (err) {
		fprintf(stderr, "dispatchctl check: cannot read the addresses of this host: %s\n", strerror(-err));
		return EXIT_FAILED;
	}
	if (o.conf)
		code = cmd_check_conf(&r, &o);
	for (; file < argc; file++) {
		one = cmd_check_file(argv[file], &r, &o);
		if (code != EXIT_FAILED && one)
			code = one;
	}
	resolve_host_free(&r);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "dispatchctl check: cannot write: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return code;
}
