// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nexthop_test.c - next_hops[] against the kernel's own tables, in a network namespace of its own (and a user
 * namespace, where the caller is not root): nothing is sent, but routes, neighbours and interfaces are real.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "links.h"
#include "nexthop.h"
#include "uri.h"

#define SLOTS 4096
/* Long enough for any machine; what is waited for comes in milliseconds. */
#define WAIT_MS 10000
#define NEAR 1 /* slots */
#define FAR 2
#define NEAR6 3
#define FAR6 4
#define STRANGE 5 /* of another family than its listener */

static struct fixture {
	struct event_base *base;
	struct netmon *monitor;
	struct nexthop *nh;
	struct bpf_inst b;
	struct record rec;
	size_t vlan_ids; /* entries put */
	size_t told_addresses;
	size_t told_gone;
	size_t told_lost;
	struct netmon_listener listener;
} f;

static const char *no_namespace;

/* ---- the maps that are no arrays */

int bpf_get(const struct bpf_inst *b, enum bpf_map_index map, const void *key, void *value)
{
	(void)b;
	(void)map;
	(void)key;
	(void)value;
	return -ENOENT;
}

int bpf_put(const struct bpf_inst *b, enum bpf_map_index map, const void *key, const void *value)
{
	(void)b;
	(void)key;
	(void)value;
	f.vlan_ids += map == BPF_MAP_vlan_ids;
	return 0;
}

int bpf_del(const struct bpf_inst *b, enum bpf_map_index map, const void *key)
{
	(void)b;
	(void)map;
	(void)key;
	return 0;
}

int bpf_next(const struct bpf_inst *b, enum bpf_map_index map, const void *key, void *next)
{
	(void)b;
	(void)map;
	(void)key;
	(void)next;
	return -ENOENT;
}

/* ---- namespace and tables */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* Says in no_namespace why there is none. */
static void enter_namespace(void)
{
	char map[64];

	if (!unshare(CLONE_NEWNET))
		return;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)getuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) || write_file("/proc/self/uid_map", map))
		no_namespace = "this system gives no network namespace to who is not root";
}

static void command(const char *cmd)
{
	check_int(cmd, system(cmd), 0);
}

static struct ds_endpoint at(const char *ip)
{
	struct ds_endpoint e = { .port_be = htons(5060) };

	check_int(ip, uri_address(ip, &e.ip), 0);
	return e;
}

static void put_dest(__u32 slot, __u32 listener, const char *ip)
{
	f.b.dests[slot] = (struct ds_dest_rec){
		.at = at(ip), .flags = DS_DEST_USED, .listener = listener, .serial = f.b.dests[slot].serial + 1
	};
}

static void run_loop(void)
{
	event_base_loop(f.base, EVLOOP_NONBLOCK);
}

/* A namespace of its own with nothing but two interfaces, with addresses and neighbours, and the five destinations. */
static int set_up(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	enter_namespace();
	if (no_namespace)
		return 0;
	f.b.entries[BPF_MAP_dests] = SLOTS;
	f.b.dests = calloc(SLOTS, sizeof(*f.b.dests));
	f.b.next_hops = calloc(SLOTS, sizeof(*f.b.next_hops));
	f.b.listeners = calloc(DS_LISTENERS_MAX, sizeof(*f.b.listeners));
	f.b.state = calloc(1, sizeof(*f.b.state));
	f.base = event_base_new();
	if (!f.b.dests || !f.b.next_hops || !f.b.listeners || !f.b.state || !f.base)
		return -1;
	if (system("set -e; ip link add nh0 address 02:00:00:00:00:01 type veth peer name nh1\n"
		   "ip link add nh2 address 02:00:00:00:00:02 type veth peer name nh3\n"
		   "for l in lo nh0 nh1 nh2 nh3; do ip link set $l up; done\n"
		   "ip addr add 192.0.2.1/24 dev nh0; ip addr add 2001:db8:1::1/64 dev nh0 nodad\n"
		   "ip addr add 198.51.100.1/24 dev nh2; ip addr add 2001:db8:2::1/64 dev nh2 nodad\n"
		   "ip route add 203.0.113.0/24 via 192.0.2.99; ip route add 2001:db8:9::/48 via 2001:db8:1::99\n"
		   "n() { ip neigh replace $1 lladdr $2 dev $3 nud permanent; }\n"
		   "n 192.0.2.11 02:00:00:00:00:11 nh0; n 192.0.2.99 02:00:00:00:00:99 nh0\n"
		   "n 2001:db8:1::11 02:00:00:00:06:11 nh0; n 2001:db8:1::99 02:00:00:00:06:99 nh0\n"
		   "n 198.51.100.99 02:00:00:00:01:99 nh2; n 2001:db8:2::99 02:00:00:00:07:99 nh2"))
		return -1;
	f.rec.n_interfaces = 2;
	f.rec.interface[0].ifindex = if_nametoindex("nh0");
	f.rec.interface[1].ifindex = if_nametoindex("nh2");
	f.b.listeners[0].at = at("192.0.2.1");
	f.b.listeners[1].at = at("2001:db8:1::1");
	put_dest(NEAR, 0, "192.0.2.11");
	put_dest(FAR, 0, "203.0.113.5");
	put_dest(NEAR6, 1, "2001:db8:1::11");
	put_dest(FAR6, 1, "2001:db8:9::5");
	put_dest(STRANGE, 1, "192.0.2.11");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (no_namespace)
		return 0;
	nexthop_free(f.nh);
	netmon_free(f.monitor);
	if (f.base)
		event_base_free(f.base);
	free(f.b.dests);
	free(f.b.next_hops);
	free(f.b.listeners);
	free(f.b.state);
	return 0;
}

static __u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000 + (__u64)t.tv_nsec / 1000000;
}

/* Runs the loop until all that was doubtful has been looked at. */
static void settle(void)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	__u64 end = now_ms() + WAIT_MS;
	struct nexthop_totals t;

	netmon_read(f.monitor);
	do {
		run_loop();
		nexthop_totals(f.nh, &t);
		if (t.open)
			nanosleep(&pause, NULL);
	} while (t.open && now_ms() < end);
	check_int("destinations not looked at", t.open, 0);
}

static void start(void)
{
	if (no_namespace)
		test_skip("%s", no_namespace);
	check_int("netmon_new", netmon_new(f.base, &f.monitor), 0);
	check_int("nexthop_new", nexthop_new(f.base, f.monitor, &f.b, &f.rec, &f.nh), 0);
	settle();
}

static void check_mac(const char *what, const __u8 *got, const char *want)
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", got[0], got[1], got[2], got[3], got[4], got[5]);
	check_str(what, text, want);
}

/* The next hop of a slot; dmac NULL: the kernel is asked. */
static void check_hop(__u32 slot, const char *dmac, const char *device, const char *smac)
{
	const struct ds_next_hop *n = &f.b.next_hops[slot];

	check_int("seq is odd", n->seq & 1, 0);
	check_int("valid", n->valid, dmac != NULL);
	if (!dmac)
		return;
	check_mac("destination MAC address", n->dmac, dmac);
	check_mac("source MAC address", n->smac, smac);
	check_int("interface", n->ifindex, if_nametoindex(device));
	check_int("serial", n->serial, f.b.dests[slot].serial);
	check_int("tags", n->tags, 0);
}

/* ---- tests */

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
#define VIA2_HOP "02:00:00:00:01:99", "nh2", "02:00:00:00:00:02"
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

	start();
	command(row->cmd);
	settle();
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

/* A route's change makes what it leads to doubtful at once, before it is looked at, and nothing else. */
static void doubtful_at_once(void **state)
{
	(void)state;
	start();
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
	size_t i;

	test_add(&tests, "found", found, NULL);
	test_rows(&tests, "change", changed, change_rows);
	test_rows(&tests, "met", met, change_rows);
	test_rows(&tests, "told", told, only_rows);
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
	for (i = 0; i < tests.n; i++) {
		tests.test[i].setup_func = set_up;
		tests.test[i].teardown_func = tear_down;
	}
	return test_run(&tests, "next hops");
}
