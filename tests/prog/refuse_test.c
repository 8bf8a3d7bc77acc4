// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * refuse_test.c - what the fast path does not send on: what needs the slow path, what no SIP message can be, and what
 * comes from nowhere. A packet refused is the packet that came.
 */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <time.h>

#include "prog.h"

#define REQUEST                                                                                                    \
	"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\nMax-Forwards: 70\r\n" \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"

static char text[PROG_TEXT_MAX];

static struct pkt invite(int is_ip6)
{
	struct pkt p = prog_from_client(is_ip6);

	p.len = prog_text(text, REQUEST "Content-Length: 0\r\n\r\n", is_ip6);
	p.payload = text;
	return p;
}

static void scene(void)
{
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
}

/* Pads the message with a body, without a Content-Length, until it has len octets. */
static void grow_body(struct pkt *p, size_t len)
{
	p->len = prog_text(text, REQUEST "\r\n", !!strchr(text, '['));
	memset(text + p->len, 'b', len - p->len);
	p->len = len;
}

static void fragment(struct pkt *p)
{
	p->frag = p->src.ip.w[2] == htonl(0xffff) ? 0x2000 : 0x0001;
}

static void options(struct pkt *p)
{
	p->ext = p->src.ip.w[2] == htonl(0xffff) ? 1 : IPPROTO_DSTOPTS;
}

static void more_options(struct pkt *p)
{
	p->ext = p->src.ip.w[2] == htonl(0xffff) ? 10 : IPPROTO_ROUTING;
}

static void udp_short(struct pkt *p)
{
	p->udp_len_off = -1;
}

static void udp_long(struct pkt *p)
{
	p->udp_len_off = 1;
}

static void udp_no_header(struct pkt *p)
{
	p->udp_len_off = 4 - (int)p->len;
	p->udp_len_off -= 8;
}

static void udp_zero(struct pkt *p)
{
	p->udp_len_off = -8 - (int)p->len;
}

static void ip_short(struct pkt *p)
{
	p->ip_len_off = -1;
}

static void ip_long(struct pkt *p)
{
	p->ip_len_off = 1;
	p->udp_len_off = 1;
}

/* A super-frame of several buffers. */
static void several_buffers(struct pkt *p)
{
	grow_body(p, 5000);
}

static void beyond_mtu(struct pkt *p)
{
	grow_body(p, 1420);
}

static void long_call_id(struct pkt *p)
{
	char *at = strstr(text, "Call-ID: c1") + 10;

	memmove(at + 300, at, strlen(at) + 1);
	memset(at, 'x', 300);
	p->len += 300;
}

static void to_no_route(struct pkt *p)
{
	(void)p;
	prog_dest(20, PROG_L4, "203.0.113.9", 5070, 0);
	prog_dest(21, PROG_L6, "2001:db8:9::9", 5070, 0);
}

static void to_nobody(struct pkt *p)
{
	(void)p;
	prog_dest(20, PROG_L4, "198.51.100.99", 5070, 0);
	prog_dest(21, PROG_L6, "2001:db8:2::99", 5070, 0);
}

static void to_this_host(struct pkt *p)
{
	(void)p;
	prog_dest(20, PROG_L4, "198.51.100.1", 5070, 0);
	prog_dest(21, PROG_L6, "2001:db8:2::1", 5070, 0);
}

/* Metadata takes head room away: of 216 octets too few are left for a Via of ours. */
static void no_head_room(struct pkt *p)
{
	(void)p;
	prog_meta(160);
}

/* The device finishes the sum from where it began, which an edit has moved. */
static void partial_in_generic(struct pkt *p)
{
	p->sum = PKT_SUM_PARTIAL;
	prog.state->generic = 1;
}

struct slow_row {
	const char *name;
	void (*change)(struct pkt *p);
	const char *reason;
};

static const struct slow_row slow_rows[] = {
	{ "first fragment", fragment, "slow_fragment" },
	{ "an IP option or destination options", options, "slow_ip_options" },
	{ "many IP options or a routing header", more_options, "slow_ip_options" },
	{ "UDP length too small", udp_short, "slow_length" },
	{ "UDP length too large", udp_long, "slow_length" },
	{ "UDP length without its header", udp_no_header, "slow_length" },
	{ "UDP length 0", udp_zero, "slow_length" },
	{ "IP length too small", ip_short, "slow_length" },
	{ "lengths beyond the frame", ip_long, "slow_length" },
	{ "several buffers", several_buffers, "slow_length" },
	{ "MTU of the next link exceeded", beyond_mtu, "slow_mtu" },
	{ "a Call-ID of 302 octets", long_call_id, "slow_too_long" },
	{ "no route", to_no_route, "slow_no_route" },
	{ "destination on this host", to_this_host, "slow_no_route" },
	{ "no neighbour", to_nobody, "slow_neighbour" },
	{ "partial checksum in generic mode", partial_in_generic, "slow_partial" },
	{ "no head room", no_head_room, "slow_head_room" },
};

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A socket on the listener, as the daemon holds one. */
static int bind_listener(int is_ip6)
{
	const struct ds_endpoint *at = &prog.listeners[is_ip6 ? PROG_L6 : PROG_L4].at;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = at->port_be };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = at->port_be, .sin_addr.s_addr = at->ip.w[3] };
	int fd = socket(is_ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&in6.sin6_addr, &at->ip, sizeof(in6.sin6_addr));
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, is_ip6 ? (void *)&in6 : (void *)&in, is_ip6 ? sizeof(in6) : sizeof(in)), 0);
	return fd;
}

/*
 * Without a slow path dropped, so that the kernel says nothing to anybody, and so with one that has just died and left
 * its heartbeat; with one passed; always as it came.
 */
static void slow(void **state)
{
	const struct slow_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i, fd;

	for (i = 0; i < 6; i++) {
		scene();
		p = invite(i & 1);
		row->change(&p);
		if (prog.dests[20].flags) {
			prog_set(3, PROG_L4, DS_ALGORITHM_CALL_ID, 20, 1);
			prog_set(4, PROG_L6, DS_ALGORITHM_CALL_ID, 21, 1);
		}
		prog.state->slow_path = i >= 2;
		prog.state->heartbeat_ns = now_ns();
		fd = i >= 4 ? bind_listener(i & 1) : -1;
		prog_packet(&r, PROG_IN, &p);
		if (fd >= 0)
			close(fd);
		prog_check(&r, i >= 4 ? XDP_PASS : XDP_DROP, i >= 4 ? "slow" : "needs_slow_path", row->reason);
		prog_check_untouched(&r, &p);
		check_int("listener counted for", r.listener, i & 1);
	}
}

static void set_forwarding(int on)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd),
		 "echo %d >/proc/sys/net/ipv4/conf/prog_in/forwarding; "
		 "echo %d >/proc/sys/net/ipv6/conf/prog_in/forwarding",
		 on, on);
	check_int(cmd, system(cmd), 0);
}

static void forwarding_off(void **state)
{
	struct prog_run r[2];
	struct pkt p;
	int i;

	(void)state;
	scene();
	set_forwarding(0);
	for (i = 0; i < 2; i++) {
		p = invite(i);
		prog_packet(&r[i], PROG_IN, &p);
	}
	set_forwarding(1);
	prog_check(&r[0], XDP_DROP, "needs_slow_path", "slow_no_route");
	prog_check(&r[1], XDP_DROP, "needs_slow_path", "slow_no_route");
}

/* The head room that a frame grows into is not empty: nothing of it is left in what leaves. */
static void dirty_head_room(void **state)
{
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene();
		p = invite(i);
		/* as much as there is room for beside the growth */
		prog_meta(i ? 96 : 104);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_true("no octet of the head room in the message", !memchr(v.payload, 0xff, v.len));
		check_int("TTL", v.ttl, 64);
		check_int("DSCP", v.tos, 0);
	}
}

struct sort_row {
	const char *name;
	const char *payload;
	size_t len;
	const char *reason;
};

#define OCTETS(s) s, sizeof(s) - 1

static const struct sort_row sort_rows[] = {
	{ "empty datagram", OCTETS(""), "keepalive" },
	{ "CRLF", OCTETS("\r\n"), "keepalive" },
	{ "CRLF CRLF", OCTETS("\r\n\r\n"), "keepalive" },
	{ "four NULs", OCTETS("\0\0\0\0"), "keepalive" },
	{ "blanks", OCTETS("    "), "keepalive" },
	{ "STUN binding",
	  OCTETS("\0\1\0\0\x21\x12\xa4\x42"
		 "abcdefghijkl"),
	  "stun" },
	{ "STUN of another class",
	  OCTETS("\1\1\0\0\x21\x12\xa4\x42"
		 "abcdefghijkl"),
	  "stun" },
	{ "SigComp", OCTETS("\xf8\x01\x02\x03"), "not_sip" },
	{ "DTLS", OCTETS("\x16\xfe\xff\0\0"), "not_sip" },
	{ "RTP", OCTETS("\x80\0\0\1\0\0\0\1\0\0\0\1"), "not_sip" },
};

static void sorted(void **state)
{
	const struct sort_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 4; i++) {
		scene();
		p = prog_from_client(i & 1);
		p.payload = row->payload;
		p.len = row->len;
		/* short frames come padded to 60 octets */
		p.pad = i >> 1 ? 60 - (i & 1 ? 62 : 42) % 60 : 0;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "drop", row->reason);
	}
}

struct source_row {
	const char *name;
	int is_ip6;
	const char *ip;
	unsigned int port;
	enum pkt_sum sum;
	const char *reason;
};

static const struct source_row source_rows[] = {
	{ "port 0", 0, "192.0.2.20", 0, PKT_SUM_VALID, "bad_source" },
	{ "port 0, IPv6", 1, "2001:db8:1::20", 0, PKT_SUM_VALID, "bad_source" },
	{ "multicast", 0, "224.0.0.5", 5060, PKT_SUM_VALID, "bad_source" },
	{ "broadcast", 0, "255.255.255.255", 5060, PKT_SUM_VALID, "bad_source" },
	{ "0.0.0.0", 0, "0.0.0.0", 5060, PKT_SUM_VALID, "bad_source" },
	{ "loopback", 0, "127.0.0.1", 5060, PKT_SUM_VALID, "bad_source" },
	{ "multicast, IPv6", 1, "ff02::1", 5060, PKT_SUM_VALID, "bad_source" },
	{ "unspecified, IPv6", 1, "::", 5060, PKT_SUM_VALID, "bad_source" },
	{ "loopback, IPv6", 1, "::1", 5060, PKT_SUM_VALID, "bad_source" },
	{ "IPv6 without a checksum", 1, "2001:db8:1::20", 5060, PKT_SUM_NONE, "bad_checksum" },
};

static void sources(void **state)
{
	const struct source_row *row = *state;
	struct prog_run r;
	struct pkt p;

	scene();
	p = invite(row->is_ip6);
	p.src = pkt_endpoint(row->ip, row->port);
	p.sum = row->sum;
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_DROP, "drop", row->reason);
	prog_check_untouched(&r, &p);
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "slow path", slow, slow_rows);
	test_add(&tests, "slow path: forwarding off", forwarding_off, NULL);
	test_add(&tests, "dirty head room", dirty_head_room, NULL);
	test_rows(&tests, "no message", sorted, sort_rows);
	test_rows(&tests, "source", sources, source_rows);
	failed = test_run(&tests, "refuse");
	prog_close();
	return failed;
}
