/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.h - the running dispatcher: one instance with its configuration, list, overlays, health and pings. Changes are
 * made one after the other; each tells its own result.
 */
#ifndef SIPXDP_CTL_LIVE_H
#define SIPXDP_CTL_LIVE_H

#include <stdbool.h>

#include "conf.h"
#include "overlay.h"
#include "record.h"
#include "select.h"

struct event_base;
struct json_t;
struct live;

/*
 * Attaches what conf says, or adopts what is attached already, and starts to work on base's loop. conf is taken over.
 * Returns an exit code after saying why; *live is to be freed in any case.
 */
int live_new(struct event_base *base, struct conf *conf, struct live **live);

/* Ends the work; the programs stay attached. */
void live_free(struct live *l);

/*
 * How a change ended: code is of exit.h, message says why where it is not EXIT_OK. result (borrowed, may be NULL): what
 * changed as publish_json() has it, or {"diagnostics": [...]}.
 */
typedef void (*live_done)(void *ctx, int code, const char *message, struct json_t *result);

/*
 * What an instance of that configuration is: the whole of its record, or what a reload may change of it. Routes borrow
 * their rules from the configuration.
 */
void live_enter_record(struct record *r, const struct conf *c, struct routes *routes);
void live_enter_routes(struct record *r, const struct conf *c, struct routes *routes);

struct live_options {
	bool dry_run;	  /* say what would change and which share of keys would move */
	bool force;	  /* publish even an empty list, or one without a listener's set */
	bool reset_state; /* forget all overlays first */
};

/* Reads the list again. */
void live_reload(struct live *l, const struct live_options *o, live_done done, void *ctx);

/*
 * The same by a new configuration, which is taken over. What only attaching or starting can change (interfaces, listeners'
 * addresses and modes, the key, paths of sockets and of the state) is refused: EXIT_INPUT, said, and done is not called.
 */
int live_configure(struct live *l, struct conf *conf, const struct live_options *o, live_done done, void *ctx);

/* Enters overlays for what text (select.h) means; nothing matched is EXIT_NOTHING. texts are copied. */
void live_add(struct live *l, int set, const char *uri, unsigned int flags, int priority, const char *attrs,
	      const struct live_options *o, live_done done, void *ctx);
void live_remove(struct live *l, const char *text, const struct live_options *o, live_done done, void *ctx);
void live_modify(struct live *l, const char *text, const struct overlay_entry *change, const struct live_options *o,
		 live_done done, void *ctx);
void live_set_admin(struct live *l, const char *text, enum ds_admin admin, const struct live_options *o, live_done done,
		    void *ctx);

/* Health by an operator's word: pings and traffic may change it again. probing: -1 as it is, 0, 1: the list's flag 8. */
void live_set_health(struct live *l, const char *text, enum ds_health health, int probing, const struct live_options *o,
		     live_done done, void *ctx);

/* Pings at once what text means. Returns the number, or minus an exit code with *why. */
int live_ping_now(struct live *l, const char *text, const char **why);

/* Pauses or resumes all pings until told otherwise (dispatcher.ping_active). */
void live_ping_active(struct live *l, bool active);
bool live_is_ping_active(const struct live *l);

/* New JSON values; NULL out of memory. text NULL: everything. */
struct json_t *live_list(struct live *l, const char *text); /* as `dispatchctl list --json` */
struct json_t *live_stats(struct live *l, bool all);	    /* as `dispatchctl stats --json` */
struct json_t *live_config(struct live *l);		    /* {"path", "text": the effective configuration} */
struct json_t *live_version(struct live *l);
struct json_t *live_history(struct live *l, __u64 since);
__u64 live_newest(const struct live *l); /* number of the newest event */

/* The model that is published; borrowed until the loop runs again. */
const struct model *live_model(const struct live *l);

#endif
