/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route_show.h - a route as it is published: which criteria it has and what it does, as JSON and as text. */
#ifndef SIPXDP_CTL_ROUTE_SHOW_H
#define SIPXDP_CTL_ROUTE_SHOW_H

#include "ds_route.h"

struct json_t;

/*
 * The n-th of a listener's routes, from 0, by its table: {number, by, action} with what the action needs. number counts
 * from 1. sets: sets[]. A new JSON object, NULL out of memory.
 */
struct json_t *route_show_json(const struct ds_route_table *t, const struct ds_route *r, const struct ds_set_rec *sets,
			       unsigned int n);

/* Prints such an object: `2 "name" by method, user: forward to set 1, round-robin`. */
void route_show_print(const struct json_t *route);

#endif
