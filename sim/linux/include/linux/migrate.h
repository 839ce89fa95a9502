/* SPDX-License-Identifier: GPL-2.0-only */
/* model: moving pages, mm/migrate.c; of those that are on no LRU list, only balloons' can move. */
#ifndef _LINUX_MIGRATE_H
#define _LINUX_MIGRATE_H

#include <linux/migrate_mode.h>
#include <linux/mm.h>
#include <linux/version.h>

#define MIGRATEPAGE_SUCCESS 0

typedef unsigned int isolate_mode_t;
#define ISOLATE_ASYNC_MIGRATE ((isolate_mode_t)0x4)
#define ISOLATE_UNEVICTABLE ((isolate_mode_t)0x8)

/* Of a driver; each is called with the page locked. */
struct movable_operations {
	bool (*isolate_page)(struct page *page, isolate_mode_t mode);
	int (*migrate_page)(struct page *dst, struct page *src, enum migrate_mode mode);
	void (*putback_page)(struct page *page);
};

typedef struct page *new_page_t(struct page *page, unsigned long private);
typedef void free_page_t(struct page *page, unsigned long private);

/* Only those of balloons: a page of the model has no room to remember whose it is. */
void __SetPageMovable(struct page *page, const struct movable_operations *ops);
void __ClearPageMovable(struct page *page);
#define PageMovable(page) __PageMovable(page)

extern const struct movable_operations balloon_mops_of_7;	/* linux/balloon.h */

#if LINUX_SINCE(7, 2)
/* Of pages of that type; those of balloons are the only ones. */
int set_movable_ops(const struct movable_operations *ops, enum pagetype type);
#endif

int isolate_movable_page(struct page *page, isolate_mode_t mode);
/* Isolated pages, with a reference each, go back where they were. */
void putback_movable_pages(struct list_head *pages);

#endif
