/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sip_msg.h - what the parser yields: spans (offset, length) into the datagram's payload, never pointers or copies.
 * Offsets
 * count octets from where struct sip_buf says (the payload in user space, the frame in the kernel). Numbers are in host byte order.
 */
#ifndef SIPXDP_SIP_MSG_H
#define SIPXDP_SIP_MSG_H

#include "port.h"

struct sip_span {
	__u16 off;
	__u16 len;
};

/* RFC 3261, 3262, 3265, 3311, 3428, 3515, 3903, 2976; any other token is SIP_METHOD_OTHER and as good as these. */
enum sip_method {
	SIP_METHOD_INVALID = 0,
	SIP_METHOD_INVITE,
	SIP_METHOD_ACK,
	SIP_METHOD_BYE,
	SIP_METHOD_CANCEL,
	SIP_METHOD_REGISTER,
	SIP_METHOD_OPTIONS,
	SIP_METHOD_OTHER,
	SIP_METHOD_MAX
};

enum sip_kind {
	SIP_KIND_INVALID = 0,
	SIP_KIND_REQUEST,
	SIP_KIND_RESPONSE,
};

/* The header fields that the core reads. SIP_HDR_OTHER is every other one, not judged and not touched. */
enum sip_hdr {
	SIP_HDR_OTHER = 0,
	SIP_HDR_VIA,
	SIP_HDR_FROM,
	SIP_HDR_TO,
	SIP_HDR_CALL_ID,
	SIP_HDR_CSEQ,
	SIP_HDR_MAX_FORWARDS,
	SIP_HDR_CONTENT_LENGTH,
	SIP_HDR_ROUTE,
	SIP_HDR_PROXY_REQUIRE,
	SIP_HDR_MAX = 16, /* a power of two: used as a mask */
};

/* One header row that the core reads: from its first octet to its CRLF (folded lines included). */
struct sip_row {
	__u16 at;    /* first octet of the name */
	__u16 value; /* first octet after the colon */
	__u16 end;   /* the CR that ends the row */
	__u16 hdr;   /* enum sip_hdr */
};

enum sip_scheme {
	SIP_SCHEME_INVALID = 0,
	SIP_SCHEME_SIP,
	SIP_SCHEME_SIPS,
	SIP_SCHEME_TEL,
	SIP_SCHEME_OTHER,
};

struct sip_uri {
	struct sip_span all;
	struct sip_span user; /* escapes kept; empty where there is none; the number of a tel URI */
	struct sip_span host; /* brackets of an IPv6 address not included */
	__u16 params;	      /* offset of the first ';' after the host, or the URI's end */
	__u16 port;	      /* 0 where absent */
	__u8 scheme;	      /* enum sip_scheme */
	__u8 is_ip6;	      /* host stood in brackets */
	__u8 has_port;
	__u8 has_headers; /* "?..." follows */
};

#define SIP_PORT 5060
#define SIPS_PORT 5061

port_inline __u64 sip_default_port(const struct sip_uri *u)
{
	return u->scheme == SIP_SCHEME_SIPS ? SIPS_PORT : SIP_PORT;
}

/* One Via value (RFC 3261 20.42). Spans of absent parameters are {0, 0}. */
struct sip_via {
	__u16 at;	      /* first octet of the value, blanks skipped */
	__u16 end;	      /* past its last octet: the comma, or the row's end */
	__u16 next;	      /* first octet of the next value in the same row, 0 where the row ends */
	__u16 port;	      /* sent-by port, 0 where absent */
	struct sip_span host; /* sent-by host; brackets not included */
	struct sip_span branch;
	struct sip_span received;
	struct sip_span rport; /* the number; {end of "rport", 0} where there is no value */
	struct sip_span maddr;
	struct sip_span sx; /* our own keyed hash */
	__u16 sent_by_end;  /* past host and port: where parameters are inserted */
	__u8 is_ip6;	    /* host stood in brackets */
	__u8 is_udp;
	__u8 has_rport;
	__u8 has_received;
	__u8 magic; /* branch starts with z9hG4bK and goes on */
	__u8 pad;
};

/* From or To: the tag is what both paths need; the URI is parsed when a route asks for it. */
struct sip_addr {
	struct sip_span uri; /* without <> */
	struct sip_span tag;
	__u16 end; /* past the last octet of the value, blanks trimmed: where a tag is appended */
	__u16 pad;
};

struct sip_msg {
	__u16 base;  /* first octet of the UDP payload: 0 in user space, past the headers of the frame in the kernel */
	__u16 len;   /* past the last octet of the payload */
	__u16 head;  /* first octet of the start line (leading CRLFs skipped) */
	__u16 line;  /* first octet of the first header row */
	__u16 blank; /* the CR of the empty line; 0 where there is none */
	__u16 body;  /* first octet of the body */
	__u16 end;   /* past the message: octets from here to len are noise (RFC 3261 18.3) */
	__u16 status;
	__u8 kind;	      /* enum sip_kind */
	__u8 method;	      /* enum sip_method: the request's, or CSeq's in a response */
	__u8 reason;	      /* enum reason: REASON_none, or the first fault found */
	__u8 beyond;	      /* 1: beyond the bounds of this parser, nothing else is to be relied on */
	__u8 no_max_forwards; /* 1: the field is absent */
	__u8 max_forwards;
	__u32 cseq;
	__u32 seen; /* bit per enum sip_hdr */
	__u32 twice;
	struct sip_span method_name; /* request only */
	struct sip_span call_id;
	struct sip_span max_forwards_digits;
	struct sip_span content_length;
	struct sip_uri uri;  /* Request-URI */
	struct sip_via via;  /* top value */
	struct sip_via via2; /* the value after it; parsed for responses */
	struct sip_addr from;
	struct sip_addr to;
	__u16 first[SIP_HDR_MAX]; /* index into row[] of the first row of each field, 0 where absent */
	__u16 rows;		  /* rows in use, row[0] never is */
	__u16 pad[2];
	struct sip_row row[PORT_ROWS_MAX];
};

#endif
