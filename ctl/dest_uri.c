// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dest_uri.c - cuts host, port and parameters out of a destination's URI.
 */
#include "dest_uri.h"

#include <string.h>

struct ds_dest_uri dest_uri_of(const struct ds_endpoint *at)
{
	struct ds_dest_uri u = { .strip = 0 };
	char text[URI_ENDPOINT_SIZE];
	size_t len = strlen(uri_endpoint_text(at, text));

	memcpy(u.host, text, len);
	u.host_len = u.all_len = (__u8)len;
	return u;
}

/* Where host and port end: behind a bracket, a colon is the port's. */
static size_t dest_uri_host_len(const char *host)
{
	size_t bracket = *host == '[' ? strcspn(host, "]") : 0;

	return bracket + strcspn(host + bracket, ";?");
}

struct ds_dest_uri dest_uri(const struct ds_dest *dest, const struct ds_member *member)
{
	const struct ds_config *conf = &dest->conf;
	const char *host = strchr(conf->uri.text, '@');
	struct ds_dest_uri u = { .strip = 0 };
	size_t len, all;

	host = (host ? host : strchr(conf->uri.text, ':')) + 1;
	len = dest_uri_host_len(host);
	all = len + strcspn(host + len, "?");
	if (len <= DS_DEST_HOST_MAX) {
		u.host_len = (__u8)len;
		u.all_len = (__u8)(all <= DS_DEST_HOST_MAX ? all : len);
		memcpy(u.host, host, u.all_len);
	} else {
		u = dest_uri_of(&member->at);
	}
	u.strip = (__u8)conf->attrs.strip;
	if (conf->attrs.prefix) {
		u.prefix_len = (__u8)strlen(conf->attrs.prefix);
		memcpy(u.prefix, conf->attrs.prefix, u.prefix_len);
	}
	return u;
}
