// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_model.c - from the text of a list and operators' overlays to a model; and the copy of the last good list.
 */
#include "live_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"

/* Answers for names from one side, the host's own addresses from the other. */
struct live_resolver {
	struct resolver host;
	int (*lookup)(void *ctx, const char *name, struct resolve_answer *answer);
	void *ctx;
};

static int live_lookup(void *ctx, const char *name, struct resolve_answer *answer)
{
	const struct live_resolver *r = ctx;

	return r->lookup(r->ctx, name, answer);
}

static bool live_is_local(void *ctx, const struct ds_addr *ip)
{
	const struct live_resolver *r = ctx;

	return r->host.is_local(r->host.ctx, ip);
}

int live_build(const char *text, size_t len, struct overlay *o,
	       int (*lookup)(void *, const char *, struct resolve_answer *), void *ctx, struct model **model,
	       struct diag_list *d)
{
	struct live_resolver mine = { .lookup = lookup, .ctx = ctx };
	struct resolver r = { live_lookup, live_is_local, &mine };
	size_t dropped;
	int err = resolve_host(&mine.host, false);

	*model = NULL;
	if (err)
		return err;
	err = source_file_parse(text, len, &r, model, d);
	if (!err || err == -ENODATA)
		err = overlay_apply(o, *model, &r, d, &dropped);
	if (!err && !(*model)->n_dests)
		err = -ENODATA;
	if (err && err != -ENODATA) {
		model_free(*model);
		*model = NULL;
	}
	diag_sort(d);
	resolve_host_free(&mine.host);
	return err;
}

int live_read_file(const char *path, char **text, size_t *len)
{
	struct stat st;
	ssize_t got = 0;
	int err = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*text = NULL;
	*len = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) && strcmp(path, SOURCE_NONE) != 0)
		err = -EINVAL;
	else if (st.st_size > SOURCE_FILE_MAX)
		err = -EFBIG;
	*text = err ? NULL : malloc(st.st_size + 1);
	if (!err && !*text)
		err = -ENOMEM;
	while (!err && *len < (size_t)st.st_size) {
		got = read(fd, *text + *len, st.st_size - *len);
		if (got < 0 && errno != EINTR)
			err = -errno;
		if (got == 0)
			break;
		*len += got > 0 ? got : 0;
	}
	close(fd);
	if (!err)
		return 0;
	free(*text);
	*text = NULL;
	return err;
}

int live_keep_list(const struct live *l)
{
	char path[PATH_MAX + 16], next[PATH_MAX + 16];
	int err = 0, fd;

	snprintf(path, sizeof(path), "%s.list", l->conf->state_file);
	snprintf(next, sizeof(next), "%s.list.new", l->conf->state_file);
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, l->list, l->list_len) != (ssize_t)l->list_len)
		err = -EIO;
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	if (!err && rename(next, path))
		err = -errno;
	if (err)
		unlink(next);
	return err;
}
