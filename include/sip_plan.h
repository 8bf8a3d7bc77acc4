/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_plan.h - an edit plan: where to cut and what to put in, computed without touching a packet (DESIGN.md section 3).
 *
 * The output is the input with, for each edit in ascending order of `at`, `cut` octets left out and `len` octets of
 * text put in their place; then octets from `end` on left out. The kernel applies a plan to a packet, the slow path to
 * a buffer, tests to bytes.
 */
#ifndef SIPXDP_SIP_PLAN_H
#define SIPXDP_SIP_PLAN_H

#include "sip_parse.h"

#define SIP_PLAN_EDITS 8
#define SIP_PLAN_TEXT 512 /* a power of two */

struct sip_edit {
	__u16 at;   /* offset in the message, as in struct sip_msg */
	__u16 cut;  /* octets left out from there */
	__u16 text; /* offset in struct sip_plan's text */
	__u16 len;  /* octets put in */
};

struct sip_plan {
	__u16 edits;
	__u16 text_len;
	__u16 end;	/* past the last octet of the input that is kept (offset in the message) */
	__u8 too_many;	/* 1: more edits or text than a plan holds, the plan is not to be used */
	__u8 pad;
	__s32 grow;	/* octets by which the edits lengthen (shorten where negative) the message, before `end` cuts */
	struct sip_edit edit[SIP_PLAN_EDITS];
	__u8 text[SIP_PLAN_TEXT + 64]; /* room for a word store to overshoot */
};

#endif
