// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_control_test.c - the commands that ask the daemon, over a socket with a dispatcher behind it that only writes down
 * what it is asked: what they ask, what they print, how they end.
 */
#define SCENE_CONTROL
#include "methods_scene.h"

#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "cmd.h"

#define ARGS_MAX 12
#define SOON_MS 10
#define END_MS 200

#define A "{\"id\":\"a\",\"set\":1,\"uri\":\"sip:a\",\"calls\":2}"
#define CHANGE                                                                                                 \
	"{\"file\":\"/x.list\",\"added\":1,\"removed\":2,\"changed\":3,\"kept\":4,\"draining\":5,\"freed\":6," \
	"\"changes\":[{\"change\":\"added\",\"id\":\"00000000000000aa\",\"set\":1,\"uri\":\"sip:a\"}],"        \
	"\"listeners\":[{\"listen\":\"192.0.2.1:5060\",\"set\":1,\"active\":2,\"moved\":0.25,\"imbalance\":1.0}]}"
#define CHANGE_TEXT                                                             \
	"/x.list: added 1, removed 2, changed 3, kept 4; draining 5, freed 6\n" \
	"  added    00000000000000aa set 1 sip:a\n"                             \
	"listener 192.0.2.1:5060: set 1, 2 active, 25.00 % of all keys moved\n"

/* The daemon's side, on a thread of its own. */
static struct server {
	struct scene scene;
	struct event_base *base;
	char dir[64];
	char path[96];
	pthread_t thread;
	struct rpc_table table;
} server;

static int server_wake[2];

static void server_end(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	(void)ctx;
	event_base_loopbreak(server.base);
}

static void *server_run(void *ctx)
{
	(void)ctx;
	event_base_dispatch(server.base);
	control_free(server.scene.m.control);
	/* sockets are closed by the loop, or with it */
	event_base_free(server.base);
	return NULL;
}

/* Calls soon, unless NULL, once the daemon has begun. */
static void server_start(event_callback_fn soon)
{
	struct timeval at = { .tv_usec = SOON_MS * 1000 };
	struct conf_control conf = { .mode = 0600 };

	memset(&server, 0, sizeof(server));
	scene_init(&server.scene);
	snprintf(server.dir, sizeof(server.dir), "/tmp/cmd_control_test.XXXXXX");
	assert_non_null(mkdtemp(server.dir));
	snprintf(server.path, sizeof(server.path), "%s/sock", server.dir);
	snprintf(conf.path, sizeof(conf.path), "%s", server.path);
	server.base = event_base_new();
	assert_non_null(server.base);
	server.table = (struct rpc_table){ .method = methods, .n = methods_count, .ctx = &server.scene.m };
	check_int("listen", control_new(server.base, &conf, &server.table, &server.scene.m.control), 0);
	assert_int_equal(pipe(server_wake), 0);
	event_base_once(server.base, server_wake[0], EV_READ, server_end, NULL, NULL);
	if (soon)
		event_base_once(server.base, -1, EV_TIMEOUT, soon, NULL, &at);
	assert_int_equal(pthread_create(&server.thread, NULL, server_run, NULL), 0);
}

static void server_stop(void)
{
	close(server_wake[1]);
	pthread_join(server.thread, NULL);
	close(server_wake[0]);
	rmdir(server.dir);
	scene_end(&server.scene);
}

/* What a command printed. */
struct said {
	char out[4096];
	char err[4096];
	int code;
};

static void said_read(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	close(fd);
}

static int said_begin(int fd, int *keep)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	assert_true(file >= 0);
	*keep = dup(fd);
	dup2(file, fd);
	return file;
}

static void said_end(int fd, int keep)
{
	dup2(keep, fd);
	close(keep);
}

/* Runs a command; --control and the server's path stand before its own arguments, up to the first NULL. */
static void run(int (*cmd)(int argc, char **argv), const char *const *arg, struct said *said)
{
	char *argv[ARGS_MAX + 4] = { strdup("test"), strdup("--control"), strdup(server.path) };
	int argc = 3, out, err, keep_out, keep_err;
	size_t i;

	for (i = 0; i < ARGS_MAX && arg[i]; i++)
		argv[argc++] = strdup(arg[i]);
	fflush(stdout);
	out = said_begin(STDOUT_FILENO, &keep_out);
	err = said_begin(STDERR_FILENO, &keep_err);
	said->code = cmd(argc, argv);
	fflush(stdout);
	said_end(STDOUT_FILENO, keep_out);
	said_end(STDERR_FILENO, keep_err);
	said_read(out, said->out, sizeof(said->out));
	said_read(err, said->err, sizeof(said->err));
	while (argc--)
		free(argv[argc]);
}

static const struct row {
	const char *name;
	int (*cmd)(int argc, char **argv);
	const char *arg[ARGS_MAX];
	const char *log; /* of the dispatcher */
	int code;
	const char *out;
	const char *err; /* part of it */
} rows[] = {
	{ "add", cmd_add, { "1", "sip:a" }, "add 1 sip:a 0 0 '';;", 0, CHANGE_TEXT, "" },
	{ "add, options",
	  cmd_add,
	  { "1", "sip:a", "--flags", "8", "--priority", "-5", "--attrs", "duid=a", "--weight", "7", "--dry-run" },
	  "add 1 sip:a 8 -5 'weight=7;duid=a'; dry;",
	  0,
	  "dry run, nothing is changed\n" CHANGE_TEXT,
	  "" },
	{ "add, no set", cmd_add, { "x", "sip:a" }, "", 2, "", "SET 'x' is no number" },
	{ "add, no URI", cmd_add, { "1" }, "", 2, "", "no URI, expected SET URI" },
	{ "add, one too many", cmd_add, { "1", "sip:a", "b" }, "", 2, "", "'b' is one too many" },
	{ "add, no UTF-8", cmd_add, { "1", "sip:\xff" }, "", 2, "", "no UTF-8" },
	{ "add, attrs no UTF-8", cmd_add, { "1", "sip:a", "--attrs", "\xff" }, "", 2, "", "no UTF-8" },
	{ "add, weight", cmd_add, { "1", "sip:a", "--weight", "0" }, "", 2, "", "--weight '0' is no number" },
	{ "add, priority", cmd_add, { "1", "sip:a", "--priority", "1x" }, "", 2, "", "--priority '1x' is no number" },
	{ "remove", cmd_remove, { "set=1" }, "remove set=1;;", 0, CHANGE_TEXT, "" },
	{ "remove, dry",
	  cmd_remove,
	  { "--dry-run", "set=1" },
	  "remove set=1; dry;",
	  0,
	  "dry run, nothing is changed\n" CHANGE_TEXT,
	  "" },
	{ "remove, JSON", cmd_remove, { "--json", "set=1" }, "remove set=1;;", 0, NULL, "" },
	{ "remove, bad selector", cmd_remove, { "set=x" }, "", 2, "", "SELECTOR 'set=x': bad set" },
	{ "modify, bad selector", cmd_modify, { "set=x", "--weight", "7" }, "", 2, "", "bad set" },
	{ "set-state, bad selector", cmd_set_state, { "set=x", "up" }, "", 2, "", "bad set" },
	{ "drain, bad selector", cmd_drain, { "set=x" }, "", 2, "", "bad set" },
	{ "ping-now, bad selector", cmd_ping_now, { "set=x" }, "", 2, "", "bad set" },
	{ "modify",
	  cmd_modify,
	  { "set=1", "--weight", "7" },
	  "modify set=1 has=8 weight=7 priority=0 flags=0 attrs='';;",
	  0,
	  CHANGE_TEXT,
	  "" },
	{ "modify, all",
	  cmd_modify,
	  { "set=1", "--weight", "7", "--priority", "2", "--flags", "0", "--attrs", "" },
	  "modify set=1 has=15 weight=7 priority=2 flags=0 attrs='';;",
	  0,
	  CHANGE_TEXT,
	  "" },
	{ "modify, nothing", cmd_modify, { "set=1" }, "", 2, "", "nothing to change" },
	{ "set-state", cmd_set_state, { "set=1", "disabled" }, "admin set=1 disabled;;", 0, CHANGE_TEXT, "" },
	{ "set-state, health", cmd_set_state, { "set=1", "do" }, "health set=1 down -1;;", 0, CHANGE_TEXT, "" },
	{ "set-state, unknown", cmd_set_state, { "set=1", "off" }, "", 2, "", "there are: active draining" },
	{ "drain", cmd_drain, { "set=1" }, "admin set=1 draining;;list set=1;", 0, CHANGE_TEXT "calls left: 2\n", "" },
	{ "drain, time-out without wait", cmd_drain, { "--timeout", "1", "set=1" }, "", 2, "", "belongs to --wait" },
	{ "drain, dry and wait", cmd_drain, { "--dry-run", "--wait", "set=1" }, "", 2, "", "nothing to --wait for" },
	{ "ping-now", cmd_ping_now, { "set=1" }, "ping set=1;", 0, "pings: 3\n", "" },
	{ "ping-now, JSON", cmd_ping_now, { "set=1", "--json" }, "ping set=1;", 0, "{\"pings\":3}\n", "" },
	{ "history", cmd_history, { NULL }, "history 0;", 0, "     7  1970-01-01 00:00:00  seven\n", "" },
	{ "history since", cmd_history, { "--since", "6" }, "history 6;", 0, "     7  1970-01-01 00:00:00  seven\n", "" },
	{ "history, JSON",
	  cmd_history,
	  { "--json" },
	  "history 0;",
	  0,
	  "{\"seq\":7,\"events\":[{\"seq\":7,\"time\":0,\"text\":\"seven\"}]}\n",
	  "" },
	{ "history, argument", cmd_history, { "x" }, "", 2, "", "'x' is one too many" },
	{ "config", cmd_config, { NULL }, "config;", 0, "y", "" },
	{ "config, JSON", cmd_config, { "--json" }, "config;", 0, "{\"path\":\"x\",\"text\":\"y\"}\n", "" },
	{ "rpc", cmd_rpc, { "version" }, "version;", 0, "{\"version\":\"1\"}\n", "" },
	{ "rpc, text",
	  cmd_rpc,
	  { "dispatcher.set_state", "[\"d\",1,\"sip:a\"]" },
	  "admin 1/sip:a disabled;;",
	  0,
	  "\"Ok. Dispatcher state updated.\"\n",
	  "" },
	{ "rpc, no such", cmd_rpc, { "sideways" }, "", 1, "", "sideways" },
	{ "rpc, no JSON", cmd_rpc, { "version", "{" }, "", 2, "", "no JSON object or array" },
	{ "rpc, no container", cmd_rpc, { "version", "1" }, "", 2, "", "no JSON object or array" },
	{ "unknown option", cmd_rpc, { "--force", "version" }, "", 2, "", "--force is unknown" },
	{ "option without value", cmd_history, { "--since" }, "", 2, "", "--since needs a value" },
};

static void asks(void **state)
{
	const struct row *row = *state;
	struct said said;

	server_start(NULL);
	server.scene.live.result = CHANGE;
	server.scene.live.list = "[" A "]";
	server.scene.live.pings = 3;
	run(row->cmd, row->arg, &said);
	server_stop();
	check_int("exit code", said.code, row->code);
	check_str("asked", server.scene.live.log, row->log);
	if (row->out)
		check_str("output", said.out, row->out);
	else
		check_true("output is JSON", *said.out == '{');
	if (!strstr(said.err, row->err) || !*row->err != !*said.err)
		print_error("said: %s\n", said.err);
	check_true("errors", strstr(said.err, row->err) && !*row->err == !*said.err);
}

/* Calls end only behind the last look. */
static void waits(void **state)
{
	static const char *const arg[] = { "--wait", "set=1", NULL };
	struct said said;

	(void)state;
	server_start(NULL);
	server.scene.live.list = "[" A "]";
	server.scene.live.looks_max = 2;
	run(cmd_drain, arg, &said);
	server_stop();
	check_int("exit code", said.code, EXIT_OK);
	check_str("output", said.out, "calls left: 0\n");
	check_str("progress", said.err, "calls left: 2\n");
}

static void waits_in_vain(void **state)
{
	static const char *const arg[] = { "--wait", "--timeout", "1", "--json", "set=1", NULL };
	struct said said;

	(void)state;
	server_start(NULL);
	server.scene.live.list = "[" A "]";
	run(cmd_drain, arg, &said);
	server_stop();
	check_int("exit code", said.code, EXIT_FAILED);
	check_str("output", said.out, "{\"calls\":2,\"destinations\":[" A "]}\n");
	check_true("said", strstr(said.err, "2 calls are left after 1 s"));
}

static const struct failure {
	const char *name;
	int code;
} failures[] = {
	{ "failed", EXIT_FAILED },
	{ "input", EXIT_INPUT },
	{ "nothing matched", EXIT_NOTHING },
};

static void fails(void **state)
{
	static const char *const arg[] = { "set=1", NULL };
	const struct failure *row = *state;
	struct said said;

	server_start(NULL);
	server.scene.live.code = row->code;
	run(cmd_remove, arg, &said);
	server_stop();
	check_int("exit code", said.code, row->code);
	check_true("said", strstr(said.err, "refused"));
}

static void no_daemon(void **state)
{
	static const char *const arg[] = { "version", NULL };
	struct said said;

	(void)state;
	server_start(NULL);
	server_stop();
	run(cmd_rpc, arg, &said);
	check_int("exit code", said.code, EXIT_NOTHING);
	check_true("said", strstr(said.err, "no daemon listens at ") && strstr(said.err, "remedy: dispatchctl run"));
}

/* Two events, then the daemon goes. */
static void server_notify(evutil_socket_t fd, short what, void *ctx)
{
	struct timeval later = { .tv_usec = END_MS * 1000 };
	json_t *event;
	int i;

	(void)fd;
	(void)what;
	(void)ctx;
	for (i = 8; i < 10; i++) {
		event = json_pack("{s:i, s:i, s:s}", "seq", i, "time", 0, "text", "more");
		control_notify(server.scene.m.control, "event", event);
		json_decref(event);
	}
	event_base_once(server.base, -1, EV_TIMEOUT, server_end, NULL, &later);
}

static void server_look(evutil_socket_t fd, short what, void *ctx)
{
	struct timeval again = { .tv_usec = SOON_MS * 1000 };
	bool watched = strstr(server.scene.live.log, "history");

	(void)fd;
	(void)what;
	(void)ctx;
	event_base_once(server.base, -1, EV_TIMEOUT, watched ? server_notify : server_look, NULL, &again);
}

static void watches(const char *const *arg, const char *want)
{
	struct said said;

	server_start(server_look);
	run(cmd_watch, arg, &said);
	server_stop();
	check_int("exit code", said.code, EXIT_FAILED);
	check_str("output", said.out, want);
}

static void watches_text(void **state)
{
	static const char *const arg[] = { "--since", "6", NULL };

	(void)state;
	watches(arg, "     7  1970-01-01 00:00:00  seven\n"
		     "     8  1970-01-01 00:00:00  more\n"
		     "     9  1970-01-01 00:00:00  more\n");
}

static void watches_json(void **state)
{
	static const char *const arg[] = { "--json", NULL };

	(void)state;
	watches(arg, "{\"seq\":7,\"time\":0,\"text\":\"seven\"}\n"
		     "{\"seq\":8,\"time\":0,\"text\":\"more\"}\n"
		     "{\"seq\":9,\"time\":0,\"text\":\"more\"}\n");
}

int main(void)
{
	struct test_list tests = { 0 };

	/* as main.c; and times are printed as local ones */
	signal(SIGPIPE, SIG_IGN);
	setenv("TZ", "UTC", 1);
	test_rows(&tests, "asks", asks, rows);
	test_rows(&tests, "fails", fails, failures);
	test_add(&tests, "drain waits until no call is left", waits, NULL);
	test_add(&tests, "drain waits in vain", waits_in_vain, NULL);
	test_add(&tests, "no daemon", no_daemon, NULL);
	test_add(&tests, "watch", watches_text, NULL);
	test_add(&tests, "watch, JSON", watches_json, NULL);
	return test_run(&tests, "cmd_control");
}
