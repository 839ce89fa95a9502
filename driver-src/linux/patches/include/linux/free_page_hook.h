/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks in the page allocator, for whoever wants to tell somebody about free memory.
 *
 * A kernel that was patched by free_page_hook.cocci has them built in.  For stock kernels the
 * module free_page_hook_trace makes do with tracepoints, which show less: registering fails if
 * that is not enough.
 */
#ifndef _LINUX_FREE_PAGE_HOOK_H
#define _LINUX_FREE_PAGE_HOOK_H

#include <linux/jump_label.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>

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

/*
 * There is one at a time.  0, -EBUSY, or -EOPNOTSUPP: this kernel cannot call all of them.  After
 * unregistering none is called any more.
 */
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

DECLARE_STATIC_KEY_FALSE(free_page_hook_enabled);
extern const struct free_page_hook __rcu *free_page_hook;

#define free_page_hook_call(which, ...)						\
do {										\
	const struct free_page_hook *__hook;					\
										\
	if (static_branch_unlikely(&free_page_hook_enabled)) {			\
		rcu_read_lock_sched();						\
		__hook = rcu_dereference_sched(free_page_hook);			\
		if (__hook && __hook->which)					\
			__hook->which(__VA_ARGS__);				\
		rcu_read_unlock_sched();					\
	}									\
} while (0)

#endif
