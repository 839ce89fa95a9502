/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks on free lists, for buddy.c and fallback.c; all under zone->lock.
 */
#ifndef __MM_BUDDY_H
#define __MM_BUDDY_H

#include "internal.h"

/* Of 6.12: what is free for atomic requests only. */
static inline void account_highatomic(struct zone *zone, int mt, long nr)
{
	if (unlikely(is_migrate_highatomic(mt)))
		zone->nr_free_highatomic += nr;
}

static inline void add_to_free_list(struct page *page, struct zone *zone, unsigned int order,
				    int mt)
{
	struct free_area *area = &zone->free_area[order];

	list_add(&page->buddy_list, &area->free_list[mt]);
	area->nr_free++;
	account_highatomic(zone, mt, 1L << order);
}

/* Where the tail of a list is: behind all that belongs to it. */
static inline struct list_head *tail_of(struct free_area *area, int mt)
{
	if (unlikely(area->unlisted != area->unlisted_end) && mt == MIGRATE_MOVABLE)
		return &area->behind;
	return &area->free_list[mt];
}

/* A free block changes its type; it goes to the tail, so that it is not the next one taken. */
static inline void move_to_free_list(struct page *page, struct zone *zone, unsigned int order,
				     int mt)
{
	account_highatomic(zone, get_pageblock_migratetype(page), -(1L << order));
	list_move_tail(&page->buddy_list, tail_of(&zone->free_area[order], mt));
	account_highatomic(zone, mt, 1L << order);
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
	account_highatomic(zone, get_pageblock_migratetype(page), -(1L << order));
}

/*
 * Cut a block of order @high down to @low: the upper halves stay free.  What is known to be zero is
 * so in all of its parts.
 */
static inline void expand(struct zone *zone, struct page *page, int low, int high, int migratetype)
{
	while (high > low) {
		struct page *half = page + (1UL << --high);

		add_to_free_list(half, zone, high, migratetype);
		set_buddy_order(half, high);
		half->flags |= page->flags & __PG_ZEROED;
	}
}

/* Two blocks become one, which is known to be zero if both are. */
static inline unsigned int merge_zeroed(struct page *page, struct page *buddy)
{
	unsigned int zeroed = page->flags & buddy->flags & __PG_ZEROED;

	page->flags &= ~__PG_ZEROED;
	buddy->flags &= ~__PG_ZEROED;
	return zeroed;
}

/* All pageblocks of a block of @order, which has at least one. */
static inline void set_pageblocks(struct page *page, unsigned int order, int migratetype)
{
	unsigned long nr;

	for (nr = 0; nr < 1UL << order; nr += pageblock_nr_pages)
		set_pageblock_migratetype(page + nr, migratetype);
}

/* Take a block of @found off its list, hand out its first 2^@order pages, list the rest. */
struct page *take_and_expand(struct zone *zone, struct page *page, unsigned int order,
			     unsigned int found, int migratetype);

#endif
