/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_inner.h - what the files live_*.c share. Nobody else includes it.
 */
#ifndef SIPXDP_CTL_LIVE_INNER_H
#define SIPXDP_CTL_LIVE_INNER_H

#include <event2/event.h>

#include "control.h"
#include "dns.h"
#include "history.h"
#include "hook.h"
#include "live.h"
#include "load.h"
#include "methods.h"
#include "nexthop.h"
#include "ping.h"
#include "publish.h"
#include "slow.h"

/* Which member has a slot of dests[]; both NULL: none of the list. */
struct live_place {
	struct ds_dest *dest;
	struct ds_member *member;
};

#define LIVE_PASSIVE_MS 200

enum live_timer {
	LIVE_TIMER_BEAT,    /* heartbeat of the next-hop cache */
	LIVE_TIMER_PASSIVE, /* a part of all members' traffic */
	LIVE_TIMER_HOST,    /* standby, the list's file, an instance that was detached, drained members */
	LIVE_TIMER_LOAD,    /* calls per destination */
	LIVE_TIMER_NEXT,    /* begins the change that waits longest */
	LIVE_TIMER_FLUSH,   /* publishes changes of health, soon after the first */
	LIVE_TIMERS,
};

struct live {
	struct event_base *base;
	struct event *timer[LIVE_TIMERS];
	struct conf *conf;
	struct publish p; /* the instance: open for life, locked while it changes */
	int guard;	  /* locked for life: one daemon an instance */
	struct sync_rules rules;
	struct model *model;	  /* as published; p.model only while it changes */
	struct live_place *place; /* by slot */
	struct load_watch load;
	struct overlay overlay;
	const struct overlay *view; /* &overlay, or that of the change being planned */
	char *list;		    /* the text that the model was read from */
	size_t list_len;
	__u64 list_seen; /* what the list's file looked like when it was last read or looked at */
	__u64 list_read;
	struct ds_runtime *runtime; /* by slot, pinned */
	size_t runtime_size;
	struct history_ring *ring; /* pinned */
	size_t ring_size;
	struct dns *dns;
	struct ping *ping;
	struct hooks *hooks;
	struct netmon *netmon;
	struct nexthop *nexthop;
	struct slow *slow; /* NULL: a listener's place is taken */
	struct slow_stats slow_stats;
	struct control *control;
	struct methods methods;
	struct rpc_table table;
	struct live_change *first; /* the one being worked on, then those that wait */
	struct live_change **last;
	char said[1024];    /* the first error since it was emptied */
	__u32 passive_next; /* slot where the next look at traffic begins */
	bool pings_off;	    /* an operator's word */
	bool adopted;	    /* the instance was there when we came */
	bool standby;	    /* no listener's address is on this host */
	unsigned int turn;  /* of the look around, once a second */
	bool draining;	    /* a slot is kept for calls of a removed member */
};

/* Opens or makes the instance, its pinned memory and the parts. Returns an exit code. */
int live_open(struct live *l);

/* Whether a configuration fits the instance as it is attached. Returns an exit code. */
int live_check_record(const struct live *l, const struct conf *c);

/* Enters what a configuration says of routes, list and tables into the record, which only publishing stores. */
void live_apply_record(struct live *l);

/* Has the guards' lists come from the configuration that is in effect. */
void live_enter_admits(struct live *l);

/* Answers all changes that wait with a failure. */
void live_drop_changes(struct live *l);

/*
 * Makes a model of a list's text and overlays: lookup answers for names. What is wrong is in d. Returns 0, -EINVAL, -ENODATA
 * (empty, *model is there) or -ENOMEM.
 */
int live_build(const char *text, size_t len, struct overlay *o,
	       int (*lookup)(void *, const char *, struct resolve_answer *), void *ctx, struct model **model,
	       struct diag_list *d);

/* Gives the members of a model what is known of them: struct sync_rules. */
int live_bind(void *ctx, struct model *m);

/* Whether a member is picked from: struct sync_rules. */
enum sync_use live_use(void *ctx, const struct ds_dest *dest, const struct ds_member *member);

/* Sets the latencies that pings have found; sync_rules.latency. */
void live_latency(void *ctx, const struct ds_member *member, struct algorithm_member *m);

/*
 * After p's plan was published: its model becomes the running one, slots get their members, pings and the cache of next
 * hops their list. news: the changes are worth events. Returns an exit code.
 */
int live_settle(struct live *l, bool news);

/* Locks the instance for a change, and takes up programs that were replaced meanwhile. Returns an exit code. */
int live_lock(struct live *l);

/* Publishes the model as it is, with health as it is now. Returns an exit code. */
int live_republish(struct live *l);

/* Enters an event: history, journal, watchers, commands. */
void live_event(struct live *l, struct history_event *e);
void live_event_text(struct live *l, enum history_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* After something was learnt of a member that changed its health. */
void live_health_changed(struct live *l, __u32 slot, enum ds_health was, enum health_cause cause, __u16 detail,
			 __u64 lasted_ns);

/* Changes of health are to be published soon. */
void live_flush_soon(struct live *l);

/* The change that waits longest is to begin, from the loop. */
void live_next_soon(struct live *l);

/* The timers' work. */
void live_change_next(struct live *l);
void live_passive(struct live *l);
void live_look_around(struct live *l);

/* What a ping's result says. */
void live_ping_result(void *ctx, __u32 slot, enum health_cause cause, __u16 detail);
bool live_ping_wanted(void *ctx, __u32 slot);
int live_set_targets(struct live *l);

/* The list's file was read as it is now. */
void live_list_is_read(struct live *l);

/* Keeps the list's text for a start that finds a broken list. */
int live_keep_list(const struct live *l);

/* Reads a whole file, LIVE_LIST_MAX octets at most, into new memory. Returns 0 or -errno. */
int live_read_file(const char *path, char **text, size_t *len);

#endif
