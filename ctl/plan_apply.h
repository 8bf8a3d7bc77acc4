/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_apply.h - applies edit plans and built replies to a buffer: what the kernel program does to a packet. */
#ifndef SIPXDP_PLAN_APPLY_H
#define SIPXDP_PLAN_APPLY_H

#include <stddef.h>
#include <sys/types.h>

#include "sip_plan.h"
#include "sip_reply.h"

/*
 * The message of len octets at in, edited by plan, into out, which must not overlap it. Returns the octets written,
 * -EINVAL where the plan is not to be used or does not fit the message, -ENOSPC where they are more than cap.
 */
ssize_t plan_apply(const struct sip_plan *plan, const unsigned char *in, size_t len, unsigned char *out, size_t cap);

/* The same for a reply that sip_reply_build() made of the message and the texts of plan. */
ssize_t plan_apply_reply(const struct sip_reply *reply, const struct sip_plan *plan, const unsigned char *in,
			 size_t len, unsigned char *out, size_t cap);

#endif
