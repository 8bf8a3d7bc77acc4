// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * links.c - reads all interfaces by RTM_GETLINK and publishes them.
 */
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"

/* The tag of a VLAN device as in struct ds_link, 0 for any other kind (tag 0 is a priority tag, not a VLAN). */
static __u16 links_vlan(const struct rtattr *info)
{
	const struct rtattr *at[IFLA_INFO_DATA + 1], *data[IFLA_VLAN_PROTOCOL + 1];
	__u16 vlan;

	if (!info)
		return 0;
	netlink_attrs(RTA_DATA(info), RTA_PAYLOAD(info), at, IFLA_INFO_DATA);
	if (!at[IFLA_INFO_KIND] || !at[IFLA_INFO_DATA] || strcmp(RTA_DATA(at[IFLA_INFO_KIND]), "vlan") != 0)
		return 0;
	netlink_attrs(RTA_DATA(at[IFLA_INFO_DATA]), RTA_PAYLOAD(at[IFLA_INFO_DATA]), data, IFLA_VLAN_PROTOCOL);
	vlan = data[IFLA_VLAN_ID] ? netlink_u16(data[IFLA_VLAN_ID]) : 0;
	if (vlan && data[IFLA_VLAN_PROTOCOL] && netlink_u16(data[IFLA_VLAN_PROTOCOL]) == htons(ETH_P_8021AD))
		vlan |= DS_VLAN_SERVICE;
	return vlan;
}

static int links_each(void *ctx, const struct nlmsghdr *answer)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(answer);
	const struct rtattr *at[IFLA_LINK_NETNSID + 1];
	struct links_list *list = ctx;
	struct links_device *d;

	if (answer->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		d = realloc(list->device, list->room * sizeof(*d));
		if (!d)
			return -ENOMEM;
		list->device = d;
	}
	netlink_answer_attrs(answer, sizeof(*ifi), at, IFLA_LINK_NETNSID);
	d = &list->device[list->n++];
	memset(d, 0, sizeof(*d));
	d->ifindex = ifi->ifi_index;
	d->vlan = links_vlan(at[IFLA_LINKINFO]);
	d->mtu = at[IFLA_MTU] ? netlink_u32(at[IFLA_MTU]) : 0;
	d->ethernet = ifi->ifi_type == ARPHRD_ETHER && at[IFLA_ADDRESS] &&
		      RTA_PAYLOAD(at[IFLA_ADDRESS]) == sizeof(d->mac);
	if (d->ethernet)
		memcpy(d->mac, RTA_DATA(at[IFLA_ADDRESS]), sizeof(d->mac));
	d->parent = d->vlan && at[IFLA_LINK] && !at[IFLA_LINK_NETNSID] ? netlink_u32(at[IFLA_LINK]) : 0;
	return 0;
}

int links_read(struct links_list *list)
{
	struct netlink_request r;
	int err, fd = netlink_open();

	if (fd < 0)
		return fd;
	netlink_begin(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	err = netlink_talk(fd, &r, links_each, list);
	close(fd);
	return err;
}

const struct links_device *links_find(const struct links_list *list, __u32 ifindex)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->device[i].ifindex == ifindex)
			return &list->device[i];
	return NULL;
}

int links_resolve(const struct links_list *list, const struct links_device *d, struct ds_link *link)
{
	memset(link, 0, sizeof(*link));
	while (d && d->parent) {
		if (link->tags == 2)
			return -ERANGE;
		/* the lower device adds the outer tag */
		link->vlan[1] = link->vlan[0];
		link->vlan[0] = d->vlan;
		link->tags++;
		d = links_find(list, d->parent);
	}
	if (!d)
		return -ENODEV;
	link->phys = d->ifindex;
	return 0;
}

static int links_enter(const struct bpf_inst *b, const struct links_list *list, const __u32 *attached,
		       size_t n_attached)
{
	struct ds_vlan_key key;
	struct ds_link link;
	size_t i, k;
	int err;

	for (i = 0; i < list->n; i++) {
		if (links_resolve(list, &list->device[i], &link))
			continue;
		for (k = 0; k < n_attached; k++)
			link.attached |= attached[k] == link.phys;
		err = bpf_put(b, BPF_MAP_links, &list->device[i].ifindex, &link);
		if (err)
			return err;
		if (!link.tags)
			continue;
		key = (struct ds_vlan_key){ link.phys, { link.vlan[0], link.vlan[1] } };
		err = bpf_put(b, BPF_MAP_vlan_ids, &key, &list->device[i].ifindex);
		if (err)
			return err;
	}
	return 0;
}

/* Takes out interfaces that are gone, and tags that lead to them or elsewhere. */
static int links_forget(const struct bpf_inst *b, const struct links_list *list)
{
	struct ds_vlan_key tag, next_tag;
	const struct links_device *d;
	__u32 ifindex, next;
	struct ds_link link;
	int err, end;

	end = bpf_next(b, BPF_MAP_links, NULL, &next);
	while (!end) {
		ifindex = next;
		end = bpf_next(b, BPF_MAP_links, &ifindex, &next);
		d = links_find(list, ifindex);
		if (d && !links_resolve(list, d, &link))
			continue;
		err = bpf_del(b, BPF_MAP_links, &ifindex);
		if (err)
			return err;
	}
	end = bpf_next(b, BPF_MAP_vlan_ids, NULL, &next_tag);
	while (!end) {
		tag = next_tag;
		end = bpf_next(b, BPF_MAP_vlan_ids, &tag, &next_tag);
		if (bpf_get(b, BPF_MAP_vlan_ids, &tag, &ifindex))
			continue;
		d = links_find(list, ifindex);
		if (d && !links_resolve(list, d, &link) && link.phys == tag.phys && link.vlan[0] == tag.vlan[0] &&
		    link.vlan[1] == tag.vlan[1])
			continue;
		err = bpf_del(b, BPF_MAP_vlan_ids, &tag);
		if (err)
			return err;
	}
	return 0;
}

int links_publish(const struct bpf_inst *b, const struct links_list *list, const __u32 *attached, size_t n_attached)
{
	int err = links_forget(b, list);

	return err ? err : links_enter(b, list, attached, n_attached);
}

int links_update(const struct bpf_inst *b, const __u32 *attached, size_t n_attached)
{
	struct links_list list = { 0 };
	int err = links_read(&list);

	if (!err)
		err = links_publish(b, &list, attached, n_attached);
	if (!err)
		err = list.n;
	links_free(&list);
	return err;
}

void links_free(struct links_list *list)
{
	free(list->device);
	memset(list, 0, sizeof(*list));
}
