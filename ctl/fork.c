// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fork.c - see fork.h.
 */
#include "fork.h"

static void fork_run(struct fork_clock *c, __u64 now_ms)
{
	c->wait_ms = FORK_T1_MS;
	c->due_ms = now_ms + c->wait_ms;
}

/* Whether a clock is due; it goes on with twice the time, up to a limit (0: none). */
static bool fork_is_due(struct fork_clock *c, __u32 most_ms, __u64 now_ms)
{
	if (!c->due_ms || now_ms < c->due_ms)
		return false;
	c->wait_ms *= 2;
	if (most_ms && c->wait_ms > most_ms)
		c->wait_ms = most_ms;
	c->due_ms = now_ms + c->wait_ms;
	return true;
}

void fork_begin(struct fork *f, bool is_invite, unsigned int n, __u64 now_ms)
{
	unsigned int i;

	f->is_invite = is_invite;
	f->n = n;
	for (i = 0; i < n; i++) {
		fork_run(&f->leg[i].request, now_ms);
		f->leg[i].limit_ms = now_ms + FORK_LIMIT_MS;
	}
}

void fork_cancel(struct fork *f)
{
	unsigned int i;

	for (i = 0; i < f->n && f->is_invite; i++)
		f->leg[i].is_unwanted |= f->leg[i].state != FORK_DONE;
}

/* All have failed, and the client has no answer yet. */
static unsigned int fork_end(struct fork *f, __u64 now_ms)
{
	unsigned int i;

	for (i = 0; i < f->n; i++)
		if (f->leg[i].state != FORK_DONE)
			return 0;
	if (f->is_answered || f->is_failed)
		return 0;
	f->is_failed = true;
	f->final_ms = now_ms;
	if (f->is_invite)
		fork_run(&f->failure, now_ms);
	return FORK_END;
}

static unsigned int fork_provisional(struct fork *f, struct fork_leg *leg, unsigned int status, __u64 now_ms)
{
	if (leg->state == FORK_DONE)
		return 0;
	/* 16.7 step 2: each but 100 sets timer C anew */
	if (f->is_invite && !leg->is_cancelled && (status > 100 || leg->state == FORK_CALLING))
		leg->limit_ms = now_ms + FORK_RINGING_MS;
	leg->state = FORK_PROCEEDING;
	if (f->is_invite)
		leg->request.due_ms = 0;
	else
		leg->request.wait_ms = FORK_T2_MS;
	return status > 100 && !f->is_answered && !f->is_failed ? FORK_PASS : 0;
}

static unsigned int fork_success(struct fork *f, __u64 now_ms)
{
	bool is_first = !f->is_answered && !f->is_failed;

	/* 16.7 step 5: of what is no INVITE the first final answer alone */
	if (!f->is_invite && !is_first)
		return 0;
	if (!f->is_answered)
		f->final_ms = now_ms;
	f->is_answered = true;
	f->failure.due_ms = 0;
	fork_cancel(f);
	return FORK_PASS;
}

unsigned int fork_answer(struct fork *f, unsigned int n, unsigned int status, __u64 now_ms)
{
	struct fork_leg *leg = &f->leg[n];
	unsigned int todo = status >= 300 && f->is_invite ? FORK_ACK : 0;
	bool was_done = leg->state == FORK_DONE;

	if (status < 200)
		return fork_provisional(f, leg, status, now_ms);
	leg->state = FORK_DONE;
	leg->request.due_ms = leg->cancel.due_ms = 0;
	if (status < 300)
		return fork_success(f, now_ms);
	if (was_done)
		return todo;
	leg->status = status;
	/* 16.7 step 5: nobody else is to be asked */
	if (status >= 600)
		fork_cancel(f);
	return todo | fork_end(f, now_ms);
}

void fork_cancel_answered(struct fork *f, unsigned int n)
{
	f->leg[n].cancel.due_ms = 0;
}

/* A leg's time is up: one that rings is cancelled, and has as long again to say so. */
static unsigned int fork_leg_late(struct fork *f, struct fork_leg *leg, __u64 now_ms)
{
	unsigned int todo = leg->state == FORK_CALLING ? FORK_SILENCE : 0;

	if (f->is_invite && leg->state == FORK_PROCEEDING && !leg->is_cancelled) {
		leg->is_unwanted = true;
		return 0;
	}
	leg->state = FORK_DONE;
	leg->status = FORK_TIMEOUT;
	leg->is_silent = true;
	leg->request.due_ms = leg->cancel.due_ms = 0;
	return todo | fork_end(f, now_ms);
}

unsigned int fork_leg_due(struct fork *f, unsigned int n, __u64 now_ms)
{
	struct fork_leg *leg = &f->leg[n];
	unsigned int todo = 0;

	if (leg->state == FORK_DONE)
		return 0;
	if (now_ms >= leg->limit_ms)
		todo |= fork_leg_late(f, leg, now_ms);
	if (fork_is_due(&leg->request, f->is_invite ? 0 : FORK_T2_MS, now_ms))
		todo |= FORK_RESEND;
	/* 9.1: not before there is any answer */
	if (leg->is_unwanted && !leg->is_cancelled && leg->state == FORK_PROCEEDING) {
		leg->is_cancelled = true;
		leg->limit_ms = now_ms + FORK_LIMIT_MS;
		fork_run(&leg->cancel, now_ms);
		return todo | FORK_CANCEL;
	}
	return fork_is_due(&leg->cancel, FORK_T2_MS, now_ms) ? todo | FORK_CANCEL : todo;
}

unsigned int fork_due(struct fork *f, __u64 now_ms)
{
	__u64 linger_ms = f->is_acked ? FORK_T4_MS : FORK_LIMIT_MS;
	unsigned int i;

	if (f->is_acked)
		f->failure.due_ms = 0;
	for (i = 0; i < f->n && f->leg[i].state == FORK_DONE; i++)
		;
	if (i == f->n && (f->is_answered || f->is_failed) && now_ms - f->final_ms >= linger_ms)
		return FORK_OVER;
	return fork_is_due(&f->failure, FORK_T2_MS, now_ms) ? FORK_AGAIN : 0;
}

/*
 * How good a failure is, lower is better (16.7 step 6): any 6xx, else the lowest class, in 4xx those that tell the client
 * how to ask again, and what somebody said before what nobody did.
 */
static unsigned int fork_rank(const struct fork_leg *leg)
{
	unsigned int status = leg->status;

	if (status >= 600)
		return 0;
	if (leg->is_silent)
		return 4 * 4 + 3;
	if (status == 401 || status == 407 || status == 415 || status == 420 || status == 484)
		return 4 * 4;
	return 4 * (status / 100) + 1;
}

unsigned int fork_best(const struct fork *f)
{
	unsigned int i, best = f->n;

	for (i = 0; i < f->n; i++)
		if (f->leg[i].status && (best == f->n || fork_rank(&f->leg[i]) < fork_rank(&f->leg[best])))
			best = i;
	return best < f->n && f->leg[best].is_silent ? f->n : best;
}
