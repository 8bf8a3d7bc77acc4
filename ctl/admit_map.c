// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * admit_map.c - the lists in the kernel: the map guard_acl.
 */
#include <errno.h>
#include <stdbool.h>

#include "admit.h"
#include "record.h"

/* Whether lists are read by packets of this generation or will be by those of the next. */
static bool admit_is_read(const struct bpf_inst *b, const struct record *r, __u32 acl)
{
	__u32 half = b->state->generation & 1;
	size_t i;

	for (i = 0; i < r->n_listeners; i++)
		if (r->listener[i].guard.acl == acl || b->listeners[i].half[half].guard.acl == acl)
			return true;
	return false;
}

static int admit_forget(const struct bpf_inst *b, const struct record *r)
{
	struct ds_guard_net net, next;
	int err = 0, end = bpf_next(b, BPF_MAP_guard_acl, NULL, &next);

	while (!end && !err) {
		net = next;
		end = bpf_next(b, BPF_MAP_guard_acl, &net, &next);
		if (!admit_is_read(b, r, net.acl))
			err = bpf_del(b, BPF_MAP_guard_acl, &net);
	}
	return err ? err : end == -ENOENT ? 0 : end;
}

int admit_publish(const struct bpf_inst *b, const struct record *r, const struct admit *const *admit)
{
	struct ds_guard_net net;
	int err = admit_forget(b, r);
	__u32 word;
	size_t i, k;

	for (i = 0; i < r->n_listeners && !err; i++)
		for (k = 0; admit[i] && k < admit[i]->n && !err; k++) {
			net = (struct ds_guard_net){ .bits = 32u + admit[i]->net[k].bits,
						     .acl = r->listener[i].guard.acl,
						     .ip = admit[i]->net[k].ip };
			word = admit[i]->net[k].word;
			err = bpf_put(b, BPF_MAP_guard_acl, &net, &word);
		}
	return err;
}
