// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bpf_version.c - versions of the programs: loaded on the maps of a live instance, pinned, opened and told apart.
 */
#include "bpf_inner.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BPF_VERSION_ARRAY "chain"
#define BPF_VERSION_CPUS "cpus"
#define BPF_VERSION_MAPS_MAX 64 /* that one program uses */

static const char *const bpf_version_progs[BPF_PROGS] = { "xdp_spread",
#define X(name) "xdp_" #name,
							  CHAIN_LIST(X)
#undef X
};

void bpf_version_init(struct bpf_version *v)
{
	size_t i;

	v->array = v->cpus = -1;
	for (i = 0; i < BPF_PROGS; i++)
		v->prog[i] = -1;
}

void bpf_version_close(struct bpf_version *v)
{
	size_t i;

	bpf_close_fd(&v->array);
	bpf_close_fd(&v->cpus);
	for (i = 0; i < BPF_PROGS; i++)
		bpf_close_fd(&v->prog[i]);
}

int bpf_version_prepare(struct bpf_object *obj, const struct cpu_list *spread)
{
	struct bpf_map *cpus = bpf_object__find_map_by_name(obj, BPF_VERSION_CPUS);
	struct bpf_map *constants = bpf_object__find_map_by_name(obj, ".rodata.spread");
	struct bpf_program *prog;
	__u32 on = spread->n != 0;
	int err;

	if (!cpus || !constants)
		return -ENOENT;
	err = bpf_map__set_initial_value(constants, &on, sizeof(on));
	if (!err && on)
		err = bpf_map__set_max_entries(cpus, (__u32)bpf_cpus());
	bpf_object__for_each_program(prog, obj)
	{
		if (!strcmp(bpf_program__name(prog), bpf_version_progs[0]))
			bpf_program__set_autoload(prog, on);
		else
			bpf_program__set_expected_attach_type(prog, on ? BPF_XDP_CPUMAP : BPF_XDP);
	}
	return err;
}

static int bpf_version_take_cpus(struct bpf_version *v, const struct bpf_object *obj, const struct cpu_list *spread)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(obj, BPF_VERSION_CPUS);
	struct bpf_cpumap_val val = { .qsize = DS_SPREAD_QUEUE };
	__u32 i;

	if (!spread->n)
		return 0;
	val.bpf_prog.fd = v->prog[1 + DS_CHAIN_dispatch];
	v->cpus = map ? bpf_dup(bpf_map__fd(map)) : -ENOENT;
	for (i = 0; i < spread->n && v->cpus >= 0; i++)
		if (bpf_map_update_elem(v->cpus, &spread->cpu[i], &val, BPF_ANY))
			return -errno;
	return v->cpus < 0 ? v->cpus : 0;
}

int bpf_version_take(struct bpf_version *v, const struct bpf_object *obj, const struct cpu_list *spread)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(obj, BPF_VERSION_ARRAY);
	const struct bpf_program *prog;
	__u32 i;

	for (i = spread->n ? 0 : 1; i < BPF_PROGS; i++) {
		prog = bpf_object__find_program_by_name(obj, bpf_version_progs[i]);
		v->prog[i] = prog ? bpf_dup(bpf_program__fd(prog)) : -ENOENT;
		if (v->prog[i] < 0)
			return v->prog[i];
	}
	v->array = map ? bpf_dup(bpf_map__fd(map)) : -ENOENT;
	for (i = 0; i < DS_CHAIN_MAX && v->array >= 0; i++)
		if (bpf_map_update_elem(v->array, &i, &v->prog[1 + i], BPF_ANY))
			return -errno;
	return v->array < 0 ? v->array : bpf_version_take_cpus(v, obj, spread);
}

int bpf_pin_in(int fd, const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return bpf_fd_pin(fd, path);
}

int bpf_open_in(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int bpf_version_pin(const struct bpf_version *v, const char *dir)
{
	int i, err = bpf_pin_in(v->array, dir, BPF_VERSION_ARRAY);

	for (i = 0; i < BPF_PROGS && !err; i++)
		if (v->prog[i] >= 0)
			err = bpf_pin_in(v->prog[i], dir, bpf_version_progs[i]);
	return err;
}

int bpf_version_open(struct bpf_version *v, const char *dir)
{
	int i, err = 0;

	bpf_version_init(v);
	v->array = bpf_open_in(dir, BPF_VERSION_ARRAY);
	if (v->array < 0 && v->array != -ENOENT)
		err = v->array;
	for (i = 0; i < BPF_PROGS && !err; i++) {
		v->prog[i] = bpf_open_in(dir, bpf_version_progs[i]);
		err = v->prog[i] < 0 && v->prog[i] != -ENOENT ? v->prog[i] : 0;
	}
	if (!err && bpf_version_entry(v) < 0)
		err = -ENOENT;
	if (err)
		bpf_version_close(v);
	return err;
}

int bpf_version_about(const struct bpf_version *v, struct bpf_prog_about about[BPF_PROGS])
{
	struct bpf_prog_info info;
	__u32 len;
	int i, k;

	memset(about, 0, BPF_PROGS * sizeof(*about));
	for (i = 0; i < BPF_PROGS; i++) {
		if (v->prog[i] < 0)
			continue;
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		if (bpf_obj_get_info_by_fd(v->prog[i], &info, &len))
			return -errno;
		snprintf(about[i].name, sizeof(about[i].name), "%s", info.name);
		for (k = 0; k < BPF_TAG_SIZE; k++)
			snprintf(about[i].tag + 2 * k, 3, "%02x", info.tag[k]);
		about[i].id = info.id;
		about[i].verified = info.verified_insns;
	}
	return 0;
}

/* Returns a descriptor of the map of that name which a program uses, -ENOENT or -errno. */
static int bpf_version_map_of(int prog, const char *name, struct bpf_map_info *map)
{
	__u32 id[BPF_VERSION_MAPS_MAX], i, len;
	struct bpf_prog_info info = {
		.nr_map_ids = BPF_VERSION_MAPS_MAX,
		.map_ids = (__u64)(unsigned long)id,
	};
	int fd;

	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(prog, &info, &len))
		return -errno;
	for (i = 0; i < info.nr_map_ids && i < BPF_VERSION_MAPS_MAX; i++) {
		fd = bpf_map_get_fd_by_id(id[i]);
		if (fd < 0)
			return -errno;
		memset(map, 0, sizeof(*map));
		len = sizeof(*map);
		if (!bpf_obj_get_info_by_fd(fd, map, &len) && !strcmp(map->name, name))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

/*
 * What packets taught the live version, which no pin names, goes on where it is alike: a response to a request seen
 * before would not find its way without it.
 */
static int bpf_version_inherit(const struct bpf_object *obj, struct bpf_map *map, const struct bpf_version *live)
{
	struct bpf_map_info info;
	int i, fd = -ENOENT, err = 0;

	for (i = 0; i < BPF_PROGS && fd == -ENOENT; i++)
		if (live->prog[i] >= 0)
			fd = bpf_version_map_of(live->prog[i], bpf_map__name(map), &info);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (bpf_shape_alike(obj, map, &info))
		err = bpf_map__reuse_fd(map, fd);
	close(fd);
	return err;
}

static int bpf_version_reuse(const struct bpf_object *obj, const struct bpf_inst *live)
{
	struct bpf_map *map;
	int i, err = 0;

	for (i = 0; i < BPF_MAPS && !err; i++) {
		map = bpf_object__find_map_by_name(obj, bpf_map_kinds[i].name);
		err = map ? bpf_map__reuse_fd(map, live->map[i]) : -ENOENT;
	}
	bpf_object__for_each_map(map, obj) if (!err && bpf_map__type(map) == BPF_MAP_TYPE_LRU_HASH)
		err = bpf_version_inherit(obj, map, &live->version);
	return err;
}

/* Whether a file holds the programs and maps that the one built in has, by their names. */
static int bpf_version_is_ours(const struct bpf_object *obj, char *why, size_t size)
{
	struct bpf_object *own;
	struct bpf_program *prog;
	struct bpf_map *map;
	const void *octets;
	size_t len;
	int n = 0;

	bpf_object__for_each_program(prog, obj) n++;
	octets = bpf_builtin(&len);
	own = bpf_object__open_mem(octets, len, NULL);
	if (!own)
		return -errno;
	*why = 0;
	if (n != BPF_PROGS)
		snprintf(why, size, "it holds %d programs, expected %d", n, BPF_PROGS);
	bpf_object__for_each_program(prog,
				     own) if (!*why && !bpf_object__find_program_by_name(obj, bpf_program__name(prog)))
		snprintf(why, size, "it holds no program %s", bpf_program__name(prog));
	bpf_object__for_each_map(map, own) if (!*why && !bpf_map__is_internal(map) &&
					       !bpf_object__find_map_by_name(obj, bpf_map__name(map)))
		snprintf(why, size, "it holds no map %s", bpf_map__name(map));
	bpf_object__for_each_map(map, obj) if (!*why && !bpf_map__is_internal(map) &&
					       !bpf_object__find_map_by_name(own, bpf_map__name(map)))
		snprintf(why, size, "its map %s is unknown here", bpf_map__name(map));
	bpf_object__for_each_program(prog, obj) if (!*why && bpf_program__type(prog) != BPF_PROG_TYPE_XDP)
		snprintf(why, size, "its program %s is not for XDP", bpf_program__name(prog));
	bpf_object__close(own);
	return *why ? -ENOEXEC : 0;
}

static int bpf_version_open_object(const char *file, struct bpf_object **obj, char *why, size_t why_size)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "dispatch");
	size_t size;
	const void *octets;

	if (file) {
		*obj = bpf_object__open_file(file, &opts);
	} else {
		octets = bpf_builtin(&size);
		*obj = bpf_object__open_mem(octets, size, &opts);
	}
	if (*obj)
		return file ? bpf_version_is_ours(*obj, why, why_size) : 0;
	if (!file || errno == ENOENT || errno == EACCES || errno == ENOMEM)
		return -errno;
	snprintf(why, why_size, "it is no BPF object file (%s)", strerror(errno));
	return -ENOEXEC;
}

int bpf_version_load(struct bpf_version *v, const struct bpf_inst *live, const char *file, char *why, size_t size)
{
	struct cpu_list spread = bpf_spread(live);
	struct bpf_object *obj = NULL;
	int err;

	bpf_log_start();
	bpf_version_init(v);
	*why = 0;
	err = bpf_version_open_object(file, &obj, why, size);
	if (!err)
		err = bpf_shape_check(obj, live, why, size);
	if (!err)
		err = bpf_version_reuse(obj, live);
	if (!err)
		err = bpf_version_prepare(obj, &spread);
	if (!err && bpf_object__load(obj))
		err = -errno;
	if (!err)
		err = bpf_version_take(v, obj, &spread);
	bpf_object__close(obj);
	if (err)
		bpf_version_close(v);
	return err;
}
