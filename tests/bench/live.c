// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - packets that really go through: from a sender on one CPU through the director on another to ends that count,
 * for every way of directing them that there is, by turns, several rounds. See live_wire.h for how.
 *
 * Arguments: rounds, ms of each measurement, and texts: cases with one of them in their name are run ("spread": what
 * spreading packets over CPUs costs, in rows of round, CPU, CPU ns per packet). Prints rows of tab separated values: round, case, packets/s at a loss below
 * LOSS, CPU ns per packet at that rate, p50, p99 and p99.9 of the latency in ns at half of it (0: not known).
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "ds_route.h"
#include "live_peers.h"
#include "live_wire.h"

#define SIZE 700
#define LOSS 0.001
#define STEPS 6
#define TRIES 4		  /* a host that stops a CPU for milliseconds fills any ring: what passes once passes */
#define QUEUE_MAX 1000	  /* packets that may wait at the end: more is a queue that hides that it is too much */
#define PROCESS_WINDOWS 5 /* of who has a socket's buffer for such queues: so many times as long */
#define FRAMES 1024u
#define FLOWS 64

enum { LAB_PROXY, LAB_NAT, LAB_REDIRECT, LAB_DROP, LAB_SPREAD, LAB_VARIANTS };

static struct lab variants[LAB_VARIANTS];
static struct bench_packet requests[FRAMES], responses[FRAMES], frames[FRAMES];
static struct live_wire wire;
static unsigned int window_ms;

/* How a case directs packets: a program of lab's, or the stack, with a peer where there is one. */
struct way {
	const char *name;
	int lab;
	const char *prog; /* NULL: the kernel's stack */
	enum live_peer peer;
	enum live_end end;
	enum { TO_LISTENER, TO_DEST, FROM_DEST } packets;
	/* where they arrive; NOWHERE: what comes out is not what went in, so that the director counts, without latency */
	enum { ON, BACK, NOWHERE } arrive;
};

static const struct way ways[] = {
	{ "floor: swap MAC addresses, transmit", LAB_PROXY, "bench_floor", PEER_NONE, LIVE_END_XDP, TO_LISTENER, BACK },
	{ "floor: route look-up, redirect", -1, "live_route", PEER_NONE, LIVE_END_XDP, TO_DEST, ON },
	{ "sipxdp drop", LAB_DROP, "xdp_dispatch", PEER_NONE, LIVE_END_XDP, TO_LISTENER, NOWHERE },
	{ "sipxdp redirect (302)", LAB_REDIRECT, "xdp_dispatch", PEER_NONE, LIVE_END_XDP, TO_LISTENER, NOWHERE },
	{ "sipxdp nat", LAB_NAT, "xdp_dispatch", PEER_NONE, LIVE_END_XDP, TO_LISTENER, ON },
	{ "sipxdp proxy, request", LAB_PROXY, "xdp_dispatch", PEER_NONE, LIVE_END_XDP, TO_LISTENER, ON },
	{ "sipxdp proxy, response", LAB_PROXY, "xdp_dispatch", PEER_NONE, LIVE_END_XDP, FROM_DEST, ON },
	{ "kernel forwarding", -1, NULL, PEER_NONE, LIVE_END_STACK, TO_DEST, ON },
	{ "nftables DNAT by jhash", -1, NULL, PEER_NFT, LIVE_END_STACK, TO_LISTENER, ON },
	{ "IPVS nat, --pe sip", -1, NULL, PEER_IPVS, LIVE_END_STACK, TO_LISTENER, ON },
	{ "Kamailio stateless, 1 worker", -1, NULL, PEER_STATELESS_1, LIVE_END_STACK, TO_LISTENER, ON },
	{ "Kamailio stateless, 1 worker, default allocator", -1, NULL, PEER_STATELESS_PLAIN, LIVE_END_STACK,
	  TO_LISTENER, ON },
	{ "Kamailio stateless, 2 workers", -1, NULL, PEER_STATELESS_2, LIVE_END_STACK, TO_LISTENER, ON },
	{ "Kamailio stateless, 4 workers", -1, NULL, PEER_STATELESS_4, LIVE_END_STACK, TO_LISTENER, ON },
	{ "Kamailio stateful, 1 worker", -1, NULL, PEER_STATEFUL_1, LIVE_END_ANSWER, TO_LISTENER, ON },
	{ "Kamailio stateful, 2 workers", -1, NULL, PEER_STATEFUL_2, LIVE_END_ANSWER, TO_LISTENER, ON },
	{ "Kamailio stateful, 4 workers", -1, NULL, PEER_STATEFUL_4, LIVE_END_ANSWER, TO_LISTENER, ON },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static char **asked; /* the texts, the last is NULL */

static void must(int err)
{
	if (err)
		exit(1);
}

static int is_asked_for(const char *name)
{
	char **text;

	for (text = asked; *text; text++)
		if (strstr(name, *text))
			return 1;
	return !asked[0];
}

static int is_spread_asked_for(void)
{
	return asked[0] && !strcmp(asked[0], "spread");
}

/* Requests become what responses are to by the proxy, so that is always wanted. */
static int is_wanted(int lab)
{
	size_t i;

	for (i = 0; i < WAYS; i++)
		if (ways[i].lab == lab && is_asked_for(ways[i].name))
			return 1;
	return lab == LAB_PROXY;
}

/* One route, which every request matches. */
static void route_all(const struct lab *lab, enum ds_action action)
{
	struct ds_dest_uri uri = { .host_len = sizeof(LAB_DEST ":5060") - 1, .all_len = sizeof(LAB_DEST ":5060") - 1 };
	static const char line[] = "SIP/2.0 302 Moved Temporarily\r\n";
	struct ds_route r = { .action = (__u8)action, .set = 1, .code = 302, .line_len = sizeof(line) - 1 };
	struct ds_route_table t = { .id = 7 };
	__u32 half, at, i, zero = 0;
	struct ds_listener l;

	for (i = 0; i < DS_ROUTE_METHODS; i++)
		t.method[i] = 1;
	t.dialog[0] = t.dialog[1] = t.any_set = t.any_source = t.any_user = t.any_host = 1;
	memcpy(r.line, line, sizeof(line) - 1);
	memcpy(uri.host, LAB_DEST ":5060", uri.host_len);
	must(bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(lab->datapath, "listeners"), &zero, &l));
	for (half = 0; half < 2; half++) {
		l.half[half].routes = 1;
		at = ds_route_table_at(half, 0);
		must(lab_set(lab, "route_tables", &at, &t));
		at = ds_route_at(half, 0, 0);
		must(lab_set(lab, "routes", &at, &r));
		at = ds_dest_uri_at(half, 1);
		must(lab_set(lab, "dest_uris", &at, &uri));
	}
	must(lab_set(lab, "listeners", &zero, &l));
}

/* Room for the stamp at the end of the message. */
static void stamp_room(struct bench_packet *p)
{
	memset(p->data + p->len - LIVE_STAMP, 0, LIVE_STAMP / 2);
	memset(p->data + p->len - LIVE_STAMP / 2, 0xff, LIVE_STAMP / 2);
	bench_seal(p);
}

/* All variants that are asked for are loaded at once, and attached when it is their turn. */
static void load(const char *dir)
{
	int i;

	if (is_spread_asked_for()) {
		must(lab_load_spread(&variants[LAB_SPREAD], dir, DS_MODE_PROXY, DS_AFFINITY_CALLS));
		must(lab_hop(&variants[LAB_SPREAD], true));
		lab_detach(&variants[LAB_SPREAD]);
	}
	for (i = 0; i < LAB_SPREAD; i++) {
		if (!is_wanted(i))
			continue;
		must(lab_load(&variants[i], dir, i == LAB_NAT ? DS_MODE_NAT : DS_MODE_PROXY,
			      i == LAB_NAT ? DS_AFFINITY_HASH : DS_AFFINITY_CALLS));
		must(lab_hop(&variants[i], true));
		lab_detach(&variants[i]);
	}
	if (is_wanted(LAB_REDIRECT))
		route_all(&variants[LAB_REDIRECT], DS_ACTION_REDIRECT);
	if (is_wanted(LAB_DROP))
		route_all(&variants[LAB_DROP], DS_ACTION_DROP);
}

/* Responses are to what the proxy forwarded. */
static void prepare(const char *dir)
{
	struct bench_packet out;
	__u32 action, i;

	load(dir);
	must(lab_attach(&variants[LAB_PROXY], "xdp_dispatch"));
	must(lab_beat(&variants[LAB_PROXY]));
	for (i = 0; i < FRAMES; i++) {
		bench_request(&requests[i], SIZE, i);
		bench_run(&variants[LAB_PROXY], "xdp_dispatch", &requests[i], 1, &action, &out);
		if (bench_response(&responses[i], &out, SIZE)) {
			fprintf(stderr, "bench: the request was not forwarded (XDP action %u)\n", action);
			exit(1);
		}
		stamp_room(&requests[i]);
		stamp_room(&responses[i]);
	}
	lab_detach(&variants[LAB_PROXY]);
	live_open(&wire, dir);
	/* sysfs shows the network namespace that it was mounted in */
	must(system("ip link set " LAB_IN " address 02:00:00:00:00:01 && ethtool -K " LAB_IN " gro on && "
		    "ethtool -K " LAB_OUT " gro on && unshare --mount sh -c 'mount -t sysfs sysfs /sys && "
		    "echo 1 >/sys/class/net/" LAB_IN "/threaded && echo 1 >/sys/class/net/" LAB_OUT "/threaded'"));
}

static void way_frames(const struct way *way)
{
	__u32 i;

	memcpy(frames, way->packets == FROM_DEST ? responses : requests, sizeof(frames));
	for (i = 0; i < FRAMES; i++) {
		struct iphdr *ip = (void *)(frames[i].data + 14);
		struct udphdr *udp = (void *)(ip + 1);

		if (way->packets == TO_DEST)
			inet_pton(AF_INET, LAB_DEST, &ip->daddr);
		if (way->peer)
			udp->dest = htons(peer_port(way->peer));
		if (way->peer == PEER_NFT)
			udp->source = htons((__u16)(20000 + i % FLOWS));
		bench_seal(&frames[i]);
	}
	live_frames(&wire, frames, FRAMES, way->packets == FROM_DEST ? LIVE_SERVER : LIVE_CLIENT,
		    way->packets == FROM_DEST || way->arrive == BACK ? LIVE_CLIENT : LIVE_SERVER);
}

static struct bpf_link *route_link[2];

static void way_begin(const struct way *way)
{
	if (way->lab >= 0)
		must(lab_attach(&variants[way->lab], way->prog));
	else if (way->prog)
		live_attach(&wire, way->prog, route_link);
	peer_begin(way->peer);
	live_ends(&wire, way->end);
	way_frames(way);
}

static void way_end(const struct way *way)
{
	peer_end(way->peer);
	if (way->lab >= 0)
		lab_detach(&variants[way->lab]);
	else if (way->prog)
		live_detach(route_link);
}

/* The listener's counters, of all CPUs, as far as they are asked for. */
static struct ds_counters counted(const struct lab *lab, enum verdict verdict)
{
	int fd = bpf_object__find_map_fd_by_name(lab->datapath, "counters"), cpus = libbpf_num_possible_cpus(), i;
	struct ds_counters *v = cpus > 0 ? calloc((size_t)cpus, sizeof(*v)) : NULL;
	struct ds_counters n = { 0 };
	__u32 listener = 0;

	if (!v || bpf_map_lookup_elem(fd, &listener, v))
		exit(1);
	for (i = 0; i < cpus; i++) {
		n.verdict[verdict] += v[i].verdict[verdict];
		n.handed += v[i].handed;
		n.taken += v[i].taken;
	}
	free(v);
	return n;
}

static struct live_shot shoot(const struct way *way, double rate, int latency)
{
	enum verdict verdict = way->lab == LAB_DROP ? VERDICT_drop : VERDICT_redirect;
	struct live_shot shot;
	__u64 before = 0;

	if (way->lab >= 0)
		must(lab_beat(&variants[way->lab]));
	if (way->arrive == NOWHERE)
		before = counted(&variants[way->lab], verdict).verdict[verdict];
	shot = live_shoot(&wire, rate, window_ms * (peer_pids(way->peer) ? PROCESS_WINDOWS : 1), peer_pids(way->peer),
			  latency);
	if (way->arrive == NOWHERE) {
		shot.received = counted(&variants[way->lab], verdict).verdict[verdict] - before;
		shot.waiting = 0;
	}
	return shot;
}

static int is_kept_up_with(const struct live_shot *shot)
{
	return shot->sent && (double)shot->sent - (double)shot->received <= LOSS * (double)shot->sent &&
	       shot->waiting <= QUEUE_MAX;
}

/* Tries a rate until it passes. */
static struct live_shot try(const struct way *way, double rate)
{
	struct live_shot shot;
	int i;

	for (i = 0; i < TRIES; i++) {
		shot = shoot(way, rate, 0);
		if (is_kept_up_with(&shot))
			break;
	}
	return shot;
}

/* The highest rate at which less than LOSS is lost: between nothing and a bit more than gets through when too much comes. */
static struct live_shot search(const struct way *way)
{
	struct live_shot best = { 0 }, shot = shoot(way, 0, 0);
	double low = 0, high = 1.2 * (double)shot.received / shot.seconds, rate = high / 1.2;
	int i;

	if (!shot.received && way->lab >= 0)
		bench_say_reasons(&variants[way->lab]);
	for (i = 0; i < STEPS; i++) {
		shot = try(way, rate);
		if (is_kept_up_with(&shot)) {
			best = shot;
			low = rate;
		} else {
			high = rate;
		}
		rate = (low + high) / 2;
	}
	return best;
}

static void run_way(const struct way *way, int round)
{
	struct live_shot best, half = { 0 };

	way_begin(way);
	best = search(way);
	if (best.sent && way->arrive != NOWHERE)
		half = shoot(way, 0.5 * (double)best.sent / best.seconds, 1);
	way_end(way);
	printf("%d\t%s\t%.0f\t%.1f\t%.0f\t%.0f\t%.0f\n", round, way->name,
	       best.sent ? (double)best.sent / best.seconds : 0,
	       best.received ? best.cpu_ns / (double)best.received : 0, half.p50, half.p99, half.p999);
	fflush(stdout);
}

static const struct way spread = { "spread", LAB_SPREAD, "xdp_spread", PEER_NONE, LIVE_END_XDP, TO_LISTENER, ON };

/*
 * What a packet that is spread costs the CPU that it comes in on and the one that it is for, in ns, when more come than can
 * be served. The CPU that it is for is the sender's, too: packets/s would say nothing.
 */
static void run_spread(int round)
{
	const struct lab *lab = &variants[LAB_SPREAD];
	struct ds_counters before, after;
	struct live_shot shot;

	way_begin(&spread);
	before = counted(lab, VERDICT_forward);
	shot = shoot(&spread, 0, 0);
	after = counted(lab, VERDICT_forward);
	way_end(&spread);
	if (after.taken == before.taken || after.handed == before.handed)
		exit(1);
	printf("%d\tthe CPU that it comes in on\t%.0f\n", round, shot.cpu_ns / (double)(after.handed - before.handed));
	printf("%d\tthe CPU that it is for\t%.0f\n", round, shot.taker_ns / (double)(after.taken - before.taken));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5, round;
	size_t i;

	window_ms = argc > 2 ? (unsigned int)atoi(argv[2]) : 300;
	asked = argc > 3 ? argv + 3 : argv + argc;
	if (rounds < 1 || window_ms < 10 || lab_enter())
		return 2;
	prepare(".");
	for (round = 1; round <= rounds && is_spread_asked_for(); round++)
		run_spread(round);
	for (round = 1; round <= rounds; round++)
		for (i = 0; i < WAYS; i++)
			if (is_asked_for(ways[i].name) && peer_is_there(ways[i].peer))
				run_way(&ways[i], round);
	live_close(&wire);
	for (i = 0; i < LAB_VARIANTS; i++)
		if (variants[i].datapath)
			lab_unload(&variants[i]);
	return 0;
}
