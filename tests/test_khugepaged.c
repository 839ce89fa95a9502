// SPDX-License-Identifier: GPL-2.0-only
/*
 * khugepaged: which blocks become huge pages again, when, and what that takes.  Rules are those of
 * mm/khugepaged.c in Linux 6.1.
 */
#include "host_swap.h"
#include "host_vms.h"
#include "suite.h"

#define S UINT64_C(1000000000)

static struct kvm_vm *vm;
static struct event alive;

static void nothing(struct event *ev)
{
}

/* Something is left to come for an hour, so that whoever looks again and again does. */
static void setup(void)
{
	khugepaged = (struct host_khugepaged){
		.pages_to_scan = 4096, .max_ptes_none = 511, .max_ptes_swap = 64,
		.scan_sleep_ns = 10 * S, .alloc_sleep_ns = 60 * S,
	};
	make_host(256, 2, HOST_THP_ALWAYS);
	event_init(&alive, nothing);
	event_add(&engine, &alive, 3600 * S);
	vm = make_vm("g", 64);
}

static void teardown(void)
{
	ck_assert_uint_eq(losses, 0);
	unmake_host();
}

/* Another host, with other settings. */
static void again(const struct host_khugepaged *config)
{
	unmake_host();
	setup();
	unmake_host();
	khugepaged = *config;
	make_host(256, 2, HOST_THP_ALWAYS);
	event_init(&alive, nothing);
	event_add(&engine, &alive, 3600 * S);
	vm = make_vm("g", 64);
}

static void until(uint64_t ns)
{
	engine_run(&engine, ns);
}

static void discard(uint64_t first, uint64_t nr)
{
	ck_assert_int_eq(guest_ram_madvise(vm->ram, first << 12, nr << 12, HOST_MADV_DONTNEED), 0);
}

/* A huge page of which all but the first page are discarded. */
static void balloon(uint64_t block)
{
	guest_ram_write(vm->ram, gfn(block * 512), 512, 1000 * block + 1);
	discard(block * 512 + 1, 511);
	ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(block * 512)), RAM_PRESENT);
}

/* A block of so many small pages, the others nothing. */
static void small_pages(uint64_t block, uint64_t nr)
{
	balloon(block);
	discard(block * 512, 1);
	guest_ram_write(vm->ram, gfn(block * 512), nr, 1000 * block + 1);
	ck_assert_uint_eq(guest_ram_huge(vm->ram), 0);
}

START_TEST(one_page_is_enough_and_the_rest_of_the_block_is_taken_again)
{
	uint64_t i;

	balloon(0);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 1);
	host_start_vm(vm);
	until(S);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 512);
	ck_assert_uint_eq(guest_ram_huge(vm->ram), 512);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 1);
	ck_assert_uint_eq(vm->ram->collapse_filled, 511);
	ck_assert_uint_eq(host_used_pages(&host), 512);
	ck_assert_uint_eq(host.partial_pages, 0);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(0)), 1);
	for (i = 1; i < 512; i++)
		ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(i)), 0);
	/* It is one like any other. */
	discard(0, 512);
	ck_assert_uint_eq(host_used_pages(&host), 0);
}
END_TEST

START_TEST(small_pages_are_copied_and_their_frames_are_free)
{
	small_pages(0, 300);
	ck_assert_uint_eq(host_used_pages(&host), 300);
	host_start_vm(vm);
	until(S);
	ck_assert_uint_eq(guest_ram_huge(vm->ram), 512);
	ck_assert_uint_eq(vm->ram->collapse_filled, 212);
	ck_assert_uint_eq(host_used_pages(&host), 512);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(299)), 300);
	ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(300)), 0);
	ck_assert_uint_eq(host.kswapd_account.count[COST_PAGE_READ], 300);
	ck_assert_uint_eq(host.kswapd_account.count[COST_HOST_ZERO], 212);
}
END_TEST

START_TEST(max_ptes_none_is_how_much_may_be_nothing)
{
	struct host_khugepaged config = khugepaged;

	config.max_ptes_none = 510;
	again(&config);
	balloon(0);
	small_pages(1, 2);
	host_start_vm(vm);
	until(S);
	ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(0)), RAM_PRESENT);
	ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(512)), RAM_PRESENT_HUGE);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 1 + 512);
}
END_TEST

/* 4096 pages every 10 s are eight blocks; those that were huge all the time count as well. */
START_TEST(eight_blocks_are_looked_at_every_ten_seconds)
{
	uint64_t block;

	for (block = 0; block < 20; block++)
		balloon(block);
	guest_ram_write(vm->ram, gfn(20 * 512), 4 * 512, 1);
	balloon(24);
	host_start_vm(vm);
	until(9 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 8);
	until(11 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 16);
	until(21 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 20);
	until(31 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 21);
}
END_TEST

START_TEST(what_nobody_uses_stays_as_it_is)
{
	uint64_t i;

	small_pages(0, 400);
	for (i = 0; i < 400; i++)
		vm->ram->page[i].state &= ~(PAGE_ACCESSED | PAGE_REFERENCED);
	host_start_vm(vm);
	until(S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 0);
	vm->ram->page[7].state |= PAGE_ACCESSED;
	until(50 * S);	/* a round of 32 blocks takes 40 */
	ck_assert_uint_eq(vm->ram->nr_collapsed, 1);
}
END_TEST

/* One cluster of 8 pages at a time, each in a round of its own: the mmap lock was dropped. */
START_TEST(what_is_in_swap_is_read_back_a_cluster_a_round)
{
	uint64_t i;

	add_swap(SWAP_SSD, 64);
	small_pages(0, 512);
	for (i = 100; i < 120; i++)
		swap_out_page(vm->ram, i);
	host_start_vm(vm);
	until(9 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 0);
	ck_assert_uint_gt(host.swap->stats.pages_in, 0);
	ck_assert_uint_lt(host.swap->stats.pages_in, 20);
	until(200 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 1);
	ck_assert_uint_eq(vm->ram->collapse_filled, 0);
	ck_assert_uint_eq(guest_ram_swapped(vm->ram), 0);
	ck_assert_uint_eq(swap_used_slots(host.swap), 0);
	ck_assert_uint_eq(host_used_pages(&host), 512);
	for (i = 0; i < 512; i++)
		ck_assert_uint_eq(guest_ram_read(vm->ram, gfn(i)), i + 1);
}
END_TEST

START_TEST(blocks_with_much_in_swap_or_little_in_use_are_not_read_back)
{
	uint64_t i;

	add_swap(SWAP_SSD, 64);
	small_pages(0, 512);
	for (i = 0; i < 65; i++)
		swap_out_page(vm->ram, i);
	small_pages(1, 512);
	swap_out_page(vm->ram, 512);
	for (i = 512 + 256; i < 1024; i++)
		vm->ram->page[i].state &= ~(PAGE_ACCESSED | PAGE_REFERENCED);
	host_start_vm(vm);
	until(100 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 0);
	ck_assert_uint_eq(host.swap->stats.pages_in, 0);
	vm->ram->page[1000].state |= PAGE_ACCESSED;
	until(200 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 1);
}
END_TEST

START_TEST(without_memory_for_a_huge_page_it_sleeps_for_a_minute)
{
	struct kvm_vm *other = make_vm("other", 300);
	uint64_t nr;

	small_pages(0, 1);	/* not a huge page in parts, whose rest reclaim finds */
	for (nr = 0; host.free_pages >= 512 + host.wmark_min; nr++)
		guest_ram_write(other->ram, gfn(nr), 1, 1);
	host_start_vm(vm);
	until(30 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 0);
	guest_ram_clear(other->ram);
	until(59 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 0);
	small_pages(1, 1);
	until(61 * S);	/* the block that it wanted has to wait for the next round */
	ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(0)), RAM_PRESENT);
	ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(512)), RAM_PRESENT_HUGE);
	until(120 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 2);
}
END_TEST

START_TEST(shared_files_pinned_memory_and_the_dead_are_left_alone)
{
	struct kvm_vm *pinned = make_vm("pinned", 8), *dead = make_vm("dead", 8);

	guest_ram_set_shared_file(vm->ram);
	guest_ram_write(vm->ram, gfn(0), 1, 1);
	guest_ram_set_pinned(pinned->ram);
	guest_ram_write(pinned->ram, gfn(0), 512, 1);
	ck_assert_int_eq(guest_ram_madvise(pinned->ram, 0, 4096, HOST_MADV_DONTNEED), 0);
	guest_ram_write(dead->ram, gfn(0), 512, 1);
	ck_assert_int_eq(guest_ram_madvise(dead->ram, 0, 4096, HOST_MADV_DONTNEED), 0);
	host_start_vm(vm);
	host_start_vm(pinned);
	host_start_vm(dead);
	host_stop_vm(dead);
	until(100 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed + pinned->ram->nr_collapsed +
			  dead->ram->nr_collapsed, 0);
	/* Who starts later is looked at in its turn. */
	vm = make_vm("late", 8);
	balloon(0);
	host_start_vm(vm);
	until(130 * S);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 1);
}
END_TEST

START_TEST(it_keeps_nothing_going)
{
	balloon(0);
	host_start_vm(vm);
	event_cancel(&engine, &alive);
	ck_assert_int_eq(engine_run(&engine, 3600 * S), ENGINE_EMPTY);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 1);
	ck_assert_uint_lt(engine.now, 20 * S);
}
END_TEST

static void fault_of_neighbour(struct kvm_vm *of, void *arg)
{
	uint64_t *took = arg, before = cpu_local_time();

	guest_ram_write(of->ram, gfn(1024), 1, 9);
	*took = cpu_local_time() - before;
}

/* The mmap lock is held for write while it copies. */
START_TEST(faults_wait_while_a_block_is_copied)
{
	struct body b = { .fn = fault_of_neighbour, .vm = vm };
	uint64_t took = 0;

	host.costs.ns[COST_PAGE_READ] = 1000000;
	small_pages(0, 500);
	host_start_vm(vm);
	until(100000000);	/* of half a second that it takes */
	b.arg = &took;
	start(&b, 0);
	until(5 * S);
	ck_assert(b.done);
	ck_assert_uint_eq(vm->ram->nr_collapsed, 1);
	ck_assert_uint_gt(took, 350000000);
	ck_assert_uint_lt(took, 500000000);
	finish(&b);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("khugepaged");
	TCase *tc = tcase_create("khugepaged");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_page_is_enough_and_the_rest_of_the_block_is_taken_again);
	tcase_add_test(tc, small_pages_are_copied_and_their_frames_are_free);
	tcase_add_test(tc, max_ptes_none_is_how_much_may_be_nothing);
	tcase_add_test(tc, eight_blocks_are_looked_at_every_ten_seconds);
	tcase_add_test(tc, what_nobody_uses_stays_as_it_is);
	tcase_add_test(tc, what_is_in_swap_is_read_back_a_cluster_a_round);
	tcase_add_test(tc, blocks_with_much_in_swap_or_little_in_use_are_not_read_back);
	tcase_add_test(tc, without_memory_for_a_huge_page_it_sleeps_for_a_minute);
	tcase_add_test(tc, shared_files_pinned_memory_and_the_dead_are_left_alone);
	tcase_add_test(tc, it_keeps_nothing_going);
	tcase_add_test(tc, faults_wait_while_a_block_is_copied);
	suite_add_tcase(s, tc);
	return s;
}
