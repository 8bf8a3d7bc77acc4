// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bpf.c - loads, pins and opens the programs and maps of an instance. The only includer of the generated skeleton.
 */
#include "bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dispatch.skel.h"

#define BPF_LOG_SIZE 8192
#define BPF_DEST_IDS_MAX (DS_DESTS_MAX * DS_LISTENERS_MAX)

struct bpf_map_kind {
	const char *name;
	bool shared;
	size_t key_size;
	size_t value_size;
};

static const struct bpf_map_kind bpf_maps[BPF_MAPS] = {
#define X(name, shared, key, value) { #name, shared, sizeof(key), sizeof(value) },
	BPF_MAP_LIST(X)
#undef X
};

static const char *const bpf_progs[BPF_PROGS] = { "xdp_dispatch",
#define X(name) "xdp_" #name,
						  CHAIN_LIST(X)
#undef X
};

static char bpf_log_text[BPF_LOG_SIZE];
static size_t bpf_log_len;

/* Keeps the end of what libbpf warns of: the verifier's verdict comes last. */
static int bpf_log_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char line[BPF_LOG_SIZE];
	size_t n, drop;
	int len;

	if (level != LIBBPF_WARN)
		return 0;
	len = vsnprintf(line, sizeof(line), fmt, args);
	if (len <= 0)
		return len;
	n = strlen(line);
	if (bpf_log_len + n >= BPF_LOG_SIZE) {
		drop = bpf_log_len + n - BPF_LOG_SIZE + 1;
		drop = drop < bpf_log_len ? drop : bpf_log_len;
		memmove(bpf_log_text, bpf_log_text + drop, bpf_log_len - drop);
		bpf_log_len -= drop;
	}
	memcpy(bpf_log_text + bpf_log_len, line, n + 1);
	bpf_log_len += n;
	return len;
}

const char *bpf_log(void)
{
	return bpf_log_text;
}

static void bpf_log_start(void)
{
	bpf_log_len = 0;
	bpf_log_text[0] = 0;
	libbpf_set_print(bpf_log_print);
}

void bpf_inst_init(struct bpf_inst *b)
{
	size_t i;

	memset(b, 0, sizeof(*b));
	for (i = 0; i < BPF_MAPS; i++)
		b->map[i] = -1;
	for (i = 0; i < BPF_PROGS; i++)
		b->prog[i] = -1;
	b->chain = -1;
}

static void bpf_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void bpf_inst_close(struct bpf_inst *b)
{
	size_t i;

	for (i = 0; i < BPF_MAPPED; i++)
		if (b->mem[i])
			munmap(b->mem[i], b->mem_size[i]);
	for (i = 0; i < BPF_MAPS; i++)
		bpf_close_fd(&b->map[i]);
	for (i = 0; i < BPF_PROGS; i++)
		bpf_close_fd(&b->prog[i]);
	bpf_close_fd(&b->chain);
	bpf_inst_init(b);
}

/* Maps the arrays into memory; a map of another shape than ours is of another version. */
static int bpf_inst_map(struct bpf_inst *b)
{
	size_t i, page = sysconf(_SC_PAGESIZE);
	struct bpf_map_info info;
	__u32 len;

	for (i = 0; i < BPF_MAPS; i++) {
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		if (bpf_obj_get_info_by_fd(b->map[i], &info, &len))
			return -errno;
		if (info.key_size != bpf_maps[i].key_size || info.value_size != bpf_maps[i].value_size)
			return -EPROTO;
		b->entries[i] = info.max_entries;
		if (i >= BPF_MAPPED)
			continue;
		b->mem_size[i] = (info.max_entries * bpf_maps[i].value_size + page - 1) & ~(page - 1);
		b->mem[i] = mmap(NULL, b->mem_size[i], PROT_READ | PROT_WRITE, MAP_SHARED, b->map[i], 0);
		if (b->mem[i] == MAP_FAILED) {
			b->mem[i] = NULL;
			return -errno;
		}
	}
	b->state = b->mem[BPF_MAP_state];
	b->listeners = b->mem[BPF_MAP_listeners];
	b->sets = b->mem[BPF_MAP_sets];
	b->slots = b->mem[BPF_MAP_slots];
	b->dests = b->mem[BPF_MAP_dests];
	b->info = b->mem[BPF_MAP_dest_info];
	b->calls = b->mem[BPF_MAP_calls];
	return 0;
}

static int bpf_dup(int fd)
{
	int copy = fd < 0 ? -1 : dup(fd);

	return copy < 0 ? -EBADF : copy;
}

/* Takes descriptors of its own of all that the skeleton loaded, so that the skeleton can go. */
static int bpf_inst_take(struct bpf_inst *b, const struct dispatch *skel)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	__u32 i;

	for (i = 0; i < BPF_MAPS; i++) {
		map = bpf_object__find_map_by_name(skel->obj, bpf_maps[i].name);
		b->map[i] = map ? bpf_dup(bpf_map__fd(map)) : -ENOENT;
		if (b->map[i] < 0)
			return b->map[i];
	}
	for (i = 0; i < BPF_PROGS; i++) {
		prog = bpf_object__find_program_by_name(skel->obj, bpf_progs[i]);
		b->prog[i] = prog ? bpf_dup(bpf_program__fd(prog)) : -ENOENT;
		if (b->prog[i] < 0)
			return b->prog[i];
	}
	b->chain = bpf_dup(bpf_map__fd(skel->maps.chain));
	for (i = 0; i < DS_CHAIN_MAX && b->chain >= 0; i++)
		if (bpf_map_update_elem(b->chain, &i, &b->prog[1 + i], BPF_ANY))
			return -errno;
	return b->chain < 0 ? b->chain : 0;
}

static int bpf_share(const struct dispatch *skel, const struct bpf_inst *live)
{
	struct bpf_map *map;
	int i, err = 0;

	for (i = 0; i < BPF_MAPS && !err; i++) {
		if (!bpf_maps[i].shared)
			continue;
		map = bpf_object__find_map_by_name(skel->obj, bpf_maps[i].name);
		err = map ? bpf_map__reuse_fd(map, live->map[i]) : -ENOENT;
	}
	return err;
}

static int bpf_inst_make(struct bpf_inst *b, __u32 buckets, const struct bpf_inst *live)
{
	struct dispatch *skel;
	int err;

	bpf_log_start();
	bpf_inst_init(b);
	skel = dispatch__open();
	if (!skel)
		return -errno;
	err = bpf_map__set_max_entries(skel->maps.calls, buckets);
	/* a destination has an entry for each listener that uses its set: room for many, taken only as it is needed */
	if (!err)
		err = bpf_map__set_map_flags(skel->maps.dest_ids, BPF_F_NO_PREALLOC);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.dest_ids, BPF_DEST_IDS_MAX);
	if (!err && live)
		err = bpf_share(skel, live);
	if (!err)
		err = dispatch__load(skel);
	if (!err)
		err = bpf_inst_take(b, skel);
	if (!err)
		err = bpf_inst_map(b);
	dispatch__destroy(skel);
	if (err)
		bpf_inst_close(b);
	return err;
}

int bpf_inst_load(struct bpf_inst *b, __u32 buckets)
{
	int err = bpf_inst_make(b, buckets, NULL);

	if (err)
		return err;
	b->state->layout = DS_LAYOUT_VERSION;
	b->state->calls_mask = buckets - 1;
	b->state->call_idle_s = DS_CALL_IDLE_S;
	return 0;
}

int bpf_inst_twin(struct bpf_inst *b, const struct bpf_inst *live)
{
	int err = bpf_inst_make(b, live->entries[BPF_MAP_calls], live);

	if (!err)
		memcpy(b->listeners, live->listeners, sizeof(*live->listeners) * live->entries[BPF_MAP_listeners]);
	return err;
}

static int bpf_pin(int fd, const char *dir, const char *sub, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s/%s", dir, sub, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return bpf_fd_pin(fd, path);
}

static int bpf_mkdir(const char *dir, const char *sub)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, sub) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return mkdir(path, 0700) ? -errno : 0;
}

int bpf_inst_pin(const struct bpf_inst *b, const char *dir)
{
	int i, err = bpf_mkdir(dir, "maps");

	if (!err)
		err = bpf_mkdir(dir, "progs");
	for (i = 0; i < BPF_MAPS && !err; i++)
		err = bpf_pin(b->map[i], dir, "maps", bpf_maps[i].name);
	if (!err)
		err = bpf_pin(b->chain, dir, "maps", "chain");
	for (i = 0; i < BPF_PROGS && !err; i++)
		err = bpf_pin(b->prog[i], dir, "progs", bpf_progs[i]);
	return err;
}

static int bpf_open_pin(const char *dir, const char *sub, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s/%s", dir, sub, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int bpf_inst_open(struct bpf_inst *b, const char *dir)
{
	int i, err = 0;

	bpf_log_start();
	bpf_inst_init(b);
	for (i = 0; i < BPF_MAPS && !err; i++) {
		b->map[i] = bpf_open_pin(dir, "maps", bpf_maps[i].name);
		err = b->map[i] < 0 ? b->map[i] : 0;
	}
	/* A program of another version has other links in its chain, its maps are what counts. */
	for (i = 0; i < BPF_PROGS && !err; i++) {
		b->prog[i] = bpf_open_pin(dir, "progs", bpf_progs[i]);
		err = b->prog[i] < 0 && b->prog[i] != -ENOENT ? b->prog[i] : 0;
	}
	if (!err)
		err = bpf_inst_map(b);
	if (!err && b->state->layout != DS_LAYOUT_VERSION)
		err = -EPROTO;
	if (err)
		bpf_inst_close(b);
	return err;
}
