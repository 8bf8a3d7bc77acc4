/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip_octets.h - texts into a hash, octets that are spelled otherwise as what they stand for. */
#ifndef SIPXDP_SIP_OCTETS_H
#define SIPXDP_SIP_OCTETS_H

#include "sip_hash.h"
#include "sip_value.h"

enum sip_key_found {
	SIP_KEY_OK = 0,
	SIP_KEY_ABSENT, /* the message has none, or what it has is malformed */
	SIP_KEY_FAR,	/* beyond the bounds of this parser */
};

/* How octets go into a hash, one by one. */
#define SIP_OCTETS_ESCAPED (1u << 0)   /* "%41" is "A" */
#define SIP_OCTETS_SEPARATED (1u << 1) /* "-", ".", "(" and ")" are nothing */
#define SIP_OCTETS_BLANKS (1u << 2)    /* blanks in a row, folded lines too, are one SP */
#define SIP_OCTETS_QUOTED (1u << 3)    /* "\x" is "x" */
#define SIP_OCTETS_FOLDED (1u << 4)    /* letters are as in lower case */

/* The value of a hexadecimal digit, 16 where it is none; without a branch that depends on what it is. */
port_inline __u32 sip_hex_digit(__u32 c)
{
	__u32 digit = c - '0', letter = (c | 0x20) - 'a';

	if (digit < 10)
		return digit;
	return letter < 6 ? letter + 10 : 16;
}

port_inline int sip_is_separator(__u32 c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

/*
 * Adds the octets in [off, end) to *h, each read by `how` (SIP_OCTETS_*), as sip_hash_span() adds the octets that they
 * stand for. Returns SIP_KEY_OK, or SIP_KEY_FAR where there are more than PORT_OCTET_STEPS.
 */
port_inline int sip_hash_octets(struct sip_hash *h, const struct sip_buf *b, __u64 off, __u64 end, __u32 how)
{
	__u64 w = 0, n = 0, raw;
	__u32 octet, high, low, blank = 0;
	int i;

	for (i = 0; i < PORT_OCTET_STEPS; i++, off++) {
		if (off >= end) {
			if (n & 7)
				sip_hash_word(h, how & SIP_OCTETS_FOLDED ? sip_lower(w) : w);
			sip_hash_word(h, n);
			return SIP_KEY_OK;
		}
		raw = sip_load8(b, off);
		octet = (__u8)raw;
		if (how & SIP_OCTETS_ESCAPED && octet == '%' && off + 2 < end) {
			high = sip_hex_digit(raw >> 8 & 0xff);
			low = sip_hex_digit(raw >> 16 & 0xff);
			if (high < 16 && low < 16) {
				octet = high << 4 | low;
				off += 2;
			}
		} else if (how & SIP_OCTETS_QUOTED && octet == '\\' && off + 1 < end) {
			octet = raw >> 8 & 0xff;
			off++;
		} else if (how & SIP_OCTETS_SEPARATED && sip_is_separator(octet)) {
			continue;
		} else if (how & SIP_OCTETS_BLANKS) {
			if (sip_is_blank(octet)) {
				if (blank)
					continue;
				octet = ' ';
			}
			blank = octet == ' ';
		}
		w |= (__u64)(octet & 0xff) << (8 * (n & 7));
		n++;
		if (!(n & 7)) {
			sip_hash_word(h, how & SIP_OCTETS_FOLDED ? sip_lower(w) : w);
			w = 0;
		}
	}
	return SIP_KEY_FAR;
}

/* Adds [off, end) to *h; octet by octet only where one of `set` is there: an octet that `how` reads as another. */
port_inline int sip_hash_text(struct sip_hash *h, const struct sip_buf *b, __u64 off, __u64 end, __u32 set, __u32 how)
{
	__u64 e = sip_find(b, off, end, set);

	if (sip_is_far(e, 0, 0))
		return SIP_KEY_FAR;
	if (sip_before(b, e, end))
		return sip_hash_octets(h, b, off, end, how);
	return sip_hash_span(h, b, sip_span(off, end), how & SIP_OCTETS_FOLDED) ? SIP_KEY_FAR : SIP_KEY_OK;
}

#endif
