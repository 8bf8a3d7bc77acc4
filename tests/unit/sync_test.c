// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync_test.c - what a list becomes in the arrays that packets read.
 */
#include "sync_fixture.h"

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
	assert_int_equal(f->b.dests[slot_of(f, 2)].flags, DS_DEST_USED | DS_DEST_SLOW | DS_DEST_FOREIGN);
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

/* A tunnel leads to either family, where there is an address that it starts at; a shield leads nowhere. */
static void test_modes(void **state)
{
	struct fixture *f = *state;

	add_listener(f, "192.0.2.1", 1, DS_MODE_IPIP);
	assert_int_equal(uri_address("192.0.2.9", &f->rec.listener[0].tunnel[0]), 0);
	add_listener(f, "192.0.2.2", 1, DS_MODE_DSR);
	add_listener(f, "192.0.2.3", -1, DS_MODE_SHIELD);
	assert_int_equal(publish(f, DEST(1) "\n1 sip:[2001:db8::1]:6\n"), 0);
	assert_int_equal(f->last.skipped, 1);
	assert_int_equal(set_of(f, 0)->active, 1);
	assert_int_equal(uri_address("2001:db8::9", &f->rec.listener[0].tunnel[1]), 0);
	assert_int_equal(publish(f, DEST(1) "\n1 sip:[2001:db8::1]:6\n"), 0);
	assert_int_equal(f->last.skipped, 0);
	assert_int_equal(set_of(f, 0)->active, 2);
	assert_int_equal(set_of(f, 1)->active, 1);
	assert_int_equal(set_of(f, 2)->active, 0);
	assert_int_equal(f->b.listeners[2].half[f->b.state->generation & 1].mode, DS_MODE_SHIELD);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_publication),
		TEST(test_same_list_changes_nothing),
		TEST(test_flags),
		TEST(test_slow_path),
		TEST(test_weights),
		TEST(test_only_used_sets),
		TEST(test_families),
		TEST(test_modes),
		TEST(test_listeners_share),
		TEST(test_two_nat_listeners),
		TEST(test_listener_as_destination),
		TEST(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
