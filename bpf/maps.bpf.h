/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maps.bpf.h - every map; what each holds, who writes and who reads it is listed at the end of include/abi.h. */
#ifndef SIPXDP_MAPS_BPF_H
#define SIPXDP_MAPS_BPF_H

#include "ds_route.h"
#include "work.bpf.h"

#define DS_ARRAY(name, record, entries)            \
	struct {                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);  \
		__uint(map_flags, BPF_F_MMAPABLE); \
		__uint(max_entries, entries);      \
		__type(key, __u32);                \
		__type(value, struct record);      \
	} name SEC(".maps")

#define DS_HASH(name, key_type, value_type, entries) \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_HASH);     \
		__uint(max_entries, entries);        \
		__type(key, key_type);               \
		__type(value, value_type);           \
	} name SEC(".maps")

#define DS_PERCPU(name, record, entries)                 \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, entries);            \
		__type(key, __u32);                      \
		__type(value, struct record);            \
	} name SEC(".maps")

DS_ARRAY(state, ds_state, 1);
DS_ARRAY(listeners, ds_listener, DS_LISTENERS_MAX);
DS_ARRAY(sets, ds_set_rec, DS_SETS_MAX);
DS_ARRAY(slots, ds_slots, DS_SLOTS_MAX / DS_SLOTS_GROUP);
DS_ARRAY(dests, ds_dest_rec, DS_DESTS_MAX);
DS_ARRAY(dest_info, ds_dest_info, DS_DESTS_MAX);
DS_ARRAY(dest_uris, ds_dest_uri, 2 * DS_DESTS_MAX);
DS_ARRAY(next_hops, ds_next_hop, DS_DESTS_MAX);
DS_ARRAY(loads, ds_load, DS_DESTS_MAX);
DS_ARRAY(calls, ds_call_bucket, DS_CALLS_BUCKETS);
DS_ARRAY(stored, ds_stored, DS_STORED_MIN);
DS_ARRAY(routes, ds_route, 2 * DS_LISTENERS_MAX * DS_ROUTES_MAX);
DS_ARRAY(route_tables, ds_route_table, 2 * DS_LISTENERS_MAX);
DS_ARRAY(guard_sources, ds_guard_row, DS_GUARD_ROWS);
DS_HASH(listener_ids, struct ds_endpoint, __u32, DS_LISTENERS_MAX);
DS_HASH(dest_ids, struct ds_endpoint, __u32, DS_DESTS_MAX);
DS_HASH(links, __u32, struct ds_link, 4096);
DS_HASH(vlan_ids, struct ds_vlan_key, __u32, 4096);
DS_PERCPU(dest_stats, ds_dest_stats, DS_DESTS_MAX);
DS_PERCPU(counters, ds_counters, DS_LISTENERS_MAX + 1);
DS_PERCPU(turns, ds_turn, DS_LISTENERS_MAX *DS_ROUTES_MAX);
DS_PERCPU(scratch, work, 1);
DS_PERCPU(known_flows, known_flow, KNOWN_ROWS);
DS_PERCPU(known_hops, known_hop, KNOWN_ROWS);

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DS_MACS_MAX);
	__type(key, struct ds_addr);
	__type(value, struct ds_mac);
} macs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, DS_GUARD_NETS_MAX);
	__type(key, struct ds_guard_net);
	__type(value, __u32);
} guard_acl SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, DS_ROUTE_KEYS_MAX);
	__type(key, struct ds_route_exact);
	__type(value, __u64);
} route_exact SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, DS_ROUTE_KEYS_MAX);
	__type(key, struct ds_route_prefix);
	__type(value, __u64);
} route_prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, DS_CHAIN_MAX);
	__type(key, __u32);
	__type(value, __u32);
} chain SEC(".maps");

/* Set by the loader: 1 where packets are spread, and all programs but xdp_spread are for cpumap. */
const volatile __u32 is_spread SEC(".rodata.spread");

/* As many entries as there may be CPUs, by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

#define DS_LOOKUP(map, key)                             \
	({                                              \
		__u32 lookup_key = (key);               \
		bpf_map_lookup_elem(&map, &lookup_key); \
	})

#endif
