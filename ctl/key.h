/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * key.h - the cluster key: what all directors that shall agree have in common.
 */
#ifndef SIPXDP_CTL_KEY_H
#define SIPXDP_CTL_KEY_H

#include <linux/types.h>

/*
 * Reads a key file (32 hexadecimal digits with blanks around them, or 16 octets), or makes a random key where path is
 * NULL. Both forms give equal keys on hosts of any byte order. Returns an exit code after saying what is wrong.
 */
int key_read(const char *path, __u64 key[2]);

#endif
