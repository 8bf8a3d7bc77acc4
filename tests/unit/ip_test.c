// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip_test.c - IP addresses as text: what is read, what is refused, and that RFC 5952 text comes out. The C library is
 * the second opinion. sip-rules 22, 66, 69.
 */
#include <arpa/inet.h>

#include "sip_text.h"

#include "sip_ip.h"
#include "sip_plan.h"

/* Reads text that ends at a forbidden page, something before it, as in a message. */
static int read_ip(const char *text, int is_ip6, struct ds_addr *ip)
{
	static const char before[] = "Via: x@";
	struct sip_span s = { sizeof(before) - 1, strlen(text) };
	struct sip_ctx c;
	struct sip_buf b;
	struct guard g;
	char all[256];
	int rc;

	snprintf(all, sizeof(all), "%s%s", before, text);
	guard_copy(&g, all, strlen(all));
	c.data = g.data;
	c.data_end = g.data + g.len;
	b = sip_buf(&c);
	memset(ip, 0xa5, sizeof(*ip));
	rc = sip_ip_parse(&b, s, is_ip6, ip);
	guard_free(&g);
	return rc;
}

struct ip_row {
	const char *name; /* the text */
	const char *want; /* as the C library reads it, NULL: no address */
	int is_ip6;	  /* stood in brackets */
};

static const struct ip_row ip_rows[] = {
	{ "192.0.2.1", "::ffff:192.0.2.1", 0 },
	{ "0.0.0.0", "::ffff:0.0.0.0", 0 },
	{ "255.255.255.255", "::ffff:255.255.255.255", 0 },
	{ "1.22.133.4", "::ffff:1.22.133.4", 0 },
	{ "1.2.3.4", "::ffff:1.2.3.4", 0 },
	{ "10.20.3.4", "::ffff:10.20.3.4", 0 },
	{ "192.000.002.010", "::ffff:192.0.2.10", 0 },
	{ "256.0.0.1", NULL, 0 },
	{ "1.2.3.999", NULL, 0 },
	{ "1.2.3", NULL, 0 },
	{ "1.2.3.", NULL, 0 },
	{ ".1.2.3.4", NULL, 0 },
	{ "1.2.3.4.", NULL, 0 },
	{ "1.2.3.4.5", NULL, 0 },
	{ "1..3.4", NULL, 0 },
	{ "1.2.3.0004", NULL, 0 },
	{ "1.2.3.a", NULL, 0 },
	{ "1.2.3./", NULL, 0 },
	{ "1.2.3.:", NULL, 0 },
	{ "1.2.3.-4", NULL, 0 },
	{ "1.2.3.\xb1", NULL, 0 },
	{ "1234567", NULL, 0 },
	{ "111.111.111.111.", NULL, 0 },
	{ "", NULL, 0 },
	{ "pc33.example.com", NULL, 0 },
	{ "a.b.c.d", NULL, 0 },
	{ "[192.0.2.1]", NULL, 0 },
	{ "192.0.2.1", NULL, 1 },
	{ "2001:db8::1", "2001:db8::1", 1 },
	{ "2001:DB8::1", "2001:db8::1", 1 },
	{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", 1 },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 1 },
	{ "::", "::", 1 },
	{ "::1", "::1", 1 },
	{ "1::", "1::", 1 },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", 1 },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", 1 },
	{ "1:2:3::7:8", "1:2:3::7:8", 1 },
	{ "fe80::abcd:EF01:2345:6789", "fe80::abcd:ef01:2345:6789", 1 },
	{ "::ffff:192.0.2.10", "::ffff:192.0.2.10", 1 },
	{ "::FFFF:c000:020a", "::ffff:192.0.2.10", 1 },
	{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221", 1 },
	{ "1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221", 1 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1 },
	/* RFC 5118 4.6 */
	{ "2001:db8:::192.0.2.1", "2001:db8::192.0.2.1", 1 },
	{ ":::192.0.2.1", "::192.0.2.1", 1 },
	{ "2001:db8:::1", NULL, 1 },
	{ "2001:db8:::1:192.0.2.1", NULL, 1 },
	{ "2001:db8::::192.0.2.1", NULL, 1 },
	{ "1:2:3:4:5:6:7", NULL, 1 },
	{ "1:2:3:4:5:6:7:8:9", NULL, 1 },
	{ "1:2:3:4:5:6:7:8::", NULL, 1 },
	{ "1:2:3:4::5:6:7:8", NULL, 1 },
	{ "1:2:3:4:5:6:7:192.0.2.1", NULL, 1 },
	{ "1::2::3", NULL, 1 },
	{ ":1::2", NULL, 1 },
	{ "1::2:", NULL, 1 },
	{ ":", NULL, 1 },
	{ "1:", NULL, 1 },
	{ "12345::1", NULL, 1 },
	{ "g::1", NULL, 1 },
	{ "1::@", NULL, 1 },
	{ "1::`", NULL, 1 },
	{ "1::/", NULL, 1 },
	{ "1::\xe1", NULL, 1 },
	{ "fe80::1%eth0", NULL, 1 },
	{ "::192.0.2.256", NULL, 1 },
	{ "::192.0.2.1:1", NULL, 1 },
	{ "", NULL, 1 },
	/* received, RFC 5118 4.5 */
	{ "2001:db8::9:255", "2001:db8::9:255", 0 },
	{ "[2001:db8::9:255]", "2001:db8::9:255", 0 },
	{ "[2001:db8::9:255", NULL, 0 },
};

static void reads(void **state)
{
	const struct ip_row *row = *state;
	struct ds_addr got, want;

	check_int("return value", read_ip(row->name, row->is_ip6, &got), row->want ? 0 : 1);
	if (!row->want)
		return;
	check_int("test's own text", inet_pton(AF_INET6, row->want, &want), 1);
	check_mem("address", &got, sizeof(got), &want, sizeof(want));
	check_true("equal", sip_ip_equal(&got, &want));
	check_int("is IPv4", sip_ip_is4(&got), !strncmp(row->want, "::ffff:", 7) && strchr(row->want, '.'));
}

/* Few values and many zeros, so that runs of zeros are common. */
static void draw(struct ds_addr *ip, unsigned int *seed)
{
	static const unsigned int masks[] = { 0, 0, 0, 0xf, 0xff, 0xfff, 0xffff };
	unsigned char octet[16];
	unsigned int i, g;

	for (i = 0; i < 8; i++) {
		*seed = *seed * 1103515245 + 12345;
		g = (*seed >> 8 & 0xffff) & masks[(*seed >> 24) % TEST_COUNT(masks)];
		octet[2 * i] = (unsigned char)(g >> 8);
		octet[2 * i + 1] = (unsigned char)g;
	}
	memcpy(ip, octet, sizeof(octet));
}

static void write_ip(struct sip_plan *p, const struct ds_addr *ip)
{
	static const unsigned char nothing[8];
	struct sip_ctx c = { .data = nothing, .data_end = nothing + sizeof(nothing) };
	struct sip_buf b = sip_buf(&c);
	struct sip_pen pen = sip_plan_pen(&b, p, 0);

	sip_plan_ip(&pen, ip);
	sip_plan_end(&pen);
}

/* What sip_plan_ip writes: glibc follows RFC 5952 but for IPv4 in the last two parts, which is compared by value. */
static void writes(void **state)
{
	unsigned int seed = 1, i, exact = 0;
	struct ds_addr ip, again;
	struct sip_plan p;
	char got[64], want[64];

	(void)state;
	for (i = 0; i < 20000; i++) {
		draw(&ip, &seed);
		write_ip(&p, &ip);
		check_true("text fits", !p.too_many && p.text_len < sizeof(got));
		memcpy(got, p.text, p.text_len);
		got[p.text_len] = '\0';
		assert_non_null(inet_ntop(AF_INET6, &ip, want, sizeof(want)));
		if (!strchr(want, '.')) {
			exact++;
			check_str("text", got, want);
		}
		check_int("read again", read_ip(got, 1, &again), 0);
		check_mem("address", &again, sizeof(again), &ip, sizeof(ip));
	}
	check_true("texts compared", exact > 10000);
}

static void writes_ip4(void **state)
{
	static const unsigned int edge[] = { 0, 1, 9, 10, 19, 99, 100, 101, 199, 200, 249, 250, 255 };
	unsigned int i, n = TEST_COUNT(edge);
	struct ds_addr ip = { .w = { 0, 0, htonl(0xffff), 0 } }, again;
	struct sip_plan p;
	char got[64], want[64];

	(void)state;
	for (i = 0; i < n * n * n * n; i++) {
		ip.w[3] = htonl(edge[i % n] << 24 | edge[i / n % n] << 16 | edge[i / n / n % n] << 8 |
				edge[i / n / n / n]);
		write_ip(&p, &ip);
		memcpy(got, p.text, p.text_len);
		got[p.text_len] = '\0';
		assert_non_null(inet_ntop(AF_INET, &ip.w[3], want, sizeof(want)));
		check_str("text", got, want);
		check_int("read again", read_ip(got, 0, &again), 0);
		check_true("equal", sip_ip_equal(&ip, &again));
	}
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "read", reads, ip_rows);
	test_add(&tests, "write IPv6 and read it again", writes, NULL);
	test_add(&tests, "write IPv4 and read it again", writes_ip4, NULL);
	return test_run(&tests, "ip");
}
