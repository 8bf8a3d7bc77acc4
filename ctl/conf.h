/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf.h - dispatchctl.conf: what `dispatchctl run` is told (dispatchctl.conf.5). Read by libconfuse, checked as a whole,
 * touches no kernel.
 */
#ifndef SIPXDP_CTL_CONF_H
#define SIPXDP_CTL_CONF_H

#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "admit.h"
#include "bpf.h"
#include "codes.h"
#include "diag.h"
#include "hash_key.h"
#include "health.h"
#include "instance.h"
#include "routes.h"

#define CONF_INTERFACES_MAX 32
#define CONF_ROUTES_MAX DS_ROUTES_MAX
#define CONF_TEXT_MAX 256
#define CONF_HEADERS_MAX 8

/* Larger files are refused: none that means something comes near. */
#define CONF_FILE_MAX (1u << 20)

/* What is done where no member of a set is active. */
enum conf_all_down {
	CONF_ALL_DOWN_REJECT = 0, /* 503 */
	CONF_ALL_DOWN_SERVE_ALL,  /* health is ignored: every member that no operator took out is picked from */
	CONF_ALL_DOWN_DEFAULT,	  /* the set's default destination */
};

/* Which destinations are pinged (ds_probing_mode). */
enum conf_probe {
	CONF_PROBE_NONE = 0, /* those with the flag 8 while they are not up */
	CONF_PROBE_ALL = 1,
	CONF_PROBE_INACTIVE = 2, /* those that are not up */
	CONF_PROBE_FLAGGED = 3,	 /* those with the flag 8 */
};

/* How a destination is pinged, in ms. Of the whole, or of one set. */
struct conf_ping {
	enum conf_probe probe;
	unsigned int interval_ms;
	unsigned int interval_max_ms; /* back-off while down ends here */
	unsigned int timeout_ms;
	unsigned int jitter_percent; /* of the interval, either way */
	struct health_conf health;   /* rise, fall, passive thresholds */
	struct codes codes;	     /* what counts as alive */
	char method[32];
	char from[CONF_TEXT_MAX];		      /* URI */
	char socket[CONF_TEXT_MAX];		      /* "udp:ADDR:PORT", "ADDR", empty: as routed */
	char header[CONF_HEADERS_MAX][CONF_TEXT_MAX]; /* "Name: value" */
	size_t n_headers;
};

struct conf_set {
	int id;
	__u32 table_size; /* 0: as the instance */
	enum conf_all_down all_down;
	char default_uri[CONF_TEXT_MAX]; /* picked only where nothing else is active; canonical (uri.h); empty: none */
	struct conf_ping ping;
};

/* One route of a listener: the first that a request matches acts. */
/* A set that is picked from where those before it have nobody left. */
struct conf_next {
	int set;
	enum ds_algorithm algorithm;
};

struct conf_route {
	char name[64];
	struct route_rule rule;
	int set;
	enum ds_algorithm algorithm;
	char hash_key[HASH_KEY_TEXT_MAX]; /* hash_key.h; empty: the algorithm's */
	bool user_only;
	enum ds_slot_rule slot_rule;
	bool per_cpu;
	struct conf_next next[DS_ROUTE_NEXT];
	size_t n_next;
};

struct conf_listener {
	struct ds_endpoint at;
	enum ds_mode mode;
	enum ds_affinity affinity;
	bool record_route;
	bool path;
	struct ds_addr tunnel[2];    /* of ipip: addresses that tunnels start at, IPv4 and IPv6; zero: none */
	struct admit admit;	     /* its guard */
	struct ds_failover failover; /* all but tries */
	unsigned int failover_tries;
	struct conf_route route[CONF_ROUTES_MAX];
	size_t n_routes;
};

struct conf_control {
	char path[PATH_MAX / 4]; /* of the socket */
	unsigned int mode;	 /* of its file, default 0600 */
	char group[64];		 /* empty: root */
};

struct conf_events {
	char on_down[PATH_MAX / 4]; /* commands for sh -c; empty: none */
	char on_up[PATH_MAX / 4];
	unsigned int jobs_max;	 /* at one time */
	unsigned int timeout_ms; /* then killed */
};

struct conf {
	char path[PATH_MAX];
	char instance[INSTANCE_NAME_MAX + 1];
	char bpffs[PATH_MAX / 4];
	char list[PATH_MAX]; /* absolute, as the others; relative ones are relative to the config file's directory */
	char key_file[PATH_MAX]; /* empty: random */
	char state_file[PATH_MAX];
	bool watch_list; /* reload when the file changes */
	char interface[CONF_INTERFACES_MAX][16];
	size_t n_interfaces;
	enum bpf_xdp_mode xdp;
	__u32 calls;
	char spread[CPU_LIST_TEXT_SIZE];
	__u32 table_size;
	__u32 drain_timeout_s;
	struct conf_listener *listener;
	size_t n_listeners;
	struct conf_ping ping; /* of sets that say nothing else */
	struct conf_set any;   /* sets that have no section of their own; id -1 */
	struct conf_set *set;  /* by id */
	size_t n_sets;
	struct conf_control control;
	struct conf_events events;
};

/*
 * Reads a file. Everything wrong with it is in d, by line and column. Returns 0, -EINVAL, -ENOMEM or the -errno of reading
 * it (said in d too); *conf is NULL then. Not to be called by two threads at a time: libconfuse's state is global.
 */
int conf_read(const char *path, struct conf **conf, struct diag_list *d);

/* The same from memory: path, which need not exist, says what relative paths are relative to. */
int conf_parse(const char *path, const char *text, size_t len, struct conf **conf, struct diag_list *d);

void conf_free(struct conf *c);

/* Whether a route matches everything and forwards it: as the only one it needs no table. */
bool conf_route_is_plain(const struct conf_route *route);

/* The options of a set: its own, else those of all. Never NULL. */
const struct conf_set *conf_find_set(const struct conf *c, int id);
const struct conf_ping *conf_ping_of(const struct conf *c, int set);

struct model;

/*
 * Says in d what of a list does not fit: a listener's set that is not there, attributes about pings that cannot be used
 * (errors), and options of a set that is not there (a warning).
 */
void conf_check_list(const struct conf *c, const struct model *m, struct diag_list *d);

/* Prints the effective configuration, every default spelled out, as conf_read() would take it back. */
void conf_print(const struct conf *c, FILE *out);

/*
 * The longest time in ms from the moment when a destination dies, or lives again, until pings have shown it; 0: pings
 * never do, as those that are up are not pinged. How that is reckoned stands in conf_worst.c.
 */
__u64 conf_worst_down_ms(const struct conf_ping *p);
__u64 conf_worst_up_ms(const struct conf_ping *p);

/* A listener's failover as packets read it: all 0 where there is none. */
struct ds_failover conf_failover_of(const struct conf_listener *l);

#endif
