/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * links.h - the interfaces of this network namespace as the kernel program needs them: which device a VLAN device
 * sends through, and which VLAN device a tagged frame belongs to.
 */
#ifndef SIPXDP_CTL_LINKS_H
#define SIPXDP_CTL_LINKS_H

#include <stdbool.h>

#include "bpf.h"

struct links_device {
	__u32 ifindex;
	__u32 parent;  /* of a VLAN device in this namespace, else 0 */
	__u16 vlan;    /* as in struct ds_link */
	bool ethernet; /* mac is one */
	__u8 mac[6];
	__u32 mtu;
};

struct links_list {
	struct links_device *device;
	size_t n;
	size_t room;
};

/* Lists all interfaces as they are now, into an empty list. Returns 0 or -errno; links_free() follows in any case. */
int links_read(struct links_list *list);
void links_free(struct links_list *list);

/* NULL where there is none. */
const struct links_device *links_find(const struct links_list *list, __u32 ifindex);

/*
 * Follows VLAN devices down to the one that frames leave by. Returns 0, -ERANGE for more tags than a packet may have,
 * or -ENODEV.
 */
int links_resolve(const struct links_list *list, const struct links_device *d, struct ds_link *link);

/*
 * Makes the maps links and vlan_ids say what the list does; attached: the interfaces that the program is on. Returns
 * 0 or -errno.
 */
int links_publish(const struct bpf_inst *b, const struct links_list *list, const __u32 *attached, size_t n_attached);

/* The two in one. Returns the number of interfaces or -errno. */
int links_update(const struct bpf_inst *b, const __u32 *attached, size_t n_attached);

#endif
