// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bpf_shared.c - memory that outlives its process: an array map that no program knows, pinned and mapped.
 */
#include "bpf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Opens what is pinned; -ENOENT also where it is of another shape, after taking that pin away. */
static int bpf_shared_find(const char *pin, size_t size, __u32 entries)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = bpf_obj_get(pin);

	if (fd < 0)
		return -errno;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.value_size == size && info.max_entries == entries &&
	    info.type == BPF_MAP_TYPE_ARRAY)
		return fd;
	close(fd);
	return unlink(pin) ? -errno : -ENOENT;
}

static int bpf_shared_make(const char *name, const char *pin, size_t size, __u32 entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int err, fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), size, entries, &opts);

	if (fd < 0)
		return -errno;
	if (!bpf_obj_pin(fd, pin))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int bpf_shared_open(const char *name, const char *pin, size_t size, __u32 entries, void **mem, size_t *mem_size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = bpf_shared_find(pin, size, entries);

	if (fd == -ENOENT)
		fd = bpf_shared_make(name, pin, size, entries);
	if (fd < 0)
		return fd;
	*mem_size = (size * entries + page - 1) & ~(page - 1);
	*mem = mmap(NULL, *mem_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (*mem != MAP_FAILED)
		return 0;
	*mem = NULL;
	return -errno;
}

int bpf_shared_peek(const char *pin, size_t size, __u32 entries, const void **mem, size_t *mem_size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = bpf_obj_get(pin);
	void *at;

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.value_size != size || info.max_entries != entries) {
		close(fd);
		return -EPROTO;
	}
	*mem_size = (size * entries + page - 1) & ~(page - 1);
	at = mmap(NULL, *mem_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	*mem = at == MAP_FAILED ? NULL : at;
	return *mem ? 0 : -errno;
}

void bpf_shared_close(const void *mem, size_t mem_size)
{
	if (mem)
		munmap((void *)(__UINTPTR_TYPE__)mem, mem_size);
}
