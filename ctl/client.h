/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - the command line's side of the control socket.
 */
#ifndef SIPXDP_CTL_CLIENT_H
#define SIPXDP_CTL_CLIENT_H

#include <stddef.h>

struct json_t;

#define CLIENT_DIR "/run/sipxdp"
#define CLIENT_CONNECT_S 5 /* where as many as the daemon lets wait do so already */

/* The socket of an instance where no option names one: CLIENT_DIR/NAME.sock. Returns buf. */
const char *client_path(const char *instance, char *buf, size_t size);

/* Connects. Returns a descriptor, -ENOENT or -ECONNREFUSED where no daemon is, -ETIMEDOUT, or -errno. */
int client_open(const char *path);

/*
 * One request and its answer, timeout_ms at most (0: for ever). params is taken over, NULL: none. Returns 0 with *result
 * (new), or an exit code of exit.h after saying why on standard error: the error's message, then the diagnostics that its
 * data holds, {"file", "diagnostics": [{"line", "column", "severity", "message"}]}. Notifications that come before the
 * answer are passed over, those behind it are left for client_watch().
 */
int client_call(int fd, const char *method, struct json_t *params, unsigned int timeout_ms, struct json_t **result);

/* Reads notifications until fn returns non-zero (returned) or the daemon goes (EXIT_FAILED, said). */
int client_watch(int fd, int (*fn)(void *ctx, const char *method, struct json_t *params), void *ctx);

#endif
