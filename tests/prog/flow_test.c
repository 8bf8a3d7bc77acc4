// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow_test.c - whole transactions: INVITE, sent again twice, 100, 180, CANCEL, its 200, 487, ACK. All of it goes to one
 * destination with one Via of ours and back to where the caller is, whoever calls and however each message is spelled.
 * sip-rules 119 to 121.
 */
#include "test.h"

#include <arpa/inet.h>

#include "prog.h"

#define CLIENT_PORT 40000

struct flow_client {
	const char *name;
	const char *via; /* behind the transport */
	unsigned int port;
	const char *from_tag;
	int is_ip6;
};

static const struct flow_client clients[] = {
	{ "rport", "%C;branch=z9hG4bKx1;rport", CLIENT_PORT, ";tag=a1", 0 },
	{ "no rport", "%C;branch=z9hG4bKx1", 5062, ";tag=a1", 0 },
	{ "RFC 2543: no branch, no From tag", "%C", 5062, "", 0 },
	{ "RFC 2543: branch without cookie", "%C;branch=1", 5062, "", 0 },
	{ "private sent-by", "10.0.0.1:5066;branch=z9hG4bKx1;rport", CLIENT_PORT, ";tag=a1", 0 },
	{ "sent-by is a name", "phone.example.com;branch=z9hG4bKx1", 5060, ";tag=a1", 0 },
	{ "IPv6", "%C;branch=z9hG4bKx1;rport", CLIENT_PORT, ";tag=a1", 1 },
	{ "IPv6, RFC 2543", "%C", 5062, "", 1 },
};

/* How the rows are called, and what stands in the place of a blank. */
struct flow_spelling {
	const char *name;
	const char *via, *from, *to, *call_id, *cseq, *max_forwards, *length, *blank;
	int via_last;
};

static const struct flow_spelling spellings[] = {
	{ "plain", "Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: ", "Max-Forwards: ", "Content-Length: ", " ", 0 },
	{ "compact", "v:", "f:", "t:", "i:", "CSeq:", "Max-Forwards:", "l:", " ", 0 },
	{ "folded", "VIA :\r\n ", "FROM\t:\r\n\t", "TO  : ", "CALL-ID :\r\n  ", "CSEQ:\r\n ",
	  "MAX-FORWARDS : ", "CONTENT-LENGTH :\t", "\r\n ", 0 },
	{ "Via last", "Via: ", "F:", "To: ", "call-id: ", "cseq: ", "max-forwards: ", "L: ", "\t", 1 },
};

/* The client in the first, the algorithm and affinity in the others. */
struct flow_row {
	const struct flow_client *client;
	enum ds_algorithm algorithm;
	enum ds_affinity affinity;
	int spelling; /* of every message; -1: each one otherwise than the one before */
};

struct flow_call {
	const struct flow_row *row;
	unsigned int step;
	char via[256]; /* ours, of the first request */
	struct ds_endpoint dest;
	char sent[PROG_TEXT_MAX]; /* the last request, as the destination got it */
};

static struct flow_row rows[256];

static const struct flow_spelling *flow_spelling(const struct flow_call *call)
{
	int i = call->row->spelling;

	return &spellings[i < 0 ? call->step % TEST_COUNT(spellings) : (unsigned int)i];
}

static struct pkt flow_request(struct flow_call *call, char *text, const char *method, const char *to_tag)
{
	const struct flow_client *client = call->row->client;
	const struct flow_spelling *s = flow_spelling(call);
	struct pkt p = prog_from_client(client->is_ip6);
	char via[256], in[PROG_TEXT_MAX];

	snprintf(via, sizeof(via), "%sSIP/2.0/UDP %s\r\n", s->via, client->via);
	snprintf(in, sizeof(in),
		 "%s sip:bob@example.com SIP/2.0\r\n%s%sAlice%s<sip:alice@example.com>%s\r\n"
		 "%s<sip:bob@example.com>%s\r\n%sc1@example.com\r\n%s1%s%s\r\n%s70\r\n%s%s0\r\n\r\n",
		 method, s->via_last ? "" : via, s->from, s->blank, client->from_tag, s->to, to_tag, s->call_id,
		 s->cseq, s->blank, method, s->max_forwards, s->via_last ? via : "", s->length);
	p.src.port_be = htons(CLIENT_PORT);
	p.payload = text;
	p.len = prog_text(text, in, client->is_ip6);
	call->step++;
	return p;
}

/* The value that has our parameter. */
static void flow_via(char *out, size_t size, const char *text)
{
	const char *end = strstr(text, ";sx="), *at = end;

	check_true("a Via of ours", end != NULL);
	while (at > text && strncmp(at, "SIP/2.0/UDP", 11) != 0)
		at--;
	snprintf(out, size, "%.*s", (int)(end - at) + 20, at);
}

static void flow_forwards(struct flow_call *call, const char *method, const char *to_tag)
{
	char text[PROG_TEXT_MAX], via[256];
	struct pkt p = flow_request(call, text, method, to_tag);
	struct prog_run r;
	struct pkt_view v;

	prog_packet(&r, PROG_IN, &p);
	check_str(method, r.verdict, "forward");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	memcpy(call->sent, v.payload, v.len);
	call->sent[v.len] = '\0';
	flow_via(via, sizeof(via), call->sent);
	if (call->step == 1) {
		call->dest = v.dst;
		memcpy(call->via, via, sizeof(via));
	}
	prog_check_endpoint("destination", &v.dst, &call->dest);
	check_str("our Via", via, call->via);
}

/* What the destination answers to the last request comes out as the client's. */
static void flow_answers(struct flow_call *call, const char *status)
{
	struct pkt p = prog_from_dest(call->row->client->is_ip6, 0);
	struct ds_endpoint client = prog_from_client(call->row->client->is_ip6).src;
	char text[PROG_TEXT_MAX], got[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;

	p.src = call->dest;
	p.len = (size_t)snprintf(text, sizeof(text), "SIP/2.0 %s%s", status, strstr(call->sent, "\r\n"));
	p.payload = text;
	prog_packet(&r, PROG_OUT, &p);
	prog_check(&r, XDP_REDIRECT, "forward", "response");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	client.port_be = htons((__u16)call->row->client->port);
	prog_check_endpoint(status, &v.dst, &client);
	memcpy(got, v.payload, v.len);
	got[v.len] = '\0';
	check_true("no Via of ours is left", !strstr(got, ";sx="));
	check_true("status", !strncmp(got + 8, status, strlen(status)));
}

static void flow(void **state)
{
	struct flow_call call = { .row = *state };

	prog_scene(DS_MODE_PROXY, call.row->algorithm, call.row->affinity);
	flow_forwards(&call, "INVITE", "");
	flow_forwards(&call, "INVITE", "");
	flow_answers(&call, "100 Trying");
	flow_forwards(&call, "INVITE", "");
	flow_answers(&call, "180 Ringing");
	flow_forwards(&call, "CANCEL", "");
	flow_answers(&call, "200 OK");
	/* to the INVITE, whose rows are the CANCEL's but for the method */
	flow_forwards(&call, "INVITE", "");
	flow_answers(&call, "487 Request Terminated");
	flow_forwards(&call, "ACK", ";tag=uas");
}

static void flow_add(struct test_list *list, size_t *n, struct flow_row row)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s: %s, %s",
		 row.algorithm == DS_ALGORITHM_ROUND_ROBIN   ? "turns"
		 : row.algorithm == DS_ALGORITHM_REQUEST_URI ? "Request-URI"
							     : "Call-ID",
		 row.affinity == DS_AFFINITY_HASH ? " by hash" : "", row.client->name,
		 row.spelling < 0 ? "each message otherwise" : spellings[row.spelling].name);
	assert_true(*n < TEST_COUNT(rows));
	rows[*n] = row;
	test_add(list, name, flow, &rows[(*n)++]);
}

int main(void)
{
	struct test_list list = { 0 };
	size_t n = 0, i;
	int k, failed;

	if (prog_open())
		return 1;
	for (i = 0; i < TEST_COUNT(clients); i++) {
		for (k = -1; k < (int)TEST_COUNT(spellings); k++) {
			flow_add(&list, &n,
				 (struct flow_row){ &clients[i], DS_ALGORITHM_ROUND_ROBIN, DS_AFFINITY_CALLS, k });
			flow_add(&list, &n,
				 (struct flow_row){ &clients[i], DS_ALGORITHM_CALL_ID, DS_AFFINITY_HASH, k });
			flow_add(&list, &n,
				 (struct flow_row){ &clients[i], DS_ALGORITHM_REQUEST_URI, DS_AFFINITY_HASH, k });
		}
	}
	failed = test_run(&list, "flow");
	prog_close();
	return failed;
}
