// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host short of memory: watermarks, reclaim, swap devices, the OOM killer.
 */
#include "host_vms.h"
#include "memory.h"
#include "suite.h"

#define BIG_MIB 48

static void write_and_check(struct kvm_vm *vm, void *arg)
{
	uint64_t nr = BIG_MIB * MIB / 4096;
	int round;

	for (round = 0; round < 2; round++) {
		guest_ram_write(vm->ram, gfn(0), nr, 1 + round * 100000);
		*(uint64_t *)arg += guest_ram_check(vm->ram, gfn(0), nr, 1 + round * 100000, "me");
	}
}

static void swap_round_trip(enum swap_on kind, enum host_thp thp)
{
	uint64_t lost = 0;
	struct body a = { .fn = write_and_check, .arg = &lost };

	make_host(32, 2, thp);
	add_swap(kind, 64);
	a.vm = make_vm("g", 64);
	start(&a, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(a.done);
	ck_assert_uint_eq(lost, 0);
	ck_assert_uint_gt(host.stats.swap_out, (BIG_MIB - 32) * MIB / 4096);
	ck_assert_uint_gt(host.stats.swap_in, 0);
	ck_assert_uint_eq(guest_ram_resident(a.vm->ram) + guest_ram_swapped(a.vm->ram),
			  BIG_MIB * MIB / 4096);
	ck_assert_uint_eq(host_used_pages(&host),
			  guest_ram_resident(a.vm->ram) + host.swap_cached +
			  host.swap->zram_frames);
	finish(&a);
	/* A discard gives slots back, too. */
	guest_ram_madvise(a.vm->ram, 0, 64 * MIB, HOST_MADV_DONTNEED);
	ck_assert_uint_eq(swap_used_slots(host.swap), 0);
	ck_assert_uint_eq(guest_ram_swapped(a.vm->ram), 0);
	unmake_host();
}

START_TEST(contents_survive_swapping_on_every_device)
{
	swap_round_trip((enum swap_on)_i, HOST_THP_NEVER);
	swap_round_trip((enum swap_on)_i, HOST_THP_ALWAYS);
}
END_TEST

static void start_another(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), BIG_MIB * MIB / 4096, 1);
	host_start_vm(arg);
}

struct left {
	uint64_t swapped, cached;	/* cached: in the swap cache still */
};

static void read_what_is_left(struct kvm_vm *vm, void *arg)
{
	uint64_t i, nr = BIG_MIB * MIB / 4096;
	struct left *left = arg;

	guest_ram_write(vm->ram, gfn(0), nr, 1);
	/* of those in swap every other 64 KiB go, and so does all that is in memory */
	for (i = 0; i < nr; i++)
		if (i / 16 % 2 || guest_ram_state(vm->ram, gfn(i)) != RAM_SWAPPED)
			guest_ram_madvise(vm->ram, i * 4096, 4096, HOST_MADV_DONTNEED);
	left->swapped = guest_ram_swapped(vm->ram);
	left->cached = host.swap_cached;
	for (i = 0; i < nr; i++)
		if (guest_ram_peek(vm->ram, gfn(i)))
			guest_ram_check(vm->ram, gfn(i), 1, 1 + i, "g");
}

/* Slots that nobody has anything in any more are neither read nor counted. */
START_TEST(swap_in_reads_what_there_is_and_no_holes)
{
	enum swap_on kind = (enum swap_on)_i;
	struct left left = { 0 };
	struct body a = { .fn = read_what_is_left, .arg = &left };

	make_host(32, 1, HOST_THP_NEVER);
	add_swap(kind, 64);
	a.vm = make_vm("g", 64);
	start(&a, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(a.done);
	ck_assert_uint_gt(left.swapped, 1024);
	ck_assert_uint_lt(left.cached, 128);
	ck_assert_uint_le(host.swap->stats.pages_in, left.swapped);
	ck_assert_uint_ge(host.swap->stats.pages_in, left.swapped - left.cached);
	ck_assert_uint_eq(losses, 0);
	/* pages beside each other, upwards: read ahead is what is used next */
	ck_assert_uint_ge(host.stats.swap_readahead_hits * 100,
			  host.stats.swap_readahead * (kind == SWAP_ZRAM ? 0 : 95));
	ck_assert(kind == SWAP_ZRAM || host.stats.swap_readahead > left.swapped / 2);
	finish(&a);
	unmake_host();
}
END_TEST

/*
 * 512 frames at once, when fewer than that are free above the watermark and the rest is being
 * written: the thread has to wait for the device, since looking again takes no time.
 */
START_TEST(large_allocation_waits_for_what_is_being_written)
{
	struct body a = { .fn = start_another };
	struct kvm_vm *other;

	make_host(32, 2, HOST_THP_NEVER);
	add_swap((enum swap_on)_i, 64);
	host.config.vmm_overhead_bytes = 16 * MIB;
	a.vm = make_vm("g", 64);
	other = make_vm("other", 8);
	a.arg = other;
	start(&a, 0);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.done);
	ck_assert_uint_eq(guest_ram_resident(other->own) + guest_ram_swapped(other->own),
			  16 * MIB / 4096);
	finish(&a);
	unmake_host();
}
END_TEST

static void write_only(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), BIG_MIB * MIB / 4096, 1);
}

START_TEST(without_swap_the_largest_vmm_is_killed)
{
	struct body a = { .fn = write_only }, small = { .fn = blocker };

	make_host(32, 2, HOST_THP_NEVER);
	small.vm = make_vm("small", 8);
	guest_ram_write(small.vm->ram, gfn(0), 100, 1);
	a.vm = make_vm("big", 64);
	start(&small, 0);
	start(&a, 0);
	engine_run(&engine, TIME_NEVER);
	ck_assert(!a.done);
	ck_assert_int_eq(killed, a.vm->id + 1);
	ck_assert(a.vm->dead && !small.vm->dead);
	ck_assert_uint_eq(guest_ram_resident(a.vm->ram), 0);
	ck_assert_uint_eq(host_used_pages(&host), 100);
	finish(&a);
	finish(&small);
	unmake_host();
}
END_TEST

START_TEST(pages_marked_free_go_first_and_are_not_written)
{
	struct body a = { .fn = write_only };
	struct kvm_vm *idle;

	make_host(64, 2, HOST_THP_NEVER);
	add_swap(SWAP_SSD, 64);
	idle = make_vm("idle", 32);
	guest_ram_write(idle->ram, gfn(0), 24 * MIB / 4096, 1);
	ck_assert_int_eq(guest_ram_madvise(idle->ram, 0, 24 * MIB, HOST_MADV_FREE), 0);
	/* Written again: the mark is gone. */
	guest_ram_write(idle->ram, gfn(0), 16, 9000);
	a.vm = make_vm("big", 64);
	start(&a, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(a.done);
	ck_assert_uint_gt(host.stats.lazyfree_dropped, 1000);
	ck_assert_uint_eq(guest_ram_check(idle->ram, gfn(0), 16, 9000, "idle"), 0);
	finish(&a);
	unmake_host();
}
END_TEST

/*
 * A real 6.1 with 4 GiB has min 16,894 pages in its zones with huge pages.  Below them lie what
 * ZONE_DMA32 reserves, a 256th of the GiB above, and all of ZONE_DMA, which reserves more than it
 * has.
 */
START_TEST(watermarks_are_those_of_linux)
{
	const uint64_t dma = 4096 - 256, reserve = 1024 * 256 / 256;
	/* sqrt(16 * 4 GiB in KiB) = 8190 KiB, by size of the zones; steps of a thousandth. */
	const uint64_t min = 1527 + 511, step = 782 + 262;

	make_host(4096, 1, HOST_THP_NEVER);
	ck_assert_uint_eq(host.wmark_min, dma + reserve + min);
	ck_assert_uint_eq(host.wmark_low, dma + reserve + min + step);
	ck_assert_uint_eq(host.wmark_high, dma + reserve + min + step + 262);
	unmake_host();
	make_host(4096, 1, HOST_THP_ALWAYS);
	ck_assert_uint_ge(host.wmark_min, dma + reserve + 16894 - 61 - 2);
	ck_assert_uint_le(host.wmark_min, dma + reserve + 16894 - 61 + 2);
	unmake_host();
	/* No more than 5 % of a small one. */
	make_host(64, 1, HOST_THP_ALWAYS);
	ck_assert_uint_le(host.wmark_min, 64 * 256 / 20 + 48);
	unmake_host();
}
END_TEST

/* Somebody who needs more than the host has. */
static void begin_pressure(enum swap_on kind, enum host_thp thp, struct body *a)
{
	make_host(128, 2, thp);
	add_swap(kind, 256);
	a->vm = make_vm("big", 160);
}

static void press(struct body *a)
{
	start(a, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(a->done);
	ck_assert_uint_eq(losses, 0);
}

static void write_more(struct kvm_vm *vm, void *arg)
{
	guest_ram_write(vm->ram, gfn(0), 140 * MIB / 4096, 1);
}

static void read_done(struct disk_request *rq)
{
}

/*
 * The device's queue is full of reads, and nothing is being written: who needs frames has to wait
 * for one of them, since looking again takes no time.
 */
START_TEST(a_queue_that_is_full_of_reads_is_waited_for)
{
	static struct disk_request reads[256];
	struct body a = { .fn = write_more };

	begin_pressure(SWAP_HDD, HOST_THP_NEVER, &a);
	host.swap->extent->disk->config.read_ns = NSEC_PER_SEC_U64;
	for (int i = 0; i < 256; i++) {
		reads[i] = (struct disk_request){ .extent = host.swap->extent, .page = 2 * i,
						  .nr = 1, .complete = read_done };
		disk_submit(&reads[i]);
	}
	press(&a);
	ck_assert_uint_gt(host.stats.swap_out, 12 * MIB / 4096);
	finish(&a);
	unmake_host();
}
END_TEST

/*
 * KVM's fault marks a page of 4 KiB as accessed beside the bit in its tables, so that the first
 * look finds it accessed twice (mark_page_accessed(), folio_check_references()): all that is in
 * memory has been on the active list.  What nobody touches again leaves it.
 */
START_TEST(a_page_that_a_vcpu_faults_in_is_activated_at_the_first_look)
{
	struct body a = { .fn = write_more };

	begin_pressure(SWAP_SSD, HOST_THP_NEVER, &a);
	press(&a);
	ck_assert_uint_gt(host.stats.swap_out, 12 * MIB / 4096);
	ck_assert_uint_gt(host.root.lru[SCAN_ACTIVE_ANON].nr_pages, 4 * MIB / 4096);
	finish(&a);
	unmake_host();
}
END_TEST

static void write_and_read(struct kvm_vm *vm, void *arg)
{
	uint64_t nr = 140 * MIB / 4096;

	guest_ram_write(vm->ram, gfn(0), nr, 1);
	guest_ram_check(vm->ram, gfn(0), nr, 1, "me");
	guest_ram_check(vm->ram, gfn(0), nr, 1, "me");
}

/*
 * A page that a vCPU waits for is got for writing (async_pf_execute()), and one of zram is never in
 * the swap cache: reading it does not leave a copy behind, and it is written again.
 */
START_TEST(a_page_read_for_a_vcpu_keeps_no_slot)
{
	struct body a = { .fn = write_and_read };
	uint64_t found;

	begin_pressure((enum swap_on)_i, HOST_THP_NEVER, &a);
	host.swap->config.readahead_pages = 1;
	press(&a);
	ck_assert_uint_gt(host.stats.swap_in, 12 * MIB / 4096);
	/* but for pages that were found in the swap cache before reclaim came along again */
	found = host.stats.swap_faults - host.stats.swap_in;
	ck_assert_uint_lt(found, host.stats.swap_in / 4);
	ck_assert_uint_le(swap_used_slots(host.swap), guest_ram_swapped(a.vm->ram) + found);
	finish(&a);
	unmake_host();
}
END_TEST

/*
 * kswapd goes on until frames are free, and fills the queue of a slow device meanwhile.  What has
 * been written stays in the swap cache until reclaim comes along again.
 */
START_TEST(what_is_being_written_is_not_free_yet)
{
	struct body a = { .fn = write_more };

	begin_pressure(SWAP_HDD, HOST_THP_NEVER, &a);
	press(&a);
	ck_assert_uint_ge(host.free_pages, host.wmark_high);
	ck_assert_uint_gt(host.swap_cached, 128);
	ck_assert_uint_eq(host.writeback_pages, 0);
	finish(&a);
	unmake_host();
}
END_TEST

static uint64_t pages_on_lists(void)
{
	uint64_t nr = 0;

	for (int list = 0; list < NR_SCAN_LISTS; list++)
		nr += host.root.lru_size[list];
	return nr;
}

/*
 * shrink_folio_list() leaves on the lists what it is having written; when kswapd finds nothing
 * else, it sleeps (reclaim_throttle(), VMSCAN_THROTTLE_WRITEBACK).
 */
START_TEST(what_is_being_written_stays_on_the_lists_and_throttles)
{
	struct body a = { .fn = write_more };

	begin_pressure(SWAP_HDD, HOST_THP_NEVER, &a);
	host.swap->extent->disk->config.write_ns = 100 * NSEC_PER_SEC_U64;
	host.swap->extent->disk->config.request_pages = PAGE_SLOT_MAX;
	costs.ns[COST_HOST_SCAN] = 150;
	start(&a, 0);
	engine_run(&engine, 60 * NSEC_PER_SEC_U64);
	ck_assert(!a.done);
	/* all of it, since the queue would take more than there is */
	ck_assert_uint_gt(host.writeback_pages, host_used_pages(&host) / 2);
	ck_assert_uint_eq(pages_on_lists(), host_used_pages(&host));
	ck_assert_uint_lt(host.kswapd.ran, NSEC_PER_SEC_U64);
	costs.ns[COST_HOST_SCAN] = 0;
	unmake_host();
	finish(&a);
}
END_TEST

/*
 * deferred_split_huge_page(): what is discarded of a huge page comes back when all of it is, when
 * reclaim looks at it, or near the end; who uses it again takes another frame.
 */
START_TEST(parts_of_a_huge_page_come_back_with_the_last)
{
	struct kvm_vm *vm;

	make_host(64, 1, HOST_THP_ALWAYS);
	vm = make_vm("g", 8);
	guest_ram_write(vm->ram, gfn(0), 1024, 1);
	ck_assert_uint_eq(host_used_pages(&host), 1024);
	guest_ram_madvise(vm->ram, 0, 256 * 4096, HOST_MADV_DONTNEED);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 768);
	ck_assert_uint_eq(host_used_pages(&host), 1024);
	ck_assert_uint_eq(host.partial_pages, 256);
	ck_assert_uint_eq(guest_ram_given_back(vm->ram), 0);
	/* Its first page, by which it was on its list, is another page's now. */
	guest_ram_write(vm->ram, gfn(0), 1, 5000);
	ck_assert_uint_eq(host_used_pages(&host), 1025);
	ck_assert_uint_eq(pages_on_lists(), 1025);
	guest_ram_check(vm->ram, gfn(256), 256, 257, "g");
	guest_ram_madvise(vm->ram, 256 * 4096, 256 * 4096, HOST_MADV_DONTNEED);
	ck_assert_uint_eq(host_used_pages(&host), 513);
	ck_assert_uint_eq(host.partial_pages, 0);
	ck_assert_uint_eq(guest_ram_given_back(vm->ram), 512);
	guest_ram_check(vm->ram, gfn(0), 1, 5000, "g");
	host_stop_vm(vm);
	ck_assert_uint_eq(host_used_pages(&host), 0);
	unmake_host();
}
END_TEST

START_TEST(parts_of_a_huge_page_come_back_under_pressure)
{
	struct body a = { .fn = write_more };
	struct kvm_vm *idle;

	begin_pressure(SWAP_SSD, HOST_THP_ALWAYS, &a);
	idle = make_vm("idle", 32);
	guest_ram_write(idle->ram, gfn(0), 32 * MIB / 4096, 1);
	for (uint64_t nr = 0; nr < 32 * MIB / 4096; nr += 2)
		guest_ram_madvise(idle->ram, nr * 4096, 4096, HOST_MADV_DONTNEED);
	ck_assert_uint_eq(host.partial_pages, 16 * MIB / 4096);
	ck_assert_uint_eq(host_used_pages(&host), 32 * MIB / 4096);
	press(&a);
	ck_assert_uint_eq(host.partial_pages, 0);
	ck_assert_uint_eq(guest_ram_given_back(idle->ram), 16 * MIB / 4096);
	for (uint64_t nr = 1; nr < 32 * MIB / 4096; nr += 2)
		ck_assert_uint_eq(guest_ram_peek(idle->ram, gfn(nr)), 1 + nr);
	finish(&a);
	unmake_host();
}
END_TEST

/* deferred_split_scan(), without swap, where nothing of it is looked at: near the end only. */
START_TEST(parts_of_a_huge_page_come_back_before_somebody_is_killed)
{
	struct body a = { .fn = write_more };
	struct kvm_vm *idle;

	make_host(160, 2, HOST_THP_ALWAYS);
	a.vm = make_vm("big", 160);
	idle = make_vm("idle", 64);
	guest_ram_write(idle->ram, gfn(0), 32 * MIB / 4096, 1);
	guest_ram_madvise(idle->ram, 4096, 511 * 4096, HOST_MADV_DONTNEED);
	for (uint64_t block = 0; block < 16; block++)
		guest_ram_madvise(idle->ram, (block * 512 + 1) * 4096, 511 * 4096,
				  HOST_MADV_DONTNEED);
	ck_assert_uint_eq(host.partial_pages, 16 * 511);
	press(&a);
	ck_assert_uint_eq(host.partial_pages, 0);
	ck_assert_int_eq(killed, 0);
	finish(&a);
	unmake_host();
}
END_TEST

static void free_and_use(struct kvm_vm *vm, void *arg)
{
	uint64_t *violations = arg, before;

	guest_ram_write(vm->ram, gfn(0), 256, 1);
	guest_ram_madvise(vm->ram, 0, 256 * 4096, HOST_MADV_FREE);
	ck_assert(guest_ram_mapping(vm->ram, gfn(0)) == RAM_NONE);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 256);
	before = vm->exits[KVM_EXIT_EPT_VIOLATION];
	guest_ram_check(vm->ram, gfn(0), 256, 1, "me");
	*violations = vm->exits[KVM_EXIT_EPT_VIOLATION] - before;
}

/*
 * madvise_free_single_vma() invalidates: each page that is used again is a violation, not zeroed.
 */
START_TEST(what_is_marked_free_is_not_in_the_ept)
{
	uint64_t violations = 0;
	struct body a = { .fn = free_and_use, .arg = &violations };

	make_host(128, 2, HOST_THP_NEVER);
	a.vm = make_vm("g", 8);
	press(&a);
	ck_assert_uint_eq(violations, 256);
	finish(&a);
	unmake_host();
}
END_TEST

/* Of a leaf that is split, pages go upwards: __split_huge_page(), lru_to_folio(). */
START_TEST(slots_of_a_leaf_that_is_swapped_ascend)
{
	struct body a = { .fn = write_more };
	uint64_t up = 0, swapped = 0;

	begin_pressure(SWAP_HDD, HOST_THP_ALWAYS, &a);
	press(&a);
	for (uint32_t slot = 1; slot < host.swap->nr_slots; slot++) {
		uint32_t before = host.swap->owner[slot - 1], index = host.swap->owner[slot];

		swapped += before && index;
		up += before && index == before + 1;
	}
	ck_assert_uint_gt(swapped, 12 * MIB / 4096);
	ck_assert_uint_ge(up * 100, swapped * 95);
	finish(&a);
	unmake_host();
}
END_TEST

static void write_zeros(struct kvm_vm *vm, void *arg)
{
	guest_ram_fill(vm->ram, gfn(0), 140 * MIB / 4096, 0);
}

/* zram_write_page(), page_same_filled(). */
START_TEST(pages_that_are_all_zero_take_nothing_of_zram)
{
	struct body a = { .fn = write_zeros }, b = { .fn = write_more };

	begin_pressure(SWAP_ZRAM, HOST_THP_NEVER, &a);
	press(&a);
	ck_assert_uint_gt(swap_used_slots(host.swap), 12 * MIB / 4096);
	ck_assert_uint_eq(host.swap->zram_frames, 0);
	finish(&a);
	b.vm = a.vm;
	start(&b, 1);
	engine_run(&engine, 2000 * NSEC_PER_SEC_U64);
	ck_assert(b.done);
	ck_assert_uint_eq(host.swap->zram_frames, (host.swap->nr_stored + 1) / 2);
	ck_assert_uint_gt(host.swap->zram_frames, 0);
	finish(&b);
	host_stop_vm(a.vm);
	ck_assert_uint_eq(host.swap->nr_stored, 0);
	ck_assert_uint_eq(host.swap->zram_frames, 0);
	unmake_host();
}
END_TEST

/*
 * kvm_mmu_notifier_clear_flush_young(), kvm_mmu_notifier_invalidate_range_start(): for each page
 * that is found young or goes, a vCPU that runs has to leave the guest.
 */
static void write_and_run(struct kvm_vm *vm, void *arg)
{
	for (int round = 0; round < 4; round++) {
		guest_ram_write(vm->ram, gfn(0), 140 * MIB / 4096, 1);
		charge(COST_PAGE_WRITE, 1000);
		cpu_sync();
	}
}

START_TEST(reclaim_of_a_page_interrupts_the_vcpus_that_run)
{
	struct body a = { .fn = write_and_run };
	uint64_t flushes;

	costs.ns[COST_PAGE_WRITE] = 1000000;
	begin_pressure(SWAP_NVME, HOST_THP_NEVER, &a);
	press(&a);
	flushes = host.kswapd_account.count[COST_TLB_FLUSH] +
		  a.vm->account[ACCOUNT_EXIT].count[COST_TLB_FLUSH];
	costs.ns[COST_PAGE_WRITE] = 0;
	/* Not one for 32 of them; when the vCPU does not run there is none. */
	ck_assert_uint_gt(flushes, host.stats.swap_out / 8);
	finish(&a);
	unmake_host();
}
END_TEST

static void fill_and_read(struct kvm_vm *vm, void *arg)
{
	uint64_t nr = 140 * MIB / 4096, i;

	guest_ram_write(vm->ram, gfn(0), nr, 1);
	for (i = 0; i < nr; i++)
		guest_ram_read(vm->ram, gfn(i));
}

static uint64_t slots_beside_pages(uint64_t swap_mib)
{
	struct body a = { .fn = fill_and_read };
	uint64_t nr;

	make_host(128, 2, HOST_THP_NEVER);
	add_swap(SWAP_SSD, swap_mib);
	a.vm = make_vm("big", 160);
	press(&a);
	nr = swap_used_slots(host.swap) - guest_ram_swapped(a.vm->ram);
	finish(&a);
	unmake_host();
	return nr;
}

/*
 * Of swap that is nearly full the free slots lie apart: each page is a request, and no more of them
 * wait than the queue has.
 */
START_TEST(the_queue_is_not_longer_when_swap_is_nearly_full)
{
	struct body a = { .fn = write_more };

	make_host(128, 2, HOST_THP_NEVER);
	add_swap(SWAP_HDD, 64);
	host.swap->extent->disk->config.request_pages = 320;
	for (uint32_t slot = 0; slot < host.swap->nr_slots; slot += 2) {
		/* of pages that there are not: index 0 is none, this one is never written */
		host.swap->owner[slot] = UINT32_MAX;
		host.swap->cluster_free[slot / SWAP_CLUSTER_SLOTS]--;
		host.swap->nr_free--;
	}
	host.swap->nr_empty = 0;
	a.vm = make_vm("big", 160);
	press(&a);
	ck_assert_uint_gt(host.stats.swap_out, 12 * MIB / 4096);
	/* blk_mq_get_tag(): reads of those who swap in meanwhile have to have one, too. */
	ck_assert_uint_le(host.swap->extent->stats.peak_queue, DISK_REQUESTS_SATA);
	finish(&a);
	unmake_host();
}
END_TEST

/* should_try_to_free_swap(): what was read ahead keeps its slot, as long as there are enough. */
START_TEST(slots_are_freed_when_swap_is_half_full)
{
	ck_assert_uint_gt(slots_beside_pages(256), 10 * slots_beside_pages(40));
}
END_TEST

static uint64_t huge_faults_under_pressure(bool no_reclaim)
{
	struct body a = { .fn = write_more };
	uint64_t faults;

	begin_pressure(SWAP_SSD, HOST_THP_ALWAYS, &a);
	host.config.thp_no_reclaim = no_reclaim;
	press(&a);
	faults = host.stats.ept_huge_faults;
	ck_assert_uint_eq(host.stats.huge_fallbacks + faults, 70);
	finish(&a);
	unmake_host();
	return faults;
}

/* vma_thp_gfp_mask(): a VMM's memory is madvised. */
START_TEST(a_fault_reclaims_for_a_huge_page_unless_defrag_says_no)
{
	ck_assert_uint_gt(huge_faults_under_pressure(false), huge_faults_under_pressure(true));
}
END_TEST

static void start_and_write(struct kvm_vm *vm, void *arg)
{
	host_start_vm(arg);
	host_start_vm(vm);
	guest_ram_write(vm->ram, gfn(0), 120 * MIB / 4096, 1);
}

static void vmm_wakes_up(struct kvm_vm *vm, void *arg)
{
	kvm_vmm_runs(vm);
}

/*
 * Memory of VMMs is anonymous memory like guests': what an idle one has goes to swap, its threads
 * read back what they use, and it is free when the VMM ends.
 */
START_TEST(memory_of_vmms_is_swapped_and_comes_back)
{
	struct body a = { .fn = start_and_write }, b = { .fn = vmm_wakes_up };
	uint64_t swapped;

	make_host(128, 2, HOST_THP_NEVER);
	add_swap(SWAP_SSD, 256);
	host.config.vmm_overhead_bytes = 16 * MIB;
	host.config.vmm_hot_bytes = MIB;
	a.vm = make_vm("big", 160);
	b.vm = a.arg = make_vm("idle", 8);
	press(&a);
	swapped = guest_ram_swapped(b.vm->own);
	ck_assert_uint_gt(swapped, 4 * MIB / 4096);
	ck_assert_uint_eq(guest_ram_resident(b.vm->own) + swapped, 16 * MIB / 4096);
	ck_assert_uint_eq(host_used_pages(&host), guest_ram_resident(a.vm->ram) +
			  guest_ram_resident(a.vm->own) + guest_ram_resident(b.vm->own) +
			  host.swap_cached);
	ck_assert_uint_eq(swap_used_slots(host.swap), guest_ram_swapped(a.vm->ram) +
			  guest_ram_swapped(a.vm->own) + swapped);
	press(&b);
	ck_assert_uint_lt(guest_ram_swapped(b.vm->own), swapped);
	ck_assert_uint_ge(guest_ram_resident(b.vm->own), MIB / 4096);
	finish(&a);
	finish(&b);
	host_stop_vm(a.vm);
	host_stop_vm(b.vm);
	ck_assert_uint_eq(host_used_pages(&host), 0);
	ck_assert_uint_eq(swap_used_slots(host.swap), 0);
	unmake_host();
}
END_TEST

/* oom_evaluate_task() replaces a task by a later one that is as bad. */
START_TEST(of_equals_the_last_is_killed)
{
	struct body a = { .fn = write_only };
	struct kvm_vm *first, *second;

	make_host(32, 2, HOST_THP_NEVER);
	first = make_vm("first", 16);
	second = make_vm("second", 16);
	guest_ram_write(first->ram, gfn(0), 12 * MIB / 4096, 1);
	guest_ram_write(second->ram, gfn(0), 12 * MIB / 4096, 1);
	a.vm = make_vm("third", 64);
	start(&a, 0);
	engine_run(&engine, TIME_NEVER);
	ck_assert(second->dead && !first->dead);
	finish(&a);
	unmake_host();
}
END_TEST

/* oom_badness() counts anonymous memory and page cache of shmem, and nothing of hugetlbfs. */
START_TEST(memory_of_hugetlbfs_is_no_reason_to_be_killed)
{
	struct body a = { .fn = write_only };
	struct kvm_vm *pool;

	make_host(32, 2, HOST_THP_NEVER);
	pool = make_vm("pool", 24);
	guest_ram_set_page_order(pool->ram, 9);
	guest_ram_write(pool->ram, gfn(0), 20 * MIB / 4096, 1);
	a.vm = make_vm("small pages", 64);
	start(&a, 0);
	engine_run(&engine, TIME_NEVER);
	ck_assert(a.vm->dead && !pool->dead);
	finish(&a);
	unmake_host();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("reclaim");
	TCase *tc = tcase_create("reclaim");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, contents_survive_swapping_on_every_device, SWAP_HDD,
			    SWAP_ZRAM + 1);
	tcase_add_loop_test(tc, large_allocation_waits_for_what_is_being_written, SWAP_HDD,
			    SWAP_ZRAM);
	tcase_add_loop_test(tc, swap_in_reads_what_there_is_and_no_holes, SWAP_HDD, SWAP_ZRAM + 1);
	tcase_add_test(tc, a_queue_that_is_full_of_reads_is_waited_for);
	tcase_add_test(tc, without_swap_the_largest_vmm_is_killed);
	tcase_add_test(tc, pages_marked_free_go_first_and_are_not_written);
	tcase_add_test(tc, watermarks_are_those_of_linux);
	tcase_add_test(tc, a_page_that_a_vcpu_faults_in_is_activated_at_the_first_look);
	tcase_add_loop_test(tc, a_page_read_for_a_vcpu_keeps_no_slot, SWAP_HDD, SWAP_ZRAM + 1);
	tcase_add_test(tc, what_is_being_written_is_not_free_yet);
	tcase_add_test(tc, what_is_being_written_stays_on_the_lists_and_throttles);
	tcase_add_test(tc, what_is_marked_free_is_not_in_the_ept);
	tcase_add_test(tc, parts_of_a_huge_page_come_back_with_the_last);
	tcase_add_test(tc, parts_of_a_huge_page_come_back_under_pressure);
	tcase_add_test(tc, parts_of_a_huge_page_come_back_before_somebody_is_killed);
	tcase_add_test(tc, slots_of_a_leaf_that_is_swapped_ascend);
	tcase_add_test(tc, pages_that_are_all_zero_take_nothing_of_zram);
	tcase_add_test(tc, reclaim_of_a_page_interrupts_the_vcpus_that_run);
	tcase_add_test(tc, the_queue_is_not_longer_when_swap_is_nearly_full);
	tcase_add_test(tc, slots_are_freed_when_swap_is_half_full);
	tcase_add_test(tc, a_fault_reclaims_for_a_huge_page_unless_defrag_says_no);
	tcase_add_test(tc, memory_of_vmms_is_swapped_and_comes_back);
	tcase_add_test(tc, of_equals_the_last_is_killed);
	tcase_add_test(tc, memory_of_hugetlbfs_is_no_reason_to_be_killed);
	suite_add_tcase(s, tc);
	return s;
}
