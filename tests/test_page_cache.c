// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's page cache: reading, what reclaim takes first, and what comes back.
 */
#include "disk.h"
#include "host_vms.h"
#include "memory.h"
#include "page_cache.h"
#include "suite.h"

#define PAGES(mib) ((mib) * MIB / 4096)

static const struct disk_config disk = {
	.kind = DISK_SSD, .name = "files", .queue_depth = 4, .read_ns = 100000,
	.transfer_ns_page = 10000,
};

static struct cache_file *make_file(uint64_t mib)
{
	struct cache_file *file = cache_file_create(&host, "files", PAGES(mib), &disk, NULL);

	ck_assert_ptr_nonnull(file);
	return file;
}

/* To its end, on a VM of its own. */
static struct kvm_vm *run(uint64_t mib, void (*fn)(struct kvm_vm *vm, void *arg), void *arg)
{
	struct body b = { .fn = fn, .arg = arg, .vm = make_vm("g", mib) };

	start(&b, 0);
	engine_run(&engine, engine.now + 1000 * NSEC_PER_SEC_U64);
	ck_assert(b.done);
	finish(&b);
	return b.vm;
}

/* get_scan_count() of 6.1, by hand. */
START_TEST(how_much_is_scanned_of_which_list)
{
	struct scan_balance b = {
		.size = { 40960, 20480, 8192, 16384 }, .eligible = { 40960, 20480, 8192, 16384 },
		.free = 100, .high_watermark = 1000, .swappiness = 60, .priority = 4, .swap = true,
	};
	uint64_t nr[NR_SCAN_LISTS];

	/* More active than inactive file pages: no trimming; 60 and 140 of 200 parts. */
	scan_count(&b, nr);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_ANON], 2560 * 60 / 200);
	ck_assert_uint_eq(nr[SCAN_ACTIVE_ANON], 1280 * 60 / 200);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_FILE], 512 * 140 / 200);
	ck_assert_uint_eq(nr[SCAN_ACTIVE_FILE], 1024 * 140 / 200);
	/* Costs of 100 and 300: 60 * 1201 / 501 and 140 * 1201 / 701 parts. */
	b.cost = (struct scan_cost){ .anon = 100, .file = 300 };
	scan_count(&b, nr);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_ANON], 2560 * 143 / (143 + 239));
	ck_assert_uint_eq(nr[SCAN_INACTIVE_FILE], 512 * 239 / (143 + 239));
	/* Enough inactive ones: only they. */
	b.size[SCAN_INACTIVE_FILE] = b.eligible[SCAN_INACTIVE_FILE] = 16384;
	scan_count(&b, nr);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_ANON], 0);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_FILE], 1024);
	/* Unless active ones came back. */
	b.refaults[1] = true;
	scan_count(&b, nr);
	ck_assert_uint_gt(nr[SCAN_INACTIVE_ANON], 0);
	/* Dropping all of them would not do. */
	b.high_watermark = 100000;
	scan_count(&b, nr);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_ANON], 2560);
	ck_assert_uint_eq(nr[SCAN_ACTIVE_FILE], 0);
	/* Near the end: all of both. */
	b.priority = 0;
	scan_count(&b, nr);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_ANON], 40960);
	ck_assert_uint_eq(nr[SCAN_ACTIVE_FILE], 16384);
	b.swap = false;
	scan_count(&b, nr);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_ANON], 0);
}
END_TEST

START_TEST(what_is_left_to_scan_keeps_its_proportion)
{
	const uint64_t targets[NR_SCAN_LISTS] = { 1000, 500, 200, 100 };
	uint64_t nr[NR_SCAN_LISTS] = { 800, 400, 150, 60 };

	/* 210 of 301 file pages are left, 69 %: of anonymous ones 31 % are scanned in all. */
	ck_assert(scan_proportionally(nr, targets));
	ck_assert_uint_eq(nr[SCAN_INACTIVE_FILE], 0);
	ck_assert_uint_eq(nr[SCAN_ACTIVE_FILE], 0);
	ck_assert_uint_eq(nr[SCAN_INACTIVE_ANON], 310 - 200);
	ck_assert_uint_eq(nr[SCAN_ACTIVE_ANON], 155 - 100);
	ck_assert(!scan_proportionally(nr, targets));
}
END_TEST

static void read_all(struct kvm_vm *vm, void *arg)
{
	struct cache_file *file = arg;

	cache_file_read(file, 0, file->nr_pages);
}

START_TEST(reading_goes_to_the_disk_in_windows_and_once)
{
	struct cache_file *file;
	uint64_t reads;

	make_host(64, 1, HOST_THP_NEVER);
	file = make_file(16);
	run(8, read_all, file);
	ck_assert_uint_eq(file->resident, PAGES(16));
	ck_assert_uint_eq(host.file_pages, PAGES(16));
	ck_assert_uint_eq(host_used_pages(&host), PAGES(16));
	ck_assert_uint_eq(host.stats.file_reads, PAGES(16));
	/* 128 KiB each, but for the first few. */
	reads = file->extent->stats.reads;
	ck_assert_uint_ge(reads, PAGES(16) / 32);
	ck_assert_uint_le(reads, PAGES(16) / 32 + 3);
	ck_assert_uint_eq(host.root.lru[SCAN_INACTIVE_FILE].nr_pages, PAGES(16));
	/* The second time they are there, and become active. */
	run(8, read_all, file);
	ck_assert_uint_eq(file->extent->stats.reads, reads);
	ck_assert_uint_eq(host.root.lru[SCAN_ACTIVE_FILE].nr_pages, PAGES(16));
	/* echo 1 >/proc/sys/vm/drop_caches */
	ck_assert_uint_eq(cache_drop_all(&host), PAGES(16));
	ck_assert_uint_eq(host_used_pages(&host), 0);
	ck_assert_uint_eq(host.file_pages, 0);
	run(8, read_all, file);
	ck_assert_uint_eq(host.stats.file_reads, 2 * PAGES(16));
	ck_assert_uint_eq(host.stats.file_refaults, 0);
	unmake_host();
}
END_TEST

struct reader {
	struct cache_file *file;
	bool stop;
};

static void read_and_sleep(struct kvm_vm *vm, void *arg)
{
	struct reader *r = arg;

	while (!r->stop) {
		cache_file_read(r->file, 0, r->file->nr_pages);
		cpu_sleep(10 * NSEC_PER_MSEC_U64);
	}
}

static void write_and_stop(struct kvm_vm *vm, void *arg)
{
	struct reader *r = arg;

	guest_ram_write(vm->ram, gfn(0), PAGES(100), 1);
	r->stop = true;
}

/* A guest needs 28 MiB more than is free beside the files.  @hot: somebody reads them meanwhile. */
static void press(unsigned int swappiness, bool hot, bool swap)
{
	struct reader r = { 0 };
	struct body reader = { .fn = read_and_sleep, .arg = &r };
	struct kvm_vm *big;

	costs.ns[COST_EPT_FAULT] = 10000;
	make_host(128, 2, HOST_THP_NEVER);
	host.config.swappiness = swappiness;
	if (swap)
		add_swap(SWAP_SSD, 256);
	r.file = make_file(48);
	cache_file_fill(r.file, 0, PAGES(48), hot ? 2 : 1);
	reader.vm = make_vm("reader", 8);
	if (hot)
		start(&reader, 0);
	big = run(112, write_and_stop, &r);
	if (hot)
		finish(&reader);
	ck_assert_uint_eq(losses, 0);
	ck_assert_uint_eq(host_used_pages(&host), guest_ram_resident(big->ram) +
			  host.file_pages + host.swap_cached);
	ck_assert_uint_eq(host.files->resident, host.file_pages);
}

START_TEST(cache_that_was_read_once_goes_before_anything_is_swapped)
{
	press(60, false, true);
	ck_assert_uint_eq(host.stats.swap_out, 0);
	ck_assert_uint_ge(host.stats.file_dropped, PAGES(20));
	ck_assert_uint_eq(guest_ram_resident(host.vms[1]->ram), PAGES(100));
	unmake_host();
}
END_TEST

START_TEST(cache_that_is_used_shares_with_guests_by_swappiness)
{
	static const unsigned int swappiness[] = { 0, 60, 200 };
	uint64_t out[3];
	int i;

	for (i = 0; i < 3; i++) {
		press(swappiness[i], true, true);
		out[i] = host.stats.swap_out;
		unmake_host();
	}
	ck_assert_uint_eq(out[0], 0);
	ck_assert_uint_gt(out[1], PAGES(2));
	ck_assert_uint_gt(out[2], out[1] + PAGES(2));
}
END_TEST

START_TEST(without_swap_cache_goes_and_nobody_is_killed)
{
	press(60, true, false);
	ck_assert_int_eq(killed, 0);
	ck_assert_uint_ge(host.stats.file_dropped, PAGES(20));
	unmake_host();
}
END_TEST

struct story {
	struct cache_file *file;
	uint64_t refaults, active;
};

static void read_again(struct kvm_vm *vm, void *arg)
{
	struct story *s = arg;
	int i;

	for (i = 0; i < 4; i++)
		cache_file_read(s->file, 0, s->file->nr_pages);
	s->refaults = host.stats.file_refaults;
	s->active = host.root.lru[SCAN_ACTIVE_FILE].nr_pages;
}

/*
 * Files of which reclaim drops a part while they are read again and again: what comes back would
 * have stayed had the guest's idle pages gone, and is active at once (workingset_refault()); that
 * costs, so more of the guest's goes.
 */
START_TEST(what_comes_back_soon_is_active_and_moves_the_balance)
{
	struct story s;

	press(60, false, true);
	s.file = host.files;
	ck_assert_uint_eq(host.stats.swap_out, 0);
	run(8, read_again, &s);
	ck_assert_uint_gt(s.refaults, PAGES(4));
	ck_assert_uint_gt(s.active, PAGES(16));
	ck_assert_uint_gt(host.stats.swap_out, PAGES(8));
	unmake_host();
}
END_TEST

/*
 * workingset_eviction(), workingset_refault(): an eviction ages what is evicted, and so does a page
 * that comes back active.
 */
START_TEST(evictions_and_what_comes_back_active_age_what_is_evicted)
{
	struct kvm_vm *vm;
	uint64_t age;
	uint32_t index;

	make_host(64, 1, HOST_THP_NEVER);
	add_swap(SWAP_SSD, 64);
	vm = make_vm("g", 16);
	guest_ram_write(vm->ram, gfn(0), 1024, 1);
	index = page_index(vm->ram, 2000);
	age = host.root.nonresident_age;
	workingset_evicted(&host.root, index);
	ck_assert_uint_eq(host.root.nonresident_age, age + 1);
	ck_assert(!workingset_returned(&host, index));	/* all pages are inactive */
	ck_assert_uint_eq(host.root.nonresident_age, age + 1);
	for (uint32_t i = 0; i < 1024; i++) {
		lru_del(&host, page_index(vm->ram, i), false);
		lru_add(&host, page_index(vm->ram, i), false, LRU_PLACE_ACTIVE);
	}
	ck_assert(workingset_returned(&host, index));
	ck_assert_uint_eq(host.root.nonresident_age, age + 2);
	unmake_host();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("page_cache");
	TCase *tc = tcase_create("page cache");

	tcase_add_test(tc, how_much_is_scanned_of_which_list);
	tcase_add_test(tc, what_is_left_to_scan_keeps_its_proportion);
	tcase_add_test(tc, reading_goes_to_the_disk_in_windows_and_once);
	tcase_add_test(tc, cache_that_was_read_once_goes_before_anything_is_swapped);
	tcase_add_test(tc, cache_that_is_used_shares_with_guests_by_swappiness);
	tcase_add_test(tc, without_swap_cache_goes_and_nobody_is_killed);
	tcase_add_test(tc, what_comes_back_soon_is_active_and_moves_the_balance);
	tcase_add_test(tc, evictions_and_what_comes_back_active_age_what_is_evicted);
	suite_add_tcase(s, tc);
	return s;
}
