// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap devices by themselves: what is read ahead, and which there cannot be.
 */
#include <check.h>

#include "suite.h"
#include "swap.h"

#define MIB (UINT64_C(1) << 20)

static struct engine engine;

/* swap_cluster_readahead() and swap_vma_readahead() with page-cluster 3, step by step. */
START_TEST(windows_of_read_ahead_follow_hits)
{
	struct swap_ra slots = { 0 }, pages = SWAP_RA_VMA_INIT;
	uint64_t first, end;

	swap_ra_slots(&slots, 100, 8, 1000, &first, &end);	/* nothing known: alone */
	ck_assert(first == 100 && end == 101);
	swap_ra_slots(&slots, 101, 8, 1000, &first, &end);	/* the next one: two, aligned */
	ck_assert(first == 100 && end == 102);
	swap_ra_hit(&slots);
	swap_ra_slots(&slots, 203, 8, 1000, &first, &end);	/* 1 hit + 2: four */
	ck_assert(first == 200 && end == 204);
	for (int i = 0; i < 3; i++)
		swap_ra_hit(&slots);
	swap_ra_slots(&slots, 997, 8, 1000, &first, &end);	/* 3 + 2: eight */
	ck_assert(first == 992 && end == 1000);
	swap_ra_slots(&slots, 500, 8, 1000, &first, &end);	/* none: half, not less */
	ck_assert(first == 500 && end == 504);
	swap_ra_slots(&slots, 3, 1, 1000, &first, &end);	/* page-cluster 0 */
	ck_assert(first == 3 && end == 4);

	swap_ra_pages(&pages, 700, 8, 512, 1024, &first, &end);	/* taken for 4 hits: around it */
	ck_assert(first == 697 && end == 705);
	swap_ra_hit(&pages);
	swap_ra_hit(&pages);
	swap_ra_pages(&pages, 701, 8, 512, 1024, &first, &end);	/* upwards */
	ck_assert(first == 701 && end == 705);
	swap_ra_pages(&pages, 700, 8, 512, 1024, &first, &end);	/* downwards, and half */
	ck_assert(first == 699 && end == 701);
	swap_ra_hit(&pages);
	swap_ra_pages(&pages, 513, 8, 512, 1024, &first, &end);	/* not beyond the page table */
	ck_assert(first == 512 && end == 516);
	for (uint64_t page = 514; page < 516; page++)
		swap_ra_cached(&pages, page, true);
	swap_ra_cached(&pages, 516, false);
	swap_ra_pages(&pages, 517, 8, 512, 1024, &first, &end);	/* upwards from what was used */
	ck_assert(first == 517 && end == 521);
}
END_TEST

START_TEST(impossible_swap_devices_are_refused)
{
	struct swap_config config = { .name = "x", .disk = { .name = "x", .queue_depth = 1 } };

	engine_init(&engine);
	config.size_bytes = 4095;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	config.size_bytes = UINT64_C(1) << 40;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	config.size_bytes = MIB;
	config.disk.queue_depth = 0;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	engine_destroy(&engine);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("swap_device");
	TCase *tc = tcase_create("swap_device");

	tcase_add_test(tc, windows_of_read_ahead_follow_hits);
	tcase_add_test(tc, impossible_swap_devices_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
