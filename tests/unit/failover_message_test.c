// SPDX-License-Identifier: GPL-2.0-or-later
/* failover_message_test.c - the ACK and the CANCEL that a destination which failed gets (RFC 3261 9.1, 17.1.1.3). */
#include "test.h"

#include <errno.h>

#include "failover_message.h"

#define VIA "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;sx=2\r\n"
#define END "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"

static const struct row {
	const char *name;
	const char *method;
	const char *request;
	const char *to; /* NULL: the request */
	const char *want;
} rows[] = {
	{ "ACK", "ACK",
	  "INVITE sip:b@y SIP/2.0\r\n" VIA "Via: SIP/2.0/UDP c;branch=z\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\n"
	  "Call-ID: c\r\nCSeq: 7 INVITE\r\nContent-Length: 4\r\n\r\nTo: x",
	  "SIP/2.0 500 No\r\nVia: x\r\nt: <sip:b@y>\r\n ;tag=2\r\n\r\n",
	  "ACK sip:b@y SIP/2.0\r\n" VIA
	  "From: <sip:a@x>;tag=1\r\nCall-ID: c\r\nCSeq: 7 ACK\r\nt: <sip:b@y>\r\n ;tag=2\r\n" END },
	{ "CANCEL, compact, with Routes", "CANCEL",
	  "\r\n\r\nINVITE sip:b@y SIP/2.0\r\nv : SIP/2.0/UDP 192.0.2.1\r\nRoute: <sip:r;lr>\r\nroute:\r\n <sip:s;lr>\r\n"
	  "Record-Route: <sip:no>\r\nf:<sip:a@x>;tag=1\r\nt:<sip:b@y>\r\nTopic: no\r\ni:c\r\ncseq:  0007\r\n INVITE\r\n\r\n",
	  NULL,
	  "CANCEL sip:b@y SIP/2.0\r\nv : SIP/2.0/UDP 192.0.2.1\r\nRoute: <sip:r;lr>\r\nroute:\r\n <sip:s;lr>\r\n"
	  "f:<sip:a@x>;tag=1\r\ni:c\r\nCSeq: 0007 CANCEL\r\nt:<sip:b@y>\r\n" END },
	{ "no To", "ACK", "INVITE sip:b@y SIP/2.0\r\n" VIA "From: x\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n\r\nTo: x\r\n",
	  NULL, NULL },
	{ "no CSeq", "ACK", "INVITE sip:b@y SIP/2.0\r\n" VIA "From: x\r\nCall-ID: c\r\nTo: x\r\n\r\n", NULL, NULL },
	{ "no number", "ACK", "INVITE sip:b@y SIP/2.0\r\n" VIA "From: x\r\nCall-ID: c\r\nTo: x\r\nCSeq: x\r\n\r\n",
	  NULL, NULL },
	{ "nothing", "ACK", "", NULL, NULL },
};

static void messages(void **state)
{
	const struct row *row = *state;
	const char *to = row->to ? row->to : row->request;
	unsigned char out[1024];
	ssize_t n = failover_message(row->method, (const unsigned char *)row->request, strlen(row->request),
				     (const unsigned char *)to, strlen(to), out, sizeof(out));

	if (!row->want) {
		check_int("refused", n, -EINVAL);
		return;
	}
	check_mem("message", out, n > 0 ? (size_t)n : 0, row->want, strlen(row->want));
	check_int("no room",
		  failover_message(row->method, (const unsigned char *)row->request, strlen(row->request),
				   (const unsigned char *)to, strlen(to), out, (size_t)n - 1),
		  -ENOSPC);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "message", messages, rows);
	return test_run(&tests, "failover_message");
}
