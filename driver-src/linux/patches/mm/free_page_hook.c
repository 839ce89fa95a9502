// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks in the page allocator: who is called, and what a hook may do to free blocks.
 *
 * Off, a hook costs a branch that is not taken: see free_page_hook_call().
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/free_page_hook.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>

#include "internal.h"

DEFINE_STATIC_KEY_FALSE(free_page_hook_enabled);
const struct free_page_hook __rcu *free_page_hook;
static DEFINE_MUTEX(free_page_hook_mutex);

int free_page_hook_register(const struct free_page_hook *hook)
{
	int err = -EBUSY;

	mutex_lock(&free_page_hook_mutex);
	if (!rcu_access_pointer(free_page_hook)) {
		rcu_assign_pointer(free_page_hook, hook);
		static_branch_enable(&free_page_hook_enabled);
		err = 0;
	}
	mutex_unlock(&free_page_hook_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(free_page_hook_register);

void free_page_hook_unregister(const struct free_page_hook *hook)
{
	mutex_lock(&free_page_hook_mutex);
	if (rcu_access_pointer(free_page_hook) == hook) {
		static_branch_disable(&free_page_hook_enabled);
		RCU_INIT_POINTER(free_page_hook, NULL);
		synchronize_rcu();
	}
	mutex_unlock(&free_page_hook_mutex);
}
EXPORT_SYMBOL_GPL(free_page_hook_unregister);

struct page *free_page_hook_block(struct page *page, unsigned int *order)
{
	unsigned long pfn = page_to_pfn(page);
	struct page *head;

	lockdep_assert_held(&page_zone(page)->lock);
	for (*order = 0; *order < MAX_ORDER; (*order)++) {
		head = page - (pfn & ((1UL << *order) - 1));
		if (!PageBuddy(head))
			continue;
		if (buddy_order(head) < *order)
			break;
		*order = buddy_order(head);
		return head;
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(free_page_hook_block);

int free_page_hook_isolate(struct page *page, unsigned int order)
{
	return __isolate_free_page(page, order);
}
EXPORT_SYMBOL_GPL(free_page_hook_isolate);

void free_page_hook_putback(struct page *page, unsigned int order)
{
	__putback_isolated_page(page, order, get_pageblock_migratetype(page));
}
EXPORT_SYMBOL_GPL(free_page_hook_putback);

void free_page_hook_drain(void)
{
	drain_local_pages(NULL);
}
EXPORT_SYMBOL_GPL(free_page_hook_drain);
