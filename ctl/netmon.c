// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netmon.c - reads multicast messages of rtnetlink and hands them out.
 */
#include "netmon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

#define NETMON_RECV_MAX 65536
/* Room for a few thousand messages, should the loop ever be that late. */
#define NETMON_BUFFER (4 << 20)
#define NETMON_USABLE (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

struct netmon {
	int fd;
	struct event *readable;
	struct netmon_listener *first;
	/* since it was last told */
	bool addresses;
	bool gone;
	bool lost;
	char *buf;
};

static void netmon_tell_neighbour(struct netmon *m, const struct nlmsghdr *h)
{
	struct netmon_listener *l;
	struct netmon_neigh n;

	if (netmon_neigh_read(h, &n))
		return;
	for (l = m->first; l; l = l->next)
		if (l->neighbour)
			l->neighbour(l->ctx, &n);
}

static void netmon_tell_route(struct netmon *m, const struct nlmsghdr *h)
{
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct netmon_route r = { .bits = rtm->rtm_dst_len, .tos = rtm->rtm_tos };
	const struct rtattr *at[RTA_DST + 1];
	struct netmon_listener *l;

	if ((rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6) || rtm->rtm_flags & RTM_F_CLONED)
		return;
	if (rtm->rtm_family == AF_INET) {
		r.to.w[2] = htonl(0xffff);
		r.bits += 96;
	}
	netlink_answer_attrs(h, sizeof(*rtm), at, RTA_DST);
	if (at[RTA_DST] && netlink_ip(RTA_DATA(at[RTA_DST]), RTA_PAYLOAD(at[RTA_DST]), &r.to))
		return;
	for (l = m->first; l; l = l->next)
		if (l->route)
			l->route(l->ctx, &r);
}

static void netmon_tell_link(struct netmon *m, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct netmon_listener *l;

	/* a bridge's ports come as AF_BRIDGE too, which is none of ours */
	if (ifi->ifi_family != AF_UNSPEC)
		return;
	for (l = m->first; l; l = l->next)
		if (l->link)
			l->link(l->ctx, (__u32)ifi->ifi_index);
}

static void netmon_tell_rules(struct netmon *m)
{
	struct netmon_listener *l;

	for (l = m->first; l; l = l->next)
		if (l->rules)
			l->rules(l->ctx);
}

static void netmon_tell(struct netmon *m, const struct nlmsghdr *h)
{
	switch (h->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		netmon_tell_neighbour(m, h);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		netmon_tell_route(m, h);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		netmon_tell_link(m, h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		m->addresses = true;
		m->gone |= h->nlmsg_type == RTM_DELADDR;
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		netmon_tell_rules(m);
		break;
	}
}

/* What is told once after a burst. */
static void netmon_settle(struct netmon *m)
{
	bool lost = m->lost, addresses = m->addresses, gone = m->gone;
	struct netmon_listener *l;

	m->lost = m->addresses = m->gone = false;
	for (l = m->first; l; l = l->next) {
		if (lost && l->lost)
			l->lost(l->ctx);
		else if (addresses && !lost && l->addresses)
			l->addresses(l->ctx, gone);
	}
}

void netmon_read(struct netmon *m)
{
	const struct nlmsghdr *h;
	ssize_t len;

	for (;;) {
		len = recv(m->fd, m->buf, NETMON_RECV_MAX, MSG_DONTWAIT | MSG_TRUNC);
		if (len < 0 && errno == EINTR)
			continue;
		/* the kernel had no room for what came: it says so once and goes on */
		if ((len < 0 && errno == ENOBUFS) || len > NETMON_RECV_MAX) {
			m->lost = true;
			continue;
		}
		if (len <= 0)
			break;
		for (h = (const struct nlmsghdr *)(const void *)m->buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len))
			netmon_tell(m, h);
	}
	netmon_settle(m);
}

static void netmon_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	netmon_read(ctx);
}

int netmon_new(struct event_base *base, struct netmon **monitor)
{
	static const unsigned int group[] = {
		RTNLGRP_LINK,	     RTNLGRP_NEIGH,	 RTNLGRP_NEXTHOP,   RTNLGRP_IPV4_ROUTE,	 RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE, RTNLGRP_IPV6_IFADDR,
	};
	struct netmon *m = calloc(1, sizeof(*m));
	int err = -ENOMEM;
	size_t i;

	if (!m)
		return -ENOMEM;
	m->buf = malloc(NETMON_RECV_MAX);
	m->fd = netlink_open();
	if (m->fd < 0 || !m->buf) {
		err = m->fd < 0 ? m->fd : -ENOMEM;
		goto fail;
	}
	netlink_room(m->fd, NETMON_BUFFER);
	for (i = 0; i < sizeof(group) / sizeof(group[0]); i++) {
		err = netlink_join(m->fd, group[i]);
		if (err)
			goto fail;
	}
	m->readable = event_new(base, m->fd, EV_READ | EV_PERSIST, netmon_readable, m);
	if (!m->readable || event_add(m->readable, NULL)) {
		err = -ENOMEM;
		goto fail;
	}
	*monitor = m;
	return 0;
fail:
	netmon_free(m);
	return err;
}

void netmon_free(struct netmon *m)
{
	if (!m)
		return;
	if (m->readable)
		event_free(m->readable);
	if (m->fd >= 0)
		close(m->fd);
	free(m->buf);
	free(m);
}

void netmon_add(struct netmon *m, struct netmon_listener *l)
{
	l->next = m->first;
	m->first = l;
}

void netmon_remove(struct netmon *m, struct netmon_listener *l)
{
	struct netmon_listener **at = &m->first;

	while (*at && *at != l)
		at = &(*at)->next;
	if (*at)
		*at = l->next;
}

int netmon_neigh_read(const struct nlmsghdr *h, struct netmon_neigh *n)
{
	const struct ndmsg *ndm = NLMSG_DATA(h);
	const struct rtattr *at[NDA_LLADDR + 1];

	memset(n, 0, sizeof(*n));
	if ((ndm->ndm_family != AF_INET && ndm->ndm_family != AF_INET6) || ndm->ndm_flags & NTF_PROXY)
		return -EINVAL;
	netlink_answer_attrs(h, sizeof(*ndm), at, NDA_LLADDR);
	if (!at[NDA_DST] || netlink_ip(RTA_DATA(at[NDA_DST]), RTA_PAYLOAD(at[NDA_DST]), &n->at.ip))
		return -EINVAL;
	n->at.ifindex = (__u32)ndm->ndm_ifindex;
	if (h->nlmsg_type == RTM_DELNEIGH || !(ndm->ndm_state & NETMON_USABLE))
		return 0;
	if (!at[NDA_LLADDR] || RTA_PAYLOAD(at[NDA_LLADDR]) != sizeof(n->mac))
		return 0;
	memcpy(n->mac, RTA_DATA(at[NDA_LLADDR]), sizeof(n->mac));
	n->usable = true;
	return 0;
}
