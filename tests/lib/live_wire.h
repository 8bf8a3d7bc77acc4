/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live_wire.h - the two ends of the lab of bench_lab.h, and packets that go from one through the director to the other.
 *
 * The sender is a program of live frames that is run on the first CPU and waits there by dropping what is not due. The
 * director's interfaces have NAPI threads on the second CPU, and what comes out is counted there: the sender loses
 * nothing by what the director does. Failures end the program.
 */
#ifndef SIPXDP_LIVE_WIRE_H
#define SIPXDP_LIVE_WIRE_H

#include <bpf/libbpf.h>
#include <sys/types.h>

#include "bench_run.h"
#include "bench_live.h"

#define LIVE_CLIENT "client"
#define LIVE_SERVER "server"
#define LIVE_PROCESSES 16

enum live_end {
	LIVE_END_XDP,	 /* what XDP sends arrives at a program of XDP */
	LIVE_END_STACK,	 /* what the kernel's stack sends at one of tc, where it need not become an XDP frame first */
	LIVE_END_ANSWER, /* destinations answer what comes */
};

struct live_wire {
	struct bpf_object *o;
	struct live_state *state;
	int sender; /* file descriptor of live_send */
};

/* One measurement. */
struct live_shot {
	__u64 sent;
	__u64 received;
	double seconds;
	double cpu_ns;	       /* of the director, the ends with it */
	double taker_ns;       /* of the threads that take what is spread over CPUs; not in cpu_ns */
	double p50, p99, p999; /* ns */
	__u64 waiting;	       /* had not arrived when the last was sent: in the queue of who directs, or lost */
};

/* After lab_enter(). dir as in lab_load(). */
void live_open(struct live_wire *w, const char *dir);
void live_close(struct live_wire *w);

/* One of its programs on both of the director's interfaces, in place of those of a lab. */
void live_attach(struct live_wire *w, const char *prog, struct bpf_link *link[2]);
void live_detach(struct bpf_link *link[2]);

/* Puts the ends' programs in place, after those of the director. */
void live_ends(struct live_wire *w, enum live_end end);

/* The frames that are sent by turns, n a power of two, all of one length, from one end; they count where they arrive at `to`. */
void live_frames(struct live_wire *w, const struct bench_packet *p, __u32 n, const char *from, const char *to);

/*
 * Sends so many packets a second, 0: as many as it can, for ms milliseconds, and waits until the last has arrived. pid:
 * processes whose CPU time is the director's, too.
 */
struct live_shot live_shoot(struct live_wire *w, double rate, unsigned int ms, const pid_t *pid, int latency);

#endif
