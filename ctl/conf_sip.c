// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_sip.c - values that mean something in SIP or on the network: places, URIs, methods, headers, codes, interfaces.
 */
#include "conf_inner.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ping_socket.h"
#include "uri.h"

#define CONF_PORT_DIGITS 5

/* Reads a port, 1 to 65535; 0 where it is none. */
static unsigned int conf_port(const char *text)
{
	size_t len = strspn(text, "0123456789");
	unsigned long port = len && !text[len] && len <= CONF_PORT_DIGITS ? strtoul(text, NULL, 10) : 0;

	return port <= 65535 ? (unsigned int)port : 0;
}

int conf_endpoint(const struct conf_reader *r, const struct conf_place *at, const char *text, struct ds_endpoint *to)
{
	const char *colon = strrchr(text, ':'), *unfit;
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool bracket = *text == '[';
	char host[INET6_ADDRSTRLEN] = "";

	memset(to, 0, sizeof(*to));
	if (len > 2u * bracket && len - 2u * bracket < sizeof(host) && (!bracket || text[len - 1] == ']'))
		snprintf(host, sizeof(host), "%.*s", (int)(len - 2u * bracket), text + bracket);
	if (uri_address(host, &to->ip) || uri_is_ip4(&to->ip) == bracket) {
		conf_say(r, at,
			 "'%.60s', expected ADDR:PORT with an IP address; an IPv6 one in brackets: [2001:db8::1]:5060",
			 text);
		return -EINVAL;
	}
	unfit = uri_unfit(&to->ip);
	if (unfit) {
		conf_say(r, at, "'%.60s' is an address that nothing is sent to, expected another: %s", text, unfit);
		return -EINVAL;
	}
	to->port_be = htons((__u16)conf_port(colon + 1));
	if (to->port_be)
		return 0;
	conf_say(r, at, "port in '%.60s', expected a number from 1 to 65535", text);
	return -EINVAL;
}

static void conf_print_text(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_quote(field, out);
}

static void conf_codes_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			    void *field)
{
	struct codes c;
	const char *why;
	size_t at;

	if (codes_parse(v->text, &c, &at, &why))
		conf_say(r, &v->at, "%s '%.60s' from character %zu on: %s", o->name, v->text, at + 1, why);
	else
		memcpy(field, &c, sizeof(c));
}

static void conf_codes_print(const struct conf_option *o, const void *field, FILE *out)
{
	char text[CODES_TEXT_MAX];

	(void)o;
	conf_quote(codes_text(field, text), out);
}

const struct conf_type conf_codes = { .read = conf_codes_read, .print = conf_codes_print };

/* RFC 3261 25.1 token: of n characters. */
static bool conf_is_token(const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-.!%*_+`'~", text[i]))
			return false;
	return n > 0;
}

static void conf_method_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			     void *field)
{
	static const char *const unfit[] = { "INVITE", "ACK", "CANCEL", "BYE", "PRACK" };
	size_t i;

	if (!conf_is_fit(r, o, v, o->size))
		return;
	for (i = 0; i < sizeof(unfit) / sizeof(*unfit); i++) {
		if (strcasecmp(v->text, unfit[i]) != 0)
			continue;
		conf_say(r, &v->at, "%s %s is of calls, expected one that anybody answers, such as OPTIONS", o->name,
			 v->text);
		return;
	}
	if (conf_is_token(v->text, strlen(v->text)))
		strcpy(field, v->text);
	else
		conf_say(r, &v->at, "%s '%s', expected a word such as OPTIONS", o->name, v->text);
}

const struct conf_type conf_method = { .read = conf_method_read, .print = conf_print_text };

/* Takes the URI as it is, or its canonical form, into the field. */
static void conf_uri_take(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			  void *field, bool canonical)
{
	struct uri_error why;
	struct ds_uri uri;
	int err;

	if (!conf_is_fit(r, o, v, o->size))
		return;
	*(char *)field = '\0';
	if (!*v->text)
		return;
	err = uri_parse(v->text, strlen(v->text), &uri, &why);
	if (err == -EINVAL)
		conf_say(r, &v->at, "%s '%.60s' from character %zu on: %s", o->name, v->text, why.at + 1, why.what);
	else if (err)
		conf_say(r, &v->at, "%s '%.60s': %s", o->name, v->text, strerror(-err));
	if (err)
		return;
	if (uri.prefixed)
		conf_say(r, &v->at, "%s '%.60s' without a scheme, expected sip: or sips: before it", o->name, v->text);
	else if (canonical && strlen(uri.canonical) >= o->size)
		conf_say(r, &v->at, "%s is too long with its port, expected at most %zu octets", o->name, o->size - 1);
	else
		strcpy(field, canonical ? uri.canonical : v->text);
	uri_free(&uri);
}

static void conf_uri_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			  void *field)
{
	conf_uri_take(r, o, v, field, false);
}

const struct conf_type conf_uri = { .read = conf_uri_read, .print = conf_print_text };

static void conf_canonical_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
				void *field)
{
	conf_uri_take(r, o, v, field, true);
}

const struct conf_type conf_canonical = { .read = conf_canonical_read, .print = conf_print_text };

static void conf_socket_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			     void *field)
{
	struct ds_endpoint to = { 0 }, from;

	if (!conf_is_fit(r, o, v, o->size))
		return;
	if (ping_socket_parse(v->text, &to, &from) == -EINVAL)
		conf_say(r, &v->at, "%s '%.60s', expected ADDR, ADDR:PORT or udp:ADDR:PORT", o->name, v->text);
	else
		strcpy(field, v->text);
}

const struct conf_type conf_socket = { .read = conf_socket_read, .print = conf_print_text };

/* Headers that a ping has anyway, and the short forms of them. */
static bool conf_is_own_header(const char *name, size_t len)
{
	static const char *const own[] = {
		"Via", "v",    "Max-Forwards", "From",		 "f", "To", "t", "Call-ID", "i", "Contact",
		"m",   "CSeq", "User-Agent",   "Content-Length", "l"
	};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (strlen(own[i]) == len && !strncasecmp(own[i], name, len))
			return true;
	return false;
}

static void conf_headers_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			      void *field)
{
	struct conf_ping *p = field;
	size_t len = strcspn(v->text, ": \t");
	const char *colon = v->text + len + strspn(v->text + len, " \t");

	if (!conf_is_fit(r, o, v, sizeof(p->header[0])))
		return;
	if (!conf_is_token(v->text, len) || *colon != ':')
		conf_say(r, &v->at, "header '%.60s', expected \"Name: value\"", v->text);
	else if (conf_is_own_header(v->text, len))
		conf_say(r, &v->at, "header %.*s is in every ping, expected others", (int)len, v->text);
	else if (p->n_headers == CONF_HEADERS_MAX)
		conf_say(r, &v->at, "one header too many, expected at most %d", CONF_HEADERS_MAX);
	else
		strcpy(p->header[p->n_headers++], v->text);
}

static void conf_headers_print(const struct conf_option *o, const void *field, FILE *out)
{
	const struct conf_ping *p = field;
	size_t i;

	(void)o;
	fputc('{', out);
	for (i = 0; i < p->n_headers; i++) {
		if (i)
			fputs(", ", out);
		conf_quote(p->header[i], out);
	}
	fputc('}', out);
}

static void conf_headers_clear(void *section)
{
	struct conf_ping *p = section;

	memset(p->header, 0, sizeof(p->header));
	p->n_headers = 0;
}

const struct conf_type conf_headers = { true, conf_headers_read, conf_headers_print, conf_headers_clear };

static void conf_interfaces_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
				 void *field)
{
	struct conf *c = field;
	size_t i;

	if (!conf_is_fit(r, o, v, sizeof(c->interface[0])))
		return;
	if (!*v->text || strpbrk(v->text, "/: \t,")) {
		conf_say(r, &v->at, "interface '%s', expected a name such as eth0", v->text);
		return;
	}
	for (i = 0; i < c->n_interfaces; i++) {
		if (strcmp(c->interface[i], v->text) != 0)
			continue;
		conf_say(r, &v->at, "interface %s again, expected it once", v->text);
		return;
	}
	if (c->n_interfaces == CONF_INTERFACES_MAX)
		conf_say(r, &v->at, "one interface too many, expected at most %d", CONF_INTERFACES_MAX);
	else
		strcpy(c->interface[c->n_interfaces++], v->text);
}

static void conf_interfaces_print(const struct conf_option *o, const void *field, FILE *out)
{
	const struct conf *c = field;
	size_t i;

	(void)o;
	fputc('{', out);
	for (i = 0; i < c->n_interfaces; i++) {
		if (i)
			fputs(", ", out);
		conf_quote(c->interface[i], out);
	}
	fputc('}', out);
}

/* There is nothing before the first value. */
static void conf_interfaces_clear(void *section)
{
	struct conf *c = section;

	c->n_interfaces = 0;
}

const struct conf_type conf_interfaces = { true, conf_interfaces_read, conf_interfaces_print, conf_interfaces_clear };

static void conf_hash_key_read(const struct conf_reader *r, const struct conf_option *o, const struct conf_value *v,
			       void *field)
{
	struct ds_key key[DS_KEYS_MAX];
	size_t n;
	int err;

	if (!conf_is_fit(r, o, v, o->size))
		return;
	err = *v->text ? hash_key_list(key, &n, v->text) : 0;
	if (err == -ENOSPC)
		conf_say(r, &v->at, "%s '%.60s' with too many keys, expected %d at most; auth-user is two", o->name,
			 v->text, DS_KEYS_MAX);
	else if (err)
		conf_say(r, &v->at, "%s '%.60s', expected " HASH_KEY_NAMES ", or some of them with commas between them",
			 o->name, v->text);
	else
		strcpy(field, v->text);
}

static void conf_hash_key_print(const struct conf_option *o, const void *field, FILE *out)
{
	(void)o;
	conf_quote(field, out);
}

const struct conf_type conf_hash_key = { .read = conf_hash_key_read, .print = conf_hash_key_print };
