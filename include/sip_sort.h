/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip_sort.h - sorts a datagram by its first octets before anything is parsed (RFC 7983; RFC 5626 section 8). */
#ifndef SIPXDP_SIP_SORT_H
#define SIPXDP_SIP_SORT_H

#include "counters.h"
#include "sip_buf.h"

#define SIP_STUN_COOKIE 0x42a41221u /* 0x2112a442 as loaded little endian */

/*
 * word: the first eight octets, zeros beyond the end; len: octets of the datagram. REASON_none where it may be SIP,
 * else keepalive, stun or not_sip.
 */
port_inline int sip_sort(__u64 word, __u64 len)
{
	__u8 first = word;

	if (len == 0 || first == 0 || first == ' ' || first == '\t') {
		if (len >= 20 && (__u32)(word >> 32) == SIP_STUN_COOKIE)
			return REASON_stun;
		return REASON_keepalive;
	}
	if (first == '\r' || first == '\n')
		return len <= 4 ? REASON_keepalive : REASON_none;
	if (first <= 3)
		return REASON_stun;
	if (first < 0x20 || first >= 0x7f)
		return REASON_not_sip;
	return REASON_none;
}

#endif
