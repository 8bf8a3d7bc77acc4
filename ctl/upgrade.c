// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * upgrade.c - the steps of an upgrade, as upgrade.h has them.
 */
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exit.h"
#include "grace.h"
#include "output.h"

void upgrade_init(struct upgrade *u, struct publish *p)
{
	memset(u, 0, sizeof(*u));
	u->p = p;
	bpf_version_init(&u->next);
}

void upgrade_free(struct upgrade *u)
{
	bpf_version_close(&u->next);
}

/* Locks the instance again, unless it was detached or upgraded meanwhile. */
static int upgrade_lock(struct upgrade *u)
{
	struct bpf_prog_about was[BPF_PROGS] = { 0 }, now[BPF_PROGS] = { 0 };
	struct instance *inst = &u->p->inst;
	struct bpf_version v;
	char dir[PATH_MAX];
	int err;

	bpf_version_init(&v);
	err = instance_lock(inst);
	if (!err)
		err = bpf_version_open(&v, instance_sub(inst, INSTANCE_PROGS, dir));
	if (!err)
		err = bpf_version_about(&v, now);
	if (!err)
		err = bpf_version_about(&u->p->bpf.version, was);
	bpf_version_close(&v);
	if (!err && was[1 + DS_CHAIN_dispatch].id == now[1 + DS_CHAIN_dispatch].id)
		return EXIT_OK;
	if (!err)
		output_error("instance %s was changed by somebody else meanwhile; remedy: run this again", inst->name);
	else if (err == -ENOENT)
		output_error("instance %s was detached meanwhile", inst->name);
	else
		output_error("cannot lock %s: %s", inst->dir, strerror(-err));
	return err == -ENOENT ? EXIT_NOTHING : EXIT_FAILED;
}

int upgrade_load(struct upgrade *u, const char *file)
{
	char why[256], path[PATH_MAX];
	const char *what = file ? file : "the program built in";
	int err;

	if (file && !realpath(file, path)) {
		output_error("cannot read %s: %s", file, strerror(errno));
		return EXIT_INPUT;
	}
	snprintf(u->about.version, sizeof(u->about.version), "%s", SIPXDP_VERSION);
	snprintf(u->about.program, sizeof(u->about.program), "%s", file ? path : RECORD_BUILT_IN);
	/* whoever changes tables, and the daemon with its pings, need not wait for the verifier */
	instance_unlock(&u->p->inst);
	err = bpf_version_load(&u->next, &u->p->bpf, file ? path : NULL, why, sizeof(why));
	if (!err)
		return upgrade_lock(u);
	if (err == -ENOEXEC)
		output_error("%s is not this dispatcher: %s; remedy: an object made of the sources of this version",
			     what, why);
	else if (err == -EPROTO)
		output_error("%s does not fit what is attached: %s; remedy: dispatchctl detach, then attach, which "
			     "forgets calls and counters",
			     what, why);
	else
		output_error("cannot load %s: %s%s%s", what, strerror(-err), *bpf_log() ? "\n" : "", bpf_log());
	return err == -ENOEXEC || err == -EPROTO ? EXIT_INPUT : EXIT_FAILED;
}

int upgrade_open_old(struct upgrade *u)
{
	char dir[PATH_MAX];
	int err = bpf_version_open(&u->next, instance_sub(&u->p->inst, INSTANCE_OLD, dir));

	u->rollback = true;
	if (!err)
		err = record_load_program(&u->about, &u->p->inst, INSTANCE_OLD);
	if (!err)
		return EXIT_OK;
	if (err == -ENOENT)
		output_error("instance %s has no version to go back to: it was not upgraded since it was attached; "
			     "remedy: dispatchctl upgrade --object FILE",
			     u->p->inst.name);
	else
		output_error("cannot open %s: %s", dir, strerror(-err));
	return err == -ENOENT ? EXIT_NOTHING : EXIT_FAILED;
}

/* The pins say what is attached: a link that the record does not know yet has to come along as well. */
static int upgrade_add_link(void *ctx, const char *name)
{
	struct upgrade *u = ctx;
	struct upgrade_link *l = &u->link[u->n_links];

	if (u->n_links == RECORD_INTERFACES_MAX)
		return -E2BIG;
	if (snprintf(l->pin, sizeof(l->pin), "%s", name) >= (int)sizeof(l->pin))
		return -ENAMETOOLONG;
	if (!if_indextoname(strtoul(name, NULL, 10), l->name))
		snprintf(l->name, sizeof(l->name), "#%s", name);
	u->n_links++;
	return 0;
}

static int upgrade_replace(const struct upgrade *u, const struct upgrade_link *l, const struct bpf_version *to,
			   const struct bpf_version *from)
{
	char pin[PATH_MAX];

	return bpf_link_replace(instance_pin(&u->p->inst, "links", l->pin, pin), bpf_version_entry(to),
				bpf_version_entry(from));
}

static int upgrade_remove(const struct upgrade *u)
{
	int err = instance_remove_pins(&u->p->inst, INSTANCE_NEXT_OLD);

	return err ? err : instance_remove_pins(&u->p->inst, INSTANCE_NEXT);
}

/* Links of an upgrade that was cut off while it changed them one by one. */
static int upgrade_recover_links(const struct upgrade *u, const struct bpf_version *left)
{
	struct bpf_prog_about about[BPF_PROGS];
	int err = bpf_version_about(left, about);
	char pin[PATH_MAX];
	__u32 id;
	size_t i;

	for (i = 0; i < u->n_links && !err; i++) {
		err = bpf_link_prog(instance_pin(&u->p->inst, "links", u->link[i].pin, pin), &id);
		if (!err && id == about[bpf_version_entry_at(left)].id)
			err = upgrade_replace(u, &u->link[i], &u->p->bpf.version, left);
		err = err == -ENOLINK ? 0 : err;
	}
	return err;
}

/*
 * Whatever progs_next holds is of an upgrade that was cut off. Where its entry is not there any more, it was being
 * removed and no link runs it.
 */
static int upgrade_recover(const struct upgrade *u)
{
	struct bpf_version left;
	char dir[PATH_MAX];
	int err;

	instance_sub(&u->p->inst, INSTANCE_NEXT, dir);
	if (access(dir, F_OK))
		return errno == ENOENT ? 0 : -errno;
	err = bpf_version_open(&left, dir);
	if (!err)
		err = upgrade_recover_links(u, &left);
	else if (err == -ENOENT)
		err = 0;
	bpf_version_close(&left);
	if (err)
		return err;
	grace_wait(output_clock(CLOCK_BOOTTIME));
	return upgrade_remove(u);
}

struct upgrade_copy {
	const struct instance *inst;
	const char *from;
	const char *to;
};

static int upgrade_copy_pin(void *ctx, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX];
	const struct upgrade_copy *c = ctx;

	instance_pin(c->inst, c->from, name, from);
	return bpf_pin_copy(from, instance_pin(c->inst, c->to, name, to));
}

/* Makes a directory that has all pins of another. */
static int upgrade_copy(const struct upgrade *u, const char *from, const char *to)
{
	struct upgrade_copy c = { &u->p->inst, from, to };
	char dir[PATH_MAX];

	if (mkdir(instance_sub(&u->p->inst, to, dir), 0700))
		return -errno;
	return instance_each_pin(&u->p->inst, from, upgrade_copy_pin, &c);
}

/* Pins the new version, and the one of now as what can be gone back to. */
static int upgrade_stage(const struct upgrade *u)
{
	const struct instance *inst = &u->p->inst;
	char dir[PATH_MAX];
	int err;

	if (u->rollback) {
		err = upgrade_copy(u, INSTANCE_OLD, INSTANCE_NEXT);
	} else {
		err = mkdir(instance_sub(inst, INSTANCE_NEXT, dir), 0700) ? -errno : 0;
		if (!err)
			err = bpf_version_pin(&u->next, dir);
		if (!err)
			err = record_store_program(&u->about, inst, INSTANCE_NEXT);
	}
	if (!err)
		err = upgrade_copy(u, INSTANCE_PROGS, INSTANCE_NEXT_OLD);
	if (err)
		return err;
	/* what attach put there is called what the record says, and has to be called so when it comes back */
	err = record_store_program(&u->p->rec, inst, INSTANCE_NEXT_OLD);
	return err == -EEXIST ? 0 : err;
}

static int upgrade_switch(struct upgrade *u)
{
	struct upgrade_link *l;
	int err;

	for (l = u->link; l < u->link + u->n_links; l++) {
		err = upgrade_replace(u, l, &u->next, &u->p->bpf.version);
		l->gone = err == -ENOLINK;
		l->done = !err;
		if (!err || l->gone)
			continue;
		if (err == -EPERM)
			output_error("%s: another program runs there than the one of instance %s; remedy: dispatchctl "
				     "detach, then attach",
				     l->name, u->p->inst.name);
		else
			output_error("%s: does not take the new program: %s%s", l->name, strerror(-err),
				     err == -ERANGE || err == -EOPNOTSUPP ? " (MTU too large for it?)" : "");
		return err;
	}
	return 0;
}

/* Sets all links back to what they ran. Where one does not go, what it runs has to stay pinned. */
static void upgrade_undo(struct upgrade *u)
{
	struct upgrade_link *l;
	int err, bad = 0;

	for (l = u->link; l < u->link + u->n_links; l++) {
		if (!l->done)
			continue;
		err = upgrade_replace(u, l, &u->p->bpf.version, &u->next);
		l->done = err && err != -ENOLINK;
		if (!l->done)
			continue;
		output_error("%s: keeps the new program: %s; remedy: dispatchctl upgrade", l->name, strerror(-err));
		bad = err;
	}
	if (bad)
		return;
	grace_wait(output_clock(CLOCK_BOOTTIME));
	bad = upgrade_remove(u);
	if (bad)
		output_warn("cannot remove what was not used: %s", strerror(-bad));
}

static int upgrade_exchange(const struct upgrade *u)
{
	char progs[PATH_MAX], next[PATH_MAX];

	instance_sub(&u->p->inst, INSTANCE_PROGS, progs);
	instance_sub(&u->p->inst, INSTANCE_NEXT, next);
	return renameat2(AT_FDCWD, next, AT_FDCWD, progs, RENAME_EXCHANGE) ? -errno : 0;
}

int upgrade_apply(struct upgrade *u)
{
	int err = instance_each_pin(&u->p->inst, "links", upgrade_add_link, u);

	if (!err)
		err = upgrade_recover(u);
	if (err) {
		output_error("cannot clear what an upgrade left behind: %s", strerror(-err));
		return EXIT_FAILED;
	}
	err = upgrade_stage(u);
	if (err)
		output_error("cannot pin the new version in %s: %s", u->p->inst.dir, strerror(-err));
	if (!err)
		err = upgrade_switch(u);
	if (!err) {
		err = upgrade_exchange(u);
		if (err)
			output_error("cannot exchange the versions in %s: %s", u->p->inst.dir, strerror(-err));
	}
	if (err) {
		upgrade_undo(u);
		return EXIT_FAILED;
	}
	grace_wait(output_clock(CLOCK_BOOTTIME));
	err = upgrade_remove(u);
	if (err)
		output_warn("cannot remove the version before the last: %s", strerror(-err));
	return EXIT_OK;
}
