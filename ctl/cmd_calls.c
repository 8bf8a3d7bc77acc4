// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_calls.c - lists and counts the calls that the table holds.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "call_list.h"
#include "cmd_control.h"
#include "exit.h"
#include "output.h"
#include "publish.h"

static const char cmd_calls_help[] =
	"Usage: dispatchctl calls [OPTION...] [SELECTOR]\n"
	"List the entries of the calls table, or count them: which destination each call is with, its state and\n"
	"for how long nothing was heard of it. Reads what is pinned: no daemon need run, and nothing is changed.\n"
	"Calls are named by the keyed hash of listener and Call-ID; the Call-ID itself is not kept. Requests that\n"
	"are no calls (REGISTER, OPTIONS) are entries as well, for what is sent again.\n" CMD_CONTROL_SELECTOR "\n"
	"      --state new|ringing|confirmed|ending|over\n"
	"                       only these\n"
	"      --listener A:P   only calls at that listener\n"
	"      --idle-min S     only those not heard of for S seconds\n"
	"      --idle-max S     only those heard of within S seconds\n"
	"      --limit N        list N at most, default 1000; 0: all\n"
	"      --count          the number alone\n"
	"      --by destination|state|set|listener\n"
	"                       the number for each of these\n"
	"      --instance NAME  default `default`\n"
	"      --bpffs DIR      default /sys/fs/bpf\n"
	"      --json           as JSON on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 done, 1 failed at run time, 2 wrong usage, 4 not attached, or the selector matches no\n"
	"destination.\n";

struct cmd_calls {
	const struct options *o;
	struct publish p;
	struct call_filter filter;
	struct call_list list;
	bool *dest;
};

static json_t *cmd_calls_dest_json(const struct bpf_inst *b, __u32 slot)
{
	char id[17], at[URI_ENDPOINT_SIZE];

	snprintf(id, sizeof(id), "%016llx", b->dests[slot].id);
	return json_pack("{s:s, s:i, s:o, s:s}", "id", id, "set", b->dests[slot].set, "uri",
			 output_text(b->info[slot].uri), "address", uri_endpoint_text(&b->dests[slot].at, at));
}

static const char *cmd_calls_listener(const struct bpf_inst *b, __u32 listener, char at[URI_ENDPOINT_SIZE])
{
	if (listener >= DS_LISTENERS_MAX)
		return "-";
	return uri_endpoint_text(&b->listeners[listener].at, at);
}

static json_t *cmd_calls_row_json(const struct bpf_inst *b, const struct call_row *r)
{
	__u32 slot = DS_CALL_DEST(r->val);
	char key[17], at[URI_ENDPOINT_SIZE];
	json_t *json;

	snprintf(key, sizeof(key), "%016llx", r->key);
	json = json_pack("{s:s, s:s, s:I, s:s}", "call", key, "state", call_state_name(DS_CALL_STATE(r->val)), "idle_s",
			 (json_int_t)r->idle_s, "listener", cmd_calls_listener(b, b->dests[slot].listener, at));
	json_object_update_new(json, cmd_calls_dest_json(b, slot));
	return json;
}

/* Row by row: all of a long list at once would take a lot of room. */
static int cmd_calls_print_json(const struct cmd_calls *c)
{
	json_t *one;
	size_t i;
	int err = 0;

	printf("{\"matched\": %llu, \"shown\": %zu, \"calls\": [", c->list.matched, c->list.n);
	for (i = 0; i < c->list.n && !err; i++) {
		one = cmd_calls_row_json(&c->p.bpf, &c->list.row[i]);
		fputs(i ? ",\n" : "\n", stdout);
		err = one ? json_dumpf(one, stdout, JSON_COMPACT) : -ENOMEM;
		json_decref(one);
	}
	puts("]}");
	return err;
}

static void cmd_calls_print_text(const struct cmd_calls *c)
{
	const struct bpf_inst *b = &c->p.bpf;
	char at[URI_ENDPOINT_SIZE];
	const struct call_row *r;
	__u32 slot;

	printf("%-16s %-9s %8s %-21s %5s %-16s %s\n", "call", "state", "idle s", "listener", "set", "destination",
	       "uri");
	for (r = c->list.row; r < c->list.row + c->list.n; r++) {
		slot = DS_CALL_DEST(r->val);
		printf("%016llx %-9s %8u %-21s %5d %016llx %s\n", r->key, call_state_name(DS_CALL_STATE(r->val)),
		       r->idle_s, cmd_calls_listener(b, b->dests[slot].listener, at), b->dests[slot].set,
		       b->dests[slot].id, b->info[slot].uri);
	}
	if (c->list.n < c->list.matched)
		output_warn("%llu more are not shown; --limit says how many are", c->list.matched - c->list.n);
}

/* The first slot that is asked for and has the same set or listener: the one that stands for all of them. */
static __u32 cmd_calls_like(const struct cmd_calls *c, __u32 slot)
{
	const struct ds_dest_rec *d = c->p.bpf.dests;
	__u32 i;

	for (i = 1; i < slot && c->o->count_by != CALL_LIST_BY_DESTINATION; i++)
		if (c->dest[i] &&
		    (c->o->count_by == CALL_LIST_BY_SET ? d[i].set == d[slot].set : d[i].listener == d[slot].listener))
			return i;
	return slot;
}

/* What is counted by: the members of a row in front of its number. */
static json_t *cmd_calls_group_json(const struct cmd_calls *c, __u32 slot)
{
	const struct bpf_inst *b = &c->p.bpf;
	char at[URI_ENDPOINT_SIZE];

	if (c->o->count_by == CALL_LIST_BY_SET)
		return json_pack("{s:i}", "set", b->dests[slot].set);
	if (c->o->count_by == CALL_LIST_BY_LISTENER)
		return json_pack("{s:s}", "listener", cmd_calls_listener(b, b->dests[slot].listener, at));
	return cmd_calls_dest_json(b, slot);
}

static json_t *cmd_calls_by_state(const struct cmd_calls *c)
{
	json_t *rows = json_array();
	unsigned int i;

	for (i = DS_CALL_NEW; i < DS_CALL_STATES; i++)
		json_array_append_new(rows, json_pack("{s:s, s:I}", "state", call_state_name(i), "calls",
						      (json_int_t)c->list.state[i]));
	return rows;
}

static json_t *cmd_calls_by_place(const struct cmd_calls *c)
{
	__u32 slot, like, slots = c->p.bpf.entries[BPF_MAP_dests];
	json_t *rows = json_array(), *row;
	__u64 *sum = calloc(slots, sizeof(*sum));

	for (slot = 1; sum && slot < slots; slot++)
		if (c->dest[slot])
			sum[cmd_calls_like(c, slot)] += c->list.dest[slot];
	for (slot = 1; sum && slot < slots; slot++) {
		like = c->dest[slot] ? cmd_calls_like(c, slot) : 0;
		if (like != slot)
			continue;
		row = cmd_calls_group_json(c, slot);
		json_object_set_new(row, "calls", json_integer((json_int_t)sum[slot]));
		json_array_append_new(rows, row);
	}
	free(sum);
	return rows;
}

static void cmd_calls_print_groups(const json_t *rows)
{
	json_t *row, *one;
	const char *key;
	size_t i;

	json_array_foreach (rows, i, row) {
		printf("%9lld", json_integer_value(json_object_get(row, "calls")));
		json_object_foreach (row, key, one) {
			if (json_is_string(one))
				printf(" %s", json_string_value(one));
			else if (strcmp(key, "calls") != 0)
				printf(" set %lld", json_integer_value(one));
		}
		putchar('\n');
	}
}

static int cmd_calls_print_by(const struct cmd_calls *c)
{
	json_t *rows = c->o->count_by == CALL_LIST_BY_STATE ? cmd_calls_by_state(c) : cmd_calls_by_place(c);

	if (c->o->json)
		return output_json(json_pack("{s:I, s:o}", "matched", (json_int_t)c->list.matched, "by", rows));
	cmd_calls_print_groups(rows);
	json_decref(rows);
	return 0;
}

static int cmd_calls_print(const struct cmd_calls *c)
{
	if (c->o->given & OPTIONS_HAS_BY)
		return cmd_calls_print_by(c);
	if (c->o->count && c->o->json)
		return output_json(json_pack("{s:I}", "matched", (json_int_t)c->list.matched));
	if (c->o->count)
		printf("%llu\n", c->list.matched);
	else if (c->o->json)
		return cmd_calls_print_json(c);
	else
		cmd_calls_print_text(c);
	return 0;
}

/* The slot of the listener at an address. Returns an exit code after saying that there is none. */
static int cmd_calls_find_listener(const struct cmd_calls *c, int *slot)
{
	const struct record *r = &c->p.rec;
	char at[URI_ENDPOINT_SIZE];

	for (*slot = 0; *slot < (int)r->n_listeners; (*slot)++)
		if (!memcmp(&r->listener[*slot].at, &c->o->listener[0].at, sizeof(c->o->listener[0].at)))
			return EXIT_OK;
	output_error("no listener is at %s", uri_endpoint_text(&c->o->listener[0].at, at));
	return EXIT_NOTHING;
}

/* Marks the destinations that are asked for. Returns an exit code. */
static int cmd_calls_select(struct cmd_calls *c, const struct selection *select)
{
	struct show_input in = { .bpf = &c->p.bpf, .rec = &c->p.rec, .select = select };
	__u32 slot, slots = c->p.bpf.entries[BPF_MAP_dests];
	bool any = false;

	c->dest = calloc(slots, sizeof(*c->dest));
	if (!c->dest) {
		output_error("out of memory");
		return EXIT_FAILED;
	}
	for (slot = 1; slot < slots; slot++) {
		c->dest[slot] = (c->p.bpf.dests[slot].flags & DS_DEST_USED) && show_is_selected(&in, slot);
		any |= c->dest[slot];
	}
	c->filter.dest = c->dest;
	if (any || !select)
		return EXIT_OK;
	output_error("nothing matches '%s'", c->o->arg[0]);
	return EXIT_NOTHING;
}

static int cmd_calls_look(struct cmd_calls *c, const struct selection *select)
{
	bool rows = !c->o->count && !(c->o->given & OPTIONS_HAS_BY);
	size_t limit = !rows ? 0 : c->o->limit ? c->o->limit : SIZE_MAX;
	int err, code = cmd_calls_select(c, select);

	if (!code && c->o->n_listeners)
		code = cmd_calls_find_listener(c, &c->filter.listener);
	if (code)
		return code;
	err = call_list_read(&c->list, &c->p.bpf, &c->filter, output_clock(CLOCK_MONOTONIC) >> DS_TICK_SHIFT, limit);
	if (!err)
		err = cmd_calls_print(c);
	call_list_free(&c->list);
	if (err)
		output_error("cannot show the calls: %s", strerror(-err));
	return err ? EXIT_FAILED : EXIT_OK;
}

int cmd_calls(int argc, char **argv)
{
	struct selection select = { 0 };
	struct cmd_calls c = { 0 };
	const char *why = NULL;
	struct options o;
	int code = options_args(argc, argv, cmd_calls_help, "NYZLoOM", "[SELECTOR]", &o);

	if (code)
		return -1 - code;
	c.o = &o;
	c.filter = (struct call_filter){
		.state = o.call_state, .listener = CALL_LIST_ANY, .idle_min_s = o.idle_min_s, .idle_max_s = o.idle_max_s
	};
	code = o.n_args ? cmd_control_selector(o.arg[0]) : EXIT_OK;
	if (code)
		return code;
	if (o.n_args && select_parse(o.arg[0], &select, &why)) {
		output_error("out of memory");
		return EXIT_FAILED;
	}
	publish_init(&c.p);
	code = publish_open(&c.p, &o, false);
	if (!code)
		code = cmd_calls_look(&c, o.n_args ? &select : NULL);
	publish_end(&c.p);
	free(c.dest);
	select_free(&select);
	return output_end(code);
}
