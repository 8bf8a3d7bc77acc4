/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_rewrite.h - a request's URI with a destination's host and a user that its attributes change: in its start line
 * (RFC 3261 16.6 step 2), or as the Contact of a redirect (RFC 3261 8.3, 21.3).
 */
#ifndef SIPXDP_SIP_REWRITE_H
#define SIPXDP_SIP_REWRITE_H

#include "ds_route.h"
#include "sip_plan.h"

/* How a Request-URI is rewritten. */
#define SIP_REWRITE_HOST (1u << 0) /* its host and port become the destination's */
#define SIP_REWRITE_USER (1u << 1) /* its user is stripped and prefixed as the destination says */

/* Whether the URI is to name another user: there is one, and the destination says how. */
port_inline int sip_rewrites_user(const struct sip_uri *uri, const struct ds_dest_uri *to, __u32 how)
{
	return how & SIP_REWRITE_USER && uri->user.len && (to->prefix_len || to->strip);
}

/* How many octets of the user are stripped; *all is 1 where nothing of it is left and nothing comes before it. */
port_inline __u64 sip_strip(const struct sip_uri *uri, const struct ds_dest_uri *to, __u32 *all)
{
	__u64 n = to->strip < uri->user.len ? to->strip : uri->user.len;

	*all = n == uri->user.len && !to->prefix_len;
	return n;
}

port_inline void sip_plan_prefix(struct sip_pen *pen, const struct ds_dest_uri *to)
{
	__u64 i;

	for (i = 0; i < DS_DEST_PREFIX_MAX; i += 8)
		sip_plan_word(pen, port_le64(port_read64(to->prefix + i)), 8);
	pen->len += (__u64)to->prefix_len - DS_DEST_PREFIX_MAX;
}

/* The first n octets of the destination's host, port and parameters. */
port_inline void sip_plan_place(struct sip_pen *pen, const struct ds_dest_uri *to, __u64 n)
{
	__u64 i;

	for (i = 0; i < DS_DEST_HOST_MAX; i += 8)
		sip_plan_word(pen, port_le64(port_read64(to->host + i)), 8);
	pen->len += n - DS_DEST_HOST_MAX;
}

/* Where the host of a URI begins, its bracket included. */
port_inline __u64 sip_host_at(const struct sip_uri *uri)
{
	return (__u64)uri->host.off - uri->is_ip6;
}

/*
 * Adds to p, whose text is len octets so far, the edits of a Request-URI for the sake of a destination; returns how long
 * the text is then. A tel URI has no host to rewrite; a user that would be empty goes with its '@', and stays in a tel URI.
 */
port_global __u64 sip_plan_rewrite(const struct sip_msg *m, const struct ds_dest_uri *to, __u32 how, struct sip_plan *p,
				   __u64 len)
{
	struct sip_pen pen = { .p = p, .len = len };
	struct sip_edit *e;
	__u64 cut, at;
	__u32 all;

	if (!m || !to || !p)
		return len;
	at = sip_host_at(&m->uri);
	if (sip_rewrites_user(&m->uri, to, how)) {
		cut = sip_strip(&m->uri, to, &all);
		if (all && m->uri.host.len)
			sip_plan_cut(p, m->uri.user.off, at - m->uri.user.off);
		if (!all) {
			e = sip_plan_open(&pen, m->uri.user.off, cut);
			sip_plan_prefix(&pen, to);
			sip_plan_close(&pen, e);
		}
	}
	if (how & SIP_REWRITE_HOST && m->uri.host.len && to->host_len) {
		e = sip_plan_open(&pen, at, m->uri.params - at);
		sip_plan_place(&pen, to, to->host_len);
		sip_plan_close(&pen, e);
	}
	return pen.len;
}

/*
 * Whether a redirect to the destination would name the Request-URI's own place (RFC 3261 21.3): host and port as they
 * are spelled but for their case, so that a port of 5060 and none are two (19.1.4).
 */
port_global int sip_is_redirect_loop(struct sip_ctx *c, const struct sip_msg *m, const struct ds_dest_uri *to,
				     __u32 how)
{
	SIP_OPEN(c);
	__u64 off, n, i, other = 0, octets;

	if (!m || !to)
		return 1;
	off = sip_host_at(&m->uri);
	n = m->uri.params - off;
	if (!to->host_len || !m->uri.host.len || n != to->host_len || sip_rewrites_user(&m->uri, to, how))
		return !to->host_len;
	for (i = 0; i < DS_DEST_HOST_MAX; i += 8) {
		if (!sip_before(b, i, n))
			break;
		octets = sip_lower(sip_load8(b, off + i)) ^ sip_lower(port_le64(port_read64(to->host + i)));
		other |= ds_route_keep(octets, n - i);
		other = port_forget(other, b->zero);
		port_join();
	}
	return !other;
}

#endif
