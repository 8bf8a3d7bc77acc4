/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spread.bpf.h - which CPU a packet is for, where packets are spread over several by Call-ID. */
#ifndef SIPXDP_SPREAD_BPF_H
#define SIPXDP_SPREAD_BPF_H

#include "send.bpf.h"
#include "sip_branch.h"

/*
 * The keyed hash of the Call-ID, so that nobody can aim at one CPU; 0 where there is none to be read: of what is no SIP
 * message, or of one that is beyond the fast path. Of a datagram in fragments the first is read, which is the only one
 * to come here: it holds up the others, so that the whole does not overtake what came before it. Rows are found from the
 * payload's first octet on, as if it were in the middle of a row; what the first line says is left to xdp_dispatch.
 */
port_inline __u64 spread_call_id(struct xdp_md *ctx, struct work *w, const struct ds_state *s)
{
	struct sip_buf b = sip_buf(ctx);
	struct sip_msg *m = &w->msg;
	__u64 hash;

	m->line = w->pkt.payload + 2;
	m->rows = 1;
	m->seen = m->twice = 0;
	m->reason = REASON_none;
	m->beyond = 0;
	sip_head_scan(b.c, m);
	if (!(m->seen & SIP_SEEN(CALL_ID)) || sip_call_id_parse(&b, m, sip_first_row(m, SIP_HDR_CALL_ID)) < 0)
		return 0;
	return sip_call_id_hash(&b, m, s->key, &hash) ? 0 : hash;
}

/* The CPU for a packet: that of its call, else that of its two ends. */
port_inline __u32 spread_cpu(struct xdp_md *ctx, struct work *w, const struct ds_state *s)
{
	__u64 hash = spread_call_id(ctx, w, s);
	__u32 n = s->spread;

	if (!hash)
		hash = (w->flow + s->key[0]) * 0x9e3779b97f4a7c15ull;
	/* n parts of 2^32 */
	return s->spread_cpu[(hash >> 32) * n >> 32 & (DS_SPREAD_MAX - 1)];
}

/*
 * Finishes the checksum of a datagram from a local socket: the kernel forgets on the way to the other CPU that it is
 * partial (struct xdp_frame has no place for it), and who gets what is passed there would find it wrong. In generic mode
 * it does not. Returns 1 where the datagram is too long for that.
 */
port_inline int spread_finish_sum(struct xdp_md *ctx, struct work *w, int kind)
{
	__u64 n = w->pkt.end - w->pkt.payload, sum;
	__u16 check;

	if (kind != PKT_UDP || w->pkt.sum != WORK_SUM_PARTIAL || w->generic)
		return 0;
	if (n > WORK_HEAD_MAX - 8)
		return 1;
	sum = send_frame_sum(ctx, w, w->pkt.payload, n, port_zero(port_data(ctx)));
	check = send_whole_checksum(w, sum);
	return bpf_xdp_store_bytes(ctx, w->pkt.l4 + offsetof(struct udphdr, check), &check, sizeof(check)) != 0;
}

#endif
