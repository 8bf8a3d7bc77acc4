// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dns_channel.c - tells c-ares what libevent sees, and libevent what c-ares waits for.
 */
#include "dns_channel.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/time.h>

#include "dns.h"

/* The first of the tries, the later ones take longer: all servers of a usual resolv.conf get their turn. */
#define DNS_CHANNEL_TRY_MS (DNS_TIMEOUT_MS / 6)
#define DNS_CHANNEL_TRIES 3

/* RFC 1035 3.2.4, RFC 2782 */
#define DNS_CHANNEL_IN 1
#define DNS_CHANNEL_SRV 33

struct dns_socket {
	LIST_ENTRY(dns_socket) link;
	struct dns_channel *channel;
	struct event *event;
	ares_socket_t fd;
};

struct dns_channel {
	struct event_base *base;
	ares_channel ares; /* NULL: not made yet */
	struct event *timer;
	LIST_HEAD(dns_sockets, dns_socket) sockets;
};

/* The time c-ares waits for changes with everything that it is told. */
static void dns_channel_arm(struct dns_channel *c)
{
	struct timeval tv;

	if (ares_timeout(c->ares, NULL, &tv))
		event_add(c->timer, &tv);
	else
		event_del(c->timer);
}

static void dns_channel_on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct dns_channel *c = ctx;

	(void)fd;
	(void)what;
	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	dns_channel_arm(c);
}

/* The socket may be closed, and *s be gone, when c-ares has done its part. */
static void dns_channel_on_socket(evutil_socket_t fd, short what, void *ctx)
{
	struct dns_socket *s = ctx;
	struct dns_channel *c = s->channel;

	ares_process_fd(c->ares, what & EV_READ ? fd : ARES_SOCKET_BAD, what & EV_WRITE ? fd : ARES_SOCKET_BAD);
	dns_channel_arm(c);
}

static struct dns_socket *dns_channel_find(struct dns_channel *c, ares_socket_t fd)
{
	struct dns_socket *s;

	LIST_FOREACH (s, &c->sockets, link)
		if (s->fd == fd)
			return s;
	return NULL;
}

static void dns_channel_forget(struct dns_socket *s)
{
	if (s->event)
		event_free(s->event);
	LIST_REMOVE(s, link);
	free(s);
}

/* Out of memory the socket stays unheard, and c-ares comes to a time-out. */
static void dns_channel_watch(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct dns_channel *c = ctx;
	struct dns_socket *s = dns_channel_find(c, fd);
	short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0) | EV_PERSIST);

	if (s)
		dns_channel_forget(s);
	if (!readable && !writable)
		return;
	s = calloc(1, sizeof(*s));
	if (!s)
		return;
	s->channel = c;
	s->fd = fd;
	LIST_INSERT_HEAD(&c->sockets, s, link);
	s->event = event_new(c->base, fd, what, dns_channel_on_socket, s);
	if (!s->event || event_add(s->event, NULL))
		dns_channel_forget(s);
}

int dns_channel_new(struct event_base *base, const char *servers, struct dns_channel **channel)
{
	struct dns_channel *c = calloc(1, sizeof(*c));
	struct ares_options options = { .timeout = DNS_CHANNEL_TRY_MS,
					.tries = DNS_CHANNEL_TRIES,
					.sock_state_cb = dns_channel_watch,
					.sock_state_cb_data = c };
	int status;

	*channel = c;
	if (!c)
		return -ENOMEM;
	c->base = base;
	LIST_INIT(&c->sockets);
	c->timer = evtimer_new(base, dns_channel_on_timer, c);
	status = c->timer ? ares_init_options(&c->ares, &options,
					      ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB)
			  : ARES_ENOMEM;
	if (status)
		c->ares = NULL;
	if (!status && servers)
		status = ares_set_servers_ports_csv(c->ares, servers);
	if (!status)
		return 0;
	dns_channel_free(c);
	*channel = NULL;
	return status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

void dns_channel_free(struct dns_channel *c)
{
	if (!c)
		return;
	if (c->ares)
		ares_destroy(c->ares);
	while (!LIST_EMPTY(&c->sockets))
		dns_channel_forget(LIST_FIRST(&c->sockets));
	if (c->timer)
		event_free(c->timer);
	free(c);
}

/* Not sorted: that would send to every address to learn our own, and members are sorted anyway. */
void dns_channel_ask(struct dns_channel *c, const char *name, ares_addrinfo_callback answered, void *ctx)
{
	const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
						   .ai_socktype = SOCK_DGRAM,
						   .ai_flags = ARES_AI_NOSORT };

	ares_getaddrinfo(c->ares, name, NULL, &hints, answered, ctx);
	dns_channel_arm(c);
}

void dns_channel_ask_srv(struct dns_channel *c, const char *name, ares_callback answered, void *ctx)
{
	ares_query(c->ares, name, DNS_CHANNEL_IN, DNS_CHANNEL_SRV, answered, ctx);
	dns_channel_arm(c);
}
