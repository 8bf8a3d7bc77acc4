// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verify.c - loads an object and says what it cost the verifier: "PROGRAM VERIFIED-INSTRUCTIONS" a line, then "load MS".
 *
 * Usage: verify OBJECT [spread] [stats]; spread: as it is loaded where packets are spread over CPUs; stats: also what the
 * verifier says of each program, stack depths among it. Exit code 1 where the kernel refuses it; then the end of the
 * verifier's log is on stderr.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bpf_inner.h"
#include "cpu_list.h"

static int stats;

static int say(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN || (stats && level == LIBBPF_DEBUG && strstr(format, "PROG LOAD LOG"))
		       ? vfprintf(stderr, format, args)
		       : 0;
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static __u32 verified(const struct bpf_program *p)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len) ? 0 : info.verified_insns;
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	struct cpu_list spread = { 0 };
	struct bpf_object *object;
	struct bpf_program *p;
	double begun;
	int err, i;

	for (i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "spread"))
			spread.n = 1;
		else if (!strcmp(argv[i], "stats"))
			stats = 1;
		else
			break;
	}
	if (argc < 2 || i < argc) {
		fprintf(stderr, "usage: verify OBJECT [spread] [stats]\n");
		return 2;
	}
	libbpf_set_print(say);
	opts.kernel_log_level = stats ? 4 : 0; /* BPF_LOG_STATS */
	object = bpf_object__open_file(argv[1], &opts);
	err = libbpf_get_error(object) ? -errno : bpf_version_prepare(object, &spread);
	begun = now_ms();
	if (!err)
		err = bpf_object__load(object);
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-err));
		return 1;
	}
	begun = now_ms() - begun;
	bpf_object__for_each_program(p, object)
	{
		if (bpf_program__fd(p) >= 0)
			printf("%s %u\n", bpf_program__name(p), verified(p));
	}
	printf("load %.0f\n", begun);
	bpf_object__close(object);
	return 0;
}
