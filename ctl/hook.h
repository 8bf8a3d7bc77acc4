/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook.h - runs the operators' commands on events: never blocking, bounded in number and time.
 *
 * The command runs by /bin/sh -c in a session of its own, without our descriptors: standard input is /dev/null, output
 * goes to our standard error. It finds in its environment, printable, whatever the event holds:
 *
 *   SIPXDP_EVENT  down, up               SIPXDP_OLD, _NEW  unknown, up, trying, down
 *   SIPXDP_SET    number of the set      SIPXDP_REASON     for people: "no answer to the ping in time"
 *   SIPXDP_URI    as in the list         SIPXDP_CAUSE      for scripts: "ping-timeout"
 *   SIPXDP_ID     16 hexadecimal digits  SIPXDP_TIME       seconds since 1970
 *
 * Beyond jobs_max the newest waits, beyond HOOK_QUEUE_MAX waiting the oldest is given up and counted. After timeout_ms
 * its group gets SIGTERM, HOOK_KILL_MS later SIGKILL. What a command leaves running in its group ends with it; what is
 * to go on has to be started by setsid(1) or by a service manager.
 */
#ifndef SIPXDP_CTL_HOOK_H
#define SIPXDP_CTL_HOOK_H

#include <stdbool.h>

#include "conf.h"
#include "history.h"

#define HOOK_QUEUE_MAX 256
#define HOOK_KILL_MS 1000

struct event_base;
struct hooks;

/* Takes over SIGCHLD of the loop; children that it did not start stay for others to wait for. Returns 0 or -errno. */
int hooks_new(struct event_base *base, struct hooks **h);

/* Kills what still runs and forgets what waits. */
void hooks_free(struct hooks *h);

/* A member became down (up is false) or up. conf: as of now; one without a command for it is no error. */
void hooks_run(struct hooks *h, const struct conf_events *conf, bool up, const struct history_event *e);

struct hooks_totals {
	unsigned long started;
	unsigned long failed; /* exit code other than 0, or a signal that was not ours */
	unsigned long killed; /* took too long */
	unsigned long lost;   /* given up waiting, or could not be started */
	unsigned long running;
	unsigned long waiting;
};

void hooks_totals(const struct hooks *h, struct hooks_totals *t);

#endif
