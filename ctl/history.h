/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history.h - what happened: the last HISTORY_MAX changes, numbered from 1 without gaps, in memory that outlives the
 * daemon (a pinned map); and their way to the log, to watchers and to the operators' commands.
 */
#ifndef SIPXDP_CTL_HISTORY_H
#define SIPXDP_CTL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "health.h"

#define HISTORY_MAX 200
#define HISTORY_ROOM 256 /* entries of the ring, a power of two above HISTORY_MAX */

enum history_kind {
	HISTORY_NONE = 0,
	HISTORY_HEALTH, /* old and new are enum ds_health */
	HISTORY_ADMIN,	/* old and new are enum ds_admin */
	HISTORY_ADDED,
	HISTORY_REMOVED,
	HISTORY_CHANGED,
	HISTORY_RELOAD, /* text says what it did, or why not */
	HISTORY_DAEMON, /* started, adopted, stopped, paused, upgraded: text */
	HISTORY_KINDS,
};

/* One event, fixed size; lives in shared memory. */
struct history_event {
	uint64_t seq;	    /* 0: none, or being written */
	uint64_t time_ns;   /* CLOCK_REALTIME */
	uint64_t id;	    /* of the member, 0: of none */
	uint64_t lasted_ns; /* how long the old state was */
	int32_t set;
	uint8_t kind; /* enum history_kind */
	uint8_t was;
	uint8_t now;
	uint8_t cause; /* enum health_cause */
	uint16_t detail;
	uint16_t pad;
	uint32_t pad2;
	char uri[DS_URI_MAX];
	char text[200];
};

struct history_ring {
	uint64_t last; /* newest number */
	uint64_t pad[7];
	struct history_event event[HISTORY_ROOM];
};

/*
 * Numbers the event, keeps it, returns its number; its time is the caller's. One writer at a time. Whatever was torn by
 * a kill is passed over by readers.
 */
uint64_t history_add(struct history_ring *r, struct history_event *e);

/* Returns the number of the newest event, 0: none. Right even where the writer was killed before it wrote `last`. */
uint64_t history_newest(const struct history_ring *r);

/*
 * Calls fn with a copy of every event after number `since`, oldest first, HISTORY_MAX at most. What another version
 * wrote and this one does not know is passed over.
 */
void history_each(const struct history_ring *r, uint64_t since, void (*fn)(void *ctx, const struct history_event *e),
		  void *ctx);

struct json_t;

/*
 * Returns a new JSON object, NULL out of memory: seq, time (seconds since 1970), kind, text (as history_text()); of a
 * member set, id, uri; of a change was, now, cause, reason, detail, lasted_s.
 */
struct json_t *history_json(const struct history_event *e);

/*
 * One line, without a line end: "set 1 sip:192.0.2.11:5060 trying -> down after 3 h: no answer to the ping
 * in time (ping-timeout)". Printable whatever the event holds; cut at the end of buf.
 */
void history_text(const struct history_event *e, char *buf, size_t size);

const char *history_kind_name(enum history_kind kind);

#endif
