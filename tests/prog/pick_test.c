// SPDX-License-Identifier: GPL-2.0-or-later
/* pick_test.c - the ways to pick that are not the keyed hash of the Call-ID, without a table of calls. */
#include "test.h"

#include <sched.h>
#include <unistd.h>

#include "hash_key.h"
#include "methods.h"
#include "prog.h"

static struct prog_run run;

/* A request with that Call-ID and rows; returns the index of the destination that it went to, counted as `reason`. */
static int send_request(const char *call, const char *more, const char *reason)
{
	static struct pkt_view view;
	struct pkt p = prog_from_client(0);
	char text[PROG_TEXT_MAX];
	struct ds_endpoint at;
	int i;

	p.len = (size_t)snprintf(
		text, sizeof(text),
		"OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK%s\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\n"
		"Call-ID: %s\r\nCSeq: 1 OPTIONS\r\n%sContent-Length: 0\r\n\r\n",
		call, call, more);
	p.payload = text;
	prog_packet(&run, PROG_IN, &p);
	prog_check(&run, XDP_REDIRECT, "forward", reason);
	prog_check_out(&run, &view, PKT_SUM_VALID);
	for (i = 0; i < PROG_DESTS; i++) {
		at = prog_dest_at(0, (unsigned int)i);
		if (pkt_same_endpoint(&at, &view.dst))
			return i;
	}
	fail_msg("sent to somebody who is no destination");
	return -1;
}

static int send_call(unsigned int i)
{
	char call[32];

	snprintf(call, sizeof(call), "call-%u", i);
	return send_request(call, "", "request");
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	check_int("sched_setaffinity", sched_setaffinity(0, sizeof(set), &set), 0);
}

/* The counter of all, or one for each CPU: what the other CPU did counts only for the former. */
static void turns(void **state)
{
	int per_cpu = *(const int *)*state, i, cpu;
	cpu_set_t all;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		test_skip("one CPU; remedy: a machine with two");
	check_int("sched_getaffinity", sched_getaffinity(0, sizeof(all), &all), 0);
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_ROUND_ROBIN, DS_AFFINITY_HASH);
	prog.sets[1].per_cpu = (__u8)per_cpu;
	for (cpu = 0; cpu < 2; cpu++) {
		on_cpu(cpu);
		for (i = 0; i < 4; i++)
			check_int("destination", send_call((unsigned int)i), per_cpu ? i % 3 : (cpu * 4 + i) % 3);
	}
	check_int("counter of all", prog.listeners[PROG_L4].rr[0], per_cpu ? 0 : 8);
	check_int("sched_setaffinity", sched_setaffinity(0, sizeof(all), &all), 0);
}

/* A third of 600 each, 200; 130 is six standard deviations less. */
static void random_spreads(void **state)
{
	int hits[PROG_DESTS] = { 0 };
	unsigned int i;

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_RANDOM, DS_AFFINITY_HASH);
	for (i = 0; i < 600; i++)
		hits[send_call(0)]++;
	for (i = 0; i < PROG_DESTS; i++)
		check_true("share", hits[i] > 130);
	check_int("turns", prog.listeners[PROG_L4].rr[0], 0);
}

/* Kamailio's rule: the table by the rest of its hash. */
static void modulo(void **state)
{
	char call[32];
	unsigned int i;
	__u32 hash;

	(void)state;
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_HASH);
	prog.sets[1].pick = DS_PICK_MODULO;
	prog.listeners[PROG_L4].half[0].keyed = prog.listeners[PROG_L4].half[1].keyed = 1;
	for (i = 0; i < 50; i++) {
		snprintf(call, sizeof(call), "%x-%u@x", i * 2654435761u, i);
		hash = methods_hash(call, strlen(call), "", 0);
		check_int("destination", send_request(call, "", "request"),
			  hash % prog.sets[1].table_size % PROG_DESTS);
	}
}

/* The first key that a message has decides; a message without the first is counted as such. */
static const struct key_row {
	const char *name;
	const char *more;
	int as_first; /* goes where the first row went */
	const char *reason;
} key_rows[] = {
	{ "key", "X-Account: 42\r\n", 1, "request" },
	{ "another spelling", "x-account :\t42\r\n", 1, "request" },
	{ "beside the fallback", "X-Other: 7\r\nX-Account: 42\r\n", 1, "request" },
	{ "fallback", "X-Other: 42\r\n", 1, "request_other_key" },
	{ "neither", "", -1, "request_other_key" },
};

static void keys(void **state)
{
	const struct key_row *row = *state;
	char call[32];
	size_t n;
	int i, first;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_KEY, DS_AFFINITY_HASH);
	check_int("keys", hash_key_list(prog.sets[1].key, &n, "header:X-Account,header:X-Other"), 0);
	prog.listeners[PROG_L4].half[0].keyed = prog.listeners[PROG_L4].half[1].keyed = 1;
	first = send_request("one", key_rows[0].more, "request");
	for (i = 0; i < 20; i++) {
		snprintf(call, sizeof(call), "call-%d", i);
		if (row->as_first > 0)
			check_int("destination", send_request(call, row->more, row->reason), first);
		else
			first = send_request(call, row->more, row->reason) == first ? first : -1;
	}
	check_true("spread by the Call-ID", row->as_first > 0 || first == -1);
}

int main(void)
{
	static const int shared = 0, per_cpu = 1;
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_add(&tests, "turns of all CPUs", turns, &shared);
	test_add(&tests, "turns of each CPU", turns, &per_cpu);
	test_add(&tests, "random", random_spreads, NULL);
	test_add(&tests, "Kamailio's rule", modulo, NULL);
	test_rows(&tests, "key", keys, key_rows);
	failed = test_run(&tests, "pick");
	prog_close();
	return failed;
}
