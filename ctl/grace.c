// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * grace.c - waits until no packet is left that began before.
 *
 * A packet runs through the chain inside one RCU read-side section: NAPI polls with bottom halves off, which counts as
 * one since kernel 5.0, and so does what XDP does in generic mode. When a grace period has passed, every packet that
 * began before it has ended. MEMBARRIER_CMD_GLOBAL is synchronize_rcu() (kernel/sched/membarrier.c), with two
 * exceptions: it is refused where a CPU runs without the tick (nohz_full), and it returns at once where one CPU is
 * online, which is right only for a kernel that cannot preempt a bottom half. There, and wherever it is forbidden, time
 * has to do: DS_GRACE_MS is some thousand times what a packet takes.
 *
 * Where that time has passed, which is nearly always, nobody is asked: on a busy host (two programs of nice 19, 6.18) a
 * grace period took from 2 s to a minute, in which the daemon neither published nor pinged nor could be ended.
 */
#include "grace.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "output.h"

void grace_wait(__u64 since_ns)
{
	__u64 end = since_ns + DS_GRACE_MS * 1000000ull, now = output_clock(CLOCK_BOOTTIME);
	struct timespec left;

	if (now >= end)
		return;
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1 && !syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		return;
	left = (struct timespec){ .tv_sec = (end - now) / 1000000000, .tv_nsec = (end - now) % 1000000000 };
	while (nanosleep(&left, &left) && errno == EINTR)
		;
}
