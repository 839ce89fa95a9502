// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's RAM on the host: faults, contents, and what is dropped.
 *
 * Models the path from an EPT violation to a mapped frame: direct_page_fault() of
 * arch/x86/kvm/mmu/mmu.c and do_anonymous_page(), do_huge_pmd_anonymous_page() and
 * do_swap_page() of mm/memory.c in Linux 6.1.  Left out: KSM, files that are not of shmem.
 *
 * A shared file is one of shmem: swap-backed and on the lists of anonymous memory
 * (shmem_add_to_page_cache(), shmem_writepage()), without huge pages (shmem_enabled=never).  Pinned
 * memory is on no list; in reality it is, and reclaim finds it in use.
 */
#include "memory.h"

#include <string.h>

#include "history.h"
#include "hostmem.h"
#include "swap.h"

struct guest_ram *guest_ram_create(struct kvm_vm *vm, uint64_t nr_pages)
{
	struct guest_ram *ram = host_alloc(sizeof(*ram));

	ram->vm = vm;
	ram->host = vm->host;
	ram->memcg = &vm->host->root;
	ram->nr_pages = nr_pages;
	ram->ra = SWAP_RA_VMA_INIT;
	ram->nr_blocks = (nr_pages + HOST_PMD_PAGES - 1) >> HOST_PMD_ORDER;
	ram->bytes = host_reserve(nr_pages << HOST_PAGE_SHIFT);
	ram->token = host_reserve(nr_pages * sizeof(*ram->token));
	ram->page = host_reserve(nr_pages * sizeof(*ram->page));
	ram->pmd = host_reserve(ram->nr_blocks * sizeof(*ram->pmd));
	ram->chunk = host_alloc(((nr_pages >> RAM_CHUNK_SHIFT) + 1) * sizeof(*ram->chunk));
	ram->gib = host_alloc((nr_pages >> RAM_CHUNK_SHIFT) + 1);
	if (ram->bytes && ram->token && ram->page && ram->pmd)
		return ram;
	guest_ram_destroy(ram);
	return NULL;
}

void guest_ram_destroy(struct guest_ram *ram)
{
	host_release(ram->bytes, ram->nr_pages << HOST_PAGE_SHIFT);
	host_release(ram->token, ram->nr_pages * sizeof(*ram->token));
	host_release(ram->page, ram->nr_pages * sizeof(*ram->page));
	host_release(ram->pmd, ram->nr_blocks * sizeof(*ram->pmd));
	host_free(ram->chunk);
	host_free(ram->gib);
	host_free(ram);
}

void guest_ram_set_page_order(struct guest_ram *ram, unsigned int order)
{
	ram->page_order = order;
}

void guest_ram_set_shared_file(struct guest_ram *ram)
{
	ram->shared_file = true;
}

void guest_ram_set_pinned(struct guest_ram *ram)
{
	ram->pinned = true;
}

void guest_ram_set_ticking(struct guest_ram *ram, gfn_t g, uint64_t nr, unsigned int every)
{
	ram->ticking_from = g.nr;
	ram->ticking_to = g.nr + nr;
	ram->ticking_every = every;
}

bool ram_is_ticking(const struct guest_ram *ram, uint64_t nr, bool huge)
{
	if (ram->vm->dead)
		return false;
	if (huge) {
		nr &= ~(HOST_PMD_PAGES - 1);
		return nr < ram->ticking_to && nr + HOST_PMD_PAGES > ram->ticking_from;
	}
	return nr >= ram->ticking_from && nr < ram->ticking_to &&
	       !((nr - ram->ticking_from) % ram->ticking_every);
}

uint64_t guest_ram_pages(const struct guest_ram *ram)
{
	return ram->nr_pages;
}

void *guest_ram_ptr(const struct guest_ram *ram)
{
	return ram->bytes;
}

uint64_t guest_ram_resident(const struct guest_ram *ram)
{
	return ram->resident;
}

uint64_t guest_ram_resident_peak(const struct guest_ram *ram)
{
	return ram->resident_peak;
}

uint64_t guest_ram_swapped(const struct guest_ram *ram)
{
	return ram->swapped;
}

uint64_t guest_ram_huge(const struct guest_ram *ram)
{
	return ram->huge;
}

uint64_t guest_ram_given_back(const struct guest_ram *ram)
{
	return ram->given_back;
}

uint64_t guest_ram_collapsed(const struct guest_ram *ram, uint64_t *filled)
{
	*filled = ram->collapse_filled;
	return ram->nr_collapsed;
}

enum ram_state guest_ram_state(const struct guest_ram *ram, gfn_t g)
{
	if (ram_is_huge(ram, g.nr))
		return RAM_PRESENT_HUGE;
	switch (page_kind(ram->page[g.nr].state)) {
	case PAGE_NONE:
		return RAM_NONE;
	case PAGE_PRESENT:
	case PAGE_UNMAPPED:
	case PAGE_CACHED:
	case PAGE_WRITEBACK:
		return RAM_PRESENT;
	case PAGE_WRITTEN:
	case PAGE_SWAPPED:
	case PAGE_READING:
		break;
	}
	return RAM_SWAPPED;
}

enum ram_state guest_ram_mapping(const struct guest_ram *ram, gfn_t g)
{
	if (ram_is_huge(ram, g.nr))
		return RAM_PRESENT_HUGE;
	return page_kind(ram->page[g.nr].state) == PAGE_PRESENT ? RAM_PRESENT : RAM_NONE;
}

void guest_ram_mark_bytes(struct guest_ram *ram, gfn_t g, uint64_t nr)
{
	uint64_t block, last = (g.nr + nr - 1) >> HOST_PMD_ORDER;

	for (block = g.nr >> HOST_PMD_ORDER; block <= last; block++)
		ram->pmd[block].bytes = 1;
}

static void clear_contents(struct guest_ram *ram, uint64_t nr, uint64_t count)
{
	memset(&ram->token[nr], 0, count * sizeof(*ram->token));
	if (ram->pmd[nr >> HOST_PMD_ORDER].bytes)
		host_discard((char *)ram->bytes + (nr << HOST_PAGE_SHIFT),
			     count << HOST_PAGE_SHIFT);
}

void ram_leave_writeback(struct guest_ram *ram, uint64_t nr, enum page_kind kind)
{
	page_set_kind(&ram->page[nr].state, kind);
	ram->host->writeback_pages--;
	host_wake_pages(ram->host);
}

/* Nothing maps them any more.  False: a device has its hand on them still. */
static bool put_frames(struct guest_ram *ram, uint64_t nr)
{
	if (ram->pinned)
		ram->pinned_lost += nr;
	else
		host_put_frames(ram->memcg, nr);
	return !ram->pinned;
}

/* As far as lists and frames go: how many of these have become free. */
static unsigned int drop_frame(struct guest_ram *ram, uint64_t nr, bool listed)
{
	if (compound_has(ram, nr))
		return compound_drop(ram, nr);
	if (listed && ram_is_listed(ram))
		lru_del(ram->host, page_index(ram, nr), false);
	return listed;
}

unsigned int ram_drop_page(struct guest_ram *ram, uint64_t nr)
{
	struct host_page *page = &ram->page[nr];
	enum page_kind kind = page_kind(page->state);
	unsigned int freed;
	bool mapped = page_is_mapped(page->state), listed = mapped || page_is_cached(page->state);

	if (kind == PAGE_NONE)
		return 0;
	freed = drop_frame(ram, nr, listed);
	if (kind == PAGE_WRITEBACK)
		ram_leave_writeback(ram, nr, PAGE_NONE);
	swap_free_slot(ram->host, &page->state);
	page->state = PAGE_NONE;
	workingset_forget(ram->host, page_index(ram, nr), 1);
	ram->pmd[nr >> HOST_PMD_ORDER].nr_used--;
	clear_contents(ram, nr, 1);
	if (mapped) {
		ram->resident--;
	} else {
		ram->swapped--;
		ram->host->swap_cached -= listed;
	}
	return put_frames(ram, freed) ? freed : 0;
}

bool ram_drop_huge(struct guest_ram *ram, uint64_t block)
{
	if (ram_is_listed(ram))
		lru_del(ram->host, page_index(ram, block << HOST_PMD_ORDER), true);
	ram->pmd[block].state = PAGE_NONE;
	workingset_forget(ram->host, page_index(ram, block << HOST_PMD_ORDER), HOST_PMD_PAGES);
	clear_contents(ram, block << HOST_PMD_ORDER, HOST_PMD_PAGES);
	ram->resident -= HOST_PMD_PAGES;
	ram->huge -= HOST_PMD_PAGES;
	page_tables_withdraw(ram);
	return put_frames(ram, HOST_PMD_PAGES);
}

void guest_ram_clear(struct guest_ram *ram)
{
	uint64_t block, nr;

	note_ept(ram, 0, ram->nr_pages, EPT_DROP);
	for (block = 0; block < ram->nr_blocks; block++) {
		if (page_kind(ram->pmd[block].state) == PAGE_PRESENT)
			ram_drop_huge(ram, block);
		for (nr = block << HOST_PMD_ORDER; ram->pmd[block].nr_used; nr++)
			ram_drop_page(ram, nr);
		if (ram->pmd[block].has_table)
			ram->pmd[block].has_table = ram->pmd[block].in_ept = 0;
	}
	page_tables_clear(ram);
	host_put_frames(ram->memcg, ram->pinned_lost);
	ram->pinned_lost = 0;
}

void ram_split_mapping(struct guest_ram *ram, uint64_t block)
{
	struct host_pmd *pmd = &ram->pmd[block];
	uint64_t nr = block << HOST_PMD_ORDER;

	charge(COST_EPT_SPLIT, 1);
	if (ram_is_listed(ram))
		lru_del(ram->host, page_index(ram, nr), true);
	pmd->state = PAGE_NONE;
	ram->huge -= HOST_PMD_PAGES;
	pmd->nr_used = HOST_PMD_PAGES;
	pmd->has_table = 1;
	ram->host->lru->split_mapping(ram->host, page_index(ram, nr));
	ram->host->stats.ept_splits++;
	note_ept(ram, nr, HOST_PMD_PAGES, EPT_SPLIT);
}

void ram_split_huge(struct guest_ram *ram, uint64_t block)
{
	uint64_t nr = block << HOST_PMD_ORDER, i;
	uint32_t state = ram->pmd[block].state;

	ram_split_mapping(ram, block);
	for (i = 0; i < HOST_PMD_PAGES; i++)
		ram->page[nr + i].state = (state & ~PAGE_KIND_MASK) | PAGE_UNMAPPED;
	/* Upwards: __split_huge_page() puts them behind each other where reclaim takes them. */
	for (i = HOST_PMD_PAGES; i-- && ram_is_listed(ram);)
		lru_add_part(ram->host, page_index(ram, nr + i));
	note_ept(ram, nr, HOST_PMD_PAGES, EPT_ZAP);
}

void ram_fault_done(struct guest_ram *ram, uint64_t nr, struct ept_fault *fault, uint64_t start)
{
	const struct host_observer *observer = ram_observer(ram);

	fault->order = ram_is_huge(ram, nr) ? HOST_PMD_ORDER : 0;
	fault->gfn = gfn(nr & ~((UINT64_C(1) << fault->order) - 1));
	if (!coro_current->ctx.thread) {
		note_ept(ram, fault->gfn.nr, UINT64_C(1) << fault->order,
			 fault->order ? EPT_MAP_HUGE : EPT_MAP);
		return;
	}
	fault->ns = cpu_local_time() - start;
	if (observer && observer->ept_fault)
		observer->ept_fault(ram->vm, fault);
}

/*
 * A page of 4 KiB is mapped for the first time.  Of faults of vCPUs, KVM looks the page up to map
 * it, which is an access: follow_page_pte() with FOLL_TOUCH, mark_page_accessed().
 */
static void looked_up(struct guest_ram *ram, uint64_t nr)
{
	ram->page[nr].state |= PAGE_ACCESSED;
	ram->host->lru->looked_up(ram->host, page_index(ram, nr));
}

/* The VMM's page table has it now. */
static void mapped(struct guest_ram *ram, uint64_t nr, bool vcpu)
{
	ram->host->lru->used(ram->host, page_index(ram, nr), &ram->page[nr].state, false);
	if (vcpu)
		looked_up(ram, nr);
}

static void mapped_huge(struct guest_ram *ram, uint64_t block)
{
	ram->host->lru->used(ram->host, page_index(ram, block << HOST_PMD_ORDER),
			     &ram->pmd[block].state, false);
}

static bool fault_huge(struct guest_ram *ram, uint64_t block)
{
	struct host *host = ram->host;
	struct host_pmd *pmd = &ram->pmd[block];
	uint64_t pages;

	if (host->config.thp == HOST_THP_NEVER || ram->page_order || ram->of_vmm ||
	    ram->shared_file || (block + 1) << HOST_PMD_ORDER > ram->nr_pages || pmd->has_table)
		return false;
	pages = HOST_PMD_PAGES + page_tables_deposit_pages(ram);
	if (!host_take_frames(ram->memcg, pages, FRAMES_HUGE)) {
		host->stats.huge_fallbacks++;
		return false;
	}
	/* It may have waited. */
	if (page_kind(pmd->state) == PAGE_PRESENT || pmd->has_table) {
		host_put_frames(ram->memcg, pages);
		return false;
	}
	charge(COST_EPT_HUGE_FAULT, 1);
	charge(COST_HOST_HUGE_ZERO, 1);
	pmd->state = PAGE_PRESENT;
	page_tables_deposit(ram);
	tdp_map(ram, block << HOST_PMD_ORDER, true);
	mapped_huge(ram, block);
	if (ram_is_listed(ram))
		lru_add(host, page_index(ram, block << HOST_PMD_ORDER), true, LRU_PLACE_FAULT);
	ram_add_resident(ram, HOST_PMD_PAGES);
	ram->huge += HOST_PMD_PAGES;
	host->stats.ept_huge_faults++;
	page_history_add(ram, OP_HUGE_FAULT, block << HOST_PMD_ORDER, HOST_PMD_PAGES, 0);
	return true;
}

/*
 * hugetlb_no_page(): 2 MiB or nothing.  Left out: the pool that such pages come from in reality;
 * they are taken from the host's free memory as they are touched, and stay.
 */
static void fault_hugetlb(struct guest_ram *ram, uint64_t block)
{
	struct host_pmd *pmd = &ram->pmd[block];

	if (!host_take_frames(ram->memcg, HOST_PMD_PAGES, FRAMES_NEEDED))
		return;
	if (page_kind(pmd->state) == PAGE_PRESENT) {
		host_put_frames(ram->memcg, HOST_PMD_PAGES);
		return;
	}
	charge(COST_EPT_HUGE_FAULT, 1);
	charge(COST_HOST_HUGE_ZERO, 1);
	pmd->state = PAGE_PRESENT | PAGE_ACCESSED;
	tdp_map(ram, block << HOST_PMD_ORDER, true);
	ram_add_resident(ram, HOST_PMD_PAGES);
	ram->huge += HOST_PMD_PAGES;
	ram->host->stats.ept_huge_faults++;
	page_history_add(ram, OP_HUGE_FAULT, block << HOST_PMD_ORDER, HOST_PMD_PAGES, 0);
}

/* Frames of one larger host page; what was swapped of it has come apart, and stays so. */
static bool fault_large(struct guest_ram *ram, uint64_t nr)
{
	uint64_t pages = UINT64_C(1) << ram->page_order, first = nr & ~(pages - 1), i;
	struct host_pmd *pmd = &ram->pmd[nr >> HOST_PMD_ORDER];

	if (!ram->page_order || first + pages > ram->nr_pages)
		return false;
	for (i = first; i < first + pages; i++)
		if (page_kind(ram->page[i].state) != PAGE_NONE)
			return false;
	if (!host_take_frames(ram->memcg, pages, FRAMES_AHEAD))
		return false;
	charge(COST_EPT_FAULT, 1);
	charge(COST_HOST_ZERO, pages);
	for (i = first; i < first + pages; i++) {
		ram->page[i].state = PAGE_PRESENT;
		mapped(ram, i, false);
		if (ram_is_listed(ram))
			lru_add(ram->host, page_index(ram, i), false, LRU_PLACE_FAULT);
	}
	pmd->nr_used += pages;
	tdp_map(ram, first, false);
	ram_add_resident(ram, pages);
	ram->host->stats.ept_faults++;
	page_history_add(ram, OP_FAULT, first, pages, 0);
	note_ept(ram, first, pages, EPT_MAP);
	return true;
}

/* Nothing backs the page.  May wait: the caller looks again afterwards. */
static void fault_zero(struct guest_ram *ram, uint64_t nr, bool vcpu)
{
	struct host_page *page = &ram->page[nr];

	if (!host_take_frames(ram->memcg, 1, FRAMES_NEEDED))
		return;
	if (page_kind(page->state) != PAGE_NONE || !ram->pmd[nr >> HOST_PMD_ORDER].has_table) {
		host_put_frames(ram->memcg, 1);
		return;
	}
	charge(COST_EPT_FAULT, 1);
	charge(COST_HOST_ZERO, 1);
	page->state = PAGE_PRESENT;
	mapped(ram, nr, vcpu);
	ram->pmd[nr >> HOST_PMD_ORDER].nr_used++;
	tdp_map(ram, nr, false);
	if (ram_is_listed(ram))
		lru_add(ram->host, page_index(ram, nr), false, LRU_PLACE_FAULT);
	ram_add_resident(ram, 1);
	ram->host->stats.ept_faults++;
	page_history_add(ram, OP_FAULT, nr, 1, 0);
}

/* __handle_mm_fault() */
static void fault_none(struct guest_ram *ram, uint64_t nr, bool vcpu)
{
	page_tables_alloc_pmd(ram, nr);
	if (ram->page_order == HOST_PMD_ORDER)
		fault_hugetlb(ram, nr >> HOST_PMD_ORDER);
	else if (!fault_huge(ram, nr >> HOST_PMD_ORDER) && page_tables_alloc_pte(ram, nr) &&
		 !fault_large(ram, nr))
		fault_zero(ram, nr, vcpu);
}

/*
 * A frame of the swap cache is mapped.  If it was there already the slot keeps its copy until the
 * page is written.  One that a vCPU had to wait for is mapped for writing, whatever the guest
 * wanted (async_pf_execute() gets it with FOLL_WRITE), and zram's copy goes in any case
 * (do_swap_page() with SWP_SYNCHRONOUS_IO): the slot is free, and next time the page is written
 * again.
 */
static void map_cached(struct guest_ram *ram, uint64_t nr, enum page_kind as, bool vcpu,
		       bool was_read)
{
	struct host_page *page = &ram->page[nr];
	bool was_written = page_kind(page->state) != PAGE_WRITEBACK;

	swap_page_used(ram, nr);
	if (!was_written)
		ram_leave_writeback(ram, nr, as);
	page_set_kind(&page->state, as);
	if (was_read && (vcpu || ram->host->swap->config.zram))
		swap_free_slot(ram->host, &page->state);
	else if (was_written)
		swap_free_if_full(ram, &page->state);
	ram_add_resident(ram, 1);
	ram->swapped--;
	ram->host->swap_cached--;
}

static void map_fault(struct guest_ram *ram, uint64_t nr, enum page_kind as, bool vcpu,
		      bool was_read)
{
	map_cached(ram, nr, as, vcpu, was_read);
	mapped(ram, nr, vcpu);
	ram->host->stats.swap_faults++;
}

/* The frame is there, and has its contents. */
static void map_again(struct guest_ram *ram, uint64_t nr)
{
	struct host_page *page = &ram->page[nr];

	charge(COST_EPT_FAULT, 1);
	page_set_kind(&page->state, PAGE_PRESENT);
	tdp_map(ram, nr, false);
	looked_up(ram, nr);
	ram->host->stats.ept_faults++;
}

void ram_got_page(struct guest_ram *ram, uint64_t nr)
{
	if (!ram_is_huge(ram, nr) && page_is_cached(ram->page[nr].state))
		map_fault(ram, nr, PAGE_UNMAPPED, true, true);
}

void ram_unuse_page(struct guest_ram *ram, uint64_t nr)
{
	map_cached(ram, nr, PAGE_UNMAPPED, false, false);
	ram->page[nr].state &= ~PAGE_ACCESSED;	/* pte_mkold() */
	swap_free_slot(ram->host, &ram->page[nr].state);
}

void ram_map_page(struct guest_ram *ram, uint64_t nr)
{
	struct host_page *page = &ram->page[nr];

	if (ram_is_huge(ram, nr) || page_kind(page->state) != PAGE_UNMAPPED)
		return;
	charge(COST_EPT_FAULT, 1);
	page_set_kind(&page->state, PAGE_PRESENT);
	tdp_map(ram, nr, false);
	cpu_lock_pass(&ram->mmu_lock);
}

bool ram_is_mapped(const struct guest_ram *ram, uint64_t nr)
{
	return ram_is_huge(ram, nr) || page_kind(ram->page[nr].state) == PAGE_PRESENT;
}

/*
 * Written after MADV_FREE: it is worth its frame again.  Linux notices when reclaim comes along
 * (try_to_unmap_one()) and activates it then; here it changes lists at once.
 */
static void clear_lazyfree(struct guest_ram *ram, uint64_t nr, uint32_t *state, bool huge)
{
	uint32_t index = page_index(ram, huge ? nr & ~(HOST_PMD_PAGES - 1) : nr);

	lru_del(ram->host, index, huge);
	*state &= ~PAGE_LAZYFREE;
	lru_add(ram->host, index, huge, LRU_PLACE_ACTIVE);
}

static inline void mark_accessed(struct guest_ram *ram, uint64_t nr, uint32_t *state, bool huge,
				 enum ram_access access, bool vcpu)
{
	if (vcpu)
		*state |= PAGE_ACCESSED;
	else
		ram->host->lru->used(ram->host, page_index(ram, nr), state, true);
	if (access == RAM_WRITE && (*state & PAGE_LAZYFREE || page_has_slot(*state))) {
		if (*state & PAGE_LAZYFREE)
			clear_lazyfree(ram, nr, state, huge);
		swap_free_slot(ram->host, state);
	}
}

static void leave_guest(struct kvm_vm *vm)
{
	charge(COST_VMEXIT, 1);
	vm->exits[KVM_EXIT_EPT_VIOLATION]++;
}

/* The page is being read.  From the guest, not all of the vCPU need wait. */
static void wait_for_read(struct guest_ram *ram, uint64_t nr, struct ept_fault *fault,
			  uint64_t start, bool in_guest)
{
	fault->swapped_in = true;
	if (in_guest && async_pf_wait(ram, nr, fault, start)) {
		if (!ram_is_mapped(ram, nr)) {
			leave_guest(ram->vm);
			fault->told = false;
		}
		return;
	}
	fault->wait = FAULT_STALLED;
	host_wait_page(ram->host, page_index(ram, nr));
}

static struct ledger_account *fault_account(struct kvm_vm *vm, bool vcpu)
{
	if (vm->is_process)
		return &vm->host->kswapd_account;
	return &vm->account[vcpu ? ACCOUNT_EXIT : ACCOUNT_VMM_KERNEL];
}

static void fault_page(struct guest_ram *ram, uint64_t nr, enum ram_access access, bool vcpu)
{
	struct ept_fault fault = { .id = host_new_id(ram->host), .write = access == RAM_WRITE };
	uint64_t start = 0, cause = coro_current->ctx.cause;
	struct ledger_account *old;

	coro_current->ctx.cause = fault.id;
	if (coro_current->ctx.thread)
		start = cpu_local_time();
	old = account_switch(fault_account(ram->vm, vcpu));
	if (vcpu)
		leave_guest(ram->vm);
	while (!ram_is_mapped(ram, nr)) {
		tdp_fill_stock(ram);
		switch (page_kind(ram->page[nr].state)) {
		case PAGE_NONE:
			fault_none(ram, nr, vcpu);
			break;
		case PAGE_UNMAPPED:
			map_again(ram, nr);
			break;
		case PAGE_CACHED:
		case PAGE_WRITEBACK:
		case PAGE_WRITTEN:
			charge(COST_EPT_FAULT, 1);
			map_fault(ram, nr, PAGE_PRESENT, vcpu, fault.swapped_in);
			tdp_map(ram, nr, false);
			break;
		case PAGE_SWAPPED:
			fault.swapped_in = true;
			swap_read(ram, nr);
			break;
		case PAGE_READING:
			wait_for_read(ram, nr, &fault, start,
				      vcpu && old == &ram->vm->account[ACCOUNT_GUEST]);
			break;
		case PAGE_PRESENT:
			break;
		}
	}
	/* Mapping what is there now: tdp_mmu_map() holds mmu_lock for read. */
	cpu_lock_pass(&ram->mmu_lock);
	if (!vcpu)
		fault.wait = FAULT_NO_WAIT;
	if (!fault.told)
		ram_fault_done(ram, nr, &fault, start);
	if (fault.wait != FAULT_NO_WAIT)
		async_pf_forget_fault(ram->vm, &fault);
	coro_current->ctx.cause = cause;
	account_switch(old);
	sync_now_and_then();
}

static void access_range(struct guest_ram *ram, uint64_t nr, uint64_t count, enum ram_access access,
			 bool vcpu)
{
	uint64_t end = nr + count;

	while (nr < end) {
		uint64_t block = nr >> HOST_PMD_ORDER, next = (block + 1) << HOST_PMD_ORDER;

		if (next > end)
			next = end;
		while (nr < next) {
			uint32_t *state = &ram->page[nr].state;

			if (page_kind(ram->pmd[block].state) == PAGE_PRESENT) {
				mark_accessed(ram, nr, &ram->pmd[block].state, true, access,
					      vcpu);
				nr = next;
			} else if (page_kind(*state) == PAGE_PRESENT ||
				   (!vcpu && page_kind(*state) == PAGE_UNMAPPED)) {
				mark_accessed(ram, nr, state, false, access, vcpu);
				nr++;
			} else {
				fault_page(ram, nr, access, vcpu);
			}
		}
	}
}

void guest_ram_access(struct guest_ram *ram, gfn_t g, uint64_t nr, enum ram_access access)
{
	access_range(ram, g.nr, nr, access, true);
}

void guest_ram_access_host(struct guest_ram *ram, gfn_t g, uint64_t nr, enum ram_access access)
{
	access_range(ram, g.nr, nr, access, false);
}
