// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods_hash.c - the hash that Kamailio picks by, for dispatcher.hash: what scripts ask that place calls by themselves.
 */
#include "methods.h"

/* The sum of a text's words: four octets each, most significant first, and what is left at the end. */
static __u32 methods_hash_add(__u32 h, const char *text, size_t len)
{
	size_t i, n;
	__u32 v;

	for (; len; text += n, len -= n) {
		n = len < 4 ? len : 4;
		for (v = 0, i = 0; i < n; i++)
			v = (v << 8) + (__u32)(signed char)text[i];
		h += v ^ (v >> 3);
	}
	return h;
}

__u32 methods_hash(const char *one, size_t one_len, const char *two, size_t two_len)
{
	__u32 h = methods_hash_add(methods_hash_add(0, one, one_len), two, two_len);

	h += (h >> 11) + (h >> 13) + (h >> 23);
	return h ? h : 1;
}
