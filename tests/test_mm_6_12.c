// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the page allocator does from Linux 6.12 on, in numbers worked out by hand from the rules of
 * its mm/page_alloc.c: per-CPU lists that follow demand, pageblocks that are claimed or left alone,
 * reserves.  Recordings of a real one are in test_mm_replay.c.
 */
#include <check.h>

#include "level.h"
#include "mm_guest.h"
#include "suite.h"

#define HIGH_MIN 827		/* the low watermark */
#define BATCH 31
#define UNMOVABLE (PROBE_KERNEL | PROBE_FAIL | 0x20000)

static struct mm_probe_zone z;

static void look(void)
{
	mm_probe_zone(p, PROBE_DMA32, &z);
}

static void setup(void)
{
	mm_setup();
	mm_probe_version(p, LEVEL(6, 12));
}

/* Pages that come with the next refill; the lists are empty before and after. */
static int refill(void)
{
	int n = 0;

	do {
		ck_assert_int_ge(mm_probe_alloc(p, PROBE_MOVABLE, 0), 0);
		n++;
		look();
	} while (z.pcp_count);
	return n;
}

START_TEST(refills_double_while_nobody_frees)
{
	static const int pages[] = { 31, 62, 124, 248, 496, 992, 992 };
	int64_t pfn;
	int i;

	for (i = 0; i < 7; i++)
		ck_assert_int_eq(refill(), pages[i]);
	/* Each was added to high. */
	ck_assert_int_eq(z.pcp_high, HIGH_MIN + 31 + 62 + 124 + 248 + 496 + 992 + 992);
	ck_assert_int_eq(z.alloc_factor, 5);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_free_page(p, pfn, 0);
	look();
	ck_assert_int_eq(z.alloc_factor, 2);
}
END_TEST

START_TEST(lists_are_an_eighth_of_the_zone_at_most)
{
	int i;

	/* Of what there was before init memory came free. */
	look();
	ck_assert_int_eq(z.high_max, (z.managed - 2700) / 8);
	for (i = 0; i < 30; i++)
		refill();
	ck_assert_int_eq(z.pcp_high, z.high_max);
}
END_TEST

START_TEST(unused_lists_shrink_by_an_eighth_a_second)
{
	int i, high;

	for (i = 0; i < 5; i++)
		refill();
	mm_probe_alloc(p, PROBE_MOVABLE, 0);
	look();
	ck_assert_int_eq(z.pcp_count, 991);
	high = z.pcp_high;
	ck_assert_int_eq(high, HIGH_MIN + 31 + 62 + 124 + 248 + 496 + 992);
	while (mm_probe_decay(p, PROBE_DMA32)) {
		high -= high / 8;
		look();
		if (high <= HIGH_MIN)
			break;
		ck_assert_int_eq(z.pcp_high, high);
		ck_assert_int_eq(z.pcp_count, high < 991 ? high : 991);
	}
	ck_assert(!mm_probe_decay(p, PROBE_DMA32));
	look();
	ck_assert_int_eq(z.pcp_high, HIGH_MIN);
	ck_assert_int_eq(z.pcp_count, HIGH_MIN);
}
END_TEST

START_TEST(lists_do_not_grow_below_the_high_watermark)
{
	int high;

	while (mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 0) >= 0)
		;
	look();
	ck_assert(z.below_high);
	high = z.pcp_high;
	mm_probe_alloc(p, EXHAUST, 0);
	look();
	ck_assert_int_eq(z.pcp_high, high);
}
END_TEST

/* 961 pages, and lists that are empty and as short as they get. */
static void take_pages(int64_t pages[961])
{
	int i;

	for (i = 0; i < 961; i++)
		pages[i] = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	while (mm_probe_decay(p, PROBE_DMA32))
		;
	look();
	ck_assert_int_eq(z.pcp_count, 0);
	ck_assert_int_eq(z.pcp_high, HIGH_MIN);
}

START_TEST(drains_are_of_what_was_freed_lately)
{
	int64_t pages[961];
	int i;

	take_pages(pages);
	for (i = 0; i < HIGH_MIN - 1; i++)
		mm_probe_free_page(p, pages[i], 0);
	look();
	ck_assert_int_eq(z.pcp_count, HIGH_MIN - 1);
	/* 827 were freed: all but a batch go, and high makes room for as many again. */
	mm_probe_free_page(p, pages[i], 0);
	look();
	ck_assert_int_eq(z.pcp_count, BATCH);
	ck_assert_int_eq(z.pcp_high, HIGH_MIN + BATCH);
}
END_TEST

START_TEST(lists_go_short_below_the_high_watermark)
{
	int64_t pages[961];
	int i;

	for (i = 0; i < 961; i++)
		pages[i] = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	for (i = 0; i < 960; i++)
		mm_probe_free_page(p, pages[i], 0);
	for (look(); !z.below_high; look())
		ck_assert_int_ge(mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 4), 0);
	ck_assert_int_eq(z.pcp_high, HIGH_MIN + 961);
	ck_assert_int_eq(z.pcp_count, 960);
	/* More than the least are there: all but a batch go at once. */
	mm_probe_free_page(p, pages[i], 0);
	look();
	ck_assert_int_eq(z.pcp_count, BATCH);
	ck_assert_int_eq(z.pcp_high, HIGH_MIN);
}
END_TEST

START_TEST(blocks_that_are_freed_in_a_row_do_not_stay)
{
	static const int count[] = { 8, 16, 24, 32, 0, 8, 16, 24, 0 };
	int64_t blocks[12];
	unsigned int i;

	/* Refills of 31 >> 3 blocks: the lists are empty afterwards. */
	for (i = 0; i < 12; i++)
		blocks[i] = mm_probe_alloc(p, PROBE_KERNEL, 3);
	look();
	ck_assert_int_eq(z.pcp_count, 0);
	/* From 31 pages in a row on, whenever a batch of them has come together. */
	for (i = 0; i < 9; i++) {
		mm_probe_free_page(p, blocks[i], 3);
		look();
		ck_assert_int_eq(z.pcp_count, count[i]);
	}
}
END_TEST

/* Free pages of the first pageblock, by the lists they are on. */
static uint64_t listed(int type)
{
	uint64_t pages = 0;
	unsigned int order;

	for (order = 0; order <= 10; order++)
		pages += (uint64_t)mm_probe_free_area(p, PROBE_DMA32, order, type, NULL, 0)
			 << order;
	return pages;
}

START_TEST(pageblock_that_cannot_be_claimed_keeps_its_other_pages)
{
	int64_t pfn;

	leave_scattered(200);
	pfn = mm_probe_alloc(p, UNMOVABLE, 0);
	ck_assert_int_ge(pfn, LARGEST_BLOCK);
	ck_assert_int_lt(pfn, LARGEST_BLOCK + 512);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK), PROBE_MOVABLE_TYPE);
	/* Only a refill is gone; 6.1 would have taken all of them. */
	look();
	ck_assert_uint_eq(listed(PROBE_MOVABLE_TYPE), 200 - 1 - z.pcp_count);
	ck_assert_uint_ge(listed(PROBE_MOVABLE_TYPE), 200 - BATCH);
	ck_assert_uint_eq(listed(PROBE_UNMOVABLE), 0);
	/* A page that comes back is of its pageblock's type, whoever had it. */
	mm_probe_free_page(p, pfn, 0);
	mm_probe_drain(p);
	ck_assert_uint_eq(listed(PROBE_MOVABLE_TYPE), 200);
}
END_TEST

/* Every page of memory is in use. */
static void use_all(void)
{
	while (mm_probe_alloc(p, EXHAUST, 0) >= 0)
		;
}

static void give_back(int64_t pfn, int nr)
{
	while (nr--)
		mm_probe_free_page(p, pfn++, 0);
	mm_probe_drain(p);
}

START_TEST(smallest_block_of_another_type_is_taken)
{
	use_all();
	mm_probe_set_block_type(p, LARGEST_BLOCK, PROBE_UNMOVABLE);
	give_back(LARGEST_BLOCK, 8);
	give_back(LARGEST_BLOCK + 100, 1);
	ck_assert_uint_eq(listed(PROBE_UNMOVABLE), 9);
	ck_assert_int_eq(mm_probe_alloc(p, EXHAUST, 0), LARGEST_BLOCK + 100);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK), PROBE_UNMOVABLE);
}
END_TEST

START_TEST(page_on_a_per_cpu_list_is_drained_to_what_its_pageblock_is_then)
{
	use_all();
	mm_probe_free_page(p, LARGEST_BLOCK + 100, 0);
	mm_probe_set_block_type(p, LARGEST_BLOCK, PROBE_RECLAIMABLE_TYPE);
	mm_probe_drain(p);
	ck_assert_uint_eq(listed(PROBE_RECLAIMABLE_TYPE), 1);
	ck_assert_uint_eq(listed(PROBE_MOVABLE_TYPE), 0);
}
END_TEST

START_TEST(pageblocks_that_merge_are_of_one_type)
{
	int64_t block = mm_probe_alloc(p, PROBE_KERNEL, 10), list[200];
	unsigned int n;

	mm_probe_set_block_type(p, block + 512, PROBE_MOVABLE_TYPE);
	mm_probe_free_page(p, block, 10);
	ck_assert_int_eq(mm_probe_block_type(p, block), PROBE_MOVABLE_TYPE);
	n = mm_probe_free_area(p, PROBE_DMA32, 10, PROBE_MOVABLE_TYPE, list, 200);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(list[0], block);
}
END_TEST

START_TEST(pageblock_half_free_is_claimed_with_all_its_pages)
{
	leave_scattered(300);
	ck_assert_int_ge(mm_probe_alloc(p, UNMOVABLE, 0), LARGEST_BLOCK);
	ck_assert_int_eq(mm_probe_block_type(p, LARGEST_BLOCK), PROBE_UNMOVABLE);
	look();
	ck_assert_uint_eq(listed(PROBE_UNMOVABLE), 300 - 1 - z.pcp_count);
	ck_assert_uint_eq(listed(PROBE_MOVABLE_TYPE), 0);
}
END_TEST

/* Two pageblocks of one block, of which one has another type when it is freed. */
START_TEST(large_block_is_freed_pageblock_by_pageblock)
{
	int64_t block = mm_probe_alloc(p, PROBE_KERNEL, 10), list[2];

	ck_assert_int_eq(block, LARGEST_BLOCK);
	mm_probe_set_block_type(p, block + 512, PROBE_HIGHATOMIC);
	mm_probe_free_page(p, block, 10);
	ck_assert_uint_eq(mm_probe_free_area(p, PROBE_DMA32, 9, PROBE_UNMOVABLE, list, 2), 1);
	ck_assert_int_eq(list[0], block);
	ck_assert_uint_eq(mm_probe_free_area(p, PROBE_DMA32, 9, PROBE_HIGHATOMIC, list, 2), 1);
	ck_assert_int_eq(list[0], block + 512);
	look();
	ck_assert_uint_eq(z.nr_free_highatomic, 512);
	/* What is taken from there is not free any more. */
	mm_probe_set_block_type(p, block + 512, PROBE_HIGHATOMIC);
	ck_assert_int_eq(mm_probe_isolate(p, block + 512, 9), 512);
	look();
	ck_assert_uint_eq(z.nr_free_highatomic, 0);
	mm_probe_putback(p, block + 512, 9);
}
END_TEST

START_TEST(reserve_counts_what_is_free_of_it)
{
	int64_t pfn, block = mm_probe_alloc(p, PROBE_KERNEL, 10);
	unsigned int i;

	while (mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 0) >= 0)
		;
	mm_probe_free_page(p, block, 10);
	for (look(); z.free > z.low; look())
		mm_probe_alloc(p, PROBE_KERNEL | PROBE_FAIL, 4);
	pfn = mm_probe_alloc(p, PROBE_ATOMIC | PROBE_FAIL, 1);
	ck_assert_int_eq(mm_probe_block_type(p, pfn), PROBE_HIGHATOMIC);
	look();
	ck_assert_uint_eq(z.nr_highatomic, 512);
	ck_assert_uint_gt(z.nr_free_highatomic, 0);
	ck_assert_uint_eq(z.nr_free_highatomic, listed(PROBE_HIGHATOMIC));
	for (i = 0; i < 4; i++)
		mm_probe_alloc(p, PROBE_ATOMIC | PROBE_FAIL, 3);
	look();
	ck_assert_uint_eq(z.nr_free_highatomic, listed(PROBE_HIGHATOMIC));
}
END_TEST

/* Only what is free of the reserve is out of reach. */
START_TEST(reserve_that_is_in_use_is_not_counted_twice)
{
	int64_t block = mm_probe_alloc(p, PROBE_KERNEL, 10), held[64];
	int nr = 0;

	while (nr < 64)
		held[nr++] = mm_probe_alloc(p, PROBE_KERNEL, 4);
	while (mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 0) >= 0)
		;
	mm_probe_free_page(p, block, 10);
	for (look(); z.free > z.low; look())
		mm_probe_alloc(p, PROBE_KERNEL | PROBE_FAIL, 4);
	mm_probe_alloc(p, PROBE_ATOMIC | PROBE_FAIL, 1);
	look();
	ck_assert_uint_eq(z.nr_highatomic, 512);
	while (z.nr_free_highatomic >= 16 && mm_probe_alloc(p, PROBE_ATOMIC | PROBE_FAIL, 4) >= 0)
		look();
	ck_assert_uint_lt(z.nr_free_highatomic, 16);
	for (look(); z.free < z.min + 100; look())
		mm_probe_free_page(p, held[--nr], 4);
	ck_assert_uint_lt(z.free, z.min + 300);
	ck_assert_int_ge(mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 4), 0);
}
END_TEST

/* A pageblock would be more than 1 % of it. */
START_TEST(small_zone_has_no_reserve)
{
	struct mm_config config;
	int64_t block;

	mm_teardown();
	engine_init(&engine);
	mm_config_default(&config, 40000, 1);
	config.thp = THP_NEVER;
	p = mm_probe_new(&config, &engine, NULL);
	mm_probe_version(p, LEVEL(6, 12));
	block = mm_probe_alloc(p, PROBE_KERNEL, 10);
	while (mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 0) >= 0)
		;
	mm_probe_free_page(p, block, 10);
	for (look(); z.free > z.low; look())
		mm_probe_alloc(p, PROBE_KERNEL | PROBE_FAIL, 4);
	ck_assert_int_ge(mm_probe_alloc(p, PROBE_ATOMIC | PROBE_FAIL, 1), 0);
	look();
	ck_assert_uint_eq(z.nr_highatomic, 0);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("mm_6_12");
	TCase *tc = tcase_create("mm_6_12");

	(void)argc;
	(void)argv;
	tcase_add_checked_fixture(tc, setup, mm_teardown);
	tcase_add_test(tc, refills_double_while_nobody_frees);
	tcase_add_test(tc, lists_are_an_eighth_of_the_zone_at_most);
	tcase_add_test(tc, unused_lists_shrink_by_an_eighth_a_second);
	tcase_add_test(tc, lists_do_not_grow_below_the_high_watermark);
	tcase_add_test(tc, pageblock_that_cannot_be_claimed_keeps_its_other_pages);
	tcase_add_test(tc, pageblock_half_free_is_claimed_with_all_its_pages);
	tcase_add_test(tc, large_block_is_freed_pageblock_by_pageblock);
	tcase_add_test(tc, reserve_counts_what_is_free_of_it);
	tcase_add_test(tc, drains_are_of_what_was_freed_lately);
	tcase_add_test(tc, lists_go_short_below_the_high_watermark);
	tcase_add_test(tc, blocks_that_are_freed_in_a_row_do_not_stay);
	tcase_add_test(tc, smallest_block_of_another_type_is_taken);
	tcase_add_test(tc, page_on_a_per_cpu_list_is_drained_to_what_its_pageblock_is_then);
	tcase_add_test(tc, pageblocks_that_merge_are_of_one_type);
	tcase_add_test(tc, reserve_that_is_in_use_is_not_counted_twice);
	tcase_add_test(tc, small_zone_has_no_reserve);
	suite_add_tcase(suite, tc);
	return suite;
}
