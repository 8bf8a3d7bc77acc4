// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_again.c - requests that are kept and sent to more than one destination: decided about once more, and what a proxy
 * itself says of them.
 */
#include "slow_inner.h"

#include <string.h>

#include "failover_message.h"

struct slow_job *slow_again(struct slow *s, const struct slow_listener *l, struct decide_env *env,
			    const struct slow_request *r)
{
	struct slow_job *job = slow_next_job(s);

	decide(env, &r->client, r->data, r->len, &job->d);
	job->listener = l;
	job->len = r->len;
	job->tos = r->tos;
	job->ttl = 0;
	job->spoof = false;
	job->is_own = false;
	job->src = r->client;
	return job->d.out_len ? job : NULL;
}

void slow_say(struct slow *s, const struct slow_listener *l, const struct decide_env *env, const struct slow_request *r,
	      __u32 dest, const char *method, const struct slow_datagram *to)
{
	unsigned char text[DS_STORED_OCTETS + 2048];
	struct decide_env aside = *env;
	struct slow_job *job;
	ssize_t n;

	/* the call stays where it is */
	aside.failover = NULL;
	aside.forks = 0;
	aside.forced = dest;
	job = slow_again(s, l, &aside, r);
	if (!job || job->d.verdict != VERDICT_forward)
		return;
	n = failover_message(method, job->d.out, job->d.out_len, to ? to->data : job->d.out,
			     to ? to->len : job->d.out_len, text, sizeof(text));
	if (n < 0)
		return;
	memcpy(job->d.out, text, (size_t)n);
	job->d.out_len = (size_t)n;
	job->is_own = true;
	s->n_jobs++;
}
