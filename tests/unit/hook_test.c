// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hook_test.c - commands on events, with real shells: what they find, how many at a time, how they end.
 */
#include "test.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hook.h"

/* Nothing here takes that long; a machine under load may. */
#define WAIT_S 60

struct fixture {
	char dir[64];
	struct event_base *base;
	struct hooks *hooks;
	struct conf_events conf;
	struct history_event event;
	int log; /* standard error while commands are started and looked after */
	int saved;
};

static char *path_of(const struct fixture *f, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return path;
}

/* Commands find the directory in $T. */
static struct fixture *begin(unsigned int jobs_max)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/hook_test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	setenv("T", f->dir, 1);
	f->base = event_base_new();
	assert_non_null(f->base);
	f->log = open(path_of(f, "log"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	f->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	assert_int_equal(hooks_new(f->base, &f->hooks), 0);
	f->conf.jobs_max = jobs_max;
	f->conf.timeout_ms = WAIT_S * 1000;
	f->event = (struct history_event){ .kind = HISTORY_HEALTH, .was = DS_HEALTH_UP, .now = DS_HEALTH_DOWN };
	return f;
}

static void end(struct fixture *f)
{
	hooks_free(f->hooks);
	event_base_free(f->base);
	close(f->saved);
	close(f->log);
	check_int("children left", waitpid(-1, NULL, WNOHANG), -1);
	check_int("children left, errno", errno, ECHILD);
	unlink(path_of(f, "log"));
	unlink(path_of(f, "out"));
	unlink(path_of(f, "go"));
	check_int("files left", rmdir(f->dir), 0);
	free(f);
}

static void run(struct fixture *f, const char *command)
{
	snprintf(f->conf.on_down, sizeof(f->conf.on_down), "%s", command);
	dup2(f->log, STDERR_FILENO);
	hooks_run(f->hooks, &f->conf, false, &f->event);
	dup2(f->saved, STDERR_FILENO);
}

static struct hooks_totals totals(const struct fixture *f)
{
	struct hooks_totals t;

	hooks_totals(f->hooks, &t);
	return t;
}

/* Runs the loop until done(f) or for WAIT_S seconds. */
static void loop_until(struct fixture *f, bool (*done)(const struct fixture *f))
{
	const struct timeval tick = { .tv_usec = 10000 };
	time_t end = time(NULL) + WAIT_S;

	dup2(f->log, STDERR_FILENO);
	while (!done(f) && time(NULL) < end) {
		event_base_loopexit(f->base, &tick);
		event_base_dispatch(f->base);
	}
	dup2(f->saved, STDERR_FILENO);
	check_true("done in time", done(f));
}

static bool is_idle(const struct fixture *f)
{
	struct hooks_totals t = totals(f);

	return !t.running && !t.waiting;
}

static bool has_output(const struct fixture *f)
{
	struct stat st;

	return !stat(path_of(f, "out"), &st) && st.st_size;
}

/* What the commands wrote to $T/out. */
static const char *output(const struct fixture *f)
{
	static char text[1 << 16];
	unsigned char *file;
	size_t len;

	file = test_read_file(path_of(f, "out"), &len);
	snprintf(text, sizeof(text), "%s", file ? (const char *)file : "");
	free(file);
	return text;
}

/* A process that is gone, or is only waited for by whoever inherited it. */
static bool is_gone(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	if (file)
		fclose(file);
	return state == 'Z' || state == 'X';
}

/* Numbers of processes in $T/out, all of which shall be gone. */
static void check_gone(const struct fixture *f, int want)
{
	time_t end = time(NULL) + WAIT_S;
	const char *p = output(f);
	char *next;
	long pid;
	int n = 0;

	for (; (pid = strtol(p, &next, 10)) > 0; p = next, n++) {
		while (!is_gone((pid_t)pid) && time(NULL) < end)
			nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		check_true("the process is gone", is_gone((pid_t)pid));
	}
	check_int("processes", n, want);
}

static void in_order(void **state)
{
	struct fixture *f = begin(1);
	struct hooks_totals t;
	int i;

	(void)state;
	for (i = 0; i < 9; i++) {
		f->event.set = i;
		run(f, "printf $SIPXDP_SET >>$T/out");
	}
	t = totals(f);
	check_int("running", t.running, 1);
	check_int("waiting", t.waiting, 8);
	loop_until(f, is_idle);
	check_str("order", output(f), "012345678");
	t = totals(f);
	check_int("started", t.started, 9);
	check_int("failed", t.failed, 0);
	check_int("killed", t.killed, 0);
	check_int("lost", t.lost, 0);
	end(f);
}

static void environment(void **state)
{
	struct fixture *f = begin(1);

	(void)state;
	setenv("NOTIFY_SOCKET", "/run/notify", 1);
	setenv("SIPXDP_URI", "sip:ours", 1);
	setenv("SIPXDP_OTHER", "passes", 1);
	f->event.set = 7;
	f->event.id = 0x12ab;
	f->event.was = DS_HEALTH_TRYING;
	f->event.cause = HEALTH_PING_CODE;
	f->event.detail = 503;
	f->event.time_ns = 1700000000999999999ull;
	snprintf(f->event.uri, sizeof(f->event.uri), "sip:a;$(touch $T/go)`id`'\"\n\x80");
	run(f, "env | grep -E '^(SIPXDP_|NOTIFY)' | sort >$T/out");
	loop_until(f, is_idle);
	check_str("environment", output(f),
		  "SIPXDP_CAUSE=ping-code\n"
		  "SIPXDP_EVENT=down\n"
		  "SIPXDP_ID=00000000000012ab\n"
		  "SIPXDP_NEW=down\n"
		  "SIPXDP_OLD=trying\n"
		  "SIPXDP_OTHER=passes\n"
		  "SIPXDP_REASON=answered the ping with 503\n"
		  "SIPXDP_SET=7\n"
		  "SIPXDP_TIME=1700000000\n"
		  "SIPXDP_URI=sip:a;$(touch $T/go)`id`'\"\\x0a\\x80\n");
	check_int("text of the event was run", access(path_of(f, "go"), F_OK), -1);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("SIPXDP_URI");
	unsetenv("SIPXDP_OTHER");
	end(f);
}

static void up_and_down(void **state)
{
	struct fixture *f = begin(1);

	(void)state;
	hooks_run(f->hooks, &f->conf, false, &f->event);
	hooks_run(f->hooks, &f->conf, true, &f->event);
	check_int("no command, none waits", totals(f).waiting, 0);
	check_int("no command, none runs", totals(f).started, 0);
	snprintf(f->conf.on_up, sizeof(f->conf.on_up), "printf $SIPXDP_EVENT, >>$T/out");
	hooks_run(f->hooks, &f->conf, true, &f->event);
	hooks_run(f->hooks, &f->conf, false, &f->event);
	run(f, "printf $SIPXDP_EVENT >>$T/out");
	loop_until(f, is_idle);
	check_str("each its own", output(f), "up,down");
	end(f);
}

/* Descriptors, signals, session and streams of a command. */
static void surroundings(void **state)
{
	struct fixture *f = begin(1);
	void (*pipe_was)(int) = signal(SIGPIPE, SIG_IGN);
	sigset_t usr1, was;

	(void)state;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &was);
	assert_int_equal(dup2(f->log, 77), 77);
	run(f,
	    "P=/proc/$$\n"
	    "for n in 3 4 5 6 7 8 9 77; do [ -e $P/fd/$n ] && echo \"descriptor $n\" >>$T/out; done\n"
	    /* by the shell alone: while it starts another program it blocks all signals */
	    "while read k v; do case $k in SigBlk: | SigIgn:) k=${k%:}; echo \"${k#Sig} ${v#${v%????}}\" >>$T/out ;; esac; "
	    "done <$P/status\n"
	    "readlink $P/fd/0 >>$T/out\n"
	    "[ $P/fd/1 -ef $T/log ] && [ $P/fd/2 -ef $T/log ] && echo log >>$T/out\n"
	    "read a b c d group session rest <$P/stat; [ $group = $$ ] && [ $session = $$ ] && echo own >>$T/out\n"
	    "echo said; echo said >&2");
	loop_until(f, is_idle);
	sigprocmask(SIG_SETMASK, &was, NULL);
	signal(SIGPIPE, pipe_was);
	close(77);
	check_str("surroundings", output(f), "Blk 0000\nIgn 0000\n/dev/null\nlog\nown\n");
	end(f);
}

static void so_many_at_a_time(void **state)
{
	struct fixture *f = begin(3);
	int i, now = 0, most = 0;
	const char *p;

	(void)state;
	for (i = 0; i < 10; i++)
		run(f, "printf b >>$T/out; sleep 0.1; printf e >>$T/out");
	check_int("running", totals(f).running, 3);
	check_int("waiting", totals(f).waiting, 7);
	loop_until(f, is_idle);
	for (p = output(f); *p; p++) {
		now += *p == 'b' ? 1 : -1;
		most = now > most ? now : most;
	}
	check_int("begun and ended", p - output(f), 20);
	check_int("at one time", most, 3);
	end(f);
}

/* More jobs by a new configuration: those that wait begin with the next event. */
static void more_at_a_time(void **state)
{
	struct fixture *f = begin(1);
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		run(f, "sleep 0.1");
	f->conf.jobs_max = 4;
	run(f, "sleep 0.1");
	check_int("running", totals(f).running, 4);
	loop_until(f, is_idle);
	end(f);
}

static void too_many_wait(void **state)
{
	const unsigned int over = 5;
	struct fixture *f = begin(1);
	struct hooks_totals t;
	unsigned int i;
	const char *out;

	(void)state;
	/* the first runs until all are there */
	for (i = 0; i < 1 + HOOK_QUEUE_MAX + over; i++) {
		f->event.set = (int)i;
		run(f, "while ! [ -e $T/go ]; do sleep 0.05; done; echo $SIPXDP_SET >>$T/out");
	}
	t = totals(f);
	check_int("waiting", t.waiting, HOOK_QUEUE_MAX);
	check_int("lost", t.lost, over);
	close(open(path_of(f, "go"), O_CREAT | O_CLOEXEC, 0600));
	loop_until(f, is_idle);
	check_int("started", totals(f).started, 1 + HOOK_QUEUE_MAX);
	out = output(f);
	check_true("the oldest that waited were given up", !strncmp(out, "0\n6\n7\n8\n", 8));
	check_true("the newest was not", strstr(out, "\n261\n"));
	end(f);
}

static void ends_badly(void **state)
{
	struct fixture *f = begin(4);
	unsigned char *log;
	size_t len;

	(void)state;
	snprintf(f->event.uri, sizeof(f->event.uri), "sip:x");
	run(f, "exit 3");
	run(f, "kill -KILL $$");
	run(f, "/nonexistent/command");
	run(f, "true");
	loop_until(f, is_idle);
	check_int("failed", totals(f).failed, 3);
	check_int("killed", totals(f).killed, 0);
	log = test_read_file(path_of(f, "log"), &len);
	check_true("exit status", strstr((const char *)log, "on-down command for sip:x ended with exit status 3"));
	check_true("signal", strstr((const char *)log, "ended with signal 9"));
	free(log);
	end(f);
}

static void takes_too_long(void **state)
{
	struct fixture *f = begin(2);

	(void)state;
	f->conf.timeout_ms = 100;
	run(f, "echo $$ >$T/out; exec sleep 1000");
	loop_until(f, is_idle);
	check_gone(f, 1);
	check_int("killed", totals(f).killed, 1);
	check_int("failed", totals(f).failed, 0);
	end(f);
}

/* A group of which nobody heeds SIGTERM. */
static void heeds_nothing(void **state)
{
	struct fixture *f = begin(2);

	(void)state;
	f->conf.timeout_ms = 1500;
	run(f, "trap '' TERM; sleep 1000 & echo $$ $! >$T/out; sleep 1000; sleep 1000");
	loop_until(f, is_idle);
	check_gone(f, 2);
	check_int("killed", totals(f).killed, 1);
	end(f);
}

/* The shell heeds SIGTERM, what it started does not. */
static void heeds_in_part(void **state)
{
	struct fixture *f = begin(2);

	(void)state;
	f->conf.timeout_ms = 1500;
	run(f, "sh -c \"trap '' TERM; sleep 1000; sleep 1000\" & echo $$ $! >$T/out; wait");
	loop_until(f, is_idle);
	check_gone(f, 2);
	check_int("killed", totals(f).killed, 1);
	end(f);
}

static void leaves_something(void **state)
{
	struct fixture *f = begin(2);

	(void)state;
	run(f, "sleep 1000 & echo $! >$T/out");
	loop_until(f, is_idle);
	check_gone(f, 1);
	check_int("killed", totals(f).killed, 0);
	check_int("failed", totals(f).failed, 0);
	end(f);
}

static void freed_while_running(void **state)
{
	struct fixture *f = begin(1);

	(void)state;
	run(f, "sleep 1000 & echo $$ $! >$T/out; wait");
	run(f, "echo 1 >>$T/out");
	loop_until(f, has_output);
	hooks_free(f->hooks);
	f->hooks = NULL;
	check_gone(f, 2);
	end(f);
}

/* Children of others stay theirs, and one that somebody else waited for is no trouble. */
static void other_children(void **state)
{
	struct fixture *f = begin(1);
	pid_t pid = fork(), taken;
	int status;

	(void)state;
	if (!pid)
		_exit(7);
	run(f, "true");
	loop_until(f, is_idle);
	check_int("waited for", waitpid(pid, &status, 0), pid);
	check_int("status", WEXITSTATUS(status), 7);
	run(f, "echo $$ >$T/out");
	while (!has_output(f))
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	taken = (pid_t)strtol(output(f), NULL, 10);
	check_int("taken", waitpid(taken, &status, 0), taken);
	run(f, "true");
	loop_until(f, is_idle);
	check_int("failed", totals(f).failed, 0);
	end(f);
}

static void nothing_to_free(void **state)
{
	(void)state;
	hooks_free(NULL);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "in order", in_order, NULL);
	test_add(&tests, "environment", environment, NULL);
	test_add(&tests, "up and down", up_and_down, NULL);
	test_add(&tests, "surroundings", surroundings, NULL);
	test_add(&tests, "so many at a time", so_many_at_a_time, NULL);
	test_add(&tests, "more at a time", more_at_a_time, NULL);
	test_add(&tests, "too many wait", too_many_wait, NULL);
	test_add(&tests, "ends badly", ends_badly, NULL);
	test_add(&tests, "takes too long", takes_too_long, NULL);
	test_add(&tests, "heeds nothing", heeds_nothing, NULL);
	test_add(&tests, "heeds in part", heeds_in_part, NULL);
	test_add(&tests, "leaves something", leaves_something, NULL);
	test_add(&tests, "freed while running", freed_while_running, NULL);
	test_add(&tests, "other children", other_children, NULL);
	test_add(&tests, "nothing to free", nothing_to_free, NULL);
	return test_run(&tests, "hook");
}
