/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_text.h - messages for tests of the SIP core: written as parts of which a case names only what it is about, and
 * parsed in front of a page that nobody may touch.
 */
#ifndef SIPXDP_TEST_SIP_TEXT_H
#define SIPXDP_TEST_SIP_TEXT_H

#include "guard.h"
#include "sip_invariant.h"
#include "test.h"

#include "sip_branch.h"
#include "sip_check.h"

/* Stands for a NUL octet in the text of a case. */
#define NUL "\1"

#define VIA "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK776asdhds\r\n"
#define FROM "From: Alice <sip:alice@example.net>;tag=88sja8x\r\n"
#define TO "To: Bob <sip:bob@example.com>\r\n"
#define CALL_ID "Call-ID: 987asjd97y7atg@pc33.example.net\r\n"
#define CSEQ "CSeq: 986759 INVITE\r\n"
#define MAX_FORWARDS "Max-Forwards: 70\r\n"
#define LENGTH "Content-Length: 4\r\n"
#define BODY "v=0\n"
#define INVITE "INVITE sip:bob@example.com SIP/2.0\r\n"
#define RINGING "SIP/2.0 180 Ringing\r\n"
#define OUR_VIA "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK0123456789abcdef;sx=fedcba9876543210\r\n"

/* The parts of a message in their order. NULL: the usual one; "": none. A part is its whole rows, CRLFs included. */
struct sip_parts {
	const char *start;
	const char *via;
	const char *from;
	const char *to;
	const char *call_id;
	const char *cseq;
	const char *max_forwards;
	const char *length;
	const char *more; /* other rows, last; none where NULL */
	const char *blank;
	const char *body;
};

/* One parsed message. */
struct sip_case {
	struct guard g;
	struct sip_ctx c;
	struct sip_buf b;
	struct sip_msg m;
};

static inline const char *sip_reason_name(unsigned int reason)
{
	static const char *const names[] = {
#define X(name, code, help) #name,
		REASON_LIST(X)
#undef X
	};

	return reason < REASON_MAX ? names[reason] : "?";
}

/* Joins the parts into text (a NUL octet per \1); returns how many octets that are. */
static inline size_t sip_join(char *text, size_t room, const struct sip_parts *p)
{
	const char *part[] = {
		p->start ? p->start : INVITE,
		p->via ? p->via : VIA,
		p->from ? p->from : FROM,
		p->to ? p->to : TO,
		p->call_id ? p->call_id : CALL_ID,
		p->cseq ? p->cseq : CSEQ,
		p->max_forwards ? p->max_forwards : MAX_FORWARDS,
		p->length ? p->length : LENGTH,
		p->more ? p->more : "",
		p->blank ? p->blank : "\r\n",
		p->body ? p->body : BODY,
	};
	size_t i, k, n = 0;

	for (i = 0; i < TEST_COUNT(part); i++) {
		for (k = 0; part[i][k]; k++) {
			assert_true(n < room);
			text[n++] = part[i][k] == NUL[0] ? '\0' : part[i][k];
		}
	}
	return n;
}

/* Parses once more what s holds. The result is laid over octets of `dirt`, so that nothing old can count. */
static inline void sip_again(struct sip_case *s, int dirt)
{
	memset(&s->m, dirt, sizeof(s->m));
	sip_parse(&s->b, &s->m, 0);
}

static inline void sip_open(struct sip_case *s, const void *data, size_t len)
{
	guard_copy(&s->g, data, len);
	s->c.data = s->g.data;
	s->c.data_end = s->g.data + len;
	s->b = sip_buf(&s->c);
	sip_again(s, 0xa5);
}

static inline void sip_open_parts(struct sip_case *s, const struct sip_parts *p)
{
	static char text[1 << 16];

	sip_open(s, text, sip_join(text, sizeof(text), p));
}

static inline void sip_close(struct sip_case *s)
{
	guard_free(&s->g);
}

static inline void sip_check_reason(const struct sip_case *s, unsigned int want, const char *file, int line)
{
	if (!s->m.beyond && s->m.reason == want)
		return;
	print_error("reason: %s, want %s\n", s->m.beyond ? "(beyond)" : sip_reason_name(s->m.reason),
		    sip_reason_name(want));
	_fail(file, line);
}

static inline void sip_check_span(const struct sip_case *s, const char *what, struct sip_span span, const char *want,
				  const char *file, int line)
{
	if (!want) {
		test_check_int(what, span.len, 0, file, line);
		return;
	}
	test_check_int(what, (unsigned int)span.off + span.len <= s->g.len, 1, file, line);
	test_check_mem(what, s->g.data + span.off, span.len, want, strlen(want), file, line);
}

#define check_reason(s, want) sip_check_reason(s, want, __FILE__, __LINE__)
/* The octets of the span are those of `want`; NULL: it is empty. */
#define check_span(s, what, span, want) sip_check_span(s, what, span, want, __FILE__, __LINE__)
#define check_invariant(s) check_true("invariants", !sip_invariant_broken(&(s)->m, (s)->g.len))

#endif
