// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlay_file.c - the state file: written beside and renamed, so that no crash leaves half of it.
 */
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads what is there, to be freed. Opens without waiting: a FIFO with no writer would hold the start for ever. */
static int overlay_read_file(const char *path, char **text, size_t *len, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat st;
	ssize_t n = 1;

	*text = NULL;
	*len = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		err = -errno;
	} else if (!S_ISREG(st.st_mode)) {
		snprintf(why, size, "it is no regular file");
		err = -EPROTO;
	} else if (st.st_size > OVERLAY_FILE_MAX) {
		snprintf(why, size, "it is too large, expected at most %u MiB", OVERLAY_FILE_MAX >> 20);
		err = -EFBIG;
	} else {
		*text = malloc((size_t)st.st_size + 1);
		err = *text ? 0 : -ENOMEM;
	}
	while (!err && n && *len < (size_t)st.st_size) {
		n = read(fd, *text + *len, (size_t)st.st_size - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n < 0 && errno != EINTR)
			err = -errno;
	}
	close(fd);
	return err;
}

int overlay_load(struct overlay *o, const char *path, char *why, size_t size)
{
	char *text;
	size_t len;
	int err;

	snprintf(why, size, "%s", "");
	err = overlay_read_file(path, &text, &len, why, size);
	if (err == -ENOENT)
		return 0;
	if (!err)
		err = overlay_parse(o, text, len, why, size);
	free(text);
	return err;
}

/* Opens the directory that path is in, and makes it where it is missing. Returns a descriptor or -errno. */
static int overlay_open_dir(const char *path)
{
	char *copy = strdup(path);
	const char *dir;
	int fd;

	if (!copy)
		return -ENOMEM;
	dir = dirname(copy);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !mkdir(dir, 0755))
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = fd < 0 ? -errno : fd;
	free(copy);
	return fd;
}

static int overlay_write(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) ? -errno : 0;
}

/* What an earlier crash left under that name goes first: its mode and its links are not ours. */
static int overlay_write_file(const char *path, const char *text)
{
	int fd, err;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	err = overlay_write(fd, text);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int overlay_store(const struct overlay *o, const char *path)
{
	char next[PATH_MAX], *text;
	int dir, err;

	if (snprintf(next, sizeof(next), "%s.new", path) >= (int)sizeof(next))
		return -ENAMETOOLONG;
	dir = overlay_open_dir(path);
	if (dir < 0)
		return dir;
	text = overlay_text(o);
	err = text ? overlay_write_file(next, text) : -ENOMEM;
	if (!err && rename(next, path))
		err = -errno;
	if (err)
		unlink(next);
	else if (fsync(dir))
		err = -errno;
	free(text);
	close(dir);
	return err;
}
