// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_route_open.c - what dispatchctl route decides by: a list, a configuration, or a running instance.
 */
#include "cmd_route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "instance.h"
#include "key.h"
#include "live.h"
#include "options.h"
#include "output.h"
#include "sip_route.h"
#include "source.h"

static void cmd_route_default(struct ds_endpoint *at, bool is_ip4, const char *ip4, const char *ip6, __u16 port)
{
	uri_address(is_ip4 ? ip4 : ip6, &at->ip);
	at->port_be = port_be16(port);
}

/* Places that were not given, by the family of the one that was. Those of a live listener come later. */
static int cmd_route_places(struct cmd_route *c)
{
	if (!c->has_listen && !c->live)
		cmd_route_default(&c->listener.at, !c->has_from || uri_is_ip4(&c->from.ip), "192.0.2.1", "2001:db8::1",
				  5060);
	if (!c->has_from)
		cmd_route_default(&c->from, uri_is_ip4(&c->listener.at.ip), "192.0.2.20", "2001:db8::20", 5062);
	if (uri_is_ip4(&c->from.ip) == uri_is_ip4(&c->listener.at.ip))
		return EXIT_OK;
	return output_usage("--from and the listener are of different address families");
}

int cmd_route_fail(const char *what, int err)
{
	const char *log = bpf_log();

	if (err == -EPERM || err == -EACCES)
		output_error("cannot %s: %s; remedy: run as root", what, strerror(-err));
	else
		output_error("cannot %s: %s%s%s", what, strerror(-err), *log ? "\n" : "", log);
	return EXIT_FAILED;
}

/* Reads the list, or makes the one that is there without. Returns an exit code. */
static int cmd_route_model(struct cmd_route *c, struct model **m)
{
	const char *text = uri_is_ip4(&c->listener.at.ip) ? "0 sip:192.0.2.30:5060" : "0 sip:[2001:db8::30]:5060";
	struct resolver host, nobody = { 0 };
	struct diag_list d;
	int err;

	*m = NULL;
	diag_init(&d, c->list && strcmp(c->list, "-") ? c->list : "<stdin>");
	if (!c->list) {
		err = source_file_parse(text, strlen(text), &nobody, m, &d);
	} else {
		err = resolve_host(&host, true);
		if (err)
			return cmd_route_fail("read the addresses of this host", err);
		err = source_file_load(c->list, &host, m, &d);
		resolve_host_free(&host);
	}
	if (err == -ENODATA)
		diag_add(&d, DIAG_ERROR, 0, 0, "no destination, expected at least one");
	diag_print(&d, stderr, 0);
	diag_free(&d);
	return err ? EXIT_INPUT : EXIT_OK;
}

/* The set to use. Returns an exit code. */
static int cmd_route_set(struct cmd_route *c, const struct model *m)
{
	if (c->listener.set == OPTIONS_SET_NONE) {
		if (m->n_sets != 1) {
			output_error("%s has %zu sets, expected --set with the number of one", c->list, m->n_sets);
			return EXIT_USAGE;
		}
		c->listener.set = m->set[0].id;
	}
	if (model_find_set(m, c->listener.set))
		return EXIT_OK;
	output_error("set %d is not in %s", c->listener.set, c->list);
	return EXIT_INPUT;
}

/* Tables from the list. Returns an exit code. */
static int cmd_route_from_list(struct cmd_route *c)
{
	__u64 key[2] = { 0, 0 };
	struct model *m = NULL;
	char why[256] = "";
	int err, code = c->key_file ? key_read(c->key_file, key) : EXIT_OK;

	if (!code)
		code = cmd_route_places(c);
	if (!code)
		code = cmd_route_model(c, &m);
	if (!code)
		code = cmd_route_set(c, m);
	if (code)
		goto out;
	err = route_tables_make(&c->tables, m, &c->listener, key, c->in_kernel, why, sizeof(why));
	if (err && *why) {
		output_error("%s: %s", c->list, why);
		code = EXIT_INPUT;
	} else if (err) {
		code = cmd_route_fail("load the tables", err);
	}
out:
	model_free(m);
	return code;
}

/* Finds the listener of --listen, or the first one, in c->conf. Returns an exit code. */
static int cmd_route_of(struct cmd_route *c)
{
	char at[URI_ENDPOINT_SIZE];
	size_t i;

	for (i = 0; i < c->conf->n_listeners && !c->of; i++)
		if (!c->has_listen || sip_same_place(&c->conf->listener[i].at, &c->listener.at))
			c->of = &c->conf->listener[i];
	if (c->of) {
		c->listener.at = c->of->at;
		return EXIT_OK;
	}
	output_error("%s has no listener %s", c->config, uri_endpoint_text(&c->listener.at, at));
	return EXIT_NOTHING;
}

/* Reads the configuration and its list. Returns an exit code. */
static int cmd_route_read_conf(struct cmd_route *c, struct model **m)
{
	struct diag_list d;
	int err, code = EXIT_OK;

	diag_init(&d, c->config);
	err = conf_read(c->config, &c->conf, &d);
	diag_print(&d, stderr, 0);
	diag_free(&d);
	if (err)
		return EXIT_INPUT;
	code = cmd_route_of(c);
	c->list = c->conf->list;
	if (!code)
		code = cmd_route_model(c, m);
	if (code)
		return code;
	diag_init(&d, c->list);
	conf_check_list(c->conf, *m, &d);
	code = d.count[DIAG_ERROR] ? EXIT_INPUT : EXIT_OK;
	diag_print(&d, stderr, 0);
	diag_free(&d);
	return code;
}

/* What the one listener of a configuration would have, with all its routes. Returns 0 or -errno. */
static int cmd_route_make(struct cmd_route *c, struct model *m, const __u64 key[2], char *why, size_t size)
{
	struct routes *routes = calloc(1, sizeof(*routes));
	struct record *r = calloc(1, sizeof(*r));
	struct conf one = *c->conf;
	int err = -ENOMEM;

	one.listener = c->conf->listener + (c->of - c->conf->listener);
	one.n_listeners = 1;
	if (r && routes) {
		live_enter_record(r, &one, routes);
		err = route_tables_make_routed(&c->tables, m, r, routes, key, c->in_kernel, why, size);
	}
	free(routes);
	free(r);
	return err;
}

/* Tables of a configuration, as `run` would publish them. Returns an exit code. */
static int cmd_route_from_conf(struct cmd_route *c)
{
	__u64 key[2] = { 0, 0 };
	struct model *m = NULL;
	char why[256] = "";
	const char *file;
	int err, code = cmd_route_read_conf(c, &m);

	file = c->key_file ? c->key_file : c->conf ? c->conf->key_file : "";
	if (!code && *file)
		code = key_read(file, key);
	if (!code)
		code = cmd_route_places(c);
	if (!code) {
		err = cmd_route_make(c, m, key, why, sizeof(why));
		if (err && *why)
			output_error("%s: %s", c->list, why);
		code = !err ? EXIT_OK : *why ? EXIT_INPUT : cmd_route_fail("load the tables", err);
	}
	model_free(m);
	return code;
}

/* The names of a live listener's routes, from what its daemon left; without it they have none. */
static void cmd_route_names(struct cmd_route *c, const struct instance *i)
{
	size_t n;

	if (record_load_conf(i, &c->conf))
		return;
	for (n = 0; n < c->conf->n_listeners && !c->of; n++)
		if (sip_same_place(&c->conf->listener[n].at, &c->listener.at))
			c->of = &c->conf->listener[n];
}

/* Tables of the running instance. Returns an exit code. */
static int cmd_route_from_live(struct cmd_route *c)
{
	struct instance i;
	int err = instance_init(&i, c->bpffs, c->instance);

	if (err)
		return output_usage("instance '%s' is no name", c->instance);
	err = route_tables_open(&c->tables, i.dir, c->has_listen ? &c->listener.at : NULL, c->in_kernel);
	if (err == -ENOENT || err == -ESRCH) {
		output_error(err == -ENOENT ? "instance '%s' is not attached" : "instance '%s' has no such listener",
			     c->instance);
		return EXIT_NOTHING;
	}
	if (err)
		return cmd_route_fail("open the instance", err);
	c->listener.at = c->tables.inst.listeners[c->tables.slot].at;
	cmd_route_names(c, &i);
	return cmd_route_places(c);
}

int cmd_route_open(struct cmd_route *c)
{
	int code;

	if (c->live)
		code = cmd_route_from_live(c);
	else
		code = c->config ? cmd_route_from_conf(c) : cmd_route_from_list(c);
	if (!code)
		route_tables_env(&c->tables, &c->env);
	return code;
}
