/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sip_check.h - request validation (RFC 3261 16.3) and what becomes of a message with a fault (sip-rules P). */
#ifndef SIPXDP_SIP_CHECK_H
#define SIPXDP_SIP_CHECK_H

#include "abi.h"
#include "sip_parse.h"

/*
 * The first fault of a request, in the order of RFC 3261 16.3: syntax, scheme, Max-Forwards, Proxy-Require; the latter
 * three are a proxy's to judge. In CANCEL and ACK Proxy-Require is ignored (8.2.2.3).
 */
port_inline int sip_check_request(const struct sip_msg *m, __u32 mode)
{
	if (m->reason == REASON_bad_uri_scheme && mode != DS_MODE_PROXY)
		return REASON_none;
	if (m->reason != REASON_none || mode != DS_MODE_PROXY)
		return m->reason;
	if (!m->no_max_forwards && m->max_forwards == 0)
		return REASON_too_many_hops;
	if (m->seen & SIP_SEEN(PROXY_REQUIRE) && m->method != SIP_METHOD_ACK && m->method != SIP_METHOD_CANCEL)
		return REASON_bad_extension;
	return REASON_none;
}

/* A response with only these faults can still be forwarded: the Via rows alone decide (sip-rules P). */
port_inline int sip_check_response(const struct sip_msg *m)
{
	switch (m->reason) {
	case REASON_bad_from:
	case REASON_bad_to:
	case REASON_bad_call_id:
	case REASON_bad_cseq_method:
		return REASON_none;
	case REASON_bad_cseq:
		/* out of range is a fault, missing is not the Via's business */
		return m->seen & ~m->twice & SIP_SEEN(CSEQ) ? REASON_bad_cseq : REASON_none;
	}
	return m->reason;
}

/* The status code of the reply that a request with this reason gets, 0 for none. */
port_inline __u32 sip_reason_code(__u32 reason)
{
	switch (reason) {
#define X(name, code, help) \
	case REASON_##name: \
		return code;
		REASON_LIST(X)
#undef X
	}
	return 0;
}

#endif
