// SPDX-License-Identifier: GPL-2.0-or-later
/* proxy_test.c - requests through a proxy listener: headers, checksums and octets of what leaves. */
#include "test.h"

#include <arpa/inet.h>

#include "prog.h"

#define START "INVITE sip:bob@example.com SIP/2.0\r\n"
#define REST                                                                                               \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1@example.com\r\n" \
	"CSeq: 1 INVITE\r\n"
#define TAIL "Content-Length: 6\r\n\r\nv=0\r\n\r"

struct frame_row {
	const char *name;
	int is_ip6;
	unsigned int tags;
	enum pkt_sum sum;
	int back; /* the destination is on the link that the request comes from */
};

static struct frame_row frame_rows[64];

/* How a frame leaves: by XDP_TX with the tags that it had, by redirection without. */
static void check_leaves(const struct prog_run *r, const struct frame_row *row, struct pkt_view *v)
{
	static const unsigned char out_mac[6] = { 2, 0, 0, 0, 1, 1 }, in_mac[6] = { 2, 0, 0, 0, 0, 1 };
	const unsigned char dmac[6] = { 2, 0, 0, 0, !row->back, row->back ? 0x30 : 0x11 };

	prog_check(r, row->back ? XDP_TX : XDP_REDIRECT, "forward", "request");
	prog_check_out(r, v, row->sum == PKT_SUM_NONE ? PKT_SUM_NONE : PKT_SUM_VALID);
	check_mem("source MAC address", v->smac, 6, row->back ? in_mac : out_mac, 6);
	check_mem("destination MAC address", v->dmac, 6, dmac, 6);
	check_int("VLAN tags", v->tags, row->back ? row->tags : 0);
	check_int("outer VLAN", v->vlan[0], row->back && row->tags ? 100 : 0);
	check_int("inner VLAN", v->vlan[1], row->back && row->tags > 1 ? 200 : 0);
	check_int("IP version 6", v->is_ip6, row->is_ip6);
	check_int("TTL", v->ttl, 64);
	check_int("DSCP", v->tos, 0xb8);
	if (!row->is_ip6) {
		check_int("IP identification", v->id, 0x1234);
		check_int("don't fragment", v->frag, 0x4000);
	}
}

static void one_dest(int is_ip6, int back)
{
	static const char *const ip[2][2] = { { "198.51.100.11", "192.0.2.30" },
					      { "2001:db8:2::11", "2001:db8:1::30" } };
	__u32 listener = is_ip6 ? PROG_L6 : PROG_L4;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_CALLS);
	prog_dest(10, listener, ip[is_ip6][back], 5080, 0);
	prog_set(3, listener, DS_ALGORITHM_CALL_ID, 10, 1);
}

static void frames(void **state)
{
	const struct frame_row *row = *state;
	struct pkt p = prog_from_client(row->is_ip6);
	char text[PROG_TEXT_MAX];
	struct ds_endpoint listener = p.dst;
	struct prog_run r;
	struct pkt_view v;

	one_dest(row->is_ip6, row->back);
	p.len = prog_text(text,
			  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\nMax-Forwards: 70\r\n" REST TAIL "noise",
			  row->is_ip6);
	p.payload = text;
	p.tags = row->tags;
	p.vlan[0] = 100;
	p.vlan[1] = 200;
	p.sum = row->sum;
	p.tos = 0xb8;
	p.frag = row->is_ip6 ? 0 : 0x4000;
	prog_packet(&r, PROG_IN, &p);
	check_leaves(&r, row, &v);
	prog_check_endpoint("source", &v.src, &listener);
	prog_check_endpoint("destination", &v.dst, &prog.dests[10].at);
	prog_check_text("payload", v.payload, v.len,
			START
			"%VVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P\r\nMax-Forwards: 69\r\n" REST TAIL,
			row->is_ip6);
	check_int("parity of the growth", (v.len - (p.len - 5)) & 1, 0);
	check_int("listener counted for", r.listener, row->is_ip6 ? PROG_L6 : PROG_L4);
}

struct edit_row {
	const char *name;
	const char *in;
	const char *out;
};

static const struct edit_row edit_rows[] = {
	{ "same address, no rport: nothing stamped",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "a name is stamped",
	  START "Via: SIP/2.0/UDP phone.example.com:5062;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST TAIL,
	  START
	  "%VVia: SIP/2.0/UDP phone.example.com:5062;received=%c;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "another address is stamped",
	  START "Via: SIP/2.0/UDP 10.1.2.3;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP 10.1.2.3;received=%c;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "received is replaced",
	  START "Via: SIP/2.0/UDP %C;received=203.0.113.250;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "rport with a number is replaced",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport=1\r\nMax-Forwards: 70\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "rport before received",
	  START "Via: SIP/2.0/UDP %C;rport;received=1.2.3.4;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;rport=%P;received=%c;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "only the first of a comma row is stamped",
	  START
	  "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport, SIP/2.0/TCP a.example.com;rport\r\nMax-Forwards: 70\r\n" REST
		  TAIL,
	  START "%VVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P, SIP/2.0/TCP a.example.com;rport\r\n"
		"Max-Forwards: 69\r\n" REST TAIL },
	{ "compact and folded",
	  START "v : SIP / 2.0 / UDP\r\n %C ;branch=z9hG4bKx1\r\nmax-forwards\t:\r\n 70\r\n" REST TAIL,
	  START "%Vv : SIP / 2.0 / UDP\r\n %C ;branch=z9hG4bKx1\r\nmax-forwards\t:\r\n 69\r\n" REST TAIL },
	{ "Via last", START "Max-Forwards: 70\r\n" REST "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\n" TAIL,
	  START "Max-Forwards: 69\r\n" REST "%VVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P\r\n" TAIL },
	{ "Via in the last octets of the datagram",
	  START "Max-Forwards: 70\r\n" REST "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\n\r\n",
	  START "Max-Forwards: 69\r\n" REST "%VVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P\r\n\r\n" },
	{ "Max-Forwards before Via", START "Max-Forwards: 70\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST TAIL,
	  START "Max-Forwards: 69\r\n%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST TAIL },
	{ "Max-Forwards 10 keeps two digits",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 10\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 09\r\n" REST TAIL },
	{ "Max-Forwards 100 keeps three digits",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 100\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 099\r\n" REST TAIL },
	{ "Max-Forwards 1 goes on as 0", START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 1\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 0\r\n" REST TAIL },
	{ "Max-Forwards 0068", START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 0068\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 0067\r\n" REST TAIL },
	{ "Max-Forwards in the last octets of the datagram",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST "Max-Forwards: 70\r\n\r\n",
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST "Max-Forwards: 69\r\n\r\n" },
	{ "Max-Forwards eight octets before the end",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST "Max-Forwards: 0100\r\n\r\n",
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST "Max-Forwards: 0099\r\n\r\n" },
	{ "Max-Forwards is added", START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST TAIL,
	  START "%VMax-Forwards: 70\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST TAIL },
	{ "Max-Forwards last, at an odd offset",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST "X: y\r\nMax-Forwards: 70\r\n" TAIL,
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST "X: y\r\nMax-Forwards: 69\r\n" TAIL },
	{ "Max-Forwards last, one octet further",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST "X: yy\r\nMax-Forwards: 70\r\n" TAIL,
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n" REST "X: yy\r\nMax-Forwards: 69\r\n" TAIL },
	{ "an odd number of octets behind the body is trimmed",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST TAIL "\n.x",
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "a second message behind the body is trimmed",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST TAIL START "Via: x\r\n",
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "octets behind a body at an odd offset are trimmed",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nX: y\r\nMax-Forwards: 70\r\n" REST TAIL "zz",
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nX: y\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "no Content-Length: the body runs to the end",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST "\r\nbody to the end",
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST "\r\nbody to the end" },
	{ "Content-Length 0 and nothing behind",
	  START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\n" REST "l:0\r\n\r\n",
	  START "%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\n" REST "l:0\r\n\r\n" },
	{ "line ends before the start line are cut",
	  "\r\n\r\n" START "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1;rport\r\nMax-Forwards: 70\r\n" REST TAIL,
	  START "%VVia: SIP/2.0/UDP %C;received=%c;branch=z9hG4bKx1;rport=%P\r\nMax-Forwards: 69\r\n" REST TAIL },
	{ "an unknown method and odd fields pass",
	  "NewMethod! tel:+1234 SIP/2.0\r\nVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 70\r\nDate: never\r\n"
	  "From: <sip:a@b>;tag=1\r\nTo: <isbn:2983792873>\r\ni: 1\r\nCSeq: 007 NewMethod!\r\n\r\n",
	  "NewMethod! tel:+1234 SIP/2.0\r\n%VVia: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\nMax-Forwards: 69\r\nDate: never\r\n"
	  "From: <sip:a@b>;tag=1\r\nTo: <isbn:2983792873>\r\ni: 1\r\nCSeq: 007 NewMethod!\r\n\r\n" },
};

/* Each with both families, and with checksums that are adjusted and that are made anew. */
static void edits(void **state)
{
	static const enum pkt_sum sums[] = { PKT_SUM_VALID, PKT_SUM_PARTIAL };
	const struct edit_row *row = *state;
	char text[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;
	size_t i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < TEST_COUNT(sums); k++) {
			struct pkt p = prog_from_client((int)i);

			one_dest((int)i, 0);
			p.len = prog_text(text, row->in, (int)i);
			p.payload = text;
			p.sum = sums[k];
			prog_packet(&r, PROG_IN, &p);
			prog_check(&r, XDP_REDIRECT, "forward", "request");
			prog_check_out(&r, &v, PKT_SUM_VALID);
			prog_check_text("payload", v.payload, v.len, row->out, (int)i);
		}
	}
}

/* What was wrong with the sum when it came is wrong when it leaves: damage is not hidden. */
static void damage_stays_visible(void **state)
{
	struct pkt p = prog_from_client(0);
	char text[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;

	(void)state;
	one_dest(0, 0);
	p.len = prog_text(text, edit_rows[0].in, 0);
	p.payload = text;
	p.sum = PKT_SUM_WRONG;
	prog_packet(&r, PROG_IN, &p);
	prog_check(&r, XDP_REDIRECT, "forward", "request");
	prog_check_out(&r, &v, PKT_SUM_WRONG);
}

struct pad_row {
	const char *name;
	size_t pad;
	size_t frame;
};

static const struct pad_row pad_rows[] = {
	{ "one octet", 1, 0 },
	{ "a frame check sequence", 4, 0 },
	{ "many octets", 200, 0 },
	{ "none", 0, 0 },
};

/* Octets that the link layer has put behind the IP packet do not leave with it. */
static void padding(void **state)
{
	const struct pad_row *row = *state;
	char text[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;
	int i;

	for (i = 0; i < 2; i++) {
		struct pkt p = prog_from_client(i);

		one_dest(i, 0);
		p.len = prog_text(text, edit_rows[0].in, i);
		p.payload = text;
		p.pad = row->pad;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		prog_check_text("payload", v.payload, v.len, edit_rows[0].out, i);
	}
}

/* Destinations' counters: requests by method and octets of the datagram as it came. */
static void counted_for_destination(void **state)
{
	struct pkt p = prog_from_client(0);
	struct ds_dest_stats before, after;
	char text[PROG_TEXT_MAX];
	struct prog_run r;

	(void)state;
	one_dest(0, 0);
	p.len = prog_text(text, edit_rows[0].in, 0);
	p.payload = text;
	before = prog_dest_stats(10);
	prog_packet(&r, PROG_IN, &p);
	after = prog_dest_stats(10);
	check_int("INVITEs", after.requests[1] - before.requests[1], 1);
	check_int("octets to it", after.octets_to - before.octets_to, p.len);
}

/* A VLAN device out there: the tags that the map links has for it are written, and the parent transmits. */
static const struct ds_link out_links[] = {
	{ .tags = 1, .vlan = { 300 } },
	{ .tags = 1, .vlan = { 300 | DS_VLAN_SERVICE } },
	{ .tags = 2, .vlan = { 300, 400 } },
	{ .tags = 2, .vlan = { 300 | DS_VLAN_SERVICE, 400 } },
	{ .tags = 2, .vlan = { 300 | DS_VLAN_SERVICE, 400 | DS_VLAN_SERVICE } },
};

static unsigned int protocol_of(__u16 vlan)
{
	return vlan & DS_VLAN_SERVICE ? 0x88a8 : 0x8100;
}

static void vlan_out(void **state)
{
	struct ds_link link;
	struct pkt p = prog_from_client(0);
	char text[PROG_TEXT_MAX];
	struct prog_run r;
	struct pkt_view v;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(out_links); i++) {
		link = out_links[i];
		link.phys = prog.ifindex[PROG_OUT];
		one_dest(0, 0);
		prog_put("links", &prog.ifindex[PROG_OUT], &link);
		p.len = prog_text(text, edit_rows[0].in, 0);
		p.payload = text;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		check_int("VLAN tags", v.tags, link.tags);
		check_int("outer VLAN", v.vlan[0], 300);
		check_int("inner VLAN", v.vlan[1], link.tags == 2 ? 400 : 0);
		check_int("protocol of the outer tag", v.proto[0], protocol_of(link.vlan[0]));
		if (link.tags == 2)
			check_int("protocol of the inner tag", v.proto[1], protocol_of(link.vlan[1]));
		prog_check_text("payload", v.payload, v.len, edit_rows[0].out, 0);
	}
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
					*row = (struct frame_row){ "", i, tags, (enum pkt_sum)sum, back };
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
	test_rows(&tests, "edits", edits, edit_rows);
	test_rows(&tests, "padding", padding, pad_rows);
	test_add(&tests, "a wrong checksum stays wrong", damage_stays_visible, NULL);
	test_add(&tests, "a request is counted for its destination", counted_for_destination, NULL);
	test_add(&tests, "tags of a VLAN device are written", vlan_out, NULL);
	failed = test_run(&tests, "proxy");
	prog_close();
	return failed;
}
