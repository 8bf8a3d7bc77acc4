// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * corpus_plan_test.c - plans and replies over every message of the corpus: what is to change changes, every other row
 * and the body stay byte by byte. Rows are told apart here by a splitter of the test's own. sip-rules 59, 60, 61, 72,
 * 96, 102.
 */
#include <ftw.h>

#include "plan_cases.h"

#include "sip_reply.h"

#define SENT_BY "192.0.2.1:5060"
#define MESSAGE_MAX 65536

struct corpus_row {
	const unsigned char *at;
	size_t len; /* with its line end, folded lines included */
};

static struct {
	unsigned int files, requests, responses, replies;
} seen;

static const char *corpus_path;
static unsigned char corpus_out[MESSAGE_MAX + 1024];

/* The row at p: up to the CRLF that no blank follows. */
static size_t row_len(const unsigned char *p, const unsigned char *end)
{
	const unsigned char *q = p;

	for (; q + 1 < end; q++)
		if (q[0] == '\r' && q[1] == '\n' && (q + 2 >= end || (q[2] != ' ' && q[2] != '\t')))
			return (size_t)(q + 2 - p);
	return (size_t)(end - p);
}

/* Whether the row is of one of up to two names, in any case, blanks before the colon. */
static int row_is(const struct corpus_row *row, const char *name, const char *compact)
{
	const char *const names[] = { name, compact };
	size_t i, n;

	for (i = 0; i < TEST_COUNT(names); i++) {
		n = names[i] ? strlen(names[i]) : 0;
		if (!n || row->len <= n || strncasecmp((const char *)row->at, names[i], n))
			continue;
		while (n < row->len && (row->at[n] == ' ' || row->at[n] == '\t'))
			n++;
		if (n < row->len && row->at[n] == ':')
			return 1;
	}
	return 0;
}

/* Steps to the next row of a head; 0 at the empty line. *p is set past it. */
static int row_next(const unsigned char **p, const unsigned char *end, struct corpus_row *row)
{
	row->at = *p;
	row->len = row_len(*p, end);
	*p += row->len;
	return row->len > 2;
}

static int row_equal(const struct corpus_row *a, const struct corpus_row *b)
{
	return a->len == b->len && !memcmp(a->at, b->at, a->len);
}

#define corpus_check(what, condition)                               \
	do {                                                        \
		if (!(condition)) {                                 \
			print_error("%s: %s\n", corpus_path, what); \
			fail();                                     \
		}                                                   \
	} while (0)

static int span_equal(const struct sip_case *a, struct sip_span x, const struct sip_case *b, struct sip_span y)
{
	return x.len == y.len && !memcmp(a->g.data + x.off, b->g.data + y.off, x.len);
}

static unsigned int via_rows(const struct sip_msg *m)
{
	unsigned int i, n = 0;

	for (i = 1; i < m->rows; i++)
		n += m->row[i].hdr == SIP_HDR_VIA;
	return n;
}

/* The Via row behind the first; there is one. */
static const struct sip_row *second_via(const struct sip_msg *m)
{
	unsigned int i = m->first[SIP_HDR_VIA] + 1;

	while (m->row[i].hdr != SIP_HDR_VIA)
		i++;
	return &m->row[i];
}

/*
 * Rows of the request `in` and of what went out, side by side. The top Via row may differ by its stamps and
 * Max-Forwards by its digits; ours (and Max-Forwards, where it was absent) is one more.
 */
static void compare_rows(const struct sip_case *in, const struct sip_case *out)
{
	const unsigned char *p = in->g.data + in->m.head, *q = out->g.data;
	const unsigned char *p_end = in->g.data + in->m.blank, *q_end = out->g.data + out->m.blank;
	struct corpus_row x, y;
	int pushed = 0;

	while (q < q_end) {
		corpus_check("more rows than expected", row_next(&q, q_end, &y));
		if (!pushed && row_is(&y, "Via", "v")) {
			pushed = 1;
			if (in->m.no_max_forwards) {
				corpus_check("Max-Forwards added", row_next(&q, q_end, &y));
				corpus_check("Max-Forwards is 70", y.len == 18 && !memcmp(y.at, MAX_FORWARDS, 18));
			}
			corpus_check("row of the client's Via", row_next(&p, p_end, &x) && row_next(&q, q_end, &y));
			corpus_check("our Via stands right before", row_is(&x, "Via", "v") && row_is(&y, "Via", "v"));
			continue;
		}
		corpus_check("row lost", row_next(&p, p_end, &x));
		if (row_is(&x, "Max-Forwards", NULL))
			corpus_check("Max-Forwards keeps its length", x.len == y.len);
		else
			corpus_check("row unchanged", row_equal(&x, &y));
	}
	corpus_check("no row left", p == p_end);
}

static void check_forwarded(const struct sip_case *in, const struct ds_endpoint *src)
{
	struct ds_listener l = plan_listener(SENT_BY);
	struct sip_ours ours = { .branch = PLAN_BRANCH, .sx = PLAN_SX };
	struct sip_plan p = { 0 };
	struct sip_case out;
	const struct sip_row *row;
	struct ds_endpoint back;
	ssize_t n;

	sip_proxy_request(&in->b, &in->m, src, &l, &ours, NULL, 0, &p);
	plan_check(&p);
	corpus_check("parity", !(p.grow & 1));
	n = plan_apply(&p, in->g.data, in->g.len, corpus_out, sizeof(corpus_out));
	corpus_check("applied", n >= 0);
	sip_open(&out, corpus_out, (size_t)n);
	corpus_check("good message", !out.m.beyond && out.m.reason == REASON_none);
	corpus_check("Call-ID", span_equal(in, in->m.call_id, &out, out.m.call_id));
	corpus_check("From", span_equal(in, in->m.from.uri, &out, out.m.from.uri) &&
				     span_equal(in, in->m.from.tag, &out, out.m.from.tag));
	corpus_check("To", span_equal(in, in->m.to.uri, &out, out.m.to.uri) &&
				   span_equal(in, in->m.to.tag, &out, out.m.to.tag));
	corpus_check("CSeq", in->m.cseq == out.m.cseq && in->m.method == out.m.method);
	corpus_check("one Via row more", via_rows(&out.m) == via_rows(&in->m) + 1);
	corpus_check("Max-Forwards", out.m.max_forwards == (in->m.no_max_forwards ? 70 : in->m.max_forwards - 1));
	corpus_check("body", out.m.end - out.m.body == in->m.end - in->m.body &&
				     !memcmp(out.g.data + out.m.body, in->g.data + in->m.body,
					     (size_t)(in->m.end - in->m.body)));
	corpus_check("nothing behind the body", out.m.end == out.m.len);
	compare_rows(in, &out);
	/* the client's Via, now second, leads back to where the request came from */
	row = second_via(&out.m);
	corpus_check("client's Via", !sip_via_parse(&out.c, row->value, row->end, &out.m.via2));
	corpus_check("its place", !sip_via_place(&out.b, &out.m.via2, &back));
	corpus_check("its address", sip_ip_equal(&back.ip, &src->ip));
	corpus_check("its port", !in->m.via.has_rport || back.port_be == src->port_be);
	sip_close(&out);
	seen.requests++;
}

/* Every row of the reply but the first stands in the request as it is, or is the top Via or To with its additions. */
static void check_replied(struct sip_case *in, const struct ds_endpoint *src, unsigned int reason)
{
	struct sip_reply r = { .reason = (__u16)reason, .tag = PLAN_SX };
	struct sip_plan p = { 0 };
	struct sip_case out;
	ssize_t n;

	if (sip_reply_build(&in->c, &in->m, src, &p, &r, NULL) != REASON_none)
		return;
	n = plan_apply_reply(&r, &p, in->g.data, in->g.len, corpus_out, sizeof(corpus_out));
	corpus_check("reply applied", n >= 0);
	corpus_check("reply's length", (size_t)n == r.len && (size_t)n <= in->g.len);
	sip_open(&out, corpus_out, (size_t)n);
	corpus_check("reply to a request only", in->m.kind == SIP_KIND_REQUEST && in->m.method != SIP_METHOD_ACK);
	corpus_check("reply is a response", out.m.kind == SIP_KIND_RESPONSE && out.m.status == r.code);
	corpus_check("reply's head ends", out.m.blank && out.m.body == out.m.len);
	if (in->m.reason == REASON_none) {
		corpus_check("reply is good", !out.m.beyond && out.m.reason == REASON_none);
		corpus_check("Via rows", via_rows(&out.m) == via_rows(&in->m));
		corpus_check("Call-ID", span_equal(in, in->m.call_id, &out, out.m.call_id));
		corpus_check("From tag", span_equal(in, in->m.from.tag, &out, out.m.from.tag));
		corpus_check("To tag", in->m.to.tag.len ? span_equal(in, in->m.to.tag, &out, out.m.to.tag)
							: sip_is_own_tag(&out.b, &out.m, PLAN_SX));
		corpus_check("CSeq", in->m.cseq == out.m.cseq && in->m.method == out.m.method);
	}
	sip_close(&out);
	seen.replies++;
}

/* A response that had our Via put on top of it comes out as it was. */
static void check_popped(const struct sip_case *in, size_t len, const unsigned char *plain)
{
	struct sip_plan p = { 0 };
	ssize_t n;

	sip_proxy_response(&in->b, &in->m, &p);
	plan_check(&p);
	n = plan_apply(&p, in->g.data, in->g.len, corpus_out, sizeof(corpus_out));
	corpus_check("popped", n >= 0 && (size_t)n == len && !memcmp(corpus_out, plain, len));
	seen.responses++;
}

/* Pushes our Via on the response of `in`, as a row of its own and as first value of the row that is there. */
static void check_response(const struct sip_case *in)
{
	static unsigned char pushed[MESSAGE_MAX + 256];
	const struct sip_row *row = sip_first_row(&in->m, SIP_HDR_VIA);
	const unsigned char *plain = in->g.data + in->m.head;
	size_t len = (size_t)(in->m.end - in->m.head), cut[2] = { row->at, in->m.via.at };
	static const char *const text[2] = { OUR_VIA, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK0123456789abcdef, " };
	struct sip_case with;
	size_t i, off;

	for (i = 0; i < TEST_COUNT(text); i++) {
		off = cut[i] - in->m.head;
		memcpy(pushed, plain, off);
		memcpy(pushed + off, text[i], strlen(text[i]));
		memcpy(pushed + off + strlen(text[i]), plain + off, len - off);
		sip_open(&with, pushed, len + strlen(text[i]));
		corpus_check("good with our Via", !with.m.beyond && with.m.reason == REASON_none);
		check_popped(&with, len, plain);
		sip_close(&with);
	}
}

static void check_message(const unsigned char *data, size_t len)
{
	struct ds_endpoint src = plan_place("198.51.100.77:40000");
	struct sip_case in;

	sip_open(&in, data, len);
	if (!in.m.beyond && in.m.reason == REASON_none) {
		if (in.m.kind == SIP_KIND_RESPONSE)
			check_response(&in);
		else if (in.m.no_max_forwards || in.m.max_forwards)
			check_forwarded(&in, &src);
	}
	if (!in.m.beyond) {
		check_replied(&in, &src, in.m.reason);
		check_replied(&in, &src, REASON_no_destination);
		check_replied(&in, &src, REASON_bad_extension);
	}
	sip_close(&in);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *dot = strrchr(path + ftw->base, '.');
	unsigned char *data;
	size_t len;

	(void)st;
	if (type != FTW_F || !dot || (strcmp(dot, ".sip") && strcmp(dot, ".dat")))
		return 0;
	data = test_read_file(path, &len);
	if (!data || len > MESSAGE_MAX) {
		free(data);
		return 0;
	}
	corpus_path = path;
	check_message(data, len);
	seen.files++;
	free(data);
	return 0;
}

static void corpus(void **state)
{
	const char *dir = test_corpus();

	(void)state;
	if (!dir)
		test_skip("no corpus: set SIPXDP_CORPUS to its folder");
	check_int("walk", nftw(dir, visit, 16, FTW_PHYS), 0);
	print_message("%u files: %u requests forwarded, %u responses popped, %u replies\n", seen.files, seen.requests,
		      seen.responses, seen.replies);
	check_true("files found", seen.files > 100);
	check_true("requests", seen.requests > seen.files / 4);
	check_true("responses", seen.responses > seen.files / 4);
	check_true("replies", seen.replies > seen.files / 4);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "every message of the corpus", corpus, NULL);
	return test_run(&tests, "corpus_plan");
}
