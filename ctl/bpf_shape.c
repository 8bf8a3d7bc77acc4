// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bpf_shape.c - whether the maps of an object are like those of a live instance. Sizes alone do not tell: a version
 * whose fields changed places would read addresses for flags. So the types of keys and values, which both the object
 * and the kernel have (BTF), are compared member by member.
 */
#include "bpf_inner.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

/* Deeper than any value is nested. */
#define BPF_SHAPE_DEPTH 16

/* One type in its BTF. */
struct bpf_shape {
	const struct btf *btf;
	const struct btf_type *type;
	__u32 id;
};

static struct bpf_shape bpf_shape_of(const struct btf *btf, __u32 id)
{
	struct bpf_shape s = { .btf = btf };

	s.type = btf__type_by_id(btf, id);
	while (s.type && (btf_is_mod(s.type) || btf_is_typedef(s.type))) {
		id = s.type->type;
		s.type = btf__type_by_id(btf, id);
	}
	s.id = id;
	return s;
}

static bool bpf_shape_same(const struct btf *a, __u32 a_id, const struct btf *b, __u32 b_id, int depth);

/* Members by name, place and type. */
static bool bpf_shape_same_members(const struct bpf_shape *a, const struct bpf_shape *b, int depth)
{
	const struct btf_member *x = btf_members(a->type), *y = btf_members(b->type);
	__u32 i;

	for (i = 0; i < btf_vlen(a->type); i++)
		if (btf_member_bit_offset(a->type, i) != btf_member_bit_offset(b->type, i) ||
		    strcmp(btf__name_by_offset(a->btf, x[i].name_off), btf__name_by_offset(b->btf, y[i].name_off)) !=
			    0 ||
		    !bpf_shape_same(a->btf, x[i].type, b->btf, y[i].type, depth))
			return false;
	return true;
}

static bool bpf_shape_same(const struct btf *a, __u32 a_id, const struct btf *b, __u32 b_id, int depth)
{
	struct bpf_shape x = bpf_shape_of(a, a_id), y = bpf_shape_of(b, b_id);

	if (!x.type || !y.type || depth == BPF_SHAPE_DEPTH || btf_kind(x.type) != btf_kind(y.type))
		return false;
	if (btf_is_array(x.type))
		return btf_array(x.type)->nelems == btf_array(y.type)->nelems &&
		       bpf_shape_same(a, btf_array(x.type)->type, b, btf_array(y.type)->type, depth + 1);
	if (x.type->size != y.type->size)
		return false;
	if (!btf_is_composite(x.type))
		return true;
	return btf_vlen(x.type) == btf_vlen(y.type) && bpf_shape_same_members(&x, &y, depth + 1);
}

/* The numbers that hold without any type. free_size: entries and flags are the loader's choice. */
static const char *bpf_shape_numbers(const struct bpf_map *map, const struct bpf_map_info *live, bool free_size)
{
	if (bpf_map__type(map) != live->type)
		return "kind";
	if (bpf_map__key_size(map) != live->key_size)
		return "key";
	if (bpf_map__value_size(map) != live->value_size)
		return "value";
	if (!free_size && bpf_map__max_entries(map) != live->max_entries)
		return "number of entries";
	if (!free_size && bpf_map__map_flags(map) != live->map_flags)
		return "flags";
	return NULL;
}

/* What of a map is not alike; NULL: nothing. kernel: the types of the live one. */
static const char *bpf_shape_differs(const struct bpf_object *obj, const struct bpf_map *map,
				     const struct bpf_map_info *live, const struct btf *kernel, bool free_size)
{
	const struct btf *own = bpf_object__btf(obj);
	const char *what = bpf_shape_numbers(map, live, free_size);

	if (what)
		return what;
	if (!own || !kernel)
		return "types, which are not told";
	if (!bpf_shape_same(own, bpf_map__btf_key_type_id(map), kernel, live->btf_key_type_id, 0))
		return "key";
	if (!bpf_shape_same(own, bpf_map__btf_value_type_id(map), kernel, live->btf_value_type_id, 0))
		return "value";
	return NULL;
}

bool bpf_shape_alike(const struct bpf_object *obj, const struct bpf_map *map, const struct bpf_map_info *live)
{
	struct btf *kernel = btf__load_from_kernel_by_id(live->btf_id);
	bool alike = !bpf_shape_differs(obj, map, live, kernel, false);

	btf__free(kernel);
	return alike;
}

int bpf_shape_check(const struct bpf_object *obj, const struct bpf_inst *live, char *why, size_t size)
{
	struct btf *kernel = NULL;
	struct bpf_map_info info;
	const struct bpf_map *map;
	const char *what = NULL;
	__u32 len, loaded = 0;
	int i, err = 0;

	for (i = 0; i < BPF_MAPS && !what; i++) {
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		map = bpf_object__find_map_by_name(obj, bpf_map_kinds[i].name);
		if (!map || bpf_obj_get_info_by_fd(live->map[i], &info, &len)) {
			err = -errno;
			break;
		}
		/* those of one instance came by one load, so it is one BTF for all of them */
		if (info.btf_id != loaded) {
			btf__free(kernel);
			kernel = btf__load_from_kernel_by_id(info.btf_id);
			loaded = info.btf_id;
		}
		/* see bpf_inst_make() */
		what = bpf_shape_differs(obj, map, &info, kernel,
					 i == BPF_MAP_calls || i == BPF_MAP_stored || i == BPF_MAP_dest_ids);
		if (what)
			snprintf(why, size, "its map %s is not like the attached one in its %s", bpf_map_kinds[i].name,
				 what);
	}
	btf__free(kernel);
	return what ? -EPROTO : err;
}
