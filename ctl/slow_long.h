/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slow_long.h - the octets of stored requests (ds_store.h) that are longer than an entry of the map: the latest ones, in
 * the daemon's memory. What else is known of them is in the map, so that the kernel's programs follow them, too.
 */
#ifndef SIPXDP_CTL_SLOW_LONG_H
#define SIPXDP_CTL_SLOW_LONG_H

#include <linux/types.h>
#include <stddef.h>

#define SLOW_LONG_MAX 256

struct slow_long {
	__u64 key; /* of struct ds_stored */
	size_t len;
	unsigned char *data; /* NULL: free */
};

struct slow_longs {
	struct slow_long one[SLOW_LONG_MAX];
	size_t next; /* the oldest */
};

/* Keeps a copy; the oldest gives way. Out of memory nothing is kept. */
void slow_long_keep(struct slow_longs *l, __u64 key, const unsigned char *data, size_t len);

/* The request of that key and length, NULL where it is not there any more. */
const unsigned char *slow_long_find(const struct slow_longs *l, __u64 key, size_t len);

void slow_long_free(struct slow_longs *l);

#endif
