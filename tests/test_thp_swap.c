// SPDX-License-Identifier: GPL-2.0-only
/*
 * Huge pages that go to swap as a whole (CONFIG_THP_SWAP): when they do, and what becomes of them.
 * Rules are those of shrink_folio_list(), folio_alloc_swap() and mm/swapfile.c in Linux 6.1.
 */
#include "host_vms.h"
#include "memory.h"
#include "suite.h"

#define PAGES(mib) ((mib) * (MIB >> 12))

static struct kvm_vm *vm;
static struct host_memcg *memcg;

static void write_all(struct kvm_vm *of, void *arg)
{
	guest_ram_write(of->ram, gfn(0), of->ram->nr_pages, 1);
}

static void read_block(struct kvm_vm *of, void *arg)
{
	const uint64_t *block = arg;

	ck_assert(!guest_ram_check(of->ram, gfn(512 * *block), 512, 1 + 512 * *block, "test"));
}

static void run_on(unsigned int vcpu, void (*fn)(struct kvm_vm *of, void *arg), void *arg)
{
	struct body b = { .fn = fn, .arg = arg, .vm = vm };

	start(&b, vcpu);
	engine_run(&engine, engine.now + 1000 * NSEC_PER_SEC_U64);
	ck_assert(b.done);
	finish(&b);
}

/* A guest of 32 MiB in a group. */
static void make(enum swap_on on, uint64_t swap_mib, uint64_t limit_mib)
{
	make_host(256, 2, HOST_THP_ALWAYS);
	host.config.cgroup_version = 2;
	if (swap_mib)
		add_swap(on, swap_mib);
	memcg = host_add_memcg(&host, "group", NULL);
	memcg->max = PAGES(limit_mib);
	vm = make_vm("g", 32);
	host_set_memcg(vm, memcg);
}

static void teardown(void)
{
	ck_assert_uint_eq(losses, 0);
	unmake_host();
}

/* All 512 of a block, in a row from the beginning of a cluster on. */
static bool is_in_cluster(uint64_t block)
{
	const struct host_page *page = &vm->ram->page[512 * block];
	uint32_t slot, i;

	if (!page_has_slot(page->state))
		return false;
	slot = page_slot(page->state).nr;
	for (i = 0; i < 512; i++)
		if (!page_has_slot(page[i].state) || page_slot(page[i].state).nr != slot + i)
			return false;
	return !(slot % SWAP_CLUSTER_SLOTS);
}

static unsigned int nr_in_clusters(void)
{
	unsigned int nr = 0;

	for (uint64_t block = 0; block < vm->ram->nr_blocks; block++)
		nr += is_in_cluster(block);
	return nr;
}

/* swap_alloc_cluster(), and one bio of 2 MiB: here two requests of 1280 KiB at most. */
START_TEST(a_device_that_does_not_rotate_takes_them_whole)
{
	make(_i ? SWAP_NVME : SWAP_SSD, 64, 16);
	run_on(0, write_all, NULL);
	ck_assert_uint_ge(host.stats.thp_swpout, 8);
	ck_assert_uint_eq(host.stats.thp_swpout_fallback, 0);
	ck_assert_uint_ge(nr_in_clusters(), 8);
	ck_assert_uint_le(host.swap->extent->stats.writes, 2 * host.stats.thp_swpout);
	ck_assert_uint_eq(host.swap->stats.pages_out, 512 * host.stats.thp_swpout);
	/* And their frames came back. */
	ck_assert_uint_le(memcg->peak, PAGES(16));
	teardown();
}
END_TEST

/* All that does not fit goes, and no huge page of it as a whole. */
static void expect_pages(void)
{
	run_on(0, write_all, NULL);
	ck_assert_uint_eq(host.stats.thp_swpout, 0);
	ck_assert_uint_gt(host.stats.thp_swpout_fallback, 0);
	ck_assert_uint_gt(host.stats.swap_out, PAGES(15));
}

/* Without SWP_SOLIDSTATE there are no clusters: it is split, and pages go one by one. */
START_TEST(a_disk_that_rotates_takes_them_in_pages)
{
	make(SWAP_HDD, 64, 16);
	expect_pages();
	teardown();
}
END_TEST

/* A swap file, whatever its disk is, has no cluster for them (SWP_BLKDEV). */
START_TEST(a_file_takes_them_in_pages)
{
	const struct disk_config config = { .kind = DISK_SSD, .name = "test", .queue_depth = 1,
					    .read_ns = 100000, .write_ns = 100000,
					    .transfer_ns_page = 10000 };
	struct swap_config swap = { .name = "file", .size_bytes = 64 * MIB, .readahead_pages = 8 };
	struct disk *disk;

	make(SWAP_SSD, 0, 16);
	disk = disk_create(&config, PAGES(64), &engine, 1, "test");
	swap.extent = disk_add_extent(disk, "file", PAGES(64));
	host_add_swap(&host, swap_create(&swap, &engine, 1, "test"));
	expect_pages();
	teardown();
	disk_destroy(disk);
}
END_TEST

/* A bio that zram has done is done: the page is free at once (__remove_mapping()). */
START_TEST(zram_has_them_at_once)
{
	make(SWAP_ZRAM, 64, 16);
	run_on(0, write_all, NULL);
	ck_assert_uint_ge(host.stats.thp_swpout, 8);
	ck_assert_uint_eq(host.swap_cached, 0);
	ck_assert_uint_eq(memcg->usage, guest_ram_resident(vm->ram));
	ck_assert_uint_eq(host.swap->nr_stored, guest_ram_swapped(vm->ram));
	teardown();
}
END_TEST

/* get_swap_pages() finds no free cluster, as each has a slot that is taken. */
START_TEST(without_a_free_cluster_they_are_split)
{
	uint32_t cluster;

	make(SWAP_SSD, 64, 16);
	for (cluster = 0; cluster < PAGES(64) / SWAP_CLUSTER_SLOTS; cluster++) {
		uint32_t slot = cluster * SWAP_CLUSTER_SLOTS + 100;

		host.swap->owner[slot] = UINT32_MAX;
		host.swap->cluster_free[cluster]--;
		host.swap->nr_empty--;
		host.swap->nr_free--;
	}
	expect_pages();
	teardown();
}
END_TEST

/* mem_cgroup_try_charge_swap() of 512 pages: all or none. */
START_TEST(a_group_without_so_much_swap_has_them_split)
{
	/* The first is written when the second is looked at: all slots at once would be the end. */
	costs.ns[COST_SWAP_OUT] = 50000;
	make(SWAP_SSD, 64, 16);
	costs.ns[COST_SWAP_OUT] = 0;
	memcg->swap_max = 1000;
	vm->ram->nr_pages = PAGES(18);
	run_on(0, write_all, NULL);
	ck_assert_uint_eq(host.stats.thp_swpout, 1);
	ck_assert_uint_gt(host.stats.thp_swpout_fallback, 0);
	ck_assert_uint_le(memcg->swap_peak, 1000);
	ck_assert_uint_gt(memcg->swap_peak, 512);
	vm->ram->nr_pages = PAGES(32);
	teardown();
}
END_TEST

/*
 * do_swap_page() reads single pages.  Slots are free one by one (put_swap_folio() has cleared
 * CLUSTER_FLAG_HUGE), and with the last one the cluster is (dec_cluster_info_page()).
 */
START_TEST(they_come_back_in_pages_and_the_cluster_with_the_last)
{
	uint64_t block = 0;
	uint32_t empty;

	make(SWAP_SSD, 64, 16);
	run_on(0, write_all, NULL);
	ck_assert(is_in_cluster(block));
	empty = host.swap->nr_empty;
	memcg->max = PAGES(64);
	run_on(1, read_block, &block);
	ck_assert_uint_eq(host.stats.swap_in, 512);
	ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(0)), RAM_PRESENT);
	/* Those that were read ahead keep theirs until they are written. */
	guest_ram_write(vm->ram, gfn(0), 511, 1);
	ck_assert_uint_eq(host.swap->nr_empty, empty);
	guest_ram_write(vm->ram, gfn(511), 1, 512);
	ck_assert_uint_eq(host.swap->nr_empty, empty + 1);
	teardown();
}
END_TEST

/* A page of it that is wanted while it is being written is there: it is in the swap cache. */
START_TEST(a_page_that_is_being_written_can_be_used)
{
	struct body b = { .fn = write_all };
	uint64_t nr = 0;

	make(SWAP_SSD, 64, 16);
	b.vm = vm;
	start(&b, 0);
	while (!host.writeback_pages)
		engine_run(&engine, engine.now + 1000);
	while (page_kind(vm->ram->page[nr].state) != PAGE_WRITEBACK)
		nr++;
	guest_ram_access_host(vm->ram, gfn(nr), 1, RAM_READ);
	ck_assert_uint_eq(guest_ram_state(vm->ram, gfn(nr)), RAM_PRESENT);
	ck_assert_uint_eq(host.stats.swap_in, 0);
	engine_run(&engine, engine.now + 1000 * NSEC_PER_SEC_U64);
	ck_assert(b.done);
	/* Written in vain, and counted all the same (count_swpout_vm_event()). */
	ck_assert_uint_eq(host.stats.swap_out, host.swap->stats.pages_out);
	ck_assert_uint_lt(host.swap_written, host.stats.swap_out);
	finish(&b);
	teardown();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("thp_swap");
	TCase *tc = tcase_create("thp_swap");

	tcase_add_loop_test(tc, a_device_that_does_not_rotate_takes_them_whole, 0, 2);
	tcase_add_test(tc, a_disk_that_rotates_takes_them_in_pages);
	tcase_add_test(tc, a_file_takes_them_in_pages);
	tcase_add_test(tc, zram_has_them_at_once);
	tcase_add_test(tc, without_a_free_cluster_they_are_split);
	tcase_add_test(tc, a_group_without_so_much_swap_has_them_split);
	tcase_add_test(tc, they_come_back_in_pages_and_the_cluster_with_the_last);
	tcase_add_test(tc, a_page_that_is_being_written_can_be_used);
	suite_add_tcase(s, tc);
	return s;
}
