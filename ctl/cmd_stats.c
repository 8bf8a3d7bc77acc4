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
#include "sums.h"

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

struct cmd_stats_name {
	const char *name;
	const char *help;
};

static const struct cmd_stats_name cmd_stats_verdicts[VERDICT_MAX] = {
#define X(name, help) { #name, help },
	VERDICT_LIST(X)
#undef X
};

static const struct cmd_stats_name cmd_stats_reasons[REASON_MAX] = {
#define X(name, code, help) { #name, help },
	REASON_LIST(X)
#undef X
};

/* All counters at one time. */
struct cmd_stats_look {
	__u64 at_ns;
	struct ds_counters listener[DS_LISTENERS_MAX + 1];
	struct ds_counters total;
	struct ds_dest_stats dests;
	struct bpf_prog_stats prog[BPF_PROGS];
};

static int cmd_stats_read(const struct publish *p, struct cmd_stats_look *k)
{
	struct ds_dest_stats one;
	__u32 i;
	int err;

	memset(k, 0, sizeof(*k));
	k->at_ns = output_clock(CLOCK_MONOTONIC);
	for (i = 0; i <= DS_LISTENERS_MAX; i++) {
		if (i >= p->rec.n_listeners && i < DS_LISTENERS_MAX)
			continue;
		err = sums_listener(&p->bpf, i, &k->listener[i]);
		if (err)
			return err;
		sums_add_counters(&k->total, &k->listener[i]);
	}
	for (i = 1; i < p->bpf.entries[BPF_MAP_dests]; i++) {
		if (!(p->bpf.dests[i].flags & DS_DEST_USED))
			continue;
		err = sums_dest(&p->bpf, i, &one);
		if (err)
			return err;
		sums_add_dest(&k->dests, &one);
	}
	return bpf_stats_read(&p->bpf, k->prog);
}

/* One line; the rate only where there was a look before. */
static void cmd_stats_line(const struct cmd_stats_name *n, __u64 now, __u64 was, double seconds)
{
	if (seconds > 0)
		printf("  %-18s %12llu %10.0f/s  %s\n", n->name, now, (now - was) / seconds, n->help);
	else
		printf("  %-18s %12llu  %s\n", n->name, now, n->help);
}

static void cmd_stats_print_messages(const struct ds_dest_stats *now, const struct ds_dest_stats *was, double seconds)
{
	struct cmd_stats_name n = { .help = "" };
	char class[4];
	unsigned int i;

	printf("requests to destinations\n");
	for (i = 1; i < SIP_METHOD_MAX; i++) {
		n.name = sums_method_name(i);
		if (now->requests[i])
			cmd_stats_line(&n, now->requests[i], was->requests[i], seconds);
	}
	printf("responses of destinations\n");
	for (i = 1; i <= 6; i++) {
		snprintf(class, sizeof(class), "%uxx", i);
		n.name = class;
		if (now->responses[i])
			cmd_stats_line(&n, now->responses[i], was->responses[i], seconds);
	}
}

/* was: an earlier look, or an empty one. */
static void cmd_stats_print(const struct cmd_stats_look *now, const struct cmd_stats_look *was, bool all)
{
	double seconds = was->at_ns ? (now->at_ns - was->at_ns) / 1e9 : 0;
	size_t i;

	printf("verdicts\n");
	for (i = 0; i < VERDICT_MAX; i++)
		cmd_stats_line(&cmd_stats_verdicts[i], now->total.verdict[i], was->total.verdict[i], seconds);
	printf("reasons\n");
	for (i = 0; i < REASON_MAX; i++)
		if (all || now->total.reason[i])
			cmd_stats_line(&cmd_stats_reasons[i], now->total.reason[i], was->total.reason[i], seconds);
	cmd_stats_print_messages(&now->dests, &was->dests, seconds);
	for (i = 0; i < BPF_PROGS; i++)
		if (now->prog[i].run_cnt)
			printf("%s: %llu runs, %.0f ns each, since it was loaded and while statistics were on\n",
			       now->prog[i].name, now->prog[i].run_cnt,
			       (double)now->prog[i].run_time_ns / now->prog[i].run_cnt);
}

static json_t *cmd_stats_json_counters(const struct ds_counters *c, bool all)
{
	json_t *verdicts = json_object(), *reasons = json_object();
	size_t i;

	for (i = 0; i < VERDICT_MAX; i++)
		json_object_set_new(verdicts, cmd_stats_verdicts[i].name, json_integer(c->verdict[i]));
	for (i = 0; i < REASON_MAX; i++)
		if (all || c->reason[i])
			json_object_set_new(reasons, cmd_stats_reasons[i].name, json_integer(c->reason[i]));
	return json_pack("{s:o, s:o}", "verdicts", verdicts, "reasons", reasons);
}

static json_t *cmd_stats_json_messages(const struct ds_dest_stats *d)
{
	json_t *requests = json_object(), *responses = json_object();
	char class[4];
	unsigned int i;

	for (i = 1; i < SIP_METHOD_MAX; i++)
		json_object_set_new(requests, sums_method_name(i), json_integer(d->requests[i]));
	for (i = 1; i <= 6; i++) {
		snprintf(class, sizeof(class), "%uxx", i);
		json_object_set_new(responses, class, json_integer(d->responses[i]));
	}
	return json_pack("{s:o, s:o}", "requests", requests, "responses", responses);
}

static json_t *cmd_stats_json(const struct publish *p, const struct cmd_stats_look *k, bool all)
{
	json_t *root = cmd_stats_json_counters(&k->total, all), *listeners = json_array(), *programs = json_object(),
	       *one;
	char at[URI_ENDPOINT_SIZE];
	size_t i;

	for (i = 0; i < p->rec.n_listeners; i++) {
		one = cmd_stats_json_counters(&k->listener[i], all);
		json_object_set_new(one, "listen", json_string(uri_endpoint_text(&p->rec.listener[i].at, at)));
		json_array_append_new(listeners, one);
	}
	for (i = 0; i < BPF_PROGS; i++)
		if (*k->prog[i].name)
			json_object_set_new(programs, k->prog[i].name,
					    json_pack("{s:I, s:I}", "run_time_ns", (json_int_t)k->prog[i].run_time_ns,
						      "run_cnt", (json_int_t)k->prog[i].run_cnt));
	json_object_set_new(root, "instance", json_string(p->inst.name));
	json_object_set_new(root, "messages", cmd_stats_json_messages(&k->dests));
	json_object_set_new(root, "listeners", listeners);
	json_object_set_new(root, "no_listener", cmd_stats_json_counters(&k->listener[DS_LISTENERS_MAX], all));
	json_object_set_new(root, "programs", programs);
	return root;
}

static int cmd_stats_show(const struct publish *p, const struct options *o, const struct cmd_stats_look *now,
			  const struct cmd_stats_look *was)
{
	if (o->json)
		return output_json(cmd_stats_json(p, now, o->all));
	cmd_stats_print(now, was, o->all);
	return 0;
}

static int cmd_stats_watch(const struct publish *p, const struct options *o)
{
	static struct cmd_stats_look look[2];
	unsigned int i = 0;
	int err;

	for (;; i++) {
		err = cmd_stats_read(p, &look[i & 1]);
		if (!err && !o->json && isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		if (!err)
			err = cmd_stats_show(p, o, &look[i & 1], &look[~i & 1]);
		if (err)
			return err;
		if (fflush(stdout))
			return -errno;
		sleep(o->interval_s);
	}
}

/* The entry program's time holds that of the programs it goes on to. */
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
	runs = now[0].run_cnt - was[0].run_cnt;
	ns = now[0].run_time_ns - was[0].run_time_ns;
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
	static struct cmd_stats_look now, none;
	struct publish p;
	struct options o;
	int err, code = options_common(argc, argv, cmd_stats_help, "awir", &o);

	if (code)
		return -1 - code;
	publish_init(&p);
	code = publish_open(&p, &o, false);
	if (!code) {
		if (o.run_time_s) {
			err = cmd_stats_run_time(&p, &o);
		} else if (o.watch) {
			err = cmd_stats_watch(&p, &o);
		} else {
			err = cmd_stats_read(&p, &now);
			if (!err)
				err = cmd_stats_show(&p, &o, &now, &none);
		}
		if (err)
			output_error("cannot read or show the counters: %s", strerror(-err));
		code = err ? EXIT_FAILED : EXIT_OK;
	}
	publish_end(&p);
	return output_end(code);
}
