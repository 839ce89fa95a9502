// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving pages: what compaction, allocations of contiguous ranges and memory that goes offline make
 * of fragmented memory, and that whatever was in the pages is still there.
 */
#include "suite.h"
#include "user_guest.h"

#define HUGE_ORDER 9

/* Free memory in blocks of at least 2 MiB, in such blocks. */
static uint64_t huge_blocks(void)
{
	uint64_t blocks = 0;
	unsigned int order;
	int zone, type;

	for (zone = 0; zone <= PROBE_MOVABLE_ZONE; zone++)
		for (order = HUGE_ORDER; order <= 10; order++)
			for (type = 0; type < PROBE_ISOLATE; type++)
				blocks += (uint64_t)mm_probe_free_area(p, zone, order, type, NULL,
								       0) << (order - HUGE_ORDER);
	return blocks;
}

static uint64_t free_pages(void)
{
	struct mm_probe_zone z;
	uint64_t pages = 0;
	int zone;

	for (zone = 0; zone <= PROBE_MOVABLE_ZONE; zone++) {
		mm_probe_zone(p, zone, &z);
		pages += z.free;
	}
	return pages;
}

/* Fill memory in pages of 4 KiB, and give every second one back: @nr of them at @addr. */
static uint64_t fragment(struct mm_struct *mm, uint64_t mib)
{
	uint64_t addr = map(mm, MIB(mib), USER_THP_NOHUGEPAGE), i;

	write_all(mm, addr, MIB(mib));
	for (i = 0; i < PAGES(mib); i += 2)
		ck_assert_int_eq(user_release(mm, addr + i * 4096, 4096), 0);
	mm_probe_drain(p);
	return addr;
}

START_TEST(compaction_makes_blocks_of_what_is_free)
{
	struct mm_struct *mm;
	uint64_t addr, before;

	boot(THP_NEVER, 0);
	mm = user_mm_create(kernel, NULL);
	addr = fragment(mm, 500);
	before = huge_blocks();
	ck_assert_uint_lt(before * 512, free_pages() / 2);
	mm_probe_compact(p);
	check_all();
	/* 250 MiB were in single pages, nearly all of them come together. */
	ck_assert_uint_ge(huge_blocks(), before + 250 / 2 * 9 / 10);
	ck_assert_uint_eq(user_rss(mm), PAGES(250));
	verify(mm, addr, MIB(500));
	/* Once more changes little, and loses nothing. */
	before = huge_blocks();
	mm_probe_compact(p);
	ck_assert_uint_ge(huge_blocks(), before);
	verify(mm, addr, MIB(500));
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

START_TEST(who_needs_a_block_compacts_if_he_may)
{
	const uint32_t movable = PROBE_MOVABLE | PROBE_FAIL | 0x40000u;	/* __GFP_COMP */
	struct mm_struct *mm;
	uint64_t addr;
	int64_t pfn;

	boot(THP_NEVER, 0);
	mm = user_mm_create(kernel, NULL);
	addr = fragment(mm, 540);
	while ((pfn = mm_probe_alloc(p, movable & ~0x400u, HUGE_ORDER)) >= 0)
		;
	/* Without __GFP_DIRECT_RECLAIM there is none; with it there is. */
	ck_assert_int_lt(mm_probe_alloc(p, movable & ~0x400u, HUGE_ORDER), 0);
	pfn = mm_probe_alloc(p, movable & ~0x10000u, HUGE_ORDER);
	ck_assert_int_ge(pfn, 0);
	check_all();
	verify(mm, addr, MIB(540));
	mm_probe_free_page(p, pfn, HUGE_ORDER);
	user_mm_destroy(mm);
	shut_down();
}
END_TEST

/* Huge pages, shared memory, pages with a copy in swap, dirty and clean pages of files. */
START_TEST(pages_of_every_kind_can_be_moved)
{
	uint64_t huge, small, common, size = 160;
	struct mm_struct *mm, *other;
	int i;

	boot(THP_ALWAYS, 256);
	mm = user_mm_create(kernel, NULL);
	other = user_mm_create(kernel, NULL);
	ck_assert_int_eq(user_read_file(mm, "data", 0, MIB(64)), 0);
	ck_assert_int_eq(user_write_file(mm, "data", MIB(16), MIB(8)), 0);
	huge = map(mm, MIB(size), USER_THP_HUGEPAGE);
	write_all(mm, huge, MIB(size));
	common = user_map(mm, MIB(32), USER_THP_DEFAULT, "shared");
	write_all(mm, common, MIB(32));
	small = fragment(other, 400);
	verify(mm, huge, MIB(size));
	for (i = 0; i < 3; i++) {
		mm_probe_compact(p);
		check_all();
		ck_assert_int_eq(mm_probe_contig(p, 40960 + i * 1024, 40960 + 8192), 0);
		check_all();
		ck_assert_int_eq(user_read_file(mm, "data", 0, MIB(64)), 0);
		verify(mm, huge, MIB(size));
		verify(mm, common, MIB(32));
		verify(other, small, MIB(400));
		mm_probe_contig_free(p, 40960 + i * 1024, 40960 + 8192);
	}
	user_mm_destroy(other);
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

START_TEST(memory_goes_offline_with_all_that_is_in_it_moved)
{
	struct mm_probe_zone before, z;
	struct mm_struct *mm;
	uint64_t addr;

	movable_mib = 256;
	boot(THP_ALWAYS, 0);
	mm_probe_zone(p, PROBE_MOVABLE_ZONE, &before);
	ck_assert_uint_eq(before.start, PAGES(guest_mib - 256));
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, MIB(350), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(350));
	/* 384 to 512 MiB, the first block of the zone */
	ck_assert_int_eq(mm_probe_memory_block(p, 3, false), 0);
	check_all();
	mm_probe_zone(p, PROBE_MOVABLE_ZONE, &z);
	ck_assert_uint_eq(z.managed, before.managed - PAGES(128));
	verify(mm, addr, MIB(350));
	ck_assert_int_eq(mm_probe_memory_block(p, 3, false), -22);
	ck_assert_int_eq(mm_probe_memory_block(p, 3, true), 0);
	mm_probe_zone(p, PROBE_MOVABLE_ZONE, &z);
	ck_assert_uint_eq(z.managed, before.managed);
	user_mm_destroy(mm);
	check_nothing_left();
	/* Two zones, what the kernel has had since boot, and a block that is not there */
	ck_assert_int_eq(mm_probe_memory_block(p, 0, false), -22);
	ck_assert_int_eq(mm_probe_memory_block(p, 4, false), -16);
	ck_assert_int_eq(mm_probe_memory_block(p, 99, false), -2);
	shut_down();
	movable_mib = 0;
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_compaction");
	TCase *tc = tcase_create("compaction");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, compaction_makes_blocks_of_what_is_free);
	tcase_add_test(tc, who_needs_a_block_compacts_if_he_may);
	tcase_add_test(tc, pages_of_every_kind_can_be_moved);
	tcase_add_test(tc, memory_goes_offline_with_all_that_is_in_it_moved);
	suite_add_tcase(s, tc);
	return s;
}
