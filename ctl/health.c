// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * health.c - see health.h. One function per question: what a window says, where a cause leads, what it is called.
 */
#include "health.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

/* Tries of health_read(): a writer is done within a few hundred instructions. */
#define HEALTH_READ_TRIES 1000

/* What a window of traffic says. */
enum health_window {
	HEALTH_WINDOW_DOUBT = 0,
	HEALTH_WINDOW_GOOD,
	HEALTH_WINDOW_SILENT,
	HEALTH_WINDOW_FAILING,
};

void health_write_begin(struct ds_runtime *r)
{
	/* not counted up: it is odd already where an earlier writer was killed */
	r->seq |= 1;
	atomic_thread_fence(memory_order_seq_cst);
}

void health_write_end(struct ds_runtime *r)
{
	atomic_thread_fence(memory_order_seq_cst);
	r->seq++;
}

bool health_read(const struct ds_runtime *r, struct ds_runtime *copy)
{
	const volatile uint32_t *seq = &r->seq;
	uint32_t before;
	int i;

	for (i = 0; i < HEALTH_READ_TRIES; i++) {
		before = *seq;
		atomic_thread_fence(memory_order_seq_cst);
		memcpy(copy, r, sizeof(*copy));
		atomic_thread_fence(memory_order_seq_cst);
		if (!(before & 1) && *seq == before)
			return true;
	}
	return false;
}

static uint16_t health_count(uint16_t n)
{
	return n < UINT16_MAX ? n + 1 : n;
}

static void health_runs_reset(struct ds_runtime *r)
{
	r->good = r->bad = 0;
	r->windows = r->holds = 0;
}

static void health_change(struct ds_runtime *r, enum ds_health health, enum health_cause cause, uint16_t detail,
			  uint64_t now_ns)
{
	r->health = health;
	r->cause = cause;
	r->detail = detail;
	r->since_ns = now_ns;
}

void health_init(struct ds_runtime *r, uint64_t id, unsigned int list_flags, uint64_t now_ns)
{
	enum ds_health health = DS_HEALTH_UNKNOWN;

	if (list_flags & DS_LIST_INACTIVE)
		health = DS_HEALTH_DOWN;
	else if (list_flags & DS_LIST_TRYING)
		health = DS_HEALTH_TRYING;
	health_write_begin(r);
	*r = (struct ds_runtime){ .seq = r->seq, .id = id };
	health_change(r, health, HEALTH_LIST, 0, now_ns);
	health_write_end(r);
}

static bool health_latency_sound(const struct latency *l)
{
	return isfinite(l->avg_us) && isfinite(l->ewma_us) && isfinite(l->m2) && l->m2 >= 0 && l->min_us <= l->max_us;
}

bool health_adopt(struct ds_runtime *r, uint64_t id)
{
	bool torn = r->seq & 1;

	if (r->id != id || r->health >= DS_HEALTHS || r->cause >= HEALTH_CAUSES)
		return false;
	health_write_begin(r);
	r->window_ns = r->window_late_ns = 0;
	if (torn || !health_latency_sound(&r->latency))
		r->latency = (struct latency){ 0 };
	health_write_end(r);
	return true;
}

static bool health_is_bad(enum health_cause cause)
{
	return cause != HEALTH_PING_OK && cause != HEALTH_TRAFFIC_OK;
}

static bool health_is_passive(unsigned int cause)
{
	return cause == HEALTH_SILENT || cause == HEALTH_FAILING;
}

uint64_t health_held_ns(const struct ds_runtime *r, const struct health_conf *c)
{
	uint64_t times = 1, hold_ns = (uint64_t)c->passive_hold_ms * 1000000;
	uint32_t i;

	if (r->health != DS_HEALTH_DOWN || !health_is_passive(r->cause) || !hold_ns || !c->passive_requests)
		return 0;
	for (i = 1; i < r->holds && times < HEALTH_HOLDS_MAX; i++)
		times *= 2;
	return r->since_ns + times * hold_ns;
}

/* Where the runs lead, this cause being counted in already. */
static enum ds_health health_next(const struct ds_runtime *r, const struct health_conf *c, enum health_cause cause,
				  uint64_t now_ns)
{
	if (r->health == DS_HEALTH_DOWN)
		return cause == HEALTH_PING_OK && r->good >= c->rise && now_ns >= health_held_ns(r, c) ? DS_HEALTH_UP
												       : DS_HEALTH_DOWN;
	/* a fall that was made smaller meanwhile is no reason to go down on something good */
	if (health_is_bad(cause) && r->bad + r->windows >= c->fall)
		return DS_HEALTH_DOWN;
	return r->bad || r->windows ? DS_HEALTH_TRYING : DS_HEALTH_UP;
}

bool health_learn(struct ds_runtime *r, const struct health_conf *c, enum health_cause cause, uint16_t detail,
		  uint64_t now_ns, enum ds_health *was)
{
	enum ds_health next;

	*was = r->health;
	if (cause >= HEALTH_LIST)
		return false;
	health_write_begin(r);
	if (cause == HEALTH_PING_OK) {
		r->good = health_count(r->good);
		r->bad = 0;
	} else if (cause == HEALTH_TRAFFIC_OK) {
		r->windows = 0;
	} else {
		r->good = 0;
		if (health_is_passive(cause))
			r->windows++;
		else
			r->bad = health_count(r->bad);
	}
	next = health_next(r, c, cause, now_ns);
	if (next != *was) {
		health_change(r, next, cause, detail, now_ns);
		if (next == DS_HEALTH_DOWN && health_is_passive(cause))
			r->holds++;
		if (*was == DS_HEALTH_DOWN)
			r->windows = 0;
	}
	health_write_end(r);
	return next != *was;
}

bool health_set(struct ds_runtime *r, enum ds_health health, enum health_cause cause, uint64_t now_ns,
		enum ds_health *was)
{
	*was = r->health;
	health_write_begin(r);
	health_runs_reset(r);
	if (health != *was)
		health_change(r, health, cause, 0, now_ns);
	health_write_end(r);
	return health != *was;
}

static void health_window_begin(struct ds_runtime *r, const struct health_traffic *t, uint64_t now_ns)
{
	r->window_ns = now_ns;
	r->window_late_ns = 0;
	r->window_requests = t->requests;
	r->window_responses = t->responses;
	r->window_finals = t->finals;
	r->window_failures = t->failures;
}

/* Whether what is there cannot have come from what was: another program counts, or another clock. */
static bool health_went_back(const struct ds_runtime *r, const struct health_traffic *t, uint64_t now_ns)
{
	return now_ns < r->window_ns || now_ns < r->window_late_ns || t->requests < r->window_requests ||
	       t->responses < r->window_responses || t->finals < r->window_finals || t->failures < r->window_failures;
}

static enum health_window health_window_says(const struct ds_runtime *r, const struct health_conf *c,
					     const struct health_traffic *t)
{
	uint64_t finals = t->finals - r->window_finals, failures = t->failures - r->window_failures;

	if (t->responses == r->window_responses)
		return t->requests - r->window_requests >= c->passive_requests ? HEALTH_WINDOW_SILENT
									       : HEALTH_WINDOW_DOUBT;
	if (finals < c->passive_requests)
		return HEALTH_WINDOW_DOUBT;
	/* no share is given: failures are not judged */
	if (c->passive_fail_percent && failures * 100 >= finals * c->passive_fail_percent)
		return HEALTH_WINDOW_FAILING;
	return HEALTH_WINDOW_GOOD;
}

/* Ends the window with what it says. Returns whether that is to be learnt. */
static bool health_window_end(struct ds_runtime *r, enum health_window says, enum health_cause *cause)
{
	switch (says) {
	case HEALTH_WINDOW_SILENT:
		*cause = HEALTH_SILENT;
		return true;
	case HEALTH_WINDOW_FAILING:
		*cause = HEALTH_FAILING;
		return true;
	case HEALTH_WINDOW_GOOD:
		*cause = HEALTH_TRAFFIC_OK;
		r->holds -= r->holds > 0;
		return r->windows || (r->health == DS_HEALTH_TRYING && health_is_passive(r->cause));
	case HEALTH_WINDOW_DOUBT:
		break;
	}
	/* the run is broken: the next good ping may lift it */
	r->windows = 0;
	return false;
}

static bool health_window_over(struct ds_runtime *r, const struct health_conf *c, const struct health_traffic *t,
			       uint64_t now_ns, uint64_t length, enum health_cause *cause)
{
	enum health_window says = health_window_says(r, c, t);
	bool learnt;

	if (says == HEALTH_WINDOW_SILENT && !r->window_late_ns) {
		r->window_late_ns = now_ns;
		return false;
	}
	if (says == HEALTH_WINDOW_SILENT && now_ns - r->window_late_ns < length / 2)
		return false;
	learnt = health_window_end(r, says, cause);
	health_window_begin(r, t, now_ns);
	return learnt;
}

bool health_watch(struct ds_runtime *r, const struct health_conf *c, const struct health_traffic *t, uint64_t now_ns,
		  enum health_cause *cause)
{
	uint64_t length = (uint64_t)c->passive_window_ms * 1000000;
	bool anew, learnt = false;

	if (!c->passive_requests) {
		/* turned off, maybe half way: what was found must not hold a good ping back for ever */
		health_write_begin(r);
		r->window_ns = r->windows = 0;
		health_write_end(r);
		return false;
	}
	anew = !r->window_ns || r->health == DS_HEALTH_DOWN || health_went_back(r, t, now_ns);
	if (!anew && now_ns - r->window_ns < length)
		return false;
	health_write_begin(r);
	if (anew)
		health_window_begin(r, t, now_ns);
	else
		learnt = health_window_over(r, c, t, now_ns, length, cause);
	health_write_end(r);
	return learnt;
}

bool health_is_usable(enum ds_health health, enum ds_admin admin)
{
	return health != DS_HEALTH_DOWN && admin == DS_ADMIN_ACTIVE;
}

void health_letters(enum ds_health health, enum ds_admin admin, bool pinged, bool noping, char text[3])
{
	static const char of[DS_HEALTHS] = { 'A', 'A', 'T', 'I' };

	text[0] = admin == DS_ADMIN_ACTIVE ? of[health] : 'D';
	text[1] = pinged ? 'P' : noping ? 'N' : 'X';
	text[2] = '\0';
}

const char *health_name(enum ds_health health)
{
	static const char *const name[DS_HEALTHS] = { "unknown", "up", "trying", "down" };

	return name[health];
}

const char *health_admin_name(enum ds_admin admin)
{
	static const char *const name[DS_ADMINS] = { "active", "draining", "disabled" };

	return name[admin];
}

const char *health_cause_name(enum health_cause cause)
{
	static const char *const name[HEALTH_CAUSES] = { "ping-ok", "ping-code",  "ping-timeout", "ping-send", "silent",
							 "failing", "traffic-ok", "list",	  "operator" };

	return name[cause];
}

void health_cause_text(enum health_cause cause, uint16_t detail, char *buf, size_t size)
{
	static const char *const text[HEALTH_CAUSES] = {
		[HEALTH_PING_OK] = "answered the ping",
		[HEALTH_PING_TIMEOUT] = "no answer to the ping in time",
		[HEALTH_PING_SEND] = "cannot be reached",
		[HEALTH_SILENT] = "requests, and no response to any",
		[HEALTH_FAILING] = "too many requests answered with 5xx or 408",
		[HEALTH_TRAFFIC_OK] = "requests are answered again",
		[HEALTH_LIST] = "flags in the list",
		[HEALTH_OPERATOR] = "set by an operator",
	};

	if (cause == HEALTH_PING_SEND && detail)
		snprintf(buf, size, "%s: %s", text[cause], strerror(detail));
	else if (cause == HEALTH_PING_CODE || (cause == HEALTH_PING_OK && detail))
		snprintf(buf, size, "answered the ping with %u", detail);
	else
		snprintf(buf, size, "%s", text[cause]);
}
