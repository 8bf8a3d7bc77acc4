// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_uris.c - what goes into messages for the sake of destinations: two halves, as of the listeners, since a text that
 * changes where packets read it would be read half-written.
 */
#include <string.h>

#include "dest_uri.h"
#include "sync.h"

bool sync_uris_differ(const struct sync *s, const struct bpf_inst *b)
{
	const struct sync_item *i;
	struct ds_dest_uri uri;

	for (i = s->item; b->uris && i < s->item + s->n; i++) {
		if (!i->dest || i->fate == SYNC_ADDED)
			continue;
		uri = dest_uri(i->dest, i->member);
		if (memcmp(&b->uris[ds_dest_uri_at(b->state->generation, i->slot)], &uri, sizeof(uri)) != 0)
			return true;
	}
	return false;
}

void sync_write_uris(const struct sync *s, const struct bpf_inst *b, __u32 next)
{
	struct ds_dest_uri *to = &b->uris[ds_dest_uri_at(next, 0)];
	const struct sync_item *i;

	/* destinations that drain keep theirs */
	if (next != b->state->generation)
		memcpy(to, &b->uris[ds_dest_uri_at(b->state->generation, 0)], b->entries[BPF_MAP_dests] * sizeof(*to));
	for (i = s->item; i < s->item + s->n; i++)
		if (i->dest && (next != b->state->generation || i->fate == SYNC_ADDED))
			to[i->slot] = dest_uri(i->dest, i->member);
}
