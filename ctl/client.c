// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client.c - asks the daemon and waits. Never takes more octets than the line it is asked for, hence needs no memory
 * between two calls.
 */
#include "client.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "diag.h"
#include "exit.h"
#include "output.h"

#define CLIENT_PIECE 65536
#define CLIENT_MS 1000000ull

const char *client_path(const char *instance, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s.sock", CLIENT_DIR, instance);
	return buf;
}

int client_open(const char *path)
{
	struct timeval wait = { .tv_sec = CLIENT_CONNECT_S };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int err, fd;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* unix(7) knows no poll(2) for a connection that waits, but obeys this */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	do
		err = connect(fd, (const struct sockaddr *)&at, sizeof(at)) ? errno : 0;
	while (err == EINTR);
	if (!err)
		return fd;
	close(fd);
	return err == EAGAIN ? -ETIMEDOUT : -err;
}

/* end_ns: CLOCK_MONOTONIC, 0: never. Returns 0, -ETIMEDOUT or -errno. */
static int client_wait(int fd, short events, __u64 end_ns)
{
	struct pollfd p = { .fd = fd, .events = events };
	__u64 now, left;
	int n;

	do {
		now = output_clock(CLOCK_MONOTONIC);
		left = end_ns > now ? (end_ns - now + CLIENT_MS - 1) / CLIENT_MS : 0;
		n = poll(&p, 1, end_ns ? (int)(left < INT_MAX ? left : INT_MAX) : -1);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n ? -errno : -ETIMEDOUT;
}

static int client_send(int fd, const char *text, size_t len, __u64 end_ns)
{
	ssize_t n;
	int err;

	while (len) {
		err = client_wait(fd, POLLOUT, end_ns);
		if (err)
			return err;
		n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Takes what is there, as far as the end of a line. Returns 1 where that came, 0, -EPIPE at the end, or -errno. */
static int client_take(int fd, FILE *line)
{
	char piece[CLIENT_PIECE], *eol;
	ssize_t n;

	n = recv(fd, piece, sizeof(piece), MSG_PEEK | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		return -EPIPE;
	eol = memchr(piece, '\n', (size_t)n);
	n = recv(fd, piece, eol ? (size_t)(eol - piece) + 1 : (size_t)n, MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	fwrite(piece, 1, (size_t)n, line);
	if (ftell(line) > (long)CONTROL_OUT_MAX)
		return -EMSGSIZE;
	return eol ? 1 : 0;
}

/* Returns 0 with the next line as JSON, -EBADMSG where it is none, or -errno as client_take() and client_wait() do. */
static int client_receive(int fd, __u64 end_ns, json_t **json)
{
	char *text = NULL;
	size_t len = 0;
	FILE *line = open_memstream(&text, &len);
	int ret = line ? 0 : -ENOMEM;

	*json = NULL;
	while (!ret) {
		ret = client_wait(fd, POLLIN, end_ns);
		if (!ret)
			ret = client_take(fd, line);
	}
	if (line && fclose(line))
		ret = -ENOMEM;
	if (ret > 0) {
		*json = json_loadb(text, len, 0, NULL);
		ret = json_is_object(*json) ? 0 : -EBADMSG;
	}
	free(text);
	if (!ret)
		return 0;
	json_decref(*json);
	*json = NULL;
	return ret;
}

/* Says why there is no answer. Returns the exit code for it. */
static int client_failed(int err, unsigned int timeout_ms)
{
	if (err == -ETIMEDOUT)
		output_error("the daemon did not answer in %u ms; remedy: a longer time, or look at its log",
			     timeout_ms);
	else if (err == -EPIPE || err == -ECONNRESET)
		output_error("the daemon closed the connection; remedy: look at its log");
	else if (err == -EBADMSG || err == -EMSGSIZE)
		output_error("what answers is no daemon of this kind; remedy: look at who listens there");
	else
		output_error("cannot ask the daemon: %s", strerror(-err));
	return EXIT_FAILED;
}

static int client_exit_code(json_int_t code)
{
	switch (code) {
	case RPC_INPUT:
		return EXIT_INPUT;
	case RPC_NOTHING:
		return EXIT_NOTHING;
	default:
		return EXIT_FAILED;
	}
}

static unsigned int client_place(const json_t *one, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(one, name));

	return n > 0 && n <= INT_MAX ? (unsigned int)n : 0;
}

static void client_print_diagnostics(const json_t *data)
{
	const char *file = json_string_value(json_object_get(data, "file")), *severity, *message;
	struct diag_list d;
	json_t *one;
	size_t i;

	diag_init(&d, file ? file : "list");
	json_array_foreach (json_object_get(data, "diagnostics"), i, one) {
		severity = json_string_value(json_object_get(one, "severity"));
		message = json_string_value(json_object_get(one, "message"));
		if (severity && message)
			diag_add(&d, strcmp(severity, diag_severity_name(DIAG_WARNING)) ? DIAG_ERROR : DIAG_WARNING,
				 client_place(one, "line"), client_place(one, "column"), "%s", message);
	}
	diag_print(&d, stderr, 1);
	diag_free(&d);
}

static int client_refused(const json_t *error)
{
	const char *message = json_string_value(json_object_get(error, "message"));
	char *printable = message ? diag_printable(message) : NULL;

	output_error("%s", printable ? printable : "the daemon refuses and does not say why");
	free(printable);
	client_print_diagnostics(json_object_get(error, "data"));
	return client_exit_code(json_integer_value(json_object_get(error, "code")));
}

/* Where the daemon cannot tell whom it refuses the id is null, and there is nobody but us. */
static bool client_is_answer(const json_t *json, json_int_t id)
{
	const json_t *its = json_object_get(json, "id");

	return json_is_null(its) ? json_object_get(json, "error") != NULL
				 : json_is_integer(its) && json_integer_value(its) == id;
}

static int client_answer(int fd, json_int_t id, __u64 end_ns, json_t **answer)
{
	int err;

	for (;;) {
		err = client_receive(fd, end_ns, answer);
		if (err || client_is_answer(*answer, id))
			return err;
		json_decref(*answer);
	}
}

/* Returns the request as a line, to be freed, NULL out of memory. params is taken over. */
static char *client_request(json_int_t id, const char *method, json_t *params, size_t *len)
{
	json_t *request = json_object();
	char *line = NULL;
	int err;

	err = json_object_set_new(request, "jsonrpc", json_string("2.0"));
	err |= json_object_set_new(request, "method", json_string(method));
	if (params)
		err |= json_object_set_new(request, "params", params);
	err |= json_object_set_new(request, "id", json_integer(id));
	if (!err)
		line = rpc_text(request, len);
	json_decref(request);
	return line;
}

int client_call(int fd, const char *method, struct json_t *params, unsigned int timeout_ms, struct json_t **result)
{
	__u64 end_ns = timeout_ms ? output_clock(CLOCK_MONOTONIC) + timeout_ms * CLIENT_MS : 0;
	static json_int_t last_id;
	json_t *answer = NULL;
	size_t len = 0;
	char *line;
	int err;

	*result = NULL;
	line = client_request(++last_id, method, params, &len);
	err = line ? client_send(fd, line, len, end_ns) : -ENOMEM;
	free(line);
	/* who was refused while he spoke has the reason waiting */
	if (!err || err == -EPIPE || err == -ECONNRESET)
		err = client_answer(fd, last_id, end_ns, &answer);
	if (err)
		return client_failed(err, timeout_ms);
	*result = json_incref(json_object_get(answer, "result"));
	err = *result ? 0 : client_refused(json_object_get(answer, "error"));
	json_decref(answer);
	return err;
}

int client_watch(int fd, int (*fn)(void *ctx, const char *method, struct json_t *params), void *ctx)
{
	const char *method;
	json_t *json;
	int err, ret = 0;

	while (!ret) {
		err = client_receive(fd, 0, &json);
		if (err)
			return client_failed(err, 0);
		method = json_string_value(json_object_get(json, "method"));
		if (method)
			ret = fn(ctx, method, json_object_get(json, "params"));
		json_decref(json);
	}
	return ret;
}
