/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - sets and destinations as configured, with a place for what is learnt while running. No I/O.
 *
 * A destination is one line of the list. A member is one address of it: what is picked, published, pinged and counted.
 * A destination whose name has three addresses has three members.
 */
#ifndef SIPXDP_CTL_MODEL_H
#define SIPXDP_CTL_MODEL_H

#include "abi.h"
#include "attrs.h"
#include "uri.h"

/* Flags in the list (kamailio.md 2.1). */
#define DS_LIST_INACTIVE (1u << 0)
#define DS_LIST_TRYING (1u << 1)
#define DS_LIST_DISABLED (1u << 2)
#define DS_LIST_PROBING (1u << 3)
#define DS_LIST_NODNSARES (1u << 4)
#define DS_LIST_NOPING (1u << 5)
#define DS_LIST_ALL 63u

/* Why the fast path cannot forward to a member. */
enum ds_slow {
	DS_SLOW_NONE = 0,
	DS_SLOW_TRANSPORT, /* not UDP */
	DS_SLOW_LOCAL,	   /* an address of this host */
	DS_SLOW_NAME,	   /* a name that was not looked up: the member's address is zero */
	DS_SLOW_MAX,
};

/* What the running program knows of a member; defined and owned by those who keep it. */
struct ds_runtime;

struct ds_member {
	struct ds_endpoint at;
	__u64 id; /* by model_set_ids() */
	enum ds_slow slow;
	struct ds_runtime *runtime; /* NULL in a new model; the model neither reads nor frees it */
};

/* The configured part of a destination. */
struct ds_config {
	int set;
	struct ds_uri uri;
	unsigned int flags; /* DS_LIST_* */
	int priority;	    /* higher is better */
	struct ds_attrs attrs;
	unsigned int line;   /* in the list, from 1 */
	unsigned int column; /* of the URI */
};

struct ds_dest {
	struct ds_config conf;
	struct ds_member *member; /* by address; at least one in a model */
	size_t n_members;
};

/* Destinations are in the order of the list. */
struct ds_set {
	int id;
	struct ds_dest **dest;
	size_t n_dests;
	size_t room;
};

/* Sets are in the order of their numbers. */
struct model {
	struct ds_set *set;
	size_t n_sets;
	size_t room;
	size_t n_dests;
	size_t n_members;
};

/* Returns an empty model, or NULL out of memory. */
struct model *model_new(void);

/* Frees the model and its destinations, not what `runtime` points to. */
void model_free(struct model *m);

void model_free_dest(struct ds_dest *dest);

/* Puts a destination into the set it names, made if new, and takes it over. Returns 0 or -ENOMEM: not taken over. */
int model_add(struct model *m, struct ds_dest *dest);

/* Takes a destination out of the model and frees it, and its set where that was the last one. */
void model_remove(struct model *m, struct ds_dest *dest);

/* Returns the set of that number or NULL. */
const struct ds_set *model_find_set(const struct model *m, int id);

/* Appends a member to a destination that is in no model yet. Returns 0 or -ENOMEM. */
int model_add_member(struct ds_dest *dest, const struct ds_endpoint *at, enum ds_slow slow);

/* Orders destinations by set, canonical URI and socket attribute. 0: they are one and the same to the dispatcher. */
int model_compare_dests(const struct ds_dest *a, const struct ds_dest *b);

/* The reason why a destination, or some of its members, is on the slow path; DS_SLOW_NONE: all are on the fast path. */
enum ds_slow model_slow(const struct ds_dest *dest);

/* "transport", "local", "name", or NULL for DS_SLOW_NONE. */
const char *model_slow_name(enum ds_slow slow);

/* One member with the destination it belongs to. */
struct model_ref {
	struct ds_dest *dest;
	struct ds_member *member;
};

/*
 * Gives every member the identity that fn returns. Two members of one set with one identity are a load error: -EEXIST,
 * with the two in clash[]. Returns 0, -EEXIST or -ENOMEM.
 */
int model_set_ids(struct model *m, __u64 (*fn)(void *ctx, const struct ds_dest *dest, const struct ds_member *member),
		  void *ctx, struct model_ref clash[2]);

enum model_change {
	MODEL_KEPT,    /* the same in both */
	MODEL_CHANGED, /* the same identity; flags, priority, attributes, spelling or the slow path differ */
	MODEL_ADDED,
	MODEL_REMOVED,
};

/*
 * Calls fn for every member of either model, matched by set and identity, in that order. `was` is that of the old model
 * (empty for MODEL_ADDED), `now` that of the new one (empty for MODEL_REMOVED). old may be NULL: all are added. Stops at
 * the first non-zero that fn returns. Returns that, 0 or -ENOMEM.
 */
int model_diff(const struct model *old, const struct model *new,
	       int (*fn)(void *ctx, enum model_change change, const struct model_ref *was, const struct model_ref *now),
	       void *ctx);

#endif
