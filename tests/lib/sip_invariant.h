/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_invariant.h - what holds of every parse, whatever the octets: shared by the unit tests and the fuzzers.
 */
#ifndef SIPXDP_TEST_SIP_INVARIANT_H
#define SIPXDP_TEST_SIP_INVARIANT_H

#include "sip_parse.h"

static inline int sip_inside(struct sip_span s, unsigned int lo, unsigned int hi)
{
	return !s.len || (s.off >= lo && (unsigned int)s.off + s.len <= hi);
}

static inline const char *sip_rows_broken(const struct sip_msg *m)
{
	unsigned int i, at = m->line;

	if (m->rows < 1 || m->rows > PORT_ROWS_MAX)
		return "number of rows";
	for (i = 1; i < m->rows; i++) {
		const struct sip_row *row = &m->row[i];

		if (row->hdr == SIP_HDR_OTHER || row->hdr > SIP_HDR_PROXY_REQUIRE || !(m->seen & 1u << row->hdr))
			return "field of a row";
		if (row->at < at || row->value <= row->at || row->end < row->value || row->end + 2u > m->blank)
			return "rows out of order";
		at = row->end + 2u;
	}
	for (i = 1; i <= SIP_HDR_PROXY_REQUIRE; i++)
		if (m->seen & 1u << i && (!m->first[i] || m->first[i] >= m->rows || m->row[m->first[i]].hdr != i))
			return "first row of a field";
	return NULL;
}

static inline const char *sip_via_broken(const struct sip_via *v, unsigned int lo, unsigned int hi)
{
	if (v->at < lo || v->sent_by_end <= v->at || v->end < v->sent_by_end || v->end > hi || v->next > hi)
		return "bounds of a Via value";
	if (!v->host.len || !sip_inside(v->host, v->at, v->sent_by_end))
		return "Via host";
	if (!sip_inside(v->branch, v->sent_by_end, v->end) || !sip_inside(v->received, v->sent_by_end, v->end) ||
	    !sip_inside(v->rport, v->sent_by_end, v->end) || !sip_inside(v->maddr, v->sent_by_end, v->end) ||
	    !sip_inside(v->sx, v->sent_by_end, v->end))
		return "Via parameter";
	if (v->magic && v->branch.len < 8)
		return "magic of a short branch";
	return NULL;
}

static inline const char *sip_values_broken(const struct sip_msg *m)
{
	const struct sip_row *row = &m->row[m->first[SIP_HDR_VIA]];
	const char *bad = sip_via_broken(&m->via, row->value, row->end);

	if (bad)
		return bad;
	if (m->kind == SIP_KIND_RESPONSE && m->via2.at)
		bad = sip_via_broken(&m->via2, m->via.end, m->blank);
	if (bad)
		return bad;
	row = &m->row[m->first[SIP_HDR_CALL_ID]];
	if (!m->call_id.len || !sip_inside(m->call_id, row->value, row->end))
		return "Call-ID";
	row = &m->row[m->first[SIP_HDR_FROM]];
	if (!sip_inside(m->from.uri, row->value, row->end) || !sip_inside(m->from.tag, row->value, m->from.end))
		return "From";
	row = &m->row[m->first[SIP_HDR_TO]];
	if (!sip_inside(m->to.uri, row->value, row->end) || !sip_inside(m->to.tag, row->value, m->to.end))
		return "To";
	if (m->seen & SIP_SEEN(CONTENT_LENGTH) && m->end > m->len)
		return "end past the datagram";
	return NULL;
}

/* NULL, or what is broken in the parse m of a datagram of len octets that began at offset 0. */
static inline const char *sip_invariant_broken(const struct sip_msg *m, size_t len)
{
	if (m->beyond)
		return NULL;
	if (m->kind != SIP_KIND_REQUEST && m->kind != SIP_KIND_RESPONSE)
		return "kind";
	if (m->reason >= REASON_MAX)
		return "reason";
	if (m->len != len || m->end > len || m->head > len || m->line > len || m->blank > len || m->body > len)
		return "offset past the datagram";
	if (m->reason != REASON_none)
		return NULL;
	if (m->head > m->line || m->line > m->blank || m->blank + 2u != m->body || m->body > m->end)
		return "order of the parts";
	if ((m->seen & m->twice) != m->twice)
		return "twice but not seen";
	if (m->kind == SIP_KIND_RESPONSE && (m->status < 100 || m->status > 699))
		return "status";
	if (m->kind == SIP_KIND_REQUEST &&
	    (!m->method || m->method >= SIP_METHOD_MAX || !sip_inside(m->uri.all, m->head, m->line)))
		return "request line";
	if (sip_rows_broken(m))
		return sip_rows_broken(m);
	return sip_values_broken(m);
}

#endif
