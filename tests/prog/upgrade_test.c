// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * upgrade_test.c - an upgrade that is killed at any of the steps that change something: whatever program an interface
 * runs then forwards, the other commands go on, and the next upgrade puts all in order.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cmd.h"
#include "pkt.h"
#include "record.h"
#include "upgrade.h"

#define LINKS 2
/* Programs that attach pins: all but xdp_spread. */
#define PINS (BPF_PROGS - 1)

static const char *const links[LINKS] = { "up_in", "up_out" };
static char list[] = "/tmp/upgrade_test_XXXXXX";
static struct instance inst;

static const char request[] = "OPTIONS sip:bob@example.com SIP/2.0\r\n"
			      "Via: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bKu1;rport\r\n"
			      "From: <sip:alice@example.com>;tag=a1\r\n"
			      "To: <sip:bob@example.com>\r\n"
			      "Call-ID: u1\r\n"
			      "CSeq: 1 OPTIONS\r\n"
			      "Max-Forwards: 70\r\n"
			      "Content-Length: 0\r\n\r\n";

/* A command in a process of its own, which says nothing. Returns its id. */
static pid_t start(int (*command)(int argc, char **argv), const char *const *words, int traced)
{
	char text[16][64], *args[17] = { NULL };
	int n, quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid = fork();

	if (pid) {
		close(quiet);
		return pid;
	}
	for (n = 0; words[n]; n++) {
		snprintf(text[n], sizeof(text[n]), "%s", words[n]);
		args[n] = text[n];
	}
	dup2(quiet, STDOUT_FILENO);
	if (!getenv("UPGRADE_TEST_LOUD"))
		dup2(quiet, STDERR_FILENO);
	if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(99);
	if (traced)
		raise(SIGSTOP);
	_exit(command(n, args));
}

/* Returns the exit code, or -1 where there is none. */
static int ended(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run(int (*command)(int argc, char **argv), const char *const *words)
{
	return ended(start(command, words, 0));
}

static int run_one(int (*command)(int argc, char **argv), const char *option)
{
	const char *words[] = { "test", option, NULL };

	return run(command, words);
}

static int shell(const char *text)
{
	return system(text) ? -1 : 0;
}

static int enter(void)
{
	FILE *f;
	int fd = mkstemp(list);

	if (fd < 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", INSTANCE_BPFFS, "bpf", 0, NULL)) {
		fprintf(stderr, "upgrade: no namespaces of its own: %s; remedy: run as root\n", strerror(errno));
		return -1;
	}
	f = fdopen(fd, "w");
	fputs("1 sip:198.51.100.11:5060\n", f);
	fclose(f);
	return shell("set -e; ip link set lo up\n"
		     "ip link add up_in type veth peer name peer_in; ip link add up_out type veth peer name peer_out\n"
		     "for l in up_in peer_in up_out peer_out; do ip link set $l up; done\n"
		     "ip addr add 192.0.2.1/24 dev up_in; ip addr add 198.51.100.1/24 dev up_out\n"
		     "ip neigh replace 192.0.2.20 lladdr 02:00:00:00:00:20 dev up_in nud permanent\n"
		     "ip neigh replace 198.51.100.11 lladdr 02:00:00:00:00:11 dev up_out nud permanent\n"
		     "echo 1 >/proc/sys/net/ipv4/ip_forward");
}

static const char *link_pin(const char *name, char buf[PATH_MAX])
{
	char ifindex[12];

	snprintf(ifindex, sizeof(ifindex), "%u", if_nametoindex(name));
	return instance_pin(&inst, "links", ifindex, buf);
}

static __u32 runs(const char *name)
{
	char pin[PATH_MAX];
	__u32 id = 0;

	check_int(name, bpf_link_prog(link_pin(name, pin), &id), 0);
	return id;
}

/* The id of the entry in a directory of programs. */
static __u32 entry(const char *sub)
{
	struct bpf_prog_about about[BPF_PROGS];
	struct bpf_version v;
	char dir[PATH_MAX];

	check_int(sub, bpf_version_open(&v, instance_sub(&inst, sub, dir)), 0);
	check_int(sub, bpf_version_about(&v, about), 0);
	bpf_version_close(&v);
	return about[1 + DS_CHAIN_dispatch].id;
}

/* Ends the test unless what an interface runs has its chain and the tables: it forwards. */
static void check_forwards(const char *name)
{
	unsigned char frame[PKT_FRAME_MAX], out[PKT_FRAME_MAX];
	struct pkt p = {
		.src = pkt_endpoint("192.0.2.20", 5060),
		.dst = pkt_endpoint("192.0.2.1", 5060),
		.payload = request,
		.len = sizeof(request) - 1,
	};
	struct bpf_test t = { .in = frame, .out = out, .out_len = sizeof(out), .ifindex = if_nametoindex("up_in") };
	struct bpf_inst b;

	bpf_inst_init(&b);
	b.version.prog[1 + DS_CHAIN_dispatch] = bpf_prog_get_fd_by_id(runs(name));
	check_true(name, bpf_version_entry(&b.version) >= 0);
	t.in_len = pkt_build(frame, &p);
	check_int("test run", bpf_test_run(&b, &t), 0);
	bpf_inst_close(&b);
	check_int("action", t.retval, XDP_REDIRECT);
}

/* Everything but upgrade goes on, whatever was cut off. */
static void check_usable(void)
{
	struct bpf_inst b;
	struct record r;
	int i;

	for (i = 0; i < LINKS; i++)
		check_forwards(links[i]);
	check_int("open", bpf_inst_open(&b, inst.dir), 0);
	bpf_inst_close(&b);
	check_int("record", record_load(&r, &inst), 0);
	check_int("list", run_one(cmd_list, NULL), 0);
	check_int("reload", run_one(cmd_reload, NULL), 0);
}

static void check_settled(void)
{
	char dir[PATH_MAX];
	int i;

	for (i = 0; i < LINKS; i++)
		check_int("the one in progs runs", runs(links[i]), entry(INSTANCE_PROGS));
	check_true("the one before is another", entry(INSTANCE_PROGS) != entry(INSTANCE_OLD));
	check_int("nothing half made is left", access(instance_sub(&inst, INSTANCE_NEXT, dir), F_OK), -1);
}

static void attach(void)
{
	const char *const words[] = { "attach",	 "up_in,up_out", "--listen",	"192.0.2.1:5060", "--file", list,
				      "--calls", "1000",	 "--algorithm", "round-robin",	  NULL };

	/* what a test that failed has left */
	run_one(cmd_detach, NULL);
	check_int("attach", run(cmd_attach, words), 0);
}

static void detach(void)
{
	check_int("detach", run_one(cmd_detach, NULL), 0);
	check_int("nothing is left", access(inst.top, F_OK), -1);
}

/* Whether this call of the kernel changes what is pinned or attached. */
static int changes(const struct __ptrace_syscall_info *i)
{
	switch (i->entry.nr) {
	case SYS_bpf:
		return i->entry.args[0] == BPF_OBJ_PIN || i->entry.args[0] == BPF_LINK_UPDATE;
#ifdef SYS_mkdir
	case SYS_mkdir:
	case SYS_unlink:
	case SYS_rmdir:
#endif
	case SYS_mkdirat:
	case SYS_unlinkat:
	case SYS_renameat2:
		return 1;
	}
	return 0;
}

static int loads(const struct __ptrace_syscall_info *i)
{
	return i->entry.nr == SYS_bpf && i->entry.args[0] == BPF_PROG_LOAD;
}

/*
 * An upgrade that stands before its n-th call, from 1, of those that match() finds. Returns its id; 0 where it ended
 * before that, and well.
 */
static pid_t stopped(const char *option, int (*match)(const struct __ptrace_syscall_info *i), int n)
{
	const char *const words[] = { "upgrade", option, NULL };
	pid_t pid = start(cmd_upgrade, words, 1);
	struct __ptrace_syscall_info info;
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD), 0);
	for (;;) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status)) {
			check_int("upgrade", WEXITSTATUS(status), 0);
			return 0;
		}
		assert_true(WIFSTOPPED(status));
		assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) > 0);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && match(&info) && !--n)
			return pid;
	}
}

/* A rollback that is killed before its n-th change, from 1. Returns 1, or 0 where it ended before that. */
static int killed(int n)
{
	pid_t pid = stopped("--rollback", changes, n);

	if (!pid)
		return 0;
	kill(pid, SIGKILL);
	check_int("killed", ended(pid), -1);
	return 1;
}

/* While one loads, nobody waits for it; and it does not go by what was there before. */
static void changed_meanwhile(void **state)
{
	pid_t pid;

	(void)state;
	attach();
	pid = stopped(NULL, loads, 1);
	check_int("reload", run_one(cmd_reload, NULL), 0);
	check_int("let go", (int)ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	check_int("upgrade", ended(pid), 0);
	check_settled();
	pid = stopped(NULL, loads, 1);
	check_int("another upgrade", run_one(cmd_upgrade, NULL), 0);
	check_int("let go", (int)ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	check_int("upgrade", ended(pid), 1);
	check_settled();
	check_usable();
	pid = stopped(NULL, loads, 1);
	detach();
	check_int("let go", (int)ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	check_int("upgrade", ended(pid), 4);
	check_int("nothing is there", access(inst.top, F_OK), -1);
}

static void killed_anywhere(void **state)
{
	int n;

	(void)state;
	attach();
	check_int("upgrade", run_one(cmd_upgrade, NULL), 0);
	check_settled();
	for (n = 1; killed(n); n++) {
		check_usable();
		check_int("upgrade after a kill", run_one(cmd_upgrade, "--rollback"), 0);
		check_settled();
		check_usable();
	}
	/* as many as two directories have pins, twice, and the links */
	check_true("it was killed often", n > 4 * (PINS + 1) + LINKS);
	detach();
}

static void detached_anywhere(void **state)
{
	static const int moments[] = { 3, PINS + 6, 2 * PINS + 8, 2 * PINS + 10 };
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(moments); i++) {
		attach();
		check_int("upgrade", run_one(cmd_upgrade, NULL), 0);
		check_int("killed", killed(moments[i]), 1);
		detach();
	}
}

/* An interface that somebody gave another program is not ours to change, and the others are set back. */
static void foreign_program(void **state)
{
	struct bpf_version other;
	struct bpf_inst b;
	char pin[PATH_MAX], why[256];
	__u32 was[LINKS];
	int i;

	(void)state;
	attach();
	check_int("upgrade", run_one(cmd_upgrade, NULL), 0);
	check_int("open", bpf_inst_open(&b, inst.dir), 0);
	check_int("load", bpf_version_load(&other, &b, NULL, why, sizeof(why)), 0);
	for (i = 0; i < LINKS; i++)
		was[i] = runs(links[i]);
	for (i = 0; i < LINKS; i++) {
		link_pin(links[i], pin);
		check_int("replace", bpf_link_replace(pin, bpf_version_entry(&other), bpf_version_entry(&b.version)),
			  0);
		check_int("not twice", bpf_link_replace(pin, bpf_version_entry(&other), bpf_version_entry(&b.version)),
			  -EPERM);
		check_int("upgrade", run_one(cmd_upgrade, NULL), 1);
		check_int("the other one stays", runs(links[!i]), was[!i]);
		check_int("put back", bpf_link_replace(pin, bpf_version_entry(&b.version), bpf_version_entry(&other)),
			  0);
		check_settled();
	}
	bpf_version_close(&other);
	bpf_inst_close(&b);
	detach();
}

static __u32 map_of(int prog, const char *name)
{
	struct bpf_map_info map;
	struct bpf_prog_info info = { 0 };
	__u32 id[64], i, n, len = sizeof(info), found = 0;
	int fd;

	info.nr_map_ids = TEST_COUNT(id);
	info.map_ids = (__u64)(unsigned long)id;
	check_int("program", bpf_obj_get_info_by_fd(prog, &info, &len), 0);
	for (i = 0, n = info.nr_map_ids; i < n; i++) {
		fd = bpf_map_get_fd_by_id(id[i]);
		memset(&map, 0, sizeof(map));
		len = sizeof(map);
		check_int("map", bpf_obj_get_info_by_fd(fd, &map, &len), 0);
		found = strcmp(map.name, name) ? found : id[i];
		close(fd);
	}
	return found;
}

/* Maps that outlive a packet are those of before, pinned or not; the program array and the scratch are one's own. */
static void maps_of_before(void **state)
{
	static const struct {
		const char *map;
		int prog; /* that uses it */
		int same;
	} rows[] = {
		{ "listeners", 1 + DS_CHAIN_dispatch, 1 }, { "state", 1 + DS_CHAIN_dispatch, 1 },
		{ "counters", 1 + DS_CHAIN_dispatch, 1 },  { "calls", 1 + DS_CHAIN_request, 1 },
		{ "macs", 1 + DS_CHAIN_request, 1 },	   { "chain", 1 + DS_CHAIN_dispatch, 0 },
		{ "scratch", 1 + DS_CHAIN_dispatch, 0 },
	};
	struct bpf_version next;
	struct bpf_inst b;
	char why[256];
	__u32 was, now;
	size_t i;

	(void)state;
	attach();
	check_int("open", bpf_inst_open(&b, inst.dir), 0);
	check_int("load", bpf_version_load(&next, &b, NULL, why, sizeof(why)), 0);
	for (i = 0; i < TEST_COUNT(rows); i++) {
		was = map_of(b.version.prog[rows[i].prog], rows[i].map);
		now = map_of(next.prog[rows[i].prog], rows[i].map);
		check_true(rows[i].map, was && now);
		check_int(rows[i].map, was == now, rows[i].same);
	}
	bpf_version_close(&next);
	bpf_inst_close(&b);
	detach();
}

/* What the programs are called comes and goes with them. */
static void names(void **state)
{
	const char *const words[] = { "upgrade", "--object", "build/dispatch.bpf.o", NULL };
	struct record r;

	(void)state;
	attach();
	check_int("upgrade", run(cmd_upgrade, words), 0);
	check_int("record", record_load(&r, &inst), 0);
	check_true(r.program, strstr(r.program, "/build/dispatch.bpf.o") != NULL);
	check_int("reload", run_one(cmd_reload, NULL), 0);
	check_int("rollback", run_one(cmd_upgrade, "--rollback"), 0);
	check_int("record", record_load(&r, &inst), 0);
	check_true(r.program, !strcmp(r.program, RECORD_BUILT_IN));
	check_int("rollback", run_one(cmd_upgrade, "--rollback"), 0);
	check_int("record", record_load(&r, &inst), 0);
	check_true(r.program, strstr(r.program, "/build/dispatch.bpf.o") != NULL);
	detach();
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (enter() || instance_init(&inst, INSTANCE_BPFFS, INSTANCE_DEFAULT))
		return 1;
	test_add(&tests, "maps of before", maps_of_before, NULL);
	test_add(&tests, "names of versions", names, NULL);
	test_add(&tests, "a foreign program on an interface", foreign_program, NULL);
	test_add(&tests, "changed while it loads", changed_meanwhile, NULL);
	test_add(&tests, "detached after a kill", detached_anywhere, NULL);
	test_add(&tests, "killed before every change", killed_anywhere, NULL);
	failed = test_run(&tests, "upgrade");
	unlink(list);
	return failed;
}
