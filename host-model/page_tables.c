// SPDX-License-Identifier: GPL-2.0-only
/*
 * What page tables take of the host's memory: those of processes, and those of KVM.
 *
 * Models where Linux 6.1 allocates and frees them.  Of a process (mm->pgtables_bytes): a PTE page
 * for 2 MiB that have been mapped in pages of 4 KiB (__pte_alloc()), or that a huge page maps,
 * which keeps one for its split (pgtable_trans_huge_deposit()), and a PMD page for 1 GiB
 * (__pmd_alloc()).  Discards, reclaim and swap leave them; a huge page that is discarded as a whole
 * takes its deposit along (zap_deposited_table()), everything else goes with the process.
 * khugepaged makes the block's PTE page the deposit (collapse_huge_page()).
 *
 * Of KVM (the TDP MMU): two pages at the top, a page for 1 GiB of which anything is mapped, and one
 * for 2 MiB that are mapped in pages of 4 KiB.  Discards and reclaim clear leaves
 * (tdp_mmu_zap_leafs()), and tables stay until a huge leaf takes their place (handle_removed_pt())
 * or the VM ends.  They come from a stock of each vCPU, which is filled when it is nearly empty
 * (mmu_topup_memory_caches()); who maps a page for KVM here without being a vCPU has one, too.
 *
 * All of it is charged to the VMM's memory group (__GFP_ACCOUNT) and cannot be swapped.
 *
 * Left out: PGD and PUD pages of processes, and the rest that a kernel has for a VMM and KVM for a
 * VM: stacks of threads, slab (headers of KVM's tables), rmap; tables of another address space of
 * the VM (SMM); page tables of an IOMMU; memory slots that come and go, nx_huge_pages, and dirty
 * logs of migration, which splits leaves.
 */
#include "page_tables.h"

#include "memory.h"

#define GIB_HAS_PMD 1u
#define GIB_IN_EPT 2u

/* KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE, and PT64_ROOT_MAX_LEVEL, of which a fault is sure. */
#define STOCK_MOST 40
#define STOCK_LEAST 5

static void count(struct host_memcg *memcg, int64_t process, int64_t kvm, int64_t stock)
{
	for (; memcg; memcg = memcg->parent) {
		memcg->pagetables += process;
		memcg->sec_pagetables += kvm;
		memcg->kernel += process + kvm + stock;
	}
}

static uint8_t *gib_of(struct guest_ram *ram, uint64_t nr)
{
	return &ram->gib[nr >> RAM_CHUNK_SHIFT];
}

static void add_tables(struct guest_ram *ram, int64_t nr)
{
	ram->nr_tables += nr;
	count(ram->vm->memcg, nr, 0, 0);
}

static bool take_table(struct guest_ram *ram)
{
	return host_take_frames(ram->vm->memcg, 1, FRAMES_NEEDED);
}

static void put_tables(struct guest_ram *ram, uint64_t nr)
{
	add_tables(ram, -(int64_t)nr);
	host_put_frames(ram->vm->memcg, nr);
}

void page_tables_alloc_pmd(struct guest_ram *ram, uint64_t nr)
{
	if (!ram->host->config.page_tables || *gib_of(ram, nr) & GIB_HAS_PMD || !take_table(ram))
		return;
	/* It may have waited. */
	if (*gib_of(ram, nr) & GIB_HAS_PMD) {
		host_put_frames(ram->vm->memcg, 1);
		return;
	}
	*gib_of(ram, nr) |= GIB_HAS_PMD;
	add_tables(ram, 1);
}

bool page_tables_alloc_pte(struct guest_ram *ram, uint64_t nr)
{
	struct host_pmd *pmd = &ram->pmd[nr >> HOST_PMD_ORDER];

	if (pmd->has_table)
		return true;
	if (ram->host->config.page_tables && !take_table(ram))
		return false;
	if (pmd->has_table || page_kind(pmd->state) == PAGE_PRESENT) {
		if (ram->host->config.page_tables)
			host_put_frames(ram->vm->memcg, 1);
		return pmd->has_table;
	}
	pmd->has_table = 1;
	ram->host->lru->new_table(ram->host, page_index(ram, nr));
	if (ram->host->config.page_tables)
		add_tables(ram, 1);
	return true;
}

unsigned int page_tables_deposit_pages(const struct guest_ram *ram)
{
	return ram->host->config.page_tables && ram->page_order != HOST_PMD_ORDER;
}

void page_tables_deposit(struct guest_ram *ram)
{
	add_tables(ram, page_tables_deposit_pages(ram));
}

void page_tables_withdraw(struct guest_ram *ram)
{
	put_tables(ram, page_tables_deposit_pages(ram));
}

void page_tables_clear(struct guest_ram *ram)
{
	uint64_t gib;

	put_tables(ram, ram->nr_tables);
	for (gib = 0; gib <= ram->nr_pages >> RAM_CHUNK_SHIFT; gib++)
		ram->gib[gib] = 0;
}

/* KVM's */

/* Of the calling thread. */
static int *stock_of(struct kvm_vm *vm)
{
	unsigned int i = 0;

	while (i < vm->nr_vcpus && vm->vcpus[i] != coro_current->ctx.thread)
		i++;
	return &vm->tdp.stock[i];
}

static bool has_ept(const struct guest_ram *ram)
{
	return ram->host->config.page_tables && !ram->of_vmm;
}

void tdp_fill_stock(struct guest_ram *ram)
{
	struct kvm_vm *vm = ram->vm;
	int *stock, nr;

	if (!has_ept(ram))
		return;
	stock = stock_of(vm);
	nr = (stock == &vm->tdp.stock[vm->nr_vcpus] ? STOCK_LEAST : STOCK_MOST) - *stock;
	if (*stock >= STOCK_LEAST || !host_take_frames(vm->memcg, nr, FRAMES_NEEDED))
		return;
	*stock += nr;
	vm->tdp.nr_frames += nr;
	count(vm->memcg, 0, 0, nr);
}

static void link_tables(struct kvm_vm *vm, unsigned int nr)
{
	*stock_of(vm) -= nr;
	vm->tdp.nr_tables += nr;
	count(vm->memcg, 0, nr, -(int64_t)nr);
}

void tdp_map(struct guest_ram *ram, uint64_t nr, bool huge)
{
	struct host_pmd *pmd = &ram->pmd[nr >> HOST_PMD_ORDER];

	if (!has_ept(ram))
		return;
	if (!ram->vm->tdp.nr_tables) {
		--*stock_of(ram->vm);	/* the root, which the kernel does not count */
		link_tables(ram->vm, 1);
	}
	if (!(*gib_of(ram, nr) & GIB_IN_EPT)) {
		*gib_of(ram, nr) |= GIB_IN_EPT;
		link_tables(ram->vm, 1);
	}
	if (!huge && !pmd->in_ept) {
		pmd->in_ept = 1;
		link_tables(ram->vm, 1);
	}
	if (huge && pmd->in_ept) {
		pmd->in_ept = 0;
		ram->vm->tdp.nr_tables--;
		ram->vm->tdp.nr_frames--;
		count(ram->vm->memcg, 0, -1, 0);
		host_put_frames(ram->vm->memcg, 1);
	}
}

void tdp_destroy(struct kvm_vm *vm)
{
	struct kvm_tdp *tdp = &vm->tdp;

	count(vm->memcg, 0, -(int64_t)tdp->nr_tables,
	      (int64_t)tdp->nr_tables - (int64_t)tdp->nr_frames);
	host_put_frames(vm->memcg, tdp->nr_frames);
	tdp->nr_tables = tdp->nr_frames = 0;
}
