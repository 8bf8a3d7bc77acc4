/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash_key.h - what a hash algorithm hashes, by its name in the configuration: call-id, from-uri, from-user, to-uri,
 * to-user, request-uri, request-user, auth-user, source-ip, source, header:NAME.
 */
#ifndef SIPXDP_CTL_HASH_KEY_H
#define SIPXDP_CTL_HASH_KEY_H

#include <stddef.h>

#include "ds_key.h"

/* All names, for those who gave another. */
#define HASH_KEY_NAMES                                                                                     \
	"call-id, from-uri, from-user, to-uri, to-user, request-uri, request-user, auth-user, source-ip, " \
	"source, header:NAME or parameter:NAME"

/* The longest text of a list of keys. */
#define HASH_KEY_TEXT_MAX (DS_KEYS_MAX * (DS_KEY_NAME_MAX + 12))

/*
 * Adds the key of that name to key[0..*n), which has DS_KEYS_MAX places; auth-user takes two, for Proxy-Authorization
 * and Authorization. Returns 0, -EINVAL where there is no such key or the header's name is none, or -ENOSPC.
 */
int hash_key_add(struct ds_key *key, size_t *n, const char *name);

/* The same for a list of names with commas between them, after setting *n to 0. */
int hash_key_list(struct ds_key *key, size_t *n, const char *list);

#define HASH_KEY_NAME_SIZE (DS_KEY_NAME_MAX + 12)

/* Writes the name of a key; a header's in lower case. Returns buf. */
const char *hash_key_name(const struct ds_key *key, char buf[HASH_KEY_NAME_SIZE]);

/* Turns keys that name a URI into those that name its user. */
void hash_key_user_only(struct ds_key *key, size_t n);

#endif
