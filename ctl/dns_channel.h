/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns_channel.h - a c-ares channel that lives in an event loop: its sockets and its timer.
 */
#ifndef SIPXDP_CTL_DNS_CHANNEL_H
#define SIPXDP_CTL_DNS_CHANNEL_H

#include <ares.h>

struct event_base;
struct dns_channel;

/* Reads resolv.conf and hosts; servers: asked instead of those in it, NULL: those. Returns 0, -ENOMEM or -EIO. */
int dns_channel_new(struct event_base *base, const char *servers, struct dns_channel **channel);

/* Every call that is still due is made before it returns, with ARES_EDESTRUCTION. Not to be called from one. */
void dns_channel_free(struct dns_channel *c);

/* Asks for the A and AAAA records of a name. answered is called once, perhaps from within, and frees the result. */
void dns_channel_ask(struct dns_channel *c, const char *name, ares_addrinfo_callback answered, void *ctx);

/* Asks for the SRV records of a name. answered is called once, perhaps from within, with what ares_parse_srv_reply() takes. */
void dns_channel_ask_srv(struct dns_channel *c, const char *name, ares_callback answered, void *ctx);

#endif
