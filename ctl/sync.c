// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync.c - decides what becomes of each destination.
 */
#include "sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ds_calls.h"
#include "ds_id.h"
#include "table.h"

static __u64 sync_id(void *ctx, const struct ds_dest *dest, const struct ds_member *member)
{
	const char *uri = dest->conf.uri.canonical, *socket = dest->conf.attrs.socket;

	return ds_id(ctx, uri, strlen(uri), socket, socket ? strlen(socket) : 0, &member->at);
}

int sync_ids(struct model *m, const __u64 key[2], char *why, size_t size)
{
	__u64 copy[2] = { key[0], key[1] };
	struct model_ref clash[2];
	int err = model_set_ids(m, sync_id, copy, clash);

	if (err == -EEXIST)
		snprintf(why, size, "set %d: lines %u and %u are the same destination: %s", clash[0].dest->conf.set,
			 clash[0].dest->conf.line, clash[1].dest->conf.line, clash[0].dest->conf.uri.text);
	return err;
}

__u32 *sync_count_calls(const struct bpf_inst *b, __u32 now_ticks, bool ended)
{
	__u32 slots = b->entries[BPF_MAP_dests], *count = calloc(slots, sizeof(*count));
	__u64 val;
	__u32 i, w, slot;

	for (i = 0; count && i < b->entries[BPF_MAP_calls]; i++)
		for (w = 0; w < DS_CALLS_WAYS; w++) {
			val = __atomic_load_n(&b->calls[i].way[w].val, __ATOMIC_RELAXED);
			slot = DS_CALL_DEST(val);
			if (slot < slots && ds_call_alive(val, now_ticks, b->state->call_idle_s) &&
			    DS_CALL_SERIAL(val) == (b->dests[slot].serial & 0xff) &&
			    (ended || (DS_CALL_STATE(val) != DS_CALL_ENDING && DS_CALL_STATE(val) != DS_CALL_OVER)))
				count[slot]++;
		}
	return count;
}

bool sync_reaches(const struct record_listener *l, const struct ds_addr *ip)
{
	static const struct ds_addr none;

	if (l->mode == DS_MODE_IPIP && memcmp(ip, &none, sizeof(none)))
		return memcmp(&l->tunnel[!uri_is_ip4(ip)], &none, sizeof(none)) != 0;
	return !memcmp(ip, &none, sizeof(none)) || uri_is_ip4(&l->at.ip) == uri_is_ip4(ip);
}

bool sync_is_active(const struct ds_dest *dest)
{
	return !(dest->conf.flags & (DS_LIST_INACTIVE | DS_LIST_DISABLED));
}

static int sync_compare(const void *a, const void *b)
{
	const struct sync_item *x = a, *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

const struct sync_item *sync_find(const struct sync *s, int set, __u64 id)
{
	const struct sync_item key = { .set = set, .id = id };

	return s->n ? bsearch(&key, s->item, s->n, sizeof(key), sync_compare) : NULL;
}

/* The listener that a destination counts as belonging to: a nat listener knows its packets by it, so it comes first. */
static int sync_owner(const struct record *r, int set, const struct ds_addr *ip)
{
	int i, owner = -1;

	for (i = 0; i < (int)record_targets(r); i++) {
		if (record_target(r, i)->set != set || !sync_reaches(record_target(r, i), ip))
			continue;
		if (owner < 0 ||
		    (record_target(r, owner)->mode != DS_MODE_NAT && record_target(r, i)->mode == DS_MODE_NAT))
			owner = i;
	}
	return owner < 0 ? owner : (int)record_target_of(r, owner);
}

static bool sync_is_used(const struct record *r, int set)
{
	size_t i;

	for (i = 0; i < record_targets(r); i++)
		if (record_target(r, i)->set == set)
			return true;
	return false;
}

/* Enters the members of all sets that listeners use. */
static void sync_enter_members(struct sync *s, const struct sync_input *in)
{
	const struct ds_dest *dest;
	size_t k, i, m;
	int owner;

	for (k = 0; k < in->model->n_sets; k++) {
		if (!sync_is_used(in->record, in->model->set[k].id))
			continue;
		for (i = 0; i < in->model->set[k].n_dests; i++) {
			dest = in->model->set[k].dest[i];
			for (m = 0; m < dest->n_members; m++) {
				owner = sync_owner(in->record, dest->conf.set, &dest->member[m].at.ip);
				if (owner < 0) {
					s->skipped++;
					continue;
				}
				s->item[s->n++] = (struct sync_item){ .set = dest->conf.set,
								      .id = dest->member[m].id,
								      .fate = SYNC_ADDED,
								      .listener = owner,
								      .dest = dest,
								      .member = &dest->member[m] };
			}
		}
	}
	qsort(s->item, s->n, sizeof(*s->item), sync_compare);
}

__u32 sync_flags(const struct sync_item *i)
{
	return DS_DEST_USED | (i->member->slow ? DS_DEST_SLOW : 0) |
	       (i->member->slow == DS_SLOW_TRANSPORT || i->member->slow == DS_SLOW_NAME ? DS_DEST_FOREIGN : 0) |
	       (i->dest->conf.flags & DS_LIST_DISABLED ? DS_DEST_DISABLED : 0);
}

static bool sync_is_changed(const struct sync_item *i, const struct ds_dest_rec *rec, const struct ds_dest_info *info)
{
	const struct ds_config *c = &i->dest->conf;
	char attrs[DS_ATTRS_MAX];

	snprintf(attrs, sizeof(attrs), "%s", c->attrs.text ? c->attrs.text : "");
	return (rec->flags & ~DS_DEST_DRAINING) != sync_flags(i) || info->list_flags != c->flags ||
	       info->priority != c->priority || strcmp(info->attrs, attrs) != 0;
}

/* What becomes of a destination that is published and not in the list. */
static enum sync_fate sync_drain(const struct bpf_inst *b, const struct sync_input *in, __u32 slot)
{
	__u64 age_s;

	if (!(b->dests[slot].flags & DS_DEST_DRAINING))
		return SYNC_REMOVED;
	age_s = (in->now_ns - b->info[slot].drain_ns) / 1000000000;
	if (age_s >= in->record->drain_timeout_s || (age_s >= SYNC_DRAIN_MIN_S && !in->calls[slot]))
		return SYNC_FREED;
	return SYNC_DRAINING;
}

/* Meets what is published; s->item has room for all of it. Only the members before it are searched. */
static void sync_meet_published(struct sync *s, const struct bpf_inst *b, const struct sync_input *in)
{
	const size_t n_members = s->n;
	const struct ds_dest_rec *rec;
	struct sync_item key, *i;
	__u32 slot;

	for (slot = 1; slot < b->entries[BPF_MAP_dests]; slot++) {
		rec = &b->dests[slot];
		if (!(rec->flags & DS_DEST_USED))
			continue;
		key = (struct sync_item){ .set = rec->set, .id = rec->id, .slot = slot, .listener = rec->listener };
		i = n_members ? bsearch(&key, s->item, n_members, sizeof(key), sync_compare) : NULL;
		if (!i) {
			key.fate = sync_drain(b, in, slot);
			s->item[s->n++] = key;
			continue;
		}
		i->slot = slot;
		i->fate = rec->flags & DS_DEST_DRAINING		    ? SYNC_RESUMED
			  : sync_is_changed(i, rec, &b->info[slot]) ? SYNC_CHANGED
								    : SYNC_KEPT;
	}
	qsort(s->item, s->n, sizeof(*s->item), sync_compare);
}

/* Slots that are free now; those freed by this very change are not, a packet may still be on its way with them. */
static int sync_take_slots(struct sync *s, const struct bpf_inst *b)
{
	__u32 slot = 1, max = b->entries[BPF_MAP_dests];
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->item[i].fate == SYNC_ADDED) {
			while (slot < max && (b->dests[slot].flags & DS_DEST_USED))
				slot++;
			if (slot == max) {
				snprintf(s->error, sizeof(s->error),
					 "no room for more than %u destinations at a time, %zu of them draining",
					 max - 1,
					 s->count[SYNC_REMOVED] + s->count[SYNC_DRAINING] + s->count[SYNC_FREED]);
				return -ENOSPC;
			}
			s->item[i].slot = slot++;
		}
	}
	return 0;
}

int sync_plan(struct sync *s, const struct bpf_inst *b, const struct sync_input *in)
{
	size_t i, room = in->model->n_members;
	__u32 slot;
	int err;

	memset(s, 0, sizeof(*s));
	s->record = in->record;
	for (slot = 1; slot < b->entries[BPF_MAP_dests]; slot++)
		room += (b->dests[slot].flags & DS_DEST_USED) != 0;
	s->item = calloc(room + 1, sizeof(*s->item));
	if (!s->item)
		return -ENOMEM;
	sync_enter_members(s, in);
	sync_meet_published(s, b, in);
	for (i = 0; i < s->n; i++)
		s->count[s->item[i].fate]++;
	err = sync_check_places(s, in);
	if (!err)
		err = sync_take_slots(s, b);
	if (!err)
		err = sync_plan_sets(s, b, in);
	if (!err)
		err = sync_plan_routes(s, b, in);
	if (!err)
		s->flip |= sync_uris_differ(s, b);
	return err;
}

void sync_free(struct sync *s)
{
	size_t i;

	for (i = 0; i < s->n_sets; i++) {
		free(s->set[i].member);
		free(s->set[i].dest);
		free(s->set[i].turn);
		free(s->set[i].slots);
		free(s->set[i].table);
	}
	for (i = 0; i < DS_LISTENERS_MAX; i++)
		routes_free(&s->keys[i]);
	free(s->item);
	memset(s, 0, sizeof(*s));
}
