/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync_fixture.h - for tests of publication: the arrays on the heap, dest_ids as a list, destination lists from memory.
 * It defines the map functions of ctl/bpf.h, so that no kernel is asked.
 */
#ifndef SIPXDP_SYNC_FIXTURE_H
#define SIPXDP_SYNC_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source.h"
#include "sync.h"

#define DESTS 8 /* slots in dests[], the first of which is never used */
#define TABLE 13
#define GROUPS 8 /* of slots[] */
#define SECOND 1000000000ull
#define IDS 64

/* The maps that are no arrays. */
static struct {
	struct ds_endpoint at;
	__u32 slot;
} ids[IDS];
static size_t n_ids;

struct fixture {
	struct bpf_inst b;
	struct record rec;
	__u32 calls[DESTS];
	__u64 now_ns;
	struct sync last; /* of the last publish(); holds no memory */
	int err;
};

static size_t find_id(const struct ds_endpoint *at)
{
	size_t i;

	for (i = 0; i < n_ids && memcmp(&ids[i].at, at, sizeof(*at)); i++)
		;
	return i;
}

int bpf_get(const struct bpf_inst *b, enum bpf_map_index map, const void *k, void *value)
{
	size_t i = find_id(k);

	(void)b;
	assert_int_equal(map, BPF_MAP_dest_ids);
	if (i == n_ids)
		return -ENOENT;
	memcpy(value, &ids[i].slot, sizeof(ids[i].slot));
	return 0;
}

int bpf_put(const struct bpf_inst *b, enum bpf_map_index map, const void *k, const void *value)
{
	size_t i;

	(void)b;
	if (map != BPF_MAP_dest_ids)
		return 0;
	i = find_id(k);
	assert_true(i < IDS);
	memcpy(&ids[i].at, k, sizeof(ids[i].at));
	memcpy(&ids[i].slot, value, sizeof(ids[i].slot));
	n_ids += i == n_ids;
	return 0;
}

int bpf_del(const struct bpf_inst *b, enum bpf_map_index map, const void *k)
{
	size_t i = find_id(k);

	(void)b;
	(void)map;
	assert_true(i < n_ids);
	ids[i] = ids[--n_ids];
	return 0;
}

int bpf_next(const struct bpf_inst *b, enum bpf_map_index map, const void *k, void *next)
{
	(void)b;
	(void)map;
	(void)k;
	(void)next;
	return -ENOENT;
}

int bpf_cpus(void)
{
	return 1;
}

static void add_listener(struct fixture *f, const char *ip, int set, enum ds_mode mode)
{
	struct record_listener *l = &f->rec.listener[f->rec.n_listeners++];

	*l = (struct record_listener){ .at = { .port_be = htons(5060) }, .set = set, .mode = mode };
	assert_int_equal(uri_address(ip, &l->at.ip), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	n_ids = 0;
	f->b.state = calloc(1, sizeof(*f->b.state));
	f->b.listeners = calloc(DS_LISTENERS_MAX, sizeof(*f->b.listeners));
	f->b.sets = calloc(8, sizeof(*f->b.sets));
	f->b.slots = calloc(GROUPS, sizeof(struct ds_slots));
	f->b.dests = calloc(DESTS, sizeof(*f->b.dests));
	f->b.info = calloc(DESTS, sizeof(*f->b.info));
	f->b.loads = calloc(DESTS, sizeof(*f->b.loads));
	f->b.uris = calloc(2 * DS_DESTS_MAX, sizeof(*f->b.uris));
	f->b.calls = calloc(4, sizeof(*f->b.calls));
	f->b.entries[BPF_MAP_listeners] = DS_LISTENERS_MAX;
	f->b.entries[BPF_MAP_sets] = 8;
	f->b.entries[BPF_MAP_slots] = GROUPS;
	f->b.entries[BPF_MAP_dests] = DESTS;
	f->b.entries[BPF_MAP_calls] = 4;
	f->b.state->call_idle_s = DS_CALL_IDLE_S;
	f->rec.table_size = TABLE;
	f->rec.drain_timeout_s = 3600;
	f->now_ns = 100 * SECOND;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->b.state);
	free(f->b.listeners);
	free(f->b.sets);
	free(f->b.slots);
	free(f->b.dests);
	free(f->b.info);
	free(f->b.loads);
	free(f->b.uris);
	free(f->b.calls);
	free(f);
	return 0;
}

/* Reads the list, plans, and publishes where that can be done; the plan's numbers stay in f->last. */
static int publish(struct fixture *f, const char *list)
{
	struct sync_input in = { .record = &f->rec, .calls = f->calls, .now_ns = f->now_ns };
	struct resolver none = { 0 };
	struct model *m = NULL;
	struct diag_list d;
	struct sync s;
	char why[256];
	int ret;

	diag_init(&d, "list");
	ret = source_file_parse(list, strlen(list), &none, &m, &d);
	assert_true(ret == 0 || ret == -ENODATA);
	diag_free(&d);
	assert_int_equal(sync_ids(m, f->b.state->key, why, sizeof(why)), 0);
	in.model = m;
	f->err = sync_plan(&s, &f->b, &in);
	if (!f->err)
		f->err = sync_apply(&s, &f->b, &in);
	f->last = s;
	sync_free(&s);
	model_free(m);
	return f->err;
}

static const struct ds_set_rec *set_of(const struct fixture *f, size_t listener)
{
	const struct ds_set_rec *set = sync_current(&f->b, listener);

	assert_non_null(set);
	return set;
}

/* The slot of the destination with that port, 0 where there is none. */
static __u32 slot_of(const struct fixture *f, __u16 port)
{
	__u32 slot;

	for (slot = 1; slot < DESTS; slot++)
		if ((f->b.dests[slot].flags & DS_DEST_USED) && f->b.dests[slot].at.port_be == htons(port))
			return slot;
	return 0;
}

/* How many entries of a listener's table lead to a slot. */
static __u32 entries_of(const struct fixture *f, size_t listener, __u32 slot)
{
	const struct ds_set_rec *set = set_of(f, listener);
	__u32 i, n = 0;

	for (i = 0; i < set->table_size; i++)
		n += f->b.slots[set->table + i] == slot;
	return n;
}

/* What dest_ids has for a port of 198.51.100.1. */
static __u32 place_of(__u16 port, __u16 pad)
{
	struct ds_endpoint at = { .port_be = htons(port), .pad = pad };
	size_t i;

	assert_int_equal(uri_address("198.51.100.1", &at.ip), 0);
	i = find_id(&at);
	return i < n_ids ? ids[i].slot : 0;
}

#define DEST(port) "1 sip:198.51.100.1:" #port
#define THREE DEST(1) "\n" DEST(2) "\n" DEST(3) "\n"

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
