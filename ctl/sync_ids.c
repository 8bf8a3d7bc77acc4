// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_ids.c - which destination an address and port is: the map dest_ids.
 */
#include "sync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip_token.h"

/* One claim to a place, a key of dest_ids; the best claim wins. */
struct sync_claim {
	struct ds_endpoint at;
	int rank; /* 2: in the list, 1: drains, 0: freed */
	__u32 slot;
	__u32 listener;
};

static int sync_compare_claims(const void *a, const void *b)
{
	const struct sync_claim *x = a, *y = b;
	int order = memcmp(&x->at, &y->at, sizeof(x->at));

	if (order)
		return order;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static bool sync_is_placed(const struct ds_endpoint *at)
{
	static const struct ds_addr none;

	return memcmp(&at->ip, &none, sizeof(none)) != 0;
}

static int sync_publish_claim(const struct bpf_inst *b, const struct sync_claim *c, bool freed)
{
	__u32 slot;
	int err = bpf_get(b, BPF_MAP_dest_ids, &c->at, &slot);

	if (err && err != -ENOENT)
		return err;
	if (!c->rank)
		return freed && !err ? bpf_del(b, BPF_MAP_dest_ids, &c->at) : 0;
	return err || slot != c->slot ? bpf_put(b, BPF_MAP_dest_ids, &c->at, &c->slot) : 0;
}

/* The n-th claim, where claims are not only counted. Returns 1. */
static size_t sync_claim(struct sync_claim *claim, size_t n, const struct sync_claim *like,
			 const struct ds_endpoint *at, size_t pad)
{
	if (claim) {
		claim[n] = *like;
		claim[n].at = *at;
		claim[n].at.pad = (__u16)pad;
	}
	return 1;
}

/*
 * The claims of one destination: with each listener that uses its set, by its id too with those that write it into a
 * Record-Route, and with nat listeners as a whole. Returns how many; claim may be NULL to count only.
 */
static size_t sync_claim_item(struct sync_claim *claim, const struct sync_item *i, const struct ds_dest_rec *rec,
			      const struct record *r)
{
	struct ds_endpoint named = sip_token_place(rec->id);
	struct sync_claim one = { .rank = i->fate == SYNC_FREED ? 0 : i->dest ? 2 : 1, .slot = i->slot };
	size_t k, n = 0;

	for (k = 0; k < record_targets(r) && sync_is_placed(&rec->at); k++) {
		if (record_target(r, k)->set != i->set || !sync_reaches(record_target(r, k), &rec->at.ip))
			continue;
		n += sync_claim(claim, n, &one, &rec->at, record_target_of(r, k));
		if (record_target(r, k)->mode == DS_MODE_PROXY)
			n += sync_claim(claim, n, &one, &named, record_target_of(r, k));
		else if (record_target(r, k)->mode == DS_MODE_NAT)
			n += sync_claim(claim, n, &one, &rec->at, DS_PAD_NAT);
	}
	return n;
}

/* freed: whether places that nobody claims any more are taken out, too. */
int sync_publish_ids(const struct sync *s, const struct bpf_inst *b, const struct record *r, bool freed)
{
	struct sync_claim *claim;
	size_t i, n = 0;
	int err = 0;

	for (i = 0; i < s->n; i++)
		n += sync_claim_item(NULL, &s->item[i], &b->dests[s->item[i].slot], r);
	claim = malloc((n + 1) * sizeof(*claim));
	if (!claim)
		return -ENOMEM;
	for (i = n = 0; i < s->n; i++)
		n += sync_claim_item(claim + n, &s->item[i], &b->dests[s->item[i].slot], r);
	qsort(claim, n, sizeof(*claim), sync_compare_claims);
	for (i = 0; i < n && !err; i++)
		if (!i || memcmp(&claim[i].at, &claim[i - 1].at, sizeof(claim[i].at)))
			err = sync_publish_claim(b, &claim[i], freed);
	bpf_changed(b);
	free(claim);
	return err;
}

/* Enters what a nat listener's packets are known by. Returns the number of claims. */
static size_t sync_claim_set(struct sync_claim *claim, const struct record *r, size_t listener,
			     const struct ds_set *set)
{
	const struct record_listener *l = record_target(r, listener);
	const struct ds_dest *dest;
	size_t i, k, n = 0;

	for (i = 0; set && i < set->n_dests; i++) {
		dest = set->dest[i];
		for (k = 0; k < dest->n_members; k++)
			if (sync_is_placed(&dest->member[k].at) && sync_reaches(l, &dest->member[k].at.ip))
				claim[n++] = (struct sync_claim){ .at = dest->member[k].at,
								  .listener = (__u32)record_target_of(r, listener) };
	}
	return n;
}

static void sync_say_shared(struct sync *s, const struct record *r, const struct sync_claim *a,
			    const struct sync_claim *b)
{
	char at[URI_ENDPOINT_SIZE], first[URI_ENDPOINT_SIZE], second[URI_ENDPOINT_SIZE];

	snprintf(s->error, sizeof(s->error),
		 "destination %s serves two nat listeners, %s and %s; what it sends could not be told apart",
		 uri_endpoint_text(&a->at, at), uri_endpoint_text(&r->listener[a->listener].at, first),
		 uri_endpoint_text(&r->listener[b->listener].at, second));
}

/* A destination that is a listener would send packets round for ever. */
static int sync_check_loops(struct sync *s, const struct record *r)
{
	char at[URI_ENDPOINT_SIZE];
	size_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < r->n_listeners && s->item[i].dest; k++)
			if (!memcmp(&s->item[i].member->at, &r->listener[k].at, sizeof(r->listener[k].at))) {
				snprintf(s->error, sizeof(s->error),
					 "line %u: destination %s is a listener of this instance",
					 s->item[i].dest->conf.line, uri_endpoint_text(&r->listener[k].at, at));
				return -EINVAL;
			}
	return 0;
}

/* What no list may ask for: a destination of two nat listeners, or one that is a listener itself. */
int sync_check_places(struct sync *s, const struct sync_input *in)
{
	const struct record *r = in->record;
	struct sync_claim *claim;
	size_t i, n = 0;
	int err = sync_check_loops(s, r);

	if (err)
		return err;
	claim = malloc((in->model->n_members * record_targets(r) + 1) * sizeof(*claim));
	if (!claim)
		return -ENOMEM;
	for (i = 0; i < record_targets(r); i++)
		if (record_target(r, i)->mode == DS_MODE_NAT)
			n += sync_claim_set(claim + n, r, i, model_find_set(in->model, record_target(r, i)->set));
	qsort(claim, n, sizeof(*claim), sync_compare_claims);
	for (i = 1; i < n && !err; i++) {
		if (memcmp(&claim[i].at, &claim[i - 1].at, sizeof(claim[i].at)) ||
		    claim[i].listener == claim[i - 1].listener)
			continue;
		sync_say_shared(s, r, &claim[i - 1], &claim[i]);
		err = -EINVAL;
	}
	free(claim);
	return err;
}
