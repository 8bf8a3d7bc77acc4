/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns.h - looks names up without ever blocking the event loop (c-ares), and keeps the answers for the parser of the list.
 */
#ifndef SIPXDP_CTL_DNS_H
#define SIPXDP_CTL_DNS_H

#include "resolve.h"

#define DNS_TIMEOUT_MS 3000

/* Names asked for at one time: a burst of more overruns the receive buffers of name servers. */
#define DNS_WINDOW 64

struct event_base;
struct dns;

/* Returns 0 or -ENOMEM. */
int dns_new(struct event_base *base, struct dns **dns);

/* What is still asked for is given up; done is not called. */
void dns_free(struct dns *d);

/* Asks these servers instead of those in resolv.conf, from the next look-up on: "ADDR:PORT,...". Returns 0 or -ENOMEM. */
int dns_set_servers(struct dns *d, const char *servers);

/*
 * Looks up the A and AAAA records of n names, DNS_WINDOW at a time and each DNS_TIMEOUT_MS at most, then calls done once,
 * never from within. Where no name at all was answered for DNS_TIMEOUT_MS, the rest is given up too. resolv.conf and hosts
 * are read anew, earlier answers are forgotten first. Returns 0, -EBUSY while another look-up goes on, -ENOMEM, or -EIO
 * where resolv.conf or the servers cannot be understood.
 */
int dns_fetch(struct dns *d, const char *const *name, size_t n, void (*done)(void *ctx), void *ctx);

/*
 * resolver.lookup for ctx = struct dns: answers from what was fetched. Returns 0, -ENOENT: it has no address, -ETIMEDOUT: no
 * server could say, or nobody asked for it, or -ENOMEM. Never -EAGAIN, for which resolve_dests() would not ask on.
 */
int dns_lookup(void *dns, const char *name, struct resolve_answer *answer);

/*
 * The hosts of a list that have to be looked up, each once: parses it without looking up. Returns 0 with a new array (n 0:
 * NULL), or the -errno of reading the list. Lines with errors are passed over.
 */
int dns_names(const char *path, char ***name, size_t *n);
void dns_names_free(char **name, size_t n);

#endif
