// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folios of anonymous memory between a page and a huge page (multi-size THP).
 *
 * Models what Linux 6.12 has of them: which sizes a fault may take (thp_vma_allowable_orders(),
 * thp_vma_suitable_orders()) and which it gets (alloc_anon_folio() of mm/memory.c): the largest
 * whose range nothing is mapped in yet; if it cannot be had, the next smaller one, with the efforts
 * that transparent_hugepage/defrag says.  The folio is cleared and mapped as a whole, by entries of
 * 4 KiB.  Consecutive entries of one are unmapped together (zap_present_folio_ptes()); of what is
 * left then, see deferred_split_folio() in huge_memory.c.
 *
 * A folio has one reference for all its mappings; its tails are marked, whatever its order, and
 * the first of them counts the pages that are mapped.
 *
 * Left out: swapping a folio out and in as a whole (6.12 does neither with a swap file; with zram
 * it does both), folios of shared memory and of files, khugepaged; in a batch of pages to be freed
 * a folio takes one place instead of two.
 */
#include "user.h"

static unsigned int highest_order(unsigned int orders)
{
	return orders ? fls(orders) - 1 : 0;
}

/* What the guest's settings let memory of this kind have. */
static unsigned int allowable_orders(const struct user_area *vma)
{
	const struct mm_config *config = &this_mm->config;
	bool madvised = vma->thp == USER_THP_HUGEPAGE;
	unsigned int orders = config->orders_always;

	if (vma->thp == USER_THP_NOHUGEPAGE)
		return 0;
	if (madvised)
		orders |= config->orders_madvise;
	if (config->thp == THP_ALWAYS || (config->thp == THP_MADVISE && madvised))
		orders |= config->orders_inherit;
	return orders;
}

static bool suitable(const struct user_area *vma, u64 index, unsigned int order)
{
	u64 first = index & ~((1ull << order) - 1);

	return first >= vma->pgoff &&
	       first + (1ull << order) <= vma->pgoff + (vma->end - vma->start);
}

bool pte_range_none(const struct map_chunk *chunk, u32 off, u32 nr)
{
	u32 i;

	for (i = 0; has_ptes(chunk) && i < nr; i++)
		if (pte_get(chunk, off + i))
			return false;
	return true;
}

/* The orders that fit in the area and have nothing mapped in their range: all below the largest. */
static unsigned int possible_orders(const struct user_area *vma, u64 index)
{
	const struct map_chunk *chunk = chunk_of(vma->space, index);
	unsigned int orders = allowable_orders(vma), order;

	while (orders) {
		order = highest_order(orders);
		if (suitable(vma, index, order) &&
		    pte_range_none(chunk, chunk_off(index) & ~((1u << order) - 1), 1u << order))
			break;
		orders &= ~(1u << order);
	}
	return orders;
}

/* Tails that know their head: what is mapped is found by its frame. */
static void mark_tails(struct page *head)
{
	u32 i;

	for (i = 1; i < compound_nr(head); i++) {
		SetPageTail(head + i);
		set_page_private(head + i, i);
	}
}

struct page *alloc_anon_folio(const struct user_area *vma, u64 index)
{
	unsigned int orders = possible_orders(vma, index), order;
	gfp_t gfp = vma_thp_gfp_mask(vma);
	struct page *page;

	/* As with huge pages: the proposal of 2026 leaves clearing to the allocator. */
	if (this_mm->page_zeroed)
		gfp |= __GFP_ZERO;
	for (; orders; orders &= ~(1u << order)) {
		order = highest_order(orders);
		page = alloc_pages(gfp, order);
		if (!page) {
			count_mthp_stat(order, MTHP_STAT_ANON_FAULT_FALLBACK, 1);
			continue;
		}
		mark_tails(page);
		if (!this_mm->page_zeroed)
			clear_pages(page, 1ul << order);
		return page;
	}
	return alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_ZERO);
}

void map_anon_folio(struct address_space *space, u64 index, struct page *head)
{
	u32 nr = compound_nr(head), i;

	page_init_anon(head, space, index);
	folio_init_anon(head);
	head[1].nr_pages_mapped = nr;
	lru_cache_add(head);
	for (i = 0; i < nr; i++)
		map_set(space, index + i,
			PTE_PRESENT | PTE_ACCESSED | PTE_WRITE | (page_to_pfn(head) + i));
	space->nr_resident += nr;
	mod_node_page_state(this_kernel->pgdat, NR_ANON_MAPPED, nr);
	count_mthp_stat(compound_order(head), MTHP_STAT_ANON_FAULT_ALLOC, 1);
	count_mthp_stat(compound_order(head), MTHP_STAT_NR_ANON, 1);
}

u32 zap_anon_folio(struct mmu_gather *tlb, struct address_space *space, struct map_chunk *chunk,
		   u32 off, u32 max)
{
	u32 pfn = pte_pfn(pte_get(chunk, off)), nr = 0;
	struct page *page = pfn_to_page(pfn), *head = compound_head(page);
	u32 left = compound_nr(head) - (page - head);

	while (nr < min(left, max) && pte_get(chunk, off + nr) & PTE_PRESENT &&
	       pte_pfn(pte_get(chunk, off + nr)) == pfn + nr) {
		pte_set(chunk, off + nr, 0);
		nr++;
	}
	space->nr_resident -= nr;
	mod_node_page_state(this_kernel->pgdat, NR_ANON_MAPPED, -(long)nr);
	head[1].nr_pages_mapped -= nr;
	if (head[1].nr_pages_mapped) {
		deferred_split_folio(head);
		return nr;
	}
	deferred_split_cancel(head);
	count_mthp_stat(compound_order(head), MTHP_STAT_NR_ANON, -1);
	set_page_private(head, 0);
	tlb_remove_page(tlb, head);
	return nr;
}

/* The entries of a folio: chunk, and offset of the first. */
static struct pte_ref folio_ptes(const struct page *head)
{
	u64 owner = head->private;

	return (struct pte_ref){ .chunk = chunk_of(owner_space(owner), owner_index(owner)),
				 .off = chunk_off(owner_index(owner)) };
}

int anon_folio_referenced(struct page *head)
{
	struct pte_ref ref = folio_ptes(head);
	u32 i, pfn = page_to_pfn(head);
	int referenced = 0;

	for (i = 0; i < compound_nr(head); i++) {
		u64 pte = pte_get(ref.chunk, ref.off + i);

		if (!(pte & PTE_PRESENT) || pte_pfn(pte) != pfn + i || !(pte & PTE_ACCESSED))
			continue;
		pte_set(ref.chunk, ref.off + i, pte & ~PTE_ACCESSED);
		referenced = 1;
	}
	return referenced;
}

void move_anon_folio(struct page *newhead, struct page *head)
{
	struct pte_ref ref = folio_ptes(head);
	u32 i, pfn = page_to_pfn(newhead);

	mark_tails(newhead);
	newhead[1].nr_pages_mapped = compound_nr(head);
	for (i = 0; i < compound_nr(head); i++) {
		u64 pte = pte_get(ref.chunk, ref.off + i);

		pte_set(ref.chunk, ref.off + i, (pte & ~(u64)U32_MAX) | (pfn + i));
	}
}
