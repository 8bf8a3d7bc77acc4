/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ds_guard.h - the token buckets of sources (DESIGN.md section 4 step 3), in a bounded table that forged sources cannot
 * turn against known ones.
 *
 * A bucket is one number, the time at which it will be full again (GCRA): a packet moves it on by interval_ns, and is
 * refused where it would be more than burst_ns away. A full bucket needs no entry, so what is forgotten first are
 * sources that have just begun: one packet each is what a flood of forged sources sends. Who was seen over
 * DS_GUARD_KNOWN_S keeps its entry for DS_GUARD_KEEP_S of silence, and whose bucket is drawn on keeps it as well.
 * Sources that find no room share one bucket with the others of their row that find none.
 */
#ifndef SIPXDP_DS_GUARD_H
#define SIPXDP_DS_GUARD_H

#include "abi.h"
#include "sip_hash.h"

#define DS_GUARD_TRIES 3
#define DS_GUARD_KNOWN_S 2
#define DS_GUARD_KEEP_S 600
#define DS_GUARD_NS_SHIFT 30 /* seconds here are 2^30 ns */

/* Takes one packet out of a bucket; 0 where it is empty. A lost race lets in: others were let in meanwhile. */
port_inline int ds_guard_take(__u64 *full_ns, __u64 now_ns, const struct ds_guard *g)
{
	__u64 old, next;
	int i;

	for (i = 0; i < DS_GUARD_TRIES; i++) {
		old = *(volatile __u64 *)full_ns;
		next = (__s64)(old - now_ns) > 0 ? old : now_ns;
		/* a bucket from before a change of the limits: empty by those of now */
		if (next - now_ns > g->burst_ns) {
			__sync_val_compare_and_swap(full_ns, old, now_ns + g->burst_ns);
			return 0;
		}
		next += g->interval_ns;
		if (next - now_ns > g->burst_ns)
			return 0;
		if (__sync_val_compare_and_swap(full_ns, old, next) == old)
			return 1;
	}
	return 1;
}

/* How well an entry can be spared: 0 not at all, else the longer it was silent the better. */
port_inline __u32 ds_guard_rank(const struct ds_guard_source *s, __u64 now_ns, __u32 now, const struct ds_guard *g)
{
	__u32 silent = now - s->last_s;

	if (!s->key)
		return 0xffffffff;
	if (s->last_s - s->first_s >= DS_GUARD_KNOWN_S && silent < DS_GUARD_KEEP_S)
		return 0;
	return (__s64)(s->full_ns - now_ns) > (__s64)g->interval_ns ? 0 : silent + 1;
}

/* Whether a source, by its key, may send one more packet now. */
port_inline int ds_guard_admit(struct ds_guard_row *row, __u64 key, __u64 now_ns, const struct ds_guard *g)
{
	__u32 now = now_ns >> DS_GUARD_NS_SHIFT, rank, best = 0, way = 0, i;
	struct ds_guard_source *s;
	__u64 old;

	for (i = 0; i < DS_GUARD_WAYS; i++) {
		s = &row->way[i];
		if (*(volatile __u64 *)&s->key == key) {
			if (s->last_s != now)
				s->last_s = now;
			return ds_guard_take(&s->full_ns, now_ns, g);
		}
		rank = ds_guard_rank(s, now_ns, now, g);
		if (rank > best) {
			best = rank;
			way = i;
		}
	}
	if (!best)
		return ds_guard_take(&row->rest_full_ns, now_ns, g);
	s = &row->way[way < DS_GUARD_WAYS ? way : 0];
	old = *(volatile __u64 *)&s->key;
	if (__sync_val_compare_and_swap(&s->key, old, key) != old)
		return ds_guard_take(&row->rest_full_ns, now_ns, g);
	s->first_s = s->last_s = now;
	s->full_ns = now_ns;
	return ds_guard_take(&s->full_ns, now_ns, g);
}

/* The key of a source at a listener. Of IPv6 a customer has a /64 and all addresses in it. Never 0. */
port_inline __u64 ds_guard_key(const __u64 *key, const struct ds_addr *ip, __u32 listener)
{
	__u32 is_ip4 = !(ip->w[0] | ip->w[1] | (ip->w[2] ^ port_be32(0xffff)));
	struct sip_hash h;
	__u64 hash;

	sip_hash_begin(&h, key, SIP_HASH_GUARD);
	sip_hash_word(&h, is_ip4 ? ip->w[3] : (__u64)ip->w[0] << 32 | ip->w[1]);
	sip_hash_word(&h, (__u64)listener << 1 | is_ip4);
	hash = sip_hash_end(&h);
	return hash ? hash : 1;
}

#endif
