// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gateways.c - reads the routing tables by RTM_GETROUTE.
 */
#include "gateways.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

struct gateways {
	const __u32 *ifindex;
	size_t n_ifindex;
	struct neigh *found;
	size_t n;
};

static int gateways_add(struct gateways *g, const struct neigh *hop)
{
	struct neigh *found;
	size_t i;

	for (i = 0; i < g->n_ifindex && g->ifindex[i] != hop->ifindex; i++)
		;
	if (i == g->n_ifindex)
		return 0;
	for (i = 0; i < g->n; i++)
		if (!memcmp(&g->found[i], hop, sizeof(*hop)))
			return 0;
	found = realloc(g->found, (g->n + 1) * sizeof(*found));
	if (!found)
		return -ENOMEM;
	g->found = found;
	g->found[g->n++] = *hop;
	return 0;
}

/* The gateway among the attributes of a route or of one of its next hops. */
static int gateways_read(struct gateways *g, __u32 ifindex, const struct rtattr *const *at)
{
	struct neigh hop = { .ifindex = ifindex };
	int err;

	if (at[RTA_GATEWAY])
		err = netlink_ip(RTA_DATA(at[RTA_GATEWAY]), RTA_PAYLOAD(at[RTA_GATEWAY]), &hop.ip);
	else if (at[RTA_VIA]) /* struct rtvia: two octets of family, then the address */
		err = netlink_ip((const char *)RTA_DATA(at[RTA_VIA]) + 2, RTA_PAYLOAD(at[RTA_VIA]) - 2, &hop.ip);
	else
		return 0;
	return err ? err : gateways_add(g, &hop);
}

static int gateways_each(void *ctx, const struct nlmsghdr *answer)
{
	const struct rtattr *at[RTA_VIA + 1], *hop_at[RTA_VIA + 1];
	const struct rtnexthop *hop;
	struct gateways *g = ctx;
	int err = 0, len;

	if (answer->nlmsg_type != RTM_NEWROUTE)
		return 0;
	netlink_answer_attrs(answer, sizeof(struct rtmsg), at, RTA_VIA);
	if (at[RTA_OIF])
		return gateways_read(g, netlink_u32(at[RTA_OIF]), at);
	if (!at[RTA_MULTIPATH])
		return 0;
	hop = RTA_DATA(at[RTA_MULTIPATH]);
	len = RTA_PAYLOAD(at[RTA_MULTIPATH]);
	for (; RTNH_OK(hop, len) && !err; len -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		netlink_attrs(RTNH_DATA(hop), hop->rtnh_len - sizeof(*hop), hop_at, RTA_VIA);
		err = gateways_read(g, hop->rtnh_ifindex, hop_at);
	}
	return err;
}

static int gateways_family(int fd, struct gateways *g, int family)
{
	struct netlink_request r;
	struct rtmsg *rtm = netlink_begin(&r, RTM_GETROUTE, NLM_F_DUMP, sizeof(*rtm));

	rtm->rtm_family = family;
	return netlink_talk(fd, &r, gateways_each, g);
}

int gateways_list(const __u32 *ifindex, size_t n, struct neigh **gateway, size_t *n_gateways)
{
	struct gateways g = { .ifindex = ifindex, .n_ifindex = n };
	int err, fd = netlink_open();

	if (fd < 0)
		return fd;
	err = gateways_family(fd, &g, AF_INET);
	if (!err)
		err = gateways_family(fd, &g, AF_INET6);
	close(fd);
	if (err) {
		free(g.found);
		return err;
	}
	*gateway = g.found;
	*n_gateways = g.n;
	return 0;
}
