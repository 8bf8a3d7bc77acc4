// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_route_message.c - reads one message, has it decided about, and says what became of it.
 */
#include "cmd_route.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "route_kernel.h"
#include "route_show.h"

/* Reads a file to its end; a FIFO without a writer is empty. NULL, or why it holds no message. */
static const char *cmd_route_read(const char *path, unsigned char *data, size_t *len)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : dup(STDIN_FILENO);
	const char *why = NULL;
	ssize_t n = 1;

	if (fd < 0)
		return strerror(errno);
	if (strcmp(path, "-"))
		fcntl(fd, F_SETFL, 0);
	for (*len = 0; !why && n && *len <= DECIDE_PAYLOAD_MAX; *len += n > 0 ? n : 0) {
		n = read(fd, data + *len, DECIDE_PAYLOAD_MAX + 1 - *len);
		if (n < 0 && errno != EINTR)
			why = strerror(errno);
	}
	close(fd);
	if (!why && !*len)
		why = "is empty, expected the payload of a datagram";
	if (!why && *len > DECIDE_PAYLOAD_MAX)
		why = "is too long for a datagram, expected at most 65507 octets";
	return why;
}

static __u64 cmd_route_id(const struct cmd_route *c, __u32 slot)
{
	return slot && slot < c->env.n_dests ? c->env.dests[slot].id : 0;
}

/* What the kernel program does, over what user space says of the message. Returns 0 or -errno. */
static int cmd_route_in_kernel(struct cmd_route *c, const unsigned char *data, size_t len, struct route_result *r)
{
	struct route_run run;
	int err = route_kernel_run(&c->tables.inst, c->tables.slot, &c->from, data, len, &run);

	if (err)
		return err;
	/* the code of a route's answer stands in the route */
	if (run.reason != r->reason)
		r->code = run.verdict == VERDICT_reply || run.verdict == VERDICT_redirect ? sip_reason_code(run.reason)
											  : 0;
	r->verdict = run.verdict;
	r->reason = run.reason;
	r->to = run.to;
	r->out = run.out;
	r->out_len = run.out_len;
	r->id = 0;
	if (run.verdict == VERDICT_forward && run.reason != REASON_response)
		r->id = cmd_route_id(c, route_tables_find(&c->tables, &run.to));
	return 0;
}

/* The route that the request matched, by its name, too, where that is known; NULL: none. */
static struct json_t *cmd_route_named(const struct cmd_route *c, int n)
{
	json_t *route;

	if (n < 0 || !c->env.table)
		return NULL;
	route = route_show_json(c->env.table, &c->env.routes[n], c->env.sets, (unsigned int)n);
	if (c->of && (size_t)n < c->of->n_routes)
		json_object_set_new(route, "name", json_string(c->of->route[n].name));
	return route;
}

int cmd_route_message(struct cmd_route *c, const char *file)
{
	static unsigned char data[DECIDE_PAYLOAD_MAX + 1];
	static struct decision d;
	char hash_key[HASH_KEY_NAME_SIZE] = "";
	struct route_result r;
	const char *why;
	size_t len = 0;
	int err = 0;

	why = cmd_route_read(file, data, &len);
	if (why) {
		route_print_error(file, why, c->json);
		return -EINVAL;
	}
	if (getrandom(&c->env.random, sizeof(c->env.random), 0) != sizeof(c->env.random))
		c->env.random = 0;
	decide(&c->env, &c->from, data, len, &d);
	if (d.hash_key && d.hash_key->kind != DS_KEY_CALL_ID)
		hash_key_name(d.hash_key, hash_key);
	r = (struct route_result){ .file = file,
				   .payload = data,
				   .msg = &d.msg,
				   .verdict = d.verdict,
				   .reason = d.reason,
				   .code = d.code,
				   .to = d.to,
				   .id = d.verdict == VERDICT_forward ? cmd_route_id(c, d.dest) : 0,
				   .hash_key = hash_key,
				   .out = d.out,
				   .out_len = d.out_len };
	if (c->in_kernel)
		err = cmd_route_in_kernel(c, data, len, &r);
	if (!err && c->emit.dir && r.out_len)
		err = route_emit(&c->emit, &r);
	if (err) {
		route_print_error(file, strerror(-err), c->json);
		return err;
	}
	r.route = cmd_route_named(c, d.route);
	err = c->json ? route_print_json(&r) : route_print_text(&r);
	json_decref(r.route);
	return err;
}
