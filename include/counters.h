/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters.h - one list of verdicts and one of reasons. Each makes the enum, the per-CPU counters and the metric name
 * with its help text. Every datagram that is ours ends in exactly one verdict and exactly one reason.
 */
#ifndef SIPXDP_COUNTERS_H
#define SIPXDP_COUNTERS_H

/* X(name, help) */
#define VERDICT_LIST(X)                                     \
	X(pass, "left to the kernel untouched")             \
	X(forward, "rewritten and sent on")                 \
	X(reply, "answered by a reply built here")          \
	X(redirect, "answered by a redirection built here") \
	X(drop, "discarded")                                \
	X(slow, "handed to the slow path")                  \
	X(needs_slow_path, "needed the slow path and none is there: discarded")

/*
 * X(name, code, help): code is the status of the reply that a request with this fault gets, 0 where there is none
 * (a response or an ACK with the same fault is dropped).
 */
#define REASON_LIST(X)                                                                                 \
	X(none, 0, "no reason yet")                                                                    \
	/* not ours */                                                                                 \
	X(not_ours, 0, "not to a listener and not from a nat destination")                             \
	X(shutdown, 0, "no generation is published")                                                   \
	X(no_cpu, 0, "the CPU that the packet is spread to takes none")                                \
	/* sent on */                                                                                  \
	X(request, 0, "request to a destination by the calls table or the pick")                       \
	X(request_other_key, 0, "request picked by a fallback key, as it has not the set's first")     \
	X(request_route, 0, "request to the destination that a Route names")                           \
	X(request_failover, 0, "request sent again to the next destination, as the one before failed") \
	X(request_fork, 0, "request sent to one of all destinations of its set")                       \
	X(request_outward, 0, "request from a destination, sent by Route or Request-URI")              \
	X(request_flow, 0, "request to a client by the flow that its Route vouches for")               \
	X(request_host, 0, "request to the one place that a route names")                              \
	X(response, 0, "response sent by the next Via")                                                \
	X(response_nat, 0, "datagram from a nat destination, given the listener's address")            \
	X(routed_pass, 0, "left to the kernel by a route")                                             \
	X(shielded, 0, "sound message left to the server on this host")                                \
	/* no SIP message */                                                                           \
	X(keepalive, 0, "CRLF, NUL or blank keepalive swallowed")                                      \
	X(stun, 0, "STUN message")                                                                     \
	X(not_sip, 0, "first octets are no SIP message")                                               \
	X(bad_checksum, 0, "UDP checksum wrong, or absent over IPv6")                                  \
	X(ttl_expired, 0, "TTL or hop limit 1 in nat mode")                                            \
	X(bad_source, 0, "source address or port that nothing can be sent to")                         \
	X(guard_denied, 0, "source that the guard denies")                                             \
	X(guard_rate, 0, "source that sends more than the guard lets it")                              \
	/* malformed: anything needed that does not follow the grammar */                              \
	X(bad_start_line, 400, "start line is not Method SP Request-URI SP SIP-Version")               \
	X(bad_version, 505, "SIP version other than 2.0")                                              \
	X(bad_status, 0, "status code outside 100 to 699")                                             \
	X(bad_uri, 400, "Request-URI malformed")                                                       \
	X(bad_uri_scheme, 416, "Request-URI scheme other than sip, sips or tel")                       \
	X(bad_line, 400, "bare CR or LF, or NUL outside a quoted pair, in the header")                 \
	X(no_header_end, 400, "no blank line ends the header")                                         \
	X(bad_via, 0, "no Via, or its sent-by cannot be read")                                         \
	X(bad_via_params, 400, "parameters of the top Via malformed")                                  \
	X(bad_from, 400, "From missing, twice or malformed")                                           \
	X(bad_to, 400, "To missing, twice or malformed")                                               \
	X(bad_call_id, 400, "Call-ID missing, twice or malformed")                                     \
	X(bad_cseq, 400, "CSeq missing, twice, malformed or out of range")                             \
	X(bad_cseq_method, 400, "CSeq method is not the request's method")                             \
	X(bad_max_forwards, 400, "Max-Forwards twice, malformed or above 255")                         \
	X(bad_content_length, 400, "Content-Length twice, malformed or more than the datagram holds")  \
	X(bad_route, 400, "Route malformed")                                                           \
	X(too_many_hops, 483, "Max-Forwards is 0")                                                     \
	X(bad_extension, 420, "Proxy-Require names extensions")                                        \
	X(no_destination, 503, "nothing active in the set")                                            \
	X(destinations_full, 503, "every destination of the set has as many calls as it may")          \
	X(destination_slow, 503, "destination needs the slow path (transport, or local to this host)") \
	X(destination_far, 503, "destination of a dsr listener is behind a gateway")                   \
	X(no_action, 404, "no route matched the request")                                              \
	X(failover_timeout, 408, "no destination that was tried has answered in time")                 \
	X(fork_answered, 0, "INVITE to all destinations answered 100, or its CANCEL answered 200")     \
	X(routed_reply, 0, "answered by a route")                                                      \
	X(routed_redirect, 0, "answered by a route with the place of a destination")                   \
	X(redirect_loop, 404, "redirect to the place that the request is for, or to the listener")     \
	/* dropped on purpose */                                                                       \
	X(ack_own_reply, 0, "ACK to a reply built here, absorbed")                                     \
	X(ack_no_call, 0, "ACK of no known call")                                                      \
	X(cancel_no_call, 0, "CANCEL of no known call")                                                \
	X(unanswerable, 0, "fault in an ACK or response, or nothing safe to copy into a reply")        \
	X(via_not_ours, 0, "response whose top Via is not ours")                                       \
	X(via_forged, 0, "response whose top Via does not verify")                                     \
	X(via_last, 0, "response with no Via but ours")                                                \
	X(bad_next_hop, 0, "next hop is broadcast, multicast, zero or this listener")                  \
	X(route_foreign, 403, "request from a destination to a place that cannot be read")             \
	X(route_forged, 403, "Route with a flow that is not one of ours")                              \
	X(routed_drop, 0, "dropped by a route")                                                        \
	X(failover_answer, 0, "failure of a destination, absorbed as another one is tried")            \
	X(failover_late, 0, "response of a destination that failover has given up, absorbed")          \
	X(fork_absorbed, 0, "answer, or ACK, that ends here, as the request went to all destinations") \
	/* of the slow path alone */                                                                   \
	X(overload, 0, "new request, shed by the slow path because it cannot keep up")                 \
	X(send_failed, 0, "the kernel did not take what the slow path had to send")                    \
	/* for the slow path */                                                                        \
	X(slow_fragment, 0, "IP fragment")                                                             \
	X(slow_ip_options, 0, "IPv4 options or IPv6 extension headers")                                \
	X(slow_length, 0, "UDP length does not match the frame (GSO, several buffers)")                \
	X(slow_too_long, 0, "message or one of its values beyond the fast path's bounds")              \
	X(slow_partial, 0, "partial checksum in generic mode and a length that would change")          \
	X(slow_head_room, 0, "no head room for the growth")                                            \
	X(slow_mtu, 0, "grown beyond the MTU of the next link")                                        \
	X(slow_neighbour, 0, "next hop has no resolved neighbour")                                     \
	X(slow_no_route, 0, "no route, forwarding off, or a local address")                            \
	X(slow_name, 0, "next hop is a name or another transport")                                     \
	X(slow_strict, 0, "strict router before or behind: Request-URI and Route change places")       \
	X(slow_reply, 0, "built reply longer than the request, or of too many rows")                   \
	X(slow_plan, 0, "more edits than a plan holds")                                                \
	X(slow_failover, 0, "answer of a destination, for failover to act on")                         \
	X(slow_fork, 0, "request for all destinations of its set, or what belongs to one")

enum verdict {
#define X(name, help) VERDICT_##name,
	VERDICT_LIST(X)
#undef X
		VERDICT_MAX
};

enum reason {
#define X(name, code, help) REASON_##name,
	REASON_LIST(X)
#undef X
		REASON_MAX
};

#endif
