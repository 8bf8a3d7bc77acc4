// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_fork.c - the slow path's part of algorithm parallel: requests that all destinations of a set get (fork.h). The
 * client's request and each answer are kept here; an entry of the map stored[] leads to us whatever belongs to them.
 */
#include "slow_inner.h"

#include <stdlib.h>
#include <string.h>

#include "ds_store.h"
#include "failover_message.h"
#include "fork.h"

/* Those at once; with more, new ones are shed. */
#define SLOW_FORKS_MAX 8192
/* And what they may keep; a request beyond that goes to one destination. */
#define SLOW_FORKS_OCTETS (64u << 20)
#define SLOW_MS_NS 1000000ull

struct slow_answer {
	unsigned char *data; /* NULL: there is none */
	size_t len;
	struct ds_endpoint from;
};

struct slow_fork {
	struct slow_fork *next;
	__u64 key; /* of struct ds_stored */
	__u32 listener;
	struct slow_request request;
	struct fork f;
	struct slow_answer answer[FORK_LEGS_MAX]; /* the legs' failures */
};

/* What is done with a fork. */
struct slow_forking {
	struct slow *s;
	const struct slow_listener *l;
	const struct decide_env *env;
	struct slow_fork *f;
};

static __u64 slow_fork_ms(const struct decide_env *env)
{
	return env->now_ns / SLOW_MS_NS;
}

/* Where a fork hangs, or would. */
static struct slow_fork **slow_fork_find(struct slow *s, __u32 listener, __u64 key)
{
	struct slow_fork **f = &s->fork[(key >> 32) & (SLOW_FORK_ROWS - 1)];

	while (*f && ((*f)->key != key || (*f)->listener != listener))
		f = &(*f)->next;
	return f;
}

static unsigned char *slow_fork_copy(struct slow *s, const unsigned char *data, size_t len)
{
	unsigned char *copy = s->fork_octets + len <= SLOW_FORKS_OCTETS ? malloc(len) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, data, len);
	s->fork_octets += len;
	return copy;
}

static void slow_fork_drop(struct slow *s, struct slow_fork **at)
{
	struct slow_fork *f = *at;
	unsigned char *data = (unsigned char *)(__UINTPTR_TYPE__)f->request.data;
	size_t i;

	*at = f->next;
	for (i = 0; i < FORK_LEGS_MAX; i++) {
		if (f->answer[i].data)
			s->fork_octets -= f->answer[i].len;
		free(f->answer[i].data);
	}
	s->fork_octets -= f->request.len;
	free(data);
	free(f);
	s->n_forks--;
}

/* Leads what belongs to a fork to us; where the row is being written to, the fork does without. */
static void slow_fork_mark(const struct decide_env *env, const struct slow_fork *f, __u64 branch)
{
	struct ds_stored *oldest, *e = decide_stored(env, branch, &oldest);
	__u64 key;

	e = e ? e : oldest;
	key = e ? __atomic_load_n(&e->key, __ATOMIC_RELAXED) : DS_STORED_BUSY;
	if (key == DS_STORED_BUSY || !__sync_bool_compare_and_swap(&e->key, key, DS_STORED_BUSY))
		return;
	e->val = DS_STORED_FORKED;
	e->born_ns = env->now_ns;
	e->listener = f->listener;
	e->len = 0;
	__atomic_store_n(&e->key, f->key, __ATOMIC_RELEASE);
}

/* And no more. */
static void slow_fork_unmark(const struct decide_env *env, const struct slow_fork *f)
{
	struct ds_stored *oldest, *e = decide_stored(env, f->key, &oldest);

	if (e && e->val == DS_STORED_FORKED)
		__sync_bool_compare_and_swap(&e->key, f->key, 0);
}

/* ---- sending */

static void slow_fork_send(const struct slow_forking *w, __u32 dest)
{
	struct decide_env one = *w->env;
	struct slow_job *job;

	one.failover = NULL;
	one.forks = 0;
	one.forced = dest;
	one.forced_as = REASON_request_fork;
	job = slow_again(w->s, w->l, &one, &w->f->request);
	if (job && job->d.verdict == VERDICT_forward)
		w->s->n_jobs++;
}

/* Answers the client's request, or its CANCEL; line: NULL as the reason has it. */
static void slow_fork_reply(const struct slow_forking *w, const struct slow_request *r, __u32 reason, const char *line,
			    bool is_own)
{
	struct decide_env one = *w->env;
	struct slow_job *job;

	one.failover = NULL;
	one.forks = 0;
	one.answer = reason;
	one.answer_line = line;
	one.answer_tag = w->f->key;
	job = slow_again(w->s, w->l, &one, r);
	if (!job)
		return;
	job->is_own = is_own;
	w->s->n_jobs++;
}

/* Sends an answer of a destination on to the client. */
static void slow_fork_pass(const struct slow_forking *w, const struct slow_request *answer, bool settle, bool is_own)
{
	struct decide_env one = *w->env;
	struct slow_job *job;

	one.failover = NULL;
	one.forks = 0;
	one.settle = settle;
	job = slow_again(w->s, w->l, &one, answer);
	if (!job)
		return;
	job->is_own = is_own;
	w->s->n_jobs++;
}

/* The best failure with the challenges of all, which the client needs to ask again. */
static void slow_fork_failure(const struct slow_forking *w, unsigned int best)
{
	static unsigned char text[2][DECIDE_PAYLOAD_MAX];
	const struct slow_answer *a = &w->f->answer[best];
	struct slow_request r = { .data = a->data, .len = a->len, .client = a->from, .tos = w->f->request.tos };
	unsigned int status = w->f->f.leg[best].status, i, other;
	size_t spare = 0;
	ssize_t n;

	for (i = 0; i < w->f->f.n && (status == 401 || status == 407); i++) {
		other = w->f->f.leg[i].status;
		if (i == best || (other != 401 && other != 407) || !w->f->answer[i].data)
			continue;
		n = failover_challenges(r.data, r.len, w->f->answer[i].data, w->f->answer[i].len, text[spare],
					sizeof(text[0]));
		if (n < 0)
			break;
		r.data = text[spare];
		r.len = (size_t)n;
		spare = !spare;
	}
	slow_fork_pass(w, &r, false, true);
}

/* All have failed: the client is told so, or told again. */
static void slow_fork_end(const struct slow_forking *w, bool again)
{
	unsigned int best = fork_best(&w->f->f);

	if (best < w->f->f.n && w->f->answer[best].data)
		slow_fork_failure(w, best);
	else if (w->f->f.is_invite)
		/* RFC 4320 4.2: to anything else a 408 would come too late */
		slow_fork_reply(w, &w->f->request, REASON_failover_timeout, NULL, again);
}

/* Does what is due; true: nothing is left to do. */
static bool slow_fork_look(const struct slow_forking *w)
{
	__u64 now_ms = slow_fork_ms(w->env);
	struct fork *f = &w->f->f;
	unsigned int i, todo;

	for (i = 0; i < f->n; i++) {
		todo = fork_leg_due(f, i, now_ms);
		if (todo & FORK_RESEND)
			slow_fork_send(w, f->leg[i].dest);
		if (todo & FORK_CANCEL)
			slow_say(w->s, w->l, w->env, &w->f->request, f->leg[i].dest, "CANCEL", NULL);
		if (todo & FORK_SILENCE) {
			w->s->stats->dest[f->leg[i].dest].responses[4]++;
			w->s->stats->dest[f->leg[i].dest].timeouts++;
		}
		if (todo & FORK_END)
			slow_fork_end(w, false);
	}
	todo = fork_due(f, now_ms);
	if (todo & FORK_AGAIN)
		slow_fork_end(w, true);
	return todo & FORK_OVER;
}

/* ---- what comes in */

/* Lists who gets the request. */
static unsigned int slow_fork_legs(const struct decide_env *env, const struct ds_set_rec *set, __u32 from,
				   struct fork_leg *leg)
{
	unsigned int n = 0;
	__u32 i, dest;

	for (i = 0; i < set->active && n < FORK_LEGS_MAX; i++) {
		dest = env->slots[set->members + i];
		if (!dest || dest >= env->n_dests || dest == from ||
		    (env->dests[dest].flags & (DS_DEST_USED | DS_DEST_FOREIGN)) != DS_DEST_USED)
			continue;
		leg[n].dest = dest;
		leg[n++].serial = env->dests[dest].serial;
	}
	return n;
}

static const char slow_fork_trying[] = "SIP/2.0 100 Trying\r\n";
static const char slow_fork_ok[] = "SIP/2.0 200 OK\r\n";

/* A request that begins a fork; false where it cannot be one. */
static bool slow_fork_begin(struct slow_forking *w, const struct slow_datagram *g, const struct decision *d)
{
	bool is_invite = d->msg.method == SIP_METHOD_INVITE;
	struct slow *s = w->s;
	struct slow_fork *f;
	__u64 branch = d->branch;
	unsigned int i, n;

	f = calloc(1, sizeof(*f));
	n = f ? slow_fork_legs(w->env, d->set, d->from, f->f.leg) : 0;
	if (n)
		f->request = (struct slow_request){
			.data = slow_fork_copy(s, g->data, g->len), .len = g->len, .client = g->src, .tos = g->tos
		};
	if (!n || !f->request.data) {
		free(f);
		return false;
	}
	f->key = ds_stored_key(branch);
	f->listener = w->l->slot;
	fork_begin(&f->f, is_invite, n, slow_fork_ms(w->env));
	w->f = *slow_fork_find(s, f->listener, f->key) = f;
	s->n_forks++;
	slow_fork_mark(w->env, f, branch);
	if (is_invite)
		slow_fork_reply(w, &f->request, REASON_fork_answered, slow_fork_trying, false);
	for (i = 0; i < n; i++)
		slow_fork_send(w, f->f.leg[i].dest);
	return true;
}

/* The client has sent its request again, and what it has been told may be lost. */
static void slow_fork_again(const struct slow_forking *w)
{
	slow_count(w->s, w->l->slot, VERDICT_drop, REASON_fork_absorbed);
	if (w->f->f.is_failed)
		slow_fork_end(w, true);
	else if (w->f->f.is_invite && !w->f->f.is_answered)
		slow_fork_reply(w, &w->f->request, REASON_fork_answered, slow_fork_trying, true);
}

static bool slow_fork_request(struct slow_forking *w, const struct slow_datagram *g, const struct decision *d)
{
	const struct slow_request cancel = { .data = g->data, .len = g->len, .client = g->src, .tos = g->tos };
	__u32 method = d->msg.method;

	if (!w->f && (method == SIP_METHOD_CANCEL || !d->set))
		return false;
	if (!w->f && w->s->n_forks >= SLOW_FORKS_MAX) {
		slow_shed(w->s);
		slow_count(w->s, w->l->slot, VERDICT_drop, REASON_overload);
		return true;
	}
	if (!w->f)
		return slow_fork_begin(w, g, d);
	if (method == SIP_METHOD_ACK) {
		w->f->f.is_acked = true;
		slow_count(w->s, w->l->slot, VERDICT_drop, REASON_fork_absorbed);
	} else if (method == SIP_METHOD_CANCEL) {
		if (!w->f->f.is_answered && !w->f->f.is_failed)
			fork_cancel(&w->f->f);
		slow_fork_reply(w, &cancel, REASON_fork_answered, slow_fork_ok, false);
		slow_fork_look(w);
	} else {
		slow_fork_again(w);
	}
	return true;
}

/* The leg that a response is of; f.n: none. */
static unsigned int slow_fork_leg(const struct slow_forking *w, __u32 from)
{
	const struct fork *f = &w->f->f;
	unsigned int i;

	for (i = 0; i < f->n; i++)
		if (from && f->leg[i].dest == from && f->leg[i].serial == w->env->dests[from].serial)
			break;
	return i;
}

static bool slow_fork_response(struct slow_forking *w, const struct slow_datagram *g, const struct decision *d)
{
	const struct slow_request answer = { .data = g->data, .len = g->len, .client = g->src, .tos = g->tos };
	__u32 status = d->msg.status, from = d->from;
	bool is_cancel = d->msg.method == SIP_METHOD_CANCEL, settle;
	unsigned int leg = w->f ? slow_fork_leg(w, from) : 0, todo = 0;
	struct fork *f = w->f ? &w->f->f : NULL;
	struct slow_answer *kept;

	if (!f || leg == f->n)
		return false;
	settle = f->is_invite && !f->is_answered && status > 100 && status < 300;
	if (is_cancel)
		fork_cancel_answered(f, leg);
	else
		todo = fork_answer(f, leg, status, slow_fork_ms(w->env));
	kept = &w->f->answer[leg];
	if (!is_cancel && status >= 300 && !kept->data)
		*kept = (struct slow_answer){ .data = slow_fork_copy(w->s, g->data, g->len),
					      .len = g->len,
					      .from = g->src };
	if (!(todo & FORK_PASS)) {
		slow_count_answer(w->s, from, &d->msg, g->len);
		slow_count(w->s, w->l->slot, VERDICT_drop, REASON_fork_absorbed);
	}
	/* d is gone with the next job */
	if (todo & FORK_ACK)
		slow_say(w->s, w->l, w->env, &w->f->request, from, "ACK", g);
	if (todo & FORK_PASS)
		slow_fork_pass(w, &answer, settle, false);
	if (todo & FORK_END)
		slow_fork_end(w, false);
	slow_fork_look(w);
	return true;
}

bool slow_fork_take(struct slow *s, const struct slow_listener *l, const struct slow_datagram *g,
		    const struct decide_env *env, const struct decision *d)
{
	struct slow_forking w = { .s = s, .l = l, .env = env };

	w.f = *slow_fork_find(s, l->slot, ds_stored_key(d->branch));
	if (d->msg.kind == SIP_KIND_RESPONSE)
		return slow_fork_response(&w, g, d);
	return slow_fork_request(&w, g, d);
}

void slow_fork_tick(struct slow *s)
{
	struct slow_forking w = { .s = s };
	struct decide_env env;
	struct slow_fork **at;
	size_t i;

	for (i = 0; i < SLOW_FORK_ROWS && s->n_forks; i++) {
		for (at = &s->fork[i]; *at;) {
			w.f = *at;
			w.l = &s->listener[w.f->listener];
			w.env = &env;
			if (slow_env(s, w.l, &env) && !slow_fork_look(&w)) {
				at = &w.f->next;
				continue;
			}
			slow_fork_unmark(&env, w.f);
			slow_fork_drop(s, at);
		}
	}
	slow_flush(s);
}

void slow_fork_free(struct slow *s)
{
	size_t i;

	for (i = 0; i < SLOW_FORK_ROWS; i++)
		while (s->fork[i])
			slow_fork_drop(s, &s->fork[i]);
}
