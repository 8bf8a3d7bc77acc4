// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bpf.c - loads, pins and opens the programs and maps of an instance. The only includer of the generated skeleton.
 */
#include "bpf_inner.h"

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
#define BPF_DEST_IDS_MAX (2 * DS_DESTS_MAX * DS_LISTENERS_MAX)

const struct bpf_map_kind bpf_map_kinds[BPF_MAPS] = {
#define X(name, shared, key, value) { #name, shared, sizeof(key), sizeof(value) },
	BPF_MAP_LIST(X)
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

void bpf_log_start(void)
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
	bpf_version_init(&b->version);
}

void bpf_close_fd(int *fd)
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
	bpf_version_close(&b->version);
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
		if (info.key_size != bpf_map_kinds[i].key_size || info.value_size != bpf_map_kinds[i].value_size)
			return -EPROTO;
		b->entries[i] = info.max_entries;
		if (i >= BPF_MAPPED)
			continue;
		b->mem_size[i] = (info.max_entries * bpf_map_kinds[i].value_size + page - 1) & ~(page - 1);
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
	b->uris = b->mem[BPF_MAP_dest_uris];
	b->next_hops = b->mem[BPF_MAP_next_hops];
	b->loads = b->mem[BPF_MAP_loads];
	b->routes = b->mem[BPF_MAP_routes];
	b->route_tables = b->mem[BPF_MAP_route_tables];
	b->calls = b->mem[BPF_MAP_calls];
	b->stored = b->mem[BPF_MAP_stored];
	return 0;
}

struct cpu_list bpf_spread(const struct bpf_inst *live)
{
	struct cpu_list l = { .n = live->state->spread < DS_SPREAD_MAX ? live->state->spread : DS_SPREAD_MAX };

	memcpy(l.cpu, live->state->spread_cpu, sizeof(l.cpu));
	return l;
}

int bpf_dup(int fd)
{
	int copy = fd < 0 ? -1 : dup(fd);

	return copy < 0 ? -EBADF : copy;
}

/* Takes descriptors of its own of all that the skeleton loaded, so that the skeleton can go. */
static int bpf_inst_take(struct bpf_inst *b, const struct dispatch *skel, const struct cpu_list *spread)
{
	struct bpf_map *map;
	int i;

	for (i = 0; i < BPF_MAPS; i++) {
		map = bpf_object__find_map_by_name(skel->obj, bpf_map_kinds[i].name);
		b->map[i] = map ? bpf_dup(bpf_map__fd(map)) : -ENOENT;
		if (b->map[i] < 0)
			return b->map[i];
	}
	return bpf_version_take(&b->version, skel->obj, spread);
}

const void *bpf_builtin(size_t *size)
{
	return dispatch__elf_bytes(size);
}

static int bpf_share(const struct dispatch *skel, const struct bpf_inst *live)
{
	struct bpf_map *map;
	int i, err = 0;

	for (i = 0; i < BPF_MAPS && !err; i++) {
		if (!bpf_map_kinds[i].shared)
			continue;
		map = bpf_object__find_map_by_name(skel->obj, bpf_map_kinds[i].name);
		err = map ? bpf_map__reuse_fd(map, live->map[i]) : -ENOENT;
	}
	return err;
}

static int bpf_inst_make(struct bpf_inst *b, __u32 buckets, __u32 stored, const struct cpu_list *spread,
			 const struct bpf_inst *live)
{
	struct dispatch *skel;
	int err;

	bpf_log_start();
	bpf_inst_init(b);
	skel = dispatch__open();
	if (!skel)
		return -errno;
	err = bpf_map__set_max_entries(skel->maps.calls, buckets);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.stored, stored);
	/* a destination has an entry for each listener that uses its set: room for many, taken only as it is needed */
	if (!err)
		err = bpf_map__set_map_flags(skel->maps.dest_ids, BPF_F_NO_PREALLOC);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.dest_ids, BPF_DEST_IDS_MAX);
	if (!err && live)
		err = bpf_share(skel, live);
	if (!err)
		err = bpf_version_prepare(skel->obj, spread);
	if (!err)
		err = dispatch__load(skel);
	if (!err)
		err = bpf_inst_take(b, skel, spread);
	if (!err)
		err = bpf_inst_map(b);
	dispatch__destroy(skel);
	if (err)
		bpf_inst_close(b);
	return err;
}

int bpf_inst_load(struct bpf_inst *b, __u32 buckets, __u32 stored, const struct cpu_list *spread)
{
	int err = bpf_inst_make(b, buckets, stored, spread, NULL);

	if (err)
		return err;
	b->state->layout = DS_LAYOUT_VERSION;
	b->state->calls_mask = buckets - 1;
	b->state->stored_mask = stored / DS_STORED_WAYS - 1;
	b->state->call_idle_s = DS_CALL_IDLE_S;
	b->state->spread = spread->n;
	memcpy(b->state->spread_cpu, spread->cpu, sizeof(b->state->spread_cpu));
	return 0;
}

int bpf_inst_twin(struct bpf_inst *b, const struct bpf_inst *live)
{
	static const struct cpu_list none;
	int err = bpf_inst_make(b, live->entries[BPF_MAP_calls], live->entries[BPF_MAP_stored], &none, live);

	if (!err) {
		memcpy(b->listeners, live->listeners, sizeof(*live->listeners) * live->entries[BPF_MAP_listeners]);
		memcpy(b->loads, live->loads, sizeof(*live->loads) * live->entries[BPF_MAP_loads]);
	}
	return err;
}

static int bpf_mkdir(const char *dir, const char *sub, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, sub) >= PATH_MAX)
		return -ENAMETOOLONG;
	return mkdir(path, 0700) ? -errno : 0;
}

int bpf_inst_pin(const struct bpf_inst *b, const char *dir)
{
	char sub[PATH_MAX];
	int i, err = bpf_mkdir(dir, "maps", sub);

	for (i = 0; i < BPF_MAPS && !err; i++)
		err = bpf_pin_in(b->map[i], sub, bpf_map_kinds[i].name);
	if (!err)
		err = bpf_mkdir(dir, "progs", sub);
	return err ? err : bpf_version_pin(&b->version, sub);
}

int bpf_inst_reopen(struct bpf_inst *b, const char *dir)
{
	struct bpf_version v;
	char sub[PATH_MAX];
	int err;

	if (snprintf(sub, sizeof(sub), "%s/progs", dir) >= (int)sizeof(sub))
		return -ENAMETOOLONG;
	err = bpf_version_open(&v, sub);
	if (err)
		return err;
	bpf_version_close(&b->version);
	b->version = v;
	return 0;
}

int bpf_inst_open(struct bpf_inst *b, const char *dir)
{
	char sub[PATH_MAX];
	int i, err = 0;

	bpf_log_start();
	bpf_inst_init(b);
	if (snprintf(sub, sizeof(sub), "%s/maps", dir) >= (int)sizeof(sub))
		return -ENAMETOOLONG;
	for (i = 0; i < BPF_MAPS && !err; i++) {
		b->map[i] = bpf_open_in(sub, bpf_map_kinds[i].name);
		err = b->map[i] < 0 ? b->map[i] : 0;
	}
	if (!err)
		err = bpf_inst_reopen(b, dir);
	if (!err)
		err = bpf_inst_map(b);
	if (!err && b->state->layout != DS_LAYOUT_VERSION)
		err = -EPROTO;
	if (err)
		bpf_inst_close(b);
	return err;
}
