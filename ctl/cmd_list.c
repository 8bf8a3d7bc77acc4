// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_list.c - shows listeners, sets and destinations as they are published.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exit.h"
#include "options.h"
#include "output.h"
#include "publish.h"
#include "sums.h"

static const char cmd_list_help[] =
	"Usage: dispatchctl list [OPTION...]\n"
	"Show listeners and destinations with their state, share of keys, calls and traffic.\n"
	"State is Kamailio's two letters: A active, T trying, I inactive, D disabled; P probing, N not\n"
	"pinged, X neither. `draining`: not in the list any more, keeps the calls it has.\n"
	"\n"
	"      --instance NAME  default `default`\n"
	"      --bpffs DIR      default /sys/fs/bpf\n"
	"      --json           as JSON on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 done, 1 failed at run time, 2 wrong usage, 4 not attached.\n";

/* One destination with all that is shown of it. */
struct cmd_list_row {
	__u32 slot;
	__u64 requests;
	__u64 responses;
	struct ds_dest_stats stats;
};

struct cmd_list {
	struct publish p;
	struct cmd_list_row *row;
	size_t n;
	double *share; /* by slot of dests[] */
	__u64 now_ns;  /* CLOCK_MONOTONIC */
};

static void cmd_list_state(const struct bpf_inst *b, __u32 slot, char text[16])
{
	__u32 list = b->info[slot].list_flags, flags = b->dests[slot].flags;
	char first = list & DS_LIST_INACTIVE ? 'I' : list & DS_LIST_DISABLED ? 'D' : list & DS_LIST_TRYING ? 'T' : 'A';
	char second = list & DS_LIST_PROBING ? 'P' : list & DS_LIST_NOPING ? 'N' : 'X';

	snprintf(text, 16, "%c%c%s", first, second, flags & DS_DEST_DRAINING ? " draining" : "");
}

/* Shares of what the algorithm picks from; a destination of several listeners shows that of the first. */
static void cmd_list_share(struct cmd_list *l)
{
	const struct bpf_inst *b = &l->p.bpf;
	__u32 i, at, n, max = b->entries[BPF_MAP_dests];
	const struct ds_set_rec *set;
	size_t k, earlier;

	for (k = 0; k < l->p.rec.n_listeners; k++) {
		set = sync_current(b, k);
		for (earlier = 0; set && earlier < k; earlier++)
			if (sync_current(b, earlier) && sync_current(b, earlier)->id == set->id &&
			    b->listeners[earlier].is_ip6 == b->listeners[k].is_ip6)
				set = NULL;
		if (!set)
			continue;
		at = set->algorithm == DS_ALGORITHM_ROUND_ROBIN ? set->members : set->table;
		n = set->algorithm == DS_ALGORITHM_ROUND_ROBIN ? set->active : set->table_size;
		for (i = 0; i < n; i++)
			if (b->slots[at + i] < max)
				l->share[b->slots[at + i]] += 1.0 / n;
	}
}

static int cmd_list_compare(const void *a, const void *b, void *ctx)
{
	__u32 x = ((const struct cmd_list_row *)a)->slot, y = ((const struct cmd_list_row *)b)->slot;
	const struct bpf_inst *inst = ctx;

	if (inst->dests[x].set != inst->dests[y].set)
		return inst->dests[x].set < inst->dests[y].set ? -1 : 1;
	if (inst->info[x].line != inst->info[y].line)
		return inst->info[x].line < inst->info[y].line ? -1 : 1;
	return x < y ? -1 : 1;
}

static int cmd_list_read(struct cmd_list *l)
{
	struct bpf_inst *b = &l->p.bpf;
	struct cmd_list_row *r;
	__u32 slot;
	size_t i;
	int err;

	l->now_ns = output_clock(CLOCK_MONOTONIC);
	l->row = calloc(b->entries[BPF_MAP_dests], sizeof(*l->row));
	l->share = calloc(b->entries[BPF_MAP_dests], sizeof(*l->share));
	l->p.calls = sync_count_calls(b, l->now_ns >> DS_TICK_SHIFT);
	if (!l->row || !l->share || !l->p.calls)
		return -ENOMEM;
	for (slot = 1; slot < b->entries[BPF_MAP_dests]; slot++) {
		if (!(b->dests[slot].flags & DS_DEST_USED))
			continue;
		r = &l->row[l->n++];
		r->slot = slot;
		err = sums_dest(b, slot, &r->stats);
		if (err)
			return err;
		for (i = 0; i < sizeof(r->stats.requests) / sizeof(*r->stats.requests); i++) {
			r->requests += r->stats.requests[i];
			r->responses += r->stats.responses[i];
		}
	}
	qsort_r(l->row, l->n, sizeof(*l->row), cmd_list_compare, b);
	cmd_list_share(l);
	return 0;
}

/* Why the fast path cannot forward to it, as model_slow_name() has it; NULL where it can. Told from what is published. */
static const char *cmd_list_slow(const struct bpf_inst *b, __u32 slot)
{
	static const struct ds_addr none;
	struct uri_error why;
	struct ds_uri uri;
	bool udp;

	if (!(b->dests[slot].flags & DS_DEST_SLOW))
		return NULL;
	if (!memcmp(&b->dests[slot].at.ip, &none, sizeof(none)))
		return model_slow_name(DS_SLOW_NAME);
	if (uri_parse(b->info[slot].uri, strlen(b->info[slot].uri), &uri, &why))
		return model_slow_name(DS_SLOW_LOCAL);
	udp = uri.transport == DS_TRANSPORT_UDP;
	uri_free(&uri);
	return model_slow_name(udp ? DS_SLOW_LOCAL : DS_SLOW_TRANSPORT);
}

/* An interface that was deleted; its number is never given to another. */
static bool cmd_list_is_gone(const struct record *r, size_t i)
{
	char name[IF_NAMESIZE];

	return r->netns == record_netns() && !if_indextoname(r->interface[i].ifindex, name);
}

static void cmd_list_print(const struct cmd_list *l)
{
	char at[URI_ENDPOINT_SIZE], state[16], seen[OUTPUT_AGE_SIZE];
	const struct record *r = &l->p.rec;
	const struct bpf_inst *b = &l->p.bpf;
	const struct cmd_list_row *row;
	const char *slow;
	__s32 set = -1;
	size_t i;

	for (i = 0; i < r->n_interfaces; i++)
		printf("interface %s: %s%s\n", r->interface[i].name, record_xdp_name(r->interface[i].mode),
		       cmd_list_is_gone(r, i) ? ", gone" : "");
	for (i = 0; i < r->n_listeners; i++)
		printf("listener %s: set %d, %s, %s, affinity %s\n", uri_endpoint_text(&r->listener[i].at, at),
		       r->listener[i].set, record_mode_name(r->listener[i].mode),
		       record_algorithm_name(r->listener[i].algorithm), record_affinity_name(r->listener[i].affinity));
	printf("list %s\n", r->file);
	for (row = l->row; row < l->row + l->n; row++) {
		if (b->dests[row->slot].set != set || row == l->row) {
			set = b->dests[row->slot].set;
			printf("\nset %d\n%-16s %-11s %4s %4s %7s %6s %9s %9s %7s %-21s %s\n", set, "id", "state",
			       "prio", "wght", "share", "calls", "requests", "responses", "seen", "address", "uri");
		}
		cmd_list_state(b, row->slot, state);
		slow = cmd_list_slow(b, row->slot);
		printf("%016llx %-11s %4d %4u %6.2f%% %6u %9llu %9llu %7s %-21s %s%s%s\n", b->dests[row->slot].id,
		       state, b->info[row->slot].priority, b->info[row->slot].weight, l->share[row->slot] * 100,
		       l->p.calls[row->slot], row->requests, row->responses,
		       output_age(l->now_ns, row->stats.last_from_ns, seen),
		       uri_endpoint_text(&b->dests[row->slot].at, at), b->info[row->slot].uri,
		       slow ? "  slow path: " : "", slow ? slow : "");
	}
}

static json_t *cmd_list_json_seen(__u64 now_ns, __u64 then_ns)
{
	return then_ns ? json_real((now_ns > then_ns ? now_ns - then_ns : 0) / 1e9) : json_null();
}

static json_t *cmd_list_json_traffic(const struct cmd_list_row *row)
{
	json_t *requests = json_object(), *responses = json_object();
	char class[4];
	unsigned int i;

	for (i = 1; i < SIP_METHOD_MAX; i++)
		json_object_set_new(requests, sums_method_name(i), json_integer(row->stats.requests[i]));
	for (i = 1; i <= 6; i++) {
		snprintf(class, sizeof(class), "%uxx", i);
		json_object_set_new(responses, class, json_integer(row->stats.responses[i]));
	}
	return json_pack("{s:o, s:o, s:I, s:I}", "requests_by_method", requests, "responses_by_class", responses,
			 "octets_to", (json_int_t)row->stats.octets_to, "octets_from",
			 (json_int_t)row->stats.octets_from);
}

static json_t *cmd_list_json_row(const struct cmd_list *l, const struct cmd_list_row *row)
{
	const struct ds_dest_rec *rec = &l->p.bpf.dests[row->slot];
	const struct ds_dest_info *info = &l->p.bpf.info[row->slot];
	char id[17], at[URI_ENDPOINT_SIZE], state[16];
	json_t *json;

	snprintf(id, sizeof(id), "%016llx", rec->id);
	cmd_list_state(&l->p.bpf, row->slot, state);
	state[2] = 0;
	json = json_pack("{s:s, s:i, s:o, s:o, s:s, s:s, s:b, s:s?, s:i, s:i, s:i, s:i, s:f, s:i}", "id", id, "set",
			 rec->set, "uri", output_text(info->uri), "attrs", output_text(info->attrs), "address",
			 uri_endpoint_text(&rec->at, at), "state", state, "draining", rec->flags & DS_DEST_DRAINING,
			 "slow_path", cmd_list_slow(&l->p.bpf, row->slot), "flags", (int)info->list_flags, "priority",
			 info->priority, "weight", (int)info->weight, "line", (int)info->line, "share",
			 l->share[row->slot], "calls", (int)l->p.calls[row->slot]);
	json_object_set_new(json, "requests", json_integer(row->requests));
	json_object_set_new(json, "responses", json_integer(row->responses));
	json_object_set_new(json, "last_sent_s", cmd_list_json_seen(l->now_ns, row->stats.last_to_ns));
	json_object_set_new(json, "last_seen_s", cmd_list_json_seen(l->now_ns, row->stats.last_from_ns));
	json_object_update_new(json, cmd_list_json_traffic(row));
	return json;
}

static int cmd_list_print_json(const struct cmd_list *l)
{
	json_t *dests = json_array();
	size_t i;

	for (i = 0; i < l->n; i++)
		json_array_append_new(dests, cmd_list_json_row(l, &l->row[i]));
	return output_json(json_pack("{s:s, s:I, s:o, s:o}", "instance", l->p.inst.name, "generation",
				     (json_int_t)l->p.bpf.state->generation, "attached", record_json(&l->p.rec),
				     "destinations", dests));
}

int cmd_list(int argc, char **argv)
{
	struct cmd_list l = { 0 };
	struct options o;
	int err, code = options_common(argc, argv, cmd_list_help, "", &o);

	if (code)
		return -1 - code;
	publish_init(&l.p);
	code = publish_open(&l.p, &o, false);
	if (!code) {
		err = cmd_list_read(&l);
		if (err)
			output_error("cannot read the maps: %s", strerror(-err));
		else if (o.json)
			err = cmd_list_print_json(&l);
		else
			cmd_list_print(&l);
		code = err ? EXIT_FAILED : EXIT_OK;
	}
	free(l.row);
	free(l.share);
	publish_end(&l.p);
	return output_end(code);
}
