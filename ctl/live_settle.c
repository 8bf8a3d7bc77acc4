// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_settle.c - after a change of the model: who has which slot, what is known of it, and who is told.
 */
#include "live_inner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exit.h"
#include "output.h"

/* More news than this are only summed up: the history is short, and one large reload would be all that it holds. */
#define LIVE_NEWS_MAX 20

/* A slot by the identity of what it holds. */
struct live_slot {
	int set;
	__u32 slot;
	__u64 id;
};

static int live_compare_slots(const void *a, const void *b)
{
	const struct live_slot *x = a, *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static struct live_slot *live_list_slots(const struct bpf_inst *b, size_t *n)
{
	struct live_slot *list = malloc(b->entries[BPF_MAP_dests] * sizeof(*list));
	__u32 slot;

	*n = 0;
	for (slot = 1; list && slot < b->entries[BPF_MAP_dests]; slot++)
		if (b->dests[slot].flags & DS_DEST_USED)
			list[(*n)++] = (struct live_slot){ b->dests[slot].set, slot, b->dests[slot].id };
	if (list)
		qsort(list, *n, sizeof(*list), live_compare_slots);
	return list;
}

int live_bind(void *ctx, struct model *m)
{
	struct live *l = ctx;
	struct live_slot key, *found, *list;
	struct ds_member *member;
	size_t s, d, i, n;

	/* a first attach: nothing is known of anybody */
	if (!l->runtime)
		return 0;
	list = live_list_slots(&l->p.bpf, &n);
	if (!list)
		return -ENOMEM;
	for (s = 0; s < m->n_sets; s++)
		for (d = 0; d < m->set[s].n_dests; d++)
			for (i = 0; i < m->set[s].dest[d]->n_members; i++) {
				member = &m->set[s].dest[d]->member[i];
				key = (struct live_slot){ .set = m->set[s].id, .id = member->id };
				found = n ? bsearch(&key, list, n, sizeof(key), live_compare_slots) : NULL;
				member->runtime = NULL;
				if (found && l->runtime[found->slot].id == member->id)
					member->runtime = &l->runtime[found->slot];
			}
	free(list);
	return 0;
}

enum sync_use live_use(void *ctx, const struct ds_dest *dest, const struct ds_member *member)
{
	const struct live *l = ctx;
	const struct conf_set *set = conf_find_set(l->conf, dest->conf.set);
	enum ds_admin admin = overlay_admin(l->view, dest);
	enum ds_health health = dest->conf.flags & DS_LIST_INACTIVE ? DS_HEALTH_DOWN : DS_HEALTH_UNKNOWN;

	if (admin != DS_ADMIN_ACTIVE)
		return SYNC_USE_NONE;
	if (member->runtime)
		health = member->runtime->health;
	if (set && set->all_down == CONF_ALL_DOWN_DEFAULT && !strcmp(set->default_uri, dest->conf.uri.canonical))
		return SYNC_USE_DEFAULT;
	if (health_is_usable(health, admin))
		return SYNC_USE_FULL;
	return set && set->all_down == CONF_ALL_DOWN_SERVE_ALL ? SYNC_USE_LAST : SYNC_USE_NONE;
}

void live_latency(void *ctx, const struct ds_member *member, struct algorithm_member *m)
{
	const struct latency *known = member->runtime ? &member->runtime->latency : NULL;

	(void)ctx;
	if (!known || !known->count)
		return;
	m->latency_ms = (__u32)(known->ewma_us / 1000);
	m->latency_over_ms = known->ewma_us > known->avg_us ? (__u32)((known->ewma_us - known->avg_us) / 1000) : 0;
}

static __u8 live_overlay_mark(const struct live *l, const struct ds_dest *dest)
{
	const char *mark = overlay_mark(&l->overlay, dest);

	return !mark ? 0 : !strcmp(mark, "added") ? 1 : !strcmp(mark, "modified") ? 2 : 3;
}

static struct history_event live_item_event(const struct live *l, const struct sync_item *i, enum history_kind kind)
{
	struct history_event e = { .kind = kind, .id = i->id, .set = i->set };

	snprintf(e.uri, sizeof(e.uri), "%s", i->dest ? i->dest->conf.uri.text : l->p.bpf.info[i->slot].uri);
	return e;
}

static void live_item_news(struct live *l, const struct sync_item *i)
{
	static const enum history_kind kinds[SYNC_FATES] = {
		[SYNC_CHANGED] = HISTORY_CHANGED,
		[SYNC_ADDED] = HISTORY_ADDED,
		[SYNC_RESUMED] = HISTORY_ADDED,
		[SYNC_REMOVED] = HISTORY_REMOVED,
	};
	struct history_event e;

	if (kinds[i->fate] == HISTORY_NONE)
		return;
	e = live_item_event(l, i, kinds[i->fate]);
	live_event(l, &e);
}

/* An operator's word on a member, where it is another than before. */
static void live_settle_admin(struct live *l, const struct sync_item *i, bool news)
{
	struct ds_runtime *r = &l->runtime[i->slot];
	enum ds_admin admin = overlay_admin(&l->overlay, i->dest);
	struct history_event e = live_item_event(l, i, HISTORY_ADMIN);

	e.was = r->admin;
	e.now = admin;
	e.cause = HEALTH_OPERATOR;
	if (r->admin != admin && news)
		live_event(l, &e);
	r->admin = admin;
	r->overlay = live_overlay_mark(l, i->dest);
}

static void live_settle_item(struct live *l, const struct sync_item *i, __u64 now_ns, bool news)
{
	struct ds_runtime *r = &l->runtime[i->slot];

	if (!i->dest) {
		l->draining |= i->fate != SYNC_FREED;
		return;
	}
	l->place[i->slot] = (struct live_place){ (struct ds_dest *)(__UINTPTR_TYPE__)i->dest,
						 (struct ds_member *)(__UINTPTR_TYPE__)i->member };
	if (r->id != i->id) {
		health_init(r, i->id, i->dest->conf.flags, now_ns);
		l->slow_stats.dest[i->slot] = (struct ds_dest_stats){ .octets_to = 0 };
		r->admin = overlay_admin(&l->overlay, i->dest);
	}
	l->place[i->slot].member->runtime = r;
	live_settle_admin(l, i, news);
}

int live_settle(struct live *l, bool news)
{
	const size_t *n = l->p.sync.count;
	__u64 now_ns = output_clock(CLOCK_BOOTTIME);
	size_t i, total = n[SYNC_CHANGED] + n[SYNC_ADDED] + n[SYNC_RESUMED] + n[SYNC_REMOVED];

	memset(l->place, 0, l->p.bpf.entries[BPF_MAP_dests] * sizeof(*l->place));
	l->draining = false;
	for (i = 0; i < l->p.sync.n; i++) {
		if (news && total <= LIVE_NEWS_MAX)
			live_item_news(l, &l->p.sync.item[i]);
		live_settle_item(l, &l->p.sync.item[i], now_ns, news);
	}
	if (l->model != l->p.model)
		model_free(l->model);
	l->model = l->p.model;
	l->p.model = NULL;
	publish_forget(&l->p);
	if (l->nexthop && nexthop_refresh(l->nexthop))
		output_warn("out of memory: the kernel is asked for each next hop");
	if (!live_set_targets(l))
		return EXIT_OK;
	output_error("out of memory: destinations that are new are not pinged");
	return EXIT_FAILED;
}
