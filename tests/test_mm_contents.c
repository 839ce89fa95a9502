// SPDX-License-Identifier: GPL-2.0-only
/*
 * What pages hold: zeroing on allocation and on free, the poison pattern and what a discard does
 * to it, and slab objects as bytes in guest RAM.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "host.h"
#include "kernel/mm_probe.h"
#include "ram.h"
#include "suite.h"

#define GUEST_MIB 128
#define POISON 0xaaaaaaaau	/* PAGE_POISON in every byte */

static struct engine engine;
static struct host host;
static struct cost_table costs;
static struct kvm_vm *vm;
static struct mm_probe *p;

static void boot(bool init_on_free, bool page_poison)
{
	struct host_config hc = { .memory_bytes = UINT64_C(512) << 20, .nr_cpus = 1 };
	struct mm_config config;

	engine_init(&engine);
	ck_assert_int_eq(host_init(&host, &engine, &hc, &costs), 0);
	vm = host_create_vm(&host, "guest", (uint64_t)GUEST_MIB << 20, 1);
	ck_assert_ptr_nonnull(vm);
	mm_config_default(&config, GUEST_MIB << 8, 1);
	config.thp = THP_NEVER;
	config.init_on_free = init_on_free;
	config.page_poison = page_poison;
	p = mm_probe_new(&config, &engine, vm);
}

static void shut_down(void)
{
	ck_assert_int_eq(mm_check(mm_probe_kernel(p)), 0);
	mm_probe_free(p);
	host_destroy(&host);
	engine_destroy(&engine);
}

START_TEST(page_keeps_its_contents_until_somebody_asks_for_zeroes)
{
	int64_t pfn;

	boot(false, false);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	guest_ram_write(vm->ram, gfn(pfn), 1, 77);
	mm_probe_free_page(p, pfn, 0);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), pfn);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(pfn)), 77);
	mm_probe_free_page(p, pfn, 0);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE | PROBE_ZERO, 0), pfn);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(pfn)), 0);
	shut_down();
}
END_TEST

START_TEST(zeroing_covers_every_page_of_a_block)
{
	int64_t pfn;
	int i;

	boot(false, false);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 9);
	guest_ram_write(vm->ram, gfn(pfn), 512, 1000);
	mm_probe_free_page(p, pfn, 9);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE | PROBE_ZERO, 9), pfn);
	for (i = 0; i < 512; i++)
		ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(pfn + i)), 0);
	shut_down();
}
END_TEST

START_TEST(init_on_free_zeroes_at_once)
{
	int64_t pfn;

	boot(true, false);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	guest_ram_write(vm->ram, gfn(pfn), 1, 77);
	mm_probe_free_page(p, pfn, 0);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(pfn)), 0);
	shut_down();
}
END_TEST

START_TEST(page_that_is_not_zero_any_more_with_init_on_free_is_data_loss)
{
	int64_t pfn;

	boot(true, false);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_free_page(p, pfn, 0);
	guest_ram_write(vm->ram, gfn(pfn), 1, 5);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), pfn);
	ck_assert_uint_eq(host.stats.data_losses, 1);
	ck_assert(host.failed);
	shut_down();
}
END_TEST

START_TEST(poisoned_page_is_checked_when_it_is_allocated)
{
	int64_t pfn;

	boot(false, true);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_free_page(p, pfn, 0);
	ck_assert_uint_eq(guest_ram_peek(vm->ram, gfn(pfn)), POISON);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), pfn);
	ck_assert_uint_eq(mm_probe_warnings(p), 0);
	shut_down();
}
END_TEST

START_TEST(discard_of_a_poisoned_page_is_found)
{
	int64_t pfn;

	boot(false, true);
	pfn = mm_probe_alloc(p, PROBE_MOVABLE, 0);
	mm_probe_free_page(p, pfn, 0);
	/* What a balloon does that does not know of the poison value. */
	ck_assert_int_eq(guest_ram_madvise(vm->ram, (uint64_t)pfn << 12, 4096,
					   HOST_MADV_DONTNEED), 0);
	ck_assert_int_eq(mm_probe_alloc(p, PROBE_MOVABLE, 0), pfn);
	ck_assert_uint_eq(mm_probe_warnings(p), 1);
	shut_down();
}
END_TEST

START_TEST(poisoning_touches_all_free_memory_at_boot)
{
	boot(false, true);
	ck_assert_uint_gt(guest_ram_resident(vm->ram), (GUEST_MIB << 8) / 2);
	shut_down();
	boot(false, false);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 0);
	shut_down();
}
END_TEST

START_TEST(objects_are_bytes_in_guest_ram_and_do_not_overlap)
{
	unsigned char *objects[200], *ram;
	int i, j;

	boot(false, false);
	ram = guest_ram_ptr(vm->ram);
	for (i = 0; i < 200; i++) {
		objects[i] = mm_probe_kmalloc(p, 100, false);
		ck_assert(objects[i] >= ram && objects[i] < ram + ((size_t)GUEST_MIB << 20));
		memset(objects[i], i, 100);
	}
	for (i = 0; i < 200; i++) {
		for (j = 0; j < 100; j++)
			ck_assert_uint_eq(objects[i][j], i);
		mm_probe_kfree(p, objects[i]);
	}
	ck_assert_uint_eq(mm_probe_warnings(p), 0);
	shut_down();
}
END_TEST

START_TEST(kzalloc_clears_a_used_object)
{
	unsigned char *object;
	int i;

	boot(false, false);
	object = mm_probe_kmalloc(p, 64, false);
	memset(object, 0xff, 64);
	mm_probe_kfree(p, object);
	ck_assert_ptr_eq(mm_probe_kmalloc(p, 64, true), object);
	for (i = 0; i < 64; i++)
		ck_assert_uint_eq(object[i], 0);
	shut_down();
}
END_TEST

START_TEST(bytes_of_a_slab_page_are_gone_when_it_is_given_out_zeroed)
{
	unsigned char *large;
	int64_t pfn;
	int i;

	boot(false, false);
	/* 16 KiB is more than any cache has: pages of their own. */
	large = mm_probe_kmalloc(p, 16384, false);
	memset(large, 0xff, 16384);
	mm_probe_kfree(p, large);
	pfn = mm_probe_alloc(p, PROBE_KERNEL | PROBE_ZERO, 2);
	ck_assert_ptr_eq((unsigned char *)guest_ram_ptr(vm->ram) + (pfn << 12), large);
	for (i = 0; i < 16384; i++)
		ck_assert_uint_eq(large[i], 0);
	shut_down();
}
END_TEST

START_TEST(double_kfree_is_reported_and_ignored)
{
	void *object, *other;

	boot(false, false);
	object = mm_probe_kmalloc(p, 64, false);
	mm_probe_kfree(p, object);
	ck_assert_uint_eq(mm_probe_warnings(p), 0);
	mm_probe_kfree(p, object);
	ck_assert_uint_eq(mm_probe_warnings(p), 1);
	ck_assert_ptr_eq(mm_probe_kmalloc(p, 64, false), object);
	other = mm_probe_kmalloc(p, 64, false);
	ck_assert_ptr_ne(other, object);
	shut_down();
}
END_TEST

START_TEST(kfree_of_something_inside_an_object_is_reported)
{
	char *object;

	boot(false, false);
	object = mm_probe_kmalloc(p, 64, false);
	mm_probe_kfree(p, object + 8);
	ck_assert_uint_eq(mm_probe_warnings(p), 1);
	shut_down();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_contents");
	TCase *tc = tcase_create("contents");

	tcase_add_test(tc, page_keeps_its_contents_until_somebody_asks_for_zeroes);
	tcase_add_test(tc, zeroing_covers_every_page_of_a_block);
	tcase_add_test(tc, init_on_free_zeroes_at_once);
	tcase_add_test(tc, page_that_is_not_zero_any_more_with_init_on_free_is_data_loss);
	tcase_add_test(tc, poisoned_page_is_checked_when_it_is_allocated);
	tcase_add_test(tc, discard_of_a_poisoned_page_is_found);
	tcase_add_test(tc, poisoning_touches_all_free_memory_at_boot);
	tcase_add_test(tc, objects_are_bytes_in_guest_ram_and_do_not_overlap);
	tcase_add_test(tc, kzalloc_clears_a_used_object);
	tcase_add_test(tc, bytes_of_a_slab_page_are_gone_when_it_is_given_out_zeroed);
	tcase_add_test(tc, double_kfree_is_reported_and_ignored);
	tcase_add_test(tc, kfree_of_something_inside_an_object_is_reported);
	suite_add_tcase(s, tc);
	return s;
}
