// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_stats.c - shows the counters, once or again and again, and how long the program runs.
 */
#include "cmd.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exit.h"
#include "options.h"
#include "output.h"
#include "publish.h"
#include "show.h"

static const char cmd_stats_help[] =
	"Usage: dispatchctl stats [OPTION...]\n"
	"Show counters, summed over CPUs: verdicts, reasons, methods, classes of responses.\n"
	"\n"
	"      --all            also reasons that never were\n"
	"      --watch          again every second, with rates; ends on a signal\n"
	"      --interval S     seconds between two looks of --watch (default 1)\n"
	"      --run-time S     have the kernel measure the program's run time for S seconds (it costs\n"
	"                       every BPF program of the host some 20 ns a run) and show the average\n"
	"      --instance NAME  default `default`\n"
	"      --bpffs DIR      default /sys/fs/bpf\n"
	"      --json           as JSON on standard output, one line a look\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit code: 0 done, 1 failed at run time, 2 wrong usage, 4 not attached.\n";

static int cmd_stats_show(const struct show_input *in, const struct options *o, const struct show_stats *now,
			  const struct show_stats *was)
{
	if (o->json)
		return output_json(show_stats_json(in, now, o->all));
	show_stats_print(now, was, o->all);
	return 0;
}

static int cmd_stats_watch(const struct show_input *in, const struct options *o)
{
	static struct show_stats look[2];
	unsigned int i = 0;
	int err;

	for (;; i++) {
		err = show_stats_read(in, &look[i & 1]);
		if (!err && !o->json && isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		if (!err)
			err = cmd_stats_show(in, o, &look[i & 1], &look[~i & 1]);
		if (err)
			return err;
		if (fflush(stdout))
			return -errno;
		sleep(o->interval_s);
	}
}

/*
 * The time of a program holds that of the programs it goes on to on the same CPU. Packets that are spread have been
 * through another program before.
 */
static int cmd_stats_run_time(const struct publish *p, const struct options *o)
{
	struct bpf_prog_stats was[BPF_PROGS], now[BPF_PROGS];
	int err, fd = bpf_stats_enable();
	__u64 runs, ns;

	if (fd < 0)
		return fd;
	err = bpf_stats_read(&p->bpf, was);
	if (!err) {
		sleep(o->run_time_s);
		err = bpf_stats_read(&p->bpf, now);
	}
	close(fd);
	if (err)
		return err;
	runs = now[1 + DS_CHAIN_dispatch].run_cnt - was[1 + DS_CHAIN_dispatch].run_cnt;
	ns = now[1 + DS_CHAIN_dispatch].run_time_ns - was[1 + DS_CHAIN_dispatch].run_time_ns;
	ns += now[0].run_time_ns - was[0].run_time_ns;
	if (o->json)
		return output_json(json_pack("{s:s, s:i, s:I, s:I, s:o}", "instance", p->inst.name, "seconds",
					     (int)o->run_time_s, "packets", (json_int_t)runs, "run_time_ns",
					     (json_int_t)ns, "ns_per_packet",
					     runs ? json_real((double)ns / runs) : json_null()));
	if (runs)
		printf("%llu packets in %u s, %.0f ns each\n", runs, o->run_time_s, (double)ns / runs);
	else
		printf("no packet in %u s\n", o->run_time_s);
	return 0;
}

int cmd_stats(int argc, char **argv)
{
	static struct show_stats now, none;
	struct publish p;
	struct slow_stats slow = { .listener = NULL };
	struct show_input in = { .bpf = &p.bpf, .rec = &p.rec, .slow = &slow };
	struct options o;
	int err, code = options_common(argc, argv, cmd_stats_help, "awir", &o);

	if (code)
		return -1 - code;
	publish_init(&p);
	code = publish_open(&p, &o, false);
	if (!code) {
		in.instance = p.inst.name;
		slow_stats_peek(&slow, &p.inst, p.bpf.entries[BPF_MAP_dests]);
		if (o.run_time_s) {
			err = cmd_stats_run_time(&p, &o);
		} else if (o.watch) {
			err = cmd_stats_watch(&in, &o);
		} else {
			err = show_stats_read(&in, &now);
			if (!err)
				err = cmd_stats_show(&in, &o, &now, &none);
		}
		if (err)
			output_error("cannot read or show the counters: %s", strerror(-err));
		code = err ? EXIT_FAILED : EXIT_OK;
	}
	slow_stats_close(&slow);
	publish_end(&p);
	return output_end(code);
}
