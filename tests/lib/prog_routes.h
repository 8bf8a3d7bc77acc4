/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prog_routes.h - routes for the tables of prog.h, as a configuration file has them. */
#ifndef SIPXDP_TEST_PROG_ROUTES_H
#define SIPXDP_TEST_PROG_ROUTES_H

#include <stddef.h>

#include "decide.h"
#include "prog.h"

/* Where the n-th route of prog_routes() sends to that says no action: every route has a port of its own. */
#define PROG_ROUTE_IP4 "198.51.100.14"
#define PROG_ROUTE_IP6 "2001:db8:2::14"
#define PROG_ROUTE_PORT(n) (6000u + (n))

/*
 * Gives a listener n routes, by what stands between their braces. list: destinations for from-set, NULL: none; with the
 * flag 4 they are not active. A route that forwards has the slot in sets[] by the number of its set.
 */
void prog_routes(__u32 listener, const char *const *route, size_t n, const char *list);

/* What user space decides about a datagram to a listener, by the same tables; valid until the next. */
const struct decision *prog_decide(__u32 listener, const struct pkt *p);

/* The route that user space decides on for a request to one place, by the same tables; -1: none. */
int prog_routes_decide(__u32 listener, const struct pkt *p);

#endif
