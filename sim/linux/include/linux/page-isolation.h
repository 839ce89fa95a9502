/* SPDX-License-Identifier: GPL-2.0-only */
/* model: pageblocks that nothing is allocated from. */
#ifndef _LINUX_PAGE_ISOLATION_H
#define _LINUX_PAGE_ISOLATION_H

#include <linux/mm.h>

#define MEMORY_OFFLINE 0x1
#define REPORT_FAILURE 0x2

static inline bool has_isolate_pageblock(const struct zone *zone)
{
	return zone->nr_isolate_pageblock;
}

static inline bool is_migrate_isolate(int migratetype)
{
	return migratetype == MIGRATE_ISOLATE;
}

static inline bool is_migrate_isolate_page(struct page *page)
{
	return get_pageblock_migratetype(page) == MIGRATE_ISOLATE;
}

int move_freepages_block(struct zone *zone, struct page *page, int migratetype,
			 int *num_movable);
int start_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn, int migratetype,
			     int flags, gfp_t gfp_flags);
void undo_isolate_page_range(unsigned long start_pfn, unsigned long end_pfn, int migratetype);
int test_pages_isolated(unsigned long start_pfn, unsigned long end_pfn, int isol_flags);

#endif
