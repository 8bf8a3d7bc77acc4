/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ds_key.h - what a hash algorithm hashes, as the configuration says it and the kernel reads it.
 */
#ifndef SIPXDP_DS_KEY_H
#define SIPXDP_DS_KEY_H

#include <linux/types.h>

#define DS_KEY_NAME_MAX 24
#define DS_KEYS_MAX 4 /* keys of a set, each for where a message has not the ones before */

enum ds_key_kind {
	DS_KEY_CALL_ID = 0,
	DS_KEY_FROM_URI,
	DS_KEY_FROM_USER,
	DS_KEY_TO_URI,
	DS_KEY_TO_USER,
	DS_KEY_REQUEST_URI,
	DS_KEY_REQUEST_USER,
	DS_KEY_HEADER,	    /* the first value of a header */
	DS_KEY_CREDENTIALS, /* the user name in the credentials that a header holds */
	DS_KEY_SOURCE_IP,
	DS_KEY_SOURCE,	  /* address and port */
	DS_KEY_PARAMETER, /* of the Request-URI */
	DS_KEY_KINDS,
};

/* name and mask: the header's or parameter's name in lower case as three words of sip_load8(), and which octets of them count. */
struct ds_key {
	__u8 kind;    /* enum ds_key_kind */
	__u8 len;     /* of the name */
	__u8 compact; /* its compact form (RFC 3261 7.3.3) in lower case, 0: it has none */
	__u8 pad[5];
	__u64 name[DS_KEY_NAME_MAX / 8];
	__u64 mask[DS_KEY_NAME_MAX / 8];
};

#endif
