// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * oracle.c - sends messages through a dispatcher and keeps what comes out of it.
 *
 *	oracle OUT CLIENT-NETNS CLIENT LISTENER DEST-NETNS DEST [DEST-NETNS DEST...] -- FILE...
 *
 * Every request of FILE goes from CLIENT:5062 to LISTENER:5060; of a response a request is made that has its rows. What a
 * destination gets is OUT/NAME.request, after a line that names the destination. It answers with the same rows below a
 * status line, and what CLIENT gets of that, at any port, is OUT/NAME.response, after a line with the port. What CLIENT
 * gets without any destination is OUT/NAME.reply. Behind every message goes one that always arrives, so nothing is waited
 * for that was dropped.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE 65536
#define MAX_DESTS 8
#define SIP_PORT 5060
#define CLIENT_PORT 5062
#define WAIT_MS 3000
/* The slow path may be overtaken by the message behind; so long it is waited for then. */
#define LATE_MS 40
/* In the Call-ID of what goes behind. */
#define OURS "-of-oracle"

struct lab {
	const char *out;
	struct sockaddr_in listener;
	int send_fd;			 /* the client's, as a phone has it */
	struct pollfd fd[MAX_DESTS + 1]; /* [0]: all UDP to the client, with IP headers */
	unsigned int dests;
	unsigned int serial;
};

struct datagram {
	char data[SIZE];
	size_t len;
	unsigned int from; /* 0: the client got it, else the number of the destination */
	unsigned int port; /* where the client got it */
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static struct sockaddr_in address(const char *text, unsigned int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		die(text);
	return a;
}

static void enter(const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(netns);
	close(fd);
}

static int udp_socket(const char *addr, unsigned int port)
{
	struct sockaddr_in a = address(addr, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die(addr);
	return fd;
}

static int open_lab(struct lab *lab, char **argv)
{
	int i, at = 5;

	lab->out = argv[1];
	enter(argv[2]);
	lab->send_fd = udp_socket(argv[3], CLIENT_PORT);
	lab->fd[0].fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
	if (lab->fd[0].fd < 0)
		die("raw socket");
	lab->listener = address(argv[4], SIP_PORT);
	for (i = 0; i < MAX_DESTS && argv[at] && argv[at + 1] && strcmp(argv[at], "--") != 0; i++, at += 2) {
		enter(argv[at]);
		lab->fd[i + 1].fd = udp_socket(argv[at + 1], SIP_PORT);
	}
	lab->dests = (unsigned int)i;
	for (i = 0; i <= (int)lab->dests; i++)
		lab->fd[i].events = POLLIN;
	return at + 1;
}

/* One datagram of whoever got one; 0 if nobody did in time. */
static int receive(struct lab *lab, struct datagram *d, int wait)
{
	const struct iphdr *ip = (const void *)d->data;
	const struct udphdr *udp;
	size_t head;
	ssize_t n;
	unsigned int i;

	if (poll(lab->fd, lab->dests + 1, wait) <= 0)
		return 0;
	for (i = 0; !(lab->fd[i].revents & POLLIN); i++)
		if (i == lab->dests)
			return 0;
	n = recv(lab->fd[i].fd, d->data, sizeof(d->data), 0);
	d->len = n < 0 ? 0 : (size_t)n;
	d->from = i;
	if (i || n < (ssize_t)(sizeof(*ip) + sizeof(*udp)))
		return 1;
	udp = (const void *)(d->data + ip->ihl * 4u);
	d->port = ntohs(udp->dest);
	head = ip->ihl * 4u + sizeof(*udp);
	d->len -= head;
	memmove(d->data, d->data + head, d->len);
	return 1;
}

static void keep(const struct lab *lab, const char *name, const char *what, const struct datagram *d)
{
	char path[1024];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s.%s", lab->out, name, what);
	out = fopen(path, "w");
	if (!out)
		die(path);
	if (d->from)
		fprintf(out, "destination %u\n", d->from);
	else
		fprintf(out, "port %u\n", d->port);
	if (fwrite(d->data, 1, d->len, out) != d->len || fclose(out))
		die(path);
}

/* The message behind: its Call-ID names its number. */
static int last_message(struct lab *lab, char *buf, size_t size, char *id, size_t id_size)
{
	snprintf(id, id_size, "last-%u" OURS, ++lab->serial);
	return snprintf(
		buf, size,
		"OPTIONS sip:last@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;rport;branch=z9hG4bK-%s\r\n"
		"From: <sip:a@example.com>;tag=%u\r\nTo: <sip:last@example.com>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\n"
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		id, lab->serial, id);
}

/* Sends the one behind; what comes out before it, or late, is in d. */
static int collect(struct lab *lab, struct datagram *d)
{
	static struct datagram other;
	char last[1024], id[64];
	int n = last_message(lab, last, sizeof(last), id, sizeof(id)), found = 0, seen = 0;

	if (sendto(lab->send_fd, last, (size_t)n, 0, (struct sockaddr *)&lab->listener, sizeof(lab->listener)) < 0)
		die("send");
	while ((!found || !seen) && receive(lab, &other, seen ? LATE_MS : WAIT_MS)) {
		if (memmem(other.data, other.len, id, strlen(id))) {
			seen = 1;
		} else if (!memmem(other.data, other.len, OURS, strlen(OURS)) && !found) {
			*d = other;
			found = 1;
		}
	}
	if (!seen)
		fprintf(stderr, "%s is lost\n", id);
	return found;
}

static int through(struct lab *lab, const char *msg, size_t len, struct datagram *d)
{
	if (sendto(lab->send_fd, msg, len, 0, (struct sockaddr *)&lab->listener, sizeof(lab->listener)) < 0)
		die("send");
	return collect(lab, d);
}

/* The destination's answer: the same rows below a status line. What the client gets of it is in d. */
static int answered(struct lab *lab, struct datagram *d, const char *status)
{
	static char out[SIZE];
	char *end = memchr(d->data, '\n', d->len);
	size_t rows = end ? d->len - (size_t)(end - d->data) : 0, n = strlen(status);

	if (!rows || n + rows > sizeof(out))
		return 0;
	memcpy(out, status, n);
	memcpy(out + n, end, rows);
	if (sendto(lab->fd[d->from].fd, out, n + rows, 0, (struct sockaddr *)&lab->listener, sizeof(lab->listener)) < 0)
		die("answer");
	return collect(lab, d);
}

/* Of a response, a request with the same rows and the method of its CSeq. The status line is given back in status. */
static size_t as_request(char *msg, size_t len, size_t size, char *status, size_t status_size)
{
	char method[64] = "", line[128];
	char *end = memchr(msg, '\n', len), *row;
	size_t rest, n;

	if (!end || (size_t)(end - msg) > status_size)
		return 0;
	row = strcasestr(msg, "\ncseq");
	row = row ? strchr(row, ':') : NULL;
	if (!row || sscanf(row + 1, " %*u %63[A-Za-z0-9.!%*_+`'~-]", method) != 1)
		return 0;
	n = (size_t)(end - msg);
	memcpy(status, msg, n);
	status[n] = 0;
	rest = len - n;
	n = (size_t)snprintf(line, sizeof(line), "%s sip:made@example.com SIP/2.0\r", method);
	if (n + rest >= size)
		return 0;
	memmove(msg + n, end, rest);
	memcpy(msg, line, n);
	return n + rest;
}

/* The corpus has much that was sent by TCP and TLS. What comes by UDP says so: Kamailio has no TCP here. */
static void by_udp(char *msg)
{
	char *at = msg;

	while ((at = strcasestr(at, "SIP/2.0/T"))) {
		at += strlen("SIP/2.0/");
		if (!strncasecmp(at, "TCP ", 4) || !strncasecmp(at, "TLS ", 4))
			memcpy(at, "UDP", 3);
	}
}

static void one(struct lab *lab, const char *file)
{
	static char msg[SIZE + 1], status[SIZE];
	static struct datagram d;
	char name[512], *slash = strrchr(file, '/');
	FILE *in = fopen(file, "r");
	size_t len, i;

	if (!in)
		die(file);
	len = fread(msg, 1, 60000, in);
	fclose(in);
	msg[len] = 0;
	by_udp(msg);
	while (slash && slash > file && slash[-1] != '/')
		slash--;
	snprintf(name, sizeof(name), "%s", slash ? slash : file);
	for (i = 0; name[i]; i++)
		if (name[i] == '/')
			name[i] = ',';
	strcpy(status, "SIP/2.0 200 OK\r");
	if (!strncmp(msg, "SIP/2.0 ", 8))
		len = as_request(msg, len, SIZE, status, sizeof(status));
	if (!len || !through(lab, msg, len, &d))
		return;
	keep(lab, name, d.from ? "request" : "reply", &d);
	if (d.from && answered(lab, &d, status))
		keep(lab, name, d.from ? "astray" : "response", &d);
}

int main(int argc, char **argv)
{
	struct lab lab = { 0 };
	int at;

	if (argc < 9) {
		fprintf(stderr, "usage: oracle OUT CLIENT-NETNS CLIENT LISTENER DEST-NETNS DEST [...] -- FILE...\n");
		return 2;
	}
	for (at = open_lab(&lab, argv); at < argc; at++)
		one(&lab, argv[at]);
	return 0;
}
