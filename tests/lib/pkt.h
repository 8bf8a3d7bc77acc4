/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pkt.h - builds Ethernet frames with a UDP datagram and takes them apart again. Shares no code with bpf/, so that a
 * mistake there is not made twice.
 */
#ifndef SIPXDP_TEST_PKT_H
#define SIPXDP_TEST_PKT_H

#include <stddef.h>

#include "abi.h"

#define PKT_FRAME_MAX 16384

/* What a UDP checksum is, or shall be. */
enum pkt_sum {
	PKT_SUM_VALID = 0,
	PKT_SUM_NONE,	 /* 0 */
	PKT_SUM_PARTIAL, /* the folded sum of the pseudo header, as a local socket leaves it */
	PKT_SUM_WRONG,
};

/* A frame to build. Addresses and the payload are needed; what is 0 else becomes the usual. */
struct pkt {
	struct ds_endpoint src;
	struct ds_endpoint dst;
	const void *payload;
	size_t len;
	unsigned char dmac[6];
	unsigned char smac[6];
	unsigned int tags; /* VLAN tags, 0 to 2 */
	__u16 vlan[2];	   /* outermost first */
	__u8 tos;
	__u8 ttl;   /* 0: 61 */
	__u8 proto; /* 0: UDP */
	__u16 id;
	__u16 frag; /* the IPv4 field, or a fragment header over IPv6 with its field */
	__u8 ext;   /* words of IPv4 options, or the number of an extension header of 8 octets */
	enum pkt_sum sum;
	int udp_len_off; /* added to the UDP length */
	int ip_len_off;	 /* added to the IP length */
	size_t pad;	 /* octets behind the IP packet */
};

/* A frame taken apart. */
struct pkt_view {
	unsigned char dmac[6];
	unsigned char smac[6];
	unsigned int tags;
	__u16 proto[2]; /* of each tag */
	__u16 vlan[2];
	int is_ip6;
	__u8 tos;
	__u8 ttl;
	__u16 id;
	__u16 frag;
	struct ds_endpoint src;
	struct ds_endpoint dst;
	enum pkt_sum sum;
	const unsigned char *payload;
	size_t len;
	size_t pad;
};

/* v4-mapped for IPv4; text must be an address. */
struct ds_endpoint pkt_endpoint(const char *ip, unsigned int port);
int pkt_same_endpoint(const struct ds_endpoint *a, const struct ds_endpoint *b);

/* Returns the length of the frame. frame: PKT_FRAME_MAX octets. */
size_t pkt_build(unsigned char *frame, const struct pkt *p);

/* NULL, or what is wrong with the headers: lengths, IPv4 header checksum, versions. The UDP checksum is v->sum. */
const char *pkt_read(struct pkt_view *v, const unsigned char *frame, size_t len);

/* Where the UDP header of a frame built from p begins. */
size_t pkt_udp_at(const struct pkt *p);

#endif
