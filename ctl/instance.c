// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * instance.c - makes, locks and removes the directory of an instance.
 */
#include "instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf.h"

static bool instance_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len && len <= INSTANCE_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

int instance_init(struct instance *i, const char *bpffs, const char *name)
{
	memset(i, 0, sizeof(*i));
	i->lock = -1;
	if (!instance_name_valid(name))
		return -EINVAL;
	snprintf(i->name, sizeof(i->name), "%s", name);
	if (snprintf(i->top, sizeof(i->top), "%s/sipxdp", bpffs) >= (int)sizeof(i->top))
		return -ENAMETOOLONG;
	snprintf(i->dir, sizeof(i->dir), "%s/%s", i->top, name);
	return 0;
}

/* Returns 0, -ESTALE where the directory was removed while we waited, or -errno. */
static int instance_try_lock(struct instance *i)
{
	struct stat st;
	int err = 0, fd = open(i->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX))
		if (errno != EINTR) {
			err = -errno;
			break;
		}
	if (!err && fstat(fd, &st))
		err = -errno;
	if (!err && !st.st_nlink)
		err = -ESTALE;
	if (err)
		close(fd);
	else
		i->lock = fd;
	return err;
}

int instance_create(struct instance *i)
{
	int err;

	do {
		if ((mkdir(i->top, 0700) && errno != EEXIST) || (mkdir(i->dir, 0700) && errno != EEXIST))
			err = -errno;
		else
			err = instance_try_lock(i);
	} while (err == -ESTALE || err == -ENOENT);
	return err;
}

int instance_lock(struct instance *i)
{
	int err = instance_try_lock(i);

	return err == -ESTALE ? -ENOENT : err;
}

void instance_unlock(struct instance *i)
{
	if (i->lock >= 0)
		close(i->lock);
	i->lock = -1;
}

const char *instance_pin(const struct instance *i, const char *sub, const char *name, char buf[PATH_MAX])
{
	snprintf(buf, PATH_MAX, "%s/%s/%s", i->dir, sub, name);
	return buf;
}

const char *instance_sub(const struct instance *i, const char *sub, char buf[PATH_MAX])
{
	snprintf(buf, PATH_MAX, "%s/%s", i->dir, sub);
	return buf;
}

/* Calls fn with the names in a directory: of its own directories where dirs is set, else of the rest. */
static int instance_each(const char *dir, bool dirs, int (*fn)(void *ctx, const char *name), void *ctx)
{
	const struct dirent *e;
	DIR *d = opendir(dir);
	int ret = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while (!ret && (e = readdir(d)))
		if (e->d_name[0] != '.' && (e->d_type == DT_DIR) == dirs)
			ret = fn(ctx, e->d_name);
	closedir(d);
	return ret;
}

int instance_each_pin(const struct instance *i, const char *sub, int (*fn)(void *ctx, const char *name), void *ctx)
{
	char dir[PATH_MAX];

	return instance_each(instance_sub(i, sub, dir), false, fn, ctx);
}

static int instance_unlink(void *ctx, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", (const char *)ctx, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

static int instance_stop(void *ctx, const char *name)
{
	char path[PATH_MAX];

	/* one that does not stop goes with its pin */
	if (snprintf(path, sizeof(path), "%s/%s", (const char *)ctx, name) < (int)sizeof(path))
		bpf_link_stop(path);
	return 0;
}

int instance_remove_pins(const struct instance *i, const char *sub)
{
	char dir[PATH_MAX];
	int err;

	instance_sub(i, sub, dir);
	err = instance_each(dir, false, instance_unlink, dir);
	if (!err && rmdir(dir) && errno != ENOENT)
		err = -errno;
	return err;
}

int instance_remove(const struct instance *i)
{
	/* traffic stops first; the record goes with the maps, so that a remove that fails can be repeated */
	static const char *const subs[] = {
		"links", INSTANCE_NEXT_OLD, INSTANCE_NEXT, INSTANCE_OLD, INSTANCE_PROGS, "maps",
	};
	char dir[PATH_MAX];
	size_t s;
	int err;

	err = instance_each(instance_sub(i, "links", dir), false, instance_stop, dir);
	if (err)
		return err;
	for (s = 0; s < sizeof(subs) / sizeof(*subs); s++) {
		err = instance_remove_pins(i, subs[s]);
		if (err)
			return err;
	}
	if (rmdir(i->dir) && errno != ENOENT)
		return -errno;
	if (rmdir(i->top) && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
		return -errno;
	return 0;
}

struct instance_text {
	char *buf;
	size_t size;
};

static int instance_append(void *ctx, const char *name)
{
	const struct instance_text *t = ctx;
	size_t len = strlen(t->buf);

	snprintf(t->buf + len, t->size - len, "%s%s", len ? ", " : "", name);
	return 0;
}

const char *instance_names(const struct instance *i, char *buf, size_t size)
{
	struct instance_text t = { buf, size };

	buf[0] = 0;
	instance_each(i->top, true, instance_append, &t);
	return buf;
}
