// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ask.c - messages for whoever dispatches, and what it says of each.
 *
 *	ask make DIR N SEED ALGORITHM SET	writes N requests DIR/00000...: of all that is hashed, many spellings
 *	ask send ADDR PORT FILE...		sends each and prints "FILE REASON-PHRASE" of the answer
 *	ask send-options ADDR PORT FILE...	the same with options in the IPv4 headers
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ASK_TRIES 4
#define ASK_WAIT_MS 500
#define ASK_SIZE 4096
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static uint64_t seed;

/* xorshift64* (Vigna). */
static unsigned int below(unsigned int n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned int)((seed * 0x2545f4914f6cdd1dull) >> 33) % n;
}

static const char *any(const char *const *of, unsigned int n)
{
	return of[below(n)];
}

/* A user that most messages have of their own. */
static const char *user(char *buf, size_t size)
{
	static const char *const odd[] = {
		"alice", "Alice", "a%20b", "%61lice", "+1-201-555-0123", "*97", "alice:secret", "u;phone-context=x",
		"a",	 "ab",	  "abc",   "abcd",    "x_-.!~'()"
	};

	if (below(3))
		snprintf(buf, size, "%s%u", below(2) ? "" : "+49", below(1000000));
	else
		snprintf(buf, size, "%s", any(odd, COUNT(odd)));
	return buf;
}

/* What only credentials have for a user name. */
static const char *name(char *buf, size_t size)
{
	static const char *const odd[] = { "sip:bob@example.com", "ab:c:d", "x@y:z", "q:", "a@", "Ann Other" };

	if (below(4))
		return user(buf, size);
	snprintf(buf, size, "%s", any(odd, COUNT(odd)));
	return buf;
}

static const char *host(char *buf, size_t size)
{
	static const char *const odd[] = {
		"atlanta.example.com", "ATLANTA.Example.com", "192.0.2.7", "[2001:db8::1]", "h",
		"[2001:DB8:0::1]",     "a-b.example"
	};
	static const char *const port[] = { "", "", ":5060", ":5061", ":5080", ":1", ":65535" };

	snprintf(buf, size, "%s%s", any(odd, COUNT(odd)), any(port, COUNT(port)));
	return buf;
}

static const char *uri(char *buf, size_t size)
{
	static const char *const after[] = { "", "", ";transport=udp", ";user=phone;lr", ";x" };
	static const char *const scheme[] = { "sip:", "sip:", "sip:", "sips:", "SIP:" };
	char u[64], h[64];

	if (!below(12))
		snprintf(buf, size, "tel:+%u%s", below(100000000), below(2) ? "" : ";phone-context=example.com");
	else if (!below(12))
		snprintf(buf, size, "%s%s%s", any(scheme, COUNT(scheme)), host(h, sizeof(h)), any(after, COUNT(after)));
	else
		snprintf(buf, size, "%s%s@%s%s", any(scheme, COUNT(scheme)), user(u, sizeof(u)), host(h, sizeof(h)),
			 any(after, COUNT(after)));
	return buf;
}

static const char *account(char *buf, size_t size)
{
	static const char *const odd[] = { "caf\xc3\xa9", "M\xc3\xbcnchen \xe2\x82\xac", "a, b", "\"q\"", "x;y=z",
					   "A  B" };

	if (below(3))
		snprintf(buf, size, "%u-%u", below(100000), below(1000));
	else
		snprintf(buf, size, "%s", any(odd, COUNT(odd)));
	return buf;
}

static int make_one(char *buf, size_t size, unsigned int i, const char *algorithm, const char *set)
{
	static const char *const call_id[] = { "Call-ID: ", "i:", "call-id  :  ", "CALL-ID:\t" };
	char r[256], f[256], t[256], a[128], u[64], id[128];

	if (below(2))
		snprintf(id, sizeof(id), "%u-%u@192.0.2.%u", i, below(100000), below(256));
	else
		snprintf(id, sizeof(id), "%08x-%04x-%04x-%04x-%04x%08x", below(1u << 31), below(1u << 16),
			 below(1u << 16), below(1u << 16), below(1u << 16), below(1u << 31));
	return snprintf(
		buf, size,
		"MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;rport;branch=z9hG4bK%u\r\n"
		"From: %s<%s>;tag=%u\r\nTo: <%s>\r\n%s%s\r\nCSeq: %u MESSAGE\r\nMax-Forwards: 70\r\n"
		"X-Account: %s\r\nAuthorization: Digest realm=\"a, username=b\", username=\"%s\", nonce=\"%u\", "
		"uri=\"sip:x\", response=\"00\"\r\nX-Algorithm: %s\r\nX-Set: %s\r\nContent-Length: 0\r\n\r\n",
		uri(r, sizeof(r)), i, below(2) ? "" : "\"Ann, \\\"B\\\"\" ", uri(f, sizeof(f)), i, uri(t, sizeof(t)),
		any(call_id, COUNT(call_id)), id, i + 1, account(a, sizeof(a)), name(u, sizeof(u)), below(1000),
		algorithm, set);
}

static int make_all(char **argv)
{
	unsigned int i, n = (unsigned int)strtoul(argv[1], NULL, 10);
	char path[512], buf[ASK_SIZE];
	FILE *out;
	int len;

	seed = strtoull(argv[2], NULL, 10) + 88172645463325252ull;
	for (i = 0; i < n; i++) {
		len = make_one(buf, sizeof(buf), i, argv[3], argv[4]);
		snprintf(path, sizeof(path), "%s/%05u", argv[0], i);
		out = fopen(path, "w");
		if (!out || fwrite(buf, 1, (size_t)len, out) != (size_t)len || fclose(out)) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

/* The answer to a message, by its CSeq; a late one to the message before is passed over. */
static int send_one(int fd, const char *file, const char *msg, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const char *cseq = strstr(msg, "\r\nCSeq:");
	char answer[ASK_SIZE], *row, *line;
	int try;
	ssize_t n;

	for (try = 0; try < ASK_TRIES; try++) {
		if (send(fd, msg, len, 0) != (ssize_t)len) {
			perror(file);
			return -1;
		}
		while (poll(&p, 1, ASK_WAIT_MS) > 0) {
			n = recv(fd, answer, sizeof(answer) - 1, 0);
			if (n <= 12)
				continue;
			answer[n] = 0;
			row = strstr(answer, "\r\nCSeq:");
			if (!row || !cseq || strncmp(row, cseq, strcspn(cseq + 2, "\r") + 2) != 0)
				continue;
			line = strstr(answer, "\r\n");
			printf("%s %.*s\n", file, (int)(line - answer - 12), answer + 12);
			return 0;
		}
	}
	fprintf(stderr, "%s: no answer\n", file);
	return -1;
}

static int send_all(int argc, char **argv, int with_options)
{
	static const unsigned char nops[] = { IPOPT_NOP, IPOPT_NOP, IPOPT_NOP, IPOPT_EOL };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), i, failed = 0;
	char msg[ASK_SIZE];
	FILE *in;
	size_t len;

	if (inet_pton(AF_INET, argv[0], &to.sin_addr) != 1 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror(argv[0]);
		return 1;
	}
	if (with_options && setsockopt(fd, IPPROTO_IP, IP_OPTIONS, nops, sizeof(nops))) {
		perror("IP_OPTIONS");
		return 1;
	}
	for (i = 2; i < argc && !failed; i++) {
		in = fopen(argv[i], "r");
		len = in ? fread(msg, 1, sizeof(msg) - 1, in) : 0;
		if (in)
			fclose(in);
		msg[len] = 0;
		failed = !len || send_one(fd, argv[i], msg, len);
	}
	close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "make"))
		return make_all(argv + 2);
	if (argc > 4 && !strcmp(argv[1], "send"))
		return send_all(argc - 2, argv + 2, 0);
	if (argc > 4 && !strcmp(argv[1], "send-options"))
		return send_all(argc - 2, argv + 2, 1);
	fprintf(stderr, "usage: ask make DIR N SEED ALGORITHM SET | ask send[-options] ADDR PORT FILE...\n");
	return 2;
}
