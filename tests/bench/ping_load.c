// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_load.c - what it costs to ping as many targets as a large installation has: CPU time and memory of the pinger,
 * beside a process on loopback that answers for all of them. Needs no root.
 *
 * Usage: ping_load [SECONDS [TARGETS]], 30 and 10000 where they are not given; the interval is 10 s. A pinger whose
 * answers do not come is no measurement: then it fails.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "ping.h"
#include "uri.h"

#define LOAD_INTERVAL_MS 10000
#define LOAD_SECONDS 30
#define LOAD_TARGETS 10000
#define LOAD_URI_MAX (URI_ENDPOINT_SIZE + 4)

struct load {
	struct event_base *base;
	struct ping *ping;
	struct conf_ping conf;
	struct ping_target *target;
	struct ds_runtime *runtime;
	char (*uri)[LOAD_URI_MAX];
	size_t n;
	struct rusage last;
	struct ping_totals totals;
};

/* ---- who answers */

/* Turns a request into its answer where it stands: another start line, all else as it came. */
static size_t answer_make(const char *request, size_t len, char *answer)
{
	static const char line[] = "SIP/2.0 200 OK\r\n";
	const char *rows = memchr(request, '\n', len);

	if (!rows)
		return 0;
	len -= (size_t)(++rows - request);
	memcpy(answer, line, sizeof(line) - 1);
	memcpy(answer + sizeof(line) - 1, rows, len);
	return sizeof(line) - 1 + len;
}

/* The answer must come from the address that was asked, of which there are thousands. */
static void answer_all(int fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	char request[4096], answer[sizeof(request) + 64];
	struct sockaddr_in from;
	struct iovec iov;
	struct msghdr msg;
	ssize_t len;

	for (;;) {
		iov = (struct iovec){ request, sizeof(request) };
		msg = (struct msghdr){
			.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
		};
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		len = recvmsg(fd, &msg, 0);
		if (len <= 0)
			continue;
		/* what came with it says where to; sent back it says where from */
		((struct in_pktinfo *)CMSG_DATA(&control.align))->ipi_ifindex = 0;
		iov = (struct iovec){ answer, answer_make(request, (size_t)len, answer) };
		sendmsg(fd, &msg, 0);
	}
}

static int answer_open(__be16 *port_be)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int on = 1, size = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) || getsockname(fd, (struct sockaddr *)&at, &len))
		return -1;
	*port_be = at.sin_port;
	return fd;
}

static pid_t answer_start(__be16 *port_be)
{
	int fd = answer_open(port_be);
	pid_t pid = fd < 0 ? -1 : fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		answer_all(fd);
	}
	if (fd >= 0)
		close(fd);
	return pid;
}

/* ---- who asks */

static bool load_wanted(void *ctx, __u32 slot)
{
	(void)ctx;
	(void)slot;
	return true;
}

static void load_result(void *ctx, __u32 slot, enum health_cause cause, __u16 detail)
{
	struct load *l = ctx;
	enum ds_health was;

	health_learn(&l->runtime[slot], &l->conf.health, cause, detail, output_clock(CLOCK_BOOTTIME), &was);
}

static long load_rss_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static double load_seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* One row per interval: what it took, and how much of a core that is. */
static void load_report(evutil_socket_t fd, short what, void *arg)
{
	struct ping_totals t;
	struct load *l = arg;
	struct rusage now;
	double user, sys;

	(void)fd;
	(void)what;
	getrusage(RUSAGE_SELF, &now);
	ping_totals(l->ping, &t);
	user = load_seconds(now.ru_utime) - load_seconds(l->last.ru_utime);
	sys = load_seconds(now.ru_stime) - load_seconds(l->last.ru_stime);
	printf("| %llu | %llu | %llu | %.3f | %.3f | %.2f | %ld |\n", t.pings - l->totals.pings,
	       t.answers - l->totals.answers, t.unmatched - l->totals.unmatched, user, sys,
	       (user + sys) * 100 * 1000 / LOAD_INTERVAL_MS, load_rss_kib());
	fflush(stdout);
	l->last = now;
	l->totals = t;
}

static int load_targets(struct load *l, __be16 port_be)
{
	char place[URI_ENDPOINT_SIZE];
	__u64 before, id = 1;
	size_t i;
	int err;

	l->target = calloc(l->n, sizeof(*l->target));
	l->runtime = calloc(l->n, sizeof(*l->runtime));
	l->uri = calloc(l->n, sizeof(*l->uri));
	if (!l->target || !l->runtime || !l->uri)
		return -ENOMEM;
	for (i = 0; i < l->n; i++, id += 0x9e3779b97f4a7c15ull) {
		/* 127.1.0.0 and on */
		l->target[i] = (struct ping_target){ .slot = (__u32)i, .id = id, .conf = &l->conf, .uri = l->uri[i] };
		l->target[i].at.ip.w[2] = htonl(0xffff);
		l->target[i].at.ip.w[3] = htonl(0x7f010000u + (__u32)i);
		l->target[i].at.port_be = port_be;
		l->target[i].runtime = &l->runtime[i];
		health_init(&l->runtime[i], id, 0, output_clock(CLOCK_BOOTTIME));
		snprintf(l->uri[i], sizeof(l->uri[i]), "sip:%s", uri_endpoint_text(&l->target[i].at, place));
	}
	before = output_clock(CLOCK_MONOTONIC);
	err = ping_set_targets(l->ping, l->target, l->n);
	printf("targets %zu, set in %.1f ms\n", l->n, (double)(output_clock(CLOCK_MONOTONIC) - before) / 1e6);
	return err;
}

static int load_start(struct load *l, __be16 port_be)
{
	static const __u64 key[2] = { 1, 2 };
	const struct ping_hooks hooks = { load_wanted, load_result, l };
	unsigned int i;
	int err;

	l->conf = (struct conf_ping){ .interval_ms = LOAD_INTERVAL_MS, .interval_max_ms = 60000, .timeout_ms = 1000 };
	l->conf.jitter_percent = 10;
	l->conf.health = (struct health_conf){ .rise = 2, .fall = 3 };
	strcpy(l->conf.method, "OPTIONS");
	for (i = 200; i < 300; i++)
		l->conf.codes.bit[i / 64] |= 1ull << (i % 64);
	l->base = event_base_new();
	err = l->base ? ping_new(l->base, key, &hooks, &l->ping) : -ENOMEM;
	return err ? err : load_targets(l, port_be);
}

static void load_latency(const struct load *l)
{
	__u64 timeouts = 0;
	double avg = 0;
	__u32 max = 0;
	size_t i, n = 0;

	for (i = 0; i < l->n; i++) {
		timeouts += l->runtime[i].latency.timeouts;
		n += l->runtime[i].latency.count > 0;
		avg += l->runtime[i].latency.avg_us;
		if (l->runtime[i].latency.max_us > max)
			max = l->runtime[i].latency.max_us;
	}
	printf("answered at least once: %zu, time-outs %llu, round trip avg %.0f us, max %u us\n", n, timeouts,
	       n ? avg / (double)n : 0, max);
}

static int load_run(struct load *l, long seconds)
{
	const struct timeval interval = { LOAD_INTERVAL_MS / 1000, 0 }, end = { seconds, LOAD_INTERVAL_MS };
	struct event *report = event_new(l->base, -1, EV_PERSIST, load_report, l);

	if (!report || event_add(report, &interval) || event_base_loopexit(l->base, &end))
		return -ENOMEM;
	printf("\n| pings | answers | unmatched | user s | system s | %% of a core | RSS KiB |\n");
	printf("|--|--|--|--|--|--|--|\n");
	getrusage(RUSAGE_SELF, &l->last);
	event_base_dispatch(l->base);
	event_free(report);
	putchar('\n');
	load_latency(l);
	return 0;
}

int main(int argc, char **argv)
{
	struct load l = { .n = argc > 2 ? strtoul(argv[2], NULL, 10) : LOAD_TARGETS };
	long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : LOAD_SECONDS;
	__be16 port_be = 0;
	pid_t pid = answer_start(&port_be);
	int err = pid < 0 ? -errno : load_start(&l, port_be);

	if (!err)
		err = load_run(&l, seconds);
	if (!err && !l.totals.answers)
		err = -ETIMEDOUT;
	if (err)
		fprintf(stderr, "ping_load: %s\n", strerror(-err));
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	ping_free(l.ping);
	if (l.base)
		event_base_free(l.base);
	free(l.target);
	free(l.runtime);
	free(l.uri);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
