/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ds_id.h - who a destination is: a 64-bit keyed hash of its canonical URI, `socket` attribute and resolved address.
 * Not the line in the list and not the URI alone, so that calls, counters and tables survive any change of the rest.
 */
#ifndef SIPXDP_DS_ID_H
#define SIPXDP_DS_ID_H

#include "abi.h"
#include "sip_hash.h"

/* Octets s[0..len) go into the hash as sip_hash_span() would put them there. */
port_inline void ds_id_octets(struct sip_hash *h, const void *s, __u32 len)
{
	const __u8 *p = (const __u8 *)s;
	__u32 i, k;
	__u64 w;

	for (i = 0; i < len; i += 8) {
		w = 0;
		for (k = 0; k < 8 && i + k < len; k++)
			w |= (__u64)p[i + k] << (8 * k);
		sip_hash_word(h, w);
	}
	sip_hash_word(h, len);
}

/* uri: canonical (host lower case, port always there). socket: NULL where there is none. Never 0: that means nobody. */
port_inline __u64 ds_id(const __u64 *key, const char *uri, __u32 uri_len, const char *socket, __u32 socket_len,
			const struct ds_endpoint *at)
{
	struct sip_hash h;
	__u64 id;

	sip_hash_begin(&h, key, SIP_HASH_ID);
	ds_id_octets(&h, uri, uri_len);
	sip_hash_word(&h, socket != NULL);
	ds_id_octets(&h, socket, socket_len);
	ds_id_octets(&h, &at->ip, sizeof(at->ip));
	sip_hash_word(&h, port_be16(at->port_be));
	id = sip_hash_end(&h);
	return id ? id : 1;
}

#endif
