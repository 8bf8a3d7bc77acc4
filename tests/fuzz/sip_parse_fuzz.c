// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_parse_fuzz.c - any octets as a datagram: what tests/lib/sip_invariant.h says holds, nothing of what was parsed
 * before counts, and a whole message is the same without the octets behind its end and none without its last one.
 */
#include <stdint.h>
#include <stdlib.h>

#include "sip_invariant.h"

#include "sip_check.h"
#include "sip_path.h"
#include "sip_route.h"
#include "sip_sort.h"

#define FUZZ_MAX 65507

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_must(int holds)
{
	if (!holds)
		abort();
}

static void fuzz_parse(struct sip_msg *m, const uint8_t *data, size_t size, int dirt)
{
	struct sip_ctx c = { data, data + size };
	struct sip_buf b = sip_buf(&c);

	memset(m, dirt, sizeof(*m));
	sip_parse(&b, m, 0);
	fuzz_must(!sip_invariant_broken(m, size));
}

static int fuzz_same_span(struct sip_span x, struct sip_span y)
{
	return x.len == y.len && (!x.len || x.off == y.off);
}

static void fuzz_must_equal(const struct sip_msg *x, const struct sip_msg *y)
{
	unsigned int i;

	fuzz_must(x->reason == y->reason && x->beyond == y->beyond);
	/* what stopped at a fault or a bound has filled in no more */
	if (x->reason != REASON_none || x->beyond)
		return;
	fuzz_must(x->kind == y->kind && x->method == y->method && x->status == y->status && x->cseq == y->cseq);
	fuzz_must(x->end == y->end && x->body == y->body && x->rows == y->rows && x->seen == y->seen);
	fuzz_must(x->max_forwards == y->max_forwards && x->no_max_forwards == y->no_max_forwards);
	fuzz_must(fuzz_same_span(x->call_id, y->call_id) && fuzz_same_span(x->from.tag, y->from.tag));
	fuzz_must(fuzz_same_span(x->to.tag, y->to.tag) && fuzz_same_span(x->via.host, y->via.host));
	fuzz_must(fuzz_same_span(x->via.branch, y->via.branch) && x->via.end == y->via.end && x->via2.at == y->via2.at);
	for (i = 1; i < x->rows; i++)
		fuzz_must(x->row[i].at == y->row[i].at && x->row[i].end == y->row[i].end);
}

/* What reads the spans: no crash, and the same twice. */
static void fuzz_use(const struct sip_msg *m, const uint8_t *data, size_t size)
{
	static const __u64 key[2] = { 1, 2 };
	struct sip_ctx c = { data, data + size };
	struct sip_buf b = sip_buf(&c);
	struct ds_endpoint at = { .port_be = port_be16(SIP_PORT) };
	struct sip_route r = { .own = 0 };
	struct sip_token t;
	__u64 x = 0, y = 1;

	fuzz_must(!sip_branch(&b, m, &m->via, key, &x) && !sip_branch(&b, m, &m->via, key, &y) && x == y);
	fuzz_must(!sip_own_tag(&b, m, key, &x) && !sip_call_id_hash(&b, m, key, &y));
	sip_is_own_tag(&b, m, x);
	sip_via_place(&b, &m->via, &at);
	if (m->kind != SIP_KIND_REQUEST)
		return;
	if (!sip_route_parse(&c, m, &at, &r))
		fuzz_must(r.own < SIP_ROUTE_VALUES && r.place <= SIP_PLACE_BAD);
	if (sip_token_is(&b, m->uri.user))
		sip_token_read(&b, m->uri.user, key, &at, &t);
	sip_path_wanted(&c, m);
	sip_uri_place(&c, m->uri.all.off, m->uri.all.off + m->uri.all.len, &r.next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_msg m, other;
	struct sip_ctx c = { data, data + size };
	struct sip_buf b = sip_buf(&c);

	if (size > FUZZ_MAX)
		return 0;
	fuzz_must(sip_sort(sip_load8(&b, 0), size) < REASON_MAX);
	fuzz_parse(&m, data, size, 0);
	fuzz_parse(&other, data, size, 0xa5);
	fuzz_must_equal(&m, &other);
	/* user space has no bound that a datagram can reach, but for the number of rows */
	fuzz_must(!m.beyond || size > 2 * PORT_ROWS_MAX);
	fuzz_must(sip_check_request(&m, DS_MODE_PROXY) < REASON_MAX && sip_check_response(&m) < REASON_MAX);
	if (m.beyond || m.reason != REASON_none)
		return 0;
	fuzz_use(&m, data, size);
	fuzz_parse(&other, data, m.end, 0xa5);
	fuzz_must_equal(&m, &other);
	if (!(m.seen & SIP_SEEN(CONTENT_LENGTH)))
		return 0;
	fuzz_parse(&other, data, m.end - 1u, 0xa5);
	fuzz_must(other.reason != REASON_none);
	return 0;
}
