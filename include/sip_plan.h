/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_plan.h - an edit plan: where to cut and what to put in, computed without touching a packet (DESIGN.md section 3).
 *
 * The output is the input with, for each edit in ascending order of `at`, `cut` octets left out and `len` octets of
 * text put in their place; then octets from `end` on left out. The kernel applies a plan to a packet, the slow path to
 * a buffer, tests to bytes.
 */
#ifndef SIPXDP_SIP_PLAN_H
#define SIPXDP_SIP_PLAN_H

#include "sip_ip.h"
#include "sip_parse.h"

#define SIP_PLAN_EDITS 8
#define SIP_PLAN_TEXT 512 /* a power of two */

struct sip_edit {
	__u16 at;   /* offset in the message, as in struct sip_msg */
	__u16 cut;  /* octets left out from there */
	__u16 text; /* offset in struct sip_plan's text */
	__u16 len;  /* octets put in */
};

struct sip_plan {
	__u16 edits;
	__u16 text_len;
	__u16 end;     /* past the last octet of the input that is kept (offset in the message) */
	__u8 too_many; /* 1: more edits or text than a plan holds, the plan is not to be used */
	__u8 pad;
	__s32 grow; /* octets by which the edits lengthen (shorten where negative) the message, before `end` cuts */
	struct sip_edit edit[SIP_PLAN_EDITS];
	__u8 text[SIP_PLAN_TEXT + 64]; /* room for a word store to overshoot */
};

/*
 * What builds a plan. The length of the text is kept here and not in the plan, so that it stays in a register: texts
 * are a few octets each, and a store and load of the length for each would cost more than they do.
 */
struct sip_pen {
	struct sip_plan *p;
	__u64 len;  /* octets of text so far */
	__u64 from; /* where the text of the open edit begins */
};

/* An empty plan for a message that ends at end. */
port_inline void sip_plan_begin(struct sip_plan *p, __u64 end)
{
	p->edits = 0;
	p->text_len = 0;
	p->end = end;
	p->too_many = 0;
	p->grow = 0;
}

/* The same, and what texts are written to it with. */
port_inline struct sip_pen sip_plan_pen(const struct sip_buf *b, struct sip_plan *p, __u64 end)
{
	struct sip_pen pen = { .p = p, .len = port_forget(0, b->zero) };

	sip_plan_begin(p, end);
	return pen;
}

/* Ends the plan: what did not fit has overwritten what did, and makes it one not to be used. */
port_inline void sip_plan_end(const struct sip_pen *pen)
{
	pen->p->text_len = pen->len;
	pen->p->too_many = pen->p->edits > SIP_PLAN_EDITS || pen->len > SIP_PLAN_TEXT;
}

/* Appends the lowest n octets of w (at most 8) to the text. */
port_inline void sip_plan_word(struct sip_pen *pen, __u64 w, __u64 n)
{
	port_write64(pen->p->text + (pen->len & (SIP_PLAN_TEXT - 1)), port_le64(w));
	pen->len += n;
}

/* Adds an edit that cuts `cut` octets at `at`. */
port_inline struct sip_edit *sip_plan_cut(struct sip_plan *p, __u64 at, __u64 cut)
{
	__u64 n = p->edits & (SIP_PLAN_EDITS - 1);
	struct sip_edit *e;

	port_barrier(n);
	e = &p->edit[n];
	e->at = at;
	e->cut = cut;
	e->text = 0;
	e->len = 0;
	p->edits++;
	p->grow -= cut;
	return e;
}

/* Opens an edit that cuts `cut` octets at `at`; the text appended until it is closed goes in their place. */
port_inline struct sip_edit *sip_plan_open(struct sip_pen *pen, __u64 at, __u64 cut)
{
	struct sip_edit *e = sip_plan_cut(pen->p, at, cut);

	e->text = pen->len;
	pen->from = pen->len;
	return e;
}

port_inline void sip_plan_close(struct sip_pen *pen, struct sip_edit *e)
{
	e->len = pen->len - pen->from;
	pen->p->grow += pen->len - pen->from;
}

/* Decimal digits of n, at most 65535. Quotients by multiplication: BPF has no fast division. */
port_inline void sip_plan_number(struct sip_pen *pen, __u64 n)
{
	__u64 q1 = (n * 52429) >> 19, q2 = (q1 * 52429) >> 19, q3 = (q2 * 52429) >> 19, q4 = (q3 * 52429) >> 19;
	__u64 w = SIP_W5(q4, q3 - q4 * 10, q2 - q3 * 10, q1 - q2 * 10, n - q1 * 10) + (SIP_SPLAT('0') & SIP_MASK(5));
	/* a carry into bit 17 for each power of ten reached: a comparison would be a branch, and a state */
	__u64 digits = 1 + ((n + (1 << 17) - 10) >> 17) + ((n + (1 << 17) - 100) >> 17) +
		       ((n + (1 << 17) - 1000) >> 17) + ((n + (1 << 17) - 10000) >> 17);

	sip_plan_word(pen, w >> (8 * (5 - digits)), digits);
}

/* As sip_plan_number for n up to 255, and a full stop. */
port_inline void sip_plan_octet(struct sip_pen *pen, __u64 n)
{
	__u64 q1 = (n * 52429) >> 19, q2 = (q1 * 52429) >> 19;
	__u64 w = SIP_W4(q2, q1 - q2 * 10, n - q1 * 10, '.') + (SIP_SPLAT('0') & SIP_MASK(3));
	__u64 digits = 1 + ((n + 256 - 10) >> 8) + ((n + 256 - 100) >> 8);

	sip_plan_word(pen, w >> (8 * (3 - digits)), digits + 1);
}

port_inline __u64 sip_ip_group(const struct ds_addr *a, __u32 i)
{
	__u32 w = port_be32(a->w[(i >> 1) & 3]);

	return i & 1 ? w & 0xffff : w >> 16;
}

/*
 * The zero groups that "::" stands for: the longest run of two or more, the first of equal ones (RFC 5952 4.2), as bits
 * by number of group; *start is its lowest bit. Both 0 where there is none. No branches: each would double the states.
 */
port_inline __u64 sip_ip_gap(const struct ds_addr *a, __u64 *start)
{
	__u64 runs = 0, longer, more, len = 1;
	__u32 i;

	for (i = 0; i < 8; i++)
		runs |= (((sip_ip_group(a, i) + 0xffff) >> 16) ^ 1) << i;
	/* each step leaves the bits that begin a run longer by one, while there are any */
	runs &= runs >> 1;
	for (i = 0; i < 6; i++) {
		longer = runs & runs >> 1;
		more = (longer + 0xff) >> 8;
		runs ^= (runs ^ longer) & -more;
		len += more;
	}
	*start = runs & -runs;
	return *start * ((2ull << len) - 1);
}

/* IPv6 text by RFC 5952 at len octets of p's text. Returns how many octets of text there are then. */
port_global __u64 sip_plan_ip6(struct sip_plan *p, const struct ds_addr *a, __u64 len)
{
	struct sip_pen pen = { .p = p, .len = len };
	__u64 g, start, gap, digits;
	__u32 i;

	if (!p || !a)
		return len;
	gap = sip_ip_gap(a, &start);
	for (i = 0; i < 8; i++) {
		port_join();
		if (start >> i & 1)
			sip_plan_word(&pen, SIP_W2(':', ':'), i ? 1 : 2);
		if (gap >> i & 1)
			continue;
		g = sip_ip_group(a, i);
		digits = 1 + ((g + 0xfff0) >> 16) + ((g + 0xff00) >> 16) + ((g + 0xf000) >> 16);
		g = (sip_hex8(g << 16) & SIP_MASK(4)) | (__u64)':' << 32;
		sip_plan_word(&pen, g >> (8 * (4 - digits)), digits + 1);
	}
	/* without the colon behind the last group */
	return pen.len - !(gap >> 7 & 1);
}

/* An address as text: IPv4 where it is v4-mapped, IPv6 without brackets else. */
port_inline void sip_plan_ip(struct sip_pen *pen, const struct ds_addr *a)
{
	__u64 ip = port_be32(a->w[3]);

	if (!sip_ip_is4(a)) {
		pen->len = sip_plan_ip6(pen->p, a, pen->len);
		return;
	}
	sip_plan_octet(pen, ip >> 24);
	sip_plan_octet(pen, ip >> 16 & 0xff);
	sip_plan_octet(pen, ip >> 8 & 0xff);
	sip_plan_octet(pen, ip & 0xff);
	pen->len--;
}

/* Sixteen lower-case hexadecimal digits of x. */
port_inline void sip_plan_hex16(struct sip_pen *pen, __u64 x)
{
	sip_plan_word(pen, sip_hex8(x >> 32), 8);
	sip_plan_word(pen, sip_hex8(x), 8);
}

/* Puts the edits in ascending order where rows did not come in the usual one. Returns 0. */
port_global int sip_plan_sort(struct sip_plan *p)
{
	struct sip_edit t;
	__u32 i, j;

	if (!p)
		return 0;
	for (i = 1; i < SIP_PLAN_EDITS; i++) {
		for (j = 0; j < SIP_PLAN_EDITS - i; j++) {
			if (j + 1 >= p->edits || p->edit[j].at <= p->edit[j + 1].at)
				continue;
			t = p->edit[j];
			p->edit[j] = p->edit[j + 1];
			p->edit[j + 1] = t;
		}
	}
	return 0;
}

#endif
