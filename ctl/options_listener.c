// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options_listener.c - the options of one listener, which attach and route share.
 */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "algorithm.h"
#include "output.h"
#include "uri.h"

static int options_algorithm(const char *text, enum ds_algorithm *algorithm)
{
	if (!algorithm_find(text, algorithm))
		return 0;
	output_error("algorithm '%s' is not in this version; there are: %s", text, ALGORITHM_NAMES);
	return -EINVAL;
}

static int options_hash_key(const char *text, struct record_listener *l)
{
	struct ds_key key[DS_KEYS_MAX];
	size_t n;
	int err = strlen(text) < sizeof(l->hash_key) ? hash_key_list(key, &n, text) : -EINVAL;

	if (err == -ENOSPC)
		output_error("--hash-key '%s' has too many keys; %d fit, and auth-user is two", text, DS_KEYS_MAX);
	else if (err)
		output_error("--hash-key '%s' is not known; there are: %s", text, HASH_KEY_NAMES);
	else
		strcpy(l->hash_key, text);
	return err ? -EINVAL : 0;
}

/* Addresses that outer headers come from, one of each family at most. */
static int options_tunnel(const char *text, struct record_listener *l)
{
	struct ds_addr ip;
	char one[64];
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		snprintf(one, sizeof(one), "%.*s", (int)(len < sizeof(one) ? len : 0), text);
		if (uri_address(one, &ip) || uri_unfit(&ip)) {
			output_error("--tunnel-source '%s': '%s' is no address of a host", text, one);
			return -EINVAL;
		}
		l->tunnel[!uri_is_ip4(&ip)] = ip;
		if (!text[len])
			return 0;
	}
}

int options_check_keys(const struct record_listener *l)
{
	struct ds_key key[DS_KEYS_MAX];
	int err = algorithm_keys(l->algorithm, l->slot_rule, l->hash_key, l->user_only, key);

	if (err == -ENOSPC)
		output_error("--hash-key '%s' has too many keys; %d fit, and auth-user is two", l->hash_key,
			     DS_KEYS_MAX);
	else if (err == -EOPNOTSUPP)
		output_error("--hash-key '%s': a source is not hashed by the slot rule kamailio", l->hash_key);
	else if (err && *l->hash_key)
		output_error("--hash-key is for algorithms that hash a key, and %s does not",
			     algorithm_name(l->algorithm));
	else if (err)
		output_error("--algorithm key needs --hash-key");
	if (!err && l->mode != DS_MODE_PROXY && (l->record_route || l->path)) {
		output_error("--%s is for --mode proxy, which alone changes messages",
			     l->record_route ? "record-route" : "path");
		err = -EINVAL;
	}
	if (!err && l->algorithm == DS_ALGORITHM_CALL_LOAD && l->affinity != DS_AFFINITY_CALLS) {
		output_error("--algorithm call-load counts in the table of calls and needs --affinity calls");
		err = -EINVAL;
	}
	if (!err && l->algorithm == DS_ALGORITHM_PARALLEL &&
	    (l->affinity != DS_AFFINITY_CALLS || l->mode != DS_MODE_PROXY)) {
		output_error("--algorithm parallel needs --affinity calls and --mode proxy");
		err = -EINVAL;
	}
	return err ? -EINVAL : 0;
}

int options_of_listener(struct record_listener *l, int option, const char *text)
{
	static const char *const modes[] = { "proxy", "nat", "dsr", "ipip", "shield" };
	static const char *const affinities[] = { "calls", "hash" };
	static const char *const rules[] = { "consistent", "kamailio" };
	__u32 set;
	int n, err = 0;

	switch (option) {
	case 's':
		err = options_number("--set", text, 0, 2147483647, &set);
		l->set = err ? l->set : (int)set;
		break;
	case 'A':
		err = options_algorithm(text, &l->algorithm);
		break;
	case 'H':
		err = options_hash_key(text, l);
		break;
	case 'K':
		err = options_choice("slot rule", text, rules, 2, &n);
		l->slot_rule = n ? DS_SLOT_KAMAILIO : DS_SLOT_CONSISTENT;
		break;
	case 'P':
		l->per_cpu = true;
		break;
	case 'u':
		l->user_only = true;
		break;
	case 'Q':
		l->record_route = true;
		break;
	case 'q':
		l->path = true;
		break;
	case 'U':
		err = options_tunnel(text, l);
		break;
	case 'm':
		err = options_choice("mode", text, modes, 5, &n);
		l->mode = DS_MODE_PROXY + n;
		break;
	case 'y':
		err = options_choice("affinity", text, affinities, 2, &n);
		l->affinity = n ? DS_AFFINITY_HASH : DS_AFFINITY_CALLS;
		break;
	}
	return err;
}
