// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * routes_map.c - what is looked up, in the kernel: the maps route_exact and route_prefixes.
 */
#include <errno.h>
#include <stdbool.h>

#include "bpf.h"
#include "routes.h"

/* Whether a table is read by packets of this generation or will be by those of the next. */
static bool routes_is_read(const struct bpf_inst *b, const __u32 *ids, size_t n, __u32 id)
{
	__u32 half = b->state->generation & 1, l;
	size_t i;

	for (i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	for (l = 0; l < DS_LISTENERS_MAX; l++)
		if (b->listeners[l].half[half].routes && b->route_tables[ds_route_table_at(half, l)].id == id)
			return true;
	return false;
}

int routes_forget(const struct bpf_inst *b, const __u32 *ids, size_t n)
{
	struct ds_route_exact exact, next_exact;
	struct ds_route_prefix prefix, next_prefix;
	int err = 0, end;

	end = bpf_next(b, BPF_MAP_route_exact, NULL, &next_exact);
	while (!end && !err) {
		exact = next_exact;
		end = bpf_next(b, BPF_MAP_route_exact, &exact, &next_exact);
		if (!routes_is_read(b, ids, n, exact.table))
			err = bpf_del(b, BPF_MAP_route_exact, &exact);
	}
	end = bpf_next(b, BPF_MAP_route_prefixes, NULL, &next_prefix);
	while (!end && !err) {
		prefix = next_prefix;
		end = bpf_next(b, BPF_MAP_route_prefixes, &prefix, &next_prefix);
		if (!routes_is_read(b, ids, n, prefix.table))
			err = bpf_del(b, BPF_MAP_route_prefixes, &prefix);
	}
	return err;
}

int routes_enter(const struct bpf_inst *b, const struct routes_keys *keys)
{
	size_t i;
	int err = 0;

	for (i = 0; i < keys->n_exact && !err; i++)
		err = bpf_put(b, BPF_MAP_route_exact, &keys->exact[i], &keys->exact_routes[i]);
	for (i = 0; i < keys->n_prefix && !err; i++)
		err = bpf_put(b, BPF_MAP_route_prefixes, &keys->prefix[i], &keys->prefix_routes[i]);
	return err;
}
