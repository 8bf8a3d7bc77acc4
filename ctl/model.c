// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model.c - holds sets and destinations, finds them, and tells two models apart.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const model_slow_names[DS_SLOW_MAX] = { NULL, "transport", "local", "name" };

struct model *model_new(void)
{
	return calloc(1, sizeof(struct model));
}

void model_free_dest(struct ds_dest *dest)
{
	if (!dest)
		return;
	uri_free(&dest->conf.uri);
	attrs_free(&dest->conf.attrs);
	free(dest->member);
	free(dest);
}

void model_free(struct model *m)
{
	size_t s, i;

	if (!m)
		return;
	for (s = 0; s < m->n_sets; s++) {
		for (i = 0; i < m->set[s].n_dests; i++)
			model_free_dest(m->set[s].dest[i]);
		free(m->set[s].dest);
	}
	free(m->set);
	free(m);
}

/* Returns where the set of that number is, or where it would have to be. */
static size_t model_place(const struct model *m, int id)
{
	size_t low = 0, high = m->n_sets, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (m->set[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct ds_set *model_find_set(const struct model *m, int id)
{
	size_t i = model_place(m, id);

	return i < m->n_sets && m->set[i].id == id ? &m->set[i] : NULL;
}

/* Room for one more element of an array that grows by doubling. Returns the array, NULL out of memory. */
static void *model_grow(void *array, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 4;
	void *bigger;

	if (n < *room)
		return array;
	bigger = realloc(array, more * size);
	if (bigger)
		*room = more;
	return bigger;
}

static struct ds_set *model_get_set(struct model *m, int id)
{
	size_t i = model_place(m, id);
	struct ds_set *bigger;

	if (i < m->n_sets && m->set[i].id == id)
		return &m->set[i];
	bigger = model_grow(m->set, m->n_sets, &m->room, sizeof(*bigger));
	if (!bigger)
		return NULL;
	m->set = bigger;
	memmove(&m->set[i + 1], &m->set[i], (m->n_sets - i) * sizeof(*m->set));
	memset(&m->set[i], 0, sizeof(*m->set));
	m->set[i].id = id;
	m->n_sets++;
	return &m->set[i];
}

int model_add(struct model *m, struct ds_dest *dest)
{
	struct ds_set *set = model_get_set(m, dest->conf.set);
	struct ds_dest **bigger;

	if (!set)
		return -ENOMEM;
	bigger = model_grow(set->dest, set->n_dests, &set->room, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	set->dest = bigger;
	set->dest[set->n_dests++] = dest;
	m->n_dests++;
	m->n_members += dest->n_members;
	return 0;
}

void model_remove(struct model *m, struct ds_dest *dest)
{
	size_t s = model_place(m, dest->conf.set), i = 0;
	struct ds_set *set = &m->set[s];

	while (set->dest[i] != dest)
		i++;
	set->n_dests--;
	memmove(&set->dest[i], &set->dest[i + 1], (set->n_dests - i) * sizeof(*set->dest));
	m->n_dests--;
	m->n_members -= dest->n_members;
	model_free_dest(dest);
	if (set->n_dests)
		return;
	free(set->dest);
	m->n_sets--;
	memmove(set, set + 1, (m->n_sets - s) * sizeof(*set));
}

int model_add_member(struct ds_dest *dest, const struct ds_endpoint *at, enum ds_slow slow)
{
	struct ds_member *bigger = realloc(dest->member, (dest->n_members + 1) * sizeof(*bigger));

	if (!bigger)
		return -ENOMEM;
	dest->member = bigger;
	bigger[dest->n_members++] = (struct ds_member){ .at = *at, .slow = slow };
	return 0;
}

int model_compare_dests(const struct ds_dest *a, const struct ds_dest *b)
{
	const struct ds_config *x = &a->conf, *y = &b->conf;
	int diff;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	diff = strcmp(x->uri.canonical, y->uri.canonical);
	if (diff)
		return diff;
	return strcmp(x->attrs.socket ? x->attrs.socket : "", y->attrs.socket ? y->attrs.socket : "");
}

enum ds_slow model_slow(const struct ds_dest *dest)
{
	size_t i;

	for (i = 0; i < dest->n_members; i++)
		if (dest->member[i].slow)
			return dest->member[i].slow;
	return DS_SLOW_NONE;
}

const char *model_slow_name(enum ds_slow slow)
{
	return model_slow_names[slow];
}

static int model_compare_refs(const void *a, const void *b)
{
	const struct model_ref *x = a, *y = b;

	if (x->dest->conf.set != y->dest->conf.set)
		return x->dest->conf.set < y->dest->conf.set ? -1 : 1;
	if (x->member->id != y->member->id)
		return x->member->id < y->member->id ? -1 : 1;
	return 0;
}

/* Returns all members by set and identity in a new array, NULL out of memory. It is never of no size. */
static struct model_ref *model_refs(const struct model *m)
{
	struct model_ref *ref = malloc((m->n_members + 1) * sizeof(*ref));
	size_t s, i, k, n = 0;

	if (!ref)
		return NULL;
	for (s = 0; s < m->n_sets; s++)
		for (i = 0; i < m->set[s].n_dests; i++)
			for (k = 0; k < m->set[s].dest[i]->n_members; k++)
				ref[n++] = (struct model_ref){ m->set[s].dest[i], &m->set[s].dest[i]->member[k] };
	qsort(ref, n, sizeof(*ref), model_compare_refs);
	return ref;
}

int model_set_ids(struct model *m, __u64 (*fn)(void *ctx, const struct ds_dest *dest, const struct ds_member *member),
		  void *ctx, struct model_ref clash[2])
{
	struct model_ref *ref;
	size_t s, i, k;
	int err = 0;

	for (s = 0; s < m->n_sets; s++)
		for (i = 0; i < m->set[s].n_dests; i++)
			for (k = 0; k < m->set[s].dest[i]->n_members; k++)
				m->set[s].dest[i]->member[k].id =
					fn(ctx, m->set[s].dest[i], &m->set[s].dest[i]->member[k]);
	ref = model_refs(m);
	if (!ref)
		return -ENOMEM;
	for (i = 1; i < m->n_members && !err; i++) {
		if (model_compare_refs(&ref[i - 1], &ref[i]))
			continue;
		memcpy(clash, &ref[i - 1], 2 * sizeof(*clash));
		err = -EEXIST;
	}
	free(ref);
	return err;
}

static enum model_change model_compare(const struct model_ref *was, const struct model_ref *now)
{
	const struct ds_config *x = &was->dest->conf, *y = &now->dest->conf;

	if (x->flags == y->flags && x->priority == y->priority && was->member->slow == now->member->slow &&
	    !strcmp(x->uri.text, y->uri.text) && attrs_equal(&x->attrs, &y->attrs))
		return MODEL_KEPT;
	return MODEL_CHANGED;
}

int model_diff(const struct model *old, const struct model *new,
	       int (*fn)(void *ctx, enum model_change change, const struct model_ref *was, const struct model_ref *now),
	       void *ctx)
{
	static const struct model empty;
	static const struct model_ref none;
	const struct model *o = old ? old : &empty;
	struct model_ref *was = model_refs(o), *now = model_refs(new);
	size_t i = 0, k = 0;
	int side, err = was && now ? 0 : -ENOMEM;

	while (!err && (i < o->n_members || k < new->n_members)) {
		if (i == o->n_members || k == new->n_members)
			side = i == o->n_members ? 1 : -1;
		else
			side = model_compare_refs(&was[i], &now[k]);
		if (side < 0) {
			err = fn(ctx, MODEL_REMOVED, &was[i++], &none);
		} else if (side > 0) {
			err = fn(ctx, MODEL_ADDED, &none, &now[k++]);
		} else {
			err = fn(ctx, model_compare(&was[i], &now[k]), &was[i], &now[k]);
			i++;
			k++;
		}
	}
	free(was);
	free(now);
	return err;
}
