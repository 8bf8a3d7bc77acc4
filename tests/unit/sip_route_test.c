// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sip_route_test.c - which Route values are ours and what the next one, or a URI, names (sip-rules K87, K88, K91).
 * The listener is 192.0.2.1:5060, or [2001:db8::1]:5070.
 */
#include "sip_text.h"

#include "sip_route.h"

#define OWN "<sip:192.0.2.1;lr>"
#define OWN6 "<sip:[2001:db8::1]:5070;lr>"
#define NEXT "<sip:192.0.2.66:5080;lr>"
#define NEXT_PLACE SIP_PLACE_UDP, 0xc0000242, 5080

static const struct route_row {
	const char *name;
	const char *rows;
	int bad;
	unsigned int own;
	unsigned int place;
	unsigned int ip, port;
} routes[] = {
	{ "87 none", "", 0, 0, SIP_PLACE_NONE, 0, 0 },
	{ "87 ours alone", "Route: " OWN "\r\n", 0, 1, SIP_PLACE_NONE, 0, 0 },
	{ "87 ours with its port", "Route: <sip:192.0.2.1:5060;lr>\r\n", 0, 1, SIP_PLACE_NONE, 0, 0 },
	{ "87 ours with a user part", "Route: <sip:any%40one@192.0.2.1;lr>\r\n", 0, 1, SIP_PLACE_NONE, 0, 0 },
	{ "87 ours in other spelling", "ROUTE :\r\n\t\"x\" <SIP:192.0.2.1:05060;LR=on;transport=UDP>;y=z\r\n", 0, 1,
	  SIP_PLACE_NONE, 0, 0 },
	{ "87 ours without lr", "Route: <sip:192.0.2.1>\r\n", 0, 1, SIP_PLACE_NONE, 0, 0 },
	{ "87 ours by IPv6", "Route: " OWN6 "\r\n", 0, 1, SIP_PLACE_NONE, 0, 0 },
	{ "87 ours by IPv6 in other spelling", "Route: <sip:[2001:0DB8:0::0:1]:5070>\r\n", 0, 1, SIP_PLACE_NONE, 0, 0 },
	{ "87 our address, another port", "Route: <sip:192.0.2.1:5061;lr>\r\n", 0, 0, SIP_PLACE_UDP, 0xc0000201, 5061 },
	{ "87 another address", "Route: " NEXT "\r\n", 0, 0, NEXT_PLACE },
	{ "88 ours, then the next in a row", "Route: " OWN "\r\nRoute: " NEXT "\r\n", 0, 1, NEXT_PLACE },
	{ "88 ours, then the next in a comma row", "Route: " OWN "," NEXT "\r\n", 0, 1, NEXT_PLACE },
	{ "88 blanks and folds about the comma", "Route: " OWN " ,\r\n " NEXT "\r\n", 0, 1, NEXT_PLACE },
	{ "88 other rows between", "Route: " OWN "\r\nVia: SIP/2.0/UDP a\r\nProxy-Require: x\r\nRoute: " NEXT "\r\n", 0,
	  1, NEXT_PLACE },
	{ "88 the next, then ours", "Route: " NEXT "," OWN "\r\n", 0, 0, NEXT_PLACE },
	{ "87 double Record-Route in rows", "Route: " OWN "\r\nRoute: " OWN "\r\n", 0, 2, SIP_PLACE_NONE, 0, 0 },
	{ "87 double Record-Route in a comma row", "Route: " OWN "," OWN "\r\n", 0, 2, SIP_PLACE_NONE, 0, 0 },
	{ "87 double, then the next in the row", "Route: " OWN "," OWN "," NEXT "\r\n", 0, 2, NEXT_PLACE },
	{ "87 double, then the next in a row", "Route: " OWN "," OWN "\r\nRoute: " NEXT "\r\n", 0, 2, NEXT_PLACE },
	{ "87 double across rows, then the next", "Route: " OWN "\r\nRoute: " OWN "," NEXT "\r\n", 0, 2, NEXT_PLACE },
	{ "87 ours thrice: the third is a next hop", "Route: " OWN "," OWN "," OWN "\r\n", 0, 2, SIP_PLACE_UDP,
	  0xc0000201, 5060 },
	{ "87 comma at the end of the row", "Route: " OWN ",\r\nRoute: " NEXT "\r\n", 0, 1, NEXT_PLACE },
	{ "123 comma in a display name", "Route: \"a, <sip:b@c>, d\" " OWN ", \"e\\\", <\" " NEXT "\r\n", 0, 1,
	  NEXT_PLACE },
	{ "123 comma in the user part", "Route: <sip:a,b@192.0.2.1;lr>," NEXT "\r\n", 0, 1, NEXT_PLACE },
	{ "88 default port of the next", "Route: <sip:192.0.2.66;lr>\r\n", 0, 0, SIP_PLACE_UDP, 0xc0000242, 5060 },
	{ "88 name", "Route: <sip:services.example.com;lr>\r\n", 0, 0, SIP_PLACE_SLOW, 0, 0 },
	{ "88 name that looks like ours", "Route: <sip:192.0.2.1.example.com;lr>\r\n", 0, 0, SIP_PLACE_SLOW, 0, 0 },
	{ "88 transport", "Route: <sip:192.0.2.66;transport=tcp;lr>\r\n", 0, 0, SIP_PLACE_SLOW, 0, 0 },
	{ "88 our address, another transport", "Route: <sip:192.0.2.1;transport=tcp;lr>\r\n", 0, 0, SIP_PLACE_SLOW, 0,
	  0 },
	{ "88 sips", "Route: <sips:192.0.2.66;lr>\r\n", 0, 0, SIP_PLACE_SLOW, 0, 0 },
	{ "88 transport in a parameter of the value", "Route: <sip:192.0.2.66;lr>;transport=tcp\r\n", 0, 0,
	  SIP_PLACE_UDP, 0xc0000242, 5060 },
	{ "88 transport in a parameter's value", "Route: <sip:192.0.2.66;x=transport;lr>\r\n", 0, 0, SIP_PLACE_UDP,
	  0xc0000242, 5060 },
	{ "88 empty user part", "Route: <sip:@192.0.2.66>\r\n", 0, 0, SIP_PLACE_BAD, 0, 0 },
	{ "88 IPv6 without brackets", "Route: <sip:2001:db8::1>\r\n", 0, 0, SIP_PLACE_BAD, 0, 0 },
	{ "88 port 65536", "Route: <sip:192.0.2.66:65536>\r\n", 0, 0, SIP_PLACE_BAD, 0, 0 },
	{ "88 no brackets", "Route: sip:192.0.2.66\r\n", 1, 0, SIP_PLACE_NONE, 0, 0 },
	{ "88 empty", "Route: \r\n", 1, 0, SIP_PLACE_NONE, 0, 0 },
	{ "88 bracket not closed", "Route: <sip:192.0.2.66\r\n", 1, 0, SIP_PLACE_NONE, 0, 0 },
	{ "88 quote not closed", "Route: \"x <sip:192.0.2.66>\r\n", 1, 0, SIP_PLACE_NONE, 0, 0 },
	{ "88 comma first", "Route: ," OWN "\r\n", 1, 0, SIP_PLACE_NONE, 0, 0 },
	{ "88 ours, then rubbish", "Route: " OWN ", rubbish\r\n", 1, 1, SIP_PLACE_NONE, 0, 0 },
};

static struct ds_endpoint ip4(unsigned int ip, unsigned int port)
{
	struct ds_endpoint e = { .ip.w = { 0, 0, port_be32(0xffff), port_be32(ip) },
				 .port_be = port_be16((__u16)port) };

	return e;
}

static const struct ds_endpoint *listener(const struct route_row *row)
{
	static struct ds_endpoint at4, at6;

	at4 = ip4(0xc0000201, 5060);
	at6.ip.w[0] = port_be32(0x20010db8);
	at6.ip.w[3] = port_be32(1);
	at6.port_be = port_be16(5070);
	return strstr(row->name, "by IPv6") ? &at6 : &at4;
}

static void reads_routes(void **state)
{
	const struct route_row *row = *state;
	struct sip_parts p = { .more = row->rows };
	struct ds_endpoint want = ip4(row->ip, row->port);
	struct sip_route r;
	struct sip_case s;

	memset(&r, 0xa5, sizeof(r));
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_int("result", sip_route_parse(&s.c, &s.m, listener(row), &r), row->bad ? REASON_bad_route : REASON_none);
	check_int("own", r.own, row->own);
	if (!row->bad)
		check_int("place", r.place, row->place);
	if (row->place == SIP_PLACE_UDP)
		check_true("next", sip_same_place(&r.next.at, &want));
	sip_close(&s);
}

/* K91: the place that a request from a destination goes to by its Request-URI. */
static const struct uri_row {
	const char *name;
	const char *uri;
	unsigned int place;
	unsigned int ip, port;
} uris[] = {
	{ "91 address", "sip:bob@192.0.2.4", SIP_PLACE_UDP, 0xc0000204, 5060 },
	{ "91 address and port", "sip:bob@192.0.2.4:5070", SIP_PLACE_UDP, 0xc0000204, 5070 },
	{ "91 parameters", "sip:bob@192.0.2.4:5070;ob;transport=udp;line=x", SIP_PLACE_UDP, 0xc0000204, 5070 },
	{ "91 transport in upper case", "sip:bob@192.0.2.4;TRANSPORT=UDP", SIP_PLACE_UDP, 0xc0000204, 5060 },
	{ "91 TCP", "sip:bob@192.0.2.4;transport=tcp", SIP_PLACE_SLOW, 0, 0 },
	{ "91 TCP among others", "sip:bob@192.0.2.4;a;b=c;transport=tcp;d", SIP_PLACE_SLOW, 0, 0 },
	{ "91 transport that begins like UDP", "sip:bob@192.0.2.4;transport=udplite", SIP_PLACE_SLOW, 0, 0 },
	{ "91 transport without a value", "sip:bob@192.0.2.4;transport", SIP_PLACE_SLOW, 0, 0 },
	{ "91 name", "sip:bob@example.com", SIP_PLACE_SLOW, 0, 0 },
	{ "91 sips", "sips:bob@192.0.2.4", SIP_PLACE_SLOW, 0, 0 },
	{ "91 tel", "tel:+12015550123", SIP_PLACE_SLOW, 0, 0 },
	{ "91 no address", "sip:bob@192.0.2.256", SIP_PLACE_SLOW, 0, 0 },
};

static void reads_uri(void **state)
{
	const struct uri_row *row = *state;
	struct ds_endpoint want = ip4(row->ip, row->port);
	struct sip_named n;
	struct sip_parts p = { 0 };
	char start[128];
	struct sip_case s;

	snprintf(start, sizeof(start), "INVITE %s SIP/2.0\r\n", row->uri);
	p.start = start;
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	memset(&n, 0xa5, sizeof(n));
	check_int("place", sip_uri_place(&s.c, s.m.uri.all.off, s.m.uri.all.off + s.m.uri.all.len, &n), row->place);
	if (row->place == SIP_PLACE_UDP)
		check_mem("endpoint", &n.at, sizeof(n.at), &want, sizeof(want));
	sip_close(&s);
}

/* K89: whether the next hop is a loose router. */
static const struct loose_row {
	const char *name;
	const char *rows;
	int loose;
} looses[] = {
	{ "89 lr", "Route: <sip:192.0.2.66;lr>\r\n", 1 },
	{ "89 lr=on", "Route: <sip:192.0.2.66;lr=on>\r\n", 1 },
	{ "89 LR", "Route: <sip:192.0.2.66;LR>\r\n", 1 },
	{ "89 lr behind others", "Route: <sip:192.0.2.66;transport=udp;x=y;z;lr>\r\n", 1 },
	{ "89 lr before others", "Route: <sip:192.0.2.66;lr;transport=udp>\r\n", 1 },
	{ "89 lr of URI and value", "Route: <sip:192.0.2.66;lr>;lr=off\r\n", 1 },
	{ "89 behind ours", "Route: " OWN ", <sip:192.0.2.66>\r\n", 0 },
	{ "89 none", "Route: <sip:192.0.2.66>\r\n", 0 },
	{ "89 of the value, not of the URI", "Route: <sip:192.0.2.66>;lr\r\n", 0 },
	{ "89 a longer name", "Route: <sip:192.0.2.66;lrx>\r\n", 0 },
	{ "89 in a value", "Route: <sip:192.0.2.66;x=lr>\r\n", 0 },
	{ "89 a name's", "Route: <sip:proxy.example.com;lr>\r\n", 1 },
	{ "89 a name's, none", "Route: <sip:proxy.example.com>\r\n", 0 },
};

static void reads_loose(void **state)
{
	const struct loose_row *row = *state;
	struct sip_parts p = { .more = row->rows };
	struct ds_endpoint at = ip4(0xc0000201, 5060);
	struct sip_route r;
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_int("result", sip_route_parse(&s.c, &s.m, &at, &r), REASON_none);
	check_int("loose", !!(r.next.params & SIP_URI_LR), row->loose);
	sip_close(&s);
}

/* K90, K94: which of our values carries a token. */
static const struct token_row {
	const char *name;
	const char *rows;
	const char *token;
} tokens[] = {
#define ID "sx0123456789abcdef"
	{ "90 ours", "Route: <sip:" ID "@192.0.2.1;lr>\r\n", ID },
	{ "90 another host's", "Route: <sip:" ID "@192.0.2.66;lr>\r\n", "" },
	{ "90 behind another host's", "Route: " NEXT ", <sip:" ID "@192.0.2.1;lr>\r\n", "" },
	{ "90 second of ours", "Route: " OWN "\r\nRoute: <sip:" ID "@192.0.2.1:5060;lr>\r\n", ID },
	{ "90 first of two", "Route: <sip:" ID "@192.0.2.1;lr>, <sip:sx0000000000000000@192.0.2.1;lr>\r\n", ID },
	{ "90 too short", "Route: <sip:sx0123456789abcde@192.0.2.1;lr>\r\n", "" },
	{ "90 another beginning", "Route: <sip:xx0123456789abcdef@192.0.2.1;lr>\r\n", "" },
	{ "94 flow", "Route: <sip:" ID "c000021413c60123456789abcdef@192.0.2.1;lr;ob>\r\n",
	  ID "c000021413c60123456789abcdef" },
};

static void finds_tokens(void **state)
{
	const struct token_row *row = *state;
	struct sip_parts p = { .more = row->rows };
	struct ds_endpoint at = ip4(0xc0000201, 5060);
	struct sip_route r;
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_int("result", sip_route_parse(&s.c, &s.m, &at, &r), REASON_none);
	check_span(&s, "token", r.token, row->token);
	sip_close(&s);
}

/* Every cut of a Route row and every octet changed to those that matter: no crash, and never more than two of ours. */
static void is_total(void **state)
{
	static const char rows[] = "Route: \"a, b\" " OWN "\r\nRoute: " OWN " , " NEXT ";x=y\r\n";
	static const char odd[] = "<>\"\\,;:@[] \tx1";
	struct ds_endpoint at = ip4(0xc0000201, 5060);
	struct sip_parts p = { 0 };
	char more[sizeof(rows)];
	struct sip_route r;
	struct sip_case s;
	size_t i, k;

	(void)state;
	p.more = more;
	for (i = 7; i < sizeof(rows) - 1; i++) {
		for (k = 0; k < sizeof(odd) - 1; k++) {
			strcpy(more, rows);
			if (more[i] == '\r' || more[i] == '\n')
				continue;
			more[i] = odd[k];
			sip_open_parts(&s, &p);
			if (!sip_route_parse(&s.c, &s.m, &at, &r))
				check_true("result", r.own <= 2 && r.place <= SIP_PLACE_BAD);
			sip_close(&s);
		}
	}
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "Route", reads_routes, routes);
	test_rows(&tests, "URI", reads_uri, uris);
	test_rows(&tests, "loose", reads_loose, looses);
	test_rows(&tests, "token", finds_tokens, tokens);
	test_add(&tests, "Route: 118 any octet changed", is_total, NULL);
	return test_run(&tests, "sip_route");
}
