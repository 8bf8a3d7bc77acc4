// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_show.c - what the running dispatcher tells of itself.
 */
#include "live_inner.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"
#include "show.h"

static struct show_input live_input(struct live *l, const struct selection *s)
{
	return (struct show_input){
		.instance = l->p.inst.name,
		.bpf = &l->p.bpf,
		.rec = &l->p.rec,
		.runtime = l->runtime,
		.slow = &l->slow_stats,
		.select = s,
	};
}

json_t *live_list(struct live *l, const char *text)
{
	struct selection s;
	struct show_input in;
	const char *why;
	json_t *list;

	if (text && select_parse(text, &s, &why))
		return NULL;
	in = live_input(l, text ? &s : NULL);
	list = show_list(&in);
	if (text)
		select_free(&s);
	return list;
}

json_t *live_stats(struct live *l, bool all)
{
	struct show_input in = live_input(l, NULL);
	struct show_stats k;

	return show_stats_read(&in, &k) ? NULL : show_stats_json(&in, &k, all);
}

json_t *live_config(struct live *l)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	json_t *json;

	if (!f)
		return NULL;
	conf_print(l->conf, f);
	if (fclose(f))
		return NULL;
	json = json_pack("{s:s, s:o}", "path", l->conf->path, "text", json_string(text));
	free(text);
	return json;
}

json_t *live_version(struct live *l)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:b, s:b}", "version", SIPXDP_VERSION, "instance", l->p.inst.name,
			 "layout", DS_LAYOUT_VERSION, "pid", (int)getpid(), "standby", l->standby, "pinging",
			 !l->standby && !l->pings_off);
}

static void live_history_one(void *ctx, const struct history_event *e)
{
	json_array_append_new(ctx, history_json(e));
}

json_t *live_history(struct live *l, __u64 since)
{
	json_t *events = json_array();

	if (events)
		history_each(l->ring, since, live_history_one, events);
	return events;
}

__u64 live_newest(const struct live *l)
{
	return history_newest(l->ring);
}

const struct model *live_model(const struct live *l)
{
	return l->model;
}

/* Calls fn for every slot that holds what text means. Returns how many, or minus an exit code with *why. */
static int live_each_slot(struct live *l, const char *text, int (*fn)(struct live *l, __u32 slot), const char **why)
{
	struct selection s;
	__u32 slot;
	int n = 0;

	if (select_parse(text, &s, why))
		return -EXIT_INPUT;
	for (slot = 1; slot < l->p.bpf.entries[BPF_MAP_dests]; slot++)
		if (l->place[slot].dest && select_is(&s, l->place[slot].dest, l->place[slot].member))
			n += fn(l, slot);
	select_free(&s);
	if (n)
		return n;
	*why = "nothing matches that is pinged";
	return -EXIT_NOTHING;
}

static int live_ping_slot(struct live *l, __u32 slot)
{
	return !ping_now(l->ping, slot);
}

int live_ping_now(struct live *l, const char *text, const char **why)
{
	return live_each_slot(l, text, live_ping_slot, why);
}
