/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork.h - a request that all destinations of a set get at once (RFC 3261 16.7, 16.8, 16.10): what becomes of each answer,
 * and what is due when. Pure: no I/O, no clock.
 *
 * A leg is one destination's copy. Provisional answers and every 2xx to an INVITE are for the client, at once; failures
 * are kept until all legs have one, and the best of them is the client's. What a 2xx, a 6xx or the client's CANCEL leaves
 * without meaning is cancelled. Times are in milliseconds of the caller's monotonic clock.
 */
#ifndef SIPXDP_CTL_FORK_H
#define SIPXDP_CTL_FORK_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define FORK_LEGS_MAX 12 /* Kamailio's default for branches */
#define FORK_T1_MS 500
#define FORK_T2_MS 4000
#define FORK_T4_MS 5000
#define FORK_LIMIT_MS (64 * FORK_T1_MS)
#define FORK_RINGING_MS 180000 /* timer C */
#define FORK_TIMEOUT 408       /* status of a leg that did not answer */

enum fork_leg_state {
	FORK_CALLING = 0, /* no answer yet */
	FORK_PROCEEDING,  /* a provisional one */
	FORK_DONE,	  /* a final one, or none in time */
};

/* Something that is sent again, less and less often, until it is answered. */
struct fork_clock {
	__u64 due_ms; /* 0: not running */
	__u32 wait_ms;
};

struct fork_leg {
	__u32 dest; /* slot in dests[] */
	__u32 serial;
	enum fork_leg_state state;
	unsigned int status; /* final; FORK_TIMEOUT with is_silent: of nobody */
	bool is_silent;
	bool is_unwanted; /* to be cancelled as soon as it has answered at all */
	bool is_cancelled;
	struct fork_clock request;
	struct fork_clock cancel;
	__u64 limit_ms;
};

struct fork {
	bool is_invite;
	bool is_answered; /* the client has a 2xx */
	bool is_failed;	  /* the client has a failure */
	bool is_acked;
	__u64 final_ms; /* when one of them was sent, or all were silent */
	struct fork_clock failure;
	unsigned int n;
	struct fork_leg leg[FORK_LEGS_MAX];
};

/* What is to be done: bits. */
#define FORK_PASS (1u << 0)    /* the answer is for the client */
#define FORK_ACK (1u << 1)     /* it is acknowledged */
#define FORK_END (1u << 2)     /* the client gets fork_best() */
#define FORK_RESEND (1u << 3)  /* the leg's request is sent again */
#define FORK_CANCEL (1u << 4)  /* a CANCEL is sent, or sent again, to the leg */
#define FORK_AGAIN (1u << 5)   /* the client gets its failure again */
#define FORK_OVER (1u << 6)    /* nothing is left to do: it can be forgotten */
#define FORK_SILENCE (1u << 7) /* the leg's destination has not answered in time */

/* Begins one with n legs, whose dest and serial are set. */
void fork_begin(struct fork *f, bool is_invite, unsigned int n, __u64 now_ms);

/* A leg has answered the request. */
unsigned int fork_answer(struct fork *f, unsigned int leg, unsigned int status, __u64 now_ms);

/* A leg has answered the CANCEL. */
void fork_cancel_answered(struct fork *f, unsigned int leg);

/* The client wants no answer any more. */
void fork_cancel(struct fork *f);

/* What is due of a leg, and of all. */
unsigned int fork_leg_due(struct fork *f, unsigned int leg, __u64 now_ms);
unsigned int fork_due(struct fork *f, __u64 now_ms);

/* The leg whose failure is the best for the client; f->n where nobody has answered. */
unsigned int fork_best(const struct fork *f);

#endif
