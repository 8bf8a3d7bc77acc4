// SPDX-License-Identifier: GPL-2.0-or-later
/* See live_wire.h. */
#include "live_wire.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#define SENDER_CPU 0
#define DIRECTOR_CPU 1
#define BATCH 16
#define SETTLE_US 2000
#define SETTLE_MAX 100

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int prog_fd(const struct live_wire *w, const char *name)
{
	struct bpf_program *p = bpf_object__find_program_by_name(w->o, name);

	if (!p)
		die(name);
	return bpf_program__fd(p);
}

static void pin(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(pid, sizeof(set), &set))
		die("cannot pin a thread to its CPU");
}

/* The end of a test run that lasts as long as it may is a signal. */
static void on_alarm(int sig)
{
	(void)sig;
}

void live_open(struct live_wire *w, const char *dir)
{
	static const char *const ends[] = { LIVE_CLIENT, LIVE_SERVER };
	struct sigaction sa = { .sa_handler = on_alarm };
	char path[512];
	int fd, i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		fprintf(stderr, "bench: live frames need two CPUs: one sends, one directs\n");
		exit(1);
	}
	snprintf(path, sizeof(path), "build/%s/live.bpf.o", strcmp(dir, ".") ? dir : "tests");
	w->o = bpf_object__open_file(path, NULL);
	if (!w->o || libbpf_get_error(w->o) || bpf_object__load(w->o))
		die(path);
	fd = bpf_object__find_map_fd_by_name(w->o, "live");
	w->state = mmap(NULL, sizeof(*w->state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (w->state == MAP_FAILED)
		die("mmap");
	w->sender = prog_fd(w, "live_send");
	for (i = 0; i < 2; i++) {
		LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(ends[i]), .attach_point = BPF_TC_INGRESS);
		if (bpf_tc_hook_create(&hook))
			die("cannot attach to the end of a link");
	}
	sigaction(SIGALRM, &sa, NULL);
	pin(0, SENDER_CPU);
}

void live_close(struct live_wire *w)
{
	munmap(w->state, sizeof(*w->state));
	bpf_object__close(w->o);
}

void live_attach(struct live_wire *w, const char *prog, struct bpf_link *link[2])
{
	static const char *const names[] = { LAB_IN, LAB_OUT };
	int i;

	for (i = 0; i < 2; i++) {
		link[i] = bpf_program__attach_xdp(bpf_object__find_program_by_name(w->o, prog),
						  (int)if_nametoindex(names[i]));
		if (!link[i] || libbpf_get_error(link[i]))
			die("cannot attach to the director");
	}
}

void live_detach(struct bpf_link *link[2])
{
	bpf_link__destroy(link[0]);
	bpf_link__destroy(link[1]);
}

static void put_end(const struct live_wire *w, const char *dev, const char *xdp, const char *tc)
{
	int ifindex = (int)if_nametoindex(dev);
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd(w, tc), .handle = 1, .priority = 1,
		    .flags = BPF_TC_F_REPLACE);

	if (bpf_tc_attach(&hook, &opts))
		die("cannot attach to the end of a link");
	if (bpf_xdp_attach(ifindex, xdp ? prog_fd(w, xdp) : -1, XDP_FLAGS_DRV_MODE, NULL))
		die("cannot attach to the end of a link");
}

void live_ends(struct live_wire *w, enum live_end end)
{
	put_end(w, LIVE_CLIENT, end == LIVE_END_XDP ? "live_sink" : NULL,
		end == LIVE_END_ANSWER ? "live_drop_tc" : "live_sink_tc");
	put_end(w, LIVE_SERVER,
		end == LIVE_END_XDP	 ? "live_sink"
		: end == LIVE_END_ANSWER ? "live_answer"
					 : NULL,
		"live_sink_tc");
}

void live_frames(struct live_wire *w, const struct bench_packet *p, __u32 n, const char *from, const char *to)
{
	int fd = bpf_object__find_map_fd_by_name(w->o, "frames");
	static struct bench_frame f;
	const __u8 *number;
	__u32 i;

	for (i = 0; i < n; i++) {
		f.len = p[i].len;
		memcpy(f.data, p[i].data, p[i].len);
		if (bpf_map_update_elem(fd, &i, &f, BPF_ANY))
			die("frames");
	}
	/* that of a response is the request's, under our signature */
	number = strcmp(from, LIVE_CLIENT) ? NULL : memmem(f.data, f.len, BENCH_NUMBER, LIVE_NUMBER);
	w->state->number_at = number ? (__u32)(number - f.data) : 0;
	w->state->mask = n - 1;
	w->state->ifindex = if_nametoindex(from);
	w->state->counted = if_nametoindex(to);
}

/* CPU time of a process, ns; 0: it is gone. */
static double cpu_of(pid_t pid)
{
	double ns = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%lf", &ns) != 1)
			ns = 0;
		fclose(f);
	}
	return ns;
}

/*
 * The threads that poll the director's interfaces, pinned, and the kernel's own on that CPU; or, where packets are spread,
 * those that take what is handed over.
 */
static size_t threads(pid_t *out, size_t max, int taking)
{
	DIR *d = opendir("/proc");
	char path[288], name[32], soft[32];
	struct dirent *e;
	size_t n = 0;
	FILE *f;

	snprintf(soft, sizeof(soft), "ksoftirqd/%d", DIRECTOR_CPU);
	while (d && n < max && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		if (fscanf(f, "%31s", name) == 1) {
			if (taking) {
				if (!strncmp(name, "cpumap/", 7))
					out[n++] = atoi(e->d_name);
			} else if (!strncmp(name, "napi/bench", 10)) {
				pin(atoi(e->d_name), DIRECTOR_CPU);
				out[n++] = atoi(e->d_name);
			} else if (!strcmp(name, soft)) {
				out[n++] = atoi(e->d_name);
			}
		}
		fclose(f);
	}
	if (d)
		closedir(d);
	return n;
}

static double cpu_all(const pid_t *a, size_t n, const pid_t *b)
{
	double ns = 0;
	size_t i;

	for (i = 0; i < n; i++)
		ns += cpu_of(a[i]);
	for (i = 0; b && i < LIVE_PROCESSES && b[i]; i++)
		ns += cpu_of(b[i]);
	return ns;
}

/* Until nothing more arrives. */
static void settle(const struct live_wire *w)
{
	const volatile struct live_state *s = w->state;
	__u64 last;
	int i;

	for (i = 0; i < SETTLE_MAX; i++) {
		last = s->received;
		usleep(SETTLE_US);
		if (s->received == last && i > 2)
			return;
	}
}

static double percentile(const struct live_wire *w, double share)
{
	__u64 all = 0, seen = 0;
	__u32 i, shift;

	for (i = 0; i < LIVE_BUCKETS; i++)
		all += w->state->bucket[i];
	for (i = 0; i < LIVE_BUCKETS && all; i++) {
		seen += w->state->bucket[i];
		if ((double)seen >= share * (double)all)
			break;
	}
	shift = i < 2 * LIVE_STEPS ? 0 : (i >> LIVE_STEPS_SHIFT) - 1;
	return all ? (double)((__u64)(i - (shift << LIVE_STEPS_SHIFT)) << shift) : 0;
}

struct live_shot live_shoot(struct live_wire *w, double rate, unsigned int ms, const pid_t *pid, int latency)
{
	struct itimerval it = { .it_value = { .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000 } }, off = { 0 };
	static __u8 data[BENCH_FRAME_MAX];
	struct live_state *s = w->state;
	struct live_shot shot = { 0 };
	struct bench_frame *f = malloc(sizeof(*f));
	pid_t thread[LIVE_PROCESSES], taker[LIVE_PROCESSES];
	size_t n = threads(thread, LIVE_PROCESSES, 0), takers = threads(taker, LIVE_PROCESSES, 1);
	__u32 zero = 0;

	if (!f || bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(w->o, "frames"), &zero, f))
		die("frames");
	LIBBPF_OPTS(bpf_test_run_opts, t, .data_in = data, .data_size_in = f->len + LIVE_TAIL, .repeat = INT_MAX,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	free(f);
	s->interval_ns = rate > 0 ? (__u64)(1e9 / rate) : 0;
	s->sent = s->received = s->next_ns = s->first_ns = s->last_ns = 0;
	s->latency = (__u32)latency;
	memset(s->bucket, 0, sizeof(s->bucket));
	shot.cpu_ns = cpu_all(thread, n, pid);
	shot.taker_ns = cpu_all(taker, takers, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	if (bpf_prog_test_run_opts(w->sender, &t) && errno != EINTR)
		die("cannot send live frames");
	setitimer(ITIMER_REAL, &off, NULL);
	shot.waiting = s->sent - s->received;
	settle(w);
	shot.seconds = s->sent > 1 ? (double)(s->last_ns - s->first_ns) / 1e9 : ms / 1e3;
	shot.cpu_ns = cpu_all(thread, n, pid) - shot.cpu_ns;
	shot.taker_ns = cpu_all(taker, takers, NULL) - shot.taker_ns;
	shot.sent = s->sent;
	shot.received = s->received;
	shot.p50 = percentile(w, 0.5);
	shot.p99 = percentile(w, 0.99);
	shot.p999 = percentile(w, 0.999);
	return shot;
}
