// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transparent huge pages of anonymous memory, and what smaller folios share with them.
 *
 * Models mm/huge_memory.c of Linux 6.1: the fault (do_huge_pmd_anonymous_page(), with a page table
 * deposited for later), the zero page of 2 MiB, splitting the mapping (__split_huge_pmd()) and the
 * page (split_huge_page_to_list()).  When parts are unmapped, the page stays whole: it waits on the
 * queue of deferred splits until a shrinker gives its unmapped parts back.  Statistics by size are
 * those of 6.12.
 *
 * A huge page that is mapped page by page is known to its chunk alone: nothing maps it elsewhere.
 *
 * Left out: khugepaged, shared and file huge pages; the huge zero page takes no memory.
 */
#include "user.h"

bool thp_eligible(const struct user_area *vma, u64 index)
{
	const struct map_chunk *chunk = chunk_of(vma->space, index);
	u64 first = index - chunk_off(index);
	enum thp_policy policy = this_mm->config.thp;

	if (policy == THP_NEVER || vma->thp == USER_THP_NOHUGEPAGE ||
	    (policy == THP_MADVISE && vma->thp != USER_THP_HUGEPAGE))
		return false;
	return !chunk->huge && !has_ptes(chunk) && first >= vma->pgoff &&
	       first + CHUNK_PAGES <= vma->pgoff + (vma->end - vma->start);
}

gfp_t vma_thp_gfp_mask(const struct user_area *vma)
{
	bool madvised = vma->thp == USER_THP_HUGEPAGE;

	switch (this_mm->config.thp_defrag) {
	case THP_DEFRAG_ALWAYS:
		return GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM | (madvised ? 0 : __GFP_NORETRY);
	case THP_DEFRAG_DEFER:
		return GFP_TRANSHUGE_LIGHT | __GFP_KSWAPD_RECLAIM;
	case THP_DEFRAG_DEFER_MADVISE:
		return GFP_TRANSHUGE_LIGHT |
		       (madvised ? __GFP_DIRECT_RECLAIM : __GFP_KSWAPD_RECLAIM);
	case THP_DEFRAG_MADVISE:
		return GFP_TRANSHUGE_LIGHT | (madvised ? __GFP_DIRECT_RECLAIM : 0);
	case THP_DEFRAG_NEVER:
		break;
	}
	return GFP_TRANSHUGE_LIGHT;
}

/* vma_alloc_folio() */
static struct page *alloc_huge(const struct user_area *vma)
{
	gfp_t gfp = vma_thp_gfp_mask(vma);
	struct page *page;

	/* The proposal of 2026 leaves clearing to the allocator, who knows what is zero already. */
	if (this_mm->page_zeroed)
		gfp |= __GFP_ZERO;
	page = alloc_pages(gfp | __GFP_THISNODE | __GFP_NORETRY, HOST_PMD_ORDER);
	if (!page && gfp & __GFP_DIRECT_RECLAIM)
		page = alloc_pages(gfp, HOST_PMD_ORDER);
	return page;
}

static void map_huge(struct address_space *space, u64 index, struct page *page)
{
	struct map_chunk *chunk = chunk_of(space, index);

	page_init_anon(page, space, index - chunk_off(index));
	folio_init_anon(page);
	lru_cache_add(page);
	chunk->huge = PTE_PRESENT | PTE_ACCESSED | PTE_WRITE | page_to_pfn(page);
	space->nr_resident += CHUNK_PAGES;
	mod_node_page_state(this_kernel->pgdat, NR_ANON_MAPPED, CHUNK_PAGES);
	mod_node_page_state(this_kernel->pgdat, NR_ANON_THPS, 1);
	vm_event(this_mm, THP_FAULT_ALLOC, 1);
	count_mthp_stat(HOST_PMD_ORDER, MTHP_STAT_ANON_FAULT_ALLOC, 1);
	count_mthp_stat(HOST_PMD_ORDER, MTHP_STAT_NR_ANON, 1);
}

/* -EAGAIN: do it with small pages. */
int do_huge_pmd_anonymous_page(struct user_area *vma, u64 index, bool write)
{
	struct map_chunk *chunk = chunk_of(vma->space, index);
	struct page *page = NULL;

	if (write) {
		page = alloc_huge(vma);
		if (!page) {
			this_user->stats.thp_fallbacks++;
			vm_event(this_mm, THP_FAULT_FALLBACK, 1);
			count_mthp_stat(HOST_PMD_ORDER, MTHP_STAT_ANON_FAULT_FALLBACK, 1);
			return -EAGAIN;
		}
	}
	charge(COST_GUEST_HUGE_FAULT, 1);
	if (pgtable_alloc(vma, index)) {
		if (page)
			__free_pages(page, HOST_PMD_ORDER);
		return -ENOMEM;
	}
	if (page && !this_mm->page_zeroed)
		clear_pages(page, CHUNK_PAGES);
	if (chunk->huge || has_ptes(chunk)) {
		/* Somebody who shares the area was here first. */
		if (page)
			__free_pages(page, HOST_PMD_ORDER);
		return 0;
	}
	if (page)
		map_huge(vma->space, index, page);
	else
		chunk->huge = PTE_PRESENT | PTE_ACCESSED;
	return 0;
}

/* Entries of 4 KiB instead of the huge one; the deposited page table is used now. */
void split_huge_pmd(struct address_space *space, struct map_chunk *chunk)
{
	u32 pfn = pte_pfn(chunk->huge), i;

	for (i = 0; i < CHUNK_PAGES; i++)
		pte_set(chunk, i, chunk->huge + (pfn ? i : 0));
	chunk->huge = 0;
	vm_event(this_mm, THP_SPLIT_PMD, 1);
	if (!pfn)
		return;
	chunk->compound = pfn;
	chunk->nr_compound = CHUNK_PAGES;
	mod_node_page_state(this_kernel->pgdat, NR_ANON_THPS, -1);
}

void zap_huge_pmd(struct mmu_gather *tlb, struct address_space *space, struct map_chunk *chunk)
{
	u32 pfn = pte_pfn(chunk->huge);

	charge(COST_GUEST_UNMAP, 1);
	chunk->huge = 0;
	pgtable_free(chunk->pgtable);
	chunk->pgtable = NULL;
	space->nr_tables--;
	if (!pfn)
		return;
	space->nr_resident -= CHUNK_PAGES;
	mod_node_page_state(this_kernel->pgdat, NR_ANON_MAPPED, -(long)CHUNK_PAGES);
	mod_node_page_state(this_kernel->pgdat, NR_ANON_THPS, -1);
	count_mthp_stat(HOST_PMD_ORDER, MTHP_STAT_NR_ANON, -1);
	set_page_private(pfn_to_page(pfn), 0);
	tlb_remove_page(tlb, pfn_to_page(pfn));
}

/* Deferred splits */

/* The real kernel's place for it: fields of the second tail page. */
static struct list_head *deferred_list(struct page *head)
{
	return &head[2].lru;
}

void folio_init_anon(struct page *head)
{
	INIT_LIST_HEAD(deferred_list(head));
}

bool folio_partially_mapped(struct page *head)
{
	return !list_empty(deferred_list(head));
}

void deferred_split_folio(struct page *head)
{
	if (folio_partially_mapped(head))
		return;
	list_add_tail(deferred_list(head), &this_user->deferred_split);
	this_user->nr_deferred++;
	count_mthp_stat(compound_order(head), MTHP_STAT_SPLIT_DEFERRED, 1);
	count_mthp_stat(compound_order(head), MTHP_STAT_NR_ANON_PARTIALLY_MAPPED, 1);
}

/* The folio goes, or is split. */
void deferred_split_cancel(struct page *head)
{
	if (!folio_partially_mapped(head))
		return;
	list_del_init(deferred_list(head));
	this_user->nr_deferred--;
	count_mthp_stat(compound_order(head), MTHP_STAT_NR_ANON_PARTIALLY_MAPPED, -1);
}

/* One page of a huge page that is mapped page by page has been unmapped. */
void zap_compound_part(struct mmu_gather *tlb, struct map_chunk *chunk)
{
	struct page *head = pfn_to_page(chunk->compound);

	if (--chunk->nr_compound) {
		deferred_split_folio(head);
		return;
	}
	deferred_split_cancel(head);
	count_mthp_stat(HOST_PMD_ORDER, MTHP_STAT_NR_ANON, -1);
	chunk->compound = 0;
	set_page_private(head, 0);
	tlb_remove_page(tlb, head);
}

#define SPLIT_KEEPS                                                                                \
	(1u << PG_referenced | 1u << PG_swapbacked | 1u << PG_uptodate | 1u << PG_active |         \
	 1u << PG_workingset | 1u << PG_locked | 1u << PG_dirty | 1u << PG_anon)

static void split_tail(struct page *head, u32 i, bool mapped, struct list_head *list)
{
	struct page *tail = head + i;

	tail->flags = (tail->flags & 1u << PG_bytes) | (head->flags & SPLIT_KEEPS);
	set_page_private(tail, mapped ? head->private + i : 0);
	set_page_count(tail, mapped + (list != NULL));
	if (list) {
		ClearPageLocked(tail);
		list_add_tail(&tail->lru, list);
	} else {
		list_add_tail(&tail->lru, &head->lru);
		SetPageLRU(tail);
	}
}

/* What only the folio as a whole had kept. */
static void free_unmapped(struct page *head, const bool *mapped, u32 nr)
{
	LIST_HEAD(to_free);
	u32 i;

	for (i = 0; i < nr; i++) {
		if (mapped[i])
			continue;
		lruvec_del_page(head + i);
		ClearPageActive(head + i);
		list_add_tail(&head[i].lru, &to_free);
	}
	free_unref_page_list(&to_free);
}

/* Its order is of the past: what the head knew of the folio, and who counts them. */
static void folio_is_split(struct page *head, struct map_chunk *chunk, unsigned int order)
{
	ClearPageHead(head);
	set_compound_order(head, 0);
	count_mthp_stat(order, MTHP_STAT_SPLIT, 1);
	count_mthp_stat(order, MTHP_STAT_NR_ANON, -1);
	if (order < HOST_PMD_ORDER)
		return;
	chunk->compound = 0;
	chunk->nr_compound = 0;
	this_user->stats.thp_splits++;
	vm_event(this_mm, THP_SPLIT_PAGE, 1);
}

/*
 * Isolated (@list: the caller's reference is the only other one, and the tails get one each), or on
 * the LRU.  Pages that are not mapped any more lose their owner; without @list they are free.
 */
void split_huge_page_to_list(struct page *head, struct list_head *list)
{
	unsigned int order = compound_order(head);
	u64 owner = head->private;
	struct address_space *space = owner_space(owner);
	struct map_chunk *chunk = chunk_of(space, owner_index(owner));
	u32 pfn = page_to_pfn(head), off = chunk_off(owner_index(owner)), i;
	bool mapped[CHUNK_PAGES];

	if (chunk->huge)
		split_huge_pmd(space, chunk);
	deferred_split_cancel(head);
	for (i = 0; i < 1u << order; i++)
		mapped[i] = pte_get(chunk, off + i) & PTE_PRESENT &&
			    pte_pfn(pte_get(chunk, off + i)) == pfn + i;
	folio_is_split(head, chunk, order);
	for (i = (1u << order) - 1; i; i--)
		split_tail(head, i, mapped[i], list);
	if (!mapped[0]) {
		set_page_private(head, 0);
		atomic_dec(&head->_refcount);
	}
	if (!list)
		free_unmapped(head, mapped, 1u << order);
}

static unsigned long deferred_split_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	return this_user->nr_deferred;
}

static unsigned long deferred_split_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct user_state *user = this_user;
	unsigned long left = min(sc->nr_to_scan, user->nr_deferred), split = 0;

	while (left-- && user->nr_deferred) {
		struct page *head = list_first_entry(&user->deferred_split, struct page, lru) - 2;

		if (PageLRU(head) && !PageLocked(head) && page_ref_count(head) == 1) {
			split_huge_page_to_list(head, NULL);
			split++;
		} else {
			list_move_tail(deferred_list(head), &user->deferred_split);
		}
	}
	return split ? split : SHRINK_STOP;
}

void huge_memory_init(struct user_state *user)
{
	INIT_LIST_HEAD(&user->deferred_split);
	user->deferred_shrinker.count_objects = deferred_split_count;
	user->deferred_shrinker.scan_objects = deferred_split_scan;
	user->deferred_shrinker.seeks = DEFAULT_SEEKS;
	register_shrinker(&user->deferred_shrinker, "thp-deferred_split");
}

void huge_memory_exit(struct user_state *user)
{
	unregister_shrinker(&user->deferred_shrinker);
}
