// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide_test.c - the decision about a datagram in user space: verdict, reason, code and place of each kind of message.
 */
#include "decide_scene.h"

struct row {
	const char *name;
	const char *in;
	__u32 verdict;
	__u32 reason;
	__u32 code;
	const char *to;	  /* NULL: nothing is sent */
	const char *from; /* NULL: 192.0.2.20:5062 */
};

static const struct row proxy_rows[] = {
	{ "INVITE", BASIC END, VERDICT_forward, REASON_request, 0, "192.0.2.30:5060", NULL },
	{ "empty", "", VERDICT_drop, REASON_keepalive, 0, NULL, NULL },
	{ "CRLFCRLF", "\r\n\r\n", VERDICT_drop, REASON_keepalive, 0, NULL, NULL },
	{ "one octet", "x", VERDICT_drop, REASON_not_sip, 0, NULL, NULL },
	{ "hello", "hello", VERDICT_drop, REASON_not_sip, 0, NULL, NULL },
	{ "STUN", "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", VERDICT_drop, REASON_stun, 0, NULL, NULL },
	{ "octets that are no text", "\x80\x80\x80\x80\x80\x80\x80\x80", VERDICT_drop, REASON_not_sip, 0, NULL, NULL },
	{ "HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", VERDICT_drop, REASON_not_sip, 0, NULL, NULL },
	{ "version 3", "INVITE sip:b@192.0.2.1 SIP/3.0\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_reply,
	  REASON_bad_version, 505, "192.0.2.20:5062", NULL },
	{ "scheme", "INVITE mailto:b@example.com SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_reply,
	  REASON_bad_uri_scheme, 416, "192.0.2.20:5062", NULL },
	{ "Max-Forwards 0", BASIC "Max-Forwards: 0\r\n" END, VERDICT_reply, REASON_too_many_hops, 483,
	  "192.0.2.20:5062", NULL },
	{ "Max-Forwards 256", BASIC "Max-Forwards: 256\r\n" END, VERDICT_reply, REASON_bad_max_forwards, 400,
	  "192.0.2.20:5062", NULL },
	{ "Proxy-Require", BASIC "Proxy-Require: x\r\n" END, VERDICT_reply, REASON_bad_extension, 420,
	  "192.0.2.20:5062", NULL },
	{ "two Call-IDs", BASIC "Call-ID: c2\r\n" END, VERDICT_reply, REASON_bad_call_id, 400, "192.0.2.20:5062",
	  NULL },
	{ "no Via", INVITE REST "CSeq: 1 INVITE\r\n" END, VERDICT_drop, REASON_bad_via, 0, NULL, NULL },
	{ "ACK with a fault", "ACK sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_drop,
	  REASON_bad_cseq_method, 0, NULL, NULL },
	{ "from port 0", BASIC END, VERDICT_drop, REASON_bad_source, 0, NULL, "192.0.2.20:0" },
	{ "from a multicast address", BASIC END, VERDICT_drop, REASON_bad_source, 0, NULL, "224.0.0.1:5060" },
	{ "Route to a member", BASIC "Route: <sip:192.0.2.31;lr>\r\n" END, VERDICT_forward, REASON_request_route, 0,
	  "192.0.2.31:5060", NULL },
	{ "Route to a stranger", BASIC "Route: <sip:198.51.100.1;lr>\r\n" END, VERDICT_forward, REASON_request, 0,
	  "192.0.2.30:5060", NULL },
	{ "Route to a slow member", BASIC "Route: <sip:192.0.2.32;lr>\r\n" END, VERDICT_reply, REASON_destination_slow,
	  503, "192.0.2.20:5062", NULL },
	{ "from a member by Route", BASIC "Route: <sip:192.0.2.1;lr>,<sip:198.51.100.7:5070;lr>\r\n" END,
	  VERDICT_forward, REASON_request_outward, 0, "198.51.100.7:5070", "192.0.2.31:5060" },
	{ "from a member by a name", "INVITE sip:b@example.com SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\n" END,
	  VERDICT_slow, REASON_slow_name, 0, NULL, "192.0.2.31:5060" },
	{ "from a member to us", BASIC END, VERDICT_reply, REASON_no_action, 404, "192.0.2.31:5062",
	  "192.0.2.31:5060" },
	{ "from a member to the other family", BASIC "Route: <sip:[2001:db8::9];lr>\r\n" END, VERDICT_slow,
	  REASON_slow_no_route, 0, NULL, "192.0.2.31:5060" },
	{ "from a member to loopback", BASIC "Route: <sip:127.0.0.1;lr>\r\n" END, VERDICT_drop, REASON_bad_next_hop, 0,
	  NULL, "192.0.2.31:5060" },
	{ "response with a foreign Via", "SIP/2.0 200 OK\r\n" VIA VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_drop,
	  REASON_via_not_ours, 0, NULL, "192.0.2.30:5060" },
	{ "response with a bare Via of ours", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n" VIA REST END,
	  VERDICT_drop, REASON_via_forged, 0, NULL, "192.0.2.30:5060" },
	{ "response with status 99", "SIP/2.0 099 No\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_drop,
	  REASON_bad_status, 0, NULL, "192.0.2.30:5060" },
};

static const struct row nat_rows[] = {
	{ "INVITE", BASIC END, VERDICT_forward, REASON_request, 0, "192.0.2.30:5060", NULL },
	{ "scheme", "INVITE mailto:b@example.com SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_forward,
	  REASON_request, 0, "192.0.2.30:5060", NULL },
	{ "Max-Forwards 0", BASIC "Max-Forwards: 0\r\n" END, VERDICT_forward, REASON_request, 0, "192.0.2.30:5060",
	  NULL },
	{ "no Call-ID", INVITE VIA "CSeq: 1 INVITE\r\n" END, VERDICT_reply, REASON_bad_from, 400, "192.0.2.20:5062",
	  NULL },
	{ "response", "SIP/2.0 200 OK\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_drop, REASON_via_not_ours, 0,
	  NULL, NULL },
};

/* As nat's, but what needs the slow path finds none. */
static const struct row dsr_rows[] = {
	{ "INVITE", BASIC END, VERDICT_forward, REASON_request, 0, "192.0.2.30:5060", NULL },
	{ "Max-Forwards 0", BASIC "Max-Forwards: 0\r\n" END, VERDICT_forward, REASON_request, 0, "192.0.2.30:5060",
	  NULL },
	{ "no From", INVITE VIA "CSeq: 1 INVITE\r\n" END, VERDICT_reply, REASON_bad_from, 400, "192.0.2.20:5062",
	  NULL },
	{ "response", "SIP/2.0 200 OK\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_drop, REASON_via_not_ours, 0,
	  NULL, NULL },
};

static const struct row shield_rows[] = {
	{ "INVITE", BASIC END, VERDICT_pass, REASON_shielded, 0, NULL, NULL },
	{ "scheme", "INVITE mailto:b@example.com SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_pass,
	  REASON_shielded, 0, NULL, NULL },
	{ "response", "SIP/2.0 200 OK\r\n" VIA REST "CSeq: 1 INVITE\r\n" END, VERDICT_pass, REASON_shielded, 0, NULL,
	  NULL },
	{ "no From", INVITE VIA "CSeq: 1 INVITE\r\n" END, VERDICT_drop, REASON_bad_from, 0, NULL, NULL },
	{ "two Call-IDs", BASIC "Call-ID: c2\r\n" END, VERDICT_drop, REASON_bad_call_id, 0, NULL, NULL },
	{ "CRLFCRLF", "\r\n\r\n", VERDICT_drop, REASON_keepalive, 0, NULL, NULL },
	{ "hello", "hello", VERDICT_drop, REASON_not_sip, 0, NULL, NULL },
};

static void decides(struct lab *lab, const struct row *row)
{
	send_text(lab, row->from ? row->from : "192.0.2.20:5062", row->in);
	check_reason(row->name, row->verdict, row->reason);
	check_int("code", d.code, row->code);
	check_int("something is sent", d.out_len > 0, row->to != NULL);
	if (row->to)
		check_place(row->to);
}

static void decides_proxy(void **state)
{
	struct lab lab;

	lab_make(&lab);
	decides(&lab, *state);
}

static void decides_nat(void **state)
{
	const struct row *row = *state;
	struct lab lab;

	lab_make(&lab);
	lab.env.mode = DS_MODE_NAT;
	decides(&lab, row);
	if (d.verdict == VERDICT_forward)
		check_mem("octets", d.out, d.out_len, row->in, strlen(row->in));
}

static void decides_dsr(void **state)
{
	const struct row *row = *state;
	struct lab lab;

	lab_make(&lab);
	lab.env.mode = DS_MODE_DSR;
	decides(&lab, row);
	if (d.verdict == VERDICT_forward)
		check_mem("octets", d.out, d.out_len, row->in, strlen(row->in));
	lab_make(&lab);
	lab.env.mode = DS_MODE_IPIP;
	lab.listener.tunnel[0] = place("192.0.2.2:1").ip;
	decides(&lab, row);
}

static void decides_shield(void **state)
{
	struct lab lab;

	lab_make(&lab);
	lab.env.mode = DS_MODE_SHIELD;
	lab.env.set = NULL;
	decides(&lab, *state);
}

static void keepalives_by_policy(void **state)
{
	static const char stun[] = "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1";
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.env.mode = DS_MODE_SHIELD;
	lab.env.keepalives = 1;
	send_text(&lab, "192.0.2.20:5062", "\r\n\r\n");
	check_reason("keepalive", VERDICT_pass, REASON_keepalive);
	send_text(&lab, "192.0.2.20:5062", stun);
	check_reason("STUN", VERDICT_pass, REASON_stun);
	send_text(&lab, "192.0.2.20:5062", "hello");
	check_reason("rubbish", VERDICT_drop, REASON_not_sip);
	lab.env.mode = DS_MODE_PROXY;
	send_text(&lab, "192.0.2.20:5062", "\r\n\r\n");
	check_reason("proxy", VERDICT_drop, REASON_keepalive);
}

static __u32 lab_listed(void *ctx, const struct ds_addr *ip)
{
	(void)ctx;
	return ip->w[3] == place("192.0.2.7:1").ip.w[3] ? DS_GUARD_ALLOW : DS_GUARD_DENY;
}

/* Before all else; destinations are let in whatever the lists say. */
static void guard_denies(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.env.listed = lab_listed;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("denied", VERDICT_drop, REASON_guard_denied);
	send_text(&lab, "192.0.2.20:0", "hello");
	check_reason("denied rubbish", VERDICT_drop, REASON_guard_denied);
	send_text(&lab, "192.0.2.7:5062", BASIC END);
	check_reason("allowed", VERDICT_forward, REASON_request);
	send_text(&lab, "192.0.2.31:5060", BASIC "Route: <sip:192.0.2.1;lr>,<sip:198.51.100.7:5070;lr>\r\n" END);
	check_reason("destination", VERDICT_forward, REASON_request_outward);
}

static void tunnels_are_by_family(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.env.mode = DS_MODE_IPIP;
	lab.slots[0] = D_IP6;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("no tunnel over IPv6", VERDICT_needs_slow_path, REASON_slow_no_route);
	lab.listener.tunnel[1] = place("2001:db8::1:1").ip;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("a tunnel over IPv6", VERDICT_forward, REASON_request);
	check_place("[2001:db8::30]:5060");
	lab.env.mode = DS_MODE_DSR;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("no link address over IPv6", VERDICT_needs_slow_path, REASON_slow_no_route);
}

static __u32 lab_state(const struct lab *lab)
{
	size_t i, way;

	for (i = 0; i < 4; i++)
		for (way = 0; way < DS_CALLS_WAYS; way++)
			if (lab->calls[i].way[way].val)
				return DS_CALL_STATE(lab->calls[i].way[way].val);
	return DS_CALL_FREE;
}

/* Destinations answer behind our back: what the client sends moves the call. */
static void unseen_answers(void **state)
{
	static const struct {
		const char *message;
		__u32 state;
	} steps[] = {
		{ BASIC END, DS_CALL_RINGING },
		{ "ACK sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\n" END, DS_CALL_CONFIRMED },
		{ "SIP/2.0 200 OK\r\n" VIA REST "CSeq: 1 BYE\r\n" END, DS_CALL_OVER },
		{ BASIC END, DS_CALL_OVER },
		{ INVITE VIA REST "CSeq: 2 INVITE\r\n" END, DS_CALL_RINGING },
		{ "CANCEL sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 CANCEL\r\n" END, DS_CALL_ENDING },
		{ "ACK sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\n" END, DS_CALL_ENDING },
	};
	struct lab lab;
	size_t i;

	(void)state;
	lab_make(&lab);
	lab.env.mode = DS_MODE_DSR;
	for (i = 0; i < TEST_COUNT(steps); i++) {
		send_text(&lab, "192.0.2.20:5062", steps[i].message);
		check_int(steps[i].message, d.verdict, VERDICT_forward);
		check_int(steps[i].message, lab_state(&lab), steps[i].state);
	}
}

static void no_destination_is_answered(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.set.table_size = 0;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("empty set", VERDICT_reply, REASON_no_destination);
	check_int("code", d.code, 503);
	lab.env.set = NULL;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("no set", VERDICT_reply, REASON_no_destination);
}

static void destination_of_other_family_needs_slow_path(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.slots[0] = D_IP6;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("other family", VERDICT_slow, REASON_slow_no_route);
}

/* A destination on this host is out of reach for the programs, one of another transport for both. */
static void slow_path_reaches_this_host(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.slots[0] = D_SLOW;
	lab.env.slow = true;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("local", VERDICT_forward, REASON_request);
	check_place("192.0.2.32:5060");
	lab.dests[D_SLOW].flags |= DS_DEST_FOREIGN;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("foreign", VERDICT_reply, REASON_destination_slow);
	lab.dests[D_SLOW].flags &= ~DS_DEST_FOREIGN;
	lab.env.mode = DS_MODE_NAT;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("nat", VERDICT_reply, REASON_destination_slow);
}

/* What begins a call is shed, what belongs to one is not. */
static void overload_sheds_what_is_new(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.env.shed = true;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("new", VERDICT_drop, REASON_overload);
	check_int("nothing is sent", d.out_len, 0);
	send_text(&lab, "192.0.2.20:5062",
		  INVITE VIA "f: <sip:a@b>;tag=2\r\nt: <sip:b@b>;tag=3\r\ni: c2\r\n"
			     "CSeq: 2 INVITE\r\n" END);
	check_reason("in a dialog", VERDICT_forward, REASON_request);
	lab.env.shed = false;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	lab.env.shed = true;
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_reason("sent again", VERDICT_forward, REASON_request);
	send_text(&lab, "192.0.2.20:5062", "CANCEL sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 CANCEL\r\n" END);
	check_reason("CANCEL", VERDICT_forward, REASON_request);
}

static void round_robin_keeps_calls(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.set.algorithm = DS_ALGORITHM_ROUND_ROBIN;
	lab.set.pick = DS_PICK_TURN;
	send_text(&lab, "192.0.2.20:5062", "ACK sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\n" END);
	check_reason("ACK first", VERDICT_drop, REASON_ack_no_call);
	send_text(&lab, "192.0.2.20:5062", "CANCEL sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 CANCEL\r\n" END);
	check_reason("CANCEL first", VERDICT_drop, REASON_cancel_no_call);
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_place("192.0.2.30:5060");
	send_text(&lab, "192.0.2.20:5062",
		  INVITE VIA "f: <sip:a@b>;tag=2\r\nt: <sip:b@b>\r\ni: c2\r\nCSeq: 1 INVITE\r\n" END);
	check_place("192.0.2.31:5060");
	send_text(&lab, "192.0.2.20:5062", BASIC END);
	check_place("192.0.2.30:5060");
	send_text(&lab, "192.0.2.20:5062", "ACK sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\n" END);
	check_place("192.0.2.30:5060");
	lab.env.now += DS_CALL_NEW_S;
	send_text(&lab, "192.0.2.20:5062", "ACK sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\n" END);
	check_reason("ACK when the call is forgotten", VERDICT_drop, REASON_ack_no_call);
}

static void without_calls_the_hash_decides(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.env.calls = NULL;
	send_text(&lab, "192.0.2.20:5062", "ACK sip:b@192.0.2.1 SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\n" END);
	check_reason("ACK", VERDICT_forward, REASON_request);
	check_place("192.0.2.30:5060");
}

/* The request as forwarded becomes its response: `edit` changes one octet of it first. */
static void answer(struct lab *lab, const char *find, char with)
{
	static unsigned char text[2048];
	static const char line[] = "SIP/2.0 200 OK";
	unsigned char *cr;
	size_t len;

	lab_make(lab);
	send_text(lab, "192.0.2.20:5062", BASIC END);
	cr = memchr(d.out, '\r', d.out_len);
	len = d.out + d.out_len - cr;
	memcpy(text, line, sizeof(line) - 1);
	memcpy(text + sizeof(line) - 1, cr, len);
	len += sizeof(line) - 1;
	if (find) {
		cr = memmem(text, len, find, strlen(find));
		assert_non_null(cr);
		cr[strlen(find)] = with;
	}
	send_octets(lab, "192.0.2.30:5060", text, len);
}

static void response_goes_back(void **state)
{
	struct lab lab;

	(void)state;
	answer(&lab, NULL, 0);
	check_reason("response", VERDICT_forward, REASON_response);
	check_place("192.0.2.20:5062");
	check_true("our Via is gone", !memmem(d.out, d.out_len, ";sx=", 4));
}

static void forged_response_is_dropped(void **state)
{
	struct lab lab;

	(void)state;
	answer(&lab, "branch=z9hG4bK", '!');
	check_reason("our branch", VERDICT_drop, REASON_via_forged);
	answer(&lab, ";sx=", '!');
	check_reason("sx", VERDICT_drop, REASON_via_forged);
	answer(&lab, "192.0.2.20:506", '3');
	check_reason("place", VERDICT_drop, REASON_via_forged);
}

/* Far beyond what the kernel program reads: a Via of 20,000 octets. */
static void long_values_are_decided(void **state)
{
	static char text[24000];
	struct lab lab;
	int n;

	(void)state;
	lab_make(&lab);
	n = snprintf(text, sizeof(text), "%sVia: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bKa;x=%020000d\r\n%s", INVITE,
		     7, REST "CSeq: 1 INVITE\r\n" END);
	assert_in_range(n, 20000, (int)sizeof(text) - 1);
	send_text(&lab, "192.0.2.20:5062", text);
	check_reason("long Via", VERDICT_forward, REASON_request);
	check_true("it is longer than it was", d.out_len > (size_t)n);
}

static void grown_beyond_a_datagram_is_for_nobody(void **state)
{
	static char text[DECIDE_PAYLOAD_MAX];
	static const char head[] = BASIC "\r\n";
	struct lab lab;

	(void)state;
	lab_make(&lab);
	memset(text, 'x', sizeof(text));
	memcpy(text, head, sizeof(head) - 1);
	send_octets(&lab, "192.0.2.20:5062", text, sizeof(text));
	check_reason("65507 octets", VERDICT_slow, REASON_slow_mtu);
}

static void every_truncation_is_decided(void **state)
{
	static const char text[] = BASIC "Max-Forwards: 70\r\nContent-Length: 4\r\n\r\nbody";
	struct lab lab;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(text) - 1; len++) {
		lab_make(&lab);
		send_octets(&lab, "192.0.2.20:5062", text, len);
		check_true("not sent on", d.verdict == VERDICT_drop || d.verdict == VERDICT_reply);
	}
	send_octets(&lab, "192.0.2.20:5062", text, len);
	check_reason("whole", VERDICT_forward, REASON_request);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "dsr", decides_dsr, dsr_rows);
	test_rows(&tests, "shield", decides_shield, shield_rows);
	test_add(&tests, "guard", guard_denies, NULL);
	test_add(&tests, "keepalives", keepalives_by_policy, NULL);
	test_add(&tests, "tunnels by family", tunnels_are_by_family, NULL);
	test_add(&tests, "answers that are not seen", unseen_answers, NULL);
	test_rows(&tests, "proxy", decides_proxy, proxy_rows);
	test_rows(&tests, "nat", decides_nat, nat_rows);
	test_add(&tests, "no destination is answered", no_destination_is_answered, NULL);
	test_add(&tests, "other family needs the slow path", destination_of_other_family_needs_slow_path, NULL);
	test_add(&tests, "the slow path reaches this host", slow_path_reaches_this_host, NULL);
	test_add(&tests, "overload sheds what is new", overload_sheds_what_is_new, NULL);
	test_add(&tests, "round robin keeps calls", round_robin_keeps_calls, NULL);
	test_add(&tests, "without calls the hash decides", without_calls_the_hash_decides, NULL);
	test_add(&tests, "a response goes back", response_goes_back, NULL);
	test_add(&tests, "a forged response is dropped", forged_response_is_dropped, NULL);
	test_add(&tests, "long values are decided", long_values_are_decided, NULL);
	test_add(&tests, "grown beyond a datagram", grown_beyond_a_datagram_is_for_nobody, NULL);
	test_add(&tests, "every truncation is decided", every_truncation_is_decided, NULL);
	return test_run(&tests, "decide");
}
