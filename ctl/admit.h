/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * admit.h - whom a listener lets in: the lists and limits of its guard (DESIGN.md section 4 step 3), as asked for and as
 * packets read them.
 */
#ifndef SIPXDP_CTL_ADMIT_H
#define SIPXDP_CTL_ADMIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi.h"

#define ADMIT_NETS_MAX 4096
#define ADMIT_RATE_MAX 1000000
#define ADMIT_TEXT_SIZE (INET6_ADDRSTRLEN + 4)

/* The kernel's coarse clock may go by hundredths of a second: who may send more often needs room for two of them. */
#define ADMIT_TICKS_S 50

struct admit_net {
	struct ds_addr ip;
	__u8 bits; /* those of an IPv4 address as if mapped */
	__u8 word; /* enum ds_guard_word */
};

struct admit {
	struct admit_net *net; /* in the order of their addresses */
	size_t n;
	unsigned int rate;  /* packets a second of one source, 0: no limit */
	unsigned int burst; /* packets at once, 0: as many as in a second */
	bool keepalives;    /* of a shield: those are the server's to see */
};

/*
 * Enters "ADDR" or "ADDR/LENGTH". Returns 0; -EINVAL where it is no network, -EEXIST where it is there already, -ENOSPC
 * after ADMIT_NETS_MAX of them, with *why as "expected ..."; or -ENOMEM.
 */
int admit_add(struct admit *a, enum ds_guard_word word, const char *text, const char **why);

/* Takes all networks of one word out. */
void admit_clear(struct admit *a, enum ds_guard_word word);
void admit_free(struct admit *a);

/* A copy for oneself. Returns 0 or -ENOMEM. */
int admit_copy(struct admit *to, const struct admit *from);

const char *admit_net_text(const struct admit_net *net, char text[ADMIT_TEXT_SIZE]);

/* Why the limits cannot be kept, as "expected ..."; NULL: they can. */
const char *admit_fault(const struct admit *a);

/* What packets read. */
void admit_settle(const struct admit *a, struct ds_guard *g);

struct bpf_inst;
struct record;

/*
 * Enters the lists that a record's listeners have, for the next generation, and takes out what this one does not read
 * any more. The caller has waited for the grace time. admit: by listener, NULL where they are published as they are.
 * Returns 0 or -errno.
 */
int admit_publish(const struct bpf_inst *b, const struct record *r, const struct admit *const *admit);

#endif
