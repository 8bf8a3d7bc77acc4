/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h - what the kernel program and user space share: map values, limits, modes, algorithms, states.
 *
 * Publication (DESIGN.md section 6). Everything that a packet reads lies in flat arrays. Records of sets, tables and
 * destinations are written to free slots and never change once published, except the fields marked "live". What refers
 * to them, the listeners' current sets, is kept in two halves: a change writes the half that no packet reads and then
 * flips ds_state.generation, which a packet reads once. A slot is reused when no packet can hold it any more, DS_GRACE_MS
 * later at the latest.
 *
 * Addresses are 16 octets in network byte order, IPv4 as v4-mapped ::ffff:a.b.c.d. Ports are in network byte order
 * where the name ends in _be. All else is host byte order.
 */
#ifndef SIPXDP_ABI_H
#define SIPXDP_ABI_H

#include "counters.h"
#include "ds_key.h"
#include "port.h"

/* Changes with any change of a struct below; a new program adopts only maps of its own layout. */
#define DS_LAYOUT_VERSION 8

#define DS_LISTENERS_MAX 64	/* slots in listeners[] */
#define DS_ROUTES_MAX 64	/* routes of a listener: bits of a word */
#define DS_SETS_MAX 4096	/* slots in sets[]; slot 0 is never used */
#define DS_DESTS_MAX 32768	/* slots in dests[]; slot 0 is never used and means "none" */
#define DS_SLOTS_MAX (1u << 22) /* entries of all pick tables together */
#define DS_CALLS_WAYS 7		/* entries in one bucket of the calls table */
#define DS_CALLS_BUCKETS 32768	/* default; a power of two, set by the loader */
#define DS_TABLE_SIZE 65537	/* default Maglev table size; an option of the set */
#define DS_GRACE_MS 1000
#define DS_HEARTBEAT_MS 500	   /* how often the daemon writes ds_state.heartbeat_ns */
#define DS_HEARTBEAT_FRESH_MS 2000 /* how long next_hops[] is trusted after it */
#define DS_URI_MAX 256
#define DS_ATTRS_MAX 512

struct ds_addr {
	__be32 w[4];
};

/* A place on the network; key of the maps that are looked up by address. */
struct ds_endpoint {
	struct ds_addr ip;
	__be16 port_be;
	__u16 pad; /* 0, but in keys of dest_ids: the listener's slot, or DS_PAD_NAT */
};

/* In dest_ids: the destination of a nat listener, whichever (an address:port cannot serve two). */
#define DS_PAD_NAT 0xffff

enum ds_mode {
	DS_MODE_INVALID = 0,
	DS_MODE_PROXY,
	DS_MODE_NAT,
	DS_MODE_DSR,	/* the IP packet as it came, to the link address of the destination */
	DS_MODE_IPIP,	/* the IP packet as it came, in an outer IP header */
	DS_MODE_SHIELD, /* nothing is sent on: what is sound is left to a server on this host */
};

/* Kamailio's numbers (reference/kamailio.md 3.3). */
enum ds_algorithm {
	DS_ALGORITHM_CALL_ID = 0,
	DS_ALGORITHM_FROM_URI = 1,
	DS_ALGORITHM_TO_URI = 2,
	DS_ALGORITHM_REQUEST_URI = 3,
	DS_ALGORITHM_ROUND_ROBIN = 4,
	DS_ALGORITHM_AUTH_USER = 5,
	DS_ALGORITHM_RANDOM = 6,
	DS_ALGORITHM_KEY = 7, /* any key */
	DS_ALGORITHM_SERIAL = 8,
	DS_ALGORITHM_WEIGHT = 9,
	DS_ALGORITHM_CALL_LOAD = 10,
	DS_ALGORITHM_RELATIVE_WEIGHT = 11,
	DS_ALGORITHM_PARALLEL = 12,
	DS_ALGORITHM_LATENCY = 13,
	DS_ALGORITHM_ROUND_ROBIN_OR_SERIAL = 14,
	DS_ALGORITHM_SRV = 15,
	DS_ALGORITHM_OVERLOAD_RATE = 64,
	DS_ALGORITHM_MAX = 64,
};

/* How a hash becomes a member of the set. */
enum ds_slot_rule {
	DS_SLOT_CONSISTENT = 0, /* Maglev over the active members */
	DS_SLOT_KAMAILIO,	/* Kamailio's hash, order, modulus, and walk past members that are not active */
};

/* What the kernel does for an algorithm; whom it may pick, and how often, is in the set's entries of slots[]. */
enum ds_pick_kind {
	DS_PICK_HASH = 0, /* an entry of the table by the hash of a key */
	DS_PICK_MODULO,	  /* the same by the rest of Kamailio's hash, DS_SLOT_KAMAILIO */
	DS_PICK_ALL,	  /* all members, by the slow path; where there is none, as HASH */
	DS_PICK_TURN,	  /* the members in turns */
	DS_PICK_RANDOM,	  /* any of the members */
	DS_PICK_LEAST,	  /* the member with the fewest calls */
};

enum ds_affinity {
	DS_AFFINITY_CALLS = 0,
	DS_AFFINITY_HASH,
};

/* What the lists of a guard say of a source: values of guard_acl. */
enum ds_guard_word {
	DS_GUARD_ALLOW = 1, /* in, without a limit */
	DS_GUARD_DENY,
};

/* Whom a listener lets in. All 0: everybody. */
struct ds_guard {
	__u32 acl;	   /* guard_acl has its lists under this number, which is made of what they say; 0: none */
	__u32 keepalives;  /* 1: a shield leaves keepalives and STUN to its server */
	__u64 interval_ns; /* what a packet takes out of its source's bucket; 0: no limit */
	__u64 burst_ns;	   /* what a full bucket holds */
};

#define DS_FAILOVER_CODES 8
#define DS_FAILOVER_TRIES 4 /* destinations that one request is sent to at most */

/* When a request goes on to the next destination (DESIGN.md section 7). All 0: never. */
struct ds_failover {
	__u16 code[DS_FAILOVER_CODES]; /* final responses, 0: no more */
	__u32 timeout_ms;	       /* from a destination that has not answered at all */
	__u32 timeout_100_ms;	       /* from one that has answered 100 and nothing more */
	__u8 timeout;		       /* 1: silence counts as a failure */
	__u8 tries;		       /* destinations in all */
	__u16 pad;
	__u32 pad2;
};

/* What one listener does, in both halves. */
struct ds_listener_half {
	__u32 set;     /* slot in sets[], 0: none */
	__u8 mode;     /* enum ds_mode, 0: this listener does not exist in this half */
	__u8 affinity; /* enum ds_affinity */
	__u8 keyed;    /* 1: not the keyed hash of the Call-ID is what the set is picked by */
	__u8 guarded;  /* 1: guard is not all 0 */
	struct ds_guard guard;
	struct ds_failover failover;
	__u8 record_route; /* 1: what may begin a dialog gets our Record-Route */
	__u8 path;	   /* 1: a REGISTER whose client knows Path gets ours */
	__u8 forks;	   /* 1: a set that it sends to has DS_PICK_ALL */
	__u8 pad;
	__u32 routes; /* in routes[], 0: all goes to the set */
};

/* Key of guard_acl, longest prefix first; bits counts those of acl, and those of an IPv4 address as if mapped. */
struct ds_guard_net {
	__u32 bits;
	__u32 acl;
	struct ds_addr ip;
};

#define DS_GUARD_NETS_MAX 65536
#define DS_GUARD_ROWS 16384 /* a power of two */
#define DS_GUARD_WAYS 5

/* The bucket of one source, see ds_guard.h; free while key is 0. */
struct ds_guard_source {
	__u64 key;
	__u64 full_ns; /* CLOCK_MONOTONIC */
	__u32 first_s;
	__u32 last_s;
};

/* Two cache lines. */
struct ds_guard_row {
	__u64 rest_full_ns; /* the bucket of all that find no room */
	struct ds_guard_source way[DS_GUARD_WAYS];
};

#define DS_SENT_BY_MAX 64

/* One listener: an address:port that this host answers for. Found through the map listener_ids. */
struct ds_listener {
	struct ds_endpoint at;
	__u8 sent_by_len;
	__u8 is_ip6;
	__u16 pad;
	__u8 sent_by[DS_SENT_BY_MAX]; /* "192.0.2.1:5060" or "[2001:db8::1]:5060", zero padded */
	struct ds_addr tunnel[2];     /* ipip: where outer headers come from over IPv4 and IPv6; zero: not over that */
	struct ds_listener_half half[2];
	__u64 rr[DS_ROUTES_MAX]; /* live: instance-wide round robin, by route */
};

/* One set as published: immutable. */
struct ds_set_rec {
	__s32 id;	/* number in dispatcher.list */
	__u8 algorithm; /* enum ds_algorithm */
	__u8 pick;	/* enum ds_pick_kind */
	__u8 per_cpu;	/* 1: each CPU takes turns by a counter of its own */
	__u8 pad;
	__u32 table;	  /* first entry of its Maglev table in slots[] */
	__u32 table_size; /* entries, 0 where nothing is active */
	__u32 members;	  /* first entry of the list of active members in slots[], each as often as its weight says */
	__u32 active;	  /* entries of that list */
	__u32 spare;	  /* entries behind it: active members that only failover goes to */
	/* what hash algorithms hash: the first that a message has; the Call-ID where it has none */
	struct ds_key key[DS_KEYS_MAX];
};

/* Where a CPU stands in the turns of a route. */
struct ds_turn {
	__u64 next;
};

/* entries of slots[] that one map value holds: array values are padded to eight octets, so they are grouped */
#define DS_SLOTS_GROUP 16

struct ds_slots {
	__u32 dest[DS_SLOTS_GROUP]; /* slots in dests[] */
};

/* ds_dest_rec.flags */
#define DS_DEST_USED (1u << 0)
#define DS_DEST_SLOW (1u << 1)	   /* transport other than UDP, or address local to this host */
#define DS_DEST_DRAINING (1u << 2) /* live: not in the file any more; calls that have it keep it */
#define DS_DEST_DISABLED (1u << 3) /* live: admin state of the file or an operator */
#define DS_DEST_FOREIGN (1u << 4)  /* out of the slow path's reach, too: another transport, or no address */

/* One destination as published. */
struct ds_dest_rec {
	__u64 id; /* keyed hash of canonical URI, socket attribute and address: include/ds_id.h */
	struct ds_endpoint at;
	__s32 set;	/* set number */
	__u32 flags;	/* DS_DEST_*, live */
	__u32 serial;	/* changes when the slot is reused; calls carry its low 8 bits */
	__u32 listener; /* slot of the listener whose set it belongs to */
};

/* What a human wants to know of a destination; written and read by dispatchctl alone. Zero terminated text. */
struct ds_dest_info {
	char uri[DS_URI_MAX];
	char attrs[DS_ATTRS_MAX];
	__s32 priority;
	__u32 list_flags; /* Kamailio's flags as in the file */
	__u64 since_ns;	  /* CLOCK_BOOTTIME when the slot was taken */
	__u64 drain_ns;	  /* CLOCK_BOOTTIME when it began to drain, 0: it does not */
	__u32 line;	  /* in the file */
	__u32 weight;
};

/* ds_next_hop.valid; 0: the kernel is asked */
#define DS_NEXT_HOP_ON_LINK 1 /* the neighbour is the destination itself */
#define DS_NEXT_HOP_GATEWAY 2 /* it is a router on the way */

/*
 * The next hop of one destination as the kernel's tables have it; the daemon writes it and looks after it. Used only
 * while the heartbeat is fresh, for the destination of that serial, and where seq was even and the same before and
 * after.
 */
struct ds_next_hop {
	__u32 seq;     /* odd while it is written */
	__u32 serial;  /* ds_dest_rec.serial that it was found for: a slot taken again does not inherit it */
	__u32 ifindex; /* the device to transmit on, below VLAN devices */
	__u8 dmac[6];
	__u8 smac[6];
	__u16 vlan[2]; /* as in struct ds_link */
	__u8 tags;
	__u8 valid; /* DS_NEXT_HOP_* */
	__u16 mtu;  /* longest IP packet; longer ones the kernel is asked about */
};

/*
 * The calls that a destination has: as many as entries of the calls table are counted for it. Who changes an entry, by the
 * compare-and-swap that was won, changes this; the daemon compares the two. May be below 0 for a moment.
 */
struct ds_load {
	__s64 calls;
	__s32 max; /* attribute maxload: 0: none, below 0: gets no call */
	__u32 pad;
};

/* Members that one packet looks at for the least loaded; of a larger set these are taken in turns. */
#define DS_LEAST_MAX 1024

/* Per-CPU traffic of one destination. Octets of UDP payload. */
struct ds_dest_stats {
	__u64 requests[8];  /* by enum sip_method */
	__u64 responses[8]; /* by class, 1 to 6 */
	__u64 octets_to;
	__u64 octets_from;
	__u64 last_to_ns; /* bpf_ktime_get_coarse_ns, 0: never */
	__u64 last_from_ns;
	__u64 timeouts; /* responses 408, which are in responses[4] as well */
};

/* Per-CPU counters of one listener slot; slot DS_LISTENERS_MAX counts what is of no listener. */
struct ds_counters {
	__u64 verdict[VERDICT_MAX];
	__u64 reason[REASON_MAX];
	__u64 handed; /* packets handed to another CPU, where the rest of them is counted */
	__u64 taken;  /* of these, those that came to be looked at there: the rest found its queue full */
};

/* In a VLAN number, which has 12 bits: its tag is one of 802.1ad, else of 802.1Q. */
#define DS_VLAN_SERVICE 0x1000

/* A link that packets leave by or enter on; key of the map links is the ifindex. */
struct ds_link {
	__u32 phys;    /* the device to transmit on: the VLAN device's parent, else itself */
	__u16 vlan[2]; /* tags to write, outermost first, host byte order, DS_VLAN_SERVICE in them, 0: none */
	__u8 tags;     /* 0 to 2 */
	__u8 attached; /* 1: this program is attached to phys */
	__u16 pad;
};

/*
 * The link address that the last request of a client came from. Used for responses only where the kernel has no
 * neighbour for the client and its routes lead out by the same device: XDP cannot resolve one.
 */
struct ds_mac {
	__u32 ifindex; /* as route look-ups name it: the VLAN device where there is one */
	__u8 client[6];
	__u8 own[6];
};

#define DS_MACS_MAX 65536

/* Key of the map vlan_ids: which VLAN device a tagged frame belongs to. Value: ifindex. */
struct ds_vlan_key {
	__u32 phys;
	__u16 vlan[2];
};

enum ds_call_state {
	DS_CALL_FREE = 0,
	DS_CALL_NEW,	   /* request seen: 32 s */
	DS_CALL_RINGING,   /* 18x seen: 200 s */
	DS_CALL_CONFIRMED, /* 2xx to INVITE seen: until BYE or the idle limit */
	DS_CALL_ENDING,	   /* failure or 2xx to another method: 32 s */
	DS_CALL_OVER,	   /* BYE: 32 s; a 2xx sent again does not bring it back */
	DS_CALL_STATES,
};

/*
 * One call. key: keyed hash of listener and Call-ID; the entry is free while val's state is. Read without a lock: key,
 * val, key again. State and time change by compare-and-swap of val; entries are taken under the bucket's lock.
 */
struct ds_call {
	__u64 key;
	__u64 val;
};

/* Two cache lines. lock: 1 while an entry is taken; held for some ten instructions and never waited for long. */
struct ds_call_bucket {
	__u64 lock;
	__u64 pad;
	struct ds_call way[DS_CALLS_WAYS];
};

/*
 * val: destination slot 16 bits | tag 6 | forked 1 | other 1 | its serial 8 | state 4 | counted 1 | try 3 | ticks of the
 * monotonic clock 24.
 * counted: the entry is one of its destination's calls (struct ds_load). try: the low bits of the INVITE's CSeq. tag: what
 * is left of the destination's tag in the first 2xx. forked: another dialog was answered and not ended. other: the
 * dialog with that tag is over, the one that goes on has another.
 */
#define DS_CALL_DEST(v) ((__u32)(v)&0xffff)
#define DS_CALL_TAG(v) ((__u32)((v) >> 16) & 0x3f)
#define DS_CALL_FORKED (1ull << 22)
#define DS_CALL_OTHER (1ull << 23)
#define DS_CALL_DIALOG (0xffull << 16) /* tag, forked, other */
#define DS_CALL_SERIAL(v) ((__u32)(v) >> 24)
#define DS_CALL_STATE(v) ((__u32)((v) >> 32) & 0xf)
#define DS_CALL_COUNTED (1ull << 36)
#define DS_CALL_TRY(v) ((__u32)((v) >> 37) & 7)
#define DS_CALL_SECONDS(v) ((__u32)((v) >> 40) & 0xffffff)
#define DS_CALL_VAL(dest, serial, state, seconds)                                             \
	((__u64)((dest)&0xffff) | (__u64)((serial)&0xff) << 24 | (__u64)((state)&0xf) << 32 | \
	 (__u64)((seconds)&0xffffff) << 40)

#define DS_STORED_MAX 8192 /* entries where a listener has failover; both by the loader, powers of two */
#define DS_STORED_MIN 1024
#define DS_STORED_WAYS 4
#define DS_STORED_OCTETS 1968

/*
 * A request of a listener with failover as it came, see ds_store.h; free while key is 0. Who enters one takes key from
 * what it was to DS_STORED_BUSY, fills the rest and sets key last. Readers read key again at the end.
 */
struct ds_stored {
	__u64 key;	/* our branch */
	__u64 val;	/* destinations tried and flags */
	__u64 born_ns;	/* CLOCK_MONOTONIC, coarse */
	__u64 sent_ns;	/* to the last destination */
	__u64 heard_ns; /* of it */
	struct ds_endpoint client;
	__u32 listener; /* slot */
	__u16 len;
	__u8 method; /* enum sip_method */
	__u8 tos;
	__u32 cseq;
	__u64 pad;
	__u8 octets[DS_STORED_OCTETS];
};

/* A tick of the calls table: 2^30 ns, 7 % more than a second, so that the kernel need not divide. */
#define DS_TICK_SHIFT 30

#define DS_CALL_NEW_S 32
#define DS_CALL_RINGING_S 200
#define DS_CALL_ENDING_S 32
#define DS_CALL_IDLE_S 14400 /* default idle limit of a confirmed call; ds_state.call_idle_s */

#define DS_SPREAD_MAX 64
/* Packets that wait for one CPU at most; the kernel takes no more than 16384. */
#define DS_SPREAD_QUEUE 4096

/* The one value of the map state. */
struct ds_state {
	__u32 layout;	  /* DS_LAYOUT_VERSION */
	__u32 generation; /* live: bit 0 chooses the half; 0 is before the first publication */
	__u64 key[2];	  /* cluster key */
	__u32 calls_mask; /* buckets of the calls table less one */
	__u32 call_idle_s;
	__u64 heartbeat_ns; /* live: of the daemon by CLOCK_MONOTONIC, 0: none */
	__u32 slow_path; /* live: 1 while a daemon holds sockets on the listeners; counts while the heartbeat is fresh */
	__u32 has_nat;	 /* live: 1 while a listener in nat mode exists */
	__u32 generic;	 /* 1: attached in generic mode, where csum_start of a partial checksum cannot move */
	__u32 stored_mask; /* rows of stored[] less one */
	__u32 changes; /* live: goes up after what packets remember look-ups of has changed: ids, routes, neighbours, links */
	__u32 spread; /* CPUs in spread_cpu that packets are spread over by Call-ID, 0: each stays where it came in */
	__u32 spread_cpu[DS_SPREAD_MAX];
};

_Static_assert(sizeof(struct ds_endpoint) == 20, "key without holes");
_Static_assert(sizeof(struct ds_slots) == 4 * DS_SLOTS_GROUP, "group without holes");
_Static_assert(sizeof(struct ds_call_bucket) == 128, "two cache lines");
_Static_assert(sizeof(struct ds_stored) == 2048, "stride of a mapped array");
_Static_assert(DS_DESTS_MAX <= 0x8000, "slots in ds_stored.val");
_Static_assert(sizeof(struct ds_guard_net) == 24, "key without holes");
_Static_assert(sizeof(struct ds_guard_row) == 128, "two cache lines");
_Static_assert(sizeof(struct ds_dest_rec) == 48, "record without holes");
_Static_assert(sizeof(struct ds_next_hop) == 32, "stride of a mapped array");
_Static_assert(sizeof(struct ds_vlan_key) == 8, "key without holes");
_Static_assert(sizeof(struct ds_load) == 16, "stride of a mapped array");
_Static_assert(DS_DESTS_MAX <= 0x10000, "slots in DS_CALL_DEST");
_Static_assert(sizeof(struct ds_mac) == 16, "two words without holes");

/*
 * The programs of the chain and their places in the program array `chain`; CHAIN_LIST(X): X(name). Where packets are
 * spread over CPUs, all of them are for cpumap, which the kernel tells from those for interfaces.
 */
#define CHAIN_LIST(X)                                                                    \
	X(dispatch) /* reads headers and the head of a message: begins the chain */      \
	X(values)   /* parses the values of the rows, then goes on by kind */            \
	X(route)    /* matches the listener's routes, then goes on by action and mode */ \
	X(key)	    /* hashes another key than the Call-ID */                            \
	X(key_row)  /* hashes a key that is in a row the parser passed over */           \
	X(request)  /* proxy: routes and picks */                                        \
	X(path)	    /* proxy: looks whether a REGISTER is to get our Path */             \
	X(forward)  /* proxy: plans and sends a request */                               \
	X(response) /* proxy: verifies, pops and sends a response */                     \
	X(redirect) /* picks whom a request is redirected to */                          \
	X(reply)    /* builds a reply to a request and sends it back */                  \
	X(nat)	    /* nat: picks and rewrites addresses */                              \
	X(direct)   /* dsr, ipip: picks and sends the packet whole */                    \
	X(shield)   /* shield: passes what is sound */

enum ds_chain {
#define X(name) DS_CHAIN_##name,
	CHAIN_LIST(X)
#undef X
		DS_CHAIN_MAX
};

/*
 * Maps, by the names they are pinned under (value by key; writer; reader):
 *   state         struct ds_state by 0; user space; both          (mmapable)
 *   listener_ids  __u32 slot by struct ds_endpoint; user; kernel
 *   listeners     struct ds_listener by slot; user (rr: kernel)   (mmapable)
 *   sets          struct ds_set_rec by slot; user; kernel         (mmapable)
 *   slots         struct ds_slots by entry / DS_SLOTS_GROUP; user (mmapable)
 *   dests         struct ds_dest_rec by slot; user                (mmapable)
 *   dest_ids      __u32 slot by struct ds_endpoint with pad = the listener's slot: which of its destinations an
 *                 address:port is; for nat listeners a second entry with pad = DS_PAD_NAT; and under the place that
 *                 sip_token_place() makes of its id; user; kernel
 *   dest_info     struct ds_dest_info by slot; user; user         (mmapable)
 *   dest_uris     struct ds_dest_uri by ds_dest_uri_at(); user; kernel      (mmapable)
 *   next_hops     struct ds_next_hop by slot of dests; user; kernel (mmapable)
 *   loads         struct ds_load by slot of dests[]; both (max: user) (mmapable)
 *   dest_stats    per-CPU struct ds_dest_stats by slot; kernel; user
 *   counters      per-CPU struct ds_counters by listener slot, DS_LISTENERS_MAX for none; kernel; user
 *   calls         struct ds_call_bucket by bucket; both           (mmapable)
 *   stored        struct ds_stored by row * DS_STORED_WAYS + way; both (mmapable)
 *   guard_acl     __u32 enum ds_guard_word by struct ds_guard_net, longest prefix first; user; kernel
 *   guard_sources struct ds_guard_row by hash of the source; kernel; kernel
 *   links         struct ds_link by ifindex; user; kernel
 *   vlan_ids      __u32 ifindex by struct ds_vlan_key; user; kernel
 *   routes        struct ds_route by ds_route_at(); user; kernel   (mmapable)
 *   route_tables  struct ds_route_table by ds_route_table_at(); user; kernel (mmapable)
 *   route_exact   __u64 routes by struct ds_route_exact; user; kernel
 *   route_prefixes __u64 routes by struct ds_route_prefix, longest prefix first; user; kernel
 *   turns         struct ds_turn by slot of listeners[] * DS_ROUTES_MAX + route, of each CPU; kernel; kernel (not pinned)
 *   macs          struct ds_mac by struct ds_addr, least recently used goes first; kernel; kernel (not pinned)
 *   known_flows   per-CPU struct known_flow (bpf/work.bpf.h) by hash of two places; kernel; kernel (not pinned)
 *   known_hops    per-CPU struct known_hop by hash of two places; kernel; kernel (not pinned)
 *   chain         program array: xdp_<name> by DS_CHAIN_<name>; user; kernel (the entry is xdp_dispatch, or xdp_spread)
 *   cpus          cpumap: struct bpf_cpumap_val by CPU, with xdp_dispatch where packets are spread; user; kernel
 */

#endif
