// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folios of programs' memory between a page and a huge page, as Linux 6.12 has them: which one a
 * fault gets, what becomes of it in parts, in swap and when it moves.  After each step the maps,
 * lists and counters must agree, and no page may have lost what was written.
 */
#include "suite.h"
#include "user_guest.h"

#define SIZE(order) (UINT64_C(4096) << (order))
#define ORDER(n) (1u << (n))
#define COMP 0x40000u		/* __GFP_COMP */
#define DIRECT 0x400u		/* __GFP_DIRECT_RECLAIM */

static uint64_t mthp(unsigned int order, enum mthp_stat stat)
{
	uint64_t value[NR_MTHP_STATS];

	usermem_mthp_stats(kernel, order, value);
	return value[stat];
}

static uint64_t faults(void)
{
	return stats().faults[USER_FAULT_MINOR];
}

static uint64_t free_pages(void)
{
	struct mm_probe_zone z;
	uint64_t pages = 0;
	int zone;

	for (zone = 0; zone <= PROBE_MOVABLE_ZONE; zone++) {
		mm_probe_zone(p, zone, &z);
		pages += z.free + z.pcp_count;
	}
	return pages;
}

static struct mm_struct *boot_with(enum thp_policy thp, unsigned int always, uint64_t swap_mib)
{
	orders_always = always;
	orders_madvise = orders_inherit = 0;
	boot(thp, swap_mib);
	return user_mm_create(kernel, NULL);
}

static void end(struct mm_struct *mm)
{
	unsigned int order;

	user_mm_destroy(mm);
	check_nothing_left();
	for (order = 2; order <= 9; order++) {
		ck_assert_uint_eq(mthp(order, MTHP_STAT_NR_ANON), 0);
		ck_assert_uint_eq(mthp(order, MTHP_STAT_NR_ANON_PARTIALLY_MAPPED), 0);
	}
	shut_down();
}

/* alloc_anon_folio(), set_ptes(): one fault for all of it, whichever page of it is touched. */
START_TEST(one_fault_maps_a_whole_folio)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(_i), 0);
	struct mm_probe_hooked call[8];
	uint64_t addr = map(mm, MIB(4), USER_THP_DEFAULT), before = faults(), i, nr, found = 0;

	/* page tables first */
	write_all(mm, addr, 4096);
	ck_assert_int_eq(mm_probe_hook(p, true), 0);
	ck_assert_int_eq(user_touch(mm, addr + 2 * SIZE(_i) - 4096, 4096, true), 0);
	nr = mm_probe_hooked(p, call, 8);
	mm_probe_hook(p, false);
	for (i = 0; i < nr; i++)
		if (call[i].hook == PROBE_ALLOCATED && call[i].order == (unsigned int)_i) {
			ck_assert_int_eq(call[i].pfn % (1 << _i), 0);
			found++;
		}
	ck_assert_uint_eq(found, 1);
	ck_assert_uint_eq(faults(), before + 2);
	ck_assert_uint_eq(user_rss(mm), 2 << _i);
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_ANON_FAULT_ALLOC), 2);
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_NR_ANON), 2);
	/* It is zero all over: a first write finds nothing of others, and reads find it all. */
	write_all(mm, addr, MIB(4));
	ck_assert_uint_eq(faults(), before + MIB(4) / SIZE(_i));
	ck_assert_uint_eq(user_rss(mm), PAGES(4));
	verify(mm, addr, MIB(4));
	ck_assert_int_eq(user_release(mm, addr, MIB(4)), 0);
	ck_assert_uint_eq(user_rss(mm), 0);
	/* What goes as a whole was never there in part. */
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_SPLIT_DEFERRED), 0);
	write_all(mm, addr, MIB(4));
	verify(mm, addr, MIB(4));
	ck_assert_uint_eq(stats().faults[USER_FAULT_HUGE], 0);
	end(mm);
}
END_TEST

/* The proposal of 2026 leaves clearing to the allocator, which knows what is zero. */
START_TEST(folio_that_the_allocator_clears_is_zero)
{
	struct mm_struct *mm;
	uint64_t addr;

	page_zeroed = true;
	mm = boot_with(THP_NEVER, ORDER(4), 0);
	addr = map(mm, MIB(4), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(4));
	ck_assert_int_eq(user_release(mm, addr, MIB(4)), 0);
	write_all(mm, addr, MIB(4));
	verify(mm, addr, MIB(4));
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), 2 * MIB(4) / SIZE(4));
	end(mm);
}
END_TEST

/* thp_vma_suitable_orders(): the range lies in the area; pages for the rest. */
START_TEST(folio_lies_in_the_area)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4) | ORDER(2), 0);
	uint64_t addr, size = 3 * SIZE(4) + 2 * SIZE(2) + 3 * 4096;

	/* its end is at a multiple of 64 KiB, and its start three pages below one of 16 */
	addr = map(mm, size, USER_THP_DEFAULT);
	ck_assert_uint_eq((addr + size) % SIZE(4), 0);
	write_all(mm, addr, size);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), 3);
	ck_assert_uint_eq(mthp(2, MTHP_STAT_ANON_FAULT_ALLOC), 2);
	ck_assert_uint_eq(faults(), 3 + 2 + 3);
	/* Sizes that did not fit are no fallbacks. */
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_FALLBACK), 0);
	end(mm);
}
END_TEST

/* pte_range_none(): the zero page is there, too. */
START_TEST(folio_takes_no_range_in_which_something_is_mapped)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4) | ORDER(2), 0);
	uint64_t addr = map(mm, MIB(1), USER_THP_DEFAULT);

	ck_assert_int_eq(user_touch(mm, addr + 5 * 4096, 4096, false), 0);
	ck_assert_uint_eq(user_rss(mm), 0);
	/* Of the four quarters of these 64 KiB the second one is spoilt. */
	write_all(mm, addr, SIZE(4));
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), 0);
	ck_assert_uint_eq(mthp(2, MTHP_STAT_ANON_FAULT_ALLOC), 3);
	ck_assert_uint_eq(user_rss(mm), 16);
	ck_assert_uint_eq(faults(), 1 + 3 + 4);
	write_all(mm, addr + SIZE(4), SIZE(4));
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), 1);
	verify(mm, addr, MIB(1));
	end(mm);
}
END_TEST

/* thp_vma_allowable_orders(): what the file of a size and the one of all sizes say together. */
START_TEST(settings_say_which_memory_gets_folios)
{
	static const struct {
		enum thp_policy thp;
		unsigned int always, madvise, inherit;
		enum user_thp advice;
		bool folio;
	} cases[] = {
		{ THP_NEVER, 16, 0, 0, USER_THP_DEFAULT, true },
		{ THP_NEVER, 16, 0, 0, USER_THP_NOHUGEPAGE, false },
		{ THP_ALWAYS, 0, 16, 0, USER_THP_DEFAULT, false },
		{ THP_NEVER, 0, 16, 0, USER_THP_HUGEPAGE, true },
		{ THP_ALWAYS, 0, 0, 16, USER_THP_DEFAULT, true },
		{ THP_MADVISE, 0, 0, 16, USER_THP_DEFAULT, false },
		{ THP_MADVISE, 0, 0, 16, USER_THP_HUGEPAGE, true },
		{ THP_NEVER, 0, 0, 16, USER_THP_HUGEPAGE, false },
	};
	struct mm_struct *mm;
	uint64_t addr;

	orders_always = cases[_i].always;
	orders_madvise = cases[_i].madvise;
	orders_inherit = cases[_i].inherit;
	boot(cases[_i].thp, 0);
	mm = user_mm_create(kernel, NULL);
	/* smaller than a huge page */
	addr = map(mm, MIB(1), cases[_i].advice);
	write_all(mm, addr, MIB(1));
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), cases[_i].folio ? 16 : 0);
	/* shared memory has settings of its own */
	addr = user_map(mm, MIB(1), cases[_i].advice, "shared");
	write_all(mm, addr, MIB(1));
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), cases[_i].folio ? 16 : 0);
	end(mm);
}
END_TEST

/* A huge page where there is room for one, folios for the rest (handle_mm_fault()). */
START_TEST(huge_pages_come_first)
{
	struct mm_struct *mm = boot_with(THP_ALWAYS, ORDER(4), 0);
	uint64_t addr = map(mm, MIB(5), USER_THP_DEFAULT);

	write_all(mm, addr, MIB(5));
	ck_assert_uint_eq(stats().faults[USER_FAULT_HUGE], 2);
	ck_assert_uint_eq(mthp(9, MTHP_STAT_ANON_FAULT_ALLOC), 2);
	ck_assert_uint_eq(mthp(9, MTHP_STAT_NR_ANON), 2);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), 16);
	ck_assert_uint_eq(faults(), 16);
	end(mm);
}
END_TEST

/* Free memory in blocks of one order: every second one of such a size of a program's. */
static uint64_t leave_blocks_of(struct mm_struct *mm, unsigned int order)
{
	const uint64_t size = MIB(540);
	uint64_t addr = map(mm, size, USER_THP_NOHUGEPAGE), at;
	unsigned int larger;

	write_all(mm, addr, size);
	for (at = 0; at < size; at += 2 * SIZE(order))
		ck_assert_int_eq(user_release(mm, addr + at, SIZE(order)), 0);
	mm_probe_drain(p);
	for (larger = 10; larger > order; larger--)
		while (mm_probe_alloc(p, (PROBE_MOVABLE | PROBE_FAIL) & ~DIRECT, larger) >= 0)
			;
	return addr;
}

/* alloc_anon_folio(): the next smaller order when there is no block, pages in the end. */
START_TEST(without_a_block_a_smaller_one_does)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4) | ORDER(3) | ORDER(2), 0);
	uint64_t addr, stalls;

	leave_blocks_of(mm, _i);
	stalls = mm_probe_event(p, "compact_stall");
	addr = map(mm, SIZE(4), USER_THP_DEFAULT);
	write_all(mm, addr, SIZE(4));
	ck_assert_uint_ge(mthp(4, MTHP_STAT_ANON_FAULT_FALLBACK), 1);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), 0);
	ck_assert_uint_eq(mthp(3, MTHP_STAT_ANON_FAULT_ALLOC), 0);
	ck_assert_uint_eq(mthp(2, MTHP_STAT_ANON_FAULT_ALLOC), _i == 2 ? 4 : 0);
	/* What lies beside one of 16 KiB does not ask for 64 any more; nor for 32 in its half. */
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_FALLBACK), 1);
	ck_assert_uint_eq(mthp(3, MTHP_STAT_ANON_FAULT_FALLBACK), 2);
	ck_assert_uint_eq(mthp(2, MTHP_STAT_ANON_FAULT_FALLBACK), _i == 2 ? 0 : 4);
	ck_assert_uint_eq(mm_probe_event(p, "compact_stall"), stalls);
	end(mm);
}
END_TEST

/* vma_thp_gfp_mask(): transparent_hugepage/defrag says whether somebody makes a block. */
START_TEST(defrag_says_who_compacts_for_a_folio)
{
	static const struct {
		enum thp_defrag defrag;
		enum user_thp advice;
		bool compacts;
	} cases[] = {
		{ THP_DEFRAG_MADVISE, USER_THP_DEFAULT, false },
		{ THP_DEFRAG_MADVISE, USER_THP_HUGEPAGE, true },
		{ THP_DEFRAG_ALWAYS, USER_THP_DEFAULT, true },
		{ THP_DEFRAG_NEVER, USER_THP_HUGEPAGE, false },
	};
	struct mm_struct *mm;
	uint64_t addr, stalls;

	guest_defrag = cases[_i].defrag;
	mm = boot_with(THP_NEVER, ORDER(4), 0);
	leave_blocks_of(mm, 0);
	stalls = mm_probe_event(p, "compact_stall");
	addr = map(mm, SIZE(4), cases[_i].advice);
	write_all(mm, addr, SIZE(4));
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), cases[_i].compacts);
	ck_assert(mthp(4, MTHP_STAT_ANON_FAULT_FALLBACK) != 0 || cases[_i].compacts);
	ck_assert_int_eq(mm_probe_event(p, "compact_stall") > stalls, cases[_i].compacts);
	end(mm);
	guest_defrag = THP_DEFRAG_MADVISE;
}
END_TEST

/* pcp_allowed_order(): up to 32 KiB by way of the CPU's lists, in one order with what else goes. */
START_TEST(freed_folios_up_to_32_kib_are_on_the_cpus_lists)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(_i), 0);
	uint64_t addr = map(mm, SIZE(_i), USER_THP_DEFAULT);
	struct mm_probe_zone before, z;

	write_all(mm, addr, SIZE(_i));
	mm_probe_drain(p);
	mm_probe_zone(p, PROBE_DMA32, &before);
	ck_assert_int_eq(before.pcp_count, 0);
	ck_assert_int_eq(user_release(mm, addr, SIZE(_i)), 0);
	mm_probe_zone(p, PROBE_DMA32, &z);
	if (_i <= 3) {
		ck_assert_int_eq(z.pcp_count, 1 << _i);
		ck_assert_uint_eq(z.free, before.free);
		/* its list: three for each order of the types that have one */
		ck_assert_uint_eq(mm_probe_pcp_list(p, PROBE_DMA32, 3 * _i + PROBE_MOVABLE_TYPE,
						    NULL, 0), 1);
	} else {
		ck_assert_int_eq(z.pcp_count, 0);
		ck_assert_uint_eq(z.free, before.free + (1 << _i));
	}
	end(mm);
}
END_TEST

/* __folio_remove_rmap(), deferred_split_folio(): whole, until memory is short. */
START_TEST(part_of_a_folio_comes_back_under_pressure_only)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(_i), 512);
	uint64_t addr, other, free, folios = MIB(64) / SIZE(_i), i;

	addr = map(mm, MIB(64), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(64));
	mm_probe_drain(p);
	free = free_pages();
	for (i = 0; i < folios; i++)
		ck_assert_int_eq(user_release(mm, addr + i * SIZE(_i), SIZE(_i) / 2), 0);
	check_all();
	ck_assert_uint_eq(user_rss(mm), PAGES(32));
	ck_assert_uint_eq(free_pages(), free);
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_SPLIT_DEFERRED), folios);
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_NR_ANON_PARTIALLY_MAPPED), folios);
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_SPLIT), 0);
	/* More of one that waits already changes nothing but what is mapped. */
	ck_assert_int_eq(user_release(mm, addr + SIZE(_i) / 2, 4096), 0);
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_SPLIT_DEFERRED), folios);
	verify(mm, addr, MIB(64));
	other = map(mm, MIB(guest_mib), USER_THP_NOHUGEPAGE);
	write_all(mm, other, MIB(guest_mib));
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_SPLIT), folios);
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_NR_ANON), 0);
	/* That is no fallback of swapping, and none of huge pages. */
	ck_assert_uint_eq(mthp(_i, MTHP_STAT_SWPOUT_FALLBACK), 0);
	ck_assert_uint_eq(stats().thp_splits, 0);
	ck_assert_uint_eq(mm_probe_event(p, "thp_split_page"), 0);
	ck_assert_uint_eq(user_rss(mm) + user_swapped(mm), PAGES(32 + guest_mib) - 1);
	verify(mm, addr, MIB(64));
	verify(mm, other, MIB(guest_mib));
	ck_assert_int_eq(user_unmap(mm, other, MIB(guest_mib)), 0);
	/* What was released is zero, and can be written again. */
	write_all(mm, addr, MIB(64));
	verify(mm, addr, MIB(64));
	end(mm);
}
END_TEST

/* A folio whose last page goes, in whatever order and in however many calls, is free as a whole. */
START_TEST(folio_unmapped_bit_by_bit_is_free_as_one)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4), 0);
	uint64_t addr, i, free;

	addr = map(mm, MIB(1), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(1));
	mm_probe_drain(p);
	free = free_pages();
	for (i = 0; i < 15; i++)
		ck_assert_int_eq(user_release(mm, addr + SIZE(4) + (i * 7 + 3) % 16 * 4096, 4096),
				 0);
	check_all();
	ck_assert_uint_eq(free_pages(), free);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_NR_ANON_PARTIALLY_MAPPED), 1);
	ck_assert_int_eq(user_release(mm, addr + SIZE(4) + (15 * 7 + 3) % 16 * 4096, 4096), 0);
	check_all();
	ck_assert_uint_eq(free_pages(), free + 16);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_NR_ANON), 15);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_NR_ANON_PARTIALLY_MAPPED), 0);
	/* From the middle of one to the middle of another, those between are whole. */
	ck_assert_int_eq(user_release(mm, addr + SIZE(4) * 2 + SIZE(3), 3 * SIZE(4)), 0);
	check_all();
	ck_assert_uint_eq(free_pages(), free + 16 + 2 * 16);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_NR_ANON_PARTIALLY_MAPPED), 2);
	/* Around what is left of a folio there is room for pages only, until all of it is gone. */
	i = mthp(4, MTHP_STAT_ANON_FAULT_ALLOC);
	write_all(mm, addr, MIB(1));
	ck_assert_uint_eq(mthp(4, MTHP_STAT_ANON_FAULT_ALLOC), i + 3);
	verify(mm, addr, MIB(1));
	end(mm);
}
END_TEST

/* shrink_folio_list(): a swap file has no room for a folio as a whole, its pages go one by one. */
START_TEST(folios_are_split_on_their_way_to_a_swap_file)
{
	const uint64_t size = MIB(guest_mib + 128);
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4) | ORDER(2), 512);
	uint64_t addr, split;

	addr = map(mm, size, USER_THP_DEFAULT);
	write_all(mm, addr, size);
	ck_assert_uint_ge(stats().swap_out, PAGES(128));
	split = mthp(4, MTHP_STAT_SPLIT);
	ck_assert_uint_ge(split * 16, PAGES(128) / 2);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_SWPOUT_FALLBACK), split);
	ck_assert_uint_eq(mthp(4, MTHP_STAT_NR_ANON), mthp(4, MTHP_STAT_ANON_FAULT_ALLOC) - split);
	ck_assert_uint_eq(user_rss(mm) + user_swapped(mm), size >> 12);
	verify(mm, addr, size);
	/* They come back as pages (alloc_swap_folio() is for devices that need no swap cache). */
	ck_assert_uint_ge(stats().swap_in, PAGES(128));
	write_all(mm, addr + size / 2, size / 2);
	verify(mm, addr, size);
	end(mm);
}
END_TEST

/* folio_check_references(): one mapping of one process, however many of its pages were used. */
START_TEST(fresh_folio_is_not_active_for_its_many_entries)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4), 512);
	uint64_t addr, other, activated;

	addr = map(mm, MIB(64), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(64));
	activated = mm_probe_event(p, "pgactivate");
	other = map(mm, MIB(guest_mib), USER_THP_NOHUGEPAGE);
	write_all(mm, other, MIB(guest_mib));
	ck_assert_uint_eq(mm_probe_event(p, "pgactivate"), activated);
	ck_assert_uint_gt(mthp(4, MTHP_STAT_SWPOUT_FALLBACK), 0);
	verify(mm, addr, MIB(64));
	end(mm);
}
END_TEST

/* folio_referenced(): as long as any of its pages is used between two looks, it stays. */
START_TEST(folio_that_is_used_again_stays)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4), 512);
	uint64_t addr, other, at, i;

	addr = map(mm, MIB(32), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(32));
	other = map(mm, MIB(guest_mib), USER_THP_NOHUGEPAGE);
	for (at = 0; at < MIB(guest_mib); at += MIB(8)) {
		write_all(mm, other + at, MIB(8));
		for (i = 0; i < MIB(32); i += SIZE(4))
			ck_assert_int_eq(user_touch(mm, addr + i + at / MIB(8) % 16 * 4096, 1,
						    false), 0);
	}
	ck_assert_uint_gt(stats().swap_out, 0);
	/* A few are come by twice before they are used again. */
	ck_assert_uint_lt(mthp(4, MTHP_STAT_SWPOUT_FALLBACK), MIB(1) / SIZE(4));
	end(mm);
}
END_TEST

static uint64_t huge_blocks(void)
{
	uint64_t blocks = 0;
	unsigned int order;
	int zone, type;

	for (zone = 0; zone <= PROBE_MOVABLE_ZONE; zone++)
		for (order = 9; order <= 10; order++)
			for (type = 0; type < PROBE_ISOLATE; type++)
				blocks += (uint64_t)mm_probe_free_area(p, zone, order, type, NULL,
								       0) << (order - 9);
	return blocks;
}

/* isolate_migratepages_block(), compaction_alloc(): folios move as they are. */
START_TEST(compaction_moves_folios_whole)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(_i), 0);
	uint64_t addr, before, at, folios;
	const uint64_t size = MIB(500);

	addr = map(mm, size, USER_THP_DEFAULT);
	write_all(mm, addr, size);
	for (at = 0; at < size; at += 2 * SIZE(_i))
		ck_assert_int_eq(user_release(mm, addr + at, SIZE(_i)), 0);
	mm_probe_drain(p);
	folios = mthp(_i, MTHP_STAT_NR_ANON);
	ck_assert_uint_eq(folios, size / SIZE(_i) / 2);
	before = huge_blocks();
	mm_probe_compact(p);
	check_all();
	ck_assert_uint_ge(huge_blocks(), before + 250 / 2 * 9 / 10);
	ck_assert_uint_gt(mm_probe_event(p, "pgmigrate_success"), PAGES(250) / 4);
	/* Those of the lower half are; some find nothing but single pages that were left over. */
	ck_assert_uint_ge(mthp(_i, MTHP_STAT_NR_ANON), folios * (_i == 2 ? 98 : 65) / 100);
	ck_assert_uint_eq(mm_probe_event(p, "thp_migration_success"), 0);
	ck_assert_uint_eq(mm_probe_event(p, "thp_migration_split"), 0);
	verify(mm, addr, size);
	/* Moved ones are folios like others: in parts, and free as a whole. */
	ck_assert_int_eq(user_release(mm, addr, size), 0);
	check_all();
	ck_assert_uint_eq(user_rss(mm), 0);
	end(mm);
}
END_TEST

/* compaction_alloc() finds no block of the size: the folio is split, and its pages are moved. */
START_TEST(folio_that_finds_no_room_is_moved_in_pages)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4), 0);
	uint64_t addr = map(mm, MIB(250), USER_THP_DEFAULT), other;
	uint64_t at;

	write_all(mm, addr, MIB(250));
	/* Room above them in single pages only. */
	other = map(mm, MIB(290), USER_THP_NOHUGEPAGE);
	write_all(mm, other, MIB(290));
	for (at = 0; at < MIB(290); at += 2 * 4096)
		ck_assert_int_eq(user_release(mm, other + at, 4096), 0);
	for (at = 0; at < MIB(250); at += 2 * SIZE(4))
		ck_assert_int_eq(user_release(mm, addr + at, SIZE(4)), 0);
	mm_probe_drain(p);
	mm_probe_compact(p);
	check_all();
	ck_assert_uint_gt(mthp(4, MTHP_STAT_SPLIT), 0);
	verify(mm, addr, MIB(250));
	verify(mm, other, MIB(290));
	end(mm);
}
END_TEST

/* migrate_pages_batch(): what is left of a folio is split before it is moved. */
START_TEST(folio_in_parts_is_split_before_it_moves)
{
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4), 0);
	uint64_t addr, at, free;
	const uint64_t size = MIB(500);

	addr = map(mm, size, USER_THP_DEFAULT);
	write_all(mm, addr, size);
	for (at = 0; at < size; at += SIZE(4))
		ck_assert_int_eq(user_release(mm, addr + at, at / SIZE(4) % 2 ? 4096 : SIZE(4)),
				 0);
	mm_probe_drain(p);
	free = free_pages();
	mm_probe_compact(p);
	mm_probe_drain(p);
	check_all();
	ck_assert_uint_gt(mthp(4, MTHP_STAT_SPLIT), 0);
	/* which gives back the page that nobody had mapped any more, of each */
	ck_assert_uint_ge(free_pages(), free + mthp(4, MTHP_STAT_SPLIT));
	verify(mm, addr, size);
	end(mm);
}
END_TEST

/* skip_isolation_on_order(): no use to move a folio as large as what is wanted. */
START_TEST(folios_are_not_moved_for_blocks_of_their_size)
{
	const uint32_t movable = (PROBE_MOVABLE | PROBE_FAIL | COMP) & ~0x10000u;
	struct mm_struct *mm = boot_with(THP_NEVER, ORDER(4), 0);
	uint64_t addr = map(mm, MIB(540), USER_THP_DEFAULT), moved;

	write_all(mm, addr, MIB(540));
	/* every fourth: there is room to move to, and of order 4 nothing has to be made */
	for (moved = 0; moved < MIB(540); moved += 4 * SIZE(4))
		ck_assert_int_eq(user_release(mm, addr + moved, SIZE(4)), 0);
	while (mm_probe_alloc(p, movable & ~DIRECT, 4) >= 0)
		;
	ck_assert_uint_eq(mm_probe_event(p, "pgmigrate_success"), 0);
	mm_probe_alloc(p, movable, 4);
	ck_assert_uint_eq(mm_probe_event(p, "pgmigrate_success"), 0);
	check_all();
	verify(mm, addr, MIB(540));
	end(mm);
}
END_TEST

/* do_migrate_range(), alloc_migration_target() */
START_TEST(memory_goes_offline_with_the_folios_in_it)
{
	struct mm_struct *mm;
	uint64_t addr, folios;

	movable_mib = 256;
	mm = boot_with(THP_NEVER, ORDER(_i), 0);
	addr = map(mm, MIB(350), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(350));
	folios = mthp(_i, MTHP_STAT_NR_ANON);
	/* some in parts */
	ck_assert_int_eq(user_release(mm, addr + 5 * SIZE(_i), 4096), 0);
	ck_assert_int_eq(user_release(mm, addr + MIB(349) + SIZE(_i) / 2, SIZE(_i) / 2), 0);
	ck_assert_int_eq(mm_probe_memory_block(p, 3, false), 0);
	check_all();
	verify(mm, addr, MIB(350));
	ck_assert_uint_ge(mthp(_i, MTHP_STAT_NR_ANON), folios - 2);
	ck_assert_uint_gt(mm_probe_event(p, "pgmigrate_success"), PAGES(32));
	ck_assert_int_eq(mm_probe_memory_block(p, 3, true), 0);
	movable_mib = 0;
	end(mm);
}
END_TEST

/* Anything in any order; whatever happens, contents, maps and counters agree. */
START_TEST(all_sizes_at_random)
{
	struct mm_struct *mm = boot_with(_i % 2 ? THP_ALWAYS : THP_NEVER, 0x1fc, 256);
	struct random_stream random;
	uint64_t addr = map(mm, MIB(700), USER_THP_DEFAULT), at, len;
	int step;

	random_init(&random, _i, "folios");
	for (step = 0; step < 400; step++) {
		at = addr + (random_below(&random, MIB(690)) & ~UINT64_C(4095));
		len = 4096 << random_below(&random, 12);
		switch (random_below(&random, 8)) {
		case 0: case 1: case 2: case 3:
			ck_assert_int_eq(user_touch(mm, at, len, true), 0);
			break;
		case 4:
			ck_assert_int_eq(user_touch(mm, at, len, false), 0);
			break;
		case 5: case 6:
			ck_assert_int_eq(user_release(mm, at, len), 0);
			break;
		default:
			if (step % 5 == 0)
				mm_probe_compact(p);
			break;
		}
		if (step % 20 == 0)
			verify(mm, addr, MIB(700));
	}
	verify(mm, addr, MIB(700));
	ck_assert_uint_gt(mthp(8, MTHP_STAT_ANON_FAULT_ALLOC), 0);
	ck_assert(_i % 2 || mthp(2, MTHP_STAT_ANON_FAULT_ALLOC));
	end(mm);
}
END_TEST

static void add_faults(TCase *tc)
{
	tcase_add_loop_test(tc, one_fault_maps_a_whole_folio, 2, 9);
	tcase_add_test(tc, folio_lies_in_the_area);
	tcase_add_test(tc, folio_takes_no_range_in_which_something_is_mapped);
	tcase_add_loop_test(tc, settings_say_which_memory_gets_folios, 0, 8);
	tcase_add_test(tc, huge_pages_come_first);
	tcase_add_loop_test(tc, without_a_block_a_smaller_one_does, 0, 3);
	tcase_add_loop_test(tc, defrag_says_who_compacts_for_a_folio, 0, 4);
}

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_folio");
	TCase *tc = tcase_create("mm_folio");

	(void)argc;
	(void)argv;
	tcase_set_timeout(tc, 120);
	add_faults(tc);
	tcase_add_loop_test(tc, freed_folios_up_to_32_kib_are_on_the_cpus_lists, 2, 9);
	tcase_add_loop_test(tc, part_of_a_folio_comes_back_under_pressure_only, 2, 9);
	tcase_add_test(tc, folio_unmapped_bit_by_bit_is_free_as_one);
	tcase_add_test(tc, folios_are_split_on_their_way_to_a_swap_file);
	tcase_add_test(tc, fresh_folio_is_not_active_for_its_many_entries);
	tcase_add_test(tc, folio_that_is_used_again_stays);
	tcase_add_test(tc, folio_that_the_allocator_clears_is_zero);
	tcase_add_loop_test(tc, compaction_moves_folios_whole, 2, 6);
	tcase_add_test(tc, folio_that_finds_no_room_is_moved_in_pages);
	tcase_add_test(tc, folio_in_parts_is_split_before_it_moves);
	tcase_add_test(tc, folios_are_not_moved_for_blocks_of_their_size);
	tcase_add_loop_test(tc, memory_goes_offline_with_the_folios_in_it, 2, 9);
	tcase_add_loop_test(tc, all_sizes_at_random, 0, 6);
	suite_add_tcase(s, tc);
	return s;
}
