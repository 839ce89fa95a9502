// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free pages that are known to be zero (PG_zeroed, as proposed in 2026): how a block comes to be
 * one, what keeps it one and what does not, who is spared a clearing, and what it is when the page
 * is not zero after all.  That nothing was cleared shows in what the host has under the guest.
 */
#include <check.h>
#include <errno.h>

#include "engine.h"
#include "host.h"
#include "kernel/mm_probe.h"
#include "ram.h"
#include "suite.h"

#define GUEST_MIB 512
#define POISON 0xaaaaaaaau	/* PAGE_POISON in every byte */
#define ALL ~UINT64_C(0)

static struct engine engine;
static struct host host;
static struct cost_table costs;
static struct kvm_vm *vm;
static struct mm_probe *p;
static struct mm_probe_report reports[256];

static void boot_as(bool page_zeroed, bool init_on_free, bool page_poison)
{
	struct host_config hc = { .memory_bytes = UINT64_C(1024) << 20, .nr_cpus = 1 };
	struct mm_config config;

	engine_init(&engine);
	ck_assert_int_eq(host_init(&host, &engine, &hc, &costs), 0);
	vm = host_create_vm(&host, "guest", (uint64_t)GUEST_MIB << 20, 1);
	ck_assert_ptr_nonnull(vm);
	mm_config_default(&config, GUEST_MIB << 8, 1);
	config.thp = THP_NEVER;
	config.init_on_alloc = false;
	config.page_zeroed = page_zeroed;
	config.init_on_free = init_on_free;
	config.page_poison = page_poison;
	p = mm_probe_new(&config, &engine, vm);
	/* A pass allocates its scatterlist, of this size. */
	mm_probe_kfree(p, mm_probe_kmalloc(p, 1024, false));
	ck_assert_int_eq(mm_probe_report_register(p, 0), 0);
}

static void boot(void)
{
	boot_as(true, false, false);
}

static void shut_down(void)
{
	mm_probe_report_unregister(p);
	ck_assert_uint_eq(mm_probe_warnings(p), 0);
	ck_assert_int_eq(mm_check(mm_probe_kernel(p)), 0);
	mm_probe_free(p);
	host_destroy(&host);
	engine_destroy(&engine);
}

/* Passes until all is reported; the device says so of @zeroed in each report. */
static unsigned int report(uint64_t zeroed)
{
	unsigned int n = 0, more;

	mm_probe_report_zeroed(p, zeroed);
	while ((more = mm_probe_report_pass(p, 0, reports + n, 256 - n)))
		n += more;
	ck_assert_uint_gt(n, 2);
	return n;
}

/* A block of @order that somebody wants zeroed; whether it had to be written for that. */
static int64_t take_zeroed(unsigned int order, bool *cleared)
{
	uint64_t before = guest_ram_resident(vm->ram);
	int64_t pfn = mm_probe_alloc(p, PROBE_MOVABLE | PROBE_ZERO, order);

	ck_assert_int_ge(pfn, 0);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(pfn)), 0);
	*cleared = guest_ram_resident(vm->ram) != before;
	return pfn;
}

START_TEST(what_the_host_zeroed_is_not_cleared_again)
{
	static const unsigned int orders[] = { 0, 3, 9, 10 };
	unsigned int order = orders[_i], n = 0;
	bool cleared;
	int64_t pfn;

	boot();
	take_zeroed(order, &cleared);
	ck_assert(cleared);
	report(ALL);
	/* What was not reported, in lists of its size, goes first. */
	do {
		pfn = take_zeroed(order, &cleared);
	} while (cleared && ++n < 8192 >> order);
	ck_assert(!cleared);
	ck_assert(!mm_probe_zeroed(p, pfn));
	ck_assert(!host.failed);
	shut_down();
}
END_TEST

START_TEST(of_a_report_those_blocks_count_that_the_device_names)
{
	unsigned int n, i;

	boot();
	mm_probe_report_zeroed(p, 0x2);
	n = mm_probe_report_pass(p, 0, reports, 256);
	ck_assert_uint_eq(n, 64);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(mm_probe_zeroed(p, reports[i].pfn), i % 32 == 1);
	shut_down();
}
END_TEST

START_TEST(failed_report_says_nothing)
{
	unsigned int n, i;

	boot();
	mm_probe_report_zeroed(p, ALL);
	n = mm_probe_report_pass(p, -EIO, reports, 256);
	ck_assert_uint_gt(n, 0);
	for (i = 0; i < n; i++)
		ck_assert(!mm_probe_zeroed(p, reports[i].pfn));
	shut_down();
}
END_TEST

/* Blocks of 2^@order pages until one is the first part of one of 1024 that was reported. */
static int64_t cut_block(unsigned int order)
{
	int64_t pfn;

	do {
		pfn = mm_probe_alloc(p, PROBE_MOVABLE, order);
		ck_assert_int_ge(pfn, 0);
	} while (pfn % 1024 || !mm_probe_zeroed(p, pfn + 512));
	return pfn;
}

/* A device that does not say what it did might have done anything. */
START_TEST(another_report_counts_for_itself)
{
	int64_t pfn;

	boot();
	report(ALL);
	pfn = cut_block(8);
	ck_assert(!mm_probe_reported(p, pfn + 512));
	mm_probe_report_zeroed(p, 0);
	ck_assert_uint_eq(mm_probe_report_pass(p, 0, reports, 256), 1);
	ck_assert_int_eq(reports[0].pfn, pfn + 512);
	ck_assert(mm_probe_reported(p, pfn + 512));
	ck_assert(!mm_probe_zeroed(p, pfn + 512));
	shut_down();
}
END_TEST

START_TEST(all_parts_of_a_block_are_zero)
{
	unsigned int order;
	int64_t pfn;

	boot();
	report(ALL);
	/* What is left are blocks of 16 pages, 32, up to 512. */
	pfn = cut_block(4);
	for (order = 4; order < 10; order++)
		ck_assert(mm_probe_zeroed(p, pfn + (1 << order)));
	shut_down();
}
END_TEST

START_TEST(who_takes_a_page_ends_it)
{
	bool cleared;
	int64_t pfn;

	boot();
	report(ALL);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 10);
	ck_assert(!mm_probe_zeroed(p, pfn));
	guest_ram_write(vm->ram, gfn(pfn), 1, 7);
	mm_probe_free_page(p, pfn, 10);
	ck_assert(!mm_probe_zeroed(p, pfn));
	ck_assert_int_eq(take_zeroed(10, &cleared), pfn);
	ck_assert(cleared);
	ck_assert(!host.failed);
	shut_down();
}
END_TEST

START_TEST(merged_block_is_zero_if_both_halves_are)
{
	int64_t pfn;

	boot();
	report(ALL);
	/* This part was taken, and may have been written to. */
	pfn = cut_block(8);
	mm_probe_free_page(p, pfn, 8);
	ck_assert(!mm_probe_zeroed(p, pfn));
	ck_assert(!mm_probe_zeroed(p, pfn + 256));
	ck_assert(!mm_probe_zeroed(p, pfn + 512));
	shut_down();
}
END_TEST

/* Pages all around are in use, so that the block of 1024 is there when all of it has come back. */
static void deflate(bool shared)
{
	static int64_t pages[GUEST_MIB << 8];
	unsigned int n = 0, i;
	int64_t pfn, block;

	while ((pfn = mm_probe_alloc(p, PROBE_MOVABLE | PROBE_FAIL, 0)) >= 0)
		pages[n++] = pfn;
	block = pages[n / 2] & ~1023;
	for (i = 0; i < n; i++) {
		if ((pages[i] & ~1023) == block)
			mm_probe_free_zeroed(p, pages[i], shared && pages[i] == block + 5);
	}
	mm_probe_drain(p);
	ck_assert_int_eq(mm_probe_zeroed(p, block), !shared);
	for (i = 0; i < n; i++) {
		if ((pages[i] & ~1023) != block)
			mm_probe_free_page(p, pages[i], 0);
	}
}

START_TEST(pages_of_a_balloon_come_back_zero_and_merge)
{
	boot();
	deflate(false);
	shut_down();
}
END_TEST

START_TEST(page_that_somebody_else_has_too_does_not_come_back_zero)
{
	boot();
	deflate(true);
	shut_down();
}
END_TEST

START_TEST(page_on_a_per_cpu_list_is_still_zero)
{
	bool cleared;
	int64_t pfn;

	boot();
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_free_zeroed(p, pfn, false);
	ck_assert_int_eq(take_zeroed(0, &cleared), pfn);
	ck_assert(!cleared);
	mm_probe_free_page(p, pfn, 0);
	ck_assert_int_eq(take_zeroed(0, &cleared), pfn);
	ck_assert(cleared);
	shut_down();
}
END_TEST

START_TEST(block_that_is_taken_out_and_put_back_stays_zero)
{
	int64_t pfn;

	boot();
	report(ALL);
	pfn = reports[0].pfn;
	ck_assert_int_gt(mm_probe_isolate(p, pfn, reports[0].order), 0);
	mm_probe_putback(p, pfn, reports[0].order);
	ck_assert(mm_probe_zeroed(p, pfn));
	shut_down();
}
END_TEST

/* Compaction takes free blocks apart, for pages that move: what is left over is freed anew. */
START_TEST(block_that_compaction_has_had_is_not_zero)
{
	int64_t pfn;

	boot();
	report(ALL);
	pfn = reports[0].pfn;
	ck_assert(mm_probe_zeroed(p, pfn));
	ck_assert_int_eq(mm_probe_contig(p, pfn, pfn + 1024), 0);
	guest_ram_write(vm->ram, gfn(pfn), 1024, 1000);
	mm_probe_contig_free(p, pfn, pfn + 1024);
	mm_probe_drain(p);
	ck_assert(!mm_probe_zeroed(p, pfn));
	shut_down();
}
END_TEST

START_TEST(page_that_is_not_zero_is_data_loss_for_whom_it_is_not_cleared)
{
	uint32_t gfp = _i ? PROBE_MOVABLE | PROBE_ZERO : PROBE_MOVABLE;
	int64_t pfn;

	boot();
	report(ALL);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	guest_ram_write(vm->ram, gfn(pfn), 1, 77);
	mm_probe_free_zeroed(p, pfn, false);
	ck_assert_int_eq(mm_probe_alloc(p, gfp, 0), pfn);
	ck_assert_uint_eq(host.stats.data_losses, _i);
	shut_down();
}
END_TEST

START_TEST(kernel_without_it_clears_everything)
{
	bool cleared;
	int64_t pfn;

	boot_as(false, false, false);
	report(ALL);
	ck_assert(!mm_probe_zeroed(p, reports[0].pfn));
	pfn = take_zeroed(10, &cleared);
	ck_assert(cleared);
	mm_probe_free_page(p, pfn, 10);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_free_zeroed(p, pfn, false);
	ck_assert(!mm_probe_zeroed(p, pfn));
	shut_down();
}
END_TEST

START_TEST(what_is_zero_is_not_cleared_when_it_is_freed)
{
	uint64_t before;
	int64_t pfn;

	boot_as(true, true, false);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	ck_assert_int_eq(guest_ram_madvise(vm->ram, (uint64_t)pfn << 12, 4096,
					   HOST_MADV_DONTNEED), 0);
	before = guest_ram_resident(vm->ram);
	mm_probe_free_zeroed(p, pfn, false);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), before);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), pfn);
	ck_assert(!host.failed);
	shut_down();
}
END_TEST

START_TEST(poisoned_page_is_never_zero)
{
	int64_t pfn;

	boot_as(true, false, true);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	guest_ram_fill(vm->ram, gfn(pfn), 1, 0);
	mm_probe_free_zeroed(p, pfn, false);
	ck_assert(!mm_probe_zeroed(p, pfn));
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(pfn)), POISON);
	shut_down();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *suite = suite_create("mm_zeroed");
	TCase *lists = tcase_create("lists"), *contents = tcase_create("contents");

	tcase_add_loop_test(contents, what_the_host_zeroed_is_not_cleared_again, 0, 4);
	tcase_add_test(lists, of_a_report_those_blocks_count_that_the_device_names);
	tcase_add_test(lists, failed_report_says_nothing);
	tcase_add_test(lists, another_report_counts_for_itself);
	tcase_add_test(lists, all_parts_of_a_block_are_zero);
	tcase_add_test(lists, who_takes_a_page_ends_it);
	tcase_add_test(lists, merged_block_is_zero_if_both_halves_are);
	tcase_add_test(lists, pages_of_a_balloon_come_back_zero_and_merge);
	tcase_add_test(lists, page_that_somebody_else_has_too_does_not_come_back_zero);
	tcase_add_test(lists, page_on_a_per_cpu_list_is_still_zero);
	tcase_add_test(lists, block_that_is_taken_out_and_put_back_stays_zero);
	tcase_add_test(lists, block_that_compaction_has_had_is_not_zero);
	tcase_add_loop_test(contents,
			    page_that_is_not_zero_is_data_loss_for_whom_it_is_not_cleared, 0, 2);
	tcase_add_test(contents, kernel_without_it_clears_everything);
	tcase_add_test(contents, what_is_zero_is_not_cleared_when_it_is_freed);
	tcase_add_test(contents, poisoned_page_is_never_zero);
	suite_add_tcase(suite, lists);
	suite_add_tcase(suite, contents);
	return suite;
}
