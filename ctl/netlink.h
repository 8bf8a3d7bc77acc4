/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink.h - as much of rtnetlink as neighbours, routes and links take: one request, its answers, its outcome.
 */
#ifndef SIPXDP_CTL_NETLINK_H
#define SIPXDP_CTL_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>

#include "abi.h"

/* A request under construction. */
struct netlink_request {
	struct nlmsghdr head;
	char body[256];
};

/* Opens a socket of the current network namespace. Returns it or -errno. */
int netlink_open(void);

/* Subscribes a socket to what the kernel says to a group, RTNLGRP_*. Returns 0 or -errno. */
int netlink_join(int fd, unsigned int group);

/* Gives a socket room for that many octets that wait, as far as it may. */
void netlink_room(int fd, int octets);

/* Starts a request of that type with a fixed header of header_size octets, which is returned zeroed. */
void *netlink_begin(struct netlink_request *r, int type, int flags, size_t header_size);

/* Appends an attribute; the body must have room. */
void netlink_put(struct netlink_request *r, int type, const void *data, size_t len);

/* Appends an address as the kernel has it: 4 octets for v4-mapped ones, else 16. */
void netlink_put_ip(struct netlink_request *r, int type, const struct ds_addr *ip);

/* AF_INET or AF_INET6. */
int netlink_family(const struct ds_addr *ip);

/*
 * Sends the request and calls each (may be NULL) for every answer until the last; a non-zero return of each is kept and
 * returned at the end. Returns 0 or -errno, the kernel's own included.
 */
int netlink_talk(int fd, struct netlink_request *r, int (*each)(void *ctx, const struct nlmsghdr *answer), void *ctx);

/* The attributes after a fixed header, by type; those above max are skipped. at[0..max]. */
void netlink_attrs(const void *first, size_t len, const struct rtattr **at, unsigned int max);

/* The attributes of an answer after its fixed header. */
void netlink_answer_attrs(const struct nlmsghdr *answer, size_t header_size, const struct rtattr **at,
			  unsigned int max);

/* What an attribute holds, read without regard to alignment. */
__u32 netlink_u32(const struct rtattr *a);
__u16 netlink_u16(const struct rtattr *a);

/* Reads 4 or 16 octets into an address. Returns 0 or -EINVAL. */
int netlink_ip(const void *data, size_t len, struct ds_addr *ip);

#endif
