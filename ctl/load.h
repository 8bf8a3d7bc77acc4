/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load.h - keeps the calls per destination true to the calls table: entries that nobody looks at any more expire, and a
 * count that differs is put right.
 */
#ifndef SIPXDP_CTL_LOAD_H
#define SIPXDP_CTL_LOAD_H

#include "bpf.h"

/* By slot of dests[]. */
struct load_one {
	__s64 before; /* the count when the walk began */
	__s64 truth;  /* entries that are counted */
	__s64 off;    /* truth less count, as it was found last */
};

struct load_watch {
	const struct bpf_inst *bpf;
	struct load_one *one;
};

/* Returns 0 or -ENOMEM. */
int load_watch_open(struct load_watch *w, const struct bpf_inst *b);
void load_watch_close(struct load_watch *w);

/*
 * One walk over the table: frees what has expired, as packets do, and compares. Packets go on meanwhile, so only a count
 * that stood still is judged, and only a difference that two walks found is put right. Returns how many counts were.
 */
unsigned int load_watch_walk(struct load_watch *w, __u32 now_ticks);

#endif
