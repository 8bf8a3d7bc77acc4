// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * key.c - reads or makes the cluster key.
 */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"

#define KEY_SIZE 16

static int key_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool key_from_hex(const char *text, size_t len, unsigned char octets[KEY_SIZE])
{
	int high, low;
	size_t i;

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (len != 2 * KEY_SIZE)
		return false;
	for (i = 0; i < KEY_SIZE; i++) {
		high = key_digit(text[2 * i]);
		low = key_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		octets[i] = high << 4 | low;
	}
	return true;
}

static void key_from_octets(const unsigned char octets[KEY_SIZE], __u64 key[2])
{
	size_t i;

	key[0] = key[1] = 0;
	for (i = 0; i < KEY_SIZE; i++)
		key[i / 8] |= (__u64)octets[i] << (8 * (i % 8));
}

int key_read(const char *path, __u64 key[2])
{
	unsigned char octets[KEY_SIZE];
	char text[4 * KEY_SIZE];
	struct stat st = { 0 };
	ssize_t len;
	int fd;

	if (!path) {
		if (getrandom(octets, sizeof(octets), 0) != sizeof(octets)) {
			output_error("cannot make a random key: %s", strerror(errno));
			return EXIT_FAILED;
		}
		key_from_octets(octets, key);
		return EXIT_OK;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (len < 0 || fstat(fd, &st)) {
		output_error("cannot read %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EXIT_INPUT;
	}
	close(fd);
	if (st.st_mode & (S_IROTH | S_IWOTH))
		output_warn("%s is open to everyone; who knows the key can forge responses; remedy: chmod 600 %s", path,
			    path);
	if (len == KEY_SIZE) {
		memcpy(octets, text, sizeof(octets));
	} else if (!key_from_hex(text, len, octets)) {
		output_error(
			"%s holds no key, expected 32 hexadecimal digits or 16 octets; `openssl rand -hex 16` makes one",
			path);
		return EXIT_INPUT;
	}
	key_from_octets(octets, key);
	return EXIT_OK;
}
