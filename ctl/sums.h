/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sums.h - the program's per-CPU counters, summed over all CPUs.
 */
#ifndef SIPXDP_CTL_SUMS_H
#define SIPXDP_CTL_SUMS_H

#include "bpf.h"
#include "sip_msg.h"

/* Counters of one slot of the map counters (DS_LISTENERS_MAX: of no listener). Returns 0 or -errno. */
int sums_listener(const struct bpf_inst *b, __u32 slot, struct ds_counters *sum);

/* Traffic of one destination; the times are the latest. Returns 0 or -errno. */
int sums_dest(const struct bpf_inst *b, __u32 slot, struct ds_dest_stats *sum);

/* Adds one sum to another. */
void sums_add_counters(struct ds_counters *to, const struct ds_counters *from);
void sums_add_dest(struct ds_dest_stats *to, const struct ds_dest_stats *from);

/* "INVITE"; "other" for SIP_METHOD_OTHER; NULL for 0 and what is no method. */
const char *sums_method_name(unsigned int method);

#endif
