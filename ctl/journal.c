// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * journal.c - one line per message and one write per line, so that what commands on events say does not mix with it.
 */
#include "journal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "diag.h"
#include "output.h"

#define JOURNAL_SECOND_NS 1000000000ull
#define JOURNAL_LINE_MAX (4 * JOURNAL_TEXT_MAX + 64) /* every octet as \xNN */

static struct journal_limit journal_own;

bool journal_limit(struct journal_limit *l, uint64_t now_ns, unsigned long *left_out)
{
	*left_out = 0;
	if (!l->begin_ns || now_ns - l->begin_ns >= JOURNAL_PERIOD_S * JOURNAL_SECOND_NS) {
		*left_out = l->left_out;
		*l = (struct journal_limit){ .begin_ns = now_ns };
	}
	if (l->lines == JOURNAL_BURST) {
		l->left_out++;
		return false;
	}
	l->lines++;
	return true;
}

/* systemd names the stream by device and inode: a standard error that was redirected since is not it. */
static bool journal_is_systemd(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%ju:%ju", &dev, &ino) == 2 && !fstat(STDERR_FILENO, &st) && st.st_dev == dev &&
	       st.st_ino == ino;
}

size_t journal_line(char *buf, size_t size, int priority, const struct timespec *now, const char *text)
{
	const char *level = priority <= LOG_ERR ? "error: " : priority == LOG_WARNING ? "warning: " : "";
	char *printable = diag_printable(text), when[32];
	struct tm tm;
	int n;

	if (!printable)
		text = "out of memory: there is no room for this line";
	if (now) {
		localtime_r(&now->tv_sec, &tm);
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
		n = snprintf(buf, size, "%s.%03ld %s%s\n", when, now->tv_nsec / 1000000, level,
			     printable ? printable : text);
	} else {
		n = snprintf(buf, size, "<%d>%s\n", priority, printable ? printable : text);
	}
	free(printable);
	return (size_t)n < size ? (size_t)n : size - 1;
}

static void journal_write(int priority, const char *text)
{
	char line[JOURNAL_LINE_MAX];
	struct timespec now;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	n = journal_line(line, sizeof(line), priority, journal_is_systemd() ? NULL : &now, text);
	/* unbuffered, hence one write(2); where it fails nobody is left to be told */
	fwrite(line, 1, n, stderr);
}

static void journal_say_left_out(unsigned long n)
{
	char text[80];

	snprintf(text, sizeof(text), "%lu line%s left out of the log: more than %d in %d s", n, n == 1 ? "" : "s",
		 JOURNAL_BURST, JOURNAL_PERIOD_S);
	journal_write(LOG_WARNING, text);
}

void journal(int priority, const char *fmt, ...)
{
	char text[JOURNAL_TEXT_MAX];
	unsigned long left_out;
	va_list args;
	bool may;

	may = journal_limit(&journal_own, output_clock(CLOCK_MONOTONIC), &left_out);
	if (left_out)
		journal_say_left_out(left_out);
	if (!may)
		return;
	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) >= (int)sizeof(text))
		memcpy(text + sizeof(text) - sizeof("..."), "...", sizeof("..."));
	va_end(args);
	journal_write(priority, text);
}

void journal_flush(void)
{
	if (journal_own.left_out)
		journal_say_left_out(journal_own.left_out);
	journal_own.left_out = 0;
}

void journal_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (!len || len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	/* sd_notify(3): '@' stands for the zero octet of an abstract address, whose length ends with its name */
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to,
		   offsetof(struct sockaddr_un, sun_path) + len) < 0)
		journal(LOG_WARNING, "cannot tell the service manager \"%s\": %m", state);
	close(fd);
}
