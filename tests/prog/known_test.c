// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * known_test.c - what packets remember of look-ups: that they do, which shows where what was looked up is changed behind
 * their backs, and that they forget when they are told to, and after a second.
 */
#include "test.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <time.h>

#include "prog.h"

#define REQUEST                                                                                                   \
	"OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n"     \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: k1\r\nCSeq: 1 OPTIONS\r\n" \
	"Content-Length: 0\r\n\r\n"

#define OLD_MAC                     \
	{                           \
		2, 0, 0, 0, 0, 0x20 \
	}
#define NEW_MAC                     \
	{                           \
		2, 0, 0, 0, 0x77, 1 \
	}

static char text[PROG_TEXT_MAX];
static char answer[PROG_TEXT_MAX];

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000 + (__u64)t.tv_nsec;
}

static void command(const char *cmd)
{
	check_int(cmd, system(cmd), 0);
}

static void scene(enum ds_mode mode)
{
	prog_scene(mode, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	prog_set(1, PROG_L4, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 0), 1);
	prog_set(2, PROG_L6, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L6, 0), 1);
	prog.state->heartbeat_ns = now_ns();
}

/* Sends the client's request on; the frame that leaves is in r. */
static void ask(struct prog_run *r, int is_ip6)
{
	struct pkt p = prog_from_client(is_ip6);

	p.len = prog_text(text, REQUEST, is_ip6);
	p.payload = text;
	prog_packet(r, PROG_IN, &p);
	prog_check(r, XDP_REDIRECT, "forward", "request");
}

/* The destination's answer to the request that left. */
static struct pkt reply(int is_ip6, const struct prog_run *sent, const char *status)
{
	struct pkt p = prog_from_dest(is_ip6, 0);
	struct pkt_view v;

	prog_check_out(sent, &v, PKT_SUM_VALID);
	/* in nat mode to the client itself, which is whom the request came from there, too */
	p.dst = prog.listeners[is_ip6 ? PROG_L6 : PROG_L4].half[0].mode == DS_MODE_NAT ? v.src : p.dst;
	p.len = prog_answer(answer, v.payload, v.len, status);
	p.payload = answer;
	return p;
}

/* Sends it to the client; ends the test unless it leaves to that link address. */
static void check_back(const struct pkt *p, const unsigned char *mac)
{
	struct prog_run r;
	struct pkt_view v;

	prog_packet(&r, PROG_OUT, p);
	check_str("verdict", r.verdict, "forward");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	check_mem("destination MAC address", v.dmac, 6, mac, 6);
}

static void told(struct pkt *p)
{
	(void)p;
	prog.state->changes++;
}

static void a_second_later(struct pkt *p)
{
	struct timespec wait = { .tv_sec = 1, .tv_nsec = 50000000 };

	(void)p;
	nanosleep(&wait, NULL);
	prog.state->heartbeat_ns = now_ns();
}

static void nothing(struct pkt *p)
{
	(void)p;
}

static void no_daemon(struct pkt *p)
{
	(void)p;
	prog.state->heartbeat_ns = 0;
}

static void other_tos(struct pkt *p)
{
	p->tos ^= 0x10;
}

static void longer(struct pkt *p)
{
	check_mem("the empty line", answer + p->len - 4, 4, "\r\n\r\n", 4);
	p->len += (size_t)sprintf(answer + p->len - 2, "Subject: more\r\n\r\n") - 2;
}

struct hop_row {
	const char *name;
	void (*change)(struct pkt *p);
	int forgotten;
};

static const struct hop_row hop_rows[] = {
	{ "nothing", nothing, 0 },     { "user space says so", told, 1 }, { "a second", a_second_later, 1 },
	{ "no daemon", no_daemon, 1 }, { "another TOS", other_tos, 1 },	  { "longer", longer, 1 },
};

/* The client's neighbour entry changes between two responses. */
static void hops(void **state)
{
	static const unsigned char old[] = OLD_MAC, new[] = NEW_MAC;
	const struct hop_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 4; i++) {
		scene(i < 2 ? DS_MODE_NAT : DS_MODE_PROXY);
		ask(&r, i & 1);
		p = reply(i & 1, &r, "200 OK");
		check_back(&p, old);
		command("ip neigh replace 192.0.2.20 lladdr 02:00:00:00:77:01 dev prog_in nud permanent");
		command("ip neigh replace 2001:db8:1::20 lladdr 02:00:00:00:77:01 dev prog_in nud permanent");
		row->change(&p);
		check_back(&p, row->forgotten ? new : old);
		command("ip neigh replace 192.0.2.20 lladdr 02:00:00:00:00:20 dev prog_in nud permanent");
		command("ip neigh replace 2001:db8:1::20 lladdr 02:00:00:00:00:20 dev prog_in nud permanent");
	}
}

/* What is behind the backs of a flow's packets: its sender leaves dest_ids, its listener listener_ids. */
static void forget_sender(int is_ip6)
{
	struct ds_endpoint at = prog_dest_at(is_ip6, 0);

	at.pad = (__u16)(is_ip6 ? PROG_L6 : PROG_L4);
	check_int("dest_ids", bpf_map_delete_elem(prog_map("dest_ids"), &at), 0);
}

static __u64 responses_of(int is_ip6)
{
	return prog_dest_stats(PROG_DEST(is_ip6 ? PROG_L6 : PROG_L4, 0)).responses[2];
}

static void reused_slot(struct pkt *p)
{
	(void)p;
	prog.dests[PROG_DEST(PROG_L4, 0)].serial++;
	prog.dests[PROG_DEST(PROG_L6, 0)].serial++;
}

static void freed_slot(struct pkt *p)
{
	(void)p;
	prog.dests[PROG_DEST(PROG_L4, 0)].flags = prog.dests[PROG_DEST(PROG_L6, 0)].flags = 0;
}

static const struct hop_row sender_rows[] = {
	{ "nothing", nothing, 0 },
	{ "user space says so", told, 1 },
	{ "a second", a_second_later, 1 },
	{ "no daemon", no_daemon, 0 },
	{ "its slot is another's", reused_slot, 1 },
	{ "its slot is free", freed_slot, 1 },
};

/* A response counts for the destination that it comes from. */
static void senders(void **state)
{
	const struct hop_row *row = *state;
	struct prog_run r;
	__u64 before;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene(DS_MODE_PROXY);
		ask(&r, i);
		p = reply(i, &r, "200 OK");
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response");
		before = responses_of(i);
		forget_sender(i);
		row->change(&p);
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response");
		check_int("counted again", responses_of(i) - before, !row->forgotten);
	}
}

static const struct hop_row listener_rows[] = {
	{ "nothing", nothing, 0 },
	{ "user space says so", told, 1 },
	{ "a second", a_second_later, 1 },
};

static void listeners(void **state)
{
	const struct hop_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 4; i++) {
		scene(i < 2 ? DS_MODE_NAT : DS_MODE_PROXY);
		ask(&r, i & 1);
		check_int("listener_ids",
			  bpf_map_delete_elem(prog_map("listener_ids"), &prog.listeners[i & 1 ? PROG_L6 : PROG_L4].at),
			  0);
		p = prog_from_client(i & 1);
		p.len = prog_text(text, REQUEST, i & 1);
		p.payload = text;
		row->change(&p);
		prog_packet(&r, PROG_IN, &p);
		check_str("verdict", r.verdict, row->forgotten ? "pass" : "forward");
	}
}

/* What a nat destination sends is its listener's while the slot is its own, and a listener that is gone is nobody's. */
static void nat_sources(void **state)
{
	struct prog_run r;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_NAT);
		ask(&r, i);
		p = reply(i, &r, "200 OK");
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response_nat");
		prog.listeners[i ? PROG_L6 : PROG_L4].half[0].mode = 0;
		prog_packet(&r, PROG_OUT, &p);
		check_str("of a listener that is gone", r.reason, "not_ours");
		prog.listeners[i ? PROG_L6 : PROG_L4].half[0].mode = DS_MODE_NAT;
		prog.dests[PROG_DEST(i ? PROG_L6 : PROG_L4, 0)].flags = 0;
		prog_packet(&r, PROG_OUT, &p);
		check_str("of a slot that is free", r.reason, "not_ours");
	}
}

/* The client's link address is entered again only where it may be gone, or is another. */
static void learned(void **state)
{
	static const unsigned char new[] = NEW_MAC;
	struct prog_run r;
	struct ds_addr ip;
	struct ds_mac m;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_PROXY);
		ask(&r, i);
		p = prog_from_client(i);
		ip = p.src.ip;
		check_int("entered", bpf_map_lookup_elem(prog_map("macs"), &ip, &m), 0);
		check_int("taken out", bpf_map_delete_elem(prog_map("macs"), &ip), 0);
		ask(&r, i);
		check_int("remembered", bpf_map_lookup_elem(prog_map("macs"), &ip, &m), -ENOENT);
		prog.state->changes++;
		ask(&r, i);
		check_int("entered again", bpf_map_lookup_elem(prog_map("macs"), &ip, &m), 0);
		memcpy(p.smac, new, sizeof(new));
		p.len = prog_text(text, REQUEST, i);
		p.payload = text;
		prog_packet(&r, PROG_IN, &p);
		check_int("another", bpf_map_lookup_elem(prog_map("macs"), &ip, &m), 0);
		check_mem("link address", m.client, 6, new, 6);
	}
}

/* What is remembered is the CPU's. */
static void stay_on_this_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	check_int("sched_setaffinity", sched_setaffinity(0, sizeof(set), &set), 0);
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	stay_on_this_cpu();
	test_rows(&tests, "next hop", hops, hop_rows);
	test_rows(&tests, "sender", senders, sender_rows);
	test_rows(&tests, "listener", listeners, listener_rows);
	test_add(&tests, "nat destinations", nat_sources, NULL);
	test_add(&tests, "learned link address", learned, NULL);
	failed = test_run(&tests, "known");
	prog_close();
	return failed;
}
