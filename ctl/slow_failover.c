// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_failover.c - failover's part of the slow path (DESIGN.md section 7): failures are acknowledged and absorbed, stored
 * requests are sent to the next destination, and a clock looks for those whose destination is silent.
 */
#include "slow_inner.h"

#include <string.h>
#include <time.h>

#include "ds_pick.h"
#include "ds_store.h"
#include "output.h"

/* Silence that began so much earlier than it should have been seen was not watched: nobody waits any more. */
#define SLOW_FAILOVER_STALE_MS 5000
#define SLOW_MS_NS 1000000ull
/* A status listed for failover that is none of these counts as a timeout, so that passive checks see it. */
#define SLOW_STATUS_TIMEOUT 408

/* A stored request, copied, and where its octets are. */
struct slow_stored {
	struct ds_stored e;
	const unsigned char *data;
};

/* What a stored request is at this moment; false where it is being replaced, or its octets are not kept any more. */
static bool slow_stored_copy(const struct slow *s, const struct ds_stored *e, struct slow_stored *copy)
{
	__u64 key = __atomic_load_n(&e->key, __ATOMIC_ACQUIRE);

	memcpy(&copy->e, e, sizeof(copy->e));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (key <= DS_STORED_BUSY || __atomic_load_n(&e->key, __ATOMIC_RELAXED) != key || copy->e.key != key)
		return false;
	copy->data = copy->e.octets;
	if (copy->e.len > DS_STORED_OCTETS)
		copy->data = slow_long_find(&s->longs, key, copy->e.len);
	return copy->data != NULL;
}

/* The next member that a request has not been sent to, 0 where there is none. */
static __u32 slow_next_dest(const struct decide_env *env, const struct ds_stored *r)
{
	const __u32 unfit = DS_DEST_FOREIGN | DS_DEST_DRAINING | DS_DEST_DISABLED;
	const struct ds_set_rec *set = env->set;
	__u32 i, n, dest, start;

	if (!set || !set->active)
		return 0;
	n = set->active + set->spare;
	start = (__u32)r->key % set->active;
	for (i = 0; i < n; i++) {
		dest = env->slots[ds_pick_other(set->members, set->active, start, i)];
		if (dest && dest < env->n_dests && !ds_stored_tried(r->val, dest) &&
		    (env->dests[dest].flags & (DS_DEST_USED | unfit)) == DS_DEST_USED)
			return dest;
	}
	return 0;
}

/* A stored request as it is sent again. */
static struct slow_request slow_request_of(const struct slow_stored *r)
{
	return (struct slow_request){ .data = r->data, .len = r->e.len, .client = r->e.client, .tos = r->e.tos };
}

static void slow_resend(struct slow *s, const struct slow_listener *l, const struct decide_env *env,
			const struct slow_stored *r, __u32 dest)
{
	struct slow_request request = slow_request_of(r);
	struct decide_env again = *env;

	again.forced = dest;
	again.forced_as = REASON_request_failover;
	if (slow_again(s, l, &again, &request))
		s->n_jobs++;
}

static void slow_give_up(struct slow *s, const struct slow_listener *l, const struct decide_env *env,
			 const struct slow_stored *r)
{
	struct slow_request request = slow_request_of(r);
	struct decide_env again = *env;

	again.answer = REASON_failover_timeout;
	if (slow_again(s, l, &again, &request))
		s->n_jobs++;
}

/* Moves a stored request to another destination; false where somebody else did something to it. */
static bool slow_move(struct ds_stored *e, const struct ds_stored *seen, __u32 dest, __u64 now_ns)
{
	__atomic_store_n(&e->sent_ns, now_ns, __ATOMIC_RELAXED);
	return ds_stored_swap(e, seen->val, ds_stored_moved(seen->val, dest));
}

/* The client gets the failure. */
static void slow_end(struct ds_stored *e)
{
	__u64 val;

	do
		val = __atomic_load_n(&e->val, __ATOMIC_ACQUIRE);
	while (!ds_stored_swap(e, val, ds_stored_final(val)));
}

bool slow_failover_take(struct slow *s, const struct slow_listener *l, const struct slow_datagram *g,
			const struct decide_env *env, const struct decision *d)
{
	__u32 method = d->msg.method, status = d->msg.status, from = d->from, next = 0;
	struct ds_stored *e = d->stored;
	struct slow_request request;
	struct slow_stored r;
	__u64 val;
	int what;

	if (!slow_stored_copy(s, e, &r))
		return false;
	val = r.e.val;
	what = ds_stored_response(env->failover, &val, method, r.e.method, from, status);
	if (what == DS_STORED_FAILED)
		next = slow_next_dest(env, &r.e);
	if (what == DS_STORED_FAILED && (!next || !slow_move(e, &r.e, next, env->now_ns))) {
		slow_end(e);
		return false;
	}
	if (what != DS_STORED_FAILED && what != DS_STORED_LATE)
		return false;
	slow_count_answer(s, from, &d->msg, g->len);
	s->stats->dest[from].timeouts += next && status / 100 != 5 && status != SLOW_STATUS_TIMEOUT;
	slow_count(s, l->slot, VERDICT_drop, next ? REASON_failover_answer : REASON_failover_late);
	/* d is gone with the next job */
	request = slow_request_of(&r);
	if (method == SIP_METHOD_INVITE)
		slow_say(s, l, env, &request, from, "ACK", g);
	if (next)
		slow_resend(s, l, env, &r, next);
	return true;
}

/* ---- silence */

static void slow_timed_out(struct slow *s, const struct slow_listener *l, const struct decide_env *env,
			   struct ds_stored *e, const struct slow_stored *r)
{
	struct slow_request request = slow_request_of(r);
	__u32 was = ds_stored_last(r->e.val), next = 0;

	if (ds_stored_open(r->e.val, env->failover->tries))
		next = slow_next_dest(env, &r->e);
	if (next ? !slow_move(e, &r->e, next, env->now_ns) : !ds_stored_swap(e, r->e.val, r->e.val | DS_STORED_OWN))
		return;
	/* as one that has answered 408 (RFC 3261 16.8) */
	s->stats->dest[was].responses[4]++;
	s->stats->dest[was].timeouts++;
	if (r->e.method == SIP_METHOD_INVITE && r->e.val & DS_STORED_TRYING)
		slow_say(s, l, env, &request, was, "CANCEL", NULL);
	/* RFC 4320 4.2: a 408 to anything but an INVITE would come too late */
	if (next)
		slow_resend(s, l, env, r, next);
	else if (r->e.method == SIP_METHOD_INVITE)
		slow_give_up(s, l, env, r);
}

static bool slow_is_stale(const struct ds_failover *f, const struct ds_stored *e, __u64 now_ns)
{
	__u64 limit_ms = e->val & DS_STORED_TRYING ? f->timeout_100_ms : f->timeout_ms;
	__u64 since_ns = e->val & DS_STORED_TRYING ? e->heard_ns : e->sent_ns;

	return now_ns - since_ns > (limit_ms + SLOW_FAILOVER_STALE_MS) * SLOW_MS_NS;
}

static void slow_watch(struct slow *s, const struct decide_env *env, struct ds_stored *e)
{
	struct slow_stored r;
	const struct slow_listener *l = &s->listener[env->slot];

	if (!ds_stored_silent(env->failover, e->val, e->sent_ns, e->heard_ns, env->now_ns))
		return;
	if (!slow_is_stale(env->failover, e, env->now_ns) && slow_stored_copy(s, e, &r))
		slow_timed_out(s, l, env, e, &r);
}

void slow_failover_tick(struct slow *s)
{
	__u32 i, n = s->bpf->entries[BPF_MAP_stored];
	struct decide_env env;
	struct ds_stored *e;
	size_t k;

	for (k = 0; k < s->n; k++) {
		if (s->listener[k].fd < 0 || !slow_env(s, &s->listener[k], &env) || !env.failover)
			continue;
		for (i = 0; i < n; i++) {
			e = &s->bpf->stored[i];
			if (__atomic_load_n(&e->key, __ATOMIC_ACQUIRE) > DS_STORED_BUSY && e->listener == env.slot)
				slow_watch(s, &env, e);
		}
	}
	slow_flush(s);
}
