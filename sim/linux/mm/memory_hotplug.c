// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory blocks that are taken offline, and back online.
 *
 * Models mm/memory_hotplug.c of Linux 6.1, offline_pages() and online_pages(): the pageblocks are
 * isolated, per-CPU lists bypassed, and everything that is in the way is moved, again and again,
 * until nothing is left or the task is killed.  Sizes of blocks are those of
 * probe_memory_block_size() (arch/x86/mm/init_64.c).
 *
 * Left out: adding and removing memory (the frames stay the guest's: what is offline stays with
 * the host as it was), notifiers, memory groups, zones other than the block's own.
 */
#include <linux/export.h>
#include <linux/memory_hotplug.h>
#include <linux/page-isolation.h>
#include "compaction.h"
#include "memory_hotplug.h"
#include "user.h"

#define MIN_MEMORY_BLOCK_PAGES (128UL << (20 - PAGE_SHIFT))
#define MAX_MEMORY_BLOCK_PAGES (2UL << (30 - PAGE_SHIFT))
#define MEM_SIZE_FOR_LARGE_BLOCK (64UL << (30 - PAGE_SHIFT))

unsigned long memory_block_pages(void)
{
	unsigned long size = MAX_MEMORY_BLOCK_PAGES, end = this_kernel->max_pfn;

	if (end < MEM_SIZE_FOR_LARGE_BLOCK)
		return MIN_MEMORY_BLOCK_PAGES;
	while (size > MIN_MEMORY_BLOCK_PAGES && end & (size - 1))
		size >>= 1;
	return size;
}

struct page *pfn_to_online_page(unsigned long pfn)
{
	const unsigned char *offline = this_mm->offline_blocks;

	if (pfn >= this_kernel->max_pfn || (offline && offline[pfn / memory_block_pages()]))
		return NULL;
	return pfn_to_page(pfn);
}
EXPORT_SYMBOL_GPL(pfn_to_online_page);

/* What is freed goes to the buddy at once, as long as this is so (zone_pcp_disable()). */
static void zone_pcp_disable(struct zone *zone)
{
	pcp_set_limits(zone, 0, 0, 1);
	drain_all_pages(zone);
}

/* The first page that can be moved; 0: there is none, -EBUSY: one that cannot. */
static int scan_movable_pages(unsigned long start, unsigned long end, unsigned long *movable)
{
	unsigned long pfn;

	for (pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		charge(COST_COMPACT_SCAN, 1);
		if (PageLRU(page) || __PageMovable(page)) {
			*movable = pfn;
			return 1;
		}
		if (PageOffline(page) && page_ref_count(page))
			return -EBUSY;
		if (PageBuddy(page))
			pfn += (1UL << buddy_order(page)) - 1;
	}
	return 0;
}

static void do_migrate_range(unsigned long start, unsigned long end)
{
	gfp_t gfp = GFP_USER | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL;
	unsigned long pfn;
	LIST_HEAD(source);

	for (pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		charge(COST_COMPACT_SCAN, 1);
		if (PageBuddy(page)) {
			pfn += (1UL << buddy_order(page)) - 1;
			continue;
		}
		if (!page_ref_count(page))
			continue;
		if (isolate_lru_page(page) || !isolate_movable_page(page, ISOLATE_UNEVICTABLE)) {
			list_add_tail(&page->lru, &source);
			pfn += compound_nr(page) - 1;
		}
	}
	if (!list_empty(&source) &&
	    migrate_pages(&source, alloc_migration_target, NULL, gfp, MIGRATE_SYNC, NULL))
		putback_movable_pages(&source);
}

/* Until the range is empty. */
static int move_everything(unsigned long start, unsigned long end)
{
	do {
		unsigned long pfn = start;
		int ret;

		while ((ret = scan_movable_pages(pfn, end, &pfn)) > 0) {
			if (fault_signal_pending())
				return -EINTR;
			do_migrate_range(pfn, end);
			cond_resched();
		}
		if (ret)
			return ret;
		/* A page may be on its way to a free list, or somebody's for the moment. */
		if (fault_signal_pending())
			return -EINTR;
		cond_resched();
	} while (test_pages_isolated(start, end, MEMORY_OFFLINE));
	return 0;
}

/* All of the range is free: it leaves the free lists. */
static void take_offline(struct zone *zone, unsigned long start, unsigned long end)
{
	unsigned long pfn = start, flags;

	spin_lock_irqsave(&zone->lock, flags);
	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);

		pfn += 1UL << buddy_order(page);
		remove_free_block(page, zone);
	}
	zone->nr_isolate_pageblock -= (end - start) >> pageblock_order;
	spin_unlock_irqrestore(&zone->lock, flags);
}

static void adjust_pages(struct zone *zone, unsigned long start, long nr)
{
	adjust_managed_page_count(pfn_to_page(start), nr);
	zone->present_pages += nr;
	this_mm->offline_pages -= nr;
	build_zonelist(this_kernel->pgdat);
	init_per_zone_wmark_min();
}

int offline_pages(unsigned long start, unsigned long nr)
{
	struct zone *zone = page_zone(pfn_to_page(start));
	unsigned long end = start + nr;
	int ret;

	if (end > this_kernel->max_pfn || page_zone(pfn_to_page(end - 1)) != zone)
		return -EINVAL;
	zone_pcp_disable(zone);
	ret = start_isolate_page_range(start, end, MIGRATE_MOVABLE,
				       MEMORY_OFFLINE | REPORT_FAILURE, 0);
	if (ret) {
		zone_pcp_update(zone);
		return ret;
	}
	ret = move_everything(start, end);
	if (ret) {
		undo_isolate_page_range(start, end, MIGRATE_MOVABLE);
		zone_pcp_update(zone);
		return ret;
	}
	take_offline(zone, start, end);
	zone_pcp_update(zone);
	adjust_pages(zone, start, -(long)nr);
	return 0;
}

int online_pages(unsigned long start, unsigned long nr)
{
	struct zone *zone = page_zone(pfn_to_page(start));
	unsigned long end = start + nr, pfn, flags;

	adjust_pages(zone, start, nr);
	spin_lock_irqsave(&zone->lock, flags);
	zone->nr_isolate_pageblock += nr >> pageblock_order;
	for (pfn = start; pfn < end; pfn += MAX_ORDER_NR_PAGES)
		__free_one_page(pfn_to_page(pfn), pfn, zone, MAX_ORDER - 1, MIGRATE_ISOLATE,
				FPI_TO_TAIL);
	spin_unlock_irqrestore(&zone->lock, flags);
	undo_isolate_page_range(start, end, MIGRATE_MOVABLE);
	return 0;
}

/* /sys/devices/system/memory/memoryN/state */
int user_memory_block(uint64_t block, bool online)
{
	unsigned long nr = memory_block_pages(), start = block * nr, nr_blocks;
	int ret;

	nr_blocks = this_kernel->max_pfn / nr;
	if (block >= nr_blocks)
		return -ENOENT;
	if (!this_mm->offline_blocks)
		this_mm->offline_blocks = host_alloc(nr_blocks);
	if (this_mm->offline_blocks[block] == !online)
		return -EINVAL;
	ret = online ? online_pages(start, nr) : offline_pages(start, nr);
	if (ret)
		return ret;
	this_mm->offline_blocks[block] = !online;
	return 0;
}
