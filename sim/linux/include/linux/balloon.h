/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: the list of pages in a balloon as Linux 7.2 has it, mm/balloon.c, with
 * CONFIG_BALLOON_MIGRATION, which distributions set.  The functions have the names of those of
 * 6.1 (balloon_compaction.h) and another structure; both are linked into the model.
 */
#ifndef _LINUX_BALLOON_H
#define _LINUX_BALLOON_H

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>

#include "call_site.h"

#ifndef CONFIG_BALLOON_MIGRATION
#define CONFIG_BALLOON_MIGRATION 1
#endif

/* Its lists are under one lock of the kernel's. */
struct balloon_dev_info {
	unsigned long isolated_pages;
	struct list_head pages;
	/* Tells the host; the list and the references are the core's.  -ENOENT: @page only left */
	int (*migratepage)(struct balloon_dev_info *b, struct page *newpage, struct page *page,
			   enum migrate_mode mode);
	bool adjust_managed_page_count;	/* what is in the balloon is not the kernel's */
};

#define __of_7(name) __asm__(#name "_of_7")

struct page *balloon_page_alloc(void);
void balloon_page_enqueue(struct balloon_dev_info *b, struct page *page)
	__of_7(balloon_page_enqueue);
struct page *balloon_page_dequeue(struct balloon_dev_info *b) __of_7(balloon_page_dequeue);
size_t balloon_page_list_enqueue(struct balloon_dev_info *b, struct list_head *pages)
	__of_7(balloon_page_list_enqueue);
size_t balloon_page_list_dequeue(struct balloon_dev_info *b, struct list_head *pages,
				 size_t n_req_pages) __of_7(balloon_page_list_dequeue);
/* Not of the core itself, which has a definition. */
#if defined(BALLAST_IMAGE_SOURCE) && !defined(BALLOON_CORE)
#define balloon_page_alloc CALL_FROM_HERE(balloon_page_alloc)
#endif

static inline void balloon_devinfo_init(struct balloon_dev_info *b)
{
	b->isolated_pages = 0;
	INIT_LIST_HEAD(&b->pages);
	b->migratepage = NULL;
	b->adjust_managed_page_count = false;
}

#endif
