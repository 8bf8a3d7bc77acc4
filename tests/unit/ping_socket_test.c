// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ping_socket_test.c - source places as text; which address the kernel sends from; errors by ICMP.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "ping_socket.h"
#include "uri.h"

static struct ds_endpoint endpoint(const char *ip, __u16 port)
{
	struct ds_endpoint at = { .port_be = htons(port) };

	check_int("address", uri_address(ip, &at.ip), 0);
	return at;
}

static const struct parse_row {
	const char *name;
	const char *text;
	const char *to;
	int want;
	const char *place;
} parses[] = {
	{ "nothing, IPv4", NULL, "192.0.2.1", 0, "0.0.0.0:0" },
	{ "nothing, IPv6", "", "2001:db8::1", 0, "[::]:0" },
	{ "address", "192.0.2.9", "192.0.2.1", 0, "192.0.2.9:0" },
	{ "address and port", "192.0.2.9:5070", "192.0.2.1", 0, "192.0.2.9:5070" },
	{ "udp", "udp:192.0.2.9:5070", "192.0.2.1", 0, "192.0.2.9:5070" },
	{ "udp without port", "udp:192.0.2.9", "192.0.2.1", 0, "192.0.2.9:0" },
	{ "any address, port", "udp:0.0.0.0:5070", "192.0.2.1", 0, "0.0.0.0:5070" },
	{ "IPv6", "2001:db8::9", "2001:db8::1", 0, "[2001:db8::9]:0" },
	{ "IPv6 in brackets", "[2001:db8::9]", "2001:db8::1", 0, "[2001:db8::9]:0" },
	{ "IPv6 and port", "udp:[2001:db8::9]:5070", "2001:db8::1", 0, "[2001:db8::9]:5070" },
	{ "port 65535", "192.0.2.9:65535", "192.0.2.1", 0, "192.0.2.9:65535" },
	{ "port too large", "192.0.2.9:65536", "192.0.2.1", -EINVAL, NULL },
	{ "port far too large", "192.0.2.9:99999999999999999999", "192.0.2.1", -EINVAL, NULL },
	{ "port with a sign", "192.0.2.9:+5070", "192.0.2.1", -EINVAL, NULL },
	{ "port missing", "192.0.2.9:", "192.0.2.1", -EINVAL, NULL },
	{ "port and more", "192.0.2.9:5070x", "192.0.2.1", -EINVAL, NULL },
	{ "name", "example.com", "192.0.2.1", -EINVAL, NULL },
	{ "another transport", "tcp:192.0.2.9:5070", "192.0.2.1", -EINVAL, NULL },
	{ "bracket not closed", "[2001:db8::9", "2001:db8::1", -EINVAL, NULL },
	{ "text after the bracket", "[2001:db8::9]5070", "2001:db8::1", -EINVAL, NULL },
	{ "too long", "1111111111111111111111111111111111111111111111111111", "192.0.2.1", -EINVAL, NULL },
	{ "of the other family", "192.0.2.9", "2001:db8::1", -EAFNOSUPPORT, NULL },
};

static void place_is_read(void **state)
{
	const struct parse_row *row = *state;
	struct ds_endpoint to = endpoint(row->to, 5060), from;
	char text[URI_ENDPOINT_SIZE];

	check_int("return value", ping_socket_parse(row->text, &to, &from), row->want);
	if (row->want)
		return;
	check_str("place", uri_endpoint_text(&from, text), row->place);
	check_int("any", ping_socket_is_any(&from.ip), !strncmp(row->place, "0.0.0.0", 7) || row->place[1] == ':');
}

static void names_go_and_come(void **state)
{
	static const char *const ip[] = { "192.0.2.1", "2001:db8::1" };
	struct sockaddr_storage name;
	struct ds_endpoint at, back;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_COUNT(ip); i++) {
		at = endpoint(ip[i], 5060);
		check_true("length", ping_socket_name(&at, &name) >= sizeof(struct sockaddr_in));
		ping_socket_place(&name, &back);
		check_mem("place", &back, sizeof(back), &at, sizeof(at));
	}
}

static void source_follows_the_route(void **state)
{
	struct ds_endpoint to = endpoint("127.0.0.9", 5060), from = endpoint("127.0.0.7", 0);
	struct ds_addr ip, want = endpoint("127.0.0.1", 0).ip;
	char text[URI_ENDPOINT_SIZE];
	int probe, fd;

	(void)state;
	probe = ping_socket_open_probe(true);
	check_true("probe", probe >= 0);
	check_int("route", ping_socket_route(probe, &to, &ip), 0);
	check_mem("address", &ip, sizeof(ip), &want, sizeof(want));
	check_int("again", ping_socket_route(probe, &to, &ip), 0);
	close(probe);
	fd = ping_socket_open(&from);
	check_true("bound", fd >= 0);
	uri_endpoint_text(&from, text);
	check_true("its address, and a port", !strncmp(text, "127.0.0.7:", 10) && from.port_be);
	close(fd);
	/* TEST-NET: no address of this host */
	from = endpoint("192.0.2.77", 0);
	check_int("not of this host", ping_socket_open(&from), -EADDRNOTAVAIL);
}

static void refusal_is_told(void **state)
{
	struct ds_endpoint from = endpoint("127.0.0.1", 0), closed = endpoint("127.0.0.1", 0), to;
	int err, other, fd = ping_socket_open(&from);
	struct pollfd ready = { .fd = fd };
	struct sockaddr_storage name;
	socklen_t len;

	(void)state;
	other = ping_socket_open(&closed);
	check_true("open", fd >= 0 && other >= 0);
	close(other);
	check_int("no error yet", ping_socket_error(fd, &to, &err), -EAGAIN);
	len = ping_socket_name(&closed, &name);
	check_int("sent", sendto(fd, "x", 1, 0, (struct sockaddr *)&name, len), 1);
	check_int("error is there", poll(&ready, 1, 10000), 1);
	check_int("read", ping_socket_error(fd, &to, &err), 0);
	check_int("errno", err, ECONNREFUSED);
	check_mem("whom", &to, sizeof(to), &closed, sizeof(closed));
	check_int("no more", ping_socket_error(fd, &to, &err), -EAGAIN);
	close(fd);
}

int main(void)
{
	struct test_list tests = { 0 };

	test_rows(&tests, "source", place_is_read, parses);
	test_add(&tests, "names go and come", names_go_and_come, NULL);
	test_add(&tests, "the source follows the route", source_follows_the_route, NULL);
	test_add(&tests, "a refusal is told", refusal_is_told, NULL);
	return test_run(&tests, "ping_socket");
}
