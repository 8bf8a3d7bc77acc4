/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ds_dest_uri.h - what of a destination's URI and attributes goes into messages: redirects, and Request-URI's rewritten for it. */
#ifndef SIPXDP_DS_DEST_URI_H
#define SIPXDP_DS_DEST_URI_H

#include "abi.h"

#define DS_DEST_HOST_MAX 64   /* whole words, as the next */
#define DS_DEST_PREFIX_MAX 32 /* of the attribute prefix */

/* One destination, or the one place of a route. Immutable while published; texts are zero padded. */
struct ds_dest_uri {
	__u8 host[DS_DEST_HOST_MAX]; /* "host:port;transport=tcp" as in the list, an IPv6 address in brackets */
	__u8 prefix[DS_DEST_PREFIX_MAX];
	__u8 host_len; /* octets of host and port; 0: there is none */
	__u8 all_len;  /* with the parameters behind them */
	__u8 prefix_len;
	__u8 strip; /* octets */
	__u32 pad;
};

_Static_assert(sizeof(struct ds_dest_uri) == 104, "words");

/* Index in the map dest_uris, of one half, by slot of dests[]. */
port_inline __u32 ds_dest_uri_at(__u32 half, __u32 slot)
{
	return (half & 1) * DS_DESTS_MAX + slot;
}

#endif
