/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model: hooks in the page allocator, see mm/free_page_hook.c.
 *
 * No released kernel has them: driver-src/linux/patches adds them to 6.1, with this interface.
 */
#ifndef _LINUX_FREE_PAGE_HOOK_H
#define _LINUX_FREE_PAGE_HOOK_H

#include <linux/mmzone.h>

#include "call_site.h"

/*
 * Called as memory is freed and allocated; a hook that is NULL is not called.  None may sleep, and
 * preemption is off.  @page is the first of 1 << @order pages of @zone.
 */
struct free_page_hook {
	/*
	 * free_pages_prepare(): the block is still the caller's, and on its way to a list.  No lock
	 * of the allocator is held.
	 */
	void (*freed)(struct zone *zone, struct page *page, unsigned int order);
	/*
	 * __free_one_page(): a block has become one of @order by merging with its buddy.
	 * zone->lock is held and may be dropped, interrupts staying off; the block is on no list.
	 * What the caller knows of isolated pageblocks may be out of date after that.
	 */
	void (*merging)(struct zone *zone, struct page *page, unsigned int order);
	/* The same: it is on a list now, and was not put back there by who had isolated it. */
	void (*merged)(struct zone *zone, struct page *page, unsigned int order);
	/* A free has let zone->lock go.  Interrupts are off; a per-CPU lists' lock may be held. */
	void (*unlocked)(struct zone *zone);
	/* post_alloc_hook(): the block is the caller's, and nothing has been written to it. */
	void (*allocated)(struct zone *zone, struct page *page, unsigned int order);
};

/* There is one at a time: 0 or -EBUSY.  After unregistering none is called any more. */
int free_page_hook_register(const struct free_page_hook *hook);
void free_page_hook_unregister(const struct free_page_hook *hook);

/* The first page of the free block of the buddy that @page is part of, or NULL; zone->lock. */
struct page *free_page_hook_block(struct page *page, unsigned int *order);
/*
 * Take a free block out of the buddy; @order is the block's own.  0 if the zone would be short of
 * memory; zone->lock.
 */
int free_page_hook_isolate(struct page *page, unsigned int order);
/* Give it back: it is merged and listed, and "merged" is not called; zone->lock. */
void free_page_hook_putback(struct page *page, unsigned int order);
/* What is on this CPU's lists goes to the buddy. */
void free_page_hook_drain(void);

#ifdef BALLAST_IMAGE_SOURCE
#define free_page_hook_isolate CALL_FROM_HERE(free_page_hook_isolate)
#endif

#endif
