/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the arguments of attach and what the other commands share of them.
 */
#ifndef SIPXDP_CTL_OPTIONS_H
#define SIPXDP_CTL_OPTIONS_H

#include <stdbool.h>

#include "admit.h"
#include "record.h"

#define OPTIONS_SET_NONE (-1)

#define OPTIONS_ARGS_MAX 2

/* options.given */
#define OPTIONS_HAS_WEIGHT 1u
#define OPTIONS_HAS_PRIORITY 2u
#define OPTIONS_HAS_FLAGS 4u
#define OPTIONS_HAS_SINCE 8u
#define OPTIONS_HAS_BY 16u

struct options {
	const char *bpffs;
	const char *instance;
	const char *file;
	const char *key_file;
	const char *interfaces; /* "IFACE[,IFACE...]" */
	const char *control;	/* the daemon's socket; NULL: that of the instance */
	const char *attrs;	/* NULL: not given */
	const char *arg[OPTIONS_ARGS_MAX];
	size_t n_args;
	bool json;
	bool dry_run;
	bool force;
	bool all;
	bool watch;
	bool wait;
	bool reset_state;
	unsigned int given; /* of the next four: OPTIONS_HAS_* */
	__u32 weight;
	int priority;
	__u32 flags;
	__u32 since;
	__u32 timeout_s; /* 0: for ever */
	bool count;
	int call_state; /* of calls: enum ds_call_state, -1: any */
	int count_by;	/* of calls: enum call_list_by, where OPTIONS_HAS_BY is given */
	__u32 limit;
	__u32 idle_min_s;
	__u32 idle_max_s;
	unsigned int run_time_s;
	unsigned int interval_s;
	enum bpf_xdp_mode xdp;
	const char *spread;
	__u32 table_size;
	__u32 drain_timeout_s;
	__u32 calls;
	struct admit admit[DS_LISTENERS_MAX];		   /* of the listeners; to be freed by options_free() */
	struct record_listener listener[DS_LISTENERS_MAX]; /* set: OPTIONS_SET_NONE where not given */
	size_t n_listeners;
};

/* Parse the arguments of a command. Return 0, or minus an exit code less one after saying why. */
int options_attach(int argc, char **argv, const char *help, struct options *o);

/*
 * The same for a command that takes an instance, --json and the options named by the letters in `also`: f(ile), n
 * (dry run), F(orce), a(ll), w(atch), i(nterval), r(un time), C(ontrol), W(ait), T(imeout), S(ince), g (weight),
 * p(riority), G (flags), B (attrs), R(eset state); of calls N (count), Y (by), Z (state), L(istener), o, O (idle time),
 * M (limit).
 */
int options_common(int argc, char **argv, const char *help, const char *also, struct options *o);

/* The same with arguments, which args names: "SET URI", or "METHOD [PARAMS]" where the last may be left out. */
int options_args(int argc, char **argv, const char *help, const char *also, const char *args, struct options *o);

/* Reads a number, the value of what name says. Returns 0 with *n set, or -EINVAL after saying what was expected. */
int options_number(const char *name, const char *text, unsigned long min, unsigned long max, __u32 *n);

/* Reads "ADDR:PORT" or "[ADDR]:PORT", the value of that option. Returns 0, or -EINVAL after saying what is wrong. */
int options_endpoint(const char *option, const char *text, struct ds_endpoint *at);

/*
 * Reads the value of a listener's option: s(et), A(lgorithm), H(ash key), u(ser only), K (slot rule), P(er CPU), m(ode),
 * y (affinity), U (tunnel source), Q (record route), q (path). As options_endpoint().
 */
int options_of_listener(struct record_listener *l, int option, const char *text);

/* Finds text among n words: 0 with its index in *found, or -EINVAL after saying which there are. */
int options_choice(const char *what, const char *text, const char *const *words, size_t n, int *found);

/* Whether algorithm and keys of a listener fit each other: 0, or -EINVAL after saying why not. */
int options_check_keys(const struct record_listener *l);

/* Lets go of what options_attach() has taken; may follow whatever it returned. */
void options_free(struct options *o);

#endif
