// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ds_id_test.c - who a destination is: what changes its identity and what does not.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ds_id.h"
#include "uri.h"

static const __u64 key[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };

static __u64 id_at(const __u64 *k, const char *text, const char *socket, const char *ip, __u16 port)
{
	struct ds_endpoint at = { .port_be = htons(port) };
	struct uri_error why;
	struct ds_uri uri;
	__u64 id;

	assert_int_equal(uri_parse(text, strlen(text), &uri, &why), 0);
	assert_int_equal(uri_address(ip, &at.ip), 0);
	id = ds_id(k, uri.canonical, strlen(uri.canonical), socket, socket ? strlen(socket) : 0, &at);
	uri_free(&uri);
	return id;
}

static __u64 id(const char *text)
{
	return id_at(key, text, NULL, "192.0.2.1", 5060);
}

static void test_spelling_does_not_matter(void **state)
{
	(void)state;
	assert_int_equal(id("sip:example.com"), id("sip:EXAMPLE.com:5060"));
	assert_int_equal(id("SIP:example.com"), id("sip:example.com"));
	assert_int_equal(id("sip:[2001:db8::1]"), id("sip:[2001:DB8:0::1]:5060"));
}

static void test_each_part_matters(void **state)
{
	const __u64 base = id("sip:example.com"), other_key[2] = { key[0], key[1] + 1 };

	(void)state;
	assert_int_not_equal(base, id("sip:example.org"));
	assert_int_not_equal(base, id("sip:example.com:5061"));
	assert_int_not_equal(base, id("sip:a@example.com"));
	assert_int_not_equal(id("sip:A@example.com"), id("sip:a@example.com"));
	assert_int_not_equal(base, id("sip:example.com;px=3"));
	assert_int_not_equal(base, id_at(key, "sip:example.com", "udp:192.0.2.9:5060", "192.0.2.1", 5060));
	assert_int_not_equal(base, id_at(key, "sip:example.com", "", "192.0.2.1", 5060));
	assert_int_not_equal(base, id_at(key, "sip:example.com", NULL, "192.0.2.2", 5060));
	assert_int_not_equal(base, id_at(key, "sip:example.com", NULL, "2001:db8::1", 5060));
	assert_int_not_equal(base, id_at(key, "sip:example.com", NULL, "192.0.2.1", 5061));
	assert_int_not_equal(base, id_at(other_key, "sip:example.com", NULL, "192.0.2.1", 5060));
}

/* Octets moved from one part to the next make another identity. */
static void test_parts_do_not_run_together(void **state)
{
	struct ds_endpoint at = { .port_be = htons(5060) };

	(void)state;
	assert_int_not_equal(ds_id(key, "abc", 3, "def", 3, &at), ds_id(key, "abcd", 4, "ef", 2, &at));
	assert_int_not_equal(ds_id(key, "abcdefgh", 8, NULL, 0, &at), ds_id(key, "abcdefgh\0", 9, NULL, 0, &at));
}

/* Two directors, today's and next year's, must agree: the number itself is part of the interface. */
static void test_is_stable(void **state)
{
	char text[17];

	(void)state;
	snprintf(text, sizeof(text), "%016llx", id("sip:example.com"));
	assert_string_equal(text, "b6611991524d24b9");
}

/* As sip_hash_span() hashes the same octets. */
static void test_octets_as_span(void **state)
{
	static const char text[] = "0123456789abcdefghijklmn";
	struct sip_ctx c = { .data = (const __u8 *)text, .data_end = (const __u8 *)text + sizeof(text) };
	const struct sip_buf b = sip_buf(&c);
	struct sip_hash x, y;
	__u16 n;

	(void)state;
	for (n = 0; n < sizeof(text); n++) {
		sip_hash_begin(&x, key, SIP_HASH_ID);
		y = x;
		ds_id_octets(&x, text, n);
		assert_int_equal(sip_hash_span(&y, &b, (struct sip_span){ 0, n }, 0), 0);
		assert_int_equal(sip_hash_end(&x), sip_hash_end(&y));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spelling_does_not_matter),
		cmocka_unit_test(test_each_part_matters),
		cmocka_unit_test(test_parts_do_not_run_together),
		cmocka_unit_test(test_is_stable),
		cmocka_unit_test(test_octets_as_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
