/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attrs.h - the attributes of a destination: the semicolon list in the last field of its line.
 */
#ifndef SIPXDP_CTL_ATTRS_H
#define SIPXDP_CTL_ATTRS_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"

/* An attribute whose name means nothing to us: kept in order for whoever it is meant for. */
struct ds_attr {
	char *name;
	char *value; /* NULL: no '='; quotes removed */
};

/* Numbers are 0 and texts NULL where the list has none, except ocmax: 100. */
struct ds_attrs {
	char *text; /* the whole field, less one ';' at its end; NULL: no field */
	char *duid;
	char *socket;
	char *sockname;
	char *ping_socket;
	char *ping_from;
	char *obproxy;
	char *ping_reply_codes;
	int maxload; /* calls at a time; 0: no limit, below 0: never picked */
	int weight;  /* 1 to 100 */
	int rweight; /* 1 to 100 */
	int cc;	     /* 1: congestion control */
	int latency_ms;
	int strip;    /* octets of the Request-URI's user that are left out, where a route applies it */
	char *prefix; /* and what is put before it */
	int ocmin;    /* percent, as the next two */
	int ocmax;
	int ocrate;
	struct ds_attr *other;
	size_t n_other;
};

/*
 * Reads the field text[0..len), which stands at line:column, as Kamailio's ds_set_attrs() does: names in any case, the
 * first of equal names counts, a comma ends the list. Says in d what is wrong. Returns 0, -EINVAL where Kamailio would
 * drop the destination too, or -ENOMEM; the caller frees attrs in any case.
 */
int attrs_parse(const char *text, size_t len, struct ds_attrs *attrs, struct diag_list *d, unsigned int line,
		unsigned int column);

void attrs_free(struct ds_attrs *attrs);

/* Whether two lists say the same, by their text. */
bool attrs_equal(const struct ds_attrs *a, const struct ds_attrs *b);

#endif
