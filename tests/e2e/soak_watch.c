// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * soak_watch.c - looks at the destinations' link and says at its end what became of the calls.
 *
 *	soak_watch DEV MAY-DIE[,MAY-DIE...]
 *
 * A call is a Call-ID of an INVITE. It is complete when a destination answered its BYE with 200, misrouted when any of its
 * requests went to another destination than its first. Both are counted apart for destinations that may die. Until
 * SIGTERM; then one line of NAME=NUMBER.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIP_PORT 5060
#define SLOTS (1u << 20)
#define ID_SIZE 80
#define MAX_DIE 8

struct call {
	char id[ID_SIZE];
	uint32_t dest;
	unsigned char complete, misrouted;
};

static struct call *calls;
static unsigned int used;
static volatile sig_atomic_t done;

static void stop(int sig)
{
	(void)sig;
	done = 1;
}

static struct call *find(const char *id, size_t len, int make)
{
	uint32_t h = 2166136261u;
	struct call *c;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)id[i]) * 16777619u;
	for (c = calls + h % SLOTS; c->id[0]; c = c + 1 < calls + SLOTS ? c + 1 : calls)
		if (!strncmp(c->id, id, len) && !c->id[len])
			return c;
	if (!make || used >= SLOTS / 2)
		return NULL;
	used++;
	memcpy(c->id, id, len);
	return c;
}

static void message(const char *sip, uint32_t to, uint32_t from)
{
	const char *id = strstr(sip, "\r\nCall-ID: "), *cseq = strstr(sip, "\r\nCSeq: ");
	int response = !strncmp(sip, "SIP/2.0 ", 8);
	struct call *c;
	size_t len;

	if (!id || !cseq)
		return;
	id += strlen("\r\nCall-ID: ");
	len = strcspn(id, "\r");
	if (!len || len >= ID_SIZE || !strncmp(id, "flood-", 6))
		return;
	c = find(id, len, !response && !strncmp(sip, "INVITE ", 7));
	if (!c)
		return;
	if (response) {
		cseq = strpbrk(cseq + strlen("\r\nCSeq: "), " \r");
		if (!strncmp(sip + 8, "200", 3) && !strncmp(cseq, " BYE", 4) && c->dest == from)
			c->complete = 1;
		return;
	}
	if (!c->dest)
		c->dest = to;
	else if (c->dest != to)
		c->misrouted = 1;
}

static void frame(char *buf, size_t len)
{
	const struct ether_header *eth = (const void *)buf;
	const struct iphdr *ip = (const void *)(buf + sizeof(*eth));
	const struct udphdr *udp;
	size_t head;

	if (len < sizeof(*eth) + sizeof(*ip) + sizeof(*udp) || eth->ether_type != htons(ETHERTYPE_IP) ||
	    ip->protocol != IPPROTO_UDP)
		return;
	head = sizeof(*eth) + ip->ihl * 4u;
	if (len < head + sizeof(*udp))
		return;
	udp = (const void *)(buf + head);
	if (udp->dest != htons(SIP_PORT) && udp->source != htons(SIP_PORT))
		return;
	buf[len] = 0;
	message(buf + head + sizeof(*udp), ip->daddr, ip->saddr);
}

static int report(char *may_die)
{
	unsigned int i, n, dying = 0, all = 0, lost = 0, lost_dead = 0, misrouted = 0, moved = 0;
	uint32_t die[MAX_DIE];
	char *save, *at;
	int dead;

	for (at = strtok_r(may_die, ",", &save); at && dying < MAX_DIE; at = strtok_r(NULL, ",", &save))
		die[dying++] = inet_addr(at);
	for (i = 0; i < SLOTS; i++) {
		if (!calls[i].id[0])
			continue;
		for (n = 0, dead = 0; n < dying; n++)
			dead |= calls[i].dest == die[n];
		all++;
		lost += !dead && !calls[i].complete;
		lost_dead += dead && !calls[i].complete;
		misrouted += !dead && calls[i].misrouted;
		moved += dead && calls[i].misrouted;
	}
	printf("seen=%u lost=%u lost_dead=%u misrouted=%u moved=%u\n", all, lost, lost_dead, misrouted, moved);
	return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct sigaction act = { .sa_handler = stop };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), room = 16 << 20;
	static char buf[65536];
	ssize_t n;

	calls = calloc(SLOTS, sizeof(*calls));
	at.sll_ifindex = argc == 3 ? (int)if_nametoindex(argv[1]) : 0;
	if (!calls || fd < 0 || !at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		fprintf(stderr, "usage: soak_watch DEV MAY-DIE[,MAY-DIE...] (as root)\n");
		return 2;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	sigaction(SIGTERM, &act, NULL);
	fprintf(stderr, "watching\n");
	while (!done) {
		n = recv(fd, buf, sizeof(buf) - 1, 0);
		if (n > 0)
			frame(buf, (size_t)n);
	}
	return report(argv[2]);
}
