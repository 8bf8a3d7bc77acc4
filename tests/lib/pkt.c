// SPDX-License-Identifier: GPL-2.0-or-later
/* See pkt.h. */
#include "pkt.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define PKT_UDP 17
#define PKT_TTL 61
#define PKT_FRAGMENT 44

static void put16(unsigned char *p, unsigned int x)
{
	p[0] = (unsigned char)(x >> 8);
	p[1] = (unsigned char)x;
}

static unsigned int get16(const unsigned char *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

/* RFC 1071, octet by octet. */
static unsigned long add_octets(unsigned long sum, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (unsigned long)p[i] << 8;
	return sum;
}

static unsigned int fold(unsigned long sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned int)sum;
}

static int is_ip4(const struct ds_addr *a)
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return !memcmp(a, mapped, sizeof(mapped));
}

struct ds_endpoint pkt_endpoint(const char *ip, unsigned int port)
{
	struct ds_endpoint e = { .port_be = htons((uint16_t)port) };

	if (inet_pton(AF_INET6, ip, &e.ip) == 1)
		return e;
	e.ip.w[2] = htonl(0xffff);
	if (inet_pton(AF_INET, ip, &e.ip.w[3]) != 1)
		abort();
	return e;
}

int pkt_same_endpoint(const struct ds_endpoint *a, const struct ds_endpoint *b)
{
	return !memcmp(&a->ip, &b->ip, sizeof(a->ip)) && a->port_be == b->port_be;
}

static unsigned long pseudo(const struct ds_addr *src, const struct ds_addr *dst, int ip4, size_t udp_len)
{
	size_t skip = ip4 ? 12 : 0;
	unsigned long sum = add_octets(PKT_UDP, (const unsigned char *)src + skip, 16 - skip);

	return add_octets(sum, (const unsigned char *)dst + skip, 16 - skip) + (udp_len >> 16) + (udp_len & 0xffff);
}

static void put_udp(unsigned char *udp, const struct pkt *p, int ip4)
{
	size_t len = 8 + p->len + (size_t)p->udp_len_off;
	unsigned long sum = pseudo(&p->src.ip, &p->dst.ip, ip4, len & 0xffff);
	unsigned int check;

	memcpy(udp, &p->src.port_be, 2);
	memcpy(udp + 2, &p->dst.port_be, 2);
	put16(udp + 4, (unsigned int)len);
	put16(udp + 6, 0);
	memcpy(udp + 8, p->payload, p->len);
	if (p->sum == PKT_SUM_NONE)
		return;
	if (p->sum == PKT_SUM_PARTIAL) {
		put16(udp + 6, fold(sum));
		return;
	}
	check = ~fold(add_octets(sum, udp, 8 + p->len)) & 0xffff;
	if (p->sum == PKT_SUM_WRONG)
		check ^= 0x5555;
	put16(udp + 6, check ? check : 0xffff);
}

/* The IPv4 header at ip; where the next one goes. */
static unsigned char *put_ip4(unsigned char *ip, const struct pkt *p)
{
	size_t len = 20 + 4 * (size_t)p->ext;

	memset(ip, 0, len);
	ip[0] = (unsigned char)(0x40 | (5 + p->ext));
	ip[1] = p->tos;
	put16(ip + 2, (unsigned int)(len + 8 + p->len) + (unsigned int)p->ip_len_off);
	put16(ip + 4, p->id);
	put16(ip + 6, p->frag);
	ip[8] = p->ttl ? p->ttl : PKT_TTL;
	ip[9] = p->proto ? p->proto : PKT_UDP;
	memcpy(ip + 12, &p->src.ip.w[3], 4);
	memcpy(ip + 16, &p->dst.ip.w[3], 4);
	/* no-operation options */
	memset(ip + 20, 1, len - 20);
	put16(ip + 10, ~fold(add_octets(0, ip, len)) & 0xffff);
	return ip + len;
}

static unsigned char *put_ip6(unsigned char *ip, const struct pkt *p)
{
	unsigned char next = p->proto ? p->proto : PKT_UDP;
	size_t more = p->frag || p->ext ? 8 : 0;

	memset(ip, 0, 40 + more);
	put16(ip, 0x6000u | (unsigned int)p->tos << 4);
	put16(ip + 4, (unsigned int)(more + 8 + p->len) + (unsigned int)p->ip_len_off);
	ip[6] = next;
	ip[7] = p->ttl ? p->ttl : PKT_TTL;
	memcpy(ip + 8, &p->src.ip, 16);
	memcpy(ip + 24, &p->dst.ip, 16);
	if (more) {
		ip[6] = p->frag ? PKT_FRAGMENT : p->ext;
		ip[40] = next;
		if (p->frag)
			put16(ip + 42, p->frag);
	}
	return ip + 40 + more;
}

size_t pkt_udp_at(const struct pkt *p)
{
	size_t l2 = 14 + 4 * (size_t)p->tags;

	if (is_ip4(&p->src.ip))
		return l2 + 20 + 4 * (size_t)p->ext;
	return l2 + 40 + (p->frag || p->ext ? 8 : 0);
}

size_t pkt_build(unsigned char *frame, const struct pkt *p)
{
	int ip4 = is_ip4(&p->src.ip);
	unsigned char *at = frame + 12, *end;
	unsigned int i;

	memcpy(frame, p->dmac, 6);
	memcpy(frame + 6, p->smac, 6);
	for (i = 0; i < p->tags; i++) {
		put16(at, p->tags == 2 && i == 0 ? 0x88a8 : 0x8100);
		put16(at + 2, p->vlan[i]);
		at += 4;
	}
	put16(at, ip4 ? 0x0800 : 0x86dd);
	at = ip4 ? put_ip4(at + 2, p) : put_ip6(at + 2, p);
	put_udp(at, p, ip4);
	end = at + 8 + p->len;
	memset(end, 0xaa, p->pad);
	return (size_t)(end - frame) + p->pad;
}

static const char *read_ip4(struct pkt_view *v, const unsigned char *ip, size_t len, size_t *total)
{
	if (len < 20 || ip[0] != 0x45)
		return "IPv4 version or header length";
	*total = get16(ip + 2);
	if (fold(add_octets(0, ip, 20)) != 0xffff)
		return "IPv4 header checksum";
	if (ip[9] != PKT_UDP)
		return "IPv4 protocol";
	v->tos = ip[1];
	v->ttl = ip[8];
	v->id = (__u16)get16(ip + 4);
	v->frag = (__u16)get16(ip + 6);
	v->src.ip.w[2] = v->dst.ip.w[2] = htonl(0xffff);
	memcpy(&v->src.ip.w[3], ip + 12, 4);
	memcpy(&v->dst.ip.w[3], ip + 16, 4);
	return NULL;
}

static const char *read_ip6(struct pkt_view *v, const unsigned char *ip, size_t len, size_t *total)
{
	if (len < 40 || ip[0] >> 4 != 6)
		return "IPv6 version";
	*total = 40 + get16(ip + 4);
	if (ip[6] != PKT_UDP)
		return "IPv6 next header";
	v->tos = (__u8)(get16(ip) >> 4);
	v->ttl = ip[7];
	memcpy(&v->src.ip, ip + 8, 16);
	memcpy(&v->dst.ip, ip + 24, 16);
	return NULL;
}

static enum pkt_sum read_sum(const struct pkt_view *v, const unsigned char *udp, size_t udp_len)
{
	unsigned long sum = pseudo(&v->src.ip, &v->dst.ip, !v->is_ip6, udp_len);
	unsigned int check = get16(udp + 6);

	if (!check)
		return PKT_SUM_NONE;
	if (fold(add_octets(sum, udp, udp_len)) == 0xffff)
		return PKT_SUM_VALID;
	return check == fold(sum) ? PKT_SUM_PARTIAL : PKT_SUM_WRONG;
}

const char *pkt_read(struct pkt_view *v, const unsigned char *frame, size_t len)
{
	size_t at = 12, total, udp_len;
	const unsigned char *udp;
	const char *wrong;

	memset(v, 0, sizeof(*v));
	if (len < 14)
		return "frame too short";
	memcpy(v->dmac, frame, 6);
	memcpy(v->smac, frame + 6, 6);
	while (v->tags < 2 && at + 6 <= len && (get16(frame + at) == 0x8100 || get16(frame + at) == 0x88a8)) {
		v->proto[v->tags] = (__u16)get16(frame + at);
		v->vlan[v->tags++] = (__u16)get16(frame + at + 2);
		at += 4;
	}
	v->is_ip6 = get16(frame + at) == 0x86dd;
	if (!v->is_ip6 && get16(frame + at) != 0x0800)
		return "Ethernet type";
	at += 2;
	wrong = v->is_ip6 ? read_ip6(v, frame + at, len - at, &total) : read_ip4(v, frame + at, len - at, &total);
	if (wrong)
		return wrong;
	if (at + total > len)
		return "IP length beyond the frame";
	v->pad = len - at - total;
	udp = frame + at + (v->is_ip6 ? 40 : 20);
	udp_len = total - (v->is_ip6 ? 40 : 20);
	if (total < (v->is_ip6 ? 48u : 28u) || get16(udp + 4) != udp_len)
		return "UDP length";
	memcpy(&v->src.port_be, udp, 2);
	memcpy(&v->dst.port_be, udp + 2, 2);
	v->sum = read_sum(v, udp, udp_len);
	v->payload = udp + 8;
	v->len = udp_len - 8;
	return NULL;
}
