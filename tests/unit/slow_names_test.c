// SPDX-License-Identifier: GPL-2.0-or-later
/* slow_names_test.c - names of next hops: asked for once, kept for their time, waited for within bounds. */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "slow_names.h"
#include "uri.h"

#define HEADER 12
#define TYPE_A 1
#define TYPE_SRV 33

/*
 * A name server that knows 192.0.2.77 for every name but those of "no.", and counts what it is asked. Servers of srv.: at
 * priority 5 one that has no address, at 10 by their weight b.srv:5072 and a.srv:5071.
 */
struct lab {
	struct event_base *base;
	struct event *readable;
	struct slow_names *names;
	int fd;
	unsigned int asked; /* for A records */
	unsigned int asked_srv;
	unsigned int ttl;
	unsigned int again;
	size_t len; /* of what came again */
	char servers[32];
};

static void lab_answer(evutil_socket_t fd, short what, void *ctx)
{
	struct lab *lab = ctx;
	unsigned char m[512],
		record[] = { 0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, (unsigned char)lab->ttl, 0, 4, 192, 0, 2, 77 };
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t len = recvfrom(fd, m, sizeof(m), 0, (struct sockaddr *)&from, &size);
	size_t end = HEADER;
	/* priority, weight, port, target */
	static const unsigned char srv[] = "\xc0\x0c\0\x21\0\1\0\0\0\x3c\0\x0e\0\5\0\1\x13\xd4\2no\3srv\0"
					   "\xc0\x0c\0\x21\0\1\0\0\0\x3c\0\x0d\0\12\0\1\x13\xcf\1a\3srv\0"
					   "\xc0\x0c\0\x21\0\1\0\0\0\x3c\0\x0d\0\12\0\x32\x13\xd0\1b\3srv\0";
	int is_a, is_srv;

	(void)what;
	assert_true(len > HEADER);
	while (m[end])
		end += m[end] + 1u;
	is_a = m[end + 2] == TYPE_A;
	is_srv = m[end + 2] == TYPE_SRV;
	end += 5;
	lab->asked += is_a;
	lab->asked_srv += is_srv;
	m[2] = 0x84;
	m[3] = m[HEADER + 1] == 'n' && m[HEADER + 2] == 'o' ? 3 : 0;
	/* behind _sip._udp. */
	if (is_srv)
		m[3] = memcmp(m + HEADER + 10, "\3srv", 5) ? 3 : 0;
	/* no additional records come back */
	memset(m + 6, 0, 6);
	if (is_a && !m[3]) {
		m[7] = 1;
		memcpy(m + end, record, sizeof(record));
		end += sizeof(record);
	}
	if (is_srv && !m[3]) {
		m[7] = 3;
		memcpy(m + end, srv, sizeof(srv) - 1);
		end += sizeof(srv) - 1;
	}
	sendto(fd, m, end, 0, (struct sockaddr *)&from, size);
}

static void lab_again(void *ctx, __u32 listener, const struct slow_datagram *g)
{
	struct lab *lab = ctx;

	check_int("listener", listener, 7);
	lab->again++;
	lab->len = g->len;
	if (g->len)
		check_int("octets", memcmp(g->data, "hello", g->len), 0);
}

static void lab_make(struct lab *lab)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	memset(lab, 0, sizeof(*lab));
	lab->ttl = 60;
	lab->base = event_base_new();
	lab->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(lab->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(lab->fd, (struct sockaddr *)&at, &size), 0);
	snprintf(lab->servers, sizeof(lab->servers), "127.0.0.1:%u", ntohs(at.sin_port));
	lab->readable = event_new(lab->base, lab->fd, EV_READ | EV_PERSIST, lab_answer, lab);
	event_add(lab->readable, NULL);
	assert_int_equal(slow_names_new(lab->base, lab->servers, lab_again, lab, &lab->names), 0);
}

static void lab_free(struct lab *lab)
{
	slow_names_free(lab->names);
	event_free(lab->readable);
	event_base_free(lab->base);
	close(lab->fd);
}

static int find_port(struct lab *lab, const char *name, unsigned int port, struct ds_endpoint *at)
{
	return slow_names_find(lab->names, name, strlen(name), port, true, at);
}

static int find(struct lab *lab, const char *name, struct ds_endpoint *at)
{
	return find_port(lab, name, 5060, at);
}

/* Lets the loop run until so many datagrams came again, 5 s at most. */
static void until_again(struct lab *lab, unsigned int want)
{
	const struct timeval step = { .tv_usec = 10000 };
	int i;

	for (i = 0; i < 500 && lab->again < want; i++) {
		event_base_loopexit(lab->base, &step);
		event_base_dispatch(lab->base);
	}
	check_int("came again", lab->again, want);
}

static void wait_for(struct lab *lab, int rc)
{
	const struct slow_datagram g = { .data = (const unsigned char *)"hello", .len = 5 };

	check_int("waits", slow_names_wait(lab->names, 7, &g), rc);
}

static void asks_once(void **state)
{
	struct ds_endpoint at;
	char text[URI_ENDPOINT_SIZE];
	struct lab lab;
	int i;

	(void)state;
	lab_make(&lab);
	for (i = 0; i < 3; i++) {
		check_int("being asked for", find(&lab, i & 1 ? "Phone.Example.COM" : "phone.example.com", &at),
			  -EAGAIN);
		wait_for(&lab, 0);
	}
	until_again(&lab, 3);
	check_int("asked", lab.asked, 1);
	check_int("known", find(&lab, "phone.example.com", &at), 0);
	check_str("address", uri_endpoint_text(&at, text), "192.0.2.77:5060");
	check_int("no address of the other family",
		  slow_names_find(lab.names, "phone.example.com", 17, 5060, false, &at), -ENOENT);
	check_int("asked no more", lab.asked, 1);
	lab_free(&lab);
}

static void keeps_that_there_is_none(void **state)
{
	struct ds_endpoint at;
	struct lab lab;

	(void)state;
	lab_make(&lab);
	check_int("being asked for", find(&lab, "no.example.com", &at), -EAGAIN);
	wait_for(&lab, 0);
	until_again(&lab, 1);
	check_int("none", find(&lab, "no.example.com", &at), -ENOENT);
	wait_for(&lab, -ENOBUFS);
	check_int("none still", find(&lab, "no.example.com", &at), -ENOENT);
	check_int("asked", lab.asked, 1);
	lab_free(&lab);
}

static void forgets_in_time(void **state)
{
	struct ds_endpoint at;
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.ttl = 1;
	check_int("being asked for", find(&lab, "short.example.com", &at), -EAGAIN);
	wait_for(&lab, 0);
	until_again(&lab, 1);
	check_int("known", find(&lab, "short.example.com", &at), 0);
	usleep(1100000);
	check_int("asked for again", find(&lab, "short.example.com", &at), -EAGAIN);
	lab_free(&lab);
}

/* Whatever has to be asked for first, until the place is known. */
static void check_place(struct lab *lab, const char *name, unsigned int port, const char *want)
{
	char text[URI_ENDPOINT_SIZE];
	struct ds_endpoint at;
	int i, rc = -EAGAIN;

	for (i = 0; i < 8 && rc == -EAGAIN; i++) {
		rc = find_port(lab, name, port, &at);
		if (rc != -EAGAIN)
			break;
		wait_for(lab, 0);
		until_again(lab, lab->again + 1);
	}
	check_int(name, rc, want ? 0 : -ENOENT);
	if (want)
		check_str(name, uri_endpoint_text(&at, text), want);
}

/* N112: RFC 3263 4.2. */
static void follows_srv(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	check_place(&lab, "srv", 0, "192.0.2.77:5072");
	check_int("asked for servers", lab.asked_srv, 1);
	check_int("asked for the addresses of two", lab.asked, 2);
	check_place(&lab, "srv", 0, "192.0.2.77:5072");
	check_int("asked for servers no more", lab.asked_srv, 1);
	check_place(&lab, "srv", 5090, "192.0.2.77:5090");
	check_int("no servers with a port", lab.asked_srv, 1);
	check_place(&lab, "host.example.com", 0, "192.0.2.77:5060");
	check_int("asked for servers first", lab.asked_srv, 2);
	check_place(&lab, "no.example.com", 0, NULL);
	lab_free(&lab);
}

static void bounds_what_waits(void **state)
{
	struct ds_endpoint at;
	struct lab lab;
	int i;

	(void)state;
	lab_make(&lab);
	check_int("too long", slow_names_find(lab.names, "x", 256, 5060, true, &at), -ENOENT);
	check_int("empty", find(&lab, "", &at), -ENOENT);
	check_int("being asked for", find(&lab, "full.example.com", &at), -EAGAIN);
	for (i = 0; i < 512; i++)
		wait_for(&lab, 0);
	wait_for(&lab, -ENOBUFS);
	lab_free(&lab);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "asks once", asks_once, NULL);
	test_add(&tests, "keeps that there is none", keeps_that_there_is_none, NULL);
	test_add(&tests, "forgets in time", forgets_in_time, NULL);
	test_add(&tests, "112 SRV before addresses, a port before SRV", follows_srv, NULL);
	test_add(&tests, "bounds what waits", bounds_what_waits, NULL);
	return test_run(&tests, "slow names");
}
