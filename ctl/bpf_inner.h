/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf_inner.h - what the files behind bpf.h share. The only ones that know of libbpf.
 */
#ifndef SIPXDP_CTL_BPF_INNER_H
#define SIPXDP_CTL_BPF_INNER_H

#include <stdbool.h>

#include "bpf.h"

struct bpf_map;
struct bpf_map_info;
struct bpf_object;

struct bpf_map_kind {
	const char *name;
	bool shared;
	size_t key_size;
	size_t value_size;
};

/* By enum bpf_map_index. */
extern const struct bpf_map_kind bpf_map_kinds[BPF_MAPS];

/* Forgets what libbpf said, and listens to it. */
void bpf_log_start(void);

/* The object that is built in, as a file's octets. */
const void *bpf_builtin(size_t *size);

/* A descriptor of one's own, or -EBADF. */
int bpf_dup(int fd);

/* Closes one that is open; it is -1 then. */
void bpf_close_fd(int *fd);

int bpf_pin_in(int fd, const char *dir, const char *name);

/* A descriptor of a pin, or -errno. */
int bpf_open_in(const char *dir, const char *name);

/* The CPUs that a live instance spreads packets over. */
struct cpu_list bpf_spread(const struct bpf_inst *live);

/*
 * Makes an object that is opened and not loaded one that spreads packets where CPUs are named, one that does not where
 * none is. 0 or -errno.
 */
int bpf_version_prepare(struct bpf_object *obj, const struct cpu_list *spread);

/*
 * Descriptors of one's own of the programs that an object has loaded, with its program array and its cpumap filled.
 * Returns 0 or -errno.
 */
int bpf_version_take(struct bpf_version *v, const struct bpf_object *obj, const struct cpu_list *spread);

/*
 * Whether the maps of an object, opened and not loaded, are like those of a live instance in all that both sides of
 * them rely on: kind, sizes, and the members of keys and values as their types tell them. Returns 0, -EPROTO with the
 * reason in why, or -errno.
 */
int bpf_shape_check(const struct bpf_object *obj, const struct bpf_inst *live, char *why, size_t size);

/* The same of one map, that of an object and that which is live, its entries and flags included. */
bool bpf_shape_alike(const struct bpf_object *obj, const struct bpf_map *map, const struct bpf_map_info *live);

#endif
