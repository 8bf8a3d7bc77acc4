// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_message.c - see ping_message.h. Answers are read by the SIP core, as everything is that comes from the network.
 */
#include "ping_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip_check.h"
#include "sip_hash.h"
#include "sip_parse.h"
#include "uri.h"

/* Purposes of hashes, beyond those of enum sip_hash_use: a ping's branch is never one of a forwarded request. */
enum ping_hash_use {
	PING_HASH_BRANCH = 0x100,
	PING_HASH_TAG,
	PING_HASH_CALL_ID,
	PING_HASH_JITTER,
};

#define PING_COOKIE "z9hG4bK"
#define PING_COOKIE_LEN 7
#define PING_SLOT_DIGITS 8
#define PING_HASH_DIGITS 16
#define PING_BRANCH_LEN (PING_COOKIE_LEN + PING_SLOT_DIGITS + PING_HASH_DIGITS)

/* The core reads eight octets at a time, and nothing that short is a response. */
#define PING_SHORTEST 16

void ping_message_ids(const __u64 key[2], __u64 start, __u32 slot, __u64 id, __u64 count, struct ping_ids *ids)
{
	__u64 *const out[] = { &ids->branch, &ids->tag, &ids->call_id, &ids->jitter };
	struct sip_hash h;
	unsigned int i;

	for (i = 0; i < sizeof(out) / sizeof(*out); i++) {
		sip_hash_begin(&h, key, PING_HASH_BRANCH + i);
		sip_hash_word(&h, start);
		sip_hash_word(&h, slot);
		sip_hash_word(&h, id);
		sip_hash_word(&h, count);
		*out[i] = sip_hash_end(&h);
	}
}

/* A text that is only so long; a snprintf() per row would cost as much as sending. */
struct ping_text {
	char *at;
	char *end;
};

static void ping_put(struct ping_text *t, const char *text)
{
	size_t n = strlen(text), room = (size_t)(t->end - t->at);

	/* one octet over says that it did not fit */
	if (n > room)
		n = room;
	memcpy(t->at, text, n);
	t->at += n;
}

/* digits: 8 or 16, of the lower bits. */
static void ping_put_hex(struct ping_text *t, __u64 n, int digits)
{
	char text[2 * sizeof(__u64) + 1] = "";

	if (digits == PING_SLOT_DIGITS)
		n <<= 32;
	port_write64((__u8 *)text, port_le64(sip_hex8(n >> 32)));
	if (digits == PING_HASH_DIGITS)
		port_write64((__u8 *)text + 8, port_le64(sip_hex8((__u32)n)));
	ping_put(t, text);
}

static void ping_put_via(struct ping_text *t, const struct ping_request *r, const char *sent_by)
{
	ping_put(t, "Via: SIP/2.0/UDP ");
	ping_put(t, sent_by);
	ping_put(t, ";rport;branch=" PING_COOKIE);
	ping_put_hex(t, r->slot, PING_SLOT_DIGITS);
	ping_put_hex(t, r->ids.branch, PING_HASH_DIGITS);
}

static void ping_put_from(struct ping_text *t, const struct ping_request *r, const char *sent_by)
{
	ping_put(t, "\r\nMax-Forwards: 70\r\nFrom: <");
	if (r->from && *r->from) {
		ping_put(t, r->from);
	} else {
		ping_put(t, "sip:ping@");
		ping_put(t, sent_by);
	}
	ping_put(t, ">;tag=");
	ping_put_hex(t, r->ids.tag, PING_HASH_DIGITS);
}

int ping_message_build(const struct ping_request *r, char *buf, size_t size)
{
	struct ping_text t = { buf, buf + size };
	char sent_by[URI_ENDPOINT_SIZE];
	size_t i;

	uri_endpoint_text(r->local, sent_by);
	ping_put(&t, r->method);
	ping_put(&t, " ");
	ping_put(&t, r->uri);
	ping_put(&t, " SIP/2.0\r\n");
	ping_put_via(&t, r, sent_by);
	ping_put_from(&t, r, sent_by);
	ping_put(&t, "\r\nTo: <");
	ping_put(&t, r->uri);
	ping_put(&t, ">\r\nCall-ID: ");
	ping_put_hex(&t, r->ids.call_id, PING_HASH_DIGITS);
	ping_put(&t, "\r\nCSeq: 1 ");
	ping_put(&t, r->method);
	ping_put(&t, "\r\nContact: <sip:");
	ping_put(&t, sent_by);
	ping_put(&t, ">\r\nUser-Agent: sipxdp\r\n");
	for (i = 0; i < r->conf->n_headers; i++) {
		ping_put(&t, r->conf->header[i]);
		ping_put(&t, "\r\n");
	}
	ping_put(&t, "Content-Length: 0\r\n\r\n");
	return t.at < t.end ? (int)(t.at - buf) : -EMSGSIZE;
}

static bool ping_read_hex(const unsigned char *text, int digits, __u64 *n)
{
	int i, digit;

	*n = 0;
	for (i = 0; i < digits; i++) {
		if (text[i] >= '0' && text[i] <= '9')
			digit = text[i] - '0';
		else if ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'f')
			digit = (text[i] | 0x20) - 'a' + 10;
		else
			return false;
		*n = *n << 4 | (unsigned int)digit;
	}
	return true;
}

static bool ping_read_branch(const unsigned char *data, const struct sip_via *via, struct ping_reply *r)
{
	const unsigned char *at = data + via->branch.off + PING_COOKIE_LEN;
	__u64 slot;

	if (!via->magic || via->branch.len != PING_BRANCH_LEN || !ping_read_hex(at, PING_SLOT_DIGITS, &slot) ||
	    !ping_read_hex(at + PING_SLOT_DIGITS, PING_HASH_DIGITS, &r->branch))
		return false;
	r->slot = (__u32)slot;
	return true;
}

int ping_message_read(const unsigned char *data, size_t len, struct sip_msg *msg, struct ping_reply *r)
{
	struct sip_ctx c = { data, data + len };
	struct sip_buf b = sip_buf(&c);

	memset(r, 0, sizeof(*r));
	if (len < PING_SHORTEST)
		return -EINVAL;
	memset(msg, 0, offsetof(struct sip_msg, row));
	sip_parse(&b, msg, 0);
	if (!msg->line || msg->kind != SIP_KIND_RESPONSE)
		return -EINVAL;
	r->named = ping_read_branch(data, &msg->via, r);
	r->code = msg->status;
	if (!r->named || msg->beyond || msg->via2.at || sip_check_response(msg) != REASON_none)
		return -EINVAL;
	return 0;
}

bool ping_message_is_of(const unsigned char *data, size_t len, const struct sip_msg *msg, const char *method)
{
	struct sip_ctx c = { data, data + len };
	struct sip_buf b = sip_buf(&c);
	const struct sip_row *row = sip_first_row(msg, SIP_HDR_CSEQ);
	__u64 n = strlen(method), end, at;

	if (!(msg->seen & SIP_SEEN(CSEQ)))
		return false;
	end = sip_trim(&b, row->value, row->end);
	at = sip_skip_blanks(&b, row->value, end);
	while (at < end && data[at] >= '0' && data[at] <= '9')
		at++;
	at = sip_skip_blanks(&b, at, end);
	return end - at == n && !memcmp(data + at, method, n);
}
