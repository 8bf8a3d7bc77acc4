// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_receive.c - what comes back: answers of targets, what the network says of packets, and what has nothing to do
 * here.
 */
#include "ping_inner.h"

#include <errno.h>
#include <time.h>

#include "output.h"
#include "sip_ip.h"

/* One turn of the loop takes in so many batches at most: whoever floods the port shall not hold up all else. */
#define PING_ROUNDS 64

static bool ping_same_place(const struct ds_endpoint *a, const struct ds_endpoint *b)
{
	return a->port_be == b->port_be && sip_ip_equal(&a->ip, &b->ip);
}

static void ping_unmatched(struct ping *p, struct ping_one *one)
{
	p->totals.unmatched++;
	if (!one)
		return;
	health_write_begin(one->target.runtime);
	one->target.runtime->unmatched++;
	health_write_end(one->target.runtime);
}

/* Microseconds from the first packet to the answer; the kernel's time counts unless its clock was set meanwhile. */
static __u64 ping_round_trip(const struct ping_flight *f, __u64 stamp_ns, __u64 now_ns)
{
	__u64 elapsed = now_ns - f->sent_ns;
	__u64 trip = stamp_ns - f->sent_real_ns;

	/* before it left, or after it was read: unsigned, so one comparison for both */
	return (trip <= elapsed ? trip : elapsed) / 1000;
}

static void ping_answered(struct ping *p, struct ping_one *one, unsigned int code, __u64 us)
{
	const struct ping_target *t = &one->target;
	const struct codes *codes = t->codes ? t->codes : &t->conf->codes;

	p->totals.answers++;
	health_write_begin(t->runtime);
	latency_add(&t->runtime->latency, (__u32)us);
	t->runtime->heard_ns = output_clock(CLOCK_BOOTTIME);
	t->runtime->last_code = (uint16_t)code;
	health_write_end(t->runtime);
	ping_end(p, one, codes_has(codes, code) ? HEALTH_PING_OK : HEALTH_PING_CODE, (__u16)code);
}

static void ping_datagram(struct ping *p, unsigned int i, __u64 now_ns)
{
	struct ping_inbox *in = &p->in;
	size_t len = in->msg[i].msg_len;
	struct ds_endpoint from;
	struct ping_reply reply;
	struct ping_one *one;
	__u64 us;
	int err;

	err = ping_message_read(in->data[i], len, &in->parsed, &reply);
	one = reply.named ? ping_list_find(p->list, reply.slot) : NULL;
	ping_socket_place(&in->from[i], &from);
	if (err || !one || !one->flight.on || !one->flight.sent || reply.branch != one->flight.ids.branch ||
	    !ping_same_place(&from, &one->target.at) ||
	    !ping_message_is_of(in->data[i], len, &in->parsed, one->flight.method)) {
		ping_unmatched(p, one);
		return;
	}
	us = ping_round_trip(&one->flight, ping_socket_stamp(&in->msg[i].msg_hdr), now_ns);
	if (us > one->target.conf->timeout_ms * 1000ull)
		ping_unmatched(p, one); /* its time is over, although nobody has looked since */
	else if (reply.code < 200)
		ping_provisional(p, one);
	else
		ping_answered(p, one, reply.code, us);
}

/* Whoever waits for an answer from a place that cannot be reached need not wait. */
static void ping_unreachable(struct ping *p, const struct ping_socket *s, const struct ds_endpoint *at, int err)
{
	struct ping_one *one;

	for (one = ping_list_at(p, at, NULL); one; one = ping_list_at(p, at, one))
		if (one->socket == s && one->flight.on && one->flight.sent && ping_same_place(&one->target.at, at))
			ping_refused(p, one, err);
}

static void ping_errors(struct ping *p, struct ping_socket *s)
{
	struct ds_endpoint at;
	int i, err;

	for (i = 0; i < PING_ROUNDS * PING_BATCH && !ping_socket_error(s->fd, &at, &err); i++)
		ping_unreachable(p, s, &at, err);
}

static int ping_receive_batch(struct ping_inbox *in, int fd)
{
	unsigned int i;

	for (i = 0; i < PING_BATCH; i++) {
		in->iov[i] = (struct iovec){ in->data[i], sizeof(in->data[i]) };
		in->msg[i].msg_hdr = (struct msghdr){ .msg_name = &in->from[i],
						      .msg_namelen = sizeof(in->from[i]),
						      .msg_iov = &in->iov[i],
						      .msg_iovlen = 1,
						      .msg_control = &in->control[i],
						      .msg_controllen = sizeof(in->control[i]) };
	}
	return recvmmsg(fd, in->msg, PING_BATCH, MSG_DONTWAIT, NULL);
}

void ping_receive(struct ping *p, struct ping_socket *s)
{
	unsigned int round;
	__u64 now;
	int i, n;

	ping_errors(p, s);
	for (round = 0; round < PING_ROUNDS; round++) {
		n = ping_receive_batch(&p->in, s->fd);
		if (n < 0 && errno == EAGAIN)
			break;
		now = output_clock(CLOCK_MONOTONIC);
		for (i = 0; i < n; i++)
			ping_datagram(p, (unsigned int)i, now);
		/* a negative one is what ICMP has said since, and forgotten by this */
		if (n >= 0 && n < PING_BATCH)
			break;
	}
}
