/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - the daemon's log: lines on standard error with syslog's priority in front ("<4>") where systemd reads it
 * ($JOURNAL_STREAM), with the time in front elsewhere. Rate-limited: beyond JOURNAL_BURST lines in JOURNAL_PERIOD_S the
 * rest is counted and the count is said once.
 */
#ifndef SIPXDP_CTL_JOURNAL_H
#define SIPXDP_CTL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>
#include <time.h>

#define JOURNAL_BURST 200
#define JOURNAL_PERIOD_S 10
#define JOURNAL_TEXT_MAX 2048 /* octets of a message, what is longer ends in "..." */

/* priority: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO. One line, whatever the arguments hold. */
void journal(int priority, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Says how many lines were left out, if any were. The next line after the period says it too; whoever has a timer calls
 * this every JOURNAL_PERIOD_S and at the end, so that it is said even where no line follows.
 */
void journal_flush(void);

/* Tells the service manager, if any, "READY=1", "RELOADING=1" ...: sd_notify(3)'s protocol over $NOTIFY_SOCKET. */
void journal_notify(const char *state);

/* The limit by itself; all zero is a new one. */
struct journal_limit {
	uint64_t begin_ns;
	unsigned int lines;
	unsigned long left_out;
};

/*
 * One more line at now_ns (CLOCK_MONOTONIC). Returns whether it may be said; *left_out is how many were not since, to
 * be said before it, 0: none.
 */
bool journal_limit(struct journal_limit *l, uint64_t now_ns, unsigned long *left_out);

/* Makes a line with its end: for the service manager, or with that time where `now` is not NULL. Returns its length. */
size_t journal_line(char *buf, size_t size, int priority, const struct timespec *now, const char *text);

#endif
