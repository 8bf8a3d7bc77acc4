// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_edit.c - what operators want of destinations, as overlays over the list.
 */
#include "live_change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "exit.h"
#include "output.h"

struct live_edit {
	struct live_change *change;
	const struct ds_dest *last;
	int n;
	int err;
};

static int live_change_edit(void *ctx, struct ds_dest *dest, struct ds_member *member)
{
	struct live_edit *e = ctx;
	struct overlay_entry entry = e->change->change;

	(void)member;
	/* members of one destination come one after the other */
	if (dest == e->last)
		return 0;
	e->last = dest;
	e->n++;
	entry.set = dest->conf.set;
	entry.uri = dest->conf.uri.canonical;
	entry.socket = dest->conf.attrs.socket;
	entry.time_s = output_clock(CLOCK_REALTIME) / 1000000000;
	if (e->change->kind == LIVE_HEALTH) {
		if (e->change->probing < 0)
			return 0;
		entry.kind = OVERLAY_MODIFY;
		entry.has = OVERLAY_HAS_FLAGS;
		entry.flags = (dest->conf.flags & ~DS_LIST_PROBING) | (e->change->probing ? DS_LIST_PROBING : 0);
	}
	return overlay_put(&e->change->overlay, &entry);
}

static int live_change_health(void *ctx, struct ds_dest *dest, struct ds_member *member)
{
	struct live_change *c = ctx;
	struct live *l = c->live;
	enum ds_health was;
	__u64 now_ns = output_clock(CLOCK_BOOTTIME), since;

	(void)dest;
	if (!member->runtime)
		return 0;
	since = member->runtime->since_ns;
	if (health_set(member->runtime, c->health, HEALTH_OPERATOR, now_ns, &was))
		live_health_changed(l, member->runtime - l->runtime, was, HEALTH_OPERATOR, 0, now_ns - since);
	return 0;
}

/* Enters what the change wants for everybody it means. Returns an exit code. */
static int live_change_select(struct live_change *c)
{
	struct live_edit e = { .change = c };
	struct selection s;
	const char *why = "";
	int n, err = select_parse(c->text, &s, &why);

	if (err) {
		output_error("'%s' names no destination: %s", c->text, err == -EINVAL ? why : strerror(-err));
		return EXIT_INPUT;
	}
	n = select_each(&s, c->live->model, live_change_edit, &e);
	if (n > 0 && c->kind == LIVE_HEALTH && !c->options.dry_run)
		n = select_each(&s, c->live->model, live_change_health, c);
	select_free(&s);
	if (n > 0)
		return EXIT_OK;
	output_error(n < 0 ? "out of memory" : "nothing matches '%s'", c->text);
	return n < 0 ? EXIT_FAILED : EXIT_NOTHING;
}

int live_change_overlay(struct live_change *c)
{
	if (overlay_copy(&c->overlay, &c->live->overlay)) {
		output_error("out of memory");
		return EXIT_FAILED;
	}
	if (c->options.reset_state) {
		overlay_free(&c->overlay);
		overlay_init(&c->overlay);
	}
	if (c->kind == LIVE_RELOAD)
		return EXIT_OK;
	if (c->kind != LIVE_ADD)
		return live_change_select(c);
	c->change.time_s = output_clock(CLOCK_REALTIME) / 1000000000;
	if (!overlay_put(&c->overlay, &c->change))
		return EXIT_OK;
	output_error("out of memory");
	return EXIT_FAILED;
}
