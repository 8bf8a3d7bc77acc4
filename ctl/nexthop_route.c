// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nexthop_route.c - RTM_GETROUTE, RTM_GETRULE and RTM_GETNEIGH for nexthop.c.
 */
#include "nexthop_route.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

/* Attributes of rules that are looked at; the kernel has 30 by 6.18. */
#define NEXTHOP_RULE_MAX 63

struct nexthop_answer {
	struct nexthop_route route;
	bool plain; /* one way to another host */
};

/* Whether an answer names one way, that every packet between its addresses takes. Of several none is RTA_OIF. */
static bool nexthop_is_plain(const struct rtmsg *rtm, const struct rtattr *const *at)
{
	if (rtm->rtm_type != RTN_UNICAST || rtm->rtm_tos || !at[RTA_OIF] || at[RTA_ENCAP_TYPE])
		return false;
	/* of two routers that advertise themselves the kernel chooses the one that answers */
	return rtm->rtm_protocol != RTPROT_RA || !at[RTA_GATEWAY];
}

static __u32 nexthop_mtu(const struct rtattr *metrics)
{
	const struct rtattr *at[RTAX_MTU + 1];

	if (!metrics)
		return 0;
	netlink_attrs(RTA_DATA(metrics), RTA_PAYLOAD(metrics), at, RTAX_MTU);
	return at[RTAX_MTU] ? netlink_u32(at[RTAX_MTU]) : 0;
}

static int nexthop_route_each(void *ctx, const struct nlmsghdr *answer)
{
	const struct rtattr *at[RTA_ENCAP_TYPE + 1];
	const struct rtmsg *rtm = NLMSG_DATA(answer);
	struct nexthop_answer *a = ctx;
	const struct rtattr *via;

	if (answer->nlmsg_type != RTM_NEWROUTE)
		return 0;
	netlink_answer_attrs(answer, sizeof(*rtm), at, RTA_ENCAP_TYPE);
	a->plain = nexthop_is_plain(rtm, at);
	if (!a->plain)
		return 0;
	a->route.hop.ifindex = netlink_u32(at[RTA_OIF]);
	a->route.mtu = nexthop_mtu(at[RTA_METRICS]);
	via = at[RTA_VIA];
	if (at[RTA_GATEWAY])
		return netlink_ip(RTA_DATA(at[RTA_GATEWAY]), RTA_PAYLOAD(at[RTA_GATEWAY]), &a->route.hop.ip);
	if (via) /* struct rtvia: two octets of family, then the address */
		return netlink_ip((const char *)RTA_DATA(via) + 2, RTA_PAYLOAD(via) - 2, &a->route.hop.ip);
	return 0;
}

static int nexthop_ask(int fd, const struct ds_addr *from, const struct ds_addr *to, unsigned int flags,
		       struct nexthop_answer *a)
{
	struct netlink_request r;
	struct rtmsg *rtm = netlink_begin(&r, RTM_GETROUTE, 0, sizeof(*rtm));

	memset(a, 0, sizeof(*a));
	a->route.hop.ip = *to;
	rtm->rtm_family = netlink_family(to);
	rtm->rtm_dst_len = rtm->rtm_src_len = rtm->rtm_family == AF_INET ? 32 : 128;
	rtm->rtm_flags = flags;
	netlink_put_ip(&r, RTA_DST, to);
	netlink_put_ip(&r, RTA_SRC, from);
	return netlink_talk(fd, &r, nexthop_route_each, a);
}

/* Errors that say something about the route and not about the question. */
static bool nexthop_is_refusal(int err)
{
	return err == -ENETUNREACH || err == -EHOSTUNREACH || err == -EINVAL || err == -EACCES || err == -ENODEV ||
	       err == -EAGAIN || err == -ENOENT;
}

int nexthop_route(int fd, const struct ds_addr *from, const struct ds_addr *to, struct nexthop_route *r)
{
	struct nexthop_answer entry, made;
	int err;

	if (netlink_family(from) != netlink_family(to))
		return -ENOENT;
	err = nexthop_ask(fd, from, to, RTM_F_FIB_MATCH, &entry);
	if (!err && entry.plain)
		err = nexthop_ask(fd, from, to, 0, &made);
	if (err)
		return nexthop_is_refusal(err) ? -ENOENT : err;
	/* a redirect, say, that the stack follows and bpf_fib_lookup() does not */
	if (!entry.plain || !made.plain || memcmp(&entry.route.hop, &made.route.hop, sizeof(entry.route.hop)))
		return -ENOENT;
	*r = entry.route;
	if (made.route.mtu && (!r->mtu || made.route.mtu < r->mtu))
		r->mtu = made.route.mtu;
	return 0;
}

/* Counts what rules look at besides addresses; what is newer than this source is taken for such a thing too. */
static int nexthop_rule_each(void *ctx, const struct nlmsghdr *answer)
{
	static const bool harmless[] = {
		[FRA_DST] = true,   [FRA_SRC] = true,	   [FRA_PRIORITY] = true,
		[FRA_TABLE] = true, [FRA_PROTOCOL] = true, [FRA_SUPPRESS_PREFIXLEN] = true,
		[FRA_GOTO] = true,  [FRA_PAD] = true,	   [FRA_SUPPRESS_IFGROUP] = true,
		[FRA_FLOW] = true,
	};
	const struct fib_rule_hdr *rule = NLMSG_DATA(answer);
	const struct rtattr *at[NEXTHOP_RULE_MAX + 1];
	int *odd = ctx;
	size_t i;

	if (answer->nlmsg_type != RTM_NEWRULE)
		return 0;
	netlink_answer_attrs(answer, sizeof(*rule), at, NEXTHOP_RULE_MAX);
	*odd += rule->tos != 0;
	for (i = 0; i <= NEXTHOP_RULE_MAX; i++)
		*odd += at[i] && (i >= sizeof(harmless) / sizeof(harmless[0]) || !harmless[i]);
	return 0;
}

static int nexthop_tos_each(void *ctx, const struct nlmsghdr *answer)
{
	const struct rtmsg *rtm = NLMSG_DATA(answer);
	int *odd = ctx;

	*odd += answer->nlmsg_type == RTM_NEWROUTE && rtm->rtm_tos;
	return 0;
}

int nexthop_is_policy(int fd, int family)
{
	struct netlink_request r;
	struct fib_rule_hdr *rule = netlink_begin(&r, RTM_GETRULE, NLM_F_DUMP, sizeof(*rule));
	struct rtmsg *rtm;
	int err, odd = 0;

	rule->family = (__u8)family;
	err = netlink_talk(fd, &r, nexthop_rule_each, &odd);
	/* packets are looked up with a flow label of 0 in IPv6, which has no routes by TOS */
	if (!err && !odd && family == AF_INET) {
		rtm = netlink_begin(&r, RTM_GETROUTE, NLM_F_DUMP, sizeof(*rtm));
		rtm->rtm_family = AF_INET;
		err = netlink_talk(fd, &r, nexthop_tos_each, &odd);
	}
	/* a kernel without policy routing */
	if (err == -EOPNOTSUPP || err == -EAFNOSUPPORT)
		err = 0;
	return err ? err : odd != 0;
}

static int nexthop_neigh_each(void *ctx, const struct nlmsghdr *answer)
{
	struct netmon_neigh *n = ctx, seen;

	if (answer->nlmsg_type == RTM_NEWNEIGH && !netmon_neigh_read(answer, &seen) &&
	    !memcmp(&seen.at, &n->at, sizeof(n->at)))
		*n = seen;
	return 0;
}

int nexthop_neigh(int fd, struct netmon_neigh *n)
{
	struct netlink_request r;
	struct ndmsg *ndm = netlink_begin(&r, RTM_GETNEIGH, 0, sizeof(*ndm));
	int err;

	n->usable = false;
	ndm->ndm_family = netlink_family(&n->at.ip);
	ndm->ndm_ifindex = (int)n->at.ifindex;
	netlink_put_ip(&r, NDA_DST, &n->at.ip);
	err = netlink_talk(fd, &r, nexthop_neigh_each, n);
	return err == -ENOENT || err == -ENODEV || err == -ENXIO ? 0 : err;
}
