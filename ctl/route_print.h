/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route_print.h - what dispatchctl route says about one message, and the octets that it writes to files. */
#ifndef SIPXDP_CTL_ROUTE_PRINT_H
#define SIPXDP_CTL_ROUTE_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "sip_msg.h"

struct json_t;

/* One message decided about. Spans of msg are into payload. */
struct route_result {
	const char *file;
	const unsigned char *payload;
	const struct sip_msg *msg;
	__u32 verdict;	       /* enum verdict */
	__u32 reason;	       /* enum reason */
	__u32 code;	       /* of a reply, else 0 */
	struct ds_endpoint to; /* where it is forwarded to; port 0: nowhere */
	__u64 id;	       /* of the destination there, 0: none of ours */
	const char *hash_key;  /* what was hashed in place of the Call-ID (hash_key.h); empty: nothing */
	struct json_t *route;  /* that it matched (route_show.h), NULL: none */
	const unsigned char *out;
	size_t out_len;
	const char *out_file; /* where route_emit() wrote it, NULL: nowhere */
};

/* One line, or one JSON object. Return 0 or -errno. */
int route_print_text(const struct route_result *r);
int route_print_json(const struct route_result *r);

/* The same for a file that holds no message: why is static text or strerror()'s. */
int route_print_error(const char *file, const char *why, bool json);

/* Files of one run, by name: none is written twice. */
struct route_emit {
	const char *dir;
	void *names; /* tsearch(3) */
	char path[4096];
};

/*
 * Writes the octets to a file in e->dir named after file, with a number where another of this run has the name, and
 * notes its path in r->out_file. Returns 0 or -errno.
 */
int route_emit(struct route_emit *e, struct route_result *r);
void route_emit_free(struct route_emit *e);

#endif
