// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fork_test.c - a request that all destinations get: scripts of answers and times, and what each step asks for
 * (RFC 3261 16.7, 16.8, 16.10, 17.1).
 */
#include "test.h"

#include <errno.h>

#include "failover_message.h"
#include "fork.h"

#define STEPS 16
#define BEGUN_MS 1000

enum what {
	END = 0,
	ANSWER,	 /* leg a answers b */
	CANCEL,	 /* the client's */
	OK,	 /* leg a answers the CANCEL */
	DUE,	 /* leg a is looked at */
	ALL_DUE, /* the fork is */
	ACKED,
	BEST, /* is leg want */
};

struct step {
	__u64 at_ms; /* since it began */
	enum what what;
	unsigned int a;
	unsigned int b;
	unsigned int want;
};

static const struct row {
	const char *name;
	bool is_invite;
	unsigned int legs;
	struct step step[STEPS];
} rows[] = {
	{ "a 2xx goes on at once, and who rings is cancelled",
	  true,
	  2,
	  { { 1, ANSWER, 0, 100, 0 },
	    { 1, ANSWER, 0, 180, FORK_PASS },
	    { 2, ANSWER, 1, 183, FORK_PASS },
	    { 3, ANSWER, 1, 200, FORK_PASS },
	    { 3, DUE, 0, 0, FORK_CANCEL },
	    { 3, DUE, 1, 0, 0 },
	    { 4, OK, 0, 0, 0 },
	    { 4, ANSWER, 0, 487, FORK_ACK },
	    { 5, ANSWER, 0, 487, FORK_ACK },
	    { 6, ANSWER, 1, 200, FORK_PASS },
	    { 32002, ALL_DUE, 0, 0, 0 },
	    { 32003, ALL_DUE, 0, 0, FORK_OVER } } },
	{ "two 2xx to an INVITE both go on",
	  true,
	  2,
	  { { 1, ANSWER, 0, 200, FORK_PASS }, { 2, ANSWER, 1, 200, FORK_PASS }, { 2, DUE, 0, 0, 0 } } },
	{ "nobody is cancelled before he has answered at all (9.1)",
	  true,
	  2,
	  { { 1, ANSWER, 0, 200, FORK_PASS },
	    { 2, DUE, 1, 0, 0 },
	    { 600, DUE, 1, 0, FORK_RESEND },
	    { 700, ANSWER, 1, 180, 0 },
	    { 700, DUE, 1, 0, FORK_CANCEL },
	    { 1199, DUE, 1, 0, 0 },
	    { 1200, DUE, 1, 0, FORK_CANCEL },
	    { 1300, OK, 1, 0, 0 },
	    { 9000, DUE, 1, 0, 0 },
	    { 32700, DUE, 1, 0, 0 },
	    { 32701, ANSWER, 1, 487, FORK_ACK } } },
	{ "failures wait for the last, and the lowest class is the best",
	  true,
	  3,
	  { { 1, ANSWER, 0, 503, FORK_ACK },
	    { 2, ANSWER, 1, 486, FORK_ACK },
	    { 3, ANSWER, 2, 500, FORK_ACK | FORK_END },
	    { 3, BEST, 0, 0, 1 },
	    { 502, ALL_DUE, 0, 0, 0 },
	    { 503, ALL_DUE, 0, 0, FORK_AGAIN },
	    { 1503, ALL_DUE, 0, 0, FORK_AGAIN },
	    { 1600, ACKED, 0, 0, 0 },
	    { 3600, ALL_DUE, 0, 0, 0 },
	    { 5003, ALL_DUE, 0, 0, FORK_OVER } } },
	{ "a failure that is not acknowledged is given up",
	  true,
	  1,
	  { { 0, ANSWER, 0, 500, FORK_ACK | FORK_END }, { 32000, ALL_DUE, 0, 0, FORK_OVER } } },
	{ "what tells how to ask again is better than the rest of 4xx",
	  true,
	  3,
	  { { 1, ANSWER, 0, 404, FORK_ACK },
	    { 1, ANSWER, 1, 407, FORK_ACK },
	    { 1, ANSWER, 2, 302, FORK_ACK | FORK_END },
	    { 1, BEST, 0, 0, 2 } } },
	{ "407 before 404",
	  true,
	  2,
	  { { 1, ANSWER, 0, 404, FORK_ACK }, { 1, ANSWER, 1, 407, FORK_ACK | FORK_END }, { 1, BEST, 0, 0, 1 } } },
	{ "a 6xx cancels the others and is the best",
	  true,
	  3,
	  { { 1, ANSWER, 0, 180, FORK_PASS },
	    { 2, ANSWER, 1, 603, FORK_ACK },
	    { 2, DUE, 0, 0, FORK_CANCEL },
	    { 3, ANSWER, 0, 487, FORK_ACK },
	    { 3, ANSWER, 2, 404, FORK_ACK | FORK_END },
	    { 3, BEST, 0, 0, 1 } } },
	{ "the client's CANCEL",
	  true,
	  2,
	  { { 1, ANSWER, 0, 180, FORK_PASS },
	    { 2, CANCEL, 0, 0, 0 },
	    { 2, DUE, 0, 0, FORK_CANCEL },
	    { 3, ANSWER, 0, 487, FORK_ACK },
	    { 4, ANSWER, 1, 180, FORK_PASS },
	    { 4, DUE, 1, 0, FORK_CANCEL },
	    { 5, ANSWER, 1, 487, FORK_ACK | FORK_END },
	    { 5, BEST, 0, 0, 0 } } },
	{ "silence: sent again with twice the time, 408 after 64 * T1",
	  true,
	  1,
	  { { 499, DUE, 0, 0, 0 },
	    { 500, DUE, 0, 0, FORK_RESEND },
	    { 1499, DUE, 0, 0, 0 },
	    { 1500, DUE, 0, 0, FORK_RESEND },
	    { 3500, DUE, 0, 0, FORK_RESEND },
	    { 31999, DUE, 0, 0, FORK_RESEND },
	    { 32000, DUE, 0, 0, FORK_SILENCE | FORK_END },
	    { 32000, BEST, 0, 0, 1 },
	    { 33000, ANSWER, 0, 200, FORK_PASS } } },
	{ "silence of one beside a 500 is a 408",
	  true,
	  2,
	  { { 1, ANSWER, 0, 500, FORK_ACK }, { 32000, DUE, 1, 0, FORK_SILENCE | FORK_END }, { 32000, BEST, 0, 0, 2 } } },
	{ "one that rings for ever is cancelled by timer C, which each 18x sets anew",
	  true,
	  1,
	  { { 10, ANSWER, 0, 180, FORK_PASS },
	    { 100000, ANSWER, 0, 180, FORK_PASS },
	    { 100001, ANSWER, 0, 100, 0 },
	    { 279999, DUE, 0, 0, 0 },
	    { 280000, DUE, 0, 0, FORK_CANCEL },
	    { 280500, DUE, 0, 0, FORK_CANCEL },
	    { 312000, DUE, 0, 0, FORK_END } } },
	{ "of what is no INVITE the first final answer alone",
	  false,
	  2,
	  { { 1, ANSWER, 0, 200, FORK_PASS },
	    { 2, ANSWER, 1, 200, 0 },
	    { 3, ANSWER, 1, 500, 0 },
	    { 3, DUE, 0, 0, 0 } } },
	{ "what is no INVITE is sent again after T2 at most, also when it is worked at",
	  false,
	  1,
	  { { 500, DUE, 0, 0, FORK_RESEND },
	    { 1500, DUE, 0, 0, FORK_RESEND },
	    { 3500, DUE, 0, 0, FORK_RESEND },
	    { 7500, DUE, 0, 0, FORK_RESEND },
	    { 7600, ANSWER, 0, 100, 0 },
	    { 11500, DUE, 0, 0, FORK_RESEND },
	    { 15499, DUE, 0, 0, 0 },
	    { 32000, DUE, 0, 0, FORK_END },
	    { 64000, ALL_DUE, 0, 0, FORK_OVER } } },
	{ "failures of what is no INVITE are not acknowledged",
	  false,
	  2,
	  { { 1, ANSWER, 0, 404, 0 },
	    { 2, ANSWER, 1, 500, FORK_END },
	    { 2, BEST, 0, 0, 0 },
	    { 700, ALL_DUE, 0, 0, 0 } } },
};

static unsigned int take(struct fork *f, const struct step *s)
{
	__u64 now_ms = BEGUN_MS + s->at_ms;

	switch (s->what) {
	case ANSWER:
		return fork_answer(f, s->a, s->b, now_ms);
	case CANCEL:
		fork_cancel(f);
		return 0;
	case OK:
		fork_cancel_answered(f, s->a);
		return 0;
	case DUE:
		return fork_leg_due(f, s->a, now_ms);
	case ALL_DUE:
		return fork_due(f, now_ms);
	case BEST:
		return fork_best(f);
	default:
		f->is_acked = true;
		return 0;
	}
}

static void scripts(void **state)
{
	const struct row *row = *state;
	struct fork f = { 0 };
	char name[32];
	size_t i;

	fork_begin(&f, row->is_invite, row->legs, BEGUN_MS);
	for (i = 0; i < STEPS && row->step[i].what != END; i++) {
		snprintf(name, sizeof(name), "step %zu", i);
		check_int(name, take(&f, &row->step[i]), row->step[i].want);
	}
}

/* The challenges of others come behind the best one's own rows, and its body stays. */
static void challenges(void **state)
{
	static const char best[] = "SIP/2.0 401 No\r\nVia: x\r\nWWW-Authenticate: Digest realm=\"a\"\r\n\r\nbody";
	static const char other[] =
		"SIP/2.0 407 No\r\nVia: y\r\nProxy-Authenticate: Digest realm=\"b\",\r\n nonce=\"1\"\r\n"
		"www-authenticate:Digest realm=\"c\"\r\nServer: z\r\n\r\nWWW-Authenticate: not this";
	static const char want[] = "SIP/2.0 401 No\r\nVia: x\r\nWWW-Authenticate: Digest realm=\"a\"\r\n"
				   "Proxy-Authenticate: Digest realm=\"b\",\r\n nonce=\"1\"\r\n"
				   "www-authenticate:Digest realm=\"c\"\r\n\r\nbody";
	unsigned char out[512];
	ssize_t n;

	(void)state;
	n = failover_challenges((const unsigned char *)best, sizeof(best) - 1, (const unsigned char *)other,
				sizeof(other) - 1, out, sizeof(out));
	check_mem("challenges", out, n > 0 ? (size_t)n : 0, want, sizeof(want) - 1);
	n = failover_challenges((const unsigned char *)best, sizeof(best) - 1, (const unsigned char *)other,
				sizeof(other) - 1, out, sizeof(want) - 2);
	check_int("no room", n, -ENOSPC);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "script", scripts, rows);
	test_add(&tests, "challenges", challenges, NULL);
	return test_run(&tests, "fork");
}
