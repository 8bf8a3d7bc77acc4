// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * route_kernel.c - see route_kernel.h. The namespace has a veth pair; all that is not local goes by a gateway whose
 * neighbour entry is there, so the program's route look-ups find a way to any address.
 */
#include "route_kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "uri.h"

#define ROUTE_DEVICE "route0"
#define ROUTE_PEER "route1"
/* No index of the live system's, since tables shared with it may speak of those. */
#define ROUTE_IFINDEX 2000000000
#define ROUTE_GATEWAY4 "169.254.0.1"
#define ROUTE_GATEWAY6 "fe80::1"

#define ROUTE_ETH 14
#define ROUTE_VLAN 4

static int route_kernel_sysctl(const char *family, const char *name, const char *value)
{
	char path[128];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/" ROUTE_DEVICE "/%s", family, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* One attribute inside another's data at buf + *len. */
static void route_kernel_nest(char *buf, size_t *len, int type, const void *data, size_t n)
{
	struct rtattr a = { .rta_type = type, .rta_len = RTA_LENGTH(n) };

	memcpy(buf + *len, &a, sizeof(a));
	memcpy(buf + *len + RTA_LENGTH(0), data, n);
	*len += RTA_ALIGN(a.rta_len);
}

static int route_kernel_add_veth(int fd)
{
	char peer[64] = { 0 }, data[96] = { 0 }, info[160] = { 0 };
	size_t peer_len = sizeof(struct ifinfomsg), data_len = 0, info_len = 0;
	struct netlink_request r;
	struct ifinfomsg *i = netlink_begin(&r, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(*i));

	i->ifi_index = ROUTE_IFINDEX;
	route_kernel_nest(peer, &peer_len, IFLA_IFNAME, ROUTE_PEER, sizeof(ROUTE_PEER));
	route_kernel_nest(data, &data_len, VETH_INFO_PEER, peer, peer_len);
	route_kernel_nest(info, &info_len, IFLA_INFO_KIND, "veth", 4);
	route_kernel_nest(info, &info_len, IFLA_INFO_DATA, data, data_len);
	netlink_put(&r, IFLA_IFNAME, ROUTE_DEVICE, sizeof(ROUTE_DEVICE));
	netlink_put(&r, IFLA_LINKINFO, info, info_len);
	return netlink_talk(fd, &r, NULL, NULL);
}

static int route_kernel_up(const char *name, __u32 mtu)
{
	int err = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { 0 };

	if (fd < 0)
		return -errno;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	r.ifr_mtu = mtu;
	if (ioctl(fd, SIOCSIFMTU, &r))
		err = -errno;
	r.ifr_flags = IFF_UP;
	if (!err && ioctl(fd, SIOCSIFFLAGS, &r))
		err = -errno;
	close(fd);
	return err;
}

static int route_kernel_add_gateway(int fd, const char *text)
{
	static const unsigned char mac[6] = { 0x02, 0, 0, 0, 0, 0x02 };
	__u32 index = ROUTE_IFINDEX;
	struct netlink_request r;
	struct rtmsg *m = netlink_begin(&r, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE, sizeof(*m));
	struct ds_addr ip;
	struct ndmsg *n;
	int err;

	uri_address(text, &ip);
	m->rtm_family = netlink_family(&ip);
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_scope = RT_SCOPE_UNIVERSE;
	m->rtm_type = RTN_UNICAST;
	m->rtm_flags = RTNH_F_ONLINK;
	netlink_put_ip(&r, RTA_GATEWAY, &ip);
	netlink_put(&r, RTA_OIF, &index, sizeof(index));
	err = netlink_talk(fd, &r, NULL, NULL);
	if (err)
		return err;
	n = netlink_begin(&r, RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof(*n));
	n->ndm_family = netlink_family(&ip);
	n->ndm_ifindex = ROUTE_IFINDEX;
	n->ndm_state = NUD_PERMANENT;
	netlink_put_ip(&r, NDA_DST, &ip);
	netlink_put(&r, NDA_LLADDR, mac, sizeof(mac));
	return netlink_talk(fd, &r, NULL, NULL);
}

/* One family: forwarding, and a way to everywhere. */
static int route_kernel_family(int fd, const char *family, const char *gateway)
{
	int err = route_kernel_sysctl(family, "forwarding", "1");

	return err ? err : route_kernel_add_gateway(fd, gateway);
}

int route_kernel_enter(__u32 mtu, const char **what)
{
	int fd, err;

	*what = "make a network namespace";
	if (unshare(CLONE_NEWNET))
		return -errno;
	*what = "make a veth pair";
	fd = netlink_open();
	if (fd < 0)
		return fd;
	err = route_kernel_add_veth(fd);
	/* without IPv6 in this kernel there is no such setting, and IPv6 fails below with its own words */
	if (!err)
		route_kernel_sysctl("ipv6", "addr_gen_mode", "1");
	/* without any address of its own IPv4 takes every gateway for a broadcast address */
	if (!err)
		err = route_kernel_up("lo", mtu);
	if (!err)
		err = route_kernel_up(ROUTE_PEER, mtu);
	if (!err)
		err = route_kernel_up(ROUTE_DEVICE, mtu);
	if (!err) {
		*what = "set up IPv4 forwarding";
		err = route_kernel_family(fd, "ipv4", ROUTE_GATEWAY4);
	}
	if (!err) {
		*what = "set up IPv6 forwarding";
		err = route_kernel_family(fd, "ipv6", ROUTE_GATEWAY6);
	}
	close(fd);
	return err;
}

/* The sum of RFC 1071 over len octets, added to s; len is even but for the last part of what is summed. */
static __u64 route_kernel_sum(__u64 s, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		s += (__u32)p[i] << 8 | p[i + 1];
	return len & 1 ? s + ((__u32)p[len - 1] << 8) : s;
}

static __be16 route_kernel_fold(__u64 s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((__u16)~s);
}

static size_t route_kernel_ip4(unsigned char *at, const struct ds_endpoint *src, const struct ds_endpoint *dst,
			       size_t len)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP };

	ip.tot_len = htons(sizeof(ip) + len);
	ip.saddr = src->ip.w[3];
	ip.daddr = dst->ip.w[3];
	ip.check = route_kernel_fold(route_kernel_sum(0, &ip, sizeof(ip)));
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t route_kernel_ip6(unsigned char *at, const struct ds_endpoint *src, const struct ds_endpoint *dst,
			       size_t len)
{
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6u << 28), .ip6_plen = htons(len), .ip6_nxt = IPPROTO_UDP, .ip6_hlim = 64
	};

	memcpy(&ip.ip6_src, &src->ip, sizeof(ip.ip6_src));
	memcpy(&ip.ip6_dst, &dst->ip, sizeof(ip.ip6_dst));
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

/* The datagram in a frame; returns the frame's length. */
static size_t route_kernel_frame(unsigned char *frame, const struct ds_endpoint *src, const struct ds_endpoint *dst,
				 const unsigned char *payload, size_t len)
{
	static const unsigned char mac[12] = { 0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02 };
	int is_ip4 = uri_is_ip4(&dst->ip);
	struct udphdr udp = { .source = src->port_be, .dest = dst->port_be, .len = htons(len + sizeof(udp)) };
	size_t pos = ROUTE_ETH;
	__u64 sum;

	memcpy(frame, mac, sizeof(mac));
	frame[12] = is_ip4 ? 0x08 : 0x86;
	frame[13] = is_ip4 ? 0x00 : 0xdd;
	if (is_ip4)
		pos += route_kernel_ip4(frame + pos, src, dst, len + sizeof(udp));
	else
		pos += route_kernel_ip6(frame + pos, src, dst, len + sizeof(udp));
	/* of a v4-mapped address all but the last word would add the same to both sides */
	sum = IPPROTO_UDP + len + sizeof(udp);
	sum = route_kernel_sum(sum, is_ip4 ? &src->ip.w[3] : &src->ip.w[0], is_ip4 ? 4 : 16);
	sum = route_kernel_sum(sum, is_ip4 ? &dst->ip.w[3] : &dst->ip.w[0], is_ip4 ? 4 : 16);
	sum = route_kernel_sum(sum, &udp, sizeof(udp));
	udp.check = route_kernel_fold(route_kernel_sum(sum, payload, len));
	if (!udp.check)
		udp.check = 0xffff;
	memcpy(frame + pos, &udp, sizeof(udp));
	pos += sizeof(udp);
	memcpy(frame + pos, payload, len);
	return pos + len;
}

/* Finds place and payload in the frame to be sent. */
static int route_kernel_read(struct route_run *r)
{
	const unsigned char *p = r->frame + 12, *end = r->frame + r->frame_len;
	struct udphdr udp;

	while (p + ROUTE_VLAN < end && ((p[0] == 0x81 && p[1] == 0x00) || (p[0] == 0x88 && p[1] == 0xa8)))
		p += ROUTE_VLAN;
	p += 2;
	if (p >= end)
		return -EPROTO;
	if (p[0] >> 4 == 4 && p + sizeof(struct iphdr) <= end) {
		netlink_ip(p + offsetof(struct iphdr, daddr), 4, &r->to.ip);
		p += sizeof(struct iphdr);
	} else if (p[0] >> 4 == 6 && p + sizeof(struct ip6_hdr) <= end) {
		netlink_ip(p + offsetof(struct ip6_hdr, ip6_dst), 16, &r->to.ip);
		p += sizeof(struct ip6_hdr);
	} else {
		return -EPROTO;
	}
	if (p + sizeof(udp) > end)
		return -EPROTO;
	memcpy(&udp, p, sizeof(udp));
	r->to.port_be = udp.dest;
	r->out = p + sizeof(udp);
	r->out_len = end - r->out;
	return 0;
}

/* The only one of n counters (strided over the CPUs) that is 1, -EPROTO where there is not exactly one. */
static int route_kernel_only(const __u64 *first, size_t n, size_t stride, int cpus)
{
	int c, found = -EPROTO;
	__u64 sum;
	size_t i;

	for (i = 0; i < n; i++) {
		for (sum = 0, c = 0; c < cpus; c++)
			sum += first[i + c * stride];
		if (!sum)
			continue;
		if (sum != 1 || found >= 0)
			return -EPROTO;
		found = (int)i;
	}
	return found;
}

static int route_kernel_count(const struct bpf_inst *b, __u32 slot, struct ds_counters *count, int cpus,
			      struct route_run *r)
{
	size_t stride = sizeof(*count) / sizeof(__u64);
	int verdict, reason, err = bpf_get(b, BPF_MAP_counters, &slot, count);

	if (err)
		return err;
	verdict = route_kernel_only(count->verdict, VERDICT_MAX, stride, cpus);
	reason = route_kernel_only(count->reason, REASON_MAX, stride, cpus);
	if (verdict < 0 || reason < 0)
		return -EPROTO;
	r->verdict = verdict == VERDICT_needs_slow_path ? VERDICT_slow : verdict;
	r->reason = reason;
	return 0;
}

int route_kernel_run(const struct bpf_inst *b, __u32 slot, const struct ds_endpoint *src, const unsigned char *payload,
		     size_t len, struct route_run *r)
{
	static unsigned char in[ROUTE_FRAME_MAX], out[ROUTE_FRAME_MAX];
	struct bpf_test t = { .in = in, .out = out, .out_len = sizeof(out), .ifindex = ROUTE_IFINDEX, .repeat = 1 };
	int err, cpus = bpf_cpus();
	struct ds_counters *count;

	memset(r, 0, sizeof(*r));
	if (cpus < 0)
		return cpus;
	count = calloc(cpus, sizeof(*count));
	if (!count)
		return -ENOMEM;
	t.in_len = route_kernel_frame(in, src, &b->listeners[slot].at, payload, len);
	err = bpf_put(b, BPF_MAP_counters, &slot, count);
	if (!err)
		err = bpf_test_run(b, &t);
	if (!err)
		err = route_kernel_count(b, slot, count, cpus, r);
	free(count);
	if (err || (t.retval != XDP_TX && t.retval != XDP_REDIRECT))
		return err;
	r->frame = out;
	r->frame_len = t.out_len;
	return route_kernel_read(r);
}
