// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * profile.c - which source lines of the programs the time goes to: the instruction pointers that a software clock samples
 * while requests and responses go through by test run, by the line information of the loaded programs.
 *
 * Arguments: a folder below build/ that holds the objects of one compiler; how many lines to print. Prints Markdown.
 */
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "bench_run.h"

#define PERIOD_NS 100000
#define PAGES 1024 /* of the ring, a power of two: what a run of one second writes */

/* Where the code of a source line begins. */
struct place {
	__u64 at;
	const char *file, *text; /* the line itself */
	__u32 line;
	size_t hits;
};

static struct place *places;
static size_t n_places, n_samples, n_outside;

static void must(int err, const char *what)
{
	if (!err)
		return;
	perror(what);
	exit(1);
}

/* Enters all lines of a program, those of its functions too. */
static void enter(const struct bpf_program *p)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info), i, n, n_jited;
	struct bpf_line_info *lines;
	const struct btf *btf;
	__u64 *at;

	must(bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len), "profile: a program");
	n = info.nr_line_info;
	n_jited = info.nr_jited_line_info;
	lines = calloc(n, sizeof(*lines));
	at = calloc(n_jited, sizeof(*at));
	must(!lines || !at, "profile");
	btf = btf__load_from_kernel_by_id(info.btf_id);
	must(!btf, "profile: type information");
	info = (struct bpf_prog_info){
		.line_info = (__UINTPTR_TYPE__)lines,
		.nr_line_info = n,
		.line_info_rec_size = sizeof(*lines),
		.jited_line_info = (__UINTPTR_TYPE__)at,
		.nr_jited_line_info = n_jited,
		.jited_line_info_rec_size = sizeof(*at),
	};
	must(bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len), "profile: lines of a program");
	places = realloc(places, (n_places + n) * sizeof(*places));
	must(!places, "profile");
	for (i = 0; i < n && i < n_jited; i++)
		places[n_places++] = (struct place){ .at = at[i],
						     .file = btf__name_by_offset(btf, lines[i].file_name_off),
						     .text = btf__name_by_offset(btf, lines[i].line_off),
						     .line = BPF_LINE_INFO_LINE_NUM(lines[i].line_col) };
	free(lines);
	free(at);
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static int by_line(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : strcmp(x->file, y->file);
}

/* One place for each line, wherever it was inlined. */
static void merge(struct place *to, size_t *n)
{
	size_t i;

	memcpy(to, places, n_places * sizeof(*places));
	qsort(to, n_places, sizeof(*to), by_line);
	for (*n = i = 0; i < n_places; i++) {
		if (*n && !by_line(&to[*n - 1], &to[i]))
			to[*n - 1].hits += to[i].hits;
		else
			to[(*n)++] = to[i];
	}
}

static int by_hits(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->hits > y->hits ? -1 : x->hits < y->hits;
}

/* The code of one line is some hundred octets at most: what is further from all of them is the kernel's. */
#define REACH 4096

static void hit(__u64 ip)
{
	size_t low = 0, high = n_places, mid;

	n_samples++;
	while (low < high) {
		mid = (low + high) / 2;
		if (places[mid].at <= ip)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || ip - places[low - 1].at > REACH)
		n_outside++;
	else
		places[low - 1].hits++;
}

/* Reads what the ring holds. */
static void drain(struct perf_event_mmap_page *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = PAGES * page;
	const char *data = (const char *)ring + page;
	__u64 head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE), tail = ring->data_tail;
	struct {
		struct perf_event_header header;
		__u64 ip;
	} sample;

	while (tail < head) {
		memcpy(&sample.header, data + tail % size, sizeof(sample.header));
		if (sample.header.type == PERF_RECORD_SAMPLE) {
			memcpy(&sample.ip, data + (tail + sizeof(sample.header)) % size, sizeof(sample.ip));
			hit(sample.ip);
		}
		tail += sample.header.size;
	}
	__atomic_store_n(&ring->data_tail, tail, __ATOMIC_RELEASE);
}

static void profile(const struct lab *lab, const char *what, const struct bench_packet *p, int lines)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK,
					.sample_period = PERIOD_NS,
					.sample_type = PERF_SAMPLE_IP,
					.disabled = 1,
					.exclude_user = 1 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE), i, n;
	struct place *merged;
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	struct perf_event_mmap_page *ring;

	must(fd < 0, "profile: perf_event_open");
	ring = mmap(NULL, (PAGES + 1) * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(ring == MAP_FAILED, "profile: mmap");
	n_samples = n_outside = 0;
	for (i = 0; i < n_places; i++)
		places[i].hits = 0;
	qsort(places, n_places, sizeof(*places), by_place);
	must(ioctl(fd, PERF_EVENT_IOC_ENABLE, 0), "profile");
	bench_measure_undone(lab, "xdp_dispatch", p, 1, 0);
	must(ioctl(fd, PERF_EVENT_IOC_DISABLE, 0), "profile");
	drain(ring);
	munmap(ring, (PAGES + 1) * page);
	close(fd);
	merged = malloc(n_places * sizeof(*merged));
	must(!merged, "profile");
	merge(merged, &n);
	qsort(merged, n, sizeof(*merged), by_hits);
	printf("\n%s: %zu samples, %zu of them in helpers, the undo and the kernel\n\n| %% | line | |\n|---:|---|---|\n",
	       what, n_samples, n_outside);
	for (i = 0; i < n && i < (size_t)lines && merged[i].hits; i++)
		printf("| %.1f | %s:%u | `%s` |\n", 100.0 * (double)merged[i].hits / (double)n_samples, merged[i].file,
		       merged[i].line, merged[i].text + strspn(merged[i].text, " \t"));
	free(merged);
}

int main(int argc, char **argv)
{
	struct bench_packet request, response, forwarded;
	struct bpf_program *p;
	struct lab lab;
	__u32 action;

	if (argc != 3 || lab_enter())
		return 1;
	if (lab_load(&lab, argv[1], DS_MODE_PROXY, DS_AFFINITY_CALLS) || lab_hop(&lab, true))
		return 1;
	bpf_object__for_each_program(p, lab.datapath) enter(p);
	bench_request(&request, 700, 0);
	bench_run(&lab, "xdp_dispatch", &request, 1, &action, &forwarded);
	must(bench_response(&response, &forwarded, 700), "profile: the request was not forwarded");
	profile(&lab, "request", &request, atoi(argv[2]));
	profile(&lab, "response", &response, atoi(argv[2]));
	lab_unload(&lab);
	free(places);
	return 0;
}
