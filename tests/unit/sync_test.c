// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_test.c - what a list becomes in the arrays that packets read, and what a changed list changes there.
 */
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
	f->b.calls = calloc(4, sizeof(*f->b.calls));
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

static void test_first_publication(void **state)
{
	struct fixture *f = *state;
	const struct ds_set_rec *set;
	__u16 port;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	assert_null(sync_current(&f->b, 0));
	assert_int_equal(publish(f, THREE), 0);
	assert_int_equal(f->b.state->generation, 1);
	assert_int_equal(f->b.listeners[0].half[1].mode, DS_MODE_PROXY);
	assert_int_equal(f->b.listeners[0].half[0].mode, 0);
	set = set_of(f, 0);
	assert_int_equal(set->id, 1);
	assert_int_equal(set->table_size, TABLE);
	assert_int_equal(set->active, 3);
	for (port = 1; port <= 3; port++) {
		assert_int_equal(f->b.slots[set->members + port - 1], slot_of(f, port));
		assert_in_range(entries_of(f, 0, slot_of(f, port)), 4, 5);
		assert_int_equal(place_of(port, 0), slot_of(f, port));
		assert_int_equal(place_of(port, DS_PAD_NAT), 0);
	}
	assert_int_equal(f->last.count[SYNC_ADDED], 3);
	assert_string_equal(f->b.info[slot_of(f, 2)].uri, "sip:198.51.100.1:2");
}

static void test_same_list_changes_nothing(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	assert_int_equal(publish(f, "# moved lines\n\n" THREE), 0);
	assert_false(f->last.flip);
	assert_int_equal(f->b.state->generation, 1);
	assert_int_equal(f->last.count[SYNC_KEPT], 3);
	assert_int_equal(f->b.info[slot_of(f, 1)].line, 3);
}

static void test_generation_flips_halves(void **state)
{
	struct fixture *f = *state;
	struct ds_listener_half before;
	const struct ds_set_rec *old;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	before = f->b.listeners[0].half[1];
	old = set_of(f, 0);
	publish(f, DEST(1) "\n" DEST(2) "\n");
	assert_int_equal(f->b.state->generation, 2);
	/* a packet that read the generation before goes on undisturbed */
	assert_memory_equal(&before, &f->b.listeners[0].half[1], sizeof(before));
	assert_int_equal(old->active, 3);
	assert_ptr_not_equal(old, set_of(f, 0));
	assert_int_equal(set_of(f, 0)->active, 2);
	f->b.state->generation = 0xffffffff;
	f->b.listeners[0].half[1] = f->b.listeners[0].half[0];
	publish(f, THREE);
	assert_int_equal(f->b.state->generation, 2);
}

static void test_members_stay(void **state)
{
	struct fixture *f = *state;
	__u32 slot, serial;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	slot = slot_of(f, 2);
	serial = f->b.dests[slot].serial;
	publish(f, DEST(4) "\n" DEST(2) "\n");
	assert_int_equal(slot_of(f, 2), slot);
	assert_int_equal(f->b.dests[slot].serial, serial);
	assert_int_equal(f->last.count[SYNC_KEPT], 1);
	assert_int_equal(f->last.count[SYNC_ADDED], 1);
	assert_int_equal(f->last.count[SYNC_REMOVED], 2);
}

static void test_removed_drains_then_goes(void **state)
{
	struct fixture *f = *state;
	__u32 slot, serial;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	slot = slot_of(f, 3);
	serial = f->b.dests[slot].serial;
	publish(f, DEST(1) "\n" DEST(2) "\n");
	assert_int_equal(f->b.dests[slot].flags, DS_DEST_USED | DS_DEST_DRAINING);
	assert_int_equal(entries_of(f, 0, slot), 0);
	assert_int_equal(place_of(3, 0), slot);
	/* transactions may be under way, then calls */
	f->now_ns += 31 * SECOND;
	publish(f, DEST(1) "\n" DEST(2) "\n");
	assert_int_equal(f->last.count[SYNC_DRAINING], 1);
	f->now_ns += 2 * SECOND;
	f->calls[slot] = 1;
	publish(f, DEST(1) "\n" DEST(2) "\n");
	assert_int_equal(f->last.count[SYNC_DRAINING], 1);
	f->calls[slot] = 0;
	/* not into the slot that is freed by the same change */
	publish(f, DEST(1) "\n" DEST(2) "\n" DEST(4) "\n");
	assert_int_equal(f->last.count[SYNC_FREED], 1);
	assert_int_equal(f->b.dests[slot].flags, 0);
	assert_int_not_equal(slot_of(f, 4), slot);
	assert_int_equal(place_of(3, 0), 0);
	publish(f, DEST(1) "\n" DEST(2) "\n" DEST(4) "\n" DEST(5) "\n");
	assert_int_equal(slot_of(f, 5), slot);
	assert_int_equal(f->b.dests[slot].serial, serial + 1);
}

static void test_drain_timeout(void **state)
{
	struct fixture *f = *state;
	__u32 slot;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	slot = slot_of(f, 3);
	f->calls[slot] = 7;
	publish(f, DEST(1) "\n" DEST(2) "\n");
	f->now_ns += 3600 * SECOND;
	publish(f, DEST(1) "\n" DEST(2) "\n");
	assert_int_equal(f->last.count[SYNC_FREED], 1);
}

static void test_comes_back(void **state)
{
	struct fixture *f = *state;
	__u32 slot, serial;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	slot = slot_of(f, 3);
	serial = f->b.dests[slot].serial;
	publish(f, DEST(1) "\n" DEST(2) "\n");
	publish(f, THREE);
	assert_int_equal(f->last.count[SYNC_RESUMED], 1);
	assert_int_equal(slot_of(f, 3), slot);
	assert_int_equal(f->b.dests[slot].serial, serial);
	assert_int_equal(f->b.dests[slot].flags, DS_DEST_USED);
	assert_int_equal(f->b.info[slot].drain_ns, 0);
	assert_int_not_equal(entries_of(f, 0, slot), 0);
}

static void test_flags(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	assert_int_equal(publish(f, DEST(1) " 4\n" DEST(2) " 1\n" DEST(3) " 2\n"), 0);
	assert_int_equal(f->last.count[SYNC_CHANGED], 3);
	assert_int_equal(f->b.dests[slot_of(f, 1)].flags, DS_DEST_USED | DS_DEST_DISABLED);
	assert_int_equal(f->b.dests[slot_of(f, 2)].flags, DS_DEST_USED);
	assert_int_equal(entries_of(f, 0, slot_of(f, 3)), TABLE);
	assert_int_equal(set_of(f, 0)->active, 1);
	publish(f, DEST(1) " 4\n" DEST(2) " 1\n" DEST(3) " 1\n");
	assert_int_equal(set_of(f, 0)->table_size, 0);
	assert_int_equal(set_of(f, 0)->active, 0);
}

static void test_slow_path(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, DEST(1) "\n" DEST(2) ";transport=tcp\n");
	assert_int_equal(f->b.dests[slot_of(f, 2)].flags, DS_DEST_USED | DS_DEST_SLOW);
	assert_int_not_equal(entries_of(f, 0, slot_of(f, 2)), 0);
}

static void test_weights(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, DEST(1) " 0 0 weight=10\n" DEST(2) " 0 0 weight=3\n");
	assert_int_equal(entries_of(f, 0, slot_of(f, 1)), 10);
	assert_int_equal(entries_of(f, 0, slot_of(f, 2)), 3);
}

static void test_only_used_sets(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, DEST(1) "\n2 sip:198.51.100.1:9\n");
	assert_int_equal(slot_of(f, 9), 0);
	assert_int_equal(f->last.n, 1);
}

/* One list for both address families: each listener picks from what it can send to. */
static void test_families(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	assert_int_equal(publish(f, DEST(1) "\n1 sip:[2001:db8::1]:6\n"), 0);
	assert_int_equal(f->last.skipped, 1);
	assert_int_equal(entries_of(f, 0, slot_of(f, 1)), TABLE);
	add_listener(f, "2001:db8::100", 1, DS_MODE_PROXY);
	assert_int_equal(publish(f, DEST(1) "\n1 sip:[2001:db8::1]:6\n"), 0);
	assert_int_equal(f->last.skipped, 0);
	assert_int_equal(entries_of(f, 0, slot_of(f, 1)), TABLE);
	assert_int_equal(entries_of(f, 1, slot_of(f, 6)), TABLE);
}

static void test_listeners_share(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	add_listener(f, "192.0.2.2", 1, DS_MODE_NAT);
	f->rec.listener[0].algorithm = DS_ALGORITHM_ROUND_ROBIN;
	add_listener(f, "192.0.2.3", 1, DS_MODE_PROXY);
	assert_int_equal(publish(f, THREE), 0);
	assert_ptr_equal(set_of(f, 1), set_of(f, 2));
	assert_ptr_not_equal(set_of(f, 0), set_of(f, 1));
	assert_int_equal(set_of(f, 0)->algorithm, DS_ALGORITHM_ROUND_ROBIN);
	/* the nat listener's packets are known by the destination, so it belongs to it */
	assert_int_equal(f->b.dests[slot_of(f, 1)].listener, 1);
	assert_int_equal(place_of(1, 0), slot_of(f, 1));
	assert_int_equal(place_of(1, 1), slot_of(f, 1));
	assert_int_equal(place_of(1, 2), slot_of(f, 1));
	assert_int_equal(place_of(1, DS_PAD_NAT), slot_of(f, 1));
}

static void test_two_nat_listeners(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_NAT);
	add_listener(f, "192.0.2.2", 2, DS_MODE_NAT);
	assert_int_equal(publish(f, DEST(1) "\n2 sip:198.51.100.1:2\n"), 0);
	assert_int_equal(publish(f, DEST(1) "\n2 sip:198.51.100.1:1\n"), -EINVAL);
	assert_int_equal(f->b.state->generation, 1);
	f->rec.listener[1].set = 1;
	assert_int_equal(publish(f, THREE), -EINVAL);
	f->rec.listener[1].mode = DS_MODE_PROXY;
	assert_int_equal(publish(f, THREE), 0);
}

static void test_listener_as_destination(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	assert_int_equal(publish(f, "1 sip:192.0.2.1:5060\n"), -EINVAL);
	assert_int_equal(publish(f, "1 sip:192.0.2.1:5070\n"), 0);
}

static void test_no_room(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	assert_int_equal(publish(f, THREE DEST(4) "\n" DEST(5) "\n" DEST(6) "\n" DEST(7) "\n"), 0);
	assert_int_equal(publish(f, THREE DEST(4) "\n" DEST(5) "\n" DEST(6) "\n" DEST(8) "\n"), -ENOSPC);
	assert_int_equal(f->b.state->generation, 1);
	f->rec.table_size = 127;
	assert_int_equal(publish(f, THREE DEST(4) "\n" DEST(5) "\n" DEST(6) "\n"), -ENOSPC);
}

/* Tables of lists before are overwritten only when no listener has them any more. */
static void test_many_changes(void **state)
{
	static const char *const lists[] = { THREE, DEST(1) "\n" DEST(2) "\n", DEST(1) "\n" DEST(3) "\n",
					     DEST(2) "\n" };
	struct fixture *f = *state;
	__u16 port;
	int i;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	add_listener(f, "192.0.2.2", 1, DS_MODE_PROXY);
	f->rec.listener[1].algorithm = DS_ALGORITHM_ROUND_ROBIN;
	for (i = 0; i < 40; i++) {
		__u32 total[2] = { 0, 0 };

		assert_int_equal(publish(f, lists[i % 4]), 0);
		assert_int_equal(f->b.state->generation, i + 1);
		for (port = 1; port <= 3; port++) {
			total[0] += entries_of(f, 0, slot_of(f, port));
			total[1] += entries_of(f, 1, slot_of(f, port));
		}
		assert_int_equal(total[0], TABLE);
		assert_int_equal(total[1], TABLE);
		f->now_ns += 10 * SECOND;
	}
}

static void test_counts_calls(void **state)
{
	struct fixture *f = *state;
	__u32 *count, slot, now = 1000;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	slot = slot_of(f, 2);
	f->b.calls[0].way[0].val = DS_CALL_VAL(slot, f->b.dests[slot].serial, DS_CALL_CONFIRMED, now - 500);
	f->b.calls[3].way[6].val = DS_CALL_VAL(slot, f->b.dests[slot].serial, DS_CALL_NEW, now - 5);
	/* over, of the slot's holder before, of no slot */
	f->b.calls[1].way[0].val = DS_CALL_VAL(slot, f->b.dests[slot].serial, DS_CALL_NEW, now - 50);
	f->b.calls[1].way[1].val = DS_CALL_VAL(slot, f->b.dests[slot].serial + 1, DS_CALL_CONFIRMED, now);
	f->b.calls[1].way[2].val = DS_CALL_VAL(DESTS + 5, 0, DS_CALL_CONFIRMED, now);
	count = sync_count_calls(&f->b, now);
	assert_non_null(count);
	assert_int_equal(count[slot], 2);
	assert_int_equal(count[slot_of(f, 1)], 0);
	free(count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_publication),
		TEST(test_same_list_changes_nothing),
		TEST(test_generation_flips_halves),
		TEST(test_members_stay),
		TEST(test_removed_drains_then_goes),
		TEST(test_drain_timeout),
		TEST(test_comes_back),
		TEST(test_flags),
		TEST(test_slow_path),
		TEST(test_weights),
		TEST(test_only_used_sets),
		TEST(test_families),
		TEST(test_listeners_share),
		TEST(test_two_nat_listeners),
		TEST(test_listener_as_destination),
		TEST(test_no_room),
		TEST(test_many_changes),
		TEST(test_counts_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
