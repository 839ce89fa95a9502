// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buddy allocator of one zone: blocks of 2^order pages on free lists by order and migratetype.
 *
 * Models mm/page_alloc.c of Linux 6.1 page for page: where on its list a block is put
 * (__free_one_page), how a larger block is cut (expand), how a pageblock's free blocks change their
 * type (move_freepages_block) and what page reporting takes out and puts back
 * (__isolate_free_page, __putback_isolated_page).  Where 6.12 differs, kernels from 6.12 on do as
 * that does.  `ballast replay-kmem` proves both.
 *
 * A block may be known to be all zero (PG_zeroed, page_alloc.c): its first page says so.
 *
 * Left out: CMA, guard pages, capture by compaction, shuffling (all off in the kernels modelled).
 */
#include "host.h"
#include "buddy.h"
#include "page_reporting.h"

void __SetPageReported(struct page *page)
{
	if (!PageReported(page))
		this_mm->reported_pages += 1UL << buddy_order(page);
	page->flags |= 1u << PG_reported;
}

void __ClearPageReported(struct page *page)
{
	if (PageReported(page))
		this_mm->reported_pages -= 1UL << buddy_order(page);
	page->flags &= ~(1u << PG_reported);
}

struct page *list_one_block(struct free_area *area)
{
	struct page *page = pfn_to_page(area->unlisted);

	set_buddy_order(page, MAX_ORDER - 1);
	list_add_tail(&page->buddy_list, &area->free_list[MIGRATE_MOVABLE]);
	area->unlisted += MAX_ORDER_NR_PAGES;
	if (area->unlisted == area->unlisted_end)
		list_splice_tail_init(&area->behind, &area->free_list[MIGRATE_MOVABLE]);
	return page;
}

void list_all_blocks(struct zone *zone)
{
	struct free_area *area = &zone->free_area[MAX_ORDER - 1];

	while (area->unlisted != area->unlisted_end)
		list_one_block(area);
}

void list_all_zones(void)
{
	struct zone *zone;

	for_each_zone(zone)
		list_all_blocks(zone);
}

/* The blocks before @page go to the tail of its list. */
void rotate_free_list(struct page *page, struct free_area *area, int mt)
{
	struct list_head *list = &area->free_list[mt];
	LIST_HEAD(before);

	if (list_is_first(&page->buddy_list, list))
		return;
	list_cut_position(&before, list, page->buddy_list.prev);
	list_splice_tail(&before, tail_of(area, mt));
}

void add_to_free_list_tail(struct page *page, struct zone *zone, unsigned int order, int mt)
{
	struct free_area *area = &zone->free_area[order];

	list_add_tail(&page->buddy_list, tail_of(area, mt));
	area->nr_free++;
}

void remove_free_block(struct page *page, struct zone *zone)
{
	del_page_from_free_list(page, zone, buddy_order(page));
}

/* The other half of the next larger block, if it is free as a whole. */
struct page *find_buddy_page_pfn(struct page *page, unsigned long pfn, unsigned int order,
				 unsigned long *buddy_pfn)
{
	unsigned long other = pfn ^ 1UL << order;
	struct page *buddy = page + (long)(other - pfn);

	if (buddy_pfn)
		*buddy_pfn = other;
	return PageBuddy(buddy) && buddy_order(buddy) == order ? buddy : NULL;
}

/*
 * Whether the block just made is likely to be merged soon, because the buddy of what it would
 * become is free: then it had better not be handed out first (buddy_merge_likely).
 */
static inline bool merge_likely(struct page *page, unsigned long pfn, unsigned int order)
{
	unsigned long higher_pfn = pfn & ~(1UL << order);

	if (order >= MAX_ORDER - 2)
		return false;
	return find_buddy_page_pfn(page + (long)(higher_pfn - pfn), higher_pfn, order + 1, NULL);
}

/* At pageblock size and above, blocks of types without fallback must keep to themselves. */
static inline bool may_merge_blocks(int migratetype, unsigned long buddy_pfn)
{
	int buddy_mt = pageblock_type(this_mm, buddy_pfn);

	return migratetype == buddy_mt ||
	       (migratetype_is_mergeable(migratetype) && migratetype_is_mergeable(buddy_mt));
}

/* Free a block: merge it with its buddy as often as possible, then list it. */
void __free_one_page(struct page *page, unsigned long pfn, struct zone *zone, unsigned int order,
		     int migratetype, fpi_t fpi_flags)
{
	const unsigned long last = pfn;
	const unsigned int last_order = order;

	if (likely(!is_migrate_isolate(migratetype)))
		mod_zone_freepage_state(zone, 1L << order);
	VM_BUG_ON_PAGE(pfn & ((1UL << order) - 1), page);

	while (order < MAX_ORDER - 1) {
		unsigned long buddy_pfn;
		struct page *buddy = find_buddy_page_pfn(page, pfn, order, &buddy_pfn);
		unsigned int zeroed;

		if (!buddy)
			break;
		if (unlikely(order >= pageblock_order) && !may_merge_blocks(migratetype, buddy_pfn))
			break;
		del_page_from_free_list(buddy, zone, order);
		if (unlikely(order >= pageblock_order) && this_mm->since_6_12)
			set_pageblocks(buddy, order, migratetype);
		zeroed = merge_zeroed(page, buddy);
		if (buddy_pfn < pfn) {
			page = buddy;
			pfn = buddy_pfn;
		}
		page->flags |= zeroed;
		order++;
		if (unlikely(this_mm->hook) && this_mm->hook->merging)
			mm_trace(this_mm, merged, page, order, last, last_order, true);
		free_page_hook_call(merging, zone, page, order);
	}

	mm_trace(this_mm, merged, page, order, last, last_order,
		 !(fpi_flags & FPI_SKIP_REPORT_NOTIFY) && this_mm->hook && this_mm->hook->merged);
	set_buddy_order(page, order);
	if (fpi_flags & FPI_TO_TAIL || merge_likely(page, pfn, order))
		add_to_free_list_tail(page, zone, order, migratetype);
	else
		add_to_free_list(page, zone, order, migratetype);

	if (!(fpi_flags & FPI_SKIP_REPORT_NOTIFY)) {
		notify_page_reporting(order);
		free_page_hook_call(merged, zone, page, order);
	}
}

struct page *take_and_expand(struct zone *zone, struct page *page, unsigned int order,
			     unsigned int found, int migratetype)
{
	del_page_from_free_list(page, zone, found);
	expand(zone, page, order, found, migratetype);
	set_pcppage_migratetype(page, migratetype);
	return page;
}

struct page *__rmqueue_smallest(struct zone *zone, unsigned int order, int migratetype)
{
	struct page *page = NULL;
	unsigned int found;

	for (found = order; found < MAX_ORDER; found++) {
		page = get_page_from_free_area(&zone->free_area[found], migratetype);
		if (page)
			break;
	}
	if (!page)
		return NULL;
	take_and_expand(zone, page, order, found, migratetype);
	mm_trace(this_mm, zone_locked, page, order, migratetype);
	return page;
}

/*
 * Change the type of the free blocks within [start, end) in address order; returns their pages.
 * @num_movable: counts pages in use that could be moved.
 */
static int move_freepages(struct zone *zone, unsigned long start, unsigned long end,
			  int migratetype, int *num_movable)
{
	unsigned long pfn = start;
	int moved = 0;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);
		unsigned int order;

		if (!PageBuddy(page)) {
			if (num_movable && PageLRU(page))
				*num_movable += compound_nr(page);
			pfn += PageLRU(page) ? compound_nr(page) : 1;
			continue;
		}
		order = buddy_order(page);
		move_to_free_list(page, zone, order, migratetype);
		pfn += 1UL << order;
		moved += 1 << order;
	}
	return moved;
}

/* The same for the pageblock of @page; nothing when the block reaches beyond the zone. */
int move_freepages_block(struct zone *zone, struct page *page, int migratetype, int *num_movable)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned long start = pageblock_start_pfn(pfn), end = pageblock_end_pfn(pfn);

	if (num_movable)
		*num_movable = 0;
	if (!zone_spans_pfn(zone, start))
		start = pfn;
	if (!zone_spans_pfn(zone, end - 1))
		return 0;
	return move_freepages(zone, start, end, migratetype, num_movable);
}

void make_pageblocks_movable(struct zone *zone, struct page *page, unsigned int order)
{
	struct page *end = page + (1UL << order) - 1;

	if (order < pageblock_order - 1)
		return;
	for (; page < end; page += pageblock_nr_pages) {
		if (!migratetype_is_mergeable(get_pageblock_migratetype(page)))
			continue;
		if (this_mm->since_6_12)
			move_freepages_block(zone, page, MIGRATE_MOVABLE, NULL);
		set_pageblock_migratetype(page, MIGRATE_MOVABLE);
	}
}

static int take_free_block(struct page *page, unsigned int order, u64 id,
			   const struct call_site *site)
{
	struct zone *zone = page_zone(page);

	if (!is_migrate_isolate(get_pageblock_migratetype(page))) {
		unsigned long mark = zone->_watermark[WMARK_MIN] + (1UL << order);

		if (!zone_watermark_ok(zone, 0, mark, 0, ALLOC_CMA))
			return 0;
		mod_zone_freepage_state(zone, -(1L << order));
	}
	mm_trace(this_mm, isolated, page, order, id, site);
	del_page_from_free_list(page, zone, order);

	make_pageblocks_movable(zone, page, order);
	return 1 << order;
}

int isolate_free_page(struct page *page, unsigned int order)
{
	return take_free_block(page, order, 0, NULL);
}

/*
 * Take a free block out, watermarks permitting; returns its pages or 0.  What is collected until
 * the next request is a batch, which has an id.
 */
int __isolate_free_page(struct page *page, unsigned int order)
{
	const struct call_site *site = call_site_take();
	struct coro_context *ctx = &coro_current->ctx;

	if (!ctx->batch && this_kernel->vm)
		ctx->batch = host_new_id(this_kernel->vm->host);
	return take_free_block(page, order, ctx->batch, site);
}

/* Give such a block back, to the tail and without asking for another report. */
void __putback_isolated_page(struct page *page, unsigned int order, int mt)
{
	mm_trace(this_mm, putback, page, order);
	__free_one_page(page, page_to_pfn(page), page_zone(page), order, mt,
			FPI_SKIP_REPORT_NOTIFY | FPI_TO_TAIL);
}

bool is_free_buddy_page(struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int order;

	for (order = 0; order < MAX_ORDER; order++) {
		struct page *head = page - (pfn & ((1UL << order) - 1));

		if (PageBuddy(head) && buddy_order(head) >= order)
			return true;
	}
	return false;
}
