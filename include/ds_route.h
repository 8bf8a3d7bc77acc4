/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ds_route.h - a listener's routes: which one a request matches and what that does with it (DESIGN.md sections 1 and 6).
 *
 * The routes of a listener are the bits of a word, the first route the lowest. Each criterion says by one look-up which
 * routes a request may still match, whatever their number; the lowest bit that is left is the route. A criterion that no
 * route has is not looked up. What is looked up lies in two maps that all listeners share, under the number of the
 * listener's table there, which is made of what the table holds.
 */
#ifndef SIPXDP_DS_ROUTE_H
#define SIPXDP_DS_ROUTE_H

#include "abi.h"
#include "ds_dest_uri.h"
#include "sip_head.h"
#include "sip_hash.h"
#include "sip_ip.h"

#define DS_ROUTE_LINE_MAX 64	 /* octets of a status line, whole words */
#define DS_ROUTE_HEADERS_MAX 192 /* octets of the rows that a reply of a route has, whole words */
#define DS_ROUTE_TEXT 16	 /* octets of a user that a prefix is compared with */
#define DS_ROUTE_KEYS_MAX 131072
#define DS_ROUTE_NEXT 4 /* sets of a route behind its first */

/* X(name): methods that a route can name; the first ones as in enum sip_method. Any other is `other`. */
#define DS_ROUTE_METHOD_LIST(X) \
	X(INVITE)               \
	X(ACK)                  \
	X(BYE)                  \
	X(CANCEL)               \
	X(REGISTER)             \
	X(OPTIONS)              \
	X(other)                \
	X(SUBSCRIBE)            \
	X(NOTIFY)               \
	X(PUBLISH)              \
	X(MESSAGE)              \
	X(INFO)                 \
	X(UPDATE)               \
	X(PRACK)                \
	X(REFER)

enum ds_route_method {
	DS_ROUTE_METHOD_NONE = 0,
#define X(name) DS_ROUTE_METHOD_##name,
	DS_ROUTE_METHOD_LIST(X)
#undef X
		DS_ROUTE_METHODS /* a power of two: used as a mask */
};

enum ds_action {
	DS_ACTION_FORWARD = 0, /* to a destination of a set */
	DS_ACTION_HOST,	       /* to one place, whoever that is */
	DS_ACTION_REPLY,
	DS_ACTION_REDIRECT, /* answered with the place of a set's destination as Contact */
	DS_ACTION_DROP,
	DS_ACTION_PASS, /* left to the kernel */
	DS_ACTIONS,
};

/* ds_route.flags */
#define DS_ROUTE_CANCEL (1u << 0)  /* it names CANCEL: that is answered like any other request */
#define DS_ROUTE_KEYED (1u << 1)   /* its set is picked by another key than the Call-ID */
#define DS_ROUTE_REWRITE (1u << 2) /* forward, host: the Request-URI gets the destination's host and port */
#define DS_ROUTE_ATTRS (1u << 3)   /* forward, redirect: and the user that the destination's attributes make of it */

/* One route as packets read it: immutable while published. */
struct ds_route {
	__u8 action; /* enum ds_action */
	__u8 flags;  /* DS_ROUTE_* */
	__u8 line_len;
	__u8 headers_len;
	__u32 set;		   /* forward, redirect: slot in sets[] */
	__u32 next[DS_ROUTE_NEXT]; /* the same for when all of that one are full, and so on; 0: no more */
	__s32 also[DS_ROUTE_NEXT]; /* numbers of the sets but the first that its calls may be with; -1: no more */
	__u32 next_keyed;	   /* bit by next[]: it is picked by another key than the Call-ID */
	__u32 pad;
	struct ds_endpoint to; /* host */
	__u32 code;	       /* reply, redirect */
	union {
		struct {
			__u8 line[DS_ROUTE_LINE_MAX]; /* status line with its line end, zero padded */
			__u8 headers[DS_ROUTE_HEADERS_MAX];
		};
		struct ds_dest_uri uri; /* host: what `to` is in a Request-URI */
	};
};

/* ds_route_table.uses: which criteria any route has */
#define DS_ROUTE_BY_SET (1u << 0)
#define DS_ROUTE_BY_SOURCE (1u << 1)
#define DS_ROUTE_BY_USER (1u << 2)
#define DS_ROUTE_BY_HOST (1u << 3)

/* The routes of one listener as words: bit n is the n-th of its routes. */
struct ds_route_table {
	__u64 method[DS_ROUTE_METHODS];
	__u64 dialog[2]; /* [1]: of requests with a To tag */
	__u64 inner;   /* routes that name a set or a network to come from: a destination's requests have only these */
	__u64 any_set; /* routes without that criterion, and so on */
	__u64 any_source;
	__u64 any_user;
	__u64 any_host;
	__u32 uses;
	__u32 id; /* this table in the two maps */
};

enum ds_route_kind {
	DS_ROUTE_KIND_MEMBER = 1, /* exact: an address, with its port or 0, of a set's member */
	DS_ROUTE_KIND_HOST,	  /* exact: ds_route_host() */
	DS_ROUTE_KIND_SOURCE,	  /* prefix of an address */
	DS_ROUTE_KIND_USER,	  /* prefix of a Request-URI's user */
};

/* Key of the map route_exact; value: the routes as a word. */
struct ds_route_exact {
	__u32 table;
	__u16 kind; /* enum ds_route_kind */
	__be16 port_be;
	__u64 a;
	__u64 b;
};

/* Key of the map route_prefixes, longest prefix first; bits counts those of table and kind, too. */
struct ds_route_prefix {
	__u32 bits;
	__u32 table;
	__u32 kind;
	__u32 pad;
	__u64 text[DS_ROUTE_TEXT / 8]; /* octets; written as words */
};

/* The bits of a prefix before its text, and those of a whole one. */
#define DS_ROUTE_PREFIX_BASE 96
#define DS_ROUTE_PREFIX_ALL (DS_ROUTE_PREFIX_BASE + 8 * DS_ROUTE_TEXT)

_Static_assert(DS_ROUTE_METHODS == 16, "a mask");
_Static_assert((int)DS_ROUTE_METHOD_other == (int)SIP_METHOD_OTHER, "the same numbers");
_Static_assert(sizeof(struct ds_route_exact) == 24, "key without holes");
_Static_assert(sizeof(struct ds_route_prefix) == 32, "key without holes");
_Static_assert(sizeof(struct ds_route) == 328, "stride of a mapped array");
_Static_assert(sizeof(struct ds_route_table) == 192, "stride of a mapped array");

/* The index in routes[] of a listener's n-th route, and that of its table in route_tables[], of one half. */
port_inline __u32 ds_route_table_at(__u32 half, __u32 listener)
{
	return (half & 1) * DS_LISTENERS_MAX + listener;
}

port_inline __u32 ds_route_at(__u32 half, __u32 listener, __u32 n)
{
	return ds_route_table_at(half, listener) * DS_ROUTES_MAX + n;
}

/* The first n octets of a word, the others zero. */
port_inline __u64 ds_route_keep(__u64 w, __u64 n)
{
	if (n >= 8)
		return w;
	return n ? w & ~0ull >> ((8 - n) * 8 & 63) : 0;
}

/* Which method of a route a request has. */
port_inline __u32 ds_route_method(const struct sip_buf *b, const struct sip_msg *m)
{
	__u64 len = m->method_name.len, w;

	if (m->method != SIP_METHOD_OTHER || len > 9)
		return m->method & (DS_ROUTE_METHODS - 1);
	w = ds_route_keep(sip_load8(b, m->method_name.off), len);
	if (len == 9)
		return w == SIP_W8('S', 'U', 'B', 'S', 'C', 'R', 'I', 'B') &&
				       sip_load1(b, (__u64)m->method_name.off + 8) == 'E'
			       ? DS_ROUTE_METHOD_SUBSCRIBE
			       : DS_ROUTE_METHOD_other;
	if (w == SIP_W6('N', 'O', 'T', 'I', 'F', 'Y'))
		return DS_ROUTE_METHOD_NOTIFY;
	if (w == SIP_W7('P', 'U', 'B', 'L', 'I', 'S', 'H'))
		return DS_ROUTE_METHOD_PUBLISH;
	if (w == SIP_W7('M', 'E', 'S', 'S', 'A', 'G', 'E'))
		return DS_ROUTE_METHOD_MESSAGE;
	if (w == SIP_W4('I', 'N', 'F', 'O'))
		return DS_ROUTE_METHOD_INFO;
	if (w == SIP_W6('U', 'P', 'D', 'A', 'T', 'E'))
		return DS_ROUTE_METHOD_UPDATE;
	if (w == SIP_W5('P', 'R', 'A', 'C', 'K'))
		return DS_ROUTE_METHOD_PRACK;
	if (w == SIP_W5('R', 'E', 'F', 'E', 'R'))
		return DS_ROUTE_METHOD_REFER;
	return DS_ROUTE_METHOD_other;
}

/* Key of route_exact for a member of a set; port_be 0: whatever the port. */
port_inline struct ds_route_exact ds_route_member(__u32 table, const struct ds_endpoint *at, __be16 port_be)
{
	struct ds_route_exact key = { .table = table, .kind = DS_ROUTE_KIND_MEMBER, .port_be = port_be };

	key.a = (__u64)at->ip.w[0] << 32 | at->ip.w[1];
	key.b = (__u64)at->ip.w[2] << 32 | at->ip.w[3];
	return key;
}

/* The same for a host: an address by value, a name in lower case without the root's full stop. 1: it is too long. */
port_inline int ds_route_host(const struct sip_buf *b, struct sip_span host, int is_ip6, const __u64 *key,
			      struct ds_route_exact *out)
{
	struct sip_hash h;
	struct ds_addr ip;
	int far = 0;

	sip_hash_begin(&h, key, SIP_HASH_HOST);
	if (!sip_ip_parse(b, host, is_ip6, &ip)) {
		sip_hash_word(&h, (__u64)ip.w[0] << 32 | ip.w[1]);
		sip_hash_word(&h, (__u64)ip.w[2] << 32 | ip.w[3]);
	} else {
		if (host.len > 1 && sip_load1(b, (__u64)host.off + host.len - 1) == '.')
			host.len--;
		far = sip_hash_span(&h, b, host, 1);
	}
	out->kind = DS_ROUTE_KIND_HOST;
	out->port_be = 0;
	out->a = sip_hash_end(&h);
	out->b = 0;
	return far;
}

/* Key of route_prefixes for a user: its first octets, zeros behind it. */
port_inline void ds_route_user(const struct sip_buf *b, const struct sip_span *user, struct ds_route_prefix *key)
{
	__u64 len = user->len, w0, w1;

	w0 = ds_route_keep(sip_load8(b, user->off), len);
	w1 = ds_route_keep(sip_load8(b, (__u64)user->off + 8), len > 8 ? len - 8 : 0);
	key->text[0] = port_le64(w0);
	key->text[1] = port_le64(w1);
	key->kind = DS_ROUTE_KIND_USER;
	key->bits = DS_ROUTE_PREFIX_ALL;
}

/* What a request matches but for the look-ups. inner: it comes from a destination. */
port_inline __u64 ds_route_begin(const struct ds_route_table *t, __u32 method, int in_dialog, int inner)
{
	__u64 routes = t->method[method & (DS_ROUTE_METHODS - 1)] & t->dialog[in_dialog & 1];

	return inner ? routes & t->inner : routes;
}

/* The number of the lowest bit; routes is not 0. No loop and no branch: the bits below it are counted. */
port_inline __u32 ds_route_first(__u64 routes)
{
	__u64 x = (routes & -routes) - 1;

	x -= x >> 1 & 0x5555555555555555ull;
	x = (x & 0x3333333333333333ull) + (x >> 2 & 0x3333333333333333ull);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (x * 0x0101010101010101ull) >> 56 & (DS_ROUTES_MAX - 1);
}

#endif
