// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reclaim writes to swap: when it is submitted (blk_start_plug() of shrink_lruvec()), in what
 * requests, when TLBs are flushed for it (try_to_unmap_flush_dirty()), and where a page is when it
 * has been written (folio_rotate_reclaimable()).
 */
#include "host_vms.h"
#include "memory.h"
#include "suite.h"

#define VM_MIB 160
#define WRITTEN_MIB 140

static void write_more(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), WRITTEN_MIB * MIB / 4096, 1);
}

/* A host of 128 MiB, a VM that is going to write more; a disk with large requests. */
static void begin(enum host_thp thp, enum swap_on on, struct body *a)
{
	make_host(128, 2, thp);
	add_swap(on, 256);
	host.swap->extent->disk->config.request_pages = 256;
	a->vm = make_vm("writer", VM_MIB);
}

/* Until some write is held back. */
static void run_until_plugged(struct body *a)
{
	uint64_t until;

	start(a, 0);
	for (until = 0; !host.plugged && until < NSEC_PER_SEC_U64; until += 10 * NSEC_PER_USEC_U64)
		engine_run(&engine, until);
	ck_assert_ptr_nonnull(host.plugged);
	ck_assert_uint_gt(host.writeback_pages, 0);
}

static void run(struct body *a)
{
	start(a, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(a->done);
	ck_assert_uint_eq(losses, 0);
	ck_assert_ptr_null(host.plugged);
	ck_assert_uint_eq(host.writeback_pages, 0);
}

static void end(struct body *a)
{
	finish(a);
	unmake_host();
}

/* Pages of a split huge page have slots that follow each other: they are merged in the plug. */
START_TEST(a_split_huge_page_is_written_in_the_largest_requests)
{
	struct body a = { .fn = write_more };

	begin(HOST_THP_ALWAYS, SWAP_HDD, &a);
	/* No request waits for the disk, where it could be merged. */
	host.swap->extent->disk->config.queue_depth = 1000;
	host.swap->extent->disk->config.nr_requests = 2000;
	run(&a);
	ck_assert_uint_gt(host.stats.swap_out, 12 * MIB / 4096);
	ck_assert_uint_ge(host.swap->extent->stats.pages_written,
			  200 * host.swap->extent->stats.writes);
	end(&a);
}
END_TEST

/* Pages at the end of the inactive list that have been written: reclaim's next. */
static uint64_t written_at_the_end(void)
{
	uint32_t index = host.root.lru[SCAN_INACTIVE_ANON].tail;
	uint64_t nr = 0;

	while (index && !lru_is_huge(&host, index) &&
	       page_kind(page_of_index(&host, index)->state) == PAGE_WRITTEN) {
		index = page_of_index(&host, index)->prev;
		nr++;
	}
	return nr;
}

/* Of what has been written, which part (percent) is there, if a page takes @ns to be unmapped? */
static uint64_t part_at_the_end(uint64_t ns)
{
	struct body a = { .fn = write_more };
	uint64_t part;

	costs.ns[COST_SWAP_OUT] = ns;
	begin(HOST_THP_ALWAYS, SWAP_HDD, &a);
	host.swap->extent->disk->config.transfer_ns_page = 2000;
	run(&a);
	costs.ns[COST_SWAP_OUT] = 0;
	ck_assert_uint_gt(host.swap_cached, 2 * HOST_PMD_PAGES);
	part = 100 * written_at_the_end() / host.swap_cached;
	end(&a);
	return part;
}

/*
 * Reclaim has the pages of a huge page off the lists until the last has been unmapped.  Those that
 * are written by then are not at the end of the list, but where pages begin, and stay.
 */
START_TEST(what_is_written_before_it_is_put_back_stays)
{
	ck_assert_uint_ge(part_at_the_end(100), 95);
	ck_assert_uint_le(part_at_the_end(20000), 60);
}
END_TEST

/* The other vCPU: there is always a CPU that may have the mapping in its TLB. */
static void spin(struct kvm_vm *vm, void *arg)
{
	const struct body *writer = arg;

	while (!writer->done) {
		charge(COST_PAGE_WRITE, 1);
		cpu_sync();
	}
}

/* For 100 pages that are written; its own thread's, too. */
static uint64_t flushes_of(enum host_thp thp, bool split_dirty)
{
	struct body a = { .fn = write_more }, b = { .fn = spin, .arg = &a };
	uint64_t nr;
	unsigned int i;

	costs.ns[COST_PAGE_WRITE] = 10000;
	begin(thp, SWAP_HDD, &a);
	host.config.thp_split_dirty = split_dirty;
	b.vm = a.vm;
	start(&b, 1);
	run(&a);
	finish(&b);
	costs.ns[COST_PAGE_WRITE] = 0;
	ck_assert_uint_gt(host.stats.swap_out, 12 * MIB / 4096);
	nr = host.kswapd_account.count[COST_TLB_FLUSH];
	for (i = 0; i < NR_ACCOUNT_DOMAINS; i++)
		nr += a.vm->account[i].count[COST_TLB_FLUSH];
	nr = 100 * nr / host.stats.swap_out;
	end(&a);
	return nr;
}

/*
 * A page with a dirty entry is flushed by itself.  Those of a huge page that was split have clean
 * ones in 6.1 (__split_huge_pmd_locked()), dirty ones since 6.3.
 */
START_TEST(a_page_with_a_dirty_entry_is_flushed_by_itself)
{
	uint64_t small = flushes_of(HOST_THP_NEVER, false);
	uint64_t split = flushes_of(HOST_THP_ALWAYS, false);
	uint64_t dirty = flushes_of(HOST_THP_ALWAYS, true);

	ck_assert_uint_ge(small, 90);
	ck_assert_uint_ge(dirty, 90);
	ck_assert_uint_lt(split, 30);
}
END_TEST

/* A thread that is killed has what it holds back submitted: pages of others would be lost in it. */
START_TEST(what_a_killed_thread_holds_back_is_written)
{
	struct body a = { .fn = write_more };
	struct host_memcg *memcg;

	costs.ns[COST_SWAP_OUT] = 20000;
	begin(HOST_THP_ALWAYS, SWAP_HDD, &a);
	/* At a limit it reclaims itself. */
	memcg = host_add_memcg(&host, "group", NULL);
	memcg->max = 32 * MIB / 4096;
	host_set_memcg(a.vm, memcg);
	run_until_plugged(&a);
	ck_assert_uint_eq(host.stats.kswapd_runs, 0);
	host_stop_vm(a.vm);
	costs.ns[COST_SWAP_OUT] = 0;
	ck_assert_ptr_null(host.plugged);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(host.writeback_pages, 0);
	ck_assert_uint_eq(host.swap_cached, 0);
	ck_assert_uint_eq(host_used_pages(&host), 0);
	ck_assert_uint_eq(swap_used_slots(host.swap), 0);
	end(&a);
}
END_TEST

/* And a host that goes away with something held back leaks nothing. */
START_TEST(a_host_goes_away_with_what_is_held_back)
{
	struct body a = { .fn = write_more };

	costs.ns[COST_SWAP_OUT] = 20000;
	begin(HOST_THP_ALWAYS, SWAP_HDD, &a);
	run_until_plugged(&a);
	costs.ns[COST_SWAP_OUT] = 0;
	unmake_host();
	finish(&a);
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("swap_write");
	TCase *tc = tcase_create("swap_write");

	tcase_add_test(tc, a_split_huge_page_is_written_in_the_largest_requests);
	tcase_add_test(tc, what_is_written_before_it_is_put_back_stays);
	tcase_add_test(tc, a_page_with_a_dirty_entry_is_flushed_by_itself);
	tcase_add_test(tc, what_a_killed_thread_holds_back_is_written);
	tcase_add_test(tc, a_host_goes_away_with_what_is_held_back);
	suite_add_tcase(s, tc);
	return s;
}
