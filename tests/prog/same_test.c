// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * same_test.c - the kernel program and the decision in user space, message by message: verdict, reason, place and octets
 * are the same. The messages: the corpus, what our own forwarding makes of it as responses, and seeded mutations of both.
 * SAME_SEED and SAME_COUNT (mutations of each kind) override what is below.
 */
#include "test.h"

#include <ftw.h>
#include <time.h>

#include "guard.h"
#include "mutate.h"
#include "route_kernel.h"
#include "route_tables.h"
#include "source.h"

#define SAME_SEED 20240607
#define SAME_COUNT 34000
#define SAME_LIST                                                                                     \
	"1 sip:192.0.2.30\n1 sip:192.0.2.31\n1 sip:192.0.2.32:5070\n1 sip:192.0.2.33;transport=tcp\n" \
	"1 sip:[2001:db8::30]\n1 sip:[2001:db8::31]:5070\n"
/* Longer ones may be beyond what the kernel program rewrites, shorter ones may not. */
#define SAME_SHORT 1300

/* One listener in both worlds. */
struct same_side {
	struct route_tables kernel;
	struct route_tables user;
	struct decide_env env;
	struct ds_endpoint client;
	struct ds_endpoint server;
};

enum {
	SAME_PROXY,
	SAME_PROXY6,
	SAME_ROUND_ROBIN,
	SAME_NAT,
	SAME_SHIELD,
	SAME_FROM,
	SAME_TO_NAT,
	SAME_REQUEST6,
	SAME_KEY,
	SAME_SLOT,
	SAME_SLOT_FROM,
	SAME_SIDES
};

static const char *const verdicts[] = {
#define X(name, help) #name,
	VERDICT_LIST(X)
#undef X
};

static const char *const reasons[] = {
#define X(name, code, help) #name,
	REASON_LIST(X)
#undef X
};

static struct same_side sides[SAME_SIDES];
static struct mutate_messages corpus, mixed;
static struct decision decision;
static size_t compared, beyond, mutated;

static void same_keep(struct mutate_messages *to, const unsigned char *data, size_t len)
{
	to->m = realloc(to->m, (to->n + 1) * sizeof(*to->m));
	assert_non_null(to->m);
	to->m[to->n].data = malloc(len + 1);
	assert_non_null(to->m[to->n].data);
	memcpy(to->m[to->n].data, data, len);
	to->m[to->n++].len = len;
}

static void same_drop(struct mutate_messages *list)
{
	while (list->n)
		free(list->m[--list->n].data);
	free(list->m);
	list->m = NULL;
}

static int same_enter_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
	static const char *const other[] = { ".tsv", ".md", ".pcap" };
	const char *dot = strrchr(path, '.');
	unsigned char *data;
	size_t len = 0, i;

	(void)where;
	for (i = 0; dot && i < TEST_COUNT(other); i++)
		if (!strcmp(dot, other[i]))
			return 0;
	if (type != FTW_F || !st->st_size || st->st_size > DECIDE_PAYLOAD_MAX)
		return 0;
	data = test_read_file(path, &len);
	assert_non_null(data);
	same_keep(&corpus, data, len);
	free(data);
	return 0;
}

static void same_endpoint(struct ds_endpoint *e, const char *ip, int port)
{
	memset(e, 0, sizeof(*e));
	assert_int_equal(uri_address(ip, &e->ip), 0);
	e->port_be = port_be16(port);
}

static void same_tables(struct route_tables *t, const struct record_listener *l, bool in_kernel)
{
	static const __u64 key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	static const struct resolver nobody;
	struct model *m;
	struct diag_list d;
	char why[256];
	int err;

	diag_init(&d, "list");
	assert_int_equal(source_file_parse(SAME_LIST, strlen(SAME_LIST), &nobody, &m, &d), 0);
	err = route_tables_make(t, m, l, key, in_kernel, why, sizeof(why));
	if (err)
		print_error("%s: %s\n%s\n", why, strerror(-err), bpf_log());
	assert_int_equal(err, 0);
	model_free(m);
	diag_free(&d);
}

static void same_make(struct same_side *s, int is_ip6, struct record_listener l)
{
	same_endpoint(&l.at, is_ip6 ? "2001:db8::1" : "192.0.2.1", 5060);
	same_endpoint(&s->client, is_ip6 ? "2001:db8::20" : "192.0.2.20", 5062);
	same_endpoint(&s->server, is_ip6 ? "2001:db8::30" : "192.0.2.30", 5060);
	same_tables(&s->kernel, &l, true);
	same_tables(&s->user, &l, false);
	route_tables_env(&s->user, &s->env);
}

/* Picked from as Kamailio does; without a key, by the Call-ID. */
static void same_slot_side(struct same_side *s, enum ds_algorithm algorithm)
{
	same_make(s, 0,
		  (struct record_listener){ .set = 1,
					    .mode = DS_MODE_PROXY,
					    .algorithm = algorithm,
					    .slot_rule = DS_SLOT_KAMAILIO,
					    .affinity = DS_AFFINITY_HASH });
}

static void same_side(struct same_side *s, int is_ip6, enum ds_mode mode, enum ds_algorithm algorithm)
{
	struct record_listener l = { .set = 1, .mode = mode, .algorithm = algorithm };

	/* where other keys are hashed no table of calls has the last word */
	if (algorithm != DS_ALGORITHM_CALL_ID && algorithm != DS_ALGORITHM_ROUND_ROBIN)
		l.affinity = DS_AFFINITY_HASH;
	l.user_only = algorithm == DS_ALGORITHM_TO_URI;
	l.record_route = l.path = algorithm == DS_ALGORITHM_FROM_URI;
	if (algorithm == DS_ALGORITHM_KEY)
		strcpy(l.hash_key, "auth-user,header:Contact,source");
	same_make(s, is_ip6, l);
}

static int same_setup(void **state)
{
	const char *what;
	int err = route_kernel_enter(ROUTE_MTU_MAX, &what);

	(void)state;
	if (err) {
		print_error("cannot %s: %s\n", what, strerror(-err));
		return -1;
	}
	same_side(&sides[SAME_PROXY], 0, DS_MODE_PROXY, DS_ALGORITHM_CALL_ID);
	same_side(&sides[SAME_PROXY6], 1, DS_MODE_PROXY, DS_ALGORITHM_CALL_ID);
	same_side(&sides[SAME_ROUND_ROBIN], 0, DS_MODE_PROXY, DS_ALGORITHM_ROUND_ROBIN);
	same_side(&sides[SAME_NAT], 0, DS_MODE_NAT, DS_ALGORITHM_CALL_ID);
	same_side(&sides[SAME_FROM], 0, DS_MODE_PROXY, DS_ALGORITHM_FROM_URI);
	same_side(&sides[SAME_TO_NAT], 0, DS_MODE_NAT, DS_ALGORITHM_TO_URI);
	same_side(&sides[SAME_REQUEST6], 1, DS_MODE_PROXY, DS_ALGORITHM_REQUEST_URI);
	same_side(&sides[SAME_KEY], 0, DS_MODE_PROXY, DS_ALGORITHM_KEY);
	same_slot_side(&sides[SAME_SLOT], DS_ALGORITHM_AUTH_USER);
	same_slot_side(&sides[SAME_SLOT_FROM], DS_ALGORITHM_FROM_URI);
	same_side(&sides[SAME_SHIELD], 0, DS_MODE_SHIELD, DS_ALGORITHM_CALL_ID);
	return 0;
}

static int same_teardown(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < SAME_SIDES; i++) {
		route_tables_free(&sides[i].kernel);
		route_tables_free(&sides[i].user);
	}
	same_drop(&corpus);
	same_drop(&mixed);
	print_message("%zu compared, %zu of them mutations, %zu beyond the kernel program's bounds\n", compared,
		      mutated, beyond);
	return 0;
}

/* Whether the kernel program may leave to the slow path what user space decides: long messages, and longer replies. */
static int same_is_beyond(const struct route_run *r, size_t len)
{
	/* a shield passes what it cannot look at */
	if (r->verdict != VERDICT_slow && r->verdict != VERDICT_pass)
		return 0;
	if (r->reason == REASON_slow_too_long)
		return 1;
	if (r->reason == REASON_slow_reply && decision.verdict == VERDICT_reply && decision.out_len > len)
		return 1;
	return len > SAME_SHORT && (r->reason == REASON_slow_length || r->reason == REASON_slow_plan ||
				    r->reason == REASON_slow_reply || r->reason == REASON_slow_head_room);
}

/* What arrives must verify: ones' complement sum of pseudo header and datagram. */
static int same_sum_is_good(const struct route_run *r, int is_ip6)
{
	const unsigned char *udp = r->out - 8, *addresses = udp - (is_ip6 ? 32 : 8), *end = r->frame + r->frame_len, *p;
	__u64 s = 17 + (end - udp);

	for (p = addresses; p < end; p++)
		s += (p - addresses) & 1 ? *p : (__u32)*p << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s == 0xffff;
}

static void same_print(const unsigned char *data, size_t len)
{
	size_t i;

	print_error("the message, as printf(1) takes it:\n");
	for (i = 0; i < len; i++)
		print_error(data[i] >= 0x20 && data[i] < 0x7f && data[i] != '\\' && data[i] != '%' ? "%c" : "\\%03o",
			    data[i]);
	print_error("\n");
}

static int same_differs(const struct same_side *s, const struct decision *d, const struct route_run *r)
{
	int sent = d->verdict == VERDICT_forward || d->verdict == VERDICT_reply;

	if (d->verdict != r->verdict || d->reason != r->reason || d->out_len != r->out_len)
		return 1;
	if (!sent)
		return 0;
	return !sip_same_place(&d->to, &r->to) || memcmp(d->out, r->out, r->out_len) != 0 ||
	       !same_sum_is_good(r, s->user.inst.listeners[0].is_ip6);
}

/* What only one side decided counts for the next pick: go on from what the kernel has. */
static void same_follow(struct same_side *s)
{
	memcpy(s->env.rr, s->kernel.inst.listeners[0].rr, sizeof(s->kernel.inst.listeners[0].rr));
	memcpy(s->env.calls, s->kernel.inst.calls, ((size_t)s->env.calls_mask + 1) * sizeof(*s->env.calls));
}

static __u32 same_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return ((__u64)now.tv_sec * 1000000000 + now.tv_nsec) >> DS_TICK_SHIFT;
}

static void same_one(struct same_side *s, const struct ds_endpoint *src, const unsigned char *data, size_t len)
{
	static struct guard guard;
	struct route_run r;
	char text[2][URI_ENDPOINT_SIZE];

	s->env.now = same_now();
	guard_copy(&guard, data, len);
	decide(&s->env, src, guard.data, len, &decision);
	guard_free(&guard);
	assert_int_equal(route_kernel_run(&s->kernel.inst, 0, src, data, len, &r), 0);
	compared++;
	if (same_is_beyond(&r, len)) {
		beyond++;
		same_follow(s);
		return;
	}
	if (!same_differs(s, &decision, &r))
		return;
	print_error("listener %s, mode %d\n", uri_endpoint_text(&s->env.listener->at, text[0]), s->env.mode);
	print_error("kernel: verdict %s reason %s to %s, %zu octets\n", verdicts[r.verdict], reasons[r.reason],
		    uri_endpoint_text(&r.to, text[0]), r.out_len);
	print_error("user:   verdict %s reason %s to %s, %zu octets\n", verdicts[decision.verdict],
		    reasons[decision.reason], uri_endpoint_text(&decision.to, text[1]), decision.out_len);
	same_print(data, len);
	if (r.out && decision.out_len)
		check_mem("octets (got: kernel, want: user)", r.out, r.out_len, decision.out, decision.out_len);
	fail();
}

/* What was forwarded comes back as a response: our Via on top, the client's below. */
static void same_response(struct same_side *s, int keep)
{
	static unsigned char answer[DECIDE_PAYLOAD_MAX + 64];
	static const char line[] = "SIP/2.0 200 OK";
	const unsigned char *cr;
	size_t rest;

	if (decision.verdict != VERDICT_forward || decision.msg.kind != SIP_KIND_REQUEST)
		return;
	cr = memchr(decision.out, '\r', decision.out_len);
	rest = decision.out + decision.out_len - cr;
	memcpy(answer, line, sizeof(line) - 1);
	memcpy(answer + sizeof(line) - 1, cr, rest);
	rest += sizeof(line) - 1;
	if (keep)
		same_keep(&mixed, answer, rest);
	same_one(s, &s->server, answer, rest);
}

static void same_corpus(void **state)
{
	const char *top = test_corpus();
	char path[512];
	size_t i, k;

	if (!top)
		test_skip("no corpus; SIPXDP_CORPUS says where it is");
	same_drop(&corpus);
	snprintf(path, sizeof(path), "%s/%s", top, (const char *)*state);
	assert_int_equal(nftw(path, same_enter_file, 16, FTW_PHYS), 0);
	check_true("messages in the folder", corpus.n > 0);
	for (i = 0; i < corpus.n; i++) {
		same_keep(&mixed, corpus.m[i].data, corpus.m[i].len);
		for (k = 0; k < SAME_SIDES; k++) {
			same_one(&sides[k], &sides[k].server, corpus.m[i].data, corpus.m[i].len);
			same_one(&sides[k], &sides[k].client, corpus.m[i].data, corpus.m[i].len);
			same_response(&sides[k], k == SAME_PROXY);
		}
	}
}

static void same_mutations(void **state)
{
	static unsigned char out[DECIDE_PAYLOAD_MAX];
	const struct mutate_kind *kind = *state;
	const char *count = getenv("SAME_COUNT");
	long i, n = count ? atol(count) : SAME_COUNT;
	struct same_side *s;
	size_t len;

	if (!test_corpus())
		test_skip("no corpus; SIPXDP_CORPUS says where it is");
	print_message("%ld, SAME_SEED=%llu\n", n, (unsigned long long)mutate_seed);
	for (i = 0; i < n; i++) {
		len = kind->mutate(&mixed, out);
		mutated++;
		s = &sides[mutate_random(SAME_SIDES)];
		same_one(s, mutate_random(2) ? &s->client : &s->server, out, len);
	}
}

static const char *const folders[] = {
	"gosip-tests",	 "jsip-junit",	 "jsip-torture",     "lioneagle", "non-sip-on-5060",
	"rfc-callflows", "rfc-text",	 "rfc4475",	     "rfc5118",	  "sip2json-samples",
	"sipgo-tests",	 "sipnab-tests", "sipsorcery-tests",
};

int main(void)
{
	const char *given = getenv("SAME_SEED");
	struct test_list tests = { 0 };
	size_t i;
	char name[64];

	mutate_seed = given ? strtoull(given, NULL, 0) : SAME_SEED;
	for (i = 0; i < TEST_COUNT(folders); i++) {
		snprintf(name, sizeof(name), "corpus: %s", folders[i]);
		test_add(&tests, name, same_corpus, folders[i]);
	}
	test_rows(&tests, "mutations", same_mutations, mutate_kinds);
	return _cmocka_run_group_tests("same", tests.test, tests.n, same_setup, same_teardown);
}
