/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - the daemon's log: lines on standard error with syslog's priority in front ("<4>") where systemd reads it
 * ($JOURNAL_STREAM), with the time in front elsewhere. Rate-limited: beyond JOURNAL_BURST lines in JOURNAL_PERIOD_S the
 * rest is counted and the count is said once.
 */
#ifndef SIPXDP_CTL_JOURNAL_H
#define SIPXDP_CTL_JOURNAL_H

#include <syslog.h>

#define JOURNAL_BURST 200
#define JOURNAL_PERIOD_S 10

/* priority: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO. */
void journal(int priority, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Tells the service manager (sd_notify(3)'s protocol over $NOTIFY_SOCKET): "READY=1", "RELOADING=1" ... Does nothing without one. */
void journal_notify(const char *state);

#endif
