// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults, accesses and unmapping of programs' memory.
 *
 * Models mm/memory.c and mm/mmu_gather.c of Linux 6.1: do_anonymous_page() (what it allocates is in
 * anon_folio.c), do_wp_page(), zap_pte_range(), and the batches in which unmapped pages are freed:
 * 8 pages, then 510 at a time, each batch in reverse order (release_pages() of mm/swap.c).
 *
 * An access is one run of pages that are present and follow each other in guest memory; what is
 * not present is faulted in first.  Contents are tokens (host-model/ram.h): clearing and writing
 * pages are writes that the host sees.  How long a program takes over what is present is not the
 * kernel's to know: it is charged where the program calls (sim/workload/sim.c).
 *
 * Left out: fork and copy on write, userfaultfd, NUMA balancing; pages leave the LRU when they are
 * gathered, not when the batch is freed.
 */
#include "user.h"

/* Pages per batch (MMU_GATHER_BUNDLE, MAX_GATHER_BATCH) and most batches of one gather. */
#define GATHER_BUNDLE 8
#define GATHER_BATCH 510
#define GATHER_BATCHES 19

/* Gathering and freeing */

void tlb_gather_mmu(struct mmu_gather *tlb)
{
	INIT_LIST_HEAD(&tlb->pages);
	INIT_LIST_HEAD(&tlb->batches);
	INIT_LIST_HEAD(&tlb->tables);
	tlb->nr = tlb->nr_batches = tlb->nr_tables = 0;
}

void release_page(struct page *page)
{
	if (PageLRU(page))
		lruvec_del_page(page);
	ClearPageActive(page);
	free_the_page(page, compound_order(page));
}

/* Folios of orders that have lists of their own of each CPU wait for the batch (6.12). */
void free_with_batch(struct page *page, struct list_head *to_free)
{
	if (compound_order(page) > PAGE_ALLOC_COSTLY_ORDER)
		release_page(page);
	else
		list_to_free(page, to_free);
}

/* One batch: huge pages at once, the others in reverse, in 6.12 in order. */
static void release_batch(struct list_head *pages, unsigned int nr)
{
	LIST_HEAD(to_free);

	while (nr-- && !list_empty(pages)) {
		struct page *page = list_first_entry(pages, struct page, lru);

		list_del(&page->lru);
		free_with_batch(page, &to_free);
	}
	free_unref_page_list(&to_free);
	user_resched();
}

static void tlb_flush_mmu(struct mmu_gather *tlb)
{
	release_batch(&tlb->pages, GATHER_BUNDLE);
	while (!list_empty(&tlb->pages))
		release_batch(&tlb->pages, GATHER_BATCH);
	tlb->nr = 0;
}

static void free_list(struct list_head *pages, void (*free)(struct page *page))
{
	while (!list_empty(pages)) {
		struct page *page = list_first_entry(pages, struct page, lru);

		list_del(&page->lru);
		free(page);
	}
}

static void free_batch(struct page *page)
{
	__free_page(page);
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	tlb_flush_mmu(tlb);
	free_list(&tlb->batches, free_batch);
	tlb_free_tables(&tlb->tables);
}

/* Room for one more page: the real kernel takes a page for the next batch, or frees what it has. */
static void tlb_make_room(struct mmu_gather *tlb)
{
	struct page *page = NULL;

	if (tlb->nr < GATHER_BUNDLE + GATHER_BATCH * tlb->nr_batches)
		return;
	if (tlb->nr_batches < GATHER_BATCHES)
		page = alloc_page(GFP_NOWAIT | __GFP_NOWARN);
	if (!page) {
		tlb_flush_mmu(tlb);
		return;
	}
	list_add_tail(&page->lru, &tlb->batches);
	tlb->nr_batches++;
}

/* The address space gives up its reference. */
void tlb_remove_page(struct mmu_gather *tlb, struct page *page)
{
	if (!put_page_testzero(page))
		return;		/* reclaim has it and will free it */
	if (PageLRU(page))
		lruvec_del_page(page);
	ClearPageActive(page);
	tlb_make_room(tlb);
	list_add_tail(&page->lru, &tlb->pages);
	tlb->nr++;
}

/* Unmapping */

/* Who shares memory waits for its turn. */
static void chunk_put_busy(const struct address_space *space, struct map_chunk *chunk)
{
	chunk->busy--;
	if (space->shared && waitqueue_active(&this_user->busy_wait))
		wake_up_all(&this_user->busy_wait);
}

/* A page that is mapped and nothing else, or in the swap cache as well. */
static void zap_present(struct mmu_gather *tlb, struct address_space *space, struct page *page)
{
	space->nr_resident--;
	mod_node_page_state(this_kernel->pgdat, NR_ANON_MAPPED, -1);
	if (space->shared)
		mod_node_page_state(this_kernel->pgdat, NR_SHMEM, -1);
	if (PageSwapCache(page)) {
		if (!free_swap_page(page)) {
			/* It is being written; reclaim finds that nobody wants it. */
			this_user->swap->slot[page->private].owner = 0;
			return;
		}
	}
	set_page_private(page, 0);
	tlb_remove_page(tlb, page);
}

/* What begins with the entry at @off goes, as much of it as there is up to @max: how much. */
static u32 zap_entries(struct mmu_gather *tlb, struct address_space *space,
		       struct map_chunk *chunk, u32 off, u32 max)
{
	u64 pte = pte_get(chunk, off);
	bool compound = chunk->compound && pte_pfn(pte) == chunk->compound + off;

	if (!pte)
		return 1;
	charge(COST_GUEST_UNMAP, 1);
	if (pte & PTE_PRESENT && pte_pfn(pte) && !compound &&
	    PageCompound(pfn_to_page(pte_pfn(pte))))
		return zap_anon_folio(tlb, space, chunk, off, max);
	pte_set(chunk, off, 0);
	if (!(pte & PTE_PRESENT)) {
		space->nr_swapped--;
		free_swap_and_cache(pte);
	} else if (compound) {
		space->nr_resident--;
		mod_node_page_state(this_kernel->pgdat, NR_ANON_MAPPED, -1);
		zap_compound_part(tlb, chunk);
	} else if (pte_pfn(pte)) {
		zap_present(tlb, space, pfn_to_page(pte_pfn(pte)));
	}
	return 1;
}

static void zap_pte_range(struct mmu_gather *tlb, struct address_space *space,
			  struct map_chunk *chunk, u32 off, u32 nr)
{
	u32 end = off + nr;

	while (off < end)
		off += zap_entries(tlb, space, chunk, off, end - off);
}

/* The part of a chunk that goes is nobody else's to move or to swap meanwhile (its PTE lock). */
static void unmap_chunk_range(struct mmu_gather *tlb, struct address_space *space,
			      struct map_chunk *chunk, u32 off, u32 nr)
{
	chunk->busy++;
	token_clear(chunk, off, nr);
	if (chunk->huge && nr == CHUNK_PAGES) {
		zap_huge_pmd(tlb, space, chunk);
	} else {
		if (chunk->huge)
			split_huge_pmd(space, chunk);
		if (has_ptes(chunk))
			zap_pte_range(tlb, space, chunk, off, nr);
	}
	chunk_put_busy(space, chunk);
}

/* Pages [index, index + nr) go, and their contents with them. */
void unmap_page_range(struct mmu_gather *tlb, struct address_space *space, u64 index, u64 nr)
{
	while (nr) {
		struct map_chunk *chunk = chunk_of(space, index);
		u32 off = chunk_off(index);
		u32 run = min_t(u64, nr, CHUNK_PAGES - off);

		unmap_chunk_range(tlb, space, chunk, off, run);
		index += run;
		nr -= run;
		user_resched();
	}
}

/* Faults */

/* A fresh page becomes one of an anonymous area; it is not mapped yet. */
void page_init_anon(struct page *page, struct address_space *space, u64 index)
{
	page->flags |= 1u << PG_anon | 1u << PG_swapbacked | 1u << PG_uptodate;
	set_page_private(page, make_owner(space, index));
}

/* Whether a fresh page, or a folio at a multiple of its size, may be put there still. */
static bool fresh_fits(const struct address_space *space, u64 index, u32 nr)
{
	const struct map_chunk *chunk = chunk_of(space, index);
	u64 pte = map_entry(space, index);

	if (nr > 1)
		return !chunk->huge && pte_range_none(chunk, chunk_off(index), nr);
	return !pte || (pte & PTE_PRESENT && !pte_pfn(pte) && !chunk->huge);
}

static void map_anon_page(struct address_space *space, u64 index, struct page *page)
{
	page_init_anon(page, space, index);
	lru_cache_add(page);
	map_set(space, index, PTE_PRESENT | PTE_ACCESSED | PTE_WRITE | page_to_pfn(page));
	space->nr_resident++;
	mod_node_page_state(this_kernel->pgdat, NR_ANON_MAPPED, 1);
	if (space->shared)
		mod_node_page_state(this_kernel->pgdat, NR_SHMEM, 1);
}

static int do_anonymous_page(const struct user_area *vma, u64 index, bool write)
{
	struct address_space *space = vma->space;
	struct page *page;
	u32 nr;

	if (pgtable_alloc(vma, index))
		return -ENOMEM;
	if (!write) {
		if (!map_entry(space, index))
			map_set(space, index, PTE_PRESENT | PTE_ACCESSED);
		return 0;
	}
	page = alloc_anon_folio(vma, index);
	if (!page)
		return -ENOMEM;
	nr = compound_nr(page);
	index &= ~(u64)(nr - 1);
	if (!fresh_fits(space, index, nr)) {
		__free_pages(page, compound_order(page));
		return 0;
	}
	if (nr > 1)
		map_anon_folio(space, index, page);
	else
		map_anon_page(space, index, page);
	return 0;
}

/* Write to a page that is mapped for reading: the zero page, or one that swap has a copy of. */
static int do_wp_page(const struct user_area *vma, u64 index, u64 pte)
{
	struct address_space *space = vma->space;

	if (chunk_of(space, index)->huge) {
		split_huge_pmd(space, chunk_of(space, index));
		pte = map_entry(space, index);
	}
	if (!pte_pfn(pte))
		return do_anonymous_page(vma, index, true);
	SetPageDirty(pfn_to_page(pte_pfn(pte)));
	map_set(space, index, pte | PTE_WRITE);
	return 0;
}

static void fault_done(struct mm_struct *mm, enum user_fault kind, bool major, u64 start)
{
	struct user_state *user = this_user;

	user->stats.faults[kind]++;
	vm_event(this_mm, PGFAULT, 1);
	if (major) {
		user->stats.maj_faults++;
		vm_event(this_mm, PGMAJFAULT, 1);
		mm->maj_flt++;
	} else {
		mm->min_flt++;
	}
	if (current) {
		current->min_flt += !major;
		current->maj_flt += major;
	}
	if (user->observer.fault)
		user->observer.fault(this_kernel, user->observer.ctx, current, kind,
				     user_now() - start);
}

/*
 * Make a page present (and writable); the caller looks whether it is.  May block for long.  Returns
 * -ENOMEM when memory cannot be had.
 */
static int handle_mm_fault(struct user_area *vma, u64 index, bool write)
{
	struct address_space *space = vma->space;
	u64 pte = map_entry(space, index);
	enum user_fault kind = USER_FAULT_MINOR;
	u64 start = user_now();
	bool major = false;
	int ret = -EAGAIN;

	if (!pte && thp_eligible(vma, index)) {
		ret = do_huge_pmd_anonymous_page(vma, index, write);
		if (!ret)
			kind = USER_FAULT_HUGE;
	}
	if (ret == -EAGAIN) {
		charge(COST_GUEST_FAULT, 1);
		pte = map_entry(space, index);
		if (!pte) {
			ret = do_anonymous_page(vma, index, write);
		} else if (pte & PTE_PRESENT) {
			ret = write && !(pte & PTE_WRITE) ? do_wp_page(vma, index, pte) : 0;
		} else {
			ret = do_swap_page(vma, index, write, &major);
			kind = major ? USER_FAULT_SWAP : USER_FAULT_MINOR;
		}
	}
	if (!ret)
		fault_done(vma->mm, kind, major, start);
	return ret;
}

/* Who shares memory takes turns, so that all see what was written last. */
static void wait_not_busy(struct address_space *space, u64 index)
{
	struct map_chunk *chunk = chunk_of(space, index);

	if (space->shared && chunk->busy && user_can_block())
		wait_event(this_user->busy_wait, !chunk->busy);
}

/* Fault until one page or more is there as needed; returns how many are, up to @max, or -errno. */
static int fault_in(struct user_area *vma, u64 index, u32 max, bool write, u32 *pfn)
{
	for (;;) {
		u32 nr;
		int ret;

		wait_not_busy(vma->space, index);
		nr = map_run(vma->space, index, max, write ? PTE_WRITE : 0, pfn);
		if (nr)
			return nr;
		if (fault_signal_pending())
			return -EINTR;
		ret = handle_mm_fault(vma, index, write);
		if (ret && !(ret == -ENOMEM && user_can_block()))
			return ret;
		user_resched();
	}
}

/* Accesses */

static void check_zero_page(struct address_space *space, u64 index, u32 nr)
{
	u32 token, run = token_run(chunk_of(space, index), chunk_off(index), nr, &token);

	if (WARN_ON(token || run < nr))
		printk("a page of %s was written and is not there\n",
		       current ? current->comm : "a program");
}

/*
 * The accesses themselves: pages of one chunk, which cannot go away meanwhile.  @user: a program
 * makes them, and sleeps if the host says so (kernel/async_pf.c).
 */
static void access_run(struct address_space *space, u64 index, u32 nr, u32 pfn, bool write,
		       bool user)
{
	struct map_chunk *chunk = chunk_of(space, index);

	if (!pfn) {
		check_zero_page(space, index, nr);
		return;
	}
	chunk->busy++;
	coro_current->ctx.user_mode = user;
	if (write)
		contents_write(space, index, nr, pfn);
	else
		contents_check(space, index, nr, pfn);
	coro_current->ctx.user_mode = false;
	chunk_put_busy(space, chunk);
}

static int access_pages(struct user_area *vma, u64 index, u64 nr, bool write, bool user)
{
	while (nr) {
		u32 max = min_t(u64, nr, CHUNK_PAGES), pfn;
		int run = fault_in(vma, index, max, write, &pfn);

		if (run < 0)
			return run;
		access_run(vma->space, index, run, pfn, write, user);
		index += run;
		nr -= run;
		user_resched();
		if (fault_signal_pending())
			return -EINTR;
	}
	return 0;
}

static int write_pages(struct user_area *vma, u64 index, u64 nr)
{
	return access_pages(vma, index, nr, true, true);
}

static int read_pages(struct user_area *vma, u64 index, u64 nr)
{
	return access_pages(vma, index, nr, false, true);
}

/* Only what was written is read. */
static int verify_pages(struct user_area *vma, u64 index, u64 nr)
{
	while (nr) {
		u32 off = chunk_off(index), token;
		u32 run = token_run(chunk_of(vma->space, index), off,
				    min_t(u64, nr, CHUNK_PAGES - off), &token);
		int ret = token ? access_pages(vma, index, run, false, true) : 0;

		if (ret)
			return ret;
		index += run;
		nr -= run;
	}
	return 0;
}

int user_populate(struct user_area *vma)
{
	return access_pages(vma, vma->pgoff, vma->end - vma->start, true, false);
}

int user_touch(struct mm_struct *mm, uint64_t addr, uint64_t len, bool write)
{
	return user_access(mm, addr, len, write ? write_pages : read_pages);
}

int user_verify(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	return user_access(mm, addr, len, verify_pages);
}
