// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * journal_test.c - the daemon's log: forms of a line, its limit, rubbish in a message; word to a service manager.
 */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "journal.h"

#define SECOND 1000000000ull
#define PERIOD (JOURNAL_PERIOD_S * SECOND)

/* Standard error as a file of its own, from capture() to captured(). */
static int capture_file = -1, capture_saved = -1;

static void capture(void)
{
	char path[] = "/tmp/journal_test.XXXXXX";

	capture_file = mkstemp(path);
	assert_true(capture_file >= 0);
	unlink(path);
	capture_saved = dup(STDERR_FILENO);
	dup2(capture_file, STDERR_FILENO);
}

static void captured(char *buf, size_t size)
{
	ssize_t n;

	dup2(capture_saved, STDERR_FILENO);
	n = pread(capture_file, buf, size - 1, 0);
	close(capture_saved);
	close(capture_file);
	assert_true(n >= 0);
	buf[n] = '\0';
}

/* As systemd does for a unit whose standard error is the journal. */
static void name_stream(int off)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + off);
	setenv("JOURNAL_STREAM", stream, 1);
}

static const struct line_row {
	const char *name;
	int priority;
	const char *text;
	const char *systemd;
	const char *plain;
} line_rows[] = {
	{ "error", LOG_ERR, "no room", "<3>no room\n", "2026-02-03 04:05:06.007 error: no room\n" },
	{ "warning", LOG_WARNING, "late", "<4>late\n", "2026-02-03 04:05:06.007 warning: late\n" },
	{ "notice", LOG_NOTICE, "up", "<5>up\n", "2026-02-03 04:05:06.007 up\n" },
	{ "info", LOG_INFO, "hm", "<6>hm\n", "2026-02-03 04:05:06.007 hm\n" },
	{ "controls", LOG_INFO, "a\nb\r\x1b[1m\x7f", "<6>a\\x0ab\\x0d\\x1b[1m\\x7f\n",
	  "2026-02-03 04:05:06.007 a\\x0ab\\x0d\\x1b[1m\\x7f\n" },
	{ "UTF-8", LOG_INFO, "caf\xc3\xa9 \xc3", "<6>caf\xc3\xa9 \\xc3\n",
	  "2026-02-03 04:05:06.007 caf\xc3\xa9 \\xc3\n" },
};

static void lines(void **state)
{
	struct timespec now = { .tv_sec = 1770091506, .tv_nsec = 7654321 };
	const struct line_row *row = *state;
	char buf[128];

	check_int("length", journal_line(buf, sizeof(buf), row->priority, NULL, row->text), strlen(row->systemd));
	check_str("systemd", buf, row->systemd);
	check_int("length", journal_line(buf, sizeof(buf), row->priority, &now, row->text), strlen(row->plain));
	check_str("plain", buf, row->plain);
}

static void limit_by_time(void **state)
{
	struct journal_limit l = { 0 };
	unsigned long left_out;
	int i;

	(void)state;
	for (i = 0; i < JOURNAL_BURST; i++) {
		check_true("within the burst", journal_limit(&l, SECOND + i, &left_out));
		check_int("nothing is left out", left_out, 0);
	}
	for (i = 0; i < 7; i++)
		check_true("beyond it", !journal_limit(&l, PERIOD + i, &left_out));
	check_true("last instant of the period", !journal_limit(&l, SECOND + PERIOD - 1, &left_out));
	check_int("not said yet", left_out, 0);
	check_true("the next period", journal_limit(&l, SECOND + PERIOD, &left_out));
	check_int("said once", left_out, 8);
	for (i = 1; i < JOURNAL_BURST; i++) {
		check_true("a full burst again", journal_limit(&l, SECOND + PERIOD, &left_out));
		check_int("not said again", left_out, 0);
	}
	check_true("and its end", !journal_limit(&l, SECOND + PERIOD, &left_out));
}

static void says(void **state)
{
	char got[512];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	capture();
	journal(LOG_WARNING, "set %d: %s", 3, "a\nb");
	captured(got, sizeof(got));
	check_int("a time in front", strspn(got, "0123456789-:. "), strlen("2026-02-03 04:05:06.007 "));
	check_str("text", got + strlen("2026-02-03 04:05:06.007 "), "warning: set 3: a\\x0ab\n");
	capture();
	name_stream(0);
	journal(LOG_NOTICE, "set %d", 4);
	captured(got, sizeof(got));
	check_str("for systemd", got, "<5>set 4\n");
	capture();
	name_stream(1);
	journal(LOG_NOTICE, "set %d", 5);
	captured(got, sizeof(got));
	check_true("redirected since", *got == '2');
	unsetenv("JOURNAL_STREAM");
}

static void cuts(void **state)
{
	char text[2 * JOURNAL_TEXT_MAX], got[8 * JOURNAL_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	capture();
	name_stream(0);
	journal(LOG_INFO, "%s", text);
	captured(got, sizeof(got));
	check_int("cut", strlen(got), JOURNAL_TEXT_MAX - 1 + strlen("<6>\n"));
	check_str("says so", got + strlen(got) - 4, "...\n");
	memset(text, '\n', sizeof(text) - 1);
	capture();
	name_stream(0);
	journal(LOG_INFO, "%s", text);
	captured(got, sizeof(got));
	check_int("all of it unprintable", strlen(got), 4 * (JOURNAL_TEXT_MAX - 4) + strlen("<6>...\n"));
	unsetenv("JOURNAL_STREAM");
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* The burst is the process's: this comes after all that say something. */
static void limits(void **state)
{
	static char got[1 << 16];
	int i;

	(void)state;
	capture();
	for (i = 0; i < 2 * JOURNAL_BURST; i++)
		journal(LOG_NOTICE, "line");
	journal_flush();
	journal_flush();
	captured(got, sizeof(got));
	check_true("some lines", count(got, " line\n") > 0);
	check_int("the count once", count(got, "left out"), 1);
	check_true("as a warning", strstr(got, "warning: ") && strstr(got, " lines left out of the log: "));
}

/* Binds a socket that a service manager could have; fills in what it names it. */
static int manager(const char *name, char path[108])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(path, 108, "%s", name);
	memcpy(at.sun_path, path, strlen(path));
	if (*path == '@')
		at.sun_path[0] = '\0';
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at,
			      offsetof(struct sockaddr_un, sun_path) + (socklen_t)strlen(path)),
			 0);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static void check_notified(const char *name)
{
	char path[108], got[64] = "";
	int fd = manager(name, path);
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	journal_notify("READY=1\nSTATUS=well");
	unsetenv("NOTIFY_SOCKET");
	check_int("something arrives", poll(&ready, 1, 5000), 1);
	check_int("length", recv(fd, got, sizeof(got), 0), strlen("READY=1\nSTATUS=well"));
	check_str("text", got, "READY=1\nSTATUS=well");
	close(fd);
}

static void notifies(void **state)
{
	char dir[] = "/tmp/journal_test.XXXXXX", path[108];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/notify", dir);
	check_notified(path);
	unlink(path);
	rmdir(dir);
	snprintf(path, sizeof(path), "@sipxdp/journal_test/%d", (int)getpid());
	check_notified(path);
}

static void notifies_nobody(void **state)
{
	char path[300], got[512];

	(void)state;
	capture();
	unsetenv("NOTIFY_SOCKET");
	journal_notify("READY=1");
	setenv("NOTIFY_SOCKET", "", 1);
	journal_notify("READY=1");
	memset(path, 'p', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	setenv("NOTIFY_SOCKET", path, 1);
	journal_notify("READY=1");
	captured(got, sizeof(got));
	check_str("nobody to tell", got, "");
	capture();
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	journal_notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	captured(got, sizeof(got));
	check_true("nobody listens", strstr(got, "service manager") && strstr(got, "READY=1"));
}

int main(void)
{
	struct test_list tests = { 0 };

	setenv("TZ", "UTC", 1);
	test_rows(&tests, "line", lines, line_rows);
	test_add(&tests, "limit by time", limit_by_time, NULL);
	test_add(&tests, "says", says, NULL);
	test_add(&tests, "cuts what is too long", cuts, NULL);
	test_add(&tests, "notifies", notifies, NULL);
	test_add(&tests, "notifies nobody", notifies_nobody, NULL);
	test_add(&tests, "limits", limits, NULL);
	return test_run(&tests, "journal");
}
