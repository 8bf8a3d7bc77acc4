/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slow_names.h - the names of next hops, looked up without blocking (c-ares): answers are kept for as long as they are
 * good, also those that there is none; a name is asked for once at a time, and the datagrams that wait are bounded.
 */
#ifndef SIPXDP_CTL_SLOW_NAMES_H
#define SIPXDP_CTL_SLOW_NAMES_H

#include <stdbool.h>

#include "slow_socket.h"

struct event_base;
struct slow_names;

/* Takes a datagram that has waited: its name can be told now, or it is known that it cannot. */
typedef void (*slow_names_again)(void *ctx, __u32 listener, const struct slow_datagram *g);

/* servers: "ADDR:PORT,..." to be asked, borrowed; NULL: those of resolv.conf, read anew now and then. */
int slow_names_new(struct event_base *base, const char *servers, slow_names_again again, void *ctx,
		   struct slow_names **names);

/* What waits is forgotten. */
void slow_names_free(struct slow_names *n);

/*
 * The place of a SIP server over UDP, of that family (RFC 3263 4.2): with a port the address of the name; without, 0, the
 * first of its SRV records whose target has one, else its address and port 5060. Always the same one while the records
 * are, as a stateless proxy has to choose (4.4). Returns 0, -EAGAIN while it is asked for, -ENOENT where there is none.
 */
int slow_names_find(struct slow_names *n, const char *name, size_t len, unsigned int port, bool is_ip4,
		    struct ds_endpoint *at);

/* Keeps a copy of a datagram until the name asked for last is answered. Returns 0, -ENOBUFS or -ENOMEM. */
int slow_names_wait(struct slow_names *n, __u32 listener, const struct slow_datagram *g);

#endif
