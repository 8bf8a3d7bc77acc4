// SPDX-License-Identifier: GPL-2.0-or-later
/* sip_path_test.c - which REGISTERs get our Path, which clients are not where they say (sip-rules K93, K94). */
#include "plan_cases.h"

#include "sip_path.h"

#define BOTH (SIP_PATH_SUPPORTED | SIP_PATH_REG_ID)
#define CONTACT "Contact: <sip:a@192.0.2.20>"

static const struct want_row {
	const char *name;
	const char *rows;
	unsigned int want;
} wants[] = {
	{ "93 nothing", "", 0 },
	{ "93 path", "Supported: path\r\n", SIP_PATH_SUPPORTED },
	{ "93 path among others", "Supported: 100rel , path,outbound\r\n", SIP_PATH_SUPPORTED },
	{ "93 path in capitals", "SUPPORTED: PATH\r\n", SIP_PATH_SUPPORTED },
	{ "93 compact", "k:path\r\n", SIP_PATH_SUPPORTED },
	{ "93 folded", "Supported :\r\n 100rel,\r\n\tpath\r\n", SIP_PATH_SUPPORTED },
	{ "93 behind other control octets",
	  "Subject: a\tb \002\v \\\001 \x8e\xff Supported: x\r\nSupported:\t100rel,\tpath\r\n", SIP_PATH_SUPPORTED },
	{ "93 second row", "Supported: 100rel\r\nK : outbound\r\nSupported: path\r\n", SIP_PATH_SUPPORTED },
	{ "93 other rows about", "Require: path\r\nSupported: path\r\nUser-Agent: x\r\n", SIP_PATH_SUPPORTED },
	{ "93 required only", "Require: path\r\n", 0 },
	{ "93 longer tags", "Supported: paths, xpath, pat\r\n", 0 },
	{ "93 longer name", "Supported-Path: path\r\nSupportedx: path\r\n", 0 },
	{ "93 empty", "Supported: \r\nSupported: ,\r\n", 0 },
	{ "94 reg-id", CONTACT ";reg-id=1\r\nSupported: path, outbound\r\n", BOTH },
	{ "94 reg-id first", "Supported: path\r\nm:<sip:a@192.0.2.20;ob>;+sip.instance=\"<urn:x;reg-id>\";REG-ID=1\r\n",
	  BOTH },
	{ "94 reg-id behind a name", "Supported: path\r\nContact: \"a;<b>,\" <sip:a@192.0.2.20>;q=1 ; reg-id = 2\r\n",
	  BOTH },
	{ "94 reg-id without brackets", "Contact: sip:a@192.0.2.20;reg-id=1\r\n", SIP_PATH_REG_ID },
	{ "94 reg-id in the URI", "Contact: <sip:a@192.0.2.20;reg-id=1>\r\n", 0 },
	{ "94 reg-id in quotes", CONTACT ";x=\";reg-id=1\"\r\n", 0 },
	{ "94 longer parameter", CONTACT ";reg-id2=1\r\n", 0 },
	{ "94 all", "Contact: *\r\n", 0 },
	{ "94 second Contact row", CONTACT "\r\n" CONTACT ";reg-id=1\r\n", SIP_PATH_REG_ID },
};

static void finds(void **state)
{
	const struct want_row *row = *state;
	struct sip_parts p = { .start = "REGISTER sip:192.0.2.1 SIP/2.0\r\n",
			       .cseq = "CSeq: 1 REGISTER\r\n",
			       .more = row->rows };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_int("wanted", sip_path_wanted(&s.c, &s.m), row->want);
	sip_close(&s);
}

static const struct row_row {
	const char *name;
	const char *vias;
	unsigned int wanted, want;
} own_rows[] = {
	{ "93 not supported", "Via: SIP/2.0/UDP h\r\n", SIP_PATH_REG_ID, SIP_OWN_NONE },
	{ "93 supported", "Via: SIP/2.0/UDP h\r\n", SIP_PATH_SUPPORTED, SIP_OWN_PATH },
	{ "94 first hop", "Via: SIP/2.0/UDP h\r\n", BOTH, SIP_OWN_PATH_OB },
	{ "94 second hop", "Via: SIP/2.0/UDP h\r\nVia: SIP/2.0/UDP g\r\n", BOTH, SIP_OWN_PATH },
	{ "94 second hop in a row", "Via: SIP/2.0/UDP h,SIP/2.0/UDP g\r\n", BOTH, SIP_OWN_PATH },
};

static void chooses(void **state)
{
	const struct row_row *row = *state;
	struct sip_parts p = { .via = row->vias };
	struct sip_case s;

	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_int("row", sip_path_own_row(&s.m, row->wanted), row->want);
	sip_close(&s);
}

static const struct hidden_row {
	const char *name;
	const char *via;
	const char *back;
	int hidden;
} hiddens[] = {
	{ "where it says", "192.0.2.20:5062", "192.0.2.20:5062", 0 },
	{ "default port", "192.0.2.20", "192.0.2.20:5060", 0 },
	{ "another spelling", "192.000.002.20:05060", "192.0.2.20:5060", 0 },
	{ "private address", "10.0.0.1:5062", "192.0.2.20:5062", 1 },
	{ "another port", "192.0.2.20:5062", "192.0.2.20:40000", 1 },
	{ "name", "phone.example.com:5062", "192.0.2.20:5062", 1 },
	{ "IPv6", "[2001:db8::20]", "[2001:db8::20]:5060", 0 },
	{ "private IPv6", "[fd00::20]", "[2001:db8::20]:5060", 1 },
};

static void tells_hidden(void **state)
{
	const struct hidden_row *row = *state;
	struct ds_endpoint back = plan_place(row->back);
	char via[128];
	struct sip_parts p = { .via = via };
	struct sip_case s;

	snprintf(via, sizeof(via), "Via: SIP/2.0/UDP %s;branch=z9hG4bKx\r\n", row->via);
	sip_open_parts(&s, &p);
	check_reason(&s, REASON_none);
	check_int("hidden", sip_is_hidden(&s.b, &s.m.via, &back), row->hidden);
	sip_close(&s);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "wanted", finds, wants);
	test_rows(&tests, "row", chooses, own_rows);
	test_rows(&tests, "hidden", tells_hidden, hiddens);
	return test_run(&tests, "sip_path");
}
