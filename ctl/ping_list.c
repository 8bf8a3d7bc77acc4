// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_list.c - the targets, findable by slot, by place and by when something is due for them.
 */
#include "ping_inner.h"

#include <stdlib.h>
#include <string.h>

#include "sip_hash.h"
#include "sip_ip.h"

/* Children of a place in the heap: fewer levels than with two, and all in two lines of the cache. */
#define PING_HEAP_WAYS 4

static __u32 ping_list_hash(const struct ping *p, const struct ds_endpoint *at, __u32 mask)
{
	struct sip_hash h;

	sip_hash_begin(&h, p->key, p->start);
	sip_hash_word(&h, (__u64)at->ip.w[0] << 32 | at->ip.w[1]);
	sip_hash_word(&h, (__u64)at->ip.w[2] << 32 | at->ip.w[3]);
	sip_hash_word(&h, at->port_be);
	return (__u32)sip_hash_end(&h) & mask;
}

static size_t ping_list_text_size(const struct ping_target *target, size_t n)
{
	size_t i, size = 1;

	for (i = 0; i < n; i++)
		size += strlen(target[i].uri) + 1 + (target[i].from ? strlen(target[i].from) + 1 : 0);
	return size;
}

static const char *ping_list_copy(char **room, const char *text)
{
	char *at = *room;

	if (!text)
		return NULL;
	*room = stpcpy(at, text) + 1;
	return at;
}

static void ping_list_fill(struct ping *p, struct ping_list *l, const struct ping_target *target)
{
	char *text = l->text;
	struct ping_one *one;
	__u32 *first;
	size_t i;

	for (i = 0; i < l->n; i++) {
		one = &l->one[i];
		one->target = target[i];
		one->target.uri = ping_list_copy(&text, target[i].uri);
		one->target.from = ping_list_copy(&text, target[i].from);
		one->target.socket = NULL;
		if (target[i].codes) {
			l->codes[i] = *target[i].codes;
			one->target.codes = &l->codes[i];
		}
		one->interval_ms = target[i].conf->interval_ms;
		l->by_slot[target[i].slot] = (__u32)i + 1;
		first = &l->by_place[ping_list_hash(p, &target[i].at, l->place_mask)];
		one->same_place = *first;
		*first = (__u32)i + 1;
	}
}

struct ping_list *ping_list_new(struct ping *p, const struct ping_target *target, size_t n)
{
	struct ping_list *l = calloc(1, sizeof(*l));
	size_t i;

	if (!l)
		return NULL;
	l->n = n;
	for (l->place_mask = 1; l->place_mask < n; l->place_mask = l->place_mask << 1 | 1)
		;
	for (i = 0; i < n; i++)
		if (target[i].slot >= l->n_slots)
			l->n_slots = target[i].slot + 1;
	l->one = calloc(n + 1, sizeof(*l->one));
	l->heap = calloc(n + 1, sizeof(*l->heap));
	l->heap_at = calloc(n + 1, sizeof(*l->heap_at));
	l->codes = calloc(n + 1, sizeof(*l->codes));
	l->by_slot = calloc(l->n_slots + 1, sizeof(*l->by_slot));
	l->by_place = calloc((size_t)l->place_mask + 1, sizeof(*l->by_place));
	l->text = malloc(ping_list_text_size(target, n));
	if (!l->one || !l->heap || !l->heap_at || !l->codes || !l->by_slot || !l->by_place || !l->text) {
		ping_list_free(l);
		return NULL;
	}
	ping_list_fill(p, l, target);
	return l;
}

void ping_list_free(struct ping_list *l)
{
	if (!l)
		return;
	free(l->one);
	free(l->heap);
	free(l->heap_at);
	free(l->codes);
	free(l->by_slot);
	free(l->by_place);
	free(l->text);
	free(l);
}

struct ping_one *ping_list_find(const struct ping_list *l, __u32 slot)
{
	return slot < l->n_slots && l->by_slot[slot] ? &l->one[l->by_slot[slot] - 1] : NULL;
}

struct ping_one *ping_list_at(const struct ping *p, const struct ds_endpoint *at, const struct ping_one *one)
{
	const struct ping_list *l = p->list;
	__u32 next = one ? one->same_place : l->by_place[ping_list_hash(p, at, l->place_mask)];

	return next ? &l->one[next - 1] : NULL;
}

struct ping_one *ping_list_first(const struct ping_list *l)
{
	return &l->one[l->heap[0].index];
}

static void ping_list_put(struct ping_list *l, size_t at, struct ping_heap h)
{
	l->heap[at] = h;
	l->heap_at[h.index] = (__u32)at;
}

static size_t ping_list_least_child(const struct ping_list *l, size_t at)
{
	size_t child = PING_HEAP_WAYS * at + 1, end = child + PING_HEAP_WAYS, least = child;

	for (child++; child < end && child < l->n; child++)
		if (l->heap[child].due_ns < l->heap[least].due_ns)
			least = child;
	return least;
}

static void ping_list_sink(struct ping_list *l, size_t at)
{
	struct ping_heap h = l->heap[at];
	size_t child;

	while (PING_HEAP_WAYS * at + 1 < l->n) {
		child = ping_list_least_child(l, at);
		if (l->heap[child].due_ns >= h.due_ns)
			break;
		ping_list_put(l, at, l->heap[child]);
		at = child;
	}
	ping_list_put(l, at, h);
}

static void ping_list_rise(struct ping_list *l, size_t at)
{
	struct ping_heap h = l->heap[at];
	size_t parent;

	for (; at; at = parent) {
		parent = (at - 1) / PING_HEAP_WAYS;
		if (l->heap[parent].due_ns <= h.due_ns)
			break;
		ping_list_put(l, at, l->heap[parent]);
	}
	ping_list_put(l, at, h);
}

void ping_list_move(struct ping_list *l, const struct ping_one *one)
{
	__u32 index = (__u32)(one - l->one);
	size_t at = l->heap_at[index];
	bool sooner = one->due_ns < l->heap[at].due_ns;

	l->heap[at].due_ns = one->due_ns;
	if (sooner)
		ping_list_rise(l, at);
	else
		ping_list_sink(l, at);
}

void ping_list_order(struct ping_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		ping_list_put(l, i, (struct ping_heap){ l->one[i].due_ns, (__u32)i });
	for (i = l->n; i; i--)
		ping_list_sink(l, i - 1);
}
