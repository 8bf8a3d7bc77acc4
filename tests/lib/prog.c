// SPDX-License-Identifier: GPL-2.0-or-later
/* See prog.h. */
#include "prog.h"

#include "test.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define PROG_OBJECT "build/dispatch.bpf.o"
/* Listener slots whose counters are looked at; the one for none comes last. */
#define PROG_COUNTED 4

struct prog prog;

static struct bpf_object *object;
static struct bpf_link *links[2];

static const char *const verdicts[] = {
#define X(name, help) #name,
	VERDICT_LIST(X)
#undef X
};

static const char *const reasons[] = {
#define X(name, code, help) #name,
	REASON_LIST(X)
#undef X
};

static int command(const char *cmd)
{
	if (!system(cmd))
		return 0;
	fprintf(stderr, "prog: failed: %s\n", cmd);
	return -1;
}

/* Addresses are named after the last octet: 02:00:00:00:<side>:<octet>. */
static int make_links(void)
{
	return command(
		"set -e; ip link set lo up\n"
		"ip link add prog_in address 02:00:00:00:00:01 type veth peer name peer_in\n"
		"ip link add prog_out address 02:00:00:00:01:01 type veth peer name peer_out\n"
		"for l in prog_in peer_in prog_out peer_out; do ip link set $l up; done\n"
		"ip addr add 192.0.2.1/24 dev prog_in; ip addr add 192.0.2.2/24 dev prog_in\n"
		"ip addr add 198.51.100.1/24 dev prog_out\n"
		"ip addr add 2001:db8:1::1/64 dev prog_in nodad; ip addr add 2001:db8:2::1/64 dev prog_out nodad\n"
		"echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding\n"
		"neigh() { ip neigh replace $1 lladdr 02:00:00:00:$2:$3 dev $4 nud permanent; }\n"
		"for n in 20 30 31 32 33; do neigh 192.0.2.$n 00 $n prog_in; neigh 2001:db8:1::$n 00 $n prog_in; done\n"
		"for n in 11 12 13 14; do neigh 198.51.100.$n 01 $n prog_out; neigh 2001:db8:2::$n 01 $n prog_out; done");
}

static int shrink_maps(void)
{
	static const struct {
		const char *map;
		__u32 entries;
	} sizes[] = {
		{ "slots", PROG_SLOTS / DS_SLOTS_GROUP }, { "dests", PROG_MAX_DESTS },	   { "dest_info", 1 },
		{ "dest_stats", PROG_MAX_DESTS },	  { "calls", PROG_CALLS_BUCKETS }, { "stored", PROG_STORED },
	};
	size_t i;

	for (i = 0; i < TEST_COUNT(sizes); i++)
		if (bpf_map__set_max_entries(bpf_object__find_map_by_name(object, sizes[i].map), sizes[i].entries))
			return -1;
	return 0;
}

static int load_object(void)
{
	const char *path = getenv("PROG_OBJECT");

	object = bpf_object__open_file(path ? path : PROG_OBJECT, NULL);
	if (!object || libbpf_get_error(object)) {
		object = NULL;
		fprintf(stderr, "prog: cannot open %s\n", path ? path : PROG_OBJECT);
		return -1;
	}
	if (shrink_maps())
		return -1;
	if (bpf_object__load(object)) {
		fprintf(stderr, "prog: the kernel does not take the program: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}

static void *map_memory(const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size;
	void *p;

	size = (size_t)bpf_map__max_entries(map) * ((bpf_map__value_size(map) + 7u) / 8 * 8);
	p = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (p == MAP_FAILED)
		fprintf(stderr, "prog: cannot map %s: %s\n", name, strerror(errno));
	return p == MAP_FAILED ? NULL : p;
}

static int map_tables(void)
{
	prog.state = map_memory("state");
	prog.listeners = map_memory("listeners");
	prog.sets = map_memory("sets");
	prog.slots = map_memory("slots");
	prog.dests = map_memory("dests");
	prog.calls = map_memory("calls");
	prog.loads = map_memory("loads");
	prog.stored = map_memory("stored");
	return prog.state && prog.listeners && prog.sets && prog.slots && prog.dests && prog.calls && prog.loads &&
			       prog.stored
		       ? 0
		       : -1;
}

int prog_chain(void)
{
	static const char *const names[] = {
#define X(name) "xdp_" #name,
		CHAIN_LIST(X)
#undef X
	};
	int fd, chain = bpf_object__find_map_fd_by_name(object, "chain");
	__u32 i;

	for (i = 0; i < DS_CHAIN_MAX; i++) {
		fd = bpf_program__fd(bpf_object__find_program_by_name(object, names[i]));
		if (fd < 0 || bpf_map_update_elem(chain, &i, &fd, BPF_ANY)) {
			fprintf(stderr, "prog: cannot put %s into the chain\n", names[i]);
			return -1;
		}
	}
	return 0;
}

/* Test runs take an interface for the ingress only where a program is attached. */
static int attach(void)
{
	static const char *const names[] = { "prog_in", "prog_out" };
	struct bpf_program *p = bpf_object__find_program_by_name(object, "xdp_dispatch");
	int i;

	for (i = 0; i < 2; i++) {
		prog.ifindex[i] = if_nametoindex(names[i]);
		links[i] = bpf_program__attach_xdp(p, (int)prog.ifindex[i]);
		if (!links[i] || libbpf_get_error(links[i])) {
			links[i] = NULL;
			fprintf(stderr, "prog: cannot attach to %s\n", names[i]);
			return -1;
		}
	}
	return 0;
}

int prog_open(void)
{
	if (unshare(CLONE_NEWNET)) {
		fprintf(stderr, "prog: no network namespace of its own: %s; remedy: run as root\n", strerror(errno));
		return -1;
	}
	if (make_links() || load_object() || map_tables() || prog_chain() || attach())
		return -1;
	prog_reset();
	return 0;
}

void prog_close(void)
{
	int i;

	for (i = 0; i < 2; i++)
		bpf_link__destroy(links[i]);
	bpf_object__close(object);
	object = NULL;
	memset(links, 0, sizeof(links));
}

int prog_map(const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);

	check_true(name, fd >= 0);
	return fd;
}

void prog_put(const char *map, const void *key, const void *value)
{
	check_int(map, bpf_map_update_elem(prog_map(map), key, value, BPF_ANY), 0);
	prog.state->changes++;
}

void prog_delete(const char *map, const void *key)
{
	check_int(map, bpf_map_delete_elem(prog_map(map), key), 0);
	prog.state->changes++;
}

static __u32 counted_slot(int i)
{
	return i < PROG_COUNTED ? (__u32)i : DS_LISTENERS_MAX;
}

static void zero_counters(int fd, struct ds_counters *c, int cpus)
{
	__u32 slot;
	int i;

	memset(c, 0, (size_t)cpus * sizeof(*c));
	for (i = 0; i <= PROG_COUNTED; i++) {
		slot = counted_slot(i);
		check_int("zero counters", bpf_map_update_elem(fd, &slot, c, BPF_ANY), 0);
	}
}

static void read_counters(struct prog_run *r, int fd, struct ds_counters *c, int cpus)
{
	__u32 slot;
	int i, cpu, k;

	for (i = 0; i <= PROG_COUNTED; i++) {
		slot = counted_slot(i);
		check_int("read counters", bpf_map_lookup_elem(fd, &slot, c), 0);
		for (cpu = 0; cpu < cpus; cpu++) {
			r->handed += (unsigned int)c[cpu].handed;
			for (k = 0; k < VERDICT_MAX; k++) {
				if (!c[cpu].verdict[k])
					continue;
				r->counted += (unsigned int)c[cpu].verdict[k];
				r->verdict = verdicts[k];
				r->listener = (int)slot;
			}
			for (k = 0; k < REASON_MAX; k++) {
				if (!c[cpu].reason[k])
					continue;
				r->reasons += (unsigned int)c[cpu].reason[k];
				r->reason = reasons[k];
			}
		}
	}
}

static void run_frame(struct prog_run *r, enum prog_side side, const unsigned char *frame, size_t len)
{
	static unsigned char in[PKT_FRAME_MAX + 256];
	struct xdp_md ctx_in = { 0 }, ctx_out = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int cpus = libbpf_num_possible_cpus(), fd = prog_map("counters"), err;
	struct ds_counters *c = calloc((size_t)cpus, sizeof(*c));

	assert_non_null(c);
	memset(r, 0, sizeof(*r));
	r->verdict = r->reason = "";
	memset(in, 0xff, prog.meta);
	memcpy(in + prog.meta, frame, len);
	ctx_in.data = prog.meta;
	ctx_in.data_end = (__u32)(prog.meta + len);
	ctx_in.ingress_ifindex = prog.ifindex[side];
	opts.ctx_in = &ctx_in;
	opts.ctx_size_in = sizeof(ctx_in);
	opts.ctx_out = &ctx_out;
	opts.ctx_size_out = sizeof(ctx_out);
	opts.data_in = in;
	opts.data_size_in = ctx_in.data_end;
	opts.data_out = r->out;
	opts.data_size_out = sizeof(r->out);
	opts.repeat = 1;
	zero_counters(fd, c, cpus);
	err = bpf_prog_test_run_opts(
		bpf_program__fd(bpf_object__find_program_by_name(object, prog.entry ? prog.entry : "xdp_dispatch")),
		&opts);
	r->refused = err;
	r->action = opts.retval;
	r->len = opts.data_size_out - ctx_out.data;
	memmove(r->out, r->out + ctx_out.data, r->len);
	read_counters(r, fd, c, cpus);
	free(c);
}

void prog_frame(struct prog_run *r, enum prog_side side, const unsigned char *frame, size_t len)
{
	run_frame(r, side, frame, len);
	check_int("test run", r->refused, 0);
}

void prog_meta(unsigned int len)
{
	static const unsigned char frame[64];
	struct prog_run r;

	prog.meta = len;
	run_frame(&r, PROG_IN, frame, sizeof(frame));
	if (r.refused)
		test_skip("this kernel takes no metadata of %u octets in a test run", len);
}

void prog_packet(struct prog_run *r, enum prog_side side, const struct pkt *p)
{
	static unsigned char frame[PKT_FRAME_MAX];

	prog_frame(r, side, frame, pkt_build(frame, p));
}
