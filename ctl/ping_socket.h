/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ping_socket.h - the UDP sockets that pings leave by: opening, source addresses, what ICMP says, kernel's times.
 *
 * An IPv4 socket is one of AF_INET, so that nothing depends on whether the host has IPv6.
 */
#ifndef SIPXDP_CTL_PING_SOCKET_H
#define SIPXDP_CTL_PING_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>

#include "abi.h"

/* Room for what recvmsg() says beside the data. */
#define PING_CONTROL_MAX 128

/*
 * Reads "udp:ADDR:PORT", "ADDR:PORT" or "ADDR", IPv6 in brackets where a port follows; empty or NULL: any address of
 * the family of `to`. Returns 0, -EINVAL, or -EAFNOSUPPORT where it is not of that family.
 */
int ping_socket_parse(const char *text, const struct ds_endpoint *to, struct ds_endpoint *from);

/* Opens a socket bound to a place; *from becomes what it was bound to. Returns a descriptor or -errno. */
int ping_socket_open(struct ds_endpoint *from);

/* Opens one that only asks for routes. Returns a descriptor or -errno. */
int ping_socket_open_probe(bool is_ip4);

/* The address that the kernel would send from, by such a socket. Returns 0 or -errno, -ENETUNREACH: from none. */
int ping_socket_route(int probe, const struct ds_endpoint *to, struct ds_addr *from);

/* Writes a place as a socket address. Returns its length. */
socklen_t ping_socket_name(const struct ds_endpoint *at, struct sockaddr_storage *name);

/* And back. */
void ping_socket_place(const struct sockaddr_storage *name, struct ds_endpoint *at);

/* Takes one error that concerns a sent datagram: whom it was sent to, errno. Returns 0 or -errno, -EAGAIN: no more. */
int ping_socket_error(int fd, struct ds_endpoint *to, int *err);

/* CLOCK_REALTIME in ns at which the kernel received a datagram, 0: it does not say. */
__u64 ping_socket_stamp(struct msghdr *msg);

bool ping_socket_is_any(const struct ds_addr *ip);

#endif
