/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * methods.h - what can be asked of the daemon over its control socket: methods of our own, and those of Kamailio's
 * dispatcher by their names, arguments, fields and texts. dispatchctl(8) describes them all.
 */
#ifndef SIPXDP_CTL_METHODS_H
#define SIPXDP_CTL_METHODS_H

#include <stddef.h>

#include "live.h"
#include "rpc.h"

struct control;

/* ctx of the table of methods. control may be entered later, but before the first request. */
struct methods {
	struct live *live;
	struct control *control;
};

extern const struct rpc_method methods[];
extern const size_t methods_count;

/* Those that change something: methods_change.c. */
void methods_change_add(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_change_remove(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_change_modify(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_change_set_state(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_change_drain(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_change_reload(void *ctx, struct rpc_call *call, struct json_t *params);

/* Kamailio's: methods_kamailio.c. */
void methods_kamailio_list(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_kamailio_reload(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_kamailio_set_state(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_kamailio_set_duid_state(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_kamailio_ping_active(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_kamailio_add(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_kamailio_remove(void *ctx, struct rpc_call *call, struct json_t *params);
void methods_kamailio_hash(void *ctx, struct rpc_call *call, struct json_t *params);

/*
 * The hash of its hashing algorithms over one text or two, where char is signed (x86): reference is what 5.6.3 answers.
 */
__u32 methods_hash(const char *one, size_t one_len, const char *two, size_t two_len);

/*
 * The destinations of live_list() as the result of dispatcher.list; full and brief are its two modes beside the usual
 * one. Returns a new object, NULL out of memory.
 */
struct json_t *methods_records(const struct json_t *list, bool full, bool brief);

/* Returns false where text is no selector, after answering the call. */
bool methods_selector(struct rpc_call *call, const char *text);

/* The error code for an exit code. */
int methods_error(int code);

/*
 * Adds up the calls in live_list()'s destinations: {"calls", "destinations": those that have any}. Returns a new object,
 * NULL out of memory.
 */
struct json_t *methods_calls(const struct json_t *list);

#endif
