/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu_list.h - lists of CPUs as the kernel writes them (Documentation/admin-guide/cputopology.rst): "0,2-5".
 */
#ifndef SIPXDP_CTL_CPU_LIST_H
#define SIPXDP_CTL_CPU_LIST_H

#include "abi.h"

#define CPU_LIST_TEXT_SIZE 256

struct cpu_list {
	__u32 n;
	__u32 cpu[DS_SPREAD_MAX]; /* ascending */
};

/*
 * Reads a list; empty text is an empty one. Returns 0; -EINVAL where it is none, -E2BIG where it has more than
 * DS_SPREAD_MAX. *why says it in words.
 */
int cpu_list_read(const char *text, struct cpu_list *l, const char **why);

/* The first of them that is not online on this machine, -1 where all are, or what is online cannot be told. */
int cpu_list_offline(const struct cpu_list *l);

#endif
