// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks by themselves: their queue, how many writes may be under way, and what lies on them.
 */
#include <check.h>

#include "disk.h"
#include "suite.h"

#define PAGES 65536

static struct engine engine;

static void nothing(struct disk_request *rq)
{
}

/* What a device moves in a second does not depend on how many requests it serves at once. */
START_TEST(data_of_all_requests_goes_over_one_link)
{
	static struct disk_request writes[64];
	const unsigned int depth[] = { 1, 4, 32 };
	struct disk_config config = { .kind = DISK_SSD, .name = "test",
				      .write_ns = 100000, .transfer_ns_page = 10000 };
	uint64_t took[3];

	for (int d = 0; d < 3; d++) {
		struct disk_extent *extent;

		engine_init(&engine);
		config.queue_depth = depth[d];
		extent = disk_create_private(&config, PAGES, &engine, 1, "test");
		for (int i = 0; i < 64; i++) {
			writes[i] = (struct disk_request){ .extent = extent, .page = 32 * i,
							   .nr = 32, .write = true,
							   .complete = nothing };
			disk_submit(&writes[i]);
		}
		engine_run(&engine, TIME_NEVER);
		took[d] = engine.now;
		disk_put_extent(extent);
		engine_destroy(&engine);
	}
	/* one after the other; then only the first fixed part is not beside other data */
	ck_assert_uint_eq(took[0], 64 * (100000 + 32 * 10000));
	ck_assert_uint_eq(took[1], 100000 + 64 * 32 * 10000);
	ck_assert_uint_eq(took[2], took[1]);
}
END_TEST

static struct disk_request *submitted(struct disk_extent *extent, unsigned int i, uint64_t page,
				      bool write)
{
	static struct disk_request requests[64];

	requests[i] = (struct disk_request){ .extent = extent, .page = page, .nr = 1,
					     .write = write, .complete = nothing };
	disk_submit(&requests[i]);
	return &requests[i];
}

/* dd_dispatch_request(): batches of 16, by sector, and a batch of writes after two of reads. */
START_TEST(a_disk_is_served_in_batches_by_block)
{
	struct disk_config config = { .kind = DISK_HDD, .name = "test",
				      .queue_depth = 1, .read_ns = 1000, .write_ns = 1000 };
	struct disk_request *write, *low, *high;
	struct disk_extent *extent;

	engine_init(&engine);
	extent = disk_create_private(&config, PAGES, &engine, 1, "test");
	submitted(extent, 0, 100, false);		/* at once */
	write = submitted(extent, 1, 50, true);
	low = submitted(extent, 2, 20, false);
	high = submitted(extent, 3, 140, false);
	engine_run(&engine, 1500);		/* the one further up goes first */
	ck_assert(high->issued == 1000 && !low->issued && !write->issued);
	engine_run(&engine, 2500);		/* then another batch of reads, from below */
	ck_assert(low->issued == 2000 && !write->issued);
	for (unsigned int i = 4; i < 40; i++)	/* 15 more are in that, 16 in the next */
		submitted(extent, i, 20 + 3 * i, false);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_ge(write->issued, 2000 + 16 * 1000);
	ck_assert_uint_le(write->issued, 2000 + 33 * 1000);
	disk_put_extent(extent);
	engine_destroy(&engine);
}
END_TEST

/*
 * wb_timer_fn(), get_limit(): who writes alone may have more under way, and less beside slow reads.
 */
START_TEST(writes_are_throttled_for_reads)
{
	struct disk_config config = { .kind = DISK_SSD, .name = "test",
				      .queue_depth = 64, .read_ns = 10000000,
				      .write_ns = 1000000 };
	struct disk_extent *extent;

	engine_init(&engine);
	extent = disk_create_private(&config, PAGES, &engine, 1, "test");
	for (unsigned int i = 0; i < 8; i++) {
		ck_assert(!disk_must_wait(extent->disk, false));
		submitted(extent, i, 2 * i, true);
	}
	ck_assert(disk_must_wait(extent->disk, false) && !disk_must_wait(extent->disk, true));
	engine_run(&engine, 150 * NSEC_PER_MSEC_U64);
	for (unsigned int i = 0; i < 12; i++) {		/* 24 for kswapd, half of it for others */
		ck_assert(!disk_must_wait(extent->disk, false));
		submitted(extent, i, 2 * i, true);
	}
	ck_assert(disk_must_wait(extent->disk, false));
	submitted(extent, 12, 101, false);		/* takes 10 ms, 2 are wanted */
	engine_run(&engine, 250 * NSEC_PER_MSEC_U64);
	ck_assert_uint_le(extent->disk->wbt.max_depth, 16);
	disk_put_extent(extent);
	engine_destroy(&engine);
}
END_TEST

/* Requests that follow each other are one for the device while they wait, up to its limit. */
START_TEST(requests_that_wait_are_merged)
{
	static struct disk_request writes[8];
	struct disk_config config = { .kind = DISK_SSD, .name = "test",
				      .queue_depth = 1, .request_pages = 64, .write_ns = 1000 };
	struct disk_extent *extent;

	engine_init(&engine);
	extent = disk_create_private(&config, PAGES, &engine, 1, "test");
	for (int i = 0; i < 8; i++) {
		writes[i] = (struct disk_request){ .extent = extent, .page = 20 * i, .nr = 20,
						   .write = true, .complete = nothing };
		disk_submit(&writes[i]);
	}
	/* the first at once; then three, three, and the last */
	ck_assert_uint_eq(extent->disk->stats.writes, 4);
	ck_assert_uint_eq(extent->disk->stats.pages_written, 160);
	engine_run(&engine, TIME_NEVER);
	ck_assert_uint_eq(engine.now, 4 * 1000);
	ck_assert_uint_eq(extent->disk->nr_queued, 0);
	disk_put_extent(extent);
	engine_destroy(&engine);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("disk");
	TCase *tc = tcase_create("disk");

	tcase_add_test(tc, data_of_all_requests_goes_over_one_link);
	tcase_add_test(tc, requests_that_wait_are_merged);
	tcase_add_test(tc, a_disk_is_served_in_batches_by_block);
	tcase_add_test(tc, writes_are_throttled_for_reads);
	suite_add_tcase(s, tc);
	return s;
}
