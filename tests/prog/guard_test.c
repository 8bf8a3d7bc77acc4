// SPDX-License-Identifier: GPL-2.0-or-later
/* guard_test.c - who may send to a listener, and how much, before anything of a message is looked at. */
#include "test.h"

#include <bpf/bpf.h>

#include "prog.h"

#define REQUEST                                                                                                    \
	"OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\nMax-Forwards: 7\r\n" \
	"From: <sip:a@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: g1\r\nCSeq: 1 OPTIONS\r\n\r\n"
#define ACL 77

static char text[PROG_TEXT_MAX];

static void net(const char *ip, unsigned int len, __u32 word)
{
	struct ds_guard_net key = { .bits = 32 + len + (strchr(ip, ':') ? 0 : 96), .acl = ACL };

	key.ip = pkt_endpoint(ip, 1).ip;
	prog_put("guard_acl", &key, &word);
}

static void empty(void)
{
	struct ds_guard_row none;
	struct ds_guard_net key;
	int fd = prog_map("guard_acl");
	__u32 i;

	while (!bpf_map_get_next_key(fd, NULL, &key))
		bpf_map_delete_elem(fd, &key);
	memset(&none, 0, sizeof(none));
	for (i = 0; i < DS_GUARD_ROWS; i++)
		prog_put("guard_sources", &i, &none);
}

/* One packet an hour, `burst` at once; half: which halves have a guard. */
static void guard(__u32 acl, unsigned int burst, unsigned int halves)
{
	const __u64 hour_ns = 3600 * 1000000000ull;
	struct ds_listener_half *h;
	__u32 l, i;

	for (l = PROG_L4; l <= PROG_L6; l++)
		for (i = 0; i < 2; i++) {
			h = &prog.listeners[l].half[i];
			h->guarded = halves >> i & 1;
			h->guard = (struct ds_guard){ .acl = h->guarded ? acl : 0 };
			if (!burst || !h->guarded)
				continue;
			h->guard.interval_ns = hour_ns;
			h->guard.burst_ns = burst * hour_ns;
		}
}

static void scene(enum ds_mode mode)
{
	prog_scene(mode, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	empty();
}

static struct pkt from(int is_ip6, const char *ip, unsigned int port)
{
	struct pkt p = prog_from_client(is_ip6);

	if (ip)
		p.src = pkt_endpoint(ip, port);
	p.len = prog_text(text, REQUEST, is_ip6);
	p.payload = text;
	return p;
}

/* Whether the packet gets past the guard. */
static int passes(const struct pkt *p, enum prog_side side, const char *reason)
{
	struct prog_run r;

	prog_packet(&r, side, p);
	if (strncmp(r.reason, "guard", 5) != 0)
		return 1;
	prog_check(&r, XDP_DROP, "drop", reason);
	prog_check_untouched(&r, p);
	return 0;
}

struct acl_row {
	const char *name;
	const char *ip;
	int admitted;
};

static const struct acl_row acl_rows[] = {
	{ "a network denied", "198.51.100.77", 0 },
	{ "a host allowed in it", "198.51.100.78", 1 },
	{ "a smaller network allowed in it", "198.51.100.130", 1 },
	{ "a host denied in that", "198.51.100.131", 0 },
	{ "who is not listed", "203.0.113.1", 1 },
	{ "a network of IPv6 denied", "2001:db8:bad::1", 0 },
	{ "a host allowed in it, IPv6", "2001:db8:bad::2", 1 },
	{ "another network of IPv6", "2001:db8:1::20", 1 },
	{ "IPv6 with an IPv4 address' end", "2001:db8:1::c633:644d", 1 },
};

static void lists(void **state)
{
	const struct acl_row *row = *state;
	int is_ip6 = strchr(row->ip, ':') != NULL, mode;
	struct pkt p;

	for (mode = DS_MODE_PROXY; mode <= DS_MODE_SHIELD; mode++) {
		scene((enum ds_mode)mode);
		net("198.51.100.0", 24, DS_GUARD_DENY);
		net("198.51.100.78", 32, DS_GUARD_ALLOW);
		net("198.51.100.128", 28, DS_GUARD_ALLOW);
		net("198.51.100.131", 32, DS_GUARD_DENY);
		net("2001:db8:bad::", 48, DS_GUARD_DENY);
		net("2001:db8:bad::2", 128, DS_GUARD_ALLOW);
		guard(ACL, 0, 3);
		p = from(is_ip6, row->ip, 5062);
		check_int(row->name, passes(&p, PROG_IN, "guard_denied"), row->admitted);
		/* nor in pieces, nor with options, nor what is no SIP */
		p.frag = is_ip6 ? 1 : 0x2000;
		check_int("first fragment", passes(&p, PROG_IN, "guard_denied"), row->admitted);
		p.frag = 0;
		p.ext = is_ip6 ? 60 : 1;
		check_int("options", passes(&p, PROG_IN, "guard_denied"), row->admitted);
		p.ext = 0;
		p.tags = 2;
		p.vlan[0] = 100;
		p.vlan[1] = 200;
		p.sum = PKT_SUM_PARTIAL;
		check_int("tags", passes(&p, PROG_IN, "guard_denied"), row->admitted);
		/* another number's lists are another listener's */
		guard(ACL + 1, 0, 3);
		check_int("other lists", passes(&p, PROG_IN, "guard_denied"), 1);
	}
}

/* Everybody denied but destinations, and whom the list allows. */
static void destinations(void **state)
{
	struct ds_endpoint dest;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_PROXY);
		net("0.0.0.0", 0, DS_GUARD_DENY);
		net("::", 0, DS_GUARD_DENY);
		guard(ACL, 2, 3);
		p = from(i, NULL, 0);
		check_int("client", passes(&p, PROG_IN, "guard_denied"), 0);
		dest = prog_dest_at(i, 1);
		p.src = dest;
		check_int("destination", passes(&p, PROG_OUT, "guard_denied"), 1);
		p.src.port_be = 1;
		check_int("another port of it", passes(&p, PROG_OUT, "guard_denied"), 0);
	}
}

static void rates(void **state)
{
	struct pkt p, other;
	int i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_PROXY);
		net("192.0.2.31", 32, DS_GUARD_ALLOW);
		net("2001:db8:1::31", 128, DS_GUARD_ALLOW);
		guard(ACL, 3, 3);
		p = from(i, NULL, 0);
		for (n = 0; n < 6; n++)
			check_int("packets of one source", passes(&p, PROG_IN, "guard_rate"), n < 3);
		p.src.port_be = 99;
		check_int("its other port", passes(&p, PROG_IN, "guard_rate"), 0);
		p.frag = i ? 1 : 0x2000;
		check_int("a fragment", passes(&p, PROG_IN, "guard_rate"), 0);
		other = from(i, i ? "2001:db8:77::1" : "203.0.113.1", 5062);
		for (n = 0; n < 6; n++)
			check_int("another source", passes(&other, PROG_IN, "guard_rate"), n < 3);
		other = from(i, i ? "2001:db8:77::2" : "203.0.113.2", 5062);
		/* of IPv6 all of a /64 is one */
		check_int("its neighbour", passes(&other, PROG_IN, "guard_rate"), !i);
		other = from(i, i ? "2001:db8:1::31" : "192.0.2.31", 5062);
		for (n = 0; n < 6; n++)
			check_int("allowed", passes(&other, PROG_IN, "guard_rate"), 1);
		other.src = prog_dest_at(i, 0);
		for (n = 0; n < 6; n++)
			check_int("destination", passes(&other, PROG_OUT, "guard_rate"), 1);
	}
}

/* Lists and limits come and go with the generation that a packet reads. */
static void generations(void **state)
{
	struct pkt p;
	int n;

	(void)state;
	scene(DS_MODE_PROXY);
	net("192.0.2.20", 32, DS_GUARD_DENY);
	guard(ACL, 1, 2);
	p = from(0, NULL, 0);
	for (n = 2; n < 8; n++) {
		prog.state->generation = (__u32)n;
		check_int("by generation", passes(&p, PROG_IN, "guard_denied"), !(n & 1));
	}
}

/* What a nat destination sends to clients passes whatever the lists say. */
static void nat_destination(void **state)
{
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(DS_MODE_NAT);
		net("0.0.0.0", 0, DS_GUARD_DENY);
		net("::", 0, DS_GUARD_DENY);
		guard(ACL, 1, 3);
		p = prog_from_dest(i, 0);
		p.dst = prog_from_client(i).src;
		p.len = prog_text(text, REQUEST, i);
		p.payload = text;
		check_int("to a client", passes(&p, PROG_OUT, "guard_denied"), 1);
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "lists", lists, acl_rows);
	test_add(&tests, "destinations", destinations, NULL);
	test_add(&tests, "rates", rates, NULL);
	test_add(&tests, "generations", generations, NULL);
	test_add(&tests, "what a nat destination sends", nat_destination, NULL);
	failed = test_run(&tests, "guard");
	prog_close();
	return failed;
}
