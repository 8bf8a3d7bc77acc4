/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prog.h - the datapath in a network namespace of its own, its tables under the tests' hands, and frames run through it.
 *
 * Two links. prog_in: 192.0.2.1, 192.0.2.2 and 2001:db8:1::1, with clients at .20 and ::20 and other peers at .30 to .33
 * and ::30 to ::33; prog_out: 198.51.100.1 and 2001:db8:2::1, with destinations at .11 to .14 and ::11 to ::14. All of
 * them have permanent neighbour entries; nobody answers.
 */
#ifndef SIPXDP_TEST_PROG_H
#define SIPXDP_TEST_PROG_H

#include <linux/bpf.h>

#include "abi.h"
#include "pkt.h"

/* What the maps are shrunk to: entries. */
#define PROG_CALLS_BUCKETS 64
#define PROG_SLOTS 1024
#define PROG_STORED (4 * DS_STORED_WAYS)
#define PROG_MAX_DESTS 64
#define PROG_TEXT_MAX 8192

/* Slots of prog_scene(): listeners, and destinations of each of them. */
enum { PROG_L4, PROG_L6, PROG_L4_OTHER };
#define PROG_DESTS 3
#define PROG_DEST(listener, n) (1u + (listener)*PROG_DESTS + (n))

enum prog_side { PROG_IN, PROG_OUT };

/* The tables, mapped. */
struct prog {
	struct ds_state *state;
	struct ds_listener *listeners;
	struct ds_set_rec *sets;
	struct ds_slots *slots;
	struct ds_dest_rec *dests;
	struct ds_call_bucket *calls;
	struct ds_load *loads;
	struct ds_stored *stored;
	const char *entry; /* program that frames are run through, NULL: xdp_dispatch */
	unsigned int meta; /* octets of metadata before the frame, see prog_meta() */
	unsigned int ifindex[2];
};

extern struct prog prog;

/* What became of a frame. */
struct prog_run {
	__u32 action; /* enum xdp_action */
	int refused;  /* the test run itself: 0 or -errno */
	unsigned char out[PKT_FRAME_MAX + 512];
	size_t len;
	unsigned int counted; /* verdicts, of all listeners */
	unsigned int reasons;
	const char *verdict; /* the one that grew, "" where none or several did */
	const char *reason;
	unsigned int handed; /* to another CPU */
	int listener;	     /* whose counters grew */
};

/*
 * Namespace, links and programs. 0, or -1 with a line on stderr; tests/run skips what is run without root. The variable
 * PROG_OBJECT names another object than build/dispatch.bpf.o.
 */
int prog_open(void);
void prog_close(void);

/* Puts every program into the chain. 0 or -1. */
int prog_chain(void);

/* A map's file descriptor; ends the test where there is none. */
int prog_map(const char *name);

/* Takes all tables back to nothing but a published generation. */
void prog_reset(void);
void prog_listener(__u32 slot, const char *ip, unsigned int port, enum ds_mode mode, enum ds_affinity affinity);
void prog_dest(__u32 slot, __u32 listener, const char *ip, unsigned int port, __u32 flags);
/* Set `slot` of n destinations from slot `first` on, and its listener's in both halves. */
void prog_set(__u32 slot, __u32 listener, enum ds_algorithm algorithm, __u32 first, __u32 n);
/* prog_reset(), then an IPv4 and an IPv6 listener on port 5060 with PROG_DESTS destinations each, on port 5070. */
void prog_scene(enum ds_mode mode, enum ds_algorithm algorithm, enum ds_affinity affinity);
/* Any other map, by name; ends the test where that fails. */
void prog_put(const char *map, const void *key, const void *value);
void prog_delete(const char *map, const void *key);
/* Sum over the CPUs of one destination's counters. */
struct ds_dest_stats prog_dest_stats(__u32 slot);
/* The living entry of the calls table, where there is exactly one in all; 0 otherwise. */
__u64 prog_call(void);

/* A frame from the client to the listener of that family; payload and len are to be set. */
struct pkt prog_from_client(int is_ip6);
/* A frame from the n-th destination of the listener of that family to the listener. */
struct pkt prog_from_dest(int is_ip6, unsigned int n);
/* The address that a destination of prog_scene() has. */
struct ds_endpoint prog_dest_at(int is_ip6, unsigned int n);

/*
 * From now on frames come with len octets of metadata, 0xff each, in their head room: a frame that grows takes room that
 * is not empty. Skips the test where the kernel (before 6.4: 32 octets) does not take so many.
 */
void prog_meta(unsigned int len);

/* Runs one frame through xdp_dispatch as if it had come in on that side. */
void prog_frame(struct prog_run *r, enum prog_side side, const unsigned char *frame, size_t len);
void prog_packet(struct prog_run *r, enum prog_side side, const struct pkt *p);

/*
 * The text of a message: %C the client's sent-by, %c its address, %P its port, %L the listener's sent-by, %l its host,
 * %D and %E the first two destinations' sent-by, %d the first one's address, %n an address without a neighbour, %V our
 * Via row with anything for its digits, %T a To tag of ours.
 */
size_t prog_text(char *out, const char *text, int is_ip6);

/*
 * What a user agent server answers a request that it got, into out: the rows that a response has copied, a To tag added.
 * status: "200 OK". Returns its length.
 */
size_t prog_answer(char *out, const unsigned char *request, size_t len, const char *status);
/* Puts `put` in the place of the first `find`, which must be there; all three are texts as for prog_text(). */
void prog_replace(char *text, const char *find, const char *put, int is_ip6);

/* Ends the test unless the octets are such a text. */
void prog_check_text(const char *what, const unsigned char *got, size_t len, const char *text, int is_ip6);
/* Ends the test unless the frame was counted once, by these names, with that action. */
void prog_check(const struct prog_run *r, __u32 action, const char *verdict, const char *reason);
/* Takes the outcome apart; ends the test where its headers are wrong or the checksum is not `sum`. */
void prog_check_out(const struct prog_run *r, struct pkt_view *v, enum pkt_sum sum);
/* Ends the test unless the frame is as it was. */
void prog_check_untouched(const struct prog_run *r, const struct pkt *p);
void prog_check_endpoint(const char *what, const struct ds_endpoint *got, const struct ds_endpoint *want);

#endif
