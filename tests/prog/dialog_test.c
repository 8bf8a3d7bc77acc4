// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dialog_test.c - Record-Route and Path: what gets them, and where requests with them go (sip-rules K89, K90, K91, K93,
 * K94).
 */
#include "test.h"

#include <arpa/inet.h>

#include "prog.h"

#define ROW_MAX 256
#define HIDDEN "Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKx1\r\n"
#define OPEN "Via: SIP/2.0/UDP %C;branch=z9hG4bKx1\r\n"
#define REST                                                                                               \
	"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1@example.com\r\n" \
	"Max-Forwards: 70\r\nContent-Length: 0\r\n"

static char text[PROG_TEXT_MAX];

/* Picks go to the n-th destination alone; both rows of ours are on. */
static void scene(unsigned int n)
{
	int i, half;

	prog_scene(DS_MODE_PROXY, DS_ALGORITHM_CALL_ID, DS_AFFINITY_HASH);
	prog_set(1, PROG_L4, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L4, n), 1);
	prog_set(2, PROG_L6, DS_ALGORITHM_CALL_ID, PROG_DEST(PROG_L6, n), 1);
	for (i = PROG_L4; i <= PROG_L6; i++)
		for (half = 0; half < 2; half++)
			prog.listeners[i].half[half].record_route = prog.listeners[i].half[half].path = 1;
}

/* A request of that method with those rows, from the packet's source. */
static void send_request(struct prog_run *r, struct pkt *p, enum prog_side side, int is_ip6, const char *method,
			 const char *uri, const char *rows)
{
	char message[PROG_TEXT_MAX];

	snprintf(message, sizeof(message), "%s %s SIP/2.0\r\n%sCSeq: 1 %s\r\n" REST "\r\n", method, uri, rows, method);
	p->len = prog_text(text, message, is_ip6);
	p->payload = text;
	prog_packet(r, side, p);
}

/* The value of the row with that name in what went out, "" where there is none. Rows of ours come first. */
static const char *row_of(const struct pkt_view *v, const char *name)
{
	static char value[ROW_MAX];
	char find[64], all[PROG_TEXT_MAX];
	const char *at, *end;

	snprintf(all, sizeof(all), "%.*s", (int)v->len, (const char *)v->payload);
	snprintf(find, sizeof(find), "\r\n%s: ", name);
	at = strstr(all, find);
	if (!at)
		return strcpy(value, "");
	at += strlen(find);
	end = strstr(at, "\r\n");
	snprintf(value, sizeof(value), "%.*s", (int)(end - at), at);
	return value;
}

static const struct method_row {
	const char *name;
	int gets;
} methods[] = { { "INVITE", 1 }, { "SUBSCRIBE", 1 }, { "REFER", 1 },	{ "UPDATE", 1 },
		{ "BYE", 0 },	 { "ACK", 0 },	     { "REGISTER", 0 }, { "OPTIONS", 0 } };

static void recorded(void **state)
{
	const struct method_row *row = *state;
	char want[ROW_MAX], wanted[ROW_MAX];
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene(0);
		p = prog_from_client(i);
		send_request(&r, &p, PROG_IN, i, row->name, "sip:bob@example.com", OPEN);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		snprintf(want, sizeof(want), "<sip:sx%016x@%%L;lr>", 0x1000 + PROG_DEST(i ? PROG_L6 : PROG_L4, 0));
		wanted[prog_text(wanted, want, i)] = '\0';
		check_str("Record-Route", row_of(&v, "Record-Route"), row->gets ? wanted : "");
	}
}

/* What the client of a dialog with destination 0 was given in Record-Route; via: its own Via. */
static void begin(int is_ip6, const char *via, char *route)
{
	struct prog_run r;
	struct pkt_view v;
	struct pkt p = prog_from_client(is_ip6);

	scene(0);
	send_request(&r, &p, PROG_IN, is_ip6, "INVITE", "sip:bob@example.com", via);
	prog_check(&r, XDP_REDIRECT, "forward", "request");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	snprintf(route, ROW_MAX, "%s", row_of(&v, "Record-Route"));
}

/* The client's requests follow the id, whatever the pick says now; nothing of the Route is left. */
static void client_follows(void **state)
{
	const int hidden = *(const int *)*state;
	const char *via = hidden ? HIDDEN : OPEN;
	char route[ROW_MAX], rows[2 * ROW_MAX];
	struct ds_endpoint to;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < (hidden ? 1 : 2); i++) {
		begin(i, via, route);
		scene(1);
		p = prog_from_client(i);
		snprintf(rows, sizeof(rows), "%sRoute: %s\r\n", via, route);
		send_request(&r, &p, PROG_IN, i, "BYE", "sip:bob@203.0.113.9", rows);
		prog_check(&r, XDP_REDIRECT, "forward", "request_route");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		to = prog_dest_at(i, 0);
		prog_check_endpoint("destination", &v.dst, &to);
		check_str("Route", row_of(&v, "Route"), "");
		/* a destination that is gone: the pick */
		scene(1);
		prog.dests[PROG_DEST(i ? PROG_L6 : PROG_L4, 0)].flags = 0;
		prog_packet(&r, PROG_IN, &p);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
	}
}

/* A destination's requests go by Request-URI, but to a hidden client by its flow. */
static void dest_follows(void **state)
{
	const int hidden = *(const int *)*state;
	char route[ROW_MAX], rows[2 * ROW_MAX], again[ROW_MAX];
	struct ds_endpoint client;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < (hidden ? 1 : 2); i++) {
		begin(i, hidden ? HIDDEN : OPEN, route);
		scene(1);
		p = prog_from_dest(i, 0);
		snprintf(rows, sizeof(rows), "Via: SIP/2.0/UDP %%D;branch=z9hG4bKd1\r\nRoute: %s\r\n", route);
		send_request(&r, &p, PROG_OUT, i, "INVITE", hidden ? "sip:alice@10.0.0.1" : "sip:alice@%C", rows);
		prog_check(&r, XDP_REDIRECT, "forward", hidden ? "request_flow" : "request_outward");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		client = prog_from_client(i).src;
		prog_check_endpoint("client", &v.dst, &client);
		snprintf(again, sizeof(again), "%s", row_of(&v, "Record-Route"));
		check_str("Record-Route again", again, route);
	}
}

static void forged(void **state)
{
	char route[ROW_MAX], rows[2 * ROW_MAX];
	struct pkt p = prog_from_dest(0, 0);
	struct prog_run r;

	(void)state;
	begin(0, HIDDEN, route);
	/* the last digit of the port */
	route[strcspn(route, "@") - 17] ^= 1;
	snprintf(rows, sizeof(rows), "Via: SIP/2.0/UDP %%D;branch=z9hG4bKd1\r\nRoute: %s\r\n", route);
	send_request(&r, &p, PROG_OUT, 0, "BYE", "sip:alice@10.0.0.1", rows);
	prog_check(&r, XDP_TX, "reply", "route_forged");
}

/* Over IPv6 our Via, the stamps and a flow are more than the head room of a test run, as of a veth, is. */
static void no_head_room(void **state)
{
	struct pkt p = prog_from_client(1);
	struct prog_run r;

	(void)state;
	scene(0);
	send_request(&r, &p, PROG_IN, 1, "INVITE", "sip:bob@example.com", HIDDEN);
	prog_check(&r, XDP_DROP, "needs_slow_path", "slow_head_room");
}

static const struct path_row {
	const char *name;
	const char *rows;
	const char *begins, *ends; /* of the Path; NULL: none */
} paths[] = {
	{ "not supported", OPEN, NULL, NULL },
	{ "supported", OPEN "Supported: path\r\n", "<sip:sx0000000000000000", ";lr>" },
	{ "supported, others before", OPEN "Path: <sip:192.0.2.9;lr>\r\nk: gruu, path\r\n", "<sip:sx0000000000000000",
	  ";lr>" },
	{ "reg-id", OPEN "Supported: path, outbound\r\nContact: <sip:a@10.0.0.1>;reg-id=1\r\n",
	  "<sip:sx0000000000000000", ";lr;ob>" },
};

/* A phone's flow, and a call to it from another destination than it registered with. */
static void registered(void **state)
{
	const struct path_row *row = *state;
	char path[ROW_MAX], rows[2 * ROW_MAX];
	struct ds_endpoint client;
	struct prog_run r;
	struct pkt_view v;
	struct pkt p;
	int i;

	for (i = 0; i < 2; i++) {
		scene(0);
		p = prog_from_client(i);
		send_request(&r, &p, PROG_IN, i, "REGISTER", "sip:example.com", row->rows);
		prog_check(&r, XDP_REDIRECT, "forward", "request");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		snprintf(path, sizeof(path), "%s", row_of(&v, "Path"));
		if (!row->begins) {
			check_str("Path", path, "");
			continue;
		}
		check_true("begins", !strncmp(path, row->begins, strlen(row->begins)));
		check_str("ends", path + strcspn(path, ";"), row->ends);
		client = p.src;
		p = prog_from_dest(i, 1);
		snprintf(rows, sizeof(rows), "Via: SIP/2.0/UDP %%E;branch=z9hG4bKd1\r\nRoute: %s\r\n", path);
		send_request(&r, &p, PROG_OUT, i, "INVITE", "sip:alice@10.0.0.1", rows);
		prog_check(&r, XDP_REDIRECT, "forward", "request_flow");
		prog_check_out(&r, &v, PKT_SUM_VALID);
		prog_check_endpoint("client", &v.dst, &client);
		check_str("Route", row_of(&v, "Route"), "");
	}
}

/* Off: nothing is added. */
static void off(void **state)
{
	struct prog_run r;
	struct pkt_view v;
	struct pkt p = prog_from_client(0);

	(void)state;
	scene(0);
	prog.listeners[PROG_L4].half[0].record_route = prog.listeners[PROG_L4].half[0].path = 0;
	send_request(&r, &p, PROG_IN, 0, "INVITE", "sip:bob@example.com", HIDDEN);
	prog_check_out(&r, &v, PKT_SUM_VALID);
	check_str("Record-Route", row_of(&v, "Record-Route"), "");
	send_request(&r, &p, PROG_IN, 0, "REGISTER", "sip:example.com", HIDDEN "Supported: path\r\n");
	prog_check_out(&r, &v, PKT_SUM_VALID);
	check_str("Path", row_of(&v, "Path"), "");
}

/* What a strict router before us has made of our Record-Route is for the slow path. */
static void strict_before(void **state)
{
	char route[ROW_MAX], uri[ROW_MAX];
	struct prog_run r;
	struct pkt p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		begin(i, OPEN, route);
		p = prog_from_client(i);
		snprintf(uri, sizeof(uri), "%.*s", (int)strcspn(route, ">") - 1, route + 1);
		send_request(&r, &p, PROG_IN, i, "BYE", uri, OPEN "Route: <sip:bob@192.0.2.9>\r\n");
		prog_check(&r, XDP_DROP, "needs_slow_path", "slow_strict");
	}
}

int main(void)
{
	static const int no = 0, yes = 1;
	struct test_list tests = { 0 };
	int failed;

	if (prog_open())
		return 1;
	test_rows(&tests, "90 Record-Route", recorded, methods);
	test_add(&tests, "90 a client's requests follow the id", client_follows, &no);
	test_add(&tests, "90 a hidden client's requests follow the id", client_follows, &yes);
	test_add(&tests, "91 a destination's request to a client", dest_follows, &no);
	test_add(&tests, "91 a destination's request to a hidden client", dest_follows, &yes);
	test_add(&tests, "94 forged flow", forged, NULL);
	test_add(&tests, "90 no head room for a flow over IPv6", no_head_room, NULL);
	test_rows(&tests, "93 Path", registered, paths);
	test_add(&tests, "off", off, NULL);
	test_add(&tests, "89 strict router before", strict_before, NULL);
	failed = test_run(&tests, "dialog");
	prog_close();
	return failed;
}
