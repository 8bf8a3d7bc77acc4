/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decide_scene.h - for tests of decisions: a listener with destinations and tables in memory, messages sent to it, and
 * what became of the last one.
 */
#ifndef SIPXDP_TEST_DECIDE_SCENE_H
#define SIPXDP_TEST_DECIDE_SCENE_H

#include "test.h"

#include "decide.h"
#include "guard.h"
#include "sip_token.h"
#include "uri.h"

#define VIA "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKa\r\n"
#define REST "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: c1\r\n"
#define INVITE "INVITE sip:b@192.0.2.1 SIP/2.0\r\n"
#define BASIC INVITE VIA REST "CSeq: 1 INVITE\r\n"
#define END "Content-Length: 0\r\n\r\n"

enum { D1 = 1, D2, D_SLOW, D_IP6, DESTS };

struct lab {
	struct decide_env env;
	struct ds_listener listener;
	struct ds_set_rec set;
	__u32 slots[4];
	struct ds_dest_rec dests[DESTS];
	struct ds_call_bucket calls[4];
	__u64 rr[DS_ROUTES_MAX];
};

static struct decision d;

static inline struct ds_endpoint place(const char *text)
{
	const char *colon = strrchr(text, ':');
	struct ds_endpoint e = { .port_be = port_be16(atoi(colon + 1)) };
	char host[64];

	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	assert_int_equal(uri_address(host, &e.ip), 0);
	return e;
}

static inline __u32 lab_find(void *ctx, const struct ds_endpoint *at)
{
	struct lab *lab = ctx;
	__u32 i;

	struct ds_endpoint named;

	for (i = 1; i < DESTS; i++) {
		named = sip_token_place(lab->dests[i].id);
		if (!memcmp(&lab->dests[i].at, at, sizeof(*at)) || !memcmp(&named, at, sizeof(*at)))
			return i;
	}
	return 0;
}

/* A listener whose hash picks D1 alone, and whose round robin goes by D1, D2. */
static inline void lab_make(struct lab *lab)
{
	static const char *const at[DESTS] = { NULL, "192.0.2.30:5060", "192.0.2.31:5060", "192.0.2.32:5060",
					       "2001:db8::30:5060" };
	__u32 i;

	memset(lab, 0, sizeof(*lab));
	lab->listener.at = place("192.0.2.1:5060");
	lab->listener.sent_by_len = 14;
	memcpy(lab->listener.sent_by, "192.0.2.1:5060", 14);
	for (i = 1; i < DESTS; i++)
		lab->dests[i] = (struct ds_dest_rec){ .id = i,
						      .at = place(at[i]),
						      .flags = DS_DEST_USED | (i == D_SLOW ? DS_DEST_SLOW : 0),
						      .serial = 1 };
	lab->slots[0] = D1;
	lab->slots[1] = D1;
	lab->slots[2] = D2;
	lab->set = (struct ds_set_rec){ .table_size = 1, .members = 1, .active = 2 };
	lab->env = (struct decide_env){ .key = { 1, 2 },
					.listener = &lab->listener,
					.mode = DS_MODE_PROXY,
					.set = &lab->set,
					.slots = lab->slots,
					.dests = lab->dests,
					.n_dests = DESTS,
					.find = lab_find,
					.ctx = lab,
					.calls = lab->calls,
					.calls_mask = 3,
					.call_idle = DS_CALL_IDLE_S,
					.now = 1000,
					.rr = lab->rr };
}

static inline void send_octets(struct lab *lab, const char *from, const void *data, size_t len)
{
	struct ds_endpoint src = place(from);
	struct guard g;

	guard_copy(&g, data, len);
	decide(&lab->env, &src, g.data, len, &d);
	guard_free(&g);
}

static inline void send_text(struct lab *lab, const char *from, const char *text)
{
	send_octets(lab, from, text, strlen(text));
}

static inline void check_reason(const char *what, __u32 verdict, __u32 reason)
{
	check_int(what, d.verdict, verdict);
	check_int(what, d.reason, reason);
}

static inline void check_place(const char *want)
{
	char got[URI_ENDPOINT_SIZE];

	check_str("place", uri_endpoint_text(&d.to, got), want);
}

#endif
