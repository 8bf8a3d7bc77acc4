/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard.h - a copy of a buffer that ends right before a page nobody may touch: reading one octet too far is a crash.
 */
#ifndef SIPXDP_TEST_GUARD_H
#define SIPXDP_TEST_GUARD_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
	unsigned char *data;
	size_t len;
	void *map;
	size_t map_len;
};

/* Copy len octets; g->data + g->len is the forbidden page. Aborts if there is no memory: no test can go on then. */
static inline void guard_copy(struct guard *g, const void *data, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (len + page - 1) / page * page;
	unsigned char *map;

	map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE))
		abort();
	g->map = map;
	g->map_len = room + page;
	g->data = map + room - len;
	g->len = len;
	if (len)
		memcpy(g->data, data, len);
}

/* Safe on a struct guard that is all zero or already freed. */
static inline void guard_free(struct guard *g)
{
	if (g->map)
		munmap(g->map, g->map_len);
	memset(g, 0, sizeof(*g));
}

#endif
