// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_ask.c - makes changes of what is asked for from outside.
 */
#include "live_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"

static struct live_change *live_change_new(struct live *l, enum live_change_kind kind, const char *text,
					   const struct live_options *o)
{
	struct live_change *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->live = l;
	c->kind = kind;
	c->options = *o;
	c->probing = -1;
	overlay_init(&c->overlay);
	diag_init(&c->diag, "");
	c->text = text ? strdup(text) : NULL;
	if (!text || c->text)
		return c;
	live_change_free(c);
	return NULL;
}

/* Copies a text of an entry; NULL stays. Returns whether there was memory. */
static bool live_change_copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

void live_reload(struct live *l, const struct live_options *o, live_done done, void *ctx)
{
	live_change_queue(l, live_change_new(l, LIVE_RELOAD, NULL, o), done, ctx);
}

int live_configure(struct live *l, struct conf *conf, const struct live_options *o, live_done done, void *ctx)
{
	struct live_change *c;
	int code = live_check_record(l, conf);

	if (!code &&
	    (strcmp(conf->instance, l->conf->instance) || strcmp(conf->bpffs, l->conf->bpffs) ||
	     strcmp(conf->state_file, l->conf->state_file) || strcmp(conf->control.path, l->conf->control.path))) {
		output_error("%s: instance, bpffs, state-file and the control path change only with a new daemon",
			     conf->path);
		code = EXIT_INPUT;
	}
	if (code) {
		conf_free(conf);
		return code;
	}
	c = live_change_new(l, LIVE_RELOAD, NULL, o);
	if (c)
		c->conf = conf;
	else
		conf_free(conf);
	live_change_queue(l, c, done, ctx);
	return EXIT_OK;
}

void live_add(struct live *l, int set, const char *uri, unsigned int flags, int priority, const char *attrs,
	      const struct live_options *o, live_done done, void *ctx)
{
	struct live_change *c = live_change_new(l, LIVE_ADD, NULL, o);

	if (c) {
		c->change =
			(struct overlay_entry){ .kind = OVERLAY_ADD,
						.set = set,
						.flags = flags,
						.priority = priority,
						.has = OVERLAY_HAS_FLAGS | OVERLAY_HAS_PRIORITY | OVERLAY_HAS_ATTRS };
		if (!live_change_copy(&c->change.uri, uri) || !live_change_copy(&c->change.attrs, attrs)) {
			live_change_free(c);
			c = NULL;
		}
	}
	live_change_queue(l, c, done, ctx);
}

void live_remove(struct live *l, const char *text, const struct live_options *o, live_done done, void *ctx)
{
	struct live_change *c = live_change_new(l, LIVE_REMOVE, text, o);

	if (c)
		c->change.kind = OVERLAY_REMOVE;
	live_change_queue(l, c, done, ctx);
}

void live_modify(struct live *l, const char *text, const struct overlay_entry *change, const struct live_options *o,
		 live_done done, void *ctx)
{
	struct live_change *c = live_change_new(l, LIVE_MODIFY, text, o);

	if (c) {
		c->change = *change;
		c->change.kind = OVERLAY_MODIFY;
		c->change.uri = NULL;
		c->change.socket = NULL;
		if (!live_change_copy(&c->change.attrs, change->attrs)) {
			live_change_free(c);
			c = NULL;
		}
	}
	live_change_queue(l, c, done, ctx);
}

void live_set_admin(struct live *l, const char *text, enum ds_admin admin, const struct live_options *o, live_done done,
		    void *ctx)
{
	struct live_change *c = live_change_new(l, LIVE_ADMIN, text, o);

	if (c) {
		c->change.kind = OVERLAY_STATE;
		c->change.admin = admin;
	}
	live_change_queue(l, c, done, ctx);
}

void live_set_health(struct live *l, const char *text, enum ds_health health, int probing, const struct live_options *o,
		     live_done done, void *ctx)
{
	struct live_change *c = live_change_new(l, LIVE_HEALTH, text, o);

	if (c) {
		c->health = health;
		c->probing = probing;
	}
	live_change_queue(l, c, done, ctx);
}
