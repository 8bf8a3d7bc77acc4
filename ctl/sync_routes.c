// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_routes.c - the routes of listeners in a publication: they change with the sets, by the same generation.
 */
#include <errno.h>
#include <string.h>

#include "sync.h"

static bool sync_route_is_active(const void *ctx, const struct ds_dest *dest, const struct ds_member *member)
{
	return sync_use(ctx, dest, member) != SYNC_USE_NONE;
}

/* What is published of a target: its set's slot, and whether it is picked from by another key than the Call-ID. */
static bool sync_route_target(const struct sync *s, size_t target, __u32 *slot)
{
	const struct sync_set *set = &s->set[s->set[target].like];

	*slot = set->slot;
	return sync_listener_half(set, record_target(s->record, target)).keyed;
}

static bool sync_route_has_any(const struct sync *s, size_t target)
{
	return s->set[s->set[target].like].n != 0;
}

struct ds_route sync_route(const struct sync *s, const struct routes_of *of, size_t i)
{
	size_t k = 0, first = of->target[i], last = of->next[i] + of->n_next[i];
	struct ds_route r;
	__u32 slot, n = 0;

	if (!routes_picks(of->rule[i]))
		return routes_record(of->rule[i], 0, false);
	while (!sync_route_has_any(s, first) && k < of->n_next[i])
		first = of->next[i] + k++;
	if (!sync_route_has_any(s, first)) {
		first = of->target[i];
		k = of->n_next[i];
	}
	r = routes_record(of->rule[i], 0, false);
	if (sync_route_target(s, first, &r.set))
		r.flags |= DS_ROUTE_KEYED;
	for (k += of->next[i]; k < last; k++) {
		if (!sync_route_has_any(s, k))
			continue;
		if (sync_route_target(s, k, &slot))
			r.next_keyed |= 1u << n;
		r.next[n++] = slot;
	}
	for (k = 0; k < of->n_next[i]; k++)
		r.also[k] = record_target(s->record, of->next[i] + k)->set;
	return r;
}

/* Whether packets are to read something else of a listener's routes. */
static bool sync_routes_differ(const struct sync *s, const struct bpf_inst *b, const struct routes_of *of, __u32 l)
{
	__u32 half = b->state->generation & 1;
	struct ds_route r;
	size_t i;

	if (!b->state->generation || b->listeners[l].half[half].routes != of->n)
		return true;
	if (memcmp(&b->route_tables[ds_route_table_at(half, l)], &s->table[l], sizeof(s->table[l])))
		return true;
	for (i = 0; i < of->n; i++) {
		r = sync_route(s, of, i);
		if (memcmp(&b->routes[ds_route_at(half, l, (__u32)i)], &r, sizeof(r)))
			return true;
	}
	return false;
}

int sync_plan_routes(struct sync *s, const struct bpf_inst *b, const struct sync_input *in)
{
	const struct routes_of *of;
	__u32 l;
	int err;

	for (l = 0; in->routes && l < in->record->n_listeners; l++) {
		of = &in->routes->of[l];
		if (!of->n)
			continue;
		err = routes_make(of, in->model, b->state->key, sync_route_is_active, in, &s->table[l], &s->keys[l]);
		if (err)
			return err;
		s->flip |= sync_routes_differ(s, b, of, l);
	}
	return 0;
}

int sync_write_routes(const struct sync *s, const struct bpf_inst *b, const struct sync_input *in, __u32 next)
{
	__u32 ids[DS_LISTENERS_MAX] = { 0 }, l, i;
	const struct routes_of *of;
	int err;

	if (!in->routes)
		return 0;
	for (l = 0; l < in->record->n_listeners; l++)
		ids[l] = s->table[l].id;
	err = routes_forget(b, ids, in->record->n_listeners);
	for (l = 0; l < in->record->n_listeners && !err; l++) {
		of = &in->routes->of[l];
		err = routes_enter(b, &s->keys[l]);
		b->route_tables[ds_route_table_at(next, l)] = s->table[l];
		for (i = 0; i < of->n; i++)
			b->routes[ds_route_at(next, l, i)] = sync_route(s, of, i);
	}
	return err;
}
