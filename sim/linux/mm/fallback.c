// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose free blocks are taken when one's own lists have none, and which pageblocks change their
 * type with it.
 *
 * Models mm/page_alloc.c of Linux 6.1 (__rmqueue, __rmqueue_fallback, steal_suitable_fallback) and
 * of 6.12 (__rmqueue_claim, __rmqueue_steal, try_to_claim_block).  In 6.1 a block of another type
 * is moved to one's own lists, with its neighbours even if their pageblock keeps its type; in 6.12
 * pages are on the lists of their pageblock's type and no others: the pageblock is claimed as a
 * whole, or a page is taken where it is.
 */
#include "buddy.h"

/* Whose lists are tried, in this order, when one's own have nothing. */
static const unsigned char fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* Is a free block of this size worth taking its whole pageblock for @start_mt? */
static bool can_steal_fallback(unsigned int order, int start_mt)
{
	return order >= pageblock_order / 2 || start_mt == MIGRATE_RECLAIMABLE ||
	       start_mt == MIGRATE_UNMOVABLE;
}

static bool boost_watermark(struct zone *zone)
{
	unsigned long factor = this_mm->watermark_boost_factor, high, max_boost;

	if (!factor || pageblock_nr_pages * 4 > zone_managed_pages(zone))
		return false;
	high = zone->_watermark[WMARK_HIGH];
	max_boost = high / 10000 * factor + high % 10000 * factor / 10000;
	if (!max_boost)
		return false;
	max_boost = max(pageblock_nr_pages, max_boost);
	zone->watermark_boost = min(zone->watermark_boost + pageblock_nr_pages, max_boost);
	return true;
}

/* Whether enough of a pageblock is free or alike for it to become of type @start_type. */
static bool worth_claiming(struct page *page, int start_type, int old_type, int free_pages,
			   int movable_pages)
{
	const struct mm_state *mm = this_mm;
	int alike = 0;

	if (mm->trace && mm->trace->claim_block) {
		int answer = mm->trace->claim_block(mm->trace_ctx, page);

		if (answer >= 0)
			return answer;
	}
	if (start_type == MIGRATE_MOVABLE)
		alike = movable_pages;
	else if (old_type == MIGRATE_MOVABLE)
		alike = pageblock_nr_pages - (free_pages + movable_pages);
	return free_pages + alike >= 1 << (pageblock_order - 1);
}

/* Give @page, free and of another type, to @start_type, its neighbours with it if possible. */
static void steal_suitable_fallback(struct zone *zone, struct page *page, unsigned int alloc_flags,
				    int start_type, bool whole_block)
{
	unsigned int order = buddy_order(page);
	int old_type = get_pageblock_migratetype(page);
	int free_pages, movable_pages;

	if (is_migrate_highatomic(old_type))
		goto single_page;

	if (order >= pageblock_order) {
		set_pageblocks(page, order, start_type);
		goto single_page;
	}

	if (boost_watermark(zone) && alloc_flags & ALLOC_KSWAPD)
		set_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
	if (!whole_block)
		goto single_page;

	free_pages = move_freepages_block(zone, page, start_type, &movable_pages);
	if (!free_pages)
		goto single_page;
	if (worth_claiming(page, start_type, old_type, free_pages, movable_pages))
		set_pageblock_migratetype(page, start_type);
	return;

single_page:
	move_to_free_list(page, zone, order, start_type);
}

/* A type that @migratetype can take a block of this area from, or -1. */
static int find_suitable_fallback(struct free_area *area, int migratetype)
{
	int i;

	if (!area->nr_free)
		return -1;
	for (i = 0; i < 2; i++) {
		if (!free_area_empty(area, fallbacks[migratetype][i]))
			return fallbacks[migratetype][i];
	}
	return -1;
}

bool fallback_would_steal(struct free_area *area, unsigned int order, int migratetype)
{
	return can_steal_fallback(order, migratetype) &&
	       find_suitable_fallback(area, migratetype) >= 0;
}

/*
 * Make a block of another type available to @start_mt: the largest there is, unless that would
 * mix types in a pageblock that cannot be taken whole; then the smallest.
 */
static bool __rmqueue_fallback(struct zone *zone, int order, int start_mt,
			       unsigned int alloc_flags)
{
	int min_order = order, current_order, fallback_mt = -1;
	bool can_steal = false;
	struct page *page;

	if (start_mt >= MIGRATE_PCPTYPES)
		return false;
	if (order < pageblock_order && alloc_flags & ALLOC_NOFRAGMENT)
		min_order = pageblock_order;

	for (current_order = MAX_ORDER - 1; current_order >= min_order; current_order--) {
		fallback_mt = find_suitable_fallback(&zone->free_area[current_order], start_mt);
		if (fallback_mt >= 0)
			break;
	}
	if (fallback_mt < 0)
		return false;

	can_steal = can_steal_fallback(current_order, start_mt);
	if (!can_steal && start_mt == MIGRATE_MOVABLE && current_order > order) {
		for (current_order = order; current_order < MAX_ORDER; current_order++) {
			fallback_mt = find_suitable_fallback(&zone->free_area[current_order],
							     start_mt);
			if (fallback_mt >= 0)
				break;
		}
		VM_BUG_ON(current_order == MAX_ORDER);
		can_steal = can_steal_fallback(current_order, start_mt);
	}

	page = get_page_from_free_area(&zone->free_area[current_order], fallback_mt);
	steal_suitable_fallback(zone, page, alloc_flags, start_mt, can_steal);
	mm_trace(this_mm, extfrag, page, order, current_order, start_mt, fallback_mt);
	return true;
}

/* Of 6.12 */

/* What the pageblock of @page has; false: it reaches beyond the zone. */
static bool count_block(struct zone *zone, struct page *page, int *free_pages, int *movable_pages)
{
	unsigned long pfn = pageblock_start_pfn(page_to_pfn(page)), end = pfn + pageblock_nr_pages;

	if (!zone_spans_pfn(zone, pfn) || !zone_spans_pfn(zone, end - 1))
		return false;
	*free_pages = *movable_pages = 0;
	while (pfn < end) {
		unsigned long nr = 1;

		page = pfn_to_page(pfn);
		if (PageBuddy(page)) {
			nr = 1UL << buddy_order(page);
			*free_pages += nr;
		} else if (PageLRU(page)) {
			nr = compound_nr(page);
			*movable_pages += nr;
		}
		pfn += nr;
	}
	return true;
}

/* Make the pageblock of a free block one of @start_type, if enough of it is free or alike. */
static struct page *claim_block(struct zone *zone, struct page *page, int current_order, int order,
				int start_type, unsigned int alloc_flags)
{
	int block_type = get_pageblock_migratetype(page), free_pages, movable_pages;

	if (is_migrate_highatomic(block_type))
		return NULL;
	if (current_order >= pageblock_order) {
		del_page_from_free_list(page, zone, current_order);
		set_pageblocks(page, current_order, start_type);
		expand(zone, page, order, current_order, start_type);
		set_pcppage_migratetype(page, start_type);
		return page;
	}

	if (boost_watermark(zone) && alloc_flags & ALLOC_KSWAPD)
		set_bit(ZONE_BOOSTED_WATERMARK, &zone->flags);
	if (!count_block(zone, page, &free_pages, &movable_pages) ||
	    !worth_claiming(page, start_type, block_type, free_pages, movable_pages))
		return NULL;
	move_freepages_block(zone, page, start_type, NULL);
	set_pageblock_migratetype(page, start_type);
	return __rmqueue_smallest(zone, order, start_type);
}

/* Claim a pageblock of another type, that with the largest free block if it can be. */
static struct page *__rmqueue_claim(struct zone *zone, int order, int start_mt,
				    unsigned int alloc_flags)
{
	int min_order = order, current_order;

	if (start_mt >= MIGRATE_PCPTYPES)
		return NULL;
	if (order < pageblock_order && alloc_flags & ALLOC_NOFRAGMENT)
		min_order = pageblock_order;
	for (current_order = MAX_ORDER - 1; current_order >= min_order; current_order--) {
		struct free_area *area = &zone->free_area[current_order];
		int fallback_mt = find_suitable_fallback(area, start_mt);
		struct page *page;

		if (fallback_mt < 0)
			continue;
		if (!can_steal_fallback(current_order, start_mt))
			break;
		page = claim_block(zone, get_page_from_free_area(area, fallback_mt), current_order,
				   order, start_mt, alloc_flags);
		if (page) {
			mm_trace(this_mm, extfrag, page, order, current_order, start_mt,
				 fallback_mt);
			return page;
		}
	}
	return NULL;
}

/* Take the smallest block of another type there is; its pageblock stays what it is. */
static struct page *__rmqueue_steal(struct zone *zone, int order, int start_mt)
{
	int current_order;

	if (start_mt >= MIGRATE_PCPTYPES)
		return NULL;
	for (current_order = order; current_order < MAX_ORDER; current_order++) {
		struct free_area *area = &zone->free_area[current_order];
		int fallback_mt = find_suitable_fallback(area, start_mt);
		struct page *page;

		if (fallback_mt < 0)
			continue;
		page = take_and_expand(zone, get_page_from_free_area(area, fallback_mt), order,
				       current_order, fallback_mt);
		mm_trace(this_mm, extfrag, page, order, current_order, start_mt, fallback_mt);
		return page;
	}
	return NULL;
}

/* Of 6.12: who takes many pages under one lock goes on where the last one was found. */
static struct page *rmqueue_by_mode(struct zone *zone, unsigned int order, int migratetype,
				    unsigned int alloc_flags, enum rmqueue_mode *mode)
{
	struct page *page = NULL;

	if (*mode == RMQUEUE_NORMAL) {
		page = __rmqueue_smallest(zone, order, migratetype);
		if (likely(page))
			return page;
		page = __rmqueue_claim(zone, order, migratetype, alloc_flags);
		if (page)
			return page;
	}
	if (!(alloc_flags & ALLOC_NOFRAGMENT))
		page = __rmqueue_steal(zone, order, migratetype);
	if (page)
		*mode = RMQUEUE_STEAL;
	return page;
}

struct page *__rmqueue(struct zone *zone, unsigned int order, int migratetype,
		       unsigned int alloc_flags, enum rmqueue_mode *mode)
{
	struct page *page;

	if (this_mm->since_6_12)
		return rmqueue_by_mode(zone, order, migratetype, alloc_flags, mode);
	do {
		page = __rmqueue_smallest(zone, order, migratetype);
	} while (unlikely(!page) && __rmqueue_fallback(zone, order, migratetype, alloc_flags));
	return page;
}
