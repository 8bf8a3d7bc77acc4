// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_route.c - what a route matches and does: its values, and what is wrong with them together.
 */
#include "conf_inner.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "algorithm.h"
#include "sip_reply.h"
#include "uri.h"

/* ---- lists: field is the rule */

static void conf_methods_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			      void *field)
{
	struct route_rule *rule = field;
	unsigned int i;

	for (i = 1; i < DS_ROUTE_METHODS; i++) {
		if (strcmp(v->text, routes_method_name(i)) != 0)
			continue;
		rule->methods |= 1u << i;
		return;
	}
	conf_say(
		r, &v->at,
		"%s '%.60s', expected INVITE, ACK, BYE, CANCEL, REGISTER, OPTIONS, SUBSCRIBE, NOTIFY, PUBLISH, MESSAGE, "
		"INFO, UPDATE, PRACK, REFER or other",
		o->name, v->text);
}

/* Prints the n texts that get() yields. */
static void conf_print_list(FILE *out, const void *rule, size_t n,
			    const char *(*get)(const void *rule, size_t i, char *buf))
{
	char buf[ADMIT_TEXT_SIZE];
	size_t i;

	fputc('{', out);
	for (i = 0; i < n; i++) {
		fputs(i ? ", " : "", out);
		conf_quote(get(rule, i, buf), out);
	}
	fputc('}', out);
}

static void conf_methods_print(const struct conf_option *o, const void *field, FILE *out)
{
	const struct route_rule *rule = field;
	const char *before = "";
	unsigned int i;

	(void)o;
	fputc('{', out);
	for (i = 1; i < DS_ROUTE_METHODS; i++) {
		if (!(rule->methods >> i & 1))
			continue;
		fputs(before, out);
		conf_quote(routes_method_name(i), out);
		before = ", ";
	}
	fputc('}', out);
}

static void conf_methods_clear(void *section)
{
	((struct route_rule *)section)->methods = 0;
}

const struct conf_type conf_methods = { true, conf_methods_read, conf_methods_print, conf_methods_clear };

static void conf_sources_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			      void *field)
{
	struct route_rule *rule = field;
	struct admit one = { 0 };
	const char *why;

	if (rule->n_sources == ROUTES_SOURCES_MAX)
		conf_say(r, &v->at, "one %s too many, expected at most %d", o->name, ROUTES_SOURCES_MAX);
	else if (admit_add(&one, DS_GUARD_ALLOW, v->text, &why))
		conf_say(r, &v->at, "%s '%.60s', %s", o->name, v->text, why);
	else
		rule->source[rule->n_sources++] = one.net[0];
	admit_free(&one);
}

static const char *conf_source_text(const void *rule, size_t i, char *buf)
{
	return admit_net_text(&((const struct route_rule *)rule)->source[i], buf);
}

static void conf_sources_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_print_list(out, field, ((const struct route_rule *)field)->n_sources, conf_source_text);
}

static void conf_sources_clear(void *section)
{
	((struct route_rule *)section)->n_sources = 0;
}

const struct conf_type conf_sources = { true, conf_sources_read, conf_sources_print, conf_sources_clear };

static void conf_users_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			    void *field)
{
	struct route_rule *rule = field;

	if (rule->n_users == ROUTES_USERS_MAX)
		conf_say(r, &v->at, "one %s too many, expected at most %d", o->name, ROUTES_USERS_MAX);
	else if (!*v->text || strlen(v->text) > DS_ROUTE_TEXT || strpbrk(v->text, "@<> \t"))
		conf_say(r, &v->at, "%s '%.60s', expected the first 1 to %d octets of a user, such as +4930", o->name,
			 v->text, DS_ROUTE_TEXT);
	else
		strcpy(rule->user[rule->n_users++], v->text);
}

static const char *conf_user_text(const void *rule, size_t i, char *buf)
{
	(void)buf;
	return ((const struct route_rule *)rule)->user[i];
}

static void conf_users_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_print_list(out, field, ((const struct route_rule *)field)->n_users, conf_user_text);
}

static void conf_users_clear(void *section)
{
	((struct route_rule *)section)->n_users = 0;
}

const struct conf_type conf_users = { true, conf_users_read, conf_users_print, conf_users_clear };

static void conf_hosts_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			    void *field)
{
	struct route_rule *rule = field;
	size_t len = strlen(v->text), plain = strspn(v->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
							      "0123456789-._");
	bool bracket = *v->text == '[' && len > 2 && v->text[len - 1] == ']';

	if (rule->n_hosts == ROUTES_HOSTS_MAX)
		conf_say(r, &v->at, "one %s too many, expected at most %d", o->name, ROUTES_HOSTS_MAX);
	else if (!len || len >= ROUTES_HOST_MAX || (plain < len && !bracket))
		conf_say(r, &v->at, "%s '%.60s', expected a host without a port: example.org, 192.0.2.1, [2001:db8::1]",
			 o->name, v->text);
	else
		strcpy(rule->host[rule->n_hosts++], v->text);
}

static const char *conf_host_text(const void *rule, size_t i, char *buf)
{
	(void)buf;
	return ((const struct route_rule *)rule)->host[i];
}

static void conf_hosts_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_print_list(out, field, ((const struct route_rule *)field)->n_hosts, conf_host_text);
}

static void conf_hosts_clear(void *section)
{
	((struct route_rule *)section)->n_hosts = 0;
}

const struct conf_type conf_hosts = { true, conf_hosts_read, conf_hosts_print, conf_hosts_clear };

static void conf_rows_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	static const char *const own[] = { "Via", "v",	  "From",	    "f", "To",		 "t", "Call-ID",
					   "i",	  "CSeq", "Content-Length", "l", "Content-Type", "c" };
	struct route_rule *rule = field;
	size_t i, len = strcspn(v->text, ": \t");
	const char *colon = v->text + len + strspn(v->text + len, " \t");

	if (!conf_is_fit(r, o, v, sizeof(rule->header[0])))
		return;
	for (i = 0; i < sizeof(own) / sizeof(*own); i++) {
		if (strlen(own[i]) != len || strncasecmp(own[i], v->text, len) != 0)
			continue;
		conf_say(r, &v->at, "header %s is made for every reply, expected others", own[i]);
		return;
	}
	if (!len || *colon != ':')
		conf_say(r, &v->at, "header '%.60s', expected \"Name: value\"", v->text);
	else if (rule->n_headers == ROUTES_HEADERS_MAX)
		conf_say(r, &v->at, "one header too many, expected at most %d", ROUTES_HEADERS_MAX);
	else if (routes_headers_len(rule) + strlen(v->text) + 2 > DS_ROUTE_HEADERS_MAX)
		conf_say(r, &v->at,
			 "headers are too long with '%.60s', expected at most %d octets with their line ends", v->text,
			 DS_ROUTE_HEADERS_MAX);
	else
		strcpy(rule->header[rule->n_headers++], v->text);
}

static const char *conf_row_text(const void *rule, size_t i, char *buf)
{
	(void)buf;
	return ((const struct route_rule *)rule)->header[i];
}

static void conf_rows_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_print_list(out, field, ((const struct route_rule *)field)->n_headers, conf_row_text);
}

static void conf_rows_clear(void *section)
{
	((struct route_rule *)section)->n_headers = 0;
}

const struct conf_type conf_rows = { true, conf_rows_read, conf_rows_print, conf_rows_clear };

/* ---- single values */

static void conf_from_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	size_t digits = strspn(v->text, "0123456789");
	unsigned long id = digits && digits < 11 && !v->text[digits] ? strtoul(v->text, NULL, 10) : ULONG_MAX;

	if (!strcmp(v->text, "none"))
		*(int *)field = -1;
	else if (id <= INT_MAX)
		*(int *)field = (int)id;
	else
		conf_say(r, &v->at, "%s '%.60s', expected the number of a set, or none", o->name, v->text);
}

static void conf_from_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	if (*(const int *)field < 0)
		fputs("none", out);
	else
		fprintf(out, "%d", *(const int *)field);
}

const struct conf_type conf_from = { .read = conf_from_read, .print = conf_from_print };

static void conf_to_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			 void *field)
{
	(void)o;
	if (*v->text)
		conf_endpoint(r, &v->at, v->text, field);
}

static void conf_to_print(const struct conf_option *o, const void *field, FILE *out)
{
	const struct ds_endpoint *to = field;
	char text[URI_ENDPOINT_SIZE];

	(void)o;
	conf_quote(to->port_be ? uri_endpoint_text(to, text) : "", out);
}

const struct conf_type conf_to = { .read = conf_to_read, .print = conf_to_print };

/* ---- as a whole */

/* The phrase of a code where the file has none; NULL: there is none. */
static const char *conf_phrase(unsigned int code)
{
	switch (code) {
#define X(number, phrase) \
	case number:      \
		return phrase;
		SIP_REPLY_LIST(X)
#undef X
	case 200:
		return "OK";
	case 301:
		return "Moved Permanently";
	case 302:
		return "Moved Temporarily";
	case 405:
		return "Method Not Allowed";
	case 480:
		return "Temporarily Unavailable";
	case 486:
		return "Busy Here";
	case 500:
		return "Server Internal Error";
	case 603:
		return "Decline";
	}
	return NULL;
}

static void conf_check_reply(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
			     struct route_rule *rule)
{
	const struct conf_value *code = conf_value_of(cfg, "code");
	const struct conf_place *place = code ? &code->at : at;

	if (rule->action == DS_ACTION_REDIRECT && rule->code != 301 && rule->code != 302)
		conf_say(r, place, "action redirect with code %u, expected code = 301 or 302", rule->code);
	else if (rule->code < 200 || rule->code > 699)
		conf_say(r, place, "action reply with code %u, expected code = 200 to 699", rule->code);
	else if (!*rule->reason && !conf_phrase(rule->code))
		conf_say(r, place, "action reply with code %u, expected reason = \"...\" too", rule->code);
	else if (!*rule->reason)
		strcpy(rule->reason, conf_phrase(rule->code));
}

/* What a route does with messages beyond its action. */
static void conf_check_rewrite(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at,
			       const struct route_rule *rule)
{
	const struct conf_place host = conf_place_of(cfg, "rewrite-host", "action", at);
	const struct conf_place attrs = conf_place_of(cfg, "apply-attributes", "action", at);
	const struct conf_place transport = conf_place_of(cfg, "transport", "action", at);

	if (rule->rewrite_host && rule->action != DS_ACTION_FORWARD && rule->action != DS_ACTION_HOST)
		conf_say(r, &host, "rewrite-host, expected that with action = forward or host only");
	if (rule->apply_attributes && !routes_picks(rule))
		conf_say(r, &attrs, "apply-attributes, expected that with action = forward or redirect only");
	if (rule->transport != DS_TRANSPORT_INVALID && rule->transport != DS_TRANSPORT_UDP)
		conf_warn(r, &transport, "transport other than udp, by which nothing comes: the route matches nothing");
}

void conf_check_route(const struct conf_reader *r, cfg_t *cfg, const struct conf_place *at, void *section)
{
	struct conf_route *route = section;
	struct route_rule *rule = &route->rule;

	if (r->scan->broken)
		return;
	if (routes_picks(rule) && !conf_value_of(cfg, "set"))
		conf_say(r, at, "route without a set, expected set = NUMBER in it");
	if (routes_picks(rule)) {
		conf_check_keys(r, cfg, at, route);
		conf_check_next(r, cfg, at, route);
	}
	if (rule->action == DS_ACTION_REDIRECT && !rule->code)
		rule->code = 302;
	if (rule->action == DS_ACTION_REDIRECT && rule->dialog == ROUTE_DIALOG_INSIDE)
		conf_say(r, at,
			 "action redirect with dialog = inside, expected outside: nobody is redirected in a dialog");
	if (rule->action == DS_ACTION_REPLY || rule->action == DS_ACTION_REDIRECT)
		conf_check_reply(r, cfg, at, rule);
	if (rule->action == DS_ACTION_HOST && !rule->to.port_be)
		conf_say(r, at, "action host without a place, expected to = \"ADDR:PORT\" too");
	conf_check_rewrite(r, cfg, at, rule);
}

void conf_check_changes(const struct conf_reader *r, const struct conf_place *at, const struct conf_listener *l,
			const struct conf_route *route)
{
	const struct route_rule *rule = &route->rule;

	if (l->mode == DS_MODE_PROXY)
		return;
	if (rule->action == DS_ACTION_HOST)
		conf_say(r, at, "route \"%s\" with the action host, expected that with mode = proxy only", route->name);
	else if (rule->action == DS_ACTION_FORWARD && (rule->rewrite_host || rule->apply_attributes))
		conf_say(r, at, "route \"%s\" that rewrites requests, expected that with mode = proxy only",
			 route->name);
}

bool conf_route_is_plain(const struct conf_route *route)
{
	const struct route_rule *rule = &route->rule;

	return rule->action == DS_ACTION_FORWARD && !route->n_next && !rule->rewrite_host && !rule->apply_attributes &&
	       !rule->methods && !rule->dialog && rule->from_set < 0 && !rule->n_sources && !rule->n_users &&
	       !rule->n_hosts && rule->transport == DS_TRANSPORT_INVALID;
}
