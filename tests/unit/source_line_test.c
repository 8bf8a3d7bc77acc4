// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source_line_test.c - one line of dispatcher.list: tables of what loads, what does not, and where it says so.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lists.h"

/*
 * A line that loads. diag: the columns and texts of its warnings, "column text|column text", NULL: none at all.
 * attrs, at: NULL for none, any.
 */
struct good_line {
	const char *line;
	int set;
	const char *uri;
	unsigned int flags;
	int priority;
	const char *attrs;
	const char *at;
	const char *diag;
};

#define GAP "expected a number; read as"

static const struct good_line good_lines[] = {
	{ "1 sip:192.0.2.1", 1, "sip:192.0.2.1", 0, 0, NULL, "192.0.2.1:5060", NULL },
	{ " \t 1\tsip:192.0.2.1:5080 \t ", 1, "sip:192.0.2.1:5080", 0, 0, NULL, "192.0.2.1:5080", NULL },
	{ "1 sip:192.0.2.1 8 5 a=b", 1, "sip:192.0.2.1", 8, 5, "a=b", NULL, NULL },
	{ "1 sip:192.0.2.1 8 5 a=b\r", 1, "sip:192.0.2.1", 8, 5, "a=b", NULL, NULL },
	{ "1 sip:192.0.2.1\r", 1, "sip:192.0.2.1", 0, 0, NULL, NULL, NULL },
	{ "007 sip:192.0.2.1 010 007", 7, "sip:192.0.2.1", 10, 7, NULL, NULL, NULL },
	{ "2147483647 sip:192.0.2.1 0 2147483647", 2147483647, "sip:192.0.2.1", 0, 2147483647, NULL, NULL, NULL },
	/* comments, and what is none */
	{ "1 sip:192.0.2.1#comment 8 5", 1, "sip:192.0.2.1", 0, 0, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 # comment", 1, "sip:192.0.2.1", 0, 0, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 8#comment", 1, "sip:192.0.2.1", 8, 0, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 8 #comment", 1, "sip:192.0.2.1", 8, 0, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 8 5#a=b", 1, "sip:192.0.2.1", 8, 5, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 8 5 # a=b", 1, "sip:192.0.2.1", 8, 5, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 8 5 a=b#c;d", 1, "sip:192.0.2.1", 8, 5, "a=b#c;d", NULL, NULL },
	{ "1 sip:192.0.2.1 8 5 a=b # text", 1, "sip:192.0.2.1", 8, 5, "a=b", NULL, NULL },
	/* flags */
	{ "1 sip:192.0.2.1 0x8 5", 1, "sip:192.0.2.1", 8, 5, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 0x2A", 1, "sip:192.0.2.1", 42, 0, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 0X8 5", 1, "sip:192.0.2.1", 0, 0, "X8", NULL, "18 " GAP "|21 text after" },
	{ "1 sip:192.0.2.1 0x", 1, "sip:192.0.2.1", 0, 0, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 63", 1, "sip:192.0.2.1", 63, 0, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1 72", 1, "sip:192.0.2.1", 8, 0, NULL, NULL, "17 flags 72" },
	{ "1 sip:192.0.2.1 weight=50", 1, "sip:192.0.2.1", 0, 0, "weight=50", NULL, "17 " GAP },
	{ "1 sip:192.0.2.1 10 rweight=50", 1, "sip:192.0.2.1", 10, 0, "rweight=50", NULL,
	  "20 text \"rweight=50\" where the priority should be" },
	{ "1 sip:192.0.2.1 10rweight=50 3", 1, "sip:192.0.2.1", 10, 0, "rweight=50", NULL, "19 " GAP "|30 text after" },
	{ "1 sip:192.0.2.1 0 5abc", 1, "sip:192.0.2.1", 0, 5, "abc", NULL, "20 " GAP },
	/* set numbers */
	{ "sip:192.0.2.1 0 0", 0, "sip:192.0.2.1", 0, 0, NULL, NULL, "1 read as set 0" },
	{ "2sip:192.0.2.1 0 0", 2, "sip:192.0.2.1", 0, 0, NULL, NULL, "2 no blank" },
	/* attributes */
	{ "1 sip:192.0.2.1 0 0 a=1;;weight=20;", 1, "sip:192.0.2.1", 0, 0, "a=1;;weight=20", NULL, NULL },
	{ "1 sip:192.0.2.1 0 0 weight=20,rweight=30", 1, "sip:192.0.2.1", 0, 0, "weight=20,rweight=30", NULL,
	  "30 ',' between" },
	{ "1 sip:192.0.2.1 0 0 duid='a;b,c'", 1, "sip:192.0.2.1", 0, 0, "duid='a;b,c'", NULL, NULL },
	{ "1 sip:192.0.2.1 0 0 a=b weight=20", 1, "sip:192.0.2.1", 0, 0, "a=b", NULL, "25 text after" },
	{ "1 sip:192.0.2.1 0 0 weight=101", 1, "sip:192.0.2.1", 0, 0, "weight=101", NULL, "28 from 1 to 100" },
	{ "1 sip:192.0.2.1 0 0 weight=1;rweight=100", 1, "sip:192.0.2.1", 0, 0, "weight=1;rweight=100", NULL, NULL },
	{ "1 sip:192.0.2.1 0 0 rweight=0", 1, "sip:192.0.2.1", 0, 0, "rweight=0", NULL, "29 from 1 to 100" },
	{ "1 sip:192.0.2.1 0 0 weight=99999999999999999999", 1, "sip:192.0.2.1", 0, 0, "weight=99999999999999999999",
	  NULL, "28 from 1 to 100" },
	{ "1 sip:192.0.2.1 0 0 weight=20x", 1, "sip:192.0.2.1", 0, 0, "weight=20x", NULL, "30 read as 20" },
	{ "1 sip:192.0.2.1 0 0 =5", 1, "sip:192.0.2.1", 0, 0, "=5", NULL, "21 without a name" },
	{ "1 sip:192.0.2.1 0 0 duid", 1, "sip:192.0.2.1", 0, 0, "duid", NULL, "21 duid without a value" },
	{ "1 sip:192.0.2.1 0 0 cc=2", 1, "sip:192.0.2.1", 0, 0, "cc=2", NULL, "24 from 0 to 1" },
	{ "1 sip:192.0.2.1 0 0 ocmin=9;ocmax=8", 1, "sip:192.0.2.1", 0, 0, "ocmin=9;ocmax=8", NULL, "21 ocmin=9" },
	{ "1 sip:192.0.2.1 0 0 caf\xe9=\x01", 1, "sip:192.0.2.1", 0, 0, "caf\xe9=\x01", NULL, "26 control" },
	/* URIs */
	{ "1 192.0.2.1:5070", 1, "sip:192.0.2.1:5070", 0, 0, NULL, "192.0.2.1:5070", "3 no scheme" },
	{ "1 SIP:192.0.2.1", 1, "SIP:192.0.2.1", 0, 0, NULL, NULL, NULL },
	{ "1 sip:u:p@192.0.2.1;lr?h=v", 1, "sip:u:p@192.0.2.1;lr?h=v", 0, 0, NULL, "192.0.2.1:5060", NULL },
	{ "1 sip:[2001:DB8::1]", 1, "sip:[2001:DB8::1]", 0, 0, NULL, "[2001:db8::1]:5060", NULL },
	{ "1 sip:[2001:db8::1]:65535;x", 1, "sip:[2001:db8::1]:65535;x", 0, 0, NULL, "[2001:db8::1]:65535", NULL },
	{ "1 sip:[::ffff:192.0.2.1]", 1, "sip:[::ffff:192.0.2.1]", 0, 0, NULL, "192.0.2.1:5060", NULL },
	{ "1 sip:192.0.2.1;transport=UDP", 1, "sip:192.0.2.1;transport=UDP", 0, 0, NULL, NULL, NULL },
	{ "1 sip:192.0.2.1;Transport=tls", 1, "sip:192.0.2.1;Transport=tls", 0, 0, NULL, NULL, "3 transport tls" },
	{ "1 sips:192.0.2.1;transport=udp", 1, "sips:192.0.2.1;transport=udp", 0, 0, NULL, "192.0.2.1:5061",
	  "3 sips and transport tls" },
	{ "1 sip:192.0.2.1;maddr=192.0.2.2", 1, "sip:192.0.2.1;maddr=192.0.2.2", 0, 0, NULL, "192.0.2.1:5060",
	  "3 maddr is not followed" },
	{ "1 sip:one.test", 1, "sip:one.test", 0, 0, NULL, "192.0.2.1:5060", NULL },
	{ "1 sip:ONE.test:1", 1, "sip:ONE.test:1", 0, 0, NULL, "192.0.2.1:1", NULL },
	{ "1 sip:nobody.test 16", 1, "sip:nobody.test", 16, 0, NULL, "[::]:5060", "3 flag 16 forbids" },
	{ "1 sip:192.0.2.1 16", 1, "sip:192.0.2.1", 16, 0, NULL, "192.0.2.1:5060", NULL },
	{ "1 sip:127.1.2.3", 1, "sip:127.1.2.3", 0, 0, NULL, NULL, "3 127.1.2.3:5060 is this host" },
};

/* Each "column text" of the list must be among the warnings, and nothing else. */
static void check_warnings(const struct diag_list *d, const char *expected)
{
	char *copy = expected ? strdup(expected) : NULL;
	char *save = NULL, *one, *what;
	unsigned long column;
	size_t n = 0;

	for (one = copy ? strtok_r(copy, "|", &save) : NULL; one; one = strtok_r(NULL, "|", &save), n++) {
		column = strtoul(one, &what, 10);
		if (!lists_has_diag(d, DIAG_WARNING, 1, (unsigned int)column, what + 1))
			fail_msg("no warning at column %lu with \"%s\"", column, what + 1);
	}
	assert_int_equal(d->count[DIAG_WARNING], n);
	free(copy);
}

static void check_text(const char *is, const char *expected)
{
	if (expected)
		assert_string_equal(is ? is : "(none)", expected);
	else
		assert_null(is);
}

static void test_good_lines(void **state)
{
	char at[URI_ENDPOINT_SIZE];
	const struct ds_dest *dest;
	struct diag_list d;
	struct model *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good_lines) / sizeof(good_lines[0]); i++) {
		const struct good_line *g = &good_lines[i];
		int ret = lists_parse(g->line, strlen(g->line), &m, &d);

		print_message("         %s\n", g->line);
		if (ret)
			diag_print(&d, stdout, 1);
		assert_int_equal(ret, 0);
		assert_int_equal(m->n_dests, 1);
		dest = m->set[0].dest[0];
		assert_int_equal(dest->conf.set, g->set);
		assert_string_equal(dest->conf.uri.text, g->uri);
		assert_int_equal(dest->conf.flags, g->flags);
		assert_int_equal(dest->conf.priority, g->priority);
		check_text(dest->conf.attrs.text, g->attrs);
		if (g->at)
			assert_string_equal(uri_endpoint_text(&dest->member[0].at, at), g->at);
		check_warnings(&d, g->diag);
		model_free(m);
		diag_free(&d);
	}
}

static const struct {
	const char *line;
	unsigned int column;
	const char *what;
} bad_lines[] = {
	{ "1", 2, "no URI" },
	{ "1 ", 3, "no URI" },
	{ "1 # sip:192.0.2.1", 3, "no URI" },
	{ "1#sip:192.0.2.1", 2, "no URI" },
	{ "2147483648 sip:192.0.2.1", 1, "set number 2147483648 too large" },
	{ "99999999999999999999999 sip:192.0.2.1", 1, "too large" },
	{ "1 sip:192.0.2.1 99999999999", 17, "flags 99999999999 too large" },
	{ "1 sip:192.0.2.1 0xffffffffff", 17, "too large" },
	{ "1 sip:192.0.2.1 0 2147483648", 19, "priority 2147483648 too large" },
	{ "1 sip:192.0.2.1 0 -1", 19, "negative priority" },
	{ "1 sip:192.0.2.1 -1 0", 17, "negative flags" },
	{ "1 sip:192.0.2.1 0 0 duid='a", 26, "quote without its end, expected '" },
	{ "1 sip:192.0.2.1 0 0 duid='q q'", 26, "quote without its end" },
	{ "1 sip:192.0.2.1 0 0 duid=\"", 26, "quote without its end, expected \"" },
	{ "1 sip:192.0.2.1 0 0 duid=\"a\"b", 29, "text after a quoted value" },
	{ "1 sip:192.0.2.1 0 0 x=;a=b", 21, "attribute x= without a value" },
	{ "-1 sip:192.0.2.1", 1, "bad URI" },
	{ "1 abc", 3, "bad URI" },
	{ "1 sip:", 7, "no host" },
	{ "1 sip:user@", 12, "no host" },
	{ "1 sip:@192.0.2.1", 7, "empty user" },
	{ "1 sip::5060", 7, "no host" },
	{ "1 tel:+123456", 7, "bad port" },
	{ "1 sip:192.0.2.1:", 17, "bad port" },
	{ "1 sip:192.0.2.1:0", 17, "bad port" },
	{ "1 sip:192.0.2.1:65536", 17, "bad port" },
	{ "1 sip:192.0.2.1:99999999999999999999", 17, "bad port" },
	{ "1 sip:192.0.2.1:50a", 17, "bad port" },
	{ "1 sip:192.0.2.256", 7, "bad IPv4" },
	{ "1 sip:192.0.2", 7, "bad IPv4" },
	{ "1 sip:192.0.2.01", 7, "bad IPv4" },
	{ "1 sip:192.0.2.1.", 7, "bad IPv4" },
	{ "1 sip:2001:db8::1", 7, "IPv6 address in brackets" },
	{ "1 sip:[2001:db8::1", 7, "'[' without ']'" },
	{ "1 sip:[2001:db8::1::2]", 8, "bad IPv6" },
	{ "1 sip:[fe80::1%eth0]", 8, "bad IPv6" },
	{ "1 sip:[192.0.2.1]", 8, "bad IPv6" },
	{ "1 sip:[]", 8, "bad IPv6" },
	{ "1 sip:[fe80::1]", 7, "link-local" },
	{ "1 sip:[ff02::1]", 7, "multicast" },
	{ "1 sip:[::]", 7, "address of no host" },
	{ "1 sip:224.0.0.1", 7, "multicast" },
	{ "1 sip:255.255.255.255", 7, "broadcast" },
	{ "1 sip:0.0.0.0", 7, "address of no host" },
	{ "1 sip:[2001:db8::1]x", 20, "unexpected text" },
	{ "1 sip:a..test", 9, "bad label" },
	{ "1 sip:.test", 7, "bad label" },
	{ "1 sip:a,b", 8, "bad character in the host" },
	{ "1 <sip:192.0.2.1>", 3, "character not allowed" },
	{ "1 sip:caf\xc3\xa9.test", 10, "character not allowed" },
	{ "1 sip:192.0.2.1;", 17, "without a name" },
	{ "1 sip:192.0.2.1;;lr", 17, "without a name" },
	{ "1 sip:192.0.2.1;transport=foo", 27, "unknown transport" },
	{ "1 sip:192.0.2.1;transport", 26, "unknown transport" },
	{ "1 sip:192.0.2.1;transport=udp;transport=tcp", 41, "second transport" },
	{ "1 sip:nobody.test", 3, "cannot resolve nobody.test" },
};

static void test_bad_lines(void **state)
{
	struct diag_list d;
	struct model *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		print_message("         %s\n", bad_lines[i].line);
		assert_int_equal(lists_parse(bad_lines[i].line, strlen(bad_lines[i].line), &m, &d), -EINVAL);
		assert_null(m);
		if (!lists_has_diag(&d, DIAG_ERROR, 1, bad_lines[i].column, bad_lines[i].what)) {
			diag_print(&d, stdout, 1);
			fail_msg("no error at column %u with \"%s\"", bad_lines[i].column, bad_lines[i].what);
		}
		assert_int_equal(d.count[DIAG_ERROR], 1);
		diag_free(&d);
	}
}

static void test_attributes(void **state)
{
	static const char line[] =
		"1 sip:192.0.2.1 0 0 DUID=x;maxload=-1;weight=+20;rweight=\"30\";cc=1;latency=7;"
		"socket=udp:192.0.2.9:5060;sockname=in;ping_socket=udp:192.0.2.9:5070;ping_from=sip:p@h;"
		"obproxy=sip:o;ocmin=10;ocmax=0;ocrate=5;ping_reply_codes='code=403;class=4';"
		"class=abc;flag;class=def;weight=99";
	const struct ds_attrs *a;
	struct diag_list d;
	struct model *m;

	(void)state;
	assert_int_equal(lists_parse(line, strlen(line), &m, &d), 0);
	a = &m->set[0].dest[0]->conf.attrs;
	assert_string_equal(a->duid, "x");
	assert_int_equal(a->maxload, -1);
	assert_int_equal(a->weight, 20);
	assert_int_equal(a->rweight, 30);
	assert_int_equal(a->cc, 1);
	assert_int_equal(a->latency_ms, 7);
	assert_string_equal(a->socket, "udp:192.0.2.9:5060");
	assert_string_equal(a->sockname, "in");
	assert_string_equal(a->ping_socket, "udp:192.0.2.9:5070");
	assert_string_equal(a->ping_from, "sip:p@h");
	assert_string_equal(a->obproxy, "sip:o");
	assert_string_equal(a->ping_reply_codes, "code=403;class=4");
	assert_int_equal(a->ocmin, 10);
	assert_int_equal(a->ocmax, 100);
	assert_int_equal(a->ocrate, 10);
	assert_int_equal(a->n_other, 3);
	assert_string_equal(a->other[0].name, "class");
	assert_string_equal(a->other[0].value, "abc");
	assert_string_equal(a->other[1].name, "flag");
	assert_null(a->other[1].value);
	assert_string_equal(a->other[2].value, "def");
	assert_int_equal(d.count[DIAG_WARNING], 1);
	assert_non_null(strstr(d.diag[0].message, "second weight"));
	model_free(m);
	diag_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
