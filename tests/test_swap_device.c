// SPDX-License-Identifier: GPL-2.0-only
/*
 * Swap devices by themselves: their queue, how many writes may be under way, and what is read
 * ahead.
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

static void nothing(struct swap_request *rq)
{
}

/* What a device moves in a second does not depend on how many requests it serves at once. */
START_TEST(data_of_all_requests_goes_over_one_link)
{
	static struct swap_request writes[64];
	const unsigned int depth[] = { 1, 4, 32 };
	struct swap_config config = { .kind = SWAP_SSD, .name = "test", .size_bytes = 64 * MIB,
				      .write_ns = 100000, .transfer_ns_page = 10000 };
	uint64_t took[3];

	for (int d = 0; d < 3; d++) {
		struct swap_device *swap;

		engine_init(&engine);
		config.queue_depth = depth[d];
		swap = swap_create(&config, &engine, 1, "test");
		for (int i = 0; i < 64; i++) {
			writes[i] = (struct swap_request){ .slot = 32 * i, .nr = 32, .write = true,
							   .complete = nothing };
			swap_submit(swap, &writes[i]);
		}
		engine_run(&engine, TIME_NEVER);
		took[d] = engine.now;
		swap_destroy(swap);
		engine_destroy(&engine);
	}
	/* one after the other; then only the first fixed part is not beside other data */
	ck_assert_uint_eq(took[0], 64 * (100000 + 32 * 10000));
	ck_assert_uint_eq(took[1], 100000 + 64 * 32 * 10000);
	ck_assert_uint_eq(took[2], took[1]);
}
END_TEST

static struct swap_request *submitted(struct swap_device *swap, unsigned int i, uint32_t slot,
				      bool write)
{
	static struct swap_request requests[64];

	requests[i] = (struct swap_request){ .slot = slot, .nr = 1, .write = write,
					     .complete = nothing };
	swap_submit(swap, &requests[i]);
	return &requests[i];
}

/* dd_dispatch_request(): batches of 16, by sector, and a batch of writes after two of reads. */
START_TEST(a_disk_is_served_in_batches_by_slot)
{
	struct swap_config config = { .kind = SWAP_HDD, .name = "test", .size_bytes = MIB,
				      .queue_depth = 1, .read_ns = 1000, .write_ns = 1000 };
	struct swap_request *write, *low, *high;
	struct swap_device *swap;

	engine_init(&engine);
	swap = swap_create(&config, &engine, 1, "test");
	submitted(swap, 0, 100, false);		/* at once */
	write = submitted(swap, 1, 50, true);
	low = submitted(swap, 2, 20, false);
	high = submitted(swap, 3, 140, false);
	engine_run(&engine, 1500);		/* the one further up goes first */
	ck_assert(high->issued == 1000 && !low->issued && !write->issued);
	engine_run(&engine, 2500);		/* then another batch of reads, from below */
	ck_assert(low->issued == 2000 && !write->issued);
	for (unsigned int i = 4; i < 40; i++)	/* 15 more are in that, 16 in the next */
		submitted(swap, i, 20 + 3 * i, false);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_ge(write->issued, 2000 + 16 * 1000);
	ck_assert_uint_le(write->issued, 2000 + 33 * 1000);
	swap_destroy(swap);
	engine_destroy(&engine);
}
END_TEST

/*
 * wb_timer_fn(), get_limit(): who writes alone may have more under way, and less beside slow reads.
 */
START_TEST(writes_are_throttled_for_reads)
{
	struct swap_config config = { .kind = SWAP_SSD, .name = "test", .size_bytes = MIB,
				      .queue_depth = 64, .read_ns = 10000000,
				      .write_ns = 1000000 };
	struct swap_device *swap;

	engine_init(&engine);
	swap = swap_create(&config, &engine, 1, "test");
	for (unsigned int i = 0; i < 8; i++) {
		ck_assert(!swap_must_wait(swap, false));
		submitted(swap, i, 2 * i, true);
	}
	ck_assert(swap_must_wait(swap, false) && !swap_must_wait(swap, true));
	engine_run(&engine, 150 * NSEC_PER_MSEC_U64);
	for (unsigned int i = 0; i < 12; i++) {		/* 24 for kswapd, half of it for others */
		ck_assert(!swap_must_wait(swap, false));
		submitted(swap, i, 2 * i, true);
	}
	ck_assert(swap_must_wait(swap, false));
	submitted(swap, 12, 101, false);		/* takes 10 ms, 2 are wanted */
	engine_run(&engine, 250 * NSEC_PER_MSEC_U64);
	ck_assert_uint_le(swap->wbt.max_depth, 16);
	swap_destroy(swap);
	engine_destroy(&engine);
}
END_TEST

/* Requests that follow each other are one for the device while they wait, up to its limit. */
START_TEST(requests_that_wait_are_merged)
{
	static struct swap_request writes[8];
	struct swap_config config = { .kind = SWAP_SSD, .name = "test", .size_bytes = MIB,
				      .queue_depth = 1, .request_pages = 64, .write_ns = 1000 };
	struct swap_device *swap;

	engine_init(&engine);
	swap = swap_create(&config, &engine, 1, "test");
	for (int i = 0; i < 8; i++) {
		writes[i] = (struct swap_request){ .slot = 20 * i, .nr = 20, .write = true,
						   .complete = nothing };
		swap_submit(swap, &writes[i]);
	}
	/* the first at once; then three, three, and the last */
	ck_assert_uint_eq(swap->stats.writes, 4);
	ck_assert_uint_eq(swap->stats.pages_out, 160);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now, 4 * 1000);
	ck_assert_uint_eq(swap->nr_queued, 0);
	swap_destroy(swap);
	engine_destroy(&engine);
}
END_TEST

START_TEST(impossible_swap_devices_are_refused)
{
	struct swap_config config = { .kind = SWAP_HDD, .name = "x", .queue_depth = 1 };

	engine_init(&engine);
	config.size_bytes = 4095;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	config.size_bytes = UINT64_C(1) << 40;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	config.size_bytes = MIB;
	config.queue_depth = 0;
	ck_assert_ptr_null(swap_create(&config, &engine, 1, "test"));
	engine_destroy(&engine);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("swap_device");
	TCase *tc = tcase_create("swap_device");

	tcase_add_test(tc, windows_of_read_ahead_follow_hits);
	tcase_add_test(tc, data_of_all_requests_goes_over_one_link);
	tcase_add_test(tc, requests_that_wait_are_merged);
	tcase_add_test(tc, a_disk_is_served_in_batches_by_slot);
	tcase_add_test(tc, writes_are_throttled_for_reads);
	tcase_add_test(tc, impossible_swap_devices_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
