/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - the daemon's UNIX socket: lines of JSON-RPC both ways, many clients, none of which can harm another or the
 * daemon. Each of these ends that client alone: a line longer than RPC_LINE_MAX, CONTROL_OUT_MAX octets unread, half a
 * line for CONTROL_IDLE_S seconds, nothing read for as long while octets wait. Clients take turns line by line, and who
 * does not read what waits for him is not asked for more. Beyond CONTROL_CLIENTS_MAX clients the one that has been quiet
 * for longest, CONTROL_IDLE_S at least, gives way; where there is none the new one is sent away with a message.
 */
#ifndef SIPXDP_CTL_CONTROL_H
#define SIPXDP_CTL_CONTROL_H

#include "conf.h"
#include "rpc.h"

#define CONTROL_CLIENTS_MAX 64
#define CONTROL_OUT_MAX (64u << 20)  /* the list of 32,768 destinations is some 20 MiB */
#define CONTROL_WATCH_MAX (1u << 20) /* octets of notifications unread */
#define CONTROL_PAUSE RPC_LINE_MAX   /* octets unread above which a client's next line waits */
#define CONTROL_IDLE_S 30

struct event_base;
struct control;

/*
 * Listens at conf->path with its mode and group; a socket that nobody listens on any more is replaced, one that is in
 * use is -EADDRINUSE, what is no socket is -EEXIST, an unknown group -ENOENT, a path too long for a socket
 * -ENAMETOOLONG. The directory is made if missing, 0755. PATH.lock is held as long. The process has to ignore SIGPIPE.
 * Returns 0 or -errno.
 */
int control_new(struct event_base *base, const struct conf_control *conf, const struct rpc_table *table,
		struct control **control);

/* Ends all clients; the socket's file and its lock go. */
void control_free(struct control *c);

/* Another time in ms than CONTROL_IDLE_S, for clients that come from now on; tests have no 30 s. */
void control_set_idle(struct control *c, unsigned int ms);

/* The client that made this call receives notifications from now on, until it goes. */
void control_watch(struct control *c, struct rpc_call *call);

/* Sends a notification {"jsonrpc","method","params"} to every client that watches. params is borrowed. */
void control_notify(struct control *c, const char *method, struct json_t *params);

size_t control_clients(const struct control *c);

#endif
