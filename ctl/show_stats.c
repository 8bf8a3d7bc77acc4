// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * show_stats.c - the program's counters, summed over CPUs, as JSON and as text with rates.
 */
#include "show.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "sums.h"

struct show_stats_name {
	const char *name;
	const char *help;
};

static const struct show_stats_name show_stats_verdicts[VERDICT_MAX] = {
#define X(name, help) { #name, help },
	VERDICT_LIST(X)
#undef X
};

static const struct show_stats_name show_stats_reasons[REASON_MAX] = {
#define X(name, code, help) { #name, help },
	REASON_LIST(X)
#undef X
};

int show_stats_read(const struct show_input *in, struct show_stats *k)
{
	struct ds_dest_stats one;
	__u32 i;
	int err;

	memset(k, 0, sizeof(*k));
	k->at_ns = output_clock(CLOCK_MONOTONIC);
	for (i = 0; i <= DS_LISTENERS_MAX; i++) {
		if (i >= in->rec->n_listeners && i < DS_LISTENERS_MAX)
			continue;
		err = sums_listener(in->bpf, i, &k->listener[i]);
		if (err)
			return err;
		sums_add_counters(&k->total, &k->listener[i]);
		if (i == DS_LISTENERS_MAX)
			continue;
		slow_stats_add_listener(in->slow, i, &k->slow[i]);
		sums_add_counters(&k->slow_total, &k->slow[i]);
	}
	for (i = 1; i < in->bpf->entries[BPF_MAP_dests]; i++) {
		if (!(in->bpf->dests[i].flags & DS_DEST_USED))
			continue;
		err = sums_dest(in->bpf, i, &one);
		if (err)
			return err;
		slow_stats_add_dest(in->slow, i, &k->slow_dests);
		sums_add_dest(&k->dests, &one);
	}
	sums_add_dest(&k->dests, &k->slow_dests);
	return bpf_stats_read(in->bpf, k->prog);
}

/* One line; the rate only where there was a look before. */
static void show_stats_line(const struct show_stats_name *n, __u64 now, __u64 was, double seconds)
{
	if (seconds > 0)
		printf("  %-18s %12llu %10.0f/s  %s\n", n->name, now, (now - was) / seconds, n->help);
	else
		printf("  %-18s %12llu  %s\n", n->name, now, n->help);
}

static void show_stats_print_messages(const struct ds_dest_stats *now, const struct ds_dest_stats *was, double seconds)
{
	struct show_stats_name n = { .help = "" };
	char class[4];
	unsigned int i;

	printf("requests to destinations\n");
	for (i = 1; i < SIP_METHOD_MAX; i++) {
		n.name = sums_method_name(i);
		if (now->requests[i])
			show_stats_line(&n, now->requests[i], was->requests[i], seconds);
	}
	printf("responses of destinations\n");
	for (i = 1; i <= 6; i++) {
		snprintf(class, sizeof(class), "%uxx", i);
		n.name = class;
		if (now->responses[i])
			show_stats_line(&n, now->responses[i], was->responses[i], seconds);
	}
}

static void show_stats_print_counters(const char *path, const struct ds_counters *now, const struct ds_counters *was,
				      double seconds, bool all)
{
	size_t i;

	printf("verdicts%s\n", path);
	for (i = 0; i < VERDICT_MAX; i++)
		show_stats_line(&show_stats_verdicts[i], now->verdict[i], was->verdict[i], seconds);
	printf("reasons%s\n", path);
	for (i = 0; i < REASON_MAX; i++)
		if (all || now->reason[i])
			show_stats_line(&show_stats_reasons[i], now->reason[i], was->reason[i], seconds);
}

/* What was handed to other CPUs. Packets are under way while this is read, so that few may seem lost that are not. */
static const struct show_stats_name show_stats_handed = { "handed", "packets handed to another CPU" };
static const struct show_stats_name show_stats_lost = { "lost", "packets that found the queue of that CPU full" };

static __u64 show_stats_lost_of(const struct ds_counters *c)
{
	return c->handed > c->taken ? c->handed - c->taken : 0;
}

static void show_stats_print_spread(const struct ds_counters *now, const struct ds_counters *was, double seconds)
{
	if (!now->handed)
		return;
	printf("spread over CPUs\n");
	show_stats_line(&show_stats_handed, now->handed, was->handed, seconds);
	show_stats_line(&show_stats_lost, show_stats_lost_of(now), show_stats_lost_of(was), seconds);
}

/* Whether there was anything for the slow path. */
static bool show_stats_is_slow(const struct show_stats *k)
{
	size_t i;

	for (i = 0; i < VERDICT_MAX; i++)
		if (k->slow_total.verdict[i])
			return true;
	return false;
}

void show_stats_print(const struct show_stats *now, const struct show_stats *was, bool all)
{
	double seconds = was->at_ns ? (now->at_ns - was->at_ns) / 1e9 : 0;
	size_t i;

	show_stats_print_counters("", &now->total, &was->total, seconds, all);
	show_stats_print_spread(&now->total, &was->total, seconds);
	if (all || show_stats_is_slow(now))
		show_stats_print_counters(" of the slow path", &now->slow_total, &was->slow_total, seconds, all);
	show_stats_print_messages(&now->dests, &was->dests, seconds);
	for (i = 0; i < BPF_PROGS; i++)
		if (now->prog[i].run_cnt)
			printf("%s: %llu runs, %.0f ns each, since it was loaded and while statistics were on\n",
			       now->prog[i].name, now->prog[i].run_cnt,
			       (double)now->prog[i].run_time_ns / now->prog[i].run_cnt);
}

static json_t *show_stats_json_counters(const struct ds_counters *c, bool all)
{
	json_t *verdicts = json_object(), *reasons = json_object();
	size_t i;

	for (i = 0; i < VERDICT_MAX; i++)
		json_object_set_new(verdicts, show_stats_verdicts[i].name, json_integer(c->verdict[i]));
	for (i = 0; i < REASON_MAX; i++)
		if (all || c->reason[i])
			json_object_set_new(reasons, show_stats_reasons[i].name, json_integer(c->reason[i]));
	return json_pack("{s:o, s:o}", "verdicts", verdicts, "reasons", reasons);
}

static json_t *show_stats_json_messages(const struct ds_dest_stats *d)
{
	json_t *requests = json_object(), *responses = json_object();
	char class[4];
	unsigned int i;

	for (i = 1; i < SIP_METHOD_MAX; i++)
		json_object_set_new(requests, sums_method_name(i), json_integer(d->requests[i]));
	for (i = 1; i <= 6; i++) {
		snprintf(class, sizeof(class), "%uxx", i);
		json_object_set_new(responses, class, json_integer(d->responses[i]));
	}
	return json_pack("{s:o, s:o}", "requests", requests, "responses", responses);
}

/* Both paths by the same names, told apart by "path". */
static json_t *show_stats_json_paths(const struct show_stats *k, bool all)
{
	json_t *paths = json_array(), *one;

	one = show_stats_json_counters(&k->total, all);
	json_object_set_new(one, "path", json_string("fast"));
	json_array_append_new(paths, one);
	one = show_stats_json_counters(&k->slow_total, all);
	json_object_set_new(one, "path", json_string("slow"));
	json_object_set_new(one, "messages", show_stats_json_messages(&k->slow_dests));
	json_array_append_new(paths, one);
	return paths;
}

struct json_t *show_stats_json(const struct show_input *in, const struct show_stats *k, bool all)
{
	json_t *root = show_stats_json_counters(&k->total, all), *listeners = json_array(), *programs = json_object(),
	       *one;
	char at[URI_ENDPOINT_SIZE];
	size_t i;

	for (i = 0; i < in->rec->n_listeners; i++) {
		one = show_stats_json_counters(&k->listener[i], all);
		json_object_set_new(one, "listen", json_string(uri_endpoint_text(&in->rec->listener[i].at, at)));
		json_object_set_new(one, "slow", show_stats_json_counters(&k->slow[i], all));
		json_array_append_new(listeners, one);
	}
	for (i = 0; i < BPF_PROGS; i++)
		if (*k->prog[i].name)
			json_object_set_new(programs, k->prog[i].name,
					    json_pack("{s:I, s:I}", "run_time_ns", (json_int_t)k->prog[i].run_time_ns,
						      "run_cnt", (json_int_t)k->prog[i].run_cnt));
	json_object_set_new(root, "instance", json_string(in->instance));
	json_object_set_new(root, "spread",
			    json_pack("{s:I, s:I}", "handed", (json_int_t)k->total.handed, "lost",
				      (json_int_t)show_stats_lost_of(&k->total)));
	json_object_set_new(root, "messages", show_stats_json_messages(&k->dests));
	json_object_set_new(root, "paths", show_stats_json_paths(k, all));
	json_object_set_new(root, "listeners", listeners);
	json_object_set_new(root, "no_listener", show_stats_json_counters(&k->listener[DS_LISTENERS_MAX], all));
	json_object_set_new(root, "programs", programs);
	return root;
}
