// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_token_test.c - tokens in the URIs of our Record-Route and Path: written, read again, and none of them to be made
 * up (sip-rules K90, K94).
 */
#include "plan_cases.h"

#include "sip_path.h"

static const __u64 key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

struct token_row {
	const char *name;
	const char *listener;
	const char *flow; /* NULL: none */
	__u64 id;
};

static const struct token_row rows[] = {
	{ "90 id alone", "192.0.2.1:5060", NULL, 0x0123456789abcdef },
	{ "90 least id", "192.0.2.1:5060", NULL, 1 },
	{ "90 greatest id", "192.0.2.1:5060", NULL, ~0ull },
	{ "94 flow alone", "192.0.2.1:5060", "192.0.2.20:5062", 0 },
	{ "94 flow and id", "192.0.2.1:5060", "255.254.253.252:65535", 0xfedcba9876543210 },
	{ "94 flow over IPv6", "[2001:db8::1]:5060", "[2001:db8:1234:5678:9abc:def0:1357:2468]:1", 7 },
};

/* A request whose Request-URI has the token's text for a user, up to 256 octets. */
static void token_text(const struct token_row *row, char *start, size_t room, struct sip_token *t)
{
	struct ds_endpoint at = plan_place(row->listener), flow;
	struct sip_plan p = { 0 };
	struct sip_pen pen = { .p = &p };

	memset(t, 0, sizeof(*t));
	t->id = row->id;
	if (row->flow) {
		flow = plan_place(row->flow);
		sip_own_flow(key, &at, &flow, t);
	}
	sip_plan_token(&pen, t);
	check_int("length", pen.len, sip_token_len(t));
	snprintf(start, room, "INVITE sip:%.*s@192.0.2.1 SIP/2.0\r\n", (int)pen.len, (const char *)p.text);
}

static int read_token(const char *start, const char *listener, struct sip_token *t)
{
	struct ds_endpoint at = plan_place(listener);
	struct sip_parts p = { .start = start };
	struct sip_case s;
	int rc = -1;

	memset(t, 0xa5, sizeof(*t));
	sip_open_parts(&s, &p);
	if (sip_token_is(&s.b, s.m.uri.user))
		rc = sip_token_read(&s.b, s.m.uri.user, key, &at, t);
	sip_close(&s);
	return rc;
}

static void there_and_back(void **state)
{
	const struct token_row *row = *state;
	struct sip_token t, u;
	char start[256];

	token_text(row, start, sizeof(start), &t);
	check_int("read", read_token(start, row->listener, &u), REASON_none);
	check_true("id", u.id == t.id);
	check_int("flow", u.has_flow, t.has_flow);
	if (t.has_flow)
		check_mem("place", &u.flow, sizeof(u.flow), &t.flow, sizeof(t.flow));
}

/* Each digit counts, and so does the listener; what is no digit of ours is none. */
static void every_digit(void **state)
{
	static const char other[] = "0123456789abcdefgA%";
	const struct token_row *row = *state;
	struct sip_token t, u;
	char start[256], was;
	size_t i, k, end;
	int rc;

	token_text(row, start, sizeof(start), &t);
	end = strcspn(start, "@");
	for (i = strlen("INVITE sip:sx"); i < end; i++) {
		was = start[i];
		for (k = 0; k < sizeof(other) - 1; k++) {
			start[i] = other[k];
			rc = read_token(start, row->listener, &u);
			if (other[k] == was)
				check_int("same", rc, REASON_none);
			else if (row->flow)
				check_int("forged", rc, REASON_route_forged);
			else
				check_true("another's id", u.id != t.id);
		}
		start[i] = was;
	}
	if (row->flow)
		check_int("another listener", read_token(start, "192.0.2.1:5061", &u), REASON_route_forged);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "there and back", there_and_back, rows);
	test_rows(&tests, "every digit", every_digit, rows);
	return test_run(&tests, "sip_token");
}
