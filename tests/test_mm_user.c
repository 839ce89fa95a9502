// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of programs without tasks: huge pages that are released in part, swap and what is read
 * back from it, shared memory, the page cache.  After each step the maps, lists and counters must
 */
#include "suite.h"
#include "user_guest.h"

START_TEST(huge_pages_where_the_policy_allows_and_the_area_has_room)
{
	struct mm_struct *mm;
	uint64_t addr;

	boot(THP_ALWAYS, 0);
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, MIB(5), USER_THP_DEFAULT);
	/* from the top down, as Linux 6.1 does it: the end is aligned here, the start is not */
	ck_assert_uint_eq((addr + MIB(5)) % MIB(2), 0);
	write_all(mm, addr, MIB(5));
	/* 1 MiB of small pages, and 2 + 2 MiB */
	ck_assert_uint_eq(stats().faults[USER_FAULT_HUGE], 2);
	ck_assert_uint_eq(stats().faults[USER_FAULT_MINOR], PAGES(1));
	ck_assert_uint_eq(user_rss(mm), PAGES(5));
	addr = map(mm, MIB(4), USER_THP_NOHUGEPAGE);
	write_all(mm, addr, MIB(4));
	ck_assert_uint_eq(stats().faults[USER_FAULT_HUGE], 2);
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

/* The largest guest; what is below 12 TiB is in use. */
START_TEST(pages_beyond_8_tib_are_mapped_and_read_back)
{
	const uint64_t tib = UINT64_C(1) << 40, high = 12 * tib / 4096;
	uint64_t addr, nr;
	struct mm_struct *mm;

	guest_mib = 16 * tib >> 20;
	boot(THP_ALWAYS, 0);
	mm_probe_use_below(p, high);
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, MIB(4), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(4));
	ck_assert_uint_eq(stats().faults[USER_FAULT_HUGE], 2);
	for (nr = 0; nr < 4; nr++) {
		addr = map(mm, MIB(4), USER_THP_NOHUGEPAGE);
		write_all(mm, addr, MIB(4));
		verify(mm, addr, MIB(4));
	}
	/* The host has seen them where they are, and nothing of the terabytes below. */
	ck_assert_uint_ne(guest_ram_state(vm->ram, gfn(high)), RAM_NONE);
	for (nr = 0; nr < high; nr += 1 << 22)
		ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(nr)), RAM_NONE);
	ck_assert_uint_le(guest_ram_resident(vm->ram), PAGES(64));
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
	guest_mib = 640;
}
END_TEST

START_TEST(memory_that_is_only_read_takes_no_pages)
{
	struct mm_struct *mm;
	uint64_t addr;

	boot(_i ? THP_ALWAYS : THP_NEVER, 0);
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, MIB(8), USER_THP_DEFAULT);
	ck_assert_int_eq(user_touch(mm, addr, MIB(8), false), 0);
	ck_assert_uint_eq(user_rss(mm), 0);
	check_all();
	/* The zero page gives way to pages of the program's own, one by one. */
	write_all(mm, addr + MIB(2), MIB(1));
	ck_assert_uint_eq(user_rss(mm), PAGES(1));
	verify(mm, addr, MIB(8));
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

START_TEST(part_of_a_huge_page_comes_back_under_pressure_only)
{
	struct mm_struct *mm;
	struct mm_probe_zone zone;
	uint64_t addr, other, free, i;

	boot(THP_ALWAYS, 512);
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, MIB(64), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(64));
	mm_probe_zone(p, PROBE_DMA32, &zone);
	free = zone.free;
	for (i = 0; i < 32; i++)
		ck_assert_int_eq(user_release(mm, addr + MIB(2 * i), MIB(1)), 0);
	check_all();
	ck_assert_uint_eq(user_rss(mm), PAGES(32));
	/* The pages are whole still: nothing is free, nothing has been split. */
	mm_probe_zone(p, PROBE_DMA32, &zone);
	ck_assert_uint_le(zone.free, free);
	ck_assert_uint_eq(stats().thp_splits, 0);
	verify(mm, addr, MIB(64));
	other = map(mm, MIB(guest_mib), USER_THP_NOHUGEPAGE);
	write_all(mm, other, MIB(guest_mib));
	ck_assert_uint_eq(stats().thp_splits, 32);
	ck_assert_uint_gt(stats().swap_out, 0);
	ck_assert_uint_eq(user_rss(mm) + user_swapped(mm), PAGES(32 + guest_mib));
	verify(mm, addr, MIB(64));
	verify(mm, other, MIB(guest_mib));
	/* What was released reads as zero, and can be written again. */
	ck_assert_int_eq(user_touch(mm, addr, MIB(64), false), 0);
	write_all(mm, addr, MIB(64));
	verify(mm, addr, MIB(64));
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

START_TEST(what_went_to_swap_is_read_back_as_it_was)
{
	const uint64_t size = MIB(guest_mib + 256);
	struct mm_struct *mm;
	uint64_t addr;

	boot(_i ? THP_ALWAYS : THP_NEVER, 512);
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, size, USER_THP_DEFAULT);
	write_all(mm, addr, size);
	ck_assert_uint_ge(stats().swap_out, PAGES(256));
	ck_assert_uint_eq(user_rss(mm) + user_swapped(mm), size >> 12);
	verify(mm, addr, size);
	ck_assert_uint_ge(stats().swap_in, PAGES(256));
	ck_assert_uint_gt(user_maj_flt(mm), 0);
	/* New contents, backwards, and once more. */
	write_all(mm, addr + size / 2, size / 2);
	write_all(mm, addr, size / 2);
	verify(mm, addr, size);
	/* Pages in swap can be released like others. */
	ck_assert_int_eq(user_release(mm, addr, size / 2), 0);
	check_all();
	ck_assert_uint_eq(user_rss(mm) + user_swapped(mm), size >> 13);
	verify(mm, addr, size);
	ck_assert_int_eq(user_unmap(mm, addr, size), 0);
	check_nothing_left();
	user_mm_destroy(mm);
	shut_down();
}
END_TEST

/* Swapped pages that are read in their order: a request brings a window, all of it ahead. */
START_TEST(pages_read_upwards_come_eight_at_a_time)
{
	const uint64_t size = MIB(guest_mib + 256);
	uint64_t addr, swapped, major;
	struct mm_struct *mm;

	boot(THP_NEVER, 512);
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, size, USER_THP_DEFAULT);
	write_all(mm, addr, size);
	ck_assert_int_eq(user_release(mm, addr + size / 2, size / 2), 0);
	swapped = user_swapped(mm);
	ck_assert_uint_gt(swapped, PAGES(128));
	major = user_maj_flt(mm);
	verify(mm, addr, size / 2);
	major = user_maj_flt(mm) - major;
	ck_assert_uint_eq(user_swapped(mm), 0);
	ck_assert_msg(major >= swapped / 8 && major <= swapped / 8 + swapped / 100,
		      "%llu pages came in %llu requests", (unsigned long long)swapped,
		      (unsigned long long)major);
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

/* Each area has a window of its own: two that are read in turn, upwards both. */
START_TEST(areas_are_read_ahead_each_for_itself)
{
	const uint64_t size = MIB(guest_mib + 256);
	uint64_t addr, swapped, major, i;
	struct mm_struct *mm;

	boot(THP_NEVER, 512);
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, size, USER_THP_DEFAULT);
	write_all(mm, addr, size);
	ck_assert_int_eq(user_release(mm, addr + size / 2, size / 2), 0);
	ck_assert_int_eq(user_unmap(mm, addr + MIB(64), 4096), 0);
	swapped = user_swapped(mm);
	major = user_maj_flt(mm);
	for (i = 0; i < PAGES(32); i++) {
		ck_assert_int_eq(user_verify(mm, addr + i * 4096, 4096), 0);
		ck_assert_int_eq(user_verify(mm, addr + MIB(96) + i * 4096, 4096), 0);
	}
	swapped -= user_swapped(mm);
	major = user_maj_flt(mm) - major;
	ck_assert_uint_ge(swapped, PAGES(64));
	ck_assert_msg(major <= swapped / 8 + swapped / 100, "%llu pages came in %llu requests",
		      (unsigned long long)swapped, (unsigned long long)major);
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

START_TEST(more_than_memory_and_swap_is_refused_and_nothing_is_lost)
{
	struct mm_struct *mm;
	uint64_t addr, small;

	boot(_i ? THP_ALWAYS : THP_NEVER, _i ? 64 : 0);
	mm = user_mm_create(kernel, NULL);
	small = map(mm, MIB(16), USER_THP_DEFAULT);
	write_all(mm, small, MIB(16));
	addr = map(mm, MIB(guest_mib + 128), USER_THP_DEFAULT);
	ck_assert_int_eq(user_touch(mm, addr, MIB(guest_mib + 128), true), -ENOMEM);
	ck_assert_uint_eq(usermem_check(kernel), 0);
	ck_assert_int_eq(mm_check(kernel), 0);
	ck_assert_int_eq(user_unmap(mm, addr, MIB(guest_mib + 128)), 0);
	ck_assert_int_eq(user_verify(mm, small, MIB(16)), 0);
	ck_assert_uint_eq(host.stats.data_losses, 0);
	user_mm_destroy(mm);
	ck_assert_uint_eq(stats().anon_pages, 0);
	ck_assert_uint_eq(stats().swap_pages, 0);
	shut_down();
}
END_TEST

START_TEST(hole_in_an_area_is_a_fault_and_its_sides_stay)
{
	struct mm_struct *mm;
	uint64_t addr;

	boot(THP_ALWAYS, 0);
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, MIB(8), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(8));
	/* From the middle of a huge page to the middle of another. */
	ck_assert_int_eq(user_unmap(mm, addr + MIB(1), MIB(4)), 0);
	check_all();
	ck_assert_uint_eq(user_rss(mm), PAGES(4));
	ck_assert_int_eq(user_touch(mm, addr + MIB(1), 4096, false), -EFAULT);
	ck_assert_int_eq(user_touch(mm, addr, MIB(8), true), -EFAULT);
	ck_assert_int_eq(user_release(mm, addr + MIB(2), 4096), -ENOMEM);
	verify(mm, addr, MIB(1));
	verify(mm, addr + MIB(5), MIB(3));
	/* madvise() says that there is a hole, and goes on behind it. */
	ck_assert_int_eq(user_release(mm, addr + MIB(1) / 2, MIB(5) + MIB(1) / 2), -ENOMEM);
	check_all();
	ck_assert_uint_eq(user_rss(mm), PAGES(5) / 2);
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

START_TEST(memory_of_one_name_is_the_same_for_two_programs)
{
	struct mm_struct *a, *b;
	int64_t in_a, in_b;

	boot(THP_ALWAYS, 512);
	a = user_mm_create(kernel, NULL);
	b = user_mm_create(kernel, NULL);
	in_a = user_map(a, MIB(32), USER_THP_DEFAULT, "shm");
	in_b = user_map(b, MIB(32), USER_THP_DEFAULT, "shm");
	ck_assert(in_a > 0 && in_b > 0);
	ck_assert_int_eq(user_map(b, MIB(64), USER_THP_DEFAULT, "shm"), -EINVAL);
	write_all(a, in_a, MIB(32));
	ck_assert_uint_eq(stats().anon_pages, PAGES(32));
	verify(b, in_b, MIB(32));
	ck_assert_uint_eq(stats().anon_pages, PAGES(32));
	write_all(b, in_b + MIB(8), MIB(8));
	verify(a, in_a, MIB(32));
	/* One who lets go takes nothing away from the other. */
	ck_assert_int_eq(user_release(a, in_a, MIB(32)), 0);
	verify(b, in_b, MIB(32));
	user_mm_destroy(a);
	check_all();
	ck_assert_uint_eq(user_rss(b), PAGES(32));
	verify(b, in_b, MIB(32));
	user_mm_destroy(b);
	check_nothing_left();
	shut_down();
}
END_TEST

START_TEST(shared_memory_goes_to_swap_and_back_for_all_who_map_it)
{
	struct mm_struct *a, *b;
	int64_t in_a, in_b;
	uint64_t own;

	boot(THP_NEVER, 512);
	a = user_mm_create(kernel, NULL);
	b = user_mm_create(kernel, NULL);
	in_a = user_map(a, MIB(128), USER_THP_DEFAULT, "shm");
	in_b = user_map(b, MIB(128), USER_THP_DEFAULT, "shm");
	write_all(a, in_a, MIB(128));
	own = map(b, MIB(guest_mib - 64), USER_THP_DEFAULT);
	write_all(b, own, MIB(guest_mib - 64));
	ck_assert_uint_gt(user_swapped(a), 0);
	verify(b, in_b, MIB(128));
	write_all(b, in_b, MIB(64));
	verify(a, in_a, MIB(128));
	verify(b, own, MIB(guest_mib - 64));
	user_mm_destroy(b);
	verify(a, in_a, MIB(128));
	user_mm_destroy(a);
	check_nothing_left();
	shut_down();
}
END_TEST

static uint64_t used_pages(void)
{
	struct mm_probe_zone z;
	uint64_t used = 0;
	int zone;

	mm_probe_drain(p);
	for (zone = PROBE_DMA; zone <= PROBE_NORMAL; zone++) {
		mm_probe_zone(p, zone, &z);
		used += z.managed - z.free;
	}
	return used;
}

/* zram_write_page() and zs_malloc(): half a page for each, and no disk. */
START_TEST(on_zram_pages_take_memory_of_the_guest)
{
	uint64_t before, addr, in_swap, tables, written = MIB(guest_mib + 64);
	struct mm_struct *mm;

	guest_swap_zram = true;
	boot(THP_NEVER, 512);
	before = used_pages();
	mm = user_mm_create(kernel, NULL);
	addr = map(mm, written, USER_THP_DEFAULT);
	write_all(mm, addr, written);
	in_swap = stats().swap_pages;
	ck_assert_uint_gt(in_swap, PAGES(64));
	tables = written / MIB(2) + 64;		/* and what else a process has */
	ck_assert_uint_ge(used_pages() - before, user_rss(mm) + in_swap / 2);
	ck_assert_uint_le(used_pages() - before, user_rss(mm) + in_swap / 2 + tables);
	verify(mm, addr, written);
	user_mm_destroy(mm);
	check_nothing_left();
	ck_assert_uint_le(used_pages(), before + tables);	/* their grace period lasts */
	shut_down();
}
END_TEST

START_TEST(file_pages_make_room_for_programs)
{
	struct mm_struct *mm;
	uint64_t addr;

	boot(THP_NEVER, 0);
	mm = user_mm_create(kernel, NULL);
	ck_assert_int_eq(user_read_file(mm, "data", 0, MIB(256)), 0);
	check_all();
	ck_assert_uint_ge(stats().file_read, PAGES(256));
	ck_assert_uint_ge(stats().file_pages, PAGES(256));
	ck_assert_int_eq(user_write_file(mm, "log", 0, MIB(16)), 0);
	ck_assert_int_eq(user_sync_files(kernel), 0);
	check_all();
	ck_assert_uint_eq(stats().dirty_pages, 0);
	ck_assert_uint_eq(stats().file_written, PAGES(16));
	addr = map(mm, MIB(guest_mib - 128), USER_THP_DEFAULT);
	write_all(mm, addr, MIB(guest_mib - 128));
	ck_assert_uint_lt(stats().file_pages, PAGES(128));
	/* What was dropped comes from the disk again, as it was. */
	ck_assert_int_eq(user_read_file(mm, "data", 0, MIB(256)), 0);
	ck_assert_int_eq(user_read_file(mm, "log", 0, MIB(16)), 0);
	verify(mm, addr, MIB(guest_mib - 128));
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

START_TEST(reading_twice_makes_pages_of_a_file_active_and_writing_does_not)
{
	struct mm_struct *mm;

	boot(THP_NEVER, 0);
	mm = user_mm_create(kernel, NULL);
	ck_assert_int_eq(user_write_file(mm, "log", 0, MIB(4)), 0);
	ck_assert_int_eq(user_write_file(mm, "log", 0, MIB(4)), 0);
	ck_assert_int_eq(user_write_file(mm, "log", 0, MIB(4)), 0);
	ck_assert_uint_eq(mm_probe_active_file(p), 0);
	ck_assert_int_eq(user_read_file(mm, "log", 0, MIB(4)), 0);
	ck_assert_int_eq(user_read_file(mm, "log", 0, MIB(4)), 0);
	ck_assert_uint_ge(mm_probe_active_file(p), PAGES(4) - 32);	/* some in a batch */
	user_mm_destroy(mm);
	check_nothing_left();
	shut_down();
}
END_TEST

/* Random calls of three programs that together need more than the memory. */

#define NR_MMS 3
#define NR_AREAS 8
#define AREA_MIB 128
#define NR_STEPS 400

struct area {
	uint64_t addr;
	uint64_t bytes;
};

static struct random_stream dice;

static uint64_t below(uint64_t bound)
{
	return random_below(&dice, bound);
}

/* A range inside of an area, on pages; now and then all of it. */
static void draw_range(const struct area *a, uint64_t *addr, uint64_t *bytes)
{
	uint64_t pages = a->bytes >> 12, first = below(4) ? below(pages) : 0;

	*addr = a->addr + (first << 12);
	*bytes = (first ? 1 + below(pages - first) : pages) << 12;
}

static void random_step(struct mm_struct *mm, struct area *a, unsigned int n)
{
	static const enum user_thp advice[] = { USER_THP_DEFAULT, USER_THP_HUGEPAGE,
						USER_THP_NOHUGEPAGE };
	uint64_t addr, bytes;
	char name[8];

	if (!a->addr) {
		a->bytes = (1 + below(PAGES(AREA_MIB))) << 12;
		snprintf(name, sizeof(name), "shm-%u", n);
		if (n < 2)
			a->bytes = MIB(AREA_MIB);
		a->addr = user_map(mm, a->bytes, advice[below(3)], n < 2 ? name : NULL);
		ck_assert_int_gt((int64_t)a->addr, 0);
	}
	draw_range(a, &addr, &bytes);
	switch (below(8)) {
	case 0:
		ck_assert_int_eq(user_unmap(mm, a->addr, a->bytes), 0);
		a->addr = 0;
		break;
	case 1:
	case 2:
		ck_assert_int_eq(user_release(mm, addr, bytes), 0);
		break;
	case 3:
		ck_assert_int_eq(user_verify(mm, a->addr, a->bytes), 0);
		break;
	case 4:
		ck_assert_int_eq(user_touch(mm, addr, bytes, false), 0);
		break;
	case 5:
		ck_assert_int_eq(user_read_file(mm, "data", below(64) << 20, MIB(4)), 0);
		break;
	default:
		ck_assert_int_eq(user_touch(mm, addr, bytes, true), 0);
	}
}

START_TEST(random_calls_keep_maps_lists_and_contents_right)
{
	struct area areas[NR_MMS][NR_AREAS] = { 0 };
	struct mm_struct *mms[NR_MMS];
	unsigned int i, j;

	boot(_i % 2 ? THP_ALWAYS : THP_MADVISE, 2048);
	random_init(&dice, _i, "random calls");
	for (i = 0; i < NR_MMS; i++)
		mms[i] = user_mm_create(kernel, NULL);
	for (i = 0; i < NR_STEPS; i++) {
		unsigned int m = below(NR_MMS), n = below(NR_AREAS);

		random_step(mms[m], &areas[m][n], n);
		if (i % 32 == 0)
			check_all();
	}
	for (i = 0; i < NR_MMS; i++)
		for (j = 0; j < NR_AREAS; j++)
			if (areas[i][j].addr)
				verify(mms[i], areas[i][j].addr, areas[i][j].bytes);
	ck_assert_uint_gt(stats().swap_out, 0);
	for (i = 0; i < NR_MMS; i++)
		user_mm_destroy(mms[i]);
	check_nothing_left();
	shut_down();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_user");
	TCase *tc = tcase_create("user");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, huge_pages_where_the_policy_allows_and_the_area_has_room);
	tcase_add_test(tc, pages_beyond_8_tib_are_mapped_and_read_back);
	tcase_add_loop_test(tc, memory_that_is_only_read_takes_no_pages, 0, 2);
	tcase_add_test(tc, part_of_a_huge_page_comes_back_under_pressure_only);
	tcase_add_loop_test(tc, what_went_to_swap_is_read_back_as_it_was, 0, 2);
	tcase_add_test(tc, pages_read_upwards_come_eight_at_a_time);
	tcase_add_test(tc, areas_are_read_ahead_each_for_itself);
	tcase_add_loop_test(tc, more_than_memory_and_swap_is_refused_and_nothing_is_lost, 0, 2);
	tcase_add_test(tc, hole_in_an_area_is_a_fault_and_its_sides_stay);
	tcase_add_test(tc, memory_of_one_name_is_the_same_for_two_programs);
	tcase_add_test(tc, shared_memory_goes_to_swap_and_back_for_all_who_map_it);
	tcase_add_test(tc, on_zram_pages_take_memory_of_the_guest);
	tcase_add_test(tc, file_pages_make_room_for_programs);
	tcase_add_test(tc, reading_twice_makes_pages_of_a_file_active_and_writing_does_not);
	tcase_add_loop_test(tc, random_calls_keep_maps_lists_and_contents_right, 0, 4);
	suite_add_tcase(s, tc);
	return s;
}
