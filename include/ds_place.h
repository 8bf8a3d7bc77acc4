/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ds_place.h - which places on the network nothing may be sent to, in the kernel and in user space alike. */
#ifndef SIPXDP_DS_PLACE_H
#define SIPXDP_DS_PLACE_H

#include "abi.h"

/* 1 where nothing may be sent to: port 0, unspecified, multicast, IPv4 broadcast or loopback. */
port_inline int ds_place_unfit(const struct ds_endpoint *e)
{
	__u32 top = port_be32(e->ip.w[3]) >> 24;

	if (!e->port_be)
		return 1;
	if (e->ip.w[0] | e->ip.w[1])
		return (e->ip.w[0] & port_be32(0xff000000)) == port_be32(0xff000000);
	if (e->ip.w[2] == port_be32(0xffff))
		return top == 0 || top == 127 || top >= 224;
	/* ::, ::1 and what is left of IPv4-compatible addresses */
	return e->ip.w[2] == 0;
}

#endif
