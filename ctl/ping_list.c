// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_list.c - the targets, findable by slot, by place and by when something is due for them.
 */
#include "ping_inner.h"

#include <stdlib.h>
#include <string.h>

#include "sip_hash.h"
#include "sip_ip.h"

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
		one->heap_at = i;
		l->heap[i] = one;
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
	l->codes = calloc(n + 1, sizeof(*l->codes));
	l->by_slot = calloc(l->n_slots + 1, sizeof(*l->by_slot));
	l->by_place = calloc((size_t)l->place_mask + 1, sizeof(*l->by_place));
	l->text = malloc(ping_list_text_size(target, n));
	if (!l->one || !l->heap || !l->codes || !l->by_slot || !l->by_place || !l->text) {
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

static void ping_list_put(struct ping_list *l, size_t at, struct ping_one *one)
{
	l->heap[at] = one;
	one->heap_at = at;
}

static void ping_list_sink(struct ping_list *l, struct ping_one *one)
{
	size_t at = one->heap_at, child;

	for (;;) {
		child = 2 * at + 1;
		if (child >= l->n)
			break;
		if (child + 1 < l->n && l->heap[child + 1]->due_ns < l->heap[child]->due_ns)
			child++;
		if (l->heap[child]->due_ns >= one->due_ns)
			break;
		ping_list_put(l, at, l->heap[child]);
		at = child;
	}
	ping_list_put(l, at, one);
}

static void ping_list_rise(struct ping_list *l, struct ping_one *one)
{
	size_t at = one->heap_at;

	while (at && l->heap[(at - 1) / 2]->due_ns > one->due_ns) {
		ping_list_put(l, at, l->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	ping_list_put(l, at, one);
}

void ping_list_move(struct ping_list *l, struct ping_one *one)
{
	ping_list_rise(l, one);
	ping_list_sink(l, one);
}

void ping_list_order(struct ping_list *l)
{
	size_t i;

	for (i = l->n / 2; i; i--)
		ping_list_sink(l, l->heap[i - 1]);
}
