// SPDX-License-Identifier: GPL-2.0-only
/*
 * No mistake: our driver, while compaction has the lock of each page that leaves the balloon, up to
 * the moment in which it is freed.
 */
#include <linux/balloon_compaction.h>
#include <linux/mm.h>

static inline struct page *dequeue_locked(struct balloon_dev_info *b)
{
	struct page *page = balloon_page_dequeue(b);

	if (page)
		__SetPageLocked(page);
	return page;
}

static inline void put_unlocked(struct page *page)
{
	__ClearPageLocked(page);
	put_page(page);
}

#define balloon_page_dequeue dequeue_locked
#define put_page put_unlocked
#include "../../driver-src/linux/guest/virtio_ballast.c"
