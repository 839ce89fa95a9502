/* SPDX-License-Identifier: GPL-2.0-only */
/* model: the list of pages in a balloon, mm/balloon_compaction.c, with CONFIG_BALLOON_COMPACTION,
 * which distributions set. */
#ifndef _LINUX_BALLOON_COMPACTION_H
#define _LINUX_BALLOON_COMPACTION_H

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/spinlock.h>

#include "call_site.h"

#ifndef CONFIG_BALLOON_COMPACTION
#define CONFIG_BALLOON_COMPACTION 1
#endif

extern const struct movable_operations balloon_mops;
#if LINUX_LEVEL < KERNEL_VERSION(6, 0, 0)
#define balloon_aops (*(const struct address_space_operations *)&balloon_mops)
#endif

struct balloon_dev_info {
	unsigned long isolated_pages;
	spinlock_t pages_lock;		/* protects @pages */
	struct list_head pages;
	int (*migratepage)(struct balloon_dev_info *b, struct page *newpage, struct page *page,
			   enum migrate_mode mode);
#if LINUX_LEVEL < KERNEL_VERSION(6, 0, 0)
	struct inode *inode;		/* says that its pages can be moved */
#endif
};

struct page *balloon_page_alloc(void);
/* Not of the core itself, which has a definition. */
#if defined(BALLAST_IMAGE_SOURCE) && !defined(BALLOON_CORE)
#define balloon_page_alloc CALL_FROM_HERE(balloon_page_alloc)
#endif
void balloon_page_enqueue(struct balloon_dev_info *b, struct page *page);
struct page *balloon_page_dequeue(struct balloon_dev_info *b);
size_t balloon_page_list_enqueue(struct balloon_dev_info *b, struct list_head *pages);
size_t balloon_page_list_dequeue(struct balloon_dev_info *b, struct list_head *pages,
				 size_t n_req_pages);

static inline void balloon_devinfo_init(struct balloon_dev_info *b)
{
	b->isolated_pages = 0;
	spin_lock_init(&b->pages_lock);
	INIT_LIST_HEAD(&b->pages);
	b->migratepage = NULL;
#if LINUX_LEVEL < KERNEL_VERSION(6, 0, 0)
	b->inode = NULL;
#endif
}

/* Into a balloon; the caller holds pages_lock. */
static inline void balloon_page_insert(struct balloon_dev_info *b, struct page *page)
{
	__SetPageOffline(page);
	__SetPageMovable(page, &balloon_mops);
	set_page_private(page, (unsigned long)b);
	list_add(&page->lru, &b->pages);
}

static inline struct balloon_dev_info *balloon_page_device(struct page *page)
{
	return (struct balloon_dev_info *)page_private(page);
}

/* Before a page of the balloon is given back to the allocator. */
static inline void balloon_page_finalize(struct page *page)
{
	__ClearPageMovable(page);
	set_page_private(page, 0);
	__ClearPageOffline(page);
}

static inline void balloon_page_delete(struct page *page)
{
	balloon_page_finalize(page);
	list_del(&page->lru);
}

static inline gfp_t balloon_mapping_gfp_mask(void)
{
	return GFP_HIGHUSER_MOVABLE;
}

static inline void balloon_page_push(struct list_head *pages, struct page *page)
{
	list_add(&page->lru, pages);
}

static inline struct page *balloon_page_pop(struct list_head *pages)
{
	struct page *page = list_first_entry_or_null(pages, struct page, lru);

	if (page)
		list_del(&page->lru);
	return page;
}

#endif
