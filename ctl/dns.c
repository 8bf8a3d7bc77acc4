// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dns.c - asks for many names, a window of them at a time, and remembers what was answered.
 *
 * A name that took too long is given up at once, while c-ares may still wait for it: its query is late then, and what comes
 * of it is thrown away. The channel is a new one for each look-up, so that changes of resolv.conf count.
 */
#include "dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "dns_channel.h"
#include "output.h"

#define DNS_MS_NS 1000000ull

struct dns_name {
	char *name;
	int err; /* 0, or what dns_lookup() returns */
	struct resolve_answer answer;
};

struct dns_query {
	TAILQ_ENTRY(dns_query) link;
	struct dns *dns;
	struct dns_name *name;
	__u64 began_ns;
	bool late; /* not in the list of those that are waited for */
};

struct dns {
	struct event_base *base;
	struct dns_channel *channel; /* NULL: nothing is looked up */
	char *servers;
	struct event *work;
	struct event *deadline; /* of the oldest query */
	struct dns_name *name;	/* by name */
	size_t n;
	size_t next; /* to be asked for */
	TAILQ_HEAD(dns_queries, dns_query) waiting;
	size_t n_waiting;
	__u64 heard_ns; /* when a name was last answered */
	void (*done)(void *ctx);
	void *ctx;
};

/* By a timer, as an event made active within the loop would keep it from everything else. */
static void dns_soon(struct dns *d)
{
	static const struct timeval now;

	evtimer_add(d->work, &now);
}

static void dns_forget(struct dns *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		free(d->name[i].name);
		free(d->name[i].answer.ip);
	}
	free(d->name);
	d->name = NULL;
	d->n = 0;
	d->next = 0;
}

/* ---- answers */

static bool dns_read_address(const struct sockaddr *sa, struct ds_addr *ip)
{
	memset(ip, 0, sizeof(*ip));
	if (sa->sa_family == AF_INET) {
		ip->w[2] = htonl(0xffff);
		memcpy(&ip->w[3], &((const struct sockaddr_in *)(const void *)sa)->sin_addr, sizeof(ip->w[3]));
	} else if (sa->sa_family == AF_INET6) {
		memcpy(ip->w, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, sizeof(ip->w));
	} else {
		return false;
	}
	return !uri_unfit(ip);
}

static int dns_keep(struct dns_name *name, const struct ares_addrinfo *found)
{
	const struct ares_addrinfo_node *node;
	struct ds_addr ip;
	int err = 0;

	for (node = found->nodes; node && !err; node = node->ai_next)
		if (dns_read_address(node->ai_addr, &ip))
			err = resolve_answer_add(&name->answer, &ip);
	if (err || name->answer.n)
		return err;
	name->answer.why = "none of its addresses is that of one host";
	return -ENOENT;
}

/* Whether it means that there is nobody to ask. */
static bool dns_is_silence(int status)
{
	return status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED || status == ARES_ECANCELLED ||
	       status == ARES_EDESTRUCTION;
}

static void dns_stop_waiting(struct dns_query *q)
{
	TAILQ_REMOVE(&q->dns->waiting, q, link);
	q->dns->n_waiting--;
}

static void dns_answered(void *ctx, int status, int timeouts, struct ares_addrinfo *found)
{
	struct dns_query *q = ctx;
	struct dns *d = q->dns;

	(void)timeouts;
	if (!dns_is_silence(status))
		d->heard_ns = output_clock(CLOCK_MONOTONIC);
	if (!q->late) {
		q->name->answer.why = ares_strerror(status);
		if (status == ARES_SUCCESS)
			q->name->err = dns_keep(q->name, found);
		else if (status == ARES_ENODATA || status == ARES_ENOTFOUND || status == ARES_EBADNAME)
			q->name->err = -ENOENT;
		else
			q->name->err = status == ARES_ENOMEM ? -ENOMEM : -ETIMEDOUT;
		dns_stop_waiting(q);
		dns_soon(d);
	}
	ares_freeaddrinfo(found);
	free(q);
}

/* ---- questions */

static void dns_ask(struct dns *d, struct dns_name *name)
{
	struct dns_query *q = calloc(1, sizeof(*q));

	if (!q) {
		name->err = -ENOMEM;
		return;
	}
	*q = (struct dns_query){ .dns = d, .name = name, .began_ns = output_clock(CLOCK_MONOTONIC) };
	TAILQ_INSERT_TAIL(&d->waiting, q, link);
	d->n_waiting++;
	dns_channel_ask(d->channel, name->name, dns_answered, q);
}

/* Nobody waits for the query any more; it is freed when c-ares has done with it. */
static void dns_give_up(struct dns_query *q)
{
	q->name->answer.why = "no name server answered in time";
	dns_stop_waiting(q);
	q->late = true;
}

static void dns_set_deadline(struct dns *d)
{
	const struct dns_query *q = TAILQ_FIRST(&d->waiting);
	__u64 now_ns = output_clock(CLOCK_MONOTONIC), left_ns;
	struct timeval tv;

	if (!q) {
		evtimer_del(d->deadline);
		return;
	}
	left_ns = q->began_ns + DNS_TIMEOUT_MS * DNS_MS_NS;
	left_ns = left_ns > now_ns ? left_ns - now_ns : 0;
	tv.tv_sec = (time_t)(left_ns / 1000000000);
	tv.tv_usec = (suseconds_t)(left_ns % 1000000000 / 1000);
	evtimer_add(d->deadline, &tv);
}

/* Waiting for each of many names in turn would take hours where there is no server at all. */
static void dns_give_up_all(struct dns *d)
{
	while (!TAILQ_EMPTY(&d->waiting))
		dns_give_up(TAILQ_FIRST(&d->waiting));
	for (; d->next < d->n; d->next++)
		d->name[d->next].answer.why = "not asked for, as no name server answered";
}

static void dns_on_deadline(evutil_socket_t fd, short what, void *ctx)
{
	struct dns *d = ctx;
	struct dns_query *q;
	__u64 now_ns = output_clock(CLOCK_MONOTONIC);

	(void)fd;
	(void)what;
	while ((q = TAILQ_FIRST(&d->waiting)) && now_ns - q->began_ns >= DNS_TIMEOUT_MS * DNS_MS_NS) {
		if (d->heard_ns <= q->began_ns)
			dns_give_up_all(d);
		else
			dns_give_up(q);
	}
	dns_set_deadline(d);
	dns_soon(d);
}

/* Asks on, or ends: done is the last that happens, as it may begin anew or free everything. */
static void dns_on_work(evutil_socket_t fd, short what, void *ctx)
{
	struct dns *d = ctx;
	size_t burst;

	(void)fd;
	(void)what;
	for (burst = 0; d->next < d->n && d->n_waiting < DNS_WINDOW && burst < DNS_WINDOW; burst++)
		dns_ask(d, &d->name[d->next++]);
	dns_set_deadline(d);
	if (d->next < d->n && d->n_waiting < DNS_WINDOW)
		dns_soon(d);
	if (d->next < d->n || d->n_waiting)
		return;
	dns_channel_free(d->channel);
	d->channel = NULL;
	evtimer_del(d->work);
	d->done(d->ctx);
}

int dns_new(struct event_base *base, struct dns **dns)
{
	struct dns *d = calloc(1, sizeof(*d));

	*dns = NULL;
	if (!d)
		return -ENOMEM;
	if (ares_library_init(ARES_LIB_INIT_ALL)) {
		free(d);
		return -ENOMEM;
	}
	d->base = base;
	TAILQ_INIT(&d->waiting);
	d->work = evtimer_new(base, dns_on_work, d);
	d->deadline = evtimer_new(base, dns_on_deadline, d);
	if (!d->work || !d->deadline) {
		dns_free(d);
		return -ENOMEM;
	}
	*dns = d;
	return 0;
}

/* The channel first: what it still calls back needs the rest. */
void dns_free(struct dns *d)
{
	if (!d)
		return;
	dns_channel_free(d->channel);
	dns_forget(d);
	if (d->work)
		event_free(d->work);
	if (d->deadline)
		event_free(d->deadline);
	free(d->servers);
	free(d);
	ares_library_cleanup();
}

int dns_set_servers(struct dns *d, const char *servers)
{
	char *copy = strdup(servers);

	if (!copy)
		return -ENOMEM;
	free(d->servers);
	d->servers = copy;
	return 0;
}

static int dns_compare(const void *a, const void *b)
{
	return strcmp(((const struct dns_name *)a)->name, ((const struct dns_name *)b)->name);
}

/* Each name once, in order; until it is answered, nobody could say. */
static int dns_enter(struct dns *d, const char *const *name, size_t n)
{
	size_t i, kept = 0;

	d->name = calloc(n + 1, sizeof(*d->name));
	if (!d->name)
		return -ENOMEM;
	for (; d->n < n; d->n++) {
		d->name[d->n] = (struct dns_name){ .name = strdup(name[d->n]), .err = -ETIMEDOUT };
		if (!d->name[d->n].name)
			return -ENOMEM;
	}
	qsort(d->name, n, sizeof(*d->name), dns_compare);
	for (i = 0; i < n; i++)
		if (kept && !dns_compare(&d->name[kept - 1], &d->name[i]))
			free(d->name[i].name);
		else
			d->name[kept++] = d->name[i];
	d->n = kept;
	return 0;
}

int dns_fetch(struct dns *d, const char *const *name, size_t n, void (*done)(void *ctx), void *ctx)
{
	int err;

	if (d->channel)
		return -EBUSY;
	dns_forget(d);
	err = dns_enter(d, name, n);
	if (!err)
		err = dns_channel_new(d->base, d->servers, &d->channel);
	if (err) {
		dns_forget(d);
		return err;
	}
	d->done = done;
	d->ctx = ctx;
	dns_soon(d);
	return 0;
}

int dns_lookup(void *dns, const char *name, struct resolve_answer *answer)
{
	struct dns *d = dns;
	union {
		const char *in;
		char *out;
	} text = { .in = name };
	const struct dns_name key = { .name = text.out };
	const struct dns_name *found = d->n ? bsearch(&key, d->name, d->n, sizeof(key), dns_compare) : NULL;
	size_t i;
	int err = 0;

	answer->why = found ? found->answer.why : "it was not asked for";
	if (!found)
		return -ETIMEDOUT;
	for (i = 0; i < found->answer.n && !err; i++)
		err = resolve_answer_add(answer, &found->answer.ip[i]);
	return err ? err : found->err;
}
