/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route_tables.h - the tables that dispatchctl route decides by: made from a list in memory or in a private kernel
 * instance, or those of a live instance, read and never written.
 */
#ifndef SIPXDP_CTL_ROUTE_TABLES_H
#define SIPXDP_CTL_ROUTE_TABLES_H

#include "bpf.h"
#include "decide.h"
#include "model.h"
#include "record.h"
#include "routes.h"

struct route_tables {
	struct bpf_inst inst; /* what is read; of a list without kernel its arrays are on the heap */
	bool on_heap;
	struct routes_keys keys;      /* on the heap: what is looked up for its routes */
	__u32 slot;		      /* of the listener */
	struct ds_call_bucket *calls; /* a copy of the live ones, or empty */
	struct ds_load *loads;	      /* as calls */
	__u32 calls_mask;
	__u64 rr[DS_ROUTES_MAX]; /* as calls */
};

/*
 * Makes tables of what one listener would have after attaching with this model, which gets its ids. in_kernel: in a
 * private instance, for test runs. why says more where it is not empty. Returns 0, -EEXIST, -EINVAL, -ENOSPC or -errno.
 */
int route_tables_make(struct route_tables *t, struct model *m, const struct record_listener *l, const __u64 key[2],
		      bool in_kernel, char *why, size_t size);

/*
 * The same of a record with one listener and what else its routes forward to, routes->of[0]. The keys of the routes are
 * made with `key`, too.
 */
int route_tables_make_routed(struct route_tables *t, struct model *m, const struct record *r,
			     const struct routes *routes, const __u64 key[2], bool in_kernel, char *why, size_t size);

/*
 * Opens those of a live instance, at its directory. at: the listener meant, NULL for the first; in_kernel: with a twin
 * for test runs. Returns 0, -ENOENT (no such instance), -ESRCH (no such listener) or -errno.
 */
int route_tables_open(struct route_tables *t, const char *dir, const struct ds_endpoint *at, bool in_kernel);

void route_tables_free(struct route_tables *t);

/* The environment of a decision by these tables, which must outlive it. */
void route_tables_env(struct route_tables *t, struct decide_env *env);

/* The slot of the listener's destination at that address:port, 0 where there is none. ctx: struct route_tables. */
__u32 route_tables_find(void *ctx, const struct ds_endpoint *at);

#endif
