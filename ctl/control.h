/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - the daemon's UNIX socket: lines of JSON-RPC both ways, many clients, none of which can harm another or the
 * daemon: a line longer than RPC_LINE_MAX, CONTROL_CLIENTS_MAX clients, CONTROL_OUT_MAX octets unread, half a line for
 * CONTROL_IDLE_S seconds each end that client alone.
 */
#ifndef SIPXDP_CTL_CONTROL_H
#define SIPXDP_CTL_CONTROL_H

#include "conf.h"
#include "rpc.h"

#define CONTROL_CLIENTS_MAX 64
#define CONTROL_OUT_MAX (64u << 20) /* the list of 32,768 destinations is some 20 MiB */
#define CONTROL_WATCH_MAX (1u << 20) /* the same for one that watches */
#define CONTROL_IDLE_S 30

struct event_base;
struct control;

/*
 * Listens at conf->path with its mode and group; a socket that nobody listens on any more is replaced, one that is in
 * use is -EADDRINUSE, and what is no socket is -EEXIST. The directory is made if missing, 0755. Returns 0 or -errno.
 */
int control_new(struct event_base *base, const struct conf_control *conf, const struct rpc_table *table,
		struct control **control);

/* Ends all clients; the socket's file goes. */
void control_free(struct control *c);

/* The client that made this call receives notifications from now on, until it goes. */
void control_watch(struct control *c, struct rpc_call *call);

/* Sends a notification {"jsonrpc","method","params"} to every client that watches. params is borrowed. */
void control_notify(struct control *c, const char *method, struct json_t *params);

size_t control_clients(const struct control *c);

#endif
