// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_apply.c - writes a plan: first what nobody reads yet, then the generation, then what only adds to it.
 */
#include "sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void sync_write_info(struct ds_dest_info *info, const struct sync_item *i, __u64 now_ns)
{
	const struct ds_config *c = &i->dest->conf;

	snprintf(info->uri, sizeof(info->uri), "%s", c->uri.text);
	snprintf(info->attrs, sizeof(info->attrs), "%s", c->attrs.text ? c->attrs.text : "");
	info->priority = c->priority;
	info->list_flags = c->flags;
	info->line = c->line;
	info->weight = c->attrs.weight;
	info->drain_ns = 0;
	if (i->fate == SYNC_ADDED)
		info->since_ns = now_ns;
}

static void sync_set_flags(struct ds_dest_rec *rec, __u32 flags)
{
	__atomic_store_n(&rec->flags, flags, __ATOMIC_RELEASE);
}

/* A record becomes used last, when all of it is there; its counters begin at zero. */
static int sync_write_new(const struct bpf_inst *b, const struct sync_item *i)
{
	struct ds_dest_rec *rec = &b->dests[i->slot];
	int err, cpus = bpf_cpus();
	void *zero;

	if (cpus < 0)
		return cpus;
	zero = calloc(cpus, sizeof(struct ds_dest_stats));
	if (!zero)
		return -ENOMEM;
	err = bpf_put(b, BPF_MAP_dest_stats, &i->slot, zero);
	free(zero);
	if (err)
		return err;
	rec->serial++;
	__atomic_store_n(&b->loads[i->slot].calls, 0, __ATOMIC_RELAXED);
	rec->id = i->id;
	rec->at = i->member->at;
	rec->set = i->set;
	rec->listener = i->listener;
	sync_set_flags(rec, sync_flags(i));
	return 0;
}

static int sync_write_dests(const struct sync *s, const struct bpf_inst *b, __u64 now_ns)
{
	const struct sync_item *i;
	int err;

	for (i = s->item; i < s->item + s->n; i++) {
		if (!i->dest)
			continue;
		sync_write_info(&b->info[i->slot], i, now_ns);
		b->loads[i->slot].max = i->dest->conf.attrs.maxload;
		if (i->fate == SYNC_ADDED) {
			err = sync_write_new(b, i);
			if (err)
				return err;
		} else if (i->fate != SYNC_KEPT) {
			sync_set_flags(&b->dests[i->slot], sync_flags(i));
		}
	}
	return 0;
}

static void sync_write_sets(const struct sync *s, const struct bpf_inst *b, const struct record *r)
{
	const struct sync_set *set;
	size_t i;

	for (i = 0; i < s->n_sets; i++) {
		set = &s->set[i];
		if (set->like != i || set->published)
			continue;
		if (set->n) {
			memcpy(b->slots + set->table_at, set->table, set->size * sizeof(*set->table));
			memcpy(b->slots + set->members_at, set->turn,
			       (set->n_turns + set->n_spare) * sizeof(*set->turn));
		}
		b->sets[set->slot] = sync_set_rec(set, record_target(r, i));
	}
}

/* Fills the half that no packet reads, then has all packets read it. 0 means "nothing published" and is left out. */
static int sync_flip(const struct sync *s, const struct bpf_inst *b, const struct sync_input *in)
{
	const struct record *r = in->record;
	__u32 next = b->state->generation + 1;
	size_t i;
	int err;

	if (!next)
		next = 2;
	err = sync_write_routes(s, b, in, next);
	if (err)
		return err;
	sync_write_uris(s, b, next);
	for (i = 0; i < r->n_listeners; i++) {
		b->listeners[i].half[next & 1] = sync_listener_half(&s->set[s->set[i].like], &r->listener[i]);
		b->listeners[i].half[next & 1].forks = record_forks(r, i);
	}
	__atomic_store_n(&b->state->generation, next, __ATOMIC_SEQ_CST);
	return 0;
}

static void sync_begin_drains(const struct sync *s, const struct bpf_inst *b, __u64 now_ns)
{
	const struct sync_item *i;

	for (i = s->item; i < s->item + s->n; i++) {
		if (i->fate != SYNC_REMOVED)
			continue;
		b->info[i->slot].drain_ns = now_ns;
		sync_set_flags(&b->dests[i->slot], b->dests[i->slot].flags | DS_DEST_DRAINING);
	}
}

/* A slot is free only after no address leads to it. */
static int sync_free_slots(const struct sync *s, const struct bpf_inst *b, const struct record *r)
{
	const struct sync_item *i;
	int err = sync_publish_ids(s, b, r, true);

	for (i = s->item; i < s->item + s->n && !err; i++)
		if (i->fate == SYNC_FREED)
			sync_set_flags(&b->dests[i->slot], 0);
	return err;
}

int sync_apply(struct sync *s, const struct bpf_inst *b, const struct sync_input *in)
{
	int err = sync_write_dests(s, b, in->now_ns);

	if (!err)
		err = sync_publish_ids(s, b, in->record, false);
	if (err)
		return err;
	/* what is added without a change of any set is read by nobody yet */
	if (!s->flip)
		sync_write_uris(s, b, b->state->generation);
	if (s->flip) {
		sync_write_sets(s, b, in->record);
		err = sync_flip(s, b, in);
		if (err)
			return err;
	}
	sync_begin_drains(s, b, in->now_ns);
	return s->count[SYNC_FREED] ? sync_free_slots(s, b, in->record) : 0;
}
