// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conf_test.c - the configuration file: what is taken, and that what is printed is read back. See conf_errors_test.c for
 * what is said of what is not taken.
 */
#include "conf_scene.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "client.h"
#include "model.h"
#include "source.h"

static char *print_text(const struct conf *c)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	conf_print(c, f);
	fclose(f);
	return text;
}

static void defaults(void **state)
{
	struct conf *c = read_good(BASE);
	char path[256], codes[CODES_TEXT_MAX];

	(void)state;
	check_str("path", c->path, PATH);
	check_str("instance", c->instance, "default");
	check_str("bpffs", c->bpffs, INSTANCE_BPFFS);
	check_str("list", c->list, "/etc/sipxdp/dispatcher.list");
	check_str("key file", c->key_file, "");
	check_str("state file", c->state_file, "/var/lib/sipxdp/default.json");
	check_str("control", c->control.path, client_path("default", path, sizeof(path)));
	check_int("control mode", c->control.mode, 0600);
	check_int("interfaces", c->n_interfaces, 2);
	check_str("interface", c->interface[1], "eth1");
	check_int("calls", c->calls, DS_CALLS_BUCKETS * DS_CALLS_WAYS);
	check_int("table", c->table_size, DS_TABLE_SIZE);
	check_int("xdp", c->xdp, BPF_XDP_AUTO);
	check_int("listeners", c->n_listeners, 1);
	check_int("port", c->listener[0].at.port_be, htons(5060));
	check_int("mode", c->listener[0].mode, DS_MODE_PROXY);
	check_int("affinity", c->listener[0].affinity, DS_AFFINITY_CALLS);
	check_int("routes", c->listener[0].n_routes, 1);
	check_str("route", c->listener[0].route[0].name, "default");
	check_int("set", c->listener[0].route[0].set, 1);
	check_int("algorithm", c->listener[0].route[0].algorithm, DS_ALGORITHM_CALL_ID);
	check_str("codes", codes_text(&c->ping.codes, codes), "200-299");
	check_true("time-out within the interval", c->ping.timeout_ms < c->ping.interval_ms);
	check_true("a set without a section", conf_find_set(c, 1) == &c->any && c->any.id == -1);
	check_int("its pings", conf_ping_of(c, 1)->interval_ms, c->ping.interval_ms);
	conf_free(c);
}

static const struct {
	const char *name;
	enum ds_mode mode;
	const char *options;
} mode_rows[] = {
	{ "proxy", DS_MODE_PROXY, "route a { set = 1 }" },
	{ "proxy", DS_MODE_PROXY,
	  "failover = {500, timeout, \"503\"} failover-timeout = 3s failover-timeout-100 = 700ms failover-tries = 4\n"
	  "route a { set = 1 }" },
	{ "nat", DS_MODE_NAT, "route a { set = 1 }" },
	{ "dsr", DS_MODE_DSR, "route a { set = 1 }" },
	{ "ipip", DS_MODE_IPIP, "tunnel-source = {192.0.2.2, \"2001:db8::2\"} route a { set = 1 }" },
	{ "shield", DS_MODE_SHIELD, "guard { keepalives = true }" },
};

/* Every mode, and that it is printed as it is read. */
static void modes(void **state)
{
	static const struct ds_addr none;
	struct ds_failover failover, failover_again;
	char text[512], *printed;
	struct conf *c, *again;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(mode_rows); i++) {
		snprintf(text, sizeof(text), "interfaces = a listen 192.0.2.1:5060 { mode = %s %s }", mode_rows[i].name,
			 mode_rows[i].options);
		c = read_good(text);
		check_int(mode_rows[i].name, c->listener[0].mode, mode_rows[i].mode);
		check_true("tunnels", !memcmp(&c->listener[0].tunnel[0], &none, sizeof(none)) ==
					      (mode_rows[i].mode != DS_MODE_IPIP));
		check_str("list", c->list,
			  mode_rows[i].mode == DS_MODE_SHIELD ? "/dev/null" : "/etc/sipxdp/dispatcher.list");
		printed = print_text(c);
		again = read_good(printed);
		check_int("keepalives printed", again->listener[0].admit.keepalives,
			  mode_rows[i].mode == DS_MODE_SHIELD);
		check_int("mode printed", again->listener[0].mode, mode_rows[i].mode);
		check_mem("tunnels printed", again->listener[0].tunnel, sizeof(again->listener[0].tunnel),
			  c->listener[0].tunnel, sizeof(c->listener[0].tunnel));
		failover = conf_failover_of(&c->listener[0]);
		check_int("tries", failover.tries, strstr(mode_rows[i].options, "failover") ? 4 : 0);
		failover_again = conf_failover_of(&again->listener[0]);
		check_mem("failover printed", &failover_again, sizeof(failover_again), &failover, sizeof(failover));
		free(printed);
		conf_free(again);
		conf_free(c);
	}
}

static void guards(void **state)
{
	struct conf *c = read_good(
		"interfaces = a listen 192.0.2.1:5060 { route a { set = 1 }\n"
		"guard { allow = {192.0.2.7, \"2001:db8::/32\"} deny = {0.0.0.0/0, \"::/0\"} rate = 50 burst = 100 } }\n"
		"listen 192.0.2.2:5060 { route a { set = 1 } }");
	char *printed = print_text(c);
	struct conf *again = read_good(printed);
	struct ds_guard g, h;

	(void)state;
	check_int("networks", c->listener[0].admit.n, 4);
	check_int("rate", c->listener[0].admit.rate, 50);
	check_int("burst", c->listener[0].admit.burst, 100);
	check_int("none", c->listener[1].admit.n + c->listener[1].admit.rate, 0);
	admit_settle(&c->listener[0].admit, &g);
	admit_settle(&again->listener[0].admit, &h);
	check_mem("printed and read", &h, sizeof(h), &g, sizeof(g));
	check_true("as it is written", strstr(printed, "allow = {\"192.0.2.7/32\", \"2001:db8::/32\"}") != NULL);
	free(printed);
	conf_free(again);
	conf_free(c);
}

static void everything(void **state)
{
	struct conf *c = read_good(conf_scene_full);
	char codes[CODES_TEXT_MAX];
	const struct conf_set *set;

	(void)state;
	check_str("instance", c->instance, "edge_1");
	check_str("bpffs", c->bpffs, "/run/bpf");
	check_int("interfaces", c->n_interfaces, 2);
	check_str("interface", c->interface[1], "eth1.20");
	check_str("list", c->list, "/etc/sipxdp/lists/a.list");
	check_str("key", c->key_file, "/etc/sipxdp/../key");
	check_str("state", c->state_file, "/etc/sipxdp/state.json");
	check_true("watch", c->watch_list);
	check_int("drain", c->drain_timeout_s, 5400);
	check_int("listeners", c->n_listeners, 2);
	check_int("mode", c->listener[0].mode, DS_MODE_NAT);
	check_int("affinity", c->listener[0].affinity, DS_AFFINITY_HASH);
	check_int("algorithm", c->listener[0].route[0].algorithm, DS_ALGORITHM_ROUND_ROBIN);
	check_int("algorithm by name", c->listener[1].route[0].algorithm, DS_ALGORITHM_ROUND_ROBIN);
	check_int("probe", c->ping.probe, CONF_PROBE_FLAGGED);
	check_int("plain number", c->ping.interval_ms, 5000);
	check_int("minutes", c->ping.interval_max_ms, 120000);
	check_int("ms", c->ping.timeout_ms, 500);
	check_int("rise", c->ping.health.rise, 1);
	check_int("fall", c->ping.health.fall, 5);
	check_str("codes", codes_text(&c->ping.codes, codes), "200-202,404");
	check_int("headers", c->ping.n_headers, 2);
	check_str("double quotes", c->ping.header[0], "X-A: \"b\" ${c}");
	check_str("single quotes", c->ping.header[1], "X-B: '\\ ${d}");
	check_int("passive off", c->ping.health.passive_requests, 0);
	check_int("hold off", c->ping.health.passive_hold_ms, 0);
	check_int("sets", c->n_sets, 2);
	set = conf_find_set(c, 7);
	check_int("by id", set->id, 7);
	check_int("its table", set->table_size, 4093);
	check_int("all down", set->all_down, CONF_ALL_DOWN_SERVE_ALL);
	check_int("its own interval", set->ping.interval_ms, 10000);
	check_int("what it says nothing of", set->ping.timeout_ms, 500);
	check_int("no headers", set->ping.n_headers, 0);
	check_str("Kamailio's codes", codes_text(&set->ping.codes, codes), "200-299,400-499");
	check_str("canonical", conf_find_set(c, 3)->default_uri, "sip:last.example.net:5060");
	check_str("control", c->control.path, "/etc/sipxdp/ctl.sock");
	check_int("octal", c->control.mode, 0660);
	check_str("group", c->control.group, "sip");
	check_str("command", c->events.on_down, "logger \"$SIPXDP_URI\" ${SIPXDP_NEW}");
	check_int("jobs", c->events.jobs_max, 1);
	check_int("time", c->events.timeout_ms, 2000);
	conf_free(c);
}

/* Each of these is one word for libconfuse too. */
static void words(void **state)
{
	static const char *const word[] = { "/", "dir/", "/a/b", "%d", "a:b", "[::1]", "@home", "-", "a.b-c_d/e", ".." };
	char text[256], want[256];
	struct conf *c;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(word); i++) {
		snprintf(text, sizeof(text), "%skey-file = %s calls = 7\n", BASE, word[i]);
		snprintf(want, sizeof(want), "%s%s", *word[i] == '/' ? "" : "/etc/sipxdp/", word[i]);
		c = read_good(text);
		check_str("word", c->key_file, want);
		check_int("what comes next", c->calls, 7);
		conf_free(c);
	}
}

static void check_round_trip(const char *text)
{
	struct conf *a = read_good(text), *b;
	char *first = print_text(a), *second;

	b = read_good(first);
	second = print_text(b);
	check_str("printed again", second, first);
	/* what stands behind a text's end is nobody's */
	check_str("list", b->list, a->list);
	check_str("default", conf_find_set(b, 3)->default_uri, conf_find_set(a, 3)->default_uri);
	check_mem("codes", &b->ping.codes, sizeof(b->ping.codes), &a->ping.codes, sizeof(a->ping.codes));
	check_mem("interfaces", b->interface, sizeof(b->interface), a->interface, sizeof(a->interface));
	check_int("sets", b->n_sets, a->n_sets);
	check_int("listeners", b->n_listeners, a->n_listeners);
	conf_free(a);
	conf_free(b);
	free(first);
	free(second);
}

static void round_trips(void **state)
{
	(void)state;
	check_round_trip(BASE);
	check_round_trip(conf_scene_full);
}

static int read_path(const char *path, char *said, size_t size)
{
	struct conf *c;
	struct diag_list d;
	int err;

	diag_init(&d, path);
	err = conf_read(path, &c, &d);
	check_true("a configuration or not", !c == !!err);
	snprintf(said, size, "%s", d.n ? d.diag[0].message : "");
	conf_free(c);
	diag_free(&d);
	return err;
}

static void files(void **state)
{
	char dir[] = "/tmp/conf_test.XXXXXX", path[64], said[256];
	int fd;

	(void)state;
	check_true("directory", mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.conf", dir);
	check_int("missing", read_path(path, said, sizeof(said)), -ENOENT);
	check_true(said, strstr(said, "cannot open"));
	check_int("directory", read_path(dir, said, sizeof(said)), -EISDIR);
	check_true(said, strstr(said, "is a directory"));
	check_int("FIFO", mkfifo(path, 0600), 0);
	check_int("FIFO", read_path(path, said, sizeof(said)), -EBADF);
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	check_int("write", write(fd, BASE, strlen(BASE)), strlen(BASE));
	check_int("good", read_path(path, said, sizeof(said)), 0);
	check_int("as large as can be", ftruncate(fd, CONF_FILE_MAX), 0);
	check_int("zeros", read_path(path, said, sizeof(said)), -EINVAL);
	check_int("too large", ftruncate(fd, 100 << 20), 0);
	check_int("too large", read_path(path, said, sizeof(said)), -EFBIG);
	check_str("said", said, "is too large, expected at most 1 MiB");
	close(fd);
	unlink(path);
	rmdir(dir);
}

static void relative_path(void **state)
{
	struct conf *c;
	struct diag_list d;
	char cwd[512];

	(void)state;
	diag_init(&d, "x");
	check_int("read", conf_parse("a/x.conf", BASE, strlen(BASE), &c, &d), 0);
	check_true("where we are", getcwd(cwd, sizeof(cwd)));
	check_true("absolute",
		   !strncmp(c->list, cwd, strlen(cwd)) && !strcmp(c->list + strlen(cwd), "/a/dispatcher.list"));
	conf_free(c);
	diag_free(&d);
}

/* Takes the mark of a comment from lines "#name = value", but for those that differ from the default on purpose. */
static void uncomment(char *text)
{
	static const char *const otherwise[] = { "#key-file", "#on-down", "#on-up" };
	char *line, *at;
	size_t i;

	for (line = text; line; line = strchr(line, '\n')) {
		at = line + strspn(line, "\n\t");
		for (i = 0; i < TEST_COUNT(otherwise); i++)
			if (!strncmp(at, otherwise[i], strlen(otherwise[i])))
				break;
		if (*at == '#' && at[1] >= 'a' && at[1] <= 'z' && i == TEST_COUNT(otherwise))
			*at = ' ';
		line = at;
	}
}

/* What the sample shows as defaults are the defaults. */
static void sample(void **state)
{
	size_t size, length;
	char *text = (char *)test_read_file("dist/dispatchctl.conf", &size), *first, *second, *set;
	struct conf *c;

	(void)state;
	check_true("there", text);
	/* a whole section that is an example */
	set = strstr(text, "#set 1 {");
	length = set ? (size_t)(strstr(set, "#}") + 2 - set) : 0;
	check_true("set", length);
	memset(set, ' ', length);
	c = read_good(text);
	first = print_text(c);
	conf_free(c);
	uncomment(text);
	check_true("something is", strstr(text, "\t interval = 10s"));
	c = read_good(text);
	second = print_text(c);
	conf_free(c);
	check_str("by default", second, first);
	free(first);
	free(second);
	free(text);
}

static const struct worst {
	const char *name;
	const char *ping;
	unsigned int down_ms;
	unsigned int up_ms;
} worst[] = {
	/* 10000 + 2 * 1000 + 2 * 10000 + 1040; 60000 + 2 * 6000 + 1040 + 10000 + 1000 + 1040 */
	{ "by default", "", 33040, 85080 },
	{ "at once", "ping { fall = 1 rise = 1 jitter = 0 interval-max = 10s }", 11040, 11040 },
	/* a time-out so long that times are left out: 1000 + 400 + 2000 + 840; 1000 + 200 + 840 + 840 + 2000 + 200 + 840 */
	{ "skipping", "ping { interval = 1s interval-max = 1s timeout = 800ms jitter = 20 fall = 2 rise = 2 }", 4240,
	  5920 },
	{ "flagged", "ping { probe = flagged fall = 1 rise = 1 jitter = 0 interval-max = 10s }", 11040, 11040 },
	{ "those that are up are not pinged", "ping { probe = inactive rise = 1 jitter = 0 interval-max = 10s }", 0,
	  11040 },
	{ "nor with none", "ping { probe = none rise = 1 jitter = 0 interval-max = 10s }", 0, 11040 },
};

static void reckons(void **state)
{
	const struct worst *row = *state;
	char text[512];
	struct conf *c;

	snprintf(text, sizeof(text), "%s%s", BASE, row->ping);
	c = read_good(text);
	check_int("down", conf_worst_down_ms(&c->ping), row->down_ms);
	check_int("up", conf_worst_up_ms(&c->ping), row->up_ms);
	conf_free(c);
}

static void lists(void **state)
{
	static const char list[] = "2 sip:192.0.2.11:5060 0 0 ping_reply_codes=x\n"
				   "2 sip:192.0.2.12:5060 0 0 ping_from=sip:a@b;ping_socket=192.0.2.1:5060\n"
				   "2 sip:192.0.2.13:5060 0 0 ping_from=sip:a@;ping_socket=x\n";
	const struct resolver r = { 0 };
	struct conf *c = read_good(BASE "set 2 { } set 3 { }");
	struct diag_list d;
	struct model *m;

	(void)state;
	diag_init(&d, "list");
	check_int("list", source_file_parse(list, sizeof(list) - 1, &r, &m, &d), 0);
	check_int("warnings of its own", d.n, 0);
	conf_check_list(c, m, &d);
	check_int("errors", d.count[DIAG_ERROR], 5);
	check_int("warnings", d.count[DIAG_WARNING], 1);
	check_true("listener's set",
		   strstr(d.diag[0].message, "no destination of set 1, expected one: listener 192.0.2.1:5060"));
	check_true("options' set", strstr(d.diag[1].message, "no destination of set 3"));
	check_true("codes", strstr(d.diag[2].message, "ping_reply_codes 'x'"));
	check_int("line", d.diag[2].line, 1);
	check_true("listener's place", strstr(d.diag[3].message, "is a listener's place"));
	check_int("line", d.diag[3].line, 2);
	check_true("From", strstr(d.diag[4].message, "ping_from"));
	check_true("socket", strstr(d.diag[5].message, "ping_socket 'x'"));
	model_free(m);
	diag_free(&d);
	conf_free(c);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "guards", guards, NULL);
	test_add(&tests, "every mode", modes, NULL);
	test_add(&tests, "defaults", defaults, NULL);
	test_add(&tests, "everything", everything, NULL);
	test_add(&tests, "words", words, NULL);
	test_add(&tests, "round trips", round_trips, NULL);
	test_add(&tests, "files", files, NULL);
	test_add(&tests, "relative path", relative_path, NULL);
	test_add(&tests, "sample", sample, NULL);
	test_rows(&tests, "reckons", reckons, worst);
	test_add(&tests, "lists", lists, NULL);
	return test_run(&tests, "conf");
}
