// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * soak_flood.c - what nobody should send, at a bounded rate.
 *
 *	soak_flood rubbish|dialogs|responses ADDR FROM SECONDS PER-SECOND SEED
 *
 * rubbish: random octets, SIP cut anywhere, SIP with octets changed. dialogs: requests inside dialogs that never were, each
 * with a Call-ID of its own. responses: final responses with a Via that looks like the listener's.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIP_PORT 5060
#define SIZE 1400

static uint64_t seed;

/* xorshift64* (Vigna). */
static unsigned int any(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned int)((seed * 0x2545f4914f6cdd1dull) >> 33);
}

static size_t request(char *buf, const char *method, const char *from, const char *to_tag)
{
	return (size_t)snprintf(buf, SIZE,
				"%s sip:flood@example.com SIP/2.0\r\nVia: SIP/2.0/UDP %s:5070;branch=z9hG4bKf%x\r\n"
				"From: <sip:flood@example.com>;tag=%x\r\nTo: <sip:b@example.com>%s\r\n"
				"Call-ID: flood-%x%x\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
				method, from, any(), any(), to_tag, any(), any(), any() % 1000 + 1, method);
}

static size_t response(char *buf, const char *listener, const char *from)
{
	static const char *const status[] = { "200 OK", "486 Busy Here", "503 Service Unavailable", "100 Trying" };

	return (size_t)snprintf(buf, SIZE,
				"SIP/2.0 %s\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK%08x%08x;sx=%08x%08x\r\n"
				"Via: SIP/2.0/UDP %s:5061;branch=z9hG4bK%x\r\nFrom: <sip:a@example.com>;tag=%x\r\n"
				"To: <sip:b@example.com>;tag=%x\r\nCall-ID: flood-%x\r\nCSeq: 1 INVITE\r\n"
				"Content-Length: 0\r\n\r\n",
				status[any() % 4], listener, any(), any(), any(), any(), from, any(), any(), any(),
				any());
}

static size_t rubbish(char *buf, const char *from)
{
	size_t len, i;

	if (any() % 3 == 0) {
		len = any() % SIZE + 1;
		for (i = 0; i < len; i++)
			buf[i] = (char)any();
		return len;
	}
	len = request(buf, "INVITE", from, "");
	if (any() % 2)
		return any() % len + 1;
	for (i = any() % 8 + 1; i; i--)
		buf[any() % len] = (char)any();
	/* never a call of its own for an answerer: what is left of it fails */
	memcpy(buf + any() % (len - 2), "\0\0", 2);
	return len;
}

static int flood(const char *kind, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(SIP_PORT) };
	struct sockaddr_in from = { .sin_family = AF_INET };
	unsigned long seconds = strtoul(argv[2], NULL, 10), rate = strtoul(argv[3], NULL, 10), n, sent = 0;
	struct timespec gap = { 0, 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[SIZE];
	size_t len;

	seed = strtoull(argv[4], NULL, 10) + 88172645463325252ull;
	if (!rate || inet_pton(AF_INET, argv[0], &to.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[1], &from.sin_addr) != 1 || bind(fd, (struct sockaddr *)&from, sizeof(from))) {
		perror(argv[1]);
		return 1;
	}
	gap.tv_nsec = 1000000000L / (long)rate;
	for (n = 0; n < seconds * rate; n++) {
		if (!strcmp(kind, "rubbish"))
			len = rubbish(buf, argv[1]);
		else if (!strcmp(kind, "dialogs"))
			len = request(buf, any() % 2 ? "BYE" : "INFO", argv[1], ";tag=never");
		else
			len = response(buf, argv[0], argv[1]);
		sent += sendto(fd, buf, len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)len;
		nanosleep(&gap, NULL);
	}
	printf("%lu\n", sent);
	return sent == 0;
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fprintf(stderr, "usage: soak_flood rubbish|dialogs|responses ADDR FROM SECONDS PER-SECOND SEED\n");
		return 2;
	}
	return flood(argv[1], argv + 2);
}
