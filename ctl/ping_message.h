/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ping_message.h - the request of a ping, and what a datagram that comes back is. Pure.
 *
 * The branch is z9hG4bK, the slot in 8 hexadecimal digits, a keyed hash in 16: so an answer names its target, however
 * late it comes, and nobody who has not seen the ping can answer it.
 */
#ifndef SIPXDP_CTL_PING_MESSAGE_H
#define SIPXDP_CTL_PING_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "conf.h"
#include "sip_msg.h"

/* The longest request: it must leave in one datagram that no link on the way is asked to fragment much. */
#define PING_MESSAGE_MAX 4096

#define PING_METHOD_MAX sizeof(((struct conf_ping *)0)->method)

/* What makes one ping different from all others. Nothing is kept: the same arguments give the same numbers. */
struct ping_ids {
	__u64 branch;
	__u64 tag;
	__u64 call_id;
	__u64 jitter; /* chooses when the next one is due */
};

/* start: random, of this process; count: never the same twice in it. */
void ping_message_ids(const __u64 key[2], __u64 start, __u32 slot, __u64 id, __u64 count, struct ping_ids *ids);

struct ping_request {
	const char *method;
	const char *uri;
	const char *from;		 /* URI; NULL or empty: sip:ping@ and the local address */
	const struct conf_ping *conf;	 /* further headers */
	const struct ds_endpoint *local; /* where answers are to come to */
	__u32 slot;
	struct ping_ids ids;
};

/* Writes a request, RFC 3261 8.1.1 and 11.1. Returns its length or -EMSGSIZE. */
int ping_message_build(const struct ping_request *r, char *buf, size_t size);

struct ping_reply {
	bool named; /* slot and branch are there: they stood in a branch of ours */
	__u32 slot;
	__u64 branch;
	unsigned int code;
};

/*
 * Reads a datagram as the answer to a ping. msg is room to work in and describes data afterwards. Returns 0, or -EINVAL
 * where it is no sound response with a branch of ours in its only Via (RFC 3261 8.1.3.3); r->named may be set even
 * then.
 */
int ping_message_read(const unsigned char *data, size_t len, struct sip_msg *msg, struct ping_reply *r);

/* Whether the CSeq of the response that was read last has this method; case matters (RFC 3261 7.1). */
bool ping_message_is_of(const unsigned char *data, size_t len, const struct sip_msg *msg, const char *method);

#endif
