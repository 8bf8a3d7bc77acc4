// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_socket.c - see slow_socket.h.
 *
 * A spoofing socket is a raw one: it takes the UDP header from us and makes the IP header, so that the kernel routes and
 * fragments, with the source that comes along as packet information. One is enough for all clients.
 */
#include "slow_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ping_socket.h"
#include "uri.h"

/* Some thousand messages, should the loop be busy. */
#define SLOW_SOCKET_BUFFER (4 << 20)

/* Two numbers and an address come along. */
union slow_control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int)) * 2 + CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct slow_batch {
	struct mmsghdr msg[SLOW_BATCH];
	struct iovec iov[SLOW_BATCH][2];
	struct sockaddr_storage name[SLOW_BATCH];
	union slow_control control[SLOW_BATCH];
	struct udphdr udp[SLOW_BATCH];
	unsigned char data[SLOW_BATCH][SLOW_SIZE];
};

struct slow_option {
	int level;
	int name;
	int value;
};

static const struct slow_option slow_options4[] = {
	{ IPPROTO_IP, IP_FREEBIND, 1 },
	{ IPPROTO_IP, IP_RECVTTL, 1 },
	{ IPPROTO_IP, IP_RECVTOS, 1 },
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT },
};

static const struct slow_option slow_options6[] = {
	{ IPPROTO_IPV6, IPV6_V6ONLY, 1 },
	{ IPPROTO_IPV6, IPV6_FREEBIND, 1 },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1 },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, 1 },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT },
};

static const struct slow_option slow_spoof4[] = {
	{ IPPROTO_IP, IP_TRANSPARENT, 1 },
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT },
};

static const struct slow_option slow_spoof6[] = {
	{ IPPROTO_IPV6, IPV6_TRANSPARENT, 1 },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT },
};

struct slow_batch *slow_batch_new(void)
{
	return calloc(1, sizeof(struct slow_batch));
}

void slow_batch_free(struct slow_batch *b)
{
	free(b);
}

static int slow_set_options(int fd, const struct slow_option *o, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (setsockopt(fd, o[i].level, o[i].name, &o[i].value, sizeof(o[i].value)))
			return -errno;
	return 0;
}

/* Beyond net.core.*mem_max by privilege; without it what the system allows has to do. */
static void slow_set_buffer(int fd, int forced, int asked)
{
	int size = SLOW_SOCKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, asked, &size, sizeof(size));
}

#define SLOW_OPTIONS(fd, list) slow_set_options(fd, list, sizeof(list) / sizeof(*(list)))

static int slow_close(int fd, int err)
{
	close(fd);
	return err;
}

int slow_socket_open(const struct ds_endpoint *at)
{
	bool is_ip4 = uri_is_ip4(&at->ip);
	int fd = socket(is_ip4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;
	struct sockaddr_storage name;
	socklen_t len = ping_socket_name(at, &name);

	if (fd < 0)
		return -errno;
	err = is_ip4 ? SLOW_OPTIONS(fd, slow_options4) : SLOW_OPTIONS(fd, slow_options6);
	slow_set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	slow_set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (!err && bind(fd, (struct sockaddr *)&name, len))
		err = -errno;
	return err ? slow_close(fd, err) : fd;
}

int slow_socket_open_spoof(bool is_ip4)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog filter = { 1, &none };
	int fd = socket(is_ip4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP), err;

	if (fd < 0)
		return -errno;
	err = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) ? -errno : 0;
	if (!err)
		err = is_ip4 ? SLOW_OPTIONS(fd, slow_spoof4) : SLOW_OPTIONS(fd, slow_spoof6);
	slow_set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	return err ? slow_close(fd, err) : fd;
}

/* ---- receiving */

static int slow_control_int(struct cmsghdr *c)
{
	int value = 0;
	size_t len = c->cmsg_len - CMSG_LEN(0);

	/* IP_TOS comes as one octet */
	memcpy(&value, CMSG_DATA(c), len < sizeof(value) ? len : sizeof(value));
	return value;
}

static void slow_read_control(struct msghdr *msg, struct slow_datagram *g)
{
	struct cmsghdr *c;

	g->tos = 0;
	g->ttl = 255;
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT))
			g->ttl = (__u8)slow_control_int(c);
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS))
			g->tos = (__u8)slow_control_int(c);
	}
}

int slow_socket_receive(int fd, struct slow_batch *b, struct slow_datagram *g)
{
	struct msghdr *msg;
	int i, n;

	for (i = 0; i < SLOW_BATCH; i++) {
		b->iov[i][0] = (struct iovec){ b->data[i], SLOW_SIZE };
		b->msg[i].msg_hdr = (struct msghdr){ .msg_name = &b->name[i],
						     .msg_namelen = sizeof(b->name[i]),
						     .msg_iov = b->iov[i],
						     .msg_iovlen = 1,
						     .msg_control = &b->control[i],
						     .msg_controllen = sizeof(b->control[i]) };
	}
	n = recvmmsg(fd, b->msg, SLOW_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		msg = &b->msg[i].msg_hdr;
		g[i] = (struct slow_datagram){ .data = b->data[i], .len = b->msg[i].msg_len };
		ping_socket_place(&b->name[i], &g[i].src);
		slow_read_control(msg, &g[i]);
	}
	return n;
}

/* ---- sending */

static void *slow_put_control(struct msghdr *msg, int level, int type, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((char *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	msg->msg_controllen += CMSG_SPACE(len);
	return CMSG_DATA(c);
}

static void slow_put_int(struct msghdr *msg, int level, int type, int value)
{
	memcpy(slow_put_control(msg, level, type, sizeof(value)), &value, sizeof(value));
}

static void slow_write_control(struct msghdr *msg, const struct slow_parcel *p, bool is_ip4)
{
	struct in6_pktinfo from6 = { .ipi6_ifindex = 0 };
	struct in_pktinfo from4 = { .ipi_spec_dst.s_addr = p->from.ip.w[3] };

	slow_put_int(msg, is_ip4 ? IPPROTO_IP : IPPROTO_IPV6, is_ip4 ? IP_TOS : IPV6_TCLASS, p->tos);
	if (p->ttl)
		slow_put_int(msg, is_ip4 ? IPPROTO_IP : IPPROTO_IPV6, is_ip4 ? IP_TTL : IPV6_HOPLIMIT, p->ttl);
	if (!p->spoof)
		return;
	memcpy(&from6.ipi6_addr, p->from.ip.w, sizeof(from6.ipi6_addr));
	if (is_ip4)
		memcpy(slow_put_control(msg, IPPROTO_IP, IP_PKTINFO, sizeof(from4)), &from4, sizeof(from4));
	else
		memcpy(slow_put_control(msg, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(from6)), &from6, sizeof(from6));
}

static __u32 slow_sum(__u32 s, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		s += i & 1 ? p[i] : (__u32)p[i] << 8;
	return s;
}

/* The UDP header of a parcel, with its checksum: of IPv4 as of v4-mapped addresses, whose other words are summed out. */
static struct udphdr slow_udp(const struct slow_parcel *p, bool is_ip4)
{
	__u16 len = (__u16)(p->len + sizeof(struct udphdr));
	struct udphdr udp = { .source = p->from.port_be, .dest = p->to.port_be, .len = htons(len) };
	size_t skip = is_ip4 ? 3 : 0, words = 4 - skip;
	__u32 s = slow_sum(IPPROTO_UDP + len, p->from.ip.w + skip, words * 4);

	s = slow_sum(s, p->to.ip.w + skip, words * 4);
	s = slow_sum(s, &udp, sizeof(udp));
	s = slow_sum(s, p->data, p->len);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	udp.check = s == 0xffff ? 0xffff : htons((__u16)~s);
	return udp;
}

static void slow_write(struct slow_batch *b, int i, const struct slow_parcel *p)
{
	struct msghdr *msg = &b->msg[i].msg_hdr;
	bool is_ip4 = uri_is_ip4(&p->to.ip);
	struct ds_endpoint to = p->to;

	if (p->spoof) {
		b->udp[i] = slow_udp(p, is_ip4);
		/* of a raw socket the port is the protocol */
		to.port_be = 0;
	}
	b->iov[i][0] = (struct iovec){ &b->udp[i], sizeof(b->udp[i]) };
	b->iov[i][1] = (struct iovec){ (void *)(__UINTPTR_TYPE__)p->data, p->len };
	memset(&b->control[i], 0, sizeof(b->control[i]));
	*msg = (struct msghdr){ .msg_name = &b->name[i],
				.msg_namelen = ping_socket_name(&to, &b->name[i]),
				.msg_iov = &b->iov[i][p->spoof ? 0 : 1],
				.msg_iovlen = p->spoof ? 2 : 1,
				.msg_control = &b->control[i] };
	slow_write_control(msg, p, is_ip4);
}

void slow_socket_send(int fd, struct slow_batch *b, const struct slow_parcel *p, size_t n, bool *failed)
{
	size_t i, done = 0;
	int rc;

	for (i = 0; i < n; i++) {
		slow_write(b, (int)i, &p[i]);
		failed[i] = false;
	}
	while (done < n) {
		rc = sendmmsg(fd, b->msg + done, (unsigned int)(n - done), MSG_DONTWAIT);
		if (rc < 0 && errno == EINTR)
			continue;
		/* the first one of those left is the one not taken */
		if (rc < 0)
			failed[done++] = true;
		else
			done += (size_t)rc;
	}
}

unsigned int slow_socket_backlog(int fd, __u32 *lost)
{
	__u32 info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	*lost = 0;
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) || !info[SK_MEMINFO_RCVBUF])
		return 0;
	*lost = info[SK_MEMINFO_DROPS];
	return (unsigned int)((__u64)info[SK_MEMINFO_RMEM_ALLOC] * 100 / info[SK_MEMINFO_RCVBUF]);
}
