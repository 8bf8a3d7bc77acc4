/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach.h - makes an instance from a record and a model: programs, maps, links and pins.
 */
#ifndef SIPXDP_CTL_ATTACH_H
#define SIPXDP_CTL_ATTACH_H

#include "publish.h"

/*
 * Claims the instance p->inst, publishes p->model for p->rec, puts the program on all interfaces and stores the record:
 * all of it or nothing. calls: how many the table has room for at least. key: of the cluster. The instance stays locked.
 * Returns an exit code after saying why.
 */
int attach_make(struct publish *p, __u32 calls, const __u64 key[2]);

#endif
