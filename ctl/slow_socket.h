/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slow_socket.h - the slow path's sockets: one on each listener, and one by which a nat listener sends from its clients'
 * addresses. Datagrams come and go in batches; what does not fit a link the kernel fragments.
 */
#ifndef SIPXDP_CTL_SLOW_SOCKET_H
#define SIPXDP_CTL_SLOW_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"

#define SLOW_BATCH 32

/* Room for one datagram: the longest is shorter. */
#define SLOW_SIZE 65536

struct slow_datagram {
	struct ds_endpoint src;
	const unsigned char *data;
	size_t len;
	__u8 tos; /* DSCP and ECN as it came */
	__u8 ttl;
};

/* What is to be sent. */
struct slow_parcel {
	struct ds_endpoint from; /* given to a spoofing socket; others send from where they are bound */
	struct ds_endpoint to;
	const unsigned char *data;
	size_t len;
	__u8 tos;
	__u8 ttl; /* 0: the kernel's default */
	bool spoof;
};

struct slow_batch;

struct slow_batch *slow_batch_new(void);
void slow_batch_free(struct slow_batch *b);

/* Opens a socket on a listener's place, whether it is an address of this host yet or not. Returns it or -errno. */
int slow_socket_open(const struct ds_endpoint *at);

/* Opens a socket for parcels from any place of a family; it receives nothing. Returns it or -errno. */
int slow_socket_open_spoof(bool is_ip4);

/* Receives what waits, SLOW_BATCH at most, into the batch's own memory. Returns how many there are, or -errno. */
int slow_socket_receive(int fd, struct slow_batch *b, struct slow_datagram *g);

/* Sends up to SLOW_BATCH parcels; those that the kernel does not take are marked in failed. */
void slow_socket_send(int fd, struct slow_batch *b, const struct slow_parcel *p, size_t n, bool *failed);

/* How full the receive queue is, in percent, and how many datagrams it has not taken so far. */
unsigned int slow_socket_backlog(int fd, __u32 *lost);

#endif
