// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zones, watermarks and per-CPU list sizes: against recordings of real guests, and against 6.1's
 * formulas worked out by hand.
 */
#include <check.h>
#include <stdlib.h>

#include "engine.h"
#include "kernel/mm_probe.h"
#include "suite.h"

static struct engine engine;

static void setup(void)
{
	engine_init(&engine);
}

static void teardown(void)
{
	engine_destroy(&engine);
}

static struct mm_probe *guest(uint64_t pages, unsigned int cpus, enum thp_policy thp,
			      uint64_t min_free_kbytes)
{
	struct mm_config config;

	mm_config_default(&config, pages, cpus);
	config.thp = thp;
	config.min_free_kbytes = min_free_kbytes;
	return mm_probe_new(&config, &engine, NULL);
}

/* The q35 guest of 512 MiB that was recorded ends 32 pages below that. */
#define RECORDED_PAGES 131040

START_TEST(guest_of_512_mib_has_the_recorded_zones_and_watermarks)
{
	struct mm_probe *p = guest(RECORDED_PAGES, 1, THP_NEVER, 0);
	struct mm_probe_zone dma, dma32, normal;

	mm_probe_zone(p, PROBE_DMA, &dma);
	mm_probe_zone(p, PROBE_DMA32, &dma32);
	mm_probe_zone(p, PROBE_NORMAL, &normal);
	ck_assert_uint_eq(dma.start, 1);
	ck_assert_uint_eq(dma.spanned, 4095);
	ck_assert_uint_eq(dma.managed, 3840);
	ck_assert_uint_eq(dma32.start, 4096);
	ck_assert_uint_eq(dma32.spanned, 126944);
	ck_assert_uint_eq(dma32.managed, 116484);
	ck_assert_uint_eq(normal.managed, 0);
	ck_assert_uint_eq(dma.min, 22);
	ck_assert_uint_eq(dma.low, 27);
	ck_assert_uint_eq(dma.high, 32);
	ck_assert_uint_eq(dma32.min, 662);
	ck_assert_uint_eq(dma32.low, 827);
	ck_assert_uint_eq(dma32.high, 992);
	ck_assert_int_eq(dma.lowmem_reserve[0], 0);
	/*
	 * 455 was recorded, a 256th of 116484: reading the sysctl, as was done then, computes it
	 * anew. At boot 2,700 pages of init sections and initramfs were not managed yet.
	 */
	ck_assert_int_eq(dma.lowmem_reserve[1], (116484 - 2700) / 256);
	ck_assert_int_eq(dma.lowmem_reserve[4], (116484 - 2700) / 256);
	ck_assert_int_eq(dma32.lowmem_reserve[2], 0);
	ck_assert_int_eq(dma.batch, 1);
	ck_assert_int_eq(dma.pcp_high, 27);
	ck_assert_int_eq(dma32.batch, 31);
	ck_assert_int_eq(dma32.pcp_high, 827);
	mm_probe_free(p);
}
END_TEST

START_TEST(watermarks_with_huge_pages_enabled_are_the_recorded_ones)
{
	/* min_free_kbytes as that guest reported it */
	struct mm_probe *p = guest(RECORDED_PAGES, 1, THP_ALWAYS, 23860);
	struct mm_probe_zone dma, dma32;

	mm_probe_zone(p, PROBE_DMA, &dma);
	mm_probe_zone(p, PROBE_DMA32, &dma32);
	ck_assert_uint_eq(dma.min, 190);
	ck_assert_uint_eq(dma.low, 237);
	ck_assert_uint_eq(dma.high, 284);
	ck_assert_uint_eq(dma32.min, 5774);
	ck_assert_uint_eq(dma32.low, 7217);
	ck_assert_uint_eq(dma32.high, 8660);
	ck_assert_int_eq(dma32.pcp_high, 7217);
	mm_probe_free(p);
}
END_TEST

START_TEST(huge_pages_raise_min_free_kbytes_of_4_gib_to_11_pageblocks_per_zone)
{
	struct mm_probe *p = guest(1 << 20, 1, THP_ALWAYS, 0);
	struct mm_probe_zone z[3];
	uint64_t total = 0, min;
	int i;

	for (i = 0; i < 3; i++) {
		mm_probe_zone(p, i, &z[i]);
		total += z[i].managed;
	}
	/* 3 zones x 512 x (2 + 3 x 3) pages, far below 5 % of memory */
	for (i = 0; i < 3; i++) {
		min = UINT64_C(16896) * z[i].managed / total;
		ck_assert_uint_eq(z[i].min, min);
		ck_assert_uint_eq(z[i].low, min + (min >> 2 > z[i].managed / 1000 ?
						   min >> 2 : z[i].managed / 1000));
	}
	mm_probe_free(p);
}
END_TEST

START_TEST(q35_guest_of_4_gib_has_2_gib_above_zone_dma32)
{
	struct mm_probe *p = guest(1 << 20, 1, THP_NEVER, 0);
	struct mm_probe_zone dma32, normal;

	mm_probe_zone(p, PROBE_DMA32, &dma32);
	mm_probe_zone(p, PROBE_NORMAL, &normal);
	ck_assert_uint_eq(dma32.start + dma32.spanned, 0x80000);
	ck_assert_uint_eq(normal.start, 0x80000);
	ck_assert_uint_eq(normal.spanned, 0x80000);
	/* a 256th of what is above may not be taken by requests for above */
	ck_assert_int_eq(dma32.lowmem_reserve[PROBE_NORMAL], normal.managed / 256);
	ck_assert_int_eq(normal.batch, 63);
	mm_probe_free(p);
}
END_TEST

START_TEST(per_cpu_lists_share_the_low_watermark)
{
	struct mm_probe *p = guest(RECORDED_PAGES, 4, THP_NEVER, 0);
	struct mm_probe_zone dma32;

	mm_probe_zone(p, PROBE_DMA32, &dma32);
	ck_assert_int_eq(dma32.pcp_high, 827 / 4);
	mm_probe_free(p);
}
END_TEST

START_TEST(free_memory_starts_out_as_largest_blocks_in_address_order)
{
	struct mm_probe *p = guest(RECORDED_PAGES, 1, THP_NEVER, 0);
	int64_t pfns[256];
	unsigned int n, i;

	n = mm_probe_free_area(p, PROBE_DMA32, 10, PROBE_MOVABLE_TYPE, pfns, 256);
	ck_assert_uint_eq(n, 113);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(pfns[i], 11264 + 1024 * (int64_t)i);
	ck_assert_uint_eq(mm_probe_free_area(p, PROBE_DMA, 10, PROBE_MOVABLE_TYPE, pfns, 256), 3);
	ck_assert_int_eq(pfns[0], 1024);
	ck_assert_int_eq(mm_check(mm_probe_kernel(p)), 0);
	mm_probe_free(p);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("mm_init");
	TCase *tc = tcase_create("zones");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, guest_of_512_mib_has_the_recorded_zones_and_watermarks);
	tcase_add_test(tc, watermarks_with_huge_pages_enabled_are_the_recorded_ones);
	tcase_add_test(tc, huge_pages_raise_min_free_kbytes_of_4_gib_to_11_pageblocks_per_zone);
	tcase_add_test(tc, q35_guest_of_4_gib_has_2_gib_above_zone_dma32);
	tcase_add_test(tc, per_cpu_lists_share_the_low_watermark);
	tcase_add_test(tc, free_memory_starts_out_as_largest_blocks_in_address_order);
	suite_add_tcase(s, tc);
	return s;
}
