// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hook.c - starts commands by posix_spawn(3), which copies no page tables and so does not hold up the loop, and waits
 * for them by SIGCHLD. What an event holds reaches a command by its environment alone, never as a part of its text.
 */
#include "hook.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <paths.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#include "diag.h"
#include "journal.h"

#define HOOK_SECOND_NS 1000000000ull
#define HOOK_VARS 9
#define HOOK_VALUE_MAX (DS_URI_MAX + 32)

struct hook_job {
	TAILQ_ENTRY(hook_job) link;
	struct hooks *hooks;
	struct event *timer;
	pid_t pid; /* of its group too */
	bool up;
	bool late; /* SIGTERM was sent */
	unsigned int timeout_ms;
	struct history_event event;
	char command[];
};

TAILQ_HEAD(hook_list, hook_job);

struct hooks {
	struct event_base *base;
	struct event *child;
	unsigned int jobs_max;
	struct hook_list running;
	struct hook_list waiting;
	struct hooks_totals totals;
};

struct hook_env {
	char *own[HOOK_VARS]; /* "NAME=value" */
	size_t n;
	char **all; /* those and what we have ourselves */
};

static const char *hook_name(const struct hook_job *job)
{
	return job->up ? "on-up" : "on-down";
}

static void hook_env_free(struct hook_env *e)
{
	while (e->n)
		free(e->own[--e->n]);
	free(e->all);
}

static int __attribute__((format(printf, 2, 3))) hook_env_add(struct hook_env *e, const char *fmt, ...)
{
	char raw[HOOK_VALUE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	e->own[e->n] = diag_printable(raw);
	return e->own[e->n++] ? 0 : -ENOMEM;
}

/* Of what we have ourselves: what is not set anew, nor is between us and the service manager. */
static bool hook_env_passes(const struct hook_env *e, const char *var)
{
	size_t i, len = strcspn(var, "=") + 1;

	for (i = 0; i < e->n; i++)
		if (!strncmp(var, e->own[i], len))
			return false;
	return strncmp(var, "NOTIFY_SOCKET=", len) != 0;
}

static int hook_env_merge(struct hook_env *e)
{
	size_t i, n = 0;

	while (environ[n])
		n++;
	e->all = calloc(n + e->n + 1, sizeof(*e->all));
	if (!e->all)
		return -ENOMEM;
	memcpy(e->all, e->own, e->n * sizeof(*e->own));
	n = e->n;
	for (i = 0; environ[i]; i++)
		if (hook_env_passes(e, environ[i]))
			e->all[n++] = environ[i];
	return 0;
}

static int hook_env_make(struct hook_env *e, const struct hook_job *job)
{
	const struct history_event *event = &job->event;
	char reason[160];

	health_cause_text(event->cause, event->detail, reason, sizeof(reason));
	if (hook_env_add(e, "SIPXDP_EVENT=%s", job->up ? "up" : "down") ||
	    hook_env_add(e, "SIPXDP_SET=%d", event->set) || hook_env_add(e, "SIPXDP_URI=%s", event->uri) ||
	    hook_env_add(e, "SIPXDP_ID=%016" PRIx64, event->id) ||
	    hook_env_add(e, "SIPXDP_OLD=%s", health_name(event->was)) ||
	    hook_env_add(e, "SIPXDP_NEW=%s", health_name(event->now)) || hook_env_add(e, "SIPXDP_REASON=%s", reason) ||
	    hook_env_add(e, "SIPXDP_CAUSE=%s", health_cause_name(event->cause)) ||
	    hook_env_add(e, "SIPXDP_TIME=%" PRIu64, (uint64_t)(event->time_ns / HOOK_SECOND_NS)))
		return -ENOMEM;
	return hook_env_merge(e);
}

static int hook_spawn_files(posix_spawn_file_actions_t *files)
{
	int err = posix_spawn_file_actions_addopen(files, STDIN_FILENO, _PATH_DEVNULL, O_RDONLY, 0);

	if (!err)
		err = posix_spawn_file_actions_adddup2(files, STDERR_FILENO, STDOUT_FILENO);
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
	return err;
}

/* A session, and so a group, of its own; no signal blocked or ignored, as ours may be. */
static int hook_spawn_attributes(posix_spawnattr_t *attr)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &none);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int hook_spawn(struct hook_job *job)
{
	char shell[] = "sh", option[] = "-c", *argv[] = { shell, option, job->command, NULL };
	struct hook_env env = { .n = 0 };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int err;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	err = -hook_env_make(&env, job);
	if (!err)
		err = hook_spawn_files(&files);
	if (!err)
		err = hook_spawn_attributes(&attr);
	if (!err)
		err = posix_spawn(&job->pid, _PATH_BSHELL, &files, &attr, argv, env.all);
	hook_env_free(&env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

static int hook_arm(struct hook_job *job, unsigned int ms)
{
	struct timeval after = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	return event_add(job->timer, &after) ? -ENOMEM : 0;
}

static void hook_on_time(evutil_socket_t fd, short what, void *ctx)
{
	struct hook_job *job = ctx;

	(void)fd;
	(void)what;
	if (job->late) {
		kill(-job->pid, SIGKILL);
		return;
	}
	job->late = true;
	job->hooks->totals.killed++;
	journal(LOG_WARNING,
		"%s command for %s took more than %u ms and is killed; remedy: a larger timeout, or setsid",
		hook_name(job), job->event.uri, job->timeout_ms);
	kill(-job->pid, SIGTERM);
	hook_arm(job, HOOK_KILL_MS);
}

static void hook_job_free(struct hook_job *job)
{
	if (job->timer)
		event_free(job->timer);
	free(job);
}

static struct hook_job *hook_job_new(struct hooks *h, const char *command)
{
	struct hook_job *job = calloc(1, sizeof(*job) + strlen(command) + 1);

	if (!job)
		return NULL;
	strcpy(job->command, command);
	job->hooks = h;
	job->timer = evtimer_new(h->base, hook_on_time, job);
	if (job->timer)
		return job;
	free(job);
	return NULL;
}

static void hook_start(struct hooks *h, struct hook_job *job)
{
	int err;

	TAILQ_REMOVE(&h->waiting, job, link);
	h->totals.waiting--;
	/* the clock first: nothing runs without one */
	err = hook_arm(job, job->timeout_ms);
	if (!err)
		err = hook_spawn(job);
	if (err) {
		h->totals.lost++;
		journal(LOG_ERR, "%s command for %s cannot be started: %s", hook_name(job), job->event.uri,
			strerror(-err));
		hook_job_free(job);
		return;
	}
	TAILQ_INSERT_TAIL(&h->running, job, link);
	h->totals.started++;
	h->totals.running++;
}

static void hook_start_waiting(struct hooks *h)
{
	while (h->totals.running < h->jobs_max && !TAILQ_EMPTY(&h->waiting))
		hook_start(h, TAILQ_FIRST(&h->waiting));
}

static void hook_give_up(struct hooks *h, struct hook_job *job)
{
	TAILQ_REMOVE(&h->waiting, job, link);
	h->totals.waiting--;
	h->totals.lost++;
	journal(LOG_WARNING,
		"%s command for %s is given up: %d newer ones wait; remedy: more jobs, or a faster command",
		hook_name(job), job->event.uri, HOOK_QUEUE_MAX);
	hook_job_free(job);
}

static void hook_ended(struct hook_job *job, int status)
{
	struct hooks *h = job->hooks;

	TAILQ_REMOVE(&h->running, job, link);
	h->totals.running--;
	if (status && !job->late) {
		h->totals.failed++;
		journal(LOG_WARNING, "%s command for %s ended with %s %d", hook_name(job), job->event.uri,
			WIFSIGNALED(status) ? "signal" : "exit status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	hook_job_free(job);
}

/*
 * While the first of a group is not waited for its number cannot be another's: the time to end what it left behind. An
 * error of waitid(2) means that somebody else waited for it.
 */
static void hook_look_after(struct hook_job *job)
{
	siginfo_t info = { .si_pid = 0 };
	int status = 0;

	if (!waitid(P_PID, (id_t)job->pid, &info, WEXITED | WNOHANG | WNOWAIT)) {
		if (!info.si_pid)
			return;
		kill(-job->pid, SIGKILL);
		waitpid(job->pid, &status, 0);
	}
	hook_ended(job, status);
}

static void hook_on_child(evutil_socket_t sig, short what, void *ctx)
{
	struct hook_job *job, *next;
	struct hooks *h = ctx;

	(void)sig;
	(void)what;
	for (job = TAILQ_FIRST(&h->running); job; job = next) {
		next = TAILQ_NEXT(job, link);
		hook_look_after(job);
	}
	hook_start_waiting(h);
}

int hooks_new(struct event_base *base, struct hooks **hooks)
{
	struct hooks *h = calloc(1, sizeof(*h));

	*hooks = NULL;
	if (!h)
		return -ENOMEM;
	h->base = base;
	TAILQ_INIT(&h->running);
	TAILQ_INIT(&h->waiting);
	h->child = evsignal_new(base, SIGCHLD, hook_on_child, h);
	if (!h->child || event_add(h->child, NULL)) {
		hooks_free(h);
		return -ENOMEM;
	}
	*hooks = h;
	return 0;
}

void hooks_free(struct hooks *h)
{
	struct hook_job *job;

	if (!h)
		return;
	while ((job = TAILQ_FIRST(&h->waiting))) {
		TAILQ_REMOVE(&h->waiting, job, link);
		hook_job_free(job);
	}
	while ((job = TAILQ_FIRST(&h->running))) {
		TAILQ_REMOVE(&h->running, job, link);
		kill(-job->pid, SIGKILL);
		waitpid(job->pid, NULL, 0);
		hook_job_free(job);
	}
	if (h->child)
		event_free(h->child);
	free(h);
}

void hooks_run(struct hooks *h, const struct conf_events *conf, bool up, const struct history_event *e)
{
	const char *command = up ? conf->on_up : conf->on_down;
	struct hook_job *job;

	h->jobs_max = conf->jobs_max;
	if (!*command)
		return;
	job = hook_job_new(h, command);
	if (!job) {
		h->totals.lost++;
		journal(LOG_ERR, "out of memory: no command is run for %s", e->uri);
		return;
	}
	job->up = up;
	job->timeout_ms = conf->timeout_ms;
	job->event = *e;
	TAILQ_INSERT_TAIL(&h->waiting, job, link);
	h->totals.waiting++;
	hook_start_waiting(h);
	if (h->totals.waiting > HOOK_QUEUE_MAX)
		hook_give_up(h, TAILQ_FIRST(&h->waiting));
}

void hooks_totals(const struct hooks *h, struct hooks_totals *t)
{
	*t = h->totals;
}
