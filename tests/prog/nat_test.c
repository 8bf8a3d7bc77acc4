// SPDX-License-Identifier: GPL-2.0-or-later
/* nat_test.c - addresses and ports rewritten in both directions, not one octet of the message touched. */
#include "test.h"

#include <arpa/inet.h>

#include "ds_calls.h"
#include "prog.h"

#define REQUEST(method, call)                                                                                       \
	method " sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\nMax-Forwards: 70\r\n" \
	       "From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: " call                \
	       "\r\nCSeq: 1 " method "\r\n"                                                                         \
	       "Content-Length: 4\r\n\r\nbodynoise"
/* %E: what a destination that is not the one picked would send. */
#define BACKWARD(method)                                                                                             \
	method " sip:alice@%C SIP/2.0\r\nVia: SIP/2.0/UDP %D;branch=z9hG4bKd1;rport\r\nMax-Forwards: 70\r\n"         \
	       "From: <sip:bob@example.com>;tag=b1\r\nTo: <sip:alice@example.com>\r\nCall-ID: n1\r\nCSeq: 1 " method \
	       "\r\n"                                                                                                \
	       "Content-Length: 0\r\n\r\n"
#define ANSWER                                                                              \
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=5062\r\n" \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>;tag=uas\r\nCall-ID: n1\r\nCSeq: 1 INVITE\r\n\r\n"

static char text[PROG_TEXT_MAX];

static void scene(void)
{
	prog_scene(DS_MODE_NAT, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
}

static void say(struct pkt *p, const char *message, int is_ip6)
{
	p->len = prog_text(text, message, is_ip6);
	p->payload = text;
}

/* What the n-th destination sends to the client. */
static struct pkt to_client(int is_ip6, unsigned int n, const char *message)
{
	struct pkt p = prog_from_dest(is_ip6, n);

	p.dst = prog_from_client(is_ip6).src;
	say(&p, message, is_ip6);
	return p;
}

struct frame_row {
	int is_ip6;
	unsigned int tags;
	enum pkt_sum sum;
	int back;
	int generic;
};

static struct frame_row frame_rows[64];

static void check_frame(const struct frame_row *row, const struct prog_run *r, const struct pkt *p, struct pkt_view *v)
{
	enum pkt_sum sum = row->sum == PKT_SUM_VALID ? PKT_SUM_VALID : row->sum;

	if (row->sum == PKT_SUM_PARTIAL && !row->generic)
		sum = PKT_SUM_VALID;
	prog_check_out(r, v, sum);
	check_int("TTL", v->ttl, 60);
	check_int("DSCP", v->tos, 0xb8);
	check_int("IP identification", v->id, row->is_ip6 ? 0 : p->id);
	check_mem("payload", v->payload, v->len, p->payload, p->len);
	check_int("VLAN tags", v->tags, r->action == XDP_TX ? row->tags : 0);
	check_int("outer VLAN", v->vlan[0], r->action == XDP_TX && row->tags ? 100 : 0);
}

static void dress(struct pkt *p, const struct frame_row *row)
{
	p->tags = row->tags;
	p->vlan[0] = 100;
	p->vlan[1] = 200;
	p->sum = row->sum;
	p->tos = 0xb8;
	p->pad = 3;
	p->frag = row->is_ip6 ? 0 : 0x4000;
}

/* A request to a destination, and what comes back. */
static void frames(void **state)
{
	static const char *const near[] = { "192.0.2.30", "2001:db8:1::30" };
	const struct frame_row *row = *state;
	enum prog_side side = row->back ? PROG_IN : PROG_OUT;
	struct ds_endpoint dest;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;

	scene();
	if (row->back) {
		prog_dest(20, (__u32)row->is_ip6, near[row->is_ip6], 5080, 0);
		prog_set(3, (__u32)row->is_ip6, DS_ALGORITHM_CALL_ID, 20, 1);
	}
	prog.state->generic = (__u32)row->generic;
	p = prog_from_client(row->is_ip6);
	dress(&p, row);
	say(&p, REQUEST("INVITE", "n1"), row->is_ip6);
	prog_packet(&r, PROG_IN, &p);
	if (row->generic && row->sum == PKT_SUM_PARTIAL && row->tags && !row->back) {
		/* without its tags the frame is shorter */
		prog_check(&r, XDP_DROP, "needs_slow_path", "slow_partial");
		return;
	}
	prog_check(&r, row->back ? XDP_TX : XDP_REDIRECT, "forward", "request");
	check_frame(row, &r, &p, &v);
	prog_check_endpoint("source", &v.src, &p.src);
	dest = v.dst;

	p = to_client(row->is_ip6, 0, ANSWER);
	p.src = dest;
	dress(&p, row);
	prog_packet(&r, side, &p);
	prog_check(&r, row->back ? XDP_TX : XDP_REDIRECT, "forward", "response_nat");
	check_frame(row, &r, &p, &v);
	prog_check_endpoint("destination of the answer", &v.dst, &p.dst);
	p = prog_from_client(row->is_ip6);
	prog_check_endpoint("source of the answer", &v.src, &p.dst);
	check_int("state of the call", DS_CALL_STATE(prog_call()), DS_CALL_CONFIRMED);
}

struct ttl_row {
	const char *name;
	__u8 ttl;
	int sent;
};

static const struct ttl_row ttl_rows[] = { { "255", 255, 254 }, { "2", 2, 1 }, { "1", 1, 0 } };

static void ttls(void **state)
{
	const struct ttl_row *row = *state;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 4; i++) {
		scene();
		if (i & 1) {
			p = to_client(i >> 1, 0, ANSWER);
		} else {
			p = prog_from_client(i >> 1);
			say(&p, REQUEST("INVITE", "n1"), i >> 1);
		}
		p.ttl = row->ttl;
		prog_packet(&r, i & 1 ? PROG_OUT : PROG_IN, &p);
		if (!row->sent) {
			prog_check(&r, XDP_DROP, "drop", "ttl_expired");
			continue;
		}
		prog_check(&r, XDP_REDIRECT, "forward", i & 1 ? "response_nat" : "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_int("TTL", v.ttl, row->sent);
	}
}

struct other_row {
	const char *name;
	const char *to[2];
	unsigned int to_port;
	unsigned int from_port;
};

static const struct other_row other_rows[] = {
	{ "to the director", { "198.51.100.1", "2001:db8:2::1" }, 5060, 5070 },
	{ "to another port of the listener", { "192.0.2.1", "2001:db8:1::1" }, 9999, 5070 },
	{ "to another destination", { "198.51.100.12", "2001:db8:2::12" }, 5070, 5070 },
	{ "to itself", { "198.51.100.11", "2001:db8:2::11" }, 5070, 5070 },
	{ "from another port of a destination", { "192.0.2.20", "2001:db8:1::20" }, 5062, 5071 },
	{ "to where no route leads", { "203.0.113.1", "2001:db8:9::1" }, 5062, 5070 },
};

/* The kernel's business, as without us. */
static void others(void **state)
{
	const struct other_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene();
		p = to_client(i, 0, ANSWER);
		p.dst = pkt_endpoint(row->to[i], row->to_port);
		p.src.port_be = htons((__u16)row->from_port);
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_PASS, "pass", "not_ours");
		prog_check_untouched(&r, &p);
	}
}

struct any_row {
	const char *name;
	const char *payload;
	size_t len;
};

#define OCTETS(s) s, sizeof(s) - 1

/* Whatever a destination sends gets the listener's address: a NAT would notice if it did not. */
static const struct any_row any_rows[] = {
	{ "nothing", OCTETS("") },
	{ "CRLF CRLF", OCTETS("\r\n\r\n") },
	{ "STUN", OCTETS("\0\1\0\0\x21\x12\xa4\x42"
			 "abcdefghijkl") },
	{ "octets", OCTETS("\xff\xfe\x80") },
	{ "half a message", OCTETS("SIP/2.0 200 OK\r\nVia: SIP") },
	{ "text", OCTETS("hello") },
	{ "a broken request", OCTETS("INVITE\r\n\r\n") },
};

static void anything_back(void **state)
{
	const struct any_row *row = *state;
	struct ds_endpoint listener;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene();
		p = to_client(i, 1, ANSWER);
		p.payload = row->payload;
		p.len = row->len;
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response_nat");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		listener = prog_from_client(i).dst;
		prog_check_endpoint("source", &v.src, &listener);
		check_mem("payload", v.payload, v.len, row->payload, row->len);
	}
}

/* What a destination asks of a client is answered to that destination, whatever the pick would be. */
static void asked_by_destination(void **state)
{
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	unsigned int n;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (n = 0; n < PROG_DESTS; n++) {
			struct ds_endpoint dest = prog_dest_at(i, n);
			char via[128], answer[PROG_TEXT_MAX];

			scene();
			p = to_client(i, n, BACKWARD("INVITE"));
			snprintf(via, sizeof(via), i ? "[2001:db8:2::%u]:5070" : "198.51.100.%u:5070", 11 + n);
			prog_replace(text, "%D", via, i);
			prog_packet(&r, PROG_OUT, &p);
			prog_check(&r, XDP_REDIRECT, "forward", "response_nat");
			prog_check_out(&r, &v, PKT_SUM_VALID);

			p = prog_from_client(i);
			p.len = prog_answer(answer, v.payload, v.len, "200 OK");
			p.payload = answer;
			prog_packet(&r, PROG_IN, &p);
			prog_check(&r, XDP_REDIRECT, "forward", "response");
			prog_check_out(&r, &v, PKT_SUM_VALID);
			prog_check_endpoint("destination of the answer", &v.dst, &dest);
			check_mem("answer", v.payload, v.len, answer, p.len);
		}
	}
}

/* A response of nobody's is nobody's. */
static void stray_response(void **state)
{
	struct prog_run r;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene();
		p = prog_from_client(i);
		say(&p, ANSWER, i);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "drop", "via_not_ours");
		prog_check_untouched(&r, &p);
	}
}

static void add_frames(struct test_list *tests)
{
	static const char *const sums[] = { "valid", "no", "partial" };
	struct frame_row *row = frame_rows;
	unsigned int tags, i;
	char name[128];
	int sum;

	/* i: family, where the destination is, native or generic */
	for (i = 0; i < 8; i++) {
		for (tags = 0; tags <= 2; tags += (i & 4 ? 2 : 1)) {
			for (sum = PKT_SUM_VALID; sum <= PKT_SUM_PARTIAL; sum++) {
				if (i & 1 && sum == PKT_SUM_NONE)
					continue;
				*row = (struct frame_row){ i & 1, tags, (enum pkt_sum)sum, i >> 1 & 1, i >> 2 };
				snprintf(name, sizeof(name), "frames: IPv%u, %u tags, %s checksum, %s link%s",
					 i & 1 ? 6 : 4, tags, sums[sum], i & 2 ? "same" : "other",
					 i & 4 ? ", generic" : "");
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
	test_rows(&tests, "TTL", ttls, ttl_rows);
	test_rows(&tests, "not translated", others, other_rows);
	test_rows(&tests, "from a destination", anything_back, any_rows);
	test_add(&tests, "a request that a destination makes is answered to it", asked_by_destination, NULL);
	test_add(&tests, "a stray response", stray_response, NULL);
	failed = test_run(&tests, "nat");
	prog_close();
	return failed;
}
