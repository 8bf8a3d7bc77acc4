// SPDX-License-Identifier: GPL-2.0-or-later
/* The texts and checks of prog.h. */
#include "prog.h"

#include "test.h"

#include <arpa/inet.h>

/* What a text holds for a hexadecimal digit of ours, and for one blank or two. */
#define ANY_HEX '\1'
#define ANY_BLANKS '\2'
#define HEX16 "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"

struct prog_code {
	char code;
	const char *text[2]; /* IPv4, IPv6 */
};

static const struct prog_code codes[] = {
	{ 'C', { "192.0.2.20:5062", "[2001:db8:1::20]:5062" } },
	{ 'c', { "192.0.2.20", "2001:db8:1::20" } },
	{ 'd', { "198.51.100.11", "2001:db8:2::11" } },
	{ 'n', { "198.51.100.99", "[2001:db8:2::99]" } },
	{ 'P', { "5062", "5062" } },
	{ 'L', { "192.0.2.1:5060", "[2001:db8:1::1]:5060" } },
	{ 'l', { "192.0.2.1", "[2001:db8:1::1]" } },
	{ 'D', { "198.51.100.11:5070", "[2001:db8:2::11]:5070" } },
	{ 'E', { "198.51.100.12:5070", "[2001:db8:2::12]:5070" } },
	{ 'V',
	  { "Via:\2SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK" HEX16 ";sx=" HEX16 "\r\n",
	    "Via:\2SIP/2.0/UDP [2001:db8:1::1]:5060;branch=z9hG4bK" HEX16 ";sx=" HEX16 "\r\n" } },
	{ 'X', { HEX16, HEX16 } },
	{ 'T', { "sx" HEX16, "sx" HEX16 } },
};

size_t prog_text(char *out, const char *text, int is_ip6)
{
	size_t n = 0, i;

	for (; *text; text++) {
		if (*text != '%') {
			out[n++] = *text;
			continue;
		}
		text++;
		for (i = 0; i < TEST_COUNT(codes) && codes[i].code != *text; i++)
			;
		check_true("code in a text is known", i < TEST_COUNT(codes));
		memcpy(out + n, codes[i].text[is_ip6], strlen(codes[i].text[is_ip6]));
		n += strlen(codes[i].text[is_ip6]);
	}
	check_true("text fits", n < PROG_TEXT_MAX);
	out[n] = '\0';
	return n;
}

static int is_answer_row(const char *row)
{
	static const char *const left_out[] = { "Max-Forwards:", "Content-Length:", "Route:", "Contact:" };
	size_t i;

	for (i = 0; i < TEST_COUNT(left_out); i++)
		if (!strncmp(row, left_out[i], strlen(left_out[i])))
			return 0;
	return 1;
}

size_t prog_answer(char *out, const unsigned char *request, size_t len, const char *status)
{
	char copy[PROG_TEXT_MAX], *row, *end;
	size_t n;

	memcpy(copy, request, len);
	copy[len] = '\0';
	n = (size_t)sprintf(out, "SIP/2.0 %s\r\n", status);
	for (row = strstr(copy, "\r\n") + 2; strncmp(row, "\r\n", 2); row = end + 2) {
		end = strstr(row, "\r\n");
		assert_non_null(end);
		*end = '\0';
		if (is_answer_row(row))
			n += (size_t)sprintf(
				out + n, !strncmp(row, "To:", 3) && !strstr(row, ";tag=") ? "%s;tag=uas\r\n" : "%s\r\n",
				row);
	}
	return n + (size_t)sprintf(out + n, "Content-Length: 0\r\n\r\n");
}

void prog_replace(char *text, const char *find, const char *put, int is_ip6)
{
	char what[PROG_TEXT_MAX], with[PROG_TEXT_MAX], *at;
	size_t old = prog_text(what, find, is_ip6), new = prog_text(with, put, is_ip6);

	at = strstr(text, what);
	if (!at)
		print_error("no '%s' in\n%s\n", what, text);
	assert_non_null(at);
	memmove(at + new, at + old, strlen(at + old) + 1);
	memcpy(at, with, new);
}

static int is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

void prog_check_text(const char *what, const unsigned char *got, size_t len, const char *text, int is_ip6)
{
	char want[PROG_TEXT_MAX];
	size_t n = prog_text(want, text, is_ip6), i, w = 0;

	/* what may be anything becomes what it is */
	for (i = 0; i < len && w < n; i++, w++) {
		if (want[w] == ANY_HEX && is_hex(got[i]))
			want[w] = (char)got[i];
		if (want[w] != ANY_BLANKS)
			continue;
		want[w] = ' ';
		if (i + 1 < len && got[i + 1] == ' ') {
			memmove(want + w + 1, want + w, n - w);
			n++;
			w++;
			i++;
		}
	}
	check_mem(what, got, len, want, n);
}

void prog_check(const struct prog_run *r, __u32 action, const char *verdict, const char *reason)
{
	static const char *const actions[] = { "ABORTED", "DROP", "PASS", "TX", "REDIRECT" };

	if (r->action != action || strcmp(r->verdict, verdict) || strcmp(r->reason, reason))
		print_error("is: %s, verdict %s, reason %s\n", r->action < 5 ? actions[r->action] : "?", r->verdict,
			    r->reason);
	check_str("reason", r->reason, reason);
	check_str("verdict", r->verdict, verdict);
	check_int("action", r->action, action);
	check_int("verdicts counted", r->counted, 1);
	check_int("reasons counted", r->reasons, 1);
}

void prog_check_out(const struct prog_run *r, struct pkt_view *v, enum pkt_sum sum)
{
	const char *wrong = pkt_read(v, r->out, r->len);

	check_str("wrong in the headers", wrong ? wrong : "", "");
	check_int("UDP checksum (0 valid, 1 none, 2 partial, 3 wrong)", v->sum, sum);
	check_int("octets behind the packet", v->pad, 0);
}

void prog_check_untouched(const struct prog_run *r, const struct pkt *p)
{
	static unsigned char frame[PKT_FRAME_MAX];
	size_t len = pkt_build(frame, p);

	check_mem("frame", r->out, r->len, frame, len);
}

static const char *endpoint_text(const struct ds_endpoint *e, char *text, size_t size)
{
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &e->ip, ip, sizeof(ip));
	snprintf(text, size, "[%s]:%u", ip, ntohs(e->port_be));
	return text;
}

void prog_check_endpoint(const char *what, const struct ds_endpoint *got, const struct ds_endpoint *want)
{
	char is[80], shall[80];

	check_str(what, endpoint_text(got, is, sizeof(is)), endpoint_text(want, shall, sizeof(shall)));
}

struct ds_endpoint prog_dest_at(int is_ip6, unsigned int n)
{
	char ip[32];

	snprintf(ip, sizeof(ip), is_ip6 ? "2001:db8:2::%u" : "198.51.100.%u", 11 + n);
	return pkt_endpoint(ip, 5070);
}

struct pkt prog_from_client(int is_ip6)
{
	struct pkt p = { .smac = { 2, 0, 0, 0, 0, 0x20 }, .dmac = { 2, 0, 0, 0, 0, 1 }, .id = 0x1234 };

	p.src = pkt_endpoint(is_ip6 ? "2001:db8:1::20" : "192.0.2.20", 5062);
	p.dst = pkt_endpoint(is_ip6 ? "2001:db8:1::1" : "192.0.2.1", 5060);
	return p;
}

struct pkt prog_from_dest(int is_ip6, unsigned int n)
{
	struct pkt p = { .smac = { 2, 0, 0, 0, 1, 0x11 }, .dmac = { 2, 0, 0, 0, 1, 1 }, .id = 0x4321 };

	p.src = prog_dest_at(is_ip6, n);
	p.dst = pkt_endpoint(is_ip6 ? "2001:db8:1::1" : "192.0.2.1", 5060);
	return p;
}
