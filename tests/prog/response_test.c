// SPDX-License-Identifier: GPL-2.0-or-later
/* response_test.c - what comes back for a forwarded request: verified, our Via popped, sent by the next one. */
#include "test.h"

#include <arpa/inet.h>

#include "prog.h"
#include "sip_branch.h"

#define START "INVITE sip:bob@example.com SIP/2.0\r\n"
#define REST                                                                                               \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1@example.com\r\n" \
	"CSeq: 1 INVITE\r\n"
#define END "Max-Forwards: 70\r\n" REST "Content-Length: 0\r\n\r\n"
#define VIA "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\n"
#define ANSWERED                                                                                                   \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>;tag=uas\r\nCall-ID: c1@example.com\r\n" \
	"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
/* Not what sent-by says. */
#define CLIENT_PORT 40000

static char answer[PROG_TEXT_MAX];

/* Sends a request from the client's CLIENT_PORT and writes the answer that its destination would give. */
static struct pkt answer_to(const char *request, int is_ip6, const char *status)
{
	struct pkt p = prog_from_client(is_ip6), back;
	char text[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;
	unsigned int i;

	p.len = prog_text(text, request, is_ip6);
	p.payload = text;
	p.src.port_be = htons(CLIENT_PORT);
	prog_packet(&r, PROG_IN, &p);
	check_str("verdict of the request", r.verdict, "forward");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	prog_answer(answer, v.payload, v.len, status);
	for (i = 0; i < PROG_DESTS; i++) {
		back = prog_from_dest(is_ip6, i);
		if (pkt_same_endpoint(&back.src, &v.dst))
			break;
	}
	back.src = v.dst;
	back.payload = answer;
	back.len = strlen(answer);
	return back;
}

static void scene(void)
{
	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
}

struct frame_row {
	int is_ip6;
	unsigned int tags;
	enum pkt_sum sum;
	int back; /* comes in on the client's link */
};

static struct frame_row frame_rows[64];

static void frames(void **state)
{
	static const unsigned char in_mac[6] = { 2, 0, 0, 0, 0, 1 }, client_mac[6] = { 2, 0, 0, 0, 0, 0x20 };
	const struct frame_row *row = *state;
	struct ds_endpoint client = prog_from_client(row->is_ip6).src;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;

	scene();
	p = answer_to(START VIA END, row->is_ip6, "200 OK");
	p.tags = row->tags;
	p.vlan[0] = 100;
	p.vlan[1] = 200;
	p.sum = row->sum;
	p.tos = 0x68;
	prog_packet(&r, row->back ? PROG_IN : PROG_OUT, &p);
	prog_check(&r, row->back ? XDP_TX : XDP_REDIRECT, "forward", "response");
	prog_check_out(&r, &v, row->sum == PKT_SUM_NONE ? PKT_SUM_NONE : PKT_SUM_VALID);
	check_mem("source MAC address", v.smac, 6, in_mac, 6);
	check_mem("destination MAC address", v.dmac, 6, client_mac, 6);
	check_int("VLAN tags", v.tags, row->back ? row->tags : 0);
	check_int("TTL", v.ttl, 64);
	check_int("DSCP", v.tos, 0x68);
	client.port_be = htons(CLIENT_PORT);
	prog_check_endpoint("source", &v.src, &p.dst);
	prog_check_endpoint("destination", &v.dst, &client);
	prog_check_text("payload", v.payload, v.len,
			"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=40000\r\n" ANSWERED,
			row->is_ip6);
}

struct place_row {
	const char *name;
	const char *vias;  /* of the request */
	unsigned int port; /* where the answer goes */
	const char *want;
};

static const struct place_row place_rows[] = {
	{ "no rport: the port of sent-by", "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n", 5062,
	  "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" },
	{ "no port: 5060", "Via: SIP/2.0/UDP phone.example.com;branch=z9hG4bKx1\r\n", 5060,
	  "Via: SIP/2.0/UDP phone.example.com;received=%c;branch=z9hG4bKx1\r\n" },
	{ "rport: the source port", VIA, CLIENT_PORT,
	  "Via: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=40000\r\n" },
	{ "a private sent-by", "Via: SIP/2.0/UDP 10.0.0.1:5066;branch=z9hG4bKx1;rport\r\n", CLIENT_PORT,
	  "Via: SIP/2.0/UDP 10.0.0.1:5066;received=%c;branch=z9hG4bKx1;rport=40000\r\n" },
	{ "RFC 2543: no branch", "Via: SIP/2.0/UDP %C\r\n", 5062, "Via: SIP/2.0/UDP %C\r\n" },
	{ "RFC 2543: branch without cookie", "Via: SIP/2.0/UDP %C;branch=1\r\n", 5062,
	  "Via: SIP/2.0/UDP %C;branch=1\r\n" },
	{ "the cookie alone", "Via: SIP/2.0/UDP %C;branch=z9hG4bK\r\n", 5062,
	  "Via: SIP/2.0/UDP %C;branch=z9hG4bK\r\n" },
	{ "more Vias below stay", VIA "Via: SIP/2.0/TLS a.example.com;branch=z9hG4bKx0\r\nv: SIP/2.0/UDP b\r\n",
	  CLIENT_PORT,
	  "Via: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=40000\r\n"
	  "Via: SIP/2.0/TLS a.example.com;branch=z9hG4bKx0\r\nv: SIP/2.0/UDP b\r\n" },
};

static void places(void **state)
{
	const struct place_row *row = *state;
	char request[PROG_TEXT_MAX], want[PROG_TEXT_MAX];
	struct ds_endpoint client;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene();
		snprintf(request, sizeof(request), START "%s" END, row->vias);
		p = answer_to(request, i, "180 Ringing");
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		client = prog_from_client(i).src;
		client.port_be = htons((__u16)row->port);
		prog_check_endpoint("destination", &v.dst, &client);
		snprintf(want, sizeof(want), "SIP/2.0 180 Ringing\r\n%s" ANSWERED, row->want);
		prog_check_text("payload", v.payload, v.len, want, i);
	}
}

/* A destination may write the rows anew. */
struct spelling_row {
	const char *name;
	const char *find;
	const char *put;
	const char *want;
};

#define POPPED "SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=40000"

static const struct spelling_row spelling_rows[] = {
	{ "one row, comma", "\r\nVia: SIP/2.0/UDP %C", ", SIP/2.0/UDP %C", "Via: " POPPED "\r\n" },
	{ "one row, comma without a blank", "\r\nVia: SIP/2.0/UDP %C", ",SIP/2.0/UDP %C", "Via: " POPPED "\r\n" },
	{ "one row, blanks and a fold", "\r\nVia: SIP/2.0/UDP %C", " ,\r\n\tSIP/2.0/UDP %C", "Via: " POPPED "\r\n" },
	{ "compact and lower case", "Via: ", "v:", "Via: " POPPED "\r\n" },
	{ "blanks around the slashes", "Via: SIP/2.0/UDP", "VIA : SIP / 2.0 / UDP", "Via: " POPPED "\r\n" },
	{ "our row folded", ";branch=", "\r\n ;branch=", "Via: " POPPED "\r\n" },
	{ "received added to ours", ";sx=", ";received=%l;rport=5060;sx=", "Via: " POPPED "\r\n" },
	{ "a parameter behind ours", "\r\nVia: SIP/2.0/UDP %C", ";x=\"y,z\"\r\nVia: SIP/2.0/UDP %C",
	  "Via: " POPPED "\r\n" },
	{ "line ends before the start line", "SIP/2.0 200 OK", "\r\n\r\nSIP/2.0 200 OK", "Via: " POPPED "\r\n" },
};

static void spellings(void **state)
{
	const struct spelling_row *row = *state;
	char want[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene();
		p = answer_to(START VIA END, i, "200 OK");
		/* blanks after the colon are ours, one or two */
		if (strstr(answer, "Via:  "))
			prog_replace(answer, "Via:  ", "Via: ", i);
		prog_replace(answer, row->find, row->put, i);
		p.len = strlen(answer);
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		snprintf(want, sizeof(want), "SIP/2.0 200 OK\r\n%s" ANSWERED, row->want);
		prog_check_text("payload", v.payload, v.len, want, i);
	}
}

struct forged_row {
	const char *name;
	const char *find;
	const char *put;
	const char *reason; /* of the drop */
};

static const struct forged_row forged_rows[] = {
	{ "top Via of somebody else", "SIP/2.0/UDP %L", "SIP/2.0/UDP 203.0.113.7:5060", "via_not_ours" },
	{ "top Via with another port", "%L", "%l:5061", "via_not_ours" },
	{ "top Via is a name", "%L", "sip.example.com", "via_not_ours" },
	{ "our Via alone", "\r\nVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=40000", "", "via_last" },
	{ "received of a victim", ";received=%c", ";received=203.0.113.66", "via_forged" },
	{ "rport of a victim", "rport=40000", "rport=40001", "via_forged" },
	{ "rport removed", ";rport=40000", "", "via_forged" },
	{ "the client's branch changed", "branch=z9hG4bKx1", "branch=z9hG4bKx2", "via_forged" },
	{ "the client's sent-by changed", "%C", "203.0.113.66:5062", "via_forged" },
	{ "the client's sent-by with another port", ":5062;", ";", "via_forged" },
	{ "sx removed", ";sx=", ";yx=", "via_forged" },
	{ "branch longer", ";sx=", "0;sx=", "via_forged" },
	{ "status 99", "SIP/2.0 200 OK", "SIP/2.0 099 OK", "bad_status" },
	{ "status 700", "SIP/2.0 200 OK", "SIP/2.0 700 OK", "bad_status" },
	{ "version 3.0", "SIP/2.0 200 OK", "SIP/3.0 200 OK", "bad_version" },
	{ "Content-Length beyond the datagram", "Content-Length: 0", "Content-Length: 1", "bad_content_length" },
	{ "CSeq out of range", "CSeq: 1 ", "CSeq: 4294967296 ", "bad_cseq" },
	{ "no empty line", "Length: 0\r\n\r\n", "Length: 0\r\n", "no_header_end" },
	{ "bare LF", "CSeq: 1 INVITE\r\n", "CSeq: 1 INVITE\n", "bad_line" },
	{ "our row under another name", "Via: ", "Not: ", "via_not_ours" },
};

static void forged(void **state)
{
	const struct forged_row *row = *state;
	struct prog_run r;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene();
		p = answer_to(START VIA END, i, "200 OK");
		prog_replace(answer, row->find, row->put, i);
		p.len = strlen(answer);
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_DROP, "drop", row->reason);
		prog_check_untouched(&r, &p);
	}
}

/* Faults that do not concern the Vias stop no response. */
static const struct forged_row tolerated_rows[] = {
	{ "no Call-ID", "Call-ID", "Call-Ex", "" },
	{ "no To", "To: ", "T0: ", "" },
	{ "From that cannot be read", "From: <", "From: <<", "" },
	{ "CSeq of another method", "1 INVITE", "1 BYE", "" },
	{ "no CSeq", "CSeq: ", "CSee: ", "" },
	{ "junk in Max-Forwards", "Content-Length: 0", "Max-Forwards: x\r\nContent-Length: 0", "" },
	{ "Proxy-Require", "Content-Length: 0", "Proxy-Require: x\r\nContent-Length: 0", "" },
	{ "octets behind the body", "Length: 0\r\n\r\n", "Length: 0\r\n\r\nnoise", "" },
	{ "received removed, which sent-by says too", ";received=%c", "", "" },
	{ "no reason phrase", "SIP/2.0 200 OK", "SIP/2.0 200 ", "" },
};

static void tolerated(void **state)
{
	const struct forged_row *row = *state;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene();
		p = answer_to(START VIA END, i, "200 OK");
		prog_replace(answer, row->find, row->put, i);
		p.len = strlen(answer);
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "response");
		prog_check_out(&r, &v, PKT_SUM_VALID);
	}
}

/* Each octet of our branch and sx counts. */
static void every_digit(void **state)
{
	struct prog_run r;
	size_t at, end;
	struct pkt p;

	(void)state;
	scene();
	p = answer_to(START VIA END, 0, "200 OK");
	at = (size_t)(strstr(answer, "z9hG4bK") - answer) + 7;
	end = (size_t)(strstr(answer, ";sx=") - answer) + 20;
	for (; at < end; at++) {
		if (answer[at] == ';')
			at += 4;
		answer[at] = answer[at] == '0' ? '1' : '0';
		prog_packet(&r, PROG_OUT, &p);
		prog_check(&r, XDP_DROP, "drop", "via_forged");
		p = answer_to(START VIA END, 0, "200 OK");
	}
	prog_packet(&r, PROG_OUT, &p);
	prog_check(&r, XDP_REDIRECT, "forward", "response");
}

/* Nor does one listener take the Via of another. */
static void other_listener(void **state)
{
	struct prog_run r;
	struct pkt p;

	(void)state;
	scene();
	prog_listener(PROG_L4_OTHER, "192.0.2.2", 5060, DS_MODE_PROXY, DS_AFFINITY_CALLS);
	prog_set(3, PROG_L4_OTHER, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, 0), 1);
	p = answer_to(START VIA END, 0, "200 OK");
	p.dst = pkt_endpoint("192.0.2.2", 5060);
	prog_packet(&r, PROG_OUT, &p);
	prog_check(&r, XDP_DROP, "drop", "via_not_ours");
	prog_replace(answer, "%L", "192.0.2.2:5060", 0);
	prog_packet(&r, PROG_OUT, &p);
	prog_check(&r, XDP_DROP, "drop", "via_forged");
}

struct hop_row {
	const char *name;
	int is_ip6;
	const char *received;
	unsigned int port;
	const char *verdict;
	const char *reason;
};

static const struct hop_row hop_rows[] = {
	{ "as it should be", 0, "192.0.2.20", 40000, "forward", "response" },
	{ "multicast", 0, "224.0.0.5", 40000, "drop", "bad_next_hop" },
	{ "limited broadcast", 0, "255.255.255.255", 40000, "drop", "bad_next_hop" },
	{ "zero", 0, "0.0.0.0", 40000, "drop", "bad_next_hop" },
	{ "loopback", 0, "127.0.0.1", 40000, "drop", "bad_next_hop" },
	{ "port 0", 0, "192.0.2.20", 0, "drop", "bad_next_hop" },
	{ "this listener", 0, "192.0.2.1", 5060, "drop", "bad_next_hop" },
	{ "broadcast of a subnet", 0, "192.0.2.255", 40000, "needs_slow_path", "slow_no_route" },
	{ "another port of this host", 0, "192.0.2.1", 40000, "needs_slow_path", "slow_no_route" },
	{ "nobody's network", 0, "203.0.113.66", 40000, "needs_slow_path", "slow_no_route" },
	{ "no neighbour", 0, "192.0.2.99", 40000, "needs_slow_path", "slow_neighbour" },
	{ "IPv6 from IPv4", 0, "2001:db8:1::20", 40000, "needs_slow_path", "slow_no_route" },
	{ "as it should be, IPv6", 1, "2001:db8:1::20", 40000, "forward", "response" },
	{ "as it should be, IPv6 in brackets", 1, "[2001:db8:1::20]", 40000, "forward", "response" },
	{ "multicast, IPv6", 1, "ff02::1", 40000, "drop", "bad_next_hop" },
	{ "loopback, IPv6", 1, "::1", 40000, "drop", "bad_next_hop" },
	{ "unspecified, IPv6", 1, "::", 40000, "drop", "bad_next_hop" },
	{ "this listener, IPv6", 1, "2001:db8:1::1", 5060, "drop", "bad_next_hop" },
	{ "mapped IPv4 from IPv6", 1, "::ffff:192.0.2.20", 40000, "needs_slow_path", "slow_no_route" },
	{ "no neighbour, IPv6", 1, "2001:db8:1::99", 40000, "needs_slow_path", "slow_neighbour" },
};

/* Writes a Via of ours that verifies for any place into the answer, as only someone with the key can. */
static void sign(const struct hop_row *row, const struct ds_endpoint *listener)
{
	char *branch = strstr(answer, "branch=z9hG4bK") + 14, text[64], digits[17];
	struct ds_endpoint to;
	__u64 sx;

	snprintf(text, sizeof(text), "%s", row->received + (*row->received == '['));
	text[strcspn(text, "]")] = '\0';
	to = pkt_endpoint(text, row->port);
	sx = sip_sx(prog.state->key, strtoull(branch, NULL, 16), listener, &to);
	snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)sx);
	memcpy(strstr(answer, ";sx=") + 4, digits, 16);
	snprintf(text, sizeof(text), ";received=%s", row->received);
	prog_replace(answer, ";received=%c", text, row->is_ip6);
	snprintf(text, sizeof(text), "rport=%u", row->port);
	prog_replace(answer, "rport=40000", text, row->is_ip6);
}

static void next_hops(void **state)
{
	const struct hop_row *row = *state;
	int sent = !strcmp(row->verdict, "forward");
	struct prog_run r;
	struct pkt p;

	scene();
	p = answer_to(START VIA END, row->is_ip6, "200 OK");
	sign(row, &p.dst);
	p.len = strlen(answer);
	prog_packet(&r, PROG_OUT, &p);
	prog_check(&r, sent ? XDP_REDIRECT : XDP_DROP, row->verdict, row->reason);
	if (!sent)
		prog_check_untouched(&r, &p);
}

static void add_frames(struct test_list *tests)
{
	static const char *const sums[] = { "valid", "no", "partial" };
	struct frame_row *row = frame_rows;
	char name[128];
	int i, sum, back;
	unsigned int tags;

	for (i = 0; i < 2; i++) {
		for (tags = 0; tags <= 2; tags++) {
			for (sum = PKT_SUM_VALID; sum <= PKT_SUM_PARTIAL; sum++) {
				for (back = 0; back < 2; back++) {
					if (i && sum == PKT_SUM_NONE)
						continue;
					*row = (struct frame_row){ i, tags, (enum pkt_sum)sum, back };
					snprintf(name, sizeof(name), "frames: IPv%d, %u tags, %s checksum, %s",
						 i ? 6 : 4, tags, sums[sum], back ? "same link" : "other link");
					test_add(tests, name, frames, row++);
				}
			}
		}
	}
}

int main(void)
{
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	add_frames(&tests);
	test_rows(&tests, "places", places, place_rows);
	test_rows(&tests, "spellings", spellings, spelling_rows);
	test_rows(&tests, "forged", forged, forged_rows);
	test_rows(&tests, "tolerated", tolerated, tolerated_rows);
	test_rows(&tests, "next hop", next_hops, hop_rows);
	test_add(&tests, "every digit of branch and sx counts", every_digit, NULL);
	test_add(&tests, "a Via of another listener", other_listener, NULL);
	failed = test_run(&tests, "response");
	prog_close();
	return failed;
}
