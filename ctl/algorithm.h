/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * algorithm.h - the algorithms by which a set is picked from, by Kamailio's names and numbers: what the kernel does for
 * each, what it hashes, and whom it picks from how often. Pure. dispatchctl.conf.5 defines each.
 */
#ifndef SIPXDP_CTL_ALGORITHM_H
#define SIPXDP_CTL_ALGORITHM_H

#include <stddef.h>

#include "abi.h"
#include "model.h"

/* All names, for those who gave another. */
#define ALGORITHM_NAMES                                                                                                                        \
	"call-id (0), from-uri (1), to-uri (2), request-uri (3), round-robin (4), auth-user (5), random (6), key (7), "                        \
	"serial (8), weight (9), call-load (10), relative-weight (11), parallel (12), latency (13), round-robin-or-serial (14), srv (15) and " \
	"overload-rate (64)"

/* One active member of a set. */
struct algorithm_member {
	const struct ds_config *conf;
	__u32 latency_ms;      /* estimate; 0: not known */
	__u32 latency_over_ms; /* of that, what it exceeds the average by; 0: it does not */
	__u32 weight;	       /* set by algorithm_weigh(): of how many is it picked; 0: never */
};

/* NULL where there is none of that number. */
const char *algorithm_name(enum ds_algorithm algorithm);

/* Finds one by its name or number in decimal digits: 0, or -EINVAL. */
int algorithm_find(const char *text, enum ds_algorithm *algorithm);

enum ds_pick_kind algorithm_pick(enum ds_algorithm algorithm, enum ds_slot_rule rule);

/*
 * Sets key[DS_KEYS_MAX], the rest of it to zero: the algorithm's own keys, and those of hash_key (hash_key.h; NULL or
 * empty: none) behind them, of the user alone where user_only is set. Returns 0, -EINVAL where hash_key is wrong, where
 * it is missing for algorithm 7, or where the algorithm hashes nothing; -ENOSPC where these are too many; or -EOPNOTSUPP: Kamailio's rule has none of them.
 */
int algorithm_keys(enum ds_algorithm algorithm, enum ds_slot_rule rule, const char *hash_key, bool user_only,
		   struct ds_key *key);

/* Sets weight of each of the active members, which are in the order of the list; one at least is picked from. */
void algorithm_weigh(enum ds_algorithm algorithm, struct algorithm_member *m, size_t n);

#endif
