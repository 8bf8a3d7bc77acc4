/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - the state machine of one member: what pings and traffic say of it, apart from what the file and operators
 * want (DESIGN.md section 6). Pure: the time comes as an argument.
 *
 *   unknown -ok-> up            unknown, up -fail-> trying -fail x fall-> down
 *   trying -ok-> up             down -ok x rise-> up
 *
 * unknown, up and trying are picked from, down is not. With a fall of 1 the first failure leads to down.
 *
 * Failures of two kinds count towards fall: pings in a row, and windows of traffic in a row. A good ping ends only the
 * first run, so that a member which answers pings and no calls goes down all the same; a window that is not bad ends
 * the second. Nothing new is picked for a member that is down, so its traffic proves nothing: good pings alone bring it
 * back. Whoever turns pings off for it leaves it down.
 *
 * One that answers pings and no calls would come back at once to fail again. So whom traffic took down is held down for
 * passive_hold_ms, twice as long each time it happens again, HEALTH_HOLDS_MAX times that at most; each window in which
 * it answers its traffic halves the next hold.
 */
#ifndef SIPXDP_CTL_HEALTH_H
#define SIPXDP_CTL_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "latency.h"

enum ds_health {
	DS_HEALTH_UNKNOWN = 0,
	DS_HEALTH_UP,
	DS_HEALTH_TRYING,
	DS_HEALTH_DOWN,
	DS_HEALTHS,
};

/* What an operator or the file wants. */
enum ds_admin {
	DS_ADMIN_ACTIVE = 0,
	DS_ADMIN_DRAINING, /* calls that have it keep it, new ones do not get it */
	DS_ADMIN_DISABLED,
	DS_ADMINS,
};

/* What was learnt, and how. Each is named in the history. */
enum health_cause {
	HEALTH_PING_OK = 0,
	HEALTH_PING_CODE, /* answered with a code that is not accepted */
	HEALTH_PING_TIMEOUT,
	HEALTH_PING_SEND,  /* the kernel refused to send, or said that nobody is there: errno is the detail */
	HEALTH_SILENT,	   /* passive: requests, and no response at all */
	HEALTH_FAILING,	   /* passive: share of 5xx and 408 */
	HEALTH_TRAFFIC_OK, /* passive: it answers again */
	HEALTH_LIST,	   /* flags in the list */
	HEALTH_OPERATOR,
	HEALTH_CAUSES,
};

struct health_conf {
	uint16_t rise; /* good ones in a row from down to up, from 1 */
	uint16_t fall; /* bad ones in a row to down, from 1 */
	/* passive; 0 requests: off */
	uint32_t passive_requests; /* in one window, before anything is concluded */
	uint32_t passive_window_ms;
	uint32_t passive_fail_percent; /* 5xx and 408 of all final responses, from here on it is failing */
	uint32_t passive_hold_ms;      /* down at least so long by traffic, 0: until pings are good */
};

/* A hold is at most so many times passive_hold_ms. */
#define HEALTH_HOLDS_MAX 16u

/*
 * What is known of a member. Lives in a pinned map by the slot of dests[], so that the next daemon finds it: no
 * pointers, and seq is odd while it is written. The functions here see to that; who writes fields by himself does so
 * between health_write_begin() and health_write_end().
 */
struct ds_runtime {
	uint64_t id; /* of the member: another id, and the slot has changed hands */
	uint32_t seq;
	uint8_t health;	 /* enum ds_health */
	uint8_t cause;	 /* enum health_cause of the last change */
	uint16_t detail; /* status code or errno of it */
	uint16_t good;	 /* in a row */
	uint16_t bad;
	uint32_t pings;	     /* sent, retransmissions not counted */
	uint32_t packets;    /* sent, retransmissions included */
	uint32_t unmatched;  /* answers that came too late or from elsewhere */
	uint64_t since_ns;   /* CLOCK_BOOTTIME of the last change of health */
	uint64_t sent_ns;    /* CLOCK_BOOTTIME of the last ping */
	uint64_t heard_ns;   /* CLOCK_BOOTTIME of the last answer to a ping */
	uint16_t last_code;  /* of the last answer, 0: none */
	uint16_t last_cause; /* enum health_cause of the last ping */
	uint8_t admin;	     /* enum ds_admin; written by those who know it, for `list` */
	uint8_t probing;     /* 1: pinged while in this state */
	uint8_t overlay;     /* 1 added, 2 modified, 3 state: what operators changed over the list */
	uint8_t pad;
	struct latency latency;
	/* passive: counters of the datapath at the start of the window */
	uint64_t window_ns;	 /* when that was, 0: none yet */
	uint64_t window_late_ns; /* when the window was over without any response, 0: it is not */
	uint64_t window_requests;
	uint64_t window_responses;
	uint64_t window_finals;
	uint64_t window_failures;
	uint32_t windows; /* bad ones in a row */
	uint32_t holds;	  /* times it went down by traffic, less the windows that were good since */
};

/* Prepares a slot for a member that was not there before; health from the list's flags (DS_LIST_INACTIVE, _TRYING). */
void health_init(struct ds_runtime *r, uint64_t id, unsigned int list_flags, uint64_t now_ns);

/* Brackets what changes a record: whoever reads it in between sees that seq is odd. They do not nest. */
void health_write_begin(struct ds_runtime *r);
void health_write_end(struct ds_runtime *r);

/* Copies a record that another process writes. Returns false where it was not at rest: then its writer was killed. */
bool health_read(const struct ds_runtime *r, struct ds_runtime *copy);

/*
 * Takes over a record that an earlier daemon left: its health, counters and latency go on; the window of traffic begins
 * anew, and so does the latency where that daemon was killed while it wrote. Returns false where the record is not of
 * this member or holds what cannot be; health_init() is due then.
 */
bool health_adopt(struct ds_runtime *r, uint64_t id);

/*
 * One more thing learnt from a ping or from traffic (the other causes are health_set()'s and change nothing here).
 * detail: status code or errno. Returns true where health changed; the former one is in *was.
 */
bool health_learn(struct ds_runtime *r, const struct health_conf *c, enum health_cause cause, uint16_t detail,
		  uint64_t now_ns, enum ds_health *was);

/* Until when it is held down whatever pings say, CLOCK_BOOTTIME in ns; 0: it is not. */
uint64_t health_held_ns(const struct ds_runtime *r, const struct health_conf *c);

/* An operator or the list says so: no thresholds, all runs begin anew. Returns true where it changed. */
bool health_set(struct ds_runtime *r, enum ds_health health, enum health_cause cause, uint64_t now_ns,
		enum ds_health *was);

/* Traffic of one member, totals since it is there. */
struct health_traffic {
	uint64_t requests;  /* ACK left out: nobody answers it */
	uint64_t responses; /* of any class */
	uint64_t finals;
	uint64_t failures; /* 5xx and 408 */
};

/*
 * Looks at the traffic of the window that ends now, once it is over, and begins the next. Returns true with *cause
 * where something is to be learnt from it: HEALTH_SILENT, HEALTH_FAILING, or HEALTH_TRAFFIC_OK where one of them had
 * been. In doubt (too few requests, first window, totals or time that went back, a member that is down) nothing is.
 * Silence is concluded half a window later, so that requests at a window's very end have their time to be answered. To
 * be called several times per window.
 */
bool health_watch(struct ds_runtime *r, const struct health_conf *c, const struct health_traffic *t, uint64_t now_ns,
		  enum health_cause *cause);

/* Whether the pick may have it. */
bool health_is_usable(enum ds_health health, enum ds_admin admin);

/*
 * Kamailio's two letters: A, T, I or D, then P, N or X. Whom an operator or the list took out is D whatever its
 * health, as `set_state d` makes it there; a draining one too, as it gets no new call either.
 */
void health_letters(enum ds_health health, enum ds_admin admin, bool pinged, bool noping, char text[3]);

const char *health_name(enum ds_health health);		/* "unknown", "up", "trying", "down" */
const char *health_admin_name(enum ds_admin admin);	/* "active", "draining", "disabled" */
const char *health_cause_name(enum health_cause cause); /* "ping-ok", "ping-code" ... for JSON */
/* Writes half a sentence for people: "answered the ping with 503", "cannot be reached: Connection refused". */
void health_cause_text(enum health_cause cause, uint16_t detail, char *buf, size_t size);

#endif
