// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scanner of compaction that comes down from the end of a zone and takes free pages, for those
 * that are to be moved.
 *
 * Models mm/compaction.c of Linux 6.1: isolate_freepages_block(), and fast_isolate_freepages(),
 * which looks through the free lists for a good pageblock first; of 6.12, that folios are moved to
 * blocks of their size (compaction_alloc()).
 *
 * Left out: the limit on isolated pages, contention of locks, CMA; 6.12 keeps the blocks that it
 * has taken by order, and breaks up the smallest ones first, here they are single pages in the
 * order in which they were found.
 */
#include "compaction.h"
#include "user.h"

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

/* The blocks from @page on go to the head, for searches that come from the tail. */
static void move_freelist_head(struct list_head *list, struct page *page)
{
	LIST_HEAD(before);

	if (list_is_last(list, &page->buddy_list))
		return;
	list_cut_before(&before, list, &page->buddy_list);
	list_splice_tail(&before, list);
}

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
	else if (cc->direct_compaction && s->min < zone_end_pfn(cc->zone))
		cc->free_pfn = s->min;	/* else the scanners have met: pfn_valid() there */
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

static void isolate_freepages(struct compact_control *cc)
{
	LIST_HEAD(before);

	list_splice_init(&cc->freepages, &before);
	fast_isolate_freepages(cc);
	if (!cc->nr_freepages)
		scan_for_free(cc);
	split_map_pages(&cc->freepages);
	list_splice_tail(&before, &cc->freepages);
}

/*
 * The last one of pages on the list that are a block of this order: what came from one free block
 * lies on it in falling order.  6.12 has a list for each order instead.
 */
static struct page *find_block(const struct compact_control *cc, unsigned int order)
{
	unsigned long nr = 1UL << order, run = 0, last = 0;
	struct page *page;

	list_for_each_entry(page, &cc->freepages, lru) {
		unsigned long pfn = page_to_pfn(page);

		if (run && pfn == last - 1)
			run++;
		else
			run = pfn % nr == nr - 1;
		last = pfn;
		if (run == nr)
			return page;
	}
	return NULL;
}

/* A folio to move one to; NULL: no such block, and the one to be moved is split. */
static struct page *alloc_block(struct compact_control *cc, unsigned int order)
{
	struct page *head = find_block(cc, order);
	unsigned int i;

	if (!head) {
		isolate_freepages(cc);
		head = find_block(cc, order);
	}
	if (!head)
		return NULL;
	for (i = 0; i < 1u << order; i++) {
		list_del(&head[i].lru);
		set_page_count(head + i, !i);
	}
	prep_compound_page(head, order);
	cc->nr_freepages -= 1u << order;
	return head;
}

struct page *compaction_alloc(struct page *page, unsigned long private)
{
	struct compact_control *cc = (struct compact_control *)private;
	struct page *freepage;

	if (PageHead(page))
		return alloc_block(cc, compound_order(page));
	if (list_empty(&cc->freepages))
		isolate_freepages(cc);
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
	unsigned int nr = compound_nr(page), i;

	ClearPageHead(page);
	set_compound_order(page, 0);
	for (i = 0; i < nr; i++) {
		ClearPageTail(page + i);
		set_page_private(page + i, 0);
		set_page_refcounted(page + i);
		list_add(&page[i].lru, &cc->freepages);
	}
	cc->nr_freepages += nr;
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
