/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grace.h - the time after which no packet holds any more what it may have read before.
 */
#ifndef SIPXDP_CTL_GRACE_H
#define SIPXDP_CTL_GRACE_H

#include <linux/types.h>

/*
 * Returns when no packet is under way any more that began before since_ns (CLOCK_BOOTTIME, not after now), so that what
 * it read may be written or taken away.
 */
void grace_wait(__u64 since_ns);

#endif
