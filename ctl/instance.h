/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * instance.h - the directory that everything of one instance is pinned in, and the lock on it:
 *
 *   BPFFS/sipxdp/NAME/maps/MAP  links/IFINDEX  progs/PROGRAM  progs/old/PROGRAM  progs_next/...
 *
 * progs holds the version that the links run, its program array `chain` and, after an upgrade, the version before; see
 * upgrade.h for progs_next. The record (record.h) is pinned last: an instance without one was never finished and may be
 * removed by anyone.
 */
#ifndef SIPXDP_CTL_INSTANCE_H
#define SIPXDP_CTL_INSTANCE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define INSTANCE_BPFFS "/sys/fs/bpf"
#define INSTANCE_DEFAULT "default"
#define INSTANCE_NAME_MAX 32

/* Directories of an instance, as `sub` below. */
#define INSTANCE_PROGS "progs"
#define INSTANCE_OLD "progs/old"
#define INSTANCE_NEXT "progs_next"
#define INSTANCE_NEXT_OLD "progs_next/old"

struct instance {
	char name[INSTANCE_NAME_MAX + 1];
	char top[PATH_MAX / 4]; /* BPFFS/sipxdp */
	char dir[PATH_MAX / 2];
	int lock; /* -1: not locked */
};

/* Settles the paths; touches nothing. Returns 0, -EINVAL for a name that is not of letters, digits, '-' and '_', or
 * -ENAMETOOLONG. */
int instance_init(struct instance *i, const char *bpffs, const char *name);

/* Makes the directory, mode 0700, unless it is there, and locks it. Waits for whoever has it. Returns 0 or -errno. */
int instance_create(struct instance *i);

/* Locks an instance that is there; waits for whoever has it. Returns 0, -ENOENT or -errno. */
int instance_lock(struct instance *i);
void instance_unlock(struct instance *i);

/* Path of a pin: sub is the directory, maps, links or progs. Returns buf. */
const char *instance_pin(const struct instance *i, const char *sub, const char *name, char buf[PATH_MAX]);

/* Path of a directory. Returns buf. */
const char *instance_sub(const struct instance *i, const char *sub, char buf[PATH_MAX]);

/*
 * Calls fn with the name of every pin in a directory, those below it left out; stops at the first non-zero. Returns
 * that, 0, also where there is no such directory, or -errno.
 */
int instance_each_pin(const struct instance *i, const char *sub, int (*fn)(void *ctx, const char *name), void *ctx);

/* Removes the pins of a directory and the directory; what is not there does no harm. Returns 0 or -errno. */
int instance_remove_pins(const struct instance *i, const char *sub);

/* Removes the pins, links first, then the directory; what is not there does no harm. Returns 0 or -errno. */
int instance_remove(const struct instance *i);

/* Names of all instances, separated by ", "; empty where there is none. Returns buf. */
const char *instance_names(const struct instance *i, char *buf, size_t size);

#endif
