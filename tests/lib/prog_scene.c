// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of prog.h: what is in them, and what the programs have left there. */
#include "prog.h"
#include "sip_token.h"

#include "algorithm.h"

#include "test.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* Entries of a set's hash table; as many follow for its list of members. */
#define PROG_TABLE 48

static void empty_hash(const char *name)
{
	unsigned char key[64];
	int fd = prog_map(name);

	while (!bpf_map_get_next_key(fd, NULL, key))
		bpf_map_delete_elem(fd, key);
}

void prog_reset(void)
{
	static const char *const hashes[] = { "listener_ids", "dest_ids", "links", "vlan_ids", "macs" };
	__u32 changes = prog.state->changes;
	size_t i;

	memset(prog.state, 0, sizeof(*prog.state));
	prog.state->changes = changes + 1;
	memset(prog.listeners, 0, DS_LISTENERS_MAX * sizeof(*prog.listeners));
	memset(prog.sets, 0, DS_SETS_MAX * sizeof(*prog.sets));
	memset(prog.slots, 0, PROG_SLOTS / DS_SLOTS_GROUP * sizeof(*prog.slots));
	memset(prog.dests, 0, PROG_MAX_DESTS * sizeof(*prog.dests));
	memset(prog.loads, 0, PROG_MAX_DESTS * sizeof(*prog.loads));
	memset(prog.calls, 0, PROG_CALLS_BUCKETS * sizeof(*prog.calls));
	memset(prog.stored, 0, PROG_STORED * sizeof(*prog.stored));
	for (i = 0; i < TEST_COUNT(hashes); i++)
		empty_hash(hashes[i]);
	prog.meta = 0;
	prog.state->layout = DS_LAYOUT_VERSION;
	prog.state->generation = 2;
	prog.state->key[0] = 0x0706050403020100;
	prog.state->key[1] = 0x0f0e0d0c0b0a0908;
	prog.state->calls_mask = PROG_CALLS_BUCKETS - 1;
	prog.state->call_idle_s = DS_CALL_IDLE_S;
	prog.state->stored_mask = PROG_STORED / DS_STORED_WAYS - 1;
}

void prog_listener(__u32 slot, const char *ip, unsigned int port, enum ds_mode mode, enum ds_affinity affinity)
{
	struct ds_listener *l = &prog.listeners[slot];
	char text[DS_SENT_BY_MAX + 1];
	int i;

	memset(l, 0, sizeof(*l));
	l->at = pkt_endpoint(ip, port);
	l->is_ip6 = strchr(ip, ':') != NULL;
	l->sent_by_len = (__u8)snprintf(text, sizeof(text), l->is_ip6 ? "[%s]:%u" : "%s:%u", ip, port);
	memcpy(l->sent_by, text, l->sent_by_len);
	for (i = 0; i < 2; i++) {
		l->half[i].mode = (__u8)mode;
		l->half[i].affinity = (__u8)affinity;
	}
	if (mode == DS_MODE_NAT)
		prog.state->has_nat = 1;
	prog_put("listener_ids", &l->at, &slot);
}

void prog_dest(__u32 slot, __u32 listener, const char *ip, unsigned int port, __u32 flags)
{
	struct ds_dest_rec *d = &prog.dests[slot];
	struct ds_endpoint key = pkt_endpoint(ip, port);

	memset(d, 0, sizeof(*d));
	d->id = 0x1000 + slot;
	d->at = key;
	d->set = 1;
	d->flags = DS_DEST_USED | flags;
	d->serial = 7;
	d->listener = listener;
	key.pad = (__u16)listener;
	prog_put("dest_ids", &key, &slot);
	if (prog.listeners[listener].half[0].mode == DS_MODE_NAT)
		key.pad = DS_PAD_NAT;
	else
		key = sip_token_place(d->id), key.pad = (__u16)listener;
	prog_put("dest_ids", &key, &slot);
}

static void put_slot(__u32 entry, __u32 dest)
{
	prog.slots[entry / DS_SLOTS_GROUP].dest[entry % DS_SLOTS_GROUP] = dest;
}

void prog_set(__u32 slot, __u32 listener, enum ds_algorithm algorithm, __u32 first, __u32 n)
{
	struct ds_set_rec *set = &prog.sets[slot];
	__u32 i;

	set->id = 1;
	set->algorithm = (__u8)algorithm;
	set->pick = algorithm_pick(algorithm, DS_SLOT_CONSISTENT);
	set->table = slot * 2 * PROG_TABLE;
	set->table_size = n ? PROG_TABLE : 0;
	set->members = set->table + PROG_TABLE;
	set->active = n;
	for (i = 0; n && i < PROG_TABLE; i++)
		put_slot(set->table + i, first + i % n);
	for (i = 0; i < n; i++)
		put_slot(set->members + i, first + i);
	prog.listeners[listener].half[0].set = prog.listeners[listener].half[1].set = slot;
}

void prog_scene(enum ds_mode mode, enum ds_algorithm algorithm, enum ds_affinity affinity)
{
	char ip[32];
	__u32 i;

	prog_reset();
	prog_listener(PROG_L4, "192.0.2.1", 5060, mode, affinity);
	prog_listener(PROG_L6, "2001:db8:1::1", 5060, mode, affinity);
	for (i = 0; i < PROG_DESTS; i++) {
		snprintf(ip, sizeof(ip), "198.51.100.%u", 11 + i);
		prog_dest(PROG_DEST(PROG_L4, i), PROG_L4, ip, 5070, 0);
		snprintf(ip, sizeof(ip), "2001:db8:2::%u", 11 + i);
		prog_dest(PROG_DEST(PROG_L6, i), PROG_L6, ip, 5070, 0);
	}
	prog_set(1, PROG_L4, algorithm, PROG_DEST(PROG_L4, 0), PROG_DESTS);
	prog_set(2, PROG_L6, algorithm, PROG_DEST(PROG_L6, 0), PROG_DESTS);
}

struct ds_dest_stats prog_dest_stats(__u32 slot)
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	struct ds_dest_stats sum = { 0 }, *of = calloc((size_t)cpus, sizeof(*of));
	size_t i;

	assert_non_null(of);
	check_int("dest_stats", bpf_map_lookup_elem(prog_map("dest_stats"), &slot, of), 0);
	for (cpu = 0; cpu < cpus; cpu++) {
		for (i = 0; i < TEST_COUNT(sum.requests); i++)
			sum.requests[i] += of[cpu].requests[i];
		for (i = 0; i < TEST_COUNT(sum.responses); i++)
			sum.responses[i] += of[cpu].responses[i];
		sum.timeouts += of[cpu].timeouts;
		sum.octets_to += of[cpu].octets_to;
		sum.octets_from += of[cpu].octets_from;
	}
	free(of);
	return sum;
}

__u64 prog_call(void)
{
	__u64 val = 0;
	int i, way, n = 0;

	for (i = 0; i < PROG_CALLS_BUCKETS; i++) {
		for (way = 0; way < DS_CALLS_WAYS; way++) {
			if (!DS_CALL_STATE(prog.calls[i].way[way].val))
				continue;
			val = prog.calls[i].way[way].val;
			n++;
		}
	}
	return n == 1 ? val : 0;
}
