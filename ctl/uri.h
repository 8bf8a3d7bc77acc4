/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uri.h - the SIP URI of a destination, taken apart once when the list is read.
 */
#ifndef SIPXDP_CTL_URI_H
#define SIPXDP_CTL_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

enum ds_scheme {
	DS_SCHEME_INVALID = 0,
	DS_SCHEME_SIP,
	DS_SCHEME_SIPS,
};

enum ds_transport {
	DS_TRANSPORT_INVALID = 0,
	DS_TRANSPORT_UDP,
	DS_TRANSPORT_TCP,
	DS_TRANSPORT_TLS,
	DS_TRANSPORT_SCTP,
	DS_TRANSPORT_WS,
	DS_TRANSPORT_WSS,
	DS_TRANSPORT_MAX,
};

struct ds_uri {
	char *text;	 /* as in the file, "sip:" put before it where it was missing */
	char *canonical; /* equal for equal URIs: lower case but for the user, IPv6 by value, port always there */
	char *user;	 /* NULL: none; with the password */
	char *host;	 /* lower case, an IPv6 address without brackets */
	uint16_t port;	 /* host byte order; 5060, or 5061 for sips, where the URI has none */
	bool prefixed;	 /* "sip:" was missing */
	bool has_maddr;
	bool numeric; /* host is the address `ip` */
	enum ds_scheme scheme;
	enum ds_transport transport; /* sips: TLS whatever its transport parameter says of UDP or TCP */
	struct ds_addr ip;	     /* IPv4 as v4-mapped; zero unless numeric */
};

/* Why a URI is refused: the octet at fault, counted from the text handed in, and "what is wrong, what was expected". */
struct uri_error {
	size_t at;
	const char *what;
};

/*
 * Takes apart a sip or sips URI (RFC 3261 19.1; scheme prefixed as Kamailio's pack_dest() does, host not looked up).
 * Returns 0, -EINVAL with *err set, or -ENOMEM. On failure nothing is held.
 */
int uri_parse(const char *text, size_t len, struct ds_uri *uri, struct uri_error *err);

void uri_free(struct ds_uri *uri);

/* Reads an IPv4 or IPv6 address (no brackets, no zone). Returns 0 or -EINVAL. */
int uri_address(const char *text, struct ds_addr *ip);

/* Why nothing is ever sent to this address (it is that of many hosts, or of none): static text, NULL: it is fit. */
const char *uri_unfit(const struct ds_addr *ip);

bool uri_is_ip4(const struct ds_addr *ip);

#define URI_ENDPOINT_SIZE 64

/* Writes "192.0.2.1:5060" or "[2001:db8::1]:5060" and returns buf. */
const char *uri_endpoint_text(const struct ds_endpoint *at, char buf[URI_ENDPOINT_SIZE]);

const char *uri_transport_name(enum ds_transport transport);

#endif
