// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bpf_map.c - single entries of an instance's maps, and the maps that user space keeps for itself.
 */
#include "bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int bpf_get(const struct bpf_inst *b, enum bpf_map_index map, const void *key, void *value)
{
	return bpf_map_lookup_elem(b->map[map], key, value) ? -errno : 0;
}

int bpf_put(const struct bpf_inst *b, enum bpf_map_index map, const void *key, const void *value)
{
	return bpf_map_update_elem(b->map[map], key, value, BPF_ANY) ? -errno : 0;
}

int bpf_del(const struct bpf_inst *b, enum bpf_map_index map, const void *key)
{
	return bpf_map_delete_elem(b->map[map], key) ? -errno : 0;
}

int bpf_next(const struct bpf_inst *b, enum bpf_map_index map, const void *key, void *next)
{
	return bpf_keys_next(b->map[map], key, next);
}

int bpf_cpus(void)
{
	return libbpf_num_possible_cpus();
}

int bpf_fd_pin(int fd, const char *pin)
{
	return bpf_obj_pin(fd, pin) ? -errno : 0;
}

int bpf_pin_copy(const char *from, const char *to)
{
	int err, fd = bpf_obj_get(from);

	if (fd < 0)
		return -errno;
	err = bpf_fd_pin(fd, to);
	close(fd);
	return err;
}

int bpf_text_create(const char *name, const char *text, size_t len)
{
	__u32 zero = 0;
	char *value;
	int fd, err;

	/* zero terminated, and of the size that the kernel would round it up to */
	value = calloc(1, (len + 8) & ~(size_t)7);
	if (!value)
		return -ENOMEM;
	memcpy(value, text, len);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(zero), (len + 8) & ~(size_t)7, 1, NULL);
	if (fd < 0) {
		err = -errno;
	} else if (bpf_map_update_elem(fd, &zero, value, BPF_ANY)) {
		err = -errno;
		close(fd);
	} else {
		err = fd;
	}
	free(value);
	return err;
}

/* Opens a pinned map and tells its shape. */
static int bpf_map_open(const char *pin, struct bpf_map_info *info)
{
	__u32 len = sizeof(*info);
	int fd = bpf_obj_get(pin), err;

	if (fd < 0)
		return -errno;
	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(fd, info, &len)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int bpf_text_read(const char *pin, char **text)
{
	struct bpf_map_info info;
	__u32 zero = 0;
	int err = 0, fd = bpf_map_open(pin, &info);

	if (fd < 0)
		return fd;
	*text = calloc(1, info.value_size + 1);
	if (!*text)
		err = -ENOMEM;
	else if (info.key_size != sizeof(zero) || bpf_map_lookup_elem(fd, &zero, *text))
		err = -EPROTO;
	if (err) {
		free(*text);
		*text = NULL;
	}
	close(fd);
	return err;
}

int bpf_keys_create(const char *name, size_t key_size, __u32 entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, name, key_size, sizeof(__u32), entries, &opts);

	return fd < 0 ? -errno : fd;
}

int bpf_keys_open(const char *pin, size_t key_size)
{
	struct bpf_map_info info;
	int fd = bpf_map_open(pin, &info);

	if (fd < 0)
		return fd;
	if (info.key_size == key_size && info.value_size == sizeof(__u32))
		return fd;
	close(fd);
	return -EPROTO;
}

int bpf_keys_add(int fd, const void *key, __u32 value)
{
	return bpf_map_update_elem(fd, key, &value, BPF_ANY) ? -errno : 0;
}

int bpf_keys_get(int fd, const void *key, __u32 *value)
{
	return bpf_map_lookup_elem(fd, key, value) ? -errno : 0;
}

int bpf_keys_del(int fd, const void *key)
{
	return bpf_map_delete_elem(fd, key) ? -errno : 0;
}

int bpf_keys_next(int fd, const void *key, void *next)
{
	return bpf_map_get_next_key(fd, key, next) ? -errno : 0;
}
