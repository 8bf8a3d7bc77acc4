// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_set.c - decides what each listener picks from, and where in sets[] and slots[] that goes.
 */
#include "sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A range of slots[] that is taken. */
struct sync_extent {
	__u32 at;
	__u32 n;
};

const struct ds_set_rec *sync_current(const struct bpf_inst *b, size_t listener)
{
	const struct ds_listener_half *half;

	if (!b->state->generation)
		return NULL;
	half = &b->listeners[listener].half[b->state->generation & 1];
	return half->mode && half->set ? &b->sets[half->set] : NULL;
}

/* The set that a route of a listener has now for a target; NULL: none is like it. */
static const struct ds_set_rec *sync_routed(const struct bpf_inst *b, size_t listener, const struct record_listener *l)
{
	__u32 half = b->state->generation & 1, i;
	const struct ds_set_rec *set;

	if (!b->state->generation || !b->listeners[listener].half[half].mode)
		return NULL;
	for (i = 0; i < b->listeners[listener].half[half].routes; i++) {
		set = &b->sets[b->routes[ds_route_at(half, (__u32)listener, i)].set];
		if (set != b->sets && set->id == l->set && set->algorithm == l->algorithm && set->per_cpu == l->per_cpu)
			return set;
	}
	return NULL;
}

/* Marks the sets that packets pick from now. */
static void sync_mark_current(const struct bpf_inst *b, bool *taken)
{
	__u32 half = b->state->generation & 1, i, k;

	for (i = 0; b->state->generation && i < b->entries[BPF_MAP_listeners]; i++) {
		if (!b->listeners[i].half[half].mode)
			continue;
		taken[b->listeners[i].half[half].set] = true;
		for (k = 0; k < b->listeners[i].half[half].routes; k++)
			taken[b->routes[ds_route_at(half, i, k)].set] = true;
	}
	taken[0] = false;
}

static bool sync_is_like(const struct record_listener *a, const struct record_listener *b)
{
	if ((a->mode == DS_MODE_IPIP) != (b->mode == DS_MODE_IPIP) || memcmp(a->tunnel, b->tunnel, sizeof(a->tunnel)))
		return false;
	return a->set == b->set && a->algorithm == b->algorithm && a->table_size == b->table_size &&
	       !strcmp(a->hash_key, b->hash_key) && a->user_only == b->user_only && a->slot_rule == b->slot_rule &&
	       a->per_cpu == b->per_cpu && uri_is_ip4(&a->at.ip) == uri_is_ip4(&b->at.ip);
}

static bool sync_is_modulo(const struct record_listener *l)
{
	return algorithm_pick(l->algorithm, l->slot_rule) == DS_PICK_MODULO;
}

enum sync_use sync_use(const struct sync_input *in, const struct ds_dest *dest, const struct ds_member *member)
{
	if (in->rules)
		return in->rules->use(in->rules->ctx, dest, member);
	return sync_is_active(dest) ? SYNC_USE_FULL : SYNC_USE_NONE;
}

void sync_enter(const struct sync *s, struct sync_set *set, const struct record_listener *l,
		const struct sync_input *in, const struct ds_dest *dest, const struct ds_member *member,
		struct algorithm_member *m)
{
	m[set->n] = (struct algorithm_member){ .conf = &dest->conf, .latency_ms = (__u32)dest->conf.attrs.latency_ms };
	if (in->rules && in->rules->latency)
		in->rules->latency(in->rules->ctx, member, &m[set->n]);
	set->member[set->n].id = member->id;
	set->dest[set->n++] = sync_find(s, l->set, member->id)->slot;
}

/* Enters those members that a listener can reach, of one use, or (last) of those that are for want of others. */
static void sync_enter_use(const struct sync *s, struct sync_set *set, const struct record_listener *l,
			   const struct ds_set *from, const struct sync_input *in, bool last,
			   struct algorithm_member *m)
{
	const struct ds_dest *dest;
	enum sync_use use;
	size_t i, k;

	for (i = 0; i < from->n_dests; i++) {
		dest = from->dest[i];
		for (k = 0; k < dest->n_members; k++) {
			if (!sync_reaches(l, &dest->member[k].at.ip))
				continue;
			use = sync_use(in, dest, &dest->member[k]);
			if (use != SYNC_USE_NONE && (use == SYNC_USE_FULL) != last)
				sync_enter(s, set, l, in, dest, &dest->member[k], m);
		}
	}
}

/* One more that failover may go to, by priority behind those before it. */
static void sync_keep_spare(__u32 *spare, __u32 n, const struct algorithm_member *m, __u32 i)
{
	for (; n && m[spare[n - 1]].conf->priority < m[i].conf->priority; n--)
		spare[n] = spare[n - 1];
	spare[n] = i;
}

/* Leaves out whom the algorithm does not pick from. */
static int sync_leave_out(struct sync_set *set, const struct algorithm_member *m)
{
	__u32 *spare = calloc(set->n + 1, sizeof(*spare)), i, n = 0;

	if (!spare)
		return -ENOMEM;
	for (i = 0; i < set->n; i++)
		if (!m[i].weight)
			sync_keep_spare(spare, set->n_spare++, m, i);
	for (i = 0; i < set->n_spare; i++)
		spare[i] = set->dest[spare[i]];
	for (i = 0; i < set->n; i++) {
		if (!m[i].weight)
			continue;
		set->member[n] = (struct table_member){ set->member[i].id, m[i].weight };
		set->dest[n++] = set->dest[i];
	}
	for (i = 0; i < set->n_spare; i++)
		set->dest[n + i] = spare[i];
	set->n = n;
	free(spare);
	return 0;
}

static int sync_list_consistent(const struct sync *s, struct sync_set *set, const struct record_listener *l,
				const struct ds_set *from, const struct sync_input *in, struct algorithm_member *m)
{
	sync_enter_use(s, set, l, from, in, false, m);
	if (!set->n)
		sync_enter_use(s, set, l, from, in, true, m);
	algorithm_weigh(l->algorithm, m, set->n);
	return 0;
}

/* Lists the members of a listener's set that are picked from. */
static int sync_list_members(struct sync *s, struct sync_set *set, const struct record_listener *l,
			     const struct sync_input *in)
{
	const struct ds_set *from = model_find_set(in->model, l->set);
	struct algorithm_member *m;
	size_t i, room = 1;
	int err = 0;

	for (i = 0; from && i < from->n_dests; i++)
		room += from->dest[i]->n_members;
	set->member = calloc(room, sizeof(*set->member));
	set->dest = calloc(room, sizeof(*set->dest));
	m = calloc(room, sizeof(*m));
	if (!set->member || !set->dest || !m)
		err = -ENOMEM;
	else if (from && l->slot_rule == DS_SLOT_KAMAILIO)
		err = sync_list_kamailio(s, set, l, from, in, m);
	else if (from)
		err = sync_list_consistent(s, set, l, from, in, m);
	if (!err) {
		err = sync_leave_out(set, m);
	}
	if (!err)
		err = algorithm_keys(l->algorithm, l->slot_rule, l->hash_key, l->user_only, set->key);
	free(m);
	return err;
}

/* The list of turns as slots of dests[]. */
static int sync_make_turns(struct sync_set *set, __u32 size)
{
	__u32 i, max = size > set->n ? size : set->n;
	int n;

	if (!set->n)
		return 0;
	set->turn = malloc((max + set->n_spare) * sizeof(*set->turn));
	if (!set->turn)
		return -ENOMEM;
	n = table_turns(set->member, set->n, set->turn, max);
	if (n < 0)
		return n;
	set->n_turns = (__u32)n;
	for (i = 0; i < set->n_turns; i++)
		set->turn[i] = set->dest[set->turn[i]];
	memcpy(set->turn + set->n_turns, set->dest + set->n, set->n_spare * sizeof(*set->turn));
	return 0;
}

static __u64 sync_dest_id(const void *ctx, __u32 slot)
{
	return ((const struct ds_dest_rec *)ctx)[slot].id;
}

/* Ids of a new table: its members are not all in dests[] yet. */
static __u64 sync_new_id(const void *ctx, __u32 index)
{
	return ((const struct table_member *)ctx)[index].id;
}

/* The table as indexes of members: Kamailio's slots as they are, else Maglev. */
static int sync_fill_table(struct sync_set *set, const __u64 key[2], bool is_modulo, __u32 size)
{
	if (!set->n)
		return 0;
	set->size = is_modulo ? set->n_slots : size;
	set->table = malloc(set->size * sizeof(*set->table));
	if (!set->table)
		return -ENOMEM;
	if (!is_modulo)
		return table_build(key, set->member, set->n, set->table, set->size);
	memcpy(set->table, set->slots, set->n_slots * sizeof(*set->table));
	return 0;
}

/* Builds the table, compares it with the published one, then turns it into slots of dests[]. */
static int sync_make_table(struct sync_set *set, const struct bpf_inst *b, const struct ds_set_rec *old, bool is_modulo,
			   __u32 size)
{
	struct table_view before = { .id = sync_dest_id, .ctx = b->dests };
	struct table_view after = { .id = sync_new_id, .ctx = set->member };
	int err = sync_fill_table(set, b->state->key, is_modulo, size);
	__u32 i;

	if (err)
		return err;
	if (set->n)
		set->imbalance = table_imbalance(set->member, set->n, set->table, set->size);
	if (old) {
		before.entry = b->slots + old->table;
		before.size = old->table_size;
		after.entry = set->table;
		after.size = set->size;
		set->moved = is_modulo && old->pick == DS_PICK_MODULO ? table_moved_modulo(&before, &after)
								      : table_moved(&before, &after);
	}
	for (i = 0; i < set->size; i++)
		set->table[i] = set->dest[set->table[i]];
	return 0;
}

struct ds_set_rec sync_set_rec(const struct sync_set *set, const struct record_listener *l)
{
	struct ds_set_rec rec = {
		.id = l->set,
		.algorithm = l->algorithm,
		.pick = algorithm_pick(l->algorithm, l->slot_rule),
		.per_cpu = l->per_cpu,
		.table = set->table_at,
		.table_size = set->size,
		.members = set->members_at,
		.active = set->n_turns,
		.spare = set->n_spare,
	};

	memcpy(rec.key, set->key, sizeof(rec.key));
	return rec;
}

struct ds_listener_half sync_listener_half(const struct sync_set *set, const struct record_listener *l)
{
	return (struct ds_listener_half){
		.set = set->slot,
		.mode = l->mode,
		.affinity = l->affinity,
		.keyed = set->key[0].kind != DS_KEY_CALL_ID || sync_is_modulo(l),
		.guarded = l->guard.acl || l->guard.interval_ns,
		.routes = l->routes,
		.guard = l->guard,
		.record_route = l->record_route,
		.path = l->path,
		.failover = l->failover,
	};
}

static bool sync_is_published(const struct sync_set *set, const struct bpf_inst *b, const struct ds_set_rec *old,
			      const struct record_listener *l)
{
	return old && old->id == l->set && old->algorithm == l->algorithm &&
	       old->pick == algorithm_pick(l->algorithm, l->slot_rule) && old->per_cpu == l->per_cpu &&
	       old->table_size == set->size && old->active == set->n_turns && old->spare == set->n_spare &&
	       !memcmp(old->key, set->key, sizeof(old->key)) &&
	       (!set->n ||
		(!memcmp(b->slots + old->table, set->table, set->size * sizeof(*set->table)) &&
		 !memcmp(b->slots + old->members, set->turn, (set->n_turns + set->n_spare) * sizeof(*set->turn))));
}

static int sync_compare_extents(const void *a, const void *b)
{
	const struct sync_extent *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* The first gap of n entries between the taken ones, which stay in order; n_taken grows by one. */
static int sync_take_extent(struct sync_extent *taken, size_t *n_taken, __u32 n, __u32 max, __u32 *at)
{
	size_t i;

	qsort(taken, *n_taken, sizeof(*taken), sync_compare_extents);
	*at = 0;
	for (i = 0; i < *n_taken; i++) {
		if (taken[i].at >= *at && taken[i].at - *at >= n)
			break;
		if (taken[i].at + taken[i].n > *at)
			*at = taken[i].at + taken[i].n;
	}
	if (*at > max || max - *at < n)
		return -ENOSPC;
	taken[(*n_taken)++] = (struct sync_extent){ *at, n };
	return 0;
}

/* A slot of sets[] that nothing has now or gets by this change. */
static __u32 sync_take_set(const struct bpf_inst *b, bool *taken)
{
	__u32 slot;

	for (slot = 1; slot < b->entries[BPF_MAP_sets]; slot++)
		if (!taken[slot]) {
			taken[slot] = true;
			return slot;
		}
	return 0;
}

static int sync_place_sets(struct sync *s, const struct bpf_inst *b)
{
	/* two extents of each set that is picked from now, two of each that will be */
	static struct sync_extent taken[2 * (DS_SETS_MAX + RECORD_TARGETS_MAX)];
	bool used[DS_SETS_MAX] = { false };
	__u32 max = b->entries[BPF_MAP_slots] * DS_SLOTS_GROUP;
	const struct ds_set_rec *now;
	struct sync_set *set;
	size_t i, n = 0;

	sync_mark_current(b, used);
	for (i = 1; i < DS_SETS_MAX; i++) {
		if (!used[i])
			continue;
		now = &b->sets[i];
		taken[n++] = (struct sync_extent){ now->table, now->table_size };
		taken[n++] = (struct sync_extent){ now->members, now->active + now->spare };
	}
	for (i = 0; i < s->n_sets; i++) {
		set = &s->set[i];
		if (set->like != i || set->published)
			continue;
		set->slot = sync_take_set(b, used);
		if (!set->slot || sync_take_extent(taken, &n, set->size, max, &set->table_at) ||
		    sync_take_extent(taken, &n, set->n_turns + set->n_spare, max, &set->members_at)) {
			snprintf(
				s->error, sizeof(s->error),
				"no room for the tables of all listeners: %u entries in all, those of the lists before included",
				max);
			return -ENOSPC;
		}
	}
	return 0;
}

/* Whether packets are to read something else of a listener than its set. */
static bool sync_is_other(const struct bpf_inst *b, size_t listener, const struct record *r)
{
	const struct ds_listener_half *half = &b->listeners[listener].half[b->state->generation & 1];
	const struct record_listener *l = &r->listener[listener];

	return half->affinity != l->affinity || half->routes != l->routes || half->record_route != l->record_route ||
	       half->path != l->path || half->forks != record_forks(r, listener) ||
	       memcmp(&half->guard, &l->guard, sizeof(l->guard)) != 0 ||
	       memcmp(&half->failover, &l->failover, sizeof(l->failover)) != 0;
}

int sync_plan_sets(struct sync *s, const struct bpf_inst *b, const struct sync_input *in)
{
	const struct record *r = in->record;
	const struct record_listener *l;
	const struct ds_set_rec *old;
	struct sync_set *set;
	__u32 size;
	size_t i;
	int err;

	for (i = 0; i < record_targets(r); i++) {
		l = record_target(r, i);
		set = &s->set[s->n_sets++];
		s->flip |= i < r->n_listeners && sync_is_other(b, i, r);
		old = i < r->n_listeners ? sync_current(b, i) : sync_routed(b, record_target_of(r, i), l);
		for (set->like = 0; set->like < i; set->like++)
			if (sync_is_like(record_target(r, set->like), l))
				break;
		if (set->like < i) {
			set->moved = s->set[set->like].moved;
			set->imbalance = s->set[set->like].imbalance;
			continue;
		}
		size = l->table_size ? l->table_size : r->table_size;
		err = sync_list_members(s, set, l, in);
		if (!err)
			err = sync_make_table(set, b, old, sync_is_modulo(l), size);
		if (!err)
			err = sync_make_turns(set, size);
		if (err)
			return err;
		set->published = sync_is_published(set, b, old, l);
		if (set->published)
			set->slot = (__u32)(old - b->sets);
		else
			s->flip = true;
	}
	return sync_place_sets(s, b);
}
