// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nexthop_test.c - next_hops[] against the kernel's own tables: whatever happens to routes, rules, neighbours and
 * interfaces, an entry is what packets are to use, or there is none.
 */
#include "nexthop_scene.h"

static void found(void **state)
{
	struct nexthop_totals t;

	(void)state;
	start();
	check_hop(NEAR, "02:00:00:00:00:11", "nh0", "02:00:00:00:00:01");
	check_hop(FAR, "02:00:00:00:00:99", "nh0", "02:00:00:00:00:01");
	check_hop(NEAR6, "02:00:00:00:06:11", "nh0", "02:00:00:00:00:01");
	check_hop(FAR6, "02:00:00:00:06:99", "nh0", "02:00:00:00:00:01");
	check_hop(STRANGE, NULL, NULL, NULL);
	check_int("MTU", f.b.next_hops[FAR6].mtu, 1500);
	check_int("on the link", f.b.next_hops[NEAR].valid, DS_NEXT_HOP_ON_LINK);
	check_int("on the link, IPv6", f.b.next_hops[NEAR6].valid, DS_NEXT_HOP_ON_LINK);
	check_int("behind a gateway", f.b.next_hops[FAR].valid, DS_NEXT_HOP_GATEWAY);
	check_int("behind a gateway, IPv6", f.b.next_hops[FAR6].valid, DS_NEXT_HOP_GATEWAY);
	nexthop_totals(f.nh, &t);
	check_int("destinations", t.dests, 5);
	check_int("valid ones", t.valid, 4);
}

/* What happens, and what becomes of one destination: mac NULL: the kernel is asked. */
struct change_row {
	const char *name;
	const char *cmd;
	__u32 slot;
	const char *mac;
	const char *device;
	const char *smac;
	unsigned int mtu;
};

#define KERNEL NULL, NULL, NULL, 0
#define VIA0(mac) mac, "nh0", "02:00:00:00:00:01", 1500
#define VIA2 VIA2_HOP, 1500

static const struct change_row change_rows[] = {
	{ "nothing", "true", NEAR, VIA0("02:00:00:00:00:11") },
	{ "another link address", "ip neigh replace 192.0.2.11 lladdr 02:00:00:00:00:77 dev nh0 nud permanent", NEAR,
	  VIA0("02:00:00:00:00:77") },
	{ "another link address of the gateway",
	  "ip neigh replace 192.0.2.99 lladdr 02:00:00:00:00:77 dev nh0 nud permanent", FAR,
	  VIA0("02:00:00:00:00:77") },
	{ "the same, IPv6", "ip neigh replace 2001:db8:1::99 lladdr 02:00:00:00:00:77 dev nh0 nud permanent", FAR6,
	  VIA0("02:00:00:00:00:77") },
	{ "stale neighbour", "ip neigh replace 192.0.2.11 lladdr 02:00:00:00:00:11 dev nh0 nud stale", NEAR,
	  VIA0("02:00:00:00:00:11") },
	{ "neighbour gone", "ip neigh del 192.0.2.11 dev nh0", NEAR, KERNEL },
	{ "neighbour failed", "ip neigh replace 192.0.2.11 dev nh0 nud failed", NEAR, KERNEL },
	{ "neighbour gone and there again",
	  "ip neigh del 192.0.2.11 dev nh0; ip neigh add 192.0.2.11 lladdr 02:00:00:00:00:78 dev nh0", NEAR,
	  VIA0("02:00:00:00:00:78") },
	{ "route by another link", "ip route replace 203.0.113.0/24 via 198.51.100.99", FAR, VIA2 },
	{ "narrower route", "ip route add 203.0.113.4/31 via 198.51.100.99", FAR, VIA2 },
	{ "narrower route beside it", "ip route add 203.0.113.6/31 via 198.51.100.99", FAR, VIA0("02:00:00:00:00:99") },
	{ "default route alone", "ip route add default via 198.51.100.99; ip route del 203.0.113.0/24", FAR, VIA2 },
	{ "no route", "ip route del 203.0.113.0/24", FAR, KERNEL },
	{ "no route, IPv6", "ip -6 route del 2001:db8:9::/48", FAR6, KERNEL },
	{ "unreachable", "ip route add unreachable 203.0.113.5", FAR, KERNEL },
	{ "blackhole, IPv6", "ip -6 route add blackhole 2001:db8:9::5", FAR6, KERNEL },
	{ "address of this host", "ip addr add 203.0.113.5/32 dev nh2", FAR, KERNEL },
	{ "two paths", "ip route replace 203.0.113.0/24 nexthop via 192.0.2.99 nexthop via 198.51.100.99", FAR,
	  KERNEL },
	{ "two paths, IPv6", "ip -6 route append 2001:db8:9::/48 via 2001:db8:2::99 dev nh2", FAR6, KERNEL },
	{ "next hop object", "ip nexthop add id 7 via 198.51.100.99 dev nh2; ip route replace 203.0.113.0/24 nhid 7",
	  FAR, VIA2 },
	{ "next hop object changes",
	  "ip nexthop add id 7 via 192.0.2.99 dev nh0; ip route replace 203.0.113.0/24 nhid 7;"
	  "ip nexthop replace id 7 via 198.51.100.99 dev nh2",
	  FAR, VIA2 },
	{ "route by TOS", "ip route add 203.0.113.5 tos 0x10 via 198.51.100.99", FAR, KERNEL },
	{ "route by TOS, for somebody else", "ip route add 203.0.113.77 tos 0x10 via 198.51.100.99", FAR, KERNEL },
	{ "route by TOS gone again",
	  "ip route add 203.0.113.5 tos 0x10 via 198.51.100.99; ip route del 203.0.113.5 tos 0x10", FAR,
	  VIA0("02:00:00:00:00:99") },
	{ "route by hand, IPv6", "ip -6 route add 2001:db8:9::5 via 2001:db8:2::99 dev nh2", FAR6, "02:00:00:00:07:99",
	  "nh2", "02:00:00:00:00:02", 1500 },
	{ "route by router advertisement", "ip -6 route add 2001:db8:9::5 via 2001:db8:2::99 dev nh2 proto ra", FAR6,
	  KERNEL },
	{ "rule by source",
	  "ip route add default via 198.51.100.99 table 77; ip rule add from 192.0.2.1 pref 5 table 77", FAR, VIA2 },
	{ "rule by another source",
	  "ip route add default via 198.51.100.99 table 77; ip rule add from 192.0.2.2 pref 5 table 77", FAR,
	  VIA0("02:00:00:00:00:99") },
	{ "rule by interface", "ip rule add iif nh2 pref 5 table 77", FAR, KERNEL },
	{ "rule by mark", "ip rule add fwmark 5 pref 5 table 77", NEAR, KERNEL },
	{ "rule by port", "ip rule add dport 5060 pref 5 table 77", NEAR, KERNEL },
	{ "rule by mark, other family", "ip -6 rule add fwmark 5 pref 5 table 77", NEAR, VIA0("02:00:00:00:00:11") },
	{ "rule by mark, IPv6", "ip -6 rule add fwmark 5 pref 5 table 77", NEAR6, KERNEL },
	{ "rule gone again", "ip rule add fwmark 5 pref 5 table 77; ip rule del pref 5", NEAR,
	  VIA0("02:00:00:00:00:11") },
	{ "MTU of the link", "ip link set nh0 mtu 1400", NEAR, "02:00:00:00:00:11", "nh0", "02:00:00:00:00:01", 1400 },
	{ "MTU of the route", "ip route replace 203.0.113.0/24 via 192.0.2.99 mtu 1300", FAR, "02:00:00:00:00:99",
	  "nh0", "02:00:00:00:00:01", 1300 },
	{ "MTU of the route, IPv6", "ip -6 route replace 2001:db8:9::/48 via 2001:db8:1::99 mtu 1300", FAR6,
	  "02:00:00:00:06:99", "nh0", "02:00:00:00:00:01", 1300 },
	{ "own link address",
	  "ip link set nh0 address 02:00:00:00:00:55;"
	  "ip neigh replace 192.0.2.99 lladdr 02:00:00:00:00:99 dev nh0 nud permanent",
	  FAR, "02:00:00:00:00:99", "nh0", "02:00:00:00:00:55", 1500 },
	{ "link down", "ip link set nh0 down", NEAR, KERNEL },
	{ "link down, by gateway", "ip link set nh0 down", FAR, KERNEL },
	{ "listener's address gone", "ip addr del 192.0.2.1/24 dev nh0", NEAR, KERNEL },
	{ "interface without link addresses", "ip route replace 203.0.113.0/24 dev lo", FAR, KERNEL },
};

static void changed(void **state)
{
	const struct change_row *row = *state;
	__u32 changes;

	start();
	changes = f.b.state->changes;
	command(row->cmd);
	settle();
	check_int("what packets remember is good", f.b.state->changes == changes, !strcmp(row->cmd, "true"));
	check_hop(row->slot, row->mac, row->device, row->smac);
	if (row->mac)
		check_int("MTU", f.b.next_hops[row->slot].mtu, row->mtu);
}

/* The same world, met at the start. */
static void met(void **state)
{
	const struct change_row *row = *state;

	if (no_namespace)
		test_skip("%s", no_namespace);
	command(row->cmd);
	start();
	check_hop(row->slot, row->mac, row->device, row->smac);
}

/* What only one kind of message tells: by a world of its own, of which one thing changes. */
struct only_row {
	const char *name;
	const char *before;
	const char *cmd;
	const char *mac; /* of the next hop to FAR; NULL: the kernel is asked */
};

static const struct only_row only_rows[] = {
	{ "next hop object", "ip nexthop add id 7 via 192.0.2.99 dev nh0; ip route replace 203.0.113.0/24 nhid 7",
	  "ip nexthop del id 7", NULL },
	{ "address that a route is from",
	  "ip addr add 192.0.2.7/32 dev nh0; ip route replace 203.0.113.0/24 via 192.0.2.99 src 192.0.2.7",
	  "ip addr del 192.0.2.7/32 dev nh0", NULL },
	{ "link of the route", "ip route replace 203.0.113.0/24 via 192.0.2.99", "ip link set nh0 down", NULL },
};

static void told(void **state)
{
	const struct only_row *row = *state;

	if (no_namespace)
		test_skip("%s", no_namespace);
	command(row->before);
	start();
	check_hop(FAR, "02:00:00:00:00:99", "nh0", "02:00:00:00:00:01");
	command(row->cmd);
	settle();
	check_hop(FAR, row->mac, "nh0", "02:00:00:00:00:01");
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "found", found, NULL);
	test_rows(&tests, "change", changed, change_rows);
	test_rows(&tests, "met", met, change_rows);
	test_rows(&tests, "told", told, only_rows);
	return scene_run(&tests, "next hops");
}
