/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nexthop_scene.h - for tests of next hops: a network namespace for each (and a user namespace, where the caller is
 * not root) with two interfaces, routes and neighbours, and five destinations in memory. Nothing is sent. It defines the
 * map functions of ctl/bpf.h.
 */
#ifndef SIPXDP_TEST_NEXTHOP_SCENE_H
#define SIPXDP_TEST_NEXTHOP_SCENE_H

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

/* The maps that are no arrays. */

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

static inline void put_dest(__u32 slot, __u32 listener, const char *ip)
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
	check_int("valid", n->valid != 0, dmac != NULL);
	if (!dmac)
		return;
	check_mac("destination MAC address", n->dmac, dmac);
	check_mac("source MAC address", n->smac, smac);
	check_int("interface", n->ifindex, if_nametoindex(device));
	check_int("serial", n->serial, f.b.dests[slot].serial);
	check_int("tags", n->tags, 0);
}

/* What becomes of routes by the other link, for check_hop(). */
#define VIA2_HOP "02:00:00:00:01:99", "nh2", "02:00:00:00:00:02"

/* Runs all tests, each in a scene of its own; as test_run(). */
static int scene_run(struct test_list *tests, const char *group)
{
	size_t i;

	for (i = 0; i < tests->n; i++) {
		tests->test[i].setup_func = set_up;
		tests->test[i].teardown_func = tear_down;
	}
	return test_run(tests, group);
}

#endif
