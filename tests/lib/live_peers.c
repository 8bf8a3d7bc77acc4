// SPDX-License-Identifier: GPL-2.0-or-later
/* See live_peers.h. */
#include "live_peers.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_lab.h"
#include "live_wire.h"

#define CONFIG "tests/bench/live_%s.cfg"
#define START_S 10

static const struct {
	const char *config; /* NULL: no Kamailio */
	int workers;
	int plain; /* its default allocators */
} peers[PEERS] = {
	[PEER_STATELESS_1] = { "stateless", 1 },	[PEER_STATELESS_2] = { "stateless", 2 },
	[PEER_STATELESS_4] = { "stateless", 4 },	[PEER_STATEFUL_1] = { "stateful", 1 },
	[PEER_STATEFUL_2] = { "stateful", 2 },		[PEER_STATEFUL_4] = { "stateful", 4 },
	[PEER_STATELESS_PLAIN] = { "stateless", 1, 1 },
};

static pid_t pids[PEERS][LIVE_PROCESSES + 1];
static char dir[512]; /* below build/, so that nothing is left elsewhere, however this ends */

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

__u16 peer_port(enum live_peer peer)
{
	return peers[peer].config ? (__u16)(5070 + peer) : 5060;
}

const pid_t *peer_pids(enum live_peer peer)
{
	return peers[peer].config ? pids[peer] : NULL;
}

/* One worker shares the director's CPU; several have both CPUs, beside the sender. */
static void exec_kamailio(enum live_peer peer)
{
	char config[64], listen[64], children[8], list[600], log[600];

	/* not KILL: it ends its own children */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(config, sizeof(config), CONFIG, peers[peer].config);
	snprintf(listen, sizeof(listen), "LISTEN=udp:" LAB_LISTENER ":%u", peer_port(peer));
	snprintf(children, sizeof(children), "%d", peers[peer].workers);
	snprintf(list, sizeof(list), "LIST=\"%s/list\"", dir);
	snprintf(log, sizeof(log), "%s/log%d", dir, (int)peer);
	if (!freopen(log, "w", stderr) || !freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "r", stdin))
		_exit(127);
	/* arguments end with the first NULL */
	execlp("taskset", "taskset", "-c", peers[peer].workers == 1 ? "1" : "0,1", "setpriv", "--pdeathsig", "TERM",
	       "kamailio", "-DD", "-E", "-m", "1024", "-M", "16", "-b", "8388608", "-n", children, "-Y", dir, "-w", dir,
	       "-f", config, "-A", listen, "-A", list, peers[peer].plain ? (char *)NULL : "-x", "fm", "-X", "fm",
	       (char *)NULL);
	_exit(127);
}

/* It and its children, in the order of /proc. */
static size_t family(pid_t parent, pid_t *out)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	char path[288];
	size_t n = 0;
	int ppid;
	FILE *f;

	out[n++] = parent;
	while (d && n < LIVE_PROCESSES && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%s/stat", e->d_name);
		f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "r") : NULL;
		if (!f)
			continue;
		if (fscanf(f, "%*d (%*[^)]) %*c %d", &ppid) == 1 && ppid == parent)
			out[n++] = atoi(e->d_name);
		fclose(f);
	}
	if (d)
		closedir(d);
	out[n] = 0;
	return n;
}

static enum live_peer running; /* PEER_NONE: no Kamailio does */

/* The workers die with their parent. */
static void kamailio_stop(void)
{
	if (!running)
		return;
	kill(pids[running][0], SIGTERM);
	waitpid(pids[running][0], NULL, 0);
	pids[running][0] = 0;
	running = PEER_NONE;
}

/* The place of its files and its list. */
static void files_make(void)
{
	char path[600], place[PATH_MAX];
	FILE *f;

	if (dir[0])
		return;
	if (system("mkdir -p build/bench/kamailio") || !realpath("build/bench/kamailio", place) ||
	    snprintf(dir, sizeof(dir), "%s", place) >= (int)sizeof(dir))
		die("no place for the peers' files");
	snprintf(path, sizeof(path), "%s/list", dir);
	f = fopen(path, "w");
	if (!f || fprintf(f, "1 sip:" LAB_DEST ":5060\n") < 0 || fclose(f))
		die("cannot write the peers' list");
	atexit(kamailio_stop);
}

static void kamailio_start(enum live_peer peer)
{
	int wait = 10 * START_S;
	char said[600];

	files_make();
	running = peer;
	pids[peer][0] = fork();
	if (!pids[peer][0])
		exec_kamailio(peer);
	/* all of its processes: main, workers, timers and the like */
	while (wait-- && !waitpid(pids[peer][0], NULL, WNOHANG) &&
	       family(pids[peer][0], pids[peer]) < (size_t)peers[peer].workers + 3)
		usleep(100000);
	if (wait <= 0 || waitpid(pids[peer][0], NULL, WNOHANG)) {
		snprintf(said, sizeof(said), "tail -n 3 %s/log%d >&2", dir, (int)peer);
		if (system(said))
			fprintf(stderr, "bench: no log\n");
		die("a Kamailio does not start; remedy: make deps");
	}
	usleep(500000);
}

/* Destinations beside the lab's own, for those who spread packets over several. */
#define MORE_NEIGHBOURS                                                                              \
	"for n in 31 32 33; do ip neigh replace 198.51.100.$n lladdr 02:00:00:00:00:30 dev " LAB_OUT \
	" nud permanent || exit; done; "

/* What makes a peer of the kernel direct packets, and what ends it. */
static const struct {
	const char *name;
	const char *begin;
	const char *end;
} in_kernel[PEERS] = {
	[PEER_NFT] = { "nftables",
		       MORE_NEIGHBOURS
		       "nft 'table ip bench { chain in { type nat hook prerouting priority -100; ip daddr " LAB_LISTENER
		       " udp dport 5060 dnat to jhash ip saddr . udp sport mod 4 map { 0 : 198.51.100.30, "
		       "1 : 198.51.100.31, 2 : 198.51.100.32, 3 : 198.51.100.33 }; }; }'",
		       "nft delete table ip bench" },
	/* without -o who comes from one port stays with one destination, whatever the Call-ID */
	[PEER_IPVS] = { "IPVS",
			MORE_NEIGHBOURS "ipvsadm -A -u " LAB_LISTENER ":5060 -s rr -p 60 --pe sip -o && "
					"for n in 30 31 32 33; do ipvsadm -a -u " LAB_LISTENER
					":5060 -r 198.51.100.$n:5060 -m || exit; done",
			"ipvsadm -C" },
};

int peer_is_there(enum live_peer peer)
{
	if (peer != PEER_IPVS || !system("ipvsadm -L >/dev/null 2>&1"))
		return 1;
	fprintf(stderr, "bench: no IPVS in this kernel, or no ipvsadm: not measured; make bench-vm has both\n");
	return 0;
}

void peer_begin(enum live_peer peer)
{
	if (peers[peer].config)
		kamailio_start(peer);
	if (in_kernel[peer].begin && system(in_kernel[peer].begin)) {
		fprintf(stderr, "bench: %s does not take its rules\n", in_kernel[peer].name);
		exit(1);
	}
}

void peer_end(enum live_peer peer)
{
	kamailio_stop();
	if (in_kernel[peer].end && system(in_kernel[peer].end)) {
		fprintf(stderr, "bench: %s does not give its rules up\n", in_kernel[peer].name);
		exit(1);
	}
}
