// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * next_hop_test.c - when a packet goes by the next hop that user space has found, and when the kernel is asked. The two
 * differ in link addresses, so that the frame tells which it was.
 */
#include "test.h"

#include <time.h>

#include "prog.h"

#define ROWS                                                                                                       \
	"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\nMax-Forwards: 70\r\n" \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: n1\r\nCSeq: 1 INVITE\r\n"
#define REQUEST ROWS "Content-Length: 0\r\n\r\n"

#define TICK_NS 10000000 /* of the coarse clock, at most */
#define MS_NS 1000000ull

static const unsigned char cached_dmac[6] = { 2, 0xca, 0xc4, 0xed, 0, 1 };
static const unsigned char cached_smac[6] = { 2, 0xca, 0xc4, 0xed, 0, 2 };
static const unsigned char kernel_dmac[6] = { 2, 0, 0, 0, 1, 0x11 };
static const unsigned char kernel_smac[6] = { 2, 0, 0, 0, 1, 1 };

static char text[PROG_TEXT_MAX];

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000 * MS_NS + (__u64)t.tv_nsec;
}

/* One destination for each listener, a fresh heartbeat, and the entry that is good for both. */
static struct ds_next_hop scene(enum ds_mode mode)
{
	struct ds_next_hop n = { .seq = 6, .serial = 7, .ifindex = prog.ifindex[PROG_OUT], .valid = 1, .mtu = 1500 };

	prog_scene(mode, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	prog_set(1, PROG_L4, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 0), 1);
	prog_set(2, PROG_L6, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L6, 0), 1);
	prog.state->heartbeat_ns = now_ns();
	memcpy(n.dmac, cached_dmac, sizeof(n.dmac));
	memcpy(n.smac, cached_smac, sizeof(n.smac));
	return n;
}

static __u32 slot(int is_ip6)
{
	return PROG_DEST(is_ip6 ? PROG_L6 : PROG_L4, 0);
}

static void enter(int is_ip6, const struct ds_next_hop *n)
{
	__u32 key = slot(is_ip6);

	prog_put("next_hops", &key, n);
}

static struct pkt request(int is_ip6, const char *message)
{
	struct pkt p = prog_from_client(is_ip6);

	p.len = prog_text(text, message, is_ip6);
	p.payload = text;
	return p;
}

static void check_cached(const struct pkt_view *v)
{
	check_mem("destination MAC address", v->dmac, 6, cached_dmac, 6);
	check_mem("source MAC address", v->smac, 6, cached_smac, 6);
}

static void check_kernel(const struct pkt_view *v)
{
	check_mem("destination MAC address", v->dmac, 6, kernel_dmac, 6);
	check_mem("source MAC address", v->smac, 6, kernel_smac, 6);
}

/* In every row: what is done to the scene and its entry, and which next hop that gives. */
struct trust_row {
	const char *name;
	void (*change)(struct ds_next_hop *n);
	int cached;
};

static void unchanged(struct ds_next_hop *n)
{
	(void)n;
}

static void no_daemon(struct ds_next_hop *n)
{
	(void)n;
	prog.state->heartbeat_ns = 0;
}

static void silent_daemon(struct ds_next_hop *n)
{
	(void)n;
	prog.state->heartbeat_ns -= DS_HEARTBEAT_FRESH_MS * MS_NS + TICK_NS;
}

static void late_daemon(struct ds_next_hop *n)
{
	(void)n;
	prog.state->heartbeat_ns -= DS_HEARTBEAT_MS * MS_NS;
}

static void beat_after_tick(struct ds_next_hop *n)
{
	(void)n;
	prog.state->heartbeat_ns += TICK_NS;
}

static void being_written(struct ds_next_hop *n)
{
	n->seq |= 1;
}

static void not_valid(struct ds_next_hop *n)
{
	n->valid = 0;
}

static void of_another(struct ds_next_hop *n)
{
	n->serial++;
}

static const struct trust_row trust_rows[] = {
	{ "fresh", unchanged, 1 },
	{ "one beat old", late_daemon, 1 },
	{ "beat within the running tick", beat_after_tick, 1 },
	{ "no daemon", no_daemon, 0 },
	{ "silent daemon", silent_daemon, 0 },
	{ "entry being written", being_written, 0 },
	{ "entry not valid", not_valid, 0 },
	{ "entry of another destination", of_another, 0 },
};

static void trusted(void **state)
{
	const struct trust_row *row = *state;
	struct ds_next_hop n;
	struct ds_endpoint to;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 4; i++) {
		n = scene(i < 2 ? DS_MODE_NAT : DS_MODE_PROXY);
		row->change(&n);
		enter(i & 1, &n);
		p = request(i & 1, REQUEST);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		if (row->cached)
			check_cached(&v);
		else
			check_kernel(&v);
		to = prog_dest_at(i & 1, 0);
		prog_check_endpoint("destination", &v.dst, &to);
		check_int("VLAN tags", v.tags, 0);
	}
}

struct tags_row {
	const char *name;
	unsigned int came; /* tags that the request came with */
	unsigned int cached;
	enum prog_side out;
	unsigned int sent;
	__u16 vlan[2];
};

static const struct tags_row tags_rows[] = {
	{ "one", 0, 1, PROG_OUT, 1, { 30, 0 } },
	{ "two", 0, 2, PROG_OUT, 2, { 30, 40 } },
	{ "tags gone", 2, 0, PROG_OUT, 0, { 0, 0 } },
	{ "other tags, out the way it came", 1, 2, PROG_IN, 2, { 30, 40 } },
	{ "tags kept, out the way it came", 2, 0, PROG_IN, 2, { 100, 200 } },
};

static void tagged(void **state)
{
	const struct tags_row *row = *state;
	struct ds_next_hop n;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 4; i++) {
		n = scene(i < 2 ? DS_MODE_NAT : DS_MODE_PROXY);
		n.ifindex = prog.ifindex[row->out];
		n.tags = (__u8)row->cached;
		n.vlan[0] = row->cached ? 30 : 0;
		n.vlan[1] = row->cached > 1 ? 40 : 0;
		enter(i & 1, &n);
		p = request(i & 1, REQUEST);
		p.tags = row->came;
		p.vlan[0] = 100;
		p.vlan[1] = 200;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, row->out == PROG_IN ? XDP_TX : XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_cached(&v);
		check_int("VLAN tags", v.tags, row->sent);
		check_int("outer VLAN", v.vlan[0], row->vlan[0]);
		check_int("inner VLAN", v.vlan[1], row->vlan[1]);
		/* such as they came with, or as the entry says */
		if (row->sent == 2)
			check_int("protocol of the outer tag", v.proto[0], row->cached ? 0x8100 : 0x88a8);
	}
}

/* A packet longer than the entry is good for is the kernel's business: it sends it, or says that it is too long. */
static void long_packets(void **state)
{
	static char longer[PROG_TEXT_MAX];
	struct ds_next_hop n;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	(void)state;
	memset(longer, 'a', 1500);
	memcpy(longer, ROWS "\r\n", sizeof(ROWS "\r\n") - 1);
	for (i = 0; i < 4; i++) {
		n = scene(i < 2 ? DS_MODE_NAT : DS_MODE_PROXY);
		p = request(i & 1, REQUEST);
		prog_packet(&r, PROG_IN, &p);
		prog_check_out(&r, &v, PKT_SUM_VALID);
		n.mtu = (__u16)(v.len + (i & 1 ? 48 : 28));
		enter(i & 1, &n);
		prog_packet(&r, PROG_IN, &p);
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_cached(&v);
		n.mtu--;
		enter(i & 1, &n);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_kernel(&v);
		n.mtu = 1500;
		enter(i & 1, &n);
		p = request(i & 1, longer);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "needs_slow_path", "slow_mtu");
		prog_check_untouched(&r, &p);
	}
}

/* What goes to a client is none of it. */
static void responses(void **state)
{
	char answer[PROG_TEXT_MAX];
	const unsigned char client[6] = { 2, 0, 0, 0, 0, 0x20 };
	struct pkt p, back;
	struct ds_next_hop n;
	struct prog_run r;
	struct pkt_view v;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		n = scene(i < 2 ? DS_MODE_NAT : DS_MODE_PROXY);
		enter(i & 1, &n);
		p = request(i & 1, REQUEST);
		prog_packet(&r, PROG_IN, &p);
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_cached(&v);
		back = prog_from_dest(i & 1, 0);
		if (i < 2)
			back.dst = p.src;
		back.len = prog_answer(answer, v.payload, v.len, "408 Request Timeout");
		back.payload = answer;
		prog_packet(&r, PROG_OUT, &back);
		prog_check(&r, XDP_REDIRECT, "forward", i < 2 ? "response_nat" : "response");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_mem("destination MAC address", v.dmac, 6, client, 6);
	}
}

/* A destination's 408 tells of its health and is counted apart; other responses of its class are not. */
static void timeouts(void **state)
{
	static const char *const status[] = { "408 Request Timeout", "404 Not Found", "500 Server Error" };
	struct ds_dest_stats before, after;
	char answer[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;
	struct pkt p, back;
	size_t k;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		scene(i < 2 ? DS_MODE_NAT : DS_MODE_PROXY);
		p = request(i & 1, REQUEST);
		prog_packet(&r, PROG_IN, &p);
		prog_check_out(&r, &v, PKT_SUM_VALID);
		for (k = 0; k < TEST_COUNT(status); k++) {
			before = prog_dest_stats(slot(i & 1));
			back = prog_from_dest(i & 1, 0);
			if (i < 2)
				back.dst = p.src;
			back.len = prog_answer(answer, v.payload, v.len, status[k]);
			back.payload = answer;
			prog_packet(&r, PROG_OUT, &back);
			prog_check(&r, XDP_REDIRECT, "forward", i < 2 ? "response_nat" : "response");
			after = prog_dest_stats(slot(i & 1));
			check_int("responses 408", after.timeouts - before.timeouts, k == 0);
			check_int("responses 4xx", after.responses[4] - before.responses[4], k < 2);
			check_int("responses 5xx", after.responses[5] - before.responses[5], k == 2);
			/* the answer is made from the request as it came out */
			prog_packet(&r, PROG_IN, &p);
			prog_check_out(&r, &v, PKT_SUM_VALID);
		}
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "trust", trusted, trust_rows);
	test_rows(&tests, "tags", tagged, tags_rows);
	test_add(&tests, "packets longer than the MTU", long_packets, NULL);
	test_add(&tests, "responses", responses, NULL);
	test_add(&tests, "408 is counted", timeouts, NULL);
	failed = test_run(&tests, "next hop");
	prog_close();
	return failed;
}
