/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * codes.h - sets of SIP status codes: "200-299,404,405", and Kamailio's "code=404;class=2".
 */
#ifndef SIPXDP_CTL_CODES_H
#define SIPXDP_CTL_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codes {
	uint64_t bit[12]; /* by code, 0 to 767; only 100 to 699 are ever set */
};

/* The longest text: two of every three codes, as ranges of two. */
#define CODES_TEXT_MAX 1608

/*
 * Reads a list: "200-299,404", or Kamailio's "code=404;class=5", where every 2xx counts too. *at is the octet at fault.
 * Returns 0, or -EINVAL with *why, static text "what is wrong, what was expected"; *c is of no use then.
 */
int codes_parse(const char *text, struct codes *c, size_t *at, const char **why);
bool codes_has(const struct codes *c, unsigned int code);

/* Writes the shortest text that codes_parse() takes back; empty for no code. Returns buf. */
const char *codes_text(const struct codes *c, char buf[CODES_TEXT_MAX]);

#endif
