// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scale.c - what a request costs with many destinations, routes and calls: 1024 requests of different calls by turns, so
 * that tables are read all over, ns as the kernel reports them, against the floor on one packet in the same run.
 *
 * Argument: a folder below build/ that holds the objects of one compiler. Prints Markdown.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bench_run.h"
#include "ds_calls.h"
#include "ds_route.h"

#define SIZE 700
#define SLOTS 65536u

static struct bench_packet packets[BENCH_FRAMES];
static int base, first;

static void row(const char *what, unsigned int n, int ns)
{
	if (!first)
		first = ns;
	printf("| %s | %u | %d | %.1f | %+.1f %% |\n", what, n, ns, (double)ns / base, 100.0 * (ns - first) / first);
	fflush(stdout);
}

static void must(int err)
{
	if (err)
		exit(1);
}

static struct ds_endpoint dest_at(__u32 slot)
{
	struct ds_endpoint e = { .port_be = htons((__u16)(5060 + slot)) };

	e.ip.w[2] = htonl(0xffff);
	inet_pton(AF_INET, LAB_DEST, &e.ip.w[3]);
	return e;
}

/* n destinations that share the slots, each with a next hop of its own. */
static void fill_members(const struct lab *lab, __u32 n)
{
	struct ds_set_rec set = { .id = 1, .table = DS_SLOTS_GROUP, .table_size = SLOTS, .active = 1 };
	struct ds_next_hop hop = { .ifindex = if_nametoindex(LAB_OUT),
				   .valid = DS_NEXT_HOP_ON_LINK,
				   .mtu = 2000,
				   .dmac = { 2, 0, 0, 0, 0, 0x30 },
				   .smac = { 2, 0, 0, 0, 0, 0x10 } };
	struct ds_slots slots;
	__u32 i, one = 1;

	for (i = 1; i <= n; i++) {
		struct ds_dest_rec d = { .id = i, .at = dest_at(i), .flags = DS_DEST_USED };

		must(lab_set(lab, "dests", &i, &d));
		must(lab_set(lab, "dest_ids", &d.at, &i));
		must(lab_set(lab, "next_hops", &i, &hop));
	}
	for (i = 0; i < SLOTS; i++) {
		/* by another order than that of the slots, as a Maglev table has it */
		slots.dest[i % DS_SLOTS_GROUP] = 1 + (i * 40503u & 0xffff) % n;
		if (i % DS_SLOTS_GROUP == DS_SLOTS_GROUP - 1) {
			__u32 group = 1 + i / DS_SLOTS_GROUP;

			must(lab_set(lab, "slots", &group, &slots));
		}
	}
	set.members = set.table;
	must(lab_set(lab, "sets", &one, &set));
}

static void scale_members(const char *dir)
{
	static const __u32 members[] = { 1, 10, 100, 1000, 10000 };
	struct lab lab;
	size_t i;

	must(lab_load(&lab, dir, DS_MODE_PROXY, DS_AFFINITY_HASH));
	first = 0;
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		fill_members(&lab, members[i]);
		row("members of the set", members[i],
		    bench_measure_undone(&lab, "xdp_dispatch", packets, BENCH_FRAMES, 1));
	}
	lab_unload(&lab);
}

/* n routes by the beginning of the user, of which the last one matches. */
static void fill_routes(const struct lab *lab, __u32 n)
{
	struct ds_route_table t = { .id = 7, .uses = DS_ROUTE_BY_USER };
	struct ds_listener l;
	struct ds_route r = { .action = DS_ACTION_FORWARD, .set = 1 };
	__u32 half, i, at, zero = 0;

	for (i = 0; i < DS_ROUTE_METHODS; i++)
		t.method[i] = n == 64 ? ~0ull : (1ull << n) - 1;
	t.dialog[0] = t.dialog[1] = t.method[0];
	t.any_set = t.any_source = t.any_host = ~0ull;
	must(bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(lab->datapath, "listeners"), &zero, &l));
	for (half = 0; half < 2; half++) {
		l.half[half].routes = n;
		at = ds_route_table_at(half, 0);
		must(lab_set(lab, "route_tables", &at, &t));
		for (i = 0; i < n; i++) {
			at = ds_route_at(half, 0, i);
			must(lab_set(lab, "routes", &at, &r));
		}
	}
	for (i = 0; i < n; i++) {
		char user[DS_ROUTE_TEXT + 1];
		struct ds_route_prefix key = { .table = 7, .kind = DS_ROUTE_KIND_USER };
		__u64 match = 1ull << i;

		if (i == n - 1)
			snprintf(user, sizeof(user), "bob");
		else
			snprintf(user, sizeof(user), "b%03u", i);
		key.bits = DS_ROUTE_PREFIX_BASE + 8 * (__u32)strlen(user);
		memcpy(key.text, user, strlen(user));
		must(lab_set(lab, "route_prefixes", &key, &match));
	}
	must(lab_set(lab, "listeners", &zero, &l));
}

static void scale_routes(const char *dir)
{
	static const __u32 routes[] = { 1, 4, 16, 64 };
	struct lab lab;
	size_t i;

	first = 0;
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		must(lab_load(&lab, dir, DS_MODE_PROXY, DS_AFFINITY_HASH));
		fill_members(&lab, 10);
		fill_routes(&lab, routes[i]);
		row("routes of the listener", routes[i],
		    bench_measure_undone(&lab, "xdp_dispatch", packets, BENCH_FRAMES, 1));
		lab_unload(&lab);
	}
}

/* Confirmed calls of others, `ways` in every bucket: 4 of 7 are taken when it is as full as it should ever be. */
static void fill_calls(const struct lab *lab, __u32 buckets, __u32 ways)
{
	int fd = bpf_object__find_map_fd_by_name(lab->datapath, "calls");
	size_t size = (size_t)buckets * sizeof(struct ds_call_bucket);
	struct ds_call_bucket *b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct timespec now;
	__u32 i, k;

	if (b == MAP_FAILED) {
		perror("bench: mmap of calls");
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	for (i = 0; i < buckets; i++)
		for (k = 0; k < ways; k++) {
			b[i].way[k].key = (__u64)i << 32 | (k + 1);
			b[i].way[k].val =
				DS_CALL_VAL(1, 0, DS_CALL_CONFIRMED, ((__u64)now.tv_sec * 1000000000) >> DS_TICK_SHIFT);
		}
	munmap(b, size);
}

static void scale_calls(const char *dir)
{
	static const __u32 buckets[] = { 32768, 32768, 262144, 1048576 };
	struct lab lab;
	size_t i;

	first = 0;
	for (i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++) {
		must(lab_load_calls(&lab, dir, DS_MODE_PROXY, DS_AFFINITY_CALLS, buckets[i]));
		fill_members(&lab, 10);
		if (i)
			fill_calls(&lab, buckets[i], 4);
		row("calls in the table", i ? buckets[i] * 4 : 0,
		    bench_measure_undone(&lab, "xdp_dispatch", packets, BENCH_FRAMES, 1));
		lab_unload(&lab);
	}
}

/* One CPU, and two at the same time, which see the same calls. */
static void scale_cpus(const char *dir)
{
	struct lab lab;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		fprintf(stderr, "bench: there is one CPU: nothing is said of two\n");
		return;
	}
	must(lab_load(&lab, dir, DS_MODE_PROXY, DS_AFFINITY_CALLS));
	fill_members(&lab, 10);
	first = 0;
	row("CPUs, floor", 1, bench_measure(&lab, "bench_floor", &packets[0]));
	row("CPUs, floor", 2, bench_measure_two(&lab, "bench_floor", &packets[0], 0, 0));
	first = 0;
	row("CPUs, known calls", 1, bench_measure_undone(&lab, "xdp_dispatch", packets, BENCH_FRAMES, 1));
	row("CPUs, known calls", 2, bench_measure_two(&lab, "xdp_dispatch", packets, BENCH_FRAMES, 1));
	lab_unload(&lab);
}

int main(int argc, char **argv)
{
	unsigned int i;
	struct lab lab;

	if (argc != 2 || lab_enter())
		return 1;
	for (i = 0; i < BENCH_FRAMES; i++)
		bench_request(&packets[i], SIZE, i);
	must(lab_load(&lab, argv[1], DS_MODE_PROXY, DS_AFFINITY_HASH));
	base = bench_measure(&lab, "bench_floor", &packets[0]);
	lab_unload(&lab);
	printf("Proxy requests of %d octets, %u calls by turns, next hop cached, %s. The last column is against the row that "
	       "begins the group.\n\n",
	       SIZE, BENCH_FRAMES, argv[1]);
	printf("| what | how many | ns/packet | x floor | more |\n|---|---:|---:|---:|---:|\n");
	scale_members(argv[1]);
	scale_routes(argv[1]);
	scale_calls(argv[1]);
	scale_cpus(argv[1]);
	return 0;
}
