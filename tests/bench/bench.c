// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench.c - nanoseconds per packet by BPF_PROG_TEST_RUN: hot caches, one packet again and again, the kernel's reported
 * duration, median of several rounds, interleaved with the floor program on the same packet. Prints a Markdown table.
 *
 * Arguments: folders below build/ that hold the objects of one compiler each; --hot, for the demo; --stages and one
 * folder, for the programs of the chain alone; or --count and one folder, where a nanosecond is an instruction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "bench_run.h"

static const unsigned int sizes[] = { 300, 500, 700, 1000, 1400 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void row(const char *compiler, const char *what, unsigned int size, int ns, int floor_ns)
{
	printf("| %s | %s | %u | %d | %.1f |\n", compiler, what, size, ns, (double)ns / floor_ns);
	fflush(stdout);
}

/* The same request by the next hop that the daemon has found, and by the one that the packet before got from the kernel. */
static void row_request(const struct lab *lab, const char *what, const struct bench_packet *p, int grows, int floor_ns)
{
	char name[64];
	int cached;

	for (cached = 1; cached >= 0; cached--) {
		if (lab_hop(lab, cached))
			exit(1);
		snprintf(name, sizeof(name), "%s, next hop %s", what, cached ? "cached" : "remembered");
		row(lab->compiler, name, p->len - BENCH_PAYLOAD, bench_measure_undone(lab, "xdp_dispatch", p, 1, grows),
		    floor_ns);
	}
}

static void bench_proxy(const char *dir, enum ds_affinity affinity)
{
	const char *what = affinity == DS_AFFINITY_CALLS ? ", known call" : ", affinity hash";
	struct bench_packet request, response, forwarded;
	char name[64];
	struct lab lab;
	__u32 action;
	size_t i;
	int base;

	if (lab_load(&lab, dir, DS_MODE_PROXY, affinity))
		exit(1);
	for (i = 0; i < SIZES; i++) {
		bench_request(&request, sizes[i], 0);
		base = bench_measure(&lab, "bench_floor", &request);
		if (affinity == DS_AFFINITY_CALLS) {
			row(dir, "floor", sizes[i], base, base);
			row(dir, "parse only", sizes[i], bench_measure(&lab, "bench_parse", &request), base);
		}
		bench_run(&lab, "xdp_dispatch", &request, 1, &action, &forwarded);
		if (bench_response(&response, &forwarded, sizes[i] < 400 ? 400 : sizes[i])) {
			fprintf(stderr, "bench: the request was not forwarded (XDP action %u)\n", action);
			exit(1);
		}
		snprintf(name, sizeof(name), "proxy request%s", what);
		row_request(&lab, name, &request, 1, base);
		snprintf(name, sizeof(name), "proxy response%s", what);
		row(dir, name, response.len - BENCH_PAYLOAD,
		    bench_measure_undone(&lab, "xdp_dispatch", &response, 1, 1), base);
	}
	lab_unload(&lab);
}

static void bench_nat(const char *dir)
{
	struct bench_packet request;
	struct lab lab;
	size_t i;
	int base;

	if (lab_load(&lab, dir, DS_MODE_NAT, DS_AFFINITY_HASH))
		exit(1);
	for (i = 0; i < SIZES; i++) {
		bench_request(&request, sizes[i], 0);
		base = bench_measure(&lab, "bench_floor", &request);
		row_request(&lab, "nat request, affinity hash", &request, 0, base);
	}
	lab_unload(&lab);
}

/* What a message has cost when it comes to each program of the chain, which ends there. */
static void stages(const char *dir, const struct lab *lab, const char *what, const struct bench_packet *p,
		   const __u32 *chain, size_t n, int floor_ns)
{
	static const char *const names[] = {
#define X(name) "xdp_" #name,
		CHAIN_LIST(X)
#undef X
	};
	int end = bpf_program__fd(lab_prog(lab, "bench_none")), fd;
	char name[64];
	size_t i;

	for (i = 0; i < n; i++) {
		if (lab_set(lab, "chain", &chain[i], &end))
			exit(1);
		snprintf(name, sizeof(name), "%s before %s", what, names[chain[i]]);
		row(dir, name, p->len - BENCH_PAYLOAD, bench_measure_undone(lab, "xdp_dispatch", p, 1, 0), floor_ns);
		fd = bpf_program__fd(lab_prog(lab, names[chain[i]]));
		if (lab_set(lab, "chain", &chain[i], &fd))
			exit(1);
	}
	row(dir, what, p->len - BENCH_PAYLOAD, bench_measure_undone(lab, "xdp_dispatch", p, 1, 1), floor_ns);
}

static void bench_stages(const char *dir)
{
	static const __u32 request_chain[] = { DS_CHAIN_values, DS_CHAIN_request, DS_CHAIN_forward };
	static const __u32 response_chain[] = { DS_CHAIN_values, DS_CHAIN_response };
	struct bench_packet request, response, forwarded;
	struct lab lab;
	__u32 action;
	int base;

	if (lab_load(&lab, dir, DS_MODE_PROXY, DS_AFFINITY_CALLS) || lab_hop(&lab, true))
		exit(1);
	bench_request(&request, 700, 0);
	base = bench_measure(&lab, "bench_floor", &request);
	bench_run(&lab, "xdp_dispatch", &request, 1, &action, &forwarded);
	if (bench_response(&response, &forwarded, 700))
		exit(1);
	stages(dir, &lab, "request", &request, request_chain, 3, base);
	stages(dir, &lab, "response", &response, response_chain, 2, base);
	lab_unload(&lab);
}

/* On a machine whose clock counts instructions (tests/vm/count.sh), which needs no repetition. */
static void bench_count(const char *dir)
{
	struct bench_packet request;
	struct lab lab;
	int base;

	bench_repeat = 200;
	printf("| compiler | what | octets | instructions | x floor |\n|---|---|---|---|---|\n");
	if (lab_load(&lab, dir, DS_MODE_NAT, DS_AFFINITY_HASH) || lab_hop(&lab, true))
		exit(1);
	bench_request(&request, 700, 0);
	base = bench_measure(&lab, "bench_floor", &request);
	row(dir, "floor", 700, base, base);
	row(dir, "parse only", 700, bench_measure(&lab, "bench_parse", &request), base);
	row(dir, "nat request", 700, bench_measure_undone(&lab, "xdp_dispatch", &request, 1, 0), base);
	lab_unload(&lab);
	bench_stages(dir);
}

static void verified(const char *dir)
{
	struct bpf_program *p;
	struct lab lab;

	if (lab_load(&lab, dir, DS_MODE_PROXY, DS_AFFINITY_CALLS))
		exit(1);
	bpf_object__for_each_program(p, lab.datapath)
		printf("| %s | %s | %lu |\n", dir, bpf_program__name(p), lab_verified(p));
	lab_unload(&lab);
}

/* "REQUEST RESPONSE" in ns for 700 octets and a known call, of the objects that dispatchctl is built with. */
static int hot(void)
{
	struct bench_packet request, response, forwarded;
	struct lab lab;
	__u32 action;

	if (lab_load(&lab, ".", DS_MODE_PROXY, DS_AFFINITY_CALLS))
		return 1;
	bench_request(&request, 700, 0);
	if (lab_hop(&lab, true))
		return 1;
	bench_run(&lab, "xdp_dispatch", &request, 1, &action, &forwarded);
	if (bench_response(&response, &forwarded, 700))
		return 1;
	printf("%d ", bench_measure_undone(&lab, "xdp_dispatch", &request, 1, 1));
	printf("%d\n", bench_measure_undone(&lab, "xdp_dispatch", &response, 1, 1));
	lab_unload(&lab);
	return 0;
}

int main(int argc, char **argv)
{
	int i;

	if (lab_enter())
		return 1;
	if (argc == 2 && !strcmp(argv[1], "--hot"))
		return hot();
	if (argc == 3 && !strcmp(argv[1], "--stages")) {
		bench_stages(argv[2]);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "--count")) {
		bench_count(argv[2]);
		return 0;
	}
	printf("Hot: one packet %u times, median of %d rounds, ns as the kernel reports them.\n"
	       "Responses remember their next hop. The undo of each edit is measured alone and subtracted.\n"
	       "Compare ratios, not nanoseconds.\n\n",
	       bench_repeat, BENCH_ROUNDS);
	printf("| compiler | what | octets | ns/packet | x floor |\n|---|---|---|---|---|\n");
	for (i = 1; i < argc; i++) {
		bench_proxy(argv[i], DS_AFFINITY_CALLS);
		bench_proxy(argv[i], DS_AFFINITY_HASH);
		bench_nat(argv[i]);
		bench_stages(argv[i]);
	}
	printf("\n| compiler | program | verified instructions |\n|---|---|---|\n");
	for (i = 1; i < argc; i++)
		verified(argv[i]);
	return 0;
}
