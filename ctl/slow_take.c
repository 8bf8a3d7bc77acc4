// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_take.c - what becomes of one datagram: decided, sent, counted.
 */
#include "slow_inner.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "uri.h"

void slow_count(struct slow *s, __u32 listener, __u32 verdict, __u32 reason)
{
	struct ds_counters *c = &s->stats->listener[listener];

	c->verdict[verdict]++;
	c->reason[reason]++;
}

/* ---- deciding */

/* The slot of the listener's destination at that address:port, 0 where there is none. */
static __u32 slow_find(void *ctx, const struct ds_endpoint *at)
{
	const struct slow_listener *l = ctx;
	const struct bpf_inst *b = l->slow->bpf;
	struct ds_endpoint key = *at;
	__u32 slot;

	key.pad = (__u16)l->slot;
	if (bpf_get(b, BPF_MAP_dest_ids, &key, &slot) || slot >= b->entries[BPF_MAP_dests])
		return 0;
	return b->dests[slot].flags & DS_DEST_USED ? slot : 0;
}

static int slow_lookup(void *ctx, const unsigned char *name, size_t len, unsigned int port, struct ds_endpoint *at)
{
	const struct slow_listener *l = ctx;

	return slow_names_find(l->slow->names, (const char *)name, len, port,
			       uri_is_ip4(&l->slow->bpf->listeners[l->slot].at.ip), at);
}

static __u64 slow_exact(void *ctx, const struct ds_route_exact *key)
{
	const struct slow_listener *l = ctx;
	__u64 routes;

	return bpf_get(l->slow->bpf, BPF_MAP_route_exact, key, &routes) ? 0 : routes;
}

static __u64 slow_prefix(void *ctx, const struct ds_route_prefix *key)
{
	const struct slow_listener *l = ctx;
	__u64 routes;

	return bpf_get(l->slow->bpf, BPF_MAP_route_prefixes, key, &routes) ? 0 : routes;
}

bool slow_env(const struct slow *s, const struct slow_listener *l, struct decide_env *env)
{
	const struct bpf_inst *b = s->bpf;
	__u32 generation = __atomic_load_n(&b->state->generation, __ATOMIC_ACQUIRE);
	const struct ds_listener *at = &b->listeners[l->slot];
	const struct ds_listener_half *half = &at->half[generation & 1];

	*env = (struct decide_env){
		.key = { b->state->key[0], b->state->key[1] },
		.listener = at,
		.slot = l->slot,
		.mode = half->mode,
		.affinity = half->affinity,
		.record_route = half->record_route,
		.path = half->path,
		.set = half->set ? &b->sets[half->set] : NULL,
		.slots = b->slots,
		.dests = b->dests,
		.n_dests = b->entries[BPF_MAP_dests],
		.find = slow_find,
		.lookup = slow_lookup,
		.ctx = (void *)(__UINTPTR_TYPE__)l,
		.calls = b->calls,
		.loads = b->loads,
		.calls_mask = b->state->calls_mask,
		.call_idle = b->state->call_idle_s,
		.now = output_clock(CLOCK_MONOTONIC_COARSE) >> DS_TICK_SHIFT,
		.sets = b->sets,
		.table = half->routes ? &b->route_tables[ds_route_table_at(generation, l->slot)] : NULL,
		.routes = &b->routes[ds_route_at(generation, l->slot, 0)],
		.uris = &b->uris[ds_dest_uri_at(generation, 0)],
		.exact = slow_exact,
		.prefix = slow_prefix,
		.random = arc4random(),
		.failover = half->failover.tries ? &half->failover : NULL,
		.forks = half->forks,
		.stored = b->stored,
		.stored_mask = b->state->stored_mask,
		.now_ns = output_clock(CLOCK_MONOTONIC_COARSE),
		.slow = true,
	};
	return generation && half->mode;
}

/* The kernel's programs count on by the same counter. */
static void slow_decide(const struct slow *s, struct decide_env *env, const struct slow_datagram *g, struct decision *d)
{
	struct ds_listener *l = &s->bpf->listeners[env->slot];
	__u64 rr[DS_ROUTES_MAX], before[DS_ROUTES_MAX];
	int route;

	memcpy(before, l->rr, sizeof(before));
	memcpy(rr, before, sizeof(rr));
	env->rr = rr;
	decide(env, &g->src, g->data, g->len, d);
	route = d->route < 0 ? 0 : d->route;
	if (rr[route] != before[route])
		__atomic_fetch_add(&l->rr[route], rr[route] - before[route], __ATOMIC_RELAXED);
	/* nobody comes after us */
	if (d->verdict == VERDICT_slow)
		d->verdict = VERDICT_drop;
}

void slow_take(struct slow *s, const struct slow_listener *l, const struct slow_datagram *g, bool shed)
{
	struct slow_job *job = slow_next_job(s);
	struct decision *d = &job->d;
	struct decide_env env;

	if (!slow_env(s, l, &env)) {
		slow_count(s, l->slot, VERDICT_drop, REASON_shutdown);
		return;
	}
	if (g->len > DECIDE_PAYLOAD_MAX) {
		slow_count(s, l->slot, VERDICT_drop, REASON_slow_too_long);
		return;
	}
	if (env.mode == DS_MODE_NAT && g->ttl <= 1) {
		slow_count(s, l->slot, VERDICT_drop, REASON_ttl_expired);
		return;
	}
	env.shed = shed;
	env.tos = g->tos;
	slow_decide(s, &env, g, d);
	if (d->reason == REASON_slow_failover || d->reason == REASON_slow_fork) {
		if (env.failover ? slow_failover_take(s, l, g, &env, d) : slow_fork_take(s, l, g, &env, d))
			return;
		env.failover = NULL;
		env.forks = 0;
		job = slow_next_job(s);
		d = &job->d;
		slow_decide(s, &env, g, d);
	}
	if (d->stored && d->msg.kind == SIP_KIND_REQUEST && d->stored->len == g->len && g->len > DS_STORED_OCTETS)
		slow_long_keep(&s->longs, d->stored->key, g->data, g->len);
	if (d->waits && !slow_names_wait(s->names, l->slot, g))
		return;
	if (d->reason == REASON_overload)
		slow_shed(s);
	if (!d->out_len) {
		slow_count(s, l->slot, d->verdict, d->reason);
		return;
	}
	job->listener = l;
	job->len = g->len;
	job->tos = g->tos;
	job->src = g->src;
	job->is_own = false;
	job->spoof = env.mode == DS_MODE_NAT && d->verdict == VERDICT_forward;
	job->ttl = job->spoof ? g->ttl - 1 : 0;
	s->n_jobs++;
}

struct slow_job *slow_next_job(struct slow *s)
{
	if (s->n_jobs == SLOW_BATCH)
		slow_flush(s);
	return &s->job[s->n_jobs];
}

/* ---- sending */

void slow_count_answer(const struct slow *s, __u32 dest, const struct sip_msg *m, size_t len)
{
	struct ds_dest_stats *from = &s->stats->dest[dest];

	from->responses[(m->status / 100) & 7]++;
	from->timeouts += m->status == 408;
	from->octets_from += len;
	from->last_from_ns = output_clock(CLOCK_MONOTONIC_COARSE);
}

static void slow_count_dest(const struct slow *s, const struct slow_job *job)
{
	const struct decision *d = &job->d;
	__u64 now_ns = output_clock(CLOCK_MONOTONIC_COARSE);
	struct ds_dest_stats *to = &s->stats->dest[d->dest];

	if (d->verdict != VERDICT_forward)
		return;
	if (d->msg.kind == SIP_KIND_REQUEST && d->dest) {
		to->requests[d->msg.method & 7]++;
		to->octets_to += job->len;
		to->last_to_ns = now_ns;
	}
	if (d->msg.kind == SIP_KIND_RESPONSE && d->from)
		slow_count_answer(s, d->from, &d->msg, job->len);
}

static int slow_job_socket(const struct slow *s, const struct slow_job *job)
{
	return job->spoof ? s->spoof[!uri_is_ip4(&job->d.to.ip)] : job->listener->fd;
}

static void slow_send(struct slow *s, int fd, const struct slow_job *job, size_t n)
{
	struct slow_parcel p[SLOW_BATCH] = { 0 };
	bool failed[SLOW_BATCH];
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (struct slow_parcel){ .from = job[i].src,
					     .to = job[i].d.to,
					     .data = job[i].d.out,
					     .len = job[i].d.out_len,
					     .tos = job[i].tos,
					     .ttl = job[i].ttl,
					     .spoof = job[i].spoof };
	slow_socket_send(fd, s->batch, p, n, failed);
	for (i = 0; i < n; i++) {
		if (job[i].is_own)
			continue;
		if (failed[i]) {
			slow_count(s, job[i].listener->slot, VERDICT_drop, REASON_send_failed);
			continue;
		}
		slow_count(s, job[i].listener->slot, job[i].d.verdict, job[i].d.reason);
		slow_count_dest(s, &job[i]);
	}
}

void slow_flush(struct slow *s)
{
	size_t i, first = 0;
	int fd;

	while (first < s->n_jobs) {
		fd = slow_job_socket(s, &s->job[first]);
		for (i = first + 1; i < s->n_jobs && slow_job_socket(s, &s->job[i]) == fd; i++)
			;
		slow_send(s, fd, &s->job[first], i - first);
		first = i;
	}
	s->n_jobs = 0;
}
