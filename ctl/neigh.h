/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neigh.h - keeps the next hops of the destinations resolved: as neighbours that the kernel manages (NTF_EXT_MANAGED,
 * kernel 5.16), never as permanent ones. Which of them are ours is kept in a pinned map.
 */
#ifndef SIPXDP_CTL_NEIGH_H
#define SIPXDP_CTL_NEIGH_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"

/* A next hop, without holes: key of the pinned map `neighbours`, whose value is enum neigh_owner. */
struct neigh {
	__u32 ifindex;
	struct ds_addr ip;
};

enum neigh_owner {
	NEIGH_CREATED = 1, /* was not there: deleted in the end */
	NEIGH_ADOPTED,	   /* was there, unmanaged: left in the end, unmanaged again */
};

#define NEIGH_WAIT_MS 1000

/*
 * Manages the next hops of n places, releases those that no place needs any more, and waits until the new ones are
 * resolved, NEIGH_WAIT_MS at most. A place whose interface is 0 is looked up in the routing tables, another is its own
 * next hop. keys: the map. warn(ctx, place, why) is called for each that has no route or whose next hop does not
 * answer. Returns 0 or -errno.
 */
int neigh_update(int keys, const struct neigh *place, size_t n,
		 void (*warn)(void *ctx, const struct neigh *place, const char *why), void *ctx);

/*
 * The same for who must not wait: wait_ms at most, 0: not at all. What was not managed before is asked for then, and
 * not warned of for not having answered yet.
 */
int neigh_update_within(int keys, const struct neigh *place, size_t n, unsigned int wait_ms,
			void (*warn)(void *ctx, const struct neigh *place, const char *why), void *ctx);

/* Calls warn for each of n places that is behind a gateway, so that its link address is not to be had. 0 or -errno. */
int neigh_check_links(const struct neigh *place, size_t n,
		      void (*warn)(void *ctx, const struct neigh *place, const char *why), void *ctx);

/* Releases every next hop of the map; those whose interface is gone are gone too. Returns 0 or -errno. */
int neigh_release(int keys);

#endif
