/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dest_uri.h - what of a destination goes into messages (include/ds_dest_uri.h). */
#ifndef SIPXDP_CTL_DEST_URI_H
#define SIPXDP_CTL_DEST_URI_H

#include "ds_dest_uri.h"
#include "model.h"

/*
 * That of one member: host, port and parameters as the list spells them; the address and port where they are longer than
 * fits, without the parameters where those are.
 */
struct ds_dest_uri dest_uri(const struct ds_dest *dest, const struct ds_member *member);

/* That of a place that a route names. */
struct ds_dest_uri dest_uri_of(const struct ds_endpoint *at);

#endif
