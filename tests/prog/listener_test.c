// SPDX-License-Identifier: GPL-2.0-or-later
/* listener_test.c - whose a packet is: generations and their halves, several listeners, VLAN devices, the chain. */
#include "test.h"

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

/* A tagged frame belongs to the VLAN device that the kernel has for it: its settings are the ones that count. */
static void vlan_device(void **state)
{
	struct ds_vlan_key key = { .phys = prog.ifindex[PROG_IN], .vlan = { 100, 0 } };
	__u32 lo = 1;
	struct prog_run r;
	struct pkt p;

	(void)state;
	scene();
	p = invite(0);
	p.tags = 1;
	p.vlan[0] = 100;
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_REDIRECT, "forward", "request");
	/* one that does not forward stands in for it */
	check_int("forwarding off", system("echo 0 >/proc/sys/net/ipv4/conf/lo/forwarding"), 0);
	prog_put("vlan_ids", &key, &lo);
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_DROP, "needs_slow_path", "slow_no_route");
	p.vlan[0] = 101;
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_REDIRECT, "forward", "request");
	/* two tags, of which the outer one is of 802.1ad: another device's than 802.1Q's of the same number */
	p.tags = 2;
	p.vlan[0] = 100;
	p.vlan[1] = 200;
	key.vlan[1] = 200;
	prog_put("vlan_ids", &key, &lo);
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_REDIRECT, "forward", "request");
	key.vlan[0] |= DS_VLAN_SERVICE;
	prog_put("vlan_ids", &key, &lo);
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_DROP, "needs_slow_path", "slow_no_route");
}

/* Before anything is published nothing is ours. */
static void unpublished(void **state)
{
	struct prog_run r;
	struct pkt p;

	(void)state;
	scene();
	p = invite(0);
	prog.state->generation = 0;
	prog_packet(&r, PROG_IN, &p);
	check_int("action", r.action, XDP_PASS);
	check_int("verdicts counted", r.counted, 0);
	prog_check_untouched(&r, &p);
}

/* A listener that only one half has is there in generations of that half alone. */
static void one_half(void **state)
{
	struct prog_run r;
	__u32 generation;
	struct pkt p;

	(void)state;
	scene();
	prog.listeners[PROG_L4].half[0].mode = 0;
	for (generation = 2; generation < 6; generation++) {
		p = invite(0);
		prog.state->generation = generation;
		prog_packet(&r, PROG_IN, &p);
		if (generation & 1) {
			prog_check(&r, XDP_REDIRECT, "forward", "request");
		} else {
			prog_check(&r, XDP_PASS, "pass", "not_ours");
			prog_check_untouched(&r, &p);
		}
	}
}

/* Several listeners with one destination in all of them: each has its own address, Via and counters. */
static void several_listeners(void **state)
{
	static const struct {
		const char *ip;
		unsigned int port;
	} at[] = { { "192.0.2.1", 5060 }, { "192.0.2.1", 5062 }, { "192.0.2.2", 5060 } };
	struct ds_endpoint to;
	char via[128];
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	__u32 i;

	(void)state;
	prog_reset();
	for (i = 0; i < TEST_COUNT(at); i++) {
		prog_listener(i, at[i].ip, at[i].port, DS_MODE_PROXY, DS_AFFINITY_CALLS);
		prog_dest(10 + i, i, "198.51.100.11", 5070, 0);
		prog_set(1 + i, i, DS_ALGORITHM_CALL_ID, 10 + i, 1);
	}
	for (i = 0; i < TEST_COUNT(at); i++) {
		p = invite(0);
		p.dst = to = pkt_endpoint(at[i].ip, at[i].port);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_int("listener counted for", r.listener, i);
		prog_check_endpoint("source", &v.src, &to);
		snprintf(via, sizeof(via), "SIP/2.0/UDP %s:%u;", at[i].ip, at[i].port);
		check_true("our Via names this listener", memmem(v.payload, v.len, via, strlen(via)) != NULL);
	}
}

/* A program missing in the chain loses a packet, and says so. */
static void broken_chain(void **state)
{
	static const __u32 links[] = { DS_CHAIN_values, DS_CHAIN_request, DS_CHAIN_forward };
	struct prog_run r;
	struct pkt p;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(links); i++) {
		scene();
		p = invite(0);
		prog_delete("chain", &links[i]);
		prog_packet(&r, PROG_IN, &p);
		prog_chain();
		prog_check(&r, XDP_DROP, "drop", "shutdown");
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_add(&tests, "a VLAN device's settings count", vlan_device, NULL);
	test_add(&tests, "generation 0 passes", unpublished, NULL);
	test_add(&tests, "a listener in one half", one_half, NULL);
	test_add(&tests, "several listeners", several_listeners, NULL);
	test_add(&tests, "a program missing in the chain", broken_chain, NULL);
	failed = test_run(&tests, "listener");
	prog_close();
	return failed;
}
