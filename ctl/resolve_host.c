// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resolve_host.c - the resolver of this host: the C library's look-up and the addresses of its interfaces.
 */
#include "resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Addresses of this host, ascending. */
struct resolve_local {
	struct resolve_answer own;
};

/* Returns false for a family that is not IP. */
static bool resolve_from_sockaddr(const struct sockaddr *sa, struct ds_addr *ip)
{
	memset(ip, 0, sizeof(*ip));
	if (!sa)
		return false;
	if (sa->sa_family == AF_INET) {
		ip->w[2] = htonl(0xffff);
		memcpy(&ip->w[3], &((const struct sockaddr_in *)(const void *)sa)->sin_addr, sizeof(ip->w[3]));
		return true;
	}
	if (sa->sa_family == AF_INET6)
		memcpy(ip->w, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, sizeof(ip->w));
	return sa->sa_family == AF_INET6;
}

static int resolve_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ds_addr));
}

static bool resolve_is_local(void *ctx, const struct ds_addr *ip)
{
	static const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
	const struct resolve_local *local = ctx;

	if (uri_is_ip4(ip) && ntohl(ip->w[3]) >> 24 == IN_LOOPBACKNET)
		return true;
	if (!memcmp(ip, &loopback, sizeof(loopback)))
		return true;
	return local->own.n && bsearch(ip, local->own.ip, local->own.n, sizeof(*ip), resolve_compare);
}

/* No AI_ADDRCONFIG: nodes with the same list must get the same members, whatever addresses they have themselves. */
static int resolve_lookup(void *ctx, const char *name, struct resolve_answer *answer)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL, *ai;
	struct ds_addr ip;
	int ret, err = 0;

	(void)ctx;
	ret = getaddrinfo(name, NULL, &hints, &found);
	if (ret) {
		answer->why = gai_strerror(ret);
		return ret == EAI_MEMORY ? -ENOMEM : ret == EAI_AGAIN ? -EAGAIN : -ENOENT;
	}
	for (ai = found; ai && !err; ai = ai->ai_next)
		if (resolve_from_sockaddr(ai->ai_addr, &ip) && !uri_unfit(&ip))
			err = resolve_answer_add(answer, &ip);
	if (!err && !answer->n)
		answer->why = "none of its addresses is that of one host";
	freeaddrinfo(found);
	return err;
}

int resolve_host(struct resolver *r, bool dns)
{
	struct resolve_local *local = calloc(1, sizeof(*local));
	struct ifaddrs *list = NULL, *ifa;
	struct ds_addr ip;
	int err = 0;

	if (!local)
		return -ENOMEM;
	*r = (struct resolver){ dns ? resolve_lookup : NULL, resolve_is_local, local };
	if (getifaddrs(&list))
		err = -errno;
	for (ifa = list; ifa && !err; ifa = ifa->ifa_next)
		if (resolve_from_sockaddr(ifa->ifa_addr, &ip))
			err = resolve_answer_add(&local->own, &ip);
	freeifaddrs(list);
	if (err)
		resolve_host_free(r);
	else if (local->own.n)
		qsort(local->own.ip, local->own.n, sizeof(*local->own.ip), resolve_compare);
	return err;
}

void resolve_host_free(struct resolver *r)
{
	struct resolve_local *local = r->ctx;

	if (local)
		free(local->own.ip);
	free(local);
	memset(r, 0, sizeof(*r));
}
