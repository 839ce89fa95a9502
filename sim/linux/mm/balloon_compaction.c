// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of pages that a balloon driver holds, and how they leave it for a while to be moved;
 * models mm/balloon_compaction.c of Linux 6.1.  An image of that file may stand in (struct
 * balloon_impl), at the same cost.
 */
#include <linux/balloon_compaction.h>
#include <linux/export.h>
#include <linux/migrate.h>
#include "internal.h"

/* Pages for a balloon come without reserves, without the OOM killer and without complaints. */
struct page *balloon_page_alloc(void)
{
	struct page *page = this_mm->balloon.alloc ?
			    this_mm->balloon.alloc() :
			    alloc_page(balloon_mapping_gfp_mask() | __GFP_NOMEMALLOC |
				       __GFP_NORETRY | __GFP_NOWARN);

	if (!page) {
		this_mm->nr_balloon_failed++;
		this_mm->balloon_failed_at = mm_now();
	}
	return page;
}
EXPORT_SYMBOL_GPL(balloon_page_alloc);

static void enqueue_one(struct balloon_dev_info *b, struct page *page)
{
	BUG_ON(PageLocked(page) || PageOffline(page));
	balloon_page_insert(b, page);
	count_vm_event(BALLOON_INFLATE);
}

void balloon_page_enqueue(struct balloon_dev_info *b, struct page *page)
{
	unsigned long flags;

	if (this_mm->balloon.enqueue) {
		this_mm->balloon.enqueue(b, page);
		return;
	}
	spin_lock_irqsave(&b->pages_lock, flags);
	enqueue_one(b, page);
	spin_unlock_irqrestore(&b->pages_lock, flags);
}
EXPORT_SYMBOL_GPL(balloon_page_enqueue);

size_t balloon_page_list_enqueue(struct balloon_dev_info *b, struct list_head *pages)
{
	struct page *page, *next;
	unsigned long flags;
	size_t nr = 0;

	if (this_mm->balloon.list_enqueue)
		return this_mm->balloon.list_enqueue(b, pages);
	spin_lock_irqsave(&b->pages_lock, flags);
	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		enqueue_one(b, page);
		nr++;
	}
	spin_unlock_irqrestore(&b->pages_lock, flags);
	return nr;
}
EXPORT_SYMBOL_GPL(balloon_page_list_enqueue);

size_t balloon_page_list_dequeue(struct balloon_dev_info *b, struct list_head *pages,
				 size_t n_req_pages)
{
	struct page *page, *next;
	unsigned long flags;
	size_t nr = 0;

	if (this_mm->balloon.list_dequeue)
		return this_mm->balloon.list_dequeue(b, pages, n_req_pages);
	spin_lock_irqsave(&b->pages_lock, flags);
	list_for_each_entry_safe(page, next, &b->pages, lru) {
		if (nr == n_req_pages)
			break;
		if (PageLocked(page))
			continue;
		list_del(&page->lru);
		balloon_page_finalize(page);
		list_add(&page->lru, pages);
		count_vm_event(BALLOON_DEFLATE);
		nr++;
	}
	spin_unlock_irqrestore(&b->pages_lock, flags);
	return nr;
}
EXPORT_SYMBOL_GPL(balloon_page_list_dequeue);

/* NULL: all pages are out for migration; an empty balloon is the driver's mistake. */
struct page *balloon_page_dequeue(struct balloon_dev_info *b)
{
	LIST_HEAD(pages);

	if (this_mm->balloon.dequeue)
		return this_mm->balloon.dequeue(b);
	if (!balloon_page_list_dequeue(b, &pages, 1)) {
		BUG_ON(list_empty(&b->pages) && !b->isolated_pages);
		return NULL;
	}
	return balloon_page_pop(&pages);
}
EXPORT_SYMBOL_GPL(balloon_page_dequeue);

/* Migration; with the page locked (isolation runs in no time here, and needs no lock) */

static bool balloon_page_isolate(struct page *page, isolate_mode_t mode)
{
	struct balloon_dev_info *b = balloon_page_device(page);
	unsigned long flags;

	spin_lock_irqsave(&b->pages_lock, flags);
	list_del(&page->lru);
	b->isolated_pages++;
	spin_unlock_irqrestore(&b->pages_lock, flags);
	return true;
}

static void balloon_page_putback(struct page *page)
{
	struct balloon_dev_info *b = balloon_page_device(page);
	unsigned long flags;

	spin_lock_irqsave(&b->pages_lock, flags);
	list_add(&page->lru, &b->pages);
	b->isolated_pages--;
	spin_unlock_irqrestore(&b->pages_lock, flags);
}

static int balloon_page_migrate(struct page *newpage, struct page *page, enum migrate_mode mode)
{
	struct balloon_dev_info *b = balloon_page_device(page);

	if (mode == MIGRATE_SYNC_NO_COPY)
		return -EINVAL;
	return b->migratepage(b, newpage, page, mode);
}

const struct movable_operations balloon_mops = {
	.isolate_page = balloon_page_isolate,
	.migrate_page = balloon_page_migrate,
	.putback_page = balloon_page_putback,
};
EXPORT_SYMBOL_GPL(balloon_mops);
