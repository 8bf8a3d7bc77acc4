// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * control_client.c - a client is a bufferevent that hands its lines to rpc_line(), one a turn of the loop.
 *
 * What a client may be ended for is found in the middle of a call or of a notification to all. It is only marked there:
 * its own next turn ends it.
 */
#include "control_client.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "output.h"

static const struct timeval control_client_now;

void control_client_free(struct control_client *client)
{
	struct control *c = client->control;

	rpc_drop(client);
	TAILQ_REMOVE(&c->clients, client, link);
	c->n_clients--;
	if (client->turn)
		event_free(client->turn);
	if (client->late)
		event_free(client->late);
	if (client->bev)
		bufferevent_free(client->bev);
	free(client);
}

void control_client_say_end(const struct control_client *client, const char *why)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	getsockopt(bufferevent_getfd(client->bev), SOL_SOCKET, SO_PEERCRED, &peer, &len);
	journal(LOG_WARNING, "control client (process %d, user %u) is ended: %s", (int)peer.pid, peer.uid, why);
}

/* A timer that is set again before it ran is not run by libevent: what comes all the time would put the turn off. */
static void control_client_soon(struct control_client *client)
{
	if (!evtimer_pending(client->turn, NULL))
		event_add(client->turn, &control_client_now);
}

/* Marks it, and sees to it that its turn comes although there may be nothing to read or write. */
void control_client_doom(struct control_client *client, const char *why)
{
	if (client->doom)
		return;
	client->doom = why;
	control_client_soon(client);
}

static size_t control_client_unread(const struct control_client *client)
{
	return evbuffer_get_length(bufferevent_get_output(client->bev));
}

void control_client_put(struct control_client *client, const char *text, size_t len, size_t max)
{
	if (client->doom)
		return;
	if (control_client_unread(client) + len > max)
		control_client_doom(client, "it does not read what it asked for");
	else if (bufferevent_write(client->bev, text, len))
		control_client_doom(client, "out of memory");
}

static void control_client_answer(void *peer, const char *text, size_t len)
{
	struct control_client *client = peer;

	client->answers += len;
	control_client_put(client, text, len, CONTROL_OUT_MAX);
}

size_t control_client_error(char buf[CONTROL_ERROR_SIZE], int code, const char *why)
{
	int n = snprintf(buf, CONTROL_ERROR_SIZE,
			 "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":%d,\"message\":\"%s\"},\"id\":null}\n", code, why);

	return (size_t)n;
}

/* Says why, then ends the client as soon as it has read that. */
static void control_client_refuse(struct control_client *client, const char *why)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	char line[CONTROL_ERROR_SIZE];

	control_client_say_end(client, why);
	control_client_answer(client, line, control_client_error(line, RPC_REQUEST, why));
	bufferevent_disable(client->bev, EV_READ);
	evbuffer_drain(in, evbuffer_get_length(in));
	client->ends = true;
}

/* The next line, to be freed. What comes last needs no line end: it is JSON whole, or refused. NULL: none yet. */
static char *control_client_next(const struct control_client *client, size_t *len)
{
	struct evbuffer *in = bufferevent_get_input(client->bev);
	char *line = evbuffer_readln(in, len, EVBUFFER_EOL_LF);

	*len = line ? *len : evbuffer_get_length(in);
	if (line || !client->ends || !*len)
		return line;
	line = malloc(*len);
	if (line)
		evbuffer_remove(in, line, *len);
	return line;
}

static void control_client_wait_for_rest(struct control_client *client)
{
	size_t len = evbuffer_get_length(bufferevent_get_input(client->bev));

	if (len > RPC_LINE_MAX)
		control_client_refuse(client, "a line is too long; remedy: ask for less at a time");
	else if (!len)
		event_del(client->late);
	else if (!evtimer_pending(client->late, NULL))
		event_add(client->late, &client->control->idle);
}

/* Reading ends with it: libevent calls again and again for as long as the input is full. */
static void control_client_pause(struct control_client *client, bool pause)
{
	if (client->paused == pause)
		return;
	client->paused = pause;
	if (pause) {
		event_del(client->late);
		bufferevent_disable(client->bev, EV_READ);
	} else if (!client->ends) {
		bufferevent_enable(client->bev, EV_READ);
	}
}

static void control_client_turn(struct control_client *client)
{
	size_t len, unread = control_client_unread(client);
	char *line;

	if (!unread)
		client->answers = 0;
	control_client_pause(client, unread > CONTROL_PAUSE);
	if (client->paused)
		return;
	line = control_client_next(client, &len);
	if (line) {
		event_del(client->late);
		client->used_ns = output_clock(CLOCK_MONOTONIC);
		rpc_line(client->control->table, line, len, control_client_answer, client);
		control_client_soon(client);
		free(line);
	} else if (!client->ends) {
		control_client_wait_for_rest(client);
	} else if (!unread && !rpc_open(client)) {
		control_client_free(client);
	}
}

static void control_client_on_turn(evutil_socket_t fd, short what, void *ctx)
{
	struct control_client *client = ctx;

	(void)fd;
	(void)what;
	if (client->doom) {
		control_client_say_end(client, client->doom);
		control_client_free(client);
	} else {
		control_client_turn(client);
	}
}

static void control_client_on_late(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	control_client_refuse(ctx, "a line does not end; remedy: send its line end too");
}

static void control_client_on_io(struct bufferevent *bev, void *ctx)
{
	struct control_client *client = ctx;

	(void)bev;
	control_client_soon(client);
}

static void control_client_on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct control_client *client = ctx;

	if (what & BEV_EVENT_EOF) {
		client->ends = true;
		control_client_on_io(bev, client);
		return;
	}
	if (what & BEV_EVENT_TIMEOUT)
		control_client_say_end(client, "it does not read what it asked for");
	control_client_free(client);
}

int control_client_new(struct control *c, int fd)
{
	struct control_client *client = calloc(1, sizeof(*client));

	if (!client) {
		close(fd);
		return -ENOMEM;
	}
	client->control = c;
	client->used_ns = output_clock(CLOCK_MONOTONIC);
	TAILQ_INSERT_TAIL(&c->clients, client, link);
	c->n_clients++;
	client->turn = evtimer_new(c->base, control_client_on_turn, client);
	client->late = evtimer_new(c->base, control_client_on_late, client);
	client->bev = bufferevent_socket_new(c->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!client->bev)
		close(fd);
	if (!client->bev || !client->turn || !client->late)
		goto fail;
	bufferevent_setcb(client->bev, control_client_on_io, control_client_on_io, control_client_on_event, client);
	/* an octet more than a line may have tells a line that is too long */
	bufferevent_setwatermark(client->bev, EV_READ, 0, RPC_LINE_MAX + 1);
	bufferevent_setwatermark(client->bev, EV_WRITE, CONTROL_PAUSE, 0);
	bufferevent_set_timeouts(client->bev, NULL, &c->idle);
	if (bufferevent_enable(client->bev, EV_READ | EV_WRITE))
		goto fail;
	return 0;
fail:
	control_client_free(client);
	return -ENOMEM;
}

bool control_client_is_quiet(const struct control_client *client)
{
	return !client->watches && !control_client_unread(client) && !rpc_open(client) &&
	       !evbuffer_get_length(bufferevent_get_input(client->bev));
}
