/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * show.h - what is published, with its health and traffic, as JSON and as text: the commands read the maps themselves or
 * ask the daemon, and print the same.
 */
#ifndef SIPXDP_CTL_SHOW_H
#define SIPXDP_CTL_SHOW_H

#include "bpf.h"
#include "health.h"
#include "record.h"
#include "select.h"
#include "slow_stats.h"

struct json_t;
struct show;

/* Where the daemon pins its records of health (struct ds_runtime by slot of dests[]): maps/NAME of the instance. */
#define SHOW_RUNTIME "runtime"

/* What is looked at; borrowed. */
struct show_input {
	const char *instance;
	const struct bpf_inst *bpf;
	const struct record *rec;
	const struct ds_runtime
		*runtime; /* by slot of dests[], bpf->entries[BPF_MAP_dests] of them; NULL: no daemon yet */
	const struct slow_stats *slow;	/* NULL: only the fast path's counters */
	const struct selection *select; /* NULL: everything */
};

/* Reads the destinations, in the order of sets and lines, and their counters. Returns 0 or -errno: *s is NULL then. */
int show_open(const struct show_input *in, struct show **s);
void show_free(struct show *s);
size_t show_count(const struct show *s);

/* New JSON objects, NULL out of memory: {instance, generation, attached}, and one destination by its place. */
struct json_t *show_head(const struct show *s);
struct json_t *show_row(const struct show *s, size_t i);

/* All of it in one: the head with "destinations". A new object, NULL out of memory. */
struct json_t *show_json(const struct show *s);

/* The same of what is yet to be read; NULL where it cannot be. */
struct json_t *show_list(const struct show_input *in);

/* Whether in->select means what is published in a slot of dests[] that is in use. */
bool show_is_selected(const struct show_input *in, __u32 slot);

/* How far a text has got; all zero is its beginning. */
struct show_text {
	bool in_set;
	int set;
};

/* Print what the functions above make, by them or by the daemon. What is not there is left out. */
void show_print_head(const struct json_t *head);
void show_print_row(struct show_text *t, const struct json_t *row);

/* All counters at one time. */
struct show_stats {
	__u64 at_ns; /* CLOCK_MONOTONIC */
	struct ds_counters listener[DS_LISTENERS_MAX + 1];
	struct ds_counters total;
	struct ds_dest_stats dests;		   /* by both paths */
	struct ds_counters slow[DS_LISTENERS_MAX]; /* of the slow path; those above are of the fast path */
	struct ds_counters slow_total;
	struct ds_dest_stats slow_dests;
	struct bpf_prog_stats prog[BPF_PROGS];
};

/* Sums up over CPUs; of the input, runtime and select do not matter. Returns 0 or -errno. */
int show_stats_read(const struct show_input *in, struct show_stats *k);

/* Returns a new JSON object, NULL out of memory. all: also reasons that never were. */
struct json_t *show_stats_json(const struct show_input *in, const struct show_stats *k, bool all);

/* was: an earlier look, for rates, or one that is all zero. */
void show_stats_print(const struct show_stats *now, const struct show_stats *was, bool all);

#endif
