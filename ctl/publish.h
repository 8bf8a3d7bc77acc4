/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * publish.h - from a list to what packets read: the steps that attach and reload have in common, with their messages.
 */
#ifndef SIPXDP_CTL_PUBLISH_H
#define SIPXDP_CTL_PUBLISH_H

#include "instance.h"
#include "model.h"
#include "options.h"
#include "record.h"
#include "sync.h"

struct admit;
struct conf;
struct json_t;

struct publish {
	struct instance inst;
	struct record rec;
	struct bpf_inst bpf;
	int keys; /* the map of neighbours, -1: not open */
	struct model *model;
	struct sync sync;
	struct sync_input in;
	__u32 *calls;
	struct routes routes;			     /* of all listeners */
	const struct admit *admit[DS_LISTENERS_MAX]; /* by listener; NULL: as published */
	const struct conf *conf;		     /* that it goes by, where it is not stored yet; else NULL */
	unsigned int wait_ms;			     /* for next hops that are new */
	const struct sync_rules *rules;		     /* what is known beyond the list; NULL: nothing */
	size_t errors;				     /* of the list */
	size_t warnings;
	size_t cold; /* destinations whose next hop is not resolved */
	bool empty;
};

/* Holds nothing; publish_end() may follow. */
void publish_init(struct publish *p);
void publish_end(struct publish *p);

/* Forgets the model and the plan, so that another change of the same instance may follow. */
void publish_forget(struct publish *p);

/*
 * Opens the instance that the options name, and locks it where change is set: then it must be of this network
 * namespace. Returns an exit code after saying why.
 */
int publish_open(struct publish *p, const struct options *o, bool change);

/*
 * Reads the list at rec.file; all that is wrong is said. allow_empty: a list with no destination will do. Needs
 * no kernel. Returns an exit code.
 */
int publish_read(struct publish *p, bool allow_empty);

/* Decides what changes, with the instance open. allow_missing: a listener's set may be missing. Returns an exit code. */
int publish_plan(struct publish *p, bool allow_missing);

/* Resolves next hops, waits out the grace time of the last publication, publishes. Returns an exit code. */
int publish_apply(struct publish *p);

/* The last part of it: for a plan that needs no new next hop. */
int publish_tables(struct publish *p);

/* Stores the record, which makes the rest known to later commands. Returns an exit code. */
int publish_store(struct publish *p);

/*
 * Takes everything of the locked instance away, in whatever state it is: half made, or of another version. here: its
 * neighbours are of this network namespace. Returns an exit code.
 */
int publish_remove(struct publish *p, bool here);

/* What changed and how tables moved, as text on standard output, and as a new JSON object. */
void publish_print(const struct publish *p);
struct json_t *publish_json(const struct publish *p);

/* Keeps signals that would end us waiting, or lets them in. */
void publish_hold_signals(bool hold);

/* Whether one of them waits. */
bool publish_is_signalled(void);

#endif
