// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlay_apply.c - lays the entries over a model: removes and modifies what the list has, adds the rest.
 *
 * It works on a copy of the entries, which becomes what is when everything went well. While an entry is worked on, the
 * line of diagnostics and of added destinations is the number of the entry, from 1.
 */
#include "overlay_inner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolve.h"
#include "source_line.h"

/* Slot 0 of the kernel's arrays means none. */
#define OVERLAY_DESTS_MAX (DS_DESTS_MAX - 1)
#define OVERLAY_SETS_MAX (DS_SETS_MAX - 1)

struct overlay_work {
	struct overlay copy;
	struct model *m;
	struct ds_dest **listed; /* of the list, in the order of the entries */
	size_t n_listed;
	struct ds_dest **added; /* not in the model yet */
	size_t n_added;
	struct ds_dest **removed; /* still in the model, as listed[] has them too */
	size_t n_removed;
	bool *drop; /* by entry */
	struct diag_list said;
};

#define overlay_say(w, severity, i, ...) diag_add(&(w)->said, severity, (unsigned int)(i) + 1, 0, __VA_ARGS__)

static int overlay_compare_dests(const void *a, const void *b)
{
	return model_compare_dests(*(struct ds_dest *const *)a, *(struct ds_dest *const *)b);
}

static int overlay_begin(struct overlay_work *w, const struct overlay *o, struct model *m)
{
	size_t s;
	int err;

	memset(w, 0, sizeof(*w));
	diag_init(&w->said, "");
	w->m = m;
	w->listed = malloc((m->n_dests + 1) * sizeof(struct ds_dest *));
	w->added = malloc((o->n + 1) * sizeof(struct ds_dest *));
	w->removed = malloc((o->n + 1) * sizeof(struct ds_dest *));
	w->drop = calloc(o->n + 1, sizeof(*w->drop));
	err = w->listed && w->added && w->removed && w->drop ? overlay_copy(&w->copy, o) : -ENOMEM;
	if (err)
		return err;
	for (s = 0; s < m->n_sets; s++) {
		memcpy(&w->listed[w->n_listed], m->set[s].dest, m->set[s].n_dests * sizeof(*w->listed));
		w->n_listed += m->set[s].n_dests;
	}
	qsort(w->listed, w->n_listed, sizeof(struct ds_dest *), overlay_compare_dests);
	return 0;
}

static void overlay_end(struct overlay_work *w)
{
	while (w->n_added)
		model_free_dest(w->added[--w->n_added]);
	overlay_free(&w->copy);
	diag_free(&w->said);
	free(w->listed);
	free(w->added);
	free(w->removed);
	free(w->drop);
}

static struct ds_dest *overlay_listed(const struct overlay_work *w, const struct overlay_entry *e)
{
	struct ds_dest key = {
		.conf = { .set = e->set, .uri = { .canonical = e->canonical }, .attrs = { .socket = e->socket } }
	};
	struct ds_dest *at = &key, **found;

	found = bsearch(&at, w->listed, w->n_listed, sizeof(struct ds_dest *), overlay_compare_dests);
	return found ? *found : NULL;
}

static int overlay_parse_attrs(const char *text, struct ds_attrs *attrs, struct diag_list *d, size_t i)
{
	return attrs_parse(text ? text : "", text ? strlen(text) : 0, attrs, d, (unsigned int)i + 1, 0);
}

/*
 * Makes of *attrs those that the entry wants: its own or the list's, with its weight. -EINVAL is said. What is to be said
 * of the list's was said when that was read, and what is with another weight is no worse.
 */
static int overlay_make_attrs(struct overlay_work *w, size_t i, const char *listed, struct ds_attrs *attrs)
{
	const struct overlay_entry *e = w->copy.entry[i];
	bool own = e->has & OVERLAY_HAS_ATTRS;
	struct diag_list unsaid;
	char *weighed = NULL;
	int err;

	diag_init(&unsaid, "");
	err = overlay_parse_attrs(own ? e->attrs : listed, attrs, own ? &w->said : &unsaid, i);
	if (!err && e->has & OVERLAY_HAS_WEIGHT && attrs->weight != e->weight) {
		weighed = overlay_weigh(attrs->text, e->weight);
		attrs_free(attrs);
		err = weighed ? overlay_parse_attrs(weighed, attrs, &unsaid, i) : -ENOMEM;
	}
	free(weighed);
	diag_free(&unsaid);
	return err;
}

/* The socket is a part of what the destination is: with another one, this entry would not find it again. */
static bool overlay_keeps_socket(struct overlay_work *w, size_t i, const struct ds_attrs *attrs)
{
	const struct overlay_entry *e = w->copy.entry[i];

	if (!strcmp(attrs->socket ? attrs->socket : "", e->socket ? e->socket : ""))
		return true;
	overlay_say(w, DIAG_ERROR, i,
		    "attributes with another socket, expected %s%.100s; remedy: remove it, then add it anew",
		    e->socket ? "socket=" : "none", e->socket ? e->socket : "");
	return false;
}

/* Replaces the attributes where they differ. */
static int overlay_modify_attrs(struct overlay_work *w, size_t i, struct ds_config *c)
{
	struct overlay_entry *e = w->copy.entry[i];
	struct ds_attrs attrs;
	int err = overlay_make_attrs(w, i, c->attrs.text, &attrs);

	if (!err && !overlay_keeps_socket(w, i, &attrs))
		err = -EINVAL;
	if (!err && attrs_equal(&attrs, &c->attrs)) {
		e->has &= ~(OVERLAY_HAS_ATTRS | OVERLAY_HAS_WEIGHT);
	} else if (!err) {
		attrs_free(&c->attrs);
		c->attrs = attrs;
		return 0;
	}
	attrs_free(&attrs);
	return err == -EINVAL ? 0 : err;
}

/* Fields that are in the list what they shall be are not overlaid any more. */
static int overlay_modify(struct overlay_work *w, size_t i, struct ds_config *c)
{
	struct overlay_entry *e = w->copy.entry[i];
	int err = 0;

	if (c->flags == e->flags)
		e->has &= ~OVERLAY_HAS_FLAGS;
	if (e->has & OVERLAY_HAS_FLAGS)
		c->flags = e->flags;
	if (c->priority == e->priority)
		e->has &= ~OVERLAY_HAS_PRIORITY;
	if (e->has & OVERLAY_HAS_PRIORITY)
		c->priority = e->priority;
	if (e->has & (OVERLAY_HAS_ATTRS | OVERLAY_HAS_WEIGHT))
		err = overlay_modify_attrs(w, i, c);
	w->drop[i] = !e->has;
	return err;
}

/* Reads the entry as a line of a list, so that it is held to the same rules. */
static int overlay_add(struct overlay_work *w, size_t i)
{
	const struct overlay_entry *e = w->copy.entry[i];
	const char *attrs = e->attrs ? e->attrs : "";
	char *line = NULL, *weighed = NULL;
	struct ds_dest *dest = NULL;
	int err = 0;

	if (e->has & OVERLAY_HAS_WEIGHT) {
		weighed = overlay_weigh(attrs, e->weight);
		attrs = weighed;
	}
	if (!attrs || asprintf(&line, "%d %s %u %d %s", e->set, e->uri, e->flags, e->priority, attrs) < 0) {
		line = NULL;
		err = -ENOMEM;
	}
	if (!err)
		err = source_line_parse(line, strlen(line), (unsigned int)i + 1, &dest, &w->said);
	free(line);
	free(weighed);
	if (!dest)
		return err;
	w->added[w->n_added++] = dest;
	overlay_keeps_socket(w, i, &dest->conf.attrs);
	return 0;
}

/* The operator's word stays, now over what the list says. */
static int overlay_add_listed(struct overlay_work *w, size_t i, struct ds_dest *dest)
{
	int err;

	w->copy.entry[i]->kind = OVERLAY_MODIFY;
	err = overlay_modify(w, i, &dest->conf);
	if (!w->drop[i])
		overlay_say(w, DIAG_WARNING, i, "the list has it too, in line %u; what was added modifies that",
			    dest->conf.line);
	return err;
}

static bool overlay_implied(const struct overlay_entry *e, unsigned int flags)
{
	return e->admin == (flags & DS_LIST_DISABLED ? DS_ADMIN_DISABLED : DS_ADMIN_ACTIVE);
}

/* Entry i, which changes something but the state; *dest: what it changes, NULL where the list has no such destination. */
static int overlay_change(struct overlay_work *w, size_t i, struct ds_dest **dest)
{
	const struct overlay_entry *e = w->copy.entry[i];
	size_t before = w->n_added;
	int err;

	if (e->kind == OVERLAY_ADD && *dest)
		return overlay_add_listed(w, i, *dest);
	if (e->kind == OVERLAY_ADD) {
		err = overlay_add(w, i);
		*dest = w->n_added > before ? w->added[before] : NULL;
		return err;
	}
	if (e->kind == OVERLAY_MODIFY && *dest)
		return overlay_modify(w, i, &(*dest)->conf);
	if (*dest) {
		w->removed[w->n_removed++] = *dest;
		*dest = NULL;
		return 0;
	}
	w->drop[i] = true;
	if (e->kind == OVERLAY_MODIFY)
		overlay_say(w, DIAG_WARNING, i, "the list does not have it any more; forgotten");
	return 0;
}

static void overlay_state(struct overlay_work *w, size_t i, const struct ds_dest *dest)
{
	if (!dest)
		overlay_say(w, DIAG_WARNING, i, "the list does not have it any more; forgotten");
	w->drop[i] = !dest || overlay_implied(w->copy.entry[i], dest->conf.flags);
}

/* All entries, each destination with its state. */
static int overlay_walk(struct overlay_work *w)
{
	struct ds_dest *dest = NULL;
	const struct overlay_entry *e;
	const char *wrong;
	size_t i;
	int err = 0;

	for (i = 0; i < w->copy.n && !err; i++) {
		e = w->copy.entry[i];
		wrong = overlay_wrong(e);
		if (wrong) {
			overlay_say(w, DIAG_ERROR, i, "%s", wrong);
			continue;
		}
		if (!i || overlay_compare(w->copy.entry[i - 1], e))
			dest = overlay_listed(w, e);
		if (e->kind == OVERLAY_STATE)
			overlay_state(w, i, dest);
		else
			err = overlay_change(w, i, &dest);
	}
	return err;
}

/* Takes what was removed out of the model and moves what was added in, up to the limits of the kernel's tables. */
static int overlay_fill(struct overlay_work *w)
{
	struct model *m = w->m;
	struct ds_dest *dest;
	size_t i;
	int err = 0;

	while (w->n_removed)
		model_remove(m, w->removed[--w->n_removed]);
	for (i = 0; i < w->n_added && !err; i++) {
		dest = w->added[i];
		if (m->n_members + dest->n_members > OVERLAY_DESTS_MAX) {
			overlay_say(w, DIAG_ERROR, dest->conf.line - 1,
				    "too many addresses in all, expected at most %u", OVERLAY_DESTS_MAX);
			break;
		}
		if (m->n_sets == OVERLAY_SETS_MAX && !model_find_set(m, dest->conf.set)) {
			overlay_say(w, DIAG_ERROR, dest->conf.line - 1, "too many sets, expected at most %u",
				    OVERLAY_SETS_MAX);
			break;
		}
		dest->conf.line = 0;
		dest->conf.column = 0;
		err = model_add(m, dest);
		if (err)
			break;
	}
	w->n_added -= i;
	memmove(w->added, &w->added[i], w->n_added * sizeof(struct ds_dest *));
	return err;
}

static void overlay_report(const struct overlay_work *w, struct diag_list *d)
{
	static const char *const done[OVERLAY_KINDS] = { "added", "removed", "modified", "state of" };
	const struct overlay_entry *e;
	size_t i;

	for (i = 0; i < w->said.n; i++) {
		e = w->copy.entry[w->said.diag[i].line - 1];
		diag_add(d, w->said.diag[i].severity, 0, 0, "%s %.200s in set %d: %s", done[e->kind], e->uri, e->set,
			 w->said.diag[i].message);
	}
}

/* Makes the copy what is, without what was dropped. */
static void overlay_settle(struct overlay_work *w, struct overlay *o, size_t *dropped)
{
	size_t i, n = 0;

	for (i = 0; i < w->copy.n; i++)
		if (w->drop[i])
			overlay_free_entry(w->copy.entry[i]);
		else
			w->copy.entry[n++] = w->copy.entry[i];
	*dropped = w->copy.n - n;
	w->copy.n = n;
	overlay_free(o);
	*o = w->copy;
	overlay_init(&w->copy);
}

int overlay_apply(struct overlay *o, struct model *m, const struct resolver *r, struct diag_list *d, size_t *dropped)
{
	struct overlay_work w;
	int err;

	*dropped = 0;
	err = overlay_begin(&w, o, m);
	if (!err)
		err = overlay_walk(&w);
	if (!err)
		err = resolve_dests(w.added, w.n_added, r, &w.said);
	if (!err)
		err = overlay_fill(&w);
	if (!err && w.said.count[DIAG_ERROR])
		err = -EINVAL;
	overlay_report(&w, d);
	if (!err)
		overlay_settle(&w, o, dropped);
	overlay_end(&w);
	return err;
}
