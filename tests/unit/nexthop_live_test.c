// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nexthop_live_test.c - what happens when: at once or a moment later, over publications, after a daemon that was
 * killed, when messages are lost, with many destinations.
 */
#include "nexthop_scene.h"

/* A route's change makes what it leads to doubtful at once, before it is looked at, and nothing else. */
static void doubtful_at_once(void **state)
{
	(void)state;
	start();
	command("ip route add 203.0.113.6/31 via 198.51.100.99");
	nexthop_beat(f.nh);
	check_hop(FAR, "02:00:00:00:00:99", "nh0", "02:00:00:00:00:01");
	command("ip route replace 203.0.113.0/24 via 198.51.100.99");
	nexthop_beat(f.nh);
	check_hop(FAR, NULL, NULL, NULL);
	check_hop(NEAR, "02:00:00:00:00:11", "nh0", "02:00:00:00:00:01");
	/* and a neighbour does not make it trusted again */
	command("ip neigh replace 192.0.2.99 lladdr 02:00:00:00:00:77 dev nh0 nud permanent");
	nexthop_beat(f.nh);
	check_hop(FAR, NULL, NULL, NULL);
	settle();
	check_hop(FAR, VIA2_HOP);
}

/* A neighbour's change needs no look. */
static void neighbours_at_once(void **state)
{
	(void)state;
	start();
	command("ip neigh replace 192.0.2.99 lladdr 02:00:00:00:00:77 dev nh0 nud permanent");
	nexthop_beat(f.nh);
	check_hop(FAR, "02:00:00:00:00:77", "nh0", "02:00:00:00:00:01");
}

static void vlan(void **state)
{
	const struct ds_next_hop *n = &f.b.next_hops[FAR];

	(void)state;
	start();
	if (system("ip link add link nh2 name nh2.30 type vlan id 30 2>/dev/null"))
		test_skip("this kernel has no VLAN devices");
	command("ip link add link nh2.30 name nh2.30.40 type vlan id 40\n"
		"ip link set nh2.30 up; ip link set nh2.30.40 up\n"
		"ip addr add 198.18.0.1/24 dev nh2.30.40; ip route replace 203.0.113.0/24 via 198.18.0.99\n"
		"ip neigh add 198.18.0.99 lladdr 02:00:00:00:04:99 dev nh2.30.40");
	settle();
	check_int("valid", n->valid, 1);
	check_int("interface", n->ifindex, if_nametoindex("nh2"));
	check_int("tags", n->tags, 2);
	check_int("outer", n->vlan[0], 30);
	check_int("inner", n->vlan[1], 40);
	check_mac("destination MAC address", n->dmac, "02:00:00:00:04:99");
	check_true("VLANs are published", f.vlan_ids >= 2);
}

/* What VLAN devices come to, without any: the outermost tag is that of the lowest device. */
static void tags(void **state)
{
	struct links_device device[] = {
		{ .ifindex = 2 },
		{ .ifindex = 3, .parent = 2, .vlan = 30 },
		{ .ifindex = 4, .parent = 3, .vlan = 40 },
		{ .ifindex = 5, .parent = 4, .vlan = 50 },
		{ .ifindex = 6, .parent = 99, .vlan = 60 },
	};
	struct links_list list = { .device = device, .n = TEST_COUNT(device) };
	struct ds_link link;

	(void)state;
	check_int("no VLAN", links_resolve(&list, links_find(&list, 2), &link), 0);
	check_true("no tag", link.phys == 2 && link.tags == 0);
	check_int("one VLAN", links_resolve(&list, links_find(&list, 3), &link), 0);
	check_true("one tag", link.phys == 2 && link.tags == 1 && link.vlan[0] == 30 && link.vlan[1] == 0);
	check_int("two VLANs", links_resolve(&list, links_find(&list, 4), &link), 0);
	check_true("two tags", link.phys == 2 && link.tags == 2 && link.vlan[0] == 30 && link.vlan[1] == 40);
	check_int("three VLANs", links_resolve(&list, links_find(&list, 5), &link), -ERANGE);
	check_int("parent that is not there", links_resolve(&list, links_find(&list, 6), &link), -ENODEV);
}

/* Publications: destinations that come, go, move, and slots that are taken again. */
static void published(void **state)
{
	(void)state;
	start();
	f.b.dests[NEAR].flags = 0;
	f.b.dests[FAR].flags |= DS_DEST_DRAINING;
	f.b.dests[NEAR6].flags |= DS_DEST_SLOW;
	put_dest(9, 0, "192.0.2.99");
	check_int("nexthop_refresh", nexthop_refresh(f.nh), 0);
	settle();
	check_hop(NEAR, NULL, NULL, NULL);
	check_hop(FAR, "02:00:00:00:00:99", "nh0", "02:00:00:00:00:01");
	check_hop(NEAR6, NULL, NULL, NULL);
	check_hop(9, "02:00:00:00:00:99", "nh0", "02:00:00:00:00:01");
	/* the slot of another from here on, at the same place or elsewhere */
	put_dest(9, 0, "192.0.2.99");
	put_dest(FAR, 0, "192.0.2.11");
	check_true("the old entry is not for the new destination", f.b.next_hops[FAR].serial != f.b.dests[FAR].serial);
	check_int("nexthop_refresh", nexthop_refresh(f.nh), 0);
	settle();
	check_hop(FAR, "02:00:00:00:00:11", "nh0", "02:00:00:00:00:01");
	check_hop(9, "02:00:00:00:00:99", "nh0", "02:00:00:00:00:01");
}

static void beats(void **state)
{
	__u64 before = now_ms();

	(void)state;
	start();
	check_int("heartbeat before the first beat", f.b.state->heartbeat_ns, 0);
	nexthop_beat(f.nh);
	check_true("heartbeat is of the monotonic clock",
		   f.b.state->heartbeat_ns / 1000000 >= before && f.b.state->heartbeat_ns / 1000000 <= now_ms());
	nexthop_free(f.nh);
	f.nh = NULL;
	check_int("heartbeat after the end", f.b.state->heartbeat_ns, 0);
	check_hop(NEAR, NULL, NULL, NULL);
}

/* Entries of a daemon that was killed, one of them while it wrote, are not believed. */
static void left_behind(void **state)
{
	(void)state;
	f.b.next_hops[100] = (struct ds_next_hop){ .seq = 4, .valid = 1, .mtu = 1500 };
	f.b.next_hops[NEAR] = (struct ds_next_hop){ .seq = 7, .valid = 1, .mtu = 1500 };
	start();
	check_hop(100, NULL, NULL, NULL);
	check_hop(NEAR, "02:00:00:00:00:11", "nh0", "02:00:00:00:00:01");
}

static void on_lost(void *ctx)
{
	(void)ctx;
	f.told_lost++;
}

/* More at once than the socket has room for: what was lost is found out. */
static void overrun(void **state)
{
	const char *batch =
		"i=0; while [ $i -lt 60000 ]; do i=$((i + 1))\n"
		"echo neigh replace 192.0.2.$((100 + i % 100)) lladdr 02:00:00:01:00:$((10 + i % 90)) dev nh0\n"
		"done | ip -batch -";

	(void)state;
	start();
	f.listener.lost = on_lost;
	netmon_add(f.monitor, &f.listener);
	command(batch);
	command("ip neigh replace 192.0.2.11 lladdr 02:00:00:00:00:77 dev nh0 nud permanent\n"
		"ip route replace 203.0.113.0/24 via 198.51.100.99");
	settle();
	check_true("something was lost", f.told_lost > 0);
	check_hop(NEAR, "02:00:00:00:00:77", "nh0", "02:00:00:00:00:01");
	check_hop(FAR, VIA2_HOP);
}

/* Many destinations behind one gateway and as many neighbours: a change of the route reaches every one of them. */
static void many(void **state)
{
	char ip[64];
	__u32 i;

	(void)state;
	for (i = 10; i < 2000; i++) {
		snprintf(ip, sizeof(ip), "100.64.%u.%u", i / 256, i % 256);
		put_dest(i, 0, ip);
	}
	if (!no_namespace)
		command("ip route add 100.64.0.0/10 via 192.0.2.99");
	start();
	for (i = 10; i < 2000; i++)
		check_hop(i, "02:00:00:00:00:99", "nh0", "02:00:00:00:00:01");
	command("ip neigh replace 192.0.2.99 lladdr 02:00:00:00:00:77 dev nh0 nud permanent");
	netmon_read(f.monitor);
	for (i = 10; i < 2000; i++)
		check_hop(i, "02:00:00:00:00:77", "nh0", "02:00:00:00:00:01");
	command("ip route add 100.64.4.0/24 via 198.51.100.99");
	settle();
	for (i = 10; i < 2000; i++)
		if (i / 256 == 4)
			check_hop(i, VIA2_HOP);
		else
			check_hop(i, "02:00:00:00:00:77", "nh0", "02:00:00:00:00:01");
}

static void on_addresses(void *ctx, bool gone)
{
	(void)ctx;
	f.told_addresses++;
	f.told_gone += gone;
}

/* Who listens besides: told once of a burst, and whether an address has gone. */
static void addresses(void **state)
{
	(void)state;
	start();
	f.listener.addresses = on_addresses;
	netmon_add(f.monitor, &f.listener);
	command("ip addr add 192.0.2.7/24 dev nh0; ip addr add 192.0.2.8/24 dev nh0");
	netmon_read(f.monitor);
	check_int("told of new addresses", f.told_addresses, 1);
	check_int("told of addresses that are gone", f.told_gone, 0);
	command("ip addr del 192.0.2.7/24 dev nh0");
	netmon_read(f.monitor);
	check_int("told", f.told_addresses, 2);
	check_int("told of addresses that are gone", f.told_gone, 1);
	netmon_remove(f.monitor, &f.listener);
	command("ip addr del 192.0.2.8/24 dev nh0");
	netmon_read(f.monitor);
	check_int("told after it was removed", f.told_addresses, 2);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "doubtful at once", doubtful_at_once, NULL);
	test_add(&tests, "neighbours at once", neighbours_at_once, NULL);
	test_add(&tests, "VLAN", vlan, NULL);
	test_add(&tests, "tags", tags, NULL);
	test_add(&tests, "publications", published, NULL);
	test_add(&tests, "beats", beats, NULL);
	test_add(&tests, "left behind", left_behind, NULL);
	test_add(&tests, "overrun", overrun, NULL);
	test_add(&tests, "many destinations", many, NULL);
	test_add(&tests, "addresses", addresses, NULL);
	return scene_run(&tests, "next hops, live");
}
