/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench_lab.h - a network namespace with one director and its neighbours, and the datapath loaded into it. */
#ifndef SIPXDP_BENCH_LAB_H
#define SIPXDP_BENCH_LAB_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "abi.h"

#define LAB_CLIENT "192.0.2.20"
#define LAB_LISTENER "192.0.2.1"
#define LAB_DEST "198.51.100.30"
#define LAB_IN "bench0"
#define LAB_OUT "bench1"

/* Programs of one compiler. */
struct lab {
	struct bpf_object *datapath;
	struct bpf_object *bench;
	struct bpf_link *link[2];
	const char *compiler;
};

/* Enters a network namespace of its own with both links up and their neighbours known. 0 or -1; exits take it away. */
int lab_enter(void);

/*
 * Loads build/<dir>/dispatch.bpf.o and bench.bpf.o (dir ".": those of the default compiler) and fills the tables: one
 * listener, one set, one destination.
 */
int lab_load(struct lab *lab, const char *dir, enum ds_mode mode, enum ds_affinity affinity);

/* The same with a calls table of that many buckets, a power of two. */
int lab_load_calls(struct lab *lab, const char *dir, enum ds_mode mode, enum ds_affinity affinity, __u32 buckets);

/* The same with packets spread: all of them to LAB_SPREAD_CPU. */
#define LAB_SPREAD_CPU 0
int lab_load_spread(struct lab *lab, const char *dir, enum ds_mode mode, enum ds_affinity affinity);
void lab_unload(struct lab *lab);

/* Test runs want an interface with a program: lab_load() attaches the datapath to both; these take it off, or put another on. */
int lab_attach(struct lab *lab, const char *prog);
void lab_detach(struct lab *lab);

/* Whether packets to the destination go by a cached next hop or by the kernel's tables. 0 or -1. */
int lab_hop(const struct lab *lab, bool cached);

/* Says that the daemon lives, which holds for DS_HEARTBEAT_FRESH_MS. 0 or -1. */
int lab_beat(const struct lab *lab);

/* The program of that name in either object; exits where there is none. */
struct bpf_program *lab_prog(const struct lab *lab, const char *name);

/* Puts a value into a map of the bench object, lab_put() under key 0. 0 or -1. */
int lab_put_at(const struct lab *lab, const char *map, __u32 key, const void *value);
int lab_put(const struct lab *lab, const char *map, const void *value);

/* Puts a value into a map of the datapath. 0 or -1. */
int lab_set(const struct lab *lab, const char *map, const void *key, const void *value);

/* Instructions that the verifier walked for a program when it was loaded; 0 where unknown. */
unsigned long lab_verified(const struct bpf_program *p);

#endif
