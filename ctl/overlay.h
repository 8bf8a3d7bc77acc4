/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay.h - what operators changed at run time, over what the list says: added and removed destinations, modified
 * weights, priorities, flags and attributes, and states. Kept in a state file (JSON, replaced by rename, synced) so that
 * it survives reload and restart. An entry that the list has come to agree with goes by itself.
 */
#ifndef SIPXDP_CTL_OVERLAY_H
#define SIPXDP_CTL_OVERLAY_H

#include "health.h"
#include "model.h"

enum overlay_kind {
	OVERLAY_ADD,	/* a destination that the list does not have */
	OVERLAY_REMOVE, /* one that it has */
	OVERLAY_MODIFY,
	OVERLAY_STATE, /* admin state */
};

#define OVERLAY_HAS_FLAGS 1u
#define OVERLAY_HAS_PRIORITY 2u
#define OVERLAY_HAS_ATTRS 4u  /* the whole field is replaced */
#define OVERLAY_HAS_WEIGHT 8u /* the attribute weight alone */

/* By destination: set, canonical URI and socket attribute, as the model compares them. */
struct overlay_entry {
	enum overlay_kind kind;
	int set;
	char *uri;    /* canonical; of OVERLAY_ADD as given */
	char *socket; /* NULL: none */
	unsigned int has; /* OVERLAY_HAS_*; of OVERLAY_ADD all but WEIGHT */
	unsigned int flags;
	int priority;
	int weight;
	char *attrs; /* NULL: empty */
	enum ds_admin admin;
	__u64 time_s; /* CLOCK_REALTIME when the operator said so */
};

struct overlay {
	struct overlay_entry *entry;
	size_t n;
	size_t room;
};

void overlay_init(struct overlay *o);
void overlay_free(struct overlay *o);
int overlay_copy(struct overlay *to, const struct overlay *from);

/*
 * Enters one more, merged with what it has of the same destination: removing an added one takes the entry away, adding a
 * removed one too, and so on. entry's texts are copied. Returns 0 or -ENOMEM.
 */
int overlay_put(struct overlay *o, const struct overlay_entry *entry);

/*
 * Applies it to a model as read from the list, before identities are given: members of added destinations are resolved
 * by r. What disagrees with nothing any more is dropped from o: *dropped counts. Says in d what cannot be applied.
 * Returns 0, -EINVAL or -ENOMEM.
 */
struct resolver;
int overlay_apply(struct overlay *o, struct model *m, const struct resolver *r, struct diag_list *d, size_t *dropped);

/* The admin state of a destination: the operator's, else the list's (flag 4: disabled). */
enum ds_admin overlay_admin(const struct overlay *o, const struct ds_dest *dest);

/* What is overlaid on a destination, as words for `list`: "added", "modified", "state", or NULL. */
const char *overlay_mark(const struct overlay *o, const struct ds_dest *dest);

/* Reads and writes the state file. A file that is not there is empty; one that cannot be understood is -EPROTO, said in why. */
int overlay_load(struct overlay *o, const char *path, char *why, size_t size);
int overlay_store(const struct overlay *o, const char *path);

#endif
