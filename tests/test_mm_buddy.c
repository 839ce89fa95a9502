// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exact page frame numbers for short scripts, worked out by hand from the rules of Linux 6.1's
 * mm/page_alloc.c: which block is split, where halves and merged blocks are listed, who steals
 * from whom.
 */
#include <check.h>
#include <stdlib.h>

#include "mm_guest.h"
#include "suite.h"

/*
 * The guest is the recorded one of 512 MiB: in ZONE_DMA32, largest blocks from pfn 11264 on, and
 * at the end 126976 of order 9, 127488 of order 8 and 127744 of order 2.
 */

static void assert_list(unsigned int order, int type, unsigned int nr, const int64_t *want)
{
	int64_t got[64];
	unsigned int i;

	ck_assert_uint_eq(mm_probe_free_area(p, PROBE_DMA32, order, type, got, 64), nr);
	for (i = 0; i < nr; i++)
		ck_assert_int_eq(got[i], want[i]);
}

START_TEST(movable_pages_come_from_the_smallest_block_in_address_order)
{
	unsigned int i;

	/* One refill of 31 pages empties the order-2 block and goes on in the order-8 one. */
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), 127744 + i);
	for (i = 0; i < 27; i++)
		ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), 127488 + i);
	/* What splitting has left: the upper halves. */
	assert_list(0, PROBE_MOVABLE_TYPE, 1, (int64_t[]){ 127515 });
	assert_list(1, PROBE_MOVABLE_TYPE, 0, NULL);
	assert_list(2, PROBE_MOVABLE_TYPE, 1, (int64_t[]){ 127516 });
	assert_list(5, PROBE_MOVABLE_TYPE, 1, (int64_t[]){ 127520 });
	assert_list(6, PROBE_MOVABLE_TYPE, 1, (int64_t[]){ 127552 });
	assert_list(7, PROBE_MOVABLE_TYPE, 1, (int64_t[]){ 127616 });
	assert_list(8, PROBE_MOVABLE_TYPE, 0, NULL);
}
END_TEST

START_TEST(unmovable_request_takes_the_largest_movable_block_and_its_pageblocks)
{
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_KERNEL, 0), LARGEST_BLOCK);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_KERNEL, 0), LARGEST_BLOCK + 1);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK), PROBE_UNMOVABLE);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK + 512), PROBE_UNMOVABLE);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK + 1024), PROBE_MOVABLE_TYPE);
	assert_list(9, PROBE_UNMOVABLE, 1, (int64_t[]){ LARGEST_BLOCK + 512 });
}
END_TEST

START_TEST(size_of_a_block_counts_before_its_type_when_stealing)
{
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_RECLAIMABLE, 0), LARGEST_BLOCK);
	/* Reclaimable is the first fallback of unmovable, but has nothing of order 10. */
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_KERNEL, 0), LARGEST_BLOCK + 1024);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK), PROBE_RECLAIMABLE_TYPE);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK + 1024), PROBE_UNMOVABLE);
}
END_TEST

/* Sixteen neighbours of order 4, unmovable. */
static void alloc_row(int64_t *row)
{
	int i;

	for (i = 0; i < 16; i++) {
		row[i] = mm_probe_alloc(p, PROBE_KERNEL, 4);
		ck_assert_int_eq(row[i], LARGEST_BLOCK + 16 * i);
	}
}

START_TEST(freed_block_goes_to_the_head)
{
	int64_t row[16];

	alloc_row(row);
	mm_probe_free_page(p, row[0], 4);
	mm_probe_free_page(p, row[4], 4);
	assert_list(4, PROBE_UNMOVABLE, 2, (int64_t[]){ row[4], row[0] });
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_KERNEL, 4), row[4]);
}
END_TEST

START_TEST(block_about_to_merge_goes_to_the_tail)
{
	int64_t row[16];

	alloc_row(row);
	mm_probe_free_page(p, row[0], 4);
	mm_probe_free_page(p, row[7], 4);
	mm_probe_free_page(p, row[6], 4);
	assert_list(5, PROBE_UNMOVABLE, 1, (int64_t[]){ row[6] });
	/* Its buddy row[5] is in use, but what both would make has a free buddy: row[6]. */
	mm_probe_free_page(p, row[4], 4);
	assert_list(4, PROBE_UNMOVABLE, 2, (int64_t[]){ row[0], row[4] });
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_KERNEL, 4), row[0]);
}
END_TEST

START_TEST(freeing_everything_merges_up_to_the_largest_order)
{
	int64_t row[16];
	int i;

	alloc_row(row);
	for (i = 15; i >= 0; i--)
		mm_probe_free_page(p, row[i], 4);
	assert_list(4, PROBE_UNMOVABLE, 0, NULL);
	assert_list(10, PROBE_UNMOVABLE, 1, (int64_t[]){ LARGEST_BLOCK });
}
END_TEST

START_TEST(per_cpu_list_is_last_in_first_out)
{
	int64_t a = mm_probe_alloc(p, PROBE_MOVABLE, 0), b = mm_probe_alloc(p, PROBE_MOVABLE, 0);

	mm_probe_free_page(p, a, 0);
	mm_probe_free_page(p, b, 0);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), b);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), a);
}
END_TEST

START_TEST(list_free_puts_each_page_onto_the_head)
{
	int64_t pages[3];
	int i;

	for (i = 0; i < 3; i++)
		pages[i] = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_free_list(p, pages, 3);
	for (i = 2; i >= 0; i--)
		ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), pages[i]);
}
END_TEST

START_TEST(drains_double_while_nobody_allocates)
{
	struct mm_probe_zone z;
	int64_t pages[900];
	int i;

	/* 30 refills of 31: 30 pages stay on the list. */
	for (i = 0; i < 900; i++)
		pages[i] = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_int_eq(z.pcp_count, 30);
	/* high is 827: drains of 31, 62 and 124 after 797, 31 and 62 frees; 10 more stay. */
	for (i = 0; i < 900; i++)
		mm_probe_free_page(p, pages[i], 0);
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_int_eq(z.pcp_count, 827 - 124 + 10);
	ck_assert_int_eq(z.free_factor, 3);
	mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_int_eq(z.free_factor, 1);
}
END_TEST

START_TEST(refill_of_larger_orders_takes_batch_shifted_by_order)
{
	struct mm_probe_zone z;

	mm_probe_alloc(p, PROBE_KERNEL, 3);
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_int_eq(z.pcp_count, ((31 >> 3) - 1) << 3);
}
END_TEST

START_TEST(orders_4_to_8_bypass_the_per_cpu_lists_and_9_does_not)
{
	struct mm_probe_zone z;
	int64_t pfn = mm_probe_alloc(p, PROBE_MOVABLE, 8);

	ck_assert_int_eq(pfn, 127488);
	mm_probe_free_page(p, pfn, 8);
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_int_eq(z.pcp_count, 0);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 9);
	ck_assert_int_eq(pfn, 126976);
	/* batch is max(31 >> 9, 2) blocks: the second one waits on the list. */
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_int_eq(z.pcp_count, 512);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 9), LARGEST_BLOCK);
}
END_TEST

START_TEST(bulk_allocation_is_in_the_order_of_the_list)
{
	int64_t pages[6];
	int i;

	ck_assert_uint_eq(mm_probe_bulk(p, PROBE_MOVABLE, 6, pages), 6);
	for (i = 0; i < 6; i++)
		ck_assert_int_eq(pages[i], i < 4 ? 127744 + i : 127488 + i - 4);
}
END_TEST

START_TEST(pageblock_less_than_half_free_keeps_its_type_when_stolen_from)
{
	int64_t pfn, list[1];

	leave_scattered(200);
	pfn = mm_probe_alloc(p, PROBE_KERNEL | PROBE_FAIL | 0x20000, 0);
	ck_assert_int_ge(pfn, LARGEST_BLOCK);
	ck_assert_int_lt(pfn, LARGEST_BLOCK + 512);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK), PROBE_MOVABLE_TYPE);
	/* All of its free pages went over nevertheless. */
	ck_assert_uint_eq(mm_probe_free_area(p, PROBE_DMA32, 0, PROBE_MOVABLE_TYPE, list, 1), 0);
}
END_TEST

START_TEST(pageblock_half_free_changes_its_type_when_stolen_from)
{
	leave_scattered(300);
	ck_assert_int_ge(mm_probe_alloc(p, PROBE_KERNEL | PROBE_FAIL | 0x20000, 0), LARGEST_BLOCK);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK), PROBE_UNMOVABLE);
}
END_TEST

START_TEST(ordinary_requests_stop_at_the_min_watermark)
{
	struct mm_probe_zone z;

	while (mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 0) >= 0)
		;
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_uint_le(z.free, z.min);
	ck_assert_uint_gt(z.free + 31, z.min);
	/* An atomic one goes further. */
	ck_assert_int_ge(mm_probe_alloc(p, PROBE_ATOMIC | PROBE_FAIL, 0), 0);
}
END_TEST

START_TEST(high_order_atomic_request_under_pressure_reserves_its_pageblock)
{
	struct mm_probe_zone z;
	int64_t pfn, block;

	/* Something to have an order-1 page from, beside a zone below its low watermark. */
	block = mm_probe_alloc(p, PROBE_KERNEL, 10);
	while (mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 0) >= 0)
		;
	mm_probe_free_page(p, block, 10);
	mm_probe_zone(p, PROBE_DMA32, &z);
	while (z.free > z.low) {
		mm_probe_alloc(p, PROBE_KERNEL | PROBE_FAIL, 4);
		mm_probe_zone(p, PROBE_DMA32, &z);
	}
	pfn = mm_probe_alloc(p, PROBE_ATOMIC | PROBE_FAIL, 1);
	ck_assert_int_ge(pfn, 0);
	ck_assert_int_eq(mm_probe_block_type(p, pfn), PROBE_HIGHATOMIC);
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_uint_eq(z.nr_highatomic, 512);
}
END_TEST

START_TEST(isolated_block_leaves_and_returns_to_the_tail)
{
	struct mm_probe_zone before, z;
	int64_t list[128];
	unsigned int n;

	mm_probe_zone(p, PROBE_DMA32, &before);
	ck_assert_int_eq(mm_probe_isolate(p, LARGEST_BLOCK, 10), 1024);
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_uint_eq(z.free, before.free - 1024);
	mm_probe_free_area(p, PROBE_DMA32, 10, PROBE_MOVABLE_TYPE, list, 128);
	ck_assert_int_eq(list[0], LARGEST_BLOCK + 1024);
	mm_probe_putback(p, LARGEST_BLOCK, 10);
	n = mm_probe_free_area(p, PROBE_DMA32, 10, PROBE_MOVABLE_TYPE, list, 128);
	ck_assert_uint_eq(n, 113);
	ck_assert_int_eq(list[n - 1], LARGEST_BLOCK);
}
END_TEST

START_TEST(isolation_respects_the_min_watermark)
{
	int64_t block = mm_probe_alloc(p, PROBE_MOVABLE, 9);
	int i;

	mm_probe_drain(p);
	while (mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 0) >= 0)
		;
	mm_probe_drain(p);
	for (i = 0; i < 64; i++)
		ck_assert_int_ge(mm_probe_alloc(p, EXHAUST, 0), 0);
	mm_probe_drain(p);
	mm_probe_free_page(p, block, 9);
	mm_probe_drain(p);
	/* More than 662 + 512 pages would have to be free. */
	ck_assert_int_eq(mm_probe_isolate(p, block, 9), 0);
}
END_TEST

START_TEST(contiguous_range_is_taken_where_all_is_free_and_only_there)
{
	int64_t list[1], pfn = 65536;
	int i;

	ck_assert_int_eq(mm_probe_contig(p, pfn + 100, pfn + 600), 0);
	ck_assert_int_eq(mm_probe_block_type(p, pfn), PROBE_MOVABLE_TYPE);
	ck_assert_int_lt(mm_probe_contig(p, pfn, pfn + 512), 0);
	for (i = 100; i < 600; i++)
		mm_probe_free_page(p, pfn + i, 0);
	mm_probe_drain(p);
	ck_assert_uint_eq(mm_probe_free_area(p, PROBE_DMA32, 9, PROBE_ISOLATE, list, 1), 0);
	ck_assert_int_eq(mm_probe_contig(p, pfn, pfn + 1024), 0);
}
END_TEST

START_TEST(page_freed_twice_is_reported_and_not_listed)
{
	int64_t pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	struct mm_probe_zone before, z;

	mm_probe_free_page(p, pfn, 0);
	mm_probe_zone(p, PROBE_DMA32, &before);
	ck_assert_uint_eq(mm_probe_warnings(p), 0);
	mm_probe_free_page(p, pfn, 0);
	mm_probe_zone(p, PROBE_DMA32, &z);
	ck_assert_uint_gt(mm_probe_warnings(p), 0);
	ck_assert_int_eq(z.pcp_count, before.pcp_count);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_buddy");
	TCase *tc = tcase_create("page frame numbers");

	tcase_add_checked_fixture(tc, mm_setup, mm_teardown);
	tcase_add_test(tc, movable_pages_come_from_the_smallest_block_in_address_order);
	tcase_add_test(tc, unmovable_request_takes_the_largest_movable_block_and_its_pageblocks);
	tcase_add_test(tc, size_of_a_block_counts_before_its_type_when_stealing);
	tcase_add_test(tc, freed_block_goes_to_the_head);
	tcase_add_test(tc, block_about_to_merge_goes_to_the_tail);
	tcase_add_test(tc, freeing_everything_merges_up_to_the_largest_order);
	tcase_add_test(tc, per_cpu_list_is_last_in_first_out);
	tcase_add_test(tc, list_free_puts_each_page_onto_the_head);
	tcase_add_test(tc, drains_double_while_nobody_allocates);
	tcase_add_test(tc, refill_of_larger_orders_takes_batch_shifted_by_order);
	tcase_add_test(tc, orders_4_to_8_bypass_the_per_cpu_lists_and_9_does_not);
	tcase_add_test(tc, bulk_allocation_is_in_the_order_of_the_list);
	tcase_add_test(tc, pageblock_less_than_half_free_keeps_its_type_when_stolen_from);
	tcase_add_test(tc, pageblock_half_free_changes_its_type_when_stolen_from);
	tcase_add_test(tc, ordinary_requests_stop_at_the_min_watermark);
	tcase_add_test(tc, high_order_atomic_request_under_pressure_reserves_its_pageblock);
	tcase_add_test(tc, isolated_block_leaves_and_returns_to_the_tail);
	tcase_add_test(tc, isolation_respects_the_min_watermark);
	tcase_add_test(tc, contiguous_range_is_taken_where_all_is_free_and_only_there);
	tcase_add_test(tc, page_freed_twice_is_reported_and_not_listed);
	suite_add_tcase(s, tc);
	return s;
}
