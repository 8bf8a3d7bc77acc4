// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_hash_test.c - the keyed hash: SipHash-1-3 by its construction, spans by their octets alone, lower case.
 */
#include "sip_text.h"

static const __u64 key[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };

/* SipHash-c-d of n octets as its authors define it; written for this test alone. */
static __u64 reference(unsigned int c, unsigned int d, const __u64 *k, const unsigned char *in, size_t n)
{
	__u64 v[4] = { k[0] ^ 0x736f6d6570736575ull, k[1] ^ 0x646f72616e646f6dull, k[0] ^ 0x6c7967656e657261ull,
		       k[1] ^ 0x7465646279746573ull };
	size_t block, i, rounds;
	__u64 m;

	for (block = 0; block <= n / 8 + 1; block++) {
		int last = block == n / 8 + 1;

		m = block == n / 8 ? (__u64)n << 56 : 0;
		for (i = 0; i < 8 && block * 8 + i < n; i++)
			m |= (__u64)in[block * 8 + i] << (8 * i);
		if (last)
			v[2] ^= 0xff;
		else
			v[3] ^= m;
		for (rounds = last ? d : c; rounds; rounds--) {
			v[0] += v[1], v[1] = v[1] << 13 | v[1] >> 51, v[1] ^= v[0], v[0] = v[0] << 32 | v[0] >> 32;
			v[2] += v[3], v[3] = v[3] << 16 | v[3] >> 48, v[3] ^= v[2];
			v[0] += v[3], v[3] = v[3] << 21 | v[3] >> 43, v[3] ^= v[0];
			v[2] += v[1], v[1] = v[1] << 17 | v[1] >> 47, v[1] ^= v[2], v[2] = v[2] << 32 | v[2] >> 32;
		}
		if (!last)
			v[0] ^= m;
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The published test vector of SipHash-2-4 (15 octets) and of SipHash-1-3 (none): the reference is one. */
static void reference_is_siphash(void **state)
{
	unsigned char in[15];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)i;
	check_int("SipHash-2-4", reference(2, 4, key, in, sizeof(in)), 0xa129ca6149be45e5ull);
	check_int("SipHash-1-3", reference(1, 3, key, in, 0), 0xabac0158050fc4dcull);
}

/* Ours is SipHash-1-3 of the words that go in, the last of which is the block with the length. */
static void is_siphash_1_3(void **state)
{
	unsigned char in[64];
	struct sip_hash h;
	size_t n, i;
	__u64 w;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * 37 + 5);
	for (n = 8; n <= sizeof(in); n++) {
		memcpy(&w, in, 8);
		sip_hash_begin(&h, key, port_le64(w));
		for (i = 8; i + 8 <= n; i += 8) {
			memcpy(&w, in + i, 8);
			sip_hash_word(&h, port_le64(w));
		}
		w = 0;
		memcpy(&w, in + i, n - i);
		sip_hash_word(&h, port_le64(w) | (__u64)n << 56);
		check_int("hash", sip_hash_end(&h), reference(1, 3, key, in, n));
	}
}

/* The hash of the span [off, off + len) of the text. */
static __u64 hash_of(const void *text, size_t text_len, size_t off, size_t len, int fold, const __u64 *k, __u64 use)
{
	struct sip_hash h;
	struct sip_case s;

	guard_copy(&s.g, text, text_len);
	s.c.data = s.g.data;
	s.c.data_end = s.g.data + text_len;
	s.b = sip_buf(&s.c);
	sip_hash_begin(&h, k, use);
	check_int("within the bound", sip_hash_span(&h, &s.b, sip_span(off, off + len), fold), 0);
	guard_free(&s.g);
	return sip_hash_end(&h);
}

/* Any length up to 40, at any offset, with anything around it, the end of the datagram included. */
static void span_is_its_octets(void **state)
{
	char want[40], text[128];
	size_t len, off, behind, i;
	__u64 first;

	(void)state;
	for (i = 0; i < sizeof(want); i++)
		want[i] = (char)('!' + i * 2);
	for (len = 0; len <= sizeof(want); len++) {
		memcpy(text + 8, want, len);
		first = hash_of(text, 8 + len, 8, len, 0, key, 1);
		for (off = 0; off < 17; off++) {
			for (behind = 0; behind < 17; behind += 4) {
				memset(text, 'z', sizeof(text));
				memcpy(text + off, want, len);
				/* a datagram below eight octets is none that is ever hashed */
				if (off + len + behind >= 8)
					check_int("hash", hash_of(text, off + len + behind, off, len, 0, key, 1),
						  first);
			}
		}
	}
}

/* No two of these share a hash: lengths, zero octets at the end, one bit of the octets, of the key, the use. */
static void differs(void **state)
{
	static const __u64 keys[3][2] = {
		{ 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull },
		{ 0x0706050403020101ull, 0x0f0e0d0c0b0a0908ull },
		{ 0x0706050403020100ull, 0x8f0e0d0c0b0a0908ull },
	};
	char text[64] = "call-id@example.com";
	__u64 seen[600];
	size_t n = 0, i, k, bit;

	(void)state;
	for (i = 0; i <= 32; i++)
		seen[n++] = hash_of(text, sizeof(text), 0, i, 0, key, 1);
	for (i = 0; i < 19; i++) {
		for (bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ 1 << bit);
			seen[n++] = hash_of(text, sizeof(text), 0, 19, 0, key, 1);
			text[i] = (char)(text[i] ^ 1 << bit);
		}
	}
	for (k = 1; k < 3; k++)
		seen[n++] = hash_of(text, sizeof(text), 0, 19, 0, keys[k], 1);
	for (k = SIP_HASH_KEY + 1; k <= SIP_HASH_TABLE; k++)
		seen[n++] = hash_of(text, sizeof(text), 0, 19, 0, key, k);
	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			if (seen[i] == seen[k])
				fail_msg("inputs %zu and %zu have one hash", k, i);
}

/* Two spans are not their join: "ab" "c" is not "a" "bc". */
static void spans_are_kept_apart(void **state)
{
	struct sip_case s;
	struct sip_hash h;
	__u64 seen[9];
	size_t cut, i;

	(void)state;
	sip_open(&s, "abcdefghij", 10);
	for (cut = 0; cut < 9; cut++) {
		sip_hash_begin(&h, key, 1);
		sip_hash_span(&h, &s.b, sip_span(0, cut), 0);
		sip_hash_span(&h, &s.b, sip_span(cut, 10), 0);
		seen[cut] = sip_hash_end(&h);
		for (i = 0; i < cut; i++)
			check_true("other cut, other hash", seen[i] != seen[cut]);
	}
	sip_close(&s);
}

static void lower_case(void **state)
{
	unsigned int octet, at;

	(void)state;
	for (octet = 0; octet < 256; octet++) {
		unsigned int want = octet >= 'A' && octet <= 'Z' ? octet + 'a' - 'A' : octet;

		for (at = 0; at < 8; at++) {
			__u64 rest = 0x5b40ffdf617ac1e1ull & ~(0xffull << 8 * at);

			/* none of the other octets is a capital letter */
			check_int("octet", sip_lower(rest | (__u64)octet << 8 * at), rest | (__u64)want << 8 * at);
		}
	}
	check_int("folded span", hash_of("PC33.Example.NET", 16, 0, 16, 1, key, 1),
		  hash_of("pc33.example.net", 16, 0, 16, 0, key, 1));
	check_true("span as it is", hash_of("PC33.Example.NET", 16, 0, 16, 0, key, 1) !=
					    hash_of("pc33.example.net", 16, 0, 16, 0, key, 1));
}

/* A value that will not change: whoever changes the hash moves every call (F58). */
static void hash_is_pinned(void **state)
{
	(void)state;
	check_int("Call-ID", hash_of("987asjd97y7atg@pc33.example.net", 31, 0, 31, 0, key, SIP_HASH_KEY),
		  0x81d24dd155bab6d3ull);
}

/* Every bit of the output depends on the input: over 4,096 Call-IDs each is set half the time. */
static void bits_are_even(void **state)
{
	unsigned int set[64] = { 0 }, i, bit;
	char text[32];
	__u64 x;

	(void)state;
	for (i = 0; i < 4096; i++) {
		snprintf(text, sizeof(text), "%08u@192.0.2.1", i);
		x = hash_of(text, strlen(text), 0, strlen(text), 0, key, SIP_HASH_KEY);
		for (bit = 0; bit < 64; bit++)
			set[bit] += x >> bit & 1;
	}
	/* the standard deviation is 32: five of them */
	for (bit = 0; bit < 64; bit++)
		check_true("bit is even", set[bit] > 2048 - 160 && set[bit] < 2048 + 160);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "the reference is SipHash", reference_is_siphash, NULL);
	test_add(&tests, "ours is SipHash-1-3", is_siphash_1_3, NULL);
	test_add(&tests, "span is its octets", span_is_its_octets, NULL);
	test_add(&tests, "inputs differ, hashes differ", differs, NULL);
	test_add(&tests, "spans are kept apart", spans_are_kept_apart, NULL);
	test_add(&tests, "lower case", lower_case, NULL);
	test_add(&tests, "58 the hash is pinned", hash_is_pinned, NULL);
	test_add(&tests, "bits are even", bits_are_even, NULL);
	return test_run(&tests, "sip_hash");
}
