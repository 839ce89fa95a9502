// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two scanners of compaction: one comes up from the start of a zone and isolates pages that can
 * be moved, the other comes down from its end and takes free pages for them.
 *
 * Models mm/compaction.c of Linux 6.1: isolate_migratepages_block() with what each mode passes
 * over, fast_find_migrateblock() and fast_isolate_freepages(), which look through the free lists
 * for a good pageblock first, isolate_freepages_block(), and the bit that marks pageblocks in
 * which nothing was found.
 *
 * Left out: the limit on isolated pages, contention of locks, unevictable pages, hugetlbfs, CMA.
 */
#include "compaction.h"
#include "user.h"

/* Whether a pageblock should be scanned, or was in vain lately. */
static bool isolation_suitable(const struct compact_control *cc, const struct page *page)
{
	return cc->ignore_skip_hint || !get_pageblock_skip(page);
}

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

/* The free scanner has found little in this pageblock. */
static void skip_for_free_scanner(const struct compact_control *cc, struct page *page,
				  unsigned long pfn)
{
	if (cc->no_set_skip_hint)
		return;
	set_pageblock_skip(page);
	if (pfn < cc->zone->compact_cached_free_pfn)
		cc->zone->compact_cached_free_pfn = pfn;
}

/* First page of the part of a pageblock that is in the zone; NULL: not all of it is. */
static struct page *pageblock_pfn_to_page(unsigned long start, unsigned long end,
					  const struct zone *zone)
{
	if (start >= end || !zone_spans_pfn(zone, start) || !zone_spans_pfn(zone, end - 1))
		return NULL;
	return pfn_to_page(start);
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

/* What is behind a page that is not looked at: free blocks and compound pages as a whole. */
static unsigned long pages_to_pass(const struct compact_control *cc, struct page *page,
				   bool *failure)
{
	*failure = false;
	if (PageBuddy(page))
		return 1UL << buddy_order(page);
	if (PageCompound(page) && !cc->alloc_contig) {
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

/* Free lists in which the search goes this deep. */
static unsigned int freelist_scan_limit(const struct compact_control *cc)
{
	return (unsigned int)(COMPACT_CLUSTER_MAX >> min(63U, cc->fast_search_fail)) + 1;
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

/* The blocks from @page on go to the head, for searches that come from the tail. */
static void move_freelist_head(struct list_head *list, struct page *page)
{
	LIST_HEAD(before);

	if (list_is_last(list, &page->buddy_list))
		return;
	list_cut_before(&before, list, &page->buddy_list);
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

/* Free pages to move to */

static bool suitable_migration_target(const struct compact_control *cc, struct page *page)
{
	if (PageBuddy(page) && buddy_order(page) >= pageblock_order)
		return false;
	return cc->ignore_block_suitable || get_pageblock_migratetype(page) == MIGRATE_MOVABLE;
}

static void take_free_page(struct compact_control *cc, struct page *page, unsigned int order)
{
	set_page_private(page, order);
	cc->nr_freepages += 1U << order;
	list_add_tail(&page->lru, &cc->freepages);
}

/*
 * Take free pages of [*start, end), every @stride'th page looked at; @strict: all of them, or fail.
 * Returns how many; *start is where it stopped.
 */
static unsigned long isolate_freepages_block(struct compact_control *cc, unsigned long *start,
					     unsigned long end, unsigned int stride, bool strict)
{
	unsigned long pfn = *start, flags, nr_scanned = 0, nr_isolated = 0;
	unsigned int step;

	spin_lock_irqsave(&cc->zone->lock, flags);
	for (; pfn < end; pfn += step) {
		struct page *page = pfn_to_page(pfn);
		unsigned int order;

		step = strict ? 1 : stride;
		nr_scanned++;
		if (PageCompound(page)) {
			step = max_t(unsigned int, step, compound_nr(page));
		} else if (PageBuddy(page)) {
			order = buddy_order(page);
			if (!isolate_free_page(page, order))
				break;
			take_free_page(cc, page, order);
			nr_scanned += (1UL << order) - 1;
			nr_isolated += 1UL << order;
			if (!strict && cc->nr_migratepages <= cc->nr_freepages) {
				pfn += 1UL << order;
				break;
			}
			step = max(step, 1U << order);
			continue;
		}
		if (strict)
			break;
	}
	spin_unlock_irqrestore(&cc->zone->lock, flags);
	pfn = strict ? pfn : min(pfn, end);
	charge(COST_COMPACT_SCAN, nr_scanned);
	cc->total_free_scanned += nr_scanned;
	vm_event(this_mm, COMPACTISOLATED, nr_isolated);
	*start = pfn;
	return nr_isolated;
}

/* Blocks become single pages, each with a reference; whatever is done to fresh pages is done. */
static void split_map_pages(struct list_head *list)
{
	struct page *page, *next;
	LIST_HEAD(single);

	list_for_each_entry_safe(page, next, list, lru) {
		unsigned int order = page_private(page), i;

		list_del(&page->lru);
		prep_new_page(page, order, __GFP_MOVABLE, 0);
		if (order)
			split_page(page, order);
		for (i = 0; i < 1U << order; i++)
			list_add(&page[i].lru, &single);
	}
	list_splice(&single, list);
}

unsigned long release_freepages(struct compact_control *cc)
{
	struct page *page, *next;
	unsigned long high = 0;

	list_for_each_entry_safe(page, next, &cc->freepages, lru) {
		list_del(&page->lru);
		high = max(high, page_to_pfn(page));
		__free_page(page);
	}
	cc->nr_freepages = 0;
	return high;
}

/* The pageblock of a page that was found may have more. */
static void fast_isolate_around(struct compact_control *cc, unsigned long pfn)
{
	unsigned long start = max(pageblock_start_pfn(pfn), cc->zone->zone_start_pfn), from = start;
	unsigned long end = min(pageblock_end_pfn(pfn), zone_end_pfn(cc->zone));

	if (cc->nr_freepages >= cc->nr_migratepages ||
	    (cc->direct_compaction && cc->mode == MIGRATE_ASYNC) ||
	    !pageblock_pfn_to_page(start, end, cc->zone))
		return;
	isolate_freepages_block(cc, &from, end, 1, false);
	if (cc->nr_freepages < cc->nr_migratepages)
		set_pageblock_skip(pfn_to_page(start));
}

/* What one search of the free lists has come to. */
struct free_search {
	unsigned long low, min;		/* at least there it should be, at least there it may be */
	unsigned long highest;		/* start of the highest pageblock seen */
	unsigned int limit, nr_scanned;
};

/* Of one list, from its tail; NULL: nothing that is high enough. */
static struct page *search_for_free(struct compact_control *cc, int order, struct free_search *s)
{
	struct list_head *list = &cc->zone->free_area[order].free_list[MIGRATE_MOVABLE];
	struct page *page, *candidate = NULL, *found = NULL, *last = NULL;
	unsigned int scanned = 0;

	list_for_each_entry_reverse(page, list, buddy_list) {
		unsigned long pfn = page_to_pfn(page);

		scanned++;
		s->nr_scanned++;
		last = page;
		if (pfn >= s->highest)
			s->highest = max(pageblock_start_pfn(pfn), cc->zone->zone_start_pfn);
		if (pfn >= s->low) {
			cc->fast_search_fail = 0;
			cc->search_order = order;
			found = page;
			break;
		}
		if (pfn >= s->min && (!candidate || pfn > page_to_pfn(candidate))) {
			candidate = page;
			s->limit >>= 1;
		}
		if (scanned >= s->limit)
			break;
	}
	if (!found && candidate)
		found = last = candidate;
	if (last)
		move_freelist_head(list, last);
	if (scanned >= s->limit)
		s->limit = max(1U, s->limit >> 1);
	return found;
}

/* Orders are searched in turn; -1: all were. */
static int next_search_order(struct compact_control *cc, int order)
{
	if (--order < 0)
		order = cc->order - 1;
	if (order != cc->search_order)
		return order;
	if (--cc->search_order < 0)
		cc->search_order = cc->order - 1;
	return -1;
}

/* Nothing came of it: where the free scanner had better begin, if it is at its beginning. */
static void search_failed(struct compact_control *cc, const struct free_search *s, bool scan_start)
{
	cc->fast_search_fail++;
	if (!scan_start)
		return;
	if (s->highest >= s->min)
		cc->free_pfn = s->highest;
	else if (cc->direct_compaction)
		cc->free_pfn = s->min;
}

/* Look through the free lists for a page near the end of the zone. */
static void fast_isolate_freepages(struct compact_control *cc)
{
	unsigned long distance = cc->free_pfn - cc->migrate_pfn, flags;
	bool scan_start = cc->free_pfn >= cc->zone->compact_init_free_pfn;
	struct free_search s = {
		.low = pageblock_start_pfn(cc->free_pfn - (distance >> 2)),
		.min = pageblock_start_pfn(cc->free_pfn - (distance >> 1)),
		.limit = scan_start ? pageblock_nr_pages >> 1 :
				      max(1U, freelist_scan_limit(cc) >> 1),
	};
	struct page *page = NULL;
	int order;

	if (cc->order <= 0)
		return;
	cc->search_order = min(cc->order - 1, cc->search_order);
	for (order = cc->search_order; !page && order >= 0; order = next_search_order(cc, order)) {
		if (!cc->zone->free_area[order].nr_free)
			continue;
		spin_lock_irqsave(&cc->zone->lock, flags);
		page = search_for_free(cc, order, &s);
		if (page && isolate_free_page(page, order)) {
			take_free_page(cc, page, order);
			vm_event(this_mm, COMPACTISOLATED, 1UL << order);
			spin_unlock_irqrestore(&cc->zone->lock, flags);
			break;
		}
		spin_unlock_irqrestore(&cc->zone->lock, flags);
		if (page) {
			/* The watermark does not allow it: no use to look further. */
			page = NULL;
			break;
		}
	}
	charge(COST_COMPACT_SCAN, s.nr_scanned);
	if (!page)
		search_failed(cc, &s, scan_start);
	if (s.highest && s.highest >= cc->zone->compact_cached_free_pfn)
		cc->zone->compact_cached_free_pfn = s.highest - pageblock_nr_pages;
	cc->total_free_scanned += s.nr_scanned;
	if (page)
		fast_isolate_around(cc, page_to_pfn(page));
}

/* Down from where it stopped, pageblock by pageblock, until there are enough. */
static void scan_for_free(struct compact_control *cc)
{
	unsigned long from = cc->free_pfn, start = pageblock_start_pfn(from);
	unsigned long low = pageblock_end_pfn(cc->migrate_pfn);
	unsigned int stride = cc->mode == MIGRATE_ASYNC ? COMPACT_CLUSTER_MAX : 1;

	for (; start >= low; start -= pageblock_nr_pages, from = start) {
		unsigned long end = min(start + pageblock_nr_pages, zone_end_pfn(cc->zone));
		struct page *page = pageblock_pfn_to_page(start, end, cc->zone);

		user_resched();
		charge(COST_COMPACT_SCAN, 1);
		if (!page || !suitable_migration_target(cc, page) || !isolation_suitable(cc, page))
			continue;
		if (isolate_freepages_block(cc, &from, end, stride, false))
			stride = 1;
		else
			stride = min_t(unsigned int, COMPACT_CLUSTER_MAX, stride << 1);
		if (from == end)
			skip_for_free_scanner(cc, page, start);
		if (cc->nr_freepages >= cc->nr_migratepages) {
			if (from >= end)
				from = start - pageblock_nr_pages;
			break;
		}
		/* Stopped early: the watermark does not allow more. */
		if (from < end)
			break;
	}
	cc->free_pfn = from;
}

struct page *compaction_alloc(struct page *page, unsigned long private)
{
	struct compact_control *cc = (struct compact_control *)private;
	struct page *freepage;

	if (list_empty(&cc->freepages)) {
		fast_isolate_freepages(cc);
		if (!cc->nr_freepages)
			scan_for_free(cc);
		split_map_pages(&cc->freepages);
	}
	freepage = list_first_entry_or_null(&cc->freepages, struct page, lru);
	if (!freepage)
		return NULL;
	list_del(&freepage->lru);
	cc->nr_freepages--;
	return freepage;
}

void compaction_free(struct page *page, unsigned long private)
{
	struct compact_control *cc = (struct compact_control *)private;

	list_add(&page->lru, &cc->freepages);
	cc->nr_freepages++;
}

bool isolate_freepages_range(struct compact_control *cc, unsigned long start, unsigned long end)
{
	unsigned long pfn = start;

	INIT_LIST_HEAD(&cc->freepages);
	cc->nr_freepages = 0;
	while (pfn < end) {
		unsigned long stop = min(max(pageblock_end_pfn(pfn), pfn + 1), end), from = pfn;

		if (!isolate_freepages_block(cc, &from, stop, 1, true) || from < stop)
			break;
		pfn = from;
	}
	split_map_pages(&cc->freepages);
	return pfn >= end;
}
