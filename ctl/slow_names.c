// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow_names.c - see slow_names.h.
 */
#include "slow_names.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <time.h>

#include "ds_place.h"
#include "dns_channel.h"
#include "output.h"
#include "sip_msg.h"

#define SLOW_NAMES_MAX 1024
#define SLOW_WAITING_MAX 512
/* A host name's longest text (RFC 1035 2.3.4). */
#define SLOW_NAME_SIZE 256
#define SLOW_SRV_PREFIX "_sip._udp."
/* Servers kept of one name. */
#define SLOW_SRV_MAX 8
/* Bounds of how long an answer is good; without one, and where nobody could say. */
#define SLOW_TTL_MIN_S 1
#define SLOW_TTL_MAX_S 3600
#define SLOW_TTL_NONE_S 30
#define SLOW_TTL_SILENT_S 5
/* resolv.conf is read again after so long, when nothing is asked for. */
#define SLOW_CHANNEL_S 60
#define SLOW_S_NS 1000000000ull

struct slow_waiting {
	STAILQ_ENTRY(slow_waiting) link;
	__u32 listener;
	struct slow_datagram g;
	unsigned char data[];
};

STAILQ_HEAD(slow_queue, slow_waiting);

/* A server of an SRV record, RFC 2782. */
struct slow_srv {
	unsigned int priority;
	unsigned int weight;
	unsigned int port;
	char target[SLOW_NAME_SIZE];
};

/* What is asked for: addresses, or SRV records under SLOW_SRV_PREFIX. */
struct slow_name {
	TAILQ_ENTRY(slow_name) link; /* in the order in which they were asked for */
	struct slow_names *names;
	struct slow_queue waiting;
	__u64 until_ns;
	bool asking;
	bool has[2]; /* IPv6, IPv4 */
	struct ds_addr ip[2];
	bool is_srv;
	struct slow_srv *srv; /* in the order in which they are tried */
	size_t n_srv;
	char text[SLOW_NAME_SIZE];
};

struct slow_names {
	struct event_base *base;
	const char *servers;
	struct dns_channel *channel;
	__u64 channel_ns; /* when it was made */
	TAILQ_HEAD(slow_name_list, slow_name) list;
	struct slow_name *last; /* found last; NULL: none, or it is gone */
	size_t n;
	size_t asking;
	size_t waiting;
	bool answering; /* c-ares is calling: its channel and the name have to stay */
	slow_names_again again;
	void *ctx;
};

int slow_names_new(struct event_base *base, const char *servers, slow_names_again again, void *ctx,
		   struct slow_names **names)
{
	struct slow_names *n = calloc(1, sizeof(*n));

	*names = n;
	if (!n)
		return -ENOMEM;
	*n = (struct slow_names){ .base = base, .servers = servers, .again = again, .ctx = ctx };
	TAILQ_INIT(&n->list);
	return 0;
}

static struct slow_waiting *slow_names_next(struct slow_name *name)
{
	struct slow_waiting *w = STAILQ_FIRST(&name->waiting);

	if (w) {
		STAILQ_REMOVE_HEAD(&name->waiting, link);
		name->names->waiting--;
	}
	return w;
}

static void slow_names_drop(struct slow_names *n, struct slow_name *name)
{
	struct slow_waiting *w;

	while ((w = slow_names_next(name)))
		free(w);
	TAILQ_REMOVE(&n->list, name, link);
	n->n--;
	if (n->last == name)
		n->last = NULL;
	free(name->srv);
	free(name);
}

void slow_names_free(struct slow_names *n)
{
	struct slow_name *name;

	if (!n)
		return;
	n->again = NULL;
	dns_channel_free(n->channel);
	while ((name = TAILQ_FIRST(&n->list)))
		slow_names_drop(n, name);
	free(n);
}

/* ---- answers */

static void slow_names_keep(struct slow_name *name, const struct ares_addrinfo_node *node, int *ttl)
{
	struct ds_endpoint at = { .port_be = 1 };
	bool is_ip4 = node->ai_family == AF_INET;

	if (is_ip4) {
		at.ip.w[2] = htonl(0xffff);
		at.ip.w[3] = ((const struct sockaddr_in *)(const void *)node->ai_addr)->sin_addr.s_addr;
	} else {
		memcpy(at.ip.w, &((const struct sockaddr_in6 *)(const void *)node->ai_addr)->sin6_addr, 16);
	}
	if (ds_place_unfit(&at) || name->has[is_ip4])
		return;
	name->ip[is_ip4] = at.ip;
	name->has[is_ip4] = true;
	*ttl = node->ai_ttl < *ttl ? node->ai_ttl : *ttl;
}

/* Who waits for the name is served; it stays so for ttl seconds, 0: as long as an answer that says nothing. */
static void slow_names_settle(struct slow_name *name, int status, int ttl)
{
	struct slow_names *n = name->names;
	struct slow_waiting *w;

	if (!ttl)
		ttl = status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND ? SLOW_TTL_NONE_S
												   : SLOW_TTL_SILENT_S;
	name->until_ns = output_clock(CLOCK_MONOTONIC) + (__u64)ttl * SLOW_S_NS;
	n->answering = true;
	while (n->again && (w = slow_names_next(name))) {
		n->again(n->ctx, w->listener, &w->g);
		free(w);
	}
	n->answering = false;
}

static void slow_names_answered(void *ctx, int status, int timeouts, struct ares_addrinfo *found)
{
	struct slow_name *name = ctx;
	struct slow_names *n = name->names;
	const struct ares_addrinfo_node *node;
	int ttl = SLOW_TTL_MAX_S;

	(void)timeouts;
	name->asking = false;
	n->asking--;
	name->has[0] = name->has[1] = false;
	for (node = status == ARES_SUCCESS ? found->nodes : NULL; node; node = node->ai_next)
		slow_names_keep(name, node, &ttl);
	ttl = ttl < SLOW_TTL_MIN_S ? SLOW_TTL_MIN_S : ttl;
	ares_freeaddrinfo(found);
	slow_names_settle(name, status, name->has[0] || name->has[1] ? ttl : 0);
}

static int slow_names_compare(const void *a, const void *b)
{
	const struct slow_srv *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return strcmp(x->target, y->target);
}

/* Servers that say so are none (RFC 2782: a target of "."). */
static void slow_names_keep_srv(struct slow_name *name, const struct ares_srv_reply *r)
{
	struct slow_srv *s = &name->srv[name->n_srv];

	if (!*r->host || !strcmp(r->host, ".") || strlen(r->host) >= sizeof(s->target) || !r->port)
		return;
	*s = (struct slow_srv){ .priority = r->priority, .weight = r->weight, .port = r->port };
	strcpy(s->target, r->host);
	name->n_srv++;
}

/* The library does not tell how long they are good: as long as it takes for one that has none to be asked for again. */
static void slow_names_answered_srv(void *ctx, int status, int timeouts, unsigned char *abuf, int alen)
{
	struct ares_srv_reply *found = NULL, *r;
	struct slow_name *name = ctx;

	(void)timeouts;
	name->asking = false;
	name->names->asking--;
	name->n_srv = 0;
	if (status == ARES_SUCCESS)
		status = ares_parse_srv_reply(abuf, alen, &found);
	if (!name->srv)
		name->srv = calloc(SLOW_SRV_MAX, sizeof(*name->srv));
	for (r = found; r && name->srv && name->n_srv < SLOW_SRV_MAX; r = r->next)
		slow_names_keep_srv(name, r);
	if (name->n_srv)
		qsort(name->srv, name->n_srv, sizeof(*name->srv), slow_names_compare);
	ares_free_data(found);
	slow_names_settle(name, status, 0);
}

/* ---- questions */

/* Whether there is room for one more: the name asked for longest ago goes, unless it is being asked for. */
static bool slow_names_make_room(struct slow_names *n)
{
	struct slow_name *name, *next;

	for (name = TAILQ_FIRST(&n->list); name && n->n >= SLOW_NAMES_MAX; name = next) {
		next = TAILQ_NEXT(name, link);
		if (!name->asking && !n->answering)
			slow_names_drop(n, name);
	}
	return n->n < SLOW_NAMES_MAX;
}

static struct slow_name *slow_names_get(struct slow_names *n, const char *text, size_t len, bool is_srv)
{
	struct slow_name *name;

	TAILQ_FOREACH (name, &n->list, link)
		if (name->is_srv == is_srv && !strncasecmp(name->text, text, len) && !name->text[len])
			return name;
	name = slow_names_make_room(n) ? calloc(1, sizeof(*name)) : NULL;
	if (!name)
		return NULL;
	name->names = n;
	name->is_srv = is_srv;
	STAILQ_INIT(&name->waiting);
	memcpy(name->text, text, len);
	TAILQ_INSERT_TAIL(&n->list, name, link);
	n->n++;
	return name;
}

static int slow_names_ask(struct slow_names *n, struct slow_name *name, __u64 now_ns)
{
	char full[sizeof(SLOW_SRV_PREFIX) + SLOW_NAME_SIZE];
	int err = 0;

	if (n->channel && !n->asking && !n->answering && now_ns - n->channel_ns > SLOW_CHANNEL_S * SLOW_S_NS) {
		dns_channel_free(n->channel);
		n->channel = NULL;
	}
	if (!n->channel) {
		err = dns_channel_new(n->base, n->servers, &n->channel);
		n->channel_ns = now_ns;
	}
	if (err)
		return err;
	TAILQ_REMOVE(&n->list, name, link);
	TAILQ_INSERT_TAIL(&n->list, name, link);
	name->asking = true;
	n->asking++;
	if (!name->is_srv) {
		dns_channel_ask(n->channel, name->text, slow_names_answered, name);
		return 0;
	}
	snprintf(full, sizeof(full), SLOW_SRV_PREFIX "%s", name->text);
	dns_channel_ask_srv(n->channel, full, slow_names_answered_srv, name);
	return 0;
}

/* The name with what is known of it: 0, -EAGAIN while it is asked for, -ENOENT where it cannot be. */
static int slow_names_know(struct slow_names *n, const char *text, size_t len, bool is_srv, struct slow_name **known)
{
	__u64 now_ns = output_clock(CLOCK_MONOTONIC);
	struct slow_name *name;

	n->last = NULL;
	if (!len || len >= SLOW_NAME_SIZE)
		return -ENOENT;
	name = slow_names_get(n, text, len, is_srv);
	n->last = name;
	*known = name;
	if (!name || (!name->asking && name->until_ns <= now_ns && slow_names_ask(n, name, now_ns)))
		return -ENOENT;
	return name->asking ? -EAGAIN : 0;
}

static int slow_names_address(struct slow_names *n, const char *text, size_t len, unsigned int port, bool is_ip4,
			      struct ds_endpoint *at)
{
	struct slow_name *name;
	int err = slow_names_know(n, text, len, false, &name);

	if (err)
		return err;
	*at = (struct ds_endpoint){ .ip = name->ip[is_ip4], .port_be = htons((uint16_t)port) };
	return name->has[is_ip4] ? 0 : -ENOENT;
}

int slow_names_find(struct slow_names *n, const char *text, size_t len, unsigned int port, bool is_ip4,
		    struct ds_endpoint *at)
{
	struct slow_srv srv[SLOW_SRV_MAX];
	struct slow_name *name;
	size_t i, n_srv;
	int err;

	if (port)
		return slow_names_address(n, text, len, port, is_ip4, at);
	err = slow_names_know(n, text, len, true, &name);
	if (err)
		return err;
	if (!name->n_srv)
		return slow_names_address(n, text, len, SIP_PORT, is_ip4, at);
	/* a copy: the name may have to make room for its targets */
	n_srv = name->n_srv;
	memcpy(srv, name->srv, n_srv * sizeof(*srv));
	for (i = 0, err = -ENOENT; i < n_srv && err == -ENOENT; i++)
		err = slow_names_address(n, srv[i].target, strlen(srv[i].target), srv[i].port, is_ip4, at);
	return err;
}

int slow_names_wait(struct slow_names *n, __u32 listener, const struct slow_datagram *g)
{
	struct slow_waiting *w;

	if (!n->last || !n->last->asking || n->waiting >= SLOW_WAITING_MAX)
		return -ENOBUFS;
	w = malloc(sizeof(*w) + g->len);
	if (!w)
		return -ENOMEM;
	w->listener = listener;
	w->g = *g;
	w->g.data = w->data;
	memcpy(w->data, g->data, g->len);
	STAILQ_INSERT_TAIL(&n->last->waiting, w, link);
	n->waiting++;
	return 0;
}
