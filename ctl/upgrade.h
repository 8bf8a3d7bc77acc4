/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * upgrade.h - replaces the version of the programs under traffic, and takes it back.
 *
 * A version is a directory of pins: its programs, its program array, what it is called. The steps, of which only the
 * third changes what packets meet; a link changes between two packets, and the exchange is one step for the kernel too:
 *
 *   1. load the new version on the maps that are there, which takes a second and so is done without the instance's
 *      lock (or, to roll back, open progs/old)
 *   2. pin it in progs_next, and what is in progs now once more in progs_next/old
 *   3. link by link, have the interface run the new entry, which leads to its own chain
 *   4. exchange progs_next and progs: from here on it is done, and what was there before is in progs/old
 *   5. wait until no packet is in a program that only progs_next holds, remove that
 *
 * Wherever it is cut off, every link runs a version whose program array is pinned, both versions work on the same maps,
 * and list, stats, reload and detach go on. The next upgrade begins with what is left in progs_next: links that run its
 * entry (cut off in step 3) get that of progs, then it is removed.
 */
#ifndef SIPXDP_CTL_UPGRADE_H
#define SIPXDP_CTL_UPGRADE_H

#include "publish.h"

struct upgrade_link {
	char pin[12]; /* its name, the ifindex */
	char name[16];
	bool gone;
	bool done;
};

struct upgrade {
	struct publish *p;	 /* open for a change */
	struct record about;	 /* version and program of the new one */
	struct bpf_version next; /* the new one */
	bool rollback;
	struct upgrade_link link[RECORD_INTERFACES_MAX];
	size_t n_links;
};

void upgrade_init(struct upgrade *u, struct publish *p);
void upgrade_free(struct upgrade *u);

/*
 * The first step: from an object file, NULL: from what is built in; the lock is given up meanwhile and taken again, and
 * the instance has to be as it was. upgrade_open_old() is the first step of the way back. Nothing is changed. Return an
 * exit code after saying why.
 */
int upgrade_load(struct upgrade *u, const char *file);
int upgrade_open_old(struct upgrade *u);

/* The other steps: all links or none, and none where it fails. Returns an exit code after saying why. */
int upgrade_apply(struct upgrade *u);

#endif
