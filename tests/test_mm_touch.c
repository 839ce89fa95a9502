// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of its own memory a guest's kernel touches as it works: struct pages where 6.1 has them
 * (sparse_init_nid()), written by prep_new_page(), prep_compound_page() and free_pages_prepare(),
 * and what a process needs of the kernel's pages to begin and to end.
 */
#include "suite.h"
#include "user_guest.h"

/* memblock=debug: reserved in one piece, 64 bytes for each page, until 2 MiB before the end. */
static gfn_t struct_page(int64_t pfn)
{
	return gfn(PAGES(guest_mib) - PAGES(2) - PAGES(guest_mib) / 64 + pfn / 64);
}

static void boot_touched(void)
{
	struct mm_config config;

	boot(THP_NEVER, 0);
	mm_config_default(&config, PAGES(guest_mib), 1);
	mm_touch_reserved(&config);
}

/* The host takes pages away; one that is touched again is backed again. */
static void take(gfn_t g, uint64_t nr)
{
	ck_assert_int_eq(guest_ram_madvise(vm->ram, g.nr << 12, nr << 12, HOST_MADV_DONTNEED), 0);
	ck_assert_int_eq(guest_ram_state(vm->ram, g), RAM_NONE);
}

START_TEST(who_allocates_or_frees_a_page_touches_its_struct_page)
{
	int64_t pfn;

	boot_touched();
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	take(struct_page(pfn), 1);
	mm_probe_free_page(p, pfn, 0);
	ck_assert_int_eq(guest_ram_state(vm->ram, struct_page(pfn)), RAM_PRESENT);
	take(struct_page(pfn), 1);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), pfn);
	ck_assert_int_eq(guest_ram_state(vm->ram, struct_page(pfn)), RAM_PRESENT);
	mm_probe_free_page(p, pfn, 0);
	shut_down();
}
END_TEST

/* free_pages_prepare() looks at each page of a block. */
START_TEST(a_block_of_2_mib_has_eight_pages_of_the_memory_map)
{
	int64_t pfn, i;

	boot_touched();
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 9);
	take(gfn(struct_page(pfn).nr - 1), 10);
	mm_probe_free_page(p, pfn, 9);
	for (i = -1; i <= 8; i++)
		ck_assert_int_eq(guest_ram_state(vm->ram, gfn(struct_page(pfn).nr + i)),
				 i < 0 || i == 8 ? RAM_NONE : RAM_PRESENT);
	shut_down();
}
END_TEST

START_TEST(a_process_touches_active_pages_of_the_kernel_when_it_begins_and_ends)
{
	struct mm_struct *mm;
	int64_t pfn[2];

	boot_touched();
	pfn[0] = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	pfn[1] = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	guest_ram_fill(vm->ram, gfn(pfn[0]), 1, 1);
	guest_ram_fill(vm->ram, gfn(pfn[1]), 1, 1);
	mm_probe_active(p, pfn[0], 1, 1, NULL, 0);
	take(gfn(pfn[0]), 1);
	take(gfn(pfn[1]), 1);
	mm = user_mm_create(kernel, NULL);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(pfn[0])), RAM_PRESENT);
	take(gfn(pfn[0]), 1);
	user_mm_destroy(mm);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(pfn[0])), RAM_PRESENT);
	ck_assert_int_eq(guest_ram_state(vm->ram, gfn(pfn[1])), RAM_NONE);
	mm_probe_free_page(p, pfn[0], 0);
	mm_probe_free_page(p, pfn[1], 0);
	shut_down();
}
END_TEST

/* Which pages of a block are back when a process begins, as distances; returns how many. */
static unsigned int distances(int64_t pfn, unsigned int nr, unsigned int *distance)
{
	unsigned int i, last = 0, found = 0;
	struct mm_struct *mm;

	take(gfn(pfn), nr);
	mm = user_mm_create(kernel, NULL);
	for (i = 0; i < nr; i++) {
		if (guest_ram_state(vm->ram, gfn(pfn + i)) == RAM_NONE)
			continue;
		distance[found++] = i - last;
		last = i;
	}
	user_mm_destroy(mm);
	return found;
}

START_TEST(active_pages_are_as_far_apart_as_is_said_each_distance_equally_often)
{
	static const uint32_t gaps[] = { 1, 1, 2, 11 };
	unsigned int distance[64], count[12] = { 0 }, i;
	int64_t pfn;

	boot_touched();
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 6);
	guest_ram_fill(vm->ram, gfn(pfn), 64, 1);
	mm_probe_active(p, pfn, 64, 16, gaps, 4);
	ck_assert_uint_eq(distances(pfn, 64, distance), 16);
	for (i = 0; i < 16; i++) {
		ck_assert_uint_le(distance[i], 11);
		count[distance[i]]++;
	}
	ck_assert_uint_eq(count[1], 8);
	ck_assert_uint_eq(count[2], 4);
	ck_assert_uint_eq(count[11], 4);
	mm_probe_free_page(p, pfn, 6);
	shut_down();
}
END_TEST

START_TEST(active_pages_are_evenly_spread_where_no_distances_are_known)
{
	unsigned int distance[64], i;
	int64_t pfn;

	boot_touched();
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 6);
	guest_ram_fill(vm->ram, gfn(pfn), 64, 1);
	mm_probe_active(p, pfn, 64, 8, NULL, 0);
	ck_assert_uint_eq(distances(pfn, 64, distance), 8);
	for (i = 0; i < 8; i++)
		ck_assert_uint_eq(distance[i], i ? 8 : 7);
	mm_probe_free_page(p, pfn, 6);
	shut_down();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_touch");
	TCase *tc = tcase_create("touch");

	tcase_add_test(tc, who_allocates_or_frees_a_page_touches_its_struct_page);
	tcase_add_test(tc, a_block_of_2_mib_has_eight_pages_of_the_memory_map);
	tcase_add_test(tc, a_process_touches_active_pages_of_the_kernel_when_it_begins_and_ends);
	tcase_add_test(tc, active_pages_are_as_far_apart_as_is_said_each_distance_equally_often);
	tcase_add_test(tc, active_pages_are_evenly_spread_where_no_distances_are_known);
	suite_add_tcase(s, tc);
	return s;
}
