// SPDX-License-Identifier: GPL-2.0-only
/*
 * The four LRU lists of the node and what moves pages between them outside of reclaim.
 *
 * Models mm/swap.c (folio_mark_accessed(), folio_activate(), lru_note_cost(),
 * folio_rotate_reclaimable()) and mm/workingset.c of Linux 6.1: when a page is evicted, its table
 * remembers the time in evictions; if it comes back after fewer of them than there are pages it
 * could have displaced, it is active at once.
 *
 * Left out: the per-CPU batches of 15 pages in front of the lists, the multi-generational LRU
 * (compiled in, not enabled in Debian), the shrinker of shadow nodes.
 */
#include "user.h"

/* A shadow: age in evictions, whether the page had been active, and a mark that it is one. */
#define SHADOW_MARK (1u << 30)
#define SHADOW_WORKINGSET (1u << 29)
#define SHADOW_AGE ((1u << 29) - 1)

enum lru_list page_lru(const struct page *page)
{
	return LRU_BASE + (PageActive(page) ? LRU_ACTIVE : 0) +
	       (page_is_file_lru(page) ? LRU_FILE : 0);
}

void update_lru_size(enum lru_list lru, const struct page *page, long nr)
{
	mod_node_page_state(this_kernel->pgdat, NR_LRU_BASE + lru, nr);
	mod_zone_page_state(page_zone(page), NR_ZONE_LRU_BASE + lru, nr);
}

static struct list_head *lru_head(const struct page *page)
{
	return &this_kernel->pgdat->__lruvec.lists[page_lru(page)];
}

void lruvec_add_page(struct page *page)
{
	SetPageLRU(page);
	list_add(&page->lru, lru_head(page));
	update_lru_size(page_lru(page), page, compound_nr(page));
}

void lruvec_add_page_tail(struct page *page)
{
	SetPageLRU(page);
	list_add_tail(&page->lru, lru_head(page));
	update_lru_size(page_lru(page), page, compound_nr(page));
}

/* Off its list, and off the flags that only pages on lists have. */
void lruvec_del_page(struct page *page)
{
	list_del(&page->lru);
	update_lru_size(page_lru(page), page, -(long)compound_nr(page));
	ClearPageLRU(page);
}

/* A new page: inactive, unless a refault made it active. */
void lru_cache_add(struct page *page)
{
	lruvec_add_page(page);
}

static void age_nonresident(unsigned long nr)
{
	this_user->nonresident_age += nr;
}

void activate_page(struct page *page)
{
	if (!PageLRU(page) || PageActive(page))
		return;
	lruvec_del_page(page);
	SetPageActive(page);
	lruvec_add_page(page);
	vm_event(this_mm, PGACTIVATE, compound_nr(page));
}

/* An access that the kernel sees itself: inactive, referenced, active. */
void mark_page_accessed(struct page *page)
{
	if (!PageReferenced(page)) {
		SetPageReferenced(page);
	} else if (!PageActive(page)) {
		if (PageLRU(page))
			activate_page(page);
		else
			SetPageActive(page);
		ClearPageReferenced(page);
		age_nonresident(compound_nr(page));
	}
}

/* Of all zones, by enum lru_list. */
void lruvec_sizes(uint64_t size[NR_SCAN_LISTS])
{
	unsigned int lru;

	static_assert(LRU_INACTIVE_ANON == (int)SCAN_INACTIVE_ANON &&
		      LRU_ACTIVE_FILE == (int)SCAN_ACTIVE_FILE, "scan_balance.h numbers them so");
	for (lru = 0; lru < NR_SCAN_LISTS; lru++)
		size[lru] = node_page_state(this_kernel->pgdat, NR_LRU_BASE + lru);
}

/* Reclaim of this kind of page has caused I/O: @nr_pages of it. */
void lru_note_cost(bool file, unsigned int nr_pages)
{
	uint64_t size[NR_SCAN_LISTS];

	lruvec_sizes(size);
	scan_note_cost(&this_user->lru_cost, file, nr_pages, size);
}

/* What to remember of a page that reclaim drops. */
u32 workingset_eviction(struct page *page)
{
	u32 shadow = SHADOW_MARK | (this_user->nonresident_age & SHADOW_AGE);

	age_nonresident(1);
	return shadow | (PageWorkingset(page) ? SHADOW_WORKINGSET : 0);
}

/* A page that was evicted comes back; not on a list yet. */
void workingset_refault(struct page *page, u32 shadow)
{
	bool file = page_is_file_lru(page);
	uint64_t size[NR_SCAN_LISTS];
	u32 distance;

	if (!(shadow & SHADOW_MARK))
		return;
	distance = (this_user->nonresident_age - shadow) & SHADOW_AGE;
	lruvec_sizes(size);
	if (!scan_refault_is_active(size, file, get_nr_swap_pages() > 0, distance))
		return;
	SetPageActive(page);
	age_nonresident(1);
	this_user->workingset_activate[file]++;
	if (shadow & SHADOW_WORKINGSET) {
		SetPageWorkingset(page);
		lru_note_cost(file, 1);
	}
}

/* Written back, and reclaim waits for it: first in line. */
void rotate_reclaimable_page(struct page *page)
{
	if (PageLocked(page) || PageDirty(page) || !PageLRU(page))
		return;
	lruvec_del_page(page);
	ClearPageActive(page);
	lruvec_add_page_tail(page);
}
