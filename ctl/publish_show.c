// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * publish_show.c - what a publication changes, as text and as JSON.
 */
#include "publish.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "output.h"

/* What an operator calls it. A destination that came back counts as added: it is picked again. */
static const char *const publish_fate_names[SYNC_FATES] = {
	"kept", "changed", "added", "added", "removed", "draining", "freed",
};

static const char *publish_uri(const struct publish *p, const struct sync_item *i)
{
	return i->dest ? i->dest->conf.uri.text : p->bpf.info[i->slot].uri;
}

static bool publish_is_news(enum sync_fate fate)
{
	return fate != SYNC_KEPT && fate != SYNC_DRAINING;
}

static size_t publish_active(const struct publish *p, size_t listener)
{
	return p->sync.set[p->sync.set[listener].like].n;
}

void publish_print(const struct publish *p)
{
	const size_t *n = p->sync.count;
	char at[URI_ENDPOINT_SIZE];
	size_t i;

	printf("%s: added %zu, removed %zu, changed %zu, kept %zu; draining %zu, freed %zu\n", p->rec.file,
	       n[SYNC_ADDED] + n[SYNC_RESUMED], n[SYNC_REMOVED], n[SYNC_CHANGED], n[SYNC_KEPT], n[SYNC_DRAINING],
	       n[SYNC_FREED]);
	for (i = 0; i < p->sync.n; i++)
		if (publish_is_news(p->sync.item[i].fate))
			printf("  %-8s %016llx set %d %s\n", publish_fate_names[p->sync.item[i].fate],
			       p->sync.item[i].id, p->sync.item[i].set, publish_uri(p, &p->sync.item[i]));
	for (i = 0; i < p->rec.n_listeners; i++)
		printf("listener %s: set %d, %zu active, %.2f %% of all keys moved\n",
		       uri_endpoint_text(&p->rec.listener[i].at, at), p->rec.listener[i].set, publish_active(p, i),
		       p->sync.set[i].moved * 100);
}

static json_t *publish_json_items(const struct publish *p)
{
	json_t *array = json_array();
	char id[17];
	size_t i;

	for (i = 0; i < p->sync.n; i++) {
		if (!publish_is_news(p->sync.item[i].fate))
			continue;
		snprintf(id, sizeof(id), "%016llx", p->sync.item[i].id);
		json_array_append_new(array, json_pack("{s:s, s:s, s:i, s:o}", "change",
						       publish_fate_names[p->sync.item[i].fate], "id", id, "set",
						       p->sync.item[i].set, "uri",
						       output_text(publish_uri(p, &p->sync.item[i]))));
	}
	return array;
}

json_t *publish_json(const struct publish *p)
{
	json_t *listeners = json_array();
	const size_t *n = p->sync.count;
	char at[URI_ENDPOINT_SIZE];
	size_t i;

	for (i = 0; i < p->rec.n_listeners; i++)
		json_array_append_new(listeners,
				      json_pack("{s:s, s:i, s:I, s:f, s:f}", "listen",
						uri_endpoint_text(&p->rec.listener[i].at, at), "set",
						p->rec.listener[i].set, "active", (json_int_t)publish_active(p, i),
						"moved", p->sync.set[i].moved, "imbalance", p->sync.set[i].imbalance));
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "instance", p->inst.name,
			 "file", p->rec.file, "added", (json_int_t)(n[SYNC_ADDED] + n[SYNC_RESUMED]), "removed",
			 (json_int_t)n[SYNC_REMOVED], "changed", (json_int_t)n[SYNC_CHANGED], "kept",
			 (json_int_t)n[SYNC_KEPT], "draining", (json_int_t)n[SYNC_DRAINING], "freed",
			 (json_int_t)n[SYNC_FREED], "warnings", (json_int_t)p->warnings, "unresolved",
			 (json_int_t)p->cold, "changes", publish_json_items(p), "listeners", listeners);
}
