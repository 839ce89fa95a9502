// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buddy allocator of one zone: blocks of 2^order pages on free lists by order and migratetype.
 *
 * Models mm/page_alloc.c of Linux 6.1 page for page: where on its list a block is put
 * (__free_one_page), how a larger block is cut (expand), from whom is taken when a list is empty
 * (__rmqueue_fallback, steal_suitable_fallback) and what page reporting takes out and puts back
 * (__isolate_free_page, __putback_isolated_page).  `ballast replay-kmem` proves it.
 *
 * Left out: CMA, guard pages, capture by compaction, shuffling (all off in the kernels modelled).
 */
#include "host.h"
#include "internal.h"
#include "page_reporting.h"

static inline void add_to_free_list(struct page *page, struct zone *zone, unsigned int order,
				    int mt)
{
	struct free_area *area = &zone->free_area[order];

	list_add(&page->buddy_list, &area->free_list[mt]);
	area->nr_free++;
}

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

/* Where the tail of a list is: behind all that belongs to it. */
static inline struct list_head *tail_of(struct free_area *area, int mt)
{
	if (unlikely(area->unlisted != area->unlisted_end) && mt == MIGRATE_MOVABLE)
		return &area->behind;
	return &area->free_list[mt];
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

/* A free block changes its type; it goes to the tail, so that it is not the next one taken. */
static inline void move_to_free_list(struct page *page, struct zone *zone, unsigned int order,
				     int mt)
{
	list_move_tail(&page->buddy_list, tail_of(&zone->free_area[order], mt));
}

static inline void del_page_from_free_list(struct page *page, struct zone *zone,
					   unsigned int order)
{
	list_del(&page->buddy_list);
	if (unlikely(PageReported(page)))
		__ClearPageReported(page);
	page->flags &= ~(1u << PG_buddy);
	set_page_private(page, 0);
	zone->free_area[order].nr_free--;
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

		if (!buddy)
			break;
		if (unlikely(order >= pageblock_order) && !may_merge_blocks(migratetype, buddy_pfn))
			break;
		del_page_from_free_list(buddy, zone, order);
		if (buddy_pfn < pfn) {
			page = buddy;
			pfn = buddy_pfn;
		}
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

/* Cut a block of order @high down to @low: the upper halves stay free. */
static inline void expand(struct zone *zone, struct page *page, int low, int high, int migratetype)
{
	while (high > low) {
		struct page *half = page + (1UL << --high);

		add_to_free_list(half, zone, high, migratetype);
		set_buddy_order(half, high);
	}
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
	del_page_from_free_list(page, zone, found);
	expand(zone, page, order, found, migratetype);
	set_pcppage_migratetype(page, migratetype);
	mm_trace(this_mm, zone_locked, page, order, migratetype);
	return page;
}

/* Whose lists are tried, in this order, when one's own have nothing. */
static const unsigned char fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

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
		unsigned long nr;

		for (nr = 0; nr < 1UL << order; nr += pageblock_nr_pages)
			set_pageblock_migratetype(page + nr, start_type);
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

struct page *__rmqueue(struct zone *zone, unsigned int order, int migratetype,
		       unsigned int alloc_flags)
{
	struct page *page;

	do {
		page = __rmqueue_smallest(zone, order, migratetype);
	} while (unlikely(!page) && __rmqueue_fallback(zone, order, migratetype, alloc_flags));
	return page;
}

static int take_free_block(struct page *page, unsigned int order, u64 id,
			   const struct call_site *site)
{
	struct zone *zone = page_zone(page);
	struct page *end = page + (1UL << order) - 1;

	if (!is_migrate_isolate(get_pageblock_migratetype(page))) {
		unsigned long mark = zone->_watermark[WMARK_MIN] + (1UL << order);

		if (!zone_watermark_ok(zone, 0, mark, 0, ALLOC_CMA))
			return 0;
		mod_zone_freepage_state(zone, -(1L << order));
	}
	mm_trace(this_mm, isolated, page, order, id, site);
	del_page_from_free_list(page, zone, order);

	if (order < pageblock_order - 1)
		return 1 << order;
	for (; page < end; page += pageblock_nr_pages) {
		if (migratetype_is_mergeable(get_pageblock_migratetype(page)))
			set_pageblock_migratetype(page, MIGRATE_MOVABLE);
	}
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
