/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * work.bpf.h - what one packet carries from program to program of the chain, in a per-CPU value. The verifier does not
 * track the contents of map values, which keeps its states few; nothing in here but the clock survives the packet.
 */
#ifndef SIPXDP_WORK_BPF_H
#define SIPXDP_WORK_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "sip_parse.h"
#include "sip_path.h"
#include "sip_plan.h"
#include "sip_reply.h"
#include "sip_route.h"

/* Octets of payload that a plan or a reply may rewrite: what goes beyond is for the slow path. */
#define WORK_HEAD_MAX 2048

/*
 * An offset into w->out or w->old. The asm keeps the mask where it is: compilers that have seen a bound before leave it
 * out, and to 6.1 the number has none any more ("R3 min value is negative", clang 14 and 19).
 */
#define WORK_AT(off)                          \
	({                                    \
		__u64 work_at = (off);        \
		port_barrier(work_at);        \
		work_at &(WORK_HEAD_MAX - 1); \
	})
/* Ethernet, two tags, IPv6 and UDP: 14 + 8 + 40 + 8, rounded up. */
#define WORK_L2_MAX 80

enum work_sum {
	WORK_SUM_VALID = 0,
	WORK_SUM_NONE,	  /* UDP over IPv4 without a checksum */
	WORK_SUM_PARTIAL, /* only the pseudo header is summed: from a local socket, offload not done */
};

/* The frame as it came. Offsets count from its first octet. */
struct work_pkt {
	struct ds_endpoint src;
	struct ds_endpoint dst;
	__u16 l3;
	__u16 l4;
	__u16 payload;
	__u16 end; /* past the last octet of the UDP payload */
	__u16 vlan[2];
	__u8 tags;
	__u8 is_ip6;
	__u8 tos; /* DSCP and ECN as in the IP header */
	__u8 ttl;
	__u8 sum; /* enum work_sum */
	__u8 pad;
	__be16 check;
	__be16 ip_id;
	__be16 ip_df; /* the don't-fragment bit as in the IPv4 header */
	__u16 pad2;
	__u32 fib_ifindex; /* what route look-ups take for the ingress device */
};

/* Where a packet goes; from phys on in KNOWN_HOP_SIZE octets. */
#define KNOWN_HOP_SIZE 24
struct work_hop {
	struct ds_endpoint to;
	__u32 phys;
	__u16 vlan[2];
	__u8 dmac[6];
	__u8 smac[6];
	__u8 tags;
	__u8 gateway; /* 1: the neighbour is a router on the way */
	__u8 learned; /* 1: its link address is from requests of its own, not from the kernel */
	__u8 pad;
};

/* What known.bpf.h keeps, of each CPU; a power of two of rows. */
#define KNOWN_ROWS 1024
#define KNOWN_NOBODY_ASKED 0xffffffffu

/* Of packets from one place to another. Good for KNOWN_FRESH_NS, while ds_state.changes is the same. */
struct known_flow {
	__u64 ends[5]; /* struct ds_endpoint of source and destination */
	__u64 at_ns;
	__u32 changes;
	__u32 listener;
	__u32 from;	       /* as work.from when a packet comes in: of a nat destination */
	__u32 sender;	       /* slot of the listener's destination at the source, 0: none; KNOWN_NOBODY_ASKED */
	__u32 serial;	       /* of from, or of sender */
	struct ds_mac learned; /* as last entered in macs, ifindex 0: nothing was */
	__u32 pad;
};

/* The next hop of datagrams to a place, from the place that they came to. The same goes for it. */
struct known_hop {
	__u64 ends[5]; /* struct ds_endpoint of both */
	__u64 at_ns;
	__u32 changes;
	__u32 fib_ifindex;
	__u32 ip_len; /* octets of an IP packet that fits; longer ones the kernel is asked about */
	__u32 tos;
	__u8 hop[KNOWN_HOP_SIZE]; /* struct work_hop from phys on */
};

struct work {
	struct sip_msg msg;
	struct work_pkt pkt;
	struct work_hop hop;
	struct sip_plan plan;
	struct sip_route route;
	struct ds_addr outer;	 /* ipip: source of the outer header */
	struct ds_endpoint back; /* where the response will go; of a response, what its top Via names */
	struct sip_reply reply;
	__u32 listener; /* slot; DS_LISTENERS_MAX: none */
	__u32 generic;	/* ds_state.generic */
	__u32 changes;	/* ds_state.changes before anything was looked up */
	__u32 flow;	/* row of known_flows[] */
	__u32 half;	/* which half of the listeners this packet reads */
	__u32 guarded;	/* 1: the guard is to be asked */
	__u32 dest;	/* slot picked, 0: none */
	__u32 from;	/* slot of the destination that sent the packet, 0: none */
	__u32 set;	/* slot in sets[] of what the request is picked from */
	__u32 routed;	/* 1: by a route, whose index in routes[] is route_at */
	__u32 route_at;
	__u32 route_no;	 /* which of the listener's routes */
	__u32 action;	 /* enum ds_action */
	__u32 rewrite;	 /* SIP_REWRITE_*, by the route */
	__u32 next;	 /* how many of the route's next sets were gone on to */
	__u32 other_set; /* 1: the call is known with a destination of another set */
	__u32 reason;	 /* enum reason: of the reply to build, or of the forwarding */
	__u32 now;	 /* seconds of the coarse monotonic clock */
	__u64 now_ns;
	__u64 tick;	 /* jiffies when the clock was read last, by any packet: see known_now() */
	__u64 tick_ns;	 /* what it said */
	__u64 key_hash;	 /* keyed hash of the Call-ID */
	__u64 pick_hash; /* of the key that the set hashes, where keyed is set; else that of the Call-ID is */
	__u32 keyed;
	__u32 key_at;				    /* which of the set's keys is looked for next */
	__u32 picked;				    /* enum reason of a request that was picked for */
	struct sip_ours ours;			    /* of a request to be sent on */
	__u64 tag;				    /* To tag of replies built here */
	__u8 out[WORK_L2_MAX + WORK_HEAD_MAX + 64]; /* the new head of the frame; its payload starts at WORK_L2_MAX */
	__u8 old[WORK_HEAD_MAX + 64];		    /* what that head replaces, for the checksum */
};

#endif
