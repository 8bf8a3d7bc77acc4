/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide.h - what the dispatcher does with one datagram to a listener, in user space: the same steps in the same order
 * as the chain of bpf/dispatch.bpf.c, by the same core, with the same verdicts and reasons. Pure: no I/O, no clock.
 */
#ifndef SIPXDP_CTL_DECIDE_H
#define SIPXDP_CTL_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "abi.h"
#include "ds_route.h"
#include "sip_plan.h"
#include "sip_reply.h"

/* The longest payload that a UDP datagram over IPv4 can have. */
#define DECIDE_PAYLOAD_MAX 65507

/* What a decision depends on but the datagram. The arrays are borrowed. */
struct decide_env {
	__u64 key[2]; /* cluster key */
	const struct ds_listener *listener;
	__u32 slot;	   /* of the listener */
	__u8 mode;	   /* enum ds_mode */
	__u8 affinity;	   /* enum ds_affinity */
	__u8 keepalives;   /* as in struct ds_guard */
	__u8 record_route; /* as in struct ds_listener_half */
	__u8 path;
	__u8 forks;			    /* the same, where a slow path is there to see to it */
	const struct ds_failover *failover; /* NULL: there is none, or it is not to be asked */
	struct ds_stored *stored;
	__u32 stored_mask;
	__u8 tos;		 /* of the datagram, for what is stored of it */
	__u64 now_ns;		 /* the coarse monotonic clock */
	__u32 forced;		 /* destination that a stored request goes to now, 0: it is no such request */
	__u32 forced_as;	 /* enum reason of that */
	__u32 answer;		 /* reason by which a stored request is answered, 0: it is not */
	const char *answer_line; /* the status line of that with its line end, NULL: as the reason has it */
	__u64 answer_tag;	 /* number of its To tag, so that the ACK is not taken for one to be absorbed; 0: own */
	bool settle;		 /* a response moves its call to who sent it, or enters it */
	const struct ds_set_rec *set; /* NULL: the listener has none */
	const struct ds_set_rec *sets;
	const struct ds_route_table *table; /* NULL: the listener has no routes */
	const struct ds_route *routes;	    /* those of the listener */
	const struct ds_dest_uri *uris;	    /* by slot of dests[] */
	/* The routes that a key of route_exact or route_prefixes stands for. Not asked where table is NULL. */
	__u64 (*exact)(void *ctx, const struct ds_route_exact *key);
	__u64 (*prefix)(void *ctx, const struct ds_route_prefix *key);
	const __u32 *slots;
	const struct ds_dest_rec *dests;
	__u32 n_dests;
	/* Returns the slot of the listener's destination at that address:port, 0 where there is none. */
	__u32 (*find)(void *ctx, const struct ds_endpoint *at);
	/* What the guard's lists say of a source, DS_GUARD_* or 0; NULL: there are none. Buckets are not asked. */
	__u32 (*listed)(void *ctx, const struct ds_addr *ip);
	/*
	 * Looks a name up for the place of a SIP server of the listener's family (RFC 3263); port: 0 where the URI has
	 * none. Returns 0, -EAGAIN while it is asked for, or -errno. NULL: names are not looked up.
	 */
	int (*lookup)(void *ctx, const unsigned char *name, size_t len, unsigned int port, struct ds_endpoint *at);
	void *ctx;
	struct ds_call_bucket *calls; /* NULL: no call is known and none is kept */
	struct ds_load *loads;	      /* by slot of dests[]; NULL: nobody has a call */
	__u32 calls_mask;
	__u32 call_idle;
	__u32 now; /* ticks of the monotonic clock (DS_TICK_SHIFT) */
	__u64 *rr; /* counters of what goes in turns, by route; they count on */
	__u32 random;
	bool slow; /* it is the slow path that asks: destinations on this host are within reach */
	bool shed; /* it cannot keep up: requests that begin a call, or belong to none, are shed */
};

struct decision {
	__u32 verdict; /* enum verdict */
	__u32 reason;  /* enum reason */
	__u32 code;    /* of a reply, else 0 */
	bool waits;    /* for a name: it is to be decided again when that is known */
	__u32 dest;    /* slot of the destination it is sent to, 0: none of ours */
	__u32 from;    /* slot of the destination that sent it, as far as that was asked; 0: none of ours */
	int route;     /* number of the listener's route that it matched, -1: none */
	const struct ds_key *hash_key; /* the set's key that was hashed, NULL: the Call-ID, or none */
	struct ds_endpoint to;	       /* where it is sent, where the verdict is forward or reply */
	struct sip_msg msg;	       /* as far as it was parsed */
	struct sip_plan plan;
	struct sip_reply reply;
	__u64 branch;		      /* ours, of a request or response at a proxy listener, 0: none yet */
	const struct ds_set_rec *set; /* all of which are to get the request, NULL: it is none for all */
	struct ds_stored *stored; /* the request that this one is, or belongs to, as it is stored; NULL: it is not */
	size_t out_len;		  /* octets to send, 0 where nothing is sent */
	unsigned char out[DECIDE_PAYLOAD_MAX];
};

/*
 * Decides about a datagram from src. All of *d but the octets behind out_len is set. Calls are entered into env->calls
 * as the fast path enters them. len is at most DECIDE_PAYLOAD_MAX.
 */
void decide(struct decide_env *env, const struct ds_endpoint *src, const unsigned char *payload, size_t len,
	    struct decision *d);

/* The entry of env->stored that a branch has, NULL where there is none. *oldest: the entry that a new one may take. */
struct ds_stored *decide_stored(const struct decide_env *env, __u64 branch, struct ds_stored **oldest);

#endif
