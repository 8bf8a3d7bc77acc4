/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * same.h - one listener with routes in both worlds, the kernel's programs and the decision in user space: a message gets
 * the same verdict, reason, place and octets by both. And messages: the corpus, to mutate (mutate.h).
 */
#ifndef SIPXDP_TEST_SAME_H
#define SIPXDP_TEST_SAME_H

#include <stddef.h>

#include "mutate.h"
#include "route_tables.h"

struct same_side {
	const char *name;
	struct route_tables kernel;
	struct route_tables user;
	struct decide_env env;
};

/* A destination list and a configuration with one listener, as files have them. */
void same_side_make(struct same_side *s, const char *name, const char *list, const char *conf);
void same_side_free(struct same_side *s);

/*
 * Compares, and fails with the message and both decisions where they differ. Returns the decision, valid until the next.
 * *beyond counts what the kernel leaves to the slow path for its length alone, which is not compared.
 */
const struct decision *same_side_run(struct same_side *s, const struct ds_endpoint *src, const unsigned char *data,
				     size_t len, size_t *beyond);

void same_messages_add(struct mutate_messages *to, const void *data, size_t len);
/* Adds each message of the corpus; its text is what a datagram can carry. */
void same_messages_corpus(struct mutate_messages *to, const char *top);
void same_messages_free(struct mutate_messages *list);

#endif
