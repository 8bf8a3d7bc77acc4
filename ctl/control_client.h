/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_client.h - one client of the control socket, for control.c alone.
 */
#ifndef SIPXDP_CTL_CONTROL_CLIENT_H
#define SIPXDP_CTL_CONTROL_CLIENT_H

#include <event2/event.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "control.h"
#include "control_socket.h"

struct bufferevent;
struct evconnlistener;

#define CONTROL_ERROR_SIZE 256

struct control_client {
	TAILQ_ENTRY(control_client) link;
	struct control *control;
	struct bufferevent *bev;
	struct event *turn; /* of this client, when the loop comes round */
	struct event *late; /* half a line waits for its rest */
	size_t answers;	    /* octets of answers since nothing was left to be read */
	__u64 used_ns;	    /* the last line, CLOCK_MONOTONIC */
	const char *doom;   /* why it is to be ended, static text */
	bool ends;	    /* no more lines come: to be ended when it has its answers */
	bool paused;	    /* has to read first */
	bool watches;
};

struct control {
	struct event_base *base;
	const struct rpc_table *table;
	struct control_socket socket;
	struct evconnlistener *listener;
	struct event *again; /* accept once more, after descriptors ran out */
	struct timeval idle;
	TAILQ_HEAD(control_clients, control_client) clients;
	size_t n_clients;
};

/* A client by its descriptor, which is taken over. Returns 0 or -ENOMEM. */
int control_client_new(struct control *c, int fd);

/* Ends it at once; answers that come later are thrown away. */
void control_client_free(struct control_client *client);

/* The same when the loop comes round. why: static text, for the log. */
void control_client_doom(struct control_client *client, const char *why);

/* Sends a line; dooms a client that would have more than max octets to read then. */
void control_client_put(struct control_client *client, const char *text, size_t len, size_t max);

/* Logs who it is and why it is ended. */
void control_client_say_end(const struct control_client *client, const char *why);

/* It watches nothing, waits for nothing and has nothing to read or half said. */
bool control_client_is_quiet(const struct control_client *client);

/* An error that belongs to no call, as a line. why: printable, without quotation marks. Returns its length. */
size_t control_client_error(char buf[CONTROL_ERROR_SIZE], int code, const char *why);

#endif
