// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free page reporting, block by block: which blocks are reported in which order, how many in a
 * pass, when another pass is due (mm/page_reporting.c of Linux 6.1); and what gives memory back
 * under pressure.
 */
#include <check.h>
#include <limits.h>
#include <stdlib.h>

#include "level.h"
#include "mm_guest.h"
#include "suite.h"

/*
 * In ZONE_DMA32: 112 movable blocks of order 10 from pfn 12288 on, a movable one of order 9 and
 * one that is unmovable, since the first slab has taken the pageblock before it.
 */
#define FIRST_BLOCK 12288
#define NR_BLOCKS 112
#define UNMOVABLE_ORDER_9 11776
#define MOVABLE_ORDER_9 126976

static struct mm_probe_report reports[256];

static void setup(void)
{
	mm_setup();
	/* A pass allocates its scatterlist, of this size. */
	mm_probe_kfree(p, mm_probe_kmalloc(p, 1024, false));
}

START_TEST(registering_requests_a_pass_and_a_second_device_is_refused)
{
	ck_assert_int_eq(mm_probe_report_register(p, 0), 0);
	ck_assert(mm_probe_report_requested(p));
	ck_assert_int_lt(mm_probe_report_register(p, 0), 0);
	mm_probe_report_unregister(p);
	ck_assert(!mm_probe_report_requested(p));
	ck_assert_int_eq(mm_probe_report_register(p, 0), 0);
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(first_pass_reports_64_blocks_in_two_calls_last_isolated_first)
{
	unsigned int n, i;

	mm_probe_report_register(p, 0);
	n = mm_probe_report_pass(p, 0, reports, 256);
	/* One call for each list's sixteenth (rounded up), and one more. */
	ck_assert_uint_eq(n, 64);
	for (i = 0; i < 30; i++) {
		ck_assert_int_eq(reports[i].pfn, FIRST_BLOCK + 1024 * (29 - (int)i));
		ck_assert_uint_eq(reports[i].order, 10);
		ck_assert_uint_eq(reports[i].call, 0);
	}
	ck_assert_int_eq(reports[30].pfn, MOVABLE_ORDER_9);
	ck_assert_uint_eq(reports[30].order, 9);
	ck_assert_int_eq(reports[31].pfn, UNMOVABLE_ORDER_9);
	for (i = 32; i < 64; i++) {
		ck_assert_int_eq(reports[i].pfn, FIRST_BLOCK + 1024 * (30 + 63 - (int)i));
		ck_assert_uint_eq(reports[i].call, 1);
	}
	ck_assert(mm_probe_report_requested(p));
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(second_pass_reports_the_rest_and_nothing_twice)
{
	unsigned int n;
	int64_t pfn;
	int i;

	mm_probe_report_register(p, 0);
	mm_probe_report_pass(p, 0, reports, 256);
	n = mm_probe_report_pass(p, 0, reports, 256);
	ck_assert_uint_eq(n, NR_BLOCKS + 2 - 64);
	ck_assert_uint_eq(reports[n - 1].call, 1);
	ck_assert(!mm_probe_report_requested(p));
	for (i = 0; i < NR_BLOCKS; i++) {
		pfn = FIRST_BLOCK + 1024 * i;
		ck_assert(mm_probe_reported(p, pfn));
	}
	ck_assert_uint_eq(mm_probe_report_pass(p, 0, reports, 256), 0);
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(small_zone_is_left_alone)
{
	unsigned int n, i, pass;

	mm_probe_report_register(p, 0);
	for (pass = 0; pass < 3; pass++) {
		n = mm_probe_report_pass(p, 0, reports, 256);
		for (i = 0; i < n; i++)
			ck_assert_int_ge(reports[i].pfn, 4096);
	}
	mm_probe_report_unregister(p);
}
END_TEST

/* 6.1 takes a device's order as it is: 10 leaves out the blocks of order 9, and 11 all. */
START_TEST(a_devices_own_order_counts_whatever_it_is)
{
	unsigned int n, i;

	mm_probe_report_register(p, 10);
	n = mm_probe_report_pass(p, 0, reports, 256);
	n += mm_probe_report_pass(p, 0, reports + n, 256 - n);
	ck_assert_uint_eq(n, NR_BLOCKS);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(reports[i].order, 10);
	mm_probe_report_unregister(p);
	for (i = 11; i < 80; i += 23) {
		mm_probe_report_register(p, i);
		ck_assert_uint_eq(mm_probe_report_pass(p, 0, reports, 256), 0);
		mm_probe_report_unregister(p);
	}
}
END_TEST

static void report_all(void)
{
	mm_probe_report_register(p, 0);
	while (mm_probe_report_pass(p, 0, reports, 256))
		;
	ck_assert(!mm_probe_report_requested(p));
}

START_TEST(freed_block_is_reported_again)
{
	int64_t pfn;

	report_all();
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 10);
	ck_assert(!mm_probe_reported(p, pfn));
	mm_probe_free_page(p, pfn, 10);
	ck_assert(!mm_probe_reported(p, pfn));
	ck_assert(mm_probe_report_requested(p));
	ck_assert_uint_eq(mm_probe_report_pass(p, 0, reports, 256), 1);
	ck_assert_int_eq(reports[0].pfn, pfn);
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(free_below_the_order_does_not_ask_for_a_pass)
{
	int64_t a, b;

	report_all();
	/* With the smaller blocks gone, the one of order 9 is split. */
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 8), 127488);
	a = mm_probe_alloc(p, PROBE_MOVABLE, 4);
	b = mm_probe_alloc(p, PROBE_MOVABLE, 4);
	ck_assert_int_eq(a, MOVABLE_ORDER_9);
	mm_probe_free_page(p, a, 4);
	ck_assert(!mm_probe_report_requested(p));
	/* The second one lets all merge to order 9 again. */
	mm_probe_free_page(p, b, 4);
	ck_assert(mm_probe_report_requested(p));
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(failed_report_marks_nothing_and_ends_the_pass)
{
	int64_t list[128];
	unsigned int n;

	mm_probe_report_register(p, 0);
	ck_assert_uint_eq(mm_probe_report_pass(p, -5, reports, 256), 32);
	ck_assert(!mm_probe_reported(p, FIRST_BLOCK));
	n = mm_probe_free_area(p, PROBE_DMA32, 10, PROBE_MOVABLE_TYPE, list, 128);
	ck_assert_uint_eq(n, NR_BLOCKS);
	/* The blocks are back, behind those that were not touched. */
	ck_assert_int_eq(list[0], FIRST_BLOCK + 30 * 1024);
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(device_chooses_the_order)
{
	unsigned int n;

	mm_probe_report_register(p, 10);
	n = mm_probe_report_pass(p, 0, reports, 256);
	ck_assert_uint_eq(n, 64);
	ck_assert_int_eq(reports[31].pfn, FIRST_BLOCK);
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(oom_notifier_comes_before_anything_else)
{
	ck_assert(!mm_probe_oom(p));
	mm_probe_hold(p, 300, true);
	ck_assert(mm_probe_oom(p));
	ck_assert(mm_probe_oom(p));
	ck_assert(!mm_probe_oom(p));
	ck_assert_uint_eq(mm_probe_event(p, "pgfree"), 300);
}
END_TEST

START_TEST(shrinker_is_asked_for_a_share_that_grows_with_urgency)
{
	mm_probe_hold(p, 1024, false);
	ck_assert_uint_eq(mm_probe_shrink(p, 12), 0);
	/* (1024 >> 2) x 4 / 2 seeks, in batches of 128 */
	ck_assert_uint_eq(mm_probe_shrink(p, 2), 512);
	ck_assert_uint_eq(mm_probe_event(p, "slabs_scanned"), 512);
	ck_assert_uint_eq(mm_probe_shrink(p, 0), 512);
}
END_TEST

/* What an order means, from version to version; the smallest that was reported: 1 is all. */
static unsigned int least_order(uint32_t version, unsigned int order)
{
	unsigned int n, i, least = UINT_MAX;

	mm_probe_version(p, version);
	ck_assert_int_eq(mm_probe_report_register(p, order), 0);
	do {
		n = mm_probe_report_pass(p, 0, reports, 256);
		for (i = 0; i < n; i++)
			if (reports[i].order < least)
				least = reports[i].order;
	} while (mm_probe_report_requested(p));
	mm_probe_report_unregister(p);
	return least;
}

START_TEST(order_0_is_a_pageblocks_until_7_2)
{
	static const struct {
		uint32_t version;
		unsigned int order, least;
	} rows[] = {
		/* 5.10 has no choice. */
		{ LEVEL(5, 10), 3, 9 },	 { LEVEL(5, 15), 10, 10 }, { LEVEL(6, 1), 0, 9 },
		{ LEVEL(6, 1), -1, UINT_MAX }, { LEVEL(6, 6), -1, 9 }, { LEVEL(6, 12), 0, 9 },
		{ LEVEL(6, 12), 10, 10 }, { LEVEL(6, 12), 11, 9 }, { LEVEL(7, 2), -1, 9 },
		{ LEVEL(7, 3), 0, 1 }, { LEVEL(7, 3), 10, 10 }, { LEVEL(7, 3), 11, 9 },
	};
	unsigned int least = least_order(rows[_i].version, rows[_i].order);

	ck_assert_msg(least == rows[_i].least, "row %d: %u", _i, least);
}
END_TEST

START_TEST(since_7_2_a_device_says_how_many_blocks_it_takes)
{
	unsigned int n, i, calls[8] = { 0 };

	mm_probe_report_capacity(p, 16);
	mm_probe_version(p, LEVEL(7, 2));
	mm_probe_report_register(p, 9);
	n = mm_probe_report_pass(p, 0, reports, 256);
	/* As with 32: one call for each sixteenth of a list, of 112 blocks, and one more. */
	ck_assert_uint_eq(n, 32);
	for (i = 0; i < n; i++)
		calls[reports[i].call]++;
	ck_assert_uint_eq(calls[0], 16);
	ck_assert_uint_eq(calls[1], 16);
	mm_probe_report_unregister(p);

	/* More than the core has room for. */
	mm_probe_report_capacity(p, 64);
	mm_probe_report_register(p, 9);
	mm_probe_report_pass(p, 0, reports, 256);
	ck_assert_uint_eq(reports[31].call, 0);
	ck_assert_uint_eq(reports[32].call, 1);
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(until_7_2_what_a_device_takes_at_once_is_not_looked_at)
{
	mm_probe_report_capacity(p, 16);
	mm_probe_version(p, LEVEL(6, 12));
	mm_probe_report_register(p, 9);
	mm_probe_report_pass(p, 0, reports, 256);
	ck_assert_uint_eq(reports[31].call, 0);
	mm_probe_report_unregister(p);
}
END_TEST

START_TEST(since_7_2_a_page_is_offline_until_it_is_freed)
{
	ck_assert_uint_eq(mm_probe_free_offline(p), 1);
	mm_probe_version(p, LEVEL(6, 12));
	ck_assert_uint_eq(mm_probe_free_offline(p), 1);
	mm_probe_version(p, LEVEL(7, 2));
	ck_assert_uint_eq(mm_probe_free_offline(p), 0);
}
END_TEST

START_TEST(reclaim_is_counted_by_node_as_well)
{
	unsigned long event, node;

	mm_probe_scanned(p, 5, &event, &node);
	ck_assert_uint_eq(event, 5);
	ck_assert_uint_eq(node, 5);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_reporting");
	TCase *tc = tcase_create("reporting");

	tcase_add_checked_fixture(tc, setup, mm_teardown);
	tcase_add_test(tc, registering_requests_a_pass_and_a_second_device_is_refused);
	tcase_add_test(tc, first_pass_reports_64_blocks_in_two_calls_last_isolated_first);
	tcase_add_test(tc, second_pass_reports_the_rest_and_nothing_twice);
	tcase_add_test(tc, small_zone_is_left_alone);
	tcase_add_test(tc, a_devices_own_order_counts_whatever_it_is);
	tcase_add_test(tc, freed_block_is_reported_again);
	tcase_add_test(tc, free_below_the_order_does_not_ask_for_a_pass);
	tcase_add_test(tc, failed_report_marks_nothing_and_ends_the_pass);
	tcase_add_test(tc, device_chooses_the_order);
	tcase_add_loop_test(tc, order_0_is_a_pageblocks_until_7_2, 0, 12);
	tcase_add_test(tc, since_7_2_a_device_says_how_many_blocks_it_takes);
	tcase_add_test(tc, until_7_2_what_a_device_takes_at_once_is_not_looked_at);
	tcase_add_test(tc, since_7_2_a_page_is_offline_until_it_is_freed);
	tcase_add_test(tc, reclaim_is_counted_by_node_as_well);
	tcase_add_test(tc, oom_notifier_comes_before_anything_else);
	tcase_add_test(tc, shrinker_is_asked_for_a_share_that_grows_with_urgency);
	suite_add_tcase(s, tc);
	return s;
}
