// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pageblocks that are kept for atomic requests of higher orders.
 *
 * Models mm/page_alloc.c of Linux 6.1 and 6.12 (reserve_highatomic_pageblock,
 * unreserve_highatomic_pageblock).
 */
#include "buddy.h"

/* Pages that may be reserved: 1 % of the zone and a pageblock; in 6.12 not the latter. */
static unsigned long max_highatomic(struct zone *zone)
{
	unsigned long part = zone_managed_pages(zone) / 100;

	if (!this_mm->since_6_12)
		return part + pageblock_nr_pages;
	return part < pageblock_nr_pages ? 0 : ALIGN(part, pageblock_nr_pages);
}

/* Keep the pageblocks of a high-order atomic allocation for more of them. */
void reserve_highatomic_pageblock(struct page *page, unsigned int order, struct zone *zone)
{
	bool several = this_mm->since_6_12 && order >= pageblock_order;
	unsigned long flags;

	if (zone->nr_reserved_highatomic >= max_highatomic(zone))
		return;
	spin_lock_irqsave(&zone->lock, flags);
	if (migratetype_is_mergeable(get_pageblock_migratetype(page))) {
		if (several)
			set_pageblocks(page, order, MIGRATE_HIGHATOMIC);
		else
			move_freepages_block(zone, page, MIGRATE_HIGHATOMIC, NULL);
		set_pageblock_migratetype(page, MIGRATE_HIGHATOMIC);
		zone->nr_reserved_highatomic += several ? 1UL << order : pageblock_nr_pages;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Give the pageblocks of a free block that are reserved to @migratetype; returns free pages. */
static int unreserve_block(struct zone *zone, struct page *page, unsigned int order,
			   int migratetype)
{
	bool several = this_mm->since_6_12 && order >= pageblock_order;
	unsigned long size = several ? 1UL << order : pageblock_nr_pages;
	int moved = 1;

	if (is_migrate_highatomic(get_pageblock_migratetype(page)))
		zone->nr_reserved_highatomic -= min(size, zone->nr_reserved_highatomic);
	if (several) {
		move_to_free_list(page, zone, order, migratetype);
		set_pageblocks(page, order, migratetype);
	} else {
		moved = move_freepages_block(zone, page, migratetype, NULL);
		set_pageblock_migratetype(page, migratetype);
	}
	return moved;
}

/* Give a reserved pageblock back; the last one of a zone only with @force. */
bool unreserve_highatomic_pageblock(const struct alloc_context *ac, bool force)
{
	struct zone **z, *zone;
	unsigned long flags;
	unsigned int order;

	for_each_zone_of(z, zone, ac) {
		if (!force && zone->nr_reserved_highatomic <= pageblock_nr_pages)
			continue;
		spin_lock_irqsave(&zone->lock, flags);
		for (order = 0; order < MAX_ORDER; order++) {
			struct page *page = get_page_from_free_area(&zone->free_area[order],
								    MIGRATE_HIGHATOMIC);

			if (page && unreserve_block(zone, page, order, ac->migratetype)) {
				spin_unlock_irqrestore(&zone->lock, flags);
				return true;
			}
		}
		spin_unlock_irqrestore(&zone->lock, flags);
	}
	return false;
}
