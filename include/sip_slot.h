/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_slot.h - Kamailio's hash of a key (dispatcher, 5.6), octet for octet, for the slot rule `kamailio`: who replaces a
 * running Kamailio moves no call. Unkeyed and additive: whoever knows the list can aim; the rule `consistent` has none of
 * that. Octets count as signed, as char is on x86.
 *
 * The sum of the big-endian words v of each text, as v ^ v >> 3, what is left at the end as one more word, then mixed.
 * A URI's texts are its user, escapes as they are and a password left out, and its host with the port unless that is
 * the default one.
 */
#ifndef SIPXDP_SIP_SLOT_H
#define SIPXDP_SIP_SLOT_H

#include "sip_parse.h"

/* What up to four octets add, the first in the lowest octet of w; n: how many. */
port_inline __u32 sip_slot_word(__u64 w, __u64 n)
{
	/* a shift of 32 is none of a 64-bit number */
	__u32 v = (__u64)port_be32((__u32)w) >> (32 - 8 * n);

	v -= (v >> 7 & 0x01010101) << 8;
	return v ^ v >> 3;
}

/* Adds the octets of [off, end) to *sum. Returns 1 where they are beyond the bound of a scan. */
port_inline int sip_slot_add(__u64 *sum, const struct sip_buf *b, __u64 off, __u64 end)
{
	__u64 w, left, first, h = *sum;
	int i;

	off = port_forget(off, b->zero);
	end = port_forget(end, b->zero);
	for (i = 0; i < PORT_HASH_STEPS; i++, off = port_forget(off + 8, b->zero)) {
		h = port_forget(h, b->zero);
		port_join();
		if (!sip_before(b, off, end)) {
			*sum = h;
			return 0;
		}
		left = end - off;
		left = left > 8 ? 8 : left;
		first = left > 4 ? 4 : left;
		w = sip_load8(b, off);
		h += sip_slot_word(w, first);
		h += sip_slot_word(w >> 32, left - first);
	}
	return 1;
}

port_inline __u32 sip_slot_mix(__u64 sum)
{
	__u32 h = (__u32)sum;

	h += (h >> 11) + (h >> 13) + (h >> 23);
	return h ? h : 1;
}

/*
 * Whether a URI's parameters, which end at lim or before its headers, say user=phone; SIP_FAR where they are too many.
 * Global, since inline it takes xdp_key to 646 k verified instructions (6.1, clang 16).
 */
port_global __u64 sip_slot_is_phone(struct sip_ctx *c, __u64 off, __u64 lim)
{
	SIP_OPEN(c);
	__u64 w;
	int i;

	for (i = 0; i < PORT_PARAM_STEPS; i++) {
		off = port_forget(off, b->zero);
		port_join();
		if (!sip_before(b, off, lim) || sip_load1(b, off) != ';')
			return 0;
		w = sip_lower(sip_load8(b, off + 1)) ^ SIP_W8('u', 's', 'e', 'r', '=', 'p', 'h', 'o');
		w |= (sip_lower(sip_load8(b, off + 9)) & 0xffff) ^ SIP_W2('n', 'e');
		off = sip_find(b, off + 1, lim, SIP_SET(';', '?', ';', '?'));
		if (sip_is_far(off, 0, 0))
			return SIP_FAR;
		if (!w)
			return 1;
	}
	return SIP_FAR;
}

/*
 * Past the port of a URI whose port is not the default one, else past its host. To Kamailio a SIPS URI with user=phone is
 * a telephone number's, whose default is that of SIP.
 */
port_inline __u64 sip_slot_host_end(const struct sip_buf *b, const struct sip_uri *u, __u64 is_phone, __u64 lim)
{
	__u64 end = (__u64)u->host.off + u->host.len + u->is_ip6;

	if (!u->port || u->port == (is_phone ? SIP_PORT : sip_default_port(u)))
		return end;
	return sip_find(b, end, lim, SIP_SET(';', '?', ';', '?'));
}

#endif
