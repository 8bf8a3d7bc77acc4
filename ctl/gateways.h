/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gateways.h - the routers that traffic leaves by: responses to clients behind them need them resolved.
 */
#ifndef SIPXDP_CTL_GATEWAYS_H
#define SIPXDP_CTL_GATEWAYS_H

#include <stddef.h>

#include "neigh.h"

/*
 * Lists the gateways of all routes by one of n interfaces, in a new array that the caller frees. Returns 0 or -errno.
 */
int gateways_list(const __u32 *ifindex, size_t n, struct neigh **gateway, size_t *n_gateways);

#endif
