// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_change_test.c - what a changed list changes in the arrays, and when places are free again.
 */
#include "sync_fixture.h"

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

/* Limits, lists and affinity are of the generation, as sets are; what stays as it is makes none. */
static void test_guard_is_of_the_generation(void **state)
{
	struct fixture *f = *state;
	const struct ds_listener_half *half = f->b.listeners[0].half;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, THREE);
	assert_int_equal(half[1].guarded, 0);
	f->rec.listener[0].guard = (struct ds_guard){ .acl = 5, .interval_ns = 1000, .burst_ns = 2000 };
	publish(f, THREE);
	assert_int_equal(f->b.state->generation, 2);
	assert_int_equal(half[0].guarded, 1);
	assert_int_equal(half[0].guard.acl, 5);
	assert_int_equal(half[1].guarded, 0);
	publish(f, THREE);
	assert_int_equal(f->b.state->generation, 2);
	f->rec.listener[0].affinity = DS_AFFINITY_HASH;
	publish(f, THREE);
	assert_int_equal(f->b.state->generation, 3);
	assert_int_equal(half[1].affinity, DS_AFFINITY_HASH);
	assert_int_equal(half[1].guard.burst_ns, 2000);
}

/* What goes into messages is of the generation, too; who drains keeps it. */
static void test_texts_are_of_the_generation(void **state)
{
	struct fixture *f = *state;
	const struct ds_dest_uri *uri;
	__u32 slot;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, "1 sip:192.0.2.9:5070 0 0 strip=2;prefix=+49\n");
	slot = 1;
	uri = &f->b.uris[ds_dest_uri_at(1, slot)];
	assert_int_equal(uri->strip, 2);
	assert_int_equal(uri->prefix_len, 3);
	assert_memory_equal(uri->host, "192.0.2.9:5070", uri->host_len);
	publish(f, "1 sip:192.0.2.9:5070 0 0 strip=2;prefix=+43\n");
	assert_int_equal(f->b.state->generation, 2);
	assert_memory_equal(uri->prefix, "+49", 3);
	assert_memory_equal(f->b.uris[ds_dest_uri_at(2, slot)].prefix, "+43", 3);
	publish(f, DEST(1) "\n");
	assert_int_equal(f->b.state->generation, 3);
	assert_int_equal(f->last.count[SYNC_REMOVED], 1);
	assert_memory_equal(uri->prefix, "+43", 3);
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
	/* ended, and remembered for retransmissions */
	f->b.calls[2].way[0].val = DS_CALL_VAL(slot, f->b.dests[slot].serial, DS_CALL_ENDING, now - 5);
	/* expired, of the slot's holder before, of no slot */
	f->b.calls[1].way[0].val = DS_CALL_VAL(slot, f->b.dests[slot].serial, DS_CALL_NEW, now - 50);
	f->b.calls[1].way[1].val = DS_CALL_VAL(slot, f->b.dests[slot].serial + 1, DS_CALL_CONFIRMED, now);
	f->b.calls[1].way[2].val = DS_CALL_VAL(DESTS + 5, 0, DS_CALL_CONFIRMED, now);
	count = sync_count_calls(&f->b, now, true);
	assert_non_null(count);
	assert_int_equal(count[slot], 3);
	assert_int_equal(count[slot_of(f, 1)], 0);
	free(count);
	count = sync_count_calls(&f->b, now, false);
	assert_non_null(count);
	assert_int_equal(count[slot], 2);
	free(count);
}

/* Another URI at the same place is another destination; the place is that of the one in the list. */
static void test_place_changes_hands(void **state)
{
	struct fixture *f = *state;
	__u32 old;

	add_listener(f, "192.0.2.1", 1, DS_MODE_PROXY);
	publish(f, DEST(1) "\n");
	old = place_of(1, 0);
	publish(f, "1 sip:other@198.51.100.1:1\n");
	assert_int_equal(f->last.count[SYNC_REMOVED], 1);
	assert_int_not_equal(place_of(1, 0), old);
	assert_string_equal(f->b.info[place_of(1, 0)].uri, "sip:other@198.51.100.1:1");
	f->now_ns += 60 * SECOND;
	publish(f, "1 sip:other@198.51.100.1:1\n");
	assert_int_equal(f->last.count[SYNC_FREED], 1);
	assert_int_equal(f->b.dests[old].flags, 0);
	assert_int_not_equal(place_of(1, 0), 0);
	assert_int_not_equal(place_of(1, 0), old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_generation_flips_halves),
		TEST(test_guard_is_of_the_generation),
		TEST(test_texts_are_of_the_generation),
		TEST(test_members_stay),
		TEST(test_removed_drains_then_goes),
		TEST(test_drain_timeout),
		TEST(test_comes_back),
		TEST(test_many_changes),
		TEST(test_counts_calls),
		TEST(test_place_changes_hands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
