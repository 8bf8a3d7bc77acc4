/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mutate.h - messages made of others by chance: cut, spoilt, joined, spelled otherwise, with rows twice or elsewhere. */
#ifndef SIPXDP_TEST_MUTATE_H
#define SIPXDP_TEST_MUTATE_H

#include <linux/types.h>
#include <stddef.h>

/* The longest that is made. */
#define MUTATE_MAX 65507
#define MUTATE_KINDS 6

struct mutate_message {
	unsigned char *data;
	size_t len;
};

struct mutate_messages {
	struct mutate_message *m;
	size_t n;
};

/* Makes one of some of the messages, of which there is at least one, into MUTATE_MAX octets at out. Returns its length. */
struct mutate_kind {
	const char *name;
	size_t (*mutate)(const struct mutate_messages *from, unsigned char *out);
};

extern const struct mutate_kind mutate_kinds[MUTATE_KINDS];

/* Where the numbers are. Must not be 0. */
extern __u64 mutate_seed;

/* A number below another. */
size_t mutate_random(size_t below);

#endif
