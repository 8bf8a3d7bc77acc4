/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slow_inner.h - what the files slow*.c share. Nobody else includes it.
 *
 * The way of a datagram: slow_take() decides, slow_job() keeps what is to be sent, slow_flush() sends and counts. Whoever
 * has something to send on his own fills a job.
 */
#ifndef SIPXDP_CTL_SLOW_INNER_H
#define SIPXDP_CTL_SLOW_INNER_H

#include <event2/event.h>

#include "decide.h"
#include "slow.h"
#include "slow_long.h"
#include "slow_names.h"
#include "slow_socket.h"

#define SLOW_FORK_ROWS 1024 /* a power of two */

struct slow_fork;

struct slow_listener {
	struct slow *slow;
	struct event *readable;
	__u32 slot;
	__u32 lost; /* datagrams that its queue did not take, as last seen */
	int fd;
};

/* One decision whose octets wait to be sent. */
struct slow_job {
	struct decision d;
	const struct slow_listener *listener;
	size_t len; /* of what came */
	__u8 tos;
	__u8 ttl; /* of what is sent, 0: the kernel's default */
	bool spoof;
	bool is_own; /* came of no datagram and is not counted */
	struct ds_endpoint src;
};

struct slow {
	const struct bpf_inst *bpf;
	struct slow_stats *stats;
	struct slow_listener listener[DS_LISTENERS_MAX];
	size_t n;
	int spoof[2]; /* of IPv4 and IPv6, for nat listeners; -1: not open */
	struct slow_batch *batch;
	struct slow_datagram in[SLOW_BATCH];
	struct slow_job *job; /* SLOW_BATCH of them */
	size_t n_jobs;
	struct slow_names *names;
	struct slow_longs longs;
	struct slow_fork *fork[SLOW_FORK_ROWS]; /* by branch */
	size_t n_forks;
	size_t fork_octets; /* that they keep */
	struct event *period;
	struct event *tick; /* of failover */
	__u64 shed;	    /* since it was last said how many */
	bool said;	    /* that it sheds */
};

/* Decides about a datagram to a listener; shed: new requests are dropped. Where something is to be sent, it waits. */
void slow_take(struct slow *s, const struct slow_listener *l, const struct slow_datagram *g, bool shed);

/* The tables as they are published now. Returns whether the listener is among them. */
bool slow_env(const struct slow *s, const struct slow_listener *l, struct decide_env *env);

/* Counts what a destination has answered. */
void slow_count_answer(const struct slow *s, __u32 dest, const struct sip_msg *m, size_t len);

/* The next free job, after sending those that wait where there is none. */
struct slow_job *slow_next_job(struct slow *s);

/* Sends what waits and counts it. */
void slow_flush(struct slow *s);

/* One more request is shed, for want of time. */
void slow_shed(struct slow *s);

/* One datagram of a listener ended so. */
void slow_count(struct slow *s, __u32 listener, __u32 verdict, __u32 reason);

/* ---- slow_again.c */

/* A request that is kept, as it came. */
struct slow_request {
	const unsigned char *data;
	size_t len;
	struct ds_endpoint client;
	__u8 tos;
};

/*
 * Decides about a kept request again, as env has it: the job that sends what came of it and becomes one of those that wait
 * by s->n_jobs++. NULL where nothing is to be sent.
 */
struct slow_job *slow_again(struct slow *s, const struct slow_listener *l, struct decide_env *env,
			    const struct slow_request *r);

/* Sends a request of our own that belongs to a kept one to dest; to: the message whose To row it has, NULL: the request. */
void slow_say(struct slow *s, const struct slow_listener *l, const struct decide_env *env, const struct slow_request *r,
	      __u32 dest, const char *method, const struct slow_datagram *to);

/* ---- slow_fork.c */

/*
 * Acts on a request or response that the decision d leaves to a fork; env is what it was decided with. Returns false where
 * it is to be sent on as ever, decided anew without env->forks and env->failover.
 */
bool slow_fork_take(struct slow *s, const struct slow_listener *l, const struct slow_datagram *g,
		    const struct decide_env *env, const struct decision *d);

/* Does what is due of all forks. */
void slow_fork_tick(struct slow *s);

void slow_fork_free(struct slow *s);

/* ---- slow_failover.c */

#define SLOW_FAILOVER_MS 100

/*
 * Acts on a response that the decision d leaves to failover; env is what it was decided with. Returns false where it is
 * to be sent on as ever, decided anew without env->failover.
 */
bool slow_failover_take(struct slow *s, const struct slow_listener *l, const struct slow_datagram *g,
			const struct decide_env *env, const struct decision *d);

/* Looks for stored requests whose destination is silent. */
void slow_failover_tick(struct slow *s);

#endif
