// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of pages that a balloon driver of Linux 7.2 holds, and how they are moved; models
 * mm/balloon.c of that version, beside balloon_compaction.c for older drivers.
 *
 * What differs: the driver only tells the host, and the core keeps the list, the references and,
 * if asked to, the count of pages that the kernel manages; a page stays PageOffline until the
 * allocator has it back (free_pages_prepare()).  The one lock of all balloons is the kernel's.
 */
#include <linux/balloon.h>
#include <linux/export.h>
#include "internal.h"

static void insert_page(struct balloon_dev_info *b, struct page *page)
{
	__SetPageOffline(page);
	__SetPageMovable(page, &balloon_mops_of_7);
	set_page_private(page, (unsigned long)b);
	list_add(&page->lru, &b->pages);
}

/* Out of the balloon: it cannot be moved any more. */
static void finalize_page(struct page *page)
{
	__ClearPageMovable(page);
	set_page_private(page, 0);
}

static void enqueue_one(struct balloon_dev_info *b, struct page *page)
{
	insert_page(b, page);
	if (b->adjust_managed_page_count)
		adjust_managed_page_count(page, -1);
	count_vm_event(BALLOON_INFLATE);
}

size_t balloon_page_list_enqueue(struct balloon_dev_info *b, struct list_head *pages)
{
	struct page *page, *next;
	unsigned long flags;
	size_t nr = 0;

	if (this_mm->balloon.list_enqueue)
		return this_mm->balloon.list_enqueue(b, pages);
	spin_lock_irqsave(&this_mm->balloon_pages_lock, flags);
	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		enqueue_one(b, page);
		nr++;
	}
	spin_unlock_irqrestore(&this_mm->balloon_pages_lock, flags);
	return nr;
}
EXPORT_SYMBOL_GPL(balloon_page_list_enqueue);

void balloon_page_enqueue(struct balloon_dev_info *b, struct page *page)
{
	unsigned long flags;

	if (this_mm->balloon.enqueue) {
		this_mm->balloon.enqueue(b, page);
		return;
	}
	spin_lock_irqsave(&this_mm->balloon_pages_lock, flags);
	enqueue_one(b, page);
	spin_unlock_irqrestore(&this_mm->balloon_pages_lock, flags);
}
EXPORT_SYMBOL_GPL(balloon_page_enqueue);

size_t balloon_page_list_dequeue(struct balloon_dev_info *b, struct list_head *pages,
				 size_t n_req_pages)
{
	struct page *page, *next;
	unsigned long flags;
	size_t nr = 0;

	if (this_mm->balloon.list_dequeue)
		return this_mm->balloon.list_dequeue(b, pages, n_req_pages);
	spin_lock_irqsave(&this_mm->balloon_pages_lock, flags);
	list_for_each_entry_safe(page, next, &b->pages, lru) {
		if (nr == n_req_pages)
			break;
		list_del(&page->lru);
		if (b->adjust_managed_page_count)
			adjust_managed_page_count(page, 1);
		finalize_page(page);
		list_add(&page->lru, pages);
		count_vm_event(BALLOON_DEFLATE);
		nr++;
	}
	spin_unlock_irqrestore(&this_mm->balloon_pages_lock, flags);
	return nr;
}
EXPORT_SYMBOL_GPL(balloon_page_list_dequeue);

/* NULL: all pages are out for migration; an empty balloon is the driver's mistake. */
struct page *balloon_page_dequeue(struct balloon_dev_info *b)
{
	LIST_HEAD(pages);

	if (this_mm->balloon.dequeue)
		return this_mm->balloon.dequeue(b);
	if (balloon_page_list_dequeue(b, &pages, 1))
		return list_first_entry(&pages, struct page, lru);
	BUG_ON(list_empty(&b->pages) && !b->isolated_pages);
	return NULL;
}
EXPORT_SYMBOL_GPL(balloon_page_dequeue);

/* Migration; with the page locked */

static struct balloon_dev_info *device_of(const struct page *page)
{
	return (struct balloon_dev_info *)page_private(page);
}

static bool isolate(struct page *page, isolate_mode_t mode)
{
	struct balloon_dev_info *b;
	unsigned long flags;

	spin_lock_irqsave(&this_mm->balloon_pages_lock, flags);
	b = device_of(page);
	if (b) {
		list_del(&page->lru);
		b->isolated_pages++;
	}
	spin_unlock_irqrestore(&this_mm->balloon_pages_lock, flags);
	return b;
}

static void putback(struct page *page)
{
	struct balloon_dev_info *b = device_of(page);
	unsigned long flags;

	if (WARN_ON_ONCE(!b))
		return;
	spin_lock_irqsave(&this_mm->balloon_pages_lock, flags);
	list_add(&page->lru, &b->pages);
	b->isolated_pages--;
	spin_unlock_irqrestore(&this_mm->balloon_pages_lock, flags);
}

/* The host has been told of both pages, or (@moved is false) that the old one has left. */
static void take_over(struct balloon_dev_info *b, struct page *newpage, struct page *page,
		      bool moved)
{
	if (moved) {
		get_page(newpage);
		insert_page(b, newpage);
		count_vm_event(BALLOON_MIGRATE);
	} else {
		count_vm_event(BALLOON_DEFLATE);
	}
	if (b->adjust_managed_page_count && (!moved || page_zone(page) != page_zone(newpage))) {
		adjust_managed_page_count(page, 1);
		if (moved)
			adjust_managed_page_count(newpage, -1);
	}
	b->isolated_pages--;
	finalize_page(page);
}

static int migrate(struct page *newpage, struct page *page, enum migrate_mode mode)
{
	struct balloon_dev_info *b = device_of(page);
	unsigned long flags;
	int rc;

	if (WARN_ON_ONCE(!b))
		return -EAGAIN;
	rc = b->migratepage(b, newpage, page, mode);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	spin_lock_irqsave(&this_mm->balloon_pages_lock, flags);
	take_over(b, newpage, page, !rc);
	spin_unlock_irqrestore(&this_mm->balloon_pages_lock, flags);
	put_page(page);
	return 0;
}

const struct movable_operations balloon_mops_of_7 = {
	.isolate_page = isolate, .migrate_page = migrate, .putback_page = putback,
};
