// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control_socket.c - binds the control socket. A lock beside it makes one of two daemons that start at once, and only
 * one, replace what an earlier one left behind.
 */
#include "control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int control_socket_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];

	if (!slash || slash == path)
		return 0;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	return mkdir(dir, 0755) && errno != EEXIST ? -errno : 0;
}

static int control_socket_new(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* Returns 0, -EADDRINUSE where another daemon has it, -EAGAIN where that daemon has ended meanwhile, or -errno. */
static int control_socket_try(int lock)
{
	struct stat st;

	if (flock(lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	if (fstat(lock, &st))
		return -errno;
	/* who ends removes the name first: a file without one excludes nobody */
	return st.st_nlink ? 0 : -EAGAIN;
}

static const char *control_socket_lock_path(const struct control_socket *s, char *buf, size_t size)
{
	snprintf(buf, size, "%s.lock", s->at.sun_path);
	return buf;
}

static int control_socket_lock(struct control_socket *s)
{
	char path[sizeof(s->at.sun_path) + sizeof(".lock")];
	int fd, err;

	control_socket_lock_path(s, path, sizeof(path));
	do {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		err = control_socket_try(fd);
		if (err)
			close(fd);
	} while (err == -EAGAIN);
	if (!err)
		s->lock = fd;
	return err;
}

/* Whoever listens there need not be one of us and know of the lock. */
static int control_socket_replace(struct control_socket *s)
{
	struct stat st;
	int err, fd;

	if (lstat(s->at.sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = control_socket_new();
	if (fd < 0)
		return fd;
	err = connect(fd, (const struct sockaddr *)&s->at, sizeof(s->at)) ? errno : 0;
	close(fd);
	/* no room in its queue, or datagrams: somebody is there all the same */
	if (!err || err == EAGAIN || err == EPROTOTYPE)
		return -EADDRINUSE;
	if (err != ECONNREFUSED)
		return -err;
	return unlink(s->at.sun_path) ? -errno : 0;
}

/* Nobody can connect before listen(2), which is the caller's, hence mode and group are in time. */
static int control_socket_bind(struct control_socket *s, mode_t mode, gid_t group)
{
	mode_t mask = umask(~mode & 0777);
	struct stat st;
	int err;

	err = bind(s->fd, (const struct sockaddr *)&s->at, sizeof(s->at)) ? -errno : 0;
	umask(mask);
	if (err)
		return err;
	if (lstat(s->at.sun_path, &st))
		return -errno;
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return group != (gid_t)-1 && lchown(s->at.sun_path, -1, group) ? -errno : 0;
}

int control_socket_open(struct control_socket *s, const struct conf_control *conf)
{
	const struct group *group = NULL;
	int err;

	*s = (struct control_socket){ .at.sun_family = AF_UNIX, .fd = -1, .lock = -1 };
	if (strlen(conf->path) >= sizeof(s->at.sun_path))
		return -ENAMETOOLONG;
	memcpy(s->at.sun_path, conf->path, strlen(conf->path));
	if (*conf->group) {
		group = getgrnam(conf->group);
		if (!group)
			return -ENOENT;
	}
	err = control_socket_directory(conf->path);
	if (!err)
		err = control_socket_lock(s);
	if (!err)
		err = control_socket_replace(s);
	if (err)
		return err;
	s->fd = control_socket_new();
	return s->fd < 0 ? s->fd : control_socket_bind(s, conf->mode, group ? group->gr_gid : (gid_t)-1);
}

void control_socket_close(struct control_socket *s)
{
	char path[sizeof(s->at.sun_path) + sizeof(".lock")];
	struct stat st;

	if (s->ino && !lstat(s->at.sun_path, &st) && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(s->at.sun_path);
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock >= 0) {
		unlink(control_socket_lock_path(s, path, sizeof(path)));
		close(s->lock);
	}
	s->fd = s->lock = -1;
	s->ino = 0;
}
