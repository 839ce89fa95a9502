// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pageblocks that nothing is allocated from, and ranges taken out of the allocator as a whole.
 *
 * Models mm/page_isolation.c of Linux 6.1, with has_unmovable_pages(), and alloc_contig_range() of
 * mm/page_alloc.c, which moves what is in its way.
 *
 * Left out: isolating only one of the two pageblocks of a largest block (6.1 cuts such blocks up):
 * a range is extended to largest blocks, and what was not wanted is given back.
 */
#include <linux/export.h>
#include "compaction.h"
#include "user.h"

#define CONTIG_TRIES 5

/* A page of the block that nobody can move; NULL: there is none, as far as one can tell. */
static struct page *unmovable_page(unsigned long start, unsigned long end, int flags)
{
	unsigned long pfn = start;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);

		if (mm_pfn_reserved(pfn))
			return page;
		if (page_zonenum(page) == ZONE_MOVABLE)
			return NULL;
		if (PageBuddy(page)) {
			pfn += 1UL << buddy_order(page);
			continue;
		}
		if (PageCompound(page) && !PageLRU(compound_head(page)))
			return page;
		if (!page_ref_count(page) || PageLRU(page) || __PageMovable(page) ||
		    (flags & MEMORY_OFFLINE && PageOffline(page)))
			pfn += compound_nr(page);
		else
			return page;
	}
	return NULL;
}

static int isolate_block(struct page *page, int isol_flags)
{
	unsigned long flags, pfn = page_to_pfn(page);
	struct zone *zone = page_zone(page);
	int mt, moved, ret = -EBUSY;
	struct page *unmovable;

	spin_lock_irqsave(&zone->lock, flags);
	mt = get_pageblock_migratetype(page);
	unmovable = unmovable_page(pfn, pfn + pageblock_nr_pages, isol_flags);
	if (!is_migrate_isolate(mt) && !unmovable) {
		moved = move_freepages_block(zone, page, MIGRATE_ISOLATE, NULL);
		set_pageblock_migratetype(page, MIGRATE_ISOLATE);
		zone->nr_isolate_pageblock++;
		mod_zone_freepage_state(zone, -(long)moved);
		ret = 0;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	if (unmovable && isol_flags & REPORT_FAILURE)
		printk("page:pfn:%05lx refcount:%d flags:%x: unmovable page\n",
		       page_to_pfn(unmovable), page_ref_count(unmovable), unmovable->flags);
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
			taken = isolate_free_page(page, order);
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
		if (isolate_block(pfn_to_page(pfn), flags)) {
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

/* Move what is in use of [start, end) away. */
static int migrate_range(struct compact_control *cc, unsigned long start, unsigned long end)
{
	gfp_t gfp = GFP_USER | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL;
	unsigned long pfn = start;
	int ret = 0, tries = 0;

	while (pfn < end || !list_empty(&cc->migratepages)) {
		if (fault_signal_pending()) {
			ret = -EINTR;
			break;
		}
		if (list_empty(&cc->migratepages)) {
			cc->nr_migratepages = 0;
			ret = isolate_migratepages_range(cc, pfn, end);
			if (ret)
				break;
			pfn = cc->migrate_pfn;
			tries = 0;
		} else if (++tries == CONTIG_TRIES) {
			ret = -EBUSY;
			break;
		}
		ret = migrate_pages(&cc->migratepages, alloc_migration_target, NULL, gfp,
				    cc->mode, NULL);
		if (ret == -ENOMEM)
			break;
	}
	if (ret >= 0)
		return 0;
	putback_movable_pages(&cc->migratepages);
	return ret;
}

/* All of [from, to), which is free, is the caller's, but for what is outside of [start, end). */
static int take_range(struct compact_control *cc, unsigned long from, unsigned long to,
		      unsigned long start, unsigned long end)
{
	unsigned long pfn;

	if (!isolate_freepages_range(cc, from, to)) {
		release_freepages(cc);
		return -EBUSY;
	}
	for (pfn = from; pfn < to; pfn++) {
		if (pfn < start || pfn >= end)
			__free_page(pfn_to_page(pfn));
	}
	return 0;
}

int alloc_contig_range(unsigned long start, unsigned long end, unsigned int migratetype,
		       gfp_t gfp_mask)
{
	unsigned long block = MAX_ORDER_NR_PAGES;
	unsigned long from = round_down(start, block), to = round_up(end, block);
	struct compact_control cc = {
		.alloc_contig = true,
		.zone = page_zone(pfn_to_page(start)),
		.mode = MIGRATE_SYNC,
		.gfp_mask = gfp_mask,
		.no_set_skip_hint = true,
		.ignore_skip_hint = true,
		.order = -1,
		.migratepages = LIST_HEAD_INIT(cc.migratepages),
	};
	int ret;

	if (to > this_kernel->max_pfn || page_zone(pfn_to_page(to - 1)) != cc.zone)
		return -EINVAL;
	ret = start_isolate_page_range(from, to, migratetype, 0, gfp_mask);
	if (ret)
		return ret;
	drain_all_pages(cc.zone);
	ret = migrate_range(&cc, from, to);
	drain_all_pages(cc.zone);
	if (!ret || ret == -EBUSY)
		ret = test_pages_isolated(from, to, 0);
	if (!ret)
		ret = take_range(&cc, from, to, start, end);
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
