/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_cases.h - what the tests of plans and replies share: a listener, places, and a text where a mark stands for the
 * Via row that we push, since its one or two blanks depend on the rest.
 */
#ifndef SIPXDP_TEST_PLAN_CASES_H
#define SIPXDP_TEST_PLAN_CASES_H

#include <arpa/inet.h>

#include "sip_text.h"

#include "plan_apply.h"

#define PLAN_BRANCH 0x0123456789abcdefull
#define PLAN_SX 0xfedcba9876543210ull

/* Stands for our Via row in a wanted text. */
#define PUSHED "\2"

/* "192.0.2.20:5062" or "[2001:db8::20]:5062". */
static inline struct ds_endpoint plan_place(const char *text)
{
	struct ds_endpoint e = { .pad = 0 };
	const char *colon = strrchr(text, ':');
	char ip[64] = "";

	assert_non_null(colon);
	e.port_be = htons((__u16)atoi(colon + 1));
	if (text[0] == '[') {
		snprintf(ip, sizeof(ip), "%.*s", (int)(colon - text) - 2, text + 1);
		assert_int_equal(inet_pton(AF_INET6, ip, &e.ip), 1);
		return e;
	}
	snprintf(ip, sizeof(ip), "%.*s", (int)(colon - text), text);
	e.ip.w[2] = htonl(0xffff);
	assert_int_equal(inet_pton(AF_INET, ip, &e.ip.w[3]), 1);
	return e;
}

static inline struct ds_listener plan_listener(const char *sent_by)
{
	struct ds_listener l;

	memset(&l, 0, sizeof(l));
	l.at = plan_place(sent_by);
	l.sent_by_len = (__u8)strlen(sent_by);
	memcpy(l.sent_by, sent_by, l.sent_by_len);
	return l;
}

/* Copies text with the mark replaced by our Via row, one blank or two in it. */
static inline size_t plan_expand(char *out, size_t room, const char *text, const char *sent_by, int blanks)
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text == PUSHED[0])
			n += (size_t)snprintf(out + n, room - n,
					      "Via:%*sSIP/2.0/UDP %s;branch=z9hG4bK%016llx;sx=%016llx\r\n", blanks, "",
					      sent_by, PLAN_BRANCH, PLAN_SX);
		else
			out[n++] = *text == NUL[0] ? '\0' : *text;
		assert_true(n + 1 < room);
	}
	out[n] = '\0';
	return n;
}

/* Edits stand in ascending order, inside the message and apart, and grow says what they add. */
static inline void plan_check(const struct sip_plan *p)
{
	int i, grow = 0, off = 0;

	check_int("too many", p->too_many, 0);
	for (i = 0; i < p->edits; i++) {
		check_true("edits in order", p->edit[i].at >= off);
		off = p->edit[i].at + p->edit[i].cut;
		check_true("edits inside the message", off <= p->end);
		check_true("text inside", p->edit[i].text + p->edit[i].len <= p->text_len);
		grow += p->edit[i].len - p->edit[i].cut;
	}
	check_int("grow", p->grow, grow);
}

#endif
