// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_conf.c - the configuration that an instance was published by, as text in a map of its own: what routes a
 * listener has stands nowhere else once its daemon is gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "record.h"

#define RECORD_CONF "conf"

int record_store_conf(const struct instance *i, const struct conf *c)
{
	char pin[PATH_MAX], next[PATH_MAX], *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int err, fd;

	if (!f)
		return -ENOMEM;
	conf_print(c, f);
	fd = fclose(f) ? -ENOMEM : bpf_text_create(RECORD_CONF, text, len);
	free(text);
	if (fd < 0)
		return fd;
	instance_pin(i, "maps", RECORD_CONF, pin);
	instance_pin(i, "maps", RECORD_CONF "_next", next);
	unlink(next);
	err = bpf_fd_pin(fd, next);
	close(fd);
	if (!err && rename(next, pin))
		err = -errno;
	return err;
}

int record_load_conf(const struct instance *i, struct conf **c)
{
	char pin[PATH_MAX], *text = NULL;
	struct diag_list d;
	int err = bpf_text_read(instance_pin(i, "maps", RECORD_CONF, pin), &text);

	*c = NULL;
	if (err)
		return err;
	diag_init(&d, pin);
	err = conf_parse(pin, text, strlen(text), c, &d);
	diag_free(&d);
	free(text);
	return err == -EINVAL ? -EPROTO : err;
}
