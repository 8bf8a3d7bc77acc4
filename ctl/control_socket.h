/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_socket.h - the file of the control socket: made where nothing is in its place, owned by one daemon at a time.
 */
#ifndef SIPXDP_CTL_CONTROL_SOCKET_H
#define SIPXDP_CTL_CONTROL_SOCKET_H

#include <sys/types.h>
#include <sys/un.h>

#include "conf.h"

struct control_socket {
	struct sockaddr_un at;
	int fd;	  /* bound, does not listen yet; -1: none */
	int lock; /* of PATH.lock, held as long as the socket; -1: none */
	dev_t dev;
	ino_t ino;
};

/* As control_new() says of the socket. Whether or not it succeeds s is to be closed. Returns 0 or -errno. */
int control_socket_open(struct control_socket *s, const struct conf_control *conf);

/* Removes the file, unless it is another's by now, and the lock; closes what is open still. */
void control_socket_close(struct control_socket *s);

#endif
