// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table.c - builds and compares pick tables.
 */
#include "table.h"

#include <errno.h>
#include <stdlib.h>

#include "sip_hash.h"

#define TABLE_FREE 0xffffffffu
#define TABLE_MOVED_HASHES (1u << 20)

/* A member while its turns last: where its permutation stands, and how much of a turn it has saved. */
struct table_turn {
	__u64 id;
	__u32 index;
	__u32 at;
	__u32 skip;
	__u32 weight;
	__u32 credit;
};

bool table_size_valid(__u32 n)
{
	__u32 i;

	if (n < 2 || n > TABLE_SIZE_MAX)
		return false;
	for (i = 2; i * i <= n; i++)
		if (n % i == 0)
			return false;
	return true;
}

static int table_compare(const void *a, const void *b)
{
	const struct table_turn *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void table_start(struct table_turn *t, const __u64 key[2], const struct table_member *m, __u32 index, __u32 size)
{
	struct sip_hash h;
	__u64 hash;

	sip_hash_begin(&h, key, SIP_HASH_TABLE);
	sip_hash_word(&h, m->id);
	hash = sip_hash_end(&h);
	t->id = m->id;
	t->index = index;
	t->at = (__u32)hash % size;
	t->skip = (__u32)(hash >> 32) % (size - 1) + 1;
	t->weight = m->weight;
	t->credit = 0;
}

static void table_take(struct table_turn *t, __u32 *entry, __u32 size)
{
	while (entry[t->at] != TABLE_FREE)
		t->at = (t->at + t->skip) % size;
	entry[t->at] = t->index;
}

/* In each round the heaviest takes one entry; a lighter one saves its fraction of a turn until it has a whole one. */
static void table_fill(struct table_turn *turn, size_t n, __u32 heaviest, __u32 *entry, __u32 size)
{
	__u32 i, filled = 0;

	for (i = 0; i < size; i++)
		entry[i] = TABLE_FREE;
	while (filled < size) {
		for (i = 0; i < n && filled < size; i++) {
			turn[i].credit += turn[i].weight;
			if (turn[i].credit < heaviest)
				continue;
			turn[i].credit -= heaviest;
			table_take(&turn[i], entry, size);
			filled++;
		}
	}
}

int table_build(const __u64 key[2], const struct table_member *member, size_t n, __u32 *entry, __u32 size)
{
	struct table_turn *turn;
	__u32 heaviest = 0;
	size_t i;

	if (!n || !table_size_valid(size))
		return -EINVAL;
	turn = malloc(n * sizeof(*turn));
	if (!turn)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (!member[i].weight || member[i].weight > TABLE_WEIGHT_MAX) {
			free(turn);
			return -EINVAL;
		}
		heaviest = member[i].weight > heaviest ? member[i].weight : heaviest;
		table_start(&turn[i], key, &member[i], i, size);
	}
	qsort(turn, n, sizeof(*turn), table_compare);
	table_fill(turn, n, heaviest, entry, size);
	free(turn);
	return 0;
}

/* An entry of a list of turns before it is in order. */
struct table_place {
	double at; /* 0 to 1 */
	__u32 index;
};

static int table_compare_places(const void *a, const void *b)
{
	const struct table_place *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static __u32 table_divisor(__u32 a, __u32 b)
{
	__u32 rest;

	for (; b; a = b, b = rest)
		rest = a % b;
	return a;
}

/* What of its share of max a member has not got in whole entries; the largest first. */
struct table_rest {
	__u64 rest;
	__u32 index;
};

static int table_compare_rests(const void *a, const void *b)
{
	const struct table_rest *x = a, *y = b;

	if (x->rest != y->rest)
		return x->rest > y->rest ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Shares max entries out by weight, one at least to each; n is at most max. */
static int table_apportion(const struct table_member *member, size_t n, __u64 sum, __u32 *count, __u32 max)
{
	struct table_rest *rest = malloc(n * sizeof(*rest));
	__u32 given = 0;
	size_t i, most = 0;

	if (!rest)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		count[i] = (__u32)(member[i].weight * (__u64)max / sum);
		rest[i] = (struct table_rest){ member[i].weight * (__u64)max % sum, (__u32)i };
		/* the one entry that nobody goes without is all that it gets */
		if (!count[i]) {
			count[i] = 1;
			rest[i].rest = 0;
		}
		given += count[i];
	}
	qsort(rest, n, sizeof(*rest), table_compare_rests);
	for (i = 0; given < max && i < n; i++, given++)
		count[rest[i].index]++;
	free(rest);
	for (; given > max; given--) {
		for (i = 0; i < n; i++)
			most = count[i] > count[most] ? i : most;
		count[most]--;
	}
	return 0;
}

/* How often each member stands in a list of turns; *total is the length of the list. */
static int table_count_turns(const struct table_member *member, size_t n, __u32 *count, __u32 max, __u32 *total)
{
	__u32 divisor = 0;
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		divisor = table_divisor(member[i].weight, divisor);
		sum += member[i].weight;
	}
	if (sum / divisor > max) {
		*total = max;
		return table_apportion(member, n, sum, count, max);
	}
	for (i = 0; i < n; i++)
		count[i] = member[i].weight / divisor;
	*total = (__u32)(sum / divisor);
	return 0;
}

int table_turns(const struct table_member *member, size_t n, __u32 *entry, __u32 max)
{
	__u32 *count = NULL, total = 0, at = 0, k;
	struct table_place *place = NULL;
	int err = -ENOMEM;
	size_t i;

	if (!n || n > max)
		return -EINVAL;
	for (i = 0; i < n; i++)
		if (!member[i].weight || member[i].weight > TABLE_WEIGHT_MAX)
			return -EINVAL;
	count = malloc(n * sizeof(*count));
	if (count)
		err = table_count_turns(member, n, count, max, &total);
	if (!err) {
		place = malloc(total * sizeof(*place));
		err = place ? 0 : -ENOMEM;
	}
	for (i = 0; i < n && !err; i++)
		for (k = 0; k < count[i]; k++)
			place[at++] = (struct table_place){ (2.0 * k + 1) / (2.0 * count[i]), (__u32)i };
	if (!err) {
		qsort(place, total, sizeof(*place), table_compare_places);
		for (i = 0; i < total; i++)
			entry[i] = place[i].index;
	}
	free(place);
	free(count);
	return err ? err : (int)total;
}

double table_imbalance(const struct table_member *member, size_t n, const __u32 *entry, __u32 size)
{
	__u32 *count = calloc(n + 1, sizeof(*count));
	double weights = 0, share, worst = 0;
	size_t i;

	if (!count)
		return 0;
	for (i = 0; i < size; i++)
		count[entry[i]]++;
	for (i = 0; i < n; i++)
		weights += member[i].weight;
	for (i = 0; i < n; i++) {
		share = count[i] * weights / ((double)size * member[i].weight);
		worst = share > worst ? share : worst;
	}
	free(count);
	return worst;
}

static __u64 table_owner(const struct table_view *v, __u32 i)
{
	return v->entry && v->size ? v->id(v->ctx, v->entry[i]) : 0;
}

/* Walks both along the line of all hashes, in units of which each table has a whole number per entry. */
double table_moved(const struct table_view *a, const struct table_view *b)
{
	__u64 na = a->size ? a->size : 1, nb = b->size ? b->size : 1;
	__u64 i = 0, k = 0, at = 0, end, moved = 0;

	while (i < na && k < nb) {
		end = (i + 1) * nb < (k + 1) * na ? (i + 1) * nb : (k + 1) * na;
		if (table_owner(a, i) != table_owner(b, k))
			moved += end - at;
		at = end;
		i += (i + 1) * nb == end;
		k += (k + 1) * na == end;
	}
	return (double)moved / (double)(na * nb);
}

double table_moved_modulo(const struct table_view *a, const struct table_view *b)
{
	__u64 na = a->size ? a->size : 1, nb = b->size ? b->size : 1, all = na * nb, i, moved = 0;

	if (all > TABLE_MOVED_HASHES)
		all = TABLE_MOVED_HASHES;
	for (i = 0; i < all; i++)
		moved += table_owner(a, (__u32)(i % na)) != table_owner(b, (__u32)(i % nb));
	return (double)moved / (double)all;
}
