/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns.h - looks names up without ever blocking the event loop (c-ares), and keeps the answers for the parser of the list.
 */
#ifndef SIPXDP_CTL_DNS_H
#define SIPXDP_CTL_DNS_H

#include "resolve.h"

#define DNS_TIMEOUT_MS 3000

struct event_base;
struct dns;

/* Reads resolv.conf and hosts. Returns 0 or -errno. */
int dns_new(struct event_base *base, struct dns **dns);

/* What is still asked for is given up; done is not called. */
void dns_free(struct dns *d);

/*
 * Looks up the A and AAAA records of n names at once, each DNS_TIMEOUT_MS at most, then calls done once, never from within.
 * Earlier answers are forgotten first. Returns 0, -EBUSY while another look-up goes on, or -ENOMEM.
 */
int dns_fetch(struct dns *d, const char *const *name, size_t n, void (*done)(void *ctx), void *ctx);

/* resolver.lookup for ctx = struct dns: answers from what was fetched; -EAGAIN for a name that no server answered. */
int dns_lookup(void *dns, const char *name, struct resolve_answer *answer);

/* The hosts of a list that have to be looked up: parses it without looking up. Returns a new array (n 0: NULL) or an -errno. */
int dns_names(const char *path, char ***name, size_t *n);
void dns_names_free(char **name, size_t n);

#endif
