// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_check_test.c - `check` of lists and of a configuration with its list: exit codes, what goes where, JSON.
 */
#include "test.h"

#include <fcntl.h>
#include <jansson.h>
#include <unistd.h>

#include "cmd.h"
#include "exit.h"

#define ARGS_MAX 8

/* The files of one test, in a directory of their own. */
struct files {
	char dir[64];
	char list[96];
	char conf[96];
};

#define LIST "1 sip:192.0.2.11:5060\n4 sip:192.0.2.12:5060 0 0 weight=5\n"
#define CONF "interfaces = {eth0}\nlisten \"192.0.2.1:5060\" { route default { set = 1 } }\nlist = a.list\n"

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void make_files(struct files *f, const char *list, const char *conf)
{
	snprintf(f->dir, sizeof(f->dir), "/tmp/cmd_check_test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->list, sizeof(f->list), "%s/a.list", f->dir);
	snprintf(f->conf, sizeof(f->conf), "%s/a.conf", f->dir);
	if (list)
		put_file(f->list, list);
	put_file(f->conf, conf);
}

static void remove_files(const struct files *f)
{
	unlink(f->list);
	unlink(f->conf);
	rmdir(f->dir);
}

/* What a command printed. */
struct said {
	char out[16384];
	char err[16384];
	int code;
};

/* Puts a file in the place of a descriptor. Returns it. */
static int said_begin(int fd, int *keep)
{
	int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	assert_true(file >= 0);
	*keep = dup(fd);
	dup2(file, fd);
	return file;
}

static void said_end(int fd, int keep, int file, char *buf, size_t size)
{
	ssize_t n = pread(file, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	dup2(keep, fd);
	close(keep);
	close(file);
}

/* Runs `check` with up to four arguments, the first NULL ends them. */
static void run(struct said *s, const char *a, const char *b, const char *c, const char *d)
{
	const char *const words[] = { "check", a, b, c, d };
	char *args[ARGS_MAX] = { NULL };
	int argc = 0, out, err, keep_out, keep_err;

	while (argc < (int)TEST_COUNT(words) && words[argc]) {
		args[argc] = strdup(words[argc]);
		argc++;
	}
	fflush(stdout);
	fflush(stderr);
	out = said_begin(STDOUT_FILENO, &keep_out);
	err = said_begin(STDERR_FILENO, &keep_err);
	s->code = cmd_check(argc, args);
	fflush(stdout);
	fflush(stderr);
	said_end(STDOUT_FILENO, keep_out, out, s->out, sizeof(s->out));
	said_end(STDERR_FILENO, keep_err, err, s->err, sizeof(s->err));
	while (argc)
		free(args[--argc]);
}

/* What is printed is a configuration, and means what was read. */
static void prints_what_it_takes(void **state)
{
	struct files f;
	struct said first, second;

	(void)state;
	make_files(&f, LIST, CONF "set 9 { ping { probe = inactive } }\n");
	run(&first, "-c", f.conf, NULL, NULL);
	check_int("code", first.code, EXIT_OK);
	check_true(first.err, strstr(first.err, "a.list: warning: no destination of set 9"));
	check_true(first.out, strstr(first.out, "\nxdp = auto\n"));
	check_true(first.out, strstr(first.out, "\n# set 1: a dead destination is out within 33.1 s, "
						"one that lives again is back within 85.1 s\n"
						"# set 1: one whose calls failed stays out for 30.0 s at least, "
						"480.0 s where that goes on\n"));
	check_true(first.out, strstr(first.out, "\n# set 4: a dead destination is out within "));
	check_true(first.out, strstr(first.out, "\n# set 9: a dead destination is out by its traffic alone"));
	check_true(first.out, strstr(first.out, "a.list: errors 0, warnings 1, sets 2, destinations 2\n#        set "));
	put_file(f.conf, first.out);
	run(&second, "-c", f.conf, NULL, NULL);
	check_int("code", second.code, EXIT_OK);
	check_str("again", second.out, first.out);
	remove_files(&f);
}

static void says_all_of_both(void **state)
{
	struct files f;
	struct said s;

	(void)state;
	make_files(&f, "1 sip:a:b\n1 sip:192.0.2.11\n4 x\n", CONF);
	run(&s, "-c", f.conf, "--no-dns", NULL);
	check_int("code", s.code, EXIT_INPUT);
	check_true(s.err, strstr(s.err, "a.list:1:9: error:"));
	check_true(s.err, strstr(s.err, "a.list:3:3: error:"));
	put_file(f.conf, "calls = 0 xdp = x\n" CONF);
	run(&s, "-c", f.conf, NULL, NULL);
	check_int("code", s.code, EXIT_INPUT);
	check_true(s.err, strstr(s.err, "a.conf:1:9: error: calls '0'"));
	check_true(s.err, strstr(s.err, "a.conf:1:17: error: xdp 'x'"));
	check_str("nothing to use", s.out, "");
	put_file(f.conf, CONF);
	put_file(f.list, "4 sip:192.0.2.12\n");
	run(&s, "-c", f.conf, "-q", NULL);
	check_int("code", s.code, EXIT_INPUT);
	check_true(s.err, strstr(s.err, "a.list: error: no destination of set 1"));
	check_str("quiet", s.out, "");
	remove_files(&f);
}

static void missing_files(void **state)
{
	struct files f;
	struct said s;

	(void)state;
	make_files(&f, NULL, CONF);
	run(&s, "-c", f.conf, NULL, NULL);
	check_int("no list", s.code, EXIT_FAILED);
	check_true(s.err, strstr(s.err, "a.list: error: cannot open"));
	run(&s, "-c", f.list, NULL, NULL);
	check_int("no configuration", s.code, EXIT_FAILED);
	check_true(s.err, strstr(s.err, "a.list: error: cannot open"));
	run(&s, f.list, NULL, NULL, NULL);
	check_int("no list by itself", s.code, EXIT_FAILED);
	remove_files(&f);
}

static void usage(void **state)
{
	struct said s;

	(void)state;
	run(&s, NULL, NULL, NULL, NULL);
	check_int("nothing", s.code, EXIT_USAGE);
	run(&s, "-c", NULL, NULL, NULL);
	check_int("no value", s.code, EXIT_USAGE);
	run(&s, "-c", "a", "b", NULL);
	check_int("both", s.code, EXIT_USAGE);
	check_true(s.err, strstr(s.err, "a list beside a configuration"));
	run(&s, "--nonsense", NULL, NULL, NULL);
	check_int("unknown", s.code, EXIT_USAGE);
	run(&s, "--help", NULL, NULL, NULL);
	check_int("help", s.code, EXIT_OK);
	check_true(s.out, strstr(s.out, "-c, --config CONF"));
}

static void json_of_both(void **state)
{
	const char *text;
	json_t *json, *list;
	struct files f;
	struct said s;

	(void)state;
	make_files(&f, LIST, CONF);
	run(&s, "-c", f.conf, "--json", NULL);
	check_int("code", s.code, EXIT_OK);
	json = json_loads(s.out, 0, NULL);
	check_true("an object", json_is_object(json));
	check_true("ok", json_is_true(json_object_get(json, "ok")));
	text = json_string_value(json_object_get(json, "config"));
	check_true("configuration", text && strstr(text, "\nxdp = auto\n"));
	check_int("sets", json_array_size(json_object_get(json, "detection")), 2);
	list = json_object_get(json, "list");
	check_true("list", json_is_true(json_object_get(list, "ok")));
	check_int("its sets", json_array_size(json_object_get(list, "sets")), 2);
	json_decref(json);
	put_file(f.conf, "x = 1\n");
	run(&s, "-c", f.conf, "--json", NULL);
	check_int("code", s.code, EXIT_INPUT);
	json = json_loads(s.out, 0, NULL);
	check_true("not ok", json_is_false(json_object_get(json, "ok")));
	check_int("what is wrong", json_array_size(json_object_get(json, "diagnostics")), 3);
	check_true("no configuration", json_is_null(json_object_get(json, "config")));
	json_decref(json);
	check_str("nothing as text", s.err, "");
	remove_files(&f);
}

static void lists_by_themselves(void **state)
{
	struct files f;
	struct said s;
	json_t *json;

	(void)state;
	make_files(&f, LIST, CONF);
	run(&s, f.list, NULL, NULL, NULL);
	check_int("code", s.code, EXIT_OK);
	check_true(s.out, strstr(s.out, "a.list: errors 0, warnings 0, sets 2, destinations 2\n       set "));
	run(&s, "--json", f.list, f.list, NULL);
	check_int("code", s.code, EXIT_OK);
	*strchr(s.out, '\n') = '\0';
	json = json_loads(s.out, 0, NULL);
	check_int("sets", json_array_size(json_object_get(json, "sets")), 2);
	json_decref(json);
	put_file(f.list, "# nothing\n");
	run(&s, f.list, NULL, NULL, NULL);
	check_int("empty", s.code, EXIT_INPUT);
	check_true(s.err, strstr(s.err, "no destination, expected at least one"));
	remove_files(&f);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_add(&tests, "prints what it takes", prints_what_it_takes, NULL);
	test_add(&tests, "says all of both", says_all_of_both, NULL);
	test_add(&tests, "missing files", missing_files, NULL);
	test_add(&tests, "usage", usage, NULL);
	test_add(&tests, "JSON of both", json_of_both, NULL);
	test_add(&tests, "lists by themselves", lists_by_themselves, NULL);
	return test_run(&tests, "cmd_check");
}
