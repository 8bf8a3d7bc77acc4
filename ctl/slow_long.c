// SPDX-License-Identifier: GPL-2.0-or-later
/* slow_long.c - see slow_long.h. */
#include "slow_long.h"

#include <stdlib.h>
#include <string.h>

const unsigned char *slow_long_find(const struct slow_longs *l, __u64 key, size_t len)
{
	size_t i;

	for (i = 0; i < SLOW_LONG_MAX; i++)
		if (l->one[i].data && l->one[i].key == key && l->one[i].len == len)
			return l->one[i].data;
	return NULL;
}

void slow_long_keep(struct slow_longs *l, __u64 key, const unsigned char *data, size_t len)
{
	struct slow_long *one = &l->one[l->next];
	unsigned char *copy;

	if (slow_long_find(l, key, len))
		return;
	copy = malloc(len);
	if (!copy)
		return;
	memcpy(copy, data, len);
	free(one->data);
	*one = (struct slow_long){ .key = key, .len = len, .data = copy };
	l->next = (l->next + 1) % SLOW_LONG_MAX;
}

void slow_long_free(struct slow_longs *l)
{
	size_t i;

	for (i = 0; i < SLOW_LONG_MAX; i++)
		free(l->one[i].data);
	memset(l, 0, sizeof(*l));
}
