// SPDX-License-Identifier: GPL-2.0-or-later
/* See bench_run.h. */
#include "bench_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

unsigned int bench_repeat = 100000;

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

void bench_seal(struct bench_packet *p)
{
	struct iphdr *ip = (void *)(p->data + 14);
	struct udphdr *udp = (void *)(ip + 1);
	size_t n = p->len - 34;

	ip->check = 0;
	ip->check = htons((__u16)~fold(sum(ip, sizeof(*ip), 0)));
	udp->check = 0;
	udp->check = htons((__u16)~fold(sum(udp, n, sum(&ip->saddr, 8, IPPROTO_UDP + (__u32)n))));
}

/* An Ethernet frame with valid checksums around a payload. */
static void frame_make(struct bench_packet *p, const char *src, const char *dst, const char *payload)
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
	udp->source = htons(strcmp(src, LAB_CLIENT) ? 5060 : 5062);
	udp->dest = htons(5060);
	udp->len = htons((__u16)(n + 8));
	memcpy(udp + 1, payload, n);
	p->len = BENCH_PAYLOAD + (__u32)n;
	bench_seal(p);
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

void bench_request(struct bench_packet *p, unsigned int size, unsigned int call)
{
	char text[BENCH_FRAME_MAX], rows[512];

	snprintf(rows, sizeof(rows),
		 "INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP " LAB_CLIENT ":5062;branch=z9hG4bK" BENCH_NUMBER "\r\n"
		 "Max-Forwards: 70\r\n"
		 "From: <sip:alice@example.com>;tag=9fx\r\n"
		 "To: <sip:bob@biloxi.example.com>\r\n"
		 "Call-ID: 38482762982201%06u@atlanta.example.com\r\n"
		 "CSeq: 1 INVITE\r\n",
		 call % 1000000);
	message_make(text, sizeof(text), rows, size);
	frame_make(p, LAB_CLIENT, LAB_LISTENER, text);
	p->iface = LAB_IN;
}

/* The 200 that the destination gives to the request as it was forwarded. */
int bench_response(struct bench_packet *p, const struct bench_packet *forwarded, unsigned int size)
{
	char rows[BENCH_FRAME_MAX], text[BENCH_FRAME_MAX], vias[512];
	const char *via = memmem(forwarded->data, forwarded->len, "\r\nVia:", 6), *end;

	const char *id = memmem(forwarded->data, forwarded->len, "\r\nCall-ID:", 10), *id_end;

	if (!via || !id)
		return -1;
	id_end = memmem(id + 2, 100, "\r\n", 2);
	end = memmem(via, 400, "\r\nMax-Forwards", 14);
	if (!end || !id_end || (size_t)(end - via) >= sizeof(vias))
		return -1;
	memcpy(vias, via + 2, (size_t)(end - via));
	vias[end - via] = '\0';
	snprintf(rows, sizeof(rows),
		 "SIP/2.0 200 OK\r\n%s"
		 "From: <sip:alice@example.com>;tag=9fx\r\n"
		 "To: <sip:bob@biloxi.example.com>;tag=83\r\n"
		 "%.*s\r\nCSeq: 1 INVITE\r\n",
		 vias, (int)(id_end - id - 2), id + 2);
	message_make(text, sizeof(text), rows, size);
	frame_make(p, LAB_DEST, LAB_LISTENER, text);
	p->iface = LAB_OUT;
	return 0;
}

/* Runs a program; ns per run, the XDP action in *action, the packet that came out in *out where that is not NULL. */
int bench_run(const struct lab *lab, const char *prog, const struct bench_packet *in, unsigned int repeat,
	      __u32 *action, struct bench_packet *out)
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
	qsort(v, BENCH_ROUNDS, sizeof(*v), compare);
	return v[BENCH_ROUNDS / 2];
}

void bench_say_reasons(const struct lab *lab)
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

int bench_measure(const struct lab *lab, const char *prog, const struct bench_packet *p)
{
	int v[BENCH_ROUNDS], i;
	__u32 action;

	for (i = 0; i < BENCH_ROUNDS; i++) {
		if (lab_beat(lab))
			exit(1);
		v[i] = bench_run(lab, prog, p, bench_repeat, &action, NULL);
		if (action != XDP_TX && action != XDP_REDIRECT) {
			fprintf(stderr, "bench: %s ended with XDP action %u\n", prog, action);
			bench_say_reasons(lab);
			exit(1);
		}
	}
	return median(v);
}

/* Puts the packets where bench_undo takes them from; ns that it takes to put one there. */
static int measure_undo(const struct lab *lab, const struct bench_packet *p, unsigned int n, int grows)
{
	int fd = bpf_program__fd(lab_prog(lab, "bench_none")), undo, none;
	static struct bench_frame f;
	__u32 i, mask = n - 1;

	for (i = 0; i < n; i++) {
		f.len = p[i].len;
		memcpy(f.data, p[i].data, p[i].len);
		if (lab_put_at(lab, "frames", i, &f))
			exit(1);
	}
	if (lab_put(lab, "mask", &mask) || lab_put(lab, "next", &fd))
		exit(1);
	none = bench_measure(lab, "bench_none", p);
	undo = bench_measure(lab, "bench_undo", p) - none;
	if (grows)
		undo += (bench_measure(lab, "bench_adjust", p) - none) / 2;
	return undo;
}

/* What bench_undo goes on with. */
static void undo_next(const struct lab *lab, const char *prog)
{
	int fd = bpf_program__fd(lab_prog(lab, prog));

	if (lab_put(lab, "next", &fd))
		exit(1);
}

int bench_measure_undone(const struct lab *lab, const char *prog, const struct bench_packet *p, unsigned int n,
			 int grows)
{
	int undo = measure_undo(lab, p, n, grows);

	undo_next(lab, prog);
	return bench_measure(lab, "bench_undo", p) - undo;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("bench: cannot pin to a CPU");
		exit(1);
	}
}

/* Child of bench_measure_at_once(): measures when the parent says so. */
static void measure_child(const struct lab *lab, const char *prog, const struct bench_packet *p, int cpu, int start,
			  int out)
{
	char go;
	int ns;

	pin(cpu);
	if (read(start, &go, 1) != 1)
		_exit(1);
	ns = bench_measure(lab, prog, p);
	_exit(write(out, &ns, sizeof(ns)) != sizeof(ns));
}

/* Mean of what two CPUs take that run the program at the same time. */
static int measure_at_once(const struct lab *lab, const char *prog, const struct bench_packet *p)
{
	int start[2], out[2], ns, other = 0, status;
	cpu_set_t was;
	pid_t pid;

	if (pipe(start) || pipe(out) || sched_getaffinity(0, sizeof(was), &was))
		exit(1);
	pid = fork();
	if (!pid)
		measure_child(lab, prog, p, 0, start[0], out[1]);
	pin(1);
	if (pid < 0 || write(start[1], "", 1) != 1)
		exit(1);
	ns = bench_measure(lab, prog, p);
	close(out[1]);
	if (read(out[0], &other, sizeof(other)) != sizeof(other) || waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "bench: the other CPU did not measure\n");
		exit(1);
	}
	close(out[0]);
	close(start[0]);
	close(start[1]);
	sched_setaffinity(0, sizeof(was), &was);
	return (ns + other) / 2;
}

int bench_measure_two(const struct lab *lab, const char *prog, const struct bench_packet *p, unsigned int n, int grows)
{
	int undo;

	if (!n)
		return measure_at_once(lab, prog, p);
	undo = measure_undo(lab, p, n, grows);
	undo_next(lab, prog);
	return measure_at_once(lab, "bench_undo", p) - undo;
}
