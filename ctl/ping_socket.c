// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_socket.c - see ping_socket.h.
 */
#include "ping_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "uri.h"

/* The answers of several thousand targets, should the loop ever be that late. */
#define PING_SOCKET_BUFFER (4 << 20)

bool ping_socket_is_any(const struct ds_addr *ip)
{
	return !ip->w[3] && !ip->w[0] && !ip->w[1] && (!ip->w[2] || uri_is_ip4(ip));
}

/* Takes ":PORT" or nothing. */
static int ping_socket_parse_port(const char *text, __be16 *port_be)
{
	unsigned long port;
	char *end;

	*port_be = 0;
	if (!*text)
		return 0;
	if (text[0] != ':' || text[1] < '0' || text[1] > '9')
		return -EINVAL;
	port = strtoul(text + 1, &end, 10);
	if (*end || port > 65535)
		return -EINVAL;
	*port_be = htons((__u16)port);
	return 0;
}

/* Finds where the address begins and how long it is; returns what stands behind it, NULL where a bracket is open. */
static const char *ping_socket_split(const char *text, const char **ip, size_t *len)
{
	const char *colon = strchr(text, ':'), *end;

	*ip = text;
	if (*text == '[') {
		*ip = text + 1;
		*len = strcspn(*ip, "]");
		return (*ip)[*len] ? *ip + *len + 1 : NULL;
	}
	/* more than one colon: IPv6 alone */
	end = colon && !strchr(colon + 1, ':') ? colon : text + strlen(text);
	*len = (size_t)(end - text);
	return end;
}

int ping_socket_parse(const char *text, const struct ds_endpoint *to, struct ds_endpoint *from)
{
	char buf[INET6_ADDRSTRLEN];
	const char *ip, *rest;
	size_t len;

	memset(from, 0, sizeof(*from));
	if (!text || !*text) {
		from->ip.w[2] = uri_is_ip4(&to->ip) ? htonl(0xffff) : 0;
		return 0;
	}
	if (!strncmp(text, "udp:", 4))
		text += 4;
	rest = ping_socket_split(text, &ip, &len);
	if (!rest || len >= sizeof(buf))
		return -EINVAL;
	snprintf(buf, sizeof(buf), "%.*s", (int)len, ip);
	if (uri_address(buf, &from->ip) || ping_socket_parse_port(rest, &from->port_be))
		return -EINVAL;
	return uri_is_ip4(&from->ip) == uri_is_ip4(&to->ip) ? 0 : -EAFNOSUPPORT;
}

socklen_t ping_socket_name(const struct ds_endpoint *at, struct sockaddr_storage *name)
{
	struct sockaddr_in *in = (struct sockaddr_in *)name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;

	if (uri_is_ip4(&at->ip)) {
		*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = at->port_be };
		in->sin_addr.s_addr = at->ip.w[3];
		return sizeof(*in);
	}
	*in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = at->port_be };
	memcpy(&in6->sin6_addr, at->ip.w, sizeof(at->ip.w));
	return sizeof(*in6);
}

void ping_socket_place(const struct sockaddr_storage *name, struct ds_endpoint *at)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)name;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)name;

	memset(at, 0, sizeof(*at));
	if (name->ss_family == AF_INET) {
		at->ip.w[2] = htonl(0xffff);
		at->ip.w[3] = in->sin_addr.s_addr;
		at->port_be = in->sin_port;
	} else {
		memcpy(at->ip.w, &in6->sin6_addr, sizeof(at->ip.w));
		at->port_be = in6->sin6_port;
	}
}

static int ping_socket_local(int fd, struct ds_endpoint *at)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &len))
		return -errno;
	ping_socket_place(&name, at);
	return 0;
}

static int ping_socket_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

static int ping_socket_create(bool is_ip4)
{
	int fd = socket(is_ip4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int ping_socket_prepare(int fd, bool is_ip4)
{
	int err = ping_socket_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);

	if (!err && is_ip4)
		err = ping_socket_option(fd, IPPROTO_IP, IP_RECVERR, 1);
	if (!err && is_ip4)
		err = ping_socket_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	if (!err && !is_ip4)
		err = ping_socket_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err && !is_ip4)
		err = ping_socket_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	/* beyond net.core.rmem_max by privilege; without it what the system allows has to do */
	if (!err && ping_socket_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, PING_SOCKET_BUFFER))
		err = ping_socket_option(fd, SOL_SOCKET, SO_RCVBUF, PING_SOCKET_BUFFER);
	return err;
}

int ping_socket_open(struct ds_endpoint *from)
{
	bool is_ip4 = uri_is_ip4(&from->ip);
	int fd = ping_socket_create(is_ip4), err;
	struct sockaddr_storage name;
	socklen_t len = ping_socket_name(from, &name);

	if (fd < 0)
		return fd;
	err = ping_socket_prepare(fd, is_ip4);
	if (!err && bind(fd, (struct sockaddr *)&name, len))
		err = -errno;
	if (!err)
		err = ping_socket_local(fd, from);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int ping_socket_open_probe(bool is_ip4)
{
	return ping_socket_create(is_ip4);
}

int ping_socket_route(int probe, const struct ds_endpoint *to, struct ds_addr *from)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct sockaddr_storage name;
	socklen_t len = ping_socket_name(to, &name);
	struct ds_endpoint at;
	int err;

	/* without this the address of the first route would stay the source for ever */
	if (connect(probe, &nowhere, sizeof(nowhere)) || connect(probe, (struct sockaddr *)&name, len))
		return -errno;
	err = ping_socket_local(probe, &at);
	*from = at.ip;
	return err;
}

int ping_socket_error(int fd, struct ds_endpoint *to, int *err)
{
	union {
		struct cmsghdr align;
		char room[512]; /* the address of who complained comes along */
	} control;
	struct sockaddr_storage name = { .ss_family = AF_UNSPEC };
	struct msghdr msg = { .msg_name = &name, .msg_namelen = sizeof(name) };
	struct sock_extended_err why;
	struct cmsghdr *c;

	msg.msg_control = &control;
	msg.msg_controllen = sizeof(control);
	*err = 0;
	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return -errno;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
			memcpy(&why, CMSG_DATA(c), sizeof(why));
			*err = (int)why.ee_errno;
		}
	}
	ping_socket_place(&name, to);
	return 0;
}

__u64 ping_socket_stamp(struct msghdr *msg)
{
	struct timespec t = { 0 };
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&t, CMSG_DATA(c), sizeof(t));
	return (__u64)t.tv_sec * 1000000000 + (__u64)t.tv_nsec;
}
