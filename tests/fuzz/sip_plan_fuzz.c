// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_plan_fuzz.c - any octets as a datagram from a client: the request that is sent on means what came, the response
 * to it finds the way back and comes out as the client's own, and a reply built here is a whole response.
 */
#include <stdint.h>
#include <stdlib.h>

#include "plan_apply.h"
#include "sip_invariant.h"
#include "sip_path.h"

#define FUZZ_MAX 60000
#define FUZZ_OWN_ROWS 4 /* Via, stamp, Record-Route, Max-Forwards */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_parsed {
	struct sip_ctx c;
	struct sip_buf b;
	struct sip_msg m;
};

static const __u64 fuzz_key[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };

static void fuzz_must(int holds)
{
	if (!holds)
		abort();
}

static void fuzz_parse(struct fuzz_parsed *p, const uint8_t *data, size_t size)
{
	p->c.data = data;
	p->c.data_end = data + size;
	p->b = sip_buf(&p->c);
	memset(&p->m, 0xa5, sizeof(p->m));
	sip_parse(&p->b, &p->m, 0);
	fuzz_must(!sip_invariant_broken(&p->m, size));
}

static void fuzz_must_same(const struct fuzz_parsed *x, struct sip_span s, const struct fuzz_parsed *y,
			   struct sip_span t)
{
	fuzz_must(s.len == t.len && !memcmp(x->b.data + s.off, y->b.data + t.off, s.len));
}

static struct ds_listener fuzz_listener(void)
{
	static const char sent_by[] = "192.0.2.1:5060";
	struct ds_listener l = { .sent_by_len = sizeof(sent_by) - 1 };

	l.at.ip.w[2] = port_be32(0xffff);
	l.at.ip.w[3] = port_be32(0xc0000201);
	l.at.port_be = port_be16(5060);
	memcpy(l.sent_by, sent_by, sizeof(sent_by) - 1);
	return l;
}

/* The dialog, the number, the body: what no edit may touch. */
static void fuzz_must_mean(const struct fuzz_parsed *in, const struct fuzz_parsed *out)
{
	fuzz_must(!out->m.beyond && out->m.reason == REASON_none && out->m.end == out->m.len);
	fuzz_must_same(in, in->m.call_id, out, out->m.call_id);
	fuzz_must_same(in, in->m.from.uri, out, out->m.from.uri);
	fuzz_must_same(in, in->m.from.tag, out, out->m.from.tag);
	fuzz_must_same(in, in->m.to.uri, out, out->m.to.uri);
	fuzz_must_same(in, in->m.to.tag, out, out->m.to.tag);
	fuzz_must_same(in, sip_span(in->m.body, in->m.end), out, sip_span(out->m.body, out->m.end));
	fuzz_must(in->m.cseq == out->m.cseq && in->m.method == out->m.method);
}

/* The response that a destination makes of the forwarded request: its second Via verifies, and popped it is the client's. */
static void fuzz_return(const struct fuzz_parsed *in, const struct fuzz_parsed *sent, const struct ds_endpoint *src,
			__u64 branch)
{
	static const char status[] = "SIP/2.0 200 OK\r\n";
	static uint8_t answer[FUZZ_MAX + 2048], back[FUZZ_MAX + 2048];
	static struct fuzz_parsed response, popped;
	struct sip_plan p;
	struct ds_endpoint place, want = sip_response_place(&in->m.via, src);
	size_t n = sent->m.len - sent->m.line;
	__u64 again = 0;
	ssize_t len;

	memcpy(answer, status, sizeof(status) - 1);
	memcpy(answer + sizeof(status) - 1, sent->b.data + sent->m.line, n);
	fuzz_parse(&response, answer, sizeof(status) - 1 + n);
	/* a value below the top one is not judged in a request */
	fuzz_must(response.m.reason == REASON_none && response.m.via2.at);
	fuzz_must(!sip_branch(&response.b, &response.m, &response.m.via2, fuzz_key, &again) && again == branch);
	fuzz_must(!sip_via_place(&response.b, &response.m.via2, &place) && sip_same_place(&place, &want));
	sip_proxy_response(&response.b, &response.m, &p);
	len = plan_apply(&p, answer, sizeof(status) - 1 + n, back, sizeof(back));
	fuzz_must(len > 0);
	fuzz_parse(&popped, back, (size_t)len);
	fuzz_must_same(&response, response.m.via2.host, &popped, popped.m.via.host);
	fuzz_must_same(&response, response.m.via2.branch, &popped, popped.m.via.branch);
	fuzz_must_same(&response, response.m.call_id, &popped, popped.m.call_id);
}

static void fuzz_forward(const struct fuzz_parsed *in, const struct ds_endpoint *src)
{
	static uint8_t out[FUZZ_MAX + 2048];
	static struct fuzz_parsed sent;
	struct ds_listener l = fuzz_listener();
	struct sip_route before, after;
	struct sip_ours ours = { .row = (__u32)in->m.len & 3 };
	struct sip_plan p;
	struct sip_ctx c = in->c;
	ssize_t n;

	if (sip_route_parse(&c, &in->m, &l.at, &before))
		return;
	fuzz_must(!sip_branch(&in->b, &in->m, &in->m.via, fuzz_key, &ours.branch));
	ours.sx = ~ours.branch;
	ours.cut_routes = before.own;
	ours.token.id = ours.branch;
	if (in->m.len & 4)
		sip_own_flow(fuzz_key, &l.at, src, &ours.token);
	sip_proxy_request(&in->b, &in->m, src, &l, &ours, NULL, 0, &p);
	/* with the rows that are put in there may be more than user space keeps: then nothing is known of what was sent */
	if (p.too_many || in->m.rows + FUZZ_OWN_ROWS > PORT_ROWS_MAX)
		return;
	n = plan_apply(&p, in->b.data, in->m.len, out, sizeof(out));
	fuzz_must(n > 0 && !(p.grow & 1));
	fuzz_parse(&sent, out, (size_t)n);
	fuzz_must_mean(in, &sent);
	fuzz_must(sent.m.max_forwards == (in->m.no_max_forwards ? SIP_MAX_FORWARDS : in->m.max_forwards - 1));
	fuzz_must(!sip_route_parse(&sent.c, &sent.m, &l.at, &after) && (before.own == 2 || !after.own));
	fuzz_return(in, &sent, src, ours.branch);
}

static void fuzz_reply(struct fuzz_parsed *in, const struct ds_endpoint *src, unsigned int reason)
{
	static uint8_t out[FUZZ_MAX + 2048];
	static struct fuzz_parsed reply;
	struct sip_reply r = { .reason = (__u16)reason };
	int good = in->m.reason == REASON_none;
	struct sip_plan p;
	__u64 tag = 0;
	ssize_t n;

	fuzz_must(!sip_own_tag(&in->b, &in->m, fuzz_key, &tag));
	r.tag = tag;
	if (sip_reply_build(&in->c, &in->m, src, &p, &r, NULL) != REASON_none)
		return;
	fuzz_must(in->m.kind == SIP_KIND_REQUEST && in->m.method != SIP_METHOD_ACK);
	n = plan_apply_reply(&r, &p, in->b.data, in->m.len, out, sizeof(out));
	fuzz_must(n > 0 && (size_t)n <= in->m.len && (__u32)n == r.len);
	/* a reply has a Content-Length that the request need not have had: see fuzz_forward */
	if (in->m.rows + FUZZ_OWN_ROWS > PORT_ROWS_MAX)
		return;
	fuzz_parse(&reply, out, (size_t)n);
	fuzz_must(reply.m.kind == SIP_KIND_RESPONSE && reply.m.status == r.code && reply.m.blank);
	fuzz_must(reply.m.body == reply.m.len);
	if (!good || reply.m.reason == REASON_bad_via)
		return;
	fuzz_must(reply.m.reason == REASON_none && reply.m.to.tag.len);
	fuzz_must(in->m.to.tag.len || sip_is_own_tag(&reply.b, &reply.m, tag));
	fuzz_must_same(in, in->m.call_id, &reply, reply.m.call_id);
	fuzz_must_same(in, in->m.from.tag, &reply, reply.m.from.tag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_parsed in;
	struct ds_endpoint src = { .port_be = port_be16(1024) };
	int reason;

	if (size > FUZZ_MAX)
		return 0;
	fuzz_parse(&in, data, size);
	if (in.m.beyond || in.m.kind != SIP_KIND_REQUEST || !in.m.line)
		return 0;
	/* IPv4 and IPv6 sources by turns, by something of the input that is no edit's business */
	if (size % 2) {
		src.ip.w[0] = port_be32(0x20010db8);
	} else {
		src.ip.w[2] = port_be32(0xffff);
		src.ip.w[3] = port_be32(0xc0000214);
	}
	reason = sip_check_request(&in.m, DS_MODE_PROXY);
	if (reason == REASON_none)
		fuzz_forward(&in, &src);
	fuzz_reply(&in, &src, reason == REASON_none ? REASON_no_destination : (unsigned int)reason);
	return 0;
}
