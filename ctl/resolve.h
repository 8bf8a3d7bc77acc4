/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolve.h - turns the host of a destination into members, and knows which addresses are this host's own.
 */
#ifndef SIPXDP_CTL_RESOLVE_H
#define SIPXDP_CTL_RESOLVE_H

#include "diag.h"
#include "model.h"

/* The addresses of one name, in any order, doubles allowed. */
struct resolve_answer {
	struct ds_addr *ip;
	size_t n;
	const char *why; /* static text, set by a lookup that fails */
};

/* Returns 0 or -ENOMEM. */
int resolve_answer_add(struct resolve_answer *a, const struct ds_addr *ip);

/* Where answers come from; tests bring their own. */
struct resolver {
	/*
	 * Finds the addresses of a name. Returns 0, -ENOENT: it has none, -EAGAIN: no server answered, or another
	 * -errno. NULL: names are not looked up.
	 */
	int (*lookup)(void *ctx, const char *name, struct resolve_answer *answer);
	bool (*is_local)(void *ctx, const struct ds_addr *ip); /* NULL: nothing is local */
	void *ctx;
};

/*
 * Makes the resolver of this host: getaddrinfo() unless dns is false, loopback and the addresses of all interfaces as
 * they are now. Returns 0 or -errno. resolve_host_free() ends it.
 */
int resolve_host(struct resolver *r, bool dns);
void resolve_host_free(struct resolver *r);

/*
 * Gives each of n destinations its members, addresses ascending, IPv4 first, so that all nodes agree. Each name is
 * looked up once. Says in d which names have no address (an error) and what is on the slow path. Returns 0 or -ENOMEM.
 */
int resolve_dests(struct ds_dest **dest, size_t n, const struct resolver *r, struct diag_list *d);

#endif
