// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spread_test.c - what is handed to which CPU, before xdp_dispatch sees it. Of two CPUs that packets are for the first is
 * there and the second is not, so that what comes of a packet tells which it is for. That packets get there, and what
 * becomes of them, is for e2e/spread.sh.
 */
#include "test.h"

#include <linux/bpf.h>
#include <string.h>

#include "prog.h"

#define NO_CPU 5 /* the map has one entry */

static char text[PROG_TEXT_MAX];

static void scene(__u32 cpus)
{
	struct bpf_cpumap_val val = { .qsize = 16 };
	__u32 cpu = 0;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	prog_put("cpus", &cpu, &val);
	prog.state->spread = cpus;
	prog.state->spread_cpu[0] = 0;
	prog.state->spread_cpu[1] = NO_CPU;
}

static void check_handed(const struct prog_run *r)
{
	check_int("action", r->action, XDP_REDIRECT);
	check_int("handed", r->handed, 1);
	check_int("verdicts", r->counted, 0);
}

static struct pkt client(int is_ip6, const char *message)
{
	struct pkt p = prog_from_client(is_ip6);

	p.len = prog_text(text, message, is_ip6);
	p.payload = text;
	return p;
}

#define REQUEST(rows) "OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bK1\r\n" rows "\r\n"

/* All kinds of what is ours, SIP or not. */
static const char *const any[] = {
	REQUEST("Call-ID: a\r\n"),
	REQUEST(""),
	"\r\n\r\n",
	"",
	"x",
	REQUEST("Call-ID:\r\n"),
	"OPTIONS sip:b SIP/2.0\r\nCall-ID: a",
};

static void handed(void **state)
{
	const char *message = *state;
	struct prog_run r;
	struct pkt p;
	int i, sum;

	for (i = 0; i < 2; i++) {
		for (sum = PKT_SUM_VALID; sum <= PKT_SUM_PARTIAL; sum++) {
			struct pkt_view v;

			scene(1);
			p = client(i, message);
			p.sum = (enum pkt_sum)sum;
			prog_packet(&r, PROG_IN, &p);
			check_handed(&r);
			prog_check_out(&r, &v, sum == PKT_SUM_PARTIAL ? PKT_SUM_VALID : (enum pkt_sum)sum);
			check_mem("payload", v.payload, v.len, p.payload, p.len);
		}
	}
}

/* Spellings of one Call-ID, in requests and responses: one CPU. */
static const char *const spellings[] = {
	REQUEST("Call-ID: %s\r\n"),
	REQUEST("i:%s\r\n"),
	REQUEST("CALL-ID\t :  %s \r\n"),
	REQUEST("Subject: Call-ID: other\r\nCall-ID: %s\r\nContent-Length: 0\r\n"),
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %L;branch=z9hG4bK1\r\nCall-ID: %s\r\n\r\n",
	"SIP/2.0 200 OK\r\nf: <sip:a>;tag=1\r\ni: %s\r\n\r\nCall-ID: other\r\n",
};

static struct pkt call(const char *format, const char *call_id, int is_ip6)
{
	char message[512];
	char *at;

	snprintf(message, sizeof(message), "%s", format);
	at = strstr(message, "%s");
	snprintf(at, sizeof(message) - (size_t)(at - message), "%s%s", call_id, strstr(format, "%s") + 2);
	return client(is_ip6, message);
}

static int is_for_first(const char *format, const char *call_id, int is_ip6)
{
	struct pkt p = call(format, call_id, is_ip6);
	struct prog_run r;

	prog_packet(&r, PROG_IN, &p);
	if (r.action == XDP_REDIRECT) {
		check_handed(&r);
		return 1;
	}
	prog_check(&r, XDP_DROP, "drop", "no_cpu");
	check_int("handed", r.handed, 0);
	return 0;
}

static void by_call_id(void **state)
{
	char call_id[32];
	int n, i, first, sum = 0;
	size_t k;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(2);
		for (n = 0; n < 64; n++) {
			snprintf(call_id, sizeof(call_id), "%x@h%d", 7919u * (unsigned int)n, i);
			first = is_for_first(spellings[0], call_id, i);
			sum += first;
			for (k = 1; k < TEST_COUNT(spellings); k++)
				check_int(spellings[k], is_for_first(spellings[k], call_id, i), first);
		}
	}
	/* 128 fair coins are further from 64 than that once in 10,000 times; the key is always the same */
	check_true("both have a fair share", sum > 42 && sum < 86);
}

/* What the slow path takes goes where its call does: it must not overtake what came before it. */
static const struct slow_row {
	const char *name;
	int is_ip6;
	__u16 frag;
	__u8 ext;
	int udp_len_off;
} slow_rows[] = {
	{ "first fragment", .frag = 0x2000, .udp_len_off = 3000 },
	{ "first fragment, IPv6", .is_ip6 = 1, .frag = 1, .udp_len_off = 3000 },
	{ "super-frame", .udp_len_off = -8 },
	{ "super-frame, IPv6", .is_ip6 = 1, .udp_len_off = -8 },
	{ "IPv4 options", .ext = 1 },
	{ "destination options", .is_ip6 = 1, .ext = 60 },
};

static void slow_by_call_id(void **state)
{
	const struct slow_row *row = *state;
	struct prog_run whole, slow;
	char call_id[32];
	struct pkt p;
	int n;

	scene(2);
	for (n = 0; n < 16; n++) {
		snprintf(call_id, sizeof(call_id), "%x@h", 7919u * (unsigned int)n);
		p = call(spellings[0], call_id, row->is_ip6);
		prog_packet(&whole, PROG_IN, &p);
		p.frag = row->frag;
		p.ext = row->ext;
		p.udp_len_off = row->udp_len_off;
		prog_packet(&slow, PROG_IN, &p);
		check_int(row->name, slow.action, whole.action);
	}
}

/* One packet in a quarter of an hour. */
static void limit_rate(int is_ip6)
{
	struct ds_listener_half *half = prog.listeners[is_ip6 ? PROG_L6 : PROG_L4].half;
	int i;

	for (i = 0; i < 2; i++) {
		half[i].guarded = 1;
		half[i].guard = (struct ds_guard){ .interval_ns = 1ull << 40, .burst_ns = 1ull << 40 };
	}
}

/* What is not ours stays, and what the guard keeps out goes no further. */
static void not_handed(void **state)
{
	struct prog_run r;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene(1);
		p = client(i, REQUEST("Call-ID: a\r\n"));
		p.dst.port_be ^= 1;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_PASS, "pass", "not_ours");
		prog_check_untouched(&r, &p);
		p.dst.port_be ^= 1;
		limit_rate(i);
		prog_packet(&r, PROG_IN, &p);
		check_handed(&r);
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_DROP, "drop", "guard_rate");
		check_int("handed", r.handed, 0);
		prog.state->generation = 0;
		prog_packet(&r, PROG_IN, &p);
		check_int("nothing published", r.action, XDP_PASS);
	}
}

/* A partial sum over more than the program takes in: the slow path's, which is not there. */
static void too_long(void **state)
{
	static char big[2500];
	struct prog_run r;
	struct pkt p;

	(void)state;
	memset(big, 'a', sizeof(big));
	scene(1);
	p = prog_from_client(0);
	p.payload = big;
	p.len = sizeof(big);
	p.sum = PKT_SUM_PARTIAL;
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_DROP, "needs_slow_path", "slow_too_long");
	prog_check_untouched(&r, &p);
	p.sum = PKT_SUM_VALID;
	prog_packet(&r, PROG_IN, &p);
	check_handed(&r);
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;
	size_t i;

	prog.entry = "xdp_spread";
	if (prog_open())
		return 1;
	for (i = 0; i < TEST_COUNT(any); i++)
		test_add(&tests, "handed", handed, any[i]);
	test_add(&tests, "by Call-ID", by_call_id, NULL);
	for (i = 0; i < TEST_COUNT(slow_rows); i++)
		test_add(&tests, slow_rows[i].name, slow_by_call_id, &slow_rows[i]);
	test_add(&tests, "not handed", not_handed, NULL);
	test_add(&tests, "too long", too_long, NULL);
	failed = test_run(&tests, "spread");
	prog_close();
	return failed;
}
