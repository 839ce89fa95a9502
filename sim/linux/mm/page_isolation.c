// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pageblocks that nothing is allocated from, and ranges taken out of the allocator as a whole.
 *
 * Models mm/page_isolation.c of Linux 6.1.  Since the model does not migrate pages,
 * alloc_contig_range() succeeds only where all is free.
 */
#include <linux/export.h>
#include "internal.h"

static int isolate_block(struct page *page)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;
	int mt, moved, ret = -EBUSY;

	spin_lock_irqsave(&zone->lock, flags);
	mt = get_pageblock_migratetype(page);
	if (!is_migrate_isolate(mt)) {
		set_pageblock_migratetype(page, MIGRATE_ISOLATE);
		zone->nr_isolate_pageblock++;
		moved = move_freepages_block(zone, page, MIGRATE_ISOLATE, NULL);
		mod_zone_freepage_state(zone, -(long)moved);
		ret = 0;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return ret;
}

/* Free blocks of an isolated pageblock may have a buddy outside: take out and free again. */
static void unisolate_block(struct page *page, int migratetype)
{
	struct zone *zone = page_zone(page);
	unsigned int order = 0;
	bool taken = false;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (!is_migrate_isolate(get_pageblock_migratetype(page)))
		goto out;
	if (PageBuddy(page) && buddy_order(page) >= pageblock_order &&
	    buddy_order(page) < MAX_ORDER - 1) {
		struct page *buddy;

		order = buddy_order(page);
		buddy = find_buddy_page_pfn(page, page_to_pfn(page), order, NULL);
		if (buddy && !is_migrate_isolate(get_pageblock_migratetype(buddy)))
			taken = __isolate_free_page(page, order);
	}
	if (!taken)
		mod_zone_freepage_state(zone, move_freepages_block(zone, page, migratetype, NULL));
	set_pageblock_migratetype(page, migratetype);
	if (taken)
		__putback_isolated_page(page, order, migratetype);
	zone->nr_isolate_pageblock--;
out:
	spin_unlock_irqrestore(&zone->lock, flags);
}

void undo_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn, int migratetype)
{
	unsigned long pfn;

	for (pfn = start_pfn; pfn < end_pfn; pfn += pageblock_nr_pages)
		unisolate_block(pfn_to_page(pfn), migratetype);
}

/* @start_pfn and @end_pfn must be at pageblocks' ends. */
int start_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn, int migratetype,
			     int flags, gfp_t gfp_flags)
{
	unsigned long pfn;

	if ((start_pfn | end_pfn) & (pageblock_nr_pages - 1) || end_pfn > this_kernel->max_pfn)
		return -EINVAL;
	list_all_zones();
	for (pfn = start_pfn; pfn < end_pfn; pfn += pageblock_nr_pages) {
		if (isolate_block(pfn_to_page(pfn))) {
			undo_isolate_page_range(start_pfn, pfn, migratetype);
			return -EBUSY;
		}
	}
	return 0;
}

int test_pages_isolated(unsigned long start_pfn, unsigned long end_pfn, int isol_flags)
{
	unsigned long pfn = start_pfn;

	while (pfn < end_pfn) {
		struct page *page = pfn_to_page(pfn);

		if (!PageBuddy(page))
			return -EBUSY;
		pfn += 1UL << buddy_order(page);
	}
	return 0;
}

/* A free block of the largest order can reach beyond [start, end): what is outside goes back. */
static void take_range(unsigned long start, unsigned long end)
{
	unsigned long pfn = start;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);
		struct zone *zone = page_zone(page);
		unsigned int order = buddy_order(page);
		unsigned long flags, i;

		spin_lock_irqsave(&zone->lock, flags);
		__isolate_free_page(page, order);
		spin_unlock_irqrestore(&zone->lock, flags);
		for (i = 0; i < 1UL << order; i++)
			prep_new_page(page + i, 0, 0, 0);
		pfn += 1UL << order;
	}
}

int alloc_contig_range(unsigned long start, unsigned long end, unsigned int migratetype,
		       gfp_t gfp_mask)
{
	unsigned long block = MAX_ORDER_NR_PAGES;
	unsigned long from = round_down(start, block), to = round_up(end, block), pfn;
	int ret;

	if (to > this_kernel->max_pfn)
		return -EINVAL;
	drain_all_pages(NULL);
	ret = start_isolate_page_range(from, to, migratetype, 0, gfp_mask);
	if (ret)
		return ret;
	drain_all_pages(NULL);
	ret = test_pages_isolated(from, to, 0);
	if (!ret) {
		take_range(from, to);
		for (pfn = from; pfn < to; pfn++) {
			if (pfn < start || pfn >= end)
				__free_page(pfn_to_page(pfn));
		}
	}
	undo_isolate_page_range(from, to, migratetype);
	return ret;
}
EXPORT_SYMBOL_GPL(alloc_contig_range);

void free_contig_range(unsigned long pfn, unsigned long nr_pages)
{
	while (nr_pages--)
		__free_page(pfn_to_page(pfn++));
}
EXPORT_SYMBOL(free_contig_range);
