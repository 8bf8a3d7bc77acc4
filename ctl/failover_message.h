/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failover_message.h - what a proxy itself says to a destination that failed: the ACK to its answer, a CANCEL. Pure. */
#ifndef SIPXDP_CTL_FAILOVER_MESSAGE_H
#define SIPXDP_CTL_FAILOVER_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Writes a request of that method which belongs to the INVITE of len octets at request, as it was sent: its Request-URI,
 * top Via row, Route rows, From, Call-ID and CSeq number, and the To row of the message at to (RFC 3261 9.1, 17.1.1.3).
 * Returns the octets written, -EINVAL where a row is missing, -ENOSPC where they are more than cap.
 */
ssize_t failover_message(const char *method, const unsigned char *request, size_t len, const unsigned char *to,
			 size_t to_len, unsigned char *out, size_t cap);

/*
 * Writes the response of len octets at best with the challenges, WWW-Authenticate and Proxy-Authenticate, of the one at
 * other behind its own rows (RFC 3261 16.7 step 7). Returns the octets written or -ENOSPC.
 */
ssize_t failover_challenges(const unsigned char *best, size_t len, const unsigned char *other, size_t other_len,
			    unsigned char *out, size_t cap);

#endif
