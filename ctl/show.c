// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * show.c - destinations as JSON: what is published, what is known of their health, what traffic they had.
 */
#include "show.h"

#include <errno.h>
#include <jansson.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "route_show.h"
#include "sums.h"
#include "sync.h"

/* One destination with all that is shown of it. */
struct show_dest {
	__u32 slot;
	__u64 requests;
	__u64 responses;
	struct ds_dest_stats stats;
};

struct show {
	struct show_input in;
	struct show_dest *dest;
	size_t n;
	double *share; /* by slot of dests[], as calls */
	__u32 *calls;
	__u64 now_ns;  /* CLOCK_MONOTONIC */
	__u64 boot_ns; /* CLOCK_BOOTTIME */
};

/* Whether the shares of a set's destinations are there already: it is one of those before. */
static bool show_has_share(const struct ds_set_rec *const *seen, size_t n, const struct ds_set_rec *set, bool is_ip6,
			   const bool *seen_ip6)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (seen[i]->id == set->id && seen_ip6[i] == is_ip6)
			return true;
	return false;
}

static void show_add_share(struct show *s, const struct ds_set_rec *set)
{
	const struct bpf_inst *b = s->in.bpf;
	__u32 i, at, n;

	at = set->pick == DS_PICK_HASH ? set->table : set->members;
	n = set->pick == DS_PICK_HASH ? set->table_size : set->active;
	for (i = 0; i < n; i++)
		if (b->slots[at + i] < b->entries[BPF_MAP_dests])
			s->share[b->slots[at + i]] += 1.0 / n;
}

/*
 * Shares of what algorithms pick from, for the sets of all listeners and of their routes; a destination that several pick
 * from shows that of the first.
 */
static void show_read_share(struct show *s)
{
	const struct bpf_inst *b = s->in.bpf;
	const struct ds_set_rec *seen[RECORD_TARGETS_MAX], *set;
	__u32 half = b->state->generation & 1, routes, l, r;
	bool seen_ip6[RECORD_TARGETS_MAX];
	size_t n = 0;

	for (l = 0; l < s->in.rec->n_listeners; l++) {
		routes = b->state->generation ? b->listeners[l].half[half].routes : 0;
		for (r = 0; r <= routes && n < RECORD_TARGETS_MAX; r++) {
			set = sync_current(b, l);
			if (r)
				set = b->routes[ds_route_at(half, l, r - 1)].set
					      ? &b->sets[b->routes[ds_route_at(half, l, r - 1)].set]
					      : NULL;
			if (!set || show_has_share(seen, n, set, b->listeners[l].is_ip6, seen_ip6))
				continue;
			seen_ip6[n] = b->listeners[l].is_ip6;
			seen[n++] = set;
			show_add_share(s, set);
		}
	}
}

static int show_compare(const void *a, const void *b, void *ctx)
{
	__u32 x = ((const struct show_dest *)a)->slot, y = ((const struct show_dest *)b)->slot;
	const struct show *s = ctx;
	const struct bpf_inst *inst = s->in.bpf;

	if (inst->dests[x].set != inst->dests[y].set)
		return inst->dests[x].set < inst->dests[y].set ? -1 : 1;
	if (inst->info[x].line != inst->info[y].line)
		return inst->info[x].line < inst->info[y].line ? -1 : 1;
	return x < y ? -1 : 1;
}

/* One that drains is in no list any more. */
bool show_is_selected(const struct show_input *in, __u32 slot)
{
	const struct ds_dest_info *info = &in->bpf->info[slot];
	struct ds_dest dest = { .conf.set = in->bpf->dests[slot].set };
	struct ds_member member = { .at = in->bpf->dests[slot].at, .id = in->bpf->dests[slot].id };
	struct uri_error why;
	struct diag_list d;
	bool is = false;

	if (!in->select)
		return true;
	diag_init(&d, "");
	dest.member = &member;
	dest.n_members = 1;
	if (!uri_parse(info->uri, strlen(info->uri), &dest.conf.uri, &why)) {
		/* what is wrong with the attributes was said when the list was read */
		attrs_parse(info->attrs, strlen(info->attrs), &dest.conf.attrs, &d, 0, 0);
		is = select_is(in->select, &dest, &member);
		attrs_free(&dest.conf.attrs);
		uri_free(&dest.conf.uri);
	}
	diag_free(&d);
	return is;
}

/* The label of the list, NULL where a destination has none. */
static json_t *show_label(const struct ds_dest_info *info)
{
	struct diag_list d;
	struct ds_attrs attrs;
	json_t *label;

	memset(&attrs, 0, sizeof(attrs));
	diag_init(&d, "");
	attrs_parse(info->attrs, strlen(info->attrs), &attrs, &d, 0, 0);
	label = attrs.duid ? output_text(attrs.duid) : json_null();
	attrs_free(&attrs);
	diag_free(&d);
	return label;
}

static int show_read_dest(struct show *s, __u32 slot)
{
	struct show_dest *d = &s->dest[s->n];
	size_t i;
	int err;

	d->slot = slot;
	err = sums_dest(s->in.bpf, slot, &d->stats);
	if (err)
		return err;
	slow_stats_add_dest(s->in.slow, slot, &d->stats);
	for (i = 0; i < sizeof(d->stats.requests) / sizeof(*d->stats.requests); i++) {
		d->requests += d->stats.requests[i];
		d->responses += d->stats.responses[i];
	}
	s->n++;
	return 0;
}

static int show_read(struct show *s)
{
	const struct bpf_inst *b = s->in.bpf;
	__u32 slot, entries = b->entries[BPF_MAP_dests];
	int err;

	s->now_ns = output_clock(CLOCK_MONOTONIC);
	s->boot_ns = output_clock(CLOCK_BOOTTIME);
	s->dest = calloc(entries, sizeof(*s->dest));
	s->share = calloc(entries, sizeof(*s->share));
	s->calls = sync_count_calls(b, s->now_ns >> DS_TICK_SHIFT, false);
	if (!s->dest || !s->share || !s->calls)
		return -ENOMEM;
	for (slot = 1; slot < entries; slot++) {
		if (!(b->dests[slot].flags & DS_DEST_USED) || !show_is_selected(&s->in, slot))
			continue;
		err = show_read_dest(s, slot);
		if (err)
			return err;
	}
	qsort_r(s->dest, s->n, sizeof(*s->dest), show_compare, s);
	show_read_share(s);
	return 0;
}

int show_open(const struct show_input *in, struct show **show)
{
	struct show *s = calloc(1, sizeof(*s));
	int err;

	*show = NULL;
	if (!s)
		return -ENOMEM;
	s->in = *in;
	err = show_read(s);
	if (err)
		show_free(s);
	else
		*show = s;
	return err;
}

void show_free(struct show *s)
{
	if (!s)
		return;
	free(s->dest);
	free(s->share);
	free(s->calls);
	free(s);
}

size_t show_count(const struct show *s)
{
	return s->n;
}

/* An interface that was deleted; its number is never given to another. */
static bool show_is_gone(const struct record *r, size_t i)
{
	char name[IF_NAMESIZE];

	return r->netns == record_netns() && !if_indextoname(r->interface[i].ifindex, name);
}

/* The routes of a listener as they are published. */
static json_t *show_routes(const struct bpf_inst *b, __u32 l)
{
	__u32 half = b->state->generation & 1, i, n = b->state->generation ? b->listeners[l].half[half].routes : 0;
	json_t *routes = json_array();

	for (i = 0; i < n; i++)
		json_array_append_new(routes, route_show_json(&b->route_tables[ds_route_table_at(half, l)],
							      &b->routes[ds_route_at(half, l, i)], b->sets, i));
	return routes;
}

struct json_t *show_head(const struct show *s)
{
	json_t *attached = record_json(s->in.rec), *one;
	size_t i;

	json_array_foreach (json_object_get(attached, "interfaces"), i, one)
		json_object_set_new(one, "gone", json_boolean(show_is_gone(s->in.rec, i)));
	json_array_foreach (json_object_get(attached, "listeners"), i, one)
		json_object_set_new(one, "routes", show_routes(s->in.bpf, (__u32)i));
	return json_pack("{s:s, s:I, s:o}", "instance", s->in.instance, "generation",
			 (json_int_t)s->in.bpf->state->generation, "attached", attached);
}

/* Why the fast path cannot forward to it, as model_slow_name() has it; NULL where it can. Told from what is published. */
static const char *show_slow(const struct bpf_inst *b, __u32 slot)
{
	static const struct ds_addr none;
	struct uri_error why;
	struct ds_uri uri;
	bool udp;

	if (!(b->dests[slot].flags & DS_DEST_SLOW))
		return NULL;
	if (!memcmp(&b->dests[slot].at.ip, &none, sizeof(none)))
		return model_slow_name(DS_SLOW_NAME);
	if (uri_parse(b->info[slot].uri, strlen(b->info[slot].uri), &uri, &why))
		return model_slow_name(DS_SLOW_LOCAL);
	udp = uri.transport == DS_TRANSPORT_UDP;
	uri_free(&uri);
	return model_slow_name(udp ? DS_SLOW_LOCAL : DS_SLOW_TRANSPORT);
}

/* What the daemon knows of a slot; false: nothing, or of another member, or half written by one that was killed. */
static bool show_runtime(const struct show *s, __u32 slot, struct ds_runtime *r)
{
	return s->in.runtime && health_read(&s->in.runtime[slot], r) && r->id == s->in.bpf->dests[slot].id &&
	       r->health < DS_HEALTHS && r->admin < DS_ADMINS && r->cause < HEALTH_CAUSES;
}

/* The state as far as the list tells it. */
static void show_list_letters(__u32 list, char text[3])
{
	text[0] = list & DS_LIST_INACTIVE ? 'I' : list & DS_LIST_DISABLED ? 'D' : list & DS_LIST_TRYING ? 'T' : 'A';
	text[1] = list & DS_LIST_PROBING ? 'P' : list & DS_LIST_NOPING ? 'N' : 'X';
	text[2] = '\0';
}

static json_t *show_ago(__u64 now_ns, __u64 then_ns)
{
	return then_ns ? json_real((now_ns > then_ns ? now_ns - then_ns : 0) / 1e9) : json_null();
}

static json_t *show_latency(const struct latency *l)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:f}", "count", (json_int_t)l->count, "timeouts",
			 (json_int_t)l->timeouts, "last_us", (json_int_t)l->last_us, "min_us", (json_int_t)l->min_us,
			 "avg_us", l->avg_us, "ewma_us", l->ewma_us, "max_us", (json_int_t)l->max_us, "stddev_us",
			 latency_stddev_us(l));
}

static json_t *show_overlay(const struct ds_runtime *r)
{
	static const char *const names[] = { NULL, "added", "modified", "state" };

	return r->overlay && r->overlay < sizeof(names) / sizeof(*names) ? json_string(names[r->overlay]) : json_null();
}

static json_t *show_health(const struct show *s, const struct ds_runtime *r)
{
	char reason[160];

	health_cause_text(r->cause, r->detail, reason, sizeof(reason));
	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:i, s:I, s:I, s:I, s:o, s:o}", "health",
			 health_name(r->health), "admin", health_admin_name(r->admin), "cause",
			 health_cause_name(r->cause), "detail", r->detail, "reason", output_text(reason), "since_s",
			 show_ago(s->boot_ns, r->since_ns), "last_ping_s", show_ago(s->boot_ns, r->sent_ns),
			 "last_answer_s", show_ago(s->boot_ns, r->heard_ns), "last_code", r->last_code, "pings",
			 (json_int_t)r->pings, "ping_packets", (json_int_t)r->packets, "unmatched",
			 (json_int_t)r->unmatched, "latency", show_latency(&r->latency), "overlay", show_overlay(r));
}

static json_t *show_traffic(const struct show *s, const struct show_dest *d)
{
	json_t *requests = json_object(), *responses = json_object();
	char class[4];
	unsigned int i;

	for (i = 1; i < SIP_METHOD_MAX; i++)
		json_object_set_new(requests, sums_method_name(i), json_integer(d->stats.requests[i]));
	for (i = 1; i <= 6; i++) {
		snprintf(class, sizeof(class), "%uxx", i);
		json_object_set_new(responses, class, json_integer(d->stats.responses[i]));
	}
	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:I}", "requests", (json_int_t)d->requests, "responses",
			 (json_int_t)d->responses, "last_sent_s", show_ago(s->now_ns, d->stats.last_to_ns),
			 "last_seen_s", show_ago(s->now_ns, d->stats.last_from_ns), "requests_by_method", requests,
			 "responses_by_class", responses, "octets_to", (json_int_t)d->stats.octets_to, "octets_from",
			 (json_int_t)d->stats.octets_from);
}

/* Calls as the pick has them; a step below 0 lasts as long as a packet's. */
static json_int_t show_load(const struct ds_load *load)
{
	__s64 n = __atomic_load_n(&load->calls, __ATOMIC_RELAXED);

	return n < 0 ? 0 : n;
}

struct json_t *show_row(const struct show *s, size_t i)
{
	__u32 slot = s->dest[i].slot;
	const struct ds_dest_rec *rec = &s->in.bpf->dests[slot];
	const struct ds_dest_info *info = &s->in.bpf->info[slot];
	bool draining = rec->flags & DS_DEST_DRAINING, known;
	char id[17], at[URI_ENDPOINT_SIZE], state[3];
	struct ds_runtime r;
	json_t *json;

	snprintf(id, sizeof(id), "%016llx", rec->id);
	known = show_runtime(s, slot, &r);
	if (known)
		health_letters(r.health, r.admin, r.probing, info->list_flags & DS_LIST_NOPING, state);
	else
		show_list_letters(info->list_flags, state);
	json = json_pack("{s:s, s:i, s:o, s:o, s:s, s:s, s:b, s:s?, s:i, s:i, s:i, s:i, s:f, s:i}", "id", id, "set",
			 rec->set, "uri", output_text(info->uri), "attrs", output_text(info->attrs), "address",
			 uri_endpoint_text(&rec->at, at), "state", state, "draining",
			 draining || (known && r.admin == DS_ADMIN_DRAINING), "slow_path", show_slow(s->in.bpf, slot),
			 "flags", (int)info->list_flags, "priority", info->priority, "weight", (int)info->weight,
			 "line", (int)info->line, "share", s->share[slot], "calls", (int)s->calls[slot]);
	json_object_set_new(json, "label", show_label(info));
	json_object_set_new(json, "load", json_integer(show_load(&s->in.bpf->loads[slot])));
	json_object_set_new(json, "maxload", json_integer(s->in.bpf->loads[slot].max));
	json_object_update_new(json, show_traffic(s, &s->dest[i]));
	if (known)
		json_object_update_new(json, show_health(s, &r));
	return json;
}

struct json_t *show_json(const struct show *s)
{
	json_t *json = show_head(s), *dests = json_array();
	size_t i;

	for (i = 0; i < s->n; i++)
		json_array_append_new(dests, show_row(s, i));
	json_object_set_new(json, "destinations", dests);
	return json;
}

struct json_t *show_list(const struct show_input *in)
{
	struct json_t *json = NULL;
	struct show *s;

	if (!show_open(in, &s))
		json = show_json(s);
	show_free(s);
	return json;
}
