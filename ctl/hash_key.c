// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hash_key.c - the names of keys.
 */
#include "hash_key.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HASH_KEY_HEADER "header:"
#define HASH_KEY_PARAMETER "parameter:"

static const struct {
	const char *name;
	enum ds_key_kind kind;
	const char *header;
} hash_keys[] = {
	{ "call-id", DS_KEY_CALL_ID, NULL },
	{ "from-uri", DS_KEY_FROM_URI, NULL },
	{ "from-user", DS_KEY_FROM_USER, NULL },
	{ "to-uri", DS_KEY_TO_URI, NULL },
	{ "to-user", DS_KEY_TO_USER, NULL },
	{ "request-uri", DS_KEY_REQUEST_URI, NULL },
	{ "request-user", DS_KEY_REQUEST_USER, NULL },
	/* as Kamailio: the first of the two that is there */
	{ "auth-user", DS_KEY_CREDENTIALS, "proxy-authorization" },
	{ "auth-user", DS_KEY_CREDENTIALS, "authorization" },
	{ "source-ip", DS_KEY_SOURCE_IP, NULL },
	{ "source", DS_KEY_SOURCE, NULL },
};

/* RFC 3261 7.3.3 and 20, and the registry of header fields. */
static const struct {
	const char *name;
	char compact;
} hash_key_compact[] = {
	{ "accept-contact", 'a' },
	{ "allow-events", 'u' },
	{ "call-id", 'i' },
	{ "contact", 'm' },
	{ "content-encoding", 'e' },
	{ "content-length", 'l' },
	{ "content-type", 'c' },
	{ "event", 'o' },
	{ "from", 'f' },
	{ "identity", 'y' },
	{ "refer-to", 'r' },
	{ "referred-by", 'b' },
	{ "reject-contact", 'j' },
	{ "request-disposition", 'd' },
	{ "session-expires", 'x' },
	{ "subject", 's' },
	{ "supported", 'k' },
	{ "to", 't' },
	{ "via", 'v' },
};

static bool hash_key_is_token(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-.!%*_+`'~", *name))
			return false;
	return true;
}

const char *hash_key_name(const struct ds_key *key, char buf[HASH_KEY_NAME_SIZE])
{
	bool named = key->kind == DS_KEY_HEADER || key->kind == DS_KEY_PARAMETER;
	size_t i, at;

	for (i = 0; !named && i < sizeof(hash_keys) / sizeof(*hash_keys); i++)
		if (hash_keys[i].kind == key->kind)
			return strcpy(buf, hash_keys[i].name);
	at = strlen(strcpy(buf, key->kind == DS_KEY_HEADER ? HASH_KEY_HEADER : HASH_KEY_PARAMETER));
	for (i = 0; i < key->len; i++)
		buf[at++] = (char)(key->name[i / 8] >> (8 * (i % 8)));
	buf[at] = 0;
	return buf;
}

/* Sets the name that a row must have. */
static int hash_key_header(struct ds_key *k, const char *name)
{
	size_t i, len = strlen(name);

	if (!len || len > DS_KEY_NAME_MAX || !hash_key_is_token(name))
		return -EINVAL;
	k->len = len;
	for (i = 0; i < len; i++) {
		k->name[i / 8] |= (__u64)tolower((unsigned char)name[i]) << (8 * (i % 8));
		k->mask[i / 8] |= 0xffull << (8 * (i % 8));
	}
	for (i = 0; i < sizeof(hash_key_compact) / sizeof(*hash_key_compact); i++)
		if (!strcasecmp(hash_key_compact[i].name, name))
			k->compact = hash_key_compact[i].compact;
	return 0;
}

/* Adds a header or a parameter of that name. */
static int hash_key_add_named(struct ds_key *key, size_t *n, enum ds_key_kind kind, const char *name)
{
	struct ds_key one = { .kind = kind };

	if (hash_key_header(&one, name))
		return -EINVAL;
	if (kind == DS_KEY_PARAMETER)
		one.compact = 0;
	if (*n == DS_KEYS_MAX)
		return -ENOSPC;
	key[(*n)++] = one;
	return 0;
}

int hash_key_add(struct ds_key *key, size_t *n, const char *name)
{
	struct ds_key one;
	int err = -EINVAL;
	size_t i;

	if (!strncmp(name, HASH_KEY_HEADER, strlen(HASH_KEY_HEADER)))
		return hash_key_add_named(key, n, DS_KEY_HEADER, name + strlen(HASH_KEY_HEADER));
	if (!strncmp(name, HASH_KEY_PARAMETER, strlen(HASH_KEY_PARAMETER)))
		return hash_key_add_named(key, n, DS_KEY_PARAMETER, name + strlen(HASH_KEY_PARAMETER));
	for (i = 0; i < sizeof(hash_keys) / sizeof(*hash_keys); i++) {
		if (strcmp(hash_keys[i].name, name) != 0)
			continue;
		if (*n == DS_KEYS_MAX)
			return -ENOSPC;
		one = (struct ds_key){ .kind = hash_keys[i].kind };
		if (hash_keys[i].header)
			hash_key_header(&one, hash_keys[i].header);
		key[(*n)++] = one;
		err = 0;
	}
	return err;
}

int hash_key_list(struct ds_key *key, size_t *n, const char *list)
{
	char name[DS_KEY_NAME_MAX + 16];
	size_t len;
	int err;

	for (*n = 0;; list += len + 1) {
		len = strcspn(list, ",");
		if (len >= sizeof(name))
			return -EINVAL;
		snprintf(name, sizeof(name), "%.*s", (int)len, list);
		err = hash_key_add(key, n, name);
		if (err || !list[len])
			return err;
	}
}

void hash_key_user_only(struct ds_key *key, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (key[i].kind == DS_KEY_FROM_URI || key[i].kind == DS_KEY_TO_URI || key[i].kind == DS_KEY_REQUEST_URI)
			key[i].kind++;
}
