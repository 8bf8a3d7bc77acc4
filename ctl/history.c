// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * history.c - keeps events in a ring that other processes read meanwhile, and puts them into words.
 */
#include "history.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "output.h"

#define HISTORY_SECOND_NS 1000000000ull

_Static_assert(!(HISTORY_ROOM & (HISTORY_ROOM - 1)) && HISTORY_ROOM > HISTORY_MAX, "ring");
_Static_assert(sizeof(struct history_event) == 504, "event without holes, shared between versions");

static const char *const history_kind_names[HISTORY_KINDS] = {
	[HISTORY_NONE] = "none",     [HISTORY_HEALTH] = "health",   [HISTORY_ADMIN] = "admin",
	[HISTORY_ADDED] = "added",   [HISTORY_REMOVED] = "removed", [HISTORY_CHANGED] = "changed",
	[HISTORY_RELOAD] = "reload", [HISTORY_DAEMON] = "daemon",
};

const char *history_kind_name(enum history_kind kind)
{
	return history_kind_names[kind];
}

static uint64_t history_seq(const struct history_ring *r, uint64_t seq)
{
	return __atomic_load_n(&r->event[seq % HISTORY_ROOM].seq, __ATOMIC_ACQUIRE);
}

uint64_t history_newest(const struct history_ring *r)
{
	uint64_t last = __atomic_load_n(&r->last, __ATOMIC_ACQUIRE);

	while (history_seq(r, last + 1) == last + 1)
		last++;
	return last;
}

uint64_t history_add(struct history_ring *r, struct history_event *e)
{
	const size_t head = sizeof(e->seq);
	struct history_event *slot;

	e->seq = history_newest(r) + 1;
	slot = &r->event[e->seq % HISTORY_ROOM];
	/* the fence keeps what follows behind the 0: whoever copies meanwhile finds another number afterwards */
	__atomic_store_n(&slot->seq, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memcpy((char *)slot + head, (const char *)e + head, sizeof(*e) - head);
	__atomic_store_n(&slot->seq, e->seq, __ATOMIC_RELEASE);
	__atomic_store_n(&r->last, e->seq, __ATOMIC_RELEASE);
	return e->seq;
}

static bool history_is_change(const struct history_event *e)
{
	return e->kind == HISTORY_HEALTH || e->kind == HISTORY_ADMIN;
}

static bool history_is_of_member(const struct history_event *e)
{
	return e->kind >= HISTORY_HEALTH && e->kind <= HISTORY_CHANGED;
}

/* Numbers that this version has names for. */
static bool history_is_known(const struct history_event *e)
{
	unsigned int states = e->kind == HISTORY_HEALTH ? DS_HEALTHS : DS_ADMINS;

	if (e->kind == HISTORY_NONE || e->kind >= HISTORY_KINDS)
		return false;
	return !history_is_change(e) || (e->was < states && e->now < states && e->cause < HEALTH_CAUSES);
}

static bool history_copy(const struct history_ring *r, uint64_t seq, struct history_event *copy)
{
	if (history_seq(r, seq) != seq)
		return false;
	memcpy(copy, &r->event[seq % HISTORY_ROOM], sizeof(*copy));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (history_seq(r, seq) != seq)
		return false;
	copy->seq = seq;
	copy->uri[sizeof(copy->uri) - 1] = '\0';
	copy->text[sizeof(copy->text) - 1] = '\0';
	return history_is_known(copy);
}

void history_each(const struct history_ring *r, uint64_t since, void (*fn)(void *ctx, const struct history_event *e),
		  void *ctx)
{
	uint64_t newest = history_newest(r), seq;
	struct history_event copy;

	if (since >= newest)
		return;
	seq = newest - since > HISTORY_MAX ? newest - HISTORY_MAX : since;
	while (seq++ < newest)
		if (history_copy(r, seq, &copy))
			fn(ctx, &copy);
}

/* " after 0.3 s", " after 3 h"; empty where it is not known. */
static void history_lasted(uint64_t lasted_ns, char *buf, size_t size)
{
	char age[OUTPUT_AGE_SIZE];

	*buf = '\0';
	if (lasted_ns >= 10 * HISTORY_SECOND_NS)
		snprintf(buf, size, " after %s", output_age(lasted_ns + 1, 1, age));
	else if (lasted_ns)
		snprintf(buf, size, " after %.1f s", (double)lasted_ns / HISTORY_SECOND_NS);
}

static const char *history_state_name(const struct history_event *e, uint8_t state)
{
	return e->kind == HISTORY_HEALTH ? health_name(state) : health_admin_name(state);
}

static void history_change_text(const struct history_event *e, char *buf, size_t size)
{
	char lasted[OUTPUT_AGE_SIZE + 8], reason[160];

	history_lasted(e->lasted_ns, lasted, sizeof(lasted));
	health_cause_text(e->cause, e->detail, reason, sizeof(reason));
	snprintf(buf, size, "%s -> %s%s: %s (%s)", history_state_name(e, e->was), history_state_name(e, e->now), lasted,
		 reason, health_cause_name(e->cause));
}

void history_text(const struct history_event *e, char *buf, size_t size)
{
	char what[320], raw[sizeof(e->uri) + sizeof(e->text) + sizeof(what) + 32];
	const char *colon = *e->text ? ": " : "";
	char *printable;

	if (history_is_change(e))
		history_change_text(e, what, sizeof(what));
	else
		snprintf(what, sizeof(what), "%s", history_kind_name(e->kind));
	if (history_is_of_member(e))
		snprintf(raw, sizeof(raw), "set %d %s %s%s%s", e->set, e->uri, what, colon, e->text);
	else
		snprintf(raw, sizeof(raw), "%s", *e->text ? e->text : what);
	printable = diag_printable(raw);
	snprintf(buf, size, "%s", printable ? printable : what);
	free(printable);
}

static int history_json_member(json_t *json, const struct history_event *e)
{
	char id[17];

	snprintf(id, sizeof(id), "%016" PRIx64, e->id);
	return json_object_set_new(json, "set", json_integer(e->set)) ||
	       json_object_set_new(json, "id", json_string(id)) ||
	       json_object_set_new(json, "uri", output_text(e->uri));
}

static int history_json_change(json_t *json, const struct history_event *e)
{
	double lasted_s = (double)e->lasted_ns / HISTORY_SECOND_NS;
	char reason[160];

	health_cause_text(e->cause, e->detail, reason, sizeof(reason));
	return json_object_set_new(json, "was", json_string(history_state_name(e, e->was))) ||
	       json_object_set_new(json, "now", json_string(history_state_name(e, e->now))) ||
	       json_object_set_new(json, "cause", json_string(health_cause_name(e->cause))) ||
	       json_object_set_new(json, "reason", output_text(reason)) ||
	       json_object_set_new(json, "detail", json_integer(e->detail)) ||
	       (e->lasted_ns && json_object_set_new(json, "lasted_s", json_real(lasted_s)));
}

struct json_t *history_json(const struct history_event *e)
{
	char text[1024];
	json_t *json;

	history_text(e, text, sizeof(text));
	json = json_pack("{s:I, s:f, s:s, s:o}", "seq", (json_int_t)e->seq, "time",
			 (double)e->time_ns / HISTORY_SECOND_NS, "kind", history_kind_name(e->kind), "text",
			 output_text(text));
	if (!json)
		return NULL;
	if ((history_is_of_member(e) && history_json_member(json, e)) ||
	    (history_is_change(e) && history_json_change(json, e))) {
		json_decref(json);
		return NULL;
	}
	return json;
}
