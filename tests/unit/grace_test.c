// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * grace_test.c - the wait for packets under way: by the kernel's word where that is to be had, else by time, all of it;
 * the kernel, which may take long, is not asked where the time has passed.
 */
#include "test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "grace.h"
#include "output.h"

#define GRACE_NS (DS_GRACE_MS * 1000000ull)

/* From now on this is what membarrier() does: SECCOMP_RET_*. */
static int on_membarrier(__u32 action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = TEST_COUNT(code), .filter = code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void nothing(int number)
{
	(void)number;
}

/* Ends with 0 where the whole time had passed, with 2 where the filter could not be set. */
static void wait_refused(__u64 ago_ns)
{
	struct itimerval often = { .it_interval = { .tv_usec = 50000 }, .it_value = { .tv_usec = 50000 } };
	struct sigaction act = { .sa_handler = nothing };
	__u64 since;

	/* fails as it does where a CPU runs without the tick */
	if (on_membarrier(SECCOMP_RET_ERRNO | EINVAL) || syscall(SYS_membarrier, 0, 0, 0) >= 0)
		_exit(2);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	since = output_clock(CLOCK_BOOTTIME) - ago_ns;
	grace_wait(since);
	_exit(output_clock(CLOCK_BOOTTIME) < since + GRACE_NS);
}

static void waits_by_time(void **state)
{
	const __u64 *ago_ns = *state;
	pid_t pid = fork();
	int status;

	if (!pid)
		wait_refused(*ago_ns);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 2)
		test_skip("no system call can be refused here");
	check_int("time is left", WEXITSTATUS(status), 0);
}

static void asks_nobody_late(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid) {
		if (on_membarrier(SECCOMP_RET_KILL_PROCESS))
			_exit(2);
		grace_wait(output_clock(CLOCK_BOOTTIME) - GRACE_NS);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		test_skip("no system call can be refused here");
	check_int("was killed, as the kernel was asked", WIFSIGNALED(status), 0);
}

int main(void)
{
	static const __u64 now, half = GRACE_NS / 2;
	struct test_list tests = { 0 };

	test_add(&tests, "refused: all of the time, whatever signals come", waits_by_time, &now);
	test_add(&tests, "refused: the rest of the time", waits_by_time, &half);
	test_add(&tests, "the time has passed: the kernel is not asked", asks_nobody_late, NULL);
	return test_run(&tests, "grace");
}
