// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_send.c - the sockets of the pinger, and packets leaving by them in batches.
 */
#include "ping_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "uri.h"

/*
 * A call that sends may return what ICMP said of an earlier packet to somebody else; it is forgotten by that. An error
 * of the packet itself is returned every time.
 */
#define PING_SEND_TRIES 3

int ping_send_socket(struct ping *p, const struct ping_target *t, struct ping_socket **s)
{
	struct ds_endpoint from;
	int err;

	*s = NULL;
	err = ping_socket_parse(t->socket && *t->socket ? t->socket : t->conf->socket, &t->at, &from);
	if (err)
		return err;
	for (*s = p->sockets; *s; *s = (*s)->next)
		if (!memcmp(&(*s)->from, &from, sizeof(from)))
			return 0;
	*s = calloc(1, sizeof(**s));
	if (!*s)
		return -ENOMEM;
	(*s)->from = from;
	(*s)->fd = -1;
	(*s)->ping = p;
	(*s)->next = p->sockets;
	p->sockets = *s;
	return 0;
}

static void ping_send_close_one(struct ping_socket *s)
{
	if (s->event)
		event_free(s->event);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

void ping_send_close(struct ping *p)
{
	struct ping_socket **at = &p->sockets, *s;

	while ((s = *at)) {
		if (s->wanted) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		ping_send_close_one(s);
	}
}

static int ping_send_open(struct ping *p, struct ping_socket *s)
{
	struct ds_endpoint local = s->from;
	int fd = ping_socket_open(&local);

	if (fd < 0)
		return fd;
	/* added with the end of the run */
	s->event = event_new(p->base, fd, EV_READ, ping_readable, s);
	if (!s->event) {
		close(fd);
		return -ENOMEM;
	}
	s->fd = fd;
	s->local = local;
	return 0;
}

int ping_send_prepare(struct ping *p, struct ping_one *one)
{
	struct ping_socket *s = one->socket;
	bool is_ip4 = uri_is_ip4(&one->target.at.ip);
	int err;

	if (!s)
		return one->socket_err;
	if (one->local_pings) {
		one->local_pings--;
		return 0;
	}
	if (s->fd < 0) {
		err = ping_send_open(p, s);
		if (err)
			return err;
	}
	one->local = s->local;
	if (!ping_socket_is_any(&s->local.ip))
		return 0;
	if (p->probe[is_ip4] < 0) {
		p->probe[is_ip4] = ping_socket_open_probe(is_ip4);
		if (p->probe[is_ip4] < 0)
			return p->probe[is_ip4];
	}
	err = ping_socket_route(p->probe[is_ip4], &one->target.at, &one->local.ip);
	one->local_pings = err ? 0 : PING_ROUTE_PINGS;
	return err;
}

int ping_send(struct ping *p, struct ping_one *one)
{
	const struct ping_target *t = &one->target;
	const struct ping_request r = {
		.method = one->flight.method,
		.uri = t->uri,
		.from = t->from && *t->from ? t->from : t->conf->from,
		.conf = t->conf,
		.local = &one->local,
		.slot = t->slot,
		.ids = one->flight.ids,
	};
	struct ping_outbox *o = &p->out;
	struct msghdr *m;
	int len;

	if (o->n == PING_BATCH || (o->n && o->socket != one->socket))
		ping_send_flush(p);
	/* a hook of the flush paused all pings */
	if (!one->flight.on)
		return 0;
	len = ping_message_build(&r, o->text[o->n], sizeof(o->text[o->n]));
	if (len < 0)
		return len;
	o->socket = one->socket;
	o->one[o->n] = one;
	o->iov[o->n] = (struct iovec){ o->text[o->n], (size_t)len };
	m = &o->msg[o->n].msg_hdr;
	*m = (struct msghdr){ .msg_name = &o->to[o->n], .msg_iov = &o->iov[o->n], .msg_iovlen = 1 };
	m->msg_namelen = ping_socket_name(&t->at, &o->to[o->n]);
	o->n++;
	return 0;
}

/* Tells the targets of n packets when theirs left: one after the other between two readings of the clocks. */
static void ping_send_done(struct ping *p, unsigned int at, unsigned int n, __u64 before_ns, __u64 before_real_ns)
{
	__u64 took = output_clock(CLOCK_MONOTONIC) - before_ns, since;
	unsigned int i;

	for (i = 0; i < n; i++) {
		since = took * i / n;
		ping_sent(p, p->out.one[at + i], before_ns + since, before_real_ns + since);
	}
}

void ping_send_flush(struct ping *p)
{
	struct ping_outbox *o = &p->out;
	unsigned int at = 0, tries = 0;
	__u64 now, real;
	int n;

	/* o->n becomes 0 where a hook pauses all pings */
	while (at < o->n) {
		now = output_clock(CLOCK_MONOTONIC);
		real = output_clock(CLOCK_REALTIME);
		n = sendmmsg(o->socket->fd, o->msg + at, o->n - at, MSG_DONTWAIT);
		if (n > 0) {
			ping_send_done(p, at, (unsigned int)n, now, real);
			at += (unsigned int)n;
			tries = 0;
		} else if (++tries == PING_SEND_TRIES) {
			ping_refused(p, o->one[at++], errno);
			tries = 0;
		}
	}
	o->n = 0;
}
