// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_change.c - changes of the list and of what operators lay over it: one after the other, whole or not at all.
 *
 * A change reads, or takes the list as it was last read; edits a copy of the overlays; looks names up without holding
 * anybody up; makes a model; publishes it. Only then the copy becomes what is.
 */
#include "live_change.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"

void live_change_free(struct live_change *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n_names; i++)
		free(c->name[i]);
	free(c->name);
	free(c->text);
	free(c->change.uri);
	free(c->change.attrs);
	free(c->list);
	overlay_free(&c->overlay);
	diag_free(&c->diag);
	conf_free(c->conf);
	free(c);
}

/* The configuration that the change goes by. */
static const struct conf *live_change_conf(const struct live_change *c)
{
	return c->conf && !c->swapped ? c->conf : c->live->conf;
}

/* Takes the new configuration, or gives the former one back. */
static void live_change_swap(struct live_change *c)
{
	struct live *l = c->live;
	struct conf *other = l->conf;

	if (!c->conf)
		return;
	l->conf = c->conf;
	c->conf = other;
	c->swapped = !c->swapped;
	if (c->swapped) {
		c->record = l->p.rec;
		live_apply_record(l);
	} else {
		l->p.rec = c->record;
		live_apply_record(l);
	}
}

static json_t *live_change_diagnostics(const struct live_change *c)
{
	return json_pack("{s:s, s:o}", "file", live_change_conf(c)->list, "diagnostics", diag_json(&c->diag));
}

/* Tells the result and begins the next one. result is taken over. */
static void live_change_end(struct live_change *c, int code, const char *message, json_t *result)
{
	struct live *l = c->live;

	if (c->swapped && (code || c->options.dry_run))
		live_change_swap(c);
	l->view = &l->overlay;
	if (l->model != l->p.model)
		model_free(l->p.model);
	l->p.model = NULL;
	publish_forget(&l->p);
	instance_unlock(&l->p.inst);
	l->first = c->next;
	if (!l->first)
		l->last = &l->first;
	if (code && c->kind == LIVE_RELOAD && !c->options.dry_run)
		live_event_text(l, HISTORY_RELOAD, "reload failed, nothing is changed: %s", message);
	c->done(c->ctx, code, message, result);
	json_decref(result);
	live_change_free(c);
	if (l->first)
		live_next_soon(l);
}

static void live_change_fail(struct live_change *c, int code)
{
	char message[sizeof(c->live->said)];

	snprintf(message, sizeof(message), "%s", *c->live->said ? c->live->said : "the list has errors");
	live_change_end(c, code, message, live_change_diagnostics(c));
}

/* ---- names */

/* Notes a name instead of looking it up. */
static int live_change_note(void *ctx, const char *name, struct resolve_answer *answer)
{
	struct live_change *c = ctx;
	char **bigger = realloc(c->name, (c->n_names + 1) * sizeof(*bigger));

	answer->why = "not looked up yet";
	if (!bigger)
		return -ENOMEM;
	c->name = bigger;
	bigger[c->n_names] = strdup(name);
	if (!bigger[c->n_names])
		return -ENOMEM;
	c->n_names++;
	return -ENOENT;
}

static void live_change_publish(void *ctx);

/* Asks for all names of the list and of the overlays; the work goes on when they are answered. */
static void live_change_names(struct live_change *c)
{
	struct overlay copy;
	struct model *m = NULL;
	struct diag_list d;
	int err;

	overlay_init(&copy);
	diag_init(&d, live_change_conf(c)->list);
	err = overlay_copy(&copy, &c->overlay);
	if (!err)
		err = live_build(c->list, c->list_len, &copy, live_change_note, c, &m, &d);
	model_free(m);
	overlay_free(&copy);
	diag_free(&d);
	if (err == -ENOMEM) {
		output_error("out of memory");
		live_change_fail(c, EXIT_FAILED);
		return;
	}
	if (!c->n_names) {
		live_change_publish(c);
		return;
	}
	err = dns_fetch(c->live->dns, (const char *const *)c->name, c->n_names, live_change_publish, c);
	if (err) {
		output_error("cannot look names up: %s", strerror(-err));
		live_change_fail(c, EXIT_FAILED);
	}
}

/* ---- the model, and its way into the kernel */

static int live_change_apply(struct live_change *c)
{
	struct live *l = c->live;
	bool lenient = c->options.force || c->kind != LIVE_RELOAD;
	int code = publish_plan(&l->p, lenient);

	if (code || c->options.dry_run)
		return code;
	code = publish_apply(&l->p);
	return code ? code : publish_store(&l->p);
}

/* What the change leaves behind it once it is published; a disk that is full does not undo it. */
static void live_change_keep(struct live_change *c)
{
	struct live *l = c->live;
	int err;

	overlay_free(&l->overlay);
	l->overlay = c->overlay;
	overlay_init(&c->overlay);
	err = overlay_store(&l->overlay, l->conf->state_file);
	if (err)
		output_warn("%s cannot be written, so what operators changed is forgotten at the next start: %s",
			    l->conf->state_file, strerror(-err));
	if (c->kind != LIVE_RELOAD)
		return;
	free(l->list);
	l->list = c->list;
	l->list_len = c->list_len;
	c->list = NULL;
	err = live_keep_list(l);
	if (err)
		output_warn("no copy of the list can be kept beside %s: %s", l->conf->state_file, strerror(-err));
}

static void live_change_news(const struct live_change *c)
{
	const size_t *n = c->live->p.sync.count;

	if (c->kind == LIVE_RELOAD)
		live_event_text(c->live, HISTORY_RELOAD, "reloaded %s: added %zu, removed %zu, changed %zu, kept %zu",
				c->live->conf->list, n[SYNC_ADDED] + n[SYNC_RESUMED], n[SYNC_REMOVED], n[SYNC_CHANGED],
				n[SYNC_KEPT]);
}

static json_t *live_change_result(const struct live_change *c)
{
	json_t *result = publish_json(&c->live->p);

	json_object_set_new(result, "dry_run", json_boolean(c->options.dry_run));
	json_object_set_new(result, "diagnostics", diag_json(&c->diag));
	return result;
}

static int live_change_model(struct live_change *c)
{
	struct live *l = c->live;
	int err = live_build(c->list, c->list_len, &c->overlay, dns_lookup, l->dns, &l->p.model, &c->diag);

	/* what operators take away is their word; what the list or an attribute says has to fit */
	if (!err && !c->options.force && c->kind != LIVE_REMOVE && c->kind != LIVE_ADMIN)
		conf_check_list(live_change_conf(c), l->p.model, &c->diag);
	if (c->diag.count[DIAG_ERROR])
		return EXIT_INPUT;
	if (!err || (err == -ENODATA && (c->options.force || !record_dispatches(&l->p.rec))))
		return EXIT_OK;
	if (err == -ENODATA)
		output_error("%s: no destination would be left; `force` publishes that, too",
			     live_change_conf(c)->list);
	else if (err == -ENOMEM)
		output_error("out of memory");
	return err == -ENOMEM ? EXIT_FAILED : EXIT_INPUT;
}

static void live_change_publish(void *ctx)
{
	struct live_change *c = ctx;
	struct live *l = c->live;
	json_t *result;
	int code = live_change_model(c);

	if (!code)
		code = live_lock(l);
	l->view = &c->overlay;
	live_change_swap(c);
	if (!code)
		code = live_change_apply(c);
	if (code) {
		live_change_fail(c, code);
		return;
	}
	result = live_change_result(c);
	if (!c->options.dry_run) {
		live_change_keep(c);
		l->view = &l->overlay;
		live_change_news(c);
		live_settle(l, true);
	}
	live_change_end(c, EXIT_OK, "", result);
}

static void live_change_start(struct live_change *c)
{
	struct live *l = c->live;
	const char *path = live_change_conf(c)->list;
	int err, code;

	*l->said = 0;
	diag_init(&c->diag, path);
	if (c->kind == LIVE_RELOAD) {
		live_list_is_read(l);
		err = live_read_file(path, &c->list, &c->list_len);
		if (err) {
			output_error("cannot read %s: %s", path,
				     err == -EINVAL ? "it is no regular file" : strerror(-err));
			live_change_fail(c, EXIT_INPUT);
			return;
		}
	} else {
		c->list = malloc(l->list_len + 1);
		if (c->list)
			memcpy(c->list, l->list, l->list_len);
		c->list_len = l->list_len;
	}
	code = c->list ? live_change_overlay(c) : EXIT_FAILED;
	if (code)
		live_change_fail(c, code);
	else
		live_change_names(c);
}

void live_change_next(struct live *l)
{
	live_change_start(l->first);
}

void live_change_queue(struct live *l, struct live_change *c, live_done done, void *ctx)
{
	if (!c) {
		done(ctx, EXIT_FAILED, "out of memory", NULL);
		return;
	}
	c->done = done;
	c->ctx = ctx;
	*l->last = c;
	l->last = &c->next;
	if (l->first == c)
		live_change_start(c);
}

void live_drop_changes(struct live *l)
{
	struct live_change *c;

	while ((c = l->first)) {
		l->first = c->next;
		c->done(c->ctx, EXIT_FAILED, "the daemon stops", NULL);
		live_change_free(c);
	}
	l->last = &l->first;
}
