// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_net.c - addresses and networks: where tunnels start, whom a guard lets in.
 */
#include "conf_inner.h"

#include <arpa/inet.h>
#include <string.h>

#include "uri.h"

bool conf_is_address(const struct ds_addr *ip)
{
	static const struct ds_addr none;

	return memcmp(ip, &none, sizeof(none)) != 0;
}

static void conf_tunnels_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			      void *field)
{
	struct conf_listener *l = field;
	struct ds_addr ip, *place;
	const char *unfit;

	if (uri_address(v->text, &ip)) {
		conf_say(r, &v->at, "%s '%.60s', expected an IP address of this host", o->name, v->text);
		return;
	}
	unfit = uri_unfit(&ip);
	place = &l->tunnel[!uri_is_ip4(&ip)];
	if (unfit)
		conf_say(r, &v->at, "%s '%.60s', expected an address of one host: %s", o->name, v->text, unfit);
	else if (conf_is_address(place))
		conf_say(r, &v->at, "%s '%.60s' is the second of its family, expected one of each at most", o->name,
			 v->text);
	else
		*place = ip;
}

static void conf_tunnels_print(const struct conf_option *o, const void *field, FILE *out)
{
	const struct conf_listener *l = field;
	char text[INET6_ADDRSTRLEN];
	const char *before = "";
	size_t i;

	(void)o;
	fputc('{', out);
	for (i = 0; i < 2; i++) {
		if (!conf_is_address(&l->tunnel[i]))
			continue;
		fputs(before, out);
		conf_quote(i ? inet_ntop(AF_INET6, &l->tunnel[i], text, sizeof(text))
			     : inet_ntop(AF_INET, &l->tunnel[i].w[3], text, sizeof(text)),
			   out);
		before = ", ";
	}
	fputc('}', out);
}

static void conf_tunnels_clear(void *section)
{
	struct conf_listener *l = section;

	memset(l->tunnel, 0, sizeof(l->tunnel));
}

const struct conf_type conf_tunnels = { true, conf_tunnels_read, conf_tunnels_print, conf_tunnels_clear };

static void conf_net_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			  struct admit *a, enum ds_guard_word word)
{
	const char *why;

	if (admit_add(a, word, v->text, &why))
		conf_say(r, &v->at, "%s '%.60s', %s", o->name, v->text, why);
}

static void conf_nets_print(const struct admit *a, enum ds_guard_word word, FILE *out)
{
	char text[ADMIT_TEXT_SIZE];
	const char *before = "";
	size_t i;

	fputc('{', out);
	for (i = 0; i < a->n; i++) {
		if (a->net[i].word != word)
			continue;
		fputs(before, out);
		conf_quote(admit_net_text(&a->net[i], text), out);
		before = ", ";
	}
	fputc('}', out);
}

static void conf_allow_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			    void *field)
{
	conf_net_read(r, o, v, field, DS_GUARD_ALLOW);
}

static void conf_allow_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_nets_print(field, DS_GUARD_ALLOW, out);
}

static void conf_allow_clear(void *section)
{
	admit_clear(section, DS_GUARD_ALLOW);
}

const struct conf_type conf_allow = { true, conf_allow_read, conf_allow_print, conf_allow_clear };

static void conf_deny_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			   void *field)
{
	conf_net_read(r, o, v, field, DS_GUARD_DENY);
}

static void conf_deny_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_nets_print(field, DS_GUARD_DENY, out);
}

static void conf_deny_clear(void *section)
{
	admit_clear(section, DS_GUARD_DENY);
}

const struct conf_type conf_deny = { true, conf_deny_read, conf_deny_print, conf_deny_clear };
