/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ping_inner.h - what the files of the pinger share; see ping.h for what it does.
 *
 * Every target is in one heap by the time at which something is due for it: the next ping, a retransmission, the end of
 * its time. One timer serves the heap. What is to be sent gathers in a batch of one socket, so does what is received.
 * Memory is allocated where targets are set and sockets opened, never for a ping.
 */
#ifndef SIPXDP_CTL_PING_INNER_H
#define SIPXDP_CTL_PING_INNER_H

#include <event2/event.h>

#include "ping.h"
#include "ping_message.h"
#include "ping_socket.h"

#define PING_MS 1000000ull
#define PING_NEVER (~0ull)

/* RFC 3261 17.1.2.2: timer E starts at T1 and doubles up to T2. */
#define PING_T1_NS (500 * PING_MS)
#define PING_T2_NS (4000 * PING_MS)

/* What is due, and what has come, within that time is done at once: so the cost per target falls with their number. */
#define PING_TICK_NS (20 * PING_MS)

/* Pings by one look at the routes, which are looked at again at once where an answer did not come. */
#define PING_ROUTE_PINGS 16

#define PING_BATCH 32
#define PING_REPLY_MAX 8192

struct ping_socket {
	struct ping_socket *next;
	struct ping *ping;
	struct ds_endpoint from;  /* as asked for */
	struct ds_endpoint local; /* as bound */
	struct event *event;
	int fd; /* -1: not open; tried with each ping */
	bool wanted;
	bool listening; /* the event is there */
};

/* The ping under way. */
struct ping_flight {
	bool on;
	bool sent;    /* one packet has left at least */
	bool planned; /* not asked for by ping_now() */
	struct ping_ids ids;
	__u64 sent_ns;	    /* CLOCK_MONOTONIC of the first packet */
	__u64 sent_real_ns; /* CLOCK_REALTIME of it: the clock of the kernel's receive times */
	__u64 again_ns;	    /* the next packet, PING_NEVER: none */
	__u64 gap_ns;
	__u64 end_ns;
	char method[PING_METHOD_MAX];
};

struct ping_one {
	struct ping_target target;  /* texts and codes lie in the list */
	struct ping_socket *socket; /* NULL: socket_err says why */
	int socket_err;
	__u32 same_place; /* index + 1 of another target at the same hash of address and port */
	__u64 due_ns;
	__u64 base_ns;	   /* due_ns before jitter */
	__u32 interval_ms; /* as backed off */
	bool asked;
	struct ds_endpoint local; /* where answers are to come to */
	unsigned int local_pings; /* for which that is taken for true, 0: to be found out */
	struct ping_flight flight;
};

/* Everything that a comparison needs in one place: the targets themselves are too large for the caches. */
struct ping_heap {
	__u64 due_ns;
	__u32 index;
};

struct ping_list {
	struct ping_one *one;
	size_t n;
	struct ping_heap *heap;
	__u32 *heap_at; /* by index */
	__u32 *by_slot; /* index + 1 */
	size_t n_slots;
	__u32 *by_place; /* index + 1 of the first of a chain */
	__u32 place_mask;
	struct codes *codes;
	char *text;
};

struct ping_outbox {
	struct ping_socket *socket;
	unsigned int n;
	struct ping_one *one[PING_BATCH];
	struct mmsghdr msg[PING_BATCH];
	struct iovec iov[PING_BATCH];
	struct sockaddr_storage to[PING_BATCH];
	char text[PING_BATCH][PING_MESSAGE_MAX];
};

struct ping_inbox {
	struct mmsghdr msg[PING_BATCH];
	struct iovec iov[PING_BATCH];
	struct sockaddr_storage from[PING_BATCH];
	union {
		struct cmsghdr align;
		char room[PING_CONTROL_MAX];
	} control[PING_BATCH];
	unsigned char data[PING_BATCH][PING_REPLY_MAX];
	struct sip_msg parsed;
};

struct ping {
	struct event_base *base;
	struct event *timer;
	__u64 key[2];
	__u64 start; /* random */
	__u64 count; /* of everything that had numbers of its own: a target that comes back begins with new ones */
	struct ping_hooks hooks;
	struct ping_list *list;
	struct ping_socket *sockets;
	int probe[2]; /* by whether it is IPv4; -1: not open */
	struct ping_totals totals;
	__u64 ran_ns;
	bool asked; /* something is due at once */
	bool heard; /* something is to be read */
	bool paused;
	bool busy; /* hooks may be running */
	struct ping_outbox out;
	struct ping_inbox in;
};

/* ping_list.c */

/* Makes a list of targets with texts and codes of its own. Returns NULL out of memory. */
struct ping_list *ping_list_new(struct ping *p, const struct ping_target *target, size_t n);
void ping_list_free(struct ping_list *l);

/* NULL where there is none in that slot. */
struct ping_one *ping_list_find(const struct ping_list *l, __u32 slot);

/* The next target in the chain of a place after `one` (NULL: the first); the caller compares the place itself. */
struct ping_one *ping_list_at(const struct ping *p, const struct ds_endpoint *at, const struct ping_one *one);

/* The target for which something is due first; the list is not empty. */
struct ping_one *ping_list_first(const struct ping_list *l);

/* Orders the heap anew; moves one whose due_ns was changed. */
void ping_list_order(struct ping_list *l);
void ping_list_move(struct ping_list *l, const struct ping_one *one);

/* ping_send.c */

/* Finds or enters the socket that pings of a target leave by; it is opened later. Returns 0 or -errno. */
int ping_send_socket(struct ping *p, const struct ping_target *t, struct ping_socket **s);

/* Closes the sockets that are not wanted. */
void ping_send_close(struct ping *p);

/* Opens the socket of a target and finds the local address. Returns 0 or -errno. */
int ping_send_prepare(struct ping *p, struct ping_one *one);

/* Gathers a packet of the ping under way; it leaves with the next flush. Returns 0 or -EMSGSIZE. */
int ping_send(struct ping *p, struct ping_one *one);
void ping_send_flush(struct ping *p);

/* ping_receive.c */

/* Takes in what has come to a socket, errors first. */
void ping_receive(struct ping *p, struct ping_socket *s);

/* ping_flight.c */

/* Gives a target a place in the interval that begins now; it depends on the target alone. */
void ping_spread(struct ping *p, struct ping_one *one, __u64 now);

/* Has the timer wait for what is due first. */
void ping_arm(struct ping *p);

/* Forgets the ping under way, if there is one. */
void ping_land(struct ping *p, struct ping_one *one);

/* Ends it with a result. */
void ping_end(struct ping *p, struct ping_one *one, enum health_cause cause, __u16 detail);

/* Its packet has left at those times; or it was refused, by the kernel or by ICMP. */
void ping_sent(struct ping *p, struct ping_one *one, __u64 now_ns, __u64 real_ns);
void ping_refused(struct ping *p, struct ping_one *one, int err);

/* An answer before the final one: no more packets. */
void ping_provisional(struct ping *p, struct ping_one *one);

/* The timer's event: reads what has come, does what is due, sends. */
void ping_run(evutil_socket_t fd, short what, void *ping);

/* A socket's event: what comes is read with the next run, many at a time. The kernel has noted when it came. */
void ping_readable(evutil_socket_t fd, short what, void *socket);

#endif
