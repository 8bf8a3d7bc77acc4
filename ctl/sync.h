/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync.h - from the model to what packets read: compares the two by identity, decides slots, and publishes the
 * difference as one generation (abi.h, DESIGN.md section 6).
 */
#ifndef SIPXDP_CTL_SYNC_H
#define SIPXDP_CTL_SYNC_H

#include <stdbool.h>
#include <stddef.h>

#include "algorithm.h"
#include "bpf.h"
#include "model.h"
#include "record.h"
#include "routes.h"
#include "table.h"

/* How long a removed destination drains at least: RFC 3261's timers B and F. */
#define SYNC_DRAIN_MIN_S 32

enum sync_fate {
	SYNC_KEPT,
	SYNC_CHANGED, /* same slot; flags, priority, attributes or slow path differ */
	SYNC_ADDED,
	SYNC_RESUMED,  /* was draining, is in the list again */
	SYNC_REMOVED,  /* begins to drain */
	SYNC_DRAINING, /* goes on draining */
	SYNC_FREED,    /* drained: its slot is free for the next change */
	SYNC_FATES,
};

/* One destination, before and after. */
struct sync_item {
	int set;
	__u64 id;
	enum sync_fate fate;
	__u32 slot;
	__u32 listener;
	const struct ds_dest *dest; /* NULL: not in the list */
	const struct ds_member *member;
};

/* What one listener picks from. Listeners with equal set, algorithm and family share one: like is the first of them. */
struct sync_set {
	size_t like;
	struct table_member *member; /* active ones, in the order of the list */
	__u32 *dest;		     /* their slots in dests[] */
	__u32 n;
	__u32 *slots; /* by Kamailio's rule: indexes of member[] by slot */
	__u32 n_slots;
	__u32 *turn; /* slots in dests[] in the order of their turns; NULL where nothing is active */
	__u32 n_turns;
	__u32 n_spare; /* more of them behind those: active, and for failover alone */
	__u32 *table;  /* slots in dests[]; NULL where nothing is active */
	__u32 size;
	struct ds_key key[DS_KEYS_MAX];
	bool published; /* the same is published already, in slot */
	__u32 slot;	/* in sets[]; 0: none */
	__u32 table_at;
	__u32 members_at;
	double moved;	  /* share of keys that go to another destination than before; 0 on the first load */
	double imbalance; /* table_imbalance() */
};

struct sync {
	struct sync_item *item; /* by set and id */
	size_t n;
	size_t count[SYNC_FATES];
	struct sync_set set[RECORD_TARGETS_MAX]; /* by target (record.h) */
	const struct record *record;
	struct ds_route_table table[DS_LISTENERS_MAX];
	struct routes_keys keys[DS_LISTENERS_MAX];
	size_t n_sets;
	size_t skipped;	 /* members of the other address family than the only listeners that use their set */
	bool flip;	 /* something that a packet reads through the generation changes */
	char error[256]; /* why sync_plan() failed, empty where errno says it */
};

/* Whether a member is picked from. */
enum sync_use {
	SYNC_USE_NONE = 0,
	SYNC_USE_LAST,	  /* only where its set has none of the last kind */
	SYNC_USE_DEFAULT, /* the same: the set's default destination, which has no slot of Kamailio's */
	SYNC_USE_FULL,
};

/* What is known beyond the list. */
struct sync_rules {
	/* Called once the members of a model have their ids, before the next is asked. Returns 0 or -errno. */
	int (*begin)(void *ctx, struct model *model);
	enum sync_use (*use)(void *ctx, const struct ds_dest *dest, const struct ds_member *member);
	/* Sets the latencies of *m where they are known. */
	void (*latency)(void *ctx, const struct ds_member *member, struct algorithm_member *m);
	void *ctx;
};

/* What a plan is made from; nothing of it is changed. */
struct sync_input {
	const struct model *model; /* with ids */
	const struct record *record;
	const __u32 *calls;		/* live calls by slot of dests[], from sync_count_calls() */
	__u64 now_ns;			/* CLOCK_BOOTTIME */
	const struct routes *routes;	/* NULL: no listener has any */
	const struct sync_rules *rules; /* NULL: the list's flags say all */
};

/* Gives every member of the model its identity under the cluster key. -EEXIST: two are alike, said in why. */
int sync_ids(struct model *m, const __u64 key[2], char *why, size_t size);

/*
 * Returns the number of calls by slot of dests[] in a new array, NULL out of memory. ended: also those that are over and
 * only remembered for what is sent again.
 */
__u32 *sync_count_calls(const struct bpf_inst *b, __u32 now_ticks, bool ended);

/* Decides; touches nothing. Returns 0, -EINVAL with s->error set, -ENOSPC (too large, s->error set) or -ENOMEM. */
int sync_plan(struct sync *s, const struct bpf_inst *b, const struct sync_input *in);

/*
 * Publishes a plan. The caller has waited until DS_GRACE_MS after the last publication where s->flip is set. Returns 0
 * or -errno: nothing is published then,
 * or (while slots are freed) all of it is and the slots stay as they were until the next change.
 */
int sync_apply(struct sync *s, const struct bpf_inst *b, const struct sync_input *in);

void sync_free(struct sync *s);

/* Parts of the above, by file. */
int sync_plan_sets(struct sync *s, const struct bpf_inst *b, const struct sync_input *in);
int sync_check_places(struct sync *s, const struct sync_input *in);
int sync_publish_ids(const struct sync *s, const struct bpf_inst *b, const struct record *r, bool freed);
enum sync_use sync_use(const struct sync_input *in, const struct ds_dest *dest, const struct ds_member *member);

/* Adds a member to those that are picked from, and to m[], which is parallel to them. */
void sync_enter(const struct sync *s, struct sync_set *set, const struct record_listener *l,
		const struct sync_input *in, const struct ds_dest *dest, const struct ds_member *member,
		struct algorithm_member *m);

/* Fills the arrays of set, which have room for all, and the weights in m[], by Kamailio's rule. Returns 0 or -ENOMEM. */
int sync_list_kamailio(const struct sync *s, struct sync_set *set, const struct record_listener *l,
		       const struct ds_set *from, const struct sync_input *in, struct algorithm_member *m);

/* What is published of a listener's set, and of the listener where it has that set. */
struct ds_set_rec sync_set_rec(const struct sync_set *set, const struct record_listener *l);
struct ds_listener_half sync_listener_half(const struct sync_set *set, const struct record_listener *l);
const struct ds_set_rec *sync_current(const struct bpf_inst *b, size_t listener);

/* Makes the tables of listeners that have routes; whether packets read others sets s->flip. Returns 0 or -ENOMEM. */
int sync_plan_routes(struct sync *s, const struct bpf_inst *b, const struct sync_input *in);

/* The i-th route of a listener as it will be published, its sets' slots being known: of those the ones with somebody to pick. */
struct ds_route sync_route(const struct sync *s, const struct routes_of *of, size_t i);

/* Writes them: what is looked up, then the half that no packet reads. Returns 0 or -errno. */
int sync_write_routes(const struct sync *s, const struct bpf_inst *b, const struct sync_input *in, __u32 next);

/* Whether what goes into messages is to change for a destination that is published; writes it for a generation. */
bool sync_uris_differ(const struct sync *s, const struct bpf_inst *b);
void sync_write_uris(const struct sync *s, const struct bpf_inst *b, __u32 next);

const struct sync_item *sync_find(const struct sync *s, int set, __u64 id);

/*
 * Whether a listener can send to an address: families are the same, or there is a tunnel over that one. A zero address
 * is of either.
 */
bool sync_reaches(const struct record_listener *l, const struct ds_addr *ip);

/* DS_DEST_* of a destination that is in the list. */
__u32 sync_flags(const struct sync_item *i);

/* Whether the list lets a destination be picked. */
bool sync_is_active(const struct ds_dest *dest);

#endif
