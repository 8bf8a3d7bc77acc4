// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlay.c - the entries: kept in order, merged with one another, found by destination.
 */
#include "overlay_inner.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const overlay_kind_names[OVERLAY_KINDS] = { "add", "remove", "modify", "state" };

const char *overlay_kind_name(enum overlay_kind kind)
{
	return overlay_kind_names[kind];
}

void overlay_init(struct overlay *o)
{
	memset(o, 0, sizeof(*o));
}

void overlay_free_entry(struct overlay_entry *e)
{
	if (!e)
		return;
	free(e->uri);
	free(e->canonical);
	free(e->socket);
	free(e->attrs);
	free(e);
}

void overlay_free(struct overlay *o)
{
	size_t i;

	if (!o)
		return;
	for (i = 0; i < o->n; i++)
		overlay_free_entry(o->entry[i]);
	free(o->entry);
	overlay_init(o);
}

/* Replaces *to by a copy, which may be one of itself. */
static int overlay_set_text(char **to, const char *from)
{
	char *copy = from ? strdup(from) : NULL;

	if (from && !copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static struct overlay_entry *overlay_copy_entry(const struct overlay_entry *from)
{
	struct overlay_entry *e = malloc(sizeof(*e));

	if (!e)
		return NULL;
	*e = *from;
	e->uri = e->canonical = e->socket = e->attrs = NULL;
	if (!overlay_set_text(&e->uri, from->uri) && !overlay_set_text(&e->canonical, from->canonical) &&
	    !overlay_set_text(&e->socket, from->socket) && !overlay_set_text(&e->attrs, from->attrs))
		return e;
	overlay_free_entry(e);
	return NULL;
}

int overlay_copy(struct overlay *to, const struct overlay *from)
{
	to->entry = calloc(from->n + 1, sizeof(struct overlay_entry *));
	if (!to->entry)
		return -ENOMEM;
	for (to->room = from->n + 1; to->n < from->n; to->n++) {
		to->entry[to->n] = overlay_copy_entry(from->entry[to->n]);
		if (!to->entry[to->n]) {
			overlay_free(to);
			return -ENOMEM;
		}
	}
	return 0;
}

static const char *overlay_or_empty(const char *text)
{
	return text ? text : "";
}

int overlay_compare(const struct overlay_entry *a, const struct overlay_entry *b)
{
	int diff;

	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	diff = strcmp(a->canonical, b->canonical);
	return diff ? diff : strcmp(overlay_or_empty(a->socket), overlay_or_empty(b->socket));
}

/* Returns where the entry of that destination and kind (a state, or another) is, or would have to be: *found tells. */
static size_t overlay_place(const struct overlay *o, const struct overlay_entry *key, bool *found)
{
	size_t low = 0, high = o->n, mid;
	bool state = key->kind == OVERLAY_STATE;
	int diff;

	*found = false;
	while (low < high) {
		mid = (low + high) / 2;
		diff = overlay_compare(o->entry[mid], key);
		if (!diff)
			diff = (o->entry[mid]->kind == OVERLAY_STATE) - state;
		if (!diff)
			*found = true;
		if (diff < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const struct overlay_entry *overlay_find(const struct overlay *o, const struct ds_dest *dest, bool state)
{
	const struct overlay_entry key = { .kind = state ? OVERLAY_STATE : OVERLAY_MODIFY,
					   .set = dest->conf.set,
					   .canonical = dest->conf.uri.canonical,
					   .socket = dest->conf.attrs.socket };
	bool found;
	size_t at = overlay_place(o, &key, &found);

	return found ? o->entry[at] : NULL;
}

static int overlay_insert(struct overlay *o, size_t at, struct overlay_entry *e)
{
	size_t room = o->room ? 2 * o->room : 16;
	struct overlay_entry **bigger = o->entry;

	if (o->n == o->room) {
		bigger = realloc(o->entry, room * sizeof(struct overlay_entry *));
		if (!bigger)
			return -ENOMEM;
		o->room = room;
	}
	o->entry = bigger;
	memmove(&bigger[at + 1], &bigger[at], (o->n - at) * sizeof(struct overlay_entry *));
	bigger[at] = e;
	o->n++;
	return 0;
}

static void overlay_delete(struct overlay *o, size_t at)
{
	overlay_free_entry(o->entry[at]);
	o->n--;
	memmove(&o->entry[at], &o->entry[at + 1], (o->n - at) * sizeof(struct overlay_entry *));
}

/* What cannot be parsed is its own canonical form: overlay_apply() refuses it. */
static int overlay_identify(struct overlay_entry *e)
{
	struct ds_attrs attrs;
	struct uri_error why;
	struct diag_list d;
	struct ds_uri uri;
	int err = uri_parse(e->uri, strlen(e->uri), &uri, &why);

	if (err == -ENOMEM)
		return err;
	err = overlay_set_text(&e->canonical, err ? e->uri : uri.canonical);
	uri_free(&uri);
	if (err || e->kind != OVERLAY_ADD)
		return err;
	e->has |= OVERLAY_HAS_FLAGS | OVERLAY_HAS_PRIORITY | OVERLAY_HAS_ATTRS;
	diag_init(&d, "");
	err = attrs_parse(overlay_or_empty(e->attrs), strlen(overlay_or_empty(e->attrs)), &attrs, &d, 0, 0);
	err = err == -ENOMEM ? err : overlay_set_text(&e->socket, attrs.socket);
	attrs_free(&attrs);
	diag_free(&d);
	return err;
}

static int overlay_merge(struct overlay_entry *e, const struct overlay_entry *with)
{
	if (with->has & OVERLAY_HAS_ATTRS) {
		if (overlay_set_text(&e->attrs, with->attrs))
			return -ENOMEM;
		e->has &= ~OVERLAY_HAS_WEIGHT;
	}
	if (with->has & OVERLAY_HAS_FLAGS)
		e->flags = with->flags;
	if (with->has & OVERLAY_HAS_PRIORITY)
		e->priority = with->priority;
	if (with->has & OVERLAY_HAS_WEIGHT)
		e->weight = with->weight;
	e->has |= with->has;
	e->time_s = with->time_s;
	return 0;
}

/* Removing takes what was said of it before with it, and needs no entry where the list never had it. */
static int overlay_put_remove(struct overlay *o, size_t at, bool found, struct overlay_entry *e)
{
	bool was_added = found && o->entry[at]->kind == OVERLAY_ADD;

	while (at < o->n && !overlay_compare(o->entry[at], e))
		overlay_delete(o, at);
	if (!was_added)
		return overlay_insert(o, at, e);
	overlay_free_entry(e);
	return 0;
}

int overlay_put(struct overlay *o, const struct overlay_entry *entry)
{
	struct overlay_entry *e = overlay_copy_entry(entry);
	bool found;
	size_t at;
	int err = e ? overlay_identify(e) : -ENOMEM;

	if (err)
		goto fail;
	at = overlay_place(o, e, &found);
	if (e->kind == OVERLAY_REMOVE) {
		err = overlay_put_remove(o, at, found, e);
	} else if (!found) {
		err = overlay_insert(o, at, e);
	} else if (e->kind == OVERLAY_MODIFY && o->entry[at]->kind != OVERLAY_REMOVE) {
		err = overlay_merge(o->entry[at], e);
		if (!err)
			overlay_free_entry(e);
	} else {
		overlay_free_entry(o->entry[at]);
		o->entry[at] = e;
	}
	if (!err)
		return 0;
fail:
	overlay_free_entry(e);
	return err;
}

/* A list could not hold it: a blank ends a field, '#' begins a comment. */
static bool overlay_is_field(const char *text)
{
	char *printable = diag_printable(text);
	bool is = printable && !strcmp(printable, text) && *text != '#' && !strchr(text, ' ');

	free(printable);
	return is;
}

const char *overlay_wrong(const struct overlay_entry *e)
{
	struct uri_error why;
	struct ds_uri uri;

	if (e->set < 0)
		return "bad set, expected 0 or more";
	if (uri_parse(e->uri, strlen(e->uri), &uri, &why) == -EINVAL)
		return why.what;
	uri_free(&uri);
	if (strchr(e->uri, '#'))
		return "'#' in the URI, expected it escaped as %23";
	if (e->has & OVERLAY_HAS_FLAGS && e->flags & ~DS_LIST_ALL)
		return "bad flags, expected 0 to 63";
	if (e->has & OVERLAY_HAS_PRIORITY && e->priority < 0)
		return "bad priority, expected 0 or more";
	if (e->has & OVERLAY_HAS_WEIGHT && (e->weight < 1 || e->weight > 100))
		return "bad weight, expected 1 to 100";
	if (e->has & OVERLAY_HAS_ATTRS && e->attrs && !overlay_is_field(e->attrs))
		return "bad attributes, expected printable text without blanks that does not begin with '#'";
	return NULL;
}

enum ds_admin overlay_admin(const struct overlay *o, const struct ds_dest *dest)
{
	const struct overlay_entry *e = overlay_find(o, dest, true);

	if (e)
		return e->admin;
	return dest->conf.flags & DS_LIST_DISABLED ? DS_ADMIN_DISABLED : DS_ADMIN_ACTIVE;
}

const char *overlay_mark(const struct overlay *o, const struct ds_dest *dest)
{
	const struct overlay_entry *e = overlay_find(o, dest, false);

	if (e && e->kind == OVERLAY_ADD)
		return "added";
	if (e && e->kind == OVERLAY_MODIFY)
		return "modified";
	return overlay_find(o, dest, true) ? "state" : NULL;
}
