// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netlink.c - sends one rtnetlink request at a time and reads what comes back.
 */
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "uri.h"

#define NETLINK_ANSWER_MAX 65536 /* the kernel fills dumps up to 32 KiB at a time */
#define NETLINK_TIMEOUT_S 5

int netlink_open(void)
{
	struct timeval timeout = { .tv_sec = NETLINK_TIMEOUT_S };
	struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	int err, one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	/* strict checks make the kernel honour the filter of a dump instead of ignoring it */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&local, sizeof(local)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int netlink_join(int fd, unsigned int group)
{
	return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) ? -errno : 0;
}

void netlink_room(int fd, int octets)
{
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
}

void *netlink_begin(struct netlink_request *r, int type, int flags, size_t header_size)
{
	memset(r, 0, sizeof(*r));
	r->head.nlmsg_len = NLMSG_LENGTH(header_size);
	r->head.nlmsg_type = type;
	r->head.nlmsg_flags = NLM_F_REQUEST | flags;
	return NLMSG_DATA(&r->head);
}

void netlink_put(struct netlink_request *r, int type, const void *data, size_t len)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

void netlink_put_ip(struct netlink_request *r, int type, const struct ds_addr *ip)
{
	if (uri_is_ip4(ip))
		netlink_put(r, type, &ip->w[3], sizeof(ip->w[3]));
	else
		netlink_put(r, type, ip, sizeof(*ip));
}

int netlink_family(const struct ds_addr *ip)
{
	return uri_is_ip4(ip) ? AF_INET : AF_INET6;
}

/* Returns 1 at the end of the answers, 0 while there are more, or -errno. */
static int netlink_one(const struct netlink_request *r, const struct nlmsghdr *h,
		       int (*each)(void *ctx, const struct nlmsghdr *answer), void *ctx, int *kept)
{
	int err;

	if (h->nlmsg_seq != r->head.nlmsg_seq)
		return 0;
	if (h->nlmsg_type == NLMSG_ERROR) {
		err = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
		return err ? err : 1;
	}
	if (h->nlmsg_type == NLMSG_DONE)
		return 1;
	if (each && !*kept)
		*kept = each(ctx, h);
	return !(h->nlmsg_flags & NLM_F_MULTI) && !(r->head.nlmsg_flags & NLM_F_ACK);
}

int netlink_talk(int fd, struct netlink_request *r, int (*each)(void *ctx, const struct nlmsghdr *answer), void *ctx)
{
	static __u32 seq;
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct nlmsghdr *h;
	int kept = 0, ret = 0;
	ssize_t len;
	char *buf;

	buf = malloc(NETLINK_ANSWER_MAX);
	if (!buf)
		return -ENOMEM;
	r->head.nlmsg_seq = ++seq;
	if (sendto(fd, r, r->head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		ret = -errno;
	while (!ret) {
		len = recv(fd, buf, NETLINK_ANSWER_MAX, 0);
		if (len < 0) {
			ret = errno == EAGAIN ? -ETIMEDOUT : -errno;
			break;
		}
		for (h = (const struct nlmsghdr *)(const void *)buf; NLMSG_OK(h, len) && !ret; h = NLMSG_NEXT(h, len))
			ret = netlink_one(r, h, each, ctx, &kept);
	}
	free(buf);
	return ret < 0 ? ret : kept;
}

void netlink_attrs(const void *first, size_t len, const struct rtattr **at, unsigned int max)
{
	const struct rtattr *a = first;
	unsigned int type;

	memset(at, 0, (max + 1) * sizeof(*at));
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		type = a->rta_type & NLA_TYPE_MASK;
		if (type <= max)
			at[type] = a;
	}
}

void netlink_answer_attrs(const struct nlmsghdr *answer, size_t header_size, const struct rtattr **at, unsigned int max)
{
	netlink_attrs((const char *)NLMSG_DATA(answer) + NLMSG_ALIGN(header_size),
		      answer->nlmsg_len - NLMSG_SPACE(header_size), at, max);
}

__u32 netlink_u32(const struct rtattr *a)
{
	__u32 v;

	memcpy(&v, RTA_DATA(a), sizeof(v));
	return v;
}

__u16 netlink_u16(const struct rtattr *a)
{
	__u16 v;

	memcpy(&v, RTA_DATA(a), sizeof(v));
	return v;
}

int netlink_ip(const void *data, size_t len, struct ds_addr *ip)
{
	memset(ip, 0, sizeof(*ip));
	if (len == sizeof(*ip)) {
		memcpy(ip, data, len);
		return 0;
	}
	if (len != sizeof(ip->w[3]))
		return -EINVAL;
	ip->w[2] = htonl(0xffff);
	memcpy(&ip->w[3], data, len);
	return 0;
}
