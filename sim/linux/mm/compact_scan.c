// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scanner of compaction that comes up from the start of a zone and isolates pages that can be
 * moved; that for free ones is in compact_free.c.
 *
 * Models mm/compaction.c of Linux 6.1: isolate_migratepages_block() with what each mode passes
 * over, fast_find_migrateblock(), which looks through the free lists for a good pageblock first,
 * and the bit that marks pageblocks in which nothing was found; of 6.12, folios that are smaller
 * than what is wanted.
 *
 * Left out: the limit on isolated pages, contention of locks, unevictable pages, hugetlbfs, CMA.
 */
#include "compaction.h"
#include "user.h"

/* Where a run of this kind begins next time. */
static void update_cached_migrate(const struct compact_control *cc, unsigned long pfn)
{
	unsigned long *cached = cc->zone->compact_cached_migrate_pfn;

	pfn = pageblock_end_pfn(pfn);
	if (cc->no_set_skip_hint)
		return;
	cached[0] = max(cached[0], pfn);
	if (cc->mode != MIGRATE_ASYNC)
		cached[1] = max(cached[1], pfn);
}

/* Pages to move */

/* A huge page has the pageblock for itself, and nothing is won by moving it. */
static bool pageblock_skip_persistent(struct page *page)
{
	return PageCompound(page) && compound_order(compound_head(page)) >= pageblock_order;
}

static bool suitable_migration_source(const struct compact_control *cc, struct page *page)
{
	if (pageblock_skip_persistent(page))
		return false;
	if (cc->mode != MIGRATE_ASYNC || !cc->direct_compaction)
		return true;
	return get_pageblock_migratetype(page) == cc->migratetype;
}

/* Take the page, if it is one that the caller may move without waiting for long. */
static bool isolate_candidate(const struct compact_control *cc, struct page *page,
			      isolate_mode_t mode)
{
	bool has_mapping = page_is_file_lru(page) || PageSwapCache(page);

	if (!PageLRU(page))
		return PageMovable(page) && !isolate_movable_page(page, mode);
	if (!has_mapping && page_ref_count(page) > 1)
		return false;
	if (has_mapping && !(cc->gfp_mask & __GFP_FS))
		return false;
	if (mode & ISOLATE_ASYNC_MIGRATE && PageWriteback(page))
		return false;
	return isolate_lru_page(page);
}

/*
 * A folio of programs that is smaller than what is wanted can be moved to make room for that, since
 * 6.9; 6.1 moves single pages only (skip_isolation_on_order()).
 */
static bool folio_may_move(const struct compact_control *cc, const struct page *page)
{
	return this_mm->since_6_12 && PageLRU(page) && folio_is_small(page) &&
	       (cc->order < 0 || compound_order(page) < (unsigned int)cc->order);
}

/* What is behind a page that is not looked at: free blocks and compound pages as a whole. */
static unsigned long pages_to_pass(const struct compact_control *cc, struct page *page,
				   bool *failure)
{
	*failure = false;
	if (PageBuddy(page))
		return 1UL << buddy_order(page);
	if (PageCompound(page) && !cc->alloc_contig && !folio_may_move(cc, page)) {
		*failure = true;
		return compound_nr(page);
	}
	return 0;
}

/* Of asynchronous direct compaction: one page that stays spoils its whole block of cc->order. */
struct spoilt {
	bool matters;
	unsigned long next;	/* end of the block that is looked at */
};

static unsigned long block_end(unsigned long pfn, int order)
{
	return round_up(pfn + 1, 1UL << order);
}

/* Give up on the block that cannot become free; returns where to go on. */
static unsigned long give_up_block(struct compact_control *cc, struct spoilt *spoilt,
				   unsigned long pfn, unsigned long *nr_isolated)
{
	if (*nr_isolated) {
		putback_movable_pages(&cc->migratepages);
		cc->nr_migratepages = 0;
		*nr_isolated = 0;
	}
	if (pfn < spoilt->next) {
		pfn = spoilt->next;
		spoilt->next += 1UL << cc->order;
	}
	return pfn;
}

/* The block is through: nothing there, or nothing that would move when it was scanned again. */
static void mark_scanned(const struct compact_control *cc, unsigned long low, unsigned long end,
			 unsigned long nr_isolated, struct page *first)
{
	if (low < end || (nr_isolated && !cc->rescan))
		return;
	if (first && !cc->no_set_skip_hint)
		set_pageblock_skip(first);
	update_cached_migrate(cc, low);
}

/*
 * Isolate pages of [low, end), which is within a pageblock, until there are enough for one round
 * of migration; cc->migrate_pfn is where to go on.
 */
static int isolate_migratepages_block(struct compact_control *cc, unsigned long low,
				      unsigned long end, isolate_mode_t mode)
{
	struct spoilt spoilt = { .matters = cc->direct_compaction && cc->mode == MIGRATE_ASYNC };
	unsigned long nr_scanned = 0, nr_isolated = 0;
	struct page *first = NULL;
	int ret = 0;

	user_resched();
	if (spoilt.matters)
		spoilt.next = block_end(low, cc->order);
	while (low < end) {
		struct page *page = pfn_to_page(low);
		unsigned long pass;
		bool failure;

		if (spoilt.matters && low >= spoilt.next) {
			if (nr_isolated)
				break;
			spoilt.next = block_end(low, cc->order);
		}
		if (!(low % COMPACT_CLUSTER_MAX)) {
			if (fault_signal_pending()) {
				cc->contended = true;
				ret = -EINTR;
				break;
			}
			user_resched();
		}
		nr_scanned++;
		if (!first && pageblock_aligned(low)) {
			if (!isolation_suitable(cc, page)) {
				low = end;
				break;
			}
			first = page;
		}
		pass = pages_to_pass(cc, page, &failure);
		if (pass || !isolate_candidate(cc, page, mode)) {
			low += pass ? pass : 1;
			if (spoilt.matters && (failure || !pass))
				low = give_up_block(cc, &spoilt, low, &nr_isolated);
			continue;
		}
		if (!nr_isolated && pageblock_aligned(low) && !PageMovable(page) &&
		    !cc->ignore_skip_hint && !cc->no_set_skip_hint)
			set_pageblock_skip(page);
		list_add(&page->lru, &cc->migratepages);
		cc->nr_migratepages += compound_nr(page);
		nr_isolated += compound_nr(page);
		nr_scanned += compound_nr(page) - 1;
		low += compound_nr(page);
		if (cc->nr_migratepages >= COMPACT_CLUSTER_MAX && !cc->rescan)
			break;
	}
	low = min(low, end);
	if (!ret)
		mark_scanned(cc, low, end, nr_isolated, first);
	charge(COST_COMPACT_SCAN, nr_scanned);
	cc->total_migrate_scanned += nr_scanned;
	vm_event(this_mm, COMPACTISOLATED, nr_isolated);
	cc->migrate_pfn = low;
	return ret;
}

int isolate_migratepages_range(struct compact_control *cc, unsigned long start, unsigned long end)
{
	unsigned long pfn = start;
	int ret = 0;

	while (pfn < end && !ret && cc->nr_migratepages < COMPACT_CLUSTER_MAX) {
		unsigned long stop = min(pageblock_end_pfn(pfn), end);

		ret = isolate_migratepages_block(cc, pfn, stop, ISOLATE_UNEVICTABLE);
		pfn = cc->migrate_pfn;
	}
	return ret;
}

/* The blocks up to @page go to the tail: the next search begins behind them. */
static void move_freelist_tail(struct list_head *list, struct page *page)
{
	LIST_HEAD(before);

	if (list_is_first(&page->buddy_list, list))
		return;
	list_cut_position(&before, list, &page->buddy_list);
	list_splice_tail(&before, list);
}

static void update_fast_start_pfn(struct compact_control *cc, unsigned long pfn)
{
	if (cc->fast_start_pfn == ULONG_MAX)
		return;
	if (!cc->fast_start_pfn)
		cc->fast_start_pfn = pfn;
	cc->fast_start_pfn = min(cc->fast_start_pfn, pfn);
}

/* Go back, once, to the lowest block that earlier searches found. */
static unsigned long lowest_found(struct compact_control *cc)
{
	unsigned long lowest = cc->fast_start_pfn;

	if (lowest && lowest != ULONG_MAX) {
		cc->fast_start_pfn = ULONG_MAX;
		cc->migrate_pfn = lowest;
	}
	return cc->migrate_pfn;
}

/* A free block below @high in this list; 0: none was found within the limit. */
static unsigned long search_free_list(struct compact_control *cc, int order, unsigned long high,
				      unsigned int *nr_scanned, unsigned int limit)
{
	struct list_head *list = &cc->zone->free_area[order].free_list[MIGRATE_MOVABLE];
	unsigned long flags, found = 0;
	struct page *page;

	spin_lock_irqsave(&cc->zone->lock, flags);
	list_for_each_entry(page, list, buddy_list) {
		unsigned long pfn = page_to_pfn(page);

		if ((*nr_scanned)++ >= limit) {
			move_freelist_tail(list, page);
			break;
		}
		if (pfn >= high || get_pageblock_skip(page))
			continue;
		move_freelist_tail(list, page);
		update_fast_start_pfn(cc, pfn);
		set_pageblock_skip(page);
		found = max(pageblock_start_pfn(pfn), cc->zone->zone_start_pfn);
		break;
	}
	spin_unlock_irqrestore(&cc->zone->lock, flags);
	return found;
}

/* A pageblock that has some free pages already takes less moving. */
static unsigned long fast_find_migrateblock(struct compact_control *cc)
{
	unsigned long pfn = cc->migrate_pfn, distance, high, found = 0;
	unsigned int limit = freelist_scan_limit(cc), nr_scanned = 0;
	int order;

	if (cc->ignore_skip_hint || cc->order <= PAGE_ALLOC_COSTLY_ORDER)
		return pfn;
	/* In the middle of a pageblock: the last round stopped here. */
	if (pfn != cc->zone->zone_start_pfn && !pageblock_aligned(pfn))
		return pfn;
	if (cc->direct_compaction && cc->migratetype != MIGRATE_MOVABLE)
		return pfn;
	distance = (cc->free_pfn - cc->migrate_pfn) >> 1;
	if (cc->migrate_pfn != cc->zone->zone_start_pfn)
		distance >>= 2;
	high = pageblock_start_pfn(cc->migrate_pfn + distance);
	for (order = cc->order - 1;
	     order >= PAGE_ALLOC_COSTLY_ORDER && !found && nr_scanned < limit; order--) {
		if (cc->zone->free_area[order].nr_free)
			found = search_free_list(cc, order, high, &nr_scanned, limit);
	}
	cc->total_migrate_scanned += nr_scanned;
	if (found) {
		cc->fast_search_fail = 0;
		return found;
	}
	cc->fast_search_fail++;
	return lowest_found(cc);
}

enum isolate_result isolate_migratepages(struct compact_control *cc)
{
	isolate_mode_t mode = ISOLATE_UNEVICTABLE |
			      (cc->mode != MIGRATE_SYNC ? ISOLATE_ASYNC_MIGRATE : 0);
	unsigned long low = fast_find_migrateblock(cc), end;
	bool found = low != cc->migrate_pfn && !cc->fast_search_fail;

	for (end = pageblock_end_pfn(low); end <= cc->free_pfn; end += pageblock_nr_pages) {
		unsigned long start = max(pageblock_start_pfn(low), cc->zone->zone_start_pfn);
		struct page *page = pageblock_pfn_to_page(start, end, cc->zone);

		user_resched();
		if (page && (!pageblock_aligned(low) || found || isolation_suitable(cc, page))) {
			if (suitable_migration_source(cc, page)) {
				if (isolate_migratepages_block(cc, low, end, mode))
					return ISOLATE_ABORT;
				break;
			}
			update_cached_migrate(cc, end);
		}
		charge(COST_COMPACT_SCAN, 1);
		found = false;
		cc->migrate_pfn = low = end;
	}
	return cc->nr_migratepages ? ISOLATE_SUCCESS : ISOLATE_NONE;
}
