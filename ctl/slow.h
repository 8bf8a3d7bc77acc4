/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slow.h - the slow path: what XDP leaves to the kernel arrives at sockets on the listeners, is decided about by the same
 * core (decide.h) with the tables that packets read, and is sent from the listener's address (proxy) or the client's (nat).
 */
#ifndef SIPXDP_CTL_SLOW_H
#define SIPXDP_CTL_SLOW_H

#include "bpf.h"
#include "record.h"
#include "slow_stats.h"

struct event_base;
struct slow;

/*
 * Opens a socket on every listener of the record and says in ds_state that the slow path is there. Everything given is
 * borrowed. Returns 0 or -errno: at says which listener then.
 */
int slow_new(struct event_base *base, const struct bpf_inst *bpf, const struct record *rec, struct slow_stats *stats,
	     struct slow **slow, struct ds_endpoint *at);

/* From now on nothing is passed any more; what waits in the sockets is lost. */
void slow_free(struct slow *s);

#endif
