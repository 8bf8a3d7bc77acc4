// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide_dialog_test.c - requests inside dialogs, decided in user space: ids and flows in our Route, strict routers,
 * which only the slow path serves (sip-rules K89 to K91, K94).
 */
#include "decide_scene.h"

#include "sip_path.h"

#define US "192.0.2.1"
#define ID2 "<sip:sx0000000000000002@" US ";lr>"
#define CLIENT "192.0.2.20:5062"
#define MEMBER "192.0.2.31:5060"

struct dialog_row {
	const char *name;
	const char *from;
	const char *uri;
	const char *routes; /* rows */
	__u32 reason;	    /* of the slow path */
	const char *to;	    /* NULL: answered */
	const char *want_uri;
	const char *want_routes;
	bool fast; /* the fast path does it, too */
};

static const struct dialog_row rows[] = {
	{ "90 by id", CLIENT, "sip:b@h", "Route: " ID2 "\r\n", REASON_request_route, MEMBER, "sip:b@h", "", true },
	{ "90 by id, a Route stays", CLIENT, "sip:b@h", "Route: " ID2 ", <sip:192.0.2.30;lr>\r\n", REASON_request_route,
	  MEMBER, "sip:b@h", "Route: <sip:192.0.2.30;lr>\r\n", true },
	{ "90 id of nobody", CLIENT, "sip:b@h", "Route: <sip:sx0000000000000009@" US ";lr>\r\n", REASON_request,
	  "192.0.2.30:5060", "sip:b@h", "", true },
	{ "90 digits that are none", CLIENT, "sip:b@h", "Route: <sip:sx000000000000000G@" US ";lr>\r\n", REASON_request,
	  "192.0.2.30:5060", "sip:b@h", "", true },
	{ "91 the id is not for destinations", MEMBER, "sip:a@" CLIENT, "Route: " ID2 "\r\n", REASON_request_outward,
	  CLIENT, "sip:a@" CLIENT, "", true },
	{ "89 strict router before us", CLIENT, "sip:sx0000000000000002@" US ":5060;lr", "Route: <sip:b@h>\r\n",
	  REASON_request_route, MEMBER, "sip:b@h", "", false },
	{ "89 strict router before us, the last of a row", CLIENT, "sip:sx0000000000000002@" US,
	  "Route: <sip:198.51.100.1;lr>, \"B, <b>\" <sip:b@h;x>\r\n", REASON_request_route, MEMBER, "sip:b@h;x",
	  "Route: <sip:198.51.100.1;lr>\r\n", false },
	{ "89 strict router before us, the last row", CLIENT, "sip:sx0000000000000002@" US,
	  "Route: <sip:198.51.100.1;lr>\r\nRoute: <sip:b@h>\r\n", REASON_request_route, MEMBER, "sip:b@h",
	  "Route: <sip:198.51.100.1;lr>\r\n", false },
	{ "89 strict router before us, from a destination", MEMBER, "sip:sx0000000000000002@" US,
	  "Route: <sip:a@" CLIENT ">\r\n", REASON_request_outward, CLIENT, "sip:a@" CLIENT, "", false },
	{ "89 strict router before us, and ours again", CLIENT, "sip:sx0000000000000001@" US,
	  "Route: " ID2 "\r\nRoute: <sip:b@h>\r\n", REASON_request_route, MEMBER, "sip:b@h", "", false },
	{ "89 strict router behind us", MEMBER, "sip:a@h", "Route: <sip:198.51.100.7:5070>\r\n", REASON_request_outward,
	  "198.51.100.7:5070", "sip:198.51.100.7:5070", "Route: <sip:a@h>\r\n", false },
	{ "89 strict router behind us, ours before", MEMBER, "sip:a@h", "Route: " ID2 ",<sip:198.51.100.7>\r\n",
	  REASON_request_outward, "198.51.100.7:5060", "sip:198.51.100.7", "Route: <sip:a@h>\r\n", false },
	{ "89 strict router behind us, others after", MEMBER, "sip:a@h",
	  "Route: " ID2 "\r\nRoute: <sip:198.51.100.7>,<sip:p;lr>\r\nRoute: <sip:q>\r\n", REASON_request_outward,
	  "198.51.100.7:5060", "sip:198.51.100.7", "Route:<sip:p;lr>\r\nRoute: <sip:q>\r\nRoute: <sip:a@h>\r\n",
	  false },
	{ "89 a member that is a strict router", CLIENT, "sip:b@h", "Route: <sip:192.0.2.31>\r\n", REASON_request_route,
	  MEMBER, "sip:192.0.2.31", "Route: <sip:b@h>\r\n", false },
	{ "89 a stranger that is one: the pick, and nothing changes", CLIENT, "sip:b@h",
	  "Route: <sip:198.51.100.1>\r\n", REASON_request, "192.0.2.30:5060", "sip:b@h",
	  "Route: <sip:198.51.100.1>\r\n", true },
	{ "94 forged", MEMBER, "sip:a@h", "Route: <sip:sx0000000000000002c000021413c60123456789abcdef@" US ";lr>\r\n",
	  REASON_route_forged, NULL, "", "", true },
};

/* The Route rows of what is sent, one behind the other. */
static const char *routes_of(const char *out)
{
	static char routes[1024];
	const char *at;
	size_t n = 0;

	for (at = strstr(out, "\r\nRoute:"); at; at = strstr(at + 2, "\r\nRoute:"))
		n += (size_t)snprintf(routes + n, sizeof(routes) - n, "%.*s", (int)(strstr(at + 2, "\r\n") - at),
				      at + 2);
	routes[n] = '\0';
	return routes;
}

static void send_bye(struct lab *lab, const char *from, const char *uri, const char *route_rows)
{
	char message[2048];

	snprintf(message, sizeof(message), "BYE %s SIP/2.0\r\n" VIA "%s" REST "CSeq: 2 BYE\r\n" END, uri, route_rows);
	send_text(lab, from, message);
}

static void goes(void **state)
{
	const struct dialog_row *row = *state;
	struct lab lab;
	char out[2048], start[256];

	lab_make(&lab);
	send_bye(&lab, row->from, row->uri, row->routes);
	check_int("fast path", d.reason == row->reason, row->fast);
	if (!row->fast)
		check_reason("fast path", VERDICT_slow, REASON_slow_strict);
	lab_make(&lab);
	lab.env.slow = true;
	send_bye(&lab, row->from, row->uri, row->routes);
	check_reason(row->name, row->to ? VERDICT_forward : VERDICT_reply, row->reason);
	if (!row->to)
		return;
	check_place(row->to);
	snprintf(out, sizeof(out), "%.*s", (int)d.out_len, (const char *)d.out);
	snprintf(start, sizeof(start), "BYE %s SIP/2.0\r\n", row->want_uri);
	check_true("Request-URI", !strncmp(out, start, strlen(start)));
	check_str("Route", routes_of(out), row->want_routes);
}

/* The flow of a client that its Contact does not lead to, through Record-Route and back. */
static void flows(void **state)
{
	char route[256], rows_back[512], *at;
	struct lab lab;

	(void)state;
	lab_make(&lab);
	lab.env.record_route = 1;
	send_text(&lab, "192.0.2.77:40000", BASIC END);
	check_reason("INVITE", VERDICT_forward, REASON_request);
	at = strstr((char *)d.out, "Record-Route: ");
	assert_non_null(at);
	snprintf(route, sizeof(route), "%.*s", (int)strcspn(at + 14, "\r"), at + 14);
	/* sent-by has port 5062 and no rport: that is where answers go */
	check_true("token", !strncmp(route, "<sip:sx0000000000000001c000024d13c6", 35));
	snprintf(rows_back, sizeof(rows_back), "Route: %s\r\n", route);
	send_bye(&lab, "192.0.2.30:5060", "sip:a@10.0.0.1", rows_back);
	check_reason("from the destination", VERDICT_forward, REASON_request_flow);
	check_place("192.0.2.77:5062");
	send_bye(&lab, "198.51.100.9:5060", "sip:a@10.0.0.1", rows_back);
	check_reason("from a stranger", VERDICT_forward, REASON_request_flow);
	send_bye(&lab, "192.0.2.77:40001", "sip:b@h", rows_back);
	check_reason("from the client", VERDICT_forward, REASON_request_route);
	check_place("192.0.2.30:5060");
}

static void no_row_when_off(void **state)
{
	struct lab lab;

	(void)state;
	lab_make(&lab);
	send_text(&lab, "192.0.2.77:40000", BASIC "Supported: path\r\n" END);
	check_true("Record-Route", !memmem(d.out, d.out_len, "Record-Route", 12));
	lab.env.path = 1;
	send_text(&lab, CLIENT, "REGISTER sip:h SIP/2.0\r\n" VIA REST "CSeq: 1 REGISTER\r\nSupported: path\r\n" END);
	check_true("Path", memmem(d.out, d.out_len, "\r\nPath: <sip:sx0000000000000000c000021413c6", 42) != NULL);
	lab.env.path = 0;
	send_text(&lab, CLIENT, "REGISTER sip:h SIP/2.0\r\n" VIA REST "CSeq: 1 REGISTER\r\nSupported: path\r\n" END);
	check_true("no Path", !memmem(d.out, d.out_len, "\r\nPath:", 7));
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "dialog", goes, rows);
	test_add(&tests, "94 flow of a hidden client", flows, NULL);
	test_add(&tests, "93 Path, and nothing when it is off", no_row_when_off, NULL);
	return test_run(&tests, "decide_dialog");
}
