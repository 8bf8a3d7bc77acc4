// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench.c - nanoseconds per packet by BPF_PROG_TEST_RUN: hot caches, one packet again and again, the kernel's reported
 * duration, median of several rounds, interleaved with the floor program on the same packet. Prints a Markdown table.
 *
 * Arguments: folders below build/ that hold the objects of one compiler each; or --hot, for the demo.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "bench.h"
#include "bench_lab.h"

#define ROUNDS 5
#define REPEAT 100000
#define CALL_ID "3848276298220188511@atlanta.example.com"

static const unsigned int sizes[] = { 300, 500, 700, 1000, 1400 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct packet {
	__u8 data[BENCH_FRAME_MAX];
	__u32 len;
	const char *iface;
};

static __u16 fold(__u32 s)
{
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return s;
}

static __u32 sum(const void *p, size_t n, __u32 s)
{
	const __u8 *c = p;
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		s += (__u32)c[i] << 8 | c[i + 1];
	return n & 1 ? s + ((__u32)c[n - 1] << 8) : s;
}

/* An Ethernet frame with valid checksums around a payload. */
static void frame_make(struct packet *p, const char *src, const char *dst, const char *payload)
{
	size_t n = strlen(payload);
	struct iphdr *ip = (void *)(p->data + 14);
	struct udphdr *udp = (void *)(ip + 1);

	memset(p->data, 0, BENCH_PAYLOAD);
	memcpy(p->data, "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0", 14);
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->tot_len = htons((__u16)(n + 28));
	inet_pton(AF_INET, src, &ip->saddr);
	inet_pton(AF_INET, dst, &ip->daddr);
	ip->check = htons((__u16)~fold(sum(ip, sizeof(*ip), 0)));
	udp->source = htons(strcmp(src, LAB_CLIENT) ? 5060 : 5062);
	udp->dest = htons(5060);
	udp->len = htons((__u16)(n + 8));
	memcpy(udp + 1, payload, n);
	udp->check = htons((__u16)~fold(sum(udp, n + 8, sum(&ip->saddr, 8, IPPROTO_UDP + (__u32)n + 8))));
	p->len = BENCH_PAYLOAD + (__u32)n;
}

/* rows, then a body that fills the message up to size octets. */
static void message_make(char *out, size_t room, const char *rows, unsigned int size)
{
	int head = snprintf(out, room, "%sContent-Length: %4u\r\n\r\n", rows, 0u);
	unsigned int body = (unsigned int)head < size ? size - (unsigned int)head : 0;

	head = snprintf(out, room, "%sContent-Length: %4u\r\n\r\n", rows, body);
	memset(out + head, 'a', body);
	out[head + (int)body] = '\0';
}

static void request_make(struct packet *p, unsigned int size)
{
	char text[BENCH_FRAME_MAX];

	message_make(text, sizeof(text),
		     "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP " LAB_CLIENT ":5062;branch=z9hG4bK74bf9\r\n"
		     "Max-Forwards: 70\r\n"
		     "From: <sip:alice@example.com>;tag=9fx\r\n"
		     "To: <sip:bob@biloxi.example.com>\r\n"
		     "Call-ID: " CALL_ID "\r\n"
		     "CSeq: 1 INVITE\r\n",
		     size);
	frame_make(p, LAB_CLIENT, LAB_LISTENER, text);
	p->iface = LAB_IN;
}

/* The 200 that the destination gives to the request as it was forwarded. */
static int response_make(struct packet *p, const struct packet *forwarded, unsigned int size)
{
	char rows[BENCH_FRAME_MAX], text[BENCH_FRAME_MAX], vias[512];
	const char *via = memmem(forwarded->data, forwarded->len, "\r\nVia:", 6), *end;

	if (!via)
		return -1;
	end = memmem(via, 400, "\r\nMax-Forwards", 14);
	if (!end || (size_t)(end - via) >= sizeof(vias))
		return -1;
	memcpy(vias, via + 2, (size_t)(end - via));
	vias[end - via] = '\0';
	snprintf(rows, sizeof(rows),
		 "SIP/2.0 200 OK\r\n%s"
		 "From: <sip:alice@example.com>;tag=9fx\r\n"
		 "To: <sip:bob@biloxi.example.com>;tag=83\r\n"
		 "Call-ID: " CALL_ID "\r\nCSeq: 1 INVITE\r\n",
		 vias);
	message_make(text, sizeof(text), rows, size);
	frame_make(p, LAB_DEST, LAB_LISTENER, text);
	p->iface = LAB_OUT;
	return 0;
}

/* Runs a program; ns per run, the XDP action in *action, the packet that came out in *out where that is not NULL. */
static int run(const struct lab *lab, const char *prog, const struct packet *in, unsigned int repeat, __u32 *action,
	       struct packet *out)
{
	struct xdp_md ctx = { .data_end = in->len, .ingress_ifindex = if_nametoindex(in->iface) };
	static __u8 buf[4096];
	LIBBPF_OPTS(bpf_test_run_opts, t, .data_in = in->data, .data_size_in = in->len, .data_out = buf,
		    .data_size_out = sizeof(buf), .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(bpf_program__fd(lab_prog(lab, prog)), &t)) {
		fprintf(stderr, "bench: test run of %s: %s\n", prog, strerror(errno));
		exit(1);
	}
	*action = t.retval;
	if (out && t.data_size_out <= sizeof(out->data)) {
		memcpy(out->data, buf, t.data_size_out);
		out->len = t.data_size_out;
	}
	return (int)t.duration;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int median(int *v)
{
	qsort(v, ROUNDS, sizeof(*v), compare);
	return v[ROUNDS / 2];
}

/* What the datapath counted, for a run that did not end as it should. */
static void say_reasons(const struct lab *lab)
{
	static const char *const names[] = {
#define X(name, code, help) #name,
		REASON_LIST(X)
#undef X
	};
	int fd = bpf_object__find_map_fd_by_name(lab->datapath, "counters"), cpus = libbpf_num_possible_cpus(), i, c;
	struct ds_counters *v = cpus > 0 ? calloc((size_t)cpus, sizeof(*v)) : NULL;
	__u32 listener = 0;
	__u64 n;

	if (!v || bpf_map_lookup_elem(fd, &listener, v)) {
		free(v);
		return;
	}
	for (i = 0; i < REASON_MAX; i++) {
		for (n = 0, c = 0; c < cpus; c++)
			n += v[c].reason[i];
		if (n)
			fprintf(stderr, "bench: %s %llu\n", names[i], (unsigned long long)n);
	}
	free(v);
}

static int measure(const struct lab *lab, const char *prog, const struct packet *p)
{
	int v[ROUNDS], i;
	__u32 action;

	for (i = 0; i < ROUNDS; i++) {
		if (lab_beat(lab))
			exit(1);
		v[i] = run(lab, prog, p, REPEAT, &action, NULL);
		if (action != XDP_TX && action != XDP_REDIRECT) {
			fprintf(stderr, "bench: %s ended with XDP action %u\n", prog, action);
			say_reasons(lab);
			exit(1);
		}
	}
	return median(v);
}

/* ns of `prog` on a packet that it edits: the undo before each run is measured alone and subtracted. */
static int measure_undone(const struct lab *lab, const char *prog, const struct packet *p, int grows)
{
	struct bench_frame f = { .len = p->len };
	int fd = bpf_program__fd(lab_prog(lab, "bench_none")), undo, total, none;

	memcpy(f.data, p->data, p->len);
	if (lab_put(lab, "frame", &f) || lab_put(lab, "next", &fd))
		exit(1);
	none = measure(lab, "bench_none", p);
	undo = measure(lab, "bench_undo", p) - none;
	if (grows)
		undo += (measure(lab, "bench_adjust", p) - none) / 2;
	fd = bpf_program__fd(lab_prog(lab, prog));
	if (lab_put(lab, "next", &fd))
		exit(1);
	total = measure(lab, "bench_undo", p);
	return total - undo;
}

static void row(const char *compiler, const char *what, unsigned int size, int ns, int floor_ns)
{
	printf("| %s | %s | %u | %d | %.1f |\n", compiler, what, size, ns, (double)ns / floor_ns);
	fflush(stdout);
}

/* The same request by a cached next hop, and by the kernel's tables. */
static void row_request(const struct lab *lab, const char *what, const struct packet *p, int grows, int floor_ns)
{
	char name[64];
	int cached;

	for (cached = 1; cached >= 0; cached--) {
		if (lab_hop(lab, cached))
			exit(1);
		snprintf(name, sizeof(name), "%s, next hop %s", what, cached ? "cached" : "looked up");
		row(lab->compiler, name, p->len - BENCH_PAYLOAD, measure_undone(lab, "xdp_dispatch", p, grows),
		    floor_ns);
	}
}

static void bench_proxy(const char *dir, enum ds_affinity affinity)
{
	const char *what = affinity == DS_AFFINITY_CALLS ? ", known call" : ", affinity hash";
	struct packet request, response, forwarded;
	char name[64];
	struct lab lab;
	__u32 action;
	size_t i;
	int base;

	if (lab_load(&lab, dir, DS_MODE_PROXY, affinity))
		exit(1);
	for (i = 0; i < SIZES; i++) {
		request_make(&request, sizes[i]);
		base = measure(&lab, "bench_floor", &request);
		if (affinity == DS_AFFINITY_CALLS) {
			row(dir, "floor", sizes[i], base, base);
			row(dir, "parse only", sizes[i], measure(&lab, "bench_parse", &request), base);
		}
		run(&lab, "xdp_dispatch", &request, 1, &action, &forwarded);
		if (response_make(&response, &forwarded, sizes[i] < 400 ? 400 : sizes[i])) {
			fprintf(stderr, "bench: the request was not forwarded (XDP action %u)\n", action);
			exit(1);
		}
		snprintf(name, sizeof(name), "proxy request%s", what);
		row_request(&lab, name, &request, 1, base);
		snprintf(name, sizeof(name), "proxy response%s", what);
		row(dir, name, response.len - BENCH_PAYLOAD, measure_undone(&lab, "xdp_dispatch", &response, 1), base);
	}
	lab_unload(&lab);
}

static void bench_nat(const char *dir)
{
	struct packet request;
	struct lab lab;
	size_t i;
	int base;

	if (lab_load(&lab, dir, DS_MODE_NAT, DS_AFFINITY_HASH))
		exit(1);
	for (i = 0; i < SIZES; i++) {
		request_make(&request, sizes[i]);
		base = measure(&lab, "bench_floor", &request);
		row_request(&lab, "nat request, affinity hash", &request, 0, base);
	}
	lab_unload(&lab);
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
	struct packet request, response, forwarded;
	struct lab lab;
	__u32 action;

	if (lab_load(&lab, ".", DS_MODE_PROXY, DS_AFFINITY_CALLS))
		return 1;
	request_make(&request, 700);
	if (lab_hop(&lab, true))
		return 1;
	run(&lab, "xdp_dispatch", &request, 1, &action, &forwarded);
	if (response_make(&response, &forwarded, 700))
		return 1;
	printf("%d ", measure_undone(&lab, "xdp_dispatch", &request, 1));
	printf("%d\n", measure_undone(&lab, "xdp_dispatch", &response, 1));
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
	printf("Hot: one packet %d times, median of %d rounds, ns as the kernel reports them.\n"
	       "Responses look their route up. The undo of each edit is measured alone and subtracted.\n"
	       "Compare ratios, not nanoseconds.\n\n",
	       REPEAT, ROUNDS);
	printf("| compiler | what | octets | ns/packet | x floor |\n|---|---|---|---|---|\n");
	for (i = 1; i < argc; i++) {
		bench_proxy(argv[i], DS_AFFINITY_CALLS);
		bench_proxy(argv[i], DS_AFFINITY_HASH);
		bench_nat(argv[i]);
	}
	printf("\n| compiler | program | verified instructions |\n|---|---|---|\n");
	for (i = 1; i < argc; i++)
		verified(argv[i]);
	return 0;
}
