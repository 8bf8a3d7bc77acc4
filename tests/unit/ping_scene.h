/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ping_scene.h - a pinger on a loop of its own, peers on loopback that behave as told, and what came of it. Nothing
 * here depends on how long anything takes, but for waits that end after SCENE_PATIENCE_S.
 */
#ifndef SIPXDP_TEST_PING_SCENE_H
#define SIPXDP_TEST_PING_SCENE_H

#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <unistd.h>

#include "ping.h"
#include "ping_socket.h"
#include "uri.h"

#define SCENE_TARGETS 8
#define SCENE_PATIENCE_S 20
#define SCENE_REQUEST_MAX 4096

struct scene;

/* Somebody who answers. All of it may change while it runs. */
struct peer {
	struct scene *scene;
	struct event *event;
	int fd;
	struct ds_endpoint at;
	int code;	     /* of the final answer, 0: none */
	bool provisional;    /* 100 first */
	unsigned int copies; /* of the final answer, 0 is as 1 */
	unsigned int delay_ms;
	unsigned int busy_ms; /* the loop stands still after the answer */
	bool wrong_branch;
	bool wrong_method;
	bool two_vias;
	bool elsewhere; /* answers from another port */
	/* what it saw */
	unsigned int requests;
	unsigned int pending;	  /* answers on their way */
	unsigned int overlapping; /* requests while one of another branch waited for its answer */
	unsigned int astray;	  /* requests whose Via names another source than theirs */
	char waiting[64];
	char request[SCENE_REQUEST_MAX]; /* the last one */
	struct ds_endpoint from;
};

struct scene_result {
	__u32 slot;
	enum health_cause cause;
	__u16 detail;
};

struct scene {
	struct event_base *base;
	struct event *tick;
	struct ping *ping;
	struct conf_ping conf;
	struct peer peer[2];
	struct ds_runtime runtime[SCENE_TARGETS];
	struct ping_target target[SCENE_TARGETS];
	struct scene_result result[256];
	size_t results;
	size_t asked;
	bool unwanted;
	void (*on_result)(struct scene *s);
};

static inline bool scene_wanted(void *ctx, __u32 slot)
{
	struct scene *s = ctx;

	(void)slot;
	s->asked++;
	return !s->unwanted;
}

static inline void scene_result(void *ctx, __u32 slot, enum health_cause cause, __u16 detail)
{
	struct scene *s = ctx;
	enum ds_health was;

	if (s->results < TEST_COUNT(s->result))
		s->result[s->results] = (struct scene_result){ slot, cause, detail };
	s->results++;
	if (slot < SCENE_TARGETS)
		health_learn(&s->runtime[slot], &s->conf.health, cause, detail, 1, &was);
	if (s->on_result)
		s->on_result(s);
}

/* Only there so that the loop turns and waits can end. */
static inline void scene_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static inline __u64 scene_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000 + (__u64)t.tv_nsec / 1000000;
}

/* Runs the loop for a while. */
static inline void scene_linger(struct scene *s, unsigned int ms)
{
	__u64 end = scene_ms() + ms;

	while (scene_ms() < end)
		event_base_loop(s->base, EVLOOP_ONCE);
}

/* Runs the loop until the condition holds; fails where it never does. */
#define scene_await(s, condition)                                       \
	do {                                                            \
		__u64 scene_end = scene_ms() + SCENE_PATIENCE_S * 1000; \
		while (!(condition) && scene_ms() < scene_end)          \
			event_base_loop((s)->base, EVLOOP_ONCE);        \
		check_true("in time", condition);                       \
	} while (0)

/* The rows of the request that an answer repeats, under a status line. */
static inline size_t peer_answer_text(const struct peer *p, const char *request, int code, char *text, size_t size)
{
	static const char *const rows[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
	const char *at, *branch;
	size_t n = (size_t)snprintf(text, size, "SIP/2.0 %d Whatever\r\n", code), i;
	char *digit;

	for (i = 0; i < TEST_COUNT(rows); i++) {
		at = strstr(request, rows[i]);
		assert_non_null(at);
		n += (size_t)snprintf(text + n, size - n, "%.*s\r\n", (int)strcspn(at, "\r"), at);
		if (i == 0 && p->two_vias)
			n += (size_t)snprintf(text + n, size - n, "%.*s\r\n", (int)strcspn(at, "\r"), at);
	}
	n += (size_t)snprintf(text + n, size - n, "Content-Length: 0\r\n\r\n");
	assert_true(n < size);
	if (p->wrong_branch) {
		branch = strstr(text, "branch=");
		assert_non_null(branch);
		digit = text + (branch - text) + strcspn(branch, "\r;") - 1;
		*digit = *digit == '0' ? '1' : '0';
	}
	if (p->wrong_method)
		memcpy(strstr(text, "CSeq: 1 ") + 8, "X", 1);
	return n;
}

static inline void peer_send(struct peer *p, const char *request, const struct ds_endpoint *to, int code)
{
	struct ds_endpoint any = { .ip = p->at.ip };
	struct sockaddr_storage name;
	socklen_t name_len = ping_socket_name(to, &name);
	char text[2 * SCENE_REQUEST_MAX];
	size_t len = peer_answer_text(p, request, code, text, sizeof(text));
	int fd = p->elsewhere ? ping_socket_open(&any) : p->fd;

	check_int("sent", sendto(fd, text, len, 0, (struct sockaddr *)&name, name_len), len);
	if (p->elsewhere)
		close(fd);
}

/* A final answer on its way. */
struct peer_answer {
	struct peer *peer;
	struct event *event;
	struct ds_endpoint to;
	char request[SCENE_REQUEST_MAX];
};

static inline void peer_final(evutil_socket_t fd, short what, void *arg)
{
	struct peer_answer *a = arg;
	struct peer *p = a->peer;
	unsigned int i;

	(void)fd;
	(void)what;
	for (i = 0; i < (p->copies ? p->copies : 1); i++)
		peer_send(p, a->request, &a->to, p->code);
	p->pending--;
	p->waiting[0] = '\0';
	event_free(a->event);
	free(a);
	if (p->busy_ms)
		usleep(p->busy_ms * 1000);
}

static inline void peer_note(struct peer *p)
{
	const char *branch = strstr(p->request, "branch=");
	int n = branch ? (int)strcspn(branch, "\r;") : 0;
	char place[URI_ENDPOINT_SIZE], via[URI_ENDPOINT_SIZE + 32];

	p->requests++;
	snprintf(via, sizeof(via), "Via: SIP/2.0/UDP %s;", uri_endpoint_text(&p->from, place));
	p->astray += strstr(p->request, via) == NULL;
	if (*p->waiting && strncmp(p->waiting, branch, (size_t)n))
		p->overlapping++;
	snprintf(p->waiting, sizeof(p->waiting), "%.*s", n, branch);
}

static inline void peer_readable(evutil_socket_t fd, short what, void *arg)
{
	struct timeval delay = { 0 };
	struct sockaddr_storage name;
	socklen_t name_len = sizeof(name);
	struct peer_answer *a;
	struct peer *p = arg;
	ssize_t len;

	(void)what;
	len = recvfrom(fd, p->request, sizeof(p->request) - 1, 0, (struct sockaddr *)&name, &name_len);
	if (len < 0)
		return;
	p->request[len] = '\0';
	ping_socket_place(&name, &p->from);
	peer_note(p);
	if (p->provisional)
		peer_send(p, p->request, &p->from, 100);
	if (!p->code)
		return;
	a = calloc(1, sizeof(*a));
	assert_non_null(a);
	a->peer = p;
	a->to = p->from;
	memcpy(a->request, p->request, sizeof(a->request));
	a->event = evtimer_new(p->scene->base, peer_final, a);
	assert_non_null(a->event);
	delay.tv_sec = p->delay_ms / 1000;
	delay.tv_usec = p->delay_ms % 1000 * 1000;
	evtimer_add(a->event, &delay);
	p->pending++;
}

static inline void peer_open(struct scene *s, struct peer *p, const char *ip)
{
	p->scene = s;
	p->code = 200;
	check_int("address", uri_address(ip, &p->at.ip), 0);
	p->fd = ping_socket_open(&p->at);
	check_true("peer", p->fd >= 0);
	p->event = event_new(s->base, p->fd, EV_READ | EV_PERSIST, peer_readable, p);
	assert_non_null(p->event);
	event_add(p->event, NULL);
}

static inline void peer_close(struct peer *p)
{
	if (p->event)
		event_free(p->event);
	if (p->fd >= 0)
		close(p->fd);
	p->event = NULL;
	p->fd = -1;
}

/* Two peers; slot 1 is the first, slot 2 the second. The plain interval is so long that only ping_now() pings. */
static inline struct scene *scene_new(const char *ip)
{
	static const __u64 key[2] = { 1, 2 };
	static const struct timeval turn = { .tv_usec = 20000 };
	struct scene *s = calloc(1, sizeof(*s));
	const struct ping_hooks hooks = { scene_wanted, scene_result, s };
	unsigned int i;

	assert_non_null(s);
	s->base = event_base_new();
	assert_non_null(s->base);
	s->tick = event_new(s->base, -1, EV_PERSIST, scene_tick, NULL);
	event_add(s->tick, &turn);
	s->conf = (struct conf_ping){ .interval_ms = 3600000, .interval_max_ms = 3600000, .timeout_ms = 15000 };
	s->conf.health = (struct health_conf){ .rise = 1, .fall = 1 };
	strcpy(s->conf.method, "OPTIONS");
	for (i = 200; i < 300; i++)
		s->conf.codes.bit[i / 64] |= 1ull << (i % 64);
	for (i = 0; i < 2; i++)
		peer_open(s, &s->peer[i], ip);
	for (i = 0; i < SCENE_TARGETS; i++) {
		health_init(&s->runtime[i], 100 + i, 0, 1);
		s->target[i] = (struct ping_target){ .slot = i, .id = 100 + i, .uri = "sip:127.0.0.1" };
		s->target[i].at = s->peer[i == 2].at;
		s->target[i].conf = &s->conf;
		s->target[i].runtime = &s->runtime[i];
	}
	check_int("pinger", ping_new(s->base, key, &hooks, &s->ping), 0);
	return s;
}

/* Targets from slot 1 on. */
static inline void scene_targets(struct scene *s, size_t n)
{
	check_int("targets", ping_set_targets(s->ping, s->target + 1, n), 0);
}

static inline void scene_free(struct scene *s)
{
	unsigned int i;

	ping_free(s->ping);
	for (i = 0; i < 2; i++) {
		check_int("true sources", s->peer[i].astray, 0);
		while (s->peer[i].pending)
			event_base_loop(s->base, EVLOOP_ONCE);
		peer_close(&s->peer[i]);
	}
	event_free(s->tick);
	event_base_free(s->base);
	free(s);
}

static inline struct ping_totals scene_totals(const struct scene *s)
{
	struct ping_totals t;

	ping_totals(s->ping, &t);
	return t;
}

/* Pings slot 1 and waits for one more result. */
static inline void scene_ask(struct scene *s)
{
	size_t before = s->results;

	check_int("asked", ping_now(s->ping, 1), 0);
	scene_await(s, s->results > before);
}

static inline void scene_last_is(const struct scene *s, enum health_cause cause, __u16 detail)
{
	const struct scene_result *r = &s->result[s->results - 1];

	if (r->cause != cause)
		print_error("%s %u\n", health_cause_name(r->cause), r->detail);
	check_int("cause", r->cause, cause);
	check_int("detail", r->detail, detail);
}

#endif
