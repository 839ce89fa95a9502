// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks in the page allocator: which are called for what, in which order, and for what not.
 */
#include <check.h>

#include "mm_guest.h"
#include "suite.h"

#define MAX_CALLS 64

static struct mm_probe_hooked calls[MAX_CALLS];

static void check_call(unsigned int i, enum mm_probe_hook hook, int64_t pfn, unsigned int order)
{
	ck_assert_msg(calls[i].hook == hook && calls[i].pfn == pfn && calls[i].order == order,
		      "call %u: hook %d, pfn %ld, order %u", i, calls[i].hook, calls[i].pfn,
		      calls[i].order);
}

START_TEST(a_block_is_seen_from_allocation_to_the_merge)
{
	int64_t first, pfn;

	ck_assert_int_eq(mm_probe_hook(p, true), 0);
	/* There is one block of order 9; the next one is half of a largest one. */
	first = mm_probe_alloc(p, PROBE_MOVABLE, 9);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 9);
	ck_assert_uint_eq(mm_probe_hooked(p, calls, MAX_CALLS), 2);
	check_call(0, PROBE_ALLOCATED, first, 9);
	check_call(1, PROBE_ALLOCATED, pfn, 9);
	mm_probe_drain(p);
	mm_probe_hooked(p, calls, MAX_CALLS);

	mm_probe_free_page(p, pfn, 9);
	mm_probe_drain(p);
	ck_assert_uint_eq(mm_probe_hooked(p, calls, MAX_CALLS), 4);
	check_call(0, PROBE_FREED, pfn, 9);
	check_call(1, PROBE_MERGING, pfn & ~1023, 10);
	check_call(2, PROBE_MERGED, pfn & ~1023, 10);
	check_call(3, PROBE_UNLOCKED, -1, 0);
	mm_probe_free_page(p, first, 9);
	mm_probe_hook(p, false);
}
END_TEST

START_TEST(a_page_that_stays_on_a_per_cpu_list_is_freed_and_not_merged)
{
	int64_t pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);

	mm_probe_hook(p, true);
	mm_probe_free_page(p, pfn, 0);
	ck_assert_uint_eq(mm_probe_hooked(p, calls, MAX_CALLS), 1);
	check_call(0, PROBE_FREED, pfn, 0);
	mm_probe_drain(p);
	ck_assert_uint_gt(mm_probe_hooked(p, calls, MAX_CALLS), 1);
	ck_assert_int_ne(calls[0].hook, PROBE_FREED);
	mm_probe_hook(p, false);
}
END_TEST

START_TEST(a_block_that_was_lent_and_comes_back_is_not_merged_anew)
{
	/* A largest one, which has nothing to merge with. */
	int64_t pfn = mm_probe_alloc(p, PROBE_MOVABLE, 10);

	mm_probe_free_page(p, pfn, 10);
	mm_probe_hook(p, true);
	ck_assert_int_eq(mm_probe_isolate(p, pfn, 10), 1024);
	mm_probe_putback(p, pfn, 10);
	ck_assert_uint_eq(mm_probe_hooked(p, calls, MAX_CALLS), 0);
	mm_probe_hook(p, false);
}
END_TEST

START_TEST(there_is_one_hook_and_after_it_none)
{
	ck_assert_int_eq(mm_probe_hook(p, true), 0);
	ck_assert_int_eq(mm_probe_hook(p, true), -16);
	mm_probe_hook(p, false);
	mm_probe_free_page(p, mm_probe_alloc(p, PROBE_MOVABLE, 8), 8);
	ck_assert_uint_eq(mm_probe_hooked(p, calls, MAX_CALLS), 0);
	ck_assert_int_eq(mm_probe_hook(p, true), 0);
	mm_probe_hook(p, false);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_hook");
	TCase *tc = tcase_create("hook");

	tcase_add_checked_fixture(tc, mm_setup, mm_teardown);
	tcase_add_test(tc, a_block_is_seen_from_allocation_to_the_merge);
	tcase_add_test(tc, a_page_that_stays_on_a_per_cpu_list_is_freed_and_not_merged);
	tcase_add_test(tc, a_block_that_was_lent_and_comes_back_is_not_merged_anew);
	tcase_add_test(tc, there_is_one_hook_and_after_it_none);
	suite_add_tcase(s, tc);
	return s;
}
