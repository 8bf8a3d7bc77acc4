// SPDX-License-Identifier: GPL-2.0-or-later
/* frames_test.c - what is not ours passes untouched; what is cut or damaged is never sent on as if it were whole. */
#include "test.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include "prog.h"

#define REQUEST(method)                                                                                                 \
	method " sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\nMax-Forwards: 70\r\n"     \
	       "From: \"A\" <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1@example.com\r\n" \
	       "CSeq: 1 " method "\r\nContact: <sip:alice@%C>\r\n"
#define SDP "Content-Type: application/sdp\r\nContent-Length: 13\r\n\r\nv=0\r\ns=none\r\n"

static char text[PROG_TEXT_MAX];
static unsigned char frame[PKT_FRAME_MAX];

static struct pkt invite(int is_ip6)
{
	struct pkt p = prog_from_client(is_ip6);

	p.len = prog_text(text, REQUEST("INVITE") SDP, is_ip6);
	p.payload = text;
	return p;
}

/* The 200 to it, as its destination sends it. */
static struct pkt answer(int is_ip6)
{
	static char reply[PROG_TEXT_MAX];
	struct pkt p = invite(is_ip6), back;
	struct prog_run r;
	struct pkt_view v;

	prog_packet(&r, PROG_IN, &p);
	prog_check_out(&r, &v, PKT_SUM_VALID);
	prog_answer(reply, v.payload, v.len, "200 OK");
	back = prog_from_dest(is_ip6, 0);
	back.src = v.dst;
	back.payload = reply;
	back.len = strlen(reply);
	return back;
}

static void scene(void)
{
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
}

struct other_row {
	const char *name;
	int is_ip6;
	__u16 ether; /* instead of the IP version's */
	__u8 proto;  /* instead of UDP */
	__u16 frag;
	__u8 ext;
	const char *to; /* instead of the listener */
	unsigned int port;
	int counted;
};

static const struct other_row other_rows[] = {
	{ "another port", .port = 5061, .counted = 1 },
	{ "another port, IPv6", .is_ip6 = 1, .port = 5061, .counted = 1 },
	{ "another address of this host", .to = "192.0.2.2", .counted = 1 },
	{ "through this host", .to = "198.51.100.11", .counted = 1 },
	{ "port with its octets swapped", .port = 50195, .counted = 1 },
	{ "TCP", .proto = IPPROTO_TCP },
	{ "TCP, IPv6", .is_ip6 = 1, .proto = IPPROTO_TCP },
	{ "ICMP", .proto = IPPROTO_ICMP },
	{ "ICMPv6 (neighbour discovery)", .is_ip6 = 1, .proto = IPPROTO_ICMPV6 },
	{ "UDP-Lite", .proto = IPPROTO_UDPLITE },
	{ "ARP", .ether = ETH_P_ARP },
	{ "IPv4 under the type of IPv6", .ether = ETH_P_IPV6 },
	{ "IPv6 under the type of IPv4", .is_ip6 = 1, .ether = ETH_P_IP },
	{ "unknown Ethernet type", .ether = 0x88b5 },
	{ "a length instead of a type", .ether = 0x0100 },
	{ "a later fragment", .frag = 0x2010 },
	{ "the last fragment", .frag = 0x0010 },
	{ "a later fragment, IPv6", .is_ip6 = 1, .frag = 0x0009 },
	{ "IPsec authentication header, IPv6", .is_ip6 = 1, .ext = IPPROTO_AH },
};

static void others(void **state)
{
	const struct other_row *row = *state;
	struct pkt p;
	struct prog_run r;
	size_t len;

	scene();
	p = invite(row->is_ip6);
	p.proto = row->proto;
	p.frag = row->frag;
	p.ext = row->ext;
	if (row->to)
		p.dst = pkt_endpoint(row->to, 5060);
	if (row->port)
		p.dst.port_be = htons((__u16)row->port);
	len = pkt_build(frame, &p);
	if (row->ether) {
		frame[12] = (unsigned char)(row->ether >> 8);
		frame[13] = (unsigned char)row->ether;
	}
	prog_frame(&r, PROG_IN, frame, len);
	check_int("action", r.action, XDP_PASS);
	check_mem("frame", r.out, r.len, frame, len);
	check_int("verdicts counted", r.counted, row->counted);
	if (row->counted)
		prog_check(&r, XDP_PASS, "pass", "not_ours");
}

/* Three tags are one more than we look through. */
static void three_tags(void **state)
{
	struct pkt p = invite(0);
	struct prog_run r;
	size_t len;

	(void)state;
	scene();
	p.tags = 2;
	len = pkt_build(frame, &p);
	memmove(frame + 16, frame + 12, len - 12);
	len += 4;
	prog_frame(&r, PROG_IN, frame, len);
	check_int("action", r.action, XDP_PASS);
	check_int("verdicts counted", r.counted, 0);
	check_mem("frame", r.out, r.len, frame, len);
}

struct cut_row {
	const char *name;
	int is_ip6;
	unsigned int tags;
	int is_response;
};

static const struct cut_row cut_rows[] = {
	{ "request, IPv4", 0, 0, 0 },  { "request, IPv4, tag", 0, 1, 0 }, { "request, IPv4, two tags", 0, 2, 0 },
	{ "request, IPv6", 1, 0, 0 },  { "request, IPv6, tag", 1, 1, 0 }, { "request, IPv6, two tags", 1, 2, 0 },
	{ "response, IPv4", 0, 0, 1 }, { "response, IPv6", 1, 0, 1 },
};

/* Before the UDP header is whole: passed, uncounted. After it: lengths that do not agree. Never ICMP, never sent on. */
static void cut_frames(void **state)
{
	const struct cut_row *row = *state;
	struct prog_run r;
	struct pkt p;
	size_t len, n;

	scene();
	p = row->is_response ? answer(row->is_ip6) : invite(row->is_ip6);
	p.tags = row->tags;
	len = pkt_build(frame, &p);
	for (n = ETH_HLEN; n < len; n++) {
		prog_frame(&r, PROG_IN, frame, n);
		check_mem("frame", r.out, r.len, frame, n);
		if (n < pkt_udp_at(&p) + 8) {
			check_int("action", r.action, XDP_PASS);
			check_int("verdicts counted", r.counted, 0);
		} else {
			prog_check(&r, XDP_DROP, "needs_slow_path", "slow_length");
		}
	}
	prog_frame(&r, PROG_IN, frame, len);
	check_str("verdict of the whole", r.verdict, "forward");
}

/* Lengths that agree, and a message that ends too early: a request is answered or dropped, a response is dropped. */
static void cut_messages(void **state)
{
	const struct cut_row *row = *state;
	struct pkt whole, p;
	struct prog_run r;
	struct pkt_view v;
	int replies = 0;

	scene();
	whole = row->is_response ? answer(row->is_ip6) : invite(row->is_ip6);
	whole.tags = row->tags;
	for (p = whole, p.len = 0; p.len < whole.len; p.len++) {
		prog_packet(&r, row->is_response ? PROG_OUT : PROG_IN, &p);
		check_int("verdicts counted", r.counted, 1);
		check_int("reasons counted", r.reasons, 1);
		if (r.action == XDP_DROP) {
			prog_check_untouched(&r, &p);
			continue;
		}
		check_int("a response that is answered", row->is_response, 0);
		check_str("verdict of what is not whole", r.verdict, "reply");
		check_int("action", r.action, XDP_TX);
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_true("no longer than what came", v.len <= p.len);
		prog_check_endpoint("destination", &v.dst, &whole.src);
		replies++;
	}
	check_true("some of the cut requests are answered", row->is_response || replies > 0);
	prog_packet(&r, row->is_response ? PROG_OUT : PROG_IN, &whole);
	check_str("verdict of the whole", r.verdict, "forward");
}

struct flip_row {
	const char *name;
	int is_ip6;
	int is_response;
	__u8 mask;
};

static const struct flip_row flip_rows[] = {
	{ "request, lowest bit", 0, 0, 0x01 },	     { "request, letter case", 0, 0, 0x20 },
	{ "request, highest bit", 0, 0, 0x80 },	     { "request, all bits", 0, 0, 0xff },
	{ "request, IPv6, lowest bit", 1, 0, 0x01 }, { "request, IPv6, all bits", 1, 0, 0xff },
	{ "response, lowest bit", 0, 1, 0x01 },	     { "response, letter case", 0, 1, 0x20 },
	{ "response, highest bit", 0, 1, 0x80 },     { "response, IPv6, all bits", 1, 1, 0xff },
};

/* What leaves has whole headers and our address, whatever came in. */
static void check_flipped(const struct prog_run *r, size_t len, const struct ds_endpoint *listener)
{
	struct pkt_view v;
	const char *wrong;

	check_int("as many reasons as verdicts", r->reasons, r->counted);
	check_true("counted at most once", r->counted <= 1);
	switch (r->action) {
	case XDP_PASS:
		check_true("passed", !r->counted || !strcmp(r->verdict, "pass"));
		break;
	case XDP_DROP:
		check_int("verdicts counted", r->counted, 1);
		check_true("dropped", !strcmp(r->verdict, "drop") || !strcmp(r->verdict, "needs_slow_path"));
		break;
	default:
		check_true("sent", r->action == XDP_TX || r->action == XDP_REDIRECT);
		check_true("sent", !strcmp(r->verdict, "forward") || !strcmp(r->verdict, "reply"));
		wrong = pkt_read(&v, r->out, r->len);
		check_str("wrong in the headers", wrong ? wrong : "", "");
		prog_check_endpoint("source", &v.src, listener);
		return;
	}
	check_mem("frame", r->out, r->len, frame, len);
}

static void flips(void **state)
{
	const struct flip_row *row = *state;
	enum prog_side side = row->is_response ? PROG_OUT : PROG_IN;
	struct prog_run r;
	size_t len, i, line;
	struct pkt p;

	scene();
	p = row->is_response ? answer(row->is_ip6) : invite(row->is_ip6);
	len = pkt_build(frame, &p);
	line = pkt_udp_at(&p) + 8 + (size_t)(strchr(p.payload, '\r') - (const char *)p.payload);
	for (i = 12; i < len; i++) {
		frame[i] ^= row->mask;
		prog_frame(&r, side, frame, len);
		check_flipped(&r, len, &p.dst);
		if (row->is_response && i >= line)
			check_true("a response is never answered", strcmp(r.verdict, "reply") != 0);
		frame[i] ^= row->mask;
	}
}

/* A message damaged on its way, its checksum as the sender wrote it, does not arrive with a checksum that is right. */
static void damage_is_not_hidden(void **state)
{
	const struct flip_row *row = *state;
	enum prog_side side = row->is_response ? PROG_OUT : PROG_IN;
	struct prog_run r;
	struct pkt_view v;
	size_t len, i;
	struct pkt p;

	scene();
	p = row->is_response ? answer(row->is_ip6) : invite(row->is_ip6);
	len = pkt_build(frame, &p);
	for (i = pkt_udp_at(&p) + 8; i < len; i++) {
		frame[i] ^= row->mask;
		prog_frame(&r, side, frame, len);
		frame[i] ^= row->mask;
		if (strcmp(r.verdict, "forward"))
			continue;
		prog_check_out(&r, &v, PKT_SUM_WRONG);
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "not ours", others, other_rows);
	test_add(&tests, "not ours: three VLAN tags", three_tags, NULL);
	test_rows(&tests, "every length of the frame", cut_frames, cut_rows);
	test_rows(&tests, "every length of the message", cut_messages, cut_rows);
	test_rows(&tests, "every octet flipped", flips, flip_rows);
	test_rows(&tests, "damage is not hidden", damage_is_not_hidden, flip_rows);
	failed = test_run(&tests, "frames");
	prog_close();
	return failed;
}
