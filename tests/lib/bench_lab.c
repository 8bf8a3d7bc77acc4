// SPDX-License-Identifier: GPL-2.0-or-later
/* See bench_lab.h. */
#include "bench_lab.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#define LAB_MTU "2000"

/* As lab_enter() sets them. */
static const __u8 dest_mac[6] = { 2, 0, 0, 0, 0, 0x30 };
static const __u8 out_mac[6] = { 2, 0, 0, 0, 0, 0x10 };

static int run(const char *cmd)
{
	if (!system(cmd))
		return 0;
	fprintf(stderr, "bench: failed: %s\n", cmd);
	return -1;
}

int lab_enter(void)
{
	if (unshare(CLONE_NEWNET)) {
		perror("bench: unshare");
		return -1;
	}
	return run("ip link set lo up && "
		   "ip link add " LAB_IN " type veth peer name client && ip link add " LAB_OUT
		   " address 02:00:00:00:00:10 type veth peer name server && "
		   "for l in " LAB_IN " client " LAB_OUT " server; do ip link set $l mtu " LAB_MTU " up; done && "
		   "ip addr add " LAB_LISTENER "/24 dev " LAB_IN " && ip addr add 198.51.100.1/24 dev " LAB_OUT " && "
		   "echo 1 >/proc/sys/net/ipv4/ip_forward && "
		   "ip neigh replace " LAB_CLIENT " lladdr 02:00:00:00:00:20 dev " LAB_IN " nud permanent && "
		   "ip neigh replace " LAB_DEST " lladdr 02:00:00:00:00:30 dev " LAB_OUT " nud permanent");
}

static struct ds_endpoint endpoint(const char *ip, unsigned int port)
{
	struct ds_endpoint e = { .port_be = htons(port) };

	e.ip.w[2] = htonl(0xffff);
	inet_pton(AF_INET, ip, &e.ip.w[3]);
	return e;
}

static int put(struct bpf_object *o, const char *map, const void *key, const void *value)
{
	int fd = bpf_object__find_map_fd_by_name(o, map);

	if (fd < 0 || bpf_map_update_elem(fd, key, value, BPF_ANY)) {
		fprintf(stderr, "bench: cannot fill map %s\n", map);
		return -1;
	}
	return 0;
}

static int fill_tables(struct bpf_object *o, enum ds_mode mode, enum ds_affinity affinity, __u32 buckets)
{
	struct ds_listener l = { .at = endpoint(LAB_LISTENER, 5060), .sent_by_len = sizeof(LAB_LISTENER ":5060") - 1 };
	struct ds_dest_rec d = { .id = 1, .at = endpoint(LAB_DEST, 5060), .flags = DS_DEST_USED };
	struct ds_set_rec set = { .id = 1, .table = DS_SLOTS_GROUP, .table_size = DS_SLOTS_GROUP, .active = 1 };
	struct ds_state state = { .layout = DS_LAYOUT_VERSION, .generation = 2, .key = { 1, 2 } };
	struct ds_endpoint key = d.at;
	__u32 zero = 0, one = 1;
	struct ds_slots slots;
	unsigned int i;

	memcpy(l.sent_by, LAB_LISTENER ":5060", l.sent_by_len);
	for (i = 0; i < 2; i++)
		l.half[i] = (struct ds_listener_half){ .set = 1, .mode = mode, .affinity = affinity };
	for (i = 0; i < DS_SLOTS_GROUP; i++)
		slots.dest[i] = 1;
	set.members = set.table;
	state.calls_mask = buckets - 1;
	state.call_idle_s = DS_CALL_IDLE_S;
	state.has_nat = mode == DS_MODE_NAT;
	if (put(o, "listeners", &zero, &l) || put(o, "listener_ids", &l.at, &zero) || put(o, "dests", &one, &d) ||
	    put(o, "sets", &one, &set) || put(o, "slots", &one, &slots) || put(o, "dest_ids", &key, &one))
		return -1;
	key.pad = DS_PAD_NAT;
	if (mode == DS_MODE_NAT && put(o, "dest_ids", &key, &one))
		return -1;
	return put(o, "state", &zero, &state);
}

static int fill_chain(struct bpf_object *o)
{
	static const char *const names[] = {
#define X(name) "xdp_" #name,
		CHAIN_LIST(X)
#undef X
	};
	__u32 i;
	int fd;

	for (i = 0; i < DS_CHAIN_MAX; i++) {
		fd = bpf_program__fd(bpf_object__find_program_by_name(o, names[i]));
		if (put(o, "chain", &i, &fd))
			return -1;
	}
	return 0;
}

/* As ctl/bpf_version.c does it. */
static int make_spread(struct bpf_object *o)
{
	struct bpf_program *p;
	__u32 on = 1;

	bpf_object__for_each_program(p, o) if (strcmp(bpf_program__name(p), "xdp_spread") != 0)
		bpf_program__set_expected_attach_type(p, BPF_XDP_CPUMAP);
	return bpf_map__set_initial_value(bpf_object__find_map_by_name(o, ".rodata.spread"), &on, sizeof(on)) ||
	       bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "cpus"), LAB_SPREAD_CPU + 1);
}

static int fill_spread(struct bpf_object *o)
{
	struct bpf_cpumap_val val = { .qsize = DS_SPREAD_QUEUE };
	__u32 cpu = LAB_SPREAD_CPU, zero = 0;
	struct ds_state state;

	val.bpf_prog.fd = bpf_program__fd(bpf_object__find_program_by_name(o, "xdp_dispatch"));
	if (bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(o, "state"), &zero, &state))
		return -1;
	state.spread = 1;
	state.spread_cpu[0] = cpu;
	return put(o, "state", &zero, &state) || put(o, "cpus", &cpu, &val) ? -1 : 0;
}

/* buckets: of the calls table, 0: the object has none. */
static struct bpf_object *load(const char *path, __u32 buckets, bool spread)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);

	if (!o || libbpf_get_error(o)) {
		fprintf(stderr, "bench: cannot open %s\n", path);
		return NULL;
	}
	if (buckets && bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "calls"), buckets)) {
		fprintf(stderr, "bench: no calls table in %s\n", path);
		bpf_object__close(o);
		return NULL;
	}
	if ((spread && make_spread(o)) || bpf_object__load(o)) {
		fprintf(stderr, "bench: the kernel does not take %s\n", path);
		bpf_object__close(o);
		return NULL;
	}
	return o;
}

int lab_hop(const struct lab *lab, bool cached)
{
	struct ds_next_hop n = { .ifindex = if_nametoindex(LAB_OUT), .valid = cached, .mtu = (__u16)atoi(LAB_MTU) };
	__u32 dest = 1;

	memcpy(n.dmac, dest_mac, sizeof(n.dmac));
	memcpy(n.smac, out_mac, sizeof(n.smac));
	return put(lab->datapath, "next_hops", &dest, &n);
}

int lab_beat(const struct lab *lab)
{
	struct ds_state state;
	struct timespec now;
	__u32 zero = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(lab->datapath, "state"), &zero, &state))
		return -1;
	state.heartbeat_ns = (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
	return put(lab->datapath, "state", &zero, &state);
}

unsigned long lab_verified(const struct bpf_program *p)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
		return 0;
	return info.verified_insns;
}

void lab_detach(struct lab *lab)
{
	bpf_link__destroy(lab->link[0]);
	bpf_link__destroy(lab->link[1]);
	lab->link[0] = lab->link[1] = NULL;
}

int lab_attach(struct lab *lab, const char *prog)
{
	static const char *const names[] = { LAB_IN, LAB_OUT };
	struct bpf_program *p = lab_prog(lab, prog);
	int i;

	for (i = 0; i < 2; i++) {
		lab->link[i] = bpf_program__attach_xdp(p, (int)if_nametoindex(names[i]));
		if (!lab->link[i] || libbpf_get_error(lab->link[i])) {
			lab->link[i] = NULL;
			fprintf(stderr, "bench: cannot attach to %s\n", names[i]);
			return -1;
		}
	}
	return 0;
}

struct bpf_program *lab_prog(const struct lab *lab, const char *name)
{
	struct bpf_program *p = bpf_object__find_program_by_name(lab->datapath, name);

	if (!p)
		p = bpf_object__find_program_by_name(lab->bench, name);
	if (!p) {
		fprintf(stderr, "bench: no program %s\n", name);
		exit(1);
	}
	return p;
}

int lab_put_at(const struct lab *lab, const char *map, __u32 key, const void *value)
{
	return put(lab->bench, map, &key, value);
}

int lab_put(const struct lab *lab, const char *map, const void *value)
{
	return lab_put_at(lab, map, 0, value);
}

int lab_set(const struct lab *lab, const char *map, const void *key, const void *value)
{
	return put(lab->datapath, map, key, value);
}

int lab_load(struct lab *lab, const char *dir, enum ds_mode mode, enum ds_affinity affinity)
{
	return lab_load_calls(lab, dir, mode, affinity, DS_CALLS_BUCKETS);
}

static int load_all(struct lab *lab, const char *dir, enum ds_mode mode, enum ds_affinity affinity, __u32 buckets,
		    bool spread)
{
	char path[512];

	memset(lab, 0, sizeof(*lab));
	lab->compiler = dir;
	snprintf(path, sizeof(path), "build/%s/dispatch.bpf.o", dir);
	lab->datapath = load(path, buckets, spread);
	/* the default compiler's objects lie one folder apart */
	snprintf(path, sizeof(path), "build/%s/bench.bpf.o", strcmp(dir, ".") ? dir : "tests");
	lab->bench = load(path, 0, false);
	if (!lab->datapath || !lab->bench)
		return -1;
	return fill_tables(lab->datapath, mode, affinity, buckets) || fill_chain(lab->datapath) ||
			       (spread && fill_spread(lab->datapath)) ||
			       lab_attach(lab, spread ? "xdp_spread" : "xdp_dispatch")
		       ? -1
		       : 0;
}

int lab_load_calls(struct lab *lab, const char *dir, enum ds_mode mode, enum ds_affinity affinity, __u32 buckets)
{
	return load_all(lab, dir, mode, affinity, buckets, false);
}

int lab_load_spread(struct lab *lab, const char *dir, enum ds_mode mode, enum ds_affinity affinity)
{
	return load_all(lab, dir, mode, affinity, DS_CALLS_BUCKETS, true);
}

void lab_unload(struct lab *lab)
{
	lab_detach(lab);
	bpf_object__close(lab->datapath);
	bpf_object__close(lab->bench);
	memset(lab, 0, sizeof(*lab));
}
