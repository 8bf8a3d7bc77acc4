/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * links.h - the interfaces of this network namespace as the kernel program needs them: which device a VLAN device
 * sends through, and which VLAN device a tagged frame belongs to.
 */
#ifndef SIPXDP_CTL_LINKS_H
#define SIPXDP_CTL_LINKS_H

#include "bpf.h"

/*
 * Makes the maps links and vlan_ids say what is there now; attached: the interfaces that the program is on. Returns the
 * number of interfaces or -errno.
 */
int links_update(const struct bpf_inst *b, const __u32 *attached, size_t n_attached);

#endif
