/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * routes.h - the routes of listeners as they are asked for, and what packets read of them (include/ds_route.h).
 */
#ifndef SIPXDP_CTL_ROUTES_H
#define SIPXDP_CTL_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "admit.h"
#include "ds_route.h"
#include "uri.h"

#define ROUTES_SOURCES_MAX 8
#define ROUTES_USERS_MAX 8
#define ROUTES_HOSTS_MAX 4
#define ROUTES_HOST_MAX 128
#define ROUTES_HEADERS_MAX 4
#define ROUTES_REASON_MAX 40

enum route_dialog { ROUTE_DIALOG_ANY = 0, ROUTE_DIALOG_OUTSIDE, ROUTE_DIALOG_INSIDE };

/* What a route matches and what it does; which set it forwards to is its target's (record.h). */
struct route_rule {
	__u32 methods; /* bits by enum ds_route_method, 0: any */
	enum route_dialog dialog;
	int from_set;	    /* -1: from anywhere */
	bool any_port;	    /* of from_set: whatever port it comes from */
	bool any_transport; /* members that are reached by another transport count, too */
	bool only_active;   /* members that are picked from */
	struct admit_net source[ROUTES_SOURCES_MAX];
	size_t n_sources;
	char user[ROUTES_USERS_MAX][DS_ROUTE_TEXT + 1];
	size_t n_users;
	char host[ROUTES_HOSTS_MAX][ROUTES_HOST_MAX]; /* as in a URI, an IPv6 address in brackets */
	size_t n_hosts;
	enum ds_transport transport; /* DS_TRANSPORT_INVALID: any */
	enum ds_action action;
	bool rewrite_host;
	bool apply_attributes;
	struct ds_endpoint to;
	unsigned int code;
	char reason[ROUTES_REASON_MAX];
	char header[ROUTES_HEADERS_MAX][DS_ROUTE_HEADERS_MAX];
	size_t n_headers;
};

struct routes_of {
	const struct route_rule *rule[DS_ROUTES_MAX]; /* borrowed */
	size_t target[DS_ROUTES_MAX];		      /* record_target(); of forward alone */
	size_t next[DS_ROUTES_MAX];		      /* its further targets, one after the other */
	size_t n_next[DS_ROUTES_MAX];
	size_t n;
};

/* All routes of an instance, by listener. */
struct routes {
	struct routes_of of[DS_LISTENERS_MAX];
};

/* What is looked up for one listener. */
struct routes_keys {
	struct ds_route_exact *exact;
	__u64 *exact_routes;
	size_t n_exact;
	struct ds_route_prefix *prefix;
	__u64 *prefix_routes;
	size_t n_prefix;
};

struct model;
struct ds_dest;
struct ds_member;

/* Whether a member counts for a rule that takes active ones only. */
typedef bool (*routes_is_active)(const void *ctx, const struct ds_dest *dest, const struct ds_member *member);

/*
 * Makes a listener's table and keys, t->id included. key: of the cluster. Returns 0, or -ENOMEM; keys are to be freed in
 * any case.
 */
int routes_make(const struct routes_of *of, const struct model *m, const __u64 key[2], routes_is_active is_active,
		const void *ctx, struct ds_route_table *t, struct routes_keys *keys);
void routes_free(struct routes_keys *keys);

/* The routes that a key stands for, as the kernel's maps find them: of prefixes the longest that covers it; 0: none. */
__u64 routes_exact(const struct routes_keys *k, const struct ds_route_exact *key);
__u64 routes_prefix(const struct routes_keys *k, const struct ds_route_prefix *key);

/* What packets read of one rule; set: the slot in sets[], keyed: it is picked from by another key than the Call-ID. */
struct ds_route routes_record(const struct route_rule *rule, __u32 set, bool keyed);

/* Whether a rule picks a destination of a set. */
bool routes_picks(const struct route_rule *rule);

/* Octets of all headers of a reply; at most DS_ROUTE_HEADERS_MAX. */
size_t routes_headers_len(const struct route_rule *rule);

/* "INVITE" and so on, "other"; NULL beyond the last. */
const char *routes_method_name(unsigned int method);

struct bpf_inst;

/* Enters keys for the next generation; takes out those of tables that neither it nor ids[] has. Return 0 or -errno. */
int routes_enter(const struct bpf_inst *b, const struct routes_keys *keys);
int routes_forget(const struct bpf_inst *b, const __u32 *ids, size_t n);

#endif
