/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - what was attached: JSON in a map of its own, so that detach, reload, list and stats need only the name of
 * the instance.
 */
#ifndef SIPXDP_CTL_RECORD_H
#define SIPXDP_CTL_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf.h"
#include "hash_key.h"
#include "instance.h"

#define RECORD_INTERFACES_MAX 32
#define RECORD_FURTHER_MAX 192
#define RECORD_TARGETS_MAX (DS_LISTENERS_MAX + RECORD_FURTHER_MAX)
#define RECORD_BUILT_IN "built in"

struct record_interface {
	__u32 ifindex;
	char name[16];
	enum bpf_xdp_mode mode;
};

/* A listener as asked for; its slot in listeners[] is its index here. */
struct record_listener {
	struct ds_endpoint at;
	int set; /* -1: none, as of a shield */
	enum ds_mode mode;
	enum ds_algorithm algorithm;
	enum ds_affinity affinity;
	char hash_key[HASH_KEY_TEXT_MAX]; /* names of keys with commas between them (hash_key.h); empty: the algorithm's */
	bool user_only;			  /* of URIs that are hashed */
	enum ds_slot_rule slot_rule;
	bool per_cpu;		  /* turns */
	__u32 table_size;	  /* of its set; 0: the instance's */
	struct ds_addr tunnel[2]; /* ipip: as in struct ds_listener */
	struct ds_guard guard;
	bool record_route; /* proxy: what may begin a dialog gets our Record-Route */
	bool path;	   /* proxy: REGISTERs get our Path */
	struct ds_failover failover;
	unsigned int routes; /* how many are published, which the configuration alone knows; 0: all goes to the set */
	size_t of;	     /* of a further target: the listener that has it */
};

struct record {
	char version[32];	 /* of the dispatchctl that put the programs in */
	char program[PATH_MAX];	 /* RECORD_BUILT_IN, or the object file that they are from */
	char file[PATH_MAX];	 /* absolute */
	char key_from[PATH_MAX]; /* the key file, or empty: generated */
	__u64 netns;		 /* inode of the network namespace */
	__u32 table_size;
	__u32 drain_timeout_s;
	char spread[CPU_LIST_TEXT_SIZE]; /* CPUs that packets are spread over (cpu_list.h); empty: they are not */
	__u64 attached_s;		 /* CLOCK_REALTIME */
	__u64 published_ns;		 /* CLOCK_BOOTTIME of the last publication */
	__u64 loaded_s;			 /* CLOCK_REALTIME of it */
	struct record_interface interface[RECORD_INTERFACES_MAX];
	size_t n_interfaces;
	struct record_listener listener[DS_LISTENERS_MAX];
	size_t n_listeners;
	/* what routes forward to beyond the listeners' own sets: each listener as it would be with that set; not stored */
	struct record_listener further[RECORD_FURTHER_MAX];
	size_t n_further;
};

/* What is picked from: the listeners, then the further targets. */
const struct record_listener *record_target(const struct record *r, size_t i);
size_t record_targets(const struct record *r);

/* The listener that has a target. */
size_t record_target_of(const struct record *r, size_t i);

/* Whether a listener sends anything to all destinations of a set at once. */
bool record_forks(const struct record *r, size_t listener);

/* Pins the record, replacing the one before as one. Returns 0 or -errno. */
int record_store(const struct record *r, const struct instance *i);

/* Returns 0, -ENOENT, -EPROTO where it cannot be understood, or -errno. */
int record_load(struct record *r, const struct instance *i);

/*
 * Pins version and program in a directory of programs (instance.h), so that they come and go with these: what is pinned
 * there is what record_load() tells, and where nothing is, what attach stored. Return 0, -ENOENT or -errno.
 */
int record_store_program(const struct record *r, const struct instance *i, const char *sub);
int record_load_program(struct record *r, const struct instance *i, const char *sub);

struct conf;

/*
 * Pins the configuration that a daemon publishes by, and reads it back. Load: -ENOENT where the instance has had no
 * daemon, -EPROTO where it is of another version.
 */
int record_store_conf(const struct instance *i, const struct conf *c);
int record_load_conf(const struct instance *i, struct conf **c);

struct json_t;

/* Returns a new JSON object, NULL out of memory. */
struct json_t *record_json(const struct record *r);

/* Names as the command line has them; NULL for a value that has none. */
const char *record_mode_name(enum ds_mode mode);
const char *record_slot_rule_name(enum ds_slot_rule rule);
const char *record_affinity_name(enum ds_affinity affinity);
const char *record_xdp_name(enum bpf_xdp_mode mode);

/* Whether any listener sends to destinations, so that a list is needed. */
bool record_dispatches(const struct record *r);

/* The inode of the current network namespace, 0 where it cannot be told. */
__u64 record_netns(void);

#endif
