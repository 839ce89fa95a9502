// SPDX-License-Identifier: GPL-2.0-only
/*
 * What page tables take of the host: of processes, and of KVM.  Rules are those of mm/memory.c,
 * mm/huge_memory.c, mm/khugepaged.c and arch/x86/kvm/mmu/tdp_mmu.c in Linux 6.1.
 */
#include "host_vms.h"
#include "memory.h"
#include "suite.h"

#define PAGES(mib) ((mib) * (MIB >> 12))

static struct kvm_vm *vm;

/* The VM's RAM is a little more than a GiB. */
static void make(enum host_thp thp)
{
	page_tables = true;
	make_host(2048, 2, thp);
	add_swap(SWAP_SSD, 256);
	vm = make_vm("g", 1026);
}

static void teardown(void)
{
	if (!vm->dead)
		host_stop_vm(vm);
	/* Nothing is left of it. */
	ck_assert_uint_eq(host_used_pages(&host), 0);
	ck_assert_uint_eq(host.root.pagetables + host.root.sec_pagetables + host.root.kernel, 0);
	unmake_host();
}

static void discard(uint64_t first, uint64_t nr)
{
	ck_assert_int_eq(guest_ram_madvise(vm->ram, first << 12, nr << 12, HOST_MADV_DONTNEED), 0);
}

/* Frames that are no page of the guest's RAM. */
static uint64_t others(void)
{
	return host_used_pages(&host) - guest_ram_resident(vm->ram);
}

/* __pte_alloc(), __pmd_alloc(): one for 2 MiB and one for 1 GiB; a discard leaves them. */
START_TEST(small_pages_have_a_table_that_stays)
{
	make(HOST_THP_NEVER);
	guest_ram_write(vm->ram, gfn(0), 1, 1);
	ck_assert_uint_eq(host.root.pagetables, 2);
	guest_ram_write(vm->ram, gfn(1), 511, 2);
	ck_assert_uint_eq(host.root.pagetables, 2);
	guest_ram_write(vm->ram, gfn(512), 512, 600);
	ck_assert_uint_eq(host.root.pagetables, 3);
	guest_ram_write(vm->ram, gfn(PAGES(1024)), 1, 1);
	ck_assert_uint_eq(host.root.pagetables, 5);
	discard(0, 1024);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 1);
	ck_assert_uint_eq(host.root.pagetables, 5);
	teardown();
}
END_TEST

/* pgtable_trans_huge_deposit(), zap_deposited_table(), __split_huge_pmd_locked(). */
START_TEST(a_huge_page_keeps_one_for_its_split)
{
	make(HOST_THP_ALWAYS);
	guest_ram_write(vm->ram, gfn(0), 1024, 1);
	ck_assert_uint_eq(guest_ram_huge(vm->ram), 1024);
	ck_assert_uint_eq(host.root.pagetables, 3);
	discard(0, 512);
	ck_assert_uint_eq(host.root.pagetables, 2);
	/* Discarded in part, it has the table in use, for good. */
	discard(512, 1);
	ck_assert_uint_eq(host.root.pagetables, 2);
	discard(512, 512);
	ck_assert_uint_eq(guest_ram_resident(vm->ram), 0);
	ck_assert_uint_eq(host.root.pagetables, 2);
	teardown();
}
END_TEST

/*
 * tdp_mmu_map_handle_target_level(): small leaves need a table for 2 MiB, huge ones do not; zapping
 * leaves it (tdp_mmu_zap_leafs()).
 */
START_TEST(kvm_has_tables_of_its_own)
{
	make(HOST_THP_ALWAYS);
	guest_ram_write(vm->ram, gfn(0), 1024, 1);
	/* Below the root. */
	ck_assert_uint_eq(host.root.sec_pagetables, 2);
	discard(0, 1);
	/* The leaf is gone, and what is used again is mapped by itself. */
	ck_assert_uint_eq(host.root.sec_pagetables, 2);
	guest_ram_access(vm->ram, gfn(1), 1, RAM_READ);
	ck_assert_uint_eq(host.root.sec_pagetables, 3);
	discard(0, 512);
	ck_assert_uint_eq(host.root.sec_pagetables, 3);
	guest_ram_write(vm->ram, gfn(PAGES(1024)), 512, 1);
	ck_assert_uint_eq(host.root.sec_pagetables, 4);
	teardown();
}
END_TEST

/* A process of the host has no EPT. */
START_TEST(a_process_has_none_of_kvm)
{
	page_tables = true;
	make_host(256, 2, HOST_THP_NEVER);
	vm = host_create_process(&host, "p", 8 * MIB);
	guest_ram_access_host(vm->ram, gfn(0), 512, RAM_WRITE);
	ck_assert_uint_eq(host.root.pagetables, 2);
	ck_assert_uint_eq(host.root.kernel, 2);
	teardown();
}
END_TEST

static void touch_two_blocks(struct kvm_vm *of, void *arg)
{
	guest_ram_write(of->ram, gfn(0), 1, 1);
	guest_ram_write(of->ram, gfn(512), 1, 1);
}

static void touch_many_blocks(struct kvm_vm *of, void *arg)
{
	uint64_t block;

	for (block = 0; block < 34; block++)
		guest_ram_write(of->ram, gfn(512 * block), 1, 1);
}

static void run(void (*fn)(struct kvm_vm *of, void *arg))
{
	struct body b = { .fn = fn, .vm = vm };

	start(&b, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(b.done);
	finish(&b);
}

/*
 * mmu_topup_memory_caches(): a vCPU has up to 40 pages in stock, and takes as many as are missing
 * when fewer than 5 are left.
 */
START_TEST(a_vcpu_has_pages_for_tables_in_stock)
{
	make(HOST_THP_NEVER);
	run(touch_two_blocks);
	/* The root, its successor, a GiB, two blocks; PMD and two PTE pages of the process. */
	ck_assert_uint_eq(host.root.sec_pagetables, 4);
	ck_assert_uint_eq(others(), 3 + 40);
	ck_assert_uint_eq(host.root.kernel, others());
	teardown();

	make(HOST_THP_NEVER);
	run(touch_many_blocks);
	/* Four were left before the 34th, whose fault filled it up. */
	ck_assert_uint_eq(host.root.sec_pagetables, 2 + 34);
	ck_assert_uint_eq(others(), 1 + 34 + 40 + 36);
	teardown();
}
END_TEST

/* collapse_huge_page(): the block's PTE page is the deposit; handle_removed_pt(). */
START_TEST(khugepaged_gives_back_kvms_table)
{
	struct event alive;

	khugepaged = (struct host_khugepaged){ .pages_to_scan = 4096, .max_ptes_none = 511,
					       .scan_sleep_ns = 10000000, .alloc_sleep_ns = 1 };
	make(HOST_THP_ALWAYS);
	event_init(&alive, NULL);
	guest_ram_write(vm->ram, gfn(0), 512, 1);
	discard(1, 511);
	guest_ram_access(vm->ram, gfn(0), 1, RAM_WRITE);
	ck_assert_uint_eq(host.root.pagetables, 2);
	ck_assert_uint_eq(host.root.sec_pagetables, 3);
	host_start_vm(vm);
	engine_run(&engine, 1000000);
	ck_assert_uint_eq(guest_ram_huge(vm->ram), 512);
	ck_assert_uint_eq(host.root.pagetables, 2);
	ck_assert_uint_eq(host.root.sec_pagetables, 2);
	khugepaged = (struct host_khugepaged){ 0 };
	teardown();
}
END_TEST

static void write_all(struct kvm_vm *of, void *arg)
{
	guest_ram_write(of->ram, gfn(0), of->ram->nr_pages, 1);
}

/*
 * __GFP_ACCOUNT, and swap entries are in the table of the page that they are for: a group has
 * tables for all that its VMM has mapped, however little of it is resident.
 */
START_TEST(a_group_is_charged_for_the_tables_of_what_is_swapped)
{
	struct host_memcg *memcg;
	struct body b = { .fn = write_all };

	page_tables = true;
	make_host(256, 2, HOST_THP_NEVER);
	add_swap(SWAP_SSD, 256);
	host.config.cgroup_version = 2;
	memcg = host_add_memcg(&host, "group", NULL);
	memcg->max = PAGES(32);
	b.vm = vm = make_vm("g", 128);
	host_set_memcg(vm, memcg);
	start(&b, 0);
	engine_run(&engine, 1000 * NSEC_PER_SEC_U64);
	ck_assert(b.done);
	ck_assert_uint_eq(memcg->pagetables, 1 + 64);
	ck_assert_uint_eq(memcg->sec_pagetables, 2 + 64);
	ck_assert_uint_eq(memcg->peak, PAGES(32));
	ck_assert_uint_eq(memcg->usage,
			  guest_ram_resident(vm->ram) + host.swap_cached + memcg->kernel);
	finish(&b);
	teardown();
}
END_TEST

static void out_of_memory(struct kvm_vm *of, void *arg)
{
	ck_assert(host_out_of_memory(&host.root));
}

/* oom_badness(): mm_pgtables_bytes() counts. */
START_TEST(the_oom_killer_counts_them)
{
	struct kvm_vm *sparse, *dense;
	uint64_t block;

	page_tables = true;
	make_host(256, 2, HOST_THP_NEVER);
	sparse = make_vm("sparse", 64);
	dense = make_vm("dense", 64);
	vm = make_vm("g", 4);
	for (block = 0; block < 32; block++)
		guest_ram_access_host(sparse->ram, gfn(512 * block), 1, RAM_WRITE);
	guest_ram_access_host(dense->ram, gfn(0), 40, RAM_WRITE);
	run(out_of_memory);
	ck_assert(sparse->dead && !dense->dead);
	host_stop_vm(dense);
	teardown();
}
END_TEST

Suite *test_suite(int argc, char **argv)
{
	Suite *s = suite_create("page_tables");
	TCase *tc = tcase_create("page_tables");

	tcase_add_test(tc, small_pages_have_a_table_that_stays);
	tcase_add_test(tc, a_huge_page_keeps_one_for_its_split);
	tcase_add_test(tc, kvm_has_tables_of_its_own);
	tcase_add_test(tc, a_process_has_none_of_kvm);
	tcase_add_test(tc, a_vcpu_has_pages_for_tables_in_stock);
	tcase_add_test(tc, khugepaged_gives_back_kvms_table);
	tcase_add_test(tc, a_group_is_charged_for_the_tables_of_what_is_swapped);
	tcase_add_test(tc, the_oom_killer_counts_them);
	suite_add_tcase(s, tc);
	return s;
}
