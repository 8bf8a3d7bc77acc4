// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide_strict.c - Route values that the fast path leaves to the slow one: strict routers (RFC 2543), before us and
 * behind us, where Request-URI and Route change places; and URIs that name a host.
 */
#include "decide_inner.h"

#include <stdlib.h>
#include <string.h>

#include "plan_apply.h"
#include "sip_route.h"

/* A Route value and the row that it stands in. */
struct strict_value {
	const struct sip_row *row;
	struct sip_route_uri uri;
	__u64 start; /* its first octet; past the comma before it */
	__u64 end;   /* its end: that of the row, or past the comma */
	bool first;  /* of the row */
};

/* The Route value after v in the message, the first where v->row is NULL; false where there is none, or it is malformed. */
static bool strict_next(const struct decide_work *w, struct strict_value *v)
{
	const struct sip_msg *m = &w->d->msg;
	__u64 row = v->row ? (__u64)(v->row - m->row) : m->first[SIP_HDR_ROUTE];

	if (v->row && v->end < v->row->end) {
		v->start = v->end;
		v->first = false;
	} else {
		if (v->row)
			row = sip_route_row(w->b, m, row);
		if (row >= m->rows)
			return false;
		v->row = &m->row[row];
		v->start = v->row->value;
		v->first = true;
	}
	v->end = sip_route_value(w->b->c, v->start, v->row->end, &v->uri);
	return v->end && v->end != SIP_FAR;
}

int decide_route_uri(const struct decide_work *w, __u32 n, struct sip_uri *uri)
{
	struct strict_value v = { 0 };

	do {
		if (!strict_next(w, &v))
			return SIP_VALUE_BAD;
	} while (n--);
	return sip_uri_parse(w->b->c, v.uri.start, v.uri.end, uri);
}

/* The payload as the plan has it, parsed anew. */
static __u32 strict_change(struct decide_work *w, struct sip_plan *p)
{
	size_t room = w->len + SIP_PLAN_TEXT;
	unsigned char *changed = malloc(room);
	struct sip_ctx *c = w->b->c;
	ssize_t n = -1;

	sip_plan_sort(p);
	if (changed && room <= DECIDE_PAYLOAD_MAX + SIP_PLAN_TEXT)
		n = plan_apply(p, w->payload, w->len, changed, room);
	if (n < 0 || n > DECIDE_PAYLOAD_MAX) {
		free(changed);
		return REASON_slow_plan;
	}
	free(w->changed);
	w->changed = changed;
	w->payload = changed;
	w->len = (size_t)n;
	c->data = changed;
	c->data_end = changed + n;
	*w->b = sip_buf(c);
	sip_parse(w->b, &w->d->msg, 0);
	return w->d->msg.beyond ? (__u32)REASON_slow_too_long : w->d->msg.reason;
}

/* Appends octets of the message to the text of the edit that is open; what does not fit makes the plan none. */
static void strict_copy(const struct decide_work *w, struct sip_pen *pen, __u64 off, __u64 end)
{
	if (pen->len + (end - off) <= SIP_PLAN_TEXT)
		memcpy(pen->p->text + pen->len, w->payload + off, end - off);
	pen->len += end - off;
}

static void strict_request_uri(const struct decide_work *w, struct sip_pen *pen, const struct sip_route_uri *uri)
{
	const struct sip_span *old = &w->d->msg.uri.all;
	struct sip_edit *e = sip_plan_open(pen, old->off, old->len);

	strict_copy(w, pen, uri->start, uri->end);
	sip_plan_close(pen, e);
}

__u32 decide_strict_before(struct decide_work *w)
{
	struct strict_value v = { 0 }, last = { 0 };
	struct sip_plan p;
	struct sip_pen pen = sip_plan_pen(w->b, &p, w->len);

	while (strict_next(w, &v))
		last = v;
	if (!last.row)
		return REASON_bad_route;
	strict_request_uri(w, &pen, &last.uri);
	if (last.first)
		sip_plan_cut(&p, last.row->at, last.row->end + 2u - last.row->at);
	else
		sip_plan_cut(&p, last.start - 1, last.row->end - (last.start - 1));
	sip_plan_end(&pen);
	return strict_change(w, &p);
}

__u32 decide_strict_behind(struct decide_work *w)
{
	struct strict_value v = { 0 }, last;
	const struct sip_msg *m = &w->d->msg;
	struct sip_edit *e;
	struct sip_plan p;
	struct sip_pen pen;
	__u32 reason;

	if (w->ours.cut_routes) {
		pen = sip_plan_pen(w->b, &p, w->len);
		sip_plan_routes(w->b->c, m, w->ours.cut_routes, &p);
		sip_plan_end(&pen);
		reason = strict_change(w, &p);
		if (reason != REASON_none)
			return reason;
		w->ours.cut_routes = 0;
	}
	if (!strict_next(w, &v))
		return REASON_bad_route;
	pen = sip_plan_pen(w->b, &p, w->len);
	strict_request_uri(w, &pen, &v.uri);
	sip_plan_routes(w->b->c, m, 1, &p);
	do
		last = v;
	while (strict_next(w, &v));
	e = sip_plan_open(&pen, last.row->end + 2u, 0);
	sip_plan_word(&pen, SIP_W8('R', 'o', 'u', 't', 'e', ':', ' ', '<'), 8);
	strict_copy(w, &pen, m->uri.all.off, (__u64)m->uri.all.off + m->uri.all.len);
	sip_plan_word(&pen, SIP_W3('>', '\r', '\n'), 3);
	sip_plan_close(&pen, e);
	sip_plan_end(&pen);
	return strict_change(w, &p);
}
