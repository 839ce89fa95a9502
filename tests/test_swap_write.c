// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reclaim writes to swap: when it is submitted (blk_start_plug() of shrink_lruvec()), in what
 * requests, when TLBs are flushed for it (try_to_unmap_flush_dirty()), and where a page is when it
 * has been written (folio_rotate_reclaimable()).
 */
#include "host_vms.h"
#include "memory.h"
#include "shrink.h"
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
static uint64_t flushes_of(bool split_dirty)
{
	struct body a = { .fn = write_more }, b = { .fn = spin, .arg = &a };
	uint64_t nr;
	unsigned int i;

	costs.ns[COST_PAGE_WRITE] = 10000;
	begin(HOST_THP_ALWAYS, SWAP_HDD, &a);
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
 * Those of a huge page that was split have dirty entries where migration entries have room for the
 * bit (migration_entry_supports_ad()): then each is flushed by itself.
 */
START_TEST(pages_of_a_split_huge_page_are_flushed_as_their_entries_say)
{
	ck_assert_uint_lt(flushes_of(false), 30);
	ck_assert_uint_ge(flushes_of(true), 90);
}
END_TEST

#define FEW SWAP_BATCH

/* Flushes that the thread pays for when it swaps out pages, which were faulted in one by one. */
static void evict_few(struct kvm_vm *vm, void *arg)
{
	const struct ledger_account *account = coro_current->ctx.thread->account;
	struct reclaim_batch batch = { .nr = 0 };
	uint64_t before, *flushes = arg, i;

	guest_ram_write(vm->ram, gfn(0), FEW, 1);
	before = account->count[COST_TLB_FLUSH];
	for (i = 0; i < FEW; i++)
		ck_assert(shrink_evict(&host.root, page_index(vm->ram, i), false, &batch));
	shrink_submit(&host.root, &batch);
	*flushes = account->count[COST_TLB_FLUSH] - before;
	swap_unplug(&host);
}

/*
 * A page that was faulted in by itself has a dirty entry: besides KVM's flushes, one for each of
 * two vCPUs, there are two for the VMM's mapping, here and on the other CPU
 * (try_to_unmap_flush_dirty()).
 */
START_TEST(a_page_with_a_dirty_entry_is_flushed_by_itself)
{
	uint64_t flushes;
	struct body a = { .fn = evict_few, .arg = &flushes }, b = { .fn = spin, .arg = &a };

	costs.ns[COST_PAGE_WRITE] = 10000;
	begin(HOST_THP_NEVER, SWAP_HDD, &a);
	b.vm = a.vm;
	start(&b, 1);
	run(&a);
	finish(&b);
	costs.ns[COST_PAGE_WRITE] = 0;
	ck_assert_uint_eq(flushes, 4 * FEW);
	end(&a);
}
END_TEST

static void write_a_little(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), 16 * MIB / 4096, 1);
}

/*
 * A thread that is killed, with its VM or as one of a guest that panics, has what it holds back
 * submitted: pages of others are in it.
 */
START_TEST(what_a_killed_thread_holds_back_is_written)
{
	struct body other = { .fn = write_a_little }, a = { .fn = write_more };
	const struct disk *disk;
	struct host_memcg *memcg;

	costs.ns[COST_SWAP_OUT] = 20000;
	begin(HOST_THP_ALWAYS, SWAP_HDD, &a);
	disk = host.swap->extent->disk;
	/* At a limit it reclaims itself, and the other's memory is what it finds first. */
	memcg = host_add_memcg(&host, "group", NULL);
	memcg->max = 32 * MIB / 4096;
	other.vm = make_vm("other", 32);
	host_set_memcg(other.vm, memcg);
	host_set_memcg(a.vm, memcg);
	start(&other, 0);
	engine_run(&engine, NSEC_PER_MSEC_U64);
	ck_assert(other.done);
	run_until_plugged(&a);
	ck_assert_uint_gt(guest_ram_swapped(other.vm->ram), 0);
	ck_assert_uint_gt(disk->nr_plugged, 0);
	if (_i)
		cpu_thread_kill(a.vm->vcpus[0]);
	else
		host_stop_vm(a.vm);
	costs.ns[COST_SWAP_OUT] = 0;
	ck_assert_ptr_null(host.plugged);
	ck_assert_uint_eq(disk->nr_plugged, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert_uint_eq(host.writeback_pages, 0);
	ck_assert_uint_eq(disk->wbt.inflight[0], 0);
	ck_assert_uint_gt(guest_ram_swapped(other.vm->ram), 0);
	ck_assert_uint_eq(losses, 0);
	finish(&other);
	end(&a);
}
END_TEST

/* Whoever sleeps holds nothing back, whatever it waits for (here: its own write). */
static void plug_and_wait(struct kvm_vm *vm, void *arg)
{
	uint32_t index = page_index(vm->ram, 0);
	struct reclaim_batch batch = { .nr = 0 };

	guest_ram_write(vm->ram, gfn(0), 1, 1);
	ck_assert(shrink_evict(&host.root, index, false, &batch));
	shrink_submit(&host.root, &batch);
	ck_assert_ptr_nonnull(host.plugged);
	host_wait_page(&host, index);
}

START_TEST(a_thread_that_sleeps_holds_nothing_back)
{
	struct body a = { .fn = plug_and_wait };

	begin(HOST_THP_NEVER, SWAP_HDD, &a);
	run(&a);
	ck_assert_uint_eq(host.stats.swap_out, 1);
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
	tcase_add_test(tc, pages_of_a_split_huge_page_are_flushed_as_their_entries_say);
	tcase_add_test(tc, a_page_with_a_dirty_entry_is_flushed_by_itself);
	tcase_add_loop_test(tc, what_a_killed_thread_holds_back_is_written, 0, 2);
	tcase_add_test(tc, a_thread_that_sleeps_holds_nothing_back);
	tcase_add_test(tc, a_host_goes_away_with_what_is_held_back);
	suite_add_tcase(s, tc);
	return s;
}
