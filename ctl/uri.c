// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * uri.c - parses the URI of a destination; every refusal says where and what was expected.
 */
#include "uri.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define URI_HOST_MAX 253 /* RFC 1035 2.3.4, in text */
#define URI_LABEL_MAX 63

/* Kamailio tries again with "sip:" before texts of these lengths only. */
#define URI_PREFIX_MIN 5
#define URI_PREFIX_MAX 499

static const char *const uri_transport_names[DS_TRANSPORT_MAX] = { "", "udp", "tcp", "tls", "sctp", "ws", "wss" };

struct uri_cursor {
	const char *start;
	const char *p;
	const char *end;
	struct uri_error *err;
};

static int uri_fail(struct uri_cursor *c, const char *at, const char *what)
{
	c->err->at = (size_t)(at - c->start);
	c->err->what = what;
	return -EINVAL;
}

const char *uri_transport_name(enum ds_transport transport)
{
	return uri_transport_names[transport];
}

bool uri_is_ip4(const struct ds_addr *ip)
{
	return !ip->w[0] && !ip->w[1] && ip->w[2] == htonl(0xffff);
}

int uri_address(const char *text, struct ds_addr *ip)
{
	memset(ip, 0, sizeof(*ip));
	if (inet_pton(AF_INET, text, &ip->w[3]) == 1) {
		ip->w[2] = htonl(0xffff);
		return 0;
	}
	return inet_pton(AF_INET6, text, ip->w) == 1 ? 0 : -EINVAL;
}

const char *uri_endpoint_text(const struct ds_endpoint *at, char buf[URI_ENDPOINT_SIZE])
{
	char ip[INET6_ADDRSTRLEN];

	if (uri_is_ip4(&at->ip))
		snprintf(buf, URI_ENDPOINT_SIZE, "%s:%u", inet_ntop(AF_INET, &at->ip.w[3], ip, sizeof(ip)),
			 ntohs(at->port_be));
	else
		snprintf(buf, URI_ENDPOINT_SIZE, "[%s]:%u", inet_ntop(AF_INET6, at->ip.w, ip, sizeof(ip)),
			 ntohs(at->port_be));
	return buf;
}

static void uri_lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

static int uri_parse_scheme(struct uri_cursor *c, struct ds_uri *uri)
{
	size_t len = (size_t)(c->end - c->p);

	if (len >= 4 && !strncasecmp(c->p, "sip:", 4)) {
		uri->scheme = DS_SCHEME_SIP;
		c->p += 4;
	} else if (len >= 5 && !strncasecmp(c->p, "sips:", 5)) {
		uri->scheme = DS_SCHEME_SIPS;
		c->p += 5;
	} else if (len >= URI_PREFIX_MIN && len <= URI_PREFIX_MAX) {
		uri->scheme = DS_SCHEME_SIP;
		uri->prefixed = true;
	} else {
		return uri_fail(c, c->p, "bad URI, expected sip: or sips:");
	}
	return 0;
}

/* What no URI may hold unescaped (RFC 3261 25.1); found first, so that the later steps meet plain characters only. */
static int uri_check_octets(struct uri_cursor *c)
{
	const char *p;

	for (p = c->p; p < c->end; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("<>\"\\^`{|}", *p))
			return uri_fail(c, p, "character not allowed in a URI, expected it escaped as %XX");
	return 0;
}

static int uri_parse_user(struct uri_cursor *c, struct ds_uri *uri)
{
	const char *at = memchr(c->p, '@', (size_t)(c->end - c->p));

	if (!at)
		return 0;
	if (at == c->p)
		return uri_fail(c, at, "empty user before '@', expected user@host or host");
	uri->user = strndup(c->p, (size_t)(at - c->p));
	c->p = at + 1;
	return uri->user ? 0 : -ENOMEM;
}

/* A name, or an IPv4 address: what ends in a number cannot be a name (RFC 3261 25.1 toplabel). */
static int uri_check_name(struct uri_cursor *c, const char *host, struct ds_uri *uri)
{
	const char *label = uri->host, *p;
	bool digits = true;

	if (strlen(uri->host) > URI_HOST_MAX)
		return uri_fail(c, host, "host name too long, expected at most 253 characters");
	for (p = uri->host;; p++) {
		if (*p && *p != '.') {
			if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
				return uri_fail(c, host + (p - uri->host),
						"bad character in the host, expected letters, digits, '-' and '.'");
			continue;
		}
		if (p == label || p - label > URI_LABEL_MAX)
			return uri_fail(c, host + (label - uri->host),
					"bad label in the host name, expected 1 to 63 characters");
		digits = strspn(label, "0123456789") >= (size_t)(p - label);
		if (!*p || !p[1])
			break;
		label = p + 1;
	}
	if (digits)
		return uri_fail(c, host, "bad IPv4 address, expected four numbers of 0 to 255 without leading zeros");
	return 0;
}

static int uri_check_ip(struct uri_cursor *c, const char *host, const struct ds_addr *ip)
{
	const char *unfit = uri_unfit(ip);

	return unfit ? uri_fail(c, host, unfit) : 0;
}

static int uri_parse_ip6(struct uri_cursor *c, struct ds_uri *uri)
{
	const char *open = c->p++;
	const char *close = memchr(c->p, ']', (size_t)(c->end - c->p));

	if (!close)
		return uri_fail(c, open, "'[' without ']', expected an IPv6 address in brackets");
	uri->host = strndup(c->p, (size_t)(close - c->p));
	if (!uri->host)
		return -ENOMEM;
	if (!strchr(uri->host, ':') || uri_address(uri->host, &uri->ip))
		return uri_fail(c, c->p, "bad IPv6 address, expected one as in [2001:db8::1], without a zone");
	uri->numeric = true;
	uri_lower(uri->host);
	c->p = close + 1;
	return uri_check_ip(c, open, &uri->ip);
}

static int uri_parse_host(struct uri_cursor *c, struct ds_uri *uri)
{
	const char *host = c->p, *colon;

	if (c->p < c->end && *c->p == '[')
		return uri_parse_ip6(c, uri);
	while (c->p < c->end && !strchr(":;?", *c->p))
		c->p++;
	if (c->p == host)
		return uri_fail(c, host, "no host, expected a name or an address");
	colon = c->p < c->end && *c->p == ':' ? c->p + 1 : c->end;
	while (colon < c->end && !strchr(":;?", *colon))
		colon++;
	if (colon < c->end && *colon == ':')
		return uri_fail(c, host, "more than one ':' after the host, expected an IPv6 address in brackets");
	uri->host = strndup(host, (size_t)(c->p - host));
	if (!uri->host)
		return -ENOMEM;
	uri_lower(uri->host);
	uri->numeric = !uri_address(uri->host, &uri->ip);
	if (uri->numeric)
		return uri_check_ip(c, host, &uri->ip);
	return uri_check_name(c, host, uri);
}

const char *uri_unfit(const struct ds_addr *ip)
{
	static const struct ds_addr none;
	const unsigned char *b = (const unsigned char *)ip->w;
	__u32 ip4 = ntohl(ip->w[3]);

	if (uri_is_ip4(ip) ? ip4 >> 28 == 0xe || ip4 == 0xffffffff : b[0] == 0xff)
		return "multicast or broadcast address, expected that of one host";
	if (uri_is_ip4(ip) ? ip4 >> 24 == 0 : !memcmp(ip, &none, sizeof(none)))
		return "address of no host, expected that of one host";
	if (!uri_is_ip4(ip) && b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
		return "link-local address, which names no interface, expected a global one";
	return NULL;
}

static int uri_parse_port(struct uri_cursor *c, struct ds_uri *uri)
{
	unsigned int port = 0;
	const char *digits;

	uri->port = uri->scheme == DS_SCHEME_SIPS ? 5061 : 5060;
	if (c->p == c->end || *c->p != ':')
		return 0;
	digits = ++c->p;
	for (; c->p < c->end && isdigit((unsigned char)*c->p) && port <= UINT16_MAX; c->p++)
		port = 10 * port + (unsigned int)(*c->p - '0');
	if (!port || port > UINT16_MAX || (c->p < c->end && !strchr(";?", *c->p)))
		return uri_fail(c, digits, "bad port, expected 1 to 65535");
	uri->port = (uint16_t)port;
	return 0;
}

static int uri_parse_transport(struct uri_cursor *c, struct ds_uri *uri, const char *value, size_t len)
{
	int t;

	if (uri->transport)
		return uri_fail(c, value, "second transport parameter, expected one");
	for (t = DS_TRANSPORT_UDP; t < DS_TRANSPORT_MAX; t++)
		if (strlen(uri_transport_names[t]) == len && !strncasecmp(value, uri_transport_names[t], len))
			uri->transport = (enum ds_transport)t;
	if (!uri->transport)
		return uri_fail(c, value, "unknown transport, expected udp, tcp, tls, sctp, ws or wss");
	return 0;
}

static int uri_parse_params(struct uri_cursor *c, struct ds_uri *uri)
{
	const char *name, *end, *value;
	size_t len;
	int err;

	while (c->p < c->end && *c->p == ';') {
		name = ++c->p;
		while (c->p < c->end && *c->p != ';' && *c->p != '?')
			c->p++;
		end = memchr(name, '=', (size_t)(c->p - name));
		value = end ? end + 1 : c->p;
		len = (size_t)((end ? end : c->p) - name);
		if (!len)
			return uri_fail(c, name, "URI parameter without a name, expected ;name or ;name=value");
		if (len == 9 && !strncasecmp(name, "transport", len)) {
			err = uri_parse_transport(c, uri, value, (size_t)(c->p - value));
			if (err)
				return err;
		}
		if (len == 5 && !strncasecmp(name, "maddr", len))
			uri->has_maddr = true;
	}
	if (c->p < c->end && *c->p != '?')
		return uri_fail(c, c->p, "unexpected text after the host, expected :port, ;parameter or the end");
	return 0;
}

/* RFC 3261 26.2: sips asks for TLS on every hop, so UDP would break its promise. */
static void uri_settle_transport(struct ds_uri *uri)
{
	if (!uri->transport)
		uri->transport = DS_TRANSPORT_UDP;
	if (uri->scheme == DS_SCHEME_SIPS && uri->transport <= DS_TRANSPORT_TCP)
		uri->transport = DS_TRANSPORT_TLS;
}

/* Parameters and headers keep their order: what RFC 3261 19.1.4 says of it needs their meaning. */
static int uri_make_canonical(struct ds_uri *uri, const char *rest, size_t len)
{
	char ip[INET6_ADDRSTRLEN];
	const char *host = uri->host;
	bool ip6 = uri->numeric && !uri_is_ip4(&uri->ip);
	char *tail = strndup(rest, len);
	int n = -1;

	if (tail) {
		uri_lower(tail);
		if (uri->numeric)
			host = ip6 ? inet_ntop(AF_INET6, uri->ip.w, ip, sizeof(ip))
				   : inet_ntop(AF_INET, &uri->ip.w[3], ip, sizeof(ip));
		n = asprintf(&uri->canonical, "%s:%s%s%s%s%s:%u%s", uri->scheme == DS_SCHEME_SIPS ? "sips" : "sip",
			     uri->user ? uri->user : "", uri->user ? "@" : "", ip6 ? "[" : "", host, ip6 ? "]" : "",
			     uri->port, tail);
	}
	free(tail);
	if (n < 0)
		uri->canonical = NULL;
	return n < 0 ? -ENOMEM : 0;
}

int uri_parse(const char *text, size_t len, struct ds_uri *uri, struct uri_error *err)
{
	struct uri_cursor c = { text, text, text + len, err };
	const char *rest;
	int ret;

	memset(uri, 0, sizeof(*uri));
	ret = uri_parse_scheme(&c, uri);
	ret = ret ? ret : uri_check_octets(&c);
	ret = ret ? ret : uri_parse_user(&c, uri);
	ret = ret ? ret : uri_parse_host(&c, uri);
	ret = ret ? ret : uri_parse_port(&c, uri);
	rest = c.p;
	ret = ret ? ret : uri_parse_params(&c, uri);
	uri_settle_transport(uri);
	ret = ret ? ret : uri_make_canonical(uri, rest, (size_t)(c.end - rest));
	if (!ret && asprintf(&uri->text, "%s%.*s", uri->prefixed ? "sip:" : "", (int)len, text) < 0) {
		uri->text = NULL;
		ret = -ENOMEM;
	}
	if (ret)
		uri_free(uri);
	return ret;
}

void uri_free(struct ds_uri *uri)
{
	free(uri->text);
	free(uri->canonical);
	free(uri->user);
	free(uri->host);
	memset(uri, 0, sizeof(*uri));
}
