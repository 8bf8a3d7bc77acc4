// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * direct_test.c - dsr and ipip: the IP packet reaches a destination octet by octet as it came, by its link address or
 * behind an outer header. Only a checksum that its sender left to others is finished.
 */
#include "test.h"

#include <arpa/inet.h>
#include <time.h>

#include "ds_calls.h"
#include "prog.h"

#define REQUEST(method, call) REQUEST_AGAIN(method, call, "1")
#define REQUEST_AGAIN(method, call, cseq)                                                                              \
	method " sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\nMax-Forwards: 0\r\n"     \
	       "From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: " call "\r\nCSeq: " cseq \
	       " " method "\r\nUser-Agent: a client whose name is long enough to make room for a whole reply\r\n"      \
	       "Content-Length: 4\r\n\r\nbodynoise"
/* What the client answers to a request that a destination sent it under the listener's address. */
#define ANSWER(status, method)                                                                                  \
	"SIP/2.0 " status "\r\nVia: SIP/2.0/UDP %L;branch=z9hG4bKd1\r\nFrom: <sip:bob@example.com>;tag=uas\r\n" \
	"To: <sip:alice@example.com>;tag=a1\r\nCall-ID: n1\r\nCSeq: 1 " method "\r\n\r\n"

#define TUNNEL4 "198.51.100.1"
#define TUNNEL6 "2001:db8:2::1"

static char text[PROG_TEXT_MAX];

static void tunnels(__u32 listener)
{
	prog.listeners[listener].tunnel[0] = pkt_endpoint(TUNNEL4, 1).ip;
	prog.listeners[listener].tunnel[1] = pkt_endpoint(TUNNEL6, 1).ip;
}

/* other: destinations are of the other family than the listener. */
static void scene(enum ds_mode mode, enum ds_affinity affinity, int other)
{
	static const char *const at[] = { "198.51.100.11", "2001:db8:2::11" };
	__u32 l;

	prog_scene(mode, DS_ALGORITHM_CALL_ID, affinity);
	for (l = PROG_L4; l <= PROG_L6; l++) {
		if (mode == DS_MODE_IPIP)
			tunnels(l);
		if (!other)
			continue;
		prog_dest(20 + l, l, at[l == PROG_L4], 5070, 0);
		prog_set(3 + l, l, DS_ALGORITHM_CALL_ID, 20 + l, 1);
	}
}

static void say(struct pkt *p, const char *message, int is_ip6)
{
	p->len = prog_text(text, message, is_ip6);
	p->payload = text;
}

static struct pkt from_client(int is_ip6, const char *message)
{
	struct pkt p = prog_from_client(is_ip6);

	say(&p, message, is_ip6);
	return p;
}

static size_t l3_of(const unsigned char *frame)
{
	size_t at = 12;

	while ((frame[at] == 0x81 && frame[at + 1] == 0x00) || (frame[at] == 0x88 && frame[at + 1] == 0xa8))
		at += 4;
	return at + 2;
}

/* What an outer header says. */
struct outer {
	int is_ip6;
	__u8 tos;
	__u8 ttl;
	__u8 proto;
	unsigned int frag;
	size_t len; /* of what is inside */
	const unsigned char *inside;
	struct ds_endpoint src, dst;
};

static unsigned int get16(const unsigned char *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static void check_ip4_sum(const unsigned char *ip)
{
	unsigned int sum = 0, i;

	for (i = 0; i < 20; i += 2)
		sum += get16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	check_int("checksum of the outer header", sum, 0xffff);
}

static struct outer outer_of(const struct prog_run *r)
{
	const unsigned char *ip = r->out + l3_of(r->out);
	struct outer o = { .is_ip6 = ip[0] >> 4 == 6 };
	char name[64];

	check_int("Ethernet type", get16(ip - 2), o.is_ip6 ? 0x86dd : 0x0800);
	if (o.is_ip6) {
		o.tos = (__u8)(get16(ip) >> 4);
		o.proto = ip[6];
		o.ttl = ip[7];
		o.len = get16(ip + 4);
		o.inside = ip + 40;
		o.src = pkt_endpoint(inet_ntop(AF_INET6, ip + 8, name, sizeof(name)), 0);
		o.dst = pkt_endpoint(inet_ntop(AF_INET6, ip + 24, name, sizeof(name)), 0);
	} else {
		check_int("version and length of the outer header", ip[0], 0x45);
		check_ip4_sum(ip);
		o.tos = ip[1];
		o.frag = get16(ip + 6);
		o.ttl = ip[8];
		o.proto = ip[9];
		o.len = get16(ip + 2) - 20;
		o.inside = ip + 20;
		o.src = pkt_endpoint(inet_ntop(AF_INET, ip + 12, name, sizeof(name)), 0);
		o.dst = pkt_endpoint(inet_ntop(AF_INET, ip + 16, name, sizeof(name)), 0);
	}
	check_int("length of the frame", r->len, (size_t)(o.inside - r->out) + o.len);
	return o;
}

/* Ends the test unless the IP packet at ip is the one that p makes, with its checksum finished where that is asked. */
static void check_inside(const unsigned char *ip, size_t len, struct pkt p, int finished)
{
	static unsigned char frame[PKT_FRAME_MAX];
	size_t n, at;

	p.pad = 0;
	if (finished)
		p.sum = PKT_SUM_VALID;
	n = pkt_build(frame, &p);
	at = l3_of(frame);
	check_mem("IP packet", ip, len, frame + at, n - at);
}

struct frame_row {
	enum ds_mode mode;
	int is_ip6;
	int other;
	unsigned int tags;
	enum pkt_sum sum;
	int generic;
};

static struct frame_row frame_rows[96];

static void check_outer(const struct frame_row *row, const struct prog_run *r, const struct pkt *p)
{
	struct ds_endpoint src, dst = prog_dest_at(row->is_ip6 != row->other, 0);
	struct outer o = outer_of(r);

	src = pkt_endpoint(row->is_ip6 != row->other ? TUNNEL6 : TUNNEL4, 0);
	check_int("outer family", o.is_ip6, row->is_ip6 != row->other);
	prog_check_endpoint("outer source", &o.src, &src);
	dst.port_be = 0;
	/* the picked one of three shares all but the last octet */
	o.dst.ip.w[3] &= htonl(0xffffff00);
	dst.ip.w[3] &= htonl(0xffffff00);
	prog_check_endpoint("outer destination", &o.dst, &dst);
	check_int("outer DSCP", o.tos, p->tos);
	check_int("outer TTL", o.ttl, 64);
	check_int("outer protocol", o.proto, row->is_ip6 ? 41 : 4);
	if (!o.is_ip6)
		check_int("outer fragment field", o.frag, p->frag);
	check_inside(o.inside, o.len, *p, row->sum == PKT_SUM_PARTIAL);
}

static void frames(void **state)
{
	const struct frame_row *row = *state;
	struct prog_run r;
	struct pkt p;

	scene(row->mode, DS_AFFINITY_CALLS, row->other);
	prog.state->generic = (__u32)row->generic;
	p = from_client(row->is_ip6, REQUEST("INVITE", "n1"));
	p.tags = row->tags;
	p.vlan[0] = 100;
	p.vlan[1] = 200;
	p.sum = row->sum;
	p.tos = 0xb8;
	p.ttl = 1;
	p.pad = 3;
	p.frag = row->is_ip6 || row->tags == 1 ? 0 : 0x4000;
	prog_packet(&r, PROG_IN, &p);
	if (row->generic && row->sum == PKT_SUM_PARTIAL && (row->tags || row->mode == DS_MODE_IPIP)) {
		prog_check(&r, XDP_DROP, "needs_slow_path", "slow_partial");
		return;
	}
	prog_check(&r, XDP_REDIRECT, "forward", "request");
	check_int("no tags on the other link", get16(r.out + 12) == 0x8100, 0);
	check_int("link address of the destinations' side", r.out[4], 1);
	check_int("link address of the director", r.out[10], 1);
	if (row->mode == DS_MODE_IPIP)
		check_outer(row, &r, &p);
	else
		check_inside(r.out + 14, r.len - 14, p, row->sum == PKT_SUM_PARTIAL && !row->generic);
}

/* On the link that it came by: transmitted, with its tags. */
static void same_link(void **state)
{
	static const char *const near[] = { "192.0.2.30", "2001:db8:1::30" };
	struct prog_run r;
	struct pkt p;
	int i, tags;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (tags = 0; tags <= 2; tags++) {
			scene(DS_MODE_DSR, DS_AFFINITY_CALLS, 0);
			prog_dest(20, (__u32)i, near[i], 5070, 0);
			prog_set(3, (__u32)i, DS_ALGORITHM_CALL_ID, 20, 1);
			p = from_client(i, REQUEST("INVITE", "n1"));
			p.tags = (unsigned int)tags;
			p.vlan[0] = 100;
			p.vlan[1] = 200;
			prog_packet(&r, PROG_IN, &p);
			prog_check(&r, XDP_TX, "forward", "request");
			check_int("link address", r.out[5], 0x30);
			memcpy(p.dmac, r.out, 6);
			memcpy(p.smac, r.out + 6, 6);
			prog_check_untouched(&r, &p);
		}
	}
}

/* What is not in the way of a packet that stays as it is: its TTL, the flow label, the hops of the message. */
static void flow_label(void **state)
{
	static unsigned char frame[PKT_FRAME_MAX];
	struct pkt p;
	struct prog_run r;
	size_t len;

	(void)state;
	scene(DS_MODE_DSR, DS_AFFINITY_CALLS, 0);
	p = from_client(1, REQUEST("INVITE", "n1"));
	len = pkt_build(frame, &p);
	frame[16] = 0x12;
	frame[17] = 0x34;
	prog_frame(&r, PROG_IN, frame, len);
	prog_check(&r, XDP_REDIRECT, "forward", "request");
	check_mem("IP packet", r.out + 14, r.len - 14, frame + 14, len - 14);
}

/* The whole of it has to fit the destination's link, of 1500 octets. */
static void sizes(void **state)
{
	static const struct {
		enum ds_mode mode;
		int is_ip6, other;
		size_t room; /* octets of payload */
	} rows[] = {
		{ DS_MODE_DSR, 0, 0, 1472 },  { DS_MODE_DSR, 1, 0, 1452 },  { DS_MODE_IPIP, 0, 0, 1452 },
		{ DS_MODE_IPIP, 1, 0, 1412 }, { DS_MODE_IPIP, 0, 1, 1432 }, { DS_MODE_IPIP, 1, 1, 1432 },
	};
	struct prog_run r;
	struct pkt p;
	size_t i;
	int more;

	(void)state;
	for (i = 0; i < TEST_COUNT(rows); i++) {
		for (more = 0; more < 2; more++) {
			scene(rows[i].mode, DS_AFFINITY_CALLS, rows[i].other);
			p = from_client(rows[i].is_ip6, REQUEST("INVITE", "n1"));
			memset(text + p.len, 'x', rows[i].room + 1 - p.len);
			p.len = rows[i].room + (size_t)more;
			prog_packet(&r, PROG_IN, &p);
			if (more) {
				prog_check(&r, XDP_DROP, "needs_slow_path", "slow_mtu");
				prog_check_untouched(&r, &p);
			} else {
				prog_check(&r, XDP_REDIRECT, "forward", "request");
			}
		}
	}
}

/* An outer header needs room before the frame; metadata takes it. */
static void head_room(void **state)
{
	struct prog_run r;
	struct pkt p;

	(void)state;
	scene(DS_MODE_IPIP, DS_AFFINITY_CALLS, 0);
	prog_meta(200);
	p = from_client(1, REQUEST("INVITE", "n1"));
	prog_packet(&r, PROG_IN, &p);
	if (r.action == XDP_REDIRECT)
		test_skip("this kernel has head room beside 200 octets of metadata");
	prog_check(&r, XDP_DROP, "needs_slow_path", "slow_head_room");
	prog_check_untouched(&r, &p);
}

/* A gateway would send the packet back to where it is addressed to. In a tunnel it is welcome. */
static void gateway(void **state)
{
	static const char *const far[] = { "203.0.113.7", "2001:db8:9::7" };
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i, mode;

	(void)state;
	check_int("routes",
		  system("ip route add 203.0.113.0/24 via 198.51.100.14 && "
			 "ip route add 2001:db8:9::/64 via 2001:db8:2::14"),
		  0);
	for (i = 0; i < 2; i++) {
		for (mode = DS_MODE_DSR; mode <= DS_MODE_IPIP; mode++) {
			scene((enum ds_mode)mode, DS_AFFINITY_CALLS, 0);
			prog_dest(20, (__u32)i, far[i], 5070, 0);
			prog_set(3, (__u32)i, DS_ALGORITHM_CALL_ID, 20, 1);
			p = from_client(i, REQUEST("INVITE", "n1"));
			prog_packet(&r, PROG_IN, &p);
			if (mode == DS_MODE_IPIP) {
				prog_check(&r, XDP_REDIRECT, "forward", "request");
				continue;
			}
			prog_check(&r, XDP_TX, "reply", "destination_far");
			prog_check_out(&r, &v, PKT_SUM_VALID);
			check_mem("status", v.payload, 11, "SIP/2.0 503", 11);
			p = from_client(i, REQUEST("ACK", "n1"));
			prog_packet(&r, PROG_IN, &p);
			prog_check(&r, XDP_DROP, "drop", "destination_far");
		}
	}
	check_int("routes", system("ip route del 203.0.113.0/24; ip route del 2001:db8:9::/64"), 0);
}

/* As the daemon has it: the cached next hop says whether it is a gateway. */
static void cached(void **state)
{
	static const __u8 valid[] = { DS_NEXT_HOP_ON_LINK, DS_NEXT_HOP_GATEWAY };
	int i, mode, k;
	struct timespec now;
	struct prog_run r;
	struct pkt p;
	__u32 slot;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (mode = DS_MODE_DSR; mode <= DS_MODE_IPIP; mode++) {
			for (k = 0; k < 2; k++) {
				struct ds_next_hop n = { .seq = 2,
							 .serial = 7,
							 .ifindex = prog.ifindex[PROG_OUT],
							 .dmac = { 2, 0, 0, 0, 9, 9 },
							 .valid = valid[k],
							 .mtu = 1500 };

				scene((enum ds_mode)mode, DS_AFFINITY_CALLS, 0);
				for (slot = 1; slot < 10; slot++)
					prog_put("next_hops", &slot, &n);
				clock_gettime(CLOCK_MONOTONIC, &now);
				prog.state->heartbeat_ns = (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
				p = from_client(i, REQUEST("INVITE", "n1"));
				prog_packet(&r, PROG_IN, &p);
				if (mode == DS_MODE_DSR && valid[k] == DS_NEXT_HOP_GATEWAY) {
					prog_check(&r, XDP_TX, "reply", "destination_far");
				} else {
					prog_check(&r, XDP_REDIRECT, "forward", "request");
					check_int("link address", r.out[5], 9);
				}
			}
		}
	}
	for (slot = 1; slot < 10; slot++) {
		struct ds_next_hop none = { 0 };

		prog_put("next_hops", &slot, &none);
	}
}

struct call_row {
	const char *name;
	const char *message;
	__u32 state;
};

/* A call as its messages pass, and what of it is kept after each. */
static const struct call_row calls[] = {
	{ "INVITE", REQUEST("INVITE", "n1"), DS_CALL_RINGING },
	{ "INVITE again", REQUEST("INVITE", "n1"), DS_CALL_RINGING },
	{ "ACK", REQUEST("ACK", "n1"), DS_CALL_CONFIRMED },
	{ "INFO", REQUEST("INFO", "n1"), DS_CALL_CONFIRMED },
	{ "CANCEL too late", REQUEST("CANCEL", "n1"), DS_CALL_CONFIRMED },
	{ "INVITE in the dialog", REQUEST("INVITE", "n1"), DS_CALL_CONFIRMED },
	{ "200 to a destination's INFO", ANSWER("200 OK", "INFO"), DS_CALL_CONFIRMED },
	{ "100 to a destination's BYE", ANSWER("100 Trying", "BYE"), DS_CALL_CONFIRMED },
	{ "200 to a destination's BYE", ANSWER("200 OK", "BYE"), DS_CALL_OVER },
	{ "INVITE of before", REQUEST("INVITE", "n1"), DS_CALL_OVER },
	{ "INVITE anew", REQUEST_AGAIN("INVITE", "n1", "2"), DS_CALL_RINGING },
	{ "CANCEL", REQUEST("CANCEL", "n1"), DS_CALL_ENDING },
	{ "ACK to 487", REQUEST("ACK", "n1"), DS_CALL_ENDING },
	{ "INVITE once more", REQUEST("INVITE", "n1"), DS_CALL_RINGING },
	{ "BYE", REQUEST("BYE", "n1"), DS_CALL_OVER },
};

static void call_states(void **state)
{
	struct ds_endpoint to;
	struct prog_run r;
	struct pkt p;
	__u32 dest;
	size_t k;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		scene(i & 2 ? DS_MODE_IPIP : DS_MODE_DSR, DS_AFFINITY_CALLS, 0);
		for (dest = k = 0; k < TEST_COUNT(calls); k++) {
			p = from_client(i & 1, calls[k].message);
			prog_packet(&r, PROG_IN, &p);
			if (strncmp(calls[k].message, "SIP", 3) != 0)
				prog_check(&r, XDP_REDIRECT, "forward", "request");
			else
				prog_check(&r, XDP_REDIRECT, "forward", "response");
			check_int(calls[k].name, DS_CALL_STATE(prog_call()), calls[k].state);
			check_true("the same destination", !dest || DS_CALL_DEST(prog_call()) == dest);
			dest = DS_CALL_DEST(prog_call());
			to = prog.dests[dest].at;
			check_int("its link address", r.out[5], (__u8)(16 * ((ntohl(to.ip.w[3]) & 0xff) / 10) + 1));
			/* what is picked from does not matter any more */
			if (!k)
				prog_set(3, (__u32)(i & 1), DS_ALGORITHM_CALL_ID,
					 dest == PROG_DEST(i & 1, 0) ? dest + 1 : PROG_DEST(i & 1, 0), 1);
		}
	}
}

/* No table: the answer to what a destination asked goes where the Call-ID's hash leads; else nobody knows it. */
static void strays(void **state)
{
	struct prog_run r;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_DSR, DS_AFFINITY_HASH, 0);
		p = from_client(i, ANSWER("200 OK", "BYE"));
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response");
		scene(DS_MODE_DSR, DS_AFFINITY_CALLS, 0);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "drop", "via_not_ours");
	}
}

/* No address to start tunnels at over the destination's family; no destination; malformed. */
static void refused(void **state)
{
	struct prog_run r;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_IPIP, DS_AFFINITY_CALLS, 0);
		memset(&prog.listeners[i].tunnel[i], 0, 16);
		p = from_client(i, REQUEST("INVITE", "n1"));
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "needs_slow_path", "slow_no_route");
		scene(DS_MODE_DSR, DS_AFFINITY_CALLS, 0);
		prog_set(3, (__u32)i, DS_ALGORITHM_CALL_ID, 1, 0);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_TX, "reply", "no_destination");
		p = from_client(
			i, "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n"
			   "Subject: room for a reply, and then some more of it, so that it is not longer\r\n\r\n");
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_TX, "reply", "bad_cseq");
		/* a slow path that is there could not send it as it is */
		scene(DS_MODE_DSR, DS_AFFINITY_CALLS, 0);
		prog.state->slow_path = 1;
		p = from_client(i, REQUEST("INVITE", "n1"));
		p.frag = i ? 1 : 0x2000;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "needs_slow_path", "slow_fragment");
	}
}

static void add_frames(struct test_list *tests)
{
	static const char *const sums[] = { "valid", "no", "partial" };
	struct frame_row *row = frame_rows;
	unsigned int tags, i;
	char name[128];
	int sum;

	/* i: family, mode, other family, native or generic */
	for (i = 0; i < 16; i++) {
		if (i & 4 && !(i & 2))
			continue;
		for (tags = 0; tags <= 2; tags += (i & 8 ? 2 : 1)) {
			for (sum = PKT_SUM_VALID; sum <= PKT_SUM_PARTIAL; sum++) {
				if (i & 1 && sum == PKT_SUM_NONE)
					continue;
				*row = (struct frame_row){ i & 2 ? DS_MODE_IPIP : DS_MODE_DSR,
							   i & 1,
							   i >> 2 & 1,
							   tags,
							   (enum pkt_sum)sum,
							   i >> 3 };
				snprintf(name, sizeof(name), "%s: IPv%u%s, %u tags, %s checksum%s",
					 i & 2 ? "ipip" : "dsr", i & 1 ? 6 : 4, i & 4 ? " in the other" : "", tags,
					 sums[sum], i & 8 ? ", generic" : "");
				test_add(tests, name, frames, row++);
			}
		}
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	add_frames(&tests);
	test_add(&tests, "dsr on the link that it came by", same_link, NULL);
	test_add(&tests, "the flow label stays", flow_label, NULL);
	test_add(&tests, "what fits the link", sizes, NULL);
	test_add(&tests, "no head room", head_room, NULL);
	test_add(&tests, "a gateway on the way", gateway, NULL);
	test_add(&tests, "cached next hops", cached, NULL);
	test_add(&tests, "states of a call by what clients send", call_states, NULL);
	test_add(&tests, "answers to destinations without a table", strays, NULL);
	test_add(&tests, "refused", refused, NULL);
	failed = test_run(&tests, "direct");
	prog_close();
	return failed;
}
