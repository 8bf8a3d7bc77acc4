// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * route_tables.c - see route_tables.h. Slots, ids and pick tables are decided by sync.h, as for a live instance.
 */
#include "route_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sip_route.h"
#include "sync.h"
#include "uri.h"

static void route_tables_listener(struct ds_listener *to, const struct record_listener *l)
{
	char text[URI_ENDPOINT_SIZE];

	memset(to, 0, sizeof(*to));
	to->at = l->at;
	memcpy(to->tunnel, l->tunnel, sizeof(to->tunnel));
	uri_endpoint_text(&l->at, text);
	to->sent_by_len = strlen(text);
	memcpy(to->sent_by, text, to->sent_by_len);
	to->is_ip6 = !uri_is_ip4(&l->at.ip);
}

/* Entries of slots[] for the tables and turns of all that is picked from, with n destinations. */
static __u32 route_tables_slots(const struct record *r, __u32 n)
{
	__u32 entries = 0, size;
	size_t i;

	for (i = 0; i < record_targets(r); i++) {
		size = record_target(r, i)->table_size;
		entries += (2 * (size ? size : r->table_size) + n) / DS_SLOTS_GROUP + 1;
	}
	return entries;
}

/* An instance without kernel: the arrays of one listener and n destinations on the heap. Slot 0 of sets is never used. */
static int route_tables_alloc(struct bpf_inst *b, const struct record *r, __u32 n)
{
	bpf_inst_init(b);
	b->entries[BPF_MAP_listeners] = 1;
	b->entries[BPF_MAP_sets] = 1 + (__u32)record_targets(r);
	b->entries[BPF_MAP_slots] = route_tables_slots(r, n);
	b->entries[BPF_MAP_dests] = n + 1;
	b->state = calloc(1, sizeof(*b->state));
	b->listeners = calloc(1, sizeof(*b->listeners));
	b->sets = calloc(b->entries[BPF_MAP_sets], sizeof(*b->sets));
	b->route_tables = calloc(2 * DS_LISTENERS_MAX, sizeof(*b->route_tables));
	b->uris = calloc(2 * DS_DESTS_MAX, sizeof(*b->uris));
	b->routes = calloc(2 * DS_LISTENERS_MAX * DS_ROUTES_MAX, sizeof(*b->routes));
	b->slots = calloc(b->entries[BPF_MAP_slots], sizeof(struct ds_slots));
	b->dests = calloc(n + 1, sizeof(*b->dests));
	b->loads = calloc(n + 1, sizeof(*b->loads));
	return b->state && b->listeners && b->sets && b->route_tables && b->uris && b->routes && b->slots && b->dests &&
			       b->loads
		       ? 0
		       : -ENOMEM;
}

static void route_tables_write_set(struct bpf_inst *b, const struct sync *s, size_t i)
{
	const struct sync_set *set = &s->set[i];

	if (set->like != i || !set->slot)
		return;
	if (set->n) {
		memcpy(b->slots + set->table_at, set->table, set->size * sizeof(*set->table));
		memcpy(b->slots + set->members_at, set->turn, set->n_turns * sizeof(*set->turn));
	}
	b->sets[set->slot] = sync_set_rec(set, record_target(s->record, i));
}

/* What sync_apply() publishes, written to the heap, where nobody reads meanwhile. The keys of routes become ours. */
static void route_tables_write(struct route_tables *t, struct sync *s, const struct routes_of *of)
{
	const struct record_listener *l = &s->record->listener[0];
	struct bpf_inst *b = &t->inst;
	const struct sync_item *i;
	size_t k;

	for (i = s->item; i < s->item + s->n; i++) {
		b->loads[i->slot].max = i->dest->conf.attrs.maxload;
		b->dests[i->slot] = (struct ds_dest_rec){
			.id = i->id, .at = i->member->at, .set = i->set, .flags = sync_flags(i), .serial = 1
		};
	}
	for (k = 0; k < s->n_sets; k++)
		route_tables_write_set(b, s, k);
	sync_write_uris(s, b, 1);
	b->state->generation = 1;
	b->listeners[0].half[1] = sync_listener_half(&s->set[0], l);
	b->listeners[0].half[1].forks = record_forks(s->record, 0);
	b->route_tables[ds_route_table_at(1, 0)] = s->table[0];
	for (k = 0; of && k < of->n; k++)
		b->routes[ds_route_at(1, 0, (__u32)k)] = sync_route(s, of, k);
	t->keys = s->keys[0];
	memset(&s->keys[0], 0, sizeof(s->keys[0]));
}

/* A copy of the calls that each destination has, which decisions count on. */
static int route_tables_copy_loads(struct route_tables *t, const struct bpf_inst *from)
{
	size_t size = from->entries[BPF_MAP_dests] * sizeof(*t->loads);

	t->loads = malloc(size);
	if (!t->loads)
		return -ENOMEM;
	memcpy(t->loads, from->loads, size);
	return 0;
}

static int route_tables_publish(struct route_tables *t, const struct record *r, const struct model *m,
				const struct routes *routes, char *why, size_t size)
{
	struct sync_input in = { .model = m, .record = r, .now_ns = 0, .routes = routes };
	__u32 slot = 0;
	struct sync s;
	int err = sync_plan(&s, &t->inst, &in);

	if (err)
		snprintf(why, size, "%s", s.error);
	else if (t->on_heap)
		route_tables_write(t, &s, routes ? &routes->of[0] : NULL);
	else
		err = sync_apply(&s, &t->inst, &in);
	if (!err && !t->on_heap)
		err = bpf_put(&t->inst, BPF_MAP_listener_ids, &r->listener[0].at, &slot);
	sync_free(&s);
	return err;
}

int route_tables_make_routed(struct route_tables *t, struct model *m, const struct record *r,
			     const struct routes *routes, const __u64 key[2], bool in_kernel, char *why, size_t size)
{
	static const struct cpu_list none;
	int err;

	memset(t, 0, sizeof(*t));
	bpf_inst_init(&t->inst);
	why[0] = 0;
	t->on_heap = !in_kernel;
	t->calls_mask = DS_CALLS_BUCKETS - 1;
	t->calls = calloc(DS_CALLS_BUCKETS, sizeof(*t->calls));
	err = t->calls ? sync_ids(m, key, why, size) : -ENOMEM;
	if (!err)
		err = in_kernel ? bpf_inst_load(&t->inst, DS_CALLS_BUCKETS, DS_STORED_WAYS, &none)
				: route_tables_alloc(&t->inst, r, m->n_members);
	if (err)
		goto out;
	memcpy(t->inst.state->key, key, sizeof(t->inst.state->key));
	t->inst.state->call_idle_s = DS_CALL_IDLE_S;
	route_tables_listener(&t->inst.listeners[0], &r->listener[0]);
	err = route_tables_publish(t, r, m, routes, why, size);
	if (!err)
		err = route_tables_copy_loads(t, &t->inst);
out:
	if (err)
		route_tables_free(t);
	return err;
}

int route_tables_make(struct route_tables *t, struct model *m, const struct record_listener *l, const __u64 key[2],
		      bool in_kernel, char *why, size_t size)
{
	struct record *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	memset(t, 0, sizeof(*t));
	bpf_inst_init(&t->inst);
	why[0] = 0;
	if (r) {
		r->listener[0] = *l;
		r->n_listeners = 1;
		r->table_size = DS_TABLE_SIZE;
		err = route_tables_make_routed(t, m, r, NULL, key, in_kernel, why, size);
	}
	free(r);
	return err;
}

/* The slot of the listener at that place, of the first one where at is NULL; -ESRCH where there is none. */
static int route_tables_pick(const struct bpf_inst *b, const struct ds_endpoint *at)
{
	__u32 half = b->state->generation & 1, i;

	for (i = 0; b->state->generation && i < b->entries[BPF_MAP_listeners]; i++)
		if (b->listeners[i].half[half].mode && (!at || sip_same_place(&b->listeners[i].at, at)))
			return (int)i;
	return -ESRCH;
}

int route_tables_open(struct route_tables *t, const char *dir, const struct ds_endpoint *at, bool in_kernel)
{
	struct bpf_inst live;
	size_t size;
	int err, slot;

	memset(t, 0, sizeof(*t));
	bpf_inst_init(&t->inst);
	err = bpf_inst_open(&live, dir);
	if (err)
		return err;
	slot = route_tables_pick(&live, at);
	err = slot < 0 ? slot : 0;
	t->slot = slot;
	t->calls_mask = live.state->calls_mask;
	size = ((size_t)t->calls_mask + 1) * sizeof(*t->calls);
	t->calls = malloc(size);
	if (!err && !t->calls)
		err = -ENOMEM;
	if (!err)
		memcpy(t->calls, live.calls, size);
	if (!err)
		err = route_tables_copy_loads(t, &live);
	if (!err && in_kernel)
		err = bpf_inst_twin(&t->inst, &live);
	if (!err && in_kernel)
		memcpy(t->inst.calls, t->calls, size);
	if (!err && !in_kernel)
		t->inst = live;
	else
		bpf_inst_close(&live);
	if (err)
		route_tables_free(t);
	return err;
}

void route_tables_free(struct route_tables *t)
{
	free(t->calls);
	t->calls = NULL;
	free(t->loads);
	t->loads = NULL;
	routes_free(&t->keys);
	if (t->on_heap) {
		free(t->inst.state);
		free(t->inst.listeners);
		free(t->inst.sets);
		free(t->inst.route_tables);
		free(t->inst.uris);
		free(t->inst.routes);
		free(t->inst.slots);
		free(t->inst.dests);
		free(t->inst.loads);
		bpf_inst_init(&t->inst);
	} else {
		bpf_inst_close(&t->inst);
	}
}

/* On the heap in the order of their slots, which is the order that decides who a place is in dest_ids, too. */
__u32 route_tables_find(void *ctx, const struct ds_endpoint *at)
{
	const struct route_tables *t = ctx;
	struct ds_endpoint key = *at, named;
	__u32 slot;

	key.pad = t->slot;
	if (!t->on_heap) {
		if (bpf_get(&t->inst, BPF_MAP_dest_ids, &key, &slot) || slot >= t->inst.entries[BPF_MAP_dests])
			return 0;
		return t->inst.dests[slot].flags & DS_DEST_USED ? slot : 0;
	}
	for (slot = 1; slot < t->inst.entries[BPF_MAP_dests]; slot++) {
		named = sip_token_place(t->inst.dests[slot].id);
		if (t->inst.dests[slot].flags & DS_DEST_USED &&
		    (sip_same_place(&t->inst.dests[slot].at, at) || sip_same_place(&named, at)))
			return slot;
	}
	return 0;
}

/* What the guard's lists say of a source. */
static __u32 route_tables_listed(void *ctx, const struct ds_addr *ip)
{
	const struct route_tables *t = ctx;
	const struct ds_listener *l = &t->inst.listeners[t->slot];
	struct ds_guard_net net = { .bits = 32 + 128,
				    .acl = l->half[t->inst.state->generation & 1].guard.acl,
				    .ip = *ip };
	__u32 word;

	return bpf_get(&t->inst, BPF_MAP_guard_acl, &net, &word) ? 0 : word;
}

static __u64 route_tables_exact(void *ctx, const struct ds_route_exact *key)
{
	const struct route_tables *t = ctx;
	__u64 routes;

	if (t->on_heap)
		return routes_exact(&t->keys, key);
	return bpf_get(&t->inst, BPF_MAP_route_exact, key, &routes) ? 0 : routes;
}

static __u64 route_tables_prefix(void *ctx, const struct ds_route_prefix *key)
{
	const struct route_tables *t = ctx;
	__u64 routes;

	if (t->on_heap)
		return routes_prefix(&t->keys, key);
	return bpf_get(&t->inst, BPF_MAP_route_prefixes, key, &routes) ? 0 : routes;
}

void route_tables_env(struct route_tables *t, struct decide_env *env)
{
	const struct ds_listener *l = &t->inst.listeners[t->slot];
	const struct ds_listener_half *half = &l->half[t->inst.state->generation & 1];
	struct timespec now;

	memcpy(t->rr, l->rr, sizeof(t->rr));
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	*env = (struct decide_env){
		.key = { t->inst.state->key[0], t->inst.state->key[1] },
		.listener = l,
		.slot = t->slot,
		.mode = half->mode,
		.affinity = half->affinity,
		.record_route = half->record_route,
		.path = half->path,
		.keepalives = half->guard.keepalives != 0,
		.forks = half->forks,
		.set = half->set ? &t->inst.sets[half->set] : NULL,
		.slots = t->inst.slots,
		.dests = t->inst.dests,
		.n_dests = t->inst.entries[BPF_MAP_dests],
		.find = route_tables_find,
		.listed = half->guard.acl && !t->on_heap ? route_tables_listed : NULL,
		.ctx = t,
		.calls = t->calls,
		.loads = t->loads,
		.calls_mask = t->calls_mask,
		.call_idle = t->inst.state->call_idle_s,
		.now = ((__u64)now.tv_sec * 1000000000 + now.tv_nsec) >> DS_TICK_SHIFT,
		.rr = t->rr,
		.sets = t->inst.sets,
		.table = half->routes ? &t->inst.route_tables[ds_route_table_at(t->inst.state->generation, t->slot)]
				      : NULL,
		.routes = half->routes ? &t->inst.routes[ds_route_at(t->inst.state->generation, t->slot, 0)] : NULL,
		.uris = half->routes ? &t->inst.uris[ds_dest_uri_at(t->inst.state->generation, 0)] : NULL,
		.exact = route_tables_exact,
		.prefix = route_tables_prefix,
	};
}
