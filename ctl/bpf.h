/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf.h - the kernel boundary: the programs and maps of one instance. Nothing else in ctl/ knows of skeleton or libbpf.
 */
#ifndef SIPXDP_CTL_BPF_H
#define SIPXDP_CTL_BPF_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "cpu_list.h"
#include "ds_route.h"

/* X(name, shared, key, value): shared is 1 for what a twin reads of the live instance. The rest is private to the program. */
#define BPF_MAP_LIST(X)                                     \
	X(state, 1, __u32, struct ds_state)                 \
	X(listeners, 0, __u32, struct ds_listener)          \
	X(sets, 1, __u32, struct ds_set_rec)                \
	X(slots, 1, __u32, struct ds_slots)                 \
	X(dests, 1, __u32, struct ds_dest_rec)              \
	X(dest_info, 1, __u32, struct ds_dest_info)         \
	X(dest_uris, 1, __u32, struct ds_dest_uri)          \
	X(next_hops, 1, __u32, struct ds_next_hop)          \
	X(loads, 0, __u32, struct ds_load)                  \
	X(routes, 1, __u32, struct ds_route)                \
	X(route_tables, 1, __u32, struct ds_route_table)    \
	X(calls, 0, __u32, struct ds_call_bucket)           \
	X(stored, 0, __u32, struct ds_stored)               \
	X(listener_ids, 1, struct ds_endpoint, __u32)       \
	X(dest_ids, 1, struct ds_endpoint, __u32)           \
	X(links, 1, __u32, struct ds_link)                  \
	X(vlan_ids, 1, struct ds_vlan_key, __u32)           \
	X(dest_stats, 0, __u32, struct ds_dest_stats)       \
	X(counters, 0, __u32, struct ds_counters)           \
	X(guard_acl, 1, struct ds_guard_net, __u32)         \
	X(route_exact, 1, struct ds_route_exact, __u64)     \
	X(route_prefixes, 1, struct ds_route_prefix, __u64) \
	X(guard_sources, 0, __u32, struct ds_guard_row)

enum bpf_map_index {
#define X(name, shared, key, value) BPF_MAP_##name,
	BPF_MAP_LIST(X)
#undef X
		BPF_MAPS
};

/* Maps before this one are arrays and are mapped into memory by their index. */
#define BPF_MAPPED (BPF_MAP_stored + 1)

/* xdp_spread, then those of enum ds_chain. */
#define BPF_PROGS (1 + DS_CHAIN_MAX)

enum bpf_xdp_mode {
	BPF_XDP_AUTO = 0,
	BPF_XDP_NATIVE,
	BPF_XDP_GENERIC,
	BPF_XDP_OFF, /* not attached: the daemon's slow path does all of it */
};

/*
 * One version of the programs: those of the chain, the program array of its own by which the first leads to the others,
 * so that a link that changes its entry changes the chain with it; and where packets are spread xdp_spread, which is the
 * entry then, and the cpumap of its own that leads to the chain. Descriptors are -1 where there is none.
 */
struct bpf_version {
	int array;
	int cpus;
	int prog[BPF_PROGS];
};

/* The index in prog[] of the program that goes on interfaces. */
static inline size_t bpf_version_entry_at(const struct bpf_version *v)
{
	return v->prog[0] < 0 ? 1 + DS_CHAIN_dispatch : 0;
}

/* Its descriptor. */
static inline int bpf_version_entry(const struct bpf_version *v)
{
	return v->prog[bpf_version_entry_at(v)];
}

/* One instance, open. Descriptors are -1 where there is none. The pointers are the arrays as the kernel sees them. */
struct bpf_inst {
	int map[BPF_MAPS];
	struct bpf_version version;
	void *mem[BPF_MAPPED];
	size_t mem_size[BPF_MAPPED];
	__u32 entries[BPF_MAPS]; /* max_entries */
	struct ds_state *state;
	struct ds_listener *listeners;
	struct ds_set_rec *sets;
	__u32 *slots; /* entries[BPF_MAP_slots] * DS_SLOTS_GROUP of them */
	struct ds_dest_rec *dests;
	struct ds_dest_info *info;
	struct ds_dest_uri *uris; /* by ds_dest_uri_at() */
	struct ds_next_hop *next_hops;
	struct ds_load *loads;
	struct ds_route *routes;
	struct ds_route_table *route_tables;
	struct ds_call_bucket *calls;
	struct ds_stored *stored;
};

/* Has packets look up anew what they remember of ids, routes, neighbours and links: called after such have changed. */
static inline void bpf_changed(const struct bpf_inst *b)
{
	__atomic_fetch_add(&b->state->changes, 1, __ATOMIC_SEQ_CST);
}

/* What is open of nothing; bpf_inst_close() may follow. */
void bpf_inst_init(struct bpf_inst *b);
void bpf_inst_close(struct bpf_inst *b);

/*
 * Loads the programs into the kernel with maps of their own, empty but for ds_state.layout; nothing is pinned or
 * attached. buckets: of the calls table; stored: requests that failover keeps; powers of two. spread: CPUs to spread
 * packets over, none: n is 0. Returns 0 or -errno; bpf_log() says more.
 */
int bpf_inst_load(struct bpf_inst *b, __u32 buckets, __u32 stored, const struct cpu_list *spread);

/* As bpf_inst_load(), but sharing the published tables of a live instance and a copy of its listeners, for test runs. */
int bpf_inst_twin(struct bpf_inst *b, const struct bpf_inst *live);

/*
 * Pins all of it below dir: maps/NAME, and the version in progs. dir exists. Returns 0 or -errno; what was pinned stays
 * for the caller to remove.
 */
int bpf_inst_pin(const struct bpf_inst *b, const char *dir);

/*
 * Opens what is pinned below dir. Returns 0, -ENOENT where something is missing, -EPROTO where the maps are of another
 * layout than this program's, or -errno.
 */
int bpf_inst_open(struct bpf_inst *b, const char *dir);

/* Takes up the programs that are pinned below dir now, for who is open while they are replaced. Returns 0 or -errno. */
int bpf_inst_reopen(struct bpf_inst *b, const char *dir);

void bpf_version_init(struct bpf_version *v);
void bpf_version_close(struct bpf_version *v);

/*
 * Loads a version that works on the maps of a live instance, from an object file or, NULL, from what is built in;
 * nothing is pinned or attached. Returns 0; -ENOEXEC where the file holds no dispatcher and -EPROTO where its maps are
 * not like the live ones, with the reason in why; or -errno, bpf_log() says more.
 */
int bpf_version_load(struct bpf_version *v, const struct bpf_inst *live, const char *file, char *why, size_t size);

/* Pins a version in dir: xdp_NAME and chain; dir exists. Returns 0 or -errno. */
int bpf_version_pin(const struct bpf_version *v, const char *dir);

/* Opens what is pinned in dir; programs of another chain than ours are passed over. Returns 0, -ENOENT or -errno. */
int bpf_version_open(struct bpf_version *v, const char *dir);

/* What the kernel tells of a program: name and tag are empty where there is none, verified is 0 where not told. */
struct bpf_prog_about {
	char name[16];
	char tag[17];
	__u32 id;
	__u32 verified; /* instructions that the verifier walked */
};

/* Returns 0 or -errno. */
int bpf_version_about(const struct bpf_version *v, struct bpf_prog_about about[BPF_PROGS]);

/* One entry of a map by its key. Per-CPU values take bpf_cpus() times the value. Return 0 or -errno (-ENOENT). */
int bpf_get(const struct bpf_inst *b, enum bpf_map_index map, const void *key, void *value);
int bpf_put(const struct bpf_inst *b, enum bpf_map_index map, const void *key, const void *value);
int bpf_del(const struct bpf_inst *b, enum bpf_map_index map, const void *key);

/* The key after this one (NULL: the first); -ENOENT at the end. */
int bpf_next(const struct bpf_inst *b, enum bpf_map_index map, const void *key, void *next);

/* CPUs that a per-CPU value has room for, or -errno. */
int bpf_cpus(void);

/*
 * Attaches the entry program to an interface and pins the link at pin. AUTO tries native, then generic; *mode says
 * which it became. Returns 0 or -errno (-ERANGE: MTU too large for the driver; -EBUSY, -EEXIST: something is attached).
 */
int bpf_link_attach(const struct bpf_inst *b, __u32 ifindex, const char *pin, enum bpf_xdp_mode *mode);

/*
 * Has a pinned link run another entry program, at once: a packet meets the old one or the new one. old: what it has to
 * run now. Returns 0, -ENOLINK where the interface is gone, -EPERM where something else runs, or -errno.
 */
int bpf_link_replace(const char *pin, int prog, int old);

/*
 * Takes a pinned link off its interface before this returns; where only the pin goes, the kernel does it some time
 * later, and who attaches meanwhile finds the interface taken. Returns 0 or -errno.
 */
int bpf_link_stop(const char *pin);

/* The id of the program that a pinned link runs. Returns 0 or -errno. */
int bpf_link_prog(const char *pin, __u32 *prog_id);

/* What is attached to an interface: program name (empty: nothing) and its id. Returns 0 or -errno. */
int bpf_link_query(__u32 ifindex, char name[16], __u32 *prog_id);

struct bpf_prog_stats {
	char name[16];
	__u64 run_time_ns;
	__u64 run_cnt;
};

/* Run times of all programs since they were loaded; 0 while the kernel's statistics are off. Returns 0 or -errno. */
int bpf_stats_read(const struct bpf_inst *b, struct bpf_prog_stats stats[BPF_PROGS]);

/* Turns the kernel's run time statistics on until the returned descriptor is closed. Returns it or -errno. */
int bpf_stats_enable(void);

/* One packet through the entry program by test run. */
struct bpf_test {
	const void *in;
	size_t in_len;
	void *out;
	size_t out_len; /* room, then what was written */
	__u32 ifindex;	/* the interface it comes in by, 0: none */
	__u32 retval;	/* enum xdp_action */
	__u32 repeat;	/* 0 is as 1 */
	__u32 duration_ns;
};

int bpf_test_run(const struct bpf_inst *b, struct bpf_test *t);

/* Private maps of user space: one value that holds text, and a set of keys. Return a descriptor or -errno. */
int bpf_text_create(const char *name, const char *text, size_t len);
int bpf_text_read(const char *pin, char **text);
int bpf_keys_create(const char *name, size_t key_size, __u32 entries);
int bpf_keys_open(const char *pin, size_t key_size);
int bpf_keys_add(int fd, const void *key, __u32 value);
int bpf_keys_get(int fd, const void *key, __u32 *value);
int bpf_keys_del(int fd, const void *key);
int bpf_keys_next(int fd, const void *key, void *next);
int bpf_fd_pin(int fd, const char *pin);

/* Pins what is pinned at `from` at `to` as well. Returns 0 or -errno. */
int bpf_pin_copy(const char *from, const char *to);

/*
 * Memory of `entries` values of `size` octets (a multiple of 8) that lives as long as its pin: opened, or made zeroed
 * where there is none or one of another shape. bpf_shared_peek() only reads: -ENOENT, -EPROTO for another shape. Return 0
 * or -errno; bpf_shared_close() unmaps.
 */
int bpf_shared_open(const char *name, const char *pin, size_t size, __u32 entries, void **mem, size_t *mem_size);
int bpf_shared_peek(const char *pin, size_t size, __u32 entries, const void **mem, size_t *mem_size);
void bpf_shared_close(const void *mem, size_t mem_size);

/* What libbpf had to say since the last load; empty where nothing. */
const char *bpf_log(void);

#endif
