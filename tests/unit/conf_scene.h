/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf_scene.h - configurations from text, for the tests of the configuration file.
 */
#ifndef SIPXDP_TEST_CONF_SCENE_H
#define SIPXDP_TEST_CONF_SCENE_H

#include "test.h"

#include <errno.h>

#include "conf.h"

#define PATH "/etc/sipxdp/test.conf"

/* The least that is whole, in two lines. */
#define BASE "interfaces = {eth0, eth1}\nlisten \"192.0.2.1:5060\" { route default { set = 1 } }\n"

/* Reads text; what is said of it becomes lines "LINE:COLUMN: severity: message" in said, to be freed. */
static inline struct conf *read_text(const char *text, size_t len, char **said)
{
	struct conf *conf = NULL;
	struct diag_list d;
	size_t size, i;
	FILE *f = open_memstream(said, &size);
	int err;

	diag_init(&d, PATH);
	err = conf_parse(PATH, text, len, &conf, &d);
	check_int("result", err, d.count[DIAG_ERROR] ? -EINVAL : 0);
	check_true("a configuration or errors", !conf == !!d.count[DIAG_ERROR]);
	for (i = 0; i < d.n; i++)
		fprintf(f, "%u:%u: %s: %s\n", d.diag[i].line, d.diag[i].column, diag_severity_name(d.diag[i].severity),
			d.diag[i].message);
	fclose(f);
	diag_free(&d);
	return conf;
}

/* One that has to be without a fault. */
static inline struct conf *read_good(const char *text)
{
	struct conf *conf;
	char *said;

	conf = read_text(text, strlen(text), &said);
	check_str("what is said", said, "");
	free(said);
	return conf;
}

/* Everything at once, none of it as by default; as the sample in the manual has it, and more. */
static const char conf_scene_full[] =
	"# comment\n"
	"instance = edge_1 bpffs = '/run/bpf'\n"
	"interfaces = {\"eth0\", /* in\n between */ 'eth1.20', // no more\n }\n"
	"xdp = generic list = \"lists/a.list\"\n"
	"key-file = \"../key\" state-file = state.json watch-list = yes\n"
	"calls = 1000 table-size = 1021 drain-timeout = 90min spread = '0,2-3'\n"
	"listen [2001:db8::1]:5060 { mode = nat affinity = hash route \"default\" { set = 7 algorithm = 4 } }\n"
	"listen \"192.0.2.9:5070\" { route first { set = 0 algorithm = round-robin } }\n"
	"ping { probe = 3 interval = 5 interval-max = 2min timeout = 500ms jitter = 0 rise = 1 fall = 5\n"
	" codes = \"404, 200-202\" method = INFO from = \"sip:me@example.net\" socket = udp:192.0.2.2:5090\n"
	" headers = {\"X-A: \\\"b\\\" \\${c}\"} headers += 'X-B: \\'\\\\ ${d}'\n"
	" passive { requests = 0 window = 1h fail-percent = 100 hold = 0 } }\n"
	"set \"7\" { table-size = 4093 all-down = serve-all ping { interval = 10 headers = {} codes = 'code=486;class=4' } }\n"
	"set 3 { all-down = default-destination default-destination = \"sip:LAST.example.net\" }\n"
	"control { path = ctl.sock mode = 660 group = sip }\n"
	"events { on-down = 'logger \"$SIPXDP_URI\" ${SIPXDP_NEW}' on-up = \"\" jobs = 1 timeout = 2 }\n";

#endif
