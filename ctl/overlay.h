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
	OVERLAY_KINDS,
};

#define OVERLAY_HAS_FLAGS 1u
#define OVERLAY_HAS_PRIORITY 2u
#define OVERLAY_HAS_ATTRS 4u  /* the whole field is replaced */
#define OVERLAY_HAS_WEIGHT 8u /* the attribute weight alone; after ATTRS where both are there */

/* By destination: set, canonical URI and socket attribute, as the model compares them. */
struct overlay_entry {
	enum overlay_kind kind;
	int set;
	char *uri;	  /* as given */
	char *canonical;  /* by overlay_put(), whatever is handed in */
	char *socket;	  /* NULL: none; of OVERLAY_ADD by overlay_put() from attrs */
	unsigned int has; /* OVERLAY_HAS_*; of OVERLAY_ADD all but WEIGHT, which may be */
	unsigned int flags;
	int priority;
	int weight;
	char *attrs; /* NULL: empty */
	enum ds_admin admin;
	__u64 time_s; /* CLOCK_REALTIME when the operator said so */
};

/* Of one destination there is at most one OVERLAY_STATE and one entry of another kind. */
struct overlay {
	struct overlay_entry **entry; /* by set, canonical URI, socket; the state last */
	size_t n;
	size_t room;
};

void overlay_init(struct overlay *o);
void overlay_free(struct overlay *o);

/* Copies into an overlay that overlay_init() made. Returns 0, or -ENOMEM: it is empty then. */
int overlay_copy(struct overlay *to, const struct overlay *from);

/*
 * Enters one more, merged with what it has of the same destination: removing an added one takes the entry away, adding a
 * removed one makes it an added one (which goes where the list says the same), modifying an added one changes that. The
 * last word counts. entry's texts are copied; nothing is checked, overlay_apply() does that. Returns 0 or -ENOMEM.
 */
int overlay_put(struct overlay *o, const struct overlay_entry *entry);

/*
 * Applies it to a model as read from the list, before identities are given: members of added destinations are resolved
 * by r, their line is 0. What disagrees with nothing any more is dropped from o: *dropped counts; so is what was said of a
 * destination that the list lost since, with a warning. An added one that the list has by now is a modified one. Says in d
 * (line 0, unsorted) what cannot be applied. Returns 0, -EINVAL or -ENOMEM: then o is as before and m fit for
 * model_free() alone.
 */
struct resolver;
int overlay_apply(struct overlay *o, struct model *m, const struct resolver *r, struct diag_list *d, size_t *dropped);

/* The admin state of a destination: the operator's, else the list's (flag 4: disabled). */
enum ds_admin overlay_admin(const struct overlay *o, const struct ds_dest *dest);

/* What is overlaid on a destination, as words for `list`: "added", "modified", "state", or NULL. */
const char *overlay_mark(const struct overlay *o, const struct ds_dest *dest);

#define OVERLAY_FILE_MAX (32u << 20)

/*
 * Reads the state file into an overlay that overlay_init() made. A file that is not there is empty. Returns 0, -EPROTO: it
 * cannot be understood, or is of a later version; -EFBIG, another -errno of reading it, or -ENOMEM: o is empty then, and
 * why says more (empty text: the -errno says it all). After any failure the file is not to be written over: it holds what
 * operators said.
 */
int overlay_load(struct overlay *o, const char *path, char *why, size_t size);

/*
 * Writes the state file, mode 0600, so that after a crash it is the former one or the new one; its directory is made (0755)
 * where it is missing. Returns 0 or -errno: the former one stays, unless only the last step failed, the sync of the directory.
 */
int overlay_store(const struct overlay *o, const char *path);

/* The same as text: overlay_parse() returns as overlay_load() does, overlay_text() a new text or NULL out of memory. */
int overlay_parse(struct overlay *o, const char *text, size_t len, char *why, size_t size);
char *overlay_text(const struct overlay *o);

#endif
