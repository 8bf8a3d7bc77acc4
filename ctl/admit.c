// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * admit.c - lists and limits as they are asked for.
 */
#include "admit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip_hash.h"
#include "uri.h"

/* Bits of an IPv4 address in front of it, as it is mapped. */
#define ADMIT_MAPPED 96

static int admit_compare(const void *a, const void *b)
{
	const struct admit_net *x = a, *y = b;
	int order = memcmp(&x->ip, &y->ip, sizeof(x->ip));

	return order ? order : x->bits - y->bits;
}

/* Whether a network has bits behind its prefix. */
static int admit_is_crooked(const struct admit_net *net)
{
	const __u8 *octet = (const __u8 *)&net->ip;
	unsigned int i;

	for (i = net->bits; i < 128; i++)
		if (octet[i / 8] & 0x80 >> i % 8)
			return 1;
	return 0;
}

static int admit_parse(const char *text, struct admit_net *net, const char **why)
{
	size_t len = strcspn(text, "/"), digits;
	char ip[INET6_ADDRSTRLEN] = "";
	unsigned long bits = 0;
	unsigned int most;

	*why = "expected ADDR or ADDR/LENGTH, such as 192.0.2.0/24 or 2001:db8::/32";
	if (len < sizeof(ip))
		snprintf(ip, sizeof(ip), "%.*s", (int)len, text);
	if (uri_address(ip, &net->ip))
		return -EINVAL;
	most = uri_is_ip4(&net->ip) ? 32 : 128;
	if (text[len]) {
		text += len + 1;
		digits = strspn(text, "0123456789");
		bits = digits && digits < 4 && !text[digits] ? strtoul(text, NULL, 10) : most + 1;
		if (bits > most)
			return -EINVAL;
	} else {
		bits = most;
	}
	net->bits = (__u8)(bits + 128 - most);
	*why = "expected no bits behind the prefix";
	return admit_is_crooked(net) ? -EINVAL : 0;
}

int admit_add(struct admit *a, enum ds_guard_word word, const char *text, const char **why)
{
	struct admit_net net = { .word = (__u8)word }, *bigger;
	size_t i;
	int err = admit_parse(text, &net, why);

	if (err)
		return err;
	for (i = 0; i < a->n && admit_compare(&a->net[i], &net) < 0; i++)
		;
	*why = "expected each network once, allowed or denied";
	if (i < a->n && !admit_compare(&a->net[i], &net))
		return -EEXIST;
	*why = "expected at most 4096 networks";
	if (a->n == ADMIT_NETS_MAX)
		return -ENOSPC;
	*why = "out of memory";
	bigger = realloc(a->net, (a->n + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	a->net = bigger;
	memmove(&bigger[i + 1], &bigger[i], (a->n - i) * sizeof(*bigger));
	bigger[i] = net;
	a->n++;
	return 0;
}

void admit_clear(struct admit *a, enum ds_guard_word word)
{
	size_t i, n = 0;

	for (i = 0; i < a->n; i++)
		if (a->net[i].word != word)
			a->net[n++] = a->net[i];
	a->n = n;
}

void admit_free(struct admit *a)
{
	free(a->net);
	memset(a, 0, sizeof(*a));
}

int admit_copy(struct admit *to, const struct admit *from)
{
	*to = *from;
	to->net = malloc((from->n + 1) * sizeof(*to->net));
	if (!to->net) {
		to->n = 0;
		return -ENOMEM;
	}
	if (from->n)
		memcpy(to->net, from->net, from->n * sizeof(*to->net));
	return 0;
}

const char *admit_net_text(const struct admit_net *net, char text[ADMIT_TEXT_SIZE])
{
	char ip[INET6_ADDRSTRLEN];

	if (uri_is_ip4(&net->ip) && net->bits >= ADMIT_MAPPED)
		snprintf(text, ADMIT_TEXT_SIZE, "%s/%u", inet_ntop(AF_INET, &net->ip.w[3], ip, sizeof(ip)),
			 net->bits - ADMIT_MAPPED);
	else
		snprintf(text, ADMIT_TEXT_SIZE, "%s/%u", inet_ntop(AF_INET6, &net->ip, ip, sizeof(ip)), net->bits);
	return text;
}

const char *admit_fault(const struct admit *a)
{
	if (!a->rate && a->burst)
		return "expected a rate, too";
	if (a->burst && a->burst < a->rate / ADMIT_TICKS_S)
		return "expected a burst of a fiftieth of the rate at least, as the kernel's clock goes by steps";
	return NULL;
}

/* The number of what the lists say: the same lists have the same, whoever asks for them. */
static __u32 admit_number(const struct admit *a)
{
	static const __u64 key[2];
	struct sip_hash h;
	__u32 number;
	size_t i;

	sip_hash_begin(&h, key, SIP_HASH_GUARD);
	for (i = 0; i < a->n; i++) {
		sip_hash_word(&h, (__u64)a->net[i].ip.w[0] << 32 | a->net[i].ip.w[1]);
		sip_hash_word(&h, (__u64)a->net[i].ip.w[2] << 32 | a->net[i].ip.w[3]);
		sip_hash_word(&h, (__u64)a->net[i].bits << 8 | a->net[i].word);
	}
	number = (__u32)sip_hash_end(&h);
	return number ? number : 1;
}

void admit_settle(const struct admit *a, struct ds_guard *g)
{
	*g = (struct ds_guard){ .acl = a->n ? admit_number(a) : 0, .keepalives = a->keepalives };
	if (!a->rate)
		return;
	g->interval_ns = 1000000000 / a->rate;
	g->burst_ns = g->interval_ns * (a->burst ? a->burst : a->rate);
}
