/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook.h - runs the operators' commands on events: never blocking, bounded in number and time.
 *
 * The command runs by /bin/sh -c in a process group of its own, without our descriptors, with SIPXDP_EVENT (down, up),
 * SIPXDP_SET, _URI, _ID, _OLD, _NEW, _REASON, _TIME (seconds since 1970) in its environment. Beyond jobs_max the
 * newest waits, beyond HOOK_QUEUE_MAX waiting the oldest is given up and counted. After timeout_ms its group is killed.
 */
#ifndef SIPXDP_CTL_HOOK_H
#define SIPXDP_CTL_HOOK_H

#include "conf.h"
#include "history.h"

#define HOOK_QUEUE_MAX 256

struct event_base;
struct hooks;

/* Takes over SIGCHLD of the loop. Returns 0 or -errno. */
int hooks_new(struct event_base *base, struct hooks **h);

/* Kills what still runs. */
void hooks_free(struct hooks *h);

/* A member became down (up is false) or up. conf: as of now. */
void hooks_run(struct hooks *h, const struct conf_events *conf, bool up, const struct history_event *e);

struct hooks_totals {
	unsigned long started;
	unsigned long failed; /* exit code other than 0 */
	unsigned long killed; /* took too long */
	unsigned long lost;
	unsigned long running;
	unsigned long waiting;
};

void hooks_totals(const struct hooks *h, struct hooks_totals *t);

#endif
