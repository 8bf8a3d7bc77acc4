// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_message_test.c - requests as the SIP core reads them; answers and what is none.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>

#include "ping_message.h"
#include "sip_check.h"
#include "sip_parse.h"
#include "uri.h"

static const __u64 key[2] = { 0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull };

static struct ds_endpoint endpoint(const char *ip, __u16 port)
{
	struct ds_endpoint at = { .port_be = htons(port) };

	check_int("address", uri_address(ip, &at.ip), 0);
	return at;
}

static const struct build_row {
	const char *name;
	const char *method;
	const char *uri;
	const char *from;
	const char *local;
	const char *want_from;
	const char *want_sent_by;
	size_t n_headers;
} builds[] = {
	{ "plain", "OPTIONS", "sip:192.0.2.1", NULL, "192.0.2.9", "sip:ping@192.0.2.9:5070", "192.0.2.9", 0 },
	{ "empty From", "OPTIONS", "sip:192.0.2.1", "", "192.0.2.9", "sip:ping@192.0.2.9:5070", "192.0.2.9", 0 },
	{ "From", "OPTIONS", "sip:192.0.2.1;transport=udp", "sip:mon@example.com", "192.0.2.9", "sip:mon@example.com",
	  "192.0.2.9", 0 },
	{ "IPv6", "OPTIONS", "sip:[2001:db8::1]:5080", NULL, "2001:db8::9", "sip:ping@[2001:db8::9]:5070",
	  "2001:db8::9", 0 },
	{ "method", "KEEPALIVE", "sip:bob@example.com:5062", NULL, "192.0.2.9", "sip:ping@192.0.2.9:5070", "192.0.2.9",
	  0 },
	{ "headers", "INFO", "sip:192.0.2.1", NULL, "192.0.2.9", "sip:ping@192.0.2.9:5070", "192.0.2.9", 2 },
};

static void span_is(const char *what, const char *data, struct sip_span s, const char *want)
{
	check_mem(what, data + s.off, s.len, want, strlen(want));
}

static struct sip_msg parse(const char *data, size_t len)
{
	const __u8 *octets = (const __u8 *)data;
	struct sip_ctx c = { octets, octets + len };
	struct sip_buf b = sip_buf(&c);
	struct sip_msg m;

	memset(&m, 0, sizeof(m));
	sip_parse(&b, &m, 0);
	return m;
}

static void request_is_sound(void **state)
{
	static struct conf_ping conf = { .header = { "X-Probe: yes", "Subject: are you there" } };
	const struct build_row *row = *state;
	struct ds_endpoint local = endpoint(row->local, 5070);
	struct ping_request r = { row->method, row->uri, row->from, &conf, &local, 0x1234, { 0 } };
	char buf[PING_MESSAGE_MAX + 1] = "";
	struct sip_msg m;
	int len;

	conf.n_headers = row->n_headers;
	ping_message_ids(key, 1, r.slot, 2, 3, &r.ids);
	len = ping_message_build(&r, buf, PING_MESSAGE_MAX);
	check_true("length", len > 0);
	m = parse(buf, (size_t)len);
	check_int("beyond", m.beyond, 0);
	check_int("fault", sip_check_request(&m, DS_MODE_PROXY), REASON_none);
	check_int("kind", m.kind, SIP_KIND_REQUEST);
	span_is("method", buf, m.method_name, row->method);
	span_is("Request-URI", buf, m.uri.all, row->uri);
	span_is("sent-by", buf, m.via.host, row->want_sent_by);
	check_int("sent-by port", m.via.port, 5070);
	check_int("brackets", m.via.is_ip6, strchr(row->local, ':') != NULL);
	check_true("rport asked for", m.via.has_rport && !m.via.rport.len);
	check_int("magic cookie", m.via.magic, 1);
	check_true("UDP", m.via.is_udp);
	check_int("one Via", m.twice & SIP_SEEN(VIA), 0);
	check_int("Max-Forwards", m.max_forwards, 70);
	span_is("From", buf, m.from.uri, row->want_from);
	check_int("From tag", m.from.tag.len, 16);
	span_is("To", buf, m.to.uri, row->uri);
	check_int("no To tag", m.to.tag.len, 0);
	check_int("Call-ID", m.call_id.len, 16);
	check_int("CSeq", m.cseq, 1);
	check_int("ends with the datagram", m.end, len);
	check_true("Contact", strstr(buf, "\r\nContact: <sip:") != NULL);
	check_true("User-Agent", strstr(buf, "\r\nUser-Agent: sipxdp\r\n") != NULL);
	check_int("first header", strstr(buf, "\r\nX-Probe: yes\r\n") != NULL, row->n_headers > 0);
	check_int("second header", strstr(buf, "\r\nSubject: are you there\r\n") != NULL, row->n_headers > 1);
}

static void request_fits_or_is_refused(void **state)
{
	static const struct conf_ping conf;
	struct ds_endpoint local = endpoint("192.0.2.9", 5070);
	struct ping_request r = { "OPTIONS", "sip:192.0.2.1", NULL, &conf, &local, 1, { 0 } };
	char buf[PING_MESSAGE_MAX];
	int i, len = ping_message_build(&r, buf, sizeof(buf));
	char *exact;

	(void)state;
	for (i = 0; i < len; i++) {
		exact = malloc((size_t)i + 1);
		assert_non_null(exact);
		check_int("too small", ping_message_build(&r, exact, (size_t)i), -EMSGSIZE);
		free(exact);
	}
	check_int("large enough", ping_message_build(&r, buf, (size_t)len + 1), len);
}

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return (x > y) - (x < y);
}

static void ids_differ(void **state)
{
	static __u64 seen[4 * 10 * 10 * 10 * 2];
	struct ping_ids ids;
	size_t n = 0, i;
	unsigned int start, slot, id, count;

	(void)state;
	for (start = 0; start < 2; start++)
		for (slot = 0; slot < 10; slot++)
			for (id = 0; id < 10; id++)
				for (count = 0; count < 10; count++) {
					ping_message_ids(key, start, slot, id, count, &ids);
					seen[n++] = ids.branch;
					seen[n++] = ids.tag;
					seen[n++] = ids.call_id;
					seen[n++] = ids.jitter;
				}
	qsort(seen, n, sizeof(*seen), compare);
	for (i = 1; i < n; i++)
		check_true("all differ", seen[i] != seen[i - 1]);
}

#define BRANCH "z9hG4bK00001234fedcba9876543210"
#define VIA "Via: SIP/2.0/UDP 192.0.2.9:5070;rport=5070;branch=" BRANCH "\r\n"
#define REST "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
#define END "Content-Length: 0\r\n\r\n"

static const struct read_row {
	const char *name;
	const char *text;
	int want;
	bool named;
	unsigned int code;
} reads[] = {
	{ "200", "SIP/2.0 200 OK\r\n" VIA REST END, 0, true, 200 },
	{ "100", "SIP/2.0 100 Trying\r\n" VIA REST END, 0, true, 100 },
	{ "699", "SIP/2.0 699 \r\n" VIA REST END, 0, true, 699 },
	{ "no Content-Length", "SIP/2.0 404 Not Found\r\n" VIA REST "\r\n", 0, true, 404 },
	{ "compact, folded, any case",
	  "SIP/2.0 200 OK\r\nv:SIP / 2.0 / UDP\r\n 192.0.2.9:5070 ;BRANCH=\r\n " BRANCH "\r\n" REST END, 0, true, 200 },
	{ "digits of the branch in upper case",
	  "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=Z9HG4BK00001234FEDCBA9876543210\r\n" REST END, 0, true,
	  200 },
	{ "body", "SIP/2.0 200 OK\r\n" VIA REST "Content-Length: 4\r\n\r\nv=0\n", 0, true, 200 },
	{ "two Vias", "SIP/2.0 200 OK\r\n" VIA VIA REST END, -EINVAL, true, 200 },
	{ "two Vias in a row",
	  "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=" BRANCH ", SIP/2.0/UDP h;branch=" BRANCH "\r\n" REST END,
	  -EINVAL, true, 200 },
	{ "no Via", "SIP/2.0 200 OK\r\n" REST END, -EINVAL, false, 200 },
	{ "no CSeq is not the Via's business", "SIP/2.0 200 OK\r\n" VIA "Call-ID: x\r\n" END, 0, true, 200 },
	{ "body cut off", "SIP/2.0 200 OK\r\n" VIA REST "Content-Length: 5\r\n\r\nv=0\n", -EINVAL, true, 200 },
	{ "forwarder's branch", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKfedcba9876543210\r\n" REST END,
	  -EINVAL, false, 200 },
	{ "branch with a letter too far",
	  "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK00001234gedcba9876543210\r\n" REST END, -EINVAL, false,
	  200 },
	{ "branch without cookie",
	  "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bX00001234fedcba9876543210\r\n" REST END, -EINVAL, false,
	  200 },
	{ "request", "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST END, -EINVAL, false, 0 },
	{ "status out of range", "SIP/2.0 700 X\r\n" VIA REST END, -EINVAL, false, 0 },
	{ "keepalive", "\r\n\r\n", -EINVAL, false, 0 },
	{ "nothing", "", -EINVAL, false, 0 },
	{ "no SIP", "GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n", -EINVAL, false, 0 },
};

static void answer_is_read(void **state)
{
	const struct read_row *row = *state;
	size_t len = strlen(row->text);
	unsigned char *exact = malloc(len + 1);
	struct ping_reply r;
	struct sip_msg m;
	int err;

	assert_non_null(exact);
	/* no octet behind it is readable */
	memcpy(exact + 1, row->text, len);
	err = ping_message_read(exact + 1, len, &m, &r);
	free(exact);
	check_int("return value", err, row->want);
	check_int("named", r.named, row->named);
	check_int("code", r.code, row->code);
	if (row->named) {
		check_int("slot", r.slot, 0x1234);
		check_true("branch", r.branch == 0xfedcba9876543210ull);
	}
}

static const struct cseq_row {
	const char *name;
	const char *cseq;
	const char *method;
	bool want;
} cseqs[] = {
	{ "same", "CSeq: 1 OPTIONS", "OPTIONS", true },
	{ "blanks", "CSeq:\t 1 \t OPTIONS  ", "OPTIONS", true },
	{ "folded", "CSeq: 1\r\n OPTIONS", "OPTIONS", true },
	{ "own method", "CSeq: 1 KEEPALIVE", "KEEPALIVE", true },
	{ "another", "CSeq: 1 INFO", "OPTIONS", false },
	{ "longer", "CSeq: 1 OPTIONSX", "OPTIONS", false },
	{ "shorter", "CSeq: 1 OPTION", "OPTIONS", false },
	{ "lower case", "CSeq: 1 options", "OPTIONS", false },
	{ "none", "X: y", "OPTIONS", false },
};

static void method_is_compared(void **state)
{
	const struct cseq_row *row = *state;
	const unsigned char *data;
	struct ping_reply r;
	struct sip_msg m;
	char text[1000];
	int len;

	len = snprintf(text, sizeof(text),
		       "SIP/2.0 200 OK\r\n" VIA "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n%s\r\n" END,
		       row->cseq);
	data = (const unsigned char *)text;
	check_int("sound", ping_message_read(data, (size_t)len, &m, &r), 0);
	check_int("of that method", ping_message_is_of(data, (size_t)len, &m, row->method), row->want);
}

static void answer_names_its_ping(void **state)
{
	static const struct conf_ping conf;
	struct ds_endpoint local = endpoint("2001:db8::9", 5070);
	struct ping_request q = { "OPTIONS", "sip:192.0.2.1", NULL, &conf, &local, 0xfedcba98, { 0 } };
	char request[PING_MESSAGE_MAX + 1] = "", text[2 * PING_MESSAGE_MAX];
	struct ping_reply r;
	struct sip_msg m;
	int len;

	(void)state;
	ping_message_ids(key, 1, q.slot, 2, 3, &q.ids);
	check_true("request", ping_message_build(&q, request, PING_MESSAGE_MAX) > 0);
	/* the rows of the request under a status line are an answer */
	len = snprintf(text, sizeof(text), "SIP/2.0 200 OK%s", strstr(request, "\r\n"));
	check_int("sound", ping_message_read((const unsigned char *)text, (size_t)len, &m, &r), 0);
	check_true("slot", r.slot == q.slot);
	check_true("branch", r.branch == q.ids.branch);
	check_true("method", ping_message_is_of((const unsigned char *)text, (size_t)len, &m, "OPTIONS"));
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "request", request_is_sound, builds);
	test_add(&tests, "request: fits or is refused", request_fits_or_is_refused, NULL);
	test_add(&tests, "ids differ", ids_differ, NULL);
	test_rows(&tests, "answer", answer_is_read, reads);
	test_rows(&tests, "CSeq", method_is_compared, cseqs);
	test_add(&tests, "answer names its ping", answer_names_its_ping, NULL);
	return test_run(&tests, "ping_message");
}
