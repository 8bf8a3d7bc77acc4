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

#define CODES_TEXT_MAX 512

/* Reads a list; *at is the octet at fault. Returns 0 or -EINVAL with *why, static text "what is wrong, what was expected". */
int codes_parse(const char *text, struct codes *c, size_t *at, const char **why);
bool codes_has(const struct codes *c, unsigned int code);

/* The shortest text that codes_parse() takes back, cut at the end of buf. Returns buf. */
const char *codes_text(const struct codes *c, char buf[CODES_TEXT_MAX]);

#endif
