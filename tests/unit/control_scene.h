/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_scene.h - a control socket in a directory of its own, clients that say and read what they like, and one that
 * behaves well and is to be answered whatever the others do.
 */
#ifndef SIPXDP_TEST_CONTROL_SCENE_H
#define SIPXDP_TEST_CONTROL_SCENE_H

#include "test.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "control.h"

/* Nothing here takes that long; a machine under load may. */
#define SCENE_WAIT_S 120
#define SCENE_BIG (8u << 20) /* octets of a big answer */
#define SCENE_KEEP 128
#define SCENE_TICKS 20

struct scene {
	char dir[64];
	struct conf_control conf;
	struct event_base *base;
	struct control *control;
	struct peer *good;
	struct rpc_call *kept[SCENE_KEEP];
	size_t n_kept;
	size_t n_big;
	int log; /* standard error while the loop runs */
	int saved;
};

struct peer {
	int fd;
	char *text; /* read so far and not taken out yet */
	size_t len;
	size_t room;
	bool ended; /* nothing more comes */
};

static void scene_echo(void *ctx, struct rpc_call *call, json_t *params)
{
	(void)ctx;
	rpc_reply(call, params ? json_incref(params) : json_null());
}

static json_t *scene_big_text(void)
{
	char *text = malloc(SCENE_BIG);
	json_t *json;

	assert_non_null(text);
	memset(text, 'x', SCENE_BIG);
	json = json_stringn(text, SCENE_BIG);
	free(text);
	return json;
}

static void scene_big(void *ctx, struct rpc_call *call, json_t *params)
{
	struct scene *s = ctx;

	(void)params;
	s->n_big++;
	rpc_reply(call, scene_big_text());
}

static void scene_later(void *ctx, struct rpc_call *call, json_t *params)
{
	struct scene *s = ctx;

	(void)params;
	assert_true(s->n_kept < SCENE_KEEP);
	s->kept[s->n_kept++] = call;
}

static void scene_watch(void *ctx, struct rpc_call *call, json_t *params)
{
	struct scene *s = ctx;

	(void)params;
	control_watch(s->control, call);
	rpc_reply(call, json_true());
}

static inline void scene_turn(struct scene *s)
{
	dup2(s->log, STDERR_FILENO);
	event_base_loop(s->base, EVLOOP_NONBLOCK);
	dup2(s->saved, STDERR_FILENO);
}

static inline void scene_tick(evutil_socket_t fd, short what, void *ticks)
{
	(void)fd;
	(void)what;
	++*(size_t *)ticks;
}

/* Lets the loop rest for SCENE_TICKS ticks of a timer: nothing else keeps it busy. */
static inline void scene_rests(struct scene *s)
{
	const struct timeval tick = { .tv_usec = 10000 };
	size_t ticks = 0, rounds;
	struct event *timer = event_new(s->base, -1, EV_PERSIST, scene_tick, &ticks);

	assert_non_null(timer);
	event_add(timer, &tick);
	dup2(s->log, STDERR_FILENO);
	for (rounds = 0; ticks < SCENE_TICKS; rounds++)
		event_base_loop(s->base, EVLOOP_ONCE);
	dup2(s->saved, STDERR_FILENO);
	event_free(timer);
	check_true("the loop rests", rounds < 10 * SCENE_TICKS);
}

static inline struct peer *peer_new(const char *path)
{
	struct peer *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->fd = client_open(path);
	check_true("connected", p->fd >= 0);
	fcntl(p->fd, F_SETFL, O_NONBLOCK);
	return p;
}

static inline void peer_free(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->text);
	free(p);
}

/* Reads what is there. Returns how much it was. */
static inline size_t peer_read(struct peer *p)
{
	ssize_t n;

	if (p->ended)
		return 0;
	if (p->room - p->len < 1u << 16) {
		p->room = p->room ? 2 * p->room : 1u << 17;
		p->text = realloc(p->text, p->room);
		assert_non_null(p->text);
	}
	n = recv(p->fd, p->text + p->len, p->room - p->len - 1, MSG_DONTWAIT);
	p->ended = !n || (n < 0 && errno != EAGAIN && errno != EINTR);
	p->len += n > 0 ? (size_t)n : 0;
	p->text[p->len] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* Says as much of the text as is taken now. Returns how much, or -errno. */
static inline ssize_t peer_push(struct peer *p, const char *text, size_t len)
{
	ssize_t n = send(p->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n >= 0 ? n : errno == EAGAIN ? 0 : -errno;
}

static inline void peer_say(struct scene *s, struct peer *p, const char *text)
{
	time_t end = time(NULL) + SCENE_WAIT_S;
	size_t len = strlen(text);
	ssize_t n;

	while (len) {
		n = peer_push(p, text, len);
		check_true("taken", n >= 0 && time(NULL) < end);
		text += n;
		len -= (size_t)n;
		scene_turn(s);
	}
}

/* Runs the loop while p reads, until there is a line of p or its end. Returns the line's length, 0 at the end. */
static inline size_t peer_line(struct scene *s, struct peer *p)
{
	time_t end = time(NULL) + SCENE_WAIT_S;
	size_t from = 0;
	char *eol;

	for (;;) {
		eol = p->len > from ? memchr(p->text + from, '\n', p->len - from) : NULL;
		if (eol)
			return (size_t)(eol - p->text) + 1;
		from = p->len;
		scene_turn(s);
		if (!peer_read(p)) {
			if (p->ended)
				return 0;
			check_true("a line in time", time(NULL) < end);
			poll(NULL, 0, 1);
		}
	}
}

/* The next line as JSON, to be released; NULL at the end. */
static inline json_t *peer_json(struct scene *s, struct peer *p)
{
	size_t len = peer_line(s, p);
	json_t *json;

	if (!len)
		return NULL;
	json = json_loadb(p->text, len, 0, NULL);
	check_true("JSON", json);
	p->len -= len;
	memmove(p->text, p->text + len, p->len + 1);
	return json;
}

/* The next line is the answer to this id. */
static inline void peer_answered(struct scene *s, struct peer *p, int id)
{
	json_t *json = peer_json(s, p);

	check_true("answered", json);
	check_true("with a result", json_object_get(json, "result"));
	check_int("id", json_integer_value(json_object_get(json, "id")), id);
	json_decref(json);
}

/* The next line is an error with this code. */
static inline void peer_refused(struct scene *s, struct peer *p, int code)
{
	json_t *json = peer_json(s, p), *error = json_object_get(json, "error");

	check_true("answered", json);
	check_true("with an error", error);
	check_int("code", json_integer_value(json_object_get(error, "code")), code);
	json_decref(json);
}

static inline void peer_ended(struct scene *s, struct peer *p)
{
	check_int("nothing more", peer_line(s, p), 0);
	check_int("nothing more", p->len, 0);
}

static inline void peer_ask(struct scene *s, struct peer *p, const char *method, int id)
{
	char line[256];

	snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"id\":%d}\n", method, id);
	peer_say(s, p, line);
}

/* The one that behaves well is answered, whatever is going on. */
static inline void scene_good(struct scene *s)
{
	static int id;

	peer_ask(s, s->good, "echo", ++id);
	peer_answered(s, s->good, id);
}

static inline struct peer *scene_peer(const struct scene *s)
{
	return peer_new(s->conf.path);
}

/* Runs the loop until there are n clients. */
static inline void scene_clients(struct scene *s, size_t n)
{
	time_t end = time(NULL) + SCENE_WAIT_S;

	while (control_clients(s->control) != n && time(NULL) < end) {
		scene_turn(s);
		poll(NULL, 0, 1);
	}
	check_int("clients", control_clients(s->control), n);
}

static inline struct scene *scene_begin(void)
{
	static const struct rpc_method methods[] = {
		{ "echo", scene_echo }, { "big", scene_big }, { "later", scene_later }, { "watch", scene_watch }
	};
	static struct rpc_table table = { methods, TEST_COUNT(methods), NULL };
	struct scene *s = calloc(1, sizeof(*s));
	char path[128];

	assert_non_null(s);
	signal(SIGPIPE, SIG_IGN);
	snprintf(s->dir, sizeof(s->dir), "/tmp/control_test.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(path, sizeof(path), "%s/log", s->dir);
	s->log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	s->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	snprintf(s->conf.path, sizeof(s->conf.path), "%s/socket", s->dir);
	s->conf.mode = 0600;
	s->base = event_base_new();
	assert_non_null(s->base);
	table.ctx = s;
	check_int("control_new", control_new(s->base, &s->conf, &table, &s->control), 0);
	s->good = scene_peer(s);
	scene_good(s);
	return s;
}

static inline void scene_end(struct scene *s)
{
	char path[128];

	scene_good(s);
	peer_free(s->good);
	control_free(s->control);
	while (s->n_kept)
		rpc_reply(s->kept[--s->n_kept], json_null());
	event_base_free(s->base);
	close(s->log);
	close(s->saved);
	snprintf(path, sizeof(path), "%s/log", s->dir);
	unlink(path);
	check_int("nothing is left", rmdir(s->dir), 0);
	free(s);
}

#endif
