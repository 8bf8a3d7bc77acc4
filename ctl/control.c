// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control.c - takes clients in as long as there is room, and tells those that watch.
 */
#include "control.h"

#include <errno.h>
#include <event2/listener.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control_client.h"
#include "journal.h"
#include "output.h"

#define CONTROL_BACKLOG 128
#define CONTROL_ACCEPT_AGAIN_S 1

/* Ends the client that has been quiet for longest, if that is long. Returns whether there is room. */
static bool control_make_room(struct control *c)
{
	__u64 now = output_clock(CLOCK_MONOTONIC), idle_ns = c->idle.tv_sec * 1000000000ull + c->idle.tv_usec * 1000;
	struct control_client *client, *oldest = NULL;

	if (c->n_clients < CONTROL_CLIENTS_MAX)
		return true;
	TAILQ_FOREACH (client, &c->clients, link)
		if (control_client_is_quiet(client) && (!oldest || client->used_ns < oldest->used_ns))
			oldest = client;
	if (!oldest || now - oldest->used_ns < idle_ns)
		return false;
	control_client_say_end(oldest, "it was quiet and another needs its place");
	control_client_free(oldest);
	return true;
}

/* What a new connection can take without waiting is more than this. */
static void control_send_away(int fd)
{
	static const char why[] = "there are too many clients; remedy: end some, or try again";
	char line[CONTROL_ERROR_SIZE];

	journal(LOG_WARNING, "control: a client is sent away: there are %d already", CONTROL_CLIENTS_MAX);
	if (send(fd, line, control_client_error(line, RPC_FAILED, why), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		journal(LOG_NOTICE, "control: that client could not be told: %s", strerror(errno));
	close(fd);
}

static void control_on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len,
			      void *ctx)
{
	struct control *c = ctx;

	(void)listener;
	(void)from;
	(void)len;
	if (!control_make_room(c))
		control_send_away(fd);
	else if (control_client_new(c, fd))
		journal(LOG_ERR, "control: out of memory for a client");
}

/* The connection stays in the queue and would be found there at once, for ever. */
static void control_on_error(struct evconnlistener *listener, void *ctx)
{
	struct control *c = ctx;
	struct timeval pause = { .tv_sec = CONTROL_ACCEPT_AGAIN_S };

	journal(LOG_ERR, "control: cannot accept a client: %s; tried again in %d s", strerror(errno),
		CONTROL_ACCEPT_AGAIN_S);
	evconnlistener_disable(listener);
	event_add(c->again, &pause);
}

static void control_on_again(evutil_socket_t fd, short what, void *ctx)
{
	struct control *c = ctx;

	(void)fd;
	(void)what;
	evconnlistener_enable(c->listener);
}

int control_new(struct event_base *base, const struct conf_control *conf, const struct rpc_table *table,
		struct control **control)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	*control = NULL;
	if (!c)
		return -ENOMEM;
	c->base = base;
	c->table = table;
	TAILQ_INIT(&c->clients);
	control_set_idle(c, CONTROL_IDLE_S * 1000);
	err = control_socket_open(&c->socket, conf);
	if (err)
		goto fail;
	err = -ENOMEM;
	c->again = evtimer_new(base, control_on_again, c);
	if (!c->again)
		goto fail;
	c->listener =
		evconnlistener_new(base, control_on_client, c, LEV_OPT_CLOSE_ON_EXEC, CONTROL_BACKLOG, c->socket.fd);
	if (!c->listener)
		goto fail;
	evconnlistener_set_error_cb(c->listener, control_on_error);
	*control = c;
	return 0;
fail:
	control_free(c);
	return err;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	while (!TAILQ_EMPTY(&c->clients))
		control_client_free(TAILQ_FIRST(&c->clients));
	if (c->listener)
		evconnlistener_free(c->listener);
	if (c->again)
		event_free(c->again);
	control_socket_close(&c->socket);
	free(c);
}

void control_set_idle(struct control *c, unsigned int ms)
{
	c->idle = (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

void control_watch(struct control *c, struct rpc_call *call)
{
	struct control_client *client = rpc_peer(call);

	(void)c;
	if (client)
		client->watches = true;
}

/* Returns a line with its end, to be freed, NULL out of memory. */
static char *control_notification(const char *method, json_t *params, size_t *len)
{
	json_t *json = json_pack("{s:s, s:s, s:O}", "jsonrpc", "2.0", "method", method, "params", params);
	char *line = json ? rpc_text(json, len) : NULL;

	json_decref(json);
	return line;
}

void control_notify(struct control *c, const char *method, struct json_t *params)
{
	struct control_client *client = NULL;
	size_t len = 0;
	char *line;

	line = control_notification(method, params, &len);
	if (!line)
		journal(LOG_ERR, "control: out of memory for those that watch");
	TAILQ_FOREACH (client, &c->clients, link) {
		if (!client->watches)
			continue;
		if (line)
			control_client_put(client, line, len, CONTROL_WATCH_MAX + client->answers);
		else
			control_client_doom(client, "out of memory");
	}
	free(line);
}

size_t control_clients(const struct control *c)
{
	return c->n_clients;
}
