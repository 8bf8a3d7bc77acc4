// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * publish.c - reads, plans and publishes a list.
 */
#include "publish.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admit.h"
#include "exit.h"
#include "gateways.h"
#include "grace.h"
#include "links.h"
#include "neigh.h"
#include "output.h"
#include "preflight.h"
#include "source.h"

/* A set whose table gives somebody this much more than its share deserves a word. */
#define PUBLISH_IMBALANCE_WARN 1.10

void publish_init(struct publish *p)
{
	memset(p, 0, sizeof(*p));
	p->inst.lock = -1;
	p->keys = -1;
	p->wait_ms = NEIGH_WAIT_MS;
	bpf_inst_init(&p->bpf);
}

void publish_forget(struct publish *p)
{
	sync_free(&p->sync);
	free(p->calls);
	p->calls = NULL;
	model_free(p->model);
	p->model = NULL;
	p->cold = 0;
}

void publish_end(struct publish *p)
{
	publish_forget(p);
	if (p->keys >= 0)
		close(p->keys);
	bpf_inst_close(&p->bpf);
	instance_unlock(&p->inst);
	publish_init(p);
}

static const int publish_signals[] = { SIGINT, SIGTERM, SIGHUP };

void publish_hold_signals(bool hold)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(publish_signals) / sizeof(*publish_signals); i++)
		sigaddset(&set, publish_signals[i]);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

bool publish_is_signalled(void)
{
	sigset_t set;
	size_t i;

	sigpending(&set);
	for (i = 0; i < sizeof(publish_signals) / sizeof(*publish_signals); i++)
		if (sigismember(&set, publish_signals[i]))
			return true;
	return false;
}

static void publish_say_absent(const struct publish *p)
{
	char names[512];

	instance_names(&p->inst, names, sizeof(names));
	output_error("instance %s is not attached%s%s; `dispatchctl help attach` says how", p->inst.name,
		     *names ? "; attached: " : "", names);
}

/* An instance belongs to the network namespace of its interfaces. */
static int publish_check_netns(const struct publish *p)
{
	if (p->rec.netns == record_netns())
		return EXIT_OK;
	output_error(
		"instance %s was attached in another network namespace; remedy: run this there (nsenter --net, ip netns "
		"exec)",
		p->inst.name);
	return EXIT_FAILED;
}

int publish_open(struct publish *p, const struct options *o, bool change)
{
	char pin[PATH_MAX];
	int err;

	if (instance_init(&p->inst, o->bpffs, o->instance))
		return output_usage("instance '%s' is no name: letters, digits, '-' and '_', %d at most", o->instance,
				    INSTANCE_NAME_MAX);
	if (preflight_host(o->bpffs))
		return EXIT_FAILED;
	err = change ? instance_lock(&p->inst) : 0;
	if (!err)
		err = record_load(&p->rec, &p->inst);
	if (!err)
		err = bpf_inst_open(&p->bpf, p->inst.dir);
	if (!err && change) {
		p->keys = bpf_keys_open(instance_pin(&p->inst, "maps", "neighbours", pin), sizeof(struct neigh));
		err = p->keys < 0 ? p->keys : 0;
	}
	if (!err)
		return change ? publish_check_netns(p) : EXIT_OK;
	if (err == -ENOENT) {
		publish_say_absent(p);
		return EXIT_NOTHING;
	}
	if (err == -EPROTO)
		output_error("instance %s is of another version; remedy: dispatchctl detach, then attach",
			     p->inst.name);
	else
		output_error("cannot open %s: %s", p->inst.dir, strerror(-err));
	return EXIT_FAILED;
}

int publish_remove(struct publish *p, bool here)
{
	char pin[PATH_MAX];
	int err;

	if (p->keys < 0)
		p->keys = bpf_keys_open(instance_pin(&p->inst, "maps", "neighbours", pin), sizeof(struct neigh));
	if (p->keys >= 0 && here) {
		err = neigh_release(p->keys);
		if (err)
			output_warn("not all neighbours could be released: %s", strerror(-err));
	}
	if (p->keys >= 0)
		close(p->keys);
	p->keys = -1;
	err = instance_remove(&p->inst);
	if (err)
		output_error("cannot remove %s: %s", p->inst.dir, strerror(-err));
	return err ? EXIT_FAILED : EXIT_OK;
}

int publish_store(struct publish *p)
{
	int err = record_store(&p->rec, &p->inst);

	if (!err && p->conf)
		err = record_store_conf(&p->inst, p->conf);
	p->conf = err ? p->conf : NULL;
	if (err)
		output_error("cannot store the record: %s", strerror(-err));
	return err ? EXIT_FAILED : EXIT_OK;
}

int publish_read(struct publish *p, bool allow_empty)
{
	struct resolver host;
	struct diag_list d;
	int err, code = EXIT_OK;

	err = resolve_host(&host, true);
	if (err) {
		output_error("cannot read the addresses of this host: %s", strerror(-err));
		return EXIT_FAILED;
	}
	diag_init(&d, p->rec.file);
	err = source_file_load(p->rec.file, &host, &p->model, &d);
	p->empty = err == -ENODATA;
	allow_empty |= !record_dispatches(&p->rec);
	if (p->empty && !allow_empty)
		diag_add(&d, DIAG_ERROR, 0, 0, "no destination, expected at least one");
	if ((p->empty && !allow_empty) || err == -EINVAL)
		code = EXIT_INPUT;
	else if (err && !p->empty)
		code = err == -ENOMEM ? EXIT_FAILED : EXIT_INPUT;
	diag_print(&d, stderr, 1);
	p->errors = d.count[DIAG_ERROR];
	p->warnings = d.count[DIAG_WARNING];
	diag_free(&d);
	resolve_host_free(&host);
	return code;
}

/* Sets that the list has, for those who named another; as many as there is room for. */
static void publish_say_sets(const struct publish *p, const char *what)
{
	char sets[512] = "";
	size_t i, len = 0;

	for (i = 0; i < p->model->n_sets && len < sizeof(sets) - 16; i++)
		len += snprintf(sets + len, sizeof(sets) - len, " %d", p->model->set[i].id);
	output_error("%s; sets in %s:%s%s", what, p->rec.file, sets, i < p->model->n_sets ? " ..." : "");
}

static int publish_check_sets(struct publish *p, bool allow_missing)
{
	char text[128], at[URI_ENDPOINT_SIZE];
	struct record_listener *l;
	size_t i;

	for (i = 0; i < p->rec.n_listeners; i++) {
		l = &p->rec.listener[i];
		/* of one with routes, the configuration was checked with the list */
		if (l->mode == DS_MODE_SHIELD || l->routes)
			continue;
		uri_endpoint_text(&l->at, at);
		if (l->set < 0 && p->model->n_sets == 1)
			l->set = p->model->set[0].id;
		if (l->set < 0) {
			snprintf(text, sizeof(text), "listener %s: which set? expected --set N", at);
			publish_say_sets(p, text);
			return EXIT_USAGE;
		}
		if (model_find_set(p->model, l->set) || allow_missing)
			continue;
		snprintf(text, sizeof(text), "listener %s: there is no set %d", at, l->set);
		publish_say_sets(p, text);
		return EXIT_INPUT;
	}
	return EXIT_OK;
}

static void publish_warn_sets(const struct publish *p)
{
	const struct sync_set *set;
	char at[URI_ENDPOINT_SIZE];
	size_t i;

	if (p->sync.skipped)
		output_warn("%zu addresses are left out: no listener of their set is of their address family",
			    p->sync.skipped);
	for (i = 0; i < p->sync.n_sets; i++) {
		set = &p->sync.set[p->sync.set[i].like];
		if (record_target(&p->rec, i)->mode == DS_MODE_SHIELD || record_target(&p->rec, i)->set < 0)
			continue;
		uri_endpoint_text(&record_target(&p->rec, i)->at, at);
		if (!set->n)
			output_warn("listener %s: nothing in set %d is active; requests get 503", at,
				    record_target(&p->rec, i)->set);
		else if (set->n > set->size)
			output_warn(
				"listener %s: set %d has %u active destinations for %u entries, %u or more get nothing; "
				"remedy: a larger --table-size",
				at, record_target(&p->rec, i)->set, set->n, set->size, set->n - set->size);
		else if (set->imbalance > PUBLISH_IMBALANCE_WARN)
			output_warn(
				"listener %s: one destination of set %d gets %.0f %% more than its share; remedy: a larger "
				"--table-size",
				at, record_target(&p->rec, i)->set, (set->imbalance - 1) * 100);
	}
}

/* Routes come from a configuration, which the daemon alone has. */
static int publish_check_routes(const struct publish *p)
{
	char at[URI_ENDPOINT_SIZE];
	size_t i;

	for (i = 0; i < p->rec.n_listeners; i++) {
		if (p->rec.listener[i].routes == p->routes.of[i].n)
			continue;
		output_error("listener %s has routes, which only its daemon knows; remedy: dispatchctl run -c FILE",
			     uri_endpoint_text(&p->rec.listener[i].at, at));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

int publish_plan(struct publish *p, bool allow_missing)
{
	char why[256] = "";
	int err, code = publish_check_sets(p, allow_missing);

	if (!code)
		code = publish_check_routes(p);
	if (code)
		return code;
	err = sync_ids(p->model, p->bpf.state->key, why, sizeof(why));
	if (err == -EEXIST) {
		output_error("%s: %s", p->rec.file, why);
		return EXIT_INPUT;
	}
	if (!err && p->rules)
		err = p->rules->begin(p->rules->ctx, p->model);
	p->calls = sync_count_calls(&p->bpf, output_clock(CLOCK_MONOTONIC) >> DS_TICK_SHIFT, true);
	if (err || !p->calls) {
		output_error("out of memory");
		return EXIT_FAILED;
	}
	p->in = (struct sync_input){
		.model = p->model,
		.record = &p->rec,
		.calls = p->calls,
		.now_ns = output_clock(CLOCK_BOOTTIME),
		.routes = &p->routes,
		.rules = p->rules,
	};
	err = sync_plan(&p->sync, &p->bpf, &p->in);
	if (err) {
		output_error("%s: %s", p->rec.file, *p->sync.error ? p->sync.error : strerror(-err));
		return *p->sync.error ? EXIT_INPUT : EXIT_FAILED;
	}
	publish_warn_sets(p);
	return EXIT_OK;
}

static void publish_warn_neigh(void *ctx, const struct neigh *place, const char *why)
{
	struct ds_endpoint at = { .ip = place->ip };
	struct publish *p = ctx;
	char text[URI_ENDPOINT_SIZE];

	p->cold++;
	uri_endpoint_text(&at, text);
	*strrchr(text, ':') = 0;
	output_warn("%s %s: %s", place->ifindex ? "gateway" : "destination", text, why);
}

static int publish_compare_places(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct neigh));
}

/* Enters every destination that packets are sent to, draining ones included, once. Returns how many. */
static size_t publish_list_places(const struct publish *p, struct neigh *place)
{
	const struct sync_item *i;
	size_t n = 0, k, unique = 0;

	for (i = p->sync.item; i < p->sync.item + p->sync.n; i++) {
		if (i->fate == SYNC_FREED || (i->member ? i->member->slow : p->bpf.dests[i->slot].flags & DS_DEST_SLOW))
			continue;
		place[n++] = (struct neigh){ .ip = i->member ? i->member->at.ip : p->bpf.dests[i->slot].at.ip };
	}
	qsort(place, n, sizeof(*place), publish_compare_places);
	for (k = 0; k < n; k++)
		if (!unique || memcmp(&place[unique - 1], &place[k], sizeof(*place)))
			place[unique++] = place[k];
	return unique;
}

/* Has the next hops of all destinations managed, and the gateways that clients may be behind. */
static int publish_neighbours(struct publish *p)
{
	__u32 attached[RECORD_INTERFACES_MAX];
	struct neigh *gateway = NULL, *place;
	size_t i, n, n_gateways = 0;
	int err;

	for (i = 0; i < p->rec.n_interfaces; i++)
		attached[i] = p->rec.interface[i].ifindex;
	err = gateways_list(attached, p->rec.n_interfaces, &gateway, &n_gateways);
	if (err)
		return err;
	place = malloc((p->sync.n + n_gateways + 1) * sizeof(*place));
	if (place) {
		n = publish_list_places(p, place);
		if (n_gateways)
			memcpy(place + n, gateway, n_gateways * sizeof(*place));
		err = neigh_update_within(p->keys, place, n + n_gateways, p->wait_ms, publish_warn_neigh, p);
	}
	free(gateway);
	free(place);
	return place ? err : -ENOMEM;
}

/* Whether packets to a destination leave by its link address, which a router on the way has not. */
static bool publish_is_direct(const struct publish *p, const struct sync_item *item)
{
	const struct record_listener *l;
	size_t i;

	for (i = 0; i < record_targets(&p->rec); i++) {
		l = record_target(&p->rec, i);
		if (l->mode == DS_MODE_DSR && l->set == item->set && sync_reaches(l, &item->member->at.ip))
			return true;
	}
	return false;
}

static void publish_warn_far(void *ctx, const struct neigh *place, const char *why)
{
	struct ds_endpoint at = { .ip = place->ip };
	char text[URI_ENDPOINT_SIZE];

	(void)ctx;
	uri_endpoint_text(&at, text);
	*strrchr(text, ':') = 0;
	output_warn("destination %s: %s; requests that a dsr listener has for it get 503", text, why);
}

/* dsr needs destinations on a link of this host. */
static int publish_check_far(const struct publish *p)
{
	struct neigh *place = malloc((p->sync.n + 1) * sizeof(*place));
	const struct sync_item *i;
	size_t n = 0;
	int err;

	if (!place)
		return -ENOMEM;
	for (i = p->sync.item; i < p->sync.item + p->sync.n; i++)
		if (i->member && !i->member->slow && publish_is_direct(p, i))
			place[n++] = (struct neigh){ .ip = i->member->at.ip };
	err = n ? neigh_check_links(place, n, publish_warn_far, NULL) : 0;
	free(place);
	return err;
}

/* A packet may still be reading the half that is written next. */
static void publish_wait_grace(const struct publish *p)
{
	if (p->sync.flip && p->rec.published_ns)
		grace_wait(p->rec.published_ns);
}

static int publish_links(struct publish *p)
{
	__u32 attached[RECORD_INTERFACES_MAX];
	size_t i;

	for (i = 0; i < p->rec.n_interfaces; i++)
		attached[i] = p->rec.interface[i].ifindex;
	return links_update(&p->bpf, attached, p->rec.n_interfaces);
}

static int publish_end_of_step(const char *step, int err)
{
	if (err)
		output_error("cannot %s: %s", step, strerror(-err));
	return err ? EXIT_FAILED : EXIT_OK;
}

int publish_tables(struct publish *p)
{
	int err;

	publish_wait_grace(p);
	p->in.now_ns = output_clock(CLOCK_BOOTTIME);
	err = p->sync.flip ? admit_publish(&p->bpf, &p->rec, p->admit) : 0;
	if (!err)
		err = sync_apply(&p->sync, &p->bpf, &p->in);
	if (!err) {
		if (p->sync.flip)
			p->rec.published_ns = output_clock(CLOCK_BOOTTIME);
		p->rec.loaded_s = output_clock(CLOCK_REALTIME) / 1000000000;
	}
	return publish_end_of_step("publish the list", err);
}

int publish_apply(struct publish *p)
{
	int err = publish_neighbours(p);

	if (!err)
		err = publish_check_far(p);
	if (err)
		return publish_end_of_step("resolve next hops", err);
	err = publish_links(p);
	if (err < 0)
		return publish_end_of_step("publish the interfaces", err);
	return publish_tables(p);
}
